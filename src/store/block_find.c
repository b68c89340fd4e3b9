/*
 * block_find.c - see block_find.h.
 *
 * Bit 63 of what is noted of a value, a literal or an edge is "anything may stand here"; it becomes
 * all bits where it is handed out. Values of the pool lie one behind the other, so each part of it
 * is one scan; so is the directory, in which all literals lie. A match that runs over the end of a
 * value is none there: edge_texts() looks at what stands between a value and its neighbours.
 */
#include "store/block_find.h"

#include <hs/hs.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "event/search_text.h"
#include "store/block_read.h"

#define CODED       (UINT64_C(1) << BLOCK_FIND_BITS)
#define CHUNK       256u
#define ESCAPE_TAIL 5u /* bytes of "\u0061" without the last */

static const char audit[] = "audit("; /* not a fragment: its events are CODED */

struct text {
    struct span is;
    uint64_t bit;
};

struct block_finder {
    struct text *text;
    uint32_t count;
    uint8_t *bytes; /* of the texts */
    hs_database_t *db;
    hs_scratch_t *scratch;
    uint64_t before[256]; /* texts that may go on behind this byte */
    uint64_t after[256];  /* ... that may have begun before it */
    uint64_t *value;      /* of the pool */
    size_t value_room;
    uint64_t *shape; /* of the literals and the numbers' forms */
    size_t shape_room;
    bool begins_code, ends_code; /* some value does */
    struct buf folded;
};

/* --- Fragments ------------------------------------------------------------------------------ */

bool block_fragment_next(struct span *rest, struct span *fragment)
{
    struct span s = *rest;

    while (s.n > 0) {
        bool high = false;
        size_t n = 0;

        for (; n < s.n && n < BLOCK_FRAGMENT_MAX && ascii_is_alpha(s.p[n]); n++)
            high |= ascii_lower(s.p[n]) > 'f';
        *fragment = (struct span){ s.p, n };
        s = span_from(s, n > 0 ? n : 1);
        if (n >= BLOCK_FRAGMENT_MIN && high) {
            *rest = s;
            return true;
        }
    }
    *rest = s;
    return false;
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to look through blocks.");
}

static void add_text(struct block_finder *f, struct span s, uint64_t bit)
{
    struct text *t = &f->text[f->count];

    t->is = (struct span){ f->bytes + (size_t)f->count * BLOCK_FRAGMENT_MAX, s.n };
    t->bit = bit;
    memcpy(f->bytes + (size_t)f->count++ * BLOCK_FRAGMENT_MAX, s.p, s.n);
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i], upper = (uint8_t)(ascii_is_alpha(c) ? c ^ 0x20 : c);

        if (i + 1 < s.n) {
            f->before[c] |= bit;
            f->before[upper] |= bit;
        }
        if (i > 0) {
            f->after[c] |= bit;
            f->after[upper] |= bit;
        }
    }
}

static int compile(struct block_finder *f, struct err *e)
{
    const char **text = calloc(f->count, sizeof(*text));
    unsigned *flags = calloc(f->count, sizeof(*flags)), *ids = calloc(f->count, sizeof(*ids));
    size_t *bytes = calloc(f->count, sizeof(*bytes));
    hs_compile_error_t *fault = NULL;
    int rc = ERR_OK;

    if (text == NULL || flags == NULL || ids == NULL || bytes == NULL) {
        rc = no_memory(e);
        goto out;
    }
    for (uint32_t i = 0; i < f->count; i++) {
        text[i] = (const char *)f->text[i].is.p;
        bytes[i] = f->text[i].is.n;
        ids[i] = i;
        flags[i] = HS_FLAG_CASELESS;
    }
    if (hs_compile_lit_multi(text, flags, ids, bytes, f->count, HS_MODE_BLOCK, NULL, &f->db,
                             &fault) != HS_SUCCESS) {
        rc = err_set(e, ERR_UNSUPPORTED, 0, "Vectorscan refused the fragments: %.150s",
                     fault->message);
        (void)hs_free_compile_error(fault); /* frees what it gave */
    } else if (hs_alloc_scratch(f->db, &f->scratch) != HS_SUCCESS) {
        rc = no_memory(e);
    }
out:
    free(bytes);
    free(ids);
    free(flags);
    free(text);
    return rc;
}

