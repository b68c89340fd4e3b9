/*
 * sieve.c - see sieve.h.
 */
#include "search/sieve.h"

#include <stdlib.h>

#include "base/arena.h"

#define FRAGMENTS_MAX 512u /* a need of more would let all pass */

/* A need, as bits of fragments: ALL, ANY, or (WORD) all of `bits`. */
struct node {
    enum need_op op;
    uint64_t bits;
    struct node *kid, *next;
};

struct sieve {
    struct arena mem;
    struct node *top;
    struct block_finder *finder;
    struct span fragment[FRAGMENTS_MAX];
    uint32_t fragments;
    bool crowded; /* there were more */
    uint64_t *row;
    size_t room;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to look through blocks.");
}

static uint64_t fragment_bit(struct sieve *s, struct span text)
{
    uint32_t i = 0;

    while (i < s->fragments && !span_eq(s->fragment[i], text))
        i++;
    if (i == FRAGMENTS_MAX) {
        s->crowded = true;
        return 0;
    }
    if (i == s->fragments)
        s->fragment[s->fragments++] = text;
    return block_find_bit(i);
}

static struct node *node_of(struct sieve *s, const struct need *need);

static struct node *list_of(struct sieve *s, const struct need *need, struct node *n)
{
    bool nothing = false;

    for (const struct need *kid = need->kid; kid != NULL; kid = kid->next) {
        struct node *k = node_of(s, kid);

        if (k == NULL)
            return NULL;
        nothing |= k->op == NEED_NOTHING;
        if (k->op == NEED_NOTHING)
            continue;
        k->next = n->kid;
        n->kid = k;
    }
    if (n->kid == NULL || (n->op == NEED_ANY && nothing))
        n->op = NEED_NOTHING;
    return n;
}

static struct node *node_of(struct sieve *s, const struct need *need)
{
    struct node *n = arena_alloc(&s->mem, sizeof(*n));
    struct span rest = need->text, fragment;

    if (n == NULL)
        return NULL;
    *n = (struct node){ .op = need->op };
    if (need->op == NEED_ALL || need->op == NEED_ANY)
        return list_of(s, need, n);
    n->op = NEED_NOTHING;
    while ((need->op == NEED_WORD || need->op == NEED_PART) &&
           block_fragment_next(&rest, &fragment)) {
        n->op = NEED_WORD;
        n->bits |= fragment_bit(s, fragment);
    }
    return n;
}

int sieve_new(struct sieve **out, const struct need *need, struct err *e)
{
    struct sieve *s = calloc(1, sizeof(*s));
    int rc = ERR_OK;

    *out = s;
    if (s == NULL)
        return no_memory(e);
    arena_init(&s->mem, (size_t)16 << 20);
    s->top = node_of(s, need);
    if (s->top == NULL)
        rc = no_memory(e);
    else if (s->top->op == NEED_NOTHING || s->crowded)
        sieve_free(out);
    else
        rc = block_finder_new(&s->finder, s->fragment, s->fragments, e);
    if (rc != ERR_OK)
        sieve_free(out);
    return rc;
}

void sieve_free(struct sieve **out)
{
    struct sieve *s = *out;

    *out = NULL;
    if (s == NULL)
        return;
    if (s->finder != NULL)
        block_finder_free(&s->finder);
    arena_release(&s->mem);
    free(s->row);
    free(s);
}

static bool holds(const struct node *n, uint64_t bits)
{
    const struct node *kid = n->kid;

    switch (n->op) {
    case NEED_ALL:
        while (kid != NULL && holds(kid, bits))
            kid = kid->next;
        return kid == NULL;
    case NEED_ANY:
        while (kid != NULL && !holds(kid, bits))
            kid = kid->next;
        return kid != NULL;
    default:
        return (n->bits & ~bits) == 0;
    }
}

int sieve_block(struct sieve *s, struct block *b, struct err *e)
{
    uint64_t any;
    int rc = block_find(s->finder, b, &any, e);

    if (rc != ERR_OK)
        return rc;
    if (!holds(s->top, any))
        return 0;
    if (block_events(b) > s->room) {
        free(s->row);
        s->room = 0;
        s->row = calloc(block_events(b), sizeof(*s->row));
        if (s->row == NULL)
            return no_memory(e);
        s->room = block_events(b);
    }
    rc = block_find_rows(s->finder, b, s->row, e);
    return rc == ERR_OK ? 1 : rc;
}

bool sieve_row(const struct sieve *s, uint32_t row)
{
    return holds(s->top, s->row[row]);
}
