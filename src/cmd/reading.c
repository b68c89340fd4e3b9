/*
 * reading.c - see reading.h.
 */
#include "cmd/reading.h"

#include "keep/generation.h"

int reading_open(struct reading *r, const char *folder, struct err *e)
{
    struct ruleset *rules = NULL;
    int rc = generation_open(folder, &rules, &r->taxonomy, &r->names, e);

    if (rc != ERR_OK)
        return rc;
    ruleset_free(&rules);
    rc = tallier_new(&r->tallier, r->taxonomy, &r->names, e);
    if (rc == ERR_OK)
        return ERR_OK;
    taxonomy_free(&r->taxonomy);
    names_release(&r->names);
    return rc;
}

void reading_close(struct reading *r)
{
    if (r->tallier == NULL)
        return;
    tallier_free(&r->tallier);
    taxonomy_free(&r->taxonomy);
    names_release(&r->names);
}
