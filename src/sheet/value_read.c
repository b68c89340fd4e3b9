/*
 * value_read.c - a cell's value by its column's type: one function a type.
 */
#include "sheet/columns.h"

#include <stdio.h>
#include <utf8proc.h>

#include "base/addr.h"
#include "base/ascii.h"
#include "base/num.h"
#include "base/time.h"
#include "base/utf.h"

#define SHOWN_BYTES_MAX  80u               /* of a wrong value, in what is said of it */
#define INT_MAX_EXACT    9007199254740992u /* 2^53: beyond it a spreadsheet's numbers have holes */
#define NUMBER_BYTES_MAX 64u

struct reader {
    const struct column *column;
    const struct cell *cell;
    struct span text; /* clean; of a NUMBER cell its shortest form, with a point */
    struct arena *mem;
    struct fault_words *words;
};

typedef enum fault value_fn(const struct reader *r, struct value *v);

/* --- What is wrong --------------------------------------------------------------------------- */

static void word(struct span to[FORM_LANGUAGES], struct span s)
{
    for (int l = 0; l < FORM_LANGUAGES; l++)
        to[l] = s;
}

/* The value that is wrong, cut. */
static enum fault wrong(const struct reader *r, enum fault f)
{
    struct span s = utf8_cut(r->text, SHOWN_BYTES_MAX);
    uint8_t *p = arena_bytes(r->mem, s.n + 3);

    if (p == NULL)
        return FAULT_NONE;
    memcpy(p, s.p, s.n);
    if (s.n < r->text.n)
        memcpy(p + s.n, "…", 3);
    word(r->words->first, (struct span){ p, s.n < r->text.n ? s.n + 3 : s.n });
    return f;
}

static struct span number_word(const struct reader *r, uint64_t n)
{
    uint8_t text[24];

    return arena_span(r->mem, (struct span){ text, num_put_u64(text, n) });
}

/* --- Types ----------------------------------------------------------------------------------- */

static bool is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp >= 0x202A && cp <= 0x202E) ||
           (cp >= 0x2066 && cp <= 0x2069); /* the latter turn a line's direction */
}

static enum fault control(const struct reader *r, uint32_t cp)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "U+%04X", (unsigned)cp); /* it fits */
    word(r->words->first, arena_span(r->mem, span_of(text)));
    return FAULT_CONTROL;
}

static enum fault read_text(const struct reader *r, struct value *v)
{
    uint32_t max = r->column->max != 0 ? r->column->max : FORM_TEXT_MAX;
    size_t count = 0, used;

    if (r->cell->kind == CELL_DATE)
        return FAULT_MADE_DATE;
    for (struct span s = r->text; s.n > 0; s = span_from(s, used), count++) {
        uint32_t cp = utf8_get(s, &used);

        if (is_control(cp))
            return control(r, cp);
    }
    if (count > max) {
        word(r->words->first, number_word(r, count));
        word(r->words->second, number_word(r, max));
        return FAULT_TOO_LONG;
    }
    v->text = r->text;
    return FAULT_NONE;
}

/* Groups of three digits from `at` on, each behind `mark`. */
static bool is_grouped(struct span s, size_t at, uint8_t mark)
{
    while (at < s.n) {
        if (s.n - at < 4 || s.p[at] != mark || !ascii_is_digit(s.p[at + 1]) ||
            !ascii_is_digit(s.p[at + 2]) || !ascii_is_digit(s.p[at + 3]))
            return false;
        at += 4;
    }
    return true;
}

static size_t count_of(struct span s, uint8_t c)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == c;
    return n;
}

/* Where the decimal mark is, or s.n; `*group` is the mark of groups. See columns.h. */
static size_t decimal_mark(struct span s, bool whole, uint8_t *group)
{
    size_t points = count_of(s, '.'), commas = count_of(s, ','), at = s.n;
    size_t point = span_find(s, '.'), comma = span_find(s, ',');

    *group = points > 0 ? '.' : ',';
    if (points > 0 && commas > 0) { /* what comes last is decimal */
        for (size_t i = 0; i < s.n; i++)
            at = s.p[i] == '.' || s.p[i] == ',' ? i : at;
        *group = s.p[at] == '.' ? ',' : '.';
        return at;
    }
    if (points > 1 || commas > 1)
        return s.n;
    if (commas == 1)
        return whole && is_grouped(s, comma, ',') ? s.n : comma;
    return points == 1 && is_grouped(s, point, '.') && s.p[0] != '0' && point <= 3 ? s.n : point;
}

