/*
 * caller.c - who asks: at the local socket, by a token, by a session's cookie.
 *
 * What changes something and came with a session's cookie must come from a page of ours, four
 * times over: the cookie is sent from no other one (SameSite=Strict); the browser says which it was
 * (Origin, RFC 6454; it does for each POST) and how it came (Sec-Fetch-Site, Fetch Metadata; where
 * it knows that); and the page says a token that only who can read our answers knows.
 *
 * The token is a hash under the session's secret as key: nothing is kept, it is good for as long as
 * the session, and says nothing of the secret.
 */
#include <sodium.h>
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
    const struct span scheme = call->plain ? SPAN_LIT("http://") : SPAN_LIT("https://");
    struct span origin = serve_field(call, "origin"), host = serve_field(call, "host"),
                site = serve_field(call, "sec-fetch-site");

    return host.n > 0 && span_starts(origin, scheme) &&
           span_eq(span_from(origin, scheme.n), host) &&
           (site.p == NULL || span_eq(site, SPAN_LIT("same-origin")));
}

void caller_token(struct span secret, char token[CALLER_TOKEN])
{
    static const char what[] = "canh csrf 1";
    uint8_t key[crypto_generichash_BYTES], mac[crypto_generichash_BYTES];

    /* A secret as it is told may be longer than a key may be. */
    MUST(crypto_generichash(key, sizeof(key), secret.p, secret.n, NULL, 0) == 0);
    MUST(crypto_generichash(mac, sizeof(mac), (const uint8_t *)what, sizeof(what) - 1, key,
                            sizeof(key)) == 0);
    (void)sodium_bin2base64(token, CALLER_TOKEN, mac, sizeof(mac),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(key, sizeof(key));
}

bool caller_may_change(const struct serve_call *call, const struct caller *a)
{
    struct span sent = serve_field(call, CALLER_CSRF);
    char token[CALLER_TOKEN];
    bool good;

    if (a->by != LINE_SESSION)
        return true;
    caller_token(a->credential, token);
    good = sent.n == sizeof(token) - 1 && sodium_memcmp(sent.p, token, sizeof(token) - 1) == 0;
    return caller_at_home(call) && good;
}

bool caller_is_blocked(struct console *c, const struct serve_call *call)
{
    const uint64_t ms = loop_ms(c->from.loop);
    struct caller a = { .address = call->peer };

    if (!pace_is_blocked(c->pace, call->peer, ms) ||
        pace_knows(c->pace, caller_cookie(call, CALLER_COOKIE "="), ms))
        return false;
    return !find_session(c, call, &a); /* who has just logged in, or came back, from that address */
}

unsigned caller_judge(struct console *c, const struct serve_call *call, unsigned roles)
{
    const uint64_t ms = loop_ms(c->from.loop);
    struct caller a;

    if (!caller_find(c, call, &a)) {
        pace_refused(c->pace, call->peer, ms);
        return 401;
    }
    if (a.by == LINE_SESSION && !pace_session(c->pace, a.credential, ms))
        return 429;
    if (strcmp(call->route->method, "GET") != 0 && !caller_may_change(call, &a)) {
        pace_refused(c->pace, call->peer, ms);
        return 403;
    }
    return (a.who.actor.roles & roles) != 0 ? 0 : 403;
}
