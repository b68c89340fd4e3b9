/*
 * store_grow.c - an honest store for tests, by the program's own lanes and sealer: two lanes, two
 * classes, several days, files, rest in the lanes, checkpoints, what retention took.
 *
 *   store_grow FOLDER STEPS SEED [SECONDS]     makes FOLDER, or goes on with it; the clock is set
 * by so many seconds first
 *
 * A step is some events, durable, a turn of the sealer, and now and then a checkpoint. Killed at
 * any moment it leaves what a crash leaves, and goes on from there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../event/laid.h"
#include "collect/source.h"
#include "figures/tallier.h"
#include "os/file.h"
#include "seal/sealer.h"
#include "store/lane_read.h"

#define LANES         2u
#define SEGMENT_BYTES 12288u
#define SEAL_BYTES    16000u
#define START         ((int64_t)1772359200 * 1000000000)
#define STORE_ID      "4d6f6e6974006f720123456789abcdef"

static const uint8_t store_id[16] =
    "\x4d\x6f\x6e\x69\x74\x00\x6f\x72\x01\x23\x45\x67\x89\xab\xcd\xef";

struct grower {
    uint32_t number;
    int dir;
    struct lane *lane;
    uint32_t newest; /* segment */
    uint64_t next;
    int64_t receipt_ns;
    struct ledger *ledger;
};

struct grown {
    int top, lanes_dir, sealed_dir, ledger_dir, keys_dir;
    struct grower lane[LANES];
    struct sealer *sealer;
    struct settings settings;
    struct laid laid; /* by which files are counted */
    struct tallier *tallier;
    struct sealer_now now;
};

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "store_grow: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int folder(int top, const char *name)
{
    int fd;

    (void)mkdirat(top, name, 0700); /* it may be there */
    fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    need(fd >= 0, name);
    return fd;
}

/* --- a lane --------------------------------------------------------------------------------- */

static void put_state(void *arg, struct lane *l)
{
    static const uint8_t months[] = { 12, 1 };
    struct buf out;

    (void)arg;
    buf_init(&out, 4096);
    for (uint32_t i = 0; i < COUNT_OF(months); i++) {
        const struct source_record r = { i, i == 0 ? INPUT_RELP : INPUT_SYSLOG_UDP, i == 0,
                                         months[i],
                                         i == 0 ? SPAN_LIT("fw-1") : SPAN_LIT("10.1.2.3") };

        buf_clear(&out);
        source_record_put(&out, &r);
        need(lane_record(l, LANE_SOURCES, buf_span(&out)), "a source");
    }
    buf_release(&out);
}

static int open_segment(void *arg, uint32_t *number, struct err *e)
{
    struct grower *g = arg;
    char name[LANE_NAME_BYTES];
    int fd;

    lane_segment_name(name, g->newest + 1);
    fd = openat(g->dir, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(e, ERR_IO, 0, "A segment cannot be made."), -1;
    *number = ++g->newest;
    return fd;
}

/* What is there: where it goes on. */
static struct lane_place recover(struct grower *g)
{
    struct lane_reader *r;
    struct lane_place at;
    struct lane_frame f;
    struct err e;

    need(lane_reader_new(&r, &io_system, g->dir, LANE_READ_ALL, &e) == ERR_OK, "a reader");
    need(lane_reader_seek(r, (struct lane_place){ 0 }, &e) == ERR_OK, "a lane");
    g->next = 1;
    while (lane_reader_next(r, &f, &e) == 1) {
        if (f.kind != LANE_EVENTS)
            continue;
        g->next = f.sequence + f.count;
        g->receipt_ns = f.receipt_ns + 1000000000;
    }
    at = lane_reader_place(r);
    lane_reader_free(&r);
    need(lane_last_segment(g->dir, &g->newest, &e) == ERR_OK, "a lane");
    return g->newest > 0 ? at : (struct lane_place){ 0 };
}

static void open_lane(struct grown *all, uint32_t number)
{
    struct grower *g = &all->lane[number];
    struct lane_settings set = { .io = &io_system,
                                 .lane = number,
                                 .segment_bytes = SEGMENT_BYTES,
                                 .open_segment = open_segment,
                                 .state = put_state,
                                 .arg = g };
    char name[8];
    struct err e;

    (void)snprintf(name, sizeof(name), "%02u", number);
    *g = (struct grower){ .number = number, .receipt_ns = START };
    g->dir = folder(all->lanes_dir, name);
    set.before = recover(g);
    set.sequence = set.matched = g->next;
    memcpy(set.store, store_id, sizeof(set.store));
    need(lane_new(&g->lane, &set, &e) == ERR_OK, "a lane");
    g->ledger = calloc(1, sizeof(*g->ledger));
    need(g->ledger != NULL && ledger_begin(g->ledger, number, &e) == ERR_OK, "a ledger");
    ledger_publish(g->ledger, lane_place(g->lane));
    need(sealer_ledger(all->sealer, g->ledger, number, &e) == ERR_OK, "a ledger");
}

static void add_events(struct grown *all, struct grower *g)
{
    static const char *const texts[] = {
        "sshd[%u]: Failed password for user%u from 10.0.%u.7 port 4022 ssh2",
        "%u Đăng nhập THẤT BẠI: người dùng=nv%u máy=ks-%u",
        "{\"id\":%u,\"user\":\"u%u\",\"path\":\"C:\\\\temp\\\\new%u\"}",
        "%u kernel: accepted %u bytes on eth%u",
    };
    uint32_t count = 1 + (uint32_t)(rand() % 12);

    for (uint32_t i = 0; i < count; i++) {
        const struct lane_event ev = { (uint32_t)(rand() % 4 == 0), (uint16_t)(rand() % 2),
                                       (uint16_t)(1 + rand() % 3), g->receipt_ns };
        char raw[160];
        uint64_t got;
        int n = snprintf(raw, sizeof(raw), texts[rand() % 4], (unsigned)g->next,
                         (unsigned)(rand() % 50), (unsigned)(rand() % 90));

        need(lane_event(g->lane, &ev, (struct span){ (uint8_t *)raw, (size_t)n }, &got).p != NULL &&
                 got == g->next,
             "an event");
        g->next++;
        g->receipt_ns += rand() % 1000 * INT64_C(1000000);
    }
    lane_matched(g->lane);
    need(lane_submit(g->lane, all->now.time_ns), "a write");
    while (lane_in_flight(g->lane)) {
        struct pollfd p = { lane_fd(g->lane), POLLIN, 0 };

        need(poll(&p, 1, 10000) == 1, "a lane");
        need(lane_poll(g->lane, NULL) == LANE_GOOD, "a lane");
    }
    ledger_publish(g->ledger, lane_place(g->lane));
}

/* As the keeper does: segments that nobody needs, but the newest. */
static void remove_segments(struct grown *all, struct grower *g)
{
    uint32_t needs = sealer_needs(all->sealer, g->number);

    for (uint32_t i = needs; i > 1; i--) {
        char name[LANE_NAME_BYTES];

        if (i - 1 >= g->newest)
            continue;
        lane_segment_name(name, i - 1);
        if (unlinkat(g->dir, name, 0) != 0)
            break;
    }
}

/* --- all ------------------------------------------------------------------------------------ */

static void tell(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "store_grow: %s\n", text);
}

