/*
 * Goal: of the house only what is named is changed, wrong values are refused in words and leave
 * nothing, only an administrator sets it, and it is undone to what was, also to nothing.
 * Method: acts as JSON upon a database; every field of the table is set, cleared and refused when
 * it is too long, by loops over its rows.
 */
#include <stdio.h>
#include <string.h>

#include "../act/act_bench.h"
#include "../check.h"
#include "house/house.h"

static const char *const names[] = {
#define X(name, type, max, help) #name,
    HOUSE_FIELD_TABLE(X)
#undef X
};

static const char *const good[HOUSE_FIELDS] = {
#define GOOD_TEXT                "Sở Mẫu"
#define GOOD_SYMBOL              "CAT-PA05"
#define GOOD_EMAIL               "soc@mau.example"
#define GOOD_PHONE               "0234 111 222"
#define GOOD_LINES               "Dòng một\\nDòng hai"
#define GOOD_BEHALF              "TM. Ủy ban nhân dân\\nKT. Chủ tịch"
#define X(name, type, max, help) GOOD_##type,
    HOUSE_FIELD_TABLE(X)
#undef X
};

static const char *const kept[HOUSE_FIELDS] = {
#define KEPT_TEXT                "\"Sở Mẫu\""
#define KEPT_SYMBOL              "\"CAT-PA05\""
#define KEPT_EMAIL               "\"soc@mau.example\""
#define KEPT_PHONE               "\"0234111222\""
#define KEPT_LINES               "[\"Dòng một\",\"Dòng hai\"]"
#define KEPT_BEHALF              "[\"TM. Ủy ban nhân dân\",\"KT. Chủ tịch\"]"
#define X(name, type, max, help) KEPT_##type,
    HOUSE_FIELD_TABLE(X)
#undef X
};

static void bench_init(struct act_bench *b)
{
    act_bench_init(b);
    b->who.name = SPAN_LIT("quan.tri");
    b->who.roles = ROLE_BIT(ADMINISTRATOR);
}

static bool shows(struct act_bench *b, const char *text)
{
    assert_int_equal(view_ask(b, "house.show", ""), ERR_OK);
    return view_says(b, text);
}

static void only_what_is_named_is_changed(void **state)
{
    struct act_bench b;
    char text[400];

    (void)state;
    bench_init(&b);
    assert_int_equal(view_lines(&b, "house.show", ""), 0);
    act_good(&b, "{'act':'house.set','signer_title':'Phó Giám đốc'}");
    for (int f = 0; f < HOUSE_FIELDS; f++) {
        (void)snprintf(text, sizeof(text), "{'act':'house.set','%s':'%s'}", names[f], good[f]);
        act_good(&b, text);
    }
    for (int f = 0; f < HOUSE_FIELDS; f++) {
        (void)snprintf(text, sizeof(text), "\"%s\":%s", names[f], kept[f]);
        if (!shows(&b, text))
            fail_msg("%s is not in %s", text, (char *)b.answer.p);
    }
    for (int f = HOUSE_FIELDS - 1; f >= 0; f--) { /* signs_for before signer_title */
        (void)snprintf(text, sizeof(text), "{'act':'house.set','clear':['%s']}", names[f]);
        act_good(&b, text);
        (void)snprintf(text, sizeof(text), "\"%s\":", names[f]);
        assert_false(shows(&b, text));
        (void)snprintf(text, sizeof(text), "\"%s\":", names[0]);
        assert_true(f == 0 || shows(&b, text));
    }
    act_bench_release(&b);
}

