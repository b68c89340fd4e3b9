/*
 * Goal: the counts of a collector add up, outlive it, and are read as they were written.
 * Method: one ledger in memory; every counter has a name and a help; a death in the middle of a
 * group; more sources than rows.
 */
#include "check.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "collect/ledger.h"

static struct ledger *fresh(void)
{
    struct ledger *g = calloc(1, sizeof(*g));

    assert_non_null(g);
    assert_int_equal(ledger_begin(g, 3, NULL), ERR_OK);
    return g;
}

static void a_row_is_found_again(void **state)
{
    struct ledger *g = fresh();
    uint32_t a = ledger_row(g, INPUT_RELP, SPAN_LIT("fw-01"), false, false);

    (void)state;
    assert_int_equal(ledger_row(g, INPUT_RELP, SPAN_LIT("fw-01"), false, false), a);
    assert_int_not_equal(ledger_row(g, INPUT_HTTP, SPAN_LIT("fw-01"), false, false), a);
    assert_int_not_equal(ledger_row(g, INPUT_RELP, SPAN_LIT("fw-01"), true, false), a);
    assert_int_not_equal(ledger_row(g, INPUT_RELP, SPAN_LIT("fw-0"), false, false), a);
    assert_int_not_equal(ledger_row(g, INPUT_RELP, SPAN_LIT("fw-011"), false, false), a);
    free(g);
}

static void sources_beyond_the_last_row_share_one(void **state)
{
    struct ledger *g = fresh();
    uint32_t row = 0;
    struct ledger_copy c;

    (void)state;
    for (unsigned i = 0; i < LEDGER_ROWS + 10; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "s%u", i);
        row = ledger_row(g, INPUT_SYSLOG_UDP, span_of(name), false, false);
        assert_true(row < LEDGER_ROWS);
    }
    assert_true(ledger_copy(g, row, &c));
    assert_string_equal(c.name, "other");
    assert_int_equal(c.input, INPUT_SYSLOG_UDP);
    free(g);
}

static void what_a_dead_collector_left_open_is_dropped(void **state)
{
    struct ledger *g = fresh();
    uint32_t row = ledger_row(g, INPUT_SYSLOG_TCP, SPAN_LIT("a"), false, false);

    (void)state;
    ledger_add(g, row, LEDGER_received, 100);
    ledger_add(g, row, LEDGER_stored, 60);
    ledger_add(g, row, LEDGER_matched, 60);
    ledger_add(g, row, LEDGER_refused_length, 5);
    assert_int_equal(ledger_open(g, row), 35);
    ledger_crashed(g);
    assert_int_equal(ledger_open(g, row), 0);
    assert_int_equal(g->row[row].count[LEDGER_dropped_crash], 35);
    ledger_crashed(g);
    assert_int_equal(g->row[row].count[LEDGER_dropped_crash], 35);
    free(g);
}

static void memory_of_another_lane_is_refused(void **state)
{
    struct ledger *g = fresh();
    struct err e;

    (void)state;
    assert_int_equal(ledger_begin(g, 3, &e), ERR_OK);
    assert_int_equal(ledger_begin(g, 4, &e), ERR_CORRUPT);
    g->version++;
    assert_int_equal(ledger_begin(g, 3, &e), ERR_CORRUPT);
    free(g);
}

static void hostile_memory_is_read_without_harm(void **state)
{
    struct ledger *g = fresh();
    struct ledger_copy c;

    (void)state;
    memset(g->row, 0xFF, sizeof(g->row));
    for (uint32_t i = 0; i < LEDGER_ROWS; i++)
        assert_false(ledger_copy(g, i, &c));
    for (uint32_t i = 0; i < LEDGER_ROWS; i++) {
        atomic_store(&g->row[i].state, 1);
        g->row[i].input = INPUT_HTTP;
    }
    assert_true(ledger_copy(g, 7, &c));
    assert_int_equal(strlen(c.name), LEDGER_NAME_MAX - 1);
    free(g);
}

static void *publish(void *arg)
{
    for (uint32_t i = 1; i <= 200000; i++)
        ledger_publish(arg, (struct lane_place){ i, i * 3ull, i * 7ull });
    return NULL;
}

static void a_place_is_never_read_half(void **state)
{
    struct ledger *g = fresh();
    struct lane_place p = { 0 };
    pthread_t t;

    (void)state;
    assert_int_equal(pthread_create(&t, NULL, publish, g), 0);
    while (p.segment < 200000) {
        p = ledger_place(g);
        assert_int_equal(p.bytes, p.segment * 3ull);
        assert_int_equal(p.sequence, p.segment * 7ull);
    }
    assert_int_equal(pthread_join(t, NULL), 0);
    free(g);
}

/* The rest of a place, after a while in which its writer had no core. */
static void *finish(void *arg)
{
    struct ledger *g = arg;
    const struct timespec t = { 0, 5000000 };

    (void)nanosleep(&t, NULL);
    board_set(g, BOARD_segment_bytes, 6);
    board_set(g, BOARD_sequence, 14);
    atomic_store(&g->place_round, 4);
    return NULL;
}

static void a_writer_that_stands_is_waited_for(void **state)
{
    struct ledger *g = fresh();
    struct lane_place p;
    pthread_t t;

    (void)state;
    ledger_publish(g, (struct lane_place){ 1, 3, 7 });
    atomic_store(&g->place_round, 3);
    board_set(g, BOARD_segment, 2);
    p = ledger_place(g); /* of one that is dead: as it is, and not never */
    assert_int_equal(p.segment, 2);
    assert_int_equal(p.sequence, 7);
    assert_int_equal(pthread_create(&t, NULL, finish, g), 0);
    p = ledger_place(g);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_int_equal(p.segment, 2);
    assert_int_equal(p.bytes, 6);
    assert_int_equal(p.sequence, 14);
    free(g);
}

static void every_counter_has_a_name_and_a_help(void **state)
{
    (void)state;
    for (unsigned c = 0; c < LEDGER_COUNTERS; c++) {
        assert_true(strlen(ledger_counter_name((enum ledger_counter)c)) > 0);
        assert_true(strlen(ledger_counter_help((enum ledger_counter)c)) > 0);
    }
    for (unsigned c = 0; c < BOARD_COUNTERS; c++)
        assert_true(strlen(board_counter_help((enum board_counter)c)) > 0);
    assert_string_equal(ledger_counter_name(LEDGER_stored), "stored");
    assert_string_equal(board_counter_name(BOARD_commits), "commits");
    assert_string_equal(input_name(INPUT_JOURNAL), "journal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_found_again),
        cmocka_unit_test(sources_beyond_the_last_row_share_one),
        cmocka_unit_test(what_a_dead_collector_left_open_is_dropped),
        cmocka_unit_test(memory_of_another_lane_is_refused),
        cmocka_unit_test(hostile_memory_is_read_without_harm),
        cmocka_unit_test(a_place_is_never_read_half),
        cmocka_unit_test(a_writer_that_stands_is_waited_for),
        cmocka_unit_test(every_counter_has_a_name_and_a_help),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
