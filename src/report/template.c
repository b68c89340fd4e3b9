/*
 * template.c - a template's blocks, read along the fixed shape of docs/pages.md, into a document.
 *
 * Each block is a row of BLOCKS: its first key, the other keys that it takes, its function.
 */
#include "report/template.h"

#include "base/limits.h"
#include "base/utf.h"
#include "report/fill.h"
#include "report/words.h"

void template_gaps_init(struct template_gaps *g)
{
    *g = (struct template_gaps){ 0 };
    buf_init(&g->text, 1024 * 1024); /* what is beyond is counted */
}

void template_gaps_release(struct template_gaps *g)
{
    buf_release(&g->text);
}

void template_release(struct template *t)
{
    arena_release(&t->nodes);
    arena_release(&t->text);
}

#define TOP_KEYS                                                                                   \
    "template help title author landscape parent agency number symbol place date type subject to " \
    "bases body end recipients sign annexes message"

int template_read(struct template *t, struct span yaml, const char *file, struct err *e)
{
    struct fill f = { .t = t, .e = e };
    struct yaml_document *doc = NULL;
    const struct yaml_node *name, *help;
    int rc;

    *t = (struct template){ .file = file };
    arena_init(&t->nodes, 16 * TEMPLATE_BYTES_MAX);
    arena_init(&t->text, 4 * TEMPLATE_BYTES_MAX);
    if (yaml.n > TEMPLATE_BYTES_MAX)
        return fill_fault(&f, NULL, ERR_LIMIT, "The template is larger than %u bytes.",
                          TEMPLATE_BYTES_MAX);
    rc = yaml_read(yaml, &t->nodes, &t->text, &doc, e);
    if (rc != ERR_OK) {
        err_prefix(e, "%.60s:%zu", file, e != NULL ? e->at : 0);
        return rc;
    }
    if (doc == NULL || doc->root == NULL)
        return fill_fault(&f, NULL, ERR_SYNTAX, "The template is empty.");
    t->root = doc->root;
    rc = fill_keys(&f, t->root, TOP_KEYS);
    if (rc != ERR_OK)
        return rc;
    name = yaml_get(t->root, "template");
    help = yaml_get(t->root, "help");
    if (name == NULL || name->kind != YAML_SCALAR || help == NULL || help->kind != YAML_SCALAR)
        return fill_fault(&f, t->root, ERR_SYNTAX, "A template has `template:` and `help:`.");
    t->name = name->text;
    t->help = help->text;
    t->message = yaml_get(t->root, "message") != NULL;
    return ERR_OK;
}

/* --- Lists of lines ------------------------------------------------------------------------- */

static int add_line(struct fill *f, const struct yaml_node *n, void *arg)
{
    const struct yaml_node *text = n->kind == YAML_MAP ? yaml_get(n, "text") : n;
    struct page_text *line = page_line(f->p, arg);
    struct fill_sink to = { .text = line };

    if (line == NULL)
        return fill_fault(f, n, ERR_LIMIT, "The document is too large.");
    return fill_text(f, text, &to);
}

/* One text, or a list of texts and of maps {for, if, text}. */
static int fill_lines(struct fill *f, const struct yaml_node *n, struct page_list *to)
{
    int rc = ERR_OK;

    if (n == NULL)
        return ERR_OK;
    if (n->kind == YAML_SCALAR)
        return add_line(f, n, to);
    for (const struct yaml_node *c = n->first; rc == ERR_OK && c != NULL; c = c->next) {
        if (c->kind == YAML_MAP)
            rc = fill_keys(f, c, "for if text");
        if (rc == ERR_OK)
            rc = fill_each(f, c, add_line, to);
    }
    return rc;
}

/* --- Blocks --------------------------------------------------------------------------------- */

static int too_large(const struct fill *f, const struct yaml_node *n)
{
    return fill_fault(f, n, ERR_LIMIT, "The document is too large.");
}

static int text_of(struct fill *f, const struct yaml_node *n, const char *key, struct page_text *to)
{
    struct fill_sink sink = { .text = to };

    return fill_text(f, yaml_get(n, key), &sink);
}

