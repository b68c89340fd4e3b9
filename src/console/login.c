/*
 * login.c - logging in from a browser, changing one's password, logging out.
 *
 *   POST /login ─▶ desk: session.begin (reserves an attempt) ─▶ worker: Argon2id
 *     ─▶ desk: session.prove ─▶ the session's secret as a cookie, which no script can read
 *
 * A password is in this process for as long as its login is under way, and is wiped behind it; the
 * desk never sees one (people/people.h).
 */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "console/console_own.h"
#include "os/socket.h"
#include "os/workers.h"
#include "people/password.h"
#include "scan/put.h"

#define WORKERS       2u /* each 64 MiB while it works */
#define SECRET_TEXT   88u
#define BASE64        sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define UNREAD        "What the desk said cannot be read."
#define GONE          "The desk ended before it answered: try again."
#define COOKIE_FIELDS "; Path=/; Secure; HttpOnly; SameSite=Strict\r\n"

/* A text that is wiped. */
struct typed {
    uint8_t p[PASSWORD_BYTES_MAX + 1];
    size_t n;
};

struct login {
    struct job job;
    struct console *console; /* NULL: the place is free */
    struct serve_later *later;
    bool changes; /* a password; else it logs in */
    char address[SOCKET_TEXT_MAX + 1], session[SECRET_TEXT + 1];
    struct typed name, code, agent, password, next;
    char attempt[SECRET_TEXT + 1];
    uint8_t salt[PASSWORD_SALT_BYTES], next_salt[PASSWORD_SALT_BYTES];
    struct password_cost cost, next_cost;
    uint8_t key[PASSWORD_KEY_BYTES], next_key[PASSWORD_KEY_BYTES];
    int rc; /* of the worker */
    struct err e;
};

struct logins {
    struct workers *workers;
    struct login login[LOGINS];
};

/* --- its end -------------------------------------------------------------------------------- */

static void answer(struct login *l, unsigned status, const char *fields, struct span body)
{
    struct serve_later *later = l->later;

    sodium_memzero(l, sizeof(*l));
    if (later != NULL)
        serve_answer_with(later, status, "application/json", fields, body);
}

static void fail(struct login *l, unsigned status, const char *why)
{
    struct buf body;
    struct serve_call call = { .body = &body };

    buf_init(&body, 4096);
    ask_refuse(&call, status, why);
    answer(l, status, "", buf_span(&body));
    buf_release(&body);
}

static void on_gone(void *arg)
{
    struct login *l = arg;

    l->later = NULL; /* it goes on: an attempt that was begun is used up */
}

/* What the desk said, as JSON: NULL when it refused or is gone, and that was answered. */
static json_t *told_read(struct login *l, const struct line_tell *t)
{
    char why[ERR_WHY_MAX];
    json_t *v = NULL;

    if (t == NULL) {
        fail(l, 503, GONE);
    } else if (t->code != ERR_OK) {
        ask_why(t, why);
        fail(l, t->code == ERR_DENIED && !l->changes ? 401 : ask_status(t->code), why);
    } else {
        v = json_loadb((const char *)t->text.p, t->text.n, 0, NULL);
        if (v == NULL)
            fail(l, 503, UNREAD);
    }
    return v;
}

/* --- asking the desk ------------------------------------------------------------------------ */

static void put_typed(struct buf *out, const char *name, const struct typed *t)
{
    if (t->n == 0)
        return;
    buf_fmt(out, ",\"%s\":", name);
    put_json_text(out, (struct span){ t->p, t->n });
}

static void put_bytes(struct buf *out, const char *name, const uint8_t *p, size_t n)
{
    char text[SECRET_TEXT + 1];

    MUST(sodium_base64_encoded_len(n, BASE64) <= sizeof(text));
    (void)sodium_bin2base64(text, sizeof(text), p, n, BASE64);
    buf_fmt(out, ",\"%s\":\"%s\"", name, text);
    sodium_memzero(text, sizeof(text));
}

/* NULL, or why it could not be asked. */
static const char *ask(struct login *l, struct buf *request, asked_fn *told)
{
    const char *why;
    const struct line_ask a = { .by = l->session[0] != '\0' ? LINE_SESSION : LINE_NOBODY,
                                .address = span_of(l->address),
                                .credential = span_of(l->session),
                                .request = buf_span(request) };
    bool good = !buf_failed(request);

    if (!good)
        why = "There is no memory.";
    if (good && ask_desk(l->console, &a, told, l, &why) != NULL)
        why = NULL;
    if (request->p != NULL)
        sodium_memzero(request->p, request->n);
    buf_release(request);
    return why;
}

