/*
 * Goal: a good peer gets through, byte by byte if need be, and is known by name; every bad one is
 * refused with its reason, and nothing that a peer sends does more than that. Method: certificates
 * made on the spot (certificates.h), socket pairs, and clients straight from OpenSSL that may do
 * what ours does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certificates.h"
#include "check.h"

#include "os/tls.h"

#define LINKS 7u /* of a chain that is too long */
/* A span in a row of a constant table. */
#define TEXT(s)                                                                                    \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

/* One name for each certificate; the rows of make_all() say what they are. */
enum who {
    CA,
    OTHER_CA,
    SERVER,
    GOOD,
    EXPIRED,
    NOT_YET,
    OTHERS,
    SELF,
    SERVER_ONLY,
    WITH_SHA1,
    SHORT_KEY,
    BY_LEAF,
    DNS_ONLY,
    ZERO_NAME,
    LONG_NAME,
    SERVER_EXPIRED,
    SERVER_OTHERS,
    SERVER_CLIENT,
    LINK,                   /* the first of LINKS */
    CHAINED = LINK + LINKS, /* signed by the last */
    WHO,
    NOBODY,
};

static struct identity all[WHO];

static const struct {
    enum who who, by; /* by itself: signs itself */
    struct span name;
    const char *dns, *usage;
    int from_days, to_days;
    bool ca, sha1;
    unsigned rsa_bits;
} plans[] = {
    { CA, CA, TEXT("Test CA"), NULL, NULL, -1, 9, true, false, 0 },
    { OTHER_CA, OTHER_CA, TEXT("Other CA"), NULL, NULL, -1, 9, true, false, 0 },
    { SERVER, CA, TEXT("server"), "server.example", "serverAuth", -1, 9, false, false, 0 },
    { GOOD, CA, TEXT("agent-7"), "a.example", "clientAuth", -1, 9, false, false, 0 },
    { EXPIRED, CA, TEXT("agent"), NULL, "clientAuth", -9, -1, false, false, 0 },
    { NOT_YET, CA, TEXT("agent"), NULL, "clientAuth", 1, 9, false, false, 0 },
    { OTHERS, OTHER_CA, TEXT("agent"), NULL, "clientAuth", -1, 9, false, false, 0 },
    { SELF, SELF, TEXT("agent"), NULL, "clientAuth", -1, 9, false, false, 0 },
    { SERVER_ONLY, CA, TEXT("agent"), NULL, "serverAuth", -1, 9, false, false, 0 },
    { WITH_SHA1, CA, TEXT("agent"), NULL, "clientAuth", -1, 9, false, true, 0 },
    { SHORT_KEY, CA, TEXT("agent"), NULL, "clientAuth", -1, 9, false, false, 1024 },
    { BY_LEAF, GOOD, TEXT("agent"), NULL, "clientAuth", -1, 9, false, false, 0 },
    { DNS_ONLY, CA, { NULL, 0 }, "dns.example", NULL, -1, 9, false, false, 0 },
    { ZERO_NAME, CA, TEXT("agent-7\0.evil"), "agent-7", NULL, -1, 9, false, false, 0 },
    { LONG_NAME, CA, TEXT("a name that is longer than the room for it"), "short", NULL, -1, 9,
      false, false, 0 },
    { SERVER_EXPIRED, CA, TEXT("server"), NULL, "serverAuth", -9, -1, false, false, 0 },
    { SERVER_OTHERS, OTHER_CA, TEXT("server"), NULL, "serverAuth", -1, 9, false, false, 0 },
    { SERVER_CLIENT, CA, TEXT("server"), NULL, "clientAuth", -1, 9, false, false, 0 },
};

