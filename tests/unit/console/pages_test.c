/*
 * Goal: at the console's door every path that is no asset's and no page's is 404 however it is
 * spelled; bodies are whole, compressed or not; every answer carries the fields that shield a
 * browser; a name that is none of ours is refused; four hundred connections are held, and who has
 * nothing to ask makes room.
 * Method: assets of this test, a server and its peers in one thread, over TCP without TLS.
 */
#include "../check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "../guard.h"
#include "console/assets.h"
#include "console/pages.h"
#include "console/shield.h"
#include "os/socket.h"
#include "wire/http.h"
#include "../turns.h"

#define TURNS 4000 /* of 1 ms, at most, until something comes */

/* --- assets: gzip of stored blocks, so that their sizes are known here ------------------------ */

#define BLOCK           60000u
#define BLOCKS          25u /* 1.5 MB */
#define BIG             (BLOCK * BLOCKS)
#define INDEX           "<!doctype html><title>Canh</title>"
#define GZIP(n, blocks) (10u + 5u * (blocks) + (n) + 8u)

static uint8_t big[GZIP(BIG, BLOCKS)], index_gzip[GZIP(sizeof(INDEX) - 1, 1u)], plain[BIG];
static const uint8_t broken[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff };

const struct asset console_assets[] = {
    { "/app-1A2B.js", "text/javascript; charset=utf-8", true, big, sizeof(big) },
    { "/broken.css", "text/css", false, broken, sizeof(broken) },
    { "/index.html", "text/html; charset=utf-8", false, index_gzip, sizeof(index_gzip) },
};
const size_t console_asset_count = COUNT_OF(console_assets);

static size_t put_u32(uint8_t *p, uLong v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
    return 4;
}

