/*
 * memo.h - what values led to: the rules that a value of a field concerns, remembered.
 *
 * Logs repeat themselves: most values have been looked at before, and a value that was need not
 * even be unescaped. This is what makes thousands of rules cheap.
 *
 * An entry is known by a 128-bit XXH3 of the value's bytes under a secret of this process, so that
 * nobody can prepare a value that is mistaken for another, or values that all fall into one place.
 * Entries stand in pairs, a cache line each; the one used last comes first and the other one goes
 * when a new one comes. Lists of rules lie one behind the other in a pool; when that is full,
 * everything is forgotten.
 *
 * About 1 MiB, half of it touched at random: it fits the second-level cache of today's cores. One
 * per matcher.
 */
#ifndef MEMO_H
#define MEMO_H

#include "base/base.h"

#define MEMO_MISS UINT32_MAX

struct memo;

/* ERR_NOMEM, or ERR_IO when the system gives no random bytes. */
int memo_new(struct memo **out, struct err *e);
void memo_free(struct memo **m);

/* The number of rules that this value (in this raw form) led to under this key, the rules in
 * *rules until the next memo_put(); or MEMO_MISS. */
uint32_t memo_get(struct memo *m, uint32_t key, struct span value, const uint32_t **rules);

/* Remember for the value that memo_get() has just missed. A very long list is not remembered. */
void memo_put(struct memo *m, const uint32_t *rules, uint32_t count);

#endif
