/*
 * xlsx_style.h - the cell styles of the books that we write: a row of XLSX_STYLE_TABLE is a place
 * in cellXfs. Not for others than write_xlsx*.c.
 */
#ifndef XLSX_STYLE_H
#define XLSX_STYLE_H

#define XLSX_XML   "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define XLSX_MAIN  "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define XLSX_LISTS "_lists"

/* name, number format (164 and 165 are in styles.xml), font, fill, alignment */
#define XLSX_STYLE_TABLE(X)                                                                        \
    X(PLAIN, 0, 0, 0, "")                                                                          \
    X(HEADER, 49, 1, 2, "<alignment vertical=\"center\" wrapText=\"1\"/>")                         \
    X(TEXT, 49, 0, 0, "")                                                                          \
    X(DATE, 164, 0, 0, "")                                                                         \
    X(TIME, 165, 0, 0, "")                                                                         \
    X(WRAP, 49, 0, 0, "<alignment vertical=\"top\" wrapText=\"1\"/>")

enum xlsx_style {
#define X(id, format, font, fill, alignment) XLSX_STYLE_##id,
    XLSX_STYLE_TABLE(X)
#undef X
        XLSX_STYLE_COUNT
};

#endif
