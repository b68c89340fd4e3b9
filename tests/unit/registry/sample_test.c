/*
 * Goal: the sample province is taken in as it stands, says that it is one, and is told apart.
 * Method: its tables, in the order of its README; then whose some events are.
 */
#include "registry_bench.h"

#include "os/file.h"
#include "registry/registry.h"

static void take(struct act_bench *b, const char *form, const char *name, const char *words)
{
    char path[512];
    struct buf bytes;

    (void)snprintf(path, sizeof(path), SAMPLE_FOLDER "/%s", name);
    buf_init(&bytes, 1 << 20);
    if (file_read(path, 1 << 20, &bytes, &b->e) != ERR_OK)
        fail_msg("%s", b->e.why);
    if (import_ask(b, form, buf_span(&bytes), false) != ERR_OK)
        fail_msg("%s: %s", name, b->e.why);
    if (!view_says(b, "\"imported\":true") || !view_says(b, words))
        fail_msg("%s: %s", name, (char *)b->answer.p);
    buf_release(&bytes);
}

static void take_all(struct act_bench *b)
{
    act_bench_init(b);
    ask_as(b, ROLE_BIT(OFFICER), 0);
    take(b, "agency", "agencies.csv", "\"added\":29");
    take(b, "contact", "contacts.csv", "\"added\":19");
    take(b, "system", "systems.csv", "\"added\":30");
    take(b, "machine", "machines.csv", "\"added\":63");
    take(b, "source", "sources.csv", "\"added\":5");
}

static void it_is_taken_in_whole_and_says_what_it_is(void **state)
{
    struct act_bench b;

    (void)state;
    take_all(&b);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM agency WHERE name NOT LIKE '%Mẫu%'"), 0);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM contact WHERE name NOT LIKE '%Mẫu%'"), 0);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM system WHERE decision NOT LIKE '%MẪU'"), 0);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM agency WHERE email IS NOT NULL AND email"
                                 " NOT LIKE '%.example'"),
                     0);
    /* taken in again it is as it is */
    take(&b, "system", "systems.csv", "\"added\":0,\"changed\":0,\"unchanged\":30");
    act_bench_release(&b);
}

static void old_communes_are_found_through_the_new(void **state)
{
    struct registry_system s;
    struct act_bench b;
    bool covers;
    int64_t ward, other;

    (void)state;
    take_all(&b);
    assert_int_equal(
        registry_system_of(b.db, SPAN_NONE, SPAN_LIT("loaxc2-loa1"), SPAN_NONE, &s, &b.e), ERR_OK);
    ward = act_sql(&b, "SELECT id FROM agency WHERE code = 'P-BINH'");
    other = act_sql(&b, "SELECT id FROM agency WHERE code = 'P-AN'");
    assert_int_equal(s.id, act_sql(&b, "SELECT id FROM system WHERE code = 'HT-LOA-XC2'"));
    assert_int_equal(registry_covers(b.db, ward, s.id, &covers, &b.e), ERR_OK);
    assert_true(covers);
    assert_int_equal(registry_covers(b.db, other, s.id, &covers, &b.e), ERR_OK);
    assert_false(covers);
    ask_as(&b, ROLE_BIT(CONTACT), ward);
    assert_int_equal(view_lines(&b, "system.list", ""), 2);
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_taken_in_whole_and_says_what_it_is),
        cmocka_unit_test(old_communes_are_found_through_the_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
