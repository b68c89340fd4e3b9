/*
 * otlp.c - see otlp.h. The two encodings have the same messages; each is read by functions of its
 * own, which put the same members.
 */
#include "collect/otlp.h"

#include "base/num.h"
#include "base/time.h"
#include "scan/put.h"
#include "wire/json_walk.h"
#include "wire/protobuf.h"

/* What a record is told by those around it. */
struct around {
    struct span resource, scope; /* messages, as they came */
    struct buf *line;
    otlp_fn *fn;
    void *arg;
    int64_t count;
};

static void member(struct buf *out, const char *name)
{
    if (out->n > 0 && out->p[out->n - 1] != '{')
        buf_byte(out, ',');
    buf_fmt(out, "\"%s\":", name);
}

static void put_time(struct buf *out, const char *name, uint64_t ns)
{
    uint8_t room[TIME_TEXT_MAX];

    if (ns == 0 || ns > INT64_MAX)
        return; /* as the protocol has it: not known */
    member(out, name);
    put_json_text(out, (struct span){ room, time_put(room, (int64_t)ns) });
}

static void put_number(struct buf *out, const char *name, uint64_t v)
{
    if (v == 0)
        return;
    member(out, name);
    buf_fmt(out, "%llu", (unsigned long long)v);
}

static void give(struct around *a)
{
    a->count++;
    if (a->fn != NULL && !buf_failed(a->line))
        a->fn(a->arg, buf_span(a->line));
}

static void put_hex(struct buf *out, struct span bytes)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < bytes.n; i++)
        buf_fmt(out, "%02x", bytes.p[i]);
    buf_byte(out, '"');
}

/* --- Protobuf ------------------------------------------------------------------------------- */

static bool put_any(struct buf *out, struct span message, unsigned depth);

static bool put_list(struct buf *out, struct span message, unsigned depth)
{
    struct pb_field f;
    bool any = false;
    int rc;

    buf_byte(out, '[');
    while ((rc = pb_next(&message, &f)) == 1) {
        if (f.number != 1 || f.type != PB_BYTES)
            continue;
        buf_text(out, any ? "," : "");
        any = true;
        if (!put_any(out, f.bytes, depth))
            return false;
    }
    buf_byte(out, ']');
    return rc == 0;
}

/* One KeyValue as a member. */
static bool put_pair(struct buf *out, struct span message, unsigned depth)
{
    struct span key = SPAN_LIT(""), value = SPAN_LIT("");
    struct pb_field f;
    int rc;

    while ((rc = pb_next(&message, &f)) == 1) {
        if (f.number == 1 && f.type == PB_BYTES)
            key = f.bytes;
        else if (f.number == 2 && f.type == PB_BYTES)
            value = f.bytes;
    }
    if (rc != 0)
        return false;
    if (out->n > 0 && out->p[out->n - 1] != '{')
        buf_byte(out, ',');
    put_json_text(out, key);
    buf_byte(out, ':');
    return put_any(out, value, depth);
}

/* The KeyValues of field `number` of a message as an object. */
static bool put_pairs(struct buf *out, struct span message, uint32_t number, unsigned depth)
{
    struct pb_field f;
    int rc;

    buf_byte(out, '{');
    while ((rc = pb_next(&message, &f)) == 1) {
        if (f.number == number && f.type == PB_BYTES && !put_pair(out, f.bytes, depth))
            return false;
    }
    buf_byte(out, '}');
    return rc == 0;
}

