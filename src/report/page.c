/*
 * page.c - building the model of a document.
 */
#include "report/page.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "base/utf.h"
#include "report/vi.h"

static const struct page_layout layouts[] = {
#define X(name, nation, motto, body)                                                               \
    { name, nation, motto, body, 20, 20, 30, 15, 12.7, 1.15, 6, 13, 12, 11, 10, 0.4 },
    PAGE_LAYOUTS(X)
#undef X
};

const struct page_layout *page_layout(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        if (strcmp(layouts[i].name, name) == 0)
            return &layouts[i];
    }
    return NULL;
}

void page_init(struct page *p, const struct page_layout *layout)
{
    MUST(layout != NULL);
    *p = (struct page){ .layout = layout };
    arena_init(&p->arena, PAGE_BYTES_MAX);
}

void page_release(struct page *p)
{
    arena_release(&p->arena);
}

/* What no text has: control characters but a newline, and code points that stand for nothing, which
 * neither XML nor Cairo takes. */
static uint32_t clean(uint32_t cp)
{
    if ((cp < 0x20 && cp != '\n') || (cp >= 0x7f && cp < 0xa0))
        return ' ';
    return (cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef) ? UTF_BAD : cp;
}

struct span page_copy(struct page *p, struct span s)
{
    utf8proc_uint8_t *nfc = NULL;
    utf8proc_ssize_t n;
    struct span rest, copy;
    struct buf text;

    n = utf8proc_map(s.p, (utf8proc_ssize_t)s.n, &nfc, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    rest = n >= 0 ? (struct span){ nfc, (size_t)n } : s; /* what is no UTF-8 is U+FFFD below */
    buf_init(&text, PAGE_BYTES_MAX);
    while (rest.n > 0 && buf_reserve(&text, 4)) {
        size_t used;
        uint32_t cp = clean(utf8_get(rest, &used));

        text.n += utf8_put(text.p + text.n, cp);
        rest = span_from(rest, used);
    }
    free(nfc);
    if (buf_failed(&text))
        p->arena.failed = true;
    copy = arena_span(&p->arena, buf_span(&text));
    buf_release(&text);
    return page_failed(p) ? SPAN_NONE : copy;
}

void page_add(struct page *p, struct page_text *t, struct span s, unsigned style)
{
    struct page_run *r;

    if (s.n == 0)
        return;
    r = arena_alloc(&p->arena, sizeof(*r));
    if (r == NULL)
        return;
    r->text = page_copy(p, s);
    r->style = (uint8_t)style;
    if (t->last == NULL)
        t->first = r;
    else
        t->last->next = r;
    t->last = r;
}

struct page_note *page_note(struct page *p, struct page_text *t)
{
    struct page_note *n = arena_alloc(&p->arena, sizeof(*n));

    if (n == NULL)
        return NULL;
    if (t->last == NULL || t->last->note != NULL)
        page_add(p, t, SPAN_LIT("\xe2\x80\x8b"), 0); /* something that the mark stands behind */
    if (page_failed(p))
        return NULL;
    n->number = ++p->notes;
    t->last->note = n;
    return n;
}

struct page_text *page_line(struct page *p, struct page_list *l)
{
    struct page_text *t = arena_alloc(&p->arena, sizeof(*t));

    if (t == NULL)
        return NULL;
    if (l->last == NULL)
        l->first = t;
    else
        l->last->next = t;
    l->last = t;
    l->count++;
    return t;
}

struct page_block *page_block(struct page *p, enum page_kind kind)
{
    struct page_block *b = arena_alloc(&p->arena, sizeof(*b));

