/*
 * Goal: a table is taken in whole or not at all, and what is wrong is told by row and column; what
 * is written out is taken back unchanged, in both formats; the empty books are right.
 * Method: CSV texts upon a small province; the province itself from one database into another.
 */
#include "registry_bench.h"

#include <stdlib.h>
#include <string.h>

#include "registry/registry_own.h"
#include "sheet/form_read.h"

static void import_good(struct act_bench *b, const char *form, const char *csv, const char *words)
{
    if (import_ask(b, form, span_of(csv), false) != ERR_OK)
        fail_msg("%s", b->e.why);
    if (!view_says(b, words) || !view_says(b, "\"imported\":true"))
        fail_msg("%s: %s", words, (char *)b->answer.p);
}

static void forms_are_right(void **state)
{
    const char *why = NULL;

    (void)state;
    for (int i = 0; i < REGISTRY_FORMS; i++) {
        if (!form_is_right(registry_things[i].form, &why))
            fail_msg("%s: %s", registry_things[i].kind, why);
        assert_true(registry_things[i].form->column_count <= REGISTRY_FIELDS_MAX);
    }
}

static void a_table_makes_changes_and_leaves(void **state)
{
    static const char table[] =
        "Mã cơ quan,Tên cơ quan,Loại cơ quan,Mã cơ quan cấp trên,Điện thoại\n"
        "MOI,UBND xã Rất Mới,Xã,TREN,0251 3822 501\n" /* refers below */
        "TREN,Sở Trên,department,TINH,\n"
        "phuong,UBND phường Mới,Phường,TINH,113\n"
        "TINH,UBND tỉnh Mẫu,,,\n";
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    assert_int_equal(import_ask(&b, "agency", span_of(table), false), ERR_OK);
    assert_true(view_says(&b, "\"form\":\"agency\",\"imported\":false,\"rows\":4,\"wrong\":1"));
    assert_true(view_says(&b, "{\"row\":5,\"column\":\"C\",\"header\":\"Loại cơ quan\","));
    assert_true(view_says(&b, "\"en\":\"A value is required.\""));
    import_good(&b, "agency",
                "Mã cơ quan,Tên cơ quan,Loại cơ quan,Mã cơ quan cấp trên,Điện thoại\n"
                "MOI,UBND xã Rất Mới,Xã,TREN,0251 3822 501\n"
                "TREN,Sở Trên,department,TINH,\n"
                "PHUONG,UBND phường Mới,Phường,TINH,113\n"
                "TINH,UBND tỉnh Mẫu,province,,\n",
                "\"added\":2,\"changed\":1,\"unchanged\":1");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM agency a JOIN agency p ON p.id = a.parent"
                                 " WHERE a.code = 'MOI' AND p.code = 'TREN' AND a.phone ="
                                 " '02513822501'"),
                     1);
    /* an empty cell leaves what is there; the code is one without regard to case */
    import_good(&b, "agency", "code;name;kind;phone\nmoi;Xã Khác;commune;\n", "\"changed\":1");
    assert_int_equal(act_sql(&b, "SELECT name = 'Xã Khác' AND phone = '02513822501' AND parent > 0"
                                 " FROM agency WHERE code = 'MOI'"),
                     1);
    assert_int_equal(view_lines(&b, "act.of", "kind=agency&key=9"), 2);
    act_bench_release(&b);
}

