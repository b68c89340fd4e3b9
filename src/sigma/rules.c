/*
 * rules.c - the rule set: paths to files, files to threads, results to arrays.
 *
 * Files are listed first, in byte order of their paths. Threads then take them in small runs from
 * a shared counter; each thread has its own arena and its own reader, and writes the list of what
 * a file held into that file's slot. When all are done the slots are gathered in path order, so
 * that the number of threads changes nothing in the result. The threads' arenas live as long as
 * the rule set.
 */
#include "sigma/rule.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "os/file.h"
#include "sigma/read.h"
#include "sigma/refs.h"

#define THREADS_MAX       64u
#define RUN_FILES         16u
#define SCRATCH_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define MEM_BYTES_MAX     ((size_t)2048 * 1024 * 1024)

struct arena_link {
    struct arena mem;
    struct arena_link *next;
};

struct rules_own {
    struct arena scratch;
    struct arena_link *arenas; /* of threads that have ended */
    struct placeholders placeholders;
    bool finished;
};

int rules_init(struct sigma_rules *rs, struct err *e)
{
    *rs = (struct sigma_rules){ 0 };
    arena_init(&rs->mem, MEM_BYTES_MAX);
    rs->own = calloc(1, sizeof(*rs->own));
    if (rs->own == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the rules.");
    arena_init(&rs->own->scratch, SCRATCH_BYTES_MAX);
    return ERR_OK;
}

void rules_release(struct sigma_rules *rs)
{
    if (rs->own != NULL) {
        while (rs->own->arenas != NULL) {
            struct arena_link *l = rs->own->arenas;

            rs->own->arenas = l->next;
            arena_release(&l->mem);
            free(l);
        }
        arena_release(&rs->own->scratch);
        free(rs->own);
    }
    arena_release(&rs->mem);
    *rs = (struct sigma_rules){ 0 };
}

/* --- results to arrays -------------------------------------------------------------------- */

static int rules_no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the rules.");
}

/* Room for one more element of `each` bytes; the old array stays in the arena. */
static void *array_room(struct sigma_rules *rs, void *array, uint32_t count, uint32_t *cap,
                        size_t each)
{
    uint32_t want = *cap == 0 ? 256 : *cap * 2;
    void *more;

    if (count < *cap)
        return array;
    more = arena_array(&rs->mem, want, each);
    if (more == NULL)
        return NULL;
    if (count > 0)
        memcpy(more, array, count * each);
    *cap = want;
    return more;
}

#define PUT(rs, array, count, cap, value)                                                          \
    do {                                                                                           \
        void *room_ = array_room(rs, (rs)->array, (rs)->count, &(rs)->cap, sizeof(*(rs)->array));  \
        if (room_ == NULL)                                                                         \
            return rules_no_memory(e);                                                             \
        (rs)->array = room_;                                                                       \
        (rs)->array[(rs)->count++] = (value);                                                      \
    } while (0)

static int put_refusal(struct sigma_rules *rs, const struct sigma_refusal *x, struct err *e)
{
    PUT(rs, refusals, refusal_count, refusal_cap, *x);
    return ERR_OK;
}

static int put_warning(struct sigma_rules *rs, const struct sigma_warning *w, struct err *e)
{
    PUT(rs, warnings, warning_count, warning_cap, *w);
    return ERR_OK;
}

static int put_loaded(struct sigma_rules *rs, const struct loaded *l, struct err *e)
{
    uint32_t total = rs->rule_count + rs->correlation_count + rs->filter_count;

    if (l->kind == LOADED_REFUSAL)
        return put_refusal(rs, l->what, e);
    if (l->kind == LOADED_WARNING)
        return put_warning(rs, l->what, e);
    if (total >= LIMIT_RULES)
        return err_set(e, ERR_LIMIT, 0, "There are more than %d rules.", LIMIT_RULES);
    if (l->kind == LOADED_RULE)
        PUT(rs, rules, rule_count, rule_cap, l->what);
    else if (l->kind == LOADED_CORRELATION)
        PUT(rs, correlations, correlation_count, correlation_cap, l->what);
    else
        PUT(rs, filters, filter_count, filter_cap, l->what);
    return ERR_OK;
}

