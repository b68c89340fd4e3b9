/*
 * page.h - an official document as a model, which is written as PDF or as DOCX.
 *
 * The layout is the national one (Decree 30/2020/NĐ-CP, Annex I). The model says what a document
 * has, never where it stands: both writers decide that alike, from the rows of PAGE_LAYOUTS.
 *
 *   letterhead            agency, number │ motto, place and date
 *   type and about        or, of a letter, whom it is for
 *   bases                 in italics
 *   blocks                headings, paragraphs, form lines, tables; closing (who gets it, who
 *                         signs); annexes
 *
 * Headings are numbered by the model: I. 1. a). Lengths are millimetres in the rows, points (1/72
 * inch) elsewhere. All memory is the document's arena: one end, and failure sticks (page_failed()).
 * Text is cleaned when it is added: NFC, no control characters; what it says is never markup.
 * Not thread-safe; whoever owns the document uses it.
 */
#ifndef PAGE_H
#define PAGE_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

#define PAGE_COLUMNS_MAX 24u
#define PAGE_BYTES_MAX   (64u * 1024 * 1024) /* of a document in memory, and of a file written */

/* Sizes go together: one set in a document. name, motto of the state, its second line, body */
#define PAGE_LAYOUTS(X)                                                                            \
    X("13", 12, 13, 13)                                                                            \
    X("14", 13, 14, 14)

struct page_layout {
    const char *name;
    double nation, motto, body; /* points */
    double top_mm, bottom_mm, left_mm, right_mm;
    double indent_mm;      /* of a paragraph's first line */
    double line;           /* line pitch, in single lines */
    double gap;            /* points between paragraphs */
    double number, small;  /* points: document number; head of the list of recipients, tables */
    double list;           /* points: list of recipients */
    double page_number_mm; /* from the paper's edge to the top of the page number */
    double rule;           /* of the text's width: rules below agency and about */
};

/* The layout of that name, or NULL. */
const struct page_layout *page_layout(const char *name);

#define PAGE_BOLD   1u
#define PAGE_ITALIC 2u

struct page_note;

struct page_run {
    struct span text;
    uint8_t style;          /* PAGE_BOLD | PAGE_ITALIC */
    struct page_note *note; /* a footnote's mark stands behind the text */
    struct page_run *next;
};

struct page_text {
    struct page_run *first, *last;
    struct page_text *next; /* in a list */
};

struct page_list {
    struct page_text *first, *last;
    uint32_t count;
};

struct page_note {
    struct page_text text;
    uint32_t number;
};

enum page_align { PAGE_JUSTIFY, PAGE_LEFT, PAGE_CENTER, PAGE_RIGHT };

enum page_kind {
    PAGE_HEADING,
    PAGE_PARAGRAPH,
    PAGE_FORM,   /* label: value, or dots to the end of the line */
    PAGE_CHECKS, /* label: boxes */
    PAGE_TABLE,
    PAGE_CLOSING,
    PAGE_ANNEX, /* a new page, counted from 1 */
    PAGE_BREAK,
};

struct page_column {
    struct page_text title;
    double width;  /* share of the whole; what all have need not be 1 */
    uint8_t align; /* enum page_align */
};

struct page_row {
    struct page_text *cells; /* as many as the table has columns */
    struct page_row *next;
};

struct page_table {
    struct page_column *columns;
    uint32_t column_count, row_count;
    struct page_row *first, *last;
    bool landscape; /* on pages of its own, turned */
};

struct page_check {
    struct page_text text;
    bool on;
    struct page_check *next;
};

/* Who signs: `KT. GIÁM ĐỐC`, `PHÓ GIÁM ĐỐC`; how (a biên bản's `(Ký, ghi rõ họ tên)`); the name. */
struct page_signer {
    struct page_list titles;
    struct page_text how, name;
    struct page_signer *next;
};

struct page_block {
    uint8_t kind;       /* enum page_kind */
    uint8_t level;      /* HEADING: 1..3 */
    uint8_t align;      /* PARAGRAPH: enum page_align */
    struct span number; /* HEADING: "I.", "1.", "a)"; ANNEX: "Phụ lục I" */
    struct page_text label, text;
    struct page_table *table;
    struct page_check *checks, *last_check;
    struct page_text issued; /* ANNEX: (Kèm theo ...) */
    struct page_block *next;
};

struct page_head {
    struct page_list parent, agency; /* lines */
    struct span number, symbol;      /* "05", "BC-SKHCN"; no number: room for it */
    struct span place, date; /* "Huế", "ngày 05 tháng 01 năm 2026"; no date: room for it */
    bool numbered;           /* has "Số:" */
    bool dated;              /* has place and date */
    struct page_text type, about; /* a letter has no type: V/v stands below the number */
    struct page_list to;          /* Kính gửi; several are a list with a dash each */
};

struct page {
    struct arena arena;
    const struct page_layout *layout;
    struct span title, author;
    struct span created; /* ISO 8601, or none: nothing in the file depends on when it was written */
    bool landscape;      /* all of it */
    struct page_head head;
    struct page_list bases;
    struct page_block *first, *last;
    struct page_list recipients;
    struct page_signer *signers, *last_signer;
    uint32_t counts[3], annexes, notes; /* numbers given so far */
};

void page_init(struct page *p, const struct page_layout *layout);
void page_release(struct page *p);

/* No memory, or more than PAGE_BYTES_MAX. */
static inline bool page_failed(const struct page *p)
{
    return arena_failed(&p->arena);
}

/* A clean copy in the document: NFC; a newline stays, other control characters are a space. */
struct span page_copy(struct page *p, struct span s);

/* Behind what is in `t`. */
void page_add(struct page *p, struct page_text *t, struct span s, unsigned style);

/* A footnote's mark behind what is in `t`; the note itself is filled by the caller. NULL: failed.
 */
struct page_note *page_note(struct page *p, struct page_text *t);

/* A new, empty one at the end; NULL: failed. */
struct page_text *page_line(struct page *p, struct page_list *l);
struct page_block *page_block(struct page *p, enum page_kind kind);
struct page_block *page_heading(struct page *p, unsigned level);
struct page_block *page_annex(struct page *p);
struct page_block *page_table(struct page *p, uint32_t columns);
struct page_row *page_row(struct page *p, struct page_table *t);
struct page_check *page_check(struct page *p, struct page_block *b);
struct page_signer *page_signer(struct page *p);

/* ";" behind each line, "." behind the last. */
void page_punctuate(struct page *p, struct page_list *l);

/* "./." behind the last text, or in a line of its own. */
void page_end(struct page *p);

static inline bool page_empty(const struct page_text *t)
{
    return t->first == NULL;
}

/*
 * Write it into `out`. The same document gives the same bytes. ERR_NOMEM, ERR_LIMIT (over
 * out->max), ERR_IO (what the library said).
 */
int page_pdf(const struct page *p, struct buf *out, struct err *e);
int page_docx(const struct page *p, struct buf *out, struct err *e);

#endif
