/*
 * sealed_write.c - making a sealed file; see sealed.h.
 *
 * Written under a working name from its beginning to its end, synced, renamed, and the folder
 * synced. A failed call is the end of this file: who seals begins the run again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/sealed_form.h"

#define WRITE_TRIES 1000u

struct sealed_writer {
    const struct io *io;
    int dir, fd;
    char working[SEALED_NAME_BYTES], name[SEALED_NAME_BYTES];
    struct sealed_about about;
    struct word_index_writer *words;
    struct span tallies;
    uint64_t bytes; /* written */
    uint32_t blocks;
    uint8_t directory[SEALED_BLOCKS * SEALED_BLOCK_HEAD_BYTES];
    bool closed, published;
};

static int world(const struct sealed_writer *w, struct err *e, const char *what)
{
    int rc = errno == ENOSPC || errno == EDQUOT ? ERR_LIMIT : ERR_IO;

    return err_set(e, rc, 0, "A sealed file (%s) cannot be %s: %s.", w->working, what,
                   strerror(errno));
}

/* All of these bytes, and zeros up to a multiple of 8. */
static int write_padded(struct sealed_writer *w, struct span s, struct err *e)
{
    static const uint8_t zeros[8];
    const size_t pad = (size_t)(sealed_padded(s.n) - s.n), total = s.n + pad;
    size_t done = 0;

    for (unsigned tries = 0; done < total && tries < WRITE_TRIES; tries++) {
        struct iovec iov[2];
        int count = 0;
        ssize_t n;

        if (done < s.n)
            iov[count++] = (struct iovec){ (void *)(uintptr_t)(s.p + done), s.n - done };
        if (pad > 0) {
            size_t over = done > s.n ? done - s.n : 0;

            iov[count++] = (struct iovec){ (void *)(uintptr_t)(zeros + over), pad - over };
        }
        n = w->io->writev(w->io->arg, w->fd, iov, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return world(w, e, "written");
        done += (size_t)n;
    }
    w->bytes += done;
    return done == total ? ERR_OK : world(w, e, "written");
}

int sealed_create(struct sealed_writer **out, const struct io *io, int dir,
                  const struct sealed_about *about, struct err *e)
{
    struct sealed_writer *w = calloc(1, sizeof(*w));
    uint8_t head[SEALED_HEAD_BYTES];
    int rc;

    *out = NULL;
    if (w == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a sealed file.");
    w->io = io;
    w->dir = dir;
    w->about = *about;
    (void)snprintf(w->working, sizeof(w->working), "%02u-%llu.new", about->lane,
                   (unsigned long long)about->from);
    rc = word_index_new(&w->words, e);
    if (rc == ERR_OK) {
        w->fd = io->open(io->arg, dir, w->working, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
        rc = w->fd >= 0 ? ERR_OK : world(w, e, "made");
    } else {
        w->fd = -1;
    }
    sealed_head_put(head, about);
    if (rc == ERR_OK)
        rc = write_padded(w, (struct span){ head, sizeof(head) }, e);
    if (rc != ERR_OK)
        sealed_writer_free(&w);
    *out = w;
    return rc;
}

void sealed_writer_free(struct sealed_writer **out)
{
    struct sealed_writer *w = *out;

    *out = NULL;
    if (w == NULL)
        return;
    if (w->fd >= 0) {
        (void)close(w->fd); /* synced before, or of no use */
        if (!w->published)
            (void)w->io->unlink(w->io->arg, w->dir, w->working); /* the next one writes over it */
    }
    word_index_free(&w->words);
    free(w);
}

struct word_index_writer *sealed_words(struct sealed_writer *w)
{
    return w->words;
}

void sealed_put_tallies(struct sealed_writer *w, struct span tallies)
{
    MUST(!w->closed && tallies.n <= UINT32_MAX);
    w->tallies = tallies;
}

uint32_t sealed_writer_blocks(const struct sealed_writer *w)
{
    return w->blocks;
}

uint64_t sealed_writer_bytes(const struct sealed_writer *w)
{
    return w->bytes;
}

int sealed_add(struct sealed_writer *w, const struct sealed_block *b, const struct sealed_parts *p,
               struct err *e)
{
    uint8_t *head = w->directory + w->blocks * SEALED_BLOCK_HEAD_BYTES;
    struct sealed_block mine = *b;
    int rc;

    MUST(!w->closed && p->roots.n % SEALED_ROOT_BYTES == 0);
    if (w->blocks >= SEALED_BLOCKS)
        return err_set(e, ERR_LIMIT, 0, "A sealed file holds %u blocks at most.", SEALED_BLOCKS);
    mine.roots = (uint32_t)(p->roots.n / SEALED_ROOT_BYTES);
    mine.sources = (uint32_t)p->sources.n;
    mine.bytes = p->body.n;
    mine.roots_hash = sealed_hash(p->roots);
    mine.sources_hash = sealed_hash(p->sources);
    mine.hash = sealed_hash(p->body);
    sealed_block_put(head, &mine);
    MUST(sealed_block_read(head, &mine)); /* what nobody could read is our mistake */
    rc = word_index_block(w->words, e);
    if (rc == ERR_OK)
        rc = write_padded(w, (struct span){ head, SEALED_BLOCK_HEAD_BYTES }, e);
    if (rc == ERR_OK)
        rc = write_padded(w, p->roots, e);
    if (rc == ERR_OK)
        rc = write_padded(w, p->sources, e);
    if (rc == ERR_OK)
        rc = write_padded(w, p->body, e);
    w->blocks += rc == ERR_OK;
    return rc;
}

static int put_words(struct sealed_writer *w, struct sealed_foot *foot, struct err *e)
{
    struct buf out;
    int rc;

    buf_init(&out, (size_t)1 << 30);
    foot->words_at = w->bytes;
    rc = word_index_put(w->words, &out, e);
    foot->words_bytes = out.n;
    if (rc == ERR_OK)
        rc = write_padded(w, buf_span(&out), e);
    buf_release(&out);
    return rc;
}

int sealed_close(struct sealed_writer *w, const struct sealed_about *about, struct span stream,
                 struct err *e)
{
    const struct span directory = { w->directory, w->blocks * (size_t)SEALED_BLOCK_HEAD_BYTES };
    struct sealed_foot foot = { .blocks = w->blocks,
                                .stream_bytes = stream.n,
                                .stream_hash = sealed_hash(stream),
                                .directory_bytes = directory.n,
                                .directory_hash = sealed_hash(directory),
                                .tally_bytes = (uint32_t)w->tallies.n,
                                .tally_hash = w->tallies.n > 0 ? sealed_hash(w->tallies) : 0,
                                .to = about->to,
                                .part = about->part,
                                .parts = about->parts };
    uint8_t p[SEALED_FOOT_BYTES];
    int rc;

    MUST(!w->closed && w->blocks > 0);
    w->closed = true;
    w->about.to = about->to;
    w->about.parts = about->parts;
    rc = put_words(w, &foot, e);
    if (rc == ERR_OK)
        rc = write_padded(w, w->tallies, e);
    if (rc == ERR_OK)
        rc = write_padded(w, stream, e);
    if (rc == ERR_OK)
        rc = write_padded(w, directory, e);
    sealed_foot_put(p, &foot);
    if (rc == ERR_OK)
        rc = write_padded(w, (struct span){ p, sizeof(p) }, e);
    if (rc == ERR_OK && w->io->sync(w->io->arg, w->fd) != 0)
        rc = world(w, e, "synced");
    return rc;
}

int sealed_publish(struct sealed_writer *w, struct err *e)
{
    const struct sealed_name of = { w->about.lane, w->about.from, w->about.to, w->about.parts };

    MUST(w->closed && !w->published);
    sealed_file_name(w->name, &of);
    if (w->io->rename(w->io->arg, w->dir, w->working, w->name) != 0)
        return world(w, e, "named");
    w->published = true;
    if (w->io->sync_dir(w->io->arg, w->dir) != 0)
        return world(w, e, "made durable by its name");
    return ERR_OK;
}

int sealed_withdraw(struct sealed_writer *w)
{
    const char *name = w->published ? w->name : w->working;

    if (w->io->unlink(w->io->arg, w->dir, name) != 0 && errno != ENOENT)
        return ERR_IO;
    w->published = true; /* sealed_writer_free() has nothing to remove */
    return w->io->sync_dir(w->io->arg, w->dir) == 0 ? ERR_OK : ERR_IO;
}
