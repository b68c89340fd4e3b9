/*
 * xlsx_sheet.c - the rows of a worksheet (ECMA-376 part 1, 18.3.1.4 c, 18.3.1.73 row, 18.18.11
 * ST_CellType).
 *
 *     <row r="5"><c r="B5" s="3" t="s"><f>..</f><v>12</v></c><c r="C5"
 * t="inlineStr"><is>..</is></c>
 *
 * Rows and cells may be missing; those that are there ascend. Without r they follow one another.
 */
#include "sheet/book_own.h"

#include "base/num.h"
#include "base/time.h"
#include "sheet/xlsx_text.h"
#include "sheet/xml_part.h"

#define ROW_MAX    1048576u
#define COLUMN_MAX 16384u

struct reading;
typedef int cell_fn(struct reading *r, struct cell *c, struct span value, struct err *e);
static cell_fn cell_number, cell_shared, cell_text, cell_inline, cell_bool, cell_error, cell_iso;

static const struct cell_type {
    const char *name; /* ST_CellType */
    cell_fn *make;
} cell_types[] = {
    { "n", cell_number },         { "s", cell_shared }, { "str", cell_text }, { "b", cell_bool },
    { "inlineStr", cell_inline }, { "e", cell_error },  { "d", cell_iso },
};

struct reading {
    struct book *book;
    struct row_maker *m;
    uint32_t row;    /* the one that is read, or the last */
    uint32_t column; /* the next one without r */
    bool in_row, in_cell, in_value, has_formula;
    const struct cell_type *type;
    uint32_t style;
    struct buf value;      /* of <v> */
    struct xlsx_text text; /* of <is> */
    size_t text_from;      /* where the cell's text begins in m->text */
};

static int bad_cell(const struct reading *r, struct err *e, const char *what)
{
    char letters[COLUMN_LETTERS_MAX];

    column_letters(r->column, letters);
    return err_set(e, ERR_SYNTAX, r->row, "Cell %s%u is damaged: %s.", letters, r->row, what);
}

/* --- Values ---------------------------------------------------------------------------------- */

/* A text of the cell's own, which goes behind what stands in m->text. */
static void own_text(struct reading *r, struct cell *c, enum cell_kind kind, struct span s)
{
    buf_add(&r->m->text, s);
    c->kind = kind;
    c->text = (struct span){ NULL, s.n };
}

static int cell_number(struct reading *r, struct cell *c, struct span value, struct err *e)
{
    uint8_t text[32];
    double number;

    if (value.n == 0) {
        if (r->has_formula)
            own_text(r, c, CELL_ERROR, SPAN_LIT("(formula)"));
        return ERR_OK;
    }
    if (!num_double(span_trim(value), &number))
        return bad_cell(r, e, "its number is none");
    if (!xlsx_style_is_date(&r->book->formats, r->style)) {
        own_text(r, c, CELL_NUMBER, (struct span){ text, num_put_double(text, number) });
        c->number = number;
    } else if (xlsx_date(number, r->book->formats.since_1904, &c->days, &c->seconds)) {
        c->kind = CELL_DATE;
    } else {
        own_text(r, c, CELL_ERROR, SPAN_LIT("(no such date)"));
    }
    return ERR_OK;
}

static int cell_shared(struct reading *r, struct cell *c, struct span value, struct err *e)
{
    uint64_t index;

    if (value.n == 0)
        return ERR_OK;
    if (!num_u64(span_trim(value), UINT32_MAX, &index) || index >= shared_count(&r->book->shared))
        return bad_cell(r, e, "its text is not there");
    c->text = shared_text(&r->book->shared, (uint32_t)index);
    c->kind = c->text.n > 0 ? CELL_TEXT : CELL_EMPTY;
    return ERR_OK;
}

static int cell_text(struct reading *r, struct cell *c, struct span value, struct err *e)
{
    (void)e;
    value.n = xlsx_unescape(r->value.p, value.n);
    if (value.n > 0)
        own_text(r, c, CELL_TEXT, value);
    return ERR_OK;
}

static int cell_inline(struct reading *r, struct cell *c, struct span value, struct err *e)
{
    (void)value;
    (void)e;
    c->text = (struct span){ NULL, r->m->text.n - r->text_from };
    c->kind = c->text.n > 0 ? CELL_TEXT : CELL_EMPTY;
    return ERR_OK;
}

static int cell_bool(struct reading *r, struct cell *c, struct span value, struct err *e)
{
    bool yes = span_eq(value, SPAN_LIT("1")) || span_eq(value, SPAN_LIT("true"));

    if (value.n == 0)
        return ERR_OK;
    if (!yes && !span_eq(value, SPAN_LIT("0")) && !span_eq(value, SPAN_LIT("false")))
        return bad_cell(r, e, "it is neither true nor false");
    c->kind = CELL_BOOL;
    c->number = yes ? 1 : 0;
    return ERR_OK;
}

static int cell_error(struct reading *r, struct cell *c, struct span value, struct err *e)
{
    (void)e;
    own_text(r, c, CELL_ERROR, value.n > 0 ? value : SPAN_LIT("#VALUE!"));
    return ERR_OK;
}

static int cell_iso(struct reading *r, struct cell *c, struct span value, struct err *e)
{
    struct time_parts p;

    if (value.n == 0)
        return ERR_OK;
    if (!time_read(span_trim(value), &p) || !p.has_year)
        return bad_cell(r, e, "its date is none");
    c->kind = CELL_DATE;
    c->days = time_days(p.year, p.month, p.day);
    c->seconds =
        (uint32_t)p.hour * 3600 + (uint32_t)p.minute * 60 + (p.second < 60 ? p.second : 59u);
    return ERR_OK;
}