static void what_is_wrong_is_told_and_nothing_was_done(void **state)
{
    static const struct {
        const char *form, *csv;
        const char *words[3];
    } rows[] = {
        { "agency",
          "code,name,kind,parent\nA,a,ward,KHONG\nB,b,ward,A\nC,c,ward,TINH\n",
          { "\"wrong\":2",
            "{\"row\":2,\"column\":\"D\",\"header\":\"Mã cơ quan cấp trên\",\"vi\":"
            "\"Không có cơ quan “KHONG”.\",\"en\":\"There is no agency KHONG.\"}",
            "{\"row\":3,\"column\":\"D\"" } },
        { "agency",
          "code,name,kind\nA,a,ward\nB,b,ward\na,c,ward\n",
          { "\"wrong\":1", "{\"row\":4,\"column\":\"A\"", "This is in row 2 already" } },
        { "agency",
          "code,name,kind,valid_to,successor\nA,a,ward,,TINH\n",
          { "{\"row\":2,\"column\":\"D\",\"header\":\"Kết thúc từ ngày\"",
            "With a successor there must be the day", NULL } },
        { "agency",
          "code,name,kind,valid_to\nA,a,ward,25/11/2025\n",
          { "2025-11-25 is still to come", "Ngày 2025-11-25 chưa đến", NULL } },
        { "agency", "code,name\nA,a\n", { "The required column “Kind” is missing", NULL, NULL } },
        { "agency", "a,b\n1,2\n", { "no row with the columns of this form", NULL, NULL } },
        { "agency",
          "code,name,kind,valid_from\nA,a,ward,31/02/2025\nB,b,planet,\n",
          { "\"wrong\":2", "{\"row\":2,\"column\":\"D\"", "{\"row\":3,\"column\":\"C\"" } },
        { "agency",
          "code,name,kind,parent\nPHUONG,Khác,ward,\nA,a,ward,TINH\nC,c,ward,KHONG\n",
          { "\"wrong\":1", "{\"row\":4,\"column\":\"D\"", NULL } },
        { "contact",
          "agency,name,phone\nPHUONG,Lan,\n",
          { "{\"row\":2,\"column\":\"C\",\"header\":\"Điện thoại\"",
            "A phone number or an e-mail address", NULL } },
        { "system",
          "code,name,owner,operator,type,information,level,retention,since\n"
          "S,s,TINH,PHUONG,internal,Cá nhân; bí mật,3,,\nT,t,TINH,PHUONG,internal,Cá nhân,3,2,\n"
          "U,u,TINH,STTTT,internal,Cá nhân,3,,01/04/2025\n",
          { "“bí mật” is no class of information", "Level 3 needs at least 3 months",
            "Agency STTTT is no more since 2025-03-01" } },
        { "machine",
          "system,name,kind,addresses\nMOTCUA,m,server,\"10.0.0.1, 10.0.0\"\n",
          { "“10.0.0” is no IP address", "không phải là địa chỉ IP", NULL } },
        { "machine",
          "system,name,kind\nKHONG,m,server\n",
          { "There is no system KHONG", NULL, NULL } },
        { "source", "source,system\nfw,KHONG\n", { "There is no system KHONG", NULL, NULL } },
    };
    struct act_bench b;
    int64_t lines;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        lines = act_sql(&b, "SELECT count(*) FROM record WHERE kind NOT IN ('act')");
        if (import_ask(&b, rows[i].form, span_of(rows[i].csv), false) != ERR_OK)
            fail_msg("%s: %s", rows[i].csv, b.e.why);
        assert_true(view_says(&b, "\"imported\":false"));
        for (int k = 0; k < 3 && rows[i].words[k] != NULL; k++) {
            if (!view_says(&b, rows[i].words[k]))
                fail_msg("%s\n%s: %s", rows[i].csv, rows[i].words[k], (char *)b.answer.p);
        }
        assert_int_equal(act_sql(&b, "SELECT count(*) FROM record WHERE kind NOT IN ('act')"),
                         lines);
        assert_int_equal(act_sql(&b, "SELECT count(*) FROM act WHERE act = 'registry.import' AND"
                                     " outcome = 'done'"),
                         i + 1);
    }
    act_bad(&b, "{'act':'registry.import','form':'agency','file':'UEsDBA=='}", ERR_SYNTAX,
            "file: ");
    act_bad(&b, "{'act':'registry.import','form':'planet','file':'eA=='}", ERR_USAGE, "form: ");
    act_bench_release(&b);
}

