/*
 * Goal: an event matches a query when the query's text says so; what a filter over words and
 * trigrams is asked for is in the search text of every event that matches.
 * Method: rows over one event with Sigma's names laid over it; generated queries over generated
 * events against an evaluation that knows the generated tree and code points, and shares nothing
 * with the program; every field of the samples of tests/taxonomy asked for by name.
 */
#include "../check.h"

#include <glob.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "../event/laid.h"
#include "base/time.h"
#include "base/utf.h"
#include "event/search_text.h"
#include "query/eval.h"
#include "query/glob.h"
#include "query/needs.h"
#include "query/value.h"
#include "scan/records.h"

static const struct query_clock at = { 1795788611 * TIME_SECOND, QUERY_VIETNAM_S };

/* --- a filter that knows exactly what is there ---------------------------------------------- */

static bool has_word(void *arg, struct span word)
{
    struct span rest = *(struct span *)arg, w;

    while (search_word_next(&rest, &w)) {
        if (span_eq(w, word))
            return true;
    }
    return false;
}

static bool has_part(void *arg, struct span part)
{
    struct span text = *(struct span *)arg;

    assert_true(part.n >= NEEDS_PART_MIN);
    for (size_t i = 0; i + 3 <= part.n; i++) {
        if (text.n < 3 || memmem(text.p, text.n, part.p + i, 3) == NULL)
            return false;
    }
    return true;
}

static bool needs_hold(const struct query *q, const struct taxonomy *t, const struct names *n,
                       struct rec *r)
{
    struct need_filter f = { has_word, has_part, NULL };
    const struct need *need;
    struct arena mem;
    struct buf text;
    struct span s;
    bool holds;

    arena_init(&mem, 1 << 20);
    buf_init(&text, (size_t)64 << 20);
    search_text(r, &text);
    s = buf_span(&text);
    f.arg = &s;
    need = query_needs(q, t, n, &mem);
    assert_non_null(need);
    holds = need_holds(need, &f);
    buf_release(&text);
    arena_release(&mem);
    return holds;
}

/* --- rows ----------------------------------------------------------------------------------- */

#define TAXONOMY                                                                                   \
    "source: sysmon\nproduct: windows\nrows:\n"                                                    \
    "  - { when: { EventID: 1 }, category: process_creation, time: [when], "                       \
    "fields: { Image: exe_path, User: { from: user, upper: true } } }\n"

static const char json[] =
    "{\"EventID\":1,\"exe_path\":\"C:\\\\Windows\\\\Cmd.exe\",\"user\":\"root\","
    "\"n\":{\"size\":42,\"big\":9007199254740993},\"list\":[\"one\",\"two\"],\"empty\":\"\","
    "\"Host\":\"own\",\"ip\":\"10.1.2.3\",\"ip6\":\"2001:db8::1\",\"nul\":null,"
    "\"star\":\"a*b\",\"other\":\"axb\",\"vn\":\"M\xe1\xba\xacT KH\xe1\xba\xa8U sai\","
    "\"two words\":\"x\",\"when\":\"2026-11-27T10:00:00Z\","
    "\"msg\":\"Failed Password for root: failure 110.0.0.12 (pid_7)\\nend fin-de-phrase\"}";

struct asked {
    struct laid l;
    struct query_subject subject;
};

static void setup(struct asked *a)
{
    laid_init(&a->l, TAXONOMY, "Image,CommandLine,User");
    laid_json(&a->l, json);
    assert_int_equal(a->l.event.cls->view_count, 1);
    query_subject_init(&a->subject);
    query_subject_take(&a->subject, &a->l.event, SPAN_LIT("fw-01"), SPAN_LIT("relp"), 0);
}

static void teardown(struct asked *a)
{
    query_subject_release(&a->subject);
    laid_release(&a->l);
}

static bool holds(struct asked *a, struct span text)
{
    struct query_eval *ev;
    struct query *q;
    struct err e = { 0 };
    bool yes;

    if (query_read(&q, text, &at, QUERY_FILTER, &e) != ERR_OK)
        fail_msg("'%.*s': at %zu: %s", SPAN_ARG(text), e.at, e.why);
    assert_int_equal(query_eval_new(&ev, q, &a->l.names, &e), ERR_OK);
    yes = query_eval_holds(ev, &a->subject);
    assert_false(a->subject.failed);
    if (yes && !needs_hold(q, a->l.taxonomy, &a->l.names, a->l.event.rec))
        fail_msg("'%.*s' matches, and its needs do not hold", SPAN_ARG(text));
    query_eval_free(&ev);
    query_free(&q);
    return yes;
}

