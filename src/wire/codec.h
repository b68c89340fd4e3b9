/*
 * codec.h - the signatures that all codecs share.
 *
 * A codec is a pure function from bytes to fields: no I/O, no clock, no allocation but the
 * record's scratch arena, no state between calls (W3C, whose header line rules the lines after it,
 * takes that header as an argument). Every codec appends to `r`, sets r->codec (or r->inner when
 * r->codec is set already) and, when it is the outer one, r->raw.
 *
 * Returns the bytes used (> 0), or
 *   ERR_MORE    a prefix of a good record (only for codecs of records over several lines)
 *   ERR_SYNTAX  not of this format, or broken; *e says where and why
 *   ERR_LIMIT   over LIMIT_RECORD_BYTES or another limit that ends the record
 * On an error the record may hold some fields; the caller clears it or keeps it as damaged.
 *
 * Line codecs get one line without its line end and use all of it.
 */
#ifndef CODEC_H
#define CODEC_H

#include "wire/rec.h"

typedef int64_t codec_fn(struct span in, struct rec *r, struct err *e);

int64_t json_read(struct span in, struct rec *r, struct err *e);  /* at '{'; ends after its '}' */
int64_t xml_read(struct span in, struct rec *r, struct err *e);   /* at "<Event"; to "</Event>" */
int64_t audit_read(struct span in, struct rec *r, struct err *e); /* all lines of one event id */
int64_t syslog_read(struct span line, struct rec *r, struct err *e);
int64_t cef_read(struct span line, struct rec *r, struct err *e);  /* from "CEF:" */
int64_t leef_read(struct span line, struct rec *r, struct err *e); /* from "LEEF:" */
int64_t kv_read(struct span line, struct rec *r, struct err *e);   /* a=b c="d e" */
int64_t access_read(struct span line, struct rec *r, struct err *e);
int64_t csv_read(struct span line, struct rec *r, struct err *e);   /* fields named "0", "1", ... */
int64_t plain_read(struct span line, struct rec *r, struct err *e); /* one field: message */

#endif
