/*
 * lower.c - values and modifiers to tests: everything that can be decided before an event is seen
 * is decided here, once.
 *
 * A plain value is text with wildcards. It becomes one or more variants, each a row of tokens,
 * which go through the modifiers in the one order that modifier.tbl allows:
 *
 *   expand -> (split at wildcards) -> windash -> wide -> base64 -> contains/startswith/endswith
 *
 * and then to the cheapest test that means the same: EQ, CONTAINS, STARTS or ENDS where wildcards
 * stand only at the ends, LIKE otherwise.
 *
 * Escapes, as pySigma reads them: `\*`, `\?` and `\\` stand for the second character; any other
 * backslash is itself. So `\\*` is a backslash and then a wildcard, `\\\*` a backslash and a star.
 *
 * windash: every `-` or `/` with no word character before it and one behind it (the expression
 * \B[-/]\b, applied to the text between wildcards) stands for five characters; all combinations
 * are made. A value with more than DASHES_MAX of them would give thousands: there the same
 * character is put in all places, five variants, and the value as written.
 *
 * What one rule may grow to is bounded in tests and in bytes, so that neither placeholders nor
 * windash can multiply into all of memory.
 */
#include <stdlib.h>
#include <utf8proc.h>

#include "base/addr.h"
#include "base/ascii.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/utf.h"
#include "sigma/read.h"
#include "sigma/regex.h"

#define DASHES_MAX      4u
#define LOWER_BYTES_MAX (32u * 1024 * 1024)
#define DASH_FORMS      5u

static const struct span dash_form[DASH_FORMS] = {
    { (const uint8_t *)"-", 1 },            /* hyphen */
    { (const uint8_t *)"/", 1 },            /* slash */
    { (const uint8_t *)"\xe2\x80\x93", 3 }, /* en dash */
    { (const uint8_t *)"\xe2\x80\x94", 3 }, /* em dash */
    { (const uint8_t *)"\xe2\x80\x95", 3 }, /* horizontal bar */
};

struct variant {
    struct sigma_token *tokens;
    uint32_t count;
    struct variant *next;
};

/* What is being lowered. */
struct lowering {
    struct reader *r;
    const struct sigma_item *item;
    const struct modifiers *m;
    const struct sigma_scalar *raw;
    uint32_t group;
    struct err *e;
};

static int lower_fault(const struct lowering *l, const char *why)
{
    return err_set(l->e, ERR_SYNTAX, l->raw->line, "The value '%.*s' of '%.*s' %s.",
                   SHORT_ARG(l->raw->text), SHORT_ARG(l->item->key), why);
}

static int lower_no_memory(const struct lowering *l)
{
    return err_set(l->e, ERR_NOMEM, l->raw->line, "There is no memory for the rule.");
}

/* `bytes` that stay with the rule, within its budget; NULL sets no error, lower_too_big() does. */
static uint8_t *lower_bytes(struct lowering *l, size_t bytes)
{
    if (bytes > LOWER_BYTES_MAX || l->r->rule_bytes > LOWER_BYTES_MAX - bytes)
        return NULL;
    l->r->rule_bytes += bytes;
    return arena_bytes(l->r->mem, bytes + 1);
}

static int lower_too_big(const struct lowering *l)
{
    if (arena_failed(l->r->mem) || arena_failed(l->r->scratch))
        return lower_no_memory(l);
    return err_set(l->e, ERR_LIMIT, l->raw->line,
                   "The values of '%.*s' become too many or too long.", SHORT_ARG(l->item->key));
}

static bool tests_grow(struct reader *r)
{
    uint32_t cap = r->test_cap == 0 ? 64 : r->test_cap * 2;
    struct sigma_test *tests = arena_array(r->scratch, cap, sizeof(*tests));
    uint32_t *groups = arena_array(r->scratch, cap, sizeof(*groups));

    if (tests == NULL || groups == NULL)
        return false;
    if (r->test_count > 0) {
        memcpy(tests, r->tests, r->test_count * sizeof(*tests));
        memcpy(groups, r->groups, r->test_count * sizeof(*groups));
    }
    r->tests = tests;
    r->groups = groups;
    r->test_cap = cap;
    return true;
}

