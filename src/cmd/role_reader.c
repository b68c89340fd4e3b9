/*
 * role_reader.c - the role READER: follows files and the journal (collect/reader.h).
 *
 * It may read what it follows: the folders themselves, and of a file or a pattern the folder that
 * holds it, for rotated files lie there. Landlock cannot be widened, so settings that name a path
 * outside of what the role entered with end it, and the keeper starts it again with the new ones;
 * what is not durable is read again.
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/roles.h"
#include "collect/reader.h"
#include "os/sandbox.h"

#define PATHS_MAX 1024u

struct role_reader {
    struct reader *reader;
    char *may_read[PATHS_MAX + 1]; /* NULL-terminated */
    uint32_t count;
};

static void notice(void *arg, const char *sentence)
{
    role_notice(arg, "%s", sentence);
}

static void alone(void *arg)
{
    role_notice(arg, "The reader starts again: it has no collector to talk to.");
    role_exit(arg, 0);
}

/* As many files as the system lets us have open; fewer are told by the follower. */
static void open_many(void)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_NOFILE, &l) != 0)
        return;
    l.rlim_cur = l.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &l); /* as above */
}

static int enter(struct role_self *self, char *level, struct err *e)
{
    struct role_reader *own = self->own;
    struct sandbox s = { .may = SANDBOX_FILES_READ | SANDBOX_INOTIFY,
                         .read = (const char *const *)own->may_read };
    int n = reader_sandbox(&self->settings, own->may_read, PATHS_MAX, e);

    if (n < 0)
        return n;
    own->count = (uint32_t)n;
    return role_sandbox(self, &s, level, e);
}

static int reader_open(struct role_self *self, struct err *e)
{
    struct role_reader *own = self->own;
    char level[SANDBOX_LEVEL_MAX] = "none";
    int rc;

    open_many();
    rc = reader_new(&own->reader, self->loop, notice, self, e);
    if (rc == ERR_OK)
        rc = enter(self, level, e);
    if (rc == ERR_OK)
        rc = reader_settings(own->reader, &self->settings, e);
    if (rc == ERR_OK) {
        reader_when_alone(own->reader, READER_ALONE_MS, alone);
        role_ready(self, level);
    }
    return rc;
}

/* Is the path one of those that may be read, or below one? */
static bool may_read(const struct role_reader *own, const char *path)
{
    for (uint32_t i = 0; i < own->count; i++) {
        size_t n = strlen(own->may_read[i]);

        if (strncmp(path, own->may_read[i], n) == 0 &&
            (path[n] == 0 || path[n] == '/' || (n == 1 && own->may_read[i][0] == '/')))
            return true;
    }
    return false;
}

static int reader_reload(struct role_self *self, const struct settings *next, uint64_t generation,
                         struct err *e)
{
    struct role_reader *own = self->own;
    char *need[PATHS_MAX];
    bool within = true;
    int n = reader_sandbox(next, need, PATHS_MAX, e);

    (void)generation; /* rules are nothing to the reader */
    if (n < 0)
        return n;
    for (int i = 0; i < n; i++) {
        within = within && may_read(own, need[i]);
        free(need[i]);
    }
    if (within)
        return reader_settings(own->reader, next, e);
    role_notice(self, "The reader starts again: it may not read all that is to be followed now.");
    role_exit(self, 0);
    return ERR_OK;
}

static void reader_hears_peer(struct role_self *self, int fd, enum role other)
{
    struct role_reader *own = self->own;

    (void)other; /* collector 0: there is no other */
    reader_peer(own->reader, fd);
}

static void reader_close(struct role_self *self)
{
    struct role_reader *own = self->own;

    reader_free(&own->reader);
    for (uint32_t i = 0; i < own->count; i++)
        free(own->may_read[i]);
    own->count = 0;
}

int role_reader(int argc, char **argv)
{
    static const struct role_handlers handlers = { .open = reader_open,
                                                   .on_reload = reader_reload,
                                                   .on_peer = reader_hears_peer,
                                                   .close = reader_close };
    struct role_reader *own = calloc(1, sizeof(*own));
    int code;

    if (own == NULL)
        return 1; /* the keeper tries again */
    code = role_main(ROLE_READER, &handlers, own, argc, argv);
    free(own);
    return code;
}
