/*
 * sealer_account.h - what the sealer signs beside the trees, gathered: the rules of the generation
 * and the settings in force, the counts of all collectors, and the head of the desk's record.
 */
#ifndef SEALER_ACCOUNT_H
#define SEALER_ACCOUNT_H

#include "db/record.h"
#include "keep/frame.h"
#include "seal/account.h"
#include "seal/sealer.h"

struct sealer_account {
    struct role_self *self; /* borrowed */
    int dir;                /* DATA/ledger/texts; -1: not open */
    const struct ledger *ledger[SEALER_LANES];
    uint64_t generation; /* that `rules` is of; 0: none yet */
    struct merkle_hash rules;
    struct db *db; /* NULL: not open */
    struct record_chain chain;
    bool met; /* what was signed last, on the way through the chain */
    bool told;
};

/* `ledger_dir` is borrowed. The texts' folder is made when it is not there. */
int sealer_account_open(struct sealer_account *a, struct role_self *self, int ledger_dir,
                        struct err *e);
void sealer_account_close(struct sealer_account *a);

/* As sealer_from.also. The database may not be there: then the head stays what it was. */
int sealer_account_say(struct sealer_account *a, const struct checkpoint *last,
                       struct sign_also *also, struct err *e);

#endif