static int lower_put(struct lowering *l, struct sigma_test t)
{
    struct reader *r = l->r;

    if (r->rule_tests >= LIMIT_RULE_VALUES)
        return lower_too_big(l);
    if (r->test_count == r->test_cap && !tests_grow(r))
        return lower_no_memory(l);
    t.shown = l->raw->text;
    r->groups[r->test_count] = l->group;
    r->tests[r->test_count++] = t;
    r->rule_tests++;
    return ERR_OK;
}

/* --- tokens ----------------------------------------------------------------------------- */

struct cutter {
    struct sigma_token *tokens;
    uint32_t count;
    uint8_t *text;
    size_t at, from; /* in text: the end, and where the open token begins */
};

static void cutter_flush(struct cutter *c)
{
    if (c->at > c->from)
        c->tokens[c->count++] =
            (struct sigma_token){ .kind = TOKEN_TEXT,
                                  .text = { c->text + c->from, c->at - c->from } };
    c->from = c->at;
}

static void cutter_wildcard(struct cutter *c, uint8_t byte)
{
    bool any = byte == '*';

    cutter_flush(c);
    if (any && c->count > 0 && c->tokens[c->count - 1].kind == TOKEN_ANY)
        return; /* ** is * */
    c->tokens[c->count++] = (struct sigma_token){ .kind = any ? TOKEN_ANY : TOKEN_ONE };
}

/* How many tokens can `s` have, and has it anything but plain text? */
static bool tokens_needed(struct span s, size_t *needed)
{
    bool special = false;

    *needed = 1;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '*' || s.p[i] == '?')
            *needed += 2;
        special |= s.p[i] == '*' || s.p[i] == '?' || s.p[i] == '\\';
    }
    return special;
}

/* Split at wildcards and resolve escapes. */
static struct variant *variant_cut(struct lowering *l, struct span s)
{
    struct variant *v = arena_alloc(l->r->scratch, sizeof(*v));
    struct cutter c = { 0 };
    size_t needed;
    bool special = tokens_needed(s, &needed);

    c.tokens = arena_array(l->r->scratch, needed, sizeof(*c.tokens));
    c.text = special ? lower_bytes(l, s.n) : NULL;
    if (v == NULL || c.tokens == NULL || (special && c.text == NULL))
        return NULL;
    for (size_t i = 0; special && i < s.n; i++) {
        if (s.p[i] == '*' || s.p[i] == '?') {
            cutter_wildcard(&c, s.p[i]);
            continue;
        }
        if (s.p[i] == '\\' && i + 1 < s.n &&
            (s.p[i + 1] == '*' || s.p[i + 1] == '?' || s.p[i + 1] == '\\'))
            i++;
        c.text[c.at++] = s.p[i];
    }
    if (special)
        cutter_flush(&c);
    else if (s.n > 0)
        c.tokens[c.count++] = (struct sigma_token){ .kind = TOKEN_TEXT, .text = s };
    v->tokens = c.tokens;
    v->count = c.count;
    return v;
}

/* --- expand ----------------------------------------------------------------------------- */

static const struct placeholder *placeholder_find(const struct placeholders *ph, struct span name)
{
    for (uint32_t i = 0; ph != NULL && i < ph->count; i++) {
        if (span_eq(ph->rows[i].name, name))
            return &ph->rows[i];
    }
    return NULL;
}

static bool placeholder_byte(uint8_t c)
{
    return ascii_is_alnum(c) || c == '_' || c == '-' || c == '.';
}

/* Does a %name% begin at s.p[at]? */
static bool placeholder_at(struct span s, size_t at, struct span *name)
{
    size_t end = at + 1;

    if (s.p[at] != '%')
        return false;
    while (end < s.n && placeholder_byte(s.p[end]))
        end++;
    if (end == s.n || s.p[end] != '%' || end == at + 1)
        return false;
    *name = (struct span){ s.p + at + 1, end - at - 1 };
    return true;
}

struct expansion {
    struct lowering *l;
    struct buf_text {
        uint8_t *p;
        size_t n, cap;
    } text;
    bool quote; /* for a regular expression */
    int (*use)(struct lowering *l, struct span text);
};

static int expand_add(struct expansion *x, struct span s)
{
    if (s.n > x->text.cap - x->text.n) {
        size_t cap = (x->text.n + s.n) * 2 + 64;
        uint8_t *p = cap <= LOWER_BYTES_MAX ? arena_bytes(x->l->r->scratch, cap) : NULL;

        if (p == NULL)
            return lower_too_big(x->l);
        if (x->text.n > 0)
            memcpy(p, x->text.p, x->text.n);
        x->text.p = p;
        x->text.cap = cap;
    }
    if (s.n > 0)
        memcpy(x->text.p + x->text.n, s.p, s.n);
    x->text.n += s.n;
    return ERR_OK;
}

