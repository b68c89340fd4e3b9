/*
 * Goal: messages say what their kind is about, in Vietnamese, one fact a line, and nothing that
 * rules or senders wrote can add a line; a letter comes out as it went in, and what is cut or too
 * long is none. Method: rows; cuts at every byte behind a guard page.
 */
#include "../check.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "../guard.h"
#include "base/utf.h"
#include "notify/notify.h"

#define T(s)                                                                                       \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

static const struct {
    struct notice n;
    const char *subject, *text;
} rows[] = {
    { { NOTICE_ALERT, 1234, LEVEL_HIGH, INT64_C(1764000000000000000), T("Đăng nhập lạ"),
        T("máy-01"), 0, 0 },
      "[Canh] CAO: Đăng nhập lạ",
      "Mức độ: CAO\nCảnh báo số: 1234\nNội dung: Đăng nhập lạ\nĐối tượng: máy-01\n"
      "Thời gian: 23:00 ngày 24/11/2025 (giờ Việt Nam)\n\nXem trong Canh: cảnh báo số 1234.\n" },
    /* Written apart, with lines and directions of its own. */
    { { NOTICE_ALERT, 1, LEVEL_CRITICAL, 0, T("Ca\xcc\x89nh\r\nBcc: x\xe2\x80\xaey"),
        T("a\xe2\x80\xa8\x62\xff"), 0, 0 },
      "[Canh] NGHIÊM TRỌNG: Cảnh  Bcc: x y",
      "Mức độ: NGHIÊM TRỌNG\nCảnh báo số: 1\nNội dung: Cảnh  Bcc: x y\nĐối tượng: a b\xef\xbf\xbd\n"
      "Thời gian: 07:00 ngày 01/01/1970 (giờ Việt Nam)\n\nXem trong Canh: cảnh báo số 1.\n" },
    { { NOTICE_DIGEST, 99, LEVEL_MEDIUM, INT64_C(1764000000000000000), T(""), T(""), 37, 55 },
      "[Canh] TRUNG BÌNH: thêm 37 cảnh báo",
      "Có quá nhiều cảnh báo cùng lúc. Từ 23:00 ngày 24/11/2025 (giờ Việt Nam) có thêm 37 cảnh báo "
      "không được gửi riêng từng tin.\nMức độ cao nhất: TRUNG BÌNH, cảnh báo số 55.\n\n"
      "Xem tất cả trong Canh.\n" },
    { { NOTICE_TEST, 5, LEVEL_HIGH, INT64_C(1764000000000000000), T(""), T("mail"), 0, 0 },
      "[Canh] Tin thử kênh mail",
      "Đây là tin thử, gửi lúc 23:00 ngày 24/11/2025 (giờ Việt Nam). Nhận được tin này nghĩa là "
      "kênh mail hoạt động.\n" },
    { { NOTICE_CALL, 1234, LEVEL_HIGH, INT64_C(1764000000000000000), T("Đăng nhập lạ"), T("máy-01"),
        30, 0 },
      "[Canh] CHƯA AI XỬ LÝ, CAO: Đăng nhập lạ",
      "Sau 30 phút chưa có ai nhận cảnh báo này. Đề nghị anh/chị xem ngay.\n\n"
      "Mức độ: CAO\nCảnh báo số: 1234\nNội dung: Đăng nhập lạ\nĐối tượng: máy-01\n"
      "Thời gian: 23:00 ngày 24/11/2025 (giờ Việt Nam)\n\nXem trong Canh: cảnh báo số 1234.\n" },
};

static void every_kind_says_what_it_is_about(void **state)
{
    unsigned seen = 0;
    struct buf out;

    (void)state;
    buf_init(&out, NOTIFY_TEXT_MAX);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        utf8proc_uint8_t *nfc;

        seen |= 1u << rows[i].n.kind;
        buf_clear(&out);
        notice_subject(&rows[i].n, &out);
        check_span("subject", buf_span(&out), rows[i].subject);
        buf_clear(&out);
        notice_text(&rows[i].n, &out);
        check_span("text", buf_span(&out), rows[i].text);
        buf_byte(&out, 0);
        nfc = utf8proc_NFC(out.p);
        assert_string_equal((char *)nfc, (char *)out.p);
        free(nfc);
    }
    assert_int_equal(seen, (1u << NOTICE_KINDS) - 1);
    buf_release(&out);
}

static void long_titles_are_cut_between_characters(void **state)
{
    struct notice n = { .kind = NOTICE_ALERT, .level = LEVEL_LOW };
    char title[1024] = "";
    struct buf out;

    (void)state;
    for (int i = 0; i < 150; i++)
        strcat(title, i % 2 == 0 ? "ế" : "x");
    n.title = n.entity = span_of(title);
    buf_init(&out, NOTIFY_TEXT_MAX);
    for (size_t at = 0; at < 4; at++) {
        n.title = span_from(span_of(title), at == 0 ? 0 : 3 * at);
        buf_clear(&out);
        notice_subject(&n, &out);
        assert_true(utf8_valid(buf_span(&out)));
        assert_true(span_ends(buf_span(&out), SPAN_LIT("…")));
        assert_true(out.n < NOTIFY_TITLE_MAX + 40);
    }
    buf_release(&out);
}

static void a_letter_comes_out_as_it_went_in(void **state)
{
    const struct letter l = { .id = 7,
                              .key = 1234567890123,
                              .made_ns = -5,
                              .level = LEVEL_CRITICAL,
                              .channel = SPAN_LIT("mail"),
                              .recipient = SPAN_LIT(""),
                              .kind = SPAN_LIT("alert"),
                              .subject = SPAN_LIT("Tiêu đề"),
                              .text = SPAN_LIT("a\nb\0c") };
    struct letter got = { .id = 9 };
    struct guard g;
    struct buf out;
    struct span whole;

    (void)state;
    buf_init(&out, LETTER_MAX);
    assert_true(letter_put(&l, &out));
    guard_init(&g, 256);
    whole = guard_put(&g, buf_span(&out));
    assert_true(letter_read(whole, &got));
    assert_true(got.id == 9 && got.key == l.key && got.made_ns == -5 && got.level == l.level);
    assert_true(span_eq(got.channel, l.channel) && got.recipient.n == 0);
    assert_true(span_eq(got.subject, l.subject) && span_eq(got.text, l.text));
    assert_true(span_eq(got.kind, l.kind));
    for (size_t n = 0; n < out.n; n++)
        assert_false(letter_read(guard_put(&g, (struct span){ out.p, n }), &got));
    buf_byte(&out, 0);
    assert_false(letter_read(guard_put(&g, buf_span(&out)), &got));
    out.n--;
    out.p[16] = LEVEL_CRITICAL + 1;
    assert_false(letter_read(guard_put(&g, buf_span(&out)), &got));
    guard_release(&g);
    buf_release(&out);
}

static void what_is_too_long_is_no_letter(void **state)
{
    static uint8_t big[70000];
    struct letter l = { .channel = SPAN_LIT("x"), .text = { big, 65536 } };
    struct buf out;

    (void)state;
    buf_init(&out, 4 * LETTER_MAX);
    assert_false(letter_put(&l, &out));
    l.text.n = 65535;
    buf_clear(&out);
    assert_true(letter_put(&l, &out));
    buf_release(&out);
    buf_init(&out, 1000);
    assert_false(letter_put(&l, &out));
    buf_release(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_says_what_it_is_about),
        cmocka_unit_test(long_titles_are_cut_between_characters),
        cmocka_unit_test(a_letter_comes_out_as_it_went_in),
        cmocka_unit_test(what_is_too_long_is_no_letter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
