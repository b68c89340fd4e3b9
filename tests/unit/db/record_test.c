/*
 * Goal: nothing that is recorded is changed without being named: neither a row nor a line.
 * Method: alerts as the desk makes them; then another connection does what a forger would, and the
 * chain is made anew here from its definition (record.h).
 */
#include "../check.h"

#include <openssl/sha.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/bytes.h"
#include "desk/alerts.h"
#include "db/record.h"
#include "desk_lane.h"

#define HOUR INT64_C(3600000000000)

struct bench {
    struct desk_folder folder;
    struct db *db;
    struct alerts *alerts;
    char faults[2000];
    uint32_t count;
};

static void add_alert(struct bench *b, const char *entity)
{
    const struct alert_finding f = { .kind = ALERT_DETECTION,
                                     .rule = SPAN_LIT("rule-1"),
                                     .title = SPAN_LIT("Title"),
                                     .entity = span_of(entity),
                                     .rule_hash = UINT64_MAX,
                                     .level = LEVEL_HIGH,
                                     .time_ns = 5 * HOUR };
    const struct alert_event ev = { true, 1, 42, 5 * HOUR, SPAN_LIT("{\"a\":1}"), SPAN_NONE };
    struct err e;
    int64_t id;

    assert_int_equal(db_begin(b->db, &e), ERR_OK);
    assert_int_equal(alerts_take(b->alerts, &f, &id, &e), ERR_OK);
    assert_int_equal(alerts_event(b->alerts, &ev, &e), ERR_OK);
    assert_int_equal(alerts_flush(b->alerts, &e), ERR_OK);
    assert_int_equal(db_commit(b->db, &e), ERR_OK);
}

static void bench_init(struct bench *b)
{
    struct err e;

    memset(b, 0, sizeof(*b));
    desk_folder_init(&b->folder);
    assert_int_equal(db_open(&b->db, b->folder.db, &e), ERR_OK);
    assert_int_equal(alerts_new(&b->alerts, b->db, HOUR, &e), ERR_OK);
    alerts_clock(b->alerts, 1000 * HOUR);
    add_alert(b, "one");
    add_alert(b, "two");
    add_alert(b, "one"); /* the same alert: its count grows, nothing that is recorded */
}

static void bench_release(struct bench *b)
{
    alerts_free(&b->alerts);
    db_close(&b->db);
    desk_folder_release(&b->folder);
}

static void on_fault(void *arg, enum record_fault f, const char *where, const char *what)
{
    struct bench *b = arg;
    size_t n = strlen(b->faults);

    assert_true((f == RECORD_LINE) == (strncmp(where, "record ", 7) == 0));
    (void)snprintf(b->faults + n, sizeof(b->faults) - n, "%s: %s\n", where, what);
    b->count++;
}

static struct record_chain chain_of(struct bench *b)
{
    struct record_chain c = { 0 };
    struct err e;

    assert_true(record_follow(b->db, &c, UINT32_MAX, &e) >= 0);
    return c;
}

static void verify(struct bench *b, const struct record_head *head, uint32_t heads)
{
    struct record_check check = { .head = head, .heads = heads, .fault = on_fault, .arg = b };
    struct err e;

    b->faults[0] = '\0';
    b->count = 0;
    assert_int_equal(record_verify(b->db, &check, &e), ERR_OK);
}

/* --- What a forger does, who knows SQL and has the triggers out of the way ------------------- */

static void no_digest(sqlite3_context *c, int count, sqlite3_value **values)
{
    (void)count;
    (void)values;
    sqlite3_result_int(c, 0);
}