    if (b == NULL)
        return NULL;
    b->kind = (uint8_t)kind;
    if (p->last == NULL)
        p->first = b;
    else
        p->last->next = b;
    p->last = b;
    return b;
}

/* "I.", "1.", "a)" */
static void put_number(struct buf *to, unsigned level, uint32_t count)
{
    switch (level) {
    case 1:
        vi_roman(to, count);
        break;
    case 2:
        buf_fmt(to, "%u", count);
        break;
    default:
        vi_letter(to, count);
        break;
    }
    buf_byte(to, level == 3 ? ')' : '.');
}

struct page_block *page_heading(struct page *p, unsigned level)
{
    struct page_block *b = page_block(p, PAGE_HEADING);
    struct buf text;

    MUST(level >= 1 && level <= 3);
    if (b == NULL)
        return NULL;
    b->level = (uint8_t)level;
    p->counts[level - 1]++;
    for (unsigned i = level; i < 3; i++)
        p->counts[i] = 0;
    buf_init(&text, 64);
    put_number(&text, level, p->counts[level - 1]);
    b->number = arena_span(&p->arena, buf_span(&text));
    buf_release(&text);
    return b;
}

struct page_block *page_annex(struct page *p)
{
    struct page_block *b = page_block(p, PAGE_ANNEX);
    struct buf text;

    if (b == NULL)
        return NULL;
    memset(p->counts, 0, sizeof(p->counts));
    buf_init(&text, 64);
    buf_text(&text, "Phụ lục ");
    vi_roman(&text, ++p->annexes);
    b->number = page_copy(p, buf_span(&text));
    buf_release(&text);
    return b;
}

struct page_block *page_table(struct page *p, uint32_t columns)
{
    struct page_block *b = page_block(p, PAGE_TABLE);

    MUST(columns > 0 && columns <= PAGE_COLUMNS_MAX);
    if (b == NULL)
        return NULL;
    b->table = arena_alloc(&p->arena, sizeof(*b->table));
    if (b->table == NULL)
        return NULL;
    b->table->columns = arena_array(&p->arena, columns, sizeof(*b->table->columns));
    b->table->column_count = columns;
    return page_failed(p) ? NULL : b;
}

struct page_row *page_row(struct page *p, struct page_table *t)
{
    struct page_row *r = arena_alloc(&p->arena, sizeof(*r));

    if (r == NULL)
        return NULL;
    r->cells = arena_array(&p->arena, t->column_count, sizeof(*r->cells));
    if (r->cells == NULL)
        return NULL;
    if (t->last == NULL)
        t->first = r;
    else
        t->last->next = r;
    t->last = r;
    t->row_count++;
    return r;
}

struct page_check *page_check(struct page *p, struct page_block *b)
{
    struct page_check *c = arena_alloc(&p->arena, sizeof(*c));

    if (c == NULL)
        return NULL;
    if (b->last_check == NULL)
        b->checks = c;
    else
        b->last_check->next = c;
    b->last_check = c;
    return c;
}

struct page_signer *page_signer(struct page *p)
{
    struct page_signer *s = arena_alloc(&p->arena, sizeof(*s));

    if (s == NULL)
        return NULL;
    if (p->last_signer == NULL)
        p->signers = s;
    else
        p->last_signer->next = s;
    p->last_signer = s;
    return s;
}

void page_punctuate(struct page *p, struct page_list *l)
{
    for (struct page_text *t = l->first; t != NULL; t = t->next)
        page_add(p, t, t->next != NULL ? SPAN_LIT(";") : SPAN_LIT("."), 0);
}

void page_end(struct page *p)
{
    struct page_block *b = p->last;

    if (b == NULL || (b->kind != PAGE_PARAGRAPH && (b->kind != PAGE_FORM || page_empty(&b->text))))
        b = page_block(p, PAGE_PARAGRAPH);
    if (b == NULL)
        return;
    if (b->text.last != NULL && span_ends(b->text.last->text, SPAN_LIT(".")))
        page_add(p, &b->text, SPAN_LIT("/."), 0); /* a sentence that ends by itself */
    else
        page_add(p, &b->text, SPAN_LIT("./."), 0);
}
