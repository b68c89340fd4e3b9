/*
 * Goal: the data of each form has what its template (data/templates) asks for of an incident, under
 * the names that it has there, and names nobody of the house.
 * Method: one incident with everything; each member by its path.
 */
#include "incident_bench.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"

static void everything(struct act_bench *b)
{
    b->who.name = SPAN_LIT("tran.van.zz");
    (void)act_alert_made(b, "r", "one");
    act_good(b,
             "{'act':'alert.escalate','alerts':[1],'title':'Webshell','type':'N1','severity':'M2',"
             "'level':3,'systems':[5]}");
    act_good(
        b, "{'act':'evidence.add','incident':1,'what':'Nhật ký web','origin':'srv','events':'0.1',"
           "'by':'Trần An'}");
    act_good(
        b,
        "{'act':'evidence.add','incident':1,'what':'Ổ đĩa','origin':'srv','place':'tủ 1',"
        "'bytes':500,'sha256':'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',"
        "'by':'Trần An'}");
    act_good(b, "{'act':'evidence.hand_over','incident':1,'evidence':[1,2],'giver':'Trần An',"
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

static json_t *form(struct act_bench *b, const char *name)
{
    char text[64];
    json_t *row;
    json_t *data;

    (void)snprintf(text, sizeof(text), "form=%s&number=1", name);
    incident_sees(b, "incident.form", text, "{\"data\":{");
    assert_false(view_says(b, "zz"));
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
        { "bien-ban-chung-cu", "giver.name", "\"Trần An\"" },
        { "bien-ban-chung-cu", "taker.title", "\"Điều tra viên\"" },
        { "bien-ban-chung-cu", "taker.unit", "\"PA05\"" },
        { "bien-ban-chung-cu", "files.1.name", "\"Ổ đĩa\"" },
        { "bien-ban-chung-cu", "files.1.bytes", "500" },
        { "bien-ban-chung-cu", "medium", "\"01 USB\"" },
        { "bien-ban-chung-cu", "copies", "3" },
        { "phieu", "subject", "\"Máy trạm\"" },
        { "phieu", "severity", "\"high\"" },
        { "phieu", "t0", "\"2025-11-24T16:00:00Z\"" },
        { "phieu", "summary", "\"Máy PC-07\"" },
        { "phieu", "proofs.0.what", "\"DNS\"" },
        { "phieu", "proofs.1.what", "\"C:\\\\new \\\"x\\\"\"" },
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
        json_t *data = form(&b, rows[i].form);
        json_t *value = at(data, rows[i].path);
        char *text = value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

        if (text == NULL || strcmp(text, rows[i].value) != 0)
            fail_msg("%s %s: %s", rows[i].form, rows[i].path, text);
        free(text);
        json_decref(data);
    }
    act_bench_release(&b);
}

static void one_that_was_told_says_by_whom(void **state)
{
    struct act_bench b;
    json_t *data;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M3");
    data = form(&b, "mau-03");
    assert_string_equal(json_string_value(at(data, "found_by.0")), "notice");
    assert_string_equal(json_string_value(at(data, "found_from")), "điện thoại");
    assert_string_equal(json_string_value(at(data, "state")), "open");
    assert_int_equal(json_array_size(at(data, "told")), 0);
    json_decref(data);
    incident_counts(&b, "incident.form", "form=mau-04&number=9", 0);
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_what_its_template_asks_for),
        cmocka_unit_test(one_that_was_told_says_by_whom),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
