/*
 * Goal: notes, checkpoints, certificates, deletions and verifier keys are read exactly as they are
 * written, and nothing else is; a signature holds for its text and key only. Method: rows of lines
 * put in place of good ones; every text cut at every byte, with every byte changed, and laid
 * against a guard page; the published note of C2SP.
 */
#include "../check.h"

#include <stdlib.h>

#include "../guard.h"
#include "ledger/certificate.h"
#include "ledger_files.h"

static struct ledger_files files;
static struct key key;
static struct guard guard;
static struct checkpoint point;
static struct deletion gone;
static struct buf text, again;

static int set_up(void **state)
{
    static const uint8_t seed[KEY_BYTES] = { 1, 2, 3 };

    (void)state;
    ledger_files_init(&files);
    key_of(&key, seed);
    guard_init(&guard, 2 * NOTE_BYTES_MAX);
    buf_init(&text, 2 * NOTE_BYTES_MAX);
    buf_init(&again, 2 * NOTE_BYTES_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ledger_files_release(&files);
    guard_release(&guard);
    buf_release(&text);
    buf_release(&again);
    return 0;
}

/* --- texts ---------------------------------------------------------------------------------- */

/* Reads `in` and writes it again. */
typedef int again_fn(struct span in, struct buf *out, struct err *e);

static int checkpoint_again(struct span in, struct buf *out, struct err *e)
{
    static struct checkpoint c;
    int rc = checkpoint_read(in, &c, e);

    if (rc == ERR_OK)
        checkpoint_put(out, &c);
    return rc;
}

static int deletion_again(struct span in, struct buf *out, struct err *e)
{
    static struct deletion d;
    int rc = deletion_read(in, &d, e);

    if (rc == ERR_OK)
        deletion_put(out, &d);
    return rc;
}

static int certificate_again(struct span in, struct buf *out, struct err *e)
{
    struct certificate c;
    int rc = certificate_read(in, &c, e);

    if (rc == ERR_OK)
        certificate_put(out, &c);
    return rc;
}

static void make_checkpoint(void)
{
    ledger_test_checkpoint(&files, &point, 9);
    point.number = 9;
    point.deletions = 2;
    buf_clear(&text);
    checkpoint_put(&text, &point);
}

static void make_deletion(void)
{
    ledger_test_deletion(&files, &gone, 5, 13);
    gone.block_count = 2;
    gone.block[1] = gone.block[0];
    gone.block[0].end = gone.block[1].begin = 8;
    buf_clear(&text);
    deletion_put(&text, &gone);
}

static void make_certificate(void)
{
    const struct certificate c = { .store = "0123456789abcde", .from = 3 };

    buf_clear(&text);
    certificate_put(&text, &c);
}

static const struct {
    const char *name;
    void (*make)(void);
    again_fn *fn;
} kinds[] = { { "checkpoint", make_checkpoint, checkpoint_again },
              { "deletion", make_deletion, deletion_again },
              { "certificate", make_certificate, certificate_again } };

/* What is read is what would be written. */
static bool canonical(again_fn *fn, struct span in)
{
    struct err e = { 0 };

    buf_clear(&again);
    if (fn(in, &again, &e) != ERR_OK) {
        assert_int_equal(e.code, ERR_SYNTAX);
        assert_true(e.at <= in.n && e.why[0] != 0);
        return false;
    }
    if (!span_eq(buf_span(&again), in))
        fail_msg("read \n%.*s\nwritten again\n%.*s", SPAN_ARG(in), SPAN_ARG(buf_span(&again)));
    return true;
}

static void texts_come_back_and_no_cut_one_is_taken(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        kinds[k].make();
        assert_true(canonical(kinds[k].fn, guard_put(&guard, buf_span(&text))));
        for (size_t n = 0; n < text.n; n++) {
            struct span cut = guard_put(&guard, (struct span){ text.p, n });

            /* A checkpoint without its last streams is one. */
            if (canonical(kinds[k].fn, cut))
                assert_true(k == 0 && text.p[n - 1] == '\n');
        }
    }
}

