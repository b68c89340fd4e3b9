/*
 * generation.c - see generation.h.
 *
 * The sources are described (ruleset_key()) before they are read: when one changes meanwhile, the
 * description is of what was before, and the next start compiles again. The other way round a
 * change could be missed.
 */
#include "keep/generation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/num.h"
#include "os/file.h"

#define SOURCES_BYTES_MAX  ((size_t)64 << 20)
#define TEXTS_BYTES_MAX    ((size_t)256 << 20)
#define TAXONOMY_BYTES_MAX ((size_t)4 << 20) /* of one file */

static int world(struct err *e, const char *path, const char *what)
{
    return err_set(e, ERR_IO, 0, "%.150s cannot be %s: %s.", path, what, strerror(errno));
}

static int path_in(char room[FILE_PATH_BYTES], const char *folder, const char *name, struct err *e)
{
    int n = snprintf(room, FILE_PATH_BYTES, "%s/%s", folder, name);

    return n > 0 && n < (int)FILE_PATH_BYTES
               ? ERR_OK
               : err_set(e, ERR_USAGE, 0, "The path is too long: %.100s/%.60s.", folder, name);
}

static int write_file(const char *path, struct span bytes, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good;

    if (fd < 0)
        return world(e, path, "made");
    good = file_write_all(fd, bytes);
    if (close(fd) != 0 || !good)
        return world(e, path, "written");
    return ERR_OK;
}

static bool is_yaml(struct span name)
{
    return span_ends(name, SPAN_LIT(".yaml")); /* as taxonomy_load() takes them */
}

/* FOLDER/taxonomy/0007-sysmon.yaml: the order of the names is the order of the paths. */
static int copy_one(const char *to, uint32_t number, const char *from, struct buf *text,
                    struct err *e)
{
    const char *base = strrchr(from, '/');
    char name[512], path[FILE_PATH_BYTES];
    int n =
        snprintf(name, sizeof(name), "%05u-%s", (unsigned)number, base != NULL ? base + 1 : from);
    int rc = n > 0 && n < (int)sizeof(name) ? path_in(path, to, name, e) : ERR_USAGE;

    if (rc == ERR_OK)
        rc = file_read(from, TAXONOMY_BYTES_MAX, text, e);
    return rc == ERR_OK ? write_file(path, buf_span(text), e) : rc;
}

static int copy_taxonomy(const char *to, const char *from, struct err *e)
{
    struct file_walk walk = { is_yaml, NULL, NULL };
    struct file_list files;
    struct buf text;
    int rc;

    if (mkdir(to, 0700) != 0)
        return world(e, to, "made");
    files_init(&files);
    buf_init(&text, TAXONOMY_BYTES_MAX + FILE_PATH_BYTES);
    rc = files_add(&files, from, &walk, e);
    for (uint32_t i = 0; i < files.count && rc == ERR_OK; i++)
        rc = copy_one(to, i, files_path(&files, i), &text, e);
    buf_release(&text);
    files_release(&files);
    return rc;
}

/* `to` becomes what `from` is, by another name of the same files. */
static int link_taxonomy(const char *to, const char *from, struct err *e)
{
    struct file_walk walk = { is_yaml, NULL, NULL };
    struct file_list files;
    int rc;

    if (mkdir(to, 0700) != 0)
        return world(e, to, "made");
    files_init(&files);
    rc = files_add(&files, from, &walk, e);
    for (uint32_t i = 0; i < files.count && rc == ERR_OK; i++) {
        const char *base = strrchr(files_path(&files, i), '/');
        char path[FILE_PATH_BYTES];

        MUST(base != NULL);
        rc = path_in(path, to, base + 1, e);
        if (rc == ERR_OK && link(files_path(&files, i), path) != 0)
            rc = world(e, path, "linked");
    }
    files_release(&files);
    return rc;
}

static int read_key(const char *folder, struct buf *key)
{
    char path[FILE_PATH_BYTES];
    int rc = path_in(path, folder, "sources", NULL);

    return rc == ERR_OK ? file_read(path, SOURCES_BYTES_MAX, key, NULL) : rc;
}

static bool is_made_from(const char *folder, struct span key)
{
    struct buf have;
    bool same;

    buf_init(&have, SOURCES_BYTES_MAX + FILE_PATH_BYTES);
    same = read_key(folder, &have) == ERR_OK && span_eq(buf_span(&have), key);
    buf_release(&have);
    return same;
}

bool generation_usable(const char *folder)
{
    struct ruleset_sources none = { .trust_cache = true };
    struct buf have, want = { 0 };
    bool good;

    buf_init(&have, SOURCES_BYTES_MAX + FILE_PATH_BYTES);
    good = ruleset_key(&none, &want, NULL) == ERR_OK && read_key(folder, &have) == ERR_OK &&
           span_starts(buf_span(&have), buf_span(&want));
    buf_release(&have);
    buf_release(&want);
    return good;
}

