/*
 * Goal: what the kernel tells of UDP sockets is read; anything else tells of none.
 * Method: rows of lines; each cut at every byte before an unmapped page; the kernel's own file.
 */
#include "../check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include "../guard.h"
#include "console/udp.h"

static const struct {
    const char *line;
    uint16_t port;
    uint64_t waiting, drops;
    const char *address;
} rows[] = {
    { " 5414: 0100007F:158A 00000000:0000 07 00000000:00000300 00:00000000 00000000     0        0 "
      "282826 2 000000001ccc871d 12        ",
      5514, 768, 12, "127.0.0.1:5514" },
    { "  1: 00000000:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 1 2 0 0", 514,
      0, 0, "0.0.0.0:514" },
    { "  1: 00000000000000000000000001000000:0202 00000000000000000000000000000000:0000 07 "
      "00000000:00000000 00:00000000 00000000 0 0 1 2 0 18446744073709551615",
      514, 0, UINT64_MAX, "[::1]:514" },
    /* none */
    { "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode ref pointer drops             ",
      0, 0, 0, "" },
    { "", 0, 0, 0, "" },
    { "  1: 0000000:0202 0:0 07 0:0 0:0 0 0 0 1 2 0 0", 0, 0, 0, "" },
    { "  1: 0000000x:0202 0:0 07 0:0 0:0 0 0 0 1 2 0 0", 0, 0, 0, "" },
    { "  1: 00000000:10202 0:0 07 0:0 0:0 0 0 0 1 2 0 0", 0, 0, 0, "" },
    { "  1: 00000000:0000 0:0 07 0:0 0:0 0 0 0 1 2 0 0", 0, 0, 0, "" },
    { "  1: 00000000:0202 0:0 07 0:0 0:0 0 0 0 1 2 0 -1", 0, 0, 0, "" },
    { "  1: 00000000:0202 0:0 07 00 0:0 0 0 0 1 2 0 1", 0, 0, 0, "" },
    { "  1: 00000000:0202 0:0 07 0:0 0:0 0 0 0 1 2 0", 0, 0, 0, "" },
    { "  1: 00000000 0:0 07 0:0 0:0 0 0 0 1 2 0 0", 0, 0, 0, "" },
};

static void test_a_line_tells_of_a_socket_or_of_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[512];
        int n = snprintf(text, sizeof(text), "%s\nnext", rows[i].line);
        struct udp_socket s;

        assert_int_equal(udp_next((struct span){ (uint8_t *)text, (size_t)n }, &s),
                         strlen(rows[i].line) + 1);
        if (s.port != rows[i].port || s.waiting_bytes != rows[i].waiting ||
            s.drops != rows[i].drops || strcmp(s.address, rows[i].address) != 0)
            fail_msg("'%s': %s, %u, %llu, %llu", rows[i].line, s.address, s.port,
                     (unsigned long long)s.waiting_bytes, (unsigned long long)s.drops);
    }
}

static void test_lines_may_be_cut_anywhere(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 512);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t n = 0; n <= strlen(rows[i].line); n++) {
            struct span in = guard_put(&g, (struct span){ (const uint8_t *)rows[i].line, n });
            struct udp_socket s;

            assert_int_equal(udp_next(in, &s), n == 0 ? ERR_MORE : (int64_t)n);
        }
    }
    guard_release(&g);
}

static void test_the_kernels_own_file_has_our_socket(void **state)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t bytes = sizeof(at);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), file;
    static uint8_t text[1 << 20];
    size_t n = 0;
    ssize_t got;
    bool found = false;
    struct udp_socket s;
    int64_t used;

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &bytes), 0);
    assert_int_equal(sendto(fd, "12345", 5, 0, (struct sockaddr *)&at, sizeof(at)), 5);
    file = open("/proc/net/udp", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        skip();
    while ((got = read(file, text + n, sizeof(text) - n)) > 0)
        n += (size_t)got;
    for (struct span in = { text, n }; (used = udp_next(in, &s)) > 0;
         in = span_from(in, (size_t)used))
        found = found || (s.port == ntohs(at.sin_port) && s.waiting_bytes > 0 && s.drops == 0 &&
                          strncmp(s.address, "127.0.0.1:", 10) == 0);
    assert_true(found);
    (void)close(file);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_tells_of_a_socket_or_of_none),
        cmocka_unit_test(test_lines_may_be_cut_anywhere),
        cmocka_unit_test(test_the_kernels_own_file_has_our_socket),
    };

    return cmocka_run_group_tests_name("udp", tests, NULL, NULL);
}