/* Any byte changed, left out or doubled: refused, or another value written in the same way. */
static void changed_texts_are_refused_or_canonical(void **state)
{
    static uint8_t room[NOTE_BYTES_MAX];
    unsigned taken = 0;

    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        kinds[k].make();
        for (size_t i = 0; i < text.n; i++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                memcpy(room, text.p, text.n);
                room[i] ^= (uint8_t)(1u << bit);
                taken += canonical(kinds[k].fn, guard_put(&guard, (struct span){ room, text.n }));
            }
            memcpy(room, text.p, i);
            memcpy(room + i, text.p + i + 1, text.n - i - 1);
            (void)canonical(kinds[k].fn, guard_put(&guard, (struct span){ room, text.n - 1 }));
            memcpy(room, text.p, i + 1);
            memcpy(room + i + 1, text.p + i, text.n - i);
            (void)canonical(kinds[k].fn, guard_put(&guard, (struct span){ room, text.n + 1 }));
        }
    }
    assert_true(taken > 1000);
}

static const struct line_row {
    const char *name;
    size_t kind;
    const char *good, *bad;
} lines[] = {
    { "another version", 0, "canh/checkpoint/v1", "canh/checkpoint/v2" },
    { "a zero in front", 0, "number 9\n", "number 09\n" },
    { "a sign", 0, "number 9\n", "number +9\n" },
    { "no number", 0, "number 9\n", "number \n" },
    { "two blanks", 0, "number 9\n", "number  9\n" },
    { "a blank behind", 0, "number 9\n", "number 9 \n" },
    { "CR LF", 0, "number 9\n", "number 9\r\n" },
    { "a number over the limit", 0, "number 9\n", "number 9223372036854775808\n" },
    { "a number over 64 bits", 0, "number 9\n", "number 18446744073709551616\n" },
    { "another order", 0, "previous ", "next " },
    { "another zone", 0, "T10:01:30.000000123Z", "T10:01:30.000000123+00:00" },
    { "zeros behind the fraction", 0, "T10:01:30.000000123Z", "T10:01:30.000000123000Z" },
    { "no such minute", 0, "T10:01:30", "T10:61:30" },
    { "a leap second", 0, "T10:01:30.000000123Z", "T10:01:60Z" },
    { "before 1970", 0, "time 2026", "time 1969" },
    { "base64 without its end", 0, "AAAAAAA=\nnext", "AAAAAAA\nnext" },
    { "base64 with bits to spare", 0, "AAAAAAA=\nnext", "AAAAAAB=\nnext" },
    { "upper case", 0, "\nboot 07", "\nboot 0A" },
    { "hex too short", 0, "\nboot 07", "\nboot 7" },
    { "streams in another order", 0, "stream 1 6", "stream 0 5" },
    { "a stream twice", 0, "stream 1 6", "stream 0 6" },
    { "more gone than there was", 0, "stream 1 6 4 0", "stream 1 6 4 5" },
    { "a lane over 32 bits", 0, "stream 1 6", "stream 4294967296 6" },
    { "a class over 16 bits", 0, "stream 1 6", "stream 1 65536" },
    { "a line more", 0, "stream 1 6", "extra 1\nstream 1 6" },
    { "nothing goes", 1, "leaves 5 13", "leaves 13 13" },
    { "backwards", 1, "leaves 5 13", "leaves 15 13" },
    { "a hash too few", 1, "leaves 5 13", "leaves 5 15" },
    { "a hash too many", 1, "leaves 5 13", "leaves 5 12" },
    { "no such reason", 1, "why retention", "why not" },
    { "a gap between blocks", 1, "block 8 13", "block 9 13" },
    { "blocks that overlap", 1, "block 8 13", "block 7 13" },
    { "an empty block", 1, "block 8 13", "block 8 8 " },
    { "blocks that end early", 1, "block 8 13", "block 8 12" },
    { "blocks that end late", 1, "block 8 13", "block 8 14" },
    { "a certificate's line more", 2, "\nkey ", "\nextra 1\nkey " },
};

static void each_line_is_strict(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const struct line_row *row = &lines[i];
        struct span good = span_of(row->good), all;
        struct buf bad;
        size_t at = 0;

        kinds[row->kind].make();
        all = buf_span(&text);
        while (at < all.n && !span_starts(span_from(all, at), good))
            at++;
        CHECK_ROW(row->name, at < all.n);
        buf_init(&bad, NOTE_BYTES_MAX);
        buf_add(&bad, (struct span){ all.p, at });
        buf_text(&bad, row->bad);
        buf_add(&bad, span_from(all, at + good.n));
        CHECK_ROW(row->name, !canonical(kinds[row->kind].fn, buf_span(&bad)));
        buf_release(&bad);
    }
}

