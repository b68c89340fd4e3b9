/*
 * leef.c - IBM QRadar's Log Event Extended Format, 1.0 and 2.0.
 *
 *   LEEF:1.0|Vendor|Product|4.0.1|40018|src=10.0.0.1<tab>dst=10.0.0.2
 *   LEEF:2.0|Vendor|Product|4.0.1|40018|^|src=10.0.0.1^dst=10.0.0.2
 *   LEEF:2.0|Vendor|Product|4.0.1|40018|x5E|src=10.0.0.1^dst=10.0.0.2
 *
 * The sixth field of 2.0 is the delimiter: one byte, or its code, x or 0x and one to four hex
 * digits; empty or left out is a tab. Nothing is escaped in the format. An attribute without '='
 * belongs to the value before it, whose text held the delimiter: the value is made longer.
 */
#include "base/num.h"
#include "wire/line.h"
#include "wire/sniff.h"

#define LEEF_HEADER_FIELDS 5u

static const struct span header_names[LEEF_HEADER_FIELDS] = {
    { (const uint8_t *)"leef_version", 12 }, { (const uint8_t *)"vendor", 6 },
    { (const uint8_t *)"product", 7 },       { (const uint8_t *)"version", 7 },
    { (const uint8_t *)"eventId", 7 },
};

/* The delimiter that "^", "x5E" or "0x5E" stands for; false when it is none of these. */
static bool delimiter_of(struct span s, uint8_t *out)
{
    uint64_t code;

    if (s.n == 0) {
        *out = '\t';
        return true;
    }
    if (s.n == 1) {
        *out = s.p[0];
        return true;
    }
    if (s.p[0] == '0')
        s = span_from(s, 1);
    if (s.n < 2 || s.n > 5 || (s.p[0] | 32) != 'x' || !num_hex(span_from(s, 1), &code) ||
        code > UINT8_MAX)
        return false;
    *out = (uint8_t)code;
    return true;
}

static void attributes_read(struct span s, uint8_t delimiter, struct rec *r)
{
    struct rec_field *last = NULL;
    size_t at = 0;

    while (at < s.n) {
        size_t end = line_find(s, at, delimiter);
        struct span pair = line_cut(s, at, end);
        size_t eq = span_find(pair, '=');

        if (eq > 0 && eq < pair.n && eq <= LIMIT_NAME_BYTES) {
            if (!rec_add_text(r, line_cut(pair, 0, eq), span_from(pair, eq + 1)))
                return;
            last = &r->fields[r->count - 1];
        } else if (last != NULL && pair.n > 0) {
            last->value_bytes = (uint32_t)(s.p + end - last->value);
        }
        at = end + 1;
    }
}

int64_t leef_read(struct span line, struct rec *r, struct err *e)
{
    struct line_mark mark = line_mark(r);
    uint8_t delimiter = '\t';
    size_t at = 5;

    if (!leef_is(line))
        return err_set(e, ERR_SYNTAX, 0, "LEEF starts with \"LEEF:\", a version and a bar");
    for (size_t i = 0; i < LEEF_HEADER_FIELDS; i++) {
        size_t end = line_find(line, at, '|');

        if (end == line.n && i + 1 < LEEF_HEADER_FIELDS) {
            line_undo(r, mark);
            return err_set(e, ERR_SYNTAX, at, "the LEEF header ends after %zu of %u fields", i + 1,
                           LEEF_HEADER_FIELDS);
        }
        (void)rec_add_text(r, header_names[i], line_cut(line, at, end)); /* full: flagged */
        at = end < line.n ? end + 1 : end;
    }
    if (line.p[5] == '2') {
        size_t end = line_find(line, at, '|');

        if (end < line.n && delimiter_of(line_cut(line, at, end), &delimiter))
            at = end + 1;
    }
    attributes_read(span_from(line, at), delimiter, r);
    return line_claim(r, CODEC_LEEF, line);
}

bool leef_is(struct span line)
{
    return line_has(line, 0, SPAN_LIT("LEEF:")) && line.n > 6 && ascii_is_digit(line.p[5]) &&
           line_find(line_cut(line, 0, line.n < 10 ? line.n : 10), 6, '|') < 10;
}