static int put_heading(struct fill *f, const struct yaml_node *n)
{
    const struct yaml_node *level = yaml_get(n, "level");
    double v = 1;
    struct page_block *b;

    if (level != NULL && (!yaml_is_number(level, &v) || (v != 1 && v != 2 && v != 3)))
        return fill_fault(f, level, ERR_SYNTAX, "A level is 1, 2 or 3.");
    b = page_heading(f->p, (unsigned)v);
    return b == NULL ? too_large(f, n) : text_of(f, n, "heading", &b->text);
}

static int align_of(const struct fill *f, const struct yaml_node *n, uint8_t *align)
{
    static const char *const names[] = { [PAGE_JUSTIFY] = "justify",
                                         [PAGE_LEFT] = "left",
                                         [PAGE_CENTER] = "center",
                                         [PAGE_RIGHT] = "right" };

    if (n == NULL)
        return ERR_OK;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (span_eq(n->text, span_of(names[i]))) {
            *align = (uint8_t)i;
            return ERR_OK;
        }
    }
    return fill_fault(f, n, ERR_SYNTAX, "Text is aligned justify, left, center or right.");
}

static int put_paragraph(struct fill *f, const struct yaml_node *n)
{
    struct page_block *b = page_block(f->p, PAGE_PARAGRAPH);
    int rc;

    if (b == NULL)
        return too_large(f, n);
    rc = align_of(f, yaml_get(n, "align"), &b->align);
    return rc != ERR_OK ? rc : text_of(f, n, "text", &b->text);
}

/* A value that is one missing field is left empty: dots to the end of the line. */
static int put_form(struct fill *f, const struct yaml_node *n)
{
    struct page_block *b = page_block(f->p, PAGE_FORM);
    const struct yaml_node *value = yaml_get(n, "value");
    uint32_t gaps = f->gaps->count;
    int rc;

    if (b == NULL)
        return too_large(f, n);
    rc = text_of(f, n, "form", &b->label);
    if (rc == ERR_OK)
        rc = text_of(f, n, "value", &b->text);
    if (value != NULL && gaps != f->gaps->count && !page_empty(&b->text) &&
        b->text.first == b->text.last && span_eq(b->text.first->text, SPAN_LIT(WORDS_BLANK)))
        b->text = (struct page_text){ 0 };
    return rc;
}

static bool chosen(json_t *v, struct span key)
{
    json_t *item;
    size_t i;

    if (json_is_array(v)) {
        json_array_foreach(v, i, item)
        {
            if (chosen(item, key))
                return true;
        }
        return false;
    }
    if (json_is_boolean(v))
        return span_eq(key, json_is_true(v) ? SPAN_LIT("true") : SPAN_LIT("false"));
    if (json_is_integer(v)) {
        char text[32];
        struct buf number = { (uint8_t *)text, 0, sizeof(text), sizeof(text), false };

        buf_fmt(&number, "%lld", (long long)json_integer_value(v));
        return span_eq(buf_span(&number), key);
    }
    return json_is_string(v) &&
           span_eq((struct span){ (const uint8_t *)json_string_value(v), json_string_length(v) },
                   key);
}

static int put_checks(struct fill *f, const struct yaml_node *n)
{
    struct page_block *b = page_block(f->p, PAGE_CHECKS);
    const struct yaml_node *value = yaml_get(n, "value"), *options = yaml_get(n, "options");
    struct span path;
    uint32_t on = 0;
    bool optional;
    json_t *v;
    int rc;

    if (b == NULL)
        return too_large(f, n);
    if (value == NULL || options == NULL || options->kind != YAML_MAP)
        return fill_fault(f, n, ERR_SYNTAX, "Boxes have `value: path` and `options:` of words.");
    optional = span_ends(value->text, SPAN_LIT("?"));
    path = (struct span){ value->text.p, value->text.n - (optional ? 1 : 0) };
    v = fill_find(f, path);
    rc = text_of(f, n, "checks", &b->label);
    for (const struct yaml_node *o = options->first; rc == ERR_OK && o != NULL; o = o->next) {
        struct page_check *c = page_check(f->p, b);
        struct fill_sink sink = { 0 };

        if (c == NULL)
            return too_large(f, n);
        sink.text = &c->text;
        c->on = chosen(v, o->key);
        on += c->on ? 1 : 0;
        rc = fill_text(f, o, &sink);
    }
    if (on == 0 && !optional) { /* nothing given, or nothing that there is a box for */
        f->gaps->count++;
        buf_fmt(&f->gaps->text, "line %u: {%.*s}\n", value->line, SPAN_ARG(path));
    }
    return rc;
}

