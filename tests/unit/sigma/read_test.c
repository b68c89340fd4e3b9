/*
 * Goal: what is wrong with a document is said, in one sentence and at its line, and costs no other
 * document. Method: tests/rules/bad_rules.txt. A case is a file of rules and all that is said of
 * it, in the order in which it is said:
 *
 *     === name of the case
 *     title: no logsource
 *     detection: { s: { A: 1 }, condition: s }
 *     --> 1: The document has no logsource.        a refusal
 *     ~~> 2: The date '1.1.2024' is not ...        a warning
 *
 * Lines count from the one after "===". A `...` at the end of a sentence stands for any rest. A
 * case with refusals also says `kept N` when N documents load all the same. In the text `\xHH` is
 * a byte.
 *
 * Limits, which would make long texts, are rows of bytes made here.
 */
#include "../check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/num.h"
#include "data.h"
#include "sigma/rule.h"

#define CASES_BYTES_MAX (1u << 20)

struct one_case {
    struct span name;
    struct buf text;
    struct sigma_rules rules;
    bool read;                   /* expectations follow */
    uint32_t refusals, warnings; /* that were expected so far */
    uint64_t kept;
};

struct tally {
    uint32_t cases, faults;
};

static void case_read(struct one_case *c, struct tally *t)
{
    struct err e;

    if (c->read)
        return;
    c->read = true;
    t->cases++;
    assert_int_equal(rules_init(&c->rules, &e), ERR_OK);
    assert_int_equal(rules_add_bytes(&c->rules, SPAN_LIT("f"), buf_span(&c->text), &e), ERR_OK);
    assert_int_equal(rules_finish(&c->rules, &e), ERR_OK);
}

static void case_end(struct one_case *c, struct tally *t)
{
    uint64_t kept = c->rules.rule_count + c->rules.correlation_count + c->rules.filter_count;

    if (!c->read)
        return;
    for (; c->refusals < c->rules.refusal_count; c->refusals++, t->faults++)
        printf("%.*s: not expected: --> %u: %.*s\n", SPAN_ARG(c->name),
               c->rules.refusals[c->refusals].line, SPAN_ARG(c->rules.refusals[c->refusals].why));
    for (; c->warnings < c->rules.warning_count; c->warnings++, t->faults++)
        printf("%.*s: not expected: ~~> %u: %.*s\n", SPAN_ARG(c->name),
               c->rules.warnings[c->warnings].line, SPAN_ARG(c->rules.warnings[c->warnings].what));
    if (c->rules.refusal_count > 0 && kept != c->kept && ++t->faults > 0)
        printf("%.*s: %llu documents are kept\n", SPAN_ARG(c->name), (unsigned long long)kept);
    rules_release(&c->rules);
    buf_clear(&c->text);
    c->read = false;
    c->refusals = c->warnings = 0;
    c->kept = 0;
}

static bool says(struct span got, struct span want)
{
    if (!span_ends(want, SPAN_LIT("...")))
        return span_eq(got, want);
    return span_starts(got, (struct span){ want.p, want.n - 3 });
}

/* `line` is "NUMBER: sentence". */
static void case_expect(struct one_case *c, struct span line, bool warning, struct tally *t)
{
    size_t colon = span_find(line, ':');
    struct span want = span_from(line, colon + 2), got = SPAN_NONE;
    uint32_t at = warning ? c->warnings++ : c->refusals++, got_line = 0;
    uint64_t want_line;

    assert_true(num_u64((struct span){ line.p, colon }, UINT32_MAX, &want_line));
    if (warning && at < c->rules.warning_count) {
        got = c->rules.warnings[at].what;
        got_line = c->rules.warnings[at].line;
    } else if (!warning && at < c->rules.refusal_count) {
        got = c->rules.refusals[at].why;
        got_line = c->rules.refusals[at].line;
    }
    if (got_line == want_line && says(got, want))
        return;
    printf("%.*s: want %s> %.*s\n     got %s> %u: %.*s\n", SPAN_ARG(c->name), warning ? "~~" : "--",
           SPAN_ARG(line), warning ? "~~" : "--", got_line, SPAN_ARG(got));
    t->faults++;
}

