/*
 * compile_own.h - what compile.c, partition.c and compile_jobs.c share. Nobody else includes it.
 */
#ifndef COMPILE_OWN_H
#define COMPILE_OWN_H

#include "sigma/keywords.h"
#include "sigma/ruleset.h"

/* Partitions that share the index of their many keywords. */
struct keyword_group {
    uint64_t *logsources; /* whose rules are in it, one bit each */
    size_t least;         /* keyword atoms of the partition that needs fewest */
    struct keywords keywords;
};

/* Everything that lives only while compiling. */
struct compile {
    struct ruleset *rs;
    struct compiled *c;
    struct image *im;
    struct arena mem;
    struct witness *witness; /* by rule */
    uint32_t *keyword_atoms; /* by rule: how many of its witness's */
    struct atom_use *uses;   /* room for one partition's atoms */
    size_t use_cap;
    struct keyword_group *groups;
    uint32_t group_count;
    uint32_t *group_of; /* partition -> its group, or NO_GROUP */
    uint32_t field_cap;
    /* the workers' */
    pthread_mutex_t lock;      /* around what follows, and the image */
    pthread_cond_t done;       /* a worker has finished with a field */
    const uint32_t *order;     /* field ids, most literals first */
    uint32_t order_at, behind; /* the part of it that nobody has taken yet */
    uint32_t busy;             /* literals being compiled, about */
    int rc;
    struct err err; /* of the worker that failed first */
};

/* partition.c: the sets of logsources that views carry, and the field indexes of one, laid out in
 * the image without their databases. ERR_NOMEM, or what planning an index says. */
int partitions_find(struct compile *k, const struct taxonomy *t);
int partition_plan(struct compile *k, struct partition *p, struct err *e);

/* After all of them are planned: the keywords that partitions have in common. */
int partitions_share(struct compile *k, struct err *e);

/* compile_jobs.c: the databases of all fields, with this many threads. */
int compile_fields(struct compile *k, unsigned threads, struct err *e);

#endif
