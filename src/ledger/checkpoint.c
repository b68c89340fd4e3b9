/*
 * checkpoint.c - see checkpoint.h.
 */
#include "ledger/checkpoint.h"

#define WHAT "checkpoint"

int checkpoint_order(const struct checkpoint_stream *a, const struct checkpoint_stream *b)
{
    if (a->lane != b->lane)
        return a->lane < b->lane ? -1 : 1;
    return (a->months > b->months) - (a->months < b->months);
}

const struct checkpoint_stream *checkpoint_find(const struct checkpoint *c, uint32_t lane,
                                                uint16_t months)
{
    for (uint32_t i = 0; i < c->stream_count; i++) {
        if (c->stream[i].lane == lane && c->stream[i].months == months)
            return &c->stream[i];
    }
    return NULL;
}

/* --- Writing -------------------------------------------------------------------------------- */

static void put_stream(struct buf *out, const struct checkpoint_stream *s)
{
    buf_fmt(out, "stream %u %u %llu %llu", (unsigned)s->lane, (unsigned)s->months,
            (unsigned long long)s->size, (unsigned long long)s->gone);
    note_put_hash(out, "", s->root.bytes);
}

void checkpoint_put(struct buf *out, const struct checkpoint *c)
{
    MUST(c->stream_count <= CHECKPOINT_STREAMS);
    buf_text(out, CHECKPOINT_MAGIC " ");
    note_put_hex(out, c->store, sizeof(c->store));
    buf_fmt(out, "\nnumber %llu\ntime ", (unsigned long long)c->number);
    note_put_time(out, c->time_ns);
    buf_text(out, "\nboot ");
    note_put_hex(out, c->boot, sizeof(c->boot));
    buf_fmt(out, " %llu\n", (unsigned long long)c->clock_ns);
    note_put_hash(out, "previous", c->previous.bytes);
    note_put_hash(out, "next", c->next);
    note_put_hash(out, "counts", c->counts.bytes);
    note_put_hash(out, "rules", c->rules.bytes);
    note_put_hash(out, "settings", c->settings.bytes);
    note_put_hash(out, "audit", c->audit.bytes);
    buf_fmt(out, "deletions %llu", (unsigned long long)c->deletions);
    note_put_hash(out, "", c->deletion.bytes);
    for (uint32_t i = 0; i < c->stream_count; i++) {
        MUST(i == 0 || checkpoint_order(&c->stream[i - 1], &c->stream[i]) < 0);
        put_stream(out, &c->stream[i]);
    }
}

/* --- Reading -------------------------------------------------------------------------------- */

bool checkpoint_is(struct span text)
{
    return span_starts(text, SPAN_LIT(CHECKPOINT_MAGIC " "));
}

static bool read_hash(struct span *left, const char *name, struct merkle_hash *out)
{
    struct span value;

    return note_field(left, name, &value) && note_read_base64(value, out->bytes, MERKLE_HASH_BYTES);
}

static bool read_stream(struct span value, struct checkpoint_stream *s)
{
    struct span lane, months, size, gone;
    uint64_t l, m;

    if (!note_word(&value, &lane) || !note_word(&value, &months) || !note_word(&value, &size) ||
        !note_word(&value, &gone) || !note_read_u64(lane, UINT32_MAX, &l) ||
        !note_read_u64(months, UINT16_MAX, &m) || !note_read_u64(size, MERKLE_SIZE_MAX, &s->size) ||
        !note_read_u64(gone, s->size, &s->gone) ||
        !note_read_base64(value, s->root.bytes, MERKLE_HASH_BYTES))
        return false;
    s->lane = (uint32_t)l;
    s->months = (uint16_t)m;
    return true;
}

/* The lines that every checkpoint has, in their order. *want is how the line that is wrong begins.
 */
static bool read_head(struct span *left, struct checkpoint *c, const char **want)
{
    struct span v, word;

#define LINE(name, good)                                                                           \
    do {                                                                                           \
        *want = name;                                                                              \
        if (!(good))                                                                               \
            return false;                                                                          \
    } while (0)

    LINE(CHECKPOINT_MAGIC,
         note_field(left, CHECKPOINT_MAGIC, &v) && note_read_hex(v, c->store, sizeof(c->store)));
    LINE("number", note_field(left, "number", &v) && note_read_u64(v, UINT64_MAX / 2, &c->number));
    LINE("time", note_field(left, "time", &v) && note_read_time(v, &c->time_ns));
    LINE("boot", note_field(left, "boot", &v) && note_word(&v, &word) &&
                     note_read_hex(word, c->boot, sizeof(c->boot)) &&
                     note_read_u64(v, UINT64_MAX, &c->clock_ns));
    LINE("previous", read_hash(left, "previous", &c->previous));
    LINE("next", note_field(left, "next", &v) && note_read_base64(v, c->next, KEY_BYTES));
    LINE("counts", read_hash(left, "counts", &c->counts));
    LINE("rules", read_hash(left, "rules", &c->rules));
    LINE("settings", read_hash(left, "settings", &c->settings));
    LINE("audit", read_hash(left, "audit", &c->audit));
    LINE("deletions", note_field(left, "deletions", &v) && note_word(&v, &word) &&
                          note_read_u64(word, UINT64_MAX / 2, &c->deletions) &&
                          note_read_base64(v, c->deletion.bytes, MERKLE_HASH_BYTES));
#undef LINE
    return true;
}

int checkpoint_read(struct span text, struct checkpoint *c, struct err *e)
{
    struct span left = text, before, value;
    const char *want = "";

    if (!read_head(&left, c, &want))
        return note_refuse(e, WHAT, text, left, want);
    for (c->stream_count = 0; left.n > 0; c->stream_count++) {
        struct checkpoint_stream *s = &c->stream[c->stream_count];

        before = left;
        if (c->stream_count == CHECKPOINT_STREAMS)
            return note_refuse(e, WHAT, text, left, "the end");
        if (!note_field(&left, "stream", &value) || !read_stream(value, s) ||
            (c->stream_count > 0 && checkpoint_order(s - 1, s) >= 0))
            return note_refuse(e, WHAT, text, before, "stream");
    }
    return ERR_OK;
}
