/*
 * spill.c - external merge sort.
 *
 *   memory: | record record record ...>            free            <... entry entry entry |
 *
 * Records grow from the front, their entries (key, place) from the back; when they meet, the
 * entries are sorted and the records written in that order as a run. On disk a record is its key,
 * its length and its bytes. While merging, the same memory is cut into one window a run; a heap
 * holds the runs by their next key. A record that is larger than a window is read whole into
 * `big`.
 */
#include "os/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/file.h"

#define HEAD_BYTES  20u /* time 8, order 8, bytes 4 */
#define WRITE_BYTES ((size_t)256 * 1024)
#define WINDOW_MIN  256u
#define MEMORY_MIN  65536u

struct entry {
    struct spill_key key;
    uint32_t at; /* in 16-byte steps from the start of memory */
    uint32_t bytes;
};

/* One sorted run: on disk with a window in memory, or (the last) wholly in memory. */
struct run {
    uint64_t at, end; /* of the file: what is not in the window yet */
    uint8_t *window;
    size_t room, n, used;
    const struct entry *entry; /* in memory: the next one, ascending */
    size_t entries;
    struct spill_key key; /* of the next record */
    uint32_t bytes;
};

struct spill {
    uint8_t *memory;
    size_t room, front; /* records fill memory[0..front) */
    size_t entries;     /* the last `entries` struct entry of memory */
    uint64_t count;
    int fd;
    uint64_t written;
    struct run *runs;
    size_t run_count, run_cap;
    size_t *heap;
    size_t heap_count;
    struct buf big;
    bool reading, taken; /* taken: runs[heap[0]]'s record was handed out */
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to sort findings in.");
}

/* --- files that are held -------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    int fd[SPILL_HELD_MAX];
    bool used[SPILL_HELD_MAX];
    unsigned count;
} held = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int new_file(struct err *e);

int spill_hold(unsigned count, struct err *e)
{
    int rc = ERR_OK;

    MUST(pthread_mutex_lock(&held.lock) == 0);
    while (held.count < count && held.count < SPILL_HELD_MAX && rc == ERR_OK) {
        held.fd[held.count] = new_file(e);
        if (held.fd[held.count] < 0)
            rc = ERR_IO;
        else
            held.count++;
    }
    MUST(pthread_mutex_unlock(&held.lock) == 0);
    return rc;
}

int spill_file(struct err *e)
{
    int fd = -1;

    MUST(pthread_mutex_lock(&held.lock) == 0);
    for (unsigned i = 0; i < held.count && fd < 0; i++) {
        if (held.used[i])
            continue;
        held.used[i] = true;
        fd = held.fd[i];
    }
    MUST(pthread_mutex_unlock(&held.lock) == 0);
    return fd >= 0 ? fd : new_file(e);
}

void spill_close(int fd)
{
    bool is_held = false;

    MUST(pthread_mutex_lock(&held.lock) == 0);
    for (unsigned i = 0; i < held.count && !is_held; i++) {
        is_held = held.fd[i] == fd;
        /* One that cannot be emptied is not used again. */
        if (is_held)
            held.used[i] = ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0;
    }
    MUST(pthread_mutex_unlock(&held.lock) == 0);
    if (!is_held)
        (void)close(fd); /* nobody reads it any more */
}

static int new_file(struct err *e)
{
    const char *folder = getenv("TMPDIR");
    char path[FILE_PATH_BYTES];
    int fd, n;

    if (folder == NULL || folder[0] == 0)
        folder = "/var/tmp";
    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    n = snprintf(path, sizeof(path), "%s/canh-XXXXXX", folder);
    if (n > 0 && (size_t)n < sizeof(path))
        fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        (void)err_set(e, ERR_IO, 0, "No temporary file can be made in %.120s (TMPDIR): %s.", folder,
                      strerror(errno));
    else
        (void)unlink(path); /* then it has a name until the end: no harm */
    return fd;
}

int spill_new(struct spill **out, size_t memory_bytes, struct err *e)
{
    struct spill *s = calloc(1, sizeof(*s));

    *out = NULL;
    MUST(memory_bytes >= MEMORY_MIN && memory_bytes / 16 < UINT32_MAX);
    if (s == NULL)
        return no_memory(e);
    s->fd = -1;
    s->room = memory_bytes / sizeof(struct entry) * sizeof(struct entry);
    s->memory = malloc(s->room);
    buf_init(&s->big, s->room);
    if (s->memory == NULL) {
        spill_free(&s);
        return no_memory(e);
    }
    *out = s;
    return ERR_OK;
}

void spill_free(struct spill **ps)
{
    struct spill *s = *ps;

    *ps = NULL;
    if (s == NULL)
        return;
    if (s->fd >= 0)
        spill_close(s->fd);
    free(s->memory);
    free(s->runs);
    free(s->heap);
    buf_release(&s->big);
    free(s);
}

uint64_t spill_count(const struct spill *s)
{
    return s->count;
}

/* --- Adding --------------------------------------------------------------------------------- */

