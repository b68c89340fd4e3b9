/*
 * Goal: tallies come back as they were counted, and whatever else the bytes say is no tally.
 * Method: counts against those kept in the test; limits met; each byte of what is in the frame
 * changed and cut, against an unmapped page.
 */
#include "check.h"
#include "guard.h"

#include <stdlib.h>
#include <zstd.h>

#include "store/tally.h"

static const struct span names[] = { { (const uint8_t *)"host", 4 },
                                     { (const uint8_t *)"EventID", 7 },
                                     { (const uint8_t *)"level", 5 } };
enum { HOST, EVENTID, LEVEL };

static struct tally_writer *writer(void)
{
    struct tally_writer *w;

    assert_int_equal(tally_writer_new(&w, names, COUNT_OF(names), NULL), ERR_OK);
    return w;
}

static void put(struct tally_writer *w, uint64_t reading, struct buf *out)
{
    buf_init(out, 1u << 22);
    assert_int_equal(tally_put(w, reading, out, NULL), ERR_OK);
    tally_writer_free(&w);
}

static struct tallies *reopen(struct buf *out)
{
    struct tallies *t;
    struct err e;

    assert_int_equal(tally_open(&t, buf_span(out), &e), ERR_OK);
    buf_release(out);
    return t;
}

static void check_row(const struct tally *t, uint32_t i, struct span value, uint64_t times)
{
    assert_true(i < t->count);
    assert_int_equal(t->times[i], times);
    assert_true((t->value[i].p == NULL) == (value.p == NULL) && span_eq(t->value[i], value));
}

/* None, empty, bytes that are no text, one value more than once. */
static void make(struct buf *out)
{
    struct tally_writer *w = writer();

    assert_true(tally_add(w, HOST, SPAN_LIT("srv-2"), 3));
    assert_true(tally_add(w, HOST, SPAN_LIT("srv-1"), 1));
    assert_true(tally_add(w, HOST, SPAN_LIT("srv-2"), 300000));
    assert_true(tally_add(w, HOST, SPAN_NONE, 2));
    assert_true(tally_add(w, HOST, SPAN_LIT(""), 5));
    assert_true(tally_add(w, HOST, SPAN_LIT("\xFF\xFE"), 1));
    assert_true(tally_add(w, HOST, SPAN_LIT("SRV-1"), 1));
    assert_true(tally_add(w, EVENTID, SPAN_NONE, 300013));
    tally_events(w, 300003);
    tally_events(w, 10);
    tally_times(w, 7, 8);
    tally_times(w, -9, -9);
    tally_drop(w, LEVEL);
    put(w, 77, out);
}

static void counts_come_back(void **state)
{
    const struct tally *host;
    struct tallies *t;
    struct buf out;

    (void)state;
    make(&out);
    t = reopen(&out);
    assert_int_equal(tally_about(t)->reading, 77);
    assert_int_equal(tally_about(t)->events, 300013);
    assert_true(tally_about(t)->timed && tally_about(t)->least == -9 &&
                tally_about(t)->greatest == 8);
    assert_int_equal(tally_about(t)->count, 2);
    assert_null(tally_find(t, SPAN_LIT("level")));
    assert_null(tally_find(t, SPAN_LIT("hos")));
    host = tally_find(t, SPAN_LIT("HOST"));
    assert_ptr_equal(host, tally_at(t, 0));
    assert_int_equal(host->count, 6);
    check_row(host, 0, SPAN_NONE, 2);
    check_row(host, 1, SPAN_LIT(""), 5);
    check_row(host, 2, SPAN_LIT("SRV-1"), 1);
    check_row(host, 3, SPAN_LIT("srv-1"), 1);
    check_row(host, 4, SPAN_LIT("srv-2"), 300003);
    check_row(host, 5, SPAN_LIT("\xFF\xFE"), 1);
    assert_true(tally_agrees(t, t, true));
    tally_free(&t);
}

static void nothing_is_something(void **state)
{
    struct tallies *t;
    struct buf out;

    (void)state;
    put(writer(), 0, &out);
    t = reopen(&out);
    assert_true(tally_about(t)->events == 0 && !tally_about(t)->timed);
    assert_int_equal(tally_about(t)->count, 3);
    assert_int_equal(tally_at(t, 2)->count, 0);
    tally_free(&t);
}

