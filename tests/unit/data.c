/*
 * data.c - unpack an archive into a folder of its own, then rename that folder to its final name:
 * whoever sees the final name sees all files. Two tests that unpack at once do the work twice,
 * and the second rename loses, which is fine.
 */
#include "data.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA_ENTRY_BYTES_MAX ((size_t)1 << 30)

static bool join(char out[DATA_PATH], const char *a, const char *b)
{
    int n = snprintf(out, DATA_PATH, "%s/%s", a, b);

    return n > 0 && (size_t)n < DATA_PATH;
}

static void remove_tree(const char *dir)
{
    char *roots[] = { (char *)(uintptr_t)dir, NULL };
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *at;

    while (fts != NULL && (at = fts_read(fts)) != NULL) {
        if (at->fts_info != FTS_D)
            (void)remove(at->fts_path); /* what stays is overwritten next time */
    }
    if (fts != NULL)
        (void)fts_close(fts);
}

static bool unpack_entries(struct archive *in, struct archive *out, const char *dir)
{
    struct archive_entry *entry;
    int rc;

    while ((rc = archive_read_next_header(in, &entry)) == ARCHIVE_OK) {
        char path[DATA_PATH];

        if (!join(path, dir, archive_entry_pathname(entry)))
            return false;
        archive_entry_set_pathname(entry, path);
        archive_entry_set_perm(entry, archive_entry_filetype(entry) == AE_IFDIR ? 0755 : 0644);
        if (archive_read_extract2(in, entry, out) != ARCHIVE_OK)
            return false;
    }
    return rc == ARCHIVE_EOF;
}

static bool unpack_into(const char *archive, const char *dir)
{
    struct archive *in = archive_read_new();
    struct archive *out = archive_write_disk_new();
    bool good = in != NULL && out != NULL;

    if (good) {
        (void)archive_read_support_filter_all(in); /* a missing one shows when opening */
        (void)archive_read_support_format_all(in);
        (void)archive_write_disk_set_options(out, ARCHIVE_EXTRACT_SECURE_NODOTDOT |
                                                      ARCHIVE_EXTRACT_SECURE_SYMLINKS);
        good = archive_read_open_filename(in, archive, 65536) == ARCHIVE_OK &&
               unpack_entries(in, out, dir);
        if (!good)
            printf("%s: %s\n", archive, archive_error_string(in));
    }
    if (in != NULL)
        (void)archive_read_free(in);
    if (out != NULL && archive_write_free(out) != ARCHIVE_OK)
        good = false;
    return good;
}

/* The path of something in the data folder; false, with a line on stdout, when it is not there. */
static bool find(char path[DATA_PATH], const char *name)
{
    const char *from = getenv("CANH_DATA");

    MUST(join(path, from != NULL ? from : DATA_FOLDER, name));
    if (access(path, R_OK) == 0)
        return true;
    printf("SKIPPED: no %s (set CANH_DATA to its folder)\n", path);
    return false;
}

bool data_unpack(const char *archive, char dir[DATA_PATH])
{
    char source[DATA_PATH], temporary[DATA_PATH], *flat;
    int n;

    MUST(join(dir, DATA_CACHE, ""));
    flat = dir + strlen(dir);
    MUST(join(dir, DATA_CACHE, archive));
    for (; *flat != 0; flat++) {
        if (*flat == '/')
            *flat = '_'; /* one level below the cache, whatever folder the archive lies in */
    }
    n = snprintf(temporary, sizeof(temporary), "%s.%ld", dir, (long)getpid());
    MUST(n > 0 && (size_t)n < sizeof(temporary));
    if (!find(source, archive))
        return false;
    if (access(dir, R_OK) == 0)
        return true;
    if ((mkdir(DATA_CACHE, 0755) != 0 && errno != EEXIST) || mkdir(temporary, 0755) != 0 ||
        !unpack_into(source, temporary)) {
        printf("%s: cannot be unpacked into %s\n", source, temporary);
        remove_tree(temporary);
        MUST(false && "the data is there and must be usable");
    }
    if (rename(temporary, dir) != 0)
        remove_tree(temporary); /* another test was faster */
    return true;
}

/* One entry into `b`, with a zero byte behind it that is not counted. */
static bool read_entry(struct archive *in, struct buf *b)
{
    la_ssize_t got;

    buf_clear(b);
    do {
        if (!buf_reserve(b, 1u << 20))
            return false;
        got = archive_read_data(in, b->p + b->n, (1u << 20) - 1);
        b->n += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    b->p[b->n] = 0;
    return got == 0;
}

bool data_read(const char *archive, data_use *use, void *own)
{
    struct archive *in = archive_read_new();
    struct archive_entry *entry;
    char source[DATA_PATH];
    struct buf b;
    int rc;

    if (!find(source, archive)) {
        (void)archive_read_free(in);
        return false;
    }
    buf_init(&b, DATA_ENTRY_BYTES_MAX);
    MUST(in != NULL && archive_read_support_filter_all(in) >= ARCHIVE_WARN &&
         archive_read_support_format_all(in) >= ARCHIVE_WARN);
    MUST(archive_read_open_filename(in, source, 65536) == ARCHIVE_OK);
    while ((rc = archive_read_next_header(in, &entry)) == ARCHIVE_OK) {
        if (archive_entry_filetype(entry) != AE_IFREG)
            continue;
        MUST(read_entry(in, &b));
        use(own, archive_entry_pathname(entry), buf_span(&b));
    }
    MUST(rc == ARCHIVE_EOF);
    buf_release(&b);
    (void)archive_read_free(in); /* only read */
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void data_list(const char *dir, const char *suffix, struct data_list *out)
{
    char *roots[] = { (char *)(uintptr_t)dir, NULL };
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    size_t max = 0;
    FTSENT *at;

    *out = (struct data_list){ NULL, 0 };
    MUST(fts != NULL);
    while ((at = fts_read(fts)) != NULL) {
        if (at->fts_info != FTS_F || !span_ends(span_of(at->fts_path), span_of(suffix)))
            continue;
        if (out->count == max) {
            max = max * 2 + 64;
            out->paths = realloc(out->paths, max * sizeof(*out->paths));
            MUST(out->paths != NULL);
        }
        out->paths[out->count] = strdup(at->fts_path);
        MUST(out->paths[out->count] != NULL);
        out->count++;
    }
    MUST(fts_close(fts) == 0);
    if (out->count > 0)
        qsort(out->paths, out->count, sizeof(*out->paths), by_name);
}

bool data_archives(const char *folder, const char *suffix, struct data_list *out)
{
    char dir[DATA_PATH];

    *out = (struct data_list){ NULL, 0 };
    if (!find(dir, folder))
        return false;
    data_list(dir, suffix, out);
    for (size_t i = 0; i < out->count; i++) {
        size_t skip = strlen(dir) - strlen(folder);

        memmove(out->paths[i], out->paths[i] + skip, strlen(out->paths[i]) - skip + 1);
    }
    return true;
}

void data_list_release(struct data_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->paths[i]);
    free(l->paths);
    *l = (struct data_list){ NULL, 0 };
}

bool data_load(const char *path, struct buf *b)
{
    FILE *in = fopen(path, "rb");
    uint8_t piece[16384];
    size_t n;
    bool good;

    if (in == NULL) {
        printf("%s: %s\n", path, strerror(errno));
        return false;
    }
    buf_clear(b);
    while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
        buf_add(b, (struct span){ piece, n });
    good = ferror(in) == 0 && !buf_failed(b);
    (void)fclose(in); /* only read */
    return good;
}
