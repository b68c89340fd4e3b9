/*
 * docx_parts.c - styles, page header, footnotes, properties, and the container.
 *
 * Styles are real: headings are headings to Word's navigation, every text has Times New Roman by
 * its style. Order of elements is the schema's (ECMA-376 part 1, 17.3, 17.6, 17.7): Word refuses
 * files that have another.
 */
#include <math.h>
#include <stdio.h>

#include "report/docx.h"
#include "report/zip.h"

#define FONT "Times New Roman"

static int twips_mm(double mm)
{
    return (int)lround(mm * 1440 / 25.4);
}

void docx_section(struct buf *to, const struct page_layout *set, const struct docx_section *s)
{
    int w = twips_mm(s->landscape ? 297 : 210), h = twips_mm(s->landscape ? 210 : 297);

    buf_text(to, "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId2\"/>"
                 "<w:headerReference w:type=\"first\" r:id=\"rId3\"/>");
    buf_fmt(to, "<w:pgSz w:w=\"%d\" w:h=\"%d\"%s/>", w, h,
            s->landscape ? " w:orient=\"landscape\"" : "");
    buf_fmt(to,
            "<w:pgMar w:top=\"%d\" w:right=\"%d\" w:bottom=\"%d\" w:left=\"%d\" w:header=\"%d\" "
            "w:footer=\"567\" w:gutter=\"0\"/>",
            twips_mm(set->top_mm), twips_mm(set->right_mm), twips_mm(set->bottom_mm),
            twips_mm(set->left_mm), twips_mm(set->page_number_mm));
    buf_text(to, s->restart ? "<w:pgNumType w:start=\"1\"/><w:titlePg/>" : "");
    buf_text(to, "</w:sectPr>");
}

/* --- Styles --------------------------------------------------------------------------------- */

static void put_style(struct buf *to, const char *id, const char *name, const char *p,
                      const char *r)
{
    buf_fmt(to,
            "<w:style w:type=\"paragraph\" w:styleId=\"%s\"><w:name "
            "w:val=\"%s\"/><w:basedOn w:val=\"Normal\"/><w:qFormat/><w:pPr>%s</w:pPr><w:rPr>%s"
            "</w:rPr></w:style>",
            id, name, p, r);
}

static void put_heading(struct buf *to, unsigned level, const char *body, const char *r)
{
    char id[16], name[16], p[384];

    (void)snprintf(id, sizeof(id), "Heading%u", level);      /* fits */
    (void)snprintf(name, sizeof(name), "heading %u", level); /* fits */
    (void)snprintf(p, sizeof(p), "<w:keepNext/>%s<w:outlineLvl w:val=\"%u\"/>", body,
                   level - 1); /* fits */
    put_style(to, id, name, p, r);
}

static void put_defaults(struct buf *to, const struct page_layout *set)
{
    buf_fmt(to,
            "<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"" FONT "\" w:eastAsia=\"" FONT
            "\" w:hAnsi=\"" FONT "\" w:cs=\"" FONT "\"/><w:color w:val=\"000000\"/>"
            "<w:sz w:val=\"%d\"/><w:szCs w:val=\"%d\"/><w:lang w:val=\"vi-VN\" "
            "w:eastAsia=\"vi-VN\" w:bidi=\"ar-SA\"/></w:rPr></w:rPrDefault><w:pPrDefault/>"
            "</w:docDefaults>"
            "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name "
            "w:val=\"Normal\"/><w:qFormat/></w:style>"
            "<w:style w:type=\"table\" w:default=\"1\" w:styleId=\"TableNormal\"><w:name "
            "w:val=\"Normal Table\"/><w:tblPr><w:tblInd w:w=\"0\" w:type=\"dxa\"/><w:tblCellMar>"
            "<w:top w:w=\"0\" w:type=\"dxa\"/><w:left w:w=\"108\" w:type=\"dxa\"/><w:bottom "
            "w:w=\"0\" w:type=\"dxa\"/><w:right w:w=\"108\" w:type=\"dxa\"/></w:tblCellMar>"
            "</w:tblPr></w:style>",
            (int)(set->body * 2), (int)(set->body * 2));
}