/* RFC 1952, of stored blocks (RFC 1951, 3.2.4). */
static void gzip_to(uint8_t *p, const uint8_t *from, size_t n)
{
    static const uint8_t head[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
    uint8_t *const start = p;

    memcpy(p, head, sizeof(head));
    p += sizeof(head);
    for (size_t at = 0; at < n;) {
        size_t part = n - at < BLOCK ? n - at : BLOCK;

        *p++ = at + part == n;
        *p++ = (uint8_t)part;
        *p++ = (uint8_t)(part >> 8);
        *p++ = (uint8_t)~part;
        *p++ = (uint8_t)(~part >> 8);
        memcpy(p, from + at, part);
        p += part;
        at += part;
    }
    p += put_u32(p, crc32(0, from, (uInt)n));
    p += put_u32(p, n);
    MUST(p - start == (ptrdiff_t)GZIP(n, (n + BLOCK - 1) / BLOCK));
}

/* --- the bench ------------------------------------------------------------------------------ */

struct bench {
    struct loop *loop;
    struct watch *tick;
    struct serve *serve;
    struct sockaddr_in at;
    struct buf got;
};

static void hello(void *arg, struct serve_call *c)
{
    (void)arg;
    buf_text(c->body, "{\"hello\":1}\n");
}

static const struct serve_route routes[] = {
    { "GET",
      "/hello",
      DOOR_API,
      SERVE_OPEN,
      hello,
      "application/json",
      "says it",
      { { 0 } },
      0,
      NULL,
      false },
    { "GET",
      "/shut",
      DOOR_API,
      1,
      hello,
      "application/json",
      "is not said",
      { { 0 } },
      0,
      NULL,
      false },
    { "POST",
      "/hello",
      DOOR_API,
      SERVE_OPEN,
      hello,
      "application/json",
      "says it",
      { { 0 } },
      9,
      NULL,
      false },
};

static bool is_host(void *arg, struct span host)
{
    (void)arg;
    return shield_is_ours(shield_name(host), SPAN_LIT("srv-9"),
                          SPAN_LIT("https://canh.tinh.gov.vn:8443"));
}

static void turn(struct bench *b)
{
    turns_turn(b->loop, b->tick);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct socket_address at;
    struct err e;
    int fd;

    assert_non_null(b);
    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (uint8_t)('a' + i * 7 % 26);
    gzip_to(big, plain, sizeof(plain));
    gzip_to(index_gzip, (const uint8_t *)INDEX, sizeof(INDEX) - 1);
    buf_init(&b->got, (size_t)64 << 20);
    assert_int_equal(loop_new(&b->loop, &e), ERR_OK);
    b->tick = turns_new(b->loop);
    assert_int_equal(serve_new(&b->serve, b->loop, routes, COUNT_OF(routes), b, &e), ERR_OK);
    serve_pages(b->serve, pages_answer, is_host);
    assert_int_equal(socket_address_read(SPAN_LIT("127.0.0.1:0"), &at, &e), ERR_OK);
    assert_int_equal(socket_listen(&at, &fd, &e), ERR_OK);
    assert_int_equal(socket_local(fd, &at, &e), ERR_OK);
    memcpy(&b->at, &at.at, sizeof(b->at));
    assert_int_equal(serve_listen(b->serve, fd, DOOR_PLAIN, &e), ERR_OK);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    serve_free(&b->serve);
    watch_free(&b->tick);
    loop_free(&b->loop);
    buf_release(&b->got);
    free(b);
    return 0;
}

/* A connection from 127.0.0.`last`. */
static int peer_from(const struct bench *b, uint8_t last)
{
    struct sockaddr_in from = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(0x7f000000u | last) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&from, sizeof(from)), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&b->at, sizeof(b->at)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
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

static bool heard(const struct bench *b, const char *text)
{
    return b->got.n >= strlen(text) && memmem(b->got.p, b->got.n, text, strlen(text)) != NULL;
}

/* One request, its connection closed by the server: the status. */
static unsigned ask(struct bench *b, const char *request)
{
    struct http_answer a = { 0 };
    int fd = peer_from(b, 1);
    bool open = true;

    buf_clear(&b->got);
    say(fd, request);
    for (int i = 0; i < TURNS && open; i++) {
        turn(b);
        open = hear(b, fd);
    }
    assert_false(open);
    (void)close(fd);
    if (http_answer_head(buf_span(&b->got), &a, NULL) <= 0)
        fail_msg("no answer: '%.*s'", (int)b->got.n, (const char *)b->got.p);
    return a.status;
}

static unsigned get(struct bench *b, const char *path, const char *fields)
{
    char text[1024];

    (void)snprintf(text, sizeof(text),
                   "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n", path,
                   fields);
    return ask(b, text);
}

static struct span body(const struct bench *b)
{
    const uint8_t *p = memmem(b->got.p, b->got.n, "\r\n\r\n", 4);

    assert_non_null(p);
    return span_from(buf_span(&b->got), (size_t)(p - b->got.p) + 4);
}

/* --- paths ---------------------------------------------------------------------------------- */

static void test_a_path_is_an_asset_a_page_or_nothing(void **state)
{
    static const struct {
        const char *path;
        unsigned status;
        const char *has;
    } rows[] = {
        { "/", 200, INDEX },
        { "/index.html", 200, INDEX },
        { "/alerts", 200, INDEX },
        { "/alerts?q=a.b%20c", 200, INDEX },
        { "/incidents/3", 200, INDEX },
        { "/entity/host/m%C3%A1y", 200, INDEX },
        { "/entity/host/srv%2Etinh%2Evn", 200, INDEX },
        { "/apiary", 200, INDEX },
        { "/app-1A2B.js", 200, "text/javascript" },
        { "/APP-1A2B.js", 404, "nothing here" },
        { "/app-1A2B.js/", 200, INDEX },
        { "/app-1A2B.js%00", 404, "nothing here" },
        { "/x.map", 404, "nothing here" },
        { "/.git/config", 200, INDEX }, /* a page of no name: no file is behind it */
        { "/.env", 404, "nothing here" },
        { "//", 404, "nothing here" },
        { "//evil.example/x", 404, "nothing here" },
        { "/a//b", 404, "nothing here" },
        { "/../etc/passwd", 404, "nothing here" },
        { "/a/../b", 404, "nothing here" },
        { "/a/..", 404, "nothing here" },
        { "/./a", 404, "nothing here" },
        { "/%2e%2e/etc/passwd", 404, "nothing here" },
        { "/%2E%2e%2fetc", 404, "nothing here" },
        { "/a%2f..%2fb", 404, "nothing here" },
        { "/a%5c..%5cb", 404, "nothing here" },
        { "/a%00b", 404, "nothing here" },
        { "/a%0d%0aSet-Cookie:x", 404, "nothing here" },
        { "/%7f", 404, "nothing here" },
        { "/a%", 400, "error" },
        { "/api", 200, "says it" },
        { "/api/", 200, "says it" },
        { "/api/hello", 200, "hello" },
        { "/api/../alerts", 404, "nothing here" },
        { "/api/index.html", 404, "nothing here" },
        { "/hello", 200, INDEX },
    };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_ROW(rows[i].path, get(b, rows[i].path, "") == rows[i].status);
        CHECK_ROW(rows[i].path, heard(b, rows[i].has));
    }
}

