/*
 * Goal: what people type comes out as the value that they meant, or with what is wrong in both
 * languages.
 * Method: rows of column, cell and value as text or the fault's name; every text also cut at every
 * byte and with bytes replaced.
 */
#include "check.h"

#include <stdio.h>

#include "base/num.h"
#include "base/time.h"
#include "base/utf.h"
#include "sheet/columns.h"

static const struct choice kinds[] = {
    { "server", "Máy chủ", "Server" },
    { "client", "Máy trạm", "Workstation" },
    { "d", "Đường truyền", "Line" },
};

#define COLUMN(t, m)                                                                               \
    {                                                                                              \
        .name = "x", .vi = "X", .en = "X", .type = COLUMN_##t, .max = m,                           \
        .choices = COLUMN_##t == COLUMN_CHOICE ? kinds : NULL,                                     \
        .choice_count = COLUMN_##t == COLUMN_CHOICE ? COUNT_OF(kinds) : 0                          \
    }

static const struct {
    const char *in;
    struct column column;
    const char *want; /* or "!FAULT" */
} texts[] = {
    { "Tên", COLUMN(TEXT, 0), "Tên" },
    { "  hai \t\n chữ\xc2\xa0", COLUMN(TEXT, 0), "hai chữ" },
    { "Te\xcc\x82n", COLUMN(TEXT, 0), "Tên" }, /* decomposed */
    { "\xe2\x80\x8b"
      "a\xef\xbb\xbf",
      COLUMN(TEXT, 0), "a" },
    { "   ", COLUMN(TEXT, 0), "" },
    { "ăăăă", COLUMN(TEXT, 4), "ăăăă" },
    { "ăăăăa", COLUMN(TEXT, 4), "!TOO_LONG" },
    { "a\x01", COLUMN(TEXT, 0), "!CONTROL" },
    { "a\xe2\x80\xae"
      "b",
      COLUMN(TEXT, 0), "!CONTROL" }, /* turns the line's direction */

    { "0", COLUMN(INT, 0), "0" },
    { "1234", COLUMN(INT, 0), "1234" },
    { "1.234", COLUMN(INT, 0), "1234" },
    { "1,234", COLUMN(INT, 0), "1234" },
    { "1.234.567", COLUMN(INT, 0), "1234567" },
    { "1,234,567", COLUMN(INT, 0), "1234567" },
    { "1.234,0", COLUMN(INT, 0), "1234" },
    { "007", COLUMN(INT, 0), "7" },
    { "-1", COLUMN(INT, 0), "!NOT_INT" },
    { "1,5", COLUMN(INT, 0), "!NOT_INT" },
    { "1.23.456", COLUMN(INT, 0), "!NOT_INT" },
    { "1234.567.890", COLUMN(INT, 0), "!NOT_INT" },
    { ".123", COLUMN(INT, 0), "!NOT_INT" },
    { "ba", COLUMN(INT, 0), "!NOT_INT" },
    { "1e3", COLUMN(INT, 0), "1000" },
    { "99999999999999999999", COLUMN(INT, 0), "!NOT_INT" },
    { "65535", COLUMN(INT, 65535), "65535" },
    { "65.536", COLUMN(INT, 65535), "!TOO_LARGE" },

    { "1.234,5", COLUMN(NUMBER, 0), "1234.5" },
    { "1,234.5", COLUMN(NUMBER, 0), "1234.5" },
    { "1234,5", COLUMN(NUMBER, 0), "1234.5" },
    { "1234.5", COLUMN(NUMBER, 0), "1234.5" },
    { "1,234", COLUMN(NUMBER, 0), "1.234" },
    { "1.234", COLUMN(NUMBER, 0), "1234" },
    { "0.234", COLUMN(NUMBER, 0), "0.234" },
    { "1234.567", COLUMN(NUMBER, 0), "1234.567" },
    { "-1.234.567,25", COLUMN(NUMBER, 0), "-1234567.25" },
    { "1.234.567.25", COLUMN(NUMBER, 0), "!NOT_NUMBER" },
    { "1,2,3", COLUMN(NUMBER, 0), "!NOT_NUMBER" },
    { "1.2,3.4", COLUMN(NUMBER, 0), "!NOT_NUMBER" },
    { "1,5,", COLUMN(NUMBER, 0), "!NOT_NUMBER" },
    { "-", COLUMN(NUMBER, 0), "!NOT_NUMBER" },
    { "12,5", COLUMN(NUMBER, 12), "!TOO_LARGE" },

    { "05/01/2026", COLUMN(DATE, 0), "05/01/2026" },
    { "5/1/2026", COLUMN(DATE, 0), "05/01/2026" },
    { "05/1/2026", COLUMN(DATE, 0), "05/01/2026" },
    { "2026-01-05", COLUMN(DATE, 0), "05/01/2026" },
    { "29/2/2024", COLUMN(DATE, 0), "29/02/2024" },
    { "29/2/2026", COLUMN(DATE, 0), "!NOT_DATE" },
    { "31/04/2026", COLUMN(DATE, 0), "!NOT_DATE" },
    { "13/13/2026", COLUMN(DATE, 0), "!NOT_DATE" },
    { "0/1/2026", COLUMN(DATE, 0), "!NOT_DATE" },
    { "5/1/26", COLUMN(DATE, 0), "!NOT_DATE" },
    { "5/1/02026", COLUMN(DATE, 0), "!NOT_DATE" },
    { "2026-1-05x", COLUMN(DATE, 0), "!NOT_DATE" },
    { "5/1/1899", COLUMN(DATE, 0), "!NOT_DATE" },
    { "5/1/2200", COLUMN(DATE, 0), "!NOT_DATE" },
    { "hôm nay", COLUMN(DATE, 0), "!NOT_DATE" },
    { "05/01/2026 08:00", COLUMN(TIME, 0), "05/01/2026 08:00:00" },
    { " 5/1/2026  8:05:09 ", COLUMN(TIME, 0), "05/01/2026 08:05:09" },
    { "2026-01-05 23:59", COLUMN(TIME, 0), "05/01/2026 23:59:00" },
    { "29/02/2024 00:00", COLUMN(TIME, 0), "29/02/2024 00:00:00" },
    { "01/01/1970 00:00", COLUMN(TIME, 0), "01/01/1970 00:00:00" },
    { "31/12/1969 23:59", COLUMN(TIME, 0), "!NOT_TIME" },
    { "05/01/2026", COLUMN(TIME, 0), "!NOT_TIME" },
    { "05/01/2026 ", COLUMN(TIME, 0), "!NOT_TIME" },
    { "08:00", COLUMN(TIME, 0), "!NOT_TIME" },
    { "05/01/2026 24:00", COLUMN(TIME, 0), "!NOT_TIME" },
    { "05/01/2026 08:60", COLUMN(TIME, 0), "!NOT_TIME" },
    { "05/01/2026 08:00:60", COLUMN(TIME, 0), "!NOT_TIME" },
    { "05/01/2026 08", COLUMN(TIME, 0), "!NOT_TIME" },
    { "05/01/2026 08:00:00:00", COLUMN(TIME, 0), "!NOT_TIME" },
    { "05/01/2026 008:00", COLUMN(TIME, 0), "!NOT_TIME" },
    { "29/02/2026 08:00", COLUMN(TIME, 0), "!NOT_TIME" },

    { "3", COLUMN(LEVEL, 0), "3" },
    { "Cấp độ 3", COLUMN(LEVEL, 0), "3" },
    { "cap 5", COLUMN(LEVEL, 0), "5" },
    { "Level 1", COLUMN(LEVEL, 0), "1" },
    { "0", COLUMN(LEVEL, 0), "!NOT_LEVEL" },
    { "6", COLUMN(LEVEL, 0), "!NOT_LEVEL" },
    { "3.5", COLUMN(LEVEL, 0), "!NOT_LEVEL" },

    { "Máy chủ", COLUMN(CHOICE, 0), "0" },
    { "MAY CHU", COLUMN(CHOICE, 0), "0" },
    { "workstation", COLUMN(CHOICE, 0), "1" },
    { "duong-truyen", COLUMN(CHOICE, 0), "2" },
    { "ĐƯỜNG TRUYỀN", COLUMN(CHOICE, 0), "2" },
    { "đ", COLUMN(CHOICE, 0), "2" },
    { "Máy", COLUMN(CHOICE, 0), "!NOT_CHOICE" },
    { "!", COLUMN(CHOICE, 0), "!NOT_CHOICE" },

    { "An.Nguyen@Tinh.GOV.vn", COLUMN(EMAIL, 0), "An.Nguyen@tinh.gov.vn" },
    { "a+b@x.vn", COLUMN(EMAIL, 0), "a+b@x.vn" },
    { "a@b", COLUMN(EMAIL, 0), "!NOT_EMAIL" },
    { "a@b@c.vn", COLUMN(EMAIL, 0), "!NOT_EMAIL" },
    { "@b.vn", COLUMN(EMAIL, 0), "!NOT_EMAIL" },
    { "a@", COLUMN(EMAIL, 0), "!NOT_EMAIL" },
    { "a..b@c.vn", COLUMN(EMAIL, 0), "!NOT_EMAIL" },
    { "a b@c.vn", COLUMN(EMAIL, 0), "!NOT_EMAIL" },
    { "ă@c.vn", COLUMN(EMAIL, 0), "!NOT_EMAIL" },
    { "a.vn", COLUMN(EMAIL, 0), "!NOT_EMAIL" },

    { "0912 345 678", COLUMN(PHONE, 0), "0912345678" },
    { "(024) 3.936-1234", COLUMN(PHONE, 0), "02439361234" },
    { "+84 912 345 678", COLUMN(PHONE, 0), "+84912345678" },
    { "113", COLUMN(PHONE, 0), "113" },
    { "1900 545426", COLUMN(PHONE, 0), "1900545426" },
    { "912345678", COLUMN(PHONE, 0), "!PHONE_ZERO" },
    { "2439361234", COLUMN(PHONE, 0), "!PHONE_ZERO" },
    { "84912345678", COLUMN(PHONE, 0), "84912345678" },
    { "12", COLUMN(PHONE, 0), "!NOT_PHONE" },
    { "1234567890123456", COLUMN(PHONE, 0), "!NOT_PHONE" },
    { "09x1234567", COLUMN(PHONE, 0), "!NOT_PHONE" },
    { "84+912345678", COLUMN(PHONE, 0), "!NOT_PHONE" },

    { "10.0.0.1", COLUMN(NETWORK, 0), "10.0.0.1/128" },
    { "10.0.0.0/8", COLUMN(NETWORK, 0), "10.0.0.0/8/104" },
    { "2001:db8::/32", COLUMN(NETWORK, 0), "2001:db8::/32/32" },
    { "10.0.0.256", COLUMN(NETWORK, 0), "!NOT_NETWORK" },
    { "10.0.0.0/33", COLUMN(NETWORK, 0), "!NOT_NETWORK" },
    { "máy", COLUMN(NETWORK, 0), "!NOT_NETWORK" },
};