static void put_double(struct buf *out, uint64_t bits)
{
    double d;

    memcpy(&d, &bits, sizeof(d));
    if (d - d != 0)
        buf_text(out, d != d ? "\"NaN\"" : d > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else
        buf_fmt(out, "%.17g", d);
}

static bool put_any(struct buf *out, struct span message, unsigned depth)
{
    struct pb_field f;
    bool put = false;
    int rc;

    if (depth == OTLP_DEPTH)
        return false;
    while ((rc = pb_next(&message, &f)) == 1) {
        const bool bytes = f.type == PB_BYTES;

        if (put || f.number == 0 || f.number > 7)
            continue; /* of one of several the first; what is not known to us */
        put = true;
        if (f.number == 1 && bytes)
            put_json_text(out, f.bytes);
        else if (f.number == 2 && f.type == PB_VARINT)
            buf_text(out, f.value != 0 ? "true" : "false");
        else if (f.number == 3 && f.type == PB_VARINT)
            buf_fmt(out, "%lld", (long long)(int64_t)f.value);
        else if (f.number == 4 && f.type == PB_FIXED64)
            put_double(out, f.value);
        else if (f.number == 5 && bytes && !put_list(out, f.bytes, depth + 1))
            return false;
        else if (f.number == 6 && bytes && !put_pairs(out, f.bytes, 1, depth + 1))
            return false;
        else if (f.number == 7 && bytes)
            put_hex(out, f.bytes);
        else if (f.number != 5 && f.number != 6)
            return false;
    }
    if (!put)
        buf_text(out, "null");
    return rc == 0;
}

static void put_text_of(struct buf *out, const char *name, struct span text)
{
    if (text.n == 0)
        return;
    member(out, name);
    put_json_text(out, text);
}

/* InstrumentationScope: name 1, version 2, attributes 3, dropped 4. */
static bool put_scope(struct buf *out, struct span message)
{
    struct span rest = message;
    struct pb_field f;
    int rc;

    member(out, "scope");
    buf_byte(out, '{');
    while ((rc = pb_next(&rest, &f)) == 1) {
        if (f.number == 1 && f.type == PB_BYTES)
            put_text_of(out, "name", f.bytes);
        else if (f.number == 2 && f.type == PB_BYTES)
            put_text_of(out, "version", f.bytes);
        else if (f.number == 4 && f.type == PB_VARINT)
            put_number(out, "dropped", f.value);
    }
    member(out, "attributes");
    if (rc != 0 || !put_pairs(out, message, 3, 0))
        return false;
    buf_byte(out, '}');
    return true;
}

/* Resource: attributes 1, dropped 2. */
static bool put_around(struct buf *out, const struct around *a)
{
    if (a->scope.n > 0 && !put_scope(out, a->scope))
        return false;
    if (a->resource.n > 0) {
        member(out, "resource");
        if (!put_pairs(out, a->resource, 1, 0))
            return false;
    }
    buf_byte(out, '}');
    return true;
}

static bool put_field(struct buf *out, const struct pb_field *f)
{
    const bool bytes = f->type == PB_BYTES;

    if (f->number == 1 && f->type == PB_FIXED64)
        put_time(out, "time", f->value);
    else if (f->number == 11 && f->type == PB_FIXED64)
        put_time(out, "observed", f->value);
    else if (f->number == 2 && f->type == PB_VARINT)
        put_number(out, "severity_number", f->value);
    else if (f->number == 3 && bytes)
        put_text_of(out, "severity", f->bytes);
    else if (f->number == 12 && bytes)
        put_text_of(out, "event_name", f->bytes);
    else if (f->number == 7 && f->type == PB_VARINT)
        put_number(out, "dropped", f->value);
    else if (f->number == 8 && f->type == PB_FIXED32)
        put_number(out, "flags", f->value);
    else if ((f->number == 9 || f->number == 10) && bytes && f->bytes.n > 0) {
        member(out, f->number == 9 ? "trace_id" : "span_id");
        put_hex(out, f->bytes);
    } else if (f->number == 5 && bytes) {
        member(out, "body");
        return put_any(out, f->bytes, 0);
    }
    return true;
}

static bool read_record(struct around *a, struct span message)
{
    struct span rest = message;
    struct pb_field f;
    bool attributes = false;
    int rc;

    buf_clear(a->line);
    buf_text(a->line, "{\"otel\":\"log\"");
    while ((rc = pb_next(&rest, &f)) == 1) {
        attributes |= f.number == 6 && f.type == PB_BYTES;
        if (!put_field(a->line, &f))
            return false;
    }
    if (rc != 0)
        return false;
    if (attributes) {
        member(a->line, "attributes");
        if (!put_pairs(a->line, message, 6, 0))
            return false;
    }
    if (!put_around(a->line, a))
        return false;
    give(a);
    return true;
}

/* ScopeLogs: scope 1, log_records 2. */
static bool read_scope(struct around *a, struct span message)
{
    struct span rest = message;
    struct pb_field f;
    int rc;

    a->scope = SPAN_NONE;
    while ((rc = pb_next(&rest, &f)) == 1) {
        if (f.number == 1 && f.type == PB_BYTES)
            a->scope = f.bytes;
    }
    while (rc == 0 && pb_next(&message, &f) == 1) {
        if (f.number == 2 && f.type == PB_BYTES && !read_record(a, f.bytes))
            return false;
    }
    return rc == 0;
}

/* ResourceLogs: resource 1, scope_logs 2. */
static bool read_resource(struct around *a, struct span message)
{
    struct span rest = message;
    struct pb_field f;
    int rc;

    a->resource = SPAN_NONE;
    while ((rc = pb_next(&rest, &f)) == 1) {
        if (f.number == 1 && f.type == PB_BYTES)
            a->resource = f.bytes;
    }
    while (rc == 0 && pb_next(&message, &f) == 1) {
        if (f.number == 2 && f.type == PB_BYTES && !read_scope(a, f.bytes))
            return false;
    }
    return rc == 0;
}

int64_t otlp_protobuf(struct span body, struct buf *line, otlp_fn *fn, void *arg)
{
    struct around a = { .line = line, .fn = fn, .arg = arg };
    struct pb_field f;
    int rc;

    while ((rc = pb_next(&body, &f)) == 1) {
        if (f.number == 1 && f.type == PB_BYTES && !read_resource(&a, f.bytes))
            return ERR_SYNTAX;
    }
    return rc == 0 ? a.count : ERR_SYNTAX;
}

/* --- JSON ----------------------------------------------------------------------------------- */

/* The member of an object: false when it is none; SPAN_NONE when there is no such member. */
static bool find(struct span object, const char *name, struct span *value)
{
    struct span inside, key, v;
    int rc;

    *value = SPAN_NONE;
    if (!json_inside(object, '{', &inside))
        return false;
    while ((rc = json_member(&inside, &key, &v)) == 1) {
        if (span_eq(key, span_of(name)))
            *value = v;
    }
    return rc == 0;
}

static bool put_json_any(struct buf *out, struct span any, unsigned depth);

static bool put_json_list(struct buf *out, struct span list, unsigned depth)
{
    struct span values, inside, v;
    bool any = false;
    int rc = 0;

    if (!find(list, "values", &values))
        return false;
    buf_byte(out, '[');
    if (values.p != NULL && !json_inside(values, '[', &inside))
        return false;
    while (values.p != NULL && (rc = json_element(&inside, &v)) == 1) {
        buf_text(out, any ? "," : "");
        any = true;
        if (!put_json_any(out, v, depth))
            return false;
    }
    buf_byte(out, ']');
    return rc == 0;
}

/* A list of {"key":..,"value":..} as an object. */
static bool put_json_pairs(struct buf *out, struct span list, unsigned depth)
{
    struct span inside, pair, key, value;
    bool any = false;
    int rc = 0;

    buf_byte(out, '{');
    if (list.p != NULL && !json_inside(list, '[', &inside))
        return false;
    while (list.p != NULL && (rc = json_element(&inside, &pair)) == 1) {
        if (!find(pair, "key", &key) || !find(pair, "value", &value) || key.p == NULL ||
            key.p[0] != '"')
            return false;
        buf_text(out, any ? "," : "");
        any = true;
        buf_add(out, key);
        buf_byte(out, ':');
        if (value.p == NULL)
            buf_text(out, "null");
        else if (!put_json_any(out, value, depth))
            return false;
    }
    buf_byte(out, '}');
    return rc == 0;
}

/* A number that may be written as a string. */
static bool put_json_int(struct buf *out, struct span v)
{
    int64_t n;

    (void)json_unquoted(v, &v); /* else it is as it is */
    if (!num_i64(v, &n))
        return false;
    buf_add(out, v);
    return true;
}

static bool put_json_any(struct buf *out, struct span any, unsigned depth)
{
    struct span inside, key, v, list;

    if (depth == OTLP_DEPTH || !json_inside(any, '{', &inside))
        return false;
    if (json_member(&inside, &key, &v) != 1) {
        buf_text(out, "null");
        return inside.n == 0;
    }
    if (span_eq(key, SPAN_LIT("intValue")))
        return put_json_int(out, v);
    if (span_eq(key, SPAN_LIT("arrayValue")))
        return put_json_list(out, v, depth + 1);
    if (span_eq(key, SPAN_LIT("kvlistValue")))
        return find(v, "values", &list) && put_json_pairs(out, list, depth + 1);
    buf_add(out, v); /* a string, a number or a word: json_read() has the last say */
    return v.p[0] != '{' && v.p[0] != '[';
}

static bool put_json_time(struct buf *out, const char *name, struct span v)
{
    uint64_t ns;

    (void)json_unquoted(v, &v); /* else it is as it is */
    if (!num_u64(v, UINT64_MAX, &ns))
        return false;
    put_time(out, name, ns);
    return true;
}

static bool put_json_scope(struct buf *out, struct span scope)
{
    struct span name, version, attributes;

    if (!find(scope, "name", &name) || !find(scope, "version", &version) ||
        !find(scope, "attributes", &attributes))
        return false;
    member(out, "scope");
    buf_byte(out, '{');
    if (name.p != NULL) {
        member(out, "name");
        buf_add(out, name);
    }
    if (version.p != NULL) {
        member(out, "version");
        buf_add(out, version);
    }
    member(out, "attributes");
    if (!put_json_pairs(out, attributes, 0))
        return false;
    buf_byte(out, '}');
    return true;
}

static bool put_json_around(struct buf *out, const struct around *a)
{
    struct span attributes;

    if (a->scope.p != NULL && !put_json_scope(out, a->scope))
        return false;
    if (a->resource.p != NULL) {
        member(out, "resource");
        if (!find(a->resource, "attributes", &attributes) || !put_json_pairs(out, attributes, 0))
            return false;
    }
    buf_byte(out, '}');
    return true;
}

enum json_form { FORM_TIME, FORM_AS_IT_IS, FORM_INT, FORM_ANY, FORM_PAIRS };

static const struct {
    const char *from, *to;
    enum json_form form;
} json_fields[] = {
    { "timeUnixNano", "time", FORM_TIME },
    { "observedTimeUnixNano", "observed", FORM_TIME },
    { "severityText", "severity", FORM_AS_IT_IS },
    { "severityNumber", "severity_number", FORM_AS_IT_IS }, /* a number, or the name of one */
    { "eventName", "event_name", FORM_AS_IT_IS },
    { "traceId", "trace_id", FORM_AS_IT_IS },
    { "spanId", "span_id", FORM_AS_IT_IS },
    { "flags", "flags", FORM_INT },
    { "droppedAttributesCount", "dropped", FORM_INT },
    { "body", "body", FORM_ANY },
    { "attributes", "attributes", FORM_PAIRS },
};

static bool put_json_field(struct buf *out, struct span key, struct span v)
{
    size_t i = 0;

    while (i < COUNT_OF(json_fields) && !span_eq(key, span_of(json_fields[i].from)))
        i++;
    if (i == COUNT_OF(json_fields) || span_eq(v, SPAN_LIT("null")))
        return true; /* not known to us, or not there */
    if (json_fields[i].form == FORM_TIME)
        return put_json_time(out, json_fields[i].to, v);
    member(out, json_fields[i].to);
    if (json_fields[i].form == FORM_INT)
        return put_json_int(out, v);
    if (json_fields[i].form == FORM_ANY)
        return put_json_any(out, v, 0);
    if (json_fields[i].form == FORM_PAIRS)
        return put_json_pairs(out, v, 0);
    buf_add(out, v);
    return v.p[0] != '{' && v.p[0] != '[';
}

static bool read_json_record(struct around *a, struct span record)
{
    struct span inside, key, v;
    int rc;

    if (!json_inside(record, '{', &inside))
        return false;
    buf_clear(a->line);
    buf_text(a->line, "{\"otel\":\"log\"");
    while ((rc = json_member(&inside, &key, &v)) == 1) {
        if (!put_json_field(a->line, key, v))
            return false;
    }
    if (rc != 0 || !put_json_around(a->line, a))
        return false;
    give(a);
    return true;
}

/* Each element of the member `name`, a list, to `fn`. */
static bool each(struct around *a, struct span object, const char *name,
                 bool (*fn)(struct around *, struct span))
{
    struct span list, inside, v;
    int rc;

    if (!find(object, name, &list))
        return false;
    if (list.p == NULL)
        return true;
    if (!json_inside(list, '[', &inside))
        return false;
    while ((rc = json_element(&inside, &v)) == 1) {
        if (!fn(a, v))
            return false;
    }
    return rc == 0;
}

static bool read_json_scope(struct around *a, struct span logs)
{
    return find(logs, "scope", &a->scope) && each(a, logs, "logRecords", read_json_record);
}

static bool read_json_resource(struct around *a, struct span logs)
{
    return find(logs, "resource", &a->resource) && each(a, logs, "scopeLogs", read_json_scope);
}

int64_t otlp_json(struct span body, struct buf *line, otlp_fn *fn, void *arg)
{
    struct around a = { .line = line, .fn = fn, .arg = arg };
    struct span value, rest = body, none;

    if (json_value(&rest, &value) != 1 || json_value(&rest, &none) != 0 ||
        !each(&a, value, "resourceLogs", read_json_resource))
        return ERR_SYNTAX;
    return a.count;
}
