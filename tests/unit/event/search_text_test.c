/*
 * Goal: what is typed with or without diacritics, of any case, finds both; a word is found as a
 * whole; whatever is found has all words of the term. Method: rows; texts made at random over a few
 * letters, against a slow search that goes through all places.
 */
#include "../check.h"

#include "../guard.h"
#include "event/search_text.h"

static struct span fold(struct buf *b, const char *text)
{
    buf_clear(b);
    search_fold(span_of(text), b);
    return buf_span(b);
}

static void letters_fold(void **state)
{
    static const char *const rows[][2] = {
        { "", "" },
        { "Failed PASSWORD 10.0.0.7", "failed password 10.0.0.7" },
        { "Mật khẩu ĐĂNG NHẬP", "mat khau dang nhap" },
        { "mật", "mat" }, /* decomposed: a, dot below, circumflex */
        { "đường Đ", "duong d" },
        { "Straße ÀÉÎ", "strasse aei" },
        { "\xff\x80 \xc3", "\xff\x80 \xc3" },
        { "日本", "日本" },
    };
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_span(rows[i][0], fold(&b, rows[i][0]), rows[i][1]);
    buf_release(&b);
}

static void collect(void *arg, struct span word)
{
    struct buf *to = arg;

    buf_add(to, word);
    buf_byte(to, ' ');
}

static void words_are_runs_with_and_without_an_escape(void **state)
{
    static const char *const rows[][2] = {
        { "", "" },
        { "a-b_c 10.0.0.7", "a b_c 10 0 0 7 " },
        { "{\"m\":\"x\\r\\n\\tsubject\"}", "m x r n tsubject subject " },
        { "c:\\temp\\new.exe", "c temp emp new ew exe " },
        { "mật khẩu", "mật khẩu " },
    };
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_clear(&b);
        search_words(span_of(rows[i][0]), collect, &b);
        check_span(rows[i][0], buf_span(&b), rows[i][1]);
    }
    buf_release(&b);
}

static void a_term_is_found_as_a_whole(void **state)
{
    static const struct {
        const char *text, *term;
        bool open_start, open_end, want;
    } rows[] = {
        { "failed password", "failed", false, false, true },
        { "failed password", "fail", false, false, false },
        { "failed password", "fail", false, true, true },
        { "failed password", "ailed", false, false, false },
        { "failed password", "ailed", true, false, true },
        { "failed password", "aile", true, true, true },
        { "failed password", "failed password", false, false, true },
        { "failed  password", "failed password", false, false, false },
        { "x 110.0.0.1 y", "10.0.0.1", false, false, false },
        { "x 10.0.0.12 y", "10.0.0.1", false, false, false },
        { "x 10.0.0.12, 10.0.0.1 y", "10.0.0.1", false, false, true },
        { "10.0.0.1:443", "10.0.0.1", false, false, true },
        { "\"\\tsubject\"", "subject", false, false, true },
        { "c:\\temp", "temp", false, false, true },
        { "c:\\temp", "c:\\temp", false, false, true },
        { "abc", "", false, false, true },
        { "abc", "=", false, false, false },
        { "a=b", "=", false, false, true },
        { "a=b", "=b", false, false, true },
        { "aaab", "aab", false, false, false },
        { "", "a", false, false, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct search_term t = { span_of(rows[i].term), rows[i].open_start,
                                       rows[i].open_end };

        if (search_has(span_of(rows[i].text), &t) != rows[i].want)
            fail_msg("'%s' in '%s'", rows[i].term, rows[i].text);
    }
}

static uint32_t seed = 7;

static uint32_t rnd(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static struct span make(uint8_t *room, uint32_t most)
{
    static const char letters[] = "aabnt_0 .\\\"\xe1";
    uint32_t n = rnd(most);

    for (uint32_t i = 0; i < n; i++)
        room[i] = (uint8_t)letters[rnd(sizeof(letters) - 1)];
    return (struct span){ room, n };
}

struct has_word {
    struct span want;
    bool found;
};

static void is_it(void *arg, struct span word)
{
    struct has_word *h = arg;

    h->found |= span_eq(word, h->want);
}

struct check {
    struct span text;
    bool all;
};

static void has_it(void *arg, struct span word)
{
    struct check *c = arg;
    struct has_word h = { word, false };

    search_words(c->text, is_it, &h);
    c->all &= h.found;
}

static void what_is_found_has_the_words_of_the_term(void **state)
{
    uint32_t found = 0;
    struct guard g;

    (void)state;
    guard_init(&g, 64);
    for (uint32_t i = 0; i < 300000; i++) {
        uint8_t a[32], b[8];
        struct span text = guard_put(&g, make(a, 24));
        struct search_term t = { make(b, 5), rnd(3) == 0, rnd(3) == 0 };
        struct check c = { text, true };

        if (!search_has(text, &t))
            continue;
        search_term_words(&t, has_it, &c);
        if (!c.all)
            fail_msg("'%.*s' in '%.*s'", SPAN_ARG(t.text), SPAN_ARG(text));
        found += t.text.n > 1;
    }
    assert_true(found > 1000);
    guard_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_fold),
        cmocka_unit_test(words_are_runs_with_and_without_an_escape),
        cmocka_unit_test(a_term_is_found_as_a_whole),
        cmocka_unit_test(what_is_found_has_the_words_of_the_term),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
