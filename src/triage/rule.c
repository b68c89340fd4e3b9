/*
 * rule.c - what people do to rules: publish one, in the place of a file's of the same id or beside
 * those of files, take it back, switch any off and on. What was published stays to be read for ever
 * (table house_rule_change); who compiles gets it from the desk (office/publisher.h).
 */
#include "sigma/rule.h"
#include "triage/triage.h"

const struct act_kind triage_rule_kind = { "house_rule", DB_HOUSE_RULE_STATE,
                                           DB_HOUSE_RULE_STATE_PUT };

struct house_rule {
    int64_t id; /* 0: there is none yet */
    bool published, disabled;
};

static int find(struct act_call *c, struct span rule, struct house_rule *out, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_HOUSE_RULE_OF);
    int rc;

    *out = (struct house_rule){ 0 };
    db_text(r, 1, rule);
    rc = db_next(c->db, r, e);
    if (rc == 1)
        *out =
            (struct house_rule){ db_get_int(r, 0), db_get_int(r, 1) != 0, db_get_int(r, 2) != 0 };
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

/* Its row is there, and is about to change. */
static int change(struct act_call *c, struct house_rule *h, struct span rule, struct span title,
                  struct err *e)
{
    struct db_row *r;
    int rc = ERR_OK;

    if (h->id == 0) {
        r = db_use(c->db, DB_HOUSE_RULE_ADD);
        db_text(r, 1, rule);
        db_text(r, 2, title);
        rc = db_run(c->db, r, e);
        h->id = db_key(c->db);
    }
    return rc == ERR_OK ? act_changes(c, &triage_rule_kind, h->id, e) : rc;
}

static int note(struct act_call *c, const struct house_rule *h, const char *what, struct span text,
                struct err *e)
{
    struct db_row *r = db_use(c->db, DB_HOUSE_RULE_CHANGE);

    db_int(r, 1, h->id);
    db_text(r, 2, span_of(what));
    if (text.n > 0)
        db_text(r, 3, text);
    db_text(r, 4, act_text(c, "reason"));
    db_int(r, 5, c->id);
    buf_fmt(c->answer, ",\"house_rule\":%lld", (long long)h->id);
    return db_run(c->db, r, e);
}

/* --- publishing ------------------------------------------------------------------------------- */

/* Whose id stands for the text: the correlation's, where there is one. */
static const struct sigma_head *head_of(const struct sigma_rules *rs)
{
    return rs->correlation_count > 0 ? &rs->correlations[0]->head : &rs->rules[0]->head;
}

/* Each document has an id, and no two the same: that is how it takes another's place. */
static int check_ids(const struct sigma_rules *rs, struct err *e)
{
    for (uint32_t i = 0; i < rs->rule_count + rs->correlation_count; i++) {
        const struct sigma_head *h =
            i < rs->rule_count ? &rs->rules[i]->head : &rs->correlations[i - rs->rule_count]->head;

        if (h->id.n == 0)
            return err_set(e, ERR_USAGE, h->line, "text: The rule in line %u has no id.", h->line);
    }
    return ERR_OK;
}

static int read_text(struct sigma_rules *rs, struct span text, struct err *e)
{
    int rc = rules_add_bytes(rs, SPAN_LIT("text"), text, e);

    if (rc == ERR_OK)
        rc = rules_finish(rs, e);
    if (rc == ERR_OK && rs->refusal_count > 0)
        rc =
            err_set(e, ERR_USAGE, rs->refusals[0].line, "text: Line %u: %.*s", rs->refusals[0].line,
                    (int)(rs->refusals[0].why.n < 200 ? rs->refusals[0].why.n : 200),
                    (const char *)rs->refusals[0].why.p);
    if (rc == ERR_OK && rs->rule_count + rs->correlation_count == 0)
        rc = err_set(e, ERR_USAGE, 0, "text: There is no rule in it.");
    return rc == ERR_OK ? check_ids(rs, e) : rc;
}

