/*
 * channel.c - see channel.h.
 */
#include "conf/channel.h"

#include <stdio.h>

#include "base/addr.h"
#include "base/num.h"

#define LABELS_MAX 253u /* bytes of a host's name */

static bool is_alnum(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* All bytes are letters, digits or among `others`. */
static bool is_of(struct span s, const char *others)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && (s.p[i] == 0 || strchr(others, s.p[i]) == NULL))
            return false;
    }
    return true;
}

bool channel_kind_of(const char *name, enum channel_kind *kind)
{
    static const char *const names[] = {
#define X(id, text) text,
        CHANNEL_KIND_TABLE(X)
#undef X
    };

    for (unsigned i = 0; i < CHANNEL_KINDS; i++) {
        if (strcmp(name, names[i]) != 0)
            continue;
        *kind = (enum channel_kind)i;
        return true;
    }
    return false;
}

/* --- URLs ----------------------------------------------------------------------------------- */

static bool is_address(struct span s)
{
    uint8_t address[16];

    return addr_parse(s, address);
}

/* The host off the front of `s`, which goes on behind it. */
static bool take_host(struct span *s, struct span *host)
{
    size_t n;

    if (s->n > 0 && s->p[0] == '[') {
        n = span_find(*s, ']');
        if (n == s->n)
            return false;
        *host = (struct span){ s->p + 1, n - 1 };
        *s = span_from(*s, n + 1);
        return span_find(*host, ':') < host->n && is_address(*host);
    }
    for (n = 0; n < s->n && s->p[n] != ':' && s->p[n] != '/';)
        n++;
    *host = (struct span){ s->p, n };
    *s = span_from(*s, n);
    return n > 0 && n <= LABELS_MAX && is_of(*host, "-.") && is_alnum(host->p[0]);
}

static bool is_loopback(struct span host)
{
    return span_eq_nocase(host, SPAN_LIT("localhost")) || span_eq(host, SPAN_LIT("::1")) ||
           (span_starts(host, SPAN_LIT("127.")) && is_address(host));
}

bool channel_url_read(struct span text, struct channel_url *u)
{
    struct span left = text;
    uint64_t port;
    size_t n;

    *u = (struct channel_url){ 0 };
    if (text.n > CHANNEL_URL_MAX)
        return false;
    n = span_find(left, ':');
    u->scheme = (struct span){ left.p, n };
    left = span_from(left, n);
    if (n == 0 || !is_of(u->scheme, "") || !span_starts(left, SPAN_LIT("://")))
        return false;
    left = span_from(left, 3);
    if (!take_host(&left, &u->host))
        return false;
    u->loopback = is_loopback(u->host);
    if (left.n > 0 && left.p[0] == ':') {
        for (n = 1; n < left.n && left.p[n] != '/';)
            n++;
        if (!num_u64((struct span){ left.p + 1, n - 1 }, 65535, &port) || port == 0)
            return false;
        left = span_from(left, n);
    }
    return left.n == 0 || (left.p[0] == '/' && is_of(left, "/-._~%!$&'()*+,;=:@?"));
}

/* --- texts ---------------------------------------------------------------------------------- */

bool channel_is_email(struct span s)
{
    size_t at = span_find(s, '@');
    struct span local = { s.p, at }, host = at < s.n ? span_from(s, at + 1) : SPAN_NONE;

    return s.n <= CHANNEL_EMAIL_MAX && local.n > 0 && local.n <= 64 &&
           is_of(local, "!#$%&'*+-/=?^_`{|}~.") && host.n > 0 && is_of(host, "-.") &&
           is_alnum(host.p[0]);
}

bool channel_is_phone(struct span s)
{
    struct span digits = s.n > 0 && s.p[0] == '+' ? span_from(s, 1) : s;

    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
    }
    return digits.n >= 3 && digits.n <= 20;
}

static bool is_one_of(struct span recipient, const struct text_list *to)
{
    for (uint32_t i = 0; i < to->count; i++) {
        if (span_eq(recipient, span_of(to->value[i])))
            return true;
    }
    return false;
}