static const struct {
    struct cell cell;
    struct column column;
    const char *want;
} cells[] = {
#define NUMBER_CELL(v, t)                                                                          \
    {                                                                                              \
        .kind = CELL_NUMBER, .number = v, .text = SPAN_LITERAL(t)                                  \
    }
#define SPAN_LITERAL(t)                                                                            \
    {                                                                                              \
        (const uint8_t *)(t), sizeof(t) - 1                                                        \
    }
    { NUMBER_CELL(3, "3"), COLUMN(TEXT, 0), "3" },
    { NUMBER_CELL(1.5, "1.5"), COLUMN(TEXT, 0), "1.5" },
    { NUMBER_CELL(1.234, "1.234"), COLUMN(NUMBER, 0), "1.234" },
    { NUMBER_CELL(1.234, "1.234"), COLUMN(INT, 0), "!NOT_INT" },
    { NUMBER_CELL(1234, "1234"), COLUMN(INT, 0), "1234" },
    { NUMBER_CELL(1e16, "1e+16"), COLUMN(INT, 0), "!NOT_INT" },
    { NUMBER_CELL(4, "4"), COLUMN(LEVEL, 0), "4" },
    { NUMBER_CELL(-4, "-4"), COLUMN(LEVEL, 0), "!NOT_LEVEL" },
    { NUMBER_CELL(45658, "45658"), COLUMN(DATE, 0), "!NOT_DATE" },
    { NUMBER_CELL(912345678, "912345678"), COLUMN(PHONE, 0), "!PHONE_ZERO" },
    { NUMBER_CELL(84912345678, "84912345678"), COLUMN(PHONE, 0), "84912345678" },
    { NUMBER_CELL(113.5, "113.5"), COLUMN(PHONE, 0), "!NOT_PHONE" },
    { NUMBER_CELL(113, "113"), COLUMN(PHONE, 0), "113" },
    { { .kind = CELL_DATE, .days = 20458, .seconds = 5 }, COLUMN(DATE, 0), "05/01/2026" },
    { { .kind = CELL_DATE, .days = -30000 }, COLUMN(DATE, 0), "!NOT_DATE" },
    { { .kind = CELL_DATE, .days = 20458 }, COLUMN(TEXT, 0), "!MADE_DATE" },
    { { .kind = CELL_DATE, .days = 20458 }, COLUMN(INT, 0), "!NOT_INT" },
    { { .kind = CELL_DATE, .days = 20458 }, COLUMN(LEVEL, 0), "!NOT_LEVEL" },
    { { .kind = CELL_BOOL, .number = 1 }, COLUMN(TEXT, 0), "TRUE" },
    { { .kind = CELL_BOOL, .number = 1 }, COLUMN(INT, 0), "!NOT_INT" },
    { { .kind = CELL_BOOL, .number = 1 }, COLUMN(NUMBER, 0), "!NOT_NUMBER" },
    { { .kind = CELL_ERROR, .text = SPAN_LITERAL("#N/A") }, COLUMN(TEXT, 0), "!CELL_ERROR" },
    { { .kind = CELL_ERROR, .text = SPAN_LITERAL("#N/A") }, COLUMN(DATE, 0), "!CELL_ERROR" },
    { { .kind = CELL_EMPTY }, COLUMN(DATE, 0), "" },
};

