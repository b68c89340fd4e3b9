/*
 * loop.c - see loop.h. Each round of libevent is asked for by itself, so that the clocks can be
 * read once a round, and only in rounds where somebody asks.
 */
#include "os/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "os/host.h"

struct loop {
    struct event_base *base;
    bool running;
    bool stopped;
    int refused;    /* errno of the watch that the system refused, or 0 */
    int64_t now_ns; /* of this round; 0 when nobody has asked yet */
    uint64_t now_ms;
};

struct watch {
    struct loop *l;
    struct event *event;
    watch_fn *fn;
    void *arg;
    int fd;
    unsigned want;
    bool once; /* a timer that goes off a single time */
};

/* What went wrong is told by our results; libevent would write about itself to standard error. */
static void say_nothing(int severity, const char *text)
{
    (void)severity;
    (void)text;
}

int loop_new(struct loop **out, struct err *e)
{
    struct event_config *config = event_config_new();
    struct loop *l = calloc(1, sizeof(*l));

    *out = NULL;
    event_set_log_callback(say_nothing);
    if (config != NULL && l != NULL &&
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) == 0)
        l->base = event_base_new_with_config(config);
    if (config != NULL)
        event_config_free(config);
    if (l == NULL || l->base == NULL) {
        loop_free(&l);
        return err_set(e, ERR_NOMEM, 0, "The system gives nothing to wait for events with.");
    }
    *out = l;
    return ERR_OK;
}

void loop_free(struct loop **l)
{
    if (*l == NULL)
        return;
    MUST(!(*l)->running);
    if ((*l)->base != NULL)
        event_base_free((*l)->base);
    free(*l);
    *l = NULL;
}

int loop_run(struct loop *l, struct err *e)
{
    int rc = 0;

    MUST(!l->running);
    l->running = true;
    while (rc == 0 && !l->stopped && l->refused == 0) {
        l->now_ns = 0;
        l->now_ms = 0;
        rc = event_base_loop(l->base, EVLOOP_ONCE);
    }
    l->running = false;
    l->stopped = false;
    /* Nothing is left that could ever happen: whoever runs the loop has forgotten to stop it. */
    MUST(rc != 1);
    if (rc < 0 || l->refused != 0)
        return err_set(e, ERR_IO, 0, "The system refuses to wait for a descriptor: %s.",
                       strerror(l->refused != 0 ? l->refused : errno));
    return ERR_OK;
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
    (void)event_base_loopbreak(l->base); /* only says so when there is no base */
}

int64_t loop_now_ns(struct loop *l)
{
    if (!l->running || l->now_ns == 0)
        l->now_ns = host_now_ns();
    return l->now_ns;
}

uint64_t loop_ms(struct loop *l)
{
    struct timespec t;

    if (!l->running || l->now_ms == 0) {
        MUST(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
        l->now_ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
    }
    return l->now_ms;
}

/* The last thing that touches the watch is its callback, which may free it. */
static void watch_turn(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;
    unsigned ready = 0;

    (void)fd;
    if (w->once)
        watch_stop(w);
    if ((what & EV_READ) != 0)
        ready |= LOOP_READ;
    if ((what & EV_WRITE) != 0)
        ready |= LOOP_WRITE;
    w->fn(w->arg, ready);
}

static struct watch *watch_new(struct loop *l, int fd, short what, watch_fn *fn, void *arg)
{
    struct watch *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return NULL;
    *w = (struct watch){ .l = l, .fn = fn, .arg = arg, .fd = fd };
    w->event = event_new(l->base, fd, what, watch_turn, w);
    if (w->event == NULL)
        watch_free(&w);
    return w;
}

void watch_free(struct watch **w)
{
    if (*w == NULL)
        return;
    if ((*w)->event != NULL)
        event_free((*w)->event);
    free(*w);
    *w = NULL;
}

static short watch_flags(unsigned want)
{
    int what = EV_PERSIST;

    if ((want & LOOP_READ) != 0)
        what |= EV_READ;
    if ((want & LOOP_WRITE) != 0)
        what |= EV_WRITE;
    return (short)what;
}

struct watch *loop_fd(struct loop *l, int fd, unsigned want, watch_fn *fn, void *arg)
{
    struct watch *w = watch_new(l, fd, watch_flags(want), fn, arg);

    if (w == NULL)
        return NULL;
    w->want = want;
    if (want != 0 && event_add(w->event, NULL) != 0)
        watch_free(&w);
    return w;
}

/* Whoever changes a watch gets no answer, so loop_run() gives it. */
static void watch_refused(const struct watch *w)
{
    w->l->refused = errno != 0 ? errno : ENOMEM;
    loop_stop(w->l);
}

void watch_want(struct watch *w, unsigned want)
{
    MUST(w->fd >= 0);
    if (want == w->want)
        return;
    w->want = want;
    MUST(event_del(w->event) == 0);
    MUST(event_assign(w->event, w->l->base, w->fd, watch_flags(want), watch_turn, w) == 0);
    if (want != 0 && event_add(w->event, NULL) != 0)
        watch_refused(w);
}

struct watch *loop_timer(struct loop *l, watch_fn *fn, void *arg)
{
    return watch_new(l, -1, EV_PERSIST, fn, arg);
}

static void watch_start(struct watch *w, unsigned ms)
{
    struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

    MUST(w->fd < 0);
    /* Without this, libevent keeps the period of the last start. */
    MUST(event_del(w->event) == 0);
    if (event_add(w->event, &t) != 0)
        watch_refused(w);
}

void watch_after(struct watch *w, unsigned ms)
{
    w->once = true;
    watch_start(w, ms);
}

void watch_every(struct watch *w, unsigned ms)
{
    MUST(ms > 0);
    w->once = false;
    watch_start(w, ms);
}

void watch_stop(struct watch *w)
{
    MUST(event_del(w->event) == 0);
    w->want = 0;
}

struct watch *loop_signal(struct loop *l, int signal, watch_fn *fn, void *arg)
{
    struct watch *w = watch_new(l, signal, EV_SIGNAL | EV_PERSIST, fn, arg);

    if (w != NULL && event_add(w->event, NULL) != 0)
        watch_free(&w);
    return w;
}
