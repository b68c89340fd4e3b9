/*
 * registry_bench.h - what the registry's tests share: a small province after its merger, and views
 * as lines of JSON.
 */
#ifndef REGISTRY_BENCH_H
#define REGISTRY_BENCH_H

#include "../check.h"

#include "../act/act_bench.h"

/* Its agencies by number. */
enum {
    TINH = 1, /* the province */
    SKHCN,    /* a department */
    STTTT,    /* one that was merged into it on 2025-03-01 */
    HUYEN,    /* a district, which ended on 2025-07-01 */
    PHUONG,   /* a ward */
    XA,       /* a commune of the district, merged into the ward */
    TRUNGTAM, /* a unit of the department */
    WORLD_AGENCIES = TRUNGTAM
};
/* Its systems: of the department, run by the unit; of the old commune; of the old department. */
enum { MOTCUA = 1, LOAXA, THUDIENTU, WORLD_SYSTEMS = THUDIENTU };

/* Who asks is an officer from here on. 2025-11-24 in Viet Nam. */
void world_make(struct act_bench *b);

void ask_as(struct act_bench *b, unsigned roles, int64_t agency);

/* Act registry.import of these bytes; the answer is b->answer. */
int import_ask(struct act_bench *b, const char *form, struct span file, bool dry);

#endif
