/*
 * rules_test.c - canh rules test: rules on the samples that lie beside them.
 *
 *   ssh_guessing.yml
 *   ssh_guessing.positive.log     each rule of the file that reports is found in it, at least once
 *   ssh_guessing.negative.log     none is
 *
 * Any ending will do: the format is told by the bytes. Each file of rules is tested alone, with all
 * its documents, through the same scan that users run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/load.h"
#include "scan/scan.h"

#define REPORTS_MAX 256u

struct settings {
    struct load_options load;
    bool verbose;
};

static const struct option_row options[] = {
    READ_OPTIONS(struct settings, load),
    { "verbose", OPTION_FLAG, offsetof(struct settings, verbose), NULL, NULL, 0, 0,
      "name the samples that pass, too" },
};

static const struct command_line command = {
    options, COUNT_OF(options), "canh rules test [OPTIONS] [FOLDER...]",
    "Runs each rule on the samples beside it: NAME.positive.* and NAME.negative.*.\n"
    "Exit code: 0 all pass, 1 some failed, 2 something could not be read."
};

struct score {
    uint32_t files, untested, samples, failed;
    bool verbose;
};

/* An output that keeps who was found. The first member is what the scan is given. */
struct collect {
    struct scan_settings set;
    const struct sigma_head *found[REPORTS_MAX];
    uint32_t count;
};

static void collect_head(const struct output *o, const struct sigma_head *h)
{
    struct collect *c =
        (struct collect *)(uintptr_t)((const uint8_t *)o - offsetof(struct scan_settings, output));

    for (uint32_t i = 0; i < c->count; i++) {
        if (c->found[i] == h)
            return;
    }
    if (c->count < REPORTS_MAX)
        c->found[c->count++] = h;
}

static void collect_finding(const struct output *o, const struct finding *f, struct buf *out,
                            size_t *record_at)
{
    (void)out; /* nothing is written */
    (void)record_at;
    collect_head(o, f->rule);
}

static void collect_correlated(const struct output *o, const struct correlated *c, struct buf *out)
{
    (void)out;
    collect_head(o, c->rule);
}

static const struct output_row collecting = { .name = "collect",
                                              .finding = collect_finding,
                                              .correlated = collect_correlated };

static bool was_found(const struct collect *c, const struct sigma_head *h)
{
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->found[i] == h)
            return true;
    }
    return false;
}

static void fail(struct score *s, struct span sample, const struct sigma_head *h, const char *why)
{
    s->failed++;
    printf("FAILED %.*s: %s: %.*s\n", SPAN_ARG(sample), why, SPAN_ARG(h->title));
}

/* One rule or correlation that reports, against one sample. */
static void judge(struct score *s, const struct collect *c, struct span sample,
                  const struct sigma_head *h, bool positive)
{
    if (positive && !was_found(c, h))
        fail(s, sample, h, "not found");
    if (!positive && was_found(c, h))
        fail(s, sample, h, "found, and should not be");
}

static int run_sample(struct score *s, struct load *l, struct span sample, bool positive,
                      struct err *e)
{
    struct file_list one;
    struct collect c = { .set = { .rules = l->rules,
                                  .taxonomy = l->taxonomy,
                                  .names = &l->names,
                                  .threads = 1,
                                  .out_fd = STDOUT_FILENO } };
    struct scan_totals t;
    uint32_t failed = s->failed;
    int rc;

    files_init(&one);
    rc = files_add(&one, (const char *)sample.p, &(struct file_walk){ 0 }, e);
    c.set.paths = &one;
    c.set.output.row = &collecting;
    if (rc == ERR_OK)
        rc = scan_run(&c.set, &t, e);
    files_release(&one);
    if (rc != ERR_OK)
        return rc;
    s->samples++;
    for (uint32_t i = 0; i < ruleset_rule_count(l->rules); i++) {
        if (ruleset_rule(l->rules, i)->emit)
            judge(s, &c, sample, &ruleset_rule(l->rules, i)->head, positive);
    }
    for (uint32_t i = 0; i < ruleset_correlation_count(l->rules); i++) {
        if (ruleset_correlation(l->rules, i)->emit)
            judge(s, &c, sample, &ruleset_correlation(l->rules, i)->head, positive);
    }
    if (t.unparsed > 0 || t.events == 0) {
        s->failed++;
        printf("FAILED %.*s: %llu records of the sample are damaged, %llu events in all\n",
               SPAN_ARG(sample), (unsigned long long)t.unparsed, (unsigned long long)t.events);
    }
    if (s->verbose && s->failed == failed)
        printf("passed %.*s\n", SPAN_ARG(sample));
    return ERR_OK;
}

