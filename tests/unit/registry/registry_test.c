/*
 * Goal: the registers hold what was written down, refuse what cannot be, keep who had a system
 * when, and show each what is his.
 * Method: acts as JSON upon a database with a small province after its merger (registry_bench.h);
 * every refusal by its words, every undo by the state it puts back, rights over all rows and roles.
 */
#include "registry_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/registry.h"

#define DAY_NS INT64_C(86400000000000)

static void what_cannot_be_written_down_is_refused(void **state)
{
    static const struct {
        const char *request;
        int code;
        const char *words;
    } rows[] = {
        { "{'act':'agency.add','code':'X','kind':'ward'}", ERR_USAGE, "name: This is missing" },
        { "{'act':'agency.add','code':'Sở Y','name':'x','kind':'ward'}", ERR_USAGE,
          "code: “Sở Y” is no code" },
        { "{'act':'agency.add','code':'-X','name':'x','kind':'ward'}", ERR_USAGE, "is no code" },
        { "{'act':'agency.add','code':'X.','name':'x','kind':'ward'}", ERR_USAGE, "is no code" },
        { "{'act':'agency.add','code':'skhcn','name':'x','kind':'ward'}", ERR_CONFLICT,
          "code: “skhcn” is there already (number 2)" },
        { "{'act':'agency.add','code':'X','name':'x','kind':'planet'}", ERR_USAGE,
          "kind: This is none" },
        { "{'act':'agency.add','code':'X','name':'x','kind':'ward','parent':99}", ERR_NOTFOUND,
          "parent: There is no agency 99" },
        { "{'act':'agency.add','code':'X','name':'x','kind':'ward','parent':4}", ERR_CONFLICT,
          "parent: Agency HUYEN is no more since 2025-07-01" },
        { "{'act':'agency.add','code':'X','name':'x','kind':'ward','valid_from':'31/02/2025'}",
          ERR_USAGE, "valid_from: “31/02/2025” is not a date" },
        { "{'act':'agency.add','code':'X','name':'x','kind':'ward','email':'so@'}", ERR_USAGE,
          "email: “so@” is not an e-mail address" },
        { "{'act':'agency.add','code':'X','name':'x','kind':'ward','phone':'gọi Lan'}", ERR_USAGE,
          "phone: “gọi Lan” is not a telephone number" },
        { "{'act':'agency.change','agency':99,'name':'x'}", ERR_NOTFOUND, "no agency 99" },
        { "{'act':'agency.change','agency':2,'parent':2}", ERR_CONFLICT,
          "parent: Agency SKHCN would be above itself" },
        { "{'act':'agency.change','agency':1,'parent':7}", ERR_CONFLICT, "above itself" },
        { "{'act':'agency.change','agency':1,'clear':['name']}", ERR_USAGE, "clear: This is none" },
        { "{'act':'agency.end','agency':2,'valid_to':'2025-11-25'}", ERR_USAGE,
          "valid_to: 2025-11-25 is still to come" },
        { "{'act':'agency.end','agency':2,'valid_to':'2025-03-01'}", ERR_USAGE,
          "valid_to: This must be later than 2025-03-01" },
        { "{'act':'agency.end','agency':2,'valid_to':'2025-11-01','successor':7}", ERR_CONFLICT,
          "successor: Agency SKHCN would be above itself" },
        { "{'act':'agency.end','agency':2,'valid_to':'2025-11-01','successor':4}", ERR_CONFLICT,
          "successor: Agency HUYEN is no more since 2025-07-01" },
        { "{'act':'agency.end','agency':3,'valid_to':'2025-02-01','successor':2}", ERR_CONFLICT,
          "successor: Agency SKHCN is there only from 2025-03-01" },
        { "{'act':'agency.resume','agency':2,'reason':'x'}", ERR_CONFLICT, "has not ended" },
        { "{'act':'contact.add','agency':2,'name':'Lan'}", ERR_USAGE,
          "phone: A phone number or an e-mail address is needed" },
        { "{'act':'contact.add','agency':4,'name':'Lan','phone':'0912345678'}", ERR_CONFLICT,
          "agency: Agency HUYEN is no more" },
        { "{'act':'contact.confirm','contact':1}", ERR_NOTFOUND, "no contact 1" },
        { "{'act':'system.add','code':'X','name':'x','owner':1,'operator':1,'type':'other'}",
          ERR_USAGE, "information: This is missing" },
        { "{'act':'system.add','code':'X','name':'x','owner':1,'operator':3,'type':'other',"
          "'information':['public']}",
          ERR_CONFLICT, "operator: Agency STTTT is no more since 2025-03-01" },
        { "{'act':'system.change','system':1,'level':0}", ERR_USAGE,
          "level: This must be more than 0" },
        { "{'act':'system.change','system':1,'level':6}", ERR_USAGE, "level: This is no number" },
        { "{'act':'system.change','system':1,'retention':2}", ERR_USAGE,
          "retention: Level 3 needs at least 3 months" },
        { "{'act':'system.change','system':1,'clear':['level']}", ERR_USAGE,
          "level: With a decision there must be a level" },
        { "{'act':'system.change','system':1,'clear':['decision']}", ERR_USAGE,
          "decision: With its day there must be the number" },
        { "{'act':'system.change','system':1,'decided':'2025-11-25'}", ERR_USAGE,
          "decided: 2025-11-25 is still to come" },
        { "{'act':'system.change','system':1,'domains':'https://x.vn'}", ERR_USAGE,
          "domains: “https://x.vn” is no domain name" },
        { "{'act':'system.change','system':1,'networks':'10.1.0.0/64'}", ERR_USAGE,
          "networks: “10.1.0.0/64” is no IP address or network" },
        { "{'act':'system.change','system':1,'since':'2025-11-01'}", ERR_USAGE,
          "since: Neither owner nor operator" },
        { "{'act':'system.change','system':1,'owner':2,'since':'2025-02-01'}", ERR_CONFLICT,
          "owner: Agency SKHCN is there only from 2025-03-01" },
        { "{'act':'system.change','system':1,'operator':1,'since':'2025-02-28'}", ERR_USAGE,
          "since: This must be later than 2025-03-01" },
        { "{'act':'system.change','system':1,'code':'loa'}", ERR_CONFLICT,
          "“loa” is there already (number 2)" },
        { "{'act':'system.retire','system':9}", ERR_NOTFOUND, "no system 9" },
        { "{'act':'machine.add','system':9,'name':'m','kind':'server'}", ERR_NOTFOUND,
          "system: There is no system 9" },
        { "{'act':'machine.add','system':1,'name':'m','kind':'server','addresses':'10.1.0.0/16'}",
          ERR_USAGE, "addresses: “10.1.0.0/16” is no IP address" },
        { "{'act':'machine.add','system':1,'name':'m','kind':'server','macs':'00:11'}", ERR_USAGE,
          "macs: “00:11” is no MAC address" },
        { "{'act':'machine.retire','machine':1}", ERR_NOTFOUND, "no machine 1" },
        { "{'act':'source.assign','source':'fw','system':9}", ERR_NOTFOUND,
          "system: There is no system 9" },
    };
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        act_bad(&b, rows[i].request, rows[i].code, rows[i].words);
    act_bench_release(&b);
}

