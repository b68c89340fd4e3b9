/*
 * Goal: a ledger is taken as a whole or with the first note that does not follow, which is named
 * and placed. Method: an honest one of certificates, checkpoints and deletions, kept as structs;
 * each row changes one thing and signs again with whatever key it names, as somebody who has that
 * key would; what was there is laid against what is found.
 */
#include "../check.h"

#include <stdlib.h>

#include "ledger/certificate.h"
#include "ledger_files.h"

#define NOTES                                                                                      \
    12u /* 0: certificate; 1 to 5: checkpoints 0 to 4; 6: deletion; 7 to 9: checkpoints;           \
           10: certificate; 11: checkpoint 8 */

enum kind { CERTIFICATE, CHECKPOINT, DELETION };

struct made {
    enum kind kind;
    struct certificate cert;
    struct checkpoint point;
    struct deletion gone;
    struct key by;
    bool left_out, raw;
};

static struct ledger_files files;
static struct made made[NOTES];
static struct key root, epochs[NOTES + 1], stranger;
static struct merkle_hash hashes[NOTES]; /* of checkpoints' texts, by number */

static struct key key_numbered(uint8_t n)
{
    const uint8_t seed[KEY_BYTES] = { n, 77 };
    struct key k;

    key_of(&k, seed);
    return k;
}

static int set_up(void **state)
{
    (void)state;
    ledger_files_init(&files);
    root = key_numbered(200);
    stranger = key_numbered(201);
    for (uint8_t i = 0; i <= NOTES; i++)
        epochs[i] = key_numbered(i);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ledger_files_release(&files);
    return 0;
}

static void set_store(uint8_t *store)
{
    memcpy(store, "0123456789abcdef", NOTE_STORE_BYTES);
}

static void put_text(const struct made *m, struct buf *out)
{
    if (m->kind == CERTIFICATE)
        certificate_put(out, &m->cert);
    else if (m->kind == CHECKPOINT)
        checkpoint_put(out, &m->point);
    else
        deletion_put(out, &m->gone);
}

static void hash_of(const struct made *m, struct merkle_hash *hash)
{
    struct buf text;

    buf_init(&text, NOTE_BYTES_MAX);
    put_text(m, &text);
    note_hash(buf_span(&text), hash);
    buf_release(&text);
}

/* The notes link to one another from `from` on, as they are now. */
static void link_from(uint32_t from)
{
    struct merkle_hash last = { { 0 } }, deletion = { { 0 } };

    for (uint32_t i = 0; i < NOTES; i++) {
        struct made *m = &made[i];

        if (m->left_out)
            continue;
        if (i >= from && m->kind == CERTIFICATE)
            m->cert.previous = last;
        if (i >= from && m->kind == CHECKPOINT) {
            m->point.previous = last;
            m->point.deletion = deletion;
        }
        if (i >= from && m->kind == DELETION)
            m->gone.previous = deletion;
        if (m->kind == CHECKPOINT)
            hash_of(m, &last);
        if (m->kind == DELETION)
            hash_of(m, &deletion);
        if (m->kind == CHECKPOINT && m->point.number < NOTES)
            hashes[m->point.number] = last;
    }
}

static void make_honest(void)
{
    uint64_t number = 0;

    memset(made, 0, sizeof(made));
    for (uint32_t i = 0; i < NOTES; i++) {
        struct made *m = &made[i];

        m->kind = i == 0 || i == 10 ? CERTIFICATE : i == 6 ? DELETION : CHECKPOINT;
        m->by = epochs[number];
        if (m->kind == CERTIFICATE) {
            set_store(m->cert.store);
            m->cert.from = number;
            memcpy(m->cert.key, epochs[number].public, KEY_BYTES);
            m->by = root;
        } else if (m->kind == CHECKPOINT) {
            ledger_test_checkpoint(&files, &m->point, number);
            set_store(m->point.store);
            m->point.number = number++;
            m->point.deletions = i > 6;
            m->point.stream[0].gone = i > 6 ? 9 : 0;
            /* Behind the second certificate: the key that was named was lost. */
            memcpy(m->point.next, (i == 9 ? stranger : epochs[number]).public, KEY_BYTES);
        } else {
            ledger_test_deletion(&files, &m->gone, 0, 9);
            set_store(m->gone.store);
            m->gone.checkpoint = number;
        }
    }
    link_from(0);
}

