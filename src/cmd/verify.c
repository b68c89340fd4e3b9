/*
 * verify.c - canh verify: is the store as it was written? Reads all of it, beside a running server
 * or without one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/anchors.h"
#include "cmd/client.h"
#include "cmd/command.h"
#include "cmd/reading.h"
#include "db/record.h"
#include "keep/generation.h"
#include "keep/role.h"
#include "ledger/note.h"
#include "os/file.h"
#include "os/host.h"
#include "scan/put.h"
#include "seal/verify.h"

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
    const char *data;
    uint64_t record_faults, lines, lines_behind;
};

static void tell_fault(void *arg, const char *name, const char *where, const char *what)
{
    const struct telling *t = arg;
    struct buf line;

    buf_init(&line, 65536);
    if (t->json) {
        buf_fmt(&line, "{\"fault\":\"%s\",\"where\":", name);
        put_json_text(&line, span_of(where));
        buf_text(&line, ",\"what\":");
        put_json_text(&line, span_of(what));
        buf_text(&line, "}\n");
    } else {
        buf_fmt(&line, "%s%s: %s: %s\n", t->terminal ? "\r\033[K" : "", where, name, what);
    }
    (void)command_show(&line); /* the exit code tells it, too */
}

/* --- The desk's record ---------------------------------------------------------------------- */

static void tell_record_fault(void *arg, enum record_fault f, const char *where, const char *what)
{
    char path[160];

    ((struct telling *)arg)->record_faults++;
    (void)snprintf(path, sizeof(path), "desk/canh.db, %s", where);
    tell_fault(arg, f == RECORD_LINE ? "RECORD" : "ROW", path, what);
}

static int verify_heads(struct telling *t, struct db *db, const struct signed_texts *heads,
                        struct err *e)
{
    struct record_check check = { .fault = tell_record_fault, .arg = t };
    struct record_head *head = calloc(heads->count + 1u, sizeof(*head));
    int rc;