/* --- Which samples belong to which rules ----------------------------------------------------- */

static bool is_rule(struct span path)
{
    return span_ends(path, SPAN_LIT(".yml")) || span_ends(path, SPAN_LIT(".yaml"));
}

static struct span stem_of(struct span rule)
{
    return (struct span){ rule.p, rule.n - (span_ends(rule, SPAN_LIT(".yml")) ? 4u : 5u) };
}

/* "STEM.positive." or "STEM.negative." at the front of a path. */
static bool is_sample(struct span path, struct span stem, bool *positive)
{
    struct span rest;

    if (is_rule(path) || !span_starts(path, stem))
        return false;
    rest = span_from(path, stem.n);
    *positive = span_starts(rest, SPAN_LIT(".positive."));
    return *positive || span_starts(rest, SPAN_LIT(".negative."));
}

static int test_rule_file(struct score *s, const struct settings *set, const struct file_list *all,
                          size_t at, struct err *e)
{
    struct load_options o = set->load;
    struct span stem = stem_of(all->paths[at]);
    struct load l;
    bool some[2] = { false, false };
    int rc;

    o.rules.count = 1;
    o.rules.value[0] = files_path(all, at);
    o.no_cache = true;
    o.threads = 1;
    rc = load_open(&l, &o, e);
    s->files++;
    if (rc == ERR_OK && ruleset_refusal_count(l.rules) > 0) {
        load_tell_refusals(&l);
        s->failed++;
    }
    for (size_t i = 0; i < all->count && rc == ERR_OK; i++) {
        bool positive;

        if (!is_sample(all->paths[i], stem, &positive))
            continue;
        some[positive] = true;
        rc = run_sample(s, &l, all->paths[i], positive, e);
    }
    if (rc == ERR_OK && !(some[0] && some[1])) {
        s->untested++;
        printf("UNTESTED %.*s: no %s sample beside it\n", SPAN_ARG(all->paths[at]),
               some[1]   ? "negative"
               : some[0] ? "positive"
                         : "positive or negative");
    }
    load_close(&l);
    return rc;
}

static int test_all(struct score *s, const struct settings *set, struct file_list *all,
                    struct err *e)
{
    int rc = ERR_OK;

    for (size_t i = 0; i < all->count && rc == ERR_OK; i++) {
        if (is_rule(all->paths[i]))
            rc = test_rule_file(s, set, all, i, e);
    }
    return rc;
}

int rules_test(int argc, char **argv)
{
    struct settings s = { 0 };
    struct load_room room;
    struct score score = { 0 };
    struct file_list all;
    struct err e;
    int operands, rc, code;

    if (!command_options(&command, &s, argc, argv, &operands, &code))
        return code;
    score.verbose = s.verbose;
    load_operands(&s.load, argv, operands);
    files_init(&all);
    rc = load_defaults(&s.load, &room, &e);
    for (uint32_t i = 0; i < s.load.rules.count && rc == ERR_OK; i++)
        rc = files_add(&all, s.load.rules.value[i], &(struct file_walk){ 0 }, &e);
    if (rc == ERR_OK)
        rc = test_all(&score, &s, &all, &e);
    files_release(&all);
    if (rc != ERR_OK)
        return command_fault(&e);
    printf("%u files of rules, %u without both samples; %u samples, %u failures\n", score.files,
           score.untested, score.samples, score.failed);
    return score.failed > 0 || score.files == 0 ? EXIT_FOUND : EXIT_RAN;
}
