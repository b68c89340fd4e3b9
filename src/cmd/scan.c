/*
 * scan.c - canh scan: options in, findings out, and what it cost.
 */
#include "scan/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/load.h"
#include "os/host.h"

#define LEVELS    "informational|low|medium|high|critical"
#define FORMATS   "table|json|csv|html"

#define VIETNAM_S (7 * 3600)

struct settings {
    struct load_options load;
    int format, min_level, fail_on; /* levels from 0 = informational; -1: not given */
    bool stats, quiet, utc;
    const char *output;
};

static const struct option_row options[] = {
    LOAD_OPTIONS(struct settings, load),
    { "format", OPTION_CHOICE, offsetof(struct settings, format), FORMATS, "table", 0, 0,
      "how findings are written" },
    { "output", OPTION_TEXT, offsetof(struct settings, output), "FILE", NULL, 0, 0,
      "where to (default: standard output)" },
    { "min-level", OPTION_CHOICE, offsetof(struct settings, min_level), LEVELS, NULL, 0, 0,
      "leave out findings below this level" },
    { "fail-on", OPTION_CHOICE, offsetof(struct settings, fail_on), LEVELS, NULL, 0, 0,
      "exit with 1 when something of this level or above was found" },
    { "stats", OPTION_FLAG, offsetof(struct settings, stats), NULL, NULL, 0, 0,
      "end standard error with one JSON object of figures" },
    { "utc", OPTION_FLAG, offsetof(struct settings, utc), NULL, NULL, 0, 0,
      "show times in UTC, not in UTC+07 (table, html)" },
    { "quiet", OPTION_FLAG, offsetof(struct settings, quiet), NULL, NULL, 0, 0,
      "no progress, no summary" },
};

static const struct command_line command = {
    options, COUNT_OF(options), "canh scan [OPTIONS] PATH...",
    "Tries every rule on every event of the files and folders given; - is standard input, journal:\n"
    "the machine's journal. The format of each file is found from its bytes; gzip, zstd, xz, bzip2,\n"
    "zip, tar and 7z are opened. Exit code: 0 it ran, 1 --fail-on found something, 2 unusable input."
};

/* --- Paths ---------------------------------------------------------------------------------- */

struct inputs {
    struct file_list list;
    uint32_t unusable, faults;
};

static void on_walk_fault(void *arg, const char *path, const char *why)
{
    struct inputs *in = arg;

    in->faults++;
    fprintf(stderr, "canh: %s: It cannot be read: %s.\n", path, why);
}

/* "-" and "journal:..." are no paths, but inputs all the same. */
static bool is_special(const char *path)
{
    return strcmp(path, "-") == 0 || span_starts(span_of(path), SPAN_LIT("journal:"));
}

static int find_inputs(struct inputs *in, char **paths, int count, struct err *e)
{
    struct file_walk walk = { NULL, on_walk_fault, in };

    for (int i = 0; i < count; i++) {
        int rc = is_special(paths[i]) ? files_put(&in->list, span_of(paths[i]), e)
                                      : files_add(&in->list, paths[i], &walk, e);

        if (rc == ERR_NOMEM || rc == ERR_LIMIT)
            return rc;
        if (rc != ERR_OK) {
            in->unusable++;
            (void)command_fault(e);
        }
    }
    return ERR_OK;
}

/* --- What came of it ------------------------------------------------------------------------ */

static void put_stats(const struct load *l, const struct scan_totals *t, const struct inputs *in)
{
    uint32_t loaded = ruleset_rule_count(l->rules) + ruleset_correlation_count(l->rules);

    fprintf(stderr, "{\"seconds\":%.6f,\"events_per_second\":%.1f", t->seconds,
            t->seconds > 0 ? (double)t->events / t->seconds : 0);
#define X(name, help) fprintf(stderr, ",\"%s\":%llu", #name, (unsigned long long)t->name);
    SCAN_TOTALS(X)
#undef X
    fprintf(stderr,
            ",\"paths_unreadable\":%u,\"rules_loaded\":%u,\"rules_refused\":%u,"
            "\"rules_from_cache\":%s,\"rule_load_seconds\":%.6f,\"threads\":%u,"
            "\"peak_rss_bytes\":%llu}\n",
            in->faults + in->unusable, loaded, ruleset_refusal_count(l->rules),
            l->note.from_cache ? "true" : "false", l->seconds, l->threads,
            (unsigned long long)host_peak_rss());
}

