/*
 * Goal: what two readers could understand differently is refused with the right status, and what
 * shippers send is taken. Method: http_bad.tbl and http_good.tbl, each row against an unmapped
 * page, cut at every byte, and fed one byte at a time; what a request means is looked at in rows
 * here.
 */
#include "check.h"
#include "guard.h"
#include "http_drive.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/num.h"

#define TABLE_BYTES_MAX 1048576u
#define ROW_BYTES_MAX   131072u
#define CUT_BYTES_MAX   2048u /* longer rows are cut at every 97th byte */
#define PARTS_MAX       4u

/* ---- the tables ---- */

static void read_table(const char *name, struct buf *out)
{
    char path[512];
    FILE *in;
    int c;

    buf_init(out, TABLE_BYTES_MAX);
    (void)snprintf(path, sizeof(path), "%s/%s", TABLES_FOLDER, name);
    in = fopen(path, "rb");
    assert_non_null(in);
    while ((c = getc(in)) != EOF)
        buf_byte(out, (uint8_t)c);
    (void)fclose(in);
    assert_false(buf_failed(out));
}

/* One escape at s[*at], which moves behind it. */
static void unescape_one(struct span s, size_t *at, struct buf *out);

static void unescape(struct span s, struct buf *out)
{
    for (size_t at = 0; at < s.n;) {
        if (s.p[at] == '\\')
            unescape_one(s, &at, out);
        else
            buf_byte(out, s.p[at++]);
    }
}

/* "{TEXT*N}" */
static void unescape_many(struct span s, size_t *at, struct buf *out)
{
    size_t end = *at + span_find(span_from(s, *at), '}');
    size_t star = *at + span_find(span_from(s, *at), '*');
    uint64_t times = 0;

    MUST(end < s.n && star < end);
    MUST(num_u64((struct span){ s.p + star + 1, end - star - 1 }, 1u << 20, &times));
    for (uint64_t i = 0; i < times; i++)
        unescape((struct span){ s.p + *at + 1, star - *at - 1 }, out);
    *at = end + 1;
}

static void unescape_one(struct span s, size_t *at, struct buf *out)
{
    static const char letters[] = "rnt\\", bytes[] = "\r\n\t\\";
    const char *letter;

    MUST(++*at < s.n);
    if (s.p[*at] == '{') {
        unescape_many(s, at, out);
    } else if (s.p[*at] == 'x') {
        MUST(*at + 2 < s.n && ascii_hex(s.p[*at + 1]) >= 0 && ascii_hex(s.p[*at + 2]) >= 0);
        buf_byte(out, (uint8_t)(ascii_hex(s.p[*at + 1]) << 4 | ascii_hex(s.p[*at + 2])));
        *at += 3;
    } else {
        letter = memchr(letters, s.p[*at], sizeof(letters) - 1);
        MUST(letter != NULL);
        buf_byte(out, (uint8_t)bytes[letter - letters]);
        (*at)++;
    }
}

struct row {
    char name[128];
    struct buf part[PARTS_MAX]; /* behind the name; the last are the bytes */
};

/* The next row of `parts` columns behind the name; false at the end. */
static bool row_next(struct span *rest, size_t parts, struct row *row)
{
    while (rest->n > 0) {
        struct span line = { rest->p, span_find(*rest, '\n') };

        *rest = span_from(*rest, line.n < rest->n ? line.n + 1 : line.n);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        for (size_t i = 0; i <= parts; i++) {
            size_t n = 0;

            while (i < parts && !span_starts(span_from(line, n), SPAN_LIT(" | ")))
                MUST(++n < line.n);
            n = i < parts ? n : line.n;
            if (i == 0) {
                (void)snprintf(row->name, sizeof(row->name), "%.*s", (int)n, (const char *)line.p);
            } else {
                buf_clear(&row->part[i - 1]);
                unescape((struct span){ line.p, n }, &row->part[i - 1]);
            }
            line = span_from(line, i < parts ? n + 3 : n);
        }
        return true;
    }
    return false;
}

