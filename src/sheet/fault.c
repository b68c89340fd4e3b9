/*
 * fault.c - the sentences of fault.h.
 */
#include "sheet/fault.h"

static const struct fault_row faults[] = {
#define X(id, note, vi, en) [FAULT_##id] = { #id, note, { vi, en } },
    FAULT_TABLE(X)
#undef X
};

const struct fault_row *fault_row(enum fault f)
{
    MUST(f > FAULT_NONE && f < FAULT_COUNT);
    return &faults[f];
}

void fault_put(struct buf *out, enum fault f, const struct fault_words *words, enum form_language l)
{
    struct span s = span_of(fault_row(f)->text[l]);

    for (size_t at; s.n > 0; s = span_from(s, at + 2)) {
        at = span_find(s, '$');
        buf_add(out, (struct span){ s.p, at });
        if (at == s.n)
            return;
        buf_add(out, s.p[at + 1] == '1' ? words->first[l] : words->second[l]);
    }
}
