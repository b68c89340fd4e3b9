/*
 * type.h - texts of a document set in its typeface (Pango): how wide they are, where lines break.
 *
 * The typeface is Times New Roman where it is installed, else Liberation Serif, which is as wide,
 * letter by letter. Layouts belong to the caller (g_object_unref). Points. Not thread-safe.
 */
#ifndef TYPE_H
#define TYPE_H

#include <pango/pangocairo.h>

#include "report/page.h"

struct type {
    PangoFontMap *fonts;
    PangoContext *context;
    const char *family;
};

/* How a text is set. A width of 0: never broken. */
struct type_style {
    double size, width, indent;
    uint8_t style; /* PAGE_BOLD | PAGE_ITALIC, beside what its runs have */
    uint8_t align; /* enum page_align */
};

/* Where a footnote's mark stands, as a byte of the layout's text. */
#define TYPE_MARKS_MAX 64u
struct type_marks {
    uint32_t count;
    struct {
        uint32_t at;
        const struct page_note *note;
    } mark[TYPE_MARKS_MAX];
};

int type_init(struct type *t, struct err *e);
void type_release(struct type *t);

/* `before`, then the text. `marks` may be NULL. NULL: no memory. */
PangoLayout *type_set(const struct type *t, struct span before, const struct page_text *text,
                      const struct type_style *style, struct type_marks *marks);

/* The same of words that are no text of the document. */
PangoLayout *type_words(const struct type *t, const char *words, const struct type_style *style);

/* Of one line. */
double type_width(const struct type *t, const struct page_text *text, double size, uint8_t style);
double type_words_width(const struct type *t, const char *words, double size, uint8_t style);

/* The least width that takes no more lines than `width` does: lines of a title as long as each
 * other. */
double type_balanced(const struct type *t, const struct page_text *text, double size, uint8_t style,
                     double width);

/* From the top of a line to where its letters stand. */
double type_ascent(double size);

/* From a line to the next, single spaced. */
double type_pitch(double size);

#endif
