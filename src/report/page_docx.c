/*
 * page_docx.c - a document as DOCX (ECMA-376, WordprocessingML): word/document.xml and footnotes.
 *
 * The same places as the PDF's, by the same rows: what page_pdf.c draws is a table without borders
 * here (letterhead, closing), a rule is the border of an empty paragraph. What never changes from
 * document to document, and the styles, are in docx_parts.c. Lengths: twentieths of a point.
 */
#include "report/docx.h"

#include <math.h>
#include <stdio.h>

#include "base/utf.h"
#include "report/words.h"

#define LEFT_SHARE 0.46 /* of the closing's width: the list of recipients */
#define SIGN_ROOM  64.0

struct docx {
    const struct page *doc;
    struct type type;
    struct buf body, notes;
    struct docx_section now; /* the section that is being written */
    bool after_table;        /* two tables in a row would become one */
};

static int twips(double points)
{
    return (int)lround(points * 20);
}

static int twips_mm(double mm)
{
    return twips(mm * 72 / 25.4);
}

/* Width of what may be written on. */
static int span_of_page(const struct docx *d)
{
    const struct page_layout *set = d->doc->layout;

    return twips_mm((d->now.landscape ? 297 : 210) - set->left_mm - set->right_mm);
}

/* --- Runs ----------------------------------------------------------------------------------- */

void docx_text(struct buf *to, struct span s)
{
    while (s.n > 0) {
        size_t used;
        uint32_t cp = utf8_get(s, &used);
        uint8_t text[4];

        if (cp == '&')
            buf_text(to, "&amp;");
        else if (cp == '<')
            buf_text(to, "&lt;");
        else if (cp == '>')
            buf_text(to, "&gt;");
        else if (cp == '"')
            buf_text(to, "&quot;");
        else if (cp < 0x20) /* XML has no others but tab and line ends */
            buf_byte(to, ' ');
        else
            buf_add(to, (struct span){
                            text, utf8_put(text, cp == 0xfffe || cp == 0xffff ? UTF_BAD : cp) });
        s = span_from(s, used);
    }
}

/* Text of one style; a newline is a break of the line. `size` 0: the style's own. */
static void put_run(struct buf *to, struct span s, unsigned style, double size)
{
    while (s.n > 0) {
        size_t n = span_find(s, '\n');

        buf_text(to, "<w:r><w:rPr>");
        buf_text(to, (style & PAGE_BOLD) != 0 ? "<w:b/>" : "");
        buf_text(to, (style & PAGE_ITALIC) != 0 ? "<w:i/>" : "");
        if (size > 0)
            buf_fmt(to, "<w:sz w:val=\"%d\"/>", (int)lround(size * 2));
        buf_text(to, "</w:rPr><w:t xml:space=\"preserve\">");
        docx_text(to, (struct span){ s.p, n });
        buf_text(to, "</w:t>");
        if (n < s.n)
            buf_text(to, "<w:br/>");
        buf_text(to, "</w:r>");
        s = span_from(s, n < s.n ? n + 1 : n);
    }
}

static void put_note(struct docx *d, struct buf *to, const struct page_note *note)
{
    buf_fmt(to,
            "<w:r><w:rPr><w:rStyle w:val=\"FootnoteReference\"/></w:rPr>"
            "<w:footnoteReference w:id=\"%u\"/></w:r>",
            note->number);
    buf_fmt(&d->notes,
            "<w:footnote w:id=\"%u\"><w:p><w:pPr><w:pStyle w:val=\"FootnoteText\"/></w:pPr>"
            "<w:r><w:rPr><w:rStyle w:val=\"FootnoteReference\"/></w:rPr><w:footnoteRef/></w:r>",
            note->number);
    put_run(&d->notes, SPAN_LIT(" "), 0, 0);
    for (const struct page_run *r = note->text.first; r != NULL; r = r->next)
        put_run(&d->notes, r->text, r->style, 0);
    buf_text(&d->notes, "</w:p></w:footnote>");
}

static void put_text(struct docx *d, const struct page_text *t, unsigned style, double size)
{
    for (const struct page_run *r = t->first; r != NULL; r = r->next) {
        put_run(&d->body, r->text, r->style | style, size);
        if (r->note != NULL)
            put_note(d, &d->body, r->note);
    }
}