/* However it is cut, and not a byte beyond it. */
static void test_paths_and_lists_are_read_within_their_ends(void **state)
{
    static const char path[] = "/a/..%2f%5c%00.x//", list[] = "br;q=0, gzip ; q=0.0,*;q=1",
                      tags[] = "W/\"a\", \"b\",*";
    struct guard g;

    (void)state;
    guard_init(&g, 64);
    for (size_t i = 0; i <= sizeof(path) - 1; i++)
        (void)pages_is_page(guard_put(&g, (struct span){ (const uint8_t *)path, i }));
    for (size_t i = 0; i <= sizeof(list) - 1; i++)
        (void)pages_take_gzip(guard_put(&g, (struct span){ (const uint8_t *)list, i }));
    for (size_t i = 0; i <= sizeof(tags) - 1; i++)
        (void)pages_match(guard_put(&g, (struct span){ (const uint8_t *)tags, i }),
                          SPAN_LIT("\"c\""));
    guard_release(&g);
}

static void test_who_takes_gzip(void **state)
{
    static const struct {
        const char *field;
        bool takes;
    } rows[] = {
        { "", false },
        { "gzip", true },
        { "GZIP", true },
        { "br, gzip", true },
        { "identity", false },
        { "gzip;q=0", false },
        { "gzip;q=0.5", true },
        { "gzip; q=0.0", false },
        { "gzip ; Q=0", false },
        { "*", true },
        { "*;q=0", false },
        { "gzip;q=0, *", false },
        { "*, gzip;q=0", false },
        { "agzip", false },
        { ",,", false },
        { "gzip;x=0", true },
        { "x-gzip", true },
        { "gzip;q=0.001", true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_ROW(rows[i].field, pages_take_gzip(span_of(rows[i].field)) == rows[i].takes);
    assert_true(pages_match(SPAN_LIT("\"b\", W/\"a\""), SPAN_LIT("\"a\"")));
    assert_true(pages_match(SPAN_LIT("*"), SPAN_LIT("\"a\"")));
    assert_false(pages_match(SPAN_LIT("\"ab\""), SPAN_LIT("\"a\"")));
    assert_false(pages_match(SPAN_LIT("a"), SPAN_LIT("\"a\"")));
}

/* --- bodies --------------------------------------------------------------------------------- */

static void test_a_body_is_whole_compressed_or_not(void **state)
{
    struct bench *b = *state;

    assert_int_equal(get(b, "/app-1A2B.js", "Accept-Encoding: br, gzip\r\n"), 200);
    assert_true(heard(b, "Content-Encoding: gzip\r\n") && heard(b, "Vary: Accept-Encoding\r\n"));
    assert_true(heard(b, "Cache-Control: public, max-age=31536000, immutable\r\n"));
    assert_false(heard(b, "no-store"));
    assert_int_equal(body(b).n, sizeof(big));
    assert_memory_equal(body(b).p, big, sizeof(big));
    assert_int_equal(get(b, "/app-1A2B.js", "Accept-Encoding: gzip;q=0\r\n"), 200);
    assert_false(heard(b, "Content-Encoding"));
    assert_true(heard(b, "Vary: Accept-Encoding\r\n"));
    assert_int_equal(body(b).n, sizeof(plain));
    assert_memory_equal(body(b).p, plain, sizeof(plain));
    assert_int_equal(get(b, "/", ""), 200);
    assert_true(heard(b, "Cache-Control: no-cache\r\n"));
    assert_int_equal(get(b, "/broken.css", ""), 500);
    assert_true(heard(b, "no-store") && !heard(b, "ETag"));
}

static void test_who_has_it_is_told_so(void **state)
{
    struct bench *b = *state;
    char tag[64], fields[128];
    const uint8_t *at;

    assert_int_equal(get(b, "/alerts", "Accept-Encoding: gzip\r\n"), 200);
    at = memmem(b->got.p, b->got.n, "ETag: ", 6);
    assert_non_null(at);
    (void)snprintf(tag, sizeof(tag), "%.25s", (const char *)at + 6);
    assert_non_null(strstr(tag, "-gzip\""));
    *(strstr(tag, "-gzip\"") + 6) = '\0';
    (void)snprintf(fields, sizeof(fields), "Accept-Encoding: gzip\r\nIf-None-Match: \"x\", %s\r\n",
                   tag);
    assert_int_equal(get(b, "/alerts", fields), 304);
    assert_int_equal(body(b).n, 0);
    assert_true(heard(b, tag) && heard(b, "Cache-Control: no-cache\r\n"));
    assert_true(heard(b, "Content-Security-Policy: ") && !heard(b, "Content-Length"));
    /* Not compressed it is another. */
    (void)snprintf(fields, sizeof(fields), "If-None-Match: %s\r\n", tag);
    assert_int_equal(get(b, "/alerts", fields), 200);
}

static void test_head_says_what_get_would(void **state)
{
    struct bench *b = *state;
    const char *const head = "HEAD /app-1A2B.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                             "HEAD /app-1A2B.js HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                             "Accept-Encoding: gzip\r\nConnection: close\r\n\r\n";
    char length[64];

    assert_int_equal(ask(b, head), 200);
    (void)snprintf(length, sizeof(length), "Content-Length: %u\r\n", BIG);
    assert_true(heard(b, length));
    (void)snprintf(length, sizeof(length), "Content-Length: %zu\r\n", sizeof(big));
    assert_true(heard(b, length));
    assert_true(b->got.n < 8192);
    assert_int_equal(
        ask(b,
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        405);
    assert_int_equal(ask(b, "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"),
                     404);
}

/* A pipeline of pages and answers comes whole and in order. */
static void test_bodies_that_are_not_copied_keep_their_order(void **state)
{
    struct bench *b = *state;
    const uint8_t *first, *second;

    assert_int_equal(ask(b, "GET /app-1A2B.js HTTP/1.1\r\nHost: localhost\r\n"
                            "Accept-Encoding: gzip\r\n\r\n"
                            "GET /api/hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
                     200);
    first = memmem(b->got.p, b->got.n, big, sizeof(big));
    second = memmem(b->got.p, b->got.n, "{\"hello\":1}\n", 12);
    assert_true(first != NULL && second != NULL && second > first + sizeof(big));
    assert_true(memmem(second, (size_t)(b->got.p + b->got.n - second), INDEX, sizeof(INDEX) - 1) !=
                NULL);
}

/* --- fields, names -------------------------------------------------------------------------- */

static void test_every_answer_shields(void **state)
{
    static const struct {
        const char *request;
        unsigned status;
    } rows[] = {
        { "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200 },
        { "GET /x.y HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404 },
        { "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200 },
        { "GET /api/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200 },
        { "GET /api/shut HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 401 },
        { "GET /api/none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404 },
        { "PUT /api/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405 },
        { "POST /api/hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n", 413 },
        { "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421 },
        { "nonsense\r\n\r\n", 400 },
    };
    static const char *const fields[] = {
        "Content-Security-Policy: default-src 'none'; script-src 'self'; ",
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types canh; ",
        "report-uri /api/csp\r\n",
        "X-Content-Type-Options: nosniff\r\n",
        "Referrer-Policy: no-referrer\r\n",
        "Cross-Origin-Opener-Policy: same-origin\r\n",
        "Cross-Origin-Resource-Policy: same-origin\r\n",
        "Permissions-Policy: accelerometer=(), ",
        "X-Frame-Options: DENY\r\n",
        "Cache-Control: ",
    };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_ROW(rows[i].request, ask(b, rows[i].request) == rows[i].status);
        for (size_t k = 0; k < COUNT_OF(fields); k++)
            CHECK_ROW(rows[i].request, heard(b, fields[k]));
        CHECK_ROW(rows[i].request, !heard(b, "Strict-Transport-Security"));
        CHECK_ROW(rows[i].request, !heard(b, "Access-Control-"));
    }
}

static void test_a_name_of_somebody_else_is_refused(void **state)
{
    static const struct {
        const char *host;
        bool ours;
    } rows[] = {
        { "localhost", true },
        { "LOCALHOST:8080", true },
        { "canh.localhost:1", true },
        { "127.0.0.1", true },
        { "127.1.2.3:8080", true },
        { "[::1]:8080", true },
        { "192.0.2.7:8443", true },
        { "[2001:db8::1]", true },
        { "srv-9", true },
        { "SRV-9:8443", true },
        { "canh.tinh.gov.vn", true },
        { "Canh.Tinh.gov.vn:8443", true },
        { "evil.example", false },
        { "evil.example:8443", false },
        { "localhost.evil.example", false },
        { "127.0.0.1.evil.example", false },
        { "xlocalhost", false },
        { "tinh.gov.vn", false },
        { "canh.tinh.gov.vn.evil.example", false },
        { "xcanh.tinh.gov.vn", false },
        { "0x7f000001", false },
        { "2130706433", false },
    };
    struct bench *b = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "GET /api/hello HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
                       rows[i].host);
        CHECK_ROW(rows[i].host, ask(b, text) == (rows[i].ours ? 200 : 421));
        CHECK_ROW(rows[i].host, heard(b, "{\"hello\":1}") == rows[i].ours);
    }
    assert_int_equal(ask(b, "GET /api/hello HTTP/1.0\r\n\r\n"), 421); /* and no name at all */
}

/* --- many ----------------------------------------------------------------------------------- */

static void await(struct bench *b, int fd, const char *text)
{
    for (int i = 0; i < TURNS && !heard(b, text); i++) {
        turn(b);
        (void)hear(b, fd);
    }
    if (!heard(b, text))
        fail_msg("'%s' did not come, but '%.*s'", text, (int)b->got.n, (const char *)b->got.p);
}

#define ASK "GET /api/hello HTTP/1.1\r\nHost: localhost\r\n\r\n"

/* Those of the address with most idle ones go first, and of them who has been idle longest. */
static void test_four_hundred_are_held_and_idle_ones_make_room(void **state)
{
    struct bench *b = *state;
    int fds[SERVE_CONNS_API], few[4], late;

    for (size_t i = 0; i < COUNT_OF(few); i++) {
        few[i] = peer_from(b, 9);
        buf_clear(&b->got);
        say(few[i], ASK);
        await(b, few[i], "hello");
    }
    for (size_t i = 0; i < SERVE_CONNS_API - COUNT_OF(few); i++) {
        fds[i] = peer_from(b, 7);
        buf_clear(&b->got);
        say(fds[i], ASK);
        await(b, fds[i], "hello");
    }
    assert_int_equal(serve_open(b->serve), SERVE_CONNS_API);
    for (size_t i = 0; i < COUNT_OF(few); i++) { /* all still answered */
        buf_clear(&b->got);
        say(few[i], ASK);
        await(b, few[i], "hello");
    }
    late = peer_from(b, 8);
    buf_clear(&b->got);
    say(late, ASK);
    await(b, late, "hello");
    assert_int_equal(serve_open(b->serve), SERVE_CONNS_API);
    assert_false(hear(b, fds[0])); /* it made room */
    for (size_t i = 0; i < COUNT_OF(few); i++)
        assert_true(hear(b, few[i]));
    assert_true(hear(b, fds[1]));
    (void)close(late);
    for (size_t i = 0; i < SERVE_CONNS_API - COUNT_OF(few); i++)
        (void)close(fds[i]);
    for (size_t i = 0; i < COUNT_OF(few); i++)
        (void)close(few[i]);
}

/* Who is in the middle of something is not closed for others; these wait, and have their turn. */
static void test_who_is_busy_keeps_his_place(void **state)
{
    struct bench *b = *state;
    int fds[SERVE_CONNS_API], late;

    for (size_t i = 0; i < SERVE_CONNS_API; i++) {
        fds[i] = peer_from(b, 7);
        say(fds[i], "GET /api/hello HTTP/1.1\r\n");
        if (i % 50 == 0)
            turn(b);
    }
    for (int i = 0; i < TURNS && serve_open(b->serve) < SERVE_CONNS_API; i++)
        turn(b);
    late = peer_from(b, 8);
    buf_clear(&b->got);
    say(late, ASK);
    for (int i = 0; i < 50; i++)
        turn(b);
    assert_true(hear(b, late));
    assert_int_equal(b->got.n, 0);
    say(fds[3], "Host: localhost\r\n\r\n");
    await(b, fds[3], "hello");
    buf_clear(&b->got);
    await(b, late, "hello"); /* in the place of that one */
    assert_false(hear(b, fds[3]));
    (void)close(late);
    for (size_t i = 0; i < SERVE_CONNS_API; i++)
        (void)close(fds[i]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_path_is_an_asset_a_page_or_nothing),
        T(test_paths_and_lists_are_read_within_their_ends),
        T(test_who_takes_gzip),
        T(test_a_body_is_whole_compressed_or_not),
        T(test_who_has_it_is_told_so),
        T(test_head_says_what_get_would),
        T(test_bodies_that_are_not_copied_keep_their_order),
        T(test_every_answer_shields),
        T(test_a_name_of_somebody_else_is_refused),
        T(test_four_hundred_are_held_and_idle_ones_make_room),
        T(test_who_is_busy_keeps_his_place),
    };
#undef T

    return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
