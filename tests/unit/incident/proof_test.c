/*
 * Goal: an observable is what its type says and no account of a person; evidence has its hash and a
 * whole chain of who had it; the course of events is whole, and corrected by adding.
 * Method: rows for values; acts and views upon a database.
 */
#include "incident_bench.h"

#include "../check.h"
#include "../guard.h"
#include "incident/observable.h"

static void a_value_is_of_its_type(void **state)
{
    static const struct {
        const char *type, *value;
        bool fits;
    } rows[] = {
        { "ipv4-addr", "203.0.113.9", true },
        { "ipv4-addr", "203.0.113.256", false },
        { "ipv4-addr", "2001:db8::1", false },
        { "ipv6-addr", "2001:db8::1", true },
        { "ipv6-addr", "203.0.113.9", false },
        { "domain-name", "evil.example", true },
        { "domain-name", "xn--bcher-kva.example", true },
        { "domain-name", "tên-miền.vn", true },
        { "domain-name", "evil", false },
        { "domain-name", "evil..example", false },
        { "domain-name", "evil.example.", false },
        { "domain-name", "-evil.example", false },
        { "domain-name", "evil .example", false },
        { "domain-name", "http://evil.example", false },
        { "domain-name", "203.0.113.9", false },
        { "url", "http://evil.example/a?b=c#d", true },
        { "url", "https://user:pw@evil.example:8443/", true },
        { "url", "http://[2001:db8::1]:80/x", true },
        { "url", "http://203.0.113.9/x", true },
        { "url", "http://intranet/x", true },
        { "url", "evil.example/x", false },
        { "url", "http://", false },
        { "url", "://evil.example", false },
        { "url", "http://evil.example/a b", false },
        { "email-addr", "no-reply@evil.example", true },
        { "email-addr", "evil.example", false },
        { "email-addr", "@evil.example", false },
        { "email-addr", "a@evil", false },
        { "mac-addr", "00:1b:44:11:3A:b7", true },
        { "mac-addr", "00-1b-44-11-3a-b7", true },
        { "mac-addr", "00-1b:44-11-3a-b7", false },
        { "mac-addr", "00:1b:44:11:3a", false },
        { "mac-addr", "0g:1b:44:11:3a:b7", false },
        { "file-md5", "d41d8cd98f00b204e9800998ecf8427e", true },
        { "file-md5", "d41d8cd98f00b204e9800998ecf8427", false },
        { "file-sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709", true },
        { "file-sha1", "xa39a3ee5e6b4b0d3255bfef95601890afd80709", false },
        { "file-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", true },
        { "file-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85", false },
        { "file-name", "hóa đơn.pdf.exe", true },
        { "process", "powershell -enc AAAA", true },
        { "user-account", "x", false },
    };

    struct guard g;

    (void)state;
    guard_init(&g, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span value = span_of(rows[i].value);

        if (observable_fits(span_of(rows[i].type), guard_put(&g, value)) != rows[i].fits)
            fail_msg("%s %s", rows[i].type, rows[i].value);
        for (; value.n > 0; value.n--) { /* cut at every byte, and asked of every type */
            for (size_t k = 0; observable_types[k] != NULL; k++) {
                struct span type = span_of(observable_types[k]);

                (void)observable_fits(type, guard_put(&g, value));
                (void)observable_is_social(type, guard_put(&g, value));
            }
        }
    }
    guard_release(&g);
}

