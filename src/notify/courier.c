/*
 * courier.c - see courier.h.
 *
 * libcurl's multi interface does the work, asked every TURN_MS while something is under way; names
 * are looked up in threads of its own. What it is told is in the functions option_*(), and nothing
 * but that: it reads no file (authorities are given as memory), no environment, no netrc.
 */
#include "notify/courier.h"

#include "notify/multi.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "conf/channel.h"
#include "os/file.h"

#define TURN_MS       20u
#define CA_SYSTEM     "/etc/ssl/certs/ca-certificates.crt"
#define FILE_ROOM     131072u /* what file_read() wants beyond a file */
#define CA_MAX        ((size_t)4 << 20)
#define SAID_MAX      100u
#define WHY_MAX       220u
#define HTTP_AGENT    "canh/" CANH_VERSION
#define SMTP_NO_LEAVE 530 /* "authentication required": of the channel, not of the letter */
#define QUIT_SECONDS  1L  /* libcurl waits for the answer to QUIT, and nothing else goes on */

struct way { /* a channel */
    const struct channel_settings *settings;
    enum channel_kind kind;
    struct channel_url url;
    bool tls;
    struct buf secret, ca;
    char why[WHY_MAX]; /* it cannot be used; empty: it can */
};

struct trip {
    struct courier *c;
    const struct way *way;
    int64_t id; /* 0: free */
    CURL *curl;
    struct curl_slist *headers, *to;
    struct buf body, answer; /* the answer where it matters: `expect` */
    size_t sent, answered;
    char said[SAID_MAX]; /* the last line of an SMTP server */
    char fault[CURL_ERROR_SIZE];
};

struct courier {
    struct courier_from from;
    CURLM *multi;
    struct watch *turn;
    struct way way[CHANNELS_MAX];
    uint32_t ways, under_way;
    struct buf ca; /* the system's */
    struct trip trip[COURIER_TRIPS];
};

/* --- channels ------------------------------------------------------------------------------- */

static bool is_printable(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    }
    return true;
}

static void read_secret(struct way *w)
{
    const char *path = w->settings->secret;
    struct err e = { 0 };
    struct span text;

    if (path[0] == 0)
        return;
    if (file_read(path, COURIER_SECRET_MAX, &w->secret, &e) != ERR_OK) {
        (void)snprintf(w->why, sizeof(w->why), "%.200s", e.why);
        return;
    }
    text = span_trim(buf_span(&w->secret));
    if (text.n == 0 || !is_printable(text)) {
        (void)snprintf(w->why, sizeof(w->why), "%.150s holds no secret of one line.", path);
        return;
    }
    memmove(w->secret.p, text.p, text.n);
    explicit_bzero(w->secret.p + text.n, w->secret.n - text.n);
    w->secret.n = text.n;
}

/* The system's authorities are read once. */
static void read_ca(struct courier *c, struct way *w)
{
    const char *path = w->settings->ca[0] != 0 ? w->settings->ca : CA_SYSTEM;
    struct buf *to = w->settings->ca[0] != 0 ? &w->ca : &c->ca;
    struct err e = { 0 };

    if (w->tls && to->n == 0 && file_read(path, CA_MAX, to, &e) != ERR_OK && w->why[0] == 0)
        (void)snprintf(w->why, sizeof(w->why), "%.200s", e.why);
}

static void add_way(struct courier *c, const struct channel_settings *s)
{
    struct way *w = &c->way[c->ways++];
    bool known = channel_kind_of(s->kind, &w->kind) && channel_url_read(span_of(s->url), &w->url);

    MUST(known); /* the reader of settings takes no other */
    w->settings = s;
    w->tls = !w->url.loopback || s->ca[0] != 0 || span_eq(w->url.scheme, SPAN_LIT("smtps")) ||
             span_eq(w->url.scheme, SPAN_LIT("https"));
    buf_init(&w->secret, COURIER_SECRET_MAX + FILE_ROOM);
    buf_init(&w->ca, CA_MAX + FILE_ROOM);
    read_secret(w);
    read_ca(c, w);
    if (w->why[0] != 0) {
        char text[WHY_MAX + CHANNEL_NAME_MAX + 40];

        (void)snprintf(text, sizeof(text), "Channel %s cannot be used: %s", s->name, w->why);
        c->from.notice(c->from.arg, text);
    }
}

static const struct way *find_way(const struct courier *c, struct span name)
{
    for (uint32_t i = 0; i < c->ways; i++) {
        if (span_eq(name, span_of(c->way[i].settings->name)))
            return &c->way[i];
    }
    return NULL;
}

/* --- what libcurl asks for ------------------------------------------------------------------ */

