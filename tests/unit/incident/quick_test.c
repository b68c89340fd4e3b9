/*
 * Goal: the message of a bao cao nhanh is at most 300 characters whatever the incident is, in NFC,
 * names nobody, and says by when it must be told; a title keeps 60 characters while something else
 * can go. Method: texts of every length, with letters of one to four bytes; an oracle that counts
 * characters by decoding.
 */
#include "incident_bench.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "../check.h"
#include "base/utf.h"

struct quick {
    struct buf json, text;
};

static void quick(struct act_bench *b, const struct legal *law, struct quick *q)
{
    buf_init(&q->json, 1 << 20);
    buf_init(&q->text, 1 << 12);
    if (incident_quick(b->db, law, 1, b->now_ns, &q->json, &q->text, &b->e) != ERR_OK)
        fail_msg("%s", b->e.why);
    buf_byte(&q->text, 0);
    buf_byte(&q->json, 0);
}

static void quick_release(struct quick *q)
{
    buf_release(&q->json);
    buf_release(&q->text);
}

static void it_says_what_a_leader_asks(void **state)
{
    struct act_bench b;
    struct quick q;

    (void)state;
    incident_bench_init(&b);
    act_good(&b, "{'act':'incident.open','title':'Máy chủ cổng dịch vụ công bị mã hóa','type':'N1',"
                 "'severity':'M2','channel':'phone','level':3,'systems':[1,2],"
                 "'detected':'2025-11-24T01:05:00Z'}");
    act_good(&b, "{'act':'incident.stage','incident':1,'stage':'contain'}");
    act_good(&b, "{'act':'task.done','tasks':[1]}");
    quick(&b, &test_law, &q);
    assert_string_equal(
        (char *)q.text.p,
        "[SC-2025-0001] Máy chủ cổng dịch vụ công bị mã hóa. Loại: mã độc; mức: nghiêm "
        "trọng; phát hiện 08:05 ngày 24/11/2025; 02 hệ thống, cấp độ 3. Hiện: cô lập; "
        "xong 1/3 việc. Hạn báo cáo: 08:05 ngày 25/11/2025 (còn 9 giờ 5 phút).");
    assert_non_null(strstr((char *)q.json.p, "\"severity\":\"nghiêm trọng\",\"now\":\"cô lập\""));
    quick_release(&q);
    b.now_ns += 10 * HOUR;
    quick(&b, NULL, &q); /* without a law: its codes */
    assert_non_null(strstr((char *)q.text.p, "Loại: N1; mức: M2;"));
    assert_non_null(strstr((char *)q.text.p, "QUÁ HẠN báo cáo từ 08:05 ngày 25/11/2025."));
    quick_release(&q);
    act_bench_release(&b);
}

