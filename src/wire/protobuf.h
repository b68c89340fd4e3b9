/*
 * protobuf.h - the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding),
 * field by field: what is needed to read messages whose shape one knows.
 *
 * Strict: a varint of more than ten bytes or 64 bits, a field number of 0 or over 2^29 - 1, a
 * length beyond the end, and groups (types 3 and 4) are refused. Pure; nothing is copied.
 */
#ifndef PROTOBUF_H
#define PROTOBUF_H

#include "base/base.h"

enum pb_type { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_field {
    uint32_t number;
    enum pb_type type;
    uint64_t value;    /* of all but PB_BYTES */
    struct span bytes; /* of PB_BYTES */
};

/* Takes the next field off the message: 1, 0 at its end, or ERR_SYNTAX. */
int pb_next(struct span *message, struct pb_field *f);

/* For answers: a field of this number and type into `room` (at least 20 bytes); the bytes written.
 * Of PB_BYTES the head: the length is `value`, the bytes follow. */
size_t pb_put(uint8_t *room, uint32_t number, enum pb_type type, uint64_t value);

#endif
