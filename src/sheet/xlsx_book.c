/*
 * xlsx_book.c - an XLSX's frame: which parts are sheets, the shared texts, the formats.
 *
 *     _rels/.rels                  .../officeDocument -> xl/workbook.xml
 *     xl/_rels/workbook.xml.rels   id -> type and part
 *     xl/workbook.xml              the sheets in order, by id; the date system
 *     xl/styles.xml                number formats, styles
 *     xl/sharedStrings.xml         texts
 *
 * Names of parts are found through the relations, never assumed.
 */
#include "sheet/book_own.h"

#include "base/num.h"
#include "sheet/xlsx_text.h"
#include "sheet/xml_part.h"

struct relation {
    struct span id, type, target; /* type: behind its last '/' */
};

struct relations {
    struct arena *mem;
    struct relation *list;
    uint32_t count;
};

/* A part that a book may lack. */
static int read_part(struct book *b, uint32_t part, const struct xml_hooks *h, void *ctx,
                     struct err *e)
{
    int rc = part == ZIP_NO_PART ? ERR_OK : xml_part_read(b->parts, part, h, ctx, e);

    if (rc != ERR_OK) {
        struct span name = zip_part_name(b->parts, part);

        err_prefix(e, "%.*s", (int)(name.n < 60 ? name.n : 60), (const char *)name.p);
    }
    return rc;
}

/* --- Relations (ECMA-376 part 2, 9.3) -------------------------------------------------------- */

static struct span behind_slash(struct span s)
{
    size_t i = s.n;

    while (i > 0 && s.p[i - 1] != '/')
        i--;
    return span_from(s, i);
}

static int relation_begin(void *ctx, const struct xml_tag *t, struct err *e)
{
    struct relations *all = ctx;
    struct relation *r;

    if (t->space != XML_RELATIONS || !span_eq(t->name, SPAN_LIT("Relationship")) ||
        span_eq(xml_attribute(t, XML_NONE, "TargetMode"), SPAN_LIT("External")))
        return ERR_OK;
    if (all->count == LIMIT_BOOK_PARTS)
        return err_set(e, ERR_LIMIT, 0, "It has more than %d relations.", LIMIT_BOOK_PARTS);
    r = &all->list[all->count++];
    r->id = arena_span(all->mem, xml_attribute(t, XML_NONE, "Id"));
    r->type = arena_span(all->mem, behind_slash(xml_attribute(t, XML_NONE, "Type")));
    r->target = arena_span(all->mem, xml_attribute(t, XML_NONE, "Target"));
    return arena_failed(all->mem) ? book_no_memory(e) : ERR_OK;
}

static int nothing(void *ctx, const struct xml_tag *t, struct err *e)
{
    (void)ctx;
    (void)t;
    (void)e;
    return ERR_OK;
}

static int relations_read(struct book *b, struct span part, struct relations *out, struct err *e)
{
    static const struct xml_hooks hooks = { relation_begin, NULL, nothing };
    uint32_t at = zip_part_find(b->parts, part);

    *out = (struct relations){ .mem = &b->mem };
    out->list = arena_array(&b->mem, LIMIT_BOOK_PARTS, sizeof(*out->list));
    if (out->list == NULL)
        return book_no_memory(e);
    if (at == ZIP_NO_PART)
        return err_set(e, ERR_SYNTAX, 0, "The book is damaged: its part %.*s is missing.",
                       (int)(part.n < 60 ? part.n : 60), (const char *)part.p);
    return read_part(b, at, &hooks, out, e);
}

static const struct relation *relation_of_type(const struct relations *all, const char *type)
{
    for (uint32_t i = 0; i < all->count; i++) {
        if (span_eq(all->list[i].type, span_of(type)))
            return &all->list[i];
    }
    return NULL;
}

/* "xl/worksheets/" -> "xl/" -> "". */
static struct span parent(struct span folder)
{
    if (folder.n > 0)
        folder.n--;
    folder.n -= behind_slash(folder).n;
    return folder;
}

static struct span joined(struct book *b, struct span one, struct span other)
{
    uint8_t *p = arena_bytes(&b->mem, one.n + other.n + 1);

    if (p == NULL)
        return SPAN_NONE;
    if (one.n > 0)
        memcpy(p, one.p, one.n);
    if (other.n > 0)
        memcpy(p + one.n, other.p, other.n);
    return (struct span){ p, one.n + other.n };
}

/* The part that a relation of a part in `folder` ("xl/") leads to; ZIP_NO_PART when there is none,
 * or no memory, which b->mem tells. */
static uint32_t target(struct book *b, struct span folder, const struct relation *r)
{
    struct span t = r->target;

    if (t.n > 0 && t.p[0] == '/')
        folder = SPAN_NONE;
    while (span_starts(t, SPAN_LIT("../")) || span_starts(t, SPAN_LIT("./"))) {
        bool up = t.p[1] == '.';

        t = span_from(t, up ? 3 : 2);
        folder = up ? parent(folder) : folder;
    }
    return zip_part_find(b->parts, joined(b, folder, t));
}

/* --- workbook.xml ---------------------------------------------------------------------------- */

