/*
 * socket.c - addresses and stream sockets; see socket.h. Datagrams are in datagrams.c, messages
 * between roles in channel.c.
 */
#include "os/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/num.h"

#define PORT_MAX 65535u
/* Connections that were reset while they waited, skipped in one call. */
#define ACCEPT_SKIP_MAX 64u

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void address_fill(struct socket_address *a, const uint8_t ip[16], uint16_t port)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

    *a = (struct socket_address){ 0 };
    if (memcmp(ip, mapped, sizeof(mapped)) == 0) {
        memcpy(&v4.sin_addr, ip + sizeof(mapped), 4);
        memcpy(&a->at, &v4, sizeof(v4));
        a->bytes = sizeof(v4);
    } else {
        memcpy(&v6.sin6_addr, ip, 16);
        memcpy(&a->at, &v6, sizeof(v6));
        a->bytes = sizeof(v6);
    }
}

int socket_address_read(struct span text, struct socket_address *a, struct err *e)
{
    bool v6 = text.n > 0 && text.p[0] == '[';
    size_t end = span_find(text, v6 ? ']' : ':'); /* of the host */
    struct span host = { text.p, end };
    struct span rest = span_from(text, end);
    uint8_t ip[16];
    uint64_t port;

    if (v6) {
        host = span_from(host, 1);
        rest = span_from(rest, rest.n > 0 ? 1 : 0);
    }
    if (rest.n == 0 || rest.p[0] != ':' || !addr_parse(host, ip) ||
        (span_find(host, ':') < host.n) != v6 || !num_u64(span_from(rest, 1), PORT_MAX, &port))
        return err_set(e, ERR_USAGE, 0,
                       "\"%.*s\" is no address with a port, such as 127.0.0.1:514 or [::1]:514.",
                       (int)(text.n < SOCKET_TEXT_MAX ? text.n : SOCKET_TEXT_MAX), text.p);
    address_fill(a, ip, (uint16_t)port);
    return ERR_OK;
}

/* The address in the form of base/addr.h; false when it is none of the Internet. */
static bool address_ip(const struct socket_address *a, uint8_t ip[16], uint16_t *port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (a->at.ss_family == AF_INET) {
        memcpy(&v4, &a->at, sizeof(v4));
        memcpy(ip, mapped, sizeof(mapped));
        memcpy(ip + sizeof(mapped), &v4.sin_addr, 4);
        *port = ntohs(v4.sin_port);
        return true;
    }
    if (a->at.ss_family != AF_INET6)
        return false;
    memcpy(&v6, &a->at, sizeof(v6));
    memcpy(ip, &v6.sin6_addr, 16);
    *port = ntohs(v6.sin6_port);
    return true;
}

size_t socket_host_put(const struct socket_address *a, uint8_t *dst)
{
    char text[INET6_ADDRSTRLEN] = "local";
    uint8_t ip[16];
    uint16_t port;
    size_t n;

    if (address_ip(a, ip, &port)) {
        bool v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;
        const uint8_t *from = v4 ? ip + sizeof(mapped) : ip;

        MUST(inet_ntop(v4 ? AF_INET : AF_INET6, from, text, sizeof(text)) != NULL);
    }
    n = strlen(text);
    memcpy(dst, text, n);
    return n;
}

bool socket_same_host(const struct socket_address *a, const struct socket_address *b)
{
    uint8_t ip[2][16];
    uint16_t port;

    return address_ip(a, ip[0], &port) && address_ip(b, ip[1], &port) &&
           memcmp(ip[0], ip[1], sizeof(ip[0])) == 0;
}

bool socket_is_loopback(const struct socket_address *a)
{
    uint8_t ip[16];
    uint16_t port;

    if (!address_ip(a, ip, &port))
        return true;
    if (memcmp(ip, mapped, sizeof(mapped)) == 0)
        return ip[12] == 127;
    return memcmp(ip, &in6addr_loopback, 16) == 0;
}

