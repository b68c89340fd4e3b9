/*
 * Goal: a zip that is cut, bent, overlapping or too large is refused by zip_look() or when its
 * parts are read, with a sentence; one that is right is taken. Method: a small zip, cut at every
 * byte, with every byte replaced, and bent at places that matter, against an unmapped page.
 */
#include "check.h"
#include "guard.h"
#include "make.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "sheet/zip_look.h"
#include "sheet/zip_parts.h"

#define LOCAL 30u /* bytes of a header */
#define ENTRY 46u

static struct buf zip;
static struct guard guard;

static const struct make_part parts[] = {
    { "a/one.xml", { (const uint8_t *)"first part", 10 } },
    { "B/Two.xml", { (const uint8_t *)"second", 6 } },
};

/* Where things are in it: two headers of 39 bytes and their data, then two entries. */
static const size_t second = LOCAL + 9 + 10, directory = 2 * (LOCAL + 9) + 16;

static int setup(void **state)
{
    (void)state;
    buf_init(&zip, 1 << 20);
    guard_init(&guard, 1 << 16);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_release(&zip);
    guard_release(&guard);
    return 0;
}

static int look(struct err *e)
{
    return zip_look(guard_put(&guard, buf_span(&zip)), e);
}

static int keep_piece(void *ctx, struct span piece, bool last, struct err *e)
{
    (void)last;
    (void)e;
    buf_add(ctx, piece);
    return ERR_OK;
}

/* All parts, read; the first fault. */
static int read_all(struct span bytes, struct buf *out, struct err *e)
{
    struct zip_parts *p;
    int rc = zip_parts_open(&p, bytes, e);

    for (uint32_t i = 0; rc == ERR_OK && i < COUNT_OF(parts); i++) {
        uint32_t at = zip_part_find(p, span_of(parts[i].name));

        rc = at == ZIP_NO_PART ? ERR_NOTFOUND : zip_part_read(p, at, keep_piece, out, e);
    }
    zip_parts_free(&p);
    return rc;
}

static void test_parts_are_found_without_case_and_read(void **state)
{
    struct buf out;
    struct zip_parts *p;
    uint32_t at;

    (void)state;
    make_zip(&zip, parts, COUNT_OF(parts));
    buf_init(&out, 100);
    assert_int_equal(look(NULL), ERR_OK);
    make_seed("sheet_zip", 0, buf_span(&zip));
    assert_int_equal(zip_parts_open(&p, buf_span(&zip), NULL), ERR_OK);
    at = zip_part_find(p, SPAN_LIT("/b/two.XML"));
    assert_true(at != ZIP_NO_PART);
    check_span("name", zip_part_name(p, at), "B/Two.xml");
    assert_true(zip_part_find(p, SPAN_LIT("b/two")) == ZIP_NO_PART);
    for (int twice = 0; twice < 2; twice++) {
        buf_clear(&out);
        assert_int_equal(zip_part_read(p, at, keep_piece, &out, NULL), ERR_OK);
        check_span("text", buf_span(&out), "second");
    }
    zip_parts_free(&p);
    buf_release(&out);
}

static void bend(size_t at, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        zip.p[at + i] = (uint8_t)(v >> (8 * i));
}

