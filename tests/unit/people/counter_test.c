/*
 * Goal: the desk's counter knows who asks: nobody, a session, a token; each as what he is.
 * Method: a line over a pair of sockets, in one loop, to a counter over a database.
 */
#include "../check.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "office/counter.h"
#include "people_bench.h"

#define PASSWORD "hoa sen trong ao"

struct wire {
    struct act_bench b;
    struct loop *loop;
    struct watch *late;
    struct counter *counter;
    struct line *console;
    int code;
    char text[1024];
};

static void on_tell(void *arg, const struct line_tell *t)
{
    struct wire *w = arg;

    w->code = t->code;
    (void)snprintf(w->text, sizeof(w->text), "%.*s", (int)t->text.n, (const char *)t->text.p);
    loop_stop(w->loop);
}

static void on_gone(void *arg)
{
    (void)arg;
    fail_msg("the line is gone");
}

static void on_late(void *arg, unsigned ready)
{
    (void)arg;
    (void)ready;
    fail_msg("no answer came");
}

static const struct settings no_settings;

static void on_notice(void *arg, const char *text)
{
    (void)arg;
    fail_msg("%s", text);
}

static void wire_init(struct wire *w)
{
    struct counter_from from;
    struct line_from line;
    int fds[2];

    *w = (struct wire){ 0 };
    act_bench_init(&w->b);
    assert_int_equal(loop_new(&w->loop, &w->b.e), ERR_OK);
    w->late = loop_timer(w->loop, on_late, w);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    from = (struct counter_from){ w->loop,   w->b.acts, w->b.people, w->b.db, &no_settings,
                                  on_notice, w };
    assert_int_equal(counter_new(&w->counter, &from, &w->b.e), ERR_OK);
    counter_line(w->counter, fds[0]);
    line = (struct line_from){
        .loop = w->loop, .fd = fds[1], .tell = on_tell, .gone = on_gone, .arg = w
    };
    assert_int_equal(line_new(&w->console, &line, &w->b.e), ERR_OK);
    w->b.now_ns = loop_now_ns(w->loop); /* the counter's clock is the loop's */
}

static void wire_release(struct wire *w)
{
    line_free(&w->console);
    counter_free(&w->counter);
    watch_free(&w->late);
    loop_free(&w->loop);
    act_bench_release(&w->b);
}

static int tell(struct wire *w, enum line_by by, const char *credential, const char *request)
{
    struct line_ask a = { .id = 1,
                          .by = by,
                          .address = SPAN_LIT("10.0.0.3"),
                          .credential = span_of(credential),
                          .request = span_of(request) };

    assert_true(line_ask(w->console, &a));
    watch_after(w->late, 20000);
    assert_int_equal(loop_run(w->loop, &w->b.e), ERR_OK);
    return w->code;
}

static void who_asks_is_found_out(void **state)
{
    static const char begin[] = "{\"act\":\"session.begin\",\"name\":\"an\"}";
    static const char touch[] = "{\"act\":\"session.touch\"}";
    struct people_who who;
    char secret[64];
    struct wire w;

    (void)state;
    wire_init(&w);
    user_ready(&w.b, "an", "'analyst'", PASSWORD, &who);
    login(&w.b, "an", PASSWORD, "", secret);
    assert_int_equal(tell(&w, LINE_NOBODY, "", begin), ERR_OK);
    assert_non_null(strstr(w.text, "\"attempt\":\""));
    assert_int_equal(tell(&w, LINE_NOBODY, "", "{\"act\":\"totp.begin\"}"), ERR_DENIED);
    assert_int_equal(tell(&w, LINE_NOBODY, "", touch), ERR_DENIED);
    assert_int_equal(tell(&w, LINE_SESSION, secret, touch), ERR_OK);
    assert_int_equal(tell(&w, LINE_TOKEN, secret, touch),
                     ERR_DENIED); /* a session's is no token's */
    assert_string_equal(w.text, "Who asks is not known here.");
    assert_int_equal(tell(&w, LINE_SESSION, "", touch), ERR_DENIED);
    assert_int_equal(tell(&w, LINE_SESSION, "uid 0", touch), ERR_DENIED);
    assert_int_equal(
        tell(&w, LINE_SESSION, secret, "{\"act\":\"note.add\",\"alert\":9,\"text\":\"x\"}"),
        ERR_NOTFOUND);
    assert_int_equal(tell(&w, LINE_SESSION, secret, "{\"act\":\"session.end\"}"), ERR_OK);
    assert_int_equal(tell(&w, LINE_SESSION, secret, touch), ERR_DENIED);
    assert_int_equal(act_sql(&w.b,
                             "SELECT count(*) FROM act WHERE act = 'session.end' AND name = 'an'"
                             " AND address = '10.0.0.3' AND via = 'session'"),
                     1);
    wire_release(&w);
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(who_asks_is_found_out) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
