/*
 * Goal: what columns tell of a store's events (figures.h) is what reading each of them tells,
 * whatever the events and the query are. Method: events put together by chance out of what is
 * awkward (nulls, "-", empty, escapes, arrays, names twice, odd times, damaged ones), queries by
 * chance; each is asked both ways, and all lines must be the same.
 */
#include "../check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../event/laid.h"
#include "awkward.h"
#include "search/search.h"
#include "store_bench.h"

#define EVENTS    AWKWARD_EVENTS
#define QUERIES   (getenv("CANH_LONG") != NULL ? 2000u : 80u)
#define COUNTINGS 120u

#define below     awkward_below
#define ONE_OF    AWKWARD_ONE_OF

/* --- queries -------------------------------------------------------------------------------- */

static const char *const names[] = { "host",    "user",    "User", "kind",     "n",       "n2",
                                     "app",     "message", "dom",  "category", "service", "product",
                                     "joined",  "what",    "at",   "raw",      "source",  "input",
                                     "machine", "in",      "none", "other",    "host.in", "codec" };
static const char *const filters[] = {
    "",
    "",
    "kind:a",
    "kind:a and n:3",
    "not kind:b",
    "user:an",
    "user:*",
    "n>5",
    "host:srv-7",
    "category:login",
    "service:sshd",
    "failed",
    "an or kind:c",
    "User:binh",
    "app:*sshd",
    "not user:*",
    "message:*denied*",
    "n:3..44",
    "source:src",
    "not source:src",
    "joined:an@chi",
    "what:failure",
    "kind:a and failed",
    "since:\"2026-11-18T23:59:00Z\"",
    "since:\"2026-11-18T23:59:00Z\" and kind:a",
    "until:\"2026-11-19T00:00:10Z\" or kind:b",
    "not since:\"2026-11-19T00:00:10Z\"",
};
static const char *const figures[] = { "count",   "count(%s)", "dc(%s)", "min(%s)",
                                       "max(%s)", "sum(n)",    "avg(n)", "max(time)" };

static void put_figure(struct buf *q)
{
    char text[64];

    (void)snprintf(text, sizeof(text), ONE_OF(figures), ONE_OF(names));
    buf_text(q, text);
}

static void make_query(struct buf *q)
{
    buf_clear(q);
    buf_text(q, ONE_OF(filters));
    if (below(8) == 0)
        buf_text(q, " | fields time, host, user, User, kind, n, message, category, app, dom, raw");
    switch (q->n > 40 && memchr(q->p, '|', q->n) != NULL ? 0 : below(5)) {
    case 0:
        buf_fmt(q, " | stats count, max(n), dc(user) by host%s", below(2) ? ", kind" : "");
        break;
    case 1:
        buf_fmt(q, " | %s %u %s%s%s", below(2) ? "top" : "rare", 1 + below(20), ONE_OF(names),
                below(2) ? ", " : "", "");
        if (q->p[q->n - 2] == ',')
            buf_text(q, ONE_OF(names));
        break;
    case 2:
        buf_fmt(q, " | histogram %s", below(2) ? "1m" : "10s");
        if (below(2))
            buf_fmt(q, " by %s", ONE_OF(names));
        break;
    default:
        buf_text(q, " | stats ");
        put_figure(q);
        if (below(2)) {
            buf_text(q, ", ");
            put_figure(q);
        }
        for (uint32_t i = below(3); i > 0; i--)
            buf_fmt(q, "%s%s", memmem(q->p, q->n, " by ", 4) == NULL ? " by " : ", ",
                    ONE_OF(names));
        if (below(4) == 0)
            buf_text(q, " | limit 5");
    }
}

/* --- both ways ------------------------------------------------------------------------------ */

struct bench {
    struct laid laid;
    struct store_bench store;
};

/* All lines; false when the query is none. */
static bool ask(const struct search_from *from, struct buf *out, struct search_counts *counts)
{
    struct search *s;
    struct span line;
    struct err e;
    int rc;

    buf_clear(out);
    if (search_new(&s, from, &e) != ERR_OK)
        return false;
    while ((rc = search_step(s, &e)) > 0)
        ;
    assert_int_equal(rc, 0);
    for (uint32_t i = 0; i < search_lines(s); i++) {
        assert_int_equal(search_line(s, i, &line, &e), ERR_OK);
        buf_add(out, line);
    }
    assert_false(buf_failed(out));
    *counts = search_counts(s);
    search_free(&s);
    return true;
}

