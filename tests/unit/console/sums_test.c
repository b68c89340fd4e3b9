/*
 * Goal: what several collectors counted is one table whose sums are theirs, bounded whatever the
 * shared memory holds; and a difference is told when it stays, not when it passes.
 * Method: ledgers filled by the collector's own functions, and one filled with noise.
 */
#include "../check.h"

#include <stdlib.h>

#include "console/sums.h"

struct bench {
    struct ledger *g[2];
    struct ledgers all;
    struct sums *sums;
};

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct err e;

    assert_non_null(b);
    for (uint32_t i = 0; i < 2; i++) {
        b->g[i] = calloc(1, sizeof(struct ledger));
        assert_non_null(b->g[i]);
        assert_int_equal(ledger_begin(b->g[i], i, &e), ERR_OK);
    }
    b->all.lane[0] = b->g[0];
    b->all.lane[5] = b->g[1];
    b->sums = sums_new();
    assert_non_null(b->sums);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    sums_free(&b->sums);
    assert_null(b->sums);
    free(b->g[0]);
    free(b->g[1]);
    free(b);
    return 0;
}

static void add(struct ledger *g, enum input input, const char *name, bool proven,
                enum ledger_counter c, uint64_t n)
{
    ledger_add(g, ledger_row(g, input, span_of(name), proven, false), c, n);
}

static const struct sum_row *row(const struct sums *s, enum input input, const char *name)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->row[i].input == input && strcmp(s->row[i].name, name) == 0)
            return &s->row[i];
    }
    fail_msg("no row %s", name);
    return NULL;
}

static void test_rows_of_one_source_are_one(void **state)
{
    struct bench *b = *state;
    const struct sum_row *r;

    add(b->g[0], INPUT_RELP, "a", true, LEDGER_received, 10);
    add(b->g[0], INPUT_RELP, "a", true, LEDGER_last_ms, 700);
    add(b->g[1], INPUT_RELP, "a", true, LEDGER_received, 5);
    add(b->g[1], INPUT_RELP, "a", true, LEDGER_last_ms, 300);
    add(b->g[1], INPUT_RELP, "b", false, LEDGER_received, 1);
    add(b->g[1], INPUT_HTTP, "a", true, LEDGER_received, 2);
    add(b->g[1], INPUT_HTTP, "a", false, LEDGER_received, 3);
    sums_read(b->sums, &b->all);
    sums_read(b->sums, &b->all); /* again is the same */
    assert_int_equal(b->sums->count, 3);
    r = row(b->sums, INPUT_RELP, "a");
    assert_int_equal(r->count[LEDGER_received], 15);
    assert_int_equal(r->count[LEDGER_last_ms], 700); /* the latest, not the sum */
    assert_true(r->authenticated);
    assert_false(row(b->sums, INPUT_HTTP, "a")->authenticated); /* not all of it was */
    assert_int_equal(row(b->sums, INPUT_HTTP, "a")->count[LEDGER_received], 5);
    assert_int_equal(b->sums->total[LEDGER_received], 21);
    assert_int_equal(b->sums->row[0].input, INPUT_RELP); /* in the order of inputs and names */
    assert_string_equal(b->sums->row[1].name, "b");
}

static void test_more_sources_than_there_is_room_for_are_others(void **state)
{
    struct bench *b = *state;
    char name[32];
    uint64_t sum = 0;

    for (uint32_t i = 0; i < 2 * LEDGER_ROWS; i++) {
        (void)snprintf(name, sizeof(name), "10.%u.%u.1", i / 200, i % 200);
        add(b->g[i % 2], INPUT_SYSLOG_UDP, name, false, LEDGER_received, 1);
    }
    sums_read(b->sums, &b->all);
    assert_int_equal(b->sums->count, LEDGER_ROWS);
    for (uint32_t i = 0; i < b->sums->count; i++)
        sum += b->sums->row[i].count[LEDGER_received];
    assert_int_equal(sum, 2 * LEDGER_ROWS); /* nothing is left out */
    assert_int_equal(b->sums->total[LEDGER_received], 2 * LEDGER_ROWS);
}

