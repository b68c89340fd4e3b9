/*
 * Goal: requests and answers arrive whole and in order however the stream cuts them; what is no
 * frame ends the line; nothing waits without bound.
 * Method: frames cut at every byte and with every byte changed, at a guard page; two lines over a
 * pair of sockets in one loop; a peer that writes what it likes.
 */
#include "../check.h"
#include "../guard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "office/line.h"
#include "turns.h"

struct bench {
    struct loop *loop;
    struct watch *tick;
    struct line *desk, *console;
    struct buf asked, told;
    uint32_t asks, tells, gone;
    bool answers; /* the desk, each at once */
};

static void on_ask(void *arg, const struct line_ask *a)
{
    struct bench *b = arg;
    /* short, as answers are */
    const struct line_tell t = { a->id,
                                 ERR_CONFLICT,
                                 { a->request.p, a->request.n < 1000 ? a->request.n : 1000 } };

    buf_clear(&b->asked);
    buf_fmt(&b->asked, "%llu %s ", (unsigned long long)a->id, line_by_name(a->by));
    buf_add(&b->asked, a->address);
    buf_byte(&b->asked, ' ');
    buf_add(&b->asked, a->credential);
    buf_byte(&b->asked, ' ');
    buf_add(&b->asked, a->request);
    b->asks++;
    if (b->answers)
        assert_true(line_tell(b->desk, &t));
}

static void on_tell(void *arg, const struct line_tell *t)
{
    struct bench *b = arg;

    buf_clear(&b->told);
    buf_fmt(&b->told, "%llu %d ", (unsigned long long)t->id, t->code);
    buf_add(&b->told, t->text);
    b->tells++;
}

static void on_desk_gone(void *arg)
{
    struct bench *b = arg;

    line_free(&b->desk);
    b->gone++;
}

static void on_console_gone(void *arg)
{
    struct bench *b = arg;

    line_free(&b->console);
    b->gone++;
}

static void turns(struct bench *b, int n)
{
    for (int i = 0; i < n; i++)
        turns_turn(b->loop, b->tick);
}

static void make_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
}

static void bench_init(struct bench *b, bool both)
{
    struct line_from from = { .arg = b };
    struct err e;
    int fds[2];

    *b = (struct bench){ .answers = true };
    buf_init(&b->asked, LINE_FRAME_MAX + 1000);
    buf_init(&b->told, LINE_FRAME_MAX + 1000);
    assert_int_equal(loop_new(&b->loop, &e), ERR_OK);
    b->tick = turns_new(b->loop);
    make_pair(fds);
    from.loop = b->loop;
    from.fd = fds[0];
    from.ask = on_ask;
    from.gone = on_desk_gone;
    assert_int_equal(line_new(&b->desk, &from, &e), ERR_OK);
    if (!both) {
        b->gone = 1000 + (uint32_t)fds[1]; /* the test's own end */
        return;
    }
    from.fd = fds[1];
    from.ask = NULL;
    from.tell = on_tell;
    from.gone = on_console_gone;
    assert_int_equal(line_new(&b->console, &from, &e), ERR_OK);
}

static void bench_release(struct bench *b)
{
    line_free(&b->desk);
    line_free(&b->console);
    watch_free(&b->tick);
    loop_free(&b->loop);
    buf_release(&b->asked);
    buf_release(&b->told);
}

static void what_is_asked_is_answered(void **state)
{
    const struct line_ask a = { 7, LINE_TOKEN, SPAN_LIT("10.0.0.1"), SPAN_LIT("secret"),
                                SPAN_LIT("{}") };
    struct bench b;

    (void)state;
    bench_init(&b, true);
    assert_true(line_ask(b.console, &a));
    turns(&b, 5);
    buf_byte(&b.asked, 0);
    buf_byte(&b.told, 0);
    assert_string_equal((char *)b.asked.p, "7 token 10.0.0.1 secret {}");
    assert_string_equal((char *)b.told.p, "7 -11 {}");
    bench_release(&b);
}

static void many_and_large_ones_come_whole_and_in_order(void **state)
{
    static uint8_t big[ACT_REQUEST_MAX];
    struct bench b;
    uint32_t sent = 0;

    (void)state;
    memset(big, 'x', sizeof(big));
    bench_init(&b, true);
    for (uint32_t i = 0; sent < 300; i++) {
        const struct line_ask a = { sent,
                                    LINE_LOCAL,
                                    SPAN_LIT(""),
                                    SPAN_LIT("n"),
                                    { big, sent % 100 == 50 ? sizeof(big) : sent } };

        if (line_ask(b.console, &a))
            sent++;
        else
            turns(&b, 1);
        assert_true(i < 100000);
    }
    for (int i = 0; i < 5000 && b.tells < 300; i++)
        turns(&b, 1);
    assert_int_equal(b.asks, 300);
    assert_int_equal(b.tells, 300);
    buf_byte(&b.told, 0);
    assert_memory_equal(b.told.p, "299 -11 xxx", 11);
    bench_release(&b);
}

