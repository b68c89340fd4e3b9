/*
 * Goal: a roster is taken in whole or not at all, and what is wrong is told by row and column; what
 * is written out changes nothing when it is taken back, in both formats and languages; shifts on
 * holidays of the calendar are marked.
 * Method: CSV texts upon a database; a roster of everything from one database into another.
 */
#include "../check.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../act/act_bench.h"
#include "law/law.h"
#include "shift/shift.h"

#define HEAD "Người trực,Loại,Vị trí,Bắt đầu,Kết thúc,Thay cho,\"Ngày lễ, Tết\",Lý do\n"

static int import_ask(struct act_bench *b, struct span file, bool dry)
{
    size_t room = sodium_base64_encoded_len(file.n, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room), *request = malloc(room + 200);
    int rc;

    assert_non_null(text);
    assert_non_null(request);
    (void)sodium_bin2base64(text, room, file.p, file.n, sodium_base64_VARIANT_ORIGINAL);
    (void)snprintf(request, room + 200, "{'act':'shift.import','file':'%s'%s}", text,
                   dry ? ",'dry':true" : "");
    rc = act_ask(b, request);
    free(text);
    free(request);
    return rc;
}

static void import_says(struct act_bench *b, const char *csv, const char *words)
{
    if (import_ask(b, span_of(csv), false) != ERR_OK)
        fail_msg("%s", b->e.why);
    if (!view_says(b, words))
        fail_msg("%s\n  has not: %s", (char *)b->answer.p, words);
}

static void init(struct act_bench *b)
{
    act_bench_init(b); /* it is 2025-11-24T16:00:00Z: 23:00 in Viet Nam */
    act_users_made(b, "an binh chi khoa");
    b->who.name = SPAN_LIT("lan");
    b->who.roles = ROLES_ALL;
    act_good(b, "{'act':'user.disable','user':'khoa','reason':'x'}");
    act_good(b, "{'act':'staff.add','person':'Bảo vệ','outside':true,'name':'B','phone':'113'}");
    b->who.roles = ROLE_BIT(LEAD);
}

static void a_roster_goes_in(void **state)
{
    struct act_bench b;

    (void)state;
    init(&b);
    assert_int_equal(
        import_ask(&b, SPAN_LIT(HEAD "an,Trực,,25/11/2025 06:00,25/11/2025 14:00,,,\n"), true),
        ERR_OK);
    assert_true(view_says(&b, "\"form\":\"roster\",\"imported\":false,\"rows\":1,\"wrong\":0,"
                              "\"added\":1,\"changed\":0,\"unchanged\":0"));
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM duty"), 0);
    import_says(&b,
                HEAD "AN,Trực,,25/11/2025 06:00,25/11/2025 14:00,,,\n"
                     "binh,duty,Trưởng ca,25/11/2025 06:00,25/11/2025 14:00,,Có,\n"
                     "chi,Trực dự phòng,,25/11/2025 06:00,26/11/2025 06:00,,,\n"
                     "Bảo vệ,Trực,,25/11/2025 14:00,25/11/2025 22:00,,,\n"
                     "an,Nghỉ,,26/11/2025 00:00,28/11/2025 00:00,,,phép năm\n",
                "\"imported\":true,\"rows\":5,\"wrong\":0,\"added\":5");
    /* 06:00 in Viet Nam is 23:00 of the day before in UTC */
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM duty WHERE person = 'an' AND part = 'watch'"
                                 " AND starts = 1764025200000000000 AND ends - starts ="
                                 " 8 * 3600000000000 AND holiday = 0"),
                     1);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM duty WHERE person = 'binh' AND part = 'lead'"
                                 " AND holiday = 1"),
                     1);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM duty WHERE person = 'chi' AND part ="
                                 " 'on-call'"),
                     1);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM away WHERE reason = 'phép năm'"), 1);
    import_says(&b,
                "person,kind,start,end,instead_of\nchi,swap,25/11/2025 06:00,25/11/2025 14:00,an\n",
                "\"en\":\"chi is on duty then: shift 3.\"");
    act_bench_release(&b);
}

