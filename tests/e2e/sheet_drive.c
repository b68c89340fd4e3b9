/*
 * sheet_drive.c - books for sheet_e2e.py: src/sheet has no command of its own.
 *
 *   sheet_drive show FILE            a JSON line a sheet, ["sheet", name, hidden], and a line a
 * row,
 *                                    ["row", number, [cell...]]; or ["error", code, sentence]
 *   sheet_drive make FORMAT FILE     a book out of JSON on standard input: [sheet...], a sheet is
 *                                    { "name", "columns": [{"name", "look", "choices"}], "rows" }
 *
 *   sheet_drive template vi|en FILE  the empty book of the form of tests/unit/sheet/sample_form.h
 *   sheet_drive import FILE          ["taken", [name, level, kind, phone, day]] a row of that form,
 *                                    or ["fault", name, vi, en] for each of the report
 *
 * A cell is null, a text, a number, true, false, {"date": days, "seconds": n} or {"error": text}.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "sheet/form_read.h"
#include "sheet/form_write.h"
#include "sheet/sample_form.h"
#include "sheet/sheet_write.h"

static void put(json_t *line)
{
    MUST(line != NULL && json_dumpf(line, stdout, JSON_COMPACT) == 0);
    json_decref(line);
    putchar('\n');
}

static int put_error(const struct err *e)
{
    put(json_pack("[s, i, s]", "error", (int)e->code, e->why));
    return 1;
}

static json_t *text_of(struct span s)
{
    json_t *t = json_stringn(s.n > 0 ? (const char *)s.p : "", s.n);

    MUST(t != NULL); /* what is handed out is UTF-8 */
    return t;
}

static json_t *cell_json(const struct cell *c)
{
    switch (c->kind) {
    case CELL_TEXT:
        return text_of(c->text);
    case CELL_NUMBER:
        return json_real(c->number);
    case CELL_BOOL:
        return json_boolean(c->number != 0.0);
    case CELL_DATE:
        return json_pack("{s:I, s:i}", "date", (json_int_t)c->days, "seconds", (int)c->seconds);
    case CELL_ERROR:
        return json_pack("{s:o}", "error", text_of(c->text));
    default:
        return json_null();
    }
}

static int on_row(void *ctx, const struct sheet_row *row, struct err *e)
{
    json_t *cells = json_array();

    (void)ctx;
    (void)e;
    for (uint32_t i = 0; i < row->count; i++)
        MUST(json_array_append_new(cells, cell_json(&row->cells[i])) == 0);
    put(json_pack("[s, i, o]", "row", (int)row->number, cells));
    return ERR_OK;
}

/* The caller frees what it points to. */
static struct span read_all(const char *path)
{
    uint8_t *p = malloc(LIMIT_BOOK_BYTES + 1u);
    FILE *f = fopen(path, "rb");
    struct span s;

    MUST(f != NULL && p != NULL);
    s = (struct span){ p, fread(p, 1, LIMIT_BOOK_BYTES + 1u, f) };
    (void)fclose(f); /* only read */
    return s;
}

static void write_all(const char *path, struct span s)
{
    FILE *f = fopen(path, "wb");

    MUST(f != NULL && fwrite(s.p, 1, s.n, f) == s.n && fclose(f) == 0);
}

static int show(const char *path)
{
    struct span bytes = read_all(path);
    struct book *b;
    struct err e;
    int rc = book_open(&b, bytes, &e);

    for (uint32_t i = 0; rc == ERR_OK && i < book_sheet_count(b); i++) {
        struct sheet_info s = book_sheet(b, i);

        put(json_pack("[s, o, b]", "sheet", text_of(s.name), s.hidden));
        rc = book_read(b, i, on_row, NULL, &e);
    }
    book_free(&b);
    free((void *)(uintptr_t)bytes.p);
    return rc == ERR_OK ? 0 : put_error(&e);
}

/* --- make ------------------------------------------------------------------------------------ */

static struct cell cell_of(const json_t *j)
{
    struct cell c = { .kind = CELL_EMPTY };

    if (json_is_string(j)) {
        c.kind = CELL_TEXT;
        c.text = (struct span){ (const uint8_t *)json_string_value(j), json_string_length(j) };
    } else if (json_is_number(j)) {
        c.kind = CELL_NUMBER;
        c.number = json_number_value(j);
    } else if (json_is_boolean(j)) {
        c.kind = CELL_BOOL;
        c.number = json_boolean_value(j);
    } else if (json_is_object(j)) {
        c.kind = CELL_DATE;
        c.days = json_integer_value(json_object_get(j, "date"));
        c.seconds = (uint32_t)json_integer_value(json_object_get(j, "seconds"));
    }
    return c;
}

static struct cell *cells_of(const json_t *list, uint32_t *count)
{
    struct cell *cells = calloc(json_array_size(list) + 1, sizeof(*cells));

    MUST(cells != NULL);
    *count = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < *count; i++)
        cells[i] = cell_of(json_array_get(list, i));
    return cells;
}

