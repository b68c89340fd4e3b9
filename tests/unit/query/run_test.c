/*
 * Goal: rows of events become the table that the commands say, whatever they hold; what there is no
 * room for is told, and what is there is right.
 * Method: rows of queries over a few events; the same over many generated ones against sums made in
 * the plainest way; small limits.
 */
#include "../check.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/time.h"
#include "query/run.h"

#define HOUR (3600 * TIME_SECOND)

static const struct query_clock at = { 1795788611 * TIME_SECOND, QUERY_VIETNAM_S };

struct sample {
    int64_t time_ns;
    const char *name[4], *value[4];
};

static const struct sample samples[] = {
    { 1 * HOUR, { "user", "bytes", "ip" }, { "root", "100", "10.0.0.9" } },
    { 2 * HOUR, { "user", "bytes", "ip" }, { "an", "9", "10.0.0.10" } },
    { 2 * HOUR, { "user", "bytes" }, { "root", "0.5" } },
    { 3 * HOUR, { "user", "bytes", "ip" }, { "root", "x", "10.0.0.9" } },
    { 26 * HOUR, { "bytes", "ip" }, { "-3", "10.0.0.9" } },
    { 27 * HOUR, { "user", "bytes" }, { "", "9223372036854775807" } },
};

static struct span value_of(void *arg, struct span name)
{
    const struct sample *s = arg;

    for (size_t i = 0; i < COUNT_OF(s->name) && s->name[i] != NULL; i++) {
        if (span_eq_nocase(name, span_of(s->name[i])))
            return span_of(s->value[i]);
    }
    return SPAN_NONE;
}

static void put_cell(struct buf *out, const struct query_cell *c)
{
    uint8_t room[TIME_TEXT_MAX];

    switch (c->kind) {
    case CELL_NONE:
        buf_text(out, "-");
        break;
    case CELL_TEXT:
        buf_fmt(out, "'%.*s'", SPAN_ARG(c->text));
        break;
    case CELL_INTEGER:
        buf_fmt(out, "%lld", (long long)c->integer);
        break;
    case CELL_NUMBER:
        buf_add(out, (struct span){ room, num_put_double(room, c->number) });
        break;
    default:
        buf_fmt(out, "%lldh", (long long)(c->integer / HOUR));
        break;
    }
}

/* "columns: a b; row; row", and what is missing behind '!'. */
static void put_table(struct buf *out, const struct query_table *t)
{
    buf_clear(out);
    for (uint32_t i = 0; i < t->column_count; i++)
        buf_fmt(out, "%s%.*s", i > 0 ? " " : "", SPAN_ARG(t->columns[i]));
    for (uint32_t r = 0; r < t->row_count; r++) {
        buf_text(out, ";");
        for (uint32_t i = 0; i < t->column_count; i++) {
            buf_byte(out, ' ');
            put_cell(out, &t->cells[(size_t)r * t->column_count + i]);
        }
    }
    assert_int_equal(t->partial, t->missing[0] != 0);
    if (t->partial)
        buf_fmt(out, " !%s", t->missing);
}

static struct query_run_options usual_options(void)
{
    static struct query_field usual[2];

    usual[0].name = SPAN_LIT("time");
    usual[1].name = SPAN_LIT("user");
    return (struct query_run_options){ .usual = usual,
                                       .usual_count = 2,
                                       .offset_s = QUERY_VIETNAM_S,
                                       .from_ns = INT64_MIN,
                                       .until_ns = INT64_MAX,
                                       .limits = QUERY_LIMITS_USUAL };
}

/* Returns how many rows were taken before the run said that it needs no more. */
static uint32_t run(const char *text, const struct query_run_options *o, struct buf *out)
{
    const struct query_table *t;
    struct query_run *r;
    struct query *q;
    struct err e = { 0 };
    uint32_t taken = 0;

    if (query_read(&q, span_of(text), &at, QUERY_WHOLE, &e) != ERR_OK ||
        query_run_new(&r, q, o, &e) != ERR_OK)
        fail_msg("'%s': %s", text, e.why);
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct sample s = samples[i];
        struct query_row row = { value_of, &s, s.time_ns };

        taken++;
        if (!query_run_row(r, &row))
            break;
    }
    assert_int_equal(query_run_end(r, &t, &e), ERR_OK);
    assert_int_equal(t->rows_in, taken);
    put_table(out, t);
    query_run_free(&r);
    query_free(&q);
    return taken;
}