uint64_t generation_before(const char *rules, uint64_t below)
{
    DIR *list = opendir(rules);
    char path[FILE_PATH_BYTES];
    struct dirent *d;
    uint64_t best = 0;

    if (list == NULL)
        return 0;
    while ((d = readdir(list)) != NULL) {
        uint64_t n;

        if (num_u64(span_of(d->d_name), UINT64_MAX, &n) && n < below && n > best &&
            path_in(path, rules, d->d_name, NULL) == ERR_OK && generation_usable(path))
            best = n;
    }
    (void)closedir(list); /* only read */
    return best;
}

static void count(struct generation_made *made, const struct ruleset *rs)
{
    made->rule_count = ruleset_rule_count(rs) + ruleset_correlation_count(rs);
    made->refusal_count = ruleset_refusal_count(rs);
}

static void close_all(struct ruleset **rs, struct taxonomy **t, struct names *n)
{
    ruleset_free(rs);
    taxonomy_free(t);
    names_release(n);
}

/* Opening what was made shows that every role can. */
static int try_open(const char *folder, struct generation_made *made, struct err *e)
{
    struct ruleset *rs;
    struct taxonomy *t;
    struct names n;
    int rc = generation_open(folder, &rs, &t, &n, e);

    if (rc != ERR_OK)
        return rc;
    count(made, rs);
    close_all(&rs, &t, &n);
    return ERR_OK;
}

/* What is wrong with the taxonomy, with the name that its author knows and not the copy's. */
static void blame_taxonomy(const char *folder, struct err *e)
{
    struct taxonomy *t = NULL;
    struct names n;
    struct err why;

    if (names_init(&n, NULL) != ERR_OK)
        return;
    if (taxonomy_load(&t, folder, &n, &why) != ERR_OK && e != NULL)
        *e = why;
    taxonomy_free(&t);
    names_release(&n);
}

static int put_text(struct buf *out, struct span file, struct buf *room, struct err *e)
{
    char path[FILE_PATH_BYTES];
    uint32_t head[2];
    int rc;

    if (file.n == 0 || file.n >= sizeof(path))
        return ERR_OK;
    memcpy(path, file.p, file.n);
    path[file.n] = 0;
    rc = file_read(path, LIMIT_RULE_FILE_BYTES, room, NULL);
    if (rc == ERR_NOMEM)
        return err_set(e, rc, 0, "There is no memory for the rules' texts.");
    if (rc != ERR_OK)
        return ERR_OK; /* it went since it was read: without a text */
    head[0] = (uint32_t)file.n;
    head[1] = (uint32_t)room->n;
    buf_add(out, (struct span){ (const uint8_t *)head, sizeof(head) });
    buf_add(out, file);
    buf_add(out, buf_span(room));
    return ERR_OK;
}

/* For who wants to see them: no role but this one can read the files. */
static int write_texts(const char *folder, const struct ruleset *rs, struct err *e)
{
    const uint32_t rules = ruleset_rule_count(rs), all = rules + ruleset_correlation_count(rs);
    char path[FILE_PATH_BYTES];
    struct span last = SPAN_NONE;
    struct buf out, room;
    int rc = path_in(path, folder, "texts", e);

    buf_init(&out, TEXTS_BYTES_MAX);
    buf_init(&room, LIMIT_RULE_FILE_BYTES + FILE_PATH_BYTES);
    for (uint32_t i = 0; i < all && rc == ERR_OK; i++) {
        const struct span file = i < rules ? ruleset_rule(rs, i)->head.file
                                           : ruleset_correlation(rs, i - rules)->head.file;

        if (i == 0 || !span_eq(file, last))
            rc = put_text(&out, file, &room, e);
        last = file;
    }
    if (rc == ERR_OK && buf_failed(&out))
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory for the rules' texts.");
    if (rc == ERR_OK)
        rc = write_file(path, buf_span(&out), e);
    buf_release(&out);
    buf_release(&room);
    return rc;
}

static int compile(const char *folder, const char *taxonomy, const struct ruleset_sources *from,
                   struct err *e)
{
    struct ruleset_sources own = *from;
    struct ruleset_note note;
    struct ruleset *rs;
    struct taxonomy *t;
    struct names n;
    char image[FILE_PATH_BYTES];
    int rc = path_in(image, folder, "rules.image", e);

    if (rc == ERR_OK)
        rc = copy_taxonomy(taxonomy, from->taxonomy, e);
    if (rc != ERR_OK)
        return rc;
    own.taxonomy = taxonomy;
    own.cache = image;
    own.trust_cache = false;
    rc = ruleset_open(&rs, &t, &n, &own, &note, e);
    if (rc != ERR_OK) {
        blame_taxonomy(from->taxonomy, e);
        return rc;
    }
    rc = write_texts(folder, rs, e);
    close_all(&rs, &t, &n);
    if (rc != ERR_OK)
        return rc;
    /* There was none yet, so a reason is one why it could not be written. */
    if (access(image, R_OK) != 0)
        rc = err_set(e, ERR_IO, 0, "The compiled rules cannot be kept: %.150s.", note.cache_why);
    return rc;
}

