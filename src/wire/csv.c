/*
 * csv.c - comma-separated firewall logs (Palo Alto, pfSense filterlog): columns by number.
 *
 *   5,,,1000000103,em0,match,block,in      "a ""quoted"" one, with commas",b
 *
 * Which column means what is the taxonomy's to know. Fewer than CSV_COLUMNS_MIN columns are more
 * likely prose than a log. A quoted column without doubled quotes is a slice; with them it is
 * undoubled into the record's scratch. Columns beyond CSV_COLUMNS_MAX stay in the raw bytes and
 * set REC_CUT_FIELDS.
 */
#include "wire/line.h"
#include "wire/sniff.h"

#define CSV_COLUMNS_MIN 6u
#define CSV_COLUMNS_MAX 128u

/* "0".."127", two or three bytes each, without formatting. */
static const char two_digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";
static const char three_digits[] = "100101102103104105106107108109110111112113"
                                   "114115116117118119120121122123124125126127";

static struct span column_name(uint32_t i)
{
    if (i < 10)
        return (struct span){ (const uint8_t *)two_digits + 2 * i + 1, 1 };
    if (i < 100)
        return (struct span){ (const uint8_t *)two_digits + 2 * i, 2 };
    return (struct span){ (const uint8_t *)three_digits + 3 * (i - 100), 3 };
}

/* `s` with each "" made one, in scratch. */
static struct span undouble(struct span s, struct arena *mem)
{
    uint8_t *p = arena_bytes(mem, s.n);
    size_t n = 0;

    if (p == NULL)
        return s; /* no scratch: better the text as it stands than none */
    for (size_t i = 0; i < s.n; i++) {
        p[n++] = s.p[i];
        if (s.p[i] == '"')
            i++;
    }
    arena_shrink(mem, s.n - n);
    return (struct span){ p, n };
}

/* Column at `at`; sets *end to its comma or to the end of the line. */
static struct span column(struct span line, size_t at, struct arena *mem, size_t *end)
{
    size_t i = at + 1;
    bool doubled = false;

    if (line_at(line, at, '"')) {
        while (i < line.n) {
            if (line.p[i] != '"') {
                i++;
            } else if (line_at(line, i + 1, '"')) {
                doubled = true;
                i += 2;
            } else {
                break;
            }
        }
        if (i < line.n && (i + 1 == line.n || line.p[i + 1] == ',')) {
            struct span v = line_cut(line, at + 1, i);

            *end = i + 1;
            return doubled ? undouble(v, mem) : v;
        }
    }
    *end = line_find(line, at, ','); /* not quoted as it should be: as it stands */
    return line_cut(line, at, *end);
}

int64_t csv_read(struct span line, struct rec *r, struct err *e)
{
    struct line_mark mark = line_mark(r);
    uint32_t columns = 0;
    size_t at = 0, end = 0;

    if (!csv_is(line))
        return err_set(e, ERR_SYNTAX, 0, "fewer than %u columns", CSV_COLUMNS_MIN);
    for (;; at = end + 1) {
        struct span v = column(line, at, &r->mem, &end);

        if (columns < CSV_COLUMNS_MAX)
            (void)rec_add_text(r, column_name(columns), v); /* full: flagged by rec_add */
        else
            r->flags |= REC_CUT_FIELDS;
        columns++;
        if (end >= line.n)
            break;
    }
    if (columns < CSV_COLUMNS_MIN) {
        line_undo(r, mark);
        return err_set(e, ERR_SYNTAX, line.n, "%u columns, fewer than %u", columns,
                       CSV_COLUMNS_MIN);
    }
    return line_claim(r, CODEC_CSV, line);
}

bool csv_is(struct span line)
{
    struct span head = line_cut(line, 0, line.n < SNIFF_BYTES ? line.n : SNIFF_BYTES);
    size_t commas = 0, prose = 0;

    for (size_t i = line_find(head, 0, ','); i < head.n; i = line_find(head, i + 1, ',')) {
        commas++;
        prose += line_at(line, i + 1, ' ') ? 1 : 0;
    }
    return commas >= CSV_COLUMNS_MIN - 1 && prose * 2 <= commas;
}
