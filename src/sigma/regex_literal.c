/*
 * regex_literal.c - necessary literals of a regular expression.
 *
 * Walks the top level of the pattern once and keeps the longest run of plain characters of each
 * alternative. Groups, classes and everything unusual end a run and are skipped; what cannot be
 * skipped safely (\Q, \x{}, named things, verbs, the x flag) gives the whole expression up. A
 * character with a quantifier that allows zero is not part of a run.
 *
 *     ^(?:a|b)foo\.exe[0-9]+bar?$     runs: "foo.exe", "ba"     literal: "foo.exe"
 *
 * Only ASCII goes into runs: above it, PCRE2's caseless tables and our folding may differ.
 */
#include "sigma/witness.h"

#include "base/ascii.h"

#define RUN_BYTES_MAX 96u

struct walk {
    struct span re;
    size_t at;
    uint8_t run[RUN_BYTES_MAX], best[RUN_BYTES_MAX];
    size_t run_n, best_n;
};

static void run_end(struct walk *w)
{
    if (w->run_n > w->best_n) {
        memcpy(w->best, w->run, w->run_n);
        w->best_n = w->run_n;
    }
    w->run_n = 0;
}

/* \Q and \E, which turn marks into characters, and \c, which takes one more for its own ("\c]" is
 * a control character and closes no class), at the backslash: rare, and not worth knowing. */
static bool escape_is_odd(struct span re, size_t at)
{
    return at + 1 < re.n && (re.p[at + 1] == 'Q' || re.p[at + 1] == 'E' || re.p[at + 1] == 'c');
}

/* Past a class: at '['. */
static bool skip_class(struct walk *w)
{
    size_t i = w->at + 1;

    if (i < w->re.n && w->re.p[i] == '^')
        i++;
    if (i < w->re.n && w->re.p[i] == ']')
        i++;
    for (; i < w->re.n; i++) {
        if (w->re.p[i] == '\\') {
            if (escape_is_odd(w->re, i))
                return false;
            i++;
        } else if (w->re.p[i] == '[' && i + 1 < w->re.n &&
                   (w->re.p[i + 1] == ':' || w->re.p[i + 1] == '.' || w->re.p[i + 1] == '=')) {
            return false; /* POSIX names are rare: not worth knowing */
        } else if (w->re.p[i] == ']') {
            w->at = i + 1;
            return true;
        }
    }
    return false;
}

/* Is the group that opens here one that can be skipped as a whole? */
static bool group_known(struct span re, size_t at)
{
    if (at + 1 >= re.n || re.p[at + 1] == '*')
        return false;
    if (re.p[at + 1] != '?')
        return true;
    if (at + 2 >= re.n)
        return false;
    switch (re.p[at + 2]) {
    case ':':
    case '=':
    case '!':
        return true;
    case 'i': /* (?i) and (?i:...): folding is indifferent to it */
        return at + 3 < re.n && (re.p[at + 3] == ')' || re.p[at + 3] == ':');
    default:
        return false;
    }
}

/* Past a group: at '('. */
static bool skip_group(struct walk *w)
{
    size_t depth = 0;

    while (w->at < w->re.n) {
        uint8_t c = w->re.p[w->at];

        if (c == '\\') {
            if (escape_is_odd(w->re, w->at))
                return false;
            w->at += w->at + 1 < w->re.n ? 2 : 1;
        } else if (c == '[') {
            if (!skip_class(w))
                return false;
        } else {
            if (c == '(') {
                if (!group_known(w->re, w->at))
                    return false;
                depth++;
            }
            w->at++;
            if (c == ')' && --depth == 0)
                return true;
        }
    }
    return false;
}

/* The end of "{2,3}" and its like at `at`, or 0: a brace with anything else in it is a character.
 * Versions of PCRE2 differ about "{,3}" and blanks: taken for a quantifier, they cost a literal. */
static size_t brace_end(struct span re, size_t at)
{
    size_t i = at + 1;

    while (i < re.n && (ascii_is_digit(re.p[i]) || re.p[i] == ',' || re.p[i] == ' '))
        i++;
    return i < re.n && re.p[i] == '}' ? i + 1 : 0;
}

/* Past a quantifier, if one stands here; *zero when it allows none of what is before it. */
static bool skip_quantifier(struct walk *w, bool *zero)
{
    uint8_t c = w->at < w->re.n ? w->re.p[w->at] : 0;
    size_t end = c == '{' ? brace_end(w->re, w->at) : w->at + 1;

    if ((c != '{' && c != '*' && c != '+' && c != '?') || end == 0)
        return false;
    *zero = c != '+';
    w->at = end;
    if (w->at < w->re.n && (w->re.p[w->at] == '?' || w->re.p[w->at] == '+'))
        w->at++;
    return true;
}

/* One plain character is at hand: into the run, unless a quantifier says otherwise. */
static void run_add(struct walk *w, uint8_t c)
{
    bool zero;

    if (w->run_n == RUN_BYTES_MAX)
        run_end(w);
    w->run[w->run_n++] = ascii_lower(c);
    if (skip_quantifier(w, &zero)) {
        if (zero)
            w->run_n--;
        run_end(w);
    }
}

/* After a thing that is not a literal. */
static void run_break(struct walk *w)
{
    bool zero;

    run_end(w);
    (void)skip_quantifier(w, &zero); /* optional or not: it adds nothing */
}

/* At a backslash. false: give up. */
static bool walk_escape(struct walk *w)
{
    uint8_t c;

    if (w->at + 1 >= w->re.n)
        return false;
    c = w->re.p[w->at + 1];
    w->at += 2;
    if (!ascii_is_alnum(c)) {
        if (c >= 0x80)
            return false;
        run_add(w, c);
        return true;
    }
    if (memchr("dDwWsSbBAzZhHvVRrntf", c, 20) == NULL)
        return false;
    run_break(w);
    return true;
}

/* One alternative, up to '|' or the end; false: give up. */
static bool walk_alternative(struct walk *w)
{
    w->run_n = w->best_n = 0;
    while (w->at < w->re.n && w->re.p[w->at] != '|') {
        uint8_t c = w->re.p[w->at];

        if (c == '\\') {
            if (!walk_escape(w))
                return false;
        } else if (c == '(') {
            run_end(w);
            if (!skip_group(w))
                return false;
            run_break(w);
        } else if (c == '[') {
            if (!skip_class(w))
                return false;
            run_break(w);
        } else if (c == ')' || c == '*' || c == '+' || c == '?') {
            return false;
        } else {
            w->at++;
            if (c == '.' || c == '^' || c == '$' || c == '{' || c >= 0x80)
                run_break(w);
            else
                run_add(w, c);
        }
    }
    run_end(w);
    return w->best_n > 0;
}

bool regex_literals(struct span re, struct arena *mem, struct span *out, uint32_t max,
                    uint32_t *count)
{
    struct walk w = { .re = re };

    *count = 0;
    while (*count < max) {
        if (!walk_alternative(&w))
            return false;
        out[*count] = arena_span(mem, (struct span){ w.best, w.best_n });
        if (arena_failed(mem))
            return false;
        (*count)++;
        if (w.at == re.n)
            return true;
        w.at++; /* '|' */
    }
    return false;
}
