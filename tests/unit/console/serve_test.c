/*
 * Goal: whatever a peer sends or leaves unsent, it is answered, refused or ended, within bounds and
 * without harm to the others.
 * Method: a server of a few routes and its peers in one thread; the loop is turned until a peer has
 * what it waits for.
 */
#include "../check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/serve.h"
#include "os/socket.h"
#include "wire/http.h"
#include "../turns.h"

#define TURNS 2000 /* of 1 ms, at most, until something comes */

struct bench {
    char folder[64], path[96], other[96];
    struct loop *loop;
    struct watch *tick;
    struct serve *serve;
    struct serve_stream *stream;
    struct serve_later *later;
    unsigned gone;
    struct buf got; /* by the peer that asked last */
};

/* --- routes --------------------------------------------------------------------------------- */

static void hello(void *arg, struct serve_call *c)
{
    (void)arg;
    buf_text(c->body, "{\"hello\":1}\n");
}

static void echo(void *arg, struct serve_call *c)
{
    uint8_t room[SERVE_VALUE_MAX];
    struct span v;
    int rc = serve_query(c, "v", room, &v);
    struct err e;

    (void)arg;
    if (rc == 1) {
        c->type = "text/plain";
        buf_add(c->body, v);
        return;
    }
    (void)err_set(&e, ERR_SYNTAX, 7, rc == 0 ? "No \"v\"." : "Undecodable.");
    serve_refuse(c, 400, &e);
}

static void large(void *arg, struct serve_call *c)
{
    (void)arg;
    for (size_t i = 0; i < SERVE_ANSWER_MAX / 1000 + 10; i++)
        buf_fmt(c->body, "%0999d\n", 1);
}

static void half(void *arg, struct serve_call *c)
{
    (void)arg;
    for (size_t i = 0; i < 4000; i++)
        buf_fmt(c->body, "%0999zu\n", i);
}

static void on_gone(void *arg)
{
    struct bench *b = arg;

    b->stream = NULL;
    b->gone++;
}

static void stream(void *arg, struct serve_call *c)
{
    struct bench *b = arg;

    b->stream = serve_begin(c, "application/x-ndjson", on_gone, b);
    assert_non_null(b->stream);
}

/* What was sent, turned round. */
static void turned(void *arg, struct serve_call *c)
{
    (void)arg;
    for (size_t i = c->sent.n; i > 0; i--)
        buf_byte(c->body, c->sent.p[i - 1]);
}

static void on_later_gone(void *arg)
{
    struct bench *b = arg;

    b->later = NULL;
    b->gone++;
}

static void later(void *arg, struct serve_call *c)
{
    struct bench *b = arg;

    b->later = serve_later(c, on_later_gone, b);
}

#define TEXT "text/plain"

#define ROUTE(method, path, doors, scope, fn, type, help, name, sent)                              \
    {                                                                                              \
        method, path, doors, scope, fn, type, help, { { name, "what", false } }, sent, NULL, false \
    }
#define LINES "application/x-ndjson"

static const struct serve_route routes[] = {
    ROUTE("GET", "/hello", DOOR_LOCAL | DOOR_METRICS | DOOR_API, SERVE_OPEN, hello,
          "application/json", "says it", NULL, 0),
    ROUTE("GET", "/echo", DOOR_LOCAL | DOOR_API, 1, echo, TEXT, "says that", "v", 0),
    ROUTE("GET", "/large", DOOR_LOCAL, 1, large, TEXT, "too much", NULL, 0),
    ROUTE("GET", "/half", DOOR_LOCAL | DOOR_API, 2, half, TEXT, "4 MB", NULL, 0),
    ROUTE("GET", "/stream", DOOR_LOCAL | DOOR_API, 1, stream, LINES, "goes on", NULL, 0),
    ROUTE("POST", "/turned", DOOR_LOCAL, 1, turned, TEXT, "turns it", NULL, (size_t)12 << 20),
    ROUTE("POST", "/later", DOOR_LOCAL, 1, later, TEXT, "waits", NULL, 10),
};

/* --- the bench ------------------------------------------------------------------------------ */

