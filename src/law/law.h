/*
 * law.h - the law as data: what holds at a time (a dated profile), which clocks run for an
 * incident, which level a system has, when a report is due, which days are worked.
 *
 *   data/law ─▶ rows (rows.h) ─▶ checked: references, dates, predicates ─▶ struct law, immutable
 *
 *   profiles/NAME.yaml    one profile each: id, vi, en, from, to, and lists (LAW_SECTION_TABLE)
 *   recipients.yaml       recipients:
 *   calendar.yaml         from, to, holidays, working
 *
 * An unknown key, a key given twice, a reference to what is not there, profiles that overlap: the
 * law is refused, with file and line, and the one in force stays. Records keep the id of the
 * profile of their date.
 *
 * Days are those of Viet Nam (UTC+7, without summer time). Days and months are counted as the Civil
 * Code does (91/2015/QH13, Đ147-148, from memory): the day of the event does not count, and the
 * term ends with the last second of its last day. A last day without work is *not* put off, though
 * the Code would: too early is safe. Hours are exact.
 *
 * Pointers that come out live as long as the law. Reading is safe from many threads.
 */
#ifndef LAW_H
#define LAW_H

#include "base/buf.h"
#include "law/rows.h"

#define LAW_OFFSET_S   (7 * 3600)
#define LAW_FILE_BYTES 1048576u
#define LAW_PROFILES   16u
#define LAW_CLOCKS_MAX 16u
#define LAW_WHY_MAX    32u

struct law;

struct law_profile {
    const char *id, *vi, *en;
    int32_t from, to; /* days since 1970; `to` is the last one, LAW_NO_DATE: none */
    const char *file;
#define X(member, name, NAME, room)                                                                \
    struct {                                                                                       \
        struct law_##name *row;                                                                    \
        uint32_t count;                                                                            \
    } member;
    LAW_SECTION_TABLE(X)
#undef X
};

/* --- Loading -----------------------------------------------------------------------------------
 */

/* ERR_NOTFOUND: no such folder or file. ERR_SYNTAX, ERR_LIMIT: "file:line: sentence", e->at the
 * line. On an error *out is NULL. */
int law_open(struct law **out, const char *folder, struct err *e);
void law_free(struct law **lp);

/* The same by pieces: files of one kind each, then the check of all. After an error only
 * law_free(). */
enum law_file { LAW_PROFILE, LAW_RECIPIENTS, LAW_CALENDAR };
int law_new(struct law **out, struct err *e);
int law_add(struct law *l, enum law_file kind, struct span yaml, const char *name, struct err *e);
int law_check(struct law *l, struct err *e);

/* --- Profiles ----------------------------------------------------------------------------------
 */

/* That of a time; NULL: none is known. */
const struct law_profile *law_profile_at(const struct law *l, int64_t ns);
const struct law_profile *law_profile_find(const struct law *l, struct span id);
/* The i-th by date, NULL behind the last. */
const struct law_profile *law_profile(const struct law *l, uint32_t i);

/* A row by its code, or NULL: law_base_find(), law_type_find() ... */
#define X(member, name, NAME, room)                                                                \
    const struct law_##name *law_##name##_find(const struct law_profile *p, struct span code);
LAW_SECTION_TABLE(X)
#undef X
const struct law_recipient *law_recipient_find(const struct law *l, struct span code);
const struct law_recipient *law_recipient(const struct law *l, uint32_t i);

/* Words as they are written; NULL behind the last. */
extern const char *const law_mark_words[], *const law_status_words[],
                                               *const law_starts_words[],
                                                   *const law_stops_words[],
                                                       *const law_kind_words[],
                                                           *const law_measure_words[],
                                                               *const law_rule_words[],
                                                                   *const law_phase_words[],
                                                                       *const law_role_words[],
                                                                           *const law_which_words[];
bool law_which_find(struct span code, enum law_which *which);

/* --- Incidents ---------------------------------------------------------------------------------
 */

struct law_incident {
    int64_t detected_ns;        /* T0 */
    int64_t ended_ns;           /* 0: not yet */
    struct span type, severity; /* codes; empty: not known */
    uint32_t level;             /* of the system at T0; 0: not known */
    const struct span *fact;    /* codes of `facts` that hold */
    size_t fact_count;
};