int block_finder_new(struct block_finder **out, const struct span *fragment, uint32_t count,
                     struct err *e)
{
    struct block_finder *f = calloc(1, sizeof(*f));
    int rc = ERR_NOMEM;

    MUST(count <= BLOCK_FRAGMENTS_MAX);
    *out = f;
    if (f == NULL)
        return no_memory(e);
    buf_init(&f->folded, search_fold_room(BLOCK_PART_MAX));
    f->text = calloc(count + 1u, sizeof(*f->text));
    f->bytes = calloc(count + 1u, BLOCK_FRAGMENT_MAX);
    for (uint32_t i = 0; i < count && f->text != NULL && f->bytes != NULL; i++) {
        MUST(fragment[i].n >= BLOCK_FRAGMENT_MIN && fragment[i].n <= BLOCK_FRAGMENT_MAX);
        add_text(f, fragment[i], block_find_bit(i));
    }
    if (f->text != NULL && f->bytes != NULL) {
        add_text(f, SPAN_LIT(audit), CODED);
        rc = compile(f, e);
    } else {
        rc = no_memory(e);
    }
    if (rc != ERR_OK)
        block_finder_free(out);
    return rc;
}

void block_finder_free(struct block_finder **out)
{
    struct block_finder *f = *out;

    *out = NULL;
    if (f == NULL)
        return;
    if (f->scratch != NULL)
        MUST(hs_free_scratch(f->scratch) == HS_SUCCESS);
    if (f->db != NULL)
        MUST(hs_free_database(f->db) == HS_SUCCESS);
    buf_release(&f->folded);
    free(f->text);
    free(f->bytes);
    free(f->value);
    free(f->shape);
    free(f);
}

/* --- Texts of one string -------------------------------------------------------------------- */

struct scan {
    const struct block_finder *f;
    uint64_t bits;
};

static int on_text(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                   void *arg)
{
    struct scan *s = arg;

    (void)from;
    (void)to;
    (void)flags;
    s->bits |= s->f->text[id].bit;
    return 0;
}

static void scan(const struct block_finder *f, struct span s, match_event_handler fn, void *arg)
{
    if (s.n > 0)
        MUST(hs_scan(f->db, (const char *)s.p, (unsigned)s.n, 0, f->scratch, fn, arg) ==
             HS_SUCCESS);
}

static uint64_t texts_in(const struct block_finder *f, struct span s)
{
    struct scan sc = { f, 0 };

    scan(f, s, on_text, &sc);
    return sc.bits;
}

static bool is_hex4(struct span s)
{
    size_t i = 0;

    while (i < 4 && i < s.n && ascii_hex(s.p[i]) >= 0)
        i++;
    return i == 4;
}

/* May letters stand in code here? */
static bool is_coded(struct span s)
{
    for (size_t i = 0; i + 1 < s.n; i++) {
        uint8_t c = s.p[i], next = s.p[i + 1];

        if ((c == '&' && next == '#') || (c == '<' && next == '!') ||
            (c == '\\' && next == 'u' && is_hex4(span_from(s, i + 2))))
            return true;
    }
    return false;
}

/* Does it end in the begin of a code? */
static bool ends_in_code(struct span s)
{
    size_t from = s.n > ESCAPE_TAIL ? s.n - ESCAPE_TAIL : 0;

    if (s.n > 0 && s.p[s.n - 1] == '\\')
        return true;
    for (size_t i = from; i + 1 < s.n; i++) {
        if (s.p[i] == '\\' && s.p[i + 1] == 'u')
            return true;
    }
    return false;
}

/* Is there a byte to be looked at again: the begin of a code, or a letter beyond ASCII? The byte
 * behind the last of `s` can be read. */
