/*
 * search_text.h - what a search looks into: one text an event, folded, and its words.
 *
 *   the raw record        of a JSON record (or one with JSON inside) with the escapes of strings
 *                         resolved; of a binary record (EVTX) nothing
 *   then, a line each     every value that does not stand there as it is, from word edge to word
 *                         edge: coded (hex, entities, UTF-16), joined, made by the codec
 *
 * So the text of every field of a record is found in its search text with word edges at both of its
 * ends. Text of rows that the taxonomy computes is not: taxonomy_computes() tells which names.
 *
 * Folded: full case folding, canonical decomposition (NFD), combining marks dropped, đ to d
 * (Unicode as of utf8proc). "MẬT KHẨU", "mật khẩu" in either normal form and "mat khau" are the
 * same text, so what is typed with marks finds what was written without, and the other way round.
 * Malformed bytes stay as they are. Folding well-formed text again changes nothing, and what is
 * folded piece by piece, cut between characters, is the folding of the whole.
 *
 * A word is a maximal run of letters, digits (Unicode L*, N*) and '_' of the folded text. A word
 * edge is a place that does not have one of these on both sides.
 *
 * The store's filters are built over these words, and over the trigrams (3 bytes) of this text: a
 * change of any rule above makes stored filters wrong and needs a new version of their format.
 *
 * Pure functions.
 */
#ifndef SEARCH_TEXT_H
#define SEARCH_TEXT_H

#include "base/buf.h"
#include "wire/rec.h"

/* Bytes that search_fold() may write: a Hangul syllable of 3 bytes becomes 9. */
static inline size_t search_fold_room(size_t in_bytes)
{
    return in_bytes * 3 + 16;
}

/* The folding of `in` into `dst`, which does not overlap it; returns its length. `json`: escapes of
 * JSON strings are resolved first, wherever they stand; what is no escape stays. */
size_t search_fold(struct span in, bool json, uint8_t *dst);

/* The same, behind what `out` holds. */
void search_fold_add(struct span in, bool json, struct buf *out);

/* The folded search text of a record, behind what `out` holds; the buffer tells when it failed. At
 * most some four times the record's bytes. */
void search_text(const struct rec *r, struct buf *out);

/* Its parts: is the raw record folded with the escapes of strings resolved? And the lines behind
 * it, each with a line feed before it. */
bool search_text_is_json(const struct rec *r);
void search_text_values(const struct rec *r, struct buf *out);

/* The first word of *rest, which then begins behind it; false when there is none. Of folded text.
 */
bool search_word_next(struct span *rest, struct span *word);

/* Is `at` (between characters, at most folded.n) a word edge? */
bool search_edge(struct span folded, size_t at);

/* Letter, digit or '_'. */
bool search_is_word(uint32_t cp);

#endif
