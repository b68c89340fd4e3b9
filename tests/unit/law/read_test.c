/*
 * Goal: every row of the law and the playbooks is checked: what is not known, given twice, refers
 * to nothing or is out of range is refused with its line; whatever the bytes, nothing breaks.
 * Method: a small sample, one change a row; the sample cut at every byte before an unmapped page.
 */
#include "law_sample.h"

#include "guard.h"

static const struct {
    const char *was, *is; /* NULL: what must be said, of a change that is good */
    size_t line;
    const char *part;
} wrong[] = {
    { "id: p1", "id: p 1", 1, "a code is expected" },
    { "id: p1\n", "", 1, "needs 'id'" },
    { "id: p1\n", "id: p1\nid: p2\n", 2, "twice" },
    { "vi: Một\n", "vi: [a]\n", 2, "one line of text" },
    { "vi: Một\n", "vi: \"a\\nb\"\n", 2, "one line of text" },
    { "vi: Một\n", "vi: \"a\\0b\"\n", 2, "one line of text" },
    { "en: One\n", "en: One\nwho: me\n", 4, "no key 'who'" },
    { "en: One\n", "en: One\n\"a\\nb\": me\n", 4, "no key 'a?b'" },
    { "from: 2026-01-01", "from: 2026-02-29", 4, "a day is expected" },
    { "from: 2026-01-01", "from: 2026-1-1", 4, "a day is expected" },
    { "to: 2026-06-30", "to: 2025-06-30", 1, "ends before it begins" },
    { "status: in_force", "status: maybe", 7, "one of its words" },
    { "issuer: I, ", "", 7, "needs 'issuer'" },
    { "issuer: I, ", "issuer: I, issuer: J, ", 7, "twice" },
    { "issuer: I, ", "issuer: I, colour: red, ", 7, "no key 'colour'" },
    { "law: b1, article: a, mark: found }\nfacts", "law: b2, article: a, mark: found }\nfacts", 9,
      "no legal base 'b2'" },
    { "law: b1, article: a, mark: found }\nfacts", "law: b1, mark: found }\nfacts", 9,
      "names its law and article" },
    { "law: b1, article: a, mark: found }\nfacts", "mark: inference }\nfacts", 9,
      "names its law and article" },
    { "id: serious", "id: level", 11, "a meaning already" },
    { "id: N2", "id: N1", 14, "two rows 'N1'" },
    { "tactics: [TA0001]", "tactics: []", 13, "a list of 1" },
    { "tactics: [TA0001]", "tactics: [a b]", 13, "a code is expected" },
    { "attack: true", "attack: yes", 16, "true or false" },
    { "serious: true, level", "grave: true, level", 18, "no input 'grave'" },
    { "serious: true, level", "serious: 1, level", 18, "serious is a flag" },
    { "level: { min: 3 }", "level: { min: 3, max: 2 }", 18, "holds nothing" },
    { "level: { min: 3 }", "level: { min: 3, min: 3 }", 18, "twice" },
    { "level: { min: 3 }", "level: { least: 3 }", 18, "min, max or below" },
    { "level: { min: 3 }", "level: { below: 0 }", 18, "min, max or below" },
    { "level: { min: 3 }", "level: {}", 18, "holds nothing" },
    { "when: { serious: true, level: { min: 3 } }", "when: {}", 18, "a map of inputs" },
    { "when: { serious: true, level: { min: 3 } }", "when: yes", 18, "a map of inputs" },
    { "severity: [M1, M2]", "severity: [M1, M9]", 21, "no 'M9'" },
    { "type: N2", "type: N3", 21, "no 'N3'" },
    { "any: [ { severity", "any: [ [], { severity", 21, "a map of inputs" },
    { "after: 72 hours", "after: 72 hour", 21, "a term is expected" },
    { "after: 72 hours", "after: 0 hours", 21, "a term is expected" },
    { "after: 72 hours", "after: soon", 21, "a term is expected" },
    { "after: 72 hours", "after: 10000 hours", 21, "a term is expected" },
    { "starts: detection", "starts: later", 21, "one of its words" },
    { "stops: dispatch", "stops: click", 21, "one of its words" },
    { "recipients: pa05, form", "recipients: pa06, form", 21, "no recipient 'pa06'" },
    { "form: f1, stops", "form: f2, stops", 21, "no form 'f2'" },
    { "form: f1, stops", "form: f1, from: 2026-02-02, to: 2026-02-01, stops", 21,
      "ends before it begins" },
    { "choices: [x, y]", "unit: z", 23, "no key 'unit'" },
    { ", choices: [x, y]", "", 23, "A choice has choices" },
    { "kind: flag", "kind: flag, choices: [x]", 25, "A choice has choices" },
    { "level: 1", "level: 6", 27, "A level is 1 to 5" },
    { "level: 1", "level: one", 27, "a number to" },
    { "when: { kind: x,", "when: { kind: z,", 27, "no 'z'" },
    { "when: { kind: x,", "when: { kind: true,", 27, "kind is a choice" },
    { "none: [ { flag", "none: [ { serious", 27, "no input 'serious'" },
    { "level: 3, when: { number: { below: 10 } }, ", "level: 3, ", 28, "needs 'when'" },
    { "[0, 1, 3, periodic, 12]", "[0, 1, 3, 12]", 30, "a list of 5" },
    { "[0, 1, 3, periodic, 12]", "[0, 1, 3, often, 12]", 30, "a number to" },
    { "first_level: 1", "first_level: 0", 32, "lie within 1 to 5" },
    { "before 06-20", "before 6-20", 36, "before 06-20" },
    { "before 06-20", "before 02-29", 36, "before 06-20" },
    { "{ H1:", "{ H3:", 36, "no period 'H3'" },
    { "H2: 2 working", "H1: 2 working", 36, "each once" },
    { "due: { H1: \"before 06-20\", H2: 2 working days }", "due: soon", 36,
      "periods are expected" },
    { "milestones:\n  -", "milestones:\n  - 1\n  -", 40, "A row of milestones is a map" },
    { "milestones:\n  -", "milestones: 1\nxx:\n  -", 41, "no key 'xx'" },
    { "milestones:\n  - { id: m", "forms:\n  - { id: m", 40, "twice" },
    { "sheets: [s1], law: b1", "sheets: [s1], law: b2", 42, "no legal base 'b2'" },
    { "sheets: [s1], law: b1", "sheets: [s1]", 42, "needs 'law'" },
    { "sheets: [s1], law: b1", "sheets: [s1], law: b1, to: 2025-12-31", 42, "in force on no day" },
    { "sheets: [s1], law: b1", "sheets: [s1], law: b1, from: 2026-07-01", 42,
      "in force on no day" },
    { "status: in_force", "status: pending", 42, "not in force yet" },
    { "id: p1", "--- \n--- \nid: p1", 2, "One document" },
    { "id: p1", "id: &a p1", 1, "anchors" },
    { "id: p1", "id: [", 3, "This is not YAML" },
};

