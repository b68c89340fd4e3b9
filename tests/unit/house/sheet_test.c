/*
 * Goal: the data of each sheet has what its template (data/templates) asks for, under the names
 * that it has there, out of what is recorded; what is recorded nowhere is null, not made up.
 * Method: one incident, shift and month with everything; each member by its path. The same upon an
 * empty house.
 */
#include "../incident/incident_bench.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "base/time.h"
#include "house/house.h"
#include "law/law.h"

static void house(struct act_bench *b)
{
    b->who.name = SPAN_LIT("quan.tri");
    b->who.roles = ROLE_BIT(ADMINISTRATOR) | ROLE_BIT(LEAD);
    act_good(b, "{'act':'user.add','user':'tran.an','display':'Trần Thị An','roles':['analyst']}");
    act_good(b, "{'act':'user.add','user':'le.binh','display':'Lê Bình','roles':['lead']}");
    act_good(b,
             "{'act':'house.set','parent':'Ủy ban nhân dân\\ntỉnh Mẫu','name':'Sở Mẫu','code':'SM',"
             "'unit':'CNS','place':'Mẫu','address':'Số 1','phone':'0234111222',"
             "'email':'soc@mau.example','duty_phone':'0234999999','duty_room':'phòng trực',"
             "'signer':'Phạm Ký','signer_title':'Phó Giám đốc','signs_for':'KT. Giám đốc',"
             "'recipients':'Giám đốc','reports_to':'Chủ tịch','bases':'Căn cứ Luật'}");
    act_good(b, "{'act':'agency.change','agency':7,'name':'UBND xã Bảy'}");
    act_good(b,
             "{'act':'system.describe','system':5,'purpose':'Dịch vụ công','connection':'VNPT',"
             "'security':'Sở Mẫu','services':['database','web'],'protection':['ids','firewall']}");
    act_good(b,
             "{'act':'shift.plan','person':'tran.an','part':'watch','from':'2025-11-24T15:00:00Z',"
             "'to':'2025-11-24T23:00:00Z'}");
    act_good(b,
             "{'act':'shift.plan','person':'le.binh','part':'lead','from':'2025-11-24T15:00:00Z',"
             "'to':'2025-11-24T23:00:00Z'}");
    b->who.roles = ROLE_BIT(ANALYST);
}

static void everything(struct act_bench *b)
{
    house(b);
    b->who.name = SPAN_LIT("tran.an");
    (void)act_alert_made(b, "r", "one");
    act_good(b,
             "{'act':'alert.escalate','alerts':[1],'title':'Webshell','type':'N1','severity':'M2',"
             "'level':3,'systems':[5]}");
    act_good(
        b, "{'act':'evidence.add','incident':1,'what':'Nhật ký web','origin':'srv','events':'0.1',"
           "'by':'tran.an'}");
    act_good(
        b,
        "{'act':'evidence.add','incident':1,'what':'Ổ đĩa','origin':'srv','place':'tủ 1',"
        "'bytes':500,'sha256':'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',"
        "'by':'tran.an'}");
    act_good(b, "{'act':'evidence.hand_over','incident':1,'evidence':[1,2],'giver':'tran.an',"
                "'taker':'Lê B','title':'Điều tra viên','agency':'PA05','why':'giám định',"
                "'place':'trụ sở PA05','medium':'01 USB','copies':3}");
    act_good(b, "{'act':'task.done','tasks':[1],'result':'đã rút cáp'}");
    act_good(b, "{'act':'clock.dispatch','incident':1,'clocks':[1,2],'number':'05/BC-SKHCN',"
                "'sent':'2025-11-24T16:00:00Z','channel':'letter','recipient':'PA05'}");
    act_good(b, "{'act':'phieu.make','kind':'warning','agency':7,'system':5,'incident':1,'alert':1,"
                "'subject':'Máy trạm','what':'Máy PC-07','proof':'DNS\\n\\nC:\\\\new \\\"x\\\"',"
                "'steps':'Ngắt mạng\\nQuét','due':'2025-11-26T10:00:00Z'}");
    act_good(b, "{'act':'phieu.send','phieu':1,'channel':'letter'}");
    act_good(
        b, "{'act':'phieu.answer','phieu':1,'done':'Đã quét','cause':'USB','handled':3,'total':4}");
    b->now_ns += HOUR;
    act_good(b, "{'act':'incident.close','incident':1,'cause':'attack','why':'Lỗ hổng tải tệp',"
                "'scope':'Không lộ dữ liệu','machines':2,'outage':750,'damage':12500000,"
                "'result':'Đã xong','skip':'x'}");
}

