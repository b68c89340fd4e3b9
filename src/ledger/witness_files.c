/*
 * witness_files.c - see witness_files.h.
 */
#include "ledger/witness_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger/root.h"

#define KEY_NAME    "witness.key"
#define PUBLIC_NAME "witness.pub"
#define FRESH_NAME  "new"
#define MAGIC       "canh-witness-key/v1"
#define NAME_BYTES  (2 * NOTE_STORE_BYTES + 16)
#define EINTR_MAX   1000

static int world(struct err *e, const char *name, const char *what)
{
    return err_set(e, ERR_IO, 0, "The file \"%.60s\" cannot be %s: %s.", name, what,
                   strerror(errno));
}

/* --- Files ---------------------------------------------------------------------------------- */

/* All of it, at most `room` bytes: their number, ERR_NOTFOUND, or ERR_IO. */
static int64_t read_file(struct witness_files *f, const char *name, uint8_t *to, size_t room,
                         struct err *e)
{
    int fd = f->io->open(f->io->arg, f->dir, name, O_RDONLY, 0);
    size_t n = 0;
    ssize_t got = 1;

    if (fd < 0 && errno == ENOENT)
        return err_set(e, ERR_NOTFOUND, 0, "There is no file \"%.60s\".", name);
    if (fd < 0)
        return world(e, name, "opened");
    for (int eintr = 0; got != 0 && n < room;) {
        got = f->io->pread(f->io->arg, fd, to + n, room - n, (off_t)n);
        if (got < 0 && errno == EINTR && ++eintr < EINTR_MAX)
            continue;
        if (got < 0)
            break;
        n += (size_t)got;
    }
    if (got < 0)
        (void)world(e, name, "read");
    (void)close(fd);
    return got < 0 ? ERR_IO : (int64_t)n;
}

static bool write_all(struct witness_files *f, int fd, struct span s)
{
    for (int eintr = 0; s.n > 0;) {
        struct iovec v = { (void *)(uintptr_t)s.p, s.n };
        ssize_t n = f->io->writev(f->io->arg, fd, &v, 1);

        if (n < 0 && errno == EINTR && ++eintr < EINTR_MAX)
            continue;
        if (n < 0)
            return false;
        s = span_from(s, (size_t)n);
    }
    return true;
}

/* Durable under its name, whole, or what was there before. */
static int write_file(struct witness_files *f, const char *name, mode_t mode, struct span text,
                      struct err *e)
{
    int fd;
    bool good;

    if (f->io->unlink(f->io->arg, f->dir, FRESH_NAME) != 0 && errno != ENOENT)
        return world(e, FRESH_NAME, "removed");
    fd = f->io->open(f->io->arg, f->dir, FRESH_NAME, O_WRONLY | O_CREAT | O_EXCL, mode);
    good = fd >= 0 && write_all(f, fd, text) && f->io->sync(f->io->arg, fd) == 0 &&
           f->io->rename(f->io->arg, f->dir, FRESH_NAME, name) == 0 &&
           f->io->sync_dir(f->io->arg, f->dir) == 0;
    if (!good)
        (void)world(e, name, "written");
    if (fd >= 0)
        (void)close(fd); /* what counts was synced */
    return good ? ERR_OK : ERR_IO;
}

static void file_of(const uint8_t store[NOTE_STORE_BYTES], const char *suffix,
                    char name[NAME_BYTES])
{
    uint8_t room[NOTE_STORE_NAME_BYTES];
    struct span id = span_from(note_store_name(store, room), 5);

    (void)snprintf(name, NAME_BYTES, "%.*s%s", SPAN_ARG(id), suffix);
}

/* --- The key -------------------------------------------------------------------------------- */

static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == '+')
            return false;
    }
    return name.n > 0 && name.n <= NOTE_NAME_MAX;
}

