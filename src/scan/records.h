/*
 * records.h - the records of a block, one after the other, whatever each of them is.
 *
 * The format is recognised line by line (wire/sniff.h), so files may be mixed; a syslog line is
 * opened further when its message is of a format of its own (JSON, CEF, ...). Nothing is lost: what
 * a codec refuses becomes a plain record with the line as its message, and says why.
 *
 * The block must hold whole records (cut.h) and stay until the last record of it is done with.
 * One reader a thread, used for one block after another; no allocation a record but the record's
 * scratch.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include "scan/cut.h"
#include "wire/rec_one.h"

struct records;

int records_new(struct records **out, struct err *e);
void records_free(struct records **rs);

/* Begin a block. `header`: the block's first bytes are the header of a Windows event log. */
void records_begin(struct records *rs, struct span block, const struct cut *cut, bool header);

/*
 * The next record into `r` (cleared first): 1 with *state, or 0 at the block's end. A damaged
 * record may have no fields at all; its raw bytes are in r->raw all the same.
 */
int records_next(struct records *rs, struct rec *r, enum record_state *state, struct err *why);

/* rec_read_one() (wire/rec_one.h), for who has a reader of records. Of a block at hand nothing is
 * used or changed. */
void records_one(struct records *rs, struct span record, struct rec *r, enum record_state *state,
                 struct err *why);

#endif