static void what_is_only_tried_is_counted_and_not_done(void **state)
{
    static const char table[] = "agency,name,phone\nPHUONG,Lan,113\nSKHCN,Man,114\n";
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    assert_int_equal(import_ask(&b, "contact", span_of(table), true), ERR_OK);
    assert_true(view_says(&b, "\"imported\":false,\"rows\":2,\"wrong\":0,\"added\":2"));
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM contact"), 0);
    assert_int_equal(import_ask(&b, "contact", span_of(table), false), ERR_OK);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM contact"), 2);
    assert_int_equal(import_ask(&b, "contact", span_of(table), false), ERR_OK);
    assert_true(view_says(&b, "\"added\":0,\"changed\":0,\"unchanged\":2"));
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM act_on WHERE kind = 'contact'"), 2);
    act_bench_release(&b);
}

static void a_changed_owner_begins_on_its_day(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    import_good(&b, "system",
                "code,name,owner,operator,since,type,information\n"
                "MOTCUA,Một cửa điện tử,TINH,SKHCN,01/09/2025,public,personal\n",
                "\"changed\":1");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM system_agency WHERE system = 1 AND valid_to"
                                 " = '2025-09-01'"),
                     1);
    act_good(&b, "{'act':'act.undo','undoes':14}"); /* of changes alone: it can be undone */
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM system_agency WHERE system = 1"), 2);
    act_bench_release(&b);
}

static void more_rows_than_there_may_be_are_refused(void **state)
{
    struct act_bench b;
    struct buf csv;

    (void)state;
    act_bench_init(&b);
    world_make(&b);
    buf_init(&csv, 1 << 20);
    buf_text(&csv, "source,system\n");
    for (int i = 0; i < 5000; i++)
        buf_fmt(&csv, "fw-%d,MOTCUA\n", i);
    assert_int_equal(import_ask(&b, "source", buf_span(&csv), false), ERR_OK);
    assert_true(view_says(&b, "\"added\":5000"));
    buf_text(&csv, "one-more,LOA\n");
    assert_int_equal(import_ask(&b, "source", buf_span(&csv), false), ERR_LIMIT);
    assert_non_null(strstr(b.e.why, "file: There are more than 5000 rows"));
    buf_release(&csv);
    act_bench_release(&b);
}

/* --- out and back
 * --------------------------------------------------------------------------------- */

static void more_of_everything(struct act_bench *b)
{
    world_make(b);
    act_good(b, "{'act':'agency.change','agency':2,'phone':'02513822501','email':'so@mau.gov.vn',"
                "'address':'Số 1, đường \\\"Lớn\\\"','abbreviation':'SKHCN'}");
    act_good(b, "{'act':'contact.add','agency':2,'name':'Trần Văn Lân','title':'Phó phòng',"
                "'phone':'0912345678','all_hours':true}");
    act_good(b, "{'act':'contact.add','agency':5,'name':'Mận','email':'man@mau.gov.vn'}");
    act_good(b, "{'act':'system.change','system':1,'retention':12,'provider':'=cmd()'}");
    act_good(b, "{'act':'system.change','system':1,'operator':2,'since':'2025-09-01'}");
    act_good(b, "{'act':'machine.add','system':2,'name':'loa','kind':'speaker'}");
    act_good(b, "{'act':'source.assign','source':'loa','system':2}");
    act_good(b, "{'act':'system.retire','system':2}");
    act_good(b, "{'act':'agency.add','code':'P2','name':'Phường Hai','kind':'ward','parent':1}");
    act_good(b, "{'act':'agency.add','code':'TH2','name':'Trường','kind':'school','parent':8}");
    act_good(b, "{'act':'contact.add','agency':8,'name':'Cũ','phone':'113'}");
    act_good(b, "{'act':'agency.end','agency':8,'valid_to':'2025-10-01'}");
    act_good(b, "{'act':'machine.add','system':1,'name':'web','kind':'virtual','addresses':"
                "'10.1.0.5 2001:db8::5','macs':'001122aabbcc','os':'Debian 12'}");
    act_good(b, "{'act':'source.assign','source':'fw-01','system':1}");
    act_good(b, "{'act':'source.assign','source':'fw-02'}");
}

