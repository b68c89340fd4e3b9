/*
 * live_rate.c - inputs a second that live correlation takes (src/desk/live.c): out of lanes on the
 * disk, through both stages, into the database; best of 3. For bench/.
 *
 *   live_rate RULES [INPUTS [LANES]]
 *
 * RULES is a file or folder with correlations (bench/correlation.yml, data/rules). Inputs are hits
 * of the rules that some correlation wants, in turn, 10,000 a second of source time, up to a second
 * late, of 1,000 users and machines; a field has a value that is drawn from 1,000. Making them is
 * not in the time.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"
#include "desk/live.h"
#include "os/host.h"
#include "store/lane.h"

#define ROUNDS    3
#define LANES_MAX 16u
#define GROUP     2000u /* inputs of one group, as in 20 ms at 100,000/s */
#define STEP_NS   (TIME_SECOND / 10000)
#define START_NS  (1700000000 * TIME_SECOND)

struct bench {
    struct names names;
    struct sigma_rules rules;
    struct correlate_plan *plan;
    uint32_t *wanted, wanted_count;
    uint64_t random;
    uint8_t room[64];
    char folder[64];
    uint32_t lanes;
    int dir[LANES_MAX];
    struct lane_place end[LANES_MAX];
    struct buf record;
    int64_t now;
};

static const struct sigma_head *rule_of(const void *arg, uint32_t i)
{
    return &((const struct bench *)arg)->rules.rules[i]->head;
}

static const struct sigma_correlation *correlation_of(const void *arg, uint32_t i)
{
    return ((const struct bench *)arg)->rules.correlations[i];
}

static uint64_t next(struct bench *b)
{
    b->random = b->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return b->random >> 33;
}

/* --- rules ---------------------------------------------------------------------------------- */

static void rules_init_from(struct bench *b, const char *path)
{
    struct correlate_rules from;
    struct err e;

    MUST(names_init(&b->names, &e) == ERR_OK && rules_init(&b->rules, &e) == ERR_OK);
    if (rules_add_path(&b->rules, path, 2, &e) != ERR_OK) {
        (void)fprintf(stderr, "live_rate: %s\n", e.why);
        exit(2);
    }
    MUST(rules_finish(&b->rules, &e) == ERR_OK);
    MUST(ruleset_names(&b->rules, &b->names, &e) == ERR_OK && names_freeze(&b->names));
    from = (struct correlate_rules){ b->rules.rules, b->rules.correlations, b->rules.rule_count,
                                     b->rules.correlation_count };
    MUST(correlate_plan_new(&b->plan, &from, &b->names, &e) == ERR_OK);
    b->wanted = calloc((size_t)b->rules.rule_count + 1, sizeof(*b->wanted));
    MUST(b->wanted != NULL);
    for (uint32_t i = 0; i < b->rules.rule_count; i++) {
        if (correlate_wanted(b->plan, i))
            b->wanted[b->wanted_count++] = i;
    }
    if (b->wanted_count == 0) {
        (void)fprintf(stderr, "live_rate: %s has no correlation of a rule.\n", path);
        exit(2);
    }
}

/* --- lanes ---------------------------------------------------------------------------------- */

static int segment_open(void *arg, uint32_t *number, struct err *e)
{
    const int *dir = arg;
    char name[32];

    (void)e;
    for (*number = 1; *number < 100000; ++*number) {
        int fd;

        (void)snprintf(name, sizeof(name), "%08u.lane", *number);
        fd = openat(*dir, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0)
            return fd;
    }
    return -1;
}

static void commit(struct lane *l, int64_t now)
{
    struct err e;

    lane_matched(l);
    MUST(lane_submit(l, now));
    while (lane_in_flight(l)) {
        struct pollfd p = { lane_fd(l), POLLIN, 0 };

        MUST(poll(&p, 1, 10000) == 1 && lane_poll(l, &e) == LANE_GOOD);
    }
}

static struct span value(void *arg, uint32_t name)
{
    struct bench *b = arg;

    (void)name;
    return (struct span){ b->room, num_put_u64(b->room, next(b) % 1000) };
}

static void put_input(struct bench *b, struct lane *l, uint32_t i)
{
    const struct correlate_values v = { value, b };
    const struct lane_event ev = { .lines = 1, .receipt_ns = b->now };
    int64_t late = (int64_t)(next(b) % (uint64_t)TIME_SECOND);
    const struct correlate_event hit = { b->now - late, 0, 0, b->wanted[i % b->wanted_count] };
    uint64_t head[2] = { correlate_plan_hash(b->plan), 0 };

    MUST(lane_event(l, &ev, SPAN_LIT("x"), &head[1]).p != NULL);
    buf_clear(&b->record);
    buf_add(&b->record, (struct span){ (const uint8_t *)head, sizeof(head) });
    correlate_put(b->plan, &hit, &v, &b->record);
    MUST(lane_record(l, LANE_INPUTS, buf_span(&b->record)));
    b->now += STEP_NS;
}

