/*
 * form_read.c - finds the header, maps the columns, looks at every cell, hands out the rows.
 */
#include "sheet/form_read.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/utf.h"

#define REPORT_BYTES    ((size_t)4 << 20)
#define ROW_BYTES       ((size_t)64 << 20)
#define HEADER_BYTES    ((size_t)16 << 20)
#define HEADER_CELL_MAX 1024u
#define HEADER_SHOWN    120u /* bytes of a header in the report */
#define ENOUGH          1
#define NO_FORM_COLUMN  UINT32_MAX

struct input {
    const struct form *form;
    struct book *book;
    struct form_report *report;
    form_row_fn *fn;
    void *ctx;
    struct arena mem;    /* of a row, or of the look for a header */
    struct arena folded; /* the form's names */
    struct span (*names)[3];
    /* The header that was found, or the best so far. */
    uint32_t sheet, row, matched;
    bool has_rows[LIMIT_BOOK_SHEETS];
    uint32_t at; /* the sheet that is looked at */
    uint32_t column_count;
    uint32_t of[LIMIT_SHEET_COLUMNS];        /* the form's column */
    struct span header[LIMIT_SHEET_COLUMNS]; /* as it stands */
    uint32_t place[FORM_COLUMNS_MAX];        /* the book's column of each of the form's */
    bool told[LIMIT_SHEET_COLUMNS];          /* that it has values and no header */
    bool handing_out;
    struct value values[FORM_COLUMNS_MAX];
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to read the table.");
}

/* A text that could not be kept is an empty one: never to be taken for what the table says. */
static bool is_out_of_memory(const struct input *in)
{
    return arena_failed(&in->mem) || arena_failed(&in->folded) || arena_failed(&in->report->mem);
}

/* --- The report ------------------------------------------------------------------------------ */

void form_report_init(struct form_report *r)
{
    *r = (struct form_report){ .count = 0 };
    arena_init(&r->mem, REPORT_BYTES);
}

void form_report_release(struct form_report *r)
{
    arena_release(&r->mem);
    *r = (struct form_report){ .count = 0 };
}

static struct span kept(struct form_report *r, struct span s)
{
    return s.n == 0 ? SPAN_NONE : arena_span(&r->mem, utf8_cut(s, HEADER_SHOWN * 4));
}

static void tell(struct input *in, uint32_t sheet, uint32_t row, uint32_t column, enum fault id,
                 const struct fault_words *words)
{
    struct form_report *r = in->report;
    struct form_fault *f;

    r->fault_count += !fault_row(id)->note;
    if (r->list == NULL)
        r->list = arena_array(&r->mem, FORM_FAULTS_MAX, sizeof(*r->list));
    if (r->list == NULL)
        return; /* the arena says so */
    if (r->count == FORM_FAULTS_MAX) {
        r->more++;
        return;
    }
    f = &r->list[r->count++];
    *f = (struct form_fault){ .id = id, .row = row, .column = column };
    f->sheet =
        kept(r, sheet < book_sheet_count(in->book) ? book_sheet(in->book, sheet).name : SPAN_NONE);
    if (column != FORM_NO_COLUMN)
        f->header = kept(r, in->header[column]);
    for (int l = 0; words != NULL && l < FORM_LANGUAGES; l++) {
        f->words.first[l] = kept(r, words->first[l]);
        f->words.second[l] = kept(r, words->second[l]);
    }
}

static void put_place(struct buf *out, const struct form_fault *f, enum form_language l)
{
    char letters[COLUMN_LETTERS_MAX];
    const char *comma = "";

    if (f->sheet.n > 0) {
        buf_fmt(out, l == FORM_VI ? "Trang “%.*s”" : "Sheet “%.*s”", SPAN_ARG(f->sheet));
        comma = ", ";
    }
    if (f->row > 0) {
        buf_text(out, comma);
        buf_fmt(out, l == FORM_VI ? "dòng %u" : "row %u", f->row);
        comma = ", ";
    }
    if (f->column != FORM_NO_COLUMN) {
        column_letters(f->column, letters);
        buf_text(out, comma);
        buf_fmt(out, l == FORM_VI ? "cột %s" : "column %s", letters);
        if (f->header.n > 0)
            buf_fmt(out, " (%.*s)", SPAN_ARG(f->header));
        comma = ", ";
    }
    buf_text(out, comma[0] != '\0' ? ": " : "");
}

void form_fault_put(struct buf *out, const struct form_fault *f, enum form_language l)
{
    put_place(out, f, l);
    fault_put(out, f->id, &f->words, l);
}

/* --- The header ------------------------------------------------------------------------------ */

