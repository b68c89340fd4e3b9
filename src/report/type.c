/*
 * type.c - fonts, runs to attributes, widths.
 *
 * Lines stand where the numbers of Times New Roman put them, not where the tallest font of a line
 * would: a box out of another font (U+2610) must not push lines apart.
 */
#include "report/type.h"

#include "base/utf.h"

/* hhea of Times New Roman and Liberation Serif: 1825, 443 and 87 of 2048. */
#define ASCENT (1825.0 / 2048)
#define PITCH  ((1825.0 + 443 + 87) / 2048)

#define RAISED 0.65 /* size of a footnote's mark, of the text's */

double type_ascent(double size)
{
    return size * ASCENT;
}

double type_pitch(double size)
{
    return size * PITCH;
}

static const char *best_family(PangoFontMap *fonts)
{
    static const char *const wanted[] = { "Times New Roman", "Liberation Serif" };
    PangoFontFamily **families = NULL;
    const char *found = NULL;
    int count = 0;

    pango_font_map_list_families(fonts, &families, &count);
    for (size_t w = 0; found == NULL && w < COUNT_OF(wanted); w++) {
        for (int i = 0; i < count; i++) {
            if (strcmp(pango_font_family_get_name(families[i]), wanted[w]) == 0)
                found = wanted[w];
        }
    }
    g_free(families);
    return found;
}

/* Version 1 of Liberation Serif has the name, and not the letters. */
static bool has_vietnamese(const struct type *t)
{
    PangoLayout *l = pango_layout_new(t->context);
    PangoFontDescription *font = pango_font_description_from_string(t->family);
    PangoAttrList *list = pango_attr_list_new();
    bool has;

    pango_attr_list_insert(list, pango_attr_fallback_new(FALSE));
    pango_layout_set_attributes(l, list);
    pango_layout_set_font_description(l, font);
    pango_layout_set_text(l, "ệữẴđ", -1);
    has = pango_layout_get_unknown_glyphs_count(l) == 0;
    pango_attr_list_unref(list);
    pango_font_description_free(font);
    g_object_unref(l);
    return has;
}

