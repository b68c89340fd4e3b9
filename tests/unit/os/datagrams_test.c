/*
 * Goal: datagrams come in batches, whole, with their sender; what the kernel drops is counted
 * exactly. Method: loopback; a receive buffer that is too small on purpose.
 */
#include <fcntl.h>
#include <unistd.h>

#include "check.h"

#include "os/host.h"
#include "os/socket.h"

struct scene {
    struct datagrams *d;
    int fd, sender;
    struct socket_address at;
};

static void open_scene(struct scene *s, const char *text, size_t buffer_bytes)
{
    s->d = datagrams_new();
    assert_non_null(s->d);
    assert_int_equal(socket_address_read(span_of(text), &s->at, NULL), ERR_OK);
    assert_int_equal(socket_datagram(&s->at, buffer_bytes, &s->fd, NULL), ERR_OK);
    assert_int_equal(socket_local(s->fd, &s->at, NULL), ERR_OK);
    s->sender = socket(s->at.at.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(s->sender >= 0);
    assert_int_equal(connect(s->sender, (struct sockaddr *)&s->at.at, s->at.bytes), 0);
}

static void close_scene(struct scene *s)
{
    close(s->fd);
    close(s->sender);
    datagrams_free(&s->d);
    assert_null(s->d);
}

static void a_batch_holds_what_waits_up_to_its_size(void **state)
{
    static const char *const rows[][2] = { { "127.0.0.1:0", "127.0.0.1" }, { "[::1]:0", "::1" } };
    const struct datagram *first;
    uint32_t dropped = 0;
    bool told;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t host[SOCKET_TEXT_MAX];
        struct scene s;

        open_scene(&s, rows[i][0], 1 << 20);
        assert_int_equal(datagrams_receive(s.d, s.fd, &first, &dropped, &told, NULL), 0);
        for (size_t k = 0; k < DATAGRAM_BATCH + 3; k++)
            assert_int_equal(send(s.sender, "0123456789", k % 11, 0), k % 11);
        assert_int_equal(datagrams_receive(s.d, s.fd, &first, &dropped, &told, NULL),
                         DATAGRAM_BATCH);
        for (size_t k = 0; k < DATAGRAM_BATCH; k++) {
            struct span want = { (const uint8_t *)"0123456789", k % 11 };

            assert_true(span_eq(first[k].bytes, want));
            assert_false(first[k].cut);
            check_span(rows[i][0], (struct span){ host, socket_host_put(&first[k].from, host) },
                       rows[i][1]);
        }
        assert_int_equal(datagrams_receive(s.d, s.fd, &first, &dropped, &told, NULL), 3);
        assert_false(told);
        assert_int_equal(socket_drops(s.fd, &dropped, NULL), ERR_OK);
        assert_int_equal(dropped, 0);
        close_scene(&s);
    }
}

static void the_longest_datagram_is_whole(void **state)
{
    static uint8_t bytes[65507];
    const struct datagram *first;
    uint32_t dropped;
    struct scene s;
    bool told;

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    open_scene(&s, "127.0.0.1:0", 1 << 20);
    assert_int_equal(send(s.sender, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_int_equal(datagrams_receive(s.d, s.fd, &first, &dropped, &told, NULL), 1);
    assert_true(span_eq(first[0].bytes, (struct span){ bytes, sizeof(bytes) }));
    assert_false(first[0].cut);
    close_scene(&s);
}

/* Only local datagrams can be longer than the room. */
static void a_datagram_that_was_cut_says_so(void **state)
{
    static uint8_t bytes[DATAGRAM_BYTES_MAX + 1];
    struct datagrams *d = datagrams_new();
    const struct datagram *first;
    uint8_t host[SOCKET_TEXT_MAX];
    uint32_t dropped;
    bool told;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(send(fds[0], bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_int_equal(send(fds[0], bytes, sizeof(bytes) - 1, 0), sizeof(bytes) - 1);
    assert_int_equal(datagrams_receive(d, fds[1], &first, &dropped, &told, NULL), 2);
    assert_true(first[0].cut);
    assert_false(first[1].cut);
    assert_int_equal(first[0].bytes.n, DATAGRAM_BYTES_MAX);
    assert_int_equal(first[1].bytes.n, DATAGRAM_BYTES_MAX);
    check_span("local", (struct span){ host, socket_host_put(&first[0].from, host) }, "local");
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(datagrams_receive(d, fds[1], &first, &dropped, &told, NULL), ERR_IO);
    datagrams_free(&d);
}

/* Everything that waits: how many. The last count that the kernel told goes to *dropped. */
static uint32_t drain(struct scene *s, uint32_t *dropped, bool *ever)
{
    const struct datagram *first;
    uint32_t received = 0;
    bool told;
    int count;

    while ((count = datagrams_receive(s->d, s->fd, &first, dropped, &told, NULL)) > 0) {
        received += (uint32_t)count;
        *ever = *ever || told;
    }
    assert_int_equal(count, 0);
    return received;
}

static void what_was_sent_is_what_was_received_and_what_was_dropped(void **state)
{
    enum { SENT = 3000 };
    uint32_t received, dropped = 0, asked = 0;
    bool ever = false;
    struct scene s;

    (void)state;
    open_scene(&s, "127.0.0.1:0", 16384);
    for (unsigned i = 0; i < SENT; i++)
        assert_int_equal(send(s.sender, "a datagram of some bytes", 24, 0), 24);
    received = drain(&s, &dropped, &ever);
    assert_true(received > 0);
    assert_true(received < SENT);
    assert_int_equal(socket_drops(s.fd, &asked, NULL), ERR_OK);
    assert_int_equal(received + asked, SENT);
    /* The next datagram carries the count. */
    assert_int_equal(send(s.sender, "next", 4, 0), 4);
    ever = false;
    assert_int_equal(drain(&s, &dropped, &ever), 1);
    assert_true(ever);
    assert_int_equal(dropped, asked);
    close_scene(&s);
}

static void short_datagrams_do_not_touch_the_whole_room(void **state)
{
    uint64_t before = host_peak_rss();
    uint32_t dropped = 0;
    bool ever = false;
    struct scene s;

    (void)state;
    open_scene(&s, "127.0.0.1:0", 1 << 20);
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(send(s.sender, "short", 5, 0), 5);
    assert_int_equal(drain(&s, &dropped, &ever), 300);
    assert_true(host_peak_rss() < before + 2 * 1024 * 1024);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_datagrams_do_not_touch_the_whole_room),
        cmocka_unit_test(a_batch_holds_what_waits_up_to_its_size),
        cmocka_unit_test(the_longest_datagram_is_whole),
        cmocka_unit_test(a_datagram_that_was_cut_says_so),
        cmocka_unit_test(what_was_sent_is_what_was_received_and_what_was_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
