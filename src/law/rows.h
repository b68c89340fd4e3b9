/*
 * rows.h - the rows of data/law and data/playbooks: a table each, from which come its struct, its
 * reader and its JSON. A column's name is its key in the YAML.
 *
 *   X(S, member, TYPE, need, more)  need: 1 it must be given; more: a table of words (WORD), or 0
 *
 *   CODE    [A-Za-z0-9_.-], 1 to LAW_CODE_MAX bytes; the first of a row is its name, given once
 *   TEXT    one line; NULL when it is not given           TEXTS, CODES  lists; one text will do
 *   DATE    2026-07-01; days since 1970, LAW_NO_DATE      FLAG     true, false; false
 *   NUMBER  0 to 9999; 0                                  WORD     one of a table of words
 *   BASE, FORM  the code of a row of `bases`, `forms`     RECIPIENTS  codes of recipients
 *   AFTER   "at once", "72 hours", "5 days", "10 working days", "6 months"
 *   DUES    period: "before 06-20", or AFTER the cut-off  LEVELS   what holds for levels 1 to 5
 *   WHEN    a predicate (when.h)
 *
 * Every row says where it is from: `law` (a row of `bases`) and `article`, and with `mark` how sure
 * that is: found (read in a stored text), memory, inference (a reading of what was found), proposal
 * (ours, no law). A row that is found or inferred must name both.
 */
#ifndef LAW_ROWS_H
#define LAW_ROWS_H

#include "base/base.h"

#define LAW_CODE_MAX 40u
#define LAW_TEXT_MAX 1000u
#define LAW_LEVELS   5u
#define LAW_NO_DATE  INT32_MIN
#define LAW_PERIODIC UINT32_MAX /* of LEVELS: "periodic", no number is given */

struct law_texts {
    const char **value;
    uint32_t count;
};

/* --- Words ----------------------------------------------------------------------------------- */

#define LAW_MARK_TABLE(X)                                                                          \
    X(FOUND, "found")                                                                              \
    X(MEMORY, "memory")                                                                            \
    X(INFERENCE, "inference")                                                                      \
    X(PROPOSAL, "proposal")

#define LAW_STATUS_TABLE(X)                                                                        \
    X(IN_FORCE, "in_force")                                                                        \
    X(ENDED, "ended")                                                                              \
    X(PENDING, "pending")

#define LAW_STARTS_TABLE(X)                                                                        \
    X(DETECTION, "detection") /* T0 */                                                             \
    X(END, "end")             /* the incident's */

#define LAW_STOPS_TABLE(X) X(DISPATCH, "dispatch") /* a document that was recorded as sent */

#define LAW_KIND_TABLE(X)                                                                          \
    X(FLAG, "flag")                                                                                \
    X(NUMBER, "number")                                                                            \
    X(CHOICE, "choice")

#define LAW_MEASURE_TABLE(X)                                                                       \
    X(MONTHS, "months") /* 0: not asked */                                                         \
    X(ASKED, "asked")   /* 1: yes */

#define LAW_RULE_TABLE(X)                                                                          \
    X(DAY15, "day15")       /* from the 15th of the month before */                                \
    X(CALENDAR, "calendar") /* from the 1st */

/* By NIST SP 800-61r3 (CSF 2.0: Detect, Respond, Recover, Improvement) and the order of NĐ 333 Đ9.
 */
#define LAW_PHASE_TABLE(X)                                                                         \
    X(DETECT, "detect")                                                                            \
    X(CONTAIN, "contain")                                                                          \
    X(ERADICATE, "eradicate")                                                                      \
    X(RECOVER, "recover")                                                                          \
    X(LESSONS, "lessons")

/* Who does it; names are of the playbook's reader. */
#define LAW_ROLE_TABLE(X)                                                                          \
    X(ANALYST, "analyst")                                                                          \
    X(LEADER, "leader")                                                                            \
    X(OPERATOR, "operator") /* cán bộ đầu mối đơn vị vận hành */                    \
    X(OWNER, "owner")       /* chủ quản */                                                     \
    X(MANAGEMENT, "management")