static void test_tables_are_what_the_commands_say(void **state)
{
    static const struct {
        const char *text, *want;
        uint32_t taken; /* 0: all */
    } rows[] = {
        { "", "time user; 1h 'root'; 2h 'an'; 2h 'root'; 3h 'root'; 26h -; 27h ''", 0 },
        { "| limit 2", "time user; 1h 'root'; 2h 'an'", 2 },
        { "| fields ip, nothing | limit 2", "ip nothing; '10.0.0.9' -; '10.0.0.10' -", 2 },
        { "| sort -bytes | fields bytes",
          "bytes; 'x'; '9223372036854775807'; '100'; '9'; '0.5'; '-3'", 0 },
        { "| sort bytes | fields bytes | limit 3", "bytes; '-3'; '0.5'; '9'", 0 },
        { "| sort bytes | limit 2", "time user bytes; 26h - '-3'; 2h 'root' '0.5'", 0 },
        { "| sort user, -time | fields user, time",
          "user time; '' 27h; 'an' 2h; 'root' 3h; 'root' 2h; 'root' 1h; - 26h", 0 },
        { "| sort user | fields user, time", /* equal ones as they came */
          "user time; '' 27h; 'an' 2h; 'root' 1h; 'root' 2h; 'root' 3h; - 26h", 0 },
        { "| sort -user | fields user", "user; 'root'; 'root'; 'root'; 'an'; ''; -", 0 },
        { "| stats count", "count; 6", 0 },
        { "| stats count, count(user) as users, count(ip)", "count users count(ip); 6 5 4", 0 },
        { "| stats count by user", "user count; '' 1; 'an' 1; 'root' 3; - 1", 0 },
        { "| stats count by user, ip",
          "user ip count; '' - 1; 'an' '10.0.0.10' 1; 'root' '10.0.0.9' 2; 'root' - 1; - '10.0.0.9' 1",
          0 },
        { "| stats sum(bytes), min(bytes), max(bytes), avg(bytes) by user",
          "user sum(bytes) min(bytes) max(bytes) avg(bytes); "
          "'' 9223372036854775807 9223372036854775807 9223372036854775807 9.223372036854776e+18; "
          "'an' 9 9 9 9; 'root' 100.5 0.5 100 50.25; - -3 -3 -3 -3",
          0 },
        { "| stats sum(bytes)", "sum(bytes); 9.223372036854776e+18", 0 },
        { "| stats sum(nothing), avg(nothing), max(nothing), dc(nothing)",
          "sum(nothing) avg(nothing) max(nothing) dc(nothing); - - - 0", 0 },
        { "| stats dc(ip), dc(user) as u", "dc(ip) u; 2 3", 0 },
        { "| stats min(time), max(time) by USER | limit 1", "USER min(time) max(time); '' 27h 27h",
          0 },
        { "| top user", "user count; 'root' 3; '' 1; 'an' 1", 0 },
        { "| top 1 user", "user count; 'root' 3", 0 },
        { "| rare user", "user count; '' 1; 'an' 1; 'root' 3", 0 },
        { "| top user, ip", "user ip count; 'root' '10.0.0.9' 2; 'an' '10.0.0.10' 1", 0 },
        { "| histogram 1h", "time count; 1h 1; 2h 2; 3h 1; 26h 1; 27h 1", 0 },
        { "| histogram 2h", "time count; 1h 3; 3h 1; 25h 1; 27h 1", 0 },
        { "| histogram 1d", "time count; -7h 4; 17h 2", 0 }, /* local midnight is 17:00 UTC */
        { "| histogram 1w", "time count; -79h 6", 0 },       /* Monday, 29 December 1969 */
        { "| histogram", "time count; 1h 1; 2h 2; 3h 1; 26h 1; 27h 1", 0 },
        { "| histogram 1d by user", "time user count; -7h 'an' 1; -7h 'root' 3; 17h '' 1; 17h - 1",
          0 },
        /* one behind the other */
        { "| limit 3 | stats count by user", "user count; 'an' 1; 'root' 2", 3 },
        { "| sort -time | limit 2 | stats count by user", "user count; '' 1; - 1", 0 },
        { "| stats count by user | stats count, sum(count) as all", "count all; 4 6", 0 },
        { "| stats count by user | sort -count, user | limit 2", "user count; 'root' 3; '' 1", 0 },
        { "| top user | fields count", "count; 3; 1; 1", 0 },
        { "| top user | limit 1", "user count; 'root' 3", 0 },
    };
    struct query_run_options o = usual_options();
    struct buf out;

    (void)state;
    buf_init(&out, 65536);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t taken = run(rows[i].text, &o, &out);

        check_span(rows[i].text, buf_span(&out), rows[i].want);
        CHECK_ROW(rows[i].text, taken == (rows[i].taken > 0 ? rows[i].taken : COUNT_OF(samples)));
    }
    o.from_ns = 0;
    o.until_ns = 48 * HOUR;
    (void)run("| histogram", &o, &out);
    check_span("of two days", buf_span(&out), "time count; 1h 1; 2h 2; 3h 1; 26h 1; 27h 1");
    o.until_ns = 2000 * HOUR;
    (void)run("| histogram", &o, &out);
    check_span("of three months", buf_span(&out), "time count; -7h 4; 17h 2");
    buf_release(&out);
}

