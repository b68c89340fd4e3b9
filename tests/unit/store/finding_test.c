/*
 * Goal: a finding comes back as it was put, and anything else is refused. Method: rows, cut at
 * every byte against an unmapped page, with bytes behind.
 */
#include "check.h"
#include "guard.h"

#include "store/finding.h"

static bool same(const struct stored_finding *a, const struct stored_finding *b)
{
    return a->sequence == b->sequence && a->rule_hash == b->rule_hash && a->time_ns == b->time_ns &&
           a->source == b->source && a->level == b->level && a->flags == b->flags &&
           span_eq(a->rule, b->rule) && span_eq(a->title, b->title) && span_eq(a->host, b->host) &&
           span_eq(a->source_name, b->source_name) && span_eq(a->json, b->json);
}

static void what_was_put_is_read_and_nothing_less_or_more(void **state)
{
    const struct stored_finding rows[] = {
        { .sequence = 1,
          .rule_hash = 0x1122334455667788,
          .time_ns = -5,
          .source = 9,
          .level = 5,
          .flags = FINDING_TRACER,
          .rule = SPAN_LIT("a-b-c"),
          .title = SPAN_LIT("A title"),
          .host = SPAN_LIT("srv-01"),
          .source_name = SPAN_LIT("10.0.0.1"),
          .json = SPAN_LIT("{\"a\":1}") },
        { .sequence = UINT64_MAX, .time_ns = INT64_MAX, .source = UINT32_MAX, .flags = 255 },
        { .title = SPAN_LIT("only a title") },
    };
    struct guard g;

    (void)state;
    guard_init(&g, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct stored_finding f;
        struct buf out;

        buf_init(&out, 4096);
        stored_finding_put(&out, &rows[i]);
        for (size_t cut = 0; cut < out.n; cut++)
            assert_false(stored_finding_read(guard_put(&g, (struct span){ out.p, cut }), &f));
        assert_true(stored_finding_read(guard_put(&g, buf_span(&out)), &f));
        assert_true(same(&f, &rows[i]));
        buf_byte(&out, 0);
        assert_false(stored_finding_read(guard_put(&g, buf_span(&out)), &f));
        out.n--;
        out.p[24] = 6; /* no level */
        assert_false(stored_finding_read(guard_put(&g, buf_span(&out)), &f));
        buf_release(&out);
    }
    guard_release(&g);
}

static void the_layout_is_as_written_down(void **state)
{
    static const uint8_t want[] = { 2, 0,   0, 0, 0, 0, 0,   0, 3, 0, 0, 0,   0, 0, 0,
                                    0, 4,   0, 0, 0, 0, 0,   0, 0, 5, 4, 0,   0, 7, 0,
                                    0, 0,   1, 0, 0, 0, 'r', 1, 0, 0, 0, 't', 1, 0, 0,
                                    0, 'h', 1, 0, 0, 0, 's', 1, 0, 0, 0, 'j' };
    const struct stored_finding f = { .sequence = 2,
                                      .time_ns = 3,
                                      .rule_hash = 4,
                                      .level = 5,
                                      .flags = FINDING_UNAUTHENTICATED,
                                      .source = 7,
                                      .rule = SPAN_LIT("r"),
                                      .title = SPAN_LIT("t"),
                                      .host = SPAN_LIT("h"),
                                      .source_name = SPAN_LIT("s"),
                                      .json = SPAN_LIT("j") };
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    stored_finding_put(&out, &f);
    assert_int_equal(out.n, sizeof(want));
    assert_memory_equal(out.p, want, sizeof(want));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_read_and_nothing_less_or_more),
        cmocka_unit_test(the_layout_is_as_written_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
