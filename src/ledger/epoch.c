/*
 * epoch.c - see epoch.h.
 */
#include "ledger/epoch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "ledger/checkpoint.h"

#define MAGIC        SPAN_LIT("canhkey1")
#define HEAD_BYTES   52u
#define DIGEST_BYTES 32u
#define FILE_MAX     (HEAD_BYTES + (size_t)NOTE_BYTES_MAX + DIGEST_BYTES)
#define FILES_MAX    16u /* in the folder; there are two at most */
#define NAME_BYTES   40u
#define FRESH_NAME   "epoch.new"
#define EINTR_MAX    1000

struct epoch {
    const struct io *io;
    int dir;
    enum epoch_state state;
    bool broken;   /* what is on the disk is not known */
    bool has_next; /* `next` is made, or settled */
    uint64_t number;
    struct key now, next;
    struct buf text;
};

static int world(struct err *e, const char *what)
{
    return err_set(e, ERR_IO, 0, "A key of the ledger cannot be %s: %s.", what, strerror(errno));
}

static void name_of(uint64_t number, char name[NAME_BYTES])
{
    (void)snprintf(name, NAME_BYTES, "epoch-%llu.key", (unsigned long long)number);
}

static bool number_of(const char *name, uint64_t *number)
{
    struct span s = span_of(name), head = SPAN_LIT("epoch-"), tail = SPAN_LIT(".key");

    return span_starts(s, head) && span_ends(s, tail) && s.n > head.n + tail.n &&
           note_read_u64((struct span){ s.p + head.n, s.n - head.n - tail.n }, UINT64_MAX / 2,
                         number);
}

static void digest(struct span head, struct span text, uint8_t out[DIGEST_BYTES])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    MUST(ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
         EVP_DigestUpdate(ctx, head.p, head.n) == 1 && EVP_DigestUpdate(ctx, text.p, text.n) == 1 &&
         EVP_DigestFinal_ex(ctx, out, NULL) == 1);
    EVP_MD_CTX_free(ctx);
}

/* --- One file ------------------------------------------------------------------------------- */

/* Overwritten, then removed; one that is not there is erased. */
static int erase(struct epoch *p, uint64_t number, struct err *e)
{
    static const uint8_t zeros[4096];
    char name[NAME_BYTES];
    struct stat st;
    int fd;
    bool good;

    name_of(number, name);
    fd = p->io->open(p->io->arg, p->dir, name, O_WRONLY, 0);
    if (fd < 0 && errno != ENOENT)
        return world(e, "erased");
    if (fd >= 0) {
        good = fstat(fd, &st) == 0;
        for (off_t done = 0; good && done < st.st_size;) {
            off_t left = st.st_size - done;
            struct iovec v = { (void *)(uintptr_t)zeros,
                               left < (off_t)sizeof(zeros) ? (size_t)left : sizeof(zeros) };
            ssize_t n = p->io->writev(p->io->arg, fd, &v, 1);

            good = n > 0;
            done += n;
        }
        good = good && p->io->sync(p->io->arg, fd) == 0;
        if (!good)
            (void)world(e, "erased");
        (void)close(fd);
        if (!good)
            return ERR_IO;
    }
    if (p->io->unlink(p->io->arg, p->dir, name) != 0 && errno != ENOENT)
        return world(e, "removed");
    return p->io->sync_dir(p->io->arg, p->dir) == 0 ? ERR_OK : world(e, "removed");
}

static bool write_all(struct epoch *p, int fd, struct iovec *v, int count)
{
    for (int eintr = 0; count > 0;) {
        ssize_t n = p->io->writev(p->io->arg, fd, v, count);

        if (n < 0 && errno == EINTR && ++eintr < EINTR_MAX)
            continue;
        if (n < 0)
            return false;
        for (; count > 0 && (size_t)n >= v->iov_len; count--)
            n -= (ssize_t)(v++)->iov_len;
        if (count > 0) {
            v->iov_base = (uint8_t *)v->iov_base + n;
            v->iov_len -= (size_t)n;
        }
    }
    return true;
}

