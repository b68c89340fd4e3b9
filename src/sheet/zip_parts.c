/*
 * zip_parts.c - libarchive unpacks; the directory is looked at by zip_look.c first, because
 * libarchive forgives overlaps, doubles and lies about sizes that a package must not have.
 */
#include "sheet/zip_parts.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "sheet/zip_look.h"

#define PIECE_BYTES     65536u
#define NAMES_BYTES_MAX ((size_t)4 << 20)

struct zip_parts {
    struct span bytes;
    struct arena names;
    struct span *name; /* in the order in which libarchive gives the members */
    uint32_t count;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory to unpack the book.");
}

static int fault(struct archive *a, struct span name, struct err *e)
{
    const char *why = archive_error_string(a);

    return err_set(e, ERR_SYNTAX, 0, "The part %.*s of the book is damaged: %.100s.",
                   (int)(name.n < 60 ? name.n : 60), (const char *)name.p,
                   why != NULL ? why : "it cannot be unpacked");
}

/* Only the reader that goes by the directory: a zip that is cut has none. */
static int begin(struct archive **out, struct span bytes, struct err *e)
{
    struct archive *a = archive_read_new();

    *out = a;
    if (a == NULL || archive_read_support_format_zip_seekable(a) < ARCHIVE_WARN)
        return no_memory(e);
    if (archive_read_open_memory(a, bytes.p, bytes.n) != ARCHIVE_OK)
        return fault(a, SPAN_LIT("(directory)"), e);
    return ERR_OK;
}

/* The next member: 1, 0 at the end, or a fault. */
static int next(struct archive *a, struct archive_entry **entry, struct err *e)
{
    int rc = archive_read_next_header(a, entry);

    if (rc == ARCHIVE_EOF)
        return 0;
    /* A warning is about a name that the C locale cannot write, or about times. */
    return rc == ARCHIVE_OK || rc == ARCHIVE_WARN ? 1 : fault(a, SPAN_LIT("(directory)"), e);
}

/* libarchive turns the slashes of writers for Windows itself. */
static struct span clean_name(struct zip_parts *p, const char *path)
{
    struct span s = arena_span(&p->names, span_of(path != NULL ? path : "?"));

    return s.n > 0 && s.p[0] == '/' ? span_from(s, 1) : s;
}

static int list(struct zip_parts *p, struct archive *a, struct err *e)
{
    struct archive_entry *entry;
    int rc;

    while ((rc = next(a, &entry, e)) > 0) {
        if (p->count == LIMIT_BOOK_PARTS)
            return err_set(e, ERR_LIMIT, 0, "The book has more than %d parts.", LIMIT_BOOK_PARTS);
        p->name[p->count++] = clean_name(p, archive_entry_pathname_utf8(entry));
        if (arena_failed(&p->names))
            return no_memory(e);
    }
    return rc;
}

int zip_parts_open(struct zip_parts **out, struct span bytes, struct err *e)
{
    struct zip_parts *p;
    struct archive *a = NULL;
    int rc = zip_look(bytes, e);

    *out = NULL;
    if (rc != ERR_OK)
        return rc;
    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return no_memory(e);
    p->bytes = bytes;
    arena_init(&p->names, NAMES_BYTES_MAX);
    p->name = arena_array(&p->names, LIMIT_BOOK_PARTS, sizeof(*p->name));
    rc = p->name == NULL ? no_memory(e) : begin(&a, bytes, e);
    if (rc == ERR_OK)
        rc = list(p, a, e);
    (void)archive_read_free(a); /* NULL is legal */
    if (rc != ERR_OK)
        zip_parts_free(&p);
    *out = p;
    return rc;
}

void zip_parts_free(struct zip_parts **pp)
{
    struct zip_parts *p = *pp;

    *pp = NULL;
    if (p == NULL)
        return;
    arena_release(&p->names);
    free(p);
}

uint32_t zip_parts_count(const struct zip_parts *p)
{
    return p->count;
}

uint32_t zip_part_find(const struct zip_parts *p, struct span name)
{
    if (span_starts(name, SPAN_LIT("/")))
        name = span_from(name, 1);
    for (uint32_t i = 0; i < p->count; i++) {
        if (span_eq_nocase(p->name[i], name))
            return i;
    }
    return ZIP_NO_PART;
}

struct span zip_part_name(const struct zip_parts *p, uint32_t part)
{
    MUST(part < p->count);
    return p->name[part];
}

static int pieces(struct archive *a, struct span name, zip_piece_fn *fn, void *ctx, struct err *e)
{
    uint8_t *room = malloc(PIECE_BYTES);
    uint64_t given = 0;
    int rc = room == NULL ? no_memory(e) : ERR_OK;

    while (rc == ERR_OK) {
        la_ssize_t n = archive_read_data(a, room, PIECE_BYTES);

        if (n < 0) {
            rc = fault(a, name, e);
            break;
        }
        given += (uint64_t)n;
        if (given > LIMIT_BOOK_UNPACKED_BYTES)
            rc = err_set(e, ERR_LIMIT, 0, "The book unpacks to more than %d MiB.",
                         LIMIT_BOOK_UNPACKED_BYTES >> 20);
        else
            rc = fn(ctx, (struct span){ room, (size_t)n }, n == 0, e);
        if (n == 0)
            break;
    }
    free(room);
    return rc;
}

int zip_part_read(const struct zip_parts *p, uint32_t part, zip_piece_fn *fn, void *ctx,
                  struct err *e)
{
    struct archive_entry *entry;
    struct archive *a;
    int rc = begin(&a, p->bytes, e);

    MUST(part < p->count);
    if (rc == ERR_OK)
        rc = 1;
    for (uint32_t i = 0; rc > 0 && i <= part; i++)
        rc = next(a, &entry, e);
    if (rc > 0)
        rc = pieces(a, p->name[part], fn, ctx, e);
    (void)archive_read_free(a);
    return rc;
}
