/*
 * evtx_build.h - write small EVTX chunks by hand, token by token.
 *
 * Names are always written where they are used, behind their offset, as Windows does the first
 * time; evtx_build_name_at() refers to one written before.
 */
#ifndef EVTX_BUILD_H
#define EVTX_BUILD_H

#include "base/base.h"

struct build {
    uint8_t p[65536];
    size_t n;
    size_t record; /* where the open record begins */
    size_t last;   /* where the last closed one does */
    uint64_t id;
};

static inline void put(struct build *b, uint64_t v, size_t bytes)
{
    MUST(b->n + bytes <= sizeof(b->p));
    for (size_t i = 0; i < bytes; i++)
        b->p[b->n++] = (uint8_t)(i < 8 ? v >> (8 * i) : 0);
}

static inline void put_bytes(struct build *b, const void *bytes, size_t n)
{
    MUST(b->n + n <= sizeof(b->p));
    if (n > 0)
        memcpy(b->p + b->n, bytes, n);
    b->n += n;
}

static inline void patch(struct build *b, size_t at, uint64_t v, size_t bytes)
{
    size_t n = b->n;

    b->n = at;
    put(b, v, bytes);
    b->n = n;
}

static inline void put_utf16(struct build *b, const char *ascii)
{
    for (; *ascii != 0; ascii++)
        put(b, (uint8_t)*ascii, 2);
}

static inline void put_counted(struct build *b, const char *ascii)
{
    put(b, strlen(ascii), 2);
    put_utf16(b, ascii);
}

/* ---- chunk and records ---- */

static inline void chunk_begin(struct build *b)
{
    memset(b, 0, sizeof(*b));
    put_bytes(b, "ElfChnk", 8);
    b->n = 512;
    b->id = 1;
}

static inline void record_begin(struct build *b)
{
    b->record = b->n;
    put(b, 0x2a2a, 4);
    put(b, 0, 4);
    put(b, b->id++, 8);
    put(b, 0x01d9000000000000, 8);
    put(b, 0x0001010f, 4);
}

static inline void record_end(struct build *b)
{
    put(b, 0, 1);
    while ((b->n - b->record) % 8 != 4)
        put(b, 0, 1);
    put(b, b->n + 4 - b->record, 4);
    patch(b, b->record + 4, b->n - b->record, 4);
    b->last = b->record;
}

static inline void chunk_end(struct build *b)
{
    patch(b, 8, 1, 8);
    patch(b, 16, b->id - 1, 8);
    patch(b, 24, 1, 8);
    patch(b, 32, b->id - 1, 8);
    patch(b, 40, 128, 4);
    patch(b, 44, b->last, 4);
    patch(b, 48, b->n, 4);
}

/* ---- tokens ---- */

static inline void name(struct build *b, const char *text)
{
    put(b, b->n + 4, 4);
    put(b, 0, 4);
    put(b, 0x1234, 2);
    put_counted(b, text);
    put(b, 0, 2);
}

static inline void open_bare(struct build *b, const char *text)
{
    put(b, 0x01, 1);
    put(b, 0, 4);
    name(b, text);
}

static inline void open_tag(struct build *b, const char *text)
{
    put(b, 0x01, 1);
    put(b, 0xffff, 2);
    put(b, 0, 4);
    name(b, text);
}

/* With attributes. */
static inline void open_with(struct build *b, const char *text)
{
    put(b, 0x41, 1);
    put(b, 0xffff, 2);
    put(b, 0, 4);
    name(b, text);
    put(b, 0, 4);
}

static inline void attribute(struct build *b, const char *text)
{
    put(b, 0x06, 1);
    name(b, text);
}

static inline void text(struct build *b, const char *s)
{
    put(b, 0x0105, 2);
    put_counted(b, s);
}

static inline void close_start(struct build *b)
{
    put(b, 0x02, 1);
}

static inline void close_empty(struct build *b)
{
    put(b, 0x03, 1);
}

static inline void end_tag(struct build *b)
{
    put(b, 0x04, 1);
}

static inline void value(struct build *b, unsigned index)
{
    put(b, 0x0d, 1);
    put(b, index, 2);
    put(b, 0x01, 1);
}

static inline void optional(struct build *b, unsigned index)
{
    value(b, index);
    b->p[b->n - 4] = 0x0e;
}

/* <text>s</text> */
static inline void leaf(struct build *b, const char *element, const char *s)
{
    open_tag(b, element);
    close_start(b);
    text(b, s);
    end_tag(b);
}

/* <element>%index</element> */
static inline void leaf_value(struct build *b, const char *element, unsigned index)
{
    open_tag(b, element);
    close_start(b);
    value(b, index);
    end_tag(b);
}

static inline void open_plain(struct build *b, const char *element)
{
    open_tag(b, element);
    close_start(b);
}

/* ---- templates ---- */

/* The definition follows; returns where it lies. */
static inline size_t template_begin(struct build *b)
{
    size_t at;

    put(b, 0x010c, 2);
    put(b, 7, 4);
    put(b, b->n + 4, 4);
    at = b->n;
    put(b, 0, 4 + 16 + 4);
    put(b, 0x0001010f, 4);
    return at;
}

static inline void template_end(struct build *b, size_t at)
{
    put(b, 0, 1);
    patch(b, at + 20, b->n - at - 24, 4);
}

static inline void template_again(struct build *b, size_t at)
{
    put(b, 0x010c, 2);
    put(b, 7, 4);
    put(b, at, 4);
}

struct value {
    uint8_t type;
    uint16_t bytes;
    const void *data;
};

static inline void values(struct build *b, const struct value *v, size_t count)
{
    put(b, count, 4);
    for (size_t i = 0; i < count; i++) {
        put(b, v[i].bytes, 2);
        put(b, v[i].type, 2);
    }
    for (size_t i = 0; i < count; i++)
        put_bytes(b, v[i].data, v[i].bytes);
}

/* A value that is written in place: descriptors first, their size patched when it is closed. */
static inline size_t xml_value_begin(struct build *b)
{
    put(b, 1, 4);
    put(b, 0, 2);
    put(b, 0x21, 2);
    return b->n;
}

static inline void xml_value_end(struct build *b, size_t at)
{
    patch(b, at - 4, b->n - at, 2);
}

#endif
