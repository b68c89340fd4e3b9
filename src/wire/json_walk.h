/*
 * json_walk.h - through a JSON text of a known shape, value by value, without reading more of it
 * than asked for. For bodies that carry many records; a record itself is read by json_read().
 *
 *   {"a":[1,{"b":"x"}]}     json_member: "a" and [1,{"b":"x"}]; json_element: 1, then {"b":"x"}
 *
 * Values are given as they are written, strings with their quotes. What is skipped is looked at
 * only so far as to find its end: brackets must match, strings must end. No recursion, no memory.
 */
#ifndef JSON_WALK_H
#define JSON_WALK_H

#include "base/base.h"

/* Takes one value off the front, blanks before it left out: 1, 0 when there are only blanks, or
 * ERR_SYNTAX. */
int json_value(struct span *in, struct span *value);

/* `inside` is an object (array) without its brackets, from json_inside(). Takes one member
 * (element) off, with the comma behind it: 1, 0 at the end, or ERR_SYNTAX. The key is without its
 * quotes, as it is written. */
int json_member(struct span *inside, struct span *key, struct span *value);
int json_element(struct span *inside, struct span *value);

/* Between the brackets of a value; false when it is none of this kind ('{' or '['). */
bool json_inside(struct span value, uint8_t kind, struct span *inside);

/* Between the quotes; false when it is no string. */
bool json_unquoted(struct span value, struct span *text);

#endif
