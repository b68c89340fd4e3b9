/*
 * access.c - web access logs: Apache's and nginx's common and combined forms, and Squid's own.
 *
 *   [vhost:port ]c-ip ident user [11/Oct/2026:22:14:15 +0700] "GET /p?q HTTP/1.1" 200 512
 *                                                                  [ "referer" "agent"[ extra]]
 *   1286536309.586    921 10.0.0.1 TCP_MISS/200 507 GET http://h/p user DIRECT/10.0.0.2 text/html
 *
 * The '[' before the date is what is looked for: what stands before it are the addresses and the
 * user, who may have blanks in the name. The request is what the client sent: a scanner sends
 * anything, so that a request which is no HTTP stays one field and the rest is read all the same.
 * Inside quotes \" does not end the text; a value with a backslash is QUOTED.
 *
 * cs-uri-query holds the whole target, path and query, because that is where SigmaHQ's rules for
 * web servers look for both; cs-uri-stem holds the path.
 */
#include "wire/line.h"
#include "wire/sniff.h"

/* Where "[dd/Mmm/yyyy:" stands in the first bytes, or line.n. */
static size_t date_at(struct span line)
{
    size_t n = line.n < SNIFF_BYTES ? line.n : SNIFF_BYTES;
    struct span head = line_cut(line, 0, n);

    for (size_t i = line_find(head, 0, '['); i + 14 <= line.n && i < n;
         i = line_find(head, i + 1, '[')) {
        const uint8_t *p = line.p + i;

        if (ascii_is_digit(p[1]) && ascii_is_digit(p[2]) && p[3] == '/' && ascii_is_alpha(p[4]) &&
            p[7] == '/' && ascii_is_digit(p[8]) && ascii_is_digit(p[11]) && p[12] == ':')
            return i;
    }
    return line.n;
}

/* "c-ip ident user", or with a virtual host before it. `s` has no blanks at its ends. */
static bool read_client(struct span s, struct rec *r)
{
    size_t a = line_find(s, 0, ' ');
    size_t b = a < s.n ? line_find(s, a + 1, ' ') : s.n;
    size_t c = b < s.n ? line_find(s, b + 1, ' ') : s.n;
    bool ident_second;

    if (b == s.n || a == 0)
        return false;
    ident_second = b - a == 2 && s.p[a + 1] == '-';
    if (!ident_second && c < s.n) {
        struct span host = line_cut(s, 0, a);

        (void)rec_add_text(r, SPAN_LIT("cs-host"),
                           host); /* full: flagged by rec_add, all of these */
        s = span_from(s, a + 1);
        b -= a + 1;
        c -= a + 1;
        a = b;
        b = c;
    }
    (void)line_add_dash(r, SPAN_LIT("c-ip"), line_cut(s, 0, a), REC_TEXT);
    (void)line_add_dash(r, SPAN_LIT("ident"), line_cut(s, a + 1, b), REC_TEXT);
    (void)line_add_dash(r, SPAN_LIT("cs-username"), span_from(s, b + 1), REC_TEXT);
    return true;
}

static bool is_method(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_alpha(s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
            return false;
    }
    return s.n > 0 && s.n <= 32;
}

/* "GET /path?query HTTP/1.1" broken out, when it is such a thing. */
static void read_request(struct span q, struct rec *r)
{
    size_t a = span_find(q, ' '), b = q.n;
    struct span target, version = SPAN_NONE;

    (void)line_add_dash(r, SPAN_LIT("request"), q, line_kind(q));
    if (a == q.n || !is_method(line_cut(q, 0, a)))
        return;
    while (b > a + 1 && q.p[b - 1] != ' ')
        b--;
    if (b > a + 1 && line_has(q, b, SPAN_LIT("HTTP/"))) {
        version = span_from(q, b + 5);
        target = line_cut(q, a + 1, b - 1);
    } else if (line_at(q, a + 1, '/')) {
        target = span_from(q, a + 1); /* HTTP/0.9 */
    } else {
        return;
    }
    struct span stem = line_cut(target, 0, span_find(target, '?'));

    (void)rec_add_text(r, SPAN_LIT("cs-method"), line_cut(q, 0, a));
    (void)rec_add(r, REC_ROOT, SPAN_LIT("cs-uri-stem"), line_kind(stem), stem);
    (void)rec_add(r, REC_ROOT, SPAN_LIT("cs-uri-query"), line_kind(target), target);
    if (version.p != NULL)
        (void)rec_add_text(r, SPAN_LIT("cs-version"), version);
}

/* A word at `at`, blanks skipped; the index behind it. */
static size_t word_read(struct span s, size_t at, struct span *word)
{
    size_t end;

    at = line_skip(s, at, ' ');
    end = line_find(s, at, ' ');
    *word = line_cut(s, at, end);
    return end;
}

/* A quoted text at `at`, blanks skipped; the index behind it, or `at` when there is none. */
static size_t quoted_read(struct span s, size_t at, struct span *text)
{
    size_t open = line_skip(s, at, ' '), close;

    if (!line_at(s, open, '"'))
        return at;
    close = line_quote_end(s, open + 1, '"');
    if (close == s.n)
        return at;
    *text = line_cut(s, open + 1, close);
    return close + 1;
}

