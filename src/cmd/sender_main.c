/*
 * sender_main.c - canh-sender, which `canh role sender` becomes: the role that talks to the
 * outside: takes letters from the desk and brings them to where its own settings say
 * (notify/courier.h), and asks the issuer of the settings who logs in (oidc/envoy.h). Whoever has
 * the desk in his hands can make it say things, but reaches nobody else.
 *
 * Secrets and authorities are read before the sandbox, and cannot be read in it. So new settings,
 * and a new resolv.conf, are taken by starting anew: it lets no more letters in, and ends when
 * nothing is under way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/frame.h"
#include "notify/courier.h"
#include "office/line.h"
#include "oidc/envoy.h"
#include "os/file.h"
#include "os/sandbox.h"

#define RESOLV    "/etc/resolv.conf"
#define STORE_MAX 64u
#define LEAVE_MS  50u /* after which what was said last is with the desk */

struct role_sender {
    struct role_self *self;
    struct settings settings; /* its own: the frame's go with the next */
    struct courier *courier;
    struct envoy *envoy;
    struct line *line;
    struct watch *leave;
    struct buf store;
    struct stat resolv;
    bool leaving;
};

/* --- letters, and questions to the issuer ---------------------------------------------------- */

/* No more letters; when nothing is under way, this ends. */
static void leave(struct role_sender *r)
{
    r->leaving = true;
    watch_after(r->leave, LEAVE_MS);
}

static void on_leave(void *arg, unsigned ready)
{
    struct role_sender *r = arg;

    (void)ready;
    if (courier_is_idle(r->courier) && envoy_is_idle(r->envoy))
        role_exit(r->self, 0);
    else
        watch_after(r->leave, LEAVE_MS);
}

static void on_done(void *arg, int64_t id, int code, const char *why)
{
    struct role_sender *r = arg;
    const struct line_tell t = { (uint64_t)id, code, span_of(why) };

    if (r->line != NULL)
        (void)line_tell(r->line, &t); /* a desk that takes nothing asks again */
}

static void on_answer(void *arg, uint64_t id, int code, struct span answer)
{
    struct role_sender *r = arg;
    const struct line_tell t = { id, code, answer };

    if (r->line != NULL)
        (void)line_tell(r->line, &t); /* a desk that takes nothing has given it up */
}

/* The file by whose servers names are looked up was replaced: only the old one can be read. */
static bool names_changed(const struct role_sender *r)
{
    struct stat now;

    return stat(RESOLV, &now) == 0 &&
           (now.st_ino != r->resolv.st_ino || now.st_dev != r->resolv.st_dev);
}

static void on_ask(void *arg, const struct line_ask *a)
{
    struct role_sender *r = arg;
    struct letter l = { .id = (int64_t)a->id };
    struct err e = { 0 };
    int rc;

    if (!r->leaving && names_changed(r)) {
        leave(r);
        role_notice(r->self, RESOLV " is another: the sender starts anew.");
    }
    if (r->leaving)
        rc = err_set(&e, ERR_MORE, 0, "The sender starts anew.");
    else if ((a->id & TICKET_ID) != 0)
        rc = envoy_take(r->envoy, a->id, a->request, &e);
    else if (l.id <= 0 || !letter_read(a->request, &l))
        rc = err_set(&e, ERR_DENIED, 0, "This is no letter.");
    else
        rc = courier_take(r->courier, &l, &e);
    if (rc != ERR_OK)
        on_done(r, l.id, rc, e.why);
}

static void on_gone(void *arg)
{
    struct role_sender *r = arg;

    line_free(&r->line); /* what is under way goes on */
}

static void on_peer(struct role_self *self, int fd, enum role other)
{
    struct role_sender *r = self->own;
    const struct line_from from = {
        .loop = self->loop, .fd = fd, .ask = on_ask, .gone = on_gone, .arg = r
    };
    struct err e;

    (void)other; /* the desk: there is no other */
    line_free(&r->line);
    if (line_new(&r->line, &from, &e) != ERR_OK)
        role_notice(self, "%s", e.why);
}

