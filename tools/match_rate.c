/*
 * match_rate.c - how fast one thread reads, names and matches logs that lie in memory, step by
 * step, best of N rounds. For bench/ and for finding out which step costs what.
 *
 *   match_rate [-n ROUNDS] [-s STEP] [-p BYTES] [-j THREADS]
 *              -t TAXONOMY -r RULES [-r RULES]... FILE...
 *
 * A file is EVTX when it begins like one, else JSON objects one behind the other; one that does not
 * begin with '{' holds records that came by themselves, a line each. -s does only one
 * of read, name and match; -p takes at most so many bytes of each file. The sum behind the hits is
 * one of (event, rule) pairs: equal sums, equal findings. Rates are by the thread's own clock, so
 * that other work on the machine spoils them less; loading, on -j threads, is by the clock on the
 * wall.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "event/event.h"
#include "sigma/match.h"
#include "wire/codec.h"
#include "wire/evtx.h"
#include "wire/rec_one.h"

#define RULES_MAX 16u

enum step { READ, NAME, MATCH, STEPS };
static const char *const step_name[STEPS] = { "read", "name", "match" };

struct work {
    struct rec rec;
    struct evtx *evtx;
    struct event event;
    struct matcher *m;
    enum step step;
    uint64_t events, hits, bad, sum;
};

struct options {
    const char *rules[RULES_MAX];
    uint32_t rule_count;
    const char *taxonomy;
    uint64_t rounds, bytes, threads;
    bool only[STEPS];
};

static double now(clockid_t clock)
{
    struct timespec t;

    MUST(clock_gettime(clock, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool map(const char *path, uint64_t bytes_max, struct span *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *p = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (p == MAP_FAILED) {
        fprintf(stderr, "match_rate: %s: %s\n", path, strerror(errno));
        return false;
    }
    (void)close(fd); /* the mapping stays */
    *out = (struct span){ p, (size_t)st.st_size };
    if (out->n > bytes_max)
        out->n = (size_t)bytes_max;
    return true;
}

static void one(struct work *w)
{
    const struct hit *hits;
    uint32_t count;

    w->events++;
    if (w->step >= NAME)
        event_begin(&w->event, &w->rec);
    if (w->step < MATCH)
        return;
    count = match_event(w->m, &w->event, &hits);
    w->hits += count;
    for (uint32_t i = 0; i < count; i++)
        w->sum += (w->events * 0x9E3779B97F4A7C15u) ^ (hits[i].rule * 0xC2B2AE3D27D4EB4Fu);
}

static void pass_evtx(struct work *w, struct span in)
{
    struct span chunk;

    for (uint64_t i = 0; (chunk = evtx_chunk_at(in, i)).n > 0; i++) {
        int64_t n;

        (void)evtx_chunk(w->evtx, chunk, NULL); /* damage shows in the records */
        while ((n = evtx_next(w->evtx, &w->rec, NULL)) != 0) {
            w->bad += n < 0;
            one(w);
        }
    }
}

static void pass_json(struct work *w, struct span in)
{
    while (in.n > 0) {
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
        one(w);
        in = span_from(in, (size_t)used);
    }
}

static void pass_lines(struct work *w, struct span in)
{
    while (in.n > 0) {
        struct span line = { in.p, span_find(in, '\n') };

        (void)rec_read_one(&w->rec, line, NULL, NULL); /* always gives one */
        one(w);
        in = span_from(in, line.n < in.n ? line.n + 1 : line.n);
    }
}

