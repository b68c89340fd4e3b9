/*
 * act_own.h - what the files of the engine share; areas do not include it.
 */
#ifndef ACT_OWN_H
#define ACT_OWN_H

#include <jansson.h>

#include "act/act.h"
#include "base/arena.h"

struct act_pair {
    struct span key, text;
};

/* One parameter, read. */
struct act_value {
    bool given;
    struct span text;
    int64_t integer;
    int64_t *ids;
    struct act_pair *pair;
    size_t count;
};

/* What an act is done to. */
struct act_thing {
    const char *kind;
    int64_t key;
    const struct act_kind *changes; /* NULL: it is not known how to undo that */
    struct span was, is_now;
    struct act_thing *next, *same; /* the next of all, and of those with its hash */
};

#define ACT_HASHES 1024u
#define ACT_BUSY   4u /* things that one act leaves unfinished */

struct act_busy {
    const char *kind;
    int64_t key;
};

struct act_own {
    const struct act_table *table;
    const struct act_row *row;
    struct act_value value[ACT_PARAMS_MAX];
    struct act_thing *first, *last, *by_hash[ACT_HASHES];
    struct arena mem; /* of one act */
    bool touched_alerts;
    struct act_busy busy[ACT_BUSY];
    size_t busy_count; /* of them; 0: it is done */
    struct acts *acts;
    struct span parameters; /* as they are kept */
    size_t begin;           /* of the answer */
    bool stays;             /* it is refused, and what it changed is kept */
};

/* The parameters of `o->row` out of a request, which is checked whole. The same codes as acts_do().
 */
int act_read(struct act_own *o, const json_t *request, struct err *e);
/* The request as it is kept: without "act", secrets and the bytes of files. In o->mem. */
int act_keep(struct act_own *o, const json_t *request, struct span *text, struct err *e);

/* What an act was done to, as far as it was not told yet: lines of table act_on. */
int act_put_things(struct act_call *c, struct err *e);
/* What it leaves to do, behind its first slice. */
int act_put_rest(struct act_call *c, struct err *e);

/* act_changes(), and what it was when that was called first. */
int act_thing_changes(struct act_call *c, const struct act_kind *kind, int64_t key,
                      const struct act_thing **out, struct err *e);

/* May who asks undo act `id`, now? ERR_DENIED, ERR_NOTFOUND, ERR_CONFLICT. */
int act_may_undo(struct act_call *c, int64_t id, struct err *e);

/* ERR_CONFLICT, and that it is so only for a moment. */
int act_unfinished(struct err *e, int64_t act);

const struct acts_from *acts_from_of(const struct acts *a);

#endif