static void an_agency_is_changed_ended_and_resumed(void **state)
{
    struct act_bench b;
    int64_t act;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    act_good(&b, "{'act':'agency.change','agency':2,'phone':'(0251) 3822 501','email':"
                 "'So@SKHCN.Mau.gov.vn','abbreviation':'SKHCN'}");
    act = act_number(&b, "act");
    assert_int_equal(act_sql(&b, "SELECT phone = '02513822501' AND email = 'So@skhcn.mau.gov.vn'"
                                 " AND name_key = 'so khoa hoc va cong nghe' FROM agency"
                                 " WHERE id = 2"),
                     1);
    act_good(&b, "{'act':'agency.change','agency':2,'clear':['phone'],'parent':1}");
    assert_int_equal(act_sql(&b, "SELECT phone IS NULL FROM agency WHERE id = 2"), 1);
    act_good(&b, "{'act':'act.undo','undoes':15}");
    act_good(&b, "{'act':'act.undo','undoes':14}");
    assert_int_equal(act, 14);
    assert_int_equal(act_sql(&b, "SELECT phone IS NULL AND email IS NULL AND valid_from ="
                                 " '2025-03-01' AND name_key = 'so khoa hoc va cong nghe'"
                                 " FROM agency WHERE id = 2"),
                     1);
    act_good(&b, "{'act':'agency.end','agency':6,'valid_to':'01/07/2025','successor':2}");
    assert_int_equal(act_sql(&b, "SELECT successor FROM agency WHERE id = 6"), SKHCN);
    act_good(&b, "{'act':'agency.resume','agency':6,'reason':'x'}");
    assert_int_equal(act_sql(&b, "SELECT successor IS NULL AND valid_to IS NULL FROM agency"
                                 " WHERE id = 6"),
                     1);
    act_good(&b, "{'act':'act.undo','undoes':19}");
    assert_int_equal(act_sql(&b, "SELECT successor FROM agency WHERE id = 6"), SKHCN);
    assert_int_equal(view_lines(&b, "act.of", "kind=agency&key=6"), 5);
    act_bench_release(&b);
}

