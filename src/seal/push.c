/*
 * push.c - see push.h.
 */
#include "seal/push.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger/chain.h"
#include "ledger/checkpoint.h"
#include "seal/evidence_find.h"

#define PROOFS_ROOM ((size_t)CHECKPOINT_STREAMS * 1024) /* of a request: for what is not notes */
#define NOTES_MAX   (WITNESS_BODY_MAX - PROOFS_ROOM)

struct pushing {
    const struct push_from *from;
    struct push *to;
    struct buf notes;
    size_t whole; /* of the notes: up to and with the last checkpoint */
    struct checkpoint at, old, last;
    bool has_old, full, differs, failed;
    struct finder finder;
};

void push_init(struct push *p)
{
    *p = (struct push){ 0 };
    buf_init(&p->body, WITNESS_BODY_MAX);
    buf_init(&p->last, NOTE_BYTES_MAX);
}

void push_release(struct push *p)
{
    buf_release(&p->body);
    buf_release(&p->last);
}

/* --- Notes ---------------------------------------------------------------------------------- */

static bool keep_last(struct pushing *p, const struct note *n)
{
    p->to->number = p->at.number;
    buf_clear(&p->to->last);
    buf_add(&p->to->last, n->whole);
    return !buf_failed(&p->to->last);
}

/* The last checkpoint that the witness has seen must be this one. */
static bool take_old(struct pushing *p, const struct note *n)
{
    struct merkle_hash hash;

    note_hash(n->text, &hash);
    p->differs = memcmp(&hash, &p->from->state.last, sizeof(hash)) != 0;
    p->old = p->at;
    p->has_old = true;
    return keep_last(p, n) && !p->differs;
}

static bool on_note(void *arg, const struct note *n, const struct chain_place *place)
{
    struct pushing *p = arg;
    const uint64_t next = p->from->state.next;
    const bool is = checkpoint_is(n->text) && checkpoint_read(n->text, &p->at, NULL) == ERR_OK;

    (void)place;
    if (is && p->at.number + 1 == next)
        return take_old(p, n);
    if (next > 0 && !p->has_old)
        return true;
    if (p->notes.n >= n->whole.n &&
        memcmp(p->notes.p + p->notes.n - n->whole.n, n->whole.p, n->whole.n) == 0)
        return true; /* a part may begin with the last note of the one before */
    if (p->notes.n + n->whole.n > NOTES_MAX) {
        p->full = true;
        return false;
    }
    buf_add(&p->notes, n->whole);
    p->failed = buf_failed(&p->notes);
    if (is && !p->failed && (!p->whole || p->at.number > p->to->number)) {
        p->whole = p->notes.n;
        p->last = p->at;
        p->failed = !keep_last(p, n);
    }
    return !p->failed;
}

static int read_notes(struct pushing *p, struct err *e)
{
    struct chain *chain = NULL;
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/ledger", p->from->data), dir, rc;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_set(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, 0,
                       "There is no ledger that can be read in %.150s: %s.", p->from->data,
                       strerror(errno));
    rc = chain_open_reader(&chain, p->from->io, dir, e);
    if (rc == ERR_OK && chain_parts(chain) > 0)
        rc = chain_read(chain, 0, &(struct chain_reader){ on_note, NULL, p }, NULL, e);
    chain_free(&chain);
    (void)close(dir); /* only read */
    if (rc == ERR_OK && p->failed)
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory for a witness's request.");
    if (rc == ERR_OK && p->differs)
        rc = err_set(e, ERR_CORRUPT, 0,
                     "The witness has seen another checkpoint %llu than the one that is here: one "
                     "of the two was made by somebody else.",
                     (unsigned long long)p->from->state.next - 1);
    if (rc == ERR_OK && p->from->state.next > 0 && !p->has_old)
        rc = err_set(e, ERR_CORRUPT, 0,
                     "The witness has seen checkpoint %llu, which is not here: the ledger was cut.",
                     (unsigned long long)p->from->state.next - 1);
    return rc;
}

