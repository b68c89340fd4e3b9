/*
 * Goal: the same bytes come out, whatever they are wrapped in; a damaged wrapping keeps what is
 * good in front of the damage; bombs and deep nesting are given up with a sentence. Method:
 * wrappings made here with libarchive, in a folder made for the test.
 */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

#include "base/buf.h"
#include "base/limits.h"
#include "scan/stream.h"

static char folder[64];
static const char text[] = "{\"a\":1}\n{\"a\":\"Đăng nhập\"}\n";

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/canh-stream-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[4][256];
    static unsigned at;
    char *p = path[at++ % 4];

    snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
    return p;
}

static void save(const char *name, struct span bytes)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
    assert_int_equal(close(fd), 0);
}

struct member {
    const char *name;
    struct span bytes;
};

/* An archive of these members; "raw" formats take one. */
static void pack(const char *name, const char *format, const char *filter, const struct member *m,
                 size_t count)
{
    struct archive *a = archive_write_new();

    assert_int_equal(archive_write_set_format_by_name(a, format), ARCHIVE_OK);
    if (filter != NULL)
        assert_true(archive_write_add_filter_by_name(a, filter) >= ARCHIVE_WARN);
    assert_int_equal(archive_write_open_filename(a, path_of(name)), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *e = archive_entry_new();

        archive_entry_set_pathname(e, m[i].name);
        archive_entry_set_size(e, (la_int64_t)m[i].bytes.n);
        archive_entry_set_filetype(e, AE_IFREG);
        archive_entry_set_perm(e, 0644);
        assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
        assert_int_equal(archive_write_data(a, m[i].bytes.p, m[i].bytes.n),
                         (la_ssize_t)m[i].bytes.n);
        archive_entry_free(e);
    }
    assert_int_equal(archive_write_free(a), ARCHIVE_OK);
}

static struct span load(const char *name, struct buf *b)
{
    int fd = open(path_of(name), O_RDONLY);
    ssize_t n;

    assert_true(fd >= 0);
    buf_clear(b);
    do {
        assert_true(buf_reserve(b, 4096));
        n = read(fd, b->p + b->n, 4096);
        b->n += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    assert_int_equal(close(fd), 0);
    return buf_span(b);
}

/* Everything that a stream gives: "name=bytes;" of each member, "!" and the code at a fault. */
static void read_all(const char *name, size_t piece, struct buf *out)
{
    struct stream *s;
    struct stream_member m;
    struct err e;
    uint8_t room[4096];
    int rc;

    buf_clear(out);
    assert_int_equal(stream_open(&s, path_of(name), &e), ERR_OK);
    while ((rc = stream_member(s, &m, &e)) != 0) {
        int64_t n = 1;

        if (rc < 0) {
            buf_fmt(out, "!%d;", rc);
            continue;
        }
        assert_true(span_starts(m.name, span_of(path_of(name))));
        buf_add(out, span_from(m.name, strlen(path_of(name))));
        buf_byte(out, '=');
        while (n > 0) {
            n = stream_read(s, room, piece, &e);
            if (n > 0)
                buf_add(out, (struct span){ room, (size_t)n });
            else if (n < 0)
                buf_fmt(out, "!%d", (int)n);
        }
        buf_byte(out, ';');
    }
    stream_close(&s);
}

static const char *const filters[] = { "gzip", "zstd", "xz", "bzip2", "lz4" };

static void compressed_files_give_their_bytes(void **state)
{
    struct member m = { "x", SPAN_LIT(text) };
    struct buf got;
    char want[256];

    (void)state;
    buf_init(&got, 1 << 20);
    snprintf(want, sizeof(want), "=%s;", text);
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        pack("packed", "raw", filters[i], &m, 1);
        for (size_t piece = 1; piece < 4096; piece = piece * 7 + 1) {
            read_all("packed", piece, &got);
            check_span(filters[i], buf_span(&got), want);
        }
    }
    buf_release(&got);
}

static void members_have_names_and_compressed_ones_are_opened(void **state)
{
    struct member raw = { "x", SPAN_LIT("inner\n") }, m[3];
    struct buf inner, got;

    (void)state;
    buf_init(&inner, 1 << 20);
    buf_init(&got, 1 << 20);
    pack("inner.gz", "raw", "gzip", &raw, 1);
    m[0] = (struct member){ "one.log", SPAN_LIT("1\n") };
    m[1] = (struct member){ "sub/two.gz", load("inner.gz", &inner) };
    m[2] = (struct member){ "empty", SPAN_LIT("") };
    pack("all.zip", "zip", NULL, m, 3);
    read_all("all.zip", 100, &got);
    check_span("zip", buf_span(&got), "/one.log=1\n;/sub/two.gz=inner\n;/empty=;");
    pack("all.tgz", "pax", "gzip", m, 3);
    read_all("all.tgz", 100, &got);
    check_span("tar in gzip", buf_span(&got), "/one.log=1\n;/sub/two.gz=inner\n;/empty=;");
    buf_release(&got);
    buf_release(&inner);
}

