/*
 * cut.h - where a block of bytes may end so that no record is torn.
 *
 * A file is read in blocks that any thread may take, so a block must hold whole records. What a
 * file is made of is told once, from its first bytes:
 *
 *   LINES   a cut is allowed before a line that begins a record: one that does not begin with a
 *           blank, a closing bracket, a comma or a quote (the inside of pretty-printed JSON or a
 *           continued message), nor with "</", and that is not of the same audit event as the line
 *           before it; and within a run of blank lines
 *   ARRAY   "[ {..}, {..} ]", or such a list within one object ({"Records":[...]}): behind an
 *           object at the list's own depth
 *   XML     behind "</Event>"
 *   CHUNKS  Windows event log: header, then chunks of 64 KiB
 *   BINARY  none of the logs we know: nothing in it is read
 *
 * A cut is never taken for truth: what the block holds is read by the codecs. When there is no
 * place to cut in LIMIT_RECORD_BYTES, the caller ends the block at any line end, or anywhere.
 *
 * Pure; struct cut is a value.
 */
#ifndef CUT_H
#define CUT_H

#include "base/base.h"
#include "wire/w3c.h"

enum cut_mode { CUT_LINES, CUT_ARRAY, CUT_XML, CUT_CHUNKS, CUT_BINARY };

struct cut {
    enum cut_mode mode;
    bool headers;   /* lines that begin with '#' may rule the lines after them */
    struct w3c w3c; /* as it stands at the start of the next block */
};

/* Begin a file with these first bytes. Returns how many of them to skip (an array's opening). */
size_t cut_begin(struct cut *c, struct span head);

/* The length of the longest front of `in` that ends between records; 0 when there is none. `in`
 * begins at a record. ARRAY ends (mode becomes LINES) behind its closing bracket. */
size_t cut_find(struct cut *c, struct span in);

/* For a block without such a place at the limit: behind an object of objects in one line, else any
 * line end, else all. */
size_t cut_force(struct span in);

/* May a record begin at this line? */
bool cut_starts_record(struct span line);

/* Take the block's headers into c->w3c, so that it is right for the next block. */
void cut_headers(struct cut *c, struct span block);

#endif
