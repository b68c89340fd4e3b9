/*
 * Goal: a template and a value make the document that they say; a value is never read as a mark;
 * what is missing is told; every fault names its line. Method: small templates filled, the model's
 * texts put in a row and compared; broken ones, with the line and a part of the sentence. Every
 * template is also cut at every byte.
 */
#include "check.h"

#include "report/template.h"

#define HEAD "template: t\nhelp: h\n"

struct made {
    struct template t;
    struct page p;
    struct template_gaps gaps;
    json_t *value;
    struct err e;
    int rc;
};

static void make(struct made *m, struct span yaml, const char *json)
{
    memset(m, 0, sizeof(*m));
    m->value = json_loads(json, 0, NULL);
    MUST(m->value != NULL);
    page_init(&m->p, page_layout("13"));
    template_gaps_init(&m->gaps);
    m->rc = template_read(&m->t, yaml, "f", &m->e);
    if (m->rc == ERR_OK)
        m->rc = template_fill(&m->t, m->value, &m->p, &m->gaps, &m->e);
}

static void unmake(struct made *m)
{
    json_decref(m->value);
    page_release(&m->p);
    template_gaps_release(&m->gaps);
    template_release(&m->t);
}

static void put_text(struct buf *to, const struct page_text *t)
{
    for (const struct page_run *r = t->first; r != NULL; r = r->next) {
        buf_text(to, (r->style & PAGE_BOLD) != 0 ? "<b>" : "");
        buf_text(to, (r->style & PAGE_ITALIC) != 0 ? "<i>" : "");
        buf_add(to, r->text);
        buf_text(to, r->style != 0 ? "</>" : "");
        if (r->note != NULL) {
            buf_fmt(to, "<%u:", r->note->number);
            put_text(to, &r->note->text);
            buf_byte(to, '>');
        }
    }
}

/* The document's blocks in one line. */
static void put_page(struct buf *to, const struct page *p)
{
    for (const struct page_block *b = p->first; b != NULL; b = b->next) {
        buf_add(to, b->number);
        buf_text(to, b->number.n > 0 ? " " : "");
        put_text(to, &b->label);
        buf_text(to, b->kind == PAGE_FORM ? "=" : "");
        put_text(to, &b->text);
        for (const struct page_check *c = b->checks; c != NULL; c = c->next) {
            buf_text(to, c->on ? "[x]" : "[ ]");
            put_text(to, &c->text);
        }
        for (const struct page_row *r = b->table != NULL ? b->table->first : NULL; r != NULL;
             r = r->next) {
            for (uint32_t i = 0; i < b->table->column_count; i++) {
                buf_byte(to, '|');
                put_text(to, &r->cells[i]);
            }
        }
        buf_text(to, b->next != NULL ? " / " : "");
    }
}

