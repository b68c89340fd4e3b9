/*
 * Goal: what a collector answers for is durable and matched, whatever comes in; what is refused is
 * counted with its reason, and the rest goes on. Method: a real collector with a real lane in a
 * temporary folder, fed over socket pairs; afterwards the lane is read back and the ledger must add
 * up.
 */
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collect/collector.h"
#include "collect/pass.h"
#include "collect/source.h"
#include "os/host.h"
#include "scan/cut.h"
#include "store/finding.h"
#include "store/lane_read.h"

static const char rule[] = "title: A word\nid: 00000000-0000-0000-0000-000000000001\n"
                           "level: high\nlogsource: {product: any}\n"
                           "detection:\n  k: [needle]\n  condition: k\n";
static const char taxonomy[] =
    "source: any\nproduct: any\nrows: [ { when: { No.such: { not: x } } } ]\n";

static const struct tracer_key key = { { 7 } };

struct fixture {
    char dir[64];
    int dir_fd;
    uint32_t segments;
    struct loop *loop;
    struct ledger *ledger;
    struct batches *batches;
    struct settings settings;
    struct sigma_rules rules;
    struct taxonomy *taxonomy;
    struct names names;
    struct ruleset *set;
    struct collector *c;
    bool broken;
    struct watch *stop;
};