struct table_fill {
    struct page_table *table;
    const struct yaml_node *columns;
};

static int add_row(struct fill *f, const struct yaml_node *n, void *arg)
{
    const struct table_fill *t = arg;
    struct page_row *row = page_row(f->p, t->table);
    uint32_t i = 0;
    int rc = ERR_OK;

    (void)n;
    if (row == NULL)
        return too_large(f, n);
    for (const struct yaml_node *c = t->columns->first; rc == ERR_OK && c != NULL; c = c->next)
        rc = text_of(f, c, "cell", &row->cells[i++]);
    return rc;
}

static int add_columns(struct fill *f, const struct yaml_node *columns, struct page_table *t)
{
    struct page_column *to = t->columns;
    int rc = ERR_OK;

    for (const struct yaml_node *c = columns->first; rc == ERR_OK && c != NULL; c = c->next, to++) {
        const struct yaml_node *width = yaml_get(c, "width");

        to->align = PAGE_LEFT;
        to->width = 1;
        rc = fill_keys(f, c, "title width align cell");
        if (rc == ERR_OK && width != NULL && (!yaml_is_number(width, &to->width) || to->width <= 0))
            rc = fill_fault(f, width, ERR_SYNTAX, "A width is a number above 0.");
        if (rc == ERR_OK)
            rc = align_of(f, yaml_get(c, "align"), &to->align);
        if (rc == ERR_OK)
            rc = text_of(f, c, "title", &to->title);
    }
    return rc;
}

static int add_empty(struct fill *f, const struct yaml_node *n, struct page_table *t)
{
    struct page_row *row;

    if (t->row_count > 0 || yaml_get(n, "empty") == NULL)
        return ERR_OK;
    row = page_row(f->p, t);
    if (row == NULL)
        return too_large(f, n);
    return text_of(f, n, "empty", &row->cells[t->column_count > 1 ? 1 : 0]);
}

static int put_table(struct fill *f, const struct yaml_node *n)
{
    const struct yaml_node *columns = yaml_get(n, "columns"), *list = yaml_get(n, "table");
    const struct yaml_node *turned = yaml_get(n, "landscape");
    struct table_fill t = { .columns = columns };
    struct yaml_node each = { .kind = YAML_MAP, .line = n->line };
    struct yaml_node path = *list;
    struct page_block *b;
    int rc;

    if (columns == NULL || columns->kind != YAML_LIST || columns->count == 0 ||
        columns->count > PAGE_COLUMNS_MAX)
        return fill_fault(f, n, ERR_SYNTAX, "A table has 1 to %u `columns:`.", PAGE_COLUMNS_MAX);
    b = page_table(f->p, columns->count);
    if (b == NULL)
        return too_large(f, n);
    t.table = b->table;
    if (turned != NULL && !yaml_is_bool(turned, &b->table->landscape))
        return fill_fault(f, turned, ERR_SYNTAX, "`landscape:` is true or false.");
    rc = add_columns(f, columns, b->table);
    if (rc != ERR_OK)
        return rc;
    /* The rows are the items of a list: as `for:` has them. */
    path.key = SPAN_LIT("for");
    path.next = NULL;
    each.first = &path;
    each.count = 1;
    rc = fill_each(f, &each, add_row, &t);
    return rc != ERR_OK ? rc : add_empty(f, n, b->table);
}

static int put_break(struct fill *f, const struct yaml_node *n)
{
    return page_block(f->p, PAGE_BREAK) == NULL ? too_large(f, n) : ERR_OK;
}

static int put_blocks(struct fill *f, const struct yaml_node *list);

static int put_group(struct fill *f, const struct yaml_node *n)
{
    return put_blocks(f, yaml_get(n, "do"));
}

#define BLOCKS(X)                                                                                  \
    X("heading", "heading level for if", put_heading)                                              \
    X("text", "text align for if", put_paragraph)                                                  \
    X("form", "form value for if", put_form)                                                       \
    X("checks", "checks value options for if", put_checks)                                         \
    X("table", "table columns empty landscape if", put_table)                                      \
    X("break", "break if", put_break)                                                              \
    X("do", "do for if", put_group)

