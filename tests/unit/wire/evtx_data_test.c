/*
 * Goal: real event logs are read as another reader reads them, and wholly.
 * Method: the regression cases of SigmaHQ hold each log a second time as JSON made by evtx_dump;
 * every value there must be ours and every field of ours must be there, but for the braces and
 * the case of GUIDs and for what evtx_dump drops (see normal()). The attack samples are only
 * counted: as many records as the chunk headers promise, none damaged, checksums right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>

#include "data.h"
#include "base/ascii.h"
#include "base/num.h"
#include "wire/evtx.h"

struct compare {
    struct rec *r;
    const char *path;
    bool *seen; /* by field */
    unsigned faults, values;
};

#define TIME_BYTES 26u /* evtx_dump cuts the seventh digit of a second */

/* Text as both sides agree on it: GUIDs without braces and case, and, because evtx_dump drops
 * what Windows keeps, without blanks at the end and the last digit of times. */
static size_t normal(struct span s, bool is_guid, bool is_time, char *dst, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n && n + 1 < room; i++) {
        if (!is_guid || (s.p[i] != '{' && s.p[i] != '}'))
            dst[n++] = (char)(is_guid ? ascii_lower(s.p[i]) : s.p[i]);
    }
    while (n > 0 && ascii_is_blank((uint8_t)dst[n - 1]))
        n--;
    return is_time && n > TIME_BYTES ? TIME_BYTES : n;
}

static struct span json_text(const json_t *v, uint8_t *number)
{
    if (json_is_string(v))
        return (struct span){ (const uint8_t *)json_string_value(v), json_string_length(v) };
    if (json_is_integer(v))
        return (struct span){ number, num_put_i64(number, json_integer_value(v)) };
    if (json_is_boolean(v))
        return json_is_true(v) ? SPAN_LIT("true") : SPAN_LIT("false");
    if (json_is_real(v))
        return (struct span){ number, num_put_double(number, json_real_value(v)) };
    return SPAN_NONE;
}

static bool same(struct rec *r, const struct rec_field *f, const json_t *want)
{
    static char a[200000], b[200000];
    uint8_t number[32];
    bool is_guid = f->kind == REC_GUID, is_time = f->kind == REC_FILETIME || f->kind == REC_SYSTIME;
    size_t n = normal(rec_text(f, &r->mem), is_guid, is_time, a, sizeof(a));
    size_t m = normal(json_text(want, number), is_guid, is_time, b, sizeof(b));

    return n == m && memcmp(a, b, n) == 0;
}

/* The next field of that name that has not been used must have that value. */
static void want_field(struct compare *c, struct span name, const json_t *want)
{
    for (uint32_t i = 0; i < c->r->count; i++) {
        const struct rec_field *f = &c->r->fields[i];

        if (c->seen[i] || !span_eq(f->name, name))
            continue;
        c->seen[i] = true;
        c->values++;
        if (!same(c->r, f, want)) {
            struct span text = rec_text(f, &c->r->mem);

            printf("%s: %.*s is '%.*s', not %s\n", c->path, SPAN_ARG(name), SPAN_ARG(text),
                   json_dumps(want, JSON_ENCODE_ANY));
            c->faults++;
        }
        return;
    }
    if (json_is_null(want))
        return; /* an element that had only attributes */
    printf("%s: no field %.*s\n", c->path, SPAN_ARG(name));
    c->faults++;
}

static void want_attributes(struct compare *c, const char *element, json_t *attributes)
{
    const char *key;
    json_t *v;

    json_object_foreach(attributes, key, v)
    {
        char name[256];
        int n = snprintf(name, sizeof(name), "%s_%s", element, key);

        MUST(n > 0 && (size_t)n < sizeof(name));
        if (strcmp(key, "xmlns") != 0)
            want_field(c, span_of(name), v);
    }
}

static void want_value(struct compare *c, const char *key, json_t *v)
{
    char name[256];
    size_t n = 0, i;
    json_t *member;

    for (const char *k = key; *k != 0 && n + 1 < sizeof(name); k++) {
        if (*k != ' ')
            name[n++] = *k;
    }
    name[n] = 0;
    if (json_is_object(v)) {
        want_attributes(c, name, json_object_get(v, "#attributes"));
        if (json_object_get(v, "#text") != NULL)
            want_value(c, key, json_object_get(v, "#text"));
    } else if (json_is_array(v)) {
        json_array_foreach(v, i, member) want_field(c, span_of(name), member);
    } else {
        want_field(c, span_of(name), v);
    }
}

static void want_all(struct compare *c, json_t *section)
{
    const char *key;
    json_t *v;

    json_object_foreach(section, key, v)
    {
        if (strcmp(key, "#attributes") != 0)
            want_value(c, key, v);
    }
}