/* Durable under this name, or not there; where that cannot be said either, p->broken. */
static int write_named(struct epoch *p, const char *name, uint64_t number, const struct key *k,
                       struct span text, struct err *e)
{
    uint8_t head[HEAD_BYTES], sum[DIGEST_BYTES];
    struct iovec v[] = { { head, sizeof(head) },
                         { (void *)(uintptr_t)text.p, text.n },
                         { sum, sizeof(sum) } };
    bool good;
    int fd;

    memcpy(head, MAGIC.p, 8);
    bytes_put_u64(head + 8, number);
    memcpy(head + 16, k->seed, KEY_BYTES);
    bytes_put_u32(head + 48, (uint32_t)text.n);
    digest((struct span){ head, sizeof(head) }, text, sum);
    fd = p->io->open(p->io->arg, p->dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    good = fd >= 0 && write_all(p, fd, v, COUNT_OF(v)) && p->io->sync(p->io->arg, fd) == 0 &&
           p->io->sync_dir(p->io->arg, p->dir) == 0;
    key_zero(head, sizeof(head));
    if (!good)
        (void)world(e, "made");
    if (fd >= 0)
        (void)close(fd); /* what counts was synced */
    if (good)
        return ERR_OK;
    /* Nothing was signed with it: it need not be overwritten. */
    p->broken = (p->io->unlink(p->io->arg, p->dir, name) != 0 && errno != ENOENT) ||
                p->io->sync_dir(p->io->arg, p->dir) != 0;
    return ERR_IO;
}

static int write_file(struct epoch *p, uint64_t number, const struct key *k, struct span text,
                      struct err *e)
{
    char name[NAME_BYTES];

