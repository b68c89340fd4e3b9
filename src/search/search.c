/*
 * search.c - see search.h.
 */
#include "search/search.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "os/host.h"
#include "query/value.h"
#include "scan/finding.h"
#include "scan/put.h"
#include "figures/tallier.h"
#include "search/hits.h"
#include "store/sealed.h"

#define LINE_MAX  ((size_t)64 << 20)
#define STEP_ROWS 512u

/* Columns of rows of events that no command names. */
#define COLUMN(name)                                                                               \
    {                                                                                              \
        { (const uint8_t *)(name), sizeof(name) - 1 }, false                                       \
    }
static const struct query_field usual[] = { COLUMN("time"), COLUMN("source"), COLUMN("host"),
                                            COLUMN("raw") };

struct search {
    struct search_from from;
    struct query *query;
    struct query_eval *filter;
    struct query_values *values;
    struct arena mem; /* the needs */
    struct shown *shown;
    struct walk *walk;
    bool all;         /* the commands want all events, not the newest only */
    struct hits hits; /* unless `all` */
    struct query_run *run;
    struct figures *figures;         /* NULL: events are looked at one by one */
    uint64_t reading;                /* of tallies that tell what is asked; 0: none do */
    const struct query_table *table; /* when it is done; NULL: lines are events */
    struct buf line;
    double began;
    uint32_t fed; /* of the hits, to the run */
    bool stopped, looked, done;
    struct search_counts counts;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the search.");
}

static void is_partial(struct search *s, const char *why)
{
    if (!s->counts.partial)
        (void)snprintf(s->counts.why, sizeof(s->counts.why), "%s", why);
    s->counts.partial = true;
}

void search_stop(struct search *s, const char *why)
{
    is_partial(s, why);
    s->stopped = true;
}

/* --- one event ------------------------------------------------------------------------------ */

struct row_of {
    const struct query_values *values;
    struct query_subject *subject;
};

static struct span row_get(void *arg, struct span name)
{
    const struct row_of *r = arg;

    return query_value(r->values, r->subject, name);
}

/* The event that is shown, as a row for the commands. False: they have enough. */
static bool take_row(struct search *s)
{
    struct row_of of = { s->values, shown_subject(s->shown) };
    const struct query_row row = { row_get, &of, shown_time(s->shown) };

    return query_run_row(s->run, &row);
}

static int look(void *arg, const struct shown_about *a, struct err *e)
{
    struct search *s = arg;
    int64_t time;

    shown_take(s->shown, a);
    if (!shown_holds(s->shown, s->filter))
        return ERR_OK;
    time = shown_time(s->shown);
    if (time < s->from.from_ns || time >= s->from.to_ns)
        return ERR_OK;
    s->counts.found++;
    if (!s->all)
        return hits_add(&s->hits, a) ? ERR_OK : no_memory(e);
    if (!take_row(s))
        s->stopped = true;
    return ERR_OK;
}

/* --- many events -------------------------------------------------------------------------- */

struct cells_of {
    const struct search *search;
    const struct figures_row *row;
};

static struct span cells_get(void *arg, struct span name)
{
    const struct cells_of *c = arg;
    const struct span *names;
    uint32_t count = query_run_names(c->search->run, &names), i = 0;

    while (i < count && names[i].p != name.p)
        i++;
    MUST(i < count);
    return c->row->value[i];
}

static int take_figures(void *arg, const struct figures_row *r, struct err *e)
{
    struct search *s = arg;
    struct cells_of of = { s, r };
    const struct query_row row = { cells_get, &of, r->time_ns };

    (void)e;
    s->counts.found += r->times;
    if (!query_run_rows(s->run, &row, r->times))
        s->stopped = true;
    return ERR_OK;
}

static int look_at_columns(void *arg, const struct figures_block *b, struct err *e)
{
    struct search *s = arg;
    const uint32_t rows = block_events(b->block);
    uint64_t before = 0, after = 0;
    int rc;

    for (uint32_t i = 0; i < rows; i++)
        before += b->left[i];
    rc = figures_block(s->figures, b, take_figures, s, e);
    for (uint32_t i = 0; i < rows; i++)
        after += b->left[i];
    s->counts.told += before - after;
    return rc;
}

static int64_t later(int64_t ns, int64_t by)
{
    int64_t sum;

    return __builtin_add_overflow(ns, by, &sum) ? (by > 0 ? INT64_MAX : INT64_MIN) : sum;
}

/* --- whole files -------------------------------------------------------------------------- */

/* The times of all events of the file lie in these, whichever of its two times counts of each: its
 * own, if that is not further than the skew from that of receipt. */