static bool fold_names(struct input *in)
{
    const struct form *f = in->form;

    in->names = arena_array(&in->folded, f->column_count, sizeof(*in->names));
    for (uint32_t i = 0; in->names != NULL && i < f->column_count; i++) {
        in->names[i][0] = fold_name(&in->folded, span_of(f->columns[i].name));
        in->names[i][1] = fold_name(&in->folded, span_of(f->columns[i].vi));
        in->names[i][2] = fold_name(&in->folded, span_of(f->columns[i].en));
    }
    return !arena_failed(&in->folded);
}

/* A longer text is no name, and not looked at: there may be many. */
static bool is_header(const struct cell *c)
{
    return c->kind == CELL_TEXT && c->text.n <= HEADER_CELL_MAX;
}

static uint32_t column_of(struct input *in, const struct cell *c)
{
    struct span s = is_header(c) ? fold_name(&in->mem, c->text) : SPAN_NONE;

    for (uint32_t i = 0; s.n > 0 && i < in->form->column_count; i++) {
        for (int k = 0; k < 3; k++) {
            if (span_eq(s, in->names[i][k]))
                return i;
        }
    }
    return NO_FORM_COLUMN;
}

/* How many of the form's columns the row names. */
static uint32_t count_columns(struct input *in, const struct sheet_row *row)
{
    bool seen[FORM_COLUMNS_MAX] = { false };
    uint32_t n = 0;

    arena_reset(&in->mem);
    for (uint32_t i = 0; i < row->count; i++) {
        uint32_t c = column_of(in, &row->cells[i]);

        if (c != NO_FORM_COLUMN && !seen[c]) {
            seen[c] = true;
            n++;
        }
    }
    return n;
}

static void take_header(struct input *in, const struct sheet_row *row)
{
    in->column_count = row->count;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *c = &row->cells[i];
        struct span s = c->kind == CELL_TEXT ? utf8_cut(c->text, HEADER_CELL_MAX) : SPAN_NONE;

        s = clean_text(&in->mem, s);
        in->of[i] = column_of(in, c);
        in->header[i] = s.n == 0 ? SPAN_NONE : arena_span(&in->folded, utf8_cut(s, HEADER_SHOWN));
    }
}

static int on_header(void *ctx, const struct sheet_row *row, struct err *e)
{
    struct input *in = ctx;
    uint32_t n;

    in->has_rows[in->at] = true;
    if (row->number > FORM_HEADER_ROWS)
        return ENOUGH;
    n = count_columns(in, row);
    if (n > in->matched) {
        in->matched = n;
        in->sheet = in->at;
        in->row = row->number;
        take_header(in, row);
    }
    return is_out_of_memory(in) ? no_memory(e) : ERR_OK;
}

static bool is_ours(struct span name)
{
    return span_eq(name, SPAN_LIT(FORM_HELP_VI)) || span_eq(name, SPAN_LIT(FORM_HELP_EN)) ||
           span_eq(name, SPAN_LIT("_lists"));
}

static int find_header(struct input *in, struct err *e)
{
    for (in->at = 0; in->at < book_sheet_count(in->book); in->at++) {
        struct sheet_info s = book_sheet(in->book, in->at);
        int rc =
            s.hidden || is_ours(s.name) ? ERR_OK : book_read(in->book, in->at, on_header, in, e);

        if (rc < 0)
            return rc;
    }
    if (in->matched == 0)
        tell(in, UINT32_MAX, 0, FORM_NO_COLUMN, FAULT_NO_HEADER, NULL);
    return ERR_OK;
}

static void tell_sheets(struct input *in)
{
    for (uint32_t i = 0; i < book_sheet_count(in->book); i++) {
        struct sheet_info s = book_sheet(in->book, i);

        if (is_ours(s.name) || i == in->sheet)
            continue;
        if (s.hidden)
            tell(in, i, 0, FORM_NO_COLUMN, FAULT_SHEET_HIDDEN, NULL);
        else if (in->has_rows[i])
            tell(in, i, 0, FORM_NO_COLUMN, FAULT_SHEET_UNREAD, NULL);
    }
}

static void map_columns(struct input *in)
{
    struct fault_words words;
    char letters[COLUMN_LETTERS_MAX];

    for (uint32_t i = 0; i < in->form->column_count; i++)
        in->place[i] = FORM_NO_COLUMN;
    for (uint32_t i = 0; i < in->column_count; i++) {
        uint32_t c = in->of[i];

        if (c == NO_FORM_COLUMN) {
            if (in->header[i].n > 0)
                tell(in, in->sheet, in->row, i, FAULT_COLUMN_UNKNOWN, NULL);
        } else if (in->place[c] == FORM_NO_COLUMN) {
            in->place[c] = i;
        } else {
            column_letters(in->place[c], letters);
            words = (struct fault_words){ .first = { span_of(letters), span_of(letters) } };
            tell(in, in->sheet, in->row, i, FAULT_COLUMN_TWICE, &words);
        }
    }
    for (uint32_t i = 0; i < in->form->column_count; i++) {
        const struct column *c = &in->form->columns[i];

        if (!c->required || in->place[i] != FORM_NO_COLUMN)
            continue;
        words = (struct fault_words){ .first = { span_of(c->vi), span_of(c->en) } };
        tell(in, in->sheet, in->row, FORM_NO_COLUMN, FAULT_COLUMN_MISSING, &words);
    }
}

