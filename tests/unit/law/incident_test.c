/*
 * Goal: the clocks, severities and levels of the profiles that ship are those of the law; both
 * profiles load and meet without a gap; every name in them and in the playbooks is there. Method:
 * rows from the texts of the law, each near its bounds; the playbooks against both profiles.
 */
#include "law_sample.h"

static struct law *law;
static struct playbooks *books;

static int open_law(void **state)
{
    struct err e = { 0 };

    (void)state;
    if (law_open(&law, LAW_FOLDER, &e) != ERR_OK ||
        playbooks_open(&books, PLAYBOOKS_FOLDER, law, &e) != ERR_OK)
        fail_msg("%s", e.why);
    return 0;
}

static int close_law(void **state)
{
    (void)state;
    playbooks_free(&books);
    law_free(&law);
    return 0;
}

static void profiles_meet_without_a_gap(void **state)
{
    static const struct {
        const char *at, *profile;
    } rows[] = {
        { "2016-06-30T23:59:59+07:00", NULL },   { "2016-07-01T00:00:00+07:00", "2016" },
        { "2026-06-30T23:59:59+07:00", "2016" }, { "2026-06-30T16:59:59Z", "2016" },
        { "2026-06-30T17:00:00Z", "2026" },      { "2026-07-01T00:00:00+07:00", "2026" },
        { "2026-08-18T23:59:59+07:00", "2026" }, { "2026-08-19T00:00:00+07:00", "2026" },
        { "2200-01-01T00:00:00Z", "2026" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct law_profile *p = law_profile_at(law, ns_of(rows[i].at));

        if (rows[i].profile == NULL ? p != NULL : p == NULL || strcmp(p->id, rows[i].profile) != 0)
            fail_msg("%s: %s", rows[i].at, p == NULL ? "none" : p->id);
    }
    assert_int_equal(law_profile(law, 0)->to + 1, law_profile(law, 1)->from);
    assert_null(law_profile(law, 2));
}

/* --- Clocks ------------------------------------------------------------------------------------
 */

/* A list of codes out of "a b c"; 8 at most. */
static size_t codes_of(const char *text, struct span out[8])
{
    struct span s = span_of(text);
    size_t n = 0;

    while (s.n > 0 && n < 8) {
        size_t end = span_find(s, ' ');

        out[n++] = (struct span){ s.p, end };
        s = span_from(s, end < s.n ? end + 1 : end);
    }
    return n;
}

static const struct clock_case {
    const char *at, *type, *severity, *facts;
    uint32_t level;
    const char *ended;
    const char *want; /* "id due, id due" */
} clocks[] = {
    /* NĐ 331 Đ31.2.d */
    { "2026-11-24T03:00:00+07:00", "N1", "M3", "", 3, NULL, "report_72h 2026-11-27T03:00:00" },
    { "2026-11-24T03:00:00+07:00", "N1", "M2", "", 3, NULL,
      "initial_24h 2026-11-25T03:00:00, report_72h 2026-11-27T03:00:00" },
    { "2026-11-24T03:00:00+07:00", "N1", "M3", "serious", 3, NULL,
      "initial_24h 2026-11-25T03:00:00, report_72h 2026-11-27T03:00:00" },
    { "2026-11-24T03:00:00+07:00", "N2", "M1", "", 0, NULL,
      "at_once 2026-11-24T03:00:00, report_72h 2026-11-27T03:00:00" },
    { "2026-11-24T03:00:00+07:00", "N2", "M3", "national_security", 0, NULL,
      "at_once 2026-11-24T03:00:00, report_72h 2026-11-27T03:00:00" },
    { "2026-11-24T03:00:00+07:00", "N3", "M3", "public_order serious_disruption", 0, NULL,
      "at_once 2026-11-24T03:00:00, report_72h 2026-11-27T03:00:00" },
    { "2026-11-24T03:00:00+07:00", "N1", "M3", "beyond_capacity", 0, NULL,
      "beyond_capacity 2026-11-24T03:00:00, report_72h 2026-11-27T03:00:00" },
    { "2026-11-24T03:00:00+07:00", "N1", "M4", "", 3, NULL, "" },
    /* A severity that nobody has set yet must not stop what runs for any incident. */
    { "2026-11-24T03:00:00+07:00", "", "", "", 0, NULL, "report_72h 2026-11-27T03:00:00" },
    { "2026-12-31T12:00:00+07:00", "N1", "M3", "", 3, NULL, "report_72h 2027-01-03T12:00:00" },
    { "2026-02-14T12:00:00+07:00", "N1", "thong_thuong", "", 3, NULL,
      "initial_5d 2026-02-19T23:59:59" },
    /* Luật 91/2025 Đ23 is a clock of its own, also where nothing else runs. */
    { "2026-11-24T03:00:00+07:00", "N4", "M4", "personal_data", 2, NULL,
      "personal_data_72h 2026-11-27T03:00:00" },
    { "2026-11-24T03:00:00+07:00", "N4", "M2", "personal_data", 2, NULL,
      "initial_24h 2026-11-25T03:00:00, report_72h 2026-11-27T03:00:00, "
      "personal_data_72h 2026-11-27T03:00:00" },
    /* From the one to the other. */
    { "2026-06-30T23:59:59+07:00", "N1", "thong_thuong", "", 3, NULL,
      "initial_5d 2026-07-05T23:59:59" },
    { "2026-07-01T00:00:00+07:00", "N1", "M2", "", 3, NULL, "bridge_72h 2026-07-04T00:00:00" },
    { "2026-08-18T23:59:59+07:00", "N1", "M2", "", 3, NULL, "bridge_72h 2026-08-21T23:59:59" },
    { "2026-08-19T00:00:00+07:00", "N1", "M2", "", 3, NULL,
      "initial_24h 2026-08-20T00:00:00, report_72h 2026-08-22T00:00:00" },
    /* QĐ 05 Đ11, TT 20 Đ9.2.b; NĐ 13/2023 till the end of 2025. */
    { "2025-12-31T23:00:00+07:00", "N4", "thong_thuong", "personal_data", 3, NULL,
      "initial_5d 2026-01-05T23:59:59, personal_data_72h_nd13 2026-01-03T23:00:00" },
    { "2026-01-01T00:00:00+07:00", "N4", "thong_thuong", "personal_data", 3, NULL,
      "initial_5d 2026-01-06T23:59:59, personal_data_72h 2026-01-04T00:00:00" },
    { "2023-06-30T00:00:00+07:00", "N4", "thong_thuong", "personal_data", 3, NULL,
      "initial_5d 2023-07-05T23:59:59" },
    { "2024-05-04T08:00:00+07:00", "N1", "nghiem_trong", "", 4, "2024-05-06T17:00:00+07:00",
      "at_once 2024-05-04T08:00:00, initial_5d 2024-05-09T23:59:59, final_5d 2024-05-11T23:59:59" },
    { "2017-03-15T08:00:00+07:00", "N1", "thong_thuong", "", 4, NULL, "" },
};

static void put_running(const struct law_running *r, struct buf *out)
{
    uint8_t text[TIME_TEXT_MAX];
    size_t n = time_put(text, r->due_ns + LAW_OFFSET_S * TIME_SECOND);

    buf_fmt(out, "%s%s %.*s", out->n > 0 ? ", " : "", r->clock->id, (int)n - 1, (char *)text);
}

static void clocks_run_as_the_law_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(clocks); i++) {
        const struct clock_case *c = &clocks[i];
        struct span facts[8];
        struct law_incident in = { .detected_ns = ns_of(c->at),
                                   .ended_ns = c->ended != NULL ? ns_of(c->ended) : 0,
                                   .type = span_of(c->type),
                                   .severity = span_of(c->severity),
                                   .level = c->level,
                                   .fact = facts,
                                   .fact_count = codes_of(c->facts, facts) };
        struct law_running r[LAW_CLOCKS_MAX];
        size_t n = law_clocks(law, law_profile_at(law, in.detected_ns), &in, r);
        struct buf got;

        buf_init(&got, 4096);
        for (size_t k = 0; k < n; k++) {
            put_running(&r[k], &got);
            assert_true(r[k].clock->personal == (strncmp(r[k].clock->id, "personal", 8) == 0));
        }
        if (!span_eq(buf_span(&got), span_of(c->want)))
            fail_msg("row %zu: got '%.*s', want '%s'", i, SPAN_ARG(buf_span(&got)), c->want);
        buf_release(&got);
    }
}

