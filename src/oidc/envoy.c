/*
 * envoy.c - see envoy.h. As in notify/courier.c, libcurl is told all it does by option_*(), reads
 * no file, no environment, no netrc.
 */
#include "oidc/envoy.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "notify/multi.h"
#include "oidc/token.h"
#include "os/file.h"

#define TURN_MS    10u
#define CA_SYSTEM  "/etc/ssl/certs/ca-certificates.crt"
#define FILE_ROOM  131072u /* what file_read() wants beyond a file */
#define CA_MAX     ((size_t)4 << 20)
#define POST_MAX   (4 * (TICKET_TEXTS * TICKET_TEXT_MAX + ENVOY_SECRET_MAX))
#define HTTP_AGENT "canh/" CANH_VERSION
#define WHY_MAX    220u

enum stage { FREE, DISCOVERY, TOKEN, KEYS /* its own fetch, or another's */ };

struct visit {
    struct envoy *envoy;
    enum stage stage;
    uint64_t id;
    CURL *curl; /* NULL: it waits for keys that another fetches */
    struct buf body, answer, token;
    char nonce[64];
    bool too_long;
    char fault[CURL_ERROR_SIZE];
};

struct envoy {
    struct envoy_from from;
    CURLM *multi;
    struct watch *turn;
    struct buf secret, ca;
    char why[WHY_MAX]; /* the issuer cannot be asked; empty: he can */
    bool tls;

    struct issuer issuer; /* authorize is empty: not known yet */
    struct issuer_keys keys;
    uint64_t found_ms, keyed_ms, told_ms; /* 0: never */
    struct visit visit[ENVOY_VISITS];
};

static bool is_due(const struct envoy *n, uint64_t since_ms, uint64_t after_ms)
{
    return since_ms == 0 || loop_ms(n->from.loop) - since_ms >= after_ms;
}

/* --- its end -------------------------------------------------------------------------------- */

static void tell(struct envoy *n, const char *why)
{
    char text[WHY_MAX + 16];

    if (!is_due(n, n->told_ms, ENVOY_NOTICE_MS))
        return;
    n->told_ms = loop_ms(n->from.loop);
    (void)snprintf(text, sizeof(text), "OIDC: %s", why);
    n->from.notice(n->from.arg, text);
}

static void end_fetch(struct visit *v)
{
    if (v->curl != NULL)
        (void)curl_multi_remove_handle(v->envoy->multi, v->curl); /* it may not be in it yet */
    curl_easy_cleanup(v->curl);
    v->curl = NULL;
    if (v->body.p != NULL)
        explicit_bzero(v->body.p, v->body.n);
    buf_release(&v->body);
}

static void end_visit(struct visit *v)
{
    struct envoy *n = v->envoy;

    end_fetch(v);
    if (v->answer.p != NULL)
        explicit_bzero(v->answer.p, v->answer.n);
    buf_release(&v->answer);
    buf_release(&v->token);
    *v = (struct visit){ .envoy = n };
}

/* The visit is over; the text is the answer's. */
static void answer(struct visit *v, enum ticket_kind kind, bool flag, struct span text)
{
    const struct ticket t = { .kind = kind, .answers = true, .flag = flag, .text = { text } };
    struct envoy *n = v->envoy;
    uint64_t id = v->id;
    struct buf out;

    buf_init(&out, TICKET_MAX);
    MUST(ticket_put(&t, &out) || buf_failed(&out));
    end_visit(v);
    n->from.done(n->from.arg, id, buf_failed(&out) ? ERR_NOMEM : ERR_OK, buf_span(&out));
    buf_release(&out);
}

/* It came to nothing. */
static void fail(struct visit *v, const char *why)
{
    enum ticket_kind kind = v->stage == DISCOVERY ? TICKET_DISCOVER : TICKET_EXCHANGE;

    tell(v->envoy, why);
    answer(v, kind, false, SPAN_NONE);
}

/* --- what libcurl is told ------------------------------------------------------------------- */

static size_t on_answer(char *p, size_t size, size_t count, void *arg)
{
    struct visit *v = arg;

    v->too_long = v->too_long || v->answer.n + size * count > ENVOY_ANSWER_MAX;
    if (!v->too_long)
        buf_add(&v->answer, (struct span){ (const uint8_t *)p, size * count });
    return v->too_long || buf_failed(&v->answer) ? 0 : size * count;
}

#define SET(option, value) good = good && curl_easy_setopt(v->curl, option, value) == CURLE_OK