static void file_times(const struct search *s, const struct sealed_file *f,
                       const struct tally_about *a, int64_t *least, int64_t *greatest)
{
    const int64_t skew = s->from.skew_ns;
    int64_t early, late;

    *least = INT64_MAX;
    *greatest = INT64_MIN;
    for (uint32_t i = 0; i < sealed_block_count(f); i++) {
        const struct sealed_block *b = sealed_block(f, i);

        *least = b->receipt_from < *least ? b->receipt_from : *least;
        *greatest = b->receipt_to > *greatest ? b->receipt_to : *greatest;
    }
    if (!a->timed)
        return;
    early = later(*least, -skew);
    late = later(*greatest, skew);
    early = a->least > early ? a->least : early;
    late = a->greatest < late ? a->greatest : late;
    *least = early < *least ? early : *least;
    *greatest = late > *greatest ? late : *greatest;
}

/* The only name that is asked for, if there is one. */
static struct span tally_get(void *arg, struct span name)
{
    (void)name;
    return *(const struct span *)arg;
}

static void take_tally(struct search *s, struct span value, int64_t time_ns, uint64_t times)
{
    const struct query_row row = { tally_get, &value, time_ns };

    if (times > 0 && !query_run_rows(s->run, &row, times))
        s->stopped = true;
}

static bool is_time(struct span name)
{
    return span_eq_nocase(name, SPAN_LIT("time"));
}

/* What is asked for: the time, and this besides (SPAN_NONE: nothing). False: more than that. */
static bool tally_name(const struct search *s, struct span *name, bool *time)
{
    const struct span *names;
    const uint32_t count = query_run_names(s->run, &names);
    uint32_t others = 0;

    *name = SPAN_NONE;
    *time = false;
    for (uint32_t i = 0; i < count; i++) {
        *time |= is_time(names[i]);
        if (!is_time(names[i]) && others++ == 0)
            *name = names[i];
    }
    return others <= 1;
}

/* Does this file's tallies, of which *tally is the one, tell what is asked? */
static bool tells_file(const struct search *s, const struct sealed_file *f, const struct tallies *t,
                       const struct tally **tally, int64_t *time_ns)
{
    struct span name;
    bool time, known = tally_name(s, &name, &time);
    int64_t greatest;

    *tally = known && name.p != NULL ? tally_find(t, name) : NULL;
    if (!known || tally_about(t)->reading != s->reading || (name.p != NULL && *tally == NULL))
        return false;
    file_times(s, f, tally_about(t), time_ns, &greatest);
    return *time_ns >= s->from.from_ns && greatest < s->from.to_ns &&
           (!time || query_run_same(s->run, *time_ns, greatest));
}

/* A file's tallies, if they tell what is asked. */
static int look_at_tallies(void *arg, const struct sealed_file *f, uint64_t *events, struct err *e)
{
    struct search *s = arg;
    const struct tally *tally;
    struct tallies *t = NULL;
    struct span bytes;
    int64_t time_ns;

    (void)e;
    if (sealed_tallies(f, &bytes, NULL) != ERR_OK || bytes.n == 0 ||
        tally_open(&t, bytes, NULL) != ERR_OK)
        return 0; /* damage makes it slow, not wrong */
    if (!tells_file(s, f, t, &tally, &time_ns)) {
        tally_free(&t);
        return 0;
    }
    *events = tally_about(t)->events;
    if (tally == NULL)
        take_tally(s, SPAN_NONE, time_ns, *events);
    for (uint32_t i = 0; tally != NULL && i < tally->count; i++)
        take_tally(s, tally->value[i], time_ns, tally->times[i]);
    s->counts.found += *events;
    s->counts.told += *events;
    s->counts.tallied += *events;
    tally_free(&t);
    return 1;
}

/* Does the filter say no more than query_range() does? */
static bool is_range(const struct query_node *n)
{
    bool range = n->op == QUERY_AND || n->op == QUERY_SINCE || n->op == QUERY_UNTIL;

    for (const struct query_node *kid = n->kid; kid != NULL; kid = kid->next)
        range = range && is_range(kid);
    return range;
}

static bool tallies_tell(const struct search *s)
{
    struct span name;
    bool time;

    if (!s->all || s->from.no_columns || s->from.no_tallies || !query_run_is_unordered(s->query) ||
        (s->query->top != NULL && !is_range(s->query->top)))
        return false;
    return tally_name(s, &name, &time) && (!time || query_run_same(s->run, 0, 0));
}

/* --- going on ------------------------------------------------------------------------------- */