static bool is_odd(struct span s)
{
    uint8_t odd = 0;

    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i], next = s.p[i + 1];

        odd |= (uint8_t)(c & 0x80);
        odd |= (uint8_t)((c == '\\') & (next == 'u'));
        odd |= (uint8_t)((c == '&') & (next == '#'));
        odd |= (uint8_t)((c == '<') & (next == '!'));
    }
    return odd != 0;
}

/* What an odd string may hold beside what stands in it as it is. */
static uint64_t odd_texts(struct block_finder *f, struct span s)
{
    bool wide = false;

    if (is_coded(s))
        return CODED;
    for (size_t i = 0; i < s.n && !wide; i++)
        wide = s.p[i] >= 0x80;
    if (!wide)
        return 0;
    buf_clear(&f->folded);
    search_fold_add(s, false, &f->folded);
    return buf_failed(&f->folded) ? CODED : texts_in(f, buf_span(&f->folded));
}

/* --- The pool ------------------------------------------------------------------------------- */

static bool room(uint64_t **at, size_t *have, size_t count)
{
    uint64_t *more;

    if (count > *have) {
        more = realloc(*at, count * sizeof(*more));
        if (more == NULL)
            return false;
        *at = more;
        *have = count;
    }
    if (count > 0)
        memset(*at, 0, count * sizeof(**at));
    return true;
}

/* Strings one behind the other, and where the last match was. */
struct strings {
    struct block_finder *f;
    const uint8_t *base;
    const struct span *string;
    uint64_t *bits;
    uint32_t count, at;
};

/* Matches come by their ends, those of different lengths not by their begins. */
static int on_string(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                     void *arg)
{
    struct strings *s = arg;
    const struct text *t = &s->f->text[id];
    const uint8_t *end = s->base + to, *begin = end - t->is.n;

    (void)from;
    (void)flags;
    while (s->at < s->count && s->string[s->at].p + s->string[s->at].n < end)
        s->at++;
    if (s->at < s->count && s->string[s->at].p <= begin)
        s->bits[s->at] |= t->bit;
    return 0;
}

static void odd_strings(struct strings *s, struct span all)
{
    uint32_t at = 0;

    for (size_t from = 0; from < all.n; from += CHUNK) {
        size_t n = all.n - from < CHUNK ? all.n - from : CHUNK;
        const uint8_t *begin = all.p + from, *end = begin + n;

        if (!is_odd((struct span){ begin, n }))
            continue;
        while (at < s->count && s->string[at].p + s->string[at].n <= begin)
            at++;
        for (; at < s->count && s->string[at].p < end; at++) {
            s->bits[at] |= odd_texts(s->f, s->string[at]);
            if (s->string[at].p + s->string[at].n > end)
                break; /* it goes on in the next chunk */
        }
    }
}

/* All values of a part of the pool. */
static int scan_pool_part(struct block_finder *f, struct block *b, uint32_t part, uint64_t *any,
                          struct err *e)
{
    const struct block_pool_part *pp = &b->pool_parts[part];
    struct strings s = { .f = f, .bits = f->value + pp->first, .count = pp->count };
    struct span all;
    int rc = block_open_pool(b, part, e);

    if (rc != ERR_OK || pp->count == 0)
        return rc;
    s.string = b->pool + pp->first;
    s.base = s.string[0].p;
    all.p = s.base;
    all.n = (size_t)(s.string[pp->count - 1].p - s.base) + s.string[pp->count - 1].n;
    scan(f, all, on_string, &s);
    odd_strings(&s, all); /* behind it lie BLOCK_COPY_BYTES */
    for (uint32_t i = 0; i < pp->count; i++) {
        struct span v = s.string[i];

        *any |= s.bits[i];
        f->begins_code |= v.n > 0 && (v.p[0] == '!' || v.p[0] == '#');
        f->ends_code |= v.n > 0 && (v.p[v.n - 1] == '<' || v.p[v.n - 1] == '&' || ends_in_code(v));
    }
    return ERR_OK;
}

/* --- Edges ---------------------------------------------------------------------------------- */

