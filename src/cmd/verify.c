/*
 * verify.c - canh verify: is the store as it was written? Reads all of it, beside a running server
 * or without one.
 */
#include <stdio.h>
#include <unistd.h>

#include "cmd/client.h"
#include "cmd/command.h"
#include "os/host.h"
#include "scan/put.h"
#include "seal/verify.h"

struct verify_options {
    const char *data;
    bool json;
};

static const struct option_row options[] = {
    { "json", OPTION_FLAG, offsetof(struct verify_options, json), NULL, NULL, 0, 0,
      "a JSON object a fault, and one at the end" },
    { "data", OPTION_TEXT, offsetof(struct verify_options, data), "DIR", NULL, 0, 0,
      "the data folder (default: as canh serve)" },
};

struct telling {
    bool json, terminal;
};

static void tell_fault(void *arg, const char *where, const char *what)
{
    const struct telling *t = arg;
    struct buf line;

    buf_init(&line, 65536);
    if (t->json) {
        buf_text(&line, "{\"where\":");
        put_json_text(&line, span_of(where));
        buf_text(&line, ",\"what\":");
        put_json_text(&line, span_of(what));
        buf_text(&line, "}\n");
    } else {
        buf_fmt(&line, "%s%s: %s\n", t->terminal ? "\r\033[K" : "", where, what);
    }
    (void)command_show(&line); /* the exit code tells it, too */
}

static void tell_progress(void *arg, const struct verify_counts *c)
{
    (void)arg;
    fprintf(stderr, "\r\033[K%llu events in %llu files", (unsigned long long)c->events,
            (unsigned long long)c->files);
}

static void tell_end(const struct telling *t, const struct verify_counts *c, double seconds)
{
    struct buf line;

    buf_init(&line, 4096);
    if (t->json)
        buf_fmt(&line,
                "{\"files\":%llu,\"blocks\":%llu,\"events\":%llu,\"lane_events\":%llu,"
                "\"faults\":%llu}\n",
                (unsigned long long)c->files, (unsigned long long)c->blocks,
                (unsigned long long)c->events, (unsigned long long)c->lane_events,
                (unsigned long long)c->faults);
    else
        buf_fmt(
            &line,
            "%s%llu sealed events in %llu files and %llu not sealed yet were read in %.1f s: %s",
            t->terminal ? "\r\033[K" : "", (unsigned long long)c->events,
            (unsigned long long)c->files, (unsigned long long)c->lane_events, seconds,
            c->faults == 0 ? "all is as it was written.\n" : "");
    if (!t->json && c->faults > 0)
        buf_fmt(&line, "%llu faults.\n", (unsigned long long)c->faults);
    (void)command_show(&line); /* the exit code tells it, too */
}

int cmd_verify(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh verify [--data DIR]",
        "Reads the whole store and says what is not as it was written, and where. Exit code 1 when\n"
        "anything is not, 2 when it cannot be read."
    };
    struct verify_options o = { 0 };
    struct telling t = { .terminal = isatty(STDERR_FILENO) == 1 };
    struct verify_from from = { .io = &io_system, .fault = tell_fault, .arg = &t };
    struct verify_counts counts;
    char room[4096];
    double began = host_seconds();
    struct err e = { 0 };
    int operands, code, rc;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (operands > 0)
        return command_surplus("verify", argv[0]);
    o.data = client_folder(o.data, room, &e);
    if (o.data == NULL)
        return command_fault(&e);
    t.json = o.json;
    from.data = o.data;
    from.now_ns = host_now_ns();
    from.progress = t.terminal ? tell_progress : NULL;
    rc = verify_store(&from, &counts, &e);
    if (rc != ERR_OK)
        return command_fault(&e);
    tell_end(&t, &counts, host_seconds() - began);
    return counts.faults > 0 ? EXIT_FOUND : EXIT_RAN;
}
