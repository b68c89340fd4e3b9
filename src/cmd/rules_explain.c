/*
 * rules_explain.c - canh rules explain: one rule on the events of a file, selection by selection.
 *
 * A file may hold many events: those that matched are explained, and of those that did not the ones
 * that came nearest (most selections true), a few of each.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/command.h"
#include "cmd/load.h"
#include "scan/feed.h"
#include "scan/put.h"
#include "scan/records.h"
#include "sigma/explain.h"

struct settings {
    struct load_options load;
    uint64_t record, most;
};

static const struct option_row options[] = {
    LOAD_OPTIONS(struct settings, load),
    { "record", OPTION_NUMBER, offsetof(struct settings, record), "N", NULL, 1, UINT64_MAX,
      "explain this record of the file only (counted from 1)" },
    { "most", OPTION_NUMBER, offsetof(struct settings, most), "N", "3", 1, 1000000,
      "how many events to explain" },
};

static const struct command_line command = {
    options, COUNT_OF(options), "canh rules explain [OPTIONS] RULE FILE",
    "Says why RULE (an id, a title, or a file of rules) matches events of FILE or does not,\n"
    "selection by selection: what was wanted, what the event has."
};

struct work {
    const struct settings *set;
    struct load load;
    struct explain *explain;
    struct feed *feed;
    struct records *records;
    struct rec rec;
    struct event event;
    struct block block;
    uint32_t rule;
    uint64_t records_seen, of_source, matched, shown;
    uint32_t best; /* selections that held in the nearest miss */
    struct buf nearest;
};

static void on_fault(void *arg, struct span name, const char *why)
{
    (void)arg;
    fprintf(stderr, "canh: %.*s: %s\n", SPAN_ARG(name), why);
}

static void put_rows(struct buf *out, const struct explain_row *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct explain_row *r = &rows[i];

        if (!r->is_item) {
            buf_fmt(out, "  %s %.*s%s\n", r->holds ? "yes" : "no ", SPAN_ARG(r->name),
                    r->of_filter ? " (of a filter)" : "");
            continue;
        }
        buf_fmt(out, "      %s %.*s: ", r->holds ? "yes" : "no ", SPAN_ARG(r->name));
        put_column(out, r->wanted, 300, false);
        buf_text(out, "\n          the event has: ");
        if (r->had.p == NULL)
            buf_text(out, "(no such field)");
        else
            put_column(out, r->had, 300, false);
        buf_byte(out, '\n');
    }
}

static void explain_event(struct work *w, const struct view *view)
{
    const struct sigma_rule *r = ruleset_rule(w->load.rules, w->rule);
    const struct explain_row *rows;
    uint32_t count, held = 0;
    struct buf out;
    bool match = explain_rule(w->explain, w->rule, &w->event, view, &rows, &count);

    for (uint32_t i = 0; i < count; i++)
        held += !rows[i].is_item && rows[i].holds;
    w->matched += match;
    if (!match && w->set->record == 0 && w->nearest.n > 0 && held <= w->best)
        return;
    buf_init(&out, (size_t)16 << 20);
    buf_fmt(&out, "record %llu: %s (source %.*s)\n", (unsigned long long)w->records_seen,
            match ? "matches" : "does not match", SPAN_ARG(view->source));
    for (uint32_t i = 0; i < r->condition_count; i++)
        buf_fmt(&out, "  condition: %.*s\n", SPAN_ARG(r->condition_text[i]));
    put_rows(&out, rows, count);
    if (match || w->set->record > 0) {
        if (w->shown++ < w->set->most)
            (void)fwrite(out.p, 1, out.n, stdout); /* command_show() would tell */
    } else {
        w->best = held;
        buf_clear(&w->nearest);
        buf_add(&w->nearest, buf_span(&out));
    }
    buf_release(&out);
}

