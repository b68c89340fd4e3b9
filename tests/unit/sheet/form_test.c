/*
 * Goal: a table is taken whole or not at all, and what is wrong is said by place, in both
 * languages; what is exported is imported unchanged. Method: CSV tables and the report as text;
 * rows by chance from a seed (CANH_SEED repeats one) through both formats and both languages; books
 * with several sheets.
 */
#include "check.h"
#include "make.h"
#include "sample_form.h"

#include <stdlib.h>

#include "base/addr.h"
#include "base/limits.h"
#include "sheet/form_read.h"
#include "sheet/form_write.h"
#include "sheet/sheet_write.h"

static struct buf out, got;

struct taken {
    struct arena mem;
    struct value *rows[64];
    uint32_t numbers[64];
    uint32_t count;
};

static int on_row(void *ctx, const struct form_row *row, struct err *e)
{
    struct taken *t = ctx;
    struct value *v = arena_array(&t->mem, COUNT_OF(sample_columns), sizeof(*v));

    (void)e;
    MUST(v != NULL && t->count < COUNT_OF(t->rows));
    memcpy(v, row->values, COUNT_OF(sample_columns) * sizeof(*v));
    for (size_t i = 0; i < COUNT_OF(sample_columns); i++)
        v[i].text = arena_span(&t->mem, v[i].text);
    t->numbers[t->count] = row->number;
    t->rows[t->count++] = v;
    return ERR_OK;
}

static void taken_init(struct taken *t)
{
    *t = (struct taken){ .count = 0 };
    arena_init(&t->mem, 4 << 20);
}

/* The report in one language as lines. */
static void report_text(const struct form_report *r, enum form_language l)
{
    buf_clear(&got);
    for (uint32_t i = 0; i < r->count; i++) {
        form_fault_put(&got, &r->list[i], l);
        buf_byte(&got, '\n');
    }
}

static const struct {
    const char *name, *in;
    int code;
    uint32_t rows;
    const char *vi, *en;
} tables[] = {
    { "all right", "Tên hệ thống,Cấp độ\nMột,1\nHai,2\n", ERR_OK, 2, "", "" },
    { "by English, in another order", "LEVEL;system\n3;Một\n", ERR_OK, 1, "", "" },
    { "by name, without marks, with a star", "ten he thong *,cap_do\nMột,1\n", ERR_OK, 1, "", "" },
    { "titles above, blank rows, blank columns",
      "DANH SÁCH HỆ THỐNG,,\nNgày 05/01/2026,,\n,,\n,Tên hệ thống,Cấp độ\n,,\n,Một,1\n, ,\n,Hai,2\n",
      ERR_OK, 2, "", "" },
    { "no rows", "name,level\n", ERR_OK, 0, "", "" },
    { "an unknown column is told", "STT,name,level\n1,Một,1\n", ERR_OK, 1,
      "dòng 1, cột A (STT): Mẫu không có cột này; các giá trị của cột không được đọc.\n",
      "row 1, column A (STT): The form has no such column; its values are not read.\n" },
    { "values without a header are told", "name,level\nMột,1,x\nHai,2,y\n,,z\n", ERR_OK, 2,
      "dòng 2, cột C: Cột này không có tiêu đề; các giá trị của cột không được đọc.\n",
      "row 2, column C: This column has no header; its values are not read.\n" },
    { "no header", "x,y\n1,2\n", ERR_SYNTAX, 0,
      "Không tìm thấy dòng tiêu đề có các cột của mẫu này.\n",
      "There is no row with the columns of this form.\n" },
    { "a column is missing", "name\nMột\n", ERR_SYNTAX, 0, "dòng 1: Thiếu cột bắt buộc “Cấp độ”.\n",
      "row 1: The required column “Level” is missing.\n" },
    { "a column twice", "name,level,Tên hệ thống\nMột,1,Hai\n", ERR_SYNTAX, 0,
      "dòng 1, cột C (Tên hệ thống): Cột này đã có ở cột A.\n",
      "row 1, column C (Tên hệ thống): This column is in column A already.\n" },
    { "one wrong cell keeps all out", "name,level,machines\nMột,1,5\nHai,7,5\nBa,2,-\n,3,1\n",
      ERR_SYNTAX, 0,
      "dòng 3, cột B (level): “7” không phải là cấp độ từ 1 đến 5.\n"
      "dòng 4, cột C (machines): “-” không phải là số nguyên từ 0 trở lên.\n"
      "dòng 5, cột A (name): Bắt buộc phải có giá trị.\n",
      "row 3, column B (level): “7” is not a level 1 to 5.\n"
      "row 4, column C (machines): “-” is not a whole number from 0 on.\n"
      "row 5, column A (name): A value is required.\n" },
    { "a value in an unknown column alone is no row", "name,level,x\nMột,1,\n,,y\n", ERR_OK, 1,
      "dòng 1, cột C (x): Mẫu không có cột này; các giá trị của cột không được đọc.\n",
      "row 1, column C (x): The form has no such column; its values are not read.\n" },
};

