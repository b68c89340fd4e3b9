/*
 * Goal: the tree of numbers has every number at its rank, and stays balanced whatever comes.
 * Method: numbers in ascending, descending and random order, added and dropped, beside a sorted
 * array; after every step the tree is walked. Includes the .c to see the nodes.
 */
#include "../check.h"

#include "sigma/correlate_order.c"

#define NUMBERS 600u

/* Returns the nodes of the subtree; its sizes are right and neither side is too heavy. */
static uint32_t walk(const struct order_node *n)
{
    uint32_t left, right;

    if (n == NULL)
        return 0;
    left = walk(n->left);
    right = walk(n->right);
    assert_int_equal(n->nodes, left + right + 1);
    assert_int_equal(n->total, total(n->left) + n->same + total(n->right));
    assert_true(left + 1 <= DELTA * (right + 1) && right + 1 <= DELTA * (left + 1));
    return n->nodes;
}

struct sorted {
    double number[2 * NUMBERS];
    uint32_t count;
};

static void sorted_add(struct sorted *s, double number)
{
    uint32_t at = s->count++;

    for (; at > 0 && s->number[at - 1] > number; at--)
        s->number[at] = s->number[at - 1];
    s->number[at] = number;
}

static double sorted_take(struct sorted *s, uint32_t at)
{
    double number = s->number[at];

    for (s->count--; at < s->count; at++)
        s->number[at] = s->number[at + 1];
    return number;
}

static double ascending(uint32_t i)
{
    return i;
}

static double descending(uint32_t i)
{
    return -(double)i;
}

static double from_both_ends(uint32_t i)
{
    return i % 2 == 0 ? i : -(double)i;
}

static double scattered(uint32_t i)
{
    return (double)(i * 2654435761u % 1000003);
}

static double few(uint32_t i)
{
    return (double)(i * 7 % 5) / 4;
}

static const struct {
    const char *name;
    double (*number)(uint32_t i);
} rows[] = {
    { "ascending", ascending },
    { "descending", descending },
    { "from both ends", from_both_ends },
    { "scattered", scattered },
    { "a few numbers again and again", few },
};

static void compare(const char *name, const struct order *o, const struct sorted *s)
{
    CHECK_ROW(name, order_count(o) == s->count);
    (void)walk(o->root);
    for (uint32_t i = 0; i < s->count; i++)
        CHECK_ROW(name, order_at(o, i + 1) == s->number[i]);
}

static void every_number_is_at_its_rank(void **state)
{
    (void)state;
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        struct sorted s = { .count = 0 };
        struct order o = { NULL };
        struct memory m = { 0 };

        for (uint32_t i = 0; i < NUMBERS; i++) {
            assert_true(order_add(&o, rows[r].number(i), &m));
            sorted_add(&s, rows[r].number(i));
            compare(rows[r].name, &o, &s);
        }
        for (uint32_t i = 0; s.count > 0; i++) {
            order_drop(&o, sorted_take(&s, i * 31 % s.count), &m);
            compare(rows[r].name, &o, &s);
        }
        CHECK_ROW(rows[r].name, m.used == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_number_is_at_its_rank) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
