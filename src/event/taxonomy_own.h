/*
 * taxonomy_own.h - what the files of the taxonomy and event.c share, and nobody else sees.
 *
 *   YAML --read--> struct row (condition, tags, field rules) --bind--> struct view (maps)
 *
 * A row's condition is a list of alternatives (OR) of tests (AND) on discriminators. All fields
 * that any condition names are discriminators; each has a number, and event.c collects the few
 * that an event has. What is looked at of a discriminator is its mode:
 *
 *   BY_PRESENCE  only `exists` is asked: the value does not matter
 *   BY_VALUE     some row asks for equality: the value is part of the memo's key
 *   BY_TESTS     only prefixes, suffixes and parts are asked: the outcomes are part of the key,
 *                so that free text (message) does not fill the memo
 *
 * A field rule gives a Sigma name one or more alternatives, the first present wins: another field
 * as it is, or a computed text: parts (literals and fields) followed by steps (steps.h).
 */
#ifndef TAXONOMY_OWN_H
#define TAXONOMY_OWN_H

#include <pthread.h>

#include "base/arena.h"
#include "event/steps.h"
#include "event/taxonomy.h"
#include "wire/rec.h"

#define TAXONOMY_FILE_BYTES   1048576u
#define TAXONOMY_ROWS_MAX     4096u
#define TAXONOMY_DISC_MAX     255u /* discriminators: one byte in the memo's key */
#define TAXONOMY_TESTS_MAX    128u /* pattern tests of one discriminator: one bit each */
#define TAXONOMY_SOURCES_MAX  16384u
#define TAXONOMY_COMPUTED_MAX 4096u
#define TAXONOMY_CLASSES_MAX  4096u
#define TAXONOMY_ALIASES_MAX  1024u
#define TAXONOMY_PARTS_MAX    16u /* of one computed text */

enum test_kind { TEST_EQ, TEST_STARTS, TEST_ENDS, TEST_CONTAINS, TEST_EXISTS };
enum disc_mode { BY_PRESENCE, BY_TESTS, BY_VALUE };

/* One test: any of the values of kind EQ.. holds for any value of the field. */
struct test {
    uint8_t disc; /* number of the discriminator */
    bool negate;  /* no value of the field may pass; an absent field passes */
    uint32_t count;
    uint8_t *kind; /* enum test_kind, per pattern */
    struct span *text;
};

struct test_all {
    uint32_t codecs; /* bit per codec_id, 0 = any; outer or inner */
    uint32_t count;
    struct test *tests;
};

struct condition {
    uint32_t count; /* 0 = always */
    struct test_all *any;
};

struct disc {
    uint32_t name;   /* name id; its fold group is the discriminator */
    uint8_t mode;    /* enum disc_mode */
    uint32_t codecs; /* of the rows that ask, one bit each; in other records it is not looked at */
    uint32_t pattern_count;
    uint8_t pattern_kind[TAXONOMY_TESTS_MAX];
    struct span pattern[TAXONOMY_TESTS_MAX];
    uint32_t pattern_codecs[TAXONOMY_TESTS_MAX]; /* as `codecs`, of the rows that ask this one */
};

/* A piece of a computed text: literal, or the field `name`. */
struct part {
    struct span literal;
    uint32_t name;
};

struct computed {
    uint32_t part_count;
    struct part *parts;
    uint32_t step_count;
    struct step *steps;
    bool last;          /* of fields with several values the last is taken */
    bool joins;         /* all values of the only part make one text, */
    struct span join;   /*   with this between them */
    struct span target; /* the Sigma name that it was written for: shown as its name */
};

/* One alternative: the field `name` as it is, or computed[index] when name is 0. */
struct source {
    uint32_t name;
    uint32_t computed;
};

/* The alternatives for one Sigma name: sources[first .. first + count). */
struct source_list {
    uint32_t first, count;
};

struct field_rule {
    uint32_t name; /* Sigma name */
    uint16_t list; /* index + 1 in taxonomy.lists: what view.map holds */
};

/* A short list of name ids. */
struct ids {
    uint32_t count;
    uint32_t *id;
};

