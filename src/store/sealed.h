/*
 * sealed.h - a sealed file: blocks of events of one lane, one retention class and one day of
 * receipt. Made whole or not at all, never changed.
 *
 *   DATA/sealed/20261127-12/00-8193-155000-2.seal
 *               day (UTC), months it is kept  /  lane, the run's first and last event and parts
 *
 *   file = head, block, block, ..., words, tallies, streams, directory, foot    little endian
 *
 *   head (64 bytes)                         block head (128 bytes; roots, sources, the body)
 *     0  8  "canhseal"                        0  4  "CBLK"
 *     8  4  version, 2                        4  4  events
 *    12  4  lane                              8  8  sequence of the first
 *    16 16  store id                         16  8  of the last
 *    32  4  day, since 1970, UTC             24  8  earliest receipt, ns
 *    36  2  months kept                      32  8  latest
 *    38  2  0                                40  8  place of the first event in its stream, from 0
 *    40  8  run: first event                 48  8  bytes of the body
 *    48  8  0                                56  4  roots
 *    56  8  XXH3 of the 56 bytes before      60  4  bytes of the sources
 *                                            64  8  XXH3 of the roots
 *   foot (96 bytes)                          72  8  XXH3 of the body
 *     0  4  "CFTR"                           80  8  XXH3 of the sources
 *     4  4  blocks                           88 32  0
 *     8  8  bytes of the words              120  8  XXH3 of the 120 bytes before
 *    16  8  of the streams                  56  8  run: last event
 *    24  8  of the directory                64  2  part of the run, from 0
 *    32  8  place of the words              66  2  parts, 0: merged
 *    40  8  XXH3 of the streams             68  4  bytes of the tallies
 *    48  8  of the directory                72  8  XXH3 of the tallies
 *                                           80  8  0
 *                                           88  8  XXH3 of the 88 bytes before
 *
 * Roots, sources, body, words, tallies, streams and directory are each followed by zero bytes up to
 * a multiple of 8. The directory repeats the block heads. The words are one word_index.h over all
 * blocks, which checks itself. The tallies are a tally.h of all events, or nothing; version 1 has
 * none, and nothing else is different. A body is a block.h. Roots are 32 bytes each: the hashes of
 * the largest aligned subtrees that the block's events make in their stream's tree
 * (docs/ledger.md), from left to right. Sources: what the source numbers of the block's events
 * stand for; a zstd frame of records, u32 bytes and collect/source.h's record each. Streams: what
 * the stream of this (lane, class) is behind the run: u64 events, then its compact range's hashes.
 *
 * A *run* is a stretch of a lane that was sealed in one go: one file, a part, for each class and
 * day in it. It counts when all its parts are there; until then the lane's segments hold its
 * events. The name says the run, so that a listing alone tells what is sealed. Who merges files of
 * one folder makes one whose run is all of theirs, of 0 parts, and then removes them: of two files
 * of a folder and lane of which one's run lies in the other's, the smaller is left over and does
 * not count.
 */
#ifndef SEALED_H
#define SEALED_H

#include "os/io.h"
#include "store/word_index.h"

#define SEALED_BLOCKS      WORD_BLOCKS
#define SEALED_ROOT_BYTES  32u
#define SEALED_ROOTS_MAX   128u
#define SEALED_BODY_MAX    ((uint64_t)64 << 20)
#define SEALED_SOURCES_MAX ((uint32_t)1 << 20)
#define SEALED_NAME_BYTES  64u
#define SEALED_DAY_NS      86400000000000LL

struct sealed_about {
    uint8_t store[16];
    uint32_t lane;
    int32_t day;          /* since 1970, UTC */
    uint16_t months;      /* the retention class */
    uint16_t part, parts; /* from 0; 0 parts: merged */
    uint64_t from, to;    /* the run: its first and its last event */
};

struct sealed_block {
    uint32_t events;
    uint64_t from, to; /* sequence of the first and the last event */
    int64_t receipt_from, receipt_to;
    uint64_t place; /* of the first event in its stream */
    uint32_t roots;
    uint32_t sources;                        /* bytes */
    uint64_t bytes;                          /* of the body */
    uint64_t at;                             /* of the block's head in the file: the reader's */
    uint64_t roots_hash, sources_hash, hash; /* set by the writer and the reader */
};

/* Day of a receipt time. */
static inline int32_t sealed_day(int64_t receipt_ns)
{
    int64_t d = receipt_ns / SEALED_DAY_NS;

    return (int32_t)(receipt_ns % SEALED_DAY_NS < 0 ? d - 1 : d);
}

/* "20261127-12" and "00-8193-155000-2.seal"; each into SEALED_NAME_BYTES. The readers are strict.
 */
