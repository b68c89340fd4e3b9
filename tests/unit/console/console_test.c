/*
 * Goal: what the console shows is what the ledgers, the lanes and the database hold, no more than
 * is durable, and nobody who watches slowly costs anybody anything. Method: a made data folder,
 * lane and database; the console asked over a local socket in the same thread; its JSON read by
 * Jansson.
 */
#include "../check.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../desk/desk_lane.h"
#include "../event/laid.h"
#include "base/num.h"
#include "base/time.h"
#include "collect/source.h"
#include "console/console.h"
#include "desk/alerts.h"
#include "desk/desk.h"
#include "desk/sources.h"
#include "os/host.h"
#include "os/socket.h"
#include "wire/http.h"
#include "../turns.h"

#define TURNS 3000
#define TAXONOMY                                                                                   \
    "source: sysmon\nproduct: windows\nrows:\n"                                                    \
    "  - { when: { EventID: 1 }, category: process_creation, fields: { Image: exe_path } }\n"
#define HOUR (3600 * TIME_SECOND)

struct bench {
    struct desk_folder folder;
    char socket[128], lanes[96], db_path[128];
    struct desk_lane lane;
    struct ledger *ledger;
    struct lane_place place;
    struct laid laid;
    struct db *db;
    struct loop *loop;
    struct watch *tick;
    struct console *console;
    struct buf got;
};

/* --- the bench ------------------------------------------------------------------------------ */

static void turn(struct bench *b)
{
    turns_turn(b->loop, b->tick);
}

static void make_folder(struct bench *b)
{
    char desk[96];

    desk_folder_init(&b->folder);
    (void)snprintf(b->lanes, sizeof(b->lanes), "%s/lanes", b->folder.path);
    (void)snprintf(desk, sizeof(desk), "%s/desk", b->folder.path);
    (void)snprintf(b->db_path, sizeof(b->db_path), "%s/canh.db", desk);
    (void)snprintf(b->socket, sizeof(b->socket), "%s/sock", b->folder.path);
    assert_int_equal(mkdir(b->lanes, 0700), 0);
    assert_int_equal(mkdir(desk, 0700), 0);
    desk_lane_init_at(&b->lane, b->lanes, 0);
}

static void use_rules(struct bench *b, uint64_t generation)
{
    const struct console_rules r = { b->laid.taxonomy, &b->laid.names, generation, 7, 2, NULL };
    struct err e;

    assert_int_equal(console_rules(b->console, &r, &e), ERR_OK);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct console_from from = { .io = &io_system };
    struct err e = { 0 };
    int fd;

    assert_non_null(b);
    make_folder(b);
    laid_init(&b->laid, TAXONOMY, "Image,CommandLine");
    buf_init(&b->got, (size_t)256 << 20);
    assert_int_equal(loop_new(&b->loop, &e), ERR_OK);
    b->tick = turns_new(b->loop);
    b->ledger = calloc(1, sizeof(*b->ledger));
    assert_non_null(b->ledger);
    assert_int_equal(ledger_begin(b->ledger, 0, &e), ERR_OK);
    from.loop = b->loop;
    from.data = b->folder.path;
    assert_int_equal(console_new(&b->console, &from, &e), ERR_OK);
    assert_int_equal(console_ledger(b->console, b->ledger, 0, &e), ERR_OK);
    use_rules(b, 1);
    assert_int_equal(socket_listen_path(b->socket, &fd, &e), ERR_OK);
    assert_int_equal(console_listen(b->console, fd, DOOR_LOCAL, &e), ERR_OK);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    console_free(&b->console);
    assert_null(b->console);
    watch_free(&b->tick);
    loop_free(&b->loop);
    db_close(&b->db);
    laid_release(&b->laid);
    desk_lane_release(&b->lane);
    desk_folder_release(&b->folder);
    buf_release(&b->got);
    free(b->ledger);
    free(b);
    return 0;
}

/* --- events --------------------------------------------------------------------------------- */

