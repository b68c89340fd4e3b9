/*
 * verifying.c - see verifying.h.
 */
#include "cmd/verifying.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/reading.h"
#include "db/record.h"
#include "keep/generation.h"
#include "keep/role.h"
#include "ledger/note.h"
#include "os/file.h"
#include "scan/put.h"

struct verifying {
    const struct verifying_from *from;
    struct verifying_found *found;
    uint64_t record_faults;
};

/* --- The desk's record ---------------------------------------------------------------------- */

static void on_record_fault(void *arg, enum record_fault f, const char *where, const char *what)
{
    struct verifying *v = arg;
    char path[160];

    v->record_faults++;
    (void)snprintf(path, sizeof(path), "desk/canh.db, %s", where);
    v->from->fault(v->from->arg, f == RECORD_LINE ? "RECORD" : "ROW", path, what);
}

static int verify_heads(struct verifying *v, struct db *db, const struct signed_texts *heads,
                        struct err *e)
{
    struct record_check check = { .fault = on_record_fault, .arg = v };
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
    v->found->lines = check.lines;
    return rc;
}

static bool on_asks(void *arg)
{
    const struct verifying *v = arg;

    return v->from->go_on(v->from->arg, &v->found->counts);
}

static int verify_record(void *arg, const struct signed_texts *heads, struct err *e)
{
    struct verifying *v = arg;
    char path[FILE_PATH_BYTES];
    struct err why = { 0 };
    struct db *db = NULL;
    int rc;

    if (data_path(path, sizeof(path), v->from->data, "desk/canh.db") != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    if (access(path, F_OK) != 0 && !heads->any)
        return ERR_OK; /* no desk was ever there */
    rc = db_open_reader(&db, path, &why);
    if (rc == ERR_OK && v->from->go_on != NULL)
        db_asks(db, on_asks, v);
    if (rc == ERR_OK)
        rc = verify_heads(v, db, heads, &why);
    db_close(&db);
    if (rc == ERR_NOMEM || rc == ERR_MORE)
        return err_set(e, rc, 0, "%s", why.why);
    if (rc != ERR_OK)
        on_record_fault(v, RECORD_LINE, "the file", why.why);
    return ERR_OK;
}

/* --- The whole ------------------------------------------------------------------------------ */

static void on_fault(void *arg, const char *name, const char *where, const char *what)
{
    const struct verifying *v = arg;

    v->from->fault(v->from->arg, name, where, what);
}

static bool on_go_on(void *arg, const struct verify_counts *c)
{
    const struct verifying *v = arg;

    return v->from->go_on(v->from->arg, c);
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

int verifying_run(const struct verifying_from *from, struct verifying_found *found, struct err *e)
{
    struct verifying v = { .from = from, .found = found };
    struct verify_from store = { .io = &io_system,
                                 .data = from->data,
                                 .anchors = from->anchors,
                                 .anchor_count = from->anchor_count,
                                 .fault = on_fault,
                                 .record = verify_record,
                                 .go_on = from->go_on != NULL ? on_go_on : NULL,
                                 .arg = &v };
    struct reading reading = { 0 };
    int rc;

    *found = (struct verifying_found){ 0 };
    memcpy(store.root, from->root, sizeof(store.root));
    open_reading(&reading, from->data);
    store.tallier = reading.tallier;
    rc = verify_store(&store, &found->counts, e);
    reading_close(&reading);
    found->counts.faults += v.record_faults;
    return rc;
}

/* --- As text -------------------------------------------------------------------------------- */

void verifying_put_fault(struct buf *out, const char *name, const char *where, const char *what)
{
    buf_fmt(out, "{\"fault\":\"%s\",\"where\":", name);
    put_json_text(out, span_of(where));
    buf_text(out, ",\"what\":");
    put_json_text(out, span_of(what));
    buf_byte(out, '}');
}

void verifying_put_anchor(struct buf *out, const struct verify_counts *c)
{
    if (c->checkpoints == 0)
        return;
    buf_fmt(out, "%llu:", (unsigned long long)c->last);
    note_put_hex(out, c->last_hash.bytes, sizeof(c->last_hash.bytes));
}

void verifying_put_end(struct buf *out, const struct verifying_found *found)
{
    const struct verify_counts *c = &found->counts;

    buf_fmt(out,
            "{\"files\":%llu,\"blocks\":%llu,\"events\":%llu,\"lane_events\":%llu,"
            "\"checkpoints\":%llu,\"not_signed\":%llu,\"record\":%llu,\"anchor\":\"",
            (unsigned long long)c->files, (unsigned long long)c->blocks,
            (unsigned long long)c->events, (unsigned long long)c->lane_events,
            (unsigned long long)c->checkpoints, (unsigned long long)c->not_signed,
            (unsigned long long)found->lines);
    verifying_put_anchor(out, c);
    buf_fmt(out, "\",\"faults\":%llu}", (unsigned long long)c->faults);
}
