/*
 * line.h - what the line codecs have in common: cutting words, choosing the kind of a value, and
 * keeping the promise that a refused line leaves the record as it was. Inline, pure, bounded by
 * the span that is given; positions past the end are never formed.
 */
#ifndef LINE_H
#define LINE_H

#include "base/ascii.h"
#include "wire/rec.h"

/* s[from..to); from <= to <= s.n. */
static inline struct span line_cut(struct span s, size_t from, size_t to)
{
    return (struct span){ s.p + from, to - from };
}

/* Index of the first `byte` at or after `at`, or s.n. */
static inline size_t line_find(struct span s, size_t at, uint8_t byte)
{
    return at + span_find(span_from(s, at), byte);
}

/* Index of the first byte at or after `at` that is not `byte`, or s.n. */
static inline size_t line_skip(struct span s, size_t at, uint8_t byte)
{
    while (at < s.n && s.p[at] == byte)
        at++;
    return at;
}

/* Is s[at] this byte? False past the end. */
static inline bool line_at(struct span s, size_t at, uint8_t byte)
{
    return at < s.n && s.p[at] == byte;
}

/* Does `head` stand at `at`? */
static inline bool line_has(struct span s, size_t at, struct span head)
{
    return at <= s.n && span_starts(span_from(s, at), head);
}

/* Index of the closing `quote` at or after `at`, backslash escapes skipped, or s.n. */
static inline size_t line_quote_end(struct span s, size_t at, uint8_t quote)
{
    while (at < s.n && s.p[at] != quote)
        at += s.p[at] == '\\' ? 2 : 1;
    return at < s.n ? at : s.n;
}

/* TEXT, or QUOTED when there is a backslash to take out. */
static inline enum rec_kind line_kind(struct span s)
{
    return span_find(s, '\\') < s.n ? REC_QUOTED : REC_TEXT;
}

/* A value that its format writes as "-" when there is none. */
static inline bool line_add_dash(struct rec *r, struct span name, struct span v, enum rec_kind kind)
{
    bool none = v.n == 1 && v.p[0] == '-';

    return rec_add(r, REC_ROOT, name, none ? REC_NONE : kind, v);
}

/* The first byte order mark is no part of the line. */
static inline size_t line_bom(struct span s)
{
    return span_starts(s, SPAN_LIT("\xEF\xBB\xBF")) ? 3 : 0;
}

/* The line is this codec's: outer when nobody has claimed it before, else inner. */
static inline int64_t line_claim(struct rec *r, enum codec_id id, struct span line)
{
    if (r->codec == CODEC_NONE) {
        r->codec = (uint8_t)id;
        r->raw = line;
        if (line.n > LIMIT_EVENT_BYTES)
            r->flags |= REC_CUT_BYTES;
    } else {
        r->inner = (uint8_t)id;
    }
    return (int64_t)line.n;
}

/* What a refused line is set back to. Scratch memory is not: rec_clear() gives it back. */
struct line_mark {
    uint32_t count, flags;
};

static inline struct line_mark line_mark(const struct rec *r)
{
    return (struct line_mark){ r->count, r->flags };
}

static inline void line_undo(struct rec *r, struct line_mark m)
{
    r->count = m.count;
    r->flags = m.flags;
}

#endif
