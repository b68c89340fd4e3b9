/*
 * paper.h - a document that is to be made, as the console tells it to the printer over their line
 * (line.h): which form, as what, of which values.
 *
 *   u8 enum paper_as, u8 size of the text (13 or 14), u8 bytes of the form's name, the name, and
 *   the rest: the values, a JSON object
 *
 * The answer is the document's bytes; or the sentence that says why there is none.
 *
 * Pure; what is read are slices of the input. That the values are JSON is not looked at here.
 */
#ifndef PAPER_H
#define PAPER_H

#include "base/buf.h"

/*    id    name    type of the bytes */
#define PAPER_TABLE(X)                                                                             \
    X(PDF, "pdf", "application/pdf")                                                               \
    X(DOCX, "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")

enum paper_as {
#define X(id, name, type) PAPER_##id,
    PAPER_TABLE(X)
#undef X
        PAPERS
};
const char *paper_name(enum paper_as as);
const char *paper_type(enum paper_as as);

#define PAPER_FORM_MAX   40u
#define PAPER_VALUES_MAX ((size_t)4 << 20)
#define PAPER_BYTES_MAX  ((size_t)16 << 20) /* of what is made: fits a frame, and an answer */
#define PAPER_SIZE_SMALL 13u
#define PAPER_SIZE       14u

struct paper {
    enum paper_as as;
    uint8_t size;       /* of the text: PAPER_SIZE_SMALL or PAPER_SIZE */
    struct span form;   /* a-z, 0-9 and '-'; so it is no path */
    struct span values; /* a JSON object */
};

/* Appended; false: a part is none, or `out` is full. */
bool paper_put(const struct paper *p, struct buf *out);

/* The whole of `in`; false: it is none. */
bool paper_read(struct span in, struct paper *p);

#endif
