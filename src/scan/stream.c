/*
 * stream.c - levels of containers over one file.
 *
 *   level 0   the disk (or the journal)         head: its first bytes, looked at and put back
 *   level 1   a member of the archive on level 0
 *   level 2   a member of the archive on level 1 ...
 *
 * libarchive reads level n through level_read(n - 1). Each level begins with a look at its first
 * bytes: when they are those of a container, one more level is put on top; else they are a member.
 * Only the formats of the table below are given to libarchive: it knows others that mere text can
 * be mistaken for.
 */
#include "scan/stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/utf.h"
#include "scan/journal.h"

#define LEVELS          (LIMIT_ARCHIVE_DEPTH + 1)
#define BLOCK_BYTES     65536u
#define BOMB_FREE_BYTES ((uint64_t)256 << 20)
#define NAMES_BYTES_MAX ((size_t)256 << 20)
#define JOURNAL_BYTES   ((size_t)1 << 20)
#define WIDE_BYTES      8192u

struct level {
    struct stream *stream;
    unsigned index;
    struct archive *a; /* whose current member this level is; NULL on level 0 */
    bool alone;        /* a compressed file: its only member bears the file's own name */
    struct span name;  /* of the current member */
    int64_t time_ns;
    uint8_t head[STREAM_HEAD_BYTES];
    size_t head_n, head_used;
    uint8_t block[BLOCK_BYTES]; /* what the archive on top of this level is given */
};

enum wide { WIDE_NONE, WIDE_LE, WIDE_BE };

struct stream {
    const char *path;
    int fd;
    bool regular;
    struct journal *journal;
    struct buf lines; /* of the journal, not yet read */
    size_t lines_used;
    uint64_t size, taken, given;
    struct level *levels[LEVELS];
    unsigned top; /* the level whose member is read */
    bool begun, ended;
    struct arena names;
    enum wide wide;
    uint8_t raw[WIDE_BYTES]; /* UTF-16 bytes that make no whole character yet */
    size_t raw_n;
    uint8_t text[WIDE_BYTES / 2 * 3 + 64]; /* the same in UTF-8, or the head put back */
    size_t text_n, text_used;
};

static const struct {
    struct span magic;
    size_t at;
    bool one; /* holds one nameless member */
} containers[] = {
    { { (const uint8_t *)"\x1f\x8b", 2 }, 0, true },         /* gzip */
    { { (const uint8_t *)"\x28\xb5\x2f\xfd", 4 }, 0, true }, /* zstd */
    { { (const uint8_t *)"\xfd"
                         "7zXZ\0",
        6 },
      0,
      true },                                                /* xz */
    { { (const uint8_t *)"BZh", 3 }, 0, true },              /* bzip2 */
    { { (const uint8_t *)"\x04\x22\x4d\x18", 4 }, 0, true }, /* lz4 */
    { { (const uint8_t *)"PK\3\4", 4 }, 0, false },          /* zip */
    { { (const uint8_t *)"PK\5\6", 4 }, 0, false },          /* an empty zip */
    { { (const uint8_t *)"7z\xbc\xaf\x27\x1c", 6 }, 0, false },
    { { (const uint8_t *)"ustar", 5 }, 257, false }, /* tar */
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to read a file.");
}

/* --- Level 0 ------------------------------------------------------------------------------- */

static int64_t journal_read(struct stream *s, uint8_t *dst, size_t room, struct err *e)
{
    size_t n;

    if (s->lines_used == s->lines.n) {
        int rc = 1;

        buf_clear(&s->lines);
        s->lines_used = 0;
        while (rc > 0 && s->lines.n < JOURNAL_BYTES / 2)
            rc = journal_next(s->journal, &s->lines, e);
        if (rc < 0 && s->lines.n == 0)
            return rc;
        if (buf_failed(&s->lines))
            return no_memory(e);
    }
    n = s->lines.n - s->lines_used;
    n = n < room ? n : room;
    memcpy(dst, s->lines.p + s->lines_used, n);
    s->lines_used += n;
    return (int64_t)n;
}