static bool option_common(struct visit *v, const char *url)
{
    struct envoy *n = v->envoy;
    struct curl_blob blob = { n->ca.p, n->ca.n, CURL_BLOB_NOCOPY };
    bool good = true;

    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, n->tls ? "https" : "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, HTTP_AGENT);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name that is still looked up holds nothing up */
    SET(CURLOPT_CONNECTTIMEOUT_MS, ENVOY_CONNECT_MS);
    SET(CURLOPT_TIMEOUT_MS, ENVOY_ALL_MS);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, NULL);
    SET(CURLOPT_CAINFO_BLOB, &blob);
    SET(CURLOPT_ERRORBUFFER, v->fault);
    SET(CURLOPT_PRIVATE, (char *)v);
    SET(CURLOPT_WRITEFUNCTION, on_answer);
    SET(CURLOPT_WRITEDATA, v);
    return good;
}

static void put_form(struct visit *v, const char *name, struct span value)
{
    char *text = curl_easy_escape(v->curl, (const char *)value.p, (int)value.n);

    if (text != NULL)
        buf_fmt(&v->body, "%s%s=%s", v->body.n > 0 ? "&" : "", name, text);
    else
        v->body.failed = true;
    curl_free(text);
}

/* RFC 6749, 2.3.1: name and secret are encoded as in a form, then as Basic. */
static bool option_basic(struct visit *v)
{
    struct envoy *n = v->envoy;
    char *name = curl_easy_escape(v->curl, n->from.settings->oidc_client, 0);
    char *secret = curl_easy_escape(v->curl, (const char *)n->secret.p, (int)n->secret.n);
    bool good = name != NULL && secret != NULL;

    SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    SET(CURLOPT_USERNAME, name);
    SET(CURLOPT_PASSWORD, secret);
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    curl_free(secret);
    curl_free(name);
    return good;
}

/* OpenID Connect Core 1.0, 3.1.3.1; RFC 7636, 4.5. */
static bool option_exchange(struct visit *v, const struct ticket *t)
{
    struct envoy *n = v->envoy;
    const struct settings *s = n->from.settings;
    char redirect[ISSUER_URL_MAX + 32];
    bool basic = n->secret.n > 0 && !n->issuer.in_body, good = true;

    (void)snprintf(redirect, sizeof(redirect), "%s/api/oidc/done", s->console_url);
    put_form(v, "grant_type", SPAN_LIT("authorization_code"));
    put_form(v, "code", t->text[0]);
    put_form(v, "redirect_uri", span_of(redirect));
    put_form(v, "code_verifier", t->text[1]);
    if (!basic)
        put_form(v, "client_id", span_of(s->oidc_client));
    if (n->secret.n > 0 && !basic)
        put_form(v, "client_secret", buf_span(&n->secret));
    if (basic)
        good = option_basic(v);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)v->body.n);
    SET(CURLOPT_POSTFIELDS, (const char *)v->body.p);
    return good && !buf_failed(&v->body);
}

/* --- fetching ------------------------------------------------------------------------------- */

static bool fetch(struct visit *v, const char *url, const struct ticket *t)
{
    buf_init(&v->body, POST_MAX);
    buf_clear(&v->answer);
    v->too_long = false;
    v->curl = curl_easy_init();
    if (v->curl == NULL || !option_common(v, url) || (t != NULL && !option_exchange(v, t)) ||
        curl_multi_add_handle(v->envoy->multi, v->curl) != CURLM_OK) {
        end_fetch(v);
        return false;
    }
    watch_after(v->envoy->turn, 0);
    return true;
}

static void discover(struct visit *v)
{
    struct envoy *n = v->envoy;
    const char *issuer = n->from.settings->oidc_issuer;
    size_t length = strlen(issuer);
    char url[ISSUER_URL_MAX + 64];

    v->stage = DISCOVERY;
    if (!is_due(n, n->found_ms, ENVOY_AGAIN_MS)) {
        answer(v, TICKET_DISCOVER, n->issuer.says_iss, span_of(n->issuer.authorize));
        return;
    }
    n->found_ms = loop_ms(n->from.loop);
    (void)snprintf(url, sizeof(url), "%.*s/.well-known/openid-configuration",
                   (int)(issuer[length - 1] == '/' ? length - 1 : length), issuer);
    if (!fetch(v, url, NULL))
        fail(v, "There is no memory to ask the issuer.");
}

/* NULL: they are on their way. */
static const char *fetch_keys(struct visit *v)
{
    struct envoy *n = v->envoy;

    v->stage = KEYS;
    for (uint32_t i = 0; i < ENVOY_VISITS; i++) {
        if (n->visit[i].stage == KEYS && n->visit[i].curl != NULL)
            return NULL; /* another fetches them */
    }
    if (!is_due(n, n->keyed_ms, ENVOY_AGAIN_MS))
        return "The issuer's ID token is signed with no key of his.";
    n->keyed_ms = loop_ms(n->from.loop);
    return fetch(v, n->issuer.keys, NULL) ? NULL : "There is no memory to ask the issuer.";
}

/* --- what came ------------------------------------------------------------------------------ */

