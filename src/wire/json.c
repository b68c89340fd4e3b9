/*
 * json.c - one JSON object into fields, as fast as the bytes can be looked at.
 *
 * Two halves that take turns. json_scan.c lists the unescaped quotes, 64 bytes at a time. The
 * reader here walks that list: in a flat object a name is what lies between two quotes, a string
 * value between the next two, and only the one or two bytes between them need looking at
 * (read_plain). Whatever is not `"name":"text",` or `"name":123,` goes through the small state
 * machine below it, one member or one sign a step. Values are not decoded: the list says whether a
 * string has a backslash, and that becomes its kind.
 *
 *        {  "a"  :  "b"  ,  "c"  :  [  1  ,  2  ]  }
 *      FIRST    value  AFTER MEMBER  FIRST ...  AFTER
 *
 * Strict (RFC 8259) but for three things: a tab may stand in a string, bytes above 0x7f are not
 * checked for being UTF-8, and escapes are not checked here (rec_text() keeps what it cannot
 * decode). A raw newline in a string is a fault at once, however far away the next quote is: in a
 * file of one object a line, a damaged line must not swallow the next.
 *
 * No recursion: open containers are a stack of LIMIT_DEPTH levels on the stack of json_read();
 * what is nested deeper is passed over by counting brackets, and stays one raw value. There each
 * token is checked but not its order. Time is linear in the bytes used, whatever they are.
 */
#include "wire/codec.h"

#include "base/ascii.h"
#include "wire/json_scan.h"

#define NO_FIELD 0xFFFFu

enum state {
    AT_FIRST,  /* behind '{' or '[': a member or the end */
    AT_MEMBER, /* behind ',': a member */
    AT_AFTER,  /* behind a member: ',' or the end */
};

/* An open container. */
struct level {
    struct span name; /* of an array: its members have it too */
    uint16_t field;   /* its own field, or NO_FIELD */
    uint16_t parent;  /* of its members */
    bool is_array;
};

struct reader {
    const uint8_t *p;
    size_t n;
    size_t at;
    struct rec *r;
    struct err *e;
    const struct json_kernel *kernel;
    enum state state;
    uint32_t depth;
    struct level level[LIMIT_DEPTH];
    struct json_scan scan;
};

/* ---- faults ---- */

static int need_more(const struct reader *j)
{
    return err_set(j->e, ERR_MORE, j->n, "The JSON object does not end here.");
}

static int broken(const struct reader *j, size_t at, const char *what)
{
    return err_set(j->e, ERR_SYNTAX, at, "This is not JSON: %s at byte %zu.", what, at);
}

static int broken_string(const struct reader *j, size_t from)
{
    for (size_t i = from; i < j->n; i++) {
        if (j->p[i] < 0x20 && j->p[i] != '\t')
            return broken(j, i,
                          j->p[i] == '\n' ? "a string is not closed before the line ends"
                                          : "a control character in a string");
    }
    return need_more(j);
}

/* ---- tokens ---- */

static inline void skip_blanks(struct reader *j)
{
    while (j->at < j->n && ascii_is_blank(j->p[j->at]))
        j->at++;
}

/* At a quote: the inside of the string, and whether it has backslashes. */
static int take_string(struct reader *j, struct span *s, bool *escaped)
{
    struct json_scan *q = &j->scan;
    uint32_t open, close;

    if (q->count - q->at < 2 && !json_scan_pair(q, j->kernel))
        return broken_string(j, j->at + 1);
    open = q->quote[q->at] & SCAN_AT;
    close = q->quote[q->at + 1];
    MUST(open == j->at);
    if ((close & SCAN_CONTROL) != 0)
        return broken_string(j, j->at + 1);
    *escaped = (close & SCAN_BACKSLASH) != 0;
    close &= SCAN_AT;
    *s = (struct span){ j->p + open + 1, close - open - 1 };
    q->at += 2;
    j->at = close + 1;
    return ERR_OK;
}