/* "127.0.0.1:514", for sentences. */
static void address_text(const struct socket_address *a, char text[SOCKET_TEXT_MAX + 8])
{
    uint8_t host[SOCKET_TEXT_MAX];
    int n = (int)socket_host_put(a, host);
    bool v6 = memchr(host, ':', (size_t)n) != NULL;
    uint8_t ip[16];
    uint16_t port = 0;

    (void)address_ip(a, ip, &port); /* port stays 0 for others */
    (void)snprintf(text, SOCKET_TEXT_MAX + 8, "%s%.*s%s:%u", v6 ? "[" : "", n, (const char *)host,
                   v6 ? "]" : "", (unsigned)port);
}

/* What to say when `doing` an address failed with errno. */
static int address_fault(const struct socket_address *a, const char *doing, struct err *e)
{
    char text[SOCKET_TEXT_MAX + 8];
    int why = errno;

    address_text(a, text);
    return err_set(e, ERR_IO, 0, "Cannot %s %s: %s.", doing, text, strerror(why));
}

static bool option_on(int fd, int level, int option)
{
    return setsockopt(fd, level, option, &(int){ 1 }, sizeof(int)) == 0;
}

/* A bound socket, or -1 with errno. One for all of IPv6 takes IPv4 too, whatever the system's
 * default is. */
static int socket_bound(const struct socket_address *a, int type, int reuse)
{
    int fd = socket(a->at.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int why;

    if (fd < 0)
        return -1;
    if (option_on(fd, SOL_SOCKET, reuse) &&
        (a->at.ss_family != AF_INET6 ||
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 0 }, sizeof(int)) == 0) &&
        bind(fd, (const struct sockaddr *)&a->at, a->bytes) == 0)
        return fd;
    why = errno;
    close(fd);
    errno = why;
    return -1;
}

int socket_listen(const struct socket_address *a, int *fd, struct err *e)
{
    int rc;

    *fd = socket_bound(a, SOCK_STREAM, SO_REUSEADDR);
    if (*fd < 0)
        return address_fault(a, "listen on", e);
    if (listen(*fd, SOMAXCONN) == 0)
        return ERR_OK;
    rc = address_fault(a, "listen on", e);
    close(*fd);
    *fd = -1;
    return rc;
}

int socket_datagram(const struct socket_address *a, size_t buffer_bytes, int *fd, struct err *e)
{
    int bytes = buffer_bytes < INT32_MAX / 2 ? (int)buffer_bytes : INT32_MAX / 2;
    int rc;

    *fd = socket_bound(a, SOCK_DGRAM, SO_REUSEPORT);
    if (*fd < 0)
        return address_fault(a, "receive at", e);
    /* Forcing needs CAP_NET_ADMIN; without it the system's maximum holds. */
    if (option_on(*fd, SOL_SOCKET, SO_RXQ_OVFL) &&
        (setsockopt(*fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) == 0 ||
         setsockopt(*fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) == 0)) {
        /* It never sends again, whoever gets hold of it: the kernel notes that before it says that
         * the socket is not connected. */
        (void)shutdown(*fd, SHUT_WR);
        return ERR_OK;
    }
    rc = address_fault(a, "receive at", e);
    close(*fd);
    *fd = -1;
    return rc;
}

