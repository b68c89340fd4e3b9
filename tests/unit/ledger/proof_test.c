/*
 * Goal: proofs are those of RFC 6962, the verifier takes them and nothing else. Method: the
 * definitions of sections 2.1.1 and 2.1.2 written out, for every size to 300 and at random; the
 * published values; every proof changed, cut, lengthened and moved; trees of which only large
 * subtrees are known.
 */
#include "../check.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "ledger/proof.h"

#define LEAVES 300u
#define MANY   4096u

static struct merkle_hasher *hasher;
static struct merkle_hash leaf[MANY];
static uint8_t memo[LEAVES + 1][LEAVES + 1][32]; /* MTH(D[begin:end]) */
static bool known[LEAVES + 1][LEAVES + 1];

static int set_up(void **state)
{
    (void)state;
    if (merkle_hasher_new(&hasher, NULL) != ERR_OK)
        return -1;
    for (uint32_t i = 0; i < MANY; i++) {
        const struct span part = { (const uint8_t *)&i, sizeof(i) };

        merkle_digest(hasher, 0, &part, 1, &leaf[i]);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    merkle_hasher_free(&hasher);
    return 0;
}

/* --- RFC 6962, sections 2.1 to 2.1.2, as written -------------------------------------------- */

static uint64_t k_of(uint64_t n)
{
    uint64_t k = 1;

    while (2 * k < n)
        k *= 2;
    return k;
}

static void mth(uint64_t begin, uint64_t end, uint8_t out[32])
{
    uint8_t both[65] = { 1 };
    uint64_t k = begin + k_of(end - begin);
    bool small = end <= LEAVES;

    if (end - begin == 1) {
        memcpy(out, leaf[begin].bytes, 32);
        return;
    }
    if (small && known[begin][end]) {
        memcpy(out, memo[begin][end], 32);
        return;
    }
    mth(begin, k, both + 1);
    mth(k, end, both + 33);
    SHA256(both, sizeof(both), out);
    if (small) {
        memcpy(memo[begin][end], out, 32);
        known[begin][end] = true;
    }
}

static void put(struct proof *p, uint64_t begin, uint64_t end)
{
    mth(begin, end, p->hash[p->count++].bytes);
}

static void path(uint64_t m, uint64_t begin, uint64_t end, struct proof *p)
{
    uint64_t k = k_of(end - begin);

    if (end - begin == 1)
        return;
    if (m < k) {
        path(m, begin, begin + k, p);
        put(p, begin + k, end);
    } else {
        path(m - k, begin + k, end, p);
        put(p, begin, begin + k);
    }
}

static void subproof(uint64_t m, uint64_t begin, uint64_t end, bool b, struct proof *p)
{
    uint64_t n = end - begin, k = k_of(n);

    if (m == n) {
        if (!b)
            put(p, begin, end);
        return;
    }
    if (m <= k) {
        subproof(m, begin, begin + k, b, p);
        put(p, begin + k, end);
    } else {
        subproof(m - k, begin + k, end, false, p);
        put(p, begin, begin + k);
    }
}

/* --- the tree that is asked ----------------------------------------------------------------- */

/* Of leaves below `gone` only the subtrees of their compact range are known; above, all hashes of
 * levels that `levels` has. */
struct tree {
    uint64_t gone;
    uint64_t levels;
    uint64_t asked;
};

static bool in_range(uint64_t gone, unsigned level, uint64_t index)
{
    return (gone >> level & 1) == 1 && (gone >> level) - 1 == index;
}

static int tree_node(void *arg, unsigned level, uint64_t index, struct merkle_hash *out,
                     struct err *e)
{
    struct tree *t = arg;
    uint64_t begin = index << level, end = (index + 1) << level;

    (void)e;
    t->asked++;
    if (end <= t->gone ? !in_range(t->gone, level, index) : (t->levels >> level & 1) == 0)
        return 0;
    MUST(begin >= t->gone || end <= t->gone);
    mth(begin, end, out->bytes);
    return 1;
}

static struct proof_from from(struct tree *t)
{
    return (struct proof_from){ tree_node, t };
}

static bool same(const struct proof *a, const struct proof *b)
{
    return a->count == b->count && memcmp(a->hash, b->hash, a->count * sizeof(*a->hash)) == 0;
}

/* --- inclusion ------------------------------------------------------------------------------ */

static void inclusion_is_that_of_the_definition(void **state)
{
    struct tree all = { 0, UINT64_MAX, 0 };
    struct proof_from f = from(&all);

    (void)state;
    for (uint64_t size = 1; size <= LEAVES; size++) {
        struct merkle_hash root, got;

        mth(0, size, root.bytes);
        assert_int_equal(proof_root(hasher, &f, size, &got, NULL), ERR_OK);
        assert_memory_equal(&got, &root, 32);
        for (uint64_t i = 0; i < size; i++) {
            struct proof want = { 0 }, p;

            path(i, 0, size, &want);
            assert_int_equal(proof_inclusion(hasher, &f, i, size, &p, NULL), ERR_OK);
            assert_true(same(&p, &want));
            assert_true(proof_shows_inclusion(hasher, &leaf[i], i, size, &p, &root));
        }
        assert_int_equal(proof_inclusion(hasher, &f, size, size, &(struct proof){ 0 }, NULL),
                         ERR_USAGE);
    }
}

/* Does the verifier take it for another leaf, place, root, or with other hashes? */
static void nothing_else_is_taken(uint64_t i, uint64_t size)
{
    struct tree all = { 0, UINT64_MAX, 0 };
    struct proof_from f = from(&all);
    struct merkle_hash root, bad;
    struct proof p, q;

    mth(0, size, root.bytes);
    MUST(proof_inclusion(hasher, &f, i, size, &p, NULL) == ERR_OK);
    for (uint64_t k = 0; k < size; k++) {
        assert_int_equal(proof_shows_inclusion(hasher, &leaf[i], k, size, &p, &root), k == i);
        assert_int_equal(proof_shows_inclusion(hasher, &leaf[k], i, size, &p, &root), k == i);
    }
    for (uint32_t k = 0; k < p.count; k++) {
        q = p;
        q.hash[k].bytes[k % 32] ^= 0x40;
        assert_false(proof_shows_inclusion(hasher, &leaf[i], i, size, &q, &root));
    }
    q = p;
    for (q.count = 0; q.count < p.count; q.count++)
        assert_false(proof_shows_inclusion(hasher, &leaf[i], i, size, &q, &root));
    q.hash[q.count++] = leaf[0];
    assert_false(proof_shows_inclusion(hasher, &leaf[i], i, size, &q, &root));
    bad = root;
    bad.bytes[31] ^= 1;
    assert_false(proof_shows_inclusion(hasher, &leaf[i], i, size, &p, &bad));
    assert_false(proof_shows_inclusion(hasher, &leaf[i], i, 0, &p, &root));
    p.count = PROOF_MAX + 1;
    assert_false(proof_shows_inclusion(hasher, &leaf[i], i, size, &p, &root));
}

static void no_other_inclusion_is_taken(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= 40; size++) {
        for (uint64_t i = 0; i < size; i++)
            nothing_else_is_taken(i, size);
    }
}

