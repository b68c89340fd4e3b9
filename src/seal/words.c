/*
 * words.c - see words.h.
 */
#include "seal/words.h"

#include <stdlib.h>

#include "base/ascii.h"

#define WORD_MAX 256u /* bytes; of a longer word the first ones */

struct words {
    uint8_t word[WORD_MAX];
};

int words_new(struct words **out, struct err *e)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? ERR_OK
                        : err_set(e, ERR_NOMEM, 0, "There is no memory for the words of events.");
}

void words_free(struct words **w)
{
    free(*w);
    *w = NULL;
}

static bool of_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c >= 0x80;
}

void words_of(struct words *w, struct span raw, struct word_index_writer *to)
{
    size_t n = 0;

    for (size_t i = 0; i <= raw.n; i++) {
        if (i < raw.n && of_word(raw.p[i])) {
            if (n < WORD_MAX)
                w->word[n] = ascii_lower(raw.p[i]);
            n++;
        } else if (n > 0) {
            word_index_add(to, word_hash((struct span){ w->word, n < WORD_MAX ? n : WORD_MAX }));
            n = 0;
        }
    }
}
