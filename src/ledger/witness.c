/*
 * witness.c - see witness.h.
 */
#include "ledger/witness.h"

#include <stdlib.h>

#include "ledger/certificate.h"

#define MAGIC         "canh/witness/v1"
#define DASH          SPAN_LIT("\xe2\x80\x94 ")
#define SECONDS_BYTES 8u
#define LINE_BYTES    (NOTE_ID_BYTES + SECONDS_BYTES + SIGNATURE_BYTES)
#define LINE_MAX      512u
#define NS            1000000000

static const struct {
    unsigned status;
    const char *text;
} answers[] = {
#define X(name, status, text) { status, text },
    WITNESS_ANSWER_TABLE(X)
#undef X
};

unsigned witness_status(enum witness_answer a)
{
    MUST((size_t)a < COUNT_OF(answers));
    return answers[a].status;
}

const char *witness_text(enum witness_answer a)
{
    MUST((size_t)a < COUNT_OF(answers));
    return answers[a].text;
}

/* --- Cosignatures --------------------------------------------------------------------------- */

static void cosigned_message(struct buf *out, uint64_t seconds, struct span text)
{
    buf_fmt(out, "cosignature/v1\ntime %llu\n", (unsigned long long)seconds);
    buf_add(out, text);
}

static void put_cosignature(struct buf *out, const struct key *key, struct span name,
                            uint64_t seconds, struct span text)
{
    uint8_t bytes[LINE_BYTES];
    struct buf message;

    note_id(name, NOTE_COSIGNATURE, key->public, bytes);
    for (unsigned i = 0; i < SECONDS_BYTES; i++)
        bytes[NOTE_ID_BYTES + i] = (uint8_t)(seconds >> (56 - 8 * i));
    buf_init(&message, NOTE_BYTES_MAX + LINE_MAX);
    cosigned_message(&message, seconds, text);
    out->failed = out->failed || buf_failed(&message);
    key_sign(key, buf_span(&message), bytes + NOTE_ID_BYTES + SECONDS_BYTES);
    buf_release(&message);
    buf_add(out, DASH);
    buf_add(out, name);
    buf_byte(out, ' ');
    note_put_base64(out, bytes, sizeof(bytes));
    buf_byte(out, '\n');
}

bool witness_cosigned(struct span line, struct span name, const uint8_t public[KEY_BYTES],
                      struct span text, uint64_t *seconds)
{
    uint8_t bytes[LINE_BYTES], id[NOTE_ID_BYTES];
    struct span left = line, head = DASH;
    struct buf message;
    bool good;

    if (!span_starts(left, head) || !span_ends(left, SPAN_LIT("\n")))
        return false;
    left = span_from(left, head.n);
    left.n--;
    if (left.n <= name.n || !span_starts(left, name) || left.p[name.n] != ' ' ||
        !note_read_base64(span_from(left, name.n + 1), bytes, sizeof(bytes)))
        return false;
    note_id(name, NOTE_COSIGNATURE, public, id);
    *seconds = 0;
    for (unsigned i = 0; i < SECONDS_BYTES; i++)
        *seconds = *seconds << 8 | bytes[NOTE_ID_BYTES + i];
    buf_init(&message, NOTE_BYTES_MAX + LINE_MAX);
    cosigned_message(&message, *seconds, text);
    good = !buf_failed(&message) && memcmp(id, bytes, sizeof(id)) == 0 &&
           key_verify(public, buf_span(&message), bytes + NOTE_ID_BYTES + SECONDS_BYTES);
    buf_release(&message);
    return good;
}

/* --- What is known of a store --------------------------------------------------------------- */

void witness_log_init(struct witness_log *l, struct merkle_hasher *h,
                      const uint8_t store[NOTE_STORE_BYTES], const uint8_t root[KEY_BYTES])
{
    links_init(&l->links, h, root);
    memcpy(l->links.store, store, NOTE_STORE_BYTES);
    buf_init(&l->note, NOTE_BYTES_MAX);
    buf_init(&l->cosignature, LINE_MAX);
}

void witness_log_release(struct witness_log *l)
{
    buf_release(&l->note);
    buf_release(&l->cosignature);
}

