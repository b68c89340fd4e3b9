/*
 * export.c - canh export: chosen events as evidence, in a folder or a tar file, for somebody who
 * has Python and not this program.
 *
 *   --id, or a search ─▶ ids ─▶ evidence_make() ─▶ folder, .tar
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/anchors.h"
#include "cmd/client.h"
#include "cmd/command.h"
#include "cmd/evidence_beside.h"
#include "cmd/evidence_out.h"
#include "cmd/load.h"
#include "cmd/office_ask.h"
#include "cmd/show.h"
#include "base/num.h"
#include "console/console.h"
#include "incident/incident.h"
#include "ledger/checkpoint.h"
#include "office/office.h"
#include "os/file.h"
#include "os/host.h"
#include "seal/evidence.h"

#define WITNESSES   8u
#define WITNESS_MAX (NOTE_BYTES_MAX + 1024u)
#define FILES_MAX   (EVIDENCE_BESIDE + 2 * WITNESSES)

struct export_options {
    const char *data, *root, *from, *to, *out, *is_for;
    struct option_list ids, witnesses, witness_keys;
    uint64_t limit;
};

static const struct option_row options[] = {
    { "out", OPTION_TEXT, offsetof(struct export_options, out), "PATH", NULL, 0, 0,
      "where the evidence goes: a new folder, or a new file that ends in .tar" },
    { "id", OPTION_LIST, offsetof(struct export_options, ids), "LANE/NUMBER", NULL, 0, 0,
      "an event, by the lane and the sequence that canh search --json shows" },
    { "from", OPTION_TEXT, offsetof(struct export_options, from), "TIME", NULL, 0, 0,
      "events from then on: 90s, 15m, 2h, 7d ago, or 2026-03-01T10:00:00Z" },
    { "to", OPTION_TEXT, offsetof(struct export_options, to), "TIME", NULL, 0, 0,
      "events before then" },
    { "limit", OPTION_NUMBER, offsetof(struct export_options, limit), "N", "1000", 1,
      EVIDENCE_EVENTS, "at most so many of those found, the newest" },
    { "for", OPTION_TEXT, offsetof(struct export_options, is_for), "CASE", NULL, 0, 0,
      "the case, as alert:12 or incident:3; needed to look for one person's records" },
    { "witness", OPTION_LIST, offsetof(struct export_options, witnesses), "FILE", NULL, 0, 0,
      "what a witness has signed of this store: STORE.checkpoint in its folder" },
    { "witness-key", OPTION_LIST, offsetof(struct export_options, witness_keys), "FILE", NULL, 0, 0,
      "a witness's public key: witness.pub in its folder" },
    { "root", OPTION_TEXT, offsetof(struct export_options, root), "FILE", NULL, 0, 0,
      "root.pub of the store (default: the one in the data folder)" },
    { "data", OPTION_TEXT, offsetof(struct export_options, data), "DIR", NULL, 0, 0,
      "the data folder (default: as canh serve)" },
};

struct chosen {
    struct evidence_event *event;
    uint32_t count;
};

/* --- Which ----------------------------------------------------------------------------------- */

static bool read_id(const char *text, struct evidence_event *id)
{
    struct span s = span_of(text);
    size_t n = span_find(s, '/');
    uint64_t lane;

    if (n == s.n || !num_u64((struct span){ s.p, n }, UINT32_MAX, &lane) ||
        !num_u64(span_from(s, n + 1), UINT64_MAX - 1, &id->sequence))
        return false;
    id->lane = (uint32_t)lane;
    return true;
}

static int take_ids(struct chosen *c, const struct option_list *ids, struct err *e)
{
    for (uint32_t i = 0; i < ids->count; i++) {
        if (!read_id(ids->value[i], &c->event[c->count++]))
            return err_set(e, ERR_USAGE, 0, "'%.60s' is no event: LANE/NUMBER, as 0/12345.",
                           ids->value[i]);
    }
    return ERR_OK;
}

static int take_hits(struct chosen *c, struct search *found, struct err *e)
{
    for (uint32_t i = 0; i < search_lines(found); i++) {
        struct span line;
        int rc = search_line(found, i, &line, e);
        json_t *ev;

        if (rc != ERR_OK)
            return rc;
        ev = json_loadb((const char *)line.p, line.n, JSON_ALLOW_NUL, NULL);
        if (!json_is_integer(json_object_get(ev, "sequence"))) {
            json_decref(ev);
            return err_set(e, ERR_NOMEM, 0, "There is no memory to choose events.");
        }
        c->event[c->count++] = (struct evidence_event){
            (uint32_t)json_integer_value(json_object_get(ev, "lane")),
            (uint64_t)json_integer_value(json_object_get(ev, "sequence"))
        };
        json_decref(ev);
    }
    return ERR_OK;
}

