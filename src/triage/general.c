/*
 * general.c - acts on acts, and notes on anything.
 */
#include "triage/triage.h"

static int note_add(struct act_call *c, struct err *e)
{
    struct triage_alert alert;
    int64_t id = act_int(c, "alert");
    struct db_row *r;
    int rc = triage_alert_at(c, id, &alert, e);

    if (rc == ERR_OK)
        rc = act_on(c, "alert", id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_NOTE_ADD);
    db_int(r, 1, c->id);
    db_text(r, 2, SPAN_LIT("alert"));
    db_int(r, 3, id);
    db_text(r, 4, act_text(c, "text"));
    return db_run(c->db, r, e);
}

const struct act_row triage_general[] = {
    { "act.undo",
      ROLES_HOUSE,
      "Put back what an act changed, within the hour.",
      act_undo,
      { { "undoes", ACT_ID, true, 0, NULL, "the number of the act" } } },
    { "note.add",
      ROLES_HOUSE,
      "Write a note on an alert; notes are never changed.",
      note_add,
      { { "alert", ACT_ID, true, 0, NULL, "its number" },
        { "text", ACT_TEXT, true, 10000, NULL, "the note" } } },
};
