/*
 * complete.c - GET /complete?q=TEXT&at=BYTE: what may stand at a place of a query that is being
 * typed (query/complete.h), and behind a field's name its most frequent values.
 *
 *   {"from":5,"value":true,"items":[{"kind","text","help"},...],
 *    "field":"host","values":[{"text","insert","count"},...],"partial":false}
 *
 * `from` and `at` are bytes; proposals replace what stands from there to the cursor. Values are
 * those of the last day that begin with what was typed of one: what `| top` has after COMPLETE_MS,
 * the newest first, on a thread beside the loop, and kept for COMPLETE_KEEP_MS. Of fields that say
 * who somebody is there are none: to see those is a search for a person, and needs a case.
 */
#include <jansson.h>
#include <stdlib.h>

#include "base/time.h"
#include "base/num.h"
#include "base/utf.h"
#include "console/console_own.h"
#include "os/host.h"
#include "os/workers.h"
#include "query/complete.h"
#include "query/person.h"
#include "scan/put.h"

#define COMPLETE_MS      50u
#define COMPLETE_KEEP_MS 60000u
#define COMPLETE_KEPT    16u /* fields */
#define COMPLETE_ASKING  4u  /* at once */
#define COMPLETE_TOP     "1000"
#define COMPLETE_VALUES  50u /* told */
#define COMPLETE_VALUE   512u
#define COMPLETE_BYTES   ((size_t)32 << 20)
#define ANSWER_MAX       ((size_t)1 << 20)
#define DAY_NS           (INT64_C(86400) * TIME_SECOND)

/* Values of a field, as rows of `top`: {"row":[value,count]} each. */
struct kept {
    char field[COMPLETE_FIELD_MAX];
    size_t bytes; /* 0: free */
    uint64_t made_ms;
    bool partial;
    struct buf rows;
};

struct asking {
    struct job job; /* the first */
    struct console *console;
    struct serve_later *later; /* NULL while busy: he is gone */
    bool busy;
    struct buf answer; /* as far as it goes without values */
    char field[COMPLETE_FIELD_MAX];
    size_t bytes;
    char typed[COMPLETE_VALUE];
    size_t typed_bytes;
    /* the thread's, while it runs */
    struct search_from from;
    struct lane_place ends[WALK_LANES];
    struct buf query, rows;
    bool partial;
    int rc;
};

struct completer {
    struct workers *workers; /* NULL: made when first needed */
    struct kept kept[COMPLETE_KEPT];
    struct asking asking[COMPLETE_ASKING];
};

/* --- on a thread ------------------------------------------------------------------------------ */

static int collect(struct asking *a, struct search *s)
{
    struct span line;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < search_lines(s) && rc == ERR_OK; i++) {
        rc = search_line(s, i, &line, NULL);
        if (rc == ERR_OK && span_starts(line, SPAN_LIT("{\"row\":")))
            buf_add(&a->rows, line);
    }
    return buf_failed(&a->rows) ? ERR_NOMEM : rc;
}

static void run(struct job *j)
{
    struct asking *a = (struct asking *)j;
    struct search *s = NULL;
    int rc = search_new(&s, &a->from, NULL), more = 1;

    while (rc == ERR_OK && more > 0)
        more = search_step(s, NULL);
    if (rc == ERR_OK)
        rc = more < 0 ? more : collect(a, s);
    if (rc == ERR_OK)
        a->partial = search_counts(s).partial;
    search_free(&s);
    a->rc = rc;
}

/* --- answers ---------------------------------------------------------------------------------- */

static bool begins(struct span value, struct span typed)
{
    return value.n >= typed.n && span_eq_nocase((struct span){ value.p, typed.n }, typed);
}

/* One value, unless it does not begin with what was typed. */
static bool put_value(struct buf *out, const json_t *row, struct span typed, bool any)
{
    const json_t *v = json_array_get(row, 0), *n = json_array_get(row, 1);
    struct span text = { (const uint8_t *)json_string_value(v), json_string_length(v) };
    struct buf insert;

    if (!json_is_string(v) || !json_is_integer(n) || text.n == 0 || text.n > COMPLETE_VALUE ||
        !begins(text, typed))
        return false;
    buf_init(&insert, 4 * COMPLETE_VALUE);
    query_print_value(text, &insert);
    buf_text(out, any ? ",{\"text\":" : "{\"text\":");
    put_json_text(out, text);
    buf_text(out, ",\"insert\":");
    put_json_text(out, buf_span(&insert));
    buf_fmt(out, ",\"count\":%lld}", (long long)json_integer_value(n));
    buf_release(&insert);
    return true;
}

