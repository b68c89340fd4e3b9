/*
 * hunt.c - canh hunt: rules over what is stored, whether the server runs or not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "cmd/command.h"
#include "cmd/load.h"
#include "cmd/show.h"
#include "console/console.h"
#include "os/host.h"
#include "scan/finding.h"
#include "scan/put.h"
#include "search/hunt.h"

#define PLACES_SHOWN 20u /* for people */
#define OUT_BYTES    ((size_t)1 << 20)
#define OUT_MAX      ((size_t)512 << 20)

struct hunt_options {
    struct load_options load;
    const char *data, *from, *to;
    uint64_t seconds;
    int format;
    bool utc;
};

static const struct option_row options[] = {
    LOAD_OPTIONS(struct hunt_options, load),
    { "from", OPTION_TEXT, offsetof(struct hunt_options, from), "TIME", NULL, 0, 0,
      "events from then on: 90s, 15m, 2h, 7d ago, or 2026-03-01T10:00:00Z" },
    { "to", OPTION_TEXT, offsetof(struct hunt_options, to), "TIME", NULL, 0, 0, "before then" },
    { "format", OPTION_CHOICE, offsetof(struct hunt_options, format), TABLE_FORMS, "table", 0, 0,
      "how hits are written" },
    { "max-seconds", OPTION_NUMBER, offsetof(struct hunt_options, seconds), "N", NULL, 1, 86400,
      "show what was found until then" },
    { "utc", OPTION_FLAG, offsetof(struct hunt_options, utc), NULL, NULL, 0, 0,
      "times in UTC (default: UTC+07)" },
    { "data", OPTION_TEXT, offsetof(struct hunt_options, data), "DIR", NULL, 0, 0,
      "the server's data folder (default: as canh serve)" },
};

struct work {
    struct hunt_options o;
    struct load load;
    struct load_room room; /* of the default paths */
    bool *rule, *correlation;
    struct hunt *hunt;
    struct screen screen;
    struct buf out;
    bool unwritable;
};

/* --- which rules ---------------------------------------------------------------------------- */

static bool is_path(const char *text)
{
    return access(text, F_OK) == 0;
}

/* Operands that are files or folders are read; others name rules of what is loaded. */
static int load_rules(struct work *w, char **words, int count, struct err *e)
{
    bool names = false;
    int rc = ERR_OK;

    for (int i = 0; i < count; i++)
        names |= !is_path(words[i]);
    if (names || count == 0)
        rc = load_defaults(&w->o.load, &w->room, e);
    for (int i = 0; i < count && rc == ERR_OK; i++) {
        if (is_path(words[i]))
            load_operands(&w->o.load, &words[i], 1);
    }
    if (rc == ERR_OK)
        rc = load_open(&w->load, &w->o.load, e);
    if (rc == ERR_OK)
        load_tell_refusals(&w->load);
    return rc;
}

/* A file or a folder of the operands has the rule, or the word is its id, name, title or file. */
static bool is_meant(const struct sigma_head *h, const char *word)
{
    const struct span text = span_of(word);

    if (is_path(word))
        return span_starts(h->file, text) &&
               (h->file.n == text.n || h->file.p[text.n] == '/' || span_ends(text, SPAN_LIT("/")));
    return sigma_is_called(h, text);
}

static int select_word(struct work *w, const char *word, struct err *e)
{
    const struct ruleset *rs = w->load.rules;
    bool any = is_path(word);

    for (uint32_t i = 0; i < ruleset_rule_count(rs); i++) {
        if (!is_meant(&ruleset_rule(rs, i)->head, word))
            continue;
        /* A rule that only correlations want is tried by itself where it is named. */
        w->rule[i] |= !is_path(word) || ruleset_rule(rs, i)->emit;
        any = true;
    }
    for (uint32_t i = 0; i < ruleset_correlation_count(rs); i++) {
        if (!is_meant(&ruleset_correlation(rs, i)->head, word))
            continue;
        w->correlation[i] = true;
        any = true;
    }
    return any ? ERR_OK
               : err_set(e, ERR_NOTFOUND, 0,
                         "'%.80s' is no file, and no rule has it as its id, name, title or file.",
                         word);
}

