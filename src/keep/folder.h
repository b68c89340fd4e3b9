/*
 * folder.h - the data folder as the keeper holds it: made, locked by one keeper at a time, with a
 * store's id that is made once.
 *
 * Nothing in it is opened by its whole path again once folder_open() is through: folders are held
 * as descriptors, and links are not followed, because a role that was taken over may write in some
 * of them.
 *
 * Started by root for another account (settings.user), the folder and the lanes stay root's and are
 * readable for the account's group: a role appends through the descriptor that it was given, and
 * can neither remove nor shorten what it has written. What roles write by name (rules, desk) is the
 * account's.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include "os/file.h"
#include "os/io.h"

#define FOLDER_LANES_MAX 16u

struct folder_lane {
    int dir;
    uint32_t next; /* number of the next segment */
};

struct folder {
    const struct io *io;        /* removes segments */
    char path[FILE_PATH_BYTES]; /* absolute */
    int dir, lock, rules;
    uint32_t uid, gid; /* of the account */
    bool give;         /* we are root, and roles are not */
    uint32_t lane_count;
    struct folder_lane lane[FOLDER_LANES_MAX];
};

/* Make what is not there and take the lock: ERR_LIMIT when another server has it. `user` may be
 * empty. What stands open after an error, folder_close() closes. */
int folder_open(struct folder *f, const char *path, const char *user, struct err *e);
void folder_close(struct folder *f);

/* Lanes 0..count-1, and those that are there already: *count may become more. */
int folder_lanes(struct folder *f, uint32_t *count, struct err *e);

/* A new segment of a lane, append-only; *error is the errno when it cannot be made. */
int folder_segment(struct folder *f, uint32_t lane, int *fd, uint32_t *number, int *error,
                   struct err *e);

/* Remove the segments of a lane below `number`, the oldest first, up to one that cannot be removed:
 * at any moment what is left is without a hole. Those that cannot be removed now are tried again
 * with the next call. The last one that was given out is never removed. Returns how many went, or
 * ERR_IO. */
int folder_segments_remove(const struct folder *f, uint32_t lane, uint32_t number, struct err *e);

/* Numbers of the generations of rules that are there, ascending; at most `max`, the newest. */
uint32_t folder_generations(const struct folder *f, uint64_t *number, uint32_t max);
int folder_generation_remove(const struct folder *f, uint64_t number, struct err *e);

#endif