/* The last members and the end. */
static void put_values(struct buf *out, struct span rows, struct span typed, bool partial)
{
    uint32_t count = 0;

    buf_text(out, ",\"values\":[");
    while (rows.n > 0 && count < COMPLETE_VALUES) {
        size_t n = span_find(rows, '\n');
        json_t *doc = json_loadb((const char *)rows.p, n, JSON_ALLOW_NUL, NULL);

        count += put_value(out, json_object_get(doc, "row"), typed, count > 0);
        json_decref(doc);
        rows = span_from(rows, n < rows.n ? n + 1 : n);
    }
    buf_fmt(out, "],\"partial\":%s}\n", partial ? "true" : "false");
}

static void put_items(struct buf *out, const struct complete *c)
{
    struct buf text;

    buf_fmt(out, "{\"from\":%zu,\"value\":%s,\"items\":[", c->from, c->value ? "true" : "false");
    for (uint32_t i = 0; i < c->count; i++) {
        buf_init(&text, 65536);
        query_complete_text(&c->item[i], &text);
        buf_fmt(out, "%s{\"kind\":\"%s\",\"text\":", i > 0 ? "," : "",
                query_complete_kind(c->item[i].kind));
        put_json_text(out, buf_span(&text));
        buf_text(out, ",\"help\":");
        put_json_text(out, span_of(c->item[i].help));
        buf_byte(out, '}');
        buf_release(&text);
    }
    buf_byte(out, ']');
}

static void finish(struct asking *a)
{
    struct serve_later *later = a->later;

    if (a->rc == ERR_OK)
        put_values(&a->answer, buf_span(&a->rows),
                   (struct span){ (uint8_t *)a->typed, a->typed_bytes }, a->partial);
    else
        put_values(&a->answer, SPAN_NONE, SPAN_NONE, true);
    a->later = NULL;
    if (later != NULL && buf_failed(&a->answer))
        serve_answer(later, 503, "application/json",
                     SPAN_LIT("{\"error\":\"There is no memory.\"}\n"));
    else if (later != NULL)
        serve_answer(later, 200, "application/json", buf_span(&a->answer));
    buf_release(&a->answer);
    buf_release(&a->query);
    buf_release(&a->rows);
    a->busy = false;
}

/* --- what is known ---------------------------------------------------------------------------- */

static struct kept *find_kept(const struct console *c, const char *field, size_t bytes)
{
    const uint64_t now = loop_ms(c->from.loop);

    for (uint32_t i = 0; i < COMPLETE_KEPT; i++) {
        struct kept *k = &c->completer->kept[i];

        if (k->bytes == bytes && memcmp(k->field, field, bytes) == 0 &&
            now - k->made_ms < COMPLETE_KEEP_MS)
            return k;
    }
    return NULL;
}

/* In the place of the oldest. */
static void keep(struct console *c, struct asking *a)
{
    struct kept *k = &c->completer->kept[0];

    for (uint32_t i = 1; i < COMPLETE_KEPT; i++) {
        struct kept *other = &c->completer->kept[i];

        if (k->bytes > 0 && (other->bytes == 0 || other->made_ms < k->made_ms))
            k = other;
    }
    buf_release(&k->rows);
    *k = (struct kept){
        .bytes = a->bytes, .made_ms = loop_ms(c->from.loop), .partial = a->partial, .rows = a->rows
    };
    memcpy(k->field, a->field, a->bytes);
}

