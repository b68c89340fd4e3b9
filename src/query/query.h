/*
 * query.h - the search language: text to a tree, and back.
 *
 *   host:srv-01 and "failed password" and not user:root since:-2h | top 5 src_ip
 *
 *   query   = [ either ] { "|" command }
 *   either  = both { "or" both }
 *   both    = negated { [ "and" ] negated }          side by side is and
 *   negated = "not" negated | "(" either ")" | term
 *   term    = NAME ":" value | NAME ":" low ".." high | NAME ("<"|"<="|">"|">=") number
 *           | ("since:"|"until:") time | text
 *   value   = word | "quoted" | "=" word | "=" "quoted"       text = word | "quoted" | ="quoted"
 *   command = the rows of QUERY_COMMAND_TABLE
 *
 * What terms mean (docs/query.md has it for users):
 *   - All texts are compared folded (event/search_text.h): without case, without marks.
 *   - text is looked for in the search text and matches from word edge to word edge. '*' at an end
 *     takes the edge away; elsewhere '*' is any run of characters that are not blanks, '?' one.
 *   - NAME:value compares the whole value, '*' and '?' being any text and any character; NAME:*
 * says that there is a value. An unquoted address/bits holds addresses of that network, too.
 *   - with '=' before it, '*' and '?' stand for themselves, and nothing is a network.
 *   - comparisons and ranges (both ends belong to it) are of numbers, exact to the last digit.
 *   - a name with several values holds when one of them does; names match without ASCII case.
 *   - since and until are about the event's time (since belongs to it, until does not); a day alone
 *     is the whole day. To ask for fields of these names, quote the name. Times: query_time.h.
 *
 * A NAME begins with a letter, '_', '@', '$' or '#' and goes on with these, digits, '.', '-', '[',
 * ']'; or it is quoted. So 10.0.0.1:22, http://x and C:\x are text. Outside quotes a backslash is
 * a backslash; inside, it stands for itself but before '"' and '\'. and, or, not are words of the
 * language in any case; to look for them they are quoted.
 *
 * Bounded: QUERY_BYTES_MAX, QUERY_DEPTH_MAX; a query must be UTF-8. What is read is immutable and
 * may be shared by threads. Pure: the clock is given.
 */
#ifndef QUERY_H
#define QUERY_H

#include "base/arena.h"
#include "base/buf.h"

#define QUERY_BYTES_MAX    4096u
#define QUERY_DEPTH_MAX    64u
#define QUERY_COMMANDS_MAX 16u
#define QUERY_FIELDS_MAX   32u     /* of one list */
#define QUERY_NUMBER_MAX   100000u /* of limit, top, rare */
#define QUERY_TOP_USUAL    10u
#define QUERY_VIETNAM_S    25200 /* UTC+07, no summer time */

/*    op      kids  what it holds for */
#define QUERY_OP_TABLE(X)                                                                          \
    X(AND)    /* all kids do */                                                                    \
    X(OR)     /* a kid does */                                                                     \
    X(NOT)    /* its kid does not */                                                               \
    X(TEXT)   /* `glob` stands in the search text */                                               \
    X(FIELD)  /* a value of `name` is like `glob` */                                               \
    X(EXISTS) /* `name` has a value */                                                             \
    X(NET)    /* a value of `name` is an address of `net`, or like `glob` */                       \
    X(RANGE)  /* a value of `name` is a number between `low` and `high` */                         \
    X(SINCE)  /* the event's time is `ns` or later */                                              \
    X(UNTIL)  /* the event's time is before `ns` */

enum query_op {
#define X(op) QUERY_##op,
    QUERY_OP_TABLE(X)
#undef X
        QUERY_OPS
};

struct query_node {
    enum query_op op;
    struct query_node *kid, *next; /* first kid; next kid of the same parent */
    struct span name;              /* as typed, without quotes */
    struct span text;              /* the value as typed, without quotes */
    struct span glob;              /* folded; see glob.h */
    bool literal;                  /* '*' and '?' of `text` are themselves */
    uint8_t bits, net[16];         /* base/addr.h */
    struct span low, high;         /* numbers; empty: no end on that side */
    bool low_open, high_open;      /* the end does not belong to it */
    int64_t ns;
    uint32_t leaf; /* 0.. among the nodes without kids, in the order of the text */
};

