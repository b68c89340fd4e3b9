/*
 * envoy.h - the sender's way to the issuer of the settings: libcurl in the loop. Who has the desk
 * in his hands can ask for this and nothing else: addresses and secret come out of the sender's own
 * settings, and out of what the issuer says of himself.
 *
 *   envoy_new()  before the sandbox: the secret and authorities out of their files
 *   DISCOVER     what the issuer says of himself, fetched at most each ENVOY_AGAIN_MS ─▶ where
 *                browsers go
 *   EXCHANGE     the code to the token endpoint ─▶ ID token ─▶ token_check(), with his keys, which
 *                are fetched when there are none or a token names another, at most each
 *                ENVOY_AGAIN_MS ─▶ the subject
 *
 * ENVOY_VISITS at once; each fetch ends after ENVOY_ALL_MS, and of an answer ENVOY_ANSWER_MAX bytes
 * are read. No redirect is followed, no proxy used, no other protocol; beyond loopback TLS 1.2 or
 * later and a certificate that is checked.
 *
 * done() has the answer, a ticket: once for each that was taken. Of an exchange that came to
 * nothing the subject is empty; why, is a notice, at most one each ENVOY_NOTICE_MS.
 */
#ifndef ENVOY_H
#define ENVOY_H

#include "conf/settings.h"
#include "oidc/ticket.h"
#include "os/loop.h"

#define ENVOY_VISITS     8u
#define ENVOY_CONNECT_MS 4000L
#define ENVOY_ALL_MS     6000L
#define ENVOY_ANSWER_MAX 65536u
#define ENVOY_SECRET_MAX 4096u
#define ENVOY_AGAIN_MS   60000u
#define ENVOY_NOTICE_MS  10000u

struct envoy;

struct envoy_from {
    struct loop *loop;
    const struct settings *settings; /* borrowed; with an issuer, or without: then all is refused */
    void (*done)(void *arg, uint64_t id, int code, struct span answer);
    void (*notice)(void *arg, const char *text);
    void *arg;
};

int envoy_new(struct envoy **out, const struct envoy_from *from, struct err *e);
void envoy_free(struct envoy **e);

/* ERR_OK: done() comes, maybe at once. ERR_MORE: enough is under way. ERR_DENIED: that is no
 * request. */
int envoy_take(struct envoy *n, uint64_t id, struct span request, struct err *e);

bool envoy_is_idle(const struct envoy *n);

#endif