#define X(name, word) LAW_MARK_##name,
enum law_mark { LAW_MARK_TABLE(X) };
#undef X
#define X(name, word) LAW_STATUS_##name,
enum law_status { LAW_STATUS_TABLE(X) };
#undef X
#define X(name, word) LAW_STARTS_##name,
enum law_starts { LAW_STARTS_TABLE(X) };
#undef X
#define X(name, word) LAW_STOPS_##name,
enum law_stops { LAW_STOPS_TABLE(X) };
#undef X
#define X(name, word) LAW_KIND_##name,
enum law_kind { LAW_KIND_TABLE(X) };
#undef X
#define X(name, word) LAW_MEASURE_##name,
enum law_measure { LAW_MEASURE_TABLE(X) };
#undef X
#define X(name, word) LAW_RULE_##name,
enum law_rule { LAW_RULE_TABLE(X) };
#undef X
#define X(name, word) LAW_PHASE_##name,
enum law_phase { LAW_PHASE_TABLE(X) };
#undef X
#define X(name, word) LAW_ROLE_##name,
enum law_role { LAW_ROLE_TABLE(X) };
#undef X

/* --- Terms and periods ------------------------------------------------------------------------ */

#define LAW_UNIT_TABLE(X)                                                                          \
    X(HOURS, "hours", "hour")                                                                      \
    X(DAYS, "days", "day")                                                                         \
    X(WORKING_DAYS, "working days", "working day")                                                 \
    X(MONTHS, "months", "month")

#define X(name, many, one) LAW_##name,
enum law_unit { LAW_UNIT_TABLE(X) LAW_UNITS };
#undef X

/* How long; at once is 0 hours. */
struct law_after {
    uint32_t count;
    enum law_unit unit;
};

/*  X(id, code, the month before it, its last month) of the year */
#define LAW_PERIOD_TABLE(X)                                                                        \
    X(M1, "M1", 0, 1)                                                                              \
    X(M2, "M2", 1, 2) X(M3, "M3", 2, 3) X(M4, "M4", 3, 4) X(M5, "M5", 4, 5) X(M6, "M6", 5, 6)      \
        X(M7, "M7", 6, 7) X(M8, "M8", 7, 8) X(M9, "M9", 8, 9) X(M10, "M10", 9, 10)                 \
            X(M11, "M11", 10, 11) X(M12, "M12", 11, 12) X(Q1, "Q1", 0, 3) X(Q2, "Q2", 3, 6)        \
                X(Q3, "Q3", 6, 9) X(Q4, "Q4", 9, 12) X(H1, "H1", 0, 6) X(H2, "H2", 6, 12)          \
                    X(N9, "9M", 0, 9) X(Y, "Y", 0, 12)

#define X(id, code, from, to) LAW_PERIOD_##id,
enum law_which { LAW_PERIOD_TABLE(X) LAW_PERIODS };
#undef X

/* When a report is due. */
struct law_due {
    bool is;
    bool before; /* a day: before `month`-`day`; else `after` the cut-off */
    uint8_t month, day;
    struct law_after after;
};

struct law_when;

/* --- Tables ----------------------------------------------------------------------------------- */

#define LAW_SOURCE(X, S)                                                                           \
    X(S, law, BASE, 0, 0)                                                                          \
    X(S, article, TEXT, 0, 0)                                                                      \
    X(S, mark, WORD, 1, law_mark_words)                                                            \
    X(S, note, TEXT, 0, 0)

#define LAW_BASE_TABLE(X, S)                                                                       \
    X(S, id, CODE, 1, 0)                                                                           \
    X(S, number, TEXT, 1, 0)                                                                       \
    X(S, date, DATE, 0, 0)                                                                         \
    X(S, issuer, TEXT, 1, 0)                                                                       \
    X(S, title, TEXT, 1, 0)                                                                        \
    X(S, status, WORD, 1, law_status_words)                                                        \
    X(S, from, DATE, 0, 0)                                                                         \
    X(S, to, DATE, 0, 0)                                                                           \
    X(S, mark, WORD, 1, law_mark_words)                                                            \
    X(S, note, TEXT, 0, 0)

#define LAW_NAMED(X, S)                                                                            \
    X(S, id, CODE, 1, 0)                                                                           \
    X(S, vi, TEXT, 1, 0)                                                                           \
    X(S, en, TEXT, 1, 0)

#define LAW_TERM_TABLE(X, S) LAW_NAMED(X, S) LAW_SOURCE(X, S)

#define LAW_FACT_TABLE(X, S) LAW_NAMED(X, S) LAW_SOURCE(X, S)

/* `tactics`: of ATT&CK; a type without is no attack. `unofficial`: practice, not in a law. */
#define LAW_TYPE_TABLE(X, S)                                                                       \
    LAW_NAMED(X, S) X(S, tactics, CODES, 0, 0) X(S, unofficial, FLAG, 0, 0) LAW_SOURCE(X, S)

