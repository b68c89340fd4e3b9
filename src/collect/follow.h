/*
 * follow.h - files that grow, are rotated, truncated, removed and dropped in, as blocks of whole
 * records: each record of each file once, whatever happens in between.
 *
 *   paths ─▶ scan: which files are there ─▶ look: what has grown ─▶ next: a block and its
 * checkpoint │ collector's checkpoints ─▶ start ◀── collector or reader restarted ──┴─▶ durable
 *
 * Which file. A file is a device and an inode; its key is the hash of the two. That it is still the
 * same content is proven, before and after a restart, by the place that a checkpoint holds:
 *
 *   offset     all before it was passed
 *   head       hash of the first min(1,024, offset) bytes
 *   tail       hash of the last min(256, offset) bytes before the offset
 *
 * A file shorter than the offset, or of another head or tail, is a new one with an old inode
 * (truncated, copied and truncated, removed and the inode used again): it is read from its start.
 * The head covers only what was passed, so it gets longer with the blocks and by nothing else, in
 * the checkpoint that becomes durable with them: there is no moment at which a file has two keys.
 * Of one inode only the newest content is alive, so one checkpoint of it is enough; it takes the
 * place of an older one. When device numbers change (they may, at boot) inode, path and proof do.
 *
 * Rotation. Renamed and removed files are read on through the open descriptor. When such a file
 * was idle for 60 s its unfinished last line is passed too; it is closed when all is durable and no
 * path leads to it. After a restart, files beside a followed path whose inode a checkpoint knows
 * are read to their end. When the file at a path has moved, or none was there yet, files beside it
 * of its name and a number or date that were written later are read as well: they came and were
 * renamed between two looks. A copy of a followed file beside it (what "copytruncate" leaves) goes
 * on where the file was.
 *
 * When a record ends. As in `canh scan` (cut.h). The last line of a file is passed when it has been
 * at rest for 250 ms; an unfinished line or JSON text waits.
 *
 * What is not read: compressed files (.gz .xz .zst .bz2, by name), binary files, UTF-16. A Windows
 * event log is read once it was at rest for 5 s, whole chunks of it: files that are dropped in; not
 * one that Windows is writing, whose chunks change after they were read.
 *
 * What is lost: what was written and truncated, or removed, between two looks and has no copy;
 * content that begins with the same 1,024 bytes as before and has the same 256 before the offset;
 * what was rotated away from a single path of which nothing was ever durable, when the reader dies
 * then: to the next one it is history. A folder, or a pattern that takes the rotated names too, has
 * no such gap.
 *
 * No loop, no clock, no threads inside: the caller says when (monotonic ms). Memory: a buffer that
 * grows to one record, and about 500 bytes a file.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "collect/pass.h"
#include "conf/settings.h"

#define FOLLOW_FILES_MAX  16384u
#define FOLLOW_KNOWN_MAX  32768u /* checkpoints of files that are not there */
#define FOLLOW_SCAN_MS    10000u /* between two scans, when nothing else asks for one */
#define FOLLOW_SOURCE_MAX 63u    /* "file:" and the path, or its tail behind "…" */

/*  fault      counted   what an operator is told, behind the path
 *  ONCE: for a file; EACH: whenever it happens, but told once for a file; FOLDER: once for a file,
 *  told once for a folder */
#define FOLLOW_FAULT_TABLE(X)                                                                      \
    X(UNREADABLE, ONCE, "cannot be read")                                                          \
    X(TOO_MANY, ONCE, "is not followed: too many files are")                                       \
    X(COMPRESSED, FOLDER, "is not read: it is compressed, as others in its folder may be")         \
    X(BINARY, ONCE, "is not read: it is no log (binary)")                                          \
    X(WIDE, ONCE, "is not read: it is UTF-16")                                                     \
    X(TRUNCATED, EACH, "was truncated, or is a new file: it is read from its start")               \
    X(LONG, EACH, "holds a record larger than what is read at once, which is cut")                 \
    X(MEMORY, ONCE, "waits: there is no memory")

enum follow_fault {
#define X(id, counted, text) FOLLOW_##id,
    FOLLOW_FAULT_TABLE(X)
#undef X
        FOLLOW_FAULTS
};

struct follow_counts {
    uint64_t blocks, bytes; /* passed, again after a restart too */
    uint64_t copies;        /* files found to be a copy of one that was followed */
    uint64_t fault[FOLLOW_FAULTS];
};

struct follow;

/* A sentence; the same about the same file once. */
typedef void follow_notice_fn(void *arg, const char *sentence);

int follow_new(struct follow **out, follow_notice_fn *notice, void *arg, struct err *e);
void follow_free(struct follow **f);

/* What is followed from the next scan on: files, folders, and patterns with * and ? in the last
 * part. Copied. */
int follow_paths(struct follow *f, const struct text_list *paths, struct err *e);

/* A collector begins: forget what the one before it had, take its checkpoints (those that are not
 * of a file are passed over), then start. Nothing is passed in between. */
void follow_reset(struct follow *f);
void follow_checkpoint(struct follow *f, struct span checkpoint);
void follow_start(struct follow *f, uint64_t now_ms);

/* Look at all paths: when something came, went or was renamed, and every FOLLOW_SCAN_MS. */
void follow_scan(struct follow *f, uint64_t now_ms);
/* Look at the sizes of all files: when something was written, or is due. */
void follow_look(struct follow *f, uint64_t now_ms);

/* The next block, of the files in turn; it gets this number, which only grows. 1, 0 when none is
 * ready. What `b` lends lives until the next call. A block without records is a checkpoint alone;
 * one whose checkpoint is a key alone makes the collector forget it. */
int follow_next(struct follow *f, uint64_t now_ms, uint64_t number, struct pass_block *b);

/* Blocks up to this number are durable. */
void follow_durable(struct follow *f, uint64_t number);

/* When to look again though nothing was heard, in ms; at most FOLLOW_SCAN_MS. */
uint64_t follow_due_ms(const struct follow *f, uint64_t now_ms);

/* Each folder in which something may come or go, perhaps more than once. */
void follow_folders(const struct follow *f, void (*fn)(void *arg, const char *folder), void *arg);

uint32_t follow_open(const struct follow *f); /* files */
const struct follow_counts *follow_counts(const struct follow *f);

/* Does the name match the pattern of * (any bytes) and ? (one byte)? */
bool follow_matches(const char *pattern, const char *name);

#endif
