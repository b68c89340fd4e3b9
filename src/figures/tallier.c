/*
 * tallier.c - see tallier.h.
 */
#include "figures/tallier.h"

#include <stdlib.h>

#include "collect/source.h"
#include "store/lane_read.h"

#define READING     1u /* raised when a record, a time or a value is read otherwise than before */
#define NO_RECORD   2u /* of the names, the first: they ask no record */
#define ALONE_FIRST 64u
#define KNOWN_MAX   ((size_t)8 << 20) /* what is kept of shapes; beyond, it is learnt anew */
#define RAW_MAX     ((size_t)256 << 20)

const struct span tally_names[TALLY_NAMES] = {
#define X(name, text) { (const uint8_t *)(text), sizeof(text) - 1 },
    TALLY_NAME_TABLE(X)
#undef X
};

struct tallier {
    const struct taxonomy *taxonomy;
    const struct names *names;
    struct query *query; /* of no filter */
    struct query_eval *filter;
    struct query_values *values;
    struct figures *figures;
    bool dropped[TALLY_NAMES]; /* of those behind NO_RECORD: of the file at hand */
    struct shown *shown;
    struct source_names *sources;
    uint64_t of_source[LEDGER_ROWS]; /* events of a block */
    bool *left;
    size_t left_room;
    struct buf raw;
    uint64_t reading;
    uint32_t alone_of;
    struct tallier_file *at;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to count events.");
}

uint64_t tally_reading(const struct taxonomy *t, const struct names *n)
{
    const uint64_t hash = taxonomy_reading(t, n, tally_names, TALLY_NAMES);

    return hash != 0 ? hash ^ READING : 0;
}

/* --- Beginning and end ---------------------------------------------------------------------- */

static int make_figures(struct tallier *t, struct err *e)
{
    const struct figures_from from = { .taxonomy = t->taxonomy,
                                       .names = t->names,
                                       .query = t->query,
                                       .filter = t->filter,
                                       .values = t->values,
                                       .name = tally_names + NO_RECORD,
                                       .name_count = TALLY_NAMES - NO_RECORD,
                                       .from_ns = INT64_MIN,
                                       .to_ns = INT64_MAX,
                                       .skew_ns = INT64_MAX,
                                       .apart = true,
                                       .dropped = t->dropped };

    figures_free(&t->figures);
    return figures_new(&t->figures, &from, e);
}

int tallier_new(struct tallier **out, const struct taxonomy *taxonomy, const struct names *names,
                struct err *e)
{
    struct tallier *t = calloc(1, sizeof(*t));
    struct query_field field[TALLY_NAMES] = { 0 };
    const struct query_clock clock = { 0 };
    int rc;

    *out = t;
    if (t == NULL)
        return no_memory(e);
    t->taxonomy = taxonomy;
    t->names = names;
    t->alone_of = TALLIER_ALONE;
    t->reading = tally_reading(taxonomy, names);
    buf_init(&t->raw, RAW_MAX);
    for (uint32_t i = 0; i < TALLY_NAMES; i++)
        field[i].name = tally_names[i];
    rc = query_read(&t->query, SPAN_LIT(""), &clock, QUERY_FILTER, e);
    if (rc == ERR_OK)
        rc = query_eval_new(&t->filter, t->query, names, e);
    if (rc == ERR_OK)
        rc = query_values_new(&t->values, t->query, field, TALLY_NAMES, names, e);
    if (rc == ERR_OK)
        rc = shown_new(&t->shown, taxonomy, names, INT64_MAX, e);
    if (rc == ERR_OK)
        rc = make_figures(t, e);
    t->sources = source_names_new();
    if (rc == ERR_OK && t->sources == NULL)
        rc = no_memory(e);
    if (rc != ERR_OK)
        tallier_free(out);
    return rc;
}

void tallier_free(struct tallier **out)
{
    struct tallier *t = *out;

    *out = NULL;
    if (t == NULL)
        return;
    figures_free(&t->figures);
    shown_free(&t->shown);
    query_values_free(&t->values);
    query_eval_free(&t->filter);
    query_free(&t->query);
    source_names_free(&t->sources);
    buf_release(&t->raw);
    free(t->left);
    free(t);
}

uint64_t tallier_reading(const struct tallier *t)
{
    return t->reading;
}

void tallier_alone(struct tallier *t, uint32_t of)
{
    MUST(of > 0);
    t->alone_of = of;
}

int tallier_begin(struct tallier_file *f, struct err *e)
{
    *f = (struct tallier_file){ 0 };
    return tally_writer_new(&f->tallies, tally_names, TALLY_NAMES, e);
}

void tallier_end(struct tallier_file *f)
{
    tally_writer_free(&f->tallies);
}

/* --- One event ------------------------------------------------------------------------------ */

/* It is at hand in t->shown: names from `first` on. */
static void add_values(struct tallier *t, struct tallier_file *f, uint32_t first)
{
    struct query_subject *s = shown_subject(t->shown);
    int64_t time;

    for (uint32_t i = first; i < TALLY_NAMES; i++) {
        if (tally_has(f->tallies, i))
            (void)tally_add(f->tallies, i, query_value(t->values, s, tally_names[i]), 1);
    }
    if (event_time(s->event, &time))
        tally_times(f->tallies, time, time);
}

