/*
 * read.c - rows of rows.h out of YAML. A type of cell is a function; every text is copied into the
 * arena that stays, with a zero behind it, so that none may have one inside.
 */
#include "law/law_own.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/num.h"
#include "base/time.h"

#define LIST_MAX   256u
#define NUMBER_MAX 9999u
#define YEAR_MIN   1900
#define YEAR_MAX   2200

int law_fail(const struct law_read *rd, uint32_t line, enum err_code code, const char *fmt, ...)
{
    char why[160];
    size_t n = strlen(rd->file), skip = n > 60 ? n - 60 : 0;
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, ap); /* a cut sentence is still a sentence */
    va_end(ap);
    for (char *c = why; *c != 0; c++) { /* of keys that are shown */
        if ((uint8_t)*c < 0x20)
            *c = '?';
    }
    return err_set(rd->e, code, line, "%s:%u: %s", rd->file + skip, line, why);
}

static int no_memory(const struct law_read *rd)
{
    return law_fail(rd, 1, ERR_NOMEM, "There is no memory for the law.");
}

#define WRONG(rd, n, ...) law_fail(rd, (n)->line, ERR_SYNTAX, __VA_ARGS__)

/* --- Texts -------------------------------------------------------------------------------------
 */

static bool is_clean(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    }
    return s.n > 0;
}

int law_read_text(struct law_read *rd, const struct yaml_node *n, const char **out)
{
    struct span s = n->kind == YAML_SCALAR ? span_trim(n->text) : SPAN_NONE;

    if (!is_clean(s))
        return WRONG(rd, n, "%.*s: one line of text is expected.", SPAN_ARG(n->key));
    if (s.n > LAW_TEXT_MAX)
        return law_fail(rd, n->line, ERR_LIMIT, "%.*s: the text is longer than %u bytes.",
                        SPAN_ARG(n->key), LAW_TEXT_MAX);
    s = arena_span(rd->mem, s);
    *out = (const char *)s.p;
    return s.p == NULL ? no_memory(rd) : ERR_OK;
}

static bool is_code(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_alnum(s.p[i]) && s.p[i] != '_' && s.p[i] != '-' && s.p[i] != '.')
            return false;
    }
    return s.n > 0 && s.n <= LAW_CODE_MAX;
}

int law_read_code(struct law_read *rd, const struct yaml_node *n, const char **out)
{
    if (n->kind != YAML_SCALAR || !is_code(n->text))
        return WRONG(rd, n, "%.*s: a code is expected: letters, digits, '_', '-', '.', at most %u.",
                     SPAN_ARG(n->key), LAW_CODE_MAX);
    return law_read_text(rd, n, out);
}

int law_read_texts(struct law_read *rd, const struct yaml_node *n, bool codes,
                   struct law_texts *out)
{
    const struct yaml_node *item = n->kind == YAML_LIST ? n->first : n;
    uint32_t count = n->kind == YAML_LIST ? n->count : 1;
    int rc = ERR_OK;

    if (n->kind == YAML_MAP || count == 0 || count > LIST_MAX)
        return WRONG(rd, n, "%.*s: a list of 1 to %u is expected.", SPAN_ARG(n->key), LIST_MAX);
    out->value = arena_array(rd->mem, count, sizeof(*out->value));
    if (out->value == NULL)
        return no_memory(rd);
    for (; rc == ERR_OK && out->count < count; item = item->next) {
        rc = codes ? law_read_code(rd, item, &out->value[out->count])
                   : law_read_text(rd, item, &out->value[out->count]);
        out->count++;
    }
    return rc;
}

/* --- Days and terms ----------------------------------------------------------------------------
 */

static bool digits(struct span s, size_t at, size_t n, uint64_t *out)
{
    return num_u64((struct span){ s.p + at, n }, NUMBER_MAX, out);
}