static int read_key(struct witness_files *f, struct span text, struct err *e)
{
    uint8_t seed[KEY_BYTES];
    struct span value, name;

    if (!note_field(&text, MAGIC, &value) || text.n > 0 || !note_word(&value, &name) ||
        !is_name(name) || !note_read_hex(value, seed, sizeof(seed)))
        return err_set(e, ERR_CORRUPT, 0, "The file \"" KEY_NAME "\" is no key of a witness.");
    key_of(&f->key, seed);
    key_zero(seed, sizeof(seed));
    memcpy(f->name, name.p, name.n);
    f->name_bytes = name.n;
    return ERR_OK;
}

static int make_key(struct witness_files *f, struct span name, struct err *e)
{
    struct buf text;
    int rc = is_name(name) ? key_new(&f->key, e)
                           : err_set(e, ERR_USAGE, 0, "'%.*s' is no name of a witness.",
                                     (int)(name.n < 60 ? name.n : 60), (const char *)name.p);

    if (rc != ERR_OK)
        return rc;
    memcpy(f->name, name.p, name.n);
    f->name_bytes = name.n;
    buf_init(&text, WITNESS_STATE_MAX);
    (void)buf_reserve(&text, 512); /* never moved: no copy is left behind */
    buf_text(&text, MAGIC " ");
    buf_add(&text, name);
    buf_byte(&text, ' ');
    note_put_hex(&text, f->key.seed, KEY_BYTES);
    buf_byte(&text, '\n');
    rc = buf_failed(&text) ? err_set(e, ERR_NOMEM, 0, "There is no memory for a key.")
                           : write_file(f, KEY_NAME, 0400, buf_span(&text), e);
    if (text.p != NULL)
        key_zero(text.p, text.n);
    buf_release(&text);
    return rc;
}

static int write_public(struct witness_files *f, struct err *e)
{
    struct buf text;
    int rc;

    buf_init(&text, 1024);
    note_put_vkey(&text, (struct span){ f->name, f->name_bytes }, NOTE_COSIGNATURE, f->key.public);
    buf_byte(&text, '\n');
    rc = buf_failed(&text) ? err_set(e, ERR_NOMEM, 0, "There is no memory for a key.")
                           : write_file(f, PUBLIC_NAME, 0444, buf_span(&text), e);
    buf_release(&text);
    return rc;
}

int witness_files_open(struct witness_files *f, const struct io *io, int dir, struct span name,
                       struct err *e)
{
    uint8_t room[1024];
    int64_t n;
    int rc;

    *f = (struct witness_files){ .io = io, .dir = dir };
    rc = merkle_hasher_new(&f->h, e);
    if (rc != ERR_OK)
        return rc;
    n = read_file(f, KEY_NAME, room, sizeof(room), e);
    if (n == ERR_NOTFOUND)
        rc = make_key(f, name, e);
    else
        rc = n < 0 ? (int)n : read_key(f, (struct span){ room, (size_t)n }, e);
    key_zero(room, sizeof(room));
    if (rc == ERR_OK)
        rc = write_public(f, e);
    if (rc != ERR_OK)
        witness_files_release(f);
    return rc;
}

void witness_files_release(struct witness_files *f)
{
    merkle_hasher_free(&f->h);
    key_wipe(&f->key);
}

/* --- Stores --------------------------------------------------------------------------------- */

static int load_root(struct witness_files *f, const uint8_t store[NOTE_STORE_BYTES],
                     uint8_t root[KEY_BYTES], struct err *e)
{
    uint8_t room[512], of[NOTE_STORE_BYTES];
    char name[NAME_BYTES];
    int64_t n;

    file_of(store, ".pub", name);
    n = read_file(f, name, room, sizeof(room), e);
    if (n < 0)
        return (int)n;
    if (!root_read_public((struct span){ room, (size_t)n }, of, root) ||
        memcmp(of, store, sizeof(of)) != 0)
        return err_set(e, ERR_CORRUPT, 0, "The file \"%.60s\" is no root key of its store.", name);
    return ERR_OK;
}

