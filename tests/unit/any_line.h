/*
 * any_line.h - a line of no known format through the table of codecs, as sniff.h says to do it:
 * the first that takes it, and what a syslog line holds.
 */
#ifndef ANY_LINE_H
#define ANY_LINE_H

#include "rec_check.h"

/* The message of a syslog record, its last field, by the rows that may lie inside. */
static inline void any_line_open(struct rec *r)
{
    const struct rec_field *last = &r->fields[r->count - 1];
    struct span message = { last->value, last->value_bytes };

    if (!span_eq(last->name, SPAN_LIT("message")))
        return; /* no room for it: the record is full */
    for (size_t i = 0; i < codec_row_count; i++) {
        const struct codec_row *row = &codec_rows[i];

        if (row->inner && row->is(message) && rec_check_codec(row->read, row->is, message, r) > 0)
            return;
    }
}

/* Every line but the empty one is taken. */
static inline void any_line_read(struct span line, struct rec *r)
{
    for (size_t i = 0; i < codec_row_count && r->codec == CODEC_NONE; i++) {
        const struct codec_row *row = &codec_rows[i];

        if (row->read != NULL && row->is(line))
            (void)rec_check_codec(row->read, row->is, line, r);
    }
    MUST((r->codec == CODEC_NONE) == (line.n == 0));
    if (r->codec == CODEC_SYSLOG)
        any_line_open(r);
}

#endif
