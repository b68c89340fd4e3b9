/*
 * Goal: what is done to an incident of very many alerts is one act, whatever comes between its
 * slices: it is seen whole, nobody else acts on what it has still to do, a kill puts it off, and it
 * can be put back. Method: more alerts than a slice has, other acts and ends of the process between
 * the slices; the same as one who does it alert by alert.
 */
#include "../check.h"

#include <stdio.h>

#include "incident_bench.h"
#include "incident/incident_own.h"

#define MANY (2 * INCIDENT_SLICE + 7)

static void many_alerts(struct act_bench *b, int64_t incident)
{
    struct db_row *r;

    assert_int_equal(db_begin(b->db, &b->e), ERR_OK);
    for (int i = 0; i < MANY; i++) {
        char entity[16];
        struct span name = { (const uint8_t *)entity,
                             (size_t)snprintf(entity, sizeof(entity), "srv-%d", i) };

        r = db_use(b->db, DB_ALERT_ADD);
        db_text(r, 1, SPAN_LIT("detection"));
        db_text(r, 2, SPAN_LIT("rule"));
        db_int(r, 3, 7);
        db_text(r, 4, SPAN_LIT("Title"));
        db_int(r, 5, 3);
        db_text(r, 6, name);
        db_text(r, 7, name);
        db_int(r, 8, b->now_ns);
        db_int(r, 9, b->now_ns + i);
        db_int(r, 10, b->now_ns + HOUR);
        db_int(r, 11, 0);
        db_int(r, 12, b->now_ns);
        assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
        r = db_use(b->db, DB_INCIDENT_ALERT_MOVE);
        db_int(r, 1, db_key(b->db));
        db_int(r, 2, incident);
        assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
    }
    assert_int_equal(db_commit(b->db, &b->e), ERR_OK);
}

#define CLOSE                                                                                      \
    "{'act':'incident.close','incident':1,'cause':'attack','result':'over','skip':'x','unsent':"   \
    "'x','verdict':'test'}"

static int64_t closed(const struct act_bench *b)
{
    return act_sql(b, "SELECT count(*) FROM alert WHERE state = 'closed' AND verdict = 'test' AND "
                      "cause = 'incident' AND reason LIKE 'SC-%' AND assignee = 'an' AND "
                      "acknowledged = closed");
}

/* Slices until nothing is left: how many. */
static int finish(struct act_bench *b)
{
    bool more = true;
    int n = 0;

    for (; more; n++)
        assert_int_equal(acts_rest(b->acts, &more, &b->e), ERR_OK);
    return n - 1;
}

static void reopen_program(struct act_bench *b)
{
    const struct acts_from from = { .table = &office_acts, .db = NULL };
    struct acts_from again = from;

    acts_free(&b->acts);
    db_close(&b->db);
    assert_int_equal(db_open(&b->db, b->folder.db, &b->e), ERR_OK);
    again.db = b->db;
    again.legal = &test_law;
    assert_int_equal(acts_new(&b->acts, &again, &b->e), ERR_OK);
}

static void closing_is_one_act(void **state)
{
    struct act_bench b;
    int64_t act, before, when = NOW + HOUR;
    bool more = false;
    char undo[64];

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M2");
    act_users_made(&b, "b");
    many_alerts(&b, 1);
    b.now_ns = when;
    act_good(&b, "{'act':'alert.assign','alerts':[507]}");
    before = act_number(&b, "act");
    act_good(&b, CLOSE);
    act = act_number(&b, "act");
    assert_int_equal(closed(&b), INCIDENT_SLICE);

    /* seen whole */
    assert_int_equal(view_lines(&b, "alert.list", ""), 0);
    assert_int_equal(view_lines(&b, "alert.list", "rule=rule&state=open"), 0);
    assert_int_equal(view_lines(&b, "alert.list", "incident=1&state=closed&limit=5000"), MANY);
    assert_int_equal(view_lines(&b, "alert.list", "state=closed&limit=5000"), MANY);
    assert_int_equal(view_lines(&b, "alert.list", "state=new&limit=5000"), 0);
    incident_sees(&b, "alert.show", "alert=506", "\"state\":\"closed\"");

    /* nobody else's: neither the incident nor its alerts, done with or not */
    b.now_ns = when + HOUR / 2;
    act_bad(&b, "{'act':'incident.reopen','incident':1,'reason':'x'}", ERR_CONFLICT, "in a moment");
    act_bad(&b, "{'act':'alert.assign','alerts':[507],'to':'b'}", ERR_CONFLICT, "in a moment");
    act_bad(&b, "{'act':'alert.reopen','alerts':[1],'reason':'x'}", ERR_CONFLICT, "in a moment");
    act_bad(&b, "{'act':'note.add','alert':507,'text':'x'}", ERR_CONFLICT, "in a moment");
    (void)snprintf(undo, sizeof(undo), "{'act':'act.undo','undoes':%lld}", (long long)act);
    act_bad(&b, undo, ERR_CONFLICT, "in a moment");
    (void)snprintf(undo, sizeof(undo), "{'act':'act.undo','undoes':%lld}", (long long)before);
    act_bad(&b, undo, ERR_CONFLICT, "in a moment");

    /* others go on, and a finding now is of a new alert */
    b.now_ns = NOW + HOUR / 2;
    assert_int_equal(act_alert_made(&b, "rule", "srv-500"), MANY + 1);
    act_good(&b, "{'act':'alert.assign','alerts':[508]}");
    act_good(&b, "{'act':'alert.close','alerts':[508],'verdict':'duplicate','reason':'x'}");

    /* a kill between two slices */
    assert_int_equal(acts_rest(b.acts, &more, &b.e), ERR_OK);
    assert_true(more);
    assert_int_equal(closed(&b), 2 * INCIDENT_SLICE);
    reopen_program(&b);
    assert_int_equal(finish(&b), 1);
    assert_int_equal(closed(&b), MANY);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM alert WHERE incident = 1 AND (closed <> "
                                 "1764003600000000000 OR acknowledged <> closed)"),
                     0); /* all when it was done */
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM act_rest"), 0);
    assert_int_equal(finish(&b), 0);
    act_bench_release(&b);
}