static struct sheet_layout layout_of(const json_t *j)
{
    const json_t *columns = json_object_get(j, "columns");
    size_t n = json_array_size(columns);
    struct sheet_column *c = calloc(n + 1, sizeof(*c));

    MUST(c != NULL);
    for (size_t i = 0; i < n; i++) {
        const json_t *from = json_array_get(columns, i);

        c[i].name = span_of(json_string_value(json_object_get(from, "name")));
        c[i].look = (enum sheet_look)json_integer_value(json_object_get(from, "look"));
        c[i].width = 20;
        c[i].choices = cells_of(json_object_get(from, "choices"), &c[i].choice_count);
    }
    return (struct sheet_layout){ span_of(json_string_value(json_object_get(j, "name"))), c,
                                  (uint32_t)n };
}

static int write_sheet(struct book_writer *w, const json_t *rows, struct err *e)
{
    int rc = book_write_sheet(w, e);

    for (size_t i = 0; rc == ERR_OK && i < json_array_size(rows); i++) {
        uint32_t count;
        struct cell *cells = cells_of(json_array_get(rows, i), &count);

        rc = book_write_row(w, cells, count, e);
        free(cells);
    }
    return rc;
}

static int make(const char *format, const char *path)
{
    json_t *sheets = json_loadf(stdin, 0, NULL);
    size_t n = json_array_size(sheets);
    struct sheet_layout *layouts = calloc(n + 1, sizeof(*layouts));
    struct book_writer *w = NULL;
    struct buf out;
    struct err e;
    int rc;

    MUST(layouts != NULL && n > 0);
    for (size_t i = 0; i < n; i++)
        layouts[i] = layout_of(json_array_get(sheets, i));
    buf_init(&out, LIMIT_BOOK_BYTES);
    rc = book_write_new(&w, strcmp(format, "csv") == 0 ? BOOK_CSV : BOOK_XLSX, layouts, (uint32_t)n,
                        &out, &e);
    for (size_t i = 0; rc == ERR_OK && i < n; i++)
        rc = write_sheet(w, json_object_get(json_array_get(sheets, i), "rows"), &e);
    if (rc == ERR_OK)
        rc = book_write_end(w, &e);
    if (rc != ERR_OK)
        return put_error(&e);
    put(json_pack("[s, I]", "neutralised", (json_int_t)book_write_neutralised(w)));
    write_all(path, buf_span(&out));
    book_write_free(&w);
    buf_release(&out);
    for (size_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < layouts[i].column_count; k++)
            free((void *)(uintptr_t)layouts[i].columns[k].choices);
        free((void *)(uintptr_t)layouts[i].columns);
    }
    free(layouts);
    json_decref(sheets);
    return 0;
}

/* --- The sample form ------------------------------------------------------------------------- */

static int template(const char *language, const char *path)
{
    enum form_language l = strcmp(language, "vi") == 0 ? FORM_VI : FORM_EN;
    struct form_writer *w;
    struct buf out;
    struct err e;
    int rc;

    buf_init(&out, LIMIT_BOOK_BYTES);
    rc = form_write_new(&w, &sample_form, l, BOOK_XLSX, &out, &e);
    if (rc == ERR_OK)
        rc = form_write_end(w, &e);
    form_write_free(&w);
    if (rc == ERR_OK)
        write_all(path, buf_span(&out));
    buf_release(&out);
    return rc == ERR_OK ? 0 : put_error(&e);
}

static int on_form_row(void *ctx, const struct form_row *row, struct err *e)
{
    const struct value *v = row->values;

    (void)ctx;
    (void)e;
    put(json_pack("[s, [o, I, I, o, I]]", "taken", text_of(v[0].text), (json_int_t)v[4].whole,
                  (json_int_t)v[5].whole, text_of(v[7].text), (json_int_t)v[3].whole));
    return ERR_OK;
}

static void put_fault(const struct form_fault *f)
{
    struct buf vi, en;

    buf_init(&vi, 1 << 16);
    buf_init(&en, 1 << 16);
    form_fault_put(&vi, f, FORM_VI);
    form_fault_put(&en, f, FORM_EN);
    put(json_pack("[s, s, o, o]", "fault", fault_row(f->id)->name, text_of(buf_span(&vi)),
                  text_of(buf_span(&en))));
    buf_release(&vi);
    buf_release(&en);
}

static int import(const char *path)
{
    struct span bytes = read_all(path);
    struct form_report r;
    struct err e;
    int rc;

    form_report_init(&r);
    rc = form_read(&sample_form, bytes, on_form_row, NULL, &r, &e);
    for (uint32_t i = 0; i < r.count; i++)
        put_fault(&r.list[i]);
    form_report_release(&r);
    free((void *)(uintptr_t)bytes.p);
    return rc == ERR_OK ? 0 : put_error(&e);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "show") == 0)
        return show(argv[2]);
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        return make(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "template") == 0)
        return template(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "import") == 0)
        return import(argv[2]);
    (void)fprintf(stderr,
                  "usage: sheet_drive show FILE | make csv|xlsx FILE | template vi|en FILE | "
                  "import FILE\n");
    return 2;
}