int witness_files_load(struct witness_files *f, const uint8_t store[NOTE_STORE_BYTES],
                       struct witness_log *l, struct err *e)
{
    uint8_t root[KEY_BYTES] = { 0 }, *room;
    char name[NAME_BYTES];
    int rc = load_root(f, store, root, e);
    int64_t n;

    witness_log_init(l, f->h, store, root);
    if (rc != ERR_OK)
        return rc;
    room = malloc(WITNESS_STATE_MAX);
    if (room == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for what a witness knows.");
    file_of(store, ".checkpoint", name);
    n = read_file(f, name, room, WITNESS_STATE_MAX, e);
    if (n >= 0)
        rc = witness_log_resume(l, (struct span){ room, (size_t)n }, e);
    else
        rc = n == ERR_NOTFOUND ? ERR_OK : (int)n;
    free(room);
    return rc;
}

int witness_files_save(struct witness_files *f, const struct witness_log *l, struct err *e)
{
    char name[NAME_BYTES];
    struct buf text;
    int rc;

    buf_init(&text, WITNESS_STATE_MAX);
    witness_log_put(&text, l);
    file_of(l->links.store, ".checkpoint", name);
    rc = buf_failed(&text) ? err_set(e, ERR_NOMEM, 0, "There is no memory for a state.")
                           : write_file(f, name, 0600, buf_span(&text), e);
    buf_release(&text);
    return rc;
}

/* --- Requests ------------------------------------------------------------------------------- */

struct pair {
    struct witness_log now, next;
};

static enum witness_answer judge(struct witness_files *f, struct span body, int64_t now_ns,
                                 const uint8_t store[NOTE_STORE_BYTES], struct pair *p,
                                 struct err *e)
{
    enum witness_answer a;
    int rc = witness_files_load(f, store, &p->now, e);

    witness_log_init(&p->next, f->h, store, p->now.links.root);
    if (rc != ERR_OK)
        return rc == ERR_NOTFOUND ? WITNESS_UNKNOWN : WITNESS_FAILED;
    a = witness_judge(&p->now, body, &f->key, (struct span){ f->name, f->name_bytes }, now_ns,
                      &p->next, e);
    if (a == WITNESS_TAKEN && witness_files_save(f, &p->next, e) != ERR_OK)
        a = WITNESS_FAILED;
    return a;
}

enum witness_answer witness_files_take(struct witness_files *f, struct span body, int64_t now_ns,
                                       struct buf *answer)
{
    uint8_t store[NOTE_STORE_BYTES];
    struct err e = { .why = "There is no memory for a request." };
    enum witness_answer a;
    struct pair *p;

    buf_clear(answer);
    if (!witness_store_of(body, store)) {
        buf_text(answer, "The head of a request is a store and an old state.\n");
        return WITNESS_SYNTAX;
    }
    p = calloc(1, sizeof(*p));
    a = p != NULL ? judge(f, body, now_ns, store, p, &e) : WITNESS_FAILED;
    if (a == WITNESS_TAKEN || a == WITNESS_OTHER)
        witness_put_state(answer, a == WITNESS_TAKEN ? &p->next : &p->now);
    else
        buf_fmt(answer, "%s\n", e.why);
    if (p != NULL) {
        witness_log_release(&p->now);
        witness_log_release(&p->next);
    }
    free(p);
    return a;
}

enum witness_answer witness_files_state(struct witness_files *f,
                                        const uint8_t store[NOTE_STORE_BYTES], struct buf *answer)
{
    struct witness_log *l = calloc(1, sizeof(*l));
    struct err e = { .why = "There is no memory for a request." };
    int rc = l != NULL ? witness_files_load(f, store, l, &e) : ERR_NOMEM;

    buf_clear(answer);
    if (rc == ERR_OK)
        witness_put_state(answer, l);
    else
        buf_fmt(answer, "%s\n", e.why);
    if (l != NULL)
        witness_log_release(l);
    free(l);
    return rc == ERR_OK ? WITNESS_TAKEN : rc == ERR_NOTFOUND ? WITNESS_UNKNOWN : WITNESS_FAILED;
}
