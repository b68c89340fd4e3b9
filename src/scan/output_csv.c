/*
 * output_csv.c - a line a finding for spreadsheets (RFC 4180, CR LF), times in UTC. A correlation
 * has no file and record of its own; its group stands where the values are.
 */
#include "scan/output.h"

#include "base/time.h"
#include "scan/put.h"

static void csv_head(const struct output *o, struct buf *out)
{
    (void)o;
    buf_text(out, "time,level,rule,rule_id,host,file,record,because\r\n");
}

static void csv_rule(struct buf *out, struct span time, enum sigma_level level,
                     const struct sigma_head *rule)
{
    put_csv_text(out, time);
    buf_fmt(out, ",%s,", level_name(level));
    put_csv_text(out, rule->title);
    buf_byte(out, ',');
    put_csv_text(out, rule->id);
    buf_byte(out, ',');
}

static void csv_finding(const struct output *o, const struct finding *f, struct buf *out,
                        size_t *record_at)
{
    struct buf why;

    (void)o;
    buf_init(&why, (size_t)LIMIT_EVENT_BYTES * 4);
    for (uint32_t i = 0; i < f->because_count; i++) {
        buf_text(&why, i > 0 ? "; " : "");
        buf_add(&why, f->because[i].field);
        buf_text(&why, f->because[i].field.n > 0 ? "=" : "");
        buf_add(&why, f->because[i].value);
    }
    csv_rule(out, f->seen->time, f->level, f->rule);
    put_csv_text(out, f->seen->host);
    buf_byte(out, ',');
    put_csv_text(out, f->seen->file);
    buf_byte(out, ',');
    *record_at = out->n;
    buf_byte(out, ',');
    put_csv_text(out, buf_span(&why));
    buf_text(out, "\r\n");
    buf_release(&why);
}

static void csv_correlated(const struct output *o, const struct correlated *c, struct buf *out)
{
    uint8_t room[TIME_TEXT_MAX];
    struct buf why;

    (void)o;
    buf_init(&why, (size_t)LIMIT_EVENT_BYTES * 4);
    buf_fmt(&why, "%s %g", c->type, c->value);
    for (uint32_t i = 0; i < c->group_count; i++) {
        buf_text(&why, "; ");
        buf_add(&why, c->group_names[i]);
        buf_byte(&why, '=');
        buf_add(&why, c->group_values[i]);
    }
    csv_rule(out, time_text(c->time_ns, room), c->level, c->rule);
    buf_text(out, ",,,");
    put_csv_text(out, buf_span(&why));
    buf_text(out, "\r\n");
    buf_release(&why);
}

const struct output_row output_csv = {
    .name = "csv",
    .help = "a line a finding, for spreadsheets",
    .head = csv_head,
    .finding = csv_finding,
    .correlated = csv_correlated,
};