static struct arena mem;

static void put_value(const struct column *c, const struct value *v, char *to, size_t n)
{
    struct time_parts p = { 0 };
    uint8_t number[32];

    switch (c->type) {
    case COLUMN_INT:
    case COLUMN_LEVEL:
    case COLUMN_CHOICE:
        (void)snprintf(to, n, "%lld", (long long)v->whole);
        break;
    case COLUMN_NUMBER:
        (void)snprintf(to, n, "%.*s", (int)num_put_double(number, v->number), (char *)number);
        break;
    case COLUMN_DATE:
        time_date(v->whole, &p);
        (void)snprintf(to, n, "%02u/%02u/%04d", p.day, p.month, p.year);
        break;
    case COLUMN_TIME:
        time_date(v->whole / 86400, &p);
        (void)snprintf(to, n, "%02u/%02u/%04d %02d:%02d:%02d", p.day, p.month, p.year,
                       (int)(v->whole % 86400 / 3600), (int)(v->whole % 3600 / 60),
                       (int)(v->whole % 60));
        break;
    case COLUMN_NETWORK:
        (void)snprintf(to, n, "%.*s/%u", SPAN_ARG(v->text), v->bits);
        break;
    default:
        (void)snprintf(to, n, "%.*s", SPAN_ARG(v->text));
        break;
    }
}

