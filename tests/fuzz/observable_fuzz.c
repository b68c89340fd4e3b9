/*
 * observable_fits(), observable_is_social(): whatever the bytes, an answer; what is of no type that
 * has a host is at no social network; a host of a known one is, wherever it lies in a URL.
 */
#include "incident/observable.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    char url[600];
    int n;

    for (size_t i = 0; observable_types[i] != NULL; i++) {
        struct span type = span_of(observable_types[i]);
        bool has_host = span_eq(type, SPAN_LIT("url")) || span_eq(type, SPAN_LIT("domain-name"));

        (void)observable_fits(type, in);
        MUST(has_host || !observable_is_social(type, in));
    }
    if (size < 200) {
        n = snprintf(url, sizeof(url), "https://facebook.com/%.*s", (int)size, (const char *)data);
        MUST(observable_is_social(SPAN_LIT("url"), (struct span){ (uint8_t *)url, (size_t)n }));
    }
    return 0;
}
