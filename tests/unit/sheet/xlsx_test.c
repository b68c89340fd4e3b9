/*
 * Goal: the cells of an XLSX come out as Excel shows them, whatever program wrote it; what is
 * damaged or none is refused with the place.
 * Method: parts made by hand (make.h), one row for each thing that writers do; each book cut at
 * every byte and with bytes changed; books of other programs in data/.
 */
#include "check.h"
#include "guard.h"
#include "make.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

#define MAIN   "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define STRICT "http://purl.oclc.org/ooxml/spreadsheetml/main"
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define ODF    "http://purl.oclc.org/ooxml/officeDocument/relationships"
#define PACK   "http://schemas.openxmlformats.org/package/2006/relationships"

#define DATES                                                                                      \
    "<numFmts><numFmt numFmtId='164' formatCode='dd/mm/yyyy'/><numFmt numFmtId='165' "             \
    "formatCode='0.00 \"day\"'/></numFmts><dxfs><dxf><numFmt numFmtId='165' formatCode='d'/>"      \
    "</dxf></dxfs><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/>"     \
    "<xf numFmtId='14'/><xf numFmtId='164'/><xf numFmtId='165'/><xf numFmtId='46'/></cellXfs>"

static const struct {
    const char *name;
    struct make_xlsx in;
    const char *want;
} rows[] = {
    { "numbers",
      { .sheet = "<row r='1'><c r='A1'><v>1</v></c><c r='B1' t='n'><v>-1.5e3</v></c>"
                 "<c r='C1'><v> 84912345678 </v></c></row>" },
      "sheet S\n1|#1|#-1500|#84912345678\n" },
    { "shared texts",
      { .sheet = "<row r='1'><c r='A1' t='s'><v>1</v></c><c r='B1' t='s'><v>0</v></c>"
                 "<c r='C1' t='s'><v>2</v></c></row>",
        .shared = "<si><t xml:space='preserve'> a </t></si><si><r><t>x</t></r><r><rPr><b/></rPr>"
                  "<t>y</t></r><rPh sb='0' eb='1'><t>no</t></rPh><phoneticPr/></si><si><t/></si>" },
      "sheet S\n1|xy| a \n" },
    { "inline texts",
      { .sheet = "<row r='1'><c r='A1' t='inlineStr'><is><t>a</t></is></c>"
                 "<c r='B1' t='inlineStr'><is><r><t>b</t></r><r><t>c</t></r></is></c>"
                 "<c r='C1' t='inlineStr'><is/></c><c r='D1' t='inlineStr'><is><t>d</t></is></c>"
                 "</row>" },
      "sheet S\n1|a|bc||d\n" },
    { "a text in a number's cell is nothing",
      { .sheet = "<row r='1'><c r='A1'><is><t>a</t></is><v>1</v></c><c r='B1' t='inlineStr'>"
                 "<is><t>b</t></is></c></row>" },
      "sheet S\n1|#1|b\n" },
    { "escapes",
      { .sheet = "<row r='1'><c r='A1' t='inlineStr'><is><t>a_x000D_b_x005F_x0041__x00e9__xD83D_"
                 "_xDE00__x12_</t></is></c><c r='B1' t='str'><v>_x0041_&amp;</v></c></row>" },
      "sheet S\n1|a\rb_x0041_é😀_x12_|A&\n" },
    { "bools and errors",
      { .sheet = "<row r='1'><c r='A1' t='b'><v>1</v></c><c r='B1' t='b'><v>0</v></c>"
                 "<c r='C1' t='e'><v>#N/A</v></c></row>" },
      "sheet S\n1|?1|?0|!#N/A\n" },
    { "formulas",
      { .sheet = "<row r='1'><c r='A1'><f>1+1</f><v>2</v></c><c r='B1' t='str'><f>\"x\"</f>"
                 "<v>x</v></c><c r='C1'><f>B1</f></c><c r='D1' t='str'><f>\"\"</f><v/></c>"
                 "<c r='E1'><v>1</v></c></row>" },
      "sheet S\n1|#2|x|!(formula)||#1\n" },
    { "dates",
      { .sheet = "<row r='1'><c r='A1' s='1'><v>45658</v></c><c r='B1' s='2'><v>45658.5</v></c>"
                 "<c r='C1' s='3'><v>45658</v></c><c r='D1' s='0'><v>45658</v></c>"
                 "<c r='E1' s='4'><v>1.5</v></c><c r='F1' s='99'><v>1</v></c></row>",
        .styles = DATES },
      "sheet S\n1|@20089+0|@20089+43200|#45658|#45658|#1.5|#1\n" },
    { "a leap day that never was",
      { .sheet = "<row r='1'><c r='A1' s='1'><v>59</v></c><c r='B1' s='1'><v>60</v></c>"
                 "<c r='C1' s='1'><v>61</v></c><c r='D1' s='1'><v>0.75</v></c>"
                 "<c r='E1' s='1'><v>-1</v></c></row>",
        .styles = DATES },
      "sheet S\n1|@-25509+0|!(no such date)|@-25508+0|@-25568+64800|!(no such date)\n" },
    { "dates since 1904",
      { .sheet = "<row r='1'><c r='A1' s='1'><v>0</v></c><c r='B1' s='1'><v>60</v></c></row>",
        .styles = DATES,
        .workbook = "<workbook xmlns='" MAIN "' xmlns:r='" OFFICE "'><workbookPr date1904='true'/>"
                    "<sheets><sheet name='S' sheetId='1' r:id='r1'/></sheets></workbook>" },
      "sheet S\n1|@-24107+0|@-24047+0\n" },
    { "dates in ISO 8601",
      { .sheet = "<row r='1'><c r='A1' t='d'><v>2026-01-05T08:30:00</v></c>"
                 "<c r='B1' t='d'><v>2026-01-05</v></c></row>" },
      "sheet S\n1|@20458+30600|@20458+0\n" },
    { "sparse, and without places",
      { .sheet = "<row r='3'><c r='C3'><v>1</v></c><c><v>2</v></c></row><row><c/><c><v>3</v></c>"
                 "</row><row r='9'/><row r='10'><c r='A10' s='1'/></row><row r='1048576'>"
                 "<c r='B1048576'><v>4</v></c></row>" },
      "sheet S\n3|||#1|#2\n4||#3\n1048576||#4\n" },
    { "merged: the value is in the first",
      { .worksheet = "<worksheet xmlns='" MAIN "'><sheetData><row r='1'><c r='A1'><v>1</v></c>"
                     "<c r='B1'/></row></sheetData><mergeCells><mergeCell ref='A1:B1'/>"
                     "</mergeCells></worksheet>" },
      "sheet S\n1|#1\n" },
    { "any prefix, comments, other namespaces",
      { .worksheet =
            "<x:worksheet xmlns:x='" MAIN "' xmlns:y='urn:y'><!-- <row/> --><y:row r='1'/>"
            "<x:sheetData><x:row r='1' y:r='7'><y:c r='A1'/><x:c r='B1' y:t='b'><x:v>1</x:v>"
            "<y:v>9</y:v></x:c></x:row></x:sheetData><x:extLst><y:c r='A1'/></x:extLst>"
            "</x:worksheet>" },
      "sheet S\n1||#1\n" },
    { "strict, names without case that lead up",
      { .worksheet = "<worksheet xmlns='" STRICT "'><sheetData><row r='1'><c r='A1'><v>1</v></c>"
                     "</row></sheetData></worksheet>",
        .workbook = "<workbook xmlns='" STRICT "' xmlns:r='" ODF "'><sheets><sheet name='S' "
                    "sheetId='1' r:id='r1'/></sheets></workbook>",
        .relations = "<Relationships xmlns='" PACK "'><Relationship Id='r1' Type='" ODF
                     "/worksheet' Target='./../xl/worksheets/Sheet1.XML'/></Relationships>" },
      "sheet S\n1|#1\n" },
    { "hidden sheets, and sheets that are charts",
      { .sheet = "<row><c><v>1</v></c></row>",
        .workbook = "<workbook xmlns='" MAIN "' xmlns:r='" OFFICE "'><sheets><sheet name='A' "
                    "sheetId='1' r:id='r1' state='veryHidden'/><sheet name='Biểu đồ' r:id='r9'/>"
                    "<sheet name='B &amp; C' sheetId='2' r:id='r2'/></sheets></workbook>",
        .relations =
            "<Relationships xmlns='" PACK "'><Relationship Id='r1' Type='" OFFICE
            "/worksheet' Target='worksheets/sheet1.xml'/><Relationship Id='r2' Type='" OFFICE
            "/worksheet' Target='worksheets/sheet2.xml'/><Relationship Id='r9' "
            "Type='" OFFICE "/chartsheet' Target='c.xml'/></Relationships>" },
      "hidden A\n1|#1\nsheet B & C\n1|#1\n" },
    /* What is wrong. */
    { "no XML",
      { .sheet = "<row r='1'>\n</c></row>" },
      "error -2 Sheet S: Line 2 is no XML: mismatched tag.\n" },
    { "a document type",
      { .worksheet = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><worksheet xmlns='" MAIN
                     "'>&b;</worksheet>" },
      "error -2 Sheet S: It has a document type, which no book has.\n" },
    { "rows that go back",
      { .sheet = "<row r='2'/><row r='2'/>" },
      "error -2 Sheet S: The row behind row 2 has no number that follows.\n" },
    { "a row within a row",
      { .sheet = "<row r='2'><row r='3'/></row>" },
      "error -2 Sheet S: The row behind row 2 has no number that follows.\n" },
    { "cells that go back",
      { .sheet = "<row r='2'><c r='B2'/><c r='A2'/></row>" },
      "error -2 Sheet S: A cell of row 2 has no place that follows.\n" },
    { "a cell of another row",
      { .sheet = "<row r='2'><c r='B3'/></row>" },
      "error -2 Sheet S: A cell of row 2 has no place that follows.\n" },
    { "a cell within a cell",
      { .sheet = "<row r='2'><c r='B2'><c r='C2'/></c></row>" },
      "error -2 Sheet S: A cell of row 2 has no place that follows.\n" },
    { "no such text",
      { .sheet = "<row r='2'><c r='B2' t='s'><v>5</v></c></row>" },
      "error -2 Sheet S: Cell B2 is damaged: its text is not there.\n" },
    { "no number",
      { .sheet = "<row r='2'><c r='AB2'><v>nan</v></c></row>" },
      "error -2 Sheet S: Cell AB2 is damaged: its number is none.\n" },
    { "no type",
      { .sheet = "<row r='2'><c r='B2' t='q'/></row>" },
      "error -2 Sheet S: Cell B2 is damaged: its type is none.\n" },
    { "no bool",
      { .sheet = "<row r='2'><c r='B2' t='b'><v>2</v></c></row>" },
      "error -2 Sheet S: Cell B2 is damaged: it is neither true nor false.\n" },
    { "no date",
      { .sheet = "<row r='2'><c r='B2' t='d'><v>x</v></c></row>" },
      "error -2 Sheet S: Cell B2 is damaged: its date is none.\n" },
    { "a value beyond the columns",
      { .sheet = "<row r='2'><c r='XFD2' s='1'/></row><row r='3'><c r='SS3'><v>1</v></c></row>" },
      "error -3 Sheet S: Row 3 has more than 512 columns.\n" },
    { "no sheets",
      { .workbook = "<workbook xmlns='" MAIN "'/>" },
      "error -2 The file has no sheet with cells; it is no Excel workbook.\n" },
    { "one part twice",
      { .workbook = "<workbook xmlns='" MAIN "' xmlns:r='" OFFICE "'><sheets><sheet name='S' "
                    "r:id='r1'/><sheet name='T' r:id='r1'/></sheets></workbook>" },
      "error -2 xl/workbook.xml: Two of its sheets are the same part.\n" },
    { "a sheet that leads nowhere",
      { .workbook = "<workbook xmlns='" MAIN "' xmlns:r='" OFFICE "'><sheets><sheet name='S' "
                    "r:id='r7'/></sheets></workbook>" },
      "error -2 xl/workbook.xml: A sheet leads nowhere.\n" },
    { "no workbook",
      { .package = "<Relationships xmlns='" PACK "'/>" },
      "error -2 The book is damaged: it has no workbook.\n" },
};