static void lanes_make(struct bench *b, uint32_t inputs)
{
    struct lane *lane[LANES_MAX];
    char path[96];
    struct err e;

    for (uint32_t i = 0; i < b->lanes; i++) {
        struct lane_settings s = { .io = &io_system,
                                   .lane = i,
                                   .segment_bytes = (uint64_t)1 << 28,
                                   .open_segment = segment_open,
                                   .arg = &b->dir[i] };

        (void)snprintf(path, sizeof(path), "%s/%02u", b->folder, i);
        MUST(mkdir(path, 0700) == 0);
        b->dir[i] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        MUST(b->dir[i] >= 0 && lane_new(&lane[i], &s, &e) == ERR_OK);
    }
    b->now = START_NS;
    for (uint32_t i = 0; i < inputs; i++) {
        uint32_t of = i / GROUP % b->lanes;

        put_input(b, lane[of], i);
        if ((i + 1) % GROUP == 0 || i + 1 == inputs)
            commit(lane[of], b->now);
    }
    for (uint32_t i = 0; i < b->lanes; i++) {
        b->end[i] = lane_place(lane[i]);
        lane_free(&lane[i]);
    }
}

/* --- running -------------------------------------------------------------------------------- */

static struct live_counts run(struct bench *b, unsigned round, double *took)
{
    const struct live_rules rules = { b->plan, b->rules.rule_count, b->rules.correlation_count,
                                      rule_of, correlation_of,      b };
    struct live_settings s = { .io = &io_system, .lateness_ns = 30 * TIME_SECOND };
    struct live_counts c;
    struct live *l;
    char path[96];
    struct err e;
    double begun;
    int64_t n;

    (void)snprintf(path, sizeof(path), "%s/canh%u.db", b->folder, round);
    MUST(db_open(&s.db, path, &e) == ERR_OK);
    MUST(alerts_new(&s.alerts, s.db, 3600 * TIME_SECOND, &e) == ERR_OK);
    alerts_clock(s.alerts, b->now);
    MUST(live_new(&l, &s, &rules, &e) == ERR_OK);
    for (uint32_t i = 0; i < b->lanes; i++) {
        MUST(live_lane(l, i, b->dir[i], &e) == ERR_OK);
        live_limit(l, i, b->end[i]);
    }
    begun = host_seconds();
    do {
        n = live_turn(l, b->now, 20000, &e);
        MUST(n >= 0);
        MUST(live_write(l, (uint64_t)(host_seconds() * 1000), false, &e) == ERR_OK);
    } while (n > 0);
    *took = host_seconds() - begun;
    c = live_counts(l);
    live_free(&l);
    alerts_free(&s.alerts);
    db_close(&s.db);
    return c;
}

static void remove_all(const char *path)
{
    DIR *d = opendir(path);
    char name[512];

    MUST(d != NULL);
    for (struct dirent *at = readdir(d); at != NULL; at = readdir(d)) {
        if (at->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof(name), "%s/%s", path, at->d_name);
        if (unlink(name) != 0)
            remove_all(name);
    }
    (void)closedir(d); /* only read */
    MUST(rmdir(path) == 0);
}

static uint64_t argument(const char *text, uint64_t max)
{
    uint64_t v;

    if (!num_u64(span_of(text), max, &v) || v == 0) {
        (void)fprintf(stderr, "live_rate: '%s' is no number from 1 to %llu.\n", text,
                      (unsigned long long)max);
        exit(2);
    }
    return v;
}

int main(int argc, char **argv)
{
    struct bench b = { .random = 1 };
    struct live_counts c = { 0 };
    uint32_t inputs = argc > 2 ? (uint32_t)argument(argv[2], 100000000) : 1000000;
    double best = 1e9, took;

    if (argc < 2) {
        (void)fprintf(stderr, "usage: live_rate RULES [INPUTS [LANES]]\n");
        return 2;
    }
    b.lanes = argc > 3 ? (uint32_t)argument(argv[3], LANES_MAX) : 2;
    buf_init(&b.record, 1 << 20);
    rules_init_from(&b, argv[1]);
    (void)snprintf(b.folder, sizeof(b.folder), "/var/tmp/canh-live-XXXXXX");
    MUST(mkdtemp(b.folder) != NULL);
    lanes_make(&b, inputs);
    for (unsigned i = 0; i < ROUNDS; i++) {
        c = run(&b, i, &took);
        best = took < best ? took : best;
    }
    printf("%.0f inputs/s live (%u inputs, %u rules wanted, %u correlations, %u lanes; %llu late,"
           " %llu forced, %llu results)\n",
           inputs / best, inputs, b.wanted_count, b.rules.correlation_count, b.lanes,
           (unsigned long long)c.late, (unsigned long long)c.forced, (unsigned long long)c.results);
    remove_all(b.folder);
    for (uint32_t i = 0; i < b.lanes; i++)
        MUST(close(b.dir[i]) == 0);
    correlate_plan_free(&b.plan);
    rules_release(&b.rules);
    names_release(&b.names);
    buf_release(&b.record);
    free(b.wanted);
    return 0;
}
