/*
 * image.h - the compiled rules as one region of memory that can be written to a file and mapped
 * back.
 *
 * The region lies at an address that never changes (IMAGE_ADDRESS), so that what is in it may hold
 * ordinary pointers to itself: saving is one write, loading one read-only mmap without a single
 * fix-up, and a stray write to the rules is a crash. When the address is taken (a sanitizer, an
 * odd kernel), image_init() falls back to any address and image_save()/image_load() refuse; the
 * rules are then compiled at every start, which is slower and otherwise the same.
 *
 * An image file is bound to the program that wrote it (version, layout) and carries a checksum. It
 * is trusted like the program's own data: image_load() refuses a file that others may write.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include "base/base.h"

#define IMAGE_BYTES_MAX ((size_t)2 << 30) /* address space, not memory */

struct image {
    uint8_t *base;
    size_t used, cap;
    bool fixed;  /* lies at IMAGE_ADDRESS */
    bool loaded; /* mapped from a file, read-only */
    bool failed; /* sticky */
    void *root;  /* what the owner finds everything else from */
};

int image_init(struct image *im, struct err *e);
void image_release(struct image *im);

/* Zeroed, aligned to 64 for at least 64 bytes, else to 16. NULL when full (sticky). */
void *image_alloc(struct image *im, size_t bytes);
void *image_array(struct image *im, size_t count, size_t each);
struct span image_span(struct image *im, struct span s);

/* No further allocation; the pages become read-only. */
int image_seal(struct image *im, struct err *e);

/* Write to `path` (through a temporary file beside it and rename) with `key`, the description of
 * everything that the image was made from. */
int image_save(const struct image *im, struct span key, const char *path, struct err *e);

/* Map `path` when it was made from `key`: ERR_NOTFOUND when it is not there or of another key. */
int image_load(struct image *im, struct span key, const char *path, struct err *e);

/* Map `path` whatever else it was made from, when its key begins so. */
int image_load_trusted(struct image *im, struct span begin, const char *path, struct err *e);

#endif
