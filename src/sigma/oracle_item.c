/*
 * oracle_item.c - `field|modifier|modifier: values` against an event.
 *
 * The key is read as it stands, one modifier after the other. Those that change texts take the
 * list of patterns so far and give another; those that say how to compare set `how`. A string
 * without wildcards, with them, or with contains, startswith, endswith is all the same here: a
 * pattern that has to take the whole value, with `*` put at the sides that are open.
 *
 * The value of a field is any of its values: of an array's members, of a name given twice.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/time.h"
#include "sigma/oracle_own.h"
#include "sigma/regex.h"

/* --- reading a key ---------------------------------------------------------------------- */

/* A text of the value: what it is after `expand`, and the patterns made of it. */
struct text {
    struct span raw;
    struct pattern *patterns;
    struct text *next;
};

/* An item being read. */
struct asking {
    struct oracle *o;
    struct asked *a;
    const struct sigma_scalar *raw;
    struct text *texts;
    uint32_t regex_flags;
    bool expand;
};

typedef void modifier_fn(struct asking *g);
typedef struct pattern *change_fn(const struct pattern *p, struct arena *mem);

/* Each pattern of each text gives way to those that `change` makes of it. */
static void change_all(struct asking *g, change_fn *change)
{
    for (struct text *t = g->texts; t != NULL; t = t->next) {
        struct pattern *changed = NULL;

        for (const struct pattern *p = t->patterns; p != NULL; p = p->next) {
            struct pattern *made = change(p, &g->o->mem), *next;

            for (; made != NULL; made = next) {
                next = made->next;
                made->next = changed;
                changed = made;
            }
        }
        t->patterns = changed;
    }
}

static struct pattern *open_sides(const struct pattern *p, bool before, bool behind,
                                  struct arena *mem)
{
    struct pattern *out = arena_alloc(mem, sizeof(*out));
    uint16_t *unit = arena_array(mem, p->count + 2, sizeof(*unit));

    if (out == NULL || unit == NULL)
        return NULL;
    if (before)
        unit[out->count++] = UNIT_ANY;
    for (size_t i = 0; i < p->count; i++)
        unit[out->count++] = p->unit[i];
    if (behind)
        unit[out->count++] = UNIT_ANY;
    out->unit = unit;
    return out;
}

static struct pattern *open_both(const struct pattern *p, struct arena *mem)
{
    return open_sides(p, true, true, mem);
}

static struct pattern *open_behind(const struct pattern *p, struct arena *mem)
{
    return open_sides(p, false, true, mem);
}

static struct pattern *open_before(const struct pattern *p, struct arena *mem)
{
    return open_sides(p, true, false, mem);
}

static struct pattern *wide_le(const struct pattern *p, struct arena *mem)
{
    return oracle_wide(p, false, false, mem);
}

static struct pattern *wide_be(const struct pattern *p, struct arena *mem)
{
    return oracle_wide(p, true, false, mem);
}

static struct pattern *wide_marked(const struct pattern *p, struct arena *mem)
{
    return oracle_wide(p, false, true, mem);
}

static struct pattern *base64_whole(const struct pattern *p, struct arena *mem)
{
    return oracle_base64(p, 0, false, mem);
}

static struct pattern *base64_inside(const struct pattern *p, struct arena *mem)
{
    struct pattern *first = NULL;

    for (unsigned offset = 0; offset < 3; offset++) {
        struct pattern *one = oracle_base64(p, offset, true, mem);

        if (one == NULL)
            return NULL;
        one->next = first;
        first = one;
    }
    return first;
}

static void mod_contains(struct asking *g)
{
    g->a->at_start = g->a->at_end = true;
    change_all(g, open_both);
}

static void mod_startswith(struct asking *g)
{
    g->a->at_end = true; /* open at the end */
    g->regex_flags |= PCRE2_ANCHORED;
    change_all(g, open_behind);
}

static void mod_endswith(struct asking *g)
{
    g->a->at_start = true;
    g->regex_flags |= PCRE2_ENDANCHORED;
    change_all(g, open_before);
}

