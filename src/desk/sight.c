/*
 * sight.c - see sight.h.
 */
#include "desk/sight.h"

#include "desk/known.h"

#include <stdlib.h>

#include <xxhash.h>

#define HOUR_S    3600
#define KEEP_S    (INT64_C(90) * 24 * HOUR_S) /* what was longer ago is as never */
#define WRITE_S   600                         /* how old a time in the database may be */
#define KEYS_MAX  16384u
#define SECOND_NS INT64_C(1000000000)

struct known {
    uint64_t key;
    int64_t last_s, written_s;
};

struct blind {
    uint64_t hash;
    int64_t since_ns;
};

struct sight {
    struct db *db;
    struct unseen_from from;
    bool has_rules;
    uint64_t generation;
    uint32_t views;
    uint64_t *key; /* of each view */
    uint8_t *bits; /* of each view: an event came lately */
    struct known *known;
    uint32_t known_count;
    struct blind *blind; /* as the table has it */
    uint32_t blind_count;
    uint64_t next_ms;
    bool stale; /* the table is to be written, whatever came */
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to watch over the rules.");
}

/* --- What came ------------------------------------------------------------------------------ */

static struct known *known_of(struct sight *s, uint64_t key)
{
    for (uint32_t i = 0; i < s->known_count; i++) {
        if (s->known[i].key == key)
            return &s->known[i];
    }
    if (s->known_count == KEYS_MAX)
        return NULL; /* not remembered over a restart */
    s->known[s->known_count] = (struct known){ .key = key };
    return &s->known[s->known_count++];
}

static int load(struct sight *s, struct err *e)
{
    struct db_row *r = db_use(s->db, DB_VIEW_ALL);
    int rc;

    while ((rc = db_next(s->db, r, e)) == 1) {
        struct known *k = known_of(s, db_get_u64(r, 0));

        if (k != NULL)
            k->last_s = k->written_s = db_get_int(r, 1);
    }
    db_end(r);
    return rc;
}

static void hash_tags(XXH3_state_t *h, const struct tag_set *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        (void)XXH3_64bits_update(h, t->value[i].p, t->value[i].n);
        (void)XXH3_64bits_update(h, "\n", 1);
    }
    (void)XXH3_64bits_update(h, "\f", 1);
}

/* What a view is to rules. */
static uint64_t key_of(XXH3_state_t *h, const struct view *v)
{
    (void)XXH3_64bits_reset(h);
    (void)XXH3_64bits_update(h, v->source.p, v->source.n);
    (void)XXH3_64bits_update(h, "\f", 1);
    hash_tags(h, &v->product);
    hash_tags(h, &v->category);
    hash_tags(h, &v->service);
    return XXH3_64bits_digest(h);
}

/* --- Making --------------------------------------------------------------------------------- */

int sight_new(struct sight **out, struct db *db, struct err *e)
{
    struct sight *s = calloc(1, sizeof(*s));
    int rc;

    *out = s;
    if (s != NULL)
        s->known = calloc(KEYS_MAX, sizeof(*s->known));
    if (s == NULL || s->known == NULL) {
        sight_free(out);
        return no_memory(e);
    }
    s->db = db;
    rc = load(s, e);
    if (rc < 0)
        sight_free(out);
    return rc < 0 ? rc : ERR_OK;
}

void sight_free(struct sight **s)
{
    if (*s == NULL)
        return;
    free((*s)->key);
    free((*s)->bits);
    free((*s)->known);
    free((*s)->blind);
    free(*s);
    *s = NULL;
}

int sight_rules(struct sight *s, const struct unseen_from *from, uint64_t generation, struct err *e)
{
    XXH3_state_t *h;

    s->has_rules = false;
    if (from == NULL)
        return ERR_OK;
    free(s->key);
    free(s->bits);
    s->views = taxonomy_view_count(from->taxonomy);
    s->key = calloc(s->views + 1u, sizeof(*s->key));
    s->bits = calloc(s->views / 8 + 1u, 1);
    h = XXH3_createState();
    if (s->key == NULL || s->bits == NULL || h == NULL) {
        (void)XXH3_freeState(h);
        return no_memory(e);
    }
    for (uint32_t i = 0; i < s->views; i++)
        s->key[i] = key_of(h, taxonomy_view(from->taxonomy, i));
    (void)XXH3_freeState(h);
    s->from = *from;
    s->generation = generation;
    s->has_rules = true;
    s->stale = true;
    s->next_ms = 0;
    return ERR_OK;
}