static size_t on_read(char *to, size_t size, size_t count, void *arg)
{
    struct trip *t = arg;
    size_t n = t->body.n - t->sent;

    n = n < size * count ? n : size * count;
    if (n > 0)
        memcpy(to, t->body.p + t->sent, n);
    t->sent += n;
    return n;
}

/* Of most answers nothing is wanted; too long a one ends the trip. */
static size_t on_answer(char *p, size_t size, size_t count, void *arg)
{
    struct trip *t = arg;

    t->answered += size * count;
    if (t->way->settings->expect[0] != 0) /* what is beyond the most it holds is not looked for */
        buf_add(&t->answer, (struct span){ (const uint8_t *)p, size * count });
    return t->answered <= COURIER_ANSWER_MAX ? size * count : 0;
}

static size_t on_said(char *p, size_t size, size_t count, void *arg)
{
    struct trip *t = arg;
    struct span line = span_trim((struct span){ (const uint8_t *)p, size * count });

    if (span_starts(line, SPAN_LIT("221")))
        return on_answer(p, size, count, arg); /* to QUIT: not what a fault is about */
    (void)snprintf(t->said, sizeof(t->said), "%.*s",
                   (int)(line.n < SAID_MAX ? line.n : SAID_MAX - 1), (const char *)line.p);
    for (char *c = t->said; *c != 0; c++)
        *c = *c < 0x20 || *c == 0x7f ? '?' : *c;                    /* a sentence is ASCII */
    if (t->said[0] >= '4' || (t->sent > 0 && t->sent == t->body.n)) /* QUIT comes next */
        (void)curl_easy_setopt(t->curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, QUIT_SECONDS);
    return on_answer(p, size, count, arg);
}

/* --- what libcurl is told ------------------------------------------------------------------- */

#define SET(option, value) good = good && curl_easy_setopt(t->curl, option, value) == CURLE_OK

static bool add_header(struct trip *t, const char *fmt, ...) CHECK_FORMAT(2, 3);

static bool add_header(struct trip *t, const char *fmt, ...)
{
    char line[COURIER_SECRET_MAX + 256];
    struct curl_slist *longer;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    longer = n > 0 && (size_t)n < sizeof(line) ? curl_slist_append(t->headers, line) : NULL;
    explicit_bzero(line, sizeof(line));
    if (longer == NULL)
        return false;
    t->headers = longer;
    return true;
}

static bool option_common(struct trip *t)
{
    bool good = true;

    SET(CURLOPT_URL, t->way->settings->url);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name that is still looked up holds nothing up */
    SET(CURLOPT_CONNECTTIMEOUT_MS, COURIER_CONNECT_MS);
    SET(CURLOPT_TIMEOUT_MS, COURIER_ALL_MS);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_ERRORBUFFER, t->fault);
    SET(CURLOPT_PRIVATE, (char *)t);
    SET(CURLOPT_WRITEFUNCTION, on_answer);
    SET(CURLOPT_WRITEDATA, t);
    return good;
}

static bool option_tls(struct trip *t)
{
    const struct buf *ca = t->way->settings->ca[0] != 0 ? &t->way->ca : &t->c->ca;
    struct curl_blob blob = { ca->p, ca->n, CURL_BLOB_NOCOPY };
    bool good = true;

    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, NULL);
    SET(CURLOPT_CAINFO_BLOB, &blob);
    return good;
}

/* The secret is not terminated by a zero. */
static bool option_password(struct trip *t)
{
    char room[COURIER_SECRET_MAX + 1];
    bool good = true;

    (void)snprintf(room, sizeof(room), "%.*s", SPAN_ARG(buf_span(&t->way->secret)));
    SET(CURLOPT_USERNAME, t->way->settings->user);
    SET(CURLOPT_PASSWORD, room);
    explicit_bzero(room, sizeof(room));
    return good;
}

