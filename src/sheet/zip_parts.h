/*
 * zip_parts.h - the parts of an OPC package (ECMA-376 part 2): the members of a zip, by name.
 *
 * Names are compared without regard to ASCII case, and without the "/" in front. Two parts of one
 * name, members with a password, members that lie in one another, and more than
 * LIMIT_BOOK_UNPACKED_BYTES are refused at once, from the directory of the zip; what the directory
 * hides is found when a part is read (size, checksum).
 *
 * The zip's bytes are borrowed. Nothing is kept of a part: each is unpacked in pieces, as often as
 * it is read.
 */
#ifndef ZIP_PARTS_H
#define ZIP_PARTS_H

#include "base/base.h"

#define ZIP_NO_PART UINT32_MAX

struct zip_parts;

/* ERR_SYNTAX, ERR_UNSUPPORTED, ERR_LIMIT, ERR_NOMEM with a sentence; *out is NULL then. */
CHECK_RESULT int zip_parts_open(struct zip_parts **out, struct span bytes, struct err *e);
void zip_parts_free(struct zip_parts **p);

uint32_t zip_parts_count(const struct zip_parts *p);

/* ZIP_NO_PART when there is none. */
uint32_t zip_part_find(const struct zip_parts *p, struct span name);

/* As it stands in the zip; lives as long as the parts. */
struct span zip_part_name(const struct zip_parts *p, uint32_t part);

/* A piece of a part; the last call has last = true and may be empty. ERR_OK goes on. */
typedef int zip_piece_fn(void *ctx, struct span piece, bool last, struct err *e);

/* Errors as of zip_parts_open(), and what `fn` returned. */
CHECK_RESULT int zip_part_read(const struct zip_parts *p, uint32_t part, zip_piece_fn *fn,
                               void *ctx, struct err *e);

#endif