static void no_account_of_a_social_network_is_written_down(void **state)
{
    static const struct {
        const char *type, *value;
        bool social;
    } rows[] = {
        { "url", "https://www.facebook.com/nguyen.van.a", true },
        { "url", "https://facebook.com", true },
        { "url", "HTTPS://WWW.FaceBook.COM/x", true },
        { "url", "https://evil.example@facebook.com/x", true },
        { "url", "https://facebook.com:443/x", true },
        { "url", "https://facebook.com./x", true },
        { "url", "https://facebook.com?x", true },
        { "url", "https://facebook.com#x", true },
        { "url", "https://facebook.com\\\\x", true },
        { "url", "https://zalo.me/0900000000", true },
        { "url", "https://t.me/x", true },
        { "url", "https://x.com/x", true },
        { "domain-name", "m.tiktok.com", true },
        { "domain-name", "youtube.com", true },
        { "url", "https://facebook.com.evil.example/login", false },
        { "url", "https://facebook.com@evil.example/", false },
        { "url", "https://evil.example/facebook.com", false },
        { "url", "https://evil.example/?u=https://facebook.com/x", false },
        { "url", "https://notfacebook.com/", false },
        { "domain-name", "netx.com", false },
        { "url", "https://api.telegram.org/bot1/sendMessage", false },
        { "ipv4-addr", "157.240.1.35", false },
        { "process", "curl https://facebook.com", false },
    };
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char request[200];

        (void)snprintf(request, sizeof(request),
                       "{'act':'observable.add','incident':1,'type':'%s','value':'%s'}",
                       rows[i].type, rows[i].value);
        if (rows[i].social)
            act_bad(&b, request, ERR_USAGE, "a social network is not written down");
        else
            act_good(&b, request);
    }
    act_bad(&b, "{'act':'observable.add','incident':1,'type':'user-account','value':'x'}",
            ERR_USAGE, "type: This is none of the values");
    act_bench_release(&b);
}

static void it_is_seen_in_how_many_others(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4");
    (void)incident_told(&b, "M4");
    act_good(&b, "{'act':'observable.add','incident':1,'type':'domain-name','value':'Evil.example',"
                 "'note':'C2'}");
    act_bad(&b, "{'act':'observable.add','incident':1,'type':'domain-name','value':'evil.EXAMPLE'}",
            ERR_CONFLICT, "It is there already");
    act_bad(&b, "{'act':'observable.add','incident':1,'type':'ipv4-addr','value':'x'}", ERR_USAGE,
            "value: This is no ipv4-addr");
    act_good(&b,
             "{'act':'observable.add','incident':2,'type':'domain-name','value':'evil.example'}");
    assert_int_equal(act_number(&b, "others"), 1);
    incident_counts(&b, "observable.list", "value=EVIL.example", 2);
    incident_sees(&b, "observable.list", "incident=1", "\"note\":\"C2\"");
    assert_true(view_says(&b, "\"others\":1"));
    incident_counts(&b, "observable.list", "type=domain-name", 2);
    incident_counts(&b, "observable.list", "type=url", 0);
    act_good(&b, "{'act':'observable.remove','observable':1,'reason':'của ta'}");
    act_bad(&b, "{'act':'observable.remove','observable':1,'reason':'x'}", ERR_NOTFOUND,
            "no observable 1");
    incident_counts(&b, "observable.list", "", 1);
    act_good(&b, "{'act':'act.undo','undoes':5}");
    incident_counts(&b, "observable.list", "", 2);
    act_bench_release(&b);
}

/* --- evidence ------------------------------------------------------------------------------- */

