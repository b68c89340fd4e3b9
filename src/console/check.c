/*
 * check.c - POST /rule/check with the text of rules: what is wrong with them, for who writes one.
 *
 *   {"rules":[{"id","title","kind","line"},...],"errors":[{"line","why"},...],
 *    "warnings":[{"line","what"},...],"blind":[{"line","field"},...]}
 *
 * and GET /rule/text?rule=: {"rule","title","file","line","text"}, the file that a rule in force
 * stands in, as its generation has it (keep/generation.h): the rule begins in that line.
 *
 * Read as canh rules check does, at once and in the loop: a body is HUNT_SENT_MAX at most. `blind`:
 * rules that can never match here, since no source of the taxonomy has their logsource, or (field)
 * that field. Lines count from 1. Nothing is compiled, nothing is changed.
 */
#include <stdio.h>

#include "console/console_own.h"
#include "scan/put.h"
#include "sigma/blind.h"

static void put_issue(struct buf *out, bool *any, uint32_t line, const char *name, struct span text)
{
    buf_fmt(out, "%s{\"line\":%u,\"%s\":", *any ? "," : "", line, name);
    if (text.p != NULL)
        put_json_text(out, text);
    else
        buf_text(out, "null");
    buf_byte(out, '}');
    *any = true;
}

static void put_heads(struct buf *out, const struct sigma_rules *rs)
{
    const uint32_t rules = rs->rule_count, all = rules + rs->correlation_count + rs->filter_count;

    buf_text(out, "{\"rules\":[");
    for (uint32_t i = 0; i < all; i++) {
        const bool rule = i < rules, correlation = !rule && i < rules + rs->correlation_count;
        const struct sigma_head *h = rule ? &rs->rules[i]->head
                                     : correlation
                                         ? &rs->correlations[i - rules]->head
                                         : &rs->filters[i - rules - rs->correlation_count]->head;

        buf_text(out, i > 0 ? ",{\"id\":" : "{\"id\":");
        put_json_text(out, h->id);
        buf_text(out, ",\"title\":");
        put_json_text(out, h->title);
        buf_fmt(out, ",\"kind\":\"%s\",\"line\":%u}",
                rule          ? "detection"
                : correlation ? "correlation"
                              : "filter",
                h->line);
    }
    buf_byte(out, ']');
}

static void put_checked(struct console *c, const struct sigma_rules *rs, struct buf *out)
{
    bool any = false;
    struct span field;

    put_heads(out, rs);
    buf_text(out, ",\"errors\":[");
    for (uint32_t i = 0; i < rs->refusal_count; i++)
        put_issue(out, &any, rs->refusals[i].line, "why", rs->refusals[i].why);
    buf_text(out, "],\"warnings\":[");
    any = false;
    for (uint32_t i = 0; i < rs->warning_count; i++)
        put_issue(out, &any, rs->warnings[i].line, "what", rs->warnings[i].what);
    buf_text(out, "],\"blind\":[");
    any = false;
    for (uint32_t i = 0; i < rs->rule_count && c->rules.taxonomy != NULL; i++) {
        const enum blind_kind kind =
            rule_blind(rs->rules[i], c->rules.taxonomy, c->rules.names, &field);

        if (kind != BLIND_NOT)
            put_issue(out, &any, rs->rules[i]->head.line, "field",
                      kind == BLIND_FIELD ? field : SPAN_NONE);
    }
    buf_text(out, "]}\n");
}

void check_route(void *arg, struct serve_call *call)
{
    struct sigma_rules rs;
    struct err e = { 0 };
    int rc = rules_init(&rs, &e);

    if (rc != ERR_OK) {
        serve_refuse(call, 503, &e);
        return;
    }
    rc = rules_add_bytes(&rs, SPAN_LIT("text"), call->sent, &e);
    if (rc == ERR_OK)
        rc = rules_finish(&rs, &e);
    if (rc == ERR_OK)
        put_checked(arg, &rs, call->body);
    else
        serve_refuse(call, ask_status(rc), &e);
    rules_release(&rs);
}

/* --- texts ------------------------------------------------------------------------------------ */

#define TEXTS_MAX ((size_t)256 << 20)

static const struct sigma_head *find_rule(const struct ruleset *rs, struct span word)
{
    for (uint32_t i = 0; i < ruleset_rule_count(rs); i++) {
        if (sigma_is_called(&ruleset_rule(rs, i)->head, word))
            return &ruleset_rule(rs, i)->head;
    }
    for (uint32_t i = 0; i < ruleset_correlation_count(rs); i++) {
        if (sigma_is_called(&ruleset_correlation(rs, i)->head, word))
            return &ruleset_correlation(rs, i)->head;
    }
    return NULL;
}

/* The text of a file among them; SPAN_NONE: it is not there. */
static struct span text_of(struct span all, struct span file)
{
    uint32_t head[2];

    while (all.n >= sizeof(head)) {
        struct span path, text;

        memcpy(head, all.p, sizeof(head));
        all = span_from(all, sizeof(head));
        if (head[0] > all.n || head[1] > all.n - head[0])
            break;
        path = (struct span){ all.p, head[0] };
        text = (struct span){ all.p + head[0], head[1] };
        if (span_eq(path, file))
            return text;
        all = span_from(all, (size_t)head[0] + head[1]);
    }
    return SPAN_NONE;
}

static void put_text(struct buf *out, const struct sigma_head *h, struct span text)
{
    buf_text(out, "{\"rule\":");
    put_json_text(out, h->id);
    buf_text(out, ",\"title\":");
    put_json_text(out, h->title);
    buf_text(out, ",\"file\":");
    put_json_text(out, h->file);
    buf_fmt(out, ",\"line\":%u,\"text\":", h->line);
    put_json_text(out, text);
    buf_text(out, "}\n");
}

void rule_text_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    const struct sigma_head *h;
    uint8_t room[SERVE_VALUE_MAX];
    char path[FILE_PATH_BYTES];
    struct span word, text = SPAN_NONE;
    struct buf all;
    int n;

    if (serve_query(call, "rule", room, &word) != 1 || c->rules.rules == NULL) {
        ask_refuse(call, c->rules.rules == NULL ? 503 : 400, "rule is the id of a rule in force.");
        return;
    }
    h = find_rule(c->rules.rules, word);
    n = snprintf(path, sizeof(path), "%s/rules/%llu/texts", c->from.data,
                 (unsigned long long)c->rules.generation);
    buf_init(&all, TEXTS_MAX + FILE_PATH_BYTES);
    if (h != NULL && n > 0 && (size_t)n < sizeof(path) &&
        file_read(path, TEXTS_MAX, &all, NULL) == ERR_OK)
        text = text_of(buf_span(&all), h->file);
    if (text.p != NULL)
        put_text(call->body, h, text);
    else
        ask_refuse(call, 404,
                   h == NULL ? "No rule in force is called that." : "Its text is not there.");
    buf_release(&all);
}