int type_init(struct type *t, struct err *e)
{
    cairo_font_options_t *exact;
    int rc;

    *t = (struct type){ .fonts = pango_cairo_font_map_new() };
    if (t->fonts != NULL)
        t->family = best_family(t->fonts);
    if (t->family == NULL) {
        type_release(t);
        return err_set(e, ERR_NOTFOUND, 0,
                       "Neither Times New Roman nor Liberation Serif is installed (Debian: "
                       "fonts-liberation2).");
    }
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(t->fonts), 72);
    t->context = pango_font_map_create_context(t->fonts);
    /* Paper has no pixels: nothing is moved to fit them. */
    exact = cairo_font_options_create();
    cairo_font_options_set_hint_style(exact, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(exact, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(exact, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(t->context, exact);
    cairo_font_options_destroy(exact);
    pango_context_set_round_glyph_positions(t->context, FALSE);
    pango_context_set_language(t->context, pango_language_from_string("vi"));
    pango_context_set_base_dir(t->context, PANGO_DIRECTION_LTR);
    if (!has_vietnamese(t)) {
        rc = err_set(e, ERR_NOTFOUND, 0,
                     "%s as installed has no Vietnamese letters (Debian: "
                     "fonts-liberation2).",
                     t->family);
        type_release(t);
        return rc;
    }
    return ERR_OK;
}

void type_release(struct type *t)
{
    g_clear_object(&t->context);
    g_clear_object(&t->fonts);
}

static void attribute(PangoAttrList *list, PangoAttribute *a, guint from, guint to)
{
    a->start_index = from;
    a->end_index = to;
    pango_attr_list_insert(list, a);
}

static void style_run(PangoAttrList *list, uint8_t style, guint from, guint to)
{
    if ((style & PAGE_BOLD) != 0)
        attribute(list, pango_attr_weight_new(PANGO_WEIGHT_BOLD), from, to);
    if ((style & PAGE_ITALIC) != 0)
        attribute(list, pango_attr_style_new(PANGO_STYLE_ITALIC), from, to);
}

static void put_mark(GString *text, PangoAttrList *list, const struct page_note *note, double size,
                     struct type_marks *marks)
{
    guint from = (guint)text->len;

    if (marks != NULL && marks->count < TYPE_MARKS_MAX) {
        marks->mark[marks->count].at = from;
        marks->mark[marks->count++].note = note;
    }
    g_string_append_printf(text, "%u", note->number);
    attribute(list, pango_attr_size_new_absolute((int)(size * RAISED * PANGO_SCALE)), from,
              (guint)text->len);
    attribute(list, pango_attr_rise_new((int)(size * 0.33 * PANGO_SCALE)), from, (guint)text->len);
}

/* Bytes that are no UTF-8 become U+FFFD: Pango would print a warning instead of the text. */
static void put_text(GString *to, struct span s)
{
    uint8_t cp[4];

    if (utf8_valid(s)) {
        g_string_append_len(to, (const char *)s.p, (gssize)s.n);
        return;
    }
    while (s.n > 0) {
        size_t used;
        uint32_t c = utf8_get(s, &used);

        g_string_append_len(to, (const char *)cp, (gssize)utf8_put(cp, c));
        s = span_from(s, used);
    }
}

static void shape(PangoLayout *l, const struct type *t, const struct type_style *style)
{
    PangoFontDescription *font = pango_font_description_new();
    char *family;

    family = g_strdup_printf("%s,DejaVu Sans", t->family); /* which has the boxes */
    pango_font_description_set_family(font, family);
    g_free(family);
    pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
    pango_layout_set_font_description(l, font);
    pango_font_description_free(font);
    pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
    if (style->width > 0)
        pango_layout_set_width(l, (int)(style->width * PANGO_SCALE));
    pango_layout_set_indent(l, (int)(style->indent * PANGO_SCALE));
    pango_layout_set_justify(l, style->align == PAGE_JUSTIFY);
    pango_layout_set_alignment(l, style->align == PAGE_CENTER  ? PANGO_ALIGN_CENTER
                                  : style->align == PAGE_RIGHT ? PANGO_ALIGN_RIGHT
                                                               : PANGO_ALIGN_LEFT);
}

PangoLayout *type_set(const struct type *t, struct span before, const struct page_text *text,
                      const struct type_style *style, struct type_marks *marks)
{
    PangoLayout *l = pango_layout_new(t->context);
    PangoAttrList *list = pango_attr_list_new();
    GString *all = g_string_new(NULL);

    if (marks != NULL)
        marks->count = 0;
    put_text(all, before);
    for (const struct page_run *r = text->first; r != NULL; r = r->next) {
        guint from = (guint)all->len;

        put_text(all, r->text);
        style_run(list, r->style, from, (guint)all->len);
        if (r->note != NULL)
            put_mark(all, list, r->note, style->size, marks);
    }
    style_run(list, style->style, 0, (guint)all->len);
    /* Ligatures would be copied out of the file as signs of their own by some readers. */
    attribute(list, pango_attr_font_features_new("liga=0, clig=0"), 0, (guint)all->len);
    shape(l, t, style);
    pango_layout_set_text(l, all->str, (int)all->len);
    pango_layout_set_attributes(l, list);
    pango_attr_list_unref(list);
    (void)g_string_free(all, TRUE); /* gives NULL */
    return l;
}

PangoLayout *type_words(const struct type *t, const char *words, const struct type_style *style)
{
    const struct page_text none = { 0 };

    return type_set(t, span_of(words), &none, style, NULL);
}

static double width_of(PangoLayout *l)
{
    int w;

    pango_layout_get_size(l, &w, NULL);
    g_object_unref(l);
    return (double)w / PANGO_SCALE;
}

double type_width(const struct type *t, const struct page_text *text, double size, uint8_t style)
{
    const struct type_style s = { .size = size, .style = style, .align = PAGE_LEFT };

    return width_of(type_set(t, SPAN_NONE, text, &s, NULL));
}

double type_words_width(const struct type *t, const char *words, double size, uint8_t style)
{
    const struct type_style s = { .size = size, .style = style, .align = PAGE_LEFT };

    return width_of(type_words(t, words, &s));
}

double type_balanced(const struct type *t, const struct page_text *text, double size, uint8_t style,
                     double width)
{
    struct type_style s = { .size = size, .width = width, .style = style, .align = PAGE_CENTER };
    PangoLayout *l = type_set(t, SPAN_NONE, text, &s, NULL);
    int lines = pango_layout_get_line_count(l);
    double low = 0, high = width;

    while (lines > 1 && high - low > 1) {
        double middle = (low + high) / 2;

        pango_layout_set_width(l, (int)(middle * PANGO_SCALE));
        if (pango_layout_get_line_count(l) > lines)
            low = middle;
        else
            high = middle;
    }
    g_object_unref(l);
    return high;
}