static json_t *token_of(const char *secret)
{
    char token[CALLER_TOKEN];

    caller_token(span_of(secret), token);
    return json_string(token);
}

static void told_proved(struct console *c, void *arg, const struct line_tell *t)
{
    struct login *l = arg;
    json_t *v = told_read(l, t);
    char fields[SERVE_FIELDS_MAX];
    const char *secret;
    char *text;

    (void)c;
    if (v == NULL)
        return;
    secret = json_string_value(json_object_get(v, "session"));
    if (secret == NULL || strlen(secret) > SECRET_TEXT) {
        json_decref(v);
        fail(l, 503, UNREAD);
        return;
    }
    (void)snprintf(fields, sizeof(fields), "Set-Cookie: " CALLER_COOKIE "=%s" COOKIE_FIELDS,
                   secret);
    (void)json_object_set_new(v, "csrf", token_of(secret));
    (void)json_object_del(v, "session"); /* no script reads it */
    text = json_dumps(v, JSON_COMPACT);
    if (text != NULL)
        answer(l, 200, fields, span_of(text));
    else
        fail(l, 503, "There is no memory.");
    free(text);
    json_decref(v);
    sodium_memzero(fields, sizeof(fields));
}

static void told_changed(struct console *c, void *arg, const struct line_tell *t)
{
    struct login *l = arg;
    json_t *v = told_read(l, t);

    (void)c;
    if (v != NULL)
        answer(l, 200, "", t->text);
    json_decref(v);
}

/* The key is there: show it to the desk. */
static void prove(struct login *l)
{
    const char *why;
    struct buf out;

    buf_init(&out, ACT_REQUEST_MAX);
    buf_fmt(&out, "{\"act\":\"%s\",\"attempt\":\"%s\"",
            l->changes ? "user.password" : "session.prove", l->attempt);
    put_bytes(&out, "key", l->key, sizeof(l->key));
    if (l->changes) {
        put_bytes(&out, "new_key", l->next_key, sizeof(l->next_key));
        put_bytes(&out, "salt", l->next_salt, sizeof(l->next_salt));
        buf_fmt(&out, ",\"passes\":%u,\"kib\":%u,\"length\":\"%s\"", l->next_cost.passes,
                l->next_cost.kib,
                people_password_short((struct span){ l->next.p, l->next.n }) ? "short" : "long");
    } else {
        put_typed(&out, "code", &l->code);
        put_typed(&out, "agent", &l->agent);
    }
    buf_byte(&out, '}');
    why = ask(l, &out, l->changes ? told_changed : told_proved);
    if (why != NULL)
        fail(l, 503, why);
}

/* --- the worker's part ---------------------------------------------------------------------- */

static void run(struct job *j)
{
    struct login *l = (struct login *)j;
    const struct span password = { l->password.p, l->password.n }, next = { l->next.p, l->next.n };

    l->rc = people_password_key(password, l->salt, l->cost, l->key, &l->e);
    if (l->rc == ERR_OK && l->changes)
        l->rc = people_password_key(next, l->next_salt, l->next_cost, l->next_key, &l->e);
}

static void done(struct job *j)
{
    struct login *l = (struct login *)j;

    if (l->rc == ERR_OK)
        prove(l);
    else
        fail(l, ask_status(l->rc), l->e.why);
}

static uint32_t cost_of(const json_t *v, const char *name)
{
    json_int_t n = json_integer_value(json_object_get(v, name));

    return n >= 0 && n <= UINT32_MAX ? (uint32_t)n : 0; /* of which crypto_pwhash makes nothing */
}

/* attempt, salt and cost; or how long to wait. False: it was answered. */
static bool read_begun(struct login *l, const json_t *v)
{
    const char *attempt = json_string_value(json_object_get(v, "attempt"));
    const char *salt = json_string_value(json_object_get(v, "salt"));
    json_int_t wait = json_integer_value(json_object_get(v, "wait"));
    char body[160];
    size_t n;

    if (wait > 0) {
        (void)snprintf(body, sizeof(body),
                       "{\"error\":\"Too many wrong passwords: wait.\",\"at\":0,\"wait\":%lld}\n",
                       (long long)wait);
        answer(l, 429, "", span_of(body));
        return false;
    }
    if (attempt == NULL || strlen(attempt) >= sizeof(l->attempt) || salt == NULL ||
        sodium_base642bin(l->salt, sizeof(l->salt), salt, strlen(salt), NULL, &n, NULL, BASE64) !=
            0 ||
        n != sizeof(l->salt)) {
        fail(l, 503, UNREAD);
        return false;
    }
    memcpy(l->attempt, attempt, strlen(attempt) + 1);
    l->cost = (struct password_cost){ cost_of(v, "passes"), cost_of(v, "kib") };
    l->next_cost = (struct password_cost){ cost_of(v, "new_passes"), cost_of(v, "new_kib") };
    randombytes_buf(l->next_salt, sizeof(l->next_salt));
    return true;
}