static size_t digits_end(const struct reader *j, size_t i)
{
    while (i < j->n && ascii_is_digit(j->p[i]))
        i++;
    return i;
}

/* At '-' or a digit. The number ends before the first byte that cannot go on with it; whether that
 * byte may stand there is the next step's question. */
static int take_number(struct reader *j, struct span *s)
{
    size_t i = j->at + (j->p[j->at] == '-' ? 1 : 0), from = i;

    i = digits_end(j, i);
    if ((i == from && i < j->n) || (i > from + 1 && j->p[from] == '0'))
        return broken(j, from, "a number that is none");
    if (i < j->n && j->p[i] == '.') {
        from = i + 1;
        i = digits_end(j, from);
        if (i < j->n && i == from)
            return broken(j, i, "no digit behind the point");
    }
    if (i < j->n && (j->p[i] | 32) == 'e') {
        i++;
        if (i < j->n && (j->p[i] == '-' || j->p[i] == '+'))
            i++;
        from = i;
        i = digits_end(j, from);
        if (i < j->n && i == from)
            return broken(j, i, "no digit in the exponent");
    }
    if (i == j->n)
        return need_more(j);
    *s = (struct span){ j->p + j->at, i - j->at };
    j->at = i;
    return ERR_OK;
}

static const struct literal {
    struct span text;
    enum rec_kind kind;
} literals[] = {
    { { (const uint8_t *)"true", 4 }, REC_TRUE },
    { { (const uint8_t *)"false", 5 }, REC_FALSE },
    { { (const uint8_t *)"null", 4 }, REC_NONE },
};

static int take_literal(struct reader *j, struct span *s, enum rec_kind *kind)
{
    struct span rest = { j->p + j->at, j->n - j->at };

    for (size_t i = 0; i < COUNT_OF(literals); i++) {
        struct span text = literals[i].text;

        if (span_starts(rest, text)) {
            *kind = literals[i].kind;
            *s = (struct span){ rest.p, *kind == REC_NONE ? 0 : text.n };
            j->at += text.n;
            return ERR_OK;
        }
        if (span_starts(text, rest))
            return need_more(j);
    }
    return broken(j, j->at, "a value was expected");
}

/* ---- containers ---- */

/* What may stand outside strings; the rest is a fault even where nothing is broken out. */
static const uint8_t outside[256] = {
    [' '] = 1, ['\t'] = 1, ['\n'] = 1, ['\r'] = 1, [','] = 1, [':'] = 1, ['+'] = 1, ['-'] = 1,
    ['.'] = 1, ['0'] = 1,  ['1'] = 1,  ['2'] = 1,  ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1,
    ['7'] = 1, ['8'] = 1,  ['9'] = 1,  ['E'] = 1,  ['a'] = 1, ['e'] = 1, ['f'] = 1, ['l'] = 1,
    ['n'] = 1, ['r'] = 1,  ['s'] = 1,  ['t'] = 1,  ['u'] = 1,
};

/* At an opening bracket that is nested too deep: go behind its closing one. */
static int skip_deep(struct reader *j)
{
    size_t open = 0;

    while (j->at < j->n) {
        uint8_t c = j->p[j->at];
        struct span s;
        bool escaped;

        if (c == '"') {
            int rc = take_string(j, &s, &escaped);

            if (rc != ERR_OK)
                return rc;
            continue;
        }
        j->at++;
        if (c == '{' || c == '[') {
            open++;
        } else if (c == '}' || c == ']') {
            if (--open == 0)
                return ERR_OK;
        } else if (outside[c] == 0) {
            return broken(j, j->at - 1, "a byte that cannot stand outside a string");
        }
    }
    return need_more(j);
}

/* Give an open container's field its bytes, up to `at`. */
static void close_field(struct reader *j, uint16_t field)
{
    if (field != NO_FIELD) {
        struct rec_field *f = &j->r->fields[field];

        f->value_bytes = (uint32_t)(j->p + j->at - f->value);
    }
}