static const struct row {
    const char *name, *yaml, *json, *want;
    uint32_t gaps;
} rows[] = {
    { "numbers of headings",
      HEAD "end: false\nbody: [{heading: A}, {heading: B, level: 2}, {heading: C, level: 2}, "
           "{heading: D, level: 3}, {heading: E}, {heading: F, level: 2}]\n",
      "{}", "I. A / 1. B / 2. C / a) D / II. E / 1. F", 0 },
    { "the end", HEAD "body: [{text: A}]\n", "{}", "A./.", 0 },
    { "a value is text", HEAD "end: false\nbody: [{text: 'x {v} **b** __i__ {{}'}]\n",
      "{\"v\":\"**{v}** [^n] <w:t>\"}", "x **{v}** [^n] <w:t> <b>b</> <i>i</> {}", 0 },
    { "missing", HEAD "end: false\nbody: [{text: '{a.b}.{c?}'}, {form: L, value: '{d}'}]\n",
      "{\"a\":{}}", "…………………. / L=", 2 },
    { "inner first", HEAD "end: false\nbody: [{for: l, text: '{#}{n}{o}{.?}'}]\n",
      "{\"n\":\"x\",\"o\":\"y\",\"l\":[{\"n\":\"z\"},{}]}", NULL, 0 },
    { "items", HEAD "end: false\nbody: [{for: l, text: '{#}{.}{o}'}]\n",
      "{\"o\":\"y\",\"l\":[\"a\",\"b\"]}", "1ay / 2by", 0 },
    { "conditions",
      HEAD "end: false\nbody: [{if: a, text: A}, {if: '!a', text: B}, {if: 's = on', text: C}, "
           "{if: e, text: D}]\n",
      "{\"a\":true,\"s\":\"on\",\"e\":[]}", "A / C", 0 },
    { "formats",
      HEAD
      "end: false\nbody: [{text: '{n|count} {m|money} {d|day} {p|percent} {u|upper} {port}'}]\n",
      "{\"n\":5,\"m\":1250000,\"d\":\"2026-01-05\",\"p\":12.5,\"u\":\"đề\",\"port\":4444}",
      "05 1.250.000 đồng 05/01/2026 12,5% ĐỀ 4444", 0 },
    { "boxes", HEAD "end: false\nbody: [{checks: L, value: v, options: {a: A, 2: B, c: C}}]\n",
      "{\"v\":[\"a\",2]}", "L[x]A[x]B[ ]C", 0 },
    { "no box", HEAD "end: false\nbody: [{checks: L, value: v, options: {a: A}}]\n",
      "{\"v\":\"z\"}", "L[ ]A", 1 },
    { "a table", HEAD "end: false\nbody: [{table: l, columns: [{cell: '{#}'}, {cell: '{x}'}]}]\n",
      "{\"l\":[{\"x\":1},{\"x\":2}]}", "|1|1|2|2", 0 },
    { "an empty table",
      HEAD "end: false\nbody: [{table: l, empty: no, columns: [{cell: '{#}'}, {cell: '{x}'}]}]\n",
      "{\"l\":[]}", "||no", 0 },
    { "a footnote", HEAD "end: false\nbody: [{text: 'a[^see {v}]b'}]\n", "{\"v\":\"w\"}",
      "a<1:see w>b", 0 },
    { "NFC, no control characters", HEAD "end: false\nbody: [{text: '{v}'}]\n",
      "{\"v\":\"e\\u0302\\u0301\\u0001x\"}", "ế x", 0 },
};

static void test_templates_make_what_they_say(void **state)
{
    struct buf text;

    (void)state;
    buf_init(&text, 65536);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *r = &rows[i];
        struct made m;

        make(&m, span_of(r->yaml), r->json);
        if (r->want == NULL) { /* an object is no text */
            CHECK_ROW(r->name, m.rc == ERR_SYNTAX);
        } else {
            if (m.rc != ERR_OK)
                fail_msg("row '%s': %s", r->name, m.e.why);
            buf_clear(&text);
            put_page(&text, &m.p);
            check_span(r->name, buf_span(&text), r->want);
            CHECK_ROW(r->name, m.gaps.count == r->gaps);
        }
        unmake(&m);
    }
    buf_release(&text);
}

static void test_cut_templates_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t n = 0; n < strlen(rows[i].yaml); n++) {
            struct made m;

            make(&m, (struct span){ (const uint8_t *)rows[i].yaml, n }, rows[i].json);
            CHECK_ROW(rows[i].name, m.rc == ERR_OK || m.e.why[0] != 0);
            unmake(&m);
        }
    }
}