/* What links says of them. *at is the note that did not follow. */
static struct links *verify(const struct key *trusted, const struct links_anchor *anchors,
                            uint32_t count, uint32_t *at)
{
    struct links *l = malloc(sizeof(*l));
    bool good = true;

    links_init(l, files.h, trusted->public);
    for (uint32_t i = 0; i < count; i++)
        MUST(links_anchor(l, &anchors[i], NULL) == ERR_OK);
    for (*at = 0; good && *at < NOTES; ++*at) {
        uint8_t store[NOTE_STORE_BYTES], name[NOTE_STORE_NAME_BYTES];
        struct buf text, note;
        struct note n;

        if (made[*at].left_out)
            continue;
        set_store(store);
        buf_init(&text, NOTE_BYTES_MAX);
        buf_init(&note, NOTE_BYTES_MAX);
        put_text(&made[*at], &text);
        note_put(&note, buf_span(&text), note_store_name(store, name), &made[*at].by);
        if (made[*at].raw)
            note.p[note.n - 20] = note.p[note.n - 20] == 'A' ? 'B' : 'A'; /* in the signature */
        MUST(note_next(buf_span(&note), &n, NULL) > 0);
        good = links_next(l, &n, *at == 0);
        buf_release(&text);
        buf_release(&note);
        *at -= !good;
    }
    (void)links_end(l);
    return l;
}

static void honest_ones_are_taken(void **state)
{
    const struct links_anchor anchors[] = { { 0, { { 0 } } }, { 7, { { 0 } } } };
    struct links_anchor these[COUNT_OF(anchors)];
    struct links *l;
    uint32_t at;

    (void)state;
    make_honest();
    for (size_t i = 0; i < COUNT_OF(anchors); i++)
        these[i] = (struct links_anchor){ anchors[i].number, hashes[anchors[i].number] };
    l = verify(&root, these, COUNT_OF(these), &at);
    assert_int_equal(links_end(l), LINKS_NONE);
    assert_int_equal(l->notes, NOTES);
    assert_int_equal(l->next, 9);
    assert_int_equal(l->deletions, 1);
    assert_int_equal(l->stream[0].gone, 9);
    free(l);
}

/* --- rows ----------------------------------------------------------------------------------- */

static void nothing(struct made *m)
{
    (void)m;
}
static void edit_rules(struct made *m)
{
    m->point.rules.bytes[3] ^= 1;
}
static void edit_store(struct made *m)
{
    m->point.store[0] ^= 1;
}
static void edit_gone_store(struct made *m)
{
    m->gone.store[0] ^= 1;
}
static void edit_cert_store(struct made *m)
{
    m->cert.store[0] ^= 1;
}
static void edit_number(struct made *m)
{
    m->point.number += 1;
}
static void edit_previous(struct made *m)
{
    m->point.previous.bytes[0] ^= 1;
}
static void edit_cert_previous(struct made *m)
{
    m->cert.previous.bytes[0] ^= 1;
}
static void edit_cert_from(struct made *m)
{
    m->cert.from -= 1;
}
static void by_stranger(struct made *m)
{
    m->by = stranger;
}
static void by_earlier(struct made *m)
{
    m->by = epochs[1];
}
static void by_root(struct made *m)
{
    m->by = root;
}
static void forge(struct made *m)
{
    m->raw = true;
}
static void shrink(struct made *m)
{
    m->point.stream[0].size -= 4;
}
static void lose_stream(struct made *m)
{
    m->point.stream_count = 1;
}
static void swap_stream(struct made *m)
{
    m->point.stream[0].lane = 7;
    m->point.stream_count = 1;
}
static void same_size(struct made *m)
{
    m->point.stream[1].root.bytes[5] ^= 1; /* its size is that of the one before */
}
static void edit_count(struct made *m)
{
    m->point.deletions = 0;
}
static void edit_deletion(struct made *m)
{
    m->point.deletion.bytes[9] ^= 1;
}
static void edit_gone(struct made *m)
{
    m->point.stream[0].gone = 10;
}
static void new_stream_gone(struct made *m)
{
    m->point.stream_count = 2;
    m->point.stream[1] = (struct checkpoint_stream){ .lane = 3, .months = 1, .size = 5, .gone = 2 };
}
static void leave_out(struct made *m)
{
    m->left_out = true;
}
static void gone_again(struct made *m)
{
    m->gone.begin = 4;
    m->gone.block[0].begin = 4;
}
static void gone_all(struct made *m)
{
    ledger_test_deletion(&files, &m->gone, 0, 12);
    set_store(m->gone.store);
    m->gone.checkpoint = 5;
    m->gone.hash[0].bytes[0] ^= 1; /* as large as the stream, with another root */
}
static void gone_more(struct made *m)
{
    ledger_test_deletion(&files, &m->gone, 0, 13);
    set_store(m->gone.store);
    m->gone.checkpoint = 5;
}
static void gone_stranger(struct made *m)
{
    m->gone.lane = 9;
}
static void gone_number(struct made *m)
{
    m->gone.number = 1;
}
static void gone_epoch(struct made *m)
{
    m->gone.checkpoint = 4;
}

