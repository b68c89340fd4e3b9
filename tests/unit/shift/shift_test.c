/*
 * Goal: nobody is on duty twice, or while he is away; coverage counts every minute once; a handover
 * says what was at hand and is answered by who takes it, once.
 * Method: acts as JSON upon a database; coverage against a count minute by minute.
 */
#include "../check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../act/act_bench.h"

static void lead(struct act_bench *b)
{
    b->who.name = SPAN_LIT("lan");
    b->who.roles = ROLE_BIT(LEAD);
}

static void a_roster_is_planned_swapped_and_cancelled(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b); /* it is 2025-11-24T16:00:00Z */
    act_users_made(&b, "an binh chi dung");
    act_bad(&b,
            "{'act':'shift.plan','person':'an','from':'2025-11-25T00:00:00Z',"
            "'to':'2025-11-25T08:00:00Z'}",
            ERR_DENIED, "an may not do shift.plan");
    lead(&b);
    act_good(&b, "{'act':'shift.plan','person':'an','from':'2025-11-25T00:00:00Z',"
                 "'to':'2025-11-25T08:00:00Z'}");
    assert_int_equal(act_number(&b, "shift"), 1);
    act_bad(&b,
            "{'act':'shift.plan','person':'an','from':'2025-11-25T07:59:59Z',"
            "'to':'2025-11-25T16:00:00Z'}",
            ERR_CONFLICT, "an is on duty then: shift 1");
    act_good(&b, "{'act':'shift.plan','person':'an','from':'2025-11-25T08:00:00Z',"
                 "'to':'2025-11-25T16:00:00Z','part':'on-call'}");
    act_bad(&b,
            "{'act':'shift.plan','person':'an','from':'2025-11-26T08:00:00Z',"
            "'to':'2025-11-26T08:00:00Z'}",
            ERR_USAGE, "to: A shift ends after it begins");
    act_good(&b, "{'act':'away.add','person':'binh','from':'2025-11-25T00:00:00Z',"
                 "'to':'2025-11-26T00:00:00Z','reason':'nghi phep'}");
    act_bad(&b, "{'act':'shift.swap','shift':1,'to':'binh','reason':'x'}", ERR_CONFLICT,
            "binh is away then: absence 1");
    act_good(&b, "{'act':'shift.swap','shift':1,'to':'chi','reason':'con om'}");
    assert_int_equal(act_number(&b, "shift"), 3);
    act_bad(&b, "{'act':'shift.swap','shift':1,'to':'dung','reason':'x'}", ERR_NOTFOUND,
            "no shift 1");
    assert_int_equal(act_sql(&b, "SELECT instead FROM duty WHERE id = 3 AND person = 'chi'"), 1);
    act_bad(&b,
            "{'act':'away.add','person':'chi','from':'2025-11-25T01:00:00Z',"
            "'to':'2025-11-25T02:00:00Z','reason':'x'}",
            ERR_CONFLICT, "give shift 3 to somebody first");
    act_good(&b, "{'act':'shift.cancel','shift':2,'reason':'x'}");
    b.now_ns += INT64_C(86400000000000); /* shift 3 is over */
    act_bad(&b, "{'act':'shift.swap','shift':3,'to':'an','reason':'x'}", ERR_CONFLICT, "is over");
    act_bad(&b, "{'act':'shift.cancel','shift':3,'reason':'x'}", ERR_CONFLICT, "has begun");
    act_good(&b, "{'act':'away.end','away':1,'reason':'x'}");
    act_bad(&b, "{'act':'away.end','away':1,'reason':'x'}", ERR_NOTFOUND, "no absence 1");
    act_bench_release(&b);
}

static void a_rotation_is_whole_or_not_at_all(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    lead(&b);
    act_users_made(&b, "an binh chi dung");
    act_good(&b, "{'act':'shift.rotate','people':'an, binh,chi','hours':8,"
                 "'from':'2025-12-01T00:00:00+07:00','until':'2025-12-08T00:00:00+07:00'}");
    assert_int_equal(act_number(&b, "shifts"), 21);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM duty WHERE person = 'binh'"), 7);
    assert_int_equal(act_sql(&b, "SELECT max(ends) - min(starts) FROM duty"),
                     7 * INT64_C(86400000000000));
    act_bad(&b,
            "{'act':'shift.rotate','people':'dung,chi','hours':6,"
            "'from':'2025-12-07T08:00:00+07:00','until':'2025-12-09T00:00:00+07:00'}",
            ERR_CONFLICT, "chi is on duty then");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM duty"), 21);
    act_bad(&b,
            "{'act':'shift.rotate','people':'an,,b','hours':8,'from':'2026-12-01T00:00:00Z',"
            "'until':'2026-12-02T00:00:00Z'}",
            ERR_USAGE, "people: ");
    act_bad(&b,
            "{'act':'shift.rotate','people':'an','hours':1,'from':'2026-12-01T00:00:00Z',"
            "'until':'2027-12-02T00:00:00Z'}",
            ERR_USAGE, "too far");
    act_bench_release(&b);
}

