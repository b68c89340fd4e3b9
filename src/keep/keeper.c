/*
 * keeper.c - the keeper as a whole: its start, its signals, changes of rules, its end.
 */
#include "keep/keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collect/ledger.h"
#include "collect/batches.h"
#include "collect/tracer.h"
#include "keep/keeper_own.h"
#include "os/host.h"

#define TICK_MS     1000u
#define STOP_MS     10000u /* to end in peace */
#define RELOAD_MS   60000u /* to answer */
#define GENERATIONS 64u
#define DESCRIPTORS 512u /* that a role needs beside its connections */

/* --- Telling -------------------------------------------------------------------------------- */

static void put_line(int level, const char *text)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "canh: %s\n", text);
    else
        fprintf(stderr, "<%d>canh: %s\n", level, text);
}

void keeper_tell(const struct keeper *k, int level, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    (void)k;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    put_line(level, text);
}

void keeper_notice(struct keeper *k, const char *fmt, ...)
{
    char text[NOTICE_BYTES_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    put_line(TELL_NOTICE, text);
    for (uint32_t i = 0; i < k->worker_count; i++) {
        struct worker *w = &k->worker[i];

        if ((w->role == ROLE_DESK || w->role == ROLE_CONSOLE) && w->ready)
            (void)worker_say(w, SAY_NOTICE, span_of(text), NULL, 0); /* it stands on stderr, too */
    }
}

void keeper_clean(char *room, size_t bytes, struct span text)
{
    size_t n = text.n < bytes - 1 ? text.n : bytes - 1;

    for (size_t i = 0; i < n; i++)
        room[i] = text.p[i] < 0x20 || text.p[i] == 0x7f ? ' ' : (char)text.p[i];
    room[n] = 0;
}

static void tell_status(const struct keeper *k)
{
    char text[160];
    uint32_t ready = 0, open = 0;

    for (uint32_t i = 0; i < k->worker_count; i++) {
        ready += k->worker[i].ready;
        open += k->worker[i].open;
    }
    (void)snprintf(text, sizeof(text),
                   "STATUS=%u of %u roles ready; rules: generation %llu; %u connections, %llu "
                   "refused as too many",
                   ready, k->worker_count, (unsigned long long)k->in_force, open,
                   (unsigned long long)k->over);
    process_notify(text);
}

/* --- Settings ------------------------------------------------------------------------------- */

/* The file into *s and as memory for the roles. */
static int read_settings(const struct keeper *k, struct settings *s, int *fd, struct err *e)
{
    struct buf text;
    int rc = ERR_OK;

    buf_init(&text, SETTINGS_BYTES_MAX + FILE_PATH_BYTES);
    if (k->o->config != NULL)
        rc = file_read(k->o->config, SETTINGS_BYTES_MAX, &text, e);
    if (rc == ERR_OK)
        rc = settings_read(s, buf_span(&text), k->o->config != NULL ? k->o->config : "settings", e);
    if (rc == ERR_OK) {
        rc = process_memory("canh-settings", buf_span(&text), fd, e);
        if (rc != ERR_OK)
            settings_release(s);
    }
    buf_release(&text);
    return rc;
}

/* What was tried is in force. */
static void take_settings(struct keeper *k)
{
    settings_release(&k->settings);
    if (k->settings_fd >= 0)
        (void)close(k->settings_fd); /* the roles have theirs */
    k->settings = k->next;
    k->settings_fd = k->next_fd;
    k->next = (struct settings){ 0 };
    k->next_fd = -1;
}

static void drop_next(struct keeper *k)
{
    settings_release(&k->next);
    if (k->next_fd >= 0)
        (void)close(k->next_fd); /* memory */
    k->next_fd = -1;
}

/* --- Rules ---------------------------------------------------------------------------------- */

static void compile(struct keeper *k)
{
    k->newest++;
    k->made.number = 0;
    k->made.text[0] = 0;
    k->rules =
        (struct worker){ .k = k, .role = ROLE_RULES, .channel = -1, .again = k->rules.again };
    worker_start(&k->rules);
}

/* All but the one in force and those that a role still has. */
static void clean_generations(struct keeper *k)
{
    uint64_t number[GENERATIONS];
    uint32_t count = folder_generations(&k->folder, number, GENERATIONS);

    for (uint32_t i = 0; i < count; i++) {
        bool used = number[i] == k->in_force;
        struct err e;

        for (uint32_t w = 0; w < k->worker_count; w++)
            used = used || (k->worker[w].pid > 0 && k->worker[w].generation == number[i]);
        if (!used && folder_generation_remove(&k->folder, number[i], &e) != ERR_OK)
            keeper_tell(k, TELL_WARNING, "%s", e.why);
    }
}

static void start_stage(struct keeper *k);

void keeper_reload(struct keeper *k)
{
    struct err e = { 0 };

    if (k->rules.pid > 0 || k->waiting > 0 || k->state != KEEPER_RUNNING) {
        k->again = true; /* one after the other */
        return;
    }
    k->again = false;
    process_notify("RELOADING=1");
    if (read_settings(k, &k->next, &k->next_fd, &e) != ERR_OK) {
        keeper_notice(k, "The settings stay as they were: %s", e.why);
        process_notify("READY=1");
        return;
    }
    compile(k);
}

static void reload_over(struct keeper *k)
{
    clean_generations(k);
    keeper_notice(k, "Rules of generation %llu are in force.", (unsigned long long)k->in_force);
    process_notify("READY=1");
    tell_status(k);
    if (k->again)
        keeper_reload(k);
}

/* Tell everybody of the generation that is in force now. */
static void tell_reload(struct keeper *k)
{
    k->waiting_ms = loop_ms(k->loop);
    for (uint32_t i = 0; i < k->worker_count; i++) {
        struct worker *w = &k->worker[i];

        if (w->channel < 0)
            continue; /* it starts with the new */
        w->reloading = true;
        k->waiting++;
        worker_owe(w, OWED_RELOAD);
    }
    workers_plan(k); /* files to follow may be new */
    start_stage(k);
    if (k->waiting == 0)
        reload_over(k);
}

static void tell_restart(struct keeper *k)
{
    struct buf text;

    buf_init(&text, 4096);
    settings_restart(&k->settings, &k->next, &text);
    if (text.n > 0)
        keeper_notice(k, "These settings have changed and take a restart: %.*s.",
                      SPAN_ARG(buf_span(&text)));
    buf_release(&text);
}

void keeper_rules_done(struct keeper *k, bool clean, const char *how)
{
    bool good = clean && k->made.number == k->newest;
    const char *why = k->made.text[0] != 0 ? k->made.text : how;

    if (k->state == KEEPER_STARTING && !good && k->made.number == 0) {
        k->rc = err_set(k->e, ERR_UNSUPPORTED, 0, "The rules cannot be used: %.180s", why);
        loop_stop(k->loop);
        return;
    }
    if (k->state == KEEPER_STARTING) {
        k->in_force = k->made.number; /* the new, or (bad) an older one that is still good */
        if (good)
            keeper_tell(k, TELL_INFO, "rules: generation %llu: %s", (unsigned long long)k->in_force,
                        k->made.text);
        else
            keeper_notice(k, "The rules stay those of generation %llu: %s",
                          (unsigned long long)k->in_force, why);
        workers_plan(k);
        start_stage(k);
        return;
    }
    if (!good) {
        drop_next(k);
        keeper_notice(k, "The rules stay those of generation %llu: %s",
                      (unsigned long long)k->in_force, why);
        clean_generations(k);
        process_notify("READY=1");
        if (k->again)
            keeper_reload(k);
        return;
    }
    keeper_tell(k, TELL_INFO, "rules: generation %llu: %s", (unsigned long long)k->newest,
                k->made.text);
    tell_restart(k);
    take_settings(k);
    k->in_force = k->newest;
    tell_reload(k);
}

/* `why` is NULL when it has ended without an answer. */
void keeper_reloaded(struct keeper *k, struct worker *w, const char *why)
{
    w->reloading = false;
    MUST(k->waiting > 0);
    k->waiting--;
    if (why != NULL && w->generation != k->in_force)
        keeper_notice(k, "%s %u keeps generation %llu: %s", role_name(w->role), w->number,
                      (unsigned long long)w->generation, why);
    if (k->waiting == 0 && k->state == KEEPER_RUNNING)
        reload_over(k);
}

/* --- Starting ------------------------------------------------------------------------------- */

static bool stage_ready(const struct keeper *k, uint32_t stage)
{
    for (uint32_t i = 0; i < k->worker_count; i++) {
        if (k->worker[i].stage == stage && !k->worker[i].ready)
            return false;
    }
    return true;
}

static uint32_t last_stage(const struct keeper *k)
{
    uint32_t last = 0;

    for (uint32_t i = 0; i < k->worker_count; i++)
        last = k->worker[i].stage > last ? k->worker[i].stage : last;
    return last;
}

/* Start who has never been started, up to the stage that is due. */
static void start_stage(struct keeper *k)
{
    for (uint32_t i = 0; i < k->worker_count; i++) {
        if (k->worker[i].stage <= k->stage && k->worker[i].starts == 0)
            worker_start(&k->worker[i]);
    }
}

static void all_ready(struct keeper *k)
{
    if (k->state != KEEPER_STARTING)
        return;
    k->state = KEEPER_RUNNING;
    k->ready_ms = loop_ms(k->loop);
    clean_generations(k);
    keeper_tell(k, TELL_INFO, "ready: %u roles, data in %s", k->worker_count, k->folder.path);
    process_notify("READY=1");
    tell_status(k);
    if (k->again)
        keeper_reload(k);
}

void keeper_ready(struct keeper *k, struct worker *w)
{
    if (w->role == ROLE_COLLECTOR)
        ears_writable(k);
    while (stage_ready(k, k->stage) && k->stage < last_stage(k)) {
        k->stage++;
        start_stage(k);
    }
    for (uint32_t i = 0; i < k->worker_count; i++) {
        if (!k->worker[i].ready)
            return;
    }
    all_ready(k);
}

/* --- Ending --------------------------------------------------------------------------------- */

static void stop(struct keeper *k)
{
    if (k->state == KEEPER_STOPPING)
        return;
    k->state = KEEPER_STOPPING;
    if (!k->upgrade)
        process_notify("STOPPING=1");
    ears_pause(k);
    if (k->rules.pid > 0)
        (void)kill(k->rules.pid, SIGKILL); /* it may have ended */
    workers_stop(k);
    watch_after(k->stop_timer, STOP_MS);
    keeper_gone(k);
}

void keeper_gone(struct keeper *k)
{
    if (workers_running(k) == 0)
        loop_stop(k->loop);
    else
        workers_stop(k); /* the next in turn */
}

static void on_stop_timer(void *arg, unsigned ready)
{
    struct keeper *k = arg;

    (void)ready;
    for (uint32_t i = 0; i < k->worker_count; i++)
        worker_kill(&k->worker[i], "does not end");
    worker_kill(&k->printer, "does not end");
    watch_after(k->stop_timer, STOP_MS);
}

/* --- Signals and time ----------------------------------------------------------------------- */

static void on_hup(void *arg, unsigned ready)
{
    (void)ready;
    keeper_reload(arg);
}

static void on_term(void *arg, unsigned ready)
{
    struct keeper *k = arg;

    (void)ready;
    k->upgrade = false;
    if (k->state == KEEPER_STOPPING)
        return;
    keeper_tell(k, TELL_INFO, "ending");
    stop(k);
}

static void on_upgrade(void *arg, unsigned ready)
{
    struct keeper *k = arg;

    (void)ready;
    if (k->state != KEEPER_RUNNING)
        return;
    if (access(k->program, X_OK) != 0) {
        keeper_notice(k, "No upgrade: %.200s cannot be run: %s.", k->program, strerror(errno));
        return;
    }
    keeper_tell(k, TELL_NOTICE, "upgrading: the next program is %s", k->program);
    k->upgrade = true;
    stop(k);
}

static void on_child(void *arg, unsigned ready)
{
    (void)ready;
    workers_ended(arg);
}

/* A full disk still takes alarms: collectors that cannot write leave what the reserve held to the
 * desk. */
static void watch_disk(struct keeper *k)
{
    bool full = false, held;
    struct err e;
    int rc = 0;

    if (k->reserve == NULL)
        return;
    held = reserve_state(k->reserve) == RESERVE_HELD;
    for (uint32_t i = 0; i < k->lane_count; i++)
        full = full || board_get(k->ledger_at[i], BOARD_disk_full) == 1;
    if (full && held)
        rc = reserve_release(k->reserve, &e) == ERR_OK ? 1 : -1;
    else if (!full && !held)
        rc = reserve_restore(k->reserve, &e);
    if (rc < 0)
        keeper_notice(k, "The reserve: %s", e.why);
    else if (rc > 0)
        keeper_notice(k, "The reserve of disk space is %s.", full ? "given up" : "held again");
}

static void on_tick(void *arg, unsigned ready)
{
    struct keeper *k = arg;
    uint64_t now = loop_ms(k->loop);

    (void)ready;
    workers_ended(k); /* a signal that was missed costs a second */
    workers_tick(k);
    watch_disk(k);
    if (k->waiting > 0 && now - k->waiting_ms > RELOAD_MS) {
        for (uint32_t i = 0; i < k->worker_count; i++) {
            if (k->worker[i].reloading)
                worker_kill(&k->worker[i], "does not answer to the new rules");
        }
        k->waiting_ms = now;
    }
    if (k->over != k->over_told && now / TICK_MS % 10 == 0) {
        keeper_notice(k, "%llu connections were closed at once: %llu are open, which is the limit.",
                      (unsigned long long)(k->over - k->over_told),
                      (unsigned long long)k->settings.connections);
        k->over_told = k->over;
    }
    if (now / TICK_MS % 10 == 0)
        tell_status(k);
    /* While it starts or ends, its times are systemd's other time limits. */
    if (process_watchdog_us() > 0 && (k->state != KEEPER_RUNNING || workers_beat(k)))
        process_notify("WATCHDOG=1");
}

static int make_watches(struct keeper *k, struct err *e)
{
    static const struct {
        int signal;
        watch_fn *fn;
    } signals[] = {
        { SIGHUP, on_hup },      { SIGTERM, on_term },  { SIGINT, on_term },
        { SIGUSR2, on_upgrade }, { SIGCHLD, on_child },
    };
    bool good;

    k->tick = loop_timer(k->loop, on_tick, k);
    k->stop_timer = loop_timer(k->loop, on_stop_timer, k);
    good = k->tick != NULL && k->stop_timer != NULL;
    for (size_t i = 0; i < COUNT_OF(signals) && good; i++) {
        k->signal[i] = loop_signal(k->loop, signals[i].signal, signals[i].fn, k);
        good = k->signal[i] != NULL;
    }
    if (!good)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to wait for signals.");
    watch_every(k->tick, TICK_MS);
    return ERR_OK;
}

/* --- The whole ------------------------------------------------------------------------------ */

/* As many descriptors as we are let have: the roles inherit it. */
static void raise_limits(struct keeper *k)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_NOFILE, &l) != 0)
        return;
    l.rlim_cur = l.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &l); /* what cannot be had is told below */
    if (l.rlim_max < k->settings.connections + DESCRIPTORS)
        keeper_tell(k, TELL_WARNING,
                    "Only %llu descriptors are allowed: not enough for %llu connections.",
                    (unsigned long long)l.rlim_max, (unsigned long long)k->settings.connections);
}

