/*
 * Goal: staff, places, certificates, drills and plans are written down, changed, taken off and put
 * back; what does not fit is refused by its words; who is on the roster without an account was
 * written down as that; what runs out stands in what a shift hands over.
 * Method: acts as JSON upon a database; rights over all rows and roles.
 */
#include "../check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../act/act_bench.h"
#include "staff/staff.h"

#define HASH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* User an (active), user khoa (disabled); systems 1, and 2 that is retired. */
static void init(struct act_bench *b)
{
    act_bench_init(b); /* it is 2025-11-24T16:00:00Z */
    act_users_made(b, "an khoa");
    b->who.name = SPAN_LIT("lan");
    b->who.roles = ROLES_ALL;
    act_good(b, "{'act':'user.disable','user':'khoa','reason':'x'}");
    act_good(b, "{'act':'agency.add','code':'T','name':'Tỉnh','kind':'province'}");
    for (int i = 1; i <= 2; i++) {
        char request[256];

        (void)snprintf(request, sizeof(request),
                       "{'act':'system.add','code':'S%d','name':'Cổng','owner':1,'operator':1,"
                       "'type':'public','information':['public']}",
                       i);
        act_good(b, request);
    }
    act_good(b, "{'act':'system.retire','system':2,'retired':'2025-10-01'}");
    b->who.roles = ROLE_BIT(LEAD);
}

static void good_staff(struct act_bench *b)
{
    act_good(b, "{'act':'staff.add','person':'an','name':'Nguyễn Văn An','phone':'+84912345678'}");
    act_good(b, "{'act':'staff.add','person':'Bảo vệ 1','outside':true,'name':'Trần Bảo',"
                "'phone':'0987654321','email':'bao@example.vn','title':'bảo vệ'}");
}

/* --- each thing ------------------------------------------------------------------------------ */

static void staff_is_an_account_or_says_that_it_is_none(void **state)
{
    static const struct {
        const char *request;
        int code;
        const char *words;
    } bad[] = {
        { "{'act':'staff.add','person':'binh','name':'B','phone':'113'}", ERR_NOTFOUND,
          "no such user: binh" },
        { "{'act':'staff.add','person':'khoa','name':'K','phone':'113'}", ERR_CONFLICT,
          "User khoa is disabled" },
        { "{'act':'staff.add','person':'AN','outside':true,'name':'A','phone':'113'}", ERR_CONFLICT,
          "outside: AN is a user's name" },
        { "{'act':'staff.add','person':'khoa','outside':true,'name':'A','phone':'113'}",
          ERR_CONFLICT, "a user's name" },
        { "{'act':'staff.add','person':'an','name':'A'}", ERR_USAGE,
          "phone: A phone number or a mail address" },
        { "{'act':'staff.add','person':'an','name':'A','phone':'gọi tôi'}", ERR_USAGE,
          "phone: This is no phone number" },
        { "{'act':'staff.add','person':'an','name':'A','email':'an'}", ERR_USAGE,
          "email: This is no mail address" },
        { "{'act':'staff.add','person':'a, b','outside':true,'name':'A','phone':'113'}", ERR_USAGE,
          "person: There is a comma" },
        { "{'act':'staff.add','person':'An','name':'A','phone':'113'}", ERR_CONFLICT,
          "It is there already: staff 1" },
        { "{'act':'staff.add','person':'BẢO VỆ 1','outside':true,'name':'A','phone':'113'}",
          ERR_CONFLICT, "It is there already: staff 2" },
        { "{'act':'staff.change','id':2,'person':'an'}", ERR_CONFLICT, "a user's name" },
        { "{'act':'staff.change','id':2,'outside':false}", ERR_NOTFOUND, "no such user" },
        { "{'act':'staff.change','id':7,'name':'x'}", ERR_NOTFOUND, "no staff 7" },
        { "{'act':'staff.remove','id':7,'reason':'x'}", ERR_NOTFOUND, "no staff 7" },
    };
    struct act_bench b;

    (void)state;
    init(&b);
    good_staff(&b);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        act_bad(&b, bad[i].request, bad[i].code, bad[i].words);
    act_good(&b, "{'act':'staff.change','id':1,'phone':'+84900000000','title':'trực'}");
    assert_int_equal(act_sql(&b, "SELECT phone = '+84900000000' AND title = 'trực' AND name ="
                                 " 'Nguyễn Văn An' FROM staff WHERE id = 1"),
                     1);
    assert_int_equal(view_lines(&b, "staff.list", "person=bao ve 1"), 1);
    assert_true(view_says(&b, "\"outside\":true"));
    act_good(&b, "{'act':'staff.remove','id':2,'reason':'nghỉ việc'}");
    assert_int_equal(view_lines(&b, "staff.list", ""), 1);
    act_bad(&b, "{'act':'staff.change','id':2,'name':'x'}", ERR_NOTFOUND, "no staff 2");
    act_bench_release(&b);
}

