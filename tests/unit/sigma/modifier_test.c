/*
 * Goal: of every modifier it is fixed after which others it may stand. Method: rows of chains that
 * are read and rows of chains that are refused, by name; a modifier of the table that has no row
 * of either kind fails the test.
 */
#include "../check.h"

#include "sigma/modifier.h"

static const struct {
    const char *modifier, *key;
} allowed[] = {
    { "contains", "F|contains" },
    { "contains", "F|windash|contains" },
    { "contains", "F|base64offset|contains" },
    { "contains", "F|wide|contains" },
    { "contains", "F|cased|contains" },
    { "contains", "F|all|contains" },
    { "contains", "F|re|contains" },
    { "contains", "F|re|i|contains" },
    { "contains", "F|fieldref|contains" },
    { "contains", "F|expand|contains" },
    { "startswith", "F|startswith" },
    { "startswith", "F|re|startswith" },
    { "startswith", "F|fieldref|startswith" },
    { "endswith", "F|endswith" },
    { "endswith", "F|windash|endswith" },
    { "endswith", "F|fieldref|neq|endswith" },
    { "all", "F|all" },
    { "all", "F|contains|all" },
    { "all", "F|re|all" },
    { "all", "F|cidr|all" },
    { "all", "F|windash|wide|base64offset|contains|all" },
    { "all", "|all" },
    { "neq", "F|neq" },
    { "neq", "F|contains|all|neq" },
    { "neq", "F|cidr|neq" },
    { "neq", "F|gt|neq" },
    { "neq", "F|hour|neq" },
    { "cased", "F|cased" },
    { "cased", "F|contains|cased" },
    { "cased", "F|base64|cased" },
    { "cased", "F|fieldref|cased" },
    { "exists", "F|exists" },
    { "windash", "F|windash" },
    { "windash", "F|contains|windash" },
    { "windash", "F|expand|windash" },
    { "windash", "F|contains|all|windash" },
    { "wide", "F|wide" },
    { "wide", "F|windash|wide|base64" },
    { "utf16le", "F|utf16le|base64offset|contains" },
    { "utf16be", "F|utf16be|contains" },
    { "utf16", "F|utf16|base64offset|contains" },
    { "base64", "F|base64" },
    { "base64", "F|utf16|base64|contains" },
    { "base64offset", "F|base64offset|contains" },
    { "base64offset", "F|windash|base64offset|contains" },
    { "expand", "F|expand" },
    { "expand", "F|contains|expand" },
    { "expand", "F|expand|re" },
    { "expand", "F|re|expand" },
    { "expand", "F|cidr|expand" },
    { "expand", "F|expand|cidr" },
    { "expand", "F|gt|expand" },
    { "re", "F|re" },
    { "re", "F|all|re" },
    { "re", "|re" },
    { "i", "F|re|i" },
    { "i", "F|re|startswith|i" },
    { "ignorecase", "F|re|ignorecase" },
    { "m", "F|re|m" },
    { "m", "F|re|i|m|s" },
    { "multiline", "F|re|multiline" },
    { "s", "F|re|s" },
    { "dotall", "F|re|dotall" },
    { "cidr", "F|cidr" },
    { "cidr", "F|neq|cidr" },
    { "lt", "F|lt" },
    { "lt", "F|fieldref|lt" },
    { "lte", "F|lte" },
    { "gt", "F|gt" },
    { "gt", "F|neq|gt" },
    { "gte", "F|gte" },
    { "minute", "F|minute" },
    { "hour", "F|hour" },
    { "hour", "F|neq|hour" },
    { "day", "F|day" },
    { "week", "F|week" },
    { "month", "F|month" },
    { "year", "F|year" },
    { "fieldref", "F|fieldref" },
    { "fieldref", "F|cased|fieldref" },
};

#define KIND  "stands beside another of its kind in one key."
#define PLACE "may not stand after the modifiers before it."
#define NEEDS "may only stand after 're'."