static int make_tracer_key(struct keeper *k, struct err *e)
{
    struct tracer_key key;
    int rc = host_random(key.bytes, sizeof(key.bytes), e);

    if (rc == ERR_OK)
        rc = process_memory("canh-tracer", (struct span){ key.bytes, sizeof(key.bytes) },
                            &k->tracer, e);
    explicit_bzero(&key, sizeof(key));
    return rc;
}

static int make_memory(struct keeper *k, struct err *e)
{
    int rc = process_shared("canh-batches", BATCHES_BYTES, &k->batches, &k->batches_at, e);

    if (rc == ERR_OK)
        batches_expect(k->batches_at, k->lane_count);
    for (uint32_t i = 0; i < k->lane_count && rc == ERR_OK; i++)
        rc = process_shared("canh-ledger", sizeof(struct ledger), &k->ledger[i], &k->ledger_at[i],
                            e);
    return rc == ERR_OK ? make_tracer_key(k, e) : rc;
}

static int open_all(struct keeper *k, struct err *e)
{
    uint64_t number[GENERATIONS];
    uint32_t count, configured;
    ssize_t n = readlink("/proc/self/exe", k->program, sizeof(k->program) - 1);
    int rc = read_settings(k, &k->settings, &k->settings_fd, e);

    if (rc != ERR_OK)
        return rc;
    k->program[n > 0 ? n : 0] = 0;
    raise_limits(k);
    rc = folder_open(&k->folder, k->o->data, k->settings.user, e);
    configured = k->settings.collectors != 0 ? (uint32_t)k->settings.collectors : host_cores();
    k->lane_count = configured < FOLDER_LANES_MAX ? configured : FOLDER_LANES_MAX;
    configured = k->lane_count;
    if (rc == ERR_OK)
        rc = folder_lanes(&k->folder, &k->lane_count, e);
    if (rc != ERR_OK)
        return rc;
    if (k->lane_count > configured)
        keeper_tell(k, TELL_NOTICE, "%u collectors, not %u: there are so many lanes.",
                    k->lane_count, configured);
    count = folder_generations(&k->folder, number, GENERATIONS);
    k->newest = count > 0 ? number[count - 1] : 0;
    if (k->settings.reserve_bytes > 0)
        rc = reserve_open(&k->reserve, &io_system, k->folder.dir, k->settings.reserve_bytes, e);
    else
        (void)unlinkat(k->folder.dir, RESERVE_NAME, 0); /* of other settings; mostly not there */
    if (rc == ERR_OK)
        rc = make_memory(k, e);
    if (rc == ERR_OK)
        rc = loop_new(&k->loop, e);
    if (rc == ERR_OK)
        rc = make_watches(k, e);
    if (rc == ERR_OK)
        rc = ears_open(k, e);
    return rc == ERR_OK ? ears_start(k, e) : rc;
}

