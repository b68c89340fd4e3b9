/*
 * process_memory.c - memory without a name that processes share; see process.h.
 *
 * Nobody can shorten such memory while another has it mapped: the size is sealed, and who maps a
 * descriptor that came from elsewhere looks for the seal first. Without it, the giver could make
 * the taker die by SIGBUS.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "os/file.h"
#include "os/process.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u /* Linux 6.3 */
#endif

#define SEALS_SIZE (F_SEAL_SHRINK | F_SEAL_GROW)

/* An empty one that nobody can execute, where the kernel knows of that. */
static int memory_new(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

    return fd >= 0 || errno != EINVAL ? fd : memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static int memory_fault(const char *name, int *fd, struct err *e)
{
    int why = errno;

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return err_set(e, why == ENOMEM || why == ENOSPC ? ERR_NOMEM : ERR_IO, 0,
                   "Memory to share (%.64s) cannot be had: %s.", name, strerror(why));
}

static bool write_all(int fd, struct span bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = span_from(bytes, (size_t)n);
    }
    return true;
}

int process_memory(const char *name, struct span bytes, int *fd, struct err *e)
{
    *fd = memory_new(name);
    if (*fd < 0 || !write_all(*fd, bytes) || lseek(*fd, 0, SEEK_SET) != 0 ||
        fcntl(*fd, F_ADD_SEALS, SEALS_SIZE | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return memory_fault(name, fd, e);
    return ERR_OK;
}

int process_shared(const char *name, size_t bytes, int *fd, void **at, struct err *e)
{
    *at = NULL;
    *fd = memory_new(name);
    if (*fd < 0 || ftruncate(*fd, (off_t)bytes) != 0 ||
        fcntl(*fd, F_ADD_SEALS, SEALS_SIZE | F_SEAL_SEAL) != 0)
        return memory_fault(name, fd, e);
    *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (*at != MAP_FAILED)
        return ERR_OK;
    *at = NULL;
    return memory_fault(name, fd, e);
}

int process_shared_map(int fd, size_t bytes, bool writable, void **at, struct err *e)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat st;

    *at = NULL;
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || fstat(fd, &st) != 0 ||
        (uint64_t)st.st_size < bytes)
        return err_set(e, ERR_SYNTAX, 0,
                       "A descriptor is no memory to share of %zu bytes, sealed in its size.",
                       bytes);
    *at = mmap(NULL, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
    if (*at != MAP_FAILED)
        return ERR_OK;
    *at = NULL;
    return err_set(e, ERR_NOMEM, 0, "Memory to share cannot be mapped: %s.", strerror(errno));
}

/* --- code ----------------------------------------------------------------------------------- */

#define MAPS_BYTES_MAX ((size_t)16 << 20)

/* A line of /proc/self/maps: "7f0000000000-7f0000010000 rwxp 00000000 00:00 0 PATH". */
static uintptr_t take_hex(struct span *s)
{
    uintptr_t v = 0;

    for (; s->n > 0 && ascii_hex(s->p[0]) >= 0; *s = span_from(*s, 1))
        v = v << 4 | (uintptr_t)ascii_hex(s->p[0]);
    return v;
}

static bool seal_line(struct span line)
{
    uintptr_t from = take_hex(&line), to;

    line = span_from(line, line.n > 0 ? 1 : 0);
    to = take_hex(&line);
    if (!span_starts(line, SPAN_LIT(" rwx")) && !span_starts(line, SPAN_LIT(" -wx")))
        return true;
    return mprotect((void *)from, to - from, PROT_READ | PROT_EXEC) == 0;
}

int process_code_seal(struct err *e)
{
    struct span rest;
    struct buf maps;
    int rc;

    buf_init(&maps, MAPS_BYTES_MAX + FILE_PATH_BYTES);
    rc = file_read("/proc/self/maps", MAPS_BYTES_MAX, &maps, NULL);
    if (rc != ERR_OK) {
        buf_release(&maps);
        return err_set(e, ERR_UNSUPPORTED, 0, "/proc/self/maps cannot be read.");
    }
    for (rest = buf_span(&maps); rest.n > 0 && rc == ERR_OK;) {
        size_t n = span_find(rest, '\n');

        if (!seal_line((struct span){ rest.p, n }))
            rc = err_set(e, ERR_IO, 0, "Code cannot be protected: %s.", strerror(errno));
        rest = span_from(rest, n < rest.n ? n + 1 : n);
    }
    buf_release(&maps);
    return rc;
}