static void put_grid(struct buf *to)
{
    static const char *const sides[] = { "top", "left", "bottom", "right", "insideH", "insideV" };

    buf_text(to, "<w:style w:type=\"table\" w:styleId=\"Grid\"><w:name w:val=\"Table Grid\"/>"
                 "<w:basedOn w:val=\"TableNormal\"/><w:tblPr><w:tblBorders>");
    for (size_t i = 0; i < COUNT_OF(sides); i++)
        buf_fmt(to, "<w:%s w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>",
                sides[i]);
    buf_text(to, "</w:tblBorders><w:tblCellMar><w:top w:w=\"40\" w:type=\"dxa\"/><w:left "
                 "w:w=\"60\" w:type=\"dxa\"/><w:bottom w:w=\"40\" w:type=\"dxa\"/><w:right "
                 "w:w=\"60\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr></w:style>");
}

static void put_styles(struct buf *to, const struct page_layout *set)
{
    char body[256], form[256], small[64], list[64], title[64];

    (void)snprintf(body, sizeof(body), /* all fit */
                   "<w:spacing w:before=\"%d\" w:line=\"%d\" w:lineRule=\"auto\"/><w:ind "
                   "w:firstLine=\"%d\"/><w:jc w:val=\"both\"/>",
                   (int)(set->gap * 20), (int)lround(set->line * 240), twips_mm(set->indent_mm));
    (void)snprintf(form, sizeof(form),
                   "<w:spacing w:before=\"%d\" w:line=\"%d\" w:lineRule=\"auto\"/><w:ind "
                   "w:firstLine=\"%d\"/>",
                   (int)(set->gap * 10), (int)lround(set->line * 240), twips_mm(set->indent_mm));
    (void)snprintf(small, sizeof(small), "<w:sz w:val=\"%d\"/>", (int)(set->small * 2));
    (void)snprintf(list, sizeof(list), "<w:sz w:val=\"%d\"/>", (int)(set->list * 2));
    (void)snprintf(title, sizeof(title), "<w:b/><w:sz w:val=\"%d\"/>", (int)(set->motto * 2));
    buf_text(to, DOCX_XML "<w:styles " DOCX_SPACES ">");
    put_defaults(to, set);
    put_style(to, "Plain", "Plain", "", "");
    put_style(to, "BodyText", "Body Text", body, "");
    put_style(to, "Form", "Form", form, "");
    put_style(to, "Cell", "Cell", "", small);
    put_style(to, "Title", "Title",
              "<w:keepNext/><w:spacing w:before=\"360\"/><w:jc w:val=\"center\"/>", title);
    put_heading(to, 1, body, "<w:b/>");
    put_heading(to, 2, body, "<w:b/>");
    put_heading(to, 3, body, "");
    put_style(to, "Header", "header", "<w:jc w:val=\"center\"/>", "");
    put_style(to, "FootnoteText", "footnote text", "<w:jc w:val=\"both\"/>", list);
    buf_text(to, "<w:style w:type=\"character\" w:styleId=\"FootnoteReference\"><w:name "
                 "w:val=\"footnote reference\"/><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr>"
                 "</w:style>");
    put_grid(to);
    buf_text(to, "</w:styles>");
}

/* --- Small parts ---------------------------------------------------------------------------- */

static const char types[] = DOCX_XML
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default "
    "Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
#define PART(name, type)                                                                           \
    "<Override PartName=\"/" name "\" ContentType=\"application/vnd.openxmlformats-" type "+xml\"/>"
    PART("word/document.xml", "officedocument.wordprocessingml.document.main")
        PART("word/styles.xml", "officedocument.wordprocessingml.styles")
            PART("word/settings.xml", "officedocument.wordprocessingml.settings")
                PART("word/header.xml", "officedocument.wordprocessingml.header")
                    PART("word/first.xml", "officedocument.wordprocessingml.header")
                        PART("word/footnotes.xml", "officedocument.wordprocessingml.footnotes")
                            PART("docProps/core.xml", "package.core-properties")
#undef PART
                                "</Types>";

#define RELATIONS                                                                                  \
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
#define RELATION(id, type, target)                                                                 \
    "<Relationship Id=\"" id "\" Type=\"http://schemas.openxmlformats.org/" type                   \
    "\" Target=\"" target "\"/>"
#define OF_DOCUMENT "officeDocument/2006/relationships/"

