/*
 * steps.c - the rows of steps.h. All of them are linear in the value and bounded by it: a step
 * never makes a text longer than its input plus the longest replacement in its argument, and
 * `replace` never longer than input times that.
 */
#include "event/steps.h"

#include "base/ascii.h"
#include "base/num.h"

static bool starts_nocase(struct span a, struct span head)
{
    return a.n >= head.n && span_eq_nocase((struct span){ a.p, head.n }, head);
}

static bool ends_nocase(struct span a, struct span tail)
{
    return a.n >= tail.n && span_eq_nocase(span_from(a, a.n - tail.n), tail);
}

static bool apply_map(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    (void)mem;
    *out = in;
    for (uint32_t i = 0; i < s->count; i++) {
        if (span_eq_nocase(in, s->from[i])) {
            *out = s->to[i];
            return true;
        }
    }
    return s->id == STEP_ID_map;
}

static bool join(struct arena *mem, struct span a, struct span b, struct span *out)
{
    uint8_t *p = arena_bytes(mem, a.n + b.n);

    if (p == NULL)
        return false;
    if (a.n > 0)
        memcpy(p, a.p, a.n);
    if (b.n > 0)
        memcpy(p + a.n, b.p, b.n);
    *out = (struct span){ p, a.n + b.n };
    return true;
}

static bool apply_prefix(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    *out = in;
    for (uint32_t i = 0; i < s->count; i++) {
        if (starts_nocase(in, s->from[i]))
            return join(mem, s->to[i], span_from(in, s->from[i].n), out);
    }
    return true;
}

static bool apply_suffix(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    *out = in;
    for (uint32_t i = 0; i < s->count; i++) {
        if (ends_nocase(in, s->from[i]))
            return join(mem, (struct span){ in.p, in.n - s->from[i].n }, s->to[i], out);
    }
    return true;
}

/* The row whose text stands at the front of `in`, or count. */
static uint32_t row_at(const struct step *s, struct span in)
{
    uint32_t i = 0;

    while (i < s->count && (s->from[i].n == 0 || !span_starts(in, s->from[i])))
        i++;
    return i;
}

/* Counts first, then writes: `to` may be NULL. Returns the bytes. */
static size_t replace_all(const struct step *s, struct span in, uint8_t *to)
{
    size_t n = 0;

    while (in.n > 0) {
        uint32_t i = row_at(s, in);
        struct span put = i < s->count ? s->to[i] : (struct span){ in.p, 1 };

        if (to != NULL && put.n > 0)
            memcpy(to + n, put.p, put.n);
        n += put.n;
        in = span_from(in, i < s->count ? s->from[i].n : 1);
    }
    return n;
}

static bool apply_replace(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    size_t n = replace_all(s, in, NULL);
    uint8_t *p = arena_bytes(mem, n);

    if (p == NULL)
        return false;
    *out = (struct span){ p, replace_all(s, in, p) };
    return true;
}

/* Index of `what` in `in`, or in.n. */
static size_t find_text(struct span in, struct span what)
{
    const uint8_t *p = what.n == 0 || in.n == 0 ? NULL : memmem(in.p, in.n, what.p, what.n);

    return p == NULL ? in.n : (size_t)(p - in.p);
}

/* Index of the last `what` in `in`, or in.n. */
static size_t find_last(struct span in, struct span what)
{
    size_t hit = in.n;

    for (size_t at = 0; what.n > 0 && at < in.n; at++) {
        at += find_text(span_from(in, at), what);
        if (at < in.n)
            hit = at;
    }
    return hit;
}

/* A line that begins with Key and then '=' or ':', blanks around it ignored. */
static bool apply_key(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    (void)mem;
    while (in.n > 0) {
        size_t end = span_find(in, '\n');
        struct span line = span_trim((struct span){ in.p, end });

        if (starts_nocase(line, s->from[0])) {
            struct span rest = span_trim(span_from(line, s->from[0].n));

            if (rest.n > 0 && (rest.p[0] == '=' || rest.p[0] == ':')) {
                *out = span_trim(span_from(rest, 1));
                return true;
            }
        }
        in = span_from(in, end == in.n ? end : end + 1);
    }
    return false;
}

static bool apply_pair(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    (void)mem;
    while (in.n > 0) {
        size_t end = span_find(in, ',');
        struct span one = span_trim((struct span){ in.p, end });

        if (one.n > s->from[0].n && starts_nocase(one, s->from[0]) &&
            (one.p[s->from[0].n] == '=' || one.p[s->from[0].n] == ':')) {
            *out = span_trim(span_from(one, s->from[0].n + 1));
            return true;
        }
        in = span_from(in, end == in.n ? end : end + 1);
    }
    return false;
}

static bool apply_starts(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    (void)mem;
    for (uint32_t i = 0; i < s->count; i++) {
        if (starts_nocase(in, s->from[i])) {
            *out = s->to[i];
            return true;
        }
    }
    return false;
}

static bool apply_contains(const struct step *s, struct span in, struct arena *mem,
                           struct span *out)
{
    (void)mem;
    for (uint32_t i = 0; i < s->count; i++) {
        if (find_text(in, s->from[i]) < in.n) {
            *out = s->to[i];
            return true;
        }
    }
    return false;
}

