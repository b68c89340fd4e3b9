/*
 * needs.h - what the search text of an event must hold for a query to match it: what a filter over
 * words and over parts (trigrams) can be asked, before a block is opened.
 *
 *   "failed pass*"            word failed, part "failed pass"
 *   user:root and *ail*       word root; part "ail"
 *   a or b                    word a or word b
 *   not x, size>5, since:...  nothing
 *
 * Necessary, never sufficient: an event that matches always satisfies the needs; one that satisfies
 * them may not match. A value behind a name is asked of the search text as if it had no name: it is
 * there, unless the name is one whose values may not be (host, tags, what the taxonomy computes).
 *
 * A part is a run of bytes of the folded text, NEEDS_PART_MIN long or more: each of its trigrams is
 * in the text. A word is whole: it stands there as a word.
 *
 * Immutable; borrows from the query. Pure.
 */
#ifndef QUERY_NEEDS_H
#define QUERY_NEEDS_H

#include "event/taxonomy.h"
#include "query/query.h"

#define NEEDS_PART_MIN 3u

enum need_op { NEED_NOTHING, NEED_ALL, NEED_ANY, NEED_WORD, NEED_PART };

struct need {
    enum need_op op;
    struct need *kid, *next; /* of NEED_ALL, NEED_ANY: at least one */
    struct span text;        /* of NEED_WORD, NEED_PART: folded */
};

/* In `mem`. With `t` and `n` a name asks for its value where no view computes it; without them
 * (NULL) names ask for nothing. NULL when memory is out. */
const struct need *query_needs(const struct query *q, const struct taxonomy *t,
                               const struct names *n, struct arena *mem);

/* Who can say whether a word, or all trigrams of a part, may be there. */
struct need_filter {
    bool (*may_have_word)(void *arg, struct span word);
    bool (*may_have_part)(void *arg, struct span part);
    void *arg;
};
bool need_holds(const struct need *need, const struct need_filter *f);

#endif
