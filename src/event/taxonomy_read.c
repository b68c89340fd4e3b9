/*
 * taxonomy_read.c - one YAML file of the taxonomy into rows, aliases and overlays.
 *
 * libyaml builds the document; what follows walks it along the fixed shape of docs/taxonomy.md,
 * never deeper than that shape, so that neither depth nor anchors that refer to each other can
 * hurt. Keys are rows of a table (name, function); a key that is not in the table is an error:
 * a mistyped key must not silently change what is detected. Every error names file and line.
 *
 * What is read stays in the taxonomy's arena; the YAML document is gone afterwards.
 */
#include "event/taxonomy_own.h"

#include <stdarg.h>
#include <stdio.h>
#include <yaml.h>

#include "base/limits.h"
#include "wire/codec.h"

struct reader {
    struct taxonomy *t;
    struct names *n;
    struct span file;
    yaml_document_t doc;
    struct err *e;
    /* of the file */
    struct span source;
    struct condition when;
    struct tag_set product, category, service;
    uint32_t codecs;
    uint32_t alias_first; /* aliases of this file start here */
    bool rows_began;      /* what rules all rows must stand before them */
    /* of the row or overlay at hand */
    struct row_body *body;
};

static uint32_t line_of(const yaml_node_t *node)
{
    return node == NULL ? 1 : (uint32_t)node->start_mark.line + 1;
}

#define FAIL(rd, node, ...) fail_at(rd, node, ERR_SYNTAX, __VA_ARGS__)

static int fail_at(struct reader *rd, const yaml_node_t *node, enum err_code code, const char *fmt,
                   ...) CHECK_FORMAT(4, 5);

static int fail_at(struct reader *rd, const yaml_node_t *node, enum err_code code, const char *fmt,
                   ...)
{
    char why[160];
    va_list ap;
    int n = (int)rd->file.n;

    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, ap); /* a cut sentence is still a sentence */
    va_end(ap);
    if (n > 100)
        n = 100;
    return err_set(rd->e, code, line_of(node), "%.*s:%u: %s", n,
                   (const char *)rd->file.p + (rd->file.n - (size_t)n), line_of(node), why);
}

static int no_memory(struct reader *rd)
{
    return fail_at(rd, NULL, ERR_NOMEM, "no memory for the taxonomy");
}

static const yaml_node_t *node_at(struct reader *rd, int index)
{
    return yaml_document_get_node(&rd->doc, index);
}

static struct span scalar_of(const yaml_node_t *node)
{
    return (struct span){ node->data.scalar.value, node->data.scalar.length };
}

/* A non-empty scalar, copied. */
static int read_text(struct reader *rd, const yaml_node_t *node, struct span *out)
{
    if (node == NULL || node->type != YAML_SCALAR_NODE)
        return FAIL(rd, node, "a text is expected here");
    *out = arena_span(&rd->t->mem, scalar_of(node));
    return out->p == NULL ? no_memory(rd) : ERR_OK;
}

static int read_name(struct reader *rd, const yaml_node_t *node, uint32_t *id)
{
    struct span s;

    if (node == NULL || node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0)
        return FAIL(rd, node, "a field name is expected here");
    s = scalar_of(node);
    if (s.n >= LIMIT_NAME_BYTES)
        return FAIL(rd, node, "a field name is longer than %d bytes", LIMIT_NAME_BYTES);
    *id = names_add(rd->n, s);
    return *id == 0 ? no_memory(rd) : ERR_OK;
}

static int read_bool(struct reader *rd, const yaml_node_t *node, bool *out)
{
    if (node != NULL && node->type == YAML_SCALAR_NODE) {
        *out = span_eq(scalar_of(node), SPAN_LIT("true"));
        if (*out || span_eq(scalar_of(node), SPAN_LIT("false")))
            return ERR_OK;
    }
    return FAIL(rd, node, "true or false is expected here");
}

