/*
 * publisher.h - the rules of the house out of the database to where who compiles finds them:
 *
 *   house_rule ──stamp has moved──▶ DATA/desk/rules/12.yml, 13.yml, disabled, stamp ──▶ changed()
 *
 * A file for each published text, by the number of its row; `disabled` names the ids that are off
 * (sigma/rule.h). `stamp` is written last: after a crash half-way all is written again. In the
 * desk's loop, PUBLISHER_MS apart; what cannot be written is told once and tried again.
 */
#ifndef PUBLISHER_H
#define PUBLISHER_H

#include "db/db.h"
#include "os/loop.h"

#define PUBLISHER_MS 500u

struct publisher;

struct publisher_from {
    struct loop *loop;
    struct db *db;              /* borrowed */
    const char *folder;         /* DATA/desk/rules; made when it is first needed */
    void (*changed)(void *arg); /* other rules are to be compiled */
    void (*notice)(void *arg, const char *text);
    void *arg;
};

int publisher_new(struct publisher **out, const struct publisher_from *from, struct err *e);
void publisher_free(struct publisher **p);

/* A round at once: for tests. */
int publisher_round(struct publisher *p, struct err *e);

#endif
