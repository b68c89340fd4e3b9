/*
 * path.c - the slow half of path.h: looking nodes up, making them, and naming without a node.
 *
 * Node 0 is scratch: it is filled for a field that is not cached, its parent is a value that no
 * parent has (so no guess ever takes it), and children of a field that is not cached are not
 * cached either, because node 0 stands for many fields.
 */
#include "event/path.h"

#include <stdlib.h>
#include <xxhash.h>

#include "event/taxonomy_own.h"

#define NO_PARENT 0xFFFFu

static void paths_clear(struct paths *p)
{
    memset(p->slots, 0, PATH_SLOTS * sizeof(*p->slots));
    memset(p->nodes, 0, (CODECS + 1) * sizeof(*p->nodes));
    for (uint32_t i = 0; i <= CODECS; i++)
        p->nodes[i].parent = NO_PARENT;
    p->count = CODECS + 1;
}

bool paths_init(struct paths *p, const struct taxonomy *t, const struct names *n)
{
    *p = (struct paths){ .names = n, .taxonomy = t };
    p->nodes = aligned_alloc(64, PATH_NODES * sizeof(*p->nodes));
    p->slots = calloc(PATH_SLOTS, sizeof(*p->slots));
    if (p->nodes == NULL || p->slots == NULL)
        return false;
    paths_clear(p);
    return true;
}

void paths_release(struct paths *p)
{
    free(p->nodes);
    free(p->slots);
    *p = (struct paths){ 0 };
}

static enum codec_id codec_of(const struct rec *r)
{
    return (enum codec_id)(r->inner != CODEC_NONE ? r->inner : r->codec);
}

uint16_t paths_begin(struct paths *p, const struct rec *r)
{
    MUST(r->codec < CODECS && r->inner < CODECS);
    if (p->count == PATH_NODES)
        paths_clear(p);
    return (uint16_t)(1 + codec_of(r));
}

struct span path_text(const struct rec *r, uint32_t i, uint8_t *room)
{
    size_t at = LIMIT_NAME_BYTES;

    /* From the end of the room backwards: the leaf comes first. */
    for (uint32_t depth = 0; depth <= LIMIT_DEPTH + 2; depth++) {
        const struct rec_field *f = &r->fields[i];

        if (f->name.n > at)
            return SPAN_NONE;
        at -= f->name.n;
        if (f->name.n > 0)
            memcpy(room + at, f->name.p, f->name.n);
        if (f->parent == REC_ROOT)
            return (struct span){ room + at, LIMIT_NAME_BYTES - at };
        if (at == 0)
            return SPAN_NONE;
        room[--at] = '.';
        i = f->parent;
    }
    return SPAN_NONE;
}

/* Which names does this path answer to? */
static void node_name(struct paths *p, struct path_node *n, uint32_t codecs, struct span path)
{
    uint8_t room[LIMIT_NAME_BYTES];
    struct span both[2] = { path, SPAN_NONE };
    uint32_t count = 0;

    n->flags = 0;
    if (path.n > 0)
        both[1] = taxonomy_short_name(p->taxonomy, codecs, path, room);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t group = both[i].n > 0 ? names_find_group(p->names, both[i]) : 0;

        if (group == 0 || (count == 1 && group == n->group[0]))
            continue;
        n->id[count] = names_find(p->names, both[i]);
        n->group[count] = group;
        n->flags |= (uint8_t)(count == 0 ? PATH_NAMED : PATH_SECOND);
        if (p->taxonomy->disc_of_group[group] != 0)
            n->flags |= PATH_DISC;
        count++;
    }
}

static uint16_t *slot_of(struct paths *p, uint16_t parent, struct span key)
{
    uint32_t at = (uint32_t)XXH3_64bits_withSeed(key.p, key.n, parent) & (PATH_SLOTS - 1);

    while (p->slots[at] != 0 && !path_node_is(&p->nodes[p->slots[at]], parent, key))
        at = (at + 1) & (PATH_SLOTS - 1);
    return &p->slots[at];
}

/* Remember that `node` followed `before`. */
static uint16_t followed(struct paths *p, uint16_t before, uint16_t node)
{
    struct path_node *b = &p->nodes[before];

    if (b->next[0] != node) {
        b->next[1] = b->next[0];
        b->next[0] = node;
    }
    return node;
}

uint16_t paths_find(struct paths *p, const struct rec *r, uint32_t i, uint16_t parent,
                    uint16_t before)
{
    struct span key = r->fields[i].name;
    uint16_t second = p->nodes[before].next[1], *slot = NULL;
    uint8_t room[LIMIT_NAME_BYTES];
    struct path_node *n = &p->nodes[0];

    if (path_node_is(&p->nodes[second], parent, key))
        return followed(p, before, second);
    if (key.n <= PATH_KEY_BYTES && parent != 0) {
        slot = slot_of(p, parent, key);
        if (*slot != 0)
            return followed(p, before, *slot);
        if (p->count < PATH_NODES) {
            n = &p->nodes[p->count];
            *n = (struct path_node){ .parent = parent, .key_bytes = (uint8_t)key.n };
            if (key.n > 0)
                memcpy(n->key, key.p, key.n);
            *slot = (uint16_t)p->count++;
        }
    }
    node_name(p, n, 1u << r->codec | 1u << r->inner, path_text(r, i, room));
    return n == &p->nodes[0] ? 0 : followed(p, before, *slot);
}
