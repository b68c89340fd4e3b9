/*
 * udp.h - /proc/net/udp and udp6: what the kernel has dropped at each UDP socket, and what waits
 * there, as it tells anyone. Beside the collectors' own counts it shows sockets that nobody reads.
 *
 *   sl: local:port remote:port st tx:rx tr:tm retr uid timeout inode ref pointer drops
 *
 * Addresses are hex, in words of the machine's order. Pure.
 */
#ifndef UDP_H
#define UDP_H

#include "base/base.h"

#define UDP_TEXT_MAX 64u /* of an address with its port */

struct udp_socket {
    uint16_t port;
    uint64_t waiting_bytes, drops;
    char address[UDP_TEXT_MAX]; /* "127.0.0.1:514", "[::1]:514" */
};

/* The line at the front of `in`: bytes used (> 0); a line that tells of no socket (the heading, or
 * what cannot be read) gives port 0. ERR_MORE at the end. */
int64_t udp_next(struct span in, struct udp_socket *s);

#endif
