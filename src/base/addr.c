/*
 * addr.c - strict readers of addresses, without inet_pton: that one wants a zero byte.
 */
#include "base/addr.h"

#include "base/ascii.h"
#include "base/num.h"

static bool quad_parse(struct span s, uint8_t out[4])
{
    for (unsigned i = 0; i < 4; i++) {
        size_t n = i < 3 ? span_find(s, '.') : s.n;
        uint64_t v;

        if (n == 0 || n > 3 || (n > 1 && s.p[0] == '0') ||
            !num_u64((struct span){ s.p, n }, 255, &v))
            return false;
        out[i] = (uint8_t)v;
        if (i < 3) {
            if (n >= s.n)
                return false;
            s = span_from(s, n + 1);
        }
    }
    return true;
}

/* Groups of hex between colons into `out`; returns their number, or -1. */
static int groups_parse(struct span s, uint16_t *out, int max)
{
    int count = 0;

    while (s.n > 0) {
        size_t n = span_find(s, ':');
        struct span g = { s.p, n };
        uint64_t v;

        if (n == s.n && span_find(g, '.') < g.n) { /* a dotted quad ends it */
            uint8_t q[4];

            if (count + 2 > max || !quad_parse(g, q))
                return -1;
            out[count++] = (uint16_t)(q[0] << 8 | q[1]);
            out[count++] = (uint16_t)(q[2] << 8 | q[3]);
            return count;
        }
        if (count == max || n == 0 || n > 4 || !num_hex(g, &v))
            return -1;
        out[count++] = (uint16_t)v;
        if (n == s.n)
            return count;
        s = span_from(s, n + 1);
        if (s.n == 0)
            return -1; /* a single colon at the end */
    }
    return count;
}

static size_t find_gap(struct span s)
{
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] == ':' && s.p[i + 1] == ':')
            return i;
    }
    return s.n;
}

static bool six_parse(struct span s, uint8_t out[16])
{
    uint16_t group[8] = { 0 }, tail[8];
    size_t gap = find_gap(s);
    int head_n = groups_parse((struct span){ s.p, gap }, group, 8), tail_n = 0;

    if (head_n < 0 || (gap == s.n && head_n != 8))
        return false;
    if (gap < s.n) {
        tail_n = groups_parse(span_from(s, gap + 2), tail, 8);
        if (tail_n < 0 || head_n + tail_n > 7)
            return false;
        for (int i = 0; i < tail_n; i++)
            group[8 - tail_n + i] = tail[i];
    }
    for (unsigned i = 0; i < 8; i++) {
        out[2 * i] = (uint8_t)(group[i] >> 8);
        out[2 * i + 1] = (uint8_t)group[i];
    }
    return true;
}

bool addr_parse(struct span s, uint8_t out[16])
{
    static const uint8_t mapped[12] = { [10] = 0xFF, [11] = 0xFF };
    uint8_t quad[4];

    if (s.n < 2 || s.n > 45)
        return false;
    if (span_find(s, ':') < s.n)
        return six_parse(s, out);
    if (!quad_parse(s, quad))
        return false;
    memcpy(out, mapped, sizeof(mapped));
    memcpy(out + 12, quad, 4);
    return true;
}

bool addr_net_parse(struct span s, uint8_t out[16], uint8_t *bits)
{
    size_t slash = span_find(s, '/');
    struct span host = { s.p, slash };
    bool four = span_find(host, ':') == host.n;
    uint64_t v = four ? 32 : 128;

    if (!addr_parse(host, out))
        return false;
    if (slash < s.n && !num_u64(span_from(s, slash + 1), v, &v))
        return false;
    *bits = (uint8_t)(four ? v + 96 : v);
    return true;
}

bool addr_in(const uint8_t addr[16], const uint8_t net[16], uint8_t bits)
{
    size_t whole = bits / 8;
    unsigned rest = bits % 8;

    if (memcmp(addr, net, whole) != 0)
        return false;
    return rest == 0 || (uint8_t)((addr[whole] ^ net[whole]) >> (8 - rest)) == 0;
}
