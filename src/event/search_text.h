/*
 * search_text.h - what a search for words looks at: the folded text of a record, and its words.
 *
 *   "Đăng nhập THẤT BẠI: user=root\n"  ──fold──▶  "dang nhap that bai: user=root\n"
 *                                      ──words─▶  dang nhap that bai user root
 *
 * Folded: case folded, decomposed (NFD), marks taken away, and d for the Vietnamese đ; so what is
 * typed with or without diacritics finds both. Malformed bytes stay as they are.
 *
 * A word is a longest run of letters, digits, '_' and bytes beyond ASCII. Records in JSON have
 * escapes: a backslash and one of b f n r t is a boundary, and since in a path it is none, what
 * follows is a word both with and without that letter ("\temp" has the words temp and emp).
 *
 * A term stands for a text with a boundary at both of its ends, where these are of a word:
 * `fail` does not find "failed", `fail*` does. Whatever is found has all words of the term
 * (search_term_words()), so an index of words tells where to look.
 */
#ifndef SEARCH_TEXT_H
#define SEARCH_TEXT_H

#include "base/buf.h"

#define SEARCH_WORD_MAX 128u /* bytes of a word; of a longer one the first ones count */

/* Append the folding of `in`. */
void search_fold(struct span in, struct buf *out);

typedef void search_word_fn(void *arg, struct span word);
/* Of a folded text; a word may come again. */
void search_words(struct span folded, search_word_fn *fn, void *arg);

struct search_term {
    struct span text;          /* folded */
    bool open_start, open_end; /* needs no boundary there */
};

bool search_has(struct span folded, const struct search_term *t);

/* The words that every text that search_has() it has. */
void search_term_words(const struct search_term *t, search_word_fn *fn, void *arg);

#endif
