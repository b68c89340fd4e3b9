/*
 * Goal: what an event answers is what event.h promises: names and their spellings, several values,
 * mapped and computed fields, class, time, host; bounded whatever the record holds.
 * Method: small taxonomies laid over JSON (laid.h); records made by hand where JSON cannot say it.
 */
#include "../check.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/time.h"
#include "event/event_own.h"
#include "laid.h"

#define TEXT_BYTES_MAX (16u << 20)

static void want(struct laid *l, uint32_t view, const char *name, const char *values)
{
    const char *got = laid_values(l, view, name);

    if (strcmp(got, values) != 0)
        fail_msg("%s: got '%s', want '%s'", name, got, values);
}

/* --- Own names ------------------------------------------------------------------------------ */

static const struct {
    const char *json, *name, *values;
} own[] = {
    { "{\"Image\":\"x\"}", "Image", "x" },
    { "{\"image\":\"x\"}", "Image", "x" },
    { "{\"I m a g e\":\"x\"}", "Image", "x" },
    { "{\"Image\":1,\"image\":2}", "Image", "1" }, /* exact before folded */
    { "{\"Image\":1,\"image\":2}", "image", "2" },
    { "{\"image\":2,\"Image\":1}", "Image", "1" },
    { "{\"image\":2,\"IMAGE\":3}", "Image", "2|3" }, /* no exact one: all of them */
    { "{\"Image\":1,\"image\":2,\"Image\":3}", "Image", "1|3" },
    { "{\"Image\":[1,2,3]}", "Image", "1|2|3" }, /* an array is its members */
    { "{\"Image\":[]}", "Image", "[]" },
    { "{\"Image\":[{\"a\":1},2]}", "Image", "{\"a\":1}|2" },
    { "{\"Image\":[[1,2],3]}", "Image", "1|2|3" },
    { "{\"Image\":null}", "Image", "(null)" },
    { "{\"Image\":[null,1]}", "Image", "(null)|1" },
    { "{\"Image\":\"\"}", "Image", "" },
    { "{\"Image\":\"a\\u00e9\\n\"}", "Image", "a\xC3\xA9\n" },
    { "{\"Image\":true}", "Image", "true" },
    { "{\"Image\":1.50}", "Image", "1.5" },
    { "{\"Image\":{\"a\":1}}", "Image", "{\"a\":1}" },
    { "{\"Other\":1}", "Image", "(none)" },
    { "{}", "Image", "(none)" },
};

static void answers_to_its_own_names(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l, "source: t\n", "Image,image");
    for (size_t i = 0; i < COUNT_OF(own); i++) {
        const char *got;

        laid_json(&l, own[i].json);
        got = laid_values(&l, 0, own[i].name);
        if (strcmp(got, own[i].values) != 0)
            fail_msg("%s of %s: got '%s'", own[i].name, own[i].json, got);
    }
    laid_release(&l);
}

static void nothing_of_the_last_event_is_left(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l, "source: t\nrows: [ { when: { k: 1 }, fields: { User: '{a}{b}' } } ]\n",
              "Image,User");
    laid_json(&l, "{\"k\":1,\"Image\":\"x\",\"a\":1,\"b\":2}");
    want(&l, 0, "Image", "x");
    want(&l, 0, "User", "12");
    laid_json(&l, "{\"k\":1,\"a\":1}");
    want(&l, 0, "Image", "(none)");
    want(&l, 0, "User", "(none)");
    laid_release(&l);
}

/* The first event had round 1, as the first after the restart has. */
static void nothing_of_2_to_the_32_events_ago_is_left(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l, "source: t\nrows: [ { when: { k: 1 }, fields: { User: '{a}{b}' } } ]\n",
              "Image,User");
    laid_json(&l, "{\"k\":1,\"Image\":\"\\u0078\",\"a\":1,\"b\":2}");
    want(&l, 0, "Image", "x");
    want(&l, 0, "User", "12");
    l.event.round = UINT32_MAX;
    laid_json(&l, "{\"k\":1,\"Image\":\"\\u0079\"}");
    assert_int_equal(l.event.round, 1);
    want(&l, 0, "Image", "y");
    want(&l, 0, "User", "(none)");
    laid_release(&l);
}

