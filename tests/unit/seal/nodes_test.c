/*
 * Goal: out of whatever mixture of ranges and leaves is known of a tree, every leaf that is known
 * by itself is proven, and where something is missing there is no proof. Method: trees of random
 * leaves, cut into random blocks; the roots by merkle.h, the proofs verified by proof.h.
 */
#include "check.h"

#include <stdlib.h>

#include "ledger/leaf.h"
#include "seal/nodes.h"

#define LEAVES 300u

static struct merkle_hasher *hasher;
static struct merkle_hash leaf[LEAVES];

static int set_up(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < LEAVES; i++)
        leaf[i] = (struct merkle_hash){ { (uint8_t)i, (uint8_t)(i >> 8), 7 } };
    return merkle_hasher_new(&hasher, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    merkle_hasher_free(&hasher);
    return 0;
}

static struct merkle_range range_of(uint64_t begin, uint64_t end)
{
    struct merkle_range r;

    merkle_begin(&r, begin);
    for (; begin < end; begin++)
        merkle_append(hasher, &r, &leaf[begin]);
    return r;
}

/* Blocks of random sizes; the leaves of one of them. One block may be left out. */
static void fill(struct nodes *n, uint32_t size, uint32_t wanted, uint32_t missing)
{
    for (uint32_t at = 0, next; at < size; at = next) {
        struct merkle_range r;

        next = at + 1 + (uint32_t)rand() % 40;
        next = next < size ? next : size;
        r = range_of(at, next);
        if (missing >= at && missing < next)
            continue;
        assert_true(nodes_add(n, &r));
        for (uint32_t i = at; wanted >= at && wanted < next && i < next; i++)
            assert_true(nodes_add_leaf(n, i, &leaf[i]));
    }
    nodes_sort(n);
}

static void a_leaf_that_is_known_is_proven_at_every_later_size(void **state)
{
    (void)state;
    srand(1);
    for (uint32_t round = 0; round < 300; round++) {
        const uint32_t size = 1 + (uint32_t)rand() % LEAVES, index = (uint32_t)rand() % size;
        struct nodes n = { 0 };
        struct merkle_range r;
        struct merkle_hash root, other = { { 1 } };
        struct proof_from from;
        struct proof p;
        struct err e;

        fill(&n, size, index, UINT32_MAX);
        from = nodes_from(&n);
        assert_int_equal(proof_inclusion(hasher, &from, index, size, &p, &e), ERR_OK);
        r = range_of(0, size);
        merkle_root(hasher, &r, &root);
        assert_true(proof_shows_inclusion(hasher, &leaf[index], index, size, &p, &root));
        assert_false(proof_shows_inclusion(hasher, &other, index, size, &p, &root));
        nodes_release(&n);
    }
}

static void where_something_is_missing_there_is_no_proof(void **state)
{
    (void)state;
    srand(2);
    for (uint32_t round = 0; round < 100; round++) {
        const uint32_t size = 60 + (uint32_t)rand() % (LEAVES - 60);
        struct nodes n = { 0 };
        struct proof_from from;
        struct proof p;
        struct err e;

        fill(&n, size, 0, size - 1);
        from = nodes_from(&n);
        assert_int_equal(proof_inclusion(hasher, &from, 0, size, &p, &e), ERR_NOTFOUND);
        nodes_release(&n);
    }
}

static void nothing_is_known_of_nothing(void **state)
{
    struct nodes n = { 0 };
    struct proof_from from;
    struct proof p;
    struct err e;

    (void)state;
    nodes_sort(&n);
    from = nodes_from(&n);
    assert_int_equal(proof_inclusion(hasher, &from, 0, 1, &p, &e),
                     ERR_OK); /* of one leaf: no hash */
    assert_int_equal(p.count, 0);
    assert_int_equal(proof_inclusion(hasher, &from, 0, 2, &p, &e), ERR_NOTFOUND);
    nodes_release(&n);
}

/* ledger/leaf.h: the record that is put is what the leaf is the hash of. */
static void a_leaf_is_the_hash_of_its_record(void **state)
{
    struct leaf l = { .lane = 3,
                      .sequence = 1 << 20,
                      .receipt_ns = -5,
                      .flags = 9,
                      .lines = 2,
                      .input = 4,
                      .authenticated = true,
                      .source = SPAN_LIT("fw-1"),
                      .raw = SPAN_LIT("a\0b") };
    struct merkle_hash one, other;
    struct span record;
    struct buf out;

    (void)state;
    memset(l.store, 0xAB, sizeof(l.store));
    buf_init(&out, 4096);
    leaf_put(&l, &out);
    record = buf_span(&out);
    assert_int_equal(record.n, LEAF_HEAD_BYTES + 4 + 4 + 4 + 3);
    merkle_digest(hasher, 0, &record, 1, &one);
    leaf_hash(hasher, &l, &other);
    assert_memory_equal(&one, &other, sizeof(one));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_that_is_known_is_proven_at_every_later_size),
        cmocka_unit_test(where_something_is_missing_there_is_no_proof),
        cmocka_unit_test(nothing_is_known_of_nothing),
        cmocka_unit_test(a_leaf_is_the_hash_of_its_record),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
