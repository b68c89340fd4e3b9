/*
 * make.c - see make.h.
 */
#include "make.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/limits.h"
#include "base/utf.h"

#define MAIN    "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE  "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE "http://schemas.openxmlformats.org/package/2006/relationships"

/* --- Zip ------------------------------------------------------------------------------------- */

static void put16(struct buf *out, uint32_t v)
{
    buf_byte(out, (uint8_t)v);
    buf_byte(out, (uint8_t)(v >> 8));
}

static void put32(struct buf *out, uint32_t v)
{
    put16(out, v & 0xFFFF);
    put16(out, v >> 16);
}

/* What local header and directory entry have in common, from "version needed" on. */
static void put_common(struct buf *out, const struct make_part *p)
{
    uint32_t crc = (uint32_t)crc32(0, p->bytes.p, (uInt)p->bytes.n);

    put16(out, 20);
    put16(out, 0);
    put16(out, 0); /* stored */
    put32(out, 0x00210000);
    put32(out, crc);
    put32(out, (uint32_t)p->bytes.n);
    put32(out, (uint32_t)p->bytes.n);
    put16(out, (uint32_t)strlen(p->name));
    put16(out, 0);
}

void make_zip(struct buf *out, const struct make_part *parts, size_t count)
{
    uint32_t at[64];
    size_t directory;

    MUST(count <= COUNT_OF(at));
    buf_clear(out);
    for (size_t i = 0; i < count; i++) {
        at[i] = (uint32_t)out->n;
        buf_add(out, SPAN_LIT("PK\3\4"));
        put_common(out, &parts[i]);
        buf_text(out, parts[i].name);
        buf_add(out, parts[i].bytes);
    }
    directory = out->n;
    for (size_t i = 0; i < count; i++) {
        buf_add(out, SPAN_LIT("PK\1\2"));
        put16(out, 20);
        put_common(out, &parts[i]);
        put16(out, 0); /* comment */
        put16(out, 0); /* volume */
        put16(out, 0);
        put32(out, 0);
        put32(out, at[i]);
        buf_text(out, parts[i].name);
    }
    put32(out, 0x06054b50);
    put32(out, 0);
    put16(out, (uint32_t)count);
    put16(out, (uint32_t)count);
    put32(out, (uint32_t)(out->n - 12 - directory));
    put32(out, (uint32_t)directory);
    put16(out, 0);
    MUST(!buf_failed(out));
}

/* --- XLSX ------------------------------------------------------------------------------------ */

static const char package_default[] =
    "<Relationships xmlns='" PACKAGE "'><Relationship Id='r1' Type='" OFFICE
    "/officeDocument' Target='xl/workbook.xml'/></Relationships>";
static const char relations_default[] =
    "<Relationships xmlns='" PACKAGE "'>"
    "<Relationship Id='r1' Type='" OFFICE "/worksheet' Target='worksheets/sheet1.xml'/>"
    "<Relationship Id='r0' Type='" OFFICE "/worksheet' Target='worksheets/sheet2.xml'/>"
    "<Relationship Id='r2' Type='" OFFICE "/styles' Target='styles.xml'/>"
    "<Relationship Id='r3' Type='" OFFICE "/sharedStrings' Target='/xl/sharedStrings.xml'/>"
    "</Relationships>";
static const char workbook_default[] = "<workbook xmlns='" MAIN "' xmlns:r='" OFFICE
                                       "'><sheets><sheet name='S' sheetId='1' r:id='r1'/>"
                                       "</sheets></workbook>";

static struct span wrapped(struct buf *b, const char *element, const char *inside)
{
    buf_fmt(b, "<%s xmlns='" MAIN "'>%s</%s>", element, inside, element);
    MUST(!buf_failed(b));
    return buf_span(b);
}

