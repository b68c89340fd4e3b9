/*
 * lane.c - the owning thread: groups fill, are handed over, and become durable.
 *
 *   free ──▶ filling ──lane_submit──▶ waiting ──writer──▶ durable: free again
 *                                        ▲          │
 *                                        └──────────┘ the disk is full
 *
 * Waiting groups are in l->commit, oldest first. On a good disk there is one at most, and it is in
 * flight. Of a full disk the next lane_submit() makes two: what filled meanwhile is handed over
 * too, so that the state of a new segment, taken then, speaks of nothing that is not in the same
 * write. More than two do not wait: the third goes on filling.
 *
 * The state of a segment is taken once and kept until it is durable, however many segments it
 * takes.
 */
#include "store/lane_own.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS_KEEP ((size_t)1 << 20)   /* resident at least, of each group's events */
#define PAGE_MAX    ((size_t)64 << 10)  /* a multiple of the page of every machine */
#define BODY_KEEP   ((size_t)256 << 10) /* of each other body */

struct lane {
    struct lane_settings s;
    struct writer *writer;
    int done_fd;
    enum lane_state state;
    struct err why; /* not LANE_GOOD */

    struct group group[GROUPS], opening; /* opening: the state of the segment that is begun */
    struct group *filling;
    struct group *target; /* of lane_record(): filling, or opening while s.state() runs */

    struct commit commit;
    bool in_flight, state_taken, state_failed;
    uint64_t durable;        /* group */
    struct lane_place place; /* durable */

    int fd;           /* of the segment, -1: one must be opened */
    uint32_t segment; /* its number; of the newest that was opened */
    uint64_t bytes;   /* of it, durable */
    uint64_t link;    /* of the last head in it */
    bool begun;       /* its head is durable */
    struct segment_head head;
    struct lane_place before; /* for the next segment's head */
};

/* --- Groups ---------------------------------------------------------------------------------- */

static int group_init(struct group *g, struct err *e)
{
    void *p = mmap(NULL, LANE_BODY_MAX, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for what a lane is to write: %s.",
                       strerror(errno));
    g->events = p;
    g->keep = EVENTS_KEEP;
    return ERR_OK;
}

static void group_release(struct group *g)
{
    if (g->events != NULL)
        (void)munmap(g->events, LANE_BODY_MAX);
    for (size_t i = 0; i < LANE_KINDS; i++)
        buf_release(&g->body[i].bytes);
}

/* Empty it. Memory that grew with a large group goes back, slowly, so that many large ones in a row
 * do not fetch it again each time. */
static void group_clear(struct group *g)
{
    size_t used = g->events_bytes;

    g->keep = (g->keep - g->keep / 8) / PAGE_MAX * PAGE_MAX;
    if (g->keep < used)
        g->keep = (used + PAGE_MAX - 1) / PAGE_MAX * PAGE_MAX;
    if (g->keep < EVENTS_KEEP)
        g->keep = EVENTS_KEEP;
    if (g->resident < used)
        g->resident = used;
    if (g->resident > g->keep) {
        (void)madvise(g->events + g->keep, LANE_BODY_MAX - g->keep, MADV_DONTNEED);
        g->resident = g->keep;
    }
    g->number = 0;
    g->events_bytes = 0;
    g->parts = 0;
    for (size_t i = 0; i < LANE_KINDS; i++) {
        struct body *b = &g->body[i];

        if (b->bytes.cap > BODY_KEEP)
            buf_release(&b->bytes);
        buf_clear(&b->bytes);
        b->count = 0;
    }
}

static size_t group_bytes(const struct group *g)
{
    size_t n = g->events_bytes;

    for (size_t i = 0; i < LANE_KINDS; i++)
        n += g->body[i].bytes.n;
    if (n == 0 && g->matched != g->matched_before)
        n = LANE_FRAME_BYTES; /* one, to say so */
    return n;
}

/* A free group becomes the one that fills, behind `last`. The first that is free: on a good disk
 * the third is never touched. */