static void severities_are_suggested(void **state)
{
    static const struct {
        const char *at, *facts;
        uint32_t level;
        const char *want;
    } rows[] = {
        { "2026-11-24T00:00:00Z", "", 5, "M3" },
        { "2026-11-24T00:00:00Z", "serious", 1, "M2" },
        { "2026-11-24T00:00:00Z", "serious public_order", 1, "M1" },
        { "2026-11-24T00:00:00Z", "personal_data", 1, "M3" },
        /* QĐ 05 Đ9: (level 4, 5 or the list) and one of a) to đ) and beyond the owner's capacity */
        { "2020-01-01T00:00:00Z", "service_interrupted beyond_capacity", 4, "nghiem_trong" },
        { "2020-01-01T00:00:00Z", "secret_exposed beyond_capacity", 5, "nghiem_trong" },
        { "2020-01-01T00:00:00Z", "integrity_lost beyond_capacity", 4, "nghiem_trong" },
        { "2020-01-01T00:00:00Z", "control_lost beyond_capacity", 4, "nghiem_trong" },
        { "2020-01-01T00:00:00Z", "widespread beyond_capacity", 4, "nghiem_trong" },
        { "2020-01-01T00:00:00Z", "widespread beyond_capacity", 3, "thong_thuong" },
        { "2020-01-01T00:00:00Z", "widespread beyond_capacity national_list", 3, "nghiem_trong" },
        { "2020-01-01T00:00:00Z", "widespread beyond_capacity national_list", 0, "nghiem_trong" },
        { "2020-01-01T00:00:00Z", "service_interrupted", 5, "thong_thuong" },
        { "2020-01-01T00:00:00Z", "beyond_capacity", 5, "thong_thuong" },
        { "2020-01-01T00:00:00Z", "", 0, "thong_thuong" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span facts[8];
        struct law_incident in = { .detected_ns = ns_of(rows[i].at),
                                   .level = rows[i].level,
                                   .fact = facts,
                                   .fact_count = codes_of(rows[i].facts, facts) };
        const struct law_severity *s = law_severity_of(law_profile_at(law, in.detected_ns), &in);

        if (s == NULL || strcmp(s->id, rows[i].want) != 0)
            fail_msg("row %zu: %s, want %s", i, s == NULL ? "none" : s->id, rows[i].want);
    }
}

/* --- Levels ------------------------------------------------------------------------------------
 */

static const struct {
    const char *profile, *said; /* "name=value name=value" */
    uint32_t level;
    const char *why; /* ids, in the order of the profile */
} levels[] = {
    { "2026", "", 0, "" },
    { "2026", "system_type=internal info_class=public", 1, "L1.1" },
    { "2026", "system_type=internal info_class=public info_class=personal", 2, "L2.1" },
    { "2026", "system_type=internal info_class=private", 2, "L2.1" },
    { "2026", "system_type=internal info_class=secret_mat", 3, "L3.1" },
    { "2026", "system_type=public_service online_service=true conditional_service=false", 2,
      "L2.2a" },
    { "2026", "system_type=public_service online_service=true conditional_service=true", 3,
      "L3.2a" },
    { "2026", "system_type=public_service online_service=true", 0, "" },
    { "2026", "system_type=public_service subjects_basic=99999", 2, "L2.2b" },
    { "2026", "system_type=public_service subjects_basic=100000", 3, "L3.2c" },
    { "2026", "system_type=public_service subjects_sensitive=9999", 2, "L2.2b" },
    { "2026", "system_type=public_service subjects_sensitive=10000", 3, "L3.2c" },
    { "2026", "system_type=public_service subjects_basic=5 subjects_sensitive=10000", 3, "L3.2c" },
    { "2026", "system_type=public_service tthc=true subjects_basic=200000", 3, "L3.2b L3.2c" },
    { "2026", "system_type=infrastructure infra_scope=one_agency", 2, "L2.3" },
    { "2026", "system_type=infrastructure infra_scope=province", 3, "L3.3" },
    { "2026", "system_type=infrastructure infra_scope=several_provinces", 3, "L3.3" },
    { "2026", "system_type=infrastructure infra_scope=nationwide", 0, "" },
    { "2026", "system_type=infrastructure infra_scope=nationwide always_on=true", 4, "L4.3" },
    { "2026", "system_type=infrastructure infra_scope=international", 5, "L5.3" },
    { "2026", "system_type=industrial ics_class=IV", 3, "L3.4" },
    { "2026", "system_type=industrial ics_class=I", 4, "L4.4" },
    { "2026", "system_type=industrial ics_class=special", 5, "L5.4" },
    { "2026", "national_egov=true always_on=true", 4, "L4.2" },
    { "2026", "national_egov=true", 0, "" },
    { "2026", "national_data=true national_egov=true always_on=true", 5, "L5.2" },
    { "2026", "national_harm=none", 0, "" },
    { "2026", "national_harm=harm", 3, "L3.1" },
    { "2026", "national_harm=serious", 4, "L4.1" },
    { "2026", "national_harm=extreme", 5, "L5.1" },
    { "2026", "assessed_level=2", 2, "L2.4" },
    { "2026", "assessed_level=5", 5, "L5.5" },
    { "2016", "system_type=internal info_class=public", 1, "L1.1" },
    { "2016", "system_type=public_service service_grade=2", 2, "L2.2a" },
    { "2016", "system_type=public_service service_grade=3", 3, "L3.2a" },
    { "2016", "system_type=public_service users=9999", 2, "L2.2c" },
    { "2016", "system_type=public_service users=10000", 3, "L3.2c" },
    { "2016", "system_type=infrastructure infra_scope=sector", 3, "L3.3" },
    { "2016", "system_type=industrial ics_class=II", 3, "L3.4" },
};

static size_t said_of(const char *text, struct law_said out[8])
{
    struct span word[8];
    size_t n = codes_of(text, word);

    for (size_t i = 0; i < n; i++) {
        size_t eq = span_find(word[i], '=');

        assert_true(eq < word[i].n);
        out[i] = (struct law_said){ { word[i].p, eq }, span_from(word[i], eq + 1) };
    }
    return n;
}

static void levels_are_those_of_the_criteria(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        struct law_said said[8];
        size_t n = said_of(levels[i].said, said);
        struct law_level got;
        struct buf why;
        struct err e = { 0 };

        if (law_level(law_profile_find(law, span_of(levels[i].profile)), said, n, &got, &e) !=
            ERR_OK)
            fail_msg("row %zu: %s", i, e.why);
        buf_init(&why, 4096);
        for (uint32_t k = 0; k < got.count; k++)
            buf_fmt(&why, "%s%s", k > 0 ? " " : "", got.why[k]->id);
        if (got.level != levels[i].level || !span_eq(buf_span(&why), span_of(levels[i].why)))
            fail_msg("row %zu '%s': %u by '%.*s', want %u by '%s'", i, levels[i].said, got.level,
                     SPAN_ARG(buf_span(&why)), levels[i].level, levels[i].why);
        buf_release(&why);
    }
}

