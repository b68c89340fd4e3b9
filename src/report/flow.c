/*
 * flow.c - pages, their numbers and footnotes; lines of text on them.
 */
#include "report/flow.h"

#include <stdio.h>

#define PAPER_SHORT_MM 210.0
#define PAPER_LONG_MM  297.0
#define RULE_WIDTH     0.5
#define NOTE_GAP       6.0 /* above the footnotes' rule */
#define NOTE_RULE_MM   50.0

static double pitch_of(const struct flow *f, double size)
{
    return type_pitch(size) * f->doc->layout->line;
}

static double note_size(const struct flow *f)
{
    return f->doc->layout->list;
}

static PangoLayout *note_layout(const struct flow *f, const struct page_note *note)
{
    const struct type_style style = { .size = note_size(f),
                                      .width = f->right - f->left,
                                      .align = PAGE_JUSTIFY };
    char number[16];

    (void)snprintf(number, sizeof(number), "%u. ", note->number); /* fits */
    return type_set(&f->type, span_of(number), &note->text, &style, NULL);
}

double flow_height(PangoLayout *l, double pitch)
{
    return pango_layout_get_line_count(l) * pitch;
}

void flow_rule(struct flow *f, double x1, double y1, double x2, double y2)
{
    cairo_set_line_width(f->cr, RULE_WIDTH);
    cairo_move_to(f->cr, x1, y1);
    cairo_line_to(f->cr, x2, y2);
    cairo_stroke(f->cr);
}

void flow_draw(struct flow *f, PangoLayout *l, double x, double y, double size, double pitch,
               int from, int count)
{
    PangoLayoutIter *it = pango_layout_get_iter(l);
    int i = 0;

    do {
        PangoRectangle place;

        if (i >= from && i < from + count) {
            pango_layout_iter_get_line_extents(it, NULL, &place);
            cairo_move_to(f->cr, x + (double)place.x / PANGO_SCALE, y + type_ascent(size));
            pango_cairo_show_layout_line(f->cr, pango_layout_iter_get_line_readonly(it));
            y += pitch;
        }
        i++;
    } while (pango_layout_iter_next_line(it));
    pango_layout_iter_free(it);
}

/* --- Pages ---------------------------------------------------------------------------------- */

static void draw_notes(struct flow *f)
{
    double y = f->bottom - f->foot + NOTE_GAP, size = note_size(f), pitch = type_pitch(size);

    if (f->note_count == 0)
        return;
    flow_rule(f, f->left, y, f->left + flow_mm(NOTE_RULE_MM), y);
    y += NOTE_GAP / 2;
    for (uint32_t i = 0; i < f->note_count; i++) {
        PangoLayout *l = note_layout(f, f->notes[i]);

        flow_draw(f, l, f->left, y, size, pitch, 0, pango_layout_get_line_count(l));
        y += flow_height(l, pitch);
        g_object_unref(l);
    }
}

static void draw_number(struct flow *f)
{
    const struct page_layout *set = f->doc->layout;
    const struct type_style style = { .size = set->body,
                                      .width = flow_span(f),
                                      .align = PAGE_CENTER };
    char text[16];
    PangoLayout *l;

    if (f->number < 2)
        return;
    (void)snprintf(text, sizeof(text), "%u", f->number); /* fits */
    l = type_words(&f->type, text, &style);
    flow_draw(f, l, f->left, flow_mm(set->page_number_mm), set->body, 0, 0, 1);
    g_object_unref(l);
}

static void finish(struct flow *f)
{
    draw_notes(f);
    cairo_show_page(f->cr);
    f->note_count = 0;
    f->foot = 0;
}

void flow_page(struct flow *f, bool landscape, uint32_t number)
{
    const struct page_layout *set = f->doc->layout;

    if (f->started)
        finish(f);
    f->started = true;
    f->width = flow_mm(landscape ? PAPER_LONG_MM : PAPER_SHORT_MM);
    f->height = flow_mm(landscape ? PAPER_SHORT_MM : PAPER_LONG_MM);
    cairo_pdf_surface_set_size(f->surface, f->width, f->height);
    f->left = flow_mm(set->left_mm);
    f->right = f->width - flow_mm(set->right_mm);
    f->top = flow_mm(set->top_mm);
    f->bottom = f->height - flow_mm(set->bottom_mm);
    f->y = f->top;
    f->number = number > 0 ? number : f->number + 1;
    draw_number(f);
}

void flow_next(struct flow *f)
{
    flow_page(f, f->width > f->height, 0);
}

void flow_end(struct flow *f)
{
    if (f->started)
        finish(f);
}

void flow_need(struct flow *f, double points)
{
    if (points > flow_room(f) && f->y > f->top)
        flow_next(f);
}

void flow_gap(struct flow *f, double points)
{
    if (f->y > f->top)
        f->y += points;
}

/* --- Footnotes ------------------------------------------------------------------------------ */

double flow_notes_height(const struct flow *f, const struct type_marks *marks, uint32_t from,
                         uint32_t to)
{
    double sum = 0;

    for (uint32_t i = 0; marks != NULL && i < marks->count; i++) {
        PangoLayout *l;

        if (marks->mark[i].at < from || marks->mark[i].at >= to)
            continue;
        if (sum <= 0 && f->note_count == 0)
            sum = 1.5 * NOTE_GAP;
        l = note_layout(f, marks->mark[i].note);
        sum += flow_height(l, type_pitch(note_size(f)));
        g_object_unref(l);
    }
    return sum;
}

void flow_notes(struct flow *f, const struct type_marks *marks, uint32_t from, uint32_t to)
{
    f->foot += flow_notes_height(f, marks, from, to);
    for (uint32_t i = 0; marks != NULL && i < marks->count; i++) {
        if (marks->mark[i].at >= from && marks->mark[i].at < to && f->note_count < FLOW_NOTES_MAX)
            f->notes[f->note_count++] = marks->mark[i].note;
    }
}

/* --- Text ----------------------------------------------------------------------------------- */

static void line_bytes(PangoLayout *l, int line, uint32_t *from, uint32_t *to)
{
    PangoLayoutLine *p = pango_layout_get_line_readonly(l, line);

    *from = (uint32_t)p->start_index;
    *to = (uint32_t)(p->start_index + p->length);
}

/* Neither the first line nor the last stands alone on its page. */
static int kept_together(int at, int count)
{
    if (count >= 2 && (at == 0 || at == count - 2))
        return at == 0 && count == 3 ? 3 : 2;
    return 1;
}

/* Line at which the text is cut at the latest, so that something of it goes with what follows. */
static bool begins_end(int at, int count)
{
    return count <= 3 ? at == 0 : at == count - 2;
}

void flow_text(struct flow *f, PangoLayout *l, double x, double size,
               const struct type_marks *marks)
{
    double pitch = pitch_of(f, size);
    int count = pango_layout_get_line_count(l);

    for (int i = 0; i < count; i++) {
        uint32_t from, to;
        double notes;

        line_bytes(l, i, &from, &to);
        notes = flow_notes_height(f, marks, from, to);
        flow_need(f,
                  kept_together(i, count) * pitch + notes + (begins_end(i, count) ? f->after : 0));
        flow_draw(f, l, f->left + x, f->y, size, pitch, i, 1);
        flow_notes(f, marks, from, to);
        f->y += pitch;
    }
    g_object_unref(l);
}
