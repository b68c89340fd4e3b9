/*
 * frame_drive.h - a byte stream read frame by frame as a server reads it, from bytes that arrive in
 * steps, into one text: "[message]" for each frame, "{bytes}" for each that was too long. What
 * comes out must not depend on the steps.
 */
#ifndef FRAME_DRIVE_H
#define FRAME_DRIVE_H

#include "base/buf.h"
#include "wire/relp.h"
#include "wire/syslog_frame.h"

struct frame_stream {
    struct span in;
    size_t at, there; /* read, and arrived */
    size_t max;
    bool to_newline; /* what was too long ends at the next LF */
    struct buf out;
};

/* After ERR_LIMIT: `skip` bytes go, or all up to a line end. */
static inline void frame_skip(struct frame_stream *s, uint64_t skip)
{
    s->to_newline = skip == 0;
    if (skip == 0) {
        buf_text(&s->out, "{line}");
        return;
    }
    buf_fmt(&s->out, "{%llu}", (unsigned long long)skip);
    s->at = skip < s->in.n - s->at ? s->at + (size_t)skip : s->in.n;
    s->there = s->there < s->at ? s->at : s->there;
}

/* Discards what stands before the next LF; false when that has not come yet. */
static inline bool frame_find_newline(struct frame_stream *s)
{
    size_t n = span_find((struct span){ s->in.p + s->at, s->there - s->at }, '\n');

    s->at += n;
    if (s->at == s->there)
        return false;
    s->at++;
    s->to_newline = false;
    return true;
}

static inline int64_t frame_step_syslog(struct frame_stream *s)
{
    struct span in = { s->in.p + s->at, s->there - s->at }, message = SPAN_NONE;
    uint64_t skip = 99;
    int64_t used = syslog_frame(in, s->max, s->there == s->in.n, &message, &skip, NULL);

    if (used > 0) {
        MUST(message.n <= s->max && message.p >= in.p && message.p + message.n <= in.p + used);
        buf_byte(&s->out, '[');
        buf_add(&s->out, message);
        buf_byte(&s->out, ']');
    } else if (used == ERR_LIMIT) {
        frame_skip(s, skip);
    }
    return used;
}

static inline int64_t frame_step_relp(struct frame_stream *s)
{
    struct span in = { s->in.p + s->at, s->there - s->at };
    struct relp_frame f;
    uint64_t skip = 0;
    int64_t used = relp_frame(in, s->max, &f, &skip, NULL);

    if (used > 0) {
        MUST(f.data.n <= s->max && f.data.p >= in.p && f.data.p + f.data.n <= in.p + used);
        buf_fmt(&s->out, "[%u %.*s ", f.txnr, SPAN_ARG(f.command));
        buf_add(&s->out, f.data);
        buf_byte(&s->out, ']');
    } else if (used == ERR_LIMIT) {
        MUST(f.txnr > 0 && skip > s->max);
        frame_skip(s, skip);
    }
    return used;
}

/* Reads all of it. `first` bytes are there at once, then `step` more whenever they do not suffice.
 * Ends with "!" at a fault and "..." where bytes are left. */
static inline void frame_drive(struct frame_stream *s, int64_t (*one)(struct frame_stream *),
                               size_t first, size_t step)
{
    int64_t used = 0;

    s->at = 0;
    s->to_newline = false;
    s->there = first < s->in.n ? first : s->in.n;
    buf_init(&s->out, s->in.n * 16 + 4096);
    for (;;) {
        bool more = s->to_newline && !frame_find_newline(s);

        if (!more) {
            used = one(s);
            more = used == ERR_MORE;
            MUST(used != 0 && used <= (int64_t)(s->there - s->at));
        }
        if (more && s->there < s->in.n)
            s->there = s->in.n - s->there < step ? s->in.n : s->there + step;
        else if (more || used == ERR_SYNTAX)
            break;
        else if (used > 0)
            s->at += (size_t)used;
    }
    buf_text(&s->out, used == ERR_SYNTAX ? "!" : s->at < s->in.n ? "..." : "");
    MUST(!buf_failed(&s->out));
}

/* The same text at once, by bytes, and cut in two. */
static inline bool frame_steps_same(struct span in, size_t max,
                                    int64_t (*one)(struct frame_stream *), size_t cut,
                                    struct buf *whole)
{
    struct frame_stream a = { .in = in, .max = max }, b = a, c = a;
    bool same;

    frame_drive(&a, one, in.n, 1);
    frame_drive(&b, one, 0, in.n < 4096 ? 1 : 61);
    frame_drive(&c, one, cut, in.n);
    same =
        span_eq(buf_span(&a.out), buf_span(&b.out)) && span_eq(buf_span(&a.out), buf_span(&c.out));
    buf_release(&b.out);
    buf_release(&c.out);
    *whole = a.out;
    return same;
}

#endif