static bool is_person(enum channel_kind kind, struct span recipient, struct span common)
{
    if (recipient.n < common.n)
        return false;
    return kind == CHANNEL_SMTP ? channel_is_email(recipient) &&
                                      span_eq(span_from(recipient, recipient.n - common.n), common)
                                : channel_is_phone(recipient) && span_starts(recipient, common);
}

bool channel_reaches(const struct channel_settings *c, struct span recipient)
{
    enum channel_kind kind = CHANNEL_WEBHOOK;

    for (uint32_t i = 0; i < c->people.count; i++) {
        if (channel_kind_of(c->kind, &kind) &&
            is_person(kind, recipient, span_of(c->people.value[i])))
            return true;
    }
    return is_one_of(recipient, &c->to) || (c->to.count == 0 && recipient.n == 0);
}

bool channel_placeholder(struct span body, size_t *at, struct span *name)
{
    for (size_t i = *at; i < body.n; i++) {
        size_t n = 0;

        if (body.p[i] != '{')
            continue;
        while (i + 1 + n < body.n && body.p[i + 1 + n] >= 'a' && body.p[i + 1 + n] <= 'z')
            n++;
        if (n == 0 || i + 1 + n == body.n || body.p[i + 1 + n] != '}')
            continue;
        *name = (struct span){ body.p + i + 1, n };
        *at = i + n + 2;
        return true;
    }
    return false;
}

/* --- rows ----------------------------------------------------------------------------------- */

static bool is_level(const char *name)
{
    static const char *const names[] = { "informational", "low", "medium", "high", "critical" };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static int wrong(const struct channel_settings *c, struct err *e, const char *what)
{
    return err_set(e, ERR_SYNTAX, 0, "The channel '%.40s' %s.", c->name, what);
}

static int check_url(const struct channel_settings *c, enum channel_kind kind, struct err *e)
{
    struct channel_url u;
    bool secure, plain;

    if (!channel_url_read(span_of(c->url), &u))
        return wrong(c, e, "needs a 'url' like smtp://host:587 or https://host/path");
    secure = span_eq(u.scheme, kind == CHANNEL_SMTP ? SPAN_LIT("smtps") : SPAN_LIT("https"));
    plain = span_eq(u.scheme, kind == CHANNEL_SMTP ? SPAN_LIT("smtp") : SPAN_LIT("http"));
    if (!secure && !plain)
        return wrong(c, e,
                     kind == CHANNEL_SMTP ? "takes a url of smtp:// or smtps://"
                                          : "takes a url of https://");
    if (kind != CHANNEL_SMTP && plain && !u.loopback)
        return wrong(c, e, "may use http:// to this machine only: take https://");
    return ERR_OK;
}

static int check_to(const struct channel_settings *c, enum channel_kind kind, struct err *e)
{
    if (kind == CHANNEL_WEBHOOK)
        return c->to.count == 0 ? ERR_OK : wrong(c, e, "takes no 'to': its url is all");
    if (c->to.count == 0 || c->to.count > CHANNEL_TO_MAX)
        return wrong(c, e, "needs 'to', 1 to 50 of them");
    for (uint32_t i = 0; i < c->to.count; i++) {
        struct span to = span_of(c->to.value[i]);

        if (kind == CHANNEL_SMTP ? !channel_is_email(to) : !channel_is_phone(to))
            return wrong(c, e,
                         kind == CHANNEL_SMTP ? "takes mail addresses as 'to'"
                                              : "takes phone numbers as 'to', like +84912345678");
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(c->to.value[i], c->to.value[k]) == 0)
                return wrong(c, e, "has one 'to' twice");
        }
    }
    return ERR_OK;
}

/* What the roster's people have in common: "@example.vn", "+84". */
static bool is_common(enum channel_kind kind, const char *text)
{
    char mail[CHANNEL_EMAIL_MAX + 2];
    struct span s = span_of(text);

    if (kind == CHANNEL_GATEWAY) {
        for (size_t i = 0; i < s.n; i++) {
            if ((s.p[i] < '0' || s.p[i] > '9') && !(s.p[i] == '+' && i == 0 && s.n > 1))
                return false;
        }
        return s.n > 0 && s.n <= 20;
    }
    (void)snprintf(mail, sizeof(mail), "a%.*s", (int)CHANNEL_EMAIL_MAX, text);
    return s.n > 0 && s.p[0] == '@' && s.n < CHANNEL_EMAIL_MAX && channel_is_email(span_of(mail));
}

