/*
 * table.c - see table.h.
 */
#include "cmd/table.h"

#include <stdlib.h>

#include "base/time.h"
#include "scan/put.h"

#define CELL_BYTES ((size_t)64 << 20)
#define WIDEST     60u /* columns of a cell on a screen */

void table_init(struct table *t, enum table_form form, const struct screen *screen)
{
    *t = (struct table){ .form = form, .screen = screen };
}

void table_release(struct table *t)
{
    json_decref(t->columns);
    json_decref(t->held);
    free(t->width);
    *t = (struct table){ 0 };
}

/* --- cells ---------------------------------------------------------------------------------- */

static struct span string_of(const json_t *v)
{
    return (struct span){ (const uint8_t *)json_string_value(v), json_string_length(v) };
}

/* What is no text: a number, true, false, or what holds others; nothing for null. */
static void put_other(struct buf *out, const json_t *v)
{
    char *text;

    if (json_is_boolean(v))
        buf_text(out, json_is_true(v) ? "true" : "false");
    if (json_is_object(v) || json_is_array(v)) {
        text = json_dumps(v, JSON_COMPACT);
        buf_text(out, text != NULL ? text : "");
        free(text);
    }
    if (json_is_integer(v))
        buf_fmt(out, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        buf_fmt(out, "%.15g", json_real_value(v));
}

/* As people read it; of `time` the hour of here. */
static void put_plain(const struct table *t, const char *name, const json_t *v, struct buf *out)
{
    int64_t ns;

    if (!json_is_string(v))
        put_other(out, v);
    else if (strcmp(name, "time") == 0 && time_parse(string_of(v), 0, &ns))
        put_clock(out, t->screen, ns, true);
    else
        put_column(out, string_of(v), SIZE_MAX, false);
}

static void put_json(struct buf *out, const json_t *v)
{
    if (json_is_string(v))
        put_json_text(out, string_of(v));
    else if (!json_is_null(v))
        put_other(out, v);
    else
        buf_text(out, "null");
}

static void put_csv(struct buf *out, const json_t *v)
{
    if (json_is_string(v))
        put_csv_text(out, string_of(v));
    else
        put_other(out, v);
}

static const char *column_name(const struct table *t, size_t i)
{
    return json_string_value(json_array_get(t->columns, i));
}

/* --- for people ----------------------------------------------------------------------------- */

static size_t characters(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xC0) != 0x80;
    return n;
}

static size_t most(const struct table *t)
{
    return t->screen->width == 0 ? SIZE_MAX : WIDEST;
}

static void put_line(struct table *t, const json_t *row, struct buf *out)
{
    const size_t count = json_array_size(t->columns);
    struct buf cell;

    buf_init(&cell, CELL_BYTES);
    for (size_t i = 0; i < count; i++) {
        const json_t *v = json_array_get(row, i);
        const size_t width = i + 1 < count || json_is_number(v) ? t->width[i] : most(t);
        size_t used;

        buf_clear(&cell);
        put_plain(t, column_name(t, i), v, &cell);
        used = characters(buf_span(&cell));
        for (; json_is_number(v) && used < width; used++)
            buf_byte(out, ' ');
        put_column(out, buf_span(&cell), width, i + 1 < count);
        buf_text(out, i + 1 < count ? "  " : "\n");
    }
    buf_release(&cell);
}

static void measure(struct table *t, const json_t *row, struct buf *cell)
{
    for (size_t i = 0; i < json_array_size(t->columns); i++) {
        size_t n;

        buf_clear(cell);
        put_plain(t, column_name(t, i), json_array_get(row, i), cell);
        n = characters(buf_span(cell));
        if (n > t->width[i])
            t->width[i] = n < most(t) ? n : most(t);
    }
}

/* All that was held, and from now on each row at once. */
static void let_out(struct table *t, struct buf *out)
{
    struct buf cell;
    json_t *row;
    size_t i;

    t->running = true;
    buf_init(&cell, CELL_BYTES);
    measure(t, t->columns, &cell);
    json_array_foreach(t->held, i, row) measure(t, row, &cell);
    buf_release(&cell);
    put_line(t, t->columns, out);
    json_array_foreach(t->held, i, row) put_line(t, row, out);
    (void)json_array_clear(t->held);
}

/* --- all forms ------------------------------------------------------------------------------ */

static void put_object(struct table *t, const json_t *row, struct buf *out)
{
    for (size_t i = 0; i < json_array_size(t->columns); i++) {
        buf_byte(out, i == 0 ? '{' : ',');
        put_json_text(out, string_of(json_array_get(t->columns, i)));
        buf_byte(out, ':');
        put_json(out, json_array_get(row, i));
    }
    buf_text(out, "}\n");
}

static void put_record(struct table *t, const json_t *row, struct buf *out)
{
    for (size_t i = 0; i < json_array_size(t->columns); i++) {
        if (i > 0)
            buf_byte(out, ',');
        put_csv(out, json_array_get(row, i));
    }
    buf_text(out, "\r\n");
}

bool table_columns(struct table *t, json_t *columns, struct buf *out)
{
    t->columns = json_incref(columns);
    t->held = json_array();
    t->width = calloc(json_array_size(columns) + 1, sizeof(*t->width));
    if (t->form == TABLE_CSV)
        put_record(t, columns, out);
    return t->held != NULL && t->width != NULL;
}

bool table_row(struct table *t, json_t *row, struct buf *out)
{
    if (t->form == TABLE_JSON)
        put_object(t, row, out);
    else if (t->form == TABLE_CSV)
        put_record(t, row, out);
    else if (t->running)
        put_line(t, row, out);
    else if (json_array_append(t->held, row) != 0)
        return false;
    if (t->form == TABLE_PEOPLE && !t->running && json_array_size(t->held) == TABLE_HELD)
        let_out(t, out);
    return true;
}

void table_end(struct table *t, struct buf *out)
{
    if (t->form == TABLE_PEOPLE && t->columns != NULL && !t->running)
        let_out(t, out);
}

void table_partial(enum table_form form, const char *why, struct buf *out)
{
    switch (form) {
    case TABLE_JSON:
        buf_text(out, "{\"partial\":true,\"why\":");
        put_json_text(out, span_of(why));
        buf_text(out, "}\n");
        return;
    case TABLE_CSV:
        buf_text(out, "#partial,");
        put_csv_text(out, span_of(why));
        buf_text(out, "\r\n");
        return;
    default:
        buf_text(out, "Not whole: ");
        put_column(out, span_of(why), SIZE_MAX, false);
        buf_text(out, why[0] != 0 && why[strlen(why) - 1] == '.' ? "\n" : ".\n");
    }
}
