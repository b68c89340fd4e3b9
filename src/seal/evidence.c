/*
 * evidence.c - see evidence.h.
 */
#include "seal/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "collect/ledger.h"
#include "ledger/chain.h"
#include "ledger/checkpoint.h"
#include "ledger/leaf.h"
#include "seal/evidence_find.h"

struct maker {
    const struct evidence_from *from;
    struct evidence_made *made;
    struct finder finder;
    struct err *e;
    struct buf sums;              /* SHA256SUMS */
    struct buf part;              /* of the chain, at hand */
    struct chain_part at;         /* its name */
    struct checkpoint checkpoint; /* that vouches */
    bool reached;
    int rc;
};

int evidence_order(const void *a, const void *b)
{
    const struct evidence_event *x = a, *y = b;

    if (x->lane != y->lane)
        return x->lane < y->lane ? -1 : 1;
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

/* --- Files ----------------------------------------------------------------------------------- */

static int put(struct maker *m, const char *name, struct span bytes, struct err *e)
{
    struct merkle_hash sum;
    int rc = m->from->put(m->from->arg, name, bytes, e);

    note_hash(bytes, &sum);
    note_put_hex(&m->sums, sum.bytes, sizeof(sum.bytes));
    buf_fmt(&m->sums, "  %s\n", name);
    m->made->bytes += bytes.n;
    return rc;
}

static int put_buf(struct maker *m, const char *name, struct buf *b, struct err *e)
{
    int rc = buf_failed(b) ? err_set(e, ERR_LIMIT, 0, "%s would be too large.", name)
                           : put(m, name, buf_span(b), e);

    buf_clear(b);
    return rc;
}

/* --- The chain ------------------------------------------------------------------------------- */

/* The first checkpoint that has all of the events; of very long ledgers, the first that is kept of
 * it (signed.h). */
static int choose(struct maker *m, struct err *e)
{
    m->made->checkpoint = m->from->at_least;
    for (uint32_t i = 0; i < m->from->count; i++) {
        struct found *f = &m->finder.found[i];
        const struct signed_stream *s = signed_find(&m->finder.is, f->id.lane, f->months);
        const struct signed_mark *mark = NULL;
        uint32_t at = 0;

        if (s != NULL)
            mark = signed_mark_from(s, &at, f->index + 1);
        f->there = mark != NULL;
        m->made->events += f->there;
        m->made->not_signed += !f->there;
        if (mark == NULL && m->from->only_signed)
            continue;
        if (mark == NULL)
            return err_set(e, ERR_NOTFOUND, 0,
                           "Event %llu of lane %u is not signed yet: that takes 10 seconds while "
                           "the server runs.",
                           (unsigned long long)f->id.sequence, f->id.lane);
        if (mark->number > m->made->checkpoint)
            m->made->checkpoint = mark->number;
    }
    if (m->made->events == 0)
        return err_set(e, ERR_NOTFOUND, 0, "None of the events is signed yet.");
    if (m->made->checkpoint >= m->finder.is.verdict.next)
        return err_set(e, ERR_NOTFOUND, 0, "There is no checkpoint %llu in the ledger.",
                       (unsigned long long)m->made->checkpoint);
    return ERR_OK;
}

static bool end_part(struct maker *m)
{
    char name[CHAIN_NAME_BYTES], path[EVIDENCE_NAME_MAX];

    if (m->part.n == 0 || m->rc != ERR_OK)
        return m->rc == ERR_OK;
    chain_part_name(&m->at, name);
    (void)snprintf(path, sizeof(path), "ledger/%s", name);
    m->rc = put_buf(m, path, &m->part, m->e);
    return m->rc == ERR_OK;
}

static bool on_note(void *arg, const struct note *n, const struct chain_place *at)
{
    struct maker *m = arg;

    if (at->part.day != m->at.day || at->part.number != m->at.number) {
        if (!end_part(m))
            return false;
        m->at = at->part;
    }
    buf_add(&m->part, n->whole);
    if (!checkpoint_is(n->text) || checkpoint_read(n->text, &m->checkpoint, NULL) != ERR_OK ||
        m->checkpoint.number != m->made->checkpoint)
        return true;
    m->reached = true;
    m->made->time_ns = m->checkpoint.time_ns;
    note_hash(n->text, &m->made->hash);
    return false;
}

static int put_chain(struct maker *m, struct err *e)
{
    const struct chain_reader r = { on_note, NULL, m };
    struct chain *c = NULL;
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/ledger", m->from->data), dir, rc;

    MUST(n > 0 && (size_t)n < sizeof(path)); /* it was opened before */
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_set(e, ERR_IO, 0, "The ledger cannot be opened: %s.", strerror(errno));
    rc = chain_open_reader(&c, m->from->io, dir, e);
    if (rc == ERR_OK)
        rc = chain_read(c, 0, &r, NULL, e);
    if (rc == ERR_OK && end_part(m) && !m->reached)
        rc = err_set(e, ERR_CORRUPT, 0, "The ledger has changed while it was read.");
    chain_free(&c);
    (void)close(dir); /* only read */
    return rc == ERR_OK ? m->rc : rc;
}

/* --- Proofs ---------------------------------------------------------------------------------- */

static int prove(struct maker *m, const struct found *f, struct proof *p, struct err *e)
{
    const struct checkpoint_stream *s = checkpoint_find(&m->checkpoint, f->id.lane, f->months);
    struct found_stream *known = finder_stream(&m->finder, f->id.lane, f->months);
    struct proof_from from;
    int rc;

    MUST(s != NULL && known != NULL && f->index < s->size); /* choose() */
    from = nodes_from(&known->nodes);
    rc = proof_inclusion(m->finder.hasher, &from, f->index, s->size, p, e);
    if (rc == ERR_NOMEM)
        return rc;
    if (rc != ERR_OK ||
        !proof_shows_inclusion(m->finder.hasher, &f->leaf, f->index, s->size, p, &s->root))
        return err_set(e, ERR_CORRUPT, 0,
                       "Event %llu of lane %u cannot be proven: it, or one beside it, is not what "
                       "was signed. canh verify says where.",
                       (unsigned long long)f->id.sequence, f->id.lane);
    return ERR_OK;
}

static void put_proof(struct maker *m, const struct found *f, const struct proof *p,
                      struct buf *out)
{
    buf_text(out, PROOF_MAGIC " ");
    note_put_hex(out, m->finder.store, NOTE_STORE_BYTES);
    buf_fmt(out, "\ncheckpoint %llu\nstream %u %u\nleaf %llu\n",
            (unsigned long long)m->made->checkpoint, f->id.lane, f->months,
            (unsigned long long)f->index);
    for (uint32_t i = 0; i < p->count; i++)
        note_put_hash(out, "hash", p->hash[i].bytes);
}

/* Bytes that would do more than be read are put as \xNN; a line end goes on below. */
static void put_text(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        const uint8_t c = s.p[i];

        if (c == '\n')
            buf_text(out, "\n    ");
        else if (c < 0x20 || c == 0x7F)
            buf_fmt(out, "\\x%02x", c);
        else
            buf_byte(out, c);
    }
}

