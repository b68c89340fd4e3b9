/*
 * Goal: the fast JSON reader, by each of its kernels, sees what a plain reader sees.
 * Method: the plain reader below goes byte by byte and by recursion, and shares nothing with
 * json.c but struct rec. Both read generated objects (compact, with one space, pretty), the same
 * with a few bytes changed, removed or added, the same cut short, and lines of real logs where
 * the data is there. Result code, bytes used, flags and every field must be equal.
 */
#include "check.h"
#include "data.h"
#include "guard.h"
#include "wire/codec.h"
#include "wire/json_scan.h"

#define ROUNDS     20000u
#define DATA_LINES 20000u

/* ---- the plain reader ---- */

struct plain {
    const uint8_t *p;
    size_t n, at;
    struct rec *r;
};

static int plain_value(struct plain *j, uint16_t parent, struct span name, unsigned depth);

/* The byte at hand, or a zero at the end: ask at_end() first where that matters. */
static bool at_end(const struct plain *j)
{
    return j->at == j->n;
}

static void plain_blanks(struct plain *j)
{
    while (!at_end(j) && memchr(" \t\r\n", j->p[j->at], 4) != NULL)
        j->at++;
}

static bool is_control(uint8_t c)
{
    return c < 0x20 && c != '\t';
}

static int plain_string(struct plain *j, struct span *s, bool *escaped)
{
    size_t from = ++j->at;

    *escaped = false;
    for (;; j->at++) {
        if (at_end(j))
            return ERR_MORE;
        if (j->p[j->at] == '"')
            break;
        if (j->p[j->at] == '\\') {
            *escaped = true;
            j->at++;
            if (at_end(j))
                return ERR_MORE;
        }
        if (is_control(j->p[j->at]))
            return ERR_SYNTAX;
    }
    *s = (struct span){ j->p + from, j->at - from };
    j->at++;
    return ERR_OK;
}

static bool at_digit(const struct plain *j)
{
    return j->p[j->at] >= '0' && j->p[j->at] <= '9';
}

/* One digit or more. */
static int plain_digits(struct plain *j)
{
    if (at_end(j))
        return ERR_MORE;
    if (!at_digit(j))
        return ERR_SYNTAX;
    while (!at_end(j) && at_digit(j))
        j->at++;
    return at_end(j) ? ERR_MORE : ERR_OK;
}

static int plain_number(struct plain *j)
{
    size_t from;
    int rc;

    if (j->p[j->at] == '-')
        j->at++;
    from = j->at;
    rc = plain_digits(j);
    if (rc != ERR_SYNTAX && j->at > from + 1 && j->p[from] == '0')
        return ERR_SYNTAX;
    if (rc == ERR_OK && j->p[j->at] == '.') {
        j->at++;
        rc = plain_digits(j);
    }
    if (rc == ERR_OK && (j->p[j->at] == 'e' || j->p[j->at] == 'E')) {
        j->at++;
        if (!at_end(j) && (j->p[j->at] == '+' || j->p[j->at] == '-'))
            j->at++;
        rc = plain_digits(j);
    }
    return rc;
}

static int plain_word(struct plain *j, const char *word)
{
    for (; *word != 0; word++, j->at++) {
        if (at_end(j))
            return ERR_MORE;
        if (j->p[j->at] != (uint8_t)*word)
            return ERR_SYNTAX;
    }
    return ERR_OK;
}

/* A container nested too deep: only its end is looked for. */
static int plain_skip(struct plain *j)
{
    size_t open = 0;

    for (; !at_end(j); j->at++) {
        uint8_t c = j->p[j->at];
        struct span s;
        bool escaped;

        if (c == '"') {
            int rc = plain_string(j, &s, &escaped);

            if (rc != ERR_OK)
                return rc;
            j->at--;
        } else if (c == '[' || c == '{') {
            open++;
        } else if (c == ']' || c == '}') {
            if (--open == 0) {
                j->at++;
                return ERR_OK;
            }
        } else if (c == 0 || strchr(" \t\r\n,:+-.0123456789Eaeflnrstu", c) == NULL) {
            return ERR_SYNTAX;
        }
    }
    return ERR_MORE;
}