static void done(struct job *j)
{
    struct asking *a = (struct asking *)j;
    struct console *c = a->console;

    if (a->rc == ERR_OK) {
        keep(c, a);
        a->rows = (struct buf){ 0 };
        buf_init(&a->rows, COMPLETE_BYTES);
        buf_add(&a->rows, buf_span(&find_kept(c, a->field, a->bytes)->rows));
    }
    finish(a);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void on_gone(void *arg)
{
    ((struct asking *)arg)->later = NULL;
}

static struct asking *free_asking(struct console *c)
{
    for (uint32_t i = 0; i < COMPLETE_ASKING; i++) {
        if (!c->completer->asking[i].busy)
            return &c->completer->asking[i];
    }
    return NULL;
}

/* Its thread is to find the values. False: it cannot be asked now. */
static bool begin(struct console *c, struct serve_call *call, const struct complete *found,
                  struct span typed)
{
    struct asking *a = free_asking(c);
    const int64_t now = host_now_ns();

    if (a == NULL || typed.n > sizeof(a->typed) || c->shown == NULL ||
        (c->completer->workers == NULL &&
         workers_new(&c->completer->workers, c->from.loop, 1, NULL) != ERR_OK))
        return false;
    *a = (struct asking){ .job = { .run = run, .done = done }, .console = c };
    buf_init(&a->answer, ANSWER_MAX);
    buf_init(&a->query, 4 * COMPLETE_FIELD_MAX);
    buf_init(&a->rows, COMPLETE_BYTES);
    memcpy(a->field, found->field, found->field_bytes);
    a->bytes = found->field_bytes;
    memcpy(a->typed, typed.p, typed.n);
    a->typed_bytes = typed.n;
    buf_text(&a->query, "| top " COMPLETE_TOP " ");
    query_print_field((struct span){ (uint8_t *)a->field, a->bytes }, &a->query);
    console_ends(c);
    memcpy(a->ends, c->ends, sizeof(a->ends));
    a->from = (struct search_from){ .io = c->from.io,
                                    .data = c->from.data,
                                    .ends = a->ends,
                                    .taxonomy = c->rules.taxonomy,
                                    .names = c->rules.names,
                                    .query = buf_span(&a->query),
                                    .clock = { now, QUERY_VIETNAM_S },
                                    .from_ns = now - DAY_NS,
                                    .to_ns = INT64_MAX / 2,
                                    .skew_ns = c->skew_ns,
                                    .limit = SEARCH_LIMIT_MAX,
                                    .budget_ms = COMPLETE_MS,
                                    .bytes = COMPLETE_BYTES };
    buf_add(&a->answer, buf_span(call->body));
    if (buf_failed(&a->answer) || buf_failed(&a->query) ||
        workers_put(c->completer->workers, &a->job, NULL) != ERR_OK) {
        buf_release(&a->answer);
        buf_release(&a->query);
        return false;
    }
    a->busy = true;
    buf_clear(call->body);
    a->later = serve_later(call, on_gone, a);
    return true;
}

/* Behind a name: its values, now or later. */
static void add_values(struct console *c, struct serve_call *call, const struct complete *found,
                       struct span typed)
{
    const struct span field = { (const uint8_t *)found->field, found->field_bytes };
    const struct kept *k;

    buf_text(call->body, ",\"field\":");
    put_json_text(call->body, field);
    if (person_field(field)) {
        put_values(call->body, SPAN_NONE, SPAN_NONE, false);
        return;
    }
    k = find_kept(c, found->field, found->field_bytes);
    if (k != NULL)
        put_values(call->body, buf_span(&k->rows), typed, k->partial);
    else if (!begin(c, call, found, typed))
        put_values(call->body, SPAN_NONE, SPAN_NONE, true);
}

static bool read_place(const struct serve_call *call, struct span text, uint64_t *at)
{
    uint8_t room[SERVE_VALUE_MAX];
    struct span v;
    int rc = serve_query(call, "at", room, &v);

    *at = text.n;
    return rc == 0 || (rc == 1 && (v.n == 0 || num_u64(v, text.n, at)));
}

void complete_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    uint8_t room[SERVE_VALUE_MAX];
    struct span text = SPAN_LIT("");
    struct query_field *names;
    struct complete found;
    uint32_t count;
    uint64_t at;

    if (serve_query(call, "q", room, &text) < 0 || !read_place(call, text, &at)) {
        ask_refuse(call, 400, "q is the beginning of a query, at a byte of it or its end.");
        return;
    }
    if (c->rules.names == NULL) {
        ask_refuse(call, 503, "There are no rules at hand.");
        return;
    }
    names = query_complete_names(c->rules.names, &count);
    if (names == NULL || !query_complete(text, at, names, count, &found)) {
        free(names);
        ask_refuse(call, 503, "There is no memory to complete the query.");
        return;
    }
    put_items(call->body, &found);
    free(names);
    if (found.field_bytes > 0)
        add_values(c, call, &found, (struct span){ text.p + found.from, at - found.from });
    else
        buf_text(call->body, ",\"values\":[],\"partial\":false}\n");
}

/* --- the whole -------------------------------------------------------------------------------- */

int complete_new(struct completer **out, struct err *e)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? ERR_OK : err_set(e, ERR_NOMEM, 0, "There is no memory for the console.");
}

/* What was found with other rules is forgotten; who waits gets no values. */
void complete_rules(struct completer *p)
{
    if (p == NULL)
        return;
    workers_free(&p->workers);
    for (uint32_t i = 0; i < COMPLETE_ASKING; i++) {
        p->asking[i].rc = ERR_NOTFOUND;
        if (p->asking[i].busy)
            finish(&p->asking[i]);
    }
    for (uint32_t i = 0; i < COMPLETE_KEPT; i++) {
        buf_release(&p->kept[i].rows);
        p->kept[i].bytes = 0;
    }
}

void complete_free(struct completer **p)
{
    complete_rules(*p);
    free(*p);
    *p = NULL;
}