static struct entry *entries_of(struct spill *s)
{
    return (struct entry *)(void *)(s->memory + s->room) - s->entries;
}

static int key_order(const struct spill_key *a, const struct spill_key *b)
{
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return a->order != b->order ? (a->order < b->order ? -1 : 1) : 0;
}

static int entry_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int o = key_order(&x->key, &y->key);

    return o != 0 ? o : (x->at > y->at) - (x->at < y->at);
}

static struct run *run_add(struct spill *s, struct err *e)
{
    if (s->run_count == s->run_cap) {
        size_t cap = s->run_cap == 0 ? 16 : s->run_cap * 2;
        struct run *more = realloc(s->runs, cap * sizeof(*more));

        if (more == NULL) {
            (void)no_memory(e);
            return NULL;
        }
        s->runs = more;
        s->run_cap = cap;
    }
    s->runs[s->run_count] = (struct run){ 0 };
    return &s->runs[s->run_count++];
}

static void head_put(uint8_t *p, const struct entry *x)
{
    memcpy(p, &x->key.time, 8);
    memcpy(p + 8, &x->key.order, 8);
    memcpy(p + 16, &x->bytes, 4);
}

static int run_flush(struct spill *s, struct buf *out, struct err *e)
{
    if (buf_failed(out))
        return no_memory(e);
    if (!file_write_all(s->fd, buf_span(out)))
        return err_set(e, ERR_IO, 0, "The temporary file cannot be written: %s.", strerror(errno));
    s->written += out->n;
    buf_clear(out);
    return ERR_OK;
}

/* Everything in memory becomes a run of the file. */
static int run_write(struct spill *s, struct err *e)
{
    struct entry *entry = entries_of(s);
    struct run *r = run_add(s, e);
    struct buf out;
    int rc = ERR_OK;

    if (r == NULL)
        return ERR_NOMEM;
    if (s->fd < 0 && (s->fd = spill_file(e)) < 0)
        return ERR_IO;
    qsort(entry, s->entries, sizeof(*entry), entry_order);
    buf_init(&out, s->room + WRITE_BYTES);
    r->at = s->written;
    for (size_t i = 0; i < s->entries && rc == ERR_OK; i++) {
        uint8_t head[HEAD_BYTES];

        head_put(head, &entry[i]);
        buf_add(&out, (struct span){ head, sizeof(head) });
        buf_add(&out, (struct span){ s->memory + (size_t)entry[i].at * 16, entry[i].bytes });
        if (out.n >= WRITE_BYTES)
            rc = run_flush(s, &out, e);
    }
    if (rc == ERR_OK)
        rc = run_flush(s, &out, e);
    r->end = s->written;
    buf_release(&out);
    s->front = 0;
    s->entries = 0;
    return rc;
}

int spill_add(struct spill *s, struct spill_key key, struct span record, struct err *e)
{
    size_t bytes = record.n / 16 * 16 + 16; /* never none: places tell equal keys apart */
    int rc;

    MUST(!s->reading);
    if (record.n > s->room / 4 - 16)
        return err_set(e, ERR_LIMIT, 0, "A record of %zu bytes is too large to sort.", record.n);
    if (s->front + bytes + (s->entries + 1) * sizeof(struct entry) > s->room) {
        rc = run_write(s, e);
        if (rc != ERR_OK)
            return rc;
    }
    if (record.n > 0)
        memcpy(s->memory + s->front, record.p, record.n);
    s->entries++;
    entries_of(s)[0] = (struct entry){ key, (uint32_t)(s->front / 16), (uint32_t)record.n };
    s->front += bytes;
    s->count++;
    return ERR_OK;
}

/* --- Reading -------------------------------------------------------------------------------- */

/* The run's next `n` bytes of the file. */
static int run_read(struct spill *s, struct run *r, uint8_t *dst, size_t n, struct err *e)
{
    if (!file_read_at(s->fd, r->at, dst, n))
        return err_set(e, ERR_IO, 0, "The temporary file cannot be read back: %s.",
                       errno != 0 ? strerror(errno) : "it is cut");
    r->at += n;
    return ERR_OK;
}

/* Have at least `want` bytes in the window, which has room for them; fewer at the run's end. */
static int window_fill(struct spill *s, struct run *r, size_t want, struct err *e)
{
    size_t more;
    int rc;

    if (r->n - r->used >= want)
        return ERR_OK;
    memmove(r->window, r->window + r->used, r->n - r->used);
    r->n -= r->used;
    r->used = 0;
    more = r->room - r->n;
    if (more > r->end - r->at)
        more = (size_t)(r->end - r->at);
    rc = run_read(s, r, r->window + r->n, more, e);
    if (rc == ERR_OK)
        r->n += more;
    return rc;
}

