/*
 * roles.c - canh role NAME: what the keeper starts.
 *
 * A row without a function of its own is run by a role that beats, takes what it is given and ends
 * when it is told to.
 */
#include "cmd/roles.h"

#include <stdio.h>
#include <unistd.h>

static const struct {
    enum role role;
    command_fn *run; /* NULL: idle */
} rows[] = {
    { ROLE_COLLECTOR, role_collector }, { ROLE_READER, role_reader },
    { ROLE_DESK, role_desk },           { ROLE_CONSOLE, role_console },
    { ROLE_TRACER, role_tracer },       { ROLE_RULES, role_rules },
    { ROLE_SEALER, role_sealer },       { ROLE_SENDER, role_sender },
    { ROLE_VERIFIER, role_verifier },   { ROLE_PRINTER, role_printer },
};

static int idle_open(struct role_self *self, struct err *e)
{
    (void)e;
    role_ready(self, "idle");
    return ERR_OK;
}

static void idle_connection(struct role_self *self, int fd, const struct say_connection *c)
{
    (void)c;
    (void)close(fd); /* nobody is here */
    role_closed(self, 1);
}

static int run_idle(enum role role, int argc, char **argv)
{
    static const struct role_handlers handlers = { .open = idle_open,
                                                   .on_connection = idle_connection };

    return role_main(role, &handlers, NULL, argc, argv);
}

int cmd_role(int argc, char **argv)
{
    for (size_t i = 0; i < COUNT_OF(rows) && argc > 0; i++) {
        if (strcmp(argv[0], role_name(rows[i].role)) != 0)
            continue;
        return rows[i].run != NULL ? rows[i].run(argc - 1, argv + 1)
                                   : run_idle(rows[i].role, argc - 1, argv + 1);
    }
    fprintf(stderr, "canh: Roles are started by `canh serve`, not by hand.\n");
    return EXIT_UNUSABLE;
}
