/*
 * Goal: whatever is added comes back in order, equal keys in the order of adding, byte for byte,
 * within the memory given. Method: streams of random records, small and larger than a window, in a
 * memory so small that they make many runs, against a plain sort; and the limits.
 */
#include <stdlib.h>

#include "check.h"

#include "os/spill.h"

#define MEMORY 65536u

struct made {
    struct spill_key key;
    uint32_t number, bytes;
};

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static int made_order(const void *a, const void *b)
{
    const struct made *x = a, *y = b;

    if (x->key.time != y->key.time)
        return x->key.time < y->key.time ? -1 : 1;
    if (x->key.order != y->key.order)
        return x->key.order < y->key.order ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* The bytes of record `number`: it can be told from any other of its size. */
static void fill(uint8_t *p, uint32_t number, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)(number * 31 + i * 7);
}

static const struct {
    const char *name;
    uint32_t count, bytes_max, times;
} streams[] = {
    { "nothing", 0, 1, 1 },
    { "one record", 1, 100, 1 },
    { "all in memory", 200, 100, 50 },
    { "many runs", 5000, 200, 1000 },
    { "all at one time", 3000, 60, 1 },
    { "empty records", 3000, 1, 10 },
    { "records larger than a window", 400, MEMORY / 4 - 64, 100 },
};

static void comes_back_in_order(void **state)
{
    static uint8_t want[MEMORY], room[MEMORY];

    (void)state;
    for (size_t s = 0; s < COUNT_OF(streams); s++) {
        struct made *made = calloc(streams[s].count + 1, sizeof(*made));
        struct spill *spill;
        struct spill_key key;
        struct span record;
        struct err e;
        uint32_t seed = (uint32_t)s + 1;

        assert_non_null(made);
        assert_int_equal(spill_new(&spill, MEMORY, &e), ERR_OK);
        for (uint32_t i = 0; i < streams[s].count; i++) {
            made[i] = (struct made){ { (int64_t)(next_random(&seed) % streams[s].times) - 5,
                                       next_random(&seed) % 3 },
                                     i,
                                     next_random(&seed) % streams[s].bytes_max };
            fill(room, i, made[i].bytes);
            assert_int_equal(
                spill_add(spill, made[i].key, (struct span){ room, made[i].bytes }, &e), ERR_OK);
        }
        CHECK_ROW(streams[s].name, spill_count(spill) == streams[s].count);
        qsort(made, streams[s].count, sizeof(*made), made_order);
        assert_int_equal(spill_sort(spill, &e), ERR_OK);
        for (uint32_t i = 0; i < streams[s].count; i++) {
            CHECK_ROW(streams[s].name, spill_next(spill, &key, &record, &e) == 1);
            fill(want, made[i].number, made[i].bytes);
            CHECK_ROW(streams[s].name,
                      key.time == made[i].key.time && key.order == made[i].key.order);
            CHECK_ROW(streams[s].name, span_eq(record, (struct span){ want, made[i].bytes }));
        }
        CHECK_ROW(streams[s].name, spill_next(spill, &key, &record, &e) == 0);
        CHECK_ROW(streams[s].name, spill_next(spill, &key, &record, &e) == 0);
        spill_free(&spill);
        free(made);
    }
}

static void a_record_that_is_too_large_is_refused_and_no_other(void **state)
{
    static uint8_t room[MEMORY];
    struct spill *spill;
    struct spill_key key = { 1, 1 };
    struct span record;
    struct err e;

    (void)state;
    assert_int_equal(spill_new(&spill, MEMORY, &e), ERR_OK);
    assert_int_equal(spill_add(spill, key, (struct span){ room, MEMORY / 4 + 1 }, &e), ERR_LIMIT);
    assert_int_equal(spill_add(spill, key, SPAN_LIT("kept"), &e), ERR_OK);
    assert_int_equal(spill_sort(spill, &e), ERR_OK);
    assert_int_equal(spill_next(spill, &key, &record, &e), 1);
    check_span("the other", record, "kept");
    spill_free(&spill);
}

static void without_a_place_for_the_file_it_says_so(void **state)
{
    struct spill *spill;
    struct err e;
    int rc = ERR_OK;

    (void)state;
    assert_int_equal(setenv("TMPDIR", "/nowhere/at/all", 1), 0);
    assert_int_equal(spill_new(&spill, MEMORY, &e), ERR_OK);
    for (int i = 0; i < 10000 && rc == ERR_OK; i++)
        rc = spill_add(spill, (struct spill_key){ i, 0 }, SPAN_LIT("0123456789abcdef"), &e);
    assert_int_equal(rc, ERR_IO);
    assert_non_null(strstr(e.why, "/nowhere/at/all"));
    spill_free(&spill);
    assert_int_equal(unsetenv("TMPDIR"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_in_order),
        cmocka_unit_test(a_record_that_is_too_large_is_refused_and_no_other),
        cmocka_unit_test(without_a_place_for_the_file_it_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
