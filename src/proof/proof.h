/*
 * proof.h - verifications of the whole store that somebody asked the server for: a row each, for
 * good and under the ledger: who asked, when, up to which checkpoint, and what was found.
 *
 *   asked ──▶ running ──▶ sound, faults      found
 *     └─────────┴───────▶ failed             it could not be read, or the server ended
 *     └─────────┴───────▶ ended              somebody did not want it any more
 *
 * One is open at a time. The role verifier reads the store; the desk writes what it tells
 * (office/prover.h). What a server says of itself proves little to who does not trust it: `canh
 * verify` and tools/verify.py ask nobody.
 */
#ifndef PROOF_H
#define PROOF_H

#include "act/view.h"
#include "ledger/links.h"

#define PROOF_ANCHOR_MAX 96u /* bytes of "NUMBER:HASH" */

/* What is open. id 0: nothing is. */
struct proof_open {
    int64_t id;
    bool running, ending; /* somebody wants it to end */
    char anchor[PROOF_ANCHOR_MAX + 1];
};
int proof_find(struct db *db, struct proof_open *open, struct err *e);

int proof_begun(struct db *db, int64_t id, int64_t now_ns, struct err *e);
/* How far it is: the object that role_verifier.c tells. */
int proof_far(struct db *db, int64_t id, struct span far, struct err *e);
/* It is over: ERR_OK with what was found, ERR_CONFLICT when it was ended, or what went wrong. */
int proof_over(struct db *db, int64_t id, int code, struct span text, int64_t now_ns,
               struct err *e);

enum { PROOF_ACTS = 2, PROOF_BEGIN = 0, PROOF_END = 1 };
extern const struct act_row proof_acts[PROOF_ACTS];

enum { PROOF_VIEWS = 2 };
extern const struct view_row proof_views[PROOF_VIEWS];

#endif