#define LAW_CAUSE_TABLE(X, S) LAW_NAMED(X, S) X(S, attack, FLAG, 1, 0) LAW_SOURCE(X, S)

/* In the order in which they are tried; one without `when` always holds. */
#define LAW_SEVERITY_TABLE(X, S)                                                                   \
    LAW_NAMED(X, S) X(S, when, WHEN, 0, 0) X(S, unofficial, FLAG, 0, 0) LAW_SOURCE(X, S)

/* `from`, `to`: the first and the last day of T0 for which it runs. */
#define LAW_CLOCK_TABLE(X, S)                                                                      \
    LAW_NAMED(X, S)                                                                                \
    X(S, starts, WORD, 1, law_starts_words)                                                        \
    X(S, after, AFTER, 1, 0)                                                                       \
    X(S, when, WHEN, 0, 0)                                                                         \
    X(S, recipients, RECIPIENTS, 1, 0)                                                             \
    X(S, form, FORM, 0, 0)                                                                         \
    X(S, stops, WORD, 1, law_stops_words)                                                          \
    X(S, personal, FLAG, 0, 0)                                                                     \
    X(S, from, DATE, 0, 0)                                                                         \
    X(S, to, DATE, 0, 0)                                                                           \
    LAW_SOURCE(X, S)

#define LAW_INPUT_TABLE(X, S)                                                                      \
    LAW_NAMED(X, S) X(S, kind, WORD, 1, law_kind_words) X(S, choices, CODES, 0, 0) LAW_SOURCE(X, S)

#define LAW_CRITERION_TABLE(X, S)                                                                  \
    LAW_NAMED(X, S) X(S, level, NUMBER, 1, 0) X(S, when, WHEN, 1, 0) LAW_SOURCE(X, S)

#define LAW_LEVEL_PERIOD_TABLE(X, S)                                                               \
    LAW_NAMED(X, S)                                                                                \
    X(S, measure, WORD, 1, law_measure_words) X(S, levels, LEVELS, 1, 0) LAW_SOURCE(X, S)

#define LAW_ROUTE_TABLE(X, S)                                                                      \
    X(S, id, CODE, 1, 0)                                                                           \
    X(S, first_level, NUMBER, 1, 0)                                                                \
    X(S, last_level, NUMBER, 1, 0)                                                                 \
    X(S, appraises, TEXT, 1, 0)                                                                    \
    X(S, approves, TEXT, 1, 0)                                                                     \
    X(S, appraised, AFTER, 0, 0)                                                                   \
    X(S, approved, AFTER, 0, 0)                                                                    \
    LAW_SOURCE(X, S)

#define LAW_LAYER_TABLE(X, S)                                                                      \
    LAW_NAMED(X, S)                                                                                \
    X(S, layer, NUMBER, 1, 0)                                                                      \
    X(S, enabled, FLAG, 1, 0)                                                                      \
    X(S, evidence, TEXTS, 1, 0)                                                                    \
    X(S, met, TEXT, 1, 0)                                                                          \
    LAW_SOURCE(X, S)

#define LAW_REGIME_TABLE(X, S)                                                                     \
    LAW_NAMED(X, S)                                                                                \
    X(S, rule, WORD, 1, law_rule_words)                                                            \
    X(S, due, DUES, 1, 0)                                                                          \
    X(S, recipients, RECIPIENTS, 1, 0)                                                             \
    X(S, form, FORM, 0, 0)                                                                         \
    X(S, from, DATE, 0, 0)                                                                         \
    X(S, to, DATE, 0, 0)                                                                           \
    LAW_SOURCE(X, S)

#define LAW_FORM_TABLE(X, S)      LAW_NAMED(X, S) X(S, template, CODE, 1, 0) LAW_SOURCE(X, S)

/* On what sheets are based (căn cứ), in the order in which it is printed. `sheets`: as canh print
 * names them; `from`, `to`: the first and the last day of what is recorded, beside those of the law
 * and of the profile. */
#define LAW_CITATION_TABLE(X, S)                                                                   \
    X(S, id, CODE, 1, 0)                                                                           \
    X(S, sheets, CODES, 1, 0)                                                                      \
    X(S, law, BASE, 1, 0)                                                                          \
    X(S, article, TEXT, 0, 0)                                                                      \
    X(S, from, DATE, 0, 0)                                                                         \
    X(S, to, DATE, 0, 0)                                                                           \
    X(S, mark, WORD, 1, law_mark_words)                                                            \
    X(S, note, TEXT, 0, 0)

#define LAW_MILESTONE_TABLE(X, S) LAW_NAMED(X, S) X(S, date, DATE, 1, 0) LAW_SOURCE(X, S)

