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

#include "base/ascii.h"

#define SIEVE_LITERALS_MAX 512u /* more need too many fragments */
#define SIEVE_MAX          24u  /* fragments, without the guards */
#define FRAGMENT_MIN       4u
#define FRAGMENT_MAX       8u

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static bool stands_in(struct span part, struct span whole)
{
    return part.n <= whole.n && memmem(whole.p, whole.n, part.p, part.n) != NULL;
}

/*
 * Could this stand in a number as rec_text() writes it, folded, or in a GUID, SID or time? Those
 * are digits and signs, hex, and a few letters that have their places:
 *
 *   0x3e7   {5770385f-c22a-...}   s-1-5-18   2025-11-27t07:40:10.165z   1.5e+30   -inf   nan
 */
static bool fits_number(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i], before = i > 0 ? s.p[i - 1] : '0';
        uint8_t after = i + 1 < s.n ? s.p[i + 1] : 0;
        bool digits = ascii_is_digit(before) && (after == 0 || ascii_is_digit(after));
        bool fits = ascii_hex(c) >= 0 || (c != 0 && strchr("-{}:.+", c) != NULL) ||
                    (c == 'x' && before == '0') || (c == 's' && i == 0 && after <= '-') ||
                    (c == 't' && digits) || (c == 'z' && after == 0 && digits);

        if (!fits)
            return stands_in(s, SPAN_LIT("-inf")) || stands_in(s, SPAN_LIT("-nan"));
    }
    return true;
}

bool keywords_with_digits(const struct field_index *keywords)
{
    for (uint32_t i = 0; i < keywords->literal_count; i++) {
        if (fits_number(keywords->literals[i].text))
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

void keywords_plan(struct field_index *raw, const struct field_index *keywords, struct image *im)
{
    uint32_t n = keywords->literal_count;

    raw->raw = true;
    raw->literals = image_array(im, n, sizeof(*raw->literals));
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
}

/* How many of the literals that are not yet covered have this fragment? */
static uint32_t would_cover(const struct field_index *raw, const bool *covered, struct span part)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < raw->literal_count; i++)
        n += !covered[i] && stands_in(part, raw->literals[i].text);
    return n;
}

/* Of one literal the fragment that most others have too, and of those the longest; not one that
 * every log is full of. The whole literal when there is none. */
static struct span best_fragment(const struct field_index *raw, const bool *covered,
                                 struct span text)
{
    struct span best = text;
    uint32_t best_covers = 1;

    for (size_t n = FRAGMENT_MAX; n >= FRAGMENT_MIN; n -= 2) {
        for (size_t at = 0; at + n <= text.n; at++) {
            struct span part = { text.p + at, n };
            uint32_t covers = would_cover(raw, covered, part);

            if (covers > best_covers && !chance_common(part)) {
                best = part;
                best_covers = covers;
            }
        }
    }
    return best;
}

static void sieve_add(struct field_index *sieve, struct image *im, struct span text, uint8_t sense)
{
    sieve->literals[sieve->literal_count++] =
        (struct literal){ .text = image_span(im, text), .sense = sense };
}

void keywords_sieve(struct field_index *sieve, const struct field_index *raw, struct image *im)
{
    bool covered[SIEVE_LITERALS_MAX] = { false };
    uint32_t n = raw->literal_count;

    sieve->raw = true;
    if (n > SIEVE_LITERALS_MAX)
        return;
    sieve->literals = image_array(im, SIEVE_MAX, sizeof(*sieve->literals));
    for (uint32_t i = 0; i < n && sieve->literals != NULL; i++) {
        struct span text = raw->literals[i].text, part;

        if (covered[i])
            continue;
        if (text.n < FRAGMENT_MIN || sieve->literal_count == SIEVE_MAX ||
            2 * (sieve->literal_count + 1) > n) {
            sieve->literal_count = 0;
            return;
        }
        part = best_fragment(raw, covered, text);
        for (uint32_t k = i; k < n; k++)
            covered[k] = covered[k] || stands_in(part, raw->literals[k].text);
        sieve_add(sieve, im, part, SENSE_SCAN);
    }
}

bool keywords_is_escape(struct span raw, size_t end)
{
    size_t backslashes = 0, at = end - 1; /* of the byte behind the backslash */

    while (backslashes < at && raw.p[at - 1 - backslashes] == '\\')
        backslashes++;
    return backslashes % 2 == 1;
}
