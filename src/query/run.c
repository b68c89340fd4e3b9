/*
 * run.c - see run.h: the stages of a run, and those that are simple.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "query/run_own.h"

void run_missing(struct query_run *run, const char *fmt, ...)
{
    char *to = run->out.missing;
    size_t n = strlen(to);
    va_list ap;

    run->out.partial = true;
    if (n + 2 >= QUERY_MISSING_BYTES)
        return;
    if (n > 0)
        to[n++] = ' ';
    va_start(ap, fmt);
    (void)vsnprintf(to + n, QUERY_MISSING_BYTES - n, fmt, ap); /* cut when it is too long */
    va_end(ap);
}

uint32_t columns_find(const struct columns *c, struct span name)
{
    for (uint32_t i = 0; i < c->count; i++) {
        if (span_eq(c->name[i], name))
            return i;
    }
    for (uint32_t i = 0; i < c->count; i++) {
        if (span_eq_nocase(c->name[i], name))
            return i;
    }
    return c->count;
}

/* --- limit ---------------------------------------------------------------------------------- */

static void pass_end(struct stage *s)
{
    s->next->end(s->next);
}

static void limit_push(struct stage *s, const struct query_cell *cells)
{
    if (s->seen < s->c->number)
        s->next->push(s->next, cells);
    s->done = ++s->seen >= s->c->number || s->next->done;
}

/* --- fields --------------------------------------------------------------------------------- */

static void fields_push(struct stage *s, const struct query_cell *cells)
{
    for (uint32_t i = 0; i < s->c->field_count; i++)
        s->cells[i] = cells[s->at[i]];
    s->next->push(s->next, s->cells);
    s->done = s->next->done;
}

static bool fields_stage(struct stage *s, struct columns *out)
{
    s->cells = arena_array(&s->run->mem, s->c->field_count, sizeof(*s->cells));
    out->name = arena_array(&s->run->mem, s->c->field_count, sizeof(*out->name));
    if (s->cells == NULL || out->name == NULL)
        return false;
    for (uint32_t i = 0; i < s->c->field_count; i++)
        out->name[i] = s->c->fields[i].name;
    out->count = s->c->field_count;
    s->push = fields_push;
    s->end = pass_end;
    return true;
}

/* --- sort ----------------------------------------------------------------------------------- */

/* Only so many of the first rows are asked for, or there is room for. */
static bool is_limited(const struct stage *s)
{
    const struct query_command *next = s->c->next;

    return next != NULL && next->kind == QUERY_LIMIT && next->number <= s->run->o.limits.rows;
}

static uint32_t sort_keep(const struct stage *s)
{
    return is_limited(s) ? s->c->next->number : s->run->o.limits.rows;
}

static void sort_rows(struct stage *s)
{
    uint32_t keep = sort_keep(s), before = s->rows.count;

    if (!rows_sort(&s->rows, s->keys, s->c->field_count, keep))
        s->run->failed = true;
    if (!is_limited(s))
        s->missed += before - s->rows.count;
}

static bool is_behind_bound(const struct stage *s, const struct query_cell *cells)
{
    return s->bound.count > 0 &&
           rows_order(cells, rows_at(&s->bound, 0), s->keys, s->c->field_count) >= 0;
}

static void set_bound(struct stage *s, const struct query_cell *cells)
{
    struct rows next;

    rows_init(&next, s->rows.width, 1, SIZE_MAX);
    (void)rows_add(&next, cells, &s->run->failed);
    rows_release(&s->bound);
    s->bound = next;
}

/* There is no room for the texts of all: the second half goes, and whatever will come behind the
 * first of it. Half, so that rows are not sorted again for each that comes. */
static void halve(struct stage *s)
{
    uint32_t before = s->rows.count, keep = before / 2;

    if (!rows_sort(&s->rows, s->keys, s->c->field_count, before))
        s->run->failed = true;
    set_bound(s, rows_at(&s->rows, keep));
    if (!rows_cut(&s->rows, keep))
        s->run->failed = true;
    s->missed += before - s->rows.count;
}

static void sort_push(struct stage *s, const struct query_cell *cells)
{
    if (is_behind_bound(s, cells)) {
        s->missed++;
        return;
    }
    if (s->rows.count == s->rows.max)
        sort_rows(s);
    while (!rows_add(&s->rows, cells, &s->run->failed) && !s->run->failed) {
        if (s->rows.count > 0)
            halve(s);
        else
            set_bound(s, cells); /* it alone is too large */
        if (is_behind_bound(s, cells)) {
            s->missed++;
            return;
        }
    }
}

static void sort_end(struct stage *s)
{
    sort_rows(s);
    if (s->missed > 0 && !(is_limited(s) && s->rows.count == sort_keep(s)))
        run_missing(s->run, "sort: %llu rows are not in it, for want of room.",
                    (unsigned long long)s->missed);
    for (uint32_t i = 0; i < s->rows.count && !s->next->done; i++)
        s->next->push(s->next, rows_at(&s->rows, i));
    s->next->end(s->next);
}

