/*
 * Goal: fields of Protocol Buffers are read as they are written down, and what is none is refused.
 * Method: the examples of the encoding's own page, rows of bad ones, cut at every byte against an
 * unmapped page, what is put read back.
 */
#include "../check.h"
#include "../guard.h"

#include "wire/protobuf.h"

/* "number:type=value" of each field, or "!" where it is refused. */
static const char *shown(struct span message)
{
    static char text[256];
    struct pb_field f;
    size_t n = 0;
    int rc;

    text[0] = 0;
    while ((rc = pb_next(&message, &f)) == 1 && n < sizeof(text) - 40)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%u:%u=%llu ", f.number, f.type,
                              (unsigned long long)f.value);
    if (rc < 0)
        (void)snprintf(text + n, sizeof(text) - n, "!");
    return text;
}

#define ROW(bytes, want)                                                                           \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, want                                                             \
    }

static void messages_are_read(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *want;
    } rows[] = {
        ROW("", ""),
        ROW("\x08\x96\x01", "1:0=150 "),
        ROW("\x12\x07testing", "2:2=7 "),
        ROW("\x1a\x03\x08\x96\x01", "3:2=3 "),
        ROW("\x09\x01\x00\x00\x00\x00\x00\x00\x80", "1:1=9223372036854775809 "),
        ROW("\x0d\xff\xff\xff\xff\x10\x00", "1:5=4294967295 2:0=0 "),
        ROW("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "1:0=18446744073709551615 "),
        ROW("\xf8\xff\xff\xff\x0f\x01", "536870911:0=1 "),
        ROW("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "!"), /* over 64 bits */
        ROW("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", "!"),
        ROW("\x00\x01", "!"),                 /* field 0 */
        ROW("\x80\x80\x80\x80\x10\x01", "!"), /* field 2^29 */
        ROW("\x0b\x0c", "!"),                 /* a group */
        ROW("\x0e\x01", "!"),                 /* of no type */
        ROW("\x12\x08testing", "!"),          /* longer than what is there */
        ROW("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "!"),
        ROW("\x08\x01\x08", "1:0=1 !"),
    };
    struct guard g;

    (void)state;
    guard_init(&g, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span s = { (const uint8_t *)rows[i].bytes, rows[i].n };

        if (strcmp(shown(guard_put(&g, s)), rows[i].want) != 0)
            fail_msg("row %zu: %s, not %s", i, shown(s), rows[i].want);
        for (size_t cut = 0; cut < s.n; cut++)
            (void)shown(guard_put(&g, (struct span){ s.p, cut }));
    }
    guard_release(&g);
}

static void what_is_put_is_read(void **state)
{
    static const uint64_t values[] = { 0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX };
    static const enum pb_type types[] = { PB_VARINT, PB_FIXED64, PB_FIXED32 };

    (void)state;
    for (size_t v = 0; v < COUNT_OF(values); v++) {
        for (size_t t = 0; t < COUNT_OF(types); t++) {
            uint8_t room[20];
            struct span s = { room, pb_put(room, 77, types[t], values[v]) };
            struct pb_field f;

            assert_int_equal(pb_next(&s, &f), 1);
            assert_int_equal(f.number, 77);
            assert_int_equal(f.type, types[t]);
            assert_true(f.value ==
                        (types[t] == PB_FIXED32 ? values[v] & UINT32_MAX : values[v]));
            assert_int_equal(s.n, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_read),
        cmocka_unit_test(what_is_put_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
