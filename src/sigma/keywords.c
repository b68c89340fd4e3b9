/*
 * keywords.c - from keywords to literals of the raw record.
 *
 * A byte is plain when it stands for itself wherever it stands: a printable ASCII byte that JSON
 * does not have to escape. Plain bytes next to each other in a decoded value are next to each
 * other in the raw record too, unless they were written as escapes, which have literals of their
 * own. So a keyword of plain bytes is in a value only if it is in the raw record (without regard
 * to case, both ways), and any keyword is only if its plain runs are.
 */
#include "sigma/keywords.h"

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* What rec_text() makes of the kinds from NUMBER on, folded: digits, hex, "{...}", "s-1-5-18",
 * times, "true", "false", "1e+30", "inf", "nan". */
static bool is_digit_like(uint8_t c)
{
    return c != 0 && strchr("0123456789abcdefxstzrulin{}:.-+", c) != NULL;
}

bool keywords_with_digits(const struct field_index *keywords)
{
    for (uint32_t i = 0; i < keywords->literal_count; i++) {
        struct span s = keywords->literals[i].text;
        size_t n = 0;

        while (n < s.n && is_digit_like(s.p[n]))
            n++;
        if (n == s.n)
            return true;
    }
    return false;
}

static struct span longest_run(struct span s)
{
    struct span best = { s.p, 0 };

    for (size_t i = 0, n; i < s.n; i += n + 1) {
        for (n = 0; i + n < s.n && is_plain(s.p[i + n]); n++)
            ;
        if (n > best.n)
            best = (struct span){ s.p + i, n };
    }
    return best;
}

static const struct guard {
    struct span text;
    uint8_t sense;
} guards[] = {
    { { (const uint8_t *)"\\u", 2 }, SENSE_ESCAPE },
    { { (const uint8_t *)"\\/", 2 }, SENSE_ESCAPE },
    { { (const uint8_t *)"\xC5\xBF", 2 }, SENSE_VALUES },     /* U+017F: long s */
    { { (const uint8_t *)"\xE2\x84\xAA", 3 }, SENSE_VALUES }, /* U+212A: kelvin sign */
};

void keywords_plan(struct field_index *raw, const struct field_index *keywords, struct image *im)
{
    uint32_t n = keywords->literal_count;

    raw->raw = true;
    raw->literals = image_array(im, n + COUNT_OF(guards), sizeof(*raw->literals));
    for (uint32_t i = 0; i < n && raw->literals != NULL; i++) {
        const struct literal *of = &keywords->literals[i];
        struct span run = longest_run(of->text);
        bool whole = run.n == of->text.n;

        if (run.n == 0) {
            raw->literal_count = 0;
            return;
        }
        raw->literals[raw->literal_count++] = (struct literal){
            .text = image_span(im, run),
            .anywhere = whole ? of->anywhere : (struct rule_list){ NULL, 0 },
            .sense = whole ? SENSE_RULES : SENSE_VALUES,
        };
    }
    for (uint32_t i = 0; i < COUNT_OF(guards) && raw->literals != NULL && n > 0; i++)
        raw->literals[raw->literal_count++] = (struct literal){
            .text = image_span(im, guards[i].text),
            .sense = guards[i].sense,
        };
}

bool keywords_is_escape(struct span raw, size_t end)
{
    size_t backslashes = 0, at = end - 1; /* of the byte behind the backslash */

    while (backslashes < at && raw.p[at - 1 - backslashes] == '\\')
        backslashes++;
    return backslashes % 2 == 1;
}