bool law_day_read(struct span s, int32_t *day)
{
    struct time_parts back;
    uint64_t y, m, d;

    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !digits(s, 0, 4, &y) ||
        !digits(s, 5, 2, &m) || !digits(s, 8, 2, &d))
        return false;
    if (y < YEAR_MIN || y > YEAR_MAX || m < 1 || m > 12 || d < 1 || d > 31)
        return false;
    *day = (int32_t)time_days((int32_t)y, (unsigned)m, (unsigned)d);
    time_date(*day, &back);
    return back.day == d && back.month == m;
}

void law_day_put(int32_t day, char dst[12])
{
    struct time_parts p;

    time_date(day, &p);
    MUST(snprintf(dst, 12, "%04d-%02u-%02u", p.year % 10000, p.month % 100u, p.day % 100u) == 10);
}

int law_read_date(struct law_read *rd, const struct yaml_node *n, int32_t *day)
{
    if (n->kind == YAML_SCALAR && law_day_read(n->text, day))
        return ERR_OK;
    return WRONG(rd, n, "%.*s: a day is expected, as 2026-07-01.", SPAN_ARG(n->key));
}

static bool parse_after(struct span s, struct law_after *out)
{
    static const struct {
        const char *many, *one;
    } units[] = {
#define X(name, many, one) { many, one },
        LAW_UNIT_TABLE(X)
#undef X
    };
    size_t n = span_find(s, ' ');
    uint64_t count;

    if (span_eq(s, SPAN_LIT("at once"))) {
        *out = (struct law_after){ 0, LAW_HOURS };
        return true;
    }
    if (n == s.n || !num_u64((struct span){ s.p, n }, NUMBER_MAX, &count) || count == 0)
        return false;
    s = span_from(s, n + 1);
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (span_eq(s, span_of(count == 1 ? units[i].one : units[i].many))) {
            *out = (struct law_after){ (uint32_t)count, (enum law_unit)i };
            return true;
        }
    }
    return false;
}

static int read_after(struct law_read *rd, const struct yaml_node *n, struct law_after *out)
{
    if (n->kind == YAML_SCALAR && parse_after(n->text, out))
        return ERR_OK;
    return WRONG(rd, n,
                 "%.*s: a term is expected: at once, 72 hours, 5 days, 10 working days, 6 months.",
                 SPAN_ARG(n->key));
}

/* "before 06-20". 29 February is no day of every year. */
static bool parse_before(struct span s, struct law_due *due)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    uint64_t m, d;

    if (s.n != 12 || !span_starts(s, SPAN_LIT("before ")) || s.p[9] != '-' ||
        !digits(s, 7, 2, &m) || !digits(s, 10, 2, &d) || m < 1 || m > 12 || d < 1 ||
        d > days[m - 1])
        return false;
    due->before = true;
    due->month = (uint8_t)m;
    due->day = (uint8_t)d;
    return true;
}

static int read_dues(struct law_read *rd, const struct yaml_node *n, struct law_dues *out)
{
    const struct yaml_node *twice = n->kind == YAML_MAP ? yaml_twice(n, rd->nodes) : NULL;

    if (n->kind != YAML_MAP || n->count == 0 || twice != NULL)
        return WRONG(rd, twice != NULL ? twice : n, "%.*s: periods are expected, each once.",
                     SPAN_ARG(n->key));
    for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
        enum law_which which;
        struct law_due *due;

        if (!law_which_find(c->key, &which))
            return WRONG(rd, c, "There is no period '%.*s'.", SPAN_ARG(c->key));
        due = &out->of[which];
        if (c->kind != YAML_SCALAR ||
            (!parse_before(c->text, due) && !parse_after(c->text, &due->after)))
            return WRONG(rd, c, "%.*s: \"before 06-20\" or a term after the cut-off is expected.",
                         SPAN_ARG(c->key));
        due->is = true;
    }
    return ERR_OK;
}

/* --- Numbers, words ----------------------------------------------------------------------------
 */

static int read_number(struct law_read *rd, const struct yaml_node *n, uint32_t *out)
{
    uint64_t v;

    if (n->kind != YAML_SCALAR || !num_u64(n->text, NUMBER_MAX, &v))
        return WRONG(rd, n, "%.*s: a number to %u is expected.", SPAN_ARG(n->key), NUMBER_MAX);
    *out = (uint32_t)v;
    return ERR_OK;
}