static void put_source(struct bench *b, uint32_t number, enum input input, const char *name)
{
    const struct source_record r = { number, input, true, 12, span_of(name) };
    struct buf out;

    buf_init(&out, 256);
    source_record_put(&out, &r);
    assert_true(lane_record(b->lane.lane, LANE_SOURCES, buf_span(&out)));
    buf_release(&out);
}

static uint64_t put_event(struct bench *b, uint32_t source, const char *raw)
{
    const struct lane_event ev = { .source = source, .lines = 1, .receipt_ns = 100 * HOUR };
    uint64_t sequence;

    assert_non_null(lane_event(b->lane.lane, &ev, span_of(raw), &sequence).p);
    b->lane.sequence = sequence + 1;
    return sequence;
}

static void commit(struct bench *b)
{
    b->place = desk_lane_commit(&b->lane, 100 * HOUR);
}

static void publish(struct bench *b)
{
    ledger_publish(b->ledger, b->place);
}

/* --- peers ---------------------------------------------------------------------------------- */

static int peer(struct bench *b, const char *target)
{
    char text[4096];
    struct err e;
    int fd, n = snprintf(text, sizeof(text),
                         "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target);

    assert_int_equal(socket_connect_path(b->socket, &fd, &e), ERR_OK);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
    return fd;
}

static bool hear(struct bench *b, int fd)
{
    for (;;) {
        ssize_t n;

        assert_true(buf_reserve(&b->got, 65536));
        n = recv(fd, b->got.p + b->got.n, 65536, 0);
        if (n <= 0)
            return n < 0 && errno == EAGAIN;
        b->got.n += (size_t)n;
    }
}

static const char *find(const struct bench *b, const char *text)
{
    return b->got.n == 0 ? NULL : memmem(b->got.p, b->got.n, text, strlen(text));
}

static void await(struct bench *b, int fd, const char *text)
{
    for (int i = 0; i < TURNS && find(b, text) == NULL; i++) {
        turn(b);
        (void)hear(b, fd);
    }
    if (find(b, text) == NULL)
        fail_msg("'%s' did not come, but '%.*s'", text, (int)b->got.n, (const char *)b->got.p);
}

/* The answer's body, in b->got; its status. */
static unsigned ask(struct bench *b, const char *target, struct span *body)
{
    int fd = peer(b, target);
    struct http_answer a = { 0 };
    bool open = true;
    int64_t head;

    buf_clear(&b->got);
    for (int i = 0; i < TURNS && open; i++) {
        turn(b);
        open = hear(b, fd);
    }
    (void)close(fd);
    head = http_answer_head(buf_span(&b->got), &a, NULL);
    assert_true(head > 0);
    *body = span_from(buf_span(&b->got), (size_t)head);
    return a.status;
}

static json_t *ask_json(struct bench *b, const char *target)
{
    struct span body;
    json_error_t why;
    json_t *doc;

    assert_int_equal(ask(b, target, &body), 200);
    doc = json_loadb((const char *)body.p, body.n, JSON_REJECT_DUPLICATES, &why);
    if (doc == NULL)
        fail_msg("%s: %s at %d: %.200s", target, why.text, why.position, (const char *)body.p);
    return doc;
}

static json_int_t number(json_t *doc, const char *path)
{
    char copy[128], *part, *rest = copy;

    (void)snprintf(copy, sizeof(copy), "%s", path);
    while ((part = strsep(&rest, ".")) != NULL) {
        doc = part[0] >= '0' && part[0] <= '9' ? json_array_get(doc, (size_t)(part[0] - '0'))
                                               : json_object_get(doc, part);
    }
    if (!json_is_integer(doc))
        fail_msg("%s is no number", path);
    return json_integer_value(doc);
}

static const char *text_at(json_t *doc, const char *one, const char *two)
{
    const char *v = json_string_value(two != NULL ? json_object_get(json_object_get(doc, one), two)
                                                  : json_object_get(doc, one));

    return v != NULL ? v : "(none)";
}

/* --- the database --------------------------------------------------------------------------- */

static void put_alert(struct alerts *a, const char *title, enum sigma_level level, int64_t time)
{
    const struct alert_finding f = { .kind = ALERT_DETECTION,
                                     .rule = span_of(title),
                                     .title = span_of(title),
                                     .entity = SPAN_LIT("srv-01"),
                                     .level = level,
                                     .time_ns = time };
    struct err e;
    int64_t id;

    assert_int_equal(alerts_take(a, &f, &id, &e), ERR_OK);
}

static void make_database(struct bench *b)
{
    struct alerts *a;
    struct err e;
    int64_t now = host_now_ns();

    assert_int_equal(db_open(&b->db, b->db_path, &e), ERR_OK);
    assert_int_equal(alerts_new(&a, b->db, HOUR, &e), ERR_OK);
    assert_int_equal(db_begin(b->db, &e), ERR_OK);
    put_alert(a, "Old", LEVEL_CRITICAL, now - 100 * HOUR);
    put_alert(a, "Low", LEVEL_LOW, now - 3 * HOUR);
    put_alert(a, "High", LEVEL_HIGH, now - 1 * HOUR);
    assert_int_equal(alerts_flush(a, &e), ERR_OK);
    assert_int_equal(db_commit(b->db, &e), ERR_OK);
    assert_int_equal(notice_add(b->db, "source", SPAN_LIT("fw-01 is \"silent\""), now, &e), ERR_OK);
    alerts_free(&a);
}

static void put_counter(struct bench *b, const char *name, uint64_t v, int64_t time)
{
    struct db_row *r;
    struct err e;

    assert_int_equal(db_begin(b->db, &e), ERR_OK);
    r = db_use(b->db, DB_COUNTER_PUT);
    db_text(r, 1, span_of(name));
    db_u64(r, 2, v);
    db_int(r, 3, time);
    assert_int_equal(db_run(b->db, r, &e), ERR_OK);
    assert_int_equal(db_commit(b->db, &e), ERR_OK);
}

/* --- counts --------------------------------------------------------------------------------- */

static void test_stat_is_whole_json_of_what_there_is(void **state)
{
    struct bench *b = *state;
    uint32_t row = ledger_row(b->ledger, INPUT_RELP, SPAN_LIT("a\"b\n"), true, true);
    json_t *doc;

    ledger_add(b->ledger, row, LEDGER_received, 12);
    ledger_add(b->ledger, row, LEDGER_stored, 9);
    ledger_add(b->ledger, row, LEDGER_matched, 9);
    ledger_add(b->ledger, row, LEDGER_refused_auth, 2);
    board_set(b->ledger, BOARD_in_flight, 1);
    board_set(b->ledger, BOARD_beat_ms, loop_ms(b->loop));
    board_set(b->ledger, BOARD_kernel_drops, 5);
    make_database(b);
    put_counter(b, "findings", 3, host_now_ns());
    put_counter(b, "behind_events", 4, host_now_ns());
    doc = ask_json(b, "/stat");
    assert_int_equal(number(doc, "totals.received"), 12);
    assert_int_equal(number(doc, "rows.0.refused"), 2);
    assert_int_equal(number(doc, "rows.0.refused_auth"), 2);
    assert_int_equal(number(doc, "rows.0.in_flight"), 1);
    assert_string_equal(text_at(json_array_get(json_object_get(doc, "rows"), 0), "source", NULL),
                        "a\"b\n");
    assert_string_equal(text_at(doc, "balance", "state"), "balanced");
    assert_string_equal(
        text_at(json_array_get(json_object_get(doc, "collectors"), 0), "state", NULL), "running");
    assert_int_equal(number(doc, "kernel.drops"), 5);
    assert_int_equal(number(doc, "rules.rules"), 7);
    assert_int_equal(number(doc, "desk.behind_events"), 4);
    assert_int_equal(number(doc, "desk.counters.findings"), 3);
    assert_string_equal(text_at(doc, "desk", "state"), "running");
    assert_int_equal(number(doc, "alerts.by_level.high"), 1);
    assert_int_equal(number(doc, "alerts.by_level.critical"), 0); /* older than a day */
    assert_string_equal(text_at(json_array_get(json_object_get(doc, "notices"), 0), "text", NULL),
                        "fw-01 is \"silent\"");
    assert_null(json_object_get(doc, "database"));
    json_decref(doc);
}

static void test_stat_is_whole_without_a_database_and_comes_to_one(void **state)
{
    struct bench *b = *state;
    struct span body;
    json_t *doc = ask_json(b, "/stat");

    assert_true(json_is_null(json_object_get(doc, "desk")));
    assert_true(json_is_null(json_object_get(doc, "alerts")));
    assert_string_not_equal(text_at(doc, "database", NULL), "(none)");
    json_decref(doc);
    assert_int_equal(ask(b, "/alerts", &body), 503);
    make_database(b);
    doc = ask_json(b, "/stat");
    assert_int_equal(number(doc, "alerts.by_level.high"), 1);
    assert_string_equal(text_at(doc, "desk", "state"), "starting");
    json_decref(doc);
    put_counter(b, "findings", 3, host_now_ns() - 60 * TIME_SECOND);
    doc = ask_json(b, "/stat");
    assert_string_equal(text_at(doc, "desk", "state"), "stuck");
    json_decref(doc);
}

static void test_health_says_what_is_wrong(void **state)
{
    struct bench *b = *state;
    struct span body;

    assert_int_equal(ask(b, "/health", &body), 503); /* no round of the collector yet */
    board_set(b->ledger, BOARD_beat_ms, loop_ms(b->loop));
    assert_int_equal(ask(b, "/health", &body), 200);
    assert_true(span_starts(body, SPAN_LIT("good: 1 collectors, 0 stuck")));
    board_set(b->ledger, BOARD_disk_full, 1);
    assert_int_equal(ask(b, "/health", &body), 503);
    assert_true(span_starts(body, SPAN_LIT("bad: ")));
    board_set(b->ledger, BOARD_disk_full, 0);
    board_set(b->ledger, BOARD_beat_ms, loop_ms(b->loop) - 6000);
    assert_int_equal(ask(b, "/health", &body), 503);
}

/* --- alerts --------------------------------------------------------------------------------- */

static uint32_t lines_of(struct span s)
{
    uint32_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

static void test_alerts_are_those_that_were_asked_for(void **state)
{
    static const struct {
        const char *query;
        unsigned status;
        uint32_t lines;
        const char *first;
    } rows[] = {
        { "", 200, 3, "High" },
        { "?level=high", 200, 2, "High" },
        { "?level=CRITICAL", 200, 1, "Old" },
        { "?since=2h", 200, 1, "High" },
        { "?since=1000h&level=critical", 200, 1, "Old" },
        { "?limit=1", 200, 1, "High" },
        { "?limit=", 200, 3, "High" },
        { "?since=2000-01-01T00:00:00Z", 200, 3, "High" },
        { "?limit=0", 400, 1, "limit" },
        { "?limit=5001", 400, 1, "limit" },
        { "?limit=x", 400, 1, "limit" },
        { "?level=worst", 400, 1, "level" },
        { "?since=yesterday", 400, 1, "since" },
        { "?since=99999999999999999999d", 400, 1, "since" },
        { "?format=xml", 400, 1, "format" },
    };
    struct bench *b = *state;
    json_t *doc;

    make_database(b);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char target[128];
        struct span body;

        (void)snprintf(target, sizeof(target), "/alerts%s", rows[i].query);
        CHECK_ROW(target, ask(b, target, &body) == rows[i].status);
        CHECK_ROW(target, lines_of(body) == rows[i].lines);
        body.n = span_find(body, '\n');
        CHECK_ROW(target, memmem(body.p, body.n, rows[i].first, strlen(rows[i].first)) != NULL);
    }
    doc = ask_json(b, "/alerts?format=json");
    assert_int_equal(json_array_size(doc), 3);
    json_decref(doc);
}

/* --- one event ------------------------------------------------------------------------------ */

static void test_one_event_has_all_that_is_known_of_it(void **state)
{
    struct bench *b = *state;
    uint64_t first, odd;
    struct span body;
    json_t *doc;

    put_source(b, 1, INPUT_RELP, "agent-7");
    (void)put_event(b, 1, "number 0");
    first = put_event(b, 1, "{\"EventID\":1,\"exe_path\":\"C:\\\\x.exe\",\"host\":\"ws5\"}");
    odd = put_event(b, 1, "odd \xff bytes");
    assert_true(first == 1 && odd == 2);
    commit(b);
    assert_int_equal(ask(b, "/event?id=0:1", &body), 404); /* nobody has said that it is durable */
    publish(b);
    doc = ask_json(b, "/event?id=0:1");
    assert_int_equal(number(doc, "sequence"), 1);
    assert_string_equal(text_at(doc, "id", NULL), "0:1");
    assert_string_equal(text_at(doc, "source", NULL), "agent-7");
    assert_string_equal(text_at(doc, "fields", "exe_path"), "C:\\x.exe");
    assert_string_equal(text_at(doc, "raw", NULL),
                        "{\"EventID\":1,\"exe_path\":\"C:\\\\x.exe\",\"host\":\"ws5\"}");
    assert_null(json_object_get(doc, "raw_base64"));
    assert_true(json_is_false(json_object_get(json_object_get(doc, "stored"), "sealed")));
    assert_true(json_is_array(json_object_get(doc, "rules")));
    json_decref(doc);
    doc = ask_json(b, "/event?id=0/2");
    assert_string_equal(text_at(doc, "raw_base64", NULL), "b2RkIP8gYnl0ZXM=");
    json_decref(doc);
}

static void test_an_event_that_is_none_is_refused_with_a_sentence(void **state)
{
    static const struct {
        const char *query;
        unsigned status;
        const char *why;
    } rows[] = {
        { "?id=0:7", 404, "There is no event 0:7 yet." },
        { "?id=5:1", 404, "There is no lane 5." },
        { "", 422, "LANE:SEQUENCE" },
        { "?id=", 422, "LANE:SEQUENCE" },
        { "?id=0", 422, "LANE:SEQUENCE" },
        { "?id=0:0", 422, "LANE:SEQUENCE" },
        { "?id=64:1", 422, "LANE:SEQUENCE" },
        { "?id=0:-1", 422, "LANE:SEQUENCE" },
        { "?id=0:1:1", 422, "LANE:SEQUENCE" },
        { "?id=0:99999999999999999999", 422, "LANE:SEQUENCE" },
    };
    struct bench *b = *state;
    struct span body;

    (void)put_event(b, 1, "one");
    commit(b);
    publish(b);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char target[128];

        (void)snprintf(target, sizeof(target), "/event%s", rows[i].query);
        CHECK_ROW(target, ask(b, target, &body) == rows[i].status);
        CHECK_ROW(target, memmem(body.p, body.n, rows[i].why, strlen(rows[i].why)) != NULL);
    }
    assert_int_equal(console_rules(b->console, NULL, NULL), ERR_OK);
    assert_int_equal(ask(b, "/event?id=0:1", &body), 503);
}

