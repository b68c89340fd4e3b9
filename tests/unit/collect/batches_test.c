/*
 * Goal: a batch is stored once, wherever it comes again, and what the lanes know is what counts.
 * Method: the life of one batch by hand; two threads that claim the same ids; restoring from
 * records.
 */
#include "check.h"

#include <pthread.h>
#include <stdlib.h>

#include "collect/batches.h"

static struct batches *fresh(void)
{
    struct batches *b = calloc(1, BATCHES_BYTES);

    assert_non_null(b);
    return b;
}

static void a_whole_batch_is_known(void **state)
{
    struct batches *b = fresh();
    struct batch_id id = batch_id(SPAN_LIT("agent-7-0001"));
    uint32_t items = 9;

    (void)state;
    assert_int_equal(batch_claim(b, id, 0, 100, &items), BATCH_MINE);
    assert_int_equal(items, 0);
    assert_int_equal(batch_claim(b, id, 1, 100, &items), BATCH_BUSY);
    batch_note(b, id, 0, 40, false, false);
    assert_int_equal(batch_claim(b, id, 1, 100, &items), BATCH_BUSY);
    batch_note(b, id, 0, 100, true, true);
    assert_int_equal(batch_claim(b, id, 1, 101, &items), BATCH_WHOLE);
    assert_int_equal(items, 100);
    assert_int_equal(batch_claim(b, batch_id(SPAN_LIT("agent-7-0002")), 1, 101, &items),
                     BATCH_MINE);
    free(b);
}

static void a_broken_batch_goes_on_where_it_was(void **state)
{
    struct batches *b = fresh();
    struct batch_id id = batch_id(SPAN_LIT("x"));
    uint32_t items;

    (void)state;
    assert_int_equal(batch_claim(b, id, 0, 1, &items), BATCH_MINE);
    batch_note(b, id, 0, 40, false, true);
    assert_int_equal(batch_claim(b, id, 1, 2, &items), BATCH_MINE);
    assert_int_equal(items, 40);
    batch_note(b, id, 0, 99, true, true); /* not the claimant any more */
    assert_int_equal(batch_claim(b, id, 0, 2, &items), BATCH_BUSY);
    free(b);
}

static void a_dead_collectors_claims_are_void(void **state)
{
    struct batches *b = fresh();
    struct batch_id nothing = batch_id(SPAN_LIT("n")), part = batch_id(SPAN_LIT("p"));
    uint32_t items;

    (void)state;
    assert_int_equal(batch_claim(b, nothing, 0, 1, &items), BATCH_MINE);
    assert_int_equal(batch_claim(b, part, 0, 1, &items), BATCH_MINE);
    batch_note(b, part, 0, 5, false, false);
    batches_recover(b, 1);
    assert_int_equal(batch_claim(b, nothing, 1, 1, &items), BATCH_BUSY);
    batches_recover(b, 0);
    assert_int_equal(batch_claim(b, nothing, 1, 1, &items),
                     BATCH_BUSY); /* its lane is being read */
    batches_recovered(b, 0);
    assert_int_equal(batch_claim(b, nothing, 1, 1, &items), BATCH_MINE);
    assert_int_equal(batch_claim(b, part, 1, 1, &items), BATCH_MINE);
    assert_int_equal(items, 5);
    free(b);
}

static void put_back(void *arg, struct span record)
{
    assert_true(batch_restore(arg, record, 2, 50));
}

static void the_lanes_records_restore_it(void **state)
{
    struct batches *a = fresh(), *b = fresh();
    uint32_t items;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        char name[16];
        struct batch_id id;

        (void)snprintf(name, sizeof(name), "b%u", i);
        id = batch_id(span_of(name));
        assert_int_equal(batch_claim(a, id, 2, 10, &items), BATCH_MINE);
        batch_note(a, id, 2, i + 1, i % 2 == 0, true);
    }
    batches_each(a, 2, put_back, b);
    assert_int_equal(batch_claim(b, batch_id(SPAN_LIT("b4")), 0, 60, &items), BATCH_WHOLE);
    assert_int_equal(items, 5);
    assert_int_equal(batch_claim(b, batch_id(SPAN_LIT("b999")), 0, 60, &items), BATCH_MINE);
    assert_int_equal(items, 1000);
    assert_false(batch_restore(b, SPAN_LIT("short"), 2, 50));
    free(a);
    free(b);
}

