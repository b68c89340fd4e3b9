/*
 * Goal: what blocks make of real records comes back byte for byte; columns say what the codecs say;
 * what is damaged is named and the rest stays; nothing forged is believed. Method: the samples of
 * tests/taxonomy, generated logs, odd records and OTRF through blocks; every field of every row
 * against a second parse; every part damaged by itself; bytes of directory and parts changed under
 * hashes that are right again; a file that version 1 made.
 */
#include "check.h"
#include "data.h"
#include "guard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "block_forge.h"
#include "store/block_own.h"
#include "store/block_split.h"
#include "store/block_text.h"
#include "store/sealed.h"

static uint64_t seed = 1;

static uint64_t rnd(void)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return seed >> 11;
}

/* --- Records -------------------------------------------------------------------------------- */

struct records {
    struct block_writer *w;
    struct buf raw; /* what was added since the last block */
    size_t *ends;
    uint32_t count;
    uint64_t sequence, events, stored;
    uint64_t plain; /* what zstd makes of the raw bytes alone */
    struct buf out; /* the last block */
};

static void records_init(struct records *r)
{
    struct err e;

    memset(r, 0, sizeof(*r));
    assert_int_equal(block_writer_new(&r->w, &e), ERR_OK);
    buf_init(&r->raw, (size_t)128 << 20);
    buf_init(&r->out, BLOCK_BYTES_MAX);
    r->ends = calloc(BLOCK_EVENTS_MAX + 1, sizeof(*r->ends));
    r->sequence = 100;
}

static void records_release(struct records *r)
{
    assert_int_equal(block_verbatim(r->w), 0);
    block_writer_free(&r->w);
    buf_release(&r->raw);
    buf_release(&r->out);
    free(r->ends);
}

static struct span record_at(const struct records *r, uint32_t i)
{
    size_t from = i > 0 ? r->ends[i - 1] : 0;

    return (struct span){ r->raw.p + from, r->ends[i] - from };
}

static uint64_t plain_bytes(struct span raw)
{
    size_t room = ZSTD_compressBound(raw.n), n;
    void *to = malloc(room);

    n = ZSTD_compress(to, room, raw.n > 0 ? raw.p : (const uint8_t *)"", raw.n, 3);
    assert_false(ZSTD_isError(n));
    free(to);
    return n;
}

/* A block of what was added, read back. */
static void records_put(struct records *r)
{
    struct block *b;
    struct err e;

    buf_clear(&r->out);
    assert_int_equal(block_put(r->w, &r->out, &e), ERR_OK);
    assert_int_equal(block_open(&b, buf_span(&r->out), &e), ERR_OK);
    assert_int_equal(block_events(b), r->count);
    for (uint32_t i = 0; i < r->count; i++) {
        struct block_event ev = block_event(b, i);

        assert_int_equal(ev.sequence, r->sequence - r->count + i);
        if (!span_eq(ev.raw, record_at(r, i)))
            fail_msg("event %u: '%.*s', not '%.*s'", i, SPAN_ARG(ev.raw),
                     SPAN_ARG(record_at(r, i)));
    }
    r->events += r->count;
    r->stored += r->out.n;
    r->plain += plain_bytes(buf_span(&r->raw));
    block_free(&b);
}

static void records_begin(struct records *r)
{
    r->count = 0;
    buf_clear(&r->raw);
}

static void records_add(struct records *r, struct span raw)
{
    struct block_event ev = { .sequence = r->sequence,
                              .receipt_ns = (int64_t)r->sequence * 1000,
                              .source = (uint32_t)(r->sequence % 3),
                              .lines = 1,
                              .raw = raw };

    if (!block_add(r->w, &ev)) {
        records_put(r);
        records_begin(r);
        assert_true(block_add(r->w, &ev));
    }
    buf_add(&r->raw, raw);
    r->ends[r->count++] = r->raw.n;
    r->sequence++;
}

static void add_lines(struct records *r, struct span text)
{
    while (text.n > 0) {
        size_t n = span_find(text, '\n');

        records_add(r, (struct span){ text.p, n });
        text = span_from(text, n < text.n ? n + 1 : n);
    }
}