#define ADD(rest) "{'act':'evidence.add','incident':1,'what':'Nhật ký','origin':'may-01'," rest "}"
#define ABC       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void evidence_has_a_hash(void **state)
{
    static const struct {
        const char *request;
        int code;
        const char *words;
    } rows[] = {
        { ADD("'file':'a'"), ERR_USAGE, "content: One of" },
        { ADD("'content':'YWJj'"), ERR_USAGE, "file: A file has a name" },
        { ADD("'events':'0.1','place':'tủ 1'"), ERR_USAGE, "content: One of" },
        { ADD("'events':'0.1 x'"), ERR_USAGE, "events: These are no numbers" },
        { ADD("'events':'1'"), ERR_USAGE, "events: These" },
        { ADD("'place':'tủ 1'"), ERR_USAGE, "sha256: What lies elsewhere" },
        { ADD("'place':'tủ 1','bytes':3,'sha256':'12'"), ERR_USAGE, "sha256: This is no SHA-256" },
        { ADD("'file':'a','content':'YWJk','sha256':'" ABC "'"), ERR_CONFLICT, "another hash" },
        { ADD("'file':'a','content':'YWJj','taken':'2026-01-01T00:00:00Z'"), ERR_USAGE,
          "taken: This is still to come" },
        { ADD("'file':'a','content':'!'"), ERR_USAGE, "content: This is not base64" },
    };
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        act_bad(&b, rows[i].request, rows[i].code, rows[i].words);
    act_good(&b,
             ADD("'file':'a.log','content':'YWJj','sha256':'BA7816BF8F01CFEA414140DE5DAE2223B003"
                 "61A396177A9CB410FF61F20015AD'"));
    assert_true(view_says(&b, "\"sha256\":\"" ABC "\""));
    assert_int_equal(act_sql(&b, "SELECT content = x'616263' FROM evidence_file"), 1);
    assert_int_equal(act_sql(&b, "SELECT bytes FROM evidence"), 3);
    /* the bytes are not in the line of the act; their hash is */
    assert_int_equal(act_sql(&b, "SELECT instr(parameters, 'YWJj') = 0 AND instr(parameters, '" ABC
                                 "') > 0 FROM act WHERE act = 'evidence.add'"),
                     1);
    incident_sees(&b, "evidence.file", "evidence=1", "\"bytes\":3,\"content\":\"YWJj\"");
    act_good(&b, ADD("'events':' 0.1203,1.77 '"));
    incident_counts(&b, "evidence.file", "evidence=2", 0);
    assert_int_equal(
        act_sql(&b, "SELECT events = '[\"0.1203\",\"1.77\"]' FROM evidence WHERE id = 2"), 1);
    act_good(&b, ADD("'place':'tủ 1','bytes':500000000000,'sha256':'" ABC "','by':'Lê B'"));
    incident_counts(&b, "evidence.list", "incident=1", 3);
    incident_sees(&b, "evidence.list", "incident=1", "\"number\":\"SC-2025-0001/3\"");
    act_bench_release(&b);
}

#define HAND(rest)                                                                                 \
    "{'act':'evidence.hand_over','incident':1,'agency':'PA05','why':'giám định'," rest "}"

static void custody_is_a_whole_chain(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M4");
    (void)incident_told(&b, "M4");
    act_good(&b, ADD("'file':'a.log','content':'YWJj','by':'Trần An'"));
    act_good(&b, ADD("'file':'b.log','content':'YWJk','by':'Trần An'"));
    act_bad(&b, HAND("'evidence':[9],'giver':'Trần An','taker':'Lê B'"), ERR_NOTFOUND,
            "Incident 1 has no evidence 9");
    act_bad(&b,
            "{'act':'evidence.hand_over','incident':2,'agency':'x','why':'x','evidence':[1],"
            "'giver':'Trần An','taker':'x'}",
            ERR_NOTFOUND, "Incident 2 has no evidence 1");
    act_bad(&b, HAND("'evidence':[1],'giver':'Lê B','taker':'x'"), ERR_CONFLICT,
            "Evidence 1 is with Trần An");
    act_bad(&b, HAND("'evidence':[1],'giver':'Trần An','taker':'x','at':'2025-11-24T15:00:00Z'"),
            ERR_CONFLICT, "was not there yet");
    b.now_ns += HOUR;
    act_good(
        &b,
        HAND(
            "'evidence':[1,2],'giver':'Trần An','taker':'Lê B','title':'Điều tra viên','medium':'01 USB','copies':3,'document':'02/BB'"));
    assert_int_equal(act_number(&b, "hand_over"), 1);
    act_bad(&b, HAND("'evidence':[2,1],'giver':'Trần An','taker':'x'"), ERR_CONFLICT,
            "is with Lê B");
    b.now_ns += HOUR;
    act_bad(&b, HAND("'evidence':[2],'giver':'Lê B','taker':'C','at':'2025-11-24T16:30:00Z'"),
            ERR_CONFLICT, "was not there yet");
    act_good(&b, HAND("'evidence':[2],'giver':'Lê B','taker':'C'"));
    incident_sees(&b, "evidence.list", "incident=1", "\"giver\":\"Lê B\",\"taker\":\"C\"");
    incident_sees(&b, "incident.show", "incident=1", "\"holder\":\"C\"");
    /* the sheet has what was handed over with it, and the hashes */
    incident_sees(&b, "form.bien-ban-chung-cu", "hand_over=1", "\"sha256\":\"" ABC "\"");
    assert_true(view_says(&b, "\"document\":\"02/BB\"") && view_says(&b, "b.log"));
    assert_true(view_says(&b, "\"taker\":{\"name\":\"Lê B\",\"title\":\"Điều tra viên\","
                              "\"unit\":\"PA05\"}"));
    incident_sees(&b, "form.bien-ban-chung-cu", "hand_over=2", "b.log");
    assert_false(view_says(&b, "a.log"));
    act_bench_release(&b);
}

