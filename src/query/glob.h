/*
 * glob.h - folded text with '*' and '?', as bytes that no UTF-8 has.
 *
 * Not sigma/: a '?' here is one character of the folded text, and a text that is looked for inside
 * another has word edges. Time is linear in the text for a given glob, whatever both hold; nothing
 * is allocated. Pure.
 */
#ifndef GLOB_H
#define GLOB_H

#include "base/arena.h"

#define GLOB_MANY 0xFEu
#define GLOB_ONE  0xFFu

/* The glob of a text as typed, in `mem`; `literal`: '*' and '?' stand for themselves. Stars side by
 * side are one. SPAN_NONE when memory is out. */
struct span glob_make(struct span text, bool literal, struct arena *mem);

/* The whole (folded) value is like the glob. */
bool glob_like(struct span glob, struct span value);

/* The glob stands somewhere in the (folded) text: query.h says how. */
bool glob_in(struct span glob, struct span text);

#endif