static void test_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        struct taken t;
        struct form_report r;
        struct err e;
        int rc;

        taken_init(&t);
        form_report_init(&r);
        rc = form_read(&sample_form, span_of(tables[i].in), on_row, &t, &r, &e);
        CHECK_ROW(tables[i].name, rc == tables[i].code);
        CHECK_ROW(tables[i].name, t.count == tables[i].rows);
        CHECK_ROW(tables[i].name, (rc == ERR_SYNTAX) == (r.fault_count > 0));
        CHECK_ROW(tables[i].name, r.more == 0 && (rc != ERR_OK || r.rows == t.count));
        report_text(&r, FORM_VI);
        check_span(tables[i].name, buf_span(&got), tables[i].vi);
        report_text(&r, FORM_EN);
        check_span(tables[i].name, buf_span(&got), tables[i].en);
        make_seed("sheet_form", i, span_of(tables[i].in));
        form_report_release(&r);
        arena_release(&t.mem);
    }
}

static void test_what_cannot_be_read_is_told(void **state)
{
    struct taken t;
    struct form_report r;
    struct err e;

    (void)state;
    taken_init(&t);
    form_report_init(&r);
    assert_int_equal(form_read(&sample_form, SPAN_LIT("PK\3\4"), on_row, &t, &r, &e), ERR_SYNTAX);
    assert_string_equal(e.why, "The book is damaged: it is cut off.");
    assert_int_equal(r.fault_count, 0);
    form_report_release(&r);
    arena_release(&t.mem);
}

static int refuse(void *ctx, const struct form_row *row, struct err *e)
{
    ++*(int *)ctx;
    return err_set(e, ERR_IO, row->number, "The disk is full.");
}

static void test_the_callers_answer_ends_the_reading(void **state)
{
    const struct make_xlsx in = {
        .sheet = "<row><c t='inlineStr'><is><t>name</t></is></c><c t='inlineStr'><is><t>level</t>"
                 "</is></c></row><row><c t='inlineStr'><is><t>a</t></is></c><c><v>1</v></c></row>"
                 "<row><c t='inlineStr'><is><t>b</t></is></c><c><v>2</v></c></row>",
    };

    (void)state;
    make_xlsx(&out, &in);
    for (int f = 0; f < BOOK_FORMAT_COUNT; f++) {
        struct span bytes = f == BOOK_CSV ? SPAN_LIT("name,level\na,1\nb,2\n") : buf_span(&out);
        struct form_report r;
        struct err e;
        int calls = 0;

        form_report_init(&r);
        assert_int_equal(form_read(&sample_form, bytes, refuse, &calls, &r, &e), ERR_IO);
        assert_int_equal(calls, 1);
        assert_string_equal(e.why, "The disk is full.");
        form_report_release(&r);
    }
}

