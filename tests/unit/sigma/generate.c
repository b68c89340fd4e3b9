/*
 * generate.c - tables of what rules and events are made of, and dice (splitmix64).
 *
 * What would make the outcome hang on a choice that the specification leaves open is not made:
 * UTF-16 of characters that are not ASCII, numbers beyond 2^53, expressions that backtrack.
 */
#include "generate.h"

#include "base/utf.h"

#define SHUFFLE_MAX 24u

void generate_init(struct generate *g, uint64_t seed)
{
    *g = (struct generate){ .state = seed };
}

void generate_init_bytes(struct generate *g, struct span dice)
{
    *g = (struct generate){ .dice = dice };
}

static uint64_t dice(struct generate *g)
{
    uint64_t z = g->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint32_t generate_below(struct generate *g, uint32_t n)
{
    if (g->dice.n > 0) {
        uint8_t byte = g->dice.p[0];

        MUST(n <= GENERATE_SEEDS);
        g->dice = span_from(g->dice, 1);
        return n <= 256 ? byte % n : byte * 2u % n;
    }
    return (uint32_t)(dice(g) % n);
}

static bool chance(struct generate *g, uint32_t percent)
{
    return generate_below(g, 100) < percent;
}

#define PICK(g, table) (table)[generate_below(g, (uint32_t)COUNT_OF(table))]

/* --- literals --------------------------------------------------------------------------- */

static const char *const fields[] = { "Image",   "image", "CommandLine", "user.name", "A",
                                      "EventID", "Ip",    "T",           "New Value", "Keywords" };

static const char *const words[] = {
    "a",
    "b",
    "aa",
    "ab",
    "ABA",
    "cmd",
    "Power",
    ".exe",
    "-enc",
    "/c",
    " ",
    "  ",
    "-",
    "1",
    "0",
    "42",
    "ss",
    "k",
    "\xc3\x9f",
    /* sharp s */ "\xe1\xba\x9e", /* capital sharp s */
    "\xe2\x84\xaa",
    /* Kelvin */ "\xc5\xbf", /* long s */
    "\xc4\xb0",
    /* dotted I */ "\xc4\xb1", /* dotless i */
    "\xc3\xa9",
    "\xc3\x89",
    "\xc4\x90",
    "\xc4\x91",
    "\xce\xa3",
    "\xcf\x82",
    "\xcf\x83",
    "\xe1\xbe\x88", /* with prosgegrammeni: folds to one character by S only */
    "\xf0\x9f\x98\x80",
    "\n",
    "\t",
    "'",
    "\"",
    "%",
    "(",
    "|",
    "$",
    "x",
    "\xe2\x80\x93",
};

static const char *const patterns[] = { "*", "?", "\\*", "\\?", "\\\\", "\\", "**", "*?" };

static const char *const plain[] = { "cmd", "IEX", "a", "http:", "New-Object", "x y", "AB1" };

enum form {
    FORM_TEXT,
    FORM_PATTERN,
    FORM_WIDE,
    FORM_WIDE_BIG,
    FORM_WIDE_MARK,
    FORM_BASE64,
    FORM_WIDE_BASE64
};

struct text {
    uint8_t p[GENERATE_TEXT];
    size_t n;
};

static void text_add(struct text *t, const void *p, size_t n)
{
    if (n <= sizeof(t->p) - t->n) {
        memcpy(t->p + t->n, p, n);
        t->n += n;
    }
}

static void text_word(struct text *t, const char *word)
{
    text_add(t, word, strlen(word));
}

static struct text make_text(struct generate *g, enum form form)
{
    struct text t = { .n = 0 };
    uint32_t count = generate_below(g, 12) == 0 ? 0 : 1 + generate_below(g, 4);

    if (form != FORM_TEXT && form != FORM_PATTERN) {
        text_word(&t, PICK(g, plain));
        return t;
    }
    for (uint32_t i = 0; i < count; i++)
        text_word(&t, form == FORM_PATTERN && chance(g, 30) ? PICK(g, patterns) : PICK(g, words));
    return t;
}

static void remember(struct generate *g, uint32_t field, enum form form, struct text t)
{
    struct generate_literal *l =
        &g->literal[g->literal_count < GENERATE_SEEDS ? g->literal_count++
                                                      : generate_below(g, GENERATE_SEEDS)];

    *l = (struct generate_literal){ .field = (uint8_t)field,
                                    .form = (uint8_t)form,
                                    .n = (uint8_t)t.n };
    memcpy(l->text, t.p, t.n);
}

/* --- rules ------------------------------------------------------------------------------ */

enum values { VALUES_TEXT, VALUES_ONE, VALUES_ROWS, VALUES_FIELD };

struct row {
    const char *value, *match; /* what the rule says, and what would match it */
};

static const struct row numbers[] = { { "0", "0" },       { "42", "42" },     { "-1", "-1" },
                                      { "4688", "4688" }, { "1.5", "1.50" },  { "1e3", "1000" },
                                      { "0x2a", "42" },   { "0x2A", "0x2a" }, { "007", "7" },
                                      { "true", "TRUE" } };
static const struct row regexes[] = {
    { "'^a+b'", "aab" },
    { "'cmd|power'", "xpowerx" },
    { "'[0-9]{2,3}$'", "x123" },
    { "'a.c'", "abc" },
    { "'(?i)iex'", "IEX" },
    { "'\\bnew\\b'", "a new x" },
    { "'x\\\\y'", "x\\y" },
    { "'^$'", "" },
    { "'\xc3\xa9+'", "\xc3\xa9\xc3\xa9" },
    { "'(ab)+c?'", "ababc" },
    { "'a*'", "b" },
    { "'[^a-z]k'", "Kk" },
};
static const struct row networks[] = {
    { "10.0.0.0/8", "10.1.2.3" },
    { "192.168.4.0/22", "192.168.7.255" },
    { "'2001:db8::/32'", "2001:db8::1" },
    { "1.2.3.4", "1.2.3.4" },
    { "'::ffff:10.0.0.0/104'", "10.0.0.1" },
    { "'fe80::/10'", "FE80::1" },
};
static const struct row orders[] = {
    { "10", "10" }, { "-3", "-2" }, { "1.5", "1.25" }, { "'42'", "42" }
};
static const struct row hours[] = { { "7", "2025-11-27T07:40:10Z" },
                                    { "12", "2024-12-30 12:12:12" } };
static const struct row minutes[] = { { "40", "2025-11-27T07:40:10Z" },
                                      { "0", "2024-12-30T12:00:12.5+07:00" } };
static const struct row days[] = { { "27", "2025-11-27T07:40:10Z" },
                                   { "29", "2024-02-29 12:12:12" } };
static const struct row months[] = { { "11", "2025-11-27T07:40:10Z" }, { "2", "2024-02-29" } };
static const struct row years[] = { { "2025", "2025-11-27T07:40:10Z" },
                                    { "2024", "2024-12-30 23:59:60" } };
static const struct row weeks[] = { { "53", "2021-01-03T00:00:00Z" },
                                    { "1", "2024-12-30 12:12:12" } };
static const struct row truth[] = { { "true", "x" }, { "false", "" } };
static const struct row nulls[] = { { "null", "" }, { "~", "" } };
static const struct row placed[] = { { "'%Admins%'", "CORP\\adminX" },
                                     { "'x%Servers%'", "xSRV2" },
                                     { "'%Servers%-%Servers%'", "srv1-srv2" },
                                     { "'\\%Servers%'", "%Servers%" } };

static const struct row placed_nets[] = { { "'%Nets%'", "10.9.8.7" },
                                          { "'%Nets%'", "2001:DB8:0::1" } };
static const struct row placed_regexes[] = { { "'^%Dotted%'", "a.b+cd" },
                                             { "'x%Servers%$'", "-xsrv1" } };

#define ROWS(r) r, COUNT_OF(r)

static const struct shape {
    const char *modifiers;
    uint32_t weight;
    enum values values;
    enum form form;
    const struct row *rows;
    size_t row_count;
} shapes[] = {
    { "", 10, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|contains", 10, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|startswith", 6, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|endswith", 6, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|contains|all", 4, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|all", 2, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|all|startswith", 1, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|cased", 3, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|contains|cased", 3, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|neq", 2, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|endswith|neq", 2, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|contains|neq|all", 1, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|windash", 2, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|windash|contains", 3, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|contains|windash|all", 2, VALUES_TEXT, FORM_PATTERN, NULL, 0 },
    { "|wide|contains", 1, VALUES_TEXT, FORM_WIDE, NULL, 0 },
    { "|utf16le|startswith|all", 1, VALUES_TEXT, FORM_WIDE, NULL, 0 },
    { "|utf16be|endswith", 1, VALUES_TEXT, FORM_WIDE_BIG, NULL, 0 },
    { "|utf16|contains", 1, VALUES_TEXT, FORM_WIDE_MARK, NULL, 0 },
    { "|utf16|base64|contains", 1, VALUES_TEXT, FORM_WIDE_BASE64, NULL, 0 },
    { "|base64|cased|neq", 1, VALUES_TEXT, FORM_BASE64, NULL, 0 },
    { "|base64", 1, VALUES_TEXT, FORM_BASE64, NULL, 0 },
    { "|base64offset|contains", 2, VALUES_TEXT, FORM_BASE64, NULL, 0 },
    { "|base64offset|contains|cased", 1, VALUES_TEXT, FORM_BASE64, NULL, 0 },
    { "|wide|base64offset|contains", 2, VALUES_TEXT, FORM_WIDE_BASE64, NULL, 0 },
    { "|windash|wide|base64offset|contains", 1, VALUES_TEXT, FORM_WIDE_BASE64, NULL, 0 },
    { "", 5, VALUES_ROWS, FORM_TEXT, ROWS(numbers) },
    { "|all", 1, VALUES_ROWS, FORM_TEXT, ROWS(numbers) },
    { "|contains", 1, VALUES_ROWS, FORM_TEXT, ROWS(numbers) },
    { "|re", 5, VALUES_ROWS, FORM_TEXT, ROWS(regexes) },
    { "|re|i", 2, VALUES_ROWS, FORM_TEXT, ROWS(regexes) },
    { "|re|m|s", 1, VALUES_ROWS, FORM_TEXT, ROWS(regexes) },
    { "|re|contains", 1, VALUES_ROWS, FORM_TEXT, ROWS(regexes) },
    { "|re|neq|i", 1, VALUES_ROWS, FORM_TEXT, ROWS(regexes) },
    { "|re|all", 1, VALUES_ROWS, FORM_TEXT, ROWS(regexes) },
    { "|re|startswith", 1, VALUES_ROWS, FORM_TEXT, ROWS(regexes) },
    { "|re|endswith", 1, VALUES_ROWS, FORM_TEXT, ROWS(regexes) },
    { "|cidr", 3, VALUES_ROWS, FORM_TEXT, ROWS(networks) },
    { "|cidr|neq", 1, VALUES_ROWS, FORM_TEXT, ROWS(networks) },
    { "|lt", 1, VALUES_ROWS, FORM_TEXT, ROWS(orders) },
    { "|lte", 1, VALUES_ROWS, FORM_TEXT, ROWS(orders) },
    { "|gt", 1, VALUES_ROWS, FORM_TEXT, ROWS(orders) },
    { "|gte", 1, VALUES_ROWS, FORM_TEXT, ROWS(orders) },
    { "|neq|gt", 1, VALUES_ROWS, FORM_TEXT, ROWS(orders) },
    { "|minute", 1, VALUES_ROWS, FORM_TEXT, ROWS(minutes) },
    { "|day", 1, VALUES_ROWS, FORM_TEXT, ROWS(days) },
    { "|month", 1, VALUES_ROWS, FORM_TEXT, ROWS(months) },
    { "|year|neq", 1, VALUES_ROWS, FORM_TEXT, ROWS(years) },
    { "|hour", 1, VALUES_ROWS, FORM_TEXT, ROWS(hours) },
    { "|week", 1, VALUES_ROWS, FORM_TEXT, ROWS(weeks) },
    { "|exists", 2, VALUES_ONE, FORM_TEXT, ROWS(truth) },
    { "", 3, VALUES_ONE, FORM_TEXT, ROWS(nulls) },
    { "|neq", 1, VALUES_ONE, FORM_TEXT, ROWS(nulls) },
    { "|cidr|all", 1, VALUES_ROWS, FORM_TEXT, ROWS(networks) },
    { "|expand|cidr", 1, VALUES_ROWS, FORM_TEXT, ROWS(placed_nets) },
    { "|expand|re", 1, VALUES_ROWS, FORM_TEXT, ROWS(placed_regexes) },
    { "|expand|neq|all|cased", 1, VALUES_ROWS, FORM_TEXT, ROWS(placed) },
    { "|expand", 2, VALUES_ROWS, FORM_TEXT, ROWS(placed) },
    { "|contains|expand", 1, VALUES_ROWS, FORM_TEXT, ROWS(placed) },
    { "|fieldref", 3, VALUES_FIELD, FORM_TEXT, NULL, 0 },
    { "|fieldref|neq", 1, VALUES_FIELD, FORM_TEXT, NULL, 0 },
    { "|fieldref|startswith", 1, VALUES_FIELD, FORM_TEXT, NULL, 0 },
    { "|fieldref|cased", 1, VALUES_FIELD, FORM_TEXT, NULL, 0 },
    { "|fieldref|contains|all", 1, VALUES_FIELD, FORM_TEXT, NULL, 0 },
    { "|fieldref|endswith|neq", 1, VALUES_FIELD, FORM_TEXT, NULL, 0 },
    { "|fieldref|gte", 1, VALUES_FIELD, FORM_TEXT, NULL, 0 },
    { "|fieldref|lt", 1, VALUES_FIELD, FORM_TEXT, NULL, 0 },
};

/* Modifiers that keywords can have: the shapes up to the encodings, and `re`. */
static bool for_keywords(const struct shape *s)
{
    return s->values == VALUES_TEXT ? strstr(s->modifiers, "neq") == NULL
           : s->rows == numbers     ? s->modifiers[0] == 0
                                    : s->rows == regexes && strstr(s->modifiers, "with") == NULL;
}

static const struct shape *pick_shape(struct generate *g, bool keywords)
{
    uint32_t total = 0, at;

    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        total += keywords && !for_keywords(&shapes[i]) ? 0 : shapes[i].weight;
    at = generate_below(g, total);
    for (size_t i = 0;; i++) {
        uint32_t w = keywords && !for_keywords(&shapes[i]) ? 0 : shapes[i].weight;

        if (at < w)
            return &shapes[i];
        at -= w;
    }
}

static void put_quoted(struct buf *out, struct text t)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] == '"' || t.p[i] == '\\')
            buf_byte(out, '\\');
        if (t.p[i] == '\n' || t.p[i] == '\t')
            buf_text(out, t.p[i] == '\n' ? "\\n" : "\\t");
        else
            buf_byte(out, t.p[i]);
    }
    buf_byte(out, '"');
}

