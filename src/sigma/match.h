/*
 * match.h - the fast evaluator: compiled rules, one matcher per thread.
 *
 * struct ruleset is compiled once, immutable, and shared by all matchers. A rule is tried only on
 * events whose view carries its logsource, and there only when a necessary literal or value of it
 * was seen; then it is verified in full. See compile.c for how.
 */
#ifndef MATCH_H
#define MATCH_H

#include "base/buf.h"
#include "event/event.h"
#include "sigma/rule.h"

struct ruleset;
struct matcher;

/* Enter the names of every field that rules and correlations ask for. Before names_freeze(). */
int ruleset_names(const struct sigma_rules *rs, struct names *n, struct err *e);

/* That, names_freeze() and taxonomy_bind(): after this events can be asked for what rules want. */
int ruleset_bind(const struct sigma_rules *rs, struct taxonomy *t, struct names *n, struct err *e);

/* Compile for this taxonomy. `rs`, `t` and `n` must outlive the result. */
int ruleset_new(struct ruleset **out, const struct sigma_rules *rs, const struct taxonomy *t,
                const struct names *n, unsigned threads, struct err *e);
void ruleset_free(struct ruleset **rs);

/*
 * All of it in one step, as commands want it: taxonomy and rules from their paths, through the
 * cache file when one is named, made from the same sources (paths, sizes, times) by the same
 * program, and trusted. Otherwise everything is read and compiled, and the cache file written
 * (failing to write it is no error: `note` says so). *t and *n belong to the caller, who releases
 * them after the ruleset.
 */
struct ruleset_sources {
    const char *taxonomy; /* folder */
    struct rules_from rules;
    const char *cache; /* file, or NULL for none */
    /* Take what the cache holds, whatever became of its rules: they are not looked at and nothing
     * is compiled. The program's version, the processor and the checksum still count, and the
     * taxonomy must be the one that it was made with. ERR_NOTFOUND or ERR_CORRUPT when it cannot be
     * used. It lies at a fixed address: an earlier ruleset must have been freed. */
    bool trust_cache;
};

struct ruleset_note {
    bool from_cache;
    enum err_code cache_code; /* ERR_NOTFOUND: there was none of these sources, as at first */
    char cache_why[256];      /* why the cache was not used or not written; empty: it was */
};

int ruleset_open(struct ruleset **out, struct taxonomy **t, struct names *n,
                 const struct ruleset_sources *from, struct ruleset_note *note, struct err *e);

/* Everything that a compilation of these sources depends on, as text: program, processor, and path,
 * size and times of every file. The same text means the same result. */
int ruleset_key(const struct ruleset_sources *from, struct buf *key, struct err *e);

/* What it holds, also when it came from the cache. Indexes are those of hits and references. */
uint32_t ruleset_rule_count(const struct ruleset *rs);
const struct sigma_rule *ruleset_rule(const struct ruleset *rs, uint32_t i);
uint32_t ruleset_correlation_count(const struct ruleset *rs);
const struct sigma_correlation *ruleset_correlation(const struct ruleset *rs, uint32_t i);
uint32_t ruleset_refusal_count(const struct ruleset *rs);
const struct sigma_refusal *ruleset_refusal(const struct ruleset *rs, uint32_t i);

int matcher_new(struct matcher **out, const struct ruleset *rs, struct err *e);
void matcher_free(struct matcher **m);

struct hit {
    uint32_t rule; /* index in sigma_rules.rules */
    const struct view *view;
    bool filter_unavailable; /* a filter's field cannot exist in this view */
};

/* Try every rule on the event. The hits are ascending by rule, each rule once; they live until
 * the next call. Returns their number. */
uint32_t match_event(struct matcher *m, struct event *e, const struct hit **hits);

/* Why rule `rule` matched: one row per test that held. */
struct because {
    struct span selection, field, value;
};
uint32_t match_because(struct matcher *m, struct event *e, const struct hit *h,
                       struct because *rows, uint32_t max);

/*
 * For who measures, behind match_event() on the same event, which does not know of it:
 * matcher_tried() tells the rules that were tried in full, since the index had found something of
 * them, ascending, `max` at most; matcher_try() tries one of them again, all by itself: whether it
 * holds.
 */
uint32_t matcher_tried(struct matcher *m, const struct event *e, uint32_t *rules, uint32_t max);
bool matcher_try(struct matcher *m, struct event *e, uint32_t rule);

#endif