static bool sort_stage(struct stage *s)
{
    s->keys = arena_array(&s->run->mem, s->c->field_count, sizeof(*s->keys));
    if (s->keys == NULL)
        return false;
    for (uint32_t i = 0; i < s->c->field_count; i++)
        s->keys[i] = (struct rows_key){ s->at[i], s->c->fields[i].descending };
    rows_init(&s->rows, s->in.count, 2 * sort_keep(s), s->run->o.limits.bytes);
    s->push = sort_push;
    s->end = sort_end;
    return true;
}

/* --- the table ------------------------------------------------------------------------------ */

static void table_push(struct stage *s, const struct query_cell *cells)
{
    /* From the first one on that has no room: the table is the front of what there is. */
    if (s->missed > 0 || !rows_add(&s->rows, cells, &s->run->failed))
        s->missed++;
}

static void table_end(struct stage *s)
{
    struct query_table *t = &s->run->out;

    if (s->missed > 0)
        run_missing(s->run, "%llu further rows are not shown.", (unsigned long long)s->missed);
    t->columns = s->in.name;
    t->column_count = s->in.count;
    t->cells = s->rows.cell;
    t->row_count = s->rows.count;
}

/* --- making --------------------------------------------------------------------------------- */

static bool makes_columns(const struct query_command *c)
{
    return c->kind != QUERY_SORT && c->kind != QUERY_LIMIT;
}

static bool add_name(struct columns *c, struct span name)
{
    if (columns_find(c, name) == c->count)
        c->name[c->count++] = name;
    return true;
}

static void add_fields(struct columns *c, const struct query_field *f, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        (void)add_name(c, f[i].name);
}

/* What rows of events are asked for: what is named up to the first command that makes columns of
 * its own, or the usual ones. */
static bool source_columns(struct query_run *run, const struct query *q)
{
    size_t room = run->o.usual_count + (QUERY_COMMANDS_MAX + 2) * (QUERY_FIELDS_MAX + 1) * 2;
    const struct query_command *c = q->commands;
    struct columns *s = &run->source;

    while (c != NULL && !makes_columns(c))
        c = c->next;
    s->name = arena_array(&run->mem, room, sizeof(*s->name));
    if (s->name == NULL)
        return false;
    if (c == NULL)
        add_fields(s, run->o.usual, run->o.usual_count);
    for (const struct query_command *k = q->commands; k != NULL; k = k->next) {
        add_fields(s, k->fields, k->field_count);
        add_fields(s, k->by, k->by_count);
        for (uint32_t i = 0; i < k->aggregate_count; i++) {
            if (k->aggregates[i].field.n > 0)
                (void)add_name(s, k->aggregates[i].field);
        }
        if (k->kind == QUERY_HISTOGRAM)
            (void)add_name(s, SPAN_LIT("time"));
        if (k == c)
            break;
    }
    run->source_cells = arena_array(&run->mem, s->count + 1, sizeof(*run->source_cells));
    run->source_is_time = arena_array(&run->mem, s->count + 1, sizeof(*run->source_is_time));
    for (uint32_t i = 0; i < s->count && run->source_is_time != NULL; i++)
        run->source_is_time[i] = span_eq_nocase(s->name[i], SPAN_LIT("time"));
    return run->source_cells != NULL && run->source_is_time != NULL;
}

static int column_missing(const struct stage *s, struct span name, struct err *e)
{
    return err_set(e, ERR_USAGE, 0,
                   "%s: there is no column '%.*s' here; the commands before it left "
                   "it out.",
                   query_command_rows[s->c->kind].name, (int)(name.n < 80 ? name.n : 80),
                   (const char *)name.p);
}

static int check_fields(const struct stage *s, const struct query_field *f, uint32_t count,
                        struct err *e)
{
    for (uint32_t i = 0; i < count; i++) {
        if (columns_find(&s->in, f[i].name) == s->in.count)
            return column_missing(s, f[i].name, e);
    }
    return ERR_OK;
}

static int check_columns(const struct stage *s, struct err *e)
{
    const struct query_command *c = s->c;
    int rc = check_fields(s, c->fields, c->field_count, e);

    if (rc == ERR_OK)
        rc = check_fields(s, c->by, c->by_count, e);
    for (uint32_t i = 0; rc == ERR_OK && i < c->aggregate_count; i++) {
        struct span field = c->aggregates[i].field;

        if (field.n > 0 && columns_find(&s->in, field) == s->in.count)
            rc = column_missing(s, field, e);
    }
    if (rc == ERR_OK && c->kind == QUERY_HISTOGRAM &&
        columns_find(&s->in, SPAN_LIT("time")) == s->in.count)
        rc = column_missing(s, SPAN_LIT("time"), e);
    return rc;
}

