/*
 * index.h - from what is seen in a field's value to the rules that it concerns.
 *
 * A partition holds the rules of one set of logsources (those that one kind of view carries). For
 * every field that a witness of its rules names it has one field_index:
 *
 *   exact     hash table: folded value -> rules
 *   literals  one Vectorscan database: folded literal -> rules, by where it must stand
 *   present   rules that need the field to be there, no more
 *
 * and besides the rules without a witness (`always`). Everything lies in the image and is
 * immutable. The field index of name 0 is the keywords': it is for the values and for the folded
 * record. Beside it stands a second one for the record as it came, neither decoded nor folded:
 * keywords.h.
 */
#ifndef INDEX_H
#define INDEX_H

#include <hs/hs.h>
#include <pthread.h>

#include "sigma/image.h"
#include "sigma/witness.h"

/* A folded text is searched for fewer literals than these one by one: there is no database. */
#define INDEX_FEW 16u

struct rule_list {
    const uint32_t *rule;
    uint32_t count;
};

struct exact_slot {
    uint64_t hash; /* XXH3 of text; a slot without text is free */
    struct span text;
    struct rule_list rules;
};

/* What it means that a literal was seen. */
enum literal_sense {
    SENSE_RULES,  /* its rules are candidates */
    SENSE_VALUES, /* in the raw record: the values must be looked at one by one */
    SENSE_SCAN,   /* in the raw record: it must be scanned for the keywords themselves */
};

struct literal {
    struct span text; /* folded */
    struct rule_list anywhere, at_start, at_end;
    uint8_t sense; /* enum literal_sense */
};

struct field_index {
    uint32_t name;
    uint32_t id;              /* unique in the ruleset: key of the matcher's memo */
    struct exact_slot *exact; /* NULL when there is none */
    uint32_t exact_mask;
    struct literal *literals; /* by Vectorscan id */
    uint32_t literal_count;
    struct hs_database *db; /* NULL when there are no literals, or few */
    struct rule_list present;
    uint64_t *logsources; /* of the rules with an atom here: as in struct partition */
    bool raw;             /* literals stand in a text that is not folded */
};

/* What is looked for in every value and in the record as a whole. */
struct keywords {
    struct field_index *values; /* NULL when no rule looks for keywords */
    struct field_index *raw;    /* of the raw record; NULL when that cannot be done */
    struct field_index *sieve;  /* what must be seen before `raw` is worth a scan; NULL: always */
    bool digits;                /* keywords_with_digits() */
};

struct partition {
    uint32_t id;
    const uint64_t *logsources; /* bit set over ruleset->logsources */
    struct field_index *fields;
    uint32_t field_count;
    struct keywords keywords; /* perhaps shared: then with rules that are not of this one */
    struct rule_list always;
    uint32_t rule_count;
};

/* An atom and the rule it is a witness of. */
struct atom_use {
    struct atom atom;
    uint32_t rule;
};

/*
 * Building the index of one field takes three steps, so that the long one can run on all cores:
 * index_plan() sorts the atoms (in place) and lays out everything but the database in the image;
 * index_compile() runs Vectorscan, touches nothing shared, and returns a database on the heap (NULL
 * when there are no literals, or few); index_place() copies it into the image and frees it; the
 * image is shared, so room in it is taken under `lock`.
 */
int index_plan(struct field_index *fi, struct image *im, struct atom_use *uses, size_t count,
               struct err *e);
/* Fields whose literals are equal, and are to be reported alike, have equal databases. */
uint64_t index_hash(const struct field_index *fi);
bool index_same(const struct field_index *a, const struct field_index *b);

int index_compile(const struct field_index *fi, struct hs_database **out, struct err *e);
int index_place(struct field_index *fi, struct image *im, pthread_mutex_t *lock,
                struct hs_database **db, struct err *e);

/* Rules whose whole value this is; NULL when there are none. */
const struct rule_list *index_exact(const struct field_index *fi, struct span folded);

#endif