/* The value or "!FAULT" as text; sentences of a fault are whole and have no '$' left. */
static void read_text(const struct column *c, const struct cell *cell, char *to, size_t n)
{
    struct value v;
    struct fault_words words;
    enum fault f;

    arena_reset(&mem);
    f = value_read(c, cell, &mem, &v, &words);
    MUST(!arena_failed(&mem) && v.present == (f == FAULT_NONE && v.present));
    to[0] = '\0';
    if (f == FAULT_NONE) {
        if (v.present)
            put_value(c, &v, to, n);
        return;
    }
    (void)snprintf(to, n, "!%s", fault_row(f)->name);
    for (int l = 0; l < FORM_LANGUAGES; l++) {
        struct buf b;

        buf_init(&b, 4096);
        fault_put(&b, f, &words, (enum form_language)l);
        MUST(!buf_failed(&b) && b.n > 0 && utf8_valid(buf_span(&b)));
        if (span_find(buf_span(&b), '$') != b.n)
            fail_msg("%s: %.*s", to, SPAN_ARG(buf_span(&b)));
        buf_release(&b);
    }
}

static void test_texts(void **state)
{
    char got[1024];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const struct cell c = { .kind = CELL_TEXT, .text = span_of(texts[i].in) };

        read_text(&texts[i].column, &c, got, sizeof(got));
        if (strcmp(got, texts[i].want) != 0)
            fail_msg("row '%s': got '%s', want '%s'", texts[i].in, got, texts[i].want);
    }
}

static void test_cells_of_spreadsheets(void **state)
{
    char got[1024];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        read_text(&cells[i].column, &cells[i].cell, got, sizeof(got));
        if (strcmp(got, cells[i].want) != 0)
            fail_msg("row %zu: got '%s', want '%s'", i, got, cells[i].want);
    }
}

