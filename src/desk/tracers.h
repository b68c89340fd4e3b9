/*
 * tracers.h - do our own events arrive (collect/tracer.h)? One comes through every input that is
 * configured each ten seconds, and leaves its mark in the database when the desk pulls it.
 *
 * An input of which none was pulled for TRACERS_MISSING_MS is a system alert, "canh.tracer", of
 * which the input is the entity; it is closed when one is seen again. Time is the monotonic
 * clock's, from the desk's start on: nothing is missing before the desk was there for so long.
 * Inputs whose settings let nobody in without a certificate (tls-mutual) are not tried, and so not
 * missed.
 */
#ifndef TRACERS_H
#define TRACERS_H

#include "collect/ledger.h"
#include "conf/settings.h"
#include "desk/alerts.h"

#define TRACERS_MISSING_MS 90000u
#define TRACERS_RULE       "canh.tracer"

/* Is one of our own events sent through this input, with these settings? */
bool tracers_tried(const struct settings *s, enum input input);

struct tracers;

/* The settings are borrowed, and may change between rounds. */
int tracers_new(struct tracers **out, struct db *db, struct alerts *alerts,
                const struct settings *settings, struct err *e);
void tracers_free(struct tracers **t);

/* Now and then; `ms` is monotonic. In a transaction of its own, if anything is new. */
int tracers_round(struct tracers *t, uint64_t ms, struct err *e);

#endif
