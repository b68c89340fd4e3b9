/*
 * signed.c - see signed.h.
 */
#include "seal/signed.h"

#include <stdlib.h>

#include "seal/account.h"

struct collect {
    struct signed_store *s;
    int64_t time_ns; /* of the checkpoint before; -1: none */
    struct checkpoint checkpoint;
    struct deletion deletion;
    bool no_memory;
};

const struct signed_stream *signed_find(const struct signed_store *s, uint32_t lane,
                                        uint16_t months)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->stream[i].lane == lane && s->stream[i].months == months)
            return &s->stream[i];
    }
    return NULL;
}

static struct signed_stream *stream_of(struct collect *c, uint32_t lane, uint16_t months)
{
    struct signed_store *s = c->s;
    struct signed_stream *more;

    for (uint32_t i = 0; i < s->count; i++) {
        if (s->stream[i].lane == lane && s->stream[i].months == months)
            return &s->stream[i];
    }
    more = realloc(s->stream, (s->count + 1u) * sizeof(*more));
    if (more == NULL)
        return NULL;
    s->stream = more;
    more += s->count++;
    *more = (struct signed_stream){ .lane = lane, .months = months, .stride = 1 };
    merkle_begin(&more->gone, 0);
    more->mark = calloc(SIGNED_MARKS, sizeof(*more->mark));
    return more->mark != NULL ? more : NULL;
}

const struct signed_mark *signed_mark_from(const struct signed_stream *s, uint32_t *at,
                                           uint64_t size)
{
    while (*at < s->count && s->mark[*at].size < size)
        ++*at;
    if (*at < s->count)
        return &s->mark[*at];
    return s->last.size >= size && s->last.size > 0 ? &s->last : NULL;
}

/* Every `stride`th; when there is no room for more, every second of those goes. */
static void add_mark(struct signed_stream *s, const struct signed_mark *m)
{
    if (s->last.size == m->size)
        return;
    s->last = *m;
    if (++s->skipped < s->stride)
        return;
    s->skipped = 0;
    if (s->count == SIGNED_MARKS) {
        for (uint32_t i = 0; 2 * i + 1 < SIGNED_MARKS; i++)
            s->mark[i] = s->mark[2 * i + 1];
        s->count = SIGNED_MARKS / 2;
        s->stride *= 2;
    }
    s->mark[s->count++] = *m;
}

/* As add_mark(); false: no memory. */
static bool add_text(struct signed_texts *t, const struct merkle_hash *hash, uint64_t number)
{
    static const struct merkle_hash none;
    const struct signed_text one = { *hash, number };

    if (memcmp(hash, &none, sizeof(none)) == 0 ||
        (t->any && memcmp(hash, &t->last.hash, sizeof(*hash)) == 0))
        return true;
    if (t->text == NULL)
        t->text = calloc(SIGNED_MARKS, sizeof(*t->text));
    if (t->text == NULL)
        return false;
    t->stride = t->any ? t->stride : 1;
    t->any = true;
    t->last = one;
    if (++t->skipped < t->stride)
        return true;
    t->skipped = 0;
    if (t->count == SIGNED_MARKS) {
        for (uint32_t i = 0; 2 * i + 1 < SIGNED_MARKS; i++)
            t->text[i] = t->text[2 * i + 1];
        t->count = SIGNED_MARKS / 2;
        t->stride *= 2;
    }
    t->text[t->count++] = one;
    return true;
}

static bool take_texts(struct collect *c)
{
    const struct checkpoint *p = &c->checkpoint;
    struct signed_texts *said = c->s->said;
    bool good = add_text(&said[SIGNED_RULES], &p->rules, p->number) &&
                add_text(&said[SIGNED_SETTINGS], &p->settings, p->number) &&
                add_text(&said[SIGNED_AUDIT], &p->audit, p->number);

    if (good && account_is_hourly(c->time_ns, p->time_ns))
        good = add_text(&said[SIGNED_COUNTS], &p->counts, p->number);
    c->time_ns = p->time_ns;
    return good;
}