/* "1.234,5" -> "1234.5" */
static bool plain_number(struct span s, bool whole, uint8_t *to, size_t *n)
{
    bool minus = s.n > 0 && s.p[0] == '-';
    uint8_t group;
    size_t mark, first;

    if (s.n > NUMBER_BYTES_MAX)
        return false;
    s = span_from(s, minus ? 1 : 0);
    mark = decimal_mark(s, whole, &group);
    first = span_find((struct span){ s.p, mark }, group);
    if (first == 0 ||
        (first < mark && (first > 3 || !is_grouped((struct span){ s.p, mark }, first, group))))
        return false;
    *n = 0;
    if (minus)
        to[(*n)++] = '-';
    for (size_t i = 0; i < s.n; i++) {
        if (i < mark && s.p[i] == group)
            continue;
        to[(*n)++] = i == mark ? '.' : s.p[i];
    }
    return true;
}

static bool number_of(const struct reader *r, bool whole, double *out)
{
    uint8_t plain[NUMBER_BYTES_MAX + 1];
    size_t n;

    if (r->cell->kind == CELL_NUMBER) {
        *out = r->cell->number;
        return true;
    }
    return r->cell->kind == CELL_TEXT && plain_number(r->text, whole, plain, &n) &&
           num_double((struct span){ plain, n }, out);
}

static enum fault too_large(const struct reader *r)
{
    word(r->words->second, number_word(r, r->column->max));
    return wrong(r, FAULT_TOO_LARGE);
}

static enum fault read_int(const struct reader *r, struct value *v)
{
    double d;

    if (!number_of(r, true, &d) || d < 0 || d > (double)INT_MAX_EXACT || d != (double)(int64_t)d)
        return wrong(r, FAULT_NOT_INT);
    if (r->column->max != 0 && d > r->column->max)
        return too_large(r);
    v->whole = (int64_t)d;
    return FAULT_NONE;
}

static enum fault read_number(const struct reader *r, struct value *v)
{
    if (!number_of(r, false, &v->number))
        return wrong(r, FAULT_NOT_NUMBER);
    return r->column->max != 0 && v->number > r->column->max ? too_large(r) : FAULT_NONE;
}

/* The next number of at most `digits` digits, and what stands behind it. */
static bool date_part(struct span *s, size_t digits, uint8_t behind, uint64_t *out)
{
    size_t n = 0;

    while (n < s->n && ascii_is_digit(s->p[n]))
        n++;
    if (n == 0 || n > digits || !num_u64((struct span){ s->p, n }, 9999, out))
        return false;
    if (behind == 0)
        return n == s->n;
    if (n == s->n || s->p[n] != behind)
        return false;
    *s = span_from(*s, n + 1);
    return true;
}