/* *columns is what goes in, then what comes out. */
static bool stage_fill(struct stage *s, struct columns *columns)
{
    const struct query_command *c = s->c;

    s->at = arena_array(&s->run->mem, c->field_count + 1, sizeof(*s->at));
    if (s->at == NULL)
        return false;
    for (uint32_t i = 0; i < c->field_count; i++)
        s->at[i] = columns_find(&s->in, c->fields[i].name);
    switch (c->kind) {
    case QUERY_LIMIT:
        s->push = limit_push;
        s->end = pass_end;
        return true;
    case QUERY_FIELDS:
        return fields_stage(s, columns);
    case QUERY_SORT:
        return sort_stage(s);
    default:
        return group_stage(s, columns);
    }
}

static struct stage *stage_new(struct query_run *run, const struct query_command *c,
                               struct columns in, struct stage ***end)
{
    struct stage *s = arena_alloc(&run->mem, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->run = run;
    s->c = c;
    s->in = in;
    **end = s;
    *end = &s->next;
    return s;
}

static int make_stages(struct query_run *run, const struct query *q, struct err *e)
{
    struct columns columns = run->source;
    struct stage **end = &run->first, *s;
    int rc = ERR_OK;

    for (const struct query_command *c = q->commands; rc == ERR_OK && c != NULL; c = c->next) {
        s = stage_new(run, c, columns, &end);
        if (s == NULL)
            return ERR_NOMEM;
        rc = check_columns(s, e);
        if (rc == ERR_OK && !stage_fill(s, &columns))
            rc = ERR_NOMEM;
    }
    if (rc != ERR_OK)
        return rc;
    s = stage_new(run, NULL, columns, &end);
    if (s == NULL)
        return ERR_NOMEM;
    rows_init(&s->rows, columns.count, run->o.limits.rows, run->o.limits.bytes);
    s->push = table_push;
    s->end = table_end;
    run->table = s;
    return ERR_OK;
}

int query_run_new(struct query_run **out, const struct query *q, const struct query_run_options *o,
                  struct err *e)
{
    struct query_run *run = calloc(1, sizeof(*run));
    int rc = ERR_NOMEM;

    MUST(o->limits.rows > 0 && o->limits.groups > 0 && o->limits.distinct > 0);
    *out = run;
    if (run != NULL) {
        run->o = *o;
        run->times = 1;
        arena_init(&run->mem, (size_t)16 << 20);
        if (source_columns(run, q))
            rc = make_stages(run, q, e);
    }
    if (rc == ERR_OK)
        return ERR_OK;
    query_run_free(out);
    return rc == ERR_NOMEM ? err_set(e, rc, 0, "There is no memory for the search.") : rc;
}

void query_run_free(struct query_run **prun)
{
    struct query_run *run = *prun;

    *prun = NULL;
    if (run == NULL)
        return;
    for (struct stage *s = run->first; s != NULL; s = s->next) {
        rows_release(&s->rows);
        rows_release(&s->bound);
        group_release(s);
    }
    arena_release(&run->mem);
    free(run);
}

uint32_t query_run_names(const struct query_run *run, const struct span **names)
{
    *names = run->source.name;
    return run->source.count;
}

bool query_run_is_unordered(const struct query *q)
{
    const struct query_command *c = q->commands;

    while (c != NULL && c->kind == QUERY_FIELDS)
        c = c->next;
    return c != NULL && (c->kind == QUERY_STATS || c->kind == QUERY_TOP || c->kind == QUERY_RARE ||
                         c->kind == QUERY_HISTOGRAM);
}

bool query_run_same(const struct query_run *run, int64_t least_ns, int64_t greatest_ns)
{
    const struct stage *s = run->first;

    while (s != NULL && s->c != NULL && s->c->kind == QUERY_FIELDS)
        s = s->next;
    return s != NULL && s->c != NULL && s->c->kind == QUERY_HISTOGRAM &&
           group_same(s, least_ns, greatest_ns);
}

/* Into a stage that groups at once; others take rows one by one. */
static void push_times(struct query_run *run, uint64_t times)
{
    const struct stage *s = run->first;

    while (s->next != NULL && s->c->kind == QUERY_FIELDS)
        s = s->next;
    run->times = s->groups != NULL ? times : 1;
    for (uint64_t i = s->groups != NULL ? 1 : times; i > 0 && !run->first->done; i--)
        run->first->push(run->first, run->source_cells);
    run->times = 1;
}

bool query_run_row(struct query_run *run, const struct query_row *row)
{
    return query_run_rows(run, row, 1);
}

bool query_run_rows(struct query_run *run, const struct query_row *row, uint64_t times)
{
    MUST(!run->ended && times > 0);
    run->out.rows_in += times;
    for (uint32_t i = 0; i < run->source.count; i++) {
        struct span name = run->source.name[i];

        run->source_cells[i] =
            run->source_is_time[i] ? cell_time(row->time_ns) : cell_text(row->get(row->arg, name));
    }
    push_times(run, times);
    return !run->first->done && !run->failed;
}

int query_run_end(struct query_run *run, const struct query_table **out, struct err *e)
{
    MUST(!run->ended);
    run->ended = true;
    run->first->end(run->first);
    *out = &run->out;
    return run->failed ? err_set(e, ERR_NOMEM, 0, "There is no memory for the result.") : ERR_OK;
}
