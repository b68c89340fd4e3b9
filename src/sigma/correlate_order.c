/*
 * correlate_order.c - numbers in order, with ranks: a weight-balanced tree.
 *
 * Adding, dropping and finding the number of a rank cost O(log n), whatever order the numbers come
 * in: balance follows from the sizes of subtrees (delta 3, gamma 2; Hirai and Yamamoto, "Balancing
 * weight-balanced trees", 2011), so that nobody can prepare a sequence that makes the tree a list.
 * Equal numbers share a node.
 */
#include "sigma/correlate_own.h"

#define DELTA 3u
#define GAMMA 2u

struct order_node {
    struct order_node *left, *right;
    double number;
    uint64_t same;  /* how often it was added */
    uint64_t total; /* numbers in this subtree */
    uint32_t nodes; /* nodes in this subtree */
};

static uint64_t total(const struct order_node *n)
{
    return n == NULL ? 0 : n->total;
}

/* Weight: nodes + 1, so that an empty subtree weighs something. */
static uint64_t weight(const struct order_node *n)
{
    return n == NULL ? 1 : (uint64_t)n->nodes + 1;
}

static void measure(struct order_node *n)
{
    n->total = total(n->left) + n->same + total(n->right);
    n->nodes = (uint32_t)(weight(n->left) + weight(n->right) - 1);
}

static struct order_node *rotate_left(struct order_node *n)
{
    struct order_node *up = n->right;

    n->right = up->left;
    up->left = n;
    measure(n);
    measure(up);
    return up;
}

static struct order_node *rotate_right(struct order_node *n)
{
    struct order_node *up = n->left;

    n->left = up->right;
    up->right = n;
    measure(n);
    measure(up);
    return up;
}

static struct order_node *balance(struct order_node *n)
{
    uint64_t left = weight(n->left), right = weight(n->right);

    if (right > DELTA * left) {
        if (weight(n->right->left) >= GAMMA * weight(n->right->right))
            n->right = rotate_right(n->right);
        return rotate_left(n);
    }
    if (left > DELTA * right) {
        if (weight(n->left->right) >= GAMMA * weight(n->left->left))
            n->left = rotate_left(n->left);
        return rotate_right(n);
    }
    measure(n);
    return n;
}

static struct order_node *add(struct order_node *n, double number, struct memory *m)
{
    if (n == NULL) {
        n = memory_take(m, sizeof(*n));
        if (n != NULL)
            *n = (struct order_node){ .number = number, .same = 1, .total = 1, .nodes = 1 };
        return n;
    }
    if (number < n->number)
        n->left = add(n->left, number, m);
    else if (number > n->number)
        n->right = add(n->right, number, m);
    else
        n->same++;
    return balance(n);
}

/* Take the leftmost node out of the tree into *out. */
static struct order_node *take_least(struct order_node *n, struct order_node **out)
{
    if (n->left == NULL) {
        *out = n;
        return n->right;
    }
    n->left = take_least(n->left, out);
    return balance(n);
}

static struct order_node *take_out(struct order_node *n, struct memory *m)
{
    struct order_node *rest = n->left;

    if (n->right != NULL) {
        struct order_node *right = take_least(n->right, &rest);

        rest->left = n->left;
        rest->right = right;
        rest = balance(rest);
    }
    memory_give(m, n, sizeof(*n));
    return rest;
}

static struct order_node *drop(struct order_node *n, double number, struct memory *m)
{
    MUST(n != NULL);
    if (number < n->number)
        n->left = drop(n->left, number, m);
    else if (number > n->number)
        n->right = drop(n->right, number, m);
    else if (--n->same == 0)
        return take_out(n, m);
    return balance(n);
}

bool order_add(struct order *o, double number, struct memory *m)
{
    uint64_t before = total(o->root);

    o->root = add(o->root, number, m);
    return total(o->root) == before + 1;
}

void order_drop(struct order *o, double number, struct memory *m)
{
    o->root = drop(o->root, number, m);
}

uint64_t order_count(const struct order *o)
{
    return total(o->root);
}

double order_at(const struct order *o, uint64_t rank)
{
    const struct order_node *n = o->root;

    MUST(rank >= 1 && rank <= total(n));
    for (;;) {
        uint64_t left = total(n->left);

        if (rank <= left) {
            n = n->left;
        } else if (rank <= left + n->same) {
            return n->number;
        } else {
            rank -= left + n->same;
            n = n->right;
        }
    }
}