/* A name that goes over a limit has no tally; the others have theirs. */
static void what_is_too_much_is_dropped(void **state)
{
    struct tally_writer *w = writer();
    static uint8_t large[TALLY_VALUE_BYTES + 1];
    struct tallies *t;
    struct buf out;

    (void)state;
    for (uint32_t i = 0; i < TALLY_VALUES_MAX; i++)
        assert_true(tally_add(w, HOST, (struct span){ (const uint8_t *)&i, sizeof(i) }, 1));
    assert_true(tally_add(w, LEVEL, SPAN_LIT("x"), TALLY_VALUES_MAX));
    tally_events(w, TALLY_VALUES_MAX);
    assert_false(tally_add(w, EVENTID, (struct span){ large, sizeof(large) }, 1));
    assert_false(tally_has(w, EVENTID) || !tally_has(w, HOST));
    put(w, 0, &out);
    t = reopen(&out);
    assert_int_equal(tally_find(t, SPAN_LIT("host"))->count, TALLY_VALUES_MAX);
    assert_null(tally_find(t, SPAN_LIT("EventID")));
    tally_free(&t);

    w = writer();
    for (uint32_t i = 0; i < TALLY_VALUES_MAX; i++)
        assert_true(tally_add(w, HOST, (struct span){ (const uint8_t *)&i, sizeof(i) }, 1));
    assert_false(tally_add(w, HOST, SPAN_LIT("one more"), 1));
    assert_false(tally_add(w, HOST, SPAN_LIT("one more"), 1));
    for (uint32_t i = 0; i < TALLY_TEXT_BYTES / TALLY_VALUE_BYTES; i++) {
        memcpy(large, &i, sizeof(i));
        assert_true(tally_add(w, LEVEL, (struct span){ large, TALLY_VALUE_BYTES }, 1));
    }
    assert_false(tally_add(w, LEVEL, SPAN_LIT("1"), 1));
    tally_writer_free(&w);
}

/* Tallies of the same events with one thing that is otherwise. */
static struct tallies *other(int what)
{
    struct tally_writer *w = writer();
    struct buf out;

    (void)tally_add(w, HOST, what == 1 ? SPAN_LIT("A") : SPAN_LIT("a"), what == 2 ? 4 : 3);
    (void)tally_add(w, HOST, what == 3 ? SPAN_LIT("") : SPAN_NONE, what == 2 ? 1 : 2);
    (void)tally_add(w, LEVEL, SPAN_NONE, 5);
    tally_events(w, 5);
    tally_drop(w, EVENTID);
    if (what == 4)
        tally_drop(w, LEVEL);
    tally_times(w, what == 5 ? 0 : 1, what == 6 ? 3 : 2);
    put(w, 0, &out);
    return reopen(&out);
}

static void others_are_told_apart(void **state)
{
    static const bool less[] = { true, false, false, false, true, false, false };
    struct tallies *is = other(0);

    (void)state;
    for (int i = 0; i < (int)COUNT_OF(less); i++) {
        struct tallies *t = other(i);

        assert_int_equal(tally_agrees(t, is, true), less[i] || i > 4); /* times may be wider, */
        assert_int_equal(tally_agrees(is, t, true), i == 0);           /* not narrower */
        assert_int_equal(tally_agrees(is, t, false), i == 0 || i == 4);
        tally_free(&t);
    }
    tally_free(&is);
}

/* The frame with one byte of what is in it changed, or cut. */
static int open_inside(struct guard *g, const uint8_t *p, size_t n)
{
    uint8_t room[4096];
    size_t put = ZSTD_compress(room, sizeof(room), p, n, 1);
    struct tallies *t = NULL;
    int rc;

    assert_false(ZSTD_isError(put));
    rc = tally_open(&t, guard_put(g, (struct span){ room, put }), NULL);
    if (rc == ERR_OK) {
        for (uint32_t i = 0; i < tally_about(t)->count; i++) {
            uint64_t sum = 0;

            for (uint32_t k = 0; k < tally_at(t, i)->count; k++)
                sum += tally_at(t, i)->times[k];
            assert_int_equal(sum, tally_about(t)->events);
        }
    }
    tally_free(&t);
    return rc;
}