/* --- consistency ---------------------------------------------------------------------------- */

static void consistency_is_that_of_the_definition(void **state)
{
    struct tree all = { 0, UINT64_MAX, 0 };
    struct proof_from f = from(&all);

    (void)state;
    for (uint64_t size = 1; size <= LEAVES; size++) {
        struct merkle_hash root, old_root;

        mth(0, size, root.bytes);
        for (uint64_t old = 1; old <= size; old++) {
            struct proof want = { 0 }, p;

            mth(0, old, old_root.bytes);
            subproof(old, 0, size, true, &want);
            assert_int_equal(proof_consistency(hasher, &f, old, size, &p, NULL), ERR_OK);
            assert_true(same(&p, &want));
            assert_true(proof_shows_consistency(hasher, old, &old_root, size, &root, &p));
        }
    }
}

static void no_other_consistency_is_taken(void **state)
{
    struct tree all = { 0, UINT64_MAX, 0 };
    struct proof_from f = from(&all);

    (void)state;
    for (uint64_t size = 1; size <= 24; size++) {
        for (uint64_t old = 1; old <= size; old++) {
            struct merkle_hash root, was, bad;
            struct proof p, q;

            mth(0, size, root.bytes);
            mth(0, old, was.bytes);
            MUST(proof_consistency(hasher, &f, old, size, &p, NULL) == ERR_OK);
            for (uint64_t k = 1; k <= size; k++)
                assert_int_equal(proof_shows_consistency(hasher, k, &was, size, &root, &p),
                                 k == old);
            for (uint32_t k = 0; k < p.count; k++) {
                q = p;
                q.hash[k].bytes[k] ^= 1;
                assert_false(proof_shows_consistency(hasher, old, &was, size, &root, &q));
            }
            q = p;
            for (q.count = 0; q.count < p.count; q.count++)
                assert_false(proof_shows_consistency(hasher, old, &was, size, &root, &q));
            q.hash[q.count++] = leaf[3];
            assert_false(proof_shows_consistency(hasher, old, &was, size, &root, &q));
            bad = was;
            bad.bytes[0] ^= 1;
            assert_false(proof_shows_consistency(hasher, old, &bad, size, &root, &p));
            bad = root;
            bad.bytes[0] ^= 1;
            assert_false(proof_shows_consistency(hasher, old, &was, size, &bad, &p));
            assert_false(proof_shows_consistency(hasher, size + 1, &was, size, &root, &p));
        }
    }
}

