/*
 * Goal: a phieu goes its way and no other; a contact sees and answers what was sent to its agency,
 * and cannot tell what else there is.
 * Method: every act upon a phieu in every state, against a table; acts and views of contacts.
 */
#include "incident_bench.h"

#include <string.h>

#include "../check.h"

#define MAKE(agency)                                                                               \
    "{'act':'phieu.make','kind':'request','agency':" agency                                        \
    ",'system':3,'subject':'Máy trạm','what':'Máy nhiễm mã độc',"                        \
    "'proof':'0.1203','steps':'Cô lập, quét','due':'2025-11-26T16:00:00Z'}"

static const char *const acts[] = {
    "{'act':'phieu.change','phieu':1,'what':'x'}",
    "{'act':'phieu.send','phieu':1,'channel':'letter','document':'77/SKHCN'}",
    "{'act':'phieu.receive','phieu':1}",
    "{'act':'phieu.answer','phieu':1,'done':'Đã quét','handled':3,'total':4}",
    "{'act':'phieu.check','phieu':1,'good':true}",
    "{'act':'phieu.check','phieu':1,'good':false,'text':'thiếu 1 máy'}",
    "{'act':'phieu.remind','phieu':1,'text':'gọi điện'}",
    "{'act':'phieu.close','phieu':1,'reason':'x'}",
};

/* How a state is reached, and what each of the acts leads to from there: "-" it may not. */
static const struct {
    const char *state;
    int way[4], steps;
    const char *next[COUNT_OF(acts)];
} ways[] = {
    { "draft", { 0 }, 0, { "draft", "sent", "-", "-", "-", "-", "-", "closed" } },
    { "sent", { 1 }, 1, { "-", "-", "received", "answered", "-", "-", "sent", "closed" } },
    { "received", { 1, 2 }, 2, { "-", "-", "-", "answered", "-", "-", "received", "closed" } },
    { "answered", { 1, 3 }, 2, { "-", "-", "-", "-", "checked", "returned", "-", "closed" } },
    { "returned", { 1, 3, 5 }, 3, { "-", "-", "-", "answered", "-", "-", "returned", "closed" } },
    { "checked", { 1, 3, 4 }, 3, { "-", "-", "-", "-", "-", "-", "-", "closed" } },
    { "closed", { 1, 3, 4, 7 }, 4, { "-", "-", "-", "-", "-", "-", "-", "-" } },
};

static void is_in(const struct act_bench *b, const char *state)
{
    char sql[100];

    (void)snprintf(sql, sizeof(sql), "SELECT state = '%s' FROM phieu WHERE id = 1", state);
    if (act_sql(b, sql) != 1)
        fail_msg("it is not %s", state);
}

static void it_goes_its_way_and_no_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        for (size_t k = 0; k < COUNT_OF(acts); k++) {
            struct act_bench b;

            incident_bench_init(&b);
            act_good(&b, MAKE("7"));
            for (int s = 0; s < ways[i].steps; s++)
                act_good(&b, acts[ways[i].way[s]]);
            is_in(&b, ways[i].state);
            if (ways[i].next[k][0] == '-') {
                act_bad(&b, acts[k], ERR_CONFLICT, ways[i].state);
            } else {
                act_good(&b, acts[k]);
                is_in(&b, ways[i].next[k]);
            }
            act_bench_release(&b);
        }
    }
}

static void what_is_wrong_is_told(void **state)
{
    static const struct {
        const char *request;
        int code;
        const char *words;
    } rows[] = {
        { "{'act':'phieu.make','kind':'warning','agency':7,'subject':'x','what':'x','proof':'x','steps':'x',"
          "'due':'2025-11-24T15:00:00Z'}",
          ERR_USAGE, "due: This is over" },
        { "{'act':'phieu.make','kind':'warning','agency':7,'subject':'x','what':'x','proof':'x','steps':'x',"
          "'due':'2025-11-25T15:00:00Z','incident':9}",
          ERR_NOTFOUND, "no incident 9" },
        { "{'act':'phieu.make','kind':'warning','agency':7,'subject':'x','what':'x','proof':'x','steps':'x',"
          "'due':'2025-11-25T15:00:00Z','alert':9}",
          ERR_NOTFOUND, "no alert 9" },
        { "{'act':'phieu.send','phieu':9,'channel':'letter'}", ERR_NOTFOUND, "no phieu 9" },
        { "{'act':'phieu.send','phieu':1,'channel':'letter','sent':'2025-11-25T15:00:00Z'}",
          ERR_USAGE, "sent: This is still to come" },
        { "{'act':'phieu.change','phieu':1,'due':'2025-11-20T15:00:00Z'}", ERR_USAGE, "due:" },
        { "{'act':'phieu.answer','phieu':2,'done':'x','handled':3}", ERR_USAGE,
          "handled: So many" },
        { "{'act':'phieu.answer','phieu':2,'done':'x','handled':3,'total':2}", ERR_USAGE,
          "handled:" },
        { "{'act':'phieu.answer','phieu':2,'done':'x','file':'a.xlsx'}", ERR_USAGE,
          "file: A file" },
        { "{'act':'phieu.check','phieu':3,'good':false}", ERR_USAGE, "text: It must be said" },
        { "{'act':'phieu.close','phieu':2}", ERR_USAGE, "reason: No good answer" },
    };
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    for (int i = 0; i < 3; i++)
        act_good(&b, MAKE("7"));
    act_good(&b, "{'act':'phieu.send','phieu':2,'channel':'letter'}");
    act_good(&b, "{'act':'phieu.send','phieu':3,'channel':'letter'}");
    act_good(&b, "{'act':'phieu.answer','phieu':3,'done':'x'}");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        act_bad(&b, rows[i].request, rows[i].code, rows[i].words);
    b.now_ns += 3 * DAY;
    act_bad(&b, "{'act':'phieu.send','phieu':1,'channel':'letter'}", ERR_CONFLICT,
            "PH-2025-0001 would be late");
    act_bench_release(&b);
}