static void test_what_there_is_no_room_for_is_told(void **state)
{
    struct query_run_options o = usual_options();
    struct buf out;

    (void)state;
    buf_init(&out, 65536);
    o.limits.groups = 2;
    (void)run("| stats count by user", &o, &out);
    check_span(
        "groups", buf_span(&out),
        "user count; 'an' 1; 'root' 3 !stats: 2 rows belong to groups beyond the first 2, and "
        "are not in it.");
    o = usual_options();
    o.limits.distinct = 1;
    (void)run("| stats dc(ip)", &o, &out);
    check_span("distinct", buf_span(&out),
               "dc(ip); 1 !stats: dc() has seen 1 distinct values and counts no further ones.");
    o = usual_options();
    o.limits.rows = 2;
    (void)run("", &o, &out);
    check_span("rows", buf_span(&out),
               "time user; 1h 'root'; 2h 'an' !4 further rows are not shown.");
    (void)run("| sort -time", &o, &out);
    check_span("sort", buf_span(&out),
               "time user; 27h ''; 26h - !sort: 4 rows are not in it, for want of room.");
    (void)run("| sort -time | limit 2", &o, &out);
    check_span("sort, limit", buf_span(&out), "time user; 27h ''; 26h -");
    (void)run("| sort -time | limit 1", &o, &out);
    check_span("sort, limit", buf_span(&out), "time user; 27h ''");
    o = usual_options();
    o.limits.bytes = 40;
    (void)run("| fields user", &o, &out);
    check_span("bytes", buf_span(&out), "user; 'root'; 'an' !4 further rows are not shown.");
    buf_release(&out);
}

/* Whatever the room, what does not fit is told: it is no fault of memory (run() asks). */
static void test_any_room_is_enough_to_say_what_is_missing(void **state)
{
    static const char *const queries[] = { "| sort bytes, ip | fields bytes, ip, user",
                                           "| sort -user, ip, bytes | limit 2",
                                           "| stats count, dc(bytes) by user, ip, bytes",
                                           "| top 2 ip, user, bytes", "" };
    struct query_run_options o = usual_options();
    struct buf out;

    (void)state;
    buf_init(&out, 65536);
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        for (o.limits.rows = 1; o.limits.rows < 6; o.limits.rows++) {
            o.limits.groups = o.limits.rows;
            for (o.limits.bytes = 1; o.limits.bytes < 300; o.limits.bytes++)
                (void)run(queries[i], &o, &out);
        }
    }
    buf_release(&out);
}

