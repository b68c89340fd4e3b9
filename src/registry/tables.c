/*
 * tables.c - registers in and out as tables: XLSX and CSV (sheet/form_read.h, form_write.h).
 *
 *   book ─▶ rows, each cell looked at ─▶ each put, within the act ─▶ all are right: they stay
 *              │ faults                       │ faults, or only to be tried: taken back
 *              └──────────────────────────────┴─▶ told by row and column; nothing was imported
 *
 * A row is the thing whose key it has: it is made, changed, or as it is. Empty cells and columns
 * that are not there leave what is. Rows may refer to others further down: what is not found yet is
 * tried again after the rest.
 */
#include "registry/registry_own.h"
#include "registry/book.h"

#include <stdlib.h>

#include "act/table.h"
#include "sheet/form_read.h"
#include "sheet/form_write.h"

#define IMPORT_ROWS_MAX  5000u
#define IMPORT_BYTES     ((size_t)96 << 20) /* of all rows */
#define IMPORT_FILE_MAX  ((int64_t)8 << 20)
#define EXPORT_BYTES_MAX ((size_t)64 << 20)

struct import_row {
    uint32_t number;
    const struct value *values;
    const uint32_t *columns; /* where each stands in the book */
    int64_t id;
    bool done, is_wrong;
    struct complaint wrong;
};

struct import {
    struct table_import in;
    const struct thing *thing;
    struct arena mem;
    struct import_row *row;
};

/* --- reading
 * -------------------------------------------------------------------------------------- */

static int on_row(void *arg, const struct form_row *in, struct err *e)
{
    struct import *im = arg;
    uint32_t columns = im->thing->form->column_count;
    struct value *values = arena_array(&im->mem, columns, sizeof(*values));
    uint32_t *places = arena_array(&im->mem, columns, sizeof(*places));

    if (im->in.rows == IMPORT_ROWS_MAX)
        return err_set(e, ERR_LIMIT, 0, "There are more than %u rows: part the table.",
                       IMPORT_ROWS_MAX);
    if (values == NULL || places == NULL)
        return edit_no_memory(e);
    for (uint32_t i = 0; i < columns; i++) {
        values[i] = in->values[i];
        places[i] = in->columns[i];
        values[i].text = arena_span(&im->mem, in->values[i].text);
    }
    im->row[im->in.rows++] =
        (struct import_row){ .number = in->number, .values = values, .columns = places };
    return arena_failed(&im->mem) ? edit_no_memory(e) : ERR_OK;
}

/* --- one row
 * -------------------------------------------------------------------------------------- */

static int take_values(struct edit *x, const struct import_row *row, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; rc == ERR_OK && i < x->thing->form->column_count; i++)
        rc = edit_take_value(x, i, &row->values[i], e);
    return rc;
}

/* Of two rows of one key the second is wrong. */
static int check_twice(struct import *im, struct edit *x, const struct import_row *row, int64_t id,
                       struct err *e)
{
    const struct thing *t = im->thing;

    for (uint32_t i = 0; i < im->in.rows; i++) {
        if (im->row[i].id == id && &im->row[i] != row)
            return edit_wrong(x, t->key[t->keys - 1], WRONG_TWICE,
                              edit_number(x, im->row[i].number), SPAN_NONE, e);
    }
    return ERR_OK;
}

static int put_row(struct import *im, struct edit *x, struct import_row *row, struct err *e)
{
    bool is_made = x->id == 0;
    int rc = ERR_OK;

    if (!is_made && !edit_is_changed(x)) {
        im->in.unchanged++;
        row->id = x->id;
        return ERR_OK;
    }
    if (!is_made)
        rc = act_changes(im->in.c, im->thing->undo, x->id, e);
    if (rc == ERR_OK)
        rc = edit_put(x, e);
    if (rc == ERR_OK && is_made)
        rc = act_on(im->in.c, im->thing->kind, x->id, e);
    row->id = x->id;
    im->in.added += is_made;
    im->in.changed += !is_made;
    return rc;
}