static void group_fill(struct lane *l, const struct group *last)
{
    size_t i = 0;

    while (l->group[i].number != 0)
        i++;
    MUST(i < GROUPS);
    l->filling = l->target = &l->group[i];
    l->filling->number = last->number + 1;
    l->filling->sequence = l->filling->next = last->next;
    l->filling->matched_before = l->filling->matched = last->matched;
}

/* --- New and free ---------------------------------------------------------------------------- */

static int lane_open(struct lane *l, struct err *e)
{
    int rc = ERR_OK;

    for (size_t i = 0; i < GROUPS && rc == ERR_OK; i++)
        rc = group_init(&l->group[i], e);
    if (rc != ERR_OK)
        return rc;
    l->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->done_fd < 0)
        return err_set(e, ERR_IO, 0, "A lane cannot be opened: %s.", strerror(errno));
    return writer_new(&l->writer, l->done_fd, e);
}

int lane_new(struct lane **out, const struct lane_settings *s, struct err *e)
{
    struct lane *l = calloc(1, sizeof(*l));
    struct group before = { .next = s->sequence, .matched = s->matched };
    int rc;

    *out = NULL;
    if (l == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a lane.");
    MUST(s->matched <= s->sequence);
    l->s = *s;
    l->fd = l->done_fd = -1;
    l->before = l->place = s->before;
    l->place.sequence = s->sequence;
    l->segment = s->before.segment;
    for (size_t i = 0; i < LANE_KINDS; i++) {
        buf_init(&l->opening.body[i].bytes, LANE_BODY_MAX);
        for (size_t k = 0; k < GROUPS; k++)
            buf_init(&l->group[k].body[i].bytes, LANE_BODY_MAX);
    }
    group_fill(l, &before);
    rc = lane_open(l, e);
    if (rc != ERR_OK) {
        lane_free(&l);
        return rc;
    }
    *out = l;
    return ERR_OK;
}

void lane_free(struct lane **pl)
{
    struct lane *l = *pl;

    *pl = NULL;
    if (l == NULL)
        return;
    writer_free(&l->writer);
    for (size_t i = 0; i < GROUPS; i++)
        group_release(&l->group[i]);
    group_release(&l->opening);
    if (l->fd >= 0)
        (void)close(l->fd); /* what was to be kept was synced */
    if (l->done_fd >= 0)
        (void)close(l->done_fd);
    free(l);
}

/* --- Filling --------------------------------------------------------------------------------- */

static void part_pad(struct group *g)
{
    size_t n = (size_t)lane_padded(g->events_bytes);

    if (n > g->events_bytes)
        memset(g->events + g->events_bytes, 0, n - g->events_bytes);
    g->events_bytes = n;
}

/* Begin an EVENTS frame whose receipt time is `ns`. False when the group has as many as it may. */
static bool part_begin(struct group *g, int64_t ns)
{
    if (g->parts == EVENTS_FRAMES_MAX)
        return false;
    part_pad(g);
    g->part[g->parts++] = (struct events_part){ g->events_bytes, 0, 0, g->next, ns };
    return true;
}

/* The event's receipt time within the frame's, 0 to 2^32-1 ns. When it cannot be, another frame is
 * begun; when that cannot be either (a clock that jumps all the time), the nearest that can. */
static uint32_t receipt_delta(struct group *g, int64_t ns)
{
    const struct events_part *p;

    for (;;) {
        p = g->parts > 0 ? &g->part[g->parts - 1] : NULL;
        if (p != NULL && ns >= p->receipt_ns &&
            (uint64_t)ns - (uint64_t)p->receipt_ns <= UINT32_MAX)
            return (uint32_t)((uint64_t)ns - (uint64_t)p->receipt_ns);
        if (!part_begin(g, ns))
            return p->receipt_ns > ns ? 0 : UINT32_MAX;
    }
}

struct span lane_event(struct lane *l, const struct lane_event *ev, struct span raw,
                       uint64_t *sequence)
{
    struct group *g = l->filling;
    struct events_part *part;
    uint32_t delta;
    uint8_t *p;

    MUST(l->target == g);
    /* 16: for the zeros behind the part before and behind this one. */
    if (raw.n > LANE_BODY_MAX || LANE_RECORD_BYTES + raw.n + 16 > LANE_BODY_MAX - g->events_bytes)
        return SPAN_NONE;
    delta = receipt_delta(g, ev->receipt_ns);
    part = &g->part[g->parts - 1];
    p = g->events + g->events_bytes;
    bytes_put_u32(p, (uint32_t)raw.n);
    bytes_put_u32(p + 4, ev->source);
    bytes_put_u16(p + 8, ev->flags);
    bytes_put_u16(p + 10, ev->lines);
    bytes_put_u32(p + 12, delta);
    if (raw.n > 0)
        memcpy(p + LANE_RECORD_BYTES, raw.p, raw.n);
    g->events_bytes += LANE_RECORD_BYTES + raw.n;
    part->bytes += LANE_RECORD_BYTES + raw.n;
    part->count++;
    *sequence = g->next++;
    return (struct span){ p + LANE_RECORD_BYTES, raw.n };
}

bool lane_record(struct lane *l, enum lane_kind kind, struct span record)
{
    struct body *b = &l->target->body[kind];
    uint8_t head[4];

    MUST(kind != LANE_EVENTS && kind != LANE_STATE && kind < LANE_KINDS);
    /* 8: for the zeros behind the body. */
    if (record.n > LANE_BODY_MAX || !buf_reserve(&b->bytes, sizeof(head) + record.n + 8)) {
        b->bytes.failed = false; /* what is in it is whole */
        if (l->target == &l->opening)
            l->state_failed = true;
        return false;
    }
    bytes_put_u32(head, (uint32_t)record.n);
    buf_add(&b->bytes, (struct span){ head, sizeof(head) });
    buf_add(&b->bytes, record);
    b->count++;
    return true;
}

void lane_matched(struct lane *l)
{
    l->filling->matched = l->filling->next;
}

size_t lane_filling(const struct lane *l)
{
    size_t n = group_bytes(l->filling);

    for (size_t i = 0; i < l->commit.groups && !l->in_flight; i++)
        n += group_bytes(l->commit.group[i]);
    return n;
}

uint64_t lane_group(const struct lane *l)
{
    return l->filling->number;
}

/* --- Committing ------------------------------------------------------------------------------ */

bool lane_in_flight(const struct lane *l)
{
    return l->in_flight;
}

int lane_fd(const struct lane *l)
{
    return l->done_fd;
}

uint64_t lane_durable(const struct lane *l)
{
    return l->durable;
}

struct lane_place lane_place(const struct lane *l)
{
    return l->place;
}

static bool is_full(int error)
{
    return error == ENOSPC || error == EDQUOT;
}

/* What failed without a commit under way is told by the descriptor too. */
static void fail(struct lane *l, enum lane_state state)
{
    l->state = state;
    (void)eventfd_write(l->done_fd, 1);
}

/* The filling group joins those that wait, when there is room and something in it. */
static void hand_over(struct lane *l, int64_t now_ns)
{
    struct group *g = l->filling;

    if (l->commit.groups == COMMIT_GROUPS || group_bytes(g) == 0)
        return;
    part_pad(g);
    for (size_t i = 0; i < LANE_KINDS; i++) {
        struct buf *b = &g->body[i].bytes;

        if (b->n > 0)
            memset(b->p + b->n, 0, (size_t)lane_padded(b->n) - b->n);
    }
    g->submitted_ns = now_ns;
    l->commit.group[l->commit.groups++] = g;
    group_fill(l, g);
}

static bool segment_open(struct lane *l)
{
    uint32_t number = 0;

    errno = 0;
    l->fd = l->s.open_segment(l->s.arg, &number, &l->why);
    if (l->fd < 0) {
        l->fd = -1;
        fail(l, is_full(errno) ? LANE_DISK_FULL : LANE_BROKEN);
        return false;
    }
    MUST(number > l->segment);
    l->head = (struct segment_head){ .lane = l->s.lane,
                                     .segment = number,
                                     .sequence = l->commit.group[0]->sequence,
                                     .before = l->before };
    memcpy(l->head.store, l->s.store, sizeof(l->head.store));
    l->segment = number;
    l->bytes = 0;
    l->begun = false;
    if (l->before.segment == 0)
        l->before.segment = number; /* of later ones: until it is durable, nothing of this counts */
    return true;
}

static bool state_take(struct lane *l)
{
    if (l->state_taken)
        return true;
    l->state_failed = false;
    l->target = &l->opening;
    if (l->s.state != NULL)
        l->s.state(l->s.arg, l);
    l->target = l->filling;
    if (l->state_failed) {
        (void)err_set(&l->why, ERR_NOMEM, 0, "There is no memory for the state of a segment.");
        fail(l, LANE_BROKEN);
        return false;
    }
    for (size_t i = 0; i < LANE_KINDS; i++) {
        struct buf *b = &l->opening.body[i].bytes;

        if (b->n > 0)
            memset(b->p + b->n, 0, (size_t)lane_padded(b->n) - b->n);
    }
    l->state_taken = true;
    l->commit.state_behind = l->commit.groups - 1;
    return true;
}

bool lane_submit(struct lane *l, int64_t now_ns)
{
    struct commit *c = &l->commit;

    if (l->in_flight || l->state == LANE_BROKEN)
        return false;
    hand_over(l, now_ns);
    if (c->groups == 0)
        return true;
    if (l->fd < 0 && !segment_open(l))
        return false;
    if (!l->begun && !state_take(l))
        return false;
    c->io = l->s.io;
    c->fd = l->fd;
    c->opens = l->begun ? NULL : &l->head;
    c->state = &l->opening;
    c->link = l->link;
    l->in_flight = true;
    writer_start(l->writer, c);
    return true;
}

static void segment_close(struct lane *l)
{
    if (l->fd >= 0)
        (void)close(l->fd); /* what was to be kept was synced */
    l->fd = -1;
}

static void commit_durable(struct lane *l)
{
    struct commit *c = &l->commit;
    const struct group *last = c->group[c->groups - 1];

    l->durable = last->number;
    l->bytes += c->written;
    l->link = c->link;
    l->place = l->before = (struct lane_place){ l->segment, l->bytes, last->next };
    if (!l->begun) {
        group_clear(&l->opening);
        l->state_taken = false;
        l->begun = true;
    }
    for (size_t i = 0; i < GROUPS; i++) {
        if (&l->group[i] != l->filling)
            group_clear(&l->group[i]);
    }
    c->groups = 0;
    l->state = LANE_GOOD;
    if (l->bytes >= l->s.segment_bytes)
        segment_close(l);
}

/* Nothing at all of the commit came into the segment. */
static bool segment_is_clean(const struct lane *l)
{
    struct stat st;

    return !l->commit.synced_badly && l->commit.written == 0 && fstat(l->fd, &st) == 0 &&
           (uint64_t)st.st_size == l->bytes;
}

static void commit_failed(struct lane *l)
{
    const struct commit *c = &l->commit;

    (void)err_set(&l->why, ERR_IO, 0, "Segment %u of lane %u cannot be %s: %s.", l->segment,
                  l->s.lane, c->synced_badly ? "synced" : "written", strerror(c->error));
    l->state = is_full(c->error) ? LANE_DISK_FULL : LANE_BROKEN;
    if (l->state == LANE_BROKEN || !segment_is_clean(l))
        segment_close(l);
}

enum lane_state lane_poll(struct lane *l, struct err *e)
{
    eventfd_t n;

    (void)eventfd_read(l->done_fd, &n); /* nothing to read is no fault */
    if (l->in_flight && writer_ended(l->writer)) {
        l->in_flight = false;
        if (l->commit.error == 0)
            commit_durable(l);
        else
            commit_failed(l);
    }
    if (l->state != LANE_GOOD && e != NULL)
        *e = l->why;
    return l->state;
}
