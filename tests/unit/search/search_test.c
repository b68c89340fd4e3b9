/*
 * Goal: a search finds all and only the events that its filter says, the newest first, wherever
 * they lie, with the index of words as without. Method: a lane of which a part is sealed, events
 * whose answer the test knows; every filter at every stage of sealing.
 */
#include "../check.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../event/laid.h"
#include "search/search.h"
#include "store/catalog.h"
#include "store_bench.h"

#define TAXONOMY                                                                                   \
    "source: any\nproduct: any\nrows: [ { when: { n: { exists: true } }, time: at } ]\n"
#define EVENTS 900u
#define NOW    STORE_BENCH_NOW

struct bench {
    struct laid laid;
    struct store_bench store;
};

/* --- events whose answer is known ----------------------------------------------------------- */

static const char *const who[] = { "alice", "bob", "Đặng", "eve" };

static bool coded(uint64_t n)
{
    return n % 3 != 0 && n % 22 == 5;
}

static struct span event_of(uint64_t n, char *room, size_t bytes)
{
    int len;

    if (coded(n)) /* ls /tmp/kho, in hex as auditd writes it */
        len = snprintf(room, bytes,
                       "type=PROCTITLE msg=audit(1700000000.%03llu:%llu): "
                       "proctitle=6C73002F746D702F6B686F",
                       (unsigned long long)(n % 1000), (unsigned long long)n);
    else if (n % 3 == 0)
        len = snprintf(room, bytes, "{\"n\":%llu,\"user\":\"%s\",\"path\":\"C:\\\\tmp\\\\f%llu\"}",
                       (unsigned long long)n, who[n % 4], (unsigned long long)(n % 10));
    else
        len =
            snprintf(room, bytes, "<13>1 - host%llu app - - - Failed password for %s, case %llu%s",
                     (unsigned long long)(n % 5), who[n % 4], (unsigned long long)n,
                     n == 778 ? " needle-in-hay" : "");
    return (struct span){ (uint8_t *)room, (size_t)len };
}

static bool json_of(uint64_t n)
{
    return n % 3 == 0;
}

static bool is_any(uint64_t n)
{
    (void)n;
    return true;
}
static bool is_needle(uint64_t n)
{
    return n == 778;
}
static bool is_failed(uint64_t n)
{
    return !json_of(n) && !coded(n);
}
static bool is_failed_bob(uint64_t n)
{
    return is_failed(n) && n % 4 == 1;
}
static bool is_dang(uint64_t n)
{
    return n % 4 == 2 && !coded(n);
}
static bool is_user_dang(uint64_t n)
{
    return json_of(n) && n % 4 == 2;
}
static bool is_case(uint64_t n)
{
    return is_failed(n) && n == 500;
}
static bool is_path(uint64_t n)
{
    return json_of(n) && n % 10 == 7;
}
static bool is_not_eve(uint64_t n)
{
    return n % 4 != 3 || coded(n);
}
static bool is_number(uint64_t n)
{
    return json_of(n) && n > 880;
}
static bool is_either(uint64_t n)
{
    return n == 778 || is_number(n);
}
static bool is_coded_or_needle(uint64_t n)
{
    return coded(n) || n == 778;
}
static bool is_none(uint64_t n)
{
    (void)n;
    return false;
}

static const struct row {
    const char *filter;
    bool (*holds)(uint64_t n);
} rows[] = {
    { "", is_any },
    { "needle", is_needle },
    { "\"needle-in-hay\"", is_needle },
    { "needl", is_none },
    { "needl*", is_needle },
    { "failed", is_failed },
    { "FAILED password bob", is_failed_bob },
    { "\"password for bob\"", is_failed_bob },
    { "\"failed bob\"", is_none },
    { "dang", is_dang },
    { "ĐẶNG", is_dang },
    { "user:dang", is_user_dang },
    { "user:đặng", is_user_dang },
    { "\"case 500\"", is_case },
    { "\"C:\\tmp\\f7\"", is_path },
    { "path:\"C:\\\\tmp\\\\f7\"", is_path },
    { "not eve", is_not_eve },
    { "n>880", is_number },
    { "needle or n>880", is_either },
    { "absent", is_none },
    { "kho", coded },
    { "proctitle:*kho", coded },
    { "kho or needle", is_coded_or_needle },
    { "source:src and input:relp", is_any },
    { "source:nobody", is_none },
};

/* --- the store ------------------------------------------------------------------------------ */