static const struct {
    const char *modifier, *key, *why;
} refused[] = {
    { "contains", "F|contains|contains", KIND },
    { "contains", "F|startswith|contains", KIND },
    { "contains", "F|cidr|contains", PLACE },
    { "contains", "F|gt|contains", PLACE },
    { "startswith", "F|endswith|startswith", KIND },
    { "startswith", "F|exists|startswith", PLACE },
    { "endswith", "F|hour|endswith", PLACE },
    { "all", "F|all|all", KIND },
    { "all", "F|exists|all", PLACE },
    { "neq", "F|neq|neq", KIND },
    { "neq", "F|exists|neq", PLACE },
    { "cased", "F|re|cased", PLACE },
    { "cased", "F|cidr|cased", PLACE },
    { "exists", "F|contains|exists", PLACE },
    { "exists", "F|all|exists", PLACE },
    { "windash", "F|windash|windash", KIND },
    { "windash", "F|base64|windash", PLACE },
    { "windash", "F|re|windash", PLACE },
    { "wide", "F|base64|wide", PLACE },
    { "wide", "F|utf16|wide", KIND },
    { "utf16le", "F|wide|utf16le", KIND },
    { "utf16be", "F|re|utf16be", PLACE },
    { "utf16", "F|base64offset|utf16", PLACE },
    { "base64", "F|base64offset|base64", KIND },
    { "base64", "F|contains|base64", PLACE },
    { "base64offset", "F|contains|base64offset", PLACE },
    { "expand", "F|base64|expand", PLACE },
    { "expand", "F|exists|expand", PLACE },
    { "re", "F|contains|re", PLACE },
    { "re", "F|windash|re", PLACE },
    { "re", "F|re|re", KIND },
    { "i", "F|i", NEEDS },
    { "i", "F|contains|i", NEEDS },
    { "ignorecase", "F|ignorecase", NEEDS },
    { "m", "F|m", NEEDS },
    { "multiline", "F|multiline|re", NEEDS },
    { "s", "F|s", NEEDS },
    { "dotall", "F|dotall", NEEDS },
    { "cidr", "F|re|cidr", PLACE },
    { "cidr", "F|contains|cidr", PLACE },
    { "lt", "F|gt|lt", KIND },
    { "lte", "F|contains|lte", PLACE },
    { "gt", "F|cidr|gt", PLACE },
    { "gte", "F|hour|gte", PLACE },
    { "minute", "F|hour|minute", KIND },
    { "hour", "F|contains|hour", PLACE },
    { "day", "F|gt|day", PLACE },
    { "week", "F|re|week", PLACE },
    { "month", "F|exists|month", PLACE },
    { "year", "F|expand|year", PLACE },
    { "fieldref", "F|contains|fieldref", PLACE },
    { "fieldref", "F|re|fieldref", PLACE },
};

static void chains_that_mean_something_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(allowed); i++) {
        struct span field, key = span_of(allowed[i].key);
        struct modifiers m;
        struct err e = { 0 };

        if (modifier_read(key, 7, &field, &m, &e) != ERR_OK)
            fail_msg("row '%s': %s", allowed[i].key, e.why);
        CHECK_ROW(allowed[i].key, field.n == span_find(key, '|'));
    }
}

static void chains_that_mean_nothing_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct span field;
        struct modifiers m;
        struct err e = { 0 };
        char want[200];

        snprintf(want, sizeof(want), "The modifier '%s' %s", refused[i].modifier, refused[i].why);
        CHECK_ROW(refused[i].key,
                  modifier_read(span_of(refused[i].key), 7, &field, &m, &e) == ERR_SYNTAX);
        check_span(refused[i].key, span_of(e.why), want);
        CHECK_ROW(refused[i].key, e.at == 7);
    }
}

static void every_modifier_has_rows_here_and_a_line_of_help(void **state)
{
    const struct modifier_row *row;

    (void)state;
    for (size_t i = 0; (row = modifier_row(i)) != NULL; i++) {
        unsigned in_allowed = 0, in_refused = 0;

        for (size_t k = 0; k < COUNT_OF(allowed); k++)
            in_allowed += strcmp(allowed[k].modifier, row->name) == 0 &&
                          strstr(allowed[k].key, row->name) != NULL;
        for (size_t k = 0; k < COUNT_OF(refused); k++)
            in_refused += strcmp(refused[k].modifier, row->name) == 0;
        CHECK_ROW(row->name, in_allowed > 0);
        CHECK_ROW(row->name, in_refused > 0);
        CHECK_ROW(row->name, strlen(row->help) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_that_mean_something_are_read),
        cmocka_unit_test(chains_that_mean_nothing_are_refused),
        cmocka_unit_test(every_modifier_has_rows_here_and_a_line_of_help),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
