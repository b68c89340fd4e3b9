/*
 * Goal: a witness takes what follows from what it saw, once, and nothing else; what it keeps is
 * enough to go on after a restart; what it signs holds. Method: a ledger grown by the signer, sent
 * in pieces; then forks, rollbacks, missing and wrong proofs, strangers' keys, and requests cut and
 * changed at every byte.
 */
#include "../check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../guard.h"
#include "base/bytes.h"
#include "ledger/root.h"
#include "ledger/witness_files.h"
#include "ledger_files.h"
#include "../store/faulty_io.h"

#define STEPS 8u
#define NAME  SPAN_LIT("witness.test")

/* The notes of a ledger: where each checkpoint ends in the bytes. */
struct grown {
    struct buf notes;
    size_t end[64];
    struct checkpoint *point;
    uint64_t count;
};

static struct ledger_files files;
static struct key key;
static uint8_t root[KEY_BYTES];
static struct grown honest;
static struct witness_log now, next;
static uint8_t store[NOTE_STORE_BYTES];

static bool on_note(void *arg, const struct note *n, const struct chain_place *at)
{
    struct grown *g = arg;

    (void)at;
    buf_add(&g->notes, n->whole);
    if (checkpoint_is(n->text)) {
        MUST(checkpoint_read(n->text, &g->point[g->count], NULL) == ERR_OK);
        g->end[g->count++] = g->notes.n;
    }
    return true;
}

static void read_grown(struct grown *g)
{
    const struct chain_reader r = { on_note, NULL, g };
    struct chain *c;

    buf_init(&g->notes, (size_t)1 << 20);
    g->point = calloc(64, sizeof(*g->point));
    g->count = 0;
    MUST(g->point != NULL && chain_open_reader(&c, &io_system, files.dir, NULL) == ERR_OK);
    MUST(chain_read(c, 0, &r, NULL, NULL) == ERR_OK);
    chain_free(&c);
}

static void release_grown(struct grown *g)
{
    buf_release(&g->notes);
    free(g->point);
}

/* Checkpoints from `from` on; `odd` makes others of the same sizes. */
static void grow(uint64_t from, uint64_t to, uint8_t odd)
{
    const struct signer_settings set = ledger_files_settings(&files, &io_system);
    struct checkpoint *c = malloc(sizeof(*c));
    struct deletion *d = malloc(sizeof(*d));
    struct signer *s;

    MUST(c != NULL && d != NULL && signer_open(&s, &set, NULL) == ERR_OK);
    memcpy(root, signer_root(s), KEY_BYTES);
    for (uint64_t n = from; n < to; n++) {
        ledger_test_checkpoint(&files, c, n);
        c->rules.bytes[1] = odd;
        if (n == 5) {
            ledger_test_deletion(&files, d, 0, 7);
            MUST(signer_delete(s, d, NULL) == ERR_OK);
        }
        MUST(signer_checkpoint(s, c, NULL) == ERR_OK);
    }
    signer_free(&s);
    free(c);
    free(d);
}

static int set_up(void **state)
{
    static const uint8_t seed[KEY_BYTES] = { 3 };

    (void)state;
    ledger_files_init(&files);
    memcpy(store, ledger_files_settings(&files, NULL).store, sizeof(store));
    key_of(&key, seed);
    grow(1, 1 + STEPS, 0);
    read_grown(&honest);
    witness_log_init(&now, files.h, store, root);
    witness_log_init(&next, files.h, store, root);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    witness_log_release(&now);
    witness_log_release(&next);
    release_grown(&honest);
    ledger_files_release(&files);
    return 0;
}

static void forget(void)
{
    witness_log_release(&now);
    witness_log_init(&now, files.h, store, root);
}

/* --- requests ------------------------------------------------------------------------------- */

static int leaf_node(void *arg, unsigned level, uint64_t index, struct merkle_hash *out,
                     struct err *e)
{
    uint8_t bytes[8];
    const struct span part = { bytes, sizeof(bytes) };

    (void)arg;
    (void)e;
    bytes_put_u64(bytes, index);
    merkle_digest(files.h, 0, &part, 1, out);
    return level == 0;
}

static void put_proofs(struct buf *out, const struct checkpoint *was, const struct checkpoint *is)
{
    const struct proof_from from = { leaf_node, NULL };
    struct proof p;

    for (uint32_t i = 0; was != NULL && i < was->stream_count; i++) {
        const struct checkpoint_stream *s = &was->stream[i];
        const struct checkpoint_stream *t = checkpoint_find(is, s->lane, s->months);

        if (s->size == 0 || t->size == s->size)
            continue;
        MUST(proof_consistency(files.h, &from, s->size, t->size, &p, NULL) == ERR_OK);
        witness_put_proof(out, s->lane, s->months, &p);
    }
}

