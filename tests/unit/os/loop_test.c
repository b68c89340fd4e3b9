/*
 * Goal: what is ready is told, in time and in order, and a watch may do anything in a callback.
 * Method: pipes, short timers, and a text that the callbacks write.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#include "os/loop.h"

struct scene {
    struct loop *l;
    struct watch *a, *b, *timer;
    int pipe[2];
    char text[64]; /* one letter for each callback */
    unsigned turns;
    int64_t ns[2];
};

static int set_up(void **state)
{
    static struct scene s;

    s = (struct scene){ 0 };
    *state = &s;
    return pipe2(s.pipe, O_NONBLOCK) == 0 && loop_new(&s.l, NULL) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    watch_free(&s->a);
    watch_free(&s->b);
    watch_free(&s->timer);
    loop_free(&s->l);
    close(s->pipe[0]);
    close(s->pipe[1]);
    return 0;
}

static void put(struct scene *s, char c)
{
    size_t n = strlen(s->text);

    assert_true(n + 1 < sizeof(s->text));
    s->text[n] = c;
}

static void on_end(void *arg, unsigned ready)
{
    struct scene *s = arg;

    assert_int_equal(ready, 0);
    put(s, '.');
    loop_stop(s->l);
}

static void on_read(void *arg, unsigned ready)
{
    struct scene *s = arg;
    char c;

    assert_int_equal(ready, LOOP_READ);
    assert_int_equal(read(s->pipe[0], &c, 1), 1);
    put(s, c);
    if (c == '!')
        loop_stop(s->l);
}

static void what_is_not_read_is_told_again(void **state)
{
    struct scene *s = *state;

    assert_int_equal(write(s->pipe[1], "abc!", 4), 4);
    s->a = loop_fd(s->l, s->pipe[0], LOOP_READ, on_read, s);
    assert_non_null(s->a);
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_string_equal(s->text, "abc!");
}

static void on_write(void *arg, unsigned ready)
{
    struct scene *s = arg;

    assert_int_equal(ready, LOOP_WRITE);
    assert_int_equal(write(s->pipe[1], &"w!"[s->turns], 1), 1);
    put(s, '>');
    if (++s->turns == 2)
        watch_want(s->b, 0);
}

static void a_watch_that_wants_nothing_is_quiet_and_can_be_woken(void **state)
{
    struct scene *s = *state;

    s->a = loop_fd(s->l, s->pipe[0], LOOP_READ, on_read, s);
    s->b = loop_fd(s->l, s->pipe[1], 0, on_write, s);
    s->timer = loop_timer(s->l, on_end, s);
    watch_after(s->timer, 10);
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_string_equal(s->text, ".");
    watch_want(s->b, LOOP_WRITE);
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_int_equal(strlen(s->text), 5);
    assert_non_null(strchr(s->text, 'w'));
}

static void on_free(void *arg, unsigned ready)
{
    struct scene *s = arg;

    (void)ready;
    put(s, 'f');
    watch_free(&s->a);
    watch_free(&s->b);
}

static void a_watch_may_free_itself_and_one_that_is_ready_too(void **state)
{
    struct scene *s = *state;

    assert_int_equal(write(s->pipe[1], "x", 1), 1);
    s->a = loop_fd(s->l, s->pipe[0], LOOP_READ, on_free, s);
    s->b = loop_fd(s->l, s->pipe[1], LOOP_WRITE, on_free, s);
    s->timer = loop_timer(s->l, on_end, s);
    watch_after(s->timer, 5);
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_string_equal(s->text, "f.");
    assert_null(s->a);
    assert_null(s->b);
}

static void on_first(void *arg, unsigned ready)
{
    (void)ready;
    put(arg, '1');
}

static void on_second(void *arg, unsigned ready)
{
    struct scene *s = arg;

    (void)ready;
    put(s, '2');
    if (++s->turns == 1)
        watch_after(s->b, 1);
}

static void timers_go_off_in_the_order_of_their_times_and_once(void **state)
{
    struct scene *s = *state;

    s->b = loop_timer(s->l, on_second, s);
    s->a = loop_timer(s->l, on_first, s);
    s->timer = loop_timer(s->l, on_end, s);
    watch_after(s->timer, 60);
    watch_after(s->b, 30);
    watch_after(s->a, 10);
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_string_equal(s->text, "122.");
}