static int put_list(struct sigma_rules *rs, const struct loaded *list, struct err *e)
{
    int rc = ERR_OK;

    for (; rc == ERR_OK && list != NULL; list = list->next)
        rc = put_loaded(rs, list, e);
    return rc;
}

int rules_refuse(struct sigma_rules *rs, const struct sigma_head *h, struct err *e, const char *fmt,
                 ...)
{
    struct sigma_refusal x = { .file = h->file, .title = h->title, .line = h->line };
    va_list args;

    va_start(args, fmt);
    x.why = read_sentence(&rs->mem, fmt, args);
    va_end(args);
    return x.why.p != NULL ? put_refusal(rs, &x, e) : rules_no_memory(e);
}

int rules_warn(struct sigma_rules *rs, const struct sigma_head *h, struct err *e, const char *fmt,
               ...)
{
    struct sigma_warning w = { .file = h->file, .title = h->title, .line = h->line };
    va_list args;

    va_start(args, fmt);
    w.what = read_sentence(&rs->mem, fmt, args);
    va_end(args);
    return w.what.p != NULL ? put_warning(rs, &w, e) : rules_no_memory(e);
}

static void reader_init(struct reader *r, const struct sigma_rules *rs, struct arena *mem,
                        struct arena *scratch)
{
    *r = (struct reader){ .mem = mem, .scratch = scratch, .placeholders = &rs->own->placeholders };
    r->tail = &r->first;
}

int rules_add_bytes(struct sigma_rules *rs, struct span file, struct span yaml, struct err *e)
{
    struct reader r;
    int rc;

    MUST(rs->own != NULL && !rs->own->finished);
    reader_init(&r, rs, &rs->mem, &rs->own->scratch);
    file = arena_span(&rs->mem, file);
    if (file.p == NULL)
        return rules_no_memory(e);
    rc = read_file(&r, file, yaml, e);
    return rc == ERR_OK ? put_list(rs, r.first, e) : rc;
}

/* --- files -------------------------------------------------------------------------------- */

static bool is_rule_name(struct span name)
{
    return span_ends(name, SPAN_LIT(".yml")) || span_ends(name, SPAN_LIT(".yaml"));
}

/* What a walk over folders is for: a folder or file that cannot be looked at is a refusal. */
struct finding_files {
    struct sigma_rules *rs;
    struct err e;
    int rc;
};

static void on_fault(void *arg, const char *path, const char *why)
{
    struct finding_files *f = arg;
    struct sigma_head h = { .file = arena_span(&f->rs->mem, span_of(path)) };

    if (f->rc != ERR_OK)
        return;
    f->rc = h.file.p == NULL ? rules_no_memory(&f->e)
                             : rules_refuse(f->rs, &h, &f->e, "It cannot be read: %s.", why);
}

static int files_find(struct sigma_rules *rs, struct file_list *l, const char *path, struct err *e)
{
    struct finding_files f = { .rs = rs };
    struct file_walk walk = { is_rule_name, on_fault, &f };
    int rc = files_add(l, path, &walk, e);

    if (rc == ERR_OK && f.rc != ERR_OK) {
        if (e != NULL)
            *e = f.e;
        return f.rc;
    }
    return rc;
}

/* --- threads ------------------------------------------------------------------------------ */

struct work {
    const struct sigma_rules *rs;
    const struct file_list *files;
    struct loaded **slots; /* one per file */
    atomic_size_t next;
    atomic_bool stop;
};

struct worker {
    struct work *work;
    struct arena_link *link;
    struct err e;
    int rc;
    pthread_t thread;
    bool started;
};

