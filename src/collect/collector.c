/*
 * collector.c - the collector's centre: when groups are written, what happens once they are
 * durable, when nothing more may come in, start and reload. See collector.h.
 */
#include "collect/collector.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collect/collect_own.h"
#include "os/host.h"

#define SHARED_BYTES ((size_t)272 << 10)
#define FILL_MAX     ((size_t)4 << 20) /* in memory at most, about, while a group is in flight */
#define WAIT_MS      100               /* for the disk, before connections are told */
#define RETRY_MS     500u
#define SPACE_SLACK  ((uint64_t)16 << 20)

/* --- committing ----------------------------------------------------------------------------- */

static void note_durable(struct collector *c)
{
    uint64_t durable = lane_durable(c->lane);

    if (durable == c->answered_group)
        return;
    for (uint64_t g = c->answered_group + 1; g <= durable; g++) {
        uint64_t us = (uint64_t)((host_seconds() - c->submitted_s) * 1e6);

        intake_durable(c->intake, g);
        board_add(c->s.ledger, BOARD_commits, 1);
        board_add(c->s.ledger, BOARD_commit_us, us);
        if (us > board_get(c->s.ledger, BOARD_commit_max_us))
            board_set(c->s.ledger, BOARD_commit_max_us, us);
    }
    c->answered_group = durable;
    ledger_publish(c->s.ledger, lane_place(c->lane));
    conns_durable(c);
}

static void stall(struct collector *c, bool on)
{
    if (c->stalled == on)
        return;
    c->stalled = on;
    conns_read(c, !on);
    udp_read(c, !on);
    for (struct conn *k = c->conns, *next; !on && k != NULL; k = next) {
        next = k->next;
        if (k->p != &protocol_http)
            conn_go_on(k);
    }
}

/* Takes note of what the writer did. False when the lane is broken. */
static bool look_at_lane(struct collector *c)
{
    struct err why;
    enum lane_state state = lane_poll(c->lane, &why);

    if (state == LANE_BROKEN) {
        board_set(c->s.ledger, BOARD_distrust, 1);
        if (!c->gone)
            c->s.broken(c->s.arg, &why);
        c->gone = true;
        return false;
    }
    note_durable(c);
    if ((state == LANE_DISK_FULL) != (board_get(c->s.ledger, BOARD_disk_full) == 1)) {
        board_set(c->s.ledger, BOARD_disk_full, state == LANE_DISK_FULL);
        c->s.notice(c->s.arg, state == LANE_DISK_FULL
                                  ? "The disk is full: nothing is taken in until there is room."
                                  : "The disk has room again.");
    }
    if (state == LANE_DISK_FULL)
        watch_after(c->retry, RETRY_MS);
    stall(c, state == LANE_DISK_FULL);
    return true;
}

/* What says that the events of a group are stored, and what was found in them, go with them: also
 * where they join a group that waits for room. */
static bool hand_over(struct collector *c)
{
    http_batches(c);
    intake_group(c->intake);
    return lane_submit(c->lane, host_now_ns());
}

static void submit(struct collector *c)
{
    if (c->gone || lane_in_flight(c->lane) || lane_filling(c->lane) == 0)
        return;
    if (c->stalled && !space_left(c))
        return; /* the reserve that was given up is for alarms, not for more events */
    c->submitted_s = host_seconds();
    if (hand_over(c))
        c->somebody_waits = false;
}

/* A group is due, or it is known when one will be. */
static void pace(struct collector *c)
{
    size_t filling = lane_filling(c->lane);

    if (c->gone || lane_in_flight(c->lane))
        return; /* on_lane() comes */
    if (filling == 0) {
        if (c->waiting != NULL)
            conns_durable(c); /* what they wait for is durable already */
        return;
    }
    if (c->somebody_waits || filling >= c->s.set->commit_bytes || c->s.set->commit_wait == 0 ||
        c->draining)
        submit(c);
    else if (!c->wait_runs)
        watch_after(c->wait, (unsigned)c->s.set->commit_wait);
    c->wait_runs = lane_filling(c->lane) > 0 && !lane_in_flight(c->lane);
}

