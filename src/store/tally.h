/*
 * tally.h - how many events of a sealed file have which value of a name: a tally a name, in one
 * small part of the file, so that a count over a day looks at no event.
 *
 *   (name, value, how many) ... ──▶ tallies ──put──▶ bytes in the file ──open──▶ the same
 *
 * The part is one zstd frame. In it, numbers and texts as docs/block.md has them:
 *
 *   8 bytes          reading: by what the values were read (figures/tallier.h), little endian
 *   number           events: all that count, which is what each tally comes to
 *   flag             have some of them a time of their own? if so,
 *   signed, signed     the least and the greatest of these, ns since 1970; maybe wider
 *   number           tallies; then of each:
 *     text             its name
 *     number           values
 *     numbers          of each value: 0 it has none; else its bytes + 1
 *     bytes            of all of them, one after the other, ascending as bytes, no value first
 *     numbers          of each: events, at least 1
 *
 * A name of which there are too many values has no tally. What the values are for, and of which
 * reading, is not known here. The part's hash is in the file's foot (sealed.h).
 *
 * Pure. A writer belongs to one thread.
 */
#ifndef TALLY_H
#define TALLY_H

#include "base/buf.h"

#define TALLY_NAMES_MAX   32u
#define TALLY_NAME_BYTES  64u
#define TALLY_VALUES_MAX  2048u             /* of a name */
#define TALLY_VALUE_BYTES 512u              /* the longest */
#define TALLY_TEXT_BYTES  65536u            /* of all values of a name */
#define TALLY_BYTES_MAX   ((size_t)1 << 20) /* the part, put */

/* --- writing ------------------------------------------------------------------------------ */

struct tally_writer;

/* Of these names, which are borrowed: TALLY_NAMES_MAX at most. ERR_NOMEM. */
int tally_writer_new(struct tally_writer **out, const struct span *names, uint32_t count,
                     struct err *e);
void tally_writer_free(struct tally_writer **w);

/* So many more events have this value; SPAN_NONE: none. False: there is no tally of this name any
 * more: too many values, too long ones, or no memory. */
bool tally_add(struct tally_writer *w, uint32_t name, struct span value, uint64_t events);
/* There is to be no tally of this name. */
void tally_drop(struct tally_writer *w, uint32_t name);
bool tally_has(const struct tally_writer *w, uint32_t name);

/* So many more events, for each of which every name that is left was added. */
void tally_events(struct tally_writer *w, uint64_t events);
/* Some have times of their own, none of them outside of these. */
void tally_times(struct tally_writer *w, int64_t least, int64_t greatest);

/* Append all of it. ERR_NOMEM. What cannot be put for its size is put without tallies. */
int tally_put(struct tally_writer *w, uint64_t reading, struct buf *out, struct err *e);

/* --- reading ------------------------------------------------------------------------------ */

struct tallies;

struct tally_about {
    uint64_t reading, events;
    bool timed; /* some have times of their own: */
    int64_t least, greatest;
    uint32_t count; /* of tallies */
};

/* ERR_CORRUPT, ERR_NOMEM. `bytes` is not needed afterwards. */
int tally_open(struct tallies **out, struct span bytes, struct err *e);
void tally_free(struct tallies **t);

const struct tally_about *tally_about(const struct tallies *t);

/* A tally. values[i], SPAN_NONE for none, is that of times[i] events. */
struct tally {
    struct span name;
    uint32_t count;
    const struct span *value;
    const uint64_t *times;
};
const struct tally *tally_at(const struct tallies *t, uint32_t i);
/* NULL: there is none of this name, in any ASCII case. */
const struct tally *tally_find(const struct tallies *t, struct span name);

/* Is all that `t` says so by `is`, which was made of the same events one by one? Times may be wider
 * than they are. Without `all`, names that `is` has not are passed over. */
bool tally_agrees(const struct tallies *t, const struct tallies *is, bool all);

#endif
