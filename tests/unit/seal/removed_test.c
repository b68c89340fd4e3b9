/*
 * Goal: of a lane it is told which of its events are gone by the newest record of each stream, and
 * nothing of others. Method: a ledger of checkpoints and two deletions; lanes with and without.
 */
#include "../check.h"

#include <stdlib.h>

#include "../ledger/ledger_files.h"
#include "seal/removed.h"

static void write_ledger(struct ledger_files *f)
{
    const struct signer_settings set = ledger_files_settings(f, &io_system);
    struct checkpoint *c = malloc(sizeof(*c));
    struct deletion *d = malloc(sizeof(*d));
    struct signer *s;
    struct err e;

    assert_true(c != NULL && d != NULL);
    assert_int_equal(signer_open(&s, &set, &e), ERR_OK);
    for (uint64_t n = 0; n < 9; n++) {
        if (n == 4 || n == 6) {
            ledger_test_deletion(f, d, n == 4 ? 0 : 5, n == 4 ? 5 : 8);
            assert_int_equal(signer_delete(s, d, &e), ERR_OK);
        }
        ledger_test_checkpoint(f, c, n);
        assert_int_equal(signer_checkpoint(s, c, &e), ERR_OK);
    }
    signer_free(&s);
    free(c);
    free(d);
}

static void the_newest_record_of_each_stream(void **state)
{
    struct removed out[REMOVED_STREAMS];
    struct ledger_files f;
    uint32_t count = 7;
    struct err e;

    (void)state;
    ledger_files_init(&f);
    write_ledger(&f);
    assert_int_equal(removed_of(&io_system, f.path, 0, out, &count, &e), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(out[0].months, 6);
    assert_int_equal(out[0].leaves, 8);
    assert_int_equal(out[0].number, 1);
    assert_string_equal(removed_why(out[0].why), "retention");
    assert_int_equal(removed_of(&io_system, f.path, 1, out, &count, &e), ERR_OK);
    assert_int_equal(count, 0);
    ledger_files_release(&f);
    assert_int_equal(removed_of(&io_system, f.path, 0, out, &count, &e), ERR_OK);
    assert_int_equal(count, 0); /* there is no ledger */
}

static void every_record_is_listed_the_newest_first(void **state)
{
    static struct removed_record out[REMOVED_RECORDS];
    static struct deletion d;
    struct ledger_files f;
    struct note n;
    uint32_t count = 7;
    struct err e;

    (void)state;
    ledger_files_init(&f);
    write_ledger(&f);
    assert_int_equal(removed_list(&io_system, f.path, out, &count, &e), ERR_OK);
    assert_int_equal(count, 2);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(note_next(buf_span(&out[i].note), &n, NULL) == (int64_t)out[i].note.n);
        assert_int_equal(deletion_read(n.text, &d, &e), ERR_OK);
        assert_true(d.number == out[i].number && d.lane == out[i].lane && d.end == out[i].end);
    }
    assert_true(out[0].number == 1 && out[0].begin == 5 && out[0].end == 8);
    assert_true(out[1].number == 0 && out[1].begin == 0 && out[1].end == 5);
    assert_true(out[0].months == 6 && out[0].blocks > 0 && out[0].time_ns >= out[1].time_ns);
    removed_release(out, count);
    ledger_files_release(&f);
    assert_int_equal(removed_list(&io_system, f.path, out, &count, &e), ERR_OK);
    assert_int_equal(count, 0); /* there is no ledger */
}

/* More than are told: the newest of them, whichever part they are in. */
static void more_than_are_told_are_the_newest(void **state)
{
    static struct removed_record out[REMOVED_RECORDS];
    struct ledger_files f;
    struct signer_settings set;
    struct checkpoint *c = malloc(sizeof(*c));
    struct deletion *d = malloc(sizeof(*d));
    struct signer *s;
    uint32_t count;
    struct err e;

    (void)state;
    assert_true(c != NULL && d != NULL);
    ledger_files_init(&f);
    set = ledger_files_settings(&f, &io_system);
    assert_int_equal(signer_open(&s, &set, &e), ERR_OK);
    for (uint64_t n = 0; n < REMOVED_RECORDS + 9; n++) {
        if (n >= 4) {
            ledger_test_deletion(&f, d, n - 4, n - 3);
            assert_int_equal(signer_delete(s, d, &e), ERR_OK);
        }
        ledger_test_checkpoint(&f, c, n);
        assert_int_equal(signer_checkpoint(s, c, &e), ERR_OK);
    }
    signer_free(&s);
    assert_int_equal(removed_list(&io_system, f.path, out, &count, &e), ERR_OK);
    assert_int_equal(count, REMOVED_RECORDS);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(out[i].number, REMOVED_RECORDS + 4 - i);
    removed_release(out, count);
    ledger_files_release(&f);
    free(c);
    free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_newest_record_of_each_stream),
                                        cmocka_unit_test(every_record_is_listed_the_newest_first),
                                        cmocka_unit_test(more_than_are_told_are_the_newest) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
