/*
 * query_own.h - what the files that read queries share; for nobody else.
 */
#ifndef QUERY_OWN_H
#define QUERY_OWN_H

#include "query/query.h"

/* What may stand at a place: for completion (complete.h). */
#define QUERY_WANT_TABLE(X)                                                                        \
    X(TERM)  /* text to look for */                                                                \
    X(FIELD) /* a field's name */                                                                  \
    X(VALUE) /* behind a name */                                                                   \
    X(NUMBER)                                                                                      \
    X(TIME)                                                                                        \
    X(SPAN)                                                                                        \
    X(AND_OR)                                                                                      \
    X(NOT)                                                                                         \
    X(OPEN)                                                                                        \
    X(CLOSE)                                                                                       \
    X(PIPE)                                                                                        \
    X(COMMAND)                                                                                     \
    X(AGGREGATE)                                                                                   \
    X(BY)                                                                                          \
    X(AS)                                                                                          \
    X(COMMA)                                                                                       \
    X(RANGE_NAME) /* since, until */

enum query_want_bit {
#define X(name) QUERY_WANT_BIT_##name,
    QUERY_WANT_TABLE(X)
#undef X
};
enum query_want {
#define X(name) QUERY_WANT_##name = 1u << QUERY_WANT_BIT_##name,
    QUERY_WANT_TABLE(X)
#undef X
};

struct query_reader {
    struct query *q;
    const struct query_clock *clock;
    enum query_part part;
    struct span in;
    size_t at;
    unsigned depth;
    unsigned wanted;   /* at the end of the text */
    struct span field; /* of the last value that was read, or was wanted */
    struct err *e;
    int rc; /* ERR_OK until something fails */
};

/* Note the first fault, at r->at; returns NULL. */
void *query_fail(struct query_reader *r, const char *why);

/* `what` may stand at r->at: noted when that is the end of the text. */
void query_want(struct query_reader *r, unsigned what);

void query_blanks(struct query_reader *r);
bool query_take(struct query_reader *r, uint8_t byte);        /* after blanks */
bool query_keyword(struct query_reader *r, const char *word); /* after blanks, in any case */
struct span query_quoted(struct query_reader *r);             /* r->at is at the quote */
struct span query_name_here(const struct query_reader *r);    /* empty: no name stands here */
bool query_is_name(struct span s);
bool query_is_reserved(struct span s); /* and, or, not, since, until */
void *query_alloc(struct query_reader *r, size_t bytes);
void *query_no_memory(struct query_reader *r);

void query_read_filter(struct query_reader *r);   /* read_filter.c */
void query_read_commands(struct query_reader *r); /* read_commands.c */

/* Reads into r->q as far as it goes; query_read() and completion. */
void query_read_all(struct query_reader *r);

#endif
