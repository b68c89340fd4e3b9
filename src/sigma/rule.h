/*
 * rule.h - Sigma documents as read: detection rules, correlations, filters (specification 2.1.0).
 *
 * rule_read() turns YAML bytes into these structures and refuses, with file and line, what the
 * specification refuses. What it hands on is lowered: modifiers are applied to their values once,
 * here, so that what follows (compile.c) sees only the tests of enum sigma_op. The oracle reads
 * `raw` instead and applies the modifiers for itself: it shares nothing of the lowering.
 *
 * Everything lives in the rule set's arena and is immutable after reading.
 */
#ifndef RULE_H
#define RULE_H

#include "base/arena.h"
#include "base/base.h"

/*    name      matches when the value (text of one field value) ... */
#define SIGMA_OP_TABLE(X)                                                                          \
    X(EQ)       /* equals text */                                                                  \
    X(CONTAINS) /* contains text */                                                                \
    X(STARTS)   /* starts with text */                                                             \
    X(ENDS)     /* ends with text */                                                               \
    X(LIKE)     /* matches the tokens, anchored at both ends: wildcards inside */                  \
    X(RE)       /* PCRE2 finds text in it (unanchored) */                                          \
    X(CIDR)     /* is an address in net/bits */                                                    \
    X(NUM)      /* equals text, or is a number equal to it (rule value was a YAML number) */       \
    X(LT)       /* is a number < text, compared exactly */                                         \
    X(LTE)                                                                                         \
    X(GT)                                                                                          \
    X(GTE)                                                                                         \
    X(MINUTE) /* is a time whose part (UTC as written) equals num */                               \
    X(HOUR)                                                                                        \
    X(DAY)                                                                                         \
    X(WEEK) /* ISO 8601 week */                                                                    \
    X(MONTH)                                                                                       \
    X(YEAR)                                                                                        \
    X(EXISTS)   /* the field is present (num 1) or not (num 0), whatever its value */              \
    X(NULL_)    /* the field is absent or null */                                                  \
    X(FIELDREF) /* stands in relation ref_op to the value of the field named text */

enum sigma_op {
#define X(name) SIGMA_##name,
    SIGMA_OP_TABLE(X)
#undef X
        SIGMA_OPS
};

/* One element of a LIKE pattern. */
struct sigma_token {
    enum { TOKEN_TEXT, TOKEN_ANY /* '*' */, TOKEN_ONE /* '?': one code point */ } kind;
    struct span text;
    struct span fold; /* text after case folding; filled by compile.c */
};

struct sigma_test {
    uint8_t op;            /* enum sigma_op */
    uint8_t ref_op;        /* FIELDREF: EQ, CONTAINS, STARTS or ENDS, LT, LTE, GT, GTE */
    bool cased;            /* compare bytes; else by Unicode simple case folding */
    bool re_i, re_m, re_s; /* RE flags */
    uint8_t net[16];       /* CIDR: IPv4 as ::ffff:a.b.c.d */
    uint8_t net_bits;      /* 0..128, counted in the 128-bit form */
    double num;
    struct span text; /* not folded; wildcards and escapes already resolved */
    struct sigma_token *tokens;
    uint32_t token_count;
    struct span shown; /* the value as the author wrote it, for explanations */
    struct span fold;  /* text after case folding; this and the next two filled by compile.c */
    uint32_t ref_name; /* FIELDREF: name id */
    uint32_t regex;    /* RE: index of the compiled expression */
};

/* A scalar as the YAML had it, for the oracle and for explanations. */
struct sigma_scalar {
    enum { SCALAR_TEXT, SCALAR_NUMBER, SCALAR_BOOL, SCALAR_NULL } kind;
    struct span text; /* plain text of the scalar */
    uint32_t line;
};

/* field|modifier|...: values. `field` is empty for keywords, which look into every value and the
 * raw text. */
struct sigma_item {
    struct span field;
    struct span key; /* as written: field and modifiers */
    struct sigma_scalar *raw;
    uint32_t raw_count;
    struct sigma_test *tests; /* lowered */
    uint32_t test_count;
    uint32_t *group; /* with `all`: tests of one raw value (windash, base64offset
                        give several) have one number and are ORed, groups ANDed */
    bool all;        /* every group must hold, in some value; else any test */
    bool negate;     /* neq: the whole item is turned round */
    uint32_t name;   /* name id of `field`, 0 for keywords; filled by compile.c */
    uint32_t id;     /* 0.., equal items have one; filled by compile.c */
    uint32_t line;
};