static void mod_all(struct asking *g)
{
    g->a->all = true;
}
static void mod_neq(struct asking *g)
{
    g->a->neq = true;
}
static void mod_cased(struct asking *g)
{
    g->a->cased = true;
}
static void mod_exists(struct asking *g)
{
    g->a->how = HOW_EXISTS;
}
static void mod_windash(struct asking *g)
{
    change_all(g, oracle_windash);
}
static void mod_wide(struct asking *g)
{
    change_all(g, wide_le);
}
static void mod_utf16be(struct asking *g)
{
    change_all(g, wide_be);
}
static void mod_utf16(struct asking *g)
{
    change_all(g, wide_marked);
}
static void mod_base64(struct asking *g)
{
    change_all(g, base64_whole);
}
static void mod_base64offset(struct asking *g)
{
    change_all(g, base64_inside);
}
static void mod_expand(struct asking *g)
{
    g->expand = true;
}
static void mod_re(struct asking *g)
{
    g->a->how = HOW_RE;
}
static void mod_i(struct asking *g)
{
    g->regex_flags |= PCRE2_CASELESS;
}
static void mod_m(struct asking *g)
{
    g->regex_flags |= PCRE2_MULTILINE;
}
static void mod_s(struct asking *g)
{
    g->regex_flags |= PCRE2_DOTALL;
}
static void mod_cidr(struct asking *g)
{
    g->a->how = HOW_CIDR;
}
static void mod_fieldref(struct asking *g)
{
    g->a->how = HOW_REF;
}

static void set_order(struct asking *g, enum order order)
{
    g->a->order = order;
    if (g->a->how == HOW_TEXT)
        g->a->how = HOW_ORDER; /* else fieldref with an order */
}

static void mod_lt(struct asking *g)
{
    set_order(g, ORDER_LT);
}
static void mod_lte(struct asking *g)
{
    set_order(g, ORDER_LTE);
}
static void mod_gt(struct asking *g)
{
    set_order(g, ORDER_GT);
}
static void mod_gte(struct asking *g)
{
    set_order(g, ORDER_GTE);
}

static void set_part(struct asking *g, enum part part)
{
    g->a->how = HOW_PART;
    g->a->part = part;
}

static void mod_minute(struct asking *g)
{
    set_part(g, PART_MINUTE);
}
static void mod_hour(struct asking *g)
{
    set_part(g, PART_HOUR);
}
static void mod_day(struct asking *g)
{
    set_part(g, PART_DAY);
}
static void mod_week(struct asking *g)
{
    set_part(g, PART_WEEK);
}
static void mod_month(struct asking *g)
{
    set_part(g, PART_MONTH);
}
static void mod_year(struct asking *g)
{
    set_part(g, PART_YEAR);
}

static const struct {
    const char *name;
    modifier_fn *read;
} modifiers[] = {
    { "contains", mod_contains },
    { "startswith", mod_startswith },
    { "endswith", mod_endswith },
    { "all", mod_all },
    { "neq", mod_neq },
    { "cased", mod_cased },
    { "exists", mod_exists },
    { "windash", mod_windash },
    { "wide", mod_wide },
    { "utf16le", mod_wide },
    { "utf16be", mod_utf16be },
    { "utf16", mod_utf16 },
    { "base64", mod_base64 },
    { "base64offset", mod_base64offset },
    { "expand", mod_expand },
    { "re", mod_re },
    { "i", mod_i },
    { "ignorecase", mod_i },
    { "m", mod_m },
    { "multiline", mod_m },
    { "s", mod_s },
    { "dotall", mod_s },
    { "cidr", mod_cidr },
    { "fieldref", mod_fieldref },
    { "lt", mod_lt },
    { "lte", mod_lte },
    { "gt", mod_gt },
    { "gte", mod_gte },
    { "minute", mod_minute },
    { "hour", mod_hour },
    { "day", mod_day },
    { "week", mod_week },
    { "month", mod_month },
    { "year", mod_year },
};

static bool next_modifier(struct span *rest, struct span *name)
{
    size_t bar = span_find(*rest, '|');

    if (bar == rest->n)
        return false;
    *rest = span_from(*rest, bar + 1);
    *name = (struct span){ rest->p, span_find(*rest, '|') };
    return true;
}

static bool has_modifier(struct span key, const char *want)
{
    struct span name;

    while (next_modifier(&key, &name)) {
        if (span_eq(name, span_of(want)))
            return true;
    }
    return false;
}

static void read_modifiers(struct asking *g)
{
    struct span rest = g->a->item->key, name;

    while (next_modifier(&rest, &name)) {
        for (size_t i = 0; i < COUNT_OF(modifiers); i++) {
            if (span_eq(name, span_of(modifiers[i].name)))
                modifiers[i].read(g);
        }
    }
}