static int expand_value(struct expansion *x, struct span value)
{
    int rc = ERR_OK;

    if (!x->quote)
        return expand_add(x, value);
    for (size_t i = 0; rc == ERR_OK && i < value.n; i++) {
        if (value.p[i] < 0x80 && !ascii_is_alnum(value.p[i]))
            rc = expand_add(x, SPAN_LIT("\\"));
        if (rc == ERR_OK)
            rc = expand_add(x, (struct span){ value.p + i, 1 });
    }
    return rc;
}

static int expand_from(struct expansion *x, struct span s, size_t at, unsigned depth);

/* A placeholder at `at`: go on once with each of its values. */
static int expand_placeholder(struct expansion *x, struct span s, size_t at, struct span name,
                              unsigned depth)
{
    const struct placeholder *ph = placeholder_find(x->l->r->placeholders, name);
    size_t mark = x->text.n;
    int rc = ERR_OK;

    if (ph == NULL || ph->count == 0)
        return err_set(x->l->e, ERR_NOTFOUND, x->l->raw->line,
                       "The placeholder %%%.*s%% has no values; give them in a placeholder file.",
                       SHORT_ARG(name));
    if (depth == LIMIT_RULE_DEPTH)
        return lower_too_big(x->l);
    for (uint32_t i = 0; rc == ERR_OK && i < ph->count; i++) {
        x->text.n = mark;
        rc = expand_value(x, ph->values[i]);
        if (rc == ERR_OK)
            rc = expand_from(x, s, at + name.n + 2, depth + 1);
    }
    return rc;
}

static int expand_from(struct expansion *x, struct span s, size_t at, unsigned depth)
{
    struct span name, text;
    int rc = ERR_OK;

    for (; rc == ERR_OK && at < s.n; at++) {
        if (placeholder_at(s, at, &name))
            return expand_placeholder(x, s, at, name, depth);
        if (s.p[at] == '\\' && at + 1 < s.n && s.p[at + 1] == '%') {
            at++;
        } else if (s.p[at] == '\\' && at + 1 < s.n) {
            rc = expand_add(x, (struct span){ s.p + at, 1 });
            at++;
        }
        if (rc == ERR_OK)
            rc = expand_add(x, (struct span){ s.p + at, 1 });
    }
    if (rc != ERR_OK)
        return rc;
    text.p = lower_bytes(x->l, x->text.n);
    text.n = x->text.n;
    if (text.p == NULL || x->l->r->rule_tests >= LIMIT_RULE_VALUES)
        return lower_too_big(x->l);
    if (text.n > 0)
        memcpy((uint8_t *)(uintptr_t)text.p, x->text.p, text.n);
    return x->use(x->l, text);
}

/* Give `use` the raw text, or with `expand` each text that its placeholders make of it. */
static int lower_expanded(struct lowering *l, int (*use)(struct lowering *, struct span))
{
    struct expansion x = { .l = l, .quote = l->m->re, .use = use };

    if (!l->m->expand)
        return use(l, l->raw->text);
    return expand_from(&x, l->raw->text, 0, 0);
}

/* --- windash ---------------------------------------------------------------------------- */

static bool is_word(uint32_t cp)
{
    utf8proc_category_t c;

    if (cp < 0x80)
        return ascii_is_alnum((uint8_t)cp) || cp == '_';
    c = utf8proc_category((utf8proc_int32_t)cp);
    return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) ||
           (c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO);
}

/* Is there a dash at `at` that windash means? */
static bool is_dash(struct span s, size_t at)
{
    size_t before = at, used;

    if ((s.p[at] != '-' && s.p[at] != '/') || at + 1 == s.n)
        return false;
    if (!is_word(utf8_get(span_from(s, at + 1), &used)))
        return false;
    if (at == 0)
        return true;
    do {
        before--;
    } while (before > 0 && at - before < 4 && (s.p[before] & 0xc0) == 0x80);
    return !is_word(utf8_get((struct span){ s.p + before, at - before }, &used));
}

static uint32_t dash_count(const struct variant *v)
{
    uint32_t n = 0;

    for (uint32_t t = 0; t < v->count; t++) {
        for (size_t i = 0; v->tokens[t].kind == TOKEN_TEXT && i < v->tokens[t].text.n; i++)
            n += is_dash(v->tokens[t].text, i);
    }
    return n;
}