void make_xlsx(struct buf *out, const struct make_xlsx *x)
{
    struct make_part parts[8];
    struct buf sheet, shared, styles, data;
    size_t n = 0;

    buf_init(&sheet, LIMIT_BOOK_UNPACKED_BYTES);
    buf_init(&shared, LIMIT_BOOK_UNPACKED_BYTES);
    buf_init(&styles, LIMIT_BOOK_UNPACKED_BYTES);
    buf_init(&data, LIMIT_BOOK_UNPACKED_BYTES);
    buf_fmt(&data, "<sheetData>%s</sheetData>", x->sheet != NULL ? x->sheet : "");
    buf_byte(&data, '\0');
    parts[n++] = (struct make_part){ "[Content_Types].xml", SPAN_LIT("<Types/>") };
    parts[n++] = (struct make_part){ "_rels/.rels",
                                     span_of(x->package != NULL ? x->package : package_default) };
    parts[n++] =
        (struct make_part){ "xl/workbook.xml",
                            span_of(x->workbook != NULL ? x->workbook : workbook_default) };
    parts[n++] =
        (struct make_part){ "xl/_rels/workbook.xml.rels",
                            span_of(x->relations != NULL ? x->relations : relations_default) };
    parts[n++] = (struct make_part){ "xl/worksheets/sheet1.xml",
                                     x->worksheet != NULL
                                         ? span_of(x->worksheet)
                                         : wrapped(&sheet, "worksheet", (const char *)data.p) };
    parts[n] = parts[n - 1];
    parts[n++].name = "xl/worksheets/sheet2.xml";
    if (x->shared != NULL)
        parts[n++] =
            (struct make_part){ "xl/sharedStrings.xml", wrapped(&shared, "sst", x->shared) };
    if (x->styles != NULL)
        parts[n++] =
            (struct make_part){ "xl/styles.xml", wrapped(&styles, "styleSheet", x->styles) };
    make_zip(out, parts, n);
    buf_release(&sheet);
    buf_release(&shared);
    buf_release(&styles);
    buf_release(&data);
}

#define MEMBERS 7u

static void members(struct make_xlsx *x, const char **of[MEMBERS])
{
    const char **all[MEMBERS] = { &x->sheet,    &x->worksheet, &x->shared, &x->styles,
                                  &x->workbook, &x->relations, &x->package };

    memcpy(of, all, sizeof(all));
}

void make_xlsx_pack(struct buf *out, const struct make_xlsx *x)
{
    struct make_xlsx copy = *x;
    const char **of[MEMBERS];

    members(&copy, of);
    buf_clear(out);
    for (size_t i = 0; i < MEMBERS; i++) {
        buf_text(out, *of[i] != NULL ? *of[i] : "");
        buf_byte(out, 0);
    }
}

bool make_xlsx_unpack(struct make_xlsx *x, struct span in)
{
    const char **of[MEMBERS];

    *x = (struct make_xlsx){ .sheet = NULL };
    members(x, of);
    for (size_t i = 0; i < MEMBERS; i++) {
        size_t n = span_find(in, 0);

        if (n == in.n)
            return false;
        *of[i] = n > 0 ? (const char *)in.p : NULL;
        in = span_from(in, n + 1);
    }
    return true;
}

/* --- Books as text --------------------------------------------------------------------------- */

static int on_row(void *ctx, const struct sheet_row *row, struct err *e)
{
    struct buf *out = ctx;

    (void)e;
    MUST(row->count > 0 && row->cells[row->count - 1].kind != CELL_EMPTY);
    buf_fmt(out, "%u", row->number);
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *c = &row->cells[i];

        buf_byte(out, '|');
        if (c->kind == CELL_NUMBER)
            buf_byte(out, '#');
        if (c->kind == CELL_ERROR)
            buf_byte(out, '!');
        if (c->kind == CELL_DATE)
            buf_fmt(out, "@%lld+%u", (long long)c->days, c->seconds);
        if (c->kind == CELL_BOOL)
            buf_fmt(out, "?%d", c->number != 0.0);
        buf_add(out, c->text);
    }
    buf_byte(out, '\n');
    return ERR_OK;
}

void make_text(struct buf *out, struct span bytes)
{
    struct book *b;
    struct err e;
    int rc = book_open(&b, bytes, &e);

    buf_clear(out);
    for (uint32_t i = 0; rc == ERR_OK && i < book_sheet_count(b); i++) {
        struct sheet_info s = book_sheet(b, i);

        if (book_format(b) == BOOK_XLSX)
            buf_fmt(out, "%s %.*s\n", s.hidden ? "hidden" : "sheet", SPAN_ARG(s.name));
        rc = book_read(b, i, on_row, out, &e);
    }
    book_free(&b);
    if (rc != ERR_OK) {
        MUST(rc == (int)e.code && rc < 0 && strlen(e.why) > 0 && utf8_valid(span_of(e.why)));
        buf_clear(out);
        buf_fmt(out, "error %d %s\n", rc, e.why);
    }
    MUST(!buf_failed(out));
}

void make_seed(const char *target, size_t index, struct span s)
{
    const char *folder = getenv("CANH_SEEDS");
    char path[512];
    FILE *f;

    if (folder == NULL)
        return;
    (void)snprintf(path, sizeof(path), "%s/%s/%02zu", folder, target, index);
    f = fopen(path, "wb");
    MUST(f != NULL && fwrite(s.p, 1, s.n, f) == s.n && fclose(f) == 0);
}
