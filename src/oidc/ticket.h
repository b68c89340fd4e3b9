/*
 * ticket.h - what desk and sender say to each other about logins by an issuer: requests one way,
 * answers the other, over the line of letters (office/line.h). Of a request's number the highest
 * bit is set, so that it is no letter's.
 *
 *   u8 kind, u8 flag (0, 1), then as many texts as the kind's row says: each u16 bytes, little
 *   endian, and the bytes; nothing behind
 *
 * Addresses and secrets are in none: the sender has them out of its own settings. Pure; what is
 * read are slices of the input.
 */
#ifndef TICKET_H
#define TICKET_H

#include "base/buf.h"

#define TICKET_ID       (UINT64_C(1) << 63)
#define TICKET_TEXT_MAX 4096u
#define TICKET_TEXTS    3u
#define TICKET_MAX      (2u + TICKET_TEXTS * (2u + TICKET_TEXT_MAX))

/*    kind      texts asked, answered */
#define TICKET_TABLE(X)                                                                            \
    X(DISCOVER, 0, 1) /* answer: where browsers go; flag: he says in each answer who he is */      \
    X(EXCHANGE, 3, 1) /* code, verifier, nonce; answer: the subject, empty when it was refused */

enum ticket_kind {
#define X(id, asked, answered) TICKET_##id,
    TICKET_TABLE(X)
#undef X
        TICKET_KINDS
};

struct ticket {
    enum ticket_kind kind;
    bool answers; /* else it asks */
    bool flag;
    struct span text[TICKET_TEXTS];
};

/* False: a text is too long, or `out` is full. */
bool ticket_put(const struct ticket *t, struct buf *out);

/* The whole of `in`, as a request or as an answer (t->answers); false: it is none. */
bool ticket_read(struct span in, struct ticket *t);

#endif