/* A name that no rule asks for has no id; asking for id 0 finds nothing. */
static void the_name_that_is_none_finds_nothing(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l, "source: t\n", "Image");
    laid_json(&l, "{\"Image\":1,\"unknown\":2}");
    assert_int_equal(event_get(&l.event, laid_view(&l, 0), 0), EVENT_NONE);
    laid_release(&l);
}

/* --- Mapped and computed -------------------------------------------------------------------- */

static const char mapping[] = "source: t\n"
                              "rows:\n"
                              "  - when: { k: 1 }\n"
                              "    fields:\n"
                              "      Image: [ Program, exe ]\n"
                              "      User: [ '{Domain}\\{Name}', Name ]\n"
                              "      Level: { from: Label, map: { S-1: Low } }\n"
                              "      Kind: { from: [ a, b ], pick: { x: X } }\n"
                              "      Fixed: { const: always }\n"
                              "      Hash: { from: Hashes, pair: MD5, lower: true }\n"
                              "      Last: { from: Many, last: true }\n"
                              "      Line: { from: Many, join: ' ' }\n"
                              "      Swap1: Swap2\n"
                              "      Swap2: Swap1\n";

static const struct {
    const char *json, *name, *values;
} mapped[] = {
    { "{\"k\":1,\"Program\":\"p\",\"exe\":\"e\",\"Image\":\"i\"}", "Image", "p" },
    { "{\"k\":1,\"exe\":\"e\",\"Image\":\"i\"}", "Image", "e" },
    { "{\"k\":1,\"Image\":\"i\"}", "Image", "i" }, /* its own name comes last */
    { "{\"k\":1,\"Image\":\"i\"}", "IMAGE", "i" }, /* whatever the spelling of the question */
    { "{\"k\":1,\"program\":[\"p\",\"q\"]}", "Image", "p|q" },
    { "{\"k\":1,\"Program\":null,\"exe\":\"e\"}", "Image", "e" }, /* a value before a null */
    { "{\"k\":1,\"Program\":null}", "Image", "(null)" },
    { "{\"k\":1}", "Image", "(none)" },
    { "{\"k\":2,\"Program\":\"p\"}", "Image", "(none)" }, /* no view: no map */
    { "{\"k\":1,\"Domain\":\"D\",\"Name\":\"n\"}", "User", "D\\n" },
    { "{\"k\":1,\"Domain\":\"D\",\"Name\":[\"n\",\"m\"]}", "User", "D\\n" }, /* joined: the first */
    { "{\"k\":1,\"Name\":\"n\"}", "User", "n" }, /* half a name is worse than none */
    { "{\"k\":1,\"Domain\":null,\"Name\":\"n\"}", "User", "n" },
    { "{\"k\":1,\"Label\":[\"s-1\",\"S-2\"]}", "Level", "Low|S-2" },
    { "{\"k\":1,\"a\":\"y\",\"b\":\"x\"}", "Kind", "X" }, /* what pick drops is absent */
    { "{\"k\":1,\"a\":[\"y\",\"x\",\"x\"]}", "Kind", "X|X" },
    { "{\"k\":1,\"a\":\"y\"}", "Kind", "(none)" },
    { "{\"k\":1,\"Label\":{\"x\":1}}", "Level", "(none)" }, /* an object is no value */
    { "{\"k\":1}", "Fixed", "always" },
    { "{\"k\":1,\"Hashes\":\"SHA1=1,MD5=AB\"}", "Hash", "ab" },
    { "{\"k\":1,\"Many\":[\"\",\"a\",\"\",\"c\"]}", "Line", " a  c" },
    { "{\"k\":1,\"Many\":\"a\"}", "Line", "a" },
    { "{\"k\":1,\"Many\":[]}", "Line", "(none)" },
    { "{\"k\":1,\"Many\":[\"a\",\"b\"]}", "Last", "b" },
    { "{\"k\":1,\"Swap1\":1,\"Swap2\":2}", "Swap1", "2" },
    { "{\"k\":1,\"Swap1\":1,\"Swap2\":2}", "Swap2", "1" },
};