static void the_empty_tree_begins_every_other(void **state)
{
    struct tree all = { 0, UINT64_MAX, 0 };
    struct proof_from f = from(&all);
    struct merkle_hash empty, root;
    struct proof p;

    (void)state;
    assert_int_equal(proof_root(hasher, &f, 0, &empty, NULL), ERR_OK);
    mth(0, 5, root.bytes);
    assert_int_equal(proof_consistency(hasher, &f, 0, 5, &p, NULL), ERR_OK);
    assert_int_equal(p.count, 0);
    assert_true(proof_shows_consistency(hasher, 0, &empty, 5, &root, &p));
    assert_true(proof_shows_consistency(hasher, 0, &empty, 0, &empty, &p));
    assert_false(proof_shows_consistency(hasher, 0, &empty, 0, &root, &p));
    assert_int_equal(proof_consistency(hasher, &f, 6, 5, &p, NULL), ERR_USAGE);
}

/* --- at random, and of trees that are not all there ------------------------------------------ */

static void large_trees_at_random(void **state)
{
    struct tree all = { 0, 1, 0 }; /* leaves only */
    struct proof_from f = from(&all);

    (void)state;
    srand(6962);
    for (int n = 0; n < 60; n++) {
        uint64_t size = 1 + (uint64_t)rand() % MANY, old = 1 + (uint64_t)rand() % size;
        uint64_t i = (uint64_t)rand() % size;
        struct merkle_hash root, was;
        struct proof want = { 0 }, p;

        mth(0, size, root.bytes);
        mth(0, old, was.bytes);
        path(i, 0, size, &want);
        assert_int_equal(proof_inclusion(hasher, &f, i, size, &p, NULL), ERR_OK);
        assert_true(same(&p, &want));
        assert_true(proof_shows_inclusion(hasher, &leaf[i], i, size, &p, &root));
        want.count = 0;
        subproof(old, 0, size, true, &want);
        assert_int_equal(proof_consistency(hasher, &f, old, size, &p, NULL), ERR_OK);
        assert_true(same(&p, &want));
        assert_true(proof_shows_consistency(hasher, old, &was, size, &root, &p));
    }
}

