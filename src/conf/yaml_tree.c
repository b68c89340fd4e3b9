/*
 * yaml_tree.c - from libyaml's events to a tree.
 *
 * The events are read one by one (yaml_document_load would build a second tree and resolve
 * aliases, which is what makes YAML bombs). The stack of open collections is an array, so depth
 * costs no C stack; a document that is nested deeper than LIMIT_RULE_DEPTH is refused.
 *
 * libyaml counts characters, not bytes: the bytes of a document, which are its hash, are found by
 * walking the input once more in step with the marks.
 *
 * Scalars are resolved by the core schema of YAML 1.2: `yes`, `no`, `on` and `off` are text, as
 * the authors of rules mean them (YAML 1.1 would make `State: on` a boolean).
 */
#include "conf/yaml_tree.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "base/num.h"

#define NODES_MAX     262144u /* in one file; LIMIT_RULE_FILE_BYTES bounds the rest */
#define MAP_SMALL_MAX 16u     /* children compared pair by pair */

struct builder {
    yaml_parser_t parser;
    struct arena *nodes, *text;
    struct span in;
    struct {
        struct yaml_node *node, *last;
        struct span key;
        bool has_key;
    } open[LIMIT_RULE_DEPTH];
    uint32_t depth;
    uint32_t node_count;
    struct yaml_document *document, **tail;
    size_t mark_chars, mark_bytes; /* a character index and the byte that it is at */
    struct err *e;
};

/* The byte offset of a character index; indexes only grow. */
static size_t builder_offset(struct builder *b, size_t chars)
{
    while (b->mark_chars < chars && b->mark_bytes < b->in.n) {
        b->mark_bytes++;
        while (b->mark_bytes < b->in.n && (b->in.p[b->mark_bytes] & 0xc0) == 0x80)
            b->mark_bytes++;
        b->mark_chars++;
    }
    return b->mark_bytes;
}

static uint32_t event_line(const yaml_event_t *ev)
{
    return (uint32_t)ev->start_mark.line + 1;
}

static int builder_fault(struct builder *b, enum err_code code, const yaml_event_t *ev,
                         const char *why)
{
    return err_set(b->e, code, event_line(ev), "%s.", why);
}

static int builder_parser_fault(struct builder *b)
{
    const yaml_parser_t *p = &b->parser;
    size_t line = p->problem_mark.line + 1;

    if (p->error == YAML_MEMORY_ERROR)
        return err_set(b->e, ERR_NOMEM, 0, "There is no memory to read the YAML.");
    if (p->error == YAML_READER_ERROR) {
        line = 1;
        for (size_t i = 0; i < p->problem_offset && i < b->in.n; i++)
            line += b->in.p[i] == '\n';
        return err_set(b->e, ERR_SYNTAX, line, "This is not UTF-8 text: %s.",
                       p->problem != NULL ? p->problem : "bad bytes");
    }
    return err_set(b->e, ERR_SYNTAX, line, "This is not YAML: %s%s%s (column %zu).",
                   p->context != NULL ? p->context : "", p->context != NULL ? ", " : "",
                   p->problem != NULL ? p->problem : "malformed", p->problem_mark.column + 1);
}

static struct yaml_node *builder_node(struct builder *b, enum yaml_kind kind,
                                      const yaml_event_t *ev)
{
    struct yaml_node *n = NULL;

    if (b->node_count++ < NODES_MAX)
        n = arena_alloc(b->nodes, sizeof(*n));
    if (n != NULL) {
        n->kind = (uint8_t)kind;
        n->line = event_line(ev);
    }
    return n;
}

/* Hang a finished or just opened node into what is open. */
static void builder_attach(struct builder *b, struct yaml_node *n)
{
    if (b->depth == 0) {
        b->document->root = n;
        return;
    }
    if (b->open[b->depth - 1].last == NULL)
        b->open[b->depth - 1].node->first = n;
    else
        b->open[b->depth - 1].last->next = n;
    b->open[b->depth - 1].last = n;
    b->open[b->depth - 1].node->count++;
    n->key = b->open[b->depth - 1].key;
    b->open[b->depth - 1].has_key = false;
}

