/*
 * evidence_out.h - where evidence is written to: a new folder, or, where the name ends in ".tar", a
 * new tar file. What was there before is never touched.
 */
#ifndef EVIDENCE_OUT_H
#define EVIDENCE_OUT_H

#include "base/base.h"

struct evidence_out;

/* ERR_USAGE: there is something of this name; ERR_IO, ERR_NOMEM. */
int evidence_out_new(struct evidence_out **out, const char *path, int64_t now_ns, struct err *e);

/* struct evidence_from's `put`; `arg` is the struct evidence_out. */
int evidence_out_put(void *arg, const char *name, struct span bytes, struct err *e);

/* All was put: ERR_IO when it cannot be said to be there. */
int evidence_out_end(struct evidence_out *o, struct err *e);
void evidence_out_free(struct evidence_out **o);

#endif
