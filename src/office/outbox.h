/*
 * outbox.h - the desk's end of the line to the sender: what is due goes there (notify.h), what came
 * of it comes back. In the desk's loop: a round of notices each OUTBOX_ROUND_MS.
 *
 * Of each channel OUTBOX_EACH letters are under way, so that one that hangs leaves the others room.
 * What came of a letter is kept until it is in the database, and the letter is not sent again
 * meanwhile. When the sender ends, what was under way has failed.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "notify/notify.h"
#include "office/line.h"
#include "os/loop.h"

#define OUTBOX_ROUND_MS  1000u
#define OUTBOX_EACH      2u
#define OUTBOX_SLOTS     32u     /* COURIER_TRIPS: the sender has room for as many */
#define OUTBOX_SILENT_MS 120000u /* no answer for so long: it has failed */

struct outbox;

struct outbox_from {
    struct loop *loop;
    struct notify *notify; /* borrowed */
    void (*notice)(void *arg, const char *text);
    void *arg;
};

int outbox_new(struct outbox **out, const struct outbox_from *from, struct err *e);
void outbox_free(struct outbox **o);

/* What else is asked of the sender, by numbers whose highest bit is set (oidc/ticket.h): `told` has
 * the answers, and NULL when the line is gone with what was under way. NULL: nobody asks. */
typedef void outbox_told_fn(void *arg, const struct line_tell *t);
void outbox_others(struct outbox *o, outbox_told_fn *told, void *arg);
bool outbox_ask(struct outbox *o, uint64_t id, struct span request); /* false: not now */

/* The sender's end of a line; an earlier one is closed. */
void outbox_line(struct outbox *o, int fd);

#endif