static void nesting_ends_with_a_sentence_and_the_next_member_follows(void **state)
{
    struct member m[2] = { { "a", SPAN_LIT("deep\n") }, { "b", SPAN_LIT("beside\n") } };
    struct buf inner, got;

    (void)state;
    buf_init(&inner, 1 << 20);
    buf_init(&got, 1 << 20);
    for (unsigned depth = 0; depth <= LIMIT_ARCHIVE_DEPTH; depth++) {
        pack("nest.zip", "zip", NULL, m, 2);
        m[0].bytes = load("nest.zip", &inner);
    }
    read_all("nest.zip", 100, &got);
    buf_byte(&got, 0); /* for strstr() */
    assert_non_null(strstr((const char *)got.p, "!-3;"));
    assert_non_null(strstr((const char *)got.p, "/b=beside\n;"));
    assert_null(strstr((const char *)got.p, "deep"));
    buf_release(&got);
    buf_release(&inner);
}

static void a_cut_archive_keeps_what_is_good(void **state)
{
    struct buf big, packed, got;
    struct member m;

    (void)state;
    buf_init(&big, 8 << 20);
    buf_init(&packed, 8 << 20);
    buf_init(&got, 8 << 20);
    for (uint32_t i = 0, x = 1; i < 200000; i++, x = x * 1664525u + 1013904223u)
        buf_fmt(&big, "%08x\n", x);
    m = (struct member){ "x", buf_span(&big) };
    pack("big.gz", "raw", "gzip", &m, 1);
    (void)load("big.gz", &packed);
    save("cut.gz", (struct span){ packed.p, packed.n / 2 });
    read_all("cut.gz", 4096, &got);
    assert_true(got.n > big.n / 4);
    assert_memory_equal(got.p + 1, big.p, big.n / 4);
    assert_non_null(memmem(got.p, got.n, "!-", 2));
    buf_release(&got);
    buf_release(&packed);
    buf_release(&big);
}

static const struct {
    const char *name;
    struct span bytes;
    const char *want;
} encodings[] = {
    { "UTF-8 with a mark",
      { (const uint8_t *)"\xEF\xBB\xBF"
                         "ab",
        5 },
      "=ab;" },
    { "UTF-16LE",
      { (const uint8_t *)"\xFF\xFE"
                         "a\0\x11\x01",
        6 },
      "=ađ;" },
    { "UTF-16BE",
      { (const uint8_t *)"\xFE\xFF"
                         "\0a\x01\x11",
        6 },
      "=ađ;" },
    { "a pair", { (const uint8_t *)"\xFF\xFE\x3D\xD8\x00\xDE", 6 }, "=😀;" },
    { "an odd last byte",
      { (const uint8_t *)"\xFF\xFE"
                         "a\0b",
        5 },
      "=a\xEF\xBF\xBD;" },
    { "nothing but a mark", { (const uint8_t *)"\xFF\xFE", 2 }, "=;" },
    { "nothing", { (const uint8_t *)"", 0 }, "=;" },
};

static void text_becomes_utf8(void **state)
{
    struct buf got;

    (void)state;
    buf_init(&got, 1 << 16);
    for (size_t i = 0; i < COUNT_OF(encodings); i++) {
        save("text", encodings[i].bytes);
        for (size_t piece = 1; piece < 8; piece++) {
            read_all("text", piece, &got);
            check_span(encodings[i].name, buf_span(&got), encodings[i].want);
        }
    }
    buf_release(&got);
}

static void long_wide_text_loses_nothing(void **state)
{
    struct buf wide, want, got;

    (void)state;
    buf_init(&wide, 8 << 20);
    buf_init(&want, 8 << 20);
    buf_init(&got, 8 << 20);
    buf_text(&want, "=");
    buf_add(&wide, (struct span){ (const uint8_t *)"\xFF\xFE", 2 });
    for (uint32_t i = 0; i < 30001; i++) {
        buf_add(&wide, (struct span){ (const uint8_t *)"x\0\x3D\xD8\x00\xDE", i % 3 == 0 ? 6 : 2 });
        buf_text(&want, i % 3 == 0 ? "x😀" : "x");
    }
    buf_text(&want, ";");
    save("wide", buf_span(&wide));
    read_all("wide", 1000, &got);
    assert_true(span_eq(buf_span(&got), buf_span(&want)));
    buf_release(&got);
    buf_release(&want);
    buf_release(&wide);
}

static void what_cannot_be_opened_says_why(void **state)
{
    struct stream *s;
    struct err e;

    (void)state;
    assert_int_equal(stream_open(&s, path_of("nothing-here"), &e), ERR_IO);
    assert_true(strlen(e.why) > 10);
    assert_int_equal(stream_open(&s, "/dev/zero", &e), ERR_IO);
    assert_int_equal(stream_open(&s, folder, &e), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compressed_files_give_their_bytes),
        cmocka_unit_test(members_have_names_and_compressed_ones_are_opened),
        cmocka_unit_test(nesting_ends_with_a_sentence_and_the_next_member_follows),
        cmocka_unit_test(a_cut_archive_keeps_what_is_good),
        cmocka_unit_test(text_becomes_utf8),
        cmocka_unit_test(long_wide_text_loses_nothing),
        cmocka_unit_test(what_cannot_be_opened_says_why),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
