/*
 * clockwork.h - what is done by itself as time passes: what runs out is told, what acts left is
 * finished (act_rest() of act.h).
 *
 * In the desk's loop, CLOCKWORK_MS apart, each time in a transaction of its own between the desk's
 * rounds. A fault is told once, until it is over, and tried again.
 */
#ifndef CLOCKWORK_H
#define CLOCKWORK_H

#include "conf/settings.h"
#include "desk/alerts.h"
#include "os/loop.h"

#define CLOCKWORK_MS 1000u

struct clockwork;

struct clockwork_from {
    struct loop *loop;
    struct db *db; /* these three are borrowed */
    struct alerts *alerts;
    struct acts *acts;
    void (*notice)(void *arg, const char *text);
    void *arg;
};

/* `why` the law could not be read, as an alert of the system; NULL: it is there. */
void clockwork_law(struct clockwork *w, const char *why);

/* How long alerts wait before people are called. Without it nobody is. */
void clockwork_settings(struct clockwork *w, const struct settings *s);

int clockwork_new(struct clockwork **out, const struct clockwork_from *from, struct err *e);
void clockwork_free(struct clockwork **w);

#endif