static int check_people(const struct channel_settings *c, enum channel_kind kind, struct err *e)
{
    if (kind == CHANNEL_WEBHOOK)
        return c->people.count == 0 ? ERR_OK : wrong(c, e, "takes no 'people': its url is all");
    if (c->people.count > CHANNEL_TO_MAX)
        return wrong(c, e, "has more than 50 'people'");
    for (uint32_t i = 0; i < c->people.count; i++) {
        if (!is_common(kind, c->people.value[i]))
            return wrong(c, e,
                         kind == CHANNEL_SMTP ? "takes ends of mail addresses as 'people', like "
                                                "@example.vn"
                                              : "takes beginnings of phone numbers as 'people', "
                                                "like +84");
    }
    return ERR_OK;
}

static int check_body(const struct channel_settings *c, struct err *e)
{
    struct span body = span_of(c->body), name;
    bool phone = false;
    size_t at = 0;

    if (body.n > CHANNEL_BODY_MAX)
        return wrong(c, e, "has a 'body' of more than 1000 bytes");
    while (channel_placeholder(body, &at, &name)) {
        phone |= span_eq(name, SPAN_LIT("phone"));
        if (!span_eq(name, SPAN_LIT("number")) && !span_eq(name, SPAN_LIT("level")) &&
            !span_eq(name, SPAN_LIT("phone")))
            return wrong(c, e, "may have {number}, {level}, {phone} in its 'body', nothing else");
    }
    return phone ? ERR_OK : wrong(c, e, "needs a 'body' with {phone} in it");
}

static int check_kind(const struct channel_settings *c, enum channel_kind kind, struct err *e)
{
    if (kind == CHANNEL_SMTP && !channel_is_email(span_of(c->from)))
        return wrong(c, e, "needs a mail address as 'from'");
    if (kind == CHANNEL_SMTP && (c->user[0] == 0) != (c->secret[0] == 0))
        return wrong(c, e, "needs 'user' and 'secret', or neither");
    if (kind == CHANNEL_WEBHOOK && c->secret[0] == 0)
        return wrong(c, e, "needs a 'secret', with which it signs");
    if (kind == CHANNEL_GATEWAY && c->user[0] != 0 && c->secret[0] == 0)
        return wrong(c, e, "needs a 'secret' beside its 'user'");
    if (c->header[0] != 0 &&
        (kind != CHANNEL_GATEWAY || c->user[0] != 0 || !is_of(span_of(c->header), "-_")))
        return wrong(c, e, "cannot have this 'header'");
    if (kind != CHANNEL_SMTP && c->from[0] != 0)
        return wrong(c, e, "takes no 'from'");
    if (kind == CHANNEL_SMTP && c->expect[0] != 0)
        return wrong(c, e, "takes no 'expect'");
    if (kind != CHANNEL_GATEWAY && c->body[0] != 0)
        return wrong(c, e, "takes no 'body'");
    return kind == CHANNEL_GATEWAY ? check_body(c, e) : ERR_OK;
}

int channel_check(const struct channel_settings *c, struct err *e)
{
    struct span name = span_of(c->name);
    enum channel_kind kind = CHANNEL_SMTP;
    int rc;

    if (name.n == 0 || name.n > CHANNEL_NAME_MAX || !is_of(name, "-_."))
        return err_set(e, ERR_SYNTAX, 0,
                       "A channel needs a 'name' of letters, digits, '-', '_' and '.'.");
    if (!channel_kind_of(c->kind, &kind))
        return wrong(c, e, "needs a 'kind': smtp, webhook or gateway");
    if (!is_level(c->level))
        return wrong(c, e, "takes a level of rules, like high");
    rc = check_url(c, kind, e);
    if (rc == ERR_OK)
        rc = check_to(c, kind, e);
    if (rc == ERR_OK)
        rc = check_people(c, kind, e);
    return rc == ERR_OK ? check_kind(c, kind, e) : rc;
}

