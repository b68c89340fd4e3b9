/*
 * links.c - see links.h. The order of the questions is part of the format: two verifiers name the
 * same fault (tools/verify.py).
 */
#include "ledger/links.h"

#include "ledger/certificate.h"
#include "ledger/deletion.h"

static const struct {
    const char *name, *text;
} faults[] = {
#define X(name, text) { #name, text },
    LINKS_FAULT_TABLE(X)
#undef X
};

const char *links_name(enum links_fault f)
{
    MUST((size_t)f < COUNT_OF(faults));
    return faults[f].name;
}

const char *links_text(enum links_fault f)
{
    MUST((size_t)f < COUNT_OF(faults));
    return faults[f].text;
}

void links_init(struct links *l, struct merkle_hasher *h, const uint8_t root[KEY_BYTES])
{
    memset(l, 0, sizeof(*l));
    l->h = h;
    memcpy(l->root, root, KEY_BYTES);
}

int links_anchor(struct links *l, const struct links_anchor *a, struct err *e)
{
    MUST(l->notes == 0);
    if (l->anchor_count == LINKS_ANCHORS)
        return err_set(e, ERR_LIMIT, 0, "At most %u anchors can be given.", LINKS_ANCHORS);
    l->anchor[l->anchor_count++] = *a;
    return ERR_OK;
}

/* Always false. */
static bool wrong(struct links *l, enum links_fault f)
{
    l->fault = f;
    (void)err_set(&l->why, ERR_CORRUPT, 0, "Checkpoint %llu was due: %s.",
                  (unsigned long long)l->next, links_text(f));
    return false;
}

static bool same_hash(const struct merkle_hash *a, const struct merkle_hash *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static bool same_store(const struct links *l, const uint8_t store[NOTE_STORE_BYTES])
{
    return memcmp(l->store, store, NOTE_STORE_BYTES) == 0;
}

static bool signed_by(struct links *l, const struct note *n, const uint8_t key[KEY_BYTES])
{
    switch (note_check(n, (struct span){ l->name, sizeof(l->name) }, key)) {
    case NOTE_GOOD:
        return true;
    case NOTE_OTHER_KEY:
        return wrong(l, LINKS_KEY);
    case NOTE_FORGED:
        break;
    }
    return wrong(l, LINKS_FORGED);
}

/* --- Certificates --------------------------------------------------------------------------- */

static bool next_certificate(struct links *l, const struct note *n)
{
    struct certificate c;

    if (certificate_read(n->text, &c, NULL) != ERR_OK)
        return wrong(l, LINKS_SYNTAX);
    if (l->certified && !same_store(l, c.store))
        return wrong(l, LINKS_STORE);
    if (c.from != l->next || !same_hash(&c.previous, &l->last))
        return wrong(l, LINKS_CERTIFICATE);
    (void)note_store_name(c.store, l->name);
    if (!signed_by(l, n, l->root))
        return false;
    memcpy(l->store, c.store, sizeof(l->store));
    memcpy(l->key, c.key, sizeof(l->key));
    l->certified = true;
    return true;
}

/* --- Checkpoints ---------------------------------------------------------------------------- */

/* Every stream that was is there, and not smaller. Both are in order. */
static bool streams_go_on(struct links *l, const struct checkpoint *c)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < l->stream_count; i++) {
        const struct checkpoint_stream *was = &l->stream[i];

        while (at < c->stream_count && checkpoint_order(&c->stream[at], was) < 0)
            at++;
        if (at == c->stream_count || checkpoint_order(&c->stream[at], was) != 0 ||
            c->stream[at].size < was->size)
            return wrong(l, LINKS_SMALLER);
        if (c->stream[at].size == was->size && !same_hash(&c->stream[at].root, &was->root))
            return wrong(l, LINKS_ROOT);
    }
    return true;
}

/* What the records say is gone, and nothing else, is. */
static bool deletions_agree(struct links *l, const struct checkpoint *c)
{
    bool good = c->deletions == l->deletions && same_hash(&c->deletion, &l->deletion);
    uint32_t at = 0;

    for (uint32_t i = 0; i < c->stream_count; i++) {
        bool known = at < l->stream_count && checkpoint_order(&l->stream[at], &c->stream[i]) == 0;

        good = good && c->stream[i].gone == (known ? l->stream[at].gone : 0);
        at += known;
    }
    return good || wrong(l, LINKS_DELETION);
}

static bool anchors_agree(struct links *l, uint64_t number, const struct merkle_hash *hash)
{
    for (uint32_t i = 0; i < l->anchor_count; i++) {
        if (l->anchor[i].number == number && !same_hash(&l->anchor[i].hash, hash))
            return wrong(l, LINKS_FORK);
    }
    return true;
}

static void mind_clock(struct links *l, const struct checkpoint *c)
{
    bool back = c->time_ns < l->time_ns - LINKS_BACK_NS ||
                (memcmp(c->boot, l->boot, sizeof(l->boot)) == 0 && c->clock_ns < l->clock_ns);

    if (c->number == 0 || !back)
        return;
    if (l->clocks++ == 0)
        l->clock_at = c->number;
}

