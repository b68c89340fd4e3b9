/*
 * relp.h - the frames of RELP (rsyslog's reliable event logging protocol, version 0 and 1).
 *
 *   TXNR SP COMMAND SP DATALEN [SP DATA] LF       TXNR 1..999999999, COMMAND 1..32 letters
 *
 *   open    offers: "relp_version=0\nrelp_software=...\ncommands=syslog"   answered with ours
 *   syslog  DATA is one message; rsyslog leaves its line end on it         "TXNR rsp 6 200 OK"
 *   close   no data                                     "TXNR rsp 0" and "0 serverclose 0"
 *
 * DATALEN 0 is followed by LF at once. Pure. `data` points into the caller's input. Source: the
 * specification that comes with librelp (relp.html), and what librelp itself takes and sends.
 */
#ifndef RELP_H
#define RELP_H

#include "base/base.h"
#include "base/buf.h"

struct relp_frame {
    uint32_t txnr;
    struct span command, data;
};

/* Bytes consumed (> 0), ERR_MORE, ERR_SYNTAX (the session must end), or ERR_LIMIT: DATALEN is over
 * data_max; *skip bytes are the whole frame, f->txnr is set, so that it can be refused by number.
 */
int64_t relp_frame(struct span in, size_t data_max, struct relp_frame *f, uint64_t *skip,
                   struct err *e);

/* The offers of an `open`: does it want a version that we speak and the command syslog? If not,
 * *e says what is missing. */
bool relp_open_good(struct span data, struct err *e);

void relp_put_open(struct buf *out, uint32_t txnr); /* our offers, "200 OK" */
/* `text` is one line; control characters become '?', and 80 bytes are the most that is sent. */
void relp_put_answer(struct buf *out, uint32_t txnr, unsigned code, const char *text);
void relp_put_close(struct buf *out, uint32_t txnr); /* and serverclose */

#endif
