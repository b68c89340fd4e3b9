/*
 * load_law.h - the law and the playbooks as commands and roles want them: those that ship, or the
 * folders law/ and playbooks/ of one that was given.
 */
#ifndef LOAD_LAW_H
#define LOAD_LAW_H

#include "law/law.h"
#include "law/playbook.h"

#define LOAD_LAW_PATH 4096u

struct law_folders {
    char law[LOAD_LAW_PATH], playbooks[LOAD_LAW_PATH];
};

/* `given` may be NULL or empty: what ships. */
int load_law_find(struct law_folders *f, const char *given, struct err *e);

/* Both are read and checked, or neither is there. */
int load_law(struct law **law, struct playbooks **playbooks, const struct law_folders *f,
             struct err *e);

#endif