static bool option_smtp(struct trip *t, const struct letter *l)
{
    const struct channel_settings *s = t->way->settings;
    char to[CHANNEL_EMAIL_MAX + 3], from[CHANNEL_EMAIL_MAX + 3];
    bool good = true;

    form_mail(s, t->c->from.store, l, &t->body);
    (void)snprintf(to, sizeof(to), "<%.*s>", SPAN_ARG(l->recipient));
    (void)snprintf(from, sizeof(from), "<%s>", s->from);
    t->to = curl_slist_append(NULL, to);
    SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(CURLOPT_USE_SSL, (long)(t->way->tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    SET(CURLOPT_MAIL_FROM, from);
    SET(CURLOPT_MAIL_RCPT, t->to);
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_READFUNCTION, on_read);
    SET(CURLOPT_READDATA, t);
    SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->body.n);
    SET(CURLOPT_HEADERFUNCTION, on_said);
    SET(CURLOPT_HEADERDATA, t);
    if (s->user[0] != 0) {
        SET(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
        good = good && option_password(t);
    }
    return good && t->to != NULL;
}

static bool option_post(struct trip *t, const struct letter *l, bool json)
{
    bool good = add_header(t, "Content-Type: %s",
                           json ? "application/json" : "application/x-www-form-urlencoded");

    good = good && add_header(t, "Expect:") && add_header(t, "Accept: */*");
    good = good && add_header(t, "Idempotency-Key: canh-%.*s-%lld", SPAN_ARG(t->c->from.store),
                              (long long)l->id);
    SET(CURLOPT_PROTOCOLS_STR, t->way->url.loopback ? "http,https" : "https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, HTTP_AGENT);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.n);
    SET(CURLOPT_POSTFIELDS, (const char *)t->body.p);
    return good;
}

static bool option_hook(struct trip *t, const struct letter *l)
{
    int64_t seconds = loop_now_ns(t->c->from.loop) / TIME_SECOND;
    char hex[FORM_HEX_BYTES];

    form_hook(l, &t->body);
    form_signature(buf_span(&t->way->secret), seconds, buf_span(&t->body), hex);
    return add_header(t, "X-Canh-Timestamp: %lld", (long long)seconds) &&
           add_header(t, "X-Canh-Signature: sha256=%s", hex) && option_post(t, l, true);
}

static bool option_gateway(struct trip *t, const struct letter *l)
{
    const struct channel_settings *s = t->way->settings;
    struct span secret = buf_span(&t->way->secret);
    bool good = true;

    form_gateway(s, l, &t->body);
    if (s->user[0] != 0) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        good = good && option_password(t);
    } else if (secret.n > 0) {
        good = add_header(t, s->header[0] != 0 ? "%s: %.*s" : "%sAuthorization: Bearer %.*s",
                          s->header, SPAN_ARG(secret));
    }
    return good && option_post(t, l, form_is_json(span_of(s->body)));
}

static bool option_all(struct trip *t, const struct letter *l)
{
    static bool (*const options[])(struct trip * t, const struct letter *l) = {
        [CHANNEL_SMTP] = option_smtp,
        [CHANNEL_WEBHOOK] = option_hook,
        [CHANNEL_GATEWAY] = option_gateway,
    };
    bool good = option_common(t) && option_tls(t) && options[t->way->kind](t, l);

    if (t->headers != NULL)
        SET(CURLOPT_HTTPHEADER, t->headers);
    return good && !buf_failed(&t->body);
}

/* --- trips ---------------------------------------------------------------------------------- */

static void end_trip(struct trip *t)
{
    if (t->curl != NULL)
        (void)curl_multi_remove_handle(t->c->multi, t->curl); /* it may not be in it yet */
    curl_easy_cleanup(t->curl);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->to);
    buf_release(&t->body);
    buf_release(&t->answer);
    *t = (struct trip){ .c = t->c };
}

/* SMTP: 5yz to MAIL, RCPT or DATA is about this letter. */
static int judge_smtp(const struct trip *t, CURLcode code, long answer)
{
    /* The other code is also that of a greeting. */
    bool letter = code == CURLE_SEND_ERROR || (code == CURLE_WEIRD_SERVER_REPLY && t->sent > 0);

    return code == CURLE_OK                                     ? ERR_OK
           : letter && answer >= 500 && answer != SMTP_NO_LEAVE ? ERR_DENIED
                                                                : ERR_IO;
}

static bool is_expected(const struct trip *t)
{
    const char *expect = t->way->settings->expect;

    return expect[0] == 0 ||
           (t->answer.n > 0 && memmem(t->answer.p, t->answer.n, expect, strlen(expect)) != NULL);
}

static int judge_http(const struct trip *t, CURLcode code, long answer)
{
    static const long channels[] = { 401, 403, 407, 408, 425, 429 };

    /* An answer that was too long was an answer all the same. */
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && t->answered > COURIER_ANSWER_MAX))
        return ERR_IO;
    if (answer >= 200 && answer <= 299)
        return is_expected(t) ? ERR_OK : ERR_IO;
    for (size_t i = 0; i < COUNT_OF(channels); i++) {
        if (answer == channels[i])
            return ERR_IO;
    }
    return answer >= 400 && answer <= 499 ? ERR_DENIED : ERR_IO;
}