/* Logs of several kinds, much in them at random. */
static void add_generated(struct records *r, uint32_t count)
{
    static const char *const users[] = { "root", "admin", "nguyen.van.a", "a\\\\b" };
    struct buf b;

    buf_init(&b, 1u << 16);
    for (uint32_t i = 0; i < count; i++) {
        unsigned ip = (unsigned)(rnd() % 200), port = (unsigned)(rnd() % 60000),
                 pid = (unsigned)(rnd() % 90);
        const char *user = users[rnd() % 4];

        buf_clear(&b);
        switch (rnd() % 5) {
        case 0:
            buf_fmt(
                &b,
                "<86>Mar  1 10:%02u:%02u srv-%u sshd[%u]: Failed password for %s from 10.0.0.%u port %u ssh2",
                i / 60 % 60, i % 60, ip % 7, pid, user, ip, port);
            break;
        case 1:
            buf_fmt(
                &b,
                "{\"t\":\"2026-03-01T10:%02u:%02u.%03uZ\",\"EventID\":%u,\"User\":\"%s\",\"n\":{\"ip\":\"10.0.0.%u\",\"port\":%u},"
                "\"Message\":\"An account was logged on.\\r\\n\\tAccount Name:\\t\\t%s\\r\\n\\tSource Port:\\t%u\",\"ok\":%s}",
                i / 60 % 60, i % 60, (unsigned)(rnd() % 1000), ip % 3 == 0 ? 4624u : 4625u, user,
                ip, port, user, port, ip % 2 ? "true" : "null");
            break;
        case 2:
            buf_fmt(
                &b,
                "<189>date=2026-03-01 time=10:00:%02u devname=\"FG\" srcip=10.0.0.%u srcport=%u action=%s msg=\"a b %u\"",
                i % 60, ip, port, ip % 2 ? "accept" : "deny", pid);
            break;
        case 3:
            buf_fmt(
                &b,
                "10.0.0.%u - - [01/Mar/2026:10:00:%02u +0700] \"GET /%u HTTP/1.1\" 200 %u \"-\" \"curl/%u\"",
                ip, i % 60, pid, port, ip % 3);
            break;
        default:
            buf_fmt(&b, "id=0x%x mac=%02X:%02x n=%05u -%u", port, ip, pid, port % 100, pid);
        }
        records_add(r, buf_span(&b));
    }
    buf_release(&b);
}

/* --- Forms ---------------------------------------------------------------------------------- */

/* Two values; the form's kind and width, or FORM_KINDS. */
static const struct {
    const char *a, *b;
    unsigned kind, width;
} form_rows[] = {
    { "0", "17", FORM_DEC, 0 },
    { "-5", "5", FORM_DEC, 0 },
    { "-0", "5", FORM_KINDS, 0 },
    { "007", "123", FORM_DEC, 3 },
    { "01", "123", FORM_KINDS, 0 },
    { "999999999999999999", "1", FORM_DEC, 0 },
    { "1000000000000000000", "1", FORM_KINDS, 0 },
    { "port 1", "port 99", FORM_DEC, 0 },
    { "1 ms", "99 ms", FORM_DEC, 0 },
    { "0x1f", "0xa", FORM_HEX, 0 },
    { "0x1F", "0xA", FORM_KINDS, 0 },
    { "0x1F", "0xa", FORM_KINDS, 0 },
    { "00ff", "ab01", FORM_HEX, 4 },
    { "ffffffffffffffff", "0", FORM_HEX, 0 },
    { "fffffffffffffffff", "0", FORM_KINDS, 0 },
    { "10.0.0.1", "255.255.255.255", FORM_IPV4, 0 },
    { "10.0.0.1", "256.1.2.3", FORM_KINDS, 0 },
    { "10.0.0.1", "256.0.0.1", FORM_DEC, 0 }, /* of the same network, as it were */
    { "10.0.0.01", "1.1.1.1", FORM_KINDS, 0 },
    { "ip 10.0.0.1;", "ip 9.9.9.9;", FORM_IPV4, 0 },
    { "2026-03-01T10:00:00Z", "2199-12-31T23:59:59Z", FORM_TIME, 0 },
    { "2026-03-01T10:00:00.123456789+07:00", "2199-12-31T23:59:59.999999999+07:00", FORM_TIME, 0 },
    { "2026-03-01 10:00:00,123", "1970-01-01 00:00:00,000", FORM_TIME, 0 },
    { "2026-03-01T10:00:00Z", "2200-01-01T00:00:00Z", FORM_KINDS, 0 },
    { "2026-03-01T10:00:00Z", "2026-02-30T00:00:00Z", FORM_KINDS, 0 },
    { "2026-03-01T10:00:00Z", "2026-03-01T10:00:60Z", FORM_DEC, 2 }, /* no time */
    { "2026-03-01T10:00:00%", "2026-03-01T10:00:01%", FORM_TIME, 0 },
    { "Mar  1 10:00:00", "Feb 29 10:00:00", FORM_TIME, 0 },
    { "Mar 01 10:00:00", "Feb 29 10:00:00", FORM_KINDS, 0 },
    { "01/Mar/2026:10:00:00 +0700", "31/Dec/2026:10:00:00 +0700", FORM_TIME, 0 },
    { "abc", "xyz", FORM_KINDS, 0 },
    { "", "1", FORM_KINDS, 0 },
    { "a1", "a", FORM_HEX, 0 },
    { "x1", "x", FORM_KINDS, 0 },
};

