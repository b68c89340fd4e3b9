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