static bool measure(struct work *w, const struct options *o, const char *path)
{
    struct span in;

    if (!map(path, o->bytes, &in))
        return false;
    printf("%s\n", path);
    for (unsigned s = 0; s < STEPS; s++) {
        double best = 1e9;

        if (!o->only[s])
            continue;
        for (uint64_t i = 0; i < o->rounds; i++) {
            double t0 = now(CLOCK_THREAD_CPUTIME_ID), took;

            w->step = (enum step)s;
            w->events = w->hits = w->bad = w->sum = 0;
            if (evtx_is(in))
                pass_evtx(w, in);
            else if (in.p[0] == '{')
                pass_json(w, in);
            else
                pass_lines(w, in);
            took = now(CLOCK_THREAD_CPUTIME_ID) - t0;
            best = took < best ? took : best;
        }
        printf("  %-5s %9.0f events/s %7.1f MB/s %8.1f ns/event  (%lu events, %lu bad, %lu hits, "
               "sum %016lx)\n",
               step_name[s], (double)w->events / best, (double)in.n / best / 1e6,
               best * 1e9 / (double)w->events, (unsigned long)w->events, (unsigned long)w->bad,
               (unsigned long)w->hits, (unsigned long)w->sum);
    }
    MUST(munmap((void *)(uintptr_t)in.p, in.n) == 0);
    return true;
}

static bool prepare(struct work *w, const struct options *o, struct err *e)
{
    static struct sigma_rules rules;
    static struct names names;
    struct taxonomy *t;
    struct ruleset *rs;
    const struct rules_from from = { o->rules, o->rule_count, NULL, NULL, (unsigned)o->threads };
    double t0 = now(CLOCK_MONOTONIC);

    if (names_init(&names, e) != 0 || taxonomy_load(&t, o->taxonomy, &names, e) != 0 ||
        rules_load(&rules, &from, e) != 0)
        return false;
    printf("rules read      %8.3f s  %u loaded, %u refused\n", now(CLOCK_MONOTONIC) - t0,
           rules.rule_count, rules.refusal_count);
    t0 = now(CLOCK_MONOTONIC);
    if (ruleset_bind(&rules, t, &names, e) != 0 ||
        ruleset_new(&rs, &rules, t, &names, (unsigned)o->threads, e) != 0)
        return false;
    printf("rules compiled  %8.3f s\n", now(CLOCK_MONOTONIC) - t0);
    w->evtx = evtx_new(0);
    return matcher_new(&w->m, rs, e) == 0 && rec_init(&w->rec) && w->evtx != NULL &&
           event_init(&w->event, t, &names, e) == 0;
}

static bool only_step(struct options *o, const char *name)
{
    for (unsigned s = 0; s < STEPS; s++)
        o->only[s] = strcmp(step_name[s], name) == 0;
    return o->only[READ] || o->only[NAME] || o->only[MATCH];
}

static bool read_options(struct options *o, int argc, char **argv)
{
    int c;

    *o = (struct options){
        .rounds = 3, .bytes = SIZE_MAX, .threads = 2, .only = { true, true, true }
    };
    while ((c = getopt(argc, argv, "n:s:p:j:t:r:")) != -1) {
        if ((c == 'n' && !num_u64(span_of(optarg), 1000, &o->rounds)) ||
            (c == 'p' && !num_u64(span_of(optarg), SIZE_MAX, &o->bytes)) ||
            (c == 'j' && !num_u64(span_of(optarg), 64, &o->threads)) ||
            (c == 's' && !only_step(o, optarg)) || (c == 'r' && o->rule_count == RULES_MAX) ||
            c == '?')
            return false;
        if (c == 't')
            o->taxonomy = optarg;
        if (c == 'r')
            o->rules[o->rule_count++] = optarg;
    }
    return o->taxonomy != NULL && o->rule_count > 0 && optind < argc;
}

int main(int argc, char **argv)
{
    struct work w = { 0 };
    struct options o;
    struct err e;

    if (!read_options(&o, argc, argv)) {
        fprintf(stderr, "usage: match_rate [-n ROUNDS] [-s read|name|match] [-p BYTES] [-j THREADS]"
                        " -t TAXONOMY -r RULES... FILE...\n");
        return 2;
    }
    if (!prepare(&w, &o, &e)) {
        fprintf(stderr, "match_rate: %s\n", e.why);
        return 1;
    }
    for (int i = optind; i < argc; i++) {
        if (!measure(&w, &o, argv[i]))
            return 1;
    }
    return 0;
}