static void numbers_have_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(form_rows); i++) {
        struct span v[2] = { span_of(form_rows[i].a), span_of(form_rows[i].b) };
        uint8_t pattern[BLOCK_FORM_TEXT_MAX], text[3 * BLOCK_FORM_TEXT_MAX];
        struct block_form f;
        bool found = block_form_guess(&f, v, 2, pattern);

        CHECK_ROW(form_rows[i].a, found == (form_rows[i].kind != FORM_KINDS));
        if (!found)
            continue;
        CHECK_ROW(form_rows[i].a, f.kind == form_rows[i].kind && f.width == form_rows[i].width);
        for (unsigned k = 0; k < 2; k++) {
            int64_t n;

            CHECK_ROW(form_rows[i].a, block_form_read(&f, v[k], &n));
            check_span(form_rows[i].a, (struct span){ text, block_form_put(&f, n, text) },
                       k == 0 ? form_rows[i].a : form_rows[i].b);
        }
    }
}

/* Whatever is guessed is read within the values, and given back or refused. */
static void forms_stay_within(void **state)
{
    static const char marks[] = "0123456789abcfTZ:-/. %xJanFeb";
    uint8_t pattern[BLOCK_FORM_TEXT_MAX], text[3 * BLOCK_FORM_TEXT_MAX], value[64];
    struct guard g;

    (void)state;
    guard_init(&g, sizeof(value));
    for (unsigned i = 0; i < 200000; i++) {
        struct span v;
        struct block_form f;
        int64_t n;
        size_t size = rnd() % 30;

        if (i % 3 == 0) { /* near a time */
            memcpy(value, "2026-03-01T10:00:00.123456789Z", 30);
            value[rnd() % 30] = (uint8_t)marks[rnd() % (sizeof(marks) - 1)];
        } else {
            for (size_t k = 0; k < size; k++)
                value[k] = (uint8_t)marks[rnd() % (sizeof(marks) - 1)];
        }
        v = guard_put(&g, (struct span){ value, size });
        if (block_form_guess(&f, &v, 1, pattern)) {
            assert_true(block_form_read(&f, v, &n));
            assert_true(span_eq((struct span){ text, block_form_put(&f, n, text) }, v));
        }
    }
    guard_release(&g);
}

/* A text that a guessed form reads is the one that it makes of the number: columns rest on it. */
static void a_form_has_one_text_for_a_number(void **state)
{
    static const char *const rows[][2] = {
        { "2024-02-28T10:00:00Z", "2023-02-27T11:00:00Z" },
        { "Feb 28 10:00:00", "Mar  1 10:00:00" },
        { "28/Feb/2023:10:00:00 +0700", "01/Mar/2023:10:00:00 +0700" },
        { "2026-03-01 10:00:00.123", "2026-03-01 10:00:00.124" },
        { "10.0.0.7", "192.168.1.20" },
        { "port 80", "port 9" },
        { "007", "123" },
        { "-5", "17" },
        { "0x1f", "0xabc" },
        { "00ff", "1234" },
    };
    static const char marks[] = "0123456789-+ abcf.xJanFebMar";
    uint8_t pattern[BLOCK_FORM_TEXT_MAX], text[3 * BLOCK_FORM_TEXT_MAX], value[64];
    uint32_t other = 0;

    (void)state;
    for (uint32_t i = 0; i < 600000; i++) {
        const char *const *row = rows[i % COUNT_OF(rows)];
        struct span two[2] = { span_of(row[0]), span_of(row[1]) }, v = { value, two[i / 64 % 2].n };
        struct block_form f;
        int64_t n;

        if (!block_form_guess(&f, two, 2, pattern))
            fail_msg("'%s' has no form", row[0]);
        memcpy(value, two[i / 64 % 2].p, v.n);
        for (uint32_t k = 0; k <= i % 3; k++)
            value[rnd() % v.n] = (uint8_t)marks[rnd() % (sizeof(marks) - 1)];
        v.n -= rnd() % 8 == 0 && v.n > 1;
        if (!block_form_read(&f, v, &n))
            continue;
        if (!span_eq((struct span){ text, block_form_put(&f, n, text) }, v))
            fail_msg("'%.*s' comes back as '%.*s'", SPAN_ARG(v), (int)block_form_put(&f, n, text),
                     (const char *)text);
        other++;
    }
    assert_true(other > 10000);
}

