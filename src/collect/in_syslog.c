/*
 * in_syslog.c - syslog over TCP and TLS (RFC 6587, RFC 5425): messages one after the other, and no
 * answer. What was read is durable within commit_wait; a sender cannot know.
 */
#include "base/limits.h"
#include "collect/collect_own.h"
#include "wire/syslog_frame.h"

struct syslog {
    uint64_t skip;  /* bytes of a message that was too long */
    bool skip_line; /* up to the next line end */
    bool begun;
};

static void refuse(struct conn *k, enum ledger_counter why)
{
    intake_refuse(k->c->intake, k->row, why, 1);
}

/* Bytes of `in` that belong to what is not wanted. */
static size_t skip(struct syslog *s, struct span in)
{
    size_t n;

    if (s->skip_line) {
        n = span_find(in, '\n');
        s->skip_line = n == in.n;
        return n < in.n ? n + 1 : n;
    }
    n = s->skip < in.n ? (size_t)s->skip : in.n;
    s->skip -= n;
    return n;
}

static bool disabled(const struct conn *k)
{
    return k->source->set != NULL && k->source->set->disabled;
}

static void take_message(struct conn *k, struct span message)
{
    struct intake_from from = conn_from(k);

    /* rsyslog counts the line end of its templates in; it is no part of what was said. */
    if (message.n > 0 && message.p[message.n - 1] == '\n')
        message.n--;
    if (message.n == 0)
        return; /* a blank line is no record */
    if (disabled(k))
        refuse(k, LEDGER_refused_disabled);
    else
        (void)intake_record(k->c->intake, &from, message, false); /* counted */
}

static size_t syslog_take(struct conn *k, struct span in, bool last)
{
    struct syslog *s = k->state;
    size_t at = 0;

    while (at < in.n && !k->ending) {
        struct span message;
        uint64_t over = 0;
        int64_t used;

        if (s->skip > 0 || s->skip_line) {
            at += skip(s, span_from(in, at));
            continue;
        }
        used = syslog_frame(span_from(in, at), LIMIT_RECEIVED_BYTES, last, &message, &over, NULL);
        if (used == ERR_MORE)
            break;
        if (used == ERR_LIMIT) {
            refuse(k, LEDGER_refused_length);
            s->skip = over;
            s->skip_line = over == 0;
        } else if (used < 0) {
            refuse(k, LEDGER_refused_syntax);
            conn_end(k, false);
            return at;
        } else {
            take_message(k, message);
            at += (size_t)used;
        }
    }
    s->begun = at < in.n || s->skip > 0 || s->skip_line;
    if (last && !k->ending) {
        if (at < in.n)
            refuse(k, LEDGER_refused_syntax); /* half a counted message */
        conn_end(k, false);
        at = in.n;
    }
    collector_put(k->c);
    return at;
}

static bool syslog_begun(const struct conn *k)
{
    return ((const struct syslog *)k->state)->begun;
}

const struct protocol protocol_syslog = {
    .state_bytes = sizeof(struct syslog),
    .take = syslog_take,
    .begun = syslog_begun,
};
