/*
 * ledger_files.h - what the tests of the ledger share: folders for one, checkpoints that differ,
 * and a verdict over what lies in the folders.
 */
#ifndef LEDGER_FILES_H
#define LEDGER_FILES_H

#include "ledger/chain.h"
#include "ledger/links.h"
#include "ledger/signer.h"

#define TEST_START_NS ((int64_t)1772359200 * 1000000000) /* 2026-03-01T10:00:00Z */

struct ledger_files {
    char path[64];
    int top, dir, keys; /* path, path/ledger, path/keys */
    struct merkle_hasher *h;
};

void ledger_files_init(struct ledger_files *f); /* in memory, /dev/shm */
void ledger_files_clear(struct ledger_files *f);
void ledger_files_release(struct ledger_files *f);

struct signer_settings ledger_files_settings(const struct ledger_files *f, const struct io *io);

/* What stream (lane, 6 months) of a store is at checkpoint `n`: sizes that grow, roots of leaves
 * that are numbers. */
void ledger_test_checkpoint(struct ledger_files *f, struct checkpoint *c, uint64_t n);
/* The range of the first `size` leaves. */
void ledger_test_range(struct ledger_files *f, struct merkle_range *r, uint64_t begin,
                       uint64_t end);
/* A deletion of stream 0 from `begin` to `end`, in one block. */
void ledger_test_deletion(struct ledger_files *f, struct deletion *d, uint64_t begin, uint64_t end);

/* Every note of the folder, in order, through links. The caller frees it. */
struct links *ledger_test_verify(struct ledger_files *f, const uint8_t root[KEY_BYTES],
                                 const struct links_anchor *anchors, uint32_t count,
                                 uint64_t *torn);

#endif
