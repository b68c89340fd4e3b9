/*
 * Goal: reading records costs no allocation once the record's scratch has grown to its size
 * (README: "no allocation but the record's scratch arena").
 * Method: the linker gives all calls of malloc(), calloc() and realloc() in this program to the
 * counters below; records of every codec are read, and all their texts asked for, a thousand times.
 */
#include <stdlib.h>

#include "any_line.h"
#include "check.h"
#include "evtx_build.h"
#include "wire/evtx.h"
#include "wire/w3c.h"

static size_t allocations;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t each);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t each);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
    allocations++;
    return __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t each)
{
    allocations++;
    return __real_calloc(count, each);
}

void *__wrap_realloc(void *p, size_t n)
{
    allocations++;
    return __real_realloc(p, n);
}

/* One of each codec, and with something to decode in each. */
static const char *const lines[] = {
    "{\"a\\u0041\":\"x\\ty\",\"b\":{\"c\":[1.50,true,null]}}",
    "<Event><System><Provider Name='P'/></System><X><Data Name='a b'>x &amp; y</Data></X></Event>",
    "type=EXECVE msg=audit(1.2:3): argc=2 a0=\"x\" a1[0]=414243 a1[1]=444546",
    "CEF:0|V\\|W|P|1|9|N|5|cs1=a\\=b cs1Label=Rule Name",
    "LEEF:2.0|V|P|1|9|^|a=b^c=d",
    "<14>1 2026-03-01T10:00:00Z h a - - [x k=\"\\\"v\\\"\"] {\"a\":\"\\n\"}",
    "<189>date=2026-03-01 time=10:00:00 msg=\"a \\\"b\\\"\"",
    "10.0.0.1 - - [11/Oct/2026:22:14:15 +0700] \"GET /\\\"x HTTP/1.1\" 200 1 \"-\" \"-\"",
    "5,,,1000000103,em0,\"a \"\"b\"\"\",block,in",
    "The quick brown fox",
};

static void read_lines(struct rec *r)
{
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        rec_clear(r);
        any_line_read(span_of(lines[i]), r); /* rec_check() asks for every text */
        MUST(r->codec != CODEC_NONE);
    }
}

static void lines_of_all_codecs_allocate_nothing(void **state)
{
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    read_lines(&r);
    allocations = 0;
    for (unsigned round = 0; round < 1000; round++)
        read_lines(&r);
    assert_int_equal(allocations, 0);
    rec_release(&r);
}

static void columns_allocate_nothing(void **state)
{
    struct w3c w;
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    w3c_init(&w);
    MUST(w3c_header(&w, SPAN_LIT("#Fields: a b c"), NULL) == ERR_OK);
    allocations = 0;
    for (unsigned round = 0; round < 1000; round++) {
        rec_clear(&r);
        MUST(w3c_read(&w, SPAN_LIT("1 \"2 2\" -"), &r, NULL) > 0);
    }
    assert_int_equal(allocations, 0);
    rec_release(&r);
}

static void build_chunk(struct build *b)
{
    chunk_begin(b);
    for (unsigned i = 0; i < 10; i++) {
        record_begin(b);
        open_plain(b, "Event");
        open_plain(b, "System");
        leaf(b, "EventID", "1");
        end_tag(b);
        end_tag(b);
        record_end(b);
    }
    chunk_end(b);
}

static void read_chunk(struct evtx *x, struct span chunk, struct rec *r)
{
    MUST(evtx_chunk(x, chunk, NULL) == ERR_OK);
    while (evtx_next(x, r, NULL) > 0)
        rec_check(r, 0, chunk);
}

static void event_logs_allocate_nothing(void **state)
{
    static struct build b;
    struct evtx *x = evtx_new(0);
    struct rec r;

    (void)state;
    MUST(x != NULL && rec_init(&r));
    build_chunk(&b);
    read_chunk(x, (struct span){ b.p, b.n }, &r);
    allocations = 0;
    for (unsigned round = 0; round < 100; round++)
        read_chunk(x, (struct span){ b.p, b.n }, &r);
    assert_int_equal(allocations, 0);
    rec_release(&r);
    evtx_free(&x);
}

/* The counters count. */
static void a_record_that_outgrows_its_scratch_allocates(void **state)
{
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    allocations = 0;
    MUST(arena_bytes(&r.mem, 1) != NULL);
    assert_int_equal(allocations, 1);
    rec_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_all_codecs_allocate_nothing),
        cmocka_unit_test(columns_allocate_nothing),
        cmocka_unit_test(event_logs_allocate_nothing),
        cmocka_unit_test(a_record_that_outgrows_its_scratch_allocates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