static void export_all(struct act_bench *b, bool english, enum book_format format, struct buf *out)
{
    for (int i = 0; i < REGISTRY_FORMS; i++) {
        buf_init(&out[i], (size_t)4 << 20);
        if (registry_export(b->db, (enum registry_form)i, english, format, 0, &out[i], &b->e) !=
            ERR_OK)
            fail_msg("%s", b->e.why);
    }
}

static void release_all(struct buf *out)
{
    for (int i = 0; i < REGISTRY_FORMS; i++)
        buf_release(&out[i]);
}

static void out_and_back(bool english, enum book_format format)
{
    struct act_bench one, two;
    struct buf first[REGISTRY_FORMS], second[REGISTRY_FORMS];

    act_bench_init(&one);
    more_of_everything(&one);
    export_all(&one, english, format, first);
    act_bench_init(&two);
    ask_as(&two, ROLE_BIT(OFFICER), 0);
    for (int i = 0; i < REGISTRY_FORMS; i++) {
        const char *form = registry_things[i].kind;

        assert_int_equal(import_ask(&one, form, buf_span(&first[i]), false), ERR_OK);
        if (!view_says(&one, "\"added\":0,\"changed\":0"))
            fail_msg("again %s: %s", form, (char *)one.answer.p);
        if (import_ask(&two, form, buf_span(&first[i]), false) != ERR_OK)
            fail_msg("%s: %s", form, two.e.why);
        if (!view_says(&two, "\"imported\":true"))
            fail_msg("%s: %s", form, (char *)two.answer.p);
    }
    export_all(&two, english, format, second);
    for (int i = 0; i < REGISTRY_FORMS; i++) {
        if (!span_eq(buf_span(&first[i]), buf_span(&second[i])))
            fail_msg("%s is not what it was", registry_things[i].kind);
    }
    release_all(first);
    release_all(second);
    act_bench_release(&one);
    act_bench_release(&two);
}

static void what_goes_out_comes_back(void **state)
{
    (void)state;
    out_and_back(false, BOOK_CSV);
    out_and_back(true, BOOK_CSV);
    out_and_back(false, BOOK_XLSX);
    out_and_back(true, BOOK_XLSX);
}

static void a_contacts_export_is_its_own(void **state)
{
    struct act_bench b;
    struct buf out;

    (void)state;
    act_bench_init(&b);
    more_of_everything(&b);
    buf_init(&out, 1 << 20);
    assert_int_equal(registry_export(b.db, REGISTRY_CONTACT, false, BOOK_CSV, PHUONG, &out, &b.e),
                     ERR_OK);
    buf_byte(&out, 0);
    assert_non_null(strstr((char *)out.p, "Mận"));
    assert_null(strstr((char *)out.p, "Lân"));
    buf_release(&out);
    act_bench_release(&b);
}

static int no_row(void *arg, const struct form_row *row, struct err *e)
{
    (void)arg;
    (void)row;
    (void)e;
    fail_msg("a row");
    return ERR_OK;
}

static void the_empty_books_are_right(void **state)
{
    struct form_report report;
    struct buf out;
    struct err e;

    (void)state;
    for (int i = 0; i < REGISTRY_FORMS; i++) {
        for (int english = 0; english < 2; english++) {
            buf_init(&out, 1 << 20);
            assert_int_equal(registry_template((enum registry_form)i, english, &out, &e), ERR_OK);
            form_report_init(&report);
            assert_int_equal(
                form_read(registry_things[i].form, buf_span(&out), no_row, NULL, &report, &e),
                ERR_OK);
            assert_int_equal(report.count, 0);
            form_report_release(&report);
            buf_release(&out);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_right),
        cmocka_unit_test(a_table_makes_changes_and_leaves),
        cmocka_unit_test(what_is_wrong_is_told_and_nothing_was_done),
        cmocka_unit_test(what_is_only_tried_is_counted_and_not_done),
        cmocka_unit_test(a_changed_owner_begins_on_its_day),
        cmocka_unit_test(more_rows_than_there_may_be_are_refused),
        cmocka_unit_test(what_goes_out_comes_back),
        cmocka_unit_test(a_contacts_export_is_its_own),
        cmocka_unit_test(the_empty_books_are_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