static void count(struct search *s)
{
    const struct walk_counts *c = walk_counts(s->walk);

    s->counts.events = c->events;
    s->counts.blocks = c->blocks;
    s->counts.passed = c->passed;
    s->counts.damaged = c->damaged;
    if (c->partial)
        is_partial(s, c->why);
    if (s->hits.crowded)
        is_partial(s, "the events found are too large to be shown together");
    s->counts.ms = (uint64_t)((host_seconds() - s->began) * 1e3);
}

/* The hits, for the commands. True when they have them all. */
static bool feed(struct search *s)
{
    for (uint32_t n = 0; n < STEP_ROWS && s->fed < s->hits.count; n++) {
        shown_take(s->shown, &s->hits.hit[s->fed++].about);
        if (!take_row(s))
            s->fed = s->hits.count;
    }
    return s->fed == s->hits.count;
}

/* Nothing more is looked at. 1 when there is more to do. */
static int finish(struct search *s, struct err *e)
{
    int rc;

    if (!s->looked)
        hits_sort(&s->hits);
    s->looked = true;
    s->counts.shown = s->hits.count;
    if (s->run != NULL && !feed(s))
        return 1;
    s->done = true;
    if (s->run == NULL)
        return 0;
    rc = query_run_end(s->run, &s->table, e);
    if (rc != ERR_OK)
        return rc;
    s->counts.shown = s->table->row_count;
    if (s->table->partial)
        is_partial(s, s->table->missing);
    return 0;
}

int search_step(struct search *s, struct err *e)
{
    int rc;

    if (s->done)
        return 0;
    if (s->looked)
        return finish(s, e);
    count(s);
    if (s->from.budget_ms > 0 && s->counts.ms > s->from.budget_ms)
        search_stop(s, "its time was over");
    /* Nothing that is left is newer than all that was found. */
    if (!s->all && hits_full(&s->hits) && walk_newest(s->walk) < hits_oldest(&s->hits)) {
        s->counts.more = walk_newest(s->walk) != INT64_MIN;
        s->stopped = true;
    }
    if (s->stopped)
        return finish(s, e);
    rc = walk_step(s->walk, look, s, e);
    if (rc != 0)
        return rc;
    count(s);
    return finish(s, e);
}

/* --- lines ---------------------------------------------------------------------------------- */

uint32_t search_lines(const struct search *s)
{
    MUST(s->done);
    return s->table != NULL ? s->table->row_count + 1 : s->hits.count;
}

static void put_cell(struct buf *out, const struct query_cell *c)
{
    uint8_t room[TIME_TEXT_MAX];

    switch (c->kind) {
    case CELL_TEXT:
        put_json_text(out, c->text);
        return;
    case CELL_TIME:
        put_json_text(out, time_text(c->integer, room));
        return;
    case CELL_INTEGER:
        buf_fmt(out, "%lld", (long long)c->integer);
        return;
    case CELL_NUMBER:
        buf_fmt(out, "%.15g", c->number);
        return;
    default:
        buf_text(out, "null");
    }
}

static void put_columns(struct buf *out, const struct query_table *t)
{
    buf_text(out, "{\"columns\":[");
    for (uint32_t i = 0; i < t->column_count; i++) {
        if (i > 0)
            buf_byte(out, ',');
        put_json_text(out, t->columns[i]);
    }
    buf_text(out, "]}\n");
}

static void put_row(struct buf *out, const struct query_table *t, uint32_t row)
{
    buf_text(out, "{\"row\":[");
    for (uint32_t i = 0; i < t->column_count; i++) {
        if (i > 0)
            buf_byte(out, ',');
        put_cell(out, &t->cells[(size_t)row * t->column_count + i]);
    }
    buf_text(out, "]}\n");
}

int search_line(struct search *s, uint32_t i, struct span *line, struct err *e)
{
    MUST(s->done && i < search_lines(s));
    if (s->table == NULL) {
        shown_take(s->shown, &s->hits.hit[i].about);
        *line = shown_json(s->shown);
        return line->p != NULL ? ERR_OK : no_memory(e);
    }
    buf_clear(&s->line);
    if (i == 0)
        put_columns(&s->line, s->table);
    else
        put_row(&s->line, s->table, i - 1);
    *line = buf_span(&s->line);
    return buf_failed(&s->line) ? no_memory(e) : ERR_OK;
}

struct search_counts search_counts(const struct search *s)
{
    return s->counts;
}

/* --- beginning and end ---------------------------------------------------------------------- */

/* How many of the newest events the commands want; 0: all of them. */
static uint32_t newest_wanted(const struct search *s)
{
    for (const struct query_command *c = s->query->commands; c != NULL; c = c->next) {
        if (c->kind == QUERY_LIMIT)
            return c->number;
        if (c->kind != QUERY_FIELDS)
            return 0;
    }
    return s->from.limit;
}

