/*
 * unseen.h - rules that are blind here and now: they load, a source of the taxonomy could feed
 * them, and no event of such a source has come. sigma/blind.h says which are blind whatever comes.
 */
#ifndef UNSEEN_H
#define UNSEEN_H

#include "sigma/blind.h"
#include "sigma/match.h"

/* Views, by id, of which events came: a bit each, of taxonomy_view_count() at most. */
struct unseen_views {
    const uint8_t *bits;
    uint32_t count;
};

static inline bool unseen_has(const struct unseen_views *v, uint32_t view)
{
    return view < v->count && (v->bits[view / 8] >> view % 8 & 1) != 0;
}

enum unseen_kind { UNSEEN_NOT, UNSEEN_LOGSOURCE, UNSEEN_FIELD, UNSEEN_EVENTS };

/* UNSEEN_LOGSOURCE, UNSEEN_FIELD (with *field): as sigma/blind.h has it. UNSEEN_EVENTS: nothing of
 * its logsource came. */
enum unseen_kind unseen_rule(const struct sigma_rule *rule, const struct taxonomy *t,
                             const struct names *n, const struct unseen_views *seen,
                             struct span *field);

/* All rules: how many are blind; `fn` (may be NULL) is called for each of them. */
typedef void unseen_fn(void *arg, uint32_t rule, enum unseen_kind kind, struct span field);
struct unseen_from {
    const struct ruleset *rules;
    const struct taxonomy *taxonomy;
    const struct names *names;
};
uint32_t unseen_rules(const struct unseen_from *from, const struct unseen_views *seen,
                      unseen_fn *fn, void *arg);

#endif
