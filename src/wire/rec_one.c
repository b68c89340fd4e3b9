/*
 * rec_one.c - see rec_one.h.
 */
#include "wire/rec_one.h"

#include "base/ascii.h"
#include "wire/line.h"

/* --- Messages ------------------------------------------------------------------------------- */

/* "@cee: {...}" is JSON with a mark in front. */
static struct span without_cookie(struct span s)
{
    static const struct span cookie = { (const uint8_t *)"@cee:", 5 };

    return span_starts(s, cookie) ? span_trim(span_from(s, cookie.n)) : s;
}

/* What a codec is given of a record that may have several lines (rec_read_one): those of rows of
 * words and columns its first, for to them a line feed is no blank; all others the whole. */
static struct span part_for(const struct codec_row *row, struct span s, bool many_lines)
{
    if (many_lines && (row->id == CODEC_KV || row->id == CODEC_ACCESS || row->id == CODEC_CSV))
        s.n = span_find(s, '\n');
    return s;
}

/* What the message of a syslog line is, if it is something. */
void rec_open_message(struct rec *r, bool many_lines)
{
    const struct rec_field *f = r->count > 0 ? &r->fields[r->count - 1] : NULL;
    struct span message;

    if (f == NULL || !span_eq(f->name, SPAN_LIT("message")))
        return;
    message = without_cookie((struct span){ f->value, f->value_bytes });
    for (size_t i = 0; i < codec_row_count && message.n > 0; i++) {
        const struct codec_row *row = &codec_rows[i];
        struct span part = part_for(row, message, many_lines);

        if (row->inner && row->is(part) && row->read(part, r, NULL) > 0)
            return;
    }
}

/* --- Records -------------------------------------------------------------------------------- */

/* Without blanks and zeros at both ends, and without a byte order mark. */
static struct span one_trimmed(struct span s)
{
    while (s.n > 0 && (ascii_is_blank(s.p[s.n - 1]) || s.p[s.n - 1] == 0))
        s.n--;
    while (s.n > 0 && (ascii_is_blank(s.p[0]) || s.p[0] == 0))
        s = span_from(s, 1);
    return span_starts(s, SPAN_LIT("\xEF\xBB\xBF")) ? span_from(s, 3) : s;
}

/* A codec has read `used` bytes of it. What is behind them is no second record: the fields stay,
 * and the record is damaged. */
static enum record_state one_read(struct span text, size_t used, struct rec *r, struct err *why)
{
    r->raw = text;
    if (used == text.n ||
        (r->codec == CODEC_XML && xml_lead(span_from(text, used)) == text.n - used))
        return RECORD_WHOLE;
    r->flags |= REC_DAMAGED;
    (void)err_set(why, ERR_SYNTAX, used,
                  "%zu bytes stand behind the record, which ends at byte %zu.", text.n - used,
                  used);
    return RECORD_DAMAGED;
}

static enum record_state one_plain(struct span text, bool damaged, struct rec *r)
{
    rec_clear(r);
    r->codec = CODEC_PLAIN; /* of an empty record too, which plain_read() refuses */
    r->raw = text;
    if (text.n > 0) {
        r->codec = CODEC_NONE;
        (void)plain_read(text, r, NULL); /* takes everything */
    }
    r->flags |= damaged ? REC_DAMAGED : 0;
    return damaged ? RECORD_DAMAGED : RECORD_PLAIN;
}

static enum record_state one_line(struct span text, struct rec *r, uint32_t *inner, struct err *why)
{
    bool many_lines = memchr(text.p, '\n', text.n) != NULL, damaged = false;

    for (size_t i = 0; i < codec_row_count; i++) {
        const struct codec_row *row = &codec_rows[i];
        struct span part = part_for(row, text, many_lines);
        int64_t used;

        if (row->id == CODEC_PLAIN || row->extent == EXTENT_DOCUMENT ||
            row->extent == EXTENT_HEADER || !row->is(part))
            continue;
        used = row->read(part, r, codec_is_decisive(row->id) ? why : NULL);
        if (used > 0) {
            *inner = r->count;
            if (row->id == CODEC_SYSLOG)
                rec_open_message(r, many_lines);
            return one_read(text, part.n < text.n ? text.n : (size_t)used, r, why);
        }
        damaged |= codec_is_decisive(row->id);
    }
    return one_plain(text, damaged, r);
}

static enum record_state one_document(codec_fn *read, struct span text, struct rec *r,
                                      struct err *why)
{
    int64_t used = read(text, r, why);

    return used > 0 ? one_read(text, (size_t)used, r, why) : one_plain(text, true, r);
}

enum record_state rec_read_one(struct rec *r, struct span record, uint32_t *inner, struct err *why)
{
    struct span text = one_trimmed(record);
    enum record_state state;
    uint32_t at = UINT32_MAX;

    rec_clear(r);
    if (text.n == 0)
        state = one_plain(text, false, r);
    else if (text.p[0] == '{' && json_is(text))
        state = one_document(json_read, text, r, why);
    else if (text.p[0] == '<' && text.n > 1 && !ascii_is_digit(text.p[1]) && xml_is(text))
        state = one_document(xml_read, text, r, why);
    else
        state = one_line(text, r, &at, why);
    if (inner != NULL)
        *inner = at < r->count ? at : r->count;
    return state;
}
