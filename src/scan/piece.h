/*
 * piece.h - what one thread found in one block, until it is its turn to leave.
 *
 * A piece holds texts whose event numbers are not known yet (the blocks before it are still being
 * read): each entry says where its number belongs and the number within the block. piece_*() are
 * called by the thread that works on the block; turn.c takes the entries out.
 */
#ifndef PIECE_H
#define PIECE_H

#include "base/buf.h"

#define PIECE_BYTES_MAX ((size_t)1 << 30) /* a bound; piece_is_full() keeps it smaller */
#define NO_RECORD       UINT32_MAX

enum piece_kind {
    PIECE_FINDING, /* text of the output */
    PIECE_NOTE,    /* a sentence about a damaged record */
    PIECE_EVENT,   /* text of an event that correlations may show */
    PIECE_INPUT,   /* a record for the correlations, about the event before it */
};

struct piece_entry {
    uint8_t kind;       /* enum piece_kind */
    uint8_t level;      /* of a finding */
    uint32_t record_at; /* where the number belongs, from `at`; NO_RECORD */
    size_t at, bytes;   /* of piece.text */
    uint64_t record;    /* of the block, from 0 */
    int64_t time_ns;
};

struct piece {
    struct buf text;
    struct piece_entry *entries;
    size_t count, cap;
    uint64_t records; /* of the block, read so far */
};

void piece_init(struct piece *p);
void piece_release(struct piece *p);
void piece_clear(struct piece *p); /* the entries; not `records` */

/*
 * Begin an entry: text is then appended to p->text. piece_end() takes it in; false when memory is
 * out or the text is over PIECE_BYTES_MAX, and nothing of it is kept.
 */
struct piece_entry piece_begin(const struct piece *p, enum piece_kind kind);
bool piece_end(struct piece *p, struct piece_entry *entry);

/* The text of an entry with its number in place, into `out` (cleared first). */
void piece_text(const struct piece *p, const struct piece_entry *entry, uint64_t number,
                struct buf *out);

#endif
