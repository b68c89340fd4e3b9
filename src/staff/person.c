/*
 * person.c - who a person of the roster is.
 */
#include "people/people.h"
#include "staff/staff.h"

/* 1 with his name as it is kept, 0: he is not on the list, or has an account; or a code. */
static int outside_named(struct db *db, struct span name, char out[STAFF_PERSON_MAX + 1],
                         struct err *e)
{
    struct db_row *r = db_use(db, DB_STAFF_NAMED);
    int rc;

    db_text(r, 1, name);
    rc = db_next(db, r, e);
    if (rc == 1 && db_get_int(r, 2) != 0) {
        struct span kept = db_get_text(r, 1);

        MUST(kept.n <= STAFF_PERSON_MAX);
        memcpy(out, kept.p, kept.n);
        out[kept.n] = '\0';
    } else if (rc == 1) {
        rc = 0;
    }
    db_end(r);
    return rc;
}

int staff_person(struct db *db, const char *param, struct span name, char out[STAFF_PERSON_MAX + 1],
                 struct err *e)
{
    char user[PEOPLE_NAME_MAX + 1];
    int rc = people_active(db, param, name, user, e), outside;

    if (rc == ERR_OK)
        memcpy(out, user, sizeof(user));
    if (rc != ERR_NOTFOUND)
        return rc;
    outside = outside_named(db, name, out, e);
    return outside == 1 ? ERR_OK : outside < 0 ? outside : rc; /* the sentence is there */
}
