/*
 * Goal: the matcher finds what the oracle finds with the public rules on real events.
 * Method: all rules of SigmaHQ over the data sets of OTRF, the attack samples and the regression
 * cases (as event logs and as JSON); every event goes through both and every difference is a
 * fault. The oracle is slow, so of OTRF only every SAMPLE_STEP-th event is tried.
 *
 *   CANH_LONG=1   every event of OTRF, two processes
 */
#include "../check.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "both.h"
#include "data.h"
#include "wire/codec.h"
#include "wire/evtx.h"

#define SAMPLE_STEP         97u
#define SAMPLE_STEP_UNGATED 997u
#define PROCESSES_MAX       2u

struct tally {
    uint64_t events, findings, faults, unreadable;
};

struct real {
    struct both both;
    uint32_t step; /* of the lines of a file every step-th; 0: all, over several lines too */
    struct tally t;
};

/* NULL where there are no rules. */
static struct real *real;

static void one_event(struct real *r, struct rec *rec)
{
    struct both_hits h;

    r->t.events++;
    if (!both_event(&r->both, rec, &h)) {
        r->t.faults++;
        printf("in: %.*s\n", (int)(rec->raw.n < 2000 ? rec->raw.n : 2000),
               (rec->flags & REC_RAW_BINARY) != 0 ? "(binary)" : (const char *)rec->raw.p);
    }
    r->t.findings += h.slow_count;
}

/* JSON documents one after the other, of one line or of several. */
static void json_file(struct real *r, struct span in)
{
    while (in.n > 0) {
        int64_t used;

        if (in.p[0] <= ' ') {
            in = span_from(in, 1);
            continue;
        }
        rec_clear(&r->both.rec);
        used = json_read(in, &r->both.rec, NULL);
        if (used > 0)
            one_event(r, &r->both.rec);
        else
            r->t.unreadable++;
        in = span_from(in, used > 0 ? (size_t)used : span_find(in, '\n'));
    }
}

/* Every step-th line. */
static void json_lines(struct real *r, struct span in)
{
    for (uint64_t at = 0; in.n > 0; at++) {
        size_t n = span_find(in, '\n');

        if (at % r->step == 0)
            json_file(r, (struct span){ in.p, n });
        in = span_from(in, n < in.n ? n + 1 : n);
    }
}

static void evtx_file(struct real *r, struct span file)
{
    struct evtx *x = evtx_new(0);
    struct span chunk;
    struct err e;

    MUST(x != NULL);
    for (uint64_t i = 0; (chunk = evtx_chunk_at(file, i)).n > 0; i++) {
        int64_t used;

        (void)evtx_chunk(x, chunk, &e); /* what is damaged gives what it can */
        while ((used = evtx_next(x, &r->both.rec, &e)) != 0)
            one_event(r, &r->both.rec);
    }
    evtx_free(&x);
}

static void use_file(void *own, const char *name, struct span bytes)
{
    struct span s = span_of(name);

    if (span_starts(s, SPAN_LIT("__MACOSX/")))
        return;
    if (span_ends(s, SPAN_LIT(".evtx")))
        evtx_file(own, bytes);
    else if (span_ends(s, SPAN_LIT(".json")))
        ((struct real *)own)->step > 0 ? json_lines(own, bytes) : json_file(own, bytes);
}

static void show(const char *what, const struct tally *t)
{
    printf("%s: %llu events, %llu findings, %llu differences, %llu unreadable\n", what,
           (unsigned long long)t->events, (unsigned long long)t->findings,
           (unsigned long long)t->faults, (unsigned long long)t->unreadable);
}

static void archive_agrees(const char *archive)
{
    if (real == NULL)
        skip();
    real->t = (struct tally){ 0 };
    real->step = 0;
    if (!data_read(archive, use_file, real))
        skip();
    show(archive, &real->t);
    assert_int_equal(real->t.faults, 0);
    assert_int_equal(real->t.unreadable, 0);
    assert_true(real->t.findings > 0);
}

