/*
 * Goal: a CSV of any of the shapes that people send gives its rows, and what is none is refused
 * with the place. Method: rows of bytes and of the book as text (make.h); each also cut at every
 * byte and with every byte replaced, against an unmapped page.
 */
#include "check.h"
#include "guard.h"
#include "make.h"

#include "base/limits.h"

struct row {
    const char *name;
    struct span in;
    const char *want;
};

#define ROW(name, in, want)                                                                        \
    {                                                                                              \
        name, { (const uint8_t *)(in), sizeof(in) - 1 }, want                                      \
    }

static const struct row rows[] = {
    ROW("commas", "a,b\r\n1,2\r\n", "1|a|b\n2|1|2\n"),
    ROW("semicolons", "a;b\n1,5;2\n", "1|a|b\n2|1,5|2\n"),
    ROW("tabs", "a\tb\r1\t2", "1|a|b\n2|1|2\n"),
    ROW("one column", "a\n1\n", "1|a\n2|1\n"),
    ROW("separator within quotes does not count", "\"a,b,c\";d\n1;2\n", "1|a,b,c|d\n2|1|2\n"),
    ROW("said separator", "sep=;\r\na,b;c\r\n", "1|a,b|c\n"),
    ROW("said separator, odd", "SEP=|\na|c\n", "1|a|c\n"),
    ROW("mark",
        "\xef\xbb\xbf"
        "Tên,b\n",
        "1|Tên|b\n"),
    ROW("UTF-16 little",
        "\xff\xfe"
        "a\0,\0\xca\0\n\0",
        "1|a|Ê\n"),
    ROW("UTF-16 big",
        "\xfe\xff"
        "\0a\0,\0\xca\0\n",
        "1|a|Ê\n"),
    ROW("quotes", "\"a \"\"b\"\"\",\"c,d\"\n", "1|a \"b\"|c,d\n"),
    ROW("line breaks in a cell", "\"a\r\nb\",\"c\nd\"\r\ne,f\r\n", "1|a\nb|c\nd\n2|e|f\n"),
    ROW("behind the closing quote", "\"a\"b,c\n", "1|ab|c\n"),
    ROW("a quote within", "a\"b,c\n", "1|a\"b|c\n"),
    ROW("blank lines are counted", "a,b\n\n,\n1,2\n", "1|a|b\n4|1|2\n"),
    ROW("empty cells", ",,a,,\n", "1|||a\n"),
    ROW("neutralised", "'=1,'+84,'-,'@x,''=y,'a,'\n", "1|=1|+84|-|@x|'=y|'a|'\n"),
    ROW("neutralised, quoted", "\"'\tx\",\"'\ry\"\n", "1|\tx|\ry\n"),
    ROW("no last line end", "a,b\n1,2", "1|a|b\n2|1|2\n"),
    ROW("empty", "", "error -2 The file is empty.\n"),
    ROW("only a mark", "\xef\xbb\xbf", ""),
    ROW("open quote", "a,b\n\"c,d\n",
        "error -2 The quote that begins in line 2 has no end; the file is not whole.\n"),
    ROW("Windows-1258", "a\nT\xean\n",
        "error -2 Line 2 is no UTF-8: byte 0xEA (at byte 3). It is perhaps Windows-1258 or TCVN3; "
        "save it as \"CSV UTF-8\".\n"),
    ROW("UTF-16 without a mark", "a\0,\0",
        "error -2 Line 1 has a zero byte (at byte 1): this is no CSV, or one in UTF-16 without a "
        "mark; save it as \"CSV UTF-8\".\n"),
    ROW("UTF-16, odd",
        "\xff\xfe"
        "a\0,",
        "error -2 The file ends within a character; it is not whole.\n"),
    ROW("half a character", "T\xc3",
        "error -2 Line 1 is no UTF-8: byte 0xC3 (at byte 1). It is perhaps Windows-1258 or TCVN3; "
        "save it as \"CSV UTF-8\".\n"),
    ROW("web page", "<HTML><table>",
        "error -7 This is a web page and no table; send an Excel workbook (.xlsx) or a CSV.\n"),
    ROW("PDF", "%PDF-1.7",
        "error -7 This is a PDF and no table; send an Excel workbook (.xlsx) or a CSV.\n"),
};

static struct guard guard;
static struct buf got;

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        make_text(&got, guard_put(&guard, rows[i].in));
        check_span(rows[i].name, buf_span(&got), rows[i].want);
        make_seed("sheet_csv", i, rows[i].in);
    }
}

