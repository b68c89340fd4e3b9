/*
 * piece.c - see piece.h.
 */
#include "scan/piece.h"

#include <stdlib.h>

#include "base/num.h"

void piece_init(struct piece *p)
{
    *p = (struct piece){ 0 };
    buf_init(&p->text, PIECE_BYTES_MAX);
}

void piece_release(struct piece *p)
{
    buf_release(&p->text);
    free(p->entries);
    *p = (struct piece){ 0 };
}

void piece_clear(struct piece *p)
{
    buf_clear(&p->text);
    p->count = 0;
}

struct piece_entry piece_begin(const struct piece *p, enum piece_kind kind)
{
    return (struct piece_entry){
        .kind = (uint8_t)kind, .at = p->text.n, .record_at = NO_RECORD, .record = p->records
    };
}

bool piece_end(struct piece *p, struct piece_entry *entry)
{
    if (p->count == p->cap && !buf_failed(&p->text)) {
        size_t cap = p->cap == 0 ? 64 : p->cap * 2;
        struct piece_entry *more = realloc(p->entries, cap * sizeof(*more));

        if (more != NULL) {
            p->entries = more;
            p->cap = cap;
        }
    }
    if (p->count == p->cap || buf_failed(&p->text)) {
        p->text.n = entry->at;
        p->text.failed = false;
        return false;
    }
    entry->bytes = p->text.n - entry->at;
    p->entries[p->count++] = *entry;
    return true;
}

void piece_text(const struct piece *p, const struct piece_entry *entry, uint64_t number,
                struct buf *out)
{
    struct span all = { p->text.p + entry->at, entry->bytes };
    uint8_t digits[24];

    buf_clear(out);
    if (entry->record_at == NO_RECORD) {
        buf_add(out, all);
        return;
    }
    buf_add(out, (struct span){ all.p, entry->record_at });
    buf_add(out, (struct span){ digits, num_put_u64(digits, number) });
    buf_add(out, span_from(all, entry->record_at));
}
