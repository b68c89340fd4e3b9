/* Lines of no known format through the whole table of codecs, and what syslog lines hold. */
#include "any_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    struct rec r;

    MUST(rec_init(&r));
    for (size_t at = 0, end; at < in.n; at = end + 1) {
        end = at + span_find(span_from(in, at), '\n');
        rec_clear(&r);
        any_line_read((struct span){ in.p + at, end - at }, &r);
        rec_check(&r, 0, in);
    }
    rec_release(&r);
    return 0;
}