static const char relations[] =
    DOCX_XML RELATIONS RELATION("rId1", OF_DOCUMENT "officeDocument", "word/document.xml")
        RELATION("rId2", "package/2006/relationships/metadata/core-properties",
                 "docProps/core.xml") "</Relationships>";

static const char document_relations[] =
    DOCX_XML RELATIONS RELATION("rId1", OF_DOCUMENT "styles", "styles.xml")
        RELATION("rId2", OF_DOCUMENT "header", "header.xml")
            RELATION("rId3", OF_DOCUMENT "header", "first.xml")
                RELATION("rId4", OF_DOCUMENT "footnotes", "footnotes.xml")
                    RELATION("rId5", OF_DOCUMENT "settings", "settings.xml") "</Relationships>";

static const char header[] = DOCX_XML
    "<w:hdr " DOCX_SPACES "><w:p><w:pPr><w:pStyle w:val=\"Header\"/></w:pPr><w:r><w:fldChar "
    "w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> PAGE </w:instrText>"
    "</w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>2</w:t></w:r><w:r>"
    "<w:fldChar w:fldCharType=\"end\"/></w:r></w:p></w:hdr>";

static const char first_header[] = DOCX_XML
    "<w:hdr " DOCX_SPACES "><w:p><w:pPr><w:pStyle w:val=\"Header\"/></w:pPr></w:p></w:hdr>";

static const char settings[] = DOCX_XML
    "<w:settings " DOCX_SPACES "><w:footnotePr><w:footnote w:id=\"-1\"/><w:footnote w:id=\"0\"/>"
    "</w:footnotePr><w:compat><w:compatSetting w:name=\"compatibilityMode\" "
    "w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat></w:settings>";

static void put_notes(struct buf *to, struct span notes)
{
    buf_text(to,
             DOCX_XML "<w:footnotes " DOCX_SPACES ">"
                      "<w:footnote w:type=\"separator\" w:id=\"-1\"><w:p><w:r><w:separator/>"
                      "</w:r></w:p></w:footnote><w:footnote w:type=\"continuationSeparator\" "
                      "w:id=\"0\"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>");
    buf_add(to, notes);
    buf_text(to, "</w:footnotes>");
}

static void put_properties(struct buf *to, const struct page *p)
{
    buf_text(to, DOCX_XML
             "<cp:coreProperties "
             "xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" "
             "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
             "xmlns:dcterms=\"http://purl.org/dc/terms/\" "
             "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>");
    docx_text(to, p->title);
    buf_text(to, "</dc:title><dc:creator>");
    docx_text(to, p->author);
    buf_text(to, "</dc:creator><dc:language>vi-VN</dc:language>");
    if (p->created.n > 0) {
        buf_text(to, "<dcterms:created xsi:type=\"dcterms:W3CDTF\">");
        docx_text(to, p->created);
        buf_text(to, "</dcterms:created>");
    }
    buf_text(to, "</cp:coreProperties>");
}

#define LIT(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })

int docx_write(const struct page *p, struct span body, struct span notes, struct buf *out,
               struct err *e)
{
    struct buf styles, foot, properties;
    int rc;

    buf_init(&styles, 65536);
    buf_init(&foot, PAGE_BYTES_MAX);
    buf_init(&properties, 1024 * 1024);
    put_styles(&styles, p->layout);
    put_notes(&foot, notes);
    put_properties(&properties, p);
    if (buf_failed(&styles) || buf_failed(&foot) || buf_failed(&properties)) {
        rc = err_set(e, ERR_LIMIT, 0, "The document is too large.");
    } else {
        const struct zip_file files[] = {
            { "[Content_Types].xml", LIT(types) },
            { "_rels/.rels", LIT(relations) },
            { "word/document.xml", body },
            { "word/_rels/document.xml.rels", LIT(document_relations) },
            { "word/styles.xml", buf_span(&styles) },
            { "word/settings.xml", LIT(settings) },
            { "word/header.xml", LIT(header) },
            { "word/first.xml", LIT(first_header) },
            { "word/footnotes.xml", buf_span(&foot) },
            { "docProps/core.xml", buf_span(&properties) },
        };

        rc = zip_write(files, COUNT_OF(files), out, e);
    }
    buf_release(&styles);
    buf_release(&foot);
    buf_release(&properties);
    return rc;
}
