/*
 * write_xlsx_frame.c - all parts of an XLSX but its sheets: content types, relations, workbook,
 * styles. As little as Excel, LibreOffice and Google open without a word.
 */
#include "sheet/write_own.h"

#include "sheet/xlsx_style.h"

#define OFFICE  "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE "http://schemas.openxmlformats.org/package/2006/"
#define MEDIA   "application/vnd.openxmlformats-officedocument.spreadsheetml."

static int part(struct book_writer *w, const char *name, struct err *e)
{
    int rc = xlsx_part(w, name, e);

    if (rc == ERR_OK && buf_failed(&w->xml))
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory to write the book.");
    return rc == ERR_OK ? xlsx_add(w, buf_span(&w->xml), e) : rc;
}

static int types(struct book_writer *w, struct err *e)
{
    struct buf *x = &w->xml;

    buf_clear(x);
    buf_text(x, XLSX_XML
             "<Types xmlns=\"" PACKAGE "content-types\"><Default Extension=\"rels\" "
             "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
             "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
             "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" MEDIA "sheet.main+xml\"/>"
             "<Override PartName=\"/xl/styles.xml\" ContentType=\"" MEDIA "styles+xml\"/>");
    for (uint32_t i = 1; i <= w->sheet_count; i++)
        buf_fmt(x,
                "<Override PartName=\"/xl/worksheets/sheet%u.xml\" ContentType=\"" MEDIA
                "worksheet+xml\"/>",
                i);
    if (xlsx_list_count(w) > 0)
        buf_text(x, "<Override PartName=\"/xl/worksheets/lists.xml\" ContentType=\"" MEDIA
                    "worksheet+xml\"/>");
    buf_text(x, "</Types>");
    return part(w, "[Content_Types].xml", e);
}

int xlsx_write_frame_first(struct book_writer *w, struct err *e)
{
    int rc = types(w, e);

    buf_clear(&w->xml);
    buf_text(&w->xml, XLSX_XML "<Relationships xmlns=\"" PACKAGE "relationships\">"
                               "<Relationship Id=\"rId1\" Type=\"" OFFICE "/officeDocument\" "
                               "Target=\"xl/workbook.xml\"/></Relationships>");
    return rc == ERR_OK ? part(w, "_rels/.rels", e) : rc;
}

/* 'It''s' */
static void quoted_name(struct buf *x, struct span name)
{
    buf_byte(x, '\'');
    for (;;) {
        size_t n = span_find(name, '\'');

        xlsx_put_text(x, (struct span){ name.p, n });
        if (n == name.n)
            break;
        buf_text(x, "''");
        name = span_from(name, n + 1);
    }
    buf_byte(x, '\'');
}

static void sheets(struct book_writer *w, struct buf *x)
{
    buf_text(x, "<sheets>");
    for (uint32_t i = 0; i < w->sheet_count; i++) {
        buf_text(x, "<sheet name=\"");
        xlsx_put_text(x, w->sheets[i].name);
        buf_fmt(x, "\" sheetId=\"%u\" r:id=\"rId%u\"/>", i + 1, i + 1);
    }
    if (xlsx_list_count(w) > 0)
        buf_fmt(x,
                "<sheet name=\"" XLSX_LISTS "\" sheetId=\"%u\" state=\"hidden\" r:id=\"rId%u\"/>",
                w->sheet_count + 1, w->sheet_count + 1);
    buf_text(x, "</sheets>");
}

/* Excel names the range of each filter. */
static void filters(struct book_writer *w, struct buf *x)
{
    buf_text(x, "<definedNames>");
    for (uint32_t i = 0; i < w->sheet_count; i++) {
        buf_fmt(x, "<definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"%u\" hidden=\"1\">",
                i);
        quoted_name(x, w->sheets[i].name);
        buf_byte(x, '!');
        xlsx_put_range(x, w->sheets[i].column_count, w->rows[i], true);
        buf_text(x, "</definedName>");
    }
    buf_text(x, "</definedNames>");
}

static int workbook(struct book_writer *w, struct err *e)
{
    struct buf *x = &w->xml;

    buf_clear(x);
    buf_text(x, XLSX_XML "<workbook xmlns=\"" XLSX_MAIN "\" xmlns:r=\"" OFFICE "\"><bookViews>"
                         "<workbookView activeTab=\"0\"/></bookViews>");
    sheets(w, x);
    filters(w, x);
    buf_text(x, "</workbook>");
    return part(w, "xl/workbook.xml", e);
}

static int relations(struct book_writer *w, struct err *e)
{
    struct buf *x = &w->xml;
    uint32_t i;

    buf_clear(x);
    buf_text(x, XLSX_XML "<Relationships xmlns=\"" PACKAGE "relationships\">");
    for (i = 1; i <= w->sheet_count; i++)
        buf_fmt(x,
                "<Relationship Id=\"rId%u\" Type=\"" OFFICE "/worksheet\" "
                "Target=\"worksheets/sheet%u.xml\"/>",
                i, i);
    if (xlsx_list_count(w) > 0)
        buf_fmt(x,
                "<Relationship Id=\"rId%u\" Type=\"" OFFICE "/worksheet\" "
                "Target=\"worksheets/lists.xml\"/>",
                i++);
    buf_fmt(x,
            "<Relationship Id=\"rId%u\" Type=\"" OFFICE "/styles\" "
            "Target=\"styles.xml\"/></Relationships>",
            i);
    return part(w, "xl/_rels/workbook.xml.rels", e);
}

static int styles(struct book_writer *w, struct err *e)
{
    static const struct {
        int format, font, fill;
        const char *alignment;
    } rows[] = {
#define X(id, format, font, fill, alignment) [XLSX_STYLE_##id] = { format, font, fill, alignment },
        XLSX_STYLE_TABLE(X)
#undef X
    };
    struct buf *x = &w->xml;

    buf_clear(x);
    buf_text(x, XLSX_XML
             "<styleSheet xmlns=\"" XLSX_MAIN "\"><numFmts count=\"2\">"
             "<numFmt numFmtId=\"164\" formatCode=\"dd/mm/yyyy\"/>"
             "<numFmt numFmtId=\"165\" formatCode=\"dd/mm/yyyy hh:mm:ss\"/></numFmts>"
             "<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>"
             "<font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>"
             "<fills count=\"3\"><fill><patternFill patternType=\"none\"/></fill>"
             "<fill><patternFill patternType=\"gray125\"/></fill><fill><patternFill "
             "patternType=\"solid\"><fgColor rgb=\"FFDDE6F0\"/></patternFill></fill></fills>"
             "<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border>"
             "</borders><cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" "
             "borderId=\"0\"/></cellStyleXfs>");
    buf_fmt(x, "<cellXfs count=\"%d\">", XLSX_STYLE_COUNT);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_fmt(x,
                "<xf numFmtId=\"%d\" fontId=\"%d\" fillId=\"%d\" borderId=\"0\" xfId=\"0\" "
                "applyNumberFormat=\"1\" applyFont=\"1\" applyFill=\"1\" applyAlignment=\"1\">",
                rows[i].format, rows[i].font, rows[i].fill);
        buf_text(x, rows[i].alignment);
        buf_text(x, "</xf>");
    }
    buf_text(x, "</cellXfs><cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" "
                "builtinId=\"0\"/></cellStyles></styleSheet>");
    return part(w, "xl/styles.xml", e);
}

int xlsx_write_frame_last(struct book_writer *w, struct err *e)
{
    int rc = workbook(w, e);

    if (rc == ERR_OK)
        rc = relations(w, e);
    return rc == ERR_OK ? styles(w, e) : rc;
}
