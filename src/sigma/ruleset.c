/*
 * ruleset.c - a compiled ruleset: opened from its sources or from the cache, asked, freed.
 *
 * The cache's key is everything that the image depends on: the program's version and file, the
 * processor features that Vectorscan compiles for, and path, size, inode and times of every source
 * file. Folders are walked as rules.c walks them (os/file.h), and every file counts. One
 * stat of a file costs a microsecond or two, reading and parsing it a hundred.
 */
#include "sigma/ruleset.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "os/file.h"
#include "sigma/regex.h"
#include "sigma/regex_stock.h"

#define KEY_BYTES_MAX ((size_t)64 << 20)

int ruleset_ready(struct ruleset *rs, struct err *e)
{
    MUST(pthread_mutex_init(&rs->regex_lock, NULL) == 0);
    rs->regex = calloc(rs->c->regex_count + 1, sizeof(*rs->regex));
    return rs->regex != NULL ? ERR_OK : err_set(e, ERR_NOMEM, 0, "no memory for the rules");
}

static pcre2_code *of_stock(const struct ruleset *rs, uint32_t index)
{
    return rs->stock != NULL ? regex_stock_find(rs->stock, rs->c->regexes[index]) : NULL;
}

void ruleset_free(struct ruleset **prs)
{
    struct ruleset *rs = *prs;

    *prs = NULL;
    if (rs == NULL)
        return;
    for (uint32_t i = 0; rs->regex != NULL && i < rs->c->regex_count; i++) {
        pcre2_code *code = atomic_load(&rs->regex[i]);

        if (code != of_stock(rs, i))
            pcre2_code_free(code);
    }
    free(rs->regex);
    image_release(&rs->image);
    free(rs);
}

