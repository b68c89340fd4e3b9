/*
 * signer.c - see signer.h.
 *
 * A note that was signed and is not durable yet is *owed*: it is appended before anything else, the
 * very same bytes.
 */
#include "ledger/signer.h"

#include <stdlib.h>

#include "ledger/certificate.h"
#include "ledger/chain.h"
#include "ledger/epoch.h"
#include "ledger/root.h"

/* What the ledger's end says. */
struct tail {
    bool certified, has_last;
    uint64_t next; /* number of the next checkpoint */
    struct merkle_hash last_hash;
    uint8_t key[KEY_BYTES]; /* that signs it */
    uint64_t deletions;
    struct merkle_hash deletion;
    struct checkpoint last;
    bool odd; /* there is what cannot be read */
};

enum owed { OWED_NOTHING, OWED_CHECKPOINT, OWED_DELETION, OWED_CERTIFICATE };

struct signer {
    struct signer_settings set;
    struct chain *chain;
    struct epoch *epoch;
    struct root root;
    uint8_t name[NOTE_STORE_NAME_BYTES];
    struct tail tail;
    enum owed owed;
    int64_t owed_time_ns;
    struct buf owed_text, note;
};

/* --- The end of the chain ------------------------------------------------------------------- */

static bool tail_checkpoint(struct tail *t, struct span text)
{
    if (checkpoint_read(text, &t->last, NULL) != ERR_OK)
        return false;
    t->has_last = true;
    t->next = t->last.number + 1;
    note_hash(text, &t->last_hash);
    memcpy(t->key, t->last.next, KEY_BYTES);
    t->deletions = t->last.deletions;
    t->deletion = t->last.deletion;
    return true;
}

static bool tail_certificate(struct tail *t, struct span text)
{
    struct certificate c;

    if (certificate_read(text, &c, NULL) != ERR_OK)
        return false;
    t->certified = true;
    memcpy(t->key, c.key, KEY_BYTES);
    return true;
}

static bool tail_deletion(struct tail *t, struct span text)
{
    struct deletion d;

    if (deletion_read(text, &d, NULL) != ERR_OK)
        return false;
    for (uint32_t i = 0; i < t->last.stream_count; i++) {
        struct checkpoint_stream *s = &t->last.stream[i];

        if (s->lane == d.lane && s->months == d.months)
            s->gone = d.end;
    }
    t->deletions = d.number + 1;
    note_hash(text, &t->deletion);
    return true;
}

static bool on_note(void *arg, const struct note *n, const struct chain_place *at)
{
    struct tail *t = arg;
    bool good;

    (void)at;
    if (checkpoint_is(n->text))
        good = tail_checkpoint(t, n->text);
    else if (certificate_is(n->text))
        good = tail_certificate(t, n->text);
    else
        good = tail_deletion(t, n->text);
    t->odd = t->odd || !good;
    return true;
}

static bool on_unreadable(void *arg, const struct err *why, const struct chain_place *at)
{
    struct tail *t = arg;

    (void)why;
    (void)at;
    t->odd = true;
    return true;
}

/* From the newest part that has a checkpoint on; whether all before is sound is for a verifier. */
static int read_tail(struct chain *c, struct tail *t, struct err *e)
{
    const struct chain_reader r = { on_note, on_unreadable, t };
    int rc = ERR_OK;

    memset(t, 0, sizeof(*t));
    for (uint32_t part = chain_parts(c); rc == ERR_OK && part > 0 && !t->has_last; part--) {
        memset(t, 0, sizeof(*t));
        rc = chain_read(c, part - 1, &r, NULL, e);
    }
    return rc;
}

/* --- What is owed --------------------------------------------------------------------------- */

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for a note of the ledger.");
}