/* --- Proofs --------------------------------------------------------------------------------- */

static int prove(struct pushing *p, const struct checkpoint_stream *was,
                 const struct checkpoint_stream *is, struct err *e)
{
    struct found_stream *known = finder_stream(&p->finder, is->lane, is->months);
    struct merkle_hasher *h = p->finder.hasher;
    struct nodes none = { .sorted = true };
    struct proof proof;
    struct proof_from from = nodes_from(known != NULL ? &known->nodes : &none);
    int rc = proof_consistency(h, &from, was->size, is->size, &proof, e);

    if (rc == ERR_NOMEM)
        return rc;
    if (rc != ERR_OK ||
        !proof_shows_consistency(h, was->size, &was->root, is->size, &is->root, &proof))
        return err_set(e, ERR_CORRUPT, 0,
                       "It cannot be proven that lane %u, class %u grew from what the witness has "
                       "seen: the store is not what was signed. canh verify says where.",
                       is->lane, is->months);
    witness_put_proof(&p->to->body, is->lane, is->months, &proof);
    return ERR_OK;
}

/* What the stream was, when it grew and was not empty; else NULL. */
static const struct checkpoint_stream *grown(const struct pushing *p,
                                             const struct checkpoint_stream *is)
{
    const struct checkpoint_stream *was =
        p->has_old ? checkpoint_find(&p->old, is->lane, is->months) : NULL;

    return was != NULL && was->size > 0 && was->size < is->size ? was : NULL;
}

static int find_trees(struct pushing *p, struct finder_cut *cuts, struct err *e)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->last.stream_count; i++) {
        const struct checkpoint_stream *is = &p->last.stream[i], *was = grown(p, is);

        if (was == NULL)
            continue;
        cuts[n++] = (struct finder_cut){ is->lane, is->months, was->size };
        cuts[n++] = (struct finder_cut){ is->lane, is->months, is->size };
    }
    p->finder.cut = cuts;
    p->finder.cuts = n;
    return finder_run(&p->finder, e);
}

static int put_proofs(struct pushing *p, struct err *e)
{
    struct finder_cut *cuts = calloc(2 * CHECKPOINT_STREAMS, sizeof(*cuts));
    struct evidence_from none = { .io = p->from->io, .data = p->from->data };
    int rc;

    if (cuts == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a witness's request.");
    memcpy(none.root, p->from->root, sizeof(none.root));
    p->finder.from = &none;
    rc = find_trees(p, cuts, e);
    memcpy(p->to->store, p->finder.store, sizeof(p->to->store));
    if (rc == ERR_OK)
        witness_put_head(&p->to->body, p->to->store, &p->from->state);
    for (uint32_t i = 0; i < p->last.stream_count && rc == ERR_OK; i++) {
        const struct checkpoint_stream *was = grown(p, &p->last.stream[i]);

        if (was != NULL)
            rc = prove(p, was, &p->last.stream[i], e);
    }
    finder_release(&p->finder);
    free(cuts);
    return rc;
}

int push_make(const struct push_from *from, struct push *to, struct err *e)
{
    struct pushing *p = calloc(1, sizeof(*p));
    int rc;

    if (p == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a witness's request.");
    p->from = from;
    p->to = to;
    buf_init(&p->notes, WITNESS_BODY_MAX);
    buf_clear(&to->body);
    rc = read_notes(p, e);
    if (rc == ERR_OK && p->whole == 0 && !p->has_old)
        rc = err_set(e, ERR_NOTFOUND, 0, "Nothing was signed yet.");
    if (rc == ERR_OK && p->whole > 0) {
        rc = put_proofs(p, e);
        buf_byte(&to->body, '\n');
        buf_add(&to->body, (struct span){ p->notes.p, p->whole });
        if (rc == ERR_OK && buf_failed(&to->body))
            rc = err_set(e, ERR_LIMIT, 0, "The request is larger than a witness takes.");
    }
    to->more = p->full;
    buf_release(&p->notes);
    free(p);
    return rc;
}