/* Checkpoints [from, to) of g, and what stands between, for a witness that has seen `from`. */
static void put_request(struct buf *out, const struct grown *g, uint64_t from, uint64_t to)
{
    struct witness_state old = { from, { { 0 } } };
    size_t begin = from > 0 ? g->end[from - 1] : 0;

    if (from > 0 && to > from)
        old.last = g->point[from].previous;
    else if (from > 0)
        old.last = now.links.last;
    buf_clear(out);
    witness_put_head(out, store, &old);
    put_proofs(out, from > 0 ? &g->point[from - 1] : NULL, &g->point[to - 1]);
    buf_byte(out, '\n');
    buf_add(out, (struct span){ g->notes.p + begin, g->end[to - 1] - begin });
}

static enum witness_answer judge(struct span body, struct err *e)
{
    return witness_judge(&now, body, &key, NAME, TEST_START_NS, &next, e);
}

static void take(void)
{
    struct witness_log kept = now;

    now = next;
    next = kept;
}

/* The witness has seen all before checkpoint `n` of the honest one. */
static void see(uint64_t n)
{
    struct buf body;

    forget();
    if (n == 0)
        return;
    buf_init(&body, WITNESS_BODY_MAX);
    put_request(&body, &honest, 0, n);
    MUST(judge(buf_span(&body), NULL) == WITNESS_TAKEN);
    take();
    buf_release(&body);
}

static void check_cosigned(uint64_t number)
{
    struct witness_state s;
    struct span line, text;
    struct buf answer;
    uint64_t seconds;
    struct note n;

    buf_init(&answer, 1024);
    witness_put_state(&answer, &now);
    assert_true(witness_read_state(buf_span(&answer), &s, &line));
    assert_int_equal(s.next, number + 1);
    MUST(note_next(buf_span(&now.note), &n, NULL) > 0);
    text = n.text;
    assert_true(witness_cosigned(line, NAME, key.public, text, &seconds));
    assert_int_equal(seconds, TEST_START_NS / 1000000000);
    assert_false(witness_cosigned(line, SPAN_LIT("another"), key.public, text, &seconds));
    assert_false(witness_cosigned(line, NAME, root, text, &seconds));
    text.n--;
    assert_false(witness_cosigned(line, NAME, key.public, text, &seconds));
    buf_release(&answer);
}

/* --- tests ---------------------------------------------------------------------------------- */

static void what_follows_is_taken_in_any_pieces(void **state)
{
    struct buf body, kept;

    (void)state;
    buf_init(&body, WITNESS_BODY_MAX);
    buf_init(&kept, WITNESS_STATE_MAX);
    for (uint64_t step = 1; step <= STEPS; step++) {
        forget();
        for (uint64_t from = 0; from < STEPS; from += step) {
            uint64_t to = from + step < STEPS ? from + step : STEPS;
            struct err e;

            put_request(&body, &honest, from, to);
            if (judge(buf_span(&body), &e) != WITNESS_TAKEN)
                fail_msg("%llu to %llu: %s", (unsigned long long)from, (unsigned long long)to,
                         e.why);
            take();
            check_cosigned(to - 1);
            /* The same again: it has been seen. */
            assert_int_equal(judge(buf_span(&body), &e), WITNESS_OTHER);
            /* A restart. */
            buf_clear(&kept);
            witness_log_put(&kept, &now);
            forget();
            assert_int_equal(witness_log_resume(&now, buf_span(&kept), &e), ERR_OK);
            check_cosigned(to - 1);
        }
        assert_int_equal(now.links.deletions, 1);
    }
    buf_release(&body);
    buf_release(&kept);
}

/* Another ledger of the same store's id and sizes, behind another root key, laid behind what was
 * seen. */
static void a_fork_is_refused(void **state)
{
    struct grown fork;
    uint8_t kept[KEY_BYTES];
    struct buf body;
    struct err e;

    (void)state;
    ledger_files_clear(&files);
    memset(&fork, 0, sizeof(fork));
    memcpy(kept, root, sizeof(kept));
    grow(1, 1 + STEPS, 9);
    memcpy(root, kept, sizeof(kept));
    read_grown(&fork);
    buf_init(&body, WITNESS_BODY_MAX);
    see(0);
    put_request(&body, &fork, 0, 3);
    assert_int_equal(judge(buf_span(&body), &e), WITNESS_REFUSED);
    see(4);
    put_request(&body, &fork, 4, 6);
    assert_int_equal(judge(buf_span(&body), &e), WITNESS_OTHER);
    /* It says it had seen what the witness did. */
    buf_clear(&body);
    witness_put_head(&body, store, &(struct witness_state){ now.links.next, now.links.last });
    put_proofs(&body, &honest.point[3], &fork.point[5]);
    buf_byte(&body, '\n');
    buf_add(&body, (struct span){ fork.notes.p + fork.end[3], fork.end[5] - fork.end[3] });
    assert_int_equal(judge(buf_span(&body), &e), WITNESS_REFUSED);
    /* First comes a deletion, by a key that nobody named. */
    assert_string_equal(e.why,
                        "Checkpoint 4 was due: a note is not signed by the key that has to.");
    buf_release(&body);
    release_grown(&fork);
}

