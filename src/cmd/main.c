/*
 * main.c - canh: which command is it?
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>

#include "cmd/command.h"

static const struct command_row commands[] = {
    { "scan", "try every rule on every event of some files", cmd_scan },
    { "rules", "check, list, explain, test the rules", cmd_rules },
    { "serve", "receive, store and match, day and night", cmd_serve },
    { "stat", "what the running server receives, stores and finds", cmd_stat },
    { "tail", "events as they come", cmd_tail },
    { "search", "stored events, or tables of them", cmd_search },
    { "hunt", "try rules on what is stored", cmd_hunt },
    { "alerts", "what was found, newest first", cmd_alerts },
    { "ledger", "verify what is signed of a store", cmd_ledger },
    { "witness", "remember, on another host, how far a store's ledger was seen", cmd_witness },
    { "token", "make a token for a sender over HTTP; canh token list, add, end: those of the desk",
      cmd_token },
    { "verify", "is the store as it was written?", cmd_verify },
    { "export", "events as evidence, for somebody without canh", cmd_export },
    { "page", "an official document out of a template, as PDF or DOCX", cmd_page },
    { "doctor", "what is wrong with this installation", cmd_doctor },
    { "send", "send made events to a server", cmd_send },
    { "role", NULL, cmd_role },
};

int command_fault(const struct err *e)
{
    fprintf(stderr, "canh: %s\n", e->why);
    return EXIT_UNUSABLE;
}

int command_surplus(const char *command, const char *word)
{
    struct err e;

    (void)err_set(&e, ERR_USAGE, 0, "canh %s takes no '%.60s'.", command, word);
    return command_fault(&e);
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

void command_interruptible(bool on)
{
    interrupted = 0;
    (void)signal(SIGINT, on ? on_interrupt : SIG_DFL); /* SIGINT can always be changed */
}

bool command_interrupted(void)
{
    return interrupted != 0;
}

int command_show(struct buf *text)
{
    bool good =
        !buf_failed(text) && fwrite(text->p, 1, text->n, stdout) == text->n && fflush(stdout) == 0;

    buf_release(text);
    if (!good)
        fprintf(stderr, "canh: The output cannot be written.\n");
    return good ? EXIT_RAN : EXIT_UNUSABLE;
}

bool command_options(const struct command_line *line, void *settings, int argc, char **argv,
                     int *operands, int *code)
{
    struct buf text;
    struct err e;
    bool help;

    if (option_parse(line->rows, line->count, settings, argc, argv, operands, &help, &e) !=
        ERR_OK) {
        *code = command_fault(&e);
        return false;
    }
    if (!help)
        return true;
    buf_init(&text, 65536);
    option_help(line->rows, line->count, line->usage, line->what, &text);
    *code = command_show(&text);
    return false;
}

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