static int open_group(struct reader *j, uint16_t parent, struct span name)
{
    uint16_t field = (uint16_t)j->r->count;
    bool is_array = j->p[j->at] == '[';
    int rc;

    if (!rec_add(j->r, parent, name, REC_GROUP, (struct span){ j->p + j->at, 0 }))
        field = NO_FIELD;
    if (j->depth == LIMIT_DEPTH) {
        j->r->flags |= REC_CUT_DEPTH;
        rc = skip_deep(j);
        close_field(j, field);
        j->state = AT_AFTER;
        return rc;
    }
    j->level[j->depth++] =
        (struct level){ name, field, is_array || field == NO_FIELD ? parent : field, is_array };
    j->at++;
    j->state = AT_FIRST;
    return ERR_OK;
}

static void close_group(struct reader *j)
{
    j->at++;
    j->depth--;
    close_field(j, j->level[j->depth].field);
    j->state = AT_AFTER;
}

/* ---- members ---- */

static int read_value(struct reader *j, uint16_t parent, struct span name)
{
    enum rec_kind kind = REC_NUMBER;
    uint8_t c = j->p[j->at];
    struct span value;
    bool escaped = false;
    int rc;

    if (c == '{' || c == '[')
        return open_group(j, parent, name);
    if (c == '"') {
        rc = take_string(j, &value, &escaped);
        kind = escaped ? REC_JSON : REC_TEXT;
    } else if (c == '-' || ascii_is_digit(c)) {
        rc = take_number(j, &value);
    } else {
        rc = take_literal(j, &value, &kind);
    }
    if (rc != ERR_OK)
        return rc;
    (void)rec_add(j->r, parent, name, kind, value); /* when full, the flag says so */
    j->state = AT_AFTER;
    return ERR_OK;
}

static int read_name(struct reader *j, struct span *name)
{
    bool escaped = false;
    int rc;

    if (j->p[j->at] != '"')
        return broken(j, j->at, "a name in quotes was expected");
    rc = take_string(j, name, &escaped);
    if (rc != ERR_OK)
        return rc;
    if (escaped) {
        const struct rec_field f = { SPAN_NONE, name->p, (uint32_t)name->n, REC_JSON, REC_ROOT };

        *name = rec_text(&f, &j->r->mem);
        if (name->p == NULL)
            return err_set(j->e, ERR_NOMEM, j->at, "No memory for the name of a field.");
    }
    skip_blanks(j);
    if (j->at == j->n)
        return need_more(j);
    if (j->p[j->at] != ':')
        return broken(j, j->at, "a colon was expected");
    j->at++;
    skip_blanks(j);
    return j->at < j->n ? ERR_OK : need_more(j);
}

/*
 * The hot path: from a name's opening quote, take every member that is `"name":"text"` or
 * `"name":123` and is followed by a comma and the next name's quote; at most one space behind
 * colon and comma. Stops before the first member that is anything else, broken ones included.
 *
 * q[0] and q[1] enclose the name, q[2] and q[3] a string, and q[4] opens the next name. All bytes
 * looked at lie before a listed quote, hence inside the input.
 */
static void read_plain(struct reader *j, uint16_t parent)
{
    const uint8_t *p = j->p;
    const uint32_t *q = j->scan.quote + j->scan.at;
    const uint32_t *last = j->scan.quote + j->scan.count;

    while (last - q >= 5) {
        size_t name = (q[0] & SCAN_AT) + 1, name_end = q[1], v = name_end + 1, end;
        enum rec_kind kind = REC_NUMBER;
        const uint32_t *next = q + 2;

        if (name_end > SCAN_AT || p[v] != ':')
            break;
        v++;
        v += p[v] == ' ';
        if ((q[2] & SCAN_AT) == v) {
            if ((q[3] & SCAN_CONTROL) != 0)
                break;
            kind = (q[3] & SCAN_BACKSLASH) != 0 ? REC_JSON : REC_TEXT;
            next = q + 4;
            v++;
            end = q[3] & SCAN_AT;
        } else {
            for (end = v; ascii_is_digit(p[end]);)
                end++;
            if (end == v || (p[v] == '0' && end > v + 1))
                break;
        }
        size_t comma = end + (kind != REC_NUMBER);

        if (p[comma] != ',' || (next[0] & SCAN_AT) != comma + 1 + (p[comma + 1] == ' '))
            break;
        (void)rec_add(j->r, parent, (struct span){ p + name, name_end - name }, kind,
                      (struct span){ p + v, end - v });
        q = next;
    }
    j->scan.at = (uint32_t)(q - j->scan.quote);
    j->at = q[0] & SCAN_AT;
}

