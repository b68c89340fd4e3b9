/*
 * hits.h - the newest of the events that were found: what will be shown unless newer ones push it
 * out. A heap of copies, bounded in their number and in their bytes.
 */
#ifndef HITS_H
#define HITS_H

#include "figures/shown.h"

struct found {
    struct shown_about about; /* its texts are copies */
    uint8_t *text;            /* where they lie */
    size_t bytes;
};

struct hits {
    struct found *hit; /* a heap, the oldest first, until hits_sort() */
    uint32_t count, max;
    size_t bytes, bytes_max;
    bool crowded; /* some went for want of room */
};

/* False when there is no memory. */
bool hits_init(struct hits *h, uint32_t max, size_t bytes_max);
void hits_release(struct hits *h);

bool hits_full(const struct hits *h);
/* All that will be shown are newer than this, or (INT64_MIN) it would be shown for sure. */
int64_t hits_oldest(const struct hits *h);
/* False when there is no memory. */
bool hits_add(struct hits *h, const struct shown_about *a);
/* The newest first, in hit[0 .. count). Nothing is added any more. */
void hits_sort(struct hits *h);

#endif
