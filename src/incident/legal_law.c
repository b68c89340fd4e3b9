/*
 * legal_law.c - see legal_law.h.
 */
#include "incident/legal_law.h"

/* Appended behind "; ", whole or not at all. */
static void add_text(char *to, const char *text)
{
    size_t n = strlen(to), before = n > 0 ? 2 : 0, bytes = strlen(text);

    if (n + before + bytes >= LEGAL_NAMES_MAX)
        return;
    memcpy(to + n, "; ", before);
    memcpy(to + n + before, text, bytes + 1);
}

static const char *profile_at(const void *arg, int64_t ns)
{
    const struct legal_law *from = arg;
    const struct law_profile *p = law_profile_at(from->law, ns);

    return p != NULL ? p->id : NULL;
}

#define NAME_OF(row)                                                                               \
    (row) != NULL ? (struct legal_name){ (row)->vi, (row)->en } : (struct legal_name)              \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

static bool name(const void *arg, struct span profile, enum legal_list list, struct span code,
                 struct legal_name *out)
{
    const struct legal_law *from = arg;
    const struct law_profile *p = law_profile_find(from->law, profile);

    *out = (struct legal_name){ NULL, NULL };
    if (p == NULL)
        return false;
    switch (list) {
    case LEGAL_TYPE:
        *out = NAME_OF(law_type_find(p, code));
        break;
    case LEGAL_SEVERITY:
        *out = NAME_OF(law_severity_find(p, code));
        break;
    case LEGAL_CAUSE:
        *out = NAME_OF(law_cause_find(p, code));
        break;
    default:
        *out = NAME_OF(law_fact_find(p, code));
    }
    return out->vi != NULL;
}

static void put_clock(const struct law *law, const struct law_running *r, struct legal_clock *out)
{
    const struct law_clock *c = r->clock;

    *out = (struct legal_clock){ .id = c->id,
                                 .vi = c->vi,
                                 .en = c->en,
                                 .form = c->form,
                                 .at_end = c->starts == LAW_STARTS_END,
                                 .sure = r->sure,
                                 .starts_ns = r->starts_ns,
                                 .due_ns = r->due_ns };
    for (uint32_t i = 0; i < c->recipients.count; i++) {
        const struct law_recipient *to = law_recipient_find(law, span_of(c->recipients.value[i]));

        add_text(out->recipient, to != NULL ? to->vi : c->recipients.value[i]);
    }
}

static size_t clocks(const void *arg, struct span profile, const struct legal_facts *f,
                     struct legal_clock *out)
{
    const struct legal_law *from = arg;
    const struct law_profile *p = law_profile_find(from->law, profile);
    const struct law_incident incident = { .detected_ns = f->detected_ns,
                                           .ended_ns = f->ended_ns,
                                           .type = f->type,
                                           .severity = f->severity,
                                           .level = f->level,
                                           .fact = f->fact,
                                           .fact_count = f->fact_count };
    struct law_running running[LAW_CLOCKS_MAX];
    size_t count = p != NULL ? law_clocks(from->law, p, &incident, running) : 0;

    for (size_t i = 0; i < count; i++)
        put_clock(from->law, &running[i], &out[i]);
    return count;
}

static const char *usual_playbook(const void *arg, struct span type)
{
    const struct legal_law *from = arg;
    const struct playbook *b = from->playbooks != NULL ? playbook_for(from->playbooks, type) : NULL;

    return b != NULL ? b->id : NULL;
}

static bool step(const void *arg, struct span id, size_t i, int64_t detected_ns,
                 struct legal_step *out)
{
    const struct legal_law *from = arg;
    const struct playbook *b = from->playbooks != NULL ? playbook_find(from->playbooks, id) : NULL;
    const struct law_task *t;

    if (b == NULL || i >= b->task_count)
        return false;
    t = &b->task[i];
    *out = (struct legal_step){ .id = t->id,
                                .title = t->vi,
                                .phase = law_phase_words[t->phase],
                                .role = law_role_words[t->role],
                                .due_ns = playbook_task_due(from->law, t, detected_ns) };
    for (uint32_t k = 0; k < t->evidence.count; k++)
        add_text(out->asks, t->evidence.value[k]);
    return true;
}

struct legal legal_of_law(const struct legal_law *from)
{
    MUST(LAW_CLOCKS_MAX <= LEGAL_CLOCKS_MAX && LAW_CODE_MAX <= LEGAL_CODE_MAX);
    return (struct legal){ from, profile_at, name, clocks, usual_playbook, step };
}
