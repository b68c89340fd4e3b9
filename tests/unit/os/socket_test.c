/*
 * Goal: addresses are read strictly and written one way; connections over IPv4, IPv6 and paths;
 * a full table of descriptors is told. Method: loopback, ports that the system chooses.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "guard.h"

#include "os/socket.h"

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/canh-socket-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

static struct socket_address address(const char *text)
{
    struct socket_address a;
    struct err e = { 0 };

    if (socket_address_read(span_of(text), &a, &e) != ERR_OK)
        fail_msg("%s", e.why);
    return a;
}

static const struct {
    const char *text, *host; /* host NULL: refused */
    bool loopback;
} address_rows[] = {
    { "127.0.0.1:514", "127.0.0.1", true },
    { "127.9.8.7:1", "127.9.8.7", true },
    { "0.0.0.0:0", "0.0.0.0", false },
    { "203.0.113.7:65535", "203.0.113.7", false },
    { "[::1]:514", "::1", true },
    { "[::]:514", "::", false },
    { "[2001:DB8::7]:514", "2001:db8::7", false },
    { "[::ffff:203.0.113.7]:514", "203.0.113.7", false },
    { "[::ffff:127.0.0.1]:514", "127.0.0.1", true },
    { "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
      false },
    { "", NULL, false },
    { ":", NULL, false },
    { ":514", NULL, false },
    { "127.0.0.1", NULL, false },
    { "127.0.0.1:", NULL, false },
    { "127.0.0.1:65536", NULL, false },
    { "127.0.0.1:+1", NULL, false },
    { "127.0.0.1:1 ", NULL, false },
    { "127.1:1", NULL, false },
    { "localhost:514", NULL, false },
    { "*:514", NULL, false },
    { "::1:514", NULL, false },
    { "[::1]", NULL, false },
    { "[::1]514", NULL, false },
    { "[::1", NULL, false },
    { "[", NULL, false },
    { "[]:1", NULL, false },
    { "[127.0.0.1]:514", NULL, false },
    { "[fe80::1%eth0]:514", NULL, false },
    { "/run/canh.sock", NULL, false },
};

static void addresses_are_read_strictly(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 128);
    for (size_t i = 0; i < COUNT_OF(address_rows); i++) {
        struct span text = span_of(address_rows[i].text);
        uint8_t host[SOCKET_TEXT_MAX];
        struct socket_address a;
        struct err e = { 0 };
        int rc = socket_address_read(guard_put(&g, text), &a, &e);

        for (size_t n = 0; n < text.n; n++) /* any answer, but no byte too far */
            (void)socket_address_read(guard_put(&g, (struct span){ text.p, n }), &a, NULL);
        if (address_rows[i].host == NULL) {
            CHECK_ROW(address_rows[i].text, rc == ERR_USAGE && e.why[0] != 0);
            continue;
        }
        CHECK_ROW(address_rows[i].text, rc == ERR_OK);
        a = address(address_rows[i].text);
        check_span(address_rows[i].text, (struct span){ host, socket_host_put(&a, host) },
                   address_rows[i].host);
        CHECK_ROW(address_rows[i].text, socket_is_loopback(&a) == address_rows[i].loopback);
    }
    guard_release(&g);
}