static void as_contact(struct act_bench *b, int64_t agency)
{
    b->who = (struct actor){ .name = SPAN_LIT("contact"),
                             .roles = ROLE_BIT(CONTACT) | ROLE_SELF, /* of a session */
                             .agency = agency,
                             .via = "session",
                             .address = SPAN_LIT("") };
}

static void an_answer_is_kept_and_checked(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    act_good(&b, MAKE("7"));
    act_good(&b, acts[1]);
    act_good(&b, "{'act':'phieu.answer','phieu':1,'done':'Đã quét 3 máy','handled':3,'total':4,"
                 "'cause':'USB','file':'bc.txt','content':'YWJj'}");
    act_good(&b, "{'act':'phieu.check','phieu':1,'good':false,'text':'thiếu',"
                 "'due':'2025-11-28T16:00:00Z'}");
    act_good(&b, "{'act':'phieu.answer','phieu':1,'done':'Đủ','handled':4,'total':4}");
    act_good(&b, acts[4]);
    act_good(&b, "{'act':'phieu.close','phieu':1}");
    incident_sees(&b, "phieu.show", "phieu=1", "\"handled\":3,\"total\":4,\"file\":\"bc.txt\"");
    assert_true(view_says(&b, "\"good\":false"));
    assert_true(view_says(&b, "\"good\":true"));
    assert_true(view_says(&b, "\"due\":\"2025-11-28T16:00:00Z\""));
    assert_true(view_says(&b, "\"state\":\"returned\",\"text\":\"thiếu\",\"who\":\"an\""));
    incident_sees(&b, "phieu.file", "answer=1", "\"file\":\"bc.txt\"");
    assert_true(view_says(&b, "\"content\":\"YWJj\""));
    incident_counts(&b, "phieu.file", "answer=2", 0);
    as_contact(&b, 7);
    incident_counts(&b, "phieu.file", "answer=1", 1);
    as_contact(&b, 8);
    incident_counts(&b, "phieu.file", "answer=1", 0);
    b.who.roles = ROLES_ALL;
    incident_sees(&b, "form.phieu", "phieu=1", "\"steps\":[\"Cô lập, quét\"]");
    act_bench_release(&b);
}

/* 1: a draft to 7. 2: sent to 7. 3: sent to 8. */
static void some_phieu(struct act_bench *b)
{
    (void)incident_told(b, "M3");
    act_good(b, MAKE("7"));
    act_good(
        b,
        "{'act':'phieu.make','kind':'warning','agency':7,'subject':'x','what':'x','proof':'x','steps':'x',"
        "'due':'2025-11-26T16:00:00Z','incident':1}");
    act_good(b, MAKE("8"));
    act_good(b, "{'act':'phieu.send','phieu':2,'channel':'letter'}");
    act_good(b, "{'act':'phieu.send','phieu':3,'channel':'letter'}");
}

