/*
 * raw_record.c - header lines, the record, and what lies in its message.
 */
#include "raw_record.h"

#include "wire/sniff.h"

static struct span first_line(struct span s)
{
    size_t n = span_find(s, '\n');

    if (n > 0 && s.p[n - 1] == '\r')
        n--;
    return (struct span){ s.p, n };
}

/* The bytes that this codec would be given: a line, or all there is. */
static int64_t read_by(const struct codec_row *row, struct span raw, struct rec *r)
{
    if (row->read == NULL || !row->is(first_line(raw)))
        return ERR_SYNTAX;
    if (row->extent == EXTENT_LINE)
        return row->read(first_line(raw), r, NULL);
    return row->read(raw, r, NULL);
}

static void read_inner(struct rec *r)
{
    struct rec_field message = r->fields[r->count - 1];
    struct span text = span_trim((struct span){ message.value, message.value_bytes });

    if (message.kind != REC_TEXT || text.n == 0)
        return;
    for (size_t i = 0; i < codec_row_count; i++) {
        if (codec_rows[i].inner && read_by(&codec_rows[i], text, r) > 0)
            return;
    }
}

static int64_t read_any(struct span raw, struct rec *r)
{
    for (size_t i = 0; i < codec_row_count; i++) {
        int64_t used = read_by(&codec_rows[i], raw, r);

        if (used <= 0)
            continue;
        if (codec_rows[i].id == CODEC_SYSLOG && r->count > 0)
            read_inner(r);
        return used;
    }
    return ERR_SYNTAX;
}

int raw_record_read(struct span raw, struct rec *r, struct w3c *w, struct err *e)
{
    int64_t used;

    w3c_init(w);
    rec_clear(r);
    raw = span_trim(raw);
    while (raw.n > 0 && raw.p[0] == '#' && (w->zeek || w3c_is(first_line(raw)))) {
        if (w3c_header(w, first_line(raw), e) != ERR_OK)
            return ERR_SYNTAX;
        raw = span_trim(span_from(raw, span_find(raw, '\n')));
    }
    if (raw.n == 0)
        return err_set(e, ERR_SYNTAX, 0, "there is no record");
    used = w->count > 0 ? w3c_read(w, first_line(raw), r, e) : read_any(raw, r);
    if (used <= 0)
        return err_set(e, ERR_SYNTAX, 0, "no codec takes it");
    if (span_trim(span_from(raw, (size_t)used)).n > 0)
        return err_set(e, ERR_SYNTAX, (size_t)used, "there is more than one record");
    return ERR_OK;
}
