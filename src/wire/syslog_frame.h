/*
 * syslog_frame.h - cut a byte stream into syslog messages (RFC 6587, both methods).
 *
 *   "57 <34>1 2026-..."   octet counting: decimal length, one space, that many bytes
 *   "<34>Oct 11 ...\n"    newline method: everything up to LF; one CR before it is dropped
 *
 * How each message begins decides: digits (not '0' first) and a space mean counting, anything else
 * newline, also a line that begins with a year: not all senders put "<PRI>" in front. A sender may
 * switch between messages. Pure: the same bytes give the same answer however they were cut into
 * reads; `message` points into the caller's input.
 */
#ifndef SYSLOG_FRAME_H
#define SYSLOG_FRAME_H

#include "base/base.h"

/*
 * Take one message off the front of `in`; at most `bytes_max` long.
 *
 * Returns the bytes consumed (> 0) with *message set (empty for a blank line), or
 *   ERR_MORE    `in` holds no whole message yet
 *   ERR_SYNTAX  a length of too many digits: framing is lost, the connection must end
 *   ERR_LIMIT   longer than bytes_max: *skip says how many bytes the whole message has (counting:
 *               discard them and go on), or 0 (newline: discard up to the next LF and go on)
 * At the stream's end `last` is true: what is left of a newline message is a message. ERR_MORE is
 * then the rest of a counted message that was cut off, or no bytes at all.
 */
int64_t syslog_frame(struct span in, size_t bytes_max, bool last, struct span *message,
                     uint64_t *skip, struct err *e);

#endif