/* --- expand ----------------------------------------------------------------------------- */

static struct text *text_new(struct asking *g, struct span raw)
{
    struct text *t = arena_alloc(&g->o->mem, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->raw = raw;
    t->patterns = oracle_pattern(raw, &g->o->mem);
    return t;
}

static const struct oracle_placeholder *placeholder(const struct oracle *o, struct span name)
{
    for (uint32_t i = 0; i < o->placeholder_count; i++) {
        if (span_eq(o->placeholders[i].name, name))
            return &o->placeholders[i];
    }
    return NULL;
}

static bool name_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.';
}

/* Length of the name of a placeholder that begins at s.p[at], or 0. */
static size_t name_at(struct span s, size_t at)
{
    size_t n = 0;

    if (s.p[at] != '%')
        return 0;
    while (at + 1 + n < s.n && name_byte(s.p[at + 1 + n]))
        n++;
    return at + 1 + n < s.n && s.p[at + 1 + n] == '%' ? n : 0;
}

/* A literal text inside a regular expression. */
static struct span quoted(struct span s, struct arena *mem)
{
    uint8_t *p = arena_bytes(mem, s.n * 2 + 1);
    size_t n = 0;

    for (size_t i = 0; p != NULL && i < s.n; i++) {
        if (s.p[i] < 0x80 && (!name_byte(s.p[i]) || s.p[i] == '-' || s.p[i] == '.'))
            p[n++] = '\\';
        p[n++] = s.p[i];
    }
    return (struct span){ p, n };
}

static struct span joined(struct span a, struct span b, struct arena *mem)
{
    uint8_t *p = arena_bytes(mem, a.n + b.n + 1);

    if (p == NULL)
        return SPAN_NONE;
    memcpy(p, a.n > 0 ? a.p : p, a.n);
    memcpy(p + a.n, b.n > 0 ? b.p : p, b.n);
    return (struct span){ p, a.n + b.n };
}

/* `done` is behind us, s.p[at..] to come. Every combination of values becomes a text. */
static void expand(struct asking *g, struct span done, struct span s, size_t at, bool regex)
{
    struct arena *mem = &g->o->mem;
    const struct oracle_placeholder *ph;
    struct text *t;

    for (; at < s.n; at++) {
        size_t n = name_at(s, at);

        if (n > 0) {
            ph = placeholder(g->o, (struct span){ s.p + at + 1, n });
            for (uint32_t i = 0; ph != NULL && i < ph->count; i++) {
                struct span v = regex ? quoted(ph->values[i], mem) : ph->values[i];

                expand(g, joined(done, v, mem), s, at + n + 2, regex);
            }
            return;
        }
        if (s.p[at] == '\\' && at + 1 < s.n) { /* `\%` is a percent sign, other pairs stay */
            if (s.p[at + 1] != '%')
                done = joined(done, (struct span){ s.p + at, 1 }, mem);
            at++;
        }
        done = joined(done, (struct span){ s.p + at, 1 }, mem);
    }
    t = text_new(g, done);
    if (t != NULL) {
        t->next = g->texts;
        g->texts = t;
    }
}

/* --- values ----------------------------------------------------------------------------- */

static void want_regex(struct asking *g, struct want *w, struct span text)
{
    uint32_t flags = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | g->regex_flags;
    PCRE2_SIZE at;
    int why;

    w->regex[w->regex_count] =
        pcre2_compile(text.n > 0 ? text.p : (const uint8_t *)"", text.n, flags, &why, &at, NULL);
    if (w->regex[w->regex_count] != NULL)
        w->regex_count++;
}

/* 0xff is a number in YAML; its decimal text is what is compared. */
static bool number_text(struct span s, struct decimal *out, struct arena *mem)
{
    char decimal[24];
    uint64_t v = 0;

    if (s.n < 3 || s.n > 18 || s.p[0] != '0' || (s.p[1] != 'x' && s.p[1] != 'X'))
        return oracle_decimal(s, out, mem);
    if (!num_hex(s, &v))
        return false;
    (void)snprintf(decimal, sizeof(decimal), "%llu", (unsigned long long)v);
    return oracle_decimal(span_of(decimal), out, mem);
}

