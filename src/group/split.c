/*
 * split.c - what a candidate is without links that have become common.
 *
 *   entities of its alerts, by kind, key and time ─▶ links ─▶ alerts that hang together (a forest
 * of parents) ─▶ one: only links that had become common are written anew; more: each is a candidate
 *
 * Nothing is asked of other candidates: to lose a link joins nothing. All is read in one pass, at
 * most GROUP_ALERTS_MAX alerts of GROUP_ENTITIES_MAX entities.
 */
#include <stdlib.h>

#include "group/group_own.h"

struct link_of {
    struct group_link l; /* key.p is not set: */
    size_t at;           /* where its key is in `text` */
    uint32_t alert;
};

/* Whether an entity is common at alerts of these days; common < 0: nothing is known. */
struct known {
    enum entity_kind kind;
    struct buf key;
    int64_t first, last;
    int common;
};

struct split {
    struct db *db;
    struct known known;
    int64_t id[GROUP_ALERTS_MAX]; /* its alerts, ascending */
    uint32_t up[GROUP_ALERTS_MAX], size[GROUP_ALERTS_MAX];
    int64_t candidate[GROUP_ALERTS_MAX]; /* of those that are the root of others */
    uint32_t count, largest;
    struct buf text, links,
        dropped; /* dropped: of links that parted: kind, bytes of the key, key */
};

static struct split *split_new(struct db *db)
{
    struct split *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->db = db;
    s->known.common = -1;
    buf_init(&s->known.key, (size_t)1 << 20);
    buf_init(&s->text, (size_t)1 << 28);
    buf_init(&s->links, (size_t)1 << 28);
    buf_init(&s->dropped, (size_t)1 << 24);
    return s;
}

static void split_free(struct split *s)
{
    buf_release(&s->known.key);
    buf_release(&s->text);
    buf_release(&s->links);
    buf_release(&s->dropped);
    free(s);
}

/* --- alerts that hang together ---------------------------------------------------------------- */

static uint32_t root_of(struct split *s, uint32_t i)
{
    while (s->up[i] != i) {
        s->up[i] = s->up[s->up[i]];
        i = s->up[i];
    }
    return i;
}

static void unite(struct split *s, uint32_t a, uint32_t b)
{
    a = root_of(s, a);
    b = root_of(s, b);
    if (a == b)
        return;
    s->up[a > b ? a : b] = a < b ? a : b;
    s->size[a < b ? a : b] += s->size[a > b ? a : b];
}