/* --- tail ----------------------------------------------------------------------------------- */

static json_t *line_with(struct bench *b, const char *text)
{
    const char *at = find(b, text), *begin = at, *end;
    json_t *doc;

    assert_non_null(at);
    while (begin > (const char *)b->got.p && begin[-1] != '\n')
        begin--;
    end = memchr(at, '\n', (size_t)((const char *)b->got.p + b->got.n - at));
    assert_non_null(end);
    doc = json_loadb(begin, (size_t)(end - begin), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(doc);
    return doc;
}

static void test_tail_shows_events_once_they_are_durable(void **state)
{
    struct bench *b = *state;
    json_t *doc;
    int fd;

    put_source(b, 1, INPUT_RELP, "agent-7");
    (void)put_event(b, 1, "{\"EventID\":1,\"exe_path\":\"before\"}");
    commit(b);
    publish(b);
    fd = peer(b, "/tail");
    await(b, fd, "{\"following\":true}");
    (void)put_event(b, 1, "{\"EventID\":1,\"exe_path\":\"C:\\\\x.exe\",\"host\":\"ws5\"}");
    (void)put_event(b, 2, "not \x01 json \xff at all");
    commit(b);
    for (int i = 0; i < 150; i++)
        turn(b);
    (void)hear(b, fd);
    assert_null(find(b, "x.exe")); /* on the disk, but nobody has said so */
    publish(b);
    await(b, fd, "at all");
    assert_null(find(b, "before"));
    doc = line_with(b, "x.exe");
    assert_int_equal(number(doc, "sequence"), 1);
    assert_int_equal(number(doc, "lane"), 0);
    assert_string_equal(text_at(doc, "receipt", NULL), "1970-01-05T04:00:00Z");
    assert_string_equal(text_at(doc, "fields", "exe_path"), "C:\\x.exe");
    assert_string_equal(json_string_value(json_array_get(json_object_get(doc, "tags"), 1)),
                        "category:process_creation");
    assert_string_equal(text_at(doc, "raw", NULL),
                        "{\"EventID\":1,\"exe_path\":\"C:\\\\x.exe\",\"host\":\"ws5\"}");
    json_decref(doc);
    doc = line_with(b, "at all");
    assert_string_equal(text_at(doc, "raw", NULL), "not \x01 json \xef\xbf\xbd at all");
    assert_true(json_is_null(json_object_get(doc, "source"))); /* nobody knows number 2 */
    json_decref(doc);
    (void)close(fd);
}

static void test_sources_have_their_names(void **state)
{
    struct bench *b = *state;
    json_t *doc;
    int fd;

    assert_int_equal(ledger_row(b->ledger, INPUT_HTTP, SPAN_LIT("by-ledger"), true, true), 0);
    (void)put_event(b, 0, "old");
    commit(b);
    publish(b);
    fd = peer(b, "/tail");
    await(b, fd, "following");
    put_source(b, 5, INPUT_RELP, "by-record");
    (void)put_event(b, 0, "event one");
    (void)put_event(b, 5, "event two");
    commit(b);
    publish(b);
    await(b, fd, "event two\"}");
    doc = line_with(b, "event one");
    assert_string_equal(text_at(doc, "source", NULL), "by-ledger");
    assert_string_equal(text_at(doc, "input", NULL), "http");
    json_decref(doc);
    doc = line_with(b, "event two");
    assert_string_equal(text_at(doc, "source", NULL), "by-record");
    assert_string_equal(text_at(doc, "input", NULL), "relp");
    json_decref(doc);
    (void)close(fd);
}

static void test_each_watcher_has_a_filter_that_outlives_a_change_of_rules(void **state)
{
    struct bench *b = *state;
    struct span body;
    int fd;

    publish(b);
    assert_int_equal(ask(b, "/tail?filter=(", &body), 400);
    assert_true(memmem(body.p, body.n, "\"at\":1", 6) != NULL);
    assert_int_equal(ask(b, "/tail?filter=%2", &body), 400);
    buf_clear(&b->got);
    fd = peer(b, "/tail?filter=Image:*%5Cwanted.exe");
    await(b, fd, "following");
    (void)put_event(b, 1, "{\"EventID\":1,\"exe_path\":\"C:\\\\other.exe\",\"n\":1}");
    (void)put_event(b, 1, "{\"EventID\":1,\"exe_path\":\"C:\\\\wanted.exe\",\"n\":2}");
    commit(b);
    publish(b);
    await(b, fd, "\"n\":2");
    assert_null(find(b, "other.exe"));
    /* Between two generations nothing is shown, and nothing is lost. */
    assert_int_equal(console_rules(b->console, NULL, NULL), ERR_OK);
    assert_int_equal(ask(b, "/tail", &body), 503);
    buf_clear(&b->got);
    (void)put_event(b, 1, "{\"EventID\":1,\"exe_path\":\"C:\\\\wanted.exe\",\"n\":3}");
    (void)put_event(b, 1, "{\"EventID\":1,\"exe_path\":\"C:\\\\other.exe\",\"n\":4}");
    commit(b);
    publish(b);
    for (int i = 0; i < 100; i++)
        turn(b);
    (void)hear(b, fd);
    assert_int_equal(b->got.n, 0);
    use_rules(b, 2);
    await(b, fd, "\"n\":3");
    assert_null(find(b, "other.exe"));
    (void)close(fd);
}

static void test_who_watches_slowly_is_told_how_much_he_missed(void **state)
{
    struct bench *b = *state;
    static char raw[20000];
    uint64_t seen = 0, skipped = 0;
    int slow, quick;

    put_source(b, 1, INPUT_RELP, "agent-7");
    (void)put_event(b, 1, "first");
    commit(b);
    publish(b);
    slow = peer(b, "/tail");
    quick = peer(b, "/tail?filter=last");
    await(b, quick, "following");
    memset(raw, 'x', sizeof(raw) - 1);
    for (int i = 0; i < 400; i++) { /* 16 MB with fields and raw */
        (void)put_event(b, 1, raw);
        if (i % 20 == 19) {
            commit(b);
            publish(b);
            turn(b);
        }
    }
    (void)put_event(b, 1, "the last one");
    commit(b);
    publish(b);
    await(b, quick, "the last one"); /* nobody waits for the slow one */
    (void)close(quick);
    buf_clear(&b->got);
    for (int i = 0; i < TURNS && seen + skipped < 401; i++) {
        turn(b);
        (void)hear(b, slow);
        seen = skipped = 0;
        for (const char *p = (const char *)b->got.p, *end = p + b->got.n; p < end;) {
            const char *next = memchr(p, '\n', (size_t)(end - p));
            uint64_t n;

            if (next == NULL)
                break;
            if (strncmp(p, "{\"skipped\":", 11) == 0) {
                assert_true(num_u64(
                    (struct span){ (const uint8_t *)p + 11, (size_t)(next - p) - 12 }, 1000, &n));
                skipped += n;
            }
            if (strncmp(p, "{\"time\":", 8) == 0)
                seen++;
            p = next + 1;
        }
    }
    assert_int_equal(seen + skipped, 401);
    assert_true(skipped > 100 && seen > 20);
    (void)close(slow);
}

static void test_who_is_too_far_behind_goes_on_at_the_end(void **state)
{
    struct bench *b = *state;
    int fd;

    (void)put_event(b, 1, "first");
    commit(b);
    publish(b);
    fd = peer(b, "/tail?filter=last");
    await(b, fd, "following");
    for (int i = 0; i < 60000; i++)
        (void)put_event(b, 1, "x");
    commit(b);
    publish(b);
    await(b, fd, "{\"skipped\":60000}");
    (void)put_event(b, 1, "last");
    commit(b);
    publish(b);
    await(b, fd, "\"raw\":\"last\"");
    (void)close(fd);
}

static void test_so_many_can_watch_and_no_more(void **state)
{
    struct bench *b = *state;
    int fds[CONSOLE_WATCHERS];
    struct span body;

    publish(b);
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = peer(b, "/tail");
        buf_clear(&b->got);
        await(b, fds[i], "following");
    }
    assert_int_equal(ask(b, "/tail", &body), 503);
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        (void)close(fds[i]);
    for (int i = 0; i < 50; i++)
        turn(b);
    fds[0] = peer(b, "/tail");
    buf_clear(&b->got);
    await(b, fds[0], "following");
    (void)close(fds[0]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_stat_is_whole_json_of_what_there_is),
        T(test_stat_is_whole_without_a_database_and_comes_to_one),
        T(test_health_says_what_is_wrong),
        T(test_alerts_are_those_that_were_asked_for),
        T(test_one_event_has_all_that_is_known_of_it),
        T(test_an_event_that_is_none_is_refused_with_a_sentence),
        T(test_tail_shows_events_once_they_are_durable),
        T(test_sources_have_their_names),
        T(test_each_watcher_has_a_filter_that_outlives_a_change_of_rules),
        T(test_who_watches_slowly_is_told_how_much_he_missed),
        T(test_who_is_too_far_behind_goes_on_at_the_end),
        T(test_so_many_can_watch_and_no_more),
    };
#undef T

    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
