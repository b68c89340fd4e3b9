/*
 * Goal: Windows events as XML give the fields that the same events give as EVTX (evtx.h), and
 * what is not such an event, or not finished, is told apart.
 * Method: rows (rows.h); a good row that is cut anywhere must ask for more. Then what lies around
 * and between events.
 */
#include "rows.h"

#define NS "xmlns='http://schemas.microsoft.com/win/2004/08/events/event'"

static const struct row rows[] = {
    { "wevtutil",
      "<Event " NS "><System>"
      "<Provider Name='Microsoft-Windows-Security-Auditing' Guid='{54849625}'/>"
      "<EventID>4624</EventID><Version>2</Version><TimeCreated "
      "SystemTime='2026-03-01T10:00:00.1Z'/>"
      "<Correlation/><Execution ProcessID='4' ThreadID='8'/><Computer>dc1</Computer><Security/>"
      "</System><EventData><Data Name='TargetUserName'>bob</Data>"
      "<Data Name='IpAddress'></Data><Data Name='Nil'/></EventData></Event>",
      "Provider_Name=Microsoft-Windows-Security-Auditing\nProvider_Guid={54849625}\nEventID=4624\n"
      "Version=2\nTimeCreated_SystemTime=2026-03-01T10:00:00.1Z\nCorrelation\n"
      "Execution_ProcessID=4\nExecution_ThreadID=8\nComputer=dc1\nSecurity\nTargetUserName=bob\n"
      "IpAddress=\nNil\n" },
    { "quotes, blanks and lines",
      "<Event>\r\n <System >\n  <Provider\n Name = \"P\" Guid='' /> <EventID "
      "Qualifiers=\"16384\">7036"
      "</EventID >\n </System>\n</Event\n>",
      "Provider_Name=P\nEventID_Qualifiers=16384\nEventID=7036\n" },
    { "entities",
      "<Event><EventData><Data Name=\"a&amp;b\">x &lt;y&gt; &quot;z&quot; "
      "&apos;&#65;&#x42;&#9;</Data>"
      "</EventData></Event>",
      "a&b=x <y> \"z\" 'AB\t\n" },
    { "an entity that nobody knows",
      "<Event><EventData><Data Name='a'>&x; &amp</Data></EventData></Event>", "a=&x; &amp\n" },
    { "CDATA",
      "<Event><EventData><Data Name='a'>1<![CDATA[</Data> & <b>]]>2</Data></EventData></Event>",
      "a=1</Data> & <b>2\n" },
    { "comments and instructions inside",
      "<Event><!-- <System> --><EventData><?x y?><Data "
      "Name='a'>b</Data><!----></EventData></Event>",
      "a=b\n" },
    { "a greater-than sign in an attribute",
      "<Event><System><Provider Name='a>b'/></System></Event>", "Provider_Name=a>b\n" },
    { "a prefix", "<e:Event xmlns:e='x'><e:System><e:EventID>1</e:EventID></e:System></e:Event>",
      "EventID=1\n" },
    { "Data without a name",
      "<Event><EventData><Data>one</Data><Data>two</Data><Data/><Binary>00FF</Binary>"
      "</EventData></Event>",
      "Data=one\nData=two\nData\nBinary=00FF\n" },
    { "a name with blanks",
      "<Event><EventData><Data Name='Target User Name'>b</Data></EventData></Event>",
      "TargetUserName=b\n" },
    { "an empty name", "<Event><EventData><Data Name=''>b</Data></EventData></Event>", "Data=b\n" },
    { "EventData with a name",
      "<Event><EventData Name='K'><Data Name='a'>b</Data></EventData></Event>",
      "EventData_Name=K\na=b\n" },
    { "UserData",
      "<Event><UserData><LogFileCleared xmlns='x'><SubjectUserName>bob</SubjectUserName>"
      "<Deep><Er>1</Er></Deep><Nil/></LogFileCleared></UserData></Event>",
      "SubjectUserName=bob\nEr=1\nNil\n" },
    { "RenderingInfo",
      "<Event><System><Level>4</Level></System><RenderingInfo Culture='en-US'><Message>hello"
      "</Message><Level>Information</Level><Keywords><Keyword>Audit Success</Keyword></Keywords>"
      "</RenderingInfo></Event>",
      "Level=4\nRenderingInfo_Culture=en-US\nMessage=hello\nRenderingInfo_Level=Information\n"
      "RenderingInfo_Keyword=Audit Success\n" },
    { "ePO",
      "<EPOEvent><MachineInfo><MachineName>pc1</MachineName></MachineInfo>"
      "<SoftwareInfo ProductName=\"Endpoint\"><Event><EventID>1027</EventID><CommonFields>"
      "<ThreatName>EICAR</ThreatName></CommonFields></Event></SoftwareInfo></EPOEvent>",
      "MachineName=pc1\nSoftwareInfo_ProductName=Endpoint\nEventID=1027\nThreatName=EICAR\n" },
    { "ProcessingErrorData",
      "<Event><ProcessingErrorData><ErrorCode>15005</ErrorCode></ProcessingErrorData></Event>",
      "ProcessingErrorData_ErrorCode=15005\n" },
    { "an element that nobody knows",
      "<Event><DebugData><SequenceNumber a='1'>2</SequenceNumber></DebugData></Event>",
      "SequenceNumber_a=1\nSequenceNumber=2\n" },
    { "text between elements is none", "<Event> a <System> b <EventID>1</EventID></System></Event>",
      "EventID=1\n" },
    { "blanks in a value stay",
      "<Event><EventData><Data Name='a'> \n b </Data></EventData></Event>", "a= \n b \n" },
    { "what goes before an event",
      "<?xml version='1.0' encoding='utf-8'?>\n<!-- x --><Events>\n<Event/>", "" },
    { "an empty event", "<Event></Event>", "" },
    { "bytes above 0x7f",
      "<Event><EventData><Data Name='t\xc3\xaan'>\xff</Data></EventData></Event>",
      "t\xc3\xaan=\xff\n" },

    { "another element", "<Events2><Event/></Events2>", NULL },
    { "another element that begins so", "<EventID>1</EventID>", NULL },
    { "an end tag that is another's", "<Event><System></Event></System>", NULL },
    { "a tag without a name", "<Event>< a></Event>", NULL },
    { "an attribute without quotes", "<Event><System a=b/></Event>", NULL },
    { "an attribute without a value", "<Event><System a/></Event>", NULL },
    { "a slash in a tag", "<Event><System / a='b'></Event>", NULL },
    { "a document type", "<Event><!DOCTYPE x [<!ENTITY a 'b'>]></Event>", NULL },
    { "prose", "The quick brown fox", NULL },
    { "nothing", "", NULL },
};

