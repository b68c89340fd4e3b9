/*
 * Goal: rules out of the cache are the rules that were compiled, the cache is used only when
 * nothing that went into it has changed, and a cache that cannot be trusted costs time only.
 * Method: a folder of sources, opened, changed in every way that there is, opened again; the
 * findings on generated events are compared one by one.
 */
#include "../check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "both.h"
#include "generate.h"
#include "wire/codec.h"

#define EVENTS 60u

static char folder[32], taxonomy[64], rules[64], placeholders[64], cache[64], program[4096];

/* What goes into a cache. */
static struct ruleset_sources sources(void)
{
    static const char *paths[1];

    paths[0] = rules;
    return (struct ruleset_sources){ .taxonomy = taxonomy,
                                     .rules = { paths, 1, placeholders, NULL, 2 },
                                     .cache = cache };
}

struct opened {
    struct ruleset *rs;
    struct taxonomy *t;
    struct names names;
    struct ruleset_note note;
};

static void open_rules(struct opened *o)
{
    struct ruleset_sources from = sources();
    struct err e = { 0 };

    if (ruleset_open(&o->rs, &o->t, &o->names, &from, &o->note, &e) != ERR_OK)
        fail_msg("%s", e.why);
}

static void close_rules(struct opened *o)
{
    ruleset_free(&o->rs);
    taxonomy_free(&o->t);
    names_release(&o->names);
}

/* --- a folder of sources --------------------------------------------------------------------- */

static void put_file(const char *name, struct span text)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0);
}

static void put_text(const char *name, const char *text)
{
    put_file(name, span_of(text));
}

static const char more_rules[] =
    "title: of a correlation\nname: counted\nlogsource: { product: test }\n"
    "detection: { s: { A: 1 }, condition: s }\n---\n"
    "title: a correlation\nlevel: high\ncorrelation:\n    type: value_count\n"
    "    rules: [ counted ]\n"
    "    group-by: [ user.name, src ]\n    timespan: 5m\n    condition: { gte: 3, field: Ip }\n"
    "    aliases: { src: { counted: Image } }\n---\n"
    "title: refused\nlogsource: { product: test }\ndetection: { s: { A: 1 }, condition: t }\n";

static const char one_rule[] = "title: one\nlogsource: { product: test }\n"
                               "detection: { s: { A: 2 }, condition: s }\n";

static void put_sources(void)
{
    struct generate g;
    struct buf yaml;

    buf_init(&yaml, 1u << 20);
    generate_init(&g, 7);
    for (uint32_t i = 0; i < 100; i++)
        generate_rule(&g, &yaml);
    assert_false(buf_failed(&yaml));
    put_file("rules/generated.yml", buf_span(&yaml));
    buf_release(&yaml);
    put_text("rules/more.yml", more_rules);
    put_text("rules/.hidden.yml", one_rule);
    put_text("taxonomy/test.yaml", both_taxonomy);
    put_text("placeholders.yaml", both_placeholders);
}

static void set_paths(void)
{
    snprintf(taxonomy, sizeof(taxonomy), "%s/taxonomy", folder);
    snprintf(rules, sizeof(rules), "%s/rules", folder);
    snprintf(placeholders, sizeof(placeholders), "%s/placeholders.yaml", folder);
    snprintf(cache, sizeof(cache), "%s/cache", folder);
}

static int set_up(void **state)
{
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

    (void)state;
    MUST(n > 0);
    program[n] = 0;
    snprintf(folder, sizeof(folder), "/tmp/ruleset.XXXXXX");
    MUST(mkdtemp(folder) != NULL);
    set_paths();
    MUST(mkdir(taxonomy, 0755) == 0 && mkdir(rules, 0755) == 0);
    put_sources();
    return 0;
}

static int take_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

/* A cache that is good for the sources as they are. Where the address of images is taken (a
 * sanitizer may do that) there are no caches, and a test of them must say so. */
static void fill_cache(void)
{
    struct opened o;

    (void)unlink(cache);
    open_rules(&o);
    assert_false(o.note.from_cache);
    if (access(cache, R_OK) != 0) {
        printf("SKIPPED: no cache: %s\n", o.note.cache_why);
        close_rules(&o);
        skip();
    }
    close_rules(&o);
    open_rules(&o);
    assert_true(o.note.from_cache);
    check_span("used", span_of(o.note.cache_why), "");
    close_rules(&o);
}