static int worker_file(struct worker *w, struct reader *r, struct buf *b, size_t index)
{
    struct span path = arena_span(r->mem, w->work->files->paths[index]);
    struct err why = { 0 };
    struct loaded *l;
    struct sigma_refusal *x;
    int rc;

    r->first = NULL;
    r->tail = &r->first;
    if (path.p == NULL)
        return rules_no_memory(&w->e);
    rc = file_read((const char *)path.p, LIMIT_RULE_FILE_BYTES, b, &why);
    if (rc == ERR_OK) {
        rc = read_file(r, path, buf_span(b), &w->e);
        w->work->slots[index] = r->first;
        return rc;
    }
    l = arena_alloc(r->mem, sizeof(*l));
    x = arena_alloc(r->mem, sizeof(*x));
    if (l == NULL || x == NULL)
        return rules_no_memory(&w->e);
    *x = (struct sigma_refusal){ .file = path };
    x->why = arena_span(r->mem, span_of(why.why));
    *l = (struct loaded){ .kind = LOADED_REFUSAL, .what = x };
    w->work->slots[index] = l;
    return ERR_OK;
}

static void *worker_run(void *arg)
{
    struct worker *w = arg;
    struct arena scratch;
    struct reader r;
    struct buf b;

    arena_init(&scratch, SCRATCH_BYTES_MAX);
    buf_init(&b, LIMIT_RULE_FILE_BYTES + 65536u);
    reader_init(&r, w->work->rs, &w->link->mem, &scratch);
    while (w->rc == ERR_OK && !atomic_load(&w->work->stop)) {
        size_t from = atomic_fetch_add(&w->work->next, RUN_FILES);

        if (from >= w->work->files->count)
            break;
        for (size_t i = from; w->rc == ERR_OK && i < from + RUN_FILES; i++) {
            if (i < w->work->files->count)
                w->rc = worker_file(w, &r, &b, i);
        }
    }
    if (w->rc != ERR_OK)
        atomic_store(&w->work->stop, true);
    buf_release(&b);
    arena_release(&scratch);
    return NULL;
}

static int worker_init(struct worker *w, struct work *work, struct rules_own *own, struct err *e)
{
    *w = (struct worker){ .work = work };
    w->link = calloc(1, sizeof(*w->link));
    if (w->link == NULL)
        return rules_no_memory(e);
    arena_init(&w->link->mem, MEM_BYTES_MAX);
    w->link->next = own->arenas;
    own->arenas = w->link;
    return ERR_OK;
}

static int workers_run(struct sigma_rules *rs, struct work *work, unsigned threads, struct err *e)
{
    struct worker workers[THREADS_MAX];
    unsigned count = 0;
    int rc = ERR_OK;

    for (; rc == ERR_OK && count < threads; count += rc == ERR_OK)
        rc = worker_init(&workers[count], work, rs->own, e);
    for (unsigned i = 1; rc == ERR_OK && i < count; i++) /* where none starts, the first does all */
        workers[i].started = pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]) == 0;
    if (rc == ERR_OK)
        (void)worker_run(&workers[0]);
    for (unsigned i = 1; i < count; i++) {
        if (workers[i].started)
            MUST(pthread_join(workers[i].thread, NULL) == 0);
    }
    for (unsigned i = 0; i < count && rc == ERR_OK; i++) {
        rc = workers[i].rc;
        if (rc != ERR_OK && e != NULL)
            *e = workers[i].e;
    }
    return rc;
}

int rules_add_path(struct sigma_rules *rs, const char *path, unsigned threads, struct err *e)
{
    struct file_list files;
    struct work work = { .rs = rs, .files = &files };
    size_t runs;
    int rc;

    MUST(rs->own != NULL && !rs->own->finished);
    files_init(&files);
    rc = files_find(rs, &files, path, e);
    runs = (files.count + RUN_FILES - 1) / RUN_FILES;
    threads = threads > THREADS_MAX ? THREADS_MAX : threads;
    threads = threads > runs ? (unsigned)runs : threads;
    threads = threads == 0 ? 1 : threads;
    if (rc == ERR_OK) {
        work.slots = calloc(files.count + 1, sizeof(struct loaded *));
        rc = work.slots == NULL ? rules_no_memory(e) : workers_run(rs, &work, threads, e);
    }
    for (size_t i = 0; rc == ERR_OK && i < files.count; i++)
        rc = put_list(rs, work.slots[i], e);
    free(work.slots);
    files_release(&files);
    return rc;
}

