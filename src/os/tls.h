/*
 * tls.h - the server's side of TLS 1.2 and 1.3 over a non-blocking socket, by OpenSSL.
 *
 * AEAD with ECDHE only; no renegotiation, no compression. With a CA, clients are asked for a
 * certificate; `mutual` refuses those that have none. What a certificate is worth is decided by
 * OpenSSL's chain check with the purpose "client"; who it is, by tls_peer().
 *
 * No session is resumed. An end without good-bye is ERR_IO: bytes may be missing.
 *
 * tls_client_*: for our own sender and tests. Without a CA a client does not look who the server
 * is; no host name is checked.
 */
#ifndef TLS_H
#define TLS_H

#include <sys/types.h>

#include "base/base.h"

struct tls_context; /* shared by connections */
struct tls;         /* one connection */

struct tls_settings {
    struct span certificate, key; /* PEM texts; key is not kept */
    struct span ca;               /* PEM, or empty: clients are not asked */
    bool mutual;
};

int tls_context_new(struct tls_context **out, const struct tls_settings *s, struct err *e);
int tls_client_context_new(struct tls_context **out, const struct tls_settings *s, struct err *e);
void tls_context_free(struct tls_context **c);

int tls_new(struct tls **out, struct tls_context *c, int fd, struct err *e);
void tls_free(struct tls **t); /* says good-bye if it can at once; does not close fd */

/* Bytes (> 0), or */
enum {
    TLS_WANT_READ = -101,  /* try again when readable */
    TLS_WANT_WRITE = -102, /* ... when writable */
    TLS_CLOSED = -103,     /* the peer said good-bye */
};
/* or ERR_IO (the connection broke) or ERR_SYNTAX (handshake or record refused), with *e. The
 * handshake is part of the first calls. n is not 0. What was to be written when TLS_WANT_* came
 * must be written again, from any place in memory. */
ssize_t tls_read(struct tls *t, void *dst, size_t n, struct err *e);
ssize_t tls_write(struct tls *t, const void *src, size_t n, struct err *e);
bool tls_ready(const struct tls *t);     /* the handshake is over */
size_t tls_pending(const struct tls *t); /* decrypted bytes that wait: no readiness tells of them */

/* SHA-256 of the verified peer certificate's DER, lower-case hex, and its subject common name (or
 * first DNS subject alternative name). False when there is none. Control characters become '?'; a
 * name that does not fit is left empty, for a cut one could be another's. */
bool tls_peer(const struct tls *t, char fingerprint[65], char *name, size_t name_bytes);

#endif