/* Each text cut and changed, for each type: a value or a fault, and no harm. */
static void test_any_text_is_a_value_or_a_fault(void **state)
{
    static const struct column columns[] = {
        COLUMN(TEXT, 5),  COLUMN(INT, 9),   COLUMN(NUMBER, 9),
        COLUMN(DATE, 0),  COLUMN(LEVEL, 0), COLUMN(CHOICE, 0),
        COLUMN(EMAIL, 0), COLUMN(PHONE, 0), COLUMN(NETWORK, 0),
    };
    static const char odd[] = ".,-+/@:0 \t";
    char text[256], got[1024];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        size_t n = strlen(texts[i].in);

        for (size_t k = 0; k <= n; k++) {
            struct cell c = { .kind = CELL_TEXT, .text = { (const uint8_t *)texts[i].in, k } };

            if (!utf8_valid(c.text))
                continue; /* a book hands out whole characters */
            for (size_t t = 0; t < COUNT_OF(columns); t++)
                read_text(&columns[t], &c, got, sizeof(got));
            memcpy(text, texts[i].in, n + 1);
            text[k] = odd[(i + k) % (sizeof(odd) - 1)];
            c.text = (struct span){ (const uint8_t *)text, n > k ? n : k + 1 };
            if (!utf8_valid(c.text))
                continue;
            for (size_t t = 0; t < COUNT_OF(columns); t++)
                read_text(&columns[t], &c, got, sizeof(got));
        }
    }
}

static void test_a_fault_is_told_in_both_languages(void **state)
{
    static const struct column level = COLUMN(LEVEL, 0), choice = COLUMN(CHOICE, 0);
    const struct cell c = { .kind = CELL_TEXT, .text = SPAN_LIT("chín") };
    struct fault_words words;
    struct value v;
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    arena_reset(&mem);
    assert_int_equal(value_read(&level, &c, &mem, &v, &words), FAULT_NOT_LEVEL);
    fault_put(&b, FAULT_NOT_LEVEL, &words, FORM_VI);
    check_span("vi", buf_span(&b), "“chín” không phải là cấp độ từ 1 đến 5.");
    buf_clear(&b);
    fault_put(&b, FAULT_NOT_LEVEL, &words, FORM_EN);
    check_span("en", buf_span(&b), "“chín” is not a level 1 to 5.");
    assert_int_equal(value_read(&choice, &c, &mem, &v, &words), FAULT_NOT_CHOICE);
    buf_clear(&b);
    fault_put(&b, FAULT_NOT_CHOICE, &words, FORM_VI);
    check_span("list", buf_span(&b),
               "“chín” không có trong danh mục: Máy chủ, Máy trạm, Đường truyền.");
    buf_clear(&b);
    fault_put(&b, FAULT_NOT_CHOICE, &words, FORM_EN);
    check_span("list", buf_span(&b), "“chín” is not in the list: Server, Workstation, Line.");
    buf_release(&b);
}

static void test_a_long_wrong_value_is_cut(void **state)
{
    static const struct column date = COLUMN(DATE, 0);
    char large[1000];
    struct cell c = { .kind = CELL_TEXT, .text = { (uint8_t *)large, sizeof(large) } };
    struct fault_words words;
    struct value v;

    (void)state;
    memset(large, 'x', sizeof(large));
    arena_reset(&mem);
    assert_int_equal(value_read(&date, &c, &mem, &v, &words), FAULT_NOT_DATE);
    assert_int_equal(words.first[FORM_VI].n, 83);
    assert_true(span_ends(words.first[FORM_VI], SPAN_LIT("x…")));
}

static void test_no_memory_is_no_fault_of_the_cell(void **state)
{
    static const struct column text = COLUMN(TEXT, 0);
    const struct cell c = { .kind = CELL_TEXT, .text = SPAN_LIT("chín") };
    struct arena none;
    struct fault_words words;
    struct value v;

    (void)state;
    arena_init(&none, 0);
    assert_int_equal(value_read(&text, &c, &none, &v, &words), FAULT_NONE);
    assert_true(arena_failed(&none));
    arena_release(&none);
}

static void test_names_are_folded(void **state)
{
    static const struct {
        const char *in, *want;
    } names[] = {
        { "Tên hệ thống *", "tenhethong" },
        { "ĐỊA CHỈ (IP)", "diachiip" },
        { "so_dien_thoai", "sodienthoai" },
        { "  STT. ", "stt" },
        { "Te\xcc\x82n", "ten" },
        { "ＡＢ１", "ab1" },
        { "***", "" },
        { "", "" },
        { "Cấp\nđộ", "capdo" },
    };

    (void)state;
    arena_reset(&mem);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        check_span(names[i].in, fold_name(&mem, span_of(names[i].in)), names[i].want);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&mem, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_cells_of_spreadsheets),
        cmocka_unit_test(test_any_text_is_a_value_or_a_fault),
        cmocka_unit_test(test_a_fault_is_told_in_both_languages),
        cmocka_unit_test(test_a_long_wrong_value_is_cut),
        cmocka_unit_test(test_no_memory_is_no_fault_of_the_cell),
        cmocka_unit_test(test_names_are_folded),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