static bool apply_after(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    size_t at = find_text(in, s->from[0]);

    (void)mem;
    if (at == in.n)
        return false;
    *out = span_from(in, at + s->from[0].n);
    return true;
}

static bool apply_after_last(const struct step *s, struct span in, struct arena *mem,
                             struct span *out)
{
    size_t at = find_last(in, s->from[0]);

    (void)mem;
    if (at == in.n)
        return false;
    *out = span_from(in, at + s->from[0].n);
    return true;
}

static bool apply_before_last(const struct step *s, struct span in, struct arena *mem,
                              struct span *out)
{
    size_t at = find_last(in, s->from[0]);

    (void)mem;
    *out = (struct span){ in.p, at };
    return at < in.n;
}

static bool apply_before(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    (void)mem;
    *out = (struct span){ in.p, find_text(in, s->from[0]) };
    return true;
}

static bool apply_drop(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    (void)mem;
    *out = in;
    for (uint32_t i = 0; i < s->count; i++) {
        if (span_eq_nocase(in, s->from[i]))
            return false;
    }
    return true;
}

static bool apply_lower(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    uint8_t *p = arena_bytes(mem, in.n);

    (void)s;
    if (p == NULL)
        return false;
    for (size_t i = 0; i < in.n; i++)
        p[i] = ascii_lower(in.p[i]);
    *out = (struct span){ p, in.n };
    return true;
}

static bool apply_upper(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    uint8_t *p = arena_bytes(mem, in.n);

    (void)s;
    if (p == NULL)
        return false;
    for (size_t i = 0; i < in.n; i++)
        p[i] =
            (uint8_t)(ascii_lower(in.p[i]) != in.p[i] || !ascii_is_alpha(in.p[i]) ? in.p[i]
                                                                                  : in.p[i] - 32);
    *out = (struct span){ p, in.n };
    return true;
}

/* A decimal or 0x hexadecimal number. */
static bool number_of(struct span in, uint64_t *v)
{
    return starts_nocase(in, SPAN_LIT("0x")) ? num_hex(in, v) : num_u64(in, UINT64_MAX, v);
}

static uint8_t *put_hex32(uint8_t *p, uint32_t v)
{
    static const char digits[] = "0123456789abcdef";

    *p++ = '0';
    *p++ = 'x';
    for (unsigned shift = 32; shift > 0; shift -= 4)
        *p++ = (uint8_t)digits[v >> (shift - 4) & 15];
    return p;
}

static uint8_t *put_text(uint8_t *p, const char *text)
{
    size_t n = strlen(text);

    memcpy(p, text, n);
    return p + n;
}

static bool apply_dword(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    bool wide = s->id == STEP_ID_qword;
    uint8_t *p, *at;
    uint64_t v;

    *out = in;
    if (!number_of(in, &v) || (!wide && v > UINT32_MAX))
        return true;
    p = arena_bytes(mem, 40);
    if (p == NULL)
        return false;
    at = put_text(p, wide ? "QWORD (" : "DWORD (");
    if (wide)
        at = put_text(put_hex32(at, (uint32_t)(v >> 32)), "-");
    at = put_text(put_hex32(at, (uint32_t)v), ")");
    *out = (struct span){ p, (size_t)(at - p) };
    return true;
}

#define apply_qword apply_dword /* two halves instead of one */

static bool apply_decimal(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    uint64_t v;
    uint8_t *p;

    (void)s;
    *out = in;
    if (!starts_nocase(in, SPAN_LIT("0x")) || !num_hex(in, &v))
        return true;
    p = arena_bytes(mem, 24);
    if (p == NULL)
        return false;
    *out = (struct span){ p, num_put_u64(p, v) };
    return true;
}

static bool apply_basename(const struct step *s, struct span in, struct arena *mem,
                           struct span *out)
{
    size_t at = in.n;

    (void)s;
    (void)mem;
    while (at > 0 && in.p[at - 1] != '/' && in.p[at - 1] != '\\')
        at--;
    *out = span_from(in, at);
    return true;
}

static bool apply_trim(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    (void)s;
    (void)mem;
    *out = span_trim(in);
    return true;
}

static bool apply_unquote(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    (void)s;
    (void)mem;
    *out = in;
    if (in.n >= 2 && in.p[0] == '"' && in.p[in.n - 1] == '"')
        *out = (struct span){ in.p + 1, in.n - 2 };
    return true;
}

#define apply_pick apply_map /* they differ in what happens without a row */

static const struct step_row {
    const char *name;
    enum step_arg arg;
    bool (*apply)(const struct step *s, struct span in, struct arena *mem, struct span *out);
} rows[STEP_IDS] = {
#define X(name, arg, help) [STEP_ID_##name] = { #name, STEP_##arg, apply_##name },
    STEP_TABLE(X)
#undef X
};

bool step_find(struct span name, enum step_id *id, enum step_arg *arg)
{
    for (unsigned i = 0; i < STEP_IDS; i++) {
        if (span_eq(name, span_of(rows[i].name))) {
            *id = (enum step_id)i;
            *arg = rows[i].arg;
            return true;
        }
    }
    return false;
}

bool step_apply(const struct step *s, struct span in, struct arena *mem, struct span *out)
{
    MUST(s->id < STEP_IDS);
    return rows[s->id].apply(s, in, mem, out);
}