static void a_place_is_of_a_system_that_is_there(void **state)
{
    struct act_bench b;

    (void)state;
    init(&b);
    good_staff(&b);
    act_good(&b, "{'act':'onsite.add','staff':2,'system':1,'place':'tầng 2','hours':'24/7'}");
    act_bad(&b, "{'act':'onsite.add','staff':2,'system':1}", ERR_CONFLICT,
            "It is there already: onsite 1");
    act_bad(&b, "{'act':'onsite.add','staff':7,'system':1}", ERR_NOTFOUND, "no staff 7");
    act_bad(&b, "{'act':'onsite.add','staff':1,'system':7}", ERR_NOTFOUND, "no system 7");
    act_bad(&b, "{'act':'onsite.add','staff':1,'system':2}", ERR_CONFLICT, "System 2 is retired");
    act_good(&b, "{'act':'onsite.add','staff':1,'system':1}");
    act_bad(&b, "{'act':'onsite.change','id':2,'staff':2}", ERR_CONFLICT, "already: onsite 1");
    act_good(&b, "{'act':'onsite.change','id':1,'hours':'giờ hành chính'}");
    assert_int_equal(view_lines(&b, "onsite.list", "system=1&staff=2"), 1);
    assert_true(view_says(&b, "\"phone\":\"0987654321\",\"email\":\"bao@example.vn\",\"place\":"
                              "\"tầng 2\",\"hours\":\"giờ hành chính\""));
    act_bad(&b, "{'act':'staff.remove','id':2,'reason':'x'}", ERR_CONFLICT,
            "has a place or a certificate");
    act_good(&b, "{'act':'onsite.remove','id':1,'reason':'x'}");
    act_good(&b, "{'act':'staff.remove','id':2,'reason':'x'}");
    act_bench_release(&b);
}

static void certificates_run_out(void **state)
{
    struct act_bench b;

    (void)state;
    init(&b);
    good_staff(&b);
    /* today is 2025-11-24 in Viet Nam: 23:00 */
    act_good(&b, "{'act':'certificate.add','staff':1,'name':'ATTT','number':'1',"
                 "'issued':'2023-01-01','expires':'2025-11-24'}");
    act_good(&b, "{'act':'certificate.add','staff':1,'name':'ATTT','number':'2',"
                 "'issued':'2023-01-01','expires':'2025-11-25','issuer':'Học viện'}");
    act_good(&b, "{'act':'certificate.add','staff':1,'name':'ATTT','number':'3',"
                 "'issued':'2023-01-01','expires':'2026-01-24'}");
    act_good(&b, "{'act':'certificate.add','staff':2,'name':'PCCC','number':'1',"
                 "'issued':'2024-02-29'}");
    act_bad(&b,
            "{'act':'certificate.add','staff':1,'name':'ATTT','number':'2','issued':'2024-01-01'}",
            ERR_CONFLICT, "already: certificate 2");
    act_bad(&b, "{'act':'certificate.add','staff':1,'name':'x','number':'2','issued':'2023-02-29'}",
            ERR_USAGE, "issued: This is no day");
    act_bad(&b,
            "{'act':'certificate.add','staff':1,'name':'x','number':'2','issued':'2024-01-01',"
            "'expires':'2024-01-01'}",
            ERR_USAGE, "expires: This must be later than 2024-01-01");
    act_bad(&b, "{'act':'certificate.change','id':2,'issued':'2025-11-26'}", ERR_USAGE,
            "expires: This must be later");
    act_bad(&b, "{'act':'certificate.change','id':1,'number':'2'}", ERR_CONFLICT, "certificate 2");
    act_bad(&b, "{'act':'certificate.add','staff':7,'name':'x','number':'2','issued':'2024-01-01'}",
            ERR_NOTFOUND, "no staff 7");
    assert_int_equal(view_lines(&b, "certificate.list", ""), 4);
    assert_true(view_says(&b, "\"number\":\"1\",\"issued\":\"2023-01-01\",\"expires\":"
                              "\"2025-11-24\",\"days\":0,\"expired\":true"));
    assert_int_equal(view_lines(&b, "certificate.list", "within=60"), 2);
    assert_int_equal(view_lines(&b, "certificate.list", "within=61"), 3);
    assert_int_equal(view_lines(&b, "staff.list", "person=an"), 1);
    assert_true(view_says(&b, "\"certificates\":2")); /* those that are good */
    /* it stands in what is handed over, an hour before midnight and behind it */
    assert_int_equal(view_lines(&b, "handover.draft", ""), 1);
    assert_true(view_says(&b, "\"number\":\"2\",\"expires\":\"2025-11-25\",\"expired\":false"));
    assert_false(view_says(&b, "\"number\":\"3\""));
    b.now_ns += INT64_C(3600000000000);
    assert_int_equal(view_lines(&b, "handover.draft", ""), 1);
    assert_true(view_says(&b, "\"number\":\"2\",\"expires\":\"2025-11-25\",\"expired\":true"));
    assert_true(view_says(&b, "\"number\":\"3\""));
    assert_true(view_says(&b, "\"plan\":null,\"drill\":null"));
    act_bench_release(&b);
}

