/*
 * caller.c - who asks: at the local socket, by a token, by a session's cookie.
 *
 * What changes something and came with a cookie must come from a page of ours: the cookie is sent
 * from no other one (SameSite=Strict), and the browser says which it was (Origin, RFC 6454; it does
 * for each POST).
 */
#include <stdio.h>
#include <sys/socket.h>

#include "console/console_own.h"
#include "os/host.h"

/* At the local socket: an account of this host, which may see all. For an act the desk wants more:
 * that the request was signed with a key that only the owner of the data folder can read. */
static bool find_local(const struct serve_call *call, struct caller *a)
{
    struct ucred peer;
    socklen_t bytes = sizeof(peer);

    if (getsockopt(call->fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
        return false;
    (void)snprintf(a->room, sizeof(a->room), "uid %u", (unsigned)peer.uid);
    a->by = LINE_LOCAL;
    a->credential = serve_field(call, CALLER_LOCAL);
    a->who.actor = (struct actor){ .name = span_of(a->room),
                                   .roles = ROLES_ALL,
                                   .via = line_by_name(LINE_LOCAL) };
    return true;
}

/* Authorization: Bearer TOKEN, of table token. */
static bool find_token(struct console *c, const struct serve_call *call, struct caller *a)
{
    static const struct span bearer = { (const uint8_t *)"Bearer ", 7 };
    struct span authorization = serve_field(call, "authorization");
    struct db *reader = console_db(c);

    if (reader == NULL || authorization.n <= bearer.n ||
        !span_eq_nocase((struct span){ authorization.p, bearer.n }, bearer))
        return false;
    a->by = LINE_TOKEN;
    a->credential = span_trim(span_from(authorization, bearer.n));
    return people_token(reader, a->credential, call->peer, host_now_ns(), &a->who, NULL) == ERR_OK;
}

/* "a=b; NAME=value; c=d" (RFC 6265, section 4.2.1). */
struct span caller_cookie(const struct serve_call *call, const char *name)
{
    struct span field = serve_field(call, "cookie");

    while (field.n > 0) {
        size_t n = 0;
        struct span pair;

        while (n < field.n && field.p[n] != ';')
            n++;
        pair = span_trim((struct span){ field.p, n });
        if (span_starts(pair, span_of(name)))
            return span_from(pair, strlen(name));
        field = span_from(field, n < field.n ? n + 1 : n);
    }
    return SPAN_NONE;
}

static bool find_session(struct console *c, const struct serve_call *call, struct caller *a)
{
    struct db *reader = console_db(c);

    a->by = LINE_SESSION;
    a->credential = caller_cookie(call, CALLER_COOKIE "=");
    return reader != NULL && a->credential.n > 0 &&
           people_session(reader, a->credential, call->peer, host_now_ns(), &a->who, NULL) ==
               ERR_OK;
}

bool caller_find(struct console *c, const struct serve_call *call, struct caller *a)
{
    *a = (struct caller){ .address = call->peer };
    if (call->door == DOOR_LOCAL)
        return find_local(call, a);
    return find_token(c, call, a) || find_session(c, call, a);
}

bool caller_find_any(struct console *c, const struct serve_call *call, struct caller *a)
{
    const struct span bearer = SPAN_LIT("Bearer ");
    struct span authorization = serve_field(call, "authorization");

    if (caller_find(c, call, a))
        return true;
    a->by = LINE_TOKEN;
    a->credential = span_trim(span_from(authorization, bearer.n));
    return authorization.n > bearer.n &&
           span_eq_nocase((struct span){ authorization.p, bearer.n }, bearer);
}

bool caller_at_home(const struct serve_call *call)
{
    const struct span https = SPAN_LIT("https://");
    struct span origin = serve_field(call, "origin"), host = serve_field(call, "host");

    return host.n > 0 && span_starts(origin, https) && span_eq(span_from(origin, https.n), host);
}

unsigned caller_judge(struct console *c, const struct serve_call *call, unsigned roles)
{
    struct caller a;

    if (!caller_find(c, call, &a))
        return 401;
    if (a.by == LINE_SESSION && strcmp(call->route->method, "GET") != 0 && !caller_at_home(call))
        return 403;
    return (a.who.actor.roles & roles) != 0 ? 0 : 403;
}
