/*
 * Frames of the line between console and desk, of any bytes: read within them or refused.
 */
#include "office/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct line_ask a = { 0 };
    struct line_tell t = { 0 };
    bool is_ask = false;
    int64_t used = line_read((struct span){ data, size }, &a, &t, &is_ask);

    MUST(used == ERR_MORE || used == ERR_SYNTAX || (used > 0 && (size_t)used <= size));
    if (used > 0 && is_ask)
        MUST(a.by < LINE_BYS && a.request.n + a.credential.n + a.address.n < (size_t)used);
    if (used > 0 && !is_ask)
        MUST(t.code <= 0 && t.text.n < (size_t)used);
    return 0;
}
