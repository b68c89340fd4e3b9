/*
 * contract.c - what the contract of a hired SOC promises: written down, taken back. What came of it
 * is view metric.contract.
 */
#include "metric/metric.h"
#include "triage/triage.h"

#include "sigma/rule.h"

#define TEXT_MAX    200
#define MINUTES_MAX (366 * 24 * 60)

static const char *const measures[] = {
#define X(name, unit) name,
    METRIC_MEASURE_TABLE(X)
#undef X
        NULL
};

/* What a promise of this measure must say, and what it must not. */
static int check(const struct act_call *c, bool is_watch, bool is_of_alerts, struct err *e)
{
    if (is_watch && act_has(c, "limit"))
        return err_set(e, ERR_USAGE, 0, "limit: The watch has a share of the time, and no limit.");
    if (!is_watch && act_int(c, "limit") == 0)
        return err_set(e, ERR_USAGE, 0, "limit: How many minutes it may take is needed.");
    if (act_has(c, "share") && (act_int(c, "share") < 1 || act_int(c, "share") > 100))
        return err_set(e, ERR_USAGE, 0, "share: This is no number from 1 to 100.");
    if (act_has(c, "level") && !is_of_alerts)
        return err_set(e, ERR_USAGE, 0, "level: Only alerts have one.");
    if (act_has(c, "to") && act_int(c, "to") <= act_int(c, "from"))
        return err_set(e, ERR_USAGE, 0, "to: This is not after its beginning.");
    return ERR_OK;
}

static int64_t level_of(struct span name)
{
    int level = LEVEL_NONE;

    while (!span_eq(span_of(level_name((enum sigma_level)level)), name))
        level++; /* one of triage_levels */
    return level;
}

static int add(struct act_call *c, struct err *e)
{
    struct span measure = act_text(c, "measure");
    const bool is_watch = span_eq(measure, SPAN_LIT("watch"));
    const bool is_of_alerts = !is_watch && !span_eq(measure, SPAN_LIT("contain"));
    struct db_row *r;
    int rc = check(c, is_watch, is_of_alerts, e);

    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_CONTRACT_ADD);
    db_text(r, 1, act_text(c, "provider"));
    if (act_has(c, "document"))
        db_text(r, 2, act_text(c, "document"));
    db_text(r, 3, measure);
    if (act_has(c, "level"))
        db_int(r, 4, level_of(act_text(c, "level")));
    if (!is_watch)
        db_int(r, 5, act_int(c, "limit"));
    db_int(r, 6, act_has(c, "share") ? act_int(c, "share") : 100);
    db_int(r, 7, act_int(c, "from"));
    if (act_has(c, "to"))
        db_int(r, 8, act_int(c, "to"));
    db_int(r, 9, c->id);
    return act_made(c, r, "contract", e);
}

static int end(struct act_call *c, struct err *e)
{
    int64_t id = act_int(c, "contract");
    struct db_row *r;
    int rc = act_find_row(c->db, DB_CONTRACT_IS, "promise", id, &r, e);

    if (rc != ERR_OK)
        return rc;
    rc = db_get_null(r, 0) ? ERR_OK
                           : act_conflict(e, "Promise %lld was taken back already.", (long long)id);
    db_end(r);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_CONTRACT_END);
    db_int(r, 1, id);
    db_int(r, 2, c->id);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? act_on(c, "contract", id, e) : rc;
}

const struct act_row metric_acts[METRIC_ACTS] = {
    { "contract.add",
      ROLE_BIT(LEAD) | ROLE_BIT(OFFICER),
      "Write down what the contract of a hired watch promises.",
      add,
      { { "provider", ACT_TEXT, true, TEXT_MAX, NULL, "who promises it" },
        { "document", ACT_TEXT, false, TEXT_MAX, NULL, "number of the contract, and the clause" },
        { "measure", ACT_CHOICE, true, 0, measures, "what is measured" },
        { "level", ACT_CHOICE, false, 0, triage_levels,
          "of alerts of this level; without it: all" },
        { "limit", ACT_INTEGER, false, MINUTES_MAX, NULL, "minutes that it may take" },
        { "share", ACT_INTEGER, false, 100, NULL,
          "percent that must be so; usually 100. Of the watch: of the time" },
        { "from", ACT_TIME, true, 0, NULL, "what comes from then on" },
        { "to", ACT_TIME, false, 0, NULL,
          "and before then; without it: as long as it is not ended" } } },
    { "contract.end",
      ROLE_BIT(LEAD) | ROLE_BIT(OFFICER),
      "It was written down wrongly: take a promise back.",
      end,
      { { "contract", ACT_ID, true, 0, NULL, "its number" },
        { "reason", ACT_TEXT, true, 4000, NULL, "why" } } },
};