static bool is_date(uint64_t year, uint64_t month, uint64_t day, int64_t *days)
{
    struct time_parts p = { 0 };

    if (year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *days = time_days((int32_t)year, (unsigned)month, (unsigned)day);
    time_date(*days, &p);
    return p.day == day && p.month == month;
}

static bool text_date(struct span s, int64_t *days)
{
    struct span t = s;
    uint64_t year, month, day;

    if (date_part(&s, 2, '/', &day) && date_part(&s, 2, '/', &month) && s.n == 4 &&
        date_part(&s, 4, 0, &year) && is_date(year, month, day, days))
        return true;
    return span_find(t, '-') == 4 && date_part(&t, 4, '-', &year) &&
           date_part(&t, 2, '-', &month) && date_part(&t, 2, 0, &day) &&
           is_date(year, month, day, days);
}

static bool cell_date(const struct cell *c, int64_t *days)
{
    struct time_parts p = { 0 };

    time_date(c->days, &p);
    return is_date((uint64_t)(p.year < 0 ? 0 : p.year), p.month, p.day, days);
}

static enum fault read_date(const struct reader *r, struct value *v)
{
    if (r->cell->kind == CELL_DATE && cell_date(r->cell, &v->whole))
        return FAULT_NONE;
    if (r->cell->kind == CELL_TEXT && text_date(r->text, &v->whole))
        return FAULT_NONE;
    return wrong(r, FAULT_NOT_DATE);
}

/* 08:00, 8:00, 08:00:30 */
static bool text_clock(struct span s, int64_t *seconds)
{
    uint64_t hour, minute, second = 0;
    bool has_seconds = count_of(s, ':') == 2;

    if (!date_part(&s, 2, ':', &hour) || !date_part(&s, 2, has_seconds ? ':' : 0, &minute) ||
        (has_seconds && !date_part(&s, 2, 0, &second)))
        return false;
    *seconds = (int64_t)(hour * 3600 + minute * 60 + second);
    return hour < 24 && minute < 60 && second < 60;
}

static enum fault read_time(const struct reader *r, struct value *v)
{
    size_t n = span_find(r->text, ' ');
    int64_t days = 0, seconds = 0;
    bool good = false;

    if (r->cell->kind == CELL_DATE) {
        good = cell_date(r->cell, &days);
        seconds = r->cell->seconds;
    } else if (r->cell->kind == CELL_TEXT && n < r->text.n) {
        good = text_date((struct span){ r->text.p, n }, &days) &&
               text_clock(span_from(r->text, n + 1), &seconds);
    }
    v->whole = days * 86400 + seconds;
    return good && days >= 0 ? FAULT_NONE : wrong(r, FAULT_NOT_TIME);
}

static enum fault read_level(const struct reader *r, struct value *v)
{
    static const char *const words[] = { "capdo", "cap", "level", "" };
    struct span s = fold_name(r->mem, r->text);

    if (r->cell->kind == CELL_NUMBER)
        s = r->text;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct span w = span_of(words[i]);

        if (s.n == w.n + 1 && span_starts(s, w) && s.p[w.n] >= '1' && s.p[w.n] <= '5') {
            v->whole = s.p[w.n] - '0';
            return FAULT_NONE;
        }
    }
    return wrong(r, FAULT_NOT_LEVEL);
}

/* "Máy chủ, Máy trạm, …" */
static void list_words(const struct reader *r)
{
    const struct column *c = r->column;

    for (int l = 0; l < FORM_LANGUAGES; l++) {
        uint8_t *p = arena_bytes(r->mem, SHOWN_BYTES_MAX * 4);
        size_t n = 0;

        for (uint32_t i = 0; p != NULL && i < c->choice_count; i++) {
            struct span t = span_of(choice_title(&c->choices[i], (enum form_language)l));
            bool room = n + t.n + 2 + 3 <= (size_t)SHOWN_BYTES_MAX * 4;

            if (i > 0) {
                memcpy(p + n, ", ", 2);
                n += 2;
            }
            memcpy(p + n, room ? t.p : (const uint8_t *)"…", room ? t.n : 3);
            n += room ? t.n : 3;
            if (!room)
                break;
        }
        r->words->second[l] = (struct span){ p, n };
    }
}

static enum fault read_choice(const struct reader *r, struct value *v)
{
    struct span s;

    for (uint32_t i = 0; i < r->column->choice_count; i++) { /* as it is nearly always: chosen */
        const struct choice *c = &r->column->choices[i];

        if (span_eq(r->text, span_of(c->vi)) || span_eq(r->text, span_of(c->en))) {
            v->whole = i;
            return FAULT_NONE;
        }
    }
    s = fold_name(r->mem, r->text);
    for (uint32_t i = 0; s.n > 0 && i < r->column->choice_count; i++) {
        const struct choice *c = &r->column->choices[i];

        if (span_eq(s, fold_name(r->mem, span_of(c->name))) ||
            span_eq(s, fold_name(r->mem, span_of(c->vi))) ||
            span_eq(s, fold_name(r->mem, span_of(c->en)))) {
            v->whole = i;
            return FAULT_NONE;
        }
    }
    list_words(r);
    return wrong(r, FAULT_NOT_CHOICE);
}

/* Labels of letters, digits and what `others` has, with points between them. */
static bool is_dotted(struct span s, const char *others, size_t label_max, size_t *labels)
{
    size_t n = 0;

    *labels = 1;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.') {
            if (n == 0)
                return false;
            n = 0;
            (*labels)++;
        } else if (ascii_is_alnum(s.p[i]) || (s.p[i] != 0 && strchr(others, s.p[i]) != NULL)) {
            if (++n > label_max)
                return false;
        } else {
            return false;
        }
    }
    return n > 0;
}

static enum fault read_email(const struct reader *r, struct value *v)
{
    size_t at = span_find(r->text, '@'), labels;
    struct span local = { r->text.p, at }, domain = span_from(r->text, at);
    uint8_t *p;

