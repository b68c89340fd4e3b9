/*
 * certificate.h - a certificate of our own, for an HTTPS that nobody gave one: EC P-256, signed by
 * itself, for this host's name, localhost and the loopback addresses (RFC 5280).
 *
 * Who connects is warned, once, and compares its SHA-256 with what the server says when it starts.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include "base/buf.h"
#include "os/io.h"

#define CERTIFICATE_DAYS       730
#define CERTIFICATE_RENEW_DAYS 30 /* with so many left, another is made */

/* The one in `dir`/`name`: certificate and key, PEM, into `pem`. Made (file mode 0600) when there
 * is none, or when it is over soon or cannot be read. ERR_IO, ERR_NOMEM. */
int certificate_own(const struct io *io, int dir, const char *name, const char *host, int64_t now_s,
                    struct buf *pem, struct err *e);

/* SHA-256 of the first certificate in a PEM text, as AA:BB:...; false when there is none. */
#define CERTIFICATE_PRINT_BYTES 96
bool certificate_print(struct span pem, char print[CERTIFICATE_PRINT_BYTES]);

#endif
