/*
 * counter.h - where the desk takes requests: who asks is found out, the act is done, the answer
 * goes back. In the desk's loop; each act is a transaction of its own between its rounds.
 */
#ifndef COUNTER_H
#define COUNTER_H

#include "office/line.h"
#include "people/people.h"

struct counter;

struct counter_from {
    struct loop *loop;
    struct acts *acts; /* these four are borrowed */
    struct people *people;
    struct db *db;
    const struct settings *settings; /* its tokens */
    void (*notice)(void *arg, const char *text);
    void *arg;
};

int counter_new(struct counter **out, const struct counter_from *from, struct err *e);
void counter_free(struct counter **c);

/* The console's end of a line; an earlier one is closed. */
void counter_line(struct counter *c, int fd);

#endif