static void every_row_is_checked(void **state)
{
    struct law *l;
    struct err e = { 0 };

    (void)state;
    if (sample_open(&l, LAW_PROFILE, span_of(sample_profile), &e) != ERR_OK)
        fail_msg("the sample: %s", e.why);
    law_free(&l);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        int rc;

        e = (struct err){ 0 };
        rc = sample_open(&l, LAW_PROFILE, sample_with(sample_profile, wrong[i].was, wrong[i].is),
                         &e);
        law_free(&l);
        if (rc == ERR_OK || e.code != rc || e.at != wrong[i].line ||
            strstr(e.why, wrong[i].part) == NULL || strncmp(e.why, "f:", 2) != 0)
            fail_msg("row %zu '%s': %d at %zu: '%s', want %zu: '%s'", i, wrong[i].is, rc, e.at,
                     e.why, wrong[i].line, wrong[i].part);
    }
}

static void calendar_and_recipients_are_checked(void **state)
{
    static const struct {
        enum law_file kind;
        const char *text, *was, *is, *part;
    } rows[] = {
        { LAW_CALENDAR, sample_calendar, "to: 2026-12-31", "to: 2025-12-31", "ends before" },
        { LAW_CALENDAR, sample_calendar, "to: 2026-02-22", "to: 2026-02-13", "end before" },
        { LAW_CALENDAR, sample_calendar, "to: 2026-02-22", "to: 2027-02-22", "outside" },
        { LAW_CALENDAR, sample_calendar, "from: 2026-08-22", "from: 2025-08-22", "outside" },
        { LAW_CALENDAR, sample_calendar, "working:", "worked:", "no key 'worked'" },
        { LAW_CALENDAR, sample_calendar, "from: 2026-01-01\n", "", "needs 'from'" },
        { LAW_RECIPIENTS, sample_recipients, "sample: true, ", "", "needs 'sample'" },
        { LAW_RECIPIENTS, sample_recipients, "id: pa05", "id: pa06", "no recipient 'pa05'" },
        { LAW_RECIPIENTS, sample_recipients, "recipients:", "people:", "no key 'people'" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct law *l;
        struct err e = { 0 };
        int rc =
            sample_open(&l, rows[i].kind, sample_with(rows[i].text, rows[i].was, rows[i].is), &e);

        law_free(&l);
        if (rc == ERR_OK || strstr(e.why, rows[i].part) == NULL)
            fail_msg("row '%s': %d '%s', want '%s'", rows[i].is, rc, e.why, rows[i].part);
    }
}

/* A second profile beside the sample's, which holds to 2026-06-30. */
static int two(const char *id, const char *from, struct err *e)
{
    char text[128];
    struct law *l;
    int rc = sample_open(&l, LAW_PROFILE, span_of(sample_profile), e);

    snprintf(text, sizeof(text), "id: %s\nvi: a\nen: a\nfrom: %s\n", id, from);
    if (rc == ERR_OK)
        rc = law_add(l, LAW_PROFILE, span_of(text), "g", e);
    if (rc == ERR_OK)
        rc = law_check(l, e);
    law_free(&l);
    return rc;
}

static void profiles_do_not_overlap(void **state)
{
    struct err e = { 0 };

    (void)state;
    assert_int_equal(two("p2", "2026-07-01", &e), ERR_OK);
    assert_int_equal(two("p2", "2026-06-30", &e), ERR_SYNTAX);
    assert_non_null(strstr(e.why, "still holds"));
    assert_int_equal(two("p2", "2025-06-30", &e), ERR_SYNTAX);
    assert_int_equal(two("p1", "2026-07-01", &e), ERR_SYNTAX);
    assert_non_null(strstr(e.why, "two profiles"));
}

static void playbooks_are_checked(void **state)
{
    static const struct {
        const char *was, *is, *part;
    } rows[] = {
        { "types: [N1, N2]", "types: [N1, N3]", "has no type 'N3'" },
        { "usual_for: N1", "usual_for: N3", "not for that type" },
        { "forms: [f1]", "forms: [f2]", "no form 'f2'" },
        { "phase: detect", "phase: think", "one of its words" },
        { "role: analyst", "role: cook", "one of its words" },
        { "due: 1 hour,", "due: 1 hours,", "a term is expected" },
        { "id: b,", "id: a,", "two rows 'a'" },
        { "en: Book\n", "", "needs 'en'" },
        { "tasks:\n", "task:\n", "no key 'task'" },
    };
    struct law *l;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(sample_open(&l, LAW_PROFILE, span_of(sample_profile), &e), ERR_OK);
    for (size_t i = 0; i <= COUNT_OF(rows); i++) {
        struct span text = i == COUNT_OF(rows) ? span_of(sample_book)
                                               : sample_with(sample_book, rows[i].was, rows[i].is);
        struct playbooks *p;
        int rc = playbooks_new(&p, &e);

        if (rc == ERR_OK)
            rc = playbooks_add(p, text, "f", &e);
        if (rc == ERR_OK)
            rc = playbooks_check(p, l, &e);
        if (i == COUNT_OF(rows) ? rc != ERR_OK
                                : rc == ERR_OK || strstr(e.why, rows[i].part) == NULL)
            fail_msg("row %zu: %d '%s'", i, rc, e.why);
        if (i == COUNT_OF(rows)) { /* the same once more: one name, one usual book */
            assert_int_equal(playbooks_add(p, text, "g", &e), ERR_SYNTAX);
            text = sample_with(sample_book, "id: book", "id: other");
            assert_int_equal(playbooks_add(p, text, "g", &e), ERR_OK);
            assert_int_equal(playbooks_check(p, l, &e), ERR_SYNTAX);
            assert_non_null(strstr(e.why, "is usual, too"));
        }
        playbooks_free(&p);
    }
    law_free(&l);
}

/* A cut is refused with a line, or is a shorter law that can be asked. */
static void every_cut_is_survived(void **state)
{
    static const char *const texts[] = { [LAW_PROFILE] = sample_profile,
                                         [LAW_RECIPIENTS] = sample_recipients,
                                         [LAW_CALENDAR] = sample_calendar };
    struct guard g;

    (void)state;
    guard_init(&g, sizeof(sample_profile));
    for (int kind = 0; kind < 3; kind++) {
        for (size_t n = 0; n < strlen(texts[kind]); n++) {
            struct span cut = guard_put(&g, (struct span){ (const uint8_t *)texts[kind], n });
            struct err e = { 0 };
            struct law *l;
            int rc = sample_open(&l, (enum law_file)kind, cut, &e);

            if (rc != ERR_OK && (e.code != rc || e.why[0] == 0))
                fail_msg("cut at %zu: %d without a sentence", n, rc);
            law_free(&l);
        }
    }
    for (size_t n = 0; n < strlen(sample_book); n++) {
        struct span cut = guard_put(&g, (struct span){ (const uint8_t *)sample_book, n });
        struct err e = { 0 };
        struct playbooks *p;

        assert_int_equal(playbooks_new(&p, &e), ERR_OK);
        if (playbooks_add(p, cut, "f", &e) != ERR_OK)
            assert_true(e.at >= 1 && e.why[0] != 0);
        playbooks_free(&p);
    }
    guard_release(&g);
}

/* Rows, and what an API shows of them. */
static void json_is_what_was_read(void **state)
{
    struct law *l;
    struct err e = { 0 };
    struct buf out;

    (void)state;
    assert_int_equal(sample_open(&l, LAW_PROFILE, span_of(sample_profile), &e), ERR_OK);
    buf_init(&out, 65536);
    assert_true(law_put_section(law_profile(l, 0), SPAN_LIT("level_periods"), &out));
    check_span("levels", buf_span(&out),
               "[{\"id\":\"log\",\"vi\":\"l\",\"en\":\"l\",\"measure\":\"months\",\"levels\":"
               "[0,1,3,\"periodic\",12],\"mark\":\"proposal\"}]");
    buf_clear(&out);
    assert_true(law_put_section(law_profile(l, 0), SPAN_LIT("regimes"), &out));
    check_span("dues", buf_span(&out),
               "[{\"id\":\"half\",\"vi\":\"h\",\"en\":\"h\",\"rule\":\"day15\",\"due\":{\"H1\":"
               "\"before 06-20\",\"H2\":\"2 working days\"},\"recipients\":[\"pa05\"],\"form\":"
               "\"f1\",\"mark\":\"proposal\"}]");
    buf_clear(&out);
    assert_true(law_put_section(law_profile(l, 0), SPAN_LIT("criteria"), &out));
    check_span("when", buf_span(&out),
               "[{\"id\":\"c1\",\"vi\":\"c\",\"en\":\"c\",\"level\":1,\"when\":{\"all\":[{\"kind\":"
               "[\"x\"]},{\"none\":[{\"flag\":true}]}]},\"mark\":\"proposal\"},{\"id\":\"c3\","
               "\"vi\":\"c\",\"en\":\"c\",\"level\":3,\"when\":{\"number\":{\"min\":0,\"max\":9}},"
               "\"mark\":\"proposal\"}]");
    assert_false(law_put_section(law_profile(l, 0), SPAN_LIT("nothing"), &out));
    buf_release(&out);
    law_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_checked),
        cmocka_unit_test(calendar_and_recipients_are_checked),
        cmocka_unit_test(profiles_do_not_overlap),
        cmocka_unit_test(playbooks_are_checked),
        cmocka_unit_test(every_cut_is_survived),
        cmocka_unit_test(json_is_what_was_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
