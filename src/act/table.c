/*
 * table.c - see table.h.
 */
#include "act/table.h"

#include "scan/put.h"

#define SENTENCE_BYTES 4096u

void table_fault_put(struct buf *out, bool first, const struct table_fault *f)
{
    char letters[COLUMN_LETTERS_MAX];

    buf_text(out, first ? "{" : ",{");
    if (f->row > 0)
        buf_fmt(out, "\"row\":%u,", f->row);
    if (f->column != FORM_NO_COLUMN) {
        column_letters(f->column, letters);
        buf_fmt(out, "\"column\":\"%s\",", letters);
    }
    if (f->header.n > 0) {
        buf_text(out, "\"header\":");
        put_json_text(out, f->header);
        buf_byte(out, ',');
    }
    buf_text(out, f->note ? "\"note\":true,\"vi\":" : "\"vi\":");
    put_json_text(out, f->vi);
    buf_text(out, ",\"en\":");
    put_json_text(out, f->en);
    buf_byte(out, '}');
}

static void put_form_fault(struct buf *out, bool first, const struct form_fault *f)
{
    struct table_fault told = { f->row,    f->column, f->header,
                                SPAN_NONE, SPAN_NONE, fault_row(f->id)->note };
    struct buf vi, en;

    buf_init(&vi, SENTENCE_BYTES);
    buf_init(&en, SENTENCE_BYTES);
    fault_put(&vi, f->id, &f->words, FORM_VI);
    fault_put(&en, f->id, &f->words, FORM_EN);
    told.vi = buf_span(&vi);
    told.en = buf_span(&en);
    table_fault_put(out, first, &told);
    buf_release(&vi);
    buf_release(&en);
}

void table_report_put(struct buf *out, const struct form_report *r)
{
    buf_text(out, ",\"faults\":[");
    for (uint32_t i = 0; i < r->count; i++)
        put_form_fault(out, i == 0, &r->list[i]);
    buf_text(out, "]");
    if (r->more > 0)
        buf_fmt(out, ",\"more\":%llu", (unsigned long long)r->more);
}