static int link_earlier(const char *folder, const char *earlier, const char *taxonomy,
                        struct err *e)
{
    char from[FILE_PATH_BYTES], to[FILE_PATH_BYTES];
    int rc = path_in(from, earlier, "rules.image", e);

    if (rc == ERR_OK)
        rc = path_in(to, folder, "rules.image", e);
    if (rc == ERR_OK && link(from, to) != 0)
        rc = world(e, to, "linked");
    if (rc == ERR_OK)
        rc = path_in(from, earlier, "texts", e);
    if (rc == ERR_OK)
        rc = path_in(to, folder, "texts", e);
    if (rc == ERR_OK && link(from, to) != 0)
        rc = world(e, to, "linked");
    if (rc == ERR_OK)
        rc = path_in(from, earlier, "taxonomy", e);
    return rc == ERR_OK ? link_taxonomy(taxonomy, from, e) : rc;
}

/* The folder as it was made: empty. */
static int clear(const char *folder, const char *taxonomy, struct err *e)
{
    struct file_walk walk = { NULL, NULL, NULL };
    struct file_list files;
    int rc;

    files_init(&files);
    rc = files_add(&files, folder, &walk, e);
    for (size_t i = 0; i < files.count && rc == ERR_OK; i++) {
        if (unlink(files_path(&files, i)) != 0)
            rc = world(e, files_path(&files, i), "removed");
    }
    files_release(&files);
    if (rc == ERR_OK && rmdir(taxonomy) != 0 && errno != ENOENT)
        rc = world(e, taxonomy, "removed");
    return rc;
}

static bool sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd); /* what counts was synced */
    return good;
}

/* What is in the folder is on the disk: checkpoints sign it (seal/account.h). */
static int settle(const char *folder, const char *taxonomy, struct err *e)
{
    static const struct file_walk all = { 0 };
    struct file_list files;
    char above[FILE_PATH_BYTES];
    int rc = path_in(above, folder, "..", e);

    files_init(&files);
    if (rc == ERR_OK)
        rc = files_add(&files, folder, &all, e);
    for (size_t i = 0; i < files.count && rc == ERR_OK; i++) {
        if (!sync_path(files_path(&files, i)))
            rc = world(e, files_path(&files, i), "made durable");
    }
    if (rc == ERR_OK && (!sync_path(taxonomy) || !sync_path(folder) || !sync_path(above)))
        rc = world(e, folder, "made durable");
    files_release(&files);
    return rc;
}

int generation_make(const char *folder, const char *earlier, const struct ruleset_sources *from,
                    struct generation_made *made, struct err *e)
{
    char taxonomy[FILE_PATH_BYTES], sources[FILE_PATH_BYTES];
    struct buf key = { 0 };
    int rc = path_in(taxonomy, folder, "taxonomy", e);

    *made = (struct generation_made){ 0 };
    if (rc == ERR_OK)
        rc = path_in(sources, folder, "sources", e);
    if (rc == ERR_OK)
        rc = ruleset_key(from, &key, e);
    if (rc == ERR_OK && mkdir(folder, 0700) != 0)
        rc = world(e, folder, "made");
    if (rc != ERR_OK)
        goto out;
    if (earlier != NULL && is_made_from(earlier, buf_span(&key))) {
        made->same = link_earlier(folder, earlier, taxonomy, NULL) == ERR_OK &&
                     try_open(folder, made, NULL) == ERR_OK;
        /* A damaged one is no reason not to compile. */
        if (!made->same)
            rc = clear(folder, taxonomy, e);
    }
    if (rc == ERR_OK && !made->same) {
        rc = compile(folder, taxonomy, from, e);
        if (rc == ERR_OK)
            rc = try_open(folder, made, e);
    }
    if (rc == ERR_OK) /* before `sources` says that it is whole */
        rc = settle(folder, taxonomy, e);
    if (rc == ERR_OK)
        rc = write_file(sources, buf_span(&key), e);
    if (rc == ERR_OK)
        rc = settle(folder, taxonomy, e);
out:
    buf_release(&key);
    return rc;
}

int generation_open(const char *folder, struct ruleset **rs, struct taxonomy **t, struct names *n,
                    struct err *e)
{
    char taxonomy[FILE_PATH_BYTES], image[FILE_PATH_BYTES];
    struct ruleset_sources from = { .taxonomy = taxonomy, .cache = image, .trust_cache = true };
    struct ruleset_note note;
    int rc = path_in(taxonomy, folder, "taxonomy", e);

    if (rc == ERR_OK)
        rc = path_in(image, folder, "rules.image", e);
    return rc == ERR_OK ? ruleset_open(rs, t, n, &from, &note, e) : rc;
}