/* The head of the run's next record: 1, 0 at its end, or a negative code. */
static int run_head(struct spill *s, struct run *r, struct err *e)
{
    int rc;

    if (r->window == NULL) {
        if (r->entries == 0)
            return 0;
        r->key = r->entry->key;
        r->bytes = r->entry->bytes;
        return 1;
    }
    rc = window_fill(s, r, HEAD_BYTES, e);
    if (rc != ERR_OK)
        return rc;
    if (r->n - r->used == 0)
        return 0;
    MUST(r->n - r->used >= HEAD_BYTES);
    memcpy(&r->key.time, r->window + r->used, 8);
    memcpy(&r->key.order, r->window + r->used + 8, 8);
    memcpy(&r->bytes, r->window + r->used + 16, 4);
    r->used += HEAD_BYTES;
    return 1;
}

/* A record that does not fit in the window. */
static int run_big(struct spill *s, struct run *r, struct span *record, struct err *e)
{
    size_t have = r->n - r->used;
    int rc;

    buf_clear(&s->big);
    buf_add(&s->big, (struct span){ r->window + r->used, have });
    if (!buf_reserve(&s->big, r->bytes - have))
        return no_memory(e);
    rc = run_read(s, r, s->big.p + have, r->bytes - have, e);
    if (rc != ERR_OK)
        return rc;
    s->big.n = r->bytes;
    r->n = r->used = 0;
    *record = buf_span(&s->big);
    return ERR_OK;
}

/* The bytes behind the head that run_head() read. */
static int run_body(struct spill *s, struct run *r, struct span *record, struct err *e)
{
    int rc;

    if (r->window == NULL) {
        *record = (struct span){ s->memory + (size_t)r->entry->at * 16, r->bytes };
        r->entry++;
        r->entries--;
        return ERR_OK;
    }
    if (r->bytes > r->room)
        return run_big(s, r, record, e);
    rc = window_fill(s, r, r->bytes, e);
    if (rc != ERR_OK)
        return rc;
    MUST(r->n - r->used >= r->bytes);
    *record = (struct span){ r->window + r->used, r->bytes };
    r->used += r->bytes;
    return ERR_OK;
}

static bool run_before(const struct spill *s, size_t a, size_t b)
{
    int o = key_order(&s->runs[a].key, &s->runs[b].key);

    return o != 0 ? o < 0 : a < b; /* earlier runs were added earlier */
}

static void heap_down(struct spill *s, size_t i)
{
    for (;;) {
        size_t least = i, l = 2 * i + 1, r = l + 1, x;

        if (l < s->heap_count && run_before(s, s->heap[l], s->heap[least]))
            least = l;
        if (r < s->heap_count && run_before(s, s->heap[r], s->heap[least]))
            least = r;
        if (least == i)
            return;
        x = s->heap[i];
        s->heap[i] = s->heap[least];
        s->heap[least] = x;
        i = least;
    }
}

/* Windows for the runs on disk, in the memory in which they were sorted. */
static void windows_cut(struct spill *s, size_t disk_runs)
{
    size_t each = disk_runs > 0 ? s->room / disk_runs / 16 * 16 : 0;

    for (size_t i = 0; i < disk_runs; i++) {
        s->runs[i].window = s->memory + i * each;
        s->runs[i].room = each;
    }
}

int spill_sort(struct spill *s, struct err *e)
{
    int rc = ERR_OK;

    MUST(!s->reading);
    s->reading = true;
    if (s->run_count > 0 && s->entries > 0)
        rc = run_write(s, e);
    if (rc == ERR_OK && s->run_count > s->room / WINDOW_MIN)
        rc = err_set(e, ERR_LIMIT, 0, "There is too much to sort: %zu runs.", s->run_count);
    if (rc != ERR_OK)
        return rc;
    windows_cut(s, s->run_count);
    if (s->entries > 0) {
        struct run *r = run_add(s, e);

        if (r == NULL)
            return ERR_NOMEM;
        qsort(entries_of(s), s->entries, sizeof(struct entry), entry_order);
        r->entry = entries_of(s);
        r->entries = s->entries;
    }
    s->heap = calloc(s->run_count + 1, sizeof(*s->heap));
    if (s->heap == NULL)
        return no_memory(e);
    for (size_t i = 0; i < s->run_count; i++) {
        rc = run_head(s, &s->runs[i], e);
        if (rc < 0)
            return rc;
        if (rc > 0)
            s->heap[s->heap_count++] = i;
    }
    for (size_t i = s->heap_count; i-- > 0;)
        heap_down(s, i);
    return ERR_OK;
}

int spill_next(struct spill *s, struct spill_key *key, struct span *record, struct err *e)
{
    struct run *r;
    int rc;

    MUST(s->reading);
    if (s->taken) {
        s->taken = false;
        rc = run_head(s, &s->runs[s->heap[0]], e);
        if (rc < 0)
            return rc;
        if (rc == 0)
            s->heap[0] = s->heap[--s->heap_count];
        heap_down(s, 0);
    }
    if (s->heap_count == 0)
        return 0;
    r = &s->runs[s->heap[0]];
    *key = r->key;
    rc = run_body(s, r, record, e);
    if (rc != ERR_OK)
        return rc;
    s->taken = true;
    return 1;
}