static void judge(struct visit *v)
{
    struct envoy *n = v->envoy;
    const struct settings *s = n->from.settings;
    const struct token_wants w = { .issuer = s->oidc_issuer,
                                   .client = s->oidc_client,
                                   .claim = s->oidc_claim,
                                   .amr = &s->oidc_amr,
                                   .acr = &s->oidc_acr,
                                   .nonce = span_of(v->nonce),
                                   .algs = n->issuer.algs,
                                   .now_s = loop_now_ns(n->from.loop) / TIME_SECOND };
    const char *why = NULL;
    struct buf subject;
    struct err e = { 0 };
    int rc;

    buf_init(&subject, TOKEN_CLAIM_MAX + 1);
    rc = token_check(buf_span(&v->token), &n->keys, &w, &subject, &e);
    if (rc == ERR_NOTFOUND)
        why = fetch_keys(v);
    else if (rc != ERR_OK)
        why = e.why;
    if (rc == ERR_OK)
        answer(v, TICKET_EXCHANGE, false, buf_span(&subject));
    else if (why != NULL)
        fail(v, why);
    buf_release(&subject);
}

static void on_discovery(struct visit *v)
{
    struct envoy *n = v->envoy;
    struct err e = { 0 };

    if (issuer_read(&n->issuer, buf_span(&v->answer), n->from.settings->oidc_issuer, &e) != ERR_OK)
        fail(v, e.why);
    else
        answer(v, TICKET_DISCOVER, n->issuer.says_iss, span_of(n->issuer.authorize));
}

static void on_token(struct visit *v)
{
    json_t *got = json_loadb((const char *)v->answer.p, v->answer.n, JSON_REJECT_DUPLICATES, NULL);
    const char *token = json_string_value(json_object_get(got, "id_token"));

    if (token != NULL)
        buf_text(&v->token, token);
    json_decref(got);
    if (v->token.n == 0 || buf_failed(&v->token))
        fail(v, "The issuer answered without an ID token, or with one that is too long.");
    else
        judge(v);
}

/* All who waited for them go on; who does not find his key even so is refused. */
static void on_keys(struct visit *v)
{
    struct envoy *n = v->envoy;
    struct err e = { 0 };

    if (issuer_keys_read(&n->keys, buf_span(&v->answer), &e) != ERR_OK)
        tell(n, e.why);
    for (uint32_t i = 0; i < ENVOY_VISITS; i++) {
        if (n->visit[i].stage == KEYS)
            judge(&n->visit[i]);
    }
}

/* Keys that did not come: others wait for them, too. */
static void on_fault(struct visit *v, const char *why)
{
    struct envoy *n = v->envoy;
    bool keys = v->stage == KEYS;

    fail(v, why);
    for (uint32_t i = 0; i < ENVOY_VISITS && keys; i++) {
        if (n->visit[i].stage == KEYS)
            fail(&n->visit[i], why);
    }
}

static void on_done(void *of, CURLcode code)
{
    struct visit *v = of;
    static void (*const next[])(
        struct visit * v) = { [DISCOVERY] = on_discovery, [TOKEN] = on_token, [KEYS] = on_keys };
    char why[WHY_MAX] = "";
    long status = 0;

    (void)curl_easy_getinfo(v->curl, CURLINFO_RESPONSE_CODE, &status); /* 0 when there is none */
    if (v->too_long)
        (void)snprintf(why, sizeof(why), "The issuer's answer is longer than %u bytes.",
                       ENVOY_ANSWER_MAX);
    else if (code != CURLE_OK)
        (void)snprintf(why, sizeof(why), "The issuer was not reached: %.150s.",
                       v->fault[0] != 0 ? v->fault : curl_easy_strerror(code));
    else if (status != 200)
        (void)snprintf(why, sizeof(why), "The issuer answered %ld.", status);
    end_fetch(v);
    if (why[0] != 0)
        on_fault(v, why);
    else
        next[v->stage](v);
}

static bool is_fetching(const struct envoy *n)
{
    for (uint32_t i = 0; i < ENVOY_VISITS; i++) {
        if (n->visit[i].curl != NULL)
            return true;
    }
    return false;
}

static void on_turn(void *arg, unsigned ready)
{
    struct envoy *n = arg;

    (void)ready;
    multi_turn(n->multi, on_done);
    if (is_fetching(n))
        watch_after(n->turn, TURN_MS);
}

/* --- what is asked -------------------------------------------------------------------------- */

static void exchange(struct visit *v, const struct ticket *t)
{
    struct envoy *n = v->envoy;

    v->stage = TOKEN;
    MUST(t->text[2].n < sizeof(v->nonce)); /* envoy_take() */
    memcpy(v->nonce, t->text[2].p, t->text[2].n);
    if (n->issuer.authorize[0] == 0)
        fail(v, "The issuer has not been reached yet.");
    else if (!fetch(v, n->issuer.token, t))
        fail(v, "There is no memory to ask the issuer.");
}

