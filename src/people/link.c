/*
 * link.c - whose a subject of the issuer is: told by administrators, never by who logs in.
 */
#include "people/people_own.h"

const struct act_kind people_link_kind = { "link", DB_LINK_STATE, DB_LINK_STATE_PUT };

struct link {
    int64_t id, user; /* 0: nobody's */
    char name[PEOPLE_NAME_MAX + 1];
};

/* The row of the subject that is given, of the issuer of now: 1, 0, or a code. */
static int link_of(struct act_call *c, struct link *l, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_LINK_OF);
    struct span name;
    int rc;

    *l = (struct link){ 0 };
    db_text(r, 1, span_of(c->people->way.issuer));
    db_text(r, 2, act_text(c, "subject"));
    rc = db_next(c->db, r, e);
    if (rc != 1)
        return rc;
    l->id = db_get_int(r, 0);
    l->user = db_get_null(r, 1) ? 0 : db_get_int(r, 1);
    name = l->user != 0 ? db_get_text(r, 2) : SPAN_NONE;
    MUST(name.n <= PEOPLE_NAME_MAX);
    if (name.n > 0)
        memcpy(l->name, name.p, name.n);
    db_end(r);
    return 1;
}

/* There is a row for it, whose ever it is. */
static int link_made(struct act_call *c, struct link *l, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_LINK_ADD);
    int rc;

    db_text(r, 1, span_of(c->people->way.issuer));
    db_text(r, 2, act_text(c, "subject"));
    rc = db_run(c->db, r, e);
    if (rc == ERR_OK)
        rc = link_of(c, l, e);
    MUST(rc != 0); /* it was just made */
    return rc < 0 ? rc : ERR_OK;
}

static int put_link(struct act_call *c, const struct link *l, int64_t user, struct err *e)
{
    struct db_row *r;
    int rc = act_changes(c, &people_link_kind, l->id, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_LINK_SET);
    db_int(r, 1, l->id);
    if (user != 0)
        db_int(r, 2, user);
    buf_fmt(c->answer, ",\"link\":%lld", (long long)l->id);
    return db_run(c->db, r, e);
}

static int begin(struct act_call *c, struct user *u, struct err *e)
{
    if (c->people == NULL || !people_oidc_is_on(c->people))
        return act_conflict(e, "The settings name no issuer (oidc-issuer).");
    return user_of(c, "user", u, e);
}

static int tie(struct act_call *c, struct err *e)
{
    struct user u;
    struct link l;
    int rc = begin(c, &u, e);

    if (rc == ERR_OK)
        rc = link_made(c, &l, e);
    if (rc == ERR_OK && l.user != 0)
        rc = act_conflict(e, "This subject is tied to %s.", l.name);
    return rc == ERR_OK ? put_link(c, &l, u.id, e) : rc;
}

/* The sessions that began by it end (schema). */
static int untie(struct act_call *c, struct err *e)
{
    struct user u;
    struct link l;
    int rc = begin(c, &u, e);

    if (rc == ERR_OK)
        rc = link_of(c, &l, e);
    if (rc == 0 || (rc == 1 && l.user != u.id))
        return err_set(e, ERR_NOTFOUND, 0, "subject: This is none of %s.", u.name);
    return rc == 1 ? put_link(c, &l, 0, e) : rc;
}

#define USER                                                                                       \
    {                                                                                              \
        "user", ACT_TEXT, true, 64, NULL, "the user's name"                                        \
    }
#define SUBJECT                                                                                    \
    {                                                                                              \
        "subject", ACT_TEXT, true, PEOPLE_SUBJECT_MAX, NULL,                                       \
            "what the issuer's tokens say in the claim of `oidc-claim`"                            \
    }

const struct act_row people_links[] = {
    { "user.link",
      ROLE_BIT(ADMINISTRATOR),
      "Tie a subject of the issuer to a user: who is it there may log in as him.",
      tie,
      { USER, SUBJECT } },
    { "user.unlink",
      ROLE_BIT(ADMINISTRATOR),
      "Untie it; the sessions that began by it end.",
      untie,
      { USER, SUBJECT } },
};
