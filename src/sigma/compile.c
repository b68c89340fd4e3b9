/*
 * compile.c - from rules as read to the ruleset that the matcher runs.
 *
 *   rules ──▶ copy into the image (folded, ids)          image_rules.c
 *         ──▶ a witness for every rule                    witness.c
 *   views ──▶ which logsources each carries ──▶ partitions: one for each distinct set
 *   partition × field ──▶ index of the witnesses' atoms   index.c, Vectorscan on all cores
 *
 * A rule stands in every partition whose views carry its logsource; as nearly all rules name a
 * category or a service, that is once or twice.
 */
#include "sigma/ruleset.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "sigma/keywords.h"
#include "sigma/regex.h"

#define KEYWORDS_OWN_MAX 64u /* atoms: more, and the partition joins a group */

#define NO_GROUP         UINT32_MAX

/* Vectorscan takes tens of megabytes for so many: not for two at a time. */
#define LARGE_LITERALS 2000u

/* Partitions that share the index of their many keywords. */
struct keyword_group {
    uint64_t *logsources; /* whose rules are in it, one bit each */
    size_t least;         /* keyword atoms of the partition that needs fewest */
    struct keywords keywords;
};

/* Everything that lives only while compiling. */
struct compile {
    struct ruleset *rs;
    struct compiled *c;
    struct image *im;
    struct arena mem;
    struct witness *witness; /* by rule */
    uint32_t *keyword_atoms; /* by rule: how many of its witness's */
    struct atom_use *uses;   /* room for one partition's atoms */
    size_t use_cap;
    struct keyword_group *groups;
    uint32_t group_count;
    uint32_t *group_of;      /* partition -> its group, or NO_GROUP */
    struct hs_database **db; /* by field id */
    uint32_t field_cap;
    /* the workers' */
    const uint32_t *order; /* field ids, most literals first */
    uint32_t order_count;
    uint32_t large_count; /* of these: one after the other, by the calling thread */
    atomic_uint next;
    atomic_int rc;
    struct err err; /* of the worker that failed first; read after joining */
    pthread_mutex_t lock;
};

static bool add_name(struct names *n, struct span s)
{
    return s.n == 0 || names_add(n, s) != 0;
}

static bool node_names(const struct sigma_node *node, struct names *n)
{
    bool ok = true;

    for (uint32_t i = 0; i < node->child_count; i++)
        ok &= node_names(node->child[i], n);
    if (node->kind != NODE_ITEM)
        return ok;
    ok &= add_name(n, node->item->field);
    for (uint32_t i = 0; i < node->item->test_count; i++) {
        if (node->item->tests[i].op == SIGMA_FIELDREF)
            ok &= add_name(n, node->item->tests[i].text);
    }
    return ok;
}

static bool correlation_names(const struct sigma_correlation *c, struct names *n)
{
    bool ok = true;

    for (uint32_t i = 0; i < c->group_count; i++)
        ok &= add_name(n, c->group_by[i]);
    for (uint32_t i = 0; i < c->value_field_count; i++)
        ok &= add_name(n, c->value_fields[i]);
    for (uint32_t i = 0; i < c->alias_count; i++) {
        for (uint32_t k = 0; k < c->aliases[i].count; k++)
            ok &= add_name(n, c->aliases[i].field[k]);
    }
    return ok;
}

int ruleset_names(const struct sigma_rules *rs, struct names *n, struct err *e)
{
    bool ok = true;

    for (uint32_t i = 0; i < rs->rule_count; i++) {
        for (uint32_t s = 0; s < rs->rules[i]->search_count; s++)
            ok &= node_names(rs->rules[i]->searches[s].body, n);
    }
    for (uint32_t i = 0; i < rs->correlation_count; i++)
        ok &= correlation_names(rs->correlations[i], n);
    return ok ? ERR_OK : err_set(e, ERR_NOMEM, 0, "no memory for the rules' field names");
}

static bool logsource_eq(const struct sigma_logsource *a, const struct sigma_logsource *b)
{
    return span_eq_nocase(a->product, b->product) && span_eq_nocase(a->category, b->category) &&
           span_eq_nocase(a->service, b->service) && span_eq_nocase(a->custom, b->custom);
}