static int edit_row(struct import *im, struct edit *x, struct import_row *row, struct err *e)
{
    int64_t id = 0;
    int rc = take_values(x, row, e);

    if (rc == ERR_OK)
        rc = edit_find(x, &id, e);
    if (rc == ERR_OK && id != 0)
        rc = check_twice(im, x, row, id, e);
    if (rc == ERR_OK && id != 0)
        rc = edit_load(x, id, e);
    if (rc == ERR_OK && id != 0)
        rc = take_values(x, row, e);
    return rc == ERR_OK ? put_row(im, x, row, e) : rc;
}

/* A fault of the row is kept with it; ERR_NOTFOUND: what it refers to may still come. */
static int do_row(struct import *im, struct import_row *row, struct err *e)
{
    struct edit x;
    int rc;

    edit_init(&x, im->thing, im->in.c->db, im->in.c->now_ns);
    x.of_table = true;
    rc = edit_row(im, &x, row, e);
    row->done = rc != ERR_NOTFOUND;
    row->is_wrong = x.is_wrong;
    row->wrong = x.wrong;
    edit_release(&x);
    return rc != ERR_OK && row->is_wrong ? ERR_OK : rc;
}

/* --- all rows
 * ------------------------------------------------------------------------------------- */

static int do_rows(void *arg, struct err *e)
{
    struct import *im = arg;
    bool moved = true, wait = true;

    while (moved && wait) {
        moved = wait = false;
        for (uint32_t i = 0; i < im->in.rows; i++) {
            int rc;

            if (im->row[i].done)
                continue;
            rc = do_row(im, &im->row[i], e);
            if (rc != ERR_OK)
                return rc;
            moved = moved || im->row[i].done;
            wait = wait || !im->row[i].done;
        }
    }
    for (uint32_t i = 0; i < im->in.rows; i++)
        im->in.faults += im->row[i].is_wrong;
    return ERR_OK;
}

/* Done, and taken back when a row was wrong, or when it was only to be tried. */
static bool tell_wrong(void *arg, uint32_t i, struct table_fault *out)
{
    const struct import *im = arg;
    const struct import_row *row = &im->row[i];
    const struct complaint *w = &row->wrong;

    *out = (struct table_fault){ .row = row->number };
    if (!row->is_wrong)
        return false;
    out->column = row->columns[w->field];
    out->header = span_of(im->thing->form->columns[w->field].vi);
    out->vi = span_of(w->text[FORM_VI]);
    out->en = span_of(w->text[FORM_EN]);
    return true;
}

/* --- the act ---------------------------------------------------------------------------------- */

static int import(struct act_call *c, struct err *e)
{
    struct import im = { .in = { .c = c, .dry = act_int(c, "dry") != 0 } };
    const struct table_import_fns fns = { on_row, do_rows, tell_wrong, &im };
    enum registry_form form = REGISTRY_AGENCY;
    int rc;

    MUST(registry_form_of(act_text(c, "form"), &form));
    im.thing = &registry_things[form];
    im.in.form = im.thing->form;
    im.in.name = im.thing->kind;
    im.row = calloc(IMPORT_ROWS_MAX, sizeof(*im.row));
    if (im.row == NULL)
        return edit_no_memory(e);
    arena_init(&im.mem, IMPORT_BYTES);
    rc = table_import(&im.in, &fns, e);
    arena_release(&im.mem);
    free(im.row);
    return rc;
}

static const char *const forms[] = {
#define X(thing, ID) #thing,
    REGISTRY_KIND_TABLE(X)
#undef X
        NULL
};

const struct act_row registry_tables[] = {
    { "registry.import",
      ROLES_REGISTRY,
      "Take in a table, XLSX or CSV: all rows, or none and what is wrong with each.",
      import,
      { { "form", ACT_CHOICE, true, 0, forms, "what the rows are" },
        { "file", ACT_FILE, true, IMPORT_FILE_MAX, NULL, "the table" },
        { "dry", ACT_BOOL, false, 0, NULL, "only try it" } } },
};

/* --- out
 * ------------------------------------------------------------------------------------------ */

