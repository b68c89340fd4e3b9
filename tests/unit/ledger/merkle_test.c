/*
 * Goal: roots and ranges are those of RFC 6962. Method: published values of the reference
 * implementation; the recursive definition written out, for all sizes to 130 and at random; every
 * way to cut a range in two.
 */
#include "../check.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "ledger/leaf.h"

#define LEAVES 130u

static struct merkle_hasher *hasher;
static struct merkle_hash leaf[LEAVES];

static int set_up(void **state)
{
    (void)state;
    if (merkle_hasher_new(&hasher, NULL) != ERR_OK)
        return -1;
    for (uint32_t i = 0; i < LEAVES; i++) {
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

/* RFC 6962, section 2.1, as it is written. */
static void naive(const struct merkle_hash *from, uint64_t n, uint8_t out[32])
{
    uint8_t both[65] = { 1 };
    uint64_t k = 1;

    if (n == 0) {
        SHA256((const uint8_t *)"", 0, out);
        return;
    }
    if (n == 1) {
        memcpy(out, from->bytes, 32);
        return;
    }
    while (2 * k < n)
        k *= 2;
    naive(from, k, both + 1);
    naive(from + k, n - k, both + 33);
    SHA256(both, sizeof(both), out);
}

static void range_of(struct merkle_range *r, uint64_t begin, uint64_t end)
{
    merkle_begin(r, begin);
    for (uint64_t i = begin; i < end; i++)
        merkle_append(hasher, r, &leaf[i]);
}

static void roots_are_those_of_the_definition(void **state)
{
    struct merkle_range r;

    (void)state;
    for (uint64_t n = 0; n <= LEAVES; n++) {
        struct merkle_hash root;
        uint8_t want[32];

        range_of(&r, 0, n);
        merkle_root(hasher, &r, &root);
        naive(leaf, n, want);
        assert_memory_equal(root.bytes, want, 32);
    }
}

/* Of the reference implementation's tests (certificate-transparency, merkle_tree_test.cc). */
static void roots_are_the_published_ones(void **state)
{
    static const char *const inputs[] = { "",
                                          "00",
                                          "10",
                                          "2021",
                                          "3031",
                                          "40414243",
                                          "5051525354555657",
                                          "606162636465666768696a6b6c6d6e6f" };
    static const char *const roots[] = {
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    };
    struct merkle_range r;

    (void)state;
    merkle_begin(&r, 0);
    for (size_t i = 0; i < COUNT_OF(inputs); i++) {
        uint8_t bytes[16];
        char text[65];
        struct span part = { bytes, strlen(inputs[i]) / 2 };
        struct merkle_hash hash;

        for (size_t k = 0; k < part.n; k++) {
            const char digits[] = { inputs[i][2 * k], inputs[i][2 * k + 1], 0 };

            bytes[k] = (uint8_t)strtoul(digits, NULL, 16);
        }
        merkle_digest(hasher, 0, &part, 1, &hash);
        merkle_append(hasher, &r, &hash);
        merkle_root(hasher, &r, &hash);
        for (size_t k = 0; k < 32; k++)
            (void)snprintf(text + 2 * k, 3, "%02x", hash.bytes[k]);
        assert_string_equal(text, roots[i]);
    }
}

static void ranges_join_wherever_they_are_cut(void **state)
{
    struct merkle_range whole, left, right;

    (void)state;
    for (uint64_t begin = 0; begin < 40; begin += 3) {
        for (uint64_t end = begin; end <= LEAVES; end += 5) {
            range_of(&whole, begin, end);
            assert_int_equal(whole.count, merkle_count(begin, end));
            for (uint64_t cut = begin; cut <= end; cut++) {
                range_of(&left, begin, cut);
                range_of(&right, cut, end);
                merkle_join(hasher, &left, &right);
                assert_true(merkle_same(&left, &whole));
            }
        }
    }
}

static void a_range_comes_back_from_its_hashes(void **state)
{
    uint8_t room[MERKLE_NODES * MERKLE_HASH_BYTES];
    struct merkle_range r, again;

    (void)state;
    for (uint64_t begin = 0; begin < 30; begin++) {
        for (uint64_t end = begin; end < begin + 70; end++) {
            struct span hashes = { room, 0 };

            range_of(&r, begin, end);
            memcpy(room, r.node, r.count * sizeof(*r.node));
            hashes.n = r.count * sizeof(*r.node);
            assert_true(merkle_read(&again, begin, end, hashes));
            assert_true(merkle_same(&again, &r));
            assert_memory_equal(again.level, r.level, r.count);
            hashes.n++;
            assert_false(merkle_read(&again, begin, end, hashes));
            if (r.count > 0) {
                hashes.n -= 33;
                assert_false(merkle_read(&again, begin, end, hashes));
            }
        }
    }
    assert_false(merkle_read(&again, 2, 1, SPAN_NONE));
    assert_false(merkle_read(&again, 0, UINT64_MAX, SPAN_NONE));
    assert_true(merkle_count(1, ((uint64_t)1 << 62) - 1) <= MERKLE_NODES);
}

/* The layout as docs/ledger.md has it, hashed by another function. */
static void a_leaf_is_the_hash_of_its_record(void **state)
{
    static const uint8_t record[] = { 0,    '0',  '1',  '2',  '3',  '4',  '5',  '6', '7', '8',
                                      '9',  'a',  'b',  'c',  'd',  'e',  'f',  3,   0,   0,
                                      0,    4,    0,    0,    0,    0,    0,    0,   0,   0xfb,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 6,   0,   7,
                                      0,    1,    1,    2,    0,    0,    0,    'f', 'w', 3,
                                      0,    0,    0,    'r',  'a',  'w' };
    const struct leaf l = { .store = "0123456789abcdef",
                            .lane = 3,
                            .sequence = 4,
                            .receipt_ns = -5,
                            .flags = 6,
                            .lines = 7,
                            .input = 1,
                            .authenticated = true,
                            .source = SPAN_LIT("fw"),
                            .raw = SPAN_LIT("raw") };
    struct merkle_hash got;
    uint8_t want[32];

    (void)state;
    leaf_hash(hasher, &l, &got);
    SHA256(record, sizeof(record), want);
    assert_memory_equal(got.bytes, want, 32);
}

/* Parts of all sizes around what is put together, against one call over all bytes. */
static void a_digest_is_of_the_parts_in_order(void **state)
{
    static const size_t sizes[] = { 0, 1, 31, 510, 511, 512, 513, 1000 };
    uint8_t room[4096];

    (void)state;
    for (size_t i = 0; i < sizeof(room); i++)
        room[i] = (uint8_t)(i * 7);
    for (size_t n = 0; n < 8 * 8 * 8; n++) {
        size_t a = sizes[n % 8], b = sizes[n / 8 % 8], c = sizes[n / 64];
        const struct span parts[] = { { room + 1, a },
                                      { room + 1 + a, b },
                                      { room + 1 + a + b, c } };
        struct merkle_hash got;
        uint8_t want[32];

        merkle_digest(hasher, room[0], parts, 3, &got);
        SHA256(room, 1 + a + b + c, want);
        assert_memory_equal(got.bytes, want, 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_is_of_the_parts_in_order),
        cmocka_unit_test(roots_are_those_of_the_definition),
        cmocka_unit_test(roots_are_the_published_ones),
        cmocka_unit_test(ranges_join_wherever_they_are_cut),
        cmocka_unit_test(a_range_comes_back_from_its_hashes),
        cmocka_unit_test(a_leaf_is_the_hash_of_its_record),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