static void on_every(void *arg, unsigned ready)
{
    struct scene *s = arg;

    assert_int_equal(ready, 0);
    put(s, 'e');
    if (++s->turns == 4)
        loop_stop(s->l);
}

static void a_timer_may_go_off_for_ever_until_it_is_stopped(void **state)
{
    struct scene *s = *state;

    s->a = loop_timer(s->l, on_every, s);
    watch_every(s->a, 2);
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_string_equal(s->text, "eeee");
    watch_stop(s->a);
    s->timer = loop_timer(s->l, on_end, s);
    watch_after(s->timer, 20);
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_string_equal(s->text, "eeee.");
    watch_after(s->a, 1); /* the same timer, now once */
    watch_after(s->timer, 20);
    s->turns = 0;
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_string_equal(s->text, "eeee.e.");
}

static void on_signal(void *arg, unsigned ready)
{
    struct scene *s = arg;

    assert_int_equal(ready, 0);
    put(s, 's');
    loop_stop(s->l);
}

static void a_signal_is_a_callback_like_others(void **state)
{
    struct scene *s = *state;

    s->a = loop_signal(s->l, SIGUSR1, on_signal, s);
    assert_non_null(s->a);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_string_equal(s->text, "s");
}

static void on_clock(void *arg, unsigned ready)
{
    struct scene *s = arg;
    struct timespec pause = { .tv_nsec = 3000000 };
    int64_t ns = loop_now_ns(s->l);
    uint64_t ms = loop_ms(s->l);

    (void)ready;
    assert_int_equal(nanosleep(&pause, NULL), 0);
    assert_int_equal(loop_now_ns(s->l), ns);
    assert_int_equal(loop_ms(s->l), ms);
    s->ns[s->turns] = ns;
    if (++s->turns == 2)
        loop_stop(s->l);
}

static void the_clock_stands_still_within_a_round_only(void **state)
{
    struct scene *s = *state;
    struct timespec t;
    int64_t before = loop_now_ns(s->l);

    assert_int_equal(clock_gettime(CLOCK_REALTIME, &t), 0);
    assert_in_range(before, (t.tv_sec - 5) * 1000000000, (t.tv_sec + 1) * 1000000000);
    s->a = loop_timer(s->l, on_clock, s);
    watch_every(s->a, 1);
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_true(s->ns[0] > before);
    assert_true(s->ns[1] >= s->ns[0] + 3000000);
    assert_true(loop_now_ns(s->l) > s->ns[1]);
}

static void stopping_before_the_start_is_not_forgotten(void **state)
{
    struct scene *s = *state;

    s->timer = loop_timer(s->l, on_end, s);
    watch_after(s->timer, 1);
    loop_stop(s->l);
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_string_equal(s->text, "");
    assert_int_equal(loop_run(s->l, NULL), ERR_OK);
    assert_string_equal(s->text, ".");
}

static void a_descriptor_that_cannot_be_watched_is_refused(void **state)
{
    struct scene *s = *state;
    struct err e = { 0 };
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    assert_true(file >= 0);
    assert_null(loop_fd(s->l, file, LOOP_READ, on_read, s));
    s->a = loop_fd(s->l, file, 0, on_read, s);
    watch_want(s->a, LOOP_READ);
    assert_int_equal(loop_run(s->l, &e), ERR_IO);
    assert_non_null(strstr(e.why, strerror(EPERM)));
    close(file);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(what_is_not_read_is_told_again),
        CASE(a_watch_that_wants_nothing_is_quiet_and_can_be_woken),
        CASE(a_watch_may_free_itself_and_one_that_is_ready_too),
        CASE(timers_go_off_in_the_order_of_their_times_and_once),
        CASE(a_timer_may_go_off_for_ever_until_it_is_stopped),
        CASE(a_signal_is_a_callback_like_others),
        CASE(the_clock_stands_still_within_a_round_only),
        CASE(stopping_before_the_start_is_not_forgotten),
        CASE(a_descriptor_that_cannot_be_watched_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