static void answers_through_the_map_of_a_view(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l, mapping, "Image,IMAGE,User,Level,Kind,Fixed,Hash,Last,Line,Swap1,Swap2");
    for (size_t i = 0; i < COUNT_OF(mapped); i++) {
        const char *got;

        laid_json(&l, mapped[i].json);
        got = laid_values(&l, 0, mapped[i].name);
        if (strcmp(got, mapped[i].values) != 0)
            fail_msg("%s of %s: got '%s'", mapped[i].name, mapped[i].json, got);
    }
    laid_release(&l);
}

static void computes_once_per_event(void **state)
{
    struct laid l;
    uint32_t user, first;

    (void)state;
    laid_init(&l, mapping, "User");
    user = laid_id(&l, "User");
    laid_json(&l, "{\"k\":1,\"Domain\":\"D\",\"Name\":\"n\"}");
    first = event_get(&l.event, laid_view(&l, 0), user);
    assert_true(first >= LIMIT_FIELDS && first < EVENT_HANDLES_MAX);
    assert_int_equal(event_get(&l.event, laid_view(&l, 0), user), first);
    assert_ptr_equal(event_text(&l.event, first).p, event_text(&l.event, first).p);
    check_span("name", event_name(&l.event, first), "User");
    laid_release(&l);
}

static void names_its_fields(void **state)
{
    struct laid l;
    uint32_t h;

    (void)state;
    laid_init(&l, "source: t\nstrip: [ Event. ]\n", "a.b,b");
    laid_json(&l, "{\"Event\":{\"b\":\"x\"},\"a\":{\"b\":\"y\"}}");
    h = event_get(&l.event, laid_view(&l, 0), laid_id(&l, "b"));
    check_span("second name", event_name(&l.event, h), "Event.b");
    check_span("second name", event_text(&l.event, h), "x");
    h = event_get(&l.event, laid_view(&l, 0), laid_id(&l, "a.b"));
    check_span("nested", event_name(&l.event, h), "a.b");
    laid_release(&l);
}

/* --- Class ---------------------------------------------------------------------------------- */

static void views_come_in_the_order_of_their_rows(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l,
              "source: t\nrows:\n  - { when: { a: 1 }, category: one }\n"
              "  - { when: { b: '*' }, category: two }\n  - { when: { c: x* }, category: three }\n",
              "x");
    for (unsigned round = 0; round < 3; round++) {
        laid_json(&l, "{\"c\":\"xy\",\"a\":1}");
        assert_string_equal(laid_views(&l), "t:one t:three");
        laid_json(&l, "{\"c\":\"y\",\"b\":null,\"a\":1}");
        assert_string_equal(laid_views(&l), "t:one t:two");
        laid_json(&l, "{}");
        assert_string_equal(laid_views(&l), "");
    }
    laid_release(&l);
}

static void more_views_than_there_is_room_for_are_dropped(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l,
              "source: t\nrows:\n"
              "  - { when: { a: 1 }, category: c1 }\n  - { when: { a: 1 }, category: c2 }\n"
              "  - { when: { a: 1 }, category: c3 }\n  - { when: { a: 1 }, category: c4 }\n"
              "  - { when: { a: 1 }, category: c5 }\n  - { when: { a: 1 }, category: c6 }\n"
              "  - { when: { a: 1 }, category: c7 }\n  - { when: { a: 1 }, category: c8 }\n"
              "  - { when: { a: 1 }, category: c9 }\n  - { when: { a: 1 }, category: c10 }\n",
              "x");
    laid_json(&l, "{\"a\":1}");
    assert_int_equal(l.event.cls->view_count, TAXONOMY_VIEWS_MAX);
    assert_string_equal(laid_views(&l), "t:c1 t:c2 t:c3 t:c4 t:c5 t:c6 t:c7 t:c8");
    assert_int_equal(l.event.own->cls->dropped, 2);
    laid_release(&l);
}

/* Every combination of 13 rows: more classes than the table holds. Those it has no room for are
 * made each time, with the same views. */
