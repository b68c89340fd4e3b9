/*
 * oracle.h - the slow evaluator: Sigma as the specification says it, with nothing clever.
 *
 * It exists to be compared with the fast one (match.h): tests and fuzzing run both over the same
 * events, finding for finding. So it shares nothing with it. It reads the condition's text and
 * each item's key and raw values, applies the modifiers itself, folds case itself, compares bytes
 * one after the other, and never looks at what lower.c and compile.c have made of the rule. What
 * both stand on is the event layer (names, views, texts) and PCRE2.
 *
 *   oracle.c        conditions, filters, the logsource gate
 *   oracle_item.c   keys and modifiers, one item against an event
 *   oracle_text.c   folding, patterns, encodings, numbers, addresses
 *
 * Keys are read once per rule item and remembered by the item's address, so rules must not move
 * or be freed while the oracle lives. One thread.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "event/event.h"
#include "sigma/rule.h"

struct oracle;

/* What %name% stands for under `expand`. */
struct oracle_placeholder {
    struct span name;
    const struct span *values;
    uint32_t count;
};

/* `names` holds the names of all rules that will be asked about (ruleset_names()) and is frozen;
 * it and the placeholders outlive the oracle. */
int oracle_new(struct oracle **out, const struct names *names,
               const struct oracle_placeholder *placeholders, uint32_t count, struct err *e);
void oracle_free(struct oracle **o);

/* Does the rule hold for this event, seen through this view? */
bool oracle_match(struct oracle *o, const struct sigma_rule *rule, struct event *e,
                  const struct view *view);

struct oracle_hit {
    uint32_t rule; /* index in rules->rules */
    const struct view *view;
};

/* Every rule in the first view of the event that carries its logsource. The hits ascend by rule
 * and live until the next call; always ask about the same rules with one oracle. */
uint32_t oracle_event(struct oracle *o, const struct sigma_rules *rules, struct event *e,
                      const struct oracle_hit **hits);

#endif
