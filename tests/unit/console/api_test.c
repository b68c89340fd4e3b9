/*
 * Goal: who comes by the API's door speaks TLS, has a token that may ask what it asks, and gets all
 * of it; and its description says what there is.
 * Method: a server of a few routes and a peer of it in one thread; the loop is turned until the
 * peer has what it waits for. The description is read by jansson.
 */
#include "../check.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "act/actor.h"
#include "certificates.h"
#include "console/openapi.h"
#include "console/tokens.h"
#include "os/socket.h"
#include "os/tls.h"
#include "wire/http.h"
#include "../turns.h"

#define TURNS 5000 /* of 1 ms, at most, until something comes */
#define LINES 4000

struct bench {
    char folder[64], path[96];
    struct identity identity;
    struct loop *loop;
    struct watch *tick;
    struct serve *serve;
    struct tls_context *server, *client;
    struct serve_stream *stream;
    struct buf got;
};

/* --- routes --------------------------------------------------------------------------------- */

static void hello(void *arg, struct serve_call *c)
{
    (void)arg;
    buf_text(c->body, "hello\n");
}

static void half(void *arg, struct serve_call *c)
{
    (void)arg;
    for (size_t i = 0; i < LINES; i++)
        buf_fmt(c->body, "%0999zu\n", i);
}

static void on_gone(void *arg)
{
    ((struct bench *)arg)->stream = NULL;
}

static void stream(void *arg, struct serve_call *c)
{
    struct bench *b = arg;

    b->stream = serve_begin(c, "application/x-ndjson", on_gone, b);
    assert_non_null(b->stream);
}

