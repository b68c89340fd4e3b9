/*
 * A request behind two bytes that say where it is cut: at once, in two, and by single bytes it is
 * the same request with the same body, or the same fault.
 */
#include <stdlib.h>

#include "http_drive.h"

static void helpers(struct span in)
{
    uint8_t *dst = malloc(in.n + 1);
    struct http_answer a;
    size_t n = 0;

    MUST(dst != NULL);
    MUST(!http_decode(in, dst, &n) || n <= in.n);
    MUST(!http_base64(in, dst, &n) || n <= in.n);
    (void)http_query(in, "q");
    (void)http_answer_head(in, &a, NULL);
    free(dst);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_outcome whole, cut, bytes;
    struct span in;
    size_t at;

    if (size < 2)
        return 0;
    at = (size_t)data[0] << 8 | data[1];
    in = (struct span){ data + 2, size - 2 };
    http_drive(in, in.n, 1, &whole);
    http_drive(in, at < in.n ? at : in.n / 2, in.n, &cut);
    MUST(http_outcome_same(&whole, &cut));
    if (in.n < 2048) {
        http_drive(in, 0, 1, &bytes);
        MUST(http_outcome_same(&whole, &bytes));
        http_outcome_release(&bytes);
    }
    helpers(in);
    http_outcome_release(&whole);
    http_outcome_release(&cut);
    return 0;
}