static int plain_name(struct plain *j, struct span *name)
{
    bool escaped;
    int rc;

    if (j->p[j->at] != '"')
        return ERR_SYNTAX;
    rc = plain_string(j, name, &escaped);
    if (rc != ERR_OK)
        return rc;
    if (escaped) {
        struct rec_field f = { SPAN_NONE, name->p, (uint32_t)name->n, REC_JSON, REC_ROOT };

        *name = rec_text(&f, &j->r->mem);
    }
    plain_blanks(j);
    if (at_end(j))
        return ERR_MORE;
    return j->p[j->at++] == ':' ? ERR_OK : ERR_SYNTAX;
}

/* Behind an opening bracket. */
static int plain_members(struct plain *j, bool array, uint16_t parent, struct span name,
                         unsigned depth)
{
    for (bool first = true;; first = false) {
        int rc = ERR_OK;

        plain_blanks(j);
        if (at_end(j))
            return ERR_MORE;
        if (first && j->p[j->at] == (array ? ']' : '}'))
            break;
        if (!array)
            rc = plain_name(j, &name);
        if (rc == ERR_OK)
            rc = plain_value(j, parent, name, depth);
        if (rc != ERR_OK)
            return rc;
        plain_blanks(j);
        if (at_end(j))
            return ERR_MORE;
        if (j->p[j->at] == (array ? ']' : '}'))
            break;
        if (j->p[j->at++] != ',')
            return ERR_SYNTAX;
    }
    j->at++;
    return ERR_OK;
}

static int plain_group(struct plain *j, uint16_t parent, struct span name, unsigned depth)
{
    uint16_t index = (uint16_t)j->r->count;
    size_t from = j->at;
    bool array = j->p[j->at] == '[';
    bool added = rec_add(j->r, parent, name, REC_GROUP, (struct span){ j->p + from, 0 });
    int rc;

    if (depth >= LIMIT_DEPTH) {
        j->r->flags |= REC_CUT_DEPTH;
        rc = plain_skip(j);
    } else {
        j->at++;
        rc = plain_members(j, array, array || !added ? parent : index, name, depth + 1);
    }
    if (added)
        j->r->fields[index].value_bytes = (uint32_t)(j->at - from);
    return rc;
}

static int plain_scalar(struct plain *j, enum rec_kind *kind)
{
    switch (j->p[j->at]) {
    case 't':
        *kind = REC_TRUE;
        return plain_word(j, "true");
    case 'f':
        *kind = REC_FALSE;
        return plain_word(j, "false");
    case 'n':
        *kind = REC_NONE;
        return plain_word(j, "null");
    default:
        *kind = REC_NUMBER;
        return plain_number(j);
    }
}

static int plain_value(struct plain *j, uint16_t parent, struct span name, unsigned depth)
{
    enum rec_kind kind;
    struct span v;
    size_t from;
    int rc;

    plain_blanks(j);
    if (at_end(j))
        return ERR_MORE;
    from = j->at;
    if (j->p[from] == '{' || j->p[from] == '[')
        return plain_group(j, parent, name, depth);
    if (j->p[from] == '"') {
        bool escaped;

        rc = plain_string(j, &v, &escaped);
        kind = escaped ? REC_JSON : REC_TEXT;
    } else {
        rc = plain_scalar(j, &kind);
        v = (struct span){ j->p + from, kind == REC_NONE ? 0 : j->at - from };
    }
    if (rc == ERR_OK)
        (void)rec_add(j->r, parent, name, kind, v);
    return rc;
}

static int64_t slow_read(struct span in, struct rec *r)
{
    struct plain j = { in.p, in.n, 0, r };
    int rc;

    plain_blanks(&j);
    if (at_end(&j))
        return ERR_MORE;
    if (j.p[j.at++] != '{')
        return ERR_SYNTAX;
    rc = plain_members(&j, false, REC_ROOT, SPAN_NONE, 1);
    return rc == ERR_OK ? (int64_t)j.at : rc;
}

/* ---- the comparison ---- */

struct pair {
    struct rec want, got;
    struct guard g;
};

static void pair_init(struct pair *t, size_t bytes_max)
{
    assert_true(rec_init(&t->want));
    assert_true(rec_init(&t->got));
    guard_init(&t->g, bytes_max);
}

static void pair_release(struct pair *t)
{
    rec_release(&t->want);
    rec_release(&t->got);
    guard_release(&t->g);
}

