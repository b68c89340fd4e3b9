/*
 * form_write.c - columns to cells, and the sheet of explanations.
 */
#include "sheet/form_write.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "sheet/form_read.h"
#include "sheet/sheet_write.h"

#define HEADER_WIDTH_EXTRA 4u /* for the filter's button */
#define WIDTH_MAX          60u
#define HELP_BYTES         ((size_t)1 << 20)
#define LEVELS             5u
#define TIME_BYTES         40u

/* Columns of the sheet of explanations: Vietnamese, English, width. */
#define HELP_TABLE(X)                                                                              \
    X(COLUMN, "Cột", "Column", 30)                                                                 \
    X(REQUIRED, "Bắt buộc", "Required", 12)                                                        \
    X(TYPE, "Kiểu", "Type", 26)                                                                    \
    X(MAX, "Tối đa", "Maximum", 12)                                                                \
    X(CHOICES, "Danh mục", "List", 50)                                                             \
    X(HELP, "Giải thích", "Explanation", 60)

enum help_column {
#define X(id, vi, en, width) HELP_##id,
    HELP_TABLE(X)
#undef X
        HELP_COUNT
};

static const struct {
    const char *title[FORM_LANGUAGES];
    uint32_t width;
} help_columns[] = {
#define X(id, vi, en, width) [HELP_##id] = { { vi, en }, width },
    HELP_TABLE(X)
#undef X
};

static const struct cell levels[LEVELS] = {
    { .kind = CELL_NUMBER, .number = 1 }, { .kind = CELL_NUMBER, .number = 2 },
    { .kind = CELL_NUMBER, .number = 3 }, { .kind = CELL_NUMBER, .number = 4 },
    { .kind = CELL_NUMBER, .number = 5 },
};

struct form_writer {
    const struct form *form;
    enum form_language language;
    enum book_format format;
    struct arena mem;
    struct book_writer *book;
    struct sheet_layout sheets[2];
    struct sheet_column columns[FORM_COLUMNS_MAX];
    struct sheet_column help[HELP_COUNT];
    struct cell cells[FORM_COLUMNS_MAX];
    char times[FORM_COLUMNS_MAX][TIME_BYTES]; /* of the row */
};

static struct cell text_cell(struct span s)
{
    return (struct cell){ .kind = s.n > 0 ? CELL_TEXT : CELL_EMPTY, .text = s };
}

/* --- The layout ------------------------------------------------------------------------------ */

static enum sheet_look look_of(enum column_type t)
{
    if (t == COLUMN_DATE || t == COLUMN_TIME)
        return t == COLUMN_DATE ? SHEET_LOOK_DATE : SHEET_LOOK_TIME;
    return t == COLUMN_INT || t == COLUMN_NUMBER || t == COLUMN_LEVEL ? SHEET_LOOK_PLAIN
                                                                      : SHEET_LOOK_TEXT;
}

static uint32_t width_of(struct span header, uint32_t least)
{
    uint32_t n = HEADER_WIDTH_EXTRA;

    for (size_t i = 0; i < header.n; i++)
        n += (header.p[i] & 0xC0) != 0x80;
    n = n > least ? n : least;
    return n < WIDTH_MAX ? n : WIDTH_MAX;
}

static void choices_of(struct form_writer *w, const struct column *c, struct sheet_column *out)
{
    struct cell *list;

    if (c->type == COLUMN_LEVEL) {
        out->choices = levels;
        out->choice_count = LEVELS;
    }
    if (c->type != COLUMN_CHOICE)
        return;
    list = arena_array(&w->mem, c->choice_count, sizeof(*list));
    for (uint32_t i = 0; list != NULL && i < c->choice_count; i++)
        list[i] = text_cell(span_of(choice_title(&c->choices[i], w->language)));
    out->choices = list;
    out->choice_count = list == NULL ? 0 : c->choice_count;
}

static void lay_out(struct form_writer *w)
{
    const struct form *f = w->form;

    for (uint32_t i = 0; i < f->column_count; i++) {
        const struct column *c = &f->columns[i];
        struct sheet_column *out = &w->columns[i];

        out->name = span_of(column_title(c, w->language));
        out->look = look_of(c->type);
        out->width = width_of(out->name, column_type_width(c->type));
        choices_of(w, c, out);
    }
    for (uint32_t i = 0; i < HELP_COUNT; i++)
        w->help[i] = (struct sheet_column){ .name = span_of(help_columns[i].title[w->language]),
                                            .look = SHEET_LOOK_WRAP,
                                            .width = help_columns[i].width };
    w->sheets[0] =
        (struct sheet_layout){ span_of(form_title(f, w->language)), w->columns, f->column_count };
    w->sheets[1] = (struct sheet_layout){ w->language == FORM_VI ? SPAN_LIT(FORM_HELP_VI)
                                                                 : SPAN_LIT(FORM_HELP_EN),
                                          w->help, HELP_COUNT };
}

int form_write_new(struct form_writer **out, const struct form *f, enum form_language l,
                   enum book_format format, struct buf *to, struct err *e)
{
    struct form_writer *w = calloc(1, sizeof(*w));
    int rc;