static void test_many_faults_are_counted(void **state)
{
    struct taken t;
    struct form_report r;
    struct buf in;

    (void)state;
    taken_init(&t);
    form_report_init(&r);
    buf_init(&in, 1 << 20);
    buf_text(&in, "name,level\n");
    for (unsigned i = 0; i < FORM_FAULTS_MAX + 57; i++)
        buf_text(&in, "a,9\n");
    assert_int_equal(form_read(&sample_form, buf_span(&in), on_row, &t, &r, NULL), ERR_SYNTAX);
    assert_int_equal(r.count, FORM_FAULTS_MAX);
    assert_int_equal(r.more, 57);
    assert_int_equal(r.fault_count, FORM_FAULTS_MAX + 57);
    assert_int_equal(t.count, 0);
    buf_release(&in);
    form_report_release(&r);
    arena_release(&t.mem);
}

/* --- Several sheets -------------------------------------------------------------------------- */

static int write_sheets(const struct sheet_layout *sheets, uint32_t count, const struct cell *cells,
                        struct err *e)
{
    struct book_writer *w;
    int rc;

    buf_clear(&out);
    rc = book_write_new(&w, BOOK_XLSX, sheets, count, &out, e);
    for (uint32_t i = 0; rc == ERR_OK && i < count; i++) {
        rc = book_write_sheet(w, e);
        if (rc == ERR_OK)
            rc = book_write_row(w, cells, 2, e);
    }
    if (rc == ERR_OK)
        rc = book_write_end(w, e);
    book_write_free(&w);
    return rc;
}

static void test_the_sheet_with_most_columns_is_read(void **state)
{
    static const struct sheet_column notes[] = {
        { .name = { (const uint8_t *)"Level", 5 }, .width = 9 },
        { .name = { (const uint8_t *)"x", 1 }, .width = 9 },
    };
    static const struct sheet_column table[] = {
        { .name = { (const uint8_t *)"System", 6 }, .width = 9 },
        { .name = { (const uint8_t *)"Level", 5 }, .width = 9 },
    };
    const struct sheet_layout sheets[] = {
        { SPAN_LIT("Notes"), notes, 2 },
        { SPAN_LIT("Table"), table, 2 },
        { SPAN_LIT("Again"), table, 2 },
        { SPAN_LIT(FORM_HELP_EN), table, 2 },
    };
    const struct cell cells[] = { { .kind = CELL_TEXT, .text = SPAN_LIT("one") },
                                  { .kind = CELL_NUMBER, .number = 2 } };
    struct taken t;
    struct form_report r;

    (void)state;
    assert_int_equal(write_sheets(sheets, 4, cells, NULL), ERR_OK);
    taken_init(&t);
    form_report_init(&r);
    assert_int_equal(form_read(&sample_form, buf_span(&out), on_row, &t, &r, NULL), ERR_OK);
    assert_int_equal(t.count, 1);
    assert_int_equal(t.numbers[0], 2);
    report_text(&r, FORM_EN);
    check_span("report", buf_span(&got),
               "Sheet “Notes”: This sheet is not read.\nSheet “Again”: This sheet is not read.\n");
    form_report_release(&r);
    arena_release(&t.mem);
}

/* Texts too long to be names are passed over. */
static void test_a_long_text_is_no_header(void **state)
{
    struct taken t;
    struct form_report r;
    struct buf in;

    (void)state;
    taken_init(&t);
    form_report_init(&r);
    buf_init(&in, 1 << 20);
    buf_text(&in, "name,level,");
    for (int i = 0; i < 1025; i++)
        buf_byte(&in, 'x');
    buf_text(&in, "\nMột,1,y\n");
    assert_int_equal(form_read(&sample_form, buf_span(&in), on_row, &t, &r, NULL), ERR_OK);
    assert_int_equal(t.count, 1);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.list[0].id, FAULT_COLUMN_UNKNOWN);
    buf_release(&in);
    form_report_release(&r);
    arena_release(&t.mem);
}

