/*
 * event_own.h - what belongs to a struct event besides its contract.
 *
 * Handles below LIMIT_FIELDS are indices of the record's fields. Handles from there on are
 * "extra": a second name of a field (a field sits in one chain by its handle, so its second name
 * needs another one), or a computed value.
 */
#ifndef EVENT_OWN_H
#define EVENT_OWN_H

#include "event/event.h"
#include "event/path.h"
#include "event/taxonomy_own.h"

#define EVENT_EXTRA_MAX   2048u
#define EVENT_HANDLES     (LIMIT_FIELDS + EVENT_EXTRA_MAX)
#define EVENT_CHAIN_END   0xFFFFu
#define EVENT_VALUES_MAX  64u   /* of one computed field */
#define EVENT_HITS_MAX    24u   /* discriminating values of one event that are looked at */
#define EVENT_MEMO        1024u /* remembered discriminators; power of two */
#define EVENT_MEMO_BYTES  240u  /* a longer key is not remembered */
#define EVENT_VALUE_BYTES 128u  /* a longer discriminating value is not remembered */

struct text_slot {
    uint32_t round;
    struct span text;
};

struct memo {
    const struct class_own *cls; /* NULL = free */
    uint32_t bytes;
    uint8_t key[EVENT_MEMO_BYTES];
};

struct disc_hit {
    uint16_t handle;
    uint8_t disc;
};

struct event_own {
    struct paths paths;
    const struct class_own *cls;
    struct class_own scratch; /* a class that the table had no room for */
    struct memo *memo;
    struct disc_hit hits[EVENT_HITS_MAX];
    uint32_t hit_count;
    bool hits_cut;               /* more than EVENT_HITS_MAX */
    uint16_t *last;              /* fold group -> last handle of its chain, when it has two */
    uint16_t node[LIMIT_FIELDS]; /* field -> its node, for the fields below it */
    struct rec_field extra[EVENT_EXTRA_MAX];
    uint16_t origin[EVENT_EXTRA_MAX]; /* field of a second name, EVENT_CHAIN_END for computed */
    uint32_t extra_count;
    struct text_slot text[EVENT_HANDLES];
    uint32_t *computed_round; /* by number of the computed field */
    uint16_t *computed_first;
    struct arena mem; /* decoded and computed texts of this event */
    struct event_watch *watch;
    int64_t reference_ns;
};

/* A computed value is seen when it is made, by the fields that it is made of. */
static inline void event_note(const struct event *e, uint32_t handle, enum event_seen seen)
{
    struct event_watch *w = e->own->watch;

    if (w == NULL)
        return;
    if (handle >= LIMIT_FIELDS)
        handle = e->own->origin[handle - LIMIT_FIELDS];
    if (handle < LIMIT_FIELDS)
        w->seen[handle] |= (uint8_t)seen;
}

/* First handle of computed field `index`, computed when it has not been; EVENT_NONE. (compute.c) */
uint32_t event_compute(struct event *e, uint32_t index);

/* A handle for one more value, or EVENT_NONE when EVENT_EXTRA_MAX are in use. */
uint32_t event_extra(struct event *e, const struct rec_field *f, uint16_t origin);

/* Finds e->own->cls and e->cls from the discriminators. (classify.c) */
void event_classify(struct event *e);

#endif
