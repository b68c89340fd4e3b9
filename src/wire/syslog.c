/*
 * syslog.c - RFC 5424, RFC 3164 and what daemons make of them.
 *
 *   <165>1 2026-03-01T10:00:00Z host app 1234 ID47 [id@32473 k="v"] text     RFC 5424
 *   <34>Oct 11 22:14:15 host su[12]: text                                    RFC 3164
 *   Oct 11 22:14:15 host sshd[123]: text                                     /var/log/auth.log
 *   2026-03-01T10:00:00.123456+07:00 host app[12]: text                      rsyslog's own form
 *   <189>123: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: text                    Cisco IOS
 *   <166>Mar 01 2026 10:00:00 host : %ASA-6-302013: text                     Cisco ASA
 *   <166>%ASA-6-302013: text                                                 without a clock
 *   10.0.0.9 123: Mar  1 18:46:11.123: %SYS-5-CONFIG_I: text                 through a relay
 *   <189>date=2026-03-01 time=10:00:00 ...                                   FortiGate
 *
 * The content decides. Behind a priority everything is optional; without one there must be a
 * timestamp, and behind an ISO timestamp a host and a tag too, because many programs start their
 * own lines with such a time. What is not in the header is the message, which is always the last
 * field. Names of senders are not checked against the RFCs' lengths: devices do not keep them.
 */
#include "base/addr.h"
#include "base/num.h"
#include "wire/line.h"
#include "wire/sniff.h"

#define TAG_BYTES_MAX    64u
#define SENDER_BYTES_MAX 255u

/* Facilities are 0..23 and severities 0..7: their text without formatting. */
static const char small_numbers[] = "0 1 2 3 4 5 6 7 8 9 1011121314151617181920212223";

static struct span small_number(uint32_t v)
{
    return (struct span){ (const uint8_t *)small_numbers + 2 * v, v < 10 ? 1 : 2 };
}

/* Bytes of "<0>".."<191>" at `at`, or 0. */
static size_t pri_size(struct span s, size_t at, uint32_t *value)
{
    uint64_t v = 0;
    size_t i = at + 1;

    if (!line_at(s, at, '<'))
        return 0;
    while (i < s.n && i - at <= 3 && ascii_is_digit(s.p[i]))
        i++;
    if (!line_at(s, i, '>') || !num_u64(line_cut(s, at + 1, i), 191, &v))
        return 0;
    *value = (uint32_t)v;
    return i + 1 - at;
}

/* Do the bytes at `at` look like `shape`? 0 is a digit, _ a digit or a space, a a letter; the
 * rest stands for itself. */
static bool looks_like(struct span s, size_t at, const char *shape)
{
    for (; *shape != '\0'; shape++, at++) {
        uint8_t c;
        bool ok;

        if (at >= s.n)
            return false;
        c = s.p[at];
        ok = *shape == '0'   ? ascii_is_digit(c)
             : *shape == '_' ? ascii_is_digit(c) || c == ' '
             : *shape == 'a' ? ascii_is_alpha(c)
                             : c == (uint8_t)*shape;
        if (!ok)
            return false;
    }
    return true;
}

static bool is_month(struct span s, size_t at)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (size_t i = 0; i < 36; i += 3) {
        if (line_has(s, at, (struct span){ (const uint8_t *)months + i, 3 }))
            return true;
    }
    return false;
}

/* Digits of a fraction behind '.' or ','. */
static size_t fraction_end(struct span s, size_t at)
{
    size_t i = at + 1;

    if (!line_at(s, at, '.') && !line_at(s, at, ','))
        return at;
    while (i < s.n && ascii_is_digit(s.p[i]))
        i++;
    return i > at + 1 ? i : at;
}

/* End of "Oct 11 22:14:15[.123]", with a year in the third place or behind, or `at`. */
static size_t bsd_time_end(struct span s, size_t at)
{
    size_t i;

    if (!is_month(s, at))
        return at;
    if (looks_like(s, at, "aaa _0 00:00:00"))
        i = at + 15;
    else if (looks_like(s, at, "aaa _0 0000 00:00:00"))
        i = at + 20;
    else if (looks_like(s, at, "aaa 0 00:00:00"))
        i = at + 14;
    else
        return at;
    i = fraction_end(s, i);
    return looks_like(s, i, " 0000 ") ? i + 5 : i;
}