/* The distinct logsources, and which one each rule has. A few hundred: a list will do. */
static void find_logsources(struct compile *k)
{
    struct compiled *c = k->c;

    c->logsources = image_array(k->im, c->rule_count, sizeof(*c->logsources));
    c->logsource_of = image_array(k->im, c->rule_count, sizeof(*c->logsource_of));
    if (k->im->failed)
        return;
    for (uint32_t r = 0; r < c->rule_count; r++) {
        uint32_t i = 0;

        while (i < c->logsource_count && !logsource_eq(&c->logsources[i], &c->rules[r]->logsource))
            i++;
        if (i == c->logsource_count)
            c->logsources[c->logsource_count++] = c->rules[r]->logsource;
        c->logsource_of[r] = i;
    }
}

/* Names of the items below `node` when it stands under a NOT (or, for neq, by themselves). */
static void negated_names(const struct sigma_rule *r, const struct sigma_node *node, bool under,
                          uint32_t *names, uint32_t *count, uint32_t max)
{
    if (node->kind == NODE_ITEM && (under || node->item->negate) && node->item->name != 0 &&
        *count < max)
        names[(*count)++] = node->item->name;
    if (node->kind == NODE_SEARCH)
        negated_names(r, r->searches[node->search].body, under, names, count, max);
    for (uint32_t i = 0; i < node->child_count; i++)
        negated_names(r, node->child[i], under || node->kind == NODE_NOT, names, count, max);
}

static void find_negated(struct compile *k)
{
    struct compiled *c = k->c;

    c->negated = image_array(k->im, c->rule_count, sizeof(*c->negated));
    for (uint32_t i = 0; i < c->rule_count && !k->im->failed; i++) {
        uint32_t names[256], n = 0;
        uint32_t *list;

        negated_names(c->rules[i], c->rules[i]->condition, false, names, &n, COUNT_OF(names));
        list = image_array(k->im, n, sizeof(*list));
        if (list == NULL)
            return;
        memcpy(list, names, n * sizeof(*list));
        c->negated[i] = (struct name_list){ list, n };
    }
}

static int copy_rules(struct compile *k, const struct sigma_rules *from, const struct names *n)
{
    struct compiled *c = k->c;
    struct copier copier = { .im = k->im, .names = n };

    c->rule_count = from->rule_count;
    c->rules = image_array(k->im, from->rule_count, sizeof(struct sigma_rule *));
    for (uint32_t i = 0; i < c->rule_count && !k->im->failed; i++)
        c->rules[i] = image_rule(&copier, from->rules[i]);
    c->item_count = copier.item_count;
    c->items = image_array(k->im, c->item_count, sizeof(struct sigma_item *));
    for (uint32_t i = 0; i < copier.slots && c->items != NULL; i++) {
        if (copier.seen[i].to != NULL)
            c->items[copier.seen[i].to->id] = copier.seen[i].to;
    }
    copier_release(&copier);
    c->correlation_count = from->correlation_count;
    c->correlations = image_array(k->im, c->correlation_count, sizeof(struct sigma_correlation *));
    for (uint32_t i = 0; i < c->correlation_count && !k->im->failed; i++)
        c->correlations[i] = image_correlation(k->im, from->correlations[i]);
    c->refusal_count = from->refusal_count;
    c->refusals = image_array(k->im, c->refusal_count, sizeof(*c->refusals));
    for (uint32_t i = 0; i < c->refusal_count && !k->im->failed; i++) {
        const struct sigma_refusal *f = &from->refusals[i];

        c->refusals[i] = (struct sigma_refusal){ .file = image_span(k->im, f->file),
                                                 .title = image_span(k->im, f->title),
                                                 .line = f->line,
                                                 .why = image_span(k->im, f->why) };
    }
    c->name_count = n->count;
    c->names = image_array(k->im, n->count, sizeof(*c->names));
    for (uint32_t i = 1; i < n->count && !k->im->failed; i++)
        c->names[i] = image_span(k->im, n->text[i]);
    if (!k->im->failed) {
        find_logsources(k);
        find_negated(k);
    }
    return k->im->failed ? ERR_NOMEM : ERR_OK;
}

