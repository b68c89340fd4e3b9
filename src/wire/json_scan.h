/*
 * json_scan.h - where the quotes of a JSON text are: the fast half of json.c.
 *
 *   {"path":"C:\\x \"y\"","n":1}
 *    ^    ^ ^            ^ ^ ^       unescaped quotes: the only thing that is listed
 *                        B           listed with SCAN_BACKSLASH: the string has a backslash
 *
 * Between two quotes outside a string there are a few bytes, which json.c checks one by one; inside
 * a string nobody needs to look again: whether it has a backslash or a control character is known
 * from the flags of its closing quote. So a flat object is read from this list alone.
 *
 * The text is taken 64 bytes at a time by a kernel (one per instruction set). A kernel makes three
 * bit masks of a block (quotes, backslashes, control characters); the arithmetic on them is shared.
 * It stops early after a block with a control character: in files of one object a line, that is
 * the end of the object, and what follows is the next call's.
 *
 * Bytes beyond `n` are never read, not even in the last block. No allocation; the struct lives on
 * the stack of json_read(). Only json.c and its tests include this.
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include "base/base.h"
#include "wire/rec.h"

#define SCAN_BACKSLASH (1u << 31) /* a backslash since the quote before */
#define SCAN_CONTROL   (1u << 30) /* a byte below 0x20 other than tab since the quote before */
#define SCAN_AT        (SCAN_CONTROL - 1)

#define SCAN_BLOCK     64u
#define SCAN_QUOTES    512u              /* listed at a time */
#define SCAN_SLACK     (SCAN_BLOCK + 16) /* a block adds up to 64; kernels store 16 at once */

struct json_scan {
    const uint8_t *p;
    uint32_t n;         /* at most SCAN_AT */
    uint32_t next;      /* first byte not yet scanned */
    uint32_t at;        /* first entry of `quote` not yet used by the reader */
    uint32_t count;     /* entries */
    uint32_t escaped;   /* 1: the byte at `next` follows a backslash that escapes it */
    uint32_t backslash; /* 1: a backslash since the last quote */
    uint32_t control;   /* 1: a control character since the last quote */
    uint32_t quote[SCAN_QUOTES + SCAN_SLACK];
};

/* Scans blocks until the list is full, the input ends, or a control character was met. */
typedef void json_scan_fn(struct json_scan *s);

struct json_kernel {
    const char *name;
    json_scan_fn *scan;
};

/* The best kernel of this machine. */
const struct json_kernel *json_kernel(void);

/* Kernel `i` (0 is portable), or NULL when there is none or this machine cannot run it: for tests.
 */
const struct json_kernel *json_kernel_at(size_t i);

/* Have two unused entries, the opening and the closing quote of a string; false when the input
 * ends, or a control character comes, before the string does. */
bool json_scan_pair(struct json_scan *s, const struct json_kernel *k);

/* json_read() by a given kernel: for tests. */
int64_t json_read_by(const struct json_kernel *k, struct span in, struct rec *r, struct err *e);

#endif
