/*
 * rec_check.h - what must hold for every record and every codec, whatever the input: used by the
 * unit tests on their rows and all that can be made of them, and by the fuzz targets.
 *
 * That a field lies in the input, in scratch or in static text is shown by reading all of it: the
 * sanitizers, and the unmapped page behind the input, answer if it does not.
 */
#ifndef REC_CHECK_H
#define REC_CHECK_H

#include "wire/sniff.h"

/* Every byte, so that none of them can be where it must not. */
static inline void rec_check_bytes(struct span s)
{
    volatile uint8_t sum = 0;

    for (size_t i = 0; i < s.n; i++)
        sum = (uint8_t)(sum ^ s.p[i]);
    (void)sum;
}

/* Fields from `from` on: a value that begins in the input ends there, a parent is a group that
 * lies before its child, and the text fits the room that is asked for it. */
static inline void rec_check(struct rec *r, uint32_t from, struct span in)
{
    MUST(r->count <= LIMIT_FIELDS && r->codec < CODECS && r->inner < CODECS);
    for (uint32_t i = from; i < r->count; i++) {
        const struct rec_field *f = &r->fields[i];
        struct span value = { f->value, f->value_bytes };

        MUST(f->kind < REC_KINDS);
        MUST(f->name.p != NULL && (value.p != NULL || value.n == 0));
        MUST(f->parent == REC_ROOT || (f->parent < i && r->fields[f->parent].kind == REC_GROUP));
        if ((uintptr_t)value.p - (uintptr_t)in.p <= in.n)
            MUST(value.n <= in.n - (size_t)(value.p - in.p));
        rec_check_bytes(f->name);
        rec_check_bytes(value);
        rec_check_bytes(rec_text(f, &r->mem));
    }
}

/* The sniffs' contract (sniff.h): what is taken was recognised, what is refused has changed
 * nothing. Returns what the codec did. */
static inline int64_t rec_check_codec(codec_fn *read, sniff_fn *is, struct span in, struct rec *r)
{
    struct rec before = *r;
    struct err e = { .code = ERR_OK };
    int64_t used = read(in, r, &e);

    if (used > 0) {
        MUST((size_t)used <= in.n && is(in));
        MUST(before.codec == CODEC_NONE ? r->codec != CODEC_NONE : r->inner != CODEC_NONE);
        rec_check(r, before.count, in);
        return used;
    }
    MUST(used == ERR_SYNTAX || used == ERR_MORE || used == ERR_LIMIT);
    MUST(e.code == (enum err_code)used && e.why[0] != '\0' && e.at <= in.n);
    MUST(r->count == before.count && r->flags == before.flags && r->lines == before.lines);
    MUST(r->codec == before.codec && r->inner == before.inner && r->raw.p == before.raw.p);
    return used;
}

#endif