static void do_block(struct work *w)
{
    enum record_state state;
    struct err why;

    event_reference_time(&w->event, w->block.time_ns);
    records_begin(w->records, (struct span){ w->block.p, w->block.n }, &w->block.cut,
                  w->block.header);
    while (records_next(w->records, &w->rec, &state, &why) > 0) {
        const struct view *view;

        w->records_seen += state != RECORD_NONE;
        if (w->rec.count == 0 || (w->set->record > 0 && w->set->record != w->records_seen))
            continue;
        event_begin(&w->event, &w->rec);
        view = explain_view(w->explain, w->rule, &w->event);
        if (view == NULL) {
            if (w->set->record > 0)
                printf("record %llu: is not of the rule's log source, so it is not tried\n",
                       (unsigned long long)w->records_seen);
            continue;
        }
        w->of_source++;
        explain_event(w, view);
    }
}

/* By id, else by title; of a single rule given as a file, that one. */
static bool find_rule(struct work *w, const char *which)
{
    struct span want = span_of(which);
    uint32_t count = ruleset_rule_count(w->load.rules);

    for (uint32_t i = 0; i < count; i++) {
        const struct sigma_head *h = &ruleset_rule(w->load.rules, i)->head;

        if (span_eq_nocase(h->id, want) || span_eq_nocase(h->title, want) ||
            span_eq(h->name, want) || span_eq(h->file, want)) {
            w->rule = i;
            return true;
        }
    }
    return false;
}

static int work_run(struct work *w, const struct file_list *files, struct err *e)
{
    int rc = explain_new(&w->explain, w->load.rules, e);

    if (rc == ERR_OK && !rec_init(&w->rec))
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory for a record.");
    if (rc == ERR_OK)
        rc = event_init(&w->event, w->load.taxonomy, &w->load.names, e);
    if (rc == ERR_OK)
        rc = records_new(&w->records, e);
    if (rc == ERR_OK)
        rc = feed_new(&w->feed, files, on_fault, w, e);
    if (rc != ERR_OK)
        return rc;
    while ((rc = feed_next(w->feed, &w->block, e)) > 0)
        do_block(w);
    if (rc != ERR_OK)
        return rc;
    if (w->matched == 0 && w->nearest.n > 0) {
        printf("No event matches; this one came nearest:\n");
        (void)fwrite(w->nearest.p, 1, w->nearest.n, stdout);
    }
    printf("%llu records, %llu of the rule's log source, %llu match\n",
           (unsigned long long)w->records_seen, (unsigned long long)w->of_source,
           (unsigned long long)w->matched);
    return ERR_OK;
}

static void work_release(struct work *w)
{
    feed_free(&w->feed);
    records_free(&w->records);
    block_release(&w->block);
    if (w->event.own != NULL)
        event_release(&w->event);
    if (w->rec.fields != NULL)
        rec_release(&w->rec);
    explain_free(&w->explain);
    buf_release(&w->nearest);
    load_close(&w->load);
}

static int explain_run(struct settings *s, const char *rule, const char *path)
{
    struct work w = { .set = s };
    struct file_list files;
    struct err e;
    bool is_file =
        span_ends(span_of(rule), SPAN_LIT(".yml")) || span_ends(span_of(rule), SPAN_LIT(".yaml"));
    int rc, code = EXIT_RAN;

    if (is_file && s->load.rules.count == 0)
        s->load.rules.value[s->load.rules.count++] = rule;
    files_init(&files);
    block_init(&w.block);
    buf_init(&w.nearest, (size_t)16 << 20);
    rc = files_add(&files, path, &(struct file_walk){ 0 }, &e);
    if (rc == ERR_OK)
        rc = load_open(&w.load, &s->load, &e);
    if (rc == ERR_OK && !find_rule(&w, rule))
        rc = err_set(&e, ERR_NOTFOUND, 0,
                     "No rule that loads has the id, title, name or file '%.100s'.", rule);
    if (rc == ERR_OK)
        rc = work_run(&w, &files, &e);
    if (rc != ERR_OK)
        code = command_fault(&e);
    work_release(&w);
    files_release(&files);
    return code;
}

int rules_explain(int argc, char **argv)
{
    struct settings s = { 0 };
    struct err e;
    int operands, code;

    if (!command_options(&command, &s, argc, argv, &operands, &code))
        return code;
    if (operands != 2) {
        (void)err_set(&e, ERR_USAGE, 0, "Which rule, and which file? usage: %s", command.usage);
        return command_fault(&e);
    }
    return explain_run(&s, argv[0], argv[1]);
}
