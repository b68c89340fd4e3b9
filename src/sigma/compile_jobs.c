/*
 * compile_jobs.c - the databases of all fields, on all cores: the long part of loading.
 */
#include <stdlib.h>

#include "sigma/compile_own.h"

#define COMPILE_THREADS_MAX 64u

/*
 * Compiling takes memory by the literal, tens of megabytes for a few thousand. So those that are
 * compiled at one time, by all workers, are bounded. A field that has more counts as three quarters
 * of the bound: beside it there is room for small ones, but not for another one like it.
 */
#define BUSY_MAX 1200u
#define ONE_MAX  (BUSY_MAX / 4 * 3)

static uint32_t weight_of(const struct compile *k, uint32_t field)
{
    uint32_t n = k->c->fields[field]->literal_count;

    return n < ONE_MAX ? n : ONE_MAX;
}

static bool fits(const struct compile *k, uint32_t field)
{
    return k->busy + weight_of(k, field) <= BUSY_MAX;
}

/* The largest field that is left, or the smallest where there is no room for it. Waits until there
 * is room; false when nothing is left to do. */
static bool take_field(struct compile *k, uint32_t *field)
{
    bool taken = false;

    MUST(pthread_mutex_lock(&k->lock) == 0);
    while (!taken && k->rc == ERR_OK && k->order_at < k->behind) {
        taken = true;
        if (fits(k, k->order[k->order_at]))
            *field = k->order[k->order_at++];
        else if (fits(k, k->order[k->behind - 1]))
            *field = k->order[--k->behind];
        else
            taken = false;
        if (!taken)
            MUST(pthread_cond_wait(&k->done, &k->lock) == 0);
    }
    if (taken)
        k->busy += weight_of(k, *field);
    MUST(pthread_mutex_unlock(&k->lock) == 0);
    return taken;
}

static void give_field(struct compile *k, uint32_t field, int rc, const struct err *why)
{
    MUST(pthread_mutex_lock(&k->lock) == 0);
    k->busy -= weight_of(k, field);
    if (rc != ERR_OK && k->rc == ERR_OK) {
        k->rc = rc;
        k->err = *why;
    }
    MUST(pthread_cond_broadcast(&k->done) == 0);
    MUST(pthread_mutex_unlock(&k->lock) == 0);
}

static void *compile_worker(void *arg)
{
    struct compile *k = arg;
    uint32_t field;

    while (take_field(k, &field)) {
        struct hs_database *db;
        struct err why = { 0 };
        int rc = index_compile(k->c->fields[field], &db, &why);

        if (rc == ERR_OK)
            rc = index_place(k->c->fields[field], k->im, &k->lock, &db, &why);
        if (db != NULL)
            MUST(hs_free_database(db) == HS_SUCCESS);
        give_field(k, field, rc, &why);
    }
    return NULL;
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

static void run_workers(struct compile *k, unsigned threads)
{
    pthread_t thread[COMPILE_THREADS_MAX];
    unsigned started = 0;

    while (started + 1 < threads && started < COMPILE_THREADS_MAX &&
           pthread_create(&thread[started], NULL, compile_worker, k) == 0)
        started++;
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
        order[k->behind++] = job[i].field;
    }
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
    rc = k->rc;
    if (rc != ERR_OK && e != NULL)
        *e = k->err;
    for (uint32_t i = 0; i < n && rc == ERR_OK; i++)
        k->c->fields[i]->db = k->c->fields[same[i]]->db;
    return rc;
}