static bool take_checkpoint(struct collect *c)
{
    const struct checkpoint *p = &c->checkpoint;

    for (uint32_t i = 0; i < p->stream_count; i++) {
        const struct checkpoint_stream *from = &p->stream[i];
        const struct signed_mark m = { from->size, p->number, p->time_ns, from->root };
        struct signed_stream *s = stream_of(c, from->lane, from->months);

        if (s == NULL)
            return false;
        add_mark(s, &m);
    }
    return take_texts(c);
}

static bool take_deletion(struct collect *c)
{
    const struct deletion *d = &c->deletion;
    struct signed_stream *s = stream_of(c, d->lane, d->months);

    if (s == NULL || s->blocks > UINT32_MAX / 4)
        return false;
    if (s->blocks + d->block_count > s->block_room) {
        const uint32_t room = 2 * s->block_room + d->block_count;
        struct deletion_block *more = realloc(s->block, room * sizeof(*more));

        if (more == NULL)
            return false;
        s->block = more;
        s->block_room = room;
    }
    memcpy(s->block + s->blocks, d->block, d->block_count * sizeof(*s->block));
    s->blocks += d->block_count;
    deletion_range(d, &s->gone);
    return true;
}

static int block_order(const void *a, const void *b)
{
    const struct deletion_block *x = a, *y = b;

    return (x->begin > y->begin) - (x->begin < y->begin);
}

bool signed_took(const struct signed_stream *s, struct merkle_hasher *h,
                 const struct merkle_range *leaves)
{
    const struct deletion_block want = { .begin = leaves->begin }, *is;
    struct merkle_hash digest;

    if (s->blocks == 0)
        return false;
    is = bsearch(&want, s->block, s->blocks, sizeof(*s->block), block_order);
    deletion_digest(h, leaves, &digest);
    return is != NULL && is->end == leaves->end &&
           memcmp(&is->digest, &digest, sizeof(digest)) == 0;
}

/* Does it stand before the first note that does not follow? */
static bool is_sound(const struct verdict *v, const struct chain_place *at)
{
    if (!v->has_place || at->part.day < v->part.day)
        return true;
    if (at->part.day > v->part.day || at->part.number > v->part.number)
        return false;
    return at->part.number < v->part.number || at->at < v->at;
}

static bool on_note(void *arg, const struct note *n, const struct chain_place *at)
{
    struct collect *c = arg;
    const uint64_t sound = c->s->verdict.next; /* more may have come meanwhile */
    bool good = true;

    if (!is_sound(&c->s->verdict, at))
        return false;
    if (checkpoint_is(n->text) && checkpoint_read(n->text, &c->checkpoint, NULL) == ERR_OK &&
        c->checkpoint.number < sound)
        good = take_checkpoint(c);
    else if (deletion_is(n->text) && deletion_read(n->text, &c->deletion, NULL) == ERR_OK &&
             c->deletion.checkpoint <= sound)
        good = take_deletion(c);
    c->no_memory = !good;
    return good;
}

static bool on_unreadable(void *arg, const struct err *why, const struct chain_place *at)
{
    (void)arg;
    (void)why;
    (void)at;
    return true; /* the verdict tells */
}

int signed_read(struct signed_store *s, const struct io *io, int dir, const uint8_t root[KEY_BYTES],
                const struct links_anchor *anchors, uint32_t anchor_count, struct err *e)
{
    struct collect *c = calloc(1, sizeof(*c));
    struct chain *chain = NULL;
    int rc = ERR_OK;

    *s = (struct signed_store){ 0 };
    if (c == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to read the ledger.");
    c->s = s;
    c->time_ns = -1;
    rc = verdict_find(&s->verdict, io, dir, root, anchors, anchor_count, e);
    if (rc == ERR_OK)
        rc = chain_open_reader(&chain, io, dir, e);
    if (rc == ERR_OK && chain_parts(chain) > 0)
        rc = chain_read(chain, 0, &(struct chain_reader){ on_note, on_unreadable, c }, NULL, e);
    if (rc == ERR_OK && c->no_memory)
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory to read the ledger.");
    chain_free(&chain);
    free(c);
    if (rc != ERR_OK)
        signed_release(s);
    return rc;
}

void signed_release(struct signed_store *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        free(s->stream[i].mark);
        free(s->stream[i].block);
    }
    for (uint32_t i = 0; i < SIGNED_KINDS; i++)
        free(s->said[i].text);
    free(s->stream);
    *s = (struct signed_store){ 0 };
}
