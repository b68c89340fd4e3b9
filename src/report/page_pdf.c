/*
 * page_pdf.c - a document as PDF: the letterhead, the blocks, the closing, on flow.h.
 *
 *      left column            │        right column
 *   parent agency             │   name of the state
 *   AGENCY                    │   motto
 *   ──────                    │   ─────────────────
 *   Số: 05/BC-X               │   Huế, ngày 05 tháng 01 năm 2026
 *
 * The right column is as wide as the state's name, which has to stand in one line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "report/flow.h"
#include "report/words.h"

#define COLUMN_GAP 5.0  /* between the two columns of the letterhead */
#define RULE_GAP   2.0  /* between a text and the rule below it */
#define SIGN_ROOM  64.0 /* where a signature and a seal will be */
#define LEFT_SHARE 0.46 /* of the closing's width: the list of recipients */

/* A text that grows downwards in a column, apart from the flow. */
struct column {
    struct flow *f;
    double x, width, y;
    bool dry; /* only measured */
};

static void column_layout(struct column *c, PangoLayout *l, double size)
{
    double pitch = type_pitch(size);

    if (!c->dry)
        flow_draw(c->f, l, c->x, c->y, size, pitch, 0, pango_layout_get_line_count(l));
    c->y += flow_height(l, pitch);
    g_object_unref(l);
}

static void column_text(struct column *c, const struct page_text *t, double size, uint8_t style,
                        enum page_align align)
{
    const struct type_style s = {
        .size = size, .width = c->width, .style = style, .align = (uint8_t)align
    };

    column_layout(c, type_set(&c->f->type, SPAN_NONE, t, &s, NULL), size);
}

static void column_words(struct column *c, const char *words, double size, uint8_t style,
                         enum page_align align)
{
    const struct type_style s = {
        .size = size, .width = c->width, .style = style, .align = (uint8_t)align
    };

    column_layout(c, type_words(&c->f->type, words, &s), size);
}

/* Centred, its lines as long as each other. */
static void column_title(struct column *c, const struct page_text *t, double size, uint8_t style)
{
    struct column narrow = *c;

    narrow.width = type_balanced(&c->f->type, t, size, style, c->width);
    narrow.x += (c->width - narrow.width) / 2;
    column_text(&narrow, t, size, style, PAGE_CENTER);
    c->y = narrow.y;
}

/* A rule in the middle of the column. */
static void column_rule(struct column *c, double length)
{
    double middle = c->x + c->width / 2;

    c->y += RULE_GAP;
    flow_rule(c->f, middle - length / 2, c->y, middle + length / 2, c->y);
    c->y += RULE_GAP;
}

/* How wide a text is when it is set in lines of at most the column's width. */
static double set_width(const struct column *c, const struct page_text *t, double size)
{
    double w = type_width(&c->f->type, t, size, PAGE_BOLD);
    double most = type_balanced(&c->f->type, t, size, PAGE_BOLD, c->width);

    return w < most ? w : most;
}

/* Words of the layout into `to`, as a C string. */
static char *words_of(void (*put)(const struct page *p, struct buf *to), const struct page *p)
{
    struct buf text;
    char *copy = NULL;

    buf_init(&text, WORDS_BYTES_MAX);
    put(p, &text);
    buf_byte(&text, 0);
    if (!buf_failed(&text))
        copy = g_strdup((const char *)text.p);
    buf_release(&text);
    return copy != NULL ? copy : g_strdup("");
}

/* --- Letterhead ----------------------------------------------------------------------------- */

static void draw_agency(struct column *c, const struct page_head *h, const struct page_layout *set)
{
    for (const struct page_text *t = h->parent.first; t != NULL; t = t->next)
        column_title(c, t, set->nation, 0);
    for (const struct page_text *t = h->agency.first; t != NULL; t = t->next)
        column_title(c, t, set->nation, PAGE_BOLD);
    if (h->agency.last != NULL)
        column_rule(c, set->rule * set_width(c, h->agency.last, set->nation));
}

static void draw_nation(struct column *c, const struct page_layout *set)
{
    column_words(c, WORDS_NATION, set->nation, PAGE_BOLD, PAGE_CENTER);
    column_words(c, WORDS_MOTTO, set->motto, PAGE_BOLD, PAGE_CENTER);
    column_rule(c, type_words_width(&c->f->type, WORDS_MOTTO, set->motto, PAGE_BOLD));
}