static void on_done(void *of, CURLcode code)
{
    struct trip *t = of;
    struct courier *c = t->c;
    bool smtp = t->way->kind == CHANNEL_SMTP;
    int64_t id = t->id;
    char why[WHY_MAX] = "";
    long answer = 0;
    int rc;

    (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &answer); /* 0 when there is none */
    rc = smtp ? judge_smtp(t, code, answer) : judge_http(t, code, answer);
    if (rc != ERR_OK && smtp && answer >= 400)
        (void)snprintf(why, sizeof(why), "%.*s answered: %s", SPAN_ARG(t->way->url.host), t->said);
    else if (rc != ERR_OK && !smtp && answer > 0)
        (void)snprintf(why, sizeof(why), "%.*s answered %ld%s.", SPAN_ARG(t->way->url.host), answer,
                       answer > 299 || is_expected(t) ? "" : ", without what `expect` says");
    else if (rc != ERR_OK)
        (void)snprintf(why, sizeof(why), "%.200s.",
                       t->fault[0] != 0 ? t->fault : curl_easy_strerror(code));
    end_trip(t);
    c->under_way--;
    c->from.done(c->from.arg, id, rc, why);
}

static void on_turn(void *arg, unsigned ready)
{
    struct courier *c = arg;

    (void)ready;
    multi_turn(c->multi, on_done);
    if (c->under_way > 0)
        watch_after(c->turn, TURN_MS);
}

static int start(struct courier *c, struct trip *t, const struct way *w, const struct letter *l,
                 struct err *e)
{
    *t = (struct trip){ .c = c, .way = w, .id = l->id, .curl = curl_easy_init() };
    buf_init(&t->body, FORM_MAX);
    buf_init(&t->answer, COURIER_ANSWER_MAX);
    if (t->curl == NULL || !option_all(t, l) ||
        curl_multi_add_handle(c->multi, t->curl) != CURLM_OK) {
        end_trip(t);
        return err_set(e, ERR_IO, 0, "There is no memory to send this.");
    }
    c->under_way++;
    watch_after(c->turn, 0);
    return ERR_OK;
}

int courier_take(struct courier *c, const struct letter *l, struct err *e)
{
    const struct way *w = find_way(c, l->channel);
    struct trip *room = NULL;

    if (w == NULL || !form_reaches(w->settings, l->recipient))
        return err_set(e, ERR_DENIED, 0, "The settings of the sender have no such recipient.");
    if (w->why[0] != 0)
        return err_set(e, ERR_IO, 0, "%s", w->why);
    for (uint32_t i = 0; i < COURIER_TRIPS; i++) {
        if (c->trip[i].id == l->id)
            return ERR_OK; /* a desk that started anew asks again */
        if (c->trip[i].id == 0)
            room = &c->trip[i];
    }
    return room != NULL ? start(c, room, w, l, e) : err_set(e, ERR_MORE, 0, "Enough is under way.");
}

bool courier_is_idle(const struct courier *c)
{
    return c->under_way == 0;
}

/* --- the whole ------------------------------------------------------------------------------ */

int courier_new(struct courier **out, const struct courier_from *from, struct err *e)
{
    struct courier *c = calloc(1, sizeof(*c));

    *out = c;
    if (c == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(c);
        *out = NULL;
        return err_set(e, ERR_NOMEM, 0, "There is no memory to send notices.");
    }
    c->from = *from;
    buf_init(&c->ca, CA_MAX + FILE_ROOM);
    for (uint32_t i = 0; i < COURIER_TRIPS; i++)
        c->trip[i].c = c;
    for (uint32_t i = 0; i < from->settings->channel_count; i++)
        add_way(c, &from->settings->channels[i]);
    c->multi = curl_multi_init();
    c->turn = loop_timer(from->loop, on_turn, c);
    if (c->multi != NULL && c->turn != NULL)
        return ERR_OK;
    courier_free(out);
    return err_set(e, ERR_NOMEM, 0, "There is no memory to send notices.");
}

void courier_free(struct courier **pc)
{
    struct courier *c = *pc;

    *pc = NULL;
    if (c == NULL)
        return;
    for (uint32_t i = 0; i < COURIER_TRIPS; i++) {
        if (c->trip[i].id != 0)
            end_trip(&c->trip[i]);
    }
    watch_free(&c->turn);
    (void)curl_multi_cleanup(c->multi);
    for (uint32_t i = 0; i < c->ways; i++) {
        if (c->way[i].secret.p != NULL)
            explicit_bzero(c->way[i].secret.p, c->way[i].secret.n);
        buf_release(&c->way[i].secret);
        buf_release(&c->way[i].ca);
    }
    buf_release(&c->ca);
    curl_global_cleanup();
    free(c);
}
