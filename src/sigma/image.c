/*
 * image.c - a bump allocator in a reserved region, and its file.
 *
 *   file: | header (4096 bytes) | region bytes |     the key lies inside the region, at its end
 */
#include "sigma/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define IMAGE_ADDRESS ((uintptr_t)0x3A0000000000)
#define IMAGE_MAGIC   0x314D49484E4143ull /* "CANHIM1" */
#define IMAGE_HEADER  4096u
#define IMAGE_LAYOUT  5u /* raised with every change of a struct that lives in an image */

struct image_header {
    uint64_t magic;
    uint32_t layout, pointer_bytes;
    uint64_t base, used, root;
    uint64_t key_at, key_bytes;
    uint64_t sum;      /* XXH3 of the region */
    uint64_t head_sum; /* XXH3 of this header before this field */
};

static int io_error(struct err *e, const char *path, const char *what)
{
    return err_set(e, ERR_IO, 0, "%s: %s: %s", path, what, strerror(errno));
}

int image_init(struct image *im, struct err *e)
{
    void *p = mmap((void *)IMAGE_ADDRESS, IMAGE_BYTES_MAX, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

    *im = (struct image){ .fixed = p != MAP_FAILED };
    if (p == MAP_FAILED)
        p = mmap(NULL, IMAGE_BYTES_MAX, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return err_set(e, ERR_NOMEM, 0, "no address space for the compiled rules: %s",
                       strerror(errno));
    im->base = p;
    im->cap = IMAGE_BYTES_MAX;
    return ERR_OK;
}

void image_release(struct image *im)
{
    if (im->base != NULL)
        MUST(munmap(im->base, im->cap) == 0);
    *im = (struct image){ 0 };
}

void *image_alloc(struct image *im, size_t bytes)
{
    size_t align = bytes >= 64 ? 64 : 16;
    size_t at = (im->used + align - 1) & ~(align - 1);

    MUST(!im->loaded);
    if (im->failed || at > im->cap || bytes > im->cap - at) {
        im->failed = true;
        return NULL;
    }
    im->used = at + bytes;
    return im->base + at; /* fresh pages are zero and nothing is ever given back */
}

void *image_array(struct image *im, size_t count, size_t each)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, each, &bytes)) {
        im->failed = true;
        return NULL;
    }
    return image_alloc(im, bytes > 0 ? bytes : 1);
}

struct span image_span(struct image *im, struct span s)
{
    uint8_t *p;

    if (s.p == NULL)
        return SPAN_NONE;
    MUST(!im->loaded);
    if (im->failed || s.n + 1 > im->cap - im->used) {
        im->failed = true;
        return SPAN_NONE;
    }
    p = im->base + im->used;
    im->used += s.n + 1;
    memcpy(p, s.p, s.n);
    return (struct span){ p, s.n };
}

int image_seal(struct image *im, struct err *e)
{
    size_t whole = (im->used + 4095) & ~(size_t)4095;

    if (im->failed)
        return err_set(e, ERR_NOMEM, 0, "the compiled rules need more than %zu bytes", im->cap);
    if (mprotect(im->base, whole, PROT_READ) != 0)
        return err_set(e, ERR_IO, 0, "mprotect: %s", strerror(errno));
    return ERR_OK;
}

static uint64_t head_sum(const struct image_header *h)
{
    return XXH3_64bits(h, offsetof(struct image_header, head_sum));
}

