/*
 * Goal: a wrong file of the taxonomy is refused with its name, its line and a sentence that says
 * what is wrong; right ones give the views, maps and classes that docs/taxonomy.md promises.
 * Method: bad.case beside this file, files made here where they must be long, and small
 * taxonomies laid over JSON.
 */
#include "../check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "event/steps.h"
#include "event/taxonomy_own.h"
#include "guard.h"
#include "laid.h"

#define FILE_BYTES_MAX (4u << 20)

/* --- Wrong files ---------------------------------------------------------------------------- */

/* Reads one file; returns the code, the sentence in *e. */
static int try_file(struct span yaml, struct err *e)
{
    struct taxonomy *t;
    struct names n;
    int rc;

    *e = (struct err){ 0 };
    assert_int_equal(names_init(&n, e), ERR_OK);
    assert_int_equal(taxonomy_new(&t, e), ERR_OK);
    rc = taxonomy_add(t, SPAN_LIT("bad.yaml"), yaml, &n, e);
    taxonomy_free(&t);
    names_release(&n);
    return rc;
}

/* `want` is "line: sentence". */
static uint32_t check_refused(struct span title, struct span yaml, struct span want)
{
    char sentence[512];
    struct err e;
    int rc = try_file(yaml, &e);

    (void)snprintf(sentence, sizeof(sentence), "bad.yaml:%.*s", SPAN_ARG(want));
    if (rc < 0 && rc == (int)e.code && strcmp(e.why, sentence) == 0)
        return 0;
    printf("%.*s: got %d '%s', want '%s'\n", SPAN_ARG(title), rc, e.why, sentence);
    return 1;
}

/* "=== title", the file, "--- line: sentence". */
static uint32_t check_cases(struct span text, uint32_t *cases)
{
    struct span title = SPAN_NONE, yaml = SPAN_NONE;
    uint32_t faults = 0;

    while (text.n > 0) {
        size_t n = span_find(text, '\n');
        struct span line = { text.p, n };

        text = span_from(text, n < text.n ? n + 1 : n);
        if (span_starts(line, SPAN_LIT("=== "))) {
            title = span_from(line, 4);
            yaml = (struct span){ text.p, 0 };
        } else if (span_starts(line, SPAN_LIT("--- ")) && title.p != NULL) {
            yaml.n = (size_t)(line.p - yaml.p);
            faults += check_refused(title, yaml, span_from(line, 4));
            ++*cases;
            title = SPAN_NONE;
        }
    }
    return faults;
}

static void says_what_is_wrong_and_where(void **state)
{
    uint8_t *text = malloc(FILE_BYTES_MAX);
    FILE *in = fopen(BAD_CASES, "rb");
    uint32_t faults, cases = 0;
    size_t n;

    (void)state;
    assert_non_null(text);
    assert_non_null(in);
    n = fread(text, 1, FILE_BYTES_MAX, in);
    assert_int_equal(fclose(in), 0);
    faults = check_cases((struct span){ text, n }, &cases);
    printf("%u cases, %u faults\n", cases, faults);
    free(text);
    assert_int_equal(faults, 0);
    assert_true(cases >= 48);
}

/* Files that are too long or too many of something: head, `count` times `each`, tail; '#' in
 * `each` stands for the number. */