static void they_agree_on_the_regression_cases(void **state)
{
    (void)state;
    archive_agrees("sigma-regression.tar.xz");
}

static void they_agree_on_the_attack_samples(void **state)
{
    (void)state;
    archive_agrees("evtx-attack-samples.tar.xz");
}

/* The archives whose number is `process` modulo `count`, into a tally of their own. */
static void run_share(const struct data_list *archives, uint32_t process, uint32_t count,
                      struct tally *out)
{
    real->t = (struct tally){ 0 };
    for (size_t i = process; i < archives->count; i += count) {
        MUST(data_read(archives->paths[i], use_file, real));
        if (real->step == 1)
            show(archives->paths[i], &real->t);
        (void)fflush(stdout);
    }
    *out = real->t;
}

static void run_shares(const struct data_list *archives, struct tally *t, uint32_t count)
{
    (void)fflush(stdout);
    for (uint32_t i = 0; i < count; i++) {
        pid_t pid = fork();

        MUST(pid >= 0);
        if (pid == 0) {
            run_share(archives, i, count, &t[i]);
            _exit(0);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        int status;

        MUST(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
}

static void they_agree_on_the_data_sets(void **state)
{
    bool everything = getenv("CANH_LONG") != NULL;
    uint32_t count = everything ? PROCESSES_MAX : 1;
    struct tally total = { 0 }, *t;
    struct data_list archives;

    (void)state;
    if (real == NULL || !data_archives("otrf", ".zip", &archives))
        skip();
    t = mmap(NULL, sizeof(*t) * count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(t != MAP_FAILED);
    real->step = everything ? 1 : SAMPLE_STEP;
    run_shares(&archives, t, count);
    for (uint32_t i = 0; i < count; i++) {
        total.events += t[i].events;
        total.findings += t[i].findings;
        total.faults += t[i].faults;
        total.unreadable += t[i].unreadable;
    }
    MUST(munmap(t, sizeof(*t) * count) == 0);
    data_list_release(&archives);
    show("otrf", &total);
    assert_int_equal(total.faults, 0);
    assert_int_equal(total.unreadable, 0);
    assert_true(total.findings > 0);
}

/* Rules look for what no event of their logsource has; asked of everything, most find something. */
static void they_agree_on_every_rule_for_every_event(void **state)
{
    struct both gated;
    struct data_list archives;
    struct tally t;
    char dir[DATA_PATH];

    (void)state;
    if (real == NULL || !data_unpack("sigma-rules.tar.xz", dir) ||
        !data_archives("otrf", ".zip", &archives))
        skip();
    gated = real->both;
    assert_true(both_init_ungated(&real->both, dir, TAXONOMY_FOLDER));
    real->step = SAMPLE_STEP_UNGATED;
    run_share(&archives, 0, 1, &t);
    real->step = 0;
    MUST(data_read("sigma-regression.tar.xz", use_file, real));
    both_release(&real->both);
    real->both = gated;
    data_list_release(&archives);
    show("everything", &real->t);
    assert_int_equal(real->t.faults, 0);
    assert_true(real->t.findings > real->t.events / 2);
}

static int set_up(void **state)
{
    static struct real one;
    char dir[DATA_PATH];

    (void)state;
    if (!data_unpack("sigma-rules.tar.xz", dir))
        return 0;
    real = &one;
    assert_true(both_init(&one.both, SPAN_NONE, dir, TAXONOMY_FOLDER));
    printf("%u rules, %u refused\n", one.both.rules.rule_count, one.both.rules.refusal_count);
    return 0;
}

static int take_down(void **state)
{
    (void)state;
    if (real != NULL)
        both_release(&real->both);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_agree_on_the_regression_cases),
        cmocka_unit_test(they_agree_on_the_attack_samples),
        cmocka_unit_test(they_agree_on_the_data_sets),
        cmocka_unit_test(they_agree_on_every_rule_for_every_event),
    };

    return cmocka_run_group_tests(tests, set_up, take_down);
}