static void a_change_of_nothing_writes_nothing(void **state)
{
    struct act_bench b;
    int64_t lines;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    lines = act_sql(&b, "SELECT count(*) FROM record WHERE kind LIKE 'system%'");
    act_good(&b, "{'act':'system.change','system':1,'name':'Một cửa điện tử','owner':1,"
                 "'networks':'10.1.2.3/16','information':['public','personal']}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM record WHERE kind LIKE 'system%'"), lines);
    act_bench_release(&b);
}

static void a_system_keeps_who_had_it_when(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    act_good(&b, "{'act':'system.change','system':1,'operator':2,'since':'2025-09-01'}");
    act_good(&b, "{'act':'system.change','system':1,'operator':1}"); /* today */
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM system_agency WHERE system = 1 AND"
                                 " role = 'operator'"),
                     3);
    assert_int_equal(act_sql(&b, "SELECT agency FROM system_agency WHERE system = 1 AND role ="
                                 " 'operator' AND valid_from <= '2025-10-10' AND"
                                 " (valid_to IS NULL OR valid_to > '2025-10-10')"),
                     SKHCN);
    act_good(&b, "{'act':'system.change','system':1,'operator':7}"); /* today, corrected */
    assert_int_equal(act_sql(&b, "SELECT agency FROM system_agency WHERE system = 1 AND role ="
                                 " 'operator' AND valid_to IS NULL AND valid_from = '2025-11-24'"),
                     TRUNGTAM);
    assert_int_equal(view_lines(&b, "system.show", "system=1"), 1);
    assert_true(view_says(&b, "{\"role\":\"operator\",\"agency\":2,\"code\":\"SKHCN\",\"name\":"
                              "\"Sở Khoa học và Công nghệ\",\"valid_from\":\"2025-09-01\","
                              "\"valid_to\":\"2025-11-24\",\"heir\":null}"));
    act_good(&b, "{'act':'act.undo','undoes':16}");
    act_good(&b, "{'act':'act.undo','undoes':15}");
    act_good(&b, "{'act':'act.undo','undoes':14}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM system_agency WHERE system = 1 AND role ="
                                 " 'operator' AND agency = 7 AND valid_from = '2025-03-01' AND"
                                 " valid_to IS NULL"),
                     1);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM system_agency WHERE system = 1"), 2);
    /* what the agencies were before is known, what they became is followed */
    assert_int_equal(view_lines(&b, "system.list", "text=MAIL"), 1);
    assert_true(view_says(&b, "\"operator\":3,\"operator_name\":\"Sở Thông tin và Truyền thông\","
                              "\"operator_heir\":2"));
    act_bench_release(&b);
}

