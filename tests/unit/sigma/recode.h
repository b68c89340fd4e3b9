/*
 * recode.h - the values of a record in the forms that other codecs leave them in.
 *
 * A value is decoded only when somebody asks (rec.h), and the matcher has a way of its own with
 * nearly every form. So the same event is tried as an event log has it (UTF-16, binary numbers, a
 * raw record that is no text), as XML (entities), as key=value (quotes) and as auditd (hex).
 */
#ifndef RECODE_H
#define RECODE_H

#include "generate.h"
#include "wire/rec.h"

/* Change `r` in place, the dice say how. Its values and raw text lie in `raw` then, which is
 * cleared first, but for containers, which keep what they have. */
void recode(struct generate *g, struct rec *r, struct buf *raw);

#endif