static void put_value(struct generate *g, struct buf *out, const struct shape *s, uint32_t field)
{
    struct text t = { .n = 0 };

    if (s->values == VALUES_FIELD) {
        uint32_t other = generate_below(g, (uint32_t)COUNT_OF(fields));

        t = make_text(g, FORM_TEXT);
        remember(g, field, FORM_TEXT, t);
        remember(g, other, FORM_TEXT, t);
        buf_fmt(out, "'%s'", fields[other]);
    } else if (s->rows != NULL) {
        const struct row *r = &s->rows[generate_below(g, (uint32_t)s->row_count)];

        text_word(&t, r->match);
        remember(g, field, FORM_TEXT, t);
        buf_text(out, r->value);
    } else {
        t = make_text(g, s->form);
        remember(g, field, s->form, t);
        put_quoted(out, t);
    }
}

static void put_values(struct generate *g, struct buf *out, const struct shape *s, uint32_t field)
{
    uint32_t count = s->values == VALUES_ONE ? 1 : 1 + generate_below(g, 4);

    if (count == 1) {
        put_value(g, out, s, field);
        return;
    }
    buf_byte(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        put_value(g, out, s, field);
    }
    buf_byte(out, ']');
}

/* Items of one map have different fields: a key may not stand twice. */
static void put_map(struct generate *g, struct buf *out)
{
    uint32_t count = 1 + generate_below(g, 3), field = generate_below(g, COUNT_OF(fields));

    buf_text(out, "{ ");
    for (uint32_t i = 0; i < count; i++) {
        const struct shape *s = pick_shape(g, false);

        buf_fmt(out, "%s'%s%s': ", i > 0 ? ", " : "", fields[field], s->modifiers);
        put_values(g, out, s, field);
        field = (field + 1 + generate_below(g, 2)) % COUNT_OF(fields);
    }
    buf_text(out, " }");
}

