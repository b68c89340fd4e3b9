/*
 * proof.c - see proof.h.
 */
#include "proof/proof.h"

#include <stdio.h>

#include "ledger/verdict.h"

int proof_find(struct db *db, struct proof_open *open, struct err *e)
{
    struct db_row *r = db_use(db, DB_VERIFICATION_OPEN);
    int rc = db_next(db, r, e);

    *open = (struct proof_open){ 0 };
    if (rc == 1) {
        const struct span anchor = db_get_text(r, 3);

        open->id = db_get_int(r, 0);
        open->running = db_get_int(r, 1) != 0;
        open->ending = db_get_int(r, 2) != 0;
        (void)snprintf(open->anchor, sizeof(open->anchor), "%.*s", (int)anchor.n,
                       anchor.n > 0 ? (const char *)anchor.p : "");
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

int proof_begun(struct db *db, int64_t id, int64_t now_ns, struct err *e)
{
    struct db_row *r = db_use(db, DB_VERIFICATION_BEGUN);

    db_int(r, 1, id);
    db_int(r, 2, now_ns);
    return db_run(db, r, e);
}

int proof_far(struct db *db, int64_t id, struct span far, struct err *e)
{
    struct db_row *r = db_use(db, DB_VERIFICATION_FAR);

    db_int(r, 1, id);
    db_text(r, 2, far);
    return db_run(db, r, e);
}

static int found(struct db *db, int64_t id, struct span text, int64_t now_ns, struct err *e)
{
    struct db_row *r = db_use(db, DB_VERIFICATION_FOUND);

    db_int(r, 1, id);
    db_text(r, 2, text);
    db_int(r, 3, now_ns);
    return db_run(db, r, e);
}

static int failed(struct db *db, int64_t id, int code, struct span why, int64_t now_ns,
                  struct err *e)
{
    struct db_row *r = db_use(db, DB_VERIFICATION_FAILED);

    db_int(r, 1, id);
    db_text(r, 2, why);
    db_int(r, 3, now_ns);
    db_text(r, 4, code == ERR_CONFLICT ? SPAN_LIT("ended") : SPAN_LIT("failed"));
    return db_run(db, r, e);
}

int proof_over(struct db *db, int64_t id, int code, struct span text, int64_t now_ns, struct err *e)
{
    int rc =
        code == ERR_OK ? found(db, id, text, now_ns, e) : failed(db, id, code, text, now_ns, e);

    if (rc == ERR_OK && code == ERR_OK && db_changed(db) == 0)
        rc = failed(db, id, ERR_SYNTAX, SPAN_LIT("The verifier's answer is none."), now_ns, e);
    return rc;
}

/* --- acts ----------------------------------------------------------------------------------- */

static int begin(struct act_call *c, struct err *e)
{
    struct span anchor = act_text(c, "anchor");
    struct links_anchor read;
    struct proof_open open;
    struct db_row *r;
    int rc;

    if (act_has(c, "anchor") && !verdict_read_anchor(anchor, &read))
        return err_set(e, ERR_USAGE, 0, "anchor: This is no anchor: NUMBER:HASH.");
    rc = proof_find(c->db, &open, e);
    if (rc == ERR_OK && open.id != 0)
        return act_conflict(e, "Verification %lld is under way.", (long long)open.id);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_VERIFICATION_ADD);
    db_int(r, 1, c->id);
    if (act_has(c, "anchor"))
        db_text(r, 2, anchor);
    return act_made(c, r, "verification", e);
}

static int end(struct act_call *c, struct err *e)
{
    struct proof_open open;
    struct db_row *r;
    int rc = proof_find(c->db, &open, e);

    if (rc == ERR_OK && open.id == 0)
        return act_conflict(e, "No verification is under way.");
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_VERIFICATION_END);
    db_int(r, 1, open.id);
    db_int(r, 2, c->id);
    rc = db_run(c->db, r, e);
    if (rc == ERR_OK)
        rc = act_on(c, "verification", open.id, e);
    buf_fmt(c->answer, ",\"verification\":%lld", (long long)open.id);
    return rc;
}

#define WHO (ROLE_BIT(AUDITOR) | ROLE_BIT(ADMINISTRATOR) | ROLE_VERIFY)

const struct act_row proof_acts[PROOF_ACTS] = {
    { "verify.begin",
      WHO,
      "Read the whole store and lay it against what was signed; one at a time.",
      begin,
      { { "anchor", ACT_TEXT, false, PROOF_ANCHOR_MAX, NULL,
          "NUMBER:HASH of a checkpoint that is known from elsewhere" } } },
    { "verify.end", WHO, "End the verification that is under way.", end, { { 0 } } },
};

/* --- views ---------------------------------------------------------------------------------- */

#define COLUMNS                                                                                    \
    {                                                                                              \
        { "verification", VIEW_AS_INTEGER }, { "state", VIEW_AS_TEXT }, { "by", VIEW_AS_TEXT },    \
            { "asked", VIEW_AS_TIME }, { "over", VIEW_AS_TIME }, { "from", VIEW_AS_INTEGER },      \
            { "to", VIEW_AS_INTEGER }, { "faults", VIEW_AS_INTEGER },                              \
            { "seconds", VIEW_AS_SECONDS }, { "files", VIEW_AS_INTEGER },                          \
            { "files_all", VIEW_AS_INTEGER }, { "bytes", VIEW_AS_INTEGER },                        \
            { "bytes_all", VIEW_AS_INTEGER }, { "why", VIEW_AS_TEXT },                             \
            { "anchor", (enum view_column_type)(VIEW_AS_TEXT | VIEW_ASIDE) },                      \
            { "found", (enum view_column_type)(VIEW_AS_JSON | VIEW_ASIDE) },                       \
        {                                                                                          \
            "told", (enum view_column_type)(VIEW_AS_JSON | VIEW_ASIDE)                             \
        }                                                                                          \
    }

const struct view_row proof_views[PROOF_VIEWS] = {
    { "verify.list",
      ROLES_SEE,
      "Verifications of the store, the newest first.",
      DB_VERIFICATION_LIST,
      NULL,
      { { "limit", VIEW_LIMIT, false, 20, NULL, "at most so many" } },
      COLUMNS },
    { "verify.last",
      ROLES_SEE,
      "The one that is under way, or the last: how far it is, and what it found.",
      DB_VERIFICATION_LIST,
      NULL,
      { { "limit", VIEW_LIMIT, false, 1, NULL, "at most so many" } },
      COLUMNS },
};
