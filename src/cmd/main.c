/*
 * main.c - canh: which command is it?
 */
#include <malloc.h>
#include <stdio.h>

#include "cmd/command.h"

static const struct command_row commands[] = {
    { "scan", "try every rule on every event of some files", cmd_scan },
    { "rules", "check, list, explain, test the rules", cmd_rules },
    { "serve", "receive, store and match, day and night", cmd_serve },
    { "stat", "what the running server receives, stores and finds", cmd_stat },
    { "tail", "events as they come", cmd_tail },
    { "search", "stored events, or tables of them", cmd_search },
    { "event", "one stored event with all that is known of it", cmd_event },
    { "hunt", "try rules on what is stored", cmd_hunt },
    { "alerts", "what was found, newest first", cmd_alerts },
    { "ledger", "verify what is signed of a store", cmd_ledger },
    { "witness", "remember, on another host, how far a store's ledger was seen", cmd_witness },
    { "law", "what the law says: its files checked, clocks that run", cmd_law },
    { "token", "make a token for a sender over HTTP; canh token list, add, end: those of the desk",
      cmd_token },
    { "verify", "is the store as it was written?", cmd_verify },
    { "export", "events as evidence, for somebody without canh", cmd_export },
    { "page", "an official document out of a template, as PDF or DOCX", cmd_page },
    { "print",
      "a sheet of an incident, a phieu, evidence, a shift or the roster, out of what is recorded",
      cmd_print },
    { "doctor", "what is wrong with this installation", cmd_doctor },
    { "send", "send made events to a server", cmd_send },
    { "role", NULL, cmd_role },
};

static void show_rows(const struct command_row *rows, size_t count, const char *usage, FILE *to)
{
    fprintf(to, "usage: %s COMMAND [OPTIONS] ...\n\n", usage);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].help != NULL)
            fprintf(to, "  %-10s %s\n", rows[i].name, rows[i].help);
    }
    if (rows == commands)
        office_show_areas(to);
    fprintf(to, "\n%s COMMAND --help tells more.\n", usage);
}

int command_run(const struct command_row *rows, size_t count, const char *usage, int argc,
                char **argv)
{
    if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0 ||
                     strcmp(argv[0], "help") == 0)) {
        show_rows(rows, count, usage, stdout);
        return EXIT_RAN;
    }
    for (size_t i = 0; argc > 0 && i < count; i++) {
        if (strcmp(argv[0], rows[i].name) == 0)
            return rows[i].run(argc - 1, argv + 1);
    }
    if (argc > 0)
        fprintf(stderr, "canh: There is no command '%.60s'.\n\n", argv[0]);
    show_rows(rows, count, usage, stderr);
    return EXIT_UNUSABLE;
}

/* A command of its own, and not a verb of the area that has the same name (canh token list). */
static bool is_plain(int argc, char **argv)
{
    bool verb = argc > 1 && argv[1][0] != '-';

    for (size_t i = 0; argc > 0 && !verb && i < COUNT_OF(commands); i++) {
        if (strcmp(argv[0], commands[i].name) == 0)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    int code;

    /* The library would give every thread a heap of its own, which keeps what its largest job took:
     * eight threads that compile rules held twice what two do. One heap costs half the speed. */
    (void)mallopt(M_ARENA_MAX, 2);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("canh %s\n", CANH_VERSION);
        return EXIT_RAN;
    }
    if (!is_plain(argc - 1, argv + 1) && office_command(argc - 1, argv + 1, &code))
        return code;
    return command_run(commands, COUNT_OF(commands), "canh", argc - 1, argv + 1);
}
