/*
 * flow_table.c - tables: rows over pages, the header again on each.
 *
 * A row stays whole where a page can hold it. One that is higher than a page is cut between lines,
 * cell by cell, so that no text can be too long.
 */
#include "report/flow.h"

#define PAD        3.0 /* inside a cell, left and right */
#define PAD_HEIGHT 2.0 /* above and below */

struct grid {
    struct flow *f;
    const struct page_table *t;
    double x[PAGE_COLUMNS_MAX + 1]; /* edges */
    double size, pitch;
};

struct cells {
    PangoLayout *layout[PAGE_COLUMNS_MAX];
    struct type_marks marks[PAGE_COLUMNS_MAX];
    int done[PAGE_COLUMNS_MAX]; /* lines */
    double height;              /* of what is not done */
};

static void place_columns(struct grid *g)
{
    double all = 0, at = g->f->left;

    for (uint32_t i = 0; i < g->t->column_count; i++)
        all += g->t->columns[i].width;
    for (uint32_t i = 0; i < g->t->column_count; i++) {
        g->x[i] = at;
        at += g->t->columns[i].width / all * flow_span(g->f);
    }
    g->x[g->t->column_count] = g->f->right;
}

static void measure(const struct grid *g, struct cells *c)
{
    int most = 0;

    for (uint32_t i = 0; i < g->t->column_count; i++) {
        int left = pango_layout_get_line_count(c->layout[i]) - c->done[i];

        most = left > most ? left : most;
    }
    c->height = most * g->pitch + 2 * PAD_HEIGHT;
}

/* `row` NULL: the header. */
static void set_cells(const struct grid *g, const struct page_row *row, struct cells *c)
{
    for (uint32_t i = 0; i < g->t->column_count; i++) {
        const struct page_column *column = &g->t->columns[i];
        const struct type_style style = {
            .size = g->size,
            .width = g->x[i + 1] - g->x[i] - 2 * PAD,
            .style = row == NULL ? PAGE_BOLD : 0,
            .align = row == NULL ? (uint8_t)PAGE_CENTER : column->align,
        };

        c->layout[i] =
            type_set(&g->f->type, SPAN_NONE, row == NULL ? &column->title : &row->cells[i], &style,
                     &c->marks[i]);
        c->done[i] = 0;
    }
    measure(g, c);
}

static void free_cells(const struct grid *g, struct cells *c)
{
    for (uint32_t i = 0; i < g->t->column_count; i++)
        g_object_unref(c->layout[i]);
}

static double cells_notes(const struct grid *g, const struct cells *c)
{
    double sum = 0;

    for (uint32_t i = 0; i < g->t->column_count; i++)
        sum += flow_notes_height(g->f, &c->marks[i], 0, UINT32_MAX);
    return sum;
}

static void draw_frame(const struct grid *g, double height)
{
    struct flow *f = g->f;

    flow_rule(f, f->left, f->y, f->right, f->y);
    flow_rule(f, f->left, f->y + height, f->right, f->y + height);
    for (uint32_t i = 0; i <= g->t->column_count; i++)
        flow_rule(f, g->x[i], f->y, g->x[i], f->y + height);
}

/* As many lines of each cell as the height has room for. */
static void draw_slice(const struct grid *g, struct cells *c, double height, bool middle)
{
    struct flow *f = g->f;
    int room = (int)((height - 2 * PAD_HEIGHT) / g->pitch + 0.01);

    draw_frame(g, height);
    for (uint32_t i = 0; i < g->t->column_count; i++) {
        int left = pango_layout_get_line_count(c->layout[i]) - c->done[i];
        int count = left < room ? left : room;
        double y = f->y + PAD_HEIGHT;

        if (middle)
            y += (height - 2 * PAD_HEIGHT - count * g->pitch) / 2;
        flow_draw(f, c->layout[i], g->x[i] + PAD, y, g->size, g->pitch, c->done[i], count);
        c->done[i] += count;
    }
    f->y += height;
    measure(g, c);
}

static void draw_header(const struct grid *g)
{
    struct cells c;

    set_cells(g, NULL, &c);
    draw_slice(g, &c, c.height, true);
    free_cells(g, &c);
}

static void next_page(const struct grid *g)
{
    flow_next(g->f);
    draw_header(g);
}

static void draw_row(const struct grid *g, const struct page_row *row)
{
    struct flow *f = g->f;
    double least = g->pitch + 2 * PAD_HEIGHT, notes;
    struct cells c;
    bool fresh = false;

    set_cells(g, row, &c);
    notes = cells_notes(g, &c);
    if (c.height + notes > flow_room(f)) {
        next_page(g);
        fresh = true;
    }
    for (uint32_t i = 0; i < g->t->column_count; i++)
        flow_notes(f, &c.marks[i], 0, UINT32_MAX);
    while (c.height > flow_room(f) && (flow_room(f) >= least || !fresh)) {
        int lines = (int)((flow_room(f) - 2 * PAD_HEIGHT) / g->pitch);

        if (lines > 0)
            draw_slice(g, &c, lines * g->pitch + 2 * PAD_HEIGHT, false);
        next_page(g);
        fresh = true;
    }
    if (c.height > 2 * PAD_HEIGHT)
        draw_slice(g, &c, c.height, false);
    free_cells(g, &c);
}

void flow_table(struct flow *f, const struct page_table *t)
{
    struct grid g = { .f = f, .t = t, .size = f->doc->layout->small };
    struct cells head;

    g.pitch = type_pitch(g.size);
    place_columns(&g);
    set_cells(&g, NULL, &head);
    flow_need(f, head.height + 2 * g.pitch + 2 * PAD_HEIGHT);
    free_cells(&g, &head);
    draw_header(&g);
    for (const struct page_row *r = t->first; r != NULL; r = r->next)
        draw_row(&g, r);
}