static int64_t is_again(const struct act_bench *b)
{
    return act_sql(b, "SELECT count(*) FROM alert WHERE state = 'new' AND verdict IS NULL AND "
                      "closed IS NULL AND incident = 1 AND assignee IS (CASE WHEN id IN (3, 505) "
                      "THEN 'b' END)");
}

/* The request that undoes what was answered last. */
static void undo_last(struct act_bench *b, char undo[64])
{
    (void)snprintf(undo, 64, "{'act':'act.undo','undoes':%lld}", (long long)act_number(b, "act"));
}

static void it_is_put_back_whole(void **state)
{
    struct act_bench b;
    bool more = false;
    char undo[64], redo[64];

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4"); /* no clocks: what ended those cannot be put back */
    act_users_made(&b, "b");
    many_alerts(&b, 1);
    act_good(&b, "{'act':'alert.assign','alerts':[3,505],'to':'b'}");
    act_good(&b, CLOSE);
    undo_last(&b, undo);
    assert_int_equal(finish(&b), 2);
    assert_int_equal(closed(&b), MANY - 2);
    /* what was told of it is what came of it */
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM act_on o JOIN alert a ON a.id = o.key WHERE "
                                 "o.kind = 'alert' AND o.act = (SELECT max(id) FROM act) AND "
                                 "o.is_now = json_array(state, assignee, acknowledged, verdict, "
                                 "cause, reason, closed, incident, hidden)"),
                     MANY);
    act_good(&b, undo);
    undo_last(&b, redo);
    assert_int_equal(is_again(&b), ACT_UNDO_SLICE);

    /* seen whole, and nobody else's */
    incident_sees(&b, "alert.show", "alert=506", "\"state\":\"new\"");
    incident_sees(&b, "alert.counts", "", "\"pending\":true");
    assert_int_equal(view_lines(&b, "alert.list", "incident=1&state=new&limit=5000"), MANY);
    act_bad(&b, "{'act':'alert.reopen','alerts':[507],'reason':'x'}", ERR_CONFLICT, "in a moment");
    act_bad(&b, "{'act':'alert.assign','alerts':[1]}", ERR_CONFLICT, "in a moment");
    act_bad(&b, CLOSE, ERR_CONFLICT, "in a moment");
    act_bad(&b, undo, ERR_CONFLICT, "undone already");
    act_bad(&b, redo, ERR_CONFLICT, "in a moment");

    /* a kill between two slices */
    assert_int_equal(acts_rest(b.acts, &more, &b.e), ERR_OK);
    assert_int_equal(is_again(&b), 2 * ACT_UNDO_SLICE);
    reopen_program(&b);
    assert_int_equal(finish(&b), MANY / ACT_UNDO_SLICE - 1);
    assert_int_equal(is_again(&b), MANY);
    assert_int_equal(view_ask(&b, "alert.counts", ""), ERR_OK);
    assert_false(view_says(&b, "pending"));
    act_bench_release(&b);
}

static int64_t last_act(const struct act_bench *b)
{
    return act_sql(b, "SELECT max(id) FROM act");
}

