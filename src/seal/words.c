/*
 * words.c - see words.h.
 */
#include "seal/words.h"

#include <stdlib.h>

#include "event/search_text.h"
#include "store/word_index.h"
#include "wire/rec_one.h"

#define TEXT_MAX ((size_t)128 << 20) /* four times the largest record, and some */

struct words {
    struct rec rec;
    struct buf text;
};

int words_new(struct words **out, struct err *e)
{
    struct words *w = calloc(1, sizeof(*w));

    *out = w;
    if (w == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the words of events.");
    buf_init(&w->text, TEXT_MAX);
    if (rec_init(&w->rec))
        return ERR_OK;
    words_free(out);
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the words of events.");
}

void words_free(struct words **out)
{
    struct words *w = *out;

    *out = NULL;
    if (w == NULL)
        return;
    if (w->rec.fields != NULL)
        rec_release(&w->rec);
    buf_release(&w->text);
    free(w);
}

bool words_of(struct words *w, struct span raw, words_fn *fn, void *arg)
{
    struct span rest, word;

    (void)rec_read_one(&w->rec, raw, NULL, NULL); /* always gives one */
    buf_clear(&w->text);
    search_text(&w->rec, &w->text);
    if (buf_failed(&w->text))
        return false;
    rest = buf_span(&w->text);
    while (search_word_next(&rest, &word))
        fn(arg, word_hash(word));
    return true;
}
