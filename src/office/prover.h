/*
 * prover.h - the desk's end of the line to the verifier: a verification that was asked for
 * (proof/proof.h) goes there, how far it is and what it found come back and are written down. In
 * the desk's loop, PROVER_MS apart.
 *
 * What is under way when the verifier or the desk ends has failed, and is not begun again: who
 * wants it asks anew. What was found is kept until it is in the database.
 */
#ifndef PROVER_H
#define PROVER_H

#include "db/db.h"
#include "os/loop.h"

#define PROVER_MS 500u

struct prover;

struct prover_from {
    struct loop *loop;
    struct db *db; /* borrowed */
    void (*notice)(void *arg, const char *text);
    void *arg;
};

int prover_new(struct prover **out, const struct prover_from *from, struct err *e);
void prover_free(struct prover **p);

/* The verifier's end of a line; an earlier one is closed. */
void prover_line(struct prover *p, int fd);

#endif
