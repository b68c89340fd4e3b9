/*
 * Goal: LEEF 1.0 and 2.0 are read as IBM describes them (QRadar LEEF Guide: header, delimiter).
 * Method: rows (rows.h).
 */
#include "rows.h"

#define HEAD(v) "leef_version=" v "\nvendor=V\nproduct=P\nversion=1\neventId=9\n"

static const struct row rows[] = {
    { "the example of the guide",
      "LEEF:1.0|Microsoft|MSExchange|4.0 SP1|15345|src=192.0.2.0\tdst=172.50.123.1\tsev=5\t"
      "cat=anomaly\tsrcPort=81\tdstPort=21\tusrName=joe.black",
      "leef_version=1.0\nvendor=Microsoft\nproduct=MSExchange\nversion=4.0 SP1\neventId=15345\n"
      "src=192.0.2.0\ndst=172.50.123.1\nsev=5\ncat=anomaly\nsrcPort=81\ndstPort=21\n"
      "usrName=joe.black\n" },
    { "2.0 with a byte for its delimiter", "LEEF:2.0|V|P|1|9|^|src=10.0.0.1^msg=two words",
      HEAD("2.0") "src=10.0.0.1\nmsg=two words\n" },
    { "2.0 with a code, x", "LEEF:2.0|V|P|1|9|x5E|src=1^dst=2", HEAD("2.0") "src=1\ndst=2\n" },
    { "2.0 with a code, 0x", "LEEF:2.0|V|P|1|9|0x7c|src=1|dst=2", HEAD("2.0") "src=1\ndst=2\n" },
    { "2.0 with a code of one digit", "LEEF:2.0|V|P|1|9|x9|src=1\tdst=2",
      HEAD("2.0") "src=1\ndst=2\n" },
    { "2.0 with a code of four digits", "LEEF:2.0|V|P|1|9|0x0009|src=1\tdst=2",
      HEAD("2.0") "src=1\ndst=2\n" },
    { "2.0 without one: a tab", "LEEF:2.0|V|P|1|9|src=1\tdst=2", HEAD("2.0") "src=1\ndst=2\n" },
    { "2.0 with an empty one: a tab", "LEEF:2.0|V|P|1|9||src=1\tdst=2",
      HEAD("2.0") "src=1\ndst=2\n" },
    { "2.0 without one, a bar in a value", "LEEF:2.0|V|P|1|9|src=1\tmsg=a|b",
      HEAD("2.0") "src=1\nmsg=a|b\n" },
    { "1.0 has no delimiter field", "LEEF:1.0|V|P|1|9|^|src=1", HEAD("1.0") "^|src=1\n" },
    { "equals signs in a value", "LEEF:1.0|V|P|1|9|url=http://h/?a=b",
      HEAD("1.0") "url=http://h/?a=b\n" },
    { "nothing is escaped", "LEEF:1.0|V|P|1|9|path=C:\\new\\\\x\tb=c",
      HEAD("1.0") "path=C:\\new\\\\x\nb=c\n" },
    { "the delimiter in a value", "LEEF:1.0|V|P|1|9|msg=one\ttwo\ta=b",
      HEAD("1.0") "msg=one\ttwo\na=b\n" },
    { "text before the first pair", "LEEF:1.0|V|P|1|9|text\ta=b", HEAD("1.0") "a=b\n" },
    { "empty pairs", "LEEF:1.0|V|P|1|9|a=1\t\t\tb=\t", HEAD("1.0") "a=1\nb=\n" },
    { "no name", "LEEF:1.0|V|P|1|9|a=1\t=2", HEAD("1.0") "a=1\t=2\n" },
    { "no attributes", "LEEF:1.0|V|P|1|9|", HEAD("1.0") },
    { "no bar at the end", "LEEF:1.0|V|P|1|9", HEAD("1.0") },
    { "not UTF-8", "LEEF:1.0|V|P|1|9|a=\xff\xfe", HEAD("1.0") "a=\xff\xfe\n" },

    { "a header cut short", "LEEF:1.0|V|P|1", NULL },
    { "no version", "LEEF:|V|P|1|9|", NULL },
    { "not at the front", " LEEF:1.0|V|P|1|9|", NULL },
    { "nothing", "", NULL },
};

static void lines_become_fields(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_LEEF);

    (void)state;
    rows_check(&c, rows, COUNT_OF(rows));
}

static void limits_hold(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_LEEF);
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    assert_true(rows_repeat(&c, "LEEF:2.0|V|P|1|9|^|", "a=b^", 100000, "", &r) > 0);
    assert_int_equal(r.count, LIMIT_FIELDS);
    assert_int_equal(r.flags, REC_CUT_FIELDS);
    assert_true(rows_repeat(&c, "LEEF:1.0|V|P|1|9|a=", "0123456789", 1 << 20, "", &r) > 0);
    assert_int_equal(r.count, 6);
    assert_int_equal(r.flags, REC_CUT_BYTES);
    assert_true(rows_repeat(&c, "LEEF:1.0|V|P|1|9|a=b", "\tx", 1 << 20, "", &r) > 0);
    assert_int_equal(r.count, 6);
    assert_true(rows_repeat(&c, "LEEF:1.0|V|P|1|9|a=b\t", "k", LIMIT_NAME_BYTES + 1, "=c", &r) > 0);
    assert_int_equal(r.count, 6); /* a name too long is part of the value before it */
    rec_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_fields),
        cmocka_unit_test(limits_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