static void a_system_is_retired_and_comes_back(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    act_good(&b, "{'act':'system.retire','system':2,'retired':'2025-10-01'}");
    act_bad(&b, "{'act':'system.retire','system':2}", ERR_CONFLICT, "System 2 is retired");
    act_bad(&b, "{'act':'machine.add','system':2,'name':'m','kind':'server'}", ERR_CONFLICT,
            "system: System LOA is no more since 2025-10-01");
    act_bad(&b, "{'act':'source.assign','source':'s','system':2}", ERR_CONFLICT, "is no more");
    assert_int_equal(view_lines(&b, "system.list", ""), 2);
    assert_int_equal(view_lines(&b, "system.list", "status=retired"), 1);
    act_good(&b, "{'act':'system.change','system':2,'status':'operating'}");
    assert_int_equal(act_sql(&b, "SELECT retired IS NULL FROM system WHERE id = 2"), 1);
    act_good(&b, "{'act':'act.undo','undoes':15}");
    assert_int_equal(act_sql(&b, "SELECT retired = '2025-10-01' FROM system WHERE id = 2"), 1);
    act_good(&b, "{'act':'act.undo','undoes':14}");
    act_good(&b, "{'act':'system.retire','system':2}");
    assert_int_equal(act_sql(&b, "SELECT retired = '2025-11-24' FROM system WHERE id = 2"), 1);
    act_bench_release(&b);
}

static void what_reports_say_of_a_system_is_kept(void **state)
{
    static const struct {
        const char *request;
        int code;
        const char *words;
    } rows[] = {
        { "{'act':'system.describe','system':99,'purpose':'x'}", ERR_NOTFOUND, "no system 99" },
        { "{'act':'system.describe','system':1}", ERR_USAGE, "purpose: Nothing is given" },
        { "{'act':'system.describe','system':1,'services':['fax']}", ERR_USAGE, "services: " },
        { "{'act':'system.describe','system':1,'protection':['web']}", ERR_USAGE, "protection: " },
        { "{'act':'system.describe','system':1,'clear':['name']}", ERR_USAGE, "clear: " },
        { "{'act':'system.describe','system':1,'security':'x','clear':['security']}", ERR_USAGE,
          "clear: security is given, too" },
    };
    struct act_bench b;
    char undo[80];

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        act_bad(&b, rows[i].request, rows[i].code, rows[i].words);
    act_good(&b, "{'act':'system.describe','system':1,'purpose':'Một cửa','connection':'VNPT',"
                 "'services':['mail','web'],'protection':['other','antivirus']}");
    (void)snprintf(undo, sizeof(undo), "{'act':'act.undo','undoes':%lld}",
                   (long long)act_number(&b, "act"));
    assert_int_equal(view_ask(&b, "system.show", "system=1"), ERR_OK);
    assert_true(view_says(&b,
                          "\"described\":{\"purpose\":\"Một cửa\",\"services\":[\"web\",\"mail\"],"
                          "\"protection\":[\"antivirus\",\"other\"],\"connection\":\"VNPT\","
                          "\"security\":null}"));
    act_good(
        &b, "{'act':'system.describe','system':1,'security':'SOC','clear':['purpose','services']}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM system_described WHERE system = 1 AND"
                                 " purpose IS NULL AND services IS NULL AND connection = 'VNPT' AND"
                                 " security = 'SOC'"),
                     1);
    act_bad(&b, undo, ERR_CONFLICT, "was changed since");
    (void)snprintf(undo, sizeof(undo), "{'act':'act.undo','undoes':%lld}",
                   (long long)act_sql(&b, "SELECT max(id) FROM act"));
    act_good(&b, undo);
    assert_int_equal(view_ask(&b, "system.show", "system=1"), ERR_OK);
    assert_true(view_says(&b, "Một cửa"));
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM record WHERE kind = 'system_described'"), 3);
    act_bench_release(&b);
}