static void draw_letterhead(struct flow *f)
{
    const struct page_layout *set = f->doc->layout;
    const struct page_head *h = &f->doc->head;
    double nation = type_words_width(&f->type, WORDS_NATION, set->nation, PAGE_BOLD) + 1;
    struct column left = { f, f->left, flow_span(f) - nation - COLUMN_GAP, f->y, false };
    struct column right = { f, f->right - nation, nation, f->y, false };
    char *number = words_of(words_number, f->doc), *date = words_of(words_date, f->doc);

    if (f->width > f->height) { /* turned: both halves alike */
        left.width = right.width = flow_span(f) / 2 - COLUMN_GAP;
        right.x = f->right - right.width;
    }
    draw_agency(&left, h, set);
    draw_nation(&right, set);
    left.y = right.y = (left.y > right.y ? left.y : right.y) + RULE_GAP;
    if (h->numbered)
        column_words(&left, number, set->number, 0, PAGE_CENTER);
    if (page_empty(&h->type) && !page_empty(&h->about)) {
        left.y += set->gap;
        column_title(&left, &h->about, set->nation, 0);
    }
    if (h->dated)
        column_words(&right, date, set->motto, PAGE_ITALIC, PAGE_CENTER);
    f->y = left.y > right.y ? left.y : right.y;
    g_free(number);
    g_free(date);
}

static void draw_type(struct flow *f)
{
    const struct page_layout *set = f->doc->layout;
    const struct page_head *h = &f->doc->head;
    struct column c = { f, f->left, flow_span(f), f->y + 3 * set->gap, false };

    column_text(&c, &h->type, set->motto, PAGE_BOLD, PAGE_CENTER);
    if (!page_empty(&h->about)) {
        column_title(&c, &h->about, set->motto, PAGE_BOLD);
        column_rule(&c, set->rule * set_width(&c, &h->about, set->motto));
    }
    f->y = c.y + set->gap;
}

/* One recipient stands behind "Kính gửi:", several below it, a line each. */
static void draw_to(struct flow *f)
{
    const struct page_layout *set = f->doc->layout;
    const struct page_list *to = &f->doc->head.to;
    double in = flow_mm(set->indent_mm) * 2, words;
    struct column c = { f, f->left, flow_span(f), f->y + 2 * set->gap, false };

    if (to->count == 0)
        return;
    words = type_words_width(&f->type, WORDS_FOR "\u00a0", set->body, 0);
    if (to->count == 1) {
        double wide = type_width(&f->type, to->first, set->body, 0) + words;

        if (wide < c.width)
            in = (c.width - wide) / 2;
    }
    c.x = f->left + in;
    c.width = f->right - c.x;
    column_words(&c, WORDS_FOR, set->body, 0, PAGE_LEFT);
    c.x += words;
    c.width = f->right - c.x;
    if (to->count == 1)
        c.y -= type_pitch(set->body);
    for (const struct page_text *t = to->first; t != NULL; t = t->next) {
        const struct type_style s = { .size = set->body, .width = c.width, .align = PAGE_LEFT };

        column_layout(&c,
                      type_set(&f->type, to->count > 1 ? SPAN_LIT("- ") : SPAN_NONE, t, &s, NULL),
                      set->body);
    }
    f->y = c.y + set->gap;
}

static void draw_bases(struct flow *f)
{
    const struct page_layout *set = f->doc->layout;

    for (const struct page_text *t = f->doc->bases.first; t != NULL; t = t->next) {
        const struct type_style s = { .size = set->body,
                                      .width = flow_span(f),
                                      .indent = flow_mm(set->indent_mm),
                                      .style = PAGE_ITALIC };

        flow_gap(f, set->gap);
        flow_text(f, type_set(&f->type, SPAN_NONE, t, &s, NULL), 0, set->body, NULL);
    }
}

/* --- Blocks --------------------------------------------------------------------------------- */

static struct type_style body_style(const struct flow *f, enum page_align align)
{
    return (struct type_style){ .size = f->doc->layout->body,
                                .width = flow_span(f),
                                .indent = align == PAGE_CENTER || align == PAGE_RIGHT
                                              ? 0
                                              : flow_mm(f->doc->layout->indent_mm),
                                .align = (uint8_t)align };
}

static void draw_heading(struct flow *f, const struct page_block *b)
{
    struct type_style s = body_style(f, PAGE_JUSTIFY);
    struct type_marks marks;
    char number[32];
    PangoLayout *l;

    s.style = b->level < 3 ? PAGE_BOLD : 0;
    (void)snprintf(number, sizeof(number), "%.*s ", SPAN_ARG(b->number)); /* fits */
    l = type_set(&f->type, span_of(number), &b->text, &s, &marks);
    flow_gap(f, f->doc->layout->gap);
    /* A heading is never the last on its page. */
    flow_need(f,
              flow_height(l, type_pitch(s.size) * f->doc->layout->line) + 3 * type_pitch(s.size));
    flow_text(f, l, 0, s.size, &marks);
}

static double put_closing(struct flow *f, bool dry);