static const struct {
    const char *head, *each, *tail;
    uint32_t count;
    enum err_code code;
    const char *want;
} many[] = {
    { "source: a\nwhen: { ", "f#: 1, ", "}", 255, ERR_OK, "" },
    { "source: a\nwhen: { ", "f#: 1, ", "}", 256, ERR_LIMIT,
      "bad.yaml:2: more than 255 fields are asked by `when`" },
    { "source: a\nwhen: { f: [ ", "a#*, ", "] }", 128, ERR_OK, "" },
    { "source: a\nwhen: { f: [ ", "a#*, ", "] }", 129, ERR_LIMIT,
      "bad.yaml:2: more than 128 patterns on one field" },
    { "source: a\nwhen: { f: [ ", "a#, ", "] }", 2000, ERR_OK, "" },
    { "source: a\nwhen: [ ", "{ f: # }, ", "]", 65, ERR_SYNTAX,
      "bad.yaml:2: a map, or a list of 1 to 64 maps, is expected here" },
    { "source: a\nrows: [ ", "{ when: { f: 1 } }, ", "]", 4096, ERR_OK, "" },
    { "source: a\nrows: [ ", "{ when: { f: 1 } }, ", "]", 4097, ERR_LIMIT,
      "bad.yaml:2: more than 4096 rows" },
    { "source: a\noverlays: [ ", "{ when: { f: 1 } }, ", "]", 4097, ERR_LIMIT,
      "bad.yaml:2: more than 4096 overlays" },
    { "source: a\nnames: { ", "f#: g, ", "}", 1025, ERR_LIMIT, "bad.yaml:2: more than 1024 names" },
    { "source: a\nstrip: [ ", "f#., ", "]", 1025, ERR_LIMIT,
      "bad.yaml:2: more than 1024 prefixes" },
    { "source: a\nrows: [ { when: { f: 1 }, fields: { g: { from: h, map: { ", "k#: 1, ",
      "} } } } ]", 257, ERR_SYNTAX, "bad.yaml:2: a map of 1 to 256 texts is expected here" },
    { "source: a\nrows: [ { when: { f: 1 }, fields: { g: [ ", "h#, ", "] } } ]", 65, ERR_SYNTAX,
      "bad.yaml:2: a field, or a list of 1 to 64, is expected here" },
    { "source: a\nrows: [ { when: { f: 1 }, fields: { ", "g#: h, ", "} } ]", 16385, ERR_LIMIT,
      "bad.yaml:1: more than 16384 field sources" },
    { "source: a\nrows: [ { when: { f: 1 }, fields: { ", "g#: \"{h}x\", ", "} } ]", 4097, ERR_LIMIT,
      "bad.yaml:2: more than 4096 computed fields" },
    { "source: a\nrows: [ { when: { ", "f", ": 1 } } ]", 512, ERR_SYNTAX,
      "bad.yaml:2: a field name is longer than 512 bytes" },
    { "source: a # ", "x", "", 1048576, ERR_LIMIT, "bad.yaml:1: the file is over 1048576 bytes" },
};

static void make_many(struct buf *b, size_t row)
{
    buf_fmt(b, "%s", many[row].head);
    for (uint32_t i = 0; i < many[row].count; i++) {
        struct span each = span_of(many[row].each);
        size_t hash = span_find(each, '#');

        buf_add(b, (struct span){ each.p, hash });
        if (hash < each.n) {
            buf_fmt(b, "%u", i);
            buf_add(b, span_from(each, hash + 1));
        }
    }
    buf_fmt(b, "%s\n", many[row].tail);
}

static void too_much_of_anything_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        struct buf b;
        struct err e;

        buf_init(&b, FILE_BYTES_MAX);
        make_many(&b, i);
        if (try_file(buf_span(&b), &e) != (int)many[i].code)
            fail_msg("%s %u times: %s", many[i].each, many[i].count, e.why);
        if (many[i].code != ERR_OK)
            assert_string_equal(e.why, many[i].want);
        buf_release(&b);
    }
}

/* Every cut of a good file is read or refused, never more than that. */
static void survives_every_cut(void **state)
{
    static const char yaml[] =
        "source: a\nproduct: [ b, c ]\ncodec: json\nwhen: { d: [ e*, '*f', '*g*', h ] }\n"
        "strip: [ i. ]\nnames: { j: k }\ntime: [ l ]\nhost: m\n"
        "rows:\n  - when: { n: { not: o } }\n    category: p\n"
        "    fields: { q: { from: '{r}x', map: { s: t } } }\n"
        "overlays:\n  - { for: { product: b }, when: { u: { exists: true } }, lacks: v }\n";

    (void)state;
    for (size_t n = 0; n < sizeof(yaml); n++) {
        struct err e;
        int rc = try_file((struct span){ (const uint8_t *)yaml, n }, &e);

        assert_true(rc == ERR_OK || (rc == ERR_SYNTAX && e.why[0] != '\0'));
    }
}

