/*
 * path.h - from a field's place in a record (its key and its groups' keys) to name ids, fast.
 *
 *   record                      tree of nodes             ids
 *   Event                 GROUP  Event                    -
 *     System              GROUP    System                 -
 *       EventID           1          EventID              "Event.System.EventID", "EventID"
 *
 * A node is a key under a parent node; what names it answers to is found once, when the node is
 * made. Records of one kind have the same fields in the same order, so each node remembers which
 * node followed it, twice back: in the usual case naming a field is one comparison of its key
 * with the key that was expected. Else the node is looked up by hash, else it is made.
 *
 * Hostile names cannot grow anything: the nodes are a fixed array; when it is full, what is not in
 * it is named the slow way for the rest of the record, and the next record starts with an empty
 * array. Keys over PATH_KEY_BYTES are always named the slow way.
 *
 * One per thread.
 */
#ifndef PATH_H
#define PATH_H

#include "event/names.h"
#include "event/taxonomy.h"
#include "wire/rec.h"

#define PATH_KEY_BYTES 40u
#define PATH_NODES     4096u
#define PATH_SLOTS     8192u

enum {
    PATH_NAMED = 1u << 0,  /* id[0]/group[0] are of use */
    PATH_SECOND = 1u << 1, /* so are id[1]/group[1] */
    PATH_DISC = 1u << 2,   /* at least one of the two is a discriminator */
};

struct path_node {
    uint32_t id[2];    /* exact name ids, 0 = only its fold group is known */
    uint32_t group[2]; /* fold groups */
    uint16_t parent;
    uint16_t next[2]; /* nodes that followed this one, the last first */
    uint8_t key_bytes;
    uint8_t flags;
    uint8_t key[PATH_KEY_BYTES];
};

struct paths {
    struct path_node *nodes; /* 0: scratch for what is not cached; 1..CODECS: roots by codec */
    uint16_t *slots;         /* hash -> node, 0 = free */
    uint32_t count;
    const struct names *names;
    const struct taxonomy *taxonomy;
};

bool paths_init(struct paths *p, const struct taxonomy *t, const struct names *n);
void paths_release(struct paths *p);

/* Before each record: empties the cache when it is full. Returns the root for the record. */
uint16_t paths_begin(struct paths *p, const struct rec *r);

/* The node of r->fields[i], whose parent node is `parent`, when the guess was wrong. */
uint16_t paths_find(struct paths *p, const struct rec *r, uint32_t i, uint16_t parent,
                    uint16_t before);

/* The dotted name of r->fields[i] into `room` (LIMIT_NAME_BYTES); empty when it is longer. */
struct span path_text(const struct rec *r, uint32_t i, uint8_t *room);

/* Equal keys, without a call: n is small, and the bytes are compared as whole words that may
 * overlap; nothing beyond n is read. */
static inline bool path_bytes_eq(const uint8_t *a, const uint8_t *b, size_t n)
{
    uint64_t x, y, z, w;
    uint32_t s, t, u, v;

    if (n >= 8) {
        for (size_t i = 8; i < n; i += 8) {
            memcpy(&x, a + i - 8, 8);
            memcpy(&y, b + i - 8, 8);
            if (x != y)
                return false;
        }
        memcpy(&z, a + n - 8, 8);
        memcpy(&w, b + n - 8, 8);
        return z == w;
    }
    if (n >= 4) {
        memcpy(&s, a, 4);
        memcpy(&t, b, 4);
        memcpy(&u, a + n - 4, 4);
        memcpy(&v, b + n - 4, 4);
        return ((s ^ t) | (u ^ v)) == 0;
    }
    return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

static inline bool path_node_is(const struct path_node *n, uint16_t parent, struct span key)
{
    return n->key_bytes == key.n && n->parent == parent && path_bytes_eq(n->key, key.p, key.n);
}

#endif