static void machines_and_sources_are_kept(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    act_good(&b, "{'act':'machine.add','system':1,'name':'SRV-Web','kind':'virtual','addresses':"
                 "'10.1.0.5 10.1.0.5, 2001:DB8::5','macs':'00-11-22-AA-BB-CC','os':'Debian 12'}");
    assert_int_equal(act_sql(&b, "SELECT addresses = '[\"10.1.0.5\",\"2001:db8::5\"]' AND macs ="
                                 " '[\"00:11:22:aa:bb:cc\"]' AND importance = 'medium'"
                                 " FROM machine"),
                     1);
    act_bad(&b, "{'act':'machine.add','system':1,'name':'srv-web','kind':'server'}", ERR_CONFLICT,
            "name: “srv-web” is there already (number 1)");
    act_good(&b, "{'act':'machine.add','system':2,'name':'srv-web','kind':'server'}");
    act_bad(&b, "{'act':'machine.change','machine':2,'system':1}", ERR_CONFLICT, "number 1");
    act_good(&b, "{'act':'machine.change','machine':1,'clear':['addresses'],'importance':'high'}");
    act_good(&b, "{'act':'act.undo','undoes':16}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM system_key WHERE machine = 1"), 3);
    act_good(&b, "{'act':'machine.retire','machine':1,'reason':'thanh lý'}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM system_key WHERE machine = 1"), 0);
    act_bad(&b, "{'act':'machine.retire','machine':1}", ERR_NOTFOUND, "no machine 1");
    act_good(&b, "{'act':'machine.add','system':1,'name':'SRV-WEB','kind':'server'}");
    act_good(&b, "{'act':'source.assign','source':'fw-01','system':1}");
    act_good(&b, "{'act':'source.assign','source':'fw-01','system':2}");
    assert_int_equal(act_sql(&b, "SELECT system FROM source_of"), 2);
    assert_int_equal(view_lines(&b, "source.list", "of=assigned"), 1);
    act_good(&b, "{'act':'source.assign','source':'fw-01'}");
    assert_int_equal(view_lines(&b, "source.list", "of=none"), 1);
    act_good(&b, "{'act':'act.undo','undoes':22}");
    assert_int_equal(act_sql(&b, "SELECT system FROM source_of"), 2);
    act_bench_release(&b);
}

static void machines_are_found(void **state)
{
    static const struct {
        const char *text;
        uint32_t rows;
    } rows[] = {
        { "", 3 },
        { "system=1", 2 },
        { "text=may chu", 1 },
        { "text=MÁY CHỦ", 1 },
        { "text=10.1.0.", 2 },
        { "text=AA:BB", 1 },
        { "system=2&text=10.1.0.", 0 },
        { "after=1", 2 },
        { "system=1&after=1", 1 },
        { "limit=1", 1 },
    };
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    act_good(&b, "{'act':'machine.add','system':1,'name':'Máy chủ 1','kind':'server','addresses':"
                 "'10.1.0.5'}");
    act_good(&b, "{'act':'machine.add','system':1,'name':'db','kind':'server','addresses':"
                 "'10.1.0.6','macs':'00-11-22-AA-BB-CC'}");
    act_good(&b, "{'act':'machine.add','system':2,'name':'loa','kind':'speaker'}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t n = view_lines(&b, "machine.list", rows[i].text);

        if (n != rows[i].rows)
            fail_msg("%s gave %u: %s", rows[i].text, n, (char *)b.answer.p);
    }
    act_bench_release(&b);
}

/* --- contacts
 * ------------------------------------------------------------------------------------- */

