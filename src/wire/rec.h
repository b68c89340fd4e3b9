/*
 * rec.h - one wire record as a list of fields: what every codec writes and the event layer reads.
 *
 *   {"a":1,"b":{"c":"x\ty"}}      name  kind    value       parent
 *                                 a     NUMBER  1           -
 *                                 b     GROUP   {"c":...}   -
 *                                 c     JSON    x\ty        b
 *
 * Values are not decoded while reading: a field says in which form its bytes are (`kind`), and
 * rec_text() gives the text when somebody asks for it. That is what makes reading fast: most
 * values are never asked for.
 *
 * Names are UTF-8 and decoded. Names and values are slices of the input, of static text, or of
 * the record's scratch arena; they live until the next rec_clear() and as long as the input does.
 * A codec APPENDS fields: a syslog line whose message is JSON carries the fields of both.
 * Arrays: each member is a field with the array's own name (a member that is an object is a
 * GROUP of that name, with its members below it).
 *
 * Nothing is thrown away silently: fields beyond LIMIT_FIELDS or LIMIT_DEPTH set a flag, and
 * `raw` always spans the whole record.
 *
 * One record belongs to one thread.
 */
#ifndef REC_H
#define REC_H

#include "base/arena.h"
#include "base/base.h"
#include "base/limits.h"

/*    kind     what the bytes of `value` are, and what rec_text() makes of them */
#define REC_KIND_TABLE(X)                                                                          \
    X(NONE)   /* nothing: JSON null, an absent EVTX value; no text */                              \
    X(TEXT)   /* UTF-8 text as it is (malformed bytes are passed on) */                            \
    X(JSON)   /* inside of a JSON string that has at least one backslash */                        \
    X(XML)    /* XML character data with at least one entity or CDATA section */                   \
    X(QUOTED) /* text with backslash escapes: \" \= \| and, unless one is none, \\ \n \r */        \
    X(HEX)    /* hex digits of bytes (audit arguments): decoded, zero bytes become spaces */       \
    X(NUMBER) /* number as written (JSON): text as it is when it is [-]digits, else shortest */    \
    X(TRUE)   /* "true" */                                                                         \
    X(FALSE)  /* "false" */                                                                        \
    X(GROUP)  /* a container: object, array, element; text is its raw bytes */                     \
    X(UTF16)  /* UTF-16LE */                                                                       \
    X(ANSI)   /* Windows-1252 */                                                                   \
    X(U8)     /* little-endian integers from here: decimal text */                                 \
    X(U16)                                                                                         \
    X(U32)                                                                                         \
    X(U64)                                                                                         \
    X(I8)                                                                                          \
    X(I16)                                                                                         \
    X(I32)                                                                                         \
    X(I64)                                                                                         \
    X(F32)                                                                                         \
    X(F64)                                                                                         \
    X(BOOL32)   /* 4 bytes: "true" or "false" */                                                   \
    X(HEX32)    /* 4 bytes: "0x3e7", lower case, no leading zeros */                               \
    X(HEX64)    /* 8 bytes: the same */                                                            \
    X(GUID)     /* 16 bytes: "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}" as Windows shows it */       \
    X(SID)      /* "S-1-5-18" */                                                                   \
    X(FILETIME) /* 8 bytes, 100 ns since 1601: "2025-11-27T07:40:10.1653240Z" */                   \
    X(SYSTIME)  /* 16 bytes SYSTEMTIME: "2025-11-27T07:40:10.165Z" */                              \
    X(BINARY)   /* bytes: upper-case hex */

enum rec_kind {
#define X(name) REC_##name,
    REC_KIND_TABLE(X)
#undef X
        REC_KINDS
};

#define REC_ROOT 0xFFFFu

struct rec_field {
    struct span name;
    const uint8_t *value;
    uint32_t value_bytes;
    uint16_t kind;   /* enum rec_kind */
    uint16_t parent; /* index of the GROUP it lies in, or REC_ROOT */
};