static uint32_t index_of(const struct split *s, int64_t alert)
{
    uint32_t low = 0, high = s->count;

    while (low < high) {
        uint32_t mid = (low + high) / 2;

        if (s->id[mid] < alert)
            low = mid + 1;
        else
            high = mid;
    }
    MUST(low < s->count && s->id[low] == alert);
    return low;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int read_alerts(struct split *s, int64_t candidate, struct err *e)
{
    struct db_row *r = db_use(s->db, DB_GROUP_MEMBERS);
    int rc = 0;

    db_int(r, 1, candidate);
    while (s->count < GROUP_ALERTS_MAX && (rc = db_next(s->db, r, e)) == 1) {
        s->up[s->count] = s->count;
        s->size[s->count] = 1;
        s->id[s->count++] = db_get_int(r, 0);
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

/* What parted it, to know which links are to be written anew. */
static int read_dropped(struct split *s, int64_t candidate, struct err *e)
{
    struct db_row *r = db_use(s->db, DB_GROUP_PARTS_OF);
    int rc;

    db_int(r, 1, candidate);
    while ((rc = db_next(s->db, r, e)) == 1) {
        struct span key = db_get_text(r, 1);
        uint32_t head[2] = { entity_kind_of(db_get_text(r, 0)), (uint32_t)key.n };

        buf_add(&s->dropped, (struct span){ (const uint8_t *)head, sizeof(head) });
        buf_add(&s->dropped, key);
    }
    db_end(r);
    return rc;
}

static bool was_dropped(const struct split *s, const struct group_link *l)
{
    struct span rest = buf_span(&s->dropped);

    while (rest.n > 0) {
        uint32_t head[2];

        memcpy(head, rest.p, sizeof(head));
        rest = span_from(rest, sizeof(head));
        if (head[0] == (uint32_t)l->kind && span_eq((struct span){ rest.p, head[1] }, l->key))
            return true;
        rest = span_from(rest, head[1]);
    }
    return false;
}

static struct link_of *last_link(const struct split *s)
{
    return s->links.n == 0 ? NULL : (struct link_of *)(void *)(s->links.p + s->links.n) - 1;
}

static struct span key_of(const struct split *s, const struct link_of *l)
{
    return (struct span){ s->text.p + l->at, l->l.key.n };
}

/* They come by kind, key, first time. */
static void take(struct split *s, const struct group_link *of, uint32_t alert)
{
    struct link_of *last = last_link(s), next = { .l = *of, .alert = alert };

    if (last != NULL && last->l.kind == of->kind && span_eq(key_of(s, last), of->key)) {
        next.at = last->at;
        if (of->first <= last->l.last || of->first - last->l.last <= entity_rows[of->kind].gap_ns) {
            last->l.last = of->last > last->l.last ? of->last : last->l.last;
            unite(s, last->alert, alert);
            return;
        }
    } else {
        next.at = s->text.n;
        buf_add(&s->text, of->key);
    }
    buf_add(&s->links, (struct span){ (const uint8_t *)&next, sizeof(next) });
}

/* Rows of one entity lie beside each other: what was asked last is known. */
static int is_common(struct split *s, const struct group_link *of, struct err *e)
{
    struct known *k = &s->known;
    int64_t first = day_of(of->first), last = day_of(of->last);

    if (k->common < 0 || k->kind != of->kind || k->first != first || k->last != last ||
        !span_eq(buf_span(&k->key), of->key)) {
        buf_clear(&k->key);
        buf_add(&k->key, of->key);
        k->kind = of->kind;
        k->first = first;
        k->last = last;
        k->common = group_common(s->db, of->kind, of->key, of->first, of->last, e);
    }
    return k->common;
}

static int read_links(struct split *s, int64_t candidate, struct err *e)
{
    struct db_row *r = db_use(s->db, DB_GROUP_ENTITIES_ALL);
    int rc;

    db_int(r, 1, candidate);
    while ((rc = db_next(s->db, r, e)) == 1) {
        const struct group_link of = { .kind = entity_kind_of(db_get_text(r, 1)),
                                       .key = db_get_text(r, 2),
                                       .first = db_get_int(r, 3),
                                       .last = db_get_int(r, 4) };

        if (of.kind == ENTITY_KINDS)
            continue;
        rc = is_common(s, &of, e);
        if (rc < 0)
            break;
        if (rc == 0)
            take(s, &of, index_of(s, db_get_int(r, 0)));
    }
    db_end(r);
    return rc;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int put_links(struct split *s, bool all, struct err *e)
{
    struct link_of *l = (struct link_of *)(void *)s->links.p;
    int rc = ERR_OK;

    for (size_t i = 0; i < s->links.n / sizeof(*l) && rc == ERR_OK; i++) {
        l[i].l.key.p = s->text.p + l[i].at;
        if (all || was_dropped(s, &l[i].l))
            rc = group_put_link(s->db, &l[i].l, s->candidate[root_of(s, l[i].alert)], e);
    }
    return rc;
}

static int move_alerts(struct split *s, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < s->count && rc == ERR_OK; i++) {
        uint32_t root = root_of(s, i);

        if (root == s->largest)
            continue;
        if (s->candidate[root] == 0) {
            rc = group_run_one(s->db, DB_GROUP_OPEN_FOR, s->id[i], e);
            s->candidate[root] = db_key(s->db);
        }
        if (rc == ERR_OK)
            rc = group_run_two(s->db, DB_GROUP_MOVE_ONE, s->id[i], s->candidate[root], e);
    }
    return rc;
}

static int count_all(struct split *s, int64_t now_ns, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < s->count && rc == ERR_OK; i++) {
        if (s->candidate[i] != 0)
            rc = group_run_two(s->db, DB_GROUP_COUNT, s->candidate[i], now_ns, e);
    }
    return rc;
}

static int write_it(struct split *s, int64_t candidate, int64_t now_ns, struct err *e)
{
    int rc;

    for (uint32_t i = 1; i < s->count; i++) {
        if (root_of(s, i) == i && s->size[i] > s->size[s->largest])
            s->largest = i;
    }
    s->candidate[s->largest] = candidate;
    if (s->count == 0 || s->size[s->largest] == s->count) {
        rc = group_run_one(s->db, DB_GROUP_LINKS_PARTED, candidate, e);
        return rc == ERR_OK ? put_links(s, false, e) : rc;
    }
    rc = group_run_one(s->db, DB_GROUP_LINKS_DROP, candidate, e);
    if (rc == ERR_OK)
        rc = move_alerts(s, e);
    if (rc == ERR_OK)
        rc = put_links(s, true, e);
    return rc == ERR_OK ? count_all(s, now_ns, e) : rc;
}

int group_split(struct db *db, int64_t candidate, int64_t now_ns, struct err *e)
{
    struct split *s = split_new(db);
    int rc = s != NULL ? read_alerts(s, candidate, e) : ERR_NOMEM;

    if (rc == ERR_OK)
        rc = read_dropped(s, candidate, e);
    if (rc == ERR_OK)
        rc = read_links(s, candidate, e);
    if (s == NULL || buf_failed(&s->text) || buf_failed(&s->links) || buf_failed(&s->dropped) ||
        buf_failed(&s->known.key))
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory for candidates.");
    if (rc == ERR_OK)
        rc = write_it(s, candidate, now_ns, e);
    if (s != NULL)
        split_free(s);
    return rc;
}
