/*
 * Goal: a hunt that asks columns first (figures.h) finds what one finds that reads each event,
 * whatever the events and the rules are. Method: events put together by chance out of what is
 * awkward, rules by chance; each is hunted with both ways, and hits and results must be the same.
 */
#include "../check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../sigma/both.h"
#include "awkward.h"
#include "search/hunt.h"
#include "store_bench.h"

#define EVENTS AWKWARD_EVENTS
#define RULES  (getenv("CANH_LONG") != NULL ? 3000u : 120u)
#define below  awkward_below
#define ONE_OF AWKWARD_ONE_OF

/* --- rules ---------------------------------------------------------------------------------- */

static const char *const sources[] = {
    "product: any",   "category: login", "category: denied",
    "service: sshd",  "category: rest",  "product: any\n  category: login",
    "category: none",
};
static const char *const fields[] = {
    "user",    "User", "n",   "n2",      "host",    "kind",    "joined", "what", "message", "app",
    "machine", "in",   "dom", "EventID", "eventid", "Channel", "at",     "none", "host.in", "level",
};
static const char *const items[] = {
    "'an'", "'AN'",           "''",  "'-'",  "null",  "3",       "44", "4624",
    "4625", "['an', 'binh']", "'*'", "'?n'", "'f*l'", "\"\\t\"",
};
static const char *const parts[] = {
    "'an'",     "'fail'",   "'for'",   "' from 10.0.0.1'", "'7'",  "':'",
    "'port=1'", "'DENIED'", "'a&'",    "'x\\1'",           "'in'", "'e'",
    "'quiet'",  "'1'",      "'srv-7'", "['an', '44']",
};
static const char *const others[] = {
    "exists: true",
    "exists: false",
    "re: '(?i)fail|a[nb]'",
    "re: '^$'",
    "gt: 5",
    "lt: 10",
    "cidr: 10.0.0.0/8",
    "contains|cased: 'An'",
    "fieldref: dom",
    "contains|all: ['a', 'n']",
    "re: '[0-9]{5}'",
    "base64offset|contains: 'an'",
};
static const char *const keywords[] = {
    "'an'",         "'fail'",
    "' for '",      "'from 10.0.0.1'",
    "':5 port='",   "'port=1'",
    "'n\":3'",      "'binh7 from'",
    "'() { :; };'", "'@'",
    "': '",         "'12345'",
    "'x\\1 from'",  "'quiet'",
    "'sshd'",       "'44'",
    "'1.50'",       "'1000'",
    "\"a\\tb\"",    "'{\"in\"'",
    "'nobody'",     "'denied for '",
    "'null'",       "'\xC4\x91'",
    "'for *from'",  "'7 from'",
    "'Zz'",         "'d2 from 10'",
    "'-7'",         "'\"level\":\"a'",
};
static const char *const modes[] = { "contains", "startswith", "endswith" };
static const char *const conditions[] = {
    "s",       "s and not f", "not f",       "s or f", "k",
    "k and s", "k and not f", "s and not k", "1 of *", "all of them",
};

static void put_item(struct buf *y)
{
    switch (below(4)) {
    case 0:
        buf_fmt(y, "    %s|%s: %s\n", ONE_OF(fields), ONE_OF(modes), ONE_OF(parts));
        break;
    case 1:
        buf_fmt(y, "    %s|%s\n", ONE_OF(fields), ONE_OF(others));
        break;
    default:
        buf_fmt(y, "    %s: %s\n", ONE_OF(fields), ONE_OF(items));
    }
}

static void put_search(struct buf *y, const char *name)
{
    buf_fmt(y, "  %s:\n", name);
    put_item(y);
    if (below(3) == 0) {
        const size_t from = y->n;

        put_item(y);
        if (memmem(y->p, from, y->p + from, y->n - from) != NULL) /* a key is there once */
            y->n = from;
    }
}

static void put_keywords(struct buf *y)
{
    buf_text(y, "  k:\n");
    for (uint32_t i = 1 + below(3); i > 0; i--)
        buf_fmt(y, "    - %s\n", ONE_OF(keywords));
}

static void put_rule(struct buf *y, uint32_t i)
{
    const char *condition = ONE_OF(conditions);
    const bool any = strchr(condition, '1') != NULL || condition[0] == 'a';

    buf_fmt(y,
            "title: Rule %u\nname: rule%u\nid: 00000000-0000-4000-8000-0000000000%02u\n"
            "level: low\nlogsource:\n  %s\ndetection:\n",
            i, i, i, ONE_OF(sources));
    if (any || memchr(condition, 's', strlen(condition)) != NULL)
        put_search(y, "s");
    if (any || memchr(condition, 'f', strlen(condition)) != NULL)
        put_search(y, "f");
    if (any || memchr(condition, 'k', strlen(condition)) != NULL)
        put_keywords(y);
    buf_fmt(y, "  condition: %s\n", condition);
}

