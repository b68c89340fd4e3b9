/*
 * put.h - texts of logs, which may be anything, into JSON, CSV and a terminal's line, where they
 * may do no harm: malformed UTF-8 becomes U+FFFD, control characters are escaped or shown as dots.
 */
#ifndef PUT_H
#define PUT_H

#include "base/buf.h"

/* "text" with its quotes (RFC 8259). */
void put_json_text(struct buf *out, struct span s);

/* One field of RFC 4180, quoted when it must be; a text that a spreadsheet would take for a formula
 * gets a ' in front. */
void put_csv_text(struct buf *out, struct span s);

/* At most `width` columns for a terminal, "…" when cut; padded with blanks when `pad`. */
void put_column(struct buf *out, struct span s, size_t width, bool pad);

/* A text that somebody typed, and a caret below its byte `at` with why: two lines. */
void put_caret(struct buf *out, struct span text, size_t at, const char *why);

#endif