/* The text with its dashes set to the digits of *pick in base 5, or all to `same`. */
static bool dash_text(struct lowering *l, struct span in, uint32_t *pick, uint32_t same,
                      struct span *out)
{
    size_t room = in.n, n = 0;
    uint8_t *p;

    for (size_t i = 0; i < in.n; i++)
        room += is_dash(in, i) ? 2 : 0;
    p = lower_bytes(l, room);
    if (p == NULL)
        return false;
    for (size_t i = 0; i < in.n; i++) {
        struct span form = { in.p + i, 1 };

        if (is_dash(in, i)) {
            form = dash_form[same < DASH_FORMS ? same : *pick % DASH_FORMS];
            *pick /= DASH_FORMS;
        }
        memcpy(p + n, form.p, form.n);
        n += form.n;
    }
    *out = (struct span){ p, n };
    return true;
}

static struct variant *dash_variant(struct lowering *l, const struct variant *v, uint32_t pick,
                                    uint32_t same)
{
    struct variant *out = arena_alloc(l->r->scratch, sizeof(*out));

    if (out == NULL)
        return NULL;
    out->count = v->count;
    out->tokens = arena_array(l->r->scratch, v->count, sizeof(*out->tokens));
    for (uint32_t t = 0; out->tokens != NULL && t < v->count; t++) {
        out->tokens[t] = v->tokens[t];
        if (v->tokens[t].kind == TOKEN_TEXT &&
            !dash_text(l, v->tokens[t].text, &pick, same, &out->tokens[t].text))
            return NULL;
    }
    return out->tokens != NULL ? out : NULL;
}

static struct variant *lower_windash(struct lowering *l, struct variant *v)
{
    uint32_t dashes = dash_count(v), made = 1;
    struct variant *first = NULL, **tail = &first;
    bool same = dashes > DASHES_MAX;

    if (dashes == 0)
        return v;
    for (uint32_t i = 0; i < dashes && !same; i++)
        made *= DASH_FORMS;
    if (same) {
        first = v;
        tail = &v->next;
        made = DASH_FORMS;
    }
    if (l->r->rule_tests + made > LIMIT_RULE_VALUES)
        return NULL;
    for (uint32_t i = 0; i < made; i++) {
        *tail = dash_variant(l, v, i, same ? i : DASH_FORMS);
        if (*tail == NULL)
            return NULL;
        tail = &(*tail)->next;
    }
    return first;
}

/* --- wide and base64 -------------------------------------------------------------------- */

static size_t put_unit(uint8_t *p, uint32_t unit, bool big)
{
    p[big ? 0 : 1] = (uint8_t)(unit >> 8);
    p[big ? 1 : 0] = (uint8_t)unit;
    return 2;
}

static bool wide_text(struct lowering *l, struct span in, bool bom, struct span *out)
{
    bool big = l->m->wide == WIDE_BE;
    uint8_t *p = lower_bytes(l, in.n * 2 + 2);
    size_t n = 0, used;

    if (p == NULL)
        return false;
    if (bom)
        n += put_unit(p, 0xfeff, false);
    for (size_t i = 0; i < in.n; i += used) {
        uint32_t cp = utf8_get(span_from(in, i), &used);

        if (cp < 0x10000) {
            n += put_unit(p + n, cp, big);
            continue;
        }
        n += put_unit(p + n, 0xd800 + ((cp - 0x10000) >> 10), big);
        n += put_unit(p + n, 0xdc00 + ((cp - 0x10000) & 0x3ff), big);
    }
    *out = (struct span){ p, n };
    return true;
}

static int lower_wide(struct lowering *l, struct variant *v)
{
    bool bom = l->m->wide == WIDE_BOM;

    for (uint32_t t = 0; t < v->count; t++) {
        if (v->tokens[t].kind != TOKEN_TEXT)
            continue;
        if (!wide_text(l, v->tokens[t].text, bom && t == 0, &v->tokens[t].text))
            return lower_too_big(l);
    }
    return ERR_OK;
}