static void test_a_column_that_is_left_out_is_told(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        { "| fields a | sort b", "sort: there is no column 'b' here" },
        { "| stats count by a | stats sum(b)", "stats: there is no column 'b' here" },
        { "| top a | histogram", "histogram: there is no column 'time' here" },
        { "| stats count by a | stats count by b", "stats: there is no column 'b' here" },
    };
    struct query_run_options o = usual_options();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct query_run *r = (struct query_run *)1;
        struct query *q;
        struct err e = { 0 };

        assert_int_equal(query_read(&q, span_of(rows[i].text), &at, QUERY_WHOLE, &e), ERR_OK);
        assert_int_equal(query_run_new(&r, q, &o, &e), ERR_USAGE);
        assert_null(r);
        if (strstr(e.why, rows[i].why) == NULL)
            fail_msg("'%s': %s", rows[i].text, e.why);
        query_free(&q);
    }
}

/* --- many ----------------------------------------------------------------------------------- */

#define MANY   20000u
#define GROUPS 3000u

struct many {
    uint32_t group, value;
    char text[2][16];
};

static struct span many_value(void *arg, struct span name)
{
    struct many *m = arg;

    return span_of(m->text[name.p[0] == 'v']);
}

static struct query_row many_row(struct many *m, uint32_t i)
{
    m->group = (uint32_t)(i * 2654435761u >> 7) % GROUPS;
    m->value = (uint32_t)(i * 40503u >> 3) % 100;
    (void)snprintf(m->text[0], sizeof(m->text[0]), "g%u", m->group);
    (void)snprintf(m->text[1], sizeof(m->text[1]), "%u", m->value);
    return (struct query_row){ many_value, m, i };
}

static void test_many_rows_add_up(void **state)
{
    static uint64_t count[GROUPS], sum[GROUPS], distinct[GROUPS];
    static bool seen[GROUPS][100];
    struct query_run_options o = usual_options();
    const struct query_table *t;
    struct query_run *r;
    struct query *q;
    struct many m;
    uint32_t groups = 0;

    (void)state;
    assert_int_equal(query_read(&q, SPAN_LIT("| stats count, sum(v), dc(v) by g | sort -count, g"),
                                &at, QUERY_WHOLE, NULL),
                     ERR_OK);
    assert_int_equal(query_run_new(&r, q, &o, NULL), ERR_OK);
    for (uint32_t i = 0; i < MANY; i++) {
        struct query_row row = many_row(&m, i);

        assert_true(query_run_row(r, &row));
        groups += count[m.group]++ == 0;
        sum[m.group] += m.value;
        distinct[m.group] += !seen[m.group][m.value];
        seen[m.group][m.value] = true;
    }
    assert_int_equal(query_run_end(r, &t, NULL), ERR_OK);
    assert_int_equal(t->row_count, groups);
    assert_false(t->partial);
    for (uint32_t i = 0; i < t->row_count; i++) {
        const struct query_cell *c = &t->cells[(size_t)i * 4];
        uint32_t g = (uint32_t)strtoul((const char *)c[0].text.p + 1, NULL, 10);

        assert_true(g < GROUPS);
        assert_int_equal(c[1].integer, count[g]);
        assert_int_equal(c[2].integer, sum[g]);
        assert_int_equal(c[3].integer, distinct[g]);
        assert_true(i == 0 || c[-3].integer > c[1].integer ||
                    (c[-3].integer == c[1].integer && span_cmp(c[-4].text, c[0].text) < 0));
    }
    query_run_free(&r);
    query_free(&q);
}

