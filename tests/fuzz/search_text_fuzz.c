/*
 * search_text(): whatever the bytes, they are folded within the room that is promised, once and for
 * all; words lie between edges; the values of a JSON record are in its search text.
 */
#include <stdlib.h>

#include "base/utf.h"
#include "event/search_text.h"
#include "wire/codec.h"

static void check_words(struct span all)
{
    struct span rest = all, word;

    while (search_word_next(&rest, &word)) {
        MUST(search_edge(all, (size_t)(word.p - all.p)));
        MUST(search_edge(all, (size_t)(word.p - all.p) + word.n));
    }
}

static bool stands_in(struct span text, struct span what)
{
    const uint8_t *at = text.p;

    while (what.n > 0 &&
           (at = memmem(at, text.n - (size_t)(at - text.p), what.p, what.n)) != NULL) {
        size_t from = (size_t)(at - text.p);

        if (search_edge(text, from) && search_edge(text, from + what.n))
            return true;
        at++;
    }
    return what.n == 0;
}

static void check_record(struct span in)
{
    struct buf text, value;
    struct rec r;

    MUST(rec_init(&r));
    buf_init(&text, 1 << 26);
    buf_init(&value, 1 << 26);
    if (json_read(in, &r, NULL) > 0) {
        search_text(&r, &text);
        for (uint32_t i = 0; i < r.count; i++) {
            buf_clear(&value);
            if (r.fields[i].kind == REC_GROUP)
                continue;
            search_fold_add(rec_text(&r.fields[i], &r.mem), false, &value);
            MUST(stands_in(buf_span(&text), buf_span(&value)));
        }
        MUST(!buf_failed(&text) && !buf_failed(&value));
    }
    buf_release(&text);
    buf_release(&value);
    rec_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    size_t room = search_fold_room(size), n, again;
    uint8_t *once = malloc(room), *twice = malloc(search_fold_room(room));

    MUST(once != NULL && twice != NULL);
    n = search_fold(in, true, once);
    MUST(n <= room);
    check_words((struct span){ once, n });
    n = search_fold(in, false, once);
    MUST(n <= room);
    again = search_fold((struct span){ once, n }, false, twice);
    MUST(!utf8_valid(in) || (again == n && memcmp(once, twice, n) == 0));
    check_words((struct span){ once, n });
    check_record(in);
    free(once);
    free(twice);
    return 0;
}
