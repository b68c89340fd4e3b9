/*
 * both.h - the same rules in both evaluators, and one event through both.
 *
 * Rules come from YAML text or from a folder, through the real reader; events from records that
 * the real codecs made. both_event() tries all rules with the matcher and with the oracle and
 * compares what they found, rule for rule and view for view.
 */
#ifndef BOTH_H
#define BOTH_H

#include "sigma/match.h"
#include "sigma/oracle.h"

struct both {
    struct names names;
    struct taxonomy *taxonomy;
    struct sigma_rules rules;
    struct ruleset *fast;
    struct matcher *matcher;
    struct oracle *oracle;
    struct event event;
    struct rec rec; /* for both_json() */
};

/* What %Admins% and the like stand for in tests, for the reader and for the oracle. */
extern const char both_placeholders[];

/* Views of JSON events, all of product: test. category: mapped has a field map, plain is everything
 * else, and short, which lacks fields, beside it. */
extern const char both_taxonomy[];

/* Rules from text (when `yaml` is not empty) and from a file or folder (when not NULL); the
 * taxonomy from a folder, or both_taxonomy when NULL. False (printed) when what was read does not
 * compile, which is a fault of the compiler: the matcher finds nothing then. Release all the same.
 */
bool both_init(struct both *b, struct span yaml, const char *rules, const char *taxonomy);

/* The same with every rule asked of every event, whatever its logsource: a view of its own carries
 * them all, without a field map. */
bool both_init_ungated(struct both *b, const char *rules, const char *taxonomy);
void both_release(struct both *b);

/* Hits of the matcher and of the oracle for one event. */
struct both_hits {
    const struct hit *fast;
    const struct oracle_hit *slow;
    uint32_t fast_count, slow_count;
};

/* True when they agree; else the differences are printed to stdout. */
bool both_event(struct both *b, struct rec *r, struct both_hits *out);

/* One JSON object: false when it is none. The record stays in b->rec. */
bool both_json(struct both *b, struct span line);

#endif