static void a_swap_takes_a_shift_that_is_there(void **state)
{
    struct act_bench b;

    (void)state;
    init(&b);
    import_says(&b,
                "person,kind,start,end\nan,duty,25/11/2025 06:00,25/11/2025 14:00\n"
                "binh,duty,25/11/2025 14:00,25/11/2025 22:00\n",
                "\"added\":2");
    import_says(&b,
                "person,kind,start,end,instead_of\nchi,swap,25/11/2025 06:00,25/11/2025 14:00,AN\n",
                "\"added\":1");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM duty d JOIN duty o ON o.id = d.instead WHERE"
                                 " d.person = 'chi' AND o.person = 'an' AND o.ended IS NOT NULL"),
                     1);
    import_says(&b,
                "person,kind,start,end,instead_of\nchi,swap,25/11/2025 06:00,25/11/2025 14:00,an\n",
                "\"added\":0,\"changed\":0,\"unchanged\":1");
    import_says(
        &b, "person,kind,start,end,instead_of\nchi,swap,25/11/2025 06:00,25/11/2025 14:00,binh\n",
        "\"column\":\"B\",\"header\":\"Loại\"");
    import_says(
        &b, "person,kind,start,end,instead_of\nan,swap,25/11/2025 15:00,25/11/2025 22:00,binh\n",
        "\"en\":\"binh has no such shift.\"");
    import_says(
        &b, "person,kind,start,end,instead_of\nan,swap,25/11/2025 14:00,25/11/2025 22:00,dung\n",
        "\"column\":\"E\",\"header\":\"Thay cho\",\"vi\":\"Không có người dùng hoặc nhân sự "
        "“dung”.\",\"en\":\"There is no such user: dung.\"");
    b.now_ns += INT64_C(86400000000000);
    import_says(
        &b, "person,kind,start,end,instead_of\nan,swap,25/11/2025 14:00,25/11/2025 22:00,binh\n",
        "\"en\":\"This shift is over.\"");
    act_bench_release(&b);
}