static int open_segment(void *arg, uint32_t *number, struct err *e)
{
    struct fixture *f = arg;
    char name[LANE_NAME_BYTES];
    int fd;

    *number = ++f->segments;
    lane_segment_name(name, *number);
    fd = openat(f->dir_fd, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : err_set(e, ERR_IO, 0, "%s", name);
}

static void on_closed(void *arg, uint32_t n)
{
    (void)arg;
    (void)n;
}

static void on_broken(void *arg, const struct err *why)
{
    printf("broken: %s\n", why->why);
    ((struct fixture *)arg)->broken = true;
}

static void on_notice(void *arg, const char *text)
{
    (void)arg;
    printf("notice: %s\n", text);
}

static void start(struct fixture *f)
{
    struct collector_settings s = { .set = &f->settings,
                                    .loop = f->loop,
                                    .ledger = f->ledger,
                                    .batches = f->batches,
                                    .io = &io_system,
                                    .lane_dir = f->dir_fd,
                                    .free_dir = f->dir_fd,
                                    .open_segment = open_segment,
                                    .closed = on_closed,
                                    .broken = on_broken,
                                    .notice = on_notice,
                                    .arg = f,
                                    .tracer = &key };
    struct intake_rules rules = { f->set, f->taxonomy, &f->names };
    struct err e = { 0 };

    if (collector_new(&f->c, &s, &rules, &e) != ERR_OK)
        fail_msg("%s", e.why);
}

static void on_stop(void *arg, unsigned ready)
{
    (void)ready;
    loop_stop(((struct fixture *)arg)->loop);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct err e = { 0 };
    static const char yaml[] = "sources:\n"
                               "  - name: agent\n"
                               "    token-sha256: "
                               "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0\n"
                               "  - name: off\n    address: 192.0.2.0/24\n    disabled: true\n"
                               "reserve-bytes: 0\n";

    MUST(f != NULL);
    strcpy(f->dir, "/var/tmp/canh-collect.XXXXXX");
    MUST(mkdtemp(f->dir) != NULL);
    f->dir_fd = open(f->dir, O_RDONLY | O_DIRECTORY);
    f->ledger = calloc(1, sizeof(*f->ledger));
    f->batches = calloc(1, BATCHES_BYTES);
    MUST(ledger_begin(f->ledger, 0, &e) == ERR_OK);
    if (settings_read(&f->settings, span_of(yaml), "test", &e) != ERR_OK ||
        loop_new(&f->loop, &e) != ERR_OK || rules_init(&f->rules, &e) != ERR_OK ||
        rules_add_bytes(&f->rules, SPAN_LIT("r"), span_of(rule), &e) != ERR_OK ||
        rules_finish(&f->rules, &e) != ERR_OK || names_init(&f->names, &e) != ERR_OK ||
        taxonomy_new(&f->taxonomy, &e) != ERR_OK ||
        taxonomy_add(f->taxonomy, SPAN_LIT("t"), span_of(taxonomy), &f->names, &e) != ERR_OK ||
        ruleset_bind(&f->rules, f->taxonomy, &f->names, &e) != ERR_OK ||
        ruleset_new(&f->set, &f->rules, f->taxonomy, &f->names, 1, &e) != ERR_OK) {
        printf("%s\n", e.why);
        return -1;
    }
    MUST(ruleset_rule_count(f->set) == 1);
    f->stop = loop_timer(f->loop, on_stop, f);
    start(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    DIR *d = opendir(f->dir);

    collector_free(&f->c);
    watch_free(&f->stop);
    loop_free(&f->loop);
    ruleset_free(&f->set);
    taxonomy_free(&f->taxonomy);
    names_release(&f->names);
    rules_release(&f->rules);
    settings_release(&f->settings);
    for (struct dirent *x; (x = readdir(d)) != NULL;)
        (void)unlinkat(f->dir_fd, x->d_name, 0);
    (void)closedir(d);
    (void)close(f->dir_fd);
    (void)rmdir(f->dir);
    free(f->ledger);
    free(f->batches);
    free(f);
    return 0;
}

static void run(struct fixture *f, unsigned ms)
{
    struct err e;

    watch_after(f->stop, ms);
    assert_int_equal(loop_run(f->loop, &e), ERR_OK);
}

static int connect_from(struct fixture *f, enum input input, const char *host)
{
    int pair[2];
    struct socket_address peer;
    struct err e;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    assert_int_equal(socket_address_read(span_of(host), &peer, &e), ERR_OK);
    collector_connection(f->c, input, pair[0], &peer);
    return pair[1];
}

static void send_text(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* What came back within `ms`, as text. */
static const char *answer(struct fixture *f, int fd, unsigned ms)
{
    static char room[65536];
    size_t n = 0;

    for (unsigned waited = 0; waited <= ms; waited += 10) {
        ssize_t got = read(fd, room + n, sizeof(room) - 1 - n);

        n += got > 0 ? (size_t)got : 0;
        if (n > 0 && got <= 0)
            break;
        run(f, 10);
    }
    room[n] = 0;
    return room;
}

struct stored {
    uint32_t events, findings, resends;
    char last[256];
    struct stored_finding finding;
};

static struct stored read_back(struct fixture *f)
{
    struct stored s = { 0 };
    struct lane_reader *r;
    struct lane_frame fr;
    struct err e;
    uint64_t next = 1;
    int rc;

    assert_int_equal(lane_reader_new(&r, &io_system, f->dir_fd, ~0u, &e), ERR_OK);
    assert_int_equal(lane_reader_seek(r, (struct lane_place){ 0 }, &e), ERR_OK);
    lane_reader_limit(r, ledger_place(f->ledger));
    while ((rc = lane_reader_next(r, &fr, &e)) > 0) {
        struct lane_read_event ev;
        struct span record;

        while (fr.kind == LANE_EVENTS && lane_next_event(&fr, &ev)) {
            assert_int_equal(ev.sequence, next++);
            (void)snprintf(s.last, sizeof(s.last), "%.*s", SPAN_ARG(ev.raw));
            s.events++;
            s.resends += (ev.flags & LANE_RESEND) != 0;
        }
        while (fr.kind == LANE_FINDINGS && lane_next_record(&fr, &record)) {
            assert_true(stored_finding_read(record, &s.finding));
            s.findings++;
        }
    }
    assert_int_equal(rc, 0);
    lane_reader_free(&r);
    return s;
}

static uint64_t count(struct fixture *f, enum ledger_counter c)
{
    uint64_t sum = 0;
    struct ledger_copy copy;

    for (uint32_t i = 0; i < LEDGER_ROWS; i++) {
        if (ledger_copy(f->ledger, i, &copy)) {
            assert_int_equal(ledger_open(f->ledger, i), 0);
            sum += copy.count[c];
        }
    }
    return sum;
}

#define HERE "127.0.0.1:1"

static void syslog_of_both_framings_is_stored_and_matched(void **state)
{
    struct fixture *f = *state;
    int fd = connect_from(f, INPUT_SYSLOG_TCP, HERE);
    struct stored s;

    send_text(
        fd,
        "<34>Oct 11 22:14:15 h su: one\n20 <34>1 - h a - - - \xc3\xa9<34>Oct 11 22:14:15 h su: a nee");
    run(f, 50);
    send_text(fd, "dle\n\n");
    run(f, 80);
    s = read_back(f);
    assert_int_equal(s.events, 3);
    assert_int_equal(s.findings, 1);
    assert_int_equal(s.finding.sequence, 3);
    assert_int_equal(count(f, LEDGER_received), 3);
    assert_int_equal(count(f, LEDGER_stored), 3);
    assert_int_equal(count(f, LEDGER_matched), 3);
    (void)close(fd);
}

/* The second has the other's number: its HMAC is wrong, so it is as any event. */
static void our_own_event_counts_in_no_figure_and_a_forged_one_in_all(void **state)
{
    struct fixture *f = *state;
    int fd = connect_from(f, INPUT_SYSLOG_TCP, HERE);
    char text[TRACER_TEXT_MAX + 1] = { 0 }, line[256];
    struct stored s;

    (void)tracer_put(text, &key, 1, span_of(input_name(INPUT_SYSLOG_TCP)), 12);
    (void)snprintf(line, sizeof(line), "<110>1 - h canh - - - %s\n", text);
    send_text(fd, line);
    run(f, 60);
    s = read_back(f);
    assert_int_equal(s.events, 1);
    assert_int_equal(s.findings, 1);
    assert_true((s.finding.flags & FINDING_TRACER) != 0);
    assert_true(span_eq(s.finding.rule, SPAN_LIT(TRACER_RULE)));
    assert_int_equal(count(f, LEDGER_tracers), 1);
    assert_int_equal(count(f, LEDGER_received), 0);
    assert_int_equal(count(f, LEDGER_stored), 0);
    assert_int_equal(count(f, LEDGER_connections), 0);
    line[strlen(line) - 2] ^= 1;
    send_text(fd, line);
    run(f, 60);
    assert_int_equal(read_back(f).events, 2);
    assert_int_equal(read_back(f).findings, 1);
    assert_int_equal(count(f, LEDGER_tracers), 1);
    assert_int_equal(count(f, LEDGER_received), 1);
    assert_int_equal(count(f, LEDGER_stored), 1);
    assert_int_equal(count(f, LEDGER_connections), 1);
    (void)close(fd);
    fd = connect_from(f, INPUT_SYSLOG_TCP, HERE); /* one that says nothing is one, too */
    run(f, 30);
    (void)close(fd);
    run(f, 30);
    assert_int_equal(count(f, LEDGER_connections), 2);
}

static void bad_framing_ends_one_connection_and_no_other(void **state)
{
    struct fixture *f = *state;
    int bad = connect_from(f, INPUT_SYSLOG_TCP, HERE),
        good = connect_from(f, INPUT_SYSLOG_TCP, HERE);
    char byte;

    send_text(bad, "99999999999999 x");
    send_text(good, "<1>a\n");
    run(f, 60);
    assert_int_equal(read(bad, &byte, 1), 0);
    assert_int_equal(read_back(f).events, 1);
    assert_int_equal(count(f, LEDGER_refused_syntax), 1);
    (void)close(bad);
    (void)close(good);
}

static void a_message_of_10_gb_is_refused_and_skipped(void **state)
{
    struct fixture *f = *state;
    int fd = connect_from(f, INPUT_SYSLOG_TCP, HERE);

    send_text(fd, "4200000 0123456789");
    run(f, 40);
    send_text(fd, "and so on");
    run(f, 40);
    assert_int_equal(read_back(f).events, 0);
    assert_int_equal(count(f, LEDGER_refused_length), 1);
    (void)close(fd);
}

static void the_line_end_within_a_counted_message_is_not_stored(void **state)
{
    struct fixture *f = *state;
    int fd = connect_from(f, INPUT_SYSLOG_TCP, HERE);

    send_text(fd, "11 <1>one\ntwo\n"); /* as rsyslog's templates end */
    run(f, 60);
    assert_int_equal(read_back(f).events, 1);
    assert_string_equal(read_back(f).last, "<1>one\ntwo");
    (void)close(fd);
}

static void relp_is_answered_by_number(void **state)
{
    struct fixture *f = *state;
    int fd = connect_from(f, INPUT_RELP, HERE);

    send_text(fd, "1 open 46 relp_version=0\nrelp_software=x\ncommands=syslog\n");
    assert_non_null(strstr(answer(f, fd, 500), "1 rsp "));
    send_text(fd, "2 syslog 6 needle\n3 syslog 3 abc\n4 close 0\n");
    assert_string_equal(answer(f, fd, 500),
                        "2 rsp 6 200 OK\n3 rsp 6 200 OK\n4 rsp 0\n0 serverclose 0\n");
    assert_int_equal(read_back(f).events, 2);
    assert_int_equal(read_back(f).findings, 1);
    (void)close(fd);
}

static void what_relp_was_not_told_of_comes_again_marked(void **state)
{
    struct fixture *f = *state;
    int fd = connect_from(f, INPUT_RELP, HERE);

    send_text(fd, "1 open 46 relp_version=0\nrelp_software=x\ncommands=syslog\n");
    (void)answer(f, fd, 500);
    send_text(fd, "2 syslog 3 abc\n");
    (void)close(fd); /* before the answer */
    run(f, 60);
    fd = connect_from(f, INPUT_RELP, HERE);
    send_text(
        fd,
        "1 open 46 relp_version=0\nrelp_software=x\ncommands=syslog\n2 syslog 3 abc\n3 syslog 3 abc\n");
    (void)answer(f, fd, 500);
    run(f, 60);
    assert_int_equal(read_back(f).events, 3);
    assert_int_equal(read_back(f).resends, 1);
    (void)close(fd);
}

static void what_relp_may_not_have_heard_is_marked_unless_it_said_close(void **state)
{
    struct fixture *f = *state;
    static const char *const ends[] = { "", "3 close 0\n", "" };
    static const uint32_t marked[] = { 0, 1, 1 }; /* so far, once this one was sent */

    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        int fd = connect_from(f, INPUT_RELP, HERE);

        send_text(fd, "1 open 46 relp_version=0\nrelp_software=x\ncommands=syslog\n");
        (void)answer(f, fd, 500);
        send_text(fd, "2 syslog 3 abc\n");
        assert_string_equal(answer(f, fd, 500), "2 rsp 6 200 OK\n");
        send_text(fd, ends[i]);
        run(f, 60);
        (void)close(fd);
        run(f, 60);
        assert_int_equal(read_back(f).resends, marked[i]);
    }
}

/* Posts these bytes as a packed body; the connection ends. */
static const char *post_packed(struct fixture *f, const uint8_t *body, size_t n)
{
    int fd = connect_from(f, INPUT_HTTP, HERE);
    const char *text;
    char head[128];

    (void)snprintf(head, sizeof(head),
                   "POST /events HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n"
                   "Content-Length: %zu\r\n\r\n",
                   n);
    send_text(fd, head);
    run(f, 5);
    for (size_t i = 0; i < n; i += 20) { /* members end within a piece, and between two */
        (void)!send(fd, body + i, n - i < 20 ? n - i : 20, MSG_NOSIGNAL);
        run(f, 5);
    }
    text = answer(f, fd, 500);
    (void)close(fd);
    return text;
}

static void packed_bodies_are_whole_and_of_any_number_of_members(void **state)
{
    struct fixture *f = *state;
    static const uint8_t one[] = {
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0xca, 0x53,
        0xb2, 0x32, 0xac, 0xe5, 0x02, 0x00, 0x93, 0x11, 0xbe, 0x85, 0x08, 0x00, 0x00, 0x00
    }; /* {"n":1} and a line end */
    uint8_t three[3 * sizeof(one)];

    for (size_t i = 0; i < 3; i++)
        memcpy(three + i * sizeof(one), one, sizeof(one));
    assert_non_null(strstr(post_packed(f, one, sizeof(one)), "\"stored\":1,"));
    assert_non_null(strstr(post_packed(f, three, sizeof(three)), "\"stored\":3,"));
    for (size_t cut = 1; cut < sizeof(one); cut++)
        assert_non_null(strstr(post_packed(f, one, cut), "400 Bad Request"));
    assert_non_null(strstr(post_packed(f, three, sizeof(one) + 1), "400 Bad Request"));
    three[sizeof(one)] = 'x';
    assert_non_null(strstr(post_packed(f, three, sizeof(three)), "400 Bad Request"));
}

static void bulk_answers_item_by_item(void **state)
{
    struct fixture *f = *state;
    int fd = connect_from(f, INPUT_HTTP, HERE);
    const char *text;
    static const char body[] = "{\"create\":{}}\n{\"m\":\"needle\"}\n"
                               "{\"index\":{\"_index\":\"x\"}}\nnot json\n"
                               "{\"delete\":{\"_id\":\"1\"}}\n"
                               "{\"create\":{}}\n{\"m\":\"b\"}\n";
    char head[128];

    (void)snprintf(head, sizeof(head),
                   "POST /_bulk HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", strlen(body));
    send_text(fd, head);
    send_text(fd, body);
    text = answer(f, fd, 1000);
    assert_non_null(strstr(text, "HTTP/1.1 200 OK"));
    assert_non_null(strstr(text, "\"errors\":true"));
    assert_non_null(strstr(text, "\"create\":{\"_index\":\"canh\",\"_id\":\"0\",\"status\":201"));
    assert_non_null(strstr(text, "\"index\":{\"_index\":\"canh\",\"_id\":\"0\",\"status\":400"));
    assert_non_null(strstr(text, "\"delete\":{\"_index\":\"canh\",\"_id\":\"0\",\"status\":400"));
    assert_int_equal(read_back(f).events, 2);
    assert_int_equal(read_back(f).findings, 1);
    assert_int_equal(count(f, LEDGER_received), 4);
    send_text(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); /* the connection lives on */
    assert_non_null(strstr(answer(f, fd, 500), "\"number\":"));
    (void)close(fd);
}

static void a_batch_that_comes_again_is_stored_once(void **state)
{
    struct fixture *f = *state;
    const char *whole = "POST /events HTTP/1.1\r\nHost: a\r\nCanh-Batch: b-1\r\n"
                        "Content-Length: 24\r\n\r\n{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n";
    int fd = connect_from(f, INPUT_HTTP, HERE);

    /* Half of it, then the connection breaks. */
    assert_int_equal(write(fd, whole, strlen(whole) - 8), (ssize_t)strlen(whole) - 8);
    run(f, 60);
    (void)close(fd);
    run(f, 60);
    assert_int_equal(read_back(f).events, 2);
    fd = connect_from(f, INPUT_HTTP, HERE);
    send_text(fd, whole);
    assert_non_null(strstr(answer(f, fd, 500), "\"stored\":1,\"refused\":0,\"repeated\":2"));
    assert_int_equal(read_back(f).events, 3);
    send_text(fd, whole);
    assert_non_null(strstr(answer(f, fd, 500), "\"stored\":0,\"refused\":0,\"repeated\":3"));
    assert_int_equal(read_back(f).events, 3);
    (void)close(fd);
    /* And after a restart. */
    collector_free(&f->c);
    memset(f->batches, 0, BATCHES_BYTES);
    start(f);
    fd = connect_from(f, INPUT_HTTP, HERE);
    send_text(fd, whole);
    assert_non_null(strstr(answer(f, fd, 500), "\"repeated\":3"));
    assert_int_equal(read_back(f).events, 3);
    (void)close(fd);
}

static void tokens_decide_beyond_loopback(void **state)
{
    struct fixture *f = *state;
    int fd = connect_from(f, INPUT_HTTP, "198.51.100.7:1");

    send_text(fd, "POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n{\"n\":1}\n");
    assert_non_null(strstr(answer(f, fd, 500), "401 Unauthorized"));
    (void)close(fd);
    fd = connect_from(f, INPUT_HTTP, "198.51.100.7:1");
    send_text(fd, "POST /events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer wrong\r\n"
                  "Content-Length: 8\r\n\r\n{\"n\":1}\n");
    assert_non_null(strstr(answer(f, fd, 500), "401 Unauthorized"));
    (void)close(fd);
    fd = connect_from(f, INPUT_HTTP, "198.51.100.7:1");
    send_text(fd, "POST /events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer token\r\n"
                  "Content-Length: 8\r\n\r\n{\"n\":1}\n");
    assert_non_null(strstr(answer(f, fd, 500), "200 OK"));
    (void)close(fd);
    assert_int_equal(count(f, LEDGER_refused_auth), 2);
    assert_int_equal(read_back(f).events, 1);
    fd = connect_from(f, INPUT_SYSLOG_TCP, "192.0.2.8:1");
    send_text(fd, "<1>from a disabled source\n");
    run(f, 50);
    assert_int_equal(count(f, LEDGER_refused_disabled), 1);
    (void)close(fd);
}

static void forty_unfinished_bodies_cost_little(void **state)
{
    struct fixture *f = *state;
    int fd[40];
    static char part[65536];

    memset(part, 'x', sizeof(part));
    for (unsigned i = 0; i < 40; i++) {
        fd[i] = connect_from(f, INPUT_HTTP, HERE);
        send_text(fd[i], "POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 33554432\r\n\r\n");
    }
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < 40; i++)
            (void)!send(fd[i], part, sizeof(part), MSG_NOSIGNAL);
        run(f, 5);
    }
    assert_true(count(f, LEDGER_refused_busy) > 0);
    for (unsigned i = 0; i < 40; i++)
        (void)close(fd[i]);
    run(f, 50);
}

