/*
 * tracer_test.c - our own events are known, and nothing else is taken for one.
 */
#include "collect/tracer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "guard.h"

#define HEAD "<110>1 2025-11-27T07:40:10.123456Z localhost canh - - - "

static const struct tracer_key key = { { 1, 2, 3 } }, other = { { 1, 2, 4 } };
#define INPUT SPAN_LIT("syslog-tcp")

static struct span made(char room[512], const char *before, const char *behind)
{
    char text[TRACER_TEXT_MAX];
    size_t n = tracer_put(text, &key, 0x1234, INPUT, 7);
    int all = snprintf(room, 512, "%s%.*s%s", before, (int)n, text, behind);

    return (struct span){ (uint8_t *)room, (size_t)all };
}

static void our_own_is_known_in_every_envelope(void **state)
{
    static const char *const around[][2] = {
        { "", "" }, { HEAD, "" }, { HEAD, "\n" }, { "{\"message\":\"", "\"}" }
    };
    char room[512];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(around); i++)
        assert_true(tracer_is(&key, INPUT, made(room, around[i][0], around[i][1])));
}

static void a_wrong_byte_makes_it_an_ordinary_event(void **state)
{
    char room[512];
    struct span s = made(room, "", "");

    (void)state;
    for (size_t i = 0; i < s.n; i++) {
        room[i] ^= 1;
        assert_false(tracer_is(&key, INPUT, s));
        room[i] ^= 1;
    }
    assert_true(tracer_is(&key, INPUT, s));
}

static void another_key_or_input_makes_it_an_ordinary_event(void **state)
{
    char room[512];
    struct span s = made(room, HEAD, "");

    (void)state;
    assert_false(tracer_is(&other, INPUT, s));
    assert_false(tracer_is(&key, SPAN_LIT("syslog-udp"), s));
    assert_false(tracer_is(&key, SPAN_NONE, s));
}

static void nothing_hides_around_a_true_one(void **state)
{
    char room[512], before[TRACER_AROUND_MAX + 2];

    (void)state;
    memset(before, 'x', sizeof(before));
    before[TRACER_AROUND_MAX + 1] = 0;
    assert_false(tracer_is(&key, INPUT, made(room, before, "")));
    assert_false(tracer_is(&key, INPUT, made(room, HEAD, " and more")));
    assert_false(tracer_is(&key, INPUT, made(room, HEAD, "\",\"a\":\"b\"}")));
}

static void cut_at_every_byte_it_is_none_and_nothing_behind_is_read(void **state)
{
    char room[512];
    struct span s = made(room, HEAD, "");
    struct guard g;

    (void)state;
    guard_init(&g, sizeof(room));
    for (size_t n = 0; n <= s.n; n++) {
        uint8_t *at = g.map + g.bytes - n;

        memcpy(at, room, n);
        assert_int_equal(tracer_is(&key, INPUT, (struct span){ at, n }), n == s.n);
    }
    guard_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_own_is_known_in_every_envelope),
        cmocka_unit_test(a_wrong_byte_makes_it_an_ordinary_event),
        cmocka_unit_test(another_key_or_input_makes_it_an_ordinary_event),
        cmocka_unit_test(nothing_hides_around_a_true_one),
        cmocka_unit_test(cut_at_every_byte_it_is_none_and_nothing_behind_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
