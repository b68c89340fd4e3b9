/*
 * Goal: a filter of `canh tail` holds for the events that it says, and what is none is refused at
 * the byte where it stops being one. Method: rows of a filter and whether it holds for one event (a
 * syslog line with a field of its own name and one that the taxonomy names), rows of what is
 * refused with its place, every filter cut at every byte.
 */
#include "check.h"

#include "console/filter.h"
#include "scan/records.h"

static const char taxonomy_text[] = "source: test\n"
                                    "product: linux\n"
                                    "service: gadget\n"
                                    "when: { user: { exists: true } }\n"
                                    "rows:\n"
                                    "  - name: anything with a user\n"
                                    "    host: machine\n"
                                    "    fields: { User: user }\n";
static const char record[] =
    "{\"user\":\"Root\",\"machine\":\"srv-01\",\"port\":22,\"tag\":[\"x\",\"y z\"],"
    "\"text\":\"Failed password for root\"}";

static const struct {
    const char *filter;
    bool holds;
} holding[] = {
    { "", true },
    { "   ", true },
    { "failed", true },
    { "\"failed password\"", true },
    { "\"failed  password\"", false },
    { "user:root", true },
    { "User:root", true },
    { "user:roo", false },
    { "user:r*t", true },
    { "user:r?ot", true },
    { "user:r?t", false },
    { "host:srv-01", true },
    { "host:srv-02", false },
    { "source:fw-*", true },
    { "input:relp", true },
    { "product:linux and service:gadget", true },
    { "product:windows", false },
    { "port:22", true },
    { "port>21", true },
    { "port>=22 port<=22", true },
    { "port>22", false },
    { "port<22", false },
    { "user>1", false },
    { "tag:y*", true },
    { "tag:\"y z\"", true },
    { "nothing:*", false },
    { "not user:root", false },
    { "not not user:root", true },
    { "user:bob or host:srv-01", true },
    { "user:bob or host:srv-02 or failed", true },
    { "user:bob or host:srv-01 and port:23", false },
    { "(user:bob or host:srv-01) and port:22", true },
    { "(user:bob or host:srv-01) port:23", false },
    { "user:root and not (port:23 or port:24)", true },
    { "FAILED AND USER:ROOT", true },
    { "\"not\"", false },
};

static const struct {
    const char *filter;
    size_t at;
} refused[] = {
    { "(", 1 },      { "(a", 2 },     { "a)", 1 },          { "not", 3 },
    { "a and", 5 },  { "a or", 4 },   { "user:", 5 },       { "port>", 5 },
    { "port>x", 5 }, { "\"open", 0 }, { "user:\"open", 5 },
};

struct fixture {
    struct names names;
    struct taxonomy *taxonomy;
    struct event event;
    struct rec rec;
    struct records *records;
};

static void fixture_init(struct fixture *f)
{
    enum record_state state;
    struct err e;

    assert_int_equal(names_init(&f->names, &e), ERR_OK);
    assert_int_equal(taxonomy_new(&f->taxonomy, &e), ERR_OK);
    assert_int_equal(
        taxonomy_add(f->taxonomy, SPAN_LIT("t"), span_of(taxonomy_text), &f->names, &e), ERR_OK);
    assert_true(names_freeze(&f->names));
    assert_int_equal(taxonomy_bind(f->taxonomy, &f->names, &e), ERR_OK);
    assert_int_equal(event_init(&f->event, f->taxonomy, &f->names, &e), ERR_OK);
    assert_true(rec_init(&f->rec));
    assert_int_equal(records_new(&f->records, &e), ERR_OK);
    records_one(f->records, span_of(record), &f->rec, &state, NULL);
    assert_int_equal(state, RECORD_WHOLE);
    event_begin(&f->event, &f->rec);
}

static void fixture_release(struct fixture *f)
{
    records_free(&f->records);
    event_release(&f->event);
    rec_release(&f->rec);
    taxonomy_free(&f->taxonomy);
    names_release(&f->names);
}

static void a_filter_holds_for_what_it_says(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < COUNT_OF(holding); i++) {
        struct filter_about about = { &f.event, span_of(record), SPAN_LIT("fw-01"),
                                      SPAN_LIT("relp") };
        struct filter *filter;
        struct err e = { 0 };

        if (filter_read(&filter, span_of(holding[i].filter), &f.names, &e) != ERR_OK)
            fail_msg("row '%s': %s", holding[i].filter, e.why);
        CHECK_ROW(holding[i].filter, filter_holds(filter, &about) == holding[i].holds);
        filter_free(&filter);
    }
    fixture_release(&f);
}

static void what_is_no_filter_is_refused_at_its_place(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct filter *filter;
        struct err e = { 0 };

        CHECK_ROW(refused[i].filter,
                  filter_read(&filter, span_of(refused[i].filter), &f.names, &e) == ERR_SYNTAX);
        if (e.at != refused[i].at)
            fail_msg("row '%s': at %zu, want %zu (%s)", refused[i].filter, e.at, refused[i].at,
                     e.why);
        assert_null(filter);
    }
    fixture_release(&f);
}

static void no_cut_and_no_depth_harms(void **state)
{
    struct fixture f;
    char deep[2 * FILTER_DEPTH_MAX + 64];
    struct filter *filter;
    struct err e;

    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < COUNT_OF(holding); i++) {
        struct span whole = span_of(holding[i].filter);

        for (size_t n = 0; n <= whole.n; n++) {
            if (filter_read(&filter, (struct span){ whole.p, n }, &f.names, &e) == ERR_OK)
                filter_free(&filter);
        }
    }
    memset(deep, '(', sizeof(deep));
    assert_true(filter_read(&filter, (struct span){ (uint8_t *)deep, sizeof(deep) }, &f.names, &e) <
                0);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_holds_for_what_it_says),
        cmocka_unit_test(what_is_no_filter_is_refused_at_its_place),
        cmocka_unit_test(no_cut_and_no_depth_harms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
