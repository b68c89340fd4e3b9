/*
 * zip.h - a zip file in memory, out of texts in memory (the container of DOCX, ECMA-376 part 2).
 */
#ifndef ZIP_H
#define ZIP_H

#include "base/buf.h"

struct zip_file {
    const char *name;
    struct span bytes;
};

/* The files in that order, deflated, without times. ERR_NOMEM, ERR_LIMIT (over out->max), ERR_IO.
 */
int zip_write(const struct zip_file *files, size_t count, struct buf *out, struct err *e);

#endif
