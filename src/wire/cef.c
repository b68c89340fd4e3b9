/*
 * cef.c - ArcSight's Common Event Format.
 *
 *   CEF:0|Vendor|Product|1.0|100|worm \| stopped|10|src=10.0.0.1 msg=two words cs1Label=Rule cs1=x
 *   version vendor product version id name severity  extension: key=value, values hold blanks
 *
 * A key is a word with an '=' right behind it that no backslash escapes; a value reaches to the
 * blank before the next key. One pass: at every '=' the word before it, from the last blank on, is
 * either a key (it has only key bytes), or the '=' belongs to the value (URLs hold many).
 *
 * csN with csNLabel: the value is added a second time under the label's text without blanks,
 * because that is the name that a rule's author knows. Pairs are kept in a small table by family
 * and digit, so that a hostile line costs no search.
 */
#include "wire/line.h"
#include "wire/sniff.h"

#define CEF_HEADER_FIELDS 7u
#define CEF_DIGITS        10u

static const struct span header_names[CEF_HEADER_FIELDS] = {
    { (const uint8_t *)"cef_version", 11 },
    { (const uint8_t *)"deviceVendor", 12 },
    { (const uint8_t *)"deviceProduct", 13 },
    { (const uint8_t *)"deviceVersion", 13 },
    { (const uint8_t *)"deviceEventClassId", 18 },
    { (const uint8_t *)"name", 4 },
    { (const uint8_t *)"severity", 8 },
};

/* Keys that take a digit and may have a label. */
static const struct span families[] = {
    { (const uint8_t *)"cs", 2 },          { (const uint8_t *)"cn", 2 },
    { (const uint8_t *)"cfp", 3 },         { (const uint8_t *)"c6a", 3 },
    { (const uint8_t *)"flexString", 10 }, { (const uint8_t *)"flexNumber", 10 },
    { (const uint8_t *)"flexDate", 8 },    { (const uint8_t *)"deviceCustomDate", 16 },
};

/* Index of the field + 1, 0 for none. */
struct cef_labels {
    uint32_t value[COUNT_OF(families)][CEF_DIGITS];
    uint32_t label[COUNT_OF(families)][CEF_DIGITS];
    bool any;
};

static void labels_note(struct cef_labels *l, struct span key, uint32_t field)
{
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        size_t n = families[i].n;

        if (!span_starts(key, families[i]) || key.n == n || !ascii_is_digit(key.p[n]))
            continue;
        if (key.n == n + 1) {
            l->value[i][key.p[n] - '0'] = field + 1;
        } else if (span_eq(span_from(key, n + 1), SPAN_LIT("Label"))) {
            l->label[i][key.p[n] - '0'] = field + 1;
            l->any = true;
        }
    }
}

/* The label as a name: its text without blanks and escapes. */
static struct span label_name(const struct rec_field *f, struct arena *mem)
{
    struct span s = { f->value, f->value_bytes };
    uint8_t *p;
    size_t n = 0;

    if (s.n == 0 || s.n > LIMIT_NAME_BYTES)
        return SPAN_NONE;
    if (f->kind == REC_TEXT && span_find(s, ' ') == s.n)
        return s;
    p = arena_bytes(mem, s.n);
    if (p == NULL)
        return SPAN_NONE;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n)
            i++;
        if (!ascii_is_blank(s.p[i]))
            p[n++] = s.p[i];
    }
    arena_shrink(mem, s.n - n);
    return (struct span){ p, n };
}

static void labels_add(const struct cef_labels *l, struct rec *r)
{
    for (size_t k = 0; l->any && k < COUNT_OF(families) * CEF_DIGITS; k++) {
        uint32_t value = l->value[k / CEF_DIGITS][k % CEF_DIGITS];
        uint32_t label = l->label[k / CEF_DIGITS][k % CEF_DIGITS];
        struct span name;

        if (value == 0 || label == 0)
            continue;
        name = label_name(&r->fields[label - 1], &r->mem);
        if (name.n > 0) {
            struct rec_field f = r->fields[value - 1];

            (void)rec_add(r, REC_ROOT, name, (enum rec_kind)f.kind,
                          (struct span){ f.value, f.value_bytes }); /* full: flagged */
        }
    }
}

static bool is_key_byte(uint8_t c)
{
    return ascii_is_alnum(c) || c == '_' || c == '.' || c == '-' || c == '[' || c == ']';
}

static bool is_key(struct span s)
{
    if (s.n == 0 || s.n > LIMIT_NAME_BYTES)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_key_byte(s.p[i]))
            return false;
    }
    return true;
}

static void extension_add(struct rec *r, struct cef_labels *l, struct span key, struct span value)
{
    while (value.n > 0 && value.p[value.n - 1] == ' ')
        value.n--;
    if (rec_add(r, REC_ROOT, key, line_kind(value), value))
        labels_note(l, key, r->count - 1);
}

static void extension_read(struct span s, struct rec *r)
{
    const size_t no_word = SIZE_MAX; /* an '=' was in this word already */
    struct cef_labels labels = { .any = false };
    struct span key = SPAN_NONE;
    size_t word = 0, value = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\') {
            i++;
        } else if (s.p[i] == ' ') {
            word = i + 1;
        } else if (s.p[i] == '=' && word != no_word) {
            struct span candidate = line_cut(s, word, i);

            if (is_key(candidate)) {
                if (key.n > 0)
                    extension_add(r, &labels, key, line_cut(s, value, word));
                key = candidate;
                value = i + 1;
            }
            word = no_word;
        }
    }
    if (key.n > 0)
        extension_add(r, &labels, key, span_from(s, value));
    labels_add(&labels, r);
}

/* Index of the '|' that ends the header field at `at`, or s.n. */
static size_t header_end(struct span s, size_t at)
{
    return line_quote_end(s, at, '|');
}

int64_t cef_read(struct span line, struct rec *r, struct err *e)
{
    struct line_mark mark = line_mark(r);
    size_t at = 4;

    if (!cef_is(line))
        return err_set(e, ERR_SYNTAX, 0, "CEF starts with \"CEF:\", a version and a bar");
    for (size_t i = 0; i < CEF_HEADER_FIELDS; i++) {
        size_t end = header_end(line, at);
        struct span v = line_cut(line, at, end);

        if (end == line.n && i + 1 < CEF_HEADER_FIELDS) {
            line_undo(r, mark);
            return err_set(e, ERR_SYNTAX, at, "the CEF header ends after %zu of %u fields", i + 1,
                           CEF_HEADER_FIELDS);
        }
        (void)rec_add(r, REC_ROOT, header_names[i], line_kind(v), v); /* full: flagged */
        at = end < line.n ? end + 1 : end;
    }
    extension_read(span_from(line, at), r);
    return line_claim(r, CODEC_CEF, line);
}

bool cef_is(struct span line)
{
    return line_has(line, 0, SPAN_LIT("CEF:")) && line.n > 5 && ascii_is_digit(line.p[4]) &&
           line_find(line_cut(line, 0, line.n < 8 ? line.n : 8), 5, '|') < 8;
}
