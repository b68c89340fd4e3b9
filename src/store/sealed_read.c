/*
 * sealed_read.c - reading a sealed file by mapping; see sealed.h.
 *
 * Everything but bodies, roots, words and tallies is checked and copied at the opening, so that a
 * mapping that changes later cannot lead a reader out of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sealed_form.h"

/* What opening reads behind the tallies, mostly: directory, streams, foot, and tallies, which who
 * counts reads next. */
#define TAIL_BYTES ((uint64_t)8 << 10)

/* Of an index: when more are wanted, all of it is read sooner than each of them. */
#define BUCKETS_MANY 32u

struct sealed_file {
    struct sealed_about about;
    const uint8_t *map;
    uint64_t bytes;
    struct sealed_foot foot;
    struct sealed_block block[SEALED_BLOCKS];
    struct word_index words;
    bool words_good; /* the head of the index can be read */
    uint64_t words_damaged;
    uint8_t *stream;
};

static int corrupt(struct err *e, uint64_t at, const char *what)
{
    return err_set(e, ERR_CORRUPT, (size_t)at, "%s of a sealed file does not check (at byte %llu).",
                   what, (unsigned long long)at);
}

/* These bytes will be read soon; no more of them than there are. */
static void ahead(const struct sealed_file *f, uint64_t at, uint64_t bytes)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), from = at / page * page;
    const uint64_t to = at + bytes < f->bytes ? at + bytes : f->bytes;

    if (from < to)
        (void)madvise((void *)(uintptr_t)(f->map + from), to - from, MADV_WILLNEED); /* a hint */
}

static int map_file(struct sealed_file *f, int dir, const char *name, struct err *e)
{
    struct stat st;
    void *at;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return err_set(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, 0,
                       "The sealed file %.60s cannot be opened: %s.", name, strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        st.st_size < (off_t)(SEALED_HEAD_BYTES + SEALED_FOOT_BYTES)) {
        (void)close(fd); /* only read */
        return err_set(e, ERR_CORRUPT, 0, "%.60s is no whole sealed file.", name);
    }
    at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    (void)close(fd); /* the mapping stays */
    if (at == MAP_FAILED)
        return err_set(e, ERR_IO, 0, "The sealed file %.60s cannot be mapped: %s.", name,
                       strerror(errno));
    f->map = at;
    f->bytes = (uint64_t)st.st_size;
    (void)madvise(at, f->bytes, MADV_RANDOM); /* who reads it all says so */
    ahead(f, 0, SEALED_HEAD_BYTES);
    ahead(f, f->bytes > TAIL_BYTES ? f->bytes - TAIL_BYTES : 0, TAIL_BYTES);
    return ERR_OK;
}

/* Where the parts behind the blocks begin, from the end; each must be where the foot says. */
static int read_foot(struct sealed_file *f, struct err *e)
{
    const uint64_t at = f->bytes - SEALED_FOOT_BYTES;
    struct sealed_foot *foot = &f->foot;
    uint64_t behind;

    if (f->bytes % 8 != 0 || !sealed_foot_read(f->map + at, foot))
        return corrupt(e, at, "The foot");
    if (foot->words_at < SEALED_HEAD_BYTES || foot->words_at % 8 != 0 || foot->words_at > at ||
        foot->words_bytes > at || foot->stream_bytes > at)
        return corrupt(e, at, "The foot");
    behind = foot->words_at + sealed_padded(foot->words_bytes) + sealed_padded(foot->tally_bytes) +
             sealed_padded(foot->stream_bytes) + foot->directory_bytes;
    return behind == at ? ERR_OK : corrupt(e, at, "The foot");
}

/* The parts behind the blocks, as places in the file. */
static uint64_t tallies_at(const struct sealed_file *f)
{
    return f->foot.words_at + sealed_padded(f->foot.words_bytes);
}

static uint64_t stream_at(const struct sealed_file *f)
{
    return tallies_at(f) + sealed_padded(f->foot.tally_bytes);
}

