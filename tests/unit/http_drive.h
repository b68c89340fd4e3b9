/*
 * http_drive.h - a request read as a server reads it: head, then body, from bytes that arrive in
 * steps. What comes out must not depend on the steps.
 */
#ifndef HTTP_DRIVE_H
#define HTTP_DRIVE_H

#include "base/buf.h"
#include "wire/http.h"

struct http_outcome {
    int64_t rc; /* ERR_OK: one whole request; ERR_MORE; or the fault */
    unsigned status;
    size_t used; /* when it is whole */
    struct http_request head;
    struct buf body; /* the pieces joined */
};

static inline void http_outcome_release(struct http_outcome *o)
{
    buf_release(&o->body);
}

/* One step with the bytes that are there: used, or why not. */
static inline int64_t http_drive_step(struct http_outcome *o, struct http_body *body,
                                      struct span in)
{
    struct span piece;
    int64_t used;

    if (o->used == 0) {
        o->status = 0;
        used = http_head(in, &o->head, &o->status, NULL);
        MUST(used > 0 || used == ERR_MORE || o->status >= 400);
        if (used > 0)
            http_body_begin(body, &o->head);
        return used;
    }
    used = http_body_next(body, in, &piece, NULL);
    if (used > 0) {
        MUST(piece.n <= (size_t)used);
        MUST(piece.n == 0 || (piece.p >= in.p && piece.p + piece.n <= in.p + used));
        buf_add(&o->body, piece);
    } else if (used != ERR_MORE) {
        o->status = 400;
    }
    return used;
}

/* `first` bytes are there at once, then `step` more whenever they do not suffice. */
static inline void http_drive(struct span in, size_t first, size_t step, struct http_outcome *o)
{
    size_t there = first < in.n ? first : in.n;
    struct http_body body;

    memset(o, 0, sizeof(*o));
    buf_init(&o->body, in.n + 1);
    o->rc = ERR_MORE;
    while (o->used == 0 || !http_body_done(&body)) {
        int64_t used = http_drive_step(o, &body, (struct span){ in.p + o->used, there - o->used });

        MUST(used != 0 && used <= (int64_t)(there - o->used));
        if (used == ERR_MORE && there < in.n) {
            there = in.n - there < step ? in.n : there + step;
            continue;
        }
        if (used < 0) {
            o->rc = used;
            return;
        }
        o->used += (size_t)used;
    }
    o->rc = ERR_OK;
}

static inline bool http_outcome_same(const struct http_outcome *a, const struct http_outcome *b)
{
    return a->rc == b->rc && a->status == b->status && (a->rc != ERR_OK || a->used == b->used) &&
           a->head.field_count == b->head.field_count && span_eq(a->head.target, b->head.target) &&
           span_eq(buf_span(&a->body), buf_span(&b->body));
}

#endif