static void what_is_no_input_is_refused(void **state)
{
    static const char *const wrong[] = { "colour=red", "system_type=red", "tthc=yes",
                                         "subjects_basic=many", "subjects_basic=-1" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct law_said said[8];
        size_t n = said_of(wrong[i], said);
        struct law_level got;
        struct err e = { 0 };

        CHECK_ROW(wrong[i],
                  law_level(law_profile(law, 1), said, n, &got, &e) == ERR_USAGE && e.why[0] != 0);
    }
}

/* --- Data --------------------------------------------------------------------------------------
 */

static void numbers_of_the_standard_are_there(void **state)
{
    static const struct {
        const char *id;
        uint32_t of[LAW_LEVELS];
    } rows[] = {
        { "log_retention", { 0, 1, 3, 6, 12 } },
        { "log_review", { 12, 12, 6, 1, 1 } },
        { "account_review", { 12, 12, 6, 3, 1 } },
        { "camera", { 0, 0, 3, 6, 12 } },
        { "watch_247", { 0, 0, 0, 1, 1 } },
        { "restore_test", { LAW_PERIODIC, LAW_PERIODIC, LAW_PERIODIC, 6, 3 } },
        { "assessment", { 24, 24, 12, 12, 6 } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct law_level_period *p =
            law_level_period_find(law_profile(law, 1), span_of(rows[i].id));

        CHECK_ROW(rows[i].id,
                  p != NULL && memcmp(p->levels.of, rows[i].of, sizeof(rows[i].of)) == 0);
    }
}

/* Both have the same types, so that a playbook and a comparison hold in both; each has one playbook
 * that is usual, and all levels a route. */
static void profiles_and_playbooks_fit(void **state)
{
    const struct law_profile *p;
    const struct playbook *b;

    (void)state;
    for (uint32_t i = 0; (p = law_profile(law, i)) != NULL; i++) {
        assert_int_equal(p->types.count, 9);
        for (uint32_t k = 0; k < p->types.count; k++)
            CHECK_ROW(p->types.row[k].id, playbook_for(books, span_of(p->types.row[k].id)) != NULL);
        for (uint32_t level = 1; level <= LAW_LEVELS; level++) {
            uint32_t routes = 0;

            for (uint32_t k = 0; k < p->routes.count; k++)
                routes +=
                    p->routes.row[k].first_level <= level && p->routes.row[k].last_level >= level;
            assert_int_equal(routes, 1);
        }
    }
    for (uint32_t i = 0; (b = playbook(books, i)) != NULL; i++) {
        uint32_t phases = 0;

        CHECK_ROW(b->id, b->task_count >= 8);
        for (uint32_t k = 0; k < b->task_count; k++)
            phases |= 1u << b->task[k].phase;
        CHECK_ROW(b->id, phases == 0x1f);
    }
    assert_null(playbook_for(books, SPAN_LIT("N10")));
    b = playbook_for(books, SPAN_LIT("N1"));
    assert_string_equal(b->id, "malware");
    check_time("task", playbook_task_due(law, &b->task[0], ns_of("2026-11-24T03:00:00+07:00")),
               "2026-11-24T04:00:00");
}

/* Nothing goes out to a place that nobody has filled in. */
static void recipients_that_ship_are_samples(void **state)
{
    (void)state;
    assert_non_null(law_recipient(law, 0));
    for (uint32_t i = 0; law_recipient(law, i) != NULL; i++)
        CHECK_ROW(law_recipient(law, i)->id, law_recipient(law, i)->sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_meet_without_a_gap),
        cmocka_unit_test(clocks_run_as_the_law_says),
        cmocka_unit_test(severities_are_suggested),
        cmocka_unit_test(levels_are_those_of_the_criteria),
        cmocka_unit_test(what_is_no_input_is_refused),
        cmocka_unit_test(numbers_of_the_standard_are_there),
        cmocka_unit_test(profiles_and_playbooks_fit),
        cmocka_unit_test(recipients_that_ship_are_samples),
    };

    return cmocka_run_group_tests(tests, open_law, close_law);
}