void sealed_folder_name(char *name, int32_t day, uint16_t months);
bool sealed_folder_read(struct span name, int32_t *day, uint16_t *months);
struct sealed_name {
    uint32_t lane;
    uint64_t from, to;
    uint16_t parts;
};
void sealed_file_name(char *name, const struct sealed_name *of);
bool sealed_file_read(struct span name, struct sealed_name *of);

/* --- writing ------------------------------------------------------------------------------ */

struct sealed_writer;

/* A new file in `dir`, which is borrowed; nobody sees it before sealed_publish().
 * What an earlier process left under the working name is written over. */
int sealed_create(struct sealed_writer **out, const struct io *io, int dir,
                  const struct sealed_about *about, struct err *e);
/* Without sealed_publish(): the file is removed. */
void sealed_writer_free(struct sealed_writer **w);

/* Its words, before sealed_add(): word_index_add(). */
struct word_index_writer *sealed_words(struct sealed_writer *w);

/* One block, behind those that are there; of `b`, place in the file, sizes and hashes are not
 * looked at. ERR_LIMIT beyond SEALED_BLOCKS. */
struct sealed_parts {
    struct span roots, sources, body;
};
int sealed_add(struct sealed_writer *w, const struct sealed_block *b, const struct sealed_parts *p,
               struct err *e);
/* Its tallies (tally_put()), borrowed until sealed_close(), before which this is called; else it
 * has none. */
void sealed_put_tallies(struct sealed_writer *w, struct span tallies);

uint32_t sealed_writer_blocks(const struct sealed_writer *w);
uint64_t sealed_writer_bytes(const struct sealed_writer *w);

/* Write what is left and sync: from here on only the name is missing. No further sealed_add(). Of
 * `about`, to, part and parts are taken. */
int sealed_close(struct sealed_writer *w, const struct sealed_about *about, struct span stream,
                 struct err *e);
/* Give it its name, and sync the folder. The file counts. */
int sealed_publish(struct sealed_writer *w, struct err *e);
/* Remove it, whatever name it has. ERR_IO when it may be there still. */
int sealed_withdraw(struct sealed_writer *w);

/* --- reading ------------------------------------------------------------------------------ */

struct sealed_file;

/* Map the file and check all but the bodies, roots, words and tallies. ERR_CORRUPT, ERR_UNSUPPORTED
 * for a later version, ERR_IO, ERR_NOTFOUND. A read error of the disk in a mapping is a signal: who
 * searches is a process that may die of it. */
int sealed_open(struct sealed_file **out, int dir, const char *name, struct err *e);

/* The same of many files at once: of a disk that answers many reads as fast as one, that is as fast
 * as opening a few. */
struct sealed_opening {
    int dir; /* borrowed */
    char name[SEALED_NAME_BYTES];
    struct sealed_file *file; /* NULL when `code` is not ERR_OK */
    int code;                 /* as sealed_open() */
};
void sealed_open_all(struct sealed_opening *o, uint32_t count);
void sealed_free(struct sealed_file **f);

const struct sealed_about *sealed_about(const struct sealed_file *f);
uint32_t sealed_block_count(const struct sealed_file *f);
const struct sealed_block *sealed_block(const struct sealed_file *f, uint32_t i);
uint64_t sealed_file_bytes(const struct sealed_file *f);

/* The body; its bytes are checked when `check`, for who does not check them part by part. */
int sealed_body(const struct sealed_file *f, uint32_t i, bool check, struct span *body,
                struct err *e);
/* Block `i` will be read soon: a hint. */
void sealed_ahead(const struct sealed_file *f, uint32_t i);
/* How many bytes it has in the file, from sealed_block()->at on, its roots and sources included. */
uint64_t sealed_block_bytes(const struct sealed_file *f, uint32_t i);
int sealed_roots(const struct sealed_file *f, uint32_t i, struct span *roots, struct err *e);
int sealed_sources(const struct sealed_file *f, uint32_t i, struct span *sources, struct err *e);
struct span sealed_stream(const struct sealed_file *f);
/* Of no bytes when it has none. */
int sealed_tallies(const struct sealed_file *f, struct span *tallies, struct err *e);

/* Every byte of the file: ERR_CORRUPT with e->at, the place of the first part that is not as it was
 * written. What bodies and roots mean is not looked at. */
int sealed_check(const struct sealed_file *f, struct err *e);

/* The blocks that may hold a word: bit i is block i. */
uint64_t sealed_find(struct sealed_file *f, uint64_t hash);
/* That will be asked soon, of so many words: a hint. */
void sealed_find_ahead(const struct sealed_file *f, const uint64_t *hash, uint32_t count);
/* Times that this index could not answer, because it is damaged. */
uint64_t sealed_words_damaged(const struct sealed_file *f);
/* The index itself, to check it whole. */
struct span sealed_word_bytes(const struct sealed_file *f);
const struct word_index *sealed_word_index(const struct sealed_file *f);

#endif
