/*
 * glob.c - see glob.h.
 *
 * glob_in() takes each piece between stars where it stands first. That is right, because a star
 * reaches over what is not blank only: of a piece without blanks, every later place in the same run
 * can be reached from the end of the first one as well; a piece with a blank has one place in a run
 * at most. So when a chain of pieces breaks off, all others that begin in the same run do.
 */
#include "query/glob.h"

#include "base/ascii.h"
#include "base/utf.h"
#include "event/search_text.h"

struct span glob_make(struct span text, bool literal, struct arena *mem)
{
    uint8_t *dst = arena_bytes(mem, search_fold_room(text.n) + 1);
    size_t n = 0;

    if (dst == NULL)
        return SPAN_NONE;
    while (text.n > 0) {
        uint8_t c = text.p[0];
        size_t run = 0;

        while (run < text.n && (literal || (text.p[run] != '*' && text.p[run] != '?')))
            run++;
        n += search_fold((struct span){ text.p, run }, false, dst + n);
        text = span_from(text, run);
        if (run > 0)
            continue;
        if (c == '?')
            dst[n++] = GLOB_ONE;
        else if (n == 0 || dst[n - 1] != GLOB_MANY)
            dst[n++] = GLOB_MANY;
        text = span_from(text, 1);
    }
    return (struct span){ dst, n };
}

static size_t char_bytes(struct span s)
{
    size_t used;

    (void)utf8_get(s, &used);
    return used;
}

bool glob_like(struct span glob, struct span value)
{
    size_t g = 0, v = 0, star = SIZE_MAX, back = 0;

    while (v < value.n) {
        if (g < glob.n && glob.p[g] == GLOB_MANY) {
            star = g++;
            back = v;
        } else if (g < glob.n && glob.p[g] == GLOB_ONE) {
            g++;
            v += char_bytes(span_from(value, v));
        } else if (g < glob.n && glob.p[g] == value.p[v]) {
            g++;
            v++;
        } else if (star != SIZE_MAX) {
            g = star + 1;
            back += char_bytes(span_from(value, back));
            v = back;
        } else {
            return false;
        }
    }
    while (g < glob.n && glob.p[g] == GLOB_MANY)
        g++;
    return g == glob.n;
}

/* --- in a text ------------------------------------------------------------------------------ */

/* Does the piece (no stars in it) stand at `at`? *end is behind it. */
static bool piece_at(struct span piece, struct span text, size_t at, size_t *end)
{
    for (size_t i = 0; i < piece.n; i++) {
        if (at == text.n)
            return false;
        if (piece.p[i] == GLOB_ONE) {
            if (ascii_is_blank(text.p[at]))
                return false;
            at += char_bytes(span_from(text, at));
        } else if (piece.p[i] != text.p[at++]) {
            return false;
        }
    }
    *end = at;
    return true;
}

struct place {
    size_t from, end;
};

/* The first place of the piece that begins in [from, last], with word edges where they are asked
 * for. */
static bool piece_find(struct span piece, struct span text, size_t from, size_t last, bool left,
                       bool right, struct place *p)
{
    for (size_t at = from; at <= last && at < text.n; at += char_bytes(span_from(text, at))) {
        const uint8_t *next = &text.p[at];

        if (piece.p[0] != GLOB_ONE) {
            next = memchr(next, piece.p[0], text.n - at);
            if (next == NULL || (at = (size_t)(next - text.p)) > last)
                return false;
        }
        if (piece_at(piece, text, at, &p->end) && (!left || search_edge(text, at)) &&
            (!right || search_edge(text, p->end))) {
            p->from = at;
            return true;
        }
    }
    return false;
}

static size_t run_end(struct span text, size_t at)
{
    while (at < text.n && !ascii_is_blank(text.p[at]))
        at++;
    return at;
}

static struct span take_piece(struct span *rest)
{
    size_t n = span_find(*rest, GLOB_MANY);
    struct span piece = { rest->p, n };

    *rest = span_from(*rest, n < rest->n ? n + 1 : n);
    return piece;
}

static bool has_blank(struct span piece)
{
    return run_end(piece, 0) < piece.n;
}

/* The pieces of `rest` follow each other from `end` on, each within reach of a star. */
static bool chain_holds(struct span rest, struct span text, size_t end, bool right)
{
    struct place p = { .end = end };

    while (rest.n > 0) {
        struct span piece = take_piece(&rest);

        if (!piece_find(piece, text, p.end, run_end(text, p.end), false, right && rest.n == 0, &p))
            return false;
    }
    return true;
}

bool glob_in(struct span glob, struct span text)
{
    bool left = glob.n > 0 && glob.p[0] != GLOB_MANY;
    bool right = glob.n > 0 && glob.p[glob.n - 1] != GLOB_MANY, whole;
    struct span rest = left || glob.n == 0 ? glob : span_from(glob, 1), first;
    struct place p;
    size_t at = 0;

    if (!right && rest.n > 0)
        rest.n--;
    if (rest.n == 0)
        return true;
    first = take_piece(&rest);
    whole = rest.n == 0;
    while (piece_find(first, text, at, text.n, left, right && whole, &p)) {
        if (chain_holds(rest, text, p.end, right))
            return true;
        at =
            has_blank(first) ? p.from + char_bytes(span_from(text, p.from)) : run_end(text, p.from);
    }
    return false;
}
