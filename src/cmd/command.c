/*
 * command.c - what all commands do in the same way: faults, options, output, interrupts.
 */
#include "cmd/command.h"

#include <signal.h>
#include <stdio.h>

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
    bool good = !buf_failed(text) &&
                (text->n == 0 || fwrite(text->p, 1, text->n, stdout) == text->n) &&
                fflush(stdout) == 0;

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
