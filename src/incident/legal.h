/*
 * legal.h - what an incident asks of the law: which codes there are, what must be told to whom and
 * by when, which steps are to be taken.
 *
 * A table of functions, so that the law stays data that others read (profiles, playbooks): whoever
 * starts the desk gives it to the acts (act.h). Without it no incident is opened; of those that are
 * there no clock is ended or started, and no step proposed.
 *
 * Texts and ids that come out live as long as the table.
 */
#ifndef LEGAL_H
#define LEGAL_H

#include "base/base.h"

#define LEGAL_CLOCKS_MAX 16u
#define LEGAL_FACTS_MAX  32u
#define LEGAL_CODE_MAX   40u  /* bytes of a code */
#define LEGAL_NAMES_MAX  400u /* bytes of several names as one text */

#define LEGAL_LIST_TABLE(X)                                                                        \
    X(TYPE, "type")         /* of incidents */                                                     \
    X(SEVERITY, "severity") /* of incidents */                                                     \
    X(CAUSE, "cause")       /* of incidents: attacks, and what is none */                          \
    X(FACT, "facts")        /* what clocks depend on beside these */

enum legal_list {
#define X(id, name) LEGAL_##id,
    LEGAL_LIST_TABLE(X)
#undef X
        LEGAL_LISTS
};

struct legal_name {
    const char *vi, *en;
};

struct legal_facts {
    int64_t detected_ns; /* T0 */
    int64_t ended_ns;    /* 0: it is not over */
    struct span type, severity;
    const struct span *fact; /* codes of LEGAL_FACT */
    size_t fact_count;
    unsigned level; /* 0: not known */
};

struct legal_clock {
    const char *id, *vi, *en, *form; /* form may be NULL */
    bool at_end;                     /* it starts when the incident is over, not at T0 */
    bool sure;                       /* false: working days that no calendar knows are in it */
    int64_t starts_ns, due_ns;       /* at once: the same */
    char recipient[LEGAL_NAMES_MAX];
};

struct legal_step {
    const char *id, *title, *phase, *role; /* phase: as in table task; role may be NULL */
    int64_t due_ns;                        /* INT64_MIN: at no time */
    char asks[LEGAL_NAMES_MAX];            /* what is to be kept as proof; may be empty */
};

struct legal {
    const void *arg;
    /* The profile that was in force then; NULL: none. */
    const char *(*profile_at)(const void *arg, int64_t ns);
    /* Is there this code? Its names. */
    bool (*name)(const void *arg, struct span profile, enum legal_list list, struct span code,
                 struct legal_name *out);
    /* The clocks that run, LEGAL_CLOCKS_MAX at most, each id once. */
    size_t (*clocks)(const void *arg, struct span profile, const struct legal_facts *f,
                     struct legal_clock *out);
    /* The playbook for a type, NULL: none; its steps, of an incident that was detected then: false
     * behind the last, or when there is no such playbook. */
    const char *(*playbook_for)(const void *arg, struct span type);
    bool (*step)(const void *arg, struct span playbook, size_t i, int64_t detected_ns,
                 struct legal_step *out);
};

#endif
