/*
 * Goal: a field gets its names whatever came before it: expected or not, cached or not, in a full
 * cache, with hostile names. Method: records made here, each asked for fields whose answers are
 * known; the comparison of keys against memcmp, before a guard page.
 */
#include "../check.h"
#include "../guard.h"

#include "base/buf.h"
#include "base/limits.h"
#include "event/path.h"
#include "laid.h"

#define TEXT_BYTES_MAX (1u << 22)

static const char taxonomy[] = "source: t\n"
                               "strip: [ Event.System., 'Event.UserData.*.', winlog.event_data. ]\n"
                               "names: { winlog.event_id: EventID }\n"
                               "rows: [ { when: { EventID: 1 }, category: one } ]\n";

static void want(struct laid *l, const char *name, const char *values)
{
    const char *got = laid_values(l, 0, name);

    if (strcmp(got, values) != 0)
        fail_msg("%s: got '%s', want '%s'", name, got, values);
}

static const struct {
    const char *json, *name, *values;
} rows[] = {
    { "{\"Event\":{\"System\":{\"EventID\":1}}}", "EventID", "1" },
    { "{\"Event\":{\"System\":{\"EventID\":1}}}", "Event.System.EventID", "1" },
    { "{\"Event\":{\"System\":{\"EventID\":{\"#text\":1,\"#attributes\":{\"Q\":2}}}}}", "EventID",
      "{\"#text\":1,\"#attributes\":{\"Q\":2}}|1" }, /* the element itself, then its text */
    { "{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\"p\"}}}}}", "Provider_Name",
      "p" },
    { "{\"Event\":{\"System\":{\"Provider_attributes\":{\"Name\":\"p\"}}}}", "Provider_Name", "p" },
    { "{\"Event\":{\"System\":{\"Provider\":{\"@Name\":\"p\"}}}}", "Provider_Name", "p" },
    { "{\"Event\":{\"UserData\":{\"Any\":{\"User\":\"u\"}}}}", "User", "u" },
    { "{\"Event\":{\"UserData\":{\"Any\":{\"a\":{\"b\":\"u\"}}}}}", "a.b", "u" },
    { "{\"Event\":{\"UserData\":{\"User\":\"u\"}}}", "User", "(none)" },
    { "{\"winlog\":{\"event_id\":1}}", "EventID", "1" },
    { "{\"winlog.event_id\":1}", "EventID", "1" }, /* dots in a key are dots of a path */
    { "{\"winlog\":{\"event_data\":{\"New Value\":\"n\"}}}", "NewValue", "n" },
    { "{\"a\":{\"b\":1},\"a.b\":2}", "a.b", "1|2" },
    { "{\"a\":[{\"b\":1},{\"b\":2}]}", "a.b", "1|2" },
    { "{\"\":1,\"User\":2}", "User", "2" },
    { "{\"a\":{\"\":{\"b\":3}},\"a..b\":4}", "a..b", "3|4" },
};

static void names_by_path(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l, taxonomy, "EventID,Event.System.EventID,Provider_Name,User,NewValue,a.b,a..b");
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            laid_json(&l, rows[i].json);
            want(&l, rows[i].name, rows[i].values);
        }
    }
    laid_release(&l);
}

/* More names than the cache holds, in one record after another: the right names all the same. */
static void a_full_cache_changes_nothing(void **state)
{
    struct laid l;
    struct buf b;

    (void)state;
    laid_init(&l, taxonomy, "EventID,User,Event.System.EventID");
    buf_init(&b, TEXT_BYTES_MAX);
    for (unsigned record = 0; record < 12; record++) {
        buf_clear(&b);
        buf_fmt(&b, "{");
        for (unsigned i = 0; i < 1500; i++)
            buf_fmt(&b, "\"hostile%u_%u\":%u,", record, i, i);
        buf_fmt(&b, "\"User\":\"u%u\",\"Event\":{\"System\":{\"EventID\":1}}}", record);
        laid_span(&l, buf_span(&b));
        assert_string_equal(laid_views(&l), "t:one");
        want(&l, "EventID", "1");
        want(&l, "Event.System.EventID", "1");
        buf_clear(&b);
        buf_fmt(&b, "{\"User\":\"u%u\"}", record);
        laid_span(&l, buf_span(&b));
        assert_string_equal(laid_views(&l), "");
    }
    buf_release(&b);
    laid_release(&l);
}