static json_t *form(struct act_bench *b, const char *name, const char *given)
{
    char view[64];
    json_t *row;
    json_t *data;

    (void)snprintf(view, sizeof(view), "form.%s", name);
    incident_sees(b, view, given, "{\"data\":{");
    row = json_loads((const char *)b->answer.p, 0, NULL);
    assert_non_null(row);
    data = json_incref(json_object_get(row, "data"));
    json_decref(row);
    return data;
}

/* "steps.0.what" */
static json_t *at(json_t *v, const char *path)
{
    while (v != NULL && *path != '\0') {
        const char *dot = strchr(path, '.');
        char key[40];

        (void)snprintf(key, sizeof(key), "%.*s", (int)(dot != NULL ? dot - path : 39), path);
        v = json_is_array(v) ? json_array_get(v, (size_t)strtoul(key, NULL, 10))
                             : json_object_get(v, key);
        path = dot != NULL ? dot + 1 : "";
    }
    return v;
}

static void each_has_what_its_template_asks_for(void **state)
{
    static const struct {
        const char *form, *path, *value; /* as compact JSON */
    } rows[] = {
        { "mau-03", "agency",
          "{\"parent\":[\"Ủy ban nhân dân\",\"tỉnh Mẫu\"],\"name\":\"Sở Mẫu\",\"code\":\"SM\","
          "\"symbol\":\"SM\",\"unit\":\"CNS\",\"place\":\"Mẫu\",\"drafter\":\"CNS\"}" },
        { "mau-03", "sign",
          "{\"titles\":[\"KT. Giám đốc\",\"Phó Giám đốc\"],\"name\":\"Phạm Ký\"}" },
        { "mau-03", "recipients", "[\"Giám đốc\"]" },
        { "mau-03", "bases", "[\"Căn cứ Luật\"]" },
        { "mau-03", "to", "[\"A05\",\"PA05\"]" },
        { "mau-03", "reporter",
          "{\"name\":\"Sở Mẫu\",\"address\":\"Số 1\",\"phone\":\"0234111222\","
          "\"email\":\"soc@mau.example\"}" },
        { "mau-03", "contact",
          "{\"name\":\"Lê Bình\",\"title\":\"Trưởng ca trực\",\"phone\":\"0234999999\","
          "\"email\":\"soc@mau.example\"}" },
        { "mau-03", "system.name", "\"S5\"" },
        { "mau-03", "system.purpose", "\"Dịch vụ công\"" },
        { "mau-03", "system.network_provider", "\"VNPT\"" },
        { "mau-03", "system.security_provider", "\"Sở Mẫu\"" },
        { "mau-03", "system.services", "[\"web\",\"database\"]" },
        { "mau-03", "system.protection", "[\"firewall\",\"ids\"]" },
        { "mau-03", "system.os", "null" },
        { "mau-03", "code", "\"SC-2025-0001\"" },
        { "mau-03", "system.level", "3" },
        { "mau-03", "systems", "[5]" },
        { "mau-03", "summary", "\"Webshell\"" },
        { "mau-03", "t0", "\"2025-11-24T16:00:00Z\"" },
        { "mau-03", "state", "\"done\"" },
        { "mau-03", "found_by", "[\"ids\",\"log\"]" },
        { "mau-03", "found_from", "null" },
        { "mau-03", "told", "[\"coordinator\"]" },
        { "mau-03", "attached", "[\"log\",\"other\"]" },
        { "mau-03", "reported", "\"2025-11-24T17:00:00Z\"" },
        { "bao-cao-nhanh", "to", "[\"Chủ tịch\"]" },
        { "bao-cao-nhanh", "duty.name", "\"Lê Bình\"" },
        { "bao-cao-nhanh", "machines", "2" },
        { "bao-cao-nhanh", "accounts", "0" },
        { "bao-cao-nhanh", "assessment", "\"Đã xong\"" },
        { "bao-cao-nhanh", "done", "[\"Cô lập máy nghi nhiễm khỏi mạng\"]" },
        { "bao-cao-nhanh", "deadline", "null" },
        { "mau-04", "to", "[\"A05\",\"PA05\"]" },
        { "mau-04", "reporter.name", "\"Sở Mẫu\"" },
        { "mau-04", "initial.number", "\"05/BC-SKHCN\"" },
        { "mau-04", "initial.sent", "\"2025-11-24T16:00:00Z\"" },
        { "mau-04", "t0", "\"2025-11-24T16:00:00Z\"" },
        { "mau-04", "ended", "\"2025-11-24T17:00:00Z\"" },
        { "mau-04", "cause", "\"Lỗ hổng tải tệp\"" },
        { "mau-04", "scope", "\"Không lộ dữ liệu\"" },
        { "mau-04", "machines", "2" },
        { "mau-04", "outage_hours", "12.5" },
        { "mau-04", "damage", "12500000" },
        { "mau-04", "result", "\"Đã xong\"" },
        { "mau-04", "steps.0.at", "\"2025-11-24T16:00:00Z\"" },
        { "mau-04", "steps.0.what", "\"Cô lập máy nghi nhiễm khỏi mạng: đã rút cáp\"" },
        { "mau-04", "steps.0.who", "\"trực giám sát\"" },
        { "bien-ban-chung-cu", "incident", "\"SC-2025-0001\"" },
        { "bien-ban-chung-cu", "at", "\"2025-11-24T16:00:00Z\"" },
        { "bien-ban-chung-cu", "where", "\"trụ sở PA05\"" },
        { "bien-ban-chung-cu", "giver.name", "\"Trần Thị An\"" },
        { "bien-ban-chung-cu", "giver.title", "\"trực giám sát\"" },
        { "bien-ban-chung-cu", "giver.unit", "\"Sở Mẫu\"" },
        { "bien-ban-chung-cu", "bases", "[\"Căn cứ Luật\"]" },
        { "bien-ban-chung-cu", "taker.title", "\"Điều tra viên\"" },
        { "bien-ban-chung-cu", "taker.unit", "\"PA05\"" },
        { "bien-ban-chung-cu", "files.1.name", "\"Ổ đĩa\"" },
        { "bien-ban-chung-cu", "files.1.bytes", "500" },
        { "bien-ban-chung-cu", "medium", "\"01 USB\"" },
        { "bien-ban-chung-cu", "copies", "3" },
        { "phieu", "type", "\"Phiếu cảnh báo\"" },
        { "phieu", "abbreviation", "\"PCB\"" },
        { "phieu", "subject", "\"Máy trạm\"" },
        { "phieu", "severity", "\"high\"" },
        { "phieu", "t0", "\"2025-11-24T16:00:00Z\"" },
        { "phieu", "summary", "\"Máy PC-07\"" },
        { "phieu", "to", "[\"UBND xã Bảy\"]" },
        { "phieu", "contact.name", "\"Lê Bình\"" },
        { "phieu", "system.name", "\"S5\"" },
        { "phieu", "proofs.0.what", "\"Title (one)\"" },
        { "phieu", "proofs.0.at", "\"2025-11-24T16:00:00Z\"" },
        { "phieu", "proofs.0.source", "\"Hệ thống giám sát\"" },
        { "phieu", "proofs.1.what", "\"DNS\"" },
        { "phieu", "proofs.2.what", "\"C:\\\\new \\\"x\\\"\"" },
        { "phieu", "steps", "[\"Ngắt mạng\",\"Quét\"]" },
        { "phieu", "due", "\"2025-11-26T10:00:00Z\"" },
        { "phieu", "answer.cause", "\"USB\"" },
        { "phieu", "answer.measures", "\"Đã quét\"" },
        { "phieu", "answer.machines", "\"3/4\"" },
        { "phieu", "incident", "\"SC-2025-0001\"" },
    };
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    everything(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        json_t *data = form(&b, rows[i].form,
                            strcmp(rows[i].form, "phieu") == 0               ? "phieu=1"
                            : strcmp(rows[i].form, "bien-ban-chung-cu") == 0 ? "hand_over=1"
                                                                             : "incident=1");
        json_t *value = at(data, rows[i].path);
        char *text = value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

        if (text == NULL || strcmp(text, rows[i].value) != 0)
            fail_msg("%s %s: %s", rows[i].form, rows[i].path, text);
        free(text);
        json_decref(data);
    }
    act_bench_release(&b);
}

