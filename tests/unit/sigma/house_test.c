/*
 * Goal: rules of the house take the place of those with their ids, whatever kinds these are, and
 * what is switched off is left out; all others stay as they are, in their order. Method: two
 * folders of small rules; the titles that are left.
 */
#include "../check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sigma/rule.h"

#define ID(n) "00000000-0000-4000-8000-00000000000" n
#define RULE(title, n)                                                                             \
    "title: " title "\nid: " ID(n) "\nlogsource: { product: test }\n"                              \
                                   "detection: { s: { A: 1 }, condition: s }\n"
#define COUNTED(title, n, of)                                                                      \
    "title: " title "\nid: " ID(n) "\ncorrelation: { type: event_count, rules: [ " ID(             \
        of) " ], group-by: [ x ], timespan: 5m, condition: { gte: 3 }, generate: true }\n"

static char folder[64];

static void put(const char *name, const char *text)
{
    char path[128];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

/* The titles of what is loaded: rules, then correlations. */
static void expect(const char *titles)
{
    char files[128], house[128], got[256] = "";
    const char *paths[] = { files };
    const struct rules_from from = { paths, 1, NULL, house, 2 };
    struct sigma_rules rs;
    struct err e = { 0 };
    size_t n = 0;

    (void)snprintf(files, sizeof(files), "%s/files", folder);
    (void)snprintf(house, sizeof(house), "%s/house", folder);
    if (rules_load(&rs, &from, &e) != ERR_OK)
        fail_msg("%s", e.why);
    for (uint32_t i = 0; i < rs.rule_count + rs.correlation_count; i++) {
        const struct sigma_head *h =
            i < rs.rule_count ? &rs.rules[i]->head : &rs.correlations[i - rs.rule_count]->head;

        n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%.*s", i > 0 ? " " : "",
                              SPAN_ARG(h->title));
    }
    rules_release(&rs);
    assert_string_equal(got, titles);
}

static void rules_of_the_house_take_the_place_of_others(void **state)
{
    char path[128], command[128];

    (void)state;
    (void)snprintf(folder, sizeof(folder), "/dev/shm/canh-house.XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, i == 0 ? "files" : "house");
        assert_int_equal(mkdir(path, 0700), 0);
    }
    put("files/a.yml", RULE("one", "1") "---\n" RULE("two", "2") "---\n" RULE("three", "3"));
    put("files/b.yml", COUNTED("many", "4", "2"));
    expect("one two three many");
    put("house/1.yml", RULE("instead", "2"));
    expect("one three instead many");
    put("house/2.yml", RULE("no correlation any more", "4") "---\n" RULE("new", "5"));
    expect("one three instead no correlation any more new");
    put("house/" RULES_DISABLED, ID("1") "\n" ID("5") "\n\nnone\n");
    expect("three instead no correlation any more");
    put("house/2.yml", "title: broken\nid: " ID("3") "\n"); /* refused: nothing is replaced */
    expect("three instead many");
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_of_the_house_take_the_place_of_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