/* --- start ---------------------------------------------------------------------------------- */

static void on_notice(void *arg, const char *text)
{
    role_notice(((struct role_sender *)arg)->self, "%s", text);
}

/* What the C library's resolver reads, of it what there is. */
static int enter_sandbox(const struct role_sender *r, char *level, struct err *e)
{
    static const char *const all[] = { RESOLV,           "/etc/hosts",    "/etc/nsswitch.conf",
                                       "/etc/host.conf", "/etc/gai.conf", "/etc/services" };
    const char *read[COUNT_OF(all) + 1] = { NULL };
    struct sandbox box = { SANDBOX_CONNECT | SANDBOX_FILES_READ | SANDBOX_THREADS, read, NULL };
    size_t n = 0;

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (access(all[i], R_OK) == 0)
            read[n++] = all[i];
    }
    return role_sandbox(r->self, &box, level, e);
}

static int read_store(struct role_sender *r, struct err *e)
{
    char path[FILE_PATH_BYTES];
    int rc;

    buf_init(&r->store, STORE_MAX + 131072); /* file_read() wants room */
    if (data_path(path, sizeof(path), r->self->data, "store") != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    rc = file_read(path, STORE_MAX, &r->store, e);
    r->store.n = span_trim(buf_span(&r->store)).n;
    return rc;
}

static int sender_open(struct role_self *self, struct err *e)
{
    struct role_sender *r = self->own;
    char level[SANDBOX_LEVEL_MAX];
    struct courier_from from = {
        .loop = self->loop, .settings = &r->settings, .done = on_done, .notice = on_notice, .arg = r
    };
    const struct envoy_from envoy = { .loop = self->loop,
                                      .settings = &r->settings,
                                      .done = on_answer,
                                      .notice = on_notice,
                                      .arg = r };
    int rc;

    r->self = self;
    (void)stat(RESOLV, &r->resolv);                         /* zeros: it is not there */
    (void)setenv("RES_OPTIONS", "timeout:3 attempts:2", 1); /* cannot be without memory here */
    r->leave = loop_timer(self->loop, on_leave, r);
    rc = r->leave == NULL ? err_set(e, ERR_NOMEM, 0, "There is no memory for the sender.")
                          : settings_read(&r->settings, self->settings.yaml, "settings", e);
    if (rc == ERR_OK)
        rc = read_store(r, e);
    from.store = buf_span(&r->store);
    if (rc == ERR_OK)
        rc = courier_new(&r->courier, &from, e);
    if (rc == ERR_OK)
        rc = envoy_new(&r->envoy, &envoy, e);
    if (rc == ERR_OK)
        rc = enter_sandbox(r, level, e);
    if (rc == ERR_OK)
        role_ready(self, level);
    return rc;
}

static void sender_close(struct role_self *self)
{
    struct role_sender *r = self->own;

    line_free(&r->line);
    envoy_free(&r->envoy);
    courier_free(&r->courier);
    watch_free(&r->leave);
    buf_release(&r->store);
    settings_release(&r->settings);
}

/* The keeper starts it anew, with the new settings and what its secrets are now. */
static int on_reload(struct role_self *self, const struct settings *next, uint64_t generation,
                     struct err *e)
{
    (void)next;
    (void)generation;
    (void)e;
    leave(self->own);
    return ERR_OK;
}

int main(int argc, char **argv)
{
    static const struct role_handlers handlers = {
        .open = sender_open, .on_reload = on_reload, .on_peer = on_peer, .close = sender_close
    };
    struct role_sender r = { 0 };

    if (argc < 3 || strcmp(argv[1], "role") != 0 || strcmp(argv[2], role_name(ROLE_SENDER)) != 0) {
        fprintf(stderr, "canh-sender: This is started by `canh serve`, not by hand.\n");
        return 2;
    }
    return role_main(ROLE_SENDER, &handlers, &r, argc - 3, argv + 3);
}
