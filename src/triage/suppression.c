/*
 * suppression.c - what is not shown for a while: always with a reason and an end. What it hides
 * is an alert all the same (desk/alerts.h), counted and to be seen.
 */
#include "triage/triage.h"
#include "act/key.h"
#include "desk/alerts.h"

#define SUPPRESSION_DAYS 366

static int put(struct act_call *c, struct span rule, struct span key, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_SUPPRESSION_ADD);

    db_text(r, 1, rule);
    db_text(r, 2, act_text(c, "entity"));
    db_text(r, 3, key);
    db_text(r, 4, act_text(c, "reason"));
    db_int(r, 5, act_int(c, "until"));
    db_int(r, 6, c->id);
    return act_made(c, r, "suppression", e);
}

static int add(struct act_call *c, struct err *e)
{
    int64_t until = act_int(c, "until");
    struct buf key;
    int rc;

    if (!act_has(c, "rule") && !act_has(c, "entity"))
        return err_set(e, ERR_USAGE, 0, "rule: A rule or an entity is needed.");
    if (until <= c->now_ns || until - c->now_ns > SUPPRESSION_DAYS * INT64_C(86400000000000))
        return err_set(e, ERR_USAGE, 0, "until: This is no time within the next %d days.",
                       SUPPRESSION_DAYS);
    buf_init(&key, 1 << 16);
    key_put(act_text(c, "entity"), &key);
    rc = buf_failed(&key) ? act_no_memory(e) : put(c, act_text(c, "rule"), buf_span(&key), e);
    buf_release(&key);
    return rc;
}

static int end(struct act_call *c, struct err *e)
{
    int64_t id = act_int(c, "suppression");
    struct db_row *r;
    int rc = act_find_row(c->db, DB_SUPPRESSION_IS, "suppression", id, &r, e);

    if (rc != ERR_OK)
        return rc;
    rc = !db_get_null(r, 1) || db_get_int(r, 0) <= c->now_ns
             ? act_conflict(e, "Suppression %lld is over.", (long long)id)
             : ERR_OK;
    db_end(r);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_SUPPRESSION_END);
    db_int(r, 1, c->id);
    db_int(r, 2, id);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? act_on(c, "suppression", id, e) : rc;
}

const struct act_row triage_suppression[] = {
    { "suppression.add",
      ROLES_DESK,
      "Do not show what a rule finds, or what is about an entity.",
      add,
      { { "rule", ACT_TEXT, false, 256, NULL, "the rule's id; without it: all rules" },
        { "entity", ACT_TEXT, false, ALERT_ENTITY_MAX, NULL, "the entity; without it: all" },
        { "until", ACT_TIME, true, 0, NULL, "when it ends" },
        { "reason", ACT_TEXT, true, 4000, NULL, "why" } } },
    { "suppression.end",
      ROLES_DESK,
      "Show it again from now on.",
      end,
      { { "suppression", ACT_ID, true, 0, NULL, "its number" },
        { "reason", ACT_TEXT, true, 4000, NULL, "why" } } },
};
