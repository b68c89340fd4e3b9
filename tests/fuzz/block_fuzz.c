/* Bytes as a block: refused, or events that make the same block again. */
#include "store/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct block_writer *w;
    struct block *b, *again;
    struct buf out;

    if (block_open(&b, (struct span){ data, size }, NULL) != ERR_OK)
        return 0;
    buf_init(&out, (size_t)1 << 28);
    MUST(block_writer_new(&w, NULL) == ERR_OK);
    for (uint32_t i = 0; i < block_events(b); i++) {
        struct block_event ev = block_event(b, i);

        if (!block_add(w, &ev))
            break; /* more raw bytes than a writer takes */
    }
    if (block_count(w) == block_events(b)) {
        MUST(block_put(w, &out, NULL) == ERR_OK);
        MUST(block_open(&again, buf_span(&out), NULL) == ERR_OK);
        for (uint32_t i = 0; i < block_events(b); i++)
            MUST(span_eq(block_event(b, i).raw, block_event(again, i).raw));
        block_free(&again);
    }
    block_writer_free(&w);
    block_free(&b);
    buf_release(&out);
    return 0;
}