/* --- Round trips ---------------------------------------------------------------------------- */

static void the_samples_come_back(void **state)
{
    struct data_list files;
    struct records r;
    struct buf text;

    (void)state;
    records_init(&r);
    buf_init(&text, 16u << 20);
    data_list(TAXONOMY_CASES, ".case", &files);
    assert_true(files.count > 20);
    for (unsigned turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < files.count; i++) {
            assert_true(data_load(files.paths[i], &text));
            records_add(&r, buf_span(&text)); /* a record of many lines */
            add_lines(&r, buf_span(&text));
        }
    }
    records_put(&r);
    data_list_release(&files);
    buf_release(&text);
    records_release(&r);
}

static void odd_records_come_back(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        "\n",
        "{",
        "{}",
        "{\"a\":[]}",
        "{\"a\":[1,\"x\",{\"b\":null}],\"a\":2}",
        "{\"a\":1}}",
        "{\"\":\"\"}",
        "<13>",
        "<13>Oct 11 22:14:15 h p: {\"a\":\"b\\\\\"}",
        "CEF:0|a|b|c|d|e|f|x=y z=",
        "a=b a=b a=b",
        "<Event><System/></Event>",
        "#Fields: a b",
        "type=A msg=audit(1.2:3): a=b",
        "{\"m\":\"x: y\\r\\nz:\\t\\r\\n\"}",
        "{\"m\":\"Process ID:\\t\\t12\\r\\nName:\\t\\tabcdefgh\",\"n\":\"abcdefgh\"}",
    };
    struct records r;
    size_t big = 1u << 20;
    uint8_t *p = malloc(big);

    (void)state;
    records_init(&r);
    for (unsigned turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            struct span s = span_of(rows[i]);

            for (size_t cut = 0; cut <= s.n; cut++) /* with its last bytes missing */
                records_add(&r, (struct span){ s.p, s.n - cut });
        }
        for (unsigned i = 0; i < 500; i++) {
            size_t n = rnd() % 100;

            for (size_t k = 0; k < n; k++)
                p[k] = (uint8_t)rnd();
            records_add(&r, (struct span){ p, n });
        }
        memset(p, 'a', big);
        for (size_t k = 0; k < big; k += 1 + rnd() % 100)
            p[k] = turn == 0 ? (uint8_t)rnd() : (uint8_t) " =:\"{},\n"[rnd() % 8];
        records_add(&r, (struct span){ p, big });
    }
    records_put(&r);
    records_begin(&r);
    records_put(&r); /* an empty block */
    free(p);
    records_release(&r);
}

static void generated_logs_come_back_small(void **state)
{
    struct records r;

    (void)state;
    records_init(&r);
    add_generated(&r, 20000);
    records_put(&r);
    printf("generated: %.1f bytes an event\n", (double)r.stored / (double)r.events);
    assert_true(r.stored < r.events * 20);
    records_release(&r);
}

/* Texts of one kind are cut where they differ, and the rest of them is the shape's. */
static const struct {
    const char *text;
    const char *cut; /* what varies in < > */
} text_rows[] = {
    { "Failed password for root from 10.2.0.9 port 4242 ssh2",
      "Failed password for root from <10.2.0.9> port <4242> <ssh2>" },
    { "user=root group= wheel", "user=<root> group= <wheel>" },
    { "Name: nguyen van a, done.", "Name: <nguyen> van a, done." },
    { "Name:\\t\\tnguyen van a\\r\\nPort:\\t80\\r\\n",
      "Name:\\t\\t<nguyen van a>\\r\\nPort:\\t<80>\\r\\n" },
    { "Name:\tan\tb \nEnd:\n\nno", "Name:\t<an\tb> \nEnd:\n\nno" },
    { "at 10:20 it ended 7.", "at <10>:<20> it ended <7>." },
    { "...", "..." },
    { "=", "=" },
    { "a\\", "a\\" },
    { "1\\", "<1\\>" },
    { "", "" },
};

static void put_literals(struct buf *b, struct span s, const struct block_cut *cuts, uint32_t count)
{
    uint32_t at = 0;

    buf_clear(b);
    for (uint32_t i = 0; i <= count; i++) {
        uint32_t to = i < count ? cuts[i].at : (uint32_t)s.n;

        block_put_text(b, (struct span){ s.p + at, to - at });
        at = i < count ? to + cuts[i].n : to;
    }
}