static void says(json_t *data, const char *path, const char *value)
{
    json_t *v = at(data, path);
    char *text = v != NULL ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    if (text == NULL || strcmp(text, value) != 0)
        fail_msg("%s: %s, not %s", path, text, value);
    free(text);
}

/* What was at hand then stands there, whatever became of it since. */
static void a_shift_is_as_it_was_handed_over(void **state)
{
    struct act_bench b;
    json_t *data;

    (void)state;
    incident_bench_init(&b);
    house(&b);
    b.who.name = SPAN_LIT("tran.an");
    (void)act_alert_made(&b, "r", "one");
    (void)act_alert_made(&b, "r", "two");
    act_good(&b, "{'act':'alert.close','alerts':[2],'verdict':'false-positive','reason':'x'}");
    act_good(
        &b,
        "{'act':'incident.open','title':'Mã độc','type':'N1','severity':'M2','channel':'phone'}");
    act_good(&b, "{'act':'handover.make','to':'le.binh','remarks':'Chờ xã trả lời'}");
    act_good(&b, "{'act':'alert.close','alerts':[1],'verdict':'false-positive','reason':'x'}");
    data = form(&b, "bien-ban-ban-giao-ca", "handover=1");
    says(data, "where", "\"phòng trực\"");
    says(data, "at", "\"2025-11-24T16:00:00Z\"");
    says(data, "giver", "{\"name\":\"Trần Thị An\",\"title\":\"Trực giám sát\"}");
    says(data, "taker", "{\"name\":\"Lê Bình\",\"title\":\"Trưởng ca trực\"}");
    says(data, "shift.from", "\"2025-11-24T15:00:00Z\"");
    says(data, "shift.to", "\"2025-11-24T23:00:00Z\"");
    says(data, "alerts", "{\"new\":2,\"closed\":1,\"open\":1}");
    says(data, "incidents.open", "1");
    says(data, "open.0",
         "{\"code\":\"SC-2025-0001\",\"what\":\"Mã độc\",\"due\":\"2025-11-25T16:00:00Z\"}");
    says(data, "open.1.what", "\"Việc: Cô lập máy nghi nhiễm khỏi mạng\"");
    says(data, "open.3.code", "\"CB-1\"");
    says(data, "open.3.what", "\"Title: one\"");
    says(data, "systems", "[]");
    says(data, "remarks", "\"Chờ xã trả lời\"");
    json_decref(data);
    act_bench_release(&b);
}

