/*
 * Goal: a message arrives whole with its descriptors, or is refused and leaves none behind.
 * Method: both ends of a pair; bad messages are written to it by hand; open descriptors are
 * counted before and after.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

#include "os/socket.h"

static struct channel_message out, in;

static unsigned open_count(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(d);
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count;
}

static void messages_keep_their_borders_and_their_order(void **state)
{
    static const size_t sizes[] = { 0, 1, 11, CHANNEL_BYTES_MAX };
    int fds[2];

    (void)state;
    assert_int_equal(channel_pair(fds, NULL), ERR_OK);
    assert_int_equal(channel_receive(fds[1], &in, NULL), 0);
    out.fd_count = 0;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        out.type = (uint32_t)i + 7;
        out.n = sizes[i];
        memset(out.body, (int)i, sizes[i]);
        assert_int_equal(channel_send(fds[0], &out, NULL), ERR_OK);
    }
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        assert_int_equal(channel_receive(fds[1], &in, NULL), 1);
        assert_int_equal(in.type, i + 7);
        assert_int_equal(in.n, sizes[i]);
        assert_int_equal(in.fd_count, 0);
        assert_true(in.n == 0 || in.body[in.n - 1] == i);
    }
    assert_int_equal(channel_receive(fds[1], &in, NULL), 0);
    close(fds[0]);
    close(fds[1]);
}

static void descriptors_arrive_and_are_closed_on_exec(void **state)
{
    int fds[2], pipes[2];
    char c = 0;

    (void)state;
    assert_int_equal(channel_pair(fds, NULL), ERR_OK);
    assert_int_equal(pipe(pipes), 0);
    out.type = 1;
    out.n = 2;
    out.fd_count = CHANNEL_FDS_MAX;
    for (size_t i = 0; i < CHANNEL_FDS_MAX; i++)
        out.fds[i] = pipes[1];
    assert_int_equal(channel_send(fds[0], &out, NULL), ERR_OK);
    assert_int_equal(channel_receive(fds[1], &in, NULL), 1);
    assert_int_equal(in.fd_count, CHANNEL_FDS_MAX);
    assert_int_equal(in.n, 2);
    for (size_t i = 0; i < CHANNEL_FDS_MAX; i++) {
        assert_int_equal(fcntl(in.fds[i], F_GETFD), FD_CLOEXEC);
        assert_int_equal(write(in.fds[i], "x", 1), 1);
        assert_int_equal(read(pipes[0], &c, 1), 1);
        close(in.fds[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        close(pipes[i]);
        close(fds[i]);
    }
}

static void a_side_that_does_not_keep_up_is_told_and_nothing_is_lost(void **state)
{
    unsigned sent = 0, got = 0;
    struct err e = { 0 };
    int fds[2], rc;

    (void)state;
    assert_int_equal(channel_pair(fds, NULL), ERR_OK);
    out.fd_count = 0;
    out.n = 4096;
    for (; (rc = channel_send(fds[0], &out, &e)) == ERR_OK; sent++)
        out.type = sent;
    assert_int_equal(rc, ERR_MORE);
    for (; channel_receive(fds[1], &in, NULL) == 1; got++)
        assert_int_equal(in.n, 4096);
    assert_true(sent > 3);
    assert_int_equal(got, sent);
    assert_int_equal(channel_send(fds[0], &out, NULL), ERR_OK);
    close(fds[0]);
    close(fds[1]);
}

static void the_end_of_the_other_side_is_told_on_both_ways(void **state)
{
    struct err e = { 0 };
    int fds[2];

    (void)state;
    assert_int_equal(channel_pair(fds, NULL), ERR_OK);
    out.fd_count = 0;
    out.n = 1;
    assert_int_equal(channel_send(fds[0], &out, NULL), ERR_OK);
    close(fds[0]);
    assert_int_equal(channel_receive(fds[1], &in, NULL), 1); /* what was sent still comes */
    assert_int_equal(channel_receive(fds[1], &in, &e), ERR_IO);
    assert_string_not_equal(e.why, "");
    assert_int_equal(channel_send(fds[1], &out, NULL), ERR_IO); /* and no SIGPIPE */
    close(fds[1]);
}

