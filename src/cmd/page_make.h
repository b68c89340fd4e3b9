/*
 * page_make.h - a template and values into a document, for the command and for the printer.
 */
#ifndef PAGE_MAKE_H
#define PAGE_MAKE_H

#include "report/template.h"

struct page_how {
    bool pdf;            /* else DOCX */
    const char *layout;  /* page_layout() */
    const char *created; /* written into the file; NULL: nothing */
};

/* The file of one. Release it in any case. */
int page_template(const char *path, struct template *t, struct err *e);

int page_make(const struct template *t, json_t *value, const struct page_how *how, struct buf *out,
              struct template_gaps *gaps, struct err *e);

#endif
