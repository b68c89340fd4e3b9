/*
 * tls.c - see tls.h.
 *
 * OpenSSL reads and writes through a BIO of our own, which is a socket BIO but for MSG_NOSIGNAL: a
 * peer that goes away is an error and never a SIGPIPE. Sessions are never resumed, neither from a
 * cache nor from tickets: connections live long, and each one shows its certificate.
 */
#include "os/tls.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/socket.h>

#define CHAIN_DEPTH_MAX  4
#define CERTIFICATES_MAX 1024u
#define SECURITY_LEVEL   2 /* 112 bits: no SHA-1, no RSA below 2048 */
#define CIPHERS                                                                                    \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                   \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define GROUPS "X25519:P-256:P-384"

struct tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *io;
    bool server;
};

struct tls {
    SSL *ssl;
    int fd;
    int io_errno; /* of the last recv or send; 0 when it was an end */
    bool ended;   /* the peer closed the connection */
    bool failed;  /* OpenSSL must not be asked again */
};

/* --- the BIO ------------------------------------------------------------------------------ */

static int io_result(BIO *b, struct tls *t, ssize_t n, int retry)
{
    BIO_clear_retry_flags(b);
    t->io_errno = n < 0 ? errno : 0;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_flags(b, retry | BIO_FLAGS_SHOULD_RETRY);
    return (int)n;
}

static int io_read(BIO *b, char *dst, int n)
{
    struct tls *t = BIO_get_data(b);
    ssize_t got = recv(t->fd, dst, (size_t)n, 0);

    t->ended = got == 0 && n > 0;
    return io_result(b, t, got, BIO_FLAGS_READ);
}

static int io_write(BIO *b, const char *src, int n)
{
    struct tls *t = BIO_get_data(b);

    return io_result(b, t, send(t->fd, src, (size_t)n, MSG_NOSIGNAL), BIO_FLAGS_WRITE);
}

static long io_control(BIO *b, int what, long number, void *p)
{
    const struct tls *t = BIO_get_data(b);

    (void)number;
    (void)p;
    if (what == BIO_CTRL_EOF)
        return t->ended;
    return what == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *io_new(void)
{
    BIO_METHOD *io = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");

    if (io != NULL && BIO_meth_set_read(io, io_read) == 1 &&
        BIO_meth_set_write(io, io_write) == 1 && BIO_meth_set_ctrl(io, io_control) == 1)
        return io;
    BIO_meth_free(io);
    return NULL;
}

/* --- contexts ----------------------------------------------------------------------------- */

/* The first thing that OpenSSL has to say, and none is left for the next one who asks. */
static const char *openssl_why(void)
{
    unsigned long code = ERR_get_error();
    const char *why = ERR_reason_error_string(code);

    ERR_clear_error();
    return why != NULL ? why : "no reason is known";
}

static int settings_fault(const char *what, struct err *e)
{
    return err_set(e, ERR_USAGE, 0, "%s: %s.", what, openssl_why());
}

/* A key that wants a pass phrase is refused; OpenSSL would ask at the terminal. */
static int no_phrase(char *room, int bytes, int writing, void *arg)
{
    (void)room;
    (void)bytes;
    (void)writing;
    (void)arg;
    return -1;
}

static BIO *text_open(struct span pem)
{
    return pem.n <= INT32_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
}

typedef bool certificate_fn(SSL_CTX *c, X509 *one, unsigned index);

/* Each certificate of a PEM text; false when one is bad, or there is none. */
static bool certificates_each(SSL_CTX *c, struct span pem, certificate_fn *fn)
{
    BIO *text = text_open(pem);
    unsigned count = 0;
    bool good = text != NULL;

    while (good && count < CERTIFICATES_MAX) {
        X509 *one = PEM_read_bio_X509(text, NULL, no_phrase, NULL);

        if (one == NULL)
            break;
        good = fn(c, one, count++);
        X509_free(one);
    }
    BIO_free(text);
    if (good && count > 0 && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
        ERR_clear_error(); /* the end of the text */
        return true;
    }
    return false;
}

/* The first certificate is our own, the others its chain. */
static bool chain_add(SSL_CTX *c, X509 *one, unsigned index)
{
    if (index == 0)
        return SSL_CTX_use_certificate(c, one) == 1;
    return SSL_CTX_add1_chain_cert(c, one) == 1;
}

static bool ca_add(SSL_CTX *c, X509 *one, unsigned index)
{
    (void)index;
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(c), one) == 1 &&
           SSL_CTX_add_client_CA(c, one) == 1;
}

static bool key_use(SSL_CTX *c, struct span pem)
{
    BIO *text = text_open(pem);
    EVP_PKEY *key = text != NULL ? PEM_read_bio_PrivateKey(text, NULL, no_phrase, NULL) : NULL;
    bool good = key != NULL && SSL_CTX_use_PrivateKey(c, key) == 1;

    EVP_PKEY_free(key);
    BIO_free(text);
    return good;
}

