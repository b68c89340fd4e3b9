/*
 * Goal: a sealed file comes back as it was made, is there whole or not at all, and shows any byte
 * that was changed. Method: random blocks; every byte flipped; every length cut; every call of its
 * making failing in turn.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "faulty_io.h"
#include "os/file.h"
#include "store/sealed.h"

#define NOW  1795000000000000000LL
#define NAME "03-100-999-2.seal"

static char folder[64];
static int dir;

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/sealed_test.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlinkat(dir, NAME, 0);
    (void)close(dir);
    return rmdir(folder); /* fails when a test left something */
}

static struct sealed_about about_of(void)
{
    return (struct sealed_about){ .store = "0123456789abcde",
                                  .lane = 3,
                                  .day = sealed_day(NOW),
                                  .months = 12,
                                  .part = 1,
                                  .parts = 2,
                                  .from = 100,
                                  .to = 999 };
}

static uint8_t body_byte(uint32_t block, size_t i)
{
    return (uint8_t)(block * 31 + i * 7 + (i >> 8));
}

/* Block `i` of the test: body, roots, words. */
static int add_block(struct sealed_writer *w, uint32_t i, struct err *e)
{
    uint8_t body[700], roots[3 * SEALED_ROOT_BYTES];
    struct sealed_block b = { .events = 10 + i,
                              .from = 100 + 100 * i,
                              .to = 180 + 100 * i,
                              .receipt_from = NOW + i,
                              .receipt_to = NOW + 5 + i,
                              .place = 10 * i };
    const struct sealed_parts parts = { { roots, i % 4 * SEALED_ROOT_BYTES },
                                        { (const uint8_t *)"sources", i % 8 },
                                        { body, 501 + i } };

    for (size_t k = 0; k < sizeof(body); k++)
        body[k] = body_byte(i, k);
    memset(roots, (int)i, sizeof(roots));
    word_index_add(sealed_words(w), word_hash(SPAN_LIT("everywhere")));
    word_index_add(sealed_words(w), word_hash((struct span){ (uint8_t *)&i, sizeof(i) }));
    return sealed_add(w, &b, &parts, e);
}

static int make(const struct io *io, uint32_t blocks, struct err *e)
{
    const struct sealed_about about = about_of();
    struct sealed_writer *w;
    int rc = sealed_create(&w, io, dir, &about, e);

    for (uint32_t i = 0; i < blocks && rc == ERR_OK; i++)
        rc = add_block(w, i, e);
    if (rc == ERR_OK)
        sealed_put_tallies(w, SPAN_LIT("what is counted"));
    if (rc == ERR_OK)
        rc = sealed_close(w, &about, SPAN_LIT("the stream's end"), e);
    if (rc == ERR_OK)
        rc = sealed_publish(w, e);
    sealed_writer_free(&w);
    return rc;
}

/* The file opened beside others comes to the same as by itself, and so does a word that was asked
 * for ahead. */
static void check_beside(int want)
{
    struct sealed_opening o[3];
    const uint64_t word[] = { word_hash(SPAN_LIT("everywhere")), word_hash(SPAN_LIT("nowhere")) };
    struct sealed_file *f;

    for (size_t i = 0; i < COUNT_OF(o); i++) {
        o[i] = (struct sealed_opening){ .dir = dir };
        (void)snprintf(o[i].name, sizeof(o[i].name), "%s", i == 1 ? "03-1-2-1.seal" : NAME);
    }
    sealed_open_all(o, COUNT_OF(o));
    assert_int_equal(o[1].code, ERR_NOTFOUND);
    assert_null(o[1].file);
    assert_int_equal(o[0].code, want);
    assert_int_equal(o[2].code, want);
    assert_int_equal(sealed_open(&f, dir, NAME, NULL), want);
    assert_true((f != NULL) == (want == ERR_OK) && (o[0].file != NULL) == (want == ERR_OK));
    if (f != NULL) {
        sealed_find_ahead(o[0].file, word, COUNT_OF(word));
        for (size_t i = 0; i < COUNT_OF(word); i++)
            assert_int_equal(sealed_find(o[0].file, word[i]), sealed_find(f, word[i]));
        assert_int_equal(sealed_words_damaged(o[0].file), sealed_words_damaged(f));
    }
    for (size_t i = 0; i < COUNT_OF(o); i++)
        sealed_free(&o[i].file);
    sealed_free(&f);
}