/* The event as it is read by people, out of its record. */
static void put_event(const struct found *f, struct buf *out)
{
    const uint8_t *p = f->record.p;
    const uint32_t name = bytes_u32(p + LEAF_HEAD_BYTES);
    const struct span source = { p + LEAF_HEAD_BYTES + 4, name };
    const struct span raw = { source.p + name + 4, bytes_u32(source.p + name) };

    buf_fmt(out, "event %02u-%llu  received ", f->id.lane, (unsigned long long)f->id.sequence);
    note_put_time(out, (int64_t)bytes_u64(p + 28));
    buf_fmt(out, "  by %s  %s  flags %u  from ", input_name((enum input)p[40]),
            p[41] == 1 ? "authenticated" : "unauthenticated", bytes_u16(p + 36));
    put_text(out, source);
    buf_text(out, "\n    ");
    put_text(out, raw);
    buf_text(out, "\n\n");
}

static int put_events(struct maker *m, struct err *e)
{
    struct buf text, proof;
    int rc = ERR_OK;

    buf_init(&text, m->from->bytes_max > 0 ? 2 * m->from->bytes_max : EVIDENCE_FILE_MAX);
    buf_init(&proof, NOTE_BYTES_MAX);
    for (uint32_t i = 0; i < m->from->count && rc == ERR_OK; i++) {
        const struct found *f = &m->finder.found[i];
        char name[EVIDENCE_NAME_MAX];
        struct proof p;

        if (!f->there)
            continue; /* not signed yet */
        rc = prove(m, f, &p, e);
        if (rc != ERR_OK)
            break;
        put_event(f, &text);
        (void)snprintf(name, sizeof(name), "events/%02u-%llu.record", f->id.lane,
                       (unsigned long long)f->id.sequence);
        rc = put(m, name, buf_span(&f->record), e);
        (void)snprintf(name, sizeof(name), "events/%02u-%llu.proof", f->id.lane,
                       (unsigned long long)f->id.sequence);
        put_proof(m, f, &p, &proof);
        if (rc == ERR_OK)
            rc = put_buf(m, name, &proof, e);
    }
    if (rc == ERR_OK)
        rc = put_buf(m, "events.txt", &text, e);
    buf_release(&text);
    buf_release(&proof);
    return rc;
}

