/*
 * http.c - see http.h.
 *
 * A head is read line by line (line_take), and so are the size lines and trailers of a chunked
 * body. A line ends at CR LF, and no byte that may not stand in any line is passed over: a fault is
 * found at the same byte whether the rest of the line has come or not. What the fields say together
 * (Host, framing, Connection, Expect) is judged when the head is whole.
 *
 *   request line   method SP target SP HTTP/1.x     one blank each; RFC 9112, 3
 *   field line     name ":" OWS value OWS           no blank before the colon, no fold; RFC 9112, 5
 *   framing        Content-Length or chunked or none; never two answers; RFC 9112, 6.3
 *   chunk          1*16HEXDIG [";" ...] CRLF data CRLF                   RFC 9112, 7.1
 */
#include "wire/http.h"

#include "base/ascii.h"
#include "base/num.h"

#define METHOD_MAX       32u
#define HOST_MAX         255u
#define SIZE_DIGITS_MAX  16u
#define EXTENSION_MAX    256u
#define ANSWER_FIELD_MAX 256u
#define BODY_MAX         ((uint64_t)INT64_MAX)

/* ---- bytes ---- */

static bool is_among(uint8_t c, struct span others)
{
    return ascii_is_alnum(c) || memchr(others.p, c, others.n) != NULL;
}

/* RFC 9110, 5.6.2: tchar. */
static bool is_token(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_among(s.p[i], SPAN_LIT("-_!#$%&'*+.^`|~")))
            return false;
    }
    return s.n > 0;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct span trim(struct span s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = span_from(s, 1);
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* The next part before `by`, taken off the front of *rest. */
static struct span part_next(struct span *rest, uint8_t by)
{
    size_t n = span_find(*rest, by);
    struct span part = { rest->p, n };

    *rest = span_from(*rest, n < rest->n ? n + 1 : n);
    return part;
}

/* ---- lines ---- */

static int bad_byte(struct span in, size_t at, struct err *e)
{
    if (in.p[at] == '\r' || in.p[at] == '\n')
        return err_set(e, ERR_SYNTAX, at, "A line does not end with CR LF at byte %zu.", at);
    return err_set(e, ERR_SYNTAX, at, "A control character (%02x) stands at byte %zu.", in.p[at],
                   at);
}

/* The line at `at`, without its CR LF. Returns where the next begins; ERR_LIMIT when the line does
 * not end before `end`. Every byte of it is one that may stand in a field value. */
static int64_t line_take(struct span in, size_t at, size_t end, struct span *line, struct err *e)
{
    size_t stop = in.n < end ? in.n : end, i = at;

    while (i < stop && ((in.p[i] >= 0x20 && in.p[i] != 0x7f) || in.p[i] == '\t'))
        i++;
    if (i < stop && (in.p[i] != '\r' || (i + 1 < stop && in.p[i + 1] != '\n')))
        return bad_byte(in, i, e);
    if (i + 1 < stop) {
        *line = (struct span){ in.p + at, i - at };
        return (int64_t)i + 2;
    }
    if (in.n >= end)
        return err_set(e, ERR_LIMIT, at, "The line at byte %zu does not end within the limit.", at);
    return ERR_MORE;
}

static int field_read(struct span line, struct http_field *f, struct err *e)
{
    size_t colon = span_find(line, ':');

    f->name = (struct span){ line.p, colon };
    if (is_blank(line.p[0]))
        return err_set(e, ERR_SYNTAX, 0, "A field line begins with a blank (a folded line).");
    if (colon == line.n || !is_token(f->name))
        return err_set(e, ERR_SYNTAX, 0, "A field line has no name of letters before its colon.");
    f->value = trim(span_from(line, colon + 1));
    return ERR_OK;
}

/* ---- the request line ---- */

/* Says `status` with the code and the sentence. */
static int refuse(unsigned *status, unsigned as, struct err *e, const char *why)
{
    *status = as;
    return err_set(e, as == 413 || as == 414 || as == 431 ? ERR_LIMIT : ERR_SYNTAX, 0, "%s", why);
}

/* RFC 3986: path and query, and nothing that one reader may take for something else. */
static bool is_origin_form(struct span s)
{
    if (s.p[0] != '/')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_among(s.p[i], SPAN_LIT("/-._~!$&'()*+,;=:@?%")))
            return false;
        if (s.p[i] == '%' &&
            (s.n - i < 3 || ascii_hex(s.p[i + 1]) < 0 || ascii_hex(s.p[i + 2]) < 0))
            return false;
    }
    return true;
}

