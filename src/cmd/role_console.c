/*
 * role_console.c - the role that shows: takes the listening sockets and the counts of the
 * collectors, opens the rules' names, enters its sandbox, and hands all of it to src/console.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "cmd/evidence_beside.h"
#include "cmd/load_law.h"
#include "cmd/roles.h"
#include "console/console.h"
#include "keep/generation.h"
#include "os/certificate.h"
#include "os/file.h"
#include "os/host.h"
#include "os/process.h"
#include "os/sandbox.h"

#define PEM_MAX ((size_t)1 << 20)

struct role_console {
    struct role_self *self;
    struct console *console;
    struct ruleset *rules;
    struct taxonomy *taxonomy;
    struct names names;
    bool has_rules;
    struct law *law;
    struct playbooks *playbooks;
    struct law_folders law_folders;
    bool has_law; /* the sandbox has its folders */
};

/* --- rules ---------------------------------------------------------------------------------- */

static void close_rules(struct role_console *r)
{
    if (r->console != NULL)
        (void)console_rules(r->console, NULL, NULL); /* taking away needs no memory */
    if (!r->has_rules)
        return;
    ruleset_free(&r->rules);
    taxonomy_free(&r->taxonomy);
    names_release(&r->names);
    r->has_rules = false;
}

static int open_rules(struct role_console *r, uint64_t generation, struct err *e)
{
    char path[FILE_PATH_BYTES];
    struct console_rules to;
    int rc = role_generation_path(r->self, generation, path, sizeof(path), e);

    if (rc == ERR_OK)
        rc = generation_open(path, &r->rules, &r->taxonomy, &r->names, e);
    r->has_rules = rc == ERR_OK;
    if (rc != ERR_OK)
        return rc;
    to = (struct console_rules){ .taxonomy = r->taxonomy,
                                 .names = &r->names,
                                 .generation = generation,
                                 .rule_count = ruleset_rule_count(r->rules),
                                 .correlation_count = ruleset_correlation_count(r->rules),
                                 .rules = r->rules };
    rc = console_rules(r->console, &to, e);
    if (rc != ERR_OK)
        close_rules(r);
    return rc;
}

/* --- law ------------------------------------------------------------------------------------ */

/* The new one, or that of before. The desk tells what is wrong with it. */
static void open_law(struct role_console *r)
{
    struct law *law;
    struct playbooks *playbooks;

    if (load_law(&law, &playbooks, &r->law_folders, NULL) != ERR_OK)
        return;
    console_law(r->console, law, playbooks);
    playbooks_free(&r->playbooks);
    law_free(&r->law);
    r->law = law;
    r->playbooks = playbooks;
}

/* --- start ---------------------------------------------------------------------------------- */

/*
 * The database is only read, but SQLite must lock what it reads (fcntl) and tries to open the index
 * of the log for writing first: both belong to SANDBOX_FILES_WRITE. No folder is named for it, so
 * Landlock refuses each write.
 */