/* The parts of a block, as places in the file. */
static uint64_t roots_at(const struct sealed_block *b)
{
    return b->at + SEALED_BLOCK_HEAD_BYTES;
}

static uint64_t sources_at(const struct sealed_block *b)
{
    return roots_at(b) + b->roots * (uint64_t)SEALED_ROOT_BYTES;
}

static uint64_t body_at(const struct sealed_block *b)
{
    return sources_at(b) + sealed_padded(b->sources);
}

/* The blocks follow one another from the head to the words, in the order of their events. */
static int read_directory(struct sealed_file *f, struct err *e)
{
    const uint64_t at = f->bytes - SEALED_FOOT_BYTES - f->foot.directory_bytes;
    struct span directory = { f->map + at, (size_t)f->foot.directory_bytes };
    uint64_t place = SEALED_HEAD_BYTES, before = f->about.from;

    if (sealed_hash(directory) != f->foot.directory_hash)
        return corrupt(e, at, "The directory");
    for (uint32_t i = 0; i < f->foot.blocks; i++) {
        struct sealed_block *b = &f->block[i];

        if (!sealed_block_read(directory.p + i * (size_t)SEALED_BLOCK_HEAD_BYTES, b) ||
            b->from < before || b->to > f->about.to ||
            sealed_day(b->receipt_from) != f->about.day ||
            sealed_day(b->receipt_to) != f->about.day)
            return corrupt(e, at + i * SEALED_BLOCK_HEAD_BYTES, "The directory");
        b->at = place;
        place = body_at(b) + sealed_padded(b->bytes);
        before = b->to + 1;
    }
    return place == f->foot.words_at ? ERR_OK : corrupt(e, at, "The directory");
}

static int read_stream(struct sealed_file *f, struct err *e)
{
    const uint64_t at = stream_at(f);
    struct span s = { f->map + at, (size_t)f->foot.stream_bytes };

    f->stream = malloc(s.n + 1);
    if (f->stream == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a sealed file.");
    memcpy(f->stream, s.p, s.n);
    return sealed_hash((struct span){ f->stream, s.n }) == f->foot.stream_hash
               ? ERR_OK
               : corrupt(e, at, "The streams");
}

/* The head of the index and its offsets, one of 4 bytes for a bucket of 380 bytes or more: those of
 * all files that a sealer made. Where there were more, they come when they are asked for. */
static uint64_t words_begin(const struct sealed_file *f)
{
    return WORD_HEAD_BYTES + f->foot.words_bytes / 64;
}

/* An index of which nothing can be read answers every question with all blocks. */
static void read_words(struct sealed_file *f)
{
    struct span index = sealed_word_bytes(f);

    f->words_good = word_index_open(&f->words, index, index.n, NULL) == ERR_OK &&
                    f->words.blocks == f->foot.blocks;
    f->words_damaged += !f->words_good;
}

/* All but the index of words. */
static int check_file(struct sealed_file *f, const char *name, struct err *e)
{
    struct sealed_name of;
    int rc = sealed_head_read(f->map, &f->about, e);

    if (rc == ERR_OK)
        rc = read_foot(f, e);
    f->about.to = f->foot.to;
    f->about.part = f->foot.part;
    f->about.parts = f->foot.parts;
    if (rc == ERR_OK &&
        (!sealed_file_read(span_of(name), &of) || of.lane != f->about.lane ||
         of.from != f->about.from || of.to != f->about.to || of.parts != f->about.parts))
        rc = err_set(e, ERR_CORRUPT, 0,
                     "The sealed file %.60s holds another run than its name says.", name);
    if (rc == ERR_OK)
        rc = read_directory(f, e);
    if (rc == ERR_OK)
        rc = read_stream(f, e);
    return rc;
}

static int new_file(struct sealed_file **out, int dir, const char *name, struct err *e)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? map_file(*out, dir, name, e)
                        : err_set(e, ERR_NOMEM, 0, "There is no memory for a sealed file.");
}