/* --- A round -------------------------------------------------------------------------------- */

/* The latest of all collectors whose rules are ours. */
static int64_t last_of(const struct sight *s, const struct sight_round *r, uint32_t view)
{
    int64_t last = 0;

    for (uint32_t i = 0; i < r->count && view < LEDGER_VIEWS; i++) {
        const struct ledger *g = r->ledgers[i];
        int64_t at = atomic_load_explicit(&g->view_s[view], memory_order_acquire);

        if (board_get(g, BOARD_generation) == s->generation && at > last)
            last = at;
    }
    return last;
}

/* Which views came lately; true when these are others than before. */
static bool look(struct sight *s, const struct sight_round *r)
{
    const int64_t now_s = r->now_ns / SECOND_NS;
    bool changed = false;

    for (uint32_t i = 0; i < s->views; i++) {
        struct known *k = known_of(s, s->key[i]);
        int64_t last = last_of(s, r, i);
        bool lately, was = (s->bits[i / 8] >> i % 8 & 1) != 0;

        if (k != NULL && last > k->last_s)
            k->last_s = last;
        last = k != NULL ? k->last_s : last;
        lately = last != 0 && now_s - last < (int64_t)SIGHT_HOURS * HOUR_S;
        changed |= lately != was;
        s->bits[i / 8] = (uint8_t)((s->bits[i / 8] & ~(1u << i % 8)) | (unsigned)lately << i % 8);
    }
    return changed;
}

static bool to_write(const struct known *k)
{
    return k->last_s - k->written_s >= (k->written_s == 0 ? 1 : WRITE_S);
}

static bool any_to_write(const struct sight *s)
{
    for (uint32_t i = 0; i < s->known_count; i++) {
        if (to_write(&s->known[i]))
            return true;
    }
    return false;
}

static int write_views(struct sight *s, int64_t now_s, struct err *e)
{
    struct db_row *r;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < s->known_count && rc == ERR_OK; i++) {
        const struct known *k = &s->known[i];

        if (!to_write(k))
            continue;
        r = db_use(s->db, DB_VIEW_PUT);
        db_u64(r, 1, k->key);
        db_int(r, 2, k->last_s);
        rc = db_run(s->db, r, e);
    }
    if (rc != ERR_OK)
        return rc;
    r = db_use(s->db, DB_VIEW_PRUNE);
    db_int(r, 1, now_s - KEEP_S);
    return db_run(s->db, r, e);
}

struct putting {
    struct sight *s;
    struct blind *blind; /* the new ones */
    uint32_t count;
    int64_t now_ns;
    int rc;
    struct err *e;
};

