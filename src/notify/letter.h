/*
 * letter.h - a message as the desk gives it to the sender: what is told, to whom of a channel.
 * Where that is, and with which secret, the sender knows from its own settings.
 *
 *   u64 key, u64 made, u8 level, then channel, recipient, kind, subject, text: each u16 bytes and
 *   the bytes; nothing behind. Little endian. The message's number goes beside it.
 *
 * Pure; what is read are slices of the input.
 */
#ifndef LETTER_H
#define LETTER_H

#include "base/buf.h"
#include "sigma/rule.h"

#define LETTER_MAX 65536u

struct letter {
    int64_t id;
    int64_t key, made_ns;
    enum sigma_level level;
    struct span channel, recipient, kind, subject, text;
};

/* What people call a level, in Vietnamese, in capitals. */
const char *notice_level(enum sigma_level level);

/* Without `id`. False: a text is too long, or `out` is full. */
bool letter_put(const struct letter *l, struct buf *out);

/* The whole of `in`; false: it is none. `id` is left alone. */
bool letter_read(struct span in, struct letter *l);

#endif