/* What was not looked at is told: who reads the evidence cannot know. */
static void tell_search(const struct search_counts *n)
{
    if (n->more || n->found > n->shown)
        fprintf(stderr, "canh: There are more; the newest were taken (--limit).\n");
    if (n->partial)
        fprintf(stderr, "canh: Not all was looked at: %s.\n", n->why);
}

static int run_search(struct chosen *c, struct search_from *from, struct err *e)
{
    struct load_options o = { .threads = 1 };
    struct load l = { 0 };
    struct search *found = NULL;
    struct search_counts n;
    int rc = load_open(&l, &o, e);

    if (rc != ERR_OK)
        return rc;
    from->io = &io_system;
    from->taxonomy = l.taxonomy;
    from->names = &l.names;
    from->skew_ns = SHOW_SKEW_NS;
    from->clock = (struct query_clock){ host_now_ns(), QUERY_VIETNAM_S };
    rc = search_new(&found, from, e);
    while (rc == ERR_OK && (rc = search_step(found, e)) > 0)
        rc = ERR_OK;
    if (rc == ERR_OK)
        rc = take_hits(c, found, e);
    if (rc == ERR_OK) {
        n = search_counts(found);
        tell_search(&n);
    }
    search_free(&found);
    load_close(&l);
    return rc;
}

/* Who searches what is written down by the server (act search.run), which may refuse; where none
 * runs nobody looks for one person's records. */
static int write_down(const struct export_options *o, const char *filter, struct err *e)
{
    const struct act_row *row = act_find(&office_acts, SPAN_LIT("search.run"));
    struct buf sent, answer;
    struct client c;
    int rc = client_open(&c, o->data, e);

    client_close(&c);
    if (rc == ERR_NOTFOUND)
        return show_nobody(span_of(filter), e);
    MUST(row != NULL);
    buf_init(&sent, HTTP_TARGET_MAX);
    buf_init(&answer, ACT_ANSWER_MAX);
    incident_search_parameters(&sent, span_of(filter),
                               o->is_for != NULL ? span_of(o->is_for) : SPAN_NONE);
    if (rc == ERR_OK && buf_failed(&sent))
        rc = err_set(e, ERR_USAGE, 0, "The query is too long.");
    if (rc == ERR_OK)
        rc = office_do(o->data, row, buf_span(&sent), &answer, e);
    buf_release(&answer);
    buf_release(&sent);
    return rc;
}

static int search_events(struct chosen *c, const struct export_options *o, const char *filter,
                         struct err *e)
{
    struct search_from from = { .data = o->data,
                                .query = span_of(filter),
                                .filter_only = true,
                                .from_ns = INT64_MIN / 2,
                                .to_ns = INT64_MAX / 2,
                                .limit = (uint32_t)o->limit };
    int rc = show_time(o->from, &from.from_ns, e);

    if (rc == ERR_OK)
        rc = show_time(o->to, &from.to_ns, e);
    if (rc == ERR_OK)
        rc = write_down(o, filter, e);
    return rc == ERR_OK ? run_search(c, &from, e) : rc;
}

/* Sorted, each once. */
static void put_in_order(struct chosen *c)
{
    uint32_t n = 0;

    qsort(c->event, c->count, sizeof(*c->event), evidence_order);
    for (uint32_t i = 0; i < c->count; i++) {
        if (n == 0 || evidence_order(&c->event[n - 1], &c->event[i]) != 0)
            c->event[n++] = c->event[i];
    }
    c->count = n;
}

/* --- What goes with them ---------------------------------------------------------------------- */

struct beside {
    struct evidence_file file[FILES_MAX];
    uint32_t count;
    struct buf bytes[2 * WITNESSES];
    char name[2 * WITNESSES][32];
    uint64_t at_least;
};

static int add_file(struct beside *b, const char *path, const char *kind, uint32_t i, struct err *e)
{
    const uint32_t n = b->count - EVIDENCE_BESIDE; /* behind our own two */
    int rc;

    buf_init(&b->bytes[n], (size_t)1 << 20);
    rc = file_read(path, WITNESS_MAX, &b->bytes[n], e);
    (void)snprintf(b->name[n], sizeof(b->name[n]), "witness/%u.%s", i, kind);
    b->file[b->count++] = (struct evidence_file){ b->name[n], buf_span(&b->bytes[n]) };
    return rc;
}

/* The checkpoint that a witness has signed has to be in the chain. */
static int reach(struct beside *b, const char *path, struct err *e)
{
    static struct checkpoint c;
    struct note n;

    if (note_next(b->file[b->count - 1].bytes, &n, NULL) <= 0 ||
        checkpoint_read(n.text, &c, NULL) != ERR_OK)
        return err_set(e, ERR_SYNTAX, 0, "%.150s holds no checkpoint.", path);
    if (c.number > b->at_least)
        b->at_least = c.number;
    return ERR_OK;
}

