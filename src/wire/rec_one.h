/*
 * rec_one.h - one wire record that came by itself, into fields, whatever it is.
 *
 *   '{'       JSON                       refused: plain, damaged
 *   '<'Event  XML                        the same
 *   else      the rows of codec_rows (sniff.h), in order; plain takes what is left
 *
 * A syslog line is opened further when its message is of a format of its own. This is how an event
 * of the store is read, by everybody: the matcher, the store's columns, its words, and searches.
 *
 * Pure: what is given is a function of the bytes alone.
 */
#ifndef REC_ONE_H
#define REC_ONE_H

#include "wire/rec.h"
#include "wire/sniff.h"

enum record_state {
    RECORD_WHOLE,   /* read by a codec */
    RECORD_PLAIN,   /* a line of no format that we know: text, and kept as such */
    RECORD_DAMAGED, /* of a format that its codec could not read, or only in part: *why says why */
    RECORD_NONE,    /* no record, and none is counted: what holds the next ones is damaged: *why */
};

/*
 * A syslog message, a document, a line, into `r` (cleared first): all of `record`, line feeds
 * included, is in r->raw (but for blanks and zeros at its ends and a byte order mark), and in the
 * message of a syslog or plain record. Always gives a record, RECORD_PLAIN or RECORD_DAMAGED at
 * the worst, of an empty one too. What stands behind a JSON object, an XML event or an audit event
 * is no second record: its fields stay, the record is damaged. *why is set when it is damaged.
 * *inner (may be NULL): the first field of what a syslog line's message was opened into, which is
 * r->count when there is none.
 */
enum record_state rec_read_one(struct rec *r, struct span record, uint32_t *inner, struct err *why);

/* What the message of a syslog line is, if it is something: more fields. `many_lines`: the record
 * may have line feeds. */
void rec_open_message(struct rec *r, bool many_lines);

#endif
