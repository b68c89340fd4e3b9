/*
 * workers.c - the keeper's processes: started, listened to, ended, started again.
 *
 * A role that ends is started again at once; when it had lived for less than SHORT_LIFE_MS, after
 * 100 ms, and each time twice that, up to 3 s: when both collectors are killed again and again, the
 * server still accepts within 5 s. The channel is new each time, and so is what a role
 * is told at its start (introduce()).
 */
#include <errno.h>
#include <stdio.h>
#include <signal.h>
#include <unistd.h>

#include "keep/keeper_own.h"

#define SHORT_LIFE_MS  10000u
#define DELAY_FIRST_MS 100u
#define DELAY_MAX_MS   3000u
#define OPEN_MS        120000u /* to become ready, without a beat */
#define RULES_MS       900000u /* to compile everything */
#define EOF_MS         5000u   /* to end, once its channel is closed */
#define MESSAGES_MAX   64u     /* of one role in one round */
#define SEGMENTS_MAX   1200u   /* in a minute */

/* --- Which there are ------------------------------------------------------------------------ */

static bool wants_always(const struct keeper *k)
{
    (void)k;
    return true;
}

static bool wants_reader(const struct keeper *k)
{
    return k->settings.journal || k->settings.files.count > 0;
}

static bool wants_sender(const struct keeper *k)
{
    return k->settings.channel_count > 0 || k->settings.oidc_issuer[0] != 0;
}

/* In the order of starting: each stage waits for the one before to be ready. */
static const struct {
    enum role role;
    bool each_lane;
    bool (*wanted)(const struct keeper *k);
} plan[] = {
    { ROLE_DESK, false, wants_always },     { ROLE_CONSOLE, false, wants_always },
    { ROLE_COLLECTOR, true, wants_always }, { ROLE_READER, false, wants_reader },
    { ROLE_TRACER, false, wants_always },   { ROLE_SEALER, false, wants_always },
    { ROLE_SENDER, false, wants_sender },   { ROLE_VERIFIER, false, wants_always },
};

static struct worker *find(struct keeper *k, enum role role, uint32_t number)
{
    if (role == ROLE_PRINTER)
        return &k->printer;
    for (uint32_t i = 0; i < k->worker_count; i++) {
        if (k->worker[i].role == role && k->worker[i].number == number)
            return &k->worker[i];
    }
    return NULL;
}

/* Enter those that the settings in force want and that are not there yet. */
void workers_plan(struct keeper *k)
{
    for (uint32_t s = 0; s < COUNT_OF(plan); s++) {
        uint32_t count = plan[s].each_lane ? k->lane_count : 1;

        for (uint32_t i = 0; i < count && plan[s].wanted(k); i++) {
            if (find(k, plan[s].role, i) != NULL)
                continue;
            MUST(k->worker_count < WORKERS_MAX);
            k->worker[k->worker_count++] = (struct worker){
                .k = k, .role = plan[s].role, .number = i, .stage = s, .channel = -1
            };
        }
    }
}

/* --- Saying --------------------------------------------------------------------------------- */

