/*
 * command.h - the commands of canh. Each takes the words behind its name and returns the exit code.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdio.h>

#include "base/base.h"
#include "base/buf.h"
#include "conf/option.h"

enum exit_code {
    EXIT_RAN = 0,
    EXIT_FOUND = 1,    /* --fail-on, a refused rule, a failed sample */
    EXIT_UNUSABLE = 2, /* arguments or input that nothing can be done with */
};

typedef int command_fn(int argc, char **argv);

command_fn cmd_scan, cmd_rules, cmd_serve, cmd_role, cmd_send;
command_fn cmd_stat, cmd_tail, cmd_alerts, cmd_token, cmd_doctor, cmd_search, cmd_event, cmd_verify;
command_fn cmd_ledger, cmd_witness, cmd_hunt, cmd_export, cmd_law, cmd_page, cmd_print;
command_fn rules_check, rules_list, rules_explain, rules_test, rules_coverage;

struct command_row {
    const char *name;
    const char *help; /* NULL: not for people */
    command_fn *run;
};

/* Run the row that argv[0] names, or show them all under `usage`. */
int command_run(const struct command_row *rows, size_t count, const char *usage, int argc,
                char **argv);

/* office.c: argv[0] is an area of src/office: *code is the exit code. */
bool office_command(int argc, char **argv, int *code);
void office_show_areas(FILE *to);

/* What a command takes. */
struct command_line {
    const struct option_row *rows;
    size_t count;
    const char *usage, *what; /* of --help */
};

/* Options into *settings, what is none to the front of argv. False when the command ends here, its
 * help shown or a fault told: *code is its exit code. */
bool command_options(const struct command_line *line, void *settings, int argc, char **argv,
                     int *operands, int *code);

/* Become `program`, which lies beside this one or in its libexec, with these words and all
 * descriptors. Comes back only when it is not there: ERR_NOTFOUND. */
int command_become(const char *program, char **argv, struct err *e);

/* "canh: sentence" on standard error; returns EXIT_UNUSABLE. */
int command_fault(const struct err *e);

/* The same, about a word that this command does not take. */
int command_surplus(const char *command, const char *word);

/* The text on standard output, and the buffer released; returns EXIT_RAN, or EXIT_UNUSABLE. */
int command_show(struct buf *text);

/* From now on an interrupt (SIGINT) is only noted; false: it ends the program again. */
void command_interruptible(bool on);
bool command_interrupted(void);

#endif