/* Bytes with `fd_count` descriptors, past channel_send(). */
static void send_raw(int fd, const void *bytes, size_t n, size_t fd_count)
{
    static _Alignas(struct cmsghdr) uint8_t room[CMSG_SPACE(64 * sizeof(int))];
    struct iovec part = { (void *)(uintptr_t)bytes, n };
    struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
    struct cmsghdr *head;

    if (fd_count > 0) {
        m.msg_control = room;
        m.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        head = (struct cmsghdr *)(void *)room;
        *head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(fd_count * sizeof(int)),
                                  .cmsg_level = SOL_SOCKET,
                                  .cmsg_type = SCM_RIGHTS };
        for (size_t i = 0; i < fd_count; i++)
            memcpy(room + CMSG_LEN(0) + i * sizeof(int), &fd, sizeof(fd));
    }
    assert_int_equal(sendmsg(fd, &m, 0), (ssize_t)n);
}

static const struct {
    const char *name;
    uint32_t head[3]; /* type, fd_count, n */
    size_t n, fds;    /* what is really sent */
    int rc;
} raw_rows[] = {
    { "right", { 1, 0, 4 }, 16, 0, 1 },
    { "right, with descriptors", { 1, 2, 4 }, 16, 2, 1 },
    { "one byte", { 1, 0, 0 }, 1, 0, ERR_SYNTAX },
    { "a head cut by one byte", { 1, 0, 0 }, 11, 0, ERR_SYNTAX },
    { "a head cut by one byte, with a descriptor", { 1, 1, 0 }, 11, 1, ERR_SYNTAX },
    { "fewer bytes than it says", { 1, 0, 5 }, 16, 0, ERR_SYNTAX },
    { "more bytes than it says", { 1, 0, 3 }, 16, 0, ERR_SYNTAX },
    { "length that wraps", { 1, 0, UINT32_MAX }, 16, 0, ERR_SYNTAX },
    { "fewer descriptors than it says", { 1, 2, 4 }, 16, 1, ERR_SYNTAX },
    { "descriptors unasked for", { 1, 0, 4 }, 16, 3, ERR_SYNTAX },
    { "more descriptors than can be", { 1, 17, 4 }, 16, 17, ERR_SYNTAX },
    { "far more descriptors, and it lies", { 1, 16, 4 }, 16, 64, ERR_SYNTAX },
    { "longer than can be",
      { 1, 0, CHANNEL_BYTES_MAX + 1 },
      CHANNEL_BYTES_MAX + 13,
      0,
      ERR_SYNTAX },
    { "longer than can be, and it lies",
      { 1, 1, CHANNEL_BYTES_MAX },
      CHANNEL_BYTES_MAX + 13,
      1,
      ERR_SYNTAX },
    { "nothing at all, with a descriptor", { 1, 1, 0 }, 0, 1, ERR_IO },
};

static void what_does_not_fit_together_is_no_message(void **state)
{
    uint8_t *bytes = calloc(1, CHANNEL_BYTES_MAX + 64);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(raw_rows); i++) {
        unsigned before = open_count();
        struct err e = { 0 };
        int fds[2], rc;

        assert_int_equal(channel_pair(fds, NULL), ERR_OK);
        memcpy(bytes, raw_rows[i].head, sizeof(raw_rows[i].head));
        send_raw(fds[0], bytes, raw_rows[i].n, raw_rows[i].fds);
        rc = channel_receive(fds[1], &in, &e);
        if (rc != raw_rows[i].rc)
            fail_msg("row '%s': %d", raw_rows[i].name, rc);
        CHECK_ROW(raw_rows[i].name, rc == 1 || (e.why[0] != 0 && in.fd_count == 0));
        for (uint32_t k = 0; rc == 1 && k < in.fd_count; k++)
            close(in.fds[k]);
        close(fds[0]);
        close(fds[1]);
        CHECK_ROW(raw_rows[i].name, open_count() == before);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_keep_their_borders_and_their_order),
        cmocka_unit_test(descriptors_arrive_and_are_closed_on_exec),
        cmocka_unit_test(a_side_that_does_not_keep_up_is_told_and_nothing_is_lost),
        cmocka_unit_test(the_end_of_the_other_side_is_told_on_both_ways),
        cmocka_unit_test(what_does_not_fit_together_is_no_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