static void withdraw(struct act_bench *b, int64_t alert)
{
    struct db_row *r;

    assert_int_equal(db_begin(b->db, &b->e), ERR_OK);
    r = db_use(b->db, DB_ALERT_UNCOUNT);
    db_int(r, 1, b->now_ns);
    db_int(r, 2, alert);
    assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
    assert_int_equal(db_commit(b->db, &b->e), ERR_OK);
}

/* The undoing undone is the act again. */
static void it_is_done_again_whole(void **state)
{
    struct act_bench b;
    char undo[64];

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4");
    many_alerts(&b, 1);
    act_good(&b, CLOSE);
    undo_last(&b, undo);
    assert_int_equal(finish(&b), 2);
    act_good(&b, undo);
    undo_last(&b, undo);
    assert_int_equal(finish(&b), MANY / ACT_UNDO_SLICE);
    act_good(&b, undo);
    assert_int_equal(closed(&b), ACT_UNDO_SLICE);

    /* seen closed: no finding is of one that is open still, and it is in no queue */
    incident_sees(&b, "alert.show", "alert=506", "\"state\":\"closed\"");
    assert_int_equal(view_lines(&b, "alert.list", ""), 0);
    assert_int_equal(act_alert_made(&b, "rule", "srv-500"), MANY + 1);

    /* what the desk takes back meanwhile stays so, and is told */
    withdraw(&b, 300);
    assert_int_equal(finish(&b), MANY / ACT_UNDO_SLICE);
    assert_int_equal(closed(&b), MANY - 1);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM alert WHERE state = 'withdrawn'"), 1);
    assert_int_equal(act_sql(&b,
                             "SELECT was = is_now AND was ->> 0 = 'withdrawn' FROM act_on WHERE "
                             "kind = 'alert' AND key = 300 ORDER BY act DESC LIMIT 1"),
                     1);
    act_bench_release(&b);
}

/* One of them was changed since: none is put back. */
static void nothing_is_put_back_of_what_was_changed(void **state)
{
    struct act_bench b;
    char undo[64];
    int64_t lines;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4");
    many_alerts(&b, 1);
    act_good(&b, CLOSE);
    undo_last(&b, undo);
    assert_int_equal(finish(&b), 2);
    act_good(&b, "{'act':'alert.reopen','alerts':[506],'reason':'x'}");
    lines = last_act(&b);
    act_bad(&b, undo, ERR_CONFLICT, "alert 506 was changed since");
    assert_int_equal(last_act(&b), lines);
    assert_int_equal(closed(&b), MANY - 1);
    assert_int_equal(finish(&b), 0);
    act_bench_release(&b);
}

static void merging_is_one_act(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M2");
    (void)incident_told(&b, "M2");
    many_alerts(&b, 1);
    act_good(&b, "{'act':'incident.merge','incident':1,'into':2,'reason':'x'}");
    act_bad(&b, "{'act':'incident.stage','incident':2,'stage':'contain'}", ERR_CONFLICT,
            "in a moment");
    act_bad(&b, "{'act':'alert.assign','alerts':[1]}", ERR_CONFLICT, "in a moment");
    incident_sees(&b, "alert.show", "alert=506", "\"state\":\"new\"");
    reopen_program(&b);
    assert_int_equal(finish(&b), 2);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM alert WHERE incident = 2"), MANY);
    act_good(&b, "{'act':'incident.stage','incident':2,'stage':'contain'}");
    act_bench_release(&b);
}

/* As many as a slice has, and one more or less. */
static void the_last_slice_may_be_empty(void **state)
{
    (void)state;
    for (int more = -1; more <= 1; more++) {
        struct act_bench b;
        struct db_row *r;

        incident_bench_init(&b);
        (void)incident_told(&b, "M2");
        many_alerts(&b, 1);
        assert_int_equal(db_begin(b.db, &b.e), ERR_OK);
        for (int64_t id = INCIDENT_SLICE + more + 1; id <= MANY; id++) {
            r = db_use(b.db, DB_INCIDENT_ALERT_LEAVE);
            db_int(r, 1, id);
            assert_int_equal(db_run(b.db, r, &b.e), ERR_OK);
        }
        assert_int_equal(db_commit(b.db, &b.e), ERR_OK);
        act_good(&b, CLOSE);
        assert_int_equal(finish(&b), more < 0 ? 0 : 1);
        assert_int_equal(closed(&b), INCIDENT_SLICE + more);
        act_bench_release(&b);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(closing_is_one_act),
        cmocka_unit_test(it_is_put_back_whole),
        cmocka_unit_test(it_is_done_again_whole),
        cmocka_unit_test(nothing_is_put_back_of_what_was_changed),
        cmocka_unit_test(merging_is_one_act),
        cmocka_unit_test(the_last_slice_may_be_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
