/*
 * protobuf.c - see protobuf.h.
 */
#include "wire/protobuf.h"

#include "base/bytes.h"

#define NUMBER_MAX ((1u << 29) - 1)

static bool take_varint(struct span *in, uint64_t *v)
{
    *v = 0;
    for (unsigned i = 0; i < 10 && i < in->n; i++) {
        uint8_t c = in->p[i];

        if (i == 9 && c > 1)
            return false;
        *v |= (uint64_t)(c & 0x7F) << 7 * i;
        if (c < 0x80) {
            *in = span_from(*in, i + 1);
            return true;
        }
    }
    return false;
}

static bool take_fixed(struct span *in, size_t bytes, uint64_t *v)
{
    if (in->n < bytes)
        return false;
    *v = bytes == 8 ? bytes_u64(in->p) : bytes_u32(in->p);
    *in = span_from(*in, bytes);
    return true;
}

int pb_next(struct span *message, struct pb_field *f)
{
    uint64_t key;
    bool good;

    if (message->n == 0)
        return 0;
    if (!take_varint(message, &key) || key >> 3 == 0 || key >> 3 > NUMBER_MAX)
        return ERR_SYNTAX;
    *f = (struct pb_field){ .number = (uint32_t)(key >> 3), .type = (enum pb_type)(key & 7) };
    switch (key & 7) {
    case PB_VARINT:
        good = take_varint(message, &f->value);
        break;
    case PB_FIXED64:
        good = take_fixed(message, 8, &f->value);
        break;
    case PB_FIXED32:
        good = take_fixed(message, 4, &f->value);
        break;
    case PB_BYTES:
        good = take_varint(message, &f->value) && f->value <= message->n;
        if (good) {
            f->bytes = (struct span){ message->p, (size_t)f->value };
            *message = span_from(*message, (size_t)f->value);
        }
        break;
    default:
        good = false;
    }
    return good ? 1 : ERR_SYNTAX;
}

static size_t put_varint(uint8_t *room, uint64_t v)
{
    size_t n = 0;

    for (; v >= 0x80; v >>= 7)
        room[n++] = (uint8_t)(v | 0x80);
    room[n++] = (uint8_t)v;
    return n;
}

size_t pb_put(uint8_t *room, uint32_t number, enum pb_type type, uint64_t value)
{
    size_t n = put_varint(room, (uint64_t)number << 3 | (uint64_t)type);

    if (type == PB_FIXED64) {
        bytes_put_u64(room + n, value);
        return n + 8;
    }
    if (type == PB_FIXED32) {
        bytes_put_u32(room + n, (uint32_t)value);
        return n + 4;
    }
    return n + put_varint(room + n, value);
}