/* --- placeholders ------------------------------------------------------------------------- */

static struct span placeholder_name(struct span s)
{
    if (s.n > 2 && s.p[0] == '%' && s.p[s.n - 1] == '%')
        return (struct span){ s.p + 1, s.n - 2 };
    return s;
}

static int placeholders_of(struct sigma_rules *rs, const struct yaml_node *map, struct err *e)
{
    struct placeholders *ph = &rs->own->placeholders;
    struct placeholder *rows = arena_array(&rs->mem, (size_t)ph->count + map->count, sizeof(*rows));
    struct reader r;
    int rc = ERR_OK;

    reader_init(&r, rs, &rs->mem, &rs->own->scratch);
    if (rows == NULL)
        return rules_no_memory(e);
    if (ph->count > 0)
        memcpy(rows + map->count, ph->rows, ph->count * sizeof(*rows)); /* newer ones first */
    ph->rows = rows;
    ph->count += map->count;
    for (const struct yaml_node *n = map->first; rc == ERR_OK && n != NULL; n = n->next, rows++) {
        rows->name = placeholder_name(n->key);
        rc = read_texts(&r, n, "placeholder", &rows->values, &rows->count, e);
    }
    return rc;
}

int rules_placeholders(struct sigma_rules *rs, const char *path, struct err *e)
{
    struct yaml_document *d = NULL;
    struct buf b;
    int rc;

    MUST(rs->own != NULL && !rs->own->finished);
    buf_init(&b, LIMIT_RULE_FILE_BYTES + 65536u);
    arena_reset(&rs->own->scratch);
    rc = file_read(path, LIMIT_RULE_FILE_BYTES, &b, e);
    if (rc == ERR_OK)
        rc = yaml_read(buf_span(&b), &rs->own->scratch, &rs->mem, &d, e);
    if (rc == ERR_OK && (d == NULL || d->root == NULL || d->root->kind != YAML_MAP))
        rc = err_set(e, ERR_SYNTAX, 1, "A placeholder file is a map of name: [values].");
    if (rc == ERR_OK)
        rc = placeholders_of(rs, d->root, e);
    if (rc != ERR_OK)
        err_prefix(e, "%s", path);
    buf_release(&b);
    return rc;
}

/* --- the end ------------------------------------------------------------------------------ */

int rules_finish(struct sigma_rules *rs, struct err *e)
{
    uint32_t documents = rs->rule_count + rs->correlation_count;
    struct refs refs;
    int rc;

    MUST(rs->own != NULL && !rs->own->finished);
    rs->own->finished = true;
    arena_reset(&rs->own->scratch);
    rc = refs_build(&refs, rs, &rs->own->scratch, e);
    if (rc == ERR_OK)
        rc = refs_check(&refs, rs, e);
    if (rc == ERR_OK && documents != rs->rule_count + rs->correlation_count)
        rc = refs_build(&refs, rs, &rs->own->scratch, e);
    if (rc == ERR_OK)
        rc = filters_apply(rs, &refs, e);
    if (rc == ERR_OK)
        rc = correlations_resolve(rs, &refs, e);
    arena_release(&rs->own->scratch);
    return rc;
}

/* --- rules of the house ------------------------------------------------------------------- */

static bool has_id(const struct sigma_head *h, struct span id)
{
    return id.n > 0 && span_eq_nocase(h->id, id);
}

/* Take those below `count` out that have this id. */
#define DROP(array, count, id)                                                                     \
    do {                                                                                           \
        uint32_t kept_ = 0, from_ = 0;                                                             \
        for (; from_ < (count); from_++) {                                                         \
            if (!has_id(&(array)[from_]->head, id))                                                \
                (array)[kept_++] = (array)[from_];                                                 \
        }                                                                                          \
        dropped_ = from_ - kept_;                                                                  \
        if (dropped_ > 0)                                                                          \
            memmove(&(array)[kept_], &(array)[from_], (all_ - from_) * sizeof(*(array)));          \
    } while (0)