static void what_is_none_is_refused(void **state)
{
    uint8_t inside[4096];
    struct tallies *t;
    struct guard g;
    struct buf out;
    size_t n;

    (void)state;
    make(&out);
    guard_init(&g, 8192);
    n = ZSTD_decompress(inside, sizeof(inside), out.p, out.n);
    assert_false(ZSTD_isError(n));
    assert_int_equal(open_inside(&g, inside, n), ERR_OK);
    for (size_t cut = 0; cut < n; cut++)
        assert_int_equal(open_inside(&g, inside, cut), ERR_CORRUPT);
    inside[n] = 0;
    assert_int_equal(open_inside(&g, inside, n + 1), ERR_CORRUPT);
    for (size_t at = 0; at < n; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            int rc;

            inside[at] ^= (uint8_t)(1u << bit);
            rc = open_inside(&g, inside, n);
            assert_true(rc == ERR_OK || rc == ERR_CORRUPT);
            inside[at] ^= (uint8_t)(1u << bit);
        }
    }
    for (size_t cut = 0; cut < out.n; cut++)
        assert_int_equal(tally_open(&t, guard_put(&g, (struct span){ out.p, cut }), NULL),
                         ERR_CORRUPT);
    guard_release(&g);
    buf_release(&out);
}

/* By hand: what no writer makes. */
static void rows_must_ascend_and_come_to_all(void **state)
{
    const struct {
        const char *what;
        struct span bytes;
        bool good;
    } rows[] = {
#define HEAD "\1\0\0\0\0\0\0\0"
        { "two values", SPAN_LIT(HEAD "\3\0\1\1h\2\2\2ab\1\2"), true },
        { "none and a value", SPAN_LIT(HEAD "\3\0\1\1h\2\0\2a\1\2"), true },
        { "descending", SPAN_LIT(HEAD "\3\0\1\1h\2\2\2ba\1\2"), false },
        { "twice", SPAN_LIT(HEAD "\3\0\1\1h\2\2\2aa\1\2"), false },
        { "none behind", SPAN_LIT(HEAD "\3\0\1\1h\2\2\0a\1\2"), false },
        { "too few", SPAN_LIT(HEAD "\3\0\1\1h\2\2\2ab\1\1"), false },
        { "too many", SPAN_LIT(HEAD "\3\0\1\1h\2\2\2ab\1\3"), false },
        { "of none", SPAN_LIT(HEAD "\3\0\1\1h\2\2\2ab\0\3"), false },
        { "a sum that runs over",
          SPAN_LIT(HEAD "\3\0\1\1h\2\2\2ab\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\4"), false },
        { "no name", SPAN_LIT(HEAD "\3\0\1\0\1\2a\3"), false },
        { "more than there is", SPAN_LIT(HEAD "\3\0\1\1h\1\177a\3"), false },
        { "a flag of two", SPAN_LIT(HEAD "\3\2\1\1h\1\2a\3"), false },
        { "times upside down", SPAN_LIT(HEAD "\3\1\4\2\1\1h\1\2a\3"), false },
        { "a number too long", SPAN_LIT(HEAD "\x83\x80\x80\x80\x80\x80\x80\x80\x80\x02\0\0"),
          false },
        { "too many tallies", SPAN_LIT(HEAD "\0\0\x21"), false },
        { "nothing", SPAN_LIT(HEAD "\0\0\0"), true },
#undef HEAD
    };
    struct guard g;

    (void)state;
    guard_init(&g, 8192);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_ROW(rows[i].what,
                  (open_inside(&g, rows[i].bytes.p, rows[i].bytes.n) == ERR_OK) == rows[i].good);
    guard_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_come_back),
        cmocka_unit_test(nothing_is_something),
        cmocka_unit_test(what_is_too_much_is_dropped),
        cmocka_unit_test(others_are_told_apart),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(rows_must_ascend_and_come_to_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
