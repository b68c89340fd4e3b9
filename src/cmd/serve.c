/*
 * serve.c - canh serve: the server, until it is told to end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/client.h"
#include "cmd/command.h"
#include "conf/settings.h"
#include "keep/keeper.h"

struct serve {
    const char *config, *data;
};

static const struct option_row options[] = {
    { "config", OPTION_TEXT, offsetof(struct serve, config), "FILE", NULL, 0, 0,
      "settings, YAML (default: none; every setting has a default)" },
    { "data", OPTION_TEXT, offsetof(struct serve, data), "DIR", NULL, 0, 0,
      "data folder, made when it is not there (default: " ROOT_DATA
      " for root, else ~/.local/share/canh)" },
};

static int show_help(void)
{
    struct buf text;

    buf_init(&text, 65536);
    option_help(options, COUNT_OF(options), "canh serve [OPTIONS]",
                "Receives from all inputs, stores, matches and shows, until SIGTERM. SIGHUP reads "
                "settings,\nrules and taxonomy again; when they are bad, the old stay in force.",
                &text);
    buf_byte(&text, '\n');
    settings_help(&text);
    return command_show(&text);
}

int cmd_serve(int argc, char **argv)
{
    struct serve s = { 0 };
    struct keeper_options o;
    char data[CLIENT_PATH_BYTES];
    struct err e = { 0 };
    int operands;
    bool help;

    if (option_parse(options, COUNT_OF(options), &s, argc, argv, &operands, &help, &e) != ERR_OK)
        return command_fault(&e);
    if (help)
        return show_help();
    if (operands > 0)
        return command_surplus("serve", argv[0]);
    o.data = client_folder(s.data, data, &e);
    if (o.data == NULL)
        return command_fault(&e);
    o.config = s.config;
    return keeper_run(&o, &e) == ERR_OK ? EXIT_RAN : command_fault(&e);
}