static void drills_and_plans_are_of_a_day(void **state)
{
    struct act_bench b;

    (void)state;
    init(&b);
    act_good(&b, "{'act':'drill.add','day':'2025-10-02','title':'Mã độc','scope':'Sở, xã A',"
                 "'participants':'an, binh'}");
    act_bad(&b, "{'act':'drill.add','day':'02/10/2025','title':'x','scope':'x','participants':'x'}",
            ERR_USAGE, "day: This is no day like 2025-07-01");
    act_bad(&b, "{'act':'drill.change','id':2,'title':'x'}", ERR_NOTFOUND, "no drill 2");
    act_good(&b, "{'act':'drill.change','id':1,'result':'gọi được 9 trên 10 người'}");
    assert_int_equal(view_lines(&b, "drill.list", "year=2025"), 1);
    assert_true(view_says(&b, "\"result\":\"gọi được 9 trên 10 người\""));
    assert_int_equal(view_lines(&b, "drill.list", "year=2024"), 0);
    act_good(&b, "{'act':'plan.add','year':2025,'number':'12/KH-UBND','day':'2025-01-15',"
                 "'approved_by':'Chủ tịch UBND tỉnh','sha256':'" HASH "'}");
    act_bad(&b,
            "{'act':'plan.add','year':2025,'number':'12/KH-UBND','day':'2025-01-15',"
            "'approved_by':'x','sha256':'" HASH "'}",
            ERR_CONFLICT, "already: plan 1");
    act_bad(&b,
            "{'act':'plan.add','year':1999,'number':'1','day':'2025-01-15','approved_by':'x',"
            "'sha256':'" HASH "'}",
            ERR_USAGE, "year: This is no year");
    act_bad(&b,
            "{'act':'plan.add','year':2026,'number':'1','day':'2025-01-15','approved_by':'x',"
            "'sha256':'abc'}",
            ERR_USAGE, "sha256: This is no SHA-256");
    assert_int_equal(view_lines(&b, "plan.list", "year=2025"), 1);
    assert_true(view_says(&b, "\"approved_by\":\"Chủ tịch UBND tỉnh\",\"sha256\":\"" HASH "\""));
    assert_int_equal(view_lines(&b, "handover.draft", ""), 1);
    assert_true(view_says(&b, "\"plan\":\"12/KH-UBND\",\"drill\":\"2025-10-02\""));
    act_good(&b, "{'act':'plan.change','id':1,'year':2026}");
    assert_int_equal(view_lines(&b, "handover.draft", ""), 1);
    assert_true(view_says(&b, "\"plan\":null"));
    act_bench_release(&b);
}

/* --- undo ------------------------------------------------------------------------------------ */

static void what_was_changed_or_taken_off_is_put_back(void **state)
{
    static const struct {
        const char *add, *change, *was;
    } rows[] = {
        { "{'act':'staff.add','person':'an','name':'A','phone':'113'}",
          "{'act':'staff.change','id':%d,'name':'B','email':'b@x','title':'t'}",
          "SELECT name = 'A' AND email IS NULL AND title IS NULL AND ended IS NULL FROM staff" },
        { "{'act':'onsite.add','staff':1,'system':1}",
          "{'act':'onsite.change','id':%d,'place':'p','hours':'h'}",
          "SELECT place IS NULL AND hours IS NULL AND ended IS NULL FROM onsite" },
        { "{'act':'certificate.add','staff':1,'name':'n','number':'1','issued':'2024-01-01'}",
          "{'act':'certificate.change','id':%d,'number':'2','expires':'2030-01-01'}",
          "SELECT number = '1' AND expires IS NULL AND ended IS NULL FROM certificate" },
        { "{'act':'drill.add','day':'2025-10-02','title':'x','scope':'y','participants':'z'}",
          "{'act':'drill.change','id':%d,'day':'2025-10-03','result':'r'}",
          "SELECT day = '2025-10-02' AND result IS NULL AND ended IS NULL FROM drill" },
        { "{'act':'plan.add','year':2025,'number':'1','day':'2025-01-15','approved_by':'x',"
          "'sha256':'" HASH "'}",
          "{'act':'plan.change','id':%d,'year':2026,'approved_by':'y'}",
          "SELECT year = 2025 AND approved_by = 'x' AND ended IS NULL FROM plan" },
    };
    struct act_bench b;
    char request[256];

    (void)state;
    init(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        act_good(&b, rows[i].add);
        (void)snprintf(request, sizeof(request), rows[i].change, 1);
        act_good(&b, request);
        assert_int_equal(act_sql(&b, rows[i].was), 0);
        (void)snprintf(request, sizeof(request), "{'act':'act.undo','undoes':%lld}",
                       (long long)act_number(&b, "act"));
        act_good(&b, request);
        assert_int_equal(act_sql(&b, rows[i].was), 1);
    }
    for (size_t i = COUNT_OF(rows); i-- > 0;) { /* who has a certificate is not taken off */
        const char *kind = strchr(rows[i].add, ':') + 2;

        (void)snprintf(request, sizeof(request), "{'act':'%.*s.remove','id':1,'reason':'x'}",
                       (int)(strchr(kind, '.') - kind), kind);
        act_good(&b, request);
        assert_int_equal(act_sql(&b, rows[i].was), 0);
        if (i > 0)
            continue;
        (void)snprintf(request, sizeof(request), "{'act':'act.undo','undoes':%lld}",
                       (long long)act_number(&b, "act"));
        act_good(&b, request);
        assert_int_equal(act_sql(&b, rows[i].was), 1);
    }
    act_bench_release(&b);
}