static bool context_strict(SSL_CTX *c)
{
    char groups[] = GROUPS; /* the macro casts const away */

    SSL_CTX_set_security_level(c, SECURITY_LEVEL);
    (void)SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify_depth(c, CHAIN_DEPTH_MAX);
    return SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(c, CIPHERS) == 1 && SSL_CTX_set1_groups_list(c, groups) == 1 &&
           SSL_CTX_set_num_tickets(c, 0) == 1;
}

/* Who the others must be. */
static int context_trust(const struct tls_context *c, const struct tls_settings *s, struct err *e)
{
    int mode = SSL_VERIFY_PEER;

    if (s->ca.n == 0)
        return ERR_OK;
    if (!certificates_each(c->ssl, s->ca, ca_add))
        return settings_fault("The certificate authority cannot be used", e);
    if (c->server && s->mutual)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(c->ssl, mode, NULL);
    if (SSL_CTX_set_purpose(c->ssl,
                            c->server ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER) != 1)
        return settings_fault("The purpose of certificates cannot be checked", e);
    return ERR_OK;
}

/* Who we are. */
static int context_identity(SSL_CTX *c, const struct tls_settings *s, struct err *e)
{
    if (!certificates_each(c, s->certificate, chain_add))
        return settings_fault("The certificate cannot be used", e);
    if (!key_use(c, s->key))
        return settings_fault("The key cannot be used", e);
    if (SSL_CTX_check_private_key(c) != 1)
        return settings_fault("The key does not belong to the certificate", e);
    return ERR_OK;
}

static int context_new(struct tls_context **out, bool server, const struct tls_settings *s,
                       struct err *e)
{
    struct tls_context *c = calloc(1, sizeof(*c));
    int rc = ERR_OK;

    *out = NULL;
    ERR_clear_error();
    if (s->mutual && s->ca.n == 0) {
        rc = err_set(e, ERR_USAGE, 0, "Clients cannot be asked for certificates without a CA.");
        goto out;
    }
    if (c != NULL) {
        c->server = server;
        c->io = io_new();
        c->ssl = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    }
    if (c == NULL || c->io == NULL || c->ssl == NULL) {
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory for TLS.");
        goto out;
    }
    if (!context_strict(c->ssl))
        rc = settings_fault("TLS cannot be made strict", e);
    if (rc == ERR_OK && (server || s->certificate.n > 0))
        rc = context_identity(c->ssl, s, e);
    if (rc == ERR_OK)
        rc = context_trust(c, s, e);
    if (rc == ERR_OK) {
        *out = c;
        c = NULL;
    }
out:
    tls_context_free(&c);
    return rc;
}

int tls_context_new(struct tls_context **out, const struct tls_settings *s, struct err *e)
{
    return context_new(out, true, s, e);
}

int tls_client_context_new(struct tls_context **out, const struct tls_settings *s, struct err *e)
{
    return context_new(out, false, s, e);
}

void tls_context_free(struct tls_context **c)
{
    if (*c == NULL)
        return;
    SSL_CTX_free((*c)->ssl);
    BIO_meth_free((*c)->io);
    free(*c);
    *c = NULL;
}

/* --- connections -------------------------------------------------------------------------- */

int tls_new(struct tls **out, struct tls_context *c, int fd, struct err *e)
{
    struct tls *t = calloc(1, sizeof(*t));
    BIO *io = t != NULL ? BIO_new(c->io) : NULL;

    *out = NULL;
    ERR_clear_error();
    if (io != NULL)
        t->ssl = SSL_new(c->ssl);
    if (io == NULL || t->ssl == NULL) {
        BIO_free(io);
        free(t);
        ERR_clear_error();
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a TLS connection.");
    }
    t->fd = fd;
    BIO_set_data(io, t);
    BIO_set_init(io, 1);
    SSL_set_bio(t->ssl, io, io);
    if (c->server)
        SSL_set_accept_state(t->ssl);
    else
        SSL_set_connect_state(t->ssl);
    *out = t;
    return ERR_OK;
}

void tls_free(struct tls **t)
{
    if (*t == NULL)
        return;
    /* Good-bye is said if it can be said at once. */
    if (!(*t)->failed && tls_ready(*t))
        (void)SSL_shutdown((*t)->ssl);
    SSL_free((*t)->ssl);
    ERR_clear_error();
    free(*t);
    *t = NULL;
}

bool tls_ready(const struct tls *t)
{
    return SSL_is_init_finished(t->ssl) == 1;
}

size_t tls_pending(const struct tls *t)
{
    return (size_t)SSL_pending(t->ssl);
}

