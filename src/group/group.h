/*
 * group.h - alerts that belong together become a candidate for an incident.
 *
 *   event that an alert keeps ─▶ entities (entity.h) ─▶ links ─▶ candidate, or candidates joined
 *
 * An alert of GROUP_LEVEL or more is of exactly one candidate. Two are of one when they have an
 * entity in common that is not common to many, with no more time between them than the kind of
 * entity allows (ENTITY_TABLE), directly or over others: the connected components of that graph.
 * That is a property of what there is, so the order in which findings come does not matter: when an
 * entity turns out to be common, the candidates that it linked are made anew out of their alerts.
 * Alerts of a lower level are about the same entities and times, and are shown beside.
 *
 * An entity came with many on a day when alerts of GROUP_LEVEL or more say that it came with more
 * than so many others that day (ENTITY_TABLE): hosts with users who came in (a domain controller, a
 * terminal server), all others with hosts, or with addresses where no host is told (accounts of
 * services, proxies, scanners). Names that were only tried are no users of a host, and alerts of a
 * rule that is common that day say nothing. It is common when it came with many on two days no
 * further than GROUP_DAYS from the alert; a day on which there were GROUP_VERY_MANY times as many
 * counts as two. One day alone may be what is looked for: a worm, the account of an administrator
 * in the wrong hands.
 *
 * A rule is common on a day when on two other days within GROUP_DAYS of it it found on more than
 * GROUP_RULE_HOSTS hosts: what it finds says little by itself. It counts a tenth, and links with no
 * host and user: only with addresses, files, sessions and with itself. That it is common is seen on
 * the third such day; what it linked before is then parted, what it said of others is taken back,
 * and they may link again. (Of an alert that a finding moves to another day, or that is raised to
 * GROUP_LEVEL later, what was counted before stays.)
 *
 * What people placed stays, and links nothing; candidates that are escalated or dismissed take no
 * more.
 *
 * Score: what each rule's level weighs (table level_weight), a quarter more for each tactic that
 * follows another in the order of ATT&CK and in time. It halves every GROUP_HALF_LIFE_NS since the
 * last alert; views do that.
 *
 * Bounds: GROUP_ENTITIES_MAX entities of an alert; GROUP_ALERTS_MAX alerts of a candidate, which
 * then takes no more (the two cases in which order matters). An event costs some statements an
 * entity, whatever the size of the tables. What can be more than that - candidates made anew,
 * scores, risks - is written down and done by group_work() in steps of some milliseconds, the later
 * the more alerts there are to be looked at (five minutes for GROUP_ALERTS_MAX), and then for all
 * that came meanwhile. An event of which nothing but the time is new to its alert makes no such
 * work.
 */
#ifndef GROUP_H
#define GROUP_H

#include "db/db.h"
#include "sigma/rule.h"

#define GROUP_LEVEL        LEVEL_MEDIUM
#define GROUP_ENTITIES_MAX 64
#define GROUP_ALERTS_MAX   2000
#define GROUP_DAYS         6
#define GROUP_VERY_MANY    5
#define GROUP_RULE_HOSTS   20
#define GROUP_RULE_BYTES   512u
#define GROUP_HALF_LIFE_NS (INT64_C(24) * 60 * 60000000000)
#define GROUP_RAISED       1.5  /* score from which on it is worth a look: one of level high */
#define GROUP_WORK_S       0.01 /* what group_work() takes, and at most a step more */

struct group;

int group_new(struct group **out, struct db *db, struct err *e);
void group_free(struct group **g);

/* An event that alert `alert` keeps; `host`: what the alert is about when that is a host. In a
 * transaction. */
struct group_event {
    int64_t alert, time_ns;
    struct span host, json;
};
int group_event(struct group *g, const struct group_event *ev, struct err *e);
void group_clock(struct group *g, int64_t now_ns); /* ns since 1970 */
void group_forget(struct group *g);                /* a transaction is undone */

/* What is to be done behind events and acts: some of it, in a transaction. *more: not all. */
int group_work(struct group *g, int64_t now_ns, bool *more, struct err *e);

/* For acts. All of one into another, which stays, and is looked at when that is due; and: its
 * alerts find their candidates anew. */
#define GROUP_AT_ONCE 1 /* whatever its size */
int group_join(struct db *db, int64_t from, int64_t into, int64_t now_ns, struct err *e);
int group_anew(struct db *db, int64_t candidate, struct err *e);

#endif
