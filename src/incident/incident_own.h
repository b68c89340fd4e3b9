/*
 * incident_own.h - what the files of this folder share.
 */
#ifndef INCIDENT_OWN_H
#define INCIDENT_OWN_H

#include "incident/incident.h"

#define INCIDENT_TEXT_MAX    20000
#define INCIDENT_LINE_MAX    300 /* bytes of a title */
#define INCIDENT_SLICE       250 /* alerts in one turn of the desk: some 15 ms */
#define INCIDENT_FACTS_BYTES (LEGAL_FACTS_MAX * (LEGAL_CODE_MAX + 3) + 3)

/*    state        Vietnamese: the words of ND 333/2026, Dieu 9 */
#define INCIDENT_STAGE_TABLE(X)                                                                    \
    X("detect", "phát hiện, bảo vệ hiện trường, giữ chứng cứ")                                     \
    X("triage", "phân tích, phân loại")                                                            \
    X("contain", "cô lập")                                                                         \
    X("eradicate", "xử lý, gỡ bỏ")                                                                 \
    X("recover", "khôi phục")

/*    channel    Vietnamese */
#define INCIDENT_CHANNEL_TABLE(X)                                                                  \
    X("letter", "công văn")                                                                        \
    X("email", "thư điện tử công vụ")                                                              \
    X("phone", "điện thoại")                                                                       \
    X("fax", "fax")                                                                                \
    X("system", "hệ thống báo cáo của cơ quan điều phối")                                          \
    X("hand", "giao trực tiếp")

extern const char *const incident_channels[], *const incident_phases[];

/* An incident as it is, for acts upon it. */
struct incident_at {
    int64_t id, t0_ns, opened_ns, closed_ns; /* 0: not closed */
    char state[16], number[24], type[LEGAL_CODE_MAX + 1], severity[LEGAL_CODE_MAX + 1];
    char profile[LEGAL_CODE_MAX + 1];
    char facts[INCIDENT_FACTS_BYTES]; /* a JSON array */
    unsigned level;
};
/* ERR_NOTFOUND; ERR_CONFLICT while another act has still to be finished on it. */
int incident_get(struct act_call *c, int64_t id, struct incident_at *out, struct err *e);
/* The same of parameter "incident"; ERR_CONFLICT when it is closed or merged. */
int incident_get_open(struct act_call *c, struct incident_at *out, struct err *e);
bool incident_is_over(const struct incident_at *at);

/* Is this code (a parameter that was given) one of the profile's? ERR_USAGE. */
int incident_knows(struct act_call *c, const struct incident_at *at, enum legal_list list,
                   const char *param, struct err *e);

/* What parameters say an incident is; texts that were not given are SPAN_NONE. */
struct incident_new {
    struct span title, type, severity, channel, summary, owner;
    const char *source;
    int64_t t0_ns, split; /* split: of which; 0: none */
    unsigned level;
};
/* Make it, with its clocks, systems, facts and the steps of its playbook, where the row of the act
 * has these parameters. The answer has its id and number. */
int incident_make(struct act_call *c, const struct incident_new *n, int64_t *id, struct err *e);

/* Alerts, by their numbers; those of a parameter. */
struct incident_alerts {
    const int64_t *id;
    size_t count;
};
struct incident_alerts incident_alerts_named(struct act_call *c, const char *name);
/* Into incident `id`; *first_ns: when the first of them was made. */
int incident_alerts_first(struct act_call *c, struct incident_alerts a, int64_t *first_ns,
                          struct err *e);
int incident_alerts_take(struct act_call *c, struct incident_alerts a, int64_t id, struct err *e);

/* Facts of parameter "facts" (codes with blanks between them; "none") as a JSON array, appended.
 * ERR_USAGE: one is none of the profile's. */
int incident_facts_put(struct act_call *c, const char *profile, struct buf *out, struct err *e);

/*
 * Make the clocks of an incident what its facts ask for. `why` is the reason for those that end;
 * empty: ERR_USAGE when one that runs would end or would run longer.
 */
int incident_clocks_follow(struct act_call *c, int64_t incident, struct span why, struct err *e);
/* All that run end. */
int incident_clocks_end(struct act_call *c, int64_t incident, struct span why, struct err *e);
/* It was closed: those start that the law starts then. */
int incident_clocks_closed(struct act_call *c, int64_t incident, struct err *e);

/* The steps of a playbook that are not there yet become tasks. *added. */
int incident_tasks_of(struct act_call *c, const struct incident_at *at, struct span playbook,
                      uint32_t *added, struct err *e);

/* Letter `id` came in and is of no incident yet: *t0_ns is when it came. Then: it is of that. */
int incident_letter_told(struct act_call *c, int64_t id, int64_t *t0_ns, struct err *e);
int incident_letter_tie(struct act_call *c, int64_t id, int64_t incident, struct err *e);

/* Acts of closing.c. */
act_fn incident_close, incident_reopen;

/* A slice of the alerts of incident `of`: what is told of this act by `tell` (?6 of, ?7 how many),
 * then done by `change` (?1 act, ?6 those behind it). *count: how many. */
struct incident_slice {
    enum db_statement tell, change;
    int64_t of;
    void (*bind)(const struct act_call *c, const void *arg, struct db_row *r); /* ?2 to ?5 */
    const void *arg;
};
int incident_slice(struct act_call *c, const struct incident_slice *s, bool *more, struct err *e);

/* The year in Viet Nam. */
int32_t incident_year(int64_t ns);

int incident_note(struct act_call *c, const char *kind, int64_t id, struct span text,
                  struct err *e);

/* A text or NULL, a number or NULL when it is 0. */
void incident_bind_text(struct db_row *r, int at, struct span s);
void incident_bind_int(struct db_row *r, int at, int64_t v);

#endif