enum sigma_node_kind { NODE_ITEM, NODE_AND, NODE_OR, NODE_NOT, NODE_SEARCH };

/* Both the body of a search (ITEM, AND, OR) and a condition (AND, OR, NOT, SEARCH), with
 * "x of" already spread into AND/OR over the searches that it names; "N of" with N > 1 is
 * NODE_OR with at_least = N. */
struct sigma_node {
    uint8_t kind;            /* enum sigma_node_kind */
    uint32_t at_least;       /* NODE_OR: how many children must hold, normally 1 */
    struct sigma_item *item; /* NODE_ITEM */
    uint32_t search;         /* NODE_SEARCH: index in rule->searches */
    struct sigma_node **child;
    uint32_t child_count;
};

struct sigma_search {
    struct span name;
    struct sigma_node *body;
    bool of_filter; /* came with an applied filter */
    uint32_t line;
};

struct sigma_logsource {
    struct span product, category, service;
    struct span custom; /* first custom element's name, or empty: such a rule is blind */
};

/* LEVEL order is the order of severity. */
enum sigma_level {
    LEVEL_NONE,
    LEVEL_INFORMATIONAL,
    LEVEL_LOW,
    LEVEL_MEDIUM,
    LEVEL_HIGH,
    LEVEL_CRITICAL
};

/* As rules write it; LEVEL_NONE is shown as "none". */
const char *level_name(enum sigma_level level);

/* What all three kinds of document have. Absent texts are empty spans. */
struct sigma_head {
    struct span title, id, name, status, description, author, date, modified, license;
    struct span *tags;
    uint32_t tag_count;
    struct span *references;
    uint32_t reference_count;
    struct span *falsepositives;
    uint32_t falsepositive_count;
    struct span *fields; /* the rule's `fields` list */
    uint32_t field_count;
    enum sigma_level level;
    struct span file; /* path as given */
    uint32_t line;    /* of the document's first line */
    uint64_t hash;    /* XXH3 of the document's bytes: the rule hash of findings */
};

/* Is this its id, name, title, or the name of its file without folder and ending? In any case. */
bool sigma_is_called(const struct sigma_head *h, struct span word);

struct sigma_rule {
    struct sigma_head head;
    struct sigma_logsource logsource;
    struct sigma_search *searches;
    uint32_t search_count;
    struct sigma_node *condition; /* all conditions of a list ORed, filters ANDed */
    struct span *condition_text;  /* as written, for the oracle; one per list entry */
    uint32_t condition_count;
    struct sigma_filter **filters; /* that were applied, for the oracle */
    uint32_t filter_count;
    bool emit; /* false when only correlations want it (generate: false) */
};

struct sigma_filter {
    struct sigma_head head;
    struct sigma_logsource logsource;
    struct span *rules; /* ids or names; any_rule when `any` or empty */
    uint32_t rule_count;
    bool any_rule;
    struct sigma_search *searches;
    uint32_t search_count;
    struct sigma_node *condition;
    struct span condition_text;
    uint32_t used; /* rules it was applied to */
};

enum correlation_type {
    CORRELATION_EVENT_COUNT,
    CORRELATION_VALUE_COUNT,
    CORRELATION_TEMPORAL,
    CORRELATION_TEMPORAL_ORDERED,
    CORRELATION_VALUE_SUM,
    CORRELATION_VALUE_AVG,
    CORRELATION_VALUE_PERCENTILE,
    CORRELATION_VALUE_MEDIAN,
    CORRELATION_TEMPORAL_EXTENDED,
    CORRELATION_TEMPORAL_ORDERED_EXTENDED,
    CORRELATION_TYPES
};

/* As rules write it; extended types that were written as plain ones have their own name. */
const char *correlation_type_name(enum correlation_type type);