static void a_contact_keeps_its_own_contact_points(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    act_good(&b, "{'act':'contact.add','agency':2,'name':'Trần Văn Lân','title':'Phó phòng',"
                 "'phone':'0912 345 678','all_hours':true}");
    act_good(&b, "{'act':'contact.add','agency':5,'name':'Lê Thị Mận','email':'man@mau.gov.vn'}");
    act_bad(&b, "{'act':'contact.add','agency':5,'name':'lê thị mận','phone':'113'}", ERR_CONFLICT,
            "name: “lê thị mận” is there already (number 2)");
    ask_as(&b, ROLE_BIT(CONTACT), PHUONG);
    act_good(&b, "{'act':'contact.change','contact':2,'phone':'0987654321'}");
    act_good(&b, "{'act':'contact.confirm','contact':2}");
    assert_int_equal(act_sql(&b, "SELECT confirmed FROM contact WHERE id = 2"), b.now_ns);
    act_bad(&b, "{'act':'contact.change','contact':1,'phone':'113'}", ERR_NOTFOUND, "no contact 1");
    act_bad(&b, "{'act':'contact.confirm','contact':1}", ERR_NOTFOUND, "no contact 1");
    act_bad(&b, "{'act':'contact.remove','contact':1}", ERR_NOTFOUND, "no contact 1");
    act_bad(&b, "{'act':'contact.change','contact':2,'agency':2}", ERR_NOTFOUND, "no agency 2");
    act_bad(&b, "{'act':'contact.add','agency':2,'name':'x','phone':'113'}", ERR_NOTFOUND,
            "no agency 2");
    act_bad(&b, "{'act':'contact.add','agency':99,'name':'x','phone':'113'}", ERR_NOTFOUND,
            "no agency 99");
    ask_as(&b, ROLE_BIT(CONTACT), 0); /* of no agency: nothing is his */
    act_bad(&b, "{'act':'contact.confirm','contact':2}", ERR_NOTFOUND, "no contact 2");
    ask_as(&b, ROLE_BIT(CONTACT), TINH); /* all are below */
    act_good(&b, "{'act':'contact.remove','contact':1}");
    assert_int_equal(view_lines(&b, "contact.list", ""), 1);
    act_bad(&b, "{'act':'contact.confirm','contact':1}", ERR_NOTFOUND, "no contact 1");
    ask_as(&b, ROLE_BIT(OFFICER), 0);
    b.who.name = SPAN_LIT("an");
    act_good(&b, "{'act':'act.undo','undoes':18}");
    act_good(&b, "{'act':'act.undo','undoes':17}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM contact WHERE ended IS NULL AND confirmed"
                                 " IS NULL"),
                     2);
    act_bench_release(&b);
}

/* Each view, for contacts of each agency: what they see is theirs, by a rule written down here. */
static void a_contact_sees_what_is_its_own(void **state)
{
    /* agency: how many it sees; of nothing else a line */
    static const struct {
        int64_t agency;
        uint32_t agencies, systems, machines, contacts, sources;
    } rows[] = {
        { TINH, 4, 3, 2, 2, 1 },   /* those that are there today: itself, department, unit, ward */
        { SKHCN, 2, 2, 1, 1, 1 },  /* the unit's, and what the old department ran */
        { STTTT, 0, 1, 0, 0, 0 },  /* it is no more, and has what it had */
        { HUYEN, 0, 0, 0, 0, 0 },  /* its commune went elsewhere */
        { PHUONG, 1, 1, 1, 1, 0 }, /* with the old commune's */
        { XA, 0, 1, 1, 0, 0 },     { TRUNGTAM, 1, 1, 1, 0, 1 },
        { 0, 0, 0, 0, 0, 0 },      { 99, 0, 0, 0, 0, 0 },
    };
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    act_good(&b, "{'act':'machine.add','system':1,'name':'web','kind':'server'}");
    act_good(&b, "{'act':'machine.add','system':2,'name':'loa','kind':'speaker'}");
    act_good(&b, "{'act':'contact.add','agency':2,'name':'Lan','phone':'113'}");
    act_good(&b, "{'act':'contact.add','agency':5,'name':'Man','phone':'114'}");
    act_good(&b, "{'act':'source.assign','source':'fw','system':1}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ask_as(&b, ROLE_BIT(CONTACT), rows[i].agency);
        assert_int_equal(view_lines(&b, "agency.list", ""), rows[i].agencies);
        assert_int_equal(view_lines(&b, "system.list", ""), rows[i].systems);
        assert_int_equal(view_lines(&b, "machine.list", ""), rows[i].machines);
        assert_int_equal(view_lines(&b, "machine.list", "system=1") +
                             view_lines(&b, "machine.list", "system=2"),
                         rows[i].machines);
        assert_int_equal(view_lines(&b, "contact.list", ""), rows[i].contacts);
        assert_int_equal(view_lines(&b, "source.list", ""), rows[i].sources);
        assert_int_equal(view_lines(&b, "system.rows", ""), rows[i].systems);
        assert_int_equal(view_lines(&b, "machine.rows", ""), rows[i].machines);
        assert_int_equal(view_lines(&b, "contact.rows", ""), rows[i].contacts);
        assert_int_equal(view_lines(&b, "source.rows", ""), rows[i].sources);
        assert_int_equal(view_lines(&b, "system.show", "system=1"),
                         rows[i].sources); /* who has that */
    }
    ask_as(&b, ROLE_BIT(CONTACT), PHUONG);
    assert_int_equal(view_lines(&b, "agency.show", "agency=2"), 0);
    assert_int_equal(view_lines(&b, "agency.show", "agency=6"), 1);
    assert_int_equal(view_lines(&b, "agency.list", "agency=1"), 0);
    assert_int_equal(view_lines(&b, "agency.list", "agency=6&state=all"), 1);
    act_bench_release(&b);
}