static const struct channel_settings *find(const struct channel_settings *c, uint32_t count,
                                           const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(c[i].name, name) == 0)
            return &c[i];
    }
    return NULL;
}

int channels_check(const struct channel_settings *c, uint32_t count, struct err *e)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct channel_settings *at = &c[i];

        if (find(c, i, at->name) != NULL)
            return err_set(e, ERR_SYNTAX, 0, "There are two channels '%.40s'.", at->name);
        for (uint32_t steps = 0; at->second[0] != 0; steps++) {
            const struct channel_settings *next = find(c, count, at->second);

            if (next == NULL)
                return wrong(at, e, "has a 'second' that is no channel");
            if (steps == count)
                return wrong(&c[i], e, "comes back to itself, from 'second' to 'second'");
            at = next;
        }
    }
    return ERR_OK;
}

/* --- the issuer ----------------------------------------------------------------------------- */

bool channel_url_is_web(struct span text, struct channel_url *u)
{
    return channel_url_read(text, u) && (span_eq(u->scheme, SPAN_LIT("https")) ||
                                         (span_eq(u->scheme, SPAN_LIT("http")) && u->loopback));
}

/* scope-token of RFC 6749, 3.3, which values of acr and amr are as well in practice. */
static bool are_words(const struct text_list *l)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < l->count; i++) {
        struct span s = span_of(l->value[i]);

        bytes += s.n + 1;
        if (s.n == 0)
            return false;
        for (size_t at = 0; at < s.n; at++) {
            if (s.p[at] <= ' ' || s.p[at] >= 0x7f || s.p[at] == '"' || s.p[at] == '\\')
                return false;
        }
    }
    return bytes <= ISSUER_WORDS_MAX;
}

static bool is_word(const char *text)
{
    const char *value[] = { text };
    const struct text_list one = { value, 1 };

    return strlen(text) <= ISSUER_TEXT_MAX && are_words(&one);
}

static bool has_openid(const struct text_list *l)
{
    for (uint32_t i = 0; i < l->count; i++) {
        if (strcmp(l->value[i], "openid") == 0)
            return true;
    }
    return false;
}

/* OpenID Connect Discovery 1.0, 3: without query or fragment. */
static bool is_issuer(struct span s)
{
    struct channel_url u;

    return s.n <= ISSUER_URL_MAX && channel_url_is_web(s, &u) && span_find(s, '?') == s.n;
}

static bool is_console(struct span s)
{
    struct channel_url u;

    return s.n <= ISSUER_URL_MAX && channel_url_read(s, &u) &&
           span_eq(u.scheme, SPAN_LIT("https")) &&
           span_find(span_from(s, sizeof("https://") - 1), '/') == s.n - (sizeof("https://") - 1);
}

int issuer_check(const struct settings *s, struct err *e)
{
    const bool on = s->oidc_issuer[0] != 0;
    const struct {
        bool good;
        const char *why;
    } rows[] = {
        { s->console_url[0] == 0 || is_console(span_of(s->console_url)),
          "'console-url' is https://, a host, maybe a port, and nothing behind." },
        { !on || is_issuer(span_of(s->oidc_issuer)),
          "'oidc-issuer' is an https:// address without a query; http:// to this machine only." },
        { !on || s->console_url[0] != 0, "'oidc-issuer' needs 'console-url'." },
        { !on || is_word(s->oidc_client), "'oidc-issuer' needs 'oidc-client'." },
        { !on || is_word(s->oidc_claim), "'oidc-claim' is the name of a claim." },
        { !on || (are_words(&s->oidc_scopes) && has_openid(&s->oidc_scopes)),
          "'oidc-scopes' are words, one of them openid." },
        { !on || (are_words(&s->oidc_amr) && are_words(&s->oidc_acr)),
          "'oidc-amr' and 'oidc-acr' are words." },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!rows[i].good)
            return err_set(e, ERR_SYNTAX, 0, "%s", rows[i].why);
    }
    return ERR_OK;
}