static int read_levels(struct law_read *rd, const struct yaml_node *n, struct law_levels *out)
{
    const struct yaml_node *c = n->first;
    int rc = ERR_OK;

    if (n->kind != YAML_LIST || n->count != LAW_LEVELS)
        return WRONG(rd, n, "%.*s: a list of %u is expected, of level 1 first.", SPAN_ARG(n->key),
                     LAW_LEVELS);
    for (size_t i = 0; rc == ERR_OK && i < LAW_LEVELS; i++, c = c->next) {
        if (c->kind == YAML_SCALAR && span_eq(c->text, SPAN_LIT("periodic")))
            out->of[i] = LAW_PERIODIC;
        else
            rc = read_number(rd, c, &out->of[i]);
    }
    return rc;
}

static int read_flag(struct law_read *rd, const struct yaml_node *n, bool *out)
{
    if (n->kind == YAML_SCALAR && yaml_is_bool(n, out))
        return ERR_OK;
    return WRONG(rd, n, "%.*s: true or false is expected.", SPAN_ARG(n->key));
}

static int read_word(struct law_read *rd, const struct yaml_node *n, const char *const *words,
                     uint32_t *out)
{
    for (uint32_t i = 0; n->kind == YAML_SCALAR && words[i] != NULL; i++) {
        if (span_eq(n->text, span_of(words[i]))) {
            *out = i;
            return ERR_OK;
        }
    }
    return WRONG(rd, n, "%.*s: one of its words is expected: %s, %s ...", SPAN_ARG(n->key),
                 words[0], words[1] != NULL ? words[1] : "that alone");
}

/* --- Rows --------------------------------------------------------------------------------------
 */

static int read_cell(struct law_read *rd, const struct yaml_node *n, const struct law_cell *cell,
                     void *at)
{
    switch (cell->type) {
    case LAW_CELL_CODE:
    case LAW_CELL_BASE:
    case LAW_CELL_FORM:
        return law_read_code(rd, n, at);
    case LAW_CELL_TEXT:
        return law_read_text(rd, n, at);
    case LAW_CELL_TEXTS:
        return law_read_texts(rd, n, false, at);
    case LAW_CELL_CODES:
    case LAW_CELL_RECIPIENTS:
        return law_read_texts(rd, n, true, at);
    case LAW_CELL_DATE:
        return law_read_date(rd, n, at);
    case LAW_CELL_FLAG:
        return read_flag(rd, n, at);
    case LAW_CELL_NUMBER:
        return read_number(rd, n, at);
    case LAW_CELL_WORD:
        return read_word(rd, n, cell->words, at);
    case LAW_CELL_AFTER:
        ((struct law_after_given *)at)->is = true;
        return read_after(rd, n, &((struct law_after_given *)at)->v);
    case LAW_CELL_DUES:
        return read_dues(rd, n, at);
    case LAW_CELL_LEVELS:
        return read_levels(rd, n, at);
    case LAW_CELL_WHEN:
        return when_read(rd, n, at);
    }
    MUST(false);
    return ERR_SYNTAX;
}

static void clear_dates(const struct law_cells *cells, uint8_t *row)
{
    for (size_t i = 0; i < cells->count; i++) {
        if (cells->cell[i].type == LAW_CELL_DATE)
            *(int32_t *)(void *)(row + cells->cell[i].offset) = LAW_NO_DATE;
    }
}

static const struct law_cell *find_cell(const struct law_cells *cells, struct span key)
{
    for (size_t i = 0; i < cells->count; i++) {
        if (span_eq(key, span_of(cells->cell[i].name)))
            return &cells->cell[i];
    }
    return NULL;
}

