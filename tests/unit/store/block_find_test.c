/*
 * Goal: what may stand in an event is told of every event in which it does, whatever the codec cut
 * where, and of few others. Method: records of all formats out of templates whose pieces meet at
 * odd places, in code, beyond ASCII; fragments out of their search texts, as they are and parts of
 * them; each row against the search text and the raw bytes of its record.
 */
#include "../check.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "event/search_text.h"
#include "scan/records.h"
#include "store/block_find.h"

#define ROWS      400u
#define TEMPLATES 12u
#define PIECES    24u
#define FRAGMENTS 90u

static uint64_t seed = 1;

static uint32_t rnd(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* --- Records -------------------------------------------------------------------------------- */

static const char *const words[] = {
    "task", "network", "service", "PowerShell", "rundll",   "session", "tty",
    "root", "nguyen",  "token",   "cafe",       "deadbeef", "logon",   "r",
    "x",    "Jan",     "Zulu",    "lane",       "kho",      "needle",
};
static const char *const marks[] = {
    " ", " ", " ", " ",   ": ",  "=",      "; ",   ", ", "(", ")", "[", "]", "|", "/", "\\\\", ".",
    "-", "_", "'", "\\t", "\\n", "\\r\\n", "\\\\", "<",  ">", "#", "!", "&", "%", "@", "",
};
static const char *const odd[] = {
    "\\u0074ask",
    "ne\\u0065dle",
    "\\u006",
    "&#116;ask",
    "net<![CDATA[work]]>",
    "&amp;",
    "\xC4\x90\xE1\xBA\xB7ng",
    "\xC5\xBF\x65ssion",
    "to\xE2\x84\xAA"
    "en",
    "m\xE1\xBA\xADt kh\xE1\xBA\xA9u",
    "\xC4\x91",
    "6E6565646C65",
    "\xFF",
    "\\",
    "u0061",
    "audit(",
    "<",
    "!",
    "\\u",
};

enum slot { SLOT_NONE, SLOT_WORD, SLOT_NUMBER, SLOT_HEX, SLOT_TIME, SLOT_ODD, SLOT_ADDRESS, SLOTS };

struct template
{
    unsigned format;
    const char *literal[PIECES];
    unsigned slot[PIECES];
    unsigned pieces;
};

static void put_slot(struct buf *b, unsigned slot, bool odd_ones)
{
    static const char *const months[] = { "Jan", "Feb", "Mar", "Oct" };

    switch (slot) {
    case SLOT_WORD:
        buf_text(b, words[rnd(COUNT_OF(words))]);
        if (rnd(2) == 0)
            buf_fmt(b, "%u", rnd(3));
        if (rnd(4) == 0)
            buf_text(b, words[rnd(COUNT_OF(words))]);
        break;
    case SLOT_NUMBER:
        buf_fmt(b, "%u", rnd(1000000));
        break;
    case SLOT_HEX:
        buf_fmt(b, "%x", rnd(1u << 30));
        break;
    case SLOT_TIME:
        buf_fmt(b, "%s %2u %02u:%02u:%02u", months[rnd(4)], 1 + rnd(28), rnd(24), rnd(60), rnd(60));
        break;
    case SLOT_ADDRESS:
        buf_fmt(b, "10.%u.%u.%u", rnd(256), rnd(256), rnd(256));
        break;
    case SLOT_ODD:
        if (odd_ones)
            buf_text(b, odd[rnd(COUNT_OF(odd))]);
        break;
    default:
        break;
    }
}

static void put_text(struct buf *b, const struct template *t, unsigned from, unsigned to,
                     bool odd_ones)
{
    for (unsigned i = from; i < to && i < t->pieces; i++) {
        buf_text(b, t->literal[i]);
        put_slot(b, t->slot[i], odd_ones);
    }
}

static void put_record(struct buf *b, const struct template *t, bool odd_ones)
{
    static const struct {
        const char *begin, *middle, *end;
    } formats[] = {
        { "", " ", "" },
        { "{\"task\":\"", "\",\"note\":\"", "\",\"n\":7}" },
        { "{\"Channel\":\"Security\",\"Message\":\"", "\",\"path\":\"", "\"}" },
        { "<13>1 - host4 app - - - ", " ", "" },
        { "<86>Oct 11 10:00:00 srv sshd[42]: ", " ", "" },
        { "date=2026-01-01 type=traffic user=", " msg=\"", "\"" },
        { "type=EXECVE msg=audit(1364481363.243:24287): argc=3 a0=", " a1=",
          " a2=6E6565646C652074" },
        { "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Channel>",
          "</Channel></System><EventData><Data Name='A'>", "</Data></EventData></Event>" },
        { "CEF:0|v|p|1|2|name|3|msg=", " act=", "" },
        { "a,b,c,\"", "\",\"", "\"" },
    };

    buf_text(b, formats[t->format % COUNT_OF(formats)].begin);
    put_text(b, t, 0, t->pieces / 2, odd_ones);
    buf_text(b, formats[t->format % COUNT_OF(formats)].middle);
    put_text(b, t, t->pieces / 2, t->pieces, odd_ones);
    buf_text(b, formats[t->format % COUNT_OF(formats)].end);
}

static void make_template(struct template *t, bool odd_ones)
{
    t->format = rnd(10);
    t->pieces = 2 + rnd(PIECES - 2);
    for (unsigned i = 0; i < t->pieces; i++) {
        t->slot[i] = rnd(3) == 0 ? SLOT_NONE : rnd(SLOTS);
        t->literal[i] = rnd(3) > 0 ? marks[rnd(COUNT_OF(marks))] : words[rnd(COUNT_OF(words))];
        if (odd_ones && rnd(20) == 0)
            t->literal[i] = odd[rnd(COUNT_OF(odd))];
    }
}

/* --- The oracle ----------------------------------------------------------------------------- */

struct bench {
    struct records *records;
    struct rec rec;
    struct buf raw, text[ROWS];
    size_t from[ROWS + 1];
    uint32_t rows;
    struct block_writer *w;
    struct buf out;
    uint64_t here, told, asked; /* over all rows and fragments */
};

static void bench_init(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    assert_int_equal(records_new(&b->records, NULL), ERR_OK);
    assert_true(rec_init(&b->rec));
    buf_init(&b->raw, 1u << 24);
    buf_init(&b->out, BLOCK_BYTES_MAX);
    for (uint32_t i = 0; i < ROWS; i++)
        buf_init(&b->text[i], 1u << 22);
    assert_int_equal(block_writer_new(&b->w, NULL), ERR_OK);
}

static void bench_release(struct bench *b)
{
    records_free(&b->records);
    rec_release(&b->rec);
    buf_release(&b->raw);
    buf_release(&b->out);
    for (uint32_t i = 0; i < ROWS; i++)
        buf_release(&b->text[i]);
    block_writer_free(&b->w);
}

static void bench_clear(struct bench *b)
{
    b->rows = 0;
    buf_clear(&b->raw);
}

/* What was put behind the last record is one. */
static void add(struct bench *b)
{
    struct span raw = span_from(buf_span(&b->raw), b->from[b->rows]);
    const struct block_event ev = { b->rows + 1, b->rows + 1, 0, 0, 1, raw };

    assert_true(!buf_failed(&b->raw) && block_add(b->w, &ev));
    b->from[++b->rows] = b->raw.n;
}

/* The search text and the raw bytes of each, in lower case. */
static void make_texts(struct bench *b)
{
    for (uint32_t i = 0; i < b->rows; i++) {
        struct span raw = { b->raw.p + b->from[i], b->from[i + 1] - b->from[i] };
        enum record_state state;

        records_one(b->records, raw, &b->rec, &state, NULL);
        buf_clear(&b->text[i]);
        search_text(&b->rec, &b->text[i]);
        buf_byte(&b->text[i], '\n');
        for (size_t k = 0; k < raw.n; k++)
            buf_byte(&b->text[i], ascii_lower(raw.p[k]));
        assert_false(buf_failed(&b->text[i]));
    }
}

static bool fits(struct span s)
{
    struct span rest = s, f;

    return block_fragment_next(&rest, &f) && f.n == s.n;
}

/* Out of the rows' texts, as they are and parts of them. */
static uint32_t choose(const struct bench *b, struct span *fragment)
{
    uint32_t count = 0;

    for (uint32_t tries = 0; tries < 4 * FRAGMENTS && count < FRAGMENTS; tries++) {
        struct span rest = buf_span(&b->text[rnd(b->rows)]), f;

        rest = span_from(rest, rnd((uint32_t)rest.n));
        if (!block_fragment_next(&rest, &f))
            continue;
        if (rnd(2) == 0) {
            f = span_from(f, rnd((uint32_t)f.n));
            f.n -= f.n > 4 ? rnd((uint32_t)f.n - 4) : 0;
        }
        if (fits(f))
            fragment[count++] = f;
    }
    return count;
}

static bool has(struct span text, struct span part)
{
    return memmem(text.p, text.n, part.p, part.n) != NULL;
}

static void check_rows(struct bench *b, const struct span *fragment, uint32_t count,
                       const uint64_t *row, uint64_t any)
{
    for (uint32_t i = 0; i < b->rows; i++) {
        uint64_t want = 0;

        for (uint32_t k = 0; k < count; k++) {
            uint64_t bit = block_find_bit(k);

            if (!has(buf_span(&b->text[i]), fragment[k]))
                continue;
            want |= bit;
            if ((row[i] & bit) == 0)
                fail_msg("'%.*s' is not told of '%.*s'", SPAN_ARG(fragment[k]),
                         SPAN_ARG(buf_span(&b->text[i])));
        }
        if ((row[i] & ~any) != 0)
            fail_msg("a row has what the block has not");
        b->here += (uint32_t)__builtin_popcountll(want);
        b->told += (uint32_t)__builtin_popcountll(row[i] << 1);
        b->asked += BLOCK_FIND_BITS;
    }
}

static void check(struct bench *b)
{
    static uint64_t row[ROWS];
    struct span fragment[FRAGMENTS];
    struct block_finder *f;
    struct block *block;
    struct err e;
    uint32_t count;
    uint64_t any;

    make_texts(b);
    count = choose(b, fragment);
    buf_clear(&b->out);
    assert_int_equal(block_put(b->w, &b->out, &e), ERR_OK);
    assert_int_equal(block_open_columns(&block, buf_span(&b->out), &e), ERR_OK);
    assert_int_equal(block_finder_new(&f, fragment, count, &e), ERR_OK);
    assert_int_equal(block_find(f, block, &any, &e), ERR_OK);
    assert_int_equal(block_find_rows(f, block, row, &e), ERR_OK);
    check_rows(b, fragment, count, row, any);
    block_finder_free(&f);
    block_free(&block);
}

/* --- Tests ---------------------------------------------------------------------------------- */

static void run(struct bench *b, bool odd_ones)
{
    struct template t[TEMPLATES];

    for (unsigned i = 0; i < TEMPLATES; i++)
        make_template(&t[i], odd_ones);
    bench_clear(b);
    while (b->rows < ROWS) {
        put_record(&b->raw, &t[rnd(TEMPLATES)], odd_ones && rnd(8) == 0);
        add(b);
    }
    check(b);
}

static void what_stands_in_an_event_is_told(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    for (unsigned i = 0; i < 60; i++)
        run(&b, true);
    bench_release(&b);
}

/* Without what is odd little more is told than is there. */
static void little_more_is_told(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    for (unsigned i = 0; i < 60; i++)
        run(&b, false);
    printf("%llu asked, %llu here, %llu told\n", (unsigned long long)b.asked,
           (unsigned long long)b.here, (unsigned long long)b.told);
    assert_true(b.told < b.asked / 2);
    bench_release(&b);
}

static void fragments_are_runs_of_letters(void **state)
{
    static const struct {
        const char *text, *fragments;
    } rows[] = {
        { "failed password", "failed password " },
        { "abc deadbeef 0x1234", "" },
        { "cafe cafes tty", "cafes " },
        { "powershell.exe -enc", "powershell " },
        { "\xC4\x91"
          "ang m\xE1"
          "task",
          "task " },
        { "abcdefghijklmnopqrstuvwxyzabcdefghij", "abcdefghijklmnopqrstuvwxyzabcdef ghij " },
        { "", "" },
    };
    struct buf got;

    (void)state;
    buf_init(&got, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span rest = span_of(rows[i].text), f;

        buf_clear(&got);
        while (block_fragment_next(&rest, &f)) {
            buf_add(&got, f);
            buf_byte(&got, ' ');
        }
        check_span(rows[i].text, buf_span(&got), rows[i].fragments);
    }
    buf_release(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_are_runs_of_letters),
        cmocka_unit_test(what_stands_in_an_event_is_told),
        cmocka_unit_test(little_more_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
