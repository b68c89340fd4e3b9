/*
 * instrument.c - see instrument.h.
 */
#include "db/instrument.h"

#include "base/ascii.h"

#define YEAR_DIGITS 4u

/* named: its name stands between kind and number */
static const struct row {
    const char *kind, *symbol;
    bool named;
} rows[] = {
    { "nghi dinh ", "nd", false },  { "thong tu ", "tt", false },
    { "quyet dinh ", "qd", false }, { "chi thi ", "ct", false },
    { "nghi quyet ", "nq", false }, { "nghi quyet ", "qh", false },
    { "nghi quyet ", "ub", false }, { "phap lenh ", "ubtvqh", true },
    { "bo luat ", "qh", true },     { "luat ", "qh", true },
};

static size_t digits(struct span s)
{
    size_t n = 0;

    while (n < s.n && ascii_is_digit(s.p[n]))
        n++;
    return n;
}

/* The word's end: letters, digits and what joins them in numbers. */
static size_t word(struct span s)
{
    size_t n = 0;

    while (n < s.n &&
           (ascii_is_digit(s.p[n]) || ascii_is_alpha(s.p[n]) || s.p[n] == '/' || s.p[n] == '-'))
        n++;
    return n;
}

/* Is it a number at the front, whose symbol begins so? */
static struct span number_of(struct span s, const char *symbol)
{
    size_t n = digits(s), year;
    struct span rest;

    while (n > 1 && s.p[0] == '0') {
        s = span_from(s, 1);
        n--;
    }
    rest = span_from(s, n);
    if (n == 0 || rest.n == 0 || rest.p[0] != '/')
        return SPAN_NONE;
    rest = span_from(rest, 1);
    year = digits(rest);
    rest = span_from(rest, year);
    if (year != YEAR_DIGITS || rest.n == 0 || rest.p[0] != '/' ||
        !span_starts(span_from(rest, 1), span_of(symbol)))
        return SPAN_NONE;
    return (struct span){ s.p, word(s) };
}

/* Up to the first word that begins with a digit. */
static struct span behind_name(struct span s)
{
    while (s.n > 0 && !ascii_is_digit(s.p[0])) {
        size_t n = word(s);

        s = span_from(s, n > 0 ? n : 1);
    }
    return s;
}

static struct span skip(struct span s, const char *words)
{
    return span_starts(s, span_of(words)) ? span_trim(span_from(s, strlen(words))) : s;
}

struct span instrument_number(struct span folded)
{
    struct span s = skip(span_trim(folded), "can cu ");

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span rest, number;

        if (!span_starts(s, span_of(rows[i].kind)))
            continue;
        rest = span_trim(span_from(s, strlen(rows[i].kind)));
        number = number_of(rows[i].named ? behind_name(rest) : skip(skip(rest, "so:"), "so "),
                           rows[i].symbol);
        if (number.n > 0)
            return number;
    }
    return SPAN_NONE;
}
