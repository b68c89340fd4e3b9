/*
 * follow.c - see follow.h: the files in turn.
 *
 *   file:   | passed ........... tail |                       |
 *   room:                     [ tail  | block .......... | torn record ]
 *                                                        ^ cut: the next offset
 *
 * Nothing that was read is kept between two turns: what stands behind the cut is read again. So
 * that a long record which grows slowly is not read over and over, a file without a cut is tried
 * again when it has grown by a quarter of what waits, or comes to rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "collect/follow_own.h"
#include "collect/ledger.h"
#include "scan/feed.h"
#include "wire/evtx.h"

#define ROOM_BYTES_KEPT ((size_t)1 << 20)
#define BEGIN_BYTES     4096u
#define EAGER_BYTES     65536u /* so little is read again whenever it has grown */
#define SENTENCE_BYTES  320u

static const uint64_t rests[RESTS] = { [REST_NONE] = 0,
                                       [REST_LINES] = 250,
                                       [REST_BEGIN] = 1000,
                                       [REST_COPIED] = 5000,
                                       [REST_END] = 60000 };

/* --- made and released ------------------------------------------------------------------------ */

int follow_new(struct follow **out, follow_notice_fn *notice, void *arg, struct err *e)
{
    struct follow *f = calloc(1, sizeof(*f));

    *out = f;
    if (f != NULL)
        f->said = calloc(FOLLOW_SAID, sizeof(*f->said));
    if (f == NULL || f->said == NULL) {
        follow_free(out);
        return err_set(e, ERR_NOMEM, 0, "There is no memory to follow files.");
    }
    f->notice = notice;
    f->arg = arg;
    buf_init(&f->checkpoint, PASS_CHECKPOINT_MAX);
    buf_init(&f->source, FOLLOW_SOURCE_MAX + 1);
    buf_init(&f->w3c, PLACE_W3C_MAX);
    buf_init(&f->forget, PASS_KEY_BYTES * (size_t)FOLLOW_KNOWN_MAX);
    return ERR_OK;
}

static void paths_release(struct text_list *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        free((void *)(uintptr_t)l->value[i]);
    free(l->value);
    *l = (struct text_list){ 0 };
}

void file_free(struct file **px)
{
    struct file *x = *px;

    *px = NULL;
    if (x == NULL)
        return;
    if (x->fd >= 0)
        (void)close(x->fd); /* only read */
    place_clear(&x->place);
    place_clear(&x->before);
    free(x->path);
    free(x->name);
    free(x);
}

void follow_free(struct follow **pf)
{
    struct follow *f = *pf;

    *pf = NULL;
    if (f == NULL)
        return;
    for (uint32_t i = 0; i < f->files; i++)
        file_free(&f->file[i]);
    paths_release(&f->paths);
    free(f->missing_ns);
    known_release(&f->known);
    buf_release(&f->forget);
    buf_release(&f->checkpoint);
    buf_release(&f->source);
    buf_release(&f->w3c);
    free(f->file);
    free(f->index);
    free(f->room);
    free(f->said);
    free(f);
}

int follow_paths(struct follow *f, const struct text_list *paths, struct err *e)
{
    struct text_list l = { .value = calloc(paths->count + 1, sizeof(*l.value)) };
    int64_t *missing_ns = calloc(paths->count + 1, sizeof(*missing_ns));

    for (uint32_t i = 0; l.value != NULL && i < paths->count; i++) {
        size_t n = strlen(paths->value[i]);

        while (n > 1 && paths->value[i][n - 1] == '/')
            n--;
        if (n == 0 || n >= FILE_PATH_BYTES) {
            paths_release(&l);
            free(missing_ns);
            return err_set(e, ERR_USAGE, 0, "This is no path to follow: '%.100s'.",
                           paths->value[i]);
        }
        l.value[l.count] = strndup(paths->value[i], n);
        if (l.value[l.count] == NULL)
            break;
        l.count++;
    }
    if (l.count < paths->count || l.value == NULL || missing_ns == NULL) {
        paths_release(&l);
        free(missing_ns);
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the paths to follow.");
    }
    paths_release(&f->paths);
    free(f->missing_ns);
    f->paths = l;
    f->missing_ns = missing_ns;
    return ERR_OK;
}