/* Flags of a record; shown with the event. */
enum {
    REC_CUT_FIELDS = 1u << 0, /* more fields than LIMIT_FIELDS */
    REC_CUT_DEPTH = 1u << 1,  /* nested deeper than LIMIT_DEPTH */
    REC_CUT_BYTES = 1u << 2,  /* over LIMIT_EVENT_BYTES: some values are not broken out */
    REC_DAMAGED = 1u << 3,    /* read as far as it could be */
    REC_RAW_BINARY = 1u << 4, /* raw is not text (EVTX): keyword search uses the values only */
};

/* Which codec made the record: the taxonomy asks for it. A record may carry two: the outer
 * (syslog) and the inner (cef, json). */
#define CODEC_TABLE(X)                                                                             \
    X(NONE, "none")                                                                                \
    X(JSON, "json")                                                                                \
    X(EVTX, "evtx")                                                                                \
    X(XML, "xml") /* Windows event XML */                                                          \
    X(SYSLOG, "syslog")                                                                            \
    X(CEF, "cef")                                                                                  \
    X(LEEF, "leef")                                                                                \
    X(KV, "kv")                                                                                    \
    X(ACCESS, "access") /* Apache / nginx common and combined */                                   \
    X(W3C, "w3c")       /* IIS and other W3C extended logs; Zeek's own tab format too */           \
    X(AUDIT, "audit")   /* Linux auditd */                                                         \
    X(CSV, "csv")       /* comma-separated firewall logs (Palo Alto, Sophos, pfSense filterlog) */ \
    X(PLAIN, "plain")

enum codec_id {
#define X(id, name) CODEC_##id,
    CODEC_TABLE(X)
#undef X
        CODECS
};

const char *codec_name(enum codec_id id);

struct rec {
    struct rec_field *fields; /* LIMIT_FIELDS of them, owned */
    uint32_t count;
    uint32_t flags;
    uint32_t lines;   /* wire records joined in this one (auditd); else 1 */
    uint8_t codec;    /* enum codec_id, the outer one */
    uint8_t inner;    /* the one inside, or CODEC_NONE */
    struct span raw;  /* the whole record */
    struct arena mem; /* scratch for decoded names and joined values */
};

/* false when there is no memory. */
bool rec_init(struct rec *r);
void rec_release(struct rec *r);

/* No fields, no flags, empty scratch; lines = 1. */
void rec_clear(struct rec *r);

/* Append one field; false (and REC_CUT_FIELDS) when there is no room. value over 4 GiB cannot be:
 * records are bounded by LIMIT_RECORD_BYTES. */
static inline bool rec_add(struct rec *r, uint16_t parent, struct span name, enum rec_kind kind,
                           struct span value)
{
    struct rec_field *f = &r->fields[r->count];

    if (r->count >= LIMIT_FIELDS) {
        r->flags |= REC_CUT_FIELDS;
        return false;
    }
    f->name = name;
    f->value = value.p;
    f->value_bytes = (uint32_t)value.n;
    f->kind = (uint16_t)kind;
    f->parent = parent;
    r->count++;
    return true;
}

static inline bool rec_add_text(struct rec *r, struct span name, struct span value)
{
    return rec_add(r, REC_ROOT, name, REC_TEXT, value);
}

/* Most bytes that rec_text_put() can write for this field. */
size_t rec_text_room(const struct rec_field *f);

/* The field's text as UTF-8 into `dst` (rec_text_room() bytes); returns the length. Pure. */
size_t rec_text_put(const struct rec_field *f, uint8_t *dst);

/* The field's text: the value itself where it needs no decoding (TEXT, GROUP, plain NUMBER),
 * else decoded into `mem`. SPAN_NONE for REC_NONE and when `mem` has failed. */
struct span rec_text(const struct rec_field *f, struct arena *mem);

#endif