static int order_hash(const void *a, const void *b)
{
    const struct blind *x = a, *y = b;

    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Since when, if it was blind before. */
static int64_t since_of(const struct putting *p, uint64_t hash)
{
    const struct blind key = { hash, 0 };
    const struct blind *found = NULL;

    if (p->s->blind_count > 0)
        found = bsearch(&key, p->s->blind, p->s->blind_count, sizeof(key), order_hash);
    return found != NULL ? found->since_ns : p->now_ns;
}

static void put_blind(void *arg, uint32_t rule, enum unseen_kind kind, struct span field)
{
    static const char *const reasons[] = { [UNSEEN_NOT] = "",
#define X(id, text) [UNSEEN_##id] = text,
                                           SIGHT_REASON_TABLE(X)
#undef X
    };
    struct putting *p = arg;
    const struct sigma_head *h = &ruleset_rule(p->s->from.rules, rule)->head;
    struct db_row *r;

    if (p->rc != ERR_OK)
        return;
    p->blind[p->count] = (struct blind){ h->hash, since_of(p, h->hash) };
    r = db_use(p->s->db, DB_BLIND_PUT);
    db_u64(r, 1, h->hash);
    db_text(r, 2, h->id);
    db_text(r, 3, h->title);
    db_int(r, 4, h->level);
    db_text(r, 5, span_of(reasons[kind]));
    db_text(r, 6, kind == UNSEEN_FIELD ? field : SPAN_LIT(""));
    db_int(r, 7, p->blind[p->count].since_ns);
    p->rc = db_run(p->s->db, r, p->e);
    p->count++;
}

/* Since when those are blind that an earlier process found so. */
static int load_blind(struct sight *s, struct err *e)
{
    struct db_row *r = db_use(s->db, DB_BLIND_ALL);
    uint32_t count = 0;
    int rc;

    free(s->blind);
    s->blind = NULL;
    s->blind_count = 0;
    while ((rc = db_next(s->db, r, e)) == 1) {
        if ((count & (count - 1)) == 0) {
            struct blind *more = realloc(s->blind, (count == 0 ? 1 : 2 * count) * sizeof(*more));

            if (more == NULL) {
                rc = no_memory(e);
                break;
            }
            s->blind = more;
        }
        s->blind[count++] = (struct blind){ db_get_u64(r, 0), db_get_int(r, 1) };
    }
    db_end(r);
    s->blind_count = count;
    if (count > 0)
        qsort(s->blind, count, sizeof(*s->blind), order_hash);
    return rc < 0 ? rc : ERR_OK;
}

static int write_blind(struct sight *s, struct putting *p, struct err *e)
{
    const struct unseen_views seen = { s->bits, s->views };
    int rc = db_run(s->db, db_use(s->db, DB_BLIND_CLEAR), e);

    if (rc == ERR_OK)
        (void)unseen_rules(&s->from, &seen, put_blind, p);
    return rc == ERR_OK ? p->rc : rc;
}

/* Of "attack.t1059.001" what is behind the dot; empty when it is no technique. */
static struct span technique_of(struct span tag)
{
    const struct span before = SPAN_LIT("attack.t");
    struct span t;

    if (tag.n <= before.n || !span_eq_nocase((struct span){ tag.p, before.n }, before))
        return SPAN_NONE;
    t = span_from(tag, before.n - 1);
    return t.p[1] >= '0' && t.p[1] <= '9' ? t : SPAN_NONE;
}

static int write_techniques(struct sight *s, struct err *e)
{
    int rc = db_run(s->db, db_use(s->db, DB_TECHNIQUE_CLEAR), e);

    for (uint32_t i = 0; i < ruleset_rule_count(s->from.rules); i++) {
        const struct sigma_head *h = &ruleset_rule(s->from.rules, i)->head;

        for (uint32_t k = 0; k < h->tag_count && rc == ERR_OK; k++) {
            struct span t = technique_of(h->tags[k]);
            struct db_row *r;

            if (t.n == 0)
                continue;
            r = db_use(s->db, DB_TECHNIQUE_PUT);
            db_text(r, 1, t);
            db_u64(r, 2, h->hash);
            db_text(r, 3, h->id);
            rc = db_run(s->db, r, e);
        }
    }
    return rc;
}

/* In a transaction that is open. */
static int write_all(struct sight *s, struct putting *p, bool blind, struct err *e)
{
    int rc = write_views(s, p->now_ns / SECOND_NS, e);

    if (rc == ERR_OK && s->stale)
        rc = write_techniques(s, e);
    if (rc == ERR_OK && s->stale)
        rc = known_rules(s->db, s->from.rules, e);
    return rc == ERR_OK && blind ? write_blind(s, p, e) : rc;
}

static void wrote(struct sight *s, struct putting *p, bool blind)
{
    for (uint32_t i = 0; i < s->known_count; i++) {
        struct known *k = &s->known[i];

        if (to_write(k))
            k->written_s = k->last_s;
    }
    if (!blind)
        return;
    free(s->blind);
    s->blind = p->blind;
    s->blind_count = p->count;
    qsort(s->blind, s->blind_count, sizeof(*s->blind), order_hash);
    p->blind = NULL;
    s->stale = false;
}

int sight_round(struct sight *s, const struct sight_round *r, struct err *e)
{
    struct putting p = { .s = s, .now_ns = r->now_ns, .e = e };
    bool blind;
    int rc;

    if (!s->has_rules || r->ms < s->next_ms)
        return ERR_OK;
    s->next_ms = r->ms + SIGHT_ROUND_MS;
    blind = look(s, r) || s->stale;
    if (!blind && !any_to_write(s))
        return ERR_OK;
    rc = s->stale ? load_blind(s, e) : ERR_OK;
    if (rc != ERR_OK)
        return rc;
    p.blind = calloc(ruleset_rule_count(s->from.rules) + 1u, sizeof(*p.blind));
    if (p.blind == NULL)
        return no_memory(e);
    rc = db_begin(s->db, e);
    if (rc == ERR_OK)
        rc = write_all(s, &p, blind, e);
    if (rc == ERR_OK)
        rc = db_commit(s->db, e);
    if (rc == ERR_OK)
        wrote(s, &p, blind);
    else
        db_rollback(s->db);
    s->stale |= rc != ERR_OK && blind;
    free(p.blind);
    return rc;
}

uint32_t sight_blind(const struct sight *s)
{
    return s->blind_count;
}