static void texts_are_cut(void **state)
{
    struct block_cut cuts[BLOCK_TEXT_CUTS + 1], other[BLOCK_TEXT_CUTS + 1];
    uint8_t ways[2 * BLOCK_TEXT_CUTS];
    struct guard g;
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    guard_init(&g, 256);
    for (size_t i = 0; i < COUNT_OF(text_rows); i++) {
        struct span s = guard_put(&g, span_of(text_rows[i].text));
        uint32_t count = block_text_cut(s, cuts, ways), at = 0;

        buf_clear(&b);
        for (uint32_t k = 0; k < count; k++) {
            buf_add(&b, (struct span){ s.p + at, cuts[k].at - at });
            buf_fmt(&b, "<%.*s>", (int)cuts[k].n, (const char *)s.p + cuts[k].at);
            at = cuts[k].at + cuts[k].n;
        }
        buf_add(&b, span_from(s, at));
        check_span(text_rows[i].text, buf_span(&b), text_rows[i].cut);
        put_literals(&b, s, cuts, count);
        for (size_t n = 0; text_rows[i].text[n] != 0; n++) {
            s = guard_put(&g, (struct span){ span_of(text_rows[i].text).p, n });
            assert_false(block_text_like(s, buf_span(&b), count, ways, other) && count == 0);
            assert_true(block_text_cut(s, other, ways + BLOCK_TEXT_CUTS) <= BLOCK_TEXT_CUTS);
        }
    }
    guard_release(&g);
    buf_release(&b);
}

/* A text that is said to be like another has the cuts that it has when it is cut by itself, and the
 * literals of the other; one that is the other is always like it. */
static void like_texts_are_cut_alike(void **state)
{
    static const char *const pieces[] = {
        "Name:", "\t",      "\n",        "\\r\\n", "\\t",  " ",  "a",       "an7",
        "7",     "x.",      ".",         "=",      ":",    ": ", "key=",    "(",
        "\\",    "user 12", "\\\"b\\\"", "-1.5",   "end.", ", ", "\xC3\xAA"
    };
    struct block_cut cuts[BLOCK_TEXT_CUTS + 1], like[BLOCK_TEXT_CUTS + 1];
    uint8_t ways[BLOCK_TEXT_CUTS], again[BLOCK_TEXT_CUTS];
    struct buf a, b, literals, own;
    uint32_t alike = 0;

    (void)state;
    buf_init(&a, 4096);
    buf_init(&b, 4096);
    buf_init(&literals, 4096);
    buf_init(&own, 4096);
    for (uint32_t i = 0; i < 200000; i++) {
        uint32_t n = 1 + (uint32_t)(rnd() % 8), other = (uint32_t)(rnd() % n), count, same;

        buf_clear(&a);
        buf_clear(&b);
        for (uint32_t k = 0; k < n; k++) { /* b is a with another piece somewhere */
            const char *piece = pieces[rnd() % COUNT_OF(pieces)];

            buf_text(&a, piece);
            buf_text(&b, k == other ? pieces[rnd() % COUNT_OF(pieces)] : piece);
        }
        count = block_text_cut(buf_span(&a), cuts, ways);
        put_literals(&literals, buf_span(&a), cuts, count);
        assert_true(block_text_like(buf_span(&a), buf_span(&literals), count, ways, like));
        assert_memory_equal(cuts, like, count * sizeof(*cuts));
        if (!block_text_like(buf_span(&b), buf_span(&literals), count, ways, like))
            continue;
        same = block_text_cut(buf_span(&b), cuts, again);
        if (same != count || memcmp(cuts, like, count * sizeof(*cuts)) != 0 ||
            memcmp(ways, again, count) != 0)
            fail_msg("'%.*s' is not cut as '%.*s'", SPAN_ARG(buf_span(&b)), SPAN_ARG(buf_span(&a)));
        put_literals(&own, buf_span(&b), cuts, count);
        assert_true(span_eq(buf_span(&own), buf_span(&literals)));
        alike += !span_eq(buf_span(&a), buf_span(&b));
    }
    assert_true(alike > 1000);
    buf_release(&a);
    buf_release(&b);
    buf_release(&literals);
    buf_release(&own);
}

/* What is too much for a block's tables is stored whole, and comes back: a shape for each record,
 * more values than a block has cells for. */
