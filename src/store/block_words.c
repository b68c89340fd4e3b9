/*
 * block_words.c - the words of a block's events, for the index: see block_write.h.
 *
 *   {"host":"______","user":"____"}     literals: "{ host : user }"     once a shape
 *             srv-17         an         values: "srv 17", "an"          once a value of a column
 *
 * What is put into the index are the words of each event's search text (event/search_text.h): of
 * its bytes, folded, and of lines of values that do not stand there as they are. The lines are
 * asked of the record when it is split. The bytes are an event's literals with its columns' values
 * between them; what is folded piece by piece is the folding of the whole, and no word runs over
 * the end of a value when what stands there is no letter. So every piece is looked at once, however
 * many events have it.
 *
 * Where that cannot be said of a shape (a literal that ends with a letter, an escape of JSON that a
 * piece may cut), its rows are looked at one by one: the same words, only slower.
 */
#include "event/search_text.h"
#include "store/block_write.h"
#include "wire/rec_one.h"

static void add_words(struct block_writer *w, struct span folded)
{
    struct span word;

    while (search_word_next(&folded, &word))
        word_index_add(w->words, word_hash(word));
}

/* `s`, folded, in w->text. */
static struct span fold(struct block_writer *w, struct span s, unsigned how)
{
    buf_clear(&w->text);
    search_fold_add(s, how == BLOCK_FOLD_JSON, &w->text);
    return buf_span(&w->text);
}

bool block_words_row(struct block_writer *w, struct span raw)
{
    if (w->words == NULL)
        return true;
    buf_clear(&w->text);
    if (w->split.fold == BLOCK_FOLD_NONE) {
        (void)rec_read_one(&w->split.rec, raw, NULL, NULL); /* always gives one */
        search_text(&w->split.rec, &w->text);
    } else {
        search_text_values(&w->split.rec, &w->text);
    }
    add_words(w, buf_span(&w->text));
    return !buf_failed(&w->text);
}

/* --- Pieces --------------------------------------------------------------------------------- */

/* Does no escape of JSON run over the end? Half of a character may ask for the other half. */
static bool is_closed(struct span s)
{
    size_t at = span_find(s, '\\');

    while (at < s.n) {
        size_t left = s.n - at;

        if (left < 2)
            return false;
        if (s.p[at + 1] == 'u' && left < 12 && (left < 6 || (s.p[at + 2] | 0x20) == 'd'))
            return false;
        at += 2 + span_find(span_from(s, at + 2), '\\');
    }
    return true;
}

static bool is_edge(uint8_t folded)
{
    return folded < 0x80 && !search_is_word(folded);
}

/* The literal before slot `slot`, of those that begin at *key. */
static bool literal_parts(struct block_writer *w, const struct block_made *m, uint32_t slot,
                          struct span literal)
{
    unsigned how = block_bases(w)[m->base].fold;
    struct span s;

    if (how == BLOCK_FOLD_JSON && !is_closed(literal))
        return false;
    s = fold(w, literal, how);
    if (s.n == 0)
        return literal.n == 0 && (slot == 0 || slot == m->slots);
    return (slot == 0 || is_edge(s.p[0])) && (slot == m->slots || is_edge(s.p[s.n - 1]));
}

/* Do literals part the values of all rows, so that no word is of two pieces? */
static bool is_parted(struct block_writer *w, const struct block_made *m)
{
    struct span key = m->key;

    for (uint32_t slot = 0; slot <= m->slots; slot++) {
        if (!literal_parts(w, m, slot, block_take_text(&key)))
            return false;
    }
    for (uint32_t slot = 0; slot < m->slots; slot++) {
        const struct block_column_draft *c = &m->columns[slot];
        uint32_t values = c->plan.encoding == BLOCK_INT ? 1 : c->distinct; /* those look alike */

        if (block_bases(w)[m->base].fold != BLOCK_FOLD_JSON || c->plan.encoding == BLOCK_SAME)
            continue;
        for (uint32_t v = 0; v < values; v++) {
            if (!is_closed(block_draft_value(w, m, c, v)))
                return false;
        }
    }
    return true;
}

/* --- Shapes --------------------------------------------------------------------------------- */

/* One word that its folding does not change. */
static bool is_word(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
              s.p[i] == '_'))
            return false;
    }
    return s.n > 0;
}

static void add_column(struct block_writer *w, const struct block_made *m,
                       const struct block_column_draft *c)
{
    if (c->plan.encoding == BLOCK_SAME)
        return;
    for (uint32_t v = 0; v < c->distinct; v++) {
        struct span s = block_draft_value(w, m, c, v);

        if (is_word(s))
            word_index_add(w->words, c->hashes[v]); /* is word_hash() of it */
        else
            add_words(w, fold(w, s, block_bases(w)[m->base].fold));
    }
}

static void add_shape(struct block_writer *w, const struct block_made *m)
{
    struct span key = m->key;

    for (uint32_t slot = 0; slot <= m->slots; slot++)
        add_words(w, fold(w, block_take_text(&key), block_bases(w)[m->base].fold));
    for (uint32_t slot = 0; slot < m->slots; slot++)
        add_column(w, m, &m->columns[slot]);
}

bool block_words_shapes(struct block_writer *w)
{
    if (w->words == NULL)
        return true;
    for (size_t i = 0; i < w->made.count; i++) {
        struct block_made *m = &block_mades(w)[i];
        bool done = block_bases(w)[m->base].fold == BLOCK_FOLD_NONE; /* row by row */

        m->joined = !done && !is_parted(w, m);
        if (!done && !m->joined)
            add_shape(w, m);
    }
    for (size_t i = 0; i < w->rows.count; i++) {
        const struct block_row *r = &block_rows(w)[i];
        const struct block_made *m = &block_mades(w)[r->shape];

        if (m->joined)
            add_words(w, fold(w, (struct span){ w->raw.p + r->raw, r->raw_bytes },
                              block_bases(w)[m->base].fold));
    }
    return !buf_failed(&w->text);
}