static const struct row {
    const char *name;
    uint32_t note; /* that is changed */
    void (*change)(struct made *m);
    bool linked; /* all notes behind it are linked to it, and signed with their own keys */
    enum links_fault want;
    uint32_t at; /* the note that does not follow */
} rows[] = {
    { "nothing", 3, nothing, false, LINKS_NONE, NOTES },
    { "edited, signed with its own key", 3, edit_rules, false, LINKS_PREVIOUS, 4 },
    { "edited, signed with a stranger's", 3, by_stranger, false, LINKS_KEY, 3 },
    { "signed with an earlier epoch's", 3, by_earlier, false, LINKS_KEY, 3 },
    { "signed with the root's", 3, by_root, false, LINKS_KEY, 3 },
    { "another signature", 3, forge, false, LINKS_FORGED, 3 },
    { "another store", 3, edit_store, false, LINKS_STORE, 3 },
    { "another number", 3, edit_number, false, LINKS_NUMBER, 3 },
    { "left out", 3, leave_out, false, LINKS_NUMBER, 4 },
    { "left out, and linked", 3, leave_out, true, LINKS_NUMBER, 4 },
    { "not linked", 3, edit_previous, false, LINKS_PREVIOUS, 3 },
    { "no certificate", 0, leave_out, false, LINKS_CERTIFICATE, 1 },
    { "a certificate by a stranger", 0, by_stranger, false, LINKS_KEY, 0 },
    { "a certificate that was changed", 0, forge, false, LINKS_FORGED, 0 },
    { "a certificate of another place", 10, edit_cert_from, false, LINKS_CERTIFICATE, 10 },
    { "a certificate of another ledger", 10, edit_cert_previous, false, LINKS_CERTIFICATE, 10 },
    { "a certificate of another store", 10, edit_cert_store, false, LINKS_STORE, 10 },
    { "a later certificate left out", 10, leave_out, false, LINKS_KEY, 11 },
    { "a later certificate by an epoch's key", 10, by_earlier, false, LINKS_KEY, 10 },
    { "fewer events", 4, shrink, true, LINKS_SMALLER, 4 },
    { "a stream gone", 5, lose_stream, true, LINKS_SMALLER, 5 },
    { "a stream for another", 3, swap_stream, true, LINKS_SMALLER, 3 },
    { "as many, but others", 7, same_size, true, LINKS_ROOT, 7 },
    { "a deletion left out", 6, leave_out, true, LINKS_DELETION, 7 },
    { "a deletion not counted", 7, edit_count, false, LINKS_DELETION, 7 },
    { "another deletion", 7, edit_deletion, false, LINKS_DELETION, 7 },
    { "more is gone", 8, edit_gone, true, LINKS_DELETION, 8 },
    { "gone from the start", 3, new_stream_gone, true, LINKS_DELETION, 3 },
    { "a deletion that leaves some before it", 6, gone_again, true, LINKS_DELETION, 6 },
    { "a deletion of all, with another root", 6, gone_all, true, LINKS_DELETION, 6 },
    { "a deletion of more than there was", 6, gone_more, true, LINKS_DELETION, 6 },
    { "a deletion of no stream", 6, gone_stranger, true, LINKS_DELETION, 6 },
    { "a deletion of another number", 6, gone_number, true, LINKS_DELETION, 6 },
    { "a deletion of another epoch", 6, gone_epoch, true, LINKS_NUMBER, 6 },
    { "a deletion of another store", 6, edit_gone_store, true, LINKS_STORE, 6 },
    { "a deletion by a stranger", 6, by_stranger, true, LINKS_KEY, 6 },
};

static void each_change_is_named_and_placed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct links *l;
        uint32_t at;

        make_honest();
        rows[i].change(&made[rows[i].note]);
        if (rows[i].linked)
            link_from(rows[i].note + (rows[i].change != leave_out));
        l = verify(&root, NULL, 0, &at);
        if (l->fault != rows[i].want || at != rows[i].at)
            fail_msg("row '%s': %s at %u, not %s at %u", rows[i].name, links_name(l->fault), at,
                     links_name(rows[i].want), rows[i].at);
        free(l);
    }
}