static void put_checkpoint_block(struct buf *out, uint64_t number, const char *place,
                                 const char *lines)
{
    struct pass_block b = { .source = SPAN_LIT("file:/var/log/x"),
                            .checkpoint = span_of(place),
                            .records = span_of(lines),
                            .input = INPUT_FILES,
                            .mode = CUT_LINES };

    pass_put_block(out, number, &b);
}

static void the_readers_blocks_are_durable_with_their_place(void **state)
{
    struct fixture *f = *state;
    int pair[2];
    struct buf b;
    struct pass_frame fr;
    uint8_t room[4096];
    ssize_t n;
    int64_t used;

    buf_init(&b, 65536);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    collector_reader(f->c, pair[0]);
    put_checkpoint_block(&b, 1, "0123456789abcdef-at-10", "<1>one\n<1>needle\n");
    put_checkpoint_block(&b, 2, "0123456789abcdef-at-20", "<1>three\n");
    assert_int_equal(write(pair[1], b.p, b.n), (ssize_t)b.n);
    run(f, 80);
    n = read(pair[1], room, sizeof(room));
    used = pass_frame((struct span){ room, (size_t)n }, &fr, NULL);
    assert_int_equal(fr.type, PASS_START);
    used = pass_frame((struct span){ room + used, (size_t)(n - used) }, &fr, NULL);
    assert_true(used > 0);
    assert_int_equal(fr.type, PASS_DURABLE);
    assert_int_equal(fr.number, 2);
    assert_int_equal(read_back(f).events, 3);
    assert_int_equal(read_back(f).findings, 1);
    (void)close(pair[1]);
    /* A new life knows the newest place. */
    collector_free(&f->c);
    start(f);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    collector_reader(f->c, pair[0]);
    n = read(pair[1], room, sizeof(room));
    assert_true(pass_frame((struct span){ room, (size_t)n }, &fr, NULL) > 0);
    assert_int_equal(fr.type, PASS_CHECKPOINT);
    check_span("checkpoint", fr.body, "0123456789abcdef-at-20");
    (void)close(pair[1]);
    buf_release(&b);
}