static void put_search(struct generate *g, struct buf *out)
{
    uint32_t kind = generate_below(g, 10), field = generate_below(g, COUNT_OF(fields));

    if (kind == 0) {
        const struct shape *s = pick_shape(g, true);

        if (s->modifiers[0] != 0)
            buf_fmt(out, "{ '%s': ", s->modifiers);
        put_values(g, out, s, field);
        buf_text(out, s->modifiers[0] != 0 ? " }" : "");
    } else if (kind == 1) {
        buf_text(out, "[ ");
        put_map(g, out);
        buf_text(out, ", ");
        put_map(g, out);
        buf_text(out, " ]");
    } else {
        put_map(g, out);
    }
}

static const char *const searches[] = { "sel_a", "sel_b", "filter_x", "_hidden" };

static const char *const groups[] = { "1 of them",    "all of them",   "1 of sel_*", "all of *_*",
                                      "any of sel_*", "1 of filter_*", "2 of them" };

static void put_condition(struct generate *g, struct buf *out, unsigned depth)
{
    static const char *const joins[] = { " and ", " or ", " and not " };

    if (chance(g, 15))
        buf_text(out, "not ");
    if (depth > 0 && chance(g, 60)) {
        bool parens = chance(g, 50);

        buf_text(out, parens ? "(" : "");
        put_condition(g, out, depth - 1);
        buf_text(out, PICK(g, joins));
        put_condition(g, out, depth - 1);
        buf_text(out, parens ? ")" : "");
        return;
    }
    if (chance(g, 30))
        buf_text(out, PICK(g, groups));
    else
        buf_text(out, PICK(g, searches));
}