static void row_init(struct row *row)
{
    for (size_t i = 0; i < PARTS_MAX; i++)
        buf_init(&row->part[i], ROW_BYTES_MAX);
}

static void row_release(struct row *row)
{
    for (size_t i = 0; i < PARTS_MAX; i++)
        buf_release(&row->part[i]);
}

/* Seeds of the fuzz target: two bytes for the cut before the request. */
static void write_seed(struct span in, const char *kind, size_t index)
{
    const char *dir = getenv("CANH_SEEDS");
    uint8_t cut[2] = { 0, (uint8_t)(in.n / 2) };
    char path[512];
    FILE *out;

    if (dir == NULL || in.n > CUT_BYTES_MAX)
        return;
    (void)snprintf(path, sizeof(path), "%s/http/%s%03zu", dir, kind, index);
    out = fopen(path, "wb");
    assert_true(out != NULL && fwrite(cut, 1, 2, out) == 2 && fwrite(in.p, 1, in.n, out) == in.n &&
                fclose(out) == 0);
}

static size_t cut_step(struct span in)
{
    return in.n > CUT_BYTES_MAX ? 97 : 1;
}

/* The same result however the bytes come. */
static void check_steps(const char *name, struct span in, const struct http_outcome *whole)
{
    size_t steps[] = { cut_step(in), 2, 7, 64 };
    struct http_outcome o;

    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        http_drive(in, 0, steps[i] < cut_step(in) ? cut_step(in) : steps[i], &o);
        CHECK_ROW(name, http_outcome_same(whole, &o));
        http_outcome_release(&o);
    }
}

static void malformed_requests_are_refused(void **state)
{
    struct buf table;
    struct span rest;
    struct guard g;
    struct row row;
    size_t count = 0, failed = 0;

    (void)state;
    guard_init(&g, ROW_BYTES_MAX);
    row_init(&row);
    read_table("http_bad.tbl", &table);
    rest = buf_span(&table);
    while (row_next(&rest, 2, &row)) {
        struct span in = guard_put(&g, buf_span(&row.part[1]));
        uint64_t status = 0;
        struct http_outcome o;

        CHECK_ROW(row.name, num_u64(buf_span(&row.part[0]), 999, &status));
        http_drive(in, in.n, 1, &o);
        if (o.rc == ERR_OK || o.rc == ERR_MORE || o.status != status) {
            printf("FAIL %s: %lld with %u, want %u\n", row.name, (long long)o.rc, o.status,
                   (unsigned)status);
            failed++;
        }
        check_steps(row.name, in, &o);
        http_outcome_release(&o);
        if (count++ % 4 == 0) /* enough to begin with */
            write_seed(in, "bad", count);
    }
    assert_int_equal(failed, 0);
    assert_true(count >= 200);
    buf_release(&table);
    row_release(&row);
    guard_release(&g);
}

/* "METHOD TARGET" of what was read. */
static bool is_request(const struct http_request *r, struct span want)
{
    return span_starts(want, r->method) && want.n == r->method.n + 1 + r->target.n &&
           span_ends(want, r->target);
}

static void check_good(struct guard *g, const struct row *row, size_t index)
{
    struct span in = guard_put(g, buf_span(&row->part[2]));
    struct http_outcome o;

    http_drive(in, in.n, 1, &o);
    if (o.rc != ERR_OK)
        fail_msg("row '%s': %lld with %u", row->name, (long long)o.rc, o.status);
    CHECK_ROW(row->name, o.used == in.n);
    CHECK_ROW(row->name, is_request(&o.head, buf_span(&row->part[0])));
    CHECK_ROW(row->name, span_eq(buf_span(&o.body), buf_span(&row->part[1])));
    check_steps(row->name, in, &o);
    http_outcome_release(&o);
    for (size_t n = 0; n < in.n; n += cut_step(in)) {
        struct span cut = guard_put(g, (struct span){ row->part[2].p, n });

        http_drive(cut, cut.n, 1, &o);
        CHECK_ROW(row->name, o.rc == ERR_MORE && o.status == 0);
        http_outcome_release(&o);
    }
    write_seed(buf_span(&row->part[2]), "good", index);
}