int sealed_open(struct sealed_file **out, int dir, const char *name, struct err *e)
{
    int rc = new_file(out, dir, name, e);

    if (rc == ERR_OK)
        rc = check_file(*out, name, e);
    if (rc == ERR_OK)
        read_words(*out);
    else
        sealed_free(out);
    return rc;
}

/* Each step for all of them: when one waits for the disk, the bytes of the others are on the way,
 * and those of the next step are asked for. */
void sealed_open_all(struct sealed_opening *o, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        o[i].code = new_file(&o[i].file, o[i].dir, o[i].name, NULL);
    for (uint32_t i = 0; i < count; i++) {
        if (o[i].code == ERR_OK)
            o[i].code = check_file(o[i].file, o[i].name, NULL);
        if (o[i].code == ERR_OK)
            ahead(o[i].file, o[i].file->foot.words_at, words_begin(o[i].file));
    }
    for (uint32_t i = 0; i < count; i++) {
        if (o[i].code == ERR_OK)
            read_words(o[i].file);
        else
            sealed_free(&o[i].file);
    }
}

void sealed_free(struct sealed_file **out)
{
    struct sealed_file *f = *out;

    *out = NULL;
    if (f == NULL)
        return;
    if (f->map != NULL)
        (void)munmap((void *)(uintptr_t)f->map, f->bytes); /* cannot fail for what was mapped */
    free(f->stream);
    free(f);
}

const struct sealed_about *sealed_about(const struct sealed_file *f)
{
    return &f->about;
}

uint32_t sealed_block_count(const struct sealed_file *f)
{
    return f->foot.blocks;
}

const struct sealed_block *sealed_block(const struct sealed_file *f, uint32_t i)
{
    MUST(i < f->foot.blocks);
    return &f->block[i];
}

uint64_t sealed_file_bytes(const struct sealed_file *f)
{
    return f->bytes;
}

static int part_of(const struct sealed_file *f, uint64_t at, uint64_t n, uint64_t hash,
                   struct span *part)
{
    *part = (struct span){ f->map + at, (size_t)n };
    return sealed_hash(*part) == hash ? ERR_OK : ERR_CORRUPT;
}

int sealed_roots(const struct sealed_file *f, uint32_t i, struct span *roots, struct err *e)
{
    const struct sealed_block *b = sealed_block(f, i);

    if (part_of(f, roots_at(b), b->roots * (uint64_t)SEALED_ROOT_BYTES, b->roots_hash, roots) < 0)
        return corrupt(e, roots_at(b), "The roots of a block");
    return ERR_OK;
}

int sealed_sources(const struct sealed_file *f, uint32_t i, struct span *sources, struct err *e)
{
    const struct sealed_block *b = sealed_block(f, i);

    if (part_of(f, sources_at(b), b->sources, b->sources_hash, sources) < 0)
        return corrupt(e, sources_at(b), "The sources of a block");
    return ERR_OK;
}

int sealed_body(const struct sealed_file *f, uint32_t i, bool check, struct span *body,
                struct err *e)
{
    const struct sealed_block *b = sealed_block(f, i);

    *body = (struct span){ f->map + body_at(b), (size_t)b->bytes };
    return !check || sealed_hash(*body) == b->hash ? ERR_OK : corrupt(e, body_at(b), "A block");
}

uint64_t sealed_block_bytes(const struct sealed_file *f, uint32_t i)
{
    const struct sealed_block *b = sealed_block(f, i);

    return body_at(b) + b->bytes - b->at;
}

void sealed_ahead(const struct sealed_file *f, uint32_t i)
{
    ahead(f, sealed_block(f, i)->at, sealed_block_bytes(f, i));
}

/* --- All of it ------------------------------------------------------------------------------ */

/* The zero bytes behind a part that ends at `end`. */
static bool padding_good(const struct sealed_file *f, uint64_t end)
{
    for (uint64_t at = end; at < sealed_padded(end); at++) {
        if (f->map[at] != 0)
            return false;
    }
    return true;
}

