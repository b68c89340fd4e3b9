/*
 * bulk.c - see bulk.h.
 *
 * The two lines that nearly every sender repeats, {"index":{}} and {"create":{}}, are compared as
 * they are. Everything else goes through a small strict reader of one JSON object in an object:
 *
 *   {  "create"  :  {  "_index" : "x" , "_id" : "7" , "routing" : ... }  }
 *
 * Strings are checked as RFC 8259 has them, since index and id are repeated in the answer as they
 * were written. Values of other keys are passed over by their brackets and strings.
 */
#include "wire/bulk.h"

#include "base/ascii.h"
#include "base/num.h"
#include "base/utf.h"

#define NAME_BYTES_MAX 512u /* of an index or an id, as Elasticsearch has it */
#define NESTED_MAX     32u

static const struct span action_names[BULK_ACTIONS] = {
    [BULK_INDEX] = { (const uint8_t *)"index", 5 },
    [BULK_CREATE] = { (const uint8_t *)"create", 6 },
    [BULK_UPDATE] = { (const uint8_t *)"update", 6 },
    [BULK_DELETE] = { (const uint8_t *)"delete", 6 },
};

struct reader {
    struct span s;
    size_t at;
    struct err *e;
};

static int broken(const struct reader *r, const char *what)
{
    return err_set(r->e, ERR_SYNTAX, r->at, "This is no action line of _bulk: %s at byte %zu.",
                   what, r->at);
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->s.n && ascii_is_blank(r->s.p[r->at]))
        r->at++;
}

/* Behind blanks: is the next byte this one? Then it is taken. */
static bool take(struct reader *r, uint8_t byte)
{
    skip_blanks(r);
    if (r->at == r->s.n || r->s.p[r->at] != byte)
        return false;
    r->at++;
    return true;
}

/* Bytes of the escape at the backslash s[at], 0 when it is none. */
static size_t escape_bytes(struct span s, size_t at)
{
    if (s.n - at < 2)
        return 0;
    if (s.p[at + 1] != 'u')
        return memchr("\"\\/bfnrt", s.p[at + 1], 8) != NULL ? 2 : 0;
    if (s.n - at < 6)
        return 0;
    for (size_t i = 2; i < 6; i++) {
        if (ascii_hex(s.p[at + i]) < 0)
            return 0;
    }
    return 6;
}

/* At a quote, blanks before it passed over: what is between it and the next, still escaped. */
static int take_string(struct reader *r, struct span *out)
{
    size_t from;

    if (!take(r, '"'))
        return broken(r, "a string is missing");
    from = r->at;
    while (r->at < r->s.n && r->s.p[r->at] != '"') {
        size_t n = r->s.p[r->at] == '\\' ? escape_bytes(r->s, r->at) : 1;

        if (n == 0 || r->s.p[r->at] < 0x20)
            return broken(r, "a string has a byte that must not stand in it");
        r->at += n;
    }
    if (r->at == r->s.n)
        return broken(r, "a string is not closed");
    *out = (struct span){ r->s.p + from, r->at - from };
    r->at++;
    return ERR_OK;
}

/* A number, true, false or null. */
static int take_bare(struct reader *r, struct span *out)
{
    size_t from = r->at;
    double number;

    while (r->at < r->s.n && (ascii_is_alnum(r->s.p[r->at]) || r->s.p[r->at] == '-' ||
                              r->s.p[r->at] == '+' || r->s.p[r->at] == '.'))
        r->at++;
    *out = (struct span){ r->s.p + from, r->at - from };
    if (span_eq(*out, SPAN_LIT("true")) || span_eq(*out, SPAN_LIT("false")) ||
        span_eq(*out, SPAN_LIT("null")) ||
        (out->n > 0 && out->p[0] != '+' && num_double(*out, &number)))
        return ERR_OK;
    r->at = from;
    return broken(r, "a value is missing");
}

/* Behind an opening bracket: to behind the one that closes it. The order of what lies between is
 * not checked, only that brackets pair and strings end. */
static int skip_nested(struct reader *r, uint8_t opened)
{
    uint8_t open[NESTED_MAX] = { opened };
    size_t depth = 1;
    struct span s;

    while (depth > 0) {
        uint8_t c;

        if (r->at == r->s.n)
            return broken(r, "a bracket is not closed");
        c = r->s.p[r->at];
        if (c == '"') {
            if (take_string(r, &s) != ERR_OK)
                return ERR_SYNTAX;
            continue;
        }
        if (c == '{' || c == '[') {
            if (depth == NESTED_MAX)
                return broken(r, "brackets are nested too deep");
            open[depth++] = c;
        } else if ((c == '}' || c == ']') && c != open[--depth] + 2) {
            return broken(r, "a bracket closes another");
        }
        r->at++;
    }
    return ERR_OK;
}

/* A value of any kind; *text is that of a string or number, SPAN_NONE of anything else. */
static int take_value(struct reader *r, struct span *text)
{
    int rc;

    *text = SPAN_NONE;
    skip_blanks(r);
    if (r->at < r->s.n && r->s.p[r->at] == '"')
        return take_string(r, text);
    if (take(r, '{'))
        return skip_nested(r, '{');
    if (take(r, '['))
        return skip_nested(r, '[');
    rc = take_bare(r, text);
    if (rc == ERR_OK && ascii_is_alpha(text->p[0]))
        *text = SPAN_NONE;
    return rc;
}

