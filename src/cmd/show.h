/*
 * show.h - events as commands show them: a line each for people, or the server's own JSON.
 */
#ifndef SHOW_H
#define SHOW_H

#include "cmd/client.h"
#include "query/search.h"

struct show {
    bool json;
    bool date; /* times with their day */
    struct screen screen;
    size_t width[3]; /* columns of source, host, tags: as wide as what came */
    struct buf out;
};

void show_init(struct show *w, bool json, bool date, bool utc); /* on standard output */
void show_release(struct show *w);

/* One event as the server's line of JSON, with or without its "\n". False when the output cannot be
 * written. */
bool show_line(struct show *w, struct span line);

/* All operands are the filter, so that it may be written without quotes around it. */
int show_join(struct buf *to, char **words, int count, struct err *e);

/* A fault of the filter, shown where it is; EXIT_UNUSABLE. */
int show_filter_fault(const char *filter, const struct err *e);

/* The store in this folder searched without a server; what `from` says of io, taxonomy and names is
 * filled in. `newest_first`, or the oldest of those found. ERR_NOTFOUND when there is no store. */
int show_store(struct show *w, const char *data, struct search_from *from, bool newest_first,
               struct search_counts *counts, struct err *e);

#endif
