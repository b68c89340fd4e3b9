/*
 * Goal: the blind rules are those of whose kind nothing came for a day, over restarts and reloads.
 * Method: a taxonomy of two sources, four rules, ledgers written by hand, rounds at chosen times.
 */
#include "../check.h"

#include <stdlib.h>

#include "desk/sight.h"
#include "desk_lane.h"

#define NOW  INT64_C(1795000000)
#define HOUR 3600

static const char first_yaml[] = "source: weblog\nrows:\n  - when: { codec: access }\n"
                                 "    category: webserver\n";
static const char second_yaml[] = "source: unix\nrows:\n  - when: { codec: syslog }\n"
                                  "    product: linux\n";
static const char rules_yaml[] =
    "{title: web, id: 00000000-0000-4000-8000-000000000001, level: low,"
    " logsource: {category: webserver}, detection: {s: {A: 1}, condition: s}}\n---\n"
    "{title: linux, id: 00000000-0000-4000-8000-000000000002, level: high,"
    " logsource: {product: linux}, detection: {s: {A: 1}, condition: s}}\n---\n"
    "{title: none, id: 00000000-0000-4000-8000-000000000003, level: medium,"
    " tags: [attack.execution, attack.t1059.001, attack.T1003, attack.t, attack.tx, attack.g0007],"
    " logsource: {product: nothing}, detection: {s: {A: 1}, condition: s}}";

struct bench {
    struct desk_folder folder;
    struct db *db;
    struct sight *sight;
    struct sigma_rules rules;
    struct taxonomy *taxonomy;
    struct names names;
    struct ruleset *set;
    struct ledger *ledger;
    int64_t now_s;
    uint64_t ms;
};

/* `swapped`: the views have other numbers. */
static void load_rules(struct bench *b, bool swapped, uint64_t generation)
{
    const struct span yaml[] = { span_of(first_yaml), span_of(second_yaml) };
    struct unseen_from from;
    struct err e = { 0 };

    assert_int_equal(names_init(&b->names, &e), ERR_OK);
    assert_int_equal(taxonomy_new(&b->taxonomy, &e), ERR_OK);
    for (unsigned i = 0; i < 2; i++) {
        if (taxonomy_add(b->taxonomy, SPAN_LIT("t.yaml"), yaml[swapped ? 1 - i : i], &b->names,
                         &e) != ERR_OK)
            fail_msg("%s", e.why);
    }
    if (rules_init(&b->rules, &e) != ERR_OK ||
        rules_add_bytes(&b->rules, SPAN_LIT("r"), span_of(rules_yaml), &e) != ERR_OK ||
        rules_finish(&b->rules, &e) != ERR_OK ||
        ruleset_bind(&b->rules, b->taxonomy, &b->names, &e) != ERR_OK ||
        ruleset_new(&b->set, &b->rules, b->taxonomy, &b->names, 1, &e) != ERR_OK)
        fail_msg("%s", e.why);
    assert_int_equal(ruleset_rule_count(b->set), 3);
    from = (struct unseen_from){ b->set, b->taxonomy, &b->names };
    assert_int_equal(sight_rules(b->sight, &from, generation, &e), ERR_OK);
}

static void unload_rules(struct bench *b)
{
    assert_int_equal(sight_rules(b->sight, NULL, 0, NULL), ERR_OK);
    ruleset_free(&b->set);
    rules_release(&b->rules);
    taxonomy_free(&b->taxonomy);
    names_release(&b->names);
}

static void bench_open(struct bench *b)
{
    struct err e;

    assert_int_equal(db_open(&b->db, b->folder.db, &e), ERR_OK);
    assert_int_equal(sight_new(&b->sight, b->db, &e), ERR_OK);
}

static void bench_close(struct bench *b)
{
    sight_free(&b->sight);
    db_close(&b->db);
}

static void bench_init(struct bench *b)
{
    *b = (struct bench){ .now_s = NOW, .ms = 100 };
    desk_folder_init(&b->folder);
    b->ledger = calloc(1, sizeof(*b->ledger));
    assert_int_equal(ledger_begin(b->ledger, 0, NULL), ERR_OK);
    board_set(b->ledger, BOARD_generation, 1);
    bench_open(b);
    load_rules(b, false, 1);
}

