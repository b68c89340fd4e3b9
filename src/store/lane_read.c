/*
 * lane_read.c - frames in order, out of a window of the segment.
 *
 *   segment  |head|frame|frame|frame|frame|torn...
 *                        ▲     └── window ──┘     bound: the least of the file's size, the limit,
 *                        r->at                    and what the next segment says counts
 *
 * Where nobody said how far the segment counts (no bound but the file's size), a group may have
 * been cut: at its first frame all of it is looked through, and if it is not whole the segment ends
 * there. So each byte is read twice then, mostly out of the same window.
 *
 * A segment is `closed` once a later one with a sound head is there; only that one knows how much
 * of this counts. It is looked for when a segment is opened, before one is read that the limit has
 * left behind, and where nothing more checks.
 */
#include "store/lane_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "base/num.h"
#include "store/lane_form.h"

#define WINDOW_BYTES ((size_t)64 << 10)
#define GLANCE_BYTES ((size_t)4 << 10) /* read behind what was passed over: a head, maybe more */
#define EINTR_MAX    1000

struct lane_reader {
    const struct io *io;
    int dir;
    unsigned kinds;
    bool limited;
    struct lane_place limit;

    int fd; /* -1: the next segment from number `segment` on is to be opened */
    uint32_t segment, lane;
    uint64_t at;         /* of the next frame; before the segment is open: where to begin in it */
    uint64_t size;       /* of the file, as last seen */
    uint64_t link;       /* of the head before, when linked */
    uint64_t sequence;   /* of the next event */
    uint64_t whole;      /* no group before this place in the segment is cut */
    bool linked, jumped; /* jumped: `at` is behind what was passed over */
    bool closed;
    uint64_t counts;          /* closed: bytes of it that are part of the lane */
    struct lane_place before; /* closed: how far the lane counted when the next one was begun */

    struct {
        uint32_t number;
        int fd;
    } held[LANE_HELD_MAX]; /* ascending */
    uint32_t held_count;

    uint8_t *window;
    size_t room, n;
    uint64_t window_at;
    uint64_t torn;
    struct lane_place damage[LANE_DAMAGES];
    uint32_t damages;
};

int lane_reader_new(struct lane_reader **out, const struct io *io, int dir, unsigned kinds,
                    struct err *e)
{
    struct lane_reader *r = calloc(1, sizeof(*r));

    *out = NULL;
    if (r != NULL)
        r->window = malloc(WINDOW_BYTES);
    if (r == NULL || r->window == NULL) {
        free(r);
        return err_set(e, ERR_NOMEM, 0, "There is no memory to read a lane with.");
    }
    r->io = io;
    r->dir = dir;
    r->kinds = kinds;
    r->fd = -1;
    r->room = WINDOW_BYTES;
    *out = r;
    return ERR_OK;
}

/* Unless it is held: then it is closed with the reader. */
static void segment_close(const struct lane_reader *r, int fd)
{
    for (uint32_t i = 0; i < r->held_count; i++) {
        if (r->held[i].fd == fd)
            return;
    }
    if (fd >= 0)
        (void)close(fd); /* only read */
}

void lane_reader_free(struct lane_reader **pr)
{
    struct lane_reader *r = *pr;

    *pr = NULL;
    if (r == NULL)
        return;
    segment_close(r, r->fd);
    for (uint32_t i = 0; i < r->held_count; i++)
        (void)close(r->held[i].fd); /* only read */
    free(r->window);
    free(r);
}

void lane_reader_limit(struct lane_reader *r, struct lane_place end)
{
    r->limited = true;
    r->limit = end;
}

struct lane_place lane_reader_place(const struct lane_reader *r)
{
    return (struct lane_place){ r->segment, r->at, r->sequence };
}

uint64_t lane_reader_torn(const struct lane_reader *r)
{
    return r->torn;
}

/* --- Which segments there are ---------------------------------------------------------------- */

/* The number of a segment's name, 0 when it is none. */
static uint32_t name_number(const char *name)
{
    struct span s = span_of(name);
    char same[LANE_NAME_BYTES];
    uint64_t n;

    if (s.n <= 5 || !span_ends(s, SPAN_LIT(".lane")) ||
        !num_u64((struct span){ s.p, s.n - 5 }, UINT32_MAX, &n))
        return 0;
    lane_segment_name(same, (uint32_t)n);
    return span_eq(s, span_of(same)) ? (uint32_t)n : 0;
}