/* --- rights ---------------------------------------------------------------------------------- */

static void leads_and_officers_keep_it_and_contacts_see_nothing(void **state)
{
    static const char *const things[] = { "staff", "onsite", "certificate", "drill", "plan" };
    static const char *const verbs[] = { "add", "change", "remove" };
    struct act_bench b;
    char request[128];

    (void)state;
    init(&b);
    for (unsigned role = 0; role < USER_ROLES; role++) {
        bool may = role == USER_LEAD || role == USER_OFFICER;

        b.who.roles = 1u << role;
        for (size_t i = 0; i < COUNT_OF(things) * COUNT_OF(verbs); i++) {
            (void)snprintf(request, sizeof(request), "{'act':'%s.%s'}", things[i / 3],
                           verbs[i % 3]);
            act_bad(&b, request, may ? ERR_USAGE : ERR_DENIED, may ? "This is missing" : "may not");
        }
        for (size_t i = 0; i < COUNT_OF(things); i++) {
            (void)snprintf(request, sizeof(request), "%s.list", things[i]);
            assert_int_equal(view_ask(&b, request, ""), role == USER_CONTACT ? ERR_DENIED : ERR_OK);
        }
    }
    act_bench_release(&b);
}

/* --- the roster ------------------------------------------------------------------------------ */

static void who_has_no_account_is_on_the_roster_when_that_was_said(void **state)
{
    struct act_bench b;

    (void)state;
    init(&b);
    act_bad(&b,
            "{'act':'shift.plan','person':'Bảo vệ 1','from':'2025-11-25T00:00:00Z',"
            "'to':'2025-11-25T08:00:00Z'}",
            ERR_NOTFOUND, "person: There is no such user: Bảo vệ 1");
    good_staff(&b);
    act_good(&b, "{'act':'shift.plan','person':'BẢO VỆ 1','from':'2025-11-25T00:00:00Z',"
                 "'to':'2025-11-25T08:00:00Z'}");
    assert_int_equal(act_sql(&b, "SELECT person = 'Bảo vệ 1' FROM duty"), 1);
    /* but answers for nothing */
    (void)act_alert_made(&b, "r", "one");
    act_bad(&b, "{'act':'handover.make','to':'Bảo vệ 1','remarks':'x'}", ERR_NOTFOUND,
            "no such user");
    act_bad(&b, "{'act':'alert.assign','alerts':[1],'to':'Bảo vệ 1'}", ERR_NOTFOUND,
            "no such user");
    act_good(&b, "{'act':'staff.remove','id':2,'reason':'x'}");
    act_bad(&b,
            "{'act':'shift.plan','person':'Bảo vệ 1','from':'2025-11-26T00:00:00Z',"
            "'to':'2025-11-26T08:00:00Z'}",
            ERR_NOTFOUND, "no such user");
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(staff_is_an_account_or_says_that_it_is_none),
        cmocka_unit_test(a_place_is_of_a_system_that_is_there),
        cmocka_unit_test(certificates_run_out),
        cmocka_unit_test(drills_and_plans_are_of_a_day),
        cmocka_unit_test(what_was_changed_or_taken_off_is_put_back),
        cmocka_unit_test(leads_and_officers_keep_it_and_contacts_see_nothing),
        cmocka_unit_test(who_has_no_account_is_on_the_roster_when_that_was_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
