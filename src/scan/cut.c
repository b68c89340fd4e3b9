/*
 * cut.c - see cut.h. LINES, the usual case, looks at a few bytes around the last line ends of a
 * block; ARRAY has to look at all of them.
 */
#include "scan/cut.h"

#include "base/ascii.h"
#include "wire/evtx.h"
#include "wire/sniff.h"

#define WRAPPER_NAME_BYTES 32u

/* The last `byte` among the first n of `s`, or NULL. */
static const uint8_t *last_byte(struct span s, size_t n, uint8_t byte)
{
    return s.p != NULL && n > 0 ? memrchr(s.p, byte, n) : NULL;
}

static size_t skip_blanks(struct span s, size_t at)
{
    while (at < s.n && ascii_is_blank(s.p[at]))
        at++;
    return at;
}

/* --- What a file is ------------------------------------------------------------------------ */

/* Objects whose only purpose is to carry a list of events under this name. */
static const char *const wrappers[] = { "Records", "records", "Events", "events", "value", "logs" };

/* Index behind the '[' of {"Records": [ with an object in it, or 0. */
static size_t wrapper_end(struct span head)
{
    size_t at = skip_blanks(head, 1), n;
    bool known = false;

    if (at >= head.n || head.p[at] != '"')
        return 0;
    at++;
    n = span_find(span_from(head, at), '"');
    for (size_t i = 0; i < COUNT_OF(wrappers) && !known; i++)
        known = span_eq((struct span){ head.p + at, n }, span_of(wrappers[i]));
    if (!known || at + n + 1 >= head.n)
        return 0;
    at = skip_blanks(head, at + n + 1);
    if (at >= head.n || head.p[at] != ':')
        return 0;
    at = skip_blanks(head, at + 1);
    if (at >= head.n || head.p[at] != '[')
        return 0;
    n = skip_blanks(head, at + 1);
    return n < head.n && head.p[n] == '{' ? at + 1 : 0;
}

/* '[' and then an object: not "[error] ..." and not "[2026-...". */
static size_t array_end(struct span head)
{
    size_t at = skip_blanks(head, 1);

    return at < head.n && head.p[at] == '{' ? 1 : 0;
}

/* Files that are often found among logs and are none. */
static const struct span magics[] = {
    { (const uint8_t *)"LPKSHHRH", 8 },  /* systemd's journal: use journal: */
    { (const uint8_t *)"\0\5\26\7", 4 }, /* AppleDouble: "._name" */
    { (const uint8_t *)"\x7f"
                       "ELF",
      4 },
    { (const uint8_t *)"SQLite format 3", 15 },
    { (const uint8_t *)"%PDF-", 5 },
};

/* A known magic; or zeros within and no line end; or control characters that no text has, more than
 * a twentieth of what is not zero. A run of zeros in front is what a power cut leaves in a log. */
static bool is_binary(struct span head)
{
    size_t odd = 0, some = 0, zeros = 0, lines = 0;

    for (size_t i = 0; i < COUNT_OF(magics); i++) {
        if (span_starts(head, magics[i]))
            return true;
    }
    for (size_t i = 0; i < head.n; i++) {
        uint8_t c = head.p[i];

        some += c != 0;
        zeros += c == 0 && some > 0;
        lines += c == '\n';
        odd += c != 0 && c < 0x20 && !ascii_is_blank(c) && c != '\f' && c != 0x1b && c != 0x1d;
    }
    return odd * 20 > some || (zeros > 0 && lines == 0);
}

size_t cut_begin(struct cut *c, struct span head)
{
    size_t at = skip_blanks(head, 0), n = 0;
    struct span first = span_from(head, at);

    c->mode = CUT_LINES;
    c->headers = true;
    w3c_init(&c->w3c);
    if (evtx_is(head)) {
        c->mode = CUT_CHUNKS;
        return 0;
    }
    if (is_binary(head)) {
        c->mode = CUT_BINARY;
        return 0;
    }
    if (first.n == 0)
        return 0;
    c->headers = first.p[0] != '{' && first.p[0] != '[' && first.p[0] != '<';
    if (first.p[0] == '[')
        n = array_end(first);
    else if (first.p[0] == '{')
        n = wrapper_end(first);
    if (n > 0) {
        c->mode = CUT_ARRAY;
        return at + n;
    }
    n = xml_lead(first);
    if ((n > 0 && n == first.n) || xml_is(span_from(first, n)))
        c->mode = CUT_XML;
    return 0;
}

/* --- Where it may be cut ------------------------------------------------------------------- */

bool cut_starts_record(struct span line)
{
    static const char never[] = " \t\r\n}]),\"";

    if (line.n == 0 || memchr(never, line.p[0], sizeof(never) - 1) != NULL)
        return false;
    return !span_starts(line, SPAN_LIT("</"));
}

static struct span line_at(struct span in, size_t at)
{
    struct span rest = span_from(in, at);

