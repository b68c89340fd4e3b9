/*
 * Goal: arenas and buffers keep their limits, fail stickily and never hand out what overlaps.
 */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"

static void arena_hands_out_zeroed_aligned_memory(void **state)
{
    struct arena a;
    uint8_t *last = NULL;

    (void)state;
    arena_init(&a, 1u << 22);
    for (size_t n = 1; n < 2000; n++) {
        uint8_t *p = arena_alloc(&a, n);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_ptr_not_equal(p, last);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xAA, n);
        last = p;
    }
    assert_false(arena_failed(&a));
    arena_reset(&a);
    assert_int_equal(a.used_bytes, 0);
    assert_int_equal(*(uint8_t *)arena_alloc(&a, 1), 0);
    arena_release(&a);
}

static void arena_failure_sticks(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 100);
    assert_non_null(arena_alloc(&a, 60));
    assert_null(arena_alloc(&a, 60));
    assert_null(arena_alloc(&a, 1));
    assert_true(arena_failed(&a));
    arena_reset(&a);
    assert_non_null(arena_alloc(&a, 100));
    assert_null(arena_array(&a, SIZE_MAX / 2, 3));
    arena_release(&a);
}

static void arena_shrinks_the_newest_text(void **state)
{
    struct arena a;
    uint8_t *p, *q;

    (void)state;
    arena_init(&a, 1000);
    p = arena_bytes(&a, 100);
    arena_shrink(&a, 90);
    q = arena_bytes(&a, 5);
    assert_ptr_equal(q, p + 10);
    assert_int_equal(a.used_bytes, 15);
    arena_release(&a);
}

static void buf_keeps_its_maximum(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    buf_text(&b, "12345");
    buf_fmt(&b, "%d", 678);
    check_span("within", buf_span(&b), "12345678");
    buf_text(&b, "9AB");
    assert_true(buf_failed(&b));
    buf_byte(&b, 'x');
    check_span("after", buf_span(&b), "12345678");
    buf_clear(&b);
    buf_text(&b, "again");
    assert_false(buf_failed(&b));
    check_span("again", buf_span(&b), "again");
    buf_release(&b);
}

static void buf_formats_long_text(void **state)
{
    struct buf b;
    char text[2000];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    buf_init(&b, 1u << 20);
    buf_fmt(&b, "<%s>", text);
    assert_int_equal(b.n, sizeof(text) + 1);
    assert_int_equal(b.p[b.n - 1], '>');
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_hands_out_zeroed_aligned_memory),
        cmocka_unit_test(arena_failure_sticks),
        cmocka_unit_test(arena_shrinks_the_newest_text),
        cmocka_unit_test(buf_keeps_its_maximum),
        cmocka_unit_test(buf_formats_long_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
