/*
 * laid.h - a taxonomy from text, laid over JSON records: what most tests of the event layer need.
 *
 *     struct laid l;
 *
 *     laid_init(&l, "source: t\nrows: ...", "Image,User");
 *     laid_json(&l, "{\"Image\":\"x\"}");
 *     assert_string_equal(laid_values(&l, 0, "Image"), "x");
 *     laid_release(&l);
 *
 * Faults of the set-up end the test with a sentence.
 */
#ifndef LAID_H
#define LAID_H

#include "event/event.h"

struct laid {
    struct names names;
    struct taxonomy *taxonomy;
    struct event event;
    struct rec rec;
};

/* `asked`: the names that rules would ask for, joined by commas. */
void laid_init(struct laid *l, const char *yaml, const char *asked);
void laid_release(struct laid *l);

/* One record; `json` must stay while it is asked about. */
void laid_json(struct laid *l, const char *json);
void laid_span(struct laid *l, struct span json);

/* The record that l->rec already holds. */
void laid_again(struct laid *l);

uint32_t laid_id(const struct laid *l, const char *name);

/* View number `view` of the event; a view without tags and map when it has none. */
const struct view *laid_view(const struct laid *l, uint32_t view);

/* All values through that view, joined by '|', "(none)" when absent, "(null)" for null ones.
 * Lives until the next call. */
const char *laid_values(struct laid *l, uint32_t view, const char *name);

/* The sources of the views, joined by blanks, and their categories: "s:process_creation s:-". */
const char *laid_views(struct laid *l);

#endif
