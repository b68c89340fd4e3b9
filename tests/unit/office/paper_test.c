/*
 * Goal: what the printer is asked is read as it was written, to its end and no further; what could
 * be a path, or is too large, is none.
 * Method: rows; cut at every byte, with every byte changed, at a guard page.
 */
#include "../check.h"
#include "../guard.h"

#include <stdlib.h>

#include "office/paper.h"

static struct paper a_good_one(void)
{
    return (struct paper){ PAPER_DOCX, PAPER_SIZE_SMALL, SPAN_LIT("mau-03"),
                           SPAN_LIT("{\"a\":\"\0ế\"}") };
}

static void a_document_comes_out_as_it_went_in(void **state)
{
    const struct paper good = a_good_one();
    struct paper got = { 0 };
    struct guard g;
    struct buf out;

    (void)state;
    buf_init(&out, 256);
    guard_init(&g, 256);
    assert_true(paper_put(&good, &out));
    assert_true(paper_read(guard_put(&g, buf_span(&out)), &got));
    assert_true(got.as == good.as && got.size == good.size);
    assert_true(span_eq(got.form, good.form) && span_eq(got.values, good.values));
    guard_release(&g);
    buf_release(&out);
}

/* A cut one is none as long as a value is wanted; what is longer has longer values. */
static void it_is_read_to_its_end_and_no_further(void **state)
{
    const struct paper good = a_good_one();
    const size_t head = 3 + good.form.n;
    struct paper got;
    struct guard g;
    struct buf out;

    (void)state;
    buf_init(&out, 256);
    guard_init(&g, 256);
    assert_true(paper_put(&good, &out));
    for (size_t n = 0; n < out.n; n++)
        assert_true(paper_read(guard_put(&g, (struct span){ out.p, n }), &got) == (n > head));
    for (size_t i = 0; i < head; i++) {
        for (unsigned v = 0; v < 256; v++) {
            const uint8_t was = out.p[i];

            out.p[i] = (uint8_t)v;
            if (paper_read(guard_put(&g, buf_span(&out)), &got))
                assert_true(got.as < PAPERS && (got.size == 13 || got.size == 14) &&
                            got.form.n > 0 && got.form.n <= PAPER_FORM_MAX && got.values.n > 0);
            out.p[i] = was;
        }
    }
    guard_release(&g);
    buf_release(&out);
}

static void what_is_none_is_neither_written_nor_read(void **state)
{
    static const struct {
        const char *name;
        enum paper_as as;
        uint8_t size;
        const char *form, *values;
    } rows[] = {
        { "no form", PAPER_PDF, 14, "", "{}" },
        { "a path", PAPER_PDF, 14, "../keys/root", "{}" },
        { "a dot", PAPER_PDF, 14, "a.b", "{}" },
        { "a capital", PAPER_PDF, 14, "Mau", "{}" },
        { "a long name", PAPER_PDF, 14, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "{}" },
        { "another kind", PAPERS, 14, "a", "{}" },
        { "another size", PAPER_PDF, 12, "a", "{}" },
        { "no values", PAPER_PDF, 14, "a", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct paper p = { rows[i].as, rows[i].size, span_of(rows[i].form),
                                 span_of(rows[i].values) };
        const uint8_t head[] = { (uint8_t)p.as, p.size, (uint8_t)p.form.n };
        struct paper got;
        struct buf out;

        buf_init(&out, 256);
        CHECK_ROW(rows[i].name, !paper_put(&p, &out) && out.n == 0);
        buf_add(&out, (struct span){ head, sizeof(head) });
        buf_add(&out, p.form);
        buf_add(&out, p.values);
        CHECK_ROW(rows[i].name, !paper_read(buf_span(&out), &got));
        buf_release(&out);
    }
}

static void values_have_a_limit(void **state)
{
    uint8_t *big = calloc(1, PAPER_VALUES_MAX + 1);
    struct paper p = { PAPER_PDF, PAPER_SIZE, SPAN_LIT("a"), { big, PAPER_VALUES_MAX } };
    struct buf out;

    (void)state;
    assert_non_null(big);
    buf_init(&out, PAPER_VALUES_MAX + 4096);
    assert_true(paper_put(&p, &out));
    buf_clear(&out);
    p.values.n++;
    assert_false(paper_put(&p, &out));
    buf_release(&out);
    buf_init(&out, 2);
    p.values.n = 1;
    assert_false(paper_put(&p, &out)); /* no room */
    buf_release(&out);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_comes_out_as_it_went_in),
        cmocka_unit_test(it_is_read_to_its_end_and_no_further),
        cmocka_unit_test(what_is_none_is_neither_written_nor_read),
        cmocka_unit_test(values_have_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