static void drain_done(struct collector *c)
{
    if (!c->draining || c->gone || lane_in_flight(c->lane) || lane_filling(c->lane) > 0 ||
        c->waiting != NULL)
        return;
    for (struct conn *k = c->conns; k != NULL; k = k->next) {
        if (k->out_at < k->out.n)
            return;
    }
    c->draining = false;
    c->drained(c->drained_arg);
}

static void on_pace(void *arg, unsigned ready)
{
    struct collector *c = arg;

    (void)ready;
    c->pace_soon = false;
    pace(c);
    conns_bury(c);
    if (c->closed_count > 0)
        c->s.closed(c->s.arg, c->closed_count);
    c->closed_count = 0;
    drain_done(c);
}

static void on_wait(void *arg, unsigned ready)
{
    struct collector *c = arg;

    (void)ready;
    c->wait_runs = false;
    submit(c);
}

static void on_lane(void *arg, unsigned ready)
{
    struct collector *c = arg;

    (void)ready;
    if (look_at_lane(c))
        on_pace(c, 0);
}

static void on_retry(void *arg, unsigned ready)
{
    struct collector *c = arg;

    (void)ready;
    if (c->gone)
        return;
    if (!lane_in_flight(c->lane) && space_left(c))
        (void)hand_over(c); /* the group that waits, into a new segment */
    watch_after(c->retry, RETRY_MS);
    (void)look_at_lane(c);
}

void collector_put(struct collector *c)
{
    if (lane_filling(c->lane) >= c->s.set->commit_bytes)
        submit(c);
    if (!c->pace_soon)
        watch_after(c->pace, 0);
    c->pace_soon = true;
}

bool collector_room(struct collector *c)
{
    struct pollfd p = { .fd = lane_fd(c->lane), .events = POLLIN };

    if (c->gone || c->stalled || c->draining)
        return false;
    if (lane_filling(c->lane) < FILL_MAX)
        return true;
    submit(c);
    if (lane_filling(c->lane) < FILL_MAX)
        return true;
    /* The disk is behind. It seldom is for long: to wait here is cheaper than to tell everyone. */
    (void)poll(&p, 1, WAIT_MS);
    if (!look_at_lane(c))
        return false;
    submit(c);
    return !c->stalled && lane_filling(c->lane) < FILL_MAX;
}

/* --- every second --------------------------------------------------------------------------- */

bool space_left(struct collector *c)
{
    struct statvfs v;

    if (c->s.io->statvfs(c->s.io->arg, c->s.free_dir, &v) != 0)
        return true; /* the write will tell */
    return (uint64_t)v.f_bavail * v.f_frsize > c->s.set->reserve_bytes + SPACE_SLACK;
}