/* The store goes back: what it was before is sent again. */
static void a_rollback_is_refused(void **state)
{
    struct buf body;
    struct err e;

    (void)state;
    buf_init(&body, WITNESS_BODY_MAX);
    see(6);
    put_request(&body, &honest, 4, 6);
    assert_int_equal(judge(buf_span(&body), &e), WITNESS_OTHER);
    buf_clear(&body);
    witness_put_head(&body, store, &(struct witness_state){ now.links.next, now.links.last });
    buf_byte(&body, '\n');
    buf_add(&body, (struct span){ honest.notes.p + honest.end[3], honest.end[5] - honest.end[3] });
    assert_int_equal(judge(buf_span(&body), &e), WITNESS_REFUSED);
    buf_release(&body);
}

/* A note of checkpoint 5, by the key that signs it, with another tree of the same size: the proof
 * is all that is against it. */
static void a_changed_tree_is_refused(void **state)
{
    const struct signer_settings set = ledger_files_settings(&files, &io_system);
    struct checkpoint *c = malloc(sizeof(*c));
    struct merkle_hash zeros = { { 1 } };
    struct signer *s;
    struct grown g;
    struct buf body;
    struct err e;

    (void)state;
    ledger_files_clear(&files);
    MUST(c != NULL && signer_open(&s, &set, NULL) == ERR_OK);
    memcpy(root, signer_root(s), KEY_BYTES);
    for (uint64_t n = 1; n <= 6; n++) {
        ledger_test_checkpoint(&files, c, n);
        if (n == 6)
            c->stream[0].root = zeros;
        MUST(signer_checkpoint(s, c, NULL) == ERR_OK);
    }
    signer_free(&s);
    read_grown(&g);
    forget();
    buf_init(&body, WITNESS_BODY_MAX);
    put_request(&body, &g, 0, 5);
    assert_int_equal(judge(buf_span(&body), &e), WITNESS_TAKEN);
    take();
    put_request(&body, &g, 5, 6);
    assert_int_equal(judge(buf_span(&body), &e), WITNESS_REFUSED);
    assert_string_equal(e.why, "A stream does not begin with what was seen of it before.");
    buf_release(&body);
    release_grown(&g);
    free(c);
    ledger_files_clear(&files);
}

/* Cut, and changed in every byte: never taken, but where it is a proof's or note's own spelling. */
static void no_other_request_is_taken(void **state)
{
    struct guard guard;
    struct buf body;

    (void)state;
    see(4);
    guard_init(&guard, WITNESS_BODY_MAX);
    buf_init(&body, WITNESS_BODY_MAX);
    put_request(&body, &honest, 4, 7);
    for (size_t i = 0; i < body.n; i++) {
        struct span cut = guard_put(&guard, (struct span){ body.p, i });
        enum witness_answer a = judge(cut, NULL);

        /* An earlier end is good where its proofs are: here they are not. */
        assert_true(a != WITNESS_TAKEN);
    }
    for (size_t i = 0; i < body.n; i++) {
        body.p[i] ^= 1;
        assert_true(judge(guard_put(&guard, buf_span(&body)), NULL) != WITNESS_TAKEN);
        body.p[i] ^= 1;
    }
    assert_int_equal(judge(buf_span(&body), NULL), WITNESS_TAKEN);
    buf_release(&body);
    guard_release(&guard);
}

/* A deletion alone leaves nothing to sign. */
static void a_request_ends_with_a_checkpoint(void **state)
{
    struct buf body;
    struct note n;
    struct err e;

    (void)state;
    see(4);
    buf_init(&body, WITNESS_BODY_MAX);
    MUST(note_next((struct span){ honest.notes.p + honest.end[3], honest.end[4] - honest.end[3] },
                   &n, NULL) > 0);
    assert_false(checkpoint_is(n.text));
    witness_put_head(&body, store, &(struct witness_state){ now.links.next, now.links.last });
    buf_byte(&body, '\n');
    assert_int_equal(judge(buf_span(&body), &e), WITNESS_SYNTAX); /* nor does nothing */
    buf_add(&body, n.whole);
    assert_int_equal(judge(buf_span(&body), &e), WITNESS_SYNTAX);
    assert_string_equal(e.why, "The last note is not a checkpoint.");
    buf_release(&body);
}