struct law_running {
    const struct law_clock *clock;
    int64_t starts_ns, due_ns; /* at once: the same */
    bool sure;                 /* false: the calendar of holidays does not reach so far */
};

/* The clocks that run, in the order of the profile; what is not known makes no clock run that asks
 * for it. Codes are taken as they are: see law_type_find(). */
size_t law_clocks(const struct law *l, const struct law_profile *p, const struct law_incident *i,
                  struct law_running out[LAW_CLOCKS_MAX]);

/* The first severity that holds; NULL: none. A suggestion: a person decides. */
const struct law_severity *law_severity_of(const struct law_profile *p,
                                           const struct law_incident *i);

/* --- Levels ------------------------------------------------------------------------------------
 */

/* What is known of a system: name of an input, and "true", "false", a number or a choice; a name
 * may come several times. */
struct law_said {
    struct span name, value;
};

struct law_level {
    uint32_t level;                               /* 0: no criterion holds */
    const struct law_criterion *why[LAW_WHY_MAX]; /* the căn cứ: all that hold of this level */
    uint32_t count;
};

/* The highest level of which a criterion holds (NĐ 331 Đ8.2). ERR_USAGE: no such input, or not a
 * value of it. */
int law_level(const struct law_profile *p, const struct law_said *said, size_t count,
              struct law_level *out, struct err *e);

/* --- Days --------------------------------------------------------------------------------------
 */

int32_t law_day(int64_t ns);        /* of Viet Nam, days since 1970 */
int64_t law_day_begin(int32_t day); /* ns */

/* Is it worked? *known (may be NULL): the calendar has it; else only weekends are known. */
bool law_is_working(const struct law *l, int32_t day, bool *known);

/* The i-th row of holidays, NULL behind the last; `to` LAW_NO_DATE: one day. */
const struct law_days *law_holiday(const struct law *l, uint32_t i);

/* The `count`-th working day behind `day`; 0 is `day` itself. *known as above, for all days
 * between. */
int32_t law_working_days_after(const struct law *l, int32_t day, uint32_t count, bool *known);

/* When a term that begins at `ns` ends. */
int64_t law_term_end(const struct law *l, int64_t ns, struct law_after after, bool *known);

/* --- Reports -----------------------------------------------------------------------------------
 */

/* [from_ns, to_ns): flow is counted within, stock at to_ns, the cut-off. */
struct law_period {
    int64_t from_ns, to_ns;
};
struct law_period law_period(enum law_rule rule, int32_t year, enum law_which which);

/* When the report of a period is due. ERR_NOTFOUND: the regime has no such period. */
int law_report_due(const struct law *l, const struct law_regime *r, int32_t year,
                   enum law_which which, int64_t *due_ns, bool *known, struct err *e);

/* --- What sheets are based on -------------------------------------------------------------------
 */

/* The days of a record on which this is cited: the citation, its law and its profile hold. *to
 * LAW_NO_DATE: without end. False: on none. */
bool law_citation_days(const struct law_profile *p, const struct law_citation *c, int32_t *from,
                       int32_t *to);

/* The line of it, in Vietnamese and without what ends it: "Căn cứ Nghị định số 331/2026/NĐ-CP ngày
 * 19 tháng 8 năm 2026 của Chính phủ về ...". Laws by name and number only. */
void law_put_cited(const struct law_base *b, struct buf *out);

/* --- JSON --------------------------------------------------------------------------------------
 */

/* A profile with all its rows; one of its lists by name, false when there is none such; the
 * recipients; clocks that run. Without a newline. */
void law_put_profile(const struct law_profile *p, struct buf *out);
bool law_put_section(const struct law_profile *p, struct span section, struct buf *out);
void law_put_recipients(const struct law *l, struct buf *out);
void law_put_clocks(const struct law_running *r, size_t count, struct buf *out);
void law_put_level(const struct law_level *level, struct buf *out);
void law_put_after(struct law_after after, struct buf *out); /* plain text */

#endif