static void events_become_fields(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_XML);

    (void)state;
    c.cut_is_more = true;
    rows_check(&c, rows, COUNT_OF(rows));
}

/* Several events, one behind another, and what is not part of any. */
static void events_follow_each_other(void **state)
{
    static const char file[] = "<?xml version='1.0'?><Events><Event><System><EventID>1</EventID>"
                               "</System></Event>\n<Event><System><EventID>2</EventID></System>"
                               "</Event></Events>\n";
    struct span in = { (const uint8_t *)file, sizeof(file) - 1 };
    struct rec r;
    int64_t used;

    (void)state;
    MUST(rec_init(&r));
    for (const char *id = "1"; id != NULL; id = id[0] == '1' ? "2" : NULL) {
        rec_clear(&r);
        used = xml_read(in, &r, NULL);
        assert_true(used > 0);
        check_span(id, rec_text(&r.fields[0], &r.mem), id);
        check_span(id, (struct span){ r.raw.p, 6 }, "<Event");
        check_span(id, (struct span){ in.p + used - 8, 8 }, "</Event>");
        in = span_from(in, (size_t)used);
    }
    assert_int_equal(xml_lead(in), in.n);
    assert_int_equal(xml_read(in, &r, NULL), ERR_MORE);
    rec_release(&r);
}

