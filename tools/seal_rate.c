/*
 * seal_rate.c - what sealing costs and what it comes to: lines of files into a lane, the lane into
 * sealed files. For bench/.
 *
 *   seal_rate FOLDER FILE...        FOLDER is made, and left with lanes/00 and sealed in it
 *
 * Prints "EVENTS events, RAW raw bytes, SEALED sealed bytes, SECONDS s"; the time is processor time
 * of sealing alone.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "collect/source.h"
#include "seal/pack.h"
#include "store/lane.h"

#define START_NS INT64_C(1795046400000000000)
#define GROUP    2000u

static char folder[4096];
static uint32_t segments;

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
    if (!lane_submit(l, START_NS))
        die("nothing can be written");
    while (lane_in_flight(l)) {
        struct pollfd p = { .fd = lane_fd(l), .events = POLLIN };

        (void)poll(&p, 1, 1000);
        if (lane_poll(l, &e) != LANE_GOOD)
            die(e.why);
    }
}

/* Every line is an event, a millisecond after the one before. */
static uint64_t add_file(struct lane *l, const char *path, uint64_t *events)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    uint64_t bytes = 0, sequence;
    ssize_t n;

    if (f == NULL)
        die("a file cannot be opened");
    while ((n = getline(&line, &room, f)) > 0) {
        const struct lane_event ev = { 0, 0, 1, START_NS + (int64_t)*events * 1000000 };

        n -= line[n - 1] == '\n';
        if (lane_event(l, &ev, (struct span){ (uint8_t *)line, (size_t)n }, &sequence).p == NULL)
            die("no memory");
        bytes += (uint64_t)n;
        if (++*events % GROUP == 0)
            commit(l);
    }
    free(line);
    (void)fclose(f); /* only read */
    return bytes;
}

static double spent(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
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
    uint64_t events = 0, raw = 0;
    struct catalog none;
    struct pack *p;
    struct lane *l;
    struct err e;
    double began;
    int64_t n;

    if (argc < 3)
        die("seal_rate FOLDER FILE...");
    (void)snprintf(folder, sizeof(folder), "%s", argv[1]);
    if (mkdir(folder, 0700) != 0)
        die("the folder is there already");
    (void)close(below("lanes"));
    from.lane_dir = below("lanes/00");
    from.sealed_dir = below("sealed");
    s.arg = &from.lane_dir;
    if (lane_new(&l, &s, &e) != ERR_OK)
        die(e.why);
    for (int i = 2; i < argc; i++)
        raw += add_file(l, argv[i], &events);
    commit(l);
    lane_free(&l);
    catalog_init(&none);
    if (pack_new(&p, &from, &none, &e) != ERR_OK)
        die(e.why);
    began = spent();
    while ((n = pack_turn(p, NULL, (uint64_t)16 << 20, &e)) > 0)
        ;
    if (n < 0 || pack_end(p, &e) != ERR_OK)
        die(e.why);
    printf("%llu events, %llu raw bytes, %llu sealed bytes, %.3f s\n",
           (unsigned long long)pack_counts(p).events, (unsigned long long)raw,
           (unsigned long long)pack_counts(p).sealed_bytes, spent() - began);
    pack_free(&p);
    catalog_release(&none);
    return 0;
}