static void put_filter(struct generate *g, struct buf *out)
{
    buf_fmt(out,
            "---\ntitle: filter %u\nlogsource: { product: test }\nfilter:\n"
            "    rules: [r%u]\n    sel_a: ",
            g->rule_count, generate_below(g, g->rule_count));
    put_search(g, out);
    buf_text(out, "\n    sel_z: ");
    put_search(g, out);
    buf_fmt(out, "\n    condition: not %s\n",
            chance(g, 50)   ? "1 of sel_*"
            : chance(g, 50) ? "all of them"
                            : "sel_z");
}

void generate_rule(struct generate *g, struct buf *yaml)
{
    static const char *const sources[] = { "product: test", "product: test, category: plain",
                                           "category: mapped" };

    buf_fmt(yaml, "---\ntitle: rule %u\nname: r%u\nlogsource: { %s }\ndetection:\n", g->rule_count,
            g->rule_count, chance(g, 70) ? sources[0] : PICK(g, sources));
    g->rule_count++;
    for (size_t i = 0; i < COUNT_OF(searches); i++) {
        buf_fmt(yaml, "    %s: ", searches[i]);
        put_search(g, yaml);
        buf_byte(yaml, '\n');
    }
    buf_text(yaml, "    condition: ");
    if (chance(g, 10)) {
        buf_text(yaml, "['");
        put_condition(g, yaml, 1);
        buf_text(yaml, "', '");
        put_condition(g, yaml, 1);
        buf_text(yaml, "']\n");
    } else {
        buf_byte(yaml, '\'');
        put_condition(g, yaml, 2);
        buf_text(yaml, "'\n");
    }
    if (chance(g, 15))
        put_filter(g, yaml);
}