static void test_bent_zips_are_refused_by_name(void **state)
{
    static const struct {
        const char *name;
        size_t at;
        uint64_t v;
        size_t bytes;
        int code;
        const char *says;
    } rows[] = {
        { "no end", 0, 0, 0, ERR_OK, NULL },
        { "password", 8, 1, 2, ERR_UNSUPPORTED, "password" },
        { "one in the other", ENTRY + 9 + 42, 0, 4, ERR_SYNTAX, "in one another" },
        { "place beyond", 42, 0xFFFFFF, 4, ERR_SYNTAX, "outside" },
        { "place of no header", 42, 1, 4, ERR_SYNTAX, "outside" },
        { "packed too large", 20, 5000, 4, ERR_SYNTAX, "outside" },
        { "packed into the next", 20, 11, 4, ERR_SYNTAX, "in one another" },
        { "bomb", 24, LIMIT_BOOK_UNPACKED_BYTES, 4, ERR_LIMIT, "256 MiB" },
        { "name too long", 28, 60000, 2, ERR_SYNTAX, "cut off" },
        { "no entry", 0, 'X', 1, ERR_SYNTAX, "entry" },
        { "same name but for case", ENTRY + 9 + ENTRY, 0x656E6F2F61, 5, ERR_SYNTAX, "same name" },
        { "fewer than there are", 2 * (ENTRY + 9) + 10, 1, 2, ERR_SYNTAX, "longer" },
        { "more than there are", 2 * (ENTRY + 9) + 10, 3, 2, ERR_SYNTAX, "entry" },
        { "too many", 2 * (ENTRY + 9) + 10, LIMIT_BOOK_PARTS + 1, 2, ERR_LIMIT, "parts" },
        { "directory beyond", 2 * (ENTRY + 9) + 16, 0xFFFFFFFF, 4, ERR_SYNTAX, "outside" },
        { "volumes", 2 * (ENTRY + 9) + 4, 1, 2, ERR_UNSUPPORTED, "volumes" },
        { "comment too short", 2 * (ENTRY + 9) + 20, 1, 2, ERR_SYNTAX, "end is missing" },
        { "zip64 without it", 24, 0xFFFFFFFF, 4, ERR_LIMIT, "256 MiB" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err e = { .code = ERR_OK };

        make_zip(&zip, parts, COUNT_OF(parts));
        bend(directory + rows[i].at, rows[i].v, rows[i].bytes);
        if (strcmp(rows[i].name, "same name but for case") == 0)
            bend(directory + ENTRY + 9 + ENTRY, 0x656E6F2F41, 5);
        CHECK_ROW(rows[i].name, look(&e) == rows[i].code);
        if (rows[i].says != NULL && strstr(e.why, rows[i].says) == NULL)
            fail_msg("row '%s': %s", rows[i].name, e.why);
    }
}

/* An entry of four bytes, and the end record right behind it. */
static void test_an_entry_that_is_cut_is_not_read_beyond(void **state)
{
    struct err e;

    (void)state;
    buf_clear(&zip);
    buf_add(&zip, SPAN_LIT("PK\1\2PK\5\6\0\0\0\0\1\0\1\0\4\0\0\0\0\0\0\0\0\0"));
    assert_int_equal(look(&e), ERR_SYNTAX);
    assert_string_equal(e.why, "The book is damaged: an entry of its directory is none.");
}

static void test_the_wrong_slash_is_forgiven(void **state)
{
    static const struct make_part one[] = { { "xl\\a.xml", { (const uint8_t *)"x", 1 } } };
    struct zip_parts *p;

    (void)state;
    make_zip(&zip, one, 1);
    assert_int_equal(zip_parts_open(&p, buf_span(&zip), NULL), ERR_OK);
    assert_true(zip_part_find(p, SPAN_LIT("xl/a.xml")) == 0);
    zip_parts_free(&p);
}

static void test_no_prefix_is_a_zip(void **state)
{
    (void)state;
    make_zip(&zip, parts, COUNT_OF(parts));
    for (size_t n = 0; n < zip.n; n++) {
        struct span cut = guard_put(&guard, (struct span){ zip.p, n });
        struct err e;

        assert_int_equal(zip_look(cut, &e), ERR_SYNTAX);
        assert_int_equal(e.code, ERR_SYNTAX);
    }
}

/* A byte that is changed is noticed or changes nothing that is read. */
static void test_no_changed_byte_changes_what_is_read(void **state)
{
    struct buf out;

    (void)state;
    make_zip(&zip, parts, COUNT_OF(parts));
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < zip.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct err e;
            int rc;

            zip.p[i] ^= (uint8_t)(1u << bit);
            buf_clear(&out);
            rc = read_all(guard_put(&guard, buf_span(&zip)), &out, &e);
            if (rc == ERR_OK)
                check_span("text", buf_span(&out), "first partsecond");
            zip.p[i] ^= (uint8_t)(1u << bit);
        }
    }
    buf_release(&out);
}

static void test_a_wrong_size_in_a_member_is_found(void **state)
{
    struct buf out;
    struct err e;

    (void)state;
    make_zip(&zip, parts, COUNT_OF(parts));
    buf_init(&out, 1 << 16);
    zip.p[second + LOCAL + 9] ^= 1; /* a byte of the text: the checksum */
    assert_int_equal(read_all(buf_span(&zip), &out, &e), ERR_SYNTAX);
    assert_non_null(strstr(e.why, "B/Two.xml"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_are_found_without_case_and_read),
        cmocka_unit_test(test_bent_zips_are_refused_by_name),
        cmocka_unit_test(test_an_entry_that_is_cut_is_not_read_beyond),
        cmocka_unit_test(test_the_wrong_slash_is_forgiven),
        cmocka_unit_test(test_no_prefix_is_a_zip),
        cmocka_unit_test(test_no_changed_byte_changes_what_is_read),
        cmocka_unit_test(test_a_wrong_size_in_a_member_is_found),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