static struct guard guard;
static struct buf zip, got;

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        make_xlsx(&zip, &rows[i].in);
        make_text(&got, guard_put(&guard, buf_span(&zip)));
        check_span(rows[i].name, buf_span(&got), rows[i].want);
        make_xlsx_pack(&zip, &rows[i].in);
        make_seed("sheet_xlsx", i, buf_span(&zip));
    }
}

static void test_no_prefix_of_a_book_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i += 7) {
        make_xlsx(&zip, &rows[i].in);
        for (size_t n = 0; n < zip.n; n++) {
            make_text(&got, guard_put(&guard, (struct span){ zip.p, n }));
            if (!span_starts(buf_span(&got), SPAN_LIT("error ")) && n >= 4)
                fail_msg("row '%s', cut at %zu", rows[i].name, n);
        }
    }
}

/* The parts of a sheet cut at every byte, the zip whole: a sentence or rows, and no harm. */
static void test_a_prefix_of_a_sheet_is_refused(void **state)
{
    struct make_xlsx in = rows[1].in;
    char text[1024];

    (void)state;
    for (size_t n = 0; n < strlen(in.sheet); n++) {
        (void)snprintf(text, sizeof(text), "<worksheet xmlns='" MAIN "'><sheetData>%.*s", (int)n,
                       in.sheet);
        in.worksheet = text;
        make_xlsx(&zip, &in);
        make_text(&got, buf_span(&zip));
        assert_true(span_starts(buf_span(&got), SPAN_LIT("error -2 Sheet S: Line")));
    }
}

