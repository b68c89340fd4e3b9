/*
 * law.c - what the law of today calls things, for who fills in forms: codes with their names in
 * both languages. What an incident's closing takes as `result` is a text, so there are no codes of
 * it.
 */
#include "act/actor.h"
#include "act/view.h"
#include "base/num.h"
#include "console/console_own.h"
#include "law/law.h"
#include "law/playbook.h"
#include "os/host.h"
#include "scan/put.h"

const struct view_row law_terms_row = { .name = "law.terms", .roles = ROLES_ALL };

static void put_term(struct buf *out, bool first, const char *id, const char *vi, const char *en)
{
    buf_text(out, first ? "{\"id\":" : ",{\"id\":");
    put_json_text(out, span_of(id));
    buf_text(out, ",\"vi\":");
    put_json_text(out, span_of(vi));
    buf_text(out, ",\"en\":");
    put_json_text(out, span_of(en));
    buf_byte(out, '}');
}

/* The members of the profile that are shown. */
#define SHOWN_TABLE(X) X(types) X(severities) X(causes) X(clocks) X(facts)

static void put_terms(struct buf *out, const struct law_profile *p, const struct playbooks *books)
{
    const struct playbook *b;

    buf_text(out, "{\"profile\":");
    put_json_text(out, span_of(p->id));
#define X(member)                                                                                  \
    buf_text(out, ",\"" #member "\":[");                                                           \
    for (uint32_t i = 0; i < p->member.count; i++)                                                 \
        put_term(out, i == 0, p->member.row[i].id, p->member.row[i].vi, p->member.row[i].en);      \
    buf_byte(out, ']');
    SHOWN_TABLE(X)
#undef X
    buf_text(out, ",\"results\":[],\"playbooks\":[");
    for (uint32_t i = 0; (b = playbook(books, i)) != NULL; i++)
        put_term(out, i == 0, b->id, b->vi, b->en);
    buf_text(out, "]}\n");
}

void law_terms_route(void *arg, struct serve_call *call)
{
    const struct console *c = arg;
    const struct law_profile *p = c->law != NULL ? law_profile_at(c->law, host_now_ns()) : NULL;
    struct err e;

    if (p != NULL) {
        put_terms(call->body, p, c->playbooks);
        return;
    }
    (void)err_set(&e, ERR_NOTFOUND, 0, "%s",
                  c->law != NULL ? "The law has no profile of today." : "There is no law here.");
    serve_refuse(call, 503, &e);
}

void console_law(struct console *c, const struct law *law, const struct playbooks *playbooks)
{
    c->law = law;
    c->playbooks = playbooks;
}