static void open_store(struct grown *g, const char *path)
{
    struct sealer_from from = { .io = &io_system, .settings = &g->settings, .notice = tell };
    struct err e;
    int fd;

    (void)mkdir(path, 0700); /* it may be there */
    g->top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    need(g->top >= 0, path);
    fd = openat(g->top, "store", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    need(file_write_all(fd, SPAN_LIT(STORE_ID "\n")) && close(fd) == 0, "the id");
    g->lanes_dir = folder(g->top, "lanes");
    g->sealed_dir = folder(g->top, "sealed");
    g->ledger_dir = folder(g->top, "ledger");
    g->keys_dir = folder(g->top, "keys");
    need(settings_read(&g->settings, SPAN_NONE, "none", &e) == ERR_OK, "settings");
    g->settings.seal_bytes = SEAL_BYTES;
    from.lanes_dir = g->lanes_dir;
    from.sealed_dir = g->sealed_dir;
    from.ledger_dir = g->ledger_dir;
    from.keys_dir = g->keys_dir;
    memcpy(from.store, store_id, sizeof(store_id));
    from.boot[0] = (uint8_t)rand();
    laid_init(&g->laid, "source: t\nproduct: t\nrows:\n  - when: { id: { exists: true } }\n",
              "Image");
    need(tallier_new(&g->tallier, g->laid.taxonomy, &g->laid.names, &e) == ERR_OK, "a tallier");
    from.tallier = g->tallier;
    need(sealer_new(&g->sealer, &from, &e) == ERR_OK, "a sealer");
    for (uint32_t i = 0; i < LANES; i++)
        open_lane(g, i);
    g->now.time_ns = START;
    for (uint32_t i = 0; i < LANES; i++) {
        if (g->lane[i].receipt_ns > g->now.time_ns)
            g->now.time_ns = g->lane[i].receipt_ns;
    }
    g->now.clock_ns = (uint64_t)(g->now.time_ns - START);
}

/* Mostly seconds, sometimes hours, and seldom so long that what is kept a month goes. */
static void pass_time(struct grown *g)
{
    int64_t seconds = 2 + rand() % 4;

    if (rand() % 12 == 0)
        seconds = rand() % 50000;
    if (rand() % 60 == 0)
        seconds = 35 * 86400;
    g->now.time_ns += seconds * 1000000000 + rand() % 1000;
    g->now.clock_ns += (uint64_t)seconds * 1000000000;
    g->now.ms += (uint64_t)seconds * 1000;
}

static void step(struct grown *g)
{
    pass_time(g);
    for (uint32_t i = 0; i < LANES; i++) {
        if (i > 0 && rand() % 3 == 0)
            continue; /* the first lane remembers what time it was */
        if (g->lane[i].receipt_ns < g->now.time_ns)
            g->lane[i].receipt_ns = g->now.time_ns;
        add_events(g, &g->lane[i]);
    }
    while (sealer_round(g->sealer, &g->now))
        ;
    for (uint32_t i = 0; i < LANES; i++)
        remove_segments(g, &g->lane[i]);
}

int main(int argc, char **argv)
{
    static struct grown g;
    int64_t set;

    if (argc != 4 && argc != 5)
        return 2;
    srand((unsigned)strtoul(argv[3], NULL, 10));
    open_store(&g, argv[1]);
    set = argc == 5 ? strtol(argv[4], NULL, 10) * 1000000000 : 0;
    g.now.time_ns += set;
    for (long i = strtol(argv[2], NULL, 10); i > 0; i--)
        step(&g);
    sealer_end(g.sealer, &g.now);
    sealer_free(&g.sealer);
    for (uint32_t i = 0; i < LANES; i++) {
        lane_free(&g.lane[i].lane);
        free(g.lane[i].ledger);
    }
    tallier_free(&g.tallier);
    laid_release(&g.laid);
    settings_release(&g.settings);
    return 0;
}