static int enter_sandbox(struct role_console *r, char *level, struct err *e)
{
    char lanes[FILE_PATH_BYTES], rules[FILE_PATH_BYTES], desk[FILE_PATH_BYTES];
    char sealed[FILE_PATH_BYTES], ledger[FILE_PATH_BYTES], store[FILE_PATH_BYTES];
    const struct settings *s = &r->self->settings;
    const char *read[11] = { lanes, sealed, rules, desk, ledger, store };
    const struct sandbox box = {
        SANDBOX_FILES_READ | SANDBOX_FILES_WRITE | SANDBOX_ACCEPT | SANDBOX_THREADS, read, NULL
    };
    const char *data = r->self->data;
    size_t n = 6;

    if (s->tls_certificate[0] != 0)
        read[n++] = s->tls_certificate;
    if (s->tls_key[0] != 0)
        read[n++] = s->tls_key;
    if (r->has_law) {
        read[n++] = r->law_folders.law;
        read[n++] = r->law_folders.playbooks;
    }

    if (data_path(lanes, sizeof(lanes), data, "lanes") != ERR_OK ||
        data_path(sealed, sizeof(sealed), data, "sealed") != ERR_OK ||
        data_path(ledger, sizeof(ledger), data, "ledger") != ERR_OK ||
        data_path(rules, sizeof(rules), data, "rules") != ERR_OK ||
        data_path(store, sizeof(store), data, "store") != ERR_OK ||
        data_path(desk, sizeof(desk), data, "desk") != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    return role_sandbox(r->self, &box, level, e);
}

/* What was configured, else one of our own. `pem`: certificate and key, maybe the same text. */
static int read_certificate(const struct role_console *r, struct buf pem[2], struct err *e)
{
    const struct settings *s = &r->self->settings;
    char path[FILE_PATH_BYTES], host[256], print[CERTIFICATE_PRINT_BYTES];
    int dir, rc;

    if (s->tls_certificate[0] != 0) {
        rc = file_read(s->tls_certificate, PEM_MAX, &pem[0], e);
        return rc == ERR_OK ? file_read(s->tls_key, PEM_MAX, &pem[1], e) : rc;
    }
    if (data_path(path, sizeof(path), r->self->data, "tls") != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_set(e, ERR_IO, 0, "%s cannot be opened: %s.", path, strerror(errno));
    if (gethostname(host, sizeof(host)) != 0)
        host[0] = '\0';
    host[sizeof(host) - 1] = '\0';
    rc = certificate_own(&io_system, dir, "console.pem", host, host_now_ns() / TIME_SECOND, &pem[0],
                         e);
    (void)close(dir); /* a folder */
    if (rc == ERR_OK)
        buf_add(&pem[1], buf_span(&pem[0]));
    if (rc == ERR_OK && certificate_print(buf_span(&pem[0]), print))
        role_notice(r->self, "HTTPS has a certificate of our own: SHA-256 %s.", print);
    return rc;
}

static void release_pems(struct buf pem[2])
{
    for (size_t i = 0; i < 2; i++) {
        if (pem[i].p != NULL)
            explicit_bzero(pem[i].p, pem[i].n);
        buf_release(&pem[i]);
    }
}

/* A certificate that was renewed under the names of before; others need a restart. */
static int take_certificate(struct role_console *r, const struct settings *next, struct err *e)
{
    const struct settings *now = &r->self->settings;
    struct buf pem[2];
    int rc;

    if (now->console.count == 0 || now->tls_certificate[0] == 0 ||
        strcmp(now->tls_certificate, next->tls_certificate) != 0 ||
        strcmp(now->tls_key, next->tls_key) != 0)
        return ERR_OK;
    for (size_t i = 0; i < COUNT_OF(pem); i++)
        buf_init(&pem[i], 2 * PEM_MAX);
    rc = read_certificate(r, pem, e);
    if (rc == ERR_OK)
        rc = console_certificate(r->console, buf_span(&pem[0]), buf_span(&pem[1]), e);
    release_pems(pem);
    return rc;
}

static void on_note(void *arg, const char *text)
{
    role_notice(((struct role_console *)arg)->self, "%s", text);
}

static void on_want_printer(void *arg)
{
    role_say(((struct role_console *)arg)->self, SAY_PRINTER, SPAN_NONE);
}

static int make_console(struct role_console *r, struct err *e)
{
    struct role_self *self = r->self;
    struct console_from from = { .loop = self->loop,
                                 .io = &io_system,
                                 .data = self->data,
                                 .settings = &self->settings,
                                 .note = on_note,
                                 .note_arg = r,
                                 .want_printer = on_want_printer,
                                 .want_arg = r,
                                 .beside = evidence_beside,
                                 .beside_count = EVIDENCE_BESIDE };
    struct buf pem[2];
    int rc = ERR_OK;

    for (size_t i = 0; i < COUNT_OF(pem); i++)
        buf_init(&pem[i], 2 * PEM_MAX);
    if (self->settings.console.count > 0)
        rc = read_certificate(r, pem, e);
    from.certificate = buf_span(&pem[0]);
    from.key = buf_span(&pem[1]);
    if (rc == ERR_OK)
        rc = console_new(&r->console, &from, e);
    release_pems(pem);
    return rc;
}

static int open_console(struct role_self *self, struct err *e)
{
    struct role_console *r = self->own;
    char level[SANDBOX_LEVEL_MAX] = "";
    int rc;

    r->self = self;
    rc = make_console(r, e);
    if (rc == ERR_OK && load_law_find(&r->law_folders, self->settings.law, NULL) == ERR_OK)
        open_law(r);
    r->has_law = r->law != NULL;
    if (rc == ERR_OK)
        rc = enter_sandbox(r, level, e);
    if (rc == ERR_OK)
        rc = open_rules(r, self->generation, e);
    if (rc == ERR_OK)
        role_ready(self, level);
    return rc;
}

static void close_console(struct role_self *self)
{
    struct role_console *r = self->own;

    close_rules(r);
    console_free(&r->console);
    playbooks_free(&r->playbooks);
    law_free(&r->law);
}

/* --- messages ------------------------------------------------------------------------------- */

static void on_listen(struct role_self *self, int fd, const struct say_connection *c)
{
    static const enum serve_door doors[] = { DOOR_LOCAL, DOOR_METRICS, DOOR_API, DOOR_PLAIN };
    struct role_console *r = self->own;
    struct err e;

    MUST(c->input < COUNT_OF(doors));
    if (console_listen(r->console, fd, doors[c->input], &e) != ERR_OK)
        role_notice(self, "%s", e.why);
}

static void on_peer(struct role_self *self, int fd, enum role other)
{
    struct role_console *r = self->own;
    struct err e;

    const int rc = other == ROLE_PRINTER ? console_printer(r->console, fd, &e)
                                         : console_line(r->console, fd, &e);

    if (rc != ERR_OK)
        role_notice(self, "%s", e.why);
}

static void on_root(struct role_self *self, const uint8_t key[ROLE_ROOT_BYTES])
{
    _Static_assert(ROLE_ROOT_BYTES == KEY_BYTES, "it is the root key");
    console_root(((struct role_console *)self->own)->console, key);
}

static int on_ledger(struct role_self *self, const struct ledger *g, uint32_t lane, struct err *e)
{
    struct role_console *r = self->own;

    return console_ledger(r->console, g, lane, e);
}

/* The new rules, or the old ones again. Not even these: the role ends and starts anew. */
static int on_reload(struct role_self *self, const struct settings *next, uint64_t generation,
                     struct err *e)
{
    struct role_console *r = self->own;
    int rc;

    if (r->has_law)
        open_law(r);
    rc = take_certificate(r, next, e);
    if (rc == ERR_OK && generation != self->generation) {
        close_rules(r);
        rc = open_rules(r, generation, e);
        if (rc != ERR_OK && open_rules(r, self->generation, NULL) != ERR_OK)
            role_exit(self, 1);
    }
    return rc == ERR_OK ? console_settings(r->console, next, e) : rc;
}

static const struct role_handlers handlers = {
    .open = open_console,
    .on_reload = on_reload,
    .on_listen = on_listen,
    .on_peer = on_peer,
    .on_ledger = on_ledger,
    .on_root = on_root,
    .close = close_console,
};

int role_console(int argc, char **argv)
{
    struct role_console own = { 0 };

    return role_main(ROLE_CONSOLE, &handlers, &own, argc, argv);
}