/* --- anchors, roots, clocks ----------------------------------------------------------------- */

static void anchors_see_forks_and_cuts(void **state)
{
    struct links_anchor anchor;
    struct links *l;
    uint32_t at;

    (void)state;
    make_honest();
    anchor = (struct links_anchor){ 4, hashes[4] };
    anchor.hash.bytes[0] ^= 1;
    l = verify(&root, &anchor, 1, &at);
    assert_true(l->fault == LINKS_FORK && at == 5);
    free(l);
    anchor = (struct links_anchor){ 8, hashes[8] };
    made[11].left_out = true;
    l = verify(&root, &anchor, 1, &at);
    assert_true(l->fault == LINKS_CUT && l->next == 8);
    free(l);
    l = verify(&root, NULL, 0, &at); /* not anchored: nobody can tell */
    assert_int_equal(l->fault, LINKS_NONE);
    free(l);
    for (uint32_t i = 0; i < NOTES; i++)
        made[i].left_out = true;
    l = verify(&root, &anchor, 1, &at);
    assert_true(l->fault == LINKS_CUT && l->next == 0);
    free(l);
    l = verify(&root, NULL, 0, &at); /* nothing at all is no pass */
    assert_true(l->fault == LINKS_CERTIFICATE && l->next == 0);
    free(l);
}

static void another_root_key_is_not_trusted(void **state)
{
    struct links *l;
    uint32_t at;

    (void)state;
    make_honest();
    l = verify(&stranger, NULL, 0, &at);
    assert_true(l->fault == LINKS_KEY && at == 0);
    free(l);
}

static void clocks_that_go_back_are_counted(void **state)
{
    struct links *l;
    uint32_t at;

    (void)state;
    make_honest();
    made[4].point.time_ns = made[3].point.time_ns - LINKS_BACK_NS;
    link_from(4);
    l = verify(&root, NULL, 0, &at);
    assert_int_equal(links_end(l), LINKS_NONE);
    free(l);
    made[4].point.time_ns--;
    link_from(4);
    l = verify(&root, NULL, 0, &at);
    assert_int_equal(links_end(l), LINKS_CLOCK);
    assert_true(l->fault == LINKS_NONE && l->notes == NOTES);
    assert_true(l->clocks == 1 && l->clock_at == 3);
    free(l);
    make_honest();
    made[4].point.clock_ns = made[3].point.clock_ns - 1;
    link_from(4);
    l = verify(&root, NULL, 0, &at);
    assert_true(links_end(l) == LINKS_CLOCK && l->clock_at == 3);
    free(l);
    made[4].point.boot[0] ^= 1; /* another start of the machine */
    link_from(4);
    l = verify(&root, NULL, 0, &at);
    assert_int_equal(links_end(l), LINKS_NONE);
    free(l);
}

static void the_last_note_may_begin_the_next_part(void **state)
{
    struct links *l = malloc(sizeof(*l));
    uint8_t store[NOTE_STORE_BYTES], name[NOTE_STORE_NAME_BYTES];
    struct buf text, note;
    struct note n;

    (void)state;
    make_honest();
    set_store(store);
    buf_init(&text, NOTE_BYTES_MAX);
    buf_init(&note, NOTE_BYTES_MAX);
    put_text(&made[0], &text);
    note_put(&note, buf_span(&text), note_store_name(store, name), &root);
    MUST(note_next(buf_span(&note), &n, NULL) > 0);
    links_init(l, files.h, root.public);
    assert_true(links_next(l, &n, true));
    buf_clear(&note);
    buf_clear(&text);
    put_text(&made[1], &text);
    note_put(&note, buf_span(&text), note_store_name(store, name), &epochs[0]);
    MUST(note_next(buf_span(&note), &n, NULL) > 0);
    assert_true(links_next(l, &n, false));
    assert_true(links_next(l, &n, true));
    assert_int_equal(l->notes, 2);
    assert_false(links_next(l, &n, false));
    assert_int_equal(l->fault, LINKS_NUMBER);
    buf_release(&text);
    buf_release(&note);
    free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_ones_are_taken),
        cmocka_unit_test(each_change_is_named_and_placed),
        cmocka_unit_test(anchors_see_forks_and_cuts),
        cmocka_unit_test(another_root_key_is_not_trusted),
        cmocka_unit_test(clocks_that_go_back_are_counted),
        cmocka_unit_test(the_last_note_may_begin_the_next_part),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
