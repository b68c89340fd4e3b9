/*
 * block_form.h - numbers, addresses and times as texts: what a column of numbers is written as.
 *
 *   form                 text                               number
 *   DEC, width 0         prefix [-]digits suffix            the number, no leading zeros
 *   DEC, width w         prefix digits suffix               w digits
 *   HEX                  prefix hex digits suffix           the same two; a to f
 *   IPV4                 prefix a.b.c.d suffix              a * 2^24 + b * 2^16 + c * 2^8 + d
 *   TIME                 by the pattern in `prefix`         ticks since 1970
 *
 * A pattern of time is text with %Y %m %d %H %M %S %b (Jan) %e (day, blank before one digit), %1 to
 * %9 (that many digits of the second: a tick is the last of them) and %% in it; no year is 2000.
 *
 * Pure. Private to src/store.
 */
#ifndef BLOCK_FORM_H
#define BLOCK_FORM_H

#include "base/base.h"

#define BLOCK_FORM_TEXT_MAX 512u /* prefix, suffix, pattern: at most this; a value: 3 times */

enum block_form_kind { FORM_DEC, FORM_HEX, FORM_IPV4, FORM_TIME, FORM_KINDS };

struct block_form {
    uint8_t kind;
    uint8_t width;    /* 0, or digits: 1 to 18 (DEC), to 16 (HEX) */
    uint8_t fraction; /* TIME: block_form_fraction(), which who makes a form by hand sets */
    struct span prefix, suffix;
};

/* The form that all values may have, from two of them; `pattern` has room for BLOCK_FORM_TEXT_MAX
 * and holds the pattern afterwards. False when there is none. */
bool block_form_guess(struct block_form *f, const struct span *values, uint32_t count,
                      uint8_t *pattern);

/* The number of a text. False when it is not of the form. A form that was guessed has one text for
 * a number: block_form_put() gives back what was read. */
bool block_form_read(const struct block_form *f, struct span s, int64_t *out);

/* The text of a number into `dst` (3 * BLOCK_FORM_TEXT_MAX); 0 when the form cannot say it. */
size_t block_form_put(const struct block_form *f, int64_t v, uint8_t *dst);

/* Is this a form that block_form_put() may be given? */
bool block_form_sound(const struct block_form *f);

/* Digits of the second in the pattern of a time. */
unsigned block_form_fraction(const struct block_form *f);

#endif
