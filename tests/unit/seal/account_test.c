/*
 * Goal: what a checkpoint says beside the trees can be shown again, and nothing else for it.
 * Method: texts in a folder of the test's own, changed; rules as sha256sum names them.
 */
#include "../check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/note.h"
#include "os/file.h"
#include "seal/account.h"

struct bench {
    char path[64];
    int dir;
    struct buf text;
};

static void bench_init(struct bench *b)
{
    (void)snprintf(b->path, sizeof(b->path), "account_test.XXXXXX");
    assert_non_null(mkdtemp(b->path));
    b->dir = open(b->path, O_RDONLY | O_DIRECTORY);
    assert_true(b->dir >= 0);
    buf_init(&b->text, ACCOUNT_BYTES_MAX);
}

static void bench_release(struct bench *b)
{
    char command[96];

    buf_release(&b->text);
    assert_int_equal(close(b->dir), 0);
    (void)snprintf(command, sizeof(command), "rm -r %s", b->path);
    assert_int_equal(system(command), 0);
}

static void put(const struct bench *b, const char *name, const char *text)
{
    int fd = openat(b->dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0 && file_write_all(fd, span_of(text)));
    assert_int_equal(close(fd), 0);
}

static void a_text_is_kept_once_and_is_read_again(void **state)
{
    struct merkle_hash hash, again;
    char name[ACCOUNT_NAME];
    struct buf back;
    struct bench b;
    struct stat was, is;
    struct err e;

    (void)state;
    bench_init(&b);
    buf_init(&back, ACCOUNT_BYTES_MAX);
    buf_text(&b.text, "abc");
    assert_int_equal(account_keep(&io_system, b.dir, &b.text, &hash, &e), ERR_OK);
    account_name(&hash, name); /* FIPS 180-4, the example of one block */
    assert_string_equal(name, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(fstatat(b.dir, name, &was, 0), 0);
    assert_int_equal(account_keep(&io_system, b.dir, &b.text, &again, &e), ERR_OK);
    assert_memory_equal(&hash, &again, sizeof(hash));
    assert_int_equal(fstatat(b.dir, name, &is, 0), 0);
    assert_true(was.st_ino == is.st_ino);
    assert_int_equal(account_read(&io_system, b.dir, &hash, &back, &e), ERR_OK);
    assert_true(span_eq(buf_span(&back), SPAN_LIT("abc")));
    put(&b, name, "abd");
    assert_int_equal(account_read(&io_system, b.dir, &hash, &back, &e), ERR_CORRUPT);
    assert_int_equal(unlinkat(b.dir, name, 0), 0);
    assert_int_equal(account_read(&io_system, b.dir, &hash, &back, &e), ERR_NOTFOUND);
    buf_release(&back);
    bench_release(&b);
}

static void a_text_that_did_not_fit_is_not_kept(void **state)
{
    struct merkle_hash hash;
    struct bench b;
    struct buf small;
    struct err e;

    (void)state;
    bench_init(&b);
    buf_init(&small, 4);
    buf_text(&small, "12345");
    assert_int_equal(account_keep(&io_system, b.dir, &small, &hash, &e), ERR_NOMEM);
    buf_release(&small);
    bench_release(&b);
}

static void rules_are_those_that_were_named(void **state)
{
    char folder[96], want[512], hex[ACCOUNT_NAME];
    struct merkle_hash hash;
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    assert_int_equal(mkdirat(b.dir, "7", 0700), 0);
    assert_int_equal(mkdirat(b.dir, "7/taxonomy", 0700), 0);
    put(&b, "7/rules.image", "abc");
    put(&b, "7/taxonomy/01.yaml", "");
    (void)snprintf(folder, sizeof(folder), "%s/7", b.path);
    assert_int_equal(account_rules(&b.text, folder, 7, &e), ERR_OK);
    note_hash(SPAN_NONE, &hash);
    account_name(&hash, hex);
    (void)snprintf(want, sizeof(want),
                   "canh/rules/v1\ngeneration 7\n"
                   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  rules.image\n"
                   "%s  taxonomy/01.yaml\n",
                   hex);
    buf_byte(&b.text, '\0');
    assert_string_equal((const char *)b.text.p, want);
    assert_int_equal(account_rules_are(span_of(want), b.path, &e), ERR_OK);
    put(&b, "7/taxonomy/02.yaml", "");
    assert_int_equal(account_rules_are(span_of(want), b.path, &e), ERR_CORRUPT);
    assert_int_equal(unlinkat(b.dir, "7/taxonomy/02.yaml", 0), 0);
    put(&b, "7/rules.image", "abd");
    assert_int_equal(account_rules_are(span_of(want), b.path, &e), ERR_CORRUPT);
    assert_int_equal(renameat(b.dir, "7", b.dir, "6"), 0);
    assert_int_equal(account_rules_are(span_of(want), b.path, &e), ERR_NOTFOUND);
    assert_int_equal(mkdirat(b.dir, "8", 0700), 0);
    assert_int_equal(account_rules_are(span_of(want), b.path, &e), ERR_MORE);
    bench_release(&b);
}

static void what_is_no_text_about_rules_is_refused(void **state)
{
    static const char *const rows[] = { "",
                                        "canh/rules/v1",
                                        "canh/rules/v1\n",
                                        "canh/rules/v1\ngeneration x\n",
                                        "canh/rules/v1\ngeneration 07\n",
                                        "canh/counts/v1\n" };
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(account_rules_are(span_of(rows[i]), "rules", &e), ERR_SYNTAX);
}

static void counts_are_lines_of_what_is_not_zero(void **state)
{
    struct ledger *g = calloc(1, sizeof(*g));
    struct bench b;
    struct err e;
    uint32_t row;

    (void)state;
    assert_non_null(g);
    bench_init(&b);
    assert_int_equal(ledger_begin(g, 3, &e), ERR_OK);
    row = ledger_row(g, INPUT_RELP, SPAN_LIT("fw \"1\""), true, true);
    ledger_add(g, row, LEDGER_received, 12);
    ledger_add(g, row, LEDGER_stored, 11);
    account_counts(&b.text);
    account_count(&b.text, g);
    buf_byte(&b.text, '\0');
    assert_string_equal(
        (const char *)b.text.p,
        "canh/counts/v1\n{\"lane\":3,\"input\":\"relp\",\"source\":\"fw \\\"1\\\"\","
        "\"received\":12,\"stored\":11}\n");
    free(g);
    bench_release(&b);
}

static void counts_are_kept_by_the_hour(void **state)
{
    const int64_t hour = INT64_C(3600000000000);

    (void)state;
    assert_true(account_is_hourly(-1, 5));
    assert_false(account_is_hourly(0, hour - 1));
    assert_true(account_is_hourly(hour - 1, hour));
    assert_true(account_is_hourly(hour, hour - 1)); /* a clock that was put back */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_kept_once_and_is_read_again),
        cmocka_unit_test(a_text_that_did_not_fit_is_not_kept),
        cmocka_unit_test(rules_are_those_that_were_named),
        cmocka_unit_test(what_is_no_text_about_rules_is_refused),
        cmocka_unit_test(counts_are_lines_of_what_is_not_zero),
        cmocka_unit_test(counts_are_kept_by_the_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