static uint32_t drop_rules(struct sigma_rules *rs, uint32_t below, struct span id)
{
    uint32_t all_ = rs->rule_count, dropped_;

    DROP(rs->rules, below, id);
    rs->rule_count -= dropped_;
    return dropped_;
}

static uint32_t drop_correlations(struct sigma_rules *rs, uint32_t below, struct span id)
{
    uint32_t all_ = rs->correlation_count, dropped_;

    DROP(rs->correlations, below, id);
    rs->correlation_count -= dropped_;
    return dropped_;
}

/* Those of the house stand behind the others: `rules` and `correlations` of these. */
static void replace(struct sigma_rules *rs, uint32_t rules, uint32_t correlations)
{
    const uint32_t house_rules = rs->rule_count - rules,
                   house_correlations = rs->correlation_count - correlations;

    for (uint32_t i = 0; i < house_rules; i++) {
        const struct span id = rs->rules[rules + i]->head.id;

        rules -= drop_rules(rs, rules, id);
        correlations -= drop_correlations(rs, correlations, id);
    }
    for (uint32_t i = 0; i < house_correlations; i++) {
        const struct span id = rs->correlations[correlations + i]->head.id;

        rules -= drop_rules(rs, rules, id);
        correlations -= drop_correlations(rs, correlations, id);
    }
}

static int disable(struct sigma_rules *rs, const char *house, struct err *e)
{
    char path[FILE_PATH_BYTES];
    struct buf text;
    struct span rest;
    int n = snprintf(path, sizeof(path), "%s/" RULES_DISABLED, house), rc;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The path is too long: %.100s.", house);
    if (access(path, F_OK) != 0)
        return ERR_OK;
    buf_init(&text, LIMIT_RULE_FILE_BYTES + 65536u);
    rc = file_read(path, LIMIT_RULE_FILE_BYTES, &text, e);
    for (rest = buf_span(&text); rc == ERR_OK && rest.n > 0;) {
        const size_t end = span_find(rest, '\n');
        const struct span id = span_trim((struct span){ rest.p, end });

        (void)drop_rules(rs, rs->rule_count, id);
        (void)drop_correlations(rs, rs->correlation_count, id);
        rest = span_from(rest, end < rest.n ? end + 1 : end);
    }
    buf_release(&text);
    return rc;
}

static int add_house(struct sigma_rules *rs, const struct rules_from *from, struct err *e)
{
    const uint32_t rules = rs->rule_count, correlations = rs->correlation_count;
    int rc = rules_add_path(rs, from->house, from->threads, e);

    if (rc == ERR_OK)
        replace(rs, rules, correlations);
    return rc == ERR_OK ? disable(rs, from->house, e) : rc;
}

int rules_load(struct sigma_rules *rs, const struct rules_from *from, struct err *e)
{
    int rc = rules_init(rs, e);

    if (rc == ERR_OK && from->placeholders != NULL)
        rc = rules_placeholders(rs, from->placeholders, e);
    for (uint32_t i = 0; i < from->count && rc == ERR_OK; i++)
        rc = rules_add_path(rs, from->paths[i], from->threads, e);
    if (rc == ERR_OK && from->house != NULL)
        rc = add_house(rs, from, e);
    if (rc == ERR_OK)
        rc = rules_finish(rs, e);
    if (rc != ERR_OK)
        rules_release(rs);
    return rc;
}

/* --- names -------------------------------------------------------------------------------- */

/* "a/b/name.yml" is called name. */
static struct span file_stem(struct span file)
{
    for (size_t i = file.n; i > 0; i--) {
        if (file.p[i - 1] == '/') {
            file = span_from(file, i);
            break;
        }
    }
    for (size_t i = file.n; i > 0; i--) {
        if (file.p[i - 1] == '.')
            return (struct span){ file.p, i - 1 };
    }
    return file;
}

bool sigma_is_called(const struct sigma_head *h, struct span word)
{
    return word.n > 0 &&
           (span_eq_nocase(h->id, word) || span_eq_nocase(h->title, word) ||
            span_eq_nocase(h->name, word) || span_eq_nocase(file_stem(h->file), word));
}