static void put_summary(const struct load *l, const struct scan_totals *t)
{
    bool first = true;

    fprintf(stderr,
            "canh: %llu events in %llu files, %.2f s, %.0f events/s; %u rules, %u refused.\n",
            (unsigned long long)t->events, (unsigned long long)t->files, t->seconds,
            t->seconds > 0 ? (double)t->events / t->seconds : 0,
            ruleset_rule_count(l->rules) + ruleset_correlation_count(l->rules),
            ruleset_refusal_count(l->rules));
    fprintf(stderr, "canh: %llu findings", (unsigned long long)t->findings);
    for (int level = LEVEL_CRITICAL; level >= LEVEL_NONE; level--) {
        if (t->at_level[level] == 0)
            continue;
        fprintf(stderr, "%s%llu %s", first ? ": " : ", ", (unsigned long long)t->at_level[level],
                level_name((enum sigma_level)level));
        first = false;
    }
    fprintf(stderr, ".\n");
    if (t->unparsed + t->plain + t->unclassed + t->binary > 0)
        fprintf(
            stderr,
            "canh: %llu records damaged, %llu lines of no known format, %llu events of no known "
            "source, %llu files no logs.\n",
            (unsigned long long)t->unparsed, (unsigned long long)t->plain,
            (unsigned long long)t->unclassed, (unsigned long long)t->binary);
}

static bool found_at(const struct scan_totals *t, int level)
{
    for (int i = level + 1; level >= 0 && i <= LEVEL_CRITICAL; i++) {
        if (t->at_level[i] > 0)
            return true;
    }
    return false;
}

static int exit_code(const struct settings *s, const struct scan_totals *t, const struct inputs *in)
{
    if (in->unusable + t->unused > 0 || (t->files == 0 && t->binary > 0))
        return EXIT_UNUSABLE;
    return found_at(t, s->fail_on) ? EXIT_FOUND : EXIT_RAN;
}

/* --- The run -------------------------------------------------------------------------------- */

static struct output make_output(const struct settings *s, int fd)
{
    struct output o = { .row = output_row((size_t)s->format), .offset_s = s->utc ? 0 : VIETNAM_S };

    o.width = host_terminal_width(fd);
    o.colour = o.width > 0 && getenv("NO_COLOR") == NULL;
    return o;
}

static int run(const struct settings *s, struct load *l, struct inputs *in, int fd)
{
    struct scan_totals totals;
    struct err e;
    struct scan_settings set = {
        .rules = l->rules,
        .taxonomy = l->taxonomy,
        .names = &l->names,
        .paths = &in->list,
        .threads = l->threads,
        .min_level = (enum sigma_level)(s->min_level + 1),
        .output = make_output(s, fd),
        .out_fd = fd,
        .progress = !s->quiet && host_terminal_width(STDERR_FILENO) > 0,
    };
    int rc = scan_run(&set, &totals, &e);

    if (rc != ERR_OK)
        return command_fault(&e);
    if (!s->quiet)
        put_summary(l, &totals);
    if (s->stats)
        put_stats(l, &totals, in);
    return exit_code(s, &totals, in);
}

static int open_output(const char *path, int *fd, struct err *e)
{
    *fd = STDOUT_FILENO;
    if (path == NULL)
        return ERR_OK;
    *fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return *fd >= 0 ? ERR_OK
                    : err_set(e, ERR_IO, 0, "%.160s cannot be written: %s.", path, strerror(errno));
}

static int load_and_run(struct settings *s, char **paths, int count)
{
    struct inputs in = { 0 };
    struct load l = { 0 };
    struct err e;
    int code = EXIT_UNUSABLE, fd = STDOUT_FILENO;

    files_init(&in.list);
    if (find_inputs(&in, paths, count, &e) != ERR_OK || load_open(&l, &s->load, &e) != ERR_OK) {
        code = command_fault(&e);
        goto out;
    }
    load_tell_refusals(&l);
    if (l.note.cache_code != ERR_OK && l.note.cache_code != ERR_NOTFOUND && !s->quiet)
        fprintf(stderr, "canh: The rules' cache was not used: %s\n", l.note.cache_why);
    if (ruleset_rule_count(l.rules) == 0) {
        (void)err_set(&e, ERR_USAGE, 0, "No rule was loaded, so nothing can be found.");
        code = command_fault(&e);
    } else if (open_output(s->output, &fd, &e) != ERR_OK) {
        code = command_fault(&e);
    } else {
        code = run(s, &l, &in, fd);
    }
    if (fd != STDOUT_FILENO && fd >= 0 && close(fd) != 0) {
        (void)err_set(&e, ERR_IO, 0, "%.160s cannot be written: %s.", s->output, strerror(errno));
        code = command_fault(&e);
    }
out:
    load_close(&l);
    files_release(&in.list);
    return code;
}

int cmd_scan(int argc, char **argv)
{
    struct settings s = { .min_level = -1, .fail_on = -1 };
    struct err e;
    int operands, code;

    if (!command_options(&command, &s, argc, argv, &operands, &code))
        return code;
    if (operands == 0) {
        (void)err_set(&e, ERR_USAGE, 0, "Which files? usage: %s", command.usage);
        return command_fault(&e);
    }
    return load_and_run(&s, argv, operands);
}