static int make_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(plans); i++) {
        struct identity_plan p = { .name = plans[i].name,
                                   .dns = plans[i].dns,
                                   .issuer = plans[i].by == plans[i].who ? NULL : &all[plans[i].by],
                                   .from_days = plans[i].from_days,
                                   .to_days = plans[i].to_days,
                                   .usage = plans[i].usage,
                                   .ca = plans[i].ca,
                                   .sha1 = plans[i].sha1,
                                   .rsa_bits = plans[i].rsa_bits };

        identity_make(&all[plans[i].who], &p);
    }
    for (unsigned i = 0; i <= LINKS; i++) {
        char name[16];
        struct identity_plan p = { .from_days = -1, .to_days = 9, .ca = i < LINKS };

        snprintf(name, sizeof(name), "link %u", i);
        p.name = span_of(name);
        p.issuer = i == 0 ? &all[CA] : &all[LINK + i - 1];
        identity_make(&all[LINK + i], &p);
    }
    return 0;
}

static int release_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < WHO; i++)
        identity_release(&all[i]);
    return 0;
}

static struct tls_settings settings_of(enum who me, bool ca, bool mutual)
{
    struct tls_settings s = { .mutual = mutual };

    if (me != NOBODY) {
        s.certificate = span_of(all[me].pem);
        s.key = span_of(all[me].key_pem);
    }
    if (ca)
        s.ca = span_of(all[CA].pem);
    return s;
}

static struct tls_context *server_of(enum who me, bool ca, bool mutual)
{
    struct tls_settings s = settings_of(me, ca, mutual);
    struct tls_context *c;
    struct err e = { 0 };

    if (tls_context_new(&c, &s, &e) != ERR_OK)
        fail_msg("%s", e.why);
    return c;
}

static struct tls_context *client_of(enum who me, bool ca)
{
    struct tls_settings s = settings_of(me, ca, false);
    struct tls_context *c;
    struct err e = { 0 };

    if (tls_client_context_new(&c, &s, &e) != ERR_OK)
        fail_msg("%s", e.why);
    return c;
}

static void pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
}

/* A connection between our own two sides. */
struct line {
    struct tls_context *server_context, *client_context;
    struct tls *server, *client;
    int fds[2];
};

static void line_open(struct line *l, enum who server, enum who client)
{
    l->server_context = server_of(server, true, client != NOBODY);
    l->client_context = client_of(client, true);
    pair(l->fds);
    assert_int_equal(tls_new(&l->server, l->server_context, l->fds[0], NULL), ERR_OK);
    assert_int_equal(tls_new(&l->client, l->client_context, l->fds[1], NULL), ERR_OK);
}

static void line_close(struct line *l)
{
    tls_free(&l->server);
    tls_free(&l->client);
    tls_context_free(&l->server_context);
    tls_context_free(&l->client_context);
    close(l->fds[0]);
    close(l->fds[1]);
}

/* Both sides take turns until the server has these bytes. */
static void line_say(struct line *l, const char *text)
{
    struct err e = { 0 };
    char room[64];
    size_t put = 0, got = 0, n = strlen(text);

    for (unsigned turn = 0; turn < 100 && got < n; turn++) {
        ssize_t rc = put < n ? tls_write(l->client, text + put, n - put, &e) : 1;

        assert_true(rc > 0 || rc == TLS_WANT_READ);
        put += rc > 0 && put < n ? (size_t)rc : 0;
        rc = tls_read(l->server, room + got, sizeof(room) - got, &e);
        if (rc <= 0 && rc != TLS_WANT_READ)
            fail_msg("%zd: %s", rc, e.why);
        got += rc > 0 ? (size_t)rc : 0;
    }
    check_span("said", (struct span){ (uint8_t *)room, got }, text);
    assert_true(tls_ready(l->server) && tls_ready(l->client));
}

