/*
 * Goal: an index names every block that holds a word, few others, and never leaves one out because
 * it is damaged. Method: against sets kept in the test; every byte flipped and cut against an
 * unmapped page; merged against made at once.
 */
#include "check.h"
#include "guard.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "store/word_index.h"

#define WORDS 3000u

/* Word `i` of the test: its hash, and the blocks of `blocks` in which it is. */
static uint64_t hash_of(uint32_t i)
{
    return word_hash((struct span){ (const uint8_t *)&i, sizeof(i) });
}

static uint64_t blocks_of(uint32_t i, uint32_t blocks)
{
    uint64_t mask = blocks == 64 ? UINT64_MAX : ((uint64_t)1 << blocks) - 1;

    if (i % 10 == 0)
        return mask; /* everywhere */
    if (i % 10 == 1)
        return hash_of(i + 1000000) & mask;
    return (uint64_t)1 << (i % blocks);
}

/* An index of blocks [from, to) of `blocks`. */
static void make(struct buf *out, uint32_t words, uint32_t blocks, uint32_t from, uint32_t to)
{
    struct word_index_writer *w;

    assert_int_equal(word_index_new(&w, NULL), ERR_OK);
    for (uint32_t b = from; b < to; b++) {
        for (uint32_t i = 0; i < words; i++) {
            if ((blocks_of(i, blocks) >> b & 1) == 0)
                continue;
            word_index_add(w, hash_of(i));
            word_index_add(w, hash_of(i)); /* twice is once */
        }
        assert_int_equal(word_index_block(w, NULL), ERR_OK);
    }
    assert_int_equal(word_index_put(w, out, NULL), ERR_OK);
    word_index_free(&w);
}

static void every_block_of_a_word_is_named_and_few_others(void **state)
{
    static const uint32_t rows[][2] = { { 0, 1 },         { 1, 1 },      { 300, 2 },
                                        { WORDS, 1 },     { WORDS, 63 }, { WORDS, 64 },
                                        { 20 * WORDS, 5 } };

    (void)state;
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        const uint32_t words = rows[r][0], blocks = rows[r][1];
        uint64_t damaged = 0, others = 0;
        struct word_index x;
        struct buf out;

        buf_init(&out, 1u << 26);
        make(&out, words, blocks, 0, blocks);
        assert_int_equal(word_index_open(&x, buf_span(&out), out.n, NULL), ERR_OK);
        assert_true(x.entries <= words && x.blocks == blocks);
        for (uint32_t i = 0; i < words; i++) {
            uint64_t got = word_index_find(&x, buf_span(&out), hash_of(i), &damaged);

            assert_int_equal(blocks_of(i, blocks) & ~got, 0);
            others += got != blocks_of(i, blocks);
        }
        for (uint32_t i = words; i < words + WORDS; i++)
            others += word_index_find(&x, buf_span(&out), hash_of(i), &damaged) != 0;
        assert_int_equal(damaged, 0);
        assert_true(others <= 2); /* 2^30 places for 60,000 words: one in 18,000 */
        assert_int_equal(word_index_damaged(&x, buf_span(&out)), 0);
        buf_release(&out);
    }
}

static void merged_is_made_at_once(void **state)
{
    struct buf whole, left, right, both;
    struct word_index_writer *w;

    (void)state;
    buf_init(&whole, 1u << 24);
    buf_init(&left, 1u << 24);
    buf_init(&right, 1u << 24);
    buf_init(&both, 1u << 24);
    make(&whole, WORDS, 64, 0, 64);
    make(&left, WORDS, 64, 0, 20);
    make(&right, WORDS, 64, 20, 64);
    assert_int_equal(word_index_new(&w, NULL), ERR_OK);
    assert_int_equal(word_index_append(w, buf_span(&left), NULL), ERR_OK);
    assert_int_equal(word_index_append(w, buf_span(&right), NULL), ERR_OK);
    assert_int_equal(word_index_append(w, buf_span(&left), NULL), ERR_LIMIT);
    assert_int_equal(word_index_block(w, NULL), ERR_LIMIT);
    assert_int_equal(word_index_put(w, &both, NULL), ERR_OK);
    assert_true(span_eq(buf_span(&whole), buf_span(&both)));
    word_index_free(&w);
    buf_release(&whole);
    buf_release(&left);
    buf_release(&right);
    buf_release(&both);
}

/* Whatever byte is changed: no block that holds a word is left out. */
static void one_of_version_1_is_sound_and_answers_all_blocks(void **state)
{
    uint64_t damaged = 0;
    struct word_index x;
    struct buf out;
    struct err e;

    (void)state;
    buf_init(&out, 1u << 26);
    make(&out, 300, 5, 0, 5);
    out.p[4] = 1;
    bytes_put_u64(out.p + 24, XXH3_64bits(out.p, 24));
    assert_int_equal(word_index_open(&x, buf_span(&out), out.n, &e), ERR_OK);
    assert_true(word_index_damaged(&x, buf_span(&out)) == 0);
    assert_true(word_index_find(&x, buf_span(&out), hash_of(2), &damaged) == 31);
    assert_true(word_index_find(&x, buf_span(&out), hash_of(1000000), &damaged) == 31);
    assert_true(damaged == 0);
    out.p[4] = 3;
    bytes_put_u64(out.p + 24, XXH3_64bits(out.p, 24));
    assert_int_equal(word_index_open(&x, buf_span(&out), out.n, &e), ERR_UNSUPPORTED);
    buf_release(&out);
}

static void damage_makes_it_slow_not_wrong(void **state)
{
    struct word_index_writer *w;
    struct word_index x;
    struct guard g;
    struct buf out;
    uint64_t found = 0;

    (void)state;
    buf_init(&out, 1u << 20);
    make(&out, 900, 7, 0, 7);
    guard_init(&g, out.n);
    assert_int_equal(word_index_new(&w, NULL), ERR_OK);
    for (size_t at = 0; at < out.n; at++) {
        struct span index;
        uint64_t damaged = 0;

        out.p[at] ^= 0x10;
        index = guard_put(&g, buf_span(&out));
        if (word_index_open(&x, index, index.n, NULL) != ERR_OK) {
            assert_true(at < WORD_HEAD_BYTES);
        } else {
            assert_true(word_index_damaged(&x, index) >= 1);
            for (uint32_t i = 0; i < 900; i += 7)
                assert_int_equal(
                    blocks_of(i, 7) & ~word_index_find(&x, index, hash_of(i), &damaged), 0);
            found += damaged > 0;
            assert_true(word_index_append(w, index, NULL) < 0);
        }
        out.p[at] ^= 0x10;
        word_index_free(&w);
        assert_int_equal(word_index_new(&w, NULL), ERR_OK);
    }
    assert_true(found > out.n / 2);
    for (size_t cut = 0; cut < out.n; cut++) {
        struct span part = guard_put(&g, (struct span){ out.p, cut });

        assert_true(word_index_open(&x, part, cut, NULL) < 0);
    }
    word_index_free(&w);
    guard_release(&g);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_of_a_word_is_named_and_few_others),
        cmocka_unit_test(merged_is_made_at_once),
        cmocka_unit_test(one_of_version_1_is_sound_and_answers_all_blocks),
        cmocka_unit_test(damage_makes_it_slow_not_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