static void turn(struct bench *b)
{
    turns_turn(b->loop, b->tick);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct err e;
    int fd;

    assert_non_null(b);
    (void)snprintf(b->folder, sizeof(b->folder), "/tmp/canh-serve-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    (void)snprintf(b->path, sizeof(b->path), "%s/local", b->folder);
    (void)snprintf(b->other, sizeof(b->other), "%s/metrics", b->folder);
    buf_init(&b->got, (size_t)64 << 20);
    assert_int_equal(loop_new(&b->loop, &e), ERR_OK);
    b->tick = turns_new(b->loop);
    assert_int_equal(serve_new(&b->serve, b->loop, routes, COUNT_OF(routes), b, &e), ERR_OK);
    assert_int_equal(socket_listen_path(b->path, &fd, &e), ERR_OK);
    assert_int_equal(serve_listen(b->serve, fd, DOOR_LOCAL, &e), ERR_OK);
    assert_int_equal(socket_listen_path(b->other, &fd, &e), ERR_OK);
    assert_int_equal(serve_listen(b->serve, fd, DOOR_METRICS, &e), ERR_OK);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    serve_free(&b->serve);
    watch_free(&b->tick);
    loop_free(&b->loop);
    (void)unlink(b->path);
    (void)unlink(b->other);
    (void)rmdir(b->folder);
    buf_release(&b->got);
    free(b);
    return 0;
}

static int peer(const char *path)
{
    struct err e;
    int fd;

    assert_int_equal(socket_connect_path(path, &fd, &e), ERR_OK);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What there is to read, into b->got. False at the end. */
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

static bool heard(const struct bench *b, const char *text)
{
    return b->got.n >= strlen(text) && memmem(b->got.p, b->got.n, text, strlen(text)) != NULL;
}

static void await(struct bench *b, int fd, const char *text)
{
    for (int i = 0; i < TURNS && !heard(b, text); i++) {
        turn(b);
        (void)hear(b, fd);
    }
    if (!heard(b, text))
        fail_msg("'%s' did not come, but '%.*s'", text, (int)b->got.n, (const char *)b->got.p);
}

static void await_end(struct bench *b, int fd)
{
    bool open = true;

    for (int i = 0; i < TURNS && open; i++) {
        turn(b);
        open = hear(b, fd);
    }
    assert_false(open);
    (void)close(fd);
}

/* All that were open are seen to have ended. */
static void await_none(struct bench *b)
{
    for (int i = 0; i < TURNS && serve_open(b->serve) > 0; i++)
        turn(b);
    assert_int_equal(serve_open(b->serve), 0);
}

static unsigned status(const struct bench *b)
{
    struct http_answer a = { 0 };

    if (http_answer_head(buf_span(&b->got), &a, NULL) <= 0)
        fail_msg("no answer: '%.*s'", (int)b->got.n, (const char *)b->got.p);
    return a.status;
}

/* One request, its connection closed by the server. */
static unsigned ask(struct bench *b, const char *path, const char *request)
{
    int fd = peer(path);

    buf_clear(&b->got);
    say(fd, request);
    await_end(b, fd);
    return status(b);
}

#define HEAD " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

/* --- requests ------------------------------------------------------------------------------- */

static void test_a_route_is_answered_at_its_doors_only(void **state)
{
    struct bench *b = *state;

    assert_int_equal(ask(b, b->path, "GET /hello" HEAD), 200);
    assert_true(heard(b, "Content-Type: application/json\r\n"));
    assert_true(heard(b, "Content-Length: 12\r\n"));
    assert_true(heard(b, "\r\n\r\n{\"hello\":1}\n"));
    assert_int_equal(ask(b, b->other, "GET /hello" HEAD), 200);
    assert_int_equal(ask(b, b->other, "GET /echo?v=1" HEAD), 404);
    assert_int_equal(ask(b, b->other, "GET /stream" HEAD), 404);
    assert_int_equal(ask(b, b->path, "GET /" HEAD), 200);
    assert_true(heard(b, "/echo") && heard(b, "says that"));
    assert_int_equal(ask(b, b->other, "GET /" HEAD), 200);
    assert_true(heard(b, "/hello") && !heard(b, "/echo"));
    await_none(b);
}

static void test_values_are_decoded_or_refused(void **state)
{
    static const struct {
        const char *query;
        unsigned status;
        const char *body;
    } rows[] = {
        { "?v=a%20b%26c", 200, "a b&c" }, { "?x=1&v=z", 200, "z" },
        { "?v=", 200, "\r\n\r\n" },       { "", 400, "{\"error\":\"No \\\"v\\\".\",\"at\":7}" },
        { "?v=%2", 400, "{\"error\":" },  { "?v=%00", 400, "{\"error\":" },
    };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[256];

        (void)snprintf(text, sizeof(text), "GET /echo%s" HEAD, rows[i].query);
        CHECK_ROW(rows[i].query, ask(b, b->path, text) == rows[i].status);
        CHECK_ROW(rows[i].query, heard(b, rows[i].body));
    }
}

static void test_what_is_no_request_is_refused_and_the_connection_ended(void **state)
{
    static const struct {
        const char *request;
        unsigned status;
    } rows[] = {
        { "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
          405 },
        { "DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405 },
        { "GET /nothing" HEAD, 404 },
        { "GET /hello/" HEAD, 404 },
        { "GET /%68ello" HEAD, 404 }, /* one spelling only */
        { "GET /hello HTTP/1.1\r\n\r\n", 400 },
        { "GET http://x/hello" HEAD, 400 },
        { "GET /hello HTTP/2.0\r\nHost: x\r\n\r\n", 505 },
        { "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400 },
        { "GET /hello HTTP/1.1\nHost: x\n\n", 400 },
        { "\x16\x03\x01\x02\x00\x01 nobody speaks TLS here\r\n\r\n", 400 },
        { "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 413 },
        { "GET /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413 },
        { "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          400 },
    };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned got = ask(b, b->path, rows[i].request);

        if (got != rows[i].status)
            fail_msg("'%.40s': %u, not %u", rows[i].request, got, rows[i].status);
    }
    await_none(b);
}

static void test_a_head_without_end_is_refused_at_its_limit(void **state)
{
    struct bench *b = *state;
    static char text[HTTP_HEAD_MAX + 4096];
    int fd = peer(b->path);

    memset(text, 'a', sizeof(text) - 1);
    memcpy(text, "GET /hello HTTP/1.1\r\nX: ", 24);
    buf_clear(&b->got);
    say(fd, text);
    await_end(b, fd);
    assert_int_equal(status(b), 431);
}

static void test_requests_may_come_by_bytes_or_many_at_once(void **state)
{
    static const char two[] =
        "GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /echo?v=second HTTP/1.1\r\n"
        "Host: x\r\nConnection: close\r\n\r\n";
    struct bench *b = *state;
    int fd = peer(b->path);

    buf_clear(&b->got);
    for (size_t i = 0; i < sizeof(two) - 1; i++) {
        assert_int_equal(send(fd, two + i, 1, MSG_NOSIGNAL), 1);
        if (i % 8 == 0)
            turn(b);
    }
    await_end(b, fd);
    assert_true(heard(b, "hello") && heard(b, "second"));
    assert_int_equal(ask(b, b->path, two), 200);
    assert_true(heard(b, "{\"hello\":1}\nHTTP/1.1 200"));
    assert_true(heard(b, "second"));
}

static void test_an_answer_that_is_too_large_is_a_fault_and_not_cut(void **state)
{
    struct bench *b = *state;

    assert_int_equal(ask(b, b->path, "GET /large" HEAD), 500);
    assert_true(heard(b, "too large"));
    assert_int_equal(ask(b, b->path, "GET /half" HEAD), 200);
    assert_true(b->got.n > 4000000);
    assert_true(heard(b, "00000003999\n"));
}

static void test_who_leaves_in_the_middle_leaves_nothing_behind(void **state)
{
    static const char *const parts[] = { "", "GET", "GET /half HTTP/1.1\r\nHost: x\r\n\r\n",
                                         "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n" };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        int fd = peer(b->path);

        if (parts[i][0] != 0)
            say(fd, parts[i]);
        for (int k = 0; k < 5; k++)
            turn(b);
        assert_int_equal(serve_open(b->serve), 1);
        (void)close(fd);
        await_none(b);
    }
    assert_int_equal(b->gone, 1);
}

static void test_one_door_cannot_take_all_connections(void **state)
{
    struct bench *b = *state;
    int fds[SERVE_CONNS_METRICS + 4];

    for (size_t i = 0; i < COUNT_OF(fds); i++)
        fds[i] = peer(b->other);
    for (int i = 0; i < 20; i++)
        turn(b);
    assert_int_equal(serve_open(b->serve), SERVE_CONNS_METRICS);
    assert_int_equal(ask(b, b->path, "GET /hello" HEAD), 200);
    /* Who waits comes when another goes. */
    (void)close(fds[0]);
    say(fds[COUNT_OF(fds) - 4], "GET /hello" HEAD);
    buf_clear(&b->got);
    await_end(b, fds[COUNT_OF(fds) - 4]);
    assert_int_equal(status(b), 200);
    for (size_t i = 1; i < COUNT_OF(fds); i++) {
        if (i != COUNT_OF(fds) - 4)
            (void)close(fds[i]);
    }
}

/* --- bodies ---------------------------------------------------------------------------------- */

static void test_a_body_is_taken_however_it_comes(void **state)
{
    static const char text[] = "POST /turned HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde"
                               "POST /turned HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz"
                               "POST /turned HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
                               "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    struct bench *b = *state;

    for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
        int fd = peer(b->path);

        buf_clear(&b->got);
        assert_int_equal(send(fd, text, cut, MSG_NOSIGNAL), cut);
        turn(b);
        assert_int_equal(send(fd, text + cut, sizeof(text) - 1 - cut, MSG_NOSIGNAL),
                         sizeof(text) - 1 - cut);
        await_end(b, fd);
        assert_true(heard(b, "\r\n\r\nedcbaHTTP/1.1 200"));
        assert_true(heard(b, "\r\n\r\nzyxHTTP/1.1 200"));
        assert_true(heard(b, "{\"hello\":1}"));
    }
    await_none(b);
}

static void test_a_body_that_is_not_taken_is_refused_before_it_comes(void **state)
{
    static const struct {
        const char *request;
        unsigned status;
    } rows[] = {
        { "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", 413 },
        { "POST /turned HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413 },
        { "POST /turned HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 411 },
        { "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n", 404 },
        { "PUT /turned HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n", 405 },
    };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int fd = peer(b->path);

        buf_clear(&b->got);
        say(fd, rows[i].request);
        await_end(b, fd);
        CHECK_ROW(rows[i].request, status(b) == rows[i].status);
    }
    await_none(b);
}

static void test_all_bodies_together_have_a_limit(void **state)
{
    struct bench *b = *state;
    int fds[5];

    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = peer(b->path);
        buf_clear(&b->got);
        say(fds[i], "POST /turned HTTP/1.1\r\nHost: x\r\nContent-Length: 12582912\r\n\r\nx");
        for (int k = 0; k < 5; k++)
            turn(b);
    }
    (void)hear(b, fds[4]); /* four of 12 MiB are 48 */
    assert_int_equal(status(b), 503);
    assert_true(heard(b, "Retry-After"));
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        (void)close(fds[i]);
    await_none(b);
    assert_int_equal(
        ask(b, b->path,
            "POST /turned HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab"),
        200);
}

static void test_who_asks_first_is_told_to_go_on(void **state)
{
    struct bench *b = *state;
    int fd = peer(b->path);

    buf_clear(&b->got);
    say(fd,
        "POST /turned HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    await(b, fd, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "abc");
    await(b, fd, "\r\n\r\ncba");
    (void)close(fd);
}

static void test_an_answer_may_come_later(void **state)
{
    struct bench *b = *state;
    int fd = peer(b->path);

    buf_clear(&b->got);
    say(fd, "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"
            "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < 20; i++)
        turn(b);
    (void)hear(b, fd);
    assert_int_equal(b->got.n, 0);
    assert_non_null(b->later);
    serve_answer(b->later, 409, "text/plain", SPAN_LIT("no"));
    await(b, fd, "hello");
    assert_int_equal(status(b), 409);
    assert_true(heard(b, "\r\n\r\nnoHTTP/1.1 200"));
    assert_int_equal(b->gone, 0);
    say(fd, "POST /later HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < 20; i++)
        turn(b);
    serve_free(&b->serve); /* tells who waits */
    assert_int_equal(b->gone, 1);
    (void)close(fd);
}

/* --- streams -------------------------------------------------------------------------------- */

static void test_a_stream_goes_on_in_chunks(void **state)
{
    struct bench *b = *state;
    int fd = peer(b->path);

    say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await(b, fd, "\r\n\r\n");
    assert_true(heard(b, "Transfer-Encoding: chunked\r\n"));
    assert_true(serve_put(b->stream, SPAN_LIT("one\n")));
    assert_true(serve_put(b->stream, SPAN_LIT("")));
    await(b, fd, "4\r\none\n\r\n");
    assert_true(serve_put(b->stream, SPAN_LIT("two two two two\n")));
    await(b, fd, "10\r\ntwo two two two\n\r\n");
    serve_free(&b->serve); /* tells the stream */
    assert_int_equal(b->gone, 1);
    assert_null(b->stream);
    (void)close(fd);
}

static void test_a_stream_that_is_not_read_takes_so_much_and_no_more(void **state)
{
    struct bench *b = *state;
    static uint8_t piece[10000];
    int fd = peer(b->path);
    uint32_t taken = 0, refused = 0;

    memset(piece, 'x', sizeof(piece));
    say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await(b, fd, "\r\n\r\n");
    for (int i = 0; i < 1000; i++) {
        if (serve_put(b->stream, (struct span){ piece, sizeof(piece) }))
            taken++;
        else
            refused++;
        if (i % 50 == 0)
            turn(b);
    }
    assert_true(refused > 0);
    assert_true(taken >= SERVE_STREAM_MAX / sizeof(piece) - 1);
    assert_true((size_t)taken * sizeof(piece) < 4 * SERVE_STREAM_MAX); /* and the kernel's */
    /* Read at last: all that was taken, whole, and then there is room again. */
    buf_clear(&b->got);
    for (int i = 0; i < TURNS && b->got.n < (size_t)taken * (sizeof(piece) + 8); i++) {
        turn(b);
        assert_true(hear(b, fd));
    }
    assert_int_equal(b->got.n, (size_t)taken * (sizeof(piece) + 8)); /* "2710\r\n", "\r\n" */
    assert_true(serve_put(b->stream, SPAN_LIT("last\n")));
    await(b, fd, "5\r\nlast\n\r\n");
    (void)close(fd);
}

static void test_one_piece_always_fits(void **state)
{
    struct bench *b = *state;
    uint8_t *piece = calloc(1, 3 * SERVE_STREAM_MAX);
    int fd = peer(b->path);

    assert_non_null(piece);
    say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await(b, fd, "\r\n\r\n");
    assert_true(serve_put(b->stream, (struct span){ piece, 3 * SERVE_STREAM_MAX }));
    assert_false(serve_put(b->stream, SPAN_LIT("x")));
    for (int i = 0; i < TURNS && !serve_put(b->stream, SPAN_LIT("behind\n")); i++) {
        turn(b);
        (void)hear(b, fd);
    }
    await(b, fd, "behind\n");
    (void)close(fd);
    free(piece);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_route_is_answered_at_its_doors_only),
        T(test_values_are_decoded_or_refused),
        T(test_what_is_no_request_is_refused_and_the_connection_ended),
        T(test_a_head_without_end_is_refused_at_its_limit),
        T(test_requests_may_come_by_bytes_or_many_at_once),
        T(test_an_answer_that_is_too_large_is_a_fault_and_not_cut),
        T(test_who_leaves_in_the_middle_leaves_nothing_behind),
        T(test_one_door_cannot_take_all_connections),
        T(test_a_body_is_taken_however_it_comes),
        T(test_a_body_that_is_not_taken_is_refused_before_it_comes),
        T(test_all_bodies_together_have_a_limit),
        T(test_who_asks_first_is_told_to_go_on),
        T(test_an_answer_may_come_later),
        T(test_a_stream_goes_on_in_chunks),
        T(test_a_stream_that_is_not_read_takes_so_much_and_no_more),
        T(test_one_piece_always_fits),
    };
#undef T

    return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