static void the_tree_is_in_order(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    assert_int_equal(view_lines(&b, "agency.list", "state=all"), WORLD_AGENCIES);
    assert_true(view_says(&b, "\"code\":\"TINH\",\"name\":\"UBND tỉnh Mẫu\",\"kind\":\"province\","
                              "\"depth\":0,\"systems\":2}\n"));
    assert_true(view_says(&b, "\"code\":\"XA\",\"name\":\"UBND xã Cũ\",\"kind\":\"commune\","
                              "\"depth\":2"));
    /* what is below one stands behind it */
    assert_true(strstr((char *)b.answer.p, "\"SKHCN\"") < strstr((char *)b.answer.p, "\"STTTT\""));
    assert_true(strstr((char *)b.answer.p, "\"PHUONG\"") < strstr((char *)b.answer.p, "\"XA\""));
    assert_true(strstr((char *)b.answer.p, "\"XA\"") < strstr((char *)b.answer.p, "\"SKHCN\""));
    assert_int_equal(view_lines(&b, "agency.list", "text=cong nghe"), 2);
    assert_int_equal(view_lines(&b, "agency.list", "text=CÔNG NGHỆ&agency=7"), 1);
    assert_int_equal(view_lines(&b, "agency.list", "state=ended"), 3);
    assert_int_equal(view_lines(&b, "system.list", "agency=5"), 1);
    assert_int_equal(view_lines(&b, "system.list", "agency=2"), 2);
    assert_int_equal(view_lines(&b, "system.list", "level=3"), 1);
    assert_int_equal(view_lines(&b, "system.list", "text=mot cua"), 1);
    assert_int_equal(view_lines(&b, "agency.show", "agency=5"), 1);
    assert_true(view_says(&b, "\"forerunners\":[{\"id\":6,\"code\":\"XA\",\"name\":\"UBND xã Cũ\","
                              "\"valid_to\":\"2025-07-01\"}]"));
    act_bench_release(&b);
}

/* --- rights, rows, the ledger
 * --------------------------------------------------------------------- */

