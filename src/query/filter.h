/*
 * filter.h - which events: the part of the search language before the pipes.
 *
 *   host:srv-01 and "failed password" and not user:root        terms side by side are joined by and
 *   expr = or; or = and ("or" and)*; and = not (["and"] not)*; not = "not" not | "(" or ")" | term
 *   term = NAME ":" value | NAME (">" | ">=" | "<" | "<=") number | value
 *   value = "quoted, with \" and \\" | word; in a value of a name * and ? stand for any text,
 *           without a name * at an end for the rest of a word
 *
 * A value without a name is looked for in the raw record as whole words (event/search_text.h): fail
 * does not find "failed", fail* and *ailed do, "failed password" is a phrase. Everything without
 * regard to case, and to diacritics.
 * A name is answered by the taxonomy (Sigma's names) and by the record's own names; `host`,
 * `source`, `input`, `product`, `category`, `service` by what the server knows, too. A name with
 * several values holds when one of them does; a comparison is of numbers only. Outside quotes a
 * backslash is a backslash; inside, it stands for itself but before " and \\. The words and, or,
 * not are looked for when they are quoted.
 *
 * Bounded: FILTER_BYTES_MAX, FILTER_DEPTH_MAX.
 *
 * Evaluation never allocates. Pure but for the event's own scratch.
 */
#ifndef FILTER_H
#define FILTER_H

#include "base/arena.h"
#include "base/buf.h"
#include "event/event.h"
#include "event/search_text.h"

#define FILTER_BYTES_MAX 4096u
#define FILTER_DEPTH_MAX 64u

struct filter;

/* An empty text holds for every event. e->at is the byte of the fault. `names` are not kept, but
 * ids out of them are: a filter serves events of the same names only. */
int filter_read(struct filter **out, struct span text, const struct names *names, struct err *e);
void filter_free(struct filter **f);

struct filter_about {
    struct event *event;
    struct span raw, source, input;
    struct span folded;  /* search_fold() of raw; not looked at unless filter_wants_folded() */
    struct buf *scratch; /* for foldings */
};
bool filter_holds(const struct filter *f, const struct filter_about *a);

bool filter_wants_folded(const struct filter *f);

/* False when no event with this text can be one, whatever its fields are: before it is read. */
bool filter_may_hold(const struct filter *f, struct span folded);

/* The words (folded) that every event has for which it holds. */
void filter_words(const struct filter *f, search_word_fn *fn, void *arg);

/* The text with a caret below the fault and what is wrong there: two lines for people. */
void filter_caret(struct span text, const struct err *e, struct buf *out);

#endif
