/*
 * scan.h - all rules on all events of some files.
 *
 * Blocks are read under one lock and worked on by any thread; what they found leaves in the order
 * of the blocks, so that the output is the same whatever the number of threads. Memory is bounded:
 * a few blocks a thread, and a thread that has found more than it may hold waits for its turn and
 * lets it out. What correlations need, and all findings of a format that is sorted by time, goes to
 * a temporary file and is sorted there (os/spill.h).
 */
#ifndef SCAN_H
#define SCAN_H

#include "os/file.h"
#include "scan/output.h"

#define SCAN_THREADS_MAX 64u

struct scan_settings {
    const struct ruleset *rules;
    const struct taxonomy *taxonomy;
    const struct names *names;
    const struct file_list *paths;
    unsigned threads;
    enum sigma_level min_level;
    struct output output;
    int out_fd;
    bool progress; /* show it on standard error */
};

/* What came of it. The names are those of --stats. */
#define SCAN_TOTALS(X)                                                                             \
    X(events, "events tried against the rules")                                                    \
    X(bytes, "bytes read, after unpacking")                                                        \
    X(findings, "findings shown, correlations included")                                           \
    X(correlated, "of them, of correlations")                                                      \
    X(unparsed, "records (or chunks of them) that their reader refused, or read only in part")     \
    X(plain, "lines of no known format, kept as text")                                             \
    X(unclassed, "events that no row of the taxonomy knows: only rules without a logsource")       \
    X(untimed, "events whose time could not be read")                                              \
    X(below_level, "findings below --min-level, not shown")                                        \
    X(filter_unavailable, "findings lowered because a filter's field cannot exist")                \
    X(group_missing, "inputs of correlations that lack a group-by field")                          \
    X(groups_evicted, "groups of correlations forgotten for want of memory")                       \
    X(files, "files and members of archives read")                                                 \
    X(binary, "files passed over: no logs")                                                        \
    X(faults, "things told on standard error")                                                     \
    X(unused, "inputs that gave nothing because of a fault")

struct scan_totals {
#define X(name, help) uint64_t name;
    SCAN_TOTALS(X)
#undef X
    uint64_t at_level[LEVEL_CRITICAL + 1]; /* findings shown */
    double seconds;
};

/* ERR_IO when the output cannot be written or the temporary file fails; the rest is counted. */
int scan_run(const struct scan_settings *s, struct scan_totals *t, struct err *e);

#endif
