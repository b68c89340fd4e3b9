/*
 * Goal: CEF (ArcSight's "Implementing ArcSight Common Event Format", revision 25) is read as its
 * own description has it, and as senders who have not read that write it.
 * Method: rows (rows.h).
 */
#include "rows.h"

#define HEAD                                                                                       \
    "cef_version=0\ndeviceVendor=V\ndeviceProduct=P\ndeviceVersion=1\ndeviceEventClassId=9\n"      \
    "name=N\nseverity=5\n"

static const struct row rows[] = {
    { "the example of the description",
      "CEF:0|Security|threatmanager|1.0|100|worm successfully stopped|10|src=10.0.0.1 dst=2.1.2.2 "
      "spt=1232",
      "cef_version=0\ndeviceVendor=Security\ndeviceProduct=threatmanager\ndeviceVersion=1.0\n"
      "deviceEventClassId=100\nname=worm successfully stopped\nseverity=10\nsrc=10.0.0.1\n"
      "dst=2.1.2.2\nspt=1232\n" },
    { "a bar in the header is escaped",
      "CEF:0|security|threatmanager|1.0|100|detected a \\| in message|10|act=blocked a | "
      "dst=1.1.1.1",
      "cef_version=0\ndeviceVendor=security\ndeviceProduct=threatmanager\ndeviceVersion=1.0\n"
      "deviceEventClassId=100\nname=detected a | in message\nseverity=10\nact=blocked a |\n"
      "dst=1.1.1.1\n" },
    { "a backslash in the header is escaped", "CEF:0|V\\\\W|P|1|9|N|5|",
      "cef_version=0\ndeviceVendor=V\\W\ndeviceProduct=P\ndeviceVersion=1\n"
      "deviceEventClassId=9\nname=N\nseverity=5\n" },
    { "an equals sign in a value is escaped", "CEF:0|V|P|1|9|N|5|act=blocked a \\= dst=1.1.1.1",
      HEAD "act=blocked a =\ndst=1.1.1.1\n" },
    { "backslash and line ends in a value", "CEF:0|V|P|1|9|N|5|filePath=C:\\\\new msg=a\\nb\\rc",
      HEAD "filePath=C:\\new\nmsg=a\nb\rc\n" },
    { "a path that nobody escaped",
      "CEF:0|V|P|1|9|N|5|filePath=C:\\Windows\\notes.exe duser=NT\\SYSTEM",
      HEAD "filePath=C:\\Windows\\notes.exe\nduser=NT\\SYSTEM\n" },
    { "an equals sign that nobody escaped", "CEF:0|V|P|1|9|N|5|request=http://h/?a=b&c=d msg=x",
      HEAD "request=http://h/?a=b&c=d\nmsg=x\n" },
    { "two equals signs", "CEF:0|V|P|1|9|N|5|a==b c=d=e", HEAD "a==b\nc=d=e\n" },
    { "blanks around values", "CEF:0|V|P|1|9|N|5|  a=b   c=d  e f  ", HEAD "a=b\nc=d  e f\n" },
    { "an empty value", "CEF:0|V|P|1|9|N|5|a= b=c", HEAD "a=\nb=c\n" },
    { "a value at the end of the line", "CEF:0|V|P|1|9|N|5|a=", HEAD "a=\n" },
    { "text before the first key", "CEF:0|V|P|1|9|N|5|what a=b", HEAD "a=b\n" },
    { "keys of vendors", "CEF:0|V|P|1|9|N|5|ad.x-y_z[0]=1 _cefVer=0.1",
      HEAD "ad.x-y_z[0]=1\n_cefVer=0.1\n" },
    { "no key: another alphabet", "CEF:0|V|P|1|9|N|5|msg=\xe1\xba\xa1=b",
      HEAD "msg=\xe1\xba\xa1=b\n" },
    { "no extension", "CEF:0|V|P|1|9|N|5|", HEAD },
    { "no bar behind the severity", "CEF:0|V|P|1|9|N|5", HEAD },
    { "empty header fields", "CEF:0|||||||",
      "cef_version=0\ndeviceVendor=\ndeviceProduct=\ndeviceVersion=\ndeviceEventClassId=\nname=\n"
      "severity=\n" },
    { "labels name their values",
      "CEF:0|V|P|1|9|N|5|cs1=block it cs1Label=Rule Name cn2Label=Hits cn2=7",
      HEAD "cs1=block it\ncs1Label=Rule Name\ncn2Label=Hits\ncn2=7\nRuleName=block it\nHits=7\n" },
    { "a label without a value, a value without a label",
      "CEF:0|V|P|1|9|N|5|cs1Label=A cs2=b cs3= cs3Label=",
      HEAD "cs1Label=A\ncs2=b\ncs3=\ncs3Label=\n" },
    { "labels of each kind",
      "CEF:0|V|P|1|9|N|5|cfp1=1 cfp1Label=a c6a2=2 c6a2Label=b flexString1=3 flexString1Label=c "
      "deviceCustomDate1=4 deviceCustomDate1Label=d",
      HEAD "cfp1=1\ncfp1Label=a\nc6a2=2\nc6a2Label=b\nflexString1=3\nflexString1Label=c\n"
           "deviceCustomDate1=4\ndeviceCustomDate1Label=d\na=1\nb=2\nc=3\nd=4\n" },
    { "the escapes of a labelled value", "CEF:0|V|P|1|9|N|5|cs1=a\\=b cs1Label=x\\=y z",
      HEAD "cs1=a=b\ncs1Label=x=y z\nx=yz=a=b\n" },
    { "version 1", "CEF:1|V|P|1|9|N|5|a=b",
      "cef_version=1\ndeviceVendor=V\ndeviceProduct=P\ndeviceVersion=1\ndeviceEventClassId=9\n"
      "name=N\nseverity=5\na=b\n" },

    { "a header cut short", "CEF:0|V|P|1|9|N", NULL },
    { "a header that an escaped bar cuts short", "CEF:0|V|P|1|9|N\\|5", NULL },
    { "no version", "CEF:|V|P|1|9|N|5|", NULL },
    { "not at the front", "x CEF:0|V|P|1|9|N|5|", NULL },
    { "small letters", "cef:0|V|P|1|9|N|5|", NULL },
    { "prose", "CEF: the format", NULL },
    { "nothing", "", NULL },
};

static void lines_become_fields(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_CEF);

    (void)state;
    rows_check(&c, rows, COUNT_OF(rows));
}

static void limits_hold(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_CEF);
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    assert_true(rows_repeat(&c, "CEF:0|V|P|1|9|N|5|", "a=b ", 100000, "", &r) > 0);
    assert_int_equal(r.count, LIMIT_FIELDS);
    assert_int_equal(r.flags, REC_CUT_FIELDS);
    assert_true(rows_repeat(&c, "CEF:0|V|P|1|9|N|5|", "cs1=b cs1Label=c ", 1000, "", &r) > 0);
    assert_int_equal(r.count, 7 + 2000 + 1); /* the last of each */
    assert_true(rows_repeat(&c, "CEF:0|V|P|1|9|N|5|a=", "=========\\", 1 << 20, "", &r) > 0);
    assert_int_equal(r.count, 8);
    assert_int_equal(r.flags, REC_CUT_BYTES);
    assert_true(rows_repeat(&c, "CEF:0|V|P|1|9|N|5|a=b ", "k", LIMIT_NAME_BYTES + 1, "=c", &r) > 0);
    assert_int_equal(r.count, 8); /* a name too long is part of the value before it */
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
