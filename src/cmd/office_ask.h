/*
 * office_ask.h - one act or view of a running server, over the socket in its data folder.
 */
#ifndef OFFICE_ASK_H
#define OFFICE_ASK_H

#include "act/act.h"
#include "cmd/client.h"

/* "alert.close" as its path: /alert/close */
void office_path(struct buf *out, const char *name);

/* `data`: as it was given, or NULL (client_folder). */
int office_open(struct client *c, const char *data, struct err *e);

/* Do an act with these parameters (an object), in the name of whose account this is. Its answer,
 * one object, is appended; or the code and sentence with which it was refused. */
int office_do(const char *data, const struct act_row *row, struct span sent, struct buf *answer,
              struct err *e);

/* The one row of a view that has at most one, asked for with one parameter: a line of JSON,
 * appended. ERR_NOTFOUND when there is none. */
int office_see(const char *data, const char *view, const char *param, const char *value,
               struct buf *row, struct err *e);

#endif