static bool builder_wants_key(const struct builder *b)
{
    return b->depth > 0 && b->open[b->depth - 1].node->kind == YAML_MAP &&
           !b->open[b->depth - 1].has_key;
}

static int builder_scalar(struct builder *b, const yaml_event_t *ev)
{
    struct span text = { ev->data.scalar.value, ev->data.scalar.length };
    struct yaml_node *n;

    if (ev->data.scalar.anchor != NULL || ev->data.scalar.tag != NULL)
        return builder_fault(b, ERR_UNSUPPORTED, ev, "YAML anchors and tags are not read here");
    text = arena_span(b->text, text);
    if (text.p == NULL)
        return builder_fault(b, ERR_NOMEM, ev, "There is no memory to read the YAML");
    if (builder_wants_key(b)) {
        b->open[b->depth - 1].key = text;
        b->open[b->depth - 1].has_key = true;
        return ERR_OK;
    }
    n = builder_node(b, YAML_SCALAR, ev);
    if (n == NULL)
        return builder_fault(b, ERR_LIMIT, ev, "The file holds more YAML than a file may");
    n->text = text;
    n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    builder_attach(b, n);
    return ERR_OK;
}

static int builder_open(struct builder *b, enum yaml_kind kind, const yaml_event_t *ev)
{
    bool marked = kind == YAML_MAP ? ev->data.mapping_start.anchor || ev->data.mapping_start.tag
                                   : ev->data.sequence_start.anchor || ev->data.sequence_start.tag;
    struct yaml_node *n;

    if (marked)
        return builder_fault(b, ERR_UNSUPPORTED, ev, "YAML anchors and tags are not read here");
    if (builder_wants_key(b))
        return builder_fault(b, ERR_UNSUPPORTED, ev, "A key must be plain text, not a list or map");
    if (b->depth == COUNT_OF(b->open))
        return builder_fault(b, ERR_LIMIT, ev, "The document is nested too deep");
    n = builder_node(b, kind, ev);
    if (n == NULL)
        return builder_fault(b, ERR_LIMIT, ev, "The file holds more YAML than a file may");
    builder_attach(b, n);
    b->open[b->depth].node = n;
    b->open[b->depth].last = NULL;
    b->open[b->depth].has_key = false;
    b->depth++;
    return ERR_OK;
}

static int builder_document(struct builder *b, const yaml_event_t *ev)
{
    bool first = b->document == NULL;
    size_t at = first ? 0 : builder_offset(b, ev->start_mark.index);
    struct yaml_document *d = arena_alloc(b->nodes, sizeof(*d));

    if (d == NULL)
        return builder_fault(b, ERR_NOMEM, ev, "There is no memory to read the YAML");
    if (!first)
        b->document->bytes.n = (size_t)(b->in.p + at - b->document->bytes.p);
    d->bytes = span_from(b->in, at);
    d->line = event_line(ev);
    b->document = d;
    return ERR_OK;
}

static int builder_event(struct builder *b, const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_DOCUMENT_START_EVENT:
        return builder_document(b, ev);
    case YAML_DOCUMENT_END_EVENT:
        *b->tail = b->document; /* whole, so it may be handed out */
        b->tail = &b->document->next;
        return ERR_OK;
    case YAML_SCALAR_EVENT:
        return builder_scalar(b, ev);
    case YAML_SEQUENCE_START_EVENT:
        return builder_open(b, YAML_LIST, ev);
    case YAML_MAPPING_START_EVENT:
        return builder_open(b, YAML_MAP, ev);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        MUST(b->depth > 0);
        b->depth--;
        return ERR_OK;
    case YAML_ALIAS_EVENT:
        return builder_fault(b, ERR_UNSUPPORTED, ev, "YAML aliases are not read here");
    default:
        return ERR_OK;
    }
}

int yaml_read(struct span in, struct arena *nodes, struct arena *text, struct yaml_document **out,
              struct err *e)
{
    struct builder b = { .nodes = nodes, .text = text, .tail = out, .e = e };
    yaml_event_t ev;
    bool end = false;
    int rc = ERR_OK;

