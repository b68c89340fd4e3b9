/*
 * certificate.c - see certificate.h.
 */
#include "os/certificate.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define DAY_S        86400
#define SERIAL_BYTES 16
#define HOST_MAX     64u /* of a common name (RFC 5280, appendix A.1) */

/* --- Reading -------------------------------------------------------------------------------- */

static X509 *read_certificate(struct span pem)
{
    BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *c = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

    BIO_free(in);
    return c;
}

static bool has_key(struct span pem)
{
    BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *key = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
    bool has = key != NULL;

    EVP_PKEY_free(key);
    BIO_free(in);
    return has;
}

static bool is_good(struct span pem, int64_t now_s)
{
    X509 *c = read_certificate(pem);
    time_t soon = (time_t)(now_s + (int64_t)CERTIFICATE_RENEW_DAYS * DAY_S);
    bool good = c != NULL && X509_cmp_time(X509_get0_notAfter(c), &soon) > 0 && has_key(pem);

    X509_free(c);
    return good;
}

bool certificate_print(struct span pem, char print[CERTIFICATE_PRINT_BYTES])
{
    X509 *c = read_certificate(pem);
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    bool good = c != NULL && X509_digest(c, EVP_sha256(), hash, &n) == 1 && n == 32;

    X509_free(c);
    for (unsigned i = 0; i < n && good; i++)
        (void)snprintf(print + 3 * i, 4, "%02X%s", hash[i], i + 1 < n ? ":" : "");
    return good;
}

/* --- Making --------------------------------------------------------------------------------- */

static bool add_name(X509 *c, const char *host)
{
    X509_NAME *name = X509_get_subject_name(c);

    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)"Canh", -1, -1,
                                      0) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)host, -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(c, name) == 1;
}

static bool add_extension(X509 *c, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *x;
    bool good;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, c, c, NULL, NULL, 0);
    x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    good = x != NULL && X509_add_ext(c, x, -1) == 1;
    X509_EXTENSION_free(x);
    return good;
}

/* A host name that goes into an extension's text as it is. */
static bool is_plain(const char *host)
{
    size_t n = strlen(host);

    return n > 0 && n <= HOST_MAX &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == n;
}

static bool fill(X509 *c, EVP_PKEY *key, const char *host, int64_t now_s)
{
    char names[256];
    uint8_t serial[SERIAL_BYTES];
    BIGNUM *number = NULL;
    bool good = RAND_bytes(serial, sizeof(serial)) == 1;

    serial[0] &= 0x7f; /* positive */
    if (good)
        number = BN_bin2bn(serial, sizeof(serial), NULL);
    (void)snprintf(names, sizeof(names), "DNS:%s,DNS:localhost,IP:127.0.0.1,IP:::1", host);
    good = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(c)) != NULL &&
           X509_set_version(c, X509_VERSION_3) == 1 && X509_set_pubkey(c, key) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(c), (time_t)(now_s - DAY_S)) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(c),
                         (time_t)(now_s + (int64_t)CERTIFICATE_DAYS * DAY_S)) != NULL &&
           add_name(c, host) && add_extension(c, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(c, NID_key_usage, "critical,digitalSignature") &&
           add_extension(c, NID_ext_key_usage, "serverAuth") &&
           add_extension(c, NID_subject_alt_name, names) && X509_sign(c, key, EVP_sha256()) > 0;
    BN_free(number);
    return good;
}

static bool put_pem(X509 *c, EVP_PKEY *key, struct buf *pem)
{
    BIO *out = BIO_new(BIO_s_secmem());
    char *text = NULL;
    long n;
    bool good = out != NULL && PEM_write_bio_X509(out, c) == 1 &&
                PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1;

    n = good ? BIO_get_mem_data(out, &text) : 0;
    buf_clear(pem);
    if (n > 0)
        buf_add(pem, (struct span){ (const uint8_t *)text, (size_t)n });
    BIO_free(out);
    return n > 0 && !buf_failed(pem);
}

static int make(struct buf *pem, const char *host, int64_t now_s, struct err *e)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *c = X509_new();
    bool good = key != NULL && c != NULL &&
                fill(c, key, is_plain(host) ? host : "localhost", now_s) && put_pem(c, key, pem);

    X509_free(c);
    EVP_PKEY_free(key);
    return good ? ERR_OK : err_set(e, ERR_NOMEM, 0, "A certificate of our own cannot be made.");
}

int certificate_own(const struct io *io, int dir, const char *name, const char *host, int64_t now_s,
                    struct buf *pem, struct err *e)
{
    char fresh[64];
    int rc;

    buf_clear(pem);
    if (io_read(io, dir, name, pem, NULL) == ERR_OK && is_good(buf_span(pem), now_s))
        return ERR_OK;
    rc = make(pem, host, now_s, e);
    if (rc != ERR_OK)
        return rc;
    (void)snprintf(fresh, sizeof(fresh), "%.50s.new", name);
    return io_replace(io, dir, fresh, name, buf_span(pem))
               ? ERR_OK
               : err_set(e, ERR_IO, 0, "The certificate of our own cannot be written: %s.",
                         strerror(errno));
}