static void compare_event(struct compare *c, json_t *document)
{
    json_t *event = json_object_get(document, "Event");
    bool seen[LIMIT_FIELDS] = { false };
    const char *key;
    json_t *v;

    c->seen = seen;
    want_all(c, json_object_get(event, "System"));
    want_all(c, json_object_get(event, "EventData"));
    json_object_foreach(json_object_get(event, "UserData"), key, v) want_all(c, v);
    for (uint32_t i = 0; i < c->r->count; i++) {
        if (!seen[i]) {
            printf("%s: field %.*s is not in the JSON\n", c->path, SPAN_ARG(c->r->fields[i].name));
            c->faults++;
        }
    }
}

/* JSON documents follow each other in the file, in the order of the records. */
static size_t compare_file(struct compare *c, struct evtx *x, struct span log, struct span json)
{
    struct span chunk;
    size_t at = 0, events = 0;
    struct err e;

    for (uint64_t i = 0; (chunk = evtx_chunk_at(log, i)).n > 0; i++) {
        int64_t n;

        if (evtx_chunk(x, chunk, &e) == ERR_NOTFOUND)
            continue;
        while ((n = evtx_next(x, c->r, &e)) > 0) {
            json_error_t fault;
            json_t *document =
                json_loadb((const char *)json.p + at, json.n - at, JSON_DISABLE_EOF_CHECK, &fault);

            if (document == NULL) {
                printf("%s: record %zu has no JSON: %s\n", c->path, events, fault.text);
                c->faults++;
                return events;
            }
            at += (size_t)fault.position;
            compare_event(c, document);
            json_decref(document);
            events++;
        }
        assert_true(n == 0);
    }
    assert_int_equal(span_trim(span_from(json, at)).n, 0);
    return events;
}

static void regression_cases_equal_evtx_dump(void **state)
{
    struct data_list logs;
    struct buf log, json;
    struct rec r;
    struct evtx *x = evtx_new(EVTX_CHECKSUMS);
    struct compare c = { .r = &r };
    size_t events = 0;
    char dir[DATA_PATH];

    (void)state;
    if (!data_unpack("sigma-regression.tar.xz", dir)) {
        evtx_free(&x);
        skip();
    }
    assert_true(x != NULL && rec_init(&r));
    buf_init(&log, 1u << 30);
    buf_init(&json, 1u << 30);
    data_list(dir, ".evtx", &logs);
    assert_int_equal(logs.count, 94);
    for (size_t i = 0; i < logs.count; i++) {
        char *path = logs.paths[i];

        c.path = path;
        assert_true(data_load(path, &log));
        memcpy(path + strlen(path) - 4, "json", 4);
        assert_true(data_load(path, &json));
        events += compare_file(&c, x, buf_span(&log), buf_span(&json));
    }
    printf("%zu logs, %zu events, %u values compared\n", logs.count, events, c.values);
    data_list_release(&logs);
    buf_release(&log);
    buf_release(&json);
    rec_release(&r);
    evtx_free(&x);
    assert_int_equal(events, 117);
    assert_int_equal(c.faults, 0);
}

static uint64_t le64(const uint8_t *p)
{
    uint64_t v = 0;

    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

/* Records of one log, which must be as many as its chunk headers say. */
static size_t count_file(struct evtx *x, struct rec *r, struct span log, const char *path)
{
    struct evtx_file head;
    struct span chunk;
    struct err e;
    size_t records = 0;

    assert_int_equal(evtx_header(log, &head, &e), ERR_OK);
    for (uint64_t i = 0; (chunk = evtx_chunk_at(log, i)).n > 0; i++) {
        int rc = evtx_chunk(x, chunk, &e);
        uint64_t here = 0;
        int64_t n;

        if (rc == ERR_NOTFOUND)
            continue;
        assert_int_equal(rc, ERR_OK);
        while ((n = evtx_next(x, r, &e)) != 0) {
            if (n < 0)
                fail_msg("%s, chunk %u: %s", path, (unsigned)i, e.why);
            assert_true(r->count >= 10);
            assert_int_equal(evtx_record_id(x), le64(chunk.p + 24) + here);
            here++;
        }
        assert_int_equal(here, le64(chunk.p + 32) - le64(chunk.p + 24) + 1);
        records += here;
    }
    return records;
}

static void attack_samples_are_read_wholly(void **state)
{
    struct data_list logs;
    struct buf log;
    struct rec r;
    struct evtx *x = evtx_new(EVTX_CHECKSUMS);
    size_t records = 0;
    char dir[DATA_PATH];

    (void)state;
    if (!data_unpack("evtx-attack-samples.tar.xz", dir)) {
        evtx_free(&x);
        skip();
    }
    assert_true(x != NULL && rec_init(&r));
    buf_init(&log, 1u << 30);
    data_list(dir, ".evtx", &logs);
    for (size_t i = 0; i < logs.count; i++) {
        assert_true(data_load(logs.paths[i], &log));
        records += count_file(x, &r, buf_span(&log), logs.paths[i]);
    }
    printf("%zu logs, %zu records\n", logs.count, records);
    assert_int_equal(logs.count, 99);
    assert_int_equal(records, 3034);
    data_list_release(&logs);
    buf_release(&log);
    rec_release(&r);
    evtx_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regression_cases_equal_evtx_dump),
        cmocka_unit_test(attack_samples_are_read_wholly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
