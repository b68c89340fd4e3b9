/*
 * words.c - see words.h.
 */
#include "seal/words.h"

#include <stdlib.h>

#include "event/search_text.h"

#define FOLDED_MAX ((size_t)64 << 20)

struct words {
    struct buf folded;
    struct word_index_writer *to;
};

int words_new(struct words **out, struct err *e)
{
    struct words *w = calloc(1, sizeof(*w));

    *out = w;
    if (w == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the words of events.");
    buf_init(&w->folded, FOLDED_MAX);
    return ERR_OK;
}

void words_free(struct words **w)
{
    if (*w != NULL)
        buf_release(&(*w)->folded);
    free(*w);
    *w = NULL;
}

static void add_word(void *arg, struct span word)
{
    struct words *w = arg;

    word_index_add(w->to, word_hash(word));
}

bool words_of(struct words *w, struct span raw, struct word_index_writer *to)
{
    buf_clear(&w->folded);
    search_fold(raw, &w->folded);
    if (buf_failed(&w->folded))
        return false;
    w->to = to;
    search_words(buf_span(&w->folded), add_word, w);
    return true;
}