static void test_hidden_sheets_are_told_and_not_read(void **state)
{
#define MAIN   "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    const struct make_xlsx in = {
        .sheet = "<row><c t='inlineStr'><is><t>name</t></is></c><c t='inlineStr'><is><t>level</t>"
                 "</is></c></row><row><c/><c><v>9</v></c></row>",
        .workbook = "<workbook xmlns='" MAIN "' xmlns:r='" OFFICE "'><sheets><sheet name='Ẩn' "
                    "state='hidden' r:id='r1'/><sheet name='Hiện' r:id='r0'/></sheets></workbook>",
    };
    struct taken t;
    struct form_report r;

    (void)state;
    make_xlsx(&out, &in);
    taken_init(&t);
    form_report_init(&r);
    assert_int_equal(form_read(&sample_form, buf_span(&out), on_row, &t, &r, NULL), ERR_SYNTAX);
    report_text(&r, FORM_VI);
    check_span("report", buf_span(&got),
               "Trang “Ẩn”: Trang tính này bị ẩn, không được đọc.\n"
               "Trang “Hiện”, dòng 2, cột A (name): Bắt buộc phải có giá trị.\n"
               "Trang “Hiện”, dòng 2, cột B (level): “9” không phải là cấp độ từ 1 đến 5.\n");
    form_report_release(&r);
    arena_release(&t.mem);
}

/* --- There and back -------------------------------------------------------------------------- */

static uint64_t seed;

