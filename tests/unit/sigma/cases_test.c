/*
 * Goal: both evaluators give the language the meaning that the specification gives it.
 * Method: the files tests/rules/NAME.case. A case is a rule and events with the answer:
 *
 *     === name of the case
 *     detection:
 *         s: { Image|endswith: '\cmd.exe' }
 *         condition: s
 *     yes {"Image":"C:\\cmd.exe"}
 *     no  {"Image":"C:\\cmd.ex"}
 *
 * Title and logsource are put before a rule that begins with `detection:`. Where the text has
 * several documents (filters), the answer is about its first rule. Expectations come from the
 * specification, never from what an evaluator said.
 */
#include "../check.h"

#include <glob.h>
#include <stdlib.h>

#include "base/buf.h"
#include "both.h"

#define CASE_BYTES_MAX (1u << 20)

struct tally {
    uint32_t cases, events, faults;
};

struct one_case {
    struct span name;
    struct buf rule;
    struct both both;
    bool ready; /* the rule was read: events follow */
};

static void case_ready(struct one_case *c, struct tally *t)
{
    if (c->ready)
        return;
    if (!both_init(&c->both, buf_span(&c->rule), NULL, NULL))
        t->faults++;
    c->ready = true;
    t->cases++;
    for (uint32_t i = 0; i < c->both.rules.refusal_count; i++) {
        printf("%.*s: refused: %.*s\n", SPAN_ARG(c->name), SPAN_ARG(c->both.rules.refusals[i].why));
        t->faults++;
    }
}

static void case_end(struct one_case *c)
{
    if (c->ready)
        both_release(&c->both);
    c->ready = false;
    buf_clear(&c->rule);
}

static void case_event(struct one_case *c, struct span json, bool want, struct tally *t)
{
    struct both_hits h;
    bool fast, slow;

    case_ready(c, t);
    t->events++;
    if (!both_json(&c->both, json)) {
        printf("%.*s: no JSON: %.*s\n", SPAN_ARG(c->name), SPAN_ARG(json));
        t->faults++;
        return;
    }
    (void)both_event(&c->both, &c->both.rec, &h); /* differences show below */
    fast = h.fast_count > 0 && h.fast[0].rule == 0;
    slow = h.slow_count > 0 && h.slow[0].rule == 0;
    if (fast == want && slow == want)
        return;
    printf("%.*s: want %s, matcher %s, oracle %s: %.*s\n", SPAN_ARG(c->name), want ? "yes" : "no",
           fast ? "yes" : "no", slow ? "yes" : "no", SPAN_ARG(json));
    t->faults++;
}

static void case_line(struct one_case *c, struct span line, struct tally *t)
{
    if (span_starts(line, SPAN_LIT("=== "))) {
        case_end(c);
        c->name = span_from(line, 4);
    } else if (span_starts(line, SPAN_LIT("yes {"))) {
        case_event(c, span_from(line, 4), true, t);
    } else if (span_starts(line, SPAN_LIT("no  {"))) {
        case_event(c, span_from(line, 4), false, t);
    } else if (c->name.n > 0 && !span_starts(line, SPAN_LIT("#"))) {
        if (c->rule.n == 0 && span_starts(line, SPAN_LIT("detection:")))
            buf_fmt(&c->rule, "title: a case\nlogsource: { product: test }\n");
        buf_add(&c->rule, line);
        buf_byte(&c->rule, '\n');
    }
}

static void case_file(const char *path, struct tally *t)
{
    FILE *in = fopen(path, "rb");
    struct one_case c = { 0 };
    uint8_t *text = malloc(CASE_BYTES_MAX);
    struct span rest;

    assert_non_null(in);
    assert_non_null(text);
    rest = (struct span){ text, fread(text, 1, CASE_BYTES_MAX, in) };
    assert_true(rest.n < CASE_BYTES_MAX);
    assert_int_equal(fclose(in), 0);
    buf_init(&c.rule, CASE_BYTES_MAX);
    while (rest.n > 0) {
        size_t n = span_find(rest, '\n');

        case_line(&c, (struct span){ rest.p, n }, t);
        rest = span_from(rest, n < rest.n ? n + 1 : n);
    }
    case_end(&c);
    buf_release(&c.rule);
    free(text);
}

static void both_evaluators_say_what_the_cases_say(void **state)
{
    struct tally t = { 0 };
    glob_t files;

    (void)state;
    assert_int_equal(glob(RULES_FOLDER "/*.case", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        printf("%s\n", files.gl_pathv[i]);
        case_file(files.gl_pathv[i], &t);
    }
    globfree(&files);
    printf("%u cases, %u events, %u faults\n", t.cases, t.events, t.faults);
    assert_int_equal(t.faults, 0);
    assert_true(t.events >= 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(both_evaluators_say_what_the_cases_say) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