static void take(struct links *l, const struct checkpoint *c, const struct merkle_hash *hash)
{
    memcpy(l->stream, c->stream, c->stream_count * sizeof(c->stream[0]));
    l->stream_count = c->stream_count;
    l->next = c->number + 1;
    l->last = *hash;
    l->time_ns = c->time_ns;
    memcpy(l->boot, c->boot, sizeof(l->boot));
    l->clock_ns = c->clock_ns;
    memcpy(l->key, c->next, sizeof(l->key));
}

static bool next_checkpoint(struct links *l, const struct note *n)
{
    struct checkpoint *c = &l->room;
    struct merkle_hash hash;

    if (checkpoint_read(n->text, c, NULL) != ERR_OK)
        return wrong(l, LINKS_SYNTAX);
    if (!l->certified)
        return wrong(l, LINKS_CERTIFICATE);
    if (!same_store(l, c->store))
        return wrong(l, LINKS_STORE);
    if (c->number != l->next)
        return wrong(l, LINKS_NUMBER);
    if (!same_hash(&c->previous, &l->last))
        return wrong(l, LINKS_PREVIOUS);
    note_hash(n->text, &hash);
    if (!signed_by(l, n, l->key) || !streams_go_on(l, c) || !deletions_agree(l, c) ||
        !anchors_agree(l, c->number, &hash))
        return false;
    mind_clock(l, c);
    take(l, c, &hash);
    return true;
}

void links_resume(struct links *l, const struct checkpoint *c, struct span text)
{
    struct merkle_hash hash;

    MUST(l->notes == 0);
    note_hash(text, &hash);
    memcpy(l->store, c->store, sizeof(l->store));
    (void)note_store_name(c->store, l->name);
    l->certified = true;
    l->deletions = c->deletions;
    l->deletion = c->deletion;
    take(l, c, &hash);
}

/* --- Deletions ------------------------------------------------------------------------------ */

static struct checkpoint_stream *stream_of(struct links *l, const struct deletion *d)
{
    for (uint32_t i = 0; i < l->stream_count; i++) {
        if (l->stream[i].lane == d->lane && l->stream[i].months == d->months)
            return &l->stream[i];
    }
    return NULL;
}

/* What is gone is a prefix of what was there. */
static bool is_prefix(struct links *l, const struct checkpoint_stream *s, const struct deletion *d)
{
    struct merkle_hash root;
    struct merkle_range r;

    if (s == NULL || d->begin != s->gone || d->end > s->size)
        return false;
    if (d->end < s->size)
        return true; /* whether the rest goes with it, only the store can tell */
    deletion_range(d, &r);
    merkle_root(l->h, &r, &root);
    return same_hash(&root, &s->root);
}

static bool next_deletion(struct links *l, const struct note *n)
{
    struct checkpoint_stream *s;
    struct deletion d;

    if (deletion_read(n->text, &d, NULL) != ERR_OK)
        return wrong(l, LINKS_SYNTAX);
    if (!l->certified)
        return wrong(l, LINKS_CERTIFICATE);
    if (!same_store(l, d.store))
        return wrong(l, LINKS_STORE);
    if (d.checkpoint != l->next)
        return wrong(l, LINKS_NUMBER);
    if (!signed_by(l, n, l->key))
        return false;
    s = stream_of(l, &d);
    if (d.number != l->deletions || !same_hash(&d.previous, &l->deletion) || !is_prefix(l, s, &d))
        return wrong(l, LINKS_DELETION);
    s->gone = d.end;
    l->deletions++;
    note_hash(n->text, &l->deletion);
    return true;
}

/* --- All of them ---------------------------------------------------------------------------- */

bool links_next(struct links *l, const struct note *n, bool first)
{
    struct merkle_hash whole;
    bool good;

    MUST(l->fault == LINKS_NONE);
    note_hash(n->whole, &whole);
    if (first && l->notes > 0 && same_hash(&whole, &l->whole))
        return true;
    if (checkpoint_is(n->text))
        good = next_checkpoint(l, n);
    else if (certificate_is(n->text))
        good = next_certificate(l, n);
    else
        good = deletion_is(n->text) ? next_deletion(l, n) : wrong(l, LINKS_SYNTAX);
    if (good) {
        l->whole = whole;
        l->notes++;
    }
    return good;
}

void links_unreadable(struct links *l, const struct err *why)
{
    MUST(l->fault == LINKS_NONE);
    (void)wrong(l, LINKS_SYNTAX);
    if (why != NULL)
        l->why = *why;
}

enum links_fault links_end(struct links *l)
{
    if (l->fault != LINKS_NONE)
        return l->fault;
    for (uint32_t i = 0; i < l->anchor_count; i++) {
        if (l->anchor[i].number >= l->next) {
            (void)wrong(l, LINKS_CUT);
            return l->fault;
        }
    }
    if (!l->certified) { /* nothing at all is a fault and not a pass */
        (void)wrong(l, LINKS_CERTIFICATE);
        return l->fault;
    }
    return l->clocks > 0 ? LINKS_CLOCK : LINKS_NONE;
}