static int version_read(struct span s, struct http_request *r, unsigned *status, struct err *e)
{
    if (s.n != 8 || !span_starts(s, SPAN_LIT("HTTP/")) || !ascii_is_digit(s.p[5]) ||
        s.p[6] != '.' || !ascii_is_digit(s.p[7]))
        return refuse(status, 400, e, "The request line does not end with HTTP/1.1.");
    if (s.p[5] != '1' || s.p[7] > '1')
        return refuse(status, 505, e, "The request is of another version than HTTP/1.0 or 1.1.");
    r->version_1_0 = s.p[7] == '0';
    return ERR_OK;
}

static int target_read(struct http_request *r, unsigned *status, struct err *e)
{
    bool all = span_eq(r->target, SPAN_LIT("*"));
    struct span rest = r->target;

    if (r->target.n > HTTP_TARGET_MAX)
        return refuse(status, 414, e, "The target of the request is too long.");
    if (r->target.n == 0 ||
        (all ? !span_eq(r->method, SPAN_LIT("OPTIONS")) : !is_origin_form(r->target)))
        return refuse(status, 400, e, "The target of the request is not a path.");
    if (span_eq(r->method, SPAN_LIT("CONNECT")))
        return refuse(status, 400, e, "This server is no proxy.");
    r->path = part_next(&rest, '?');
    r->query = rest;
    return ERR_OK;
}

static int request_line(struct span line, struct http_request *r, unsigned *status, struct err *e)
{
    size_t second, first = span_find(line, ' ');
    int rc;

    r->method = (struct span){ line.p, first };
    if (first == line.n || !is_token(r->method))
        return refuse(status, 400, e, "The request does not begin with a method and a blank.");
    if (first > METHOD_MAX)
        return refuse(status, 501, e, "The method of the request is too long.");
    line = span_from(line, first + 1);
    second = span_find(line, ' ');
    r->target = (struct span){ line.p, second };
    if (second == line.n)
        return refuse(status, 400, e, "The request line has no version.");
    rc = version_read(span_from(line, second + 1), r, status, e);
    return rc == ERR_OK ? target_read(r, status, e) : rc;
}

/* ---- what the fields say ---- */

struct span http_field(const struct http_request *r, const char *name, bool *many)
{
    struct span want = span_of(name), found = SPAN_NONE;
    uint32_t count = 0;

    for (uint32_t i = 0; i < r->field_count; i++) {
        if (span_eq_nocase(r->fields[i].name, want) && count++ == 0)
            found = r->fields[i].value;
    }
    if (many != NULL)
        *many = count > 1;
    return found;
}

/* RFC 9112, 3.2: a host, [address] too, and a port; nothing may be there. Not a list, no user. */
static bool is_host(struct span s)
{
    size_t i = 0;

    if (s.n > HOST_MAX)
        return false;
    if (s.n > 0 && s.p[0] == '[') {
        for (i = 1; i < s.n && (ascii_is_alnum(s.p[i]) || s.p[i] == ':' || s.p[i] == '.'); i++)
            ;
        if (i < 3 || i == s.n || s.p[i++] != ']')
            return false;
    } else {
        while (i < s.n && is_among(s.p[i], SPAN_LIT("-._~%!$&'()*+;=")))
            i++;
    }
    if (i == s.n)
        return true;
    if (s.p[i] != ':' || s.n - i > 6)
        return false;
    while (++i < s.n && ascii_is_digit(s.p[i]))
        ;
    return i == s.n;
}

