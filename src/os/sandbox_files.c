/*
 * sandbox_files.c - folders, by Landlock (landlock(7)): what is below `read` can be read, what is
 * below `write` can be changed too, all else is as if it were another user's.
 *
 * Landlock grows; the kernel tells how far it got as a number, its ABI. Debian 12 has 2. What this
 * kernel lacks is left to the filter of system calls, and told.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/sandbox_own.h"

/* What later kernels take; Debian 12's header ends at ABI 2. */
struct ruleset {
    uint64_t files, net, scoped;
};

#define FILES_TRUNCATE  (UINT64_C(1) << 14)
#define FILES_DEVICES   (UINT64_C(1) << 15)
#define NET_BIND        (UINT64_C(1) << 0)
#define NET_CONNECT     (UINT64_C(1) << 1)
#define SCOPED_ABSTRACT (UINT64_C(1) << 0)
#define SCOPED_SIGNAL   (UINT64_C(1) << 1)

#define FILE_READ       (UINT64_C(0) | LANDLOCK_ACCESS_FS_READ_FILE)
#define FILE_WRITE      (FILE_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | FILES_TRUNCATE)
#define DIR_READ        (FILE_READ | LANDLOCK_ACCESS_FS_READ_DIR)
#define DIR_WRITE                                                                                  \
    (DIR_READ | FILE_WRITE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |      \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER)
#define ALL_FIRST ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1) /* ABI 1: every right up to this one */

/* What each ABI added, by what a person calls it. */
static const struct {
    int abi;
    const char *name;
    struct ruleset handled;
} abi_rows[] = {
    { 1, "files", { ALL_FIRST, 0, 0 } },
    { 2, "moves", { LANDLOCK_ACCESS_FS_REFER, 0, 0 } },
    { 3, "truncate", { FILES_TRUNCATE, 0, 0 } },
    { 4, "tcp", { 0, NET_BIND | NET_CONNECT, 0 } },
    { 5, "devices", { FILES_DEVICES, 0, 0 } },
    { 6, "scopes", { 0, 0, SCOPED_ABSTRACT | SCOPED_SIGNAL } },
};

static struct ruleset handled_of(int abi, unsigned may)
{
    struct ruleset r = { 0 };

    for (size_t i = 0; i < COUNT_OF(abi_rows) && abi_rows[i].abi <= abi; i++) {
        r.files |= abi_rows[i].handled.files;
        r.net |= abi_rows[i].handled.net;
        r.scoped |= abi_rows[i].handled.scoped;
    }
    if ((may & (SANDBOX_CONNECT_LOCAL | SANDBOX_CONNECT | SANDBOX_SPAWN)) != 0)
        r.net = 0;
    if ((may & (SANDBOX_CONNECT_LOCAL | SANDBOX_SPAWN)) != 0)
        r.scoped &= ~SCOPED_ABSTRACT; /* systemd may be told through such a socket */
    return r;
}

static int ruleset_make(const struct ruleset *r, int abi)
{
    /* A kernel refuses a longer form than it knows, unless the rest is zero; older ones need the
     * shorter one in any case. */
    size_t bytes = abi >= 6 ? sizeof(*r) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);

    return (int)syscall(SYS_landlock_create_ruleset, r, bytes, 0);
}

static int rule_add(int ruleset, const char *path, uint64_t file, uint64_t dir, struct err *e)
{
    struct landlock_path_beneath_attr rule = { 0 };
    struct stat st;
    int rc = ERR_OK;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return err_set(e, ERR_NOTFOUND, 0, "%.120s cannot be opened for the sandbox: %s.", path,
                       strerror(errno));
    if (fstat(rule.parent_fd, &st) == 0)
        rule.allowed_access = S_ISDIR(st.st_mode) ? dir : file;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        rc = err_set(e, ERR_IO, 0, "%.120s cannot be allowed in the sandbox: %s.", path,
                     strerror(errno));
    close(rule.parent_fd);
    return rc;
}

static int rules_add(const struct files_rules *f, const struct sandbox *s, uint64_t handled,
                     struct err *e)
{
    uint64_t run = (s->may & SANDBOX_SPAWN) != 0 ? LANDLOCK_ACCESS_FS_EXECUTE : 0;
    int rc = ERR_OK;

    for (size_t i = 0; s->read != NULL && s->read[i] != NULL && rc == ERR_OK; i++)
        rc =
            rule_add(f->fd, s->read[i], (FILE_READ | run) & handled, (DIR_READ | run) & handled, e);
    for (size_t i = 0; s->write != NULL && s->write[i] != NULL && rc == ERR_OK; i++)
        rc = rule_add(f->fd, s->write[i], FILE_WRITE & handled, DIR_WRITE & handled, e);
    return rc;
}

int files_rules_make(struct files_rules *f, const struct sandbox *s, int abi_max, struct err *e)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct ruleset r;
    int rc;

    *f = (struct files_rules){ .fd = -1 };
    if (abi <= 0 || abi_max <= 0) /* not built in, or not switched on */
        return ERR_OK;
    f->abi = abi < abi_max ? (int)abi : abi_max;
    r = handled_of(f->abi, s->may);
    f->fd = ruleset_make(&r, f->abi);
    if (f->fd < 0)
        return err_set(e, ERR_IO, 0, "Landlock refuses our rules: %s.", strerror(errno));
    rc = rules_add(f, s, r.files, e);
    if (rc != ERR_OK)
        files_rules_release(f);
    return rc;
}

void files_rules_release(struct files_rules *f)
{
    if (f->fd >= 0)
        close(f->fd);
    *f = (struct files_rules){ .fd = -1 };
}

bool files_rules_enter(const struct files_rules *f)
{
    return f->fd < 0 || syscall(SYS_landlock_restrict_self, f->fd, 0) == 0;
}

void files_rules_text(const struct files_rules *f, char *text, size_t bytes)
{
    const char *before = " (without ";
    size_t n;

    if (f->abi == 0) {
        (void)snprintf(text, bytes, "no landlock");
        return;
    }
    (void)snprintf(text, bytes, "landlock ABI %d", f->abi);
    for (size_t i = 0; i < COUNT_OF(abi_rows); i++) {
        n = strlen(text);
        if (abi_rows[i].abi > f->abi) {
            (void)snprintf(text + n, bytes - n, "%s%s", before, abi_rows[i].name);
            before = ", ";
        }
    }
    n = strlen(text);
    if (before[0] == ',')
        (void)snprintf(text + n, bytes - n, ")");
}
