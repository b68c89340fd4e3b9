/*
 * Goal: numbers come to stand where they belong, and what cannot be kept leaves no trace. Method:
 * entries with and without numbers, interleaved.
 */
#include "check.h"

#include "scan/piece.h"

static void numbers_stand_where_they_belong(void **state)
{
    struct piece p;
    struct piece_entry x;
    struct buf out;

    (void)state;
    piece_init(&p);
    buf_init(&out, 1024);
    x = piece_begin(&p, PIECE_FINDING);
    buf_text(&p.text, "first:");
    x.record_at = (uint32_t)(p.text.n - x.at);
    buf_text(&p.text, ":");
    assert_true(piece_end(&p, &x));
    p.records++;
    x = piece_begin(&p, PIECE_NOTE);
    buf_text(&p.text, "second");
    assert_true(piece_end(&p, &x));
    assert_int_equal(p.count, 2);
    piece_text(&p, &p.entries[0], 41, &out);
    check_span("with a number", buf_span(&out), "first:41:");
    piece_text(&p, &p.entries[1], 42, &out);
    check_span("without one", buf_span(&out), "second");
    assert_int_equal(p.entries[1].record, 1);
    buf_release(&out);
    piece_release(&p);
}

static void what_cannot_be_kept_leaves_no_trace(void **state)
{
    struct piece p;
    struct piece_entry x;
    struct buf out;

    (void)state;
    piece_init(&p);
    buf_init(&out, 1024);
    p.text.max = 300;
    x = piece_begin(&p, PIECE_FINDING);
    buf_text(&p.text, "kept");
    assert_true(piece_end(&p, &x));
    x = piece_begin(&p, PIECE_FINDING);
    for (int i = 0; i < 100; i++)
        buf_text(&p.text, "far too much");
    assert_false(piece_end(&p, &x));
    x = piece_begin(&p, PIECE_FINDING);
    buf_text(&p.text, "kept too");
    assert_true(piece_end(&p, &x));
    assert_int_equal(p.count, 2);
    piece_text(&p, &p.entries[1], 0, &out);
    check_span("the next", buf_span(&out), "kept too");
    buf_release(&out);
    piece_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand_where_they_belong),
        cmocka_unit_test(what_cannot_be_kept_leaves_no_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