/* The connection below broke. */
static int fault_io(const struct tls *t, struct err *e)
{
    const char *when = tls_ready(t) ? "TLS" : "the TLS handshake";

    ERR_clear_error();
    if (t->ended || t->io_errno == 0)
        return err_set(e, ERR_IO, 0, "The peer went away in the middle of %s.", when);
    return err_set(e, ERR_IO, 0, "The connection broke during %s: %s.", when,
                   strerror(t->io_errno));
}

/* The peer sent what is refused, or refuses us. */
static int fault_ssl(const struct tls *t, struct err *e)
{
    const char *when = tls_ready(t) ? "A TLS record" : "The TLS handshake";
    int reason = ERR_GET_REASON(ERR_peek_error());
    long verify = SSL_get_verify_result(t->ssl);

    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verify != X509_V_OK) {
        ERR_clear_error();
        return err_set(e, ERR_SYNTAX, 0, "The peer's certificate was refused: %s.",
                       X509_verify_cert_error_string(verify));
    }
    return err_set(e, ERR_SYNTAX, 0, "%s failed: %s.", when, openssl_why());
}

static ssize_t tls_result(struct tls *t, int rc, struct err *e)
{
    int kind = SSL_get_error(t->ssl, rc);

    if (kind == SSL_ERROR_WANT_READ)
        return TLS_WANT_READ;
    if (kind == SSL_ERROR_WANT_WRITE)
        return TLS_WANT_WRITE;
    if (kind == SSL_ERROR_ZERO_RETURN)
        return TLS_CLOSED;
    t->failed = true;
    if (kind == SSL_ERROR_SYSCALL ||
        ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return fault_io(t, e);
    return fault_ssl(t, e);
}

static int fault_over(struct err *e)
{
    return err_set(e, ERR_IO, 0, "This TLS connection has failed before.");
}

ssize_t tls_read(struct tls *t, void *dst, size_t n, struct err *e)
{
    size_t got = 0;
    int rc;

    MUST(n > 0);
    if (t->failed)
        return fault_over(e);
    ERR_clear_error();
    rc = SSL_read_ex(t->ssl, dst, n, &got);
    return rc == 1 ? (ssize_t)got : tls_result(t, rc, e);
}

ssize_t tls_write(struct tls *t, const void *src, size_t n, struct err *e)
{
    size_t put = 0;
    int rc;

    MUST(n > 0);
    if (t->failed)
        return fault_over(e);
    ERR_clear_error();
    rc = SSL_write_ex(t->ssl, src, n, &put);
    return rc == 1 ? (ssize_t)put : tls_result(t, rc, e);
}

/* --- who the peer is ---------------------------------------------------------------------- */

/* A name that does not fit, or says nothing, is none: a cut one could be another's. */
static bool name_put(const ASN1_STRING *s, char *name, size_t bytes)
{
    unsigned char *text = NULL;
    int n = s != NULL ? ASN1_STRING_to_UTF8(&text, s) : -1;
    bool fits = n > 0 && (size_t)n < bytes;

    for (int i = 0; fits && i < n; i++)
        name[i] = text[i] < 0x20 || text[i] == 0x7f ? '?' : (char)text[i];
    if (fits)
        name[n] = 0;
    OPENSSL_free(text);
    return fits;
}

static const ASN1_STRING *common_name(const X509 *peer)
{
    const X509_NAME *subject = X509_get_subject_name(peer);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    return at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
}

static void dns_name_put(const X509 *peer, char *name, size_t bytes)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(peer, NID_subject_alt_name, NULL, NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *one = sk_GENERAL_NAME_value(all, i);

        if (one->type == GEN_DNS) {
            (void)name_put(one->d.dNSName, name, bytes); /* empty when it does not fit */
            break;
        }
    }
    GENERAL_NAMES_free(all);
}

bool tls_peer(const struct tls *t, char fingerprint[65], char *name, size_t name_bytes)
{
    static const char hex[] = "0123456789abcdef";
    X509 *peer = SSL_get1_peer_certificate(t->ssl);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    bool known = peer != NULL && SSL_get_verify_mode(t->ssl) != SSL_VERIFY_NONE &&
                 SSL_get_verify_result(t->ssl) == X509_V_OK &&
                 X509_digest(peer, EVP_sha256(), digest, &n) == 1 && n == 32;

    MUST(name_bytes > 0);
    fingerprint[0] = 0;
    name[0] = 0;
    if (known) {
        for (size_t i = 0; i < 32; i++) {
            fingerprint[2 * i] = hex[digest[i] >> 4];
            fingerprint[2 * i + 1] = hex[digest[i] & 15];
        }
        fingerprint[64] = 0;
        if (common_name(peer) == NULL)
            dns_name_put(peer, name, name_bytes);
        else
            (void)name_put(common_name(peer), name, name_bytes); /* the same */
    }
    X509_free(peer);
    ERR_clear_error();
    return known;
}