int law_read_row(struct law_read *rd, const struct yaml_node *n, const struct law_cells *cells,
                 void *row)
{
    const struct yaml_node *twice;

    if (n->kind != YAML_MAP)
        return WRONG(rd, n, "A row of %s is a map: key: value.", cells->name);
    twice = yaml_twice(n, rd->nodes);
    if (twice != NULL)
        return WRONG(rd, twice, "%.40s is given twice.", (const char *)twice->key.p);
    clear_dates(cells, row);
    memcpy((uint8_t *)row + cells->line_offset, &n->line, sizeof(n->line));
    for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
        const struct law_cell *cell = find_cell(cells, c->key);
        int rc;

        if (cell == NULL)
            return WRONG(rd, c, "A row of %s has no key '%.40s'.", cells->name,
                         (const char *)c->key.p);
        rc = read_cell(rd, c, cell, (uint8_t *)row + cell->offset);
        if (rc != ERR_OK)
            return rc;
    }
    for (size_t i = 0; i < cells->count; i++) {
        if (cells->cell[i].need && yaml_get(n, cells->cell[i].name) == NULL)
            return WRONG(rd, n, "A row of %s needs '%s'.", cells->name, cells->cell[i].name);
    }
    return ERR_OK;
}

int law_read_rows(struct law_read *rd, const struct yaml_node *map, const struct law_cells *cells,
                  struct law_rows *out)
{
    const struct yaml_node *list = yaml_get(map, cells->name);

    *out = (struct law_rows){ 0 };
    if (list == NULL)
        return ERR_OK;
    if (list->kind != YAML_LIST)
        return WRONG(rd, list, "%s: a list of rows is expected.", cells->name);
    if (list->count > cells->room)
        return law_fail(rd, list->line, ERR_LIMIT, "%s: there are more than %u rows.", cells->name,
                        cells->room);
    out->row = arena_array(rd->mem, list->count > 0 ? list->count : 1, cells->row_bytes);
    if (out->row == NULL)
        return no_memory(rd);
    for (const struct yaml_node *c = list->first; c != NULL; c = c->next) {
        const struct yaml_node *name = yaml_get(c, cells->cell[0].name);
        int rc;

        if (cells->named && name != NULL && law_row_find(out, cells, name->text) != NULL)
            return WRONG(rd, name, "%s: there are two rows '%.40s'.", cells->name,
                         (const char *)name->text.p);
        rc =
            law_read_row(rd, c, cells, (uint8_t *)out->row + (size_t)out->count * cells->row_bytes);
        if (rc != ERR_OK)
            return rc;
        out->count++;
    }
    return ERR_OK;
}

/* --- Files -------------------------------------------------------------------------------------
 */

int law_read_file(struct law_read *rd, struct span yaml, struct yaml_node **root)
{
    struct yaml_document *d = NULL;
    struct err why = { 0 };
    int rc;

    *root = NULL;
    if (yaml.n > LAW_FILE_BYTES)
        return law_fail(rd, 1, ERR_LIMIT, "The file is larger than %u bytes.", LAW_FILE_BYTES);
    rc = yaml_read(yaml, rd->nodes, rd->nodes, &d, &why);
    if (rc != ERR_OK)
        return law_fail(rd, why.at > 0 ? (uint32_t)why.at : 1, (enum err_code)rc, "%s", why.why);
    if (d == NULL || d->root == NULL || d->root->kind != YAML_MAP || d->next != NULL)
        return law_fail(rd, d != NULL && d->next != NULL ? d->next->line : 1, ERR_SYNTAX,
                        "One document is expected, of keys and values.");
    *root = d->root;
    return ERR_OK;
}

int law_read_keys(struct law_read *rd, const struct yaml_node *map, const char *const *keys,
                  size_t count)
{
    const struct yaml_node *twice = yaml_twice(map, rd->nodes);

    if (twice != NULL)
        return WRONG(rd, twice, "%.40s is given twice.", (const char *)twice->key.p);
    for (const struct yaml_node *c = map->first; c != NULL; c = c->next) {
        size_t i = 0;

        while (i < count && !span_eq(c->key, span_of(keys[i])))
            i++;
        if (i == count)
            return WRONG(rd, c, "This file has no key '%.40s'.", (const char *)c->key.p);
    }
    return ERR_OK;
}