static void numbers_go_on_after_a_restart(void **state)
{
    struct fixture *f = *state;

    for (unsigned life = 0; life < 4; life++) {
        int fd = connect_from(f, INPUT_SYSLOG_TCP, HERE);

        send_text(fd, "<1>a needle\n<1>b\n");
        run(f, 60);
        (void)close(fd);
        collector_free(&f->c);
        start(f);
    }
    assert_int_equal(read_back(f).events, 8);
    assert_int_equal(read_back(f).findings, 4);
}

/* The months of each event's source, as the lane has them, by the last record before it. */
static void months_of(struct fixture *f, uint8_t *months, uint32_t max)
{
    uint8_t now[LEDGER_ROWS] = { 0 };
    struct lane_reader *r;
    struct lane_frame fr;
    struct err e;
    uint32_t n = 0;

    assert_int_equal(lane_reader_new(&r, &io_system, f->dir_fd, ~0u, &e), ERR_OK);
    assert_int_equal(lane_reader_seek(r, (struct lane_place){ 0 }, &e), ERR_OK);
    while (lane_reader_next(r, &fr, &e) > 0) {
        struct lane_read_event ev;
        struct source_record source;
        struct span record;

        while (fr.kind == LANE_SOURCES && lane_next_record(&fr, &record)) {
            assert_true(source_record_read(record, &source));
            now[source.number] = source.months;
        }
        while (fr.kind == LANE_EVENTS && lane_next_event(&fr, &ev) && n < max)
            months[n++] = now[ev.source];
    }
    lane_reader_free(&r);
    assert_int_equal(n, max);
}

