/*
 * compile_jobs.c - the databases of all fields, on all cores: the long part of loading.
 */
#include <stdlib.h>

#include "sigma/compile_own.h"

/* Vectorscan takes tens of megabytes for so many: not for two at a time. */
#define LARGE_LITERALS 2000u

static void compile_one(struct compile *k, uint32_t field)
{
    struct field_index *fi = k->c->fields[field];
    struct hs_database *db;
    struct err e;
    int rc = index_compile(fi, &db, &e);

    if (rc == ERR_OK)
        rc = index_place(fi, k->im, &k->lock, &db, &e);
    if (db != NULL)
        MUST(hs_free_database(db) == HS_SUCCESS);
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

int compile_fields(struct compile *k, unsigned threads, struct err *e)
{
    uint32_t n = k->c->field_count;
    struct job *job = arena_array(&k->mem, n, sizeof(*job));
    uint32_t *order = arena_array(&k->mem, n, sizeof(*order));
    uint32_t *same = arena_array(&k->mem, n, sizeof(*same));
    int rc;

    if (arena_failed(&k->mem))
        return err_set(e, ERR_NOMEM, 0, "no memory to compile the rules");
    find_jobs(k, job, order, same);
    run_workers(k, threads);
    rc = atomic_load(&k->rc);
    if (rc != ERR_OK && e != NULL)
        *e = k->err;
    for (uint32_t i = 0; i < n && rc == ERR_OK; i++)
        k->c->fields[i]->db = k->c->fields[same[i]]->db;
    return rc;
}