static void bench_release(struct bench *b)
{
    unload_rules(b);
    bench_close(b);
    free(b->ledger);
    desk_folder_release(&b->folder);
}

static void round_after(struct bench *b, int64_t seconds)
{
    const struct ledger *all[] = { b->ledger };
    struct sight_round r = { all, 1, 0, 0 };
    struct err e;

    b->now_s += seconds;
    b->ms += (uint64_t)seconds * 1000 + SIGHT_ROUND_MS;
    r.now_ns = b->now_s * 1000000000;
    r.ms = b->ms;
    if (sight_round(b->sight, &r, &e) != ERR_OK)
        fail_msg("%s", e.why);
}

static int64_t blind(const struct bench *b, const char *title)
{
    char sql[128];

    (void)snprintf(sql, sizeof(sql),
                   "SELECT coalesce(max(since) / 1000000000, 0) FROM blind"
                   " WHERE title = '%s'",
                   title);
    return desk_number(&b->folder, sql);
}

static void come(struct bench *b, uint32_t view)
{
    ledger_view(b->ledger, view, (uint32_t)b->now_s);
}

static void rules_see_what_came_within_a_day(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    round_after(&b, 0);
    assert_int_equal(sight_blind(b.sight), 3);
    assert_int_equal(blind(&b, "web"), NOW);
    come(&b, 0);
    round_after(&b, 60);
    assert_int_equal(sight_blind(b.sight), 2);
    assert_int_equal(blind(&b, "web"), 0);
    assert_int_equal(blind(&b, "linux"), NOW); /* since the beginning, still */
    round_after(&b, 23 * HOUR);
    assert_int_equal(sight_blind(b.sight), 2);
    come(&b, 1);
    round_after(&b, HOUR);
    assert_int_equal(blind(&b, "web"), b.now_s); /* a day after */
    assert_int_equal(blind(&b, "linux"), 0);
    assert_int_equal(desk_number(&b.folder, "SELECT count(*) FROM blind WHERE title = 'none' AND"
                                            " reason LIKE 'no source%'"),
                     1);
    /* of its tags those that are techniques, in one writing */
    assert_int_equal(desk_number(&b.folder, "SELECT count(*) FROM technique t JOIN blind b USING"
                                            "(hash) WHERE b.title = 'none' AND technique IN "
                                            "('T1059.001', 'T1003')"),
                     2);
    assert_int_equal(desk_number(&b.folder, "SELECT count(*) FROM technique"), 2);
    /* what is known of the rules */
    assert_int_equal(desk_number(&b.folder, "SELECT count(*) FROM rule"), 3);
    assert_int_equal(
        desk_number(&b.folder,
                    "SELECT count(*) FROM rule WHERE title = 'none' AND kind = 'detection' AND "
                    "techniques = '[\"T1059.001\",\"T1003\"]' AND product = 'nothing' AND "
                    "category IS NULL AND tactics = '[\"execution\",\"t\",\"tx\"]'"),
        1);
    bench_release(&b);
}

static void what_came_is_known_after_restart_and_reload(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    round_after(&b, 0);
    come(&b, 1);
    round_after(&b, 30);
    assert_int_equal(blind(&b, "linux"), 0);
    unload_rules(&b);
    bench_close(&b);
    ledger_forget_views(b.ledger);
    bench_open(&b);
    load_rules(&b, true, 1); /* view 1 is the web server now */
    round_after(&b, 60);
    assert_int_equal(blind(&b, "linux"), 0);
    assert_int_equal(blind(&b, "web"), NOW); /* since before the restart */
    /* A collector of other rules says nothing that we could understand. */
    board_set(b.ledger, BOARD_generation, 2);
    come(&b, 1);
    round_after(&b, 60);
    assert_int_equal(blind(&b, "web"), NOW);
    board_set(b.ledger, BOARD_generation, 1);
    round_after(&b, 60);
    assert_int_equal(blind(&b, "web"), 0);
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_see_what_came_within_a_day),
        cmocka_unit_test(what_came_is_known_after_restart_and_reload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
