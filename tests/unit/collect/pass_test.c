/*
 * Goal: what the reader puts, the collector reads back, and anything else is refused without a byte
 * read too far. Method: rows of frames and blocks, each cut at every byte before an unmapped page
 * and with each byte replaced.
 */
#include "check.h"
#include "guard.h"

#include "base/bytes.h"
#include "collect/pass.h"

static struct buf frame(enum pass_type type, uint64_t number, struct span body)
{
    struct buf b;

    buf_init(&b, PASS_BODY_MAX + PASS_HEAD_BYTES);
    pass_put(&b, type, number, body);
    assert_false(buf_failed(&b));
    return b;
}

#define LIT(s)                                                                                     \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

static const struct {
    const char *name;
    struct pass_block b;
} blocks[] = {
    { "a block of a file",
      { .source = LIT("file:/var/log/a"),
        .checkpoint = LIT("0123456789abcdef and so on"),
        .records = LIT("one\ntwo\n"),
        .input = 6,
        .mode = 0,
        .time_ns = -5 } },
    { "a block that a header line rules",
      { .source = LIT("file:x"),
        .checkpoint = LIT("0123456789abcdef"),
        .records = LIT("1 2\n"),
        .input = 6,
        .mode = 1,
        .header = true,
        .w3c = LIT("#Fields: a b"),
        .time_ns = INT64_MAX } },
    { "a checkpoint alone",
      { .source = LIT(""),
        .checkpoint = LIT("0123456789abcdef"),
        .records = LIT(""),
        .input = 7,
        .mode = 4 } },
};

static void a_block_comes_back_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        const struct pass_block *want = &blocks[i].b;
        struct pass_frame f;
        struct pass_block got;
        struct buf b;

        buf_init(&b, PASS_BODY_MAX);
        pass_put_block(&b, 77 + i, want);
        CHECK_ROW(blocks[i].name, pass_frame(buf_span(&b), &f, NULL) == (int64_t)b.n);
        CHECK_ROW(blocks[i].name, f.type == PASS_BLOCK && f.number == 77 + i);
        CHECK_ROW(blocks[i].name, pass_block_read(f.body, &got));
        CHECK_ROW(blocks[i].name, span_eq(got.source, want->source));
        CHECK_ROW(blocks[i].name, span_eq(got.checkpoint, want->checkpoint));
        CHECK_ROW(blocks[i].name, span_eq(got.w3c, want->w3c));
        CHECK_ROW(blocks[i].name, span_eq(got.records, want->records));
        CHECK_ROW(blocks[i].name, got.input == want->input && got.mode == want->mode);
        CHECK_ROW(blocks[i].name, got.header == want->header && got.time_ns == want->time_ns);
        buf_release(&b);
    }
}

static void a_cut_frame_wants_more_and_reads_no_further(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 4096);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        struct buf b;

        buf_init(&b, 4096);
        pass_put_block(&b, 1, &blocks[i].b);
        for (size_t n = 0; n < b.n; n++) {
            struct pass_frame f;

            CHECK_ROW(blocks[i].name,
                      pass_frame(guard_put(&g, (struct span){ b.p, n }), &f, NULL) == ERR_MORE);
        }
        buf_release(&b);
    }
    guard_release(&g);
}

/* The body of a block, cut at every byte and with each byte replaced: read or refused, and what is
 * read lies within it. */
static void a_damaged_block_is_refused_or_lies_within_its_body(void **state)
{
    static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xff };
    struct guard g;
    struct buf b;

    (void)state;
    guard_init(&g, 4096);
    buf_init(&b, 4096);
    pass_put_block(&b, 1, &blocks[1].b);
    for (size_t cut = PASS_HEAD_BYTES; cut <= b.n; cut++) {
        for (size_t at = PASS_HEAD_BYTES; at < cut; at++) {
            for (size_t k = 0; k < sizeof(odd); k++) {
                uint8_t was = b.p[at];
                struct pass_block got;
                struct span body;

                b.p[at] = odd[k];
                body = guard_put(&g, (struct span){ b.p + PASS_HEAD_BYTES, cut - PASS_HEAD_BYTES });
                b.p[at] = was;
                if (!pass_block_read(body, &got))
                    continue;
                assert_true(got.source.p >= body.p && got.checkpoint.n >= PASS_KEY_BYTES);
                assert_true(got.records.p + got.records.n == body.p + body.n);
                assert_int_equal(got.source.n + got.checkpoint.n + got.w3c.n + got.records.n + 24,
                                 body.n);
            }
        }
    }
    buf_release(&b);
    guard_release(&g);
}

static void frames_beyond_their_form_are_refused(void **state)
{
    static const struct {
        const char *name;
        uint32_t type, bytes;
        int64_t want;
    } rows[] = {
        { "an unknown type", PASS_TYPES, 0, ERR_SYNTAX },
        { "a start with a body", PASS_START, 1, ERR_LIMIT },
        { "durable with a body", PASS_DURABLE, 1, ERR_LIMIT },
        { "a checkpoint shorter than a key", PASS_CHECKPOINT, 15, ERR_SYNTAX },
        { "a checkpoint that is too long", PASS_CHECKPOINT, PASS_CHECKPOINT_MAX + 1, ERR_LIMIT },
        { "the longest checkpoint", PASS_CHECKPOINT, PASS_CHECKPOINT_MAX, ERR_MORE },
        { "a block shorter than its head", PASS_BLOCK, 23, ERR_SYNTAX },
        { "a block that is too long", PASS_BLOCK, (uint32_t)PASS_BODY_MAX + 1, ERR_LIMIT },
        { "the longest number", PASS_BLOCK, UINT32_MAX, ERR_LIMIT },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t head[PASS_HEAD_BYTES] = { 0 };
        struct pass_frame f;

        bytes_put_u32(head, rows[i].type);
        bytes_put_u32(head + 4, rows[i].bytes);
        CHECK_ROW(rows[i].name,
                  pass_frame((struct span){ head, sizeof(head) }, &f, NULL) == rows[i].want);
    }
}

static void frames_follow_one_another(void **state)
{
    struct buf b = frame(PASS_CHECKPOINT, 0, SPAN_LIT("0123456789abcdef+"));
    struct pass_frame f;
    int64_t n;

    (void)state;
    pass_put(&b, PASS_START, 0, SPAN_NONE);
    pass_put(&b, PASS_DURABLE, UINT64_MAX, SPAN_NONE);
    n = pass_frame(buf_span(&b), &f, NULL);
    assert_true(n == 33 && f.type == PASS_CHECKPOINT && f.body.n == 17);
    assert_int_equal(pass_frame(span_from(buf_span(&b), 33), &f, NULL), PASS_HEAD_BYTES);
    assert_int_equal(f.type, PASS_START);
    assert_int_equal(pass_frame(span_from(buf_span(&b), 49), &f, NULL), PASS_HEAD_BYTES);
    assert_true(f.type == PASS_DURABLE && f.number == UINT64_MAX);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_comes_back_as_it_was),
        cmocka_unit_test(a_cut_frame_wants_more_and_reads_no_further),
        cmocka_unit_test(a_damaged_block_is_refused_or_lies_within_its_body),
        cmocka_unit_test(frames_beyond_their_form_are_refused),
        cmocka_unit_test(frames_follow_one_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
