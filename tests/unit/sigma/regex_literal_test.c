/*
 * Goal: every literal that regex_literals() names is necessary: no text without it matches.
 * Method: rows of patterns with the literals expected; for each row a text that PCRE2 matches must
 * hold one of them. Giving up ("?") is always allowed, naming too much never.
 */
#include "check.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/ascii.h"
#include "sigma/witness.h"

static const struct {
    const char *re, *want, *text; /* want: literals joined by a space, "?" for none */
} rows[] = {
    { "foo", "foo", "xfoox" },
    { "FoO", "foo", "FoO" },
    { "^foo\\.exe$", "foo.exe", "foo.exe" },
    { "foo|bar", "foo bar", "bar" },
    { "foo|b?", "?", "b" },
    { "(?:a|b)foo", "foo", "bfoo" },
    { "foo[0-9]+barbaz", "barbaz", "foo1barbaz" },
    { "fooo?bar", "foo", "foobar" },
    { "foo*bars", "bars", "fobars" },
    { "ab+c", "ab", "abbc" },
    { "a{2,3}bc", "bc", "aabc" },
    { "a{0}bc", "bc", "bc" },
    { "\\d+\\\\x", "\\x", "12\\x" },
    { "(abc)?d", "d", "d" },
    { "(?i)abc", "abc", "ABC" },
    { "(?x) a b", "?", "ab" },
    { "\\Qa.b\\E", "?", "a.b" },
    { "[abc]", "?", "a" },
    { ".*", "?", "" },
    { "", "?", "" },
    { "a\\|b", "a|b", "a|b" },
    { "[]a]bc", "bc", "]bc" },
    { "[^]a]bc", "bc", "xbc" },
    { "[[:alpha:]]bc", "?", "abc" },
    { "x\\x41y", "?", "xAy" },
    { "(?=abc)a", "a", "abc" },
    { "(?!abc)ad", "ad", "ad" },
    { "(?<n>abc)ad", "?", "abcad" },
    { "(a(b|c)d)ef", "ef", "acdef" },
    { "a{b", "a", "a{b" },
    { "ab{x}cde", "x}cde", "ab{x}cde" },
    { "a{b|cde", "a cde", "cde" }, /* the brace is a character, the bar divides */
    { "a{1,}{b", "b", "aa{b" },
    { "\xc3\xa9tat", "tat", "\xc3\xa9tat" },
    { "foo\\bbar|\\bqux", "foo qux", "qux" },
    { "[a\\c]]bc", "?",
      "\x1d"
      "bc" }, /* the first bracket belongs to the control character */
    { "(\\c))bc", "?", "ibc" },
};

static bool pcre2_finds(const char *re, const char *text)
{
    int fault;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)re, PCRE2_ZERO_TERMINATED,
                                     PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &fault, &at, NULL);
    pcre2_match_data *d = pcre2_match_data_create(1, NULL);
    bool found;

    CHECK_ROW(re, code != NULL);
    found = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, d, NULL) >= 0;
    pcre2_match_data_free(d);
    pcre2_code_free(code);
    return found;
}

static void names_only_necessary_literals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena mem;
        struct span lit[8], re = span_of(rows[i].re);
        char got[256] = "?", lower[64];
        uint32_t n = 0;
        bool held = false;

        arena_init(&mem, 1u << 16);
        for (size_t k = 0; k <= strlen(rows[i].text); k++)
            lower[k] = (char)ascii_lower((uint8_t)rows[i].text[k]);
        if (regex_literals(re, &mem, lit, COUNT_OF(lit), &n)) {
            got[0] = 0;
            for (uint32_t k = 0; k < n; k++) {
                snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s", k > 0 ? " " : "",
                         SPAN_ARG(lit[k]));
                held = held || strstr(lower, (const char *)lit[k].p) != NULL;
            }
            CHECK_ROW(rows[i].re, held);
        }
        CHECK_ROW(rows[i].re, pcre2_finds(rows[i].re, rows[i].text));
        check_span(rows[i].re, span_of(got), rows[i].want);
        arena_release(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(names_only_necessary_literals) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