static void test_changed_bytes_do_no_harm(void **state)
{
    static const uint8_t odd[] = { '<', '>', '&', '\'', '0', '9', ' ', 0 };
    char text[2048];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct make_xlsx in = rows[i].in;
        const char **part = in.worksheet != NULL ? &in.worksheet
                            : in.shared != NULL  ? &in.shared
                                                 : &in.sheet;
        size_t length = *part == NULL ? 0 : strlen(*part);

        for (size_t n = 0; n < length; n++) {
            memcpy(text, *part, length + 1);
            text[n] = (char)odd[(n + i) % sizeof(odd)];
            if (text[n] == 0)
                continue;
            const char *kept = *part;

            *part = text;
            make_xlsx(&zip, &in);
            make_text(&got, buf_span(&zip));
            *part = kept;
        }
    }
}

/* Some sheet text, `times` so many times, between a head and a tail. */
static void repeat(const char *head, const char *many, size_t times, const char *tail)
{
    struct buf sheet;

    buf_init(&sheet, LIMIT_BOOK_BYTES);
    buf_text(&sheet, head);
    for (size_t i = 0; i < times; i++)
        buf_text(&sheet, many);
    buf_text(&sheet, tail);
    buf_byte(&sheet, '\0');
    MUST(!buf_failed(&sheet));
    make_xlsx(&zip, &(struct make_xlsx){ .sheet = (const char *)sheet.p });
    buf_release(&sheet);
    make_text(&got, buf_span(&zip));
}

