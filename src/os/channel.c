/*
 * channel.c - messages between roles; see socket.h.
 *
 *      0        4        8        12
 *      | type   | fds    | n      | body, n bytes      descriptors go beside it (SCM_RIGHTS)
 *
 * Numbers are in the byte order of the machine: both ends are the same program. The receiver
 * trusts none of it: what does not fit together is no message, and descriptors that came with it
 * are closed.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/socket.h"

struct channel_head {
    uint32_t type, fd_count, n;
};

struct rights_room {
    _Alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
};

int channel_pair(int fds[2], struct err *e)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
        return err_set(e, ERR_IO, 0, "A pair of sockets cannot be made: %s.", strerror(errno));
    return ERR_OK;
}

int channel_send(int fd, const struct channel_message *m, struct err *e)
{
    struct channel_head head = { m->type, m->fd_count, (uint32_t)m->n };
    struct rights_room rights = { 0 };
    /* sendmsg() only reads what it is given, but the type cannot say so. */
    struct iovec parts[2] = { { &head, sizeof(head) }, { (void *)(uintptr_t)m->body, m->n } };
    struct msghdr out = { .msg_iov = parts, .msg_iovlen = m->n > 0 ? 2 : 1 };
    size_t fd_bytes = m->fd_count * sizeof(int);
    ssize_t sent;

    MUST(m->n <= CHANNEL_BYTES_MAX && m->fd_count <= CHANNEL_FDS_MAX);
    if (m->fd_count > 0) {
        out.msg_control = &rights;
        out.msg_controllen = CMSG_SPACE(fd_bytes);
        *CMSG_FIRSTHDR(&out) = (struct cmsghdr){ .cmsg_len = CMSG_LEN(fd_bytes),
                                                 .cmsg_level = SOL_SOCKET,
                                                 .cmsg_type = SCM_RIGHTS };
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&out)), m->fds, fd_bytes);
    }
    do
        sent = sendmsg(fd, &out, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno == EAGAIN)
        return err_set(e, ERR_MORE, 0, "The other side of a channel does not keep up.");
    if (sent < 0)
        return err_set(e, ERR_IO, 0, "A message cannot be sent: %s.", strerror(errno));
    MUST((size_t)sent == sizeof(head) + m->n); /* whole or not at all */
    return ERR_OK;
}

/* The descriptors that came with a message. The room holds no more than CHANNEL_FDS_MAX. */
static uint32_t rights_take(struct msghdr *in, int fds[CHANNEL_FDS_MAX])
{
    uint32_t count = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(in); c != NULL; c = CMSG_NXTHDR(in, c)) {
        size_t bytes = c->cmsg_len - CMSG_LEN(0);

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        MUST(bytes % sizeof(int) == 0 && bytes / sizeof(int) <= CHANNEL_FDS_MAX - count);
        memcpy(fds + count, CMSG_DATA(c), bytes);
        count += (uint32_t)(bytes / sizeof(int));
    }
    return count;
}

int channel_receive(int fd, struct channel_message *m, struct err *e)
{
    struct channel_head head = { 0 };
    struct rights_room rights = { 0 };
    struct iovec parts[2] = { { &head, sizeof(head) }, { m->body, sizeof(m->body) } };
    struct msghdr in = {
        .msg_iov = parts, .msg_iovlen = 2, .msg_control = &rights, .msg_controllen = sizeof(rights)
    };
    ssize_t got;

    m->fd_count = 0;
    m->n = 0;
    do
        got = recvmsg(fd, &in, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return 0;
    if (got < 0)
        return err_set(e, ERR_IO, 0, "A channel failed: %s.", strerror(errno));
    m->fd_count = rights_take(&in, m->fds);
    if ((in.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 && (size_t)got >= sizeof(head) &&
        head.n == (size_t)got - sizeof(head) && head.fd_count == m->fd_count) {
        m->type = head.type;
        m->n = head.n;
        return 1;
    }
    for (uint32_t i = 0; i < m->fd_count; i++)
        close(m->fds[i]);
    m->fd_count = 0;
    if (got == 0) /* an empty message looks the same, and is as much the end */
        return err_set(e, ERR_IO, 0, "The other side of a channel is gone.");
    return err_set(e, ERR_SYNTAX, 0, "A channel brought %zd bytes that are no message.", got);
}
