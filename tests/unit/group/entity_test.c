/*
 * Goal: which entities and tactics an event has, and that an event may be anything.
 * Method: rows; every row cut at each byte before a guard page.
 */
#include "../check.h"
#include "../guard.h"

#include "group/entity.h"

/* ' stands for ". What is found as "kind:key ", "user?:key " when that was only tried, tactics as
 * "3/T1059 ". */
static const struct {
    const char *name, *host, *json, *found;
} rows[] = {
    { "nothing", "", "", "" },
    { "host alone", "PC1.x.vn", "", "host:pc1.x.vn " },
    { "no object", "pc", "[1,2]", "host:pc " },
    { "fields of another kind", "pc", "{'event':{'fields':{'User':7,'Hashes':{},'IpAddress':[]}}}",
      "host:pc " },
    { "an account of a domain, by two of its names", "pc.x.vn",
      "{'event':{'fields':{'SubjectUserName':'An','SubjectDomainName':'X','User':'x.vn\\\\AN'}}}",
      "host:pc.x.vn user:x\\an " },
    { "the same after the at sign", "pc.x.vn", "{'event':{'fields':{'user':'an@x.vn'}}}",
      "host:pc.x.vn user:x\\an " },
    { "an account of the host", "pc.x.vn",
      "{'event':{'fields':{'TargetUserName':'root','TargetDomainName':'PC'}}}",
      "host:pc.x.vn user:pc.x.vn\\root " },
    { "nobody", "pc",
      "{'event':{'fields':{'User':'NT AUTHORITY\\\\SYSTEM','SubjectUserName':'PC$',"
      "'TargetUserName':'-','user':'ANONYMOUS LOGON','SourceUser':'Window Manager\\\\DWM-1'}}}",
      "host:pc " },
    { "a name that was tried, and who tried it", "pc",
      "{'event':{'fields':{'EventID':4625,'SubjectUserName':'an','TargetUserName':'binh'}}}",
      "host:pc user:pc\\an user?:pc\\binh " },
    { "who came in", "pc", "{'event':{'fields':{'EventID':4624,'TargetUserName':'binh'}}}",
      "host:pc user:pc\\binh " },
    { "who tried himself came in", "pc",
      "{'event':{'fields':{'EventID':'4625','SubjectUserName':'an','TargetUserName':'AN'}}}",
      "host:pc user:pc\\an " },
    { "the other way round", "pc",
      "{'event':{'fields':{'EventID':'4625','TargetUserName':'an','user':'an'}}}",
      "host:pc user:pc\\an " },
    { "locked out", "dc", "{'event':{'fields':{'EventID':'4740','TargetUserName':'an'}}}",
      "host:dc user?:dc\\an " },
    { "a ticket that was not given", "dc",
      "{'event':{'fields':{'EventID':'4768','Status':'0x6','TargetUserName':'an'}}}",
      "host:dc user?:dc\\an " },
    { "a ticket that was given", "dc",
      "{'event':{'fields':{'EventID':'4768','Status':'0x0','TargetUserName':'an'}}}",
      "host:dc user:dc\\an " },
    { "pre-authentication", "dc",
      "{'event':{'fields':{'EventID':4771,'Status':'0x18','TargetUserName':'an'}}}",
      "host:dc user?:dc\\an " },
    { "a password that was wrong", "dc",
      "{'event':{'fields':{'EventID':4776,'Status':'0xc000006a','TargetUserName':'an'}}}",
      "host:dc user?:dc\\an " },
    { "one that was right", "dc",
      "{'event':{'fields':{'EventID':4776,'Status':'0x0','TargetUserName':'an'}}}",
      "host:dc user:dc\\an " },
    { "sshd, by normal names", "pc",
      "{'event':{'normal':{'user':'oracle','event.outcome':'failure'}}}",
      "host:pc user?:pc\\oracle " },
    { "sshd, who came in", "pc", "{'event':{'normal':{'user':'oracle','event.outcome':'success'}}}",
      "host:pc user:pc\\oracle " },
    { "su: whom somebody would be", "pc",
      "{'event':{'normal':{'user':'an','target_user':'root','event.outcome':'failure'}}}",
      "host:pc user:pc\\an user?:pc\\root " },
    { "addresses", "pc",
      "{'event':{'fields':{'SourceIp':'10.0.0.7','DestinationIp':'::ffff:10.0.0.7',"
      "'src_ip':'127.0.0.1','dst_ip':'224.0.0.1','c-ip':'fe80::1','IpAddress':'::1'}}}",
      "host:pc address:10.0.0.7 " },
    { "IPv6", "pc", "{'event':{'fields':{'src_ip':'2001:DB8::1'}}}",
      "host:pc address:20010db8000000000000000000000001 " },
    { "another host, with its domain", "a.x.vn",
      "{'event':{'fields':{'WorkstationName':'B','TargetServerName':'\\\\\\\\b.x.vn'}}}",
      "host:a.x.vn host:b.x.vn " },
    { "another host, without", "a", "{'event':{'fields':{'DestinationHostname':'b.x.vn'}}}",
      "host:a host:b " },
    { "a file of somebody", "pc",
      "{'event':{'fields':{'Image':'C:\\\\Temp\\\\a.exe','Hashes':'MD5=aa,SHA256=BB,IMPHASH=cc'}}}",
      "host:pc hash:bb " },
    { "a file of the system", "pc",
      "{'event':{'fields':{'Image':'c:\\\\windows\\\\system32\\\\a.exe','Hashes':'SHA256=BB'}}}",
      "host:pc " },
    { "a file that was only written", "pc",
      "{'event':{'fields':{'Image':'C:\\\\a.exe','TargetFilename':'C:\\\\b','Hashes':'MD5=aa'}}}",
      "host:pc " },
    { "sessions", "pc",
      "{'event':{'fields':{'LogonGuid':'{00000000-0000-0000-0000-000000000000}','LogonId':'0x3e7',"
      "'SubjectLogonId':'0xDE2C49','ProcessGuid':'{54849625-5478-4994-a5ba-3e3b0328c30d}'}}}",
      "host:pc logon:pc\\0xde2c49 process:pc\\{54849625-5478-4994-a5ba-3e3b0328c30d} " },
    { "a logon as Windows tells it on both ends", "pc",
      "{'event':{'fields':{'LogonGuid':'{54849625-5478-4994-a5ba-3e3b0328c30d}'}}}",
      "host:pc logon:{54849625-5478-4994-a5ba-3e3b0328c30d} " },
    { "who passed it on", "pc", "{'event':{'fields':{'host':'relay.x.vn','hostname':'r'}}}",
      "host:pc " },
    { "a name that was asked for", "pc",
      "{'event':{'fields':{'QueryName':'Evil.example','query':'localhost','cs-host':'10.0.0.1'}}}",
      "host:pc domain:evil.example " },
    { "by normal names, which go before", "pc",
      "{'event':{'normal':{'src_ip':'10.0.0.7','user':'an'},"
      "'fields':{'srcip':'10.0.0.8','src_ip':'10.0.0.9'}}}",
      "host:pc user:pc\\an address:10.0.0.7 " },
    { "what a firewall saw is not about the firewall", "FG1",
      "{'rule':{'id':'r'},'event':{'tags':['product:fortigate','category:firewall'],"
      "'normal':{'src_ip':'10.0.0.7','dst_ip':'203.0.113.5','user':'an'}}}",
      "user:\\an address:10.0.0.7 address:203.0.113.5 " },
    { "a host's own packet filter is", "pc",
      "{'event':{'tags':['product:linux','category:firewall'],'normal':{'src_ip':'10.0.0.7'}}}",
      "host:pc address:10.0.0.7 " },
    { "an infected file", "pc", "{'event':{'fields':{'Filename':'D:\\\\a.doc','sha256':'BB'}}}",
      "host:pc hash:bb " },
    { "a file of Linux", "pc", "{'event':{'fields':{'Image':'/usr/bin/ls','sha256':'BB'}}}",
      "host:pc " },
    { "a file of somebody on Linux", "pc", "{'event':{'fields':{'Image':'/tmp/ls','sha256':'BB'}}}",
      "host:pc hash:bb " },
    { "a correlation", "",
      "{'value':3,'group':{'Computer':'pc','user':'x\\\\an'},'tags':['attack.t1110','attack.impact']}",
      "host:pc user:x\\an 0/T1110 14/ " },
    { "a rule that goes on", "pc", "{'rule':{'id':'R-1','title':'T'}}", "host:pc rule:pc\\r-1 " },
    { "a rule without a number", "pc", "{'rule':{'title':'T'}}", "host:pc rule:pc\\t " },
    { "tactics", "pc",
      "{'rule':{'tags':['attack.execution','attack.T1059.001','car.2019-04-004','attack.',"
      "'attack.g0010']}}",
      "host:pc 4/ 0/T1059.001 " },
};

