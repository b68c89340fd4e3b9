/*
 * modifier.h - the modifiers of a key: `field|modifier|modifier`.
 *
 * modifier.tbl has one row per modifier; this reads a key's chain against the rows and refuses
 * what is unknown, given twice or out of place. What comes out has no order left: the rows allow
 * only chains that mean the same as the fixed order expand, windash, wide, base64, shape.
 */
#ifndef MODIFIER_H
#define MODIFIER_H

#include "sigma/rule.h"

#define MODIFIER_CHAIN_MAX 12u

enum modifier_wide { WIDE_NONE, WIDE_LE, WIDE_BE, WIDE_BOM };
enum modifier_base64 { BASE64_NONE, BASE64_WHOLE, BASE64_OFFSET };

struct modifiers {
    uint8_t all, neq, cased, exists, windash, expand, re, re_i, re_m, re_s, cidr, fieldref;
    uint8_t wide, base64; /* enum modifier_wide, modifier_base64 */
    uint8_t shape;        /* SIGMA_EQ when there is none, else CONTAINS, STARTS, ENDS */
    uint8_t compare;      /* SIGMA_LT .. SIGMA_GTE, or SIGMA_EQ */
    uint8_t part;         /* SIGMA_MINUTE .. SIGMA_YEAR, or SIGMA_EQ */
    bool needs_field;     /* makes no sense for keywords */
};

struct modifier_row {
    const char *name, *help;
};

/*
 * Split `key` at its bars: *field gets what stands before the first one (may be empty: keywords).
 * ERR_SYNTAX with e->at = line when the chain is not allowed.
 */
int modifier_read(struct span key, uint32_t line, struct span *field, struct modifiers *out,
                  struct err *e);

/* The rows, for `rules` commands and the documentation; NULL past the last one. */
const struct modifier_row *modifier_row(size_t index);

#endif