    MUST(f->column_count > 0 && f->column_count <= FORM_COLUMNS_MAX);
    *out = NULL;
    if (w == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to write the book.");
    w->form = f;
    w->language = l;
    w->format = format;
    arena_init(&w->mem, HELP_BYTES);
    lay_out(w);
    rc = arena_failed(&w->mem)
             ? err_set(e, ERR_NOMEM, 0, "There is no memory to write the book.")
             : book_write_new(&w->book, format, w->sheets, format == BOOK_CSV ? 1 : 2, to, e);
    if (rc == ERR_OK)
        rc = book_write_sheet(w->book, e);
    if (rc != ERR_OK)
        form_write_free(&w);
    *out = w;
    return rc;
}

void form_write_free(struct form_writer **pw)
{
    struct form_writer *w = *pw;

    *pw = NULL;
    if (w == NULL)
        return;
    book_write_free(&w->book);
    arena_release(&w->mem);
    free(w);
}

/* --- Rows ------------------------------------------------------------------------------------ */

/* Of a CSV a text: a date alone would not be taken back as a time. */
static struct cell time_cell(const struct form_writer *w, int64_t whole, char text[TIME_BYTES])
{
    struct cell c = { .kind = CELL_DATE,
                      .days = whole / 86400,
                      .seconds = (uint32_t)(whole % 86400) };
    struct time_parts p = { 0 };

    MUST(whole >= 0);
    if (w->format != BOOK_CSV)
        return c;
    time_date(c.days, &p);
    (void)snprintf(text, TIME_BYTES, "%02u/%02u/%04d %02u:%02u:%02u", p.day, p.month, p.year,
                   c.seconds / 3600, c.seconds / 60 % 60, c.seconds % 60); /* it fits */
    return text_cell(span_of(text));
}

static struct cell cell_of(struct form_writer *w, uint32_t i, const struct value *v)
{
    const struct column *c = &w->form->columns[i];

    if (!v->present)
        return (struct cell){ .kind = CELL_EMPTY };
    switch (c->type) {
    case COLUMN_INT:
    case COLUMN_LEVEL:
        return (struct cell){ .kind = CELL_NUMBER, .number = (double)v->whole };
    case COLUMN_NUMBER:
        return (struct cell){ .kind = CELL_NUMBER, .number = v->number };
    case COLUMN_DATE:
        return (struct cell){ .kind = CELL_DATE, .days = v->whole };
    case COLUMN_TIME:
        return time_cell(w, v->whole, w->times[i]);
    case COLUMN_CHOICE:
        MUST(v->whole >= 0 && v->whole < c->choice_count);
        return text_cell(span_of(choice_title(&c->choices[v->whole], w->language)));
    default:
        return text_cell(v->text);
    }
}

int form_write_row(struct form_writer *w, const struct value *values, struct err *e)
{
    for (uint32_t i = 0; i < w->form->column_count; i++)
        w->cells[i] = cell_of(w, i, &values[i]);
    return book_write_row(w->book, w->cells, w->form->column_count, e);
}

/* --- Explanations ---------------------------------------------------------------------------- */

static struct span list_of(const struct form_writer *w, const struct column *c, struct buf *b)
{
    buf_clear(b);
    for (uint32_t i = 0; i < c->choice_count; i++) {
        buf_text(b, i > 0 ? "\n" : "");
        buf_text(b, choice_title(&c->choices[i], w->language));
    }
    return buf_span(b);
}

static int explain(struct form_writer *w, const struct column *c, struct buf *b, struct err *e)
{
    bool vi = w->language == FORM_VI;
    const char *help = vi ? c->help_vi : c->help_en;
    struct cell cells[HELP_COUNT] = { 0 };
    uint32_t max = c->type == COLUMN_TEXT && c->max == 0 ? FORM_TEXT_MAX : c->max;

    cells[HELP_COLUMN] = text_cell(span_of(column_title(c, w->language)));
    if (c->required)
        cells[HELP_REQUIRED] = text_cell(vi ? SPAN_LIT("Có") : SPAN_LIT("Yes"));
    cells[HELP_TYPE] = text_cell(span_of(column_type_title(c->type, w->language)));
    if (max != 0)
        cells[HELP_MAX] = (struct cell){ .kind = CELL_NUMBER, .number = max };
    cells[HELP_CHOICES] = text_cell(list_of(w, c, b));
    if (help != NULL)
        cells[HELP_HELP] = text_cell(span_of(help));
    if (buf_failed(b))
        return err_set(e, ERR_NOMEM, 0, "There is no memory to write the book.");
    return book_write_row(w->book, cells, HELP_COUNT, e);
}

int form_write_end(struct form_writer *w, struct err *e)
{
    struct buf b;
    int rc = ERR_OK;

    buf_init(&b, HELP_BYTES);
    if (w->format == BOOK_XLSX)
        rc = book_write_sheet(w->book, e);
    for (uint32_t i = 0; rc == ERR_OK && w->format == BOOK_XLSX && i < w->form->column_count; i++)
        rc = explain(w, &w->form->columns[i], &b, e);
    buf_release(&b);
    return rc == ERR_OK ? book_write_end(w->book, e) : rc;
}

uint64_t form_write_neutralised(const struct form_writer *w)
{
    return book_write_neutralised(w->book);
}