/* What needs to be guessed: witnesses, and the order of evaluation. */
static int find_witnesses(struct compile *k)
{
    struct compiled *c = k->c;
    struct chances *chances = chances_new();
    struct program_maker maker = { .im = k->im, .mem = &k->mem, .chances = chances };

    k->witness = arena_array(&k->mem, c->rule_count, sizeof(*k->witness));
    k->keyword_atoms = arena_array(&k->mem, c->rule_count, sizeof(*k->keyword_atoms));
    if (chances == NULL || arena_failed(&k->mem)) {
        chances_free(&chances);
        return ERR_NOMEM;
    }
    for (uint32_t i = 0; i < c->rule_count; i++)
        chances_count(chances, c->rules[i]);
    c->sure = image_array(k->im, c->rule_count, sizeof(*c->sure));
    c->programs = image_array(k->im, c->rule_count, sizeof(*c->programs));
    for (uint32_t i = 0; i < c->rule_count && !k->im->failed; i++) {
        k->witness[i] = witness_of(c->rules[i], chances, &k->mem);
        for (uint32_t a = 0; a < k->witness[i].count; a++)
            k->keyword_atoms[i] += k->witness[i].atoms[a].name == 0;
        c->sure[i] = k->witness[i].sure != NULL ? k->witness[i].sure->id : NO_ITEM;
        c->programs[i] = program_of(&maker, c->rules[i]);
    }
    chances_free(&chances);
    return k->im->failed || arena_failed(&k->mem) ? ERR_NOMEM : ERR_OK;
}

/* RE tests get their index in the list of expressions. */
static void number_regexes(struct compile *k, struct sigma_item *it)
{
    struct compiled *c = k->c;

    for (uint32_t i = 0; i < it->test_count; i++) {
        if (it->tests[i].op != SIGMA_RE)
            continue;
        if (c->regexes != NULL)
            c->regexes[c->regex_count] = &it->tests[i];
        it->tests[i].regex = c->regex_count++;
    }
}

static void find_regexes(struct compile *k)
{
    struct compiled *c = k->c;

    for (unsigned pass = 0; pass < 2; pass++) { /* count, then fill */
        c->regexes =
            pass == 0 ? NULL : image_array(k->im, c->regex_count, sizeof(struct sigma_test *));
        c->regex_count = 0;
        for (uint32_t i = 0; i < c->item_count && !k->im->failed; i++)
            number_regexes(k, c->items[i]);
    }
}

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

static int find_partitions(struct compile *k, const struct taxonomy *t)
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

static int plan_groups(struct compile *k, struct err *e)
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

static int plan_partition(struct compile *k, struct partition *p, struct err *e)
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

static void compile_one(struct compile *k, uint32_t field)
{
    struct err e;
    int rc = index_compile(k->c->fields[field], &k->db[field], &e);

    if (rc == ERR_OK)
        return;
    MUST(pthread_mutex_lock(&k->lock) == 0);
    atomic_store(&k->rc, rc);
    k->err = e;
    MUST(pthread_mutex_unlock(&k->lock) == 0);
}

static void *compile_worker(void *arg)
{
    struct compile *k = arg;

    for (;;) {
        uint32_t i = atomic_fetch_add(&k->next, 1);

        if (i >= k->order_count || atomic_load(&k->rc) != ERR_OK)
            return NULL;
        compile_one(k, k->order[i]);
    }
}

struct job {
    uint32_t field, literals;
    uint64_t hash; /* of the literals: fields of equal ones share one database */
};

static int job_order(const void *pa, const void *pb)
{
    const struct job *a = pa, *b = pb;

    if (a->literals != b->literals)
        return a->literals > b->literals ? -1 : 1;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->field > b->field) - (a->field < b->field);
}

#define COMPILE_THREADS_MAX 64u

static void run_workers(struct compile *k, unsigned threads)
{
    pthread_t thread[COMPILE_THREADS_MAX];
    unsigned started = 0;

    while (started + 1 < threads && started < COMPILE_THREADS_MAX &&
           pthread_create(&thread[started], NULL, compile_worker, k) == 0)
        started++;
    for (uint32_t i = 0; i < k->large_count && atomic_load(&k->rc) == ERR_OK; i++)
        compile_one(k, k->order[i]);
    (void)compile_worker(k); /* always NULL */
    for (unsigned i = 0; i < started; i++)
        MUST(pthread_join(thread[i], NULL) == 0);
}

/* What to compile into k->order, the largest first: the last one to finish is then a small one.
 * Keyword rules of a product stand in a partition for each of its categories, and so does what
 * they look for: of equal fields only the first is compiled. */
static void find_jobs(struct compile *k, struct job *job, uint32_t *order, uint32_t *same)
{
    uint32_t n = k->c->field_count;

    for (uint32_t i = 0; i < n; i++) {
        const struct field_index *fi = k->c->fields[i];

        job[i] = (struct job){ i, fi->literal_count, index_hash(fi) };
    }
    if (n > 1)
        qsort(job, n, sizeof(*job), job_order);
    for (uint32_t i = 0; i < n; i++) {
        bool again = i > 0 && job[i].hash == job[i - 1].hash &&
                     index_same(k->c->fields[job[i].field], k->c->fields[job[i - 1].field]);

        same[job[i].field] = again ? same[job[i - 1].field] : job[i].field;
        if (again)
            continue;
        order[k->order_count++] = job[i].field;
        k->large_count += job[i].literals >= LARGE_LITERALS;
    }
    atomic_store(&k->next, k->large_count);
    k->order = order;
}