/* The least number of at least `from`, or the greatest of at most `to`; *number is 0 when there is
 * none. */
static int find_number(int dir, uint32_t from, uint32_t to, bool greatest, uint32_t *number,
                       struct err *e)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    int error;

    *number = 0;
    if (d == NULL) {
        error = errno;
        if (fd >= 0)
            (void)close(fd);
        return err_set(e, ERR_IO, 0, "The folder of a lane cannot be read: %s.", strerror(error));
    }
    for (errno = 0; (entry = readdir(d)) != NULL; errno = 0) {
        uint32_t n = name_number(entry->d_name);

        if (n != 0 && n >= from && n <= to &&
            (*number == 0 || (greatest ? n > *number : n < *number)))
            *number = n;
    }
    error = errno;
    (void)closedir(d);
    if (error != 0)
        return err_set(e, ERR_IO, 0, "The folder of a lane cannot be read: %s.", strerror(error));
    return ERR_OK;
}

int lane_last_segment(int dir, uint32_t *number, struct err *e)
{
    return find_number(dir, 1, UINT32_MAX, true, number, e);
}

/* --- Bytes ----------------------------------------------------------------------------------- */

static int read_fault(uint32_t segment, int error, struct err *e)
{
    return err_set(e, ERR_IO, 0, "Segment %u of a lane cannot be read: %s.", segment,
                   strerror(error));
}

/* Up to `n` bytes, fewer at the end of the file; -1 with errno. */
static ssize_t read_at(const struct lane_reader *r, int fd, uint8_t *dst, size_t n, uint64_t at)
{
    size_t got = 0;
    int interrupted = 0;

    while (got < n) {
        ssize_t one = r->io->pread(r->io->arg, fd, dst + got, n - got, (off_t)(at + got));

        if (one == 0)
            break;
        if (one > 0)
            got += (size_t)one;
        else if (errno != EINTR || ++interrupted > EINTR_MAX)
            return -1;
    }
    return (ssize_t)got;
}

static bool window_room(struct lane_reader *r, size_t n)
{
    size_t room = n > WINDOW_BYTES ? n : WINDOW_BYTES;
    uint8_t *p;

    /* A body that was larger than usual is given back as soon as it is not needed. */
    if (r->room >= n && r->room <= 16 * room)
        return true;
    if (r->n > room)
        r->n = 0;
    p = realloc(r->window, room);
    if (p == NULL)
        return r->room >= n;
    r->window = p;
    r->room = room;
    return true;
}

/* The `n` bytes at `at`, which lie below the file's size; NULL with rc ERR_MORE when the file is
 * shorter after all. Valid until the next call. */
static int window(struct lane_reader *r, uint64_t at, size_t n, const uint8_t **p, struct err *e)
{
    size_t have = 0, want;
    ssize_t got;

    if (at >= r->window_at && at + n <= r->window_at + r->n) {
        *p = r->window + (at - r->window_at);
        return ERR_OK;
    }
    if (at >= r->window_at && at < r->window_at + r->n) {
        have = (size_t)(r->window_at + r->n - at);
        memmove(r->window, r->window + (at - r->window_at), have);
    }
    r->window_at = at;
    r->n = have;
    if (!window_room(r, n))
        return err_set(e, ERR_NOMEM, 0, "There is no memory to read a lane with.");
    have = r->n;
    want = r->jumped && n <= GLANCE_BYTES ? GLANCE_BYTES : r->room;
    if (want > r->size - at)
        want = (size_t)(r->size - at);
    got = read_at(r, r->fd, r->window + have, want - have, at + have);
    if (got < 0)
        return read_fault(r->segment, errno, e);
    r->n = have + (size_t)got;
    *p = r->window;
    return r->n >= n ? ERR_OK : ERR_MORE;
}

/* --- Damage ---------------------------------------------------------------------------------- */

bool lane_reader_damage(struct lane_reader *r, struct lane_place *at)
{
    if (r->damages == 0)
        return false;
    *at = r->damage[0];
    memmove(r->damage, r->damage + 1, --r->damages * sizeof(*r->damage));
    return true;
}