struct block_row {
    const char *key, *keys;
    int (*put)(struct fill *f, const struct yaml_node *n);
};

static int put_one(struct fill *f, const struct yaml_node *n, void *arg)
{
    const struct block_row *row = arg;

    return row->put(f, n);
}

static int put_block(struct fill *f, const struct yaml_node *n)
{
    static struct block_row rows[] = {
#define X(key, keys, put) { key, keys, put },
        BLOCKS(X)
#undef X
    };

    for (size_t i = 0; n->kind == YAML_MAP && i < COUNT_OF(rows); i++) {
        if (yaml_get(n, rows[i].key) != NULL) {
            int rc = fill_keys(f, n, rows[i].keys);

            return rc != ERR_OK ? rc : fill_each(f, n, put_one, &rows[i]);
        }
    }
    return fill_fault(f, n, ERR_SYNTAX,
                      "A block is heading, text, form, checks, table, break or do.");
}

static int put_blocks(struct fill *f, const struct yaml_node *list)
{
    int rc = ERR_OK;

    if (list == NULL)
        return ERR_OK;
    if (list->kind != YAML_LIST)
        return fill_fault(f, list, ERR_SYNTAX, "Expected a list of blocks here.");
    for (const struct yaml_node *n = list->first; rc == ERR_OK && n != NULL; n = n->next)
        rc = put_block(f, n);
    return rc;
}

/* --- The document --------------------------------------------------------------------------- */

/* Number and date are given after signing: a field that is missing is room for them. */
static int fill_later(struct fill *f, const char *key, struct span *to, bool *has)
{
    const struct yaml_node *n = yaml_get(f->t->root, key);
    uint32_t gaps = f->gaps->count;
    size_t at = f->gaps->text.n;
    int rc;

    *has = n != NULL;
    rc = n != NULL ? fill_plain(f, n, to) : ERR_OK;
    if (gaps != f->gaps->count) {
        f->gaps->count = gaps;
        f->gaps->text.n = at;
        *to = SPAN_NONE;
    }
    return rc;
}

static int fill_head(struct fill *f, const struct yaml_node *root)
{
    struct page_head *h = &f->p->head;
    bool has;
    int rc = fill_lines(f, yaml_get(root, "parent"), &h->parent);

    if (rc == ERR_OK)
        rc = fill_lines(f, yaml_get(root, "agency"), &h->agency);
    if (rc == ERR_OK)
        rc = fill_later(f, "number", &h->number, &h->numbered);
    if (rc == ERR_OK)
        rc = fill_plain(f, yaml_get(root, "symbol"), &h->symbol);
    if (rc == ERR_OK)
        rc = fill_later(f, "date", &h->date, &h->dated);
    if (rc == ERR_OK)
        rc = fill_later(f, "place", &h->place, &has);
    if (rc == ERR_OK)
        rc = text_of(f, root, "type", &h->type);
    if (rc == ERR_OK)
        rc = text_of(f, root, "subject", &h->about);
    if (rc == ERR_OK)
        rc = fill_lines(f, yaml_get(root, "to"), &h->to);
    if (rc == ERR_OK)
        rc = fill_lines(f, yaml_get(root, "bases"), &f->p->bases);
    if (h->to.count > 1)
        page_punctuate(f->p, &h->to);
    page_punctuate(f->p, &f->p->bases);
    return rc;
}

static int add_signer(struct fill *f, const struct yaml_node *n, void *arg)
{
    struct page_signer *s = page_signer(f->p);
    int rc;

    (void)arg;
    if (s == NULL)
        return too_large(f, n);
    rc = fill_lines(f, yaml_get(n, "titles"), &s->titles);
    if (rc == ERR_OK)
        rc = text_of(f, n, "how", &s->how);
    return rc != ERR_OK ? rc : text_of(f, n, "name", &s->name);
}

