/*
 * syslog_frame.c - see syslog_frame.h.
 *
 *   "57 <34>1 ..."    digits, a blank, that many bytes: nothing but the digits is looked at
 *   "<34>Oct ..\n"    one memchr() for the LF, never further than the longest message could reach
 *
 * Every answer depends on the bytes alone: what is refused is refused at the same byte whether the
 * rest of the message is there already or not.
 */
#include "wire/syslog_frame.h"

#include "base/ascii.h"

#define LENGTH_DIGITS_MAX 10u /* more bytes than any message has */

/* 0: it does not begin with a length after all. */
static int64_t counted(struct span in, size_t bytes_max, struct span *message, uint64_t *skip,
                       struct err *e)
{
    uint64_t bytes = 0;
    size_t at = 0;

    while (at < in.n && at < LENGTH_DIGITS_MAX && ascii_is_digit(in.p[at]))
        bytes = bytes * 10 + (uint64_t)(in.p[at++] - '0');
    if (at == in.n)
        return err_set(e, ERR_MORE, at, "The length of the syslog message does not end here.");
    if (in.p[at] != ' ' && !ascii_is_digit(in.p[at]))
        return 0; /* "2026-11-27 ...": a line that begins with a time */
    if (in.p[at] != ' ')
        return err_set(e, ERR_SYNTAX, at,
                       "The length of a syslog message is not followed by a blank.");
    at++;
    if (bytes > bytes_max) {
        *skip = at + bytes;
        return err_set(e, ERR_LIMIT, 0, "A syslog message of %llu bytes is over the limit of %zu.",
                       (unsigned long long)bytes, bytes_max);
    }
    if (bytes > in.n - at)
        return err_set(e, ERR_MORE, in.n, "The syslog message does not end here.");
    *message = (struct span){ in.p + at, (size_t)bytes };
    return (int64_t)(at + bytes);
}

/* How many bytes of the line are message: all but one CR at its end. */
static size_t without_cr(struct span line)
{
    return line.n - (line.n > 0 && line.p[line.n - 1] == '\r' ? 1 : 0);
}

static int64_t until_newline(struct span in, size_t bytes_max, bool last, struct span *message,
                             uint64_t *skip, struct err *e)
{
    /* A message of the longest kind with its CR and LF ends within this. */
    size_t seen = in.n < bytes_max || in.n - bytes_max < 2 ? in.n : bytes_max + 2;
    const uint8_t *lf = memchr(in.p, '\n', seen);
    struct span line = { in.p, lf != NULL ? (size_t)(lf - in.p) : seen };
    size_t bytes = without_cr(line);

    if (bytes > bytes_max) {
        *skip = 0;
        return err_set(e, ERR_LIMIT, 0, "A syslog message is longer than the limit of %zu bytes.",
                       bytes_max);
    }
    if (lf == NULL && !last)
        return err_set(e, ERR_MORE, in.n, "The syslog message does not end here.");
    *message = (struct span){ in.p, bytes };
    return (int64_t)(line.n + (lf != NULL ? 1 : 0));
}

int64_t syslog_frame(struct span in, size_t bytes_max, bool last, struct span *message,
                     uint64_t *skip, struct err *e)
{
    if (in.n == 0)
        return ERR_MORE;
    if (in.p[0] >= '1' && in.p[0] <= '9') {
        int64_t used = counted(in, bytes_max, message, skip, e);

        if (used != 0)
            return used;
    }
    return until_newline(in, bytes_max, last, message, skip, e);
}
