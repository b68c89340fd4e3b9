/*
 * instrument_number(): a part of what was given, a number and a year and a symbol, which is found
 * in a citation made of it.
 */
#include "db/instrument.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size }, number = instrument_number(in), again;
    char text[512];
    int n;

    if (number.n == 0)
        return 0;
    MUST(number.p >= data && number.p + number.n <= data + size);
    MUST(number.n >= 9 && span_find(number, '/') < number.n && span_find(number, ' ') == number.n);
    n = snprintf(text, sizeof(text), "luat so %.*s.", SPAN_ARG(number));
    if (n > 0 && (size_t)n < sizeof(text)) {
        again = instrument_number((struct span){ (const uint8_t *)text, (size_t)n });
        MUST(again.n == 0 || span_eq(again, number));
    }
    return 0;
}