/* Anchors of YAML may refer to themselves; the reader never goes deeper than its shape. */
static void anchors_that_refer_to_themselves_are_refused(void **state)
{
    static const char *const yaml[] = {
        "source: a\nwhen: &b [ *b ]\n",
        "source: a\nwhen: &b { f: *b }\n",
        "source: a\nrows: &b [ *b ]\n",
        "source: a\nrows: [ { when: { f: 1 }, fields: &b { c: *b } } ]\n",
        "source: a\nrows: [ { when: { f: 1 }, fields: { c: &b [ *b ] } } ]\n",
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(yaml); i++)
        CHECK_ROW(yaml[i], try_file(span_of(yaml[i]), &e) == ERR_SYNTAX);
}

/* --- Folders -------------------------------------------------------------------------------- */

static void put_file(const char *dir, const char *name, const char *text)
{
    char path[512];
    FILE *out;

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    out = fopen(path, "wb");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

/* *first is the first letter of the first row's source. */
static int load(const char *dir, uint8_t *first, struct err *e)
{
    struct taxonomy *t;
    struct names n;
    int rc;

    assert_int_equal(names_init(&n, e), ERR_OK);
    rc = taxonomy_load(&t, dir, &n, e);
    if (rc == ERR_OK) {
        assert_true(names_freeze(&n));
        assert_int_equal(taxonomy_bind(t, &n, e), ERR_OK);
        *first = taxonomy_view(t, 0)->source.p[0];
    } else {
        assert_null(t);
    }
    taxonomy_free(&t);
    names_release(&n);
    return rc;
}

static void loads_a_folder_in_the_order_of_its_paths(void **state)
{
    char dir[] = "/tmp/taxonomy.XXXXXX", path[64];
    static const char *const made[] = { "a/z.yml",      "a",         "b.yaml", "c.yaml",
                                        ".hidden.yaml", "readme.txt" };
    uint8_t first = 0;
    struct err e = { 0 };

    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(load("/nonexistent/folder", &first, &e), ERR_IO);
    assert_non_null(strstr(e.why, "/nonexistent/folder"));
    assert_int_equal(load(dir, &first, &e), ERR_NOTFOUND);
    put_file(dir, "b.yaml", "source: b\nrows: [ { when: { f: 1 } } ]\n");
    put_file(dir, ".hidden.yaml", "not: right\n");
    put_file(dir, "readme.txt", "not: right\n");
    (void)snprintf(path, sizeof(path), "%s/a", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    put_file(dir, "a/z.yml", "source: a\nrows: [ { when: { f: 1 } } ]\n");
    assert_int_equal(load(dir, &first, &e), ERR_OK);
    assert_int_equal(first, 'a'); /* a/z.yml before b.yaml */
    put_file(dir, "c.yaml", "source: c\nrwos: []\n");
    assert_int_equal(load(dir, &first, &e), ERR_SYNTAX);
    assert_non_null(strstr(e.why, "c.yaml:2: unknown key 'rwos'"));
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, made[i]);
        assert_int_equal(remove(path), 0);
    }
    assert_int_equal(rmdir(dir), 0);
}

/* --- Conditions ----------------------------------------------------------------------------- */