static void note_damage(struct lane_reader *r, uint32_t segment, uint64_t at)
{
    if (r->damages < LANE_DAMAGES)
        r->damage[r->damages++] = (struct lane_place){ .segment = segment, .bytes = at };
}

/* The segment at hand ends here, and the next one says how far it counted: this one, or one between
 * them that is not there or has no head any more. */
static void look_for_damage(struct lane_reader *r)
{
    if (r->before.segment > r->segment)
        note_damage(r, r->before.segment, 0);
    else if (r->before.segment == r->segment && r->before.bytes > r->at)
        note_damage(r, r->segment, r->at);
}

/* Before the first segment that has a head there are such as have none: did they count? */
static int look_before(struct lane_reader *r, const struct segment_head *h, struct err *e)
{
    uint32_t number;
    int rc;

    if (h->before.segment == 0 || h->before.segment < r->segment || h->before.segment >= h->segment)
        return ERR_OK;
    rc = find_number(r->dir, h->before.segment, h->before.segment, false, &number, e);
    if (rc == ERR_OK && number != 0)
        note_damage(r, number, 0);
    return rc;
}

/* --- Segments -------------------------------------------------------------------------------- */

static int size_of(int fd, uint64_t *size)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return errno;
    *size = (uint64_t)st.st_size;
    return 0;
}

/* A descriptor, or -1 with errno. */
static int segment_open(const struct lane_reader *r, uint32_t number)
{
    char name[LANE_NAME_BYTES];
    int fd = -1;

    lane_segment_name(name, number);
    for (int i = 0; i <= EINTR_MAX && fd < 0; i++) {
        fd = r->io->open(r->io->arg, r->dir, name, O_RDONLY, 0);
        if (fd < 0 && errno != EINTR)
            break;
    }
    return fd;
}

static int held_fd(const struct lane_reader *r, uint32_t number)
{
    for (uint32_t i = 0; i < r->held_count; i++) {
        if (r->held[i].number == number)
            return r->held[i].fd;
    }
    return -1;
}

/* The least number of at least `from` that is held, or `other` when that is less; 0: none. */
static uint32_t held_number(const struct lane_reader *r, uint32_t from, uint32_t other)
{
    for (uint32_t i = 0; i < r->held_count; i++) {
        uint32_t n = r->held[i].number;

        if (n >= from)
            return other == 0 || n < other ? n : other;
    }
    return other;
}

int lane_reader_hold(struct lane_reader *r, struct err *e)
{
    uint32_t from = 1;

    while (r->held_count < LANE_HELD_MAX && from != 0) {
        uint32_t number;
        int rc = find_number(r->dir, from, UINT32_MAX, false, &number, e), fd;

        if (rc != ERR_OK || number == 0)
            return rc;
        fd = segment_open(r, number);
        if (fd < 0 && errno != ENOENT)
            return ERR_OK; /* too many are open, it may be: what is read later tells */
        if (fd >= 0) {
            r->held[r->held_count].number = number;
            r->held[r->held_count++].fd = fd;
        }
        from = number + 1;
    }
    return ERR_OK;
}

/* Open segment `number` and read its head: 1, 0 when it has none that checks (*size is all that is
 * known then) or is gone (*size is 0), or a negative code. */
static int head_open(const struct lane_reader *r, uint32_t number, int *fd, uint64_t *size,
                     struct segment_head *h, struct err *e)
{
    uint8_t head[LANE_HEAD_BYTES];
    ssize_t got;
    int error;

    *size = 0;
    *fd = held_fd(r, number);
    if (*fd < 0)
        *fd = segment_open(r, number);
    if (*fd < 0)
        return errno == ENOENT ? 0 : read_fault(number, errno, e);
    got = read_at(r, *fd, head, sizeof(head), 0);
    error = got < 0 ? errno : size_of(*fd, size);
    if (error == 0 && got == (ssize_t)sizeof(head) && segment_head_read(head, h)) {
        if (h->version == LANE_VERSION && h->segment == number)
            return 1;
        if (h->version != LANE_VERSION)
            error = EPROTO;
    }
    segment_close(r, *fd);
    *fd = -1;
    if (error == EPROTO)
        return err_set(e, ERR_UNSUPPORTED, 0,
                       "Segment %u of a lane is of version %u, later than "
                       "this program.",
                       number, h->version);
    return error != 0 ? read_fault(number, error, e) : 0;
}

