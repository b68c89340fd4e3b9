/* What is taken for an action line is one JSON object, and so is its answer. */
#include "wire/bulk.h"
#include "wire/codec.h"

static void check_json(struct span s, struct rec *r)
{
    rec_clear(r);
    MUST(json_read(s, r, NULL) == (int64_t)s.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bulk_line b;
    struct buf out;
    struct rec r;

    if (bulk_action((struct span){ data, size }, &b, NULL) != ERR_OK)
        return 0;
    MUST(rec_init(&r));
    buf_init(&out, 65536);
    bulk_put_item(&out, &b, 1, 201, NULL);
    check_json(buf_span(&out), &r);
    buf_clear(&out);
    bulk_put_item(&out, &b, 1, 400, "no");
    check_json(buf_span(&out), &r);
    buf_release(&out);
    rec_release(&r);
    return 0;
}