/* Bytes go through, and the listening side knows the other by name. */
static void check_pair(int listening, int client, const char *name)
{
    struct pollfd ready = { .fd = listening, .events = POLLIN };
    struct socket_address peer;
    uint8_t host[SOCKET_TEXT_MAX];
    char room[8];
    int conn;

    assert_int_equal(poll(&ready, 1, 2000), 1);
    assert_int_equal(socket_accept(listening, &conn, &peer, NULL), 1);
    check_span(name, (struct span){ host, socket_host_put(&peer, host) }, name);
    assert_true(socket_is_loopback(&peer));
    assert_int_equal(fcntl(conn, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(fcntl(conn, F_GETFD), FD_CLOEXEC);
    ready = (struct pollfd){ .fd = client, .events = POLLOUT };
    assert_int_equal(poll(&ready, 1, 2000), 1);
    assert_true(socket_connected(client, NULL));
    assert_int_equal(write(client, "hello", 5), 5);
    ready = (struct pollfd){ .fd = conn, .events = POLLIN };
    assert_int_equal(poll(&ready, 1, 2000), 1);
    assert_int_equal(read(conn, room, sizeof(room)), 5);
    close(conn);
}

static void connections_are_taken_over_both_families(void **state)
{
    static const char *const rows[][2] = { { "127.0.0.1:0", "127.0.0.1" }, { "[::1]:0", "::1" } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct socket_address a = address(rows[i][0]), peer;
        int listening, client, conn;

        assert_int_equal(socket_listen(&a, &listening, NULL), ERR_OK);
        assert_int_equal(socket_local(listening, &a, NULL), ERR_OK);
        assert_int_equal(socket_accept(listening, &conn, &peer, NULL), 0);
        assert_int_equal(socket_connect(&a, &client, NULL), ERR_OK);
        check_pair(listening, client, rows[i][1]);
        close(client);
        close(listening);
    }
}

static void a_socket_for_all_of_ipv6_takes_ipv4_and_says_so_plainly(void **state)
{
    struct socket_address a = address("[::]:0"), to = address("127.0.0.1:0");
    struct sockaddr_in6 bound;
    int listening, client;

    (void)state;
    assert_int_equal(socket_listen(&a, &listening, NULL), ERR_OK);
    assert_int_equal(socket_local(listening, &a, NULL), ERR_OK);
    memcpy(&bound, &a.at, sizeof(bound));
    memcpy((uint8_t *)&to.at + offsetof(struct sockaddr_in, sin_port), &bound.sin6_port, 2);
    assert_int_equal(socket_connect(&to, &client, NULL), ERR_OK);
    check_pair(listening, client, "127.0.0.1");
    close(client);
    close(listening);
}

static void a_port_in_use_and_a_refused_connection_are_told(void **state)
{
    struct socket_address a = address("127.0.0.1:0");
    struct err e = { 0 };
    struct pollfd ready;
    int listening, second;

    (void)state;
    assert_int_equal(socket_listen(&a, &listening, NULL), ERR_OK);
    assert_int_equal(socket_local(listening, &a, NULL), ERR_OK);
    assert_int_equal(socket_listen(&a, &second, &e), ERR_IO);
    assert_int_equal(second, -1);
    assert_non_null(strstr(e.why, "listen on 127.0.0.1:"));
    assert_non_null(strstr(e.why, strerror(EADDRINUSE)));
    close(listening);
    e = (struct err){ 0 };
    if (socket_connect(&a, &second, &e) == ERR_OK) {
        ready = (struct pollfd){ .fd = second, .events = POLLOUT };
        assert_int_equal(poll(&ready, 1, 2000), 1);
        assert_false(socket_connected(second, &e));
        close(second);
    }
    assert_non_null(strstr(e.why, strerror(ECONNREFUSED)));
}

static void a_local_socket_is_for_its_owner_and_takes_over_a_dead_name(void **state)
{
    char path[128];
    struct stat st;
    struct err e = { 0 };
    int listening, second, client;

    (void)state;
    snprintf(path, sizeof(path), "%s/s", folder);
    assert_int_equal(socket_listen_path(path, &listening, NULL), ERR_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(socket_connect_path(path, &client, NULL), ERR_OK);
    check_pair(listening, client, "local");
    assert_int_equal(socket_listen_path(path, &second, &e), ERR_IO); /* somebody answers */
    assert_non_null(strstr(e.why, path));
    close(client);
    close(listening);
    assert_int_equal(socket_connect_path(path, &client, &e), ERR_IO);
    assert_int_equal(socket_listen_path(path, &listening, NULL), ERR_OK);
    close(listening);
    assert_int_equal(unlink(path), 0);
}

static void a_file_is_never_taken_for_a_dead_socket(void **state)
{
    char path[128], long_path[200];
    struct err e = { 0 };
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "%s/file", folder);
    fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(socket_listen_path(path, &fd, &e), ERR_IO);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
    memset(long_path, 'x', sizeof(long_path));
    long_path[0] = '/';
    long_path[sizeof(long_path) - 1] = 0;
    assert_int_equal(socket_listen_path(long_path, &fd, NULL), ERR_USAGE);
    assert_int_equal(socket_connect_path("relative", &fd, NULL), ERR_USAGE);
}

static void no_descriptor_left_is_a_limit_and_no_end(void **state)
{
    struct socket_address a = address("127.0.0.1:0"), peer;
    struct rlimit old, low;
    struct pollfd ready;
    struct err e = { 0 };
    int listening, client, conn;

    (void)state;
    assert_int_equal(socket_listen(&a, &listening, NULL), ERR_OK);
    assert_int_equal(socket_local(listening, &a, NULL), ERR_OK);
    assert_int_equal(socket_connect(&a, &client, NULL), ERR_OK);
    ready = (struct pollfd){ .fd = listening, .events = POLLIN };
    assert_int_equal(poll(&ready, 1, 2000), 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    low = (struct rlimit){ (rlim_t)client + 1, old.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(socket_accept(listening, &conn, &peer, &e), ERR_LIMIT);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_string_not_equal(e.why, "");
    assert_int_equal(socket_accept(listening, &conn, &peer, NULL), 1);
    close(conn);
    close(client);
    close(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_strictly),
        cmocka_unit_test(connections_are_taken_over_both_families),
        cmocka_unit_test(a_socket_for_all_of_ipv6_takes_ipv4_and_says_so_plainly),
        cmocka_unit_test(a_port_in_use_and_a_refused_connection_are_told),
        cmocka_unit_test(a_local_socket_is_for_its_owner_and_takes_over_a_dead_name),
        cmocka_unit_test(a_file_is_never_taken_for_a_dead_socket),
        cmocka_unit_test(no_descriptor_left_is_a_limit_and_no_end),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
