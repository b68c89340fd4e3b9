/*
 * Goal: who is refused again and again waits, whoever else asks does not; a session asks so fast
 * and no faster, and is known for a while; the table holds however many come.
 * Method: rows of time given by hand; an oracle that counts.
 */
#include "../check.h"

#include "console/pace.h"

static struct span text(char room[32], unsigned i)
{
    return (struct span){ (uint8_t *)room, (size_t)snprintf(room, 32, "10.%u.%u.%u", i >> 16 & 255,
                                                            i >> 8 & 255, i & 255) };
}

static int setup(void **state)
{
    struct err e;

    return pace_new((struct pace **)state, &e);
}

static int teardown(void **state)
{
    pace_free((struct pace **)state);
    return 0;
}

static void test_an_address_is_blocked_and_comes_back(void **state)
{
    struct pace *p = *state;
    const struct span one = SPAN_LIT("192.0.2.1"), other = SPAN_LIT("192.0.2.2");

    for (unsigned i = 0; i < PACE_REFUSED_BURST; i++) {
        assert_false(pace_is_blocked(p, one, 1000));
        pace_refused(p, one, 1000);
    }
    assert_true(pace_is_blocked(p, one, 1000));
    assert_false(pace_is_blocked(p, other, 1000));
    assert_true(pace_is_blocked(p, one, 1000 + 1000 / PACE_REFUSED - 1));
    assert_false(pace_is_blocked(p, one, 1000 + 1000 / PACE_REFUSED));
    pace_refused(p, one, 1000 + 1000 / PACE_REFUSED);
    assert_true(pace_is_blocked(p, one, 1000 + 1000 / PACE_REFUSED));
}

static void test_ipv6_is_counted_by_its_64(void **state)
{
    struct pace *p = *state;

    for (unsigned i = 0; i < PACE_REFUSED_BURST; i++) {
        char room[64];

        (void)snprintf(room, sizeof(room), "2001:db8::%x", i + 1);
        pace_refused(p, span_of(room), 1);
    }
    assert_true(pace_is_blocked(p, SPAN_LIT("2001:db8::ffff:1"), 1));
    assert_false(pace_is_blocked(p, SPAN_LIT("2001:db8:0:1::1"), 1));
    assert_false(pace_is_blocked(p, SPAN_LIT("::ffff:192.0.2.9"), 1));
}

static void test_a_session_asks_so_fast_and_no_faster(void **state)
{
    struct pace *p = *state;
    const struct span one = SPAN_LIT("secret of one");
    unsigned taken = 0;

    assert_false(pace_knows(p, one, 5000));
    for (unsigned ms = 5000; ms < 15000; ms++)
        taken += pace_session(p, one, ms);
    assert_in_range(taken, 10 * PACE_SESSION, 11 * PACE_SESSION);
    assert_true(pace_knows(p, one, 15000 + PACE_KNOWN_MS - 1));
    assert_false(pace_knows(p, one, 15000 + PACE_KNOWN_MS));
    assert_false(pace_knows(p, SPAN_LIT("secret of onf"), 15000));
    assert_false(pace_knows(p, SPAN_NONE, 15000));
}

/* A hundred thousand addresses: nobody is blocked who was refused once, and one that goes on is. */
static void test_many_addresses_are_held_within_bounds(void **state)
{
    struct pace *p = *state;
    const struct span one = SPAN_LIT("192.0.2.1");
    char room[32];
    bool blocked = false;

    for (unsigned i = 0; i < 100000; i++) {
        pace_refused(p, text(room, i), 7 + i / 100);
        assert_false(pace_is_blocked(p, text(room, i), 7 + i / 100));
        pace_refused(p, one, 7 + i / 100);
        blocked |= pace_is_blocked(p, one, 7 + i / 100);
    }
    assert_true(blocked);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_an_address_is_blocked_and_comes_back),
        T(test_ipv6_is_counted_by_its_64),
        T(test_a_session_asks_so_fast_and_no_faster),
        T(test_many_addresses_are_held_within_bounds),
    };
#undef T

    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
