/*
 * Goal: queries that look for one person's records are told from those that do not. Method: a row a
 * query, with the field that names him.
 */
#include "../check.h"

#include <string.h>

#include "query/person.h"

static const struct {
    const char *query, *field; /* NULL: of nobody */
} rows[] = {
    { "user:an", "user" },
    { "USER:\"Nguyễn Văn An\"", "USER" },
    { "user.name:an*", "user.name" },
    { "winlog.event_data.TargetUserName:an", "winlog.event_data.TargetUserName" },
    { "Event.EventData.SubjectUserName:an", "Event.EventData.SubjectUserName" },
    { "a:1 and (b:2 or acct:an)", "acct" },
    { "not (a:1 or not user:an)", "user" },
    { "user:=\"root*\"", "user" },
    { "user:roo*", "user" },
    { "user:root?", "user" },
    { "user:an | stats count by host", "user" },
    { "user:10.0.0.0/8", "user" },
    { "user>5", "user" },
    { "user:*", NULL },
    { "not user:an", NULL },
    { "not (a:1 and user:an)", NULL },
    { "an", NULL },
    { "\"user an\"", NULL },
    { "user:root", NULL },
    { "user:SYSTEM", NULL },
    { "user:\"NT AUTHORITY\\\\SYSTEM\"", NULL },
    { "TargetUserName:SRV-01$", NULL },
    { "user:$", "user" },
    { "superuser:an", NULL },
    { "user_agent:an", NULL },
    { "userx:an", NULL },
    { "host:an", NULL },
    { "a:1 | stats count by user", NULL },
    { "", NULL },
};

static void one_person_is_seen(void **state)
{
    const struct query_clock clock = { INT64_C(1764000000000000000), QUERY_VIETNAM_S };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span field = SPAN_NONE;
        struct query *q;
        struct err e;
        bool is;

        if (query_read(&q, span_of(rows[i].query), &clock, QUERY_WHOLE, &e) != ERR_OK)
            fail_msg("%s: %s", rows[i].query, e.why);
        is = query_person(q, &field);
        if (is != (rows[i].field != NULL) || (is && !span_eq(field, span_of(rows[i].field))))
            fail_msg("%s: %s %.*s", rows[i].query, is ? "of" : "of nobody", (int)(is ? field.n : 0),
                     (const char *)field.p);
        query_free(&q);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(one_person_is_seen) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