static void as_many_streams_as_there_may_be(void **state)
{
    (void)state;
    make_checkpoint();
    point.stream_count = CHECKPOINT_STREAMS;
    for (uint32_t i = 0; i < CHECKPOINT_STREAMS; i++)
        point.stream[i] = (struct checkpoint_stream){ UINT32_MAX - CHECKPOINT_STREAMS + i,
                                                      UINT16_MAX,
                                                      MERKLE_SIZE_MAX,
                                                      MERKLE_SIZE_MAX,
                                                      { { 0 } } };
    buf_clear(&text);
    checkpoint_put(&text, &point);
    assert_true(text.n < NOTE_BYTES_MAX - 300);
    assert_true(canonical(checkpoint_again, buf_span(&text)));
    buf_text(&text, "stream 4294967295 65535 0 0 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    assert_false(canonical(checkpoint_again, buf_span(&text)));
}

/* --- notes ---------------------------------------------------------------------------------- */

static void a_note_is_taken_whole(void **state)
{
    struct note n;
    struct buf note;

    (void)state;
    buf_init(&note, NOTE_BYTES_MAX);
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        kinds[k].make();
        buf_clear(&note);
        note_put(&note, buf_span(&text), SPAN_LIT("canh/x"), &key);
        assert_int_equal(note_next(guard_put(&guard, buf_span(&note)), &n, NULL), note.n);
        assert_true(span_eq(n.text, buf_span(&text)));
        assert_true(span_eq(n.whole, buf_span(&note)));
        assert_int_equal(note_check(&n, SPAN_LIT("canh/x"), key.public), NOTE_GOOD);
        for (size_t i = 0; i < note.n; i++) {
            struct span cut = guard_put(&guard, (struct span){ note.p, i });

            assert_int_equal(note_next(cut, &n, NULL), ERR_MORE);
            assert_true(note_is_torn(cut));
        }
        assert_false(note_is_torn(buf_span(&note)));
        buf_text(&note, "what follows");
        assert_int_equal(note_next(buf_span(&note), &n, NULL), note.n - 12);
    }
    buf_release(&note);
}

static void a_signature_is_of_its_text_and_key(void **state)
{
    static const uint8_t seed[KEY_BYTES] = { 9 };
    struct key other;
    struct buf note;
    struct note n;
    unsigned forged = 0;

    (void)state;
    key_of(&other, seed);
    buf_init(&note, NOTE_BYTES_MAX);
    make_certificate();
    note_put(&note, buf_span(&text), SPAN_LIT("canh/x"), &key);
    MUST(note_next(buf_span(&note), &n, NULL) > 0);
    assert_int_equal(note_check(&n, SPAN_LIT("canh/y"), key.public), NOTE_OTHER_KEY);
    assert_int_equal(note_check(&n, SPAN_LIT("canh/x"), other.public), NOTE_OTHER_KEY);
    for (size_t i = 0; i < note.n; i++) {
        note.p[i] ^= 1;
        if (note_next(buf_span(&note), &n, NULL) == (int64_t)note.n) {
            enum note_check check = note_check(&n, SPAN_LIT("canh/x"), key.public);

            assert_true(check != NOTE_GOOD);
            forged += check == NOTE_FORGED;
        }
        note.p[i] ^= 1;
    }
    assert_true(forged > 100);
    buf_release(&note);
}

#define B68                                                                                        \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const struct {
    const char *name, *in;
    int64_t want;
} notes[] = {
    { "the shortest", "a\n\n\xe2\x80\x94 n " B68 "\n", 3 + 4 + 2 + 92 + 1 },
    { "nothing", "", ERR_MORE },
    { "no text", "\n\xe2\x80\x94 n " B68 "\n", ERR_SYNTAX },
    { "no signature", "a\n\nb\n", ERR_SYNTAX },
    { "a minus for the dash", "a\n\n- n " B68 "\n", ERR_SYNTAX },
    { "no name", "a\n\n\xe2\x80\x94  " B68 "\n", ERR_SYNTAX },
    { "a plus in the name", "a\n\n\xe2\x80\x94 n+ " B68 "\n", ERR_SYNTAX },
    { "no base64", "a\n\n\xe2\x80\x94 n\n", ERR_SYNTAX },
    { "too short", "a\n\n\xe2\x80\x94 n AAAA\n", ERR_SYNTAX },
    { "too long", "a\n\n\xe2\x80\x94 n AAAA" B68 "\n", ERR_SYNTAX },
    { "a zero byte stands for a tab", "a\tb\n\n\xe2\x80\x94 n " B68 "\n", ERR_SYNTAX },
    { "not ASCII", "\xc3\xa9\n\n\xe2\x80\x94 n " B68 "\n", ERR_SYNTAX },
};

