/*
 * show.h - what a search finds as commands show it: of events a line each for people, the server's
 * own JSON, or CSV; of tables what table.h says.
 */
#ifndef SHOW_H
#define SHOW_H

#include "cmd/client.h"
#include "cmd/table.h"
#include "search/search.h"

#define SHOW_SKEW_NS INT64_C(600000000000) /* the setting `skew`, where no server tells it */

struct show {
    enum table_form form;
    bool date; /* times with their day */
    struct screen screen;
    size_t width[3];    /* columns of source, host, tags: as wide as what came */
    struct table table; /* when the lines are one, and for CSV */
    struct buf out;
};

void show_init(struct show *w, enum table_form form, bool date, bool utc); /* on standard output */
void show_release(struct show *w);

/* One line of a search (search.h) or tail, with or without its "\n". False when the output cannot
 * be written. */
bool show_line(struct show *w, struct span line);
/* Behind the last one; `why` it is not whole, or NULL. */
bool show_end(struct show *w, const char *why);

/* A time of an option; as it was when the text is NULL. ERR_USAGE. */
int show_time(const char *text, int64_t *ns, struct err *e);

/* All operands are the query, so that it may be written without quotes around it. */
int show_join(struct buf *to, char **words, int count, struct err *e);

/* A fault of the query, shown where it is; EXIT_UNUSABLE. */
int show_query_fault(const char *query, const struct err *e);

/* Where no server runs nobody looks for one person's records: ERR_DENIED. */
int show_nobody(struct span query, struct err *e);

/* The store in this folder searched without a server; what `from` says of io, taxonomy, names, skew
 * and clock is filled in. `newest_first`, or the oldest of those found. An interrupt (SIGINT) ends
 * the search, and what was found is shown. ERR_NOTFOUND when there is no store. */
int show_store(struct show *w, const char *data, struct search_from *from, bool newest_first,
               struct search_counts *counts, struct err *e);

#endif
