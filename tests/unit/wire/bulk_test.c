/*
 * Goal: every action line that senders write is read, nothing else is, and the answer is JSON
 * whatever the input was. Method: rows, each against an unmapped page, cut at every byte (never an
 * action line) and with every byte replaced (read or refused, and the answer still JSON).
 */
#include "check.h"
#include "guard.h"

#include <stdlib.h>

#include "wire/bulk.h"
#include "wire/codec.h"

#define LONG_64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LONG_512 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64 LONG_64

static const struct {
    const char *name, *in;
    const char *want; /* "action index id", NULL: refused */
} rows[] = {
    { "index", "{\"index\":{}}", "index||" },
    { "create", "{\"create\":{}}", "create||" },
    { "update", "{\"update\":{\"_id\":\"1\"}}", "update||1" },
    { "delete", "{\"delete\":{\"_id\":\"1\",\"_index\":\"x\"}}", "delete|x|1" },
    { "index and id", "{\"index\":{\"_index\":\"logs\",\"_id\":\"7\"}}", "index|logs|7" },
    { "Filebeat", "{\"create\":{\"_index\":\"filebeat-8.15.0\"}}", "create|filebeat-8.15.0|" },
    { "Fluent Bit", "{\"create\":{\"_index\":\"fluent-bit\",\"_type\":\"_doc\"}}",
      "create|fluent-bit|" },
    { "rsyslog", "{\"index\":{\"_index\": \"system-2026\",\"_type\":\"events\"}}",
      "index|system-2026|" },
    { "Logstash",
      "{\"index\":{\"_id\":null,\"_index\":\"ls\",\"routing\":null,\"pipeline\":\"p\"}}",
      "index|ls|" },
    { "Vector", "{\"index\":{\"_index\":\"vector-2026.03.01\"}}", "index|vector-2026.03.01|" },
    { "blanks everywhere", " { \"index\" : { \"_id\" : \"7\" , \"_index\" : \"x\" } } \r",
      "index|x|7" },
    { "a blank inside", "{\"create\": {}}", "create||" },
    { "an id that is a number", "{\"index\":{\"_id\":12}}", "index||12" },
    { "an id of nothing", "{\"index\":{\"_id\":\"\"}}", "index||" },
    { "escapes stay", "{\"index\":{\"_id\":\"a\\\"\\\\\\/\\u00e9\\n\"}}",
      "index||a\\\"\\\\\\/\\u00e9\\n" },
    { "UTF-8", "{\"index\":{\"_id\":\"\xc3\xa9\"}}", "index||\xc3\xa9" },
    { "numbers and words",
      "{\"index\":{\"version\":3,\"x\":-1.5e3,\"require_alias\":true,\"y\":"
      "false}}",
      "index||" },
    { "nested values are passed over",
      "{\"create\":{\"dynamic_templates\":{\"a\":[1,{\"b\":\"}\\\"]\"}],\"_id\":\"no\"},\"_id\":"
      "\"7\"}}",
      "create||7" },
    { "an id of 512 bytes", "{\"index\":{\"_id\":\"" LONG_512 "\"}}", "index||" LONG_512 },
    { "an id of 513 bytes", "{\"index\":{\"_id\":\"x" LONG_512 "\"}}", NULL },
    { "an index of 513 bytes", "{\"index\":{\"_index\":\"x" LONG_512 "\"}}", NULL },
    { "two ids", "{\"index\":{\"_id\":\"1\",\"_id\":\"2\"}}", NULL },
    { "two indices", "{\"index\":{\"_index\":\"1\",\"_index\":\"2\"}}", NULL },
    { "an id that is not UTF-8", "{\"index\":{\"_id\":\"\xff\"}}", NULL },
    { "an escape that is none", "{\"index\":{\"_id\":\"\\x41\"}}", NULL },
    { "an escape of three digits", "{\"index\":{\"_id\":\"\\u123g\"}}", NULL },
    { "a control character", "{\"index\":{\"_id\":\"a\tb\"}}", NULL },
    { "nothing", "", NULL },
    { "blanks", "   ", NULL },
    { "an empty object", "{}", NULL },
    { "an unknown action", "{\"upsert\":{}}", NULL },
    { "an action in capitals", "{\"INDEX\":{}}", NULL },
    { "a document", "{\"@timestamp\":\"2026\",\"message\":\"x\"}", NULL },
    { "an action without an object", "{\"index\":\"x\"}", NULL },
    { "an action of null", "{\"index\":null}", NULL },
    { "an action of a list", "{\"index\":[]}", NULL },
    { "two actions", "{\"index\":{},\"create\":{}}", NULL },
    { "something behind", "{\"index\":{}}x", NULL },
    { "two objects", "{\"index\":{}}{\"a\":1}", NULL },
    { "a comma behind", "{\"index\":{},}", NULL },
    { "a comma inside", "{\"index\":{\"_id\":\"1\",}}", NULL },
    { "a comma in front", "{\"index\":{,\"_id\":\"1\"}}", NULL },
    { "no colon", "{\"index\":{\"_id\" \"1\"}}", NULL },
    { "no comma", "{\"index\":{\"_id\":\"1\" \"_index\":\"x\"}}", NULL },
    { "no value", "{\"index\":{\"_id\":}}", NULL },
    { "a word that is none", "{\"index\":{\"_id\":nul}}", NULL },
    { "a number that is none", "{\"index\":{\"_id\":1.2.3}}", NULL },
    { "a number with a plus", "{\"index\":{\"_id\":+1}}", NULL },
    { "brackets crossed", "{\"index\":{\"a\":[{]}}}", NULL },
    { "brackets open", "{\"index\":{\"a\":[[[}}", NULL },
    { "brackets too deep",
      "{\"index\":{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}}",
      NULL },
    { "a list", "[{\"index\":{}}]", NULL },
    { "text", "index", NULL },
};

