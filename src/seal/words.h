/*
 * words.h - the words of stored events, as the index of a sealed file has them.
 *
 *   raw ──rec_read_one──▶ record ──search_text──▶ text ──▶ words ──▶ hashes (store/word_index.h)
 *
 * A record is parsed as a search parses it, so its words are those of the text that a search looks
 * into: values that were sent in code (hex, entities, EVTX) have theirs. A word that an event has
 * and the index does not would be an event that a search does not find; one too many only costs
 * time.
 *
 * Whoever writes a block takes them from its columns (store/block.h, block_words()): the same
 * words, sooner. This is what they must be, event by event: for who verifies, and for the tests of
 * that.
 *
 * One thread; buffers are used again from event to event.
 */
#ifndef SEAL_WORDS_H
#define SEAL_WORDS_H

#include "base/base.h"

struct words;

int words_new(struct words **out, struct err *e);
void words_free(struct words **w);

typedef void words_fn(void *arg, uint64_t hash);

/* Each word of the event, some more than once. False when there is no memory: some are left out. */
bool words_of(struct words *w, struct span raw, words_fn *fn, void *arg);

#endif