/* A scalar stands for a list of one. */
static size_t list_size(const yaml_node_t *node)
{
    if (node->type == YAML_SCALAR_NODE)
        return 1;
    if (node->type != YAML_SEQUENCE_NODE)
        return 0;
    return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

static const yaml_node_t *list_item(struct reader *rd, const yaml_node_t *node, size_t i)
{
    return node->type == YAML_SCALAR_NODE ? node : node_at(rd, node->data.sequence.items.start[i]);
}

static size_t map_size(const yaml_node_t *node)
{
    return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
}

/* --- Tables of keys ------------------------------------------------------------------------- */

struct key_row {
    const char *name;
    int (*read)(struct reader *rd, const yaml_node_t *value);
};

static int read_map(struct reader *rd, const yaml_node_t *node, const struct key_row *keys,
                    size_t count)
{
    if (node == NULL || node->type != YAML_MAPPING_NODE)
        return FAIL(rd, node, "a map is expected here");
    for (size_t i = 0; i < map_size(node); i++) {
        const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
        const yaml_node_t *key = node_at(rd, pair->key);
        size_t k = 0;
        int rc;

        if (key == NULL || key->type != YAML_SCALAR_NODE)
            return FAIL(rd, key, "a key must be a text");
        while (k < count && !span_eq(scalar_of(key), span_of(keys[k].name)))
            k++;
        if (k == count)
            return FAIL(rd, key, "unknown key '%.60s'", (const char *)key->data.scalar.value);
        rc = keys[k].read(rd, node_at(rd, pair->value));
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

/* --- Lists ---------------------------------------------------------------------------------- */

static int read_tags(struct reader *rd, const yaml_node_t *node, struct tag_set *out)
{
    size_t count = node == NULL ? 0 : list_size(node);

    if (count == 0 || count > TAXONOMY_TAGS_MAX)
        return FAIL(rd, node, "1 to %u tags are expected here", TAXONOMY_TAGS_MAX);
    out->count = 0;
    for (size_t i = 0; i < count; i++) {
        int rc = read_text(rd, list_item(rd, node, i), &out->value[i]);

        if (rc != ERR_OK)
            return rc;
        out->count++;
    }
    return ERR_OK;
}

static int read_ids(struct reader *rd, const yaml_node_t *node, struct ids *out)
{
    size_t count = node == NULL ? 0 : list_size(node);

    if (count == 0)
        return FAIL(rd, node, "a list of field names is expected here");
    out->id = arena_array(&rd->t->mem, count, sizeof(*out->id));
    if (out->id == NULL)
        return no_memory(rd);
    for (size_t i = 0; i < count; i++) {
        int rc = read_name(rd, list_item(rd, node, i), &out->id[i]);

        if (rc != ERR_OK)
            return rc;
    }
    out->count = (uint32_t)count;
    return ERR_OK;
}

static int read_codecs(struct reader *rd, const yaml_node_t *node, uint32_t *out)
{
    size_t count = node == NULL ? 0 : list_size(node);

    if (count == 0)
        return FAIL(rd, node, "a list of codecs is expected here");
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = list_item(rd, node, i);
        unsigned id = 1;

        if (item == NULL || item->type != YAML_SCALAR_NODE)
            return FAIL(rd, item, "the name of a codec is expected here");
        while (id < CODECS && !span_eq(scalar_of(item), span_of(codec_name((enum codec_id)id))))
            id++;
        if (id == CODECS)
            return FAIL(rd, item, "there is no codec '%.40s'",
                        (const char *)item->data.scalar.value);
        *out |= 1u << id;
    }
    return ERR_OK;
}

/* --- Conditions ----------------------------------------------------------------------------- */

static int disc_find(struct reader *rd, const yaml_node_t *key, uint32_t name)
{
    struct taxonomy *t = rd->t;

    for (uint32_t i = 0; i < t->disc_count; i++) {
        if (t->disc[i].name == name)
            return (int)i;
    }
    if (t->disc_count == TAXONOMY_DISC_MAX)
        return fail_at(rd, key, ERR_LIMIT, "more than %u fields are asked by `when`",
                       TAXONOMY_DISC_MAX);
    t->disc[t->disc_count] = (struct disc){ .name = name, .mode = BY_PRESENCE };
    return (int)t->disc_count++;
}

/* Remember a prefix, suffix or part so that event.c can evaluate all of a field's at once. */
static int disc_pattern(struct reader *rd, const yaml_node_t *node, struct disc *d, uint8_t kind,
                        struct span text)
{
    for (uint32_t i = 0; i < d->pattern_count; i++) {
        if (d->pattern_kind[i] == kind && span_eq_nocase(d->pattern[i], text))
            return ERR_OK;
    }
    if (d->pattern_count == TAXONOMY_TESTS_MAX)
        return fail_at(rd, node, ERR_LIMIT, "more than %u patterns on one field",
                       TAXONOMY_TESTS_MAX);
    d->pattern_kind[d->pattern_count] = kind;
    d->pattern[d->pattern_count++] = text;
    if (d->mode == BY_PRESENCE)
        d->mode = BY_TESTS;
    return ERR_OK;
}

/* "text", "text*", "*text", "*text*", "*". */
static int read_pattern(struct reader *rd, const yaml_node_t *node, struct disc *d, uint8_t *kind,
                        struct span *text)
{
    bool head, tail;
    int rc = read_text(rd, node, text);

    if (rc != ERR_OK)
        return rc;
    tail = text->n > 0 && text->p[text->n - 1] == '*';
    text->n -= tail ? 1 : 0;
    head = text->n > 0 && text->p[0] == '*';
    *text = span_from(*text, head ? 1 : 0);
    if (!head && !tail) {
        *kind = TEST_EQ;
        d->mode = BY_VALUE;
        return ERR_OK;
    }
    *kind = (uint8_t)(head && tail ? TEST_CONTAINS : head ? TEST_ENDS : TEST_STARTS);
    if (text->n == 0) {
        *kind = TEST_EXISTS;
        return ERR_OK;
    }
    return disc_pattern(rd, node, d, *kind, *text);
}

static int read_test_values(struct reader *rd, const yaml_node_t *node, struct test *x)
{
    size_t count = node == NULL ? 0 : list_size(node);

    if (count == 0)
        return FAIL(rd, node, "a value or a list of values is expected here");
    x->kind = arena_bytes(&rd->t->mem, count);
    x->text = arena_array(&rd->t->mem, count, sizeof(*x->text));
    if (x->kind == NULL || x->text == NULL)
        return no_memory(rd);
    for (size_t i = 0; i < count; i++) {
        int rc = read_pattern(rd, list_item(rd, node, i), &rd->t->disc[x->disc], &x->kind[i],
                              &x->text[i]);

        if (rc != ERR_OK)
            return rc;
    }
    x->count = (uint32_t)count;
    return ERR_OK;
}

static int read_exists(struct reader *rd, const yaml_node_t *node, struct test *x)
{
    bool yes;
    int rc = read_bool(rd, node, &yes);

    if (rc != ERR_OK)
        return rc;
    x->kind = arena_bytes(&rd->t->mem, 1);
    x->text = arena_array(&rd->t->mem, 1, sizeof(*x->text));
    if (x->kind == NULL || x->text == NULL)
        return no_memory(rd);
    x->kind[0] = TEST_EXISTS;
    x->count = 1;
    x->negate = !yes;
    return ERR_OK;
}

/* field: value | [values] | { not: ... } | { exists: true | false } */
static int read_test(struct reader *rd, const yaml_node_t *key, const yaml_node_t *value,
                     struct test *x)
{
    const yaml_node_t *inner;
    uint32_t name;
    int rc = read_name(rd, key, &name);
    struct span word;

    if (rc != ERR_OK)
        return rc;
    rc = disc_find(rd, key, name);
    if (rc < 0)
        return rc;
    *x = (struct test){ .disc = (uint8_t)rc };
    if (value == NULL || value->type != YAML_MAPPING_NODE)
        return read_test_values(rd, value, x);
    if (map_size(value) != 1)
        return FAIL(rd, value, "one of `exists` and `not` is expected here");
    inner = node_at(rd, value->data.mapping.pairs.start[0].key);
    if (inner == NULL || inner->type != YAML_SCALAR_NODE)
        return FAIL(rd, value, "one of `exists` and `not` is expected here");
    word = scalar_of(inner);
    inner = node_at(rd, value->data.mapping.pairs.start[0].value);
    if (span_eq(word, SPAN_LIT("exists")))
        return read_exists(rd, inner, x);
    if (!span_eq(word, SPAN_LIT("not")))
        return FAIL(rd, value, "one of `exists` and `not` is expected here");
    x->negate = true;
    return read_test_values(rd, inner, x);
}

static int read_test_all(struct reader *rd, const yaml_node_t *node, struct test_all *out)
{
    if (node == NULL || node->type != YAML_MAPPING_NODE || map_size(node) == 0)
        return FAIL(rd, node, "a map of field: value is expected here");
    *out = (struct test_all){ 0 };
    out->tests = arena_array(&rd->t->mem, map_size(node), sizeof(*out->tests));
    if (out->tests == NULL)
        return no_memory(rd);
    for (size_t i = 0; i < map_size(node); i++) {
        const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
        const yaml_node_t *key = node_at(rd, pair->key);
        int rc;

        if (key != NULL && key->type == YAML_SCALAR_NODE &&
            span_eq(scalar_of(key), SPAN_LIT("codec")))
            rc = read_codecs(rd, node_at(rd, pair->value), &out->codecs);
        else
            rc = read_test(rd, key, node_at(rd, pair->value), &out->tests[out->count++]);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

/* A map (all must hold), or a list of maps (any). */
static int read_condition(struct reader *rd, const yaml_node_t *node, struct condition *out)
{
    size_t count = node == NULL                       ? 0
                   : node->type == YAML_MAPPING_NODE  ? 1
                   : node->type == YAML_SEQUENCE_NODE ? list_size(node)
                                                      : 0;

    if (count == 0 || count > 64)
        return FAIL(rd, node, "a map, or a list of 1 to 64 maps, is expected here");
    out->any = arena_array(&rd->t->mem, count, sizeof(*out->any));
    if (out->any == NULL)
        return no_memory(rd);
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *one = node->type == YAML_MAPPING_NODE ? node : list_item(rd, node, i);
        int rc = read_test_all(rd, one, &out->any[i]);

        if (rc != ERR_OK)
            return rc;
    }
    out->count = (uint32_t)count;
    return ERR_OK;
}

/* The file's condition and the row's: every pair of alternatives. */
static int both_conditions(struct reader *rd, struct condition a, struct condition b,
                           struct condition *out)
{
    if (a.count == 0 || b.count == 0) {
        *out = a.count == 0 ? b : a;
        return ERR_OK;
    }
    out->any = arena_array(&rd->t->mem, (size_t)a.count * b.count, sizeof(*out->any));
    if (out->any == NULL)
        return no_memory(rd);
    out->count = 0;
    for (uint32_t i = 0; i < a.count * b.count; i++) {
        const struct test_all *x = &a.any[i / b.count], *y = &b.any[i % b.count];
        struct test_all *z = &out->any[out->count++];

        z->codecs = x->codecs == 0 ? y->codecs : y->codecs == 0 ? x->codecs : x->codecs & y->codecs;
        if (z->codecs == 0 && x->codecs != 0) {
            out->count--; /* no codec is in both */
            continue;
        }
        z->tests = arena_array(&rd->t->mem, (size_t)x->count + y->count, sizeof(*z->tests));
        if (z->tests == NULL)
            return no_memory(rd);
        z->count = x->count + y->count;
        memcpy(z->tests, x->tests, x->count * sizeof(*x->tests));
        memcpy(z->tests + x->count, y->tests, y->count * sizeof(*y->tests));
    }
    return out->count > 0 ? ERR_OK
                          : FAIL(rd, NULL, "the file's and the row's codecs exclude each other");
}

/* --- Field rules ---------------------------------------------------------------------------- */

/* "{Domain}\{User}" into parts. */
static int read_parts(struct reader *rd, const yaml_node_t *node, struct span s, struct computed *c)
{
    c->parts = arena_array(&rd->t->mem, TAXONOMY_PARTS_MAX, sizeof(*c->parts));
    if (c->parts == NULL)
        return no_memory(rd);
    while (s.n > 0) {
        size_t end = s.p[0] == '{' ? span_find(s, '}') : span_find(s, '{');
        struct part *p = &c->parts[c->part_count];

        if (c->part_count == TAXONOMY_PARTS_MAX)
            return FAIL(rd, node, "more than %u parts", TAXONOMY_PARTS_MAX);
        if (s.p[0] != '{') {
            p->literal = arena_span(&rd->t->mem, (struct span){ s.p, end });
            s = span_from(s, end);
        } else {
            if (end == s.n || end < 2 || end > LIMIT_NAME_BYTES)
                return FAIL(rd, node, "'{' without a field name and '}'");
            p->name = names_add(rd->n, (struct span){ s.p + 1, end - 1 });
            s = span_from(s, end + 1);
        }
        if (p->name == 0 && p->literal.p == NULL)
            return no_memory(rd);
        c->part_count++;
    }
    return ERR_OK;
}

static int read_pairs(struct reader *rd, const yaml_node_t *node, struct step *s)
{
    if (node == NULL || node->type != YAML_MAPPING_NODE || map_size(node) == 0 ||
        map_size(node) > STEP_PAIRS_MAX)
        return FAIL(rd, node, "a map of 1 to %u texts is expected here", STEP_PAIRS_MAX);
    s->count = (uint32_t)map_size(node);
    s->from = arena_array(&rd->t->mem, s->count, sizeof(*s->from));
    s->to = arena_array(&rd->t->mem, s->count, sizeof(*s->to));
    if (s->from == NULL || s->to == NULL)
        return no_memory(rd);
    for (uint32_t i = 0; i < s->count; i++) {
        const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
        int rc = read_text(rd, node_at(rd, pair->key), &s->from[i]);

        if (rc == ERR_OK)
            rc = read_text(rd, node_at(rd, pair->value), &s->to[i]);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

static int read_texts(struct reader *rd, const yaml_node_t *node, size_t max, struct step *s)
{
    size_t count = node == NULL ? 0 : list_size(node);

    if (count == 0 || count > max)
        return FAIL(rd, node, "1 to %zu texts are expected here", max);
    s->from = arena_array(&rd->t->mem, count, sizeof(*s->from));
    if (s->from == NULL)
        return no_memory(rd);
    for (size_t i = 0; i < count; i++) {
        int rc = read_text(rd, list_item(rd, node, i), &s->from[i]);

        if (rc != ERR_OK)
            return rc;
    }
    s->count = (uint32_t)count;
    return ERR_OK;
}

static int read_step(struct reader *rd, const yaml_node_t *key, const yaml_node_t *value,
                     struct step *s)
{
    enum step_arg arg;

    if (!step_find(scalar_of(key), &s->id, &arg))
        return FAIL(rd, key, "there is no step '%.40s'", (const char *)key->data.scalar.value);
    if (arg == STEP_PAIRS)
        return read_pairs(rd, value, s);
    if (arg != STEP_NONE)
        return read_texts(rd, value, arg == STEP_TEXT ? 1 : STEP_PAIRS_MAX, s);
    if (value == NULL || value->type != YAML_SCALAR_NODE ||
        !span_eq(scalar_of(value), SPAN_LIT("true")))
        return FAIL(rd, key, "this step takes only `true`");
    return ERR_OK;
}

static int add_source(struct reader *rd, struct source s)
{
    struct taxonomy *t = rd->t;

    if (t->source_count == TAXONOMY_SOURCES_MAX)
        return fail_at(rd, NULL, ERR_LIMIT, "more than %u field sources", TAXONOMY_SOURCES_MAX);
    if (!taxonomy_room((void **)&t->sources, t->source_count, &t->source_cap, sizeof(*t->sources)))
        return no_memory(rd);
    t->sources[t->source_count++] = s;
    return ERR_OK;
}

static int add_computed(struct reader *rd, const yaml_node_t *node, struct computed c)
{
    struct taxonomy *t = rd->t;

    if (t->computed_count == TAXONOMY_COMPUTED_MAX)
        return fail_at(rd, node, ERR_LIMIT, "more than %u computed fields", TAXONOMY_COMPUTED_MAX);
    if (!taxonomy_room((void **)&t->computed, t->computed_count, &t->computed_cap,
                       sizeof(*t->computed)))
        return no_memory(rd);
    t->computed[t->computed_count++] = c;
    return add_source(rd, (struct source){ 0, t->computed_count - 1 });
}

/* What stands beside one `from`: its steps, in the order in which they are written. */
struct step_list {
    struct step steps[TAXONOMY_PARTS_MAX];
    uint32_t count;
    bool last, joins;
    struct span join;
};

/* One `from` with what stands beside it: a plain field alone stays one. */
static int read_from(struct reader *rd, const yaml_node_t *node, struct span target,
                     const struct step_list *list)
{
    struct computed c = { .target = target,
                          .step_count = list->count,
                          .last = list->last,
                          .joins = list->joins,
                          .join = list->join };
    uint32_t name;
    int rc;

    if (node == NULL || node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0)
        return FAIL(rd, node, "a field name is expected here");
    if (list->count == 0 && !list->last && !list->joins &&
        span_find(scalar_of(node), '{') == node->data.scalar.length) {
        rc = read_name(rd, node, &name);
        return rc != ERR_OK ? rc : add_source(rd, (struct source){ name, 0 });
    }
    if (span_find(scalar_of(node), '{') == node->data.scalar.length) {
        rc = read_name(rd, node, &name);
        if (rc != ERR_OK)
            return rc;
        c.parts = arena_alloc(&rd->t->mem, sizeof(*c.parts));
        if (c.parts == NULL)
            return no_memory(rd);
        c.parts[0].name = name;
        c.part_count = 1;
    } else {
        rc = read_parts(rd, node, scalar_of(node), &c);
        if (rc != ERR_OK)
            return rc;
    }
    if (list->count > 0) {
        c.steps = arena_array(&rd->t->mem, list->count, sizeof(*c.steps));
        if (c.steps == NULL)
            return no_memory(rd);
        memcpy(c.steps, list->steps, list->count * sizeof(*list->steps));
    }
    return add_computed(rd, node, c);
}

/* { const: text } */
static int read_const(struct reader *rd, const yaml_node_t *node, struct span target)
{
    struct computed c = { .target = target, .part_count = 1 };

    c.parts = arena_alloc(&rd->t->mem, sizeof(*c.parts));
    if (c.parts == NULL)
        return no_memory(rd);
    if (read_text(rd, node, &c.parts[0].literal) != ERR_OK)
        return rd->e == NULL ? ERR_SYNTAX : (int)rd->e->code;
    return add_computed(rd, node, c);
}

static int add_step(struct reader *rd, const yaml_node_t *key, const yaml_node_t *value,
                    struct step_list *list)
{
    if (list->count == TAXONOMY_PARTS_MAX)
        return FAIL(rd, key, "more than %u steps", TAXONOMY_PARTS_MAX);
    list->steps[list->count] = (struct step){ 0 };
    return read_step(rd, key, value, &list->steps[list->count++]);
}

/* steps: [ { step: argument }, ... ], for when one is needed twice: a map has a key once. */
static int read_step_list(struct reader *rd, const yaml_node_t *node, struct step_list *list)
{
    if (node == NULL || node->type != YAML_SEQUENCE_NODE)
        return FAIL(rd, node, "a list of steps is expected here");
    for (size_t i = 0; i < list_size(node); i++) {
        const yaml_node_t *one = list_item(rd, node, i), *key = NULL;
        int rc;

        if (one != NULL && one->type == YAML_MAPPING_NODE && map_size(one) == 1)
            key = node_at(rd, one->data.mapping.pairs.start[0].key);
        if (key == NULL || key->type != YAML_SCALAR_NODE)
            return FAIL(rd, one, "a map of one step is expected here");
        rc = add_step(rd, key, node_at(rd, one->data.mapping.pairs.start[0].value), list);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

static int read_last(struct reader *rd, const yaml_node_t *node, struct step_list *list)
{
    if (node == NULL || node->type != YAML_SCALAR_NODE ||
        !span_eq(scalar_of(node), SPAN_LIT("true")))
        return FAIL(rd, node, "`last` takes only `true`");
    list->last = true;
    return ERR_OK;
}

static int read_join(struct reader *rd, const yaml_node_t *node, struct step_list *list)
{
    list->joins = true;
    return read_text(rd, node, &list->join);
}

/* { from: a | [a, b], last: true, join: text, step: argument, ... } */
static int read_spec(struct reader *rd, const yaml_node_t *node, struct span target)
{
    struct step_list list = { .count = 0 };
    const yaml_node_t *from = NULL;

    for (size_t i = 0; i < map_size(node); i++) {
        const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
        const yaml_node_t *key = node_at(rd, pair->key), *value = node_at(rd, pair->value);
        int rc;

        if (key == NULL || key->type != YAML_SCALAR_NODE)
            return FAIL(rd, key, "a key must be a text");
        if (span_eq(scalar_of(key), SPAN_LIT("const")))
            return read_const(rd, value, target);
        if (span_eq(scalar_of(key), SPAN_LIT("from"))) {
            from = value;
            continue;
        }
        if (span_eq(scalar_of(key), SPAN_LIT("steps")))
            rc = read_step_list(rd, value, &list);
        else if (span_eq(scalar_of(key), SPAN_LIT("last")))
            rc = read_last(rd, value, &list);
        else if (span_eq(scalar_of(key), SPAN_LIT("join")))
            rc = read_join(rd, value, &list);
        else
            rc = add_step(rd, key, value, &list);
        if (rc != ERR_OK)
            return rc;
    }
    if (from == NULL || list_size(from) == 0)
        return FAIL(rd, node, "`from` with a field or a list of fields is missing");
    for (size_t i = 0; i < list_size(from); i++) {
        int rc = read_from(rd, list_item(rd, from, i), target, &list);

        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

static int read_alternatives(struct reader *rd, const yaml_node_t *node, struct span target)
{
    static const struct step_list none;
    size_t count = node == NULL ? 0 : node->type == YAML_MAPPING_NODE ? 1 : list_size(node);

    if (count == 0 || count > 64)
        return FAIL(rd, node, "a field, or a list of 1 to 64, is expected here");
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *one = node->type == YAML_MAPPING_NODE ? node : list_item(rd, node, i);
        int rc = one != NULL && one->type == YAML_MAPPING_NODE ? read_spec(rd, one, target)
                                                               : read_from(rd, one, target, &none);

        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

static int read_fields(struct reader *rd, const yaml_node_t *node)
{
    struct row_body *b = rd->body;
    struct taxonomy *t = rd->t;

    if (node == NULL || node->type != YAML_MAPPING_NODE)
        return FAIL(rd, node, "a map of Sigma name: source is expected here");
    b->rules = arena_array(&t->mem, map_size(node) + 1, sizeof(*b->rules));
    if (b->rules == NULL)
        return no_memory(rd);
    for (size_t i = 0; i < map_size(node); i++) {
        const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
        struct field_rule *f = &b->rules[i];
        uint32_t first = t->source_count;
        int rc = read_name(rd, node_at(rd, pair->key), &f->name);

        if (rc == ERR_OK)
            rc = read_alternatives(rd, node_at(rd, pair->value), rd->n->text[f->name]);
        if (rc != ERR_OK)
            return rc;
        f->list = taxonomy_list(t, first, t->source_count - first);
        if (f->list == 0)
            return fail_at(rd, node, ERR_LIMIT, "too many mapped fields, or no memory");
    }
    b->rule_count = (uint32_t)map_size(node);
    return ERR_OK;
}

/* --- Rows and overlays ---------------------------------------------------------------------- */

static int body_name(struct reader *rd, const yaml_node_t *v)
{
    struct span ignored; /* for whoever reads the file, and for its errors */

    return read_text(rd, v, &ignored);
}

static int body_when(struct reader *rd, const yaml_node_t *v)
{
    return read_condition(rd, v, &rd->body->when);
}

static int body_otherwise(struct reader *rd, const yaml_node_t *v)
{
    return read_bool(rd, v, &rd->body->otherwise);
}

static int body_product(struct reader *rd, const yaml_node_t *v)
{
    return read_tags(rd, v, &rd->body->product);
}

static int body_category(struct reader *rd, const yaml_node_t *v)
{
    return read_tags(rd, v, &rd->body->category);
}

static int body_service(struct reader *rd, const yaml_node_t *v)
{
    return read_tags(rd, v, &rd->body->service);
}

static int body_lacks(struct reader *rd, const yaml_node_t *v)
{
    return read_ids(rd, v, &rd->body->lacks);
}

static int body_time(struct reader *rd, const yaml_node_t *v)
{
    return read_ids(rd, v, &rd->body->time);
}

static int body_host(struct reader *rd, const yaml_node_t *v)
{
    return read_ids(rd, v, &rd->body->host);
}

static const struct key_row tag_keys[] = {
    { "product", body_product },
    { "category", body_category },
    { "service", body_service },
};

static int body_for(struct reader *rd, const yaml_node_t *v)
{
    return read_map(rd, v, tag_keys, COUNT_OF(tag_keys));
}

static const struct key_row row_keys[] = {
    { "name", body_name },           { "when", body_when },       { "product", body_product },
    { "category", body_category },   { "service", body_service }, { "fields", read_fields },
    { "lacks", body_lacks },         { "time", body_time },       { "host", body_host },
    { "otherwise", body_otherwise },
};

static const struct key_row overlay_keys[] = {
    { "name", body_name },     { "when", body_when },   { "for", body_for },
    { "fields", read_fields }, { "lacks", body_lacks }, { "time", body_time },
    { "host", body_host },
};

static int read_row(struct reader *rd, const yaml_node_t *node)
{
    struct taxonomy *t = rd->t;
    struct row_body body = { .line = line_of(node) };
    struct row *row;
    int rc;

    rd->body = &body;
    rc = read_map(rd, node, row_keys, COUNT_OF(row_keys));
    if (rc != ERR_OK)
        return rc;
    if (t->row_count == TAXONOMY_ROWS_MAX)
        return fail_at(rd, node, ERR_LIMIT, "more than %u rows", TAXONOMY_ROWS_MAX);
    rc = both_conditions(rd, rd->when, body.when, &body.when);
    if (rc != ERR_OK)
        return rc;
    if (body.when.count == 0)
        return FAIL(rd, node, "a row needs a condition: `when`");
    if (!taxonomy_room((void **)&t->rows, t->row_count, &t->row_cap, sizeof(*t->rows)))
        return no_memory(rd);
    row = &t->rows[t->row_count++];
    *row = (struct row){ .file = rd->file, .body = body };
    row->view.source = rd->source;
    row->view.product = body.product.count > 0 ? body.product : rd->product;
    row->view.category = body.category.count > 0 ? body.category : rd->category;
    row->view.service = body.service.count > 0 ? body.service : rd->service;
    return ERR_OK;
}

static int read_overlay(struct reader *rd, const yaml_node_t *node)
{
    struct taxonomy *t = rd->t;
    struct row_body body = { .line = line_of(node) };
    int rc;

    rd->body = &body;
    rc = read_map(rd, node, overlay_keys, COUNT_OF(overlay_keys));
    if (rc != ERR_OK)
        return rc;
    rc = both_conditions(rd, rd->when, body.when, &body.when);
    if (rc != ERR_OK)
        return rc;
    if (t->overlay_count == TAXONOMY_ROWS_MAX)
        return fail_at(rd, node, ERR_LIMIT, "more than %u overlays", TAXONOMY_ROWS_MAX);
    if (!taxonomy_room((void **)&t->overlays, t->overlay_count, &t->overlay_cap,
                       sizeof(*t->overlays)))
        return no_memory(rd);
    t->overlays[t->overlay_count++] = (struct overlay){ .file = rd->file, .body = body };
    return ERR_OK;
}

static int read_each(struct reader *rd, const yaml_node_t *node,
                     int (*read)(struct reader *rd, const yaml_node_t *node))
{
    if (node == NULL || node->type != YAML_SEQUENCE_NODE)
        return FAIL(rd, node, "a list is expected here");
    for (size_t i = 0; i < list_size(node); i++) {
        int rc = read(rd, list_item(rd, node, i));

        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

/* --- The file ------------------------------------------------------------------------------- */

static int file_source(struct reader *rd, const yaml_node_t *v)
{
    return read_text(rd, v, &rd->source);
}

static int file_codec(struct reader *rd, const yaml_node_t *v)
{
    return read_codecs(rd, v, &rd->codecs);
}

static int too_late(struct reader *rd, const yaml_node_t *v)
{
    return FAIL(rd, v, "this key must stand before `rows` and `overlays`");
}

static int file_product(struct reader *rd, const yaml_node_t *v)
{
    return rd->rows_began ? too_late(rd, v) : read_tags(rd, v, &rd->product);
}

static int file_category(struct reader *rd, const yaml_node_t *v)
{
    return rd->rows_began ? too_late(rd, v) : read_tags(rd, v, &rd->category);
}

static int file_service(struct reader *rd, const yaml_node_t *v)
{
    return rd->rows_began ? too_late(rd, v) : read_tags(rd, v, &rd->service);
}

static int file_when(struct reader *rd, const yaml_node_t *v)
{
    return rd->rows_began ? too_late(rd, v) : read_condition(rd, v, &rd->when);
}

static int add_id(struct reader *rd, const yaml_node_t *node, struct ids *list, uint32_t *cap)
{
    if (!taxonomy_room((void **)&list->id, list->count, cap, sizeof(*list->id)))
        return no_memory(rd);
    return read_name(rd, node, &list->id[list->count++]);
}

static int file_time(struct reader *rd, const yaml_node_t *v)
{
    int rc = v == NULL || list_size(v) == 0 ? FAIL(rd, v, "a list is expected here") : ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < list_size(v); i++)
        rc = add_id(rd, list_item(rd, v, i), &rd->t->time, &rd->t->time_cap);
    return rc;
}

static int file_host(struct reader *rd, const yaml_node_t *v)
{
    int rc = v == NULL || list_size(v) == 0 ? FAIL(rd, v, "a list is expected here") : ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < list_size(v); i++)
        rc = add_id(rd, list_item(rd, v, i), &rd->t->host, &rd->t->host_cap);
    return rc;
}

static int strip_one(struct reader *rd, const yaml_node_t *node)
{
    struct taxonomy *t = rd->t;
    struct span s;
    int rc = read_text(rd, node, &s);

    if (rc != ERR_OK)
        return rc;
    if (s.n < 2 || s.p[s.n - 1] != '.')
        return FAIL(rd, node, "a prefix ends with a dot");
    if (t->strip_count == TAXONOMY_ALIASES_MAX)
        return fail_at(rd, node, ERR_LIMIT, "more than %u prefixes", TAXONOMY_ALIASES_MAX);
    if (!taxonomy_room((void **)&t->strip, t->strip_count, &t->strip_cap, sizeof(*t->strip)))
        return no_memory(rd);
    t->strip[t->strip_count++] = s;
    return ERR_OK;
}

static int file_strip(struct reader *rd, const yaml_node_t *v)
{
    return read_each(rd, v, strip_one);
}

static int file_names(struct reader *rd, const yaml_node_t *node)
{
    struct taxonomy *t = rd->t;

    if (node == NULL || node->type != YAML_MAPPING_NODE)
        return FAIL(rd, node, "a map of path: name is expected here");
    for (size_t i = 0; i < map_size(node); i++) {
        const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
        struct alias a = { 0 };
        int rc = read_text(rd, node_at(rd, pair->key), &a.path);

        if (rc == ERR_OK)
            rc = read_text(rd, node_at(rd, pair->value), &a.name);
        if (rc != ERR_OK)
            return rc;
        if (a.path.n == 0 || a.name.n == 0 || a.name.n >= LIMIT_NAME_BYTES)
            return FAIL(rd, node, "a name is empty or too long");
        if (t->alias_count == TAXONOMY_ALIASES_MAX)
            return fail_at(rd, node, ERR_LIMIT, "more than %u names", TAXONOMY_ALIASES_MAX);
        if (!taxonomy_room((void **)&t->aliases, t->alias_count, &t->alias_cap,
                           sizeof(*t->aliases)))
            return no_memory(rd);
        t->aliases[t->alias_count++] = a;
    }
    return ERR_OK;
}

static int file_rows(struct reader *rd, const yaml_node_t *v)
{
    rd->rows_began = true;
    return read_each(rd, v, read_row);
}

static int file_overlays(struct reader *rd, const yaml_node_t *v)
{
    rd->rows_began = true;
    return read_each(rd, v, read_overlay);
}

static int file_about(struct reader *rd, const yaml_node_t *v)
{
    struct span ignored;

    return read_text(rd, v, &ignored);
}

static const struct key_row file_keys[] = {
    { "source", file_source },     { "about", file_about },       { "codec", file_codec },
    { "product", file_product },   { "category", file_category }, { "service", file_service },
    { "when", file_when },         { "strip", file_strip },       { "names", file_names },
    { "time", file_time },         { "host", file_host },         { "rows", file_rows },
    { "overlays", file_overlays },
};

static int read_document(struct reader *rd)
{
    const yaml_node_t *root = yaml_document_get_root_node(&rd->doc);
    int rc;

    if (root == NULL)
        return FAIL(rd, NULL, "the file is empty");
    rd->alias_first = rd->t->alias_count;
    rc = read_map(rd, root, file_keys, COUNT_OF(file_keys));
    if (rc != ERR_OK)
        return rc;
    if (rd->source.n == 0)
        return FAIL(rd, root, "`source` (the name of what this file describes) is missing");
    for (uint32_t i = rd->alias_first; i < rd->t->alias_count; i++)
        rd->t->aliases[i].codecs = rd->codecs;
    return ERR_OK;
}

/* Says where the parser stopped. */
static int read_broken(struct reader *rd, const yaml_parser_t *p)
{
    return err_set(rd->e, ERR_SYNTAX, p->problem_mark.line + 1, "%.*s:%zu: %s", SPAN_ARG(rd->file),
                   p->problem_mark.line + 1, p->problem != NULL ? p->problem : "not YAML");
}

int taxonomy_read(struct taxonomy *t, struct span file, struct span yaml, struct names *n,
                  struct err *e)
{
    struct reader rd = { .t = t, .n = n, .e = e };
    yaml_parser_t parser;
    int rc;

    MUST(!t->bound);
    rd.file = arena_span(&t->mem, file);
    if (rd.file.p == NULL)
        return err_set(e, ERR_NOMEM, 0, "no memory for the taxonomy");
    if (yaml.n > TAXONOMY_FILE_BYTES)
        return fail_at(&rd, NULL, ERR_LIMIT, "the file is over %u bytes", TAXONOMY_FILE_BYTES);
    if (yaml_parser_initialize(&parser) == 0)
        return no_memory(&rd);
    yaml_parser_set_input_string(&parser, yaml.p, yaml.n);
    if (yaml_parser_load(&parser, &rd.doc) == 0) {
        rc = read_broken(&rd, &parser);
    } else {
        rc = read_document(&rd);
        yaml_document_delete(&rd.doc);
    }
    yaml_parser_delete(&parser);
    if (rc == ERR_OK && arena_failed(&t->mem))
        rc = no_memory(&rd);
    return rc;
}
