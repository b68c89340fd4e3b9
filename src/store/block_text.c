/*
 * block_text.c - see block_text.h. Texts lie in JSON more often than not: "\r", "\n" and "\t"
 * written as two characters end words and lines like the characters themselves.
 */
#include "store/block_text.h"

#include "base/ascii.h"

#define TEXT_LEAST 20u /* bytes */
#define LINE_MAX   4096u

/* --- Characters ----------------------------------------------------------------------------- */

enum { WORD, BLANK, LINE, MARK };

static const uint8_t classes[256] = {
    [' '] = BLANK, ['\t'] = BLANK, ['\r'] = LINE, ['\n'] = LINE, [','] = MARK,
    [';'] = MARK,  ['('] = MARK,   [')'] = MARK,  ['['] = MARK,  [']'] = MARK,
    ['{'] = MARK,  ['}'] = MARK,   ['<'] = MARK,  ['>'] = MARK,  ['"'] = MARK,
    ['\''] = MARK, ['|'] = MARK,   ['='] = MARK,  [':'] = MARK,
};

/* The class of what stands at `at`, and how many bytes it has. */
static unsigned class_at(struct span s, size_t at, size_t *n)
{
    uint8_t next;

    *n = 1;
    if (s.p[at] != '\\' || at + 1 >= s.n)
        return classes[s.p[at]];
    *n = 2;
    next = s.p[at + 1];
    return next == 't' ? BLANK : next == 'n' || next == 'r' ? LINE : next == '"' ? MARK : WORD;
}

static bool has_lines(struct span s)
{
    for (size_t at = 0, n; at < s.n && at < LINE_MAX; at += n) {
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
    size_t end = at;

    for (size_t n, i = at; i < s.n; i += n) {
        unsigned c = class_at(s, i, &n);

        if (c == LINE)
            break;
        if (c != BLANK)
            end = i + n;
    }
    return (end < s.n ? end : s.n) - at;
}

/* A word; *digit when it has one. A dot at its end is not of it. */
static size_t word_size(struct span s, size_t at, bool *digit)
{
    size_t end = at, n;

    *digit = false;
    while (end < s.n && class_at(s, end, &n) == WORD) {
        *digit |= ascii_is_digit(s.p[end]);
        end += n;
    }
    end = end < s.n ? end : s.n;
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

uint32_t block_text_cut(struct span s, struct block_cut *cuts)
{
    bool lines = has_lines(s), behind = false;
    uint32_t count = 0;
    size_t n;

    for (size_t at = 0; at < s.n; at += n) {
        unsigned c = class_at(s, at, &n);
        bool digit = false;

        if (c != WORD && !(c == MARK && behind && lines && s.p[at] != '=')) {
            behind = c == MARK ? announces(s, at) : c == BLANK && behind;
            continue;
        }
        n = behind && lines ? line_rest(s, at) : word_size(s, at, &digit);
        if (digit || behind) {
            if (count == BLOCK_TEXT_CUTS)
                return count + 1;
            cuts[count++] = (struct block_cut){ (uint32_t)at, (uint32_t)n };
        }
        behind = false;
        MUST(n > 0); /* or it would not come to an end */
    }
    return count;
}
