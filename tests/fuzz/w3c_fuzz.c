/* A small file: header lines change the state, the others are read with it. */
#include "rec_check.h"
#include "wire/w3c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    struct w3c w;
    struct rec r;

    MUST(rec_init(&r));
    w3c_init(&w);
    for (size_t at = 0, end; at < in.n; at = end + 1) {
        end = at + span_find(span_from(in, at), '\n');
        struct span line = { in.p + at, end - at };

        rec_clear(&r);
        if (line.n > 0 && line.p[0] == '#')
            (void)w3c_header(&w, line, NULL);
        else if (w3c_read(&w, line, &r, NULL) > 0)
            rec_check(&r, 0, line);
        MUST(w.count <= W3C_NAMES_MAX && w.text_used <= W3C_TEXT_BYTES);
    }
    rec_release(&r);
    return 0;
}