static struct search_from asked(const struct bench *b, struct span query)
{
    return (struct search_from){ .io = &io_system,
                                 .data = b->store.data,
                                 .taxonomy = b->laid.taxonomy,
                                 .names = &b->laid.names,
                                 .query = query,
                                 .clock = { STORE_BENCH_NOW, QUERY_VIETNAM_S },
                                 .skew_ns = INT64_C(3600000000000),
                                 .from_ns = INT64_MIN / 2,
                                 .to_ns = INT64_MAX / 2,
                                 .limit = 1000 };
}

static uint64_t check_query(const struct bench *b, struct span query, struct buf *told,
                            struct buf *read)
{
    struct search_from from = asked(b, query);
    struct search_counts a, c;

    if (below(2) == 0) {
        from.from_ns = store_bench_receipt(&b->store, below(EVENTS));
        from.to_ns = store_bench_receipt(&b->store, EVENTS / 2 + below(EVENTS));
    }
    if (below(3) == 0)
        from.skew_ns = INT64_C(200000000000000);
    if (!ask(&from, told, &a))
        return 0;
    from.no_columns = from.no_index = true;
    assert_true(ask(&from, read, &c));
    assert_int_equal(c.told, 0);
    if (!span_eq(buf_span(told), buf_span(read)) || a.found != c.found || a.partial != c.partial)
        fail_msg("'%.*s' [%lld, %lld): %llu found, not %llu:\n%.*s--- not\n%.*s", (int)query.n,
                 (const char *)query.p, (long long)from.from_ns, (long long)from.to_ns,
                 (unsigned long long)a.found, (unsigned long long)c.found,
                 (int)(told->n < 3000 ? told->n : 3000), (const char *)told->p,
                 (int)(read->n < 3000 ? read->n : 3000), (const char *)read->p);
    return a.told;
}

static void columns_tell_what_events_tell(void **s)
{
    struct buf query, told, read;
    struct bench b;
    uint64_t count = 0, queries = 0;

    (void)s;
    awkward_state = 1;
    laid_init(&b.laid, awkward_taxonomy, "user,User,n,n2,joined,what,dom,kind,message,in");
    store_bench_init(&b.store, awkward_event, NULL, EVENTS, 13);
    store_bench_seal(&b.store, UINT64_MAX);
    buf_init(&query, 4096);
    buf_init(&told, (size_t)64 << 20);
    buf_init(&read, (size_t)64 << 20);
    for (uint32_t i = 0; i < QUERIES; i++) {
        const uint64_t n = (make_query(&query), check_query(&b, buf_span(&query), &told, &read));

        count += n;
        queries += n > 0;
    }
    printf("%llu of %u queries were told of %llu events\n", (unsigned long long)queries, QUERIES,
           (unsigned long long)count);
    assert_true(queries > QUERIES / 2);
    assert_true(count > (uint64_t)queries * EVENTS / 4);
    buf_release(&query);
    buf_release(&told);
    buf_release(&read);
    store_bench_release(&b.store);
    laid_release(&b.laid);
}

/* --- tallies -------------------------------------------------------------------------------- */

static const char *const tallied[] = {
    "host",    "Host",    "HOST",  "source",  "input",   "product",  "category",     "service",
    "EventID", "eventid", "level", "Channel", "channel", "severity", "Provider_Name"
};
static const char *const countings[] = {
    "| stats count by %s",
    "| stats count by %s | sort -count",
    "| top 3 %s",
    "| rare 5 %s",
    "| stats dc(%s), count(%s), count",
    "| stats min(%s), max(%s)",
    "| fields %s | stats count by %s",
    "| stats count",
    "since:\"2026-11-18T23:58:00Z\" | stats count by %s",
    "since:\"2026-11-18T22:00:00Z\" until:\"2026-11-19T02:00:00Z\" | top %s",
    "until:\"2026-11-19T02:00:00Z\" | stats count, dc(%s)",
    "| histogram 1d by %s",
    "| histogram 1w | sort -count",
    "| fields time, %s | histogram 1h by %s",
    "| stats count by %s, kind",                                    /* two names: */
    "| stats max(time) by %s",                                      /*   by columns */
    "not since:\"2026-11-19T02:00:00Z\" | stats count by %s",       /* the same */
    "since:\"2026-11-18T23:58:00Z\" or kind:a | stats count by %s", /* the same */
    "kind:a | stats count by %s",                                   /* the same */
};
#define TALLIED_FORMS 14u

