/*
 * load.c - see load.h.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "cmd/load.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/host.h"

#define CACHES_KEPT 4u

/* --- What ships ----------------------------------------------------------------------------- */

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool load_find_data(const char *name, char *room, size_t bytes)
{
    static const char *const places[] = { "../../../data", "../data", "../share/canh" };
    char program[PATH_MAX];
    int n;

    if (!host_program_folder(program, sizeof(program)))
        return false;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        n = snprintf(room, bytes, "%s/%s/%s", program, places[i], name);
        if (n > 0 && (size_t)n < bytes && is_folder(room))
            return true;
    }
    n = snprintf(room, bytes, "%s/%s", CANH_DATA_FOLDER, name);
    return n > 0 && (size_t)n < bytes && is_folder(room);
}

void load_operands(struct load_options *o, char **paths, int count)
{
    for (int i = 0; i < count && o->rules.count < OPTION_LIST_MAX; i++)
        o->rules.value[o->rules.count++] = paths[i];
}

int load_defaults(struct load_options *o, struct load_room *room, struct err *e)
{
    if (o->taxonomy == NULL) {
        if (!load_find_data("taxonomy", room->taxonomy, sizeof(room->taxonomy)))
            return err_set(e, ERR_NOTFOUND, 0,
                           "The taxonomy that ships is not found; give --taxonomy FOLDER.");
        o->taxonomy = room->taxonomy;
    }
    if (o->rules.count == 0) {
        if (!load_find_data("rules", room->rules, sizeof(room->rules)))
            return err_set(e, ERR_NOTFOUND, 0,
                           "The rules that ship are not found; give --rules PATH.");
        o->rules.value[o->rules.count++] = room->rules;
    }
    if (o->threads == 0)
        o->threads = host_cores();
    return ERR_OK;
}

struct rules_from load_from(const struct load_options *o)
{
    return (struct rules_from){ o->rules.value, o->rules.count, o->placeholders, NULL,
                                (unsigned)o->threads };
}

/* --- The cache ------------------------------------------------------------------------------ */

static bool make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* ~/.cache/canh, made when it is not there. */
static bool cache_folder(char *room, size_t bytes)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n;

    if (base != NULL && base[0] == '/') {
        n = snprintf(room, bytes, "%s", base);
    } else if (home != NULL && home[0] == '/') {
        n = snprintf(room, bytes, "%s/.cache", home);
    } else {
        return false;
    }
    if (n < 0 || (size_t)n + 6 > bytes || !make_folder(room))
        return false;
    memcpy(room + n, "/canh", 6);
    return make_folder(room);
}

/* Which cache file: one for each set of paths. Whether it still fits is for ruleset_open(). */
static uint64_t paths_hash(const struct load_options *o)
{
    XXH3_state_t *state = XXH3_createState();
    uint64_t hash;
    char real[PATH_MAX];

    if (state == NULL || XXH3_64bits_reset(state) != XXH_OK) {
        XXH3_freeState(state);
        return 0;
    }
    for (uint32_t i = 0; i <= o->rules.count + 1; i++) {
        const char *path = i < o->rules.count    ? o->rules.value[i]
                           : i == o->rules.count ? o->taxonomy
                                                 : o->placeholders;

        if (path != NULL && realpath(path, real) != NULL)
            path = real;
        if (path == NULL)
            path = "";
        (void)XXH3_64bits_update(state, path, strlen(path) + 1); /* fails for NULL only */
    }
    hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return hash;
}

static int is_cache(const struct dirent *d)
{
    struct span name = span_of(d->d_name);

    return span_starts(name, SPAN_LIT("rules-")) && span_ends(name, SPAN_LIT(".image"));
}

/* Rules that are tried once should not fill the disk: only the newest few files stay. */
static void prune_caches(const char *folder)
{
    struct dirent **entry = NULL;
    int n = scandir(folder, &entry, is_cache, NULL);
    char path[PATH_MAX], oldest[PATH_MAX];

    for (int left = n; left > (int)CACHES_KEPT; left--) {
        time_t least = 0;

        oldest[0] = 0;
        for (int i = 0; i < n; i++) {
            struct stat st;
            int len = snprintf(path, sizeof(path), "%s/%s", folder, entry[i]->d_name);

            if (len > 0 && (size_t)len < sizeof(path) && lstat(path, &st) == 0 &&
                (oldest[0] == 0 || st.st_mtime < least)) {
                least = st.st_mtime;
                memcpy(oldest, path, (size_t)len + 1);
            }
        }
        if (oldest[0] == 0 || unlink(oldest) != 0)
            break;
    }
    for (int i = 0; i < n; i++)
        free(entry[i]);
    free(entry);
}

static const char *cache_file(const struct load_options *o, struct load_room *room)
{
    char folder[sizeof(room->cache) - 64];
    int n;

    if (o->no_cache || !cache_folder(folder, sizeof(folder)))
        return NULL;
    prune_caches(folder);
    n = snprintf(room->cache, sizeof(room->cache), "%s/rules-%016llx.image", folder,
                 (unsigned long long)paths_hash(o));
    return n > 0 && (size_t)n < sizeof(room->cache) ? room->cache : NULL;
}

/* --- The contract --------------------------------------------------------------------------- */

int load_open(struct load *l, struct load_options *o, struct err *e)
{
    struct load_room room;
    struct ruleset_sources from;
    double begun = host_seconds();
    int rc = load_defaults(o, &room, e);

    *l = (struct load){ 0 };
    if (rc != ERR_OK)
        return rc;
    l->threads = (unsigned)o->threads;
    from = (struct ruleset_sources){ .taxonomy = o->taxonomy,
                                     .rules = load_from(o),
                                     .cache = cache_file(o, &room) };
    rc = ruleset_open(&l->rules, &l->taxonomy, &l->names, &from, &l->note, e);
    l->seconds = host_seconds() - begun;
    return rc;
}

void load_close(struct load *l)
{
    if (l->rules == NULL)
        return;
    ruleset_free(&l->rules);
    taxonomy_free(&l->taxonomy);
    names_release(&l->names);
}

void load_tell_refusals(const struct load *l)
{
    for (uint32_t i = 0; i < ruleset_refusal_count(l->rules); i++) {
        const struct sigma_refusal *r = ruleset_refusal(l->rules, i);

        fprintf(stderr, "canh: %.*s:%u: refused: %.*s\n", SPAN_ARG(r->file), r->line,
                SPAN_ARG(r->why));
    }
}
