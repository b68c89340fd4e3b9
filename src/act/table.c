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

/* Of rows against what is there. */
static void put_wrong(const struct table_import *t, const struct table_import_fns *fns)
{
    struct buf *out = t->c->answer;
    struct table_fault fault;
    uint64_t told = 0;

    buf_text(out, ",\"faults\":[");
    for (uint32_t i = 0; i < t->rows && told < TABLE_FAULTS_MAX; i++) {
        if (fns->wrong(fns->arg, i, &fault))
            table_fault_put(out, told++ == 0, &fault);
    }
    buf_text(out, "]");
    if (t->faults > told)
        buf_fmt(out, ",\"more\":%llu", (unsigned long long)(t->faults - told));
}

static void put_outcome(const struct table_import *t, uint64_t rows, uint64_t faults)
{
    struct buf *out = t->c->answer;

    buf_fmt(out, ",\"form\":\"%s\",\"imported\":%s,\"rows\":%llu,\"wrong\":%llu", t->name,
            faults == 0 && !t->dry ? "true" : "false", (unsigned long long)rows,
            (unsigned long long)faults);
    if (faults == 0)
        buf_fmt(out, ",\"added\":%llu,\"changed\":%llu,\"unchanged\":%llu",
                (unsigned long long)t->added, (unsigned long long)t->changed,
                (unsigned long long)t->unchanged);
}

static int take_all(struct table_import *t, const struct table_import_fns *fns, struct err *e)
{
    int rc = fns->take(fns->arg, e);

    return rc == ERR_OK && (t->faults > 0 || t->dry) ? act_take_back(t->c, e) : rc;
}

static int import_rows(struct table_import *t, const struct table_import_fns *fns,
                       struct form_report *report, struct err *e)
{
    int rc = form_read(t->form, act_text(t->c, "file"), fns->row, fns->arg, report, e);

    if (rc == ERR_SYNTAX && report->fault_count > 0) {
        put_outcome(t, report->rows, report->fault_count);
        table_report_put(t->c->answer, report);
        return ERR_OK;
    }
    if (rc != ERR_OK) {
        err_prefix(e, "file");
        return rc;
    }
    rc = take_all(t, fns, e);
    if (rc != ERR_OK)
        return rc;
    put_outcome(t, t->rows, t->faults);
    if (t->faults > 0)
        put_wrong(t, fns);
    else
        table_report_put(t->c->answer, report); /* notes */
    return ERR_OK;
}

int table_import(struct table_import *t, const struct table_import_fns *fns, struct err *e)
{
    struct form_report report;
    int rc;

    form_report_init(&report);
    rc = import_rows(t, fns, &report, e);
    form_report_release(&report);
    return rc;
}