/* An index or an id: given once, and fit to be repeated in the answer. */
static int keep_name(struct reader *r, struct span text, struct span *out)
{
    if (out->n > 0)
        return broken(r, "an index or an id is given twice");
    if (text.n > NAME_BYTES_MAX)
        return broken(r, "an index or an id is longer than 512 bytes");
    if (!utf8_valid(text))
        return broken(r, "an index or an id is not UTF-8");
    *out = text;
    return ERR_OK;
}

static int take_member(struct reader *r, struct bulk_line *b)
{
    struct span key, text;
    int rc = take_string(r, &key);

    if (rc != ERR_OK)
        return rc;
    if (!take(r, ':'))
        return broken(r, "a colon is missing");
    rc = take_value(r, &text);
    if (rc != ERR_OK)
        return rc;
    if (span_eq(key, SPAN_LIT("_index")))
        return keep_name(r, text, &b->index);
    if (span_eq(key, SPAN_LIT("_id")))
        return keep_name(r, text, &b->id);
    return ERR_OK;
}

/* Behind the inner '{': its members and its '}'. */
static int take_members(struct reader *r, struct bulk_line *b)
{
    if (take(r, '}'))
        return ERR_OK;
    do {
        int rc = take_member(r, b);

        if (rc != ERR_OK)
            return rc;
    } while (take(r, ','));
    return take(r, '}') ? ERR_OK : broken(r, "a comma or a brace is missing");
}

static int take_action(struct reader *r, struct bulk_line *b)
{
    struct span name;
    size_t i = 0;

    if (!take(r, '{'))
        return broken(r, "a brace is missing");
    if (take_string(r, &name) != ERR_OK)
        return ERR_SYNTAX;
    while (i < BULK_ACTIONS && !span_eq(name, action_names[i]))
        i++;
    if (i == BULK_ACTIONS)
        return broken(r, "the action is neither index, create, update nor delete");
    b->action = (enum bulk_action)i;
    if (!take(r, ':') || !take(r, '{'))
        return broken(r, "the action has no object");
    return take_members(r, b);
}

int bulk_action(struct span line, struct bulk_line *b, struct err *e)
{
    struct reader r = { .s = line, .e = e };
    int rc;

    *b = (struct bulk_line){ .action = BULK_INDEX };
    if (span_eq(line, SPAN_LIT("{\"index\":{}}")))
        return ERR_OK;
    if (span_eq(line, SPAN_LIT("{\"create\":{}}"))) {
        b->action = BULK_CREATE;
        return ERR_OK;
    }
    rc = take_action(&r, b);
    if (rc != ERR_OK)
        return rc;
    if (!take(&r, '}'))
        return broken(&r, "the object is not closed");
    skip_blanks(&r);
    return r.at == line.n ? ERR_OK : broken(&r, "something follows the object");
}

const char *bulk_action_name(enum bulk_action a)
{
    MUST(a < BULK_ACTIONS);
    return (const char *)action_names[a].p;
}

/* ---- answers ---- */

/* What Elasticsearch calls a fault of this status; senders show it. */
static const char *error_type(unsigned status)
{
    static const struct {
        unsigned status;
        const char *type;
    } types[] = {
        { 400, "document_parsing_exception" },   { 409, "version_conflict_engine_exception" },
        { 413, "illegal_argument_exception" },   { 429, "es_rejected_execution_exception" },
        { 503, "unavailable_shards_exception" },
    };

    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (types[i].status == status)
            return types[i].type;
    }
    return "exception";
}

/* Our own sentences, which may repeat bytes of the input: kept to plain ASCII. */
static void put_why(struct buf *out, const char *why)
{
    for (; *why != '\0'; why++) {
        uint8_t c = (uint8_t)*why;

        if (c == '"' || c == '\\')
            buf_byte(out, '\\');
        buf_byte(out, c >= 0x20 && c < 0x7f ? c : '?');
    }
}

static void put_number(struct buf *out, uint64_t v)
{
    uint8_t digits[24];

    buf_add(out, (struct span){ digits, num_put_u64(digits, v) });
}

void bulk_put_item(struct buf *out, const struct bulk_line *b, uint64_t number, unsigned status,
                   const char *why)
{
    buf_add(out, SPAN_LIT("{\""));
    buf_add(out, action_names[b->action]);
    buf_add(out, SPAN_LIT("\":{\"_index\":\""));
    buf_add(out, b->index);
    buf_add(out, SPAN_LIT("\",\"_id\":\""));
    if (b->id.n > 0)
        buf_add(out, b->id);
    else
        put_number(out, number);
    buf_add(out, SPAN_LIT("\",\"status\":"));
    put_number(out, status);
    if (status < 400) {
        buf_add(out, SPAN_LIT(",\"_version\":1,\"result\":\"created\""));
    } else {
        buf_add(out, SPAN_LIT(",\"error\":{\"type\":\""));
        buf_text(out, error_type(status));
        buf_add(out, SPAN_LIT("\",\"reason\":\""));
        put_why(out, why != NULL ? why : "");
        buf_add(out, SPAN_LIT("\"}"));
    }
    buf_add(out, SPAN_LIT("}}"));
}
