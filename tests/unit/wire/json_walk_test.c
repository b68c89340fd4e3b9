/*
 * Goal: values, members and elements are found with their ends, and what has none is refused.
 * Method: rows, cut at every byte against an unmapped page.
 */
#include "../check.h"
#include "../guard.h"

#include "base/limits.h"
#include "wire/json_walk.h"

/* Values one after the other, each with '|' behind it; members of an object as key=value, elements
 * of an array as [value]; "!" where it is refused. */
static const char *walked(struct span in)
{
    static char text[512];
    struct span v, inside, key;
    size_t n = 0;
    int rc;

    text[0] = 0;
#define PUT(...) n += (size_t)snprintf(text + n, sizeof(text) - n, __VA_ARGS__)
    while ((rc = json_value(&in, &v)) == 1) {
        int inner = 0;

        if (json_inside(v, '{', &inside)) {
            while ((inner = json_member(&inside, &key, &v)) == 1)
                PUT("%.*s=%.*s ", SPAN_ARG(key), SPAN_ARG(v));
        } else if (json_inside(v, '[', &inside)) {
            while ((inner = json_element(&inside, &v)) == 1)
                PUT("[%.*s] ", SPAN_ARG(v));
        } else {
            PUT("%.*s", SPAN_ARG(v));
        }
        PUT(inner < 0 ? "!|" : "|");
    }
    if (rc < 0)
        PUT("!");
#undef PUT
    return text;
}

static void values_have_their_ends(void **state)
{
    static const char *const rows[][2] = {
        { "", "" },
        { " \t\r\n", "" },
        { "1 true \"a\\\"b\" null", "1|true|\"a\\\"b\"|null|" },
        { "{\"a\":1,\"b\":{\"c\":[1,\"]\"]}}{\"d\":\"}\"}",
          "a=1 b={\"c\":[1,\"]\"]} |d=\"}\" |" },
        { "[1, [2,3] ,{\"a\":4}]", "[1] [[2,3]] [{\"a\":4}] |" },
        { "{}[]", "||" },
        { "{ \"a\" : 1 , \"b\" : 2 }", "a=1 b=2 |" },
        { "{\"a\":1,}", "!|" },
        { "{\"a\"}", "!|" },
        { "{\"a\":}", "!|" },
        { "{a:1}", "!|" },
        { "[1,]", "!|" },
        { "[1 2]", "!|" },
        { "[,]", "!|" },
        { "{\"a\":1]", "!" },
        { "\"open", "!" },
        { "\"new\nline\"", "!" },
        { "[\"open]", "!" },
        { "}", "!" },
        { ",", "!" },
    };
    struct guard g;

    (void)state;
    guard_init(&g, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span s = guard_put(&g, span_of(rows[i][0]));

        check_span(rows[i][0], span_of(walked(s)), rows[i][1]);
        for (size_t cut = 0; cut < strlen(rows[i][0]); cut++)
            (void)walked(guard_put(&g, (struct span){ (const uint8_t *)rows[i][0], cut }));
    }
    guard_release(&g);
}

static void depth_is_bounded(void **state)
{
    char deep[2 * LIMIT_DEPTH + 3];
    struct span v;

    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        size_t n = LIMIT_DEPTH + extra;
        struct span in = { (const uint8_t *)deep, 2 * n };

        memset(deep, '[', n);
        memset(deep + n, ']', n);
        assert_int_equal(json_value(&in, &v), extra == 0 ? 1 : ERR_SYNTAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_their_ends),
        cmocka_unit_test(depth_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