static bool write_all(int fd, const void *data, size_t bytes)
{
    const uint8_t *p = data;

    while (bytes > 0) {
        ssize_t n = write(fd, p, bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        bytes -= (size_t)n;
    }
    return true;
}

int image_save(const struct image *im, struct span key, const char *path, struct err *e)
{
    union {
        struct image_header h;
        uint8_t page[IMAGE_HEADER];
    } head = { 0 };
    char temp[4096];
    int fd, n = snprintf(temp, sizeof(temp), "%s.%ld", path, (long)getpid());
    int rc = ERR_OK;

    if (!im->fixed)
        return err_set(e, ERR_UNSUPPORTED, 0, "the rules do not lie at their fixed address");
    if (n < 0 || (size_t)n >= sizeof(temp))
        return err_set(e, ERR_USAGE, 0, "%s: the path is too long", path);
    head.h = (struct image_header){ .magic = IMAGE_MAGIC,
                                    .layout = IMAGE_LAYOUT,
                                    .pointer_bytes = sizeof(void *),
                                    .base = (uintptr_t)im->base,
                                    .used = im->used,
                                    .root = (uintptr_t)im->root,
                                    .key_at = im->used,
                                    .key_bytes = key.n,
                                    .sum = XXH3_64bits(im->base, im->used) };
    head.h.head_sum = head_sum(&head.h);
    fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return io_error(e, temp, "open");
    if (!write_all(fd, head.page, sizeof(head.page)) || !write_all(fd, im->base, im->used) ||
        !write_all(fd, key.p, key.n))
        rc = io_error(e, temp, "write");
    if (close(fd) != 0 && rc == ERR_OK)
        rc = io_error(e, temp, "close");
    if (rc == ERR_OK && rename(temp, path) != 0)
        rc = io_error(e, path, "rename");
    if (rc != ERR_OK)
        (void)unlink(temp); /* nothing more can be done about a cache file that failed */
    return rc;
}

/* The key must be `key`, or (`begins`) begin with it. */
static bool head_good(const struct image_header *h, const struct stat *st, struct span key,
                      bool begins)
{
    return h->magic == IMAGE_MAGIC && h->layout == IMAGE_LAYOUT &&
           h->pointer_bytes == sizeof(void *) && h->head_sum == head_sum(h) &&
           h->base == IMAGE_ADDRESS && h->used <= IMAGE_BYTES_MAX &&
           (begins ? h->key_bytes >= key.n && h->key_bytes <= IMAGE_BYTES_MAX
                   : h->key_bytes == key.n) &&
           h->key_at == h->used && (uint64_t)st->st_size == IMAGE_HEADER + h->used + h->key_bytes &&
           h->root >= h->base && h->root < h->base + h->used;
}

/* Is the file ours alone? What it holds is used without further checks. */
static bool file_trusted(const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_uid == geteuid() && (st->st_mode & 022) == 0;
}

static int load_fd(struct image *im, int fd, struct span key, bool begins, const char *path,
                   struct err *e)
{
    struct image_header h;
    struct stat st;
    size_t bytes;
    void *p;

    if (fstat(fd, &st) != 0)
        return io_error(e, path, "stat");
    if (!file_trusted(&st))
        return err_set(e, ERR_CORRUPT, 0,
                       "%s: not used: it is no plain file that this user alone may write", path);
    if (pread(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h) || !head_good(&h, &st, key, begins))
        return err_set(e, ERR_NOTFOUND, 0, "%s: made from other sources", path);
    bytes = (size_t)(h.used + h.key_bytes);
    p = mmap((void *)IMAGE_ADDRESS, bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, fd,
             IMAGE_HEADER);
    if (p == MAP_FAILED)
        return io_error(e, path, "mmap");
    if (key.n > 0 && memcmp((uint8_t *)p + h.used, key.p, key.n) != 0) {
        MUST(munmap(p, bytes) == 0);
        return err_set(e, ERR_NOTFOUND, 0, "%s: made from other sources", path);
    }
    if (XXH3_64bits(p, (size_t)h.used) != h.sum) {
        MUST(munmap(p, bytes) == 0);
        return err_set(e, ERR_CORRUPT, 0, "%s: the checksum is wrong", path);
    }
    *im = (struct image){ .base = p,
                          .used = (size_t)h.used,
                          .cap = bytes,
                          .fixed = true,
                          .loaded = true,
                          .root = (uint8_t *)p + (h.root - h.base) };
    return ERR_OK;
}

static int load(struct image *im, struct span key, bool begins, const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* no waiting for a pipe */
    int rc;

    if (fd < 0)
        return err_set(e, ERR_NOTFOUND, 0, "%s: %s", path, strerror(errno));
    rc = load_fd(im, fd, key, begins, path, e);
    (void)close(fd); /* only read from */
    return rc;
}

int image_load(struct image *im, struct span key, const char *path, struct err *e)
{
    return load(im, key, false, path, e);
}

int image_load_trusted(struct image *im, struct span begin, const char *path, struct err *e)
{
    return load(im, begin, true, path, e);
}