/* One row with this condition; does it apply to the record? */
static const struct {
    const char *when, *json;
    bool want;
} conditions[] = {
    { "{ a: x }", "{\"a\":\"X\"}", true },
    { "{ a: x }", "{\"A\":\"x\"}", true },
    { "{ a: x }", "{\"a\":\"xy\"}", false },
    { "{ a: x }", "{\"b\":\"x\"}", false },
    { "{ a: x }", "{\"a\":null}", false },
    { "{ a: 1 }", "{\"a\":1}", true },
    { "{ a: 1 }", "{\"a\":\"1\"}", true },
    { "{ a: 1 }", "{\"a\":[3,1]}", true },
    { "{ a: 'true' }", "{\"a\":true}", true },
    { "{ a: [ x, y ] }", "{\"a\":\"y\"}", true },
    { "{ a: [ x, y ] }", "{\"a\":\"z\"}", false },
    { "{ a: x* }", "{\"a\":\"XYZ\"}", true },
    { "{ a: x* }", "{\"a\":\"yx\"}", false },
    { "{ a: '*z' }", "{\"a\":\"xyZ\"}", true },
    { "{ a: '*z' }", "{\"a\":\"zx\"}", false },
    { "{ a: '*y*' }", "{\"a\":\"xYz\"}", true },
    { "{ a: '*y*' }", "{\"a\":\"xz\"}", false },
    { "{ a: '*' }", "{\"a\":\"\"}", true },
    { "{ a: '*' }", "{\"b\":1}", false },
    { "{ a: '*' }", "{\"a\":{\"b\":1}}", true },
    { "{ a: '' }", "{\"a\":\"\"}", true },
    { "{ a: '' }", "{\"a\":\"x\"}", false },
    { "{ a: { exists: true } }", "{\"a\":null}", true },
    { "{ a: { exists: true } }", "{\"b\":1}", false },
    { "{ a: { exists: false } }", "{\"b\":1}", true },
    { "{ a: { exists: false } }", "{\"a\":\"\"}", false },
    { "{ a: { not: x } }", "{\"a\":\"y\"}", true },
    { "{ a: { not: x } }", "{\"a\":\"x\"}", false },
    { "{ a: { not: x } }", "{\"b\":\"x\"}", true },
    { "{ a: { not: [ x, 'y*' ] } }", "{\"a\":\"yz\"}", false },
    { "{ a: { not: [ x, 'y*' ] } }", "{\"a\":[\"z\",\"x\"]}", false },
    { "{ a: x, b: y }", "{\"a\":\"x\",\"b\":\"y\"}", true },
    { "{ a: x, b: y }", "{\"a\":\"x\"}", false },
    { "[ { a: x }, { b: y } ]", "{\"b\":\"y\"}", true },
    { "[ { a: x }, { b: y } ]", "{\"b\":\"z\"}", false },
    { "{ a.b: x }", "{\"a\":{\"b\":\"x\"}}", true },
    { "{ a.b: x }", "{\"a.b\":\"x\"}", true },
    { "{ a: x }", "{\"a\":{\"b\":\"x\"}}", false },
    { "{ codec: json, a: x }", "{\"a\":\"x\"}", true },
    { "{ codec: [ evtx, json ], a: x }", "{\"a\":\"x\"}", true },
    { "{ codec: evtx, a: x }", "{\"a\":\"x\"}", false },
    { "{ codec: json }", "{\"b\":1}", true },
    { "{ a: x\\u00e9 }", "{\"a\":\"x\\\\u00e9\"}", true }, /* plain YAML has no escapes */
    { "{ a: \"x\\xe9\" }", "{\"a\":\"x\\u00e9\"}", true }, /* an escaped value is decoded */
};

static void conditions_hold_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        struct laid l;
        char yaml[512];

        (void)snprintf(yaml, sizeof(yaml), "source: t\nrows:\n  - when: %s\n", conditions[i].when);
        laid_init(&l, yaml, "x");
        for (int again = 0; again < 2; again++) { /* the second time from the memo */
            laid_json(&l, conditions[i].json);
            if ((l.event.cls->view_count == 1) != conditions[i].want)
                fail_msg("%s on %s, time %d", conditions[i].when, conditions[i].json, again + 1);
        }
        laid_release(&l);
    }
}

static void the_condition_of_the_file_is_laid_over_its_rows(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l,
              "source: t\ncategory: c\nwhen: [ { a: 1 }, { a: 2 } ]\n"
              "rows:\n  - { when: [ { b: 1 }, { b: 2 } ] }\n  - { when: { b: 3 }, category: d }\n",
              "x");
    laid_json(&l, "{\"a\":2,\"b\":1}");
    assert_string_equal(laid_views(&l), "t:c");
    laid_json(&l, "{\"a\":1,\"b\":3}");
    assert_string_equal(laid_views(&l), "t:d");
    laid_json(&l, "{\"a\":3,\"b\":1}");
    assert_string_equal(laid_views(&l), "");
    laid_json(&l, "{\"b\":1}");
    assert_string_equal(laid_views(&l), "");
    laid_release(&l);
}

