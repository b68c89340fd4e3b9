/*
 * table.h - what was wrong with a table that an act was to take in, as members of its answer:
 *
 *   ,"faults":[{"row":5,"column":"C","header":"...","vi":"...","en":"..."}, ...],"more":12
 */
#ifndef TABLE_H
#define TABLE_H

#include "base/buf.h"
#include "sheet/form_read.h"

#define TABLE_FAULTS_MAX 200u /* are told; further ones are counted */

struct table_fault {
    uint32_t row, column; /* 0, FORM_NO_COLUMN: none */
    struct span header, vi, en;
    bool note; /* it stops nothing */
};

/* One, behind a comma unless it is the first. */
void table_fault_put(struct buf *out, bool first, const struct table_fault *f);

/* What form_read() found, the whole member. */
void table_report_put(struct buf *out, const struct form_report *r);

#endif
