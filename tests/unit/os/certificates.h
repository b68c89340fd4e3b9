/*
 * certificates.h - certificates for tests, made on the spot: good ones, and such as must be
 * refused.
 */
#ifndef CERTIFICATES_H
#define CERTIFICATES_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/base.h"

struct identity {
    X509 *certificate;
    EVP_PKEY *key;
    char pem[8192];     /* certificate */
    char key_pem[4096]; /* key, without a pass phrase */
};

struct identity_plan {
    struct span name;              /* common name; none when empty */
    const char *dns;               /* subject alternative name, or NULL */
    const struct identity *issuer; /* NULL: signs itself */
    int from_days, to_days;        /* from now */
    const char *usage;             /* extended key usage: "clientAuth", or NULL */
    bool ca;
    bool sha1;
    unsigned rsa_bits; /* 0: P-256 */
};

void identity_make(struct identity *i, const struct identity_plan *p);
void identity_release(struct identity *i);

#endif