/* Status, bytes, referer, agent, and whatever the site added. */
static void read_rest(struct span s, size_t at, struct rec *r)
{
    struct span v;
    size_t next;

    at = word_read(s, at, &v);
    (void)line_add_dash(r, SPAN_LIT("sc-status"), v, REC_TEXT);
    at = word_read(s, at, &v);
    if (v.n > 0)
        (void)line_add_dash(r, SPAN_LIT("sc-bytes"), v, REC_TEXT);
    next = quoted_read(s, at, &v);
    if (next > at) {
        (void)line_add_dash(r, SPAN_LIT("cs-referer"), v, line_kind(v));
        at = next;
        next = quoted_read(s, at, &v);
        if (next > at)
            (void)line_add_dash(r, SPAN_LIT("cs-user-agent"), v, line_kind(v));
        at = next;
    }
    v = span_trim(span_from(s, at));
    if (v.n > 0)
        (void)rec_add(r, REC_ROOT, SPAN_LIT("extra"), line_kind(v), v);
}

/* Status: three digits or '-' as a word at `at`. */
static bool is_status(struct span s, size_t at)
{
    struct span v;

    (void)word_read(s, at, &v);
    return (v.n == 3 && ascii_is_digit(v.p[0]) && ascii_is_digit(v.p[1]) &&
            ascii_is_digit(v.p[2])) ||
           (v.n == 1 && v.p[0] == '-');
}

static bool read_common(struct span line, struct rec *r)
{
    size_t date = date_at(line), close, at;
    struct span request;

    if (date == line.n)
        return false;
    close = line_find(line, date, ']');
    if (close == line.n || close - date > 64)
        return false;
    at = quoted_read(line, close + 1, &request);
    if (at == close + 1 || !is_status(line, at))
        return false;
    if (!read_client(span_trim(line_cut(line, 0, date)), r))
        return false;
    (void)rec_add_text(r, SPAN_LIT("timestamp"), line_cut(line, date + 1, close));
    read_request(request, r);
    read_rest(line, at, r);
    return true;
}

/* --- Squid --------------------------------------------------------------------------------- */

/* "1286536309.586 ": ten digits, a point and three more. */
static bool squid_is(struct span s)
{
    if (s.n < 15 || s.p[10] != '.' || s.p[14] != ' ')
        return false;
    for (size_t i = 0; i < 14; i++) {
        if (i != 10 && !ascii_is_digit(s.p[i]))
            return false;
    }
    return true;
}

/* "TCP_MISS/200" under two names; false when there is no '/'. */
static bool add_halves(struct rec *r, struct span first, struct span second, struct span v)
{
    size_t slash = span_find(v, '/');

    if (slash == v.n)
        return false;
    (void)line_add_dash(r, first, line_cut(v, 0, slash), REC_TEXT);
    (void)line_add_dash(r, second, span_from(v, slash + 1), REC_TEXT);
    return true;
}

static bool read_squid(struct span line, struct rec *r)
{
    struct span v[10] = { { NULL, 0 } };
    size_t at = 0;

    for (size_t i = 0; i < COUNT_OF(v); i++)
        at = word_read(line, at, &v[i]);
    if (v[9].n == 0 || span_find(v[3], '/') == v[3].n || span_find(v[8], '/') == v[8].n)
        return false;
    (void)rec_add_text(r, SPAN_LIT("timestamp"), v[0]);
    (void)rec_add_text(r, SPAN_LIT("time-taken"), v[1]);
    (void)rec_add_text(r, SPAN_LIT("c-ip"), v[2]);
    (void)add_halves(r, SPAN_LIT("s-action"), SPAN_LIT("sc-status"), v[3]);
    (void)line_add_dash(r, SPAN_LIT("sc-bytes"), v[4], REC_TEXT);
    (void)line_add_dash(r, SPAN_LIT("cs-method"), v[5], REC_TEXT);
    (void)line_add_dash(r, SPAN_LIT("c-uri"), v[6], REC_TEXT);
    (void)line_add_dash(r, SPAN_LIT("cs-username"), v[7], REC_TEXT);
    (void)add_halves(r, SPAN_LIT("s-hierarchy"), SPAN_LIT("r-ip"), v[8]);
    (void)line_add_dash(r, SPAN_LIT("rs-content-type"), v[9], REC_TEXT);
    if (at < line.n)
        (void)rec_add_text(r, SPAN_LIT("extra"), span_trim(span_from(line, at)));
    return true;
}

int64_t access_read(struct span line, struct rec *r, struct err *e)
{
    struct line_mark mark = line_mark(r);

    if (!(squid_is(line) ? read_squid(line, r) : read_common(line, r))) {
        line_undo(r, mark);
        return err_set(e, ERR_SYNTAX, 0,
                       "no access log: client, [date], \"request\" and status are expected");
    }
    return line_claim(r, CODEC_ACCESS, line);
}

bool access_is(struct span line)
{
    return squid_is(line) || date_at(line) < line.n;
}