static void what_is_wrong_is_told_and_nothing_was_done(void **state)
{
    static const struct {
        const char *csv;
        const char *words[3];
    } rows[] = {
        { HEAD "dung,Trực,,25/11/2025 06:00,25/11/2025 14:00,,,\n"
               "khoa,Trực,,25/11/2025 06:00,25/11/2025 14:00,,,\n",
          { "\"wrong\":2",
            "{\"row\":2,\"column\":\"A\",\"header\":\"Người trực\",\"vi\":\"Không có người dùng hoặc "
            "nhân sự “dung”.\",\"en\":\"There is no such user: dung.\"}",
            "{\"row\":3,\"column\":\"A\"" } },
        { HEAD "an,Trực,,25/11/2025 06:00,25/11/2025 06:00,,,\n"
               "binh,Trực,,25/11/2025 06:00,27/11/2025 06:01,,,\n"
               "chi,Nghỉ,,25/11/2025 06:00,27/11/2026 06:00,,,ốm\n",
          { "{\"row\":2,\"column\":\"E\"", "{\"row\":3,\"column\":\"E\"",
            "{\"row\":4,\"column\":\"E\",\"header\":\"Kết thúc\",\"vi\":\"Phải sau giờ bắt đầu, trong "
            "vòng 366 ngày.\"" } },
        { HEAD "an,Trực,,25/11/2025 06:00,25/11/2025 14:00,,,\n"
               "an,Trực dự phòng,,25/11/2025 13:59,25/11/2025 15:00,,,\n",
          { "\"wrong\":1",
            "{\"row\":3,\"column\":\"D\",\"header\":\"Bắt đầu\",\"vi\":\"“an” đã có ca trực lúc đó: "
            "dòng 2.\",\"en\":\"an is on duty then: row 2.\"}",
            NULL } },
        { HEAD "an,Trực,,01/12/2025 13:00,01/12/2025 15:00,,,\n",
          { "\"en\":\"an is on duty then: shift 1.\"", NULL, NULL } },
        { HEAD "an,Nghỉ,,01/12/2025 00:00,02/12/2025 00:00,,,ốm\n",
          { "\"en\":\"an is on duty then: give shift 1 to somebody first.\"",
            "hãy giao ca cho người khác trước", NULL } },
        { HEAD "an,Trực,,25/11/2025 06:00,25/11/2025 14:00,,,\n"
               "an,Nghỉ,,25/11/2025 12:00,26/11/2025 12:00,,,ốm\n",
          { "{\"row\":3,\"column\":\"D\"", "give row 2 to somebody first", NULL } },
        { HEAD "an,Nghỉ,,25/11/2025 12:00,26/11/2025 12:00,,,ốm\n"
               "an,Trực,,25/11/2025 06:00,25/11/2025 14:00,,,\n",
          { "{\"row\":3,\"column\":\"D\"", "\"en\":\"an is away then: row 2.\"", NULL } },
        { HEAD "binh,Trực,,02/12/2025 06:00,02/12/2025 14:00,,,\n",
          { "\"en\":\"binh is away then: absence 1.\"", NULL, NULL } },
        { HEAD "binh,Nghỉ,,02/12/2025 06:00,02/12/2025 14:00,,,ốm\n",
          { "\"en\":\"binh is away then: absence 1.\"", NULL, NULL } },
        { HEAD "an,Nghỉ,,25/11/2025 06:00,25/11/2025 14:00,,,\n",
          { "{\"row\":2,\"column\":\"H\"", "Leave needs a reason", NULL } },
        { HEAD "an,Trực thay,,25/11/2025 06:00,25/11/2025 14:00,,,\n"
               "binh,Trực,,25/11/2025 06:00,25/11/2025 14:00,an,,\n",
          { "{\"row\":2,\"column\":\"F\"", "{\"row\":3,\"column\":\"F\"",
            "This is of swaps only" } },
        { HEAD "an,Trực,Dự phòng,25/11/2025 06:00,25/11/2025 14:00,,,\n"
               "binh,Trực dự phòng,Trưởng ca,25/11/2025 06:00,25/11/2025 14:00,,,\n"
               "chi,Nghỉ,Trưởng ca,25/11/2025 06:00,25/11/2025 14:00,,,ốm\n",
          { "\"wrong\":3", "{\"row\":4,\"column\":\"C\"", "This post does not go with" } },
        { HEAD "an,Trực,,25/11/2025 06:00,25/11/2025 14:00,,,\n"
               "AN,Trực,,25/11/2025 06:00,25/11/2025 14:00,,,\n",
          { "{\"row\":3,\"column\":\"A\"", "This is in row 2 already", NULL } },
        { HEAD "an,Trực,,25/11/2025,25/11/2025 14:00,,,\nbinh,Trực,,,25/11/2025 14:00,,,\n",
          { "\"wrong\":2", "{\"row\":2,\"column\":\"D\"", "is not a date and time" } },
        { HEAD "an,Ngủ,,25/11/2025 06:00,25/11/2025 14:00,,,\n",
          { "is not in the list", NULL, NULL } },
        { "person,kind\nan,duty\n", { "The required column “Start” is missing", NULL, NULL } },
    };
    struct act_bench b;

    (void)state;
    init(&b);
    act_good(&b, "{'act':'shift.plan','person':'an','from':'2025-12-01T06:00:00+07:00',"
                 "'to':'2025-12-01T14:00:00+07:00'}");
    act_good(&b, "{'act':'away.add','person':'binh','from':'2025-12-02T00:00:00+07:00',"
                 "'to':'2025-12-03T00:00:00+07:00','reason':'phép'}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (import_ask(&b, span_of(rows[i].csv), false) != ERR_OK)
            fail_msg("row %zu: %s", i, b.e.why);
        assert_true(view_says(&b, "\"imported\":false"));
        for (size_t k = 0; k < 3 && rows[i].words[k] != NULL; k++) {
            if (!view_says(&b, rows[i].words[k]))
                fail_msg("row %zu: %s\n  has not: %s", i, (char *)b.answer.p, rows[i].words[k]);
        }
        assert_int_equal(act_sql(&b, "SELECT (SELECT count(*) FROM duty) = 1 AND (SELECT count(*)"
                                     " FROM away) = 1"),
                         1);
    }
    b.who.roles = ROLE_BIT(CONTACT);
    assert_int_equal(view_ask(&b, "shift.rows", ""), ERR_DENIED);
    assert_int_equal(view_ask(&b, "holiday.list", ""), ERR_DENIED);
    b.who.roles = ROLE_BIT(ANALYST);
    assert_int_equal(import_ask(&b, SPAN_LIT(HEAD), false), ERR_DENIED);
    b.who.roles = ROLE_BIT(LEAD);
    assert_int_equal(import_ask(&b, SPAN_LIT("PK\3\4"), false), ERR_SYNTAX);
    assert_true(strncmp(b.e.why, "file: ", 6) == 0);
    act_bench_release(&b);
}