/* Whatever is cut off or changed: no crash, a sentence with an error (make_text sees to it). */
static void test_cut_and_changed_rows_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t n = 0; n < rows[i].in.n; n++) {
            struct span s = guard_put(&guard, (struct span){ rows[i].in.p, n });

            make_text(&got, s);
        }
        for (size_t n = 0; n < rows[i].in.n; n++) {
            static const uint8_t odd[] = { 0, '"', '\'', '\r', '\n', ',', 0x80, 0xFF };

            for (size_t k = 0; k < sizeof(odd); k++) {
                struct span s = guard_put(&guard, rows[i].in);

                guard.map[guard.bytes - s.n + n] = odd[k];
                make_text(&got, s);
            }
        }
    }
}

/* Cut between two rows, what is left is the rows before. */
static void test_a_prefix_of_lines_gives_its_rows(void **state)
{
    static const char text[] = "a,b\n1,\"x\ny\"\n3,4\n";

    (void)state;
    make_text(&got, (struct span){ (const uint8_t *)text, 12 });
    check_span("two", buf_span(&got), "1|a|b\n2|1|x\ny\n");
}

static void test_limits_are_refused(void **state)
{
    struct buf in;

    (void)state;
    buf_init(&in, LIMIT_BOOK_BYTES + 16);
    for (int i = 0; i < LIMIT_CELL_BYTES; i++)
        buf_byte(&in, 'x');
    make_text(&got, buf_span(&in));
    assert_int_equal(got.n, LIMIT_CELL_BYTES + 3);
    buf_byte(&in, 'x');
    make_text(&got, buf_span(&in));
    check_span("cell", buf_span(&got), "error -3 A cell in line 1 has more than 131072 bytes.\n");

    buf_clear(&in);
    for (int i = 0; i < LIMIT_SHEET_COLUMNS + 100; i++)
        buf_byte(&in, ',');
    make_text(&got, buf_span(&in)); /* nothing stands beyond: no harm */
    check_span("no column", buf_span(&got), "");
    buf_byte(&in, 'x');
    make_text(&got, buf_span(&in));
    check_span("column", buf_span(&got), "error -3 Line 1 has more than 512 columns.\n");

    buf_clear(&in);
    for (int i = 0; i < LIMIT_SHEET_ROWS + 1; i++)
        buf_text(&in, "x\n");
    make_text(&got, buf_span(&in));
    check_span("row", buf_span(&got), "error -3 The sheet has more than 262144 rows.\n");

    buf_clear(&in);
    while (in.n <= LIMIT_BOOK_BYTES)
        buf_text(&in, "xxxxxxxxxxxxxxxx");
    make_text(&got, buf_span(&in));
    check_span("book", buf_span(&got), "error -3 The book is larger than 32 MiB.\n");
    buf_release(&in);
}

static int stop_at_once(void *ctx, const struct sheet_row *row, struct err *e)
{
    (void)row;
    (void)e;
    ++*(int *)ctx;
    return 7;
}

static void test_the_caller_can_stop(void **state)
{
    struct book *b;
    int calls = 0;

    (void)state;
    assert_int_equal(book_open(&b, SPAN_LIT("a\nb\n"), NULL), ERR_OK);
    assert_int_equal(book_format(b), BOOK_CSV);
    assert_int_equal(book_read(b, 0, stop_at_once, &calls, NULL), 7);
    assert_int_equal(calls, 1);
    book_free(&b);
}

static void test_columns_have_letters(void **state)
{
    static const struct {
        uint32_t column;
        const char *want;
    } letters[] = { { 0, "A" },   { 25, "Z" },   { 26, "AA" },   { 51, "AZ" },
                    { 52, "BA" }, { 701, "ZZ" }, { 702, "AAA" }, { 16383, "XFD" } };
    char text[COLUMN_LETTERS_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(letters); i++) {
        column_letters(letters[i].column, text);
        assert_string_equal(text, letters[i].want);
    }
}

static int setup(void **state)
{
    (void)state;
    guard_init(&guard, 1 << 16);
    buf_init(&got, 64 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    guard_release(&guard);
    buf_release(&got);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_cut_and_changed_rows_do_no_harm),
        cmocka_unit_test(test_a_prefix_of_lines_gives_its_rows),
        cmocka_unit_test(test_limits_are_refused),
        cmocka_unit_test(test_the_caller_can_stop),
        cmocka_unit_test(test_columns_have_letters),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