/* Base64 of `shift` spaces and then `in`, without padding cut. Returns the length. */
static size_t base64_put(uint8_t *dst, struct span in, size_t shift)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t total = in.n + shift, n = 0;

    for (size_t i = 0; i < total; i += 3) {
        uint32_t bits = 0;

        for (size_t k = i; k < i + 3; k++)
            bits = bits << 8 | (k < shift ? ' ' : k < total ? in.p[k - shift] : 0u);
        for (unsigned k = 0; k < 4; k++)
            dst[n++] = i + k <= total ? (uint8_t)digits[bits >> (18 - 6 * k) & 63] : '=';
    }
    return n;
}

static struct variant *base64_variant(struct lowering *l, struct span in, size_t shift, bool cut)
{
    static const uint8_t head[3] = { 0, 2, 3 }, tail[3] = { 0, 3, 2 };
    struct variant *v = arena_alloc(l->r->scratch, sizeof(*v));
    uint8_t *p = lower_bytes(l, (in.n + shift + 2) / 3 * 4);
    size_t n, from = cut ? head[shift] : 0;

    if (v == NULL || p == NULL)
        return NULL;
    n = base64_put(p, in, shift);
    n -= cut ? tail[(in.n + shift) % 3] : 0;
    v->tokens = arena_alloc(l->r->scratch, sizeof(*v->tokens));
    if (v->tokens == NULL)
        return NULL;
    v->tokens[0].kind = TOKEN_TEXT;
    v->tokens[0].text = (struct span){ p + from, n - from };
    v->count = 1;
    return v;
}

static int lower_base64(struct lowering *l, struct variant **v)
{
    unsigned shifts = l->m->base64 == BASE64_OFFSET ? 3 : 1;
    struct variant *first = NULL, **tail = &first;

    if ((*v)->count == 0)
        return lower_fault(l, "is empty, which Base64 cannot hide");
    if ((*v)->count != 1 || (*v)->tokens[0].kind != TOKEN_TEXT)
        return lower_fault(l, "has a wildcard, which Base64 cannot hide");
    for (unsigned i = 0; i < shifts; i++) {
        *tail = base64_variant(l, (*v)->tokens[0].text, i, shifts == 3);
        if (*tail == NULL)
            return lower_too_big(l);
        tail = &(*tail)->next;
    }
    *v = first;
    return ERR_OK;
}

/* --- the end of the string road ----------------------------------------------------------- */

/* Wildcards at the ends belong to the shape: take them off the tokens. */
static uint8_t variant_shape(const struct lowering *l, struct variant *v)
{
    uint8_t shape = l->m->shape;
    bool open_head = shape == SIGMA_CONTAINS || shape == SIGMA_ENDS;
    bool open_tail = shape == SIGMA_CONTAINS || shape == SIGMA_STARTS;

    if (shape == SIGMA_EQ && l->item->field.n == 0)
        open_head = open_tail = true; /* keywords */
    if (v->count > 0 && v->tokens[0].kind == TOKEN_ANY) {
        v->tokens++;
        v->count--;
        open_head = true;
    }
    if (v->count > 0 && v->tokens[v->count - 1].kind == TOKEN_ANY) {
        v->count--;
        open_tail = true;
    }
    return open_head ? (open_tail ? SIGMA_CONTAINS : SIGMA_ENDS)
                     : (open_tail ? SIGMA_STARTS : SIGMA_EQ);
}

/* LIKE with the wildcards of the shape put back. `*` alone is one ANY. */
static int put_like(struct lowering *l, const struct variant *v, uint8_t shape)
{
    bool head = shape == SIGMA_CONTAINS || shape == SIGMA_ENDS;
    bool tail = (shape == SIGMA_CONTAINS || shape == SIGMA_STARTS) && v->count > 0;
    uint32_t n = 0;
    struct sigma_test t = { .op = SIGMA_LIKE, .cased = l->m->cased };

    t.tokens = arena_array(l->r->mem, (size_t)v->count + 2, sizeof(*t.tokens));
    if (t.tokens == NULL)
        return lower_no_memory(l);
    if (head || v->count == 0)
        t.tokens[n++].kind = TOKEN_ANY;
    for (uint32_t i = 0; i < v->count; i++)
        t.tokens[n++] = v->tokens[i];
    if (tail)
        t.tokens[n++].kind = TOKEN_ANY;
    t.token_count = n;
    return lower_put(l, t);
}

static int put_variant(struct lowering *l, struct variant *v)
{
    uint8_t shape = variant_shape(l, v);

    if (v->count == 0 && shape == SIGMA_EQ)
        return lower_put(l, (struct sigma_test){ .op = SIGMA_EQ, .cased = l->m->cased });
    if (v->count != 1 || v->tokens[0].kind != TOKEN_TEXT)
        return put_like(l, v, shape);
    return lower_put(
        l, (struct sigma_test){ .op = shape, .cased = l->m->cased, .text = v->tokens[0].text });
}