static void close_all(struct keeper *k)
{
    workers_release(k);
    ears_close(k);
    watch_free(&k->tick);
    watch_free(&k->stop_timer);
    for (size_t i = 0; i < COUNT_OF(k->signal); i++)
        watch_free(&k->signal[i]);
    if (k->loop != NULL)
        loop_free(&k->loop);
    for (uint32_t i = 0; i < k->lane_count; i++) {
        if (k->ledger_at[i] != NULL)
            (void)munmap(k->ledger_at[i], sizeof(struct ledger));
        if (k->ledger[i] >= 0)
            (void)close(k->ledger[i]);
    }
    if (k->batches_at != NULL)
        (void)munmap(k->batches_at, BATCHES_BYTES);
    if (k->batches >= 0)
        (void)close(k->batches);
    if (k->tracer >= 0)
        (void)close(k->tracer);
    reserve_free(&k->reserve);
    folder_close(&k->folder);
    drop_next(k);
    settings_release(&k->settings);
    if (k->settings_fd >= 0)
        (void)close(k->settings_fd);
}

/* Become the program that has our file's name now. Comes back only when that cannot be. */
static int become_next(struct keeper *k, struct err *e)
{
    char canh[] = "canh", serve[] = "serve", data[] = "--data", config[] = "--config";
    char *argv[] = { canh, serve, data, k->folder.path, NULL, NULL, NULL };
    char file[FILE_PATH_BYTES];
    struct handed_fd fds[EARS_MAX];

    if (k->o->config != NULL) {
        (void)snprintf(file, sizeof(file), "%s", k->o->config); /* it was opened: it fits */
        argv[4] = config;
        argv[5] = file;
    }
    return process_replace(k->program, argv, fds, ears_handed(k, fds), e);
}

int keeper_run(const struct keeper_options *o, struct err *e)
{
    struct keeper *k = calloc(1, sizeof(*k));
    int rc;

    if (k == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the keeper.");
    (void)signal(SIGPIPE, SIG_IGN); /* a reader of our lines that has gone ends nothing */
    k->o = o;
    k->e = e;
    k->settings_fd = k->next_fd = k->batches = k->tracer = k->held = -1;
    k->folder.dir = k->folder.lock = k->folder.rules = -1;
    k->rules.channel = -1;
    k->printer = (struct worker){ .k = k, .role = ROLE_PRINTER, .channel = -1 };
    for (size_t i = 0; i < COUNT_OF(k->ledger); i++)
        k->ledger[i] = -1;
    rc = open_all(k, e);
    if (rc == ERR_OK) {
        compile(k);
        rc = loop_run(k->loop, e);
    }
    if (rc == ERR_OK)
        rc = k->rc;
    if (rc == ERR_OK && k->upgrade)
        rc = become_next(k, e);
    close_all(k);
    free(k);
    return rc;
}
