/*
 * evidence_tar.h - the files of evidence as one tar file (ustar), byte by byte as they come: to
 * whoever takes bytes.
 */
#ifndef EVIDENCE_TAR_H
#define EVIDENCE_TAR_H

#include "base/base.h"

struct evidence_tar;

/* Takes all of it, or says why not: then nothing more comes. */
typedef int evidence_write_fn(void *arg, struct span bytes, struct err *e);

int evidence_tar_new(struct evidence_tar **out, int64_t now_ns, evidence_write_fn *write, void *arg,
                     struct err *e);
void evidence_tar_free(struct evidence_tar **t);

/* struct evidence_from's `put`; `arg` is the struct evidence_tar. */
int evidence_tar_put(void *arg, const char *name, struct span bytes, struct err *e);

/* All was put. */
int evidence_tar_end(struct evidence_tar *t, struct err *e);

#endif