static struct span made(void *arg, uint64_t n, char *room, size_t bytes)
{
    (void)arg;
    return event_of(n, room, bytes);
}

static void bench_init(struct bench *b)
{
    laid_init(&b->laid, TAXONOMY, "user");
    store_bench_init(&b->store, made, NULL, EVENTS, 13);
}

static void bench_release(struct bench *b)
{
    store_bench_release(&b->store);
    laid_release(&b->laid);
}

static void seal(struct bench *b, uint64_t bytes)
{
    store_bench_seal(&b->store, bytes);
}

static int64_t receipt_of(const struct bench *b, uint64_t n)
{
    return store_bench_receipt(&b->store, n);
}

/* --- asking --------------------------------------------------------------------------------- */

static struct search_from asked(const struct bench *b, const char *filter)
{
    return (struct search_from){ .io = &io_system,
                                 .data = b->store.data,
                                 .taxonomy = b->laid.taxonomy,
                                 .names = &b->laid.names,
                                 .query = span_of(filter),
                                 .clock = { NOW, QUERY_VIETNAM_S },
                                 .skew_ns = 0,
                                 .from_ns = INT64_MIN / 2,
                                 .to_ns = INT64_MAX / 2,
                                 .limit = SEARCH_LIMIT_MAX };
}

static struct span line_of(struct search *s, uint32_t i)
{
    struct span line;
    struct err e;

    assert_int_equal(search_line(s, i, &line, &e), ERR_OK);
    return line;
}

static uint64_t sequence_of(struct span line)
{
    json_t *doc = json_loadb((const char *)line.p, line.n, 0, NULL);
    uint64_t n = (uint64_t)json_integer_value(json_object_get(doc, "sequence"));

    assert_non_null(doc);
    json_decref(doc);
    return n;
}

/* What the row says, within the numbers [from, to), the `limit` newest. */
static struct search_counts check(const struct search_from *from, const struct row *row,
                                  uint64_t first, uint64_t end)
{
    struct search *s;
    struct err e;
    uint64_t n = end;
    uint32_t hits;
    struct search_counts counts;
    int rc;

    if (search_new(&s, from, &e) != ERR_OK)
        fail_msg("'%s': %s", row->filter, e.why);
    while ((rc = search_step(s, &e)) > 0)
        ;
    assert_int_equal(rc, 0);
    hits = search_lines(s);
    for (uint32_t i = 0; i < hits; i++) {
        for (n--; n >= first && (!row->holds(n) || n == 13);)
            n--;
        if (n < first || sequence_of(line_of(s, i)) != n)
            fail_msg("'%s': hit %u is %llu, not %llu", row->filter, i,
                     (unsigned long long)sequence_of(line_of(s, i)), (unsigned long long)n);
    }
    for (n--; hits < from->limit && n >= first; n--) {
        if (row->holds(n) && n != 13)
            fail_msg("'%s': %llu is missing", row->filter, (unsigned long long)n);
    }
    counts = search_counts(s);
    assert_false(counts.partial);
    search_free(&s);
    return counts;
}

static void check_all(const struct bench *b)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct search_from from = asked(b, rows[i].filter);

        (void)check(&from, &rows[i], 1, EVENTS + 1);
        from.no_index = true;
        (void)check(&from, &rows[i], 1, EVENTS + 1);
        from.no_index = false;
        from.limit = 7;
        (void)check(&from, &rows[i], 1, EVENTS + 1);
        from.limit = SEARCH_LIMIT_MAX;
        from.from_ns = receipt_of(b, 100);
        from.to_ns = receipt_of(b, 800);
        (void)check(&from, &rows[i], 100, 800);
    }
}

static void all_and_only_what_the_filter_says_at_every_stage(void **state)
{
    static const uint64_t stages[] = { 0, 30000, 60000, UINT64_MAX };
    struct bench b;

    (void)state;
    bench_init(&b);
    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        if (stages[i] > 0)
            seal(&b, stages[i]);
        check_all(&b);
    }
    bench_release(&b);
}

static void the_index_leaves_out_what_cannot_hold(void **state)
{
    struct search_counts counts;
    struct search_from from;
    struct bench b;

    (void)state;
    bench_init(&b);
    seal(&b, UINT64_MAX);
    from = asked(&b, "needle");
    counts = check(&from, &(struct row){ "needle", is_needle }, 1, EVENTS + 1);
    assert_true(counts.blocks > 5);
    assert_int_equal(counts.passed, counts.blocks - 1);
    assert_int_equal(counts.found, 1);
    /* The newest few need not the oldest. */
    from = asked(&b, "");
    from.limit = 3;
    counts = check(&from, &rows[0], 1, EVENTS + 1);
    assert_true(counts.events < EVENTS / 2);
    bench_release(&b);
}