static int publish_as(struct act_call *c, const struct sigma_head *head, struct err *e)
{
    const struct span text = act_text(c, "text");
    struct house_rule h;
    struct db_row *r;
    int rc = find(c, head->id, &h, e);

    if (rc == ERR_OK)
        rc = change(c, &h, head->id, head->title, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_HOUSE_RULE_PUBLISH);
    db_int(r, 1, h.id);
    db_text(r, 2, head->title);
    db_text(r, 3, text);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? note(c, &h, "publish", text, e) : rc;
}

static int publish(struct act_call *c, struct err *e)
{
    struct sigma_rules rs;
    int rc = rules_init(&rs, e);

    if (rc != ERR_OK)
        return rc;
    rc = read_text(&rs, act_text(c, "text"), e);
    if (rc == ERR_OK)
        rc = publish_as(c, head_of(&rs), e);
    rules_release(&rs);
    return rc;
}

static int withdraw(struct act_call *c, struct err *e)
{
    struct house_rule h;
    struct db_row *r;
    int rc = find(c, act_text(c, "rule"), &h, e);

    if (rc == ERR_OK && !h.published)
        rc = err_set(e, ERR_NOTFOUND, 0, "No rule of the house is published with this id.");
    if (rc == ERR_OK)
        rc = change(c, &h, SPAN_NONE, SPAN_NONE, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_HOUSE_RULE_WITHDRAW);
    db_int(r, 1, h.id);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? note(c, &h, "withdraw", SPAN_NONE, e) : rc;
}

/* --- switching -------------------------------------------------------------------------------- */

/* Of a rule that was never touched: its title, as it is in force. */
static int known(struct act_call *c, struct house_rule *h, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_HOUSE_RULE_KNOWN);
    int rc;

    db_text(r, 1, act_text(c, "rule"));
    rc = db_next(c->db, r, e);
    if (rc == 1)
        rc = change(c, h, db_get_text(r, 0), db_get_text(r, 1), e);
    else if (rc == 0)
        rc = err_set(e, ERR_NOTFOUND, 0, "No rule in force has this id.");
    db_end(r);
    return rc;
}

static int turn(struct act_call *c, bool off, struct err *e)
{
    struct house_rule h;
    struct db_row *r;
    int rc = find(c, act_text(c, "rule"), &h, e);

    if (rc == ERR_OK && h.disabled == off)
        rc = off ? act_conflict(e, "The rule is off already.") : act_conflict(e, "The rule is on.");
    if (rc == ERR_OK)
        rc = known(c, &h, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_HOUSE_RULE_SWITCH);
    db_int(r, 1, h.id);
    db_int(r, 2, off);
    rc = db_run(c->db, r, e);
    return rc == ERR_OK ? note(c, &h, off ? "disable" : "enable", SPAN_NONE, e) : rc;
}

static int enable(struct act_call *c, struct err *e)
{
    return turn(c, false, e);
}

static int disable(struct act_call *c, struct err *e)
{
    return turn(c, true, e);
}

#define WHO (ROLE_BIT(LEAD) | ROLE_BIT(ADMINISTRATOR))
#define RULE                                                                                       \
    {                                                                                              \
        "rule", ACT_TEXT, true, 200, NULL, "its id"                                                \
    }
#define REASON                                                                                     \
    {                                                                                              \
        "reason", ACT_TEXT, true, 2000, NULL, "why"                                                \
    }

const struct act_row triage_rule[] = {
    { "rule.publish",
      WHO,
      "Put a rule in force, new or in the place of one with its id.",
      publish,
      { { "text", ACT_TEXT, true, ACT_TEXT_MAX, NULL,
          "the rule (YAML); correlations with the rules that they are about" },
        REASON } },
    { "rule.withdraw",
      WHO,
      "Take back what was published: the rule of a file with this id is in force again.",
      withdraw,
      { RULE, REASON } },
    { "rule.disable", WHO, "Switch a rule off, whoever wrote it.", disable, { RULE, REASON } },
    { "rule.enable", WHO, "Switch it on again.", enable, { RULE, REASON } },
};