static void test_a_query_holds_for_what_it_says(void **state)
{
    static const struct {
        const char *text;
        bool want;
    } rows[] = {
        { "", true },
        /* words and phrases, from edge to edge */
        { "failed", true },
        { "FAILED", true },
        { "fail", false },
        { "fail*", true },
        { "*ail", false },
        { "*ail*", true },
        { "*ailed", true },
        { "f*ed", true },
        { "f*d*d", false },       /* a star does not go over a blank */
        { "\"f* pass*\"", true }, /* but the blank may be written */
        { "\"failed  password\"", false },
        { "\"failed password\"", true },
        { "\"ailed password\"", false },
        { "\"failed passw\"", false },
        { "\"failed passw*\"", true },
        { "\" pass*\"", true },
        { "\" pass*r\"", false },
        { "f?iled", true },
        { "f?led", false },
        { "fail?d pass????", true },
        { "10.0.0.1", false },
        { "110.0.0.12", true },
        { "110.0.0", true },
        { "pid", false },
        { "pid_7", true },
        { "(pid_7)", true },
        { "phrase", true },
        { "de-phr", false },
        { "\"end fin\"", true }, /* \n is a new line here, not the letters \ and n */
        { "nend", false },
        { "cmd.exe", true },
        { "C:\\windows\\cmd.exe", true }, /* as it is, not as JSON writes it */
        { "C:\\windows\\*.exe", true },
        { "\"a*b\"", true },
        { "=\"a*b\"", true },
        { "=\"ax*b\"", false },
        { "a?b", true },
        { "*", true },
        { "\"\"", true },
        { "nothing", false },
        { "\"and\"", false },
        /* with marks and without, composed and not, in any case */
        { "\"m\xe1\xba\xadt kh\xe1\xba\xa9u\"", true },
        { "\"mat khau\"", true },
        { "\"M\xe1\xba\xacT KH\xe1\xba\xa8U\"", true },
        { "\"ma\xcc\xa3\xcc\x82t kha\xcc\x82\xcc\x89u\"", true },
        { "vn:\"m\xe1\xba\xadt kh\xe1\xba\xa9u sai\"", true },
        { "vn:mat*", true },
        { "vn:\"mat khau\"", false },
        { "m?t", true },
        /* names: the record's, of any case, nested, in lists */
        { "user:root", true },
        { "USER:ROOT", true },
        { "user:roo", false },
        { "user:r*", true },
        { "user:*oo*", true },
        { "user:r??t", true },
        { "user:r?t", false },
        { "n.size:42", true },
        { "n:*", true },
        { "n:*42*", false }, /* an object is there, and has no value of its own */
        { "list:two", true },
        { "list:three", false },
        { "list:o*e", true },
        { "empty:\"\"", true },
        { "empty:*", true },
        { "nul:*", false },
        { "absent:*", false },
        { "absent:\"\"", false },
        { "\"two words\":x", true },
        { "star:=a*b", true },
        { "other:=a*b", false },
        { "other:a*b", true },
        /* Sigma's, through the map, of any case, computed ones too */
        { "Image:C:\\Windows\\Cmd.exe", true },
        { "image:*\\CMD.EXE", true },
        { "image:\"C:\\\\Windows\\\\cmd.exe\"", true },
        { "exe_path:*cmd*", true },
        { "CommandLine:*", false },
        /* tags, and what the server knows */
        { "product:windows", true },
        { "category:process_*", true },
        { "category:file_event", false },
        { "service:*", false },
        { "source:fw-*", true },
        { "input:relp", true },
        { "input:http", false },
        { "host:own", true },
        /* numbers, to the last digit */
        { "n.size>41", true },
        { "n.size > 42", false },
        { "n.size>=42", true },
        { "n.size<43", true },
        { "n.size<=41.9", false },
        { "n.size:40..42", true },
        { "n.size:42.5..50", false },
        { "n.size:..42", true },
        { "n.big>9007199254740992", true },
        { "n.big:9007199254740993..9007199254740993", true },
        { "n.big<9007199254740993", false },
        { "user>1", false },
        { "absent<1", false },
        { "eventid>=1e0", true },
        /* networks */
        { "ip:10.0.0.0/8", true },
        { "ip:10.1.2.3/32", true },
        { "ip:10.2.0.0/16", false },
        { "ip:10.1.*", true },
        { "ip:=10.0.0.0/8", false },
        { "ip6:2001:db8::/32", true },
        { "ip6:10.0.0.0/8", false },
        { "user:10.0.0.0/8", false },
        /* times: source time */
        { "since:2026-11-27T10:00:00Z", true },
        { "since:2026-11-27T10:00:01Z", false },
        { "until:2026-11-27T10:00:00Z", false },
        { "until:2026-11-27T10:00:01Z", true },
        { "since:27/11/2026 until:27/11/2026", true },
        { "since:28/11/2026", false },
        { "since:-5h until:-4h", true },
        /* and, or, not, parentheses; side by side is and; and binds closer than or */
        { "user:root and failed", true },
        { "user:root failed", true },
        { "user:root nothing", false },
        { "nothing or failed", true },
        { "nothing OR Failed", true },
        { "failed or nothing and nothing", true },
        { "(failed or nothing) and nothing", false },
        { "not nothing", true },
        { "not failed", false },
        { "not not failed", true },
        { "not(nothing)failed", true },
        { "host:own and \"failed password\" and not user:admin", true },
        { "host:own and \"failed password\" and not user:root", false },
        { "and:x or user:root", true }, /* a field may have any name */
        { "not:x", false },
    };
    struct asked a;

    (void)state;
    setup(&a);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (holds(&a, span_of(rows[i].text)) != rows[i].want)
            fail_msg("'%s' is %s", rows[i].text, rows[i].want ? "false" : "true");
    }
    teardown(&a);
}

