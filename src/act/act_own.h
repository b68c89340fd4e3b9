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

struct act_own {
    const struct act_table *table;
    const struct act_row *row;
    struct act_value value[ACT_PARAMS_MAX];
    struct act_thing *first, *last, *by_hash[ACT_HASHES];
    struct arena mem; /* of one act */
    bool touched_alerts;
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

#endif
