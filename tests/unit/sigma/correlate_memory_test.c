/*
 * Goal: without memory a correlator says so, and can still be freed; nothing is lost or written to.
 * Method: the same hits again and again, with the nth allocation failing, for every n there is. The
 * linker puts these allocators in the place of libc's (--wrap).
 */
#include "../check.h"

#include <stdlib.h>

#include "base/time.h"
#include "correlate_both.h"

void *__real_calloc(size_t count, size_t each);
void *__real_realloc(void *p, size_t bytes);
void *__wrap_calloc(size_t count, size_t each);
void *__wrap_realloc(void *p, size_t bytes);

static long allowed = -1; /* allocations until one fails; -1: all succeed */

static bool fails(void)
{
    return allowed >= 0 && allowed-- == 0;
}

void *__wrap_calloc(size_t count, size_t each)
{
    return fails() ? NULL : __real_calloc(count, each);
}

void *__wrap_realloc(void *p, size_t bytes)
{
    return fails() ? NULL : __real_realloc(p, bytes);
}

static const char yaml[] =
    "{title: t0, name: t0, correlation: {type: event_count, rules: [a, b], group-by: [user],"
    " timespan: 5s, generate: true, condition: {gte: 2}}}\n---\n"
    "{title: t1, correlation: {type: value_count, rules: [a, t0], group-by: [user], timespan: 9s,"
    " condition: {gt: 1, field: user}}}\n---\n"
    "{title: t2, correlation: {type: value_median, rules: [a], group-by: [user], timespan: 3s,"
    " condition: {lt: 5, field: n}}}\n---\n"
    "{title: t3, correlation: {type: temporal_ordered, rules: [a, b], timespan: 9s}}\n---\n"
    "{title: t4, correlation: {type: event_count, rules: [t0], timespan: 9s,"
    " condition: {lt: 2}}}\n";

#define HITS 100u

static void ignore(void *arg, const struct correlate_result *r)
{
    ++*(uint64_t *)arg;
    assert_true(r->group_count <= 1);
}

static struct span value(void *arg, uint32_t name)
{
    static const char *const text[] = { "1", "2", "Bob", "3", "amy" };

    return span_of(text[(*(uint32_t *)arg + name) % COUNT_OF(text)]);
}

static void make_records(const struct correlate_both *b, struct buf *records)
{
    for (uint32_t i = 0; i < HITS; i++) {
        const struct correlate_values v = { value, &i };
        const struct correlate_event hit = { (int64_t)i * TIME_SECOND / 4, i, i, i % 3 / 2 };

        correlate_put(b->plan, &hit, &v, records);
    }
}

/* ERR_OK when nothing failed. */
static int run(const struct correlate_both *b, struct span records, uint64_t *results)
{
    struct correlator *c;
    struct span record;
    int rc = correlator_new(&c, b->plan, 0, ignore, results, NULL);

    *results = 0;
    if (rc != ERR_OK)
        return rc;
    while (rc == ERR_OK && correlate_next(&records, &record))
        rc = correlator_feed(c, record, NULL);
    if (rc == ERR_OK)
        rc = correlator_finish(c, NULL);
    else
        assert_int_equal(correlator_finish(c, NULL), ERR_NOMEM);
    correlator_free(&c);
    return rc;
}

static void the_nth_allocation_fails(void **state)
{
    struct correlate_both b;
    uint64_t all, results;
    struct buf records;
    int rc = ERR_NOMEM;
    long n = 0;

    (void)state;
    buf_init(&records, 1 << 20);
    assert_true(correlate_both_init(&b, span_of(yaml)));
    make_records(&b, &records);
    assert_int_equal(run(&b, buf_span(&records), &all), ERR_OK);
    assert_true(all > 10);
    for (; rc != ERR_OK; n++) {
        allowed = n;
        rc = run(&b, buf_span(&records), &results);
        assert_true(rc == ERR_OK || rc == ERR_NOMEM);
        assert_true(results <= all && (rc != ERR_OK || results == all));
        allowed = -1;
    }
    printf("%ld allocations, %llu results\n", n, (unsigned long long)all);
    assert_true(n > 100);
    correlate_both_release(&b);
    buf_release(&records);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_nth_allocation_fails) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
