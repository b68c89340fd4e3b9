/*
 * Goal: official letters go their way; an incident is opened by one that came in; a contact sees
 * those of its agency alone; what was done can be undone; a letter is printed as it was written.
 * Method: acts and views upon a few letters; what each act refuses, by a table.
 */
#include "incident_bench.h"

#include "../check.h"

#define CAME                                                                                       \
    "{'act':'letter.receive','party':'Công an tỉnh','number':'7/CAT-PA05','day':'2025-11-20',"  \
    "'subject':'Mã độc tại xã Bảy','channel':'hand','received':'2025-11-24T10:00:00Z',"   \
    "'signer':'Lê A','text':'Phát hiện máy nhiễm'}"
#define WRITTEN(agency)                                                                            \
    "{'act':'letter.write','party':'UBND xã Bảy','agency':" agency                                 \
    ",'subject':'Phối hợp xử lý','text':'Đoạn một\\nĐoạn \\\"hai\\\"','answers':1}"
#define SENT(letter, number)                                                                       \
    "{'act':'letter.send','letter':" letter ",'number':'" number                                   \
    "','day':'2025-11-24','channel':'letter'}"

/* 1: came in. 2: a draft to 7. 3: sent to 7. 4: sent to 8. */
static void some_letters(struct act_bench *b)
{
    incident_bench_init(b);
    act_good(b, CAME);
    act_good(b, WRITTEN("7"));
    act_good(b, WRITTEN("7"));
    act_good(b, WRITTEN("8"));
    act_good(b, SENT("3", "12/SM-CNS"));
    act_good(b, SENT("4", "13/SM-CNS"));
}

static void what_does_not_fit_is_refused(void **state)
{
    static const struct {
        const char *request;
        int code;
        const char *words;
    } rows[] = {
        { CAME, ERR_CONFLICT, "Letter 1 has that number" },
        { SENT("2", "12/SM-CNS"), ERR_CONFLICT, "Letter 3 has that number" },
        { SENT("3", "14/SM-CNS"), ERR_CONFLICT, "Letter 3 is no draft" },
        { SENT("1", "14/SM-CNS"), ERR_CONFLICT, "Letter 1 is no draft" },
        { SENT("9", "14/SM-CNS"), ERR_NOTFOUND, "There is no letter 9" },
        { "{'act':'letter.send','letter':2,'number':'14','day':'2025-02-30','channel':'fax'}",
          ERR_USAGE, "day: This is no day" },
        { "{'act':'letter.send','letter':2,'number':'14','day':'2025-11-24T','channel':'fax'}",
          ERR_USAGE, "day:" },
        { "{'act':'letter.send','letter':2,'number':'14','day':'2025-11-24','channel':'fax',"
          "'sent':'2025-11-24T16:00:01Z'}",
          ERR_USAGE, "sent: This is still to come" },
        { "{'act':'letter.change','letter':3,'subject':'x'}", ERR_CONFLICT,
          "was sent: its subject stays" },
        { "{'act':'letter.change','letter':3}", ERR_USAGE, "Nothing is given" },
        { "{'act':'letter.change','letter':2,'answers':2}", ERR_USAGE, "No letter answers itself" },
        { "{'act':'letter.change','letter':2,'incident':9}", ERR_NOTFOUND, "no incident 9" },
        { "{'act':'letter.change','letter':2,'phieu':9}", ERR_NOTFOUND, "no phieu 9" },
        { "{'act':'letter.change','letter':2,'alert':9}", ERR_NOTFOUND, "no alert 9" },
        { "{'act':'letter.change','letter':2,'agency':99}", ERR_NOTFOUND, "no agency 99" },
        { "{'act':'letter.change','letter':2,'answers':9}", ERR_NOTFOUND, "no letter 9" },
        { "{'act':'incident.open','title':'x','type':'N1','severity':'M3','letter':3}", ERR_USAGE,
          "letter: Letter 3 did not come in" },
        { "{'act':'incident.open','title':'x','type':'N1','severity':'M3','letter':1,"
          "'channel':'phone'}",
          ERR_USAGE, "channel: It was told by letter" },
        { "{'act':'incident.open','title':'x','type':'N1','severity':'M3','letter':9}",
          ERR_NOTFOUND, "no letter 9" },
    };
    struct act_bench b;

    (void)state;
    some_letters(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        act_bad(&b, rows[i].request, rows[i].code, rows[i].words);
    /* another sender's, and another year's, may have the same number */
    act_good(&b, "{'act':'letter.receive','party':'Sở Y tế','number':'7/CAT-PA05',"
                 "'day':'2025-11-20','subject':'x','channel':'email'}");
    act_good(&b, "{'act':'letter.receive','party':'Công an tỉnh','number':'7/CAT-PA05',"
                 "'day':'2024-11-20','subject':'x','channel':'email'}");
    act_bench_release(&b);
}

static void an_incident_is_opened_by_letter(void **state)
{
    struct act_bench b;

    (void)state;
    some_letters(&b);
    act_good(&b, "{'act':'incident.open','title':'Mã độc','type':'N1','severity':'M3','letter':1}");
    incident_sees(&b, "incident.show", "incident=1", "\"detected\":\"2025-11-24T10:00:00Z\"");
    assert_int_equal(
        act_sql(&b, "SELECT count(*) FROM incident WHERE channel = 'letter' AND source = 'told'"),
        1);
    incident_sees(&b, "letter.list", "incident=1", "\"number\":\"7/CAT-PA05\"");
    incident_sees(&b, "form.mau-03", "incident=1",
                  "\"found_from\":\"công văn số 7/CAT-PA05 của Công an tỉnh\"");
    act_bad(&b, "{'act':'incident.open','title':'x','type':'N1','severity':'M3','letter':1}",
            ERR_CONFLICT, "Letter 1 is of incident 1");
    act_bench_release(&b);
}

static void as_contact(struct act_bench *b, int64_t agency)
{
    b->who = (struct actor){ .name = SPAN_LIT("contact"),
                             .roles = ROLE_BIT(CONTACT) | ROLE_SELF,
                             .agency = agency,
                             .via = "session",
                             .address = SPAN_LIT("") };
}

static void a_contact_sees_its_own_only(void **state)
{
    static const char *const lists[] = { "", "agency=7", "agency=8", "direction=out",
                                         "state=draft" };
    struct act_bench b;

    (void)state;
    some_letters(&b);
    (void)incident_told(&b, "M3");
    act_good(&b, "{'act':'letter.change','letter':3,'incident':1}");
    incident_counts(&b, "letter.list", "", 4);
    incident_counts(&b, "letter.list", "direction=out", 3);
    incident_counts(&b, "letter.list", "state=draft", 1);
    incident_counts(&b, "letter.list", "text=ma doc", 1);
    incident_counts(&b, "letter.list", "text=12/sm", 1);
    incident_counts(&b, "letter.list", "below=3", 2);
    incident_counts(&b, "letter.list", "since=2025-11-24T11:00:00Z", 3);
    as_contact(&b, 7);
    incident_counts(&b, "letter.list", "", 1);
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        assert_int_equal(view_ask(&b, "letter.list", lists[i]), ERR_OK);
        assert_false(view_says(&b, "\"id\":1,") || view_says(&b, "\"id\":2,") ||
                     view_says(&b, "\"id\":4,"));
        assert_false(view_says(&b, "\"incident\":") || view_says(&b, "\"who\":"));
    }
    incident_counts(&b, "letter.list", "incident=1", 0);
    incident_counts(&b, "letter.show", "letter=3", 1);
    incident_counts(&b, "letter.show", "letter=2", 0);
    incident_counts(&b, "letter.show", "letter=4", 0);
    act_bad(&b, "{'act':'letter.change','letter':3,'agency':7}", ERR_DENIED, "may not do");
    act_bench_release(&b);
}

