/*
 * tracer.h - the text of our own events, that show by arriving that an input works to its end.
 *
 *   canh-tracer RUN INPUT NUMBER HMAC
 *
 * RUN 16 hex digits, new at each start of the sender; INPUT as input_name() has it; NUMBER decimal,
 * from 1; HMAC 64 hex digits, HMAC-SHA256 of all before its blank with a key that only the server's
 * own processes have. A text whose HMAC is wrong is an ordinary event.
 *
 * A tracer counts in no figure and no rule sees it, so nothing else may hide in one: the text must
 * be the whole of the message. Around it stand at most TRACER_AROUND_MAX bytes of envelope (a
 * syslog head; JSON's braces behind), and it counts only on the input that it names. Who can read
 * a tracer can send it again, and gains a tracer.
 *
 * Pure, but for OpenSSL.
 */
#ifndef TRACER_H
#define TRACER_H

#include "base/base.h"

#define TRACER_KEY_BYTES  32u
#define TRACER_TEXT_MAX   160u
#define TRACER_AROUND_MAX 80u

struct tracer_key {
    uint8_t bytes[TRACER_KEY_BYTES];
};

/* The text into `room`; its length. `input` is at most 32 bytes of a-z and '-'. */
size_t tracer_put(char room[TRACER_TEXT_MAX], const struct tracer_key *key, uint64_t run,
                  struct span input, uint64_t number);

/* Is this record, which came by `input`, one of ours? */
bool tracer_is(const struct tracer_key *key, struct span input, struct span raw);

#endif
