/*
 * checkpoints.c - the newest checkpoint of each file that the reader follows, by its key: so that
 * a new segment can begin with all of them, and the reader can be told where it was.
 *
 * A hash table with open addressing that grows by doubling up to CHECKPOINTS_MAX; an empty
 * checkpoint (the key alone) forgets the file.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "collect/collect_own.h"
#include "collect/pass.h"

#define CHECKPOINTS_MAX 65536u

struct checkpoint {
    uint8_t *p; /* NULL: free */
    uint32_t n;
};

struct checkpoints {
    struct checkpoint *slot;
    uint32_t slots, used;
};

int checkpoints_new(struct checkpoints **out, struct err *e)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? ERR_OK : err_set(e, ERR_NOMEM, 0, "There is no memory for checkpoints.");
}

void checkpoints_free(struct checkpoints **pp)
{
    struct checkpoints *p = *pp;

    *pp = NULL;
    for (uint32_t i = 0; p != NULL && i < p->slots; i++)
        free(p->slot[i].p);
    if (p != NULL)
        free(p->slot);
    free(p);
}

static struct checkpoint *slot_of(struct checkpoint *slot, uint32_t slots, const uint8_t *key)
{
    uint32_t at = bytes_u32(key) & (slots - 1);

    while (slot[at].p != NULL && memcmp(slot[at].p, key, PASS_KEY_BYTES) != 0)
        at = (at + 1) & (slots - 1);
    return &slot[at];
}

static bool grow(struct checkpoints *p)
{
    uint32_t slots = p->slots == 0 ? 64 : 2 * p->slots;
    struct checkpoint *slot;

    if (2 * p->used < p->slots)
        return true;
    slot = p->used < CHECKPOINTS_MAX ? calloc(slots, sizeof(*slot)) : NULL;
    if (slot == NULL)
        return false;
    for (uint32_t i = 0; i < p->slots; i++) {
        if (p->slot[i].n > PASS_KEY_BYTES) {
            *slot_of(slot, slots, p->slot[i].p) = p->slot[i];
        } else if (p->slot[i].p != NULL) {
            free(p->slot[i].p); /* forgotten */
            p->used--;
        }
    }
    free(p->slot);
    p->slot = slot;
    p->slots = slots;
    return true;
}

bool checkpoints_set(struct checkpoints *p, struct span record)
{
    struct checkpoint *c;
    uint8_t *copy;

    if (record.n < PASS_KEY_BYTES || record.n > PASS_CHECKPOINT_MAX || !grow(p))
        return false;
    copy = malloc(record.n);
    if (copy == NULL)
        return false;
    memcpy(copy, record.p, record.n);
    c = slot_of(p->slot, p->slots, copy);
    p->used += c->p == NULL;
    free(c->p);
    *c = (struct checkpoint){ copy, (uint32_t)record.n };
    return true;
}

void checkpoints_each(const struct checkpoints *p, void (*fn)(void *arg, struct span record),
                      void *arg)
{
    for (uint32_t i = 0; i < p->slots; i++) {
        if (p->slot[i].n > PASS_KEY_BYTES)
            fn(arg, (struct span){ p->slot[i].p, p->slot[i].n });
    }
}
