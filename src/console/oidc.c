/*
 * oidc.c - logging in by an issuer, as a browser does it (people/people.h has the desk's side).
 *
 *   GET /oidc/begin ─▶ desk: session.oidc_begin ─▶ 302 to the issuer, with a cookie of this login
 *   GET /oidc/done  ─▶ desk: session.oidc_ask ─▶ the database says when the issuer has answered
 *     ─▶ desk: session.oidc_prove ─▶ the session's cookie; or needs_code, and the login stays open:
 *   POST /oidc/code ─▶ desk: session.oidc_prove with a code
 *
 * The cookie of a login comes back from another page, so it is SameSite=Lax; it is good for one
 * login of a few minutes, and for nothing without the state that went through the issuer.
 */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "console/console_own.h"
#include "os/socket.h"
#include "scan/put.h"

#define VISITS      16u /* at once */
#define LOOK_MS     50u /* has the issuer answered? */
#define WAIT_MS     20000u
#define SECRET_TEXT 88u
#define AGENT_MAX   200u
#define OIDC_COOKIE "__Host-canh-oidc"
#define UNREAD      "What the desk said cannot be read."
#define GONE        "The desk ended before it answered: try again."
#define LAX         "; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"
#define FORGET      "Set-Cookie: " OIDC_COOKIE "=; Max-Age=0" LAX

struct visit {
    struct console *console; /* NULL: the place is free */
    struct serve_later *later;
    char address[SOCKET_TEXT_MAX + 1], cookie[SECRET_TEXT + 1], agent[AGENT_MAX + 1];
    char code[PASSWORD_BYTES_MAX + 1]; /* of the authenticator */
    int64_t login;                     /* whose issuer is waited for; 0: none is */
    uint64_t until_ms;
};

struct oidc_visits {
    struct watch *look;
    struct visit visit[VISITS];
};

/* --- its end -------------------------------------------------------------------------------- */

static void answer(struct visit *v, unsigned status, const char *fields, struct span body)
{
    struct serve_later *later = v->later;

    sodium_memzero(v, sizeof(*v));
    if (later != NULL)
        serve_answer_with(later, status, "application/json", fields, body);
}

static void fail(struct visit *v, unsigned status, const char *fields, const char *why)
{
    struct buf body;
    struct serve_call call = { .body = &body };

    buf_init(&body, 4096);
    ask_refuse(&call, status, why);
    answer(v, status, fields, buf_span(&body));
    buf_release(&body);
}

static void on_gone(void *arg)
{
    struct visit *v = arg;

    v->later = NULL; /* it goes on: what was begun is used up */
}

static const char *text_of(const json_t *v, const char *name)
{
    return json_string_value(json_object_get(v, name));
}

/* What the desk said, as JSON; NULL when it refused, is gone, or says how long to wait, and that
 * was answered. */
static json_t *told_read(struct visit *v, const struct line_tell *t)
{
    char why[ERR_WHY_MAX], body[160];
    json_t *got;
    json_int_t wait;

    if (t == NULL || t->code != ERR_OK) {
        if (t != NULL)
            ask_why(t, why);
        fail(v,
             t == NULL               ? 503
             : t->code == ERR_DENIED ? 401
                                     : ask_status(t->code),
             "", t == NULL ? GONE : why);
        return NULL;
    }
    got = json_loadb((const char *)t->text.p, t->text.n, 0, NULL);
    wait = json_integer_value(json_object_get(got, "wait"));
    if (got != NULL && wait <= 0)
        return got;
    (void)snprintf(body, sizeof(body),
                   "{\"error\":\"Too many tried to log in: wait.\",\"at\":0,\"wait\":%lld}\n",
                   (long long)wait);
    if (got == NULL)
        fail(v, 503, "", UNREAD);
    else
        answer(v, 429, "", span_of(body));
    json_decref(got);
    return NULL;
}

/* --- asking the desk ------------------------------------------------------------------------ */

static void put(struct buf *out, const char *name, struct span value)
{
    if (value.n == 0)
        return;
    buf_fmt(out, ",\"%s\":", name);
    put_json_text(out, value);
}

/* NULL, or why it could not be asked. The request is wiped. */
static const char *ask(struct visit *v, struct buf *request, asked_fn *told)
{
    const char *why = "There is no memory.";
    const struct line_ask a = { .by = LINE_NOBODY,
                                .address = span_of(v->address),
                                .request = buf_span(request) };

    if (!buf_failed(request) && ask_desk(v->console, &a, told, v, &why) != NULL)
        why = NULL;
    if (request->p != NULL)
        sodium_memzero(request->p, request->n);
    buf_release(request);
    return why;
}