static void no_rules(void *arg)
{
    (void)arg;
}

static int same_rules(void *arg, struct intake_rules *rules, struct err *e)
{
    struct fixture *f = arg;

    (void)e;
    *rules = (struct intake_rules){ f->set, f->taxonomy, &f->names };
    return ERR_OK;
}

static void an_event_is_kept_for_the_months_of_its_source(void **state)
{
    struct fixture *f = *state;
    struct settings next;
    struct collector_reload reload = {
        .set = &next, .release = no_rules, .take = same_rules, .arg = f
    };
    uint8_t months[4];
    struct err e;
    int fd = connect_from(f, INPUT_SYSLOG_TCP, HERE);

    send_text(fd, "<1>a\n");
    run(f, 60);
    assert_int_equal(settings_read(&next,
                                   SPAN_LIT("retention: 6\n"
                                            "sources:\n  - name: fw\n"
                                            "    address: 192.0.2.1\n    retention: 24\n"),
                                   "test", &e),
                     ERR_OK);
    assert_int_equal(collector_reload(f->c, &reload, &e), ERR_OK);
    settings_release(&f->settings);
    f->settings = next;
    send_text(fd, "<1>b\n<1>c\n");
    run(f, 60);
    (void)close(fd);
    fd = connect_from(f, INPUT_SYSLOG_TCP, "192.0.2.1:9");
    send_text(fd, "<1>d\n");
    run(f, 60);
    (void)close(fd);
    months_of(f, months, 4);
    assert_int_equal(months[0], 12);
    assert_int_equal(months[1], 6);
    assert_int_equal(months[2], 6);
    assert_int_equal(months[3], 24);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(syslog_of_both_framings_is_stored_and_matched),
        T(our_own_event_counts_in_no_figure_and_a_forged_one_in_all),
        T(bad_framing_ends_one_connection_and_no_other),
        T(a_message_of_10_gb_is_refused_and_skipped),
        T(the_line_end_within_a_counted_message_is_not_stored),
        T(relp_is_answered_by_number),
        T(what_relp_was_not_told_of_comes_again_marked),
        T(what_relp_may_not_have_heard_is_marked_unless_it_said_close),
        T(packed_bodies_are_whole_and_of_any_number_of_members),
        T(bulk_answers_item_by_item),
        T(a_batch_that_comes_again_is_stored_once),
        T(tokens_decide_beyond_loopback),
        T(forty_unfinished_bodies_cost_little),
        T(the_readers_blocks_are_durable_with_their_place),
        T(numbers_go_on_after_a_restart),
        T(an_event_is_kept_for_the_months_of_its_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
