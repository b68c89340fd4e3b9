/*
 * pace.h - how fast somebody may ask: who is refused again and again, by address; a session, by its
 * secret.
 *
 * Buckets that fill with time, in a table of fixed size: rows are found by a keyed hash, so that
 * nobody can choose whose row he takes, and the one that was not used for longest is taken for a
 * new one. Kept in memory alone.
 */
#ifndef PACE_H
#define PACE_H

#include "base/base.h"

#define PACE_REFUSED       10u    /* refusals a second that an address may have ... */
#define PACE_REFUSED_BURST 200u   /* ... and as many as this at once */
#define PACE_SESSION       200u   /* requests a second of a session, and at once */
#define PACE_KNOWN_MS      60000u /* a session that asked so lately is not asked who it is first */

struct pace;
int pace_new(struct pace **out, struct err *e);
void pace_free(struct pace **p);

/* `ms` is monotonic. An address of IPv6 stands for its /64. */
void pace_refused(struct pace *p, struct span address, uint64_t ms);
bool pace_is_blocked(struct pace *p, struct span address, uint64_t ms);

/* A session that is one asks: false when it asks too fast. */
bool pace_session(struct pace *p, struct span secret, uint64_t ms);
bool pace_knows(struct pace *p, struct span secret, uint64_t ms);

#endif