/* The answer with the session, as a cookie that no script can read. */
static void welcome(struct visit *v, json_t *got)
{
    char fields[SERVE_FIELDS_MAX];
    const char *secret = text_of(got, "session");
    char *text, token[CALLER_TOKEN];

    if (secret == NULL || strlen(secret) > SECRET_TEXT) {
        fail(v, 503, "", UNREAD);
        return;
    }
    (void)snprintf(fields, sizeof(fields),
                   "Set-Cookie: " CALLER_COOKIE "=%s; Path=/; Secure; HttpOnly; "
                   "SameSite=Strict\r\n" FORGET,
                   secret);
    caller_token(span_of(secret), token);
    (void)json_object_set_new(got, "csrf", json_string(token));
    (void)json_object_del(got, "session");
    text = json_dumps(got, JSON_COMPACT);
    if (text != NULL)
        answer(v, 200, fields, span_of(text));
    else
        fail(v, 503, "", "There is no memory.");
    free(text);
    sodium_memzero(fields, sizeof(fields));
}

static void told_proved(struct console *c, void *arg, const struct line_tell *t)
{
    struct visit *v = arg;
    json_t *got = told_read(v, t);

    (void)c;
    if (got != NULL && json_is_true(json_object_get(got, "needs_code")))
        answer(v, 200, "", SPAN_LIT("{\"needs_code\":true}\n"));
    else if (got != NULL)
        welcome(v, got);
    json_decref(got);
}

static const char *prove(struct visit *v)
{
    struct buf out;

    buf_init(&out, ACT_REQUEST_MAX);
    buf_text(&out, "{\"act\":\"session.oidc_prove\"");
    put(&out, "cookie", span_of(v->cookie));
    put(&out, "code", span_of(v->code));
    put(&out, "agent", span_of(v->agent));
    buf_byte(&out, '}');
    return ask(v, &out, told_proved);
}

/* --- waiting for the issuer ----------------------------------------------------------------- */

/* Has he answered? False: not yet. */
static bool is_over(struct console *c, const struct visit *v)
{
    struct db *reader = console_db(c);
    struct db_row *r;
    struct err e;
    bool waits;
    int rc;

    if (reader == NULL)
        return loop_ms(c->from.loop) >= v->until_ms;
    r = db_use(reader, DB_OIDC_PHASE);
    db_int(r, 1, v->login);
    rc = db_next(reader, r, &e);
    waits = rc == 1 && (span_eq(db_get_text(r, 0), SPAN_LIT("asked")) ||
                        span_eq(db_get_text(r, 0), SPAN_LIT("sent")));
    db_end(r);
    if (rc < 0)
        console_db_fault(c);
    return (rc >= 0 && !waits) || loop_ms(c->from.loop) >= v->until_ms;
}

static void on_look(void *arg, unsigned ready)
{
    struct console *c = arg;
    bool more = false;

    (void)ready;
    for (size_t i = 0; i < VISITS; i++) {
        struct visit *v = &c->oidc->visit[i];
        const char *why;

        if (v->console == NULL || v->login == 0)
            continue;
        if (!is_over(c, v)) {
            more = true;
            continue;
        }
        v->login = 0;
        why = prove(v);
        if (why != NULL)
            fail(v, 503, "", why);
    }
    if (more)
        watch_after(c->oidc->look, LOOK_MS);
}

static void told_asked(struct console *c, void *arg, const struct line_tell *t)
{
    struct visit *v = arg;
    json_t *got = told_read(v, t);

    if (got == NULL)
        return;
    v->login = json_integer_value(json_object_get(got, "login"));
    v->until_ms = loop_ms(c->from.loop) + WAIT_MS;
    json_decref(got);
    if (v->login <= 0)
        fail(v, 503, "", UNREAD);
    else
        watch_after(c->oidc->look, LOOK_MS);
}

/* --- what browsers ask ---------------------------------------------------------------------- */

static void text_copy(struct span from, char *to, size_t room)
{
    size_t n = from.n < room ? from.n : 0; /* what is too long is none of ours */

    if (n > 0)
        memcpy(to, from.p, n);
    to[n] = '\0';
}

static struct visit *take(struct console *c, struct serve_call *call)
{
    for (size_t i = 0; i < VISITS; i++) {
        struct visit *v = &c->oidc->visit[i];

        if (v->console != NULL)
            continue;
        *v = (struct visit){ .console = c };
        text_copy(call->peer, v->address, sizeof(v->address));
        text_copy(caller_cookie(call, OIDC_COOKIE "="), v->cookie, sizeof(v->cookie));
        text_copy(serve_field(call, "user-agent"), v->agent, sizeof(v->agent));
        return v;
    }
    ask_refuse(call, 503, "Too many log in at once; try again.");
    return NULL;
}

