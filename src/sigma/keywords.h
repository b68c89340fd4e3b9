/*
 * keywords.h - keywords looked for in the raw record, neither decoded nor folded.
 *
 * Keywords look into every value and the raw text. Nearly every Windows event is of a logsource
 * with keyword rules, so this is paid for every event; but nearly all values are slices of the raw
 * record, and one scan without regard to ASCII case answers for them all, but for
 *
 *   a keyword with bytes that JSON writes with a backslash, or above 0x7f: its longest run of
 *   other bytes is looked for instead, and seeing that means only "look at the values"
 *
 *   what raw_odd.h finds: escapes in JSON strings, whose values must be decoded and looked at, and
 *   letters beyond ASCII that fold to ASCII ones
 *
 * Values of other kinds (XML entities, hex, UTF-16) are looked at one by one, whatever the scan
 * says; but not those whose text is made of so few letters (numbers, GUIDs, SIDs, times) that no
 * keyword can stand in it: keywords_covers(), keywords_skips().
 *
 * The fewer literals, the faster Vectorscan is, by far: twenty take four times as long as five. So
 * the keywords get a sieve besides: a few fragments of which every keyword has one. The record is
 * scanned for the keywords themselves only when a fragment was seen in it.
 *
 * Private to src/sigma.
 */
#ifndef KEYWORDS_H
#define KEYWORDS_H

#include "sigma/index.h"
#include "wire/rec.h"

/*
 * Lay out in *raw the literals for the raw record, from those of the keywords' own index. It gets
 * none (literal_count 0) when some keyword has no run at all.
 */
void keywords_plan(struct field_index *raw, const struct field_index *keywords, struct image *im);

/* Lay out in *sieve fragments of the literals of *raw. It gets none when they would be too many. */
void keywords_sieve(struct field_index *sieve, const struct field_index *raw, struct image *im);

/* `end` is behind a "\u" or "\/" in `raw`: is its backslash not itself escaped? */
bool keywords_is_escape(struct span raw, size_t end);

/* Could a keyword stand in the text of a number or the like? */
bool keywords_with_digits(const struct field_index *keywords);

/* Can no keyword stand in this value, whatever it is? */
static inline bool keywords_skips(const struct keywords *kw, const struct rec_field *f)
{
    if (f->kind == REC_GROUP || f->kind == REC_NONE)
        return true; /* keywords do not look into them */
    return !kw->digits && (f->kind == REC_NUMBER || (f->kind >= REC_U8 && f->kind != REC_BOOL32));
}

/* Is all that a keyword can find in this value found by a scan of `raw`? When `escapes`, it had an
 * escape that may hide one. A number may be written in other digits than those of its text. */
static inline bool keywords_covers(struct span raw, bool escapes, const struct rec_field *f)
{
    size_t at = (uintptr_t)f->value - (uintptr_t)raw.p;

    if (at > raw.n || f->value_bytes > raw.n - at)
        return false;
    return f->kind == REC_TEXT || f->kind == REC_TRUE || f->kind == REC_FALSE ||
           (f->kind == REC_JSON && !escapes);
}

#endif
