/*
 * put.c - rows of the law as JSON, by the tables that they were read by. What was not given is left
 * out.
 */
#include "law/law_own.h"

#include "base/time.h"
#include "scan/put.h"

void law_put_text(const char *s, struct buf *out)
{
    if (s == NULL)
        buf_text(out, "null");
    else
        put_json_text(out, span_of(s));
}

void law_put_texts(const struct law_texts *t, struct buf *out)
{
    buf_byte(out, '[');
    for (uint32_t i = 0; i < t->count; i++) {
        buf_text(out, i > 0 ? "," : "");
        law_put_text(t->value[i], out);
    }
    buf_byte(out, ']');
}

void law_put_after(struct law_after after, struct buf *out)
{
    static const struct {
        const char *many, *one;
    } units[] = {
#define X(name, many, one) { many, one },
        LAW_UNIT_TABLE(X)
#undef X
    };

    if (after.count == 0)
        buf_text(out, "at once");
    else
        buf_fmt(out, "%u %s", after.count,
                after.count == 1 ? units[after.unit].one : units[after.unit].many);
}

static void put_day(int32_t day, struct buf *out)
{
    char text[12];

    law_day_put(day, text);
    buf_fmt(out, "\"%s\"", text);
}

static void put_dues(const struct law_dues *dues, struct buf *out)
{
    const char *between = "{";

    for (size_t i = 0; i < LAW_PERIODS; i++) {
        const struct law_due *due = &dues->of[i];

        if (!due->is)
            continue;
        buf_fmt(out, "%s\"%s\":\"", between, law_which_words[i]);
        if (due->before)
            buf_fmt(out, "before %02u-%02u", due->month, due->day);
        else
            law_put_after(due->after, out);
        buf_byte(out, '"');
        between = ",";
    }
    buf_byte(out, '}');
}

static void put_levels(const struct law_levels *levels, struct buf *out)
{
    for (size_t i = 0; i < LAW_LEVELS; i++) {
        buf_byte(out, i == 0 ? '[' : ',');
        if (levels->of[i] == LAW_PERIODIC)
            buf_text(out, "\"periodic\"");
        else
            buf_fmt(out, "%u", levels->of[i]);
    }
    buf_byte(out, ']');
}

static bool is_given(const struct law_cell *cell, const void *at)
{
    switch (cell->type) {
    case LAW_CELL_TEXTS:
    case LAW_CELL_CODES:
    case LAW_CELL_RECIPIENTS:
        return ((const struct law_texts *)at)->count > 0;
    case LAW_CELL_DATE:
        return *(const int32_t *)at != LAW_NO_DATE;
    case LAW_CELL_AFTER:
        return ((const struct law_after_given *)at)->is;
    case LAW_CELL_CODE:
    case LAW_CELL_TEXT:
    case LAW_CELL_BASE:
    case LAW_CELL_FORM:
        return *(const char *const *)at != NULL;
    case LAW_CELL_WHEN:
        return *(const struct law_when *const *)at != NULL;
    default:
        return true;
    }
}

static void put_cell(const struct law_cell *cell, const void *at, struct buf *out)
{
    switch (cell->type) {
    case LAW_CELL_CODE:
    case LAW_CELL_TEXT:
    case LAW_CELL_BASE:
    case LAW_CELL_FORM:
        law_put_text(*(const char *const *)at, out);
        break;
    case LAW_CELL_TEXTS:
    case LAW_CELL_CODES:
    case LAW_CELL_RECIPIENTS:
        law_put_texts(at, out);
        break;
    case LAW_CELL_DATE:
        put_day(*(const int32_t *)at, out);
        break;
    case LAW_CELL_FLAG:
        buf_text(out, *(const bool *)at ? "true" : "false");
        break;
    case LAW_CELL_NUMBER:
        buf_fmt(out, "%u", *(const uint32_t *)at);
        break;
    case LAW_CELL_WORD:
        law_put_text(cell->words[*(const uint32_t *)at], out);
        break;
    case LAW_CELL_AFTER:
        buf_byte(out, '"');
        law_put_after(((const struct law_after_given *)at)->v, out);
        buf_byte(out, '"');
        break;
    case LAW_CELL_DUES:
        put_dues(at, out);
        break;
    case LAW_CELL_LEVELS:
        put_levels(at, out);
        break;
    case LAW_CELL_WHEN:
        when_put(*(const struct law_when *const *)at, out);
        break;
    }
}

