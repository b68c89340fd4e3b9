/*
 * role_console.c - the role that shows: takes the listening sockets and the counts of the
 * collectors, opens the rules' names, enters its sandbox, and hands all of it to src/console.
 */
#include <stdio.h>
#include <unistd.h>

#include "cmd/roles.h"
#include "console/console.h"
#include "keep/generation.h"
#include "os/file.h"
#include "os/process.h"
#include "os/sandbox.h"

struct role_console {
    struct role_self *self;
    struct console *console;
    struct ruleset *rules;
    struct taxonomy *taxonomy;
    struct names names;
    bool has_rules;
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
                                 .correlation_count = ruleset_correlation_count(r->rules) };
    rc = console_rules(r->console, &to, e);
    if (rc != ERR_OK)
        close_rules(r);
    return rc;
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
    char sealed[FILE_PATH_BYTES];
    const char *read[] = { lanes, sealed, rules, desk, NULL };
    const struct sandbox box = { SANDBOX_FILES_READ | SANDBOX_FILES_WRITE | SANDBOX_ACCEPT, read,
                                 NULL };
    const char *data = r->self->data;
    int rc;

    if (data_path(lanes, sizeof(lanes), data, "lanes") != ERR_OK ||
        data_path(sealed, sizeof(sealed), data, "sealed") != ERR_OK ||
        data_path(rules, sizeof(rules), data, "rules") != ERR_OK ||
        data_path(desk, sizeof(desk), data, "desk") != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    rc = sandbox_enter(&box, level, e);
    if (rc == ERR_UNSUPPORTED && !r->self->settings.sandbox) {
        (void)snprintf(level, SANDBOX_LEVEL_MAX, "none: %.140s", e != NULL ? e->why : "");
        return ERR_OK;
    }
    return rc;
}

static int open_console(struct role_self *self, struct err *e)
{
    struct role_console *r = self->own;
    const struct console_from from = {
        .loop = self->loop, .io = &io_system, .data = self->data, .settings = &self->settings
    };
    char level[SANDBOX_LEVEL_MAX] = "";
    int rc;

    r->self = self;
    rc = console_new(&r->console, &from, e);
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
}

/* --- messages ------------------------------------------------------------------------------- */

static void on_listen(struct role_self *self, int fd, const struct say_connection *c)
{
    struct role_console *r = self->own;
    struct err e;

    if (console_listen(r->console, fd, c->input == 0 ? DOOR_LOCAL : DOOR_METRICS, &e) != ERR_OK)
        role_notice(self, "%s", e.why);
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

    (void)next; /* nothing here can change without a restart */
    if (generation == self->generation)
        return ERR_OK;
    close_rules(r);
    rc = open_rules(r, generation, e);
    if (rc != ERR_OK && open_rules(r, self->generation, NULL) != ERR_OK)
        role_exit(self, 1);
    return rc;
}

static const struct role_handlers handlers = {
    .open = open_console,
    .on_reload = on_reload,
    .on_listen = on_listen,
    .on_ledger = on_ledger,
    .close = close_console,
};

int role_console(int argc, char **argv)
{
    struct role_console own = { 0 };

    return role_main(ROLE_CONSOLE, &handlers, &own, argc, argv);
}