struct workbook {
    struct book *b;
    const struct relations *relations;
    struct span folder;
};

/* Else a small book could have one large sheet many times. */
static bool is_known_part(const struct book *b, uint32_t part)
{
    for (uint32_t i = 0; i < b->sheet_count; i++) {
        if (b->sheets[i].part == part)
            return true;
    }
    return false;
}

static int add_sheet(struct workbook *w, const struct xml_tag *t, struct err *e)
{
    struct span id = xml_attribute(t, XML_RELATION, "id");
    struct span state = xml_attribute(t, XML_NONE, "state");
    struct book *b = w->b;

    for (uint32_t i = 0; i < w->relations->count; i++) {
        const struct relation *r = &w->relations->list[i];
        struct sheet *s = &b->sheets[b->sheet_count];

        if (!span_eq(r->id, id))
            continue;
        if (!span_eq(r->type, SPAN_LIT("worksheet"))) /* a sheet that is a chart, or of macros */
            return ERR_OK;
        if (b->sheet_count == LIMIT_BOOK_SHEETS)
            return err_set(e, ERR_LIMIT, 0, "It has more than %d sheets.", LIMIT_BOOK_SHEETS);
        s->part = target(b, w->folder, r);
        s->info.name = arena_span(&b->mem, xml_attribute(t, XML_NONE, "name"));
        s->info.hidden =
            span_eq(state, SPAN_LIT("hidden")) || span_eq(state, SPAN_LIT("veryHidden"));
        if (arena_failed(&b->mem))
            return book_no_memory(e);
        if (s->part == ZIP_NO_PART)
            return err_set(e, ERR_SYNTAX, 0, "The part of the sheet %.*s is missing.",
                           (int)(s->info.name.n < 60 ? s->info.name.n : 60),
                           (const char *)s->info.name.p);
        if (is_known_part(b, s->part))
            return err_set(e, ERR_SYNTAX, 0, "Two of its sheets are the same part.");
        b->sheet_count++;
        return ERR_OK;
    }
    return err_set(e, ERR_SYNTAX, 0, "A sheet leads nowhere.");
}

static int workbook_begin(void *ctx, const struct xml_tag *t, struct err *e)
{
    struct workbook *w = ctx;

    if (xml_is(t, "workbookPr"))
        w->b->formats.since_1904 = xml_yes(t, "date1904");
    return xml_is(t, "sheet") ? add_sheet(w, t, e) : ERR_OK;
}

/* --- styles.xml (18.8) ----------------------------------------------------------------------- */

struct styles {
    struct xlsx_formats *formats;
    bool in_formats, in_styles; /* numFmts, cellXfs: others have the same elements */
};

static int styles_begin(void *ctx, const struct xml_tag *t, struct err *e)
{
    struct styles *s = ctx;
    uint64_t id = 0;

    (void)e;
    if (xml_is(t, "numFmts"))
        s->in_formats = true;
    else if (xml_is(t, "cellXfs"))
        s->in_styles = true;
    else if (s->in_formats && xml_is(t, "numFmt")) {
        if (num_u64(xml_attribute(t, XML_NONE, "numFmtId"), UINT32_MAX, &id))
            xlsx_format_add(s->formats, (uint32_t)id, xml_attribute(t, XML_NONE, "formatCode"));
    } else if (s->in_styles && xml_is(t, "xf")) {
        (void)num_u64(xml_attribute(t, XML_NONE, "numFmtId"), UINT32_MAX, &id); /* none: 0 */
        xlsx_style_add(s->formats, (uint32_t)id);
    }
    return ERR_OK;
}

static int styles_end(void *ctx, const struct xml_tag *t, struct err *e)
{
    struct styles *s = ctx;

    (void)e;
    if (xml_is(t, "numFmts"))
        s->in_formats = false;
    else if (xml_is(t, "cellXfs"))
        s->in_styles = false;
    return ERR_OK;
}

/* --- sharedStrings.xml (18.4) ---------------------------------------------------------------- */

struct span shared_text(const struct shared_texts *t, uint32_t index)
{
    uint32_t from = 0, to;

    MUST(index < shared_count(t));
    if (index > 0)
        memcpy(&from, t->ends.p + (size_t)(index - 1) * sizeof(from), sizeof(from));
    memcpy(&to, t->ends.p + (size_t)index * sizeof(to), sizeof(to));
    return (struct span){ t->bytes.p + from, to - from };
}

uint32_t shared_count(const struct shared_texts *t)
{
    return (uint32_t)(t->ends.n / sizeof(uint32_t));
}

struct sharing {
    struct shared_texts *to;
    struct xlsx_text text;
};

static int sharing_begin(void *ctx, const struct xml_tag *t, struct err *e)
{
    struct sharing *s = ctx;

    (void)e;
    if (xml_is(t, "si"))
        xlsx_text_begin(&s->text, &s->to->bytes);
    else
        xlsx_text_tag(&s->text, t);
    return ERR_OK;
}

static int sharing_text(void *ctx, struct span s, struct err *e)
{
    return xlsx_text_add(&((struct sharing *)ctx)->text, s, e);
}

