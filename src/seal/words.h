/*
 * words.h - the words of events into the index of a sealed file.
 *
 * What a word is: event/search_text.h. A word that an event has and the index does not would be an
 * event that a search does not find; one too many only costs time.
 */
#ifndef SEAL_WORDS_H
#define SEAL_WORDS_H

#include "store/word_index.h"

struct words;

int words_new(struct words **out, struct err *e);
void words_free(struct words **w);

/* False when there is no memory: the index would leave out what is there. */
bool words_of(struct words *w, struct span raw, struct word_index_writer *to);

#endif
