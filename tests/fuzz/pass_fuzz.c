/* What a reader may send to a collector, or a collector to a reader: frames, one after the other.
 */
#include "collect/pass.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    struct pass_frame f;
    struct pass_block b;
    int64_t used;

    while ((used = pass_frame(in, &f, NULL)) > 0) {
        MUST((size_t)used == PASS_HEAD_BYTES + f.body.n && (size_t)used <= in.n);
        if (f.type == PASS_BLOCK && pass_block_read(f.body, &b)) {
            struct buf out;

            buf_init(&out, PASS_BODY_MAX + PASS_HEAD_BYTES);
            pass_put_block(&out, f.number, &b);
            MUST(span_eq(buf_span(&out), (struct span){ in.p, (size_t)used }));
            buf_release(&out);
        }
        in = span_from(in, (size_t)used);
    }
    return 0;
}
