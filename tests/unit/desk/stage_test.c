/*
 * Goal: a stage judges in order what comes in any, tells what is late, stays in bounds, and its
 * saved state is read whole or refused.
 * Method: records of one correlation; states cut at every byte and with every bit turned.
 */
#include "../check.h"

#include <stdlib.h>

#include "../guard.h"
#include "../sigma/correlate_both.h"
#include "base/time.h"
#include "desk/stage.h"

static const char yaml[] = "{title: t, correlation: {type: event_count, rules: [a],"
                           " group-by: [user], timespan: 1m, condition: {gte: 3}}}";

struct bench {
    struct correlate_both both;
    struct stage *stage;
    struct buf record;
    uint64_t results, order;
};

static void on_result(void *arg, const struct correlate_result *r)
{
    (void)r;
    ((struct bench *)arg)->results++;
}

static void bench_stage(struct bench *b, size_t buffer_max)
{
    const struct stage_settings s = { b->both.plan, buffer_max, 0, on_result, b };
    struct err e;

    assert_int_equal(stage_new(&b->stage, &s, &e), ERR_OK);
}

static void bench_init(struct bench *b)
{
    *b = (struct bench){ 0 };
    assert_true(correlate_both_init(&b->both, span_of(yaml)));
    buf_init(&b->record, 1 << 16);
    bench_stage(b, 1 << 20);
}

static void bench_release(struct bench *b)
{
    stage_free(&b->stage);
    buf_release(&b->record);
    correlate_both_release(&b->both);
}

static struct span bob(void *arg, uint32_t name)
{
    (void)arg;
    (void)name;
    return SPAN_LIT("bob");
}

static int put(struct bench *b, int64_t time, uint64_t order)
{
    const struct correlate_values v = { bob, NULL };
    const struct correlate_event hit = { time, order, 0, 0 };
    struct err e;

    buf_clear(&b->record);
    correlate_put(b->both.plan, &hit, &v, &b->record);
    return stage_put(b->stage, buf_span(&b->record), &e);
}

static void advance(struct bench *b, int64_t time)
{
    struct err e;

    assert_int_equal(stage_advance(b->stage, time, &e), ERR_OK);
}

static void what_lies_at_or_below_the_watermark_is_late(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    assert_int_equal(put(&b, 30 * TIME_SECOND, 1), 1);
    assert_int_equal(put(&b, 10 * TIME_SECOND, 2), 1);
    assert_int_equal(put(&b, 20 * TIME_SECOND, 3), 1);
    advance(&b, 20 * TIME_SECOND);
    assert_int_equal(stage_counts(b.stage).fed, 2);
    assert_int_equal(put(&b, 20 * TIME_SECOND, 4), 0);
    assert_int_equal(put(&b, 20 * TIME_SECOND + 1, 4), 1);
    advance(&b, 10 * TIME_SECOND); /* never back */
    assert_true(stage_time(b.stage) == 20 * TIME_SECOND);
    advance(&b, 40 * TIME_SECOND);
    assert_int_equal(b.results, 1);
    assert_int_equal(stage_waiting(b.stage), 0);
    bench_release(&b);
}

static void a_record_that_comes_twice_is_fed_once(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(put(&b, TIME_SECOND, 1), 1);
    assert_int_equal(put(&b, TIME_SECOND, 2), 1);
    advance(&b, 2 * TIME_SECOND);
    assert_int_equal(stage_counts(b.stage).fed, 2);
    assert_int_equal(stage_counts(b.stage).repeated, 4);
    assert_int_equal(b.results, 0);
    bench_release(&b);
}

static void the_buffer_is_bounded(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    stage_free(&b.stage);
    bench_stage(&b, 4096);
    for (int64_t i = 1000; i > 0; i--) /* each older than those before: nearly all are late */
        assert_true(put(&b, i * TIME_SECOND, (uint64_t)i) >= 0);
    for (int64_t i = 2000; i < 3000; i++)
        assert_int_equal(put(&b, i * TIME_SECOND, (uint64_t)i), 1);
    assert_true(stage_waiting(b.stage) <= 4096);
    assert_true(stage_counts(b.stage).forced > 900);
    bench_release(&b);
}

static int load(struct bench *b, struct span saved)
{
    const struct stage_settings is = { b->both.plan, 1 << 20, 0, on_result, b };
    struct stage *s;
    struct err e;
    int rc;

    assert_int_equal(stage_new(&s, &is, &e), ERR_OK);
    rc = stage_load(s, saved, &e);
    if (rc == ERR_OK)
        assert_int_equal(stage_drain(s, &e), ERR_OK);
    stage_free(&s);
    return rc;
}

static void try_state(struct bench *b, struct buf *saved)
{
    struct guard guard;

    guard_init(&guard, saved->n);
    for (size_t n = 0; n <= saved->n; n++)
        assert_int_equal(load(b, guard_put(&guard, (struct span){ saved->p, n })),
                         n == saved->n ? ERR_OK : ERR_CORRUPT);
    guard_release(&guard);
    for (size_t i = 0; i < saved->n * 8; i++) {
        saved->p[i / 8] ^= (uint8_t)(1u << i % 8);
        (void)load(b, buf_span(saved)); /* either answer is right */
        saved->p[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}

static void a_state_is_read_whole_or_refused(void **state)
{
    struct buf saved;
    struct bench b;

    (void)state;
    bench_init(&b);
    buf_init(&saved, 1 << 16);
    for (unsigned i = 1; i < 5; i++)
        assert_int_equal(put(&b, i * TIME_SECOND, i), 1);
    stage_save(b.stage, &saved); /* no watermark yet */
    try_state(&b, &saved);
    buf_clear(&saved);
    advance(&b, 3 * TIME_SECOND);
    stage_save(b.stage, &saved);
    try_state(&b, &saved);
    buf_release(&saved);
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_at_or_below_the_watermark_is_late),
        cmocka_unit_test(a_record_that_comes_twice_is_fed_once),
        cmocka_unit_test(the_buffer_is_bounded),
        cmocka_unit_test(a_state_is_read_whole_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
