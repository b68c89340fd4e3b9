/*
 * verify.h - does this rule hold for this event? The whole condition, with no short cuts but the
 * obvious ones. Private to src/sigma.
 *
 * Text is decoded and folded at most once per event and value, and an item that several rules have
 * is tried once per event and view. Memory is the verifier's arena, emptied with every event.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include "sigma/ruleset.h"

struct value_text {
    uint32_t round; /* verify.round when text is this event's */
    bool folded;
    struct span text, fold;
    uint32_t searched; /* how often something was looked for within fold */
    uint64_t *grams;   /* then: which runs of three bytes it has, one bit each */
};

struct verify {
    const struct ruleset *rs;
    struct event *event;
    const struct view *view;
    uint32_t round;
    struct value_text *values; /* by handle */
    uint32_t *items;           /* by item id: stamp << 1 | held, when tried under this stamp */
    uint32_t stamp;            /* of this event under this view */
    struct value_text raw;     /* the whole record, for keywords */
    struct arena mem;
    pcre2_match_data *found;
    pcre2_match_context *limits;
};

int verify_init(struct verify *v, const struct ruleset *rs, struct err *e);
void verify_release(struct verify *v);

/* A new event: forgets all texts. */
void verify_begin(struct verify *v, struct event *e);

/* Rules are tried under this view from now on. */
void verify_view(struct verify *v, const struct view *view);

/* This item (its id) is known to be true for the event under the view. */
static inline void verify_known(struct verify *v, uint32_t item)
{
    v->items[item] = v->stamp << 1 | 1;
}

/* Text and folded text of a value; p == NULL for null and when memory is out. */
struct span verify_text(struct verify *v, uint32_t handle);
struct span verify_fold(struct verify *v, uint32_t handle);

/* Handle of the raw record, for keywords; verify_text() takes it too. */
#define VERIFY_RAW (EVENT_NONE - 1)

/* Is the raw record text that keywords look into? */
bool verify_has_raw(const struct verify *v);

/* By its index; and a part of its condition alone. */
bool verify_rule(struct verify *v, uint32_t rule);
bool verify_node(struct verify *v, const struct sigma_rule *r, const struct sigma_node *n);

/* The tests that made it true. */
uint32_t verify_because(struct verify *v, const struct sigma_rule *r, const struct view *view,
                        struct because *rows, uint32_t max);

#endif
