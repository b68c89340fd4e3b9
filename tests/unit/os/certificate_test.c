/*
 * Goal: a server that nobody gave a certificate has one, the same until it is over soon.
 * Method: two ends of TLS over a socket pair with it; its own names checked by OpenSSL.
 */
#include "../check.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/certificate.h"
#include "os/tls.h"

#define NOW INT64_C(1790000000)
#define DAY INT64_C(86400)

struct bench {
    char path[64];
    int dir;
    struct buf pem;
};

static void bench_init(struct bench *b)
{
    (void)snprintf(b->path, sizeof(b->path), "certificate_test.XXXXXX");
    assert_non_null(mkdtemp(b->path));
    b->dir = open(b->path, O_RDONLY | O_DIRECTORY);
    assert_true(b->dir >= 0);
    buf_init(&b->pem, 1 << 20);
}

static void bench_release(struct bench *b)
{
    (void)unlinkat(b->dir, "own.pem", 0);
    assert_int_equal(close(b->dir), 0);
    assert_int_equal(rmdir(b->path), 0);
    buf_release(&b->pem);
}

static void own(struct bench *b, const char *host, int64_t now_s,
                char print[CERTIFICATE_PRINT_BYTES])
{
    struct err e;

    assert_int_equal(certificate_own(&io_system, b->dir, "own.pem", host, now_s, &b->pem, &e),
                     ERR_OK);
    assert_true(certificate_print(buf_span(&b->pem), print));
}

static void it_stays_until_it_is_over_soon(void **state)
{
    char first[CERTIFICATE_PRINT_BYTES], next[CERTIFICATE_PRINT_BYTES];
    struct bench b;
    struct stat st;

    (void)state;
    bench_init(&b);
    own(&b, "soc-1", NOW, first);
    assert_int_equal(strlen(first), 95);
    assert_int_equal(fstatat(b.dir, "own.pem", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    own(&b, "soc-1", NOW + (CERTIFICATE_DAYS - CERTIFICATE_RENEW_DAYS - 1) * DAY, next);
    assert_string_equal(first, next);
    own(&b, "soc-1", NOW + (CERTIFICATE_DAYS - CERTIFICATE_RENEW_DAYS + 1) * DAY, next);
    assert_string_not_equal(first, next);
    bench_release(&b);
}

static void one_that_is_damaged_is_made_anew(void **state)
{
    char first[CERTIFICATE_PRINT_BYTES], next[CERTIFICATE_PRINT_BYTES];
    struct bench b;
    int fd;

    (void)state;
    bench_init(&b);
    own(&b, "soc-1", NOW, first);
    fd = openat(b.dir, "own.pem", O_WRONLY);
    assert_int_equal(ftruncate(fd, (off_t)b.pem.n - 100), 0); /* the key is cut */
    assert_int_equal(close(fd), 0);
    own(&b, "soc-1", NOW, next);
    assert_string_not_equal(first, next);
    assert_false(certificate_print(SPAN_LIT("-----BEGIN CERTIFICATE-----"), next));
    bench_release(&b);
}

static void it_is_for_this_host_and_loopback(void **state)
{
    static const struct {
        const char *host, *asked;
        int want;
    } rows[] = {
        { "soc-1.example.vn", "soc-1.example.vn", 1 },
        { "soc-1", "localhost", 1 },
        { "soc-1", "soc-2", 0 },
        { "a,DNS:evil.example", "localhost", 1 },
        { "a,DNS:evil.example", "evil.example", 0 },
        { "", "localhost", 1 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char print[CERTIFICATE_PRINT_BYTES];
        struct bench b;
        BIO *in;
        X509 *c;

        bench_init(&b);
        own(&b, rows[i].host, NOW, print);
        in = BIO_new_mem_buf(b.pem.p, (int)b.pem.n);
        c = PEM_read_bio_X509(in, NULL, NULL, NULL);
        assert_non_null(c);
        assert_int_equal(X509_check_host(c, rows[i].asked, 0, 0, NULL), rows[i].want);
        assert_int_equal(X509_check_ip_asc(c, "127.0.0.1", 0), 1);
        assert_int_equal(X509_check_ip_asc(c, "::1", 0), 1);
        assert_int_equal(X509_verify(c, X509_get0_pubkey(c)), 1);
        X509_free(c);
        BIO_free(in);
        bench_release(&b);
    }
}

static void tls_takes_it(void **state)
{
    char print[CERTIFICATE_PRINT_BYTES];
    struct tls_context *context;
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    own(&b, "soc-1", NOW, print);
    const struct tls_settings set = { .certificate = buf_span(&b.pem), .key = buf_span(&b.pem) };

    assert_int_equal(tls_context_new(&context, &set, &e), ERR_OK);
    tls_context_free(&context);
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stays_until_it_is_over_soon),
        cmocka_unit_test(one_that_is_damaged_is_made_anew),
        cmocka_unit_test(it_is_for_this_host_and_loopback),
        cmocka_unit_test(tls_takes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
