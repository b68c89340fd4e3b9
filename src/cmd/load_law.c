/*
 * load_law.c - see load_law.h.
 */
#include "cmd/load_law.h"

#include <stdio.h>

#include "cmd/load.h"

int load_law_find(struct law_folders *f, const char *given, struct err *e)
{
    int a, b;

    if (given == NULL || given[0] == '\0')
        return load_find_data("law", f->law, sizeof(f->law)) &&
                       load_find_data("playbooks", f->playbooks, sizeof(f->playbooks))
                   ? ERR_OK
                   : err_set(e, ERR_NOTFOUND, 0, "The law that ships is not found; give a folder.");
    a = snprintf(f->law, sizeof(f->law), "%s/law", given);
    b = snprintf(f->playbooks, sizeof(f->playbooks), "%s/playbooks", given);
    return a > 0 && (size_t)a < sizeof(f->law) && b > 0 && (size_t)b < sizeof(f->playbooks)
               ? ERR_OK
               : err_set(e, ERR_USAGE, 0, "The path of the law is too long.");
}

int load_law(struct law **law, struct playbooks **playbooks, const struct law_folders *f,
             struct err *e)
{
    int rc;

    *law = NULL;
    *playbooks = NULL;
    rc = law_open(law, f->law, e);
    if (rc == ERR_OK)
        rc = playbooks_open(playbooks, f->playbooks, *law, e);
    if (rc != ERR_OK) {
        playbooks_free(playbooks);
        law_free(law);
    }
    return rc;
}