static int step_member(struct reader *j)
{
    const struct level *l = &j->level[j->depth - 1];
    struct span name = l->name;
    int rc;

    if (j->state == AT_FIRST && j->p[j->at] == (l->is_array ? ']' : '}')) {
        close_group(j);
        return ERR_OK;
    }
    if (!l->is_array) {
        if (j->p[j->at] == '"' && j->scan.count > j->scan.at)
            read_plain(j, l->parent);
        rc = read_name(j, &name);
        if (rc != ERR_OK)
            return rc;
    }
    return read_value(j, l->parent, name);
}

static int step_after(struct reader *j)
{
    bool is_array = j->level[j->depth - 1].is_array;
    uint8_t c = j->p[j->at];

    if (c == ',') {
        j->at++;
        j->state = AT_MEMBER;
        return ERR_OK;
    }
    if (c != (is_array ? ']' : '}'))
        return broken(j, j->at,
                      is_array ? "a comma or ']' was expected" : "a comma or '}' was expected");
    close_group(j);
    return ERR_OK;
}

static int read_object(struct reader *j)
{
    int rc = ERR_OK;

    j->level[0] = (struct level){ SPAN_NONE, NO_FIELD, REC_ROOT, false };
    j->depth = 1;
    j->at++;
    while (j->depth > 0 && rc == ERR_OK) {
        skip_blanks(j);
        if (j->at == j->n)
            rc = need_more(j);
        else
            rc = j->state == AT_AFTER ? step_after(j) : step_member(j);
    }
    while (j->depth > 0)
        close_field(j, j->level[--j->depth].field);
    return rc;
}

int64_t json_read_by(const struct json_kernel *k, struct span in, struct rec *r, struct err *e)
{
    struct reader j;
    size_t from;
    int rc;

    MUST(LIMIT_RECORD_BYTES <= SCAN_AT && LIMIT_FIELDS < NO_FIELD);
    j.p = in.p;
    j.n = in.n < LIMIT_RECORD_BYTES ? in.n : LIMIT_RECORD_BYTES;
    j.at = 0;
    j.r = r;
    j.e = e;
    j.kernel = k;
    j.state = AT_FIRST;
    skip_blanks(&j);
    if (j.at == j.n)
        return need_more(&j);
    from = j.at;
    if (j.p[from] != '{')
        return broken(&j, from, "'{' was expected");
    j.scan.p = j.p;
    j.scan.n = (uint32_t)j.n;
    j.scan.next = (uint32_t)from;
    j.scan.at = j.scan.count = 0;
    j.scan.escaped = j.scan.backslash = j.scan.control = 0;
    k->scan(&j.scan);

    rc = read_object(&j);
    if (rc == ERR_MORE && j.n < in.n)
        return err_set(e, ERR_LIMIT, j.n, "The JSON object is over %u bytes.", LIMIT_RECORD_BYTES);
    if (rc != ERR_OK)
        return rc;
    if (j.at - from > LIMIT_EVENT_BYTES)
        r->flags |= REC_CUT_BYTES;
    if (r->codec == CODEC_NONE) {
        r->codec = CODEC_JSON;
        r->raw = (struct span){ j.p + from, j.at - from };
    } else {
        r->inner = CODEC_JSON;
    }
    return (int64_t)j.at;
}

int64_t json_read(struct span in, struct rec *r, struct err *e)
{
    return json_read_by(json_kernel(), in, r, e);
}
