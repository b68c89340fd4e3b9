#include "ledger_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

static void clear(int dir)
{
    DIR *d = fdopendir(dup(dir));
    struct dirent *entry;

    MUST(d != NULL);
    rewinddir(d);
    while ((entry = readdir(d)) != NULL) {
        if (entry->d_name[0] != '.')
            (void)unlinkat(dir, entry->d_name, 0);
    }
    (void)closedir(d);
}

static int folder(int top, const char *name)
{
    MUST(mkdirat(top, name, 0700) == 0);
    return openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void ledger_files_init(struct ledger_files *f)
{
    *f = (struct ledger_files){ .path = "/dev/shm/canh-ledger-XXXXXX" };
    MUST(mkdtemp(f->path) != NULL);
    f->top = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->dir = folder(f->top, "ledger");
    f->keys = folder(f->top, "keys");
    MUST(merkle_hasher_new(&f->h, NULL) == ERR_OK);
}

void ledger_files_clear(struct ledger_files *f)
{
    clear(f->dir);
    clear(f->keys);
}

void ledger_files_release(struct ledger_files *f)
{
    ledger_files_clear(f);
    (void)close(f->dir);
    (void)close(f->keys);
    (void)unlinkat(f->top, "ledger", AT_REMOVEDIR);
    (void)unlinkat(f->top, "keys", AT_REMOVEDIR);
    (void)close(f->top);
    (void)rmdir(f->path);
    merkle_hasher_free(&f->h);
}

struct signer_settings ledger_files_settings(const struct ledger_files *f, const struct io *io)
{
    return (struct signer_settings){ .io = io,
                                     .dir = f->dir,
                                     .keys = f->keys,
                                     .store = "0123456789abcde",
                                     .time_ns = TEST_START_NS };
}

void ledger_test_range(struct ledger_files *f, struct merkle_range *r, uint64_t begin, uint64_t end)
{
    merkle_begin(r, begin);
    for (uint64_t i = begin; i < end; i++) {
        uint8_t bytes[8];
        const struct span part = { bytes, sizeof(bytes) };
        struct merkle_hash leaf;

        bytes_put_u64(bytes, i);
        merkle_digest(f->h, 0, &part, 1, &leaf);
        merkle_append(f->h, r, &leaf);
    }
}

void ledger_test_checkpoint(struct ledger_files *f, struct checkpoint *c, uint64_t n)
{
    struct merkle_range r;

    memset(c, 0, sizeof(*c));
    c->time_ns = TEST_START_NS + (int64_t)n * 10 * 1000000000 + 123;
    c->clock_ns = 1000 + n * 10;
    c->boot[0] = 7;
    c->rules.bytes[0] = 1;
    c->stream_count = n < 3 ? 1 : 2;
    for (uint32_t i = 0; i < c->stream_count; i++) {
        c->stream[i] =
            (struct checkpoint_stream){ .lane = i, .months = 6, .size = i == 0 ? 3 * n : n / 2 };
        ledger_test_range(f, &r, 0, c->stream[i].size);
        merkle_root(f->h, &r, &c->stream[i].root);
    }
}

void ledger_test_deletion(struct ledger_files *f, struct deletion *d, uint64_t begin, uint64_t end)
{
    struct merkle_range r;

    memset(d, 0, sizeof(*d));
    d->time_ns = TEST_START_NS;
    d->months = 6;
    d->begin = begin;
    d->end = end;
    ledger_test_range(f, &r, 0, end);
    d->hash_count = r.count;
    memcpy(d->hash, r.node, r.count * sizeof(r.node[0]));
    ledger_test_range(f, &r, begin, end);
    d->block_count = 1;
    d->block[0] = (struct deletion_block){ .begin = begin, .end = end };
    deletion_digest(f->h, &r, &d->block[0].digest);
}

static bool on_note(void *arg, const struct note *n, const struct chain_place *at)
{
    return links_next(arg, n, at->first);
}

static bool on_unreadable(void *arg, const struct err *why, const struct chain_place *at)
{
    (void)at;
    links_unreadable(arg, why);
    return false;
}

struct links *ledger_test_verify(struct ledger_files *f, const uint8_t root[KEY_BYTES],
                                 const struct links_anchor *anchors, uint32_t count, uint64_t *torn)
{
    struct links *l = malloc(sizeof(*l));
    const struct chain_reader r = { on_note, on_unreadable, l };
    struct chain *c;

    MUST(l != NULL);
    links_init(l, f->h, root);
    for (uint32_t i = 0; i < count; i++)
        MUST(links_anchor(l, &anchors[i], NULL) == ERR_OK);
    MUST(chain_open_reader(&c, &io_system, f->dir, NULL) == ERR_OK);
    MUST(chain_read(c, 0, &r, torn, NULL) == ERR_OK);
    chain_free(&c);
    (void)links_end(l);
    return l;
}
