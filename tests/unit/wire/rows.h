/*
 * rows.h - the same trials for the rows of every text codec.
 *
 * A row is a line and the fields that it must give, as text, one a line:
 *
 *     name=text              a field below a group: group.name=text
 *     name                   REC_NONE: there is a name and no value
 *
 * Beyond its own fields each row shows what must hold for any line: it runs against an unmapped
 * page, cut at every byte, with each of its bytes replaced, as the outer codec and inside of
 * another (rec_check.h says what must hold). With CANH_SEEDS set to a folder, the rows are
 * written there as the seeds of the codec's fuzz target.
 */
#ifndef ROWS_H
#define ROWS_H

#include "check.h"
#include "wire/sniff.h"

struct row {
    const char *name;
    const char *in;
    const char *want; /* NULL: the line is refused */
};

struct rows_codec {
    enum codec_id id;
    codec_fn *read;
    sniff_fn *is;
    bool cut_is_more; /* a prefix of a good record is ERR_MORE, nothing else */
};

void rows_check(const struct rows_codec *c, const struct row *rows, size_t count);

/* The codec of a row of the sniff table. */
struct rows_codec rows_codec_of(enum codec_id id);

/* Read `in` into *r, cleared; fails the test when it is refused or not used whole. */
void rows_read(const struct rows_codec *c, struct span in, struct rec *r);

/* Read `head`, `many` so many times, and `tail`. Returns what the codec did; *r has the counts and
 * flags of it, its bytes are gone. */
int64_t rows_repeat(const struct rows_codec *c, const char *head, const char *many, size_t times,
                    const char *tail, struct rec *r);

#endif