static void what_lies_between_is_skipped(void **state)
{
    static const struct {
        const char *in;
        size_t want;
    } leads[] = {
        { "", 0 },
        { " \r\n\t<Event>", 4 },
        { "\xEF\xBB\xBF<Event>", 3 },
        { "<?xml version='1.0'?><Event>", 21 },
        { "<!-- <Event> --><Event>", 16 },
        { "<Events xmlns='x'><Event>", 18 },
        { "</Events>\n<Event>", 10 },
        { "<Event>", 0 },
        { "<?xml", 0 },
        { "<Eventss>", 0 },
        { "text", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(leads); i++)
        CHECK_ROW(leads[i].in, xml_lead(span_of(leads[i].in)) == leads[i].want);
}

static void limits_hold(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_XML);
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    assert_int_equal(rows_repeat(&c, "<Event>", "<a>", 100000, "", &r), ERR_MORE);
    assert_int_equal(rows_repeat(&c, "<Event><EventData>", "<a>", 100000, "</b>", &r), ERR_MORE);
    assert_true(rows_repeat(&c, "<Event><EventData>", "<Data>1</Data>", 100000,
                            "</EventData></Event>", &r) > 0);
    assert_int_equal(r.count, LIMIT_FIELDS);
    assert_int_equal(r.flags, REC_CUT_FIELDS | REC_CUT_BYTES);
    assert_true(rows_repeat(&c, "<Event><EventData><Data>", "&amp;&x;<!", 1 << 20,
                            "</Data></EventData></Event>", &r) < 0);
    assert_true(rows_repeat(&c, "<Event><EventData><Data>", "&amp;&#1;]", 1 << 20,
                            "</Data></EventData></Event>", &r) > 0);
    assert_int_equal(r.count, 1);
    /* fewer, because the sanitizer's memmem() looks at all of the text each time */
    assert_true(rows_repeat(&c, "<Event><EventData><Data>", "<![CDATA[x]]>", 1 << 14,
                            "</Data></EventData></Event>", &r) > 0);
    assert_int_equal(rows_repeat(&c, "<Event>", "<![CDATA[", 1 << 20, "", &r), ERR_MORE);
    assert_int_equal(rows_repeat(&c, "<Event ", "a='b' ", 1 << 20, "", &r), ERR_MORE);
    assert_int_equal(
        rows_repeat(&c, "<Event>", "0123456789abcdef", LIMIT_RECORD_BYTES / 16, "", &r), ERR_LIMIT);
    rec_release(&r);
}

/* A sniff looks at the first bytes only; a long comment must not hide the event behind it. */
static void an_event_behind_a_long_comment_is_found(void **state)
{
    struct rows_codec c = rows_codec_of(CODEC_XML);
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    assert_true(rows_repeat(&c, "<!--", " x", SNIFF_BYTES, "--><Event></Event>", &r) > 0);
    for (size_t n = SNIFF_BYTES / 7 - 5; n < SNIFF_BYTES / 7 + 5; n++)
        assert_true(rows_repeat(&c, "", "<!---->", n, " <Event></Event>", &r) > 0);
    assert_true(rows_repeat(&c, "<Events", " a='b'", SNIFF_BYTES, "><Event></Event>", &r) > 0);
    assert_true(rows_repeat(&c, "", " ", SNIFF_BYTES, "<Event></Event>", &r) > 0);
    rec_release(&r);
}

/* Elements below LIMIT_DEPTH are not broken out: their bytes are the value of the one above. */
static void deep_elements_stay_one_value(void **state)
{
    char text[4096] = "<Event><UserData>";
    struct rec r;

    (void)state;
    MUST(rec_init(&r));
    for (unsigned i = 0; i < LIMIT_DEPTH; i++)
        (void)strcat(text, "<a>");
    (void)strcat(text, "x");
    for (unsigned i = 0; i < LIMIT_DEPTH; i++)
        (void)strcat(text, "</a>");
    (void)strcat(text, "</UserData></Event>");
    assert_int_equal(xml_read(span_of(text), &r, NULL), strlen(text));
    assert_int_equal(r.flags, REC_CUT_DEPTH);
    assert_int_equal(r.count, 1);
    check_span("deep", (struct span){ r.fields[0].value, r.fields[0].value_bytes },
               "<a><a>x</a></a>");
    rec_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_become_fields),
        cmocka_unit_test(events_follow_each_other),
        cmocka_unit_test(what_lies_between_is_skipped),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(an_event_behind_a_long_comment_is_found),
        cmocka_unit_test(deep_elements_stay_one_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
