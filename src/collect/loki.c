/*
 * loki.c - see loki.h.
 */
#include "collect/loki.h"

#include "base/num.h"
#include "base/time.h"
#include "scan/put.h"
#include "wire/json_walk.h"
#include "wire/protobuf.h"

struct entries {
    struct span labels; /* of the stream: text (protobuf) or an object (JSON) */
    struct buf *line;
    otlp_fn *fn;
    void *arg;
    int64_t count;
};

static void begin(struct buf *out, bool has_time, int64_t ns)
{
    uint8_t room[TIME_TEXT_MAX];

    buf_clear(out);
    buf_text(out, "{\"loki\":\"entry\"");
    if (!has_time)
        return;
    buf_text(out, ",\"time\":");
    put_json_text(out, (struct span){ room, time_put(room, ns) });
}

static void end(struct entries *t)
{
    buf_byte(t->line, '}');
    t->count++;
    if (t->fn != NULL && !buf_failed(t->line))
        t->fn(t->arg, buf_span(t->line));
}

/* The whole text is one object. */
static bool is_object(struct span text)
{
    struct span value, none, inside, key, v;
    int rc;

    if (memchr(text.p, '\n', text.n) != NULL || json_value(&text, &value) != 1 ||
        json_value(&text, &none) != 0 || !json_inside(value, '{', &inside))
        return false;
    while ((rc = json_member(&inside, &key, &v)) == 1)
        ;
    return rc == 0;
}

/* --- Labels as text ------------------------------------------------------------------------- */

static bool of_name(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == ':';
}

/* {name="value", name="value"} as an object; false when it is written otherwise. */
static bool put_label_list(struct buf *out, struct span text)
{
    struct span rest = span_trim(text);

    if (rest.n < 2 || rest.p[0] != '{' || rest.p[rest.n - 1] != '}')
        return false;
    rest = span_trim((struct span){ rest.p + 1, rest.n - 2 });
    buf_byte(out, '{');
    while (rest.n > 0) {
        struct span value;
        size_t n = 0;

        while (n < rest.n && of_name(rest.p[n]))
            n++;
        if (n == 0 || n + 1 >= rest.n || rest.p[n] != '=' || rest.p[n + 1] != '"')
            return false;
        buf_text(out, out->p[out->n - 1] == '{' ? "" : ",");
        put_json_text(out, (struct span){ rest.p, n });
        buf_byte(out, ':');
        rest = span_from(rest, n + 1);
        if (json_value(&rest, &value) != 1)
            return false;
        for (size_t i = 1; i + 1 < value.n; i++) { /* Go's escapes that JSON has not */
            if (value.p[i] == '\\' && strchr("\"\\nrtbf", value.p[++i]) == NULL)
                return false;
        }
        buf_add(out, value);
        rest = span_trim(rest);
        if (rest.n > 0 && rest.p[0] != ',')
            return false;
        rest = span_trim(span_from(rest, rest.n > 0 ? 1 : 0));
    }
    buf_byte(out, '}');
    return true;
}

static void put_labels(struct buf *out, struct span text)
{
    size_t before = out->n;

    buf_text(out, ",\"labels\":");
    if (put_label_list(out, text) || buf_failed(out))
        return;
    out->n = before;
    buf_text(out, ",\"labels\":");
    put_json_text(out, text);
}

static void put_line(struct buf *out, struct span text)
{
    buf_text(out, ",\"line\":");
    if (text.n > 1 && is_object(text))
        buf_add(out, text);
    else
        put_json_text(out, text);
}

/* --- Protobuf ------------------------------------------------------------------------------- */

/* Timestamp: seconds 1, nanos 2. */
static bool read_time(struct span message, int64_t *ns)
{
    struct pb_field f;
    int64_t s = 0, n = 0;
    int rc;

    while ((rc = pb_next(&message, &f)) == 1) {
        if (f.number == 1 && f.type == PB_VARINT)
            s = (int64_t)f.value;
        else if (f.number == 2 && f.type == PB_VARINT)
            n = (int64_t)f.value;
    }
    if (s < -9000000000 || s > 9000000000 || n < 0 || n > 999999999)
        return false;
    *ns = s * 1000000000 + n;
    return rc == 0;
}

/* LabelPairAdapter: name 1, value 2. */
static bool put_pair(struct buf *out, struct span message)
{
    struct span name = SPAN_LIT(""), value = SPAN_LIT("");
    struct pb_field f;
    int rc;

    while ((rc = pb_next(&message, &f)) == 1) {
        if (f.number == 1 && f.type == PB_BYTES)
            name = f.bytes;
        else if (f.number == 2 && f.type == PB_BYTES)
            value = f.bytes;
    }
    put_json_text(out, name);
    buf_byte(out, ':');
    put_json_text(out, value);
    return rc == 0;
}

static bool put_metadata(struct buf *out, struct span entry)
{
    struct pb_field f;
    bool any = false;

    while (pb_next(&entry, &f) == 1) {
        if (f.number != 3 || f.type != PB_BYTES)
            continue;
        buf_text(out, any ? "," : ",\"metadata\":{");
        any = true;
        if (!put_pair(out, f.bytes))
            return false;
    }
    buf_text(out, any ? "}" : "");
    return true;
}