void tallier_event(struct tallier *t, struct tallier_file *f, const struct shown_about *a)
{
    if ((a->ev.flags & LANE_TRACER) != 0)
        return;
    shown_take(t->shown, a);
    add_values(t, f, 0);
    tally_events(f->tallies, 1);
}

/* --- A block -------------------------------------------------------------------------------- */

/* Those that count, by source. A number that no table knows does not come: who seals has it. */
static void count_sources(struct tallier *t, struct tallier_file *f, const struct block *b,
                          uint64_t *events)
{
    const uint32_t rows = block_events(b);

    *events = 0;
    memset(t->of_source, 0, sizeof(t->of_source));
    for (uint32_t i = 0; i < rows; i++) {
        const struct block_event ev = block_event(b, i);

        t->left[i] = (ev.flags & LANE_TRACER) == 0 && ev.source < LEDGER_ROWS;
        *events += t->left[i];
        if (t->left[i])
            t->of_source[ev.source]++;
    }
    for (uint32_t i = 0; i < LEDGER_ROWS; i++) {
        struct span source = SPAN_NONE, input = SPAN_NONE;

        if (t->of_source[i] == 0)
            continue;
        if (!source_names_find(t->sources, i, &source, &input) || source.n == 0 || input.n == 0) {
            tally_drop(f->tallies, TALLY_SOURCE); /* the record is asked then */
            tally_drop(f->tallies, TALLY_INPUT);
            continue;
        }
        (void)tally_add(f->tallies, TALLY_SOURCE, source, t->of_source[i]);
        (void)tally_add(f->tallies, TALLY_INPUT, input, t->of_source[i]);
    }
}

static int take_figures(void *arg, const struct figures_row *r, struct err *e)
{
    struct tallier *t = arg;

    (void)e;
    if (!tally_add(t->at->tallies, NO_RECORD + r->name, r->value[0], r->times))
        t->dropped[r->name] = true;
    return ERR_OK;
}

static void drop_records(struct tallier *t, struct tallier_file *f)
{
    for (uint32_t i = NO_RECORD; i < TALLY_NAMES; i++)
        tally_drop(f->tallies, i);
    tally_times(f->tallies, INT64_MIN, INT64_MAX); /* nobody has looked */
    memset(t->dropped, true, sizeof(t->dropped));
}

static bool wants_records(const struct tallier_file *f)
{
    bool some = false;

    for (uint32_t i = NO_RECORD; i < TALLY_NAMES; i++)
        some |= tally_has(f->tallies, i);
    return some;
}

/* What the columns do not tell. */
static int read_alone(struct tallier *t, struct tallier_file *f, struct block *b, uint32_t lane,
                      struct err *e)
{
    uint32_t alone = 0;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < block_events(b); i++)
        alone += t->left[i];
    f->alone += alone;
    if (f->alone > ALONE_FIRST + f->events / t->alone_of) {
        drop_records(t, f);
        return ERR_OK;
    }
    for (uint32_t i = 0; i < block_events(b) && rc == ERR_OK; i++) {
        const struct block_event ev = block_event(b, i);
        struct shown_about a = { .lane = lane };

        if (!t->left[i])
            continue;
        rc = block_raw(b, i, &t->raw, e);
        if (rc != ERR_OK)
            return rc;
        a.ev = (struct lane_read_event){ ev.sequence, ev.source,     ev.flags,
                                         ev.lines,    ev.receipt_ns, buf_span(&t->raw) };
        (void)source_names_find(t->sources, ev.source, &a.source, &a.input);
        shown_take(t->shown, &a);
        add_values(t, f, NO_RECORD);
    }
    return rc;
}

static int count_records(struct tallier *t, struct tallier_file *f, struct block *b, uint32_t lane,
                         struct err *e)
{
    const struct figures_block at = { b, t->sources, lane, t->left };
    int64_t least, greatest;
    int rc = ERR_OK;

    t->at = f;
    for (uint32_t i = NO_RECORD; i < TALLY_NAMES; i++)
        t->dropped[i - NO_RECORD] = !tally_has(f->tallies, i);
    if (figures_bytes(t->figures) > KNOWN_MAX)
        rc = make_figures(t, e);
    if (rc == ERR_OK)
        rc = figures_block(t->figures, &at, take_figures, t, e);
    if (rc == ERR_OK && figures_times(t->figures, &least, &greatest))
        tally_times(f->tallies, least, greatest);
    return rc == ERR_OK ? read_alone(t, f, b, lane, e) : rc;
}

int tallier_block(struct tallier *t, struct tallier_file *f, struct block *b, uint32_t lane,
                  struct span records, struct err *e)
{
    const uint32_t rows = block_events(b);
    uint64_t events;

    if (rows > t->left_room) {
        free(t->left);
        t->left = malloc(rows * sizeof(*t->left));
        t->left_room = t->left != NULL ? rows : 0;
        if (t->left == NULL)
            return no_memory(e);
    }
    source_names_block(t->sources, records);
    count_sources(t, f, b, &events);
    f->events += events;
    tally_events(f->tallies, events);
    if (wants_records(f))
        return count_records(t, f, b, lane, e);
    tally_times(f->tallies, INT64_MIN, INT64_MAX); /* nobody looks */
    return ERR_OK;
}
