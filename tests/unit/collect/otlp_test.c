/*
 * Goal: records of OpenTelemetry and entries of Loki become lines with all that they said, the same
 * from both encodings; what cannot be decoded is refused as a whole. Method: rows; cut at every byte
 * and every byte changed, against an unmapped page.
 */
#include "../check.h"
#include "../guard.h"

#include "collect/loki.h"

typedef int64_t read_fn(struct span body, struct buf *line, otlp_fn *fn, void *arg);

static void add_line(void *arg, struct span line)
{
    buf_add(arg, line);
    buf_byte(arg, '\n');
}

static int64_t read_all(read_fn *read, struct span body, struct buf *out)
{
    struct buf line;
    int64_t count;

    buf_init(&line, 1u << 20);
    buf_clear(out);
    count = read(body, &line, add_line, out);
    assert_int_equal(read(body, &line, NULL, NULL), count);
    buf_release(&line);
    return count;
}

static const char otlp_text[] =
    "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"host.name\",\"value\":"
    "{\"stringValue\":\"h1\"}}]},\"scopeLogs\":[{\"scope\":{\"name\":\"s\"},\"logRecords\":[{"
    "\"timeUnixNano\":\"1000000000\",\"severityNumber\":9,\"severityText\":\"INFO\",\"body\":"
    "{\"stringValue\":\"a \\\"b\\\"\"},\"attributes\":[{\"key\":\"n\",\"value\":{\"intValue\":\"5\"}},"
    "{\"key\":\"l\",\"value\":{\"arrayValue\":{\"values\":[{\"boolValue\":true},{}]}}},"
    "{\"key\":\"m\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"x\",\"value\":"
    "{\"doubleValue\":1.5}}]}}}],\"traceId\":\"0102\",\"unknownField\":{\"a\":[1]}}]}]}]}";
static const char otlp_line[] =
    "{\"otel\":\"log\",\"time\":\"1970-01-01T00:00:01Z\",\"severity_number\":9,\"severity\":\"INFO\","
    "\"body\":\"a \\\"b\\\"\",\"attributes\":{\"n\":5,\"l\":[true,null],\"m\":{\"x\":1.5}},"
    "\"trace_id\":\"0102\",\"scope\":{\"name\":\"s\",\"attributes\":{}},"
    "\"resource\":{\"host.name\":\"h1\"}}\n";

static void a_record_in_json_is_a_line(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 1u << 20);
    assert_int_equal(read_all(otlp_json, SPAN_LIT(otlp_text), &out), 1);
    check_span("json", buf_span(&out), otlp_line);
    assert_int_equal(read_all(otlp_json, SPAN_LIT("{}"), &out), 0);
    assert_int_equal(read_all(otlp_json, SPAN_LIT("{\"resourceLogs\":[]}"), &out), 0);
    buf_release(&out);
}

/* Messages put together as they are written down. */
static struct span field(uint8_t **room, unsigned number, struct span inner)
{
    uint8_t *at = *room;

    at[0] = (uint8_t)(number << 3 | 2);
    at[1] = (uint8_t)inner.n;
    assert_true(inner.n < 128);
    memmove(at + 2, inner.p, inner.n);
    *room += inner.n + 2;
    return (struct span){ at, inner.n + 2 };
}

static void a_record_in_protobuf_is_a_line(void **state)
{
    static const char record[] = "\x09\x00\xca\x9a\x3b\x00\x00\x00\x00" /* time 1 s */
                                 "\x10\x09"                             /* severity_number */
                                 "\x1a\x04INFO"
                                 "\x2a\x07\x0a\x05"
                                 "a \"b\"" /* body */
                                 "\x32\x07\x0a\x01n\x12\x02\x18\x05"
                                 "\x4a\x02\x01\x02"; /* trace_id */
    uint8_t memory[1024], *room = memory;
    struct span scope, resource, logs, body;
    struct buf out;

    (void)state;
    buf_init(&out, 1u << 20);
    logs = field(&room, 2, SPAN_LIT(record));
    scope = field(&room, 1, SPAN_LIT("\x0a\x01s"));
    logs = field(&room, 2, (struct span){ logs.p, logs.n + scope.n });
    resource = field(&room, 1, SPAN_LIT("\x0a\x11\x0a\x09host.name\x12\x04\x0a\x02h1"));
    body = field(&room, 1, (struct span){ logs.p, logs.n + resource.n });
    assert_int_equal(read_all(otlp_protobuf, body, &out), 1);
    check_span("protobuf", buf_span(&out),
               "{\"otel\":\"log\",\"time\":\"1970-01-01T00:00:01Z\",\"severity_number\":9,"
               "\"severity\":\"INFO\",\"body\":\"a \\\"b\\\"\",\"trace_id\":\"0102\","
               "\"attributes\":{\"n\":5},\"scope\":{\"name\":\"s\",\"attributes\":{}},"
               "\"resource\":{\"host.name\":\"h1\"}}\n");
    assert_int_equal(read_all(otlp_protobuf, SPAN_LIT(""), &out), 0);
    buf_release(&out);
}