static void test_noise_in_the_memory_harms_nothing(void **state)
{
    struct bench *b = *state;
    uint8_t *p = (uint8_t *)b->g[0];
    struct balance balance = { 0 };

    srand(7);
    for (size_t i = 0; i < sizeof(struct ledger); i++)
        p[i] = (uint8_t)rand();
    for (uint32_t i = 0; i < LEDGER_ROWS; i++) {
        atomic_store(&b->g[0]->row[i].state, 1);
        if (i % 2 == 0)
            b->g[0]->row[i].input = (uint8_t)(i % INPUTS);
    }
    sums_read(b->sums, &b->all);
    assert_true(b->sums->count <= LEDGER_ROWS && b->sums->count >= LEDGER_ROWS / 2 - 1);
    for (uint32_t i = 0; i < b->sums->count; i++)
        assert_true(strlen(b->sums->row[i].name) < LEDGER_NAME_MAX);
    balance_look(&balance, b->g[0], 1);
}

static void test_what_is_open_refused_and_dropped_is_by_the_names(void **state)
{
    struct bench *b = *state;
    uint64_t count[LEDGER_COUNTERS] = { 0 };

    (void)b;
    count[LEDGER_received] = 100;
    count[LEDGER_stored] = 50;
    count[LEDGER_joined] = 3;
    count[LEDGER_repeated] = 4;
    count[LEDGER_refused_length] = 5;
    count[LEDGER_refused_busy] = 6;
    count[LEDGER_dropped_crash] = 7;
    count[LEDGER_dropped_disk] = 8;
    count[LEDGER_findings] = 99;
    count[LEDGER_matched] = 50;
    assert_int_equal(sums_refused(count), 11);
    assert_int_equal(sums_dropped(count), 15);
    assert_int_equal(sums_open(count), 100 - 50 - 3 - 4 - 11 - 15);
    count[LEDGER_stored] = 500; /* read while it moved: never below 0 */
    assert_int_equal(sums_open(count), 0);
}

static void test_a_difference_is_told_when_it_stays(void **state)
{
    struct bench *b = *state;
    struct balance is = { 0 };

    add(b->g[0], INPUT_RELP, "a", true, LEDGER_received, 10);
    add(b->g[0], INPUT_RELP, "a", true, LEDGER_stored, 6);
    add(b->g[0], INPUT_RELP, "a", true, LEDGER_matched, 6);
    board_set(b->g[0], BOARD_in_flight, 4);
    balance_look(&is, b->g[0], 1000);
    assert_int_equal(is.state, BALANCE_GOOD);
    board_set(b->g[0], BOARD_in_flight, 3);
    balance_look(&is, b->g[0], 2000);
    assert_int_equal(is.state, BALANCE_SETTLING);
    assert_int_equal(is.missing, 1);
    balance_look(&is, b->g[0], 2000 + BALANCE_PATIENCE_MS - 1);
    assert_int_equal(is.state, BALANCE_SETTLING);
    balance_look(&is, b->g[0], 2000 + BALANCE_PATIENCE_MS);
    assert_int_equal(is.state, BALANCE_DIFFERS);
    board_set(b->g[0], BOARD_in_flight, 4);
    balance_look(&is, b->g[0], 90000);
    assert_int_equal(is.state, BALANCE_GOOD);
    assert_int_equal(is.off_since_ms, 0);
    board_set(b->g[0], BOARD_in_flight, 9);
    balance_look(&is, b->g[0], 100000);
    assert_int_equal(is.missing, -5); /* more is told to be in flight than came in */
}

static void test_what_is_stored_and_not_matched_is_a_difference(void **state)
{
    struct bench *b = *state;
    struct balance is = { 0 };

    add(b->g[0], INPUT_RELP, "a", true, LEDGER_received, 6);
    add(b->g[0], INPUT_RELP, "a", true, LEDGER_stored, 6);
    add(b->g[0], INPUT_RELP, "a", true, LEDGER_matched, 5);
    balance_look(&is, b->g[0], 1);
    balance_look(&is, b->g[0], 1 + BALANCE_PATIENCE_MS);
    assert_int_equal(is.state, BALANCE_DIFFERS);
    assert_int_equal(is.unmatched, 1);
    assert_int_equal(is.missing, 0);
    assert_string_equal(balance_state_name(is.state), "differs");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_rows_of_one_source_are_one),
        T(test_more_sources_than_there_is_room_for_are_others),
        T(test_noise_in_the_memory_harms_nothing),
        T(test_what_is_open_refused_and_dropped_is_by_the_names),
        T(test_a_difference_is_told_when_it_stays),
        T(test_what_is_stored_and_not_matched_is_a_difference),
    };
#undef T

    return cmocka_run_group_tests_name("sums", tests, NULL, NULL);
}
