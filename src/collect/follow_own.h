/*
 * follow_own.h - what the parts of the follower share; nobody else includes it.
 *
 *   follow.c        the files in turn: what has grown, where a block ends
 *   follow_scan.c   paths into open files; what came and went
 *   follow_copy.c   files that are copies of one that was followed
 *   follow_place.c  places: proven, written as checkpoints and read back; those of files not open
 */
#ifndef FOLLOW_OWN_H
#define FOLLOW_OWN_H

#include "collect/follow.h"
#include "os/file.h"
#include "scan/cut.h"

#define PLACE_HEAD_BYTES 1024u
#define PLACE_TAIL_BYTES 256u
#define PLACE_W3C_MAX    2560u
#define FOLLOW_SAID      8192u

/* --- places ---------------------------------------------------------------------------------- */

struct place {
    uint64_t offset;
    uint64_t head_hash, tail_hash;
    uint16_t head_bytes, tail_bytes;
    uint8_t mode;   /* enum cut_mode of what follows */
    bool begun;     /* mode is known */
    bool headers;   /* of struct cut */
    uint16_t w3c_n; /* header lines in force */
    uint8_t *w3c;   /* owned */
};

void place_clear(struct place *p);
bool place_copy(struct place *to, const struct place *from);
bool place_is_there(const struct place *p, int fd, uint64_t size); /* the proof */
uint64_t place_hash(struct span s);

/* The header lines that make `w` again, at most PLACE_W3C_MAX bytes; nothing when it rules none. */
void place_put_header(struct buf *out, const struct w3c *w);
void place_header(struct w3c *w, struct span lines);

/* A checkpoint as it is written. Texts are borrowed. */
struct mark {
    uint64_t dev, ino;
    int64_t time_ns;
    struct span path; /* as the file was first found: its source */
    struct place place;
};

void mark_key(uint8_t key[PASS_KEY_BYTES], uint64_t dev, uint64_t ino);
void mark_put(struct buf *out, const struct mark *m);
/* False when it is none of a file; m->place.w3c is borrowed too. */
bool mark_read(struct span checkpoint, struct mark *m);

/* --- checkpoints of files that are not open --------------------------------------------------- */

struct known_row {
    uint8_t *p; /* the checkpoint; NULL: free */
    uint32_t n;
};

struct known {
    struct known_row *row;
    uint32_t rows, used; /* rows: a power of two, or 0 */
};

void known_release(struct known *k);
bool known_put(struct known *k, struct span checkpoint);
/* The checkpoint of this very file (a link into the table, until the next change), or NULL. */
const struct known_row *known_find(const struct known *k, uint64_t dev, uint64_t ino,
                                   const char *path, int fd, uint64_t size);
bool known_inode(const struct known *k, uint64_t ino);
void known_drop(struct known *k, const struct known_row *row);

/* --- files ----------------------------------------------------------------------------------- */

/* How long a file has been at rest. */
enum rest { REST_NONE, REST_LINES, REST_BEGIN, REST_COPIED, REST_END, RESTS };

struct file {
    int fd;
    uint64_t dev, ino;
    char *path; /* where it is, or was seen last */
    char *name; /* where it was found first: what its source is called */
    struct place place;
    struct place before; /* where it was when it was truncated; for its copy */
    uint64_t size;
    int64_t time_ns;      /* last written */
    int64_t found_ns;     /* ... when it was found */
    uint64_t changed_ms;  /* when its size or time was seen to change */
    uint64_t tried_size;  /* no block was found with so much and ... */
    enum rest tried_rest; /* ... after so long a rest */
    uint64_t last_number; /* of its last block */
    uint32_t other;       /* of the scan: index + 1 of another path to it */
    bool here;            /* of the scan: its path leads to it */
    bool moved;           /* renamed or removed since it was found */
    bool gone;            /* no path leads to it */
    bool passed_over;     /* nothing of it is read */
    bool unsure;          /* may be a copy; decided when it is at rest */
    bool tell;            /* its place must be told though nothing is passed */
};

struct follow {
    follow_notice_fn *notice;
    void *arg;
    struct text_list paths; /* owned, with its texts */
    int64_t *missing_ns;    /* of each: nothing was there, and its folder had changed last then */
    bool started;
    uint64_t scans; /* since the start */
    struct file **file;
    uint32_t files, cap, turn;
    uint32_t *index; /* open addressing by inode: number of the file + 1; INDEX_SLOTS */
    struct known known;
    struct buf forget; /* keys */
    uint8_t *room;     /* tail of what was passed, then what is read */
    size_t room_cap;
    struct buf checkpoint, source, w3c;
    uint64_t durable;
    uint64_t *said; /* hashes of what was said */
    uint32_t said_count;
    struct follow_counts counts;
};

/* Count, and say once about this path; `why` may be NULL. */
void follow_fault(struct follow *f, enum follow_fault what, const char *path, const char *why);

/* "app.log.1", "app.log-2026" beside "app.log". */
bool follow_is_beside(const char *path, const char *of);

/* The collector need not keep this file's checkpoint. */
void follow_forget(struct follow *f, uint64_t dev, uint64_t ino);

void file_free(struct file **p);
struct span file_mark(struct follow *f, const struct file *x); /* its checkpoint */
enum rest file_rest(const struct file *x, uint64_t now_ms);
/* A file is another one now: from its start. */
void file_restart(struct follow *f, struct file *x);
/* Where this file goes on: from its checkpoint, or from its start. */
void file_settle(struct follow *f, struct file *x);
/* May this new file be a copy of one that was followed? */
bool file_is_suspect(const struct follow *f, const struct file *x);
/* What is unsure and at rest: a copy of a file that was followed goes on where that one was. */
void file_decide(struct follow *f, struct file *x);

#endif