/* A request of an act with all that it needs, by the types of its parameters. */
static void request_of(const struct act_row *row, struct buf *out)
{
    buf_clear(out);
    buf_fmt(out, "{'act':'%s'", row->name);
    for (size_t i = 0; i < ACT_PARAMS_MAX && row->param[i].name != NULL; i++) {
        const struct act_param *p = &row->param[i];

        if (!p->required)
            continue;
        buf_fmt(out, ",'%s':", p->name);
        if (p->type == ACT_CHOICE)
            buf_fmt(out, "'%s'", p->choice[0]);
        else if (p->type == ACT_CHOICES)
            buf_fmt(out, "['%s']", p->choice[0]);
        else if (p->type == ACT_ID)
            buf_text(out, "99");
        else if (p->type == ACT_FILE)
            buf_text(out, "'eA=='");
        else
            buf_text(out, "'x'");
    }
    buf_text(out, "}");
    buf_byte(out, 0);
}

static void who_may_not_may_not(void **state)
{
    static const struct {
        const struct act_row *row;
        size_t count;
    } areas[] = {
#define X(area, rows) { registry_##area, rows },
        REGISTRY_TABLE(X)
#undef X
    };
    struct act_bench b;
    struct buf request;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    buf_init(&request, 4096);
    for (size_t a = 0; a < COUNT_OF(areas); a++) {
        for (size_t i = 0; i < areas[a].count; i++) {
            const struct act_row *row = &areas[a].row[i];
            bool is_contact = strncmp(row->name, "contact.", 8) == 0;

            request_of(row, &request);
            for (int role = 0; role < USER_ROLES; role++) {
                /* written down here, not taken from the row */
                bool may = role == USER_OFFICER || role == USER_ADMINISTRATOR ||
                           (role == USER_CONTACT && is_contact);
                int64_t acts = act_sql(&b, "SELECT count(*) FROM act WHERE outcome = 'denied'");
                int rc;

                ask_as(&b, 1u << role, TINH);
                rc = act_ask(&b, (const char *)request.p);
                if ((rc == ERR_DENIED) == may)
                    fail_msg("%s as %s: %d %s", row->name, user_role_name((enum user_role)role), rc,
                             b.e.why);
                assert_int_equal(act_sql(&b, "SELECT count(*) FROM act WHERE outcome = 'denied'"),
                                 acts + !may);
            }
        }
    }
    buf_release(&request);
    act_bench_release(&b);
}

static void registers_are_under_the_ledger(void **state)
{
    static const struct {
        const char *sql;
        int64_t lines;
    } rows[] = {
        { "SELECT count(*) FROM record WHERE kind = 'agency'", 7 + 3 },
        { "SELECT count(*) FROM record WHERE kind = 'system'", 3 },
        { "SELECT count(*) FROM record WHERE kind = 'system_agency'", 6 },
        { "SELECT count(*) FROM record WHERE kind = 'system_agency' AND key ="
          " '1.operator.2025-03-01'",
          1 },
        { "SELECT count(*) FROM record WHERE kind = 'machine'", 1 },
        { "SELECT count(*) FROM record WHERE kind = 'contact'", 1 },
        { "SELECT count(*) FROM record WHERE kind = 'source_of'", 1 },
    };
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    act_good(&b, "{'act':'machine.add','system':1,'name':'web','kind':'server'}");
    act_good(&b, "{'act':'contact.add','agency':2,'name':'Lan','phone':'113'}");
    act_good(&b, "{'act':'source.assign','source':'fw','system':1}");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_ROW(rows[i].sql, act_sql(&b, rows[i].sql) == rows[i].lines);
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_written_down_is_refused),
        cmocka_unit_test(an_agency_is_changed_ended_and_resumed),
        cmocka_unit_test(a_change_of_nothing_writes_nothing),
        cmocka_unit_test(a_system_keeps_who_had_it_when),
        cmocka_unit_test(a_system_is_retired_and_comes_back),
        cmocka_unit_test(what_reports_say_of_a_system_is_kept),
        cmocka_unit_test(machines_and_sources_are_kept),
        cmocka_unit_test(machines_are_found),
        cmocka_unit_test(a_contact_keeps_its_own_contact_points),
        cmocka_unit_test(a_contact_sees_what_is_its_own),
        cmocka_unit_test(the_tree_is_in_order),
        cmocka_unit_test(who_may_not_may_not),
        cmocka_unit_test(registers_are_under_the_ledger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