/* What rows and overlays have in common. */
struct row_body {
    uint32_t line;
    bool otherwise; /* only where no other row gave a view of its product */
    struct condition when;
    struct tag_set product, category, service;
    uint32_t rule_count;
    struct field_rule *rules;
    struct ids lacks; /* as written; bind spreads them over their fold groups */
    struct ids time, host;
};

struct row {
    struct view view;
    struct span file;
    struct row_body body;
    uint32_t base;          /* number of the row as read: of an overlay's variant and the row
                               itself the first that applies is taken, and the others are not */
    struct condition extra; /* the overlay's own condition */
};

/* A file's overlay, kept until all rows are read. */
struct overlay {
    struct span file;
    struct row_body body; /* its tags say over which rows it is laid; empty = any */
};

/* A path of the source that is known under another name as well. */
struct alias {
    uint32_t codecs; /* bit per codec_id, 0 = any */
    struct span path, name;
};

struct class_own {
    struct event_class pub;
    uint32_t rows[TAXONOMY_VIEWS_MAX];
    uint32_t dropped; /* views over TAXONOMY_VIEWS_MAX */
};

struct class_table {
    pthread_mutex_t lock;
    uint32_t count;
    struct class_own *by_slot[TAXONOMY_CLASSES_MAX * 2];
    struct arena mem;
};

struct taxonomy {
    struct arena mem;
    struct row *rows; /* growing array until bind, then fixed */
    uint32_t row_count, row_cap;
    struct overlay *overlays;
    uint32_t overlay_count, overlay_cap;
    struct disc disc[TAXONOMY_DISC_MAX];
    uint32_t disc_count;
    struct source *sources;
    uint32_t source_count, source_cap;
    struct source_list *lists;
    uint32_t list_count, list_cap;
    struct computed *computed;
    uint32_t computed_count, computed_cap;
    struct alias *aliases;
    uint32_t alias_count, alias_cap;
    struct span *strip;
    uint32_t strip_count, strip_cap;
    struct ids time, host; /* for every event, after the row's own */
    uint32_t time_cap, host_cap;
    uint8_t *disc_of_group; /* fold group -> discriminator + 1; after bind */
    struct class_table *classes;
    uint64_t print;     /* hash of the texts that were read */
    uint32_t names_end; /* names below this id were there when the last was read */
    bool bound;
};

/* Make room for one more in a growing array of the taxonomy; false when memory is out. */
bool taxonomy_room(void **array, uint32_t count, uint32_t *cap, size_t each);

/* sources[first .. first + count) as a list: its index + 1, or 0 when there is no room. */
uint16_t taxonomy_list(struct taxonomy *t, uint32_t first, uint32_t count);

/* Read one file into `t` (taxonomy_read.c). */
int taxonomy_read(struct taxonomy *t, struct span file, struct span yaml, struct names *n,
                  struct err *e);

/* The name under which a source's path is known as well, or an empty span: an alias, else the
 * path without a stripped prefix. `room` holds LIMIT_NAME_BYTES bytes. */
struct span taxonomy_short_name(const struct taxonomy *t, uint32_t codecs, struct span path,
                                uint8_t *room);

/* What is known of an event's discriminators when its class is looked for. */
struct disc_value {
    uint8_t disc;
    bool group; /* a container: present, but without text */
    struct span text;
};

/* The class of an event with these discriminators. Made when new, under a lock; beyond
 * TAXONOMY_CLASSES_MAX it is built in *scratch, which the caller owns. */
const struct class_own *taxonomy_class(const struct taxonomy *t, uint32_t codecs,
                                       const struct disc_value *values, uint32_t count,
                                       struct class_own *scratch);

/* Which tests of which values their class follows from: values that pass the same of them, and are
 * there as these are, have the same class. One test more than once, perhaps. */
typedef void taxonomy_reason_fn(void *arg, uint32_t value, const struct test *x);
void taxonomy_reasons(const struct taxonomy *t, uint32_t codecs, const struct disc_value *values,
                      uint32_t count, taxonomy_reason_fn *fn, void *arg);

/* Does one pattern of a test hold for a text? Case is ignored. */
bool pattern_holds(enum test_kind kind, struct span pattern, struct span text);

#endif