static void check_block(struct sealed_file *f, uint32_t i)
{
    const struct sealed_block *b = sealed_block(f, i);
    struct span body, roots, sources;

    assert_int_equal(b->events, 10 + i);
    assert_int_equal(b->from, 100 + 100 * i);
    assert_int_equal(b->place, 10 * i);
    assert_int_equal(b->receipt_to, NOW + 5 + i);
    assert_int_equal(sealed_body(f, i, true, &body, NULL), ERR_OK);
    assert_int_equal(body.n, 501 + i);
    for (size_t k = 0; k < body.n; k++)
        assert_int_equal(body.p[k], body_byte(i, k));
    assert_int_equal(sealed_roots(f, i, &roots, NULL), ERR_OK);
    assert_int_equal(roots.n, i % 4 * SEALED_ROOT_BYTES);
    assert_int_equal(sealed_sources(f, i, &sources, NULL), ERR_OK);
    assert_true(span_eq(sources, (struct span){ (const uint8_t *)"sources", i % 8 }));
    assert_int_equal(sealed_find(f, word_hash((struct span){ (uint8_t *)&i, sizeof(i) })), 1u << i);
}

static void it_comes_back_as_it_was_made(void **state)
{
    struct sealed_file *f;
    struct span tallies;
    struct err e;

    (void)state;
    assert_int_equal(make(&io_system, 8, &e), ERR_OK);
    assert_int_equal(sealed_open(&f, dir, NAME, &e), ERR_OK);
    assert_int_equal(sealed_block_count(f), 8);
    assert_int_equal(sealed_about(f)->to, 999);
    assert_int_equal(sealed_about(f)->part, 1);
    assert_int_equal(sealed_about(f)->months, 12);
    assert_memory_equal(sealed_about(f)->store, "0123456789abcde", 16);
    for (uint32_t i = 0; i < 8; i++)
        check_block(f, i);
    assert_int_equal(sealed_find(f, word_hash(SPAN_LIT("everywhere"))), 255);
    assert_int_equal(sealed_find(f, word_hash(SPAN_LIT("nowhere"))), 0);
    check_span("stream", sealed_stream(f), "the stream's end");
    assert_int_equal(sealed_tallies(f, &tallies, &e), ERR_OK);
    check_span("tallies", tallies, "what is counted");
    assert_int_equal(sealed_check(f, &e), ERR_OK);
    for (uint32_t i = 0; i < 7; i++)
        assert_int_equal(sealed_block(f, i)->at + (sealed_block_bytes(f, i) + 7) / 8 * 8,
                         sealed_block(f, i + 1)->at);
    sealed_free(&f);
    check_beside(ERR_OK);
}

/* The file's bytes with one changed, or cut, written over the file. */
static void put_bytes(const uint8_t *p, size_t n)
{
    int fd = openat(dir, NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0 && file_write_all(fd, (struct span){ p, n }) && close(fd) == 0);
}

static void any_byte_that_was_changed_is_seen(void **state)
{
    char path[128];
    struct buf all;
    struct err e;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, NAME);
    assert_int_equal(make(&io_system, 3, &e), ERR_OK);
    buf_init(&all, 1u << 20);
    assert_int_equal(file_read(path, 1u << 20, &all, &e), ERR_OK);
    for (size_t at = 0; at < all.n; at++) {
        struct sealed_file *f;
        int rc;

        all.p[at] ^= (uint8_t)(1u << at % 8);
        put_bytes(all.p, all.n);
        rc = sealed_open(&f, dir, NAME, &e);
        check_beside(rc);
        if (rc == ERR_OK)
            rc = sealed_check(f, &e);
        if (rc != ERR_CORRUPT)
            fail_msg("byte %zu: %d", at, rc);
        sealed_free(&f);
        all.p[at] ^= (uint8_t)(1u << at % 8);
    }
    for (size_t cut = 0; cut < all.n; cut++) {
        struct sealed_file *f;

        put_bytes(all.p, cut);
        assert_int_equal(sealed_open(&f, dir, NAME, &e), ERR_CORRUPT);
        check_beside(ERR_CORRUPT);
    }
    buf_release(&all);
}