/* --- events ----------------------------------------------------------------------------- */

/* A text that the pattern matches. */
static struct text realize(struct generate *g, const struct generate_literal *l)
{
    struct text t = { .n = 0 };

    for (size_t i = 0; i < l->n; i++) {
        uint8_t c = l->text[i], next = i + 1 < l->n ? l->text[i + 1] : 0;

        if (l->form == FORM_PATTERN && c == '*') {
            if (chance(g, 60))
                text_word(&t, PICK(g, words));
        } else if (l->form == FORM_PATTERN && c == '?') {
            text_word(&t, chance(g, 80) ? "q" : "\xe2\x82\xac");
        } else if (l->form == FORM_PATTERN && c == '\\' &&
                   (next == '*' || next == '?' || next == '\\')) {
            text_add(&t, &next, 1);
            i++;
        } else {
            text_add(&t, &c, 1);
        }
    }
    return t;
}

static struct text widened(struct text in, enum form form)
{
    struct text t = { .n = 0 };
    bool big = form == FORM_WIDE_BIG;

    if (form == FORM_WIDE_MARK)
        text_add(&t, "\xff\xfe", 2);
    for (size_t i = 0; i < in.n; i++)
        text_add(&t, (const uint8_t[]){ big ? 0 : in.p[i], big ? in.p[i] : 0 }, 2);
    return t;
}

