/*
 * search_text.c - see search_text.h.
 */
#include "event/search_text.h"

#include <utf8proc.h>

#include "base/ascii.h"
#include "base/utf.h"

#define POINTS_MAX 32 /* of one code point decomposed; the standard's bound is 18 */

/* --- Folding -------------------------------------------------------------------------------- */

static bool is_mark(utf8proc_int32_t cp)
{
    utf8proc_category_t c = utf8proc_category(cp);

    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_ME;
}

static void put_point(utf8proc_int32_t cp, struct buf *out)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n;

    if (is_mark(cp))
        return;
    if (cp == 0x111 || cp == 0x110) /* đ, which does not decompose */
        cp = 'd';
    n = utf8proc_encode_char(cp, bytes);
    buf_add(out, (struct span){ bytes, n > 0 ? (size_t)n : 0 });
}

/* One code point, which is not ASCII; the bytes used. */
static size_t fold_wide(struct span in, struct buf *out)
{
    utf8proc_int32_t cp, points[POINTS_MAX];
    utf8proc_ssize_t used = utf8proc_iterate(in.p, (utf8proc_ssize_t)in.n, &cp), n;
    int boundary = 0;

    if (used <= 0 || cp < 0) {
        buf_byte(out, in.p[0]);
        return 1;
    }
    n = utf8proc_decompose_char(cp, points, POINTS_MAX, UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE,
                                &boundary);
    if (n < 0 || n > POINTS_MAX)
        buf_add(out, (struct span){ in.p, (size_t)used });
    for (utf8proc_ssize_t i = 0; i < n && n <= POINTS_MAX; i++)
        put_point(points[i], out);
    return (size_t)used;
}

void search_fold(struct span in, struct buf *out)
{
    uint8_t *to;

    if (!buf_reserve(out, in.n))
        return;
    to = out->p + out->n;
    if (!utf8_has_wide(in)) {
        for (size_t i = 0; i < in.n; i++)
            to[i] = ascii_lower(in.p[i]);
        out->n += in.n;
        return;
    }
    while (in.n > 0 && !buf_failed(out)) {
        size_t used = 1;

        if (in.p[0] < 0x80)
            buf_byte(out, ascii_lower(in.p[0]));
        else
            used = fold_wide(in, out);
        in = span_from(in, used);
    }
}

/* --- Words ---------------------------------------------------------------------------------- */

static bool of_word(uint8_t c)
{
    return c >= 0x80 || c == '_' || (uint8_t)(c - '0') < 10 || (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool is_escape(uint8_t c)
{
    return c == 'b' || c == 'f' || c == 'n' || c == 'r' || c == 't';
}

static void give(struct span text, size_t from, size_t to, search_word_fn *fn, void *arg)
{
    size_t n = to - from;

    if (n > 0)
        fn(arg, (struct span){ text.p + from, n < SEARCH_WORD_MAX ? n : SEARCH_WORD_MAX });
}

void search_words(struct span folded, search_word_fn *fn, void *arg)
{
    size_t i = 0;

    while (i < folded.n) {
        size_t from = i;

        if (!of_word(folded.p[i])) {
            i++;
            continue;
        }
        while (i < folded.n && of_word(folded.p[i]))
            i++;
        give(folded, from, i, fn, arg);
        if (from > 0 && folded.p[from - 1] == '\\' && is_escape(folded.p[from]))
            give(folded, from + 1, i, fn, arg);
    }
}

/* --- Terms ---------------------------------------------------------------------------------- */

/* May a word begin at `at`? */
static bool begins(struct span text, size_t at)
{
    return at == 0 || !of_word(text.p[at - 1]) ||
           (at >= 2 && text.p[at - 2] == '\\' && is_escape(text.p[at - 1]));
}

static bool ends(struct span text, size_t at)
{
    return at == text.n || !of_word(text.p[at]);
}

bool search_has(struct span folded, const struct search_term *t)
{
    struct span rest = folded;

    if (t->text.n == 0)
        return true;
    while (rest.n >= t->text.n) {
        const uint8_t *p = memmem(rest.p, rest.n, t->text.p, t->text.n);
        size_t at;

        if (p == NULL)
            return false;
        at = (size_t)(p - folded.p);
        if ((t->open_start || !of_word(t->text.p[0]) || begins(folded, at)) &&
            (t->open_end || !of_word(t->text.p[t->text.n - 1]) || ends(folded, at + t->text.n)))
            return true;
        rest = span_from(folded, at + 1);
    }
    return false;
}

void search_term_words(const struct search_term *t, search_word_fn *fn, void *arg)
{
    const struct span text = t->text;
    size_t i = 0;

    while (i < text.n) {
        size_t from = i;

        if (!of_word(text.p[i])) {
            i++;
            continue;
        }
        while (i < text.n && of_word(text.p[i]))
            i++;
        /* What is open there may be part of a longer word; what follows a backslash is a word of
         * the text only as a whole, which the text's own words have. */
        if ((from > 0 || !t->open_start) && (i < text.n || !t->open_end))
            give(text, from, i, fn, arg);
    }
}
