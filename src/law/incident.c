/*
 * incident.c - what the law says of an incident, and of a system: clocks, severity, level.
 */
#include "law/law_own.h"

#include "base/num.h"

#define SAID_MAX 72u /* type, severity, level, and a profile's facts */

struct known {
    struct law_said said[SAID_MAX];
    size_t count;
    uint8_t level[24];
};

static void know(struct known *k, struct span name, struct span value)
{
    if (value.n > 0 && k->count < SAID_MAX)
        k->said[k->count++] = (struct law_said){ name, value };
}

/* Only facts that the profile has: others would take the room of those. */
static void known_of(struct known *k, const struct law_profile *p, const struct law_incident *i)
{
    k->count = 0;
    know(k, SPAN_LIT("type"), i->type);
    know(k, SPAN_LIT("severity"), i->severity);
    if (i->level > 0)
        know(k, SPAN_LIT("level"), (struct span){ k->level, num_put_u64(k->level, i->level) });
    for (size_t n = 0; n < i->fact_count; n++) {
        if (law_fact_find(p, i->fact[n]) != NULL)
            know(k, i->fact[n], SPAN_LIT("true"));
    }
}

static bool is_valid_on(const struct law_clock *c, int32_t day)
{
    return (c->from == LAW_NO_DATE || day >= c->from) && (c->to == LAW_NO_DATE || day <= c->to);
}

size_t law_clocks(const struct law *l, const struct law_profile *p, const struct law_incident *i,
                  struct law_running out[LAW_CLOCKS_MAX])
{
    struct known k;
    size_t count = 0;

    known_of(&k, p, i);
    for (uint32_t n = 0; n < p->clocks.count && count < LAW_CLOCKS_MAX; n++) {
        const struct law_clock *c = &p->clocks.row[n];
        struct law_running *r = &out[count];
        bool at_end = c->starts == LAW_STARTS_END;

        if (!is_valid_on(c, law_day(i->detected_ns)) || (at_end && i->ended_ns == 0) ||
            (c->when != NULL && !when_holds(c->when, k.said, k.count)))
            continue;
        r->clock = c;
        r->starts_ns = at_end ? i->ended_ns : i->detected_ns;
        r->due_ns = law_term_end(l, r->starts_ns, c->after.v, &r->sure);
        count++;
    }
    return count;
}

const struct law_severity *law_severity_of(const struct law_profile *p,
                                           const struct law_incident *i)
{
    struct known k;

    known_of(&k, p, i);
    for (uint32_t n = 0; n < p->severities.count; n++) {
        const struct law_severity *s = &p->severities.row[n];

        if (s->when == NULL || when_holds(s->when, k.said, k.count))
            return s;
    }
    return NULL;
}

/* --- Levels ------------------------------------------------------------------------------------
 */

static int check_said(const struct law_profile *p, const struct law_said *said, struct err *e)
{
    const struct law_input *input = law_input_find(p, said->name);
    uint64_t v;
    bool good;

    if (input == NULL)
        return err_set(e, ERR_USAGE, 0, "There is no input '%.*s'.",
                       (int)(said->name.n > 40 ? 40 : said->name.n), (const char *)said->name.p);
    if (input->kind == LAW_KIND_CHOICE)
        good = when_is_choice(input, said->value);
    else if (input->kind == LAW_KIND_NUMBER)
        good = num_u64(said->value, UINT64_MAX, &v);
    else
        good = span_eq(said->value, SPAN_LIT("true")) || span_eq(said->value, SPAN_LIT("false"));
    return good ? ERR_OK
                : err_set(e, ERR_USAGE, 0, "%s is a %s and has no such value.", input->id,
                          law_kind_words[input->kind]);
}

int law_level(const struct law_profile *p, const struct law_said *said, size_t count,
              struct law_level *out, struct err *e)
{
    *out = (struct law_level){ 0 };
    for (size_t i = 0; i < count; i++) {
        int rc = check_said(p, &said[i], e);

        if (rc != ERR_OK)
            return rc;
    }
    for (uint32_t i = 0; i < p->criteria.count; i++) {
        const struct law_criterion *c = &p->criteria.row[i];

        if (c->level < out->level || !when_holds(c->when, said, count))
            continue;
        if (c->level > out->level)
            *out = (struct law_level){ .level = c->level };
        if (out->count < LAW_WHY_MAX)
            out->why[out->count++] = c;
    }
    return ERR_OK;
}
