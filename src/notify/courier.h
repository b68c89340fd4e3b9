/*
 * courier.h - letters on their way over the network: libcurl in the loop. The sender's, and nobody
 * else's.
 *
 *   courier_new()   before the sandbox: secrets and authorities out of the channels' files
 *   courier_take()  a letter to one recipient of one channel; both must be in the settings
 *   done()          what came of it, once for each letter that was taken
 *
 * Only the channels' URLs are spoken to: no redirect is followed, no proxy used, no other protocol.
 * Beyond loopback there is TLS 1.2 or later and a certificate that is checked; to loopback so, too,
 * where the channel has `ca`. A trip ends after COURIER_ALL_MS, and of an answer COURIER_ANSWER_MAX
 * bytes are read.
 *
 *   ERR_OK      it was taken at the other end, whose answer has what the channel's `expect` says:
 *               gateways answer 200 and say in the body that they will not
 *   ERR_IO      try again later: nobody there, busy, or no leave for this channel
 *   ERR_DENIED  this letter will not be taken: SMTP 5yz after MAIL, RCPT or DATA (RFC 5321, 4.2.1),
 *               HTTP 4xx but those that speak of leave, time or load
 *   ERR_MORE    not now: ask again in a moment
 */
#ifndef COURIER_H
#define COURIER_H

#include "notify/form.h"
#include "os/loop.h"

#define COURIER_TRIPS      32u
#define COURIER_CONNECT_MS 10000L
#define COURIER_ALL_MS     20000L
#define COURIER_ANSWER_MAX 65536u
#define COURIER_SECRET_MAX 4096u

struct courier;

struct courier_from {
    struct loop *loop;
    const struct settings *settings; /* borrowed */
    struct span store;               /* its id; borrowed */
    void (*done)(void *arg, int64_t id, int code, const char *why);
    void (*notice)(void *arg, const char *text); /* a channel that cannot be used */
    void *arg;
};

int courier_new(struct courier **out, const struct courier_from *from, struct err *e);
void courier_free(struct courier **c);

/* ERR_OK: done() comes later. Any other code is the answer. A letter that is under way already is
 * taken, and answered once. */
int courier_take(struct courier *c, const struct letter *l, struct err *e);

bool courier_is_idle(const struct courier *c);

#endif
