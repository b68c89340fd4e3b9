/*
 * sign.c - see sign.h.
 */
#include "seal/sign.h"

#include <stdlib.h>

struct sign {
    struct sign_from from;
    struct signer *signer;
    struct merkle_hasher *hasher;
    struct tips tips; /* of the next checkpoint; until then, of the last */
    struct checkpoint next;
    bool lost;
};

/* --- Beginning ------------------------------------------------------------------------------ */

/* The trees are those that the checkpoint has the roots of. */
static bool tips_are_of(struct sign *s, const struct checkpoint *c)
{
    for (uint32_t i = 0; i < c->stream_count; i++) {
        const struct checkpoint_stream *want = &c->stream[i];
        const struct stream *is = want->lane < TIPS_LANES && s->tips.lane[want->lane].known
                                      ? tip_find(&s->tips.lane[want->lane].tip, want->months)
                                      : NULL;
        struct merkle_hash root;

        if (is == NULL || is->range.end != want->size)
            return false;
        merkle_root(s->hasher, &is->range, &root);
        if (memcmp(&root, &want->root, sizeof(root)) != 0)
            return false;
    }
    return true;
}

static int load_tips(struct sign *s, struct err *e)
{
    const struct checkpoint *last = signer_last(s->signer, NULL);
    int rc;

    if (last == NULL)
        return ERR_OK;
    rc = tips_load(s->from.io, s->from.ledger_dir, last->number, &s->tips, e);
    if (rc == ERR_NOTFOUND || (rc == ERR_OK && !tips_are_of(s, last))) {
        tips_release(&s->tips);
        s->lost = true;
        rc = ERR_OK;
    }
    return rc;
}

int sign_open(struct sign **out, const struct sign_from *from, struct err *e)
{
    struct sign *s = calloc(1, sizeof(*s));
    struct signer_settings set = {
        .io = from->io, .dir = from->ledger_dir, .keys = from->keys_dir, .time_ns = from->time_ns
    };
    int rc;

    *out = s;
    if (s == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to sign what is stored.");
    s->from = *from;
    memcpy(set.store, from->store, sizeof(set.store));
    rc = merkle_hasher_new(&s->hasher, e);
    if (rc == ERR_OK)
        rc = signer_open(&s->signer, &set, e);
    if (rc == ERR_OK) /* what was settled when a process ended is signed with the trees of then */
        rc = signer_flush(s->signer, e);
    if (rc == ERR_OK)
        rc = load_tips(s, e);
    if (rc != ERR_OK)
        sign_free(out);
    return rc;
}

void sign_free(struct sign **out)
{
    struct sign *s = *out;

    *out = NULL;
    if (s == NULL)
        return;
    signer_free(&s->signer);
    merkle_hasher_free(&s->hasher);
    tips_release(&s->tips);
    free(s);
}

/* --- Checkpoints ---------------------------------------------------------------------------- */

const struct tips *sign_tips(const struct sign *s)
{
    return &s->tips;
}

bool sign_tips_are_lost(const struct sign *s)
{
    return s->lost;
}

const struct checkpoint *sign_last(const struct sign *s)
{
    return signer_last(s->signer, NULL);
}

const uint8_t *sign_root(const struct sign *s)
{
    return signer_root(s->signer);
}

int sign_lane(struct sign *s, uint32_t i, const struct tip *base, const struct tip *tip,
              struct err *e)
{
    int rc;

    MUST(i < TIPS_LANES);
    rc = tip_copy(&s->tips.lane[i].base, base, e);
    if (rc == ERR_OK)
        rc = tip_copy(&s->tips.lane[i].tip, tip, e);
    s->tips.lane[i].known = rc == ERR_OK;
    return rc;
}

static int by_order(const void *a, const void *b)
{
    return checkpoint_order(a, b);
}

static int add_stream(struct checkpoint *c, const struct checkpoint_stream *s, struct err *e)
{
    if (c->stream_count == CHECKPOINT_STREAMS)
        return err_set(e, ERR_LIMIT, 0, "There are more than %u lanes and retention classes.",
                       CHECKPOINT_STREAMS);
    c->stream[c->stream_count++] = *s;
    return ERR_OK;
}

/* The trees, and of lanes that nobody told of what the last checkpoint says. */
static int put_streams(struct sign *s, struct checkpoint *c, struct err *e)
{
    const struct checkpoint *last = sign_last(s);
    int rc = ERR_OK;

    c->stream_count = 0;
    for (uint32_t i = 0; i < TIPS_LANES; i++) {
        const struct tip *t = &s->tips.lane[i].tip;

        for (uint32_t k = 0; k < t->count && s->tips.lane[i].known && rc == ERR_OK; k++) {
            struct checkpoint_stream one = { .lane = i,
                                             .months = t->stream[k].months,
                                             .size = t->stream[k].range.end };

            merkle_root(s->hasher, &t->stream[k].range, &one.root);
            rc = add_stream(c, &one, e);
        }
    }
    for (uint32_t i = 0; last != NULL && i < last->stream_count && rc == ERR_OK; i++) {
        if (last->stream[i].lane >= TIPS_LANES || !s->tips.lane[last->stream[i].lane].known)
            rc = add_stream(c, &last->stream[i], e);
    }
    qsort(c->stream, c->stream_count, sizeof(*c->stream), by_order);
    return rc;
}

int sign_checkpoint(struct sign *s, const struct sign_also *also, struct err *e)
{
    struct checkpoint *c = &s->next;
    int rc = signer_flush(s->signer, e); /* else it would come to the trees that are saved now */

    memset(c, 0, sizeof(*c));
    c->time_ns = also->time_ns;
    c->clock_ns = also->clock_ns;
    c->counts = also->counts;
    c->rules = also->rules;
    c->settings = also->settings;
    c->audit = also->audit;
    memcpy(c->boot, s->from.boot, sizeof(c->boot));
    if (rc == ERR_OK)
        rc = put_streams(s, c, e);
    if (rc == ERR_OK)
        rc = tips_save(s->from.io, s->from.ledger_dir, &s->tips,
                       sign_last(s) != NULL ? sign_last(s)->number + 1 : 0, e);
    if (rc == ERR_OK)
        rc = signer_checkpoint(s->signer, c, e);
    s->lost = s->lost && rc != ERR_OK;
    return rc;
}

/* --- Deletions ------------------------------------------------------------------------------ */

uint64_t sign_gone(const struct sign *s, uint32_t lane, uint16_t months)
{
    const struct checkpoint *last = sign_last(s);
    const struct checkpoint_stream *is = last != NULL ? checkpoint_find(last, lane, months) : NULL;

    return is != NULL ? is->gone : 0;
}

int sign_deletion(struct sign *s, struct deletion *d, struct err *e)
{
    return signer_delete(s->signer, d, e);
}
