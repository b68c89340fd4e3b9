/*
 * match_rate.c - how fast one thread reads, names and matches JSON lines that lie in memory, step
 * by step, best of N rounds. For bench/ and for finding out which step costs what.
 *
 *   match_rate TAXONOMY RULES FILE [ROUNDS]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "event/event.h"
#include "sigma/match.h"
#include "wire/codec.h"

static double now(void)
{
    struct timespec t;

    MUST(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int slurp(const char *path, struct span *out)
{
    FILE *f = fopen(path, "rb");
    uint8_t *p = NULL;
    long n = -1;

    if (f != NULL && fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) > 0 &&
        fseek(f, 0, SEEK_SET) == 0 && (p = malloc((size_t)n + 64)) != NULL &&
        fread(p, 1, (size_t)n, f) == (size_t)n) {
        *out = (struct span){ p, (size_t)n };
        fclose(f);
        return 0;
    }
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return 1;
}

enum depth { READ, NAME, MATCH, DEPTHS };

struct work {
    struct rec rec;
    struct event event;
    struct matcher *m;
    uint64_t events, hits, bad;
};

static void pass(struct work *w, struct span in, enum depth depth)
{
    w->events = w->hits = w->bad = 0;
    while (in.n > 0) {
        const struct hit *hits;
        int64_t used;

        if (in.p[0] <= ' ') {
            in = span_from(in, 1);
            continue;
        }
        rec_clear(&w->rec);
        used = json_read(in, &w->rec, NULL);
        if (used <= 0) {
            w->bad++;
            in = span_from(in, span_find(in, '\n'));
            continue;
        }
        w->events++;
        if (depth >= NAME)
            event_begin(&w->event, &w->rec);
        if (depth >= MATCH)
            w->hits += match_event(w->m, &w->event, &hits);
        in = span_from(in, (size_t)used);
    }
}

int main(int argc, char **argv)
{
    static const char *const step[DEPTHS] = { "read", "read+name", "read+name+match" };
    struct work w = { 0 };
    struct sigma_rules rules;
    struct taxonomy *t;
    struct names names;
    struct ruleset *rs;
    struct span in;
    struct err e;
    double t0 = now();
    int rounds = argc > 4 ? (int)(argv[4][0] - '0') : 3;

    if (argc < 4) {
        fprintf(stderr, "usage: match_rate TAXONOMY RULES FILE [ROUNDS 1-9]\n");
        return 2;
    }
    if (names_init(&names, &e) != 0 || taxonomy_load(&t, argv[1], &names, &e) != 0 ||
        rules_init(&rules, &e) != 0 || rules_add_path(&rules, argv[2], 2, &e) != 0 ||
        rules_finish(&rules, &e) != 0)
        goto fail;
    printf("rules read      %8.3f s  %u loaded, %u refused\n", now() - t0, rules.rule_count,
           rules.refusal_count);
    t0 = now();
    if (ruleset_names(&rules, &names, &e) != 0)
        goto fail;
    names_freeze(&names);
    if (taxonomy_bind(t, &names, &e) != 0 || ruleset_new(&rs, &rules, t, &names, 2, &e) != 0)
        goto fail;
    printf("rules compiled  %8.3f s\n", now() - t0);
    if (matcher_new(&w.m, rs, &e) != 0 || !rec_init(&w.rec) ||
        event_init(&w.event, t, &names, &e) != 0)
        goto fail;
    if (slurp(argv[3], &in) != 0)
        return 1;
    for (unsigned depth = 0; depth < DEPTHS; depth++) {
        double best = 1e9;

        for (int i = 0; i < rounds; i++) {
            double took;

            t0 = now();
            pass(&w, in, (enum depth)depth);
            took = now() - t0;
            best = took < best ? took : best;
        }
        printf("%-15s %8.0f events/s  %7.1f MB/s  %6.1f ns/event  (%lu events, %lu hits, %lu bad)\n",
               step[depth], (double)w.events / best, (double)in.n / best / 1e6,
               best * 1e9 / (double)w.events, (unsigned long)w.events, (unsigned long)w.hits,
               (unsigned long)w.bad);
    }
    return 0;
fail:
    fprintf(stderr, "match_rate: %s\n", e.why);
    return 1;
}
