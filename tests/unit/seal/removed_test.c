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

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_newest_record_of_each_stream) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
