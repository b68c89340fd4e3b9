/*
 * read.h - the inside of rule reading: what read.c, lower.c, filter.c, correlation_read.c and
 * check.c share. Others include rule.h only.
 *
 * A reader takes one file's YAML to a list of loaded things (rules, correlations, filters,
 * refusals, warnings). It belongs to one thread; rules.c merges the lists in path order.
 */
#ifndef READ_H
#define READ_H

#include <stdarg.h>

#include "sigma/modifier.h"
#include "sigma/rule.h"
#include "conf/yaml_tree.h"

/* A user's text in a sentence: at most 60 bytes, cut between characters. */
struct span read_short(struct span s);
#define SHORT_ARG(s) SPAN_ARG(read_short(s))

/* A sentence about a rule, kept in `mem`, without control characters; p == NULL: no memory. */
struct span read_sentence(struct arena *mem, const char *fmt, va_list args);

struct placeholder {
    struct span name;
    struct span *values;
    uint32_t count;
};

struct placeholders {
    struct placeholder *rows;
    uint32_t count;
};

enum loaded_kind { LOADED_RULE, LOADED_CORRELATION, LOADED_FILTER, LOADED_REFUSAL, LOADED_WARNING };

struct loaded {
    enum loaded_kind kind;
    void *what;
    struct loaded *next;
};

struct reader {
    struct arena *mem;     /* stays with the rules */
    struct arena *scratch; /* reset after each file */
    const struct placeholders *placeholders;
    struct span file;
    struct loaded *first, **tail;

    /* of the document that is being read */
    struct span title;
    uint32_t line;

    /* of the item that is being lowered, in scratch */
    struct sigma_test *tests;
    uint32_t *groups;
    uint32_t test_count, test_cap;
    /* of the rule: bounded by LIMIT_RULE_VALUES and LOWER_BYTES_MAX */
    uint32_t rule_tests;
    size_t rule_bytes;
};

/* Read all documents of a file. Refusals are results; only ERR_NOMEM is an error. */
int read_file(struct reader *r, struct span file, struct span yaml, struct err *e);

/* For use while reading a document; `fmt` makes one sentence. */
void read_warn(struct reader *r, uint32_t line, const char *fmt, ...) CHECK_FORMAT(3, 4);

/* The parts of documents, shared by rules, filters and correlations. */
int read_head(struct reader *r, const struct yaml_node *root, struct sigma_head *h, struct err *e);
int read_logsource(struct reader *r, const struct yaml_node *root, struct sigma_logsource *ls,
                   struct err *e);
int read_searches(struct reader *r, const struct yaml_node *map, struct span skip,
                  struct sigma_search **out, uint32_t *count, struct err *e);

/* A scalar, or a list of scalars, as spans: *count is 0 when `n` is NULL. */
int read_texts(struct reader *r, const struct yaml_node *n, const char *what, struct span **out,
               uint32_t *count, struct err *e);

/* A field's name without its spaces: `New Value` is NewValue. */
struct span read_field_name(struct reader *r, struct span s);

/* Refuse a key given twice. */
int read_no_twice(struct reader *r, const struct yaml_node *map, struct err *e);

/* lower.c: item->raw and the modifiers to item->tests. */
int lower_item(struct reader *r, struct sigma_item *item, const struct modifiers *m, struct err *e);

/* correlation_read.c and filter.c: a document to its structure. */
int read_correlation(struct reader *r, const struct yaml_node *root, struct sigma_head *h,
                     struct sigma_correlation **out, struct err *e);
int read_filter(struct reader *r, const struct yaml_node *root, struct sigma_head *h,
                struct sigma_filter **out, struct err *e);

/* check.c: warnings about documents that load. */
void check_head(struct reader *r, const struct yaml_node *root, const struct sigma_head *h);
void check_rule(struct reader *r, const struct sigma_rule *rule);
void check_filter(struct reader *r, const struct sigma_filter *f);
void check_correlation(struct reader *r, const struct yaml_node *map,
                       const struct sigma_correlation *c);

/* After all documents are in: filter.c and correlation_read.c, called by rules_finish(). */
struct refs;
int filters_apply(struct sigma_rules *rs, const struct refs *refs, struct err *e);
int correlations_resolve(struct sigma_rules *rs, const struct refs *refs, struct err *e);

/* rules.c, for those two; `fmt` makes one sentence. */
int rules_refuse(struct sigma_rules *rs, const struct sigma_head *h, struct err *e, const char *fmt,
                 ...) CHECK_FORMAT(4, 5);
int rules_warn(struct sigma_rules *rs, const struct sigma_head *h, struct err *e, const char *fmt,
               ...) CHECK_FORMAT(4, 5);

#endif
