/*
 * seal_rate.c - what sealing costs and what it comes to: lines of files into a lane, the lane into
 * sealed files. For bench/.
 *
 *   seal_rate [OPTION...] FOLDER FILE...        each line is an event
 *
 *   --start S        receipt of the first event, s since 1970 (1795046400)
 *   --step NS        and of the next one, so much later (1000000)
 *   --run BYTES      a file is sealed out of so many raw bytes (as the server does by itself)
 *   --taxonomy DIR   files have tallies, of values by this taxonomy,
 *   --rules DIR      with the names that these rules ask for, as a server has them (more than once)
 *
 * FOLDER is made, and left as a data folder that a server takes over: all events are in sealed, and
 * of lanes/00 what the keeper would not have removed. Prints "EVENTS events, RAW raw bytes, SEALED
 * sealed bytes, SECONDS s"; the time is processor time of sealing alone.
 */
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "collect/source.h"
#include "figures/tallier.h"
#include "seal/pack.h"
#include "sigma/match.h"
#include "store/lane.h"

#define SECOND_NS INT64_C(1000000000)
#define GROUP     2000u
#define TURN      ((uint64_t)16 << 20)

static char folder[4096];
static int64_t start_ns = INT64_C(1795046400) * SECOND_NS, step_ns = 1000000;
static uint32_t segments, removed; /* the last that was made, and removed */
static double sealing;             /* s */

#define RULES_MAX 64u
static const char *taxonomy_dir, *rules[RULES_MAX];
static uint32_t rule_dirs;

static void die(const char *what)
{
    fprintf(stderr, "seal_rate: %s\n", what);
    exit(1);
}

static int below(const char *name)
{
    char path[4200];
    int dir;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (mkdir(path, 0700) != 0)
        die("the folder cannot be made");
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        die("the folder cannot be opened");
    return dir;
}