static int judge_host(const struct http_request *r, unsigned *status, struct err *e)
{
    bool many;
    struct span host = http_field(r, "Host", &many);

    if (many)
        return refuse(status, 400, e, "The request has two Host fields.");
    if (host.p == NULL && !r->version_1_0)
        return refuse(status, 400, e, "The request has no Host field.");
    if (!is_host(host))
        return refuse(status, 400, e, "The Host field is no host.");
    return ERR_OK;
}

static int judge_length(struct http_request *r, struct span value, unsigned *status, struct err *e)
{
    for (size_t i = 0; i < value.n; i++) {
        if (!ascii_is_digit(value.p[i]))
            return refuse(status, 400, e, "Content-Length is no number.");
    }
    if (value.n == 0 || (value.n > 1 && value.p[0] == '0'))
        return refuse(status, 400, e, "Content-Length is empty or begins with a zero.");
    if (!num_u64(value, BODY_MAX, &r->content_length))
        return refuse(status, 413, e, "Content-Length is larger than any body.");
    r->has_length = true;
    return ERR_OK;
}

/* Is chunked at least the last of the codings? Then the end of the body is known, but not what it
 * holds (501); else nothing is known (400). RFC 9112, 6.1 and 6.3. */
static int judge_coding(struct http_request *r, struct span value, unsigned *status, struct err *e)
{
    struct span last = value, rest = value;

    r->chunked = span_eq(value, SPAN_LIT("chunked"));
    if (r->chunked && r->version_1_0)
        return refuse(status, 400, e, "A request of HTTP/1.0 has a Transfer-Encoding.");
    if (r->chunked)
        return ERR_OK;
    while (rest.n > 0)
        last = part_next(&rest, ',');
    return refuse(status, span_eq_nocase(trim(last), SPAN_LIT("chunked")) ? 501 : 400, e,
                  "Transfer-Encoding is not exactly chunked.");
}

static int judge_framing(struct http_request *r, unsigned *status, struct err *e)
{
    bool lengths, codings;
    struct span length = http_field(r, "Content-Length", &lengths);
    struct span coding = http_field(r, "Transfer-Encoding", &codings);

    if (lengths || codings || (length.p != NULL && coding.p != NULL))
        return refuse(status, 400, e, "The request says twice where its body ends.");
    if (length.p != NULL)
        return judge_length(r, length, status, e);
    if (coding.p != NULL)
        return judge_coding(r, coding, status, e);
    return ERR_OK;
}

/* Connection is a list, and may be there several times; "close" wins. RFC 9112, 9.3. */
static bool keeps_alive(const struct http_request *r)
{
    bool keep = !r->version_1_0, close = false;

    for (uint32_t i = 0; i < r->field_count; i++) {
        struct span rest = r->fields[i].value;

        if (!span_eq_nocase(r->fields[i].name, SPAN_LIT("Connection")))
            continue;
        while (rest.n > 0) {
            struct span option = trim(part_next(&rest, ','));

            close |= span_eq_nocase(option, SPAN_LIT("close"));
            keep |= span_eq_nocase(option, SPAN_LIT("keep-alive"));
        }
    }
    return keep && !close;
}

static int judge(struct http_request *r, unsigned *status, struct err *e)
{
    int rc = judge_host(r, status, e);
    struct span expect;
    bool many;

    if (rc == ERR_OK)
        rc = judge_framing(r, status, e);
    if (rc != ERR_OK)
        return rc;
    expect = http_field(r, "Expect", &many);
    if (many || (expect.p != NULL && !span_eq_nocase(expect, SPAN_LIT("100-continue"))))
        return refuse(status, 417, e, "The request expects what this server does not know.");
    r->expect_continue =
        expect.p != NULL && !r->version_1_0 && (r->chunked || r->content_length > 0);
    r->keep_alive = keeps_alive(r);
    return ERR_OK;
}

/* ---- the head ---- */