static void forge(const struct bench *b, const char *sql)
{
    sqlite3 *conn;

    assert_int_equal(sqlite3_open(b->folder.db, &conn), SQLITE_OK);
    assert_int_equal(
        sqlite3_create_function(conn, "canh_digest", -1, SQLITE_UTF8, NULL, no_digest, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_exec(conn,
                                  "DROP TRIGGER record_alert_made; DROP TRIGGER"
                                  " record_alert_changed; DROP TRIGGER record_alert_removed;"
                                  "DROP TRIGGER record_alert_event_made; DROP TRIGGER"
                                  " record_alert_event_changed; DROP TRIGGER"
                                  " record_alert_event_removed;",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(conn, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(conn), SQLITE_OK);
}

/* --- Cases ---------------------------------------------------------------------------------- */

static void put_u64(struct buf *b, uint64_t v)
{
    uint8_t le[8];

    bytes_put_u64(le, v);
    buf_add(b, (struct span){ le, 8 });
}

static void put_text(struct buf *b, const char *s)
{
    put_u64(b, strlen(s));
    buf_text(b, s);
}

static void value_int(struct buf *b, int64_t v)
{
    buf_text(b, "i");
    put_u64(b, 8);
    put_u64(b, (uint64_t)v);
}

static void value_text(struct buf *b, const char *s)
{
    buf_text(b, "t");
    put_text(b, s);
}

static void the_first_line_is_what_the_definition_says(void **state)
{
    struct record_chain got = { 0 };
    uint8_t digest[32], zeros[32] = { 0 }, want[32];
    struct bench b;
    struct buf row;
    struct err e;

    (void)state;
    bench_init(&b);
    buf_init(&row, 4096);
    value_text(&row, "alert");
    value_int(&row, 1);
    value_text(&row, "detection");
    value_text(&row, "rule-1");
    value_int(&row, -1);
    value_text(&row, "Title");
    value_int(&row, LEVEL_HIGH);
    value_text(&row, "one");
    value_text(&row, "one");
    value_text(&row, "new");
    value_int(&row, 1000 * HOUR);
    for (int i = 0; i < 9; i++) { /* closed, and what people may say */
        buf_text(&row, "n");
        put_u64(&row, 0);
    }
    assert_non_null(SHA256(row.p, row.n, digest));
    buf_clear(&row);
    buf_byte(&row, 3);
    buf_add(&row, (struct span){ zeros, 32 });
    put_u64(&row, 1);
    put_text(&row, "alert");
    put_text(&row, "1");
    buf_add(&row, (struct span){ digest, 32 });
    assert_non_null(SHA256(row.p, row.n, want));
    buf_release(&row);
    assert_int_equal(record_follow(b.db, &got, 1, &e), 1);
    assert_int_equal(got.number, 1);
    assert_memory_equal(got.hash.bytes, want, 32);
    bench_release(&b);
}

static void what_the_desk_does_is_recorded(void **state)
{
    struct record_head head[2] = { 0 };
    struct record_chain c = { 0 };
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    /* two alerts and three events: the second finding of "one" made no line of its alert */
    assert_int_equal(desk_number(&b.folder, "SELECT count(*) FROM record WHERE kind = 'alert'"), 2);
    assert_int_equal(desk_number(&b.folder, "SELECT count(*) FROM record"), 5);
    assert_int_equal(record_follow(b.db, &c, 2, &e), 2);
    head[0].hash = c.hash;
    assert_int_equal(record_follow(b.db, &c, 100, &e), 3);
    assert_int_equal(record_follow(b.db, &c, 100, &e), 0);
    head[1].hash = c.hash;
    add_alert(&b, "three"); /* behind what was signed */
    verify(&b, head, 2);
    assert_string_equal(b.faults, "");
    bench_release(&b);
}

static void what_a_forger_does_is_named(void **state)
{
    static const struct {
        const char *sql, *where;
    } rows[] = {
        { "UPDATE alert SET state = 'closed', closed = 1 WHERE id = 2", "alert 2: It was changed" },
        { "UPDATE alert SET level = 0 WHERE id = 1", "alert 1: It was changed" },
        { "UPDATE alert SET entity_key = 'x' WHERE id = 1", "alert 1: It was changed" },
        { "UPDATE alert SET rule_hash = '-1' || 'x' WHERE id = 1", "alert 1: It was changed" },
        { "UPDATE alert_event SET json = '{}' WHERE alert = 1 AND number = 1",
          "alert_event 1.1: It was changed" },
        { "UPDATE alert_event SET sequence = NULL WHERE alert = 2",
          "alert_event 2.1: It was changed" },
        { "DELETE FROM alert_event WHERE alert = 2", "alert_event 2.1: It was removed" },
        { "DELETE FROM alert_event WHERE alert = 2; DELETE FROM alert WHERE id = 2",
          "alert 2: It was removed" },
        { "INSERT INTO alert(id, kind, rule, rule_hash, title, level, entity, entity_key, first,"
          " last, until, count, events, state, provisional, made, closed, linked) SELECT 9, kind, rule, rule_hash, title, level, entity, entity_key,"
          " first, last, until, count, events, state, provisional, made, closed, linked FROM alert"
          " WHERE id = 1",
          "alert 9: It was put in" },
        { "UPDATE record SET digest = zeroblob(32) WHERE number = 3; DELETE FROM alert_event WHERE"
          " alert = 2; DELETE FROM alert WHERE id = 2",
          "record 1: From this line on" },
        { "UPDATE record SET key = '3' WHERE number = 1", "record 1: From this line on" },
        { "DELETE FROM record WHERE number = 2", "record 2: This line was removed" },
        { "DELETE FROM record WHERE number = 5", "record 1: From this line on" },
        { "UPDATE record SET digest = x'00' WHERE number = 4", "record 4: This line was removed" },
        { "DELETE FROM record; INSERT INTO record(kind, key, digest) SELECT 'alert', id,"
          " zeroblob(32) FROM alert",
          "record 1: From this line on" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct record_head head = { .checkpoint = 12 };
        struct bench b;

        bench_init(&b);
        head.hash = chain_of(&b).hash;
        verify(&b, &head, 1);
        assert_string_equal(b.faults, "");
        forge(&b, rows[i].sql);
        verify(&b, &head, 1);
        if (strstr(b.faults, rows[i].where) == NULL)
            fail_msg("%s: %s", rows[i].sql, b.faults);
        bench_release(&b);
    }
}

static void a_line_that_was_never_signed_needs_no_head(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    verify(&b, NULL, 0);
    assert_string_equal(b.faults, "");
    forge(&b, "UPDATE alert SET state = 'closed'");
    verify(&b, NULL, 0);
    assert_int_equal(b.count, 2);
    bench_release(&b);
}

static void a_reader_can_verify(void **state)
{
    struct record_head head = { 0 };
    struct bench b;
    struct db *writer;
    struct err e;

    (void)state;
    bench_init(&b);
    head.hash = chain_of(&b).hash;
    writer = b.db;
    assert_int_equal(db_open_reader(&b.db, b.folder.db, &e), ERR_OK);
    verify(&b, &head, 1);
    assert_string_equal(b.faults, "");
    db_close(&b.db);
    b.db = writer;
    bench_release(&b);
}

struct asking {
    uint32_t asked, until;
};

static bool go_on(void *arg)
{
    struct asking *a = arg;

    return ++a->asked < a->until;
}

/* Lines, and rows of which none has one. */
#define MANY(n) "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < " n ") "

static void it_ends_when_it_is_to_end(void **state)
{
    static const struct {
        const char *says, *sql;
    } rows[] = {
        { "in the chain",
          MANY(
              "60000") "INSERT INTO record(kind, key, digest) SELECT 'alert', 1, zeroblob(32) FROM c" },
        { "among the rows", MANY("30000") "INSERT INTO alert_event(alert, number, time) "
                                          "SELECT 1, 1000 + i, 0 FROM c" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct record_check check = { .fault = on_fault };
        struct asking all = { 0, UINT32_MAX }, first = { 0, 1 };
        struct bench b;
        struct err e;

        bench_init(&b);
        check.arg = &b;
        forge(&b, rows[i].sql);
        db_asks(b.db, go_on, &all);
        CHECK_ROW(rows[i].says, record_verify(b.db, &check, &e) == ERR_OK && all.asked > 2);
        db_asks(b.db, go_on, &first);
        CHECK_ROW(rows[i].says, record_verify(b.db, &check, &e) == ERR_MORE && first.asked == 1);
        /* Nothing is left of it. */
        db_asks(b.db, NULL, NULL);
        CHECK_ROW(rows[i].says, record_verify(b.db, &check, &e) == ERR_OK);
        bench_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_is_what_the_definition_says),
        cmocka_unit_test(what_the_desk_does_is_recorded),
        cmocka_unit_test(what_a_forger_does_is_named),
        cmocka_unit_test(a_line_that_was_never_signed_needs_no_head),
        cmocka_unit_test(a_reader_can_verify),
        cmocka_unit_test(it_ends_when_it_is_to_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
