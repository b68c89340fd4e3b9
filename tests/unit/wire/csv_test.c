/*
 * Goal: comma-separated lines become numbered columns (quoting as in RFC 4180), and prose with
 * commas does not.
 * Method: rows (rows.h).
 */
#include "rows.h"

static const struct row rows[] = {
    { "pfSense", "5,,,1000000103,em0,match,block,in,4",
      "0=5\n1=\n2=\n3=1000000103\n4=em0\n5=match\n6=block\n7=in\n8=4\n" },
    { "quoted columns", "1,\"a, b\",c,\"\",d,e", "0=1\n1=a, b\n2=c\n3=\n4=d\n5=e\n" },
    { "a doubled quote", "1,\"a \"\"b\"\"\",\"\"\"\",c,d,e",
      "0=1\n1=a \"b\"\n2=\"\n3=c\n4=d\n5=e\n" },
    { "quotes that are not at the ends", "1,a\"b\",c\",d,e,f",
      "0=1\n1=a\"b\"\n2=c\"\n3=d\n4=e\n5=f\n" },
    { "text behind a closing quote", "1,\"a\"b,c,d,e,f", "0=1\n1=\"a\"b\n2=c\n3=d\n4=e\n5=f\n" },
    { "a quote that does not close", "1,\"a,c,d,e,f", "0=1\n1=\"a\n2=c\n3=d\n4=e\n5=f\n" },
    { "empty columns at the ends", ",1,2,3,4,", "0=\n1=1\n2=2\n3=3\n4=4\n5=\n" },
    { "nothing but commas", ",,,,,", "0=\n1=\n2=\n3=\n4=\n5=\n" },
    { "a few blanks behind commas", "1, 2,3,4,5, 6", "0=1\n1= 2\n2=3\n3=4\n4=5\n5= 6\n" },
    { "more than ten columns", "a,b,c,d,e,f,g,h,i,j,k,l",
      "0=a\n1=b\n2=c\n3=d\n4=e\n5=f\n6=g\n7=h\n8=i\n9=j\n10=k\n11=l\n" },
    { "not UTF-8", "\xff,\xfe,1,2,3,4", "0=\xff\n1=\xfe\n2=1\n3=2\n4=3\n5=4\n" },

    { "five columns", "1,2,3,4,5", NULL },
    { "five columns, one quoted with a comma", "1,\"2,2\",3,4,5", NULL },
    { "prose", "one, two, three, four, five, six, seven", NULL },
    { "nothing", "", NULL },
};

static void lines_become_columns(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_CSV);

    (void)state;
    rows_check(&c, rows, COUNT_OF(rows));
}

static void every_column_has_its_number(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_CSV);
    char line[1024], name[8];
    struct rec r;
    size_t n = 0;

    (void)state;
    MUST(rec_init(&r));
    for (unsigned i = 0; i < 128; i++)
        n += (size_t)snprintf(line + n, sizeof(line) - n, i > 0 ? ",%u" : "%u", i);
    rows_read(&c, (struct span){ (const uint8_t *)line, n }, &r);
    assert_int_equal(r.count, 128);
    assert_int_equal(r.flags, 0);
    for (unsigned i = 0; i < 128; i++) {
        (void)snprintf(name, sizeof(name), "%u", i);
        check_span(name, r.fields[i].name, name);
        check_span(name, rec_text(&r.fields[i], &r.mem), name);
    }
    rec_release(&r);
}

static void limits_hold(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_CSV);
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    assert_true(rows_repeat(&c, "a", ",b", 100000, "", &r) > 0);
    assert_int_equal(r.count, 128);
    assert_int_equal(r.flags, REC_CUT_FIELDS);
    assert_true(rows_repeat(&c, "1,2,3,4,5,\"", "\"\"23456789", 1 << 20, "\"", &r) > 0);
    assert_int_equal(r.count, 6);
    assert_int_equal(r.flags, REC_CUT_BYTES);
    assert_true(rows_repeat(&c, "1,2,3,4,5,6", ",\"\"\"x", 1 << 20, "", &r) > 0);
    assert_true(rows_repeat(&c, "1,2,3,4,5,6", ",\"\"", 1 << 20, "", &r) > 0);
    rec_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_columns),
        cmocka_unit_test(every_column_has_its_number),
        cmocka_unit_test(limits_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