static void plan(struct act_bench *b, const char *person, const char *part, const char *from,
                 const char *to)
{
    char request[300];

    (void)snprintf(request, sizeof(request),
                   "{'act':'shift.plan','person':'%s','part':'%s','from':'%s','to':'%s'}", person,
                   part, from, to);
    act_good(b, request);
}

/* Days and hours are those of Viet Nam; 1 December there begins at 17:00 of the day before. */
static void a_month_has_a_row_a_day(void **state)
{
    struct act_bench b;
    json_t *data;

    (void)state;
    incident_bench_init(&b);
    house(&b);
    act_users_made(&b, "binh chi dung em");
    b.who.roles = ROLE_BIT(LEAD);
    plan(&b, "binh", "watch", "2025-11-30T16:59:59Z", "2025-11-30T17:00:00Z"); /* of November */
    plan(&b, "tran.an", "watch", "2025-11-30T23:00:00Z", "2025-12-01T11:00:00Z");
    plan(&b, "chi", "watch", "2025-11-30T23:00:00Z", "2025-12-01T11:00:00Z");
    plan(&b, "dung", "watch", "2025-12-01T11:00:00Z", "2025-12-01T23:00:00Z");
    plan(&b, "le.binh", "lead", "2025-11-30T17:00:00Z", "2025-12-01T17:00:00Z");
    plan(&b, "dung", "watch", "2025-12-31T11:00:00Z", "2025-12-31T23:00:00Z");
    data = form(&b, "lich-truc", "month=2025-12");
    assert_int_equal(json_array_size(at(data, "days")), 31);
    says(data, "month", "\"2025-12-01\"");
    says(data, "slots", "2");
    says(data, "hours1", "\"06:00-18:00\"");
    says(data, "hours2", "\"18:00-06:00\"");
    says(data, "phone", "\"0234999999\"");
    says(data, "days.0.day", "\"2025-12-01\"");
    says(data, "days.0.shift1", "\"Trần Thị An\\nchi\"");
    says(data, "days.0.shift2", "\"dung\"");
    says(data, "days.0.lead", "\"Lê Bình\"");
    says(data, "days.0.on_call", "null");
    says(data, "days.1.shift1", "null");
    says(data, "days.30.shift2", "\"dung\"");
    json_decref(data);
    plan(&b, "em", "watch", "2025-12-02T01:00:00Z", "2025-12-02T02:00:00Z");
    plan(&b, "em", "watch", "2025-12-02T03:00:00Z", "2025-12-02T04:00:00Z");
    data = form(&b, "lich-truc", "month=2025-12"); /* four kinds of hours */
    says(data, "slots", "0");
    says(data, "days.1.watch", "\"08:00-09:00: em\\n10:00-11:00: em\"");
    json_decref(data);
    data = form(&b, "lich-truc", "month=2028-02");
    assert_int_equal(json_array_size(at(data, "days")), 29);
    says(data, "days.28.day", "\"2028-02-29\"");
    json_decref(data);
    incident_counts(&b, "form.lich-truc", "month=2025-13", 0);
    incident_counts(&b, "form.lich-truc", "month=12/2025", 0);
    act_bench_release(&b);
}

