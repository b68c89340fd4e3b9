/*
 * stored.h - one stored event by its lane and its sequence: what it is, and where it lies.
 *
 *   sealed files (their names say which events) ─▶ block ─▶ row
 *   else what the lane holds beyond them, frame by frame
 *
 * An event that was there once and is no more has a sequence below the lane's next one, and lies in
 * no file: retention took it. Step by step, so that one thread can do other things between.
 */
#ifndef STORED_H
#define STORED_H

#include "figures/shown.h"
#include "os/io.h"
#include "store/sealed.h"

struct stored_from {
    const struct io *io;
    const char *data;              /* see walk.h */
    const struct lane_place *ends; /* see walk.h */
    uint32_t lane;
    uint64_t sequence; /* from 1 */
};

struct stored_place {
    bool sealed;
    char file[2 * SEALED_NAME_BYTES]; /* below DATA/sealed, or "" */
    uint16_t months;                  /* that it is kept; of sealed ones */
    uint32_t block;
    uint64_t leaf;    /* in the tree of its lane and months */
    uint32_t segment; /* of what is not sealed */
};

enum stored_state {
    STORED_FOUND,
    STORED_GONE, /* it was there */
    STORED_NEVER /* so many never came */
};

struct stored;

/* ERR_USAGE: there is no such lane; ERR_IO, ERR_NOMEM. What `from` points to is borrowed. */
int stored_new(struct stored **out, const struct stored_from *from, struct err *e);
void stored_free(struct stored **s);

/* Some more: 1, 0 when it is done, or a negative code; ERR_CORRUPT: what holds it is damaged. */
int stored_step(struct stored *s, struct err *e);

/* When it is done. */
enum stored_state stored_state(const struct stored *s);
/* Of STORED_FOUND; they live as long as `s`. */
const struct shown_about *stored_event(const struct stored *s);
const struct stored_place *stored_place(const struct stored *s);

#endif