static void print_need(const struct need *n, struct buf *out)
{
    static const char *const names[] = { "-", "all", "any", "word", "part" };

    buf_text(out, names[n->op]);
    if (n->op == NEED_WORD || n->op == NEED_PART) {
        buf_fmt(out, " '%.*s'", SPAN_ARG(n->text));
    } else if (n->op != NEED_NOTHING) {
        const char *before = "(";

        for (const struct need *kid = n->kid; kid != NULL; kid = kid->next) {
            buf_text(out, before);
            print_need(kid, out);
            before = ", ";
        }
        buf_text(out, ")");
    }
}

static void test_needs_are_what_must_be_there(void **state)
{
    static const struct {
        const char *text, *needs;
    } rows[] = {
        { "", "-" },
        { "*", "-" },
        { "ab", "all(word 'ab')" },
        { "Failed", "all(part 'failed', word 'failed')" },
        { "fail*", "all(part 'fail')" },
        { "\"failed pass*\"", "all(part 'failed pass', word 'failed')" },
        { "\"*led password for\"", "all(part 'led password for', word 'password', word 'for')" },
        { "a?c-d", "all(part 'c-d', word 'd')" },
        { "10.0.0.1", "all(part '10.0.0.1', word '10', word '0', word '0', word '1')" },
        { "m\xe1\xba\xadt", "all(part 'mat', word 'mat')" },
        { "a or b", "any(all(word 'a'), all(word 'b'))" },
        { "a and not b", "all(all(word 'a'))" },
        { "a or not b", "-" },
        { "not a", "-" },
        { "x:root", "all(part 'root', word 'root')" },
        { "x:*", "-" },
        { "x>5 since:-2h x:10.0.0.0/8", "-" },
        { "host:srv product:windows", "-" },
        { "image:*cmd", "all(part 'cmd')" },
        { "user:root", "-" }, /* User is computed, and names are of any case */
    };
    struct arena mem;
    struct asked a;
    struct buf out;

    (void)state;
    setup(&a);
    arena_init(&mem, 1 << 20);
    buf_init(&out, 65536);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct query *q;

        assert_int_equal(query_read(&q, span_of(rows[i].text), &at, QUERY_FILTER, NULL), ERR_OK);
        buf_clear(&out);
        print_need(query_needs(q, a.l.taxonomy, &a.l.names, &mem), &out);
        check_span(rows[i].text, buf_span(&out), rows[i].needs);
        query_free(&q);
    }
    buf_release(&out);
    arena_release(&mem);
    teardown(&a);
}