static void notes_are_strict(void **state)
{
    struct note n;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(notes); i++) {
        struct err e = { 0 };
        struct span in = guard_put(&guard, span_of(notes[i].in));

        CHECK_ROW(notes[i].name, note_next(in, &n, &e) == notes[i].want);
        CHECK_ROW(notes[i].name, e.at <= in.n);
    }
}

static void a_note_has_an_end(void **state)
{
    struct note n;

    (void)state;
    buf_clear(&text);
    while (text.n < NOTE_BYTES_MAX)
        buf_text(&text, "line\n");
    assert_int_equal(note_next(buf_span(&text), &n, NULL), ERR_LIMIT);
    text.n = NOTE_BYTES_MAX - 61;
    text.p[text.n - 1] = '\n';
    buf_text(&text, "\n\xe2\x80\x94 n " B68 "\n");
    assert_int_equal(note_next(buf_span(&text), &n, NULL), ERR_LIMIT);
}

/* --- torn ----------------------------------------------------------------------------------- */

static void torn_is_what_a_crash_can_leave(void **state)
{
    struct buf note;
    size_t whole;

    (void)state;
    buf_init(&note, 3 * NOTE_BYTES_MAX);
    make_checkpoint();
    note_put(&note, buf_span(&text), SPAN_LIT("canh/x"), &key);
    whole = note.n;
    /* A sector in the middle that was never written. */
    memset(note.p + 100, 0, 300);
    assert_true(note_is_torn(buf_span(&note)));
    /* Something follows: then it was no tail. */
    note_put(&note, buf_span(&text), SPAN_LIT("canh/x"), &key);
    assert_false(note_is_torn(buf_span(&note)));
    /* A byte changed is not a byte missing. */
    note.n = whole;
    memset(note.p + 100, 'x', 300);
    assert_false(note_is_torn(buf_span(&note)));
    /* Longer than any note. */
    note.n = 0;
    while (note.n <= NOTE_BYTES_MAX)
        buf_byte(&note, 0);
    assert_false(note_is_torn(buf_span(&note)));
    buf_release(&note);
}

/* --- published ------------------------------------------------------------------------------ */

/* The example of C2SP signed-note, whose text has an empty line and umlauts, is not one of ours;
 * its checkpoint's is: c2sp.org/tlog-checkpoint. */
static void the_published_note_is_read(void **state)
{
    static const char in[] =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\xe2\x80\x94 example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+"
        "xeMcTOAYQ8=\n";
    static const uint8_t id[] = { 0x03, 0x3d, 0xe0, 0xae };
    struct note n;

    (void)state;
    assert_int_equal(note_next(span_of(in), &n, NULL), sizeof(in) - 1);
    check_span("name", n.name, "example.com/behind-the-sofa");
    assert_memory_equal(n.id, id, 4);
}

/* Of golang.org/x/mod/sumdb/note, whose keys C2SP's are: PeterNeumann. */
static void the_published_key_is_read(void **state)
{
    static const char vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    static const char in[] =
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n\n"
        "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNX"
        "gKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    uint8_t public[KEY_BYTES];
    struct span name;
    struct note n;

    (void)state;
    assert_true(note_read_vkey(span_of(vkey), NOTE_ED25519, &name, public));
    check_span("name", name, "PeterNeumann");
    assert_true(note_next(span_of(in), &n, NULL) > 0);
    assert_int_equal(note_check(&n, name, public), NOTE_GOOD);
    buf_clear(&text);
    note_put_vkey(&text, name, NOTE_ED25519, public);
    check_span("again", buf_span(&text), vkey);
    assert_false(note_read_vkey(span_of(vkey), NOTE_COSIGNATURE, &name, public));
    for (size_t i = 0; i < text.n; i++) {
        assert_false(note_read_vkey(guard_put(&guard, (struct span){ text.p, i }), NOTE_ED25519,
                                    &name, public));
        text.p[i] ^= 1;
        assert_false(note_read_vkey(buf_span(&text), NOTE_ED25519, &name, public));
        text.p[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back_and_no_cut_one_is_taken),
        cmocka_unit_test(changed_texts_are_refused_or_canonical),
        cmocka_unit_test(each_line_is_strict),
        cmocka_unit_test(as_many_streams_as_there_may_be),
        cmocka_unit_test(a_note_is_taken_whole),
        cmocka_unit_test(a_signature_is_of_its_text_and_key),
        cmocka_unit_test(notes_are_strict),
        cmocka_unit_test(a_note_has_an_end),
        cmocka_unit_test(torn_is_what_a_crash_can_leave),
        cmocka_unit_test(the_published_note_is_read),
        cmocka_unit_test(the_published_key_is_read),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