static void test_limits_are_refused(void **state)
{
    (void)state;
    repeat("", "<row><c><v>1</v></c></row>", LIMIT_SHEET_ROWS, "");
    assert_true(span_starts(buf_span(&got), SPAN_LIT("sheet S\n1|#1\n")));
    repeat("", "<row><c><v>1</v></c></row>", LIMIT_SHEET_ROWS + 1, "");
    assert_true(span_ends(buf_span(&got), SPAN_LIT("The sheet has more than 262144 rows.\n")));
    repeat("<row><c t='inlineStr'><is><t>", "x", LIMIT_CELL_BYTES + 1, "</t></is></c></row>");
    assert_true(span_ends(buf_span(&got), SPAN_LIT("a cell has more than 131072 bytes.\n")));
    repeat("<row><c t='str'><v>", "x", LIMIT_CELL_BYTES + 1, "</v></c></row>");
    assert_true(span_ends(buf_span(&got), SPAN_LIT("row 1 has more than 131072 bytes.\n")));
    repeat("", "<a>", 70, "");
    assert_true(span_ends(buf_span(&got), SPAN_LIT("nested deeper than 64.\n")));
    repeat("<row r='", "x", 3000000, "'/>");
    assert_true(span_ends(buf_span(&got), SPAN_LIT("A tag is longer than 1048576 bytes.\n")));
    repeat("<row>", "<c t='inlineStr'><is><t>0123456789012345678901234567890123456789</t></is></c>",
           600, "</row>");
    assert_true(span_ends(buf_span(&got), SPAN_LIT("Row 1 has more than 512 columns.\n")));
}

/* A text that is there once and shown often. */
static void test_a_shared_text_counts_in_each_cell(void **state)
{
    struct buf shared, sheet;

    (void)state;
    buf_init(&shared, 1 << 20);
    buf_init(&sheet, 1 << 20);
    buf_text(&shared, "<si><t>");
    for (int i = 0; i < LIMIT_CELL_BYTES; i++)
        buf_byte(&shared, 'x');
    buf_text(&shared, "</t></si>");
    buf_byte(&shared, '\0');
    for (int i = 0; i <= LIMIT_SHEET_TEXT_BYTES / LIMIT_CELL_BYTES; i++)
        buf_text(&sheet, "<row><c t='s'><v>0</v></c></row>");
    buf_byte(&sheet, '\0');
    make_xlsx(&zip, &(struct make_xlsx){ .sheet = (const char *)sheet.p,
                                         .shared = (const char *)shared.p });
    buf_release(&got);
    got.max = (size_t)LIMIT_SHEET_TEXT_BYTES * 2;
    make_text(&got, buf_span(&zip));
    check_span("text", buf_span(&got),
               "error -3 Sheet S: The sheet has more than 256 MiB of text.\n");
    buf_release(&got);
    buf_release(&shared);
    buf_release(&sheet);
}