static struct text base64ed(struct generate *g, struct text in)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct text whole = { .n = 0 }, t = { .n = 0 };

    for (uint32_t k = generate_below(g, 4); k > 0; k--)
        text_word(&whole, "z");
    text_add(&whole, in.p, in.n < 40 ? in.n : 40);
    if (chance(g, 50))
        text_word(&whole, "tail");
    for (size_t i = 0; i < whole.n; i += 3) {
        uint32_t bits = 0;

        for (size_t k = i; k < i + 3; k++)
            bits = bits << 8 | (k < whole.n ? whole.p[k] : 0u);
        for (unsigned k = 0; k < 4; k++)
            text_add(&t, i + k <= whole.n ? &digits[bits >> (18 - 6 * k) & 63] : "=", 1);
    }
    return t;
}

/* How many bytes the UTF-8 character at `i` has. */
static size_t char_at(const struct text *t, size_t i)
{
    size_t n = 1;

    while (i + n < t->n && (t->p[i + n] & 0xc0) == 0x80)
        n++;
    return n;
}

static void cut_out(struct text *t, size_t at, size_t n)
{
    memmove(t->p + at, t->p + at + n, t->n - at - n);
    t->n -= n;
}

static void put_before(struct text *t, const char *word)
{
    struct text whole = { .n = 0 };

    text_word(&whole, word);
    text_add(&whole, t->p, t->n);
    *t = whole;
}

/* One thing wrong, or nothing. */
static void mutate(struct generate *g, struct text *t)
{
    size_t at = t->n > 0 ? generate_below(g, (uint32_t)t->n) : 0;

    while (at > 0 && (t->p[at] & 0xc0) == 0x80)
        at--;
    switch (generate_below(g, 10)) {
    case 0:
        if (t->n > 0)
            cut_out(t, at, char_at(t, at));
        break;
    case 1:
        put_before(t, PICK(g, words));
        break;
    case 2:
        text_word(t, PICK(g, words));
        break;
    case 3:
        for (size_t i = 0; i < t->n; i++) { /* letters change their case */
            if ((t->p[i] | 32) >= 'a' && (t->p[i] | 32) <= 'z')
                t->p[i] ^= chance(g, 70) ? 32 : 0;
        }
        break;
    case 4:
        for (size_t i = 0; i < t->n; i++)
            t->p[i] = t->p[i] == '-' ? '/' : t->p[i] == '/' ? '-' : t->p[i];
        break;
    case 5: { /* characters that fold to ASCII letters */
        struct text changed = { .n = 0 };

        for (size_t i = 0; i < t->n; i++) {
            if ((t->p[i] | 32) == 's')
                text_word(&changed, "\xc5\xbf");
            else if ((t->p[i] | 32) == 'k')
                text_word(&changed, "\xe2\x84\xaa");
            else
                text_add(&changed, &t->p[i], 1);
        }
        *t = changed;
        break;
    }
    default:
        break;
    }
}

