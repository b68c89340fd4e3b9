/*
 * undo.c - act "act.undo": what another act changed is put back.
 *
 *   may it? ─▶ is everything as it was left? ─▶ all of it; or what decides it and a slice, and the
 *                                               rest as rest.c does it
 *
 * An act that is done in slices is undone in slices (act_rest_row). It is refused while another act
 * since has left any of its things otherwise; from then on these are nobody else's until the last
 * is put back. What the desk itself changed (an alert that was withdrawn) stays as it is, and is
 * told so.
 */
#include "act/act_own.h"

static const struct act_kind *kind_of(const struct act_table *t, struct span name)
{
    for (size_t i = 0; i < t->kind_count; i++) {
        if (span_eq(span_of(t->kind[i]->name), name))
            return t->kind[i];
    }
    return NULL;
}

/* --- may it? -------------------------------------------------------------------------------- */

/* What was done before all the undoing; NULL: there is no such act any more. 0 or a negative code.
 */
static int first_act(struct act_call *c, int64_t id, const struct act_row **row, struct err *e)
{
    int64_t first = id;
    int rc = 1;

    *row = NULL;
    while (rc == 1 && first != 0) {
        struct db_row *r = db_use(c->db, DB_ACT_GET);

        db_int(r, 1, first);
        rc = db_next(c->db, r, e);
        *row = rc == 1 ? act_find(c->own->table, db_get_text(r, 2)) : NULL;
        first = rc == 1 ? db_get_int(r, 4) : 0; /* none: 0 */
        db_end(r);
    }
    return rc < 0 ? rc : ERR_OK;
}

/* Who may do an act may undo it, and undo that; one that there is no more is nobody's. */
static int check_roles(struct act_call *c, int64_t id, struct err *e)
{
    const struct act_row *row;
    int rc = first_act(c, id, &row, e);

    if (rc != ERR_OK)
        return rc;
    return row != NULL && (row->roles & c->who->roles) != 0
               ? ERR_OK
               : err_set(e, ERR_DENIED, 0, "Act %lld is beyond your rights.", (long long)id);
}

int act_may_undo(struct act_call *c, int64_t id, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_ACT_GET);
    int rc;

    db_int(r, 1, id);
    rc = db_next(c->db, r, e);
    if (rc < 0)
        return rc;
    if (rc == 0 || !span_eq(db_get_text(r, 3), SPAN_LIT("done")))
        rc = act_none(e, "act", id);
    else if (!db_get_null(r, 5))
        rc = err_set(e, ERR_CONFLICT, 0, "Act %lld was undone already.", (long long)id);
    else if (db_get_int(r, 6) != 0)
        rc = act_unfinished(e, id);
    else if (!span_eq(db_get_text(r, 1), c->who->name) &&
             (c->who->roles & (ROLE_BIT(LEAD) | ROLE_BIT(ADMINISTRATOR))) == 0)
        rc = err_set(e, ERR_DENIED, 0, "Act %lld is somebody else's.", (long long)id);
    else if (c->now_ns - db_get_int(r, 0) > ACT_UNDO_S * INT64_C(1000000000))
        rc = err_set(e, ERR_CONFLICT, 0, "Act %lld is too long ago.", (long long)id);
    else
        rc = ERR_OK;
    db_end(r);
    return rc == ERR_OK ? check_roles(c, id, e) : rc;
}

/* What an act in slices has still to come to is told nowhere: nothing is put back meanwhile. */
static int none_unfinished(struct act_call *c, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_ACT_REST_NEXT);
    int rc = db_next(c->db, r, e);

    if (rc == 1) {
        rc = act_unfinished(e, db_get_int(r, 0));
        db_end(r);
    }
    return rc;
}

/* --- is everything as it was left? ---------------------------------------------------------- */

static int changed_since(struct err *e, const struct act_kind *kind, int64_t key)
{
    return act_conflict(e, "%s %lld was changed since.", kind->name, (long long)key);
}

/* Is there anything, and is of all of it known how it was? */
static int check_known(struct act_call *c, int64_t id, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_ACT_ON_COUNT);
    bool can;
    int rc;

    db_int(r, 1, id);
    rc = db_next(c->db, r, e);
    if (rc < 0)
        return rc;
    can = db_get_int(r, 0) > 0 && db_get_int(r, 0) == db_get_int(r, 1);
    db_end(r);
    return can ? ERR_OK : act_conflict(e, "Act %lld cannot be undone.", (long long)id);
}

static int check_one(struct act_call *c, const struct act_kind *kind, int64_t key,
                     struct span is_now, struct err *e)
{
    struct db_row *r;
    int rc = act_find_row(c->db, kind->get, kind->name, key, &r, e);

    if (rc == ERR_OK && !span_eq(db_get_text(r, 0), is_now))
        rc = changed_since(e, kind, key);
    db_end(r);
    return rc;
}

/* Did an act since leave one of kind `many` otherwise? What that costs follows from what was done
 * since, not from how many there are. */
static int check_since(struct act_call *c, int64_t id, const char *many, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_ACT_ON_SINCE);
    const struct act_kind *kind = kind_of(c->own->table, span_of(many));
    int rc;

    MUST(kind != NULL);
    db_int(r, 1, id);
    db_text(r, 2, span_of(many));
    while ((rc = db_next(c->db, r, e)) == 1) {
        rc = check_one(c, kind, db_get_int(r, 0), db_get_text(r, 1), e);
        if (rc != ERR_OK)
            break;
    }
    db_end(r);
    return rc;
}

