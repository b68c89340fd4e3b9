/*
 * record.h - what people rely on in the database, under the ledger: table `record`.
 *
 *   alert, alert_event ──triggers──▶ record: a line for each row made, changed or removed
 *                                      └──▶ chain of hashes ──▶ `audit` of each checkpoint
 *
 * Triggers write the line within the transaction that does the change, so that no statement can
 * forget it; `--! record` in src/db/schema says which columns of which tables. Counts and times that
 * run on with each finding are not among them: they follow from the store.
 *
 *   digest of a row = SHA-256(kind, then each column's value), canh_digest() in SQL: of each value
 *       u8 'n', 'i', 't' or 'b' (NULL, integer, text, blob), u64 bytes, the bytes; of an integer
 *       its 8 bytes. A row that was removed: 32 zero bytes
 *   chain of line n = SHA-256(0x03, chain of line n - 1, u64 n, u64 bytes, kind, u64 bytes, key,
 *       digest); of line 0: 32 zero bytes. Numbers little endian
 *
 * Lines begin with 1, none is left out, none is ever changed or removed.
 */
#ifndef RECORD_H
#define RECORD_H

#include "db/db.h"
#include "ledger/merkle.h"

#define RECORD_DIGEST_BYTES MERKLE_HASH_BYTES

struct record_chain { /* of nothing: {0} */
    uint64_t number;  /* of the last line in it */
    struct merkle_hash hash;
};

/* Take at most `most` more lines. Returns how many; ERR_CORRUPT when the next is missing or is not
 * what a line is. In no transaction. */
int64_t record_follow(struct db *db, struct record_chain *c, uint32_t most, struct err *e);

/* A hash that was signed, of the chain. */
struct record_head {
    struct merkle_hash hash;
    uint64_t checkpoint;
};

/* A line ("record 12") is not what was signed; a row ("alert 7") not as its last line says. */
enum record_fault { RECORD_LINE, RECORD_ROW };

struct record_check {
    const struct record_head *head; /* in the order in which they were signed, each once */
    uint32_t heads;
    void (*fault)(void *arg, enum record_fault f, const char *where, const char *what);
    void *arg;
    uint64_t lines, behind; /* read; of them, behind the last that was signed */
};

/* Is every head met on the way through the chain, in order, and is every row as its last line says?
 * ERR_OK when it was looked at, whatever was found. */
int record_verify(struct db *db, struct record_check *check, struct err *e);

#endif