static void publish_usage(struct collector *c)
{
    struct rusage u;

    if (getrusage(RUSAGE_SELF, &u) == 0) {
        board_set(c->s.ledger, BOARD_cpu_us,
                  (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
                      (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec));
        board_set(c->s.ledger, BOARD_rss_bytes, (uint64_t)u.ru_maxrss * 1024);
    }
    board_set(c->s.ledger, BOARD_beat_ms, loop_ms(c->s.loop));
}

static void on_second(void *arg, unsigned ready)
{
    struct collector *c = arg;
    uint64_t now = loop_ms(c->s.loop);

    (void)ready;
    for (struct conn *k = c->conns, *next; k != NULL; k = next) {
        next = k->next;
        conn_tick(k, now);
    }
    udp_tick(c);
    publish_usage(c);
    conns_bury(c);
}

/* --- what a new segment begins with --------------------------------------------------------- */

static void put_checkpoint(void *arg, struct span record)
{
    (void)lane_record(((struct collector *)arg)->lane, LANE_CHECKPOINTS, record);
}

static void put_batch(void *arg, struct span record)
{
    (void)lane_record(((struct collector *)arg)->lane, LANE_BATCHES, record);
}

static void put_state(void *arg, struct lane *l)
{
    struct collector *c = arg;

    if (c->lane == NULL)
        c->lane = l; /* the very first segment, while it is being made */
    if (c->intake != NULL)
        intake_sources(c->intake);
    checkpoints_each(c->checkpoints, put_checkpoint, c);
    batches_each(c->s.batches, c->s.lane, put_batch, c);
}

/* --- start ---------------------------------------------------------------------------------- */

struct past {
    uint64_t sequence, matched;
    struct lane_place place;
    uint32_t now_s;
};

static int read_past(struct collector *c, struct lane_reader *r, struct past *past, struct err *e)
{
    struct lane_frame f;
    struct span record;
    int rc;

    while ((rc = lane_reader_next(r, &f, e)) > 0) {
        past->matched = f.matched;
        past->sequence = f.sequence + (f.kind == LANE_EVENTS ? f.count : 0);
        if (f.kind != LANE_CHECKPOINTS && f.kind != LANE_BATCHES)
            continue;
        while (lane_next_record(&f, &record)) {
            if (f.kind == LANE_CHECKPOINTS)
                (void)checkpoints_set(c->checkpoints, record); /* full: the file is read again */
            else
                (void)batch_restore(c->s.batches, record, c->s.lane, past->now_s);
        }
    }
    return rc;
}

static int sync_segment(struct collector *c, uint32_t segment, struct err *e)
{
    char name[LANE_NAME_BYTES];
    int fd, rc;

    lane_segment_name(name, segment);
    fd = c->s.io->open(c->s.io->arg, c->s.lane_dir, name, O_RDONLY, 0);
    if (fd < 0 && errno == ENOENT)
        return ERR_OK; /* numbers may be missing */
    rc = fd >= 0 ? c->s.io->sync(c->s.io->arg, fd) : -1;
    if (rc != 0)
        rc = err_set(e, ERR_IO, 0, "%s of lane %u cannot be made durable: %s.", name, c->s.lane,
                     strerror(errno));
    if (fd >= 0)
        (void)close(fd); /* only read and synced */
    return rc;
}

/* To the last segment of which something was durable, where it stands alone: newer ones may have a
 * state, too, and are not believed. */
static int seek_durable(struct lane_reader *r, struct lane_place durable, struct err *e)
{
    const struct lane_place begin = { .segment = durable.segment };
    struct lane_frame f;
    bool alone = false;
    int rc = lane_reader_seek(r, begin, e);

    lane_reader_limit(r, durable);
    while (rc == ERR_OK && !alone && lane_reader_next(r, &f, e) > 0 && f.segment == begin.segment)
        alone = f.kind == LANE_STATE;
    if (rc != ERR_OK && rc != ERR_NOTFOUND)
        return rc;
    return lane_reader_seek(r, alone ? begin : (struct lane_place){ 0 }, e);
}

/*
 * What a killed collector wrote and had not synced is read like the rest, and a power cut takes it.
 * So it is made durable before anything is concluded from it: where the next segment goes on, that
 * a batch is stored, what the desk may read.
 *
 * Where a sync has failed that is no help: the kernel holds such pages for clean, lets them be read
 * and syncs without a word. Then only what was published as durable counts.
 */
static int make_believable(struct collector *c, struct lane_reader *r, uint32_t last, struct err *e)
{
    struct lane_place durable = ledger_place(c->s.ledger);
    uint32_t s = lane_reader_place(r).segment;
    int rc = ERR_OK;

    if (board_get(c->s.ledger, BOARD_distrust) == 1 && durable.segment > 0)
        return seek_durable(r, durable, e);
    for (s = s > 0 ? s : 1; s <= last && rc == ERR_OK; s++)
        rc = sync_segment(c, s, e);
    return rc;
}

static int recover(struct collector *c, struct past *past, struct err *e)
{
    struct lane_reader *r = NULL;
    uint32_t last = 0;
    int rc = lane_last_segment(c->s.lane_dir, &last, e);

    if (rc != ERR_OK || last == 0)
        return rc;
    rc = lane_reader_new(&r, c->s.io, c->s.lane_dir, LANE_READ_ALL, e);
    if (rc == ERR_OK)
        rc = lane_reader_seek_state(r, e);
    if (rc == ERR_OK)
        rc = make_believable(c, r, last, e);
    if (rc == ERR_OK)
        rc = read_past(c, r, past, e);
    if (rc == ERR_OK)
        past->place = lane_reader_place(r);
    lane_reader_free(&r);
    return rc;
}

/* A source of an earlier life has another row now. */
static void renumber(struct collector *c, struct lane_frame *f, uint32_t *row_of)
{
    struct span record;
    struct source_record r;

    while (lane_next_record(f, &record)) {
        if (source_record_read(record, &r) && r.number < LEDGER_ROWS)
            row_of[r.number] = ledger_row(c->s.ledger, r.input, r.name, r.authenticated, false);
    }
}

static int rematch_frames(struct collector *c, struct lane_reader *r, const struct past *past,
                          uint32_t *row_of, struct err *e)
{
    struct lane_frame f;
    struct lane_read_event ev;
    int rc;

    while ((rc = lane_reader_next(r, &f, e)) > 0) {
        if (f.kind == LANE_SOURCES)
            renumber(c, &f, row_of);
        while (f.kind == LANE_EVENTS && lane_next_event(&f, &ev)) {
            if (ev.sequence >= past->matched && ev.sequence < past->sequence &&
                ev.source < LEDGER_ROWS)
                intake_rematch(c->intake, &ev, row_of[ev.source]);
        }
    }
    return rc;
}

/* What an earlier collector stored and may not have matched: of a program whose groups counted in
 * part, one that was torn between its events and what was found in them. */
static int rematch(struct collector *c, const struct past *past, struct err *e)
{
    struct lane_reader *r = NULL;
    uint32_t *row_of, last = 0, other;
    int rc;

    if (past->matched >= past->sequence)
        return ERR_OK;
    row_of = calloc(LEDGER_ROWS, sizeof(*row_of));
    if (row_of == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to match what was not matched.");
    other = ledger_row(c->s.ledger, INPUT_SYSLOG_TCP, SPAN_LIT("other"), false, false);
    for (uint32_t i = 0; i < LEDGER_ROWS; i++)
        row_of[i] = other;
    rc = lane_last_segment(c->s.lane_dir, &last, e);
    if (rc == ERR_OK)
        rc = lane_reader_new(&r, c->s.io, c->s.lane_dir, 1u << LANE_EVENTS | 1u << LANE_SOURCES, e);
    if (rc == ERR_OK)
        rc = lane_reader_seek_state(r, e);
    if (rc == ERR_OK)
        rc = rematch_frames(c, r, past, row_of, e);
    lane_reader_free(&r);
    free(row_of);
    return rc;
}

static int open_segment(void *arg, uint32_t *number, struct err *e)
{
    struct collector *c = arg;

    return c->s.open_segment(c->s.arg, number, e);
}

static int make_lane(struct collector *c, const struct past *past, struct err *e)
{
    struct lane_settings s = { .io = c->s.io,
                               .lane = c->s.lane,
                               .segment_bytes = c->s.set->segment_bytes,
                               .sequence = past->sequence,
                               .matched = past->matched,
                               .before = past->place,
                               .open_segment = open_segment,
                               .state = put_state,
                               .arg = c };

    memcpy(s.store, c->s.store, sizeof(s.store));
    return lane_new(&c->lane, &s, e);
}

static int make_tls(struct tls_context **out, const struct settings *set, struct span certificate,
                    struct span key, struct span ca, struct err *e)
{
    struct tls_settings t = { certificate, key, ca, set->tls_mutual };

    return t.certificate.n == 0 ? ERR_OK : tls_context_new(out, &t, e);
}

static int make_watches(struct collector *c, struct err *e)
{
    struct loop *l = c->s.loop;

    c->pace = loop_timer(l, on_pace, c);
    c->wait = loop_timer(l, on_wait, c);
    c->second = loop_timer(l, on_second, c);
    c->retry = loop_timer(l, on_retry, c);
    c->lane_watch = loop_fd(l, lane_fd(c->lane), LOOP_READ, on_lane, c);
    if (c->pace == NULL || c->wait == NULL || c->second == NULL || c->retry == NULL ||
        c->lane_watch == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a collector.");
    watch_every(c->second, 1000);
    return ERR_OK;
}

static int make_parts(struct collector *c, struct err *e)
{
    int rc = checkpoints_new(&c->checkpoints, e);

    if (rc == ERR_OK)
        rc = senders_new(&c->senders, c->s.set, e);
    c->shared_bytes = SHARED_BYTES;
    c->shared = malloc(SHARED_BYTES);
    c->resends = hash_ring_new();
    c->datagrams = datagrams_new();
    if (rc == ERR_OK && (c->shared == NULL || c->resends == NULL || c->datagrams == NULL))
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory for a collector.");
    if (rc == ERR_OK)
        rc = make_tls(&c->tls, c->s.set, c->s.tls_certificate, c->s.tls_key, c->s.tls_ca, e);
    return rc;
}

int collector_new(struct collector **out, const struct collector_settings *s,
                  const struct intake_rules *rules, struct err *e)
{
    struct collector *c = calloc(1, sizeof(*c));
    struct past past = { .sequence = 1,
                         .matched = 1,
                         .now_s = (uint32_t)(host_now_ns() / 1000000000) };
    int rc;

    *out = c;
    if (c == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a collector.");
    c->s = *s;
    rc = make_parts(c, e);
    batches_recover(s->batches, s->lane);
    ledger_crashed(s->ledger);
    board_add(s->ledger, BOARD_starts, 1);
    c->datagrams_received = board_get(s->ledger, BOARD_kernel_received);
    if (rc == ERR_OK)
        rc = recover(c, &past, e);
    if (rc == ERR_OK)
        batches_recovered(s->batches, s->lane);
    if (rc == ERR_OK)
        rc = make_lane(c, &past, e);
    if (rc == ERR_OK)
        ledger_publish(s->ledger, lane_place(c->lane)); /* what an earlier life made durable */
    if (rc == ERR_OK)
        rc = intake_new(&c->intake, c->lane, s->ledger, e);
    if (rc == ERR_OK)
        rc = intake_use(c->intake, rules, e);
    if (rc == ERR_OK)
        intake_skew(c->intake, s->set->skew);
    if (rc == ERR_OK)
        intake_tracer(c->intake, s->tracer);
    if (rc == ERR_OK)
        rc = rematch(c, &past, e);
    if (rc == ERR_OK)
        rc = make_watches(c, e);
    if (rc != ERR_OK) {
        collector_free(out);
        return rc;
    }
    c->s.lane_dir = -1;
    if (lane_filling(c->lane) > 0)
        submit(c);
    return ERR_OK;
}

void collector_free(struct collector **pc)
{
    struct collector *c = *pc;

    *pc = NULL;
    if (c == NULL)
        return;
    while (c->conns != NULL)
        conn_end(c->conns, false);
    c->waiting = NULL;
    for (struct conn *k = c->dead; k != NULL; k = k->next)
        k->waits = false;
    conns_bury(c);
    udp_free(c);
    watch_free(&c->pace);
    watch_free(&c->wait);
    watch_free(&c->second);
    watch_free(&c->retry);
    watch_free(&c->drain);
    watch_free(&c->lane_watch);
    intake_free(&c->intake);
    lane_free(&c->lane);
    senders_free(&c->senders);
    tls_context_free(&c->tls);
    datagrams_free(&c->datagrams);
    checkpoints_free(&c->checkpoints);
    free(c->resends);
    free(c->shared);
    free(c);
}

/* --- what it is given ----------------------------------------------------------------------- */

void collector_connection(struct collector *c, enum input input, int fd,
                          const struct socket_address *peer)
{
    static const struct protocol *const by_input[INPUTS] = {
        [INPUT_SYSLOG_TCP] = &protocol_syslog, [INPUT_SYSLOG_TLS] = &protocol_syslog,
        [INPUT_RELP] = &protocol_relp,         [INPUT_HTTP] = &protocol_http,
        [INPUT_HTTPS] = &protocol_http,
    };

    if ((unsigned)input >= INPUTS || by_input[input] == NULL || c->draining) {
        (void)close(fd);
        c->closed_count++;
        return;
    }
    conn_new(c, input, fd, peer, by_input[input]);
}

void collector_datagrams(struct collector *c, int fd)
{
    udp_add(c, fd);
}

void collector_reader(struct collector *c, int fd)
{
    struct socket_address none = { 0 };

    if (c->reader != NULL)
        conn_end(c->reader, false);
    none.at.ss_family = AF_UNIX;
    conn_new(c, INPUT_FILES, fd, &none, &protocol_pass);
    if (c->conns != NULL && c->conns->p == &protocol_pass)
        c->reader = c->conns;
}

/* --- reload --------------------------------------------------------------------------------- */

struct renewed {
    struct senders *senders;
    struct tls_context *tls;
};

static int renew(const struct collector_reload *r, struct renewed *n, struct err *e)
{
    int rc = senders_new(&n->senders, r->set, e);

    if (rc == ERR_OK)
        rc = make_tls(&n->tls, r->set, r->tls_certificate, r->tls_key, r->tls_ca, e);
    if (rc != ERR_OK)
        senders_free(&n->senders);
    return rc;
}

static int renew_rules(struct collector *c, const struct collector_reload *r, struct err *e)
{
    struct intake_rules rules = { 0 };
    int rc, used;

    (void)intake_use(c->intake, NULL, NULL); /* lets the old rules go: cannot fail */
    r->release(r->arg);
    rc = r->take(r->arg, &rules, e);
    used =
        rules.rules == NULL ? ERR_NOTFOUND : intake_use(c->intake, &rules, rc == ERR_OK ? e : NULL);
    if (used != ERR_OK) {
        struct err why;

        (void)err_set(&why, ERR_NOMEM, 0, "No rules can be had any more.");
        c->gone = true;
        c->s.broken(c->s.arg, &why);
    }
    return rc != ERR_OK ? rc : used;
}

/* Connections stay who they were found to be, by name; what is to be done with their events may be
 * something else. */
static void renew_sources(struct conn *first, struct senders *s)
{
    for (struct conn *k = first; k != NULL; k = k->next) {
        if (k->source != NULL)
            conn_is(k, source_renew(s, k->source), k->proven);
    }
}

int collector_reload(struct collector *c, const struct collector_reload *r, struct err *e)
{
    struct renewed n = { 0 };
    int rc = renew(r, &n, e);

    if (rc == ERR_OK)
        rc = renew_rules(c, r, e);
    if (rc != ERR_OK) {
        senders_free(&n.senders);
        tls_context_free(&n.tls);
        return rc;
    }
    renew_sources(c->conns, n.senders);
    renew_sources(c->dead, n.senders);
    senders_free(&c->senders);
    tls_context_free(&c->tls);
    c->senders = n.senders;
    c->tls = n.tls;
    intake_skew(c->intake, r->set->skew);
    return ERR_OK;
}

/* --- the end -------------------------------------------------------------------------------- */

static void on_drain(void *arg, unsigned ready)
{
    struct collector *c = arg;

    (void)ready;
    if (!c->draining)
        return;
    c->draining = false;
    c->drained(c->drained_arg);
}

void collector_drain(struct collector *c, unsigned wait_ms, void (*done)(void *arg), void *arg)
{
    c->draining = true;
    c->drained = done;
    c->drained_arg = arg;
    udp_read(c, false);
    conns_read(c, false);
    c->drain = loop_timer(c->s.loop, on_drain, c);
    if (c->drain != NULL)
        watch_after(c->drain, wait_ms);
    c->somebody_waits = true;
    collector_put(c);
}