/* --- holidays -------------------------------------------------------------------------------- */

static void the_calendar_marks_holidays(void **state)
{
    static const char calendar[] =
        "from: 2026-01-01\nto: 2026-12-31\nholidays:\n"
        "  - { from: 2026-02-14, to: 2026-02-22, vi: Tết, en: Lunar New Year, mark: found }\n"
        "  - { from: 2026-09-02, vi: Quốc khánh, en: National Day, mark: found }\n";
    struct act_bench b;
    struct law *law;

    (void)state;
    init(&b);
    assert_int_equal(law_new(&law, &b.e), ERR_OK);
    if (law_add(law, LAW_CALENDAR, span_of(calendar), "calendar.yaml", &b.e) != ERR_OK)
        fail_msg("%s", b.e.why);
    for (int i = 0; i < 2; i++) /* twice is once */
        assert_int_equal(shift_holidays(b.db, law, &b.e), ERR_OK);
    law_free(&law);
    assert_int_equal(view_lines(&b, "holiday.list", "year=2026"), 10);
    assert_true(view_says(&b, "{\"day\":\"2026-02-16\",\"vi\":\"Tết\",\"en\":\"Lunar New Year\","
                              "\"weekend\":false}"));
    import_says(&b,
                HEAD "an,Trực,,13/02/2026 14:00,14/02/2026 00:00,,,\n" /* ends as it begins */
                     "an,Trực,,14/02/2026 00:00,14/02/2026 08:00,,,\n"
                     "binh,Trực,,13/02/2026 22:00,14/02/2026 06:00,,,\n" /* into it */
                     "chi,Trực,,22/02/2026 22:00,23/02/2026 06:00,,,\n"  /* out of it */
                     "chi,Trực,,23/02/2026 22:00,24/02/2026 06:00,,,\n"
                     "an,Trực,,15/02/2026 00:00,15/02/2026 08:00,,Không,\n"
                     "binh,Nghỉ,,15/02/2026 00:00,19/02/2026 00:00,,,về quê\n",
                "\"added\":7");
    assert_int_equal(act_sql(&b, "SELECT group_concat(holiday, '') = '011100' FROM"
                                 " (SELECT holiday FROM duty ORDER BY id)"),
                     1);
    act_good(&b, "{'act':'shift.plan','person':'an','from':'2026-09-02T22:00:00+07:00',"
                 "'to':'2026-09-03T06:00:00+07:00'}");
    act_good(&b, "{'act':'shift.plan','person':'an','from':'2026-09-05T22:00:00+07:00',"
                 "'to':'2026-09-06T06:00:00+07:00','holiday':true}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM duty WHERE holiday = 1"), 5);
    /* said otherwise it is changed */
    import_says(&b, HEAD "an,Trực,,15/02/2026 00:00,15/02/2026 08:00,,Có,\n", "\"changed\":1");
    import_says(&b, HEAD "binh,Nghỉ,,15/02/2026 00:00,19/02/2026 00:00,,,nghỉ Tết\n",
                "\"changed\":1");
    assert_int_equal(act_sql(&b, "SELECT (SELECT count(*) FROM duty WHERE holiday = 1) = 6 AND"
                                 " (SELECT reason = 'nghỉ Tết' FROM away)"),
                     1);
    act_bench_release(&b);
}

/* --- out and back ---------------------------------------------------------------------------- */

