/*
 * block_text.h - a text as what it has in common with others and what varies.
 *
 *   Failed password for root from 10.2.0.9 port 4242 ssh2
 *                       ----      --------      ----
 *
 * Varying is a word with a digit, and what stands behind ':' or '=': a word, or in a text of
 * several lines all to the end of the line. The rest is literal. What a text repeats of the
 * record's other values is found later, as columns that are the same: to look for it here made cuts
 * at odd places, and blocks larger. It is a guess: a bad one costs size, nothing else.
 *
 * Pure. Private to src/store.
 */
#ifndef BLOCK_TEXT_H
#define BLOCK_TEXT_H

#include "store/block_split.h"

#define BLOCK_TEXT_CUTS 96u /* a text with more is left whole */

/* Why something varies. */
enum block_text_way {
    BLOCK_TEXT_DIGIT, /* a word with a digit */
    BLOCK_TEXT_WORD,  /* a word behind ':' or '=' */
    BLOCK_TEXT_LINE,  /* all to the end of the line behind them */
};

/* What varies in `text`, into `cuts` (places in the text), and why, into `ways`; BLOCK_TEXT_CUTS +
 * 1 when that is too much. */
uint32_t block_text_cut(struct span text, struct block_cut *cuts, uint8_t *ways);

/* Is `text` as one that was cut so: the same literals (each a number of bytes, LEB128, and the
 * bytes), what varies for the same reasons? Then its cuts, which are those of block_text_cut(). */
bool block_text_like(struct span text, struct span literals, uint32_t count, const uint8_t *ways,
                     struct block_cut *cuts);

/* Is this worth cutting: long, and several words? */
bool block_text_is(struct span text);

#endif