/* --- putting back --------------------------------------------------------------------------- */

/* The rows of `r` (kind, key, was, is_now) into the act's memory. *first, *count. */
static int read_things(struct act_call *c, struct db_row *r, struct act_thing **first,
                       uint32_t *count, struct err *e)
{
    struct act_thing **end = first;
    int rc;

    *first = NULL;
    *count = 0;
    while ((rc = db_next(c->db, r, e)) == 1) {
        struct act_thing *t = arena_alloc(&c->own->mem, sizeof(*t));

        if (t == NULL) {
            db_end(r);
            return act_no_memory(e);
        }
        *t = (struct act_thing){ .key = db_get_int(r, 1),
                                 .changes = kind_of(c->own->table, db_get_text(r, 0)),
                                 .was = arena_span(&c->own->mem, db_get_text(r, 2)),
                                 .is_now = arena_span(&c->own->mem, db_get_text(r, 3)) };
        *end = t;
        end = &t->next;
        ++*count;
    }
    return rc < 0 ? rc : arena_failed(&c->own->mem) ? act_no_memory(e) : ERR_OK;
}

/* What was changed since: a conflict; or, of very many, left and told as it is. */
static int put_back(struct act_call *c, const struct act_thing *t, bool lenient, struct err *e)
{
    const struct act_thing *now;
    struct db_row *r;
    int rc = act_thing_changes(c, t->changes, t->key, &now, e);

    if (rc != ERR_OK)
        return rc;
    if (!span_eq(now->was, t->is_now))
        return lenient ? ERR_OK : changed_since(e, t->changes, t->key);
    r = db_use(c->db, t->changes->put);
    db_int(r, 1, t->key);
    db_text(r, 2, t->was);
    rc = db_run(c->db, r, e);
    return rc == ERR_CONFLICT
               ? act_conflict(e, "%s %lld cannot be put back: another has its place.",
                              t->changes->name, (long long)t->key)
               : rc;
}

static int put_back_all(struct act_call *c, struct db_row *r, bool lenient, uint32_t *count,
                        struct err *e)
{
    struct act_thing *t;
    int rc = read_things(c, r, &t, count, e);

    for (; rc == ERR_OK && t != NULL; t = t->next)
        rc = put_back(c, t, lenient, e);
    return rc;
}

/* How the act that all began with is undone in slices; NULL: at once. */
static int slices_of(struct act_call *c, int64_t id, const struct act_rest_row **out, struct err *e)
{
    const struct act_table *table = c->own->table;
    const struct act_row *row;
    int rc = first_act(c, id, &row, e);

    *out = NULL;
    for (size_t i = 0; rc == ERR_OK && row != NULL && i < table->rest_count; i++) {
        if (strcmp(table->rest[i].act, row->name) == 0 && table->rest[i].many != NULL)
            *out = &table->rest[i];
    }
    return rc;
}

/* Its things of kind `busy` are nobody else's. */
static int mark_busy(struct act_call *c, int64_t id, const char *busy, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_ACT_ON_KIND);
    int rc;

    db_int(r, 1, id);
    db_text(r, 2, span_of(busy));
    while ((rc = db_next(c->db, r, e)) == 1)
        act_rest(c, busy, db_get_int(r, 0));
    return rc;
}

static int put_slice(struct act_call *c, int64_t id, const struct act_rest_row *s, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_ACT_ON_SLICE);
    uint32_t count;
    int rc;

    db_int(r, 1, id);
    db_text(r, 2, span_of(s->many));
    db_int(r, 3, c->id);
    db_int(r, 4, ACT_UNDO_SLICE);
    rc = put_back_all(c, r, true, &count, e);
    return rc == ERR_OK && count == ACT_UNDO_SLICE ? mark_busy(c, id, s->busy, e) : rc;
}

int act_undo(struct act_call *c, struct err *e)
{
    const int64_t id = act_int(c, "undoes");
    const struct act_rest_row *s = NULL;
    struct db_row *r;
    uint32_t count;
    int rc = none_unfinished(c, e);

    act_touches_alerts(c);
    if (rc == ERR_OK)
        rc = check_known(c, id, e);
    if (rc == ERR_OK)
        rc = slices_of(c, id, &s, e);
    if (rc == ERR_OK && s != NULL)
        rc = check_since(c, id, s->many, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_ACT_ON_BUT);
    db_int(r, 1, id);
    if (s != NULL)
        db_text(r, 2, span_of(s->many));
    rc = put_back_all(c, r, false, &count, e);
    return rc == ERR_OK && s != NULL ? put_slice(c, id, s, e) : rc;
}

int act_undo_rest(struct act_call *c, struct err *e)
{
    const int64_t id = act_int(c, "undoes");
    const struct act_rest_row *s;
    int rc = slices_of(c, id, &s, e);

    act_touches_alerts(c);
    MUST(rc != ERR_OK || s != NULL); /* it left something */
    return rc == ERR_OK ? put_slice(c, id, s, e) : rc;
}