/* A fault of line_take(): what the client is told. */
static int64_t head_fault(int64_t rc, bool first_line, unsigned *status)
{
    if (rc != ERR_MORE)
        *status = rc != ERR_LIMIT ? 400 : first_line ? 414 : 431;
    return rc;
}

/* All but the fields, which are two kilobytes and not looked at beyond their count. */
static void request_clear(struct http_request *r)
{
    r->method = r->target = r->path = r->query = SPAN_NONE;
    r->field_count = 0;
    r->content_length = 0;
    r->version_1_0 = r->chunked = r->has_length = r->keep_alive = r->expect_continue = false;
}

int64_t http_head(struct span in, struct http_request *r, unsigned *status, struct err *e)
{
    struct span line;
    int64_t at = line_take(in, 0, HTTP_HEAD_MAX, &line, e);
    int rc;

    request_clear(r);
    if (at < 0)
        return head_fault(at, true, status);
    rc = request_line(line, r, status, e);
    while (rc == ERR_OK) {
        at = line_take(in, (size_t)at, HTTP_HEAD_MAX, &line, e);
        if (at < 0)
            return head_fault(at, false, status);
        if (line.n == 0)
            break;
        if (r->field_count == HTTP_FIELDS_MAX)
            return refuse(status, 431, e, "The request has more than 64 fields.");
        rc = field_read(line, &r->fields[r->field_count++], e);
        if (rc != ERR_OK)
            *status = 400;
    }
    if (rc == ERR_OK)
        rc = judge(r, status, e);
    return rc == ERR_OK ? at : rc;
}

/* ---- bodies ---- */

/* States of a chunked body; a body by its length needs none. */
enum body_state { AT_SIZE, IN_DATA, AFTER_DATA, IN_TRAILERS, AT_END };

void http_body_begin(struct http_body *b, const struct http_request *r)
{
    *b = (struct http_body){ .chunked = r->chunked, .left = r->chunked ? 0 : r->content_length };
}

bool http_body_done(const struct http_body *b)
{
    return b->chunked ? b->state == AT_END : b->left == 0;
}

static int broken_chunk(struct err *e, const char *why)
{
    return err_set(e, ERR_SYNTAX, 0, "A chunk of the body is broken: %s.", why);
}

static int64_t take_size(struct http_body *b, struct span in, struct err *e)
{
    struct span line, digits;
    int64_t used = line_take(in, 0, SIZE_DIGITS_MAX + EXTENSION_MAX + 2, &line, e);

    if (used < 0)
        return used;
    digits = (struct span){ line.p, span_find(line, ';') };
    for (size_t i = 0; i < digits.n; i++) {
        if (ascii_hex(digits.p[i]) < 0)
            return broken_chunk(e, "its size is no number");
    }
    if (digits.n == 0)
        return broken_chunk(e, "it has no size");
    if (line.n - digits.n > EXTENSION_MAX)
        return err_set(e, ERR_LIMIT, 0, "The extensions of a chunk are longer than 256 bytes.");
    if (!num_hex(digits, &b->left) || b->left > BODY_MAX)
        return err_set(e, ERR_LIMIT, 0, "A chunk is larger than any body.");
    b->state = b->left > 0 ? IN_DATA : IN_TRAILERS;
    return used;
}

/* The CR LF behind the data of a chunk. */
static int64_t take_end(struct http_body *b, struct span in, struct err *e)
{
    if (in.n > 0 && (in.p[0] != '\r' || (in.n > 1 && in.p[1] != '\n')))
        return broken_chunk(e, "its data is not followed by a line end");
    if (in.n < 2)
        return ERR_MORE;
    b->state = AT_SIZE;
    return 2;
}

/* Fields that tell where a message ends, whom it is for and how it is read have no say behind it.
 * RFC 9110, 6.5.1. */
static bool rules_message(struct span name)
{
    static const char *const names[] = {
        "Content-Length",   "Transfer-Encoding", "Host",
        "Connection",       "Trailer",           "TE",
        "Expect",           "Upgrade",           "Authorization",
        "Content-Encoding", "Content-Type",      "Content-Range",
        "Max-Forwards",     "Cache-Control",
    };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (span_eq_nocase(name, span_of(names[i])))
            return true;
    }
    return false;
}