/* --- faults ----------------------------------------------------------------------------------- */

enum counted { COUNTED_ONCE, COUNTED_EACH, COUNTED_FOLDER };

static const struct {
    enum counted counted;
    const char *text;
} faults[] = {
#define X(id, counted, text) { COUNTED_##counted, text },
    FOLLOW_FAULT_TABLE(X)
#undef X
};

/* True the first time; when the table is full, never. */
static bool first_time(struct follow *f, enum follow_fault what, struct span path)
{
    uint64_t hash = (place_hash(path) + 2 * (uint64_t)what) | 1;
    uint32_t at = (uint32_t)(hash >> 32) & (FOLLOW_SAID - 1);

    while (f->said[at] != 0 && f->said[at] != hash)
        at = (at + 1) & (FOLLOW_SAID - 1);
    if (f->said[at] == hash || f->said_count == FOLLOW_SAID / 2)
        return false;
    f->said[at] = hash;
    f->said_count++;
    return true;
}

void follow_fault(struct follow *f, enum follow_fault what, const char *path, const char *why)
{
    enum counted counted = faults[what].counted;
    bool first = first_time(f, what, span_of(path));
    const char *slash = strrchr(path, '/');
    char sentence[SENTENCE_BYTES];

    if (first || counted == COUNTED_EACH)
        f->counts.fault[what]++;
    if (first && counted == COUNTED_FOLDER && slash != NULL)
        first =
            first_time(f, what, (struct span){ (const uint8_t *)path, (size_t)(slash - path) + 1 });
    if (!first)
        return;
    (void)snprintf(sentence, sizeof(sentence), "%.160s %s%s%.60s.", path, faults[what].text,
                   why != NULL ? ": " : "", why != NULL ? why : ""); /* may be cut */
    f->notice(f->arg, sentence);
}

/* --- a collector begins ----------------------------------------------------------------------- */

void follow_reset(struct follow *f)
{
    known_release(&f->known);
    buf_clear(&f->forget);
    f->started = false;
    f->scans = 0;
    f->durable = 0;
}

void follow_checkpoint(struct follow *f, struct span checkpoint)
{
    struct mark m;

    if (!mark_read(checkpoint, &m))
        return; /* the journal's, or one of another version: that file is read again */
    if (!known_put(&f->known, checkpoint))
        follow_fault(f, FOLLOW_MEMORY, "A checkpoint", NULL);
}

void file_settle(struct follow *f, struct file *x)
{
    const struct known_row *row = known_find(&f->known, x->dev, x->ino, x->name, x->fd, x->size);
    char *name = NULL;
    struct mark m;

    place_clear(&x->place); /* `before` stays: its copy may not have been decided durably */
    x->last_number = 0;
    x->tried_size = UINT64_MAX;
    x->passed_over = x->tell = x->unsure = false;
    if (row == NULL || !mark_read((struct span){ row->p, row->n }, &m)) {
        x->unsure = file_is_suspect(f, x);
        return;
    }
    name = strndup((const char *)m.path.p, m.path.n);
    if (name == NULL || !place_copy(&x->place, &m.place)) {
        free(name);
        follow_fault(f, FOLLOW_MEMORY, x->path, NULL);
        return;
    }
    free(x->name);
    x->name = name;
    x->moved = x->moved || strcmp(x->path, x->name) != 0;
    known_drop(&f->known, row);
}

void follow_start(struct follow *f, uint64_t now_ms)
{
    f->started = true;
    follow_look(f, now_ms);
    for (uint32_t i = 0; i < f->files; i++)
        file_settle(f, f->file[i]);
    follow_scan(f, now_ms);
}