static void a_good_peer_is_known_by_fingerprint_and_name(void **state)
{
    unsigned char digest[32];
    char fingerprint[65], want[65], name[64];
    struct line l;

    (void)state;
    line_open(&l, SERVER, GOOD);
    assert_false(tls_peer(l.server, fingerprint, name, sizeof(name)));
    line_say(&l, "hello");
    assert_true(tls_peer(l.server, fingerprint, name, sizeof(name)));
    assert_string_equal(name, "agent-7");
    assert_int_equal(X509_digest(all[GOOD].certificate, EVP_sha256(), digest, NULL), 1);
    for (size_t i = 0; i < 32; i++)
        snprintf(want + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(fingerprint, want);
    assert_true(tls_peer(l.client, fingerprint, name, sizeof(name)));
    assert_string_equal(name, "server");
    line_close(&l);
}

static const struct {
    enum who who;
    const char *name;
} name_rows[] = {
    { GOOD, "agent-7" },
    { DNS_ONLY, "dns.example" },
    { ZERO_NAME, "agent-7?.evil" }, /* CVE-2009-2408: not "agent-7" */
    { LONG_NAME, "" },
};

static void names_that_deceive_are_not_taken(void **state)
{
    char fingerprint[65], name[16];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(name_rows); i++) {
        struct line l;

        line_open(&l, SERVER, name_rows[i].who);
        line_say(&l, "hello");
        assert_true(tls_peer(l.server, fingerprint, name, sizeof(name)));
        assert_string_equal(name, name_rows[i].name);
        line_close(&l);
    }
}

static void a_client_that_is_not_asked_is_nobody(void **state)
{
    char fingerprint[65] = "x", name[16] = "x";
    struct line l;

    (void)state;
    line_open(&l, SERVER, NOBODY);
    line_say(&l, "hello");
    assert_false(tls_peer(l.server, fingerprint, name, sizeof(name)));
    assert_string_equal(fingerprint, "");
    assert_string_equal(name, "");
    line_close(&l);
}

/* --- bad clients -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum who who;
    int version; /* at most, or 0 */
    const char *ciphers;
    const char *why; /* part of the server's reason; NULL: gets through */
} client_rows[] = {
    { "good", GOOD, 0, NULL, NULL },
    { "good, by TLS 1.2", GOOD, TLS1_2_VERSION, NULL, NULL },
    { "expired", EXPIRED, 0, NULL, "certificate has expired" },
    { "expired, by TLS 1.2", EXPIRED, TLS1_2_VERSION, NULL, "certificate has expired" },
    { "not yet valid", NOT_YET, 0, NULL, "not yet valid" },
    { "of another CA", OTHERS, 0, NULL, "unable to get local issuer" },
    { "signed by itself", SELF, 0, NULL, "self-signed" },
    { "for servers only", SERVER_ONLY, 0, NULL, "unsuitable certificate purpose" },
    { "SHA-1", WITH_SHA1, 0, NULL, "digest algorithm too weak" },
    { "short key", SHORT_KEY, 0, NULL, "EE certificate key too weak" },
    { "signed by a client", BY_LEAF, 0, NULL, "invalid CA certificate" },
    { "chain too long", CHAINED, 0, NULL, "certificate chain too long" },
    { "none", NOBODY, 0, NULL, "peer did not return a certificate" },
    { "none, by TLS 1.2", NOBODY, TLS1_2_VERSION, NULL, "peer did not return a certificate" },
    { "TLS 1.1", GOOD, TLS1_1_VERSION, NULL, "unsupported protocol" },
    { "TLS 1.0", GOOD, TLS1_VERSION, NULL, "unsupported protocol" },
    { "CBC", GOOD, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", "no shared cipher" },
    { "CCM", GOOD, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM8", "no shared cipher" },
    { "no ECDHE", GOOD, TLS1_2_VERSION, "AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256",
      "no shared cipher" },
    { "nobody signs", GOOD, TLS1_2_VERSION, "AECDH-AES128-SHA", "no shared cipher" },
};

/* A client without scruples. */
static SSL *raw_client(enum who who, int version, const char *ciphers, int fd)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    SSL *s;

    SSL_CTX_set_security_level(c, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(c, TLS1_VERSION), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(c, version), 1);
    if (ciphers != NULL)
        assert_int_equal(SSL_CTX_set_cipher_list(c, ciphers), 1);
    if (who != NOBODY) {
        assert_int_equal(SSL_CTX_use_certificate(c, all[who].certificate), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(c, all[who].key), 1);
    }
    if (who == BY_LEAF)
        assert_int_equal(SSL_CTX_add1_chain_cert(c, all[GOOD].certificate), 1);
    for (unsigned i = 0; who == CHAINED && i < LINKS; i++)
        assert_int_equal(SSL_CTX_add1_chain_cert(c, all[LINK + LINKS - 1 - i].certificate), 1);
    s = SSL_new(c);
    SSL_CTX_free(c);
    SSL_set_connect_state(s);
    assert_int_equal(SSL_set_fd(s, fd), 1);
    return s;
}

/* The server's answer: 0 when the handshake is over, else the code. */
static ssize_t shake(struct tls *server, SSL *client, struct err *e)
{
    char c;

    for (unsigned turn = 0; turn < 50; turn++) {
        ssize_t rc;

        (void)SSL_do_handshake(client);
        ERR_clear_error();
        rc = tls_read(server, &c, 1, e);
        if (rc != TLS_WANT_READ)
            return rc;
        if (tls_ready(server) && SSL_is_init_finished(client))
            return 0;
    }
    return TLS_WANT_READ;
}

static void every_bad_client_is_refused_with_its_reason(void **state)
{
    struct tls_context *c = server_of(SERVER, true, true);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(client_rows); i++) {
        struct err e = { 0 };
        struct tls *server;
        SSL *client;
        ssize_t rc;
        int fds[2];
        char room;

        pair(fds);
        assert_int_equal(tls_new(&server, c, fds[0], NULL), ERR_OK);
        client =
            raw_client(client_rows[i].who, client_rows[i].version, client_rows[i].ciphers, fds[1]);
        rc = shake(server, client, &e);
        if (client_rows[i].why == NULL && rc != 0)
            fail_msg("row '%s': %zd, %s", client_rows[i].name, rc, e.why);
        if (client_rows[i].why != NULL) {
            if (rc != ERR_SYNTAX || strstr(e.why, client_rows[i].why) == NULL)
                fail_msg("row '%s': %zd, %s", client_rows[i].name, rc, e.why);
            assert_int_equal(tls_read(server, &room, 1, &e), ERR_IO);
            assert_int_equal(tls_write(server, "x", 1, &e), ERR_IO);
        }
        CHECK_ROW(client_rows[i].name, ERR_peek_error() == 0);
        SSL_free(client);
        tls_free(&server);
        close(fds[0]);
        close(fds[1]);
    }
    tls_context_free(&c);
}