static uint32_t chance(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static struct value any_value(const struct column *c)
{
    static const char *const names[] = { "Một",   "=1+1",        "'=1",       "a, \"b\"; c",
                                         "+84",   "<&> _x0041_", "0912",      "TRUE",
                                         "1.234", "'",           "05/01/2026" };
    static const char *const networks[] = { "10.0.0.0/8", "192.168.1.1", "2001:db8::/32" };
    struct value v = { .present = c->required || chance(4) > 0 };

    if (!v.present)
        return v;
    switch (c->type) {
    case COLUMN_TEXT:
        v.text = span_of(names[chance(COUNT_OF(names))]);
        break;
    case COLUMN_INT:
        v.whole = chance(c->max + 1);
        break;
    case COLUMN_NUMBER:
        v.number = ((double)chance(4000000) - 2e6) / (chance(2) != 0 ? 1000.0 : 7.0);
        break;
    case COLUMN_DATE:
        v.whole = (int64_t)chance(109000) - 25508;
        break;
    case COLUMN_TIME:
        v.whole = (int64_t)chance(80000) * 86400 + (chance(3) != 0 ? chance(86400) : 0);
        break;
    case COLUMN_LEVEL:
        v.whole = 1 + chance(5);
        break;
    case COLUMN_CHOICE:
        v.whole = chance(c->choice_count);
        break;
    case COLUMN_EMAIL:
        v.text = SPAN_LIT("-a.b+c@x.gov.vn");
        break;
    case COLUMN_PHONE:
        v.text = chance(2) != 0 ? SPAN_LIT("+84912345678") : SPAN_LIT("0912345678");
        break;
    default:
        v.text = span_of(networks[chance(COUNT_OF(networks))]);
        MUST(addr_net_parse(v.text, v.address, &v.bits));
        break;
    }
    return v;
}

static bool same(const struct value *a, const struct value *b)
{
    return a->present == b->present && span_eq(a->text, b->text) && a->whole == b->whole &&
           a->number == b->number && a->bits == b->bits &&
           memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

#define ROUND_ROWS 50u

static int write_rows(struct value rows[ROUND_ROWS][COUNT_OF(sample_columns)], uint32_t count,
                      enum form_language l, enum book_format f)
{
    struct form_writer *w;
    int rc;

    buf_clear(&out);
    rc = form_write_new(&w, &sample_form, l, f, &out, NULL);
    for (uint32_t i = 0; rc == ERR_OK && i < count; i++)
        rc = form_write_row(w, rows[i], NULL);
    if (rc == ERR_OK)
        rc = form_write_end(w, NULL);
    form_write_free(&w);
    return rc;
}

static void round_trip(enum form_language l, enum book_format f)
{
    static struct value rows[ROUND_ROWS][COUNT_OF(sample_columns)];
    uint64_t began = seed;
    struct taken t;
    struct form_report r;

    for (uint32_t i = 0; i < ROUND_ROWS; i++) {
        for (uint32_t k = 0; k < COUNT_OF(sample_columns); k++)
            rows[i][k] = any_value(&sample_columns[k]);
    }
    assert_int_equal(write_rows(rows, ROUND_ROWS, l, f), ERR_OK);
    taken_init(&t);
    form_report_init(&r);
    if (form_read(&sample_form, buf_span(&out), on_row, &t, &r, NULL) != ERR_OK) {
        report_text(&r, FORM_EN);
        fail_msg("seed %llu: %.*s", (unsigned long long)began, SPAN_ARG(buf_span(&got)));
    }
    assert_int_equal(r.count, 0);
    assert_int_equal(t.count, ROUND_ROWS);
    for (uint32_t i = 0; i < ROUND_ROWS; i++) {
        for (uint32_t k = 0; k < COUNT_OF(sample_columns); k++) {
            if (!same(&rows[i][k], &t.rows[i][k]))
                fail_msg("seed %llu, %s: row %u, %s", (unsigned long long)began,
                         book_format_name(f), i, sample_columns[k].name);
        }
    }
    form_report_release(&r);
    arena_release(&t.mem);
}

static void test_what_is_exported_is_imported_unchanged(void **state)
{
    const char *given = getenv("CANH_SEED");

    (void)state;
    seed = given != NULL ? strtoull(given, NULL, 10) : 20260105;
    for (int round = 0; round < 10; round++) {
        for (int f = 0; f < BOOK_FORMAT_COUNT; f++) {
            round_trip(FORM_VI, (enum book_format)f);
            round_trip(FORM_EN, (enum book_format)f);
        }
    }
}

static int on_time(void *ctx, const struct form_row *row, struct err *e)
{
    int64_t **at = ctx;

    (void)e;
    assert_true(row->values[0].present);
    *(*at)++ = row->values[0].whole;
    return ERR_OK;
}

/* At midnight, too, where a spreadsheet shows no time. */
static void test_times_come_back_to_the_second(void **state)
{
    static const struct column column[] = {
        { .name = "start", .vi = "Bắt đầu", .en = "Start", .type = COLUMN_TIME }
    };
    static const struct form form = { "times", "Giờ", "Times", column, 1 };
    int64_t times[60], back[60];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(times); i++)
        times[i] = (int64_t)chance(80000) * 86400 + (i % 3 != 0 ? chance(86400) : 0);
    for (int f = 0; f < BOOK_FORMAT_COUNT; f++) {
        int64_t *at = back;
        struct form_report r;
        struct form_writer *w;

        buf_clear(&out);
        assert_int_equal(form_write_new(&w, &form, FORM_VI, (enum book_format)f, &out, NULL),
                         ERR_OK);
        for (size_t i = 0; i < COUNT_OF(times); i++) {
            const struct value v = { .present = true, .whole = times[i] };

            assert_int_equal(form_write_row(w, &v, NULL), ERR_OK);
        }
        assert_int_equal(form_write_end(w, NULL), ERR_OK);
        form_write_free(&w);
        form_report_init(&r);
        assert_int_equal(form_read(&form, buf_span(&out), on_time, &at, &r, NULL), ERR_OK);
        form_report_release(&r);
        assert_true(at == back + COUNT_OF(times));
        assert_memory_equal(times, back, sizeof(times));
    }
}

static void test_the_empty_book_explains_itself(void **state)
{
    struct taken t;
    struct form_report r;

    (void)state;
    assert_int_equal(write_rows(NULL, 0, FORM_VI, BOOK_XLSX), ERR_OK);
    make_text(&got, buf_span(&out));
    check_span("book", buf_span(&got),
               "sheet Hệ thống\n"
               "1|Tên hệ thống|Số máy|Tỷ lệ|Ngày phê duyệt|Cấp độ|Loại|Thư điện tử|Điện thoại|"
               "Dải mạng|Kiểm tra lúc\n"
               "sheet Hướng dẫn\n"
               "1|Cột|Bắt buộc|Kiểu|Tối đa|Danh mục|Giải thích\n"
               "2|Tên hệ thống|Có|Chữ|#50||Tên đầy đủ.\n"
               "3|Số máy||Số nguyên|#1000000\n"
               "4|Tỷ lệ||Số\n"
               "5|Ngày phê duyệt||Ngày (ngày/tháng/năm)\n"
               "6|Cấp độ|Có|Cấp độ 1 đến 5\n"
               "7|Loại||Chọn trong danh mục||Máy chủ, thiết bị\nMáy trạm\n"
               "8|Thư điện tử||Thư điện tử\n"
               "9|Điện thoại||Số điện thoại\n"
               "10|Dải mạng||Địa chỉ IP hoặc dải mạng\n"
               "11|Kiểm tra lúc||Ngày giờ (ngày/tháng/năm giờ:phút)\n"
               "hidden _lists\n"
               "1|#1|Máy chủ, thiết bị\n2|#2|Máy trạm\n3|#3\n4|#4\n5|#5\n");
    taken_init(&t);
    form_report_init(&r);
    assert_int_equal(form_read(&sample_form, buf_span(&out), on_row, &t, &r, NULL), ERR_OK);
    assert_int_equal(r.count + t.count, 0);
    form_report_release(&r);
    arena_release(&t.mem);
}

static void test_a_wrong_form_is_told(void **state)
{
    static const struct choice twins[] = { { "a", "Máy", "A" }, { "b", "may", "B" } };
    static const struct column same_names[] = {
        { .name = "a", .vi = "Cấp", .en = "x" },
        { .name = "b", .vi = "y", .en = "CAP" },
    };
    static const struct column no_list[] = {
        { .name = "a", .vi = "b", .en = "c", .type = COLUMN_CHOICE }
    };
    static const struct column twin_list[] = { { .name = "a",
                                                 .vi = "b",
                                                 .en = "c",
                                                 .type = COLUMN_CHOICE,
                                                 .choices = twins,
                                                 .choice_count = 2 } };
    static const struct form wrong[] = {
        { "f", "F", "F", same_names, 2 },   { "f", "F", "F", no_list, 1 },
        { "f", "F", "F", twin_list, 1 },    { "f", "F", "F", same_names, 0 },
        { "f", "a/b", "F", same_names, 1 }, { "f", "", "F", same_names, 1 },
    };
    const char *why;

    (void)state;
    assert_true(form_is_right(&sample_form, &why));
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        if (form_is_right(&wrong[i], &why) || why == NULL)
            fail_msg("form %zu", i);
    }
}

static int setup(void **state)
{
    (void)state;
    buf_init(&out, 8 << 20);
    buf_init(&got, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_release(&out);
    buf_release(&got);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_what_cannot_be_read_is_told),
        cmocka_unit_test(test_the_callers_answer_ends_the_reading),
        cmocka_unit_test(test_many_faults_are_counted),
        cmocka_unit_test(test_the_sheet_with_most_columns_is_read),
        cmocka_unit_test(test_a_long_text_is_no_header),
        cmocka_unit_test(test_hidden_sheets_are_told_and_not_read),
        cmocka_unit_test(test_what_is_exported_is_imported_unchanged),
        cmocka_unit_test(test_times_come_back_to_the_second),
        cmocka_unit_test(test_the_empty_book_explains_itself),
        cmocka_unit_test(test_a_wrong_form_is_told),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
