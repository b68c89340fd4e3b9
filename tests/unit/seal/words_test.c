/*
 * Goal: the words that a block puts into the index are those of its events, no more and no less.
 * Method: records of many formats whose values are made of what is hard - escapes, halves of
 * escapes, marks, wide letters, bytes that are no UTF-8, values coded and quoted - in numbers, so
 * that they share shapes and columns; against the words of each event, one by one (words.h). The
 * indexes must be the same bytes.
 */
#include "check.h"

#include "seal/words.h"
#include "store/block.h"
#include "store/word_index.h"

static uint64_t seed = 7;

static uint32_t rnd(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* --- Records -------------------------------------------------------------------------------- */

/* '1' to '9' is a value; "@" a word, the same in all records of a kind. */
static const char *const forms[] = {
    "{\"host\":\"1\",\"user\":\"2\",\"n\":{\"port\":\"3\"}}",
    "{\"a\":\"1\",\"b\":77,\"Message\":\"An account\\r\\n\\tName:\\t\\t2\\r\\n\\tPort:\\t3 and more\"}",
    "{\"a\":\"12\",\"path\":\"C:\\\\temp\\\\3\",\"x\":[\"4\",\"5\"]}",
    "{\"a\":\"\\u00e1 1\",\"b\":\"2\\u1ea5\",\"c\":1.50,\"d\":1e3,\"e\":\"3\"} 4",
    "{\"a\":\"1\",\"b\":\"2\"",
    "<38>1 2026-11-19T00:00:00Z srv app 1 - - {\"a\":\"1\",\"b\":\"2\"}",
    "<38>Oct 11 22:14:15 srv app[77]: @cee: {\"a\":\"1\",\"b\":\"2\"}",
    "<38>Oct 11 22:14:15 host-1 sshd[4711]: Failed password for 2 from 3 port 4 ssh2",
    "<38>Oct 11 22:14:15 host-1 app: {}",
    "<38>Oct 11 22:14:15 host-1 app: 1",
    "<189>date=2026-03-01 devname=\"1\" user=2 msg=\"a b 3\" path=C:\\temp\\4 n=5",
    "key=1 other=2 third=3\nsecond line: 4",
    "1,2,3,4,5,6,7,8",
    "\"1\",b,\"2 \"\" 3\",d,e,f,g",
    "10.0.0.1 - 1 [01/Mar/2026:10:00:00 +0700] \"GET /2 HTTP/1.1\" 200 5 \"-\" \"3\"",
    "<Event><System><Computer>1</Computer></System><EventData><Data Name=\"A\">2</Data>"
    "<Data Name=\"B\">x &amp; 3</Data></EventData></Event>",
    "CEF:0|v|p|1|100|1|5|src=10.0.0.1 msg=2 and 3 cs1=a\\=4",
    "type=EXECVE msg=audit(1700000000.123:45): argc=3 a0=\"ls\" a1=2D6C61 a2=1 comm=\"2\"",
    "C:\\temp1 and D:\\new2 user3\\t4 some more text of it 5",
    "the text 1 is 2, then (3) and 4. 5",
    "\xEF\xBB\xBF"
    "1 2",
    "1",
    "1",
    "xx1yy",
};

static const char *const values[] = {
    "",
    "a",
    "B",
    "user07",
    "10.0.0.7",
    "4711",
    "0x7fbdd73",
    "-",
    " ",
    ".",
    "x.",
    "_",
    "a_b",
    "\\",
    "\\\\",
    "\\t",
    "\\n",
    "\\u00e1",
    "\\u00",
    "\\u",
    "\\ud83d",
    "\\ude00",
    "\\ud83d\\ude00",
    "\\uD83",
    "\\u1ea5",
    "\\\"",
    "\"",
    "=",
    "a=b",
    "a b",
    "&amp;",
    "&#x41;",
    "&",
    "<b>",
    ",",
    ";",
    "|",
    "\n",
    "n\xE1\xBA\xA5y",
    "\xCC\x81",
    "\xCC\x81"
    "a",
    "e\xCC\x81",
    "\xC4\x90\xC3\xAA",
    "\xE1\xBA",
    "\xBA",
    "\xF0\x9F\x98\x80",
    "\xEF\xBF\xBD",
    "\xC3\x9F",
    "\xEF\xAC\x81",
    "M\xE1\xBA\xACT KH\xE1\xBA\xA8U",
    "2D6C61",
    "null",
    "1.0",
    "t",
    "n1",
    "u0041",
    "41",
    "9",
    "\xE2\x80\x8B",
    "\xE0\xB8\x81",
};

static void make(struct buf *out)
{
    const char *form = forms[rnd(COUNT_OF(forms))];

    buf_clear(out);
    for (const char *c = form; *c != 0; c++) {
        /* A digit between letters or digits of the form stays. */
        bool value = *c >= '1' && *c <= '9' && rnd(3) > 0;

        for (uint32_t n = value ? 1 + rnd(3) / 2 : 0; n > 0; n--)
            buf_text(out, values[rnd(COUNT_OF(values))]);
        if (!value)
            buf_byte(out, (uint8_t)*c);
    }
}

/* --- Both ways ------------------------------------------------------------------------------ */

struct both {
    struct block_writer *block;
    struct word_index_writer *of_block, *of_events;
    struct words *words;
    uint64_t sequence;
};

static void add_word(void *arg, uint64_t hash)
{
    word_index_add(arg, hash);
}

static void begin(struct both *b)
{
    struct err e;

    *b = (struct both){ 0 };
    assert_int_equal(block_writer_new(&b->block, &e), ERR_OK);
    assert_int_equal(word_index_new(&b->of_block, &e), ERR_OK);
    assert_int_equal(word_index_new(&b->of_events, &e), ERR_OK);
    assert_int_equal(words_new(&b->words, &e), ERR_OK);
}

static void add(struct both *b, struct span raw)
{
    struct block_event ev = { .sequence = ++b->sequence, .lines = 1, .raw = raw };

    assert_true(block_add(b->block, &ev));
    assert_true(words_of(b->words, raw, add_word, b->of_events));
}

static void put(struct both *b)
{
    struct buf out;
    struct err e;

    buf_init(&out, BLOCK_BYTES_MAX);
    block_words(b->block, b->of_block);
    assert_int_equal(block_put(b->block, &out, &e), ERR_OK);
    assert_int_equal(word_index_block(b->of_block, &e), ERR_OK);
    assert_int_equal(word_index_block(b->of_events, &e), ERR_OK);
    buf_release(&out);
}

static void end(struct both *b)
{
    struct buf got, want;
    struct err e;

    buf_init(&got, (size_t)64 << 20);
    buf_init(&want, (size_t)64 << 20);
    assert_int_equal(word_index_put(b->of_block, &got, &e), ERR_OK);
    assert_int_equal(word_index_put(b->of_events, &want, &e), ERR_OK);
    assert_int_equal(got.n, want.n);
    assert_memory_equal(got.p, want.p, want.n);
    buf_release(&got);
    buf_release(&want);
    block_writer_free(&b->block);
    word_index_free(&b->of_block);
    word_index_free(&b->of_events);
    words_free(&b->words);
}

/* --- Tests ---------------------------------------------------------------------------------- */

/* Alone, so that a difference is seen in the record that makes it. */
static void each_record_has_its_words(void **state)
{
    struct buf raw;

    (void)state;
    buf_init(&raw, 1u << 16);
    for (uint32_t i = 0; i < 2000; i++) {
        struct both b;

        begin(&b);
        make(&raw);
        add(&b, buf_span(&raw));
        put(&b);
        end(&b);
    }
    buf_release(&raw);
}

/* Of one form, so that they share shapes; then many forms. */
static void records_that_share_shapes_have_their_words(void **state)
{
    struct buf raw;

    (void)state;
    buf_init(&raw, 1u << 16);
    for (uint32_t round = 0; round < 40; round++) {
        uint32_t rows = round % 4 == 0 ? 4000 : 60;
        struct both b;

        begin(&b);
        for (uint32_t block = 0; block < 3; block++) {
            for (uint32_t i = 0; i < rows; i++) {
                make(&raw);
                add(&b, buf_span(&raw));
            }
            put(&b);
        }
        end(&b);
    }
    buf_release(&raw);
}

/* A column that is text here and there: its words must not be taken for granted of all rows. */
static void columns_of_many_values_have_their_words(void **state)
{
    struct buf raw;
    struct both b;

    (void)state;
    buf_init(&raw, 1u << 16);
    begin(&b);
    for (uint32_t i = 0; i < 8000; i++) {
        buf_clear(&raw);
        buf_fmt(
            &raw,
            "{\"t\":\"2026-11-19T00:%02u:%02u.%03uZ\",\"host\":\"srv-%03u\",\"ip\":\"10.%u.0.%u\",\"id\":\"%08X\","
            "\"message\":\"session %u of user%u\\r\\n\\tfrom 10.%u.0.9 closed\"}",
            i / 60 % 60, i % 60, rnd(1000), rnd(90), rnd(200), rnd(200), rnd(1u << 30), rnd(5000),
            rnd(30), rnd(200));
        add(&b, buf_span(&raw));
    }
    put(&b);
    end(&b);
    buf_release(&raw);
}

/* The first holds JSON, of which escapes are resolved; the second is text, with the same bytes
 * between its fields, whose backslash is one. */
static void the_same_shape_of_another_codec_has_its_words(void **state)
{
    struct both b;

    (void)state;
    begin(&b);
    add(&b, SPAN_LIT("<38>Oct 11 22:14:15 host-1 app: {}"));
    add(&b, SPAN_LIT("<38>Oct 11 22:14:15 host-1 app: C:\\tail"));
    put(&b);
    end(&b);
}

/* Nobody asks for words: none are put, and the next block has its own. */
static void words_are_of_the_next_block_only(void **state)
{
    struct buf out;
    struct both b;
    struct err e;

    (void)state;
    begin(&b);
    buf_init(&out, BLOCK_BYTES_MAX);
    assert_true(block_add(b.block, &(struct block_event){ .sequence = ++b.sequence,
                                                          .raw = SPAN_LIT("nobody asks") }));
    assert_int_equal(block_put(b.block, &out, &e), ERR_OK);
    add(&b, SPAN_LIT("somebody asks"));
    put(&b);
    assert_true(block_add(b.block, &(struct block_event){ .sequence = ++b.sequence,
                                                          .raw = SPAN_LIT("and nobody again") }));
    assert_int_equal(block_put(b.block, &out, &e), ERR_OK);
    buf_release(&out);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_has_its_words),
        cmocka_unit_test(records_that_share_shapes_have_their_words),
        cmocka_unit_test(columns_of_many_values_have_their_words),
        cmocka_unit_test(the_same_shape_of_another_codec_has_its_words),
        cmocka_unit_test(words_are_of_the_next_block_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
