/*
 * playbook.h - what is done about an incident, step by step: data/playbooks, one file each.
 *
 *   id, vi, en, types (codes of the law's types), usual_for (the types that it is proposed for),
 *   tasks (rows.h: LAW_TASK_TABLE) in the order in which they are done
 *
 * Names are checked against the law, when one is given: types in every profile, forms in some.
 * A type has one playbook that is usual for it. Errors as in law.h. Immutable once open.
 */
#ifndef PLAYBOOK_H
#define PLAYBOOK_H

#include "law/law.h"

#define PLAYBOOKS_MAX      64u
#define PLAYBOOK_TASKS_MAX 64u

struct playbook {
    const char *id, *vi, *en, *file;
    struct law_texts types, usual_for;
    struct law_task *task;
    uint32_t task_count;
};

struct playbooks;

/* All *.yaml of the folder. `law` may be NULL. */
int playbooks_open(struct playbooks **out, const char *folder, const struct law *law,
                   struct err *e);
void playbooks_free(struct playbooks **pp);

/* By pieces, as law_new(). */
int playbooks_new(struct playbooks **out, struct err *e);
int playbooks_add(struct playbooks *p, struct span yaml, const char *name, struct err *e);
int playbooks_check(struct playbooks *p, const struct law *law, struct err *e);

const struct playbook *playbook(const struct playbooks *p, uint32_t i); /* NULL behind the last */
const struct playbook *playbook_find(const struct playbooks *p, struct span id);
/* The one that is usual for a type; NULL: none. */
const struct playbook *playbook_for(const struct playbooks *p, struct span type);

/* Its last second; INT64_MIN: no time is set. */
int64_t playbook_task_due(const struct law *law, const struct law_task *task, int64_t detected_ns);

void playbook_put(const struct playbook *p, struct buf *out); /* JSON */

#endif
