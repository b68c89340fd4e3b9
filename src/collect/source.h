/*
 * source.h - who sent it: from a token, a client certificate or an address to a source, and to its
 * row in the ledger.
 *
 * A source is a row of the settings' `sources:`, or is made when something comes from an address
 * (or a certificate, or a file) that no row names; it is then called by that. Only tokens and
 * certificates prove who a sender is; what came from an address alone is marked unauthenticated.
 * A source's number in the lane is its row in the ledger: one for each input that it uses.
 *
 * Bounded: SENDERS_MAX are known by name, all later ones are "other".
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "base/buf.h"
#include "collect/ledger.h"
#include "conf/settings.h"
#include "os/socket.h"

#define SENDERS_MAX 8192u

struct source {
    char name[LEDGER_NAME_MAX];
    const struct source_settings *set; /* NULL: nobody configured it */
    uint8_t months;                    /* that its events are kept */
    uint32_t row[2][INPUTS];           /* of the ledger; UINT32_MAX until it is used */
};

struct senders;

/* The rows of `set` must outlive it. A network or hash that cannot be read is ERR_USAGE. */
int senders_new(struct senders **out, const struct settings *set, struct err *e);
void senders_free(struct senders **s);

/* The source whose token this is, or NULL. Takes the same time for every wrong one. */
struct source *source_by_token(struct senders *s, struct span token);
/* Is there any source that has a token? */
bool senders_have_tokens(const struct senders *s);
/* Of a verified certificate: never NULL. */
struct source *source_by_certificate(struct senders *s, const char *fingerprint, const char *name);
/* Never NULL. */
struct source *source_by_address(struct senders *s, const struct socket_address *a);
struct source *source_by_name(struct senders *s, struct span name);

/* The same source of other settings: by its name. Never NULL. */
struct source *source_renew(struct senders *s, const struct source *old);

/* Its row for this input; `proven` by a token or certificate. */
uint32_t source_row(struct source *s, struct ledger *g, enum input input, bool proven);

/* --- in the lane: what a number stands for -------------------------------------------------- */

/*  u32 number, u8 input, u8 authenticated, u8 months kept, u8 0, name
 *  A number's last record before an event is the one that holds for it. */
#define SOURCE_RECORD_BYTES 8u

struct source_record {
    uint32_t number;
    enum input input;
    bool authenticated;
    uint8_t months; /* 0: written before there were retention classes */
    struct span name;
};
void source_record_put(struct buf *out, const struct source_record *r);
bool source_record_read(struct span record, struct source_record *r);

#endif