/* Months 1 and 2 have a zero, others have none (NĐ 30/2020). */
static void dates_are_written_as_the_decree_says(void **state)
{
    static const struct {
        int64_t now_ns;
        const char *words;
    } rows[] = {
        { INT64_C(1767577800000000000), "phát hiện 08:50 ngày 05/01/2026" },
        { INT64_C(1771033800000000000), "phát hiện 08:50 ngày 14/02/2026" },
        { INT64_C(1780883400000000000), "phát hiện 08:50 ngày 08/6/2026" },
        { INT64_C(1796781600000000000), "phát hiện 09:00 ngày 09/12/2026" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct act_bench b;
        struct quick q;

        incident_bench_init(&b);
        b.now_ns = rows[i].now_ns;
        (void)incident_told(&b, "M4");
        quick(&b, &test_law, &q);
        if (strstr((char *)q.text.p, rows[i].words) == NULL)
            fail_msg("%s is not in %s", rows[i].words, (char *)q.text.p);
        quick_release(&q);
        act_bench_release(&b);
    }
}

static size_t count_characters(const char *text)
{
    struct span s = span_of(text);
    size_t count = 0, used;

    for (; s.n > 0; count++) {
        assert_int_not_equal(utf8_get(s, &used), UTF_BAD);
        s = span_from(s, used);
    }
    return count;
}

static bool is_nfc(const char *text)
{
    utf8proc_uint8_t *nfc = utf8proc_NFC((const utf8proc_uint8_t *)text);
    bool same = nfc != NULL && strcmp((const char *)nfc, text) == 0;

    free(nfc);
    return same;
}

static void it_is_never_longer(void **state)
{
    static const char *const letters[] = { "a", "ệ", "漢", "😀" };
    struct act_bench b;

    (void)state;
    incident_bench_init(&b);
    (void)incident_told(&b, "M2");
    for (size_t k = 0; k < COUNT_OF(letters); k++) {
        for (size_t n = 1; n * strlen(letters[k]) <= 300; n += n < 20 ? 1 : 7) {
            char request[500] = "{'act':'incident.change','incident':1,'title':'";
            struct quick q;
            size_t count;

            for (size_t i = 0; i < n; i++)
                (void)strcat(request, letters[k]);
            (void)strcat(request, "'}");
            act_good(&b, request);
            quick(&b, &test_law, &q);
            count = count_characters((char *)q.text.p);
            assert_true(count <= INCIDENT_QUICK_CHARACTERS && count > 100);
            assert_true(is_nfc((char *)q.text.p));
            assert_non_null(strstr((char *)q.text.p, "Hạn báo cáo: ")); /* what matters stays */
            quick_release(&q);
        }
    }
    act_bench_release(&b);
}

static bool real_name(const void *arg, struct span profile, enum legal_list list, struct span code,
                      struct legal_name *out)
{
    (void)arg;
    (void)profile;
    (void)code;
    out->vi = out->en = list == LEGAL_TYPE ? "Tấn công thay đổi giao diện, chèn nội dung trái phép"
                                           : "M2 – Nghiêm trọng, báo ban đầu 24 giờ";
    return true;
}

/* What goes first is the time that is left, then the names of the law; a title of 60 stays. */
static void the_title_is_what_stays_longest(void **state)
{
    static const struct {
        size_t title; /* characters */
        bool left, type, severity, whole;
    } rows[] = {
        { 12, true, true, true, true },     { 13, false, true, true, true },
        { 32, false, true, true, true },    { 33, false, false, true, true },
        { 82, false, false, true, true },   { 83, false, false, true, false },
        { 299, false, false, true, false },
    };
    struct legal law = test_law;
    struct act_bench b;

    (void)state;
    law.name = real_name;
    incident_bench_init(&b);
    (void)incident_told(&b, "M2");
    act_good(&b, "{'act':'incident.systems','incident':1,'add':[1,2]}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char request[500] = "{'act':'incident.change','incident':1,'title':'", title[300] = "";
        struct quick q;

        for (size_t k = 0; k < rows[i].title; k++)
            title[k] = (char)('a' + k % 26);
        (void)strcat(strcat(request, title), "'}");
        act_good(&b, request);
        quick(&b, &law, &q);
        title[rows[i].title < 59 ? rows[i].title : 59] = '\0';
        assert_non_null(strstr((char *)q.text.p, title)); /* 60 with the mark that it was cut */
        assert_int_equal(strstr((char *)q.text.p, "(còn ") != NULL, rows[i].left);
        assert_int_equal(strstr((char *)q.text.p, "Loại: Tấn công") != NULL, rows[i].type);
        assert_int_equal(strstr((char *)q.text.p, "mức: M2 – Nghiêm") != NULL, rows[i].severity);
        assert_int_equal(strstr((char *)q.text.p, "…") == NULL, rows[i].whole);
        assert_non_null(strstr((char *)q.text.p, "Hạn báo cáo: "));
        quick_release(&q);
    }
    act_bench_release(&b);
}

static bool long_name(const void *arg, struct span profile, enum legal_list list, struct span code,
                      struct legal_name *out)
{
    static char name[2000];

    (void)arg;
    (void)profile;
    (void)list;
    (void)code;
    name[0] = 'x'; /* so that a cut at an even place is within a letter */
    for (size_t i = 1; i + 3 < sizeof(name); i += 3)
        (void)memcpy(name + i, "ệ", 3);
    out->vi = out->en = name;
    return true;
}

static void names_of_the_law_may_be_long(void **state)
{
    struct legal law = test_law;
    struct act_bench b;
    struct quick q;

    (void)state;
    law.name = long_name;
    incident_bench_init(&b);
    (void)incident_told(&b, "M2");
    quick(&b, &law, &q);
    assert_true(count_characters((char *)q.text.p) <= INCIDENT_QUICK_CHARACTERS);
    quick_release(&q);
    act_bench_release(&b);
}

static void nobody_is_named(void **state)
{
    struct act_bench b;
    struct quick q;
    json_t *page;

    (void)state;
    incident_bench_init(&b);
    b.who.name = SPAN_LIT("tran.van.zz");
    act_users_made(&b, "le.thi.qq");
    (void)incident_told(&b, "M2");
    act_good(&b, "{'act':'task.start','tasks':[1]}");
    act_good(&b, "{'act':'incident.assign','incident':1,'to':'le.thi.qq'}");
    act_good(&b,
             "{'act':'observable.add','incident':1,'type':'email-addr','value':'ww@evil.example'}");
    act_good(&b, "{'act':'incident.note','incident':1,'text':'zz'}");
    quick(&b, &test_law, &q);
    assert_null(strstr((char *)q.text.p, "zz"));
    assert_null(strstr((char *)q.json.p, "zz"));
    assert_null(strstr((char *)q.json.p, "qq"));
    assert_null(strstr((char *)q.json.p, "ww"));
    page = json_loads((char *)q.json.p, 0, NULL);
    assert_non_null(page);
    assert_string_equal(json_string_value(json_object_get(page, "message")), (char *)q.text.p);
    assert_string_equal(json_string_value(json_object_get(page, "type")), "mã độc");
    json_decref(page);
    quick_release(&q);
    assert_int_equal(incident_quick(b.db, NULL, 9, NOW, &q.json, &q.text, &b.e), ERR_NOTFOUND);
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_a_leader_asks),
        cmocka_unit_test(dates_are_written_as_the_decree_says),
        cmocka_unit_test(it_is_never_longer),
        cmocka_unit_test(the_title_is_what_stays_longest),
        cmocka_unit_test(names_of_the_law_may_be_long),
        cmocka_unit_test(nobody_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
