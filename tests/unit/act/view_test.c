/*
 * Goal: what is read is what was asked for, by who may, in each format; every statement fits its
 * row. Method: the views of all areas over a database with some alerts; parameters as texts.
 */
#include "../check.h"

#include <stdlib.h>
#include <string.h>

#include "act_bench.h"

static void some_alerts(struct act_bench *b)
{
    (void)act_alert_made(b, "rule-1", "Srv-One");
    b->now_ns += 1000000000;
    (void)act_alert_made(b, "rule-1", "srv-two");
    b->now_ns += 1000000000;
    (void)act_alert_made(b, "rule-2", "srv-two");
    act_good(b, "{'act':'alert.close','alerts':[2],'verdict':'test','reason':'a, b'}");
}

static void the_queue_is_what_was_asked_for(void **state)
{
    static const struct {
        const char *text;
        uint32_t rows;
        const char *has;
    } rows[] = {
        { "", 2, "\"id\":3,\"kind\":\"detection\",\"state\":\"new\",\"level\":\"high\"" },
        { "limit=1", 1, "\"id\":3" },
        { "state=closed", 1, "\"verdict\":\"test\"" },
        { "state=hidden", 0, "" },
        { "state=new", 2, "" },
        { "level=critical", 0, "" },
        { "level=High", 2, "" },
        { "entity=SRV-TWO&state=all", 2, "\"id\":2" },
        { "entity=srv-two&state=open", 1, "\"id\":3" },
        { "rule=rule-1&state=all", 2, "" },
        { "rule=rule-1", 1, "\"id\":1" },
        { "rule=rule-1&entity=srv-one", 1, "" },
        { "assignee=an&state=closed", 1, "\"id\":2" },
        { "incident=7", 0, "" },
        { "since=1s", 1, "\"id\":3" },
        { "before=2025-11-24T16:00:01Z&below=2", 1, "\"id\":1" },
        { "before=2025-11-24T16:00:00Z", 0, "" },
    };
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    some_alerts(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t n = view_lines(&b, "alert.list", rows[i].text);

        if (n != rows[i].rows || !view_says(&b, rows[i].has))
            fail_msg("%s gave %u: %s", rows[i].text, n, (char *)b.answer.p);
    }
    act_bench_release(&b);
}

static void what_cannot_be_asked_is_told(void **state)
{
    static const struct {
        const char *view, *text, *words;
    } rows[] = {
        { "alert.show", "", "alert: This is missing" },
        { "alert.show", "alert=x", "alert: This is no number" },
        { "alert.show", "alert=0", "alert: This is no number" },
        { "alert.list", "limit=0", "limit: This is no number from 1 to 5000" },
        { "alert.list", "limit=5001", "limit: This is no number" },
        { "alert.list", "state=sad", "state: This is none" },
        { "alert.list", "level=sad", "level: This is none" },
        { "alert.list", "since=soon", "since: This is no time" },
        { "alert.list", "rule=\xff", "rule: This is too long, or not UTF-8" },
        { "alert.list", "entity=\xff\xc3", "entity: This is too long, or not UTF-8" },
        { "alert.list", "entity=srv\xed\xa0\x80", "entity: This is too long, or not UTF-8" },
    };
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (view_ask_as(&b, rows[i].view, rows[i].text, VIEW_NDJSON) != ERR_USAGE ||
            strstr(b.e.why, rows[i].words) == NULL)
            fail_msg("%s?%s: %s", rows[i].view, rows[i].text, b.e.why);
    }
    act_bench_release(&b);
}

static void the_formats_say_the_same(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    some_alerts(&b);
    assert_int_equal(view_ask_as(&b, "alert.counts", "", VIEW_JSON), ERR_OK);
    assert_string_equal((char *)b.answer.p,
                        "[{\"state\":\"closed\",\"level\":\"high\",\"hidden\":false,\"count\":1},"
                        "{\"state\":\"new\",\"level\":\"high\",\"hidden\":false,\"count\":2}]\n");
    assert_int_equal(view_ask_as(&b, "alert.counts", "", VIEW_CSV), ERR_OK);
    assert_string_equal((char *)b.answer.p, "state,level,hidden,count,pending\r\n"
                                            "closed,\"high\",false,1,\r\n"
                                            "new,\"high\",false,2,\r\n");
    assert_int_equal(view_ask_as(&b, "alert.list", "state=hidden", VIEW_JSON), ERR_OK);
    assert_string_equal((char *)b.answer.p, "[]\n");
    act_bench_release(&b);
}

static void a_thing_has_its_history(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    some_alerts(&b);
    act_good(&b, "{'act':'note.add','alert':2,'text':'looked'}");
    act_good(&b, "{'act':'act.undo','undoes':1}");
    assert_int_equal(view_lines(&b, "act.of", "kind=alert&key=2"), 3);
    assert_true(view_says(&b, "\"did\":\"alert.close\",\"undone\":3"));
    assert_true(view_says(&b, "\"did\":\"note.add\",\"note\":\"looked\""));
    act_bench_release(&b);
}

/* Every view: its statement can be prepared, and has the columns and places of its row. */
static void every_row_fits_its_statement(void **state)
{
    const struct view_row *row;
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    for (size_t i = 0; (row = view_at(&office_views, i)) != NULL; i++) {
        enum db_statement s = row->statement;
        struct db_row *r = db_use(b.db, s);
        int params = 0, columns = 0;

        while (params < (int)VIEW_PARAMS_MAX && row->param[params].name != NULL)
            params++;
        while (columns < (int)VIEW_COLUMNS_MAX && row->column[columns].name != NULL)
            columns++;
        if (r == NULL || db_places(r) != params || db_columns(r) != columns)
            fail_msg("%s: %d places for %d parameters, %d columns for %d", row->name,
                     r != NULL ? db_places(r) : -1, params, r != NULL ? db_columns(r) : -1,
                     columns);
        assert_true(row->roles != 0);
        assert_null(act_find(&office_acts, span_of(row->name))); /* one path, one thing */
        assert_int_equal(row->help[strlen(row->help) - 1], '.');
        assert_int_equal(row->param[params - 1].type, VIEW_LIMIT);
    }
    act_bench_release(&b);
}

static void who_may_not_see_does_not(void **state)
{
    const struct view_row *row;
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    for (int role = 0; role < USER_ROLES; role++) {
        b.who.roles = 1u << role;
        for (size_t i = 0; (row = view_at(&office_views, i)) != NULL; i++) {
            int rc = view_ask_as(&b, row->name, "alert=1&kind=alert&key=1", VIEW_NDJSON);

            if ((row->roles & b.who.roles) == 0)
                assert_int_equal(rc, ERR_DENIED);
            else
                assert_int_not_equal(rc, ERR_DENIED);
        }
    }
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_queue_is_what_was_asked_for),
        cmocka_unit_test(what_cannot_be_asked_is_told),
        cmocka_unit_test(the_formats_say_the_same),
        cmocka_unit_test(a_thing_has_its_history),
        cmocka_unit_test(every_row_fits_its_statement),
        cmocka_unit_test(who_may_not_see_does_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