const pcre2_code *ruleset_regex(const struct ruleset *rs, uint32_t index)
{
    /* The expressions are a cache of what the image says: const for the caller. */
    struct ruleset *own = (struct ruleset *)(uintptr_t)rs;
    pcre2_code *code = atomic_load_explicit(&own->regex[index], memory_order_acquire);

    if (code != NULL)
        return code;
    MUST(pthread_mutex_lock(&own->regex_lock) == 0);
    code = atomic_load_explicit(&own->regex[index], memory_order_acquire);
    if (code == NULL && sigma_regex_compile(rs->c->regexes[index], &code, NULL) == ERR_OK) {
        if (!rs->interpret) /* without machine code: slower, no other change */
            (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
        atomic_store_explicit(&own->regex[index], code, memory_order_release);
    }
    MUST(pthread_mutex_unlock(&own->regex_lock) == 0);
    return code;
}

void ruleset_stock(struct ruleset *rs, const struct regex_stock *s)
{
    rs->interpret = true;
    rs->stock = s;
    for (uint32_t i = 0; i < rs->c->regex_count; i++) {
        MUST(atomic_load(&rs->regex[i]) == NULL); /* before the first matcher */
        atomic_store(&rs->regex[i], of_stock(rs, i));
    }
}

struct regex_counts ruleset_regexes(const struct ruleset *rs)
{
    struct regex_counts n = { .all = rs->c->regex_count };

    for (uint32_t i = 0; i < rs->c->regex_count; i++)
        n.machine += of_stock(rs, i) != NULL;
    return n;
}

uint32_t ruleset_rule_count(const struct ruleset *rs)
{
    return rs->c->rule_count;
}

const struct sigma_rule *ruleset_rule(const struct ruleset *rs, uint32_t i)
{
    MUST(i < rs->c->rule_count);
    return rs->c->rules[i];
}

uint32_t ruleset_correlation_count(const struct ruleset *rs)
{
    return rs->c->correlation_count;
}

const struct sigma_correlation *ruleset_correlation(const struct ruleset *rs, uint32_t i)
{
    MUST(i < rs->c->correlation_count);
    return rs->c->correlations[i];
}

uint32_t ruleset_refusal_count(const struct ruleset *rs)
{
    return rs->c->refusal_count;
}

const struct sigma_refusal *ruleset_refusal(const struct ruleset *rs, uint32_t i)
{
    MUST(i < rs->c->refusal_count);
    return &rs->c->refusals[i];
}

static void key_unseen(void *arg, const char *path, const char *why)
{
    (void)why;
    buf_fmt(arg, "%s ?\n", path);
}

/* One line a file, of folders every file. What cannot be looked at leaves a line too: appearing
 * later changes the key. False when memory is out. */
static bool key_path(struct buf *key, const char *path)
{
    struct file_walk walk = { .fault = key_unseen, .arg = key };
    struct file_list files;
    struct err e;
    int rc;

    files_init(&files);
    rc = files_add(&files, path, &walk, &e);
    if (rc != ERR_OK)
        key_unseen(key, path, e.why);
    for (size_t i = 0; i < files.count; i++) {
        struct stat st;

        if (stat(files_path(&files, i), &st) != 0) {
            key_unseen(key, files_path(&files, i), "");
            continue;
        }
        buf_fmt(key, "%s %lld %lld %lld.%09ld %lld.%09ld\n", files_path(&files, i),
                (long long)st.st_size, (long long)st.st_ino, (long long)st.st_mtim.tv_sec,
                st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
    }
    files_release(&files);
    return rc != ERR_NOMEM;
}

/* The lines that stand for this program and this processor. */
static bool key_program(struct buf *key)
{
    hs_platform_info_t cpu;

    if (hs_populate_platform(&cpu) != HS_SUCCESS)
        return false;
    buf_fmt(key, "canh %s %s %zu %zu %zu\ncpu %u %llx\n", CANH_VERSION, hs_version(),
            sizeof(struct compiled), sizeof(struct sigma_rule), sizeof(struct sigma_test), cpu.tune,
            (unsigned long long)cpu.cpu_features);
    return true;
}

static bool make_key(struct buf *key, const struct ruleset_sources *from)
{
    bool good;

    buf_init(key, KEY_BYTES_MAX);
    if (!key_program(key))
        return false;
    if (from->trust_cache)
        return !buf_failed(key);
    good = key_path(key, "/proc/self/exe") && key_path(key, from->taxonomy);
    for (uint32_t i = 0; i < from->rules.count && good; i++) {
        buf_fmt(key, "rules\n");
        good = key_path(key, from->rules.paths[i]);
    }
    buf_fmt(key, "house\n");
    if (from->rules.house != NULL && good)
        good = key_path(key, from->rules.house);
    buf_fmt(key, "placeholders\n");
    if (from->rules.placeholders != NULL && good)
        good = key_path(key, from->rules.placeholders);
    return good && !buf_failed(key);
}

int ruleset_key(const struct ruleset_sources *from, struct buf *key, struct err *e)
{
    return make_key(key, from) ? ERR_OK
                               : err_set(e, ERR_NOMEM, 0, "no memory to look at the rules' files");
}

/* The names that the cached rules know by number, entered in the same order. */
static int enter_names(const struct compiled *c, struct names *n, struct err *e)
{
    for (uint32_t i = 1; i < c->name_count; i++) {
        if (names_add(n, c->names[i]) != i)
            return err_set(e, ERR_CORRUPT, 0, "the cache's names are not those of the taxonomy");
    }
    return ERR_OK;
}

static int open_cached(struct ruleset *rs, struct names *n, const struct ruleset_sources *from,
                       struct span key, struct err *e)
{
    int rc = from->trust_cache ? image_load_trusted(&rs->image, key, from->cache, e)
                               : image_load(&rs->image, key, from->cache, e);

    if (rc != ERR_OK)
        return rc;
    rs->c = rs->image.root;
    rc = enter_names(rs->c, n, e);
    if (rc == ERR_OK)
        rc = ruleset_ready(rs, e);
    return rc;
}

static int bind_names(struct taxonomy *t, struct names *n, struct err *e)
{
    if (!names_freeze(n))
        return err_set(e, ERR_NOMEM, 0, "no memory for the rules' field names");
    return taxonomy_bind(t, n, e);
}

int ruleset_bind(const struct sigma_rules *rs, struct taxonomy *t, struct names *n, struct err *e)
{
    int rc = ruleset_names(rs, n, e);

    return rc == ERR_OK ? bind_names(t, n, e) : rc;
}

static int open_sources(struct ruleset **out, struct taxonomy *t, struct names *n,
                        const struct ruleset_sources *from, struct err *e)
{
    struct sigma_rules rules;
    int rc = rules_load(&rules, &from->rules, e);

    if (rc != ERR_OK)
        return rc;
    rc = ruleset_bind(&rules, t, n, e);
    if (rc == ERR_OK)
        rc = ruleset_new(out, &rules, t, n, from->rules.threads, e);
    rules_release(&rules);
    (void)malloc_trim(0); /* compiling took three times what is kept: not to lie there for a scan */
    return rc;
}

/* From the cache, when it is one of these sources; *out stays NULL when it is not. */
static int try_cache(struct ruleset **out, struct taxonomy *t, struct names *n,
                     const struct ruleset_sources *from, struct span key, struct ruleset_note *note,
                     struct err *e)
{
    struct ruleset *rs = calloc(1, sizeof(*rs));
    struct err why;
    int rc;

    if (rs == NULL)
        return err_set(e, ERR_NOMEM, 0, "no memory for the rules");
    if (open_cached(rs, n, from, key, &why) != ERR_OK) {
        (void)snprintf(note->cache_why, sizeof(note->cache_why), "%s", why.why);
        note->cache_code = why.code;
        ruleset_free(&rs);
        return ERR_OK;
    }
    note->from_cache = true;
    *out = rs;
    rc = bind_names(t, n, e);
    /* Binding makes views, too; only a trusted cache may be of others. */
    if (rc == ERR_OK && rs->c->view_count != taxonomy_view_count(t))
        rc = err_set(e, ERR_CORRUPT, 0, "%.100s: made with another taxonomy", from->cache);
    return rc;
}

int ruleset_open(struct ruleset **out, struct taxonomy **t, struct names *n,
                 const struct ruleset_sources *from, struct ruleset_note *note, struct err *e)
{
    struct buf key = { 0 };
    bool cached = from->cache != NULL;
    int rc;

    *out = NULL;
    *t = NULL;
    *note = (struct ruleset_note){ 0 };
    MUST(cached || !from->trust_cache);
    rc = names_init(n, e);
    if (rc != ERR_OK)
        return rc;
    rc = taxonomy_load(t, from->taxonomy, n, e);
    if (rc == ERR_OK && cached && !make_key(&key, from)) {
        cached = false;
        note->cache_code = ERR_NOMEM;
        (void)snprintf(note->cache_why, sizeof(note->cache_why), "no memory for the cache's key");
    }
    if (rc == ERR_OK && cached)
        rc = try_cache(out, *t, n, from, buf_span(&key), note, e);
    if (rc == ERR_OK && *out == NULL && from->trust_cache) {
        rc = err_set(e, note->cache_code, 0, "%s", note->cache_why);
    } else if (rc == ERR_OK && *out == NULL) {
        struct err why;

        rc = open_sources(out, *t, n, from, e);
        if (rc == ERR_OK && cached &&
            image_save(&(*out)->image, buf_span(&key), from->cache, &why) != ERR_OK) {
            (void)snprintf(note->cache_why, sizeof(note->cache_why), "%s", why.why);
            note->cache_code = why.code;
        }
    }
    buf_release(&key);
    if (rc != ERR_OK) {
        ruleset_free(out);
        taxonomy_free(t);
        names_release(n);
    }
    return rc;
}
