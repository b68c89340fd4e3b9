/*
 * option.h - command line options: one table row each (name, type, default, range, help). Parsing,
 * checking and --help all come from the table.
 *
 * Options may stand anywhere before "--"; "--name value" and "--name=value" are the same; what is
 * not an option is an operand. An unknown option, a missing or bad value is ERR_USAGE with a
 * sentence. Values are the strings of argv: not copied.
 */
#ifndef OPTION_H
#define OPTION_H

#include "base/base.h"
#include "base/buf.h"

enum option_type {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char * */
    OPTION_LIST,   /* struct option_list: may be given several times */
    OPTION_NUMBER, /* uint64_t within min..max */
    OPTION_CHOICE, /* int: index in `choices` */
};

#define OPTION_LIST_MAX 256u

struct option_list {
    const char *value[OPTION_LIST_MAX];
    uint32_t count;
};

struct option_row {
    const char *name; /* without the dashes */
    enum option_type type;
    size_t offset;       /* of the member in the command's struct of settings */
    const char *arg;     /* how --help calls the value; choices: "table|json|csv" */
    const char *initial; /* default as text, or NULL */
    uint64_t min, max;   /* NUMBER */
    const char *help;
};

/*
 * Defaults, then argv[0..argc) into *settings. Operands are moved to the front of argv in order;
 * *operands is their number. --help sets *help and stops.
 */
int option_parse(const struct option_row *rows, size_t row_count, void *settings, int argc,
                 char **argv, int *operands, bool *help, struct err *e);

/* The text of --help for one command: usage line, what it does, its options. */
void option_help(const struct option_row *rows, size_t row_count, const char *usage,
                 const char *what, struct buf *out);

#endif
