/*
 * workers.c - see workers.h.
 */
#include "os/workers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
    struct job *first, *last;
};

struct worker {
    struct workers *of;
    unsigned number;
    pthread_t thread;
};

struct workers {
    pthread_mutex_t lock; /* over the queues and `ends` */
    pthread_cond_t some;
    struct queue waits, done;
    bool ends;
    struct worker worker[WORKERS_MAX];
    unsigned threads, started; /* the loop's thread alone looks at these */
    int fd;                    /* an eventfd: something is done */
    struct watch *watch;
};

static void queue_put(struct queue *q, struct job *j)
{
    j->next = NULL;
    if (q->last != NULL)
        q->last->next = j;
    else
        q->first = j;
    q->last = j;
}

static struct job *queue_take(struct queue *q)
{
    struct job *j = q->first;

    if (j != NULL)
        q->first = j->next;
    if (q->first == NULL)
        q->last = NULL;
    return j;
}

static void tell(const struct workers *w)
{
    uint64_t one = 1;

    /* Full is told already; an eventfd of ours has no other fault. */
    while (write(w->fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static void *work(void *arg)
{
    const struct worker *self = arg;
    struct workers *w = self->of;

    MUST(pthread_mutex_lock(&w->lock) == 0);
    while (!w->ends) {
        struct job *j = queue_take(&w->waits);

        if (j == NULL) {
            MUST(pthread_cond_wait(&w->some, &w->lock) == 0);
            continue;
        }
        MUST(pthread_mutex_unlock(&w->lock) == 0);
        j->thread = self->number;
        j->run(j);
        MUST(pthread_mutex_lock(&w->lock) == 0);
        queue_put(&w->done, j);
        tell(w);
    }
    MUST(pthread_mutex_unlock(&w->lock) == 0);
    return NULL;
}

static void on_done(void *arg, unsigned ready)
{
    struct workers *w = arg;
    uint64_t count;
    struct queue done;

    (void)ready;
    if (read(w->fd, &count, sizeof(count)) < 0)
        return; /* told again */
    MUST(pthread_mutex_lock(&w->lock) == 0);
    done = w->done;
    w->done = (struct queue){ 0 };
    MUST(pthread_mutex_unlock(&w->lock) == 0);
    for (struct job *j = queue_take(&done); j != NULL; j = queue_take(&done))
        j->done(j);
}

int workers_new(struct workers **out, struct loop *loop, unsigned threads, struct err *e)
{
    struct workers *w = calloc(1, sizeof(*w));

    MUST(threads >= 1 && threads <= WORKERS_MAX);
    *out = w;
    if (w == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for workers.");
    w->threads = threads;
    MUST(pthread_mutex_init(&w->lock, NULL) == 0 && pthread_cond_init(&w->some, NULL) == 0);
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->watch = w->fd >= 0 ? loop_fd(loop, w->fd, LOOP_READ, on_done, w) : NULL;
    if (w->watch == NULL) {
        workers_free(out);
        return err_set(e, ERR_NOMEM, 0, "Workers cannot be made: %s.", strerror(errno));
    }
    return ERR_OK;
}

/* One more thread, which takes no signals: those are the loop's. */
static int start(struct workers *w)
{
    struct worker *next = &w->worker[w->started];
    sigset_t all, was;
    int rc;

    *next = (struct worker){ .of = w, .number = w->started };
    (void)sigfillset(&all);
    MUST(pthread_sigmask(SIG_SETMASK, &all, &was) == 0);
    rc = pthread_create(&next->thread, NULL, work, next);
    MUST(pthread_sigmask(SIG_SETMASK, &was, NULL) == 0);
    w->started += rc == 0;
    return rc;
}

int workers_put(struct workers *w, struct job *j, struct err *e)
{
    int rc = 0;

    while (w->started < w->threads && rc == 0)
        rc = start(w);
    if (w->started == 0)
        return err_set(e, ERR_NOMEM, 0, "A worker cannot be started: %s.", strerror(rc));
    MUST(pthread_mutex_lock(&w->lock) == 0);
    queue_put(&w->waits, j);
    MUST(pthread_cond_signal(&w->some) == 0);
    MUST(pthread_mutex_unlock(&w->lock) == 0);
    return ERR_OK;
}

void workers_free(struct workers **pw)
{
    struct workers *w = *pw;

    *pw = NULL;
    if (w == NULL)
        return;
    MUST(pthread_mutex_lock(&w->lock) == 0);
    w->ends = true;
    MUST(pthread_cond_broadcast(&w->some) == 0);
    MUST(pthread_mutex_unlock(&w->lock) == 0);
    for (unsigned i = 0; i < w->started; i++)
        MUST(pthread_join(w->worker[i].thread, NULL) == 0);
    watch_free(&w->watch);
    if (w->fd >= 0)
        (void)close(w->fd);
    (void)pthread_cond_destroy(&w->some);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}
