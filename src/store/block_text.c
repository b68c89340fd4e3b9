/*
 * block_text.c - see block_text.h. Texts lie in JSON more often than not: "\r", "\n" and "\t"
 * written as two characters end words and lines like the characters themselves.
 */
#include "store/block_text.h"

#include "store/block_own.h"

#define TEXT_LEAST 20u /* bytes */
#define LINE_MAX   4096u

/* --- Characters ----------------------------------------------------------------------------- */

enum { WORD, BLANK, LINE, MARK, CLASS = 3, DIGIT = 4, ESCAPE = 8, STOP = 16 };

static const uint8_t classes[256] = {
    [' '] = BLANK | STOP, ['\t'] = BLANK | STOP,  ['\r'] = LINE | STOP, ['\n'] = LINE | STOP,
    [','] = MARK,         [';'] = MARK,           ['('] = MARK,         [')'] = MARK,
    ['['] = MARK,         [']'] = MARK,           ['{'] = MARK,         ['}'] = MARK,
    ['<'] = MARK,         ['>'] = MARK,           ['"'] = MARK,         ['\''] = MARK,
    ['|'] = MARK,         ['='] = MARK,           [':'] = MARK,         ['0'] = DIGIT,
    ['1'] = DIGIT,        ['2'] = DIGIT,          ['3'] = DIGIT,        ['4'] = DIGIT,
    ['5'] = DIGIT,        ['6'] = DIGIT,          ['7'] = DIGIT,        ['8'] = DIGIT,
    ['9'] = DIGIT,        ['\\'] = ESCAPE | STOP,
};

/* The class of what stands at `at`, and how many bytes it has. */
static inline unsigned class_at(struct span s, size_t at, size_t *n)
{
    uint8_t next;

    *n = 1;
    if ((classes[s.p[at]] & ESCAPE) == 0 || at + 1 >= s.n)
        return classes[s.p[at]] & CLASS;
    *n = 2;
    next = s.p[at + 1];
    return next == 't' ? BLANK : next == 'n' || next == 'r' ? LINE : next == '"' ? MARK : WORD;
}

static bool has_lines(struct span s)
{
    struct span head = { s.p, s.n < LINE_MAX ? s.n : LINE_MAX };

    /* Without these there are none; most texts have none of them. */
    if (span_find(head, '\\') == head.n && span_find(head, '\n') == head.n &&
        span_find(head, '\r') == head.n)
        return false;
    for (size_t at = 0, n; at < head.n; at += n) {
        if (class_at(s, at, &n) == LINE)
            return true;
    }
    return false;
}

bool block_text_is(struct span s)
{
    unsigned blanks = 0;

    if (s.n < TEXT_LEAST)
        return false;
    for (size_t at = 0, n; at < s.n && at < LINE_MAX && blanks < 2; at += n) {
        unsigned c = class_at(s, at, &n);

        blanks += c == BLANK || c == LINE;
    }
    return blanks >= 2;
}

/* --- What varies ---------------------------------------------------------------------------- */

/* To the end of the line, without blanks there. */
static size_t line_rest(struct span s, size_t at)
{
    size_t end = at, i = at, n;

    for (;;) {
        unsigned c;

        while (i < s.n && (classes[s.p[i]] & STOP) == 0)
            end = ++i;
        if (i >= s.n)
            break;
        c = class_at(s, i, &n);
        if (c == LINE)
            break;
        i += n;
        if (c != BLANK)
            end = i;
    }
    return (end < s.n ? end : s.n) - at;
}

/* A word; *digit when it has one. A dot at its end is not of it. */
static size_t word_size(struct span s, size_t at, bool *digit)
{
    size_t end = at, n;
    unsigned seen = 0;

    for (;;) {
        while (end < s.n && (classes[s.p[end]] & (CLASS | ESCAPE)) == 0)
            seen |= classes[s.p[end++]];
        if (end >= s.n || class_at(s, end, &n) != WORD)
            break;
        end += n;
    }
    *digit = (seen & DIGIT) != 0;
    while (end - at > 1 && s.p[end - 1] == '.')
        end--;
    return end - at;
}

/* Does what follows a mark at `at` depend on what stands before it? */
static bool announces(struct span s, size_t at)
{
    size_t n;

    return s.p[at] == '=' ||
           (s.p[at] == ':' && (at + 1 >= s.n || class_at(s, at + 1, &n) == BLANK));
}

/* May the rest of a line, behind what announces it, begin with this? */
static bool begins_rest(struct span s, size_t at, unsigned class)
{
    return class == WORD || (class == MARK && s.p[at] != '=');
}

uint32_t block_text_cut(struct span s, struct block_cut *cuts, uint8_t *ways)
{
    bool lines = has_lines(s), behind = false;
    uint32_t count = 0;
    size_t n;

    for (size_t at = 0; at < s.n; at += n) {
        unsigned c = class_at(s, at, &n);
        bool digit = false;

        if (c != WORD && !(behind && lines && begins_rest(s, at, c))) {
            behind = c == MARK ? announces(s, at) : c == BLANK && behind;
            continue;
        }
        n = behind && lines ? line_rest(s, at) : word_size(s, at, &digit);
        if (digit || behind) {
            if (count == BLOCK_TEXT_CUTS)
                return count + 1;
            ways[count] = !behind ? BLOCK_TEXT_DIGIT : lines ? BLOCK_TEXT_LINE : BLOCK_TEXT_WORD;
            cuts[count++] = (struct block_cut){ (uint32_t)at, (uint32_t)n };
        }
        behind = false;
        MUST(n > 0); /* or it would not come to an end */
    }
    return count;
}

/* A value at `at` that is cut this way; 0 when there is none. */
static size_t value_size(struct span s, size_t at, uint8_t way)
{
    bool digit;
    size_t n;
    unsigned c = class_at(s, at, &n);

    if (way == BLOCK_TEXT_LINE)
        return begins_rest(s, at, c) ? line_rest(s, at) : 0;
    n = word_size(s, at, &digit);
    return digit || way == BLOCK_TEXT_WORD ? n : 0;
}

bool block_text_like(struct span s, struct span literals, uint32_t count, const uint8_t *ways,
                     struct block_cut *cuts)
{
    size_t at = 0, n;

    for (uint32_t i = 0; i < count; i++) {
        struct span literal = block_take_text(&literals);

        if (s.n - at <= literal.n || !span_starts(span_from(s, at), literal))
            return false;
        at += literal.n;
        n = value_size(s, at, ways[i]);
        if (n == 0)
            return false;
        cuts[i] = (struct block_cut){ (uint32_t)at, (uint32_t)n };
        at += n;
    }
    return span_eq(span_from(s, at), block_take_text(&literals));
}