/* --- The rows -------------------------------------------------------------------------------- */

/* Whether a column of the form has anything in this row. */
static bool is_blank_row(struct input *in, const struct sheet_row *row)
{
    for (uint32_t i = 0; i < in->form->column_count; i++) {
        const struct cell *c = in->place[i] < row->count ? &row->cells[in->place[i]] : NULL;

        if (c == NULL || c->kind == CELL_EMPTY)
            continue;
        if (c->kind != CELL_TEXT || clean_text(&in->mem, c->text).n > 0)
            return false;
    }
    return true;
}

static void read_values(struct input *in, const struct sheet_row *row)
{
    static const struct cell empty = { .kind = CELL_EMPTY };
    struct fault_words words;

    for (uint32_t i = 0; i < in->form->column_count; i++) {
        const struct column *c = &in->form->columns[i];
        uint32_t at = in->place[i];
        enum fault f;

        f = value_read(c, at < row->count ? &row->cells[at] : &empty, &in->mem, &in->values[i],
                       &words);
        if (f == FAULT_NONE && c->required && !in->values[i].present && at != FORM_NO_COLUMN)
            f = FAULT_REQUIRED;
        if (f != FAULT_NONE && !in->handing_out)
            tell(in, in->sheet, row->number, at, f, &words);
    }
}

/* Values in columns that have no header: told once a column, not to be lost in silence. */
static void tell_nameless(struct input *in, const struct sheet_row *row)
{
    for (uint32_t i = 0; i < row->count; i++) {
        bool named = i < in->column_count && in->header[i].n > 0;

        if (named || in->told[i] || row->cells[i].kind == CELL_EMPTY)
            continue;
        in->told[i] = true;
        tell(in, in->sheet, row->number, i, FAULT_COLUMN_NAMELESS, NULL);
    }
}

static int on_row(void *ctx, const struct sheet_row *row, struct err *e)
{
    struct input *in = ctx;
    struct form_row out = { row->number, in->values, in->place };

    if (row->number <= in->row)
        return ERR_OK;
    arena_reset(&in->mem);
    if (is_blank_row(in, row)) /* or out of memory */
        return is_out_of_memory(in) ? no_memory(e) : ERR_OK;
    read_values(in, row);
    if (!in->handing_out)
        tell_nameless(in, row);
    if (is_out_of_memory(in))
        return no_memory(e);
    if (in->handing_out)
        return in->fn(in->ctx, &out, e);
    in->report->rows++;
    return ERR_OK;
}

static int read_all(struct input *in, struct err *e)
{
    int rc = find_header(in, e);

    if (rc != ERR_OK)
        return rc;
    if (in->matched > 0) {
        tell_sheets(in);
        map_columns(in);
        rc = book_read(in->book, in->sheet, on_row, in, e);
        if (rc != ERR_OK)
            return rc;
    }
    if (is_out_of_memory(in))
        return no_memory(e);
    if (in->report->fault_count > 0)
        return err_set(e, ERR_SYNTAX, 0, "The table has %llu faults; nothing of it was taken.",
                       (unsigned long long)in->report->fault_count);
    in->handing_out = true;
    return book_read(in->book, in->sheet, on_row, in, e);
}

int form_read(const struct form *f, struct span bytes, form_row_fn *fn, void *ctx,
              struct form_report *report, struct err *e)
{
    struct input *in = calloc(1, sizeof(*in));
    int rc;

    MUST(f->column_count > 0 && f->column_count <= FORM_COLUMNS_MAX);
    if (in == NULL)
        return no_memory(e);
    in->form = f;
    in->report = report;
    in->fn = fn;
    in->ctx = ctx;
    in->sheet = UINT32_MAX;
    arena_init(&in->mem, ROW_BYTES);
    arena_init(&in->folded, HEADER_BYTES);
    rc = fold_names(in) ? book_open(&in->book, bytes, e) : no_memory(e);
    if (rc == ERR_OK)
        rc = read_all(in, e);
    book_free(&in->book);
    arena_release(&in->mem);
    arena_release(&in->folded);
    free(in);
    return rc;
}