static void more_classes_than_the_table_holds_are_right_too(void **state)
{
    struct laid l;
    struct buf yaml, json;
    uint32_t homeless = 0;

    (void)state;
    buf_init(&yaml, TEXT_BYTES_MAX);
    buf_init(&json, TEXT_BYTES_MAX);
    buf_fmt(&yaml, "source: t\nrows:\n");
    for (unsigned i = 0; i < 13; i++)
        buf_fmt(&yaml, "  - { when: { f%u: '*' }, category: c%u }\n", i, i);
    buf_byte(&yaml, '\0');
    laid_init(&l, (const char *)buf_span(&yaml).p, "x");
    for (uint32_t mask = 0; mask < 8192; mask++) {
        uint32_t seen = 0, wanted = 0;

        buf_clear(&json);
        buf_fmt(&json, "{\"x\":1");
        for (unsigned i = 0; i < 13; i++) {
            if ((mask >> i & 1) != 0)
                buf_fmt(&json, ",\"f%u\":1", i);
            wanted += mask >> i & 1;
        }
        buf_fmt(&json, "}");
        laid_span(&l, buf_span(&json));
        for (uint32_t i = 0; i < l.event.cls->view_count; i++)
            seen += mask >> l.event.cls->views[i]->id & 1;
        assert_int_equal(seen, wanted < TAXONOMY_VIEWS_MAX ? wanted : TAXONOMY_VIEWS_MAX);
        assert_int_equal(seen, l.event.cls->view_count);
        homeless += l.event.cls->id == UINT32_MAX;
        laid_again(&l);
        assert_int_equal(l.event.cls->view_count, seen);
    }
    assert_true(homeless > 0 && homeless < 8192);
    buf_release(&yaml);
    buf_release(&json);
    laid_release(&l);
}

/* A discriminating value that is too long for the memo's key is evaluated, not cut. */
static void long_values_decide_too(void **state)
{
    struct laid l;
    struct buf b;

    (void)state;
    laid_init(&l, "source: t\nrows: [ { when: { a: [ 'x*z', '*z' ] } } ]\n", "x");
    buf_init(&b, TEXT_BYTES_MAX);
    for (unsigned n = 100; n < 300; n++) {
        for (unsigned last = 0; last < 2; last++) {
            buf_clear(&b);
            buf_fmt(&b, "{\"a\":\"");
            for (unsigned i = 0; i < n; i++)
                buf_byte(&b, 'x');
            buf_fmt(&b, "%s\"}", last != 0 ? "z" : "y");
            laid_span(&l, buf_span(&b));
            assert_int_equal(l.event.cls->view_count, last);
        }
    }
    buf_release(&b);
    laid_release(&l);
}

/* Free text that only patterns look at does not make a class of its own each time. */
static void free_text_makes_no_classes(void **state)
{
    struct laid l;
    uint32_t id = UINT32_MAX;
    char json[64];

    (void)state;
    laid_init(&l, "source: t\nrows: [ { when: { message: '*sshd*' } } ]\n", "x");
    for (unsigned i = 0; i < 5000; i++) {
        (void)snprintf(json, sizeof(json), "{\"message\":\"sshd says %u\"}", i);
        laid_json(&l, json);
        assert_int_equal(l.event.cls->view_count, 1);
        assert_true(id == UINT32_MAX || l.event.cls->id == id);
        id = l.event.cls->id;
    }
    laid_release(&l);
}

/* Of very many values of a discriminator the first ones decide, and nothing breaks. */
static void very_many_discriminators_are_cut(void **state)
{
    struct laid l;
    struct buf b;

    (void)state;
    laid_init(&l, "source: t\nrows: [ { when: { a: '7' } } ]\n", "a");
    buf_init(&b, TEXT_BYTES_MAX);
    buf_fmt(&b, "{\"a\":[0,7");
    for (unsigned i = 0; i < 1000; i++)
        buf_fmt(&b, ",%u", i + 100);
    buf_fmt(&b, "]}");
    laid_span(&l, buf_span(&b));
    assert_int_equal(l.event.cls->view_count, 1);
    assert_true(l.event.own->hits_cut);
    buf_release(&b);
    laid_release(&l);
}

/* --- Limits --------------------------------------------------------------------------------- */