/* Every star may reach over a megabyte, from every place: as the square of it, this would not end.
 */
static void test_a_hostile_text_takes_no_longer_than_its_length(void **state)
{
    static const char *const globs[] = { "*a*b*",  "*a*a*a*b", "a*b*c",
                                         "*?*?*b", "*a?a*b",   "*aaaaaaaab*" };
    size_t bytes = (size_t)1 << 20;
    uint8_t *text = malloc(bytes);
    struct arena mem;

    (void)state;
    assert_non_null(text);
    arena_init(&mem, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(globs); i++) {
        struct span g = glob_make(span_of(globs[i]), false, &mem);

        memset(text, 'a', bytes);
        assert_false(glob_in(g, (struct span){ text, bytes }));
        assert_false(glob_like(g, (struct span){ text, bytes }));
        for (size_t k = 0; k < bytes; k += 1000)
            text[k] = ' ';
        assert_false(glob_in(g, (struct span){ text, bytes }));
    }
    arena_release(&mem);
    free(text);
}

/* --- a second evaluation -------------------------------------------------------------------- */

static uint32_t rng(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

#define PICK(seed, list) (list)[rng(seed) % COUNT_OF(list)]

enum kind { G_AND, G_OR, G_NOT, G_TEXT, G_FIELD, G_EXISTS, G_RANGE };

/* A generated query; its text is printed from this. */
struct guess {
    enum kind kind;
    struct guess *left, *right;
    const char *name;
    char text[64];
    int low, high;
};

struct model {
    const char *json;
    const char *name[8];
    char value[8][64];
    uint32_t count;
};

static const char *const words[] = { "fail",
                                     "failed",
                                     "failure",
                                     "Fail",
                                     "a",
                                     "b",
                                     "a_b",
                                     "10",
                                     "10.0.0.1",
                                     "1",
                                     "m\xe1\xba\xadt",
                                     "mat",
                                     "Kh\xe1\xba\xa9u",
                                     "\xc4\x90",
                                     "d",
                                     "-",
                                     "x-y",
                                     "ma\xcc\xa3\xcc\x82t",
                                     "aaa",
                                     "aab" };
static const char *const names[] = { "x", "y", "z", "x" };

static void generate_text(uint64_t *seed, char *to, size_t room, bool wild)
{
    uint32_t count = rng(seed) % 4;
    size_t n = 0;

    to[0] = 0;
    for (uint32_t i = 0; i <= count; i++) {
        if (wild && rng(seed) % 3 == 0)
            n += (size_t)snprintf(to + n, room - n, "%s", rng(seed) % 3 == 0 ? "?" : "*");
        n += (size_t)snprintf(to + n, room - n, "%s%s", rng(seed) % 2 == 0 && i > 0 ? " " : "",
                              PICK(seed, words));
    }
    if (wild && rng(seed) % 3 == 0)
        (void)snprintf(to + n, room - n, "*");
}

/* The record is put into `record`, with a zero behind it. */
static void generate_model(uint64_t *seed, struct model *m, struct buf *record)
{
    m->count = 1 + rng(seed) % 5;
    buf_clear(record);
    for (uint32_t i = 0; i < m->count; i++) {
        m->name[i] = PICK(seed, names);
        if (rng(seed) % 4 == 0)
            (void)snprintf(m->value[i], sizeof(m->value[i]), "%u", rng(seed) % 20);
        else
            generate_text(seed, m->value[i], sizeof(m->value[i]), false);
        buf_fmt(record, "%s\"%s\":\"%s\"", i > 0 ? "," : "{", m->name[i], m->value[i]);
    }
    buf_text(record, "}");
    buf_byte(record, 0);
    m->json = (const char *)record->p;
}

static struct guess *generate(uint64_t *seed, unsigned depth)
{
    struct guess *g = calloc(1, sizeof(*g));

    assert_non_null(g);
    g->kind = (enum kind)(rng(seed) % (depth < 3 ? 7 : 4)) + (depth < 3 ? 0 : 3);
    if (depth >= 3 && g->kind > G_RANGE)
        g->kind = G_TEXT;
    if (g->kind == G_AND || g->kind == G_OR || g->kind == G_NOT)
        g->left = generate(seed, depth + 1);
    if (g->kind == G_AND || g->kind == G_OR)
        g->right = generate(seed, depth + 1);
    g->name = PICK(seed, names);
    generate_text(seed, g->text, sizeof(g->text), rng(seed) % 2 == 0);
    g->low = (int)(rng(seed) % 20);
    g->high = g->low + (int)(rng(seed) % 10);
    return g;
}

static void guess_free(struct guess *g)
{
    if (g == NULL)
        return;
    guess_free(g->left);
    guess_free(g->right);
    free(g);
}

static void print_guess(const struct guess *g, struct buf *out)
{
    switch (g->kind) {
    case G_AND:
    case G_OR:
        buf_text(out, "(");
        print_guess(g->left, out);
        buf_text(out, g->kind == G_AND ? " and " : " or ");
        print_guess(g->right, out);
        buf_text(out, ")");
        break;
    case G_NOT:
        buf_text(out, "not ");
        print_guess(g->left, out);
        break;
    case G_TEXT:
        buf_fmt(out, "\"%s\"", g->text);
        break;
    case G_FIELD:
        buf_fmt(out, "%s:\"%s\"", g->name, g->text);
        break;
    case G_EXISTS:
        buf_fmt(out, "%s:*", g->name);
        break;
    default:
        buf_fmt(out, "%s:%d..%d", g->name, g->low, g->high);
        break;
    }
}

/* Folded code points. */
struct points {
    int32_t p[4096];
    size_t n;
};

static void points_of(const char *text, struct points *out)
{
    utf8proc_ssize_t n = utf8proc_decompose((const utf8proc_uint8_t *)text, 0, out->p, 4096,
                                            UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE |
                                                UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK);

    assert_true(n >= 0 && n <= 4096);
    out->n = (size_t)n;
    for (size_t i = 0; i < out->n; i++)
        out->p[i] = out->p[i] == 0x111 ? 'd' : out->p[i];
}

static bool is_word_point(int32_t p)
{
    const char *c = utf8proc_category_string(p);

    return c[0] == 'L' || c[0] == 'N' || p == '_';
}

static bool edge(const struct points *t, size_t i)
{
    return i == 0 || i == t->n || !is_word_point(t->p[i - 1]) || !is_word_point(t->p[i]);
}

/* All ways to lay the pattern from here on; `inside`: in a text, up to any place. */
static bool lay(const struct points *pat, size_t i, const struct points *t, size_t at_point,
                bool inside)
{
    if (i == pat->n)
        return inside ? (i > 0 && pat->p[i - 1] == '*') || edge(t, at_point) : at_point == t->n;
    if (pat->p[i] == '*') {
        if (lay(pat, i + 1, t, at_point, inside))
            return true;
        return at_point < t->n && !(inside && t->p[at_point] == ' ') &&
               lay(pat, i, t, at_point + 1, inside);
    }
    if (at_point == t->n || (pat->p[i] == '?' && inside && t->p[at_point] == ' ') ||
        (pat->p[i] != '?' && pat->p[i] != t->p[at_point]))
        return false;
    return lay(pat, i + 1, t, at_point + 1, inside);
}

static bool text_in(const char *pattern, const char *text)
{
    static struct points pat, t;

    points_of(pattern, &pat);
    points_of(text, &t);
    for (size_t i = 0; i <= t.n; i++) {
        if (pat.n == 0 || ((pat.p[0] == '*' || edge(&t, i)) && lay(&pat, 0, &t, i, true)))
            return true;
    }
    return false;
}

static bool text_like(const char *pattern, const char *text)
{
    static struct points pat, t;

    points_of(pattern, &pat);
    points_of(text, &t);
    return lay(&pat, 0, &t, 0, false);
}

static bool field_true(const struct guess *g, const struct model *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        char *end;
        double v = strtod(m->value[i], &end);

        if (strcmp(m->name[i], g->name) != 0)
            continue;
        if (g->kind == G_EXISTS || (g->kind == G_FIELD && text_like(g->text, m->value[i])))
            return true;
        if (g->kind == G_RANGE && *end == 0 && end != m->value[i] && v >= g->low && v <= g->high)
            return true;
    }
    return false;
}