/* What retention leaves of a prefix is enough for proofs of all that is younger. */
static void a_prefix_may_be_gone(void **state)
{
    (void)state;
    for (uint64_t gone = 0; gone < 70; gone++) {
        struct tree t = { gone, 1, 0 };
        struct proof_from f = from(&t);
        struct proof want = { 0 }, p;
        struct err e;

        for (uint64_t old = gone > 0 ? gone : 1; old <= 90; old++) {
            want.count = 0;
            subproof(old, 0, 100, true, &want);
            assert_int_equal(proof_consistency(hasher, &f, old, 100, &p, NULL), ERR_OK);
            assert_true(same(&p, &want));
        }
        for (uint64_t i = gone; i < 100; i++) {
            want.count = 0;
            path(i, 0, 100, &want);
            assert_int_equal(proof_inclusion(hasher, &f, i, 100, &p, NULL), ERR_OK);
            assert_true(same(&p, &want));
        }
        if (gone >= 4)
            assert_int_equal(proof_inclusion(hasher, &f, 0, 100, &p, &e), ERR_NOTFOUND);
    }
}

/* --- published ------------------------------------------------------------------------------ */

#define X6E "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define X96 "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define X5F "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define X6B "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define XBC "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define XCA "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define XD3 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define XFA "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define X0E "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"

/* Of the reference implementation's tests (certificate-transparency, merkle_tree_test.cc), whose
 * leaves are counted from 1 in the first table. */
static const struct published {
    uint64_t first, size;
    const char *hash[3];
} paths[] = {
    { 0, 1, { NULL } },          { 0, 8, { X96, X5F, X6B } }, { 5, 8, { XBC, XCA, XD3 } },
    { 2, 3, { XFA } },           { 1, 5, { X6E, X5F, XBC } },
}, proofs[] = {
    { 1, 1, { NULL } },          { 1, 8, { X96, X5F, X6B } }, { 6, 8, { X0E, XCA, XD3 } },
    { 2, 5, { X5F, XBC } },
};

static const char *const inputs[] = { "",         "\x00", "\x10",     "\x20\x21",
                                      "\x30\x31", "@ABC", "PQRSTUVW", "`abcdefghijklmno" };
static const size_t input_bytes[] = { 0, 1, 1, 2, 2, 4, 8, 16 };

static int input_node(void *arg, unsigned level, uint64_t index, struct merkle_hash *out,
                      struct err *e)
{
    const struct span part = { (const uint8_t *)inputs[index % 8], input_bytes[index % 8] };

    (void)arg;
    (void)e;
    if (level > 0)
        return 0;
    merkle_digest(hasher, 0, &part, 1, out);
    return 1;
}

static void check_published(const struct published *row, const struct proof *p)
{
    uint32_t n = 0;

    while (n < 3 && row->hash[n] != NULL)
        n++;
    assert_int_equal(p->count, n);
    for (uint32_t i = 0; i < n; i++) {
        char text[65];

        for (size_t k = 0; k < 32; k++)
            (void)snprintf(text + 2 * k, 3, "%02x", p->hash[i].bytes[k]);
        assert_string_equal(text, row->hash[i]);
    }
}

static void proofs_are_the_published_ones(void **state)
{
    const struct proof_from f = { input_node, NULL };
    struct proof p;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        assert_int_equal(proof_inclusion(hasher, &f, paths[i].first, paths[i].size, &p, NULL),
                         ERR_OK);
        check_published(&paths[i], &p);
    }
    for (size_t i = 0; i < COUNT_OF(proofs); i++) {
        assert_int_equal(proof_consistency(hasher, &f, proofs[i].first, proofs[i].size, &p, NULL),
                         ERR_OK);
        check_published(&proofs[i], &p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inclusion_is_that_of_the_definition),
        cmocka_unit_test(no_other_inclusion_is_taken),
        cmocka_unit_test(consistency_is_that_of_the_definition),
        cmocka_unit_test(no_other_consistency_is_taken),
        cmocka_unit_test(the_empty_tree_begins_every_other),
        cmocka_unit_test(large_trees_at_random),
        cmocka_unit_test(a_prefix_may_be_gone),
        cmocka_unit_test(proofs_are_the_published_ones),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