/* --- commands ------------------------------------------------------------------------------- */

/* All lines of a search, joined. */
static void collect(const struct search_from *from, struct buf *out, struct search_counts *counts)
{
    struct search *s;
    struct err e;
    int rc;

    if (search_new(&s, from, &e) != ERR_OK)
        fail_msg("%s", e.why);
    while ((rc = search_step(s, &e)) > 0)
        ;
    assert_int_equal(rc, 0);
    buf_clear(out);
    for (uint32_t i = 0; i < search_lines(s); i++)
        buf_add(out, line_of(s, i));
    assert_false(buf_failed(out));
    *counts = search_counts(s);
    search_free(&s);
}

static uint64_t count_of(bool (*holds)(uint64_t n))
{
    uint64_t count = 0;

    for (uint64_t n = 1; n <= EVENTS; n++)
        count += n != 13 && holds(n);
    return count;
}

/* What the commands must come to, made by counting. */
static void want_stats(struct buf *out)
{
    /* In the order of the values' bytes, as they are written. */
    static const uint32_t order[] = { 0, 1, 3, 2 };

    buf_text(out, "{\"columns\":[\"user\",\"count\",\"max(n)\"]}\n");
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        uint64_t count = 0, last = 0;

        for (uint64_t n = 1; n <= EVENTS; n++) {
            if (json_of(n) && n % 4 == order[i]) {
                count++;
                last = n;
            }
        }
        buf_fmt(out, "{\"row\":[\"%s\",%llu,%llu]}\n", who[order[i]], (unsigned long long)count,
                (unsigned long long)last);
    }
}

static void want_count(struct buf *out)
{
    buf_fmt(out, "{\"columns\":[\"count\"]}\n{\"row\":[%llu]}\n",
            (unsigned long long)count_of(is_failed));
}

static void want_newest(struct buf *out)
{
    uint32_t count = 0;

    buf_text(out, "{\"columns\":[\"n\",\"source\"]}\n");
    for (uint64_t n = EVENTS; count < 3; n--) {
        if (!is_user_dang(n))
            continue;
        buf_fmt(out, "{\"row\":[\"%llu\",\"src\"]}\n", (unsigned long long)n);
        count++;
    }
}

static void want_least(struct buf *out)
{
    buf_text(out, "{\"columns\":[\"n\"]}\n");
    for (uint64_t n = 882, count = 0; count < 2; n++) {
        if (!is_number(n))
            continue;
        buf_fmt(out, "{\"row\":[\"%llu\"]}\n", (unsigned long long)n);
        count++;
    }
}

static void want_many(struct buf *out)
{
    buf_text(out, "{\"columns\":[\"source\"]}\n");
    for (uint32_t i = 0; i < 800; i++)
        buf_text(out, "{\"row\":[\"src\"]}\n");
}

static const struct {
    const char *query;
    void (*want)(struct buf *out);
} tables[] = {
    { "user:* | stats count, max(n) by user", want_stats },
    { "failed | stats count", want_count },
    { "user:dang | fields n, source | limit 3", want_newest },
    { "| fields source | limit 800", want_many },
    { "n>880 | sort n | fields n | limit 2", want_least },
};

static void check_tables(const struct bench *b)
{
    struct search_counts counts;
    struct buf got, want;

    buf_init(&got, 1 << 20);
    buf_init(&want, 1 << 20);
    for (size_t i = 0; i < 2 * COUNT_OF(tables); i++) {
        struct search_from from = asked(b, tables[i / 2].query);

        from.no_index = i % 2 == 1;
        from.limit = 1; /* of events; tables have theirs */
        collect(&from, &got, &counts);
        buf_clear(&want);
        tables[i / 2].want(&want);
        buf_byte(&want, 0);
        check_span(tables[i / 2].query, buf_span(&got), (const char *)want.p);
        assert_false(counts.partial);
    }
    buf_release(&got);
    buf_release(&want);
}

static void commands_make_the_same_table_at_every_stage(void **state)
{
    static const uint64_t stages[] = { 0, 30000, 60000, UINT64_MAX };
    struct bench b;

    (void)state;
    bench_init(&b);
    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        if (stages[i] > 0)
            seal(&b, stages[i]);
        check_tables(&b);
    }
    bench_release(&b);
}