static void want_network(struct want *w, struct span text)
{
    size_t slash = span_find(text, '/');
    struct network *n = &w->network[w->network_count];
    struct span address = { text.p, slash };
    uint64_t bits = 128;
    bool v4 = span_find(address, ':') == address.n;

    if (!oracle_address(address, n->address))
        return;
    if (slash < text.n && !num_u64(span_from(text, slash + 1), 128, &bits))
        return;
    n->bits = (unsigned)(v4 && slash < text.n ? bits + 96 : bits);
    w->network_count++;
}

static void want_text(struct asking *g, struct want *w, const struct text *t)
{
    struct arena *mem = &g->o->mem;
    struct pattern *next;

    for (struct pattern *p = t->patterns; p != NULL; p = next) {
        next = p->next;
        if (!g->a->cased)
            *p = oracle_fold_pattern(*p, mem);
        p->next = w->patterns;
        w->patterns = p;
    }
}

static struct span without_blanks(struct span s, struct arena *mem)
{
    uint8_t *p = arena_bytes(mem, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; p != NULL && i < s.n; i++) {
        if (s.p[i] != ' ')
            p[n++] = s.p[i];
    }
    return (struct span){ p, n };
}

static bool says_true(struct span s)
{
    return span_eq_nocase(s, SPAN_LIT("true"));
}

/* What each text of the value asks, by the way of comparing. */
static void want_one(struct asking *g, struct want *w, const struct text *t)
{
    struct arena *mem = &g->o->mem;

    switch (g->a->how) {
    case HOW_TEXT:
        want_text(g, w, t);
        break;
    case HOW_RE:
        want_regex(g, w, t->raw);
        break;
    case HOW_CIDR:
        want_network(w, t->raw);
        break;
    case HOW_ORDER:
    case HOW_PART:
        if (oracle_decimal(span_trim(t->raw), &w->number[w->number_count], mem))
            w->number_count++;
        break;
    case HOW_EXISTS:
        w->yes = says_true(t->raw);
        break;
    case HOW_REF:
        w->field = names_find(g->o->names, without_blanks(t->raw, mem));
        break;
    case HOW_NULL:
        break;
    }
}

/* A value on its own: modifiers, then what it asks. */
static struct want *want_value(struct asking *g, bool plain)
{
    struct arena *mem = &g->o->mem;
    struct want *w = arena_alloc(mem, sizeof(*w));
    uint32_t texts = 0;

    g->texts = NULL;
    if (has_modifier(g->a->item->key, "expand"))
        expand(g, SPAN_LIT(""), g->raw->text, 0, has_modifier(g->a->item->key, "re"));
    else
        g->texts = text_new(g, g->raw->text);
    read_modifiers(g);
    if (g->raw->kind == SCALAR_NULL)
        g->a->how = HOW_NULL;
    if (g->a->name == 0 && g->a->how == HOW_TEXT && !g->a->at_start && !g->a->at_end)
        change_all(g, open_both); /* a keyword stands anywhere */
    for (const struct text *t = g->texts; t != NULL; t = t->next)
        texts++;
    if (w == NULL)
        return NULL;
    w->regex = arena_array(mem, texts + 1, sizeof(pcre2_code *));
    w->number = arena_array(mem, texts + 1, sizeof(*w->number));
    w->network = arena_array(mem, texts + 1, sizeof(*w->network));
    if (w->regex == NULL || w->number == NULL || w->network == NULL)
        return NULL;
    for (const struct text *t = g->texts; t != NULL; t = t->next)
        want_one(g, w, t);
    if (plain && g->raw->kind == SCALAR_NUMBER && g->a->how == HOW_TEXT &&
        number_text(g->raw->text, &w->number[0], mem))
        w->number_count = 1;
    return w;
}

/* No modifier that makes a text of a number. */
static bool leaves_numbers(struct span key)
{
    struct span name;

    while (next_modifier(&key, &name)) {
        if (!span_eq(name, SPAN_LIT("all")) && !span_eq(name, SPAN_LIT("neq")) &&
            !span_eq(name, SPAN_LIT("cased")))
            return false;
    }
    return true;
}

static struct asked *item_read(struct oracle *o, const struct sigma_item *item)
{
    struct asked *a = arena_alloc(&o->mem, sizeof(*a));
    struct want **tail;