    return (struct span){ rest.p, span_find(rest, '\n') };
}

/* "msg=audit(1700000000.123:45)" of a line, or nothing. */
static struct span audit_id(struct span line)
{
    static const struct span mark = { (const uint8_t *)"msg=audit(", 10 };
    const uint8_t *p = line.n > 0 ? memmem(line.p, line.n, mark.p, mark.n) : NULL;
    struct span id;

    if (p == NULL || !audit_is(line))
        return SPAN_NONE;
    id = (struct span){ p, (size_t)(line.p + line.n - p) };
    id.n = span_find(id, ')');
    return id;
}

/* The last line of one audit event, or of no event. A line whose end is not in sight may be of the
 * same event without showing it. */
static bool audit_apart(struct span in, size_t last, size_t next)
{
    struct span line = line_at(in, next), before = audit_id(line_at(in, last));

    if (before.n == 0)
        return true;
    return next + line.n < in.n && !span_eq(before, audit_id(line));
}

static size_t lines_find(struct span in)
{
    const uint8_t *end = last_byte(in, in.n - (in.n > 0), '\n');

    while (end != NULL) {
        size_t next = (size_t)(end - in.p) + 1;
        const uint8_t *before = end > in.p ? last_byte(in, next - 1, '\n') : NULL;
        size_t last = before != NULL ? (size_t)(before - in.p) + 1 : 0;

        if (in.p[next] == '\n' && last + 1 == next)
            return next; /* two blank lines: nothing goes on behind them */
        if (cut_starts_record(line_at(in, next)) && audit_apart(in, last, next))
            return next;
        end = before;
    }
    return 0;
}

/* Behind the string whose opening quote is at `at`. A line end closes it: JSON has none within. */
static size_t string_end(struct span in, size_t at)
{
    for (at++; at < in.n; at++) {
        if (in.p[at] == '\\')
            at++;
        else if (in.p[at] == '"' || in.p[at] == '\n')
            return at + 1;
    }
    return in.n;
}

static size_t array_find(struct cut *c, struct span in)
{
    size_t depth = 0, cut = 0, at = 0;

    while (at < in.n) {
        switch (in.p[at]) {
        case '"':
            at = string_end(in, at);
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (depth == 0) { /* the list's own end: what follows is something else */
                c->mode = CUT_LINES;
                return at + 1;
            }
            depth--;
            if (depth == 0)
                cut = at + 1;
            break;
        default:
            break;
        }
        at++;
    }
    return cut;
}

/* Does "</Event>" end here, with or without a prefix? */
static bool xml_ends(struct span s)
{
    const uint8_t *open = last_byte(s, s.n, '<');
    struct span tag;

    if (open == NULL)
        return false;
    tag = span_from(s, (size_t)(open - s.p));
    return span_eq(tag, SPAN_LIT("</Event>")) ||
           (span_starts(tag, SPAN_LIT("</")) && span_ends(tag, SPAN_LIT(":Event>")));
}

static size_t xml_find(struct span in)
{
    const uint8_t *end = last_byte(in, in.n, '>');

    while (end != NULL) {
        size_t n = (size_t)(end - in.p) + 1;

        if (xml_ends((struct span){ in.p, n }))
            return n;
        end = last_byte(in, n - 1, '>');
    }
    return 0;
}

static size_t chunks_find(struct span in)
{
    return in.n / EVTX_CHUNK_BYTES * EVTX_CHUNK_BYTES;
}

size_t cut_find(struct cut *c, struct span in)
{
    switch (c->mode) {
    case CUT_LINES:
        return lines_find(in);
    case CUT_ARRAY:
        return array_find(c, in);
    case CUT_XML:
        return xml_find(in);
    case CUT_CHUNKS:
        return chunks_find(in);
    case CUT_BINARY:
        break;
    }
    return in.n;
}

size_t cut_force(struct span in)
{
    struct cut objects = { .mode = CUT_ARRAY };
    size_t behind = in.n > 0 && in.p[0] == '{' ? array_find(&objects, in) : 0;
    const uint8_t *end = last_byte(in, in.n, '\n');

    if (behind > 0 && objects.mode == CUT_ARRAY)
        return behind;
    return end != NULL ? (size_t)(end - in.p) + 1 : in.n;
}

void cut_headers(struct cut *c, struct span block)
{
    while (c->headers && c->mode == CUT_LINES && block.n > 0) {
        const uint8_t *p = block.p[0] == '#' ? block.p : memmem(block.p, block.n, "\n#", 2);
        struct span line;

        if (p == NULL)
            return;
        block = span_from(block, (size_t)(p - block.p) + (p[0] == '\n' ? 1 : 0));
        line = line_at(block, 0);
        block = span_from(block, line.n < block.n ? line.n + 1 : line.n);
        if (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        if (w3c_is(line))
            (void)w3c_header(&c->w3c, line, NULL); /* the records tell what is wrong with it */
    }
}
