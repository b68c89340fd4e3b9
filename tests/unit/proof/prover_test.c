/*
 * Goal: what is asked for goes to the verifier once, what comes back is written down once, whatever
 * ends in between; and what is no answer is none. Method: a loop with a line whose other end is the
 * test; acts as JSON.
 */
#include "../check.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../act/act_bench.h"
#include "office/line.h"
#include "office/prover.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SOUND                                                                                      \
    "{\"files\":3,\"files_all\":3,\"seconds\":2,\"found\":{\"checkpoints\":8,\"anchor\":\"7:" HASH \
    "\",\"faults\":0},\"told\":[]}"

struct post {
    struct act_bench b;
    struct loop *loop;
    struct prover *prover;
    struct line *line; /* the verifier's end */
    struct watch *turn;
    char asked[4][128];
    uint64_t id;
    uint32_t asks, turns, most;
};

static void on_ask(void *arg, const struct line_ask *a)
{
    struct post *p = arg;

    assert_true(p->asks < COUNT_OF(p->asked));
    (void)snprintf(p->asked[p->asks++], sizeof(p->asked[0]), "%.*s", (int)a->request.n,
                   (const char *)a->request.p);
    p->id = a->id;
}

static void on_gone(void *arg)
{
    line_free(&((struct post *)arg)->line);
}

static void on_notice(void *arg, const char *text)
{
    (void)arg;
    fail_msg("%s", text);
}

static void on_turn(void *arg, unsigned ready)
{
    struct post *p = arg;

    (void)ready;
    if (++p->turns >= p->most)
        loop_stop(p->loop);
}

static void connect_line(struct post *p)
{
    struct line_from from = { .loop = p->loop, .ask = on_ask, .gone = on_gone, .arg = p };
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    from.fd = fds[0];
    line_free(&p->line);
    assert_int_equal(line_new(&p->line, &from, &p->b.e), ERR_OK);
    prover_line(p->prover, fds[1]);
}

static void make_prover(struct post *p)
{
    const struct prover_from from = {
        .loop = p->loop, .db = p->b.db, .notice = on_notice, .arg = p
    };

    assert_int_equal(prover_new(&p->prover, &from, &p->b.e), ERR_OK);
}

static void begin(struct post *p)
{
    *p = (struct post){ 0 };
    act_bench_init(&p->b);
    p->b.who.roles = ROLE_BIT(AUDITOR);
    assert_int_equal(loop_new(&p->loop, &p->b.e), ERR_OK);
    make_prover(p);
    p->turn = loop_timer(p->loop, on_turn, p);
    watch_every(p->turn, 50);
}

/* Two rounds of the prover. */
static void go(struct post *p)
{
    p->turns = 0;
    p->most = 2 * PROVER_MS / 50 + 4;
    assert_int_equal(loop_run(p->loop, &p->b.e), ERR_OK);
}

static void tell(struct post *p, int code, const char *text)
{
    const struct line_tell t = { p->id, code, span_of(text) };

    assert_true(line_tell(p->line, &t));
    go(p);
}

static void end(struct post *p)
{
    watch_free(&p->turn);
    prover_free(&p->prover);
    line_free(&p->line);
    loop_free(&p->loop);
    act_bench_release(&p->b);
}

static void is(struct post *p, const char *state, const char *more)
{
    char sql[512];

    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM verification WHERE id = (SELECT max(id) FROM verification)"
                   " AND state = '%s' AND %s",
                   state, more);
    assert_int_equal(act_sql(&p->b, sql), 1);
}

static void what_is_found_is_written_down(void **state)
{
    struct post p;

    (void)state;
    begin(&p);
    act_bad(&p.b, "{'act':'verify.begin','anchor':'7'}", ERR_USAGE, "anchor: ");
    act_bad(&p.b, "{'act':'verify.end'}", ERR_CONFLICT, "No verification");
    act_good(&p.b, "{'act':'verify.begin','anchor':'7:" HASH "'}");
    act_bad(&p.b, "{'act':'verify.begin'}", ERR_CONFLICT, "Verification 1 is under way");
    go(&p);
    is(&p, "asked", "began IS NULL"); /* it waits for the verifier */
    connect_line(&p);
    go(&p);
    is(&p, "running", "began IS NOT NULL");
    assert_int_equal(p.asks, 1);
    assert_string_equal(p.asked[0], "7:" HASH);
    tell(&p, ERR_MORE, "{\"files\":1,\"files_all\":3,\"seconds\":1}");
    tell(&p, ERR_MORE, "{\"files\":2");
    is(&p, "running", "far ->> '$.files' = 1");
    tell(&p, ERR_OK, SOUND);
    is(&p, "sound",
       "first = 0 AND last = 7 AND hash = '7:" HASH "' AND faults = 0 AND told = '[]'");
    tell(&p, ERR_CONFLICT, "Too late.");
    is(&p, "sound", "why IS NULL AND far ->> '$.files' = 3");
    assert_int_equal(view_lines(&p.b, "verify.last", ""), 1);
    assert_true(view_says(&p.b, "\"state\":\"sound\",\"by\":\"an\""));
    /* A line for what was asked, begun, found; none for how far it was. */
    assert_int_equal(act_sql(&p.b, "SELECT count(*) FROM record WHERE kind = 'verification'"), 3);
    end(&p);
}

static void what_is_no_answer_is_none(void **state)
{
    static const char *const rows[] = {
        "", "7", "{", "{}", "{\"found\":{}}", "{\"found\":{\"faults\":null}}",
    };
    struct post p;

    (void)state;
    begin(&p);
    connect_line(&p);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        p.asks = 0;
        act_good(&p.b, "{'act':'verify.begin'}");
        go(&p);
        tell(&p, ERR_OK, rows[i]);
        is(&p, "failed", "why = 'The verifier''s answer is none.' AND faults IS NULL");
    }
    end(&p);
}

static void it_is_over_when_somebody_says_so_or_ends(void **state)
{
    struct post p;

    (void)state;
    begin(&p);
    act_good(&p.b, "{'act':'verify.begin'}");
    act_good(&p.b, "{'act':'verify.end'}");
    go(&p);
    is(&p, "ended", "why = 'It was ended before it began.'");
    connect_line(&p);
    act_good(&p.b, "{'act':'verify.begin'}");
    go(&p);
    act_good(&p.b, "{'act':'verify.end'}");
    go(&p);
    assert_int_equal(p.asks, 2); /* once, however many rounds pass */
    assert_string_equal(p.asked[1], "end");
    tell(&p, ERR_CONFLICT, "It was ended before all was read.");
    is(&p, "ended", "ending = (SELECT max(id) FROM act)");
    act_good(&p.b, "{'act':'verify.begin'}");
    go(&p);
    line_free(&p.line); /* the verifier is gone */
    go(&p);
    is(&p, "failed", "why = 'The verifier ended while it read.'");
    connect_line(&p);
    act_good(&p.b, "{'act':'verify.begin'}");
    go(&p);
    is(&p, "running", "over IS NULL");
    prover_free(&p.prover); /* and the desk, which begins nothing again */
    p.asks = 0;
    make_prover(&p);
    connect_line(&p);
    go(&p);
    is(&p, "failed", "why = 'The server ended before it was done.'");
    assert_int_equal(p.asks, 0);
    end(&p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found_is_written_down),
        cmocka_unit_test(what_is_no_answer_is_none),
        cmocka_unit_test(it_is_over_when_somebody_says_so_or_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