/* Who gives something back is whom it was given to. */
static void what_comes_back_comes_from_who_had_it(void **state)
{
    struct act_bench b;
    json_t *data;

    (void)state;
    incident_bench_init(&b);
    everything(&b);
    act_good(&b,
             "{'act':'evidence.hand_over','incident':1,'evidence':[2],'giver':'Lê B',"
             "'taker':'le.binh','agency':'Sở Mẫu','why':'trả lại','document':'Công văn 7/PA05'}");
    data = form(&b, "bien-ban-chung-cu", "hand_over=2");
    says(data, "giver", "{\"name\":\"Lê B\",\"title\":\"Điều tra viên\",\"unit\":\"PA05\"}");
    says(data, "taker", "{\"name\":\"Lê Bình\",\"title\":\"trưởng ca\",\"unit\":\"Sở Mẫu\"}");
    says(data, "bases", "[\"Căn cứ Luật\",\"Căn cứ Công văn 7/PA05\"]");
    says(data, "where", "null");
    json_decref(data);
    act_bench_release(&b);
}

/* The statement has the roles' names again: they are those of the program's table. */
static void a_role_is_called_as_everywhere(void **state)
{
#define X(id, name, vi, does) { name, vi },
    static const char *const roles[][2] = { USER_ROLE_TABLE(X) };
#undef X
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    everything(&b);
    b.who.roles = ROLES_DESK | ROLE_BIT(ADMINISTRATOR);
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        char request[300], title[100];
        json_t *data;

        (void)snprintf(request, sizeof(request),
                       "{'act':'user.add','user':'u.%s','display':'U','roles':['%s']%s}",
                       roles[i][0], roles[i][0],
                       strcmp(roles[i][0], "contact") == 0 ? ",'agency':7" : "");
        act_good(&b, request);
        (void)snprintf(request, sizeof(request),
                       "{'act':'evidence.hand_over','incident':1,'evidence':[1],'giver':'%s%s',"
                       "'taker':'u.%s','agency':'x','why':'x'}",
                       i == 0 ? "Lê B" : "u.", i == 0 ? "" : roles[i - 1][0], roles[i][0]);
        act_good(&b, request);
        (void)snprintf(request, sizeof(request), "hand_over=%d", (int)i + 2);
        (void)snprintf(title, sizeof(title), "\"%s\"", roles[i][1]);
        data = form(&b, "bien-ban-chung-cu", request);
        says(data, "taker.title", title);
        json_decref(data);
    }
    act_bench_release(&b);
}

static bool step_of_each_role(const void *arg, struct span playbook, size_t i, int64_t detected_ns,
                              struct legal_step *out)
{
    (void)arg;
    (void)playbook;
    (void)detected_ns;
    if (law_role_words[i] == NULL)
        return false;
    *out = (struct legal_step){ law_role_words[i], "Việc",    "contain",
                                law_role_words[i], INT64_MIN, "" };
    return true;
}

