/*
 * datagrams.c - datagrams in batches, and what the kernel dropped; see socket.h.
 *
 * The buffers are one mapping of DATAGRAM_BATCH times DATAGRAM_BYTES_MAX bytes. The system gives
 * memory to the pages that are written, so a flow of short datagrams costs a page each.
 */
#include <errno.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "os/socket.h"

#define MAP_BYTES ((size_t)DATAGRAM_BATCH * DATAGRAM_BYTES_MAX)

struct drops_room {
    _Alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(uint32_t))];
};

struct datagrams {
    uint8_t *map;
    struct mmsghdr heads[DATAGRAM_BATCH];
    struct iovec rooms[DATAGRAM_BATCH];
    struct drops_room drops[DATAGRAM_BATCH];
    struct datagram got[DATAGRAM_BATCH];
};

struct datagrams *datagrams_new(void)
{
    struct datagrams *d = calloc(1, sizeof(*d));

    if (d == NULL)
        return NULL;
    d->map = mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (d->map == MAP_FAILED) {
        free(d);
        return NULL;
    }
    for (size_t i = 0; i < DATAGRAM_BATCH; i++) {
        d->rooms[i].iov_base = d->map + i * DATAGRAM_BYTES_MAX;
        d->rooms[i].iov_len = DATAGRAM_BYTES_MAX;
    }
    return d;
}

void datagrams_free(struct datagrams **d)
{
    if (*d == NULL)
        return;
    MUST(munmap((*d)->map, MAP_BYTES) == 0);
    free(*d);
    *d = NULL;
}

/* The kernel writes into the heads, so they are set up for each call. */
static void heads_prepare(struct datagrams *d)
{
    for (size_t i = 0; i < DATAGRAM_BATCH; i++) {
        d->got[i].from = (struct socket_address){ 0 };
        d->heads[i].msg_hdr = (struct msghdr){
            .msg_name = &d->got[i].from.at,
            .msg_namelen = sizeof(d->got[i].from.at),
            .msg_iov = &d->rooms[i],
            .msg_iovlen = 1,
            .msg_control = &d->drops[i],
            .msg_controllen = sizeof(d->drops[i]),
        };
    }
}

static bool head_drops(struct msghdr *m, uint32_t *dropped)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            memcpy(dropped, CMSG_DATA(c), sizeof(*dropped));
            return true;
        }
    }
    return false;
}

int datagrams_receive(struct datagrams *d, int fd, const struct datagram **first, uint32_t *dropped,
                      bool *told, struct err *e)
{
    int count;

    *first = d->got;
    *told = false;
    heads_prepare(d);
    do
        count = recvmmsg(fd, d->heads, DATAGRAM_BATCH, MSG_DONTWAIT, NULL);
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN)
        return 0;
    if (count < 0)
        return err_set(e, ERR_IO, 0, "Datagrams cannot be received: %s.", strerror(errno));
    for (size_t i = 0; i < (size_t)count; i++) {
        struct msghdr *m = &d->heads[i].msg_hdr;

        d->got[i].bytes = (struct span){ d->rooms[i].iov_base, d->heads[i].msg_len };
        d->got[i].from.bytes = m->msg_namelen;
        d->got[i].cut = (m->msg_flags & MSG_TRUNC) != 0;
        if (head_drops(m, dropped))
            *told = true;
    }
    return count;
}

int socket_drops(int fd, uint32_t *dropped, struct err *e)
{
    uint32_t info[SK_MEMINFO_VARS] = { 0 };
    socklen_t bytes = sizeof(info);

    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &bytes) != 0 ||
        bytes < (SK_MEMINFO_DROPS + 1) * sizeof(info[0]))
        return err_set(e, ERR_IO, 0, "A socket does not tell what it dropped: %s.",
                       strerror(errno));
    *dropped = info[SK_MEMINFO_DROPS];
    return ERR_OK;
}