static int make_run(struct search *s, struct err *e)
{
    struct query_run_options o = { .usual = usual,
                                   .usual_count = COUNT_OF(usual),
                                   .offset_s = s->from.clock.offset_s,
                                   .from_ns = s->from.from_ns,
                                   .until_ns = s->from.to_ns,
                                   .limits = QUERY_LIMITS_USUAL };
    int rc;

    if (s->query->commands == NULL)
        return ERR_OK;
    if (s->from.bytes < o.limits.bytes)
        o.limits.bytes = s->from.bytes;
    rc = query_run_new(&s->run, s->query, &o, e);
    if (rc == ERR_OK)
        rc = query_values_new(&s->values, s->query, usual, COUNT_OF(usual), s->from.names, e);
    return rc;
}

/* What is said of times inside and outside of the query, together. */
static void make_range(struct search *s)
{
    int64_t from, until;

    query_range(s->query, &from, &until);
    if (from > s->from.from_ns)
        s->from.from_ns = from;
    if (until < s->from.to_ns)
        s->from.to_ns = until;
}

static int make_walk(struct search *s, struct err *e)
{
    struct walk_from from = { .io = s->from.io,
                              .data = s->from.data,
                              .ends = s->from.ends,
                              .from_ns = later(s->from.from_ns, -s->from.skew_ns),
                              .to_ns = later(s->from.to_ns, s->from.skew_ns) };

    if (tallies_tell(s))
        s->reading = tally_reading(s->from.taxonomy, s->from.names);
    if (s->reading != 0) {
        from.files = look_at_tallies;
        from.files_arg = s;
    }
    if (!s->from.no_index) {
        from.need = query_needs(s->query, s->from.taxonomy, s->from.names, &s->mem);
        if (from.need == NULL)
            return no_memory(e);
    }
    return walk_new(&s->walk, &from, e);
}

/* Figures that do not hang on the order of rows are told by columns. */
static int make_figures(struct search *s, struct err *e)
{
    struct figures_from from = { .taxonomy = s->from.taxonomy,
                                 .names = s->from.names,
                                 .query = s->query,
                                 .filter = s->filter,
                                 .values = s->values,
                                 .from_ns = s->from.from_ns,
                                 .to_ns = s->from.to_ns,
                                 .skew_ns = s->from.skew_ns };
    int rc;

    if (!s->all || s->from.no_columns || !query_run_is_unordered(s->query))
        return ERR_OK;
    from.name_count = query_run_names(s->run, &from.name);
    rc = figures_new(&s->figures, &from, e);
    if (rc == ERR_OK)
        walk_columns(s->walk, look_at_columns, s);
    return rc;
}

static int prepare(struct search *s, struct err *e)
{
    const struct search_from *from = &s->from;
    uint32_t newest;
    int rc = query_read(&s->query, from->query, &from->clock,
                        from->filter_only ? QUERY_FILTER : QUERY_WHOLE, e);

    if (rc == ERR_OK)
        rc = query_eval_new(&s->filter, s->query, from->names, e);
    if (rc == ERR_OK)
        rc = shown_new(&s->shown, from->taxonomy, from->names, from->skew_ns, e);
    if (rc != ERR_OK)
        return rc;
    make_range(s);
    newest = newest_wanted(s);
    s->all = newest == 0;
    if (!s->all && !hits_init(&s->hits, newest, from->bytes))
        return no_memory(e);
    rc = make_run(s, e);
    if (rc == ERR_OK)
        rc = make_walk(s, e);
    return rc == ERR_OK ? make_figures(s, e) : rc;
}

int search_new(struct search **out, const struct search_from *from, struct err *e)
{
    struct search *s = calloc(1, sizeof(*s));
    int rc;

    MUST(from->limit > 0 && from->limit <= SEARCH_LIMIT_MAX && from->skew_ns >= 0);
    *out = s;
    if (s == NULL)
        return no_memory(e);
    s->from = *from;
    if (s->from.bytes == 0)
        s->from.bytes = SEARCH_BYTES;
    s->began = host_seconds();
    arena_init(&s->mem, (size_t)1 << 20);
    buf_init(&s->line, LINE_MAX);
    rc = prepare(s, e);
    if (rc != ERR_OK)
        search_free(out);
    return rc;
}

void search_free(struct search **out)
{
    struct search *s = *out;

    *out = NULL;
    if (s == NULL)
        return;
    walk_free(&s->walk);
    figures_free(&s->figures);
    hits_release(&s->hits);
    query_run_free(&s->run);
    query_values_free(&s->values);
    shown_free(&s->shown);
    query_eval_free(&s->filter);
    query_free(&s->query);
    arena_release(&s->mem);
    buf_release(&s->line);
    free(s);
}
