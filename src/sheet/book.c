/*
 * book.c - what is common to both formats: telling which it is, sheets, rows.
 */
#include "sheet/book_own.h"

#include <stdlib.h>

static const struct {
    const char *name, *media_type;
} formats[] = {
#define X(id, name, media_type) [BOOK_##id] = { name, media_type },
    BOOK_FORMAT_TABLE(X)
#undef X
};

static const char *const kinds[] = {
#define X(id, name) [CELL_##id] = name,
    CELL_KIND_TABLE(X)
#undef X
};

const char *book_format_name(enum book_format f)
{
    MUST((unsigned)f < BOOK_FORMAT_COUNT);
    return formats[f].name;
}

const char *book_format_media_type(enum book_format f)
{
    MUST((unsigned)f < BOOK_FORMAT_COUNT);
    return formats[f].media_type;
}

const char *cell_kind_name(enum cell_kind k)
{
    MUST((unsigned)k < CELL_KIND_COUNT);
    return kinds[k];
}

int book_no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to read the book.");
}

/* --- What is sent as a table and is none ---------------------------------------------------- */

/* UTF-16LE, as names stand in the directory of an OLE file. */
static bool has_wide(struct span s, const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i + 2 * n <= s.n; i += 2) {
        size_t k = 0;

        while (k < n && s.p[i + 2 * k] == (uint8_t)name[k] && s.p[i + 2 * k + 1] == 0)
            k++;
        if (k == n)
            return true;
    }
    return false;
}

/* [MS-CFB] names its streams in UTF-16: an encrypted XLSX is one with "EncryptedPackage". */
static int refuse_ole(struct span bytes, struct err *e)
{
    if (has_wide(bytes, "EncryptedPackage"))
        return err_set(e, ERR_UNSUPPORTED, 0,
                       "The book has a password; save it without one and send that.");
    return err_set(e, ERR_UNSUPPORTED, 0,
                   "The book is of the old kind (.xls); save it as \"Excel Workbook (.xlsx)\".");
}

static const struct {
    struct span head;
    const char *what;
} strangers[] = {
    { { (const uint8_t *)"%PDF", 4 }, "a PDF" },
    { { (const uint8_t *)"{\\rtf", 5 }, "a text in RTF" },
    { { (const uint8_t *)"<?xml", 5 }, "an XML file" },
    { { (const uint8_t *)"<html", 5 }, "a web page" },
    { { (const uint8_t *)"<!doctype", 9 }, "a web page" },
    { { (const uint8_t *)"<table", 6 }, "a web page" },
    { { (const uint8_t *)"Rar!", 4 }, "a RAR archive" },
    { { (const uint8_t *)"7z\xbc\xaf", 4 }, "a 7-Zip archive" },
    { { (const uint8_t *)"\x1f\x8b", 2 }, "a gzip archive" },
    { { (const uint8_t *)"\x89PNG", 4 }, "a picture" },
    { { (const uint8_t *)"\xff\xd8\xff", 3 }, "a picture" },
};

static int refuse_strangers(struct span bytes, struct err *e)
{
    for (size_t i = 0; i < COUNT_OF(strangers); i++) {
        struct span head = strangers[i].head;

        if (bytes.n >= head.n && span_eq_nocase((struct span){ bytes.p, head.n }, head))
            return err_set(e, ERR_UNSUPPORTED, 0,
                           "This is %s and no table; send an Excel workbook (.xlsx) or a CSV.",
                           strangers[i].what);
    }
    return ERR_OK;
}

static int tell(struct book *b, struct span bytes, struct err *e)
{
    int rc;

    if (bytes.n == 0)
        return err_set(e, ERR_SYNTAX, 0, "The file is empty.");
    if (bytes.n > LIMIT_BOOK_BYTES)
        return err_set(e, ERR_LIMIT, 0, "The book is larger than %d MiB.", LIMIT_BOOK_BYTES >> 20);
    if (span_starts(bytes, SPAN_LIT("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")))
        return refuse_ole(bytes, e);
    if (span_starts(bytes, SPAN_LIT("PK\3\4")) || span_starts(bytes, SPAN_LIT("PK\5\6"))) {
        b->format = BOOK_XLSX;
        return xlsx_open(b, bytes, e);
    }
    rc = refuse_strangers(bytes, e);
    b->format = BOOK_CSV;
    return rc == ERR_OK ? csv_open(b, bytes, e) : rc;
}

/* --- The book -------------------------------------------------------------------------------- */

