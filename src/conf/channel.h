/*
 * channel.h - what the rows of `channels:` (settings.h) must be: ways by which notices leave the
 * house.
 *
 *   smtp     url smtp://host:port (STARTTLS is required beyond loopback) or smtps://; from, to:
 *            mail addresses; user and secret together, or neither
 *   webhook  url https:// (http:// to loopback); secret: the key of the signature
 *   gateway  url as of webhook; to: phone numbers; body: what is sent for each of them, with
 *            {number} {level} {phone}; user, secret: how it shows who it is
 *   smtp, gateway: people, what those of the roster who may be called have in common: ends of mail
 *            addresses (@example.vn), beginnings of phone numbers (+84)
 *   the latter two: expect, text of an answer that means yes
 *
 * A host is a name of letters, digits, '-' and '.', an IPv4 address, or an IPv6 one in brackets.
 * Loopback: localhost, 127.0.0.0/8, [::1], as they are written: no name is looked up. Pure
 * functions.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "conf/settings.h"

#define CHANNELS_MAX      16u
#define CHANNEL_NAME_MAX  40u
#define CHANNEL_TO_MAX    50u  /* who one channel reaches */
#define CHANNEL_URL_MAX   500u /* bytes */
#define CHANNEL_BODY_MAX  1000u
#define CHANNEL_EMAIL_MAX 254u /* RFC 5321, 4.5.3.1 */

#define CHANNEL_KIND_TABLE(X)                                                                      \
    X(SMTP, "smtp")                                                                                \
    X(WEBHOOK, "webhook")                                                                          \
    X(GATEWAY, "gateway")

enum channel_kind {
#define X(id, name) CHANNEL_##id,
    CHANNEL_KIND_TABLE(X)
#undef X
        CHANNEL_KINDS
};

struct channel_url {
    struct span scheme, host; /* the host without brackets; they point into the text */
    bool loopback;
};

/* False: it is none that is allowed. */
bool channel_url_read(struct span text, struct channel_url *u);

bool channel_kind_of(const char *name, enum channel_kind *kind);

/* addr-spec of RFC 5321 without quotes or addresses in brackets; + and 3 to 20 digits. */
bool channel_is_email(struct span s);
bool channel_is_phone(struct span s);

/* Does a channel (checked) send to this one? To who stands in `to`, and to whoever has what
 * `people` says in common: the end of a mail address, the beginning of a phone number, as they are
 * written. A webhook: to nobody by name, recipient "". */
bool channel_reaches(const struct channel_settings *c, struct span recipient);

/* The next placeholder of a body at or behind *at: *name without braces, *at behind it. False:
 * there is none. */
bool channel_placeholder(struct span body, size_t *at, struct span *name);

/* An address that is asked over HTTPS, or over HTTP at this machine itself. */
bool channel_url_is_web(struct span text, struct channel_url *u);

/* What stands under oidc-* and console-url, together: an issuer needs a client, scopes with openid,
 * a claim and the console's address. ERR_SYNTAX with a sentence. */
#define ISSUER_URL_MAX   200u
#define ISSUER_TEXT_MAX  200u /* of a client, a claim */
#define ISSUER_WORDS_MAX 300u /* of all scopes, of all of acr */
int issuer_check(const struct settings *s, struct err *e);

/* One row by itself; all rows together. ERR_SYNTAX with a sentence. */
int channel_check(const struct channel_settings *c, struct err *e);
int channels_check(const struct channel_settings *c, uint32_t count, struct err *e);

#endif