static void case_text(struct one_case *c, struct span line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (i + 3 < line.n && line.p[i] == '\\' && line.p[i + 1] == 'x') {
            buf_byte(&c->text, (uint8_t)(ascii_hex(line.p[i + 2]) * 16 + ascii_hex(line.p[i + 3])));
            i += 3;
        } else {
            buf_byte(&c->text, line.p[i]);
        }
    }
    buf_byte(&c->text, '\n');
}

static void case_line(struct one_case *c, struct span line, struct tally *t)
{
    if (span_starts(line, SPAN_LIT("=== "))) {
        case_end(c, t);
        c->name = span_from(line, 4);
    } else if (span_starts(line, SPAN_LIT("--> ")) || span_starts(line, SPAN_LIT("~~> "))) {
        case_read(c, t);
        case_expect(c, span_from(line, 4), line.p[0] == '~', t);
    } else if (span_starts(line, SPAN_LIT("kept "))) {
        case_read(c, t);
        assert_true(num_u64(span_from(line, 5), UINT32_MAX, &c->kept));
    } else if (c->name.n > 0 && !c->read) {
        case_text(c, line);
    }
}

static void what_is_wrong_is_said_at_its_line(void **state)
{
    struct tally t = { 0 };
    struct one_case c = { .read = false };
    struct buf file;
    struct span rest;

    (void)state;
    buf_init(&c.text, CASES_BYTES_MAX);
    buf_init(&file, CASES_BYTES_MAX);
    assert_true(data_load(RULES_FOLDER "/bad_rules.txt", &file));
    rest = buf_span(&file);
    while (rest.n > 0) {
        size_t n = span_find(rest, '\n');

        case_line(&c, (struct span){ rest.p, n }, &t);
        rest = span_from(rest, n < rest.n ? n + 1 : n);
    }
    case_end(&c, &t);
    buf_release(&c.text);
    buf_release(&file);
    printf("%u cases, %u faults\n", t.cases, t.faults);
    assert_int_equal(t.faults, 0);
    assert_true(t.cases > 100);
}

/* --- limits -------------------------------------------------------------------------------- */

#define RULE_HEAD "title: t\nlogsource: { product: test }\n"