static int fill_closing(struct fill *f, const struct yaml_node *root)
{
    const struct yaml_node *sign = yaml_get(root, "sign");
    const struct yaml_node *n = sign != NULL ? sign->first : NULL;
    int rc = fill_lines(f, yaml_get(root, "recipients"), &f->p->recipients);

    page_punctuate(f->p, &f->p->recipients);
    for (; rc == ERR_OK && n != NULL; n = n->next) {
        rc = fill_keys(f, n, "titles how name for if");
        if (rc == ERR_OK)
            rc = fill_each(f, n, add_signer, NULL);
    }
    if (rc == ERR_OK && (f->p->signers != NULL || f->p->recipients.count > 0) &&
        page_block(f->p, PAGE_CLOSING) == NULL)
        return too_large(f, root);
    return rc;
}

static int add_annex(struct fill *f, const struct yaml_node *n, void *arg)
{
    struct page_block *b = page_annex(f->p);
    int rc;

    (void)arg;
    if (b == NULL)
        return too_large(f, n);
    rc = text_of(f, n, "title", &b->text);
    if (rc == ERR_OK)
        rc = text_of(f, n, "issued", &b->issued);
    return rc != ERR_OK ? rc : put_blocks(f, yaml_get(n, "body"));
}

static int fill_annexes(struct fill *f, const struct yaml_node *list)
{
    int rc = ERR_OK;

    for (const struct yaml_node *n = list != NULL ? list->first : NULL; rc == ERR_OK && n != NULL;
         n = n->next) {
        rc = fill_keys(f, n, "title issued body for if");
        if (rc == ERR_OK)
            rc = fill_each(f, n, add_annex, NULL);
    }
    return rc;
}

int template_fill(const struct template *t, json_t *value, struct page *p,
                  struct template_gaps *gaps, struct err *e)
{
    struct fill f = { .t = t, .p = p, .gaps = gaps, .e = e, .depth = 1 };
    const struct yaml_node *turned = yaml_get(t->root, "landscape"),
                           *end = yaml_get(t->root, "end");
    bool ends = true;
    int rc;

    f.scopes[0].value = value;
    if (turned != NULL && !yaml_is_bool(turned, &p->landscape))
        return fill_fault(&f, turned, ERR_SYNTAX, "`landscape:` is true or false.");
    if (end != NULL && !yaml_is_bool(end, &ends))
        return fill_fault(&f, end, ERR_SYNTAX, "`end:` is true or false.");
    rc = fill_plain(&f, yaml_get(t->root, "title"), &p->title);
    if (rc == ERR_OK)
        rc = fill_plain(&f, yaml_get(t->root, "author"), &p->author);
    if (rc == ERR_OK)
        rc = fill_head(&f, t->root);
    if (rc == ERR_OK)
        rc = put_blocks(&f, yaml_get(t->root, "body"));
    if (rc == ERR_OK && ends)
        page_end(p);
    if (rc == ERR_OK)
        rc = fill_closing(&f, t->root);
    if (rc == ERR_OK)
        rc = fill_annexes(&f, yaml_get(t->root, "annexes"));
    if (rc == ERR_OK && page_failed(p))
        rc = too_large(&f, t->root);
    return rc;
}

/* At most TEMPLATE_MESSAGE_MAX characters, cut behind a word. */
static void cut_message(struct buf *text)
{
    size_t at = 0, count = 0, word = 0, used;

    while (at < text->n) {
        if (count == TEMPLATE_MESSAGE_MAX - 1 && word == 0)
            word = at;
        if (text->p[at] == ' ' && count < TEMPLATE_MESSAGE_MAX)
            word = at;
        (void)utf8_get(span_from(buf_span(text), at), &used);
        at += used;
        count++;
    }
    if (count <= TEMPLATE_MESSAGE_MAX)
        return;
    text->n = word;
    buf_text(text, "…");
}

int template_message(const struct template *t, json_t *value, struct buf *out,
                     struct template_gaps *gaps, struct err *e)
{
    struct fill f = { .t = t, .gaps = gaps, .e = e, .depth = 1 };
    struct fill_sink to = { .plain = out };
    int rc;

    f.scopes[0].value = value;
    if (!t->message)
        return fill_fault(&f, t->root, ERR_NOTFOUND, "This template has no `message:`.");
    rc = fill_text(&f, yaml_get(t->root, "message"), &to);
    if (rc != ERR_OK)
        return rc;
    cut_message(out);
    return buf_failed(out) ? fill_fault(&f, t->root, ERR_LIMIT, "The message is too long.")
                           : ERR_OK;
}