/* The first segment from `from` on whose head checks: 1 with its open descriptor, 0 when there is
 * none, or a negative code. *skipped: bytes of those before whose heads do not. */
static int head_find(const struct lane_reader *r, uint32_t from, int *fd, struct segment_head *h,
                     uint64_t *skipped, struct err *e)
{
    *skipped = 0;
    *fd = -1;
    while (from != 0) {
        uint32_t number;
        uint64_t size;
        int rc = find_number(r->dir, from, UINT32_MAX, false, &number, e);

        if (rc != ERR_OK)
            return rc;
        number = held_number(r, from, number);
        if (number == 0)
            return 0;
        rc = head_open(r, number, fd, &size, h, e);
        if (rc != 0)
            return rc;
        *skipped += size;
        from = number + 1; /* 0 behind the last that can be: the end */
    }
    return 0;
}

/* Is a later segment there? Then this one is closed. 1, 0 or a negative code. */
static int close_look(struct lane_reader *r, struct err *e)
{
    struct segment_head next;
    uint64_t skipped;
    int fd, rc;

    if (r->closed || r->segment == UINT32_MAX)
        return r->closed;
    rc = head_find(r, r->segment + 1, &fd, &next, &skipped, e);
    if (rc <= 0)
        return rc;
    segment_close(r, fd);
    r->closed = true;
    r->counts = UINT64_MAX;
    r->before = next.before;
    if (next.before.segment == r->segment)
        r->counts = next.before.bytes;
    else if (next.before.segment != 0 && next.before.segment < r->segment)
        r->counts = 0;
    return 1;
}

/* The next segment from r->segment on: 1 when one is open now. */
static int segment_enter(struct lane_reader *r, struct err *e)
{
    struct segment_head h;
    uint64_t skipped;
    int fd, rc = head_find(r, r->segment == 0 ? 1 : r->segment, &fd, &h, &skipped, e);

    if (rc <= 0)
        return rc;
    r->torn += skipped;
    if (r->before.segment == 0) {
        rc = look_before(r, &h, e);
        if (rc != ERR_OK) {
            (void)close(fd); /* only read */
            return rc;
        }
    }
    if (h.segment != r->segment || r->at < LANE_HEAD_BYTES) {
        r->at = LANE_HEAD_BYTES;
        r->sequence = h.sequence;
    }
    r->linked = r->at == LANE_HEAD_BYTES;
    r->link = h.hash;
    r->fd = fd;
    r->segment = h.segment;
    r->lane = h.lane;
    r->size = r->whole = 0;
    r->n = 0;
    r->jumped = r->closed = false;
    return 1;
}

static void segment_leave(struct lane_reader *r)
{
    uint64_t size = 0, used = r->counts < LANE_HEAD_BYTES ? 0 : r->at;

    if (size_of(r->fd, &size) == 0 && size > used)
        r->torn += size - used;
    look_for_damage(r);
    segment_close(r, r->fd);
    r->fd = -1;
    r->segment++;
    r->at = 0;
}

static void go_to(struct lane_reader *r, struct lane_place to)
{
    segment_close(r, r->fd);
    r->fd = -1;
    r->segment = to.segment;
    r->at = to.bytes;
    r->sequence = to.sequence;
}

int lane_reader_seek(struct lane_reader *r, struct lane_place from, struct err *e)
{
    uint32_t number;
    int rc;

    go_to(r, from);
    if (from.segment == 0)
        return ERR_OK;
    rc = find_number(r->dir, from.segment, from.segment, false, &number, e);
    if (rc != ERR_OK || number != 0)
        return rc;
    r->at = 0;
    return err_set(e, ERR_NOTFOUND, 0, "Segment %u of a lane is gone.", from.segment);
}

int lane_reader_seek_state(struct lane_reader *r, struct err *e)
{
    unsigned kinds = r->kinds;
    uint64_t torn = r->torn;
    uint32_t number = UINT32_MAX;
    struct lane_frame f;
    int rc;

    r->kinds = 1u << LANE_STATE;
    do {
        rc = find_number(r->dir, 1, number, true, &number, e);
        if (rc != ERR_OK || number == 0)
            break;
        go_to(r, (struct lane_place){ .segment = number });
        rc = lane_reader_next(r, &f, e);
        if (rc < 0 || (rc == 1 && f.segment == number))
            break;
        number--;
    } while (number > 0);
    go_to(r, (struct lane_place){ .segment = number });
    r->kinds = kinds;
    r->torn = torn;
    return rc < 0 ? rc : ERR_OK;
}