/* --- Paragraphs ----------------------------------------------------------------------------- */

static void open_p(struct docx *d, const char *style, const char *more)
{
    buf_fmt(&d->body, "<w:p><w:pPr><w:pStyle w:val=\"%s\"/>%s</w:pPr>", style, more);
    d->after_table = false;
}

static void close_p(struct docx *d)
{
    buf_text(&d->body, "</w:p>");
}

#define CENTERED "<w:jc w:val=\"center\"/>"

static void put_line(struct docx *d, const char *more, const struct page_text *t, unsigned style,
                     double size)
{
    open_p(d, "Plain", more);
    put_text(d, t, style, size);
    close_p(d);
}

static void put_words(struct docx *d, const char *more, const char *words, unsigned style,
                      double size)
{
    open_p(d, "Plain", more);
    put_run(&d->body, span_of(words), style, size);
    close_p(d);
}

/* A rule in the middle of `width` twips: the border of a paragraph that is all but nothing high. */
static void put_rule(struct docx *d, int width, double points)
{
    int side = (width - twips(points)) / 2;

    buf_fmt(&d->body,
            "<w:p><w:pPr><w:pStyle w:val=\"Plain\"/><w:pBdr><w:bottom w:val=\"single\" w:sz=\"4\" "
            "w:space=\"0\" w:color=\"000000\"/></w:pBdr><w:spacing w:before=\"0\" w:after=\"0\" "
            "w:line=\"40\" w:lineRule=\"exact\"/><w:ind w:left=\"%d\" w:right=\"%d\" "
            "w:firstLine=\"0\"/></w:pPr></w:p>",
            side > 0 ? side : 0, side > 0 ? side : 0);
}

/* Something between two tables, and behind a table at the end of a section. */
static void put_thin(struct docx *d)
{
    buf_text(&d->body,
             "<w:p><w:pPr><w:pStyle w:val=\"Plain\"/><w:spacing w:before=\"0\" w:after=\"0\" "
             "w:line=\"20\" w:lineRule=\"exact\"/></w:pPr></w:p>");
    d->after_table = false;
}

/* --- Tables without borders ----------------------------------------------------------------- */

static void open_columns(struct docx *d, int left, int right)
{
    if (d->after_table)
        put_thin(d);
    buf_fmt(&d->body,
            "<w:tbl><w:tblPr><w:tblW w:w=\"%d\" w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/>"
            "<w:tblCellMar><w:left w:w=\"0\" w:type=\"dxa\"/><w:right w:w=\"0\" "
            "w:type=\"dxa\"/></w:tblCellMar></w:tblPr><w:tblGrid><w:gridCol w:w=\"%d\"/>"
            "<w:gridCol w:w=\"%d\"/></w:tblGrid>",
            left + right, left, right);
}

static void open_cell(struct docx *d, int width)
{
    buf_fmt(&d->body, "<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/></w:tcPr>", width);
}

static void open_row(struct docx *d)
{
    buf_text(&d->body, "<w:tr><w:trPr><w:cantSplit/></w:trPr>");
}

static void close_columns(struct docx *d)
{
    buf_text(&d->body, "</w:tbl>");
    d->after_table = true;
}

/* --- Letterhead ----------------------------------------------------------------------------- */

/* Centred, broken where the PDF breaks it. */
static void put_title(struct docx *d, const struct page_text *t, unsigned style, double size,
                      int width, int before)
{
    double narrow = type_balanced(&d->type, t, size, (uint8_t)style, width / 20.0);
    int side = narrow < width / 20.0 ? (width - twips(narrow)) / 2 - 20 : 0;
    char more[160];

    side = side > 0 ? side : 0;
    (void)snprintf(more, sizeof(more), /* fits */
                   "<w:spacing w:before=\"%d\"/><w:ind w:left=\"%d\" w:right=\"%d\"/>" CENTERED,
                   before, side, side);
    put_line(d, more, t, style, size);
}

