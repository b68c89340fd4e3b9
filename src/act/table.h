/*
 * table.h - a table that an act takes in, whole or not at all, and what its answer says of it:
 *
 *   ,"form":"...","imported":true,"rows":7,"wrong":0,"added":1,"changed":2,"unchanged":4
 *   ,"faults":[{"row":5,"column":"C","header":"...","vi":"...","en":"..."}, ...],"more":12
 */
#ifndef TABLE_H
#define TABLE_H

#include "act/act.h"
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

/*
 * form_read() hands out the rows, which `row` keeps; then `take` does what they say, counting, and
 * has nothing left of it when a row was wrong or it was to be tried only (`dry`).
 */
struct table_import {
    struct act_call *c;
    const struct form *form;
    const char *name; /* of the form, in the answer */
    bool dry;
    uint32_t rows; /* kept */
    uint64_t added, changed, unchanged, faults;
};
struct table_import_fns {
    form_row_fn *row;
    int (*take)(void *arg, struct err *e);
    /* What is wrong with row `i`; false: nothing. */
    bool (*wrong)(void *arg, uint32_t i, struct table_fault *out);
    void *arg;
};

/* Parameter "file" of the act. A table that is wrong is an answer, too: ERR_OK. */
int table_import(struct table_import *t, const struct table_import_fns *fns, struct err *e);

#endif