static int64_t disk_read(struct stream *s, uint8_t *dst, size_t room, struct err *e)
{
    ssize_t n;

    if (s->journal != NULL)
        return journal_read(s, dst, room, e);
    do {
        n = read(s->fd, dst, room);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set(e, ERR_IO, 0, "It cannot be read further: %s.", strerror(errno));
    s->taken += (uint64_t)n;
    return n;
}

/* --- Levels -------------------------------------------------------------------------------- */

static int64_t archive_fault(struct archive *a, struct err *e)
{
    const char *why = archive_error_string(a);

    return err_set(e, ERR_CORRUPT, 0, "The archive cannot be read further: %s.",
                   why != NULL ? why : "it is damaged");
}

/* Bytes of a level that were not looked at. */
static int64_t level_more(struct level *l, uint8_t *dst, size_t room, struct err *e)
{
    ssize_t n;

    if (l->a == NULL)
        return disk_read(l->stream, dst, room, e);
    do {
        n = archive_read_data(l->a, dst, room);
    } while (n == ARCHIVE_RETRY || n == ARCHIVE_WARN);
    return n < 0 ? archive_fault(l->a, e) : n;
}

static int64_t level_read(struct level *l, uint8_t *dst, size_t room, struct err *e)
{
    size_t n = l->head_n - l->head_used;

    if (n == 0)
        return level_more(l, dst, room, e);
    n = n < room ? n : room;
    memcpy(dst, l->head + l->head_used, n);
    l->head_used += n;
    return (int64_t)n;
}

/* Look at the first bytes. A fault behind the first of them shows again when reading. */
static int level_look(struct level *l, struct err *e)
{
    int64_t n = 1;

    l->head_n = l->head_used = 0;
    while (n > 0 && l->head_n < sizeof(l->head)) {
        n = level_more(l, l->head + l->head_n, sizeof(l->head) - l->head_n, e);
        if (n > 0)
            l->head_n += (size_t)n;
    }
    return n < 0 && l->head_n == 0 ? (int)n : ERR_OK;
}

static bool level_is_container(const struct level *l, bool *one)
{
    struct span head = { l->head, l->head_n };

    for (size_t i = 0; i < COUNT_OF(containers); i++) {
        if (head.n >= containers[i].at &&
            span_starts(span_from(head, containers[i].at), containers[i].magic)) {
            *one = containers[i].one;
            return true;
        }
    }
    return false;
}

static la_ssize_t on_read(struct archive *a, void *arg, const void **out)
{
    struct level *l = arg;
    struct err e = { 0 };
    int64_t n = level_read(l, l->block, sizeof(l->block), &e);

    if (n < 0)
        archive_set_error(a, EIO, "%s", e.why);
    *out = l->block;
    return n < 0 ? ARCHIVE_FATAL : (la_ssize_t)n;
}

static la_int64_t on_seek(struct archive *a, void *arg, la_int64_t offset, int whence)
{
    struct level *l = arg;
    off_t at = lseek(l->stream->fd, offset, whence);

    l->head_used = l->head_n;
    if (at < 0)
        archive_set_error(a, errno, "seek: %s", strerror(errno));
    return at < 0 ? ARCHIVE_FATAL : at;
}

static struct level *level_new(struct stream *s, unsigned index)
{
    struct level *l = malloc(sizeof(*l));

    if (l != NULL) {
        l->stream = s;
        l->index = index;
        l->a = NULL;
        l->alone = false;
        l->name = SPAN_NONE;
        l->time_ns = 0;
        l->head_n = l->head_used = 0;
    }
    s->levels[index] = l;
    return l;
}

static void level_pop(struct stream *s)
{
    struct level *l = s->levels[s->top];

    if (l->a != NULL)
        (void)archive_read_free(l->a); /* only read */
    free(l);
    s->levels[s->top] = NULL;
    s->top--;
}

static bool archive_set_up(struct archive *a, struct level *below)
{
    bool seeks = below->index == 0 && below->stream->regular;

    /* Each returns a warning where an outside program would be needed; none is used. */
    (void)archive_read_support_filter_gzip(a);
    (void)archive_read_support_filter_zstd(a);
    (void)archive_read_support_filter_xz(a);
    (void)archive_read_support_filter_bzip2(a);
    (void)archive_read_support_filter_lz4(a);
    (void)archive_read_support_format_tar(a);
    (void)archive_read_support_format_zip(a);
    (void)archive_read_support_format_7zip(a);
    (void)archive_read_support_format_raw(a);
    (void)archive_read_support_format_empty(a);
    (void)archive_read_set_read_callback(a, on_read);
    if (seeks)
        (void)archive_read_set_seek_callback(a, on_seek);
    (void)archive_read_set_callback_data(a, below);
    return archive_read_open1(a) == ARCHIVE_OK;
}

/* Opens the container whose first bytes were seen on the top level. */
static int level_push(struct stream *s, bool one, struct err *e)
{
    struct level *below = s->levels[s->top], *l = level_new(s, s->top + 1);

    if (l == NULL)
        return no_memory(e);
    s->top++;
    l->alone = one;
    l->a = archive_read_new();
    if (l->a == NULL) {
        level_pop(s);
        return no_memory(e);
    }
    if (!archive_set_up(l->a, below)) {
        (void)archive_fault(l->a, e);
        level_pop(s);
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

/* --- Members ------------------------------------------------------------------------------- */

static struct span member_name(struct stream *s, struct span container, const char *path)
{
    struct span part = span_of(path), name;
    uint8_t *p = arena_bytes(&s->names, container.n + 1 + part.n);

    if (p == NULL)
        return container;
    name = (struct span){ p, container.n + 1 + part.n };
    memcpy(p, container.p, container.n);
    p[container.n] = '/';
    memcpy(p + container.n + 1, part.p, part.n);
    return name;
}

/* The next member of the archive on top: 1, 0 at its end, or a fault. */
static int top_next(struct stream *s, struct err *e)
{
    struct level *l = s->levels[s->top], *below = s->levels[s->top - 1];
    struct archive_entry *entry;
    const char *path;
    int rc;

    do {
        rc = archive_read_next_header(l->a, &entry);
    } while (rc == ARCHIVE_RETRY ||
             ((rc == ARCHIVE_OK || rc == ARCHIVE_WARN) &&
              archive_entry_filetype(entry) != AE_IFREG && archive_entry_filetype(entry) != 0));
    if (rc == ARCHIVE_EOF)
        return 0;
    if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
        return (int)archive_fault(l->a, e);
    if (archive_format(l->a) == ARCHIVE_FORMAT_RAW && l->alone) {
        l->name = below->name;
        l->time_ns = below->time_ns;
    } else {
        path = archive_entry_pathname(entry);
        l->name = member_name(s, below->name, path != NULL ? path : "?");
        l->time_ns = archive_entry_mtime_is_set(entry)
                         ? (int64_t)archive_entry_mtime(entry) * 1000000000
                         : below->time_ns;
    }
    rc = level_look(l, e);
    return rc < 0 ? rc : 1;
}

/* To the next thing on any level that may be a member. 1, 0 at the end, or a fault. */
static int next_candidate(struct stream *s, struct err *e)
{
    if (!s->begun) {
        int rc;

        s->begun = true;
        rc = level_look(s->levels[0], e);
        return rc < 0 ? rc : 1;
    }
    while (s->top > 0 && !s->ended) {
        int rc = top_next(s, e);

        if (rc > 0)
            return 1;
        if (rc < 0) {
            level_pop(s);
            return rc;
        }
        level_pop(s);
    }
    return 0;
}

/* --- Text ---------------------------------------------------------------------------------- */

/* Turns what is in `raw` into text, but for a character that is not whole yet. */
static void wide_convert(struct stream *s, bool at_end)
{
    size_t n = at_end ? s->raw_n : s->raw_n & ~(size_t)1;
    unsigned hi = s->wide == WIDE_LE ? 1 : 0;

    if (!at_end && n >= 2 && (s->raw[n - 2 + hi] & 0xFC) == 0xD8)
        n -= 2; /* the first half of a pair */
    if (s->wide == WIDE_BE) {
        for (size_t i = 0; i + 1 < n; i += 2) {
            uint8_t x = s->raw[i];

            s->raw[i] = s->raw[i + 1];
            s->raw[i + 1] = x;
        }
    }
    s->text_n = utf16_to_utf8((struct span){ s->raw, n }, s->text);
    s->text_used = 0;
    memmove(s->raw, s->raw + n, s->raw_n - n);
    s->raw_n -= n;
}

/* More text into s->text. 0 at the member's end. */
static int64_t wide_fill(struct stream *s, struct err *e)
{
    int64_t n;

    do {
        n = level_read(s->levels[s->top], s->raw + s->raw_n, sizeof(s->raw) - s->raw_n, e);
        if (n < 0)
            return n;
        s->raw_n += (size_t)n;
        wide_convert(s, n == 0);
    } while (n > 0 && s->text_n == 0);
    return (int64_t)s->text_n;
}

static int text_begin(struct stream *s, struct stream_member *m, struct err *e)
{
    struct level *l = s->levels[s->top];
    struct span head = { l->head, l->head_n };
    int64_t rc;

    s->text_n = s->text_used = s->raw_n = 0;
    s->wide = WIDE_NONE;
    if (span_starts(head, SPAN_LIT("\xEF\xBB\xBF")))
        l->head_used = 3;
    else if (span_starts(head, SPAN_LIT("\xFF\xFE")))
        s->wide = WIDE_LE;
    else if (span_starts(head, SPAN_LIT("\xFE\xFF")))
        s->wide = WIDE_BE;
    m->head = span_from(head, l->head_used);
    if (s->wide == WIDE_NONE)
        return ERR_OK;
    l->head_used = 2;
    rc = wide_fill(s, e);
    m->head =
        (struct span){ s->text, s->text_n < STREAM_HEAD_BYTES ? s->text_n : STREAM_HEAD_BYTES };
    return rc < 0 ? (int)rc : ERR_OK;
}

/* --- The contract -------------------------------------------------------------------------- */

static int open_path(struct stream *s, struct err *e)
{
    struct span path = span_of(s->path), scheme = SPAN_LIT("journal:");
    struct stat st;

    if (span_starts(path, scheme)) {
        buf_init(&s->lines, JOURNAL_BYTES * 16);
        return journal_open(&s->journal, s->path + scheme.n, e);
    }
    if (strcmp(s->path, "-") == 0)
        s->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    else
        s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (s->fd < 0 || fstat(s->fd, &st) != 0)
        return err_set(e, ERR_IO, 0, "It cannot be opened: %s.", strerror(errno));
    s->regular = S_ISREG(st.st_mode);
    if (!s->regular && strcmp(s->path, "-") != 0)
        return err_set(e, ERR_IO, 0, "It is no file, so it is not read (use - for a pipe).");
    if (s->regular) {
        s->size = (uint64_t)st.st_size;
        s->levels[0]->time_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* a hint */
    }
    return ERR_OK;
}

int stream_open(struct stream **out, const char *path, struct err *e)
{
    struct stream *s = calloc(1, sizeof(*s));
    int rc;

    *out = NULL;
    if (s == NULL)
        return no_memory(e);
    s->path = path;
    s->fd = -1;
    arena_init(&s->names, NAMES_BYTES_MAX);
    if (level_new(s, 0) == NULL) {
        stream_close(&s);
        return no_memory(e);
    }
    s->levels[0]->name = span_of(strcmp(path, "-") == 0 ? "(standard input)" : path);
    rc = open_path(s, e);
    if (rc != ERR_OK) {
        stream_close(&s);
        return rc;
    }
    *out = s;
    return ERR_OK;
}

void stream_close(struct stream **ps)
{
    struct stream *s = *ps;

    *ps = NULL;
    if (s == NULL)
        return;
    while (s->top > 0)
        level_pop(s);
    free(s->levels[0]);
    if (s->fd >= 0)
        (void)close(s->fd); /* only read */
    journal_close(&s->journal);
    buf_release(&s->lines);
    arena_release(&s->names);
    free(s);
}

int stream_member(struct stream *s, struct stream_member *m, struct err *e)
{
    for (;;) {
        int rc = next_candidate(s, e);
        bool one = false;

        if (rc <= 0)
            return rc;
        m->name = s->levels[s->top]->name;
        m->time_ns = s->levels[s->top]->time_ns;
        m->head = SPAN_NONE;
        if (!level_is_container(s->levels[s->top], &one)) {
            rc = text_begin(s, m, e);
            return rc < 0 ? rc : 1;
        }
        if (s->top == LIMIT_ARCHIVE_DEPTH)
            return err_set(e, ERR_LIMIT, 0, "It lies in more than %d archives one within another.",
                           LIMIT_ARCHIVE_DEPTH);
        rc = level_push(s, one, e);
        if (rc != ERR_OK)
            return rc;
    }
}

static bool is_bomb(const struct stream *s)
{
    return s->top > 0 && s->given > BOMB_FREE_BYTES && s->given / LIMIT_ARCHIVE_RATIO > s->taken;
}

int64_t stream_read(struct stream *s, uint8_t *dst, size_t room, struct err *e)
{
    int64_t n;

    MUST(s->begun && room > 0);
    if (s->ended)
        return 0;
    if (s->wide == WIDE_NONE) {
        n = level_read(s->levels[s->top], dst, room, e);
    } else {
        n = s->text_used < s->text_n ? 1 : wide_fill(s, e);
        if (n > 0) {
            size_t left = s->text_n - s->text_used;

            n = (int64_t)(left < room ? left : room);
            memcpy(dst, s->text + s->text_used, (size_t)n);
            s->text_used += (size_t)n;
        }
    }
    if (n > 0)
        s->given += (uint64_t)n;
    if (n > 0 && is_bomb(s)) {
        s->ended = true;
        return err_set(e, ERR_LIMIT, 0,
                       "It unpacks to more than %d times its size and is given up as a bomb.",
                       LIMIT_ARCHIVE_RATIO);
    }
    return n;
}

uint64_t stream_taken(const struct stream *s)
{
    return s->taken;
}

uint64_t stream_size(const struct stream *s)
{
    return s->size;
}
