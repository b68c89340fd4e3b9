/*
 * Goal: a generation opens to the same rules whatever became of its sources; unchanged sources are
 * linked, not compiled; what is damaged, half made or of another program is not used. Method: a
 * folder of rules and a taxonomy, changed in between.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "keep/generation.h"

static char top[64], rules[128], taxonomy[128], generations[128];

static void put(const char *folder, const char *name, const char *text)
{
    char path[1024];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static const char good_taxonomy[] = "source: test\nproduct: test\nrows:\n  - when: { kind: a }\n";
static const char one_rule[] = "title: one\nlogsource: { product: test }\n"
                               "detection: { s: { A: 1 }, condition: s }\n";
static const char two_rules[] = "title: one\nlogsource: { product: test }\n"
                                "detection: { s: { A: 1 }, condition: s }\n---\n"
                                "title: two\nlogsource: { product: test }\n"
                                "detection: { s: { B: 1 }, condition: s }\n---\n"
                                "title: refused\ndetection: { s: { B: 1 }, condition: t }\n";

static int set_up(void **state)
{
    (void)state;
    strcpy(top, "/tmp/canh-generation-XXXXXX");
    if (mkdtemp(top) == NULL)
        return -1;
    snprintf(rules, sizeof(rules), "%s/rules", top);
    snprintf(taxonomy, sizeof(taxonomy), "%s/taxonomy", top);
    snprintf(generations, sizeof(generations), "%s/generations", top);
    if (mkdir(rules, 0700) != 0 || mkdir(taxonomy, 0700) != 0 || mkdir(generations, 0700) != 0)
        return -1;
    put(rules, "a.yml", one_rule);
    put(taxonomy, "test.yaml", good_taxonomy);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", top);
    return system(command);
}

static const char *folder(unsigned n)
{
    static char path[4][192];

    snprintf(path[n % 4], sizeof(path[0]), "%s/%u", generations, n);
    return path[n % 4];
}

static int make(unsigned n, unsigned earlier, struct generation_made *made, struct err *e)
{
    const char *paths[] = { rules };
    struct ruleset_sources from = { .taxonomy = taxonomy, .rules = { paths, 1, NULL, NULL, 1 } };

    return generation_make(folder(n), earlier > 0 ? folder(earlier) : NULL, &from, made, e);
}

static void must_make(unsigned n, unsigned earlier, bool same, uint32_t count)
{
    struct generation_made made;
    struct err e = { 0 };

    if (make(n, earlier, &made, &e) != ERR_OK)
        fail_msg("generation %u: %s", n, e.why);
    assert_int_equal(made.same, same);
    assert_int_equal(made.rule_count, count);
    assert_true(generation_usable(folder(n)));
}

static int open_it(unsigned n, uint32_t *count, struct err *e)
{
    struct ruleset *rs;
    struct taxonomy *t;
    struct names names;
    int rc = generation_open(folder(n), &rs, &t, &names, e);

    if (rc != ERR_OK)
        return rc;
    *count = ruleset_rule_count(rs);
    ruleset_free(&rs);
    taxonomy_free(&t);
    names_release(&names);
    return rc;
}

static void it_opens_whatever_became_of_its_sources(void **state)
{
    struct err e = { 0 };
    uint32_t count = 0;

    (void)state;
    must_make(1, 0, false, 1);
    put(rules, "a.yml", two_rules);
    put(taxonomy, "test.yaml", "no: [");
    assert_int_equal(open_it(1, &count, &e), ERR_OK);
    assert_int_equal(count, 1);
    put(taxonomy, "test.yaml", good_taxonomy);
    must_make(2, 1, false, 2);
    assert_int_equal(open_it(2, &count, &e), ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(open_it(1, &count, &e), ERR_OK);
    assert_int_equal(count, 1);
}

static void unchanged_sources_are_not_compiled_again(void **state)
{
    struct err e = { 0 };
    uint32_t count = 0;
    char command[1024];

    (void)state;
    must_make(1, 0, false, 1);
    must_make(2, 1, true, 1);
    snprintf(command, sizeof(command), "rm -r %s", folder(1));
    assert_int_equal(system(command), 0);
    assert_int_equal(open_it(2, &count, &e), ERR_OK);
    must_make(3, 2, true, 1);
    put(taxonomy, "more.yaml", "source: more\nproduct: more\n");
    must_make(4, 3, false, 1);
}

static void a_damaged_one_is_made_anew(void **state)
{
    char path[1024];

    (void)state;
    must_make(1, 0, false, 1);
    snprintf(path, sizeof(path), "%s/rules.image", folder(1));
    assert_int_equal(truncate(path, 5000), 0);
    must_make(2, 1, false, 1);
    snprintf(path, sizeof(path), "%s/rules.image", folder(2));
    assert_int_equal(unlink(path), 0);
    must_make(3, 2, false, 1);
}

static void what_is_wrong_is_told_by_the_name_that_its_author_knows(void **state)
{
    struct generation_made made;
    struct err e = { 0 };

    (void)state;
    put(taxonomy, "bad.yaml", "source: bad\nrows: [\n");
    assert_true(make(1, 0, &made, &e) != ERR_OK);
    if (strstr(e.why, "taxonomy/bad.yaml") == NULL || strstr(e.why, "generations") != NULL)
        fail_msg("'%s'", e.why);
    assert_false(generation_usable(folder(1)));
    put(taxonomy, "bad.yaml", "source: bad\n");
    assert_int_equal(make(1, 0, &made, &e), ERR_IO); /* the folder is there */
    snprintf(rules, sizeof(rules), "%s/nowhere", top);
    assert_true(make(2, 0, &made, &e) != ERR_OK);
    assert_non_null(strstr(e.why, "nowhere"));
}

static void the_newest_usable_one_is_found(void **state)
{
    char path[1024], command[2048];

    (void)state;
    assert_int_equal(generation_before(generations, 10), 0);
    must_make(1, 0, false, 1);
    must_make(2, 1, true, 1);
    must_make(3, 1, true, 1);
    assert_int_equal(mkdir(folder(4), 0700), 0); /* half made */
    assert_int_equal(generation_before(generations, 10), 3);
    assert_int_equal(generation_before(generations, 3), 2);
    snprintf(path, sizeof(path), "%s/sources", folder(3));
    snprintf(command, sizeof(command), "sed -i '1s/canh [^ ]*/canh 9.9.9/' %s", path);
    assert_int_equal(system(command), 0); /* of another program */
    assert_int_equal(generation_before(generations, 10), 2);
    assert_int_equal(generation_before("/nowhere", 10), 0);
}

int main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        EACH(it_opens_whatever_became_of_its_sources),
        EACH(unchanged_sources_are_not_compiled_again),
        EACH(a_damaged_one_is_made_anew),
        EACH(what_is_wrong_is_told_by_the_name_that_its_author_knows),
        EACH(the_newest_usable_one_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
