/*
 * The words of any records, by the columns of their block and one by one (seal/words.h): the same
 * index. A zero byte ends a record.
 */
#include "seal/words.h"
#include "store/block.h"
#include "store/word_index.h"

static void add_word(void *arg, uint64_t hash)
{
    word_index_add(arg, hash);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    struct word_index_writer *columns, *events;
    struct block_writer *w;
    struct words *words;
    struct buf out, got, want;

    MUST(block_writer_new(&w, NULL) == ERR_OK && words_new(&words, NULL) == ERR_OK);
    MUST(word_index_new(&columns, NULL) == ERR_OK && word_index_new(&events, NULL) == ERR_OK);
    for (uint32_t row = 0; s.n > 0; row++) {
        size_t n = span_find(s, 0);
        struct block_event ev = { .sequence = row, .raw = { s.p, n } };

        if (!block_add(w, &ev))
            break;
        MUST(words_of(words, ev.raw, add_word, events));
        s = span_from(s, n < s.n ? n + 1 : n);
    }
    buf_init(&out, BLOCK_BYTES_MAX);
    buf_init(&got, (size_t)1 << 28);
    buf_init(&want, (size_t)1 << 28);
    block_words(w, columns);
    MUST(block_put(w, &out, NULL) == ERR_OK);
    MUST(word_index_block(columns, NULL) == ERR_OK && word_index_block(events, NULL) == ERR_OK);
    MUST(word_index_put(columns, &got, NULL) == ERR_OK &&
         word_index_put(events, &want, NULL) == ERR_OK);
    MUST(span_eq(buf_span(&got), buf_span(&want)));
    buf_release(&out);
    buf_release(&got);
    buf_release(&want);
    word_index_free(&columns);
    word_index_free(&events);
    words_free(&words);
    block_writer_free(&w);
    return 0;
}