/* --- Frames ---------------------------------------------------------------------------------- */

enum look { LOOK_END, LOOK_BAD, LOOK_FRAME }; /* and negative codes */

/* Where frames must end, without the file's size. */
static uint64_t bound(const struct lane_reader *r)
{
    uint64_t b = UINT64_MAX;

    if (r->limited && r->segment >= r->limit.segment)
        b = r->segment == r->limit.segment ? r->limit.bytes : 0;
    return r->closed && r->counts < b ? r->counts : b;
}

/* Is all up to `end` in the file? LOOK_FRAME when it is. */
static int in_file(struct lane_reader *r, uint64_t end, struct err *e)
{
    int error;

    if (end <= r->size)
        return LOOK_FRAME;
    error = size_of(r->fd, &r->size);
    if (error != 0)
        return read_fault(r->segment, error, e);
    return end <= r->size ? LOOK_FRAME : LOOK_BAD;
}

/* The head at `at`; `link`: of the one before, NULL when that was not read. */
static int head_look(struct lane_reader *r, uint64_t at, const uint64_t *link, struct frame_head *h,
                     struct err *e)
{
    const uint8_t *p;
    int rc = in_file(r, at + LANE_FRAME_BYTES, e);

    if (rc != LOOK_FRAME)
        return rc;
    rc = window(r, at, LANE_FRAME_BYTES, &p, e);
    if (rc != ERR_OK)
        return rc == ERR_MORE ? LOOK_BAD : rc;
    return frame_head_read(p, h) && (link == NULL || h->link == *link) ? LOOK_FRAME : LOOK_BAD;
}

/* Does the body at `at` check? A window at a time, for it is not held. */
static int body_look(struct lane_reader *r, uint64_t at, const struct frame_head *h, struct err *e)
{
    XXH3_state_t state;
    int rc = in_file(r, at + lane_padded(h->bytes), e);

    if (rc != LOOK_FRAME)
        return rc;
    XXH3_INITSTATE(&state);
    (void)XXH3_64bits_reset(&state); /* fails for NULL only, as does the update */
    for (size_t left = h->bytes, some; left > 0; left -= some, at += some) {
        const uint8_t *p;

        some = left < WINDOW_BYTES ? left : WINDOW_BYTES;
        rc = window(r, at, some, &p, e);
        if (rc != ERR_OK)
            return rc == ERR_MORE ? LOOK_BAD : rc;
        (void)XXH3_64bits_update(&state, p, some);
    }
    return XXH3_64bits_digest(&state) == h->body_hash ? LOOK_FRAME : LOOK_BAD;
}

/* Is the group whole whose next frame is at r->at, with the head `h`? Bodies of all kinds, for what
 * was cut may be of any. Then r->whole is behind it. */
static int group_look(struct lane_reader *r, struct frame_head h, struct err *e)
{
    uint64_t at = r->at, link;
    bool more;
    int rc;

    r->jumped = false;
    do {
        more = h.more;
        link = h.hash;
        rc = body_look(r, at + LANE_FRAME_BYTES, &h, e);
        at += LANE_FRAME_BYTES + lane_padded(h.bytes);
        if (rc == LOOK_FRAME && more)
            rc = head_look(r, at, &link, &h, e);
    } while (rc == LOOK_FRAME && more);
    if (rc == LOOK_FRAME)
        r->whole = at;
    return rc;
}

