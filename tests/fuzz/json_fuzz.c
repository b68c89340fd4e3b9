/*
 * json_read(): every kernel reads the same, fields lie inside the input or the scratch, and each
 * has a text.
 */
#include "wire/codec.h"
#include "wire/json_scan.h"

static bool same(const struct rec *a, const struct rec *b)
{
    if (a->count != b->count || a->flags != b->flags)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct rec_field *x = &a->fields[i], *y = &b->fields[i];

        if (!span_eq(x->name, y->name) || x->value != y->value || x->kind != y->kind ||
            x->value_bytes != y->value_bytes || x->parent != y->parent)
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    struct rec r, other;
    int64_t used;

    MUST(rec_init(&r) && rec_init(&other));
    used = json_read(in, &r, NULL);
    MUST(used != 0 && used <= (int64_t)size);
    for (size_t k = 0; json_kernel_at(k) != NULL; k++) {
        rec_clear(&other);
        MUST(json_read_by(json_kernel_at(k), in, &other, NULL) == used && same(&r, &other));
    }
    for (uint32_t i = 0; i < r.count; i++) {
        MUST(r.fields[i].value >= data && r.fields[i].value_bytes <= size &&
             r.fields[i].value + r.fields[i].value_bytes <= data + size);
        MUST(r.fields[i].parent == REC_ROOT || r.fields[i].parent < i);
        (void)rec_text(&r.fields[i], &r.mem);
    }
    rec_release(&r);
    rec_release(&other);
    return 0;
}
