/*
 * yaml_read(): documents lie in the input one behind the other, trees are as deep as they may be
 * and what they count is there.
 */
#include "base/limits.h"
#include "conf/yaml_tree.h"

static void check_node(const struct yaml_node *n, struct arena *mem, unsigned depth)
{
    uint32_t children = 0;
    double number;
    bool yes;

    /* Lists and maps nest so deep; what the innermost holds is one deeper. */
    MUST(depth <= LIMIT_RULE_DEPTH + (n->kind == YAML_SCALAR ? 1 : 0) && n->line >= 1);
    MUST(n->kind == YAML_SCALAR ? n->count == 0 && n->text.p != NULL : n->text.n == 0);
    MUST(yaml_is_null(n) + yaml_is_bool(n, &yes) + yaml_is_number(n, &number) <= 1);
    for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
        MUST(c->line >= n->line);
        check_node(c, mem, depth + 1);
        children++;
    }
    MUST(children == n->count);
    if (n->kind == YAML_MAP) {
        const struct yaml_node *twice = yaml_twice(n, mem);

        MUST(twice == NULL || span_eq(twice->key, twice->key));
        for (const struct yaml_node *c = n->first; twice == NULL && c != NULL; c = c->next)
            MUST(memchr(c->key.p, 0, c->key.n) != NULL || yaml_get(n, (const char *)c->key.p) == c);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena nodes, text;
    struct yaml_document *d;
    const uint8_t *at = data;
    struct err e = { 0 };
    int rc;

    arena_init(&nodes, (size_t)1 << 28);
    arena_init(&text, (size_t)1 << 28);
    rc = yaml_read((struct span){ data, size }, &nodes, &text, &d, &e);
    MUST(rc == ERR_OK || (e.code == rc && e.why[0] != 0));
    for (; d != NULL; d = d->next) {
        MUST(d->bytes.p >= at && d->bytes.p + d->bytes.n <= data + size);
        at = d->next != NULL ? d->bytes.p + d->bytes.n : at;
        if (d->root != NULL)
            check_node(d->root, &nodes, 1);
    }
    arena_release(&nodes);
    arena_release(&text);
    return 0;
}