/* Words of the layout in a paragraph. */
static void put_made(struct docx *d, void (*make)(const struct page *p, struct buf *to),
                     unsigned style, double size)
{
    struct buf text;

    buf_init(&text, WORDS_BYTES_MAX);
    make(d->doc, &text);
    open_p(d, "Plain", CENTERED);
    put_run(&d->body, buf_span(&text), style, size);
    close_p(d);
    buf_release(&text);
}

static double set_width(const struct docx *d, const struct page_text *t, double size, int width)
{
    double w = type_width(&d->type, t, size, PAGE_BOLD);
    double most = type_balanced(&d->type, t, size, PAGE_BOLD, width / 20.0);

    return w < most ? w : most;
}

static void put_agency(struct docx *d, int width)
{
    const struct page_layout *set = d->doc->layout;
    const struct page_head *h = &d->doc->head;

    open_cell(d, width);
    for (const struct page_text *t = h->parent.first; t != NULL; t = t->next)
        put_title(d, t, 0, set->nation, width, 0);
    for (const struct page_text *t = h->agency.first; t != NULL; t = t->next)
        put_title(d, t, PAGE_BOLD, set->nation, width, 0);
    if (h->agency.last != NULL)
        put_rule(d, width, set->rule * set_width(d, h->agency.last, set->nation, width));
    else
        put_thin(d);
    buf_text(&d->body, "</w:tc>");
}

static void put_nation(struct docx *d, int width)
{
    const struct page_layout *set = d->doc->layout;

    open_cell(d, width);
    put_words(d, CENTERED, WORDS_NATION, PAGE_BOLD, set->nation);
    put_words(d, CENTERED, WORDS_MOTTO, PAGE_BOLD, set->motto);
    put_rule(d, width, type_words_width(&d->type, WORDS_MOTTO, set->motto, PAGE_BOLD));
    buf_text(&d->body, "</w:tc>");
}

static void put_number(struct docx *d, int width)
{
    const struct page_layout *set = d->doc->layout;
    const struct page_head *h = &d->doc->head;

    open_cell(d, width);
    if (h->numbered)
        put_made(d, words_number, 0, set->number);
    if (page_empty(&h->type) && !page_empty(&h->about))
        put_title(d, &h->about, 0, set->nation, width, twips(set->gap));
    put_thin(d);
    buf_text(&d->body, "</w:tc>");
}

static void put_letterhead(struct docx *d)
{
    const struct page_layout *set = d->doc->layout;
    int all = span_of_page(d);
    int right = twips(type_words_width(&d->type, WORDS_NATION, set->nation, PAGE_BOLD)) + 40;

    if (d->now.landscape)
        right = all / 2;
    open_columns(d, all - right, right);
    open_row(d);
    put_agency(d, all - right);
    put_nation(d, right);
    buf_text(&d->body, "</w:tr>");
    open_row(d);
    put_number(d, all - right);
    open_cell(d, right);
    if (d->doc->head.dated)
        put_made(d, words_date, PAGE_ITALIC, set->motto);
    else
        put_thin(d);
    buf_text(&d->body, "</w:tc></w:tr>");
    close_columns(d);
}

static void put_type(struct docx *d)
{
    const struct page_layout *set = d->doc->layout;
    const struct page_head *h = &d->doc->head;

    open_p(d, "Title", "");
    put_text(d, &h->type, 0, 0);
    close_p(d);
    if (page_empty(&h->about))
        return;
    put_title(d, &h->about, PAGE_BOLD, set->motto, span_of_page(d), 0);
    put_rule(d, span_of_page(d), set->rule * set_width(d, &h->about, set->motto, span_of_page(d)));
}

static void put_to(struct docx *d)
{
    const struct page_list *to = &d->doc->head.to;

    if (to->count == 0)
        return;
    open_p(d, "Plain",
           to->count == 1 ? "<w:spacing w:before=\"240\"/>" CENTERED
                          : "<w:spacing w:before=\"240\"/><w:ind w:left=\"1440\"/>");
    put_run(&d->body, SPAN_LIT(WORDS_FOR "\u00a0"), 0, 0);
    if (to->count == 1)
        put_text(d, to->first, 0, 0);
    close_p(d);
    for (const struct page_text *t = to->first; to->count > 1 && t != NULL; t = t->next) {
        open_p(d, "Plain", "<w:ind w:left=\"2560\"/>");
        put_run(&d->body, SPAN_LIT("- "), 0, 0);
        put_text(d, t, 0, 0);
        close_p(d);
    }
}