static void unlike_records_come_back(void **state)
{
    struct records r;
    struct buf b;

    (void)state;
    records_init(&r);
    buf_init(&b, 1u << 20);
    for (unsigned i = 0; i < BLOCK_EVENTS_MAX; i++) {
        buf_clear(&b);
        buf_fmt(&b, "{\"k%u\":%u,\"Message\":\"w%c%c%c is a text of its own kind\"}", i, i,
                (int)('a' + i % 26), (int)('a' + i / 26 % 26), (int)('a' + i / 676 % 26));
        records_add(&r, buf_span(&b));
    }
    records_put(&r);
    records_begin(&r);
    for (unsigned i = 0; i < 20; i++) {
        buf_clear(&b);
        buf_text(&b, "[0");
        for (unsigned k = 0; k < 200000; k++)
            buf_text(&b, ",1");
        buf_text(&b, "]");
        records_add(&r, buf_span(&b));
    }
    records_put(&r);
    buf_release(&b);
    records_release(&r);
}

/* --- Columns -------------------------------------------------------------------------------- */

/* The bytes of a field in row `row` of its shape. */
static void field_bytes(struct block *b, uint32_t shape, struct block_field f, uint32_t row,
                        struct buf *out)
{
    struct err e;

    buf_clear(out);
    for (uint32_t slot = f.first; slot <= f.last; slot++) {
        struct span s = block_literal(b, shape, slot);
        struct block_column c;

        if (slot == f.last)
            s.n = f.to;
        if (slot == f.first)
            s = span_from(s, f.from);
        buf_add(out, s);
        if (slot == f.last)
            break;
        assert_int_equal(block_column(b, shape, slot, &c, &e), ERR_OK);
        buf_add(out, c.value[c.row != NULL ? c.row[row] : c.values > 1 ? row : 0]);
    }
}

/* Every field of a row's record that is a slice of it is a field of its shape, with its bytes and
 * its name, in the order of their places. */
static void check_row(struct block *b, uint32_t shape, uint32_t at, struct block_split *split,
                      struct span raw)
{
    struct block_shape is = block_shape(b, shape);
    struct buf bytes;

    buf_init(&bytes, 1u << 20);
    block_split_record(split, raw);
    assert_int_equal(is.fields, split->part_count);
    for (uint32_t i = 0; i < is.fields; i++) {
        struct block_field f = block_field(b, shape, i);
        const struct rec_field *want = &split->rec.fields[split->parts[i].field];
        struct block_name name = block_name(b, f.name);

        field_bytes(b, shape, f, at, &bytes);
        if (!span_eq(buf_span(&bytes), (struct span){ want->value, want->value_bytes }) ||
            !span_eq(name.text, want->name))
            fail_msg("'%.*s': '%.*s' in '%.*s'", SPAN_ARG(want->name), SPAN_ARG(buf_span(&bytes)),
                     SPAN_ARG(raw));
        for (uint32_t up = want->parent; up != REC_ROOT; up = split->rec.fields[up].parent) {
            name = block_name(b, name.parent);
            assert_true(span_eq(name.text, split->rec.fields[up].name));
        }
        assert_int_equal(name.parent, BLOCK_NONE);
    }
    buf_release(&bytes);
}

static void columns_say_what_the_codecs_say(void **state)
{
    struct block_split split;
    struct records r;
    struct block *b;
    uint32_t rows = 0, numbers = 0;

    (void)state;
    records_init(&r);
    add_generated(&r, 3000);
    records_put(&r);
    assert_int_equal(block_split_init(&split, NULL), ERR_OK);
    assert_int_equal(block_open_columns(&b, buf_span(&r.out), NULL), ERR_OK);
    for (uint32_t s = 0; s < block_shapes(b); s++) {
        const uint32_t *of = block_shape_rows(b, s);

        for (uint32_t i = 0; i < block_shape(b, s).rows; i++, rows++)
            check_row(b, s, i, &split, record_at(&r, of[i]));
        for (uint32_t slot = 0; slot < block_shape(b, s).slots; slot++) {
            int64_t least, greatest;
            struct block_column c;

            if (!block_range(b, s, slot, &least, &greatest))
                continue;
            numbers++;
            assert_int_equal(block_column(b, s, slot, &c, NULL), ERR_OK);
            for (uint32_t i = 0; i < c.values; i++)
                assert_true(c.numbers[i] >= least && c.numbers[i] <= greatest);
        }
    }
    assert_int_equal(rows, 3000);
    assert_true(numbers > 10);
    block_split_release(&split);
    block_free(&b);
    records_release(&r);
}

/* --- Damage --------------------------------------------------------------------------------- */