/* A value as text: one raw value may give many tests, all of one group. */
static int lower_string(struct lowering *l, struct span text)
{
    struct variant *v = variant_cut(l, text);
    int rc = ERR_OK;

    if (v == NULL)
        return lower_too_big(l);
    if (l->m->windash)
        v = lower_windash(l, v);
    if (v == NULL)
        return lower_too_big(l);
    for (struct variant *next; rc == ERR_OK && v != NULL; v = next) {
        struct variant *w = v;

        next = v->next;
        v->next = NULL;
        if (l->m->wide != WIDE_NONE)
            rc = lower_wide(l, w);
        if (rc == ERR_OK && l->m->base64 != BASE64_NONE)
            rc = lower_base64(l, &w);
        for (; rc == ERR_OK && w != NULL; w = w->next)
            rc = put_variant(l, w);
    }
    return rc;
}

/* --- values that are no strings ----------------------------------------------------------- */

static int lower_re(struct lowering *l, struct span text)
{
    struct sigma_test t = { .op = SIGMA_RE,
                            .cased = !l->m->re_i,
                            .re_i = l->m->re_i,
                            .re_m = l->m->re_m,
                            .re_s = l->m->re_s,
                            .text = text };
    bool starts = l->m->shape == SIGMA_STARTS, ends = l->m->shape == SIGMA_ENDS;
    pcre2_code *code;
    struct err why;
    int rc;

    if (starts || ends) { /* the search is unanchored, so contains changes nothing */
        struct span before = starts ? SPAN_LIT("\\A(?:") : SPAN_LIT("(?:");
        struct span after = starts ? SPAN_LIT(")") : SPAN_LIT(")\\z");
        uint8_t *p = lower_bytes(l, text.n + before.n + after.n);

        if (p == NULL)
            return lower_too_big(l);
        memcpy(p, before.p, before.n);
        if (text.n > 0)
            memcpy(p + before.n, text.p, text.n);
        memcpy(p + before.n + text.n, after.p, after.n);
        t.text = (struct span){ p, text.n + before.n + after.n };
    }
    rc = sigma_regex_compile(&t, &code, &why);
    if (rc != ERR_OK)
        return err_set(l->e, (enum err_code)rc, l->raw->line, "%s", why.why);
    pcre2_code_free(code);
    return lower_put(l, t);
}

static int lower_cidr(struct lowering *l, struct span text)
{
    struct sigma_test t = { .op = SIGMA_CIDR, .text = text };
    uint8_t address[16];

    if (!addr_net_parse(text, t.net, &t.net_bits)) {
        if (addr_parse((struct span){ text.p, span_find(text, '/') }, address))
            return lower_fault(l, "needs 0 to 32 bits behind its slash, 0 to 128 in IPv6");
        return lower_fault(l, "is no IPv4 or IPv6 network (address/bits)");
    }
    for (unsigned i = t.net_bits; i < 128; i++)
        t.net[i / 8] &= (uint8_t) ~(0x80u >> (i % 8)); /* host bits say nothing */
    return lower_put(l, t);
}

static int lower_compare(struct lowering *l, struct span text)
{
    struct sigma_test t = { .op = l->m->compare, .text = span_trim(text) };

    if (!num_double(t.text, &t.num))
        return lower_fault(l, "is no number");
    return lower_put(l, t);
}

static int lower_part(struct lowering *l, struct span text)
{
    struct sigma_test t = { .op = l->m->part, .text = text };
    uint64_t n;

    if (!num_u64(text, 9999, &n))
        return lower_fault(l, "is no whole number");
    t.num = (double)n;
    return lower_put(l, t);
}

static int lower_fieldref(struct lowering *l, struct span text)
{
    struct sigma_test t = { .op = SIGMA_FIELDREF, .cased = l->m->cased };
    uint8_t *p = lower_bytes(l, text.n);
    size_t n = 0;

    if (p == NULL)
        return lower_too_big(l);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != ' ')
            p[n++] = text.p[i];
    }
    if (n == 0)
        return lower_fault(l, "names no field");
    t.text = (struct span){ p, n };
    t.ref_op = l->m->compare != SIGMA_EQ ? l->m->compare : l->m->shape;
    return lower_put(l, t);
}