/* --- Views ---------------------------------------------------------------------------------- */

static void otherwise_is_for_products_without_a_view(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l,
              "source: t\nproduct: p\nrows:\n"
              "  - { when: { a: '*' }, category: other, otherwise: true }\n"
              "  - { when: { a: 1 }, category: one }\n"
              "  - { when: { a: 2 }, product: q, category: two }\n",
              "x");
    laid_json(&l, "{\"a\":1}");
    assert_string_equal(laid_views(&l), "t:one");
    laid_json(&l, "{\"a\":2}");
    assert_string_equal(laid_views(&l), "t:two t:other");
    laid_json(&l, "{\"a\":3}");
    assert_string_equal(laid_views(&l), "t:other");
    laid_release(&l);
}

static void an_overlay_adds_to_the_rows_that_it_is_for(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l,
              "source: t\nproduct: p\nrows:\n"
              "  - { when: { k: 1 }, category: c, fields: { Image: Program }, time: [ t1 ] }\n"
              "  - { when: { k: 1 }, category: d, fields: { Image: Program } }\n"
              "overlays:\n"
              "  - for: { category: c }\n    when: { over: '*' }\n"
              "    fields: { Image: exe, User: who }\n    lacks: [ Hashes ]\n"
              "    host: [ machine ]\n",
              "Image,User,Hashes");
    laid_json(&l, "{\"k\":1,\"over\":1,\"exe\":\"e\",\"who\":\"w\",\"machine\":\"m\"}");
    assert_string_equal(laid_views(&l), "t:c t:d"); /* the overlay's variant, not the row as well */
    assert_string_equal(laid_values(&l, 0, "Image"), "e");
    assert_string_equal(laid_values(&l, 0, "User"), "w");
    assert_string_equal(laid_values(&l, 1, "User"), "(none)");
    assert_true(view_lacks(laid_view(&l, 0), laid_id(&l, "Hashes")));
    assert_false(view_lacks(laid_view(&l, 1), laid_id(&l, "Hashes")));
    check_span("host", event_host(&l.event), "m");
    laid_json(&l, "{\"k\":1,\"over\":1,\"exe\":\"e\",\"Program\":\"p\"}");
    assert_string_equal(laid_values(&l, 0, "Image"), "p"); /* the row's own comes first */
    laid_json(&l, "{\"k\":1,\"exe\":\"e\",\"who\":\"w\"}");
    assert_string_equal(laid_values(&l, 0, "User"), "(none)");
    assert_false(view_lacks(laid_view(&l, 0), laid_id(&l, "Hashes")));
    laid_release(&l);
}

static void views_have_their_tags(void **state)
{
    const struct view *v;
    struct laid l;

    (void)state;
    laid_init(&l, "source: t\nproduct: P\nrows: [ { when: { a: 1 }, category: [ c, d ] } ]\n", "x");
    laid_json(&l, "{\"a\":1}");
    v = laid_view(&l, 0);
    assert_true(view_has_tags(v, SPAN_LIT("p"), SPAN_LIT("D"), SPAN_NONE));
    assert_true(view_has_tags(v, SPAN_NONE, SPAN_LIT("c"), SPAN_NONE));
    assert_false(view_has_tags(v, SPAN_LIT("p"), SPAN_LIT("e"), SPAN_NONE));
    assert_false(view_has_tags(v, SPAN_NONE, SPAN_NONE, SPAN_LIT("s")));
    laid_release(&l);
}

