/*
 * A file of rules from bytes to findings: what is read compiles, and both evaluators find the same
 * in an event that holds every value which the rules ask for.
 */
#include "base/buf.h"
#include "both.h"

#define RULES_MAX 64u /* an input with more is slow, not better */

static void put_json(struct buf *out, struct span s)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < ' ' || s.p[i] == '"' || s.p[i] == '\\')
            buf_fmt(out, "\\u%04x", s.p[i]);
        else
            buf_byte(out, s.p[i]);
    }
    buf_byte(out, '"');
}

static void put_item(struct buf *json, const struct sigma_item *item)
{
    struct span name = item->field.n > 0 ? item->field : SPAN_LIT("message");

    for (uint32_t i = 0; i < item->raw_count && i < 8; i++) {
        buf_text(json, json->n > 1 ? "," : "");
        put_json(json, name);
        buf_byte(json, ':');
        put_json(json, item->raw[i].text);
    }
}

static void put_body(struct buf *json, const struct sigma_node *n)
{
    if (n->kind == NODE_ITEM)
        put_item(json, n->item);
    for (uint32_t i = 0; i < n->child_count; i++)
        put_body(json, n->child[i]);
}

/* The rules' own values are the event. */
static void event_of(const struct sigma_rules *rs, struct buf *json)
{
    buf_byte(json, '{');
    for (uint32_t i = 0; i < rs->rule_count; i++) {
        for (uint32_t k = 0; k < rs->rules[i]->search_count; k++)
            put_body(json, rs->rules[i]->searches[k].body);
    }
    buf_byte(json, '}');
}

static void check_texts(const struct sigma_rules *rs)
{
    for (uint32_t i = 0; i < rs->refusal_count; i++)
        MUST(rs->refusals[i].why.n > 0 && rs->refusals[i].line > 0);
    for (uint32_t i = 0; i < rs->warning_count; i++)
        MUST(rs->warnings[i].what.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct both b;
    struct both_hits h;
    struct buf json;

    MUST(both_init(&b, (struct span){ data, size }, NULL, NULL)); /* what was read compiles */
    check_texts(&b.rules);
    buf_init(&json, 1u << 20);
    if (b.rules.rule_count <= RULES_MAX)
        event_of(&b.rules, &json);
    if (json.n > 0 && !buf_failed(&json) && both_json(&b, buf_span(&json)))
        MUST(both_event(&b, &b.rec, &h));
    buf_release(&json);
    both_release(&b);
    return 0;
}