static const struct limit_row {
    const char *name, *head, *repeat;
    uint32_t times;
    const char *tail, *why;
} limits[] = {
    { "bytes of a file", RULE_HEAD,
      "...............................................................\n",
      LIMIT_RULE_FILE_BYTES / 64, "", "The file is larger than 4194304 bytes." },
    { "nodes of a file", "title: t\nfields:\n", "- \n", 262144, "",
      "The file holds more YAML than a file may." },
    { "depth of a document", "title: ", "[", LIMIT_RULE_DEPTH, "",
      "The document is nested too deep." },
    { "searches of a rule", RULE_HEAD "detection:\n condition: s0\n", " s#: { A: 1 }\n", 4096, "",
      "There are more than 4096 searches." },
    { "references of a correlation",
      "title: t\ncorrelation:\n type: temporal\n timespan: 1m\n rules:\n", "  - r#\n", 1025, "",
      "The correlation refers to more than 1024 rules." },
    { "bytes of an expression", RULE_HEAD "detection:\n condition: s\n s: { A|re: '", "abcdefgh",
      8193, "' }", "The regular expression is longer than 65536 bytes." },
    { "values of an item", RULE_HEAD "detection:\n condition: s\n s:\n  A:\n", "  - 1\n",
      LIMIT_RULE_VALUES + 1, "", "'A' has more than 65536 values." },
    { "values of a rule", RULE_HEAD "detection:\n condition: s\n s:\n  A|base64offset:\n",
      "  - a\n", LIMIT_RULE_VALUES / 3 + 1, "",
      "The values of 'A|base64offset' become too many or too long." },
    { "combinations of placeholders", RULE_HEAD "detection:\n condition: s\n s:\n  A|expand: '",
      "%ten%", 6, "'", "The values of 'A|expand' become too many or too long." },
    { "bytes of a rule",
      RULE_HEAD "detection:\n condition: s\n s:\n  A|expand: '%ten%%ten%%ten%%ten%",
      "0123456789abcdef", 1024, "'", "The values of 'A|expand' become too many or too long." },
    { "bytes of a condition", RULE_HEAD "detection:\n s: { A: 1 }\n condition: ", "s or ",
      LIMIT_CONDITION_BYTES / 5 + 1, "s", "The condition is longer than 65536 bytes." },
    { "parts of a condition",
      RULE_HEAD
      "detection:\n a: { A: 1 }\n b: { A: 2 }\n c: { A: 3 }\n"
      " d: { A: 4 }\n e: { A: 5 }\n f: { A: 6 }\n g: { A: 7 }\n h: { A: 8 }\n i: { A: 9 }\n"
      " j: { A: 10 }\n k: { A: 11 }\n l: { A: 12 }\n m: { A: 13 }\n n: { A: 14 }\n"
      " o: { A: 15 }\n p: { A: 16 }\n q: { A: 17 }\n r: { A: 18 }\n s: { A: 19 }\n"
      " t: { A: 20 }\n u: { A: 21 }\n v: { A: 22 }\n w: { A: 23 }\n x: { A: 24 }\n"
      " y: { A: 25 }\n z: { A: 26 }\n condition: ",
      "1 of * or ", 6000, "a", "The condition has too many parts." },
    { "depth of a condition", RULE_HEAD "detection:\n s: { A: 1 }\n condition: ", "(", 64, "s",
      "The condition is nested too deep." },
    { "nots of a condition", RULE_HEAD "detection:\n s: { A: 1 }\n condition: ", "not ", 64, "s",
      "The condition is nested too deep." },
    { "modifiers of a key", RULE_HEAD "detection:\n condition: s\n s: { 'A|re", "|i", 12, "': a }",
      "The key has more than 12 modifiers." },
};

/* `text` once more, with `number` for a '#'. */
static void put_repeat(struct buf *to, const char *text, uint32_t number)
{
    for (; *text != 0; text++) {
        if (*text == '#')
            buf_fmt(to, "%u", number);
        else
            buf_byte(to, (uint8_t)*text);
    }
}

static void placeholder_ten(struct sigma_rules *rs)
{
    struct err e;
    char path[] = "/tmp/placeholders.XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

    assert_non_null(f);
    assert_true(fprintf(f, "ten: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n") > 0 && fclose(f) == 0);
    assert_int_equal(rules_placeholders(rs, path, &e), ERR_OK);
    assert_int_equal(remove(path), 0);
}

/* A good document behind it (where the YAML is whole) must be kept. */
static void limit_check(const struct limit_row *row)
{
    struct sigma_rules rs;
    struct buf text;
    struct err e;

    buf_init(&text, (size_t)64 << 20);
    buf_text(&text, row->head);
    for (uint32_t i = 0; i < row->times; i++)
        put_repeat(&text, row->repeat, i);
    buf_text(&text, row->tail);
    CHECK_ROW(row->name, !buf_failed(&text));
    assert_int_equal(rules_init(&rs, &e), ERR_OK);
    placeholder_ten(&rs);
    assert_int_equal(rules_add_bytes(&rs, SPAN_LIT("f"), buf_span(&text), &e), ERR_OK);
    assert_int_equal(rules_finish(&rs, &e), ERR_OK);
    CHECK_ROW(row->name, rs.rule_count == 0 && rs.refusal_count == 1);
    check_span(row->name, rs.refusals[0].why, row->why);
    rules_release(&rs);
    buf_release(&text);
}

static void what_grows_too_big_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(limits); i++)
        limit_check(&limits[i]);
}

/* --- what is told and what is silent -------------------------------------------------------- */

