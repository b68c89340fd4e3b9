/*
 * generate.h - random rules, and random events that nearly match them, out of a number or bytes.
 *
 * The same seed gives the same bytes on every machine. Rules come as YAML and events as JSON
 * lines, so that the real readers read them. A rule's literals are remembered: the values of the
 * events are those literals, whole or with one thing wrong (a letter of another case, a byte too
 * few, something in front), which is where two evaluators are most likely to differ.
 */
#ifndef GENERATE_H
#define GENERATE_H

#include "base/buf.h"

#define GENERATE_TEXT  96u
#define GENERATE_SEEDS 512u /* remembered literals */

/* A literal that some rule asks of a field. */
struct generate_literal {
    uint8_t field; /* index of the field's name */
    uint8_t form;  /* how it has to be encoded to match */
    uint8_t n;
    uint8_t text[GENERATE_TEXT];
};

struct generate {
    struct span dice; /* bytes that decide as long as there are any */
    uint64_t state;
    struct generate_literal literal[GENERATE_SEEDS];
    uint32_t literal_count;
    uint32_t rule_count;
};

void generate_init(struct generate *g, uint64_t seed);

/* The bytes decide first, so that changing one of them changes one thing: for fuzzing. */
void generate_init_bytes(struct generate *g, struct span dice);

/* One more rule document, or with luck a filter with it, appended to `yaml`. */
void generate_rule(struct generate *g, struct buf *yaml);

/* One event that has something to do with the rules so far; `json` is cleared first. */
void generate_event(struct generate *g, struct buf *json);

/* The fields of the event in another order, and one that no rule asks for: `out` means the same. */
void generate_shuffled(struct generate *g, struct buf *json, struct buf *same);

/* 0..n-1 */
uint32_t generate_below(struct generate *g, uint32_t n);

#endif
