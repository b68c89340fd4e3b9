/*
 * verify.c - canh verify: is the store as it was written? Reads all of it, beside a running server
 * or without one: it asks none, for what a server says of itself proves nothing.
 */
#include <stdio.h>
#include <unistd.h>

#include "cmd/anchors.h"
#include "cmd/client.h"
#include "cmd/command.h"
#include "cmd/verifying.h"
#include "os/host.h"

struct verify_options {
    const char *data, *root;
    struct option_list anchors;
    bool json;
};

static const struct option_row options[] = {
    { "root", OPTION_TEXT, offsetof(struct verify_options, root), "FILE", NULL, 0, 0,
      "root.pub of the store, kept elsewhere (default: the one in the data folder, which whoever "
      "changed the store may have changed, too)" },
    { "anchor", OPTION_LIST, offsetof(struct verify_options, anchors), "NUMBER:HASH", NULL, 0, 0,
      "a checkpoint that is known from elsewhere: a witness, an export, a printed report" },
    { "json", OPTION_FLAG, offsetof(struct verify_options, json), NULL, NULL, 0, 0,
      "a JSON object a fault, and one at the end" },
    { "data", OPTION_TEXT, offsetof(struct verify_options, data), "DIR", NULL, 0, 0,
      "the data folder (default: as canh serve)" },
};

struct telling {
    bool json, terminal;
};

static void tell_fault(void *arg, const char *name, const char *where, const char *what)
{
    const struct telling *t = arg;
    struct buf line;

    buf_init(&line, 65536);
    if (t->json) {
        verifying_put_fault(&line, name, where, what);
        buf_byte(&line, '\n');
    } else {
        buf_fmt(&line, "%s%s: %s: %s\n", t->terminal ? "\r\033[K" : "", where, name, what);
    }
    (void)command_show(&line); /* the exit code tells it, too */
}

/* --- What is told --------------------------------------------------------------------------- */

static bool tell_progress(void *arg, const struct verify_counts *c)
{
    (void)arg;
    fprintf(stderr, "\r\033[K%llu events in %llu of %llu files", (unsigned long long)c->events,
            (unsigned long long)c->files, (unsigned long long)c->files_all);
    return true;
}

static void put_end(struct buf *line, const struct verifying_found *found, double seconds)
{
    const struct verify_counts *c = &found->counts;

    buf_fmt(
        line,
        "%llu sealed events in %llu files, %llu not sealed yet, %llu checkpoints and %llu lines of "
        "the desk's record were read in %.1f s: ",
        (unsigned long long)c->events, (unsigned long long)c->files,
        (unsigned long long)c->lane_events, (unsigned long long)c->checkpoints,
        (unsigned long long)found->lines, seconds);
    if (c->faults == 0)
        buf_text(line, "all is as it was written.\n");
    else
        buf_fmt(line, "%llu fault%s.\n", (unsigned long long)c->faults, c->faults > 1 ? "s" : "");
    if (c->not_signed > 0)
        buf_fmt(line, "%llu events came after the last checkpoint: nothing vouches for them yet.\n",
                (unsigned long long)c->not_signed);
    if (c->checkpoints > 0) {
        buf_text(line, "Anchor, to be kept elsewhere: ");
        verifying_put_anchor(line, c);
        buf_byte(line, '\n');
    }
}

static void tell_end(const struct telling *t, const struct verifying_found *found, double seconds)
{
    struct buf line;

    buf_init(&line, 4096);
    if (t->json) {
        verifying_put_end(&line, found);
        buf_byte(&line, '\n');
    } else {
        buf_text(&line, t->terminal ? "\r\033[K" : "");
        put_end(&line, found, seconds);
    }
    (void)command_show(&line); /* the exit code tells it, too */
}

int cmd_verify(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh verify [--data DIR] [--root FILE] [--anchor NUMBER:HASH]",
        "Reads the whole store, lays it against what was signed, and says what is not as it was\n"
        "written, and where. Exit code 1 when anything is not, 2 when it cannot be read. Beside a\n"
        "running server, too, it reads all of it itself: what a server says of itself proves\n"
        "nothing. canh verify begin asks the server, and canh verify list shows what came of it."
    };
    struct verify_options o = { 0 };
    struct telling t = { .terminal = isatty(STDERR_FILENO) == 1 };
    struct verifying_from from = { .fault = tell_fault, .arg = &t };
    struct links_anchor anchors[LINKS_ANCHORS];
    uint8_t store[NOTE_STORE_BYTES];
    struct verifying_found found;
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
    from.go_on = t.terminal ? tell_progress : NULL;
    from.anchors = anchors;
    from.anchor_count = o.anchors.count;
    rc = ledger_anchors(&o.anchors, anchors, &e);
    if (rc == ERR_OK)
        rc = ledger_root_of(o.root, o.data, store, from.root, &e);
    if (rc == ERR_OK)
        rc = verifying_run(&from, &found, &e);
    if (rc != ERR_OK)
        return command_fault(&e);
    tell_end(&t, &found, host_seconds() - began);
    return found.counts.faults > 0 ? EXIT_FOUND : EXIT_RAN;
}