/* How many columns of a block cannot be read; those that can say the same as before. */
static uint32_t unreadable(struct span block, struct block *sound)
{
    uint32_t bad = 0;
    struct block *b;
    struct err e;

    if (block_open_columns(&b, block, &e) != ERR_OK)
        return UINT32_MAX;
    for (uint32_t s = 0; s < block_shapes(b); s++) {
        for (uint32_t slot = 0; slot < block_shape(b, s).slots; slot++) {
            struct block_column c, d;

            if (block_column(b, s, slot, &c, &e) != ERR_OK) {
                assert_int_equal(e.code, ERR_CORRUPT);
                bad++;
                continue;
            }
            assert_int_equal(block_column(sound, s, slot, &d, NULL), ERR_OK);
            assert_int_equal(c.values, d.values);
            for (uint32_t i = 0; i < c.values; i++)
                assert_true(span_eq(c.value[i], d.value[i]));
        }
    }
    block_free(&b);
    return bad;
}

static void a_damaged_part_leaves_the_others(void **state)
{
    struct records r;
    struct forge f;
    struct block *sound;
    uint32_t some = 0, all = 0;
    size_t at;

    (void)state;
    records_init(&r);
    add_generated(&r, BLOCK_EVENTS_MAX);
    records_put(&r);
    forge_init(&f);
    forge_open(&f, buf_span(&r.out));
    assert_true(f.parts > 3);
    assert_int_equal(block_open_columns(&sound, buf_span(&r.out), NULL), ERR_OK);
    for (uint32_t s = 0; s < block_shapes(sound); s++)
        all += block_shape(sound, s).slots;
    for (at = 0; at < r.out.n; at += r.out.n / 60 + 1) {
        uint32_t bad;

        r.out.p[at] ^= 1;
        bad = unreadable(buf_span(&r.out), sound);
        r.out.p[at] ^= 1;
        assert_true(bad > 0);
        some += bad < all;
    }
    assert_true(some > 20); /* most of the damage is in one part */
    assert_int_equal(unreadable(buf_span(&r.out), sound), 0);
    block_free(&sound);
    forge_release(&f);
    records_release(&r);
}

/* Changed here and there, hashes right again: refused, or opened and within bounds. */
static void nothing_forged_is_believed(void **state)
{
    struct records r;
    struct forge f;
    struct buf out;
    uint64_t opened = 0, refused = 0, sum = 0;
    struct block *sound;

    (void)state;
    records_init(&r);
    add_generated(&r, 60);
    records_put(&r);
    forge_init(&f);
    forge_open(&f, buf_span(&r.out));
    buf_init(&out, BLOCK_BYTES_MAX);
    for (unsigned i = 0; i < 6000; i++) {
        struct buf *where = i % 3 != 0 ? &f.directory : &f.part[rnd() % f.parts];
        size_t at = rnd() % where->n, n = where->n;
        uint8_t was = where->p[at];
        struct block *b;
        struct err e;

        where->p[at] = (uint8_t)(rnd() % 4 == 0 ? rnd() : was + 1 - 2 * (rnd() & 1));
        if (rnd() % 16 == 0)
            where->n = at;
        forge_put(&f, &out);
        where->p[at] = was;
        where->n = n;
        if (block_open_columns(&b, buf_span(&out), &e) == ERR_OK) {
            opened++;
            sum += forge_look(b);
            block_free(&b);
        } else {
            assert_true(e.code == ERR_CORRUPT || e.code == ERR_NOMEM);
            refused++;
        }
    }
    printf("forged: %llu opened, %llu refused, %llx\n", (unsigned long long)opened,
           (unsigned long long)refused, (unsigned long long)sum);
    assert_true(opened > 500 && refused > 500);
    forge_put(&f, &out); /* as it was: what is refused above is refused for the change */
    assert_int_equal(block_open(&sound, buf_span(&out), NULL), ERR_OK);
    block_free(&sound);
    buf_release(&out);
    forge_release(&f);
    records_release(&r);
}

/* --- Version 1 ------------------------------------------------------------------------------ */

