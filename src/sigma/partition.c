/*
 * partition.c - which rules concern which events, and what must be seen in them.
 *
 *   views ──▶ the set of logsources that each carries ──▶ one partition for each distinct set
 *   its rules' atoms, by field ──▶ one index a field; keywords have one of their own
 *
 * Keyword rules of a product stand in every partition of the product. Where they are many the
 * partitions form a group that shares one index of keywords.
 */
#include <stdlib.h>

#include "sigma/compile_own.h"

#define KEYWORDS_OWN_MAX 64u /* atoms: more, and the partition joins a group */
#define NO_GROUP         UINT32_MAX

static bool view_carries(const struct view *v, const struct sigma_logsource *l)
{
    return l->custom.n == 0 && view_has_tags(v, l->product, l->category, l->service);
}

/* The partition with this set of logsources, made when new. */
static uint32_t partition_for(struct compile *k, const uint64_t *set, size_t words)
{
    struct compiled *c = k->c;
    uint64_t *copy;

    for (uint32_t i = 0; i < c->partition_count; i++) {
        if (memcmp(c->partitions[i].logsources, set, words * sizeof(*set)) == 0)
            return i;
    }
    copy = image_array(k->im, words, sizeof(*copy));
    if (copy == NULL)
        return NO_PARTITION;
    memcpy(copy, set, words * sizeof(*set));
    c->partitions[c->partition_count] =
        (struct partition){ .id = c->partition_count, .logsources = copy };
    return c->partition_count++;
}

static size_t logsource_words(const struct compiled *c)
{
    return (c->logsource_count + 63) / 64 + 1;
}

int partitions_find(struct compile *k, const struct taxonomy *t)
{
    struct compiled *c = k->c;
    size_t words = logsource_words(c);
    uint64_t *set = arena_array(&k->mem, words, sizeof(*set));

    c->view_count = taxonomy_view_count(t);
    c->partition_of_view = image_array(k->im, c->view_count, sizeof(uint32_t));
    c->partitions = image_array(k->im, c->view_count, sizeof(*c->partitions));
    if (set == NULL || k->im->failed)
        return ERR_NOMEM;
    for (uint32_t v = 0; v < c->view_count; v++) {
        bool any = false;

        memset(set, 0, words * sizeof(*set));
        for (uint32_t i = 0; i < c->logsource_count; i++) {
            if (view_carries(taxonomy_view(t, v), &c->logsources[i])) {
                set[i / 64] |= (uint64_t)1 << i % 64;
                any = true;
            }
        }
        c->partition_of_view[v] = any ? partition_for(k, set, words) : NO_PARTITION;
    }
    return k->im->failed ? ERR_NOMEM : ERR_OK;
}

static bool in_set(const uint64_t *set, uint32_t i)
{
    return (set[i / 64] >> i % 64 & 1) != 0;
}

static bool make_room(struct compile *k, size_t uses)
{
    struct atom_use *grown;

    if (uses <= k->use_cap)
        return true;
    grown = realloc(k->uses, 2 * uses * sizeof(*grown));
    if (grown == NULL)
        return false;
    k->uses = grown;
    k->use_cap = 2 * uses;
    return true;
}

/* All atoms of the partition's rules into k->uses; the rules without into p->always. */
static int gather(struct compile *k, struct partition *p, size_t *count)
{
    struct compiled *c = k->c;
    uint32_t *always = arena_array(&k->mem, c->rule_count, sizeof(*always)), *kept;

    *count = 0;
    for (uint32_t r = 0; r < c->rule_count && always != NULL; r++) {
        const struct witness *w = &k->witness[r];

        if (!in_set(p->logsources, c->logsource_of[r]))
            continue;
        p->rule_count++;
        if (w->count == 0)
            always[p->always.count++] = r;
        if (!make_room(k, *count + w->count))
            return ERR_NOMEM;
        for (uint32_t i = 0; i < w->count; i++)
            k->uses[(*count)++] = (struct atom_use){ w->atoms[i], r };
    }
    kept = image_array(k->im, p->always.count, sizeof(*kept));
    if (always == NULL || kept == NULL)
        return ERR_NOMEM;
    memcpy(kept, always, p->always.count * sizeof(*kept));
    p->always.rule = kept;
    return ERR_OK;
}

static int by_name(const void *pa, const void *pb)
{
    const struct atom_use *a = pa, *b = pb;

    return (a->atom.name > b->atom.name) - (a->atom.name < b->atom.name);
}

static size_t name_run(const struct atom_use *u, size_t count)
{
    size_t n = 1;

    while (n < count && u[n].atom.name == u[0].atom.name)
        n++;
    return n;
}

/* Which logsources the rules of these atoms have. */
static uint64_t *logsources_of(struct compile *k, const struct atom_use *u, size_t count)
{
    uint64_t *set = image_array(k->im, logsource_words(k->c), sizeof(*set));

    for (size_t i = 0; i < count && set != NULL; i++) {
        uint32_t l = k->c->logsource_of[u[i].rule];

        set[l / 64] |= (uint64_t)1 << l % 64;
    }
    return set;
}

static void new_field(struct compile *k, struct field_index *fi, uint32_t name)
{
    fi->name = name;
    fi->id = k->c->field_count;
    k->c->fields[k->c->field_count++] = fi;
}

/* The index of the first `count` of k->uses, which have one name. */
static int plan_field(struct compile *k, struct field_index *fi, struct atom_use *uses,
                      size_t count, struct err *e)
{
    new_field(k, fi, uses[0].atom.name);
    fi->logsources = logsources_of(k, uses, count);
    return index_plan(fi, k->im, uses, count, e);
}