/* End of "2026-03-01T10:00:00[.123][Z|+07:00|+0700]", or `at`. */
static size_t iso_time_end(struct span s, size_t at)
{
    size_t i;

    if (!looks_like(s, at, "0000-00-00T00:00:00"))
        return at;
    i = fraction_end(s, at + 19);
    if (line_at(s, i, 'Z'))
        return i + 1;
    if (looks_like(s, i, "+00:00") || looks_like(s, i, "-00:00"))
        return i + 6;
    if (looks_like(s, i, "+0000") || looks_like(s, i, "-0000"))
        return i + 5;
    return i;
}

/* --- RFC 5424 ------------------------------------------------------------------------------ */

/* The value with \" \\ and \] undone, in scratch: the only escapes (RFC 5424, 6.3.3); any other
 * backslash is itself. */
static struct span sd_value(struct span v, struct arena *mem)
{
    uint8_t *p;
    size_t n = 0;

    if (span_find(v, '\\') == v.n)
        return v;
    p = arena_bytes(mem, v.n);
    if (p == NULL)
        return v; /* no scratch: better the text as it stands than none */
    for (size_t i = 0; i < v.n; i++) {
        uint8_t next = i + 1 < v.n ? v.p[i + 1] : 0;

        if (v.p[i] == '\\' && (next == '"' || next == '\\' || next == ']'))
            i++;
        p[n++] = v.p[i];
    }
    arena_shrink(mem, v.n - n);
    return (struct span){ p, n };
}

/* One "name="value"" at `at` inside the group; its end, or 0 when it is none. */
static size_t sd_param(struct span s, size_t at, struct rec *r, uint16_t group)
{
    size_t eq = at, end;

    while (eq < s.n && s.p[eq] > ' ' && s.p[eq] != '=' && s.p[eq] != ']' && s.p[eq] != '"')
        eq++;
    if (eq == at || !line_has(s, eq, SPAN_LIT("=\"")))
        return 0;
    end = line_quote_end(s, eq + 2, '"');
    if (end == s.n)
        return 0;
    (void)rec_add(r, group, line_cut(s, at, eq), REC_TEXT,
                  sd_value(line_cut(s, eq + 2, end), &r->mem)); /* full: flagged by rec_add */
    return end + 1;
}

/* One "[id k="v" ...]" at `at`; its end, or 0 with nothing added. */
static size_t sd_element(struct span s, size_t at, struct rec *r)
{
    struct line_mark mark = line_mark(r);
    uint16_t group = r->count < LIMIT_FIELDS ? (uint16_t)r->count : REC_ROOT;
    size_t i = at + 1;

    while (i < s.n && s.p[i] > ' ' && s.p[i] != '=' && s.p[i] != ']' && s.p[i] != '"')
        i++;
    if (i == at + 1)
        return 0;
    (void)rec_add(r, REC_ROOT, line_cut(s, at + 1, i), REC_GROUP, SPAN_NONE); /* as above */
    while (line_at(s, i, ' ')) {
        size_t next = line_skip(s, i, ' ');

        if (line_at(s, next, ']')) {
            i = next;
            break;
        }
        i = sd_param(s, next, r, group);
        if (i == 0)
            break;
    }
    if (i == 0 || !line_at(s, i, ']')) {
        line_undo(r, mark);
        return 0;
    }
    if (group != REC_ROOT) {
        r->fields[group].value = s.p + at;
        r->fields[group].value_bytes = (uint32_t)(i + 1 - at);
    }
    return i + 1;
}

/* Structured data at `at`; the index behind it. What is none stays for the message. */
static size_t sd_read(struct span s, size_t at, struct rec *r)
{
    size_t i = at;

    if (line_at(s, at, '-') && (at + 1 == s.n || s.p[at + 1] == ' '))
        return at + 1;
    while (line_at(s, i, '[')) {
        size_t next = sd_element(s, i, r);

        if (next == 0)
            break;
        i = next;
    }
    return i;
}

/* "1 " and a timestamp or "- ": the rest of an RFC 5424 header. */
static bool is_5424(struct span s, size_t at)
{
    return line_has(s, at, SPAN_LIT("1 ")) &&
           (line_has(s, at + 2, SPAN_LIT("- ")) || iso_time_end(s, at + 2) > at + 2);
}

static void read_5424(struct span s, size_t at, struct rec *r)
{
    static const struct span names[] = {
        { (const uint8_t *)"timestamp", 9 }, { (const uint8_t *)"hostname", 8 },
        { (const uint8_t *)"appname", 7 },   { (const uint8_t *)"procid", 6 },
        { (const uint8_t *)"msgid", 5 },
    };

    at += 2;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        size_t end = line_find(s, at, ' ');
        struct span v = line_cut(s, at, end);

        if (v.n > 0 && !(v.n == 1 && v.p[0] == '-'))
            (void)rec_add_text(r, names[i], v); /* full: flagged by rec_add */
        at = end < s.n ? end + 1 : end;
    }
    at = sd_read(s, at, r);
    if (line_at(s, at, ' '))
        at++;
    at += line_bom(span_from(s, at));
    (void)rec_add_text(r, SPAN_LIT("message"), span_from(s, at));
}

