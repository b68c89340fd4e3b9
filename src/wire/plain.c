/*
 * plain.c - a line of which nothing is known: one field, `message`. The last row of the table of
 * codecs, so that no line is ever lost; keyword rules still search it.
 */
#include "wire/line.h"
#include "wire/sniff.h"

bool plain_is(struct span line)
{
    (void)line;
    return true;
}

int64_t plain_read(struct span line, struct rec *r, struct err *e)
{
    if (line.n == 0)
        return err_set(e, ERR_SYNTAX, 0, "an empty line holds no event");
    (void)rec_add_text(r, SPAN_LIT("message"), line); /* full: flagged by rec_add */
    return line_claim(r, CODEC_PLAIN, line);
}
