/*
 * line.h - the line between the console and the desk: requests one way, answers the other, over a
 * stream of the keeper's (SAY_PEER), in the loop.
 *
 *   frame = u32 bytes behind this, u8 kind, u64 id, ...      little endian
 *     ASK   u8 by, u8 bytes of address, u16 bytes of credential; address, credential, request
 *     TELL  i32 code; text: the answer, or the sentence of a refusal
 *
 * Bounded: a frame LINE_FRAME_MAX, what waits to be written LINE_OUT_MAX. A peer that sends what is
 * no frame is hung up on. Neither end believes the other more than it must: the desk finds out
 * itself who asks (`by` says how), the console shows what it is told.
 */
#ifndef LINE_H
#define LINE_H

#include "act/act.h"
#include "os/loop.h"

#define LINE_FRAME_MAX ((size_t)ACT_REQUEST_MAX + 65536)
#define LINE_OUT_MAX   (2 * LINE_FRAME_MAX)

/* How who asks shows who that is. */
#define LINE_BY_TABLE(X)                                                                           \
    X(LOCAL, "local")     /* the owner of the data folder, at its socket: his name */              \
    X(SESSION, "session") /* a session's secret */                                                 \
    X(TOKEN, "token")     /* a token's secret */                                                   \
    X(NOBODY, "login")    /* who has yet to show it: for acts that anybody may do */

enum line_by {
#define X(id, name) LINE_##id,
    LINE_BY_TABLE(X)
#undef X
        LINE_BYS
};
const char *line_by_name(enum line_by b);

/* Spans live until the callback returns. */
struct line_ask {
    uint64_t id;
    enum line_by by;
    struct span address, credential, request;
};
struct line_tell {
    uint64_t id;
    int code; /* ERR_OK, or why not */
    struct span text;
};

struct line;

struct line_from {
    struct loop *loop;
    int fd; /* taken, on an error too */
    /* One of the two: what the other end sends. */
    void (*ask)(void *arg, const struct line_ask *a);
    void (*tell)(void *arg, const struct line_tell *t);
    /* The other end is gone, or sent what is no frame: the line may be freed in it. */
    void (*gone)(void *arg);
    void *arg;
};

int line_new(struct line **out, const struct line_from *from, struct err *e);
void line_free(struct line **l); /* `gone` is not called */

/* False when too much waits: nothing was sent. */
bool line_ask(struct line *l, const struct line_ask *a);
bool line_tell(struct line *l, const struct line_tell *t);

/* One frame out of `in`: bytes used, ERR_MORE, or ERR_SYNTAX. Exactly one of *a and *t is filled:
 * *is_ask says which. Pure; for tests, too. */
int64_t line_read(struct span in, struct line_ask *a, struct line_tell *t, bool *is_ask);

#endif