#define QUERY_AGGREGATES_FIELD 1u /* needs a field; count may have one */
#define QUERY_AGGREGATE_TABLE(X)                                                                   \
    X(COUNT, "count", 0, "rows; with a field, those that have it")                                 \
    X(SUM, "sum", QUERY_AGGREGATES_FIELD, "sum of the numbers of a field")                         \
    X(MIN, "min", QUERY_AGGREGATES_FIELD, "the least number (or time)")                            \
    X(MAX, "max", QUERY_AGGREGATES_FIELD, "the greatest number (or time)")                         \
    X(AVG, "avg", QUERY_AGGREGATES_FIELD, "mean of the numbers of a field")                        \
    X(DC, "dc", QUERY_AGGREGATES_FIELD, "how many distinct values")

/* What a command takes, in this order. */
#define QUERY_TAKES_AGGREGATES 0x01u
#define QUERY_TAKES_NUMBER     0x02u /* may be left out, if fields follow */
#define QUERY_TAKES_SPAN       0x04u /* may be left out */
#define QUERY_TAKES_FIELDS     0x08u
#define QUERY_TAKES_SIGNS      0x10u /* '-' before a field: descending */
#define QUERY_TAKES_BY         0x20u /* by and fields may be left out */
#define QUERY_COMMAND_TABLE(X)                                                                     \
    X(STATS, "stats", QUERY_TAKES_AGGREGATES | QUERY_TAKES_BY, "figures, by groups")               \
    X(TOP, "top", QUERY_TAKES_NUMBER | QUERY_TAKES_FIELDS, "the most frequent values")             \
    X(RARE, "rare", QUERY_TAKES_NUMBER | QUERY_TAKES_FIELDS, "the least frequent values")          \
    X(SORT, "sort", QUERY_TAKES_FIELDS | QUERY_TAKES_SIGNS, "in the order of fields")              \
    X(FIELDS, "fields", QUERY_TAKES_FIELDS, "these columns only")                                  \
    X(LIMIT, "limit", QUERY_TAKES_NUMBER, "so many rows at most")                                  \
    X(HISTOGRAM, "histogram", QUERY_TAKES_SPAN | QUERY_TAKES_BY, "counts by time")

enum query_aggregate_kind {
#define X(kind, name, flags, help) QUERY_##kind,
    QUERY_AGGREGATE_TABLE(X)
#undef X
        QUERY_AGGREGATES
};
enum query_command_kind {
#define X(kind, name, takes, help) QUERY_##kind,
    QUERY_COMMAND_TABLE(X)
#undef X
        QUERY_COMMANDS
};
struct query_word_row {
    const char *name;
    unsigned flags;
    const char *help;
};
extern const struct query_word_row query_aggregate_rows[QUERY_AGGREGATES];
extern const struct query_word_row query_command_rows[QUERY_COMMANDS];

struct query_field {
    struct span name;
    bool descending;
};
struct query_aggregate {
    enum query_aggregate_kind kind;
    struct span field;  /* empty: none */
    struct span column; /* its name: given by "as", else as it is printed: sum(x) */
    bool has_name;
};
struct query_command {
    enum query_command_kind kind;
    struct query_command *next;
    struct query_aggregate *aggregates;
    struct query_field *fields, *by;
    uint32_t aggregate_count, field_count, by_count;
    uint32_t number; /* 0: not given */
    int64_t span_ns; /* 0: not given */
};

struct query {
    struct arena mem;
    struct query_node *top; /* NULL: every event */
    struct query_command *commands;
    uint32_t leaf_count;
};

/* For times that are relative or say no zone. */
struct query_clock {
    int64_t now_ns;
    int32_t offset_s; /* local time, seconds east of UTC */
};

enum query_part { QUERY_WHOLE, QUERY_FILTER /* no commands */ };

/* ERR_SYNTAX (e->at is the byte of the fault), ERR_LIMIT or ERR_NOMEM: *out is NULL. */
int query_read(struct query **out, struct span text, const struct query_clock *clock,
               enum query_part part, struct err *e);
void query_free(struct query **q);

/* A text that reads as the same query; reading and printing that gives it again. */
void query_print(const struct query *q, struct buf *out);

/* A field's name as it must be typed. */
void query_print_field(struct span name, struct buf *out);
/* The same of a value that is to be met as it is: with "=" where "*" or "?" stands in it. */
void query_print_value(struct span value, struct buf *out);

/* No event outside of [*from, *until) can match: INT64_MIN and INT64_MAX where nothing is said. */
void query_range(const struct query *q, int64_t *from, int64_t *until);

#endif