/* Whole days, edges within the events, and what the skew makes of the odd times. */
static void choose_range(const struct bench *b, struct search_from *from)
{
    static const int64_t skews[] = { 0, INT64_C(1000000000), INT64_C(3600000000000),
                                     INT64_C(200000000000000), INT64_MAX };
    const int64_t around = below(2) == 0 ? 0 : INT64_C(7200000000000);

    from->skew_ns = ONE_OF(skews);
    if (below(3) > 0) {
        from->from_ns = store_bench_receipt(&b->store, below(EVENTS)) - around;
        from->to_ns = store_bench_receipt(&b->store, EVENTS / 2 + below(EVENTS)) + around;
    }
}

/* Three ways: tallies, columns, each event. */
static uint64_t check_counting(const struct bench *b, struct span query, bool whole,
                               struct buf *told, struct buf *read)
{
    struct search_from from = asked(b, query);
    struct search_counts a, c;

    choose_range(b, &from);
    assert_true(ask(&from, told, &a));
    for (int way = 0; way < 2; way++) {
        from.no_tallies = true;
        from.no_columns = from.no_index = way == 1;
        assert_true(ask(&from, read, &c));
        assert_int_equal(c.tallied, 0);
        if (!span_eq(buf_span(told), buf_span(read)) || a.found != c.found ||
            a.events != c.events || a.partial != c.partial)
            fail_msg("'%.*s' [%lld, %lld), skew %lld: %llu found, not %llu:\n%.*s--- not\n%.*s",
                     (int)query.n, (const char *)query.p, (long long)from.from_ns,
                     (long long)from.to_ns, (long long)from.skew_ns, (unsigned long long)a.found,
                     (unsigned long long)c.found, (int)(told->n < 3000 ? told->n : 3000),
                     (const char *)told->p, (int)(read->n < 3000 ? read->n : 3000),
                     (const char *)read->p);
    }
    assert_true(whole || a.tallied == 0);
    return a.tallied;
}

static void bench_tallies(struct bench *b, uint64_t run_bytes, uint32_t alone)
{
    struct err e;

    laid_init(&b->laid, awkward_taxonomy, "user,User,n,n2,joined,what,dom,kind,message,in");
    store_bench_init(&b->store, awkward_event, NULL, EVENTS, 13);
    assert_int_equal(tallier_new(&b->store.tallier, b->laid.taxonomy, &b->laid.names, &e), ERR_OK);
    b->store.run_bytes = run_bytes;
    tallier_alone(b->store.tallier, alone);
}

static void bench_end(struct bench *b)
{
    tallier_free(&b->store.tallier);
    store_bench_release(&b->store);
    laid_release(&b->laid);
}

static void tallies_tell_what_events_tell(void **s)
{
    static const struct {
        uint64_t bytes;
        uint32_t alone;
        uint64_t least; /* events that tallies tell */
    } runs[] = { { 0, TALLIER_ALONE, 10 * EVENTS },
                 { 20000, 1, 10 * EVENTS },
                 { 1000000, 1, 5 * EVENTS },
                 { 1000000, TALLIER_ALONE, EVENTS } };
    struct buf told, read;

    (void)s;
    awkward_state = 2;
    buf_init(&told, (size_t)64 << 20);
    buf_init(&read, (size_t)64 << 20);
    for (uint32_t r = 0; r < COUNT_OF(runs); r++) {
        uint64_t count = 0;
        struct bench b;

        bench_tallies(&b, runs[r].bytes, runs[r].alone);
        store_bench_seal(&b.store, 100000);
        for (uint32_t i = 0; i < COUNTINGS; i++) {
            const uint32_t form = below(COUNT_OF(countings));
            const char *name = ONE_OF(tallied);
            char query[256];

            if (i == COUNTINGS / 2)
                store_bench_seal(&b.store, UINT64_MAX);
            (void)snprintf(query, sizeof(query), countings[form], name, name);
            count += check_counting(&b, span_of(query), form < TALLIED_FORMS, &told, &read);
        }
        printf("run %u: tallies told of %llu events\n", r, (unsigned long long)count);
        assert_true(count >= runs[r].least);
        bench_end(&b);
    }
    buf_release(&told);
    buf_release(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_tell_what_events_tell),
        cmocka_unit_test(tallies_tell_what_events_tell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