static void told_begun(struct console *c, void *arg, const struct line_tell *t)
{
    struct login *l = arg;
    json_t *v = told_read(l, t);
    struct err e;

    if (v == NULL)
        return;
    if (read_begun(l, v)) {
        l->job = (struct job){ .run = run, .done = done };
        if (workers_put(c->logins->workers, &l->job, &e) != ERR_OK)
            fail(l, 503, e.why);
    }
    json_decref(v);
}

static const char *begin(struct login *l)
{
    struct buf out;

    buf_init(&out, ACT_REQUEST_MAX);
    buf_text(&out, "{\"act\":\"session.begin\"");
    put_typed(&out, "name", &l->name);
    buf_byte(&out, '}');
    return ask(l, &out, told_begun);
}

/* --- what is sent --------------------------------------------------------------------------- */

#define SECRET(name, required, help)                                                               \
    {                                                                                              \
        name, ACT_SECRET, required, PASSWORD_BYTES_MAX, NULL, help                                 \
    }
const struct act_row login_rows[] = {
    /* for the API's description: how they look */
    { "login",
      ROLE_LOGIN,
      NULL,
      NULL,
      { { "name", ACT_TEXT, true, 64, NULL, "the user's name" },
        SECRET("password", true, "his password, or the one-time one"),
        SECRET("code", false, "of the authenticator, or a recovery code") } },
    { "password",
      ROLE_LOGIN,
      NULL,
      NULL,
      { SECRET("old", true, "the password of now"), SECRET("new", true, "the new one") } },
    { "logout", ROLE_LOGIN, NULL, NULL, { { 0 } } },
    { "oidc/code",
      ROLE_LOGIN,
      NULL,
      NULL,
      { SECRET("code", true, "of the authenticator, or a recovery code") } },
};

/* A member that is a text; false: it is none, too long, or not there though it must be. */
static bool read_typed(const json_t *v, const char *name, bool required, struct typed *to)
{
    const json_t *m = json_object_get(v, name);
    size_t n = json_is_string(m) ? json_string_length(m) : 0;

    if (m == NULL)
        return !required;
    if (!json_is_string(m) || n >= sizeof(to->p))
        return false;
    memcpy(to->p, json_string_value(m), n);
    to->n = n;
    return n > 0 || !required;
}

static struct login *take_place(struct console *c)
{
    for (size_t i = 0; i < LOGINS; i++) {
        if (c->logins->login[i].console == NULL)
            return &c->logins->login[i];
    }
    return NULL;
}

static void text_of(struct span from, char *to, size_t room)
{
    size_t n = from.n < room - 1 ? from.n : 0;

    if (n > 0)
        memcpy(to, from.p, n);
    to[n] = '\0';
}

/* Of a session, from a page of his. False: that was refused. */
static bool is_his(struct console *c, struct serve_call *call, struct caller *who)
{
    if (caller_is_blocked(c, call)) {
        ask_refuse(call, 429, "So many were refused from there that this waits.");
        return false;
    }
    if (!caller_find(c, call, who) || who->by != LINE_SESSION)
        ask_refuse(call, 401, "This needs a session.");
    else if (!caller_may_change(call, who))
        ask_refuse(call, 403, "This came from another page, or without the session's token.");
    else
        return true;
    pace_refused(c->pace, call->peer, loop_ms(c->from.loop));
    return false;
}

/* Who it is of, and from where; the rest is read by the route. NULL: it was refused. */
static struct login *take(struct console *c, struct serve_call *call, json_t **v)
{
    struct login *l = take_place(c);
    struct span agent = serve_field(call, "user-agent");

    *v = NULL;
    if (l == NULL || !caller_at_home(call)) {
        ask_refuse(call, l == NULL ? 503 : 403,
                   l == NULL ? "Too many log in at once; try again."
                             : "This came from another page.");
        return NULL;
    }
    *v = json_loadb((const char *)call->sent.p, call->sent.n, 0, NULL);
    text_of(call->peer, l->address, sizeof(l->address));
    l->agent.n = agent.n < 200 ? agent.n : 0;
    if (l->agent.n > 0)
        memcpy(l->agent.p, agent.p, l->agent.n);
    return l;
}

