/*
 * verifying.h - a verification of a whole store (seal/verify.h) with all that is laid against it
 * beside the ledger: the newest rules, for the tallies, and the desk's record. What the command and
 * the role have in common.
 */
#ifndef VERIFYING_H
#define VERIFYING_H

#include "seal/verify.h"

struct verifying_from {
    const char *data;        /* path of the data folder */
    uint8_t root[KEY_BYTES]; /* the public root key */
    const struct links_anchor *anchors;
    uint32_t anchor_count;
    void (*fault)(void *arg, const char *name, const char *where, const char *what);
    bool (*go_on)(void *arg, const struct verify_counts *c); /* may be NULL */
    void *arg;
};

struct verifying_found {
    struct verify_counts counts; /* `faults` with those of the record */
    uint64_t lines;              /* of the desk's record */
};

/* As verify_store(). No other generation of rules may be open in the process meanwhile. */
int verifying_run(const struct verifying_from *from, struct verifying_found *found, struct err *e);

/* A fault, and what was read, as an object each. */
void verifying_put_fault(struct buf *out, const char *name, const char *where, const char *what);
void verifying_put_end(struct buf *out, const struct verifying_found *found);
/* NUMBER:HASH of the last checkpoint; nothing when there is none. */
void verifying_put_anchor(struct buf *out, const struct verify_counts *c);

#endif