static void an_entry_is_a_line(void **state)
{
    static const char text[] = "{\"streams\":[{\"stream\":{\"app\":\"a\"},\"values\":[[\"2000000000\","
                               "\"x \\\"y\\\"\"],[\"3\",\"z\",{\"m\":\"1\"}]]}]}";
    static const char bytes[] = "\x0a\x24"
                                "\x0a\x09{app=\"a\"}"
                                "\x12\x17\x0a\x02\x08\x02\x12\x07{\"q\":1}\x1a\x08\x0a\x01m\x12\x03"
                                "abc";
    struct buf out;

    (void)state;
    buf_init(&out, 1u << 20);
    assert_int_equal(read_all(loki_json, SPAN_LIT(text), &out), 2);
    check_span("json", buf_span(&out),
               "{\"loki\":\"entry\",\"time\":\"1970-01-01T00:00:02Z\",\"line\":\"x \\\"y\\\"\","
               "\"labels\":{\"app\":\"a\"}}\n"
               "{\"loki\":\"entry\",\"time\":\"1970-01-01T00:00:00.000000003Z\",\"line\":\"z\","
               "\"labels\":{\"app\":\"a\"},\"metadata\":{\"m\":\"1\"}}\n");
    assert_int_equal(read_all(loki_protobuf, SPAN_LIT(bytes), &out), 1);
    check_span("protobuf", buf_span(&out),
               "{\"loki\":\"entry\",\"time\":\"1970-01-01T00:00:02Z\",\"line\":{\"q\":1},"
               "\"labels\":{\"app\":\"a\"},\"metadata\":{\"m\":\"abc\"}}\n");
    buf_release(&out);
}

static void what_cannot_be_decoded_is_refused(void **state)
{
    static const struct {
        read_fn *read;
        const char *body;
    } rows[] = {
        { otlp_json, "" },
        { otlp_json, "[]" },
        { otlp_json, "{} x" },
        { otlp_json, "{\"resourceLogs\":{}}" },
        { otlp_json, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"x\"}]}]}]}" },
        { otlp_json, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":\"x\"}]}]}]}" },
        { otlp_json, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"severityText\":[1]}]}]}]}" },
        { otlp_protobuf, "\x0a" },
        { otlp_protobuf, "\x0a\x02\x12\x05" },
        { loki_json, "{\"streams\":[{\"values\":[[\"x\",\"y\"]]}]}" },
        { loki_json, "{\"streams\":[{\"values\":[[\"1\",2]]}]}" },
        { loki_json, "{\"streams\":[{\"stream\":[],\"values\":[]}]}" },
        { loki_json, "{\"streams\":[{\"values\":[[\"1\",\"y\",{},1]]}]}" },
        { loki_protobuf, "\xff" },
    };
    struct buf out;

    (void)state;
    buf_init(&out, 1u << 20);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_ROW(rows[i].body, read_all(rows[i].read, span_of(rows[i].body), &out) == ERR_SYNTAX);
    buf_release(&out);
}

static void changed_and_cut_bodies_do_no_harm(void **state)
{
    static read_fn *const readers[] = { otlp_json, loki_json, otlp_protobuf, loki_protobuf };
    struct buf out;
    struct guard g;
    char body[sizeof(otlp_text)];

    (void)state;
    buf_init(&out, 1u << 20);
    guard_init(&g, sizeof(body));
    memcpy(body, otlp_text, sizeof(body));
    for (size_t r = 0; r < COUNT_OF(readers); r++) {
        for (size_t i = 0; i + 1 < sizeof(body); i++) {
            (void)read_all(readers[r], guard_put(&g, (struct span){ (uint8_t *)body, i }), &out);
            body[i] ^= 4;
            (void)read_all(readers[r],
                           guard_put(&g, (struct span){ (uint8_t *)body, sizeof(body) - 1 }), &out);
            body[i] ^= 4;
        }
    }
    guard_release(&g);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_in_json_is_a_line),
        cmocka_unit_test(a_record_in_protobuf_is_a_line),
        cmocka_unit_test(an_entry_is_a_line),
        cmocka_unit_test(what_cannot_be_decoded_is_refused),
        cmocka_unit_test(changed_and_cut_bodies_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