/* The desk was asked, or `why` not. */
static void wait_for(struct serve_call *call, struct visit *v, const char *why)
{
    if (why == NULL) {
        v->later = serve_later(call, on_gone, v);
        return;
    }
    sodium_memzero(v, sizeof(*v));
    ask_refuse(call, 503, why);
}

static void told_begun(struct console *c, void *arg, const struct line_tell *t)
{
    struct visit *v = arg;
    json_t *got = told_read(v, t);
    const char *location = text_of(got, "location"), *cookie = text_of(got, "cookie");
    char fields[SERVE_FIELDS_MAX];
    int n = 0;

    (void)c;
    if (got == NULL)
        return;
    if (location != NULL && cookie != NULL)
        n = snprintf(fields, sizeof(fields),
                     "Location: %s\r\nReferrer-Policy: no-referrer\r\n"
                     "Set-Cookie: " OIDC_COOKIE "=%s; Max-Age=600" LAX,
                     location, cookie);
    if (n > 0 && (size_t)n < sizeof(fields))
        answer(v, 302, fields, SPAN_NONE);
    else
        fail(v, 503, "", UNREAD);
    json_decref(got);
}

/* From a page of ours, or because somebody typed it, as far as the browser says (Fetch Metadata):
 * another page could begin so many that nobody at this address may log in for a while. */
static bool is_wanted(const struct serve_call *call)
{
    struct span site = serve_field(call, "sec-fetch-site");

    return site.n == 0 || span_eq(site, SPAN_LIT("same-origin")) || span_eq(site, SPAN_LIT("none"));
}

void oidc_begin_route(void *arg, struct serve_call *call)
{
    struct visit *v;
    struct buf out;

    if (!is_wanted(call)) {
        ask_refuse(call, 403, "This came from another page.");
        return;
    }
    v = take(arg, call);
    if (v == NULL)
        return;
    buf_init(&out, 256);
    buf_text(&out, "{\"act\":\"session.oidc_begin\"}");
    wait_for(call, v, ask(v, &out, told_begun));
}

/* A parameter of the query, as a member; false: it cannot be decoded. */
static bool put_query(struct buf *out, const struct serve_call *call, const char *name)
{
    uint8_t room[SERVE_VALUE_MAX];
    struct span value;

    if (serve_query(call, name, room, &value) < 0)
        return false;
    put(out, name, value);
    return true;
}

/* RFC 6749, 4.1.2. An error of the issuer's is an answer without a code. */
void oidc_done_route(void *arg, struct serve_call *call)
{
    struct visit *v = take(arg, call);
    struct buf out;

    if (v == NULL)
        return;
    buf_init(&out, ACT_REQUEST_MAX);
    buf_text(&out, "{\"act\":\"session.oidc_ask\"");
    put(&out, "cookie", span_of(v->cookie));
    if (v->cookie[0] == '\0' || !put_query(&out, call, "state") || !put_query(&out, call, "code") ||
        !put_query(&out, call, "iss")) {
        buf_release(&out);
        sodium_memzero(v, sizeof(*v));
        ask_refuse(call, 400, "This login was not begun here, or is over: begin again.");
        return;
    }
    buf_byte(&out, '}');
    wait_for(call, v, ask(v, &out, told_asked));
}

void oidc_code_route(void *arg, struct serve_call *call)
{
    json_t *sent = NULL;
    struct visit *v;
    const char *code;

    if (!caller_at_home(call)) {
        ask_refuse(call, 403, "This came from another page.");
        return;
    }
    v = take(arg, call);
    if (v == NULL)
        return;
    sent = json_loadb((const char *)call->sent.p, call->sent.n, 0, NULL);
    code = text_of(sent, "code");
    text_copy(code != NULL ? span_of(code) : SPAN_NONE, v->code, sizeof(v->code));
    json_decref(sent);
    if (v->code[0] == '\0' || v->cookie[0] == '\0') {
        sodium_memzero(v, sizeof(*v));
        ask_refuse(call, 400, "The body is not what is wanted here, or this login is over.");
        return;
    }
    wait_for(call, v, prove(v));
}

/* --- the whole ------------------------------------------------------------------------------ */

int oidc_visits_new(struct oidc_visits **out, struct console *c, struct err *e)
{
    struct oidc_visits *o = calloc(1, sizeof(*o));

    *out = o;
    if (o != NULL)
        o->look = loop_timer(c->from.loop, on_look, c);
    return o != NULL && o->look != NULL
               ? ERR_OK
               : err_set(e, ERR_NOMEM, 0, "There is no memory for logins.");
}

void oidc_visits_free(struct oidc_visits **po)
{
    struct oidc_visits *o = *po;

    *po = NULL;
    if (o == NULL)
        return;
    watch_free(&o->look);
    sodium_memzero(o, sizeof(*o));
    free(o);
}