static struct span quoted(const char *text, char *room, size_t max)
{
    size_t n = strlen(text);

    assert_true(n < max);
    for (size_t i = 0; i <= n; i++)
        room[i] = text[i] == '\'' ? '"' : text[i];
    return (struct span){ (const uint8_t *)room, n };
}

static void show(const struct entities *x, struct buf *out)
{
    buf_clear(out);
    for (uint32_t i = 0; i < x->count; i++) {
        buf_fmt(out, "%s%s:", entity_rows[x->of[i].kind].name, x->of[i].tried ? "?" : "");
        buf_add(out, entities_key(x, i));
        buf_byte(out, ' ');
    }
    for (uint32_t i = 0; i < x->tactic_count; i++)
        buf_fmt(out, "%u/%s ", x->tactic[i].tactic, x->tactic[i].technique);
}

static void rows_are_read(void **state)
{
    struct entities x;
    struct buf out;
    char room[1024];

    (void)state;
    entities_init(&x);
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        entities_read(&x, span_of(rows[i].host), quoted(rows[i].json, room, sizeof(room)));
        show(&x, &out);
        check_span(rows[i].name, buf_span(&out), rows[i].found);
    }
    buf_release(&out);
    entities_release(&x);
}

static void a_cut_event_says_its_host_at_most(void **state)
{
    struct entities x;
    struct guard g;
    char room[1024];

    (void)state;
    entities_init(&x);
    guard_init(&g, sizeof(room));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span json = quoted(rows[i].json, room, sizeof(room));

        for (size_t n = 0; n < json.n; n++) {
            entities_read(&x, span_of(rows[i].host), guard_put(&g, (struct span){ json.p, n }));
            CHECK_ROW(rows[i].name, x.count <= 1 && x.tactic_count == 0);
        }
    }
    guard_release(&g);
    entities_release(&x);
}

static void more_than_fits_is_left_out(void **state)
{
    struct entities x;
    struct buf json;

    (void)state;
    entities_init(&x);
    buf_init(&json, 1 << 20);
    buf_text(&json, "{\"rule\":{\"tags\":[\"attack.t1\"");
    for (int i = 0; i < 100; i++)
        buf_fmt(&json, ",\"attack.t%d\"", 1000 + i);
    buf_text(&json, "]},\"event\":{\"fields\":{\"User\":\"");
    for (int i = 0; i < 10000; i++)
        buf_text(&json, "\xe1\xba\xa0");
    buf_text(&json, "\",\"QueryName\":\"a.");
    for (int i = 0; i < 10000; i++)
        buf_byte(&json, 'b');
    buf_text(&json, "\"}}}");
    entities_read(&x, SPAN_LIT("pc"), buf_span(&json));
    assert_int_equal(x.tactic_count, TACTICS_MAX);
    assert_int_equal(x.count, 2); /* the host, and a name that is cut */
    assert_true(entities_key(&x, 1).n <= 512);
    buf_release(&json);
    entities_release(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read),
        cmocka_unit_test(a_cut_event_says_its_host_at_most),
        cmocka_unit_test(more_than_fits_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