static void put_bases(struct docx *d)
{
    for (const struct page_text *t = d->doc->bases.first; t != NULL; t = t->next) {
        open_p(d, "BodyText", "");
        put_text(d, t, PAGE_ITALIC, 0);
        close_p(d);
    }
}

/* --- Sections ------------------------------------------------------------------------------- */

/* What is written from here on stands on a new page. */
static void new_section(struct docx *d, bool landscape, bool restart)
{
    buf_text(&d->body, "<w:p><w:pPr><w:pStyle w:val=\"Plain\"/><w:spacing w:before=\"0\" "
                       "w:after=\"0\" w:line=\"20\" w:lineRule=\"exact\"/>");
    docx_section(&d->body, d->doc->layout, &d->now);
    buf_text(&d->body, "</w:pPr></w:p>");
    d->now = (struct docx_section){ .landscape = landscape, .restart = restart };
    d->after_table = false;
}

/* --- Blocks --------------------------------------------------------------------------------- */

static const char *justified(uint8_t align)
{
    static const char *const more[] = {
        [PAGE_JUSTIFY] = "",
        [PAGE_LEFT] = "<w:jc w:val=\"left\"/>",
        [PAGE_CENTER] = "<w:ind w:firstLine=\"0\"/><w:jc w:val=\"center\"/>",
        [PAGE_RIGHT] = "<w:ind w:firstLine=\"0\"/><w:jc w:val=\"right\"/>",
    };

    return more[align];
}

static void put_heading(struct docx *d, const struct page_block *b)
{
    static const char *const styles[] = { "Heading1", "Heading2", "Heading3" };

    open_p(d, styles[b->level - 1], "");
    put_run(&d->body, b->number, 0, 0);
    put_run(&d->body, SPAN_LIT(" "), 0, 0);
    put_text(d, &b->text, 0, 0);
    close_p(d);
}

static void put_paragraph(struct docx *d, const struct page_block *b)
{
    open_p(d, "BodyText", justified(b->align));
    put_text(d, &b->text, 0, 0);
    close_p(d);
}

static void put_label(struct docx *d, const struct page_block *b)
{
    put_text(d, &b->label, 0, 0);
    if (!page_empty(&b->label))
        put_run(&d->body, SPAN_LIT(": "), 0, 0);
}

static void put_form(struct docx *d, const struct page_block *b)
{
    open_p(d, "Form", "");
    put_label(d, b);
    if (page_empty(&b->text))
        buf_fmt(
            &d->body,
            "<w:r><w:ptab w:relativeTo=\"margin\" w:alignment=\"right\" w:leader=\"dot\"/></w:r>");
    else
        put_text(d, &b->text, 0, 0);
    close_p(d);
}

static void put_checks(struct docx *d, const struct page_block *b)
{
    open_p(d, "Form", "");
    put_label(d, b);
    for (const struct page_check *c = b->checks; c != NULL; c = c->next) {
        buf_fmt(&d->body,
                "<w:r><w:rPr><w:rFonts w:ascii=\"MS Gothic\" w:eastAsia=\"MS Gothic\" "
                "w:hAnsi=\"MS Gothic\" w:hint=\"eastAsia\"/></w:rPr><w:t>%s</w:t></w:r>",
                c->on ? "☒" : "☐");
        put_run(&d->body, SPAN_LIT("\u00a0"), 0, 0);
        put_text(d, &c->text, 0, 0);
        if (c->next != NULL)
            put_run(&d->body, SPAN_LIT("\u00a0\u00a0 "), 0, 0);
    }
    close_p(d);
}