static void test_faults_name_the_line(void **state)
{
    static const struct {
        const char *yaml, *json, *part;
        size_t line;
    } bad[] = {
        { HEAD "boddy: []\n", "{}", "'boddy' is not known here", 3 },
        { "help: h\n", "{}", "`template:`", 1 },
        { HEAD "body:\n- {text: a}\n- {txt: a}\n", "{}", "A block is", 5 },
        { HEAD "body:\n- {text: a, color: red}\n", "{}", "'color' is not known", 4 },
        { HEAD "body:\n- {text: '{a'}\n", "{}", "has no end", 4 },
        { HEAD "body:\n- {text: '{a|colour}'}\n", "{}", "{a|colour}", 4 },
        { HEAD "body:\n- {text: '{a|day}'}\n", "{\"a\":\"soon\"}", "{a|day}", 4 },
        { HEAD "body:\n- {text: '{a}'}\n", "{\"a\":{}}", "{a}", 4 },
        { HEAD "body:\n- {for: a, text: x}\n", "{\"a\":1}", "'a' is no list", 4 },
        { HEAD "body:\n- {heading: x, level: 4}\n", "{}", "A level is", 4 },
        { HEAD "body:\n- {table: a, columns: []}\n", "{}", "columns", 4 },
        { HEAD "landscape: perhaps\n", "{}", "true or false", 3 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct made m;

        make(&m, span_of(bad[i].yaml), bad[i].json);
        if (m.rc == ERR_OK || m.e.at != bad[i].line || strstr(m.e.why, bad[i].part) == NULL ||
            strncmp(m.e.why, "f:", 2) != 0)
            fail_msg("row '%s': %d at %zu: '%s'", bad[i].part, m.rc, m.e.at, m.e.why);
        unmake(&m);
    }
}

static void test_a_message_has_at_most_300_characters(void **state)
{
    struct made m;
    struct buf text;
    size_t count = 0;
    char json[2048] = "{\"v\":\"";

    (void)state;
    for (int i = 0; i < 200; i++)
        strcat(json, "ộ x ");
    strcat(json, "\"}");
    make(&m, span_of(HEAD "message: '{v}'\n"), json);
    buf_init(&text, 65536);
    assert_int_equal(template_message(&m.t, m.value, &text, &m.gaps, &m.e), ERR_OK);
    for (size_t i = 0; i < text.n; i++)
        count += (text.p[i] & 0xc0) != 0x80;
    assert_true(count <= 300 && count > 290);
    assert_true(span_ends(buf_span(&text), SPAN_LIT("…")));
    buf_release(&text);
    unmake(&m);
}

static void test_both_writers_take_anything(void **state)
{
    struct page p;
    struct buf pdf, docx, again;
    struct err e = { 0 };
    struct page_block *b;

    (void)state;
    page_init(&p, page_layout("14"));
    b = page_table(&p, 2);
    for (int i = 0; i < 3; i++) {
        struct page_row *r = page_row(&p, b->table);

        for (int j = 0; j < 400 * (i == 1); j++) /* higher than a page */
            page_add(&p, &r->cells[1], SPAN_LIT("một hai ba bốn năm sáu bảy\n"), 0);
        page_add(&p, &r->cells[0], SPAN_LIT("<&>\"\xff\xef\xbf\xbf"), PAGE_BOLD);
    }
    b->table->columns[0].width = 1;
    b->table->columns[1].width = 0.01; /* narrower than a letter */
    b->table->landscape = true;
    (void)page_annex(&p);
    page_end(&p);
    buf_init(&pdf, PAGE_BYTES_MAX);
    buf_init(&docx, PAGE_BYTES_MAX);
    buf_init(&again, PAGE_BYTES_MAX);
    if (page_pdf(&p, &pdf, &e) != ERR_OK || page_docx(&p, &docx, &e) != ERR_OK)
        fail_msg("%s", e.why);
    assert_int_equal(page_pdf(&p, &again, &e), ERR_OK);
    assert_true(span_eq(buf_span(&pdf), buf_span(&again)));
    buf_release(&again);
    buf_init(&again, 100);
    assert_int_equal(page_docx(&p, &again, &e), ERR_LIMIT);
    assert_int_equal(page_pdf(&p, &again, &e), ERR_LIMIT);
    buf_release(&pdf);
    buf_release(&docx);
    buf_release(&again);
    page_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_templates_make_what_they_say),
        cmocka_unit_test(test_cut_templates_do_no_harm),
        cmocka_unit_test(test_faults_name_the_line),
        cmocka_unit_test(test_a_message_has_at_most_300_characters),
        cmocka_unit_test(test_both_writers_take_anything),
    };

    return cmocka_run_group_tests_name("report/template", tests, NULL, NULL);
}