    name_of(number, name);
    return write_named(p, name, number, k, text, e);
}

/*
 * What is settled, written once more, under its name: the process that wrote it may have ended
 * because its sync failed, and then what can be read need not be on the disk, whatever a second
 * sync answers.
 */
static int write_again(struct epoch *p, struct err *e)
{
    char name[NAME_BYTES];
    int rc = write_named(p, FRESH_NAME, p->number + 1, &p->next, buf_span(&p->text), e);

    if (rc != ERR_OK)
        return rc;
    name_of(p->number + 1, name);
    if (p->io->rename(p->io->arg, p->dir, FRESH_NAME, name) != 0)
        return world(e, "made durable");
    return ERR_OK; /* the folder is synced by look() */
}

/* All of a file, at most `room` bytes of it: their number, or a negative code. */
static int64_t read_file(struct epoch *p, const char *name, uint8_t *to, size_t room, struct err *e)
{
    int fd = p->io->open(p->io->arg, p->dir, name, O_RDONLY, 0);
    size_t n = 0;
    ssize_t got = 1;

    if (fd < 0)
        return world(e, "opened");
    for (int eintr = 0; got != 0 && n < room;) {
        got = p->io->pread(p->io->arg, fd, to + n, room - n, (off_t)n);
        if (got < 0 && errno == EINTR && ++eintr < EINTR_MAX)
            continue;
        if (got < 0)
            break;
        n += (size_t)got;
    }
    if (got < 0)
        (void)world(e, "read");
    (void)close(fd);
    return got < 0 ? ERR_IO : (int64_t)n;
}

/* --- Opening -------------------------------------------------------------------------------- */

struct found {
    uint64_t number[FILES_MAX];
    uint32_t count;
};

static int list_files(struct epoch *p, struct found *f, struct err *e)
{
    int fd = p->io->open(p->io->arg, p->dir, ".", O_RDONLY | O_DIRECTORY, 0), rc = ERR_OK;
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    uint64_t number;

    if (d == NULL) {
        rc = world(e, "listed");
        if (fd >= 0)
            (void)close(fd);
        return rc;
    }
    for (errno = 0; rc == ERR_OK && (entry = readdir(d)) != NULL; errno = 0) {
        if (!number_of(entry->d_name, &number))
            continue;
        if (f->count == FILES_MAX)
            rc = err_set(e, ERR_CORRUPT, 0, "There are too many keys of the ledger.");
        else
            f->number[f->count++] = number;
    }
    if (rc == ERR_OK && errno != 0)
        rc = world(e, "listed");
    (void)closedir(d);
    return rc;
}

/* Is it whole? Then the key is *k, the text p->text. */
static int take_file(struct epoch *p, uint64_t number, uint8_t *room, struct key *k, struct err *e)
{
    char name[NAME_BYTES];
    uint8_t sum[DIGEST_BYTES];
    struct span text;
    int64_t n;

    name_of(number, name);
    n = read_file(p, name, room, FILE_MAX + 1, e);
    if (n < 0)
        return (int)n;
    if (n < (int64_t)(HEAD_BYTES + DIGEST_BYTES) || memcmp(room, MAGIC.p, 8) != 0 ||
        bytes_u64(room + 8) != number ||
        (uint64_t)n != HEAD_BYTES + (uint64_t)bytes_u32(room + 48) + DIGEST_BYTES)
        return 0;
    text = (struct span){ room + HEAD_BYTES, bytes_u32(room + 48) };
    digest((struct span){ room, HEAD_BYTES }, text, sum);
    if (memcmp(sum, text.p + text.n, sizeof(sum)) != 0)
        return 0;
    key_of(k, room + 16);
    buf_clear(&p->text);
    buf_add(&p->text, text);
    return buf_failed(&p->text) ? err_set(e, ERR_NOMEM, 0, "There is no memory for a key.") : 1;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The keys that are whole, oldest first; the others are erased. */
static int take_files(struct epoch *p, struct found *f, uint8_t *room, struct err *e)
{
    uint32_t whole = 0;
    int rc;

    qsort(f->number, f->count, sizeof(f->number[0]), by_number);
    for (uint32_t i = 0; i < f->count; i++) {
        struct key k;

        rc = take_file(p, f->number[i], room, &k, e);
        if (rc == 0)
            rc = erase(p, f->number[i], e);
        else if (rc == 1 && whole == 2)
            rc = err_set(e, ERR_CORRUPT, 0, "There are too many keys of the ledger.");
        else if (rc == 1) {
            *(whole == 0 ? &p->now : &p->next) = k;
            f->number[whole++] = f->number[i];
        }
        key_wipe(&k);
        if (rc < 0)
            return rc;
    }
    f->count = whole;
    if (whole == 2 && (f->number[1] != f->number[0] + 1 || p->text.n == 0))
        return err_set(e, ERR_CORRUPT, 0, "The keys of the ledger do not follow one another.");
    return ERR_OK;
}

static int look(struct epoch *p, struct err *e)
{
    uint8_t *room = malloc(FILE_MAX + 1);
    struct found f = { .count = 0 };
    int rc;

    if (room == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a key.");
    rc = p->io->unlink(p->io->arg, p->dir, FRESH_NAME) != 0 && errno != ENOENT ? world(e, "removed")
                                                                               : ERR_OK;
    if (rc == ERR_OK)
        rc = list_files(p, &f, e);
    if (rc == ERR_OK)
        rc = take_files(p, &f, room, e);
    key_zero(room, FILE_MAX + 1);
    free(room);
    if (rc != ERR_OK)
        return rc;
    p->state = f.count == 0 ? EPOCH_NONE : f.count == 1 ? EPOCH_SIGNS : EPOCH_SETTLED;
    p->number = f.count == 0 ? 0 : f.number[0];
    p->has_next = f.count == 2;
    if (p->state == EPOCH_SETTLED)
        rc = write_again(p, e);
    if (rc == ERR_OK && p->io->sync_dir(p->io->arg, p->dir) != 0)
        rc = world(e, "made durable");
    return rc;
}

int epoch_open(struct epoch **out, const struct io *io, int dir, struct err *e)
{
    struct epoch *p = calloc(1, sizeof(*p));
    int rc;

    *out = NULL;
    if (p == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the keys of the ledger.");
    p->io = io;
    p->dir = dir;
    buf_init(&p->text, NOTE_BYTES_MAX);
    rc = look(p, e);
    if (rc != ERR_OK)
        epoch_free(&p);
    *out = p;
    return rc;
}

void epoch_free(struct epoch **pp)
{
    struct epoch *p = *pp;

    *pp = NULL;
    if (p == NULL)
        return;
    key_wipe(&p->now);
    key_wipe(&p->next);
    buf_release(&p->text);
    free(p);
}

enum epoch_state epoch_state(const struct epoch *p)
{
    return p->state;
}

uint64_t epoch_number(const struct epoch *p)
{
    return p->number;
}

const uint8_t *epoch_public(const struct epoch *p)
{
    MUST(p->state != EPOCH_NONE);
    return p->now.public;
}

struct span epoch_text(const struct epoch *p)
{
    return buf_span(&p->text);
}

/* --- From state to state -------------------------------------------------------------------- */

static int check_broken(const struct epoch *p, struct err *e)
{
    return p->broken ? err_set(e, ERR_IO, 0, "The keys of the ledger must be opened anew.")
                     : ERR_OK;
}

int epoch_make(struct epoch *p, uint64_t number, struct err *e)
{
    struct key k;
    int rc = check_broken(p, e);

    MUST(p->state == EPOCH_NONE);
    if (rc == ERR_OK)
        rc = key_new(&k, e);
    if (rc != ERR_OK)
        return rc;
    rc = write_file(p, number, &k, SPAN_NONE, e);
    if (rc == ERR_OK) {
        p->now = k;
        p->number = number;
        p->state = EPOCH_SIGNS;
        buf_clear(&p->text);
    }
    key_wipe(&k);
    return rc;
}

int epoch_next(struct epoch *p, const uint8_t **public, struct err *e)
{
    int rc = check_broken(p, e);

    MUST(p->state == EPOCH_SIGNS);
    if (rc == ERR_OK && !p->has_next)
        rc = key_new(&p->next, e);
    p->has_next = p->has_next || rc == ERR_OK;
    *public = p->next.public;
    return rc;
}

int epoch_settle(struct epoch *p, struct span text, struct err *e)
{
    int rc = check_broken(p, e);

    MUST(p->state == EPOCH_SIGNS && text.n > 0 && text.n <= NOTE_BYTES_MAX);
    if (rc != ERR_OK)
        return rc;
    MUST(p->has_next);
    buf_clear(&p->text);
    buf_add(&p->text, text);
    if (buf_failed(&p->text))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a checkpoint.");
    rc = write_file(p, p->number + 1, &p->next, text, e);
    if (rc == ERR_OK)
        p->state = EPOCH_SETTLED;
    return rc;
}

void epoch_sign(const struct epoch *p, struct span text, struct span name, struct buf *note)
{
    MUST(p->state == EPOCH_SETTLED ? span_eq(text, buf_span(&p->text)) : !checkpoint_is(text));
    MUST(p->state != EPOCH_NONE);
    note_put(note, text, name, &p->now);
}

int epoch_erase(struct epoch *p, struct err *e)
{
    int rc = check_broken(p, e);

    MUST(p->state == EPOCH_SETTLED);
    if (rc == ERR_OK)
        rc = erase(p, p->number, e);
    if (rc != ERR_OK)
        return rc;
    p->now = p->next;
    key_wipe(&p->next);
    p->has_next = false;
    p->number++;
    p->state = EPOCH_SIGNS;
    return ERR_OK;
}

int epoch_discard(struct epoch *p, struct err *e)
{
    int rc = check_broken(p, e);

    if (rc == ERR_OK && p->state == EPOCH_SETTLED)
        rc = erase(p, p->number + 1, e);
    if (rc == ERR_OK && p->state != EPOCH_NONE)
        rc = erase(p, p->number, e);
    if (rc != ERR_OK)
        return rc;
    key_wipe(&p->now);
    key_wipe(&p->next);
    buf_clear(&p->text);
    p->has_next = false;
    p->state = EPOCH_NONE;
    return ERR_OK;
}