static void lacks_knows_every_spelling(void **state)
{
    struct laid l;

    (void)state;
    laid_init(&l, "source: t\nrows:\n  - { when: { a: 1 }, lacks: [ Hashes, User, Zone ] }\n",
              "hashes,HASHES,Image,user,New Value,Zone");
    laid_json(&l, "{\"a\":1}");
    assert_true(view_lacks(laid_view(&l, 0), laid_id(&l, "hashes")));
    assert_true(view_lacks(laid_view(&l, 0), laid_id(&l, "HASHES")));
    assert_true(view_lacks(laid_view(&l, 0), laid_id(&l, "user")));
    assert_true(view_lacks(laid_view(&l, 0), laid_id(&l, "Zone")));
    assert_false(view_lacks(laid_view(&l, 0), laid_id(&l, "Image")));
    assert_false(view_lacks(laid_view(&l, 0), laid_id(&l, "New Value")));
    laid_release(&l);
}

/* --- Documentation -------------------------------------------------------------------------- */

/* docs/taxonomy.md has a table row for every step. */
static void every_step_is_documented(void **state)
{
    static const char *const steps[] = {
#define X(name, arg, help) #name,
        STEP_TABLE(X)
#undef X
    };
    char *text = calloc(1, FILE_BYTES_MAX), row[64];
    FILE *in = fopen(DOCUMENT, "rb");

    (void)state;
    assert_non_null(text);
    assert_non_null(in);
    assert_true(fread(text, 1, FILE_BYTES_MAX - 1, in) > 0);
    assert_int_equal(fclose(in), 0);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        (void)snprintf(row, sizeof(row), "\n| `%s` | ", steps[i]);
        CHECK_ROW(steps[i], strstr(text, row) != NULL);
    }
    free(text);
}

/* --- Patterns ------------------------------------------------------------------------------- */

static bool contains_slowly(struct span text, struct span part)
{
    for (size_t i = 0; i + part.n <= text.n; i++) {
        if (span_eq_nocase((struct span){ text.p + i, part.n }, part))
            return true;
    }
    return false;
}

static uint32_t next_of(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

/* At every place, of any length: texts are looked through many places at once. */
static void parts_are_found_wherever_they_stand(void **state)
{
    static const char letters[] = "aAbB \x10 0@`";
    uint32_t seed = 3, found = 0;
    struct guard g;

    (void)state;
    guard_init(&g, 256);
    for (uint32_t i = 0; i < 200000; i++) {
        uint8_t text[200], part[8];
        struct span p = { part, i % 8 }, t = { text, i / 8 % 200 };

        for (size_t k = 0; k < t.n; k++)
            text[k] = (uint8_t)letters[next_of(&seed) % (sizeof(letters) - 1)];
        for (size_t k = 0; k < p.n; k++)
            part[k] = (uint8_t)letters[next_of(&seed) % (sizeof(letters) - 1)];
        if (i % 3 == 0 && p.n > 0 && p.n <= t.n) /* once for sure, at any place */
            memcpy(text + (seed >> 8) % (t.n - p.n + 1), part, p.n);
        t = guard_put(&g, t);
        found += contains_slowly(t, p);
        assert_int_equal(pattern_holds(TEST_CONTAINS, p, t), contains_slowly(t, p));
    }
    assert_true(found > 50000 && found < 180000);
    guard_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_wrong_and_where),
        cmocka_unit_test(too_much_of_anything_is_refused),
        cmocka_unit_test(survives_every_cut),
        cmocka_unit_test(anchors_that_refer_to_themselves_are_refused),
        cmocka_unit_test(loads_a_folder_in_the_order_of_its_paths),
        cmocka_unit_test(conditions_hold_as_written),
        cmocka_unit_test(the_condition_of_the_file_is_laid_over_its_rows),
        cmocka_unit_test(otherwise_is_for_products_without_a_view),
        cmocka_unit_test(an_overlay_adds_to_the_rows_that_it_is_for),
        cmocka_unit_test(views_have_their_tags),
        cmocka_unit_test(lacks_knows_every_spelling),
        cmocka_unit_test(every_step_is_documented),
        cmocka_unit_test(parts_are_found_wherever_they_stand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
