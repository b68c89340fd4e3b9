/*
 * output_json.c - one JSON object a line.
 *
 *   {"rule":{...},"event":{...},"because":[{"selection","field","value"}]}
 *   {"rule":{...},"type":"event_count","time":...,"group":{...},"value":N,"event_count":N,"events":[...]}
 *
 * A finding whose level was lowered carries "level" and "filter_unavailable":true as well.
 */
#include "scan/output.h"

static void json_finding(const struct output *o, const struct finding *f, struct buf *out,
                         size_t *record_at)
{
    (void)o;
    buf_text(out, "{\"rule\":");
    put_rule(out, f->rule);
    if (f->filter_unavailable)
        buf_fmt(out, ",\"level\":\"%s\",\"filter_unavailable\":true", level_name(f->level));
    buf_text(out, ",\"event\":");
    put_event(out, f->seen, record_at);
    buf_text(out, ",\"because\":");
    put_because(out, f->because, f->because_count);
    buf_text(out, "}\n");
}

static void json_correlated(const struct output *o, const struct correlated *c, struct buf *out)
{
    (void)o;
    buf_text(out, "{\"rule\":");
    put_rule(out, c->rule);
    buf_byte(out, ',');
    put_correlation(out, c);
    buf_text(out, ",\"events\":[");
    for (uint32_t i = 0; i < c->event_count; i++) {
        if (i > 0)
            buf_byte(out, ',');
        buf_add(out, c->events[i]);
    }
    buf_text(out, "]}\n");
}

const struct output_row output_json = {
    .name = "json",
    .help = "one JSON object a line",
    .finding = json_finding,
    .correlated = json_correlated,
};