static bool guess_true(const struct guess *g, const struct model *m)
{
    switch (g->kind) {
    case G_AND:
        return guess_true(g->left, m) && guess_true(g->right, m);
    case G_OR:
        return guess_true(g->left, m) || guess_true(g->right, m);
    case G_NOT:
        return !guess_true(g->left, m);
    case G_TEXT:
        return text_in(g->text, m->json);
    default:
        return field_true(g, m);
    }
}

static void test_generated_queries_hold_as_a_second_evaluation_says(void **state)
{
    struct buf text, record;
    struct asked a;
    uint32_t held = 0, needless = 0, refused = 0;
    uint64_t seed = 42;

    (void)state;
    laid_init(&a.l, "source: t\nproduct: t\nrows:\n  - { when: { k: v }, category: c }\n", "x,Y");
    query_subject_init(&a.subject);
    buf_init(&text, 65536);
    buf_init(&record, 65536);
    for (int round = 0; round < 20000; round++) {
        struct guess *g = generate(&seed, 0);
        struct query *q;
        struct model m;
        bool got, want;

        generate_model(&seed, &m, &record);
        laid_json(&a.l, m.json);
        query_subject_take(&a.subject, &a.l.event, SPAN_NONE, SPAN_NONE, 0);
        buf_clear(&text);
        print_guess(g, &text);
        want = guess_true(g, &m);
        got = holds(&a, buf_span(&text));
        if (got != want)
            fail_msg("'%.*s' is %s for %s", SPAN_ARG(buf_span(&text)), got ? "true" : "false",
                     m.json);
        held += got;
        assert_int_equal(query_read(&q, buf_span(&text), &at, QUERY_FILTER, NULL), ERR_OK);
        if (!got)
            *(needs_hold(q, a.l.taxonomy, &a.l.names, a.l.event.rec) ? &needless : &refused) += 1;
        query_free(&q);
        guess_free(g);
    }
    buf_release(&text);
    buf_release(&record);
    teardown(&a);
    printf("%u hold; of the others the needs refuse %u and let %u through\n", held, refused,
           needless);
    assert_true(held > 2000 && refused > 2000);
}

