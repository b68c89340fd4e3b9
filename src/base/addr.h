/*
 * addr.h - IP addresses out of text (RFC 4291, RFC 5952; dotted quads without leading zeros as in
 * RFC 6943). One form for both families: IPv4 is ::ffff:a.b.c.d.
 */
#ifndef ADDR_H
#define ADDR_H

#include "base/base.h"

/* The whole span is an address; a zone (%eth0) or a port is not part of one. */
bool addr_parse(struct span s, uint8_t out[16]);

/* address/bits, or an address alone (all bits). *bits counts in the 128-bit form: 10.0.0.0/8 is
 * 104. Bits of the address beyond the prefix are ignored by addr_in(). */
bool addr_net_parse(struct span s, uint8_t out[16], uint8_t *bits);

bool addr_in(const uint8_t addr[16], const uint8_t net[16], uint8_t bits);

#endif
