/*
 * yaml_tree.h - a thin tree over libyaml's events, with line numbers.
 *
 * Rules and the like are small documents whose shape is known, so the tree is the least that reads them:
 * scalars, lists and maps as linked nodes. Keys of a map are spans on its children; a key given
 * twice is kept twice, and yaml_twice() finds it where the reader has to refuse it. Anchors,
 * aliases and tags are refused: nothing here needs them, and they are the way to make a small file
 * huge. Depth and size are bounded.
 *
 * Two arenas: nodes live in one that dies with the file, text in one that stays, so that what is
 * read out of the tree needs no second copy.
 */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include "base/arena.h"
#include "base/base.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    uint8_t kind;            /* enum yaml_kind */
    bool plain;              /* a scalar without quotes: may be a number, a boolean or null */
    uint32_t line;           /* from 1 */
    uint32_t count;          /* children */
    struct span key;         /* of a child of a map */
    struct span text;        /* of a scalar */
    struct yaml_node *first; /* children, linked by `next` */
    struct yaml_node *next;
};

struct yaml_document {
    struct yaml_node *root; /* NULL when the document is empty */
    struct span bytes;      /* of the input: from this document's start to the next one's */
    uint32_t line;
    struct yaml_document *next;
};

/*
 * Read every document of `in`. The list in *out holds the documents before the first fault, even
 * when an error is returned: a broken document does not take the good ones before it. Errors:
 * ERR_SYNTAX, ERR_UNSUPPORTED, ERR_LIMIT with e->at the line; ERR_NOMEM.
 */
int yaml_read(struct span in, struct arena *nodes, struct arena *text, struct yaml_document **out,
              struct err *e);

/* The child of that key, or NULL; `map` may be NULL or no map. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* The second child of the first key given twice, or NULL. `scratch` is used for big maps. */
struct yaml_node *yaml_twice(const struct yaml_node *map, struct arena *scratch);

/* What a plain scalar means by YAML 1.2's core schema. */
bool yaml_is_null(const struct yaml_node *n);
bool yaml_is_bool(const struct yaml_node *n, bool *value);
bool yaml_is_number(const struct yaml_node *n, double *value);

#endif
