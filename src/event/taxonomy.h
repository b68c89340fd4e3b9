/*
 * taxonomy.h - data/taxonomy: from a source's own shape to Sigma's names and logsource tags.
 *
 * A file of YAML describes one source; each of its rows is a view: when it applies, the tags it
 * gives, the names it adds. docs/taxonomy.md describes the language. Everything is read at load;
 * per event only discriminators are looked at (event.c).
 */
#ifndef TAXONOMY_H
#define TAXONOMY_H

#include "base/arena.h"
#include "base/base.h"
#include "event/names.h"

#define TAXONOMY_TAGS_MAX  8u /* values of one dimension in one view */
#define TAXONOMY_VIEWS_MAX 8u /* views of one class; more are dropped and counted */

/* One tag dimension: category has several values for registry events (registry_set,
 * registry_event). */
struct tag_set {
    struct span value[TAXONOMY_TAGS_MAX];
    uint32_t count;
};

struct view {
    uint32_t id;        /* 0.. in order of files and rows */
    struct span source; /* name of the taxonomy file's source: sysmon, fortigate, ... */
    struct tag_set product, category, service;
    const uint16_t *map;   /* name id -> source of it in this view, 0 = own name; NULL = no map */
    const uint32_t *lacks; /* name ids that this mapping can never have, ascending */
    uint32_t lacks_count;
};

struct event_class {
    uint32_t id; /* 0.. in order of first sight; UINT32_MAX for
                    one that the table had no room for */
    uint32_t view_count;
    const struct view *views[TAXONOMY_VIEWS_MAX]; /* the most specific first */
};

struct taxonomy;

/*
 * Read every *.yaml below `dir`. Names that the rows mention are added to `n`, which the caller
 * freezes after adding the rules' names; then taxonomy_bind() turns the rows into maps.
 * A bad file or row is an error with file and line: data that ships must be right. `n` must outlive
 * the taxonomy. taxonomy_load() is taxonomy_new() and taxonomy_add() for every file in byte order
 * of the paths, and adds the names of about.h; tests add their rows from memory.
 */
int taxonomy_new(struct taxonomy **out, struct err *e);
int taxonomy_add(struct taxonomy *t, struct span file, struct span yaml, struct names *n,
                 struct err *e);
int taxonomy_load(struct taxonomy **out, const char *dir, struct names *n, struct err *e);
int taxonomy_bind(struct taxonomy *t, const struct names *n, struct err *e);
void taxonomy_free(struct taxonomy **t);

uint32_t taxonomy_view_count(const struct taxonomy *t);
const struct view *taxonomy_view(const struct taxonomy *t, uint32_t id);

/* Does the view carry every tag that is given? An empty span asks nothing. Case is ignored. */
bool view_has_tags(const struct view *v, struct span product, struct span category,
                   struct span service);

/* The mapping can never have this field (a Sysmon field asked of a 4688 event). */
bool view_lacks(const struct view *v, uint32_t name);

/* A hash of all that values of these names follow from, beside the event: what was read, and the
 * names that differ in case or blanks from its own or from these. Equal for a taxonomy that was
 * read again, whatever other names rules have added. 0: there is no memory. After the bind. */
uint64_t taxonomy_reading(const struct taxonomy *t, const struct names *n, const struct span *names,
                          uint32_t count);

/* Some view makes this name's value out of others, so that it may be nowhere in the record. */
bool taxonomy_computes(const struct taxonomy *t, uint32_t name);

#endif