static int lower_exists(struct lowering *l)
{
    bool yes = span_eq_nocase(l->raw->text, SPAN_LIT("true"));

    if (!yes && !span_eq_nocase(l->raw->text, SPAN_LIT("false")))
        return lower_fault(l, "must be true or false");
    return lower_put(l, (struct sigma_test){ .op = SIGMA_EXISTS, .num = yes });
}

static bool has_value_modifier(const struct modifiers *m)
{
    return m->shape != SIGMA_EQ || m->windash || m->wide || m->base64 || m->expand || m->re ||
           m->cidr || m->compare != SIGMA_EQ || m->part != SIGMA_EQ || m->fieldref || m->exists;
}

static int lower_null(struct lowering *l)
{
    if (l->item->field.n == 0)
        return lower_fault(l, "is null, which is no keyword");
    if (has_value_modifier(l->m))
        return lower_fault(l, "is null, to which this modifier cannot be applied");
    if (l->item->raw_count > 1)
        return lower_fault(l, "is null, which may not stand in a list; write a search of its own");
    return lower_put(l, (struct sigma_test){ .op = SIGMA_NULL_ });
}

/* YAML's 0x2a is the number 42; an event may have it as the text that Windows shows. */
static int lower_hex(struct lowering *l, uint64_t number)
{
    struct sigma_test t = { .op = SIGMA_NUM, .num = (double)number, .cased = l->m->cased };
    uint8_t *decimal = lower_bytes(l, 24);
    int rc;

    if (decimal == NULL)
        return lower_too_big(l);
    t.text = (struct span){ decimal, num_put_u64(decimal, number) };
    rc = lower_put(l, t);
    return rc == ERR_OK ? lower_string(l, l->raw->text) : rc;
}

static int lower_number(struct lowering *l)
{
    struct sigma_test t = { .op = SIGMA_NUM, .text = l->raw->text, .cased = l->m->cased };
    uint64_t u;

    if (num_hex(l->raw->text, &u) && l->raw->text.n > 1 && (l->raw->text.p[1] | 32) == 'x')
        return lower_hex(l, u);
    if (!num_double(l->raw->text, &t.num))
        return lower_string(l, l->raw->text);
    return lower_put(l, t);
}

static int lower_value(struct lowering *l)
{
    const struct modifiers *m = l->m;

    if (m->exists)
        return lower_exists(l);
    if (l->raw->kind == SCALAR_NULL)
        return lower_null(l);
    if (m->re)
        return lower_expanded(l, lower_re);
    if (m->cidr)
        return lower_expanded(l, lower_cidr);
    if (m->fieldref)
        return lower_fieldref(l, l->raw->text);
    if (m->compare != SIGMA_EQ)
        return lower_expanded(l, lower_compare);
    if (m->part != SIGMA_EQ)
        return lower_part(l, l->raw->text);
    if (l->raw->kind == SCALAR_NUMBER && l->item->field.n > 0 && !has_value_modifier(m))
        return lower_number(l);
    return lower_expanded(l, lower_string);
}

int lower_item(struct reader *r, struct sigma_item *item, const struct modifiers *m, struct err *e)
{
    int rc = ERR_OK;

    r->test_count = 0;
    item->all = m->all;
    item->negate = m->neq;
    if (m->needs_field && item->field.n == 0)
        return err_set(e, ERR_SYNTAX, item->line, "The modifiers of '%.*s' need a field name.",
                       SHORT_ARG(item->key));
    for (uint32_t i = 0; rc == ERR_OK && i < item->raw_count; i++) {
        struct lowering l = {
            .r = r, .item = item, .m = m, .raw = &item->raw[i], .group = i, .e = e
        };

        rc = lower_value(&l);
    }
    if (rc != ERR_OK)
        return rc;
    MUST(r->test_count > 0);
    item->test_count = r->test_count;
    item->tests = arena_array(r->mem, r->test_count, sizeof(*item->tests));
    item->group = arena_array(r->mem, r->test_count, sizeof(*item->group));
    if (item->tests == NULL || item->group == NULL)
        return err_set(e, ERR_NOMEM, item->line, "There is no memory for the rule.");
    memcpy(item->tests, r->tests, r->test_count * sizeof(*item->tests));
    memcpy(item->group, r->groups, r->test_count * sizeof(*item->group));
    return ERR_OK;
}