static void put_array(struct buf *b, const char *name, unsigned count)
{
    buf_fmt(b, "{\"k\":1,\"%s\":[0", name);
    for (unsigned i = 1; i < count; i++)
        buf_fmt(b, ",%u", i);
    buf_fmt(b, "]}");
}

static uint32_t count_values(struct laid *l, const char *name)
{
    const struct view *v = laid_view(l, 0);
    uint32_t id = laid_id(l, name), count = 0;

    for (uint32_t h = event_get(&l->event, v, id); h != EVENT_NONE;
         h = event_more(&l->event, v, id, h))
        count++;
    return count;
}

static void values_and_handles_are_bounded(void **state)
{
    struct laid l;
    struct buf b;

    (void)state;
    laid_init(&l,
              "source: t\nstrip: [ deep. ]\n"
              "rows: [ { when: { k: 1 }, fields: { Low: { from: Many, lower: true } } } ]\n",
              "Many,Low");
    buf_init(&b, TEXT_BYTES_MAX);
    put_array(&b, "Many", 1000);
    laid_span(&l, buf_span(&b));
    assert_int_equal(count_values(&l, "Many"), 1000);
    assert_int_equal(count_values(&l, "Low"), EVENT_VALUES_MAX);
    buf_clear(&b);
    put_array(&b, "Many", 5000); /* more fields than a record has room for */
    laid_span(&l, buf_span(&b));
    assert_true((l.rec.flags & REC_CUT_FIELDS) != 0);
    assert_int_equal(count_values(&l, "Many"), LIMIT_FIELDS - 2);
    buf_clear(&b);
    buf_fmt(&b, "{\"k\":1,\"deep\":{\"Many\":[0"); /* as many second names */
    for (unsigned i = 1; i < 5000; i++)
        buf_fmt(&b, ",%u", i);
    buf_fmt(&b, "]}}");
    laid_span(&l, buf_span(&b));
    assert_int_equal(count_values(&l, "Many"), LIMIT_FIELDS - 3);
    assert_int_equal(count_values(&l, "Low"), EVENT_VALUES_MAX);
    buf_release(&b);
    laid_release(&l);
}

static void the_raw_text_is_cut(void **state)
{
    struct laid l;
    struct buf b;

    (void)state;
    laid_init(&l, "source: t\n", "a");
    buf_init(&b, TEXT_BYTES_MAX);
    buf_fmt(&b, "{\"a\":\"");
    for (unsigned i = 0; i < LIMIT_EVENT_BYTES; i++)
        buf_byte(&b, 'x');
    buf_fmt(&b, "\"}");
    laid_span(&l, buf_span(&b));
    assert_int_equal(event_raw(&l.event).n, LIMIT_EVENT_BYTES);
    laid_json(&l, "{\"a\":1}");
    check_span("raw", event_raw(&l.event), "{\"a\":1}");
    buf_release(&b);
    laid_release(&l);
}

/* --- Time and host -------------------------------------------------------------------------- */

static const char places[] =
    "source: t\n"
    "time: [ late, last ]\n"
    "host: [ Computer, host.name, host ]\n"
    "rows:\n"
    "  - { when: { k: 1 }, time: [ first, second ], host: [ box ] }\n"
    "  - { when: { k: [ 1, 2 ] }, time: third }\n"
    "  - { when: { k: 3 }, time: all, fields: { all: '{day} {clock}' } }\n";