static void what_is_not_whole_says_why(void **state)
{
    struct search_counts counts;
    struct search_from from;
    struct search *s;
    struct bench b;
    struct buf got;
    struct err e;
    int rc;

    (void)state;
    bench_init(&b);
    seal(&b, UINT64_MAX);
    buf_init(&got, 1 << 20);
    from = asked(&b, "| sort n | fields n");
    from.bytes = 1000;
    collect(&from, &got, &counts);
    assert_true(counts.partial);
    assert_non_null(strstr(counts.why, "for want of room"));
    assert_true(counts.shown > 0 && counts.shown < counts.found);
    from = asked(&b, "");
    from.bytes = 1000;
    collect(&from, &got, &counts);
    assert_true(counts.partial);
    assert_non_null(strstr(counts.why, "too large"));
    /* Stopped at once: a table of nothing, and marked. */
    from = asked(&b, "| stats count");
    assert_int_equal(search_new(&s, &from, &e), ERR_OK);
    assert_int_equal(search_step(s, &e), 1);
    search_stop(s, "it was interrupted");
    while ((rc = search_step(s, &e)) > 0)
        ;
    assert_int_equal(rc, 0);
    assert_true(search_counts(s).partial && search_counts(s).events < EVENTS);
    assert_string_equal(search_counts(s).why, "it was interrupted");
    assert_int_equal(search_lines(s), 2);
    search_free(&s);
    buf_release(&got);
    bench_release(&b);
}

/* since: and until: leave out blocks by their times, too. */
static void times_of_the_query_are_as_from_and_to(void **state)
{
    struct search_counts counts;
    struct search_from from;
    struct bench b;
    struct buf got;
    uint64_t first;

    (void)state;
    bench_init(&b);
    seal(&b, UINT64_MAX);
    buf_init(&got, 1 << 22);
    from = asked(&b, "since:2026-11-19T07:00:00+07:00");
    from.clock.now_ns = NOW;
    collect(&from, &got, &counts);
    first = counts.found;
    assert_in_range(counts.events, first, EVENTS - 100);
    from = asked(&b, "");
    from.from_ns = NOW;
    collect(&from, &got, &counts);
    assert_int_equal(first, counts.found);
    assert_in_range(first, 1, EVENTS - 1);
    buf_release(&got);
    bench_release(&b);
}

static void remove_segments(const struct bench *b, const char *names)
{
    char command[160];

    (void)snprintf(command, sizeof(command), "rm %s/%s", b->store.files.path, names);
    assert_int_equal(system(command), 0);
}

/* What is sealed and removed behind a search that has begun is found all the same, once. */
static void what_is_removed_meanwhile_is_found(void **state)
{
    struct search_from from;
    struct search *s;
    struct bench b;
    struct err e;
    int rc;

    (void)state;
    bench_init(&b);
    seal(&b, 30000);
    from = asked(&b, "");
    assert_int_equal(search_new(&s, &from, &e), ERR_OK);
    seal(&b, UINT64_MAX);
    remove_segments(&b, "*.lane");
    while ((rc = search_step(s, &e)) > 0)
        ;
    assert_int_equal(rc, 0);
    assert_false(search_counts(s).partial);
    assert_int_equal(search_lines(s), count_of(is_any));
    search_free(&s);
    bench_release(&b);
}

static void events_that_are_gone_are_told(void **state)
{
    struct search_counts counts;
    struct search_from from;
    struct bench b;
    struct buf got;

    (void)state;
    bench_init(&b);
    buf_init(&got, 1 << 22);
    remove_segments(&b, "*2.lane"); /* neither the first nor the last */
    from = asked(&b, "");
    collect(&from, &got, &counts);
    assert_true(counts.partial);
    assert_non_null(strstr(counts.why, "missing"));
    assert_in_range(counts.found, 100, EVENTS - 10);
    buf_release(&got);
    bench_release(&b);
}

static void a_command_is_none_of_a_filter(void **state)
{
    struct search_from from;
    struct search *s;
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    from = asked(&b, "a | stats count");
    from.filter_only = true;
    assert_int_equal(search_new(&s, &from, &e), ERR_SYNTAX);
    assert_int_equal(e.at, 2);
    from = asked(&b, "a | stats count by x | sort y");
    assert_int_equal(search_new(&s, &from, &e), ERR_USAGE);
    bench_release(&b);
}

