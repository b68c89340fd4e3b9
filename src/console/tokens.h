/*
 * tokens.h - who may ask over the API: the rows of `tokens:` in the settings.
 */
#ifndef TOKENS_H
#define TOKENS_H

#include "conf/settings.h"

struct tokens;

/* Copied out of the settings. ERR_NOMEM. */
int tokens_new(struct tokens **out, const struct settings *s, struct err *e);
void tokens_free(struct tokens **t);

/* May who sends this value of Authorization ask that? 0, 401 (no token, or none of ours) or 403.
 * Takes the same time for every wrong one. */
unsigned tokens_judge(const struct tokens *t, struct span authorization, enum may may);

#endif
