/*
 * key.h - what tells entities apart: a name without regard to case, as a text of bounded length.
 */
#ifndef KEY_H
#define KEY_H

#include "base/buf.h"

#define KEY_BYTES_MAX 512u

/* `s` folded (event/fold.h), and when that is longer than KEY_BYTES_MAX, cut and ended by a hash of
 * it all; appended. */
void key_put(struct span s, struct buf *out);

#endif
