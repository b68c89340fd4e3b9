/*
 * search_rate - how fast the search text of events is folded and cut into words: MB/s, best of 5.
 *
 * usage: search_rate FILE        folded whole: as text, as JSON; then its words
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "event/search_text.h"

static double now_s(void)
{
    struct timespec t;

    MUST(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void show(const char *what, double best_s, size_t bytes, size_t count)
{
    printf("%-12s %8.0f MB/s  %zu\n", what, (double)bytes / best_s / 1e6, count);
}

static void fold(const char *what, struct span in, bool json, uint8_t *room, size_t *n)
{
    double best = 1e9;

    for (int i = 0; i < 5; i++) {
        double from = now_s(), took;

        *n = search_fold(in, json, room);
        took = now_s() - from;
        best = took < best ? took : best;
    }
    show(what, best, in.n, *n);
}

static void words(struct span folded)
{
    double best = 1e9;
    size_t count = 0;

    for (int i = 0; i < 5; i++) {
        struct span rest = folded, word;
        double from = now_s(), took;

        for (count = 0; search_word_next(&rest, &word);)
            count++;
        took = now_s() - from;
        best = took < best ? took : best;
    }
    show("words", best, folded.n, count);
}

int main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    struct buf text;
    uint8_t *room, piece[65536];
    size_t n;

    if (f == NULL) {
        fprintf(stderr, "usage: search_rate FILE\n");
        return 2;
    }
    buf_init(&text, (size_t)1 << 31);
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_add(&text, (struct span){ piece, n });
    (void)fclose(f); /* only read */
    room = malloc(search_fold_room(text.n));
    MUST(room != NULL && !buf_failed(&text));
    memset(room, 1, search_fold_room(text.n)); /* the pages are there before the clock runs */
    fold("fold, JSON", buf_span(&text), true, room, &n);
    fold("fold", buf_span(&text), false, room, &n);
    words((struct span){ room, n });
    free(room);
    buf_release(&text);
    return 0;
}
