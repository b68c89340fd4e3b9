/*
 * Goal: each job is run once, on another thread, and told in the loop; freed at any time, nothing
 * is told any more. Method: more jobs than threads, which say on which thread they were.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "check.h"

#include "os/workers.h"

#define JOBS 200u

struct work {
    struct job job;
    struct loop *loop;
    struct workers *workers;
    pthread_t by, told_by;
    unsigned *told;
    atomic_uint ran;
    unsigned again; /* so often, it puts itself once more */
};

static void run(struct job *j)
{
    struct work *w = (struct work *)j;
    const struct timespec ms = { 0, 1000000 };

    w->by = pthread_self();
    if (atomic_fetch_add(&w->ran, 1) % 16 == 0)
        (void)nanosleep(&ms, NULL);
}

static void done(struct job *j)
{
    struct work *w = (struct work *)j;

    w->told_by = pthread_self();
    if (w->again > 0) {
        w->again--;
        assert_int_equal(workers_put(w->workers, j, NULL), ERR_OK);
        return;
    }
    if (++*w->told == JOBS)
        loop_stop(w->loop);
}

static void on_late(void *arg, unsigned ready)
{
    (void)ready;
    loop_stop(arg);
}

static void jobs_are_run_once_and_told(void **state)
{
    static struct work work[JOBS];
    struct workers *w;
    struct loop *l;
    struct watch *late;
    unsigned told = 0;

    (void)state;
    assert_int_equal(loop_new(&l, NULL), ERR_OK);
    assert_int_equal(workers_new(&w, l, 3, NULL), ERR_OK);
    late = loop_timer(l, on_late, l);
    watch_after(late, 30000);
    for (unsigned i = 0; i < JOBS; i++) {
        work[i] = (struct work){ .job = { .run = run, .done = done },
                                 .loop = l,
                                 .workers = w,
                                 .told = &told,
                                 .again = i % 3 };
        assert_int_equal(workers_put(w, &work[i].job, NULL), ERR_OK);
    }
    assert_int_equal(told, 0); /* not before the loop turns */
    assert_int_equal(loop_run(l, NULL), ERR_OK);
    assert_int_equal(told, JOBS);
    for (unsigned i = 0; i < JOBS; i++) {
        assert_int_equal(atomic_load(&work[i].ran), i % 3 + 1);
        assert_true(pthread_equal(work[i].told_by, pthread_self()));
        assert_false(pthread_equal(work[i].by, pthread_self()));
    }
    watch_free(&late);
    workers_free(&w);
    loop_free(&l);
}

static void freed_they_tell_nothing(void **state)
{
    static struct work work[JOBS];
    struct workers *w;
    struct loop *l;
    unsigned told = 0;

    (void)state;
    assert_int_equal(loop_new(&l, NULL), ERR_OK);
    for (unsigned i = 0; i < JOBS; i++) { /* with none, one, ... under way */
        assert_int_equal(workers_new(&w, l, 2, NULL), ERR_OK);
        for (unsigned k = 0; k < i % 8; k++) {
            work[k] =
                (struct work){ .job = { .run = run, .done = done }, .loop = l, .told = &told };
            assert_int_equal(workers_put(w, &work[k].job, NULL), ERR_OK);
        }
        workers_free(&w);
        assert_null(w);
    }
    assert_int_equal(told, 0);
    loop_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_run_once_and_told),
        cmocka_unit_test(freed_they_tell_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
