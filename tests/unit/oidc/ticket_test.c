/*
 * Goal: a ticket comes out as it went in, and whatever is no ticket is refused. Method: each kind,
 * both ways; cut at every byte behind a guard page; one byte more; every kind and flag.
 */
#include "../check.h"
#include "../guard.h"

#include <stdlib.h>

#include "oidc/ticket.h"

static const struct {
    enum ticket_kind kind;
    bool answers, flag;
    const char *text[TICKET_TEXTS];
} rows[] = {
    { TICKET_DISCOVER, false, false, { "", "", "" } },
    { TICKET_DISCOVER, true, true, { "https://i.example/auth", "", "" } },
    { TICKET_DISCOVER, true, false, { "", "", "" } },
    { TICKET_EXCHANGE, false, false, { "code", "v", "nonce" } },
    { TICKET_EXCHANGE, true, false, { "subject", "", "" } },
};

static void a_ticket_comes_out_as_it_went_in(void **state)
{
    struct guard g;
    struct buf out;

    (void)state;
    guard_init(&g, TICKET_MAX);
    buf_init(&out, TICKET_MAX + 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ticket t = { .answers = rows[i].answers },
                      from = { rows[i].kind, rows[i].answers, rows[i].flag, { SPAN_NONE } };

        for (size_t k = 0; k < TICKET_TEXTS; k++)
            from.text[k] = span_of(rows[i].text[k]);
        buf_clear(&out);
        assert_true(ticket_put(&from, &out));
        for (size_t n = 0; n < out.n; n++)
            assert_false(ticket_read(guard_put(&g, (struct span){ out.p, n }), &t));
        assert_true(ticket_read(guard_put(&g, buf_span(&out)), &t));
        assert_int_equal(t.kind, rows[i].kind);
        assert_int_equal(t.flag, rows[i].flag);
        for (size_t k = 0; k < TICKET_TEXTS; k++)
            assert_true(span_eq(t.text[k], from.text[k]));
        buf_byte(&out, 0);
        assert_false(ticket_read(guard_put(&g, buf_span(&out)), &t));
    }
    buf_release(&out);
    guard_release(&g);
}

static void what_is_too_long_or_unknown_is_none(void **state)
{
    static uint8_t text[TICKET_TEXT_MAX + 1];
    struct ticket t = { .kind = TICKET_EXCHANGE, .answers = true }, got = { .answers = true };
    uint8_t bytes[] = { 0, 0, 0, 0 };
    struct buf out;

    (void)state;
    buf_init(&out, 2 * TICKET_MAX);
    t.text[0] = (struct span){ text, TICKET_TEXT_MAX };
    assert_true(ticket_put(&t, &out) && ticket_read(buf_span(&out), &got));
    t.text[0].n++;
    buf_clear(&out);
    assert_false(ticket_put(&t, &out));
    for (unsigned kind = 0; kind < 256; kind++) {
        for (unsigned flag = 0; flag < 256; flag++) {
            bytes[0] = (uint8_t)kind;
            bytes[1] = (uint8_t)flag;
            assert_int_equal(ticket_read((struct span){ bytes, sizeof(bytes) }, &got),
                             kind < TICKET_KINDS && flag < 2);
        }
    }
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_comes_out_as_it_went_in),
        cmocka_unit_test(what_is_too_long_or_unknown_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