static int compile_fields(struct compile *k, unsigned threads, struct err *e)
{
    uint32_t n = k->c->field_count;
    struct job *job = arena_array(&k->mem, n, sizeof(*job));
    uint32_t *order = arena_array(&k->mem, n, sizeof(*order));
    uint32_t *same = arena_array(&k->mem, n, sizeof(*same));
    int rc;

    k->db = arena_array(&k->mem, n, sizeof(struct hs_database *));
    if (arena_failed(&k->mem))
        return err_set(e, ERR_NOMEM, 0, "no memory to compile the rules");
    find_jobs(k, job, order, same);
    run_workers(k, threads);
    rc = atomic_load(&k->rc);
    if (rc != ERR_OK && e != NULL)
        *e = k->err;
    for (uint32_t i = 0; i < k->order_count && rc == ERR_OK; i++)
        rc = index_place(k->c->fields[order[i]], k->im, &k->db[order[i]], e);
    for (uint32_t i = 0; i < n && rc == ERR_OK; i++)
        k->c->fields[i]->db = k->c->fields[same[i]]->db;
    for (uint32_t i = 0; i < n; i++) {
        if (k->db[i] != NULL)
            MUST(hs_free_database(k->db[i]) == HS_SUCCESS);
    }
    return rc;
}

static int compile_all(struct compile *k, const struct sigma_rules *from, const struct taxonomy *t,
                       const struct names *n, unsigned threads, struct err *e)
{
    struct compiled *c = k->c;
    int rc;

    err_set(e, ERR_NOMEM, 0, "no memory to compile the rules");
    rc = copy_rules(k, from, n);
    if (rc == ERR_OK)
        find_regexes(k);
    if (rc == ERR_OK)
        rc = find_witnesses(k);
    if (rc == ERR_OK)
        rc = find_partitions(k, t);
    if (rc != ERR_OK)
        return rc;
    k->field_cap = c->partition_count * (n->count + 5); /* keywords have three, and a group's */
    k->groups = arena_array(&k->mem, c->partition_count, sizeof(*k->groups));
    k->group_of = arena_array(&k->mem, c->partition_count, sizeof(*k->group_of));
    c->fields = arena_array(&k->mem, k->field_cap, sizeof(struct field_index *));
    if (arena_failed(&k->mem))
        return ERR_NOMEM;
    for (uint32_t i = 0; i < c->partition_count && rc == ERR_OK; i++)
        rc = plan_partition(k, &c->partitions[i], e);
    if (rc == ERR_OK)
        rc = plan_groups(k, e);
    if (rc == ERR_OK) {
        struct field_index **kept = image_array(k->im, c->field_count, sizeof(*kept));

        if (kept == NULL)
            return ERR_NOMEM;
        memcpy(kept, c->fields, c->field_count * sizeof(*kept));
        c->fields = kept;
        rc = compile_fields(k, threads, e);
    }
    return rc;
}

#define COMPILE_BYTES_MAX ((size_t)1 << 30)

int ruleset_new(struct ruleset **out, const struct sigma_rules *from, const struct taxonomy *t,
                const struct names *n, unsigned threads, struct err *e)
{
    struct compile k = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct ruleset *rs = calloc(1, sizeof(*rs));
    int rc;

    *out = NULL;
    if (rs == NULL)
        return err_set(e, ERR_NOMEM, 0, "no memory for the rules");
    arena_init(&k.mem, COMPILE_BYTES_MAX);
    rc = image_init(&rs->image, e);
    if (rc == ERR_OK) {
        k.rs = rs;
        k.im = &rs->image;
        k.c = image_alloc(k.im, sizeof(*k.c));
        rc = k.c == NULL ? ERR_NOMEM : compile_all(&k, from, t, n, threads, e);
        rs->c = k.c;
        rs->image.root = k.c;
    }
    if (rc == ERR_OK)
        rc = image_seal(&rs->image, e);
    if (rc == ERR_OK)
        rc = ruleset_ready(rs, e);
    free(k.uses);
    arena_release(&k.mem);
    if (rc != ERR_OK)
        ruleset_free(&rs);
    *out = rs;
    return rc;
}