    MUST(a != NULL);
    a->item = item;
    if (item->field.n > 0) {
        a->name = names_find(o->names, item->field);
        MUST(a->name != 0); /* ruleset_names() was not called */
    }
    a->cased = has_modifier(item->key, "cased");
    tail = &a->wants;
    for (uint32_t i = 0; i < item->raw_count; i++) {
        struct asking g = { .o = o, .a = a, .raw = &item->raw[i] };

        a->how = HOW_TEXT;
        *tail = want_value(&g, a->name != 0 && leaves_numbers(item->key));
        if (*tail == NULL)
            break;
        tail = &(*tail)->next;
    }
    return a;
}

static struct asked *item_asked(struct oracle *o, const struct sigma_item *item)
{
    struct asked **slot = &o->asked[((uintptr_t)item >> 4) % ORACLE_BUCKETS];

    for (struct asked *a = *slot; a != NULL; a = a->same_hash) {
        if (a->item == item)
            return a;
    }
    struct asked *a = item_read(o, item);

    a->same_hash = *slot;
    *slot = a;
    return a;
}

void oracle_items_release(struct oracle *o)
{
    for (uint32_t i = 0; i < ORACLE_BUCKETS; i++) {
        for (struct asked *a = o->asked[i]; a != NULL; a = a->same_hash) {
            for (struct want *w = a->wants; w != NULL; w = w->next) {
                for (uint32_t k = 0; k < w->regex_count; k++)
                    pcre2_code_free(w->regex[k]);
            }
        }
    }
}

/* --- one value of the event ------------------------------------------------------------- */

static struct span value_text(struct oracle *o, uint32_t handle)
{
    return handle == ORACLE_RAW ? event_raw(o->event) : event_text(o->event, handle);
}

static struct span value_as(struct oracle *o, uint32_t handle, bool cased)
{
    struct folded *f = &o->folded[handle];

    if (cased)
        return value_text(o, handle);
    if (f->round != o->round) {
        f->round = o->round;
        f->text = oracle_fold(value_text(o, handle), &o->event_mem);
    }
    return f->text;
}

static bool text_holds(struct oracle *o, const struct asked *a, const struct want *w,
                       uint32_t handle)
{
    struct span value = value_as(o, handle, a->cased);
    struct decimal number;

    if (value.p == NULL)
        return false;
    for (const struct pattern *p = w->patterns; p != NULL; p = p->next) {
        if (oracle_fits(*p, value))
            return true;
    }
    return w->number_count > 0 && oracle_decimal(value, &number, &o->event_mem) &&
           oracle_decimal_compare(number, w->number[0]) == 0;
}

static bool regex_holds(struct oracle *o, const struct asked *a, const struct want *w,
                        uint32_t handle)
{
    struct span value = value_text(o, handle);

    (void)a;
    for (uint32_t i = 0; value.p != NULL && i < w->regex_count; i++) {
        if (pcre2_match(w->regex[i], value.p, value.n, 0, PCRE2_NO_JIT, o->found, o->limits) >= 0)
            return true;
    }
    return false;
}

static bool network_holds(struct oracle *o, const struct asked *a, const struct want *w,
                          uint32_t handle)
{
    struct span value = value_text(o, handle);
    uint8_t address[16];

    (void)a;
    if (value.p == NULL || !oracle_address(value, address))
        return false;
    for (uint32_t i = 0; i < w->network_count; i++) {
        const struct network *n = &w->network[i];
        unsigned same = 0;

        while (same < n->bits &&
               ((address[same / 8] ^ n->address[same / 8]) >> (7 - same % 8) & 1) == 0)
            same++;
        if (same == n->bits)
            return true;
    }
    return false;
}

static bool in_order(enum order order, int compared)
{
    return order == ORDER_LT    ? compared < 0
           : order == ORDER_LTE ? compared <= 0
           : order == ORDER_GT  ? compared > 0
                                : compared >= 0;
}

static bool order_holds(struct oracle *o, const struct asked *a, const struct want *w,
                        uint32_t handle)
{
    struct span value = value_text(o, handle);
    struct decimal number;

    if (value.p == NULL || !oracle_decimal(value, &number, &o->event_mem))
        return false;
    for (uint32_t i = 0; i < w->number_count; i++) {
        if (in_order(a->order, oracle_decimal_compare(number, w->number[i])))
            return true;
    }
    return false;
}

static bool part_of(struct span s, enum part part, int *out)
{
    struct time_parts t;

    if (!time_read(s, &t))
        return false;
    if (!t.has_year && (part == PART_YEAR || part == PART_WEEK))
        return false;
    *out = part == PART_MINUTE  ? t.minute
           : part == PART_HOUR  ? t.hour
           : part == PART_DAY   ? t.day
           : part == PART_MONTH ? t.month
           : part == PART_YEAR  ? t.year
                                : (int)oracle_week(t.year, t.month, t.day);
    return true;
}