/* Whichever call fails: what was answered is kept, what is kept was asked for, and it goes on. */
static void whatever_fails_it_answers_for_what_it_kept(void **state)
{
    static const int errors[] = { EIO, ENOSPC, EROFS, EINTR, FAULTY_SHORT };
    struct witness_files kept;
    struct buf body, answer, pub;
    struct faulty io;
    uint64_t at = 1, calls = 1;

    (void)state;
    buf_init(&body, WITNESS_BODY_MAX);
    buf_init(&answer, WITNESS_STATE_MAX);
    buf_init(&pub, 1024);
    {
        uint8_t name[NOTE_STORE_NAME_BYTES];

        note_put_vkey(&pub, note_store_name(store, name), NOTE_ED25519, root);
        buf_byte(&pub, '\n');
    }
    for (; at <= calls; at++) {
        for (size_t i = 0; i < COUNT_OF(errors) * 2; i++) {
            enum witness_answer a = WITNESS_FAILED;
            struct witness_state s = { 0 };
            struct span line;
            int fd;

            ledger_files_clear(&files);
            fd =
                openat(files.dir, "30313233343536373839616263646500.pub", O_WRONLY | O_CREAT, 0600);
            MUST(fd >= 0 && write(fd, pub.p, pub.n) == (ssize_t)pub.n);
            (void)close(fd);
            faulty_init(&io);
            io.fail_at = calls > 1 ? at : 0; /* the first time all goes well, to count */
            io.error = errors[i / 2];
            io.for_ever = i % 2 == 1;
            see(0);
            put_request(&body, &honest, 0, 3);
            if (witness_files_open(&kept, &io.io, files.dir, NAME, NULL) == ERR_OK) {
                a = witness_files_take(&kept, buf_span(&body), TEST_START_NS, &answer);
                witness_files_release(&kept);
            }
            if (calls == 1)
                calls = io.calls;
            assert_int_equal(witness_files_open(&kept, &io_system, files.dir, NAME, NULL), ERR_OK);
            assert_int_equal(witness_files_state(&kept, store, &answer), WITNESS_TAKEN);
            assert_true(witness_read_state(buf_span(&answer), &s, &line));
            assert_true(s.next == 3 || (s.next == 0 && a != WITNESS_TAKEN));
            assert_int_equal(witness_files_take(&kept, buf_span(&body), TEST_START_NS, &answer),
                             s.next == 3 ? WITNESS_OTHER : WITNESS_TAKEN);
            witness_files_release(&kept);
        }
    }
    assert_true(calls > 15);
    ledger_files_clear(&files);
    buf_release(&body);
    buf_release(&answer);
    buf_release(&pub);
}

static void what_is_kept_is_looked_at(void **state)
{
    struct buf kept;
    struct err e;
    size_t whole;

    (void)state;
    buf_init(&kept, WITNESS_STATE_MAX);
    see(4);
    whole = now.note.n;
    witness_log_put(&kept, &now);
    forget();
    for (size_t n = 0; n < whole; n++)
        assert_int_equal(witness_log_resume(&now, (struct span){ kept.p, n }, &e), ERR_CORRUPT);
    assert_int_equal(witness_log_resume(&now, SPAN_NONE, &e), ERR_CORRUPT);
    buf_release(&kept);
}

static void answers_are_read_strictly(void **state)
{
    static const char *const bad[] = {
        "",
        "next 1\n",
        "next 01 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "old 1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "next 1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nx\n",
        "next 1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\xe2\x80\x94 a b",
        "next 1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\xe2\x80\x94 a b\nc\n",
    };
    struct witness_state s;
    struct span line;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_ROW(bad[i], !witness_read_state(span_of(bad[i]), &s, &line));
    assert_true(witness_read_state(
        SPAN_LIT("next 0 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), &s, &line));
    assert_true(line.p == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_follows_is_taken_in_any_pieces),
        cmocka_unit_test(a_fork_is_refused),
        cmocka_unit_test(a_rollback_is_refused),
        cmocka_unit_test(no_other_request_is_taken),
        cmocka_unit_test(a_request_ends_with_a_checkpoint),
        cmocka_unit_test(whatever_fails_it_answers_for_what_it_kept),
        cmocka_unit_test(what_is_kept_is_looked_at),
        cmocka_unit_test(answers_are_read_strictly),
        cmocka_unit_test(a_changed_tree_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