static void what_is_not_read_has_a_limit(void **state)
{
    static uint8_t piece[1 << 20];
    struct bench b;
    uint32_t taken = 0;

    (void)state;
    bench_init(&b, true);
    b.answers = false;
    for (int i = 0; i < 1000; i++) {
        const struct line_ask a = {
            1, LINE_LOCAL, SPAN_LIT(""), SPAN_LIT("n"), { piece, sizeof(piece) }
        };

        taken += line_ask(b.console, &a); /* the loop does not turn */
    }
    assert_in_range(taken, LINE_FRAME_MAX >> 20, (LINE_OUT_MAX >> 20) + 1);
    bench_release(&b);
}

static void the_other_end_may_go_and_be_freed_in_a_callback(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, true);
    line_free(&b.console);
    turns(&b, 3);
    assert_null(b.desk);
    assert_int_equal(b.gone, 1);
    bench_release(&b);
}

/* A frame as a line writes it, through a socket. */
static size_t frame_of(uint8_t *room, size_t max)
{
    const struct line_ask a = { 7, LINE_SESSION, SPAN_LIT("::1"), SPAN_LIT("s"), SPAN_LIT("{}") };
    struct bench b;
    ssize_t n;
    int fds[2];
    struct line_from from;
    struct err e;

    bench_init(&b, true);
    make_pair(fds);
    from = (struct line_from){ .loop = b.loop, .fd = fds[0], .tell = on_tell, .arg = &b };
    from.gone = on_console_gone;
    line_free(&b.console);
    assert_int_equal(line_new(&b.console, &from, &e), ERR_OK);
    assert_true(line_ask(b.console, &a));
    turns(&b, 3);
    n = recv(fds[1], room, max, 0);
    assert_true(n > 0);
    (void)close(fds[1]);
    bench_release(&b);
    return (size_t)n;
}

static void a_frame_is_read_to_its_end_and_no_further(void **state)
{
    uint8_t room[256];
    size_t n = frame_of(room, sizeof(room));
    struct line_ask a;
    struct line_tell t;
    struct guard g;
    bool is_ask;

    (void)state;
    guard_init(&g, sizeof(room));
    for (size_t cut = 0; cut <= n; cut++) {
        struct span in = guard_put(&g, (struct span){ room, cut });
        int64_t used = line_read(in, &a, &t, &is_ask);

        assert_true(cut < n ? used == ERR_MORE : used == (int64_t)n);
    }
    for (size_t i = 4; i < n; i++) {
        for (unsigned v = 0; v < 256; v++) {
            uint8_t was = room[i];
            struct span in;
            int64_t used;

            room[i] = (uint8_t)v;
            in = guard_put(&g, (struct span){ room, n });
            used = line_read(in, &a, &t, &is_ask);
            assert_true(used == (int64_t)n || used == ERR_SYNTAX);
            if (used > 0 && is_ask)
                assert_true(a.by < LINE_BYS && a.request.n <= n);
            room[i] = was;
        }
    }
    guard_release(&g);
}

static void what_is_no_frame_ends_the_line(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } rows[] = {
        { "\0\0\0\0", 4 },
        { "\xff\xff\xff\xff", 4 },
        { "\x01\0\0\0\x09", 5 },
        { "\x0d\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0", 17 }, /* an answer, to who asks nothing */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bench b;
        int fd;

        bench_init(&b, false);
        fd = (int)(b.gone - 1000);
        b.gone = 0;
        assert_int_equal(send(fd, rows[i].bytes, rows[i].n, 0), rows[i].n);
        turns(&b, 3);
        assert_int_equal(b.gone, 1);
        assert_int_equal(b.asks, 0);
        (void)close(fd);
        bench_release(&b);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_is_answered),
        cmocka_unit_test(many_and_large_ones_come_whole_and_in_order),
        cmocka_unit_test(what_is_not_read_has_a_limit),
        cmocka_unit_test(the_other_end_may_go_and_be_freed_in_a_callback),
        cmocka_unit_test(a_frame_is_read_to_its_end_and_no_further),
        cmocka_unit_test(what_is_no_frame_ends_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