void law_put_row(const struct law_cells *cells, const void *row, struct buf *out)
{
    const char *between = "{";

    for (size_t i = 0; i < cells->count; i++) {
        const void *at = (const uint8_t *)row + cells->cell[i].offset;

        if (!is_given(&cells->cell[i], at))
            continue;
        buf_fmt(out, "%s\"%s\":", between, cells->cell[i].name);
        put_cell(&cells->cell[i], at, out);
        between = ",";
    }
    buf_byte(out, '}');
}

void law_put_rows(const struct law_cells *cells, const struct law_rows *rows, struct buf *out)
{
    buf_byte(out, '[');
    for (uint32_t i = 0; i < rows->count; i++) {
        buf_text(out, i > 0 ? "," : "");
        law_put_row(cells, law_row_at(rows, cells, i), out);
    }
    buf_byte(out, ']');
}

/* --- What the API shows ------------------------------------------------------------------------
 */

void law_put_profile(const struct law_profile *p, struct buf *out)
{
    buf_text(out, "{\"id\":");
    law_put_text(p->id, out);
    buf_text(out, ",\"vi\":");
    law_put_text(p->vi, out);
    buf_text(out, ",\"en\":");
    law_put_text(p->en, out);
    buf_text(out, ",\"from\":");
    put_day(p->from, out);
    if (p->to != LAW_NO_DATE) {
        buf_text(out, ",\"to\":");
        put_day(p->to, out);
    }
    for (size_t i = 0; i < LAW_SECTIONS; i++) {
        struct law_rows rows = law_rows_of(p, (enum law_section)i);

        buf_fmt(out, ",\"%s\":", law_section_cells[i].name);
        law_put_rows(&law_section_cells[i], &rows, out);
    }
    buf_byte(out, '}');
}

bool law_put_section(const struct law_profile *p, struct span section, struct buf *out)
{
    for (size_t i = 0; i < LAW_SECTIONS; i++) {
        struct law_rows rows = law_rows_of(p, (enum law_section)i);

        if (!span_eq(section, span_of(law_section_cells[i].name)))
            continue;
        law_put_rows(&law_section_cells[i], &rows, out);
        return true;
    }
    return false;
}

void law_put_recipients(const struct law *l, struct buf *out)
{
    law_put_rows(&law_recipient_cells, &l->recipients, out);
}

static void put_time(const char *name, int64_t ns, struct buf *out)
{
    uint8_t text[TIME_TEXT_MAX];
    size_t n = time_put(text, ns);

    buf_fmt(out, ",\"%s\":\"%.*s\"", name, (int)n, (const char *)text);
}

void law_put_clocks(const struct law_running *r, size_t count, struct buf *out)
{
    buf_byte(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_text(out, i > 0 ? ",{\"clock\":" : "{\"clock\":");
        law_put_row(&law_section_cells[LAW_SECTION_CLOCK], r[i].clock, out);
        put_time("starts", r[i].starts_ns, out);
        put_time("due", r[i].due_ns, out);
        buf_fmt(out, ",\"sure\":%s}", r[i].sure ? "true" : "false");
    }
    buf_byte(out, ']');
}

void law_put_level(const struct law_level *level, struct buf *out)
{
    buf_fmt(out, "{\"level\":%u,\"why\":[", level->level);
    for (uint32_t i = 0; i < level->count; i++) {
        buf_text(out, i > 0 ? "," : "");
        law_put_row(&law_section_cells[LAW_SECTION_CRITERION], level->why[i], out);
    }
    buf_text(out, "]}");
}
