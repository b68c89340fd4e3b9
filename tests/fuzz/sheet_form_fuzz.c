/*
 * A table of any bytes against a form: a report with faults and no row, or rows and no fault. What
 * was taken is exported and comes back the same.
 */
#include "sheet/form_read.h"
#include "sheet/form_write.h"
#include "sheet/sample_form.h"

struct trip {
    struct form_writer *w;
    uint64_t rows;
    bool full;
};

static int on_row(void *ctx, const struct form_row *row, struct err *e)
{
    struct trip *t = ctx;

    t->rows++;
    t->full |= t->w != NULL && form_write_row(t->w, row->values, e) != ERR_OK;
    return ERR_OK;
}

/* Reads `in` and exports it to `out` (may be NULL). */
static int trip(struct span in, enum book_format f, struct buf *out, struct trip *t)
{
    struct form_report r;
    struct buf text;
    int rc;

    *t = (struct trip){ .rows = 0 };
    form_report_init(&r);
    if (out != NULL)
        MUST(form_write_new(&t->w, &sample_form, FORM_VI, f, out, NULL) == ERR_OK);
    rc = form_read(&sample_form, in, on_row, t, &r, NULL);
    MUST(rc == ERR_OK ? r.fault_count == 0 && t->rows == r.rows : t->rows == 0);
    buf_init(&text, (size_t)1 << 20);
    for (uint32_t i = 0; i < r.count; i++)
        form_fault_put(&text, &r.list[i], FORM_EN);
    if (rc == ERR_OK && out != NULL && !t->full)
        MUST(form_write_end(t->w, NULL) == ERR_OK);
    form_write_free(&t->w);
    buf_release(&text);
    form_report_release(&r);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int f = 0; f < BOOK_FORMAT_COUNT; f++) {
        struct trip t, again;
        struct buf first, second;

        buf_init(&first, (size_t)16 << 20);
        buf_init(&second, (size_t)16 << 20);
        if (trip((struct span){ data, size }, (enum book_format)f, &first, &t) == ERR_OK &&
            !t.full) {
            MUST(trip(buf_span(&first), (enum book_format)f, &second, &again) == ERR_OK);
            MUST(t.rows == again.rows && span_eq(buf_span(&first), buf_span(&second)));
        }
        buf_release(&first);
        buf_release(&second);
    }
    return 0;
}