/* Does `s` begin as `t`, as far as both go? A letter beyond ASCII is like any. */
static bool begins(struct span s, struct span t)
{
    for (size_t i = 0; i < s.n && i < t.n; i++) {
        if (s.p[i] >= 0x80)
            return true;
        if (ascii_lower(s.p[i]) != t.p[i])
            return false;
    }
    return true;
}

/* Does `s` end with all of `t`? */
static bool ends(struct span s, struct span t)
{
    for (size_t i = 0; i < t.n && i < s.n; i++) {
        if (s.p[s.n - 1 - i] >= 0x80)
            return true;
        if (ascii_lower(s.p[s.n - 1 - i]) != t.p[t.n - 1 - i])
            return false;
    }
    return t.n <= s.n;
}

/* Bit k: the text may go on with its byte k behind `left`, or have come with its first k before
 * `right`. */
static uint64_t splits_behind(struct span left, struct span t)
{
    uint64_t at = 0;

    for (size_t k = 1; k < t.n; k++) {
        if (ends(left, (struct span){ t.p, k }))
            at |= UINT64_C(1) << k;
    }
    return at;
}

static uint64_t splits_before(struct span right, struct span t)
{
    uint64_t at = 0;

    for (size_t k = 1; k < t.n; k++) {
        struct span rest = span_from(t, k);

        if (right.n > 0 && begins(right, rest))
            at |= UINT64_C(1) << k;
    }
    return at;
}

/* A value between two literals, with a text at these splits. */
static bool crosses(struct span v, struct span t, uint64_t behind, uint64_t before)
{
    for (; behind != 0; behind &= behind - 1) {
        if (begins(v, span_from(t, (size_t)__builtin_ctzll(behind))))
            return true;
    }
    for (; before != 0; before &= before - 1) {
        if (ends(v, (struct span){ t.p, (size_t)__builtin_ctzll(before) }))
            return true;
    }
    return false;
}

/* What stands between a value and what is around it. */
struct edge {
    struct span left, right;
};

/* A code over the edges of a value. */
static bool edge_coded(const struct edge *g, struct span v)
{
    uint8_t before = g->left.n > 0 ? g->left.p[g->left.n - 1] : 0;
    uint8_t after = g->right.n > 0 ? g->right.p[0] : 0;
    uint8_t first = v.n > 0 ? v.p[0] : after, last = v.n > 0 ? v.p[v.n - 1] : before;

    return (before == '<' && first == '!') || (before == '&' && first == '#') ||
           (last == '<' && after == '!') || (last == '&' && after == '#') ||
           ((after == 'u' || ascii_hex(after) >= 0) && ends_in_code(v));
}

/* The texts and codes over the edges of each value of a column. */
struct values {
    const struct span *value;
    uint64_t *bits; /* by value */
    uint32_t count;
};

static void edge_texts(const struct block_finder *f, const struct edge *g, struct values *v)
{
    uint8_t left = g->left.n > 0 ? g->left.p[g->left.n - 1] : 0;
    uint8_t right = g->right.n > 0 ? g->right.p[0] : 0;
    bool wide = left >= 0x80 || right >= 0x80;
    uint64_t some = (g->left.n > 0 ? f->before[left] : 0) | (g->right.n > 0 ? f->after[right] : 0);

    for (uint32_t i = 0; i < v->count; i++) {
        if (edge_coded(g, v->value[i]))
            v->bits[i] |= CODED;
    }
    for (uint32_t k = 0; k < f->count && (wide || some != 0); k++) {
        const struct text *t = &f->text[k];
        uint64_t behind, before;

        if (!wide && (t->bit & some) == 0)
            continue;
        behind = splits_behind(g->left, t->is);
        before = splits_before(g->right, t->is);
        for (uint32_t i = 0; i < v->count && (behind | before) != 0; i++) {
            if (crosses(v->value[i], t->is, behind, before))
                v->bits[i] |= t->bit;
        }
    }
}