    if (domain.n > 0)
        domain = span_from(domain, 1);
    if (r->text.n > 254 || local.n > 64 || !is_dotted(local, "!#$%&'*+/=?^_`{|}~-", 64, &labels) ||
        !is_dotted(domain, "-", 63, &labels) || labels < 2)
        return wrong(r, FAULT_NOT_EMAIL);
    p = arena_bytes(r->mem, r->text.n);
    for (size_t i = 0; p != NULL && i < r->text.n; i++)
        p[i] = i > at ? ascii_lower(r->text.p[i]) : r->text.p[i];
    v->text = (struct span){ p, r->text.n };
    return FAULT_NONE;
}

/* A number of a subscriber has nine or ten digits behind its 0, which spreadsheets take off; 1800
 * and 1900 have none. */
static bool lost_zero(struct span s)
{
    return (s.n == 9 || s.n == 10) && s.p[0] != '0' && s.p[0] != '+' &&
           !span_starts(s, SPAN_LIT("1800")) && !span_starts(s, SPAN_LIT("1900"));
}

static enum fault read_phone(const struct reader *r, struct value *v)
{
    const char *ignored = r->cell->kind == CELL_NUMBER ? "" : " .-()";
    uint8_t *p = arena_bytes(r->mem, r->text.n);
    size_t n = 0, digits = 0;

    for (size_t i = 0; p != NULL && i < r->text.n; i++) {
        uint8_t c = r->text.p[i];

        if (c != 0 && strchr(ignored, c) != NULL)
            continue;
        if (!ascii_is_digit(c) && !(c == '+' && n == 0))
            return wrong(r, FAULT_NOT_PHONE);
        digits += c != '+';
        p[n++] = c;
    }
    if (digits < 3 || digits > 15)
        return wrong(r, FAULT_NOT_PHONE);
    if (lost_zero((struct span){ p, n }))
        return wrong(r, FAULT_PHONE_ZERO);
    v->text = (struct span){ p, n };
    return FAULT_NONE;
}

static enum fault read_network(const struct reader *r, struct value *v)
{
    if (!addr_net_parse(r->text, v->address, &v->bits))
        return wrong(r, FAULT_NOT_NETWORK);
    v->text = r->text;
    return FAULT_NONE;
}

/* --- The contract ---------------------------------------------------------------------------- */

static value_fn *const readers[] = {
    [COLUMN_TEXT] = read_text,       [COLUMN_INT] = read_int,     [COLUMN_NUMBER] = read_number,
    [COLUMN_DATE] = read_date,       [COLUMN_LEVEL] = read_level, [COLUMN_CHOICE] = read_choice,
    [COLUMN_TIME] = read_time,       [COLUMN_EMAIL] = read_email, [COLUMN_PHONE] = read_phone,
    [COLUMN_NETWORK] = read_network,
};

/* What the cell shows. */
static struct span cell_text(const struct cell *c, struct arena *mem)
{
    struct time_parts p = { 0 };
    char text[32];

    switch (c->kind) {
    case CELL_TEXT:
    case CELL_ERROR:
        return clean_text(mem, c->text);
    case CELL_NUMBER:
        return c->text;
    case CELL_BOOL:
        return c->number != 0.0 ? SPAN_LIT("TRUE") : SPAN_LIT("FALSE");
    case CELL_DATE:
        time_date(c->days, &p);
        (void)snprintf(text, sizeof(text), "%02u/%02u/%d", p.day, p.month, p.year); /* it fits */
        return arena_span(mem, span_of(text));
    default:
        return SPAN_NONE;
    }
}

enum fault value_read(const struct column *c, const struct cell *cell, struct arena *mem,
                      struct value *v, struct fault_words *words)
{
    struct reader r = { .column = c, .cell = cell, .mem = mem, .words = words };
    enum fault f;

    MUST((unsigned)c->type < COLUMN_TYPE_COUNT);
    *v = (struct value){ .present = false };
    *words = (struct fault_words){ .first = { SPAN_NONE } };
    r.text = cell_text(cell, mem);
    if (cell->kind == CELL_ERROR) {
        f = wrong(&r, FAULT_CELL_ERROR);
    } else {
        if (r.text.n == 0)
            return FAULT_NONE;
        f = readers[c->type](&r, v);
    }
    v->present = f == FAULT_NONE;
    return arena_failed(mem) ? FAULT_NONE : f;
}
