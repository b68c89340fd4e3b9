/* A document to be made, of any bytes: what is read is written as the same bytes again. */
#include "office/paper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct paper p;
    struct buf again;

    if (!paper_read((struct span){ data, size }, &p))
        return 0;
    MUST(span_find(p.form, '/') == p.form.n && span_find(p.form, '.') == p.form.n);
    buf_init(&again, size + 1);
    MUST(paper_put(&p, &again) && span_eq(buf_span(&again), (struct span){ data, size }));
    buf_release(&again);
    return 0;
}
