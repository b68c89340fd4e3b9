/*
 * general.c - acts on acts, and notes on anything.
 */
#include "triage/triage.h"

static int note_add(struct act_call *c, struct err *e)
{
    struct triage_alert alert;
    int64_t id = act_int(c, "alert");
    int rc = triage_alert_at(c, id, &alert, e);

    if (rc == ERR_OK)
        rc = act_on(c, "alert", id, e);
    return rc == ERR_OK ? triage_note(c, id, act_text(c, "text"), e) : rc;
}

const struct act_row triage_general[] = {
    { "act.undo",
      ROLES_HOUSE | ROLE_BIT(ADMINISTRATOR), /* whoever may do what is undone: act.c */
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
