/*
 * w3c.h - logs whose header line names the columns: W3C extended (IIS, proxies) and Zeek's TSV.
 *
 *   #Fields: date time c-ip cs-method          #separator \x09
 *   2026-03-01 10:00:00 10.0.0.1 GET           #path	conn
 *                                              #fields	ts	uid	id.orig_h
 *
 * struct w3c is a value: it may be copied, and holds the names themselves. Records point into it
 * for their names, so it must stay as it is while a record that was read with it is in use.
 *
 * A file may change its header in the middle (IIS does at every restart); the reader gives every
 * line that starts with '#' to w3c_header() and all others to w3c_read().
 */
#ifndef W3C_H
#define W3C_H

#include "wire/rec.h"

#define W3C_NAMES_MAX  64u
#define W3C_TEXT_BYTES 2048u

struct w3c {
    uint16_t at[W3C_NAMES_MAX]; /* name i is text[at[i] .. at[i] + size[i]) */
    uint16_t size[W3C_NAMES_MAX];
    uint16_t count;              /* 0: no header seen yet */
    uint16_t path_at, path_size; /* Zeek's #path, or nothing */
    uint16_t text_used;
    uint8_t separator; /* ' ' for W3C, what #separator says for Zeek */
    bool zeek;
    uint8_t text[W3C_TEXT_BYTES];
};

void w3c_init(struct w3c *w);

/*
 * Take a line that starts with '#'. Directives that rule nothing (#Software, #Date, #types, ...)
 * and comments change nothing. Returns ERR_OK, ERR_SYNTAX when it is not such a line, or ERR_LIMIT
 * when the names are more or longer than there is room for: then the header has none.
 */
int w3c_header(struct w3c *w, struct span line, struct err *e);

/*
 * One data line: a field per column, '-' as REC_NONE. A line with fewer columns than names is
 * read as far as it goes; with more, or before any header, it is ERR_SYNTAX.
 */
int64_t w3c_read(const struct w3c *w, struct span line, struct rec *r, struct err *e);

#endif
