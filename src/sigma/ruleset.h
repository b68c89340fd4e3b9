/*
 * ruleset.h - what compile.c makes and match.c runs on. Private to src/sigma.
 *
 * Everything below `struct compiled` lies in the image: a copy of the rules with folded texts and
 * name ids, the partitions with their indexes, the correlations. It is immutable and shared.
 */
#ifndef RULESET_H
#define RULESET_H

#include <pthread.h>
#include <stdatomic.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "event/taxonomy.h"
#include "sigma/index.h"
#include "sigma/match.h"
#include "sigma/program.h"

#define NO_PARTITION UINT32_MAX
#define NO_ITEM      UINT32_MAX

/* Names that stand under a NOT in the condition: if a view lacks one, a filter cannot work. */
struct name_list {
    const uint32_t *name;
    uint32_t count;
};

struct compiled {
    struct sigma_rule **rules;
    uint32_t rule_count;
    uint32_t *logsource_of;    /* rule -> logsource */
    struct name_list *negated; /* rule -> names under NOT */
    uint32_t *sure;            /* rule -> item that is true when the rule is a candidate, or
                                  NO_ITEM */
    struct program *programs;  /* rule -> its condition as steps */
    struct sigma_item **items; /* the different items of all rules, by id */
    uint32_t item_count;
    struct sigma_logsource *logsources;
    uint32_t logsource_count;
    struct partition *partitions;
    uint32_t partition_count;
    uint32_t *partition_of_view; /* view id -> partition, or NO_PARTITION */
    uint32_t view_count;
    struct field_index **fields; /* of all partitions, by id; keywords too */
    uint32_t field_count;
    const struct sigma_test **regexes;
    uint32_t regex_count;
    struct sigma_correlation **correlations;
    uint32_t correlation_count;
    struct sigma_refusal *refusals;
    uint32_t refusal_count;
    struct span *names; /* to be entered before names_freeze() when loaded */
    uint32_t name_count;
};

struct ruleset {
    struct image image;
    const struct compiled *c;
    _Atomic(pcre2_code *) *regex; /* compiled when first needed: most never are */
    pthread_mutex_t regex_lock;
    bool interpret;                  /* make no machine code; */
    const struct regex_stock *stock; /* what is here was made before (regex_stock.h); or NULL */
};

/* The expression, compiled on first use; NULL when it cannot be (then it matches nothing). */
const pcre2_code *ruleset_regex(const struct ruleset *rs, uint32_t index);

/* Regexes and lock; rs->c is set. */
int ruleset_ready(struct ruleset *rs, struct err *e);

/* Copies into the image (image_rules.c). Texts are folded, name ids filled in. The rules copied
 * from must outlive the copier, which starts as { .im, .names }. */
struct item_seen {
    uint64_t hash; /* of its contents */
    const struct sigma_item *from;
    struct sigma_item *to; /* NULL = free */
};

struct copier {
    struct image *im;
    const struct names *names;
    struct item_seen *seen; /* items copied so far, open addressing by hash */
    uint32_t slots;
    uint32_t item_count; /* different ones: ids are below */
};

void copier_release(struct copier *c);
struct sigma_rule *image_rule(struct copier *c, const struct sigma_rule *r);
struct sigma_correlation *image_correlation(struct image *im, const struct sigma_correlation *c);

#endif
