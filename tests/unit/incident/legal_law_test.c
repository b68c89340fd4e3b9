/*
 * Goal: incidents ask the law as it is shipped: its codes are known, its clocks start and follow,
 * its playbooks become tasks; nothing that it says is too long for what is kept.
 * Method: data/law and data/playbooks; acts at times of both profiles; every clock and step there
 * is.
 */
#include "incident_bench.h"

#include <string.h>

#include "../check.h"
#include "incident/legal_law.h"

#define IN_2026 INT64_C(1795788000000000000) /* 2026-11-27T14:00:00Z */
#define IN_2024 INT64_C(1714557600000000000) /* 2024-05-01T10:00:00Z */

struct scene {
    struct act_bench b;
    struct law *law;
    struct playbooks *playbooks;
    struct legal_law from;
    struct legal legal;
};

static void scene_init(struct scene *s, int64_t now_ns)
{
    struct err e = { 0 };

    if (law_open(&s->law, LAW_FOLDER, &e) != ERR_OK ||
        playbooks_open(&s->playbooks, PLAYBOOKS_FOLDER, s->law, &e) != ERR_OK)
        fail_msg("%s", e.why);
    s->from = (struct legal_law){ s->law, s->playbooks };
    s->legal = legal_of_law(&s->from);
    act_bench_init_law(&s->b, &s->legal);
    incident_register(&s->b);
    s->b.now_ns = now_ns;
}

static void scene_release(struct scene *s)
{
    act_bench_release(&s->b);
    playbooks_free(&s->playbooks);
    law_free(&s->law);
}

static void an_incident_of_2026(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, IN_2026);
    act_bad(&s.b,
            "{'act':'incident.open','title':'x','type':'N99','severity':'M2','channel':'phone'}",
            ERR_USAGE, "type: The law of that time (2026) has none such");
    act_good(&s.b, "{'act':'incident.open','title':'Mã độc','type':'N1','severity':'M2',"
                   "'channel':'phone','level':3}");
    assert_int_equal(act_number(&s.b, "clocks_started"), 2);
    assert_true(act_number(&s.b, "tasks") > 5);
    assert_int_equal(act_sql(&s.b, "SELECT min(due) FROM clock"), IN_2026 + 24 * HOUR);
    assert_int_equal(act_sql(&s.b, "SELECT max(due) FROM clock"), IN_2026 + 72 * HOUR);
    assert_int_equal(act_sql(&s.b, "SELECT count(*) FROM clock WHERE instr(recipient, '; ') > 0 AND"
                                   " form IS NOT NULL AND sure"),
                     2);
    act_good(&s.b,
             "{'act':'incident.change','incident':1,'facts':'personal_data beyond_capacity'}");
    assert_int_equal(act_number(&s.b, "clocks_started"), 2);
    act_bad(&s.b, "{'act':'incident.change','incident':1,'facts':'sorrow'}", ERR_USAGE,
            "facts: The law of that time (2026) has not sorrow");
    act_bad(&s.b, "{'act':'incident.change','incident':1,'severity':'M4'}", ERR_USAGE,
            "reason: Clock");
    act_good(&s.b, "{'act':'incident.close','incident':1,'cause':'attack','result':'x','skip':'x',"
                   "'unsent':'x'}");
    scene_release(&s);
}

static void an_incident_of_2024_is_under_the_old_law(void **state)
{
    struct scene s;
    const struct law_profile *p;
    char request[200];

    (void)state;
    scene_init(&s, IN_2024);
    p = law_profile_at(s.law, IN_2024);
    assert_non_null(p);
    (void)snprintf(
        request, sizeof(request),
        "{'act':'incident.open','title':'x','type':'%s','severity':'%s','channel':'phone'}",
        p->types.row[0].id, p->severities.row[p->severities.count - 1].id);
    act_good(&s.b, request);
    assert_int_equal(act_sql(&s.b, "SELECT profile = '2016' FROM incident"), 1);
    assert_int_equal(act_sql(&s.b, "SELECT max(due - started) FROM clock") / DAY, 5);
    (void)snprintf(request, sizeof(request),
                   "{'act':'incident.close','incident':1,'cause':'%s','result':'x','skip':'x',"
                   "'unsent':'x'}",
                   p->causes.row[0].id);
    act_good(&s.b, request);
    /* the final report: five days after the end */
    incident_sees(&s.b, "clock.list", "", "\"starts\":\"end\"");
    scene_release(&s);
}

/* Whatever is in the files can be kept. */
static void every_step_of_every_playbook_is_a_task(void **state)
{
    const struct playbook *book;
    struct scene s;
    int64_t tasks = 0;
    char request[200];

    (void)state;
    scene_init(&s, IN_2026);
    act_good(&s.b,
             "{'act':'incident.open','title':'x','type':'N9','severity':'M4','channel':'own'}");
    tasks = act_number(&s.b, "tasks");
    for (uint32_t i = 0; (book = playbook(s.playbooks, i)) != NULL; i++) {
        (void)snprintf(request, sizeof(request),
                       "{'act':'task.playbook','incident':1,'playbook':'%s'}", book->id);
        act_good(&s.b, request);
        tasks += act_number(&s.b, "tasks");
        (void)snprintf(request, sizeof(request), "SELECT count(*) FROM task WHERE playbook = '%s'",
                       book->id);
        assert_int_equal(act_sql(&s.b, request), book->task_count);
        /* the proof that it asks for is kept whole: none was left out */
        for (uint32_t k = 0; k < book->task_count; k++) {
            struct legal_step step;
            size_t n = 0;

            assert_true(s.legal.step(s.legal.arg, span_of(book->id), k, IN_2026, &step));
            for (uint32_t v = 0; v < book->task[k].evidence.count; v++)
                n += strlen(book->task[k].evidence.value[v]) + (v > 0 ? 2 : 0);
            assert_int_equal(strlen(step.asks), n);
        }
    }
    assert_int_equal(act_sql(&s.b, "SELECT count(*) FROM task"), tasks);
    scene_release(&s);
}

static void every_code_has_a_name(void **state)
{
    const struct law_profile *p;
    struct legal_name name;
    struct scene s;

    (void)state;
    scene_init(&s, IN_2026);
    for (uint32_t i = 0; (p = law_profile(s.law, i)) != NULL; i++) {
        struct span id = span_of(p->id);

        for (uint32_t k = 0; k < p->types.count; k++)
            assert_true(
                s.legal.name(s.legal.arg, id, LEGAL_TYPE, span_of(p->types.row[k].id), &name));
        for (uint32_t k = 0; k < p->severities.count; k++)
            assert_true(s.legal.name(s.legal.arg, id, LEGAL_SEVERITY,
                                     span_of(p->severities.row[k].id), &name));
        for (uint32_t k = 0; k < p->causes.count; k++)
            assert_true(
                s.legal.name(s.legal.arg, id, LEGAL_CAUSE, span_of(p->causes.row[k].id), &name));
        for (uint32_t k = 0; k < p->facts.count; k++)
            assert_true(
                s.legal.name(s.legal.arg, id, LEGAL_FACT, span_of(p->facts.row[k].id), &name));
        assert_false(s.legal.name(s.legal.arg, id, LEGAL_FACT, SPAN_LIT("sorrow"), &name));
    }
    assert_false(s.legal.name(s.legal.arg, SPAN_LIT("1802"), LEGAL_TYPE, SPAN_LIT("N1"), &name));
    scene_release(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_incident_of_2026),
        cmocka_unit_test(an_incident_of_2024_is_under_the_old_law),
        cmocka_unit_test(every_step_of_every_playbook_is_a_task),
        cmocka_unit_test(every_code_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