/* The next opening compiles and says why, the one after it comes from the cache again. */
static void expect_compiled(const char *row, const char *why)
{
    struct opened o;

    open_rules(&o);
    CHECK_ROW(row, !o.note.from_cache);
    if (strstr(o.note.cache_why, why) == NULL)
        fail_msg("row '%s': got '%s', want '%s'", row, o.note.cache_why, why);
    close_rules(&o);
}

static void expect_cached(const char *row)
{
    struct opened o;

    open_rules(&o);
    CHECK_ROW(row, o.note.from_cache);
    close_rules(&o);
}

/* --- the same rules -------------------------------------------------------------------------- */

static void same_findings(struct opened *a, struct opened *b)
{
    struct matcher *m[2];
    struct event event[2];
    struct generate g;
    struct buf yaml, json;
    struct rec rec;
    struct err e;
    uint64_t found = 0;

    assert_true(rec_init(&rec));
    assert_int_equal(matcher_new(&m[0], a->rs, &e), ERR_OK);
    assert_int_equal(matcher_new(&m[1], b->rs, &e), ERR_OK);
    assert_int_equal(event_init(&event[0], a->t, &a->names, &e), ERR_OK);
    assert_int_equal(event_init(&event[1], b->t, &b->names, &e), ERR_OK);
    buf_init(&yaml, 1u << 20);
    buf_init(&json, 1u << 20);
    generate_init(&g, 7);
    for (uint32_t i = 0; i < 100; i++)
        generate_rule(&g, &yaml);
    for (uint32_t i = 0; i < EVENTS; i++) {
        const struct hit *hits[2];
        uint32_t n[2];

        generate_event(&g, &json);
        rec_clear(&rec);
        assert_true(json_read(buf_span(&json), &rec, NULL) > 0);
        for (int k = 0; k < 2; k++) {
            event_begin(&event[k], &rec);
            n[k] = match_event(m[k], &event[k], &hits[k]);
        }
        assert_int_equal(n[0], n[1]);
        for (uint32_t k = 0; k < n[0]; k++) {
            assert_int_equal(hits[0][k].rule, hits[1][k].rule);
            assert_int_equal(hits[0][k].view->id, hits[1][k].view->id);
            assert_int_equal(hits[0][k].filter_unavailable, hits[1][k].filter_unavailable);
        }
        found += n[0];
    }
    assert_true(found > EVENTS);
    for (int k = 0; k < 2; k++) {
        matcher_free(&m[k]);
        event_release(&event[k]);
    }
    buf_release(&yaml);
    buf_release(&json);
    rec_release(&rec);
}

static void same_spans(struct span a, struct span b)
{
    assert_true(span_eq(a, b));
    assert_true(a.n == 0 || a.p != b.p); /* each in its own memory */
}

static void same_heads(const struct sigma_head *a, const struct sigma_head *b)
{
    same_spans(a->title, b->title);
    same_spans(a->file, b->file);
    assert_int_equal(a->line, b->line);
    assert_int_equal(a->level, b->level);
    assert_true(a->hash == b->hash);
}

static void same_correlations(const struct sigma_correlation *a, const struct sigma_correlation *b)
{
    same_heads(&a->head, &b->head);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->refs[0].index, b->refs[0].index);
    assert_int_equal(a->group_count, 2);
    same_spans(a->group_by[1], b->group_by[1]);
    same_spans(a->value_fields[0], b->value_fields[0]);
    same_spans(a->aliases[0].field[0], b->aliases[0].field[0]);
    assert_true(a->timespan_ns == b->timespan_ns && a->condition.gte == b->condition.gte);
}

/* Also: while one ruleset lies at the address of images, a second one still opens. */
static void what_comes_from_the_cache_is_what_was_compiled(void **state)
{
    struct opened a, b;

    (void)state;
    fill_cache();
    open_rules(&a);
    assert_true(a.note.from_cache);
    open_rules(&b);
    assert_false(b.note.from_cache);
    assert_int_equal(ruleset_rule_count(a.rs), ruleset_rule_count(b.rs));
    for (uint32_t i = 0; i < ruleset_rule_count(a.rs); i++)
        same_heads(&ruleset_rule(a.rs, i)->head, &ruleset_rule(b.rs, i)->head);
    assert_int_equal(ruleset_correlation_count(a.rs), 1);
    assert_int_equal(ruleset_correlation_count(b.rs), 1);
    same_correlations(ruleset_correlation(a.rs, 0), ruleset_correlation(b.rs, 0));
    assert_int_equal(ruleset_refusal_count(a.rs), 1);
    assert_int_equal(ruleset_refusal_count(b.rs), 1);
    same_spans(ruleset_refusal(a.rs, 0)->why, ruleset_refusal(b.rs, 0)->why);
    same_spans(ruleset_refusal(a.rs, 0)->title, ruleset_refusal(b.rs, 0)->title);
    same_findings(&a, &b);
    close_rules(&a);
    close_rules(&b);
    expect_cached("the cache was not harmed");
}

