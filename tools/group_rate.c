/*
 * group_rate.c - findings into alerts and candidates, as the desk does it. For bench/group.py.
 *
 *   group_rate FOLDER < FINDINGS > ALERTS
 *
 * FINDINGS: a line each, in the order in which they come, of fields with a tab between them:
 *
 *   set, time (ns since 1970), level (0 to 5), rule, title, host, JSON
 *
 * ALERTS: a line each: set, level, findings, candidate (0: none), its score. Fields of JSON with a
 * tab are written \t there. FOLDER/group.db is made; a transaction has 200 findings, and behind
 * each come those of the work that it left. Last, on standard error: seconds in all, and the
 * longest transaction of each in ms.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"
#include "desk/alerts.h"
#include "group/group.h"
#include "os/host.h"

#define FIELDS 7
#define BATCH  200u

struct bench {
    struct db *db;
    struct alerts *alerts;
    char **set; /* of each alert, by number */
    size_t sets;
};

static void must(int rc, const struct err *e)
{
    if (rc != ERR_OK) {
        fprintf(stderr, "group_rate: %s\n", e->why);
        exit(1);
    }
}

static void remember(struct bench *b, int64_t alert, struct span set)
{
    if ((size_t)alert >= b->sets) {
        size_t more = (size_t)alert * 2 + 1024;

        b->set = realloc(b->set, more * sizeof(*b->set));
        MUST(b->set != NULL);
        memset(b->set + b->sets, 0, (more - b->sets) * sizeof(*b->set));
        b->sets = more;
    }
    if (b->set[alert] == NULL)
        MUST(asprintf(&b->set[alert], "%.*s", SPAN_ARG(set)) >= 0);
}

static void put(struct bench *b, struct span line)
{
    struct span f[FIELDS];
    struct alert_finding to = { .kind = ALERT_DETECTION };
    struct alert_event ev = { .placed = true };
    struct err e;
    int64_t id;

    for (int i = 0; i < FIELDS; i++) {
        size_t end = i == FIELDS - 1 ? line.n : span_find(line, '\t');

        f[i] = (struct span){ line.p, end };
        line = span_from(line, end < line.n ? end + 1 : end);
    }
    to.time_ns = ev.time_ns = strtoll((const char *)f[1].p, NULL, 10);
    to.level = (enum sigma_level)strtol((const char *)f[2].p, NULL, 10);
    to.rule = f[3];
    to.title = f[4];
    to.entity = ev.host = f[5];
    if (to.entity.n == 0)
        to.entity = f[0];
    ev.json = f[6];
    alerts_clock(b->alerts, to.time_ns);
    must(alerts_take(b->alerts, &to, &id, &e), &e);
    must(alerts_event(b->alerts, &ev, &e), &e);
    remember(b, id, f[0]);
}

static void commit(struct bench *b)
{
    struct err e;

    must(alerts_flush(b->alerts, &e), &e);
    must(db_commit(b->db, &e), &e);
    must(db_begin(b->db, &e), &e);
}

struct part {
    double cpu;     /* seconds of processor time, in all */
    double longest; /* seconds, of a transaction */
};

struct took {
    struct part findings, work;
    double since, cpu_since;
};

static double cpu_seconds(void)
{
    struct timespec t;

    MUST(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void lap(struct took *t, struct part *of)
{
    double now = host_seconds(), cpu = cpu_seconds();

    of->longest = now - t->since > of->longest ? now - t->since : of->longest;
    of->cpu += cpu - t->cpu_since;
    t->since = now;
    t->cpu_since = cpu;
}

static void work(struct bench *b, struct took *t)
{
    bool more = true;
    struct err e;

    while (more) {
        must(alerts_group(b->alerts, &more, &e), &e);
        commit(b);
        lap(t, &t->work);
    }
}

static void show(struct bench *b)
{
    struct db_row *r = db_use(b->db, DB_GROUP_FIGURES);
    struct err e;
    int rc;

    while ((rc = db_next(b->db, r, &e)) == 1) {
        size_t id = (size_t)db_get_int(r, 0);
        struct span score = db_get_text(r, 4);

        printf("%s\t%d\t%lld\t%lld\t%.*s\n", b->set[id], (int)db_get_int(r, 1),
               (long long)db_get_int(r, 2), (long long)db_get_int(r, 3), SPAN_ARG(score));
    }
    must(rc, &e);
    db_end(r);
}

static void put_all(struct bench *b, struct took *t)
{
    char *line = NULL;
    size_t cap = 0, count = 0;
    ssize_t n;

    t->since = host_seconds();
    t->cpu_since = cpu_seconds();
    while ((n = getline(&line, &cap, stdin)) > 0) {
        put(b, (struct span){ (const uint8_t *)line, (size_t)n - 1 });
        if (++count % BATCH != 0)
            continue;
        commit(b);
        lap(t, &t->findings);
        work(b, t);
    }
    commit(b);
    lap(t, &t->findings);
    work(b, t);
    free(line);
}

int main(int argc, char **argv)
{
    struct took t = { 0 };
    struct bench b = { 0 };
    struct err e;
    char path[4096];

    MUST(argc == 2);
    MUST((size_t)snprintf(path, sizeof(path), "%s/group.db", argv[1]) < sizeof(path));
    must(db_open(&b.db, path, &e), &e);
    must(alerts_new(&b.alerts, b.db, 3600 * TIME_SECOND, &e), &e);
    must(db_begin(b.db, &e), &e);
    put_all(&b, &t);
    show(&b);
    fprintf(stderr, "%.3f %.1f %.3f %.1f\n", t.findings.cpu, t.findings.longest * 1e3, t.work.cpu,
            t.work.longest * 1e3);
    db_rollback(b.db);
    alerts_free(&b.alerts);
    db_close(&b.db);
    for (size_t i = 0; i < b.sets; i++)
        free(b.set[i]);
    free(b.set);
    return 0;
}
