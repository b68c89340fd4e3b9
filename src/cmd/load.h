/*
 * load.h - rules and taxonomy as commands want them: from --rules, --taxonomy, --placeholders, or
 * what ships; through a cache file that is checked against its sources.
 *
 * What ships lies beside the program: ../data seen from the build folder, ../share/canh seen from
 * an installed one.
 */
#ifndef LOAD_H
#define LOAD_H

#include "conf/option.h"
#include "sigma/match.h"

struct load_options {
    struct option_list rules;
    const char *taxonomy, *placeholders;
    bool no_cache;
    uint64_t threads; /* 0: as many as there are cores */
};

/* data/NAME, wherever it lies as seen from the program; false: nowhere. */
bool load_find_data(const char *name, char *room, size_t bytes);

/* Rows for a command's option table: how rules are read, and (LOAD_OPTIONS) all of it. */
#define READ_OPTIONS(S, member)                                                                    \
    { "placeholders",                                                                              \
      OPTION_TEXT,                                                                                 \
      offsetof(S, member.placeholders),                                                            \
      "FILE",                                                                                      \
      NULL,                                                                                        \
      0,                                                                                           \
      0,                                                                                           \
      "YAML of name: [values] for rules with %name%" },                                            \
        { "taxonomy",                                                                              \
          OPTION_TEXT,                                                                             \
          offsetof(S, member.taxonomy),                                                            \
          "FOLDER",                                                                                \
          NULL,                                                                                    \
          0,                                                                                       \
          0,                                                                                       \
          "how sources name things (default: what ships)" },                                       \
    {                                                                                              \
        "threads", OPTION_NUMBER, offsetof(S, member.threads), "N", NULL, 1, 64,                   \
            "threads (default: one a core)"                                                        \
    }

#define LOAD_OPTIONS(S, member)                                                                    \
    { "rules",                                                                                     \
      OPTION_LIST,                                                                                 \
      offsetof(S, member.rules),                                                                   \
      "PATH",                                                                                      \
      NULL,                                                                                        \
      0,                                                                                           \
      0,                                                                                           \
      "file or folder of Sigma rules; may be given several times (default: those that ship)" },    \
        READ_OPTIONS(S, member),                                                                   \
    {                                                                                              \
        "no-cache", OPTION_FLAG, offsetof(S, member.no_cache), NULL, NULL, 0, 0,                   \
            "read and compile the rules afresh"                                                    \
    }

struct load {
    struct names names;
    struct taxonomy *taxonomy;
    struct ruleset *rules;
    struct ruleset_note note;
    double seconds;
    unsigned threads;
};

/* The default paths filled in where an option was not given. `room` keeps them. */
struct load_room {
    char taxonomy[4096], rules[4096], cache[4096];
};
void load_operands(struct load_options *o, char **paths, int count); /* as if given by --rules */
int load_defaults(struct load_options *o, struct load_room *room, struct err *e);
struct rules_from load_from(const struct load_options *o); /* once the defaults are in */

int load_open(struct load *l, struct load_options *o, struct err *e);
void load_close(struct load *l);

/* Each refused document on standard error: file, line, why. */
void load_tell_refusals(const struct load *l);

#endif