/* It stored a batch, and was killed before it said so. */
static void what_a_dead_collector_stored_is_found_before_its_claim_ends(void **state)
{
    struct batches *b = fresh();
    struct batch_id id = batch_id(SPAN_LIT("x"));
    uint8_t record[BATCH_RECORD_BYTES];
    uint32_t items;

    (void)state;
    assert_int_equal(batch_claim(b, id, 0, 1, &items), BATCH_MINE);
    batch_record(record, id, 50, true);
    batches_recover(b, 0);
    assert_int_equal(batch_claim(b, id, 1, 1, &items), BATCH_BUSY);
    assert_true(batch_restore(b, (struct span){ record, sizeof(record) }, 0, 2));
    assert_int_equal(batch_claim(b, id, 1, 1, &items), BATCH_BUSY);
    batches_recovered(b, 0);
    assert_int_equal(batch_claim(b, id, 1, 2, &items), BATCH_WHOLE);
    assert_int_equal(items, 50);
    free(b);
}

/* After a start: the lane that has it may not have been read yet. */
static void nothing_is_new_before_all_lanes_told(void **state)
{
    struct batches *b = fresh();
    struct batch_id id = batch_id(SPAN_LIT("x")), other = batch_id(SPAN_LIT("y"));
    uint8_t record[BATCH_RECORD_BYTES];
    uint32_t items;

    (void)state;
    batches_expect(b, 2);
    batches_recovered(b, 1);
    assert_int_equal(batch_claim(b, id, 1, 100, &items), BATCH_BUSY);
    batch_record(record, id, 50, true);
    assert_true(batch_restore(b, (struct span){ record, sizeof(record) }, 0, 100));
    assert_int_equal(batch_claim(b, id, 1, 100, &items), BATCH_WHOLE);
    assert_int_equal(batch_claim(b, other, 1, 100 + BATCHES_WAIT - 1, &items), BATCH_BUSY);
    assert_int_equal(batch_claim(b, other, 1, 100 + BATCHES_WAIT, &items), BATCH_MINE);
    batches_recovered(b, 0);
    assert_int_equal(batch_claim(b, batch_id(SPAN_LIT("z")), 1, 101, &items), BATCH_MINE);
    free(b);
}

static void the_oldest_of_a_full_set_is_forgotten(void **state)
{
    struct batches *b = fresh();
    struct batch_id id = { .hi = 0, .lo = 8 };
    uint32_t items;

    (void)state;
    for (uint32_t i = 1; i <= 9; i++) { /* nine of one set */
        id.hi = i;
        assert_int_equal(batch_claim(b, id, 0, 100 + i, &items), BATCH_MINE);
        batch_note(b, id, 0, i, true, true);
    }
    id.hi = 9;
    assert_int_equal(batch_claim(b, id, 0, 200, &items), BATCH_WHOLE);
    id.hi = 2;
    assert_int_equal(batch_claim(b, id, 0, 200, &items), BATCH_WHOLE);
    id.hi = 1;
    assert_int_equal(batch_claim(b, id, 0, 200, &items), BATCH_MINE);
    free(b);
}

struct racer {
    struct batches *b;
    uint32_t lane, won;
};

#define RACES 20000u

static void *race(void *arg)
{
    struct racer *r = arg;
    uint32_t items;

    for (uint32_t i = 0; i < RACES; i++) {
        struct batch_id id = { .hi = i, .lo = i };

        if (batch_claim(r->b, id, r->lane, 1, &items) == BATCH_MINE)
            r->won++;
    }
    return NULL;
}

static void two_never_claim_one_batch(void **state)
{
    struct batches *b = fresh();
    struct racer r[2] = { { b, 0, 0 }, { b, 1, 0 } };
    pthread_t t;

    (void)state;
    assert_int_equal(pthread_create(&t, NULL, race, &r[0]), 0);
    (void)race(&r[1]);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_int_equal(r[0].won + r[1].won, RACES);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_batch_is_known),
        cmocka_unit_test(a_broken_batch_goes_on_where_it_was),
        cmocka_unit_test(a_dead_collectors_claims_are_void),
        cmocka_unit_test(the_lanes_records_restore_it),
        cmocka_unit_test(what_a_dead_collector_stored_is_found_before_its_claim_ends),
        cmocka_unit_test(nothing_is_new_before_all_lanes_told),
        cmocka_unit_test(the_oldest_of_a_full_set_is_forgotten),
        cmocka_unit_test(two_never_claim_one_batch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