/* EntryAdapter: timestamp 1, line 2, structuredMetadata 3. */
static bool read_entry(struct entries *t, struct span entry)
{
    struct span rest = entry, line = SPAN_LIT("");
    bool has_time = false;
    struct pb_field f;
    int64_t ns = 0;
    int rc;

    while ((rc = pb_next(&rest, &f)) == 1) {
        if (f.number == 1 && f.type == PB_BYTES) {
            has_time = true;
            if (!read_time(f.bytes, &ns))
                return false;
        } else if (f.number == 2 && f.type == PB_BYTES) {
            line = f.bytes;
        }
    }
    if (rc != 0)
        return false;
    begin(t->line, has_time, ns);
    put_line(t->line, line);
    put_labels(t->line, t->labels);
    if (!put_metadata(t->line, entry))
        return false;
    end(t);
    return true;
}

/* StreamAdapter: labels 1, entries 2. */
static bool read_stream(struct entries *t, struct span stream)
{
    struct span rest = stream;
    struct pb_field f;
    int rc;

    t->labels = SPAN_LIT("{}");
    while ((rc = pb_next(&rest, &f)) == 1) {
        if (f.number == 1 && f.type == PB_BYTES)
            t->labels = f.bytes;
    }
    while (rc == 0 && pb_next(&stream, &f) == 1) {
        if (f.number == 2 && f.type == PB_BYTES && !read_entry(t, f.bytes))
            return false;
    }
    return rc == 0;
}

int64_t loki_protobuf(struct span body, struct buf *line, otlp_fn *fn, void *arg)
{
    struct entries t = { .line = line, .fn = fn, .arg = arg };
    struct pb_field f;
    int rc;

    while ((rc = pb_next(&body, &f)) == 1) {
        if (f.number == 1 && f.type == PB_BYTES && !read_stream(&t, f.bytes))
            return ERR_SYNTAX;
    }
    return rc == 0 ? t.count : ERR_SYNTAX;
}

/* --- JSON ----------------------------------------------------------------------------------- */

/* A string whose text is, unescaped, an object would have its quotes escaped: it stays a string. */
static bool read_json_entry(struct entries *t, struct span entry)
{
    struct span inside, ns_text, line, metadata = SPAN_NONE, none, text;
    uint64_t ns;
    int rc;

    if (!json_inside(entry, '[', &inside) || json_element(&inside, &ns_text) != 1 ||
        json_element(&inside, &line) != 1 || !json_unquoted(line, &text))
        return false;
    rc = json_element(&inside, &metadata);
    if (rc < 0 || (rc == 1 && !json_inside(metadata, '{', &none)) ||
        json_element(&inside, &none) != 0)
        return false;
    (void)json_unquoted(ns_text, &ns_text); /* else it is as it is */
    if (!num_u64(ns_text, INT64_MAX, &ns))
        return false;
    begin(t->line, true, (int64_t)ns);
    buf_text(t->line, ",\"line\":");
    buf_add(t->line, line);
    buf_text(t->line, ",\"labels\":");
    buf_add(t->line, t->labels);
    if (rc == 1) {
        buf_text(t->line, ",\"metadata\":");
        buf_add(t->line, metadata);
    }
    end(t);
    return true;
}

static bool read_json_stream(struct entries *t, struct span stream)
{
    struct span inside, key, v, values = SPAN_NONE;
    int rc;

    t->labels = SPAN_LIT("{}");
    if (!json_inside(stream, '{', &inside))
        return false;
    while ((rc = json_member(&inside, &key, &v)) == 1) {
        if (span_eq(key, SPAN_LIT("stream")))
            t->labels = v;
        else if (span_eq(key, SPAN_LIT("values")))
            values = v;
    }
    if (rc != 0 || t->labels.p[0] != '{')
        return false;
    if (values.p == NULL)
        return true;
    if (!json_inside(values, '[', &inside))
        return false;
    while ((rc = json_element(&inside, &v)) == 1) {
        if (!read_json_entry(t, v))
            return false;
    }
    return rc == 0;
}

int64_t loki_json(struct span body, struct buf *line, otlp_fn *fn, void *arg)
{
    struct entries t = { .line = line, .fn = fn, .arg = arg };
    struct span value, none, inside, key, v;
    int rc;

    if (json_value(&body, &value) != 1 || json_value(&body, &none) != 0 ||
        !json_inside(value, '{', &inside))
        return ERR_SYNTAX;
    while ((rc = json_member(&inside, &key, &v)) == 1) {
        struct span streams;

        if (!span_eq(key, SPAN_LIT("streams")))
            continue;
        if (!json_inside(v, '[', &streams))
            return ERR_SYNTAX;
        while ((rc = json_element(&streams, &v)) == 1) {
            if (!read_json_stream(&t, v))
                return ERR_SYNTAX;
        }
        if (rc != 0)
            return ERR_SYNTAX;
    }
    return rc == 0 ? t.count : ERR_SYNTAX;
}