/* --- Places ---------------------------------------------------------------------------------- */

static int row_begin(struct reading *r, const struct xml_tag *t, struct err *e)
{
    struct span at = xml_attribute(t, XML_NONE, "r");
    uint64_t number = r->row + 1;

    if (r->in_row || (at.p != NULL && !num_u64(at, ROW_MAX, &number)) || number <= r->row ||
        number > ROW_MAX)
        return err_set(e, ERR_SYNTAX, r->row, "The row behind row %u has no number that follows.",
                       r->row);
    r->row = (uint32_t)number;
    r->column = 0;
    r->in_row = true;
    row_clear(r->m);
    return ERR_OK;
}

/* "BC12": column 54 of row 12. */
static bool reference(struct span s, uint32_t *column, uint32_t *row)
{
    uint32_t c = 0;
    uint64_t number;
    size_t i = 0;

    for (; i < s.n && i < COLUMN_LETTERS_MAX && s.p[i] >= 'A' && s.p[i] <= 'Z'; i++)
        c = c * 26 + (s.p[i] - 'A' + 1u);
    if (c == 0 || c > COLUMN_MAX || !num_u64(span_from(s, i), ROW_MAX, &number))
        return false;
    *column = c - 1;
    *row = (uint32_t)number;
    return true;
}

static const struct cell_type *type_of(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(cell_types); i++) {
        if (span_eq(name, span_of(cell_types[i].name)))
            return &cell_types[i];
    }
    return name.p == NULL ? &cell_types[0] : NULL;
}

static int cell_begin(struct reading *r, const struct xml_tag *t, struct err *e)
{
    struct span at = xml_attribute(t, XML_NONE, "r");
    uint32_t column = r->column, row = r->row;
    uint64_t style = 0;

    if (r->in_cell || (at.p != NULL && !reference(at, &column, &row)) || row != r->row ||
        column < r->column || column >= COLUMN_MAX)
        return err_set(e, ERR_SYNTAX, r->row, "A cell of row %u has no place that follows.",
                       r->row);
    r->column = column;
    r->type = type_of(xml_attribute(t, XML_NONE, "t"));
    if (r->type == NULL)
        return bad_cell(r, e, "its type is none");
    (void)num_u64(xml_attribute(t, XML_NONE, "s"), XLSX_STYLES_MAX, &style); /* none: 0 */
    r->style = (uint32_t)style;
    r->in_cell = true;
    r->has_formula = false;
    buf_clear(&r->value);
    r->text_from = r->m->text.n;
    return ERR_OK;
}

static int cell_end(struct reading *r, struct err *e)
{
    struct cell made = { .kind = CELL_EMPTY }, *c;
    int rc;

    if (r->type->make != cell_inline)
        r->m->text.n = r->text_from;
    rc = r->type->make(r, &made, buf_span(&r->value), e);
    if (rc == ERR_OK && made.kind != CELL_EMPTY) {
        c = row_cell(r->m, r->column);
        if (c == NULL)
            return err_set(e, ERR_LIMIT, r->row, "Row %u has more than %d columns.", r->row,
                           LIMIT_SHEET_COLUMNS);
        *c = made;
    }
    r->in_cell = false;
    r->column++;
    return rc;
}

/* --- Elements -------------------------------------------------------------------------------- */

static int on_begin(void *ctx, const struct xml_tag *t, struct err *e)
{
    struct reading *r = ctx;

    if (xml_is(t, "row"))
        return row_begin(r, t, e);
    if (!r->in_row)
        return ERR_OK;
    if (xml_is(t, "c"))
        return cell_begin(r, t, e);
    if (!r->in_cell)
        return ERR_OK;
    if (xml_is(t, "v"))
        r->in_value = true;
    else if (xml_is(t, "f"))
        r->has_formula = true;
    else if (xml_is(t, "is")) {
        r->m->text.n = r->text_from;
        xlsx_text_begin(&r->text, &r->m->text);
    } else {
        xlsx_text_tag(&r->text, t);
    }
    return ERR_OK;
}

static int on_text(void *ctx, struct span s, struct err *e)
{
    struct reading *r = ctx;

    if (!r->in_value)
        return xlsx_text_add(&r->text, s, e);
    buf_add(&r->value, s);
    return buf_failed(&r->value)
               ? err_set(e, ERR_LIMIT, r->row, "A cell of row %u has more than %d bytes.", r->row,
                         LIMIT_CELL_BYTES)
               : ERR_OK;
}

static int on_end(void *ctx, const struct xml_tag *t, struct err *e)
{
    struct reading *r = ctx;

    if (xml_is(t, "v"))
        r->in_value = false;
    else if (xml_is(t, "is") && r->in_cell)
        (void)xlsx_text_end(&r->text);
    else if (xml_is(t, "c") && r->in_cell)
        return cell_end(r, e);
    else if (xml_is(t, "row") && r->in_row) {
        r->in_row = false;
        return row_give(r->m, r->row, e);
    } else {
        xlsx_text_untag(&r->text, t);
    }
    return ERR_OK;
}

int xlsx_read(struct book *b, uint32_t sheet, struct row_maker *m, struct err *e)
{
    static const struct xml_hooks hooks = { on_begin, on_text, on_end };
    struct reading r = { .book = b, .m = m };
    struct span name = b->sheets[sheet].info.name;
    int rc;

    buf_init(&r.value, LIMIT_CELL_BYTES);
    rc = xml_part_read(b->parts, b->sheets[sheet].part, &hooks, &r, e);
    buf_release(&r.value);
    if (rc < 0 && !m->stopped)
        err_prefix(e, "Sheet %.*s", (int)(name.n < 60 ? name.n : 60), (const char *)name.p);
    return rc;
}