static struct visit *free_visit(struct envoy *n)
{
    for (uint32_t i = 0; i < ENVOY_VISITS; i++) {
        if (n->visit[i].stage == FREE)
            return &n->visit[i];
    }
    return NULL;
}

int envoy_take(struct envoy *n, uint64_t id, struct span request, struct err *e)
{
    struct ticket t = { .answers = false };
    struct visit *v = free_visit(n);

    if (n->from.settings->oidc_issuer[0] == 0 || !ticket_read(request, &t) ||
        (t.kind == TICKET_EXCHANGE && (t.text[2].n == 0 || t.text[2].n >= sizeof(v->nonce))))
        return err_set(e, ERR_DENIED, 0, "This is no request that is known.");
    if (v == NULL)
        return err_set(e, ERR_MORE, 0, "Enough is under way.");
    v->id = id;
    buf_init(&v->answer, ENVOY_ANSWER_MAX + 1);
    buf_init(&v->token, TOKEN_MAX);
    v->stage = t.kind == TICKET_DISCOVER ? DISCOVERY : TOKEN;
    if (n->why[0] != 0)
        fail(v, n->why);
    else if (t.kind == TICKET_DISCOVER)
        discover(v);
    else
        exchange(v, &t);
    return ERR_OK;
}

bool envoy_is_idle(const struct envoy *n)
{
    for (uint32_t i = 0; i < ENVOY_VISITS; i++) {
        if (n->visit[i].stage != FREE)
            return false;
    }
    return true;
}

/* --- the whole ------------------------------------------------------------------------------ */

static bool is_printable(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    }
    return s.n > 0;
}

static void read_secret(struct envoy *n, const char *path)
{
    struct err e = { 0 };
    struct span text;

    if (path[0] == 0)
        return;
    if (file_read(path, ENVOY_SECRET_MAX, &n->secret, &e) != ERR_OK) {
        (void)snprintf(n->why, sizeof(n->why), "%.200s", e.why);
        return;
    }
    text = span_trim(buf_span(&n->secret));
    if (!is_printable(text)) {
        (void)snprintf(n->why, sizeof(n->why), "%.150s holds no secret of one line.", path);
        return;
    }
    memmove(n->secret.p, text.p, text.n);
    explicit_bzero(n->secret.p + text.n, n->secret.n - text.n);
    n->secret.n = text.n;
}

static void read_files(struct envoy *n)
{
    const struct settings *s = n->from.settings;
    struct channel_url u;
    struct err e = { 0 };

    if (s->oidc_issuer[0] == 0)
        return;
    MUST(channel_url_is_web(span_of(s->oidc_issuer), &u)); /* issuer_check() */
    n->tls = !u.loopback;
    read_secret(n, s->oidc_secret);
    if (n->why[0] == 0 && (n->tls || s->oidc_ca[0] != 0) &&
        file_read(s->oidc_ca[0] != 0 ? s->oidc_ca : CA_SYSTEM, CA_MAX, &n->ca, &e) != ERR_OK)
        (void)snprintf(n->why, sizeof(n->why), "%.200s", e.why);
    if (n->why[0] != 0)
        tell(n, n->why);
}

int envoy_new(struct envoy **out, const struct envoy_from *from, struct err *e)
{
    struct envoy *n = calloc(1, sizeof(*n));

    *out = n;
    if (n == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(n);
        *out = NULL;
        return err_set(e, ERR_NOMEM, 0, "There is no memory to ask an issuer.");
    }
    n->from = *from;
    for (uint32_t i = 0; i < ENVOY_VISITS; i++)
        n->visit[i].envoy = n;
    buf_init(&n->secret, ENVOY_SECRET_MAX + FILE_ROOM);
    buf_init(&n->ca, CA_MAX + FILE_ROOM);
    read_files(n);
    n->multi = curl_multi_init();
    n->turn = loop_timer(from->loop, on_turn, n);
    if (n->multi != NULL && n->turn != NULL)
        return ERR_OK;
    envoy_free(out);
    return err_set(e, ERR_NOMEM, 0, "There is no memory to ask an issuer.");
}

void envoy_free(struct envoy **pn)
{
    struct envoy *n = *pn;

    *pn = NULL;
    if (n == NULL)
        return;
    for (uint32_t i = 0; i < ENVOY_VISITS; i++)
        end_visit(&n->visit[i]);
    watch_free(&n->turn);
    (void)curl_multi_cleanup(n->multi);
    if (n->secret.p != NULL)
        explicit_bzero(n->secret.p, n->secret.n);
    buf_release(&n->secret);
    buf_release(&n->ca);
    issuer_keys_release(&n->keys);
    curl_global_cleanup();
    free(n);
}
