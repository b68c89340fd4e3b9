/*
 * porter.h - the desk's end of logins by an issuer: what waits goes to the sender, over the
 * outbox's line, what comes back goes into the database (people.h). In the desk's loop, which waits
 * for nothing: a look each PORTER_ROUND_MS, where an issuer is configured.
 */
#ifndef PORTER_H
#define PORTER_H

#include "office/outbox.h"
#include "people/people.h"

#define PORTER_ROUND_MS  100u
#define PORTER_SLOTS     8u      /* ENVOY_VISITS: the sender has room for as many */
#define PORTER_SILENT_MS 20000u  /* no answer for so long: it was refused */
#define PORTER_AGAIN_MS  5000u   /* the issuer is asked what he is again: he is not known yet; */
#define PORTER_KNOWN_MS  600000u /* he is */

struct porter;

struct porter_from {
    struct loop *loop;
    struct people *people; /* these three are borrowed */
    struct db *db;
    struct outbox *outbox;
    void (*notice)(void *arg, const char *text);
    void *arg;
};

int porter_new(struct porter **out, const struct porter_from *from, struct err *e);
void porter_free(struct porter **p);

/* The issuer may be another. */
void porter_settings(struct porter *p, const struct settings *s);

#endif
