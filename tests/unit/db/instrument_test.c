/*
 * Goal: a line of bases is of the instrument that it cites, and of none that it only names.
 * Method: rows, folded as the database folds them; each also cut at every byte, against a guard
 * page.
 */
#include "../check.h"
#include "../guard.h"

#include "db/instrument.h"
#include "event/search_text.h"

static const struct {
    const char *line, *number; /* NULL: none */
} rows[] = {
    { "Căn cứ Luật An ninh mạng số 116/2025/QH15", "116/2025/qh15" },
    { "Căn cứ Luật An ninh mạng ngày 10 tháng 12", NULL },
    { "Luật số 116/2025/QH15 ngày 10/12/2025;", "116/2025/qh15" },
    { "Căn cứ Bộ luật Dân sự số 91/2015/QH13.", "91/2015/qh13" },
    { "Căn cứ Pháp lệnh Bảo vệ bí mật nhà nước số 30/2000/PL-UBTVQH10", NULL },
    { "Căn cứ Pháp lệnh X số 02/2020/UBTVQH14", "2/2020/ubtvqh14" },
    { "CĂN CỨ NGHỊ ĐỊNH SỐ 331/2026/NĐ-CP", "331/2026/nd-cp" },
    { "Căn cứ Nghị định 09/2019/NĐ-CP ngày 24 tháng 01 năm 2019 của Chính phủ", "9/2019/nd-cp" },
    { "Căn cứ  Nghị định số: 9/2019/NĐ-CP,", "9/2019/nd-cp" },
    { "Căn cứ Thông tư số 20/2017/TT-BTTTT", "20/2017/tt-btttt" },
    { "Căn cứ Quyết định số 05/2017/QĐ-TTg ngày 16 tháng 3 năm 2017", "5/2017/qd-ttg" },
    { "Căn cứ Nghị quyết số 29/2016/QH14", "29/2016/qh14" },
    /* which of a year, that only their dates say */
    { "Căn cứ Quyết định số 9/QĐ-SKHCN về quy chế bảo đảm an ninh mạng", NULL },
    { "Căn cứ Chỉ thị số 14/CT-TTg", NULL },
    /* named, and not cited */
    { "Căn cứ Quyết định 9/QĐ-SM thi hành Nghị định số 331/2026/NĐ-CP", NULL },
    { "Căn cứ Quy chế thi hành Nghị định số 331/2026/NĐ-CP", NULL },
    { "Căn cứ Quyết định thi hành Nghị định số 331/2026/NĐ-CP", NULL },
    { "Căn cứ Luật An ninh mạng và Nghị định số 331/2026/NĐ-CP", NULL },
    { "Căn cứ Nghị định ngày 19/8/2026 của Chính phủ", NULL },
    { "Căn cứ Nghị định số 331/26/NĐ-CP", NULL },
    { "Căn cứ Luật", NULL },
    { "", NULL },
};

static void each_line_is_of_its_instrument(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span line = span_of(rows[i].line), number, in;
        uint8_t folded[1024];

        in = (struct span){ folded, search_fold(line, false, folded) };
        number = instrument_number(guard_put(&g, in));
        check_span(rows[i].line, number, rows[i].number != NULL ? rows[i].number : "");
        for (size_t n = 0; n < in.n; n++) {
            number = instrument_number(guard_put(&g, (struct span){ in.p, n }));
            assert_true(number.n <= n);
        }
    }
    guard_release(&g);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(each_line_is_of_its_instrument) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