/* The same of who does the steps of playbooks: none of the words that the data have is printed. */
static void who_does_a_step_is_said_in_vietnamese(void **state)
{
    struct legal law = test_law;
    struct act_bench b;
    json_t *data;
    size_t i;

    (void)state;
    law.step = step_of_each_role;
    act_bench_init_law(&b, &law);
    (void)incident_told(&b, "M3");
    for (i = 0; law_role_words[i] != NULL; i++) {
        char request[80];

        (void)snprintf(request, sizeof(request), "{'act':'task.done','tasks':[%zu],'result':'x'}",
                       i + 1);
        act_good(&b, request);
    }
    data = form(&b, "mau-04", "incident=1");
    assert_int_equal(json_array_size(at(data, "steps")), i);
    while (i-- > 0) {
        char path[40];

        (void)snprintf(path, sizeof(path), "steps.%zu.who", i);
        for (size_t k = 0; law_role_words[k] != NULL; k++)
            assert_string_not_equal(json_string_value(at(data, path)), law_role_words[k]);
    }
    json_decref(data);
    act_bench_release(&b);
}

static void one_that_was_told_says_by_whom(void **state)
{
    struct act_bench b;
    json_t *data;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M3");
    data = form(&b, "mau-03", "incident=1");
    assert_string_equal(json_string_value(at(data, "found_by.0")), "notice");
    assert_string_equal(json_string_value(at(data, "found_from")), "điện thoại");
    assert_string_equal(json_string_value(at(data, "state")), "open");
    assert_int_equal(json_array_size(at(data, "told")), 0);
    assert_string_equal(json_string_value(at(data, "contact.name")), "an"); /* whose it is */
    assert_string_equal(json_string_value(at(data, "contact.title")), "Cán bộ phụ trách");
    assert_true(json_is_null(at(data, "sign.titles")) && json_is_null(at(data, "agency")));
    assert_true(json_is_null(at(data, "system.name")));
    json_decref(data);
    incident_counts(&b, "form.mau-04", "incident=9", 0);
    act_bench_release(&b);
}

static void moves_to(struct act_bench *b, const char *when)
{
    assert_true(time_parse(span_of(when), 0, &b->now_ns));
}

#define BASE_LAW_2016 "Căn cứ Luật An toàn thông tin mạng số 86/2015/QH13"
#define BASE_QD_05                                                                                                      \
    "Căn cứ Quyết định số 05/2017/QĐ-TTg ngày 16 tháng 3 năm 2017 của Thủ tướng Chính phủ ban " \
    "hành quy định về hệ thống phương án ứng cứu khẩn cấp bảo đảm an toàn thông tin mạng quốc gia"
#define BASE_LAW_2026 "Căn cứ Luật An ninh mạng số 116/2025/QH15"
#define BASE_ND_333                                                                                                        \
    "Căn cứ Nghị định số 333/2026/NĐ-CP ngày 19 tháng 8 năm 2026 của Chính phủ quy định chi tiết " \
    "một số điều của Luật An ninh mạng"

/* At the date of the record: a law that came since, or was not yet, is not on the sheet. */
static void the_law_of_its_date_is_what_it_is_based_on(void **state)
{
    static const struct {
        const char *told, *first, *last; /* of mau-03 */
        size_t count;                    /* with the one of the house */
    } rows[] = {
        { "2020-06-01T00:00:00Z", BASE_LAW_2016, NULL, 4 },
        { "2026-06-30T16:59:59Z", BASE_LAW_2016, NULL, 4 }, /* in Viet Nam still June */
        { "2026-06-30T17:00:00Z", BASE_LAW_2026, NULL, 2 },
        { "2026-08-18T16:59:59Z", BASE_LAW_2026, NULL, 2 },
        { "2026-08-18T17:00:00Z", BASE_LAW_2026, BASE_ND_333, 4 },
    };
    struct act_bench b;
    struct law *law;
    struct err e = { 0 };

    (void)state;
    incident_bench_init(&b);
    house(&b);
    b.who.roles |= ROLE_BIT(LEAD);
    if (law_open(&law, LAW_FOLDER, &e) != ERR_OK || house_bases(b.db, law, &e) != ERR_OK ||
        house_bases(b.db, law, &e) != ERR_OK) /* the same again */
        fail_msg("%s", e.why);
    moves_to(&b, "2026-11-01T00:00:00Z");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char given[160];
        json_t *data, *bases;

        (void)incident_told(&b, "M3");
        (void)snprintf(given, sizeof(given),
                       "{'act':'incident.detected','incident':%d,'detected':'%s','reason':'x'}",
                       (int)i + 1, rows[i].told);
        act_good(&b, given);
        (void)snprintf(given, sizeof(given), "incident=%d", (int)i + 1);
        data = form(&b, "mau-03", given);
        bases = at(data, "bases");
        assert_int_equal(json_array_size(bases), rows[i].count);
        assert_string_equal(json_string_value(json_array_get(bases, 0)), rows[i].first);
        if (rows[i].last != NULL)
            assert_string_equal(json_string_value(json_array_get(bases, rows[i].count - 2)),
                                rows[i].last);
        assert_string_equal(json_string_value(json_array_get(bases, rows[i].count - 1)),
                            "Căn cứ Luật"); /* the house's own behind them */
        json_decref(data);
    }
    law_free(&law);
    act_bench_release(&b);
}

