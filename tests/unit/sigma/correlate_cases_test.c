/*
 * Goal: correlations mean what the specification and sigma/correlate.h say.
 * Method: the files tests/rules/NAME.correlate. A case is correlations about the rules a, b, c and
 * d, events with the rules that they match, and every result that must come, in order:
 *
 *     === name of the case
 *     title: many
 *     correlation: { type: event_count, rules: [a], timespan: 10s, condition: { gte: 2 } }
 *     at 0 a user=bob
 *     at 1.5 a,b user=bob
 *     -> 1+500000000ns many : 2, 2 inputs, events 1 2
 *
 * Events are numbered from 1. Expectations come from the definition, never from what an evaluator
 * said; engine and oracle must both agree with them.
 */
#include "../check.h"

#include <glob.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/time.h"
#include "correlate_both.h"

#define CASE_BYTES_MAX (1u << 20)
#define CASE_HITS_MAX  64u

struct one_case {
    struct span name;
    struct buf yaml, want;
    struct correlate_hit hits[CASE_HITS_MAX];
    uint32_t hit_count, event_count;
};

struct tally {
    uint32_t cases, faults;
};

/* The next word of a line; empty at its end. */
static struct span word_of(struct span *line)
{
    size_t n = span_find(*line, ' ');
    struct span word = { line->p, n };

    *line = span_from(*line, n < line->n ? n + 1 : n);
    return word;
}

static int64_t seconds_of(struct span text)
{
    size_t dot = span_find(text, '.');
    uint64_t whole, nanos = 0;

    assert_true(num_u64((struct span){ text.p, dot }, 1u << 30, &whole));
    if (dot < text.n) {
        assert_true(num_u64(span_from(text, dot + 1), 999999999, &nanos));
        for (size_t digits = text.n - dot - 1; digits < 9; digits++)
            nanos *= 10;
    }
    return (int64_t)(whole * (uint64_t)TIME_SECOND + nanos);
}

static void case_event(struct one_case *c, struct span line)
{
    struct correlate_hit h = { .at = { .time_ns = seconds_of(word_of(&line)),
                                       .order = ++c->event_count } };
    struct span rules = word_of(&line);

    h.at.ref = h.at.order;
    while (line.n > 0) {
        struct span field = word_of(&line);
        size_t n = span_find(field, '=');

        assert_true(n < field.n && h.field_count < HIT_FIELDS_MAX);
        h.field[h.field_count++] =
            (struct correlate_pair){ { field.p, n }, span_from(field, n + 1) };
    }
    for (size_t i = 0; i < rules.n; i += 2) {
        assert_true(c->hit_count < CASE_HITS_MAX);
        h.at.rule = (uint32_t)(rules.p[i] - 'a');
        c->hits[c->hit_count++] = h;
    }
}

static void compare(const struct one_case *c, const char *who, const struct buf *got,
                    struct tally *t)
{
    if (span_eq(buf_span(got), buf_span(&c->want)))
        return;
    printf("%.*s: %s:\n%.*swant:\n%.*s", SPAN_ARG(c->name), who, SPAN_ARG(buf_span(got)),
           SPAN_ARG(buf_span(&c->want)));
    t->faults++;
}

static void case_end(struct one_case *c, struct tally *t)
{
    struct correlate_run run = { 0 };
    struct correlate_both b;
    struct buf fast, slow;

    if (c->name.n == 0)
        return;
    t->cases++;
    buf_init(&fast, CASE_BYTES_MAX);
    buf_init(&slow, CASE_BYTES_MAX);
    if (!correlate_both_init(&b, buf_span(&c->yaml)))
        t->faults++;
    correlate_both_engine(&b, c->hits, c->hit_count, &run, &fast);
    compare(c, "engine", &fast, t);
    qsort(c->hits, c->hit_count, sizeof(c->hits[0]), correlate_event_order);
    correlate_oracle(&b.rules, c->hits, c->hit_count, &slow);
    correlate_sort_lines(&slow);
    correlate_sort_lines(&c->want);
    compare(c, "oracle", &slow, t);
    correlate_both_release(&b);
    buf_release(&fast);
    buf_release(&slow);
}

static void case_line(struct one_case *c, struct span line, struct tally *t)
{
    if (span_starts(line, SPAN_LIT("=== "))) {
        case_end(c, t);
        buf_clear(&c->yaml);
        buf_clear(&c->want);
        c->hit_count = c->event_count = 0;
        c->name = span_from(line, 4);
    } else if (span_starts(line, SPAN_LIT("at "))) {
        case_event(c, span_from(line, 3));
    } else if (span_starts(line, SPAN_LIT("-> "))) {
        buf_add(&c->want, span_from(line, 3));
        buf_byte(&c->want, '\n');
    } else if (c->name.n > 0 && !span_starts(line, SPAN_LIT("#"))) {
        buf_add(&c->yaml, line);
        buf_byte(&c->yaml, '\n');
    }
}

static void case_file(const char *path, struct tally *t)
{
    struct one_case *c = calloc(1, sizeof(*c));
    uint8_t *text = malloc(CASE_BYTES_MAX);
    FILE *in = fopen(path, "rb");
    struct span rest;

    assert_non_null(in);
    assert_non_null(text);
    assert_non_null(c);
    rest = (struct span){ text, fread(text, 1, CASE_BYTES_MAX, in) };
    assert_true(rest.n < CASE_BYTES_MAX);
    assert_int_equal(fclose(in), 0);
    buf_init(&c->yaml, CASE_BYTES_MAX);
    buf_init(&c->want, CASE_BYTES_MAX);
    while (rest.n > 0) {
        size_t n = span_find(rest, '\n');

        case_line(c, (struct span){ rest.p, n }, t);
        rest = span_from(rest, n < rest.n ? n + 1 : n);
    }
    case_end(c, t);
    buf_release(&c->yaml);
    buf_release(&c->want);
    free(text);
    free(c);
}

static void engine_and_oracle_say_what_the_cases_say(void **state)
{
    struct tally t = { 0 };
    glob_t files;

    (void)state;
    assert_int_equal(glob(RULES_FOLDER "/*.correlate", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        case_file(files.gl_pathv[i], &t);
    globfree(&files);
    printf("%u cases, %u faults\n", t.cases, t.faults);
    assert_int_equal(t.faults, 0);
    assert_true(t.cases >= 35);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_and_oracle_say_what_the_cases_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
