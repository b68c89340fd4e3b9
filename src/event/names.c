/*
 * names.c - two open-addressed hash tables over one array of names.
 *
 * The exact table grows while names are added; the fold table (name without ASCII case and blanks
 * -> group) is made once, by names_freeze(). After that nothing is written any more, which is why
 * threads may share it without a lock. Hashes are XXH3; both tables are at most half full.
 *
 * Group 0 belongs to id 0 alone: nobody ever enters a field there, so asking for the id 0 ("no
 * such name") finds nothing without a test in the hot path.
 */
#include "event/names.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/ascii.h"
#include "base/limits.h"

#define NAMES_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define NAMES_START     1024u

struct names_own {
    struct arena mem;
    uint32_t cap;         /* of text */
    uint32_t *exact;      /* hash -> id, 0 = free */
    uint32_t exact_slots; /* power of two */
    uint32_t *fold;       /* hash -> id of a first member of a group, 0 = free */
    uint32_t fold_slots;
    struct span *folded; /* group -> folded text */
};

static uint32_t hash_of(struct span s)
{
    return (uint32_t)XXH3_64bits(s.p, s.n);
}

/* Lower case, without blanks; `dst` holds s.n bytes. */
static struct span fold_name(struct span s, uint8_t *dst)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_blank(s.p[i]))
            dst[n++] = ascii_lower(s.p[i]);
    }
    return (struct span){ dst, n };
}

int names_init(struct names *n, struct err *e)
{
    *n = (struct names){ .count = 1 };
    n->own = calloc(1, sizeof(*n->own));
    if (n->own == NULL)
        return err_set(e, ERR_NOMEM, 0, "no memory for field names");
    arena_init(&n->own->mem, NAMES_BYTES_MAX);
    n->own->cap = NAMES_START;
    n->own->exact_slots = NAMES_START * 2;
    n->text = calloc(n->own->cap, sizeof(*n->text));
    n->own->exact = calloc(n->own->exact_slots, sizeof(*n->own->exact));
    if (n->text == NULL || n->own->exact == NULL) {
        names_release(n);
        return err_set(e, ERR_NOMEM, 0, "no memory for field names");
    }
    return ERR_OK;
}

void names_release(struct names *n)
{
    if (n->own != NULL) {
        arena_release(&n->own->mem);
        free(n->own->exact);
        free(n->own->fold);
        free(n->own->folded);
        free(n->own);
    }
    free(n->text);
    free(n->group);
    *n = (struct names){ 0 };
}

/* The slot that holds `name`, or the free one where it belongs. */
static uint32_t exact_slot(const struct names *n, struct span name)
{
    const struct names_own *o = n->own;
    uint32_t at = hash_of(name) & (o->exact_slots - 1);

    while (o->exact[at] != 0 && !span_eq(n->text[o->exact[at]], name))
        at = (at + 1) & (o->exact_slots - 1);
    return at;
}

static bool names_grow(struct names *n)
{
    struct names_own *o = n->own;
    struct span *text = realloc(n->text, (size_t)o->cap * 2 * sizeof(*text));
    uint32_t *exact;

    if (text == NULL)
        return false;
    n->text = text;
    exact = calloc((size_t)o->exact_slots * 2, sizeof(*exact));
    if (exact == NULL)
        return false;
    free(o->exact);
    o->exact = exact;
    o->exact_slots *= 2;
    o->cap *= 2;
    for (uint32_t id = 1; id < n->count; id++)
        o->exact[exact_slot(n, n->text[id])] = id;
    return true;
}

uint32_t names_add(struct names *n, struct span name)
{
    uint32_t at, id;

    MUST(n->own != NULL && n->group == NULL);
    at = exact_slot(n, name);
    if (n->own->exact[at] != 0)
        return n->own->exact[at];
    if (n->count == n->own->cap) {
        if (!names_grow(n))
            return 0;
        at = exact_slot(n, name);
    }
    name = arena_span(&n->own->mem, name);
    if (name.p == NULL)
        return 0;
    id = n->count++;
    n->text[id] = name;
    n->own->exact[at] = id;
    return id;
}

uint32_t names_find(const struct names *n, struct span name)
{
    return n->own->exact[exact_slot(n, name)];
}

/* The slot of the group of a folded name, or the free one where it belongs. */
static uint32_t fold_slot(const struct names *n, struct span folded)
{
    const struct names_own *o = n->own;
    uint32_t at = hash_of(folded) & (o->fold_slots - 1);

    while (o->fold[at] != 0 && !span_eq(o->folded[o->fold[at]], folded))
        at = (at + 1) & (o->fold_slots - 1);
    return at;
}

bool names_freeze(struct names *n)
{
    struct names_own *o = n->own;

    MUST(o != NULL && n->group == NULL);
    o->fold_slots = o->exact_slots;
    o->fold = calloc(o->fold_slots, sizeof(*o->fold));
    o->folded = calloc(n->count, sizeof(*o->folded));
    n->group = calloc(n->count, sizeof(*n->group));
    if (o->fold == NULL || o->folded == NULL || n->group == NULL)
        return false;
    n->group_count = 1;
    for (uint32_t id = 1; id < n->count; id++) {
        struct span s = n->text[id];
        uint8_t *room = arena_bytes(&o->mem, s.n + 1);
        uint32_t at;

        if (room == NULL)
            return false;
        s = fold_name(s, room);
        at = fold_slot(n, s);
        if (o->fold[at] == 0) {
            o->folded[n->group_count] = s;
            o->fold[at] = n->group_count++;
        }
        n->group[id] = o->fold[at];
    }
    return true;
}

uint32_t names_find_group(const struct names *n, struct span name)
{
    uint8_t room[LIMIT_NAME_BYTES];

    if (name.n > sizeof(room))
        return 0;
    return n->own->fold[fold_slot(n, fold_name(name, room))];
}