static void a_filter_that_is_none_is_told_with_its_place(void **state)
{
    struct search *s = (struct search *)1;
    struct search_from from;
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    from = asked(&b, "a and (b");
    assert_int_equal(search_new(&s, &from, &e), ERR_SYNTAX);
    assert_int_equal(e.at, 8);
    assert_null(s);
    bench_release(&b);
}

/* A byte of a sealed file: the answer is partial and says so, and what it shows is true. */
static void damage_is_told(void **state)
{
    struct catalog c;
    struct bench b;
    struct search_from from;
    struct search *s;
    char name[SEALED_NAME_BYTES];
    struct stat st;
    struct err e;
    uint8_t byte;
    int dir, fd, rc;

    (void)state;
    bench_init(&b);
    seal(&b, UINT64_MAX);
    catalog_init(&c);
    assert_int_equal(catalog_read(&c, b.store.sealed, &e), ERR_OK);
    dir = catalog_folder(b.store.sealed, c.file[0].day, c.file[0].months);
    sealed_file_name(name, &c.file[0].name);
    fd = openat(dir, name, O_RDWR | O_CLOEXEC);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(pread(fd, &byte, 1, 600), 1);
    byte ^= 4;
    assert_int_equal(pwrite(fd, &byte, 1, 600), 1);
    (void)close(fd);
    (void)close(dir);
    from = asked(&b, "");
    assert_int_equal(search_new(&s, &from, &e), ERR_OK);
    while ((rc = search_step(s, &e)) > 0)
        ;
    assert_int_equal(rc, 0);
    assert_true(search_counts(s).partial && search_counts(s).damaged == 1);
    assert_in_range(search_lines(s), EVENTS / 2, EVENTS - 10);
    for (uint32_t i = 0; i < search_lines(s); i++) {
        char room[256];
        struct span line = line_of(s, i);
        uint64_t n = sequence_of(line);
        json_t *doc = json_loadb((const char *)line.p, line.n, 0, NULL);

        check_span("raw", event_of(n, room, sizeof(room)),
                   json_string_value(json_object_get(doc, "raw")));
        json_decref(doc);
    }
    search_free(&s);
    catalog_release(&c);
    bench_release(&b);
}

/* Sealed files are opened many at once, and the first in time are not the first of the list. */
static void many_files_are_as_few(void **state)
{
    struct search_counts counts;
    struct search_from from;
    struct search *s;
    struct catalog c;
    struct bench b;
    struct err e;
    char name[SEALED_NAME_BYTES];
    uint64_t events;
    int dir, fd, rc;

    (void)state;
    bench_init(&b);
    b.store.run_bytes = 300;
    seal(&b, UINT64_MAX);
    from = asked(&b, "");
    counts = check(&from, &rows[0], 1, EVENTS + 1);
    assert_true(counts.blocks > 130);
    check_all(&b);
    /* One in the middle has no foot. */
    catalog_init(&c);
    assert_int_equal(catalog_read(&c, b.store.sealed, &e), ERR_OK);
    dir = catalog_folder(b.store.sealed, c.file[40].day, c.file[40].months);
    sealed_file_name(name, &c.file[40].name);
    fd = openat(dir, name, O_RDWR | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, 200), 0);
    (void)close(fd);
    (void)close(dir);
    events = c.file[40].name.to - c.file[40].name.from + 1;
    assert_int_equal(search_new(&s, &from, &e), ERR_OK);
    while ((rc = search_step(s, &e)) > 0)
        ;
    assert_int_equal(rc, 0);
    assert_true(search_counts(s).partial && search_counts(s).damaged == 1);
    assert_int_equal(search_lines(s), count_of(is_any) - events);
    search_free(&s);
    catalog_release(&c);
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_and_only_what_the_filter_says_at_every_stage),
        cmocka_unit_test(the_index_leaves_out_what_cannot_hold),
        cmocka_unit_test(commands_make_the_same_table_at_every_stage),
        cmocka_unit_test(what_is_not_whole_says_why),
        cmocka_unit_test(times_of_the_query_are_as_from_and_to),
        cmocka_unit_test(what_is_removed_meanwhile_is_found),
        cmocka_unit_test(events_that_are_gone_are_told),
        cmocka_unit_test(a_command_is_none_of_a_filter),
        cmocka_unit_test(a_filter_that_is_none_is_told_with_its_place),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(many_files_are_as_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