static void no_client_certificate_is_good_where_it_is_not_demanded(void **state)
{
    struct tls_context *c = server_of(SERVER, true, false);
    struct err e = { 0 };
    struct tls *server;
    SSL *client;
    int fds[2];

    (void)state;
    pair(fds);
    assert_int_equal(tls_new(&server, c, fds[0], NULL), ERR_OK);
    client = raw_client(EXPIRED, 0, NULL, fds[1]); /* but a bad one is bad */
    assert_int_equal(shake(server, client, &e), ERR_SYNTAX);
    SSL_free(client);
    tls_free(&server);
    close(fds[0]);
    close(fds[1]);
    pair(fds);
    assert_int_equal(tls_new(&server, c, fds[0], NULL), ERR_OK);
    client = raw_client(NOBODY, 0, NULL, fds[1]);
    assert_int_equal(shake(server, client, &e), 0);
    SSL_free(client);
    tls_free(&server);
    close(fds[0]);
    close(fds[1]);
    tls_context_free(&c);
}

static void renegotiation_is_refused_and_nothing_is_resumed(void **state)
{
    struct tls_context *c = server_of(SERVER, true, true);
    struct err e = { 0 };
    struct tls *server;
    char room[8];
    SSL *client;
    int fds[2], reason = 0;

    (void)state;
    pair(fds);
    assert_int_equal(tls_new(&server, c, fds[0], NULL), ERR_OK);
    client = raw_client(GOOD, TLS1_2_VERSION, NULL, fds[1]);
    assert_int_equal(shake(server, client, &e), 0);
    assert_int_equal(SSL_SESSION_has_ticket(SSL_get0_session(client)), 0);
    assert_int_equal(SSL_SESSION_is_resumable(SSL_get0_session(client)), 0);
    assert_int_equal(SSL_renegotiate(client), 1);
    for (unsigned i = 0; i < 4 && reason == 0; i++) {
        (void)SSL_do_handshake(client);
        reason = ERR_GET_REASON(ERR_get_error());
        ERR_clear_error();
        (void)tls_read(server, room, sizeof(room), &e); /* the client may take offence */
    }
    assert_int_equal(reason, SSL_R_NO_RENEGOTIATION);
    SSL_free(client);
    tls_free(&server);
    close(fds[0]);
    close(fds[1]);
    tls_context_free(&c);
}