#define OPEN                                                                                       \
    {                                                                                              \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

static const struct serve_route routes[] = {
    { "GET", "/hello", DOOR_LOCAL | DOOR_API, SERVE_OPEN, hello, "text/plain", "says it", OPEN, 0,
      NULL, false },
    { "GET", "/local", DOOR_LOCAL, MAY_STAT, hello, "text/plain", "says it", OPEN, 0, NULL, false },
    { "GET", "/half", DOOR_API, MAY_STAT, half, "text/plain", "4 MB", OPEN, 0, NULL, false },
    { "GET",
      "/stream",
      DOOR_API,
      MAY_SEARCH,
      stream,
      "application/x-ndjson",
      "goes \"on\"",
      { { "q", "a query", false }, { "limit", "so many", true } },
      0,
      NULL,
      false },
};

/* "stat" may ask what MAY_STAT is, "all" everything. */
static unsigned guard(void *arg, const struct serve_call *c)
{
    struct span authorization = serve_field(c, "authorization");

    (void)arg;
    if (span_eq(authorization, SPAN_LIT("Bearer all")))
        return 0;
    if (span_eq(authorization, SPAN_LIT("Bearer stat")))
        return c->route->scope == MAY_STAT ? 0 : 403;
    return 401;
}

/* --- the bench ------------------------------------------------------------------------------ */

static void turn(struct bench *b)
{
    turns_turn(b->loop, b->tick);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    const struct identity_plan plan = { .name = SPAN_LIT("localhost"),
                                        .dns = "localhost",
                                        .to_days = 9 };
    const struct tls_settings none = { 0 };
    struct err e;
    int fd;

    assert_non_null(b);
    identity_make(&b->identity, &plan);
    const struct tls_settings set = { .certificate = span_of(b->identity.pem),
                                      .key = span_of(b->identity.key_pem) };

    (void)snprintf(b->folder, sizeof(b->folder), "/tmp/canh-api-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    (void)snprintf(b->path, sizeof(b->path), "%s/api", b->folder);
    buf_init(&b->got, (size_t)64 << 20);
    assert_int_equal(loop_new(&b->loop, &e), ERR_OK);
    b->tick = turns_new(b->loop);
    assert_int_equal(serve_new(&b->serve, b->loop, routes, COUNT_OF(routes), b, &e), ERR_OK);
    assert_int_equal(tls_context_new(&b->server, &set, &e), ERR_OK);
    assert_int_equal(tls_client_context_new(&b->client, &none, &e), ERR_OK);
    serve_protect(b->serve, b->server, guard);
    assert_int_equal(socket_listen_path(b->path, &fd, &e), ERR_OK);
    assert_int_equal(serve_listen(b->serve, fd, DOOR_API, &e), ERR_OK);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    serve_free(&b->serve);
    tls_context_free(&b->server);
    tls_context_free(&b->client);
    watch_free(&b->tick);
    loop_free(&b->loop);
    (void)unlink(b->path);
    (void)rmdir(b->folder);
    buf_release(&b->got);
    identity_release(&b->identity);
    free(b);
    return 0;
}

struct peer {
    int fd;
    struct tls *tls;
};

static void peer_open(struct bench *b, struct peer *p)
{
    struct err e;

    assert_int_equal(socket_connect_path(b->path, &p->fd, &e), ERR_OK);
    assert_int_equal(fcntl(p->fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(tls_new(&p->tls, b->client, p->fd, &e), ERR_OK);
    buf_clear(&b->got);
}

static void peer_close(struct peer *p)
{
    tls_free(&p->tls);
    (void)close(p->fd);
}

static void say(struct bench *b, struct peer *p, const char *text)
{
    size_t done = 0;

    for (int i = 0; i < TURNS && done < strlen(text); i++) {
        ssize_t n = tls_write(p->tls, text + done, strlen(text) - done, NULL);

        assert_true(n > 0 || n == TLS_WANT_READ || n == TLS_WANT_WRITE);
        done += n > 0 ? (size_t)n : 0;
        turn(b);
    }
    assert_int_equal(done, strlen(text));
}

/* Until the other end said good-bye, or `text` came. */
static void hear(struct bench *b, struct peer *p, const char *text)
{
    bool open = true;

    for (int i = 0; i < TURNS && open; i++) {
        ssize_t n;

        turn(b);
        do {
            assert_true(buf_reserve(&b->got, 65536));
            n = tls_read(p->tls, b->got.p + b->got.n, 65536, NULL);
            b->got.n += n > 0 ? (size_t)n : 0;
        } while (n > 0);
        open = n == TLS_WANT_READ || n == TLS_WANT_WRITE;
        if (text != NULL && memmem(b->got.p, b->got.n, text, strlen(text)) != NULL)
            return;
    }
    if (open || text != NULL)
        fail_msg("'%s' did not come: %.*s", text == NULL ? "the end" : text, (int)b->got.n,
                 (const char *)b->got.p);
}

static unsigned ask(struct bench *b, const char *path, const char *more)
{
    struct http_answer a = { 0 };
    char request[1000];
    struct peer p;

    peer_open(b, &p);
    (void)snprintf(request, sizeof(request),
                   "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", path, more);
    say(b, &p, request);
    hear(b, &p, NULL);
    peer_close(&p);
    assert_true(http_answer_head(buf_span(&b->got), &a, NULL) > 0);
    return a.status;
}

static bool heard(const struct bench *b, const char *text)
{
    return memmem(b->got.p, b->got.n, text, strlen(text)) != NULL;
}

/* --- cases ---------------------------------------------------------------------------------- */

static void who_asks_needs_a_token_that_may(void **state)
{
    static const struct {
        const char *path, *more;
        unsigned status;
    } rows[] = {
        { "/api/hello", "", 200 },
        { "/api/half", "", 401 },
        { "/api/half", "Authorization: Bearer wrong\r\n", 401 },
        { "/api/half", "Authorization: Bearer stat\r\n", 200 },
        { "/api/half", "Authorization: Bearer stat\r\nAuthorization: Bearer stat\r\n", 401 },
        { "/api/stream", "Authorization: Bearer stat\r\n", 403 },
        { "/api/local", "Authorization: Bearer all\r\n", 404 },
        { "/hello", "Authorization: Bearer all\r\n", 404 },
        { "/apihello", "Authorization: Bearer all\r\n", 404 },
        { "/api/", "Authorization: Bearer all\r\n", 200 }, /* the list of what there is */
        { "/api", "", 200 },
        { "/metrics", "", 404 },
    };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned got = ask(b, rows[i].path, rows[i].more);

        if (got != rows[i].status)
            fail_msg("%s %s: %u", rows[i].path, rows[i].more, got);
        assert_true(heard(b, "X-Content-Type-Options: nosniff\r\n"));
        assert_true(heard(b, "WWW-Authenticate: Bearer\r\n") == (got == 401));
    }
}

static void a_large_answer_comes_whole(void **state)
{
    struct bench *b = *state;

    assert_int_equal(ask(b, "/api/half", "Authorization: Bearer all\r\n"), 200);
    assert_true(heard(b, "Content-Length: 4000000\r\n"));
    assert_true(b->got.n > 4000000);
    assert_memory_equal(b->got.p + b->got.n - 5, "3999\n", 5);
}

static void several_requests_in_one_go_are_all_answered(void **state)
{
#define HELLO "GET /api/hello HTTP/1.1\r\nHost: x\r\n\r\n"
    struct bench *b = *state;
    struct peer p;
    uint32_t n = 0;

    peer_open(b, &p);
    say(b, &p, HELLO HELLO HELLO HELLO HELLO HELLO HELLO HELLO);
    say(b, &p, "GET /api/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    hear(b, &p, NULL);
    peer_close(&p);
    for (size_t i = 0; i + 6 <= b->got.n; i++)
        n += memcmp(b->got.p + i, "hello\n", 6) == 0;
    assert_int_equal(n, 9);
}

static void a_stream_goes_on(void **state)
{
    struct bench *b = *state;
    struct peer p;

    peer_open(b, &p);
    say(b, &p, "GET /api/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer all\r\n\r\n");
    hear(b, &p, "chunked\r\n");
    assert_true(serve_put(b->stream, SPAN_LIT("{\"a\":1}\n")));
    hear(b, &p, "{\"a\":1}\n");
    assert_true(serve_put(b->stream, SPAN_LIT("{\"b\":2}\n")));
    serve_end(b->stream);
    hear(b, &p, NULL);
    assert_true(heard(b, "{\"b\":2}\n\r\n0\r\n\r\n"));
    peer_close(&p);
}

static void who_does_not_speak_tls_is_closed(void **state)
{
    struct bench *b = *state;
    char room[64];
    struct err e;
    ssize_t n = -1;
    int fd;

    assert_int_equal(socket_connect_path(b->path, &fd, &e), ERR_OK);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(write(fd, HELLO, strlen(HELLO)), strlen(HELLO));
    for (int i = 0; i < TURNS && n < 0; i++) {
        turn(b);
        n = read(fd, room, sizeof(room));
    }
    assert_true(n >= 0 && serve_open(b->serve) == 0);
    assert_true(n == 0 || room[0] == 21); /* an alert of TLS at most */
    (void)close(fd);
    assert_int_equal(ask(b, "/api/hello", ""), 200);
}

static void without_a_context_the_door_is_closed(void **state)
{
    struct bench *b = *state;
    struct peer p;
    char room[64];
    ssize_t n = -1;

    serve_protect(b->serve, NULL, guard);
    peer_open(b, &p);
    for (int i = 0; i < TURNS && n < 0; i++) {
        turn(b);
        n = read(p.fd, room, sizeof(room));
    }
    assert_int_equal(n, 0);
    peer_close(&p);
}

/* --- tokens --------------------------------------------------------------------------------- */

static void a_token_may_what_its_row_says(void **state)
{
    /* printf abc | sha256sum; printf xyz | sha256sum */
    static const char yaml[] =
        "tokens:\n"
        "  - name: one\n"
        "    token-sha256: BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD\n"
        "    may: [alerts, stat]\n"
        "  - name: two\n"
        "    token-sha256: 3608bca1e44ea6c4d268eb6db02260269892c0b42b86bbf1e77a6fa16c3c9282\n";
    static const struct {
        const char *authorization;
        enum may may;
        unsigned status;
    } rows[] = {
        { "Bearer abc", MAY_ALERTS, 0 },    { "bearer abc", MAY_STAT, 0 },
        { "Bearer abc", MAY_SEARCH, 403 },  { "Bearer xyz", MAY_SEARCH, 0 },
        { "Bearer xyz", MAY_ALERTS, 0 },    { "Bearer ab", MAY_ALERTS, 401 },
        { "Bearer abcd", MAY_ALERTS, 401 }, { "Bearer ", MAY_ALERTS, 401 },
        { "Bearer", MAY_ALERTS, 401 },      { "", MAY_ALERTS, 401 },
        { "abc", MAY_ALERTS, 401 },         { "Basic abc", MAY_ALERTS, 401 },
    };
    struct settings s;
    struct tokens *t;
    struct err e;

    (void)state;
    assert_int_equal(settings_read(&s, span_of(yaml), "test", &e), ERR_OK);
    assert_int_equal(tokens_new(&t, &s, &e), ERR_OK);
    settings_release(&s);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned got = tokens_judge(t, span_of(rows[i].authorization), rows[i].may);

        if (got != rows[i].status)
            fail_msg("'%s': %u", rows[i].authorization, got);
    }
    tokens_free(&t);
    assert_int_equal(tokens_judge(NULL, SPAN_LIT("Bearer abc"), MAY_STAT), 401);
}

/* --- the description ------------------------------------------------------------------------ */

static void the_description_is_what_there_is(void **state)
{
    const json_t *paths, *get;
    json_t *root;
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 20);
    openapi_put(&out, routes, COUNT_OF(routes));
    root = json_loadb((const char *)out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "openapi")), "3.1.0");
    paths = json_object_get(root, "paths");
    assert_int_equal(json_object_size(paths), 3);
    assert_null(json_object_get(paths, "/local"));
    get = json_object_get(json_object_get(paths, "/hello"), "get");
    assert_int_equal(json_array_size(json_object_get(get, "security")), 0);
    assert_non_null(json_object_get(get, "security"));
    assert_null(json_object_get(get, "x-roles"));
    get = json_object_get(json_object_get(paths, "/stream"), "get");
    assert_int_equal(json_array_size(json_object_get(get, "x-roles")), USER_ROLES - 1);
    assert_null(json_object_get(get, "security"));
    assert_string_equal(json_string_value(json_object_get(get, "summary")), "goes \"on\"");
    assert_int_equal(json_array_size(json_object_get(get, "parameters")), 2);
    assert_string_equal(
        json_string_value(json_object_get(
            json_object_get(json_array_get(json_object_get(get, "parameters"), 1), "schema"),
            "type")),
        "integer");
    json_decref(root);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_asks_needs_a_token_that_may, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_answer_comes_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(several_requests_in_one_go_are_all_answered, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_stream_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(who_does_not_speak_tls_is_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_context_the_door_is_closed, setup, teardown),
        cmocka_unit_test(a_token_may_what_its_row_says),
        cmocka_unit_test(the_description_is_what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
