/*
 * form.h - a letter in the form that its channel takes. Pure.
 *
 *   mail     RFC 5322 with MIME (RFC 2045): subject in encoded words (RFC 2047), body base64 of
 *            UTF-8; Date and Message-ID are those of the message, however often it is sent
 *   webhook  {"message":7,"kind":"alert","number":1234,"level":"high","title":...,"text":...,
 *            "made":"2025-11-24T16:00:00Z"}; X-Canh-Signature: sha256=HEX, HMAC-SHA-256 (RFC 2104)
 *            of the time of sending as in X-Canh-Timestamp (seconds since 1970), a point, the body
 *   gateway  the channel's body, {number} {level} {phone} filled in; where it is no JSON they are
 *            percent-encoded (RFC 3986, all but unreserved)
 */
#ifndef FORM_H
#define FORM_H

#include "conf/settings.h"
#include "notify/letter.h"

#define FORM_MAX       (2 * LETTER_MAX)
#define FORM_HEX_BYTES 65u

/* `store`: the store's id, so that numbers of two servers are two. */
void form_mail(const struct channel_settings *c, struct span store, const struct letter *l,
               struct buf *out);
void form_hook(const struct letter *l, struct buf *out);
void form_gateway(const struct channel_settings *c, const struct letter *l, struct buf *out);

/* As a zero-terminated text of hex digits. */
void form_signature(struct span secret, int64_t seconds, struct span body,
                    char hex[FORM_HEX_BYTES]);

/* Does the body begin as JSON? */
bool form_is_json(struct span body);

/* Is this one of those that the channel reaches? Of a webhook: ''. */
bool form_reaches(const struct channel_settings *c, struct span recipient);

#endif