/* A key too long for a node, and what lies below it, is named without the cache. */
static void long_keys_are_named_without_the_cache(void **state)
{
    static const char key[] = "a_key_that_is_longer_than_what_a_node_has_room_for";
    struct laid l;
    struct buf b;

    (void)state;
    assert_true(sizeof(key) - 1 > PATH_KEY_BYTES);
    buf_init(&b, 4096);
    buf_fmt(&b, "%s,%s.b,%s.c,b,c", key, key, key);
    buf_byte(&b, '\0');
    laid_init(&l, taxonomy, (const char *)buf_span(&b).p);
    buf_clear(&b);
    buf_fmt(&b, "{\"%s\":{\"b\":1,\"c\":2},\"b\":3,\"x%s\":{\"c\":4},\"c\":5}", key, key);
    for (unsigned round = 0; round < 2; round++) {
        char name[128];

        laid_span(&l, buf_span(&b));
        (void)snprintf(name, sizeof(name), "%s.b", key);
        want(&l, name, "1");
        (void)snprintf(name, sizeof(name), "%s.c", key);
        want(&l, name, "2");
        want(&l, "b", "3");
        want(&l, "c", "5");
    }
    buf_release(&b);
    laid_release(&l);
}

/* A whole path over LIMIT_NAME_BYTES has no name; its neighbours keep theirs. */
static void a_path_that_is_too_long_has_no_name(void **state)
{
    struct laid l;
    struct buf b;

    (void)state;
    laid_init(&l, taxonomy, "User,z");
    buf_init(&b, 4096);
    buf_fmt(&b, "{\"");
    for (unsigned i = 0; i < LIMIT_NAME_BYTES + 1; i++)
        buf_byte(&b, 'n');
    buf_fmt(&b, "\":1,");
    for (unsigned i = 0; i < 30; i++)
        buf_fmt(&b, "\"group_of_twenty_five_byte\":{");
    buf_fmt(&b, "\"z\":1");
    for (unsigned i = 0; i < 30; i++)
        buf_byte(&b, '}');
    buf_fmt(&b, ",\"User\":\"u\"}");
    laid_span(&l, buf_span(&b));
    want(&l, "User", "u");
    want(&l, "z", "(none)");
    buf_release(&b);
    laid_release(&l);
}

/* Two kinds of record in turn, and in another order: the guess is wrong, the names are not. */
static void a_wrong_guess_costs_time_only(void **state)
{
    static const char *const json[] = {
        "{\"User\":\"1\",\"EventID\":1,\"a\":{\"b\":\"x\"}}",
        "{\"a\":{\"b\":\"x\"},\"EventID\":1,\"User\":\"1\"}",
        "{\"EventID\":1,\"User\":\"1\",\"b\":\"y\",\"a\":{\"b\":\"x\"}}",
        "{\"a\":{\"c\":0,\"b\":\"x\"},\"User\":\"1\",\"EventID\":1,\"b\":\"y\"}",
    };
    struct laid l;

    (void)state;
    laid_init(&l, taxonomy, "User,EventID,a.b");
    for (unsigned i = 0; i < 64; i++) {
        laid_json(&l, json[i * 7 / 3 % COUNT_OF(json)]);
        want(&l, "User", "1");
        want(&l, "EventID", "1");
        want(&l, "a.b", "x");
    }
    laid_release(&l);
}

static void compares_keys_as_memcmp_does(void **state)
{
    uint8_t other[PATH_KEY_BYTES], text[PATH_KEY_BYTES];
    struct guard g;

    (void)state;
    for (size_t i = 0; i < PATH_KEY_BYTES; i++)
        text[i] = (uint8_t)('a' + i % 26);
    guard_init(&g, PATH_KEY_BYTES);
    for (size_t n = 0; n <= PATH_KEY_BYTES; n++) {
        struct span s = guard_put(&g, (struct span){ text, n });

        assert_true(path_bytes_eq(text, s.p, n));
        for (size_t i = 0; i < n; i++) {
            memcpy(other, text, sizeof(other));
            other[i] ^= 1;
            if (path_bytes_eq(other, s.p, n))
                fail_msg("%zu bytes, the one at %zu differs", n, i);
        }
    }
    guard_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_by_path),
        cmocka_unit_test(a_full_cache_changes_nothing),
        cmocka_unit_test(long_keys_are_named_without_the_cache),
        cmocka_unit_test(a_path_that_is_too_long_has_no_name),
        cmocka_unit_test(a_wrong_guess_costs_time_only),
        cmocka_unit_test(compares_keys_as_memcmp_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