int socket_connect(const struct socket_address *a, int *fd, struct err *e)
{
    int rc;

    *fd = socket(a->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return address_fault(a, "connect to", e);
    if (option_on(*fd, IPPROTO_TCP, TCP_NODELAY) &&
        (connect(*fd, (const struct sockaddr *)&a->at, a->bytes) == 0 || errno == EINPROGRESS))
        return ERR_OK;
    rc = address_fault(a, "connect to", e);
    close(*fd);
    *fd = -1;
    return rc;
}

static int path_address(const char *path, struct sockaddr_un *at, struct err *e)
{
    size_t n = strlen(path);

    *at = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (path[0] != '/' || n >= sizeof(at->sun_path))
        return err_set(e, ERR_USAGE, 0,
                       "The path of a local socket begins with / and has at most %zu bytes: "
                       "\"%.80s\".",
                       sizeof(at->sun_path) - 1, path);
    memcpy(at->sun_path, path, n);
    return ERR_OK;
}

static int path_fault(const char *path, const char *doing, struct err *e)
{
    return err_set(e, ERR_IO, 0, "Cannot %s %.108s: %s.", doing, path, strerror(errno));
}

/* A socket's name outlives the process that made it. It is removed when nobody answers there;
 * whatever else lies there stays, and bind() says so. */
static void path_clear(const char *path)
{
    struct stat st;
    int fd;

    if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    if (socket_connect_path(path, &fd, NULL) == ERR_OK)
        close(fd);
    else if (errno == ECONNREFUSED)
        (void)unlink(path); /* bind() tells when this failed */
}

int socket_listen_path(const char *path, int *fd, struct err *e)
{
    struct sockaddr_un at;
    int rc = path_address(path, &at, e);

    *fd = -1;
    if (rc != ERR_OK)
        return rc;
    path_clear(path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return path_fault(path, "listen on", e);
    /* The mode of the socket before bind() is the mode of its name after it: nobody gets between.
     */
    if (fchmod(*fd, 0600) == 0 && bind(*fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
        listen(*fd, SOMAXCONN) == 0)
        return ERR_OK;
    rc = path_fault(path, "listen on", e);
    close(*fd);
    *fd = -1;
    return rc;
}

int socket_connect_path(const char *path, int *fd, struct err *e)
{
    struct sockaddr_un at;
    int rc = path_address(path, &at, e);
    int why;

    *fd = -1;
    if (rc != ERR_OK)
        return rc;
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return path_fault(path, "connect to", e);
    if (connect(*fd, (struct sockaddr *)&at, sizeof(at)) == 0)
        return ERR_OK;
    why = errno;
    rc = path_fault(path, "connect to", e);
    close(*fd);
    *fd = -1;
    errno = why;
    return rc;
}

bool socket_connected(int fd, struct err *e)
{
    int why = 0;
    socklen_t bytes = sizeof(why);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &bytes) != 0)
        why = errno;
    if (why == 0)
        return true;
    (void)err_set(e, ERR_IO, 0, "The connection was not made: %s.", strerror(why));
    return false;
}

int socket_local(int fd, struct socket_address *a, struct err *e)
{
    *a = (struct socket_address){ .bytes = sizeof(a->at) };
    if (getsockname(fd, (struct sockaddr *)&a->at, &a->bytes) != 0)
        return err_set(e, ERR_IO, 0, "A socket does not tell its address: %s.", strerror(errno));
    return ERR_OK;
}

/* Errors of the one connection that was next, which is gone (accept(2)). */
static bool accept_skips(int why)
{
    static const int gone[] = { ECONNABORTED, EINTR,       EPROTO,    ENETDOWN,
                                ENOPROTOOPT,  EHOSTDOWN,   ENONET,    EHOSTUNREACH,
                                EOPNOTSUPP,   ENETUNREACH, ETIMEDOUT, ECONNRESET };

    for (size_t i = 0; i < COUNT_OF(gone); i++) {
        if (gone[i] == why)
            return true;
    }
    return false;
}

int socket_accept(int fd, int *conn, struct socket_address *peer, struct err *e)
{
    for (unsigned i = 0; i < ACCEPT_SKIP_MAX; i++) {
        *peer = (struct socket_address){ .bytes = sizeof(peer->at) };
        *conn =
            accept4(fd, (struct sockaddr *)&peer->at, &peer->bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (*conn >= 0) {
            /* Only a matter of speed; a local socket has no such thing. */
            (void)option_on(*conn, IPPROTO_TCP, TCP_NODELAY);
            return 1;
        }
        if (accept_skips(errno))
            continue;
        if (errno == EAGAIN)
            return 0;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return err_set(e, ERR_LIMIT, 0, "No connection can be taken: %s.", strerror(errno));
        return err_set(e, ERR_IO, 0, "A listening socket failed: %s.", strerror(errno));
    }
    return 0;
}