/* --- changed sources ------------------------------------------------------------------------- */

static void change_rule(void)
{
    put_text("rules/more.yml", one_rule);
}

static void change_back(void)
{
    put_text("rules/more.yml", more_rules);
}

static void add_rule(void)
{
    put_text("rules/new.yaml", more_rules);
}

static void remove_rule(void)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/new.yaml", rules);
    MUST(unlink(path) == 0);
}

static void change_hidden(void)
{
    put_text("rules/.hidden.yml", more_rules);
}

static void change_taxonomy(void)
{
    put_text("taxonomy/more.yaml", "source: other\nproduct: other\nrows:\n"
                                   "  - when: { kind: other }\n");
}

static void change_placeholders(void)
{
    put_text("placeholders.yaml", "Admins: [nobody]\nServers: [x]\nNets: [1.2.3.4]\nDotted: [y]\n");
}

static void remove_placeholders(void)
{
    MUST(unlink(placeholders) == 0);
    put_text("placeholders.yaml", both_placeholders);
}

static void put_round(void)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/round", rules);
    MUST(symlink("..", path) == 0);
}

static const struct {
    const char *name;
    void (*change)(void);
    bool same; /* the cache stays good */
} changes[] = {
    { "a rule changes", change_rule, false },
    { "a rule changes back", change_back, false },
    { "a rule is added", add_rule, false },
    { "a rule is removed", remove_rule, false },
    { "a hidden rule changes", change_hidden, false },
    { "the taxonomy changes", change_taxonomy, false },
    { "placeholders change", change_placeholders, false },
    { "placeholders are written anew", remove_placeholders, false },
    { "a link to a folder, which is not followed", put_round, true },
};

static void changed_sources_are_compiled_afresh(void **state)
{
    (void)state;
    fill_cache();
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        changes[i].change();
        if (!changes[i].same)
            expect_compiled(changes[i].name, "made from other sources");
        expect_cached(changes[i].name);
    }
}

/* The copy of this program is run with the folder as its argument: exit 0 when it came from the
 * cache, 3 when not. */