/* The first of many in order, with room for few. */
static void test_a_limited_sort_is_exact(void **state)
{
    struct query_run_options o = usual_options();
    const struct query_table *t;
    struct query_run *r;
    struct query *q;
    struct many m;

    (void)state;
    assert_int_equal(
        query_read(&q, SPAN_LIT("| sort -time | fields time, g | limit 7"), &at, QUERY_WHOLE, NULL),
        ERR_OK);
    query_free(&q);
    assert_int_equal(
        query_read(&q, SPAN_LIT("| sort -time | limit 7 | fields time, g"), &at, QUERY_WHOLE, NULL),
        ERR_OK);
    o.limits.rows = 10;
    assert_int_equal(query_run_new(&r, q, &o, NULL), ERR_OK);
    for (uint32_t i = 0; i < MANY; i++) {
        struct query_row row = many_row(&m, i ^ 1);

        row.time_ns = i ^ 1;
        assert_true(query_run_row(r, &row));
    }
    assert_int_equal(query_run_end(r, &t, NULL), ERR_OK);
    assert_false(t->partial);
    assert_int_equal(t->row_count, 7);
    for (uint32_t i = 0; i < 7; i++) {
        (void)many_row(&m, MANY - 1 - i);
        assert_int_equal(t->cells[i * 2].integer, MANY - 1 - i);
        check_span("group", t->cells[i * 2 + 1].text, m.text[0]);
    }
    query_run_free(&r);
    query_free(&q);
}

/* With room for the texts of few, what is there is the front of the order, whatever the order in
 * which rows come; and no row costs a sort of its own. */
static void test_a_sort_that_lacks_room_is_the_front(void **state)
{
    static const char *const texts[] = { "| sort time | fields time, g",
                                         "| sort time | limit 3 | fields time, g" };
    struct query_run_options o = usual_options();
    struct query *q;

    (void)state;
    for (size_t k = 0; k < 2 * COUNT_OF(texts); k++) {
        const struct query_table *t;
        struct query_run *r;
        struct many m;

        assert_int_equal(query_read(&q, span_of(texts[k / 2]), &at, QUERY_WHOLE, NULL), ERR_OK);
        o.limits.bytes = k % 2 == 0 ? 300 : 40000;
        assert_int_equal(query_run_new(&r, q, &o, NULL), ERR_OK);
        for (uint32_t i = 0; i < MANY; i++) {
            uint32_t n = (uint32_t)((uint64_t)i * 7919 % MANY); /* a permutation */
            struct query_row row = many_row(&m, n);

            row.time_ns = n;
            assert_true(query_run_row(r, &row));
        }
        assert_int_equal(query_run_end(r, &t, NULL), ERR_OK);
        assert_true(t->row_count > 0 && t->row_count < MANY);
        assert_int_equal(t->partial, k < 2); /* three of the first are all that is asked for */
        for (uint32_t i = 0; i < t->row_count; i++)
            assert_int_equal(t->cells[i * 2].integer, i);
        query_run_free(&r);
        query_free(&q);
    }
}

static void test_the_order_of_cells_is_one(void **state)
{
    const struct query_cell rising[] = {
        cell_text(SPAN_LIT("-1e3")),
        cell_integer(-2),
        cell_text(SPAN_LIT("-1.5")),
        cell_number(0.25),
        cell_text(SPAN_LIT("9007199254740992")),
        cell_integer(9007199254740993),
        cell_text(SPAN_LIT("9007199254740994")),
        cell_number(1e300),
        cell_text(SPAN_LIT("")),
        cell_text(SPAN_LIT("10.0.0.1")),
        cell_text(SPAN_LIT("a")),
        cell_text(SPAN_LIT("b")),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rising); i++) {
        for (size_t k = 0; k < COUNT_OF(rising); k++) {
            int order = cell_cmp(rising[i], rising[k], false);

            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
            order = cell_cmp(rising[i], rising[k], true);
            assert_int_equal((order > 0) - (order < 0), (i < k) - (i > k));
        }
        assert_true(cell_cmp(rising[i], cell_none(), false) < 0);
        assert_true(cell_cmp(rising[i], cell_none(), true) < 0);
    }
    assert_int_equal(cell_cmp(cell_none(), cell_none(), true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_are_what_the_commands_say),
        cmocka_unit_test(test_what_there_is_no_room_for_is_told),
        cmocka_unit_test(test_any_room_is_enough_to_say_what_is_missing),
        cmocka_unit_test(test_a_column_that_is_left_out_is_told),
        cmocka_unit_test(test_many_rows_add_up),
        cmocka_unit_test(test_a_limited_sort_is_exact),
        cmocka_unit_test(test_a_sort_that_lacks_room_is_the_front),
        cmocka_unit_test(test_the_order_of_cells_is_one),
    };

    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
