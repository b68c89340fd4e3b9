/*
 * shield.h - what browsers are told with every answer at the console's door, and by which names it
 * may be called there.
 *
 * The policy (CSP Level 3, Trusted Types, Fetch, Permissions Policy): scripts, styles, pictures and
 * connections from here only, nothing inline, nothing framed, no text becomes HTML but through the
 * policy "canh"; what is tried nonetheless is reported to /api/csp.
 */
#ifndef SHIELD_H
#define SHIELD_H

#include "base/base.h"

#define SHIELD_REPORTS "/api/csp"

extern const char shield_fields[]; /* "Name: value\r\n"... */
extern const char shield_tls[];    /* the same: over TLS, by a name that is not of loopback */

/* A Host field (RFC 9110, 7.2) without its port, and without the brackets of IPv6. */
struct span shield_name(struct span host);
/* "localhost", a name below it (RFC 6761), 127.0.0.0/8, ::1. */
bool shield_is_loopback(struct span name);
/* Whoever made a browser ask by a name that an attacker's DNS leads here (rebinding) is none of
 * ours: an address is, loopback is, and so are `own`, the name of this host, and that of `url`
 * (https://NAME[:PORT]). */
bool shield_is_ours(struct span name, struct span own, struct span url);

#endif