int witness_log_resume(struct witness_log *l, struct span kept, struct err *e)
{
    struct checkpoint *c = malloc(sizeof(*c));
    struct note n;
    int64_t used = note_next(kept, &n, NULL);
    int rc = ERR_OK;

    if (c == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for what a witness knows.");
    if (used <= 0 || checkpoint_read(n.text, c, NULL) != ERR_OK ||
        memcmp(c->store, l->links.store, sizeof(c->store)) != 0)
        rc = err_set(e, ERR_CORRUPT, 0, "What the witness kept of a store is no checkpoint of it.");
    if (rc == ERR_OK) {
        links_resume(&l->links, c, n.text);
        buf_clear(&l->note);
        buf_clear(&l->cosignature);
        buf_add(&l->note, n.whole);
        buf_add(&l->cosignature, span_from(kept, (size_t)used));
        if (buf_failed(&l->note) || buf_failed(&l->cosignature))
            rc = err_set(e, ERR_CORRUPT, 0, "What the witness kept of a store is too long.");
    }
    free(c);
    return rc;
}

void witness_log_put(struct buf *out, const struct witness_log *l)
{
    buf_add(out, buf_span(&l->note));
    buf_add(out, buf_span(&l->cosignature));
}

void witness_put_state(struct buf *out, const struct witness_log *l)
{
    buf_fmt(out, "next %llu", (unsigned long long)l->links.next);
    note_put_hash(out, "", l->links.last.bytes);
    buf_add(out, buf_span(&l->cosignature));
}

/* --- Requests ------------------------------------------------------------------------------- */

bool witness_store_of(struct span body, uint8_t store[NOTE_STORE_BYTES])
{
    struct span value;

    return note_field(&body, MAGIC, &value) && note_read_hex(value, store, NOTE_STORE_BYTES);
}

static bool read_old(struct span *left, const char *name, struct witness_state *s)
{
    struct span value, word;

    return note_field(left, name, &value) && note_word(&value, &word) &&
           note_read_u64(word, UINT64_MAX / 2, &s->next) &&
           note_read_base64(value, s->last.bytes, MERKLE_HASH_BYTES);
}

/* One proof, of the stream that it must be of. */
static bool read_proof(struct span *left, const struct checkpoint_stream *of, struct proof *p)
{
    struct span value, lane, months;
    uint64_t l, m, count;

    if (!note_field(left, "proof", &value) || !note_word(&value, &lane) ||
        !note_word(&value, &months) || !note_read_u64(lane, UINT32_MAX, &l) ||
        !note_read_u64(months, UINT16_MAX, &m) || !note_read_u64(value, PROOF_MAX, &count) ||
        l != of->lane || m != of->months)
        return false;
    for (p->count = 0; p->count < count; p->count++) {
        if (!note_field(left, "hash", &value) ||
            !note_read_base64(value, p->hash[p->count].bytes, MERKLE_HASH_BYTES))
            return false;
    }
    return true;
}

static enum witness_answer refuse(struct err *e, enum witness_answer a, const char *why)
{
    (void)err_set(e, ERR_CORRUPT, 0, "%s", why);
    return a;
}

/* The empty line behind the head; SIZE_MAX when there is none. */
static size_t head_end(struct span body)
{
    for (size_t i = 1; i < body.n; i++) {
        if (body.p[i] == '\n' && body.p[i - 1] == '\n')
            return i;
    }
    return SIZE_MAX;
}

/* Every note follows from those before, and the last is a checkpoint. */
static enum witness_answer take_notes(struct witness_log *next, struct span notes, struct err *e)
{
    struct note n = { .text = SPAN_NONE };

    while (notes.n > 0) {
        int64_t used = note_next(notes, &n, e);

        if (used <= 0)
            return refuse(e, WITNESS_SYNTAX, "What follows the head is not whole notes.");
        if (!links_next(&next->links, &n, false)) {
            if (e != NULL)
                *e = next->links.why;
            return WITNESS_REFUSED;
        }
        notes = span_from(notes, (size_t)used);
    }
    if (!checkpoint_is(n.text))
        return refuse(e, WITNESS_SYNTAX, "The last note is not a checkpoint.");
    buf_clear(&next->note);
    buf_add(&next->note, n.whole);
    return WITNESS_TAKEN;
}

/* Each stream begins with what was seen of it. */
static enum witness_answer check_proofs(const struct links *now, const struct links *next,
                                        struct span head, struct err *e)
{
    for (uint32_t i = 0, at = 0; i < now->stream_count; i++) {
        const struct checkpoint_stream *was = &now->stream[i], *is;
        struct proof p;

        while (checkpoint_order(&next->stream[at], was) != 0)
            at++; /* links_next() saw to it that it is there */
        is = &next->stream[at];
        if (was->size == 0 || was->size == is->size)
            continue;
        if (!read_proof(&head, was, &p))
            return refuse(e, WITNESS_SYNTAX, "The proof of a stream that grew is missing.");
        if (!proof_shows_consistency(now->h, was->size, &was->root, is->size, &is->root, &p))
            return refuse(e, WITNESS_REFUSED,
                          "A stream does not begin with what was seen of it before.");
    }
    return head.n == 0 ? WITNESS_TAKEN
                       : refuse(e, WITNESS_SYNTAX, "There are more proofs than streams that grew.");
}

enum witness_answer witness_judge(const struct witness_log *now, struct span body,
                                  const struct key *key, struct span name, int64_t now_ns,
                                  struct witness_log *next, struct err *e)
{
    uint8_t store[NOTE_STORE_BYTES];
    struct span head = body, value, notes;
    struct witness_state old;
    size_t end = head_end(body);
    enum witness_answer answer;
    struct note n;

    if (end == SIZE_MAX)
        return refuse(e, WITNESS_SYNTAX, "A request is a head, an empty line and notes.");
    head.n = end;
    notes = span_from(body, end + 1);
    if (!witness_store_of(head, store) || !note_field(&head, MAGIC, &value) ||
        !read_old(&head, "old", &old))
        return refuse(e, WITNESS_SYNTAX, "The head of a request is a store and an old state.");
    if (memcmp(store, now->links.store, sizeof(store)) != 0)
        return refuse(e, WITNESS_UNKNOWN, "The request is of another store.");
    if (old.next != now->links.next || memcmp(&old.last, &now->links.last, sizeof(old.last)) != 0)
        return refuse(e, WITNESS_OTHER, "The witness has seen another state of the store.");
    next->links = now->links;
    answer = take_notes(next, notes, e);
    /* A root key may have certified more than one store. */
    if (answer == WITNESS_TAKEN && memcmp(next->links.store, store, sizeof(store)) != 0)
        answer = refuse(e, WITNESS_REFUSED, "The notes are of another store.");
    if (answer == WITNESS_TAKEN)
        answer = check_proofs(&now->links, &next->links, head, e);
    if (answer != WITNESS_TAKEN)
        return answer;
    buf_clear(&next->cosignature);
    if (buf_failed(&next->note) || note_next(buf_span(&next->note), &n, NULL) <= 0)
        return refuse(e, WITNESS_FAILED, "There is no memory for what a witness knows.");
    put_cosignature(&next->cosignature, key, name, (uint64_t)(now_ns / NS), n.text);
    return !buf_failed(&next->cosignature)
               ? WITNESS_TAKEN
               : refuse(e, WITNESS_FAILED, "There is no memory for what a witness knows.");
}

/* --- For the store -------------------------------------------------------------------------- */

void witness_put_head(struct buf *out, const uint8_t store[NOTE_STORE_BYTES],
                      const struct witness_state *old)
{
    buf_text(out, MAGIC " ");
    note_put_hex(out, store, NOTE_STORE_BYTES);
    buf_fmt(out, "\nold %llu", (unsigned long long)old->next);
    note_put_hash(out, "", old->last.bytes);
}

void witness_put_proof(struct buf *out, uint32_t lane, uint16_t months, const struct proof *p)
{
    buf_fmt(out, "proof %u %u %u\n", (unsigned)lane, (unsigned)months, (unsigned)p->count);
    for (uint32_t i = 0; i < p->count; i++)
        note_put_hash(out, "hash", p->hash[i].bytes);
}

bool witness_read_state(struct span answer, struct witness_state *s, struct span *cosignature)
{
    struct span left = answer;

    if (!read_old(&left, "next", s) || left.n > LINE_MAX)
        return false;
    *cosignature = left.n > 0 ? left : SPAN_NONE;
    return left.n == 0 || (span_starts(left, DASH) && span_find(left, '\n') == left.n - 1);
}