static void make_everything(struct act_bench *b)
{
    act_good(b, "{'act':'shift.rotate','people':'an,binh,Bảo vệ','hours':8,"
                "'from':'2025-12-01T00:00:00+07:00','until':'2025-12-08T00:00:00+07:00'}");
    act_good(b, "{'act':'shift.plan','person':'chi','part':'lead','holiday':true,"
                "'from':'2025-12-01T00:00:30+07:00','to':'2025-12-02T00:00:00.5+07:00'}");
    act_good(b, "{'act':'shift.plan','person':'an','part':'on-call',"
                "'from':'2025-12-09T00:00:00+07:00','to':'2025-12-10T00:00:00+07:00'}");
    act_good(b, "{'act':'shift.swap','shift':1,'to':'khoa2','reason':'ốm'}");
    act_good(b, "{'act':'shift.swap','shift':23,'to':'chi','reason':'ốm'}");
    act_good(b, "{'act':'away.add','person':'binh','from':'2025-12-20T00:00:00+07:00',"
                "'to':'2025-12-25T00:00:00+07:00','reason':'=phép, \\\"năm\\\"'}");
}

static void what_is_exported_changes_nothing(void **state)
{
    struct act_bench b;

    (void)state;
    init(&b);
    act_users_made(&b, "khoa2");
    make_everything(&b);
    b.who.roles = ROLES_ALL; /* who is on it may have gone since */
    act_good(&b, "{'act':'user.disable','user':'khoa2','reason':'x'}");
    act_good(&b, "{'act':'user.disable','user':'an','reason':'x'}");
    act_good(&b, "{'act':'staff.remove','id':1,'reason':'x'}");
    b.who.roles = ROLE_BIT(LEAD);
    for (int i = 0; i < 4; i++) {
        struct buf out;

        buf_init(&out, 1 << 20);
        assert_int_equal(
            shift_export(b.db, 0, INT64_MAX, i % 2 == 1, i < 2 ? BOOK_CSV : BOOK_XLSX, &out, &b.e),
            ERR_OK);
        assert_int_equal(import_ask(&b, buf_span(&out), false), ERR_OK);
        if (!view_says(&b, "\"imported\":true,\"rows\":24,\"wrong\":0,\"added\":0,\"changed\":0,"
                           "\"unchanged\":24"))
            fail_msg("%d: %s", i, (char *)b.answer.p);
        buf_release(&out);
    }
    /* the view's CSV, too */
    assert_int_equal(view_ask_as(&b, "shift.rows", "", VIEW_CSV), ERR_OK);
    {
        struct buf out;

        buf_init(&out, 1 << 20);
        buf_add(&out, (struct span){ b.answer.p, b.answer.n - 1 });
        assert_int_equal(import_ask(&b, buf_span(&out), false), ERR_OK);
        assert_true(view_says(&b, "\"added\":0,\"changed\":0,\"unchanged\":24"));
        buf_release(&out);
    }
    assert_int_equal(act_sql(&b, "SELECT (SELECT count(*) FROM duty) = 25 AND (SELECT count(*) FROM"
                                 " away) = 1"),
                     1);
    act_bench_release(&b);
}

static void the_empty_book_is_taken_as_empty(void **state)
{
    struct act_bench b;

    (void)state;
    init(&b);
    for (int english = 0; english < 2; english++) {
        struct buf out;

        buf_init(&out, 1 << 20);
        assert_int_equal(shift_template(english != 0, &out, &b.e), ERR_OK);
        assert_int_equal(import_ask(&b, buf_span(&out), false), ERR_OK);
        assert_true(view_says(&b, "\"imported\":true,\"rows\":0,\"wrong\":0,\"added\":0"));
        buf_release(&out);
    }
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_roster_goes_in),
        cmocka_unit_test(a_swap_takes_a_shift_that_is_there),
        cmocka_unit_test(what_is_wrong_is_told_and_nothing_was_done),
        cmocka_unit_test(the_calendar_marks_holidays),
        cmocka_unit_test(what_is_exported_changes_nothing),
        cmocka_unit_test(the_empty_book_is_taken_as_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
