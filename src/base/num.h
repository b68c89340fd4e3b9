/*
 * num.h - numbers out of text, with a maximum and without locale. strtol, atoi, sscanf and
 * strtod are not used on input: their errors are easily missed and their text needs a zero byte.
 */
#ifndef NUM_H
#define NUM_H

#include "base/base.h"

/* The whole span is decimal digits and the value is at most `max`. */
bool num_u64(struct span s, uint64_t max, uint64_t *out);

/* The whole span is an optional '-' and digits. */
bool num_i64(struct span s, int64_t *out);

/* The whole span is hex digits, with or without "0x". */
bool num_hex(struct span s, uint64_t *out);

/* The whole span is a decimal number: sign, digits, fraction, exponent as in JSON. Leading zeros
 * and a leading '+' are accepted. No inf, no nan, no hex, nothing longer than LIMIT_NUMBER_BYTES
 * or of NUM_BELOW and more. Correctly rounded. */
#define NUM_BELOW 1e308
bool num_double(struct span s, double *out);

/* Both are such numbers: compares them exactly, digit by digit, where doubles would round two
 * different ones to the same. *order is <0, 0, >0. */
bool num_cmp(struct span a, struct span b, int *order);

/* Decimal text of `v` into `dst` (at least 24 bytes); returns its length. */
size_t num_put_u64(uint8_t *dst, uint64_t v);
size_t num_put_i64(uint8_t *dst, int64_t v);

/* Shortest text that reads back as `v`; whole numbers below 1e15 without a point. `dst` holds at
 * least 32 bytes. */
size_t num_put_double(uint8_t *dst, double v);

#endif