static int owe(struct signer *s, enum owed what, int64_t time_ns, struct span text, struct err *e)
{
    MUST(s->owed == OWED_NOTHING);
    buf_clear(&s->note);
    buf_clear(&s->owed_text);
    buf_add(&s->owed_text, text);
    if (what == OWED_CERTIFICATE)
        note_put(&s->note, text, (struct span){ s->name, sizeof(s->name) }, &s->root.key);
    else
        epoch_sign(s->epoch, text, (struct span){ s->name, sizeof(s->name) }, &s->note);
    if (buf_failed(&s->note) || buf_failed(&s->owed_text))
        return no_memory(e);
    s->owed = what;
    s->owed_time_ns = time_ns;
    return ERR_OK;
}

/* It is durable. */
static void paid(struct signer *s)
{
    struct span text = buf_span(&s->owed_text);

    if (s->owed == OWED_CHECKPOINT)
        MUST(tail_checkpoint(&s->tail, text));
    if (s->owed == OWED_DELETION)
        MUST(tail_deletion(&s->tail, text));
    if (s->owed == OWED_CERTIFICATE)
        MUST(tail_certificate(&s->tail, text));
    s->owed = OWED_NOTHING;
}

/* A checkpoint that was settled and is not signed, or not appended, or its key not erased. */
static int finish_settled(struct signer *s, struct err *e)
{
    struct span text = epoch_text(s->epoch);
    struct checkpoint *c;
    int rc;

    if (s->tail.next == epoch_number(s->epoch) + 1)
        return epoch_erase(s->epoch, e);
    c = malloc(sizeof(*c));
    if (c == NULL)
        return no_memory(e);
    rc = checkpoint_read(text, c, e);
    if (rc == ERR_OK)
        rc = owe(s, OWED_CHECKPOINT, c->time_ns, text, e);
    free(c);
    return rc;
}

int signer_flush(struct signer *s, struct err *e)
{
    int rc = ERR_OK;

    while (rc == ERR_OK && (s->owed != OWED_NOTHING || epoch_state(s->epoch) == EPOCH_SETTLED)) {
        if (s->owed == OWED_NOTHING) {
            rc = finish_settled(s, e);
            continue;
        }
        rc = chain_append(s->chain, s->owed_time_ns, buf_span(&s->note), e);
        if (rc == ERR_OK)
            paid(s);
    }
    return rc;
}

/* --- Opening -------------------------------------------------------------------------------- */

static int certify(struct signer *s, struct err *e)
{
    struct certificate c = { .from = s->tail.next, .previous = s->tail.last_hash };
    struct buf text;
    int rc;

    if (!s->root.has_key)
        return err_set(e, ERR_NOTFOUND, 0,
                       "A new key of the ledger must be signed by root.key, which is not there.");
    memcpy(c.store, s->set.store, sizeof(c.store));
    memcpy(c.key, epoch_public(s->epoch), sizeof(c.key));
    buf_init(&text, NOTE_BYTES_MAX);
    certificate_put(&text, &c);
    rc = buf_failed(&text) ? no_memory(e)
                           : owe(s, OWED_CERTIFICATE, s->set.time_ns, buf_span(&text), e);
    buf_release(&text);
    return rc == ERR_OK ? signer_flush(s, e) : rc;
}

/* Nothing was ever signed: the first key, and its certificate. */
static int begin(struct signer *s, struct err *e)
{
    int rc = ERR_OK;

    if (!s->root.has_key)
        return err_set(e, ERR_CORRUPT, 0, "There is no ledger, but root.pub says that there was.");
    if (epoch_state(s->epoch) == EPOCH_NONE)
        rc = epoch_make(s->epoch, 0, e);
    if (rc == ERR_OK && (epoch_state(s->epoch) != EPOCH_SIGNS || epoch_number(s->epoch) != 0))
        rc =
            err_set(e, ERR_CORRUPT, 0, "The ledger is gone: its keys are those of checkpoint %llu.",
                    (unsigned long long)epoch_number(s->epoch));
    return rc == ERR_OK ? certify(s, e) : rc;
}