/* --- rest ------------------------------------------------------------------------------------- */

enum rest file_rest(const struct file *x, uint64_t now_ms)
{
    uint64_t ms = now_ms - x->changed_ms;
    enum rest r = REST_END;

    while (rests[r] > ms)
        r--;
    return r;
}

/* Written to, and as long as what was passed: truncated and filled again to the same size? */
static bool is_another(const struct file *x)
{
    return x->place.begun && !x->passed_over && !x->unsure && x->size == x->place.offset &&
           !place_is_there(&x->place, x->fd, x->size);
}

static void file_look(struct follow *f, struct file *x, uint64_t now_ms)
{
    struct stat st;
    int64_t time_ns;

    if (fstat(x->fd, &st) != 0)
        return; /* reading it tells why */
    time_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    if (x->size == (uint64_t)st.st_size && x->time_ns == time_ns)
        return;
    if (x->size == (uint64_t)st.st_size && is_another(x))
        file_restart(f, x);
    if ((uint64_t)st.st_size < x->size)
        x->passed_over = false; /* it may be something else now */
    x->size = (uint64_t)st.st_size;
    x->time_ns = time_ns;
    x->changed_ms = now_ms;
}

void follow_look(struct follow *f, uint64_t now_ms)
{
    for (uint32_t i = 0; i < f->files; i++)
        file_look(f, f->file[i], now_ms);
}

static bool has_more(const struct file *x)
{
    return !x->passed_over && x->size != x->place.offset;
}

uint64_t follow_due_ms(const struct follow *f, uint64_t now_ms)
{
    uint64_t due = FOLLOW_SCAN_MS;

    for (uint32_t i = 0; i < f->files; i++) {
        const struct file *x = f->file[i];
        enum rest r = file_rest(x, now_ms);
        uint64_t ms;

        if (!(has_more(x) || x->unsure || x->gone) || r == REST_END)
            continue;
        ms = rests[r + 1] - (now_ms - x->changed_ms);
        due = ms < due ? ms : due;
    }
    return due;
}

/* --- where a block ends ----------------------------------------------------------------------- */

/* One turn of one file. */
struct turn {
    struct follow *f;
    struct file *x;
    enum rest rest;
    bool ending; /* it is idle and no longer where it was: its rest is passed as it is */
    struct cut cut;
    struct span in; /* read, from the offset on */
    bool full;      /* there may be more in the file */
    uint8_t head[PLACE_HEAD_BYTES];
    size_t head_n;
};

/* Up to `n` bytes; fewer at the file's end. False with errno set. */
static bool read_up_to(int fd, uint64_t at, uint8_t *dst, size_t n, size_t *got)
{
    *got = 0;
    while (*got < n) {
        ssize_t r = pread(fd, dst + *got, n - *got, (off_t)(at + *got));

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return false;
        if (r == 0)
            break;
        *got += (size_t)r;
    }
    return true;
}

/* Whole lines at the end of a file at rest, but no part of a JSON text that is not whole. */
static size_t lines_at_rest(struct span in)
{
    struct cut objects = { .mode = CUT_ARRAY };
    const uint8_t *end = in.n > 0 ? memrchr(in.p, '\n', in.n) : NULL;
    size_t n = end != NULL ? (size_t)(end - in.p) + 1 : 0, at = 0;

    while (at < n && ascii_is_blank(in.p[at]))
        at++;
    if (at < n && in.p[at] == '{')
        return cut_find(&objects, (struct span){ in.p + at, n - at }) > 0 ? n : 0;
    return n;
}