static void what_shippers_send_is_taken(void **state)
{
    struct buf table;
    struct span rest;
    struct guard g;
    struct row row;
    size_t count = 0;

    (void)state;
    guard_init(&g, ROW_BYTES_MAX);
    row_init(&row);
    read_table("http_good.tbl", &table);
    rest = buf_span(&table);
    while (row_next(&rest, 3, &row))
        check_good(&g, &row, count++);
    assert_true(count >= 40);
    buf_release(&table);
    row_release(&row);
    guard_release(&g);
}

/* No byte, put anywhere into a request, makes a reader stumble or the steps matter. */
static void no_byte_makes_it_stumble(void **state)
{
    static const uint8_t bytes[] = { 0, '\t', '\n', '\r', ' ', '0', ':', ';', 'f', 0x7f, 0xff };
    static const char text[] =
        "POST /a?b=%41 HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\n"
        "Expect: 100-continue\r\n\r\n5;x=y\r\nhello\r\n0\r\nX: 1\r\n\r\n";
    uint8_t copy[sizeof(text) - 1];

    (void)state;
    for (size_t at = 0; at < sizeof(copy); at++) {
        for (size_t k = 0; k < COUNT_OF(bytes); k++) {
            struct span in = { copy, sizeof(copy) };
            struct http_outcome whole, cut;

            memcpy(copy, text, sizeof(copy));
            copy[at] = bytes[k];
            http_drive(in, in.n, 1, &whole);
            http_drive(in, 0, 1, &cut);
            CHECK_ROW("changed", http_outcome_same(&whole, &cut));
            http_outcome_release(&whole);
            http_outcome_release(&cut);
        }
    }
}

/* ---- what a head says ---- */

#define HEAD(version, fields) "POST /a?q=1&r HTTP/1." version "\r\nHost: a\r\n" fields "\r\n"

static const struct {
    const char *name, *in;
    bool keep, expects;
    uint64_t length;
} heads[] = {
    { "1.1 goes on", HEAD("1", ""), true, false, 0 },
    { "1.0 does not", HEAD("0", ""), false, false, 0 },
    { "close", HEAD("1", "Connection: close\r\n"), false, false, 0 },
    { "close in capitals", HEAD("1", "connection: CLOSE\r\n"), false, false, 0 },
    { "close in a list", HEAD("1", "Connection: TE , close\r\n"), false, false, 0 },
    { "close in a second field", HEAD("1", "Connection: TE\r\nConnection: close\r\n"), false, false,
      0 },
    { "closed is not close", HEAD("1", "Connection: closed\r\n"), true, false, 0 },
    { "1.0 asks to go on", HEAD("0", "Connection: Keep-Alive\r\n"), true, false, 0 },
    { "close wins", HEAD("0", "Connection: keep-alive, close\r\n"), false, false, 0 },
    { "close wins where it comes first", HEAD("1", "Connection: close, keep-alive\r\n"), false,
      false, 0 },
    { "expects with a body", HEAD("1", "Expect: 100-Continue\r\nContent-Length: 7\r\n"), true, true,
      7 },
    { "expects with chunks", HEAD("1", "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"),
      true, true, 0 },
    { "expects without a body", HEAD("1", "Expect: 100-continue\r\n"), true, false, 0 },
    { "1.0 expects nothing", HEAD("0", "Expect: 100-continue\r\nContent-Length: 7\r\n"), false,
      false, 7 },
    { "largest length", HEAD("1", "Content-Length: 9223372036854775807\r\n"), true, false,
      INT64_MAX },
};

