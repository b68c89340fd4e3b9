/*
 * raw_record.h - one raw record, as a sender writes it, read with the table of codecs.
 *
 *   #Fields: date time c-ip          header lines rule the line after them
 *   2026-03-01 10:00:00 10.0.0.1     the record
 *
 * The first codec of the table that takes the record is its codec; what a syslog line carries is
 * read with the inner ones. The record must be all of the text: what would be left is a fault.
 */
#ifndef RAW_RECORD_H
#define RAW_RECORD_H

#include "wire/rec.h"
#include "wire/w3c.h"

/* Read `raw` into *r, which is cleared first. *w keeps the header for as long as *r is used.
 * ERR_OK, or a code and the reason in *e. */
int raw_record_read(struct span raw, struct rec *r, struct w3c *w, struct err *e);

#endif
