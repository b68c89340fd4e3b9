/*
 * explain.h - why a rule matches an event or does not: its searches and their items one by one,
 * each evaluated by itself, with what the event has for them. For people who write rules; not fast.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "event/event.h"
#include "sigma/match.h"

struct explain;

int explain_new(struct explain **out, const struct ruleset *rs, struct err *e);
void explain_free(struct explain **x);

/* The view in which this event would be tried against the rule, or NULL: not of its logsource. */
const struct view *explain_view(const struct explain *x, uint32_t rule, const struct event *e);

struct explain_row {
    bool holds;
    bool is_item;       /* else a search, whose items follow */
    bool of_filter;     /* the search came with a filter */
    struct span name;   /* the search's name, or the item's key as written */
    struct span wanted; /* of an item: its values as written, " | " between them, cut */
    struct span had;    /* what the event has there, the same way; p == NULL: nothing */
};

/* Does the rule hold, and the rows why; they live until the next call. */
bool explain_rule(struct explain *x, uint32_t rule, struct event *e, const struct view *view,
                  const struct explain_row **rows, uint32_t *count);

#endif
