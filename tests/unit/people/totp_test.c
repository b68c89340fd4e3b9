/*
 * Goal: codes are those of RFC 6238; each step is good once; codes that are used once are read as
 * they were written and nothing else is; a QR code is the same in both pictures.
 * Method: the RFC's vectors (its appendix B; our six digits are the last of its eight); every
 * character changed; the two pictures read back into modules.
 */
#include "../check.h"
#include "../guard.h"

#include <stdio.h>
#include <string.h>

#include "people/once.h"
#include "people/qr.h"
#include "people/totp.h"

#define S INT64_C(1000000000)

static const uint8_t *secret(void)
{
    return (const uint8_t *)"12345678901234567890";
}

static void codes_are_those_of_the_rfc(void **state)
{
    static const struct {
        int64_t time_s;
        uint32_t eight;
    } rows[] = { { 59, 94287082 },         { 1111111109, 7081804 },  { 1111111111, 14050471 },
                 { 1234567890, 89005924 }, { 2000000000, 69279037 }, { 20000000000, 65353130 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(totp_code(secret(), (uint64_t)rows[i].time_s / 30),
                         rows[i].eight % 1000000);
}

static struct span code_at(int64_t time_s)
{
    static char text[8];

    (void)snprintf(text, sizeof(text), "%06u", totp_code(secret(), (uint64_t)time_s / 30));
    return span_of(text);
}

static void a_step_is_good_once_and_one_to_either_side(void **state)
{
    int64_t now = 1234567890, step = 0, first = now / 30;

    (void)state;
    for (int64_t off = -3; off <= 3; off++) {
        bool good = totp_find(secret(), code_at(now + 30 * off), now * S, 0, &step);

        assert_int_equal(good, off >= -1 && off <= 1);
        if (good)
            assert_int_equal(step, first + off);
    }
    assert_true(totp_find(secret(), code_at(now), now * S, first - 1, &step));
    assert_false(totp_find(secret(), code_at(now), now * S, first, &step));      /* used */
    assert_false(totp_find(secret(), code_at(now - 30), now * S, first, &step)); /* before it */
    assert_true(totp_find(secret(), code_at(now + 30), now * S, first, &step));
    /* The RFC's 1111111109 has a leading zero. */
    assert_true(totp_find(secret(), SPAN_LIT("081804"), 1111111109 * S, 0, &step));
    assert_true(totp_find(secret(), SPAN_LIT(" 081 804 "), 1111111109 * S, 0, &step));
    assert_false(totp_find(secret(), SPAN_LIT("81804"), 1111111109 * S, 0, &step));
    assert_false(totp_find(secret(), SPAN_LIT("0081804"), 1111111109 * S, 0, &step));
    assert_false(totp_find(secret(), SPAN_LIT("08180x"), 1111111109 * S, 0, &step));
    assert_false(totp_find(secret(), SPAN_NONE, 1111111109 * S, 0, &step));
}

static void the_uri_is_what_applications_read(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 512);
    totp_put_uri(secret(), SPAN_LIT("an.nguyen"), &b);
    buf_byte(&b, 0);
    assert_string_equal((char *)b.p,
                        "otpauth://totp/Canh:an.nguyen?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                        "&issuer=Canh&algorithm=SHA1&digits=6&period=30");
    buf_release(&b);
}

/* --- codes used once ------------------------------------------------------------------------ */

static void a_code_is_read_as_it_was_written(void **state)
{
    uint8_t raw[ONCE_BYTES], got[ONCE_BYTES], hash[32], other[32];
    char text[ONCE_TEXT + 1], loose[64];
    size_t n = 0;

    (void)state;
    for (int round = 0; round < 1000; round++) {
        once_new(raw);
        once_put(raw, text);
        assert_int_equal(strlen(text), ONCE_TEXT);
        memset(got, 0, sizeof(got));
        assert_true(once_read(span_of(text), got));
        assert_memory_equal(raw, got, ONCE_BYTES);
    }
    for (const char *p = text; *p != '\0'; p++) { /* as people type */
        loose[n++] = *p == '-' ? ' ' : *p == '0' ? 'O' : *p == '1' ? 'l' : *p;
        if (*p >= 'a' && *p <= 'z')
            loose[n - 1] = (char)(*p - 0x20);
    }
    assert_true(once_read((struct span){ (const uint8_t *)loose, n }, got));
    assert_memory_equal(raw, got, ONCE_BYTES);
    once_hash(raw, hash);
    raw[9] ^= 1;
    once_hash(raw, other);
    assert_memory_not_equal(hash, other, 32);
}

static void what_was_mistyped_is_none(void **state)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint8_t raw[ONCE_BYTES] = "canh-once", got[ONCE_BYTES];
    char text[ONCE_TEXT + 1], wrong[ONCE_TEXT + 2];
    unsigned read = 0;

    (void)state;
    once_put(raw, text);
    for (size_t i = 0; i < ONCE_TEXT; i++) { /* every character, every other */
        for (const char *d = digits; *d != '\0' && text[i] != '-'; d++) {
            memcpy(wrong, text, sizeof(text));
            wrong[i] = *d;
            read += once_read(span_of(wrong), got);
        }
        assert_false(once_read((struct span){ (const uint8_t *)text, i }, got)); /* cut */
    }
    assert_int_equal(read, 20); /* the right ones */
    (void)snprintf(wrong, sizeof(wrong), "%s0", text);
    assert_false(once_read(span_of(wrong), got));
    assert_false(once_read(SPAN_LIT("uuuuu-uuuuu-uuuuu-uuuuu"), got));
    assert_false(once_read(SPAN_LIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), got));
}