static const struct {
    const char *json, *time, *host;
} placed[] = {
    { "{\"k\":1,\"first\":\"2026-03-01\",\"second\":\"2026-03-02\"}", "2026-03-01T00:00:00Z", "" },
    { "{\"k\":1,\"second\":\"2026-03-02\",\"late\":\"2026-03-09\"}", "2026-03-02T00:00:00Z", "" },
    { "{\"k\":3,\"day\":\"2026-03-06\",\"clock\":\"07:08:09\"}", "2026-03-06T07:08:09Z", "" },
    { "{\"k\":1,\"first\":\"soon\",\"third\":\"2026-03-03\"}", "2026-03-03T00:00:00Z", "" },
    { "{\"k\":2,\"first\":\"2026-03-01\",\"last\":1772359200}", "2026-03-01T10:00:00Z", "" },
    { "{\"k\":1,\"first\":null,\"late\":[\"x\",\"2026-03-04\"]}", "", "" }, /* the first one */
    { "{\"late\":\"Mar  5 00:00:00\"}", "2026-03-05T00:00:00Z", "" },
    { "{\"late\":{\"a\":1}}", "", "" },
    { "{}", "", "" },
    { "{\"k\":1,\"box\":\"b\",\"Computer\":\"c\"}", "", "b" },
    { "{\"k\":1,\"Computer\":\"c\"}", "", "" }, /* a row with hosts of its own takes no other */
    { "{\"k\":2,\"computer\":\"c\"}", "", "c" },
    { "{\"k\":2,\"Computer\":\"\",\"host\":\"h\"}", "", "h" },
    { "{\"k\":2,\"Computer\":null,\"host\":\"h\"}", "", "h" },
    { "{\"box\":\"b\",\"host\":{\"name\":\"h\"}}", "", "h" },
    { "{\"host\":{\"id\":\"h\"}}", "", "" }, /* an object is no name */
    { "{\"host\":\"h\\u00e9\"}", "", "h\xC3\xA9" },
};

static void finds_time_and_host(void **state)
{
    int64_t reference;
    struct laid l;

    (void)state;
    laid_init(&l, places, "x");
    assert_true(time_parse(SPAN_LIT("2026-12-31"), 0, &reference));
    event_reference_time(&l.event, reference);
    for (size_t i = 0; i < COUNT_OF(placed); i++) {
        uint8_t text[TIME_TEXT_MAX];
        int64_t ns;

        laid_json(&l, placed[i].json);
        if (event_time(&l.event, &ns))
            check_span(placed[i].json, (struct span){ text, time_put(text, ns) }, placed[i].time);
        else
            CHECK_ROW(placed[i].json, placed[i].time[0] == '\0');
        check_span(placed[i].json, event_host(&l.event), placed[i].host);
    }
    laid_release(&l);
}

/* A record of one field, as an event log has it. */
static void lay_filetime(struct laid *l, struct span ticks)
{
    rec_clear(&l->rec);
    assert_true(rec_add(&l->rec, REC_ROOT, SPAN_LIT("late"), REC_FILETIME, ticks));
    laid_again(l);
}

static void reads_a_filetime_without_its_text(void **state)
{
    /* 132411686001234567, little-endian */
    static const uint8_t ticks[] = { 0x87, 0xAE, 0x4C, 0x4A, 0xBB, 0x6B, 0xD6, 0x01 };
    uint64_t value = 0;
    int64_t ns, same;
    struct laid l;

    (void)state;
    for (unsigned i = 0; i < 8; i++)
        value |= (uint64_t)ticks[i] << (8 * i);
    laid_init(&l, places, "x");
    lay_filetime(&l, (struct span){ ticks, 8 });
    assert_true(event_time(&l.event, &ns) && time_from_filetime(value, &same) && ns == same);
    assert_int_equal(l.event.own->mem.used_bytes, 0);
    lay_filetime(&l, (struct span){ ticks, 4 }); /* damaged: too short for one */
    assert_false(event_time(&l.event, &ns));
    laid_release(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_to_its_own_names),
        cmocka_unit_test(nothing_of_the_last_event_is_left),
        cmocka_unit_test(nothing_of_2_to_the_32_events_ago_is_left),
        cmocka_unit_test(the_name_that_is_none_finds_nothing),
        cmocka_unit_test(answers_through_the_map_of_a_view),
        cmocka_unit_test(computes_once_per_event),
        cmocka_unit_test(names_its_fields),
        cmocka_unit_test(views_come_in_the_order_of_their_rows),
        cmocka_unit_test(more_views_than_there_is_room_for_are_dropped),
        cmocka_unit_test(more_classes_than_the_table_holds_are_right_too),
        cmocka_unit_test(long_values_decide_too),
        cmocka_unit_test(free_text_makes_no_classes),
        cmocka_unit_test(very_many_discriminators_are_cut),
        cmocka_unit_test(values_and_handles_are_bounded),
        cmocka_unit_test(the_raw_text_is_cut),
        cmocka_unit_test(finds_time_and_host),
        cmocka_unit_test(reads_a_filetime_without_its_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
