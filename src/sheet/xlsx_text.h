/*
 * xlsx_text.h - the text of an <si> or <is> (ECMA-376 part 1, 18.4.8, 18.3.1.53): the <t> of its
 * runs one behind the other, those of phonetic guides (<rPh>) left out, ST_Xstring (22.9.2.19)
 * resolved: _x000D_ is CR, _x005F_ the underscore that keeps "_x000D_" what it is.
 */
#ifndef XLSX_TEXT_H
#define XLSX_TEXT_H

#include "base/buf.h"
#include "sheet/xml_part.h"

struct xlsx_text {
    struct buf *to; /* NULL: outside */
    size_t from;    /* where in it this one begins */
    bool in_text, in_guide;
};

/* The text goes behind what stands in `to`, which nobody else writes until the end. */
void xlsx_text_begin(struct xlsx_text *x, struct buf *to);

/* Elements within; others than those of texts do nothing. */
void xlsx_text_tag(struct xlsx_text *x, const struct xml_tag *t);
void xlsx_text_untag(struct xlsx_text *x, const struct xml_tag *t);

/* ERR_LIMIT: more than LIMIT_CELL_BYTES. */
CHECK_RESULT int xlsx_text_add(struct xlsx_text *x, struct span s, struct err *e);

/* Resolves what stands in it and returns its length. */
size_t xlsx_text_end(struct xlsx_text *x);

/* ST_Xstring in place; returns the new length, which is not more. */
size_t xlsx_unescape(uint8_t *p, size_t n);

#endif
