/*
 * deletion.c - see deletion.h.
 */
#include "ledger/deletion.h"

#include "base/bytes.h"

#define WHAT         "deletion"
#define BLOCK_PREFIX 2

static const char *const whys[] = {
#define X(name) #name,
    DELETION_WHY_TABLE(X)
#undef X
};

/* --- Writing -------------------------------------------------------------------------------- */

static void put_block(struct buf *out, const struct deletion_block *b)
{
    buf_fmt(out, "block %llu %llu", (unsigned long long)b->begin, (unsigned long long)b->end);
    note_put_hash(out, "", b->digest.bytes);
}

void deletion_put(struct buf *out, const struct deletion *d)
{
    uint64_t at = d->begin;

    MUST(d->begin < d->end && d->hash_count == (uint32_t)__builtin_popcountll(d->end));
    MUST(d->block_count <= DELETION_BLOCKS && (size_t)d->why < COUNT_OF(whys));
    buf_text(out, DELETION_MAGIC " ");
    note_put_hex(out, d->store, sizeof(d->store));
    buf_fmt(out, "\nnumber %llu\n", (unsigned long long)d->number);
    note_put_hash(out, "previous", d->previous.bytes);
    buf_fmt(out, "checkpoint %llu\ntime ", (unsigned long long)d->checkpoint);
    note_put_time(out, d->time_ns);
    buf_fmt(out, "\nwhy %s\nstream %u %u\nleaves %llu %llu\n", whys[d->why], (unsigned)d->lane,
            (unsigned)d->months, (unsigned long long)d->begin, (unsigned long long)d->end);
    for (uint32_t i = 0; i < d->hash_count; i++)
        note_put_hash(out, "hash", d->hash[i].bytes);
    for (uint32_t i = 0; i < d->block_count; i++) {
        MUST(d->block[i].begin == at && d->block[i].end > at);
        put_block(out, &d->block[i]);
        at = d->block[i].end;
    }
    MUST(at == d->end);
}

/* --- Reading -------------------------------------------------------------------------------- */

bool deletion_is(struct span text)
{
    return span_starts(text, SPAN_LIT(DELETION_MAGIC " "));
}

/* "A B" */
static bool read_two(struct span v, uint64_t max_a, uint64_t max_b, uint64_t *a, uint64_t *b)
{
    struct span word;

    return note_word(&v, &word) && note_read_u64(word, max_a, a) && note_read_u64(v, max_b, b);
}

static bool read_why(struct span v, enum deletion_why *why)
{
    for (size_t i = 0; i < COUNT_OF(whys); i++) {
        if (span_eq(v, span_of(whys[i]))) {
            *why = (enum deletion_why)i;
            return true;
        }
    }
    return false;
}

static bool read_head(struct span *left, struct deletion *d, const char **want)
{
    uint64_t lane = 0, months = 0;
    struct span v;

#define LINE(name, good)                                                                           \
    do {                                                                                           \
        *want = name;                                                                              \
        if (!note_field(left, name, &v) || !(good))                                                \
            return false;                                                                          \
    } while (0)

    LINE(DELETION_MAGIC, note_read_hex(v, d->store, sizeof(d->store)));
    LINE("number", note_read_u64(v, UINT64_MAX / 2, &d->number));
    LINE("previous", note_read_base64(v, d->previous.bytes, MERKLE_HASH_BYTES));
    LINE("checkpoint", note_read_u64(v, UINT64_MAX / 2, &d->checkpoint));
    LINE("time", note_read_time(v, &d->time_ns));
    LINE("why", read_why(v, &d->why));
    LINE("stream", read_two(v, UINT32_MAX, UINT16_MAX, &lane, &months));
    LINE("leaves",
         read_two(v, MERKLE_SIZE_MAX, MERKLE_SIZE_MAX, &d->begin, &d->end) && d->begin < d->end);
#undef LINE
    d->lane = (uint32_t)lane;
    d->months = (uint16_t)months;
    return true;
}

static bool read_block(struct span v, uint64_t at, struct deletion_block *b)
{
    struct span begin, end;

    return note_word(&v, &begin) && note_word(&v, &end) &&
           note_read_u64(begin, MERKLE_SIZE_MAX, &b->begin) &&
           note_read_u64(end, MERKLE_SIZE_MAX, &b->end) && b->begin == at && b->end > at &&
           note_read_base64(v, b->digest.bytes, MERKLE_HASH_BYTES);
}

int deletion_read(struct span text, struct deletion *d, struct err *e)
{
    struct span left = text, before, v;
    const char *want = "";
    uint64_t at;

    if (!read_head(&left, d, &want))
        return note_refuse(e, WHAT, text, left, want);
    d->hash_count = (uint32_t)__builtin_popcountll(d->end);
    for (uint32_t i = 0; i < d->hash_count; i++) {
        before = left;
        if (!note_field(&left, "hash", &v) ||
            !note_read_base64(v, d->hash[i].bytes, MERKLE_HASH_BYTES))
            return note_refuse(e, WHAT, text, before, "hash");
    }
    d->block_count = 0;
    for (at = d->begin; left.n > 0; at = d->block[d->block_count++].end) {
        before = left;
        if (d->block_count == DELETION_BLOCKS || !note_field(&left, "block", &v) ||
            !read_block(v, at, &d->block[d->block_count]))
            return note_refuse(e, WHAT, text, before, "block");
    }
    return at == d->end ? ERR_OK : note_refuse(e, WHAT, text, left, "block");
}

/* --- What they stand for -------------------------------------------------------------------- */

void deletion_range(const struct deletion *d, struct merkle_range *r)
{
    MUST(merkle_read(r, 0, d->end,
                     (struct span){ d->hash[0].bytes, d->hash_count * sizeof(d->hash[0]) }));
}

void deletion_digest(struct merkle_hasher *h, const struct merkle_range *block,
                     struct merkle_hash *out)
{
    uint8_t ends[16];
    const struct span parts[] = { { ends, sizeof(ends) },
                                  { block->node[0].bytes, block->count * sizeof(block->node[0]) } };

    bytes_put_u64(ends, block->begin);
    bytes_put_u64(ends + 8, block->end);
    merkle_digest(h, BLOCK_PREFIX, parts, COUNT_OF(parts), out);
}