/* A sealed file that the first version made: its events, in `b`. */
static void open_v1(struct sealed_file **f, struct block **b, struct span *body)
{
    int dir = open(VERSION_1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct err e;

    assert_true(dir >= 0);
    assert_int_equal(sealed_open(f, dir, "00-1-40-1.seal", &e), ERR_OK);
    assert_int_equal(sealed_check(*f, &e), ERR_OK);
    assert_int_equal(sealed_body(*f, 0, true, body, &e), ERR_OK);
    assert_int_equal(block_open(b, *body, &e), ERR_OK);
    (void)close(dir);
}

static void version_1_is_read(void **state)
{
    struct sealed_file *f;
    struct block_column c;
    struct span body, text;
    struct block *b;
    struct buf lines, raw;
    struct err e;

    (void)state;
    buf_init(&lines, 1u << 20);
    buf_init(&raw, 1u << 20);
    assert_true(data_load(VERSION_1 "/events.txt", &lines));
    text = buf_span(&lines);
    open_v1(&f, &b, &body);
    assert_int_equal(block_events(b), 40);
    assert_int_equal(block_shapes(b), 1);
    assert_int_equal(block_shape(b, 0).rows, 40);
    assert_int_equal(block_column(b, 0, 0, &c, &e), ERR_OK);
    for (uint32_t i = 0; i < 40; i++) {
        struct span line = { text.p, span_find(text, '\n') };
        struct block_event ev = block_event(b, i);

        assert_int_equal(ev.sequence, i + 1);
        assert_int_equal(ev.receipt_ns, INT64_C(1795046400000000000) + i * INT64_C(1000000));
        assert_int_equal(ev.lines, 1);
        assert_true(span_eq(ev.raw, line));
        assert_int_equal(block_raw(b, i, &raw, &e), ERR_OK);
        assert_true(span_eq(buf_span(&raw), line));
        assert_true(span_eq(c.value[c.row[i]], line));
        text = span_from(text, line.n + 1);
    }
    assert_int_equal(text.n, 0);
    block_free(&b);
    sealed_free(&f);
    buf_release(&lines);
    buf_release(&raw);
}

/* Cut at every byte, and every byte changed. */
static void a_changed_version_1_is_refused(void **state)
{
    struct sealed_file *f;
    struct span body;
    struct block *b;
    struct guard g;
    struct buf all;

    (void)state;
    open_v1(&f, &b, &body);
    block_free(&b);
    buf_init(&all, 1u << 20);
    buf_add(&all, body);
    guard_init(&g, body.n);
    for (size_t cut = 0; cut < body.n; cut++)
        assert_int_equal(block_open(&b, guard_put(&g, (struct span){ body.p, cut }), NULL),
                         ERR_CORRUPT);
    for (size_t at = 0; at < all.n; at++) {
        all.p[at] ^= (uint8_t)(1u << rnd() % 8);
        if (block_open(&b, guard_put(&g, buf_span(&all)), NULL) == ERR_OK)
            fail_msg("byte %zu", at);
        all.p[at] = body.p[at];
    }
    guard_release(&g);
    buf_release(&all);
    sealed_free(&f);
}

/* --- OTRF ----------------------------------------------------------------------------------- */

static void add_file(void *own, const char *name, struct span bytes)
{
    if (span_ends(span_of(name), SPAN_LIT(".json")))
        add_lines(own, bytes);
}

static void real_events_come_back(void **state)
{
    const bool whole = getenv("CANH_LONG") != NULL;
    struct data_list archives;
    struct records r;

    (void)state;
    if (!data_archives("otrf", ".zip", &archives))
        skip();
    records_init(&r);
    for (size_t i = 0; i < archives.count; i++) {
        if (i % 8 == 0 || whole)
            assert_true(data_read(archives.paths[i], add_file, &r));
    }
    records_put(&r);
    printf("OTRF: %llu events, %.2f bytes each; under zstd alone %.2f\n",
           (unsigned long long)r.events, (double)r.stored / (double)r.events,
           (double)r.plain / (double)r.events);
    assert_true(r.events > 20000 && r.stored < r.plain / 3 * 2);
    assert_true(!whole || r.stored < r.events * 22);
    data_list_release(&archives);
    records_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_forms),
        cmocka_unit_test(forms_stay_within),
        cmocka_unit_test(a_form_has_one_text_for_a_number),
        cmocka_unit_test(the_samples_come_back),
        cmocka_unit_test(odd_records_come_back),
        cmocka_unit_test(generated_logs_come_back_small),
        cmocka_unit_test(texts_are_cut),
        cmocka_unit_test(like_texts_are_cut_alike),
        cmocka_unit_test(unlike_records_come_back),
        cmocka_unit_test(columns_say_what_the_codecs_say),
        cmocka_unit_test(a_damaged_part_leaves_the_others),
        cmocka_unit_test(nothing_forged_is_believed),
        cmocka_unit_test(version_1_is_read),
        cmocka_unit_test(a_changed_version_1_is_refused),
        cmocka_unit_test(real_events_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