static bool part_holds(struct oracle *o, const struct asked *a, const struct want *w,
                       uint32_t handle)
{
    struct span value = value_text(o, handle);
    struct decimal number;
    char text[16];
    int part;

    if (value.p == NULL || w->number_count == 0 || !part_of(value, a->part, &part))
        return false;
    (void)snprintf(text, sizeof(text), "%d", part);
    return oracle_decimal(span_of(text), &number, &o->event_mem) &&
           oracle_decimal_compare(number, w->number[0]) == 0;
}

/* The other field's value as a pattern: nothing in it is a wildcard. */
static bool other_fits(struct oracle *o, const struct asked *a, struct span value,
                       struct span other)
{
    struct pattern p = { 0 }, *opened;
    uint16_t *unit = arena_array(&o->event_mem, other.n + 1, sizeof(*unit));

    if (unit == NULL)
        return false;
    for (; p.count < other.n; p.count++)
        unit[p.count] = other.p[p.count];
    p.unit = unit;
    opened = open_sides(&p, a->at_start, a->at_end, &o->event_mem);
    return opened != NULL && oracle_fits(*opened, value);
}

static bool ref_holds(struct oracle *o, const struct asked *a, const struct want *w,
                      uint32_t handle)
{
    struct event *e = o->event;
    struct decimal x, y;

    MUST(w->field != 0); /* ruleset_names() was not called */
    for (uint32_t h = event_get(e, o->view, w->field); h != EVENT_NONE;
         h = event_more(e, o->view, w->field, h)) {
        struct span value = value_as(o, handle, a->cased), other = value_as(o, h, a->cased);

        if (value.p == NULL || other.p == NULL)
            continue;
        if (a->order == ORDER_NONE && other_fits(o, a, value, other))
            return true;
        if (a->order != ORDER_NONE && oracle_decimal(value, &x, &o->event_mem) &&
            oracle_decimal(other, &y, &o->event_mem) &&
            in_order(a->order, oracle_decimal_compare(x, y)))
            return true;
    }
    return false;
}

/* --- the item --------------------------------------------------------------------------- */

typedef bool holds_fn(struct oracle *o, const struct asked *a, const struct want *w,
                      uint32_t handle);

static holds_fn *const holds[] = {
    [HOW_TEXT] = text_holds,   [HOW_RE] = regex_holds,  [HOW_CIDR] = network_holds,
    [HOW_ORDER] = order_holds, [HOW_PART] = part_holds, [HOW_REF] = ref_holds,
};

/* Every value, and the record as it came where that is text. */
static bool keyword_holds(struct oracle *o, const struct asked *a, const struct want *w)
{
    const struct rec *r = o->event->rec;

    for (uint32_t i = 0; i < r->count; i++) {
        if (r->fields[i].kind != REC_GROUP && r->fields[i].kind != REC_NONE &&
            holds[a->how](o, a, w, i))
            return true;
    }
    return (r->flags & REC_RAW_BINARY) == 0 && holds[a->how](o, a, w, ORACLE_RAW);
}

static bool field_holds(struct oracle *o, const struct asked *a, const struct want *w)
{
    struct event *e = o->event;
    uint32_t h = event_get(e, o->view, a->name);
    bool present = h != EVENT_NONE;

    if (a->how == HOW_EXISTS)
        return present == w->yes;
    if (a->how == HOW_NULL && !present)
        return true;
    for (; h != EVENT_NONE; h = event_more(e, o->view, a->name, h)) {
        bool null = event_field(e, h)->kind == REC_NONE;

        if (a->how == HOW_NULL ? null : !null && holds[a->how](o, a, w, h))
            return true;
    }
    return false;
}

bool oracle_item_holds(struct oracle *o, const struct sigma_item *item)
{
    const struct asked *a = item_asked(o, item);
    bool any = false, every = true;

    for (const struct want *w = a->wants; w != NULL; w = w->next) {
        bool held = a->name == 0 ? keyword_holds(o, a, w) : field_holds(o, a, w);

        any |= held;
        every &= held;
        if (a->all ? !held : held)
            break; /* the rest cannot change it */
    }
    return (a->all ? every : any) != a->neq;
}