static void make_rules(struct buf *y)
{
    const uint32_t rules = below(4) == 0 ? 1 + below(4) : 1;

    buf_clear(y);
    for (uint32_t i = 0; i < rules; i++) {
        put_rule(y, i);
        buf_text(y, "---\n");
    }
    buf_fmt(y,
            "title: Together\nid: 00000000-0000-4000-8000-000000000099\nlevel: low\n"
            "correlation:\n  type: event_count\n  rules: [rule0]\n  group-by: [user]\n"
            "  timespan: 1m\n  condition: { gte: 5 }\n%s",
            below(2) ? "  generate: true\n" : "");
}

/* --- both ways ------------------------------------------------------------------------------ */

struct bench {
    struct store_bench store;
    char folder[64]; /* the taxonomy's */
    struct buf rules;
    uint64_t read, all, hits; /* events, of all hunts */
};

static struct hunt *hunted(const struct bench *b, const struct both *with,
                           const struct hunt_from *asked, bool everywhere)
{
    struct hunt_from from = *asked;
    struct hunt *h;
    struct err e;
    int rc;

    from.io = &io_system;
    from.data = b->store.data;
    from.rules = with->fast;
    from.taxonomy = with->taxonomy;
    from.names = &with->names;
    from.everywhere = everywhere;
    assert_int_equal(hunt_new(&h, &from, &e), ERR_OK);
    while ((rc = hunt_step(h, &e)) > 0)
        ;
    assert_int_equal(rc, 0);
    assert_false(hunt_counts(h).partial);
    return h;
}

static void check_rule(const struct bench *b, const struct hunt *told, const struct hunt *read,
                       uint32_t rule)
{
    const struct hunt_hit *x, *y;
    uint32_t n, m;
    const uint64_t count = hunt_rule(told, rule, &x, &n), want = hunt_rule(read, rule, &y, &m);

    for (uint32_t i = 0; count == want && i < n; i++) {
        if (x[i].sequence != y[i].sequence || x[i].time_ns != y[i].time_ns)
            fail_msg("hit %u: event %llu, not %llu\n%.*s", i, (unsigned long long)x[i].sequence,
                     (unsigned long long)y[i].sequence, (int)b->rules.n, (const char *)b->rules.p);
    }
    if (count != want || n != m)
        fail_msg("%llu hits, not %llu\n%.*s", (unsigned long long)count, (unsigned long long)want,
                 (int)b->rules.n, (const char *)b->rules.p);
}

static void check_rules(struct bench *b, const struct both *with)
{
    struct hunt_from from = { .from_ns = INT64_MIN / 2, .to_ns = INT64_MAX / 2, .threads = 1 };
    struct hunt *told, *read;
    struct span x, y;

    if (below(3) == 0) {
        from.from_ns = store_bench_receipt(&b->store, below(EVENTS));
        from.to_ns = store_bench_receipt(&b->store, EVENTS / 2 + below(EVENTS));
        from.skew_ns = below(2) ? 0 : INT64_C(3600000000000);
    }
    told = hunted(b, with, &from, false);
    read = hunted(b, with, &from, true);
    for (uint32_t i = 0; i < ruleset_rule_count(with->fast); i++)
        check_rule(b, told, read, i);
    assert_int_equal(hunt_correlation(told, 0, &x), hunt_correlation(read, 0, &y));
    assert_true(span_eq(x, y));
    assert_true(hunt_counts(told).events <= hunt_counts(read).events); /* the index of words */
    assert_int_equal(hunt_counts(read).read, hunt_counts(read).events);
    b->read += hunt_counts(told).read;
    b->all += hunt_counts(read).read;
    b->hits += hunt_counts(read).hits;
    hunt_free(&told);
    hunt_free(&read);
}

static void bench_init(struct bench *b, store_bench_fn *fn, void *arg)
{
    char path[96];
    int fd;

    *b = (struct bench){ .folder = "/tmp/hunt_columns.XXXXXX" };
    assert_non_null(mkdtemp(b->folder));
    (void)snprintf(path, sizeof(path), "%s/test.yaml", b->folder);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, awkward_taxonomy, strlen(awkward_taxonomy)),
                     (ssize_t)strlen(awkward_taxonomy));
    assert_int_equal(close(fd), 0);
    buf_init(&b->rules, 65536);
    store_bench_init(&b->store, fn, arg, EVENTS, 13);
    store_bench_seal(&b->store, UINT64_MAX);
}

static void bench_end(struct bench *b)
{
    char path[96];

    (void)snprintf(path, sizeof(path), "%s/test.yaml", b->folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(b->folder), 0);
    buf_release(&b->rules);
    store_bench_release(&b->store);
}

static void columns_find_what_events_give(void **s)
{
    struct bench b;

    (void)s;
    awkward_state = 3;
    bench_init(&b, awkward_event, NULL);
    for (uint32_t i = 0; i < RULES; i++) {
        struct both with;

        make_rules(&b.rules);
        if (!both_init(&with, buf_span(&b.rules), NULL, b.folder))
            fail_msg("no rules:\n%.*s", (int)b.rules.n, (const char *)b.rules.p);
        check_rules(&b, &with);
        both_release(&with);
    }
    printf("%llu of %llu events were read, %llu hits\n", (unsigned long long)b.read,
           (unsigned long long)b.all, (unsigned long long)b.hits);
    assert_true(b.read < b.all / 2);
    assert_true(b.hits > 100 * RULES);
    bench_end(&b);
}

