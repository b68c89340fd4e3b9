/*
 * docx.h - the parts of a DOCX file around its text (of page_docx.c only).
 */
#ifndef DOCX_H
#define DOCX_H

#include "report/type.h"

#define DOCX_XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define DOCX_SPACES                                                                                \
    "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" "                    \
    "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\""

struct docx_section {
    bool landscape;
    bool restart; /* pages from 1, the first without its number */
};

/* Text with XML's own signs escaped; what is no UTF-8 is U+FFFD. */
void docx_text(struct buf *to, struct span s);

/* <w:sectPr> of a section. */
void docx_section(struct buf *to, const struct page_layout *set, const struct docx_section *s);

/* The whole file. `body` is word/document.xml, `notes` the footnotes in it. */
int docx_write(const struct page *p, struct span body, struct span notes, struct buf *out,
               struct err *e);

#endif