/* --- samples -------------------------------------------------------------------------------- */

static void quote(struct buf *out, struct span s)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_byte(out, '\\');
        buf_byte(out, s.p[i]);
    }
    buf_byte(out, '"');
}

/* Is NAME:="value" true? False when that is no query. */
static bool ask(struct asked *a, struct span name, struct span value, struct buf *text)
{
    buf_clear(text);
    quote(text, name);
    buf_text(text, ":=");
    quote(text, value);
    if (name.n == 0 || value.p == NULL || text->n > QUERY_BYTES_MAX || !utf8_valid(buf_span(text)))
        return false;
    if (!holds(a, buf_span(text)))
        fail_msg("'%.*s' is false for '%.*s'", SPAN_ARG(buf_span(text)),
                 SPAN_ARG(a->l.event.rec->raw));
    return true;
}

/* The value that commands are given is one for which the filter holds, and there is one wherever
 * the filter finds a text. */
static void check_value(struct asked *a, const struct query_values *values, struct span name,
                        bool is_there, struct buf *text)
{
    struct span value = query_value(values, &a->subject, name);

    if (is_there && value.p == NULL)
        fail_msg("no value of '%.*s' in '%.*s'", SPAN_ARG(name), SPAN_ARG(a->l.event.rec->raw));
    (void)ask(a, name, value, text);
}

static void check_values(struct asked *a, const struct query_values *values, struct buf *text)
{
    static const char *const known[] = { "host", "product", "category", "service" };
    struct event *e = &a->l.event;

    for (uint32_t i = 0; i < e->rec->count; i++) {
        struct span v = e->rec->fields[i].kind != REC_GROUP ? event_text(e, i) : SPAN_NONE;

        check_value(a, values, event_name(e, i), v.p != NULL, text);
    }
    for (uint32_t id = 1; id < e->names->count; id++)
        check_value(a, values, e->names->text[id], false, text);
    for (size_t i = 0; i < COUNT_OF(known); i++)
        check_value(a, values, span_of(known[i]), false, text);
}