/* May anything stand over the edges of values here? */
static bool edge_matters(const struct block_finder *f, const struct edge *g)
{
    uint8_t left = g->left.n > 0 ? g->left.p[g->left.n - 1] : ' ';
    uint8_t right = g->right.n > 0 ? g->right.p[0] : ' ';

    return left >= 0x80 || right >= 0x80 || left == '<' || left == '&' || right == '!' ||
           right == '#' || ascii_hex(right) >= 0 || right == 'u' || f->before[left] != 0 ||
           f->after[right] != 0;
}

/* --- Numbers -------------------------------------------------------------------------------- */

/* Hex digits that are letters may stand behind `left`, before `right`. */
static uint64_t hex_texts(const struct block_finder *f, struct span left, struct span right)
{
    uint64_t bits = 0;

    for (uint32_t i = 0; i < f->count; i++) {
        struct span t = f->text[i].is;
        uint64_t behind = splits_behind(left, t), before = splits_before(right, t);

        for (; behind != 0; behind &= behind - 1) {
            if (ascii_hex(t.p[__builtin_ctzll(behind)]) >= 0)
                bits |= f->text[i].bit;
        }
        for (; before != 0; before &= before - 1) {
            if (ascii_hex(t.p[__builtin_ctzll(before) - 1]) >= 0)
                bits |= f->text[i].bit;
        }
    }
    return bits;
}

static struct span tail_of(struct span s, size_t n)
{
    return s.n > n ? span_from(s, s.n - n) : s;
}

static struct span head_of(struct span s, size_t n)
{
    return s.n > n ? (struct span){ s.p, n } : s;
}

/* Two strings as one, which lives until the next; the byte behind it can be read. */
struct joined {
    uint8_t room[2 * (BLOCK_FORM_TEXT_MAX + BLOCK_FRAGMENT_MAX) + 1];
};

static struct span join(struct joined *j, struct span a, struct span b)
{
    MUST(a.n + b.n < sizeof(j->room));
    if (a.n > 0)
        memcpy(j->room, a.p, a.n);
    if (b.n > 0)
        memcpy(j->room + a.n, b.p, b.n);
    j->room[a.n + b.n] = 0;
    return (struct span){ j->room, a.n + b.n };
}

/* The pattern of a time with a month's name: three letters, known, but not which. */
static bool has_month(struct span pattern)
{
    for (size_t i = 0; i + 1 < pattern.n; i++) {
        if (pattern.p[i] == '%' && pattern.p[++i] == 'b')
            return true;
    }
    return false;
}

/* A letter beyond ASCII beside a value. */
static bool is_wide_edge(const struct edge *g)
{
    return (g->left.n > 0 && g->left.p[g->left.n - 1] >= 0x80) ||
           (g->right.n > 0 && g->right.p[0] >= 0x80);
}

/* What may stand in any text of a form, and over its edges. A pattern's "%S" stands for digits: as
 * it is, it hides nothing that stands beside it. */
static uint64_t form_texts(struct block_finder *f, const struct block_form *form,
                           const struct edge *g)
{
    struct joined one, two;
    struct span near_left = tail_of(g->left, BLOCK_FRAGMENT_MAX);
    struct span near_right = head_of(g->right, BLOCK_FRAGMENT_MAX), left, right;
    bool time = form->kind == FORM_TIME;
    uint64_t bits;

    left = join(&one, near_left, form->prefix);
    right = join(&two, time ? form->prefix : form->suffix, near_right);
    if (is_odd(form->prefix) || is_odd(form->suffix) || is_coded(left) || is_coded(right) ||
        ends_in_code(form->prefix) || ends_in_code(form->suffix) || is_wide_edge(g))
        return CODED;
    bits = texts_in(f, left) | texts_in(f, right);
    if (form->kind == FORM_HEX)
        bits |= hex_texts(f, left, right);
    if (time && has_month(form->prefix) &&
        ((near_left.n > 0 && ascii_is_alpha(near_left.p[near_left.n - 1])) ||
         (near_right.n > 0 && ascii_is_alpha(near_right.p[0]))))
        return CODED;
    return bits;
}

