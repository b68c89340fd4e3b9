/*
 * json_walk.c - see json_walk.h.
 */
#include "wire/json_walk.h"

#include "base/limits.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span skip_blanks(struct span s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = span_from(s, 1);
    return s;
}

/* The length of the string at the front, with its quotes; 0: it does not end. */
static size_t string_end(struct span s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '"')
            return i + 1;
        if (s.p[i] < 0x20)
            return 0;
        i += s.p[i] == '\\';
    }
    return 0;
}

/* Of the object or array at the front. A stack of bits: 1 is an object. */
static size_t nested_end(struct span s)
{
    uint64_t kinds = 0;
    unsigned depth = 0;

    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];

        if (c == '"') {
            size_t n = string_end(span_from(s, i));

            if (n == 0)
                return 0;
            i += n - 1;
        } else if (c == '{' || c == '[') {
            if (depth++ == LIMIT_DEPTH)
                return 0;
            kinds = kinds << 1 | (c == '{');
        } else if (c == '}' || c == ']') {
            if ((kinds & 1) != (c == '}'))
                return 0;
            kinds >>= 1;
            if (--depth == 0)
                return i + 1;
        }
    }
    return 0;
}

static size_t scalar_end(struct span s)
{
    size_t n = 0;

    while (n < s.n && !is_blank(s.p[n]) && memchr(",:{}[]\"", s.p[n], 7) == NULL)
        n++;
    return n;
}

int json_value(struct span *in, struct span *value)
{
    struct span s = skip_blanks(*in);
    size_t n;

    *in = s;
    if (s.n == 0)
        return 0;
    n = s.p[0] == '"'                    ? string_end(s)
        : s.p[0] == '{' || s.p[0] == '[' ? nested_end(s)
                                         : scalar_end(s);
    if (n == 0)
        return ERR_SYNTAX;
    *value = (struct span){ s.p, n };
    *in = span_from(s, n);
    return 1;
}

/* A comma with something behind it, or the end. */
static bool comma(struct span *in)
{
    struct span s = skip_blanks(*in);

    if (s.n > 0) {
        if (s.p[0] != ',')
            return false;
        s = skip_blanks(span_from(s, 1));
        if (s.n == 0)
            return false;
    }
    *in = s;
    return true;
}

int json_element(struct span *inside, struct span *value)
{
    int rc = json_value(inside, value);

    return rc <= 0 || comma(inside) ? rc : ERR_SYNTAX;
}

int json_member(struct span *inside, struct span *key, struct span *value)
{
    int rc = json_value(inside, key);

    if (rc <= 0)
        return rc;
    if (!json_unquoted(*key, key))
        return ERR_SYNTAX;
    *inside = skip_blanks(*inside);
    if (inside->n == 0 || inside->p[0] != ':')
        return ERR_SYNTAX;
    *inside = span_from(*inside, 1);
    return json_element(inside, value) == 1 ? 1 : ERR_SYNTAX;
}

bool json_inside(struct span value, uint8_t kind, struct span *inside)
{
    if (value.n < 2 || value.p[0] != kind)
        return false;
    *inside = (struct span){ value.p + 1, value.n - 2 };
    return true;
}

bool json_unquoted(struct span value, struct span *text)
{
    return json_inside(value, '"', text);
}
