/*
 * fill.h - template texts with the values of a JSON document in them (of template.h only).
 */
#ifndef FILL_H
#define FILL_H

#include "report/template.h"
#include "conf/yaml_tree.h"

struct fill_scope {
    json_t *value;
    size_t index; /* in its list, from 0 */
};

struct fill {
    const struct template *t;
    struct page *p; /* NULL: a message */
    struct template_gaps *gaps;
    struct err *e;
    struct fill_scope scopes[TEMPLATE_DEPTH_MAX];
    uint32_t depth; /* scopes; the first is the whole value */
};

/* Where a text goes: a text of the document, or plain bytes. */
struct fill_sink {
    struct page_text *text;
    struct buf *plain;
    uint8_t style;
};

/* "file:line: sentence" of the code; returns it. */
int fill_fault(const struct fill *f, const struct yaml_node *n, enum err_code code, const char *fmt,
               ...) CHECK_FORMAT(4, 5);

/* A fault when a key of the map is none of these words ("a b c"), or is given twice. */
int fill_keys(const struct fill *f, const struct yaml_node *map, const char *known);

/* The value at the path, or NULL; null counts as none. */
json_t *fill_find(const struct fill *f, struct span path);

/* "path", "!path", "path = word": there and neither false nor empty; not so; that text. */
bool fill_holds(const struct fill *f, struct span condition);

/* A template's text into the sink, its values in place. */
int fill_text(struct fill *f, const struct yaml_node *n, struct fill_sink *to);

/* The same as plain bytes without marks, copied into the document. */
int fill_plain(struct fill *f, const struct yaml_node *n, struct span *out);

/* Called for each item of the list at `for`, its scope entered; once when there is no `for`; not
 * at all when `if` does not hold. */
typedef int fill_item_fn(struct fill *f, const struct yaml_node *n, void *arg);
int fill_each(struct fill *f, const struct yaml_node *n, fill_item_fn *item, void *arg);

#endif
