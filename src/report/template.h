/*
 * template.h - forms as data: a YAML file (data/templates, docs/pages.md) says what a document has,
 * a JSON value fills it.
 *
 *   heading: "Mô tả"            {system.name}    the value there; missing: dots, and told
 *   text: "... {t0|datetime}"   {note?}          the value there; missing: nothing
 *   if: path    for: path       **bold** __italic__ [^a footnote]
 *
 * A value is text and nothing else: what looks like a mark in it is shown as it is. A path is
 * looked up in the item of the innermost `for`, then outwards, last in the whole value.
 *
 * Faults name the file, the line and the field: a key that is not known, a format that a value does
 * not have, a list that is none.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <jansson.h>

#include "report/page.h"

#define TEMPLATE_BYTES_MAX   (1024u * 1024)
#define TEMPLATE_DEPTH_MAX   16u  /* `for` in `for` */
#define TEMPLATE_MESSAGE_MAX 300u /* characters of a message */

struct yaml_node;

struct template
{
    struct arena nodes, text;
    struct yaml_node *root;
    const char *file;       /* borrowed */
    struct span name, help; /* help: one line about it */
    bool message;           /* has a short form */
};

/* What the value did not have: a line "line 12: {system.name}" each. */
struct template_gaps {
    struct buf text;
    uint32_t count;
};

/* ERR_SYNTAX, ERR_LIMIT, ERR_NOMEM with "file:line: sentence". Release it in any case. */
int template_read(struct template *t, struct span yaml, const char *file, struct err *e);
void template_release(struct template *t);

/* The document into `p`, which was just initialised. */
int template_fill(const struct template *t, json_t *value, struct page *p,
                  struct template_gaps *gaps, struct err *e);

/* Its short form, cut between words at TEMPLATE_MESSAGE_MAX characters ("…" is the last). */
int template_message(const struct template *t, json_t *value, struct buf *out,
                     struct template_gaps *gaps, struct err *e);

void template_gaps_init(struct template_gaps *g);
void template_gaps_release(struct template_gaps *g);

#endif