/* `sample`: a placeholder; nothing may be sent to it. */
#define LAW_RECIPIENT_TABLE(X, S)                                                                  \
    LAW_NAMED(X, S)                                                                                \
    X(S, sample, FLAG, 1, 0)                                                                       \
    X(S, address, TEXT, 0, 0)                                                                      \
    X(S, email, TEXT, 0, 0)                                                                        \
    X(S, phone, TEXT, 0, 0)                                                                        \
    X(S, channels, CODES, 0, 0)                                                                    \
    X(S, organ_id, TEXT, 0, 0)                                                                     \
    X(S, mark, WORD, 1, law_mark_words)                                                            \
    X(S, note, TEXT, 0, 0)

/* Days without work, or days of rest that are worked (swaps). */
#define LAW_DAYS_TABLE(X, S)                                                                       \
    X(S, from, DATE, 1, 0)                                                                         \
    X(S, to, DATE, 0, 0)                                                                           \
    X(S, vi, TEXT, 1, 0)                                                                           \
    X(S, en, TEXT, 1, 0)                                                                           \
    X(S, mark, WORD, 1, law_mark_words)                                                            \
    X(S, note, TEXT, 0, 0)

#define LAW_TASK_TABLE(X, S)                                                                       \
    LAW_NAMED(X, S)                                                                                \
    X(S, phase, WORD, 1, law_phase_words)                                                          \
    X(S, role, WORD, 1, law_role_words)                                                            \
    X(S, due, AFTER, 0, 0) /* after T0 */                                                          \
    X(S, evidence, TEXTS, 0, 0)                                                                    \
    X(S, forms, CODES, 0, 0)

/*  X(member, name, NAME, room): a list of each in a profile */
#define LAW_SECTION_TABLE(X)                                                                       \
    X(bases, base, BASE, 128)                                                                      \
    X(terms, term, TERM, 256)                                                                      \
    X(facts, fact, FACT, 64)                                                                       \
    X(types, type, TYPE, 64)                                                                       \
    X(causes, cause, CAUSE, 64)                                                                    \
    X(severities, severity, SEVERITY, 16)                                                          \
    X(clocks, clock, CLOCK, 16)                                                                    \
    X(inputs, input, INPUT, 64)                                                                    \
    X(criteria, criterion, CRITERION, 256)                                                         \
    X(level_periods, level_period, LEVEL_PERIOD, 64)                                               \
    X(routes, route, ROUTE, 16)                                                                    \
    X(layers, layer, LAYER, 16)                                                                    \
    X(regimes, regime, REGIME, 64)                                                                 \
    X(forms, form, FORM, 128)                                                                      \
    X(citations, citation, CITATION, 128)                                                          \
    X(milestones, milestone, MILESTONE, 64)

/* --- Structs ---------------------------------------------------------------------------------- */

#define LAW_C_CODE       const char *
#define LAW_C_TEXT       const char *
#define LAW_C_TEXTS      struct law_texts
#define LAW_C_CODES      struct law_texts
#define LAW_C_BASE       const char *
#define LAW_C_FORM       const char *
#define LAW_C_RECIPIENTS struct law_texts
#define LAW_C_DATE       int32_t
#define LAW_C_FLAG       bool
#define LAW_C_NUMBER     uint32_t
#define LAW_C_WORD       uint32_t
#define LAW_C_AFTER      struct law_after_given
#define LAW_C_DUES       struct law_dues
#define LAW_C_LEVELS     struct law_levels
#define LAW_C_WHEN       const struct law_when *

struct law_after_given {
    bool is;
    struct law_after v;
};
struct law_dues {
    struct law_due of[LAW_PERIODS];
};
struct law_levels {
    uint32_t of[LAW_LEVELS]; /* of level 1 first */
};

/* `line`: where it stands in its file. */
#define LAW_MEMBER(S, member, type, need, more) LAW_C_##type member;
#define LAW_STRUCT(name, TABLE)                                                                    \
    struct law_##name {                                                                            \
        TABLE(LAW_MEMBER, 0)                                                                       \
        uint32_t line;                                                                             \
    };

#define X(member, name, NAME, room) LAW_STRUCT(name, LAW_##NAME##_TABLE)
LAW_SECTION_TABLE(X)
#undef X
LAW_STRUCT(recipient, LAW_RECIPIENT_TABLE)
LAW_STRUCT(days, LAW_DAYS_TABLE)
LAW_STRUCT(task, LAW_TASK_TABLE)

#endif
