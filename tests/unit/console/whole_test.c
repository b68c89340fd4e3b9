/*
 * Goal: monitoring is complete when nothing of WHOLE_TABLE holds, since the end of the last gap;
 * each gap is seen alone, by its own name, and so is its end; a database that cannot be read is a
 * gap. Method: ledgers and a database of the test; each row breaks one thing, looks, mends it,
 * looks again.
 */
#include "../check.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "../desk/desk_lane.h"
#include "base/time.h"
#include "console/stat.h"
#include "desk/tracers.h"

#define NOW  (INT64_C(1764000000) * TIME_SECOND)
#define MS   1000000u /* of the monotonic clock */
#define TICK 2000u

struct bench {
    struct desk_folder folder;
    struct db *db;
    struct ledger *g[2];
    struct ledgers all;
    struct sums *sums;
    struct balance balance[SUMS_LANES];
    struct stat_from s;
    struct whole whole;
};

static void sql(const struct bench *b, const char *text)
{
    sqlite3 *raw;

    assert_int_equal(sqlite3_open(b->folder.db, &raw), SQLITE_OK);
    if (sqlite3_exec(raw, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(raw));
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

/* The desk counted, and our own events came, at `ns`. */
static void fresh(const struct bench *b, int64_t counted, int64_t seen)
{
    char text[512];

    (void)snprintf(text, sizeof(text),
                   "INSERT OR REPLACE INTO counter VALUES('x', 1, %lld);"
                   "INSERT OR REPLACE INTO tracer VALUES('syslog-tcp', 0, 1, %lld, 1)",
                   (long long)counted, (long long)seen);
    sql(b, text);
}

static void beat(const struct bench *b, uint64_t ms)
{
    board_set(b->g[0], BOARD_beat_ms, ms);
    board_set(b->g[1], BOARD_beat_ms, ms);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct err e;

    assert_non_null(b);
    desk_folder_init(&b->folder);
    assert_int_equal(db_open(&b->db, b->folder.db, &e), ERR_OK);
    for (uint32_t i = 0; i < 2; i++) {
        b->g[i] = calloc(1, sizeof(struct ledger));
        assert_non_null(b->g[i]);
        assert_int_equal(ledger_begin(b->g[i], i, &e), ERR_OK);
        b->all.lane[i] = b->g[i];
    }
    b->sums = sums_new();
    assert_non_null(b->sums);
    b->s = (struct stat_from){ .m = { .ledgers = &b->all, .sums = b->sums, .balance = b->balance },
                               .now_ns = NOW,
                               .ms = MS,
                               .tried = 1u << INPUT_SYSLOG_TCP,
                               .reader = b->db };
    beat(b, MS);
    fresh(b, NOW, NOW);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    sums_free(&b->sums);
    db_close(&b->db);
    free(b->g[0]);
    free(b->g[1]);
    desk_folder_release(&b->folder);
    free(b);
    return 0;
}

static int look(struct bench *b)
{
    struct err e;

    sums_read(b->sums, &b->all);
    return whole_look(&b->whole, &b->s, &e);
}

/* Later, with everything going on. */
static void pass(struct bench *b, uint64_t ms)
{
    b->s.ms += ms;
    b->s.now_ns += (int64_t)ms * 1000000;
    beat(b, b->s.ms);
    fresh(b, b->s.now_ns, b->s.now_ns);
}

/* --- what breaks, and what mends it ----------------------------------------------------------- */

static void stuck(struct bench *b)
{
    board_set(b->g[1], BOARD_beat_ms, b->s.ms - STAT_BEAT_MS - 1);
}
static void unborn(struct bench *b)
{
    board_set(b->g[1], BOARD_beat_ms, 0);
}
static void lanes_gone(struct bench *b)
{
    b->all = (struct ledgers){ 0 };
}
static void lanes_back(struct bench *b)
{
    b->all.lane[0] = b->g[0];
    b->all.lane[1] = b->g[1];
}
static void differs(struct bench *b)
{
    b->balance[1].state = BALANCE_DIFFERS;
}
static void balanced(struct bench *b)
{
    b->balance[1].state = BALANCE_GOOD;
}
static void full(struct bench *b)
{
    board_set(b->g[0], BOARD_disk_full, 1);
}
static void room(struct bench *b)
{
    board_set(b->g[0], BOARD_disk_full, 0);
}
static void drop(struct bench *b)
{
    ledger_add(b->g[1], ledger_row(b->g[1], INPUT_RELP, SPAN_LIT("a"), true, false),
               LEDGER_dropped_disk, 1);
}
static void kernel_drop(struct bench *b)
{
    board_set(b->g[0], BOARD_kernel_drops, board_get(b->g[0], BOARD_kernel_drops) + 1);
}
static void minute(struct bench *b)
{
    pass(b, 60000);
}
static void desk_stops(struct bench *b)
{
    fresh(b, b->s.now_ns - (int64_t)(STAT_DESK_MS + 1) * 1000000, b->s.now_ns);
}
static void desk_never(struct bench *b)
{
    sql(b, "DELETE FROM counter");
}
static void no_database(struct bench *b)
{
    b->s.reader = NULL;
}
static void database(struct bench *b)
{
    b->s.reader = b->db;
}
static void tracer_late(struct bench *b)
{
    fresh(b, b->s.now_ns, b->s.now_ns - (int64_t)TRACERS_MISSING_MS * 1000000);
}
static void tracer_elsewhere(struct bench *b)
{
    sql(b, "UPDATE tracer SET source = 'relp'");
}
static void silent(struct bench *b)
{
    sql(b,
        "INSERT INTO source VALUES('fw', 'relp', 'silent', 1, 1, 1), ('late', 'relp', 'late', 1, 1, 1)");
}
static void heard(struct bench *b)
{
    sql(b, "UPDATE source SET state = 'active'");
}
static void nothing(struct bench *b)
{
    (void)b;
}

static const struct gap_row {
    const char *name;
    void (*breaks)(struct bench *b), (*mends)(struct bench *b);
    enum whole_gap gap;
    const char *json;
} rows[] = {
    { "a collector is stuck", stuck, nothing, WHOLE_COLLECTORS, "[\"collectors\"]" },
    { "a collector has not begun", unborn, nothing, WHOLE_COLLECTORS, "[\"collectors\"]" },
    { "no collector", lanes_gone, lanes_back, WHOLE_COLLECTORS, "[\"collectors\"]" },
    { "counts differ", differs, balanced, WHOLE_BALANCE, "[\"balance\"]" },
    { "a disk is full", full, room, WHOLE_DISK, "[\"disk\"]" },
    { "a record was dropped", drop, minute, WHOLE_LOSS, "[\"loss\"]" },
    { "the kernel dropped one", kernel_drop, minute, WHOLE_LOSS, "[\"loss\"]" },
    { "the desk counts no more", desk_stops, nothing, WHOLE_DESK, "[\"desk\"]" },
    { "the desk never counted", desk_never, nothing, WHOLE_DESK, "[\"desk\"]" },
    { "no database", no_database, database, WHOLE_DESK, "[\"desk\"]" },
    { "our own events are late", tracer_late, nothing, WHOLE_TRACERS, "[\"tracers\"]" },
    { "they come by another input", tracer_elsewhere, nothing, WHOLE_TRACERS, "[\"tracers\"]" },
    { "a source is silent", silent, heard, WHOLE_SOURCES, "[\"sources\"]" },
};

static void has(const struct bench *b, const char *name, const char *words)
{
    struct buf out;

    buf_init(&out, 4096);
    whole_json(&out, &b->whole);
    buf_byte(&out, '\0');
    assert_false(buf_failed(&out));
    if (strstr((const char *)out.p, words) == NULL)
        fail_msg("row '%s': no %s in %s", name, words, (const char *)out.p);
    buf_release(&out);
}

static void each_gap_is_seen_alone_and_so_is_its_end(void **state)
{
    struct bench *b = *state;
    unsigned seen = 0;

    assert_int_equal(look(b), ERR_OK);
    assert_int_equal(b->whole.since_ns, NOW); /* what was before, it cannot vouch for */
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct gap_row *r = &rows[i];
        int64_t begun;

        pass(b, TICK);
        begun = b->s.now_ns;
        r->breaks(b);
        assert_int_equal(look(b), ERR_OK);
        CHECK_ROW(r->name, b->whole.gaps == 1u << r->gap);
        CHECK_ROW(r->name, b->whole.since_ns == 0 && b->whole.begun_ns == begun);
        has(b, r->name, r->json);
        has(b, r->name, "{\"since\":null,\"broken\":\"20");
        b->s.now_ns += 1; /* it goes on: its beginning stays */
        assert_int_equal(look(b), ERR_OK);
        CHECK_ROW(r->name, b->whole.begun_ns == begun);
        pass(b, TICK);
        r->mends(b);
        assert_int_equal(look(b), ERR_OK);
        CHECK_ROW(r->name, b->whole.gaps == 0 && b->whole.begun_ns == 0);
        CHECK_ROW(r->name, b->whole.since_ns == b->s.now_ns);
        has(b, r->name, "\"broken\":null,\"gaps\":[]");
        seen |= 1u << r->gap;
    }
    assert_int_equal(seen, (1u << WHOLE_GAPS) - 1);
}

static void what_goes_on_moves_nothing(void **state)
{
    struct bench *b = *state;

    for (int i = 0; i < 5; i++) {
        assert_int_equal(look(b), ERR_OK);
        assert_int_equal(b->whole.since_ns, NOW);
        pass(b, TICK);
    }
}

static void at_the_bound_it_is_no_gap_yet(void **state)
{
    struct bench *b = *state;

    assert_int_equal(look(b), ERR_OK);
    board_set(b->g[1], BOARD_beat_ms, b->s.ms - STAT_BEAT_MS);
    fresh(b, b->s.now_ns - (int64_t)STAT_DESK_MS * 1000000,
          b->s.now_ns - (int64_t)TRACERS_MISSING_MS * 1000000 + 1);
    assert_int_equal(look(b), ERR_OK);
    assert_int_equal(b->whole.gaps, 0);
}

static void two_gaps_are_one_until_both_are_over(void **state)
{
    struct bench *b = *state;
    int64_t begun;

    full(b);
    assert_int_equal(look(b), ERR_OK);
    begun = b->whole.begun_ns;
    pass(b, TICK);
    differs(b);
    assert_int_equal(look(b), ERR_OK);
    has(b, "two", "[\"balance\",\"disk\"]");
    pass(b, TICK);
    room(b);
    assert_int_equal(look(b), ERR_OK);
    assert_int_equal(b->whole.since_ns, 0);
    assert_int_equal(b->whole.begun_ns, begun);
    balanced(b);
    assert_int_equal(look(b), ERR_OK);
    assert_int_equal(b->whole.since_ns, b->s.now_ns);
}

/* What was lost before this process looked first is in nobody's minute; nor is a ledger begun anew.
 */
static void only_what_is_lost_while_it_looks_is_a_loss(void **state)
{
    struct bench *b = *state;

    drop(b);
    kernel_drop(b);
    assert_int_equal(look(b), ERR_OK);
    assert_int_equal(b->whole.gaps, 0);
    board_set(b->g[0], BOARD_kernel_drops, 0);
    pass(b, TICK);
    assert_int_equal(look(b), ERR_OK);
    assert_int_equal(b->whole.gaps, 0);
    kernel_drop(b);
    assert_int_equal(look(b), ERR_OK);
    assert_int_equal(b->whole.gaps, 1u << WHOLE_LOSS);
    pass(b, 59999);
    assert_int_equal(look(b), ERR_OK);
    assert_int_equal(b->whole.gaps, 1u << WHOLE_LOSS);
    pass(b, 1);
    assert_int_equal(look(b), ERR_OK);
    assert_int_equal(b->whole.gaps, 0);
}

static void blind_rules_are_told_and_are_no_gap(void **state)
{
    struct bench *b = *state;

    sql(b, "INSERT INTO blind VALUES(1, 'r', 't', 1, 'x', '', 1), (2, 's', 't', 1, 'x', '', 1)");
    assert_int_equal(look(b), ERR_OK);
    assert_int_equal(b->whole.gaps, 0);
    has(b, "blind", "\"silent\":0,\"blind\":2}");
}

static void a_database_that_is_no_good_is_a_gap(void **state)
{
    struct bench *b = *state;

    assert_int_equal(look(b), ERR_OK);
    sql(b, "DROP TABLE counter");
    assert_int_not_equal(look(b), ERR_OK);
    assert_true((b->whole.gaps & 1u << WHOLE_DESK) != 0);
    assert_int_equal(b->whole.since_ns, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(each_gap_is_seen_alone_and_so_is_its_end),
        T(what_goes_on_moves_nothing),
        T(at_the_bound_it_is_no_gap_yet),
        T(two_gaps_are_one_until_both_are_over),
        T(only_what_is_lost_while_it_looks_is_a_loss),
        T(blind_rules_are_told_and_are_no_gap),
        T(a_database_that_is_no_good_is_a_gap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
