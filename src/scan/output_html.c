/*
 * output_html.c - one page that needs nothing else: a timeline, the rules that were found, and
 * every finding with its event. The findings are JSON in the page; timeline.html (embedded) draws
 * them.
 *
 * What comes out of logs stands in the page only as JSON strings with '<' escaped, and the page's
 * script writes it as text, never as markup.
 */
#include "scan/output.h"

#include <stdio.h>

#include "base/time.h"
#include "scan/put.h"
#include "scan/scan.h"
#include "scan/timeline.h"

static const char findings_mark[] = "/*FINDINGS*/", totals_mark[] = "/*TOTALS*/";

static size_t mark_at(const char *mark)
{
    const char *p = strstr(timeline_html, mark);

    MUST(p != NULL);
    return (size_t)(p - timeline_html);
}

static void html_head(const struct output *o, struct buf *out)
{
    (void)o;
    buf_add(out, (struct span){ (const uint8_t *)timeline_html, mark_at(findings_mark) });
}

/* JSON that may stand within <script>: '<' occurs in strings only. */
static void put_safe(struct buf *out, struct span json)
{
    while (json.n > 0) {
        size_t n = span_find(json, '<');

        buf_add(out, (struct span){ json.p, n });
        if (n == json.n)
            break;
        buf_text(out, "\\u003c");
        json = span_from(json, n + 1);
    }
}

static void html_finding(const struct output *o, const struct finding *f, struct buf *out,
                         size_t *record_at)
{
    struct buf json;
    size_t at = 0;

    buf_init(&json, out->max);
    output_json.finding(o, f, &json, &at);
    if (json.n > 0)
        json.n--; /* its line end */
    put_safe(out, (struct span){ json.p, at < json.n ? at : json.n });
    *record_at = out->n;
    if (at < json.n)
        put_safe(out, (struct span){ json.p + at, json.n - at });
    buf_text(out, ",\n");
    if (buf_failed(&json))
        out->failed = true;
    buf_release(&json);
}

static void html_correlated(const struct output *o, const struct correlated *c, struct buf *out)
{
    struct buf json;

    buf_init(&json, out->max);
    output_json.correlated(o, c, &json);
    if (json.n > 0)
        json.n--;
    put_safe(out, buf_span(&json));
    buf_text(out, ",\n");
    if (buf_failed(&json))
        out->failed = true;
    buf_release(&json);
}

static void html_foot(const struct output *o, const struct scan_totals *t, struct buf *out)
{
    size_t findings_end = mark_at(findings_mark) + sizeof(findings_mark) - 1;
    size_t totals_at = mark_at(totals_mark);
    const char *rest = timeline_html + totals_at + sizeof(totals_mark) - 1;

    MUST(findings_end <= totals_at);
    buf_add(out, (struct span){ (const uint8_t *)timeline_html + findings_end,
                                totals_at - findings_end });
    buf_fmt(out, "\"offset_s\":%d,\"seconds\":%.3f", o->offset_s, t->seconds);
#define X(name, help) buf_fmt(out, ",\"%s\":%llu", #name, (unsigned long long)t->name);
    SCAN_TOTALS(X)
#undef X
    buf_text(out, rest);
}

const struct output_row output_html = {
    .name = "html",
    .help = "one page with a timeline, sorted by time",
    .by_time = true,
    .head = html_head,
    .finding = html_finding,
    .correlated = html_correlated,
    .foot = html_foot,
};