static void who_is_put_down_is_an_active_user(void **state)
{
    static const char *const acts[] = {
        "{'act':'shift.plan','person':'%s','from':'2025-11-25T00:00:00Z','to':'2025-11-25T08:00:00Z'}",
        "{'act':'shift.rotate','people':'an,%s','hours':8,'from':'2025-11-25T00:00:00Z',"
        "'until':'2025-11-26T00:00:00Z'}",
        "{'act':'shift.swap','shift':1,'to':'%s','reason':'x'}",
        "{'act':'away.add','person':'%s','from':'2025-11-25T00:00:00Z','to':'2025-11-26T00:00:00Z',"
        "'reason':'x'}",
        "{'act':'handover.make','to':'%s','remarks':'x'}",
    };
    struct act_bench b;
    char request[256];

    (void)state;
    act_bench_init(&b);
    act_users_made(&b, "an binh chi");
    lead(&b);
    act_good(&b, "{'act':'shift.plan','person':'AN','from':'2025-12-25T00:00:00Z',"
                 "'to':'2025-12-25T08:00:00Z'}");
    assert_int_equal(act_sql(&b, "SELECT person = 'an' FROM duty"), 1);
    b.who.roles = ROLES_ALL;
    act_good(&b, "{'act':'user.disable','user':'chi','reason':'x'}");
    for (size_t i = 0; i < COUNT_OF(acts); i++) {
        (void)snprintf(request, sizeof(request), acts[i], "dung");
        act_bad(&b, request, ERR_NOTFOUND, "no such user: dung");
        (void)snprintf(request, sizeof(request), acts[i], "chi");
        act_bad(&b, request, ERR_CONFLICT, "User chi is disabled");
        (void)snprintf(request, sizeof(request), acts[i], "local:an");
        act_bad(&b, request, ERR_NOTFOUND, "no such user: local:an");
    }
    act_bench_release(&b);
}

/* --- coverage ------------------------------------------------------------------------------- */

#define MINUTE INT64_C(60000000000)
#define SPAN   300 /* minutes */

static int64_t column(struct act_bench *b, enum db_statement s, int64_t from, int64_t to,
                      int64_t least, int at, int *rows)
{
    struct db_row *r = db_use(b->db, s);
    int64_t sum = 0;

    *rows = 0;
    db_int(r, 1, from);
    db_int(r, 2, to);
    db_int(r, 3, least);
    db_int(r, 4, 5000);
    while (db_next(b->db, r, &b->e) == 1) {
        sum += db_get_int(r, at);
        (*rows)++;
    }
    return sum;
}

static void coverage_counts_every_minute_once(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (int round = 0; round < 40; round++) {
        int people[SPAN] = { 0 }, rows, gaps[4] = { 0 }, covered[4] = { 0 };
        struct act_bench b;
        char request[256];

        act_bench_init(&b);
        lead(&b);
        act_users_made(&b, "p0 p1 p2 p3 p4 p5");
        for (int i = 0; i < 6; i++) {
            int from, to;

            seed = seed * 6364136223846793005u + 1442695040888963407u;
            from = (int)(seed >> 33) % (SPAN - 1);
            to = from + 1 + (int)(seed >> 43) % (SPAN - from - 1 + 1);
            to = to > SPAN ? SPAN : to;
            (void)snprintf(request, sizeof(request),
                           "{'act':'shift.plan','person':'p%d','from':'%lld','to':'%lld'}", i,
                           (long long)((NOW + from * MINUTE) / 1000000000),
                           (long long)((NOW + to * MINUTE) / 1000000000));
            act_good(&b, request);
            for (int m = from; m < to; m++)
                people[m]++;
        }
        for (int least = 1; least < 4; least++) {
            int64_t end = NOW + SPAN * MINUTE;

            for (int m = 0; m < SPAN; m++) {
                gaps[least] += people[m] < least;
                covered[least] += people[m] >= least;
            }
            assert_int_equal(column(&b, DB_DUTY_GAPS, NOW, end, least, 3, &rows), gaps[least]);
            assert_int_equal(column(&b, DB_DUTY_COVERAGE, NOW, end, least, 1, &rows),
                             covered[least]);
            assert_int_equal(rows, 1);
        }
        act_bench_release(&b);
    }
}

/* --- handing over --------------------------------------------------------------------------- */

static void a_handover_says_what_was_at_hand(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    act_users_made(&b, "an binh");
    (void)act_alert_made(&b, "r", "srv-1");
    act_bad(&b, "{'act':'handover.make','to':'an','remarks':'x'}", ERR_USAGE, "to himself");
    act_good(&b, "{'act':'handover.make','to':'binh','remarks':'xem srv-1 truoc 9 gio'}");
    (void)act_alert_made(&b, "r", "srv-2"); /* later: not in it */
    assert_int_equal(act_sql(&b, "SELECT content ->> '$.alerts.open' FROM handover"), 1);
    assert_int_equal(act_sql(&b, "SELECT content ->> '$.alerts.gravest[0].entity' = 'srv-1' AND"
                                 " content ->> '$.sources' = '[]' FROM handover"),
                     1);
    act_bad(&b, "{'act':'handover.take','handover':1}", ERR_DENIED, "for somebody else");
    b.who.name = SPAN_LIT("binh");
    act_bad(&b, "{'act':'handover.take','handover':7}", ERR_NOTFOUND, "no handover 7");
    act_good(&b, "{'act':'handover.take','handover':1,'note':'da nhan'}");
    act_bad(&b, "{'act':'handover.refuse','handover':1,'reason':'x'}", ERR_CONFLICT,
            "was answered");
    assert_int_equal(act_sql(&b, "SELECT taken = 2 AND answer = 'da nhan' FROM handover"), 1);
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_roster_is_planned_swapped_and_cancelled),
        cmocka_unit_test(a_rotation_is_whole_or_not_at_all),
        cmocka_unit_test(who_is_put_down_is_an_active_user),
        cmocka_unit_test(coverage_counts_every_minute_once),
        cmocka_unit_test(a_handover_says_what_was_at_hand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