#define NAMED(n)                                                                                   \
    "{ title: " n ", name: " n ", logsource: { product: test }, "                                  \
    "detection: { s: { A: 1 }, condition: s } }\n---\n"
#define COUNTS(n, of, more)                                                                        \
    "{ title: " n ", name: " n ", correlation: { type: event_count, "                              \
    "rules: [ " of " ], timespan: 1m, condition: { gte: 2 }" more "\n---\n"

static const struct {
    const char *name, *rules, *told; /* the names of those that make findings */
} told_rows[] = {
    { "a rule alone", NAMED("a"), "a" },
    { "a rule for a correlation", NAMED("a") NAMED("b") COUNTS("c", "a", " } }"), "b c" },
    { "generate, at the root", NAMED("a") COUNTS("c", "a", " }, generate: true }"), "a c" },
    { "generate, in the correlation", NAMED("a") COUNTS("c", "a", ", generate: true } }"), "a c" },
    { "generate: false", NAMED("a") COUNTS("c", "a", ", generate: false } }"), "c" },
    { "two correlations, one generates",
      NAMED("a") COUNTS("c", "a", ", generate: true } }") COUNTS("d", "a", " } }"), "a c d" },
    { "a chain: the outermost alone", NAMED("a") COUNTS("c", "a", " } }") COUNTS("d", "c", " } }"),
      "d" },
    { "a chain that generates one step",
      NAMED("a") COUNTS("c", "a", " } }") COUNTS("d", "c", ", generate: true } }"), "c d" },
    { "a correlation that is refused silences nothing", NAMED("a") COUNTS("c", "a, gone", " } }"),
      "a" },
};

static void put_told(struct buf *out, const struct sigma_head *h, bool emit)
{
    if (emit)
        buf_fmt(out, "%s%.*s", out->n > 0 ? " " : "", SPAN_ARG(h->name));
}

static void only_what_is_asked_for_makes_findings(void **state)
{
    struct buf told;

    (void)state;
    buf_init(&told, 4096);
    for (size_t i = 0; i < COUNT_OF(told_rows); i++) {
        struct sigma_rules rs;
        struct err e;

        buf_clear(&told);
        assert_int_equal(rules_init(&rs, &e), ERR_OK);
        assert_int_equal(rules_add_bytes(&rs, SPAN_LIT("f"), span_of(told_rows[i].rules), &e),
                         ERR_OK);
        assert_int_equal(rules_finish(&rs, &e), ERR_OK);
        for (uint32_t k = 0; k < rs.rule_count; k++)
            put_told(&told, &rs.rules[k]->head, rs.rules[k]->emit);
        for (uint32_t k = 0; k < rs.correlation_count; k++)
            put_told(&told, &rs.correlations[k]->head, rs.correlations[k]->emit);
        check_span(told_rows[i].name, buf_span(&told), told_rows[i].told);
        rules_release(&rs);
    }
    buf_release(&told);
}

/* --- files and folders --------------------------------------------------------------------- */

static char folder[64];

static void put_file(const char *name, const char *text)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static void put_link(const char *name, const char *to)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(symlink(to, path), 0);
}