/* The sieve of the first partition with the same keywords, or a new one; NULL when there is none.
 */
static struct field_index *sieve_for(struct compile *k, const struct field_index *raw)
{
    struct field_index *sieve;

    for (uint32_t i = 0; i < k->c->partition_count; i++) {
        const struct keywords *kw = &k->c->partitions[i].keywords;

        if (kw->raw != NULL && kw->raw != raw && index_same(kw->raw, raw))
            return kw->sieve;
    }
    sieve = image_alloc(k->im, sizeof(*sieve));
    if (sieve == NULL)
        return NULL;
    keywords_sieve(sieve, raw, k->im);
    if (sieve->literal_count == 0)
        return NULL;
    new_field(k, sieve, 0);
    return sieve;
}

/* Keywords get a second index, for the raw record. */
static int plan_keywords(struct compile *k, struct keywords *kw, size_t count, struct err *e)
{
    int rc;

    kw->values = image_alloc(k->im, sizeof(*kw->values));
    kw->raw = image_alloc(k->im, sizeof(*kw->raw));
    if (k->im->failed)
        return ERR_NOMEM;
    rc = plan_field(k, kw->values, k->uses, count, e);
    if (rc != ERR_OK)
        return rc;
    kw->digits = keywords_with_digits(kw->values);
    keywords_plan(kw->raw, kw->values, k->im);
    if (kw->raw->literal_count == 0) {
        kw->raw = NULL;
        return ERR_OK;
    }
    new_field(k, kw->raw, 0);
    kw->sieve = sieve_for(k, kw->raw);
    return k->im->failed ? ERR_NOMEM : ERR_OK;
}

static size_t keyword_atoms(const struct compile *k, const uint64_t *logsources)
{
    size_t n = 0;

    for (uint32_t r = 0; r < k->c->rule_count; r++) {
        if (in_set(logsources, k->c->logsource_of[r]))
            n += k->keyword_atoms[r];
    }
    return n;
}

/*
 * Keyword rules of a product stand in the partitions of all its categories. Where they are many,
 * one index serves several partitions: compiling it dozens of times would take longer than all
 * else, and the matcher leaves out what is not of the partition. The partition, whose keyword atoms
 * are the first `count` of k->uses, joins the first group that stays less than twice as large as
 * what any of its partitions needs.
 */
static int join_group(struct compile *k, struct partition *p, size_t count)
{
    size_t words = logsource_words(k->c);
    uint64_t *own = logsources_of(k, k->uses, count);
    uint64_t *both = arena_array(&k->mem, words, sizeof(*both));
    struct keyword_group *g = k->groups;

    if (own == NULL || both == NULL)
        return ERR_NOMEM;
    for (; g < k->groups + k->group_count; g++) {
        size_t least = g->least < count ? g->least : count;

        for (size_t i = 0; i < words; i++)
            both[i] = g->logsources[i] | own[i];
        if (keyword_atoms(k, both) < 2 * least) {
            memcpy(g->logsources, both, words * sizeof(*both));
            g->least = least;
            break;
        }
    }
    if (g == k->groups + k->group_count) {
        *g = (struct keyword_group){ .logsources = own, .least = count };
        k->group_count++;
    }
    k->group_of[p->id] = (uint32_t)(g - k->groups);
    return ERR_OK;
}

static int plan_group(struct compile *k, struct keyword_group *g, struct err *e)
{
    size_t count = 0;

    for (uint32_t r = 0; r < k->c->rule_count; r++) {
        const struct witness *w = &k->witness[r];

        if (!in_set(g->logsources, k->c->logsource_of[r]))
            continue;
        if (!make_room(k, count + w->count))
            return ERR_NOMEM;
        for (uint32_t i = 0; i < w->count; i++) {
            if (w->atoms[i].name == 0)
                k->uses[count++] = (struct atom_use){ w->atoms[i], r };
        }
    }
    return plan_keywords(k, &g->keywords, count, e);
}

int partitions_share(struct compile *k, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < k->group_count && rc == ERR_OK; i++)
        rc = plan_group(k, &k->groups[i], e);
    for (uint32_t i = 0; i < k->c->partition_count; i++) {
        if (k->group_of[i] != NO_GROUP)
            k->c->partitions[i].keywords = k->groups[k->group_of[i]].keywords;
    }
    return rc;
}

int partition_plan(struct compile *k, struct partition *p, struct err *e)
{
    struct compiled *c = k->c;
    size_t count, names = 0, first = 0;
    int rc = gather(k, p, &count);

    k->group_of[p->id] = NO_GROUP;
    if (rc != ERR_OK)
        return rc;
    if (count > 1)
        qsort(k->uses, count, sizeof(*k->uses), by_name);
    if (count > 0 && k->uses[0].atom.name == 0) { /* keywords sort first */
        first = name_run(k->uses, count);
        rc = first > KEYWORDS_OWN_MAX ? join_group(k, p, first)
                                      : plan_keywords(k, &p->keywords, first, e);
    }
    for (size_t i = first; i < count; i += name_run(k->uses + i, count - i))
        names++;
    p->fields = image_array(k->im, names, sizeof(*p->fields));
    if (p->fields == NULL || c->field_count + names > k->field_cap)
        return ERR_NOMEM;
    for (size_t i = first, n; i < count && rc == ERR_OK; i += n) {
        n = name_run(k->uses + i, count - i);
        rc = plan_field(k, &p->fields[p->field_count++], k->uses + i, n, e);
    }
    return rc;
}
