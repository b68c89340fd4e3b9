/*
 * socket.h - sockets: listening, datagrams in batches with the kernel's count of what it dropped,
 * and messages between roles with descriptors in them. All descriptors are close-on-exec and, but
 * where said, non-blocking. Addresses are written "127.0.0.1:514", "[::1]:514"; a local socket is
 * a path that begins with '/'.
 */
#ifndef SOCKET_H
#define SOCKET_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/base.h"

#define SOCKET_TEXT_MAX 64u

struct socket_address {
    struct sockaddr_storage at;
    socklen_t bytes;
};

/* "host:port" with numbers only: no names are looked up. ERR_USAGE with a sentence. */
int socket_address_read(struct span text, struct socket_address *a, struct err *e);

/* "203.0.113.7" (IPv4 also where it came mapped into IPv6), without the port, into
 * SOCKET_TEXT_MAX bytes; "local" for local sockets. Returns its length. */
size_t socket_host_put(const struct socket_address *a, uint8_t *dst);
/* From this machine; so is whatever came over a local socket. */
bool socket_is_loopback(const struct socket_address *a);

/* The same host, whatever the ports; false when either is none of the Internet. */
bool socket_same_host(const struct socket_address *a, const struct socket_address *b);

int socket_listen(const struct socket_address *a, int *fd, struct err *e); /* TCP; SO_REUSEADDR */
int socket_listen_path(const char *path, int *fd, struct err *e);          /* stream, mode 0600 */
/* UDP with SO_REUSEPORT, SO_RXQ_OVFL and this receive buffer (forced where allowed). It can only
 * receive: sending is EPIPE. */
int socket_datagram(const struct socket_address *a, size_t buffer_bytes, int *fd, struct err *e);
int socket_connect(const struct socket_address *a, int *fd, struct err *e); /* may be under way */
int socket_connect_path(const char *path, int *fd, struct err *e);          /* blocking */
bool socket_connected(int fd, struct err *e);                               /* once writable */
int socket_local(int fd, struct socket_address *a, struct err *e);

/* The next connection of a listening socket: 1, 0 when none waits, or a negative code
 * (ERR_LIMIT: no descriptors left). TCP_NODELAY is set. */
int socket_accept(int fd, int *conn, struct socket_address *peer, struct err *e);

/* --- datagrams ---------------------------------------------------------------------------- */

#define DATAGRAM_BATCH     64u
#define DATAGRAM_BYTES_MAX 65536u

struct datagram {
    struct span bytes;
    struct socket_address from;
    bool cut; /* was longer than DATAGRAM_BYTES_MAX */
};

struct datagrams; /* buffers for a batch */

struct datagrams *datagrams_new(void);
void datagrams_free(struct datagrams **d);

/* As many as wait, up to DATAGRAM_BATCH: their number, 0 when none does, or ERR_IO. *dropped is the
 * kernel's count for this socket since it was made, when it told one (with the next datagram only;
 * socket_drops() asks at any time). What is lent lives until the next call. */
int datagrams_receive(struct datagrams *d, int fd, const struct datagram **first, uint32_t *dropped,
                      bool *told, struct err *e);

/* The kernel's count of datagrams dropped at this socket (SO_MEMINFO). */
int socket_drops(int fd, uint32_t *dropped, struct err *e);

/* --- messages between roles --------------------------------------------------------------- */

/* A pair of connected SOCK_SEQPACKET sockets: a message is received whole or not at all. */
int channel_pair(int fds[2], struct err *e);

#define CHANNEL_BYTES_MAX 65536u
#define CHANNEL_FDS_MAX   16u

struct channel_message {
    uint32_t type;
    uint32_t fd_count;
    int fds[CHANNEL_FDS_MAX]; /* received ones belong to the receiver */
    size_t n;
    uint8_t body[CHANNEL_BYTES_MAX];
};

/* ERR_OK, ERR_MORE when the other side does not keep up (try again when writable), ERR_IO. */
int channel_send(int fd, const struct channel_message *m, struct err *e);
/* 1, 0 when none waits, ERR_IO when the other side is gone, ERR_SYNTAX when it is no message. */
int channel_receive(int fd, struct channel_message *m, struct err *e);

#endif