/* --- RFC 3164 ------------------------------------------------------------------------------ */

static bool is_host_byte(uint8_t c)
{
    return ascii_is_alnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '/' ||
           c == '%' || c == '@' || c >= 0x80;
}

static bool is_tag_byte(uint8_t c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '/' || c == '(' ||
           c == ')' || c == '%' || c == '+' || c == '@' || c == '#' || c == '*' || c == '~' ||
           c == '\\' || c >= 0x80;
}

struct tag {
    struct span name, pid; /* pid.p == NULL when there is none */
    size_t end;            /* where the message starts */
};

/* "name:", "name[pid]:" or "name[pid]" at `at`. A colon in parentheses is part of the name. */
static bool tag_read(struct span s, size_t at, struct tag *t)
{
    size_t i = at;
    int depth = 0;

    for (; i < s.n && i - at <= TAG_BYTES_MAX; i++) {
        if (!is_tag_byte(s.p[i]) && !(s.p[i] == ':' && depth > 0))
            break;
        depth += (s.p[i] == '(') - (s.p[i] == ')');
    }
    t->name = line_cut(s, at, i);
    t->pid = SPAN_NONE;
    if (i == at || i >= s.n)
        return false;
    if (s.p[i] == '[') {
        size_t close = i + 1;

        while (close < s.n && close - i <= TAG_BYTES_MAX && s.p[close] != ']')
            close++;
        if (!line_at(s, close, ']'))
            return false;
        t->pid = line_cut(s, i + 1, close);
        i = close + 1;
        if (i < s.n && s.p[i] != ':' && s.p[i] != ' ')
            return false;
    } else if (s.p[i] != ':') {
        return false;
    }
    if (span_eq(t->name, SPAN_LIT("CEF")) || span_eq(t->name, SPAN_LIT("LEEF")))
        return false; /* the message itself */
    i += line_at(s, i, ':') ? 1 : 0;
    t->end = line_at(s, i, ' ') ? i + 1 : i;
    return true;
}

/* End of the host name at `at`, which a blank must follow; `at` when there is none. */
static size_t host_end(struct span s, size_t at)
{
    size_t i = at;

    while (i < s.n && is_host_byte(s.p[i]))
        i++;
    return i < s.n && s.p[i] == ' ' && i > at && s.p[i - 1] != ':' ? i : at;
}

/* Is the word at `at` an IPv6 address? Its colons end no tag. */
static bool is_address(struct span s, size_t at)
{
    struct span word = line_cut(s, at, host_end(s, at));
    uint8_t ignored[16];

    return span_find(word, ':') < word.n && addr_parse(word, ignored);
}

/* Cisco: a sequence number and a mark of the clock before the time. */
static size_t skip_sequence(struct span s, size_t at)
{
    size_t i = at;

    while (i < s.n && i - at < 20 && ascii_is_digit(s.p[i]))
        i++;
    if (i > at && line_has(s, i, SPAN_LIT(": ")))
        at = i + 2;
    if ((line_at(s, at, '*') || line_at(s, at, '.')) && bsd_time_end(s, at + 1) > at + 1)
        at++;
    return at;
}

/* Cisco: " UTC: " or ": " behind the time. */
static size_t skip_zone(struct span s, size_t at)
{
    size_t i = line_skip(s, at, ' ');
    size_t letters = i;

    while (i < s.n && i - letters < 5 && ascii_is_alpha(s.p[i]))
        i++;
    return i > at && i - letters <= 4 && line_has(s, i, SPAN_LIT(": %")) ? i + 1 : at;
}

/* Cisco: where the mark's '%' stands behind "6705: *Feb 17 13:40:03.673 UTC: ", or `at`. */
static size_t cisco_mark(struct span s, size_t at)
{
    size_t start = skip_sequence(s, at), end = bsd_time_end(s, start);

    if (end == start)
        return line_at(s, start, '%') ? start : at;
    end = line_skip(s, line_at(s, end, ':') ? end + 1 : skip_zone(s, end), ' ');
    return line_at(s, end, '%') ? end : at;
}

