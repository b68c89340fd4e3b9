/*
 * figures_own.h - what the files of figures share.
 *
 *   figures.c         blocks, shapes: from rows to answers
 *   figures_known.c   what is known of a shape, and of rows of it with the same bytes
 *   figures_rows.c    which rows have the same bytes
 *   figures_tests.c   which values have a say in whether a text fits patterns
 *   figures_ask.c     one event is read and asked
 *
 * Private to src/search.
 */
#ifndef FIGURES_OWN_H
#define FIGURES_OWN_H

#include "base/arena.h"
#include "figures/figures.h"

/* What a slot is to the answers: nothing; whether its value may have a say in which texts stand in
 * the record, and if so, which it is, as for all that follow; whether its value is plain, and if
 * not, which it is; and whether it may have a say in which patterns its field fits, and if so,
 * which it is; which value it is. */
enum slot_role { SLOT_NONE, SLOT_WHOLE, SLOT_HANDED, SLOT_TESTED, SLOT_KEY };

/* A value for a name: a text, or what stands in a slot. */
struct answer {
    struct span text;
    uint32_t slot; /* BLOCK_NONE: text */
};

enum case_kind { CASE_OUT, CASE_IN, CASE_ROWS /* cannot be told: look at its rows */ };
enum case_time { TIME_RECEIPT, TIME_SLOT, TIME_OTHER };

/* Rows of a shape with the same bytes where it matters. */
struct figure_case {
    struct figure_case *next;
    uint64_t hash;
    struct span key;
    enum case_kind kind;
    enum case_time time;
    uint32_t time_slot;
    struct answer *answer; /* by name */
    uint32_t like;         /* number of its answers, that are the same in other shapes */
};

/* A shape as it is in any block. */
struct known {
    uint64_t low, high; /* hash of what it is */
    struct known *next;
    bool never;       /* look at all its rows */
    uint32_t strikes; /* blocks in which too many of its rows were different */
    uint32_t slots;
    uint8_t *role;   /* by slot */
    uint8_t *kind;   /* of the field that a SLOT_HANDED, SLOT_TESTED or a time is, or lies in */
    uint32_t *field; /* that a SLOT_TESTED lies in */
    struct event_pattern *pattern; /* of all of these */
    uint32_t patterns, pattern_room;
    bool whole;     /* some of these are looked for in the whole record */
    bool *left_out; /* by slot: no part of keys; who looks at it is read row by row */
    bool *answers;  /* an answer is taken from it */
    uint32_t *used; /* slots with a role */
    uint32_t used_count;
    struct figure_case *cases[64]; /* by hash */
};

/* The values of a slot, of the shape at hand. */
struct slot_values {
    struct block_distinct is;
    uint32_t *class; /* by value, of all but SLOT_KEY; NULL: all have no say */
    uint32_t classes;
};

struct likeness {
    uint64_t low, high;
};

/* A row for who asks: its values are spans[at ..]. */
struct told {
    uint32_t name; /* apart */
    uint64_t hash;
    uint32_t like, pool[3]; /* those alike: equal `like` and equal values of the pool, */
    bool by_text;           /*   or, where some have no number in it, equal texts */
    uint32_t next;          /* + 1 */
    size_t at;
    int64_t time_ns;
    uint64_t times;
};

/* Times are number * ticks + offset, from `least` to `greatest`. */
struct time_scale {
    uint32_t shape, slot; /* of which this is */
    bool good;
    int64_t ticks, offset, least, greatest;
};

struct figures {
    struct figures_from from;
    struct shown *shown;
    struct event_watch watch;
    bool timed;      /* is the time in a range asked? */
    bool tells_time; /* rows have their time */
    bool has_own;    /* apart: some events have a time of their own */
    int64_t own_least, own_greatest;
    bool by_source; /* answers may depend on the source */
    uint64_t seed;
    struct arena mem; /* what is known */
    struct known **place;
    uint32_t places, count;
    struct likeness *like;
    uint32_t like_count;
    struct buf raw, key;

    /* of the block at hand */
    struct arena block;
    const struct figures_block *at;
    uint64_t *name_hash;
    struct block_about about;
    struct time_scale scale;
    uint8_t *pool_is; /* of its values: 1 plain as a text, 2 not, 0 not known */
    struct told *told;
    size_t told_count, told_room;
    struct span *span;
    size_t span_count, span_room;
    uint32_t told_place[1024];

    /* of the shape at hand */
    uint32_t shape;
    uint32_t *row, rows; /* those that are left: their places among those of the shape */
    uint32_t *id, ids;   /* by row: which are alike */
    uint32_t *first;     /* by id: a row */
    uint32_t *origin;    /* by row: its id by what matters, when it is told by answers, too */
    uint32_t *map;       /* fold's */
    uint64_t *wide;
    uint32_t row_room, wide_room;
    uint32_t *answer_id;        /* by case: apart */
    struct slot_values *values; /* by slot */
};

/* figures_known.c. NULL: there is no room. */
struct known *figures_known(struct figures *f, uint32_t shape);
struct figure_case *figures_case(const struct known *k, struct span key, uint64_t hash);
struct figure_case *figures_case_new(struct figures *f, struct known *k, struct span key,
                                     uint64_t hash);
void figures_forget(struct known *k);

/* figures_rows.c */
bool figures_rows_room(struct figures *f, uint32_t rows);
/* Rows that were alike and have the same symbol are: symbol[row's place in the shape], which is
 * class[] of that where there is one; all below `symbols`. */
void figures_fold(struct figures *f, const uint32_t *symbol, const uint32_t *class,
                  uint32_t symbols);
bool figures_is_plain(struct span value, uint8_t kind);
/* Are all numbers of a column plain? False for other columns. */
bool figures_numbers_plain(const struct figures *f, uint32_t slot, uint8_t kind);
/* The values of a used slot. False: they are too many, or there is no room. */
int figures_values(struct figures *f, const struct known *k, uint32_t slot, bool *good,
                   struct err *e);

/* figures_tests.c. Can this field be looked at slot by slot? */
bool figures_can_test(const struct figures *f, const struct block_field *d);
/* False: there is no room. *grew: some were new. */
bool figures_note_patterns(struct figures *f, struct known *k, uint32_t field, bool *grew);
/* The classes of a SLOT_TESTED; *good is false when they cannot be told. */
int figures_test_values(struct figures *f, const struct known *k, uint32_t slot, bool *good,
                        struct err *e);

/* The same for the whole record; the classes of any slot, after those of its role. */
bool figures_can_test_whole(const struct figures *f);
int figures_whole_values(struct figures *f, const struct known *k, uint32_t slot, bool *good,
                         struct err *e);

/* figures_ask.c: read the event of this row and make `c` of it. *grew: other slots matter, too:
 * ask again. */
int figures_ask(struct figures *f, struct known *k, uint32_t row, struct figure_case *c, bool *grew,
                struct err *e);

#endif