static void wrong_values_are_refused_in_words(void **state)
{
    static const struct {
        const char *request, *words;
    } rows[] = {
        { "{'act':'house.set'}", "name: Nothing is given" },
        { "{'act':'house.set','name':'A','clear':['name']}", "clear: name is given, too" },
        { "{'act':'house.set','clear':['color']}", "clear" },
        { "{'act':'house.set','code':'SK HCN'}", "code: A symbol has no blanks" },
        { "{'act':'house.set','symbol':'BC/SKHCN'}", "symbol: A symbol has no blanks and no /" },
        { "{'act':'house.set','email':'soc at mau'}", "email: “soc at mau” is not an e-mail" },
        { "{'act':'house.set','phone':'abc'}", "phone: “abc” is not a telephone number" },
        { "{'act':'house.set','duty_phone':'12'}", "duty_phone: “12”" },
        { "{'act':'house.set','signer_title':'x','signs_for':'Giám đốc'}",
          "signs_for: Each line begins with TM., KT., TL. or TUQ." },
        { "{'act':'house.set','signer_title':'x','signs_for':'KT.'}", "signs_for: Each line" },
        { "{'act':'house.set','signer_title':'x','signs_for':'KT. A\\nB'}",
          "signs_for: Each line" },
        { "{'act':'house.set','signs_for':'KT. Giám đốc'}", "signer_title: Who signs for another" },
        { "{'act':'house.set','recipients':'1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\\n10\\n11\\n12\\n13"
          "\\n14\\n15\\n16\\n17\\n18\\n19\\n20\\n21'}",
          "recipients: There are more than 20 lines." },
        { "{'act':'house.set','name':''}", "name" },
        { "{'act':'house.set','parent':7}", "parent" },
    };
    struct act_bench b;

    (void)state;
    bench_init(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        act_bad(&b, rows[i].request, ERR_USAGE, rows[i].words);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM house"), 0);
    act_good(&b, "{'act':'house.set','signer_title':'Phó Giám đốc','signs_for':'KT. Giám đốc'}");
    act_bad(&b, "{'act':'house.set','clear':['signer_title']}", ERR_USAGE, "signer_title: Who");
    act_bench_release(&b);
}

static void no_field_is_longer_than_its_row_says(void **state)
{
    static const uint32_t most[] = {
#define X(name, type, max, help) max,
        HOUSE_FIELD_TABLE(X)
#undef X
    };
    struct act_bench b;

    (void)state;
    bench_init(&b);
    act_good(&b, "{'act':'house.set','signer_title':'x'}");
    for (int f = 0; f < HOUSE_FIELDS; f++) {
        char request[3000];
        size_t n;

        if (good[f][0] == 's' || good[f][0] == '0')
            continue; /* an address, a number: what is too long is none */
        n = (size_t)snprintf(request, sizeof(request), "{'act':'house.set','%s':'TM. ", names[f]);
        if (strcmp(good[f], GOOD_SYMBOL) == 0)
            n -= 4;
        for (uint32_t i = 0; i < most[f] + 1; i++)
            n += (size_t)snprintf(request + n, sizeof(request) - n, "ệ");
        (void)snprintf(request + n, sizeof(request) - n, "'}");
        act_bad(&b, request, ERR_USAGE, names[f]);
    }
    act_bench_release(&b);
}

static void only_an_administrator_sets_it_and_all_see_it(void **state)
{
    struct act_bench b;

    (void)state;
    bench_init(&b);
    act_good(&b, "{'act':'house.set','name':'Sở Mẫu'}");
    for (int r = 0; r < USER_ROLES; r++) {
        b.who.roles = 1u << r;
        assert_true(shows(&b, "Sở Mẫu"));
        if (r != USER_ADMINISTRATOR)
            act_bad(&b, "{'act':'house.set','name':'Khác'}", ERR_DENIED, "may not do house.set");
    }
    act_bench_release(&b);
}

static void it_is_undone_to_what_was(void **state)
{
    struct act_bench b;
    char undo[80];
    int64_t first;

    (void)state;
    bench_init(&b);
    act_good(&b, "{'act':'house.set','name':'Sở Mẫu','code':'SM'}");
    first = act_number(&b, "act");
    act_good(&b, "{'act':'house.set','name':'Sở Khác','recipients':'A\\nB','clear':['code']}");
    (void)snprintf(undo, sizeof(undo), "{'act':'act.undo','undoes':%lld}", (long long)first);
    act_bad(&b, undo, ERR_CONFLICT, "changed");
    (void)snprintf(undo, sizeof(undo), "{'act':'act.undo','undoes':%lld}", (long long)(first + 1));
    act_good(&b, undo);
    assert_true(shows(&b, "{\"name\":\"Sở Mẫu\",\"code\":\"SM\"}"));
    act_good(&b, "{'act':'house.set','place':'Huế'}");
    (void)snprintf(undo, sizeof(undo), "{'act':'act.undo','undoes':%lld}",
                   (long long)act_number(&b, "act"));
    act_good(&b, undo);
    assert_true(shows(&b, "{\"name\":\"Sở Mẫu\",\"code\":\"SM\"}"));
    act_bench_release(&b);
}

static void the_first_is_undone_to_nothing(void **state)
{
    struct act_bench b;

    (void)state;
    bench_init(&b);
    act_good(&b, "{'act':'house.set','name':'Sở Mẫu'}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM record WHERE kind = 'house'"), 1);
    act_good(&b, "{'act':'act.undo','undoes':1}");
    assert_true(shows(&b, "{}"));
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM record WHERE kind = 'house'"), 2);
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_named_is_changed),
        cmocka_unit_test(wrong_values_are_refused_in_words),
        cmocka_unit_test(no_field_is_longer_than_its_row_says),
        cmocka_unit_test(only_an_administrator_sets_it_and_all_see_it),
        cmocka_unit_test(it_is_undone_to_what_was),
        cmocka_unit_test(the_first_is_undone_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
