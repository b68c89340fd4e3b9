/*
 * query_read(): whatever the bytes, a query or a place in the text with a sentence. A query that
 * was read comes back as its text, holds the opposite behind "not", has needs that hold where it
 * does, and its commands make a table. Completion says something for every text.
 */
#include "event/search_text.h"
#include "query/complete.h"
#include "query/eval.h"
#include "query/needs.h"
#include "query/run.h"
#include "wire/codec.h"

static const struct query_clock at = { 1795788611000000000, QUERY_VIETNAM_S };

struct scene {
    struct names names;
    struct taxonomy *taxonomy;
    struct event event;
    struct rec rec;
    struct query_subject subject;
};

/* One event for all inputs; nobody ends it. */
static struct scene *one_scene(void)
{
    static struct scene s;
    static const char json[] =
        "{\"a\":1,\"b\":{\"c\":\"x y\",\"d\":[\"e\",2.5]},\"Image\":\"C:\\\\x\","
        "\"ip\":\"10.0.0.1\",\"vn\":\"M\xe1\xba\xadt kh\xe1\xba\xa9u\"}";

    if (s.rec.fields == NULL) {
        MUST(names_init(&s.names, NULL) == ERR_OK && taxonomy_new(&s.taxonomy, NULL) == ERR_OK);
        MUST(names_add(&s.names, SPAN_LIT("Image")) != 0);
        MUST(names_freeze(&s.names) && taxonomy_bind(s.taxonomy, &s.names, NULL) == ERR_OK);
        MUST(rec_init(&s.rec) && event_init(&s.event, s.taxonomy, &s.names, NULL) == ERR_OK);
        MUST(json_read(span_of(json), &s.rec, NULL) > 0);
        query_subject_init(&s.subject);
    }
    event_begin(&s.event, &s.rec);
    query_subject_take(&s.subject, &s.event, SPAN_LIT("fw-01"), SPAN_LIT("relp"), at.now_ns);
    return &s;
}

static bool holds(struct scene *s, const struct query *q)
{
    struct query_eval *ev;
    bool yes;

    MUST(query_eval_new(&ev, q, &s->names, NULL) == ERR_OK);
    yes = query_eval_holds(ev, &s->subject);
    query_eval_free(&ev);
    return yes;
}

static bool has_word(void *arg, struct span word)
{
    struct span rest = *(struct span *)arg, w;

    while (search_word_next(&rest, &w)) {
        if (span_eq(w, word))
            return true;
    }
    return false;
}

static bool has_part(void *arg, struct span part)
{
    const struct span *text = arg;

    MUST(part.n >= NEEDS_PART_MIN);
    return memmem(text->p, text->n, part.p, part.n) != NULL;
}

static bool needs_hold(struct scene *s, const struct query *q)
{
    struct need_filter f = { has_word, has_part, NULL };
    struct arena mem;
    struct buf text;
    struct span folded;
    bool yes;

    arena_init(&mem, 1 << 22);
    buf_init(&text, 1 << 20);
    search_text(&s->rec, &text);
    folded = buf_span(&text);
    f.arg = &folded;
    yes = need_holds(query_needs(q, s->taxonomy, &s->names, &mem), &f);
    buf_release(&text);
    arena_release(&mem);
    return yes;
}

static void check_print(const struct query *q)
{
    struct buf once, twice;
    struct query *again;

    buf_init(&once, 1 << 20);
    buf_init(&twice, 1 << 20);
    query_print(q, &once);
    if (once.n <= QUERY_BYTES_MAX) {
        MUST(query_read(&again, buf_span(&once), &at, QUERY_WHOLE, NULL) == ERR_OK);
        query_print(again, &twice);
        MUST(span_eq(buf_span(&once), buf_span(&twice)) && q->leaf_count == again->leaf_count);
        query_free(&again);
    }
    buf_release(&once);
    buf_release(&twice);
}

static struct span value_of(void *arg, struct span name)
{
    static const char *const values[] = { "1", "-2.5", "x", "" };
    uint32_t row = *(uint32_t *)arg;

    return (name.n + row) % 5 == 4 ? SPAN_NONE : span_of(values[(name.n + row) % 4]);
}

static void check_run(const struct query *q)
{
    const struct query_run_options o = { .limits = { 3, 2, 2, 256 }, .offset_s = 3600 };
    const struct query_table *t;
    struct query_run *run;
    uint32_t i = 0;

    if (query_run_new(&run, q, &o, NULL) != ERR_OK)
        return;
    for (bool more = true; more && i < 12; i++) {
        struct query_row row = { value_of, &i, (int64_t)i * 1000000000000 };

        more = query_run_row(run, &row);
    }
    MUST(query_run_end(run, &t, NULL) == ERR_OK);
    MUST(t->row_count <= 3 && t->rows_in == i && t->partial == (t->missing[0] != 0));
    query_run_free(&run);
}

static void check_opposite(struct scene *s, struct span text, bool yes)
{
    struct query *q;
    struct buf b;

    buf_init(&b, 1 << 20);
    buf_text(&b, "not (");
    buf_add(&b, text);
    buf_text(&b, ")");
    if (query_read(&q, buf_span(&b), &at, QUERY_FILTER, NULL) == ERR_OK)
        MUST(holds(s, q) == !yes);
    query_free(&q);
    buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    struct scene *s = one_scene();
    struct complete c;
    struct query *q;
    struct err e = { 0 };
    bool yes;

    MUST(query_complete(in, size, NULL, 0, &c) && c.from <= size);
    if (query_read(&q, in, &at, QUERY_WHOLE, &e) != ERR_OK) {
        MUST(q == NULL && e.at <= size && e.why[0] != 0);
        return 0;
    }
    yes = holds(s, q);
    MUST(!yes || needs_hold(s, q));
    if (q->commands == NULL)
        check_opposite(s, in, yes);
    check_print(q);
    check_run(q);
    query_free(&q);
    return 0;
}
