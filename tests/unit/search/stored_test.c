/*
 * Goal: one event is found by its number wherever it lies, with its very bytes, and what is not
 * there is told apart: gone, or never come. Method: a lane that is sealed further and further, and
 * files that are taken away as retention does.
 */
#include "../check.h"

#include <stdlib.h>
#include <unistd.h>

#include "search/stored.h"
#include "store/catalog.h"
#include "store_bench.h"

#define EVENTS 900u

static struct span event_of(void *arg, uint64_t n, char *room, size_t bytes)
{
    int len = n % 7 == 0 ? snprintf(room, bytes, "odd \xff\xfe bytes %llu", (unsigned long long)n)
                         : snprintf(room, bytes, "{\"n\":%llu,\"path\":\"C:\\\\tmp\\\\f%llu\"}",
                                    (unsigned long long)n, (unsigned long long)(n % 10));

    (void)arg;
    return (struct span){ (uint8_t *)room, (size_t)len };
}

static int find(const struct store_bench *b, uint32_t lane, uint64_t sequence, struct stored **s,
                struct err *e)
{
    const struct stored_from from = {
        .io = &io_system, .data = b->data, .lane = lane, .sequence = sequence
    };
    int rc = stored_new(s, &from, e);

    if (rc != ERR_OK)
        return rc;
    while ((rc = stored_step(*s, e)) > 0)
        ;
    return rc;
}

static void expect_there(const struct store_bench *b, uint64_t n)
{
    char room[512];
    struct stored *s;
    struct err e = { 0 };
    struct span raw;

    assert_int_equal(find(b, 0, n, &s, &e), 0);
    if (stored_state(s) != STORED_FOUND)
        fail_msg("%llu is not found", (unsigned long long)n);
    raw = event_of(NULL, n, room, sizeof(room));
    assert_int_equal(stored_event(s)->ev.sequence, n);
    assert_int_equal(stored_event(s)->ev.receipt_ns, store_bench_receipt(b, n));
    assert_true(span_eq(stored_event(s)->ev.raw, raw));
    assert_true(span_eq(stored_event(s)->source, SPAN_LIT("src")));
    if (stored_place(s)->sealed)
        assert_true(strstr(stored_place(s)->file, ".seal") != NULL &&
                    stored_place(s)->months == 12 && stored_place(s)->leaf == n - 1);
    else
        assert_true(stored_place(s)->segment > 0);
    stored_free(&s);
}

static void expect_state(const struct store_bench *b, uint64_t n, enum stored_state state)
{
    struct stored *s;
    struct err e = { 0 };

    assert_int_equal(find(b, 0, n, &s, &e), 0);
    assert_int_equal(stored_state(s), state);
    stored_free(&s);
}

static void each_is_found_wherever_it_lies(void **state)
{
    static const uint64_t stages[] = { 0, 30000, 60000, UINT64_MAX };
    struct store_bench b;

    (void)state;
    store_bench_init(&b, event_of, NULL, EVENTS, 0);
    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        if (stages[i] > 0)
            store_bench_seal(&b, stages[i]);
        for (uint64_t n = 1; n <= EVENTS; n++)
            expect_there(&b, n);
        expect_state(&b, EVENTS + 1, STORED_NEVER);
        expect_state(&b, UINT64_MAX, STORED_NEVER);
    }
    store_bench_release(&b);
}

/* The first file of the lane, away; the first event behind it. */
static uint64_t take_first(const struct store_bench *b)
{
    struct catalog c;
    char name[SEALED_NAME_BYTES];
    uint64_t to;
    struct err e;
    int dir;

    catalog_init(&c);
    assert_int_equal(catalog_read(&c, b->sealed, &e), ERR_OK);
    assert_true(c.count > 2);
    dir = catalog_folder(b->sealed, c.file[0].day, c.file[0].months);
    sealed_file_name(name, &c.file[0].name);
    assert_int_equal(unlinkat(dir, name, 0), 0);
    (void)close(dir);
    to = c.file[0].name.to;
    catalog_release(&c);
    return to + 1;
}

static void what_is_gone_is_told_from_what_never_came(void **state)
{
    struct store_bench b;
    struct stored *s;
    struct err e = { 0 };
    uint64_t first;

    (void)state;
    store_bench_init(&b, event_of, NULL, EVENTS, 0);
    store_bench_seal(&b, UINT64_MAX);
    first = take_first(&b);
    assert_true(first > 2);
    expect_state(&b, 1, STORED_GONE);
    expect_state(&b, first - 1, STORED_GONE);
    expect_there(&b, first);
    expect_state(&b, EVENTS + 1, STORED_NEVER);
    assert_int_equal(find(&b, 7, 1, &s, &e), ERR_NOTFOUND);
    assert_null(s);
    store_bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_found_wherever_it_lies),
        cmocka_unit_test(what_is_gone_is_told_from_what_never_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
