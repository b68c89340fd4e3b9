/*
 * condition.h - the condition of a rule or filter: words to a tree.
 *
 *   expression := conjunction { "or" conjunction }
 *   conjunction := negation { "and" negation }
 *   negation := "not" negation | term
 *   term := "(" expression ")" | count "of" ("them" | pattern) | search
 *   count := "1" | "any" | "all" | a number
 *
 * Keywords are read in any case. A pattern may have `*` anywhere; `them` is every search whose
 * name does not begin with `_`. "x of" is spread into AND and OR while reading.
 */
#ifndef CONDITION_H
#define CONDITION_H

#include "sigma/rule.h"

struct condition_names {
    const struct sigma_search *searches;
    uint32_t count;
    const char *what; /* "search" or "rule": what a name should be, for messages */
    bool without_of;  /* "x of" is refused: extended correlation conditions */
};

/* ERR_SYNTAX or ERR_LIMIT with e->at = line; the tree lives in `mem`. */
int condition_read(struct span text, uint32_t line, const struct condition_names *names,
                   struct arena *mem, struct sigma_node **out, struct err *e);

/* Take the next word (a parenthesis is one) off *rest; false at the end. */
bool condition_word(struct span *rest, struct span *word);

/* Is it one of: and, or, not, of, them, ( ) ? */
bool condition_is_keyword(struct span word);

/* `*` in the pattern stands for any characters, anchored at both ends. */
bool condition_glob(struct span pattern, struct span name);

#endif