/* The desk was asked, or `why` not: an answer is not given by serve_later() in the call itself. */
static void wait_for(struct serve_call *call, struct login *l, const char *why)
{
    if (why == NULL) {
        l->later = serve_later(call, on_gone, l);
        return;
    }
    sodium_memzero(l, sizeof(*l));
    ask_refuse(call, 503, why);
}

static void go_on(struct console *c, struct serve_call *call, struct login *l, bool good)
{
    if (!good) {
        sodium_memzero(l, sizeof(*l));
        ask_refuse(call, 400, "The body is not what is wanted here, or too long.");
        return;
    }
    l->console = c;
    wait_for(call, l, begin(l));
}

/* jansson frees without wiping: what it read of secrets is wiped before. */
static void forget(json_t *v)
{
    static const char *const names[] = { "password", "code", "old", "new" };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        json_t *m = json_object_get(v, names[i]);

        if (json_is_string(m)) {
            union {
                const char *from;
                char *to;
            } text = { .from = json_string_value(m) }; /* it is ours, whatever jansson calls it */

            sodium_memzero(text.to, json_string_length(m));
        }
    }
    json_decref(v);
}

void login_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    json_t *v;
    struct login *l = take(c, call, &v);

    if (l == NULL)
        return;
    go_on(c, call, l,
          read_typed(v, "name", true, &l->name) && l->name.n <= 64 &&
              read_typed(v, "password", true, &l->password) &&
              read_typed(v, "code", false, &l->code));
    forget(v);
}

/* The desk believes the name of the session; the rules for passwords want it too. */
static bool is_good(struct login *l, const struct caller *who, struct serve_call *call)
{
    struct span name = who->who.actor.name, next = { l->next.p, l->next.n };
    struct err e;
    int rc = people_password_good(next, name, true, &e);

    if (rc != ERR_OK) {
        serve_refuse(call, ask_status(rc), &e);
        sodium_memzero(l, sizeof(*l));
        return false;
    }
    MUST(name.n < sizeof(l->name.p));
    memcpy(l->name.p, name.p, name.n);
    l->name.n = name.n;
    return true;
}

void password_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    struct caller who;
    struct login *l;
    json_t *v;
    bool good;

    if (!is_his(c, call, &who))
        return;
    l = take(c, call, &v);
    if (l == NULL)
        return;
    l->changes = true;
    text_of(who.credential, l->session, sizeof(l->session));
    good = read_typed(v, "old", true, &l->password) && read_typed(v, "new", true, &l->next);
    if (!good || is_good(l, &who, call))
        go_on(c, call, l, good);
    forget(v);
}

/* --- logging out ---------------------------------------------------------------------------- */

static void told_out(struct console *c, void *arg, const struct line_tell *t)
{
    struct login *l = arg;
    json_t *v = told_read(l, t);

    (void)c;
    if (v != NULL)
        answer(l, 200, "Set-Cookie: " CALLER_COOKIE "=; Max-Age=0" COOKIE_FIELDS, t->text);
    json_decref(v);
}

void logout_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    struct caller who;
    struct login *l;
    struct buf out;
    json_t *v;

    if (!is_his(c, call, &who))
        return;
    l = take(c, call, &v);
    json_decref(v);
    if (l == NULL)
        return;
    text_of(who.credential, l->session, sizeof(l->session));
    l->console = c;
    buf_init(&out, 256);
    buf_text(&out, "{\"act\":\"session.end\"}");
    wait_for(call, l, ask(l, &out, told_out));
}

/* --- the token of a session's pages --------------------------------------------------------- */

void csrf_route(void *arg, struct serve_call *call)
{
    const struct console *c = arg;
    struct caller who;
    char token[CALLER_TOKEN];

    if (!caller_find(arg, call, &who) || who.by != LINE_SESSION) {
        ask_refuse(call, 401, "This needs a session.");
        return;
    }
    caller_token(who.credential, token);
    buf_fmt(call->body, "{\"csrf\":\"%s\",\"sample\":%s}\n", token, c->sample ? "true" : "false");
}

/* --- the whole ------------------------------------------------------------------------------ */

int logins_new(struct logins **out, struct console *c, struct err *e)
{
    struct logins *l = calloc(1, sizeof(*l));

    *out = l;
    if (l == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for logins.");
    MUST(sodium_init() >= 0);
    return workers_new(&l->workers, c->from.loop, WORKERS, e);
}

void logins_free(struct logins **pl)
{
    struct logins *l = *pl;

    *pl = NULL;
    if (l == NULL)
        return;
    workers_free(&l->workers);
    sodium_memzero(l, sizeof(*l));
    free(l);
}