/* --- the course of events ------------------------------------------------------------------- */

static void a_line_is_corrected_by_another(void **state)
{
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)act_alert_made(&b, "r", "one");
    act_good(&b, "{'act':'alert.escalate','alerts':[1],'title':'x','type':'N1','severity':'M3'}");
    b.now_ns += HOUR;
    act_good(&b,
             "{'act':'timeline.add','incident':1,'time':'2025-11-24T15:00:00Z','text':'Mất điện'}");
    act_bad(&b, "{'act':'timeline.add','incident':1,'time':'2026-11-24T15:00:00Z','text':'x'}",
            ERR_USAGE, "time: This is still to come");
    act_good(&b, "{'act':'timeline.correct','line':1,'text':'Cúp cầu dao','reason':'hỏi lại'}");
    act_bad(&b, "{'act':'timeline.correct','line':1,'text':'x','reason':'x'}", ERR_CONFLICT,
            "Line 1 was corrected by 2 already");
    act_good(&b,
             "{'act':'timeline.correct','line':2,'text':'Cúp cầu dao tầng 2','reason':'xem lại',"
             "'time':'2025-11-24T14:00:00Z'}");
    act_bad(&b, "{'act':'timeline.correct','line':9,'text':'x','reason':'x'}", ERR_NOTFOUND,
            "no line 9");
    act_good(&b, "{'act':'clock.dispatch','incident':1,'number':'5/BC','channel':'phone',"
                 "'sent':'2025-11-24T16:30:00Z','recipient':'PA05'}");
    act_good(&b, "{'act':'task.done','tasks':[1],'result':'đã rút cáp'}");
    incident_counts(&b, "incident.timeline", "incident=1&kind=line", 3);
    incident_sees(&b, "incident.timeline", "incident=1",
                  "{\"time\":\"2025-11-24T14:00:00Z\",\"kind\":\"line\",\"key\":3,");
    assert_true(view_says(&b, "\"text\":\"Mất điện\",\"who\":\"an\",\"corrected\":2"));
    assert_true(view_says(&b, "\"kind\":\"alert\",\"key\":1"));
    assert_true(view_says(&b, "\"kind\":\"dispatch\",\"key\":1,\"text\":\"5/BC (PA05)\""));
    assert_true(view_says(&b, "\"kind\":\"task\",\"key\":1"));
    assert_true(view_says(&b, "\"kind\":\"act\",\"key\":1,\"text\":\"alert.escalate\""));
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_of_its_type),
        cmocka_unit_test(no_account_of_a_social_network_is_written_down),
        cmocka_unit_test(it_is_seen_in_how_many_others),
        cmocka_unit_test(evidence_has_a_hash),
        cmocka_unit_test(custody_is_a_whole_chain),
        cmocka_unit_test(a_line_is_corrected_by_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