static void undone(struct act_bench *b, int64_t act)
{
    char request[80];

    (void)snprintf(request, sizeof(request), "{'act':'act.undo','undoes':%lld}", (long long)act);
    act_good(b, request);
}

static void what_was_done_is_put_back(void **state)
{
    struct act_bench b;
    int64_t act;

    (void)state;
    some_letters(&b);
    (void)incident_told(&b, "M3");
    act_good(&b, "{'act':'letter.change','letter':2,'subject':'Khác','incident':1}");
    act = act_sql(&b, "SELECT max(id) FROM act");
    undone(&b, act);
    incident_sees(&b, "letter.show", "letter=2", "\"subject\":\"Phối hợp xử lý\"");
    act_good(&b, SENT("2", "14/SM-CNS"));
    act = act_sql(&b, "SELECT max(id) FROM act");
    undone(&b, act);
    incident_sees(&b, "letter.show", "letter=2", "\"state\":\"draft\"");
    assert_false(view_says(&b, "14/SM"));
    act_good(&b, "{'act':'letter.remove','letter':1,'reason':'hai lần'}");
    act = act_sql(&b, "SELECT max(id) FROM act");
    incident_counts(&b, "letter.show", "letter=1", 0);
    undone(&b, act);
    incident_counts(&b, "letter.show", "letter=1", 1);
    act_good(&b, "{'act':'incident.open','title':'x','type':'N1','severity':'M3','letter':1}");
    assert_true(act_sql(&b, "SELECT count(*) > 0 FROM record WHERE kind = 'letter'") == 1);
    act_bench_release(&b);
}

/* Its number went to another meanwhile. */
static void what_has_no_place_any_more_is_not_put_back(void **state)
{
    struct act_bench b;

    (void)state;
    some_letters(&b);
    act_good(&b, "{'act':'letter.remove','letter':3,'reason':'x'}");
    act_good(&b, SENT("2", "12/SM-CNS"));
    act_bad(&b, "{'act':'act.undo','undoes':7}", ERR_CONFLICT,
            "letter 3 cannot be put back: another has its place.");
    act_bench_release(&b);
}

static void it_is_printed_as_it_was_written(void **state)
{
    struct act_bench b;

    (void)state;
    some_letters(&b);
    incident_sees(&b, "form.cong-van", "letter=3",
                  "\"number\":\"12\",\"symbol\":\"SM-CNS\",\"date\":\"2025-11-24\","
                  "\"subject\":\"Phối hợp xử lý\",\"to\":[\"UBND xã Bảy\"],"
                  "\"paragraphs\":[\"Đoạn một\",\"Đoạn \\\"hai\\\"\"]");
    incident_sees(&b, "form.cong-van", "letter=2", "\"number\":null,\"symbol\":null,\"date\":null");
    incident_counts(&b, "form.cong-van", "letter=1", 0); /* it came in */
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(an_incident_is_opened_by_letter),
        cmocka_unit_test(a_contact_sees_its_own_only),
        cmocka_unit_test(what_was_done_is_put_back),
        cmocka_unit_test(what_has_no_place_any_more_is_not_put_back),
        cmocka_unit_test(it_is_printed_as_it_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