static int select_rules(struct work *w, char **words, int count, struct err *e)
{
    int rc = ERR_OK;

    w->rule = calloc(ruleset_rule_count(w->load.rules) + 1, sizeof(*w->rule));
    w->correlation = calloc(ruleset_correlation_count(w->load.rules) + 1, sizeof(*w->correlation));
    if (w->rule == NULL || w->correlation == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the rules.");
    for (int i = 0; i < count && rc == ERR_OK; i++)
        rc = select_word(w, words[i], e);
    return rc;
}

/* --- what was found ------------------------------------------------------------------------- */

static void let_out(struct work *w, size_t from)
{
    if (w->out.n < from || w->unwritable)
        return;
    w->unwritable =
        buf_failed(&w->out) || (w->out.n > 0 && fwrite(w->out.p, 1, w->out.n, stdout) != w->out.n);
    buf_clear(&w->out);
}

struct found {
    const struct sigma_head *head;
    uint64_t count;
    const struct hunt_hit *hits; /* of a rule */
    uint32_t listed;
    struct span results; /* of a correlation */
    bool of_correlation;
};

static void people(struct work *w, const struct found *f)
{
    const char *level = level_name(f->head->level);
    struct buf cell;

    buf_init(&cell, 65536);
    put_column(&cell, span_of(level), 13, true);
    put_colour(&w->out, &w->screen, level_colour(level), buf_span(&cell));
    buf_fmt(&w->out, "%10llu  ", (unsigned long long)f->count);
    put_column(&w->out, f->head->title, 4096, false);
    buf_text(&w->out, "  ");
    put_column(&w->out, f->head->id, 4096, false);
    buf_byte(&w->out, '\n');
    for (uint32_t i = 0; i < f->listed && i < PLACES_SHOWN; i++) {
        buf_text(&w->out, "    ");
        put_clock(&w->out, &w->screen, f->hits[i].time_ns, true);
        buf_fmt(&w->out, "  %u/%llu\n", f->hits[i].lane, (unsigned long long)f->hits[i].sequence);
    }
    if (f->listed > PLACES_SHOWN)
        buf_fmt(&w->out, "    and %llu more\n", (unsigned long long)(f->count - PLACES_SHOWN));
    buf_release(&cell);
}

static void json_hits(struct work *w, const struct found *f)
{
    uint8_t room[TIME_TEXT_MAX];

    buf_text(&w->out, ",\"events\":[");
    for (uint32_t i = 0; i < f->listed; i++) {
        buf_fmt(&w->out, "%s{\"lane\":%u,\"sequence\":%llu,\"time\":", i > 0 ? "," : "",
                f->hits[i].lane, (unsigned long long)f->hits[i].sequence);
        put_json_text(&w->out, time_text(f->hits[i].time_ns, room));
        buf_byte(&w->out, '}');
        let_out(w, OUT_BYTES);
    }
    buf_byte(&w->out, ']');
}

/* The results as they are: lines of JSON, here the members of an array. */
static void json_results(struct work *w, const struct found *f)
{
    struct span rest = f->results;
    const char *before = "";

    buf_text(&w->out, ",\"results\":[");
    while (rest.n > 0) {
        size_t end = span_find(rest, '\n');

        buf_text(&w->out, before);
        buf_add(&w->out, (struct span){ rest.p, end });
        before = ",";
        rest = span_from(rest, end + 1);
    }
    buf_byte(&w->out, ']');
}

static void json(struct work *w, const struct found *f)
{
    buf_text(&w->out, "{\"rule\":");
    put_rule(&w->out, f->head);
    buf_fmt(&w->out, ",\"hits\":%llu", (unsigned long long)f->count);
    if (f->of_correlation)
        json_results(w, f);
    else
        json_hits(w, f);
    buf_text(&w->out, "}\n");
}

static void csv_rule(struct work *w, const struct found *f)
{
    put_csv_text(&w->out, f->head->id);
    buf_byte(&w->out, ',');
    put_csv_text(&w->out, f->head->title);
    buf_fmt(&w->out, ",%s,%llu,", level_name(f->head->level), (unsigned long long)f->count);
}

/* A line an event; one line, without a place, for all results of a correlation. */
static void csv(struct work *w, const struct found *f)
{
    uint8_t room[TIME_TEXT_MAX];

    for (uint32_t i = 0; i < f->listed; i++) {
        csv_rule(w, f);
        buf_fmt(&w->out, "%u,%llu,", f->hits[i].lane, (unsigned long long)f->hits[i].sequence);
        put_csv_text(&w->out, time_text(f->hits[i].time_ns, room));
        buf_text(&w->out, "\r\n");
        let_out(w, OUT_BYTES);
    }
    if (f->of_correlation) {
        csv_rule(w, f);
        buf_text(&w->out, ",,\r\n");
    }
}

static void put_found(struct work *w, const struct found *f)
{
    static void (*const forms[])(struct work *, const struct found *) = {
        [TABLE_PEOPLE] = people, [TABLE_JSON] = json, [TABLE_CSV] = csv
    };

    if (f->count > 0)
        forms[w->o.format](w, f);
    let_out(w, OUT_BYTES);
}

static void put_all(struct work *w)
{
    const struct ruleset *rs = w->load.rules;
    const struct hunt_counts c = hunt_counts(w->hunt);

    if (w->o.format == TABLE_CSV)
        buf_text(&w->out, "id,title,level,hits,lane,sequence,time\r\n");
    for (uint32_t i = 0; i < ruleset_rule_count(rs); i++) {
        struct found f = { .head = &ruleset_rule(rs, i)->head };

        f.count = hunt_rule(w->hunt, i, &f.hits, &f.listed);
        put_found(w, &f);
    }
    for (uint32_t i = 0; i < ruleset_correlation_count(rs); i++) {
        struct found f = { .head = &ruleset_correlation(rs, i)->head, .of_correlation = true };

        f.count = hunt_correlation(w->hunt, i, &f.results);
        put_found(w, &f);
    }
    if (c.partial)
        table_partial((enum table_form)w->o.format, c.why, &w->out);
    let_out(w, 0);
    w->unwritable |= fflush(stdout) != 0;
}

static void tell(const struct hunt_counts *c)
{
    fprintf(stderr, "canh: %llu hits in %llu events, in %llu ms.\n", (unsigned long long)c->hits,
            (unsigned long long)c->events, (unsigned long long)c->ms);
    if (c->partial)
        fprintf(stderr, "canh: Not all was looked at: %s.\n", c->why);
}

/* --- the command ---------------------------------------------------------------------------- */

static int hunt(struct work *w, bool selected, struct err *e)
{
    struct hunt_from from = { .io = &io_system,
                              .data = w->o.data,
                              .rules = w->load.rules,
                              .taxonomy = w->load.taxonomy,
                              .names = &w->load.names,
                              .rule = selected ? w->rule : NULL,
                              .correlation = selected ? w->correlation : NULL,
                              .from_ns = INT64_MIN / 2,
                              .to_ns = INT64_MAX / 2,
                              .skew_ns = SHOW_SKEW_NS,
                              .budget_ms = w->o.seconds * 1000,
                              .threads = w->load.threads };
    int rc = show_time(w->o.from, &from.from_ns, e);

    if (rc == ERR_OK)
        rc = show_time(w->o.to, &from.to_ns, e);
    if (rc == ERR_OK)
        rc = hunt_new(&w->hunt, &from, e);
    if (rc != ERR_OK)
        return rc;
    command_interruptible(true);
    while ((rc = hunt_step(w->hunt, e)) > 0) {
        if (command_interrupted())
            hunt_stop(w->hunt, "it was interrupted");
    }
    command_interruptible(false);
    return rc;
}

static int check_store(const char *data, struct err *e)
{
    char lanes[4096];
    int n = snprintf(lanes, sizeof(lanes), "%s/lanes", data);

    if (n < 0 || (size_t)n >= sizeof(lanes) || access(lanes, R_OK) != 0)
        return err_set(e, ERR_NOTFOUND, 0, "Nothing is stored in %.80s.", data);
    return ERR_OK;
}

static int run(struct work *w, char **words, int count, struct err *e)
{
    int rc = check_store(w->o.data, e);

    if (rc == ERR_OK)
        rc = load_rules(w, words, count, e);
    if (rc == ERR_OK && ruleset_rule_count(w->load.rules) == 0)
        rc = err_set(e, ERR_USAGE, 0, "No rule was loaded, so nothing can be found.");
    if (rc == ERR_OK)
        rc = select_rules(w, words, count, e);
    if (rc == ERR_OK)
        rc = hunt(w, count > 0, e);
    if (rc != ERR_OK)
        return rc;
    put_all(w);
    return w->unwritable ? err_set(e, ERR_IO, 0, "The output cannot be written.") : ERR_OK;
}

int cmd_hunt(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh hunt [OPTIONS] [RULE...]",
        "Tries rules on every stored event of a time. RULE is a file or folder of rules, or the id,\n"
        "name, title or file of one of those that ship (or of --rules); without one all are tried.\n"
        "Correlations see the events of this time. Shown are for each rule that held how often, and\n"
        "the events: LANE/SEQUENCE. Exit code: 0 all was looked at, 1 the result is not whole, 2 it\n"
        "cannot be shown."
    };
    struct work w = { 0 };
    char room[CLIENT_PATH_BYTES];
    struct err e = { 0 };
    int operands, code, rc;

    if (!command_options(&line, &w.o, argc, argv, &operands, &code))
        return code;
    w.o.data = client_folder(w.o.data, room, &e);
    if (w.o.data == NULL)
        return command_fault(&e);
    w.screen = screen_of(STDOUT_FILENO, w.o.utc);
    buf_init(&w.out, OUT_MAX);
    rc = run(&w, argv, operands, &e);
    if (rc == ERR_OK) {
        const struct hunt_counts c = hunt_counts(w.hunt);

        tell(&c);
        code = c.partial ? EXIT_FOUND : EXIT_RAN;
    } else {
        code = command_fault(&e);
    }
    hunt_free(&w.hunt);
    load_close(&w.load);
    free(w.rule);
    free(w.correlation);
    buf_release(&w.out);
    return code;
}