/* Whatever comes, no byte behind it is read. */
static void what_is_cut_is_none(void **state)
{
    uint8_t raw[ONCE_BYTES] = "canh-once", got[ONCE_BYTES];
    char text[ONCE_TEXT + 1];
    struct guard g;
    int64_t step;

    (void)state;
    guard_init(&g, 64);
    once_put(raw, text);
    for (size_t n = 0; n <= ONCE_TEXT; n++)
        assert_int_equal(once_read(guard_put(&g, (struct span){ (const uint8_t *)text, n }), got),
                         n == ONCE_TEXT);
    for (size_t n = 0; n <= 6; n++)
        assert_int_equal(totp_find(secret(),
                                   guard_put(&g, (struct span){ (const uint8_t *)"081804", n }),
                                   1111111109 * S, 0, &step),
                         n == 6);
    guard_release(&g);
}

/* --- pictures ------------------------------------------------------------------------------- */

#define SIDE_MAX 128

static int side_of(const char *svg)
{
    int a = 0, b = 0;

    assert_int_equal(sscanf(strstr(svg, "viewBox"), "viewBox=\"0 0 %d %d\"", &a, &b), 2);
    assert_int_equal(a, b);
    assert_true(a > 0 && a <= SIDE_MAX);
    return a;
}

static void read_svg(const char *svg, bool dark[SIDE_MAX][SIDE_MAX])
{
    const char *at = strstr(svg, "<path d=\"");
    int x, y, w, back, used;

    assert_non_null(at);
    for (at += strlen("<path d=\""); *at == 'M'; at += used) {
        assert_int_equal(sscanf(at, "M%d %dh%dv1h-%dz%n", &x, &y, &w, &back, &used), 4);
        assert_int_equal(w, back);
        for (int i = 0; i < w; i++) {
            assert_false(dark[y][x + i]);
            dark[y][x + i] = true;
        }
    }
    assert_string_equal(at, "\"/></svg>");
}

static void check_text(const char *text, bool dark[SIDE_MAX][SIDE_MAX], int side)
{
    static const char *const blocks[] = { "\u2588", "\u2580", "\u2584", " " };

    for (int y = 0; y < side; y += 2) {
        for (int x = 0; x < side; x++) {
            const char *want = blocks[2 * dark[y][x] + (y + 1 < side && dark[y + 1][x])];

            assert_memory_equal(text, want, strlen(want));
            text += strlen(want);
        }
        assert_int_equal(*text++, '\n');
    }
    assert_int_equal(*text, '\0');
}

static void both_pictures_are_one_code(void **state)
{
    static bool dark[SIDE_MAX][SIDE_MAX];
    char longest[QR_TEXT_MAX + 2];
    struct buf svg, text;
    int side;

    (void)state;
    buf_init(&svg, 1 << 17);
    buf_init(&text, 1 << 17);
    assert_int_equal(qr_svg(SPAN_LIT("otpauth://totp/Canh:an?secret=GEZDGNBVGY3TQOJQ"), &svg, NULL),
                     ERR_OK);
    assert_int_equal(
        qr_text(SPAN_LIT("otpauth://totp/Canh:an?secret=GEZDGNBVGY3TQOJQ"), &text, NULL), ERR_OK);
    buf_byte(&svg, 0);
    buf_byte(&text, 0);
    side = side_of((char *)svg.p);
    read_svg((char *)svg.p, dark);
    for (int i = 0; i < 7; i++) { /* a finder pattern behind the quiet zone */
        assert_true(dark[QR_QUIET][QR_QUIET + i] && dark[QR_QUIET + i][QR_QUIET]);
        assert_false(dark[QR_QUIET - 1][QR_QUIET + i] || dark[QR_QUIET + 7][QR_QUIET + i]);
    }
    check_text((char *)text.p, dark, side);
    memset(longest, 'x', sizeof(longest));
    buf_clear(&svg);
    assert_int_equal(qr_svg((struct span){ (uint8_t *)longest, QR_TEXT_MAX }, &svg, NULL), ERR_OK);
    assert_int_equal(qr_svg((struct span){ (uint8_t *)longest, QR_TEXT_MAX + 1 }, &svg, NULL),
                     ERR_LIMIT);
    buf_release(&svg);
    buf_release(&text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_rfc),
        cmocka_unit_test(a_step_is_good_once_and_one_to_either_side),
        cmocka_unit_test(the_uri_is_what_applications_read),
        cmocka_unit_test(a_code_is_read_as_it_was_written),
        cmocka_unit_test(what_was_mistyped_is_none),
        cmocka_unit_test(what_is_cut_is_none),
        cmocka_unit_test(both_pictures_are_one_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
