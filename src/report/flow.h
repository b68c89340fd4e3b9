/*
 * flow.h - paper that fills from top to bottom, page after page, on Cairo's PDF surface.
 *
 * Whoever draws asks for room first: what does not fit begins the next page. Footnotes keep their
 * room at the foot of the page that has their mark. Points from the paper's upper left corner.
 */
#ifndef FLOW_H
#define FLOW_H

#include <cairo-pdf.h>

#include "report/type.h"

#define FLOW_NOTES_MAX 64u /* on a page; further ones go to the next */

struct flow {
    const struct page *doc;
    struct type type;
    cairo_surface_t *surface;
    cairo_t *cr;
    double width, height;            /* of the paper */
    double left, right, top, bottom; /* edges of what may be written on */
    double y;                        /* so far filled */
    double foot;                     /* kept for footnotes */
    const struct page_note *notes[FLOW_NOTES_MAX];
    uint32_t note_count;
    uint32_t number; /* of the page, from 1 */
    double after;    /* what the last lines of the text at hand have to share a page with */
    bool started;    /* there is a page */
};

static inline double flow_mm(double mm)
{
    return mm * 72 / 25.4;
}

static inline double flow_room(const struct flow *f)
{
    return f->bottom - f->foot - f->y;
}

static inline double flow_span(const struct flow *f)
{
    return f->right - f->left;
}

/* A new page; the one before is finished. `number` 0: counted on. */
void flow_page(struct flow *f, bool landscape, uint32_t number);

/* The next page, of the same kind. */
void flow_next(struct flow *f);

/* The last page is finished. */
void flow_end(struct flow *f);

/* At least so much room, on this page or the next. */
void flow_need(struct flow *f, double points);

/* A gap, but not at the top of a page. */
void flow_gap(struct flow *f, double points);

/* Height of a layout of that size at the document's pitch, or single spaced. */
double flow_height(PangoLayout *l, double pitch);

/* Lines `from`.. of a layout at x, y, at most `count`; they are not asked for room. */
void flow_draw(struct flow *f, PangoLayout *l, double x, double y, double size, double pitch,
               int from, int count);

/* The whole text at f->left + x, over pages where it must, and the layout is freed. */
void flow_text(struct flow *f, PangoLayout *l, double x, double size,
               const struct type_marks *marks);

/* The marks between two bytes: their notes come to the foot of this page. */
void flow_notes(struct flow *f, const struct type_marks *marks, uint32_t from, uint32_t to);

/* What those notes will take. */
double flow_notes_height(const struct flow *f, const struct type_marks *marks, uint32_t from,
                         uint32_t to);

/* A thin line. */
void flow_rule(struct flow *f, double x1, double y1, double x2, double y2);

/* table.c: a whole table. */
void flow_table(struct flow *f, const struct page_table *t);

#endif
