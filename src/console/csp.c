/*
 * csp.c - POST /csp: a browser says that a page tried what its policy forbids (CSP Level 3, 5.3).
 * From whoever: it is counted, and told in the log once a minute at most.
 */
#include <jansson.h>
#include <stdio.h>

#include "console/console_own.h"

#define TOLD_MS 60000u
#define SHOWN   120u

/* What can be seen of a text that anybody may have sent. */
static void put_shown(char to[SHOWN + 1], const json_t *report, const char *name)
{
    const char *s = json_string_value(json_object_get(report, name));
    size_t n = 0;

    for (; s != NULL && s[n] != '\0' && n < SHOWN; n++)
        to[n] = s[n] > 0x20 && s[n] < 0x7f ? s[n] : '?';
    to[n] = '\0';
}

static void tell(struct console *c, struct span sent)
{
    char what[SHOWN + 1], from[SHOWN + 1], line[2 * SHOWN + 160];
    json_t *all = json_loadb((const char *)sent.p, sent.n, 0, NULL);
    const json_t *report = json_object_get(all, "csp-report");

    put_shown(what, report, "violated-directive");
    put_shown(from, report, "blocked-uri");
    json_decref(all);
    (void)snprintf(line, sizeof(line),
                   "A browser says that a page tried what its policy forbids: '%s' by '%s'; %llu "
                   "such reports so far.",
                   what, from, (unsigned long long)c->csp_reports);
    c->from.note(c->from.note_arg, line);
}

void csp_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    uint64_t ms = loop_ms(c->from.loop);

    c->csp_reports++;
    call->status = 204;
    call->type = "";
    if (c->from.note == NULL || (c->csp_told_ms != 0 && ms - c->csp_told_ms < TOLD_MS))
        return;
    c->csp_told_ms = ms;
    tell(c, call->sent);
}
