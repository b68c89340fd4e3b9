/*
 * The matcher against the oracle: the bytes choose rules and events out of generate.c's tables, and
 * half of the events take the form of another codec.
 */
#include <stdio.h>

#include "both.h"
#include "generate.h"
#include "recode.h"

#define RULES_MAX  2u
#define EVENTS_MAX 16u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct generate g;
    struct buf yaml, json, other;
    struct both b;
    struct both_hits h;
    uint32_t rules, events;
    bool agree;

    generate_init_bytes(&g, (struct span){ data, size });
    rules = 1 + generate_below(&g, RULES_MAX);
    events = 1 + generate_below(&g, EVENTS_MAX);
    buf_init(&yaml, 1u << 20);
    buf_init(&json, 1u << 20);
    buf_init(&other, 1u << 20);
    while (rules-- > 0)
        generate_rule(&g, &yaml);
    MUST(both_init(&b, buf_span(&yaml), NULL, NULL) && b.rules.refusal_count == 0);
    while (events-- > 0) {
        generate_event(&g, &json);
        MUST(both_json(&b, buf_span(&json)));
        if (generate_below(&g, 2) == 0)
            recode(&g, &b.rec, &other);
        agree = both_event(&b, &b.rec, &h);
        if (!agree)
            printf("%.*s\n%.*s\n", SPAN_ARG(buf_span(&yaml)), SPAN_ARG(buf_span(&json)));
        MUST(agree);
    }
    both_release(&b);
    buf_release(&yaml);
    buf_release(&json);
    buf_release(&other);
    return 0;
}