static void answer(struct buf *out, const struct bulk_line *b, unsigned status, const char *why)
{
    buf_clear(out);
    bulk_put_item(out, b, 42, status, why);
}

/* Is the answer to this line one JSON object? */
static void check_answer(const char *name, const struct bulk_line *b, struct buf *out,
                         struct rec *r)
{
    rec_clear(r);
    answer(out, b, 400, "A \"quote\", a \\ and a \xff\n.");
    CHECK_ROW(name, json_read(buf_span(out), r, NULL) == (int64_t)out->n);
    rec_clear(r);
    answer(out, b, 201, NULL);
    CHECK_ROW(name, json_read(buf_span(out), r, NULL) == (int64_t)out->n);
}

static void write_seed(struct span in, size_t index)
{
    const char *dir = getenv("CANH_SEEDS");
    char path[512];
    FILE *out;

    if (dir == NULL)
        return;
    (void)snprintf(path, sizeof(path), "%s/bulk/%02zu", dir, index);
    out = fopen(path, "wb");
    assert_true(out != NULL && fwrite(in.p, 1, in.n, out) == in.n && fclose(out) == 0);
}

static void lines_become_actions(void **state)
{
    struct guard g;
    struct buf out;

    (void)state;
    guard_init(&g, 4096);
    buf_init(&out, 65536);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span in = guard_put(&g, span_of(rows[i].in));
        struct bulk_line b;
        struct err e;
        int rc = bulk_action(in, &b, &e);

        write_seed(in, i);
        CHECK_ROW(rows[i].name, rc == (rows[i].want != NULL ? ERR_OK : ERR_SYNTAX));
        if (rc != ERR_OK) {
            CHECK_ROW(rows[i].name, e.code == ERR_SYNTAX && e.why[0] != '\0');
            continue;
        }
        buf_clear(&out);
        buf_fmt(&out, "%s|", bulk_action_name(b.action));
        buf_add(&out, b.index);
        buf_byte(&out, '|');
        buf_add(&out, b.id);
        check_span(rows[i].name, buf_span(&out), rows[i].want);
    }
    buf_release(&out);
    guard_release(&g);
}

static void a_prefix_is_no_action(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span in = span_trim(span_of(rows[i].in));

        for (size_t n = 0; rows[i].want != NULL && n < in.n; n++) {
            struct bulk_line b;

            CHECK_ROW(rows[i].name,
                      bulk_action(guard_put(&g, (struct span){ in.p, n }), &b, NULL) == ERR_SYNTAX);
        }
    }
    guard_release(&g);
}

static void answers_are_json_whatever_the_line_was(void **state)
{
    static const uint8_t bytes[] = { '"', '\\', '{', '}', '[', ',', ':', '0', 0, '\n', 0xff };
    struct guard g;
    struct buf out;
    struct rec r;

    (void)state;
    guard_init(&g, 4096);
    buf_init(&out, 65536);
    assert_true(rec_init(&r));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span in = span_of(rows[i].in);

        for (size_t k = 0; k < in.n * COUNT_OF(bytes); k++) {
            struct span put = guard_put(&g, in);
            struct bulk_line b;

            g.map[g.bytes - in.n + k / COUNT_OF(bytes)] = bytes[k % COUNT_OF(bytes)];
            if (bulk_action(put, &b, NULL) == ERR_OK)
                check_answer(rows[i].name, &b, &out, &r);
        }
    }
    rec_release(&r);
    buf_release(&out);
    guard_release(&g);
}

static void answers_say_what_became_of_it(void **state)
{
    struct bulk_line b = { .action = BULK_CREATE, .index = SPAN_LIT("x") };
    struct buf out;

    (void)state;
    buf_init(&out, 65536);
    answer(&out, &b, 201, NULL);
    check_span("created", buf_span(&out),
               "{\"create\":{\"_index\":\"x\",\"_id\":\"42\",\"status\":201,\"_version\":1,"
               "\"result\":\"created\"}}");
    b.id = SPAN_LIT("a\\\"b");
    answer(&out, &b, 400, "It is \"no\"\\JSON\n.");
    check_span("refused", buf_span(&out),
               "{\"create\":{\"_index\":\"x\",\"_id\":\"a\\\"b\",\"status\":400,\"error\":{"
               "\"type\":\"document_parsing_exception\",\"reason\":\"It is "
               "\\\"no\\\"\\\\JSON?.\"}}}");
    b = (struct bulk_line){ .action = BULK_DELETE };
    answer(&out, &b, 499, NULL);
    check_span("nothing known", buf_span(&out),
               "{\"delete\":{\"_index\":\"\",\"_id\":\"42\",\"status\":499,\"error\":{"
               "\"type\":\"exception\",\"reason\":\"\"}}}");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_actions),
        cmocka_unit_test(a_prefix_is_no_action),
        cmocka_unit_test(answers_are_json_whatever_the_line_was),
        cmocka_unit_test(answers_say_what_became_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