static void remove_folder(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

#define GOOD RULE_HEAD "detection: { s: { A: 1 }, condition: s }\n"

static void a_folder_gives_its_rules_and_names_what_it_cannot_read(void **state)
{
    struct sigma_rules rs;
    char path[256];
    struct err e;

    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/rules.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/below", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    put_file("b.yml", GOOD);
    put_file("below/a.yaml", GOOD "---\n" GOOD);
    put_file("below/notes.txt", "no rule");
    put_file("a.yml", "title: bad\n");
    put_link("c.yml", "b.yml");
    put_link("gone.yml", "nowhere");
    put_link("below/round", "..");
    put_link("d.yml", "/dev/null"); /* no file */
    assert_int_equal(rules_init(&rs, &e), ERR_OK);
    assert_int_equal(rules_add_path(&rs, folder, 2, &e), ERR_OK);
    assert_int_equal(rules_finish(&rs, &e), ERR_OK);
    assert_int_equal(rs.rule_count, 4);
    assert_true(span_ends(rs.rules[0]->head.file, SPAN_LIT("/b.yml")));
    assert_true(span_ends(rs.rules[2]->head.file, SPAN_LIT("/below/a.yaml")));
    assert_int_equal(rs.rules[2]->head.line + rs.rules[3]->head.line, 1 + 5);
    assert_int_equal(rs.refusal_count, 1);
    assert_true(span_ends(rs.refusals[0].file, SPAN_LIT("/a.yml")));
    rules_release(&rs);
    remove_folder();
}

static void paths_that_cannot_be_used_are_errors(void **state)
{
    static const struct {
        const char *name, *path, *why;
    } rows[] = {
        { "no path", "", "This is no path: ''." },
        { "nothing there", "/tmp/no/such/rule.yml",
          "/tmp/no/such/rule.yml cannot be read: No such file or directory." },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sigma_rules rs;
        struct err e = { 0 };

        assert_int_equal(rules_init(&rs, &e), ERR_OK);
        CHECK_ROW(rows[i].name, rules_add_path(&rs, rows[i].path, 1, &e) < 0);
        check_span(rows[i].name, span_of(e.why), rows[i].why);
        rules_release(&rs);
    }
}

static void a_placeholder_file_is_a_map_of_lists(void **state)
{
    static const struct {
        const char *name, *text, *why;
    } rows[] = {
        { "a list", "- a\n", "A placeholder file is a map of name: [values]." },
        { "nothing", "", "A placeholder file is a map of name: [values]." },
        { "a map of maps", "a: { b: c }\n",
          "'placeholder' must be text or a list of texts, not a map." },
        { "no YAML", "a: [", "This is not YAML" },
    };

    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/rules.XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sigma_rules rs;
        struct err e = { 0 };
        char path[256];

        put_file("placeholders", rows[i].text);
        snprintf(path, sizeof(path), "%s/placeholders", folder);
        assert_int_equal(rules_init(&rs, &e), ERR_OK);
        CHECK_ROW(rows[i].name, rules_placeholders(&rs, path, &e) < 0);
        CHECK_ROW(rows[i].name, strstr(e.why, path) != NULL && strstr(e.why, rows[i].why) != NULL);
        rules_release(&rs);
    }
    remove_folder();
}

/* --- the public rules ---------------------------------------------------------------------- */

/* Only a placeholder that nobody gives values is a reason, and it is named. */
static void all_public_rules_load(void **state)
{
    struct sigma_rules rs;
    char dir[DATA_PATH];
    struct err e;

    (void)state;
    if (!data_unpack("sigma-rules.tar.xz", dir))
        skip();
    assert_int_equal(rules_init(&rs, &e), ERR_OK);
    assert_int_equal(rules_add_path(&rs, dir, 2, &e), ERR_OK);
    assert_int_equal(rules_finish(&rs, &e), ERR_OK);
    printf("%u rules, %u refused, %u warnings\n", rs.rule_count, rs.refusal_count,
           rs.warning_count);
    assert_true(rs.rule_count > 3700);
    for (uint32_t i = 0; i < rs.refusal_count; i++) {
        struct span why = rs.refusals[i].why;

        if (!span_starts(why, SPAN_LIT("The placeholder %")))
            fail_msg("%.*s:%u: %.*s", SPAN_ARG(rs.refusals[i].file), rs.refusals[i].line,
                     SPAN_ARG(why));
    }
    rules_release(&rs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_said_at_its_line),
        cmocka_unit_test(what_grows_too_big_is_refused),
        cmocka_unit_test(only_what_is_asked_for_makes_findings),
        cmocka_unit_test(a_folder_gives_its_rules_and_names_what_it_cannot_read),
        cmocka_unit_test(paths_that_cannot_be_used_are_errors),
        cmocka_unit_test(a_placeholder_file_is_a_map_of_lists),
        cmocka_unit_test(all_public_rules_load),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