static void a_head_says_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct http_request r;
        unsigned status;
        struct err e;

        memset(&r, 0xff, sizeof(r));
        CHECK_ROW(heads[i].name,
                  http_head(span_of(heads[i].in), &r, &status, &e) == (int64_t)strlen(heads[i].in));
        CHECK_ROW(heads[i].name, r.keep_alive == heads[i].keep);
        CHECK_ROW(heads[i].name, r.expect_continue == heads[i].expects);
        CHECK_ROW(heads[i].name, r.content_length == heads[i].length);
        CHECK_ROW(heads[i].name, r.has_length == (heads[i].length > 0));
        check_span(heads[i].name, r.path, "/a");
        check_span(heads[i].name, r.query, "q=1&r");
    }
}

static void fields_are_found_without_case(void **state)
{
    struct http_request r;
    unsigned status;
    bool many;

    (void)state;
    assert_true(
        http_head(span_of(HEAD("1", "X-Y:  1 2 \r\nEmpty:\r\nx-y: 3\r\n")), &r, &status, NULL) > 0);
    check_span("first of two", http_field(&r, "x-Y", &many), "1 2");
    assert_true(many);
    check_span("empty", http_field(&r, "empty", &many), "");
    assert_non_null(http_field(&r, "empty", NULL).p);
    assert_false(many);
    assert_null(http_field(&r, "X", &many).p);
    assert_false(many);
}

static void what_follows_a_request_is_left(void **state)
{
    struct span in =
        SPAN_LIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nabGET / HTTP");
    struct http_outcome o;

    (void)state;
    http_drive(in, in.n, 1, &o);
    assert_int_equal(o.rc, ERR_OK);
    check_span("rest", span_from(in, o.used), "GET / HTTP");
    http_outcome_release(&o);
}

static void one_call_takes_a_chunk(void **state)
{
    struct http_body b = { .chunked = true };
    struct span in = SPAN_LIT("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET"), piece;

    (void)state;
    assert_int_equal(http_body_next(&b, in, &piece, NULL), 6);
    check_span("first", piece, "abc");
    in = span_from(in, 6);
    assert_int_equal(http_body_next(&b, in, &piece, NULL), 7);
    check_span("second", piece, "de");
    in = span_from(in, 7);
    assert_false(http_body_done(&b));
    assert_int_equal(http_body_next(&b, in, &piece, NULL), 7);
    assert_int_equal(piece.n, 0);
    assert_true(http_body_done(&b));
}

/* ---- encodings ---- */

typedef bool decode_fn(struct span in, uint8_t *dst, size_t *n);

static const struct {
    decode_fn *decode;
    const char *in, *want; /* NULL: refused */
} texts[] = {
    { http_decode, "", "" },
    { http_decode, "abc", "abc" },
    { http_decode, "a%20b%2fc%2F", "a b/c/" },
    { http_decode, "a+b", "a+b" },
    { http_decode, "%41", "A" },
    { http_decode, "%c3%a9", "\xc3\xa9" },
    { http_decode, "%2541", "%41" },
    { http_decode, "%", NULL },
    { http_decode, "a%4", NULL },
    { http_decode, "%4g", NULL },
    { http_decode, "%g4", NULL },
    { http_decode, "%%41", NULL },
    { http_decode, "a%00", NULL },
    { http_base64, "", "" },
    { http_base64, "YQ==", "a" },
    { http_base64, "YWI=", "ab" },
    { http_base64, "YWJj", "abc" },
    { http_base64, "dXNlcjpwYXNz", "user:pass" },
    { http_base64, "Pz8+Pz8/", "?\?>?\?\?" },
    { http_base64, "YQ", NULL },
    { http_base64, "YQ=", NULL },
    { http_base64, "Y===", NULL },
    { http_base64, "====", NULL },
    { http_base64, "YR==", NULL }, /* bits behind the last byte */
    { http_base64, "YWK=", NULL },
    { http_base64, "YQ==YQ==", NULL },
    { http_base64, "YQ= =", NULL },
    { http_base64, "Pz8-", NULL },
    { http_base64, "YW\nj", NULL },
};

