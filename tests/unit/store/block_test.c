/*
 * Goal: events come back byte for byte, and a block that was changed is refused, never shown wrong.
 * Method: rows of odd events, random ones; cut at every byte against an unmapped page, every byte
 * flipped.
 */
#include "check.h"
#include "guard.h"

#include <stdlib.h>

#include "store/block.h"

static uint64_t seed = 1;

static uint64_t rnd(void)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return seed >> 11;
}

static void same_event(const struct block_event *a, const struct block_event *b)
{
    assert_int_equal(a->sequence, b->sequence);
    assert_int_equal(a->receipt_ns, b->receipt_ns);
    assert_int_equal(a->source, b->source);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->lines, b->lines);
    assert_true(span_eq(a->raw, b->raw));
}

static void put_all(const struct block_event *ev, uint32_t count, struct buf *out)
{
    struct block_writer *w;
    struct err e;

    assert_int_equal(block_writer_new(&w, &e), ERR_OK);
    for (uint32_t i = 0; i < count; i++)
        assert_true(block_add(w, &ev[i]));
    assert_int_equal(block_count(w), count);
    assert_int_equal(block_put(w, out, &e), ERR_OK);
    assert_int_equal(block_count(w), 0);
    block_writer_free(&w);
}

static void odd_events_come_back(void **state)
{
    const struct block_event ev[] = {
        { 1, INT64_MIN, UINT32_MAX, UINT16_MAX, 0, SPAN_LIT("") },
        { 2, INT64_MAX, 0, 0, UINT16_MAX, SPAN_LIT("a\0b\n") },
        { 9, 0, 7, 1, 1, SPAN_LIT("\xff\xfe") },
        { UINT64_MAX, -1, 7, 1, 1, SPAN_LIT("{\"a\":1}") },
    };
    struct block *b;
    struct buf out;
    struct err e;

    (void)state;
    for (uint32_t n = 0; n <= COUNT_OF(ev); n++) {
        buf_init(&out, 1u << 20);
        put_all(ev, n, &out);
        assert_int_equal(block_open(&b, buf_span(&out), &e), ERR_OK);
        assert_int_equal(block_events(b), n);
        for (uint32_t i = 0; i < n; i++) {
            struct block_event got = block_event(b, i);

            same_event(&got, &ev[i]);
        }
        block_free(&b);
        buf_release(&out);
    }
}

/* Random events as logs have them, with bytes of any kind. */
static struct block_event *make(uint32_t count)
{
    struct block_event *ev = calloc(count, sizeof(*ev));

    for (uint32_t i = 0; i < count; i++) {
        size_t n = rnd() % 7 == 0 ? rnd() % 3000 : rnd() % 200;
        uint8_t *raw = malloc(n + 1);

        for (size_t k = 0; k < n; k++)
            raw[k] = (uint8_t)(rnd() % 40 == 0 ? rnd() : 'a' + rnd() % 16);
        ev[i] =
            (struct block_event){ i == 0 ? 5 : ev[i - 1].sequence + 1 + (rnd() % 9 == 0 ? 3u : 0u),
                                  (int64_t)(1795000000000000000 + rnd() % 1000000000),
                                  (uint32_t)(rnd() % 20),
                                  (uint16_t)(rnd() % 4),
                                  1,
                                  { raw, n } };
    }
    return ev;
}

static void free_all(struct block_event *ev, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free((void *)(uintptr_t)ev[i].raw.p);
    free(ev);
}

static void a_full_block_comes_back_and_takes_no_more(void **state)
{
    struct block_event *ev = make(BLOCK_EVENTS_MAX);
    struct block_event more = { .sequence = UINT64_MAX };
    struct block_writer *w;
    struct block *b;
    struct buf out;
    struct err e;

    (void)state;
    buf_init(&out, 64u << 20);
    assert_int_equal(block_writer_new(&w, &e), ERR_OK);
    for (unsigned turn = 0; turn < 2; turn++) { /* a writer is used again */
        buf_clear(&out);
        for (uint32_t i = 0; i < BLOCK_EVENTS_MAX; i++)
            assert_true(block_add(w, &ev[i]));
        assert_false(block_add(w, &more));
        assert_int_equal(block_put(w, &out, &e), ERR_OK);
        assert_int_equal(block_open(&b, buf_span(&out), &e), ERR_OK);
        for (uint32_t i = 0; i < BLOCK_EVENTS_MAX; i++) {
            struct block_event got = block_event(b, i);

            same_event(&got, &ev[i]);
        }
        block_free(&b);
    }
    block_writer_free(&w);
    buf_release(&out);
    free_all(ev, BLOCK_EVENTS_MAX);
}

/* Nothing that was changed opens as if it had not been. */
static void a_changed_block_is_refused(void **state)
{
    struct block_event *ev = make(50);
    struct guard g;
    struct buf out;
    struct block *b;
    struct err e;

    (void)state;
    buf_init(&out, 1u << 20);
    put_all(ev, 50, &out);
    guard_init(&g, out.n);
    for (size_t cut = 0; cut < out.n; cut++)
        assert_int_equal(block_open(&b, guard_put(&g, (struct span){ out.p, cut }), &e),
                         ERR_CORRUPT);
    for (size_t at = 0; at < out.n; at++) {
        const uint8_t bit = (uint8_t)(1u << rnd() % 8);

        out.p[at] ^= bit;
        if (block_open(&b, guard_put(&g, buf_span(&out)), &e) == ERR_OK)
            fail_msg("byte %zu", at);
        out.p[at] ^= bit;
    }
    guard_release(&g);
    buf_release(&out);
    free_all(ev, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_events_come_back),
        cmocka_unit_test(a_full_block_comes_back_and_takes_no_more),
        cmocka_unit_test(a_changed_block_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