static int run_program(const char *path)
{
    int status;
    pid_t pid = fork();

    MUST(pid >= 0);
    if (pid == 0) {
        execl(path, path, folder, (char *)NULL);
        _exit(9);
    }
    MUST(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void another_program_compiles_afresh(void **state)
{
    char copy[128], command[4400];

    (void)state;
    fill_cache();
    snprintf(copy, sizeof(copy), "%s/program", folder);
    snprintf(command, sizeof(command), "cp '%s' '%s'", program, copy);
    assert_int_equal(system(command), 0);
    assert_int_equal(run_program(program), 0);
    assert_int_equal(run_program(copy), 3);
    assert_int_equal(run_program(copy), 0);
    assert_int_equal(run_program(program), 3);
}

static void open_trusted(const char *row, int want)
{
    struct ruleset_sources from = sources();
    struct opened o;
    struct err e = { 0 };
    int rc;

    from.trust_cache = true;
    rc = ruleset_open(&o.rs, &o.t, &o.names, &from, &o.note, &e);
    if (rc != want)
        fail_msg("row '%s': %d, want %d: %s", row, rc, want, e.why);
    if (rc != ERR_OK)
        return;
    CHECK_ROW(row, o.note.from_cache && ruleset_rule_count(o.rs) > 50);
    close_rules(&o);
}

/* The rules of the cache stand whatever became of their files; all else still counts. */
static void a_trusted_cache_is_used_whatever_became_of_its_sources(void **state)
{
    struct opened o;
    struct stat st;

    (void)state;
    put_text("taxonomy/more.yaml", "source: other\nproduct: other\n");
    fill_cache();
    put_text("rules/more.yml", one_rule);
    open_trusted("a rule changed", ERR_OK);
    put_text("taxonomy/more.yaml", "source: other\nproduct: other\nrows:\n"
                                   "  - when: { kind: a }\n  - when: { kind: b }\n");
    open_trusted("the taxonomy has a view more", ERR_CORRUPT);
    put_text("taxonomy/more.yaml", "source: other\nproduct: other\n");
    open_trusted("it is as it was", ERR_OK);
    MUST(stat(cache, &st) == 0 && truncate(cache, st.st_size - 1) == 0);
    open_trusted("cut", ERR_NOTFOUND);
    MUST(unlink(cache) == 0);
    open_trusted("gone", ERR_NOTFOUND);
    put_text("rules/more.yml", more_rules);
    open_rules(&o);
    open_trusted("the address is taken", ERR_IO);
    close_rules(&o);
    open_trusted("and free again", ERR_OK);
}

static int open_and_tell(const char *dir)
{
    struct opened o;
    bool cached;

    snprintf(folder, sizeof(folder), "%s", dir);
    set_paths();
    open_rules(&o);
    cached = o.note.from_cache;
    close_rules(&o);
    return cached ? 0 : 3;
}

/* --- a cache that is not to be trusted ------------------------------------------------------- */

static void cut_to_half(void)
{
    struct stat st;

    MUST(stat(cache, &st) == 0 && truncate(cache, st.st_size / 2) == 0);
}

static void cut_to_nothing(void)
{
    MUST(truncate(cache, 0) == 0);
}

static void turn_a_byte(void)
{
    struct stat st;
    uint8_t c;
    int fd = open(cache, O_RDWR);

    MUST(fd >= 0 && fstat(fd, &st) == 0 && pread(fd, &c, 1, st.st_size / 2) == 1);
    c ^= 1;
    MUST(pwrite(fd, &c, 1, st.st_size / 2) == 1 && close(fd) == 0);
}

static void let_others_write(void)
{
    MUST(chmod(cache, 0622) == 0);
}

static void put_a_link(void)
{
    MUST(unlink(cache) == 0 && symlink("/dev/null", cache) == 0);
}

static void put_a_pipe(void)
{
    MUST(unlink(cache) == 0 && mkfifo(cache, 0600) == 0);
}

static const struct {
    const char *name;
    void (*harm)(void);
    const char *why;
} harms[] = {
    { "half of it is missing", cut_to_half, "made from other sources" },
    { "all of it is missing", cut_to_nothing, "made from other sources" },
    { "a byte is turned", turn_a_byte, "the checksum is wrong" },
    { "others may write to it", let_others_write, "this user alone may write" },
    { "it is a link", put_a_link, "Too many levels of symbolic links" },
    { "it is a pipe", put_a_pipe, "this user alone may write" },
};

static void a_cache_that_is_not_to_be_trusted_is_made_anew(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(harms); i++) {
        fill_cache();
        harms[i].harm();
        expect_compiled(harms[i].name, harms[i].why);
        expect_cached(harms[i].name);
    }
}

static void a_cache_that_cannot_be_written_is_no_error(void **state)
{
    (void)state;
    snprintf(cache, sizeof(cache), "%s/no/such/folder/cache", folder);
    expect_compiled("no folder", "No such file or directory");
    expect_compiled("still no folder", "No such file or directory");
    set_paths();
}

static void sources_that_cannot_be_read_are_errors(void **state)
{
    static const char *const gone[] = { "/tmp/no/such/rules" };
    struct ruleset_sources from = sources();
    struct opened o;
    struct err e = { 0 };

    (void)state;
    from.rules.paths = gone;
    assert_true(ruleset_open(&o.rs, &o.t, &o.names, &from, &o.note, &e) != ERR_OK);
    assert_non_null(strstr(e.why, "/tmp/no/such/rules"));
    from = sources();
    from.taxonomy = "/tmp/no/such/taxonomy";
    assert_true(ruleset_open(&o.rs, &o.t, &o.names, &from, &o.note, &e) != ERR_OK);
    assert_non_null(strstr(e.why, "/tmp/no/such/taxonomy"));
    from = sources();
    from.rules.placeholders = "/tmp/no/such/placeholders";
    assert_true(ruleset_open(&o.rs, &o.t, &o.names, &from, &o.note, &e) != ERR_OK);
    assert_non_null(strstr(e.why, "/tmp/no/such/placeholders"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_from_the_cache_is_what_was_compiled),
        cmocka_unit_test(changed_sources_are_compiled_afresh),
        cmocka_unit_test(another_program_compiles_afresh),
        cmocka_unit_test(a_trusted_cache_is_used_whatever_became_of_its_sources),
        cmocka_unit_test(a_cache_that_is_not_to_be_trusted_is_made_anew),
        cmocka_unit_test(a_cache_that_cannot_be_written_is_no_error),
        cmocka_unit_test(sources_that_cannot_be_read_are_errors),
    };

    if (argc == 2)
        return open_and_tell(argv[1]);
    return cmocka_run_group_tests(tests, set_up, take_down);
}
