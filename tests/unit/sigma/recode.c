/*
 * recode.c - one writer per form. What a form cannot say (a zero byte in XML) may come out as
 * something else: both evaluators see the same record, which is all that counts.
 */
#include "recode.h"

#include "base/num.h"
#include "base/utf.h"

typedef void put_fn(struct generate *g, struct buf *out, struct span text);

static void put_plain(struct generate *g, struct buf *out, struct span text)
{
    (void)g;
    buf_add(out, text);
}

static void put_unit(struct buf *out, uint32_t unit)
{
    buf_byte(out, (uint8_t)unit);
    buf_byte(out, (uint8_t)(unit >> 8));
}

static void put_utf16(struct generate *g, struct buf *out, struct span text)
{
    size_t used;

    (void)g;
    for (; text.n > 0; text = span_from(text, used)) {
        uint32_t cp = utf8_get(text, &used);

        if (cp >= 0x10000)
            put_unit(out, 0xd800 + ((cp - 0x10000) >> 10));
        put_unit(out, cp >= 0x10000 ? 0xdc00 + (cp & 0x3ff) : cp);
    }
}

static void put_xml(struct generate *g, struct buf *out, struct span text)
{
    size_t used;

    buf_text(out, "&#x20;"); /* the form promises an entity */
    for (; text.n > 0; text = span_from(text, used)) {
        uint32_t cp = utf8_get(text, &used);

        if (cp == '<' || cp == '&' || generate_below(g, 8) == 0)
            buf_fmt(out, generate_below(g, 2) == 0 ? "&#x%X;" : "&#%u;", cp);
        else
            buf_add(out, (struct span){ text.p, used });
    }
}

static void put_quoted(struct generate *g, struct buf *out, struct span text)
{
    (void)g;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\' || text.p[i] == '=' || text.p[i] == '|')
            buf_byte(out, '\\');
        buf_byte(out, text.p[i]);
    }
}

static void put_hex(struct generate *g, struct buf *out, struct span text)
{
    bool small = generate_below(g, 2) == 0;

    for (size_t i = 0; i < text.n; i++)
        buf_fmt(out, small ? "%02x" : "%02X", text.p[i]);
}

/* What a codec makes of texts; the second form in one of three. */
static const struct form {
    enum codec_id codec;
    uint32_t flags;
    const char *before, *after; /* a value, in the raw record */
    struct {
        enum rec_kind kind;
        put_fn *put;
    } text[2];
} forms[] = {
    { CODEC_EVTX, REC_RAW_BINARY, "\1", "", { { REC_UTF16, put_utf16 }, { REC_ANSI, put_plain } } },
    { CODEC_XML, 0, "<D>", "</D>", { { REC_XML, put_xml }, { REC_TEXT, put_plain } } },
    { CODEC_KV, 0, " k=\"", "\"", { { REC_QUOTED, put_quoted }, { REC_TEXT, put_plain } } },
    { CODEC_AUDIT, 0, " a0=", "", { { REC_HEX, put_hex }, { REC_TEXT, put_plain } } },
};

/* A whole number as event logs have it. */
static enum rec_kind put_integer(struct generate *g, struct buf *out, int64_t n)
{
    static const struct {
        enum rec_kind kind;
        unsigned bytes;
        int64_t least, most;
    } rows[] = {
        { REC_I64, 8, INT64_MIN, INT64_MAX }, { REC_U64, 8, 0, INT64_MAX },
        { REC_U32, 4, 0, UINT32_MAX },        { REC_U16, 2, 0, UINT16_MAX },
        { REC_HEX64, 8, 0, INT64_MAX },       { REC_I32, 4, INT32_MIN, INT32_MAX },
    };
    size_t at = generate_below(g, COUNT_OF(rows));

    if (n < rows[at].least || n > rows[at].most)
        at = 0;
    for (unsigned i = 0; i < rows[at].bytes; i++)
        buf_byte(out, (uint8_t)((uint64_t)n >> (8 * i)));
    return rows[at].kind;
}

void recode(struct generate *g, struct rec *r, struct buf *raw)
{
    const struct form *form = &forms[generate_below(g, COUNT_OF(forms))];
    size_t from[LIMIT_FIELDS];

    buf_clear(raw);
    for (uint32_t i = 0; i < r->count; i++) {
        struct rec_field *f = &r->fields[i];
        struct span text = rec_text(f, &r->mem);
        int64_t n;

        buf_text(raw, form->before);
        from[i] = raw->n;
        if (f->kind == REC_NUMBER && form->codec == CODEC_EVTX && num_i64(text, &n)) {
            f->kind = (uint16_t)put_integer(g, raw, n);
        } else if (f->kind == REC_TEXT || f->kind == REC_JSON) {
            uint32_t which = generate_below(g, 3) == 0;

            f->kind = (uint16_t)form->text[which].kind;
            form->text[which].put(g, raw, text);
        } else if (f->kind != REC_GROUP) {
            buf_add(raw, (struct span){ f->value, f->value_bytes });
        }
        if (f->kind != REC_GROUP)
            f->value_bytes = (uint32_t)(raw->n - from[i]);
        buf_text(raw, form->after);
    }
    MUST(!buf_failed(raw));
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->fields[i].kind != REC_GROUP)
            r->fields[i].value = raw->p + from[i];
    }
    r->codec = (uint8_t)form->codec;
    r->flags |= form->flags;
    r->raw = buf_span(raw);
}