/* Do the keys go on where the chain ends? */
static int compare(const struct signer *s, struct err *e)
{
    uint64_t next = s->tail.next, number = epoch_number(s->epoch);
    struct merkle_hash text;

    if (epoch_state(s->epoch) == EPOCH_NONE)
        return err_set(e, ERR_CORRUPT, 0, "The key of checkpoint %llu is gone.",
                       (unsigned long long)next);
    if (number == next && memcmp(epoch_public(s->epoch), s->tail.key, KEY_BYTES) == 0)
        return ERR_OK;
    note_hash(epoch_text(s->epoch), &text);
    if (epoch_state(s->epoch) == EPOCH_SETTLED && number + 1 == next &&
        memcmp(&text, &s->tail.last_hash, sizeof(text)) == 0)
        return ERR_OK;
    if (number > next)
        return err_set(e, ERR_CORRUPT, 0,
                       "The end of the ledger is gone: checkpoint %llu was signed, the last one "
                       "that is there is %llu.",
                       (unsigned long long)number - 1, (unsigned long long)next - 1);
    return err_set(e, ERR_CORRUPT, 0, "The key of checkpoint %llu is not the one that is there.",
                   (unsigned long long)next);
}

static int open_parts(struct signer *s, struct err *e)
{
    int rc = root_open(&s->root, s->set.io, s->set.keys, s->set.store, e);

    if (rc == ERR_OK)
        rc = epoch_open(&s->epoch, s->set.io, s->set.keys, e);
    if (rc == ERR_OK)
        rc = chain_open(&s->chain, s->set.io, s->set.dir, e);
    if (rc == ERR_OK)
        rc = read_tail(s->chain, &s->tail, e);
    if (rc == ERR_OK && s->tail.odd)
        rc = err_set(e, ERR_CORRUPT, 0, "The end of the ledger cannot be read.");
    return rc;
}

static int signer_new(struct signer **out, const struct signer_settings *set, struct err *e)
{
    struct signer *s = calloc(1, sizeof(*s));

    *out = s;
    if (s == NULL)
        return no_memory(e);
    s->set = *set;
    (void)note_store_name(set->store, s->name);
    buf_init(&s->owed_text, NOTE_BYTES_MAX);
    buf_init(&s->note, NOTE_BYTES_MAX);
    return ERR_OK;
}

int signer_open(struct signer **out, const struct signer_settings *set, struct err *e)
{
    struct signer *s;
    int rc = signer_new(&s, set, e);

    *out = NULL;
    if (rc == ERR_OK)
        rc = open_parts(s, e);
    if (rc == ERR_OK && !s->tail.certified && !s->tail.has_last)
        rc = begin(s, e);
    if (rc == ERR_OK)
        rc = compare(s, e);
    if (rc == ERR_OK)
        rc = signer_flush(s, e);
    if (rc != ERR_OK)
        signer_free(&s);
    *out = s;
    return rc;
}

void signer_free(struct signer **sp)
{
    struct signer *s = *sp;

    *sp = NULL;
    if (s == NULL)
        return;
    chain_free(&s->chain);
    epoch_free(&s->epoch);
    key_wipe(&s->root.key);
    buf_release(&s->owed_text);
    buf_release(&s->note);
    free(s);
}

int signer_certify(const struct signer_settings *set, struct err *e)
{
    struct signer *s;
    int rc = signer_new(&s, set, e);

    if (rc == ERR_OK)
        rc = open_parts(s, e);
    if (rc == ERR_OK && !s->root.has_key)
        rc = err_set(e, ERR_NOTFOUND, 0, "A certificate must be signed by root.key.");
    if (rc == ERR_OK)
        rc = epoch_discard(s->epoch, e);
    if (rc == ERR_OK)
        rc = epoch_make(s->epoch, s->tail.next, e);
    if (rc == ERR_OK)
        rc = certify(s, e);
    signer_free(&s);
    return rc;
}

