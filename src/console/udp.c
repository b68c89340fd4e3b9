/*
 * udp.c - see udp.h.
 */
#include "console/udp.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/num.h"

#define WORDS 13u /* of a line; the last is the drops */

static uint32_t words_of(struct span line, struct span word[WORDS])
{
    uint32_t count = 0;

    for (size_t i = 0; i < line.n && count < WORDS;) {
        size_t from;

        while (i < line.n && ascii_is_blank(line.p[i]))
            i++;
        from = i;
        while (i < line.n && !ascii_is_blank(line.p[i]))
            i++;
        if (i > from)
            word[count++] = (struct span){ line.p + from, i - from };
    }
    return count;
}

/* 8 digits each, the memory of a word of the machine's order. */
static bool read_words32(struct span hex, uint32_t *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t v;

        if (!num_hex((struct span){ hex.p + 8 * i, 8 }, &v))
            return false;
        to[i] = (uint32_t)v;
    }
    return true;
}

static bool read_address(struct span text, struct udp_socket *s)
{
    size_t colon = span_find(text, ':');
    bool six = colon == 32;
    char room[INET6_ADDRSTRLEN];
    uint32_t at[4];
    uint64_t port;
    int n;

    if ((colon != 8 && !six) || colon == text.n || !num_hex(span_from(text, colon + 1), &port) ||
        port == 0 || port > UINT16_MAX || !read_words32(text, at, six ? 4 : 1) ||
        inet_ntop(six ? AF_INET6 : AF_INET, at, room, sizeof(room)) == NULL)
        return false;
    n = snprintf(s->address, sizeof(s->address), six ? "[%s]:%u" : "%s:%u", room, (unsigned)port);
    s->port = (uint16_t)port;
    return n > 0 && (size_t)n < sizeof(s->address);
}

int64_t udp_next(struct span in, struct udp_socket *s)
{
    struct span line = { in.p, span_find(in, '\n') }, word[WORDS];
    size_t colon;
    uint64_t drops, waiting;

    *s = (struct udp_socket){ 0 };
    if (in.n == 0)
        return ERR_MORE;
    if (words_of(line, word) == WORDS) {
        colon = span_find(word[4], ':');
        if (colon < word[4].n && num_hex(span_from(word[4], colon + 1), &waiting) &&
            num_u64(word[12], UINT64_MAX, &drops) && read_address(word[1], s)) {
            s->waiting_bytes = waiting;
            s->drops = drops;
        } else {
            *s = (struct udp_socket){ 0 };
        }
    }
    return (int64_t)(line.n < in.n ? line.n + 1 : line.n);
}
