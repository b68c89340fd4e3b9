/*
 * root.c - see root.h.
 */
#include "ledger/root.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define KEY_NAME    "root.key"
#define PUBLIC_NAME "root.pub"
#define NEW_SUFFIX  ".new"
#define MAGIC       "canh-root-key/v1"
#define TEXT_MAX    512u

static int world(struct err *e, const char *name, const char *what)
{
    return err_set(e, ERR_IO, 0, "The file \"%s\" cannot be %s: %s.", name, what, strerror(errno));
}

/* The text of a file: its bytes, 0 when there is none, or a negative code. */
static int64_t read_text(const struct io *io, int dir, const char *name, uint8_t *to, struct err *e)
{
    int fd = io->open(io->arg, dir, name, O_RDONLY, 0);
    ssize_t n;

    if (fd < 0)
        return errno == ENOENT ? 0 : world(e, name, "opened");
    n = io->pread(io->arg, fd, to, TEXT_MAX, 0);
    if (n < 0)
        (void)world(e, name, "read");
    (void)close(fd);
    return n < 0 ? ERR_IO : (int64_t)n;
}

/* Durable under its name, whole, or as before. */
static int write_text(const struct io *io, int dir, const char *name, mode_t mode, struct span text,
                      struct err *e)
{
    struct iovec v = { (void *)(uintptr_t)text.p, text.n };
    bool is_key = strcmp(name, KEY_NAME) == 0, good;
    const char *fresh = is_key ? KEY_NAME NEW_SUFFIX : PUBLIC_NAME NEW_SUFFIX;
    int fd;

    if (io->unlink(io->arg, dir, fresh) != 0 && errno != ENOENT)
        return world(e, name, "made");
    fd = io->open(io->arg, dir, fresh, O_WRONLY | O_CREAT | O_EXCL, mode);
    errno = fd < 0 ? errno : EIO; /* of a short write */
    good = fd >= 0 && io->writev(io->arg, fd, &v, 1) == (ssize_t)text.n &&
           io->sync(io->arg, fd) == 0 && io->rename(io->arg, dir, fresh, name) == 0 &&
           io->sync_dir(io->arg, dir) == 0;
    if (!good)
        (void)world(e, name, "made");
    if (fd >= 0)
        (void)close(fd); /* what counts was synced */
    return good ? ERR_OK : ERR_IO;
}

static int refuse(struct err *e, const char *name)
{
    return err_set(e, ERR_CORRUPT, 0, "The file \"%s\" is no key of this store.", name);
}

bool root_read_public(struct span text, uint8_t store[NOTE_STORE_BYTES], uint8_t public[KEY_BYTES])
{
    struct span name, head = SPAN_LIT("canh/");

    if (!span_ends(text, SPAN_LIT("\n")))
        return false;
    text.n--;
    return note_read_vkey(text, NOTE_ED25519, &name, public) && span_starts(name, head) &&
           note_read_hex(span_from(name, head.n), store, NOTE_STORE_BYTES);
}

static int read_key(struct root *root, struct span text, const uint8_t store[NOTE_STORE_BYTES],
                    struct err *e)
{
    uint8_t of[NOTE_STORE_BYTES], seed[KEY_BYTES];
    struct span value, word;

    if (!note_field(&text, MAGIC, &value) || text.n > 0 || !note_word(&value, &word) ||
        !note_read_hex(word, of, sizeof(of)) || memcmp(of, store, sizeof(of)) != 0 ||
        !note_read_hex(value, seed, sizeof(seed)))
        return refuse(e, KEY_NAME);
    key_of(&root->key, seed);
    key_zero(seed, sizeof(seed));
    root->has_key = true;
    return ERR_OK;
}

static int make_key(struct root *root, const struct io *io, int dir,
                    const uint8_t store[NOTE_STORE_BYTES], struct err *e)
{
    struct buf text;
    int rc = key_new(&root->key, e);

    if (rc != ERR_OK)
        return rc;
    buf_init(&text, TEXT_MAX);
    (void)buf_reserve(&text, TEXT_MAX); /* never moved: no copy is left behind */
    buf_text(&text, MAGIC " ");
    note_put_hex(&text, store, NOTE_STORE_BYTES);
    buf_byte(&text, ' ');
    note_put_hex(&text, root->key.seed, KEY_BYTES);
    buf_byte(&text, '\n');
    rc = buf_failed(&text) ? err_set(e, ERR_NOMEM, 0, "There is no memory for a key.")
                           : write_text(io, dir, KEY_NAME, 0400, buf_span(&text), e);
    if (text.p != NULL)
        key_zero(text.p, text.n);
    buf_release(&text);
    root->has_key = rc == ERR_OK;
    return rc;
}

static int make_public(const struct root *root, const struct io *io, int dir,
                       const uint8_t store[NOTE_STORE_BYTES], struct err *e)
{
    uint8_t name[NOTE_STORE_NAME_BYTES];
    struct buf text;
    int rc;

    buf_init(&text, TEXT_MAX);
    note_put_vkey(&text, note_store_name(store, name), NOTE_ED25519, root->public);
    buf_byte(&text, '\n');
    rc = buf_failed(&text) ? err_set(e, ERR_NOMEM, 0, "There is no memory for a key.")
                           : write_text(io, dir, PUBLIC_NAME, 0444, buf_span(&text), e);
    buf_release(&text);
    return rc;
}

static int open_files(struct root *root, const struct io *io, int dir,
                      const uint8_t store[NOTE_STORE_BYTES], uint8_t *room, struct err *e)
{
    uint8_t of[NOTE_STORE_BYTES];
    int64_t public = read_text(io, dir, PUBLIC_NAME, room, e), secret;
    int rc;

    if (public < 0)
        return (int)public;
    if (public > 0 &&
        (!root_read_public((struct span){ room, (size_t) public }, of, root->public) ||
         memcmp(of, store, sizeof(of)) != 0))
        return refuse(e, PUBLIC_NAME);
    secret = read_text(io, dir, KEY_NAME, room, e);
    if (secret < 0)
        return (int)secret;
    if (secret > 0)
        rc = read_key(root, (struct span){ room, (size_t)secret }, store, e);
    else
        rc = public > 0 ? ERR_OK : make_key(root, io, dir, store, e);
    if (rc != ERR_OK || public == 0)
        memcpy(root->public, root->key.public, KEY_BYTES);
    if (rc == ERR_OK && root->has_key && memcmp(root->public, root->key.public, KEY_BYTES) != 0)
        rc = refuse(e, KEY_NAME);
    return rc == ERR_OK && public == 0 ? make_public(root, io, dir, store, e) : rc;
}

int root_open(struct root *root, const struct io *io, int dir,
              const uint8_t store[NOTE_STORE_BYTES], struct err *e)
{
    uint8_t room[TEXT_MAX];
    int rc;

    memset(root, 0, sizeof(*root));
    rc = open_files(root, io, dir, store, room, e);
    key_zero(room, sizeof(room));
    if (rc != ERR_OK)
        key_wipe(&root->key);
    return rc;
}