static int open_segment(void *arg, uint32_t *number, struct err *e)
{
    char name[LANE_NAME_BYTES];
    int fd;

    *number = ++segments;
    lane_segment_name(name, *number);
    fd = openat(*(int *)arg, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : err_set(e, ERR_IO, 0, "A segment cannot be made.");
}

static void put_source(void *arg, struct lane *l)
{
    const struct source_record r = { 0, INPUT_FILES, true, 12, SPAN_LIT("bench") };
    struct buf out;

    (void)arg;
    buf_init(&out, 4096);
    source_record_put(&out, &r);
    if (!lane_record(l, LANE_SOURCES, buf_span(&out)))
        die("no memory");
    buf_release(&out);
}

static void commit(struct lane *l)
{
    struct err e = { .why = "broken" };

    lane_matched(l);
    if (!lane_submit(l, start_ns))
        die("nothing can be written");
    while (lane_in_flight(l)) {
        struct pollfd p = { .fd = lane_fd(l), .events = POLLIN };

        (void)poll(&p, 1, 1000);
        if (lane_poll(l, &e) != LANE_GOOD)
            die(e.why);
    }
}

static double spent(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* All that is in the lane, in which nothing is in flight; what is not needed then goes. */
static void seal(struct pack *p, int lane_dir, bool end)
{
    char name[LANE_NAME_BYTES];
    struct err e = { 0 };
    double began = spent();
    int64_t n;

    while ((n = pack_turn(p, NULL, TURN, &e)) > 0)
        ;
    if (n < 0 || (end && pack_end(p, &e) != ERR_OK))
        die(e.why);
    sealing += spent() - began;
    while (removed + 1 < pack_needs(p)) {
        lane_segment_name(name, ++removed);
        (void)unlinkat(lane_dir, name, 0); /* takes room, no more */
    }
}

struct filling {
    struct lane *lane;
    struct pack *pack;
    int lane_dir;
    uint64_t events, raw, sealed; /* so many raw bytes are */
};

static void add(struct filling *f, struct span raw)
{
    const struct lane_event ev = { 0, 0, 1, start_ns + (int64_t)f->events * step_ns };
    uint64_t sequence;

    if (lane_event(f->lane, &ev, raw, &sequence).p == NULL)
        die("no memory");
    f->raw += raw.n;
    if (++f->events % GROUP != 0)
        return;
    commit(f->lane);
    if (f->raw - f->sealed >= TURN) {
        seal(f->pack, f->lane_dir, false);
        f->sealed = f->raw;
    }
}

static void add_file(struct filling *f, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (file == NULL)
        die("a file cannot be opened");
    while ((n = getline(&line, &room, file)) > 0)
        add(f, (struct span){ (uint8_t *)line, (size_t)(n - (line[n - 1] == '\n')) });
    free(line);
    (void)fclose(file); /* only read */
}

/* A server that takes the folder over must have the id that is in the files: zeros. */
static void name_store(void)
{
    char path[4200];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/store", folder);
    f = fopen(path, "we");
    if (f == NULL || fprintf(f, "%032d\n", 0) < 0 || fclose(f) != 0)
        die("the store's id cannot be written");
}

/* The number of words that were options. */
static int read_options(char **words, struct pack_from *from)
{
    int i = 0;

    for (; words[i] != NULL && words[i + 1] != NULL && words[i][0] == '-'; i += 2) {
        unsigned long long value = strtoull(words[i + 1], NULL, 10);

        if (strcmp(words[i], "--start") == 0)
            start_ns = (int64_t)value * SECOND_NS;
        else if (strcmp(words[i], "--step") == 0)
            step_ns = (int64_t)value;
        else if (strcmp(words[i], "--run") == 0)
            from->run_bytes = value;
        else if (strcmp(words[i], "--taxonomy") == 0)
            taxonomy_dir = words[i + 1];
        else if (strcmp(words[i], "--rules") == 0 && rule_dirs < RULES_MAX)
            rules[rule_dirs++] = words[i + 1];
        else
            die("there is no such option");
    }
    return i;
}

/* As a server's roles have taxonomy and names. They stay to the end. */
static struct tallier *open_tallier(void)
{
    const struct ruleset_sources from = {
        .taxonomy = taxonomy_dir, .rules = { .paths = rules, .count = rule_dirs, .threads = 1 }
    };
    static struct names names;
    struct ruleset_note note;
    struct taxonomy *taxonomy;
    struct ruleset *set;
    struct tallier *t;
    struct err e;

    if (ruleset_open(&set, &taxonomy, &names, &from, &note, &e) != ERR_OK)
        die(e.why);
    ruleset_free(&set);
    if (tallier_new(&t, taxonomy, &names, &e) != ERR_OK)
        die(e.why);
    return t;
}

int main(int argc, char **argv)
{
    struct lane_settings s = { .io = &io_system,
                               .segment_bytes = (uint64_t)256 << 20,
                               .sequence = 1,
                               .matched = 1,
                               .open_segment = open_segment,
                               .state = put_source };
    struct pack_from from = { .io = &io_system, .months = 12 };
    int at = 1 + read_options(argv + 1, &from);
    struct filling f = { 0 };
    struct catalog none;
    struct err e;

    (void)mallopt(M_MMAP_THRESHOLD, 32 << 20); /* as the role does */
    (void)mallopt(M_TRIM_THRESHOLD, 32 << 20);
    if (argc - at < 2)
        die("seal_rate [--start S] [--step NS] [--run BYTES] FOLDER FILE...");
    (void)snprintf(folder, sizeof(folder), "%s", argv[at]);
    if (mkdir(folder, 0700) != 0)
        die("the folder is there already");
    if (taxonomy_dir != NULL)
        from.tallier = open_tallier();
    name_store();
    (void)close(below("lanes"));
    from.lane_dir = f.lane_dir = below("lanes/00");
    from.sealed_dir = below("sealed");
    s.arg = &from.lane_dir;
    catalog_init(&none);
    if (lane_new(&f.lane, &s, &e) != ERR_OK || pack_new(&f.pack, &from, &none, &e) != ERR_OK)
        die(e.why);
    for (int i = at + 1; i < argc; i++)
        add_file(&f, argv[i]);
    commit(f.lane);
    seal(f.pack, f.lane_dir, true);
    printf("%llu events, %llu raw bytes, %llu sealed bytes, %.3f s\n",
           (unsigned long long)pack_counts(f.pack).events, (unsigned long long)f.raw,
           (unsigned long long)pack_counts(f.pack).sealed_bytes, sealing);
    pack_free(&f.pack);
    tallier_free(&from.tallier);
    lane_free(&f.lane);
    catalog_release(&none);
    return 0;
}