    MUST(out != NULL);
    *out = NULL;
    if (in.n > LIMIT_RULE_FILE_BYTES)
        return err_set(e, ERR_LIMIT, 1, "The file is larger than %d bytes.", LIMIT_RULE_FILE_BYTES);
    if (span_starts(in, SPAN_LIT("\xef\xbb\xbf")))
        in = span_from(in, 3);
    b.in = in;
    if (!yaml_parser_initialize(&b.parser))
        return err_set(e, ERR_NOMEM, 0, "There is no memory to read the YAML.");
    yaml_parser_set_input_string(&b.parser, in.n > 0 ? in.p : (const uint8_t *)"", in.n);
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    while (rc == ERR_OK && !end) {
        if (!yaml_parser_parse(&b.parser, &ev)) {
            rc = builder_parser_fault(&b);
            break;
        }
        end = ev.type == YAML_STREAM_END_EVENT;
        rc = builder_event(&b, &ev);
        yaml_event_delete(&ev);
    }
    yaml_parser_delete(&b.parser);
    return rc;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    struct span k = span_of(key);

    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (struct yaml_node *n = map->first; n != NULL; n = n->next) {
        if (span_eq(n->key, k))
            return n;
    }
    return NULL;
}

static int key_order(const void *a, const void *b)
{
    const struct yaml_node *x = *(struct yaml_node *const *)a;
    const struct yaml_node *y = *(struct yaml_node *const *)b;
    int d = span_cmp(x->key, y->key);

    return d != 0 ? d : (x->line > y->line) - (x->line < y->line);
}

static struct yaml_node *yaml_twice_big(const struct yaml_node *map, struct arena *scratch)
{
    struct yaml_node **all = arena_array(scratch, map->count, sizeof(struct yaml_node *));
    struct yaml_node *twice = NULL;
    size_t n = 0;

    if (all == NULL)
        return NULL;
    for (struct yaml_node *c = map->first; c != NULL; c = c->next)
        all[n++] = c;
    MUST(n == map->count);
    qsort(all, n, sizeof(struct yaml_node *), key_order);
    for (size_t i = 1; i < n; i++) {
        if (span_eq(all[i - 1]->key, all[i]->key) && (twice == NULL || all[i]->line < twice->line))
            twice = all[i];
    }
    return twice;
}

struct yaml_node *yaml_twice(const struct yaml_node *map, struct arena *scratch)
{
    MUST(map->kind == YAML_MAP);
    if (map->count > MAP_SMALL_MAX)
        return yaml_twice_big(map, scratch);
    for (struct yaml_node *b = map->first; b != NULL; b = b->next) {
        for (const struct yaml_node *a = map->first; a != b; a = a->next) {
            if (span_eq(a->key, b->key))
                return b;
        }
    }
    return NULL;
}

static bool is_one_of(struct span s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_eq(s, span_of(words[i])))
            return true;
    }
    return false;
}

bool yaml_is_null(const struct yaml_node *n)
{
    static const char *const words[] = { "", "~", "null", "Null", "NULL" };

    return n->kind == YAML_SCALAR && n->plain && is_one_of(n->text, words, COUNT_OF(words));
}

bool yaml_is_bool(const struct yaml_node *n, bool *value)
{
    static const char *const yes[] = { "true", "True", "TRUE" };
    static const char *const no[] = { "false", "False", "FALSE" };

    if (n->kind != YAML_SCALAR || !n->plain)
        return false;
    *value = is_one_of(n->text, yes, COUNT_OF(yes));
    return *value || is_one_of(n->text, no, COUNT_OF(no));
}

bool yaml_is_number(const struct yaml_node *n, double *value)
{
    uint64_t u;

    if (n->kind != YAML_SCALAR || !n->plain || n->text.n == 0)
        return false;
    if (span_starts(n->text, SPAN_LIT("0x")) && num_hex(n->text, &u)) {
        *value = (double)u;
        return true;
    }
    return num_double(n->text, value);
}
