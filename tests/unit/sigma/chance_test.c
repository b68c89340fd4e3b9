/*
 * Goal: guesses tell the rare from the common. Method: rows of two atoms, the first of which must
 * be guessed to be the rarer, after counting rules that ask for some of them.
 */
#include "check.h"

#include "both.h"
#include "sigma/ruleset.h"

#define ATOM(kind, text)                                                                           \
    {                                                                                              \
        1, kind, ANCHOR_NONE,                                                                      \
        {                                                                                          \
            (const uint8_t *)(text), sizeof(text) - 1                                              \
        }                                                                                          \
    }
#define LITERAL(text) ATOM(ATOM_LITERAL, text)
#define EXACT(text)   ATOM(ATOM_EXACT, text)

/* "\popular.exe" is asked for four times, "\nothing.exe" once, "\normal1.exe" is refused. */
static const char rules[] =
    "title: t\nlogsource: { product: test }\ndetection:\n"
    "  a: { A|endswith: '\\popular.exe' }\n  b: { B|endswith: '\\popular.exe' }\n"
    "  c: { C|endswith: '\\popular.exe' }\n  d: { D|endswith: '\\popular.exe' }\n"
    "  e: { E|endswith: '\\nothing.exe' }\n  f: { F|endswith: '\\normal1.exe' }\n"
    "  condition: (a or b or c or d or e) and not f\n";

static const struct row {
    const char *name;
    struct atom rarer, commoner;
} rows[] = {
    { "long before short", LITERAL("a long literal"), LITERAL("short") },
    { "a whole value before a part of one", EXACT("strange"), LITERAL("strange") },
    { "anything before a field's presence", LITERAL("x"), { .kind = ATOM_PRESENT } },
    { "a digest before all else", LITERAL("imphash=d41d8cd98f00b204e9800998ecf8427e"),
      EXACT("something long that nobody has ever seen") },
    { "once before often", LITERAL("\\nothing.exe"), LITERAL("\\popular.exe") },
    { "asked for before refused", LITERAL("\\popular.exe"), LITERAL("\\normal1.exe") },
    { "unknown before common", LITERAL("\\rubeus\\"),
      LITERAL("c:\\windows\\system32\\ntdll.dll+") },
    { "within a common text", LITERAL("\\rubeus\\"), LITERAL("\\system32\\") },
    { "a whole common value is more than a part of one", EXACT("windows"), EXACT("true") },
};

static void guesses_tell_the_rare_from_the_common(void **state)
{
    struct chances *c = chances_new();
    struct both b;

    (void)state;
    assert_non_null(c);
    assert_true(both_init(&b, SPAN_LIT(rules), NULL, NULL));
    chances_count(c, b.fast->c->rules[0]);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double rarer = chance_of(c, &rows[i].rarer), commoner = chance_of(c, &rows[i].commoner);

        CHECK_ROW(rows[i].name, rarer > 0 && commoner < 1);
        CHECK_ROW(rows[i].name, rarer < commoner);
    }
    both_release(&b);
    chances_free(&c);
    assert_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guesses_tell_the_rare_from_the_common),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
