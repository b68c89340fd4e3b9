/*
 * certificates.c - see certificates.h.
 */
#include "certificates.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static void extension(X509 *to, X509 *issuer, int nid, const char *value)
{
    X509_EXTENSION *x;
    X509V3_CTX c;

    X509V3_set_ctx(&c, issuer, to, NULL, NULL, 0);
    x = X509V3_EXT_conf_nid(NULL, &c, nid, value);
    MUST(x != NULL && X509_add_ext(to, x, -1) == 1);
    X509_EXTENSION_free(x);
}

static void fill(X509 *c, const struct identity_plan *p, long serial)
{
    MUST(X509_set_version(c, 2) == 1);
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(c), serial) == 1);
    MUST(X509_gmtime_adj(X509_getm_notBefore(c), p->from_days * 86400L) != NULL);
    MUST(X509_gmtime_adj(X509_getm_notAfter(c), p->to_days * 86400L) != NULL);
    if (p->name.n > 0)
        MUST(X509_NAME_add_entry_by_NID(X509_get_subject_name(c), NID_commonName, MBSTRING_UTF8,
                                        p->name.p, (int)p->name.n, -1, 0) == 1);
}

static void put_pem(char *room, size_t bytes, BIO *from)
{
    int n = BIO_read(from, room, (int)bytes - 1);

    MUST(n > 0 && (size_t)n < bytes - 1);
    room[n] = 0;
    BIO_free(from);
}

void identity_make(struct identity *i, const struct identity_plan *p)
{
    static long serial;
    const struct identity *issuer = p->issuer != NULL ? p->issuer : i;
    BIO *text = BIO_new(BIO_s_mem());
    X509 *c = X509_new();
    char dns[256];

    i->certificate = c;
    i->key = p->rsa_bits > 0 ? EVP_RSA_gen(p->rsa_bits) : EVP_EC_gen("P-256");
    MUST(c != NULL && i->key != NULL && text != NULL);
    fill(c, p, ++serial);
    MUST(X509_set_issuer_name(c, X509_get_subject_name(issuer->certificate)) == 1);
    MUST(X509_set_pubkey(c, i->key) == 1);
    extension(c, issuer->certificate, NID_basic_constraints,
              p->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (p->usage != NULL)
        extension(c, issuer->certificate, NID_ext_key_usage, p->usage);
    if (p->dns != NULL) {
        (void)snprintf(dns, sizeof(dns), "DNS:%s", p->dns);
        extension(c, issuer->certificate, NID_subject_alt_name, dns);
    }
    MUST(X509_sign(c, issuer->key, p->sha1 ? EVP_sha1() : EVP_sha256()) > 0);
    MUST(PEM_write_bio_X509(text, c) == 1);
    put_pem(i->pem, sizeof(i->pem), text);
    text = BIO_new(BIO_s_mem());
    MUST(PEM_write_bio_PrivateKey(text, i->key, NULL, NULL, 0, NULL, NULL) == 1);
    put_pem(i->key_pem, sizeof(i->key_pem), text);
}

void identity_release(struct identity *i)
{
    X509_free(i->certificate);
    EVP_PKEY_free(i->key);
    *i = (struct identity){ 0 };
}