static void encodings_are_taken_off(void **state)
{
    struct guard in, out;

    (void)state;
    guard_init(&in, 4096);
    guard_init(&out, 4096);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct span s = guard_put(&in, span_of(texts[i].in));
        uint8_t *dst = out.map + out.bytes - s.n; /* exactly the room that is promised */
        size_t n = 0;
        bool ok = texts[i].decode(s, dst, &n);

        CHECK_ROW(texts[i].in, ok == (texts[i].want != NULL));
        if (ok)
            check_span(texts[i].in, (struct span){ dst, n }, texts[i].want);
    }
    guard_release(&in);
    guard_release(&out);
}

static void a_query_is_searched_by_name(void **state)
{
    struct span q = SPAN_LIT("a=1&b&cc=%20=x&=5&a=2&d=");

    (void)state;
    check_span("first of two", http_query(q, "a"), "1");
    check_span("no value", http_query(q, "b"), "");
    assert_non_null(http_query(q, "b").p);
    check_span("still encoded, with a sign", http_query(q, "cc"), "%20=x");
    check_span("last", http_query(q, "d"), "");
    assert_null(http_query(q, "c").p);
    assert_null(http_query(q, "x").p);
    assert_null(http_query(SPAN_NONE, "a").p);
}

/* ---- answers ---- */

static const struct {
    unsigned status;
    const char *type;
    size_t bytes;
    bool keep;
    const char *fields, *want;
} answers[] = {
    { 200, "text/plain", 5, true, "",
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
      "Connection: keep-alive\r\n\r\n" },
    { 401, NULL, 0, false, "WWW-Authenticate: Basic\r\n",
      "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n"
      "WWW-Authenticate: Basic\r\n\r\n" },
    { 204, NULL, 0, true, "", "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n" },
    { 100, NULL, 0, true, "", "HTTP/1.1 100 Continue\r\n\r\n" },
    { 200, "a/b", SIZE_MAX, true, "",
      "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n"
      "Connection: keep-alive\r\n\r\n" },
    { 299, "", 0, true, "",
      "HTTP/1.1 299 Unknown\r\nContent-Length: 0\r\n"
      "Connection: keep-alive\r\n\r\n" },
};

static void answers_are_written_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct http_answer a;
        struct buf out;

        buf_init(&out, 4096);
        http_put_head(&out, answers[i].status, answers[i].type, answers[i].bytes, answers[i].keep,
                      answers[i].fields);
        check_span(answers[i].want, buf_span(&out), answers[i].want);
        for (size_t n = 0; n < out.n; n++)
            assert_int_equal(http_answer_head((struct span){ out.p, n }, &a, NULL), ERR_MORE);
        assert_int_equal(http_answer_head(buf_span(&out), &a, NULL), out.n);
        assert_int_equal(a.status, answers[i].status);
        assert_int_equal(a.chunked, answers[i].bytes == SIZE_MAX);
        if (a.has_length)
            assert_int_equal(a.content_length, answers[i].bytes);
        buf_release(&out);
    }
}

static void answers_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = {
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "SSH-2.0-x\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\r\nX\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct http_answer a;
        struct err e;

        CHECK_ROW(bad[i], http_answer_head(span_of(bad[i]), &a, &e) == ERR_SYNTAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_requests_are_refused),
        cmocka_unit_test(what_shippers_send_is_taken),
        cmocka_unit_test(no_byte_makes_it_stumble),
        cmocka_unit_test(a_head_says_what_it_says),
        cmocka_unit_test(fields_are_found_without_case),
        cmocka_unit_test(what_follows_a_request_is_left),
        cmocka_unit_test(one_call_takes_a_chunk),
        cmocka_unit_test(encodings_are_taken_off),
        cmocka_unit_test(a_query_is_searched_by_name),
        cmocka_unit_test(answers_are_written_and_read),
        cmocka_unit_test(answers_that_are_none_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