/* One line of the trailers: it is checked, counted and forgotten. */
static int64_t take_trailer(struct http_body *b, struct span in, struct err *e)
{
    struct http_field f;
    struct span line;
    int64_t used = line_take(in, 0, HTTP_TRAILER_MAX - b->trailer_bytes, &line, e);

    if (used < 0)
        return used;
    if (line.n == 0) {
        b->state = AT_END;
        return used;
    }
    if (field_read(line, &f, e) != ERR_OK)
        return ERR_SYNTAX;
    if (rules_message(f.name))
        return err_set(e, ERR_SYNTAX, 0, "The field %.*s must not stand behind the body.",
                       (int)(f.name.n < 64 ? f.name.n : 64), (const char *)f.name.p);
    b->trailer_bytes += (uint32_t)used;
    return used;
}

static int64_t take_data(struct http_body *b, struct span in, struct span *piece)
{
    if (in.n == 0)
        return ERR_MORE;
    *piece = (struct span){ in.p, in.n < b->left ? in.n : (size_t)b->left };
    b->left -= piece->n;
    if (b->left == 0)
        b->state = AFTER_DATA;
    return (int64_t)piece->n;
}

static int64_t chunk_step(struct http_body *b, struct span in, struct span *piece, struct err *e)
{
    switch (b->state) {
    case AT_SIZE:
        return take_size(b, in, e);
    case IN_DATA:
        return take_data(b, in, piece);
    case AFTER_DATA:
        return take_end(b, in, e);
    default:
        return take_trailer(b, in, e);
    }
}

int64_t http_body_next(struct http_body *b, struct span in, struct span *piece, struct err *e)
{
    size_t at = 0;

    MUST(!http_body_done(b));
    *piece = (struct span){ in.p, 0 };
    if (!b->chunked)
        return take_data(b, in, piece);
    /* Framing up to and with the next data: one call a chunk. */
    while (piece->n == 0 && b->state != AT_END) {
        int64_t used = chunk_step(b, span_from(in, at), piece, e);

        if (used < 0)
            return at > 0 ? (int64_t)at : used; /* a fault is told by the next call */
        at += (size_t)used;
    }
    return (int64_t)at;
}

/* ---- encodings ---- */

bool http_decode(struct span in, uint8_t *dst, size_t *n)
{
    size_t to = 0;

    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];

        if (c == '%') {
            int high = i + 2 < in.n ? ascii_hex(in.p[i + 1]) : -1;
            int low = i + 2 < in.n ? ascii_hex(in.p[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (uint8_t)(high << 4 | low);
            i += 2;
        }
        if (c == 0)
            return false;
        dst[to++] = c;
    }
    *n = to;
    return true;
}

struct span http_query(struct span query, const char *name)
{
    struct span want = span_of(name);

    while (query.n > 0) {
        struct span value = part_next(&query, '&'), key = part_next(&value, '=');

        if (span_eq(key, want))
            return value;
    }
    return SPAN_NONE;
}