static int check_block(const struct sealed_file *f, uint32_t i, struct err *e)
{
    const struct sealed_block *b = sealed_block(f, i);
    const uint64_t directory = f->bytes - SEALED_FOOT_BYTES - f->foot.directory_bytes;
    const uint8_t *copy = f->map + directory + i * (uint64_t)SEALED_BLOCK_HEAD_BYTES;
    struct span roots, sources, body;
    int rc;

    if (memcmp(f->map + b->at, copy, SEALED_BLOCK_HEAD_BYTES) != 0)
        return corrupt(e, b->at, "The head of a block");
    rc = sealed_roots(f, i, &roots, e);
    if (rc == ERR_OK)
        rc = sealed_sources(f, i, &sources, e);
    if (rc == ERR_OK)
        rc = sealed_body(f, i, true, &body, e);
    if (rc == ERR_OK &&
        (!padding_good(f, sources_at(b) + b->sources) || !padding_good(f, body_at(b) + b->bytes)))
        rc = corrupt(e, b->at, "What is behind a block");
    return rc;
}

int sealed_check(const struct sealed_file *f, struct err *e)
{
    const struct span words = sealed_word_bytes(f);
    struct span tallies;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < f->foot.blocks && rc == ERR_OK; i++)
        rc = check_block(f, i, e);
    if (rc == ERR_OK && (!f->words_good || word_index_damaged(&f->words, words) > 0 ||
                         !padding_good(f, f->foot.words_at + words.n)))
        rc = corrupt(e, f->foot.words_at, "The index of words");
    if (rc == ERR_OK)
        rc = sealed_tallies(f, &tallies, e);
    if (rc == ERR_OK && !padding_good(f, tallies_at(f) + f->foot.tally_bytes))
        rc = corrupt(e, tallies_at(f), "What is behind the tallies");
    if (rc == ERR_OK && !padding_good(f, stream_at(f) + f->foot.stream_bytes))
        rc = corrupt(e, stream_at(f), "What is behind the streams");
    return rc;
}

int sealed_tallies(const struct sealed_file *f, struct span *tallies, struct err *e)
{
    const struct sealed_foot *foot = &f->foot;

    *tallies = SPAN_NONE;
    if (foot->tally_bytes == 0 ||
        part_of(f, tallies_at(f), foot->tally_bytes, foot->tally_hash, tallies) == ERR_OK)
        return ERR_OK;
    return corrupt(e, tallies_at(f), "The tallies");
}

struct span sealed_stream(const struct sealed_file *f)
{
    return (struct span){ f->stream, (size_t)f->foot.stream_bytes };
}

uint64_t sealed_find(struct sealed_file *f, uint64_t hash)
{
    if (f->words_good)
        return word_index_find(&f->words, sealed_word_bytes(f), hash, &f->words_damaged);
    return f->foot.blocks == 64 ? UINT64_MAX : ((uint64_t)1 << f->foot.blocks) - 1;
}

void sealed_find_ahead(const struct sealed_file *f, const uint64_t *hash, uint32_t count)
{
    const struct span words = sealed_word_bytes(f);

    if (f->words_good && count > BUCKETS_MANY)
        ahead(f, f->foot.words_at, words.n);
    for (uint32_t i = 0; f->words_good && i < count && count <= BUCKETS_MANY; i++) {
        const struct span bucket = word_index_bucket(&f->words, words, hash[i]);

        if (bucket.p != NULL)
            ahead(f, (uint64_t)(bucket.p - f->map), bucket.n);
    }
}

uint64_t sealed_words_damaged(const struct sealed_file *f)
{
    return f->words_damaged;
}

struct span sealed_word_bytes(const struct sealed_file *f)
{
    return (struct span){ f->map + f->foot.words_at, (size_t)f->foot.words_bytes };
}

const struct word_index *sealed_word_index(const struct sealed_file *f)
{
    return f->words_good ? &f->words : NULL;
}