/* What the server says to these bytes and the end. */
static ssize_t feed(struct tls_context *c, struct span bytes, bool end, struct err *e)
{
    struct tls *server;
    ssize_t rc;
    int fds[2];
    char room[64];

    pair(fds);
    assert_int_equal(tls_new(&server, c, fds[0], NULL), ERR_OK);
    assert_int_equal(write(fds[1], bytes.p, bytes.n), (ssize_t)bytes.n);
    if (end)
        assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
    rc = tls_read(server, room, sizeof(room), e);
    tls_free(&server);
    close(fds[0]);
    close(fds[1]);
    return rc;
}

static const struct {
    struct span bytes;
    const char *why;
} garbage_rows[] = {
    { TEXT("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "http request" },
    { TEXT("<34>1 2026-01-01T00:00:00Z h app - - - plain syslog"), "wrong version number" },
    { TEXT("\x16\x03\x01\xff\xff rest of a record that is too long"), "" },
    { TEXT("\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff"), "" },
    { TEXT("\x17\x03\x03\x00\x05hello"), "" },
    { TEXT("\x80\x2e\x01\x00\x02 an SSL 2 hello of long ago, as long as it says it is"), "" },
    { TEXT("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "" },
};

static void garbage_is_refused(void **state)
{
    struct tls_context *c = server_of(SERVER, true, true);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(garbage_rows); i++) {
        struct err e = { 0 };
        ssize_t rc = feed(c, garbage_rows[i].bytes, false, &e);

        if (rc != ERR_SYNTAX || e.why[0] == 0 || strstr(e.why, garbage_rows[i].why) == NULL)
            fail_msg("row %zu: %zd, %s", i, rc, e.why);
    }
    tls_context_free(&c);
}

static void a_hello_cut_or_changed_anywhere_is_only_refused(void **state)
{
    struct tls_context *c = server_of(SERVER, true, true);
    uint8_t hello[1024];
    struct err e = { 0 };
    SSL *client;
    ssize_t n;
    int fds[2];

    (void)state;
    pair(fds);
    client = raw_client(GOOD, 0, NULL, fds[1]);
    (void)SSL_do_handshake(client);
    n = read(fds[0], hello, sizeof(hello));
    assert_in_range(n, 100, sizeof(hello) - 1);
    assert_int_equal(feed(c, (struct span){ hello, (size_t)n }, false, &e), TLS_WANT_READ);
    for (size_t i = 0; i < (size_t)n; i++) {
        ssize_t rc = feed(c, (struct span){ hello, i }, true, &e);

        if (rc != ERR_IO || strstr(e.why, "went away") == NULL)
            fail_msg("cut at %zu: %zd, %s", i, rc, e.why);
        hello[i] ^= 0x55;
        rc = feed(c, (struct span){ hello, (size_t)n }, true, &e);
        assert_true(rc == ERR_IO || rc == ERR_SYNTAX);
        hello[i] ^= 0x55;
    }
    SSL_free(client);
    close(fds[0]);
    close(fds[1]);
    tls_context_free(&c);
}

/* --- bad servers, for our own client ------------------------------------------------------ */

static const struct {
    enum who who;
    const char *why;
} server_rows[] = {
    { SERVER_EXPIRED, "certificate has expired" },
    { SERVER_OTHERS, "unable to get local issuer" },
    { SERVER_CLIENT, "unsuitable certificate purpose" },
};

static void a_bad_server_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(server_rows); i++) {
        struct err e = { 0 };
        struct line l;
        ssize_t rc = TLS_WANT_READ;
        char c;

        line_open(&l, server_rows[i].who, NOBODY);
        for (unsigned turn = 0; turn < 10 && rc == TLS_WANT_READ; turn++) {
            rc = tls_read(l.client, &c, 1, &e);
            (void)tls_read(l.server, &c, 1, NULL);
        }
        if (rc != ERR_SYNTAX || strstr(e.why, server_rows[i].why) == NULL)
            fail_msg("row %zu: %zd, %s", i, rc, e.why);
        rc = tls_read(l.server, &c, 1, &e);
        line_close(&l);
    }
}

/* --- bytes -------------------------------------------------------------------------------- */

/* One byte from each side to the other; a wire that is as slow as can be. */
static void wire_turn(int a, int b)
{
    char c;

    if (read(a, &c, 1) == 1)
        assert_int_equal(write(b, &c, 1), 1);
    if (read(b, &c, 1) == 1)
        assert_int_equal(write(a, &c, 1), 1);
}

static void one_byte_at_a_time_is_enough(void **state)
{
    static const char text[] = "every byte by itself";
    struct tls_context *sc = server_of(SERVER, true, true), *cc = client_of(GOOD, true);
    struct tls *server, *client;
    size_t put = 0, got = 0;
    char room[64] = "";
    int near[2], far[2];

    (void)state;
    pair(near);
    pair(far);
    assert_int_equal(tls_new(&server, sc, near[0], NULL), ERR_OK);
    assert_int_equal(tls_new(&client, cc, far[0], NULL), ERR_OK);
    for (unsigned turn = 0; turn < 20000 && got < sizeof(text); turn++) {
        ssize_t rc = put < sizeof(text) ? tls_write(client, text + put, 1, NULL) : 0;

        put += rc > 0 ? (size_t)rc : 0;
        assert_true(rc >= 0 || rc == TLS_WANT_READ);
        rc = tls_read(server, room + got, 1, NULL);
        got += rc > 0 ? (size_t)rc : 0;
        assert_true(rc > 0 || rc == TLS_WANT_READ);
        wire_turn(near[1], far[1]);
    }
    assert_string_equal(room, text);
    tls_free(&server);
    tls_free(&client);
    tls_context_free(&sc);
    tls_context_free(&cc);
    for (size_t i = 0; i < 2; i++) {
        close(near[i]);
        close(far[i]);
    }
}

static void a_peer_that_does_not_read_is_waited_for_and_nothing_is_lost(void **state)
{
    enum { BYTES = 2 << 20 };
    uint8_t *bytes = malloc(BYTES), *moved = malloc(BYTES);
    size_t put = 0, got = 0;
    unsigned waited = 0;
    struct line l;
    static uint8_t room[5000];

    (void)state;
    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    memcpy(moved, bytes, BYTES);
    line_open(&l, SERVER, GOOD);
    line_say(&l, "hello");
    while (got < BYTES) {
        ssize_t rc = 0;

        while (put < BYTES && (rc = tls_write(l.client, bytes + put, BYTES - put, NULL)) > 0)
            put += (size_t)rc;
        if (rc == TLS_WANT_WRITE)
            waited++;
        /* From elsewhere in memory, next time. */
        for (uint8_t *other = bytes; other != NULL; other = NULL) {
            bytes = moved;
            moved = other;
        }
        while ((rc = tls_read(l.server, room, sizeof(room), NULL)) > 0) {
            assert_memory_equal(room, bytes + got, (size_t)rc);
            got += (size_t)rc;
        }
        assert_int_equal(rc, TLS_WANT_READ);
        assert_int_equal(tls_pending(l.server), 0);
    }
    assert_true(waited > 2);
    line_close(&l);
    free(bytes);
    free(moved);
}

static void what_waits_decrypted_is_told(void **state)
{
    struct line l;
    char c;

    (void)state;
    line_open(&l, SERVER, GOOD);
    line_say(&l, "hello");
    assert_int_equal(tls_write(l.client, "0123456789", 10, NULL), 10);
    assert_int_equal(tls_read(l.server, &c, 1, NULL), 1);
    assert_int_equal(tls_pending(l.server), 9);
    line_close(&l);
}

static void good_bye_is_told_from_a_broken_connection(void **state)
{
    struct err e = { 0 };
    struct line l;
    char c;

    (void)state;
    line_open(&l, SERVER, GOOD);
    line_say(&l, "hello");
    tls_free(&l.client);
    assert_int_equal(tls_read(l.server, &c, 1, &e), TLS_CLOSED);
    line_close(&l);

    line_open(&l, SERVER, GOOD);
    line_say(&l, "hello");
    assert_int_equal(shutdown(l.fds[1], SHUT_RDWR), 0);
    assert_int_equal(tls_read(l.server, &c, 1, &e), ERR_IO);
    assert_non_null(strstr(e.why, "went away"));
    line_close(&l);

    line_open(&l, SERVER, GOOD);
    line_say(&l, "hello");
    close(l.fds[1]);
    l.fds[1] = dup(l.fds[0]);
    assert_int_equal(tls_write(l.server, "x", 1, &e), ERR_IO); /* and no SIGPIPE */
    assert_non_null(strstr(e.why, strerror(EPIPE)));
    line_close(&l);
}

/* --- settings ----------------------------------------------------------------------------- */

static void check_settings(struct tls_settings s, const char *why)
{
    struct tls_context *c;
    struct err e = { 0 };
    int rc = tls_context_new(&c, &s, &e);

    if (rc != ERR_USAGE || strstr(e.why, why) == NULL)
        fail_msg("%d, '%s' instead of '%s'", rc, e.why, why);
    assert_null(c);
    assert_int_equal(ERR_peek_error(), 0);
}

static void unusable_settings_are_told_in_a_sentence(void **state)
{
    const struct tls_settings good = settings_of(SERVER, true, true);
    struct tls_settings s;
    char locked[4096] = "";
    BIO *text = BIO_new(BIO_s_mem());

    (void)state;
    s = good;
    s.certificate = SPAN_NONE;
    check_settings(s, "The certificate cannot be used");
    s.certificate = SPAN_LIT("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    check_settings(s, "The certificate cannot be used");
    s.certificate = (struct span){ good.certificate.p, good.certificate.n / 2 };
    check_settings(s, "The certificate cannot be used");
    s.certificate = span_of(all[SHORT_KEY].pem);
    check_settings(s, "ee key too small");
    s = good;
    s.key = SPAN_LIT("no key");
    check_settings(s, "The key cannot be used");
    s.key = span_of(all[GOOD].key_pem);
    check_settings(s, "key values mismatch");
    s = good;
    s.ca = SPAN_LIT("no CA");
    check_settings(s, "certificate authority");
    s.ca = SPAN_NONE;
    check_settings(s, "without a CA");
    assert_int_equal(PEM_write_bio_PrivateKey(text, all[SERVER].key, EVP_aes_128_cbc(),
                                              (const unsigned char *)"pass", 4, NULL, NULL),
                     1);
    assert_true(BIO_read(text, locked, sizeof(locked) - 1) > 0);
    BIO_free(text);
    s = good;
    s.key = span_of(locked);
    check_settings(s, "The key cannot be used"); /* and nobody is asked at the terminal */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_peer_is_known_by_fingerprint_and_name),
        cmocka_unit_test(names_that_deceive_are_not_taken),
        cmocka_unit_test(a_client_that_is_not_asked_is_nobody),
        cmocka_unit_test(every_bad_client_is_refused_with_its_reason),
        cmocka_unit_test(no_client_certificate_is_good_where_it_is_not_demanded),
        cmocka_unit_test(renegotiation_is_refused_and_nothing_is_resumed),
        cmocka_unit_test(garbage_is_refused),
        cmocka_unit_test(a_hello_cut_or_changed_anywhere_is_only_refused),
        cmocka_unit_test(a_bad_server_is_refused),
        cmocka_unit_test(one_byte_at_a_time_is_enough),
        cmocka_unit_test(a_peer_that_does_not_read_is_waited_for_and_nothing_is_lost),
        cmocka_unit_test(what_waits_decrypted_is_told),
        cmocka_unit_test(good_bye_is_told_from_a_broken_connection),
        cmocka_unit_test(unusable_settings_are_told_in_a_sentence),
    };
    return cmocka_run_group_tests(tests, make_all, release_all);
}