/* The value of a digit of base64, or -1. */
static int base64_digit(uint8_t c)
{
    if (ascii_is_alpha(c))
        return c >= 'a' ? c - 'a' + 26 : c - 'A';
    if (ascii_is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool http_base64(struct span in, uint8_t *dst, size_t *n)
{
    size_t pad = span_ends(in, SPAN_LIT("==")) ? 2 : span_ends(in, SPAN_LIT("=")) ? 1 : 0;
    size_t to = 0;
    uint32_t bits = 0;

    if (in.n % 4 != 0)
        return false;
    for (size_t i = 0; i < in.n; i++) {
        int digit = i < in.n - pad ? base64_digit(in.p[i]) : 0;

        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 3)
            continue;
        for (size_t k = 0; k < (i + 1 < in.n ? 3 : 3 - pad); k++)
            dst[to++] = (uint8_t)(bits >> (16 - 8 * k));
        if (i + 1 == in.n && pad > 0 && (bits & ((1u << 8 * pad) - 1)) != 0)
            return false; /* bits that nobody reads: two texts for one meaning */
        bits = 0;
    }
    *n = to;
    return true;
}

/* ---- answers ---- */

const char *http_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        { 100, "Continue" },
        { 200, "OK" },
        { 201, "Created" },
        { 202, "Accepted" },
        { 204, "No Content" },
        { 302, "Found" },
        { 303, "See Other" },
        { 304, "Not Modified" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 411, "Length Required" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" },
        { 417, "Expectation Failed" },
        { 421, "Misdirected Request" },
        { 422, "Unprocessable Content" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 505, "HTTP Version Not Supported" },
        { 507, "Insufficient Storage" },
    };

    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Unknown";
}

void http_put_head(struct buf *out, unsigned status, const char *type, size_t body_bytes,
                   bool keep_alive, const char *fields)
{
    MUST(status >= 100 && status <= 999);
    buf_fmt(out, "HTTP/1.1 %u %s\r\n", status, http_reason(status));
    if (status >= 200) {
        if (type != NULL && type[0] != '\0')
            buf_fmt(out, "Content-Type: %s\r\n", type);
        if (body_bytes == SIZE_MAX)
            buf_text(out, "Transfer-Encoding: chunked\r\n");
        else if (status != 204 && status != 304) /* RFC 9110, 8.6: no body and no length */
            buf_fmt(out, "Content-Length: %zu\r\n", body_bytes);
        buf_text(out, keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
    }
    buf_text(out, fields);
    buf_text(out, "\r\n");
}

/* ---- for clients ---- */

static int answer_line(struct span line, struct http_answer *a, struct err *e)
{
    uint64_t status = 0;

    if (line.n < 12 || !span_starts(line, SPAN_LIT("HTTP/1.")) || !ascii_is_digit(line.p[7]) ||
        line.p[8] != ' ' || !num_u64((struct span){ line.p + 9, 3 }, 999, &status) ||
        status < 100 || (line.n > 12 && line.p[12] != ' '))
        return err_set(e, ERR_SYNTAX, 0, "The server's answer is not HTTP/1.1.");
    a->status = (unsigned)status;
    return ERR_OK;
}

static int answer_field(struct span line, struct http_answer *a, struct err *e)
{
    struct http_field f;

    if (field_read(line, &f, e) != ERR_OK)
        return ERR_SYNTAX;
    if (span_eq_nocase(f.name, SPAN_LIT("Content-Length"))) {
        if (a->has_length || a->chunked || !num_u64(f.value, BODY_MAX, &a->content_length))
            return err_set(e, ERR_SYNTAX, 0, "The Content-Length of the answer is no number.");
        a->has_length = true;
    } else if (span_eq_nocase(f.name, SPAN_LIT("Transfer-Encoding"))) {
        if (a->has_length || a->chunked || !span_eq_nocase(f.value, SPAN_LIT("chunked")))
            return err_set(e, ERR_SYNTAX, 0, "The Transfer-Encoding of the answer is not chunked.");
        a->chunked = true;
    }
    return ERR_OK;
}

int64_t http_answer_head(struct span in, struct http_answer *a, struct err *e)
{
    struct span line;
    int64_t at = line_take(in, 0, HTTP_HEAD_MAX, &line, e);
    uint32_t count = 0;
    int rc;

    *a = (struct http_answer){ 0 };
    if (at < 0)
        return at;
    rc = answer_line(line, a, e);
    while (rc == ERR_OK) {
        at = line_take(in, (size_t)at, HTTP_HEAD_MAX, &line, e);
        if (at < 0 || line.n == 0)
            return at;
        if (++count > ANSWER_FIELD_MAX)
            return err_set(e, ERR_LIMIT, 0, "The server's answer has too many fields.");
        rc = answer_field(line, a, e);
    }
    return rc;
}