/* Is there anything in a form and around it that texts could stand in? */
static bool form_matters(const struct block_finder *f, const struct block_form *form,
                         const struct edge *g)
{
    return form->prefix.n + form->suffix.n > 0 || edge_matters(f, g) || ends_in_code(g->left);
}

/* --- Shapes --------------------------------------------------------------------------------- */

static struct edge edge_of(const struct block_read_shape *s, uint32_t slot)
{
    return (struct edge){ s->literals[slot], s->literals[slot + 1] };
}

static bool is_letters(struct span s)
{
    size_t i = 0;

    while (i < s.n && (ascii_is_alpha(s.p[i]) || s.p[i] >= 0x80))
        i++;
    return i == s.n;
}

/* A text that runs from one value over a literal to the next, or a code that does. */
static bool is_open(const struct block_read_shape *s)
{
    for (uint32_t i = 0; i < s->is.slots; i++) {
        if ((i > 0 && is_letters(s->literals[i])) || ends_in_code(s->literals[i]))
            return true;
    }
    return false;
}

/* The values of a constant column, and those that all others share: the shape's. */
static uint64_t column_bits(struct block_finder *f, const struct block *b,
                            const struct block_read_shape *s, uint32_t slot)
{
    const struct block_plan *p = &s->columns[slot].plan;
    const struct edge g = edge_of(s, slot);
    uint64_t bits = 0;

    if (p->encoding == BLOCK_SAME)
        p = &s->columns[p->same].plan;
    if (p->encoding == BLOCK_INT)
        return form_matters(f, &p->form, &g) ? form_texts(f, &p->form, &g) : 0;
    if (p->encoding != BLOCK_CONST)
        return 0;
    bits = f->value[p->values];
    if (edge_matters(f, &g))
        edge_texts(f, &g, &(struct values){ &b->pool[p->values], &bits, 1 });
    return bits;
}

/* What may stand over the edges of a dictionary whose values are not known yet. */
static uint64_t edge_any(const struct block_finder *f, const struct edge *g)
{
    uint8_t before = g->left.n > 0 ? g->left.p[g->left.n - 1] : 0;
    uint8_t after = g->right.n > 0 ? g->right.p[0] : 0;
    uint64_t bits = 0;

    if (!edge_matters(f, g))
        return 0;
    if ((f->begins_code && (before == '<' || before == '&')) ||
        (f->ends_code && (after == '!' || after == '#' || after == 'u' || ascii_hex(after) >= 0)) ||
        (before == '<' && after == '!') || (before == '&' && after == '#'))
        return CODED;
    for (uint32_t i = 0; i < f->count; i++) {
        if ((splits_behind(g->left, f->text[i].is) | splits_before(g->right, f->text[i].is)) != 0)
            bits |= f->text[i].bit;
    }
    return bits;
}

static bool is_dict(const struct block_read_shape *s, uint32_t slot)
{
    const struct block_plan *p = &s->columns[slot].plan;

    if (p->encoding == BLOCK_SAME)
        p = &s->columns[p->same].plan;
    return p->encoding == BLOCK_DICT;
}

static int on_directory(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                        void *arg)
{
    (void)from;
    (void)to;
    (void)flags;
    (void)id;
    *(bool *)arg = true;
    return 1;
}

/* The literals: only when the directory, in which they lie, has something. */
static void scan_literals(struct block_finder *f, struct block *b)
{
    struct span all = { b->directory, b->head.directory_room };
    bool some = is_odd(all);

    if (!some) {
        int rc = hs_scan(f->db, (const char *)all.p, (unsigned)all.n, 0, f->scratch, on_directory,
                         &some);

        MUST(rc == HS_SUCCESS || rc == HS_SCAN_TERMINATED);
    }
    for (uint32_t i = 0; i < b->shape_count && some; i++) {
        const struct block_read_shape *s = &b->shapes[i];
        const struct span *last = &s->literals[s->is.slots];
        const struct span part = { s->literals[0].p,
                                   (size_t)(last->p - s->literals[0].p) + last->n };

        if (!is_odd(part) && texts_in(f, part) == 0)
            continue;
        for (uint32_t k = 0; k <= s->is.slots; k++) {
            f->shape[i] |= texts_in(f, s->literals[k]);
            if (is_odd(s->literals[k]))
                f->shape[i] |= odd_texts(f, s->literals[k]);
        }
    }
}

