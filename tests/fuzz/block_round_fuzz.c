/*
 * Any records through a block: they come back byte for byte, none of them as it came because what
 * was made of it was wrong. A zero byte ends a record.
 */
#include "store/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    struct block_writer *w;
    struct block *b;
    struct buf out;
    uint32_t rows = 0;

    MUST(block_writer_new(&w, NULL) == ERR_OK);
    for (struct span s = in; s.n > 0; rows++) {
        size_t n = span_find(s, 0);
        struct block_event ev = { .sequence = rows, .raw = { s.p, n } };

        if (!block_add(w, &ev))
            break;
        s = span_from(s, n < s.n ? n + 1 : n);
    }
    buf_init(&out, BLOCK_BYTES_MAX);
    MUST(block_put(w, &out, NULL) == ERR_OK && block_verbatim(w) == 0);
    MUST(block_open(&b, buf_span(&out), NULL) == ERR_OK && block_events(b) == rows);
    for (uint32_t i = 0; i < rows; i++) {
        struct span raw = block_event(b, i).raw;

        MUST(span_eq(raw, (struct span){ in.p, span_find(in, 0) }));
        in = span_from(in, raw.n < in.n ? raw.n + 1 : raw.n);
    }
    block_free(&b);
    block_writer_free(&w);
    buf_release(&out);
    return 0;
}