static int gather(struct beside *b, const struct export_options *o, struct err *e)
{
    int rc = ERR_OK;

    memcpy(b->file, evidence_beside, sizeof(evidence_beside));
    b->count = EVIDENCE_BESIDE;
    if (o->witnesses.count > WITNESSES || o->witness_keys.count > WITNESSES)
        return err_set(e, ERR_USAGE, 0, "At most %u witnesses can be given.", WITNESSES);
    for (uint32_t i = 0; i < o->witnesses.count && rc == ERR_OK; i++) {
        rc = add_file(b, o->witnesses.value[i], "checkpoint", i, e);
        if (rc == ERR_OK)
            rc = reach(b, o->witnesses.value[i], e);
    }
    for (uint32_t i = 0; i < o->witness_keys.count && rc == ERR_OK; i++)
        rc = add_file(b, o->witness_keys.value[i], "pub", i, e);
    return rc;
}

/* --- The command ------------------------------------------------------------------------------ */

static void tell_made(const struct export_options *o, const struct evidence_made *made)
{
    struct buf line;

    buf_init(&line, 4096);
    buf_fmt(&line, "%u events in %s, vouched for by checkpoint %llu, ", made->events, o->out,
            (unsigned long long)made->checkpoint);
    note_put_time(&line, made->time_ns);
    buf_fmt(&line, ".\nAnchor, for whoever checks it: %llu:", (unsigned long long)made->checkpoint);
    note_put_hex(&line, made->hash.bytes, sizeof(made->hash.bytes));
    buf_byte(&line, '\n');
    if (made->not_signed > 0)
        buf_fmt(&line, "%u events are not signed yet and were left out.\n", made->not_signed);
    (void)command_show(&line);
}

static int make(const struct export_options *o, const struct chosen *c, struct err *e)
{
    struct evidence_from from = { .io = &io_system,
                                  .data = o->data,
                                  .event = c->event,
                                  .count = c->count,
                                  .only_signed = o->ids.count == 0,
                                  .put = evidence_out_put };
    uint8_t store[NOTE_STORE_BYTES];
    struct beside beside = { 0 };
    struct evidence_out *out = NULL;
    struct evidence_made made;
    int rc = gather(&beside, o, e);

    from.file = beside.file;
    from.file_count = beside.count;
    from.at_least = beside.at_least;
    if (rc == ERR_OK)
        rc = ledger_root_of(o->root, o->data, store, from.root, e);
    if (rc == ERR_OK)
        rc = evidence_out_new(&out, o->out, host_now_ns(), e);
    from.arg = out;
    if (rc == ERR_OK)
        rc = evidence_make(&from, &made, e);
    if (rc == ERR_OK)
        rc = evidence_out_end(out, e);
    if (rc == ERR_OK)
        tell_made(o, &made);
    evidence_out_free(&out);
    for (uint32_t i = 0; i < COUNT_OF(beside.bytes); i++)
        buf_release(&beside.bytes[i]);
    return rc;
}

static int export_chosen(struct export_options *o, const char *filter, struct err *e)
{
    struct chosen c = { .event = calloc(EVIDENCE_EVENTS, sizeof(*c.event)) };
    int rc;

    if (c.event == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to choose events.");
    rc = o->ids.count > 0 ? take_ids(&c, &o->ids, e) : search_events(&c, o, filter, e);
    put_in_order(&c);
    if (rc == ERR_OK && c.count == 0)
        rc = err_set(e, ERR_NOTFOUND, 0, "There is no such event.");
    if (rc == ERR_OK)
        rc = make(o, &c, e);
    free(c.event);
    return rc;
}

/* Is it said which, in one way, and where to? */
static int check_options(const struct export_options *o, int operands, struct err *e)
{
    const bool searched = operands > 0 || o->from != NULL || o->to != NULL;

    if (o->out == NULL)
        return err_set(e, ERR_USAGE, 0, "canh export takes --out.");
    if (searched == (o->ids.count > 0))
        return err_set(e, ERR_USAGE, 0, "canh export takes --id, or a filter, --from and --to.");
    return ERR_OK;
}

int cmd_export(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh export --out PATH [OPTIONS] [FILTER | --id LANE/NUMBER]",
        "Writes events with the proofs that they are what was stored and signed, the ledger up to the\n"
        "checkpoint that vouches for them, and a verifier in Python: evidence for somebody without\n"
        "canh. FILTER as for canh search. See docs/evidence.md."
    };
    struct export_options o = { 0 };
    char room[CLIENT_PATH_BYTES];
    struct buf filter;
    struct err e = { 0 };
    int operands, code, rc;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    o.data = client_folder(o.data, room, &e);
    if (o.data == NULL || check_options(&o, operands, &e) != ERR_OK ||
        show_join(&filter, argv, operands, &e) != ERR_OK)
        return command_fault(&e);
    rc = export_chosen(&o, (const char *)filter.p, &e);
    code = rc == ERR_OK                       ? EXIT_RAN
           : rc == ERR_SYNTAX && operands > 0 ? show_query_fault((const char *)filter.p, &e)
                                              : command_fault(&e);
    buf_release(&filter);
    return code;
}