static void want(struct worker *w)
{
    watch_want(w->watch, w->full ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

void worker_kill(struct worker *w, const char *why)
{
    if (w->pid <= 0)
        return;
    keeper_tell(w->k, TELL_WARNING, "%s %u is killed: it %s.", role_name(w->role), w->number, why);
    if (kill(w->pid, SIGKILL) != 0)
        keeper_tell(w->k, TELL_ERROR, "%s %u cannot be killed: %s.", role_name(w->role), w->number,
                    strerror(errno));
}

int worker_say(struct worker *w, enum say what, struct span body, const int *fds, uint32_t fd_count)
{
    struct channel_message *m = &w->k->out;
    struct err e;
    int rc;

    if (w->channel < 0)
        return ERR_IO;
    MUST(body.n <= sizeof(m->body) && fd_count <= CHANNEL_FDS_MAX);
    m->type = what;
    m->fd_count = fd_count;
    m->n = body.n;
    for (uint32_t i = 0; i < fd_count; i++)
        m->fds[i] = fds[i];
    if (body.n > 0)
        memcpy(m->body, body.p, body.n);
    rc = channel_send(w->channel, m, &e);
    if (rc == ERR_MORE) {
        w->full = true;
        want(w);
    } else if (rc != ERR_OK) {
        w->ready = false; /* it has gone, or goes: SIGCHLD comes */
        w->full = true;
    }
    return rc;
}

static void pay(struct worker *w)
{
    struct keeper *k = w->k;
    struct span generation = { (const uint8_t *)&k->in_force, sizeof(k->in_force) };

    if ((w->owed & OWED_RELOAD) != 0 &&
        worker_say(w, SAY_RELOAD, generation, &k->settings_fd, 1) == ERR_OK)
        w->owed &= ~(unsigned)OWED_RELOAD;
    if ((w->owed & OWED_STOP) != 0 && worker_say(w, SAY_STOP, SPAN_NONE, NULL, 0) == ERR_OK)
        w->owed &= ~(unsigned)OWED_STOP;
}

void worker_owe(struct worker *w, unsigned owed)
{
    w->owed |= owed;
    pay(w);
}

/* --- Hearing -------------------------------------------------------------------------------- */

static void hear_ready(struct worker *w, const struct channel_message *m)
{
    char level[128];

    if (w->ready) {
        worker_kill(w, "said twice that it is ready");
        return;
    }
    w->ready = true;
    keeper_clean(level, sizeof(level), (struct span){ m->body, m->n });
    keeper_tell(w->k, TELL_INFO, "%s %u is ready; sandbox: %s", role_name(w->role), w->number,
                level[0] != 0 ? level : "none");
    keeper_ready(w->k, w);
}

static void hear_beat(struct worker *w, const struct channel_message *m)
{
    (void)w; /* any message tells that it lives */
    (void)m;
}

static void hear_reloaded(struct worker *w, const struct channel_message *m)
{
    struct keeper *k = w->k;
    char why[256];

    keeper_clean(why, sizeof(why), (struct span){ m->body + 8, m->n - 8 });
    if (w->role == ROLE_RULES) {
        memcpy(&k->made.number, m->body, 8);
        memcpy(k->made.text, why, sizeof(k->made.text));
        return;
    }
    if (!w->reloading) {
        worker_kill(w, "answered what it was not asked");
        return;
    }
    memcpy(&w->generation, m->body, 8);
    keeper_reloaded(k, w, why);
}

static void hear_closed(struct worker *w, const struct channel_message *m)
{
    uint32_t count;

    memcpy(&count, m->body, sizeof(count));
    if (count > w->open) {
        worker_kill(w, "says that more connections ended than it was given");
        return;
    }
    w->open -= count;
}

static void hear_segment(struct worker *w, const struct channel_message *m)
{
    struct keeper *k = w->k;
    uint8_t body[4 + sizeof(((struct err *)0)->why)];
    uint32_t number = 0;
    struct err e = { 0 };
    int fd, error, rc;

    (void)m;
    if (++w->segments > SEGMENTS_MAX) {
        worker_kill(w, "asks for one segment after another");
        return;
    }
    rc = folder_segment(&k->folder, w->number, &fd, &number, &error, &e);
    if (rc == ERR_OK) {
        memcpy(body, &number, 4);
        rc = worker_say(w, SAY_SEGMENT, (struct span){ body, 4 }, &fd, 1);
        (void)close(fd); /* the collector has it; nothing was written */
    } else {
        size_t n = strlen(e.why);

        keeper_tell(k, TELL_ERROR, "%s", e.why);
        number = (uint32_t)error;
        memcpy(body, &number, 4);
        memcpy(body + 4, e.why, n);
        rc = worker_say(w, SAY_SEGMENT, (struct span){ body, 4 + n }, NULL, 0);
    }
    if (rc == ERR_MORE)
        worker_kill(w, "asks and does not listen");
}

static void hear_notice(struct worker *w, const struct channel_message *m)
{
    char text[NOTICE_BYTES_MAX];

    keeper_clean(text, sizeof(text), (struct span){ m->body, m->n });
    keeper_notice(w->k, "%s %u: %s", role_name(w->role), w->number, text);
}

/* A lane's segments that neither desk nor sealer reads again are removed. */
static void hear_done(struct worker *w, const struct channel_message *m)
{
    struct keeper *k = w->k;
    uint32_t body[2], before;
    struct err e;

    memcpy(body, m->body, sizeof(body));
    if (body[0] >= k->lane_count) {
        worker_kill(w, "speaks of a lane that there is not");
        return;
    }
    if (w->role == ROLE_DESK)
        k->done[body[0]].desk = body[1];
    else
        k->done[body[0]].sealer = body[1];
    before = k->done[body[0]].desk < k->done[body[0]].sealer ? k->done[body[0]].desk
                                                             : k->done[body[0]].sealer;
    if (before > 0 && folder_segments_remove(&k->folder, body[0], before, &e) < 0)
        keeper_tell(k, TELL_ERROR, "%s", e.why);
}

static void hear_rules(struct worker *w, const struct channel_message *m)
{
    (void)m;
    keeper_reload(w->k);
}

static void start_again(struct worker *w);

/* It ends by itself; one that dies at once is started again as slowly as any other. */
static void hear_printer(struct worker *w, const struct channel_message *m)
{
    struct worker *printer = &w->k->printer;

    (void)m;
    if (printer->pid <= 0 && !printer->due && w->k->state != KEEPER_STOPPING)
        start_again(printer);
}

/* The console cannot look into DATA/keys. */
static void tell_root(struct worker *console)
{
    const struct keeper *k = console->k;

    if (k->has_root && worker_say(console, SAY_ROOT, (struct span){ k->root, sizeof(k->root) },
                                  NULL, 0) == ERR_MORE)
        worker_kill(console, "does not take the root key");
}

static void hear_root(struct worker *w, const struct channel_message *m)
{
    struct worker *console = find(w->k, ROLE_CONSOLE, 0);

    memcpy(w->k->root, m->body, sizeof(w->k->root));
    w->k->has_root = true;
    if (console != NULL && console->channel >= 0)
        tell_root(console);
}

#define BIT(role) (1u << ROLE_##role)
#define WORKERS                                                                                    \
    (BIT(COLLECTOR) | BIT(READER) | BIT(DESK) | BIT(CONSOLE) | BIT(TRACER) | BIT(SEALER) |         \
     BIT(SENDER) | BIT(VERIFIER) | BIT(PRINTER)) /* all but RULES */

/* Who may say what, with how many bytes. No role sends a descriptor. */
static const struct {
    unsigned roles;
    size_t min, max;
    void (*take)(struct worker *w, const struct channel_message *m);
} said[SAYS] = {
    [SAY_READY] = { WORKERS, 0, 256, hear_ready },
    [SAY_BEAT] = { WORKERS, 0, 0, hear_beat },
    [SAY_RELOADED] = { WORKERS | BIT(RULES), 8, 8 + 256, hear_reloaded },
    [SAY_CLOSED] = { BIT(COLLECTOR), 4, 4, hear_closed },
    [SAY_SEGMENT] = { BIT(COLLECTOR), 0, 0, hear_segment },
    [SAY_DONE] = { BIT(DESK) | BIT(SEALER), 8, 8, hear_done },
    [SAY_RULES] = { BIT(DESK), 0, 0, hear_rules },
    [SAY_ROOT] = { BIT(VERIFIER), ROLE_ROOT_BYTES, ROLE_ROOT_BYTES, hear_root },
    [SAY_PRINTER] = { BIT(CONSOLE), 0, 0, hear_printer },
    [SAY_NOTICE] = { WORKERS | BIT(RULES), 1, NOTICE_BYTES_MAX, hear_notice },
};

static bool is_said(const struct worker *w, const struct channel_message *m)
{
    return m->type < SAYS && (said[m->type].roles >> w->role & 1) != 0 && m->fd_count == 0 &&
           m->n >= said[m->type].min && m->n <= said[m->type].max;
}

/* The channel is closed; the process ends by itself or is made to. */
static void hang_up(struct worker *w)
{
    watch_free(&w->watch);
    if (w->channel >= 0)
        (void)close(w->channel); /* nothing is to be said any more */
    w->channel = -1;
    w->ready = false;
    w->full = true;
}

static void listen_to(struct worker *w)
{
    struct channel_message *m = &w->k->in;
    struct err e;

    for (uint32_t i = 0; i < MESSAGES_MAX && w->channel >= 0; i++) {
        int rc = channel_receive(w->channel, m, &e);

        if (rc == 0)
            return;
        if (rc == ERR_IO) {
            hang_up(w);
            return;
        }
        if (rc < 0 || !is_said(w, m)) {
            for (uint32_t f = 0; rc > 0 && f < m->fd_count; f++)
                (void)close(m->fds[f]);
            worker_kill(w, "said what it must not say");
            hang_up(w);
            return;
        }
        w->heard_ms = loop_ms(w->k->loop);
        said[m->type].take(w, m);
    }
}

static void on_channel(void *arg, unsigned ready)
{
    struct worker *w = arg;

    if ((ready & LOOP_WRITE) != 0 && w->full) {
        w->full = false;
        want(w);
        pay(w);
        if (w->role == ROLE_COLLECTOR && !w->full)
            ears_writable(w->k);
    }
    if ((ready & LOOP_READ) != 0)
        listen_to(w);
}

/* --- Starting ------------------------------------------------------------------------------- */

/* Who talks to whom, without the keeper. */
static const enum role peers[][2] = { { ROLE_COLLECTOR, ROLE_READER },
                                      { ROLE_DESK, ROLE_CONSOLE },
                                      { ROLE_DESK, ROLE_SENDER },
                                      { ROLE_DESK, ROLE_VERIFIER },
                                      { ROLE_CONSOLE, ROLE_PRINTER } };

/* A new stream between the two, as soon as both are there. */
static void join(struct keeper *k, const enum role pair[2])
{
    struct worker *end[2] = { find(k, pair[0], 0), find(k, pair[1], 0) };
    int fds[2];

    if (end[0] == NULL || end[1] == NULL || end[0]->channel < 0 || end[1]->channel < 0)
        return;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
        keeper_tell(k, TELL_ERROR, "There is no channel between %s and %s: %s.", role_name(pair[0]),
                    role_name(pair[1]), strerror(errno));
        return;
    }
    for (int i = 0; i < 2; i++) {
        const uint32_t other = pair[1 - i];
        const struct span body = { (const uint8_t *)&other, sizeof(other) };

        if (worker_say(end[i], SAY_PEER, body, &fds[i], 1) == ERR_MORE)
            worker_kill(end[i], "does not take its peer");
    }
    (void)close(fds[0]); /* both have their end */
    (void)close(fds[1]);
}

/* With all peers of a role that has just started. */
static void join_peers(struct worker *w)
{
    for (size_t i = 0; i < COUNT_OF(peers); i++) {
        if ((peers[i][0] == w->role || peers[i][1] == w->role) && w->number == 0)
            join(w->k, peers[i]);
    }
}

/* What a role is told at its start. */
static void introduce(struct worker *w)
{
    struct keeper *k = w->k;

    const bool counts = (BIT(DESK) | BIT(CONSOLE) | BIT(SEALER)) >> w->role & 1;

    for (uint32_t i = 0; i < k->lane_count && counts; i++) {
        if (worker_say(w, SAY_LEDGER, (struct span){ (const uint8_t *)&i, sizeof(i) },
                       &k->ledger[i], 1) == ERR_MORE)
            worker_kill(w, "does not take its ledgers");
    }
    if (w->role == ROLE_CONSOLE)
        tell_root(w);
    ears_introduce(k, w);
    join_peers(w);
}

static void on_again(void *arg, unsigned ready)
{
    struct worker *w = arg;

    (void)ready;
    w->due = false;
    if (w->k->state != KEEPER_STOPPING)
        worker_start(w);
}

static void make_again(struct worker *w)
{
    if (w->again == NULL)
        w->again = loop_timer(w->k->loop, on_again, w);
    MUST(w->again != NULL); /* at the first start, when memory is not short */
}

static void start_again(struct worker *w)
{
    uint64_t lived = loop_ms(w->k->loop) - w->started_ms;

    w->delay_ms = lived >= SHORT_LIFE_MS           ? 0
                  : w->starts <= 1                 ? 0
                  : w->delay_ms == 0               ? DELAY_FIRST_MS
                  : w->delay_ms * 2 < DELAY_MAX_MS ? w->delay_ms * 2
                                                   : DELAY_MAX_MS;
    make_again(w);
    w->due = true;
    watch_after(w->again, w->delay_ms);
}

/* The words and descriptors of its process. */
static int run(struct worker *w, int channel, struct err *e)
{
    struct keeper *k = w->k;
    bool rules = w->role == ROLE_RULES;
    int fds[] = { channel, rules && k->next_fd >= 0 ? k->next_fd : k->settings_fd, -1, -1, -1 };
    uint32_t fd_count = 2;
    char canh[] = "canh", role[] = "role", name[32], number[16], generation[24];
    char *argv[] = { canh, role, name, number, k->folder.path, generation, NULL };

    if (w->role == ROLE_COLLECTOR) {
        fds[2] = k->ledger[w->number];
        fds[3] = k->batches;
        fds[4] = k->tracer;
        fd_count = 5;
    } else if (w->role == ROLE_TRACER) {
        fds[2] = k->tracer;
        fd_count = 3;
    }
    (void)snprintf(name, sizeof(name), "%s", role_name(w->role));
    (void)snprintf(number, sizeof(number), "%u", w->number);
    (void)snprintf(generation, sizeof(generation), "%llu",
                   (unsigned long long)(rules ? k->newest : k->in_force));
    return process_start(argv, fds, fd_count, &w->pid, e);
}

void worker_start(struct worker *w)
{
    struct keeper *k = w->k;
    struct err e = { 0 };
    int pair[2], rc;

    MUST(w->pid <= 0 && w->channel < 0);
    make_again(w);
    w->ready = w->full = w->reloading = false;
    w->owed = 0;
    w->open = 0;
    w->generation = k->in_force;
    w->started_ms = w->heard_ms = loop_ms(k->loop);
    w->starts++;
    rc = channel_pair(pair, &e);
    if (rc == ERR_OK) {
        w->channel = pair[0];
        rc = run(w, pair[1], &e);
        (void)close(pair[1]); /* the role has it */
    }
    if (rc == ERR_OK) {
        w->watch = loop_fd(k->loop, w->channel, LOOP_READ, on_channel, w);
        MUST(w->watch != NULL);
        introduce(w);
        return;
    }
    w->pid = 0;
    hang_up(w);
    keeper_tell(k, TELL_ERROR, "%s %u cannot be started: %s", role_name(w->role), w->number, e.why);
    if (w->role == ROLE_RULES)
        keeper_rules_done(k, false, e.why);
    else if (w->role != ROLE_PRINTER) /* it is asked for again */
        start_again(w);
}

/* --- Ending --------------------------------------------------------------------------------- */

static struct worker *of_pid(struct keeper *k, pid_t pid)
{
    if (k->rules.pid == pid)
        return &k->rules;
    if (k->printer.pid == pid)
        return &k->printer;
    for (uint32_t i = 0; i < k->worker_count; i++) {
        if (k->worker[i].pid == pid)
            return &k->worker[i];
    }
    return NULL;
}

static void ended(struct worker *w, bool clean, const char *how)
{
    struct keeper *k = w->k;
    bool stopping = k->state == KEEPER_STOPPING;

    if (w->channel >= 0)
        listen_to(w); /* what it said last */
    hang_up(w);
    w->pid = 0;
    w->open = 0;
    if (w->role == ROLE_RULES) {
        if (!stopping)
            keeper_rules_done(k, clean, how);
    } else if ((!stopping && w->role != ROLE_PRINTER) || !clean) {
        keeper_tell(k, TELL_WARNING, "%s %u ended: %s", role_name(w->role), w->number, how);
    }
    if (w->reloading)
        keeper_reloaded(k, w, NULL); /* the next one starts with the new */
    if (stopping)
        keeper_gone(k);
    else if (w->role != ROLE_RULES && w->role != ROLE_PRINTER)
        start_again(w);
}

void workers_ended(struct keeper *k)
{
    char how[128];
    bool clean;
    pid_t pid;

    while ((pid = process_ended(&clean, how, sizeof(how))) > 0) {
        struct worker *w = of_pid(k, pid);

        if (w != NULL)
            ended(w, clean, how);
    }
}

static uint64_t patience(const struct worker *w)
{
    return w->role == ROLE_RULES ? RULES_MS
           : w->channel < 0      ? EOF_MS
           : !w->ready           ? OPEN_MS
                                 : ROLE_SILENT_MS;
}

static void watch_over(struct worker *w, uint64_t now)
{
    if (w->pid <= 0)
        return;
    if (now % 60000 < 1000)
        w->segments = 0;
    if (now - w->heard_ms <= patience(w))
        return;
    worker_kill(w, w->ready ? "says nothing" : "does not become ready or end");
    w->heard_ms = now; /* not again for a while */
}

void workers_tick(struct keeper *k)
{
    uint64_t now = loop_ms(k->loop);

    watch_over(&k->rules, now);
    watch_over(&k->printer, now);
    for (uint32_t i = 0; i < k->worker_count; i++)
        watch_over(&k->worker[i], now);
}

/* --- The whole ------------------------------------------------------------------------------ */

/* The sealer when all others have ended: what they wrote last it reads, and signs. */
void workers_stop(struct keeper *k)
{
    bool others = k->printer.pid > 0;

    if (others)
        worker_owe(&k->printer, OWED_STOP);
    for (uint32_t i = 0; i < k->worker_count; i++)
        others |= k->worker[i].pid > 0 && k->worker[i].role != ROLE_SEALER;
    for (uint32_t i = 0; i < k->worker_count; i++) {
        struct worker *w = &k->worker[i];

        if (!others || w->role != ROLE_SEALER)
            worker_owe(w, OWED_STOP);
    }
}

uint32_t workers_running(const struct keeper *k)
{
    uint32_t n = k->rules.pid > 0;

    n += k->printer.pid > 0;
    for (uint32_t i = 0; i < k->worker_count; i++)
        n += k->worker[i].pid > 0;
    return n;
}

bool workers_beat(const struct keeper *k)
{
    for (uint32_t i = 0; i < k->worker_count; i++) {
        const struct worker *w = &k->worker[i];

        if (!w->ready || loop_ms(k->loop) - w->heard_ms > ROLE_SILENT_MS)
            return false;
    }
    return k->worker_count > 0;
}

void workers_release(struct keeper *k)
{
    for (uint32_t i = 0; i < k->worker_count; i++) {
        hang_up(&k->worker[i]);
        watch_free(&k->worker[i].again);
    }
    hang_up(&k->rules);
    watch_free(&k->rules.again);
    hang_up(&k->printer);
    watch_free(&k->printer.again);
}