/* Values of all names that there are. */
static struct query_values *all_values(const struct names *known)
{
    struct query_field *all = calloc(known->count, sizeof(*all));
    struct query none = { 0 };
    struct query_values *v;

    assert_non_null(all);
    for (uint32_t id = 1; id < known->count; id++)
        all[id].name = known->text[id];
    assert_int_equal(query_values_new(&v, &none, all, known->count, known, NULL), ERR_OK);
    free(all);
    return v;
}

static size_t ask_all(struct asked *a, struct buf *text)
{
    struct event *e = &a->l.event;
    size_t count = 0;

    for (uint32_t i = 0; i < e->rec->count; i++) {
        if (e->rec->fields[i].kind != REC_GROUP)
            count += ask(a, event_name(e, i), event_text(e, i), text);
    }
    for (uint32_t v = 0; v < e->cls->view_count; v++) {
        for (uint32_t id = 1; id < e->names->count; id++) {
            uint32_t h = event_get(e, e->cls->views[v], id);

            if (h == EVENT_NONE || event_field(e, h)->kind == REC_GROUP)
                continue;
            count += ask(a, e->names->text[id], event_text(e, h), text);
        }
    }
    return count;
}

static void load(const char *path, struct buf *b)
{
    FILE *in = fopen(path, "rb");
    uint8_t room[65536];
    size_t n;

    assert_non_null(in);
    buf_clear(b);
    while ((n = fread(room, 1, sizeof(room), in)) > 0)
        buf_add(b, (struct span){ room, n });
    (void)fclose(in);
}

static void asked_init(struct asked *a)
{
    struct err e = { 0 };

    a->l = (struct laid){ 0 };
    assert_int_equal(names_init(&a->l.names, &e), ERR_OK);
    assert_int_equal(taxonomy_load(&a->l.taxonomy, TAXONOMY_FOLDER, &a->l.names, &e), ERR_OK);
    assert_true(names_freeze(&a->l.names) && rec_init(&a->l.rec));
    assert_int_equal(taxonomy_bind(a->l.taxonomy, &a->l.names, &e), ERR_OK);
    assert_int_equal(event_init(&a->l.event, a->l.taxonomy, &a->l.names, &e), ERR_OK);
    query_subject_init(&a->subject);
}

static void test_every_field_is_found_by_its_name_and_value(void **state)
{
    struct records *records;
    struct query_values *values;
    struct buf file, text;
    struct asked a;
    size_t count = 0;
    glob_t g;

    (void)state;
    asked_init(&a);
    values = all_values(&a.l.names);
    buf_init(&file, (size_t)8 << 20);
    buf_init(&text, (size_t)8 << 20);
    assert_int_equal(records_new(&records, NULL), ERR_OK);
    assert_int_equal(glob(SAMPLES_FOLDER "/*.case", 0, NULL, &g), 0);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        load(g.gl_pathv[i], &file);
        for (size_t from = 0; from < file.n;) {
            struct span rest = span_from(buf_span(&file), from);
            struct span line = { rest.p, span_find(rest, '\n') };
            enum record_state how;

            from += line.n + 1;
            if (line.n == 0 || span_find(line, '=') == 0)
                continue;
            records_one(records, line, &a.l.rec, &how, NULL);
            if (how != RECORD_WHOLE)
                continue; /* most are lines of expectations */
            event_begin(&a.l.event, &a.l.rec);
            query_subject_take(&a.subject, &a.l.event, SPAN_NONE, SPAN_NONE, 0);
            count += ask_all(&a, &text);
            check_values(&a, values, &text);
        }
    }
    printf("%zu fields found\n", count);
    assert_in_range(count, 5000, SIZE_MAX); /* the samples were there */
    globfree(&g);
    query_values_free(&values);
    records_free(&records);
    buf_release(&file);
    buf_release(&text);
    teardown(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_query_holds_for_what_it_says),
        cmocka_unit_test(test_needs_are_what_must_be_there),
        cmocka_unit_test(test_a_hostile_text_takes_no_longer_than_its_length),
        cmocka_unit_test(test_generated_queries_hold_as_a_second_evaluation_says),
        cmocka_unit_test(test_every_field_is_found_by_its_name_and_value),
    };

    return cmocka_run_group_tests_name("eval", tests, NULL, NULL);
}