/* The frame at r->at: its head, and its body when it is wanted. Nothing is moved on. */
static int look(struct lane_reader *r, struct frame_head *h, struct span *body, struct err *e)
{
    uint64_t end = r->at + LANE_FRAME_BYTES;
    const uint8_t *p;
    int rc;

    if (end > bound(r))
        return LOOK_END;
    rc = head_look(r, r->at, r->linked ? &r->link : NULL, h, e);
    if (rc != LOOK_FRAME)
        return rc;
    end += lane_padded(h->bytes);
    if (end > bound(r))
        return LOOK_END;
    rc = in_file(r, end, e);
    if (rc == LOOK_FRAME && h->more && r->at >= r->whole && bound(r) == UINT64_MAX)
        rc = group_look(r, *h, e);
    *body = SPAN_NONE;
    if (rc != LOOK_FRAME || h->kind >= LANE_KINDS || (r->kinds & 1u << h->kind) == 0)
        return rc;
    rc = window(r, r->at + LANE_FRAME_BYTES, h->bytes, &p, e);
    if (rc != ERR_OK)
        return rc == ERR_MORE ? LOOK_BAD : rc;
    *body = (struct span){ p, h->bytes };
    return lane_hash(*body) == h->body_hash ? LOOK_FRAME : LOOK_BAD;
}

/* Behind the frame. True when it is of a wanted kind. */
static bool move_on(struct lane_reader *r, const struct frame_head *h, struct span body,
                    struct lane_frame *f)
{
    bool wanted = h->kind < LANE_KINDS && (r->kinds & 1u << h->kind) != 0;

    if (wanted)
        *f = (struct lane_frame){
            (enum lane_kind)h->kind, r->lane, r->segment, h->count, r->at, h->sequence, h->matched,
            h->receipt_ns,           body
        };
    r->at += LANE_FRAME_BYTES + lane_padded(h->bytes);
    r->jumped = !wanted;
    r->linked = true;
    r->link = h->hash;
    r->sequence = h->sequence + (h->kind == LANE_EVENTS ? h->count : 0);
    return wanted;
}

/* Nothing (more) checks in this segment: 1 to go on, 0 at the end for now, or a negative code. */
static int segment_end(struct lane_reader *r, int why, struct err *e)
{
    bool was_closed = r->closed;
    int rc;

    r->n = 0; /* what did not check may do so when it is read again */
    r->size = 0;
    if (r->limited && r->segment >= r->limit.segment) {
        if (why != LOOK_BAD)
            return 0;
        return err_set(e, ERR_CORRUPT, (size_t)r->at,
                       "Segment %u of a lane is damaged at byte %llu.", r->segment,
                       (unsigned long long)r->at);
    }
    rc = close_look(r, e);
    if (rc <= 0)
        return rc;
    if (was_closed) /* else more may have come before it was */
        segment_leave(r);
    return 1;
}

int lane_reader_next(struct lane_reader *r, struct lane_frame *f, struct err *e)
{
    for (;;) {
        struct frame_head h;
        struct span body;
        int rc;

        if (r->limited && r->segment > r->limit.segment)
            return 0;
        if (r->fd < 0) {
            rc = segment_enter(r, e);
            if (rc <= 0)
                return rc;
            rc = close_look(r, e);
        } else {
            rc = r->limited && r->segment < r->limit.segment ? close_look(r, e) : 0;
        }
        if (rc < 0)
            return rc;
        rc = look(r, &h, &body, e);
        if (rc < 0)
            return rc;
        if (rc == LOOK_FRAME) {
            if (move_on(r, &h, body, f))
                return 1;
            continue;
        }
        rc = segment_end(r, rc, e);
        if (rc <= 0)
            return rc;
    }
}

/* --- Bodies ---------------------------------------------------------------------------------- */

bool lane_next_event(struct lane_frame *f, struct lane_read_event *ev)
{
    const uint8_t *p = f->body.p;
    uint32_t n;

    if (f->body.n < LANE_RECORD_BYTES)
        return false;
    n = bytes_u32(p);
    if (n > f->body.n - LANE_RECORD_BYTES)
        return false;
    *ev = (struct lane_read_event){ f->sequence++,
                                    bytes_u32(p + 4),
                                    bytes_u16(p + 8),
                                    bytes_u16(p + 10),
                                    (int64_t)((uint64_t)f->receipt_ns + bytes_u32(p + 12)),
                                    { p + LANE_RECORD_BYTES, n } };
    f->body = span_from(f->body, LANE_RECORD_BYTES + (size_t)n);
    return true;
}

bool lane_next_record(struct lane_frame *f, struct span *record)
{
    uint32_t n;

    if (f->body.n < 4)
        return false;
    n = bytes_u32(f->body.p);
    if (n > f->body.n - 4)
        return false;
    *record = (struct span){ f->body.p + 4, n };
    f->body = span_from(f->body, 4 + (size_t)n);
    return true;
}