/* After a fault in an open container its bytes end where the reader gave up, which may differ. */
static bool field_same(const struct rec_field *a, const struct rec_field *b, bool whole)
{
    return span_eq(a->name, b->name) && a->value == b->value && a->kind == b->kind &&
           a->parent == b->parent &&
           (a->value_bytes == b->value_bytes || (!whole && a->kind == REC_GROUP));
}

static bool rec_same(const struct rec *a, const struct rec *b, bool whole)
{
    if (a->count != b->count || a->flags != b->flags)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (!field_same(&a->fields[i], &b->fields[i], whole))
            return false;
    }
    return true;
}

static void compare(struct pair *t, struct span text)
{
    struct span in = guard_put(&t->g, text);
    int64_t want;

    rec_clear(&t->want);
    want = slow_read(in, &t->want);
    for (size_t k = 0; json_kernel_at(k) != NULL; k++) {
        int64_t got;

        rec_clear(&t->got);
        got = json_read_by(json_kernel_at(k), in, &t->got, NULL);
        if (got != want || !rec_same(&t->want, &t->got, want > 0))
            fail_msg("%s: %lld, plain %lld, fields %u and %u: %.*s", json_kernel_at(k)->name,
                     (long long)got, (long long)want, t->got.count, t->want.count, SPAN_ARG(text));
    }
}

/* ---- generated objects ---- */

struct gen {
    struct buf out;
    uint64_t seed;
    unsigned style; /* 0 compact, 1 a space behind signs, 2 pretty, 3 any blanks */
};

static size_t pick(struct gen *g, size_t below)
{
    g->seed ^= g->seed << 13;
    g->seed ^= g->seed >> 7;
    g->seed ^= g->seed << 17;
    return (size_t)(g->seed >> 11) % below;
}

static void gen_blank(struct gen *g, bool behind)
{
    static const char *const any[] = { "", " ", "\t", "\n", "\r\n   ", "" };

    if (g->style == 1 && behind)
        buf_byte(&g->out, ' ');
    if (g->style == 2 && behind)
        buf_text(&g->out, pick(g, 2) != 0 ? "\n    " : " ");
    if (g->style == 3)
        buf_text(&g->out, any[pick(g, COUNT_OF(any))]);
}

static void gen_string(struct gen *g)
{
    static const char *const pieces[] = {
        "a",       "Image",   "\\\\",     "\\\"",       "\\n", "\\\\\\\\\\\\", "\\\\\\\"",
        "\\u0041", "\\ud83d", "\xc3\xa9", "\t",         "{",   "}],:",         "\xff",
        "\\/",     "C:\\\\x", " ",        "0123456789", "\\x", "\x7f",         "\\\"\\\"",
    };

    buf_byte(&g->out, '"');
    if (pick(g, 12) == 0) {
        for (size_t i = pick(g, 150); i > 0; i--)
            buf_byte(&g->out, 'x');
    }
    for (size_t i = pick(g, pick(g, 10) == 0 ? 40 : 4); i > 0; i--)
        buf_text(&g->out, pieces[pick(g, COUNT_OF(pieces))]);
    buf_byte(&g->out, '"');
}

static void gen_value(struct gen *g, unsigned depth);

static void gen_group(struct gen *g, unsigned depth, bool array)
{
    size_t count = pick(g, 6);

    buf_byte(&g->out, array ? '[' : '{');
    gen_blank(g, false);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            gen_blank(g, false);
            buf_byte(&g->out, ',');
            gen_blank(g, true);
        }
        if (!array) {
            gen_string(g);
            gen_blank(g, false);
            buf_byte(&g->out, ':');
            gen_blank(g, g->style != 2);
        }
        gen_value(g, depth);
    }
    gen_blank(g, false);
    buf_byte(&g->out, array ? ']' : '}');
}

static void gen_value(struct gen *g, unsigned depth)
{
    static const char *const words[] = { "true",  "false",      "null", "0",      "-1",
                                         "12345", "7",          "1.50", "-0.1e5", "2E+08",
                                         "5058",  "4294967296", "1",    "0.0001", "-0" };
    size_t kind = pick(g, depth < 4 ? 14 : 10);

    if (kind < 6)
        gen_string(g);
    else if (kind < 10)
        buf_text(&g->out, words[pick(g, COUNT_OF(words))]);
    else
        gen_group(g, depth + 1, kind < 12);
}

