/*
 * list.c - several values in one field: domain names, addresses, networks, MACs. Pure: text in,
 * a JSON array of each value in its one form out.
 */
#include "registry/registry_own.h"

#include <arpa/inet.h>

#include "base/addr.h"
#include "base/ascii.h"

#define DOMAIN_BYTES_MAX 253u
#define LABEL_BYTES_MAX  63u
#define V4_BITS          96u /* before the 32 of an IPv4 address in its 128-bit form */

/* Letters, digits, - and _, with points between the labels; at least two of them; in lower case. */
bool list_domain(struct span item, struct buf *out)
{
    size_t label = 0, labels = 1;

    for (size_t i = 0; i < item.n; i++) {
        uint8_t c = ascii_lower(item.p[i]);
        bool edge = label == 0 || i + 1 == item.n || item.p[i + 1] == '.';

        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
            labels++;
        } else if (!(ascii_is_alnum(c) || (c == '-' && !edge) || c == '_') ||
                   ++label > LABEL_BYTES_MAX) {
            return false;
        }
        buf_byte(out, c);
    }
    return label > 0 && labels >= 2 && item.n <= DOMAIN_BYTES_MAX;
}

/* Is it IPv4's? */
static bool put_address(const uint8_t a[16], struct buf *out)
{
    static const uint8_t v4[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    char text[INET6_ADDRSTRLEN];
    bool is_v4 = memcmp(a, v4, sizeof(v4)) == 0;

    /* it fits */
    (void)inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? a + 12 : a, text, sizeof(text));
    buf_text(out, text);
    return is_v4;
}

bool list_address(struct span item, struct buf *out)
{
    uint8_t a[16];

    if (!addr_parse(item, a))
        return false;
    (void)put_address(a, out);
    return true;
}

/* Bits behind the prefix are cleared: 10.1.2.3/8 is 10.0.0.0/8. ::ffff:10.0.0.0/104 is that, too;
 * with less than 96 bits it is a network of IPv6. */
bool list_network(struct span item, struct buf *out)
{
    uint8_t a[16], bits;
    bool is_v4;

    if (!addr_net_parse(item, a, &bits))
        return false;
    for (unsigned i = 0; i < 16; i++) {
        unsigned kept = bits > 8 * i ? bits - 8 * i : 0;

        a[i] = (uint8_t)(a[i] & (kept >= 8 ? 0xffu : 0xff00u >> kept));
    }
    is_v4 = put_address(a, out);
    if (bits < 128)
        buf_fmt(out, "/%u", is_v4 ? bits - V4_BITS : bits);
    return true;
}

/* Twelve hex digits; between two of them may stand : or - , between four a point. */
bool list_mac(struct span item, struct buf *out)
{
    size_t digits = 0;

    for (size_t i = 0; i < item.n; i++) {
        uint8_t c = ascii_lower(item.p[i]);

        if (c == ':' || c == '-' || c == '.') {
            if (digits == 0 || digits % (c == '.' ? 4 : 2) != 0 || digits == 12 ||
                !ascii_is_alnum(item.p[i - 1]))
                return false;
            continue;
        }
        if (!(ascii_is_digit(c) || (c >= 'a' && c <= 'f')) || digits == 12)
            return false;
        if (digits > 0 && digits % 2 == 0)
            buf_byte(out, ':');
        buf_byte(out, c);
        digits++;
    }
    return digits == 12;
}

static bool is_between(uint8_t c)
{
    return c == ' ' || c == ',' || c == ';' || c == '\t' || c == '\n' || c == '\r';
}

/* The next item of *text, which then begins behind it; none: false. */
static bool next_item(struct span *text, struct span *item)
{
    size_t n = 0;

    while (text->n > 0 && is_between(text->p[0]))
        *text = span_from(*text, 1);
    while (n < text->n && !is_between(text->p[n]))
        n++;
    *item = (struct span){ text->p, n };
    *text = span_from(*text, n);
    return n > 0;
}

/* Does the quoted value behind `at` stand before it, too? */
static bool is_repeated(const struct buf *out, size_t begin, size_t at)
{
    struct span last = span_from(buf_span(out), at);

    for (size_t i = begin; i + last.n <= at; i++) {
        if (memcmp(out->p + i, last.p, last.n) == 0)
            return true;
    }
    return false;
}

enum list_fault list_put(struct span text, list_item_fn *item, struct buf *out, struct span *bad)
{
    size_t begin = out->n, count = 0;
    struct span one;

    buf_byte(out, '[');
    while (next_item(&text, &one)) {
        size_t at = out->n;

        if (count == LIST_ITEMS_MAX)
            return LIST_MANY;
        if (count > 0)
            buf_byte(out, ',');
        buf_byte(out, '"');
        if (!item(one, out)) {
            *bad = one;
            return LIST_BAD;
        }
        buf_byte(out, '"');
        if (buf_failed(out))
            return LIST_GOOD; /* the buffer says so */
        if (count > 0 && is_repeated(out, begin, at + 1))
            out->n = at;
        else
            count++;
    }
    buf_byte(out, ']');
    return LIST_GOOD;
}