static void put_cell(struct docx *d, const struct page_text *t, int width, uint8_t align, bool head)
{
    static const char *const names[] = { [PAGE_JUSTIFY] = "both",
                                         [PAGE_LEFT] = "left",
                                         [PAGE_CENTER] = "center",
                                         [PAGE_RIGHT] = "right" };
    char more[64];

    buf_fmt(&d->body, "<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/>%s</w:tcPr>", width,
            head ? "<w:vAlign w:val=\"center\"/>" : "");
    (void)snprintf(more, sizeof(more), "<w:jc w:val=\"%s\"/>", names[align]); /* fits */
    open_p(d, "Cell", more);
    put_text(d, t, head ? PAGE_BOLD : 0, 0);
    close_p(d);
    buf_text(&d->body, "</w:tc>");
}

static void put_grid(struct docx *d, const struct page_table *t, int *widths)
{
    double all = 0;

    for (uint32_t i = 0; i < t->column_count; i++)
        all += t->columns[i].width;
    buf_fmt(&d->body,
            "<w:tbl><w:tblPr><w:tblStyle w:val=\"Grid\"/><w:tblW w:w=\"%d\" w:type=\"dxa\"/>"
            "<w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid>",
            span_of_page(d));
    for (uint32_t i = 0; i < t->column_count; i++) {
        widths[i] = (int)(span_of_page(d) * t->columns[i].width / all);
        buf_fmt(&d->body, "<w:gridCol w:w=\"%d\"/>", widths[i]);
    }
    buf_text(&d->body, "</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
    for (uint32_t i = 0; i < t->column_count; i++)
        put_cell(d, &t->columns[i].title, widths[i], PAGE_CENTER, true);
    buf_text(&d->body, "</w:tr>");
}

static void put_table(struct docx *d, const struct page_block *b)
{
    const struct page_table *t = b->table;
    bool turned = t->landscape && !d->now.landscape;
    int widths[PAGE_COLUMNS_MAX];

    if (turned)
        new_section(d, true, false);
    put_thin(d);
    put_grid(d, t, widths);
    for (const struct page_row *r = t->first; r != NULL; r = r->next) {
        buf_text(&d->body, "<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        for (uint32_t i = 0; i < t->column_count; i++)
            put_cell(d, &r->cells[i], widths[i], t->columns[i].align, false);
        buf_text(&d->body, "</w:tr>");
    }
    close_columns(d);
    if (turned && b->next != NULL && b->next->kind != PAGE_ANNEX)
        new_section(d, false, false);
}

/* --- Closing -------------------------------------------------------------------------------- */

static void put_signer(struct docx *d, const struct page_signer *s, int width)
{
    const struct page_layout *set = d->doc->layout;
    char room[64];

    open_cell(d, width);
    for (const struct page_text *t = s->titles.first; t != NULL; t = t->next)
        put_line(d, "<w:keepNext/>" CENTERED, t, PAGE_BOLD, set->motto);
    if (!page_empty(&s->how))
        put_line(d, "<w:keepNext/>" CENTERED, &s->how, PAGE_ITALIC, set->small);
    (void)snprintf(room, sizeof(room), "<w:spacing w:before=\"%d\"/>" CENTERED, /* fits */
                   twips(SIGN_ROOM));
    put_line(d, room, &s->name, PAGE_BOLD, set->motto);
    buf_text(&d->body, "</w:tc>");
}

static void put_recipients(struct docx *d, int width)
{
    const struct page_layout *set = d->doc->layout;
    const struct page_list *l = &d->doc->recipients;

    open_cell(d, width);
    if (l->count > 0)
        put_words(d, "", WORDS_COPIES, PAGE_BOLD | PAGE_ITALIC, set->small);
    for (const struct page_text *t = l->first; t != NULL; t = t->next) {
        open_p(d, "Plain", "");
        put_run(&d->body, SPAN_LIT("- "), 0, set->list);
        put_text(d, t, 0, set->list);
        close_p(d);
    }
    if (l->count == 0)
        put_thin(d);
    buf_text(&d->body, "</w:tc>");
}

static void put_empty(struct docx *d, int width)
{
    open_cell(d, width);
    put_thin(d);
    buf_text(&d->body, "</w:tc>");
}

/* Two beside each other in a row, as many rows as it takes. */
static void put_pairs(struct docx *d, int all)
{
    for (const struct page_signer *s = d->doc->signers; s != NULL; s = s->next) {
        open_row(d);
        put_signer(d, s, all / 2);
        s = s->next;
        if (s != NULL)
            put_signer(d, s, all / 2);
        else
            put_empty(d, all / 2);
        buf_text(&d->body, "</w:tr>");
        if (s == NULL)
            break;
    }
    if (d->doc->recipients.count == 0)
        return;
    open_row(d);
    put_recipients(d, all / 2);
    put_empty(d, all / 2);
    buf_text(&d->body, "</w:tr>");
}

static void put_closing(struct docx *d, const struct page_block *b)
{
    const struct page_signer *s = d->doc->signers;
    int all = span_of_page(d), left = (int)(all * LEFT_SHARE);

    (void)b;
    put_words(d, "", "", 0, 0);
    if (s != NULL && s->next != NULL) {
        open_columns(d, all / 2, all / 2);
        put_pairs(d, all);
    } else {
        open_columns(d, left, all - left);
        open_row(d);
        put_recipients(d, left);
        if (s != NULL)
            put_signer(d, s, all - left);
        else
            put_empty(d, all - left);
        buf_text(&d->body, "</w:tr>");
    }
    close_columns(d);
}

static void put_annex(struct docx *d, const struct page_block *b)
{
    const struct page_layout *set = d->doc->layout;
    bool turned = b->next != NULL && b->next->kind == PAGE_TABLE && b->next->table->landscape;

    new_section(d, turned || d->doc->landscape, true);
    open_p(d, "Title", "<w:spacing w:before=\"0\"/>");
    put_run(&d->body, b->number, 0, 14);
    close_p(d);
    put_line(d, CENTERED, &b->text, PAGE_BOLD, set->motto);
    if (!page_empty(&b->issued))
        put_line(d, CENTERED, &b->issued, PAGE_ITALIC, set->motto);
}

static void put_break(struct docx *d, const struct page_block *b)
{
    (void)b;
    buf_text(&d->body, "<w:p><w:pPr><w:pStyle w:val=\"Plain\"/></w:pPr><w:r><w:br "
                       "w:type=\"page\"/></w:r></w:p>");
    d->after_table = false;
}

static void put_blocks(struct docx *d)
{
    static void (*const put[])(struct docx * d, const struct page_block *b) = {
        [PAGE_HEADING] = put_heading, [PAGE_PARAGRAPH] = put_paragraph,
        [PAGE_FORM] = put_form,       [PAGE_CHECKS] = put_checks,
        [PAGE_TABLE] = put_table,     [PAGE_CLOSING] = put_closing,
        [PAGE_ANNEX] = put_annex,     [PAGE_BREAK] = put_break,
    };

    for (const struct page_block *b = d->doc->first; b != NULL; b = b->next)
        put[b->kind](d, b);
}

static void put_document(struct docx *d)
{
    buf_text(&d->body, DOCX_XML "<w:document " DOCX_SPACES "><w:body>");
    put_letterhead(d);
    if (!page_empty(&d->doc->head.type))
        put_type(d);
    put_to(d);
    put_bases(d);
    put_blocks(d);
    if (d->after_table)
        put_thin(d);
    docx_section(&d->body, d->doc->layout, &d->now);
    buf_text(&d->body, "</w:body></w:document>");
}

int page_docx(const struct page *p, struct buf *out, struct err *e)
{
    struct docx d = { .doc = p, .now = { .landscape = p->landscape, .restart = true } };
    int rc;

    if (page_failed(p))
        return err_set(e, ERR_LIMIT, 0, "The document is too large.");
    rc = type_init(&d.type, e);
    if (rc != ERR_OK)
        return rc;
    buf_init(&d.body, PAGE_BYTES_MAX);
    buf_init(&d.notes, PAGE_BYTES_MAX);
    put_document(&d);
    rc = buf_failed(&d.body) || buf_failed(&d.notes)
             ? err_set(e, ERR_LIMIT, 0, "The document is too large.")
             : docx_write(p, buf_span(&d.body), buf_span(&d.notes), out, e);
    buf_release(&d.body);
    buf_release(&d.notes);
    type_release(&d.type);
    return rc;
}