/* --- what chance hits too seldom ------------------------------------------------------------- */

#define EVERY 10u /* of the events one is the other */

struct made {
    const char *says, *keyword, *field; /* rule 0; what rule 1 wants to be greater than 5 */
    const char *most, *other;           /* events; %u is a digit */
    uint32_t hit;                       /* the rule that holds for the other, and for no more */
};

static struct span made_event(void *arg, uint64_t n, char *room, size_t bytes)
{
    const struct made *m = arg;
    const unsigned digit = (unsigned)(n / EVERY % 9 + 1);
    const int len = snprintf(room, bytes, n % EVERY == 0 ? m->other : m->most, digit, digit, digit);

    return (struct span){ (uint8_t *)room, (size_t)len };
}

static void check_made(const struct made *m)
{
    const struct hunt_from from = { .from_ns = INT64_MIN / 2,
                                    .to_ns = INT64_MAX / 2,
                                    .threads = 1 };
    const struct hunt_hit *hit;
    struct hunt *told, *read;
    struct both with;
    struct made arg = *m;
    struct bench b;
    uint32_t listed;

    bench_init(&b, made_event, &arg);
    buf_fmt(&b.rules,
            "title: Keywords\nname: rule0\nid: 00000000-0000-4000-8000-000000000000\nlevel: low\n"
            "logsource: { product: any }\ndetection:\n  k: ['%s']\n  condition: k\n---\n"
            "title: Number\nname: rule1\nid: 00000000-0000-4000-8000-000000000001\nlevel: low\n"
            "logsource: { product: any }\ndetection:\n  s: { %s|gt: 5 }\n  condition: s\n",
            m->keyword, m->field);
    if (!both_init(&with, buf_span(&b.rules), NULL, b.folder))
        fail_msg("%s: no rules:\n%.*s", m->says, (int)b.rules.n, (const char *)b.rules.p);
    told = hunted(&b, &with, &from, false);
    read = hunted(&b, &with, &from, true);
    for (uint32_t i = 0; i < 2; i++) {
        const uint64_t want = i == m->hit ? EVENTS / EVERY : 0,
                       is = hunt_rule(read, i, &hit, &listed),
                       by_columns = hunt_rule(told, i, &hit, &listed);

        if (is != want || by_columns != want)
            fail_msg("%s: rule %u: %llu hits, %llu by columns, not %llu", m->says, i,
                     (unsigned long long)is, (unsigned long long)by_columns,
                     (unsigned long long)want);
    }
    CHECK_ROW(m->says, hunt_counts(told).read < hunt_counts(read).read / 2);
    hunt_free(&told);
    hunt_free(&read);
    both_release(&with);
    bench_end(&b);
}

static void columns_leave_nothing_out_that_keywords_look_into(void **state)
{
    static const struct made rows[] = {
        { "a number whose text is not as it stands", "1000", "none", "{\"kind\":\"a\",\"x\":7}",
          "{\"kind\":\"a\",\"x\":1e3}", 0 },
        { "the first slot", "needle", "none",
          "{\"a\":\"v%u\",\"kind\":\"a\",\"b\":\"v%u\",\"c\":\"v%u\"}",
          "{\"a\":\"needle\",\"kind\":\"a\",\"b\":\"v%u\",\"c\":\"v%u\"}", 0 },
        { "one between", "needle", "none",
          "{\"a\":\"v%u\",\"kind\":\"a\",\"b\":\"v%u\",\"c\":\"v%u\"}",
          "{\"a\":\"v%u\",\"kind\":\"a\",\"b\":\"needle\",\"c\":\"v%u\"}", 0 },
        { "the last", "needle", "none",
          "{\"a\":\"v%u\",\"kind\":\"a\",\"b\":\"v%u\",\"c\":\"v%u\"}",
          "{\"a\":\"v%u\",\"kind\":\"a\",\"b\":\"v%u\",\"c\":\"needle\"}", 0 },
        { "one that a rule looks at, too", "needle", "a",
          "{\"a\":\"v%u\",\"kind\":\"a\",\"b\":\"v%u\",\"c\":\"v%u\"}",
          "{\"a\":\"needle\",\"kind\":\"a\",\"b\":\"v%u\",\"c\":\"v%u\"}", 0 },
        { "an empty value, between literals that go together", "a\":\"\",\"kind", "none",
          "{\"a\":\"v%u\",\"kind\":\"a\",\"b\":\"v%u\"}",
          "{\"a\":\"\",\"kind\":\"a\",\"b\":\"v%u\"}", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_made(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_find_what_events_give),
        cmocka_unit_test(columns_leave_nothing_out_that_keywords_look_into),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
