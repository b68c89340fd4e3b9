/*
 * Goal: what is due goes over the line, two letters of a channel at a time, and what came of each
 * is written down once; what the sender cannot take, or leaves behind when it ends, is due again.
 * Method: a loop with a line whose other end is the test; a database that others hold.
 */
#include "../check.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "notify_bench.h"
#include "office/line.h"
#include "office/outbox.h"

#define HOOK "channels:\n- {name: hook, kind: webhook, url: 'https://h/', secret: /k}\n"
#define ASKS 16u

struct post {
    struct notify_bench w;
    struct loop *loop;
    struct outbox *outbox;
    struct line *line; /* the sender's end */
    struct watch *turn;
    int code; /* what it answers; 1: nothing */
    int64_t asked[ASKS];
    uint32_t asks, notices, turns;
    bool (*enough)(struct post *p);
};

static void on_ask(void *arg, const struct line_ask *a)
{
    struct post *p = arg;
    struct letter l;
    const struct line_tell t = { a->id, p->code, SPAN_LIT("Not today.") };

    assert_true(letter_read(a->request, &l));
    assert_true(p->asks < ASKS);
    p->asked[p->asks++] = (int64_t)a->id;
    if (p->code <= 0)
        assert_true(line_tell(p->line, &t));
}

static void on_gone(void *arg)
{
    line_free(&((struct post *)arg)->line);
}

static void on_notice(void *arg, const char *text)
{
    (void)text;
    ((struct post *)arg)->notices++;
}

static void on_turn(void *arg, unsigned ready)
{
    struct post *p = arg;

    (void)ready;
    assert_true(++p->turns < 400); /* 20 s */
    if (p->enough(p))
        loop_stop(p->loop);
}

static void connect_line(struct post *p)
{
    struct line_from from = { .loop = p->loop, .ask = on_ask, .gone = on_gone, .arg = p };
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    from.fd = fds[0];
    line_free(&p->line);
    assert_int_equal(line_new(&p->line, &from, &p->w.b.e), ERR_OK);
    outbox_line(p->outbox, fds[1]);
}

static void begin(struct post *p, uint32_t alerts)
{
    struct outbox_from from = { .notice = on_notice, .arg = p };

    *p = (struct post){ .code = 1 };
    notify_bench_init(&p->w);
    notify_configure(&p->w, HOOK);
    assert_int_equal(loop_new(&p->loop, &p->w.b.e), ERR_OK);
    p->w.b.now_ns = loop_now_ns(p->loop);
    for (uint32_t i = 0; i < alerts; i++)
        notify_alert(&p->w, LEVEL_HIGH);
    notify_go(&p->w, 0);
    from.loop = p->loop;
    from.notify = p->w.notify;
    assert_int_equal(outbox_new(&p->outbox, &from, &p->w.b.e), ERR_OK);
    p->turn = loop_timer(p->loop, on_turn, p);
    watch_every(p->turn, 50);
    connect_line(p);
}

static void go(struct post *p, bool (*enough)(struct post *p))
{
    p->enough = enough;
    p->turns = 0;
    assert_int_equal(loop_run(p->loop, &p->w.b.e), ERR_OK);
}

static void end(struct post *p)
{
    watch_free(&p->turn);
    outbox_free(&p->outbox);
    line_free(&p->line);
    loop_free(&p->loop);
    notify_bench_release(&p->w);
}

static int64_t count(struct post *p, const char *where)
{
    char sql[256];

    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM message WHERE %s", where);
    return act_sql(&p->w.b, sql);
}

static bool all_sent(struct post *p)
{
    return count(p, "state = 'sent'") == count(p, "1");
}

static bool asked_twice(struct post *p)
{
    return p->asks == 2;
}

static bool turned(struct post *p)
{
    return p->turns == 60; /* 3 s: rounds have passed */
}

static void letters_go_and_are_written_down(void **state)
{
    struct post p;

    (void)state;
    begin(&p, 7);
    p.code = ERR_OK;
    go(&p, all_sent);
    assert_int_equal(p.asks, 7);
    end(&p);
}

static void two_at_a_time_and_each_once(void **state)
{
    struct post p;

    (void)state;
    begin(&p, 5);
    go(&p, turned);
    assert_int_equal(p.asks, OUTBOX_EACH);
    assert_true(p.asked[0] != p.asked[1]);
    end(&p);
}

static void what_cannot_go_now_has_not_failed(void **state)
{
    struct post p;

    (void)state;
    begin(&p, 1);
    p.code = ERR_MORE;
    go(&p, asked_twice);
    assert_int_equal(count(&p, "state = 'waiting' AND attempts = 0"), 1);
    p.code = ERR_OK;
    go(&p, all_sent);
    end(&p);
}

static bool failed_once(struct post *p)
{
    return count(p, "attempts = 1") == 2;
}

static void what_a_sender_leaves_behind_has_failed(void **state)
{
    struct post p;

    (void)state;
    begin(&p, 2);
    go(&p, asked_twice);
    line_free(&p.line);
    go(&p, failed_once);
    assert_int_equal(count(&p, "state = 'waiting' AND error LIKE 'The sender ended%'"), 2);
    end(&p);
}

static bool refused(struct post *p)
{
    return count(p, "state = 'failed' AND error = 'Not today.'") == 1;
}

static void a_refusal_is_the_end(void **state)
{
    struct post p;

    (void)state;
    begin(&p, 1);
    p.code = ERR_DENIED;
    go(&p, refused);
    go(&p, turned);
    assert_int_equal(p.asks, 1);
    end(&p);
}

static void an_answer_of_nothing_changes_nothing(void **state)
{
    const struct line_tell rows[] = { { 0, ERR_OK, SPAN_NONE },
                                      { 77, ERR_OK, SPAN_NONE },
                                      { UINT64_MAX, ERR_DENIED, SPAN_NONE } };
    struct post p;

    (void)state;
    begin(&p, 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_true(line_tell(p.line, &rows[i]));
    go(&p, turned);
    assert_int_equal(count(&p, "state = 'waiting' AND attempts = 0"), 1);
    end(&p);
}

static bool is_noticed(struct post *p)
{
    return p->notices > 0 && p->turns > 20;
}

/* The worst: it was sent, and that cannot be written. It must not be sent each second. */
static void what_cannot_be_written_down_is_not_sent_again(void **state)
{
    sqlite3 *other;
    struct post p;

    (void)state;
    begin(&p, 1);
    go(&p, turned);
    assert_int_equal(p.asks, 1);
    assert_int_equal(sqlite3_open(p.w.b.folder.db, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_true(line_tell(p.line, &(struct line_tell){ 1, ERR_OK, SPAN_NONE }));
    go(&p, is_noticed);
    assert_int_equal(p.asks, 1);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(other);
    go(&p, all_sent);
    assert_int_equal(p.asks, 1);
    end(&p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_go_and_are_written_down),
        cmocka_unit_test(two_at_a_time_and_each_once),
        cmocka_unit_test(what_cannot_go_now_has_not_failed),
        cmocka_unit_test(what_a_sender_leaves_behind_has_failed),
        cmocka_unit_test(a_refusal_is_the_end),
        cmocka_unit_test(an_answer_of_nothing_changes_nothing),
        cmocka_unit_test(what_cannot_be_written_down_is_not_sent_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