static void draw_paragraph(struct flow *f, const struct page_block *b)
{
    struct type_style s = body_style(f, (enum page_align)b->align);
    struct type_marks marks;

    flow_gap(f, f->doc->layout->gap);
    /* Who signs never signs a page without text. */
    if (b->next != NULL && b->next->kind == PAGE_CLOSING)
        f->after = 2 * f->doc->layout->gap + put_closing(f, true) - f->y;
    flow_text(f, type_set(&f->type, SPAN_NONE, &b->text, &s, &marks), 0, s.size, &marks);
    f->after = 0;
}

/* Dots up to the end of the line behind what is there. */
static void add_dots(const struct flow *f, GString *to, const struct type_style *s)
{
    double used = type_words_width(&f->type, to->str, s->size, s->style) + s->indent;
    double dot = type_words_width(&f->type, "..........", s->size, s->style) / 10;
    double room = s->width - used - 1;

    if (room < 3 * dot) {
        g_string_append(to, WORDS_BLANK);
        return;
    }
    for (double at = dot; at <= room; at += dot)
        g_string_append_c(to, '.');
}

static GString *label_of(const struct page_block *b)
{
    GString *s = g_string_new(NULL);

    for (const struct page_run *r = b->label.first; r != NULL; r = r->next)
        g_string_append_len(s, (const char *)r->text.p, (gssize)r->text.n);
    g_string_append(s, s->len > 0 ? ": " : "");
    return s;
}

static void draw_form(struct flow *f, const struct page_block *b)
{
    const struct type_style s = body_style(f, PAGE_LEFT);
    struct type_marks marks;
    GString *label = label_of(b);

    if (page_empty(&b->text))
        add_dots(f, label, &s);
    flow_gap(f, f->doc->layout->gap / 2);
    flow_text(f,
              type_set(&f->type, (struct span){ (const uint8_t *)label->str, label->len }, &b->text,
                       &s, &marks),
              0, s.size, &marks);
    (void)g_string_free(label, TRUE); /* gives NULL */
}

static void draw_checks(struct flow *f, const struct page_block *b)
{
    const struct type_style s = body_style(f, PAGE_LEFT);
    const struct page_text none = { 0 };
    GString *all = label_of(b);

    for (const struct page_check *c = b->checks; c != NULL; c = c->next) {
        g_string_append(all, words_box(c->on));
        for (const struct page_run *r = c->text.first; r != NULL; r = r->next)
            g_string_append_len(all, (const char *)r->text.p, (gssize)r->text.n);
        g_string_append(all, c->next != NULL ? "\u00a0\u00a0  " : "");
    }
    flow_gap(f, f->doc->layout->gap / 2);
    flow_text(
        f,
        type_set(&f->type, (struct span){ (const uint8_t *)all->str, all->len }, &none, &s, NULL),
        0, s.size, NULL);
    (void)g_string_free(all, TRUE); /* gives NULL */
}

static void draw_table(struct flow *f, const struct page_block *b)
{
    bool turned = f->width > f->height;

    if (b->table->landscape && !turned)
        flow_page(f, true, 0);
    else
        flow_gap(f, f->doc->layout->gap);
    flow_table(f, b->table);
    f->y += f->doc->layout->gap;
    if (b->table->landscape && !turned && b->next != NULL && b->next->kind != PAGE_ANNEX)
        flow_page(f, false, 0);
}

/* --- Closing -------------------------------------------------------------------------------- */

static void draw_signer(struct column *c, const struct page_signer *s)
{
    const struct page_layout *set = c->f->doc->layout;

    for (const struct page_text *t = s->titles.first; t != NULL; t = t->next)
        column_text(c, t, set->motto, PAGE_BOLD, PAGE_CENTER);
    if (!page_empty(&s->how))
        column_text(c, &s->how, set->small, PAGE_ITALIC, PAGE_CENTER);
    c->y += SIGN_ROOM;
    column_text(c, &s->name, set->motto, PAGE_BOLD, PAGE_CENTER);
}

static void draw_recipients(struct column *c)
{
    const struct page_layout *set = c->f->doc->layout;
    const struct page_list *l = &c->f->doc->recipients;

    if (l->count == 0)
        return;
    column_words(c, WORDS_COPIES, set->small, PAGE_BOLD | PAGE_ITALIC, PAGE_LEFT);
    for (const struct page_text *t = l->first; t != NULL; t = t->next) {
        const struct type_style s = { .size = set->list, .width = c->width, .align = PAGE_LEFT };

        column_layout(c, type_set(&c->f->type, SPAN_LIT("- "), t, &s, NULL), set->list);
    }
}