/* "\u20ac", and two of them for what is beyond U+FFFF. */
static void put_escaped(struct buf *out, uint32_t cp, bool capitals)
{
    const char *form = capitals ? "\\u%04X" : "\\u%04x";

    if (cp >= 0x10000) {
        buf_fmt(out, form, 0xd800 + ((cp - 0x10000) >> 10));
        cp = 0xdc00 + (cp & 0x3ff);
    }
    buf_fmt(out, form, cp);
}

/* All the ways to write a character: as it is, by its letter, by its number. */
static void put_json_text(struct generate *g, struct buf *out, struct text t)
{
    uint32_t by_number = chance(g, 20) ? 100 : chance(g, 20) ? 10 : 0; /* per cent */
    bool slashes = chance(g, 10);
    size_t used;

    buf_byte(out, '"');
    for (struct span s = { t.p, t.n }; s.n > 0; s = span_from(s, used)) {
        uint32_t cp = utf8_get(s, &used);

        if (cp == UTF_BAD)
            buf_byte(out, s.p[0]); /* bytes that are no text stay */
        else if (cp == '\n' && chance(g, 50))
            buf_text(out, "\\n");
        else if ((cp == '"' || cp == '\\' || (cp == '/' && slashes)) && chance(g, 80))
            buf_fmt(out, "\\%c", (int)cp);
        else if (cp < 0x20 || cp == '"' || cp == '\\' || (by_number > 0 && chance(g, by_number)))
            put_escaped(out, cp, chance(g, 50));
        else
            buf_add(out, (struct span){ s.p, used });
    }
    buf_byte(out, '"');
}

/* Digits without a zero before them: what may stand in JSON without quotes. */
static bool is_number(struct text t)
{
    if (t.n == 0 || t.n > 15 || (t.p[0] == '0' && t.n > 1))
        return false;
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] < '0' || t.p[i] > '9')
            return false;
    }
    return true;
}

static void put_event_value(struct generate *g, struct buf *out, const struct generate_literal *l)
{
    struct text t;

    if (chance(g, 4)) {
        buf_text(out, chance(g, 50) ? "null" : "\"\"");
        return;
    }
    t = realize(g, l);
    if (l->form >= FORM_WIDE && l->form != FORM_BASE64)
        t = widened(t, (enum form)l->form);
    if (l->form == FORM_BASE64 || l->form == FORM_WIDE_BASE64)
        t = base64ed(g, t);
    mutate(g, &t);
    if (is_number(t) && chance(g, 50))
        buf_add(out, (struct span){ t.p, t.n });
    else
        put_json_text(g, out, t);
}

static const struct generate_literal *some_literal(struct generate *g, uint32_t field)
{
    const struct generate_literal *l = &g->literal[generate_below(g, g->literal_count)];

    /* Mostly what some rule asks of this very field. */
    for (unsigned tries = 0; tries < 20 && l->field != field && chance(g, 95); tries++)
        l = &g->literal[generate_below(g, g->literal_count)];
    return l;
}

static void put_name(struct generate *g, struct buf *out, const char *name)
{
    uint32_t how = generate_below(g, 12);

    for (size_t i = 0; name[i] != 0; i++) {
        if (how == 0 && name[i] >= 'A' && name[i] <= 'Z')
            buf_byte(out, (uint8_t)(name[i] | 32)); /* all in small letters */
        else if (how != 1 || name[i] != ' ')
            buf_byte(out, (uint8_t)name[i]);
    }
}