    if (head == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to verify the database.");
    for (uint32_t i = 0; i < heads->count; i++)
        head[check.heads++] = (struct record_head){ heads->text[i].hash, heads->text[i].number };
    if (heads->any &&
        (heads->count == 0 || heads->text[heads->count - 1].number != heads->last.number))
        head[check.heads++] = (struct record_head){ heads->last.hash, heads->last.number };
    check.head = head;
    rc = record_verify(db, &check, e);
    free(head);
    t->lines = check.lines;
    t->lines_behind = check.behind;
    return rc;
}

static int verify_record(void *arg, const struct signed_texts *heads, struct err *e)
{
    struct telling *t = arg;
    char path[FILE_PATH_BYTES];
    struct err why = { 0 };
    struct db *db = NULL;
    int rc;

    if (data_path(path, sizeof(path), t->data, "desk/canh.db") != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    if (access(path, F_OK) != 0 && !heads->any)
        return ERR_OK; /* no desk was ever there */
    rc = db_open_reader(&db, path, &why);
    if (rc == ERR_OK)
        rc = verify_heads(t, db, heads, &why);
    db_close(&db);
    if (rc == ERR_NOMEM)
        return err_set(e, rc, 0, "%s", why.why);
    if (rc != ERR_OK)
        tell_record_fault(t, RECORD_LINE, "the file", why.why);
    return ERR_OK;
}

/* --- What is told --------------------------------------------------------------------------- */

static void tell_progress(void *arg, const struct verify_counts *c)
{
    (void)arg;
    fprintf(stderr, "\r\033[K%llu events in %llu files", (unsigned long long)c->events,
            (unsigned long long)c->files);
}

static void put_anchor(struct buf *line, const struct verify_counts *c)
{
    buf_fmt(line, "%llu:", (unsigned long long)c->last);
    note_put_hex(line, c->last_hash.bytes, sizeof(c->last_hash.bytes));
}

static void put_json_end(struct buf *line, const struct telling *t, const struct verify_counts *c)
{
    buf_fmt(line,
            "{\"files\":%llu,\"blocks\":%llu,\"events\":%llu,\"lane_events\":%llu,"
            "\"checkpoints\":%llu,\"not_signed\":%llu,\"record\":%llu,\"anchor\":\"",
            (unsigned long long)c->files, (unsigned long long)c->blocks,
            (unsigned long long)c->events, (unsigned long long)c->lane_events,
            (unsigned long long)c->checkpoints, (unsigned long long)c->not_signed,
            (unsigned long long)t->lines);
    if (c->checkpoints > 0)
        put_anchor(line, c);
    buf_fmt(line, "\",\"faults\":%llu}\n", (unsigned long long)c->faults);
}

static void put_end(struct buf *line, const struct telling *t, const struct verify_counts *c,
                    double seconds)
{
    buf_fmt(
        line,
        "%llu sealed events in %llu files, %llu not sealed yet, %llu checkpoints and %llu lines of "
        "the desk's record were read in %.1f s: ",
        (unsigned long long)c->events, (unsigned long long)c->files,
        (unsigned long long)c->lane_events, (unsigned long long)c->checkpoints,
        (unsigned long long)t->lines, seconds);
    if (c->faults == 0)
        buf_text(line, "all is as it was written.\n");
    else
        buf_fmt(line, "%llu fault%s.\n", (unsigned long long)c->faults, c->faults > 1 ? "s" : "");
    if (c->not_signed > 0)
        buf_fmt(line, "%llu events came after the last checkpoint: nothing vouches for them yet.\n",
                (unsigned long long)c->not_signed);
    if (c->checkpoints > 0) {
        buf_text(line, "Anchor, to be kept elsewhere: ");
        put_anchor(line, c);
        buf_byte(line, '\n');
    }
}

static void tell_end(const struct telling *t, const struct verify_counts *c, double seconds)
{
    struct buf line;

    buf_init(&line, 4096);
    if (t->json) {
        put_json_end(&line, t, c);
    } else {
        buf_text(&line, t->terminal ? "\r\033[K" : "");
        put_end(&line, t, c, seconds);
    }
    (void)command_show(&line); /* the exit code tells it, too */
}

/* With the newest rules that there are; without any, most names of tallies are not counted again.
 */
static void open_reading(struct reading *r, const char *data)
{
    char rules[FILE_PATH_BYTES], path[FILE_PATH_BYTES];
    uint64_t generation;

    if (data_path(rules, sizeof(rules), data, "rules") != ERR_OK)
        return;
    generation = generation_before(rules, UINT64_MAX);
    if (generation > 0 &&
        data_path(path, sizeof(path), data, "rules/%llu", (unsigned long long)generation) == ERR_OK)
        (void)reading_open(r, path, NULL);
}

int cmd_verify(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh verify [--data DIR] [--root FILE] [--anchor NUMBER:HASH]",
        "Reads the whole store, lays it against what was signed, and says what is not as it was\n"
        "written, and where. Exit code 1 when anything is not, 2 when it cannot be read."
    };
    struct verify_options o = { 0 };
    struct telling t = { .terminal = isatty(STDERR_FILENO) == 1 };
    struct verify_from from = {
        .io = &io_system, .fault = tell_fault, .record = verify_record, .arg = &t
    };
    struct links_anchor anchors[LINKS_ANCHORS];
    uint8_t store[NOTE_STORE_BYTES];
    struct verify_counts counts;
    char room[4096];
    double began = host_seconds();
    struct reading reading = { 0 };
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
    from.data = t.data = o.data;
    from.progress = t.terminal ? tell_progress : NULL;
    from.anchors = anchors;
    from.anchor_count = o.anchors.count;
    rc = ledger_anchors(&o.anchors, anchors, &e);
    if (rc == ERR_OK)
        rc = ledger_root_of(o.root, o.data, store, from.root, &e);
    if (rc == ERR_OK) {
        open_reading(&reading, o.data);
        from.tallier = reading.tallier;
        rc = verify_store(&from, &counts, &e);
    }
    reading_close(&reading);
    if (rc != ERR_OK)
        return command_fault(&e);
    counts.faults += t.record_faults;
    tell_end(&t, &counts, host_seconds() - began);
    return counts.faults > 0 ? EXIT_FOUND : EXIT_RAN;
}