/* Once, though the house wrote down what the law has; a document of the sheet's own behind all. */
static void a_base_is_printed_once(void **state)
{
    struct act_bench b;
    struct law *law;
    struct err e = { 0 };
    json_t *data;

    (void)state;
    incident_bench_init(&b);
    everything(&b);
    if (law_open(&law, LAW_FOLDER, &e) != ERR_OK || house_bases(b.db, law, &e) != ERR_OK)
        fail_msg("%s", e.why);
    b.who.roles |= ROLE_BIT(ADMINISTRATOR);
    act_good(&b, "{'act':'house.set','bases':'" BASE_LAW_2016 "\\n"
                 "Căn cứ Luật số 86/2015/QH13 ngày 19 tháng 11 năm 2015\\n"
                 "căn cứ Quyết định 5/2017/QĐ-TTg của Thủ tướng Chính phủ\\n"
                 "Căn cứ Quyết định 9/QĐ-SM'}");
    act_good(&b,
             "{'act':'evidence.hand_over','incident':1,'evidence':[2],'giver':'Lê B',"
             "'taker':'le.binh','agency':'Sở Mẫu','why':'trả lại','document':'Công văn 7/PA05'}");
    data = form(&b, "bien-ban-chung-cu", "hand_over=2");
    says(data, "bases",
         "[\"" BASE_LAW_2016 "\",\"" BASE_QD_05
         "\",\"Căn cứ Quyết định 9/QĐ-SM\",\"Căn cứ Công văn 7/PA05\"]");
    json_decref(data);
    law_free(&law);
    act_bench_release(&b);
}

static void each_sheet_of_the_law_is_one_that_is_printed(void **state)
{
    struct law *law;
    struct err e = { 0 };
    const struct law_profile *p;

    (void)state;
    if (law_open(&law, LAW_FOLDER, &e) != ERR_OK)
        fail_msg("%s", e.why);
    for (uint32_t i = 0; (p = law_profile(law, i)) != NULL; i++) {
        assert_true(p->citations.count > 0);
        for (uint32_t k = 0; k < p->citations.count; k++) {
            const struct law_texts *t = &p->citations.row[k].sheets;

            for (uint32_t s = 0; s < t->count; s++) {
                bool is = false;

#define X(name, statement, param, type, act, title, help) is = is || strcmp(t->value[s], name) == 0;
                FORM_TABLE(X)
#undef X
                if (!is)
                    fail_msg("%s: there is no sheet '%s'", p->id, t->value[s]);
            }
        }
    }
    law_free(&law);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_what_its_template_asks_for),
        cmocka_unit_test(a_shift_is_as_it_was_handed_over),
        cmocka_unit_test(a_month_has_a_row_a_day),
        cmocka_unit_test(what_comes_back_comes_from_who_had_it),
        cmocka_unit_test(a_role_is_called_as_everywhere),
        cmocka_unit_test(who_does_a_step_is_said_in_vietnamese),
        cmocka_unit_test(one_that_was_told_says_by_whom),
        cmocka_unit_test(the_law_of_its_date_is_what_it_is_based_on),
        cmocka_unit_test(a_base_is_printed_once),
        cmocka_unit_test(each_sheet_of_the_law_is_one_that_is_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