/* Two who sign stand side by side; who gets it, beside the only one or below all. */
static double put_closing(struct flow *f, bool dry)
{
    double share = flow_span(f) * LEFT_SHARE;
    struct column left = { f, f->left, share, f->y, dry };
    struct column right = { f, f->left + share, flow_span(f) - share, f->y, dry };
    const struct page_signer *s = f->doc->signers;

    if (s == NULL || s->next == NULL) {
        draw_recipients(&left);
        if (s != NULL)
            draw_signer(&right, s);
        return left.y > right.y ? left.y : right.y;
    }
    left.width = right.width = flow_span(f) / 2;
    right.x = f->left + left.width;
    for (; s != NULL; s = s->next) {
        draw_signer(&left, s);
        s = s->next;
        if (s == NULL)
            break;
        draw_signer(&right, s);
        left.y = right.y = (left.y > right.y ? left.y : right.y) + f->doc->layout->gap;
    }
    draw_recipients(&left);
    return left.y > right.y ? left.y : right.y;
}

static void draw_closing(struct flow *f, const struct page_block *b)
{
    (void)b;
    flow_gap(f, 2 * f->doc->layout->gap);
    flow_need(f, put_closing(f, true) - f->y);
    f->y = put_closing(f, false);
}

static void draw_annex(struct flow *f, const struct page_block *b)
{
    const struct page_layout *set = f->doc->layout;
    bool turned = b->next != NULL && b->next->kind == PAGE_TABLE && b->next->table->landscape;
    struct column c = { .f = f };
    char number[64];

    flow_page(f, turned || f->doc->landscape, 1);
    c.x = f->left;
    c.width = flow_span(f);
    c.y = f->y;
    (void)snprintf(number, sizeof(number), "%.*s", SPAN_ARG(b->number)); /* fits */
    column_words(&c, number, 14, PAGE_BOLD, PAGE_CENTER);
    column_text(&c, &b->text, set->motto, PAGE_BOLD, PAGE_CENTER);
    if (!page_empty(&b->issued))
        column_text(&c, &b->issued, set->motto, PAGE_ITALIC, PAGE_CENTER);
    f->y = c.y + set->gap;
}

static void draw_break(struct flow *f, const struct page_block *b)
{
    (void)b;
    flow_next(f);
}

static void draw_blocks(struct flow *f)
{
    static void (*const draw[])(struct flow * f, const struct page_block *b) = {
        [PAGE_HEADING] = draw_heading, [PAGE_PARAGRAPH] = draw_paragraph,
        [PAGE_FORM] = draw_form,       [PAGE_CHECKS] = draw_checks,
        [PAGE_TABLE] = draw_table,     [PAGE_CLOSING] = draw_closing,
        [PAGE_ANNEX] = draw_annex,     [PAGE_BREAK] = draw_break,
    };

    for (const struct page_block *b = f->doc->first; b != NULL; b = b->next)
        draw[b->kind](f, b);
}

/* --- The file ------------------------------------------------------------------------------- */

static cairo_status_t write_buf(void *arg, const unsigned char *data, unsigned n)
{
    struct buf *to = arg;

    buf_add(to, (struct span){ data, n });
    return buf_failed(to) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static void tell(const struct flow *f, cairo_pdf_metadata_t what, struct span s)
{
    char *text = g_strndup((const char *)s.p, s.n);

    cairo_pdf_surface_set_metadata(f->surface, what, s.n > 0 ? text : NULL);
    g_free(text);
}

int page_pdf(const struct page *p, struct buf *out, struct err *e)
{
    struct flow f = { .doc = p };
    cairo_status_t status;
    int rc;

    if (page_failed(p))
        return err_set(e, ERR_LIMIT, 0, "The document is too large.");
    rc = type_init(&f.type, e);
    if (rc != ERR_OK)
        return rc;
    buf_clear(out);
    f.surface = cairo_pdf_surface_create_for_stream(write_buf, out, flow_mm(210), flow_mm(297));
    tell(&f, CAIRO_PDF_METADATA_TITLE, p->title);
    tell(&f, CAIRO_PDF_METADATA_AUTHOR, p->author);
    tell(&f, CAIRO_PDF_METADATA_CREATOR, SPAN_LIT("Canh " CANH_VERSION));
    tell(&f, CAIRO_PDF_METADATA_CREATE_DATE, p->created);
    f.cr = cairo_create(f.surface);
    flow_page(&f, p->landscape, 1);
    draw_letterhead(&f);
    if (!page_empty(&p->head.type))
        draw_type(&f);
    draw_to(&f);
    draw_bases(&f);
    draw_blocks(&f);
    flow_end(&f);
    status = cairo_status(f.cr);
    cairo_destroy(f.cr);
    cairo_surface_finish(f.surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(f.surface);
    cairo_surface_destroy(f.surface);
    type_release(&f.type);
    if (buf_failed(out))
        return err_set(e, ERR_LIMIT, 0, "The PDF is larger than %zu bytes.", out->max);
    if (status != CAIRO_STATUS_SUCCESS)
        return err_set(e, ERR_IO, 0, "The PDF cannot be written: %s.",
                       cairo_status_to_string(status));
    return ERR_OK;
}
