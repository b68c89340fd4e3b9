/*
 * legal_law.h - the law and the playbooks as they were read (src/law), as what incidents ask of.
 */
#ifndef LEGAL_LAW_H
#define LEGAL_LAW_H

#include "incident/legal.h"
#include "law/law.h"
#include "law/playbook.h"

struct legal_law {
    const struct law *law;
    const struct playbooks *playbooks; /* NULL: there are none */
};

/* Asks `from`, which must live as long as what comes out. */
struct legal legal_of_law(const struct legal_law *from);

#endif
