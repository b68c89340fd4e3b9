/*
 * there.c - a row by its number, or that there is none.
 */
#include "act/act.h"

int act_find_row(struct db *db, enum db_statement s, const char *kind, int64_t id,
                 struct db_row **row, struct err *e)
{
    struct db_row *r = db_use(db, s);
    int rc;

    *row = NULL;
    db_int(r, 1, id);
    rc = db_next(db, r, e);
    if (rc <= 0)
        return rc < 0 ? rc : act_none(e, kind, id);
    *row = r;
    return ERR_OK;
}

int act_is_there(struct db *db, enum db_statement s, const char *kind, int64_t id, struct err *e)
{
    struct db_row *r;
    int rc = act_find_row(db, s, kind, id, &r, e);

    db_end(r);
    return rc;
}

int act_none(struct err *e, const char *kind, int64_t id)
{
    return err_set(e, ERR_NOTFOUND, 0, "There is no %s %lld.", kind, (long long)id);
}