/* As the first version wrote it: no tallies, and zeros where they stand in the foot. */
static void version_1_has_no_tallies(void **state)
{
    struct sealed_file *f;
    struct span tallies;
    char path[128];
    struct buf all, old;
    struct err e;
    size_t at;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, NAME);
    assert_int_equal(make(&io_system, 3, &e), ERR_OK);
    buf_init(&all, 1u << 20);
    buf_init(&old, 1u << 20);
    assert_int_equal(file_read(path, 1u << 20, &all, &e), ERR_OK);
    all.p[8] = 1;
    bytes_put_u64(all.p + 56, XXH3_64bits(all.p, 56));
    memset(all.p + all.n - 96 + 68, 0, 12);
    bytes_put_u64(all.p + all.n - 8, XXH3_64bits(all.p + all.n - 96, 88));
    at = (size_t)((uint8_t *)memmem(all.p, all.n, "what is counted", 15) - all.p);
    buf_add(&old, (struct span){ all.p, at });
    buf_add(&old, (struct span){ all.p + at + 16, all.n - at - 16 });
    put_bytes(old.p, old.n);
    assert_int_equal(sealed_open(&f, dir, NAME, &e), ERR_OK);
    assert_int_equal(sealed_check(f, &e), ERR_OK);
    assert_int_equal(sealed_tallies(f, &tallies, &e), ERR_OK);
    assert_int_equal(tallies.n, 0);
    for (uint32_t i = 0; i < 3; i++)
        check_block(f, i);
    sealed_free(&f);
    old.p[8] = 3;
    bytes_put_u64(old.p + 56, XXH3_64bits(old.p, 56));
    put_bytes(old.p, old.n);
    assert_int_equal(sealed_open(&f, dir, NAME, &e), ERR_UNSUPPORTED);
    buf_release(&all);
    buf_release(&old);
}

/* Of a making that fails anywhere nothing is left but, at the very end, a whole file. */
static void whole_or_not_at_all(void **state)
{
    static const int errors[] = { EIO, ENOSPC, EINTR, FAULTY_SHORT };
    struct faulty count;
    struct err e;

    (void)state;
    faulty_init(&count);
    assert_int_equal(make(&count.io, 3, &e), ERR_OK);
    assert_int_equal(unlinkat(dir, NAME, 0), 0);
    assert_int_equal(count.count[FAULTY_SYNC], 1);
    assert_int_equal(count.count[FAULTY_SYNC_DIR], 1);
    for (size_t k = 0; k < COUNT_OF(errors); k++) {
        for (uint64_t call = 1; call <= count.calls; call++) {
            struct faulty io;
            struct sealed_file *f = NULL;
            int rc;

            faulty_init(&io);
            io.fail_at = call;
            io.error = errors[k];
            rc = make(&io.io, 3, &e);
            if (faccessat(dir, NAME, F_OK, 0) == 0)
                assert_true(sealed_open(&f, dir, NAME, &e) == ERR_OK &&
                            sealed_check(f, &e) == ERR_OK);
            assert_true(f != NULL || rc != ERR_OK);
            sealed_free(&f);
            (void)unlinkat(dir, NAME, 0); /* may not be there */
            /* Where removing was what failed, the working file is left: the next one's room. */
            (void)unlinkat(dir, "03-100.new", 0);
        }
    }
}

static void names_have_one_spelling(void **state)
{
    static const char *const bad[] = {
        "00-1-2-1.sea",      "0-1-2-1.seal",    "00-2-1-1.seal",
        "00-01-2-1.seal",    "00-1-2-.seal",    "00--2-1.seal",
        "00-1-2.seal",       "00-1-2-3-4.seal", ".seal",
        "---.seal",          "00-1-2-1.seal ",  "4294967296-1-2-1.seal",
        "00-1-2-65536.seal", "20261131-12",     "20261127-012",
        "2026112-12",        "20261127-70000",  "20261127-"
    };
    struct sealed_name of;
    char name[SEALED_NAME_BYTES];
    uint16_t months;
    int32_t day;

    (void)state;
    sealed_folder_name(name, sealed_day(NOW), 12);
    assert_string_equal(name, "20261118-12");
    assert_true(sealed_folder_read(span_of(name), &day, &months));
    assert_int_equal(day, sealed_day(NOW));
    assert_int_equal(months, 12);
    assert_true(sealed_file_read(SPAN_LIT("07-1-18446744073709551615-0.seal"), &of));
    assert_true(of.lane == 7 && of.from == 1 && of.to == UINT64_MAX && of.parts == 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_ROW(bad[i], !sealed_file_read(span_of(bad[i]), &of) &&
                              !sealed_folder_read(span_of(bad[i]), &day, &months));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_comes_back_as_it_was_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_byte_that_was_changed_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(version_1_has_no_tallies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whole_or_not_at_all, set_up, tear_down),
        cmocka_unit_test(names_have_one_spelling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
