/* Bytes as an index of words: whatever it says, it names no block that is not there, and reading it
 * ends. */
#include "store/word_index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct word_index_writer *w;
    struct word_index x;
    uint64_t damaged = 0;

    if (word_index_open(&x, (struct span){ data, size }, size, NULL) != ERR_OK)
        return 0;
    for (uint64_t i = 0; i < 64; i++) {
        uint64_t blocks = word_index_find(&x, (struct span){ data, size }, i << 58 | i, &damaged);

        MUST(x.blocks == 64 || blocks >> x.blocks == 0);
    }
    (void)word_index_damaged(&x, (struct span){ data, size });
    MUST(word_index_new(&w, NULL) == ERR_OK);
    (void)word_index_append(w, (struct span){ data, size }, NULL);
    word_index_free(&w);
    return 0;
}