static void a_contact_sees_its_own_only(void **state)
{
    static const char *const lists[] = { "",          "state=out", "state=any",   "system=3",
                                         "agency=7",  "agency=8",  "state=draft", "incident=1",
                                         "state=late" };
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    some_phieu(&b);
    incident_counts(&b, "phieu.list", "", 3);
    incident_counts(&b, "phieu.list", "incident=1", 1);
    incident_counts(&b, "phieu.list", "state=out", 2);
    incident_counts(&b, "phieu.list", "agency=7&state=draft", 1);
    as_contact(&b, 7);
    incident_counts(&b, "phieu.list", "", 1);
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        assert_int_equal(view_ask(&b, "phieu.list", lists[i]), ERR_OK);
        assert_false(view_says(&b, "\"id\":1,") || view_says(&b, "\"id\":3,"));
        assert_false(view_says(&b, "\"incident\":")); /* that there is one is not told */
    }
    incident_sees(&b, "phieu.show", "phieu=2", "\"state\":\"sent\"");
    assert_false(view_says(&b, "\"incident\"") || view_says(&b, "\"an\"") ||
                 view_says(&b, "draft"));
    incident_counts(&b, "phieu.show", "phieu=1", 0);
    incident_counts(&b, "phieu.show", "phieu=3", 0);
    incident_counts(&b, "phieu.show", "phieu=99", 0);
    assert_int_equal(view_ask(&b, "incident.list", ""), ERR_DENIED);
    assert_int_equal(view_ask(&b, "form.phieu", "phieu=3"), ERR_DENIED);
    as_contact(&b, 0); /* of no agency */
    incident_counts(&b, "phieu.list", "", 0);
    incident_counts(&b, "phieu.show", "phieu=2", 0);
    act_bench_release(&b);
}

static void a_contact_answers_its_own_only(void **state)
{
    static const int hidden[] = { 1, 3, 99 };
    struct act_bench b;
    char request[100], words[40];

    (void)state;
    incident_bench_init(&b);
    some_phieu(&b);
    as_contact(&b, 7);
    for (size_t i = 0; i < COUNT_OF(hidden); i++) {
        (void)snprintf(words, sizeof(words), "There is no phieu %d.", hidden[i]);
        (void)snprintf(request, sizeof(request), "{'act':'phieu.receive','phieu':%d}", hidden[i]);
        act_bad(&b, request, ERR_NOTFOUND, words);
        (void)snprintf(request, sizeof(request), "{'act':'phieu.answer','phieu':%d,'done':'x'}",
                       hidden[i]);
        act_bad(&b, request, ERR_NOTFOUND, words);
    }
    act_good(&b, "{'act':'phieu.receive','phieu':2}");
    act_good(&b, "{'act':'phieu.answer','phieu':2,'done':'Đã làm'}");
    act_bad(&b, "{'act':'phieu.check','phieu':2,'good':true}", ERR_DENIED,
            "may not do phieu.check");
    /* who is more than a contact is bound by no agency */
    b.who.roles |= ROLE_BIT(OFFICER);
    act_good(&b, "{'act':'phieu.receive','phieu':3}");
    act_bench_release(&b);
}

/* What is below an agency is its own, and not the other way round; 3 is a part of 7. */
static void a_contact_answers_for_what_is_below(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    act_good(&b, MAKE("3"));
    act_good(&b, MAKE("7"));
    act_good(&b, "{'act':'phieu.send','phieu':1,'channel':'letter'}");
    act_good(&b, "{'act':'phieu.send','phieu':2,'channel':'letter'}");
    as_contact(&b, 3);
    incident_counts(&b, "phieu.list", "", 1);
    incident_counts(&b, "phieu.show", "phieu=2", 0);
    act_bad(&b, "{'act':'phieu.receive','phieu':2}", ERR_NOTFOUND, "no phieu 2");
    as_contact(&b, 8);
    incident_counts(&b, "phieu.list", "", 0);
    as_contact(&b, 7);
    incident_counts(&b, "phieu.list", "", 2);
    incident_counts(&b, "phieu.list", "state=out", 2);
    incident_counts(&b, "phieu.list", "agency=3", 1);
    incident_counts(&b, "phieu.show", "phieu=1", 1);
    act_good(&b, "{'act':'phieu.receive','phieu':1}");
    act_good(&b,
             "{'act':'phieu.answer','phieu':1,'done':'Đã làm','file':'a.txt','content':'YWJj'}");
    incident_counts(&b, "phieu.file", "answer=1", 1);
    act_bench_release(&b);
}

static void what_is_not_registered_is_told(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    act_bad(&b, MAKE("99"), ERR_NOTFOUND, "no agency 99");
    act_bad(&b,
            "{'act':'incident.open','title':'x','type':'N1','severity':'M3','channel':'phone',"
            "'systems':[99]}",
            ERR_NOTFOUND, "no system 99");
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_contact_answers_for_what_is_below),
        cmocka_unit_test(what_is_not_registered_is_told),
        cmocka_unit_test(it_goes_its_way_and_no_other),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(an_answer_is_kept_and_checked),
        cmocka_unit_test(a_contact_sees_its_own_only),
        cmocka_unit_test(a_contact_answers_its_own_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