static uint64_t handed(uint64_t bits)
{
    return (bits & CODED) != 0 ? BLOCK_FIND_ALL : bits;
}

int block_find(struct block_finder *f, struct block *b, uint64_t *any, struct err *e)
{
    int rc = ERR_OK;

    *any = 0;
    if (b->directory == NULL) { /* version 1 */
        *any = BLOCK_FIND_ALL;
        return ERR_OK;
    }
    if (!room(&f->value, &f->value_room, b->pool_count) ||
        !room(&f->shape, &f->shape_room, b->shape_count))
        return no_memory(e);
    f->begins_code = f->ends_code = false;
    for (uint32_t i = 0; i < b->pool_part_count && rc == ERR_OK; i++)
        rc = scan_pool_part(f, b, i, any, e);
    if (rc != ERR_OK)
        return rc;
    scan_literals(f, b);
    for (uint32_t i = 0; i < b->shape_count; i++) {
        const struct block_read_shape *s = &b->shapes[i];

        if (is_open(s))
            f->shape[i] |= CODED;
        for (uint32_t slot = 0; slot < s->is.slots; slot++) {
            const struct edge g = edge_of(s, slot);

            f->shape[i] |= column_bits(f, b, s, slot);
            if (is_dict(s, slot))
                *any |= edge_any(f, &g);
        }
        *any |= f->shape[i];
    }
    *any = handed(*any);
    return ERR_OK;
}

/* --- Rows ----------------------------------------------------------------------------------- */

/* The texts of the values of a dictionary, into the rows of its shape. */
static int dict_rows(struct block_finder *f, struct block *b, uint32_t shape, uint32_t slot,
                     uint64_t *row, struct err *e)
{
    const struct block_read_shape *s = &b->shapes[shape];
    const struct edge g = edge_of(s, slot);
    struct block_column c;
    struct values v = { 0 };
    uint64_t some = 0;
    int rc = block_column(b, shape, slot, &c, e);

    if (rc != ERR_OK)
        return rc;
    v.bits = calloc(c.values + 1u, sizeof(*v.bits));
    if (v.bits == NULL)
        return no_memory(e);
    v.value = c.value;
    v.count = c.values;
    rc = block_dict_ids(b, shape, slot, v.bits, e);
    for (uint32_t i = 0; i < v.count && rc == ERR_OK; i++)
        v.bits[i] = f->value[v.bits[i]];
    if (rc == ERR_OK && edge_matters(f, &g))
        edge_texts(f, &g, &v);
    for (uint32_t i = 0; i < v.count; i++)
        some |= v.bits[i];
    for (uint32_t i = 0; i < s->is.rows && some != 0 && rc == ERR_OK; i++)
        row[s->rows[i]] |= v.bits[c.row[i]];
    free(v.bits);
    return rc;
}

int block_find_rows(struct block_finder *f, struct block *b, uint64_t *row, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; b->directory == NULL && i < b->head.rows; i++)
        row[i] = BLOCK_FIND_ALL;
    if (b->directory == NULL)
        return ERR_OK;
    for (uint32_t i = 0; i < b->shape_count && rc == ERR_OK; i++) {
        const struct block_read_shape *s = &b->shapes[i];

        for (uint32_t k = 0; k < s->is.rows; k++)
            row[s->rows[k]] = f->shape[i];
        for (uint32_t slot = 0; slot < s->is.slots && rc == ERR_OK; slot++) {
            if ((f->shape[i] & CODED) == 0 && is_dict(s, slot))
                rc = dict_rows(f, b, i, slot, row, e);
        }
    }
    for (uint32_t i = 0; i < b->head.rows && rc == ERR_OK; i++)
        row[i] = handed(row[i]);
    return rc;
}
