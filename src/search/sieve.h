/*
 * sieve.h - which events of a block are worth being put together, for who needs some texts.
 *
 *   need ──its fragments──▶ block_find ─▶ what may stand in each event ─▶ may the need hold there?
 *
 * Necessary, as a need is: an event for which the need holds is never left out. One thread.
 */
#ifndef SIEVE_H
#define SIEVE_H

#include "query/needs.h"
#include "store/block_find.h"

struct sieve;

/* *out is NULL when the need asks for nothing that columns can tell. ERR_NOMEM, ERR_UNSUPPORTED. */
int sieve_new(struct sieve **out, const struct need *need, struct err *e);
void sieve_free(struct sieve **s);

/* 1 when some event of the block is to be looked at, 0 when none is. ERR_CORRUPT, ERR_NOMEM. */
int sieve_block(struct sieve *s, struct block *b, struct err *e);
/* After 1: is this one? */
bool sieve_row(const struct sieve *s, uint32_t row);

#endif