int book_open(struct book **out, struct span bytes, struct err *e)
{
    struct book *b = calloc(1, sizeof(*b));
    int rc;

    *out = NULL;
    if (b == NULL)
        return book_no_memory(e);
    arena_init(&b->mem, BOOK_ARENA_BYTES);
    buf_init(&b->wide, (size_t)LIMIT_BOOK_BYTES * 2);
    buf_init(&b->shared.bytes, LIMIT_SHARED_TEXT_BYTES);
    buf_init(&b->shared.ends, LIMIT_SHARED_TEXT_BYTES);
    rc = tell(b, bytes, e);
    if (rc != ERR_OK)
        book_free(&b);
    *out = b;
    return rc;
}

void book_free(struct book **pb)
{
    struct book *b = *pb;

    *pb = NULL;
    if (b == NULL)
        return;
    zip_parts_free(&b->parts);
    buf_release(&b->wide);
    buf_release(&b->shared.bytes);
    buf_release(&b->shared.ends);
    arena_release(&b->mem);
    free(b);
}

enum book_format book_format(const struct book *b)
{
    return b->format;
}

uint32_t book_sheet_count(const struct book *b)
{
    return b->sheet_count;
}

struct sheet_info book_sheet(const struct book *b, uint32_t sheet)
{
    MUST(sheet < b->sheet_count);
    return b->sheets[sheet].info;
}

int book_read(struct book *b, uint32_t sheet, sheet_row_fn *fn, void *ctx, struct err *e)
{
    struct row_maker m;
    int rc = row_maker_init(&m, fn, ctx, e);

    MUST(sheet < b->sheet_count);
    if (rc == ERR_OK)
        rc = b->format == BOOK_CSV ? csv_book_read(b, &m, e) : xlsx_read(b, sheet, &m, e);
    row_maker_release(&m);
    return rc;
}

void column_letters(uint32_t column, char out[COLUMN_LETTERS_MAX])
{
    char back[COLUMN_LETTERS_MAX];
    size_t n = 0, k = 0;

    MUST(column < 18278); /* ZZZ is the last of three */
    for (uint32_t c = column + 1; c > 0; c = (c - 1) / 26)
        back[n++] = (char)('A' + (c - 1) % 26);
    while (n > 0)
        out[k++] = back[--n];
    out[k] = '\0';
}

/* --- Rows ------------------------------------------------------------------------------------ */

int row_maker_init(struct row_maker *m, sheet_row_fn *fn, void *ctx, struct err *e)
{
    *m = (struct row_maker){ .fn = fn, .ctx = ctx };
    buf_init(&m->text, ROW_TEXT_BYTES);
    m->cells = calloc(LIMIT_SHEET_COLUMNS, sizeof(*m->cells));
    return m->cells == NULL ? book_no_memory(e) : ERR_OK;
}

void row_maker_release(struct row_maker *m)
{
    free(m->cells);
    buf_release(&m->text);
}

void row_clear(struct row_maker *m)
{
    m->count = 0;
    buf_clear(&m->text);
}

struct cell *row_cell(struct row_maker *m, uint32_t column)
{
    MUST(column >= m->count);
    if (column >= LIMIT_SHEET_COLUMNS)
        return NULL;
    while (m->count <= column)
        m->cells[m->count++] = (struct cell){ .kind = CELL_EMPTY };
    return &m->cells[column];
}

/* The text did not move until now: it grows. */
static void place_texts(struct row_maker *m)
{
    size_t at = 0;

    for (uint32_t i = 0; i < m->count; i++) {
        struct cell *c = &m->cells[i];

        if (c->text.p == NULL && c->text.n > 0) {
            c->text.p = m->text.p + at;
            at += c->text.n;
        }
    }
    MUST(at == m->text.n);
}

int row_give(struct row_maker *m, uint32_t number, struct err *e)
{
    struct sheet_row row = { .number = number, .cells = m->cells };
    int rc;

    if (buf_failed(&m->text))
        return err_set(e, ERR_LIMIT, number, "Row %u has more than %zu MiB of text.", number,
                       ROW_TEXT_BYTES >> 20);
    place_texts(m);
    while (m->count > 0 && m->cells[m->count - 1].kind == CELL_EMPTY)
        m->count--;
    row.count = m->count;
    if (row.count == 0)
        return ERR_OK;
    if (m->rows == LIMIT_SHEET_ROWS)
        return err_set(e, ERR_LIMIT, number, "The sheet has more than %d rows.", LIMIT_SHEET_ROWS);
    m->rows++;
    for (uint32_t i = 0; i < row.count; i++)
        m->bytes += row.cells[i].text.n;
    if (m->bytes > LIMIT_SHEET_TEXT_BYTES)
        return err_set(e, ERR_LIMIT, number, "The sheet has more than %d MiB of text.",
                       LIMIT_SHEET_TEXT_BYTES >> 20);
    rc = m->fn(m->ctx, &row, e);
    m->stopped = rc != ERR_OK;
    return rc;
}