/* gt, gte, lt, lte, eq, neq: several of them are a range. */
struct correlation_condition {
    bool has_gt, has_gte, has_lt, has_lte, has_eq, has_neq;
    double gt, gte, lt, lte, eq, neq;
    bool given;
};

/* Extended temporal conditions: an expression over the referenced rules. */
struct correlation_expr {
    enum { EXPR_RULE, EXPR_AND, EXPR_OR, EXPR_NOT } kind;
    uint32_t ref; /* EXPR_RULE: index in refs */
    struct correlation_expr **child;
    uint32_t child_count;
};

struct correlation_alias {
    struct span name;
    struct span *ref;   /* rule id or name ... */
    struct span *field; /* ... and its field for this alias */
    uint32_t count;
};

/* A resolved reference: a detection rule or another correlation. */
struct correlation_ref {
    struct span text; /* id or name as written */
    bool is_correlation;
    uint32_t index; /* in ruleset->rules or ->correlations */
};

struct sigma_correlation {
    struct sigma_head head;
    enum correlation_type type;
    struct correlation_ref *refs;
    uint32_t ref_count;
    struct span *group_by;
    uint32_t group_count;
    int64_t timespan_ns;
    struct correlation_condition condition;
    struct correlation_expr *expr; /* extended types */
    struct span *value_fields;     /* condition.field */
    uint32_t value_field_count;
    double percentile; /* value_percentile; default 50 */
    struct correlation_alias *aliases;
    uint32_t alias_count;
    bool generate;
    bool emit;      /* false when only other correlations want it */
    uint32_t depth; /* 1 = refers to detection rules only */
};

/* The field that `name` of group-by or of the condition is in what `ref` stands for, whose head is
 * `h`: aliases name it by id or by name, whichever the list of rules has. */
struct span correlation_field(const struct sigma_correlation *c, const struct correlation_ref *ref,
                              const struct sigma_head *h, struct span name);

/* Where the results of `c` have the field: its place in group-by, or UINT32_MAX. */
uint32_t correlation_group(const struct sigma_correlation *c, struct span name);

/* A document that was not loaded, by name. */
struct sigma_refusal {
    struct span file, title;
    uint32_t line;
    struct span why;
};

struct sigma_warning {
    struct span file, title;
    uint32_t line;
    struct span what;
};

struct sigma_rules {
    struct arena mem;
    struct sigma_rule **rules;
    struct sigma_correlation **correlations; /* by depth: what is referred to comes first */
    struct sigma_filter **filters;
    struct sigma_refusal *refusals;
    struct sigma_warning *warnings;
    uint32_t rule_count, correlation_count, filter_count, refusal_count, warning_count;
    uint32_t rule_cap, correlation_cap, filter_cap, refusal_cap, warning_cap;
    struct rules_own *own; /* rules.c's */
};

/*
 * Loading is three steps: _init, _add_* as often as wanted, _finish (applies filters, resolves
 * references between correlations, refuses what dangles). Refusing a document is not an error;
 * only the world (an unreadable path, no memory) is.
 *
 * rules_add_path() takes a file, or a folder and all *.yml and *.yaml below it in byte order of
 * their paths, reads and parses with `threads` threads, and leaves the same order whatever their
 * number. Placeholders (%name%) come from a YAML file of name: [values].
 */
int rules_init(struct sigma_rules *rs, struct err *e);
void rules_release(struct sigma_rules *rs);
int rules_placeholders(struct sigma_rules *rs, const char *path, struct err *e);
int rules_add_path(struct sigma_rules *rs, const char *path, unsigned threads, struct err *e);
int rules_add_bytes(struct sigma_rules *rs, struct span file, struct span yaml, struct err *e);
int rules_finish(struct sigma_rules *rs, struct err *e);

#define RULES_DISABLED "disabled"
/* All of it at once; on an error there is nothing to release. */
struct rules_from {
    const char *const *paths; /* files and folders */
    uint32_t count;
    const char *placeholders; /* YAML file, or NULL */
    /* A folder of rules that take the place of those with the same id, wherever these are from; or
     * NULL. A file RULES_DISABLED in it names ids, one a line: rules that are left out. */
    const char *house;
    unsigned threads;
};
int rules_load(struct sigma_rules *rs, const struct rules_from *from, struct err *e);

#endif
