/*
 * names.h - field names as small integers.
 *
 * Built while rules and taxonomy are loaded (names_add), then frozen (names_freeze) and shared
 * read-only by all threads. Ids are 1.. ; 0 means "no name that anybody asks for". Every id has a
 * fold group: ids whose names are equal without regard to ASCII case and blanks. Only names that
 * somebody asks for get an id, so hostile names in logs cannot grow the table.
 */
#ifndef NAMES_H
#define NAMES_H

#include "base/base.h"

struct names {
    uint32_t count; /* ids are 1..count-1; arrays have `count` entries */
    uint32_t group_count;
    uint32_t *group;       /* id -> fold group, 0..group_count-1; NULL until frozen */
    struct span *text;     /* id -> exact name */
    struct names_own *own; /* names.c's: hash tables */
};

static inline uint32_t names_group(const struct names *n, uint32_t id)
{
    return n->group[id];
}

int names_init(struct names *n, struct err *e);
void names_release(struct names *n);

/* Id of this exact name, made when new; 0 when memory is out. The text is copied. */
uint32_t names_add(struct names *n, struct span name);

/* Makes the fold groups; false when memory is out. Nothing can be added afterwards. */
bool names_freeze(struct names *n);

/* Exact id, or 0. */
uint32_t names_find(const struct names *n, struct span name);

/* Fold group of a name, or 0 when no id has it (group 0 is id 0's alone). After the freeze. */
uint32_t names_find_group(const struct names *n, struct span name);

#endif