/* "172.16.5.10 " of a relay or "rtr1: " of the device itself, before the rest of a Cisco header:
 * the index behind it, or `at`; *name is the name. */
static size_t cisco_sender(struct span s, size_t at, struct span *name)
{
    size_t i = at, next;

    while (i < s.n && i - at < SENDER_BYTES_MAX && is_host_byte(s.p[i]) &&
           !line_has(s, i, SPAN_LIT(": ")))
        i++;
    next = line_at(s, i, ' ') ? i + 1 : line_has(s, i, SPAN_LIT(": ")) ? i + 2 : at;
    if (i == at || next == at || cisco_mark(s, next) == next)
        return at;
    *name = line_cut(s, at, i);
    return next;
}

/* Behind a timestamp: "host tag: ", "host ", "tag: ", "host : ", ": " or nothing of that. Returns
 * where the message starts; *tagged when host and tag were there. */
static size_t read_host_and_tag(struct span s, size_t at, struct rec *r, bool *tagged)
{
    struct tag t;
    size_t end;

    *tagged = false;
    at = line_skip(s, at, ' ');
    if (is_address(s, at) || !tag_read(s, at, &t)) {
        end = host_end(s, at);
        if (end == at)
            return at;
        (void)rec_add_text(r, SPAN_LIT("hostname"), line_cut(s, at, end));
        at = cisco_mark(s, line_skip(s, end, ' '));
        if (line_has(s, at, SPAN_LIT(": ")))
            at += 2;
        if (!tag_read(s, at, &t))
            return at;
        *tagged = true;
    }
    (void)rec_add_text(r, SPAN_LIT("appname"), t.name);
    if (t.pid.p != NULL)
        (void)rec_add_text(r, SPAN_LIT("procid"), t.pid);
    return t.end;
}

static bool read_3164(struct span s, size_t at, bool has_pri, struct rec *r)
{
    size_t start = skip_sequence(s, at);
    size_t end = bsd_time_end(s, start);
    bool iso = false, tagged;
    struct span sender;

    if (end == start && cisco_sender(s, start, &sender) > start) {
        (void)rec_add_text(r, SPAN_LIT("hostname"), sender); /* full: flagged, all of these */
        start = skip_sequence(s, cisco_sender(s, start, &sender));
        end = bsd_time_end(s, start);
    }
    if (end == start) {
        end = iso_time_end(s, start);
        iso = end > start;
    }
    if (end < s.n && s.p[end] != ' ' && s.p[end] != ':')
        end = start;
    if (end > start) {
        (void)rec_add_text(r, SPAN_LIT("timestamp"), line_cut(s, start, end));
        end = line_at(s, end, ':') ? end + 1 : skip_zone(s, end);
        at = read_host_and_tag(s, end, r, &tagged);
        if (iso && !has_pri && !tagged)
            return false;
    } else {
        struct tag t;

        if (!has_pri)
            return false;
        at = start;
        if (line_at(s, at, '%') && tag_read(s, at, &t)) { /* Cisco without a clock */
            (void)rec_add_text(r, SPAN_LIT("appname"), t.name);
            at = t.end;
        }
    }
    (void)rec_add_text(r, SPAN_LIT("message"), span_from(s, at));
    return true;
}

int64_t syslog_read(struct span line, struct rec *r, struct err *e)
{
    struct line_mark mark = line_mark(r);
    size_t at = line_bom(line), pri;
    uint32_t value = 0;

    pri = pri_size(line, at, &value);
    if (pri > 0) {
        (void)rec_add_text(r, SPAN_LIT("priority"), line_cut(line, at + 1, at + pri - 1));
        (void)rec_add_text(r, SPAN_LIT("facility"), small_number(value / 8));
        (void)rec_add_text(r, SPAN_LIT("severity"), small_number(value % 8));
        at += pri;
        if (line_at(line, at, ' '))
            at++;
    }
    if (is_5424(line, at)) {
        read_5424(line, at, r);
    } else if (!read_3164(line, at, pri > 0, r)) {
        line_undo(r, mark);
        return err_set(e, ERR_SYNTAX, at, "no syslog header: neither a priority nor a time");
    }
    return line_claim(r, CODEC_SYSLOG, line);
}

bool syslog_is(struct span line)
{
    size_t at = line_bom(line);
    struct span sender;
    uint32_t value;

    if (pri_size(line, at, &value) > 0 || is_5424(line, at))
        return true;
    at = skip_sequence(line, at);
    return bsd_time_end(line, at) > at || iso_time_end(line, at) > at ||
           cisco_sender(line, at, &sender) > at;
}