static int sharing_end(void *ctx, const struct xml_tag *t, struct err *e)
{
    struct sharing *s = ctx;
    uint32_t end;

    if (!xml_is(t, "si")) {
        xlsx_text_untag(&s->text, t);
        return ERR_OK;
    }
    (void)xlsx_text_end(&s->text);
    end = (uint32_t)s->to->bytes.n;
    buf_add(&s->to->ends, (struct span){ (const uint8_t *)&end, sizeof(end) });
    if (buf_failed(&s->to->ends) || buf_failed(&s->to->bytes))
        return err_set(e, ERR_LIMIT, 0, "The book has more than %d MiB of text.",
                       LIMIT_SHARED_TEXT_BYTES >> 20);
    return ERR_OK;
}

/* --- All of it ------------------------------------------------------------------------------- */

static uint32_t part_of_type(const struct workbook *w, const char *type)
{
    const struct relation *r = relation_of_type(w->relations, type);

    return r == NULL ? ZIP_NO_PART : target(w->b, w->folder, r);
}

/* "xl/workbook.xml" -> "xl/", and its relations' part. */
static int workbook_relations(struct workbook *w, struct span part, struct relations *out,
                              struct err *e)
{
    struct span file = behind_slash(part), name;

    w->folder = (struct span){ part.p, part.n - file.n };
    name = joined(w->b, joined(w->b, w->folder, SPAN_LIT("_rels/")),
                  joined(w->b, file, SPAN_LIT(".rels")));
    return arena_failed(&w->b->mem) ? book_no_memory(e) : relations_read(w->b, name, out, e);
}

/* What else is a zip. */
static int refuse_others(const struct book *b, struct err *e)
{
    if (zip_part_find(b->parts, SPAN_LIT("mimetype")) != ZIP_NO_PART)
        return err_set(e, ERR_UNSUPPORTED, 0,
                       "The book is an OpenDocument; save it as \"Excel Workbook (.xlsx)\".");
    if (zip_part_find(b->parts, SPAN_LIT("[Content_Types].xml")) == ZIP_NO_PART)
        return err_set(e, ERR_UNSUPPORTED, 0,
                       "This is a zip archive and no table; send the book itself.");
    return ERR_OK;
}

static int find_workbook(struct book *b, uint32_t *part, struct err *e)
{
    struct relations package;
    const struct relation *r;
    int rc = relations_read(b, SPAN_LIT("_rels/.rels"), &package, e);

    if (rc != ERR_OK)
        return rc;
    r = relation_of_type(&package, "officeDocument");
    *part = r == NULL ? ZIP_NO_PART : target(b, SPAN_NONE, r);
    if (arena_failed(&b->mem))
        return book_no_memory(e);
    if (*part == ZIP_NO_PART)
        return err_set(e, ERR_SYNTAX, 0, "The book is damaged: it has no workbook.");
    if (span_ends(r->target, SPAN_LIT(".bin")))
        return err_set(e, ERR_UNSUPPORTED, 0,
                       "The book is a binary one (.xlsb); save it as \"Excel Workbook (.xlsx)\".");
    return ERR_OK;
}

static int read_frame(struct workbook *w, uint32_t part, struct err *e)
{
    static const struct xml_hooks workbook = { workbook_begin, NULL, nothing };
    static const struct xml_hooks style = { styles_begin, NULL, styles_end };
    static const struct xml_hooks share = { sharing_begin, sharing_text, sharing_end };
    struct book *b = w->b;
    struct styles styles = { .formats = &b->formats };
    struct sharing sharing = { .to = &b->shared };
    uint32_t style_part = part_of_type(w, "styles"), text_part = part_of_type(w, "sharedStrings");
    int rc = read_part(b, part, &workbook, w, e);

    if (arena_failed(&b->mem))
        rc = book_no_memory(e);
    if (rc == ERR_OK && b->sheet_count == 0)
        rc =
            err_set(e, ERR_SYNTAX, 0, "The file has no sheet with cells; it is no Excel workbook.");
    if (rc == ERR_OK)
        rc = read_part(b, style_part, &style, &styles, e);
    if (rc == ERR_OK)
        rc = read_part(b, text_part, &share, &sharing, e);
    return rc;
}

int xlsx_open(struct book *b, struct span bytes, struct err *e)
{
    struct relations relations;
    struct workbook w = { .b = b, .relations = &relations };
    uint32_t part = ZIP_NO_PART;
    int rc = zip_parts_open(&b->parts, bytes, e);

    if (rc == ERR_OK)
        rc = refuse_others(b, e);
    if (rc == ERR_OK)
        rc = xlsx_formats_init(&b->formats, &b->mem, e);
    if (rc == ERR_OK)
        rc = find_workbook(b, &part, e);
    if (rc == ERR_OK)
        rc = workbook_relations(&w, zip_part_name(b->parts, part), &relations, e);
    b->sheets = arena_array(&b->mem, LIMIT_BOOK_SHEETS + 1, sizeof(*b->sheets));
    if (rc == ERR_OK && b->sheets == NULL)
        rc = book_no_memory(e);
    if (rc == ERR_OK)
        rc = read_frame(&w, part, e);
    return rc;
}