static const struct {
    const char *name;
    struct span in;
    const char *want;
} strangers[] = {
    { "old Excel",
      { (const uint8_t *)"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1W\0o\0r\0k\0b\0o\0o\0k\0", 24 },
      "error -7 The book is of the old kind (.xls); save it as \"Excel Workbook (.xlsx)\".\n" },
    { "encrypted",
      { (const uint8_t *)"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
                         "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0",
        40 },
      "error -7 The book has a password; save it without one and send that.\n" },
    { "the beginning of a zip",
      { (const uint8_t *)"PK\3\4", 4 },
      "error -2 The book is damaged: it is cut off.\n" },
};

static void test_what_is_no_book_is_told_by_name(void **state)
{
    static const struct make_part ods[] = { { "mimetype", { (const uint8_t *)"x", 1 } } };
    static const struct make_part other[] = { { "a.txt", { (const uint8_t *)"x", 1 } } };
    static const struct make_part binary[] = {
        { "[Content_Types].xml", { (const uint8_t *)"x", 1 } },
        { "_rels/.rels",
          { (const uint8_t *)"<Relationships xmlns='" PACK "'><Relationship Id='r1' Type='" OFFICE
                             "/officeDocument' Target='xl/workbook.bin'/></Relationships>",
            sizeof("<Relationships xmlns='" PACK "'><Relationship Id='r1' Type='" OFFICE
                   "/officeDocument' Target='xl/workbook.bin'/></Relationships>") -
                1 } },
        { "xl/workbook.bin", { (const uint8_t *)"x", 1 } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(strangers); i++) {
        make_text(&got, guard_put(&guard, strangers[i].in));
        check_span(strangers[i].name, buf_span(&got), strangers[i].want);
    }
    make_zip(&zip, ods, 1);
    make_text(&got, buf_span(&zip));
    check_span("ods", buf_span(&got),
               "error -7 The book is an OpenDocument; save it as \"Excel Workbook (.xlsx)\".\n");
    make_zip(&zip, other, 1);
    make_text(&got, buf_span(&zip));
    check_span("zip", buf_span(&got),
               "error -7 This is a zip archive and no table; send the book itself.\n");
    make_zip(&zip, binary, 3);
    make_text(&got, buf_span(&zip));
    check_span(
        "xlsb", buf_span(&got),
        "error -7 The book is a binary one (.xlsb); save it as \"Excel Workbook (.xlsx)\".\n");
}

static struct span file_read(const char *name, uint8_t *room, size_t bytes)
{
    char path[512];
    FILE *f;
    size_t n;

    (void)snprintf(path, sizeof(path), "%s/%s", BOOKS_FOLDER, name);
    f = fopen(path, "rb");
    assert_non_null(f);
    n = fread(room, 1, bytes, f);
    (void)fclose(f); /* only read */
    return (struct span){ room, n };
}

/* The same table, written by three programs. */
static void test_books_of_other_programs_are_read(void **state)
{
    static const char *const names[] = { "openpyxl.xlsx", "libreoffice.xlsx", "xlsxwriter.xlsx" };
    static const char want[] = "sheet Máy\n"
                               "1|Tên máy|Ngày cấp|Cấp độ|Hoạt động|Ghi chú|Giờ\n"
                               "2|Máy chủ thư|@20458+0|#3|?1|dòng 1\ndòng 2|@20458+30600\n"
                               "3|0912345678|@16+0|#-1.25|?0|<a> & \"b\"|!#DIV/0!\n"
                               "5| đậm nhạt||#1234567.5||=1+1|#42\n"
                               "hidden Ẩn\n"
                               "1|không ai thấy\n";
    uint8_t *room = malloc(1 << 17);

    (void)state;
    assert_non_null(room);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        make_seed("sheet_zip", 1 + i, file_read(names[i], room, 1 << 17));
        make_text(&got, file_read(names[i], room, 1 << 17));
        check_span(names[i], buf_span(&got), want);
    }
    free(room);
}

static int setup(void **state)
{
    (void)state;
    guard_init(&guard, 1 << 16);
    buf_init(&zip, 64 << 20);
    buf_init(&got, 64 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    guard_release(&guard);
    buf_release(&zip);
    buf_release(&got);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_no_prefix_of_a_book_is_read),
        cmocka_unit_test(test_a_prefix_of_a_sheet_is_refused),
        cmocka_unit_test(test_changed_bytes_do_no_harm),
        cmocka_unit_test(test_limits_are_refused),
        cmocka_unit_test(test_a_shared_text_counts_in_each_cell),
        cmocka_unit_test(test_what_is_no_book_is_told_by_name),
        cmocka_unit_test(test_books_of_other_programs_are_read),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
