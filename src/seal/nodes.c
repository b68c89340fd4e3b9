/*
 * nodes.c - see nodes.h.
 */
#include "seal/nodes.h"

#include <stdlib.h>

struct node {
    uint64_t index; /* of 2^level leaves */
    unsigned level;
    struct merkle_hash hash;
};

void nodes_release(struct nodes *n)
{
    free(n->at);
    *n = (struct nodes){ 0 };
}

static bool add(struct nodes *n, unsigned level, uint64_t index, const struct merkle_hash *hash)
{
    if (n->count == n->room) {
        const size_t room = 2 * n->room + 256;
        struct node *more = realloc(n->at, room * sizeof(*more));

        if (more == NULL)
            return false;
        n->at = more;
        n->room = room;
    }
    n->at[n->count++] = (struct node){ index, level, *hash };
    n->sorted = false;
    return true;
}

bool nodes_add(struct nodes *n, const struct merkle_range *r)
{
    uint64_t at = r->begin;

    for (uint32_t i = 0; i < r->count; i++) {
        if (!add(n, r->level[i], at >> r->level[i], &r->node[i]))
            return false;
        at += (uint64_t)1 << r->level[i];
    }
    return true;
}

bool nodes_add_leaf(struct nodes *n, uint64_t index, const struct merkle_hash *leaf)
{
    return add(n, 0, index, leaf);
}

static int order(const void *a, const void *b)
{
    const struct node *x = a, *y = b;

    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

void nodes_sort(struct nodes *n)
{
    if (n->count > 0)
        qsort(n->at, n->count, sizeof(*n->at), order);
    n->sorted = true;
}

static int find(void *arg, unsigned level, uint64_t index, struct merkle_hash *out, struct err *e)
{
    const struct nodes *n = arg;
    const struct node want = { .index = index, .level = level }, *found;

    (void)e;
    if (n->count == 0)
        return 0;
    found = bsearch(&want, n->at, n->count, sizeof(*n->at), order);
    if (found != NULL)
        *out = found->hash;
    return found != NULL;
}

struct proof_from nodes_from(struct nodes *n)
{
    MUST(n->sorted);
    return (struct proof_from){ find, n };
}
