/*
 * output.h - the forms in which findings leave: one row and one file each.
 *
 * A row's functions only write text into a buffer. `finding` is called by the thread that found it,
 * for one finding after another; where the event's number belongs it sets *record_at (an offset in
 * what it appended to `out`; SIZE_MAX when it shows none). `correlated` and the others are called
 * by one thread.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "scan/finding.h"

struct scan_totals;

struct output {
    const struct output_row *row;
    unsigned width; /* of the terminal; 0: it is none, nothing is cut */
    bool colour;
    int32_t offset_s; /* of the times that people read, seconds east of UTC */
};

struct output_row {
    const char *name;
    const char *help;
    bool by_time; /* all findings are held back and leave by their time */
    void (*head)(const struct output *o, struct buf *out);
    void (*finding)(const struct output *o, const struct finding *f, struct buf *out,
                    size_t *record_at);
    void (*correlated)(const struct output *o, const struct correlated *c, struct buf *out);
    void (*foot)(const struct output *o, const struct scan_totals *t, struct buf *out);
};

extern const struct output_row output_table, output_json, output_csv, output_html;

/* All of them, in the order of --format's help; NULL past the last. */
const struct output_row *output_row(size_t index);

#endif