/* --- All ------------------------------------------------------------------------------------- */

static int put_root(struct maker *m, struct err *e)
{
    uint8_t room[NOTE_STORE_NAME_BYTES];
    struct buf text;
    int rc;

    buf_init(&text, 4096);
    note_put_vkey(&text, note_store_name(m->finder.store, room), NOTE_ED25519, m->from->root);
    buf_byte(&text, '\n');
    rc = put_buf(m, "root.pub", &text, e);
    buf_release(&text);
    return rc;
}

static int make(struct maker *m, struct err *e)
{
    int rc = finder_run(&m->finder, e);

    if (rc == ERR_OK)
        rc = choose(m, e);
    for (uint32_t i = 0; i < m->from->file_count && rc == ERR_OK; i++)
        rc = put(m, m->from->file[i].name, m->from->file[i].bytes, e);
    if (rc == ERR_OK)
        rc = put_root(m, e);
    if (rc == ERR_OK)
        rc = put_chain(m, e);
    if (rc == ERR_OK)
        rc = put_events(m, e);
    if (rc == ERR_OK)
        rc = buf_failed(&m->sums) ? err_set(e, ERR_NOMEM, 0, "There is no memory for the sums.")
                                  : m->from->put(m->from->arg, "SHA256SUMS", buf_span(&m->sums), e);
    return rc;
}

int evidence_make(const struct evidence_from *from, struct evidence_made *made, struct err *e)
{
    struct maker *m;
    int rc;

    *made = (struct evidence_made){ 0 };
    if (from->count == 0 || from->count > EVIDENCE_EVENTS)
        return err_set(e, ERR_USAGE, 0, "Evidence is of 1 to %u events.", EVIDENCE_EVENTS);
    m = calloc(1, sizeof(*m));
    if (m == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to make evidence.");
    m->from = m->finder.from = from;
    m->made = made;
    m->e = e;
    buf_init(&m->sums, EVIDENCE_FILE_MAX);
    buf_init(&m->part, EVIDENCE_FILE_MAX);
    rc = make(m, e);
    finder_release(&m->finder);
    buf_release(&m->sums);
    buf_release(&m->part);
    free(m);
    return rc;
}
