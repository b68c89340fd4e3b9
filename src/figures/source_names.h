/*
 * source_names.h - what a lane's source numbers stand for, as names to show.
 */
#ifndef SOURCE_NAMES_H
#define SOURCE_NAMES_H

#include "store/lane_read.h"

struct source_names;

struct source_names *source_names_new(void); /* NULL: no memory */
void source_names_free(struct source_names **s);
void source_names_clear(struct source_names *s);
/* A SOURCES frame of a lane. */
void source_names_take(struct source_names *s, struct lane_frame *sources);
/* The records of a sealed block (seal/table.h), numbered from 0. */
void source_names_block(struct source_names *s, struct span records);
/* False when the number is not known. */
bool source_names_find(const struct source_names *s, uint32_t number, struct span *name,
                       struct span *input);

#endif