const struct checkpoint *signer_last(const struct signer *s, struct merkle_hash *hash)
{
    if (!s->tail.has_last)
        return NULL;
    if (hash != NULL)
        *hash = s->tail.last_hash;
    return &s->tail.last;
}

const uint8_t *signer_root(const struct signer *s)
{
    return s->root.public;
}

bool signer_root_is_here(const struct signer *s)
{
    return s->root.has_key;
}

/* --- Signing -------------------------------------------------------------------------------- */

/* Nothing of a stream may be missing; what is gone of it is known here. */
static int check_streams(const struct signer *s, struct checkpoint *c, struct err *e)
{
    for (uint32_t i = 0; i < c->stream_count; i++) {
        const struct checkpoint_stream *was =
            checkpoint_find(&s->tail.last, c->stream[i].lane, c->stream[i].months);

        c->stream[i].gone = was != NULL ? was->gone : 0;
    }
    for (uint32_t i = 0; s->tail.has_last && i < s->tail.last.stream_count; i++) {
        const struct checkpoint_stream *was = &s->tail.last.stream[i];
        const struct checkpoint_stream *is = checkpoint_find(c, was->lane, was->months);

        if (is == NULL || is->size < was->size)
            return err_set(
                e, ERR_USAGE, 0, "Stream %u of %u months had %llu events and has fewer now.",
                (unsigned)was->lane, (unsigned)was->months, (unsigned long long)was->size);
    }
    return ERR_OK;
}

int signer_checkpoint(struct signer *s, struct checkpoint *c, struct err *e)
{
    const uint8_t *next;
    struct buf text;
    int rc = signer_flush(s, e);

    if (rc == ERR_OK)
        rc = check_streams(s, c, e);
    if (rc == ERR_OK)
        rc = epoch_next(s->epoch, &next, e);
    if (rc != ERR_OK)
        return rc;
    memcpy(c->store, s->set.store, sizeof(c->store));
    memcpy(c->next, next, sizeof(c->next));
    c->number = s->tail.next;
    c->previous = s->tail.last_hash;
    c->deletions = s->tail.deletions;
    c->deletion = s->tail.deletion;
    buf_init(&text, NOTE_BYTES_MAX);
    checkpoint_put(&text, c);
    rc = buf_failed(&text) ? no_memory(e) : epoch_settle(s->epoch, buf_span(&text), e);
    buf_release(&text);
    return rc == ERR_OK ? signer_flush(s, e) : rc;
}

static int check_deletion(const struct signer *s, const struct deletion *d, struct err *e)
{
    const struct checkpoint_stream *is = checkpoint_find(&s->tail.last, d->lane, d->months);

    if (is != NULL && d->begin == is->gone && d->end <= is->size)
        return ERR_OK;
    return err_set(e, ERR_USAGE, 0,
                   "Of stream %u of %u months %llu events are gone: %llu to %llu cannot go now.",
                   (unsigned)d->lane, (unsigned)d->months,
                   (unsigned long long)(is != NULL ? is->gone : 0), (unsigned long long)d->begin,
                   (unsigned long long)d->end);
}

int signer_delete(struct signer *s, struct deletion *d, struct err *e)
{
    struct buf text;
    int rc = signer_flush(s, e);

    if (rc == ERR_OK)
        rc = check_deletion(s, d, e);
    if (rc != ERR_OK)
        return rc;
    memcpy(d->store, s->set.store, sizeof(d->store));
    d->number = s->tail.deletions;
    d->previous = s->tail.deletion;
    d->checkpoint = s->tail.next;
    buf_init(&text, NOTE_BYTES_MAX);
    deletion_put(&text, d);
    rc = buf_failed(&text) ? no_memory(e) : owe(s, OWED_DELETION, d->time_ns, buf_span(&text), e);
    buf_release(&text);
    return rc == ERR_OK ? signer_flush(s, e) : rc;
}