/* Bytes of t->in up to the cut; 0 when more must come first. */
static size_t turn_cut(struct turn *t)
{
    size_t head = t->x->place.offset == 0 && t->cut.mode == CUT_CHUNKS ? EVTX_HEADER_BYTES : 0;
    size_t n;

    if (t->in.n > head) {
        n = cut_find(&t->cut, span_from(t->in, head));
        if (n > 0)
            return head + n;
    }
    if (t->full && t->in.n < LIMIT_RECORD_BYTES)
        return 0;
    if (t->in.n >= LIMIT_RECORD_BYTES) {
        follow_fault(t->f, FOLLOW_LONG, t->x->path, NULL);
        return cut_force(t->in);
    }
    if (t->ending)
        return t->in.n;
    if (t->cut.mode == CUT_LINES && t->rest >= REST_LINES)
        return lines_at_rest(t->in);
    return 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

void file_restart(struct follow *f, struct file *x)
{
    follow_fault(f, FOLLOW_TRUNCATED, x->path, NULL);
    if (x->place.offset > 0) {
        place_clear(&x->before);
        x->before = x->place;
    }
    x->place = (struct place){ 0 };
    x->tried_size = UINT64_MAX;
    x->passed_over = x->unsure = x->tell = false;
}

static bool read_fault(struct turn *t)
{
    follow_fault(t->f, FOLLOW_UNREADABLE, t->x->path, strerror(errno));
    return false;
}

static bool room_for(struct turn *t, size_t want)
{
    struct follow *f = t->f;
    uint8_t *room;

    if (want <= f->room_cap && (f->room_cap <= ROOM_BYTES_KEPT || want > ROOM_BYTES_KEPT))
        return true;
    room = realloc(f->room, want);
    if (room == NULL) {
        follow_fault(f, FOLLOW_MEMORY, t->x->path, NULL);
        return false;
    }
    f->room = room;
    f->room_cap = want;
    return true;
}

/* What the first bytes of a file in front of us say; true when they prove that it is still the same
 * one, also where they overlap with what was just read. */
static bool head_is_same(const struct turn *t)
{
    const struct place *p = &t->x->place;
    size_t at = (size_t)(p->offset < t->head_n ? p->offset : t->head_n);
    size_t both = t->head_n - at < t->in.n ? t->head_n - at : t->in.n;

    if (t->head_n < PLACE_HEAD_BYTES && t->head_n < p->offset + t->in.n)
        return false; /* shorter than it was a moment ago */
    if (t->head_n < p->head_bytes ||
        place_hash((struct span){ t->head, p->head_bytes }) != p->head_hash)
        return false;
    return p->offset >= t->head_n || memcmp(t->head + at, t->in.p, both) == 0;
}

/* Reads `want` bytes at the offset, and proves the place. False when there is nothing to go on
 * with: the reason is dealt with. */
static bool turn_read(struct turn *t, size_t want)
{
    struct file *x = t->x;
    const struct place *p = &x->place;
    size_t got;

    if (!room_for(t, p->tail_bytes + want))
        return false;
    if (!read_up_to(x->fd, p->offset - p->tail_bytes, t->f->room, p->tail_bytes + want, &got) ||
        !read_up_to(x->fd, 0, t->head, sizeof(t->head), &t->head_n))
        return read_fault(t);
    if (got < p->tail_bytes ||
        place_hash((struct span){ t->f->room, p->tail_bytes }) != p->tail_hash) {
        file_restart(t->f, x);
        return false;
    }
    t->in = (struct span){ t->f->room + p->tail_bytes, got - p->tail_bytes };
    t->full = t->in.n == want;
    if (x->size < p->offset + t->in.n)
        x->size = p->offset + t->in.n; /* it has grown since it was looked at */
    if (!head_is_same(t)) {
        file_restart(t->f, x);
        return false;
    }
    return true;
}

/* Is enough of the file there to tell what it is? */
static bool may_begin(const struct turn *t, struct span head)
{
    size_t at = 0, line;

    if (head.n == BEGIN_BYTES || t->rest >= REST_BEGIN || t->ending)
        return head.n > 0;
    while (at < head.n && ascii_is_blank(head.p[at]))
        at++;
    head = span_from(head, at);
    line = span_find(head, '\n');
    if (line == head.n)
        return false;
    if (head.p[0] == '{' || head.p[0] == '[')
        return span_ends(span_trim((struct span){ head.p, line }), SPAN_LIT("}"));
    return true;
}

static bool pass_over(struct turn *t, enum follow_fault why)
{
    follow_fault(t->f, why, t->x->path, NULL);
    t->x->passed_over = true;
    return false;
}

/* What the file is, from its first bytes; it holds once its first block is passed. False when it
 * cannot be told yet, or nothing of it is read. */
static bool turn_begin(struct turn *t)
{
    static const uint8_t mark[] = { 0xEF, 0xBB, 0xBF };
    struct place *p = &t->x->place;
    uint8_t room[BEGIN_BYTES];
    struct span head = { room, 0 };
    size_t skip = 0;

    if (!read_up_to(t->x->fd, 0, room, sizeof(room), &head.n))
        return read_fault(t);
    if (!may_begin(t, head))
        return false;
    if (span_starts(head, SPAN_LIT("\xFF\xFE")) || span_starts(head, SPAN_LIT("\xFE\xFF")))
        return pass_over(t, FOLLOW_WIDE);
    if (span_starts(head, (struct span){ mark, sizeof(mark) }))
        skip = sizeof(mark);
    skip += cut_begin(&t->cut, span_from(head, skip));
    if (t->cut.mode == CUT_BINARY)
        return pass_over(t, FOLLOW_BINARY);
    if (t->cut.mode == CUT_CHUNKS && t->rest < REST_COPIED && !t->ending)
        return false;
    p->begun = true;
    p->mode = (uint8_t)t->cut.mode;
    p->headers = t->cut.headers;
    p->offset = skip;
    p->head_bytes = (uint16_t)(skip < PLACE_HEAD_BYTES ? skip : PLACE_HEAD_BYTES);
    p->tail_bytes = (uint16_t)(skip < PLACE_TAIL_BYTES ? skip : PLACE_TAIL_BYTES);
    p->head_hash = place_hash((struct span){ room, p->head_bytes });
    p->tail_hash = place_hash((struct span){ room + skip - p->tail_bytes, p->tail_bytes });
    return true;
}

/* --- a block ---------------------------------------------------------------------------------- */

static struct span source_put(struct follow *f, const char *name)
{
    struct span path = span_of(name);
    size_t room = FOLLOW_SOURCE_MAX - 5, skip;

    buf_clear(&f->source);
    buf_text(&f->source, "file:");
    if (path.n > room) {
        skip = path.n - (room - 3);
        while (skip < path.n && (path.p[skip] & 0xC0) == 0x80)
            skip++; /* not within a character */
        buf_text(&f->source, "\xE2\x80\xA6");
        path = span_from(path, skip);
    }
    buf_add(&f->source, path);
    return buf_span(&f->source);
}

struct span file_mark(struct follow *f, const struct file *x)
{
    struct mark m = { .dev = x->dev,
                      .ino = x->ino,
                      .time_ns = x->time_ns,
                      .path = span_of(x->name),
                      .place = x->place };

    buf_clear(&f->checkpoint);
    mark_put(&f->checkpoint, &m);
    return buf_span(&f->checkpoint);
}

/* The place behind `n` bytes of what was read. False when memory is out: nothing has changed. */
static bool place_move(struct turn *t, size_t n, const struct cut *was)
{
    struct place *p = &t->x->place;
    uint64_t offset = p->offset + n;
    size_t tail = offset < PLACE_TAIL_BYTES ? (size_t)offset : PLACE_TAIL_BYTES;
    size_t head = offset < PLACE_HEAD_BYTES ? (size_t)offset : PLACE_HEAD_BYTES;
    uint8_t *w3c = NULL;

    if (memcmp(&was->w3c, &t->cut.w3c, sizeof(was->w3c)) != 0) {
        place_put_header(&t->f->w3c, &t->cut.w3c);
        w3c = malloc(t->f->w3c.n + 1);
        if (w3c == NULL || buf_failed(&t->f->w3c)) {
            free(w3c);
            return false;
        }
        if (t->f->w3c.n > 0)
            memcpy(w3c, t->f->w3c.p, t->f->w3c.n);
        free(p->w3c);
        p->w3c = w3c;
        p->w3c_n = (uint16_t)t->f->w3c.n;
    }
    if (head > p->head_bytes) {
        p->head_hash = place_hash((struct span){ t->head, head });
        p->head_bytes = (uint16_t)head;
    }
    p->tail_hash = place_hash((struct span){ t->in.p + n - tail, tail });
    p->tail_bytes = (uint16_t)tail;
    p->offset = offset;
    p->mode = (uint8_t)t->cut.mode;
    return true;
}

static bool turn_put(struct turn *t, size_t n, const struct cut *was, struct pass_block *b)
{
    struct file *x = t->x;
    bool header = was->mode == CUT_CHUNKS && x->place.offset == 0;

    cut_headers(&t->cut, (struct span){ t->in.p, n });
    *b = (struct pass_block){ .input = INPUT_FILES,
                              .mode = (uint8_t)was->mode,
                              .header = header,
                              .time_ns = x->time_ns,
                              .records = { t->in.p, n } };
    if (!place_move(t, n, was)) {
        follow_fault(t->f, FOLLOW_MEMORY, x->path, NULL);
        return false;
    }
    place_put_header(&t->f->w3c, &was->w3c);
    b->w3c = buf_span(&t->f->w3c);
    b->source = source_put(t->f, x->name);
    b->checkpoint = file_mark(t->f, x);
    x->tried_size = UINT64_MAX;
    return true;
}

/* Nothing was found between here and the file's size. What the file is may be another thing once
 * there is more of it. */
static void not_yet(struct turn *t, bool fresh)
{
    t->x->tried_size = t->in.n > 0 ? t->x->place.offset + t->in.n : t->x->size;
    t->x->tried_rest = t->rest;
    if (fresh)
        t->x->place = (struct place){ 0 };
}

/* Reads more and more until there is a cut; its bytes, or 0. */
static size_t turn_find(struct turn *t)
{
    size_t want = BLOCK_BYTES_USUAL + (t->cut.mode == CUT_CHUNKS ? EVTX_HEADER_BYTES : 0), n;

    do {
        if (!turn_read(t, want))
            return 0;
        n = t->in.n > 0 ? turn_cut(t) : 0;
        want = 2 * want < LIMIT_RECORD_BYTES ? 2 * want : LIMIT_RECORD_BYTES;
    } while (n == 0 && t->full);
    return n;
}

static bool turn_block(struct turn *t, struct pass_block *b)
{
    struct place *p = &t->x->place;
    bool fresh = !p->begun;
    struct cut was;
    size_t n;

    if (fresh && !turn_begin(t)) {
        not_yet(t, fresh);
        return false;
    }
    t->cut.mode = (enum cut_mode)p->mode;
    t->cut.headers = p->headers;
    place_header(&t->cut.w3c, (struct span){ p->w3c, p->w3c_n });
    was = t->cut;
    n = turn_find(t);
    if (n > 0)
        return turn_put(t, n, &was, b);
    if (p->begun) /* else it was restarted */
        not_yet(t, fresh);
    return false;
}

/* --- in turn ---------------------------------------------------------------------------------- */

/* Has anything happened that makes another try worth it? */
static bool is_ready(const struct file *x, enum rest rest)
{
    uint64_t waits = x->tried_size - x->place.offset;

    if (!has_more(x) || (x->unsure && rest < REST_BEGIN))
        return false;
    if (x->size < x->place.offset || x->tried_size == UINT64_MAX || x->size < x->tried_size)
        return true;
    if (rest > x->tried_rest)
        return true;
    return x->size > x->tried_size + (waits > EAGER_BYTES ? waits / 4 : 0);
}

static bool tell_place(struct follow *f, struct file *x, struct pass_block *b)
{
    x->tell = false;
    *b = (struct pass_block){ .input = INPUT_FILES, .mode = x->place.mode, .time_ns = x->time_ns };
    b->source = source_put(f, x->name);
    b->checkpoint = file_mark(f, x);
    return true;
}

static bool file_turn(struct follow *f, struct file *x, uint64_t now_ms, struct pass_block *b)
{
    struct turn t = { .f = f, .x = x };

    for (unsigned tries = 0; tries < 2; tries++) { /* a restarted file once more */
        t.rest = file_rest(x, now_ms);
        t.ending = x->moved && t.rest == REST_END;
        if (!is_ready(x, t.rest))
            return false;
        if (x->unsure)
            file_decide(f, x);
        if (x->tell)
            return tell_place(f, x, b);
        if (x->size < x->place.offset)
            file_restart(f, x);
        else if (turn_block(&t, b))
            return true;
    }
    return false;
}

void follow_forget(struct follow *f, uint64_t dev, uint64_t ino)
{
    if (!buf_reserve(&f->forget, PASS_KEY_BYTES)) {
        f->forget.failed = false; /* it is an orphan after the next start, and forgotten then */
        return;
    }
    mark_key(f->forget.p + f->forget.n, dev, ino);
    f->forget.n += PASS_KEY_BYTES;
}

/* A file that no path leads to and that has nothing to give is closed; its checkpoint is kept in
 * mind, or forgotten when the file is removed. */
static bool close_idle(struct follow *f, struct file *x, uint64_t now_ms)
{
    struct stat st;

    if (!x->gone || has_more(x) || x->last_number > f->durable || file_rest(x, now_ms) < REST_END)
        return false;
    if (fstat(x->fd, &st) == 0 && st.st_nlink > 0)
        return !x->place.begun || known_put(&f->known, file_mark(f, x));
    if (x->place.begun)
        follow_forget(f, x->dev, x->ino);
    return true;
}

static void close_all_idle(struct follow *f, uint64_t now_ms)
{
    for (uint32_t i = 0; i < f->files;) {
        if (!close_idle(f, f->file[i], now_ms)) {
            i++;
            continue;
        }
        file_free(&f->file[i]);
        f->file[i] = f->file[--f->files];
    }
}

static bool forget_next(struct follow *f, struct pass_block *b)
{
    if (f->forget.n < PASS_KEY_BYTES)
        return false;
    f->forget.n -= PASS_KEY_BYTES;
    *b = (struct pass_block){ .input = INPUT_FILES, .mode = CUT_LINES };
    b->source = SPAN_LIT("file:");
    b->checkpoint = (struct span){ f->forget.p + f->forget.n, PASS_KEY_BYTES };
    return true;
}

int follow_next(struct follow *f, uint64_t now_ms, uint64_t number, struct pass_block *b)
{
    if (!f->started)
        return 0;
    if (forget_next(f, b))
        return 1;
    for (uint32_t tried = 0; tried < f->files; tried++) {
        struct file *x;

        f->turn = (f->turn + 1) % f->files;
        x = f->file[f->turn];
        if (!file_turn(f, x, now_ms, b))
            continue;
        x->last_number = number;
        f->counts.blocks++;
        f->counts.bytes += b->records.n;
        return 1;
    }
    close_all_idle(f, now_ms);
    return 0;
}

void follow_durable(struct follow *f, uint64_t number)
{
    if (number > f->durable)
        f->durable = number;
}

uint32_t follow_open(const struct follow *f)
{
    return f->files;
}

const struct follow_counts *follow_counts(const struct follow *f)
{
    return &f->counts;
}