/* A chain about as deep as the limit, with something at its end. */
static void gen_deep(struct gen *g)
{
    size_t depth = LIMIT_DEPTH - 4 + pick(g, 8);

    buf_text(&g->out, "{\"a\":");
    for (size_t i = 0; i < depth; i++)
        buf_text(&g->out, i % 2 != 0 ? "{\"b\":" : "[");
    gen_value(g, 2);
    for (size_t i = depth; i > 0; i--)
        buf_text(&g->out, i % 2 == 0 ? "}" : "]");
    buf_text(&g->out, ",\"c\":\"d\"}");
}

static void gen_damage(struct gen *g)
{
    static const uint8_t bytes[] = "\"\\{}[],: \n\t\r0-1.eEtfnu\x01\xff"
                                   "aA+/";

    for (size_t i = 1 + pick(g, 3); i > 0 && g->out.n > 0; i--) {
        size_t at = pick(g, g->out.n);
        uint8_t c = bytes[pick(g, sizeof(bytes) - 1)];
        uint8_t *p = g->out.p + at;

        switch (pick(g, 3)) {
        case 0:
            *p = c;
            break;
        case 1:
            memmove(p, p + 1, g->out.n - at - 1);
            g->out.n--;
            break;
        default:
            buf_byte(&g->out, c);
            p = g->out.p + at; /* it may have moved */
            memmove(p + 1, p, g->out.n - at - 1);
            *p = c;
            break;
        }
    }
}

static void generated_objects_read_the_same(void **state)
{
    struct gen g = { .seed = 0x2545F4914F6CDD1Du };
    size_t good = 0;
    struct pair t;

    (void)state;
    pair_init(&t, 1 << 18);
    buf_init(&g.out, 1 << 18);
    for (unsigned i = 0; i < ROUNDS; i++) {
        buf_clear(&g.out);
        g.style = i % 4;
        for (size_t n = pick(&g, 70); n > 0; n--)
            buf_byte(&g.out, ' ');
        if (pick(&g, 20) == 0)
            gen_deep(&g);
        else
            gen_group(&g, pick(&g, 5) == 0 ? 0 : 4, false);
        compare(&t, buf_span(&g.out));
        good += t.want.raw.n == 0 && t.got.raw.n > 0;
        compare(&t, (struct span){ g.out.p, pick(&g, g.out.n) });
        gen_damage(&g);
        compare(&t, buf_span(&g.out));
    }
    assert_int_equal(good, ROUNDS);
    assert_false(buf_failed(&g.out));
    buf_release(&g.out);
    pair_release(&t);
}

/* ---- real logs ---- */

static size_t compare_lines(struct pair *t, struct gen *g, struct span text, size_t lines)
{
    size_t count = 0;

    while (text.n > 0 && count < lines) {
        size_t n = span_find(text, '\n');
        struct span line = { text.p, n };

        if (line.n > 0 && line.n < t->g.bytes / 2) {
            compare(t, line);
            buf_clear(&g->out);
            buf_add(&g->out, line);
            gen_damage(g);
            compare(t, buf_span(&g->out));
            count++;
        }
        text = span_from(text, n < text.n ? n + 1 : n);
    }
    return count;
}

static void real_lines_read_the_same(void **state)
{
    static const char *const archives[] = {
        "otrf/atomic_windows_credential_access_host_cmd_sam_copy_esentutl.zip",
        "otrf/atomic_windows_collection_host_msf_record_mic.zip",
        "otrf/atomic_aws_collection_ec2_proxy_s3_exfiltration.zip",
    };
    struct gen g = { .seed = 0x9E3779B97F4A7C15u };
    struct data_list files;
    struct buf text;
    struct pair t;
    char dir[DATA_PATH];
    size_t lines = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(archives); i++) {
        if (!data_unpack(archives[i], dir))
            skip();
        if (i == 0) {
            pair_init(&t, 1 << 20);
            buf_init(&g.out, 1 << 20);
            buf_init(&text, 1u << 30);
        }
        data_list(dir, ".json", &files);
        for (size_t k = 0; k < files.count; k++) {
            assert_true(data_load(files.paths[k], &text));
            lines += compare_lines(&t, &g, buf_span(&text), DATA_LINES);
        }
        data_list_release(&files);
    }
    print_message("%zu lines\n", lines);
    assert_true(lines > 1000);
    buf_release(&text);
    buf_release(&g.out);
    pair_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_objects_read_the_same),
        cmocka_unit_test(real_lines_read_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