/* "public; personal" as people write it. */
static int list_classes(struct span names, bool english, struct arena *mem, struct span *out)
{
    struct buf text;

    buf_init(&text, 4096);
    while (names.n > 0) {
        size_t n = span_find(names, ';');
        struct span one = span_trim((struct span){ names.p, n });

        for (uint32_t i = 0; i < information_classes_count; i++) {
            const struct choice *c = &information_classes_choices[i];

            if (span_eq(one, span_of(c->name)))
                buf_fmt(&text, "%s%s", text.n > 0 ? "; " : "", english ? c->en : c->vi);
        }
        names = span_from(names, n < names.n ? n + 1 : n);
    }
    *out = arena_span(mem, buf_span(&text));
    buf_release(&text);
    return out->p != NULL ? ERR_OK : ERR_NOMEM;
}

static int export_value(const struct thing *t, uint32_t i, struct db_row *r, bool english,
                        struct arena *mem, struct value *out, struct err *e)
{
    struct cell cell = { .kind = CELL_TEXT };
    struct fault_words words;
    int column = (int)i + 1;

    *out = (struct value){ .present = false };
    if (db_get_null(r, column))
        return ERR_OK;
    if (t->type[i] == FIELD_LEVEL || t->type[i] == FIELD_COUNT) {
        out->present = true;
        out->whole = db_get_int(r, column);
        return ERR_OK;
    }
    cell.text = db_get_text(r, column);
    if (t->type[i] == FIELD_CLASSES && list_classes(cell.text, english, mem, &cell.text) != ERR_OK)
        return edit_no_memory(e);
    if (value_read(&t->form->columns[i], &cell, mem, out, &words) != FAULT_NONE)
        return err_set(e, ERR_CORRUPT, 0, "%s %lld: %s is not as it was written down.", t->kind,
                       (long long)db_get_int(r, 0), t->form->columns[i].name);
    return arena_failed(mem) ? edit_no_memory(e) : ERR_OK;
}

static int export_row(const struct thing *t, struct db_row *r, bool english, struct arena *mem,
                      struct form_writer *w, struct err *e)
{
    struct value values[REGISTRY_FIELDS_MAX];
    int rc = ERR_OK;

    arena_reset(mem);
    for (uint32_t i = 0; rc == ERR_OK && i < t->form->column_count; i++)
        rc = export_value(t, i, r, english, mem, &values[i], e);
    return rc == ERR_OK ? form_write_row(w, values, e) : rc;
}

static int export_rows(struct db *reader, const struct thing *t, bool english, int64_t agency,
                       struct form_writer *w, struct err *e)
{
    struct db_row *r = db_use(reader, t->rows);
    struct arena mem;
    int rc;

    if (agency != 0)
        db_int(r, 1, agency);
    db_int(r, 3, INT64_MAX);
    arena_init(&mem, EXPORT_BYTES_MAX);
    while ((rc = db_next(reader, r, e)) == 1) {
        rc = export_row(t, r, english, &mem, w, e);
        if (rc != ERR_OK)
            break;
    }
    db_end(r);
    arena_release(&mem);
    return rc;
}

int registry_export(struct db *reader, enum registry_form form, bool english,
                    enum book_format format, int64_t agency, struct buf *out, struct err *e)
{
    const struct thing *t = &registry_things[form];
    struct form_writer *w;
    int rc = form_write_new(&w, t->form, english ? FORM_EN : FORM_VI, format, out, e);

    if (rc == ERR_OK)
        rc = export_rows(reader, t, english, agency, w, e);
    if (rc == ERR_OK)
        rc = form_write_end(w, e);
    form_write_free(&w);
    return rc;
}

int registry_template(enum registry_form form, bool english, struct buf *out, struct err *e)
{
    struct form_writer *w;
    int rc = form_write_new(&w, registry_things[form].form, english ? FORM_EN : FORM_VI, BOOK_XLSX,
                            out, e);

    if (rc == ERR_OK)
        rc = form_write_end(w, e);
    form_write_free(&w);
    return rc;
}

bool registry_has_book(struct span form)
{
    enum registry_form is;

    return registry_form_of(form, &is);
}

int registry_book(struct db *reader, struct span form, enum registry_book book, bool english,
                  int64_t agency, struct buf *out, struct err *e)
{
    enum registry_form is = REGISTRY_AGENCY;

    MUST(registry_form_of(form, &is));
    return book == REGISTRY_BOOK_FORM
               ? registry_template(is, english, out, e)
               : registry_export(reader, is, english,
                                 book == REGISTRY_BOOK_XLSX ? BOOK_XLSX : BOOK_CSV, agency, out, e);
}