/* A nested name whose outer part is an array of objects, some without the inner part. */
static void put_objects(struct generate *g, struct buf *out, uint32_t field)
{
    const char *name = fields[field], *dot = strchr(name, '.');
    uint32_t count = generate_below(g, 4);

    buf_fmt(out, "\"%.*s\":[", (int)(dot - name), name);
    for (uint32_t i = 0; i < count; i++) {
        buf_fmt(out, "%s{\"%s\":", i > 0 ? "," : "", chance(g, 80) ? dot + 1 : "other");
        put_event_value(g, out, some_literal(g, field));
        buf_byte(out, '}');
    }
    buf_byte(out, ']');
}

static void put_field(struct generate *g, struct buf *out, uint32_t field)
{
    const char *name = fields[field], *dot = strchr(name, '.');
    bool nested = dot != NULL && chance(g, 70);
    uint32_t count = chance(g, 12) ? generate_below(g, 4) : 1;

    if (nested && chance(g, 25)) {
        put_objects(g, out, field);
        return;
    }
    if (nested) {
        buf_fmt(out, "\"%.*s\":{\"%s\":", (int)(dot - name), name, dot + 1);
    } else {
        buf_byte(out, '"');
        put_name(g, out, name);
        buf_text(out, "\":");
    }
    buf_text(out, count == 1 ? "" : "[");
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i > 0 ? "," : "");
        put_event_value(g, out, some_literal(g, field));
    }
    buf_text(out, count == 1 ? "" : "]");
    buf_text(out, nested ? "}" : "");
}

/* The members of an event, each a slice of one buffer. */
struct members {
    struct buf text;
    struct {
        size_t from, to;
    } at[SHUFFLE_MAX];
    uint32_t count;
};

static void member_end(struct members *m, size_t from)
{
    m->at[m->count].from = from;
    m->at[m->count++].to = m->text.n;
}

static void members_make(struct generate *g, struct members *m)
{
    size_t from = 0;

    buf_init(&m->text, 1u << 20);
    m->count = 0;
    if (chance(g, 15)) {
        buf_text(&m->text, "\"kind\":\"mapped\"");
        member_end(m, from);
    }
    for (uint32_t i = 0; i < COUNT_OF(fields); i++) {
        bool twice = chance(g, 4);

        if (chance(g, 40))
            continue;
        for (uint32_t k = 0; k <= twice; k++) {
            from = m->text.n;
            if (chance(g, 15) && (i == 0 || i == 1)) {
                buf_text(&m->text, "\"Program\":");
                put_event_value(g, &m->text, some_literal(g, 0));
            } else {
                put_field(g, &m->text, i);
            }
            member_end(m, from);
        }
    }
}

static void members_put(const struct members *m, const uint32_t *order, const char *more,
                        struct buf *out)
{
    buf_clear(out);
    buf_byte(out, '{');
    for (uint32_t i = 0; i < m->count; i++) {
        uint32_t k = order[i];

        buf_text(out, i > 0 ? "," : "");
        buf_add(out, (struct span){ m->text.p + m->at[k].from, m->at[k].to - m->at[k].from });
    }
    buf_fmt(out, "%s%s}", m->count > 0 && more[0] != 0 ? "," : "", more);
}

void generate_event(struct generate *g, struct buf *json)
{
    uint32_t order[SHUFFLE_MAX];
    struct members m;

    members_make(g, &m);
    for (uint32_t i = 0; i < m.count; i++)
        order[i] = i;
    members_put(&m, order, "", json);
    buf_release(&m.text);
}

void generate_shuffled(struct generate *g, struct buf *json, struct buf *same)
{
    uint32_t order[SHUFFLE_MAX];
    struct members m;

    members_make(g, &m);
    for (uint32_t i = 0; i < m.count; i++)
        order[i] = i;
    members_put(&m, order, "", json);
    for (uint32_t i = m.count; i > 1; i--) {
        uint32_t k = generate_below(g, i), swap = order[i - 1];

        order[i - 1] = order[k];
        order[k] = swap;
    }
    members_put(&m, order, "\"Unasked\":\"\xe2\x81\x82\"", same);
    buf_release(&m.text);
}
