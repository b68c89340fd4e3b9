/*
 * rules.c - canh rules: its own commands.
 */
#include "cmd/command.h"

static const struct command_row commands[] = {
    { "check", "read rules and say what is wrong with them", rules_check },
    { "list", "the rules that load", rules_list },
    { "explain", "why a rule matches events of a file, or does not", rules_explain },
    { "test", "run rules on the samples beside them", rules_test },
    { "coverage", "an ATT&CK Navigator layer of what the rules look for", rules_coverage },
};

int cmd_rules(int argc, char **argv)
{
    return command_run(commands, COUNT_OF(commands), "canh rules", argc, argv);
}
