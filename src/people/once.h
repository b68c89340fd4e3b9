/*
 * once.h - codes that are used once: one-time passwords, recovery codes.
 *
 *   7m2qk-x04dp-9tzna-c31fw    80 random bits, then 20 bits of their SHA-256, in Crockford's base
 * 32
 *
 * Case, blanks and hyphens do not matter; i and l are read as 1, o as 0. What was mistyped is no
 * code at all (one of 2^20 is).
 */
#ifndef ONCE_H
#define ONCE_H

#include "base/base.h"

#define ONCE_BYTES 10u
#define ONCE_TEXT  23u /* without the zero */

/* At random. */
void once_new(uint8_t raw[ONCE_BYTES]);
void once_put(const uint8_t raw[ONCE_BYTES], char text[ONCE_TEXT + 1]);
bool once_read(struct span text, uint8_t raw[ONCE_BYTES]);

/* What is kept of it. */
void once_hash(const uint8_t raw[ONCE_BYTES], uint8_t hash[32]);

#endif
