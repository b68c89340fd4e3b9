/*
 * catalog.h - which sealed files there are (sealed.h), by their names alone.
 *
 * What does not count is told apart: files whose run lies within another's of their folder and lane
 * (left over from merging), and files of a run whose other parts are missing. Only the newest run
 * of a lane can be such: of earlier ones retention may have removed parts, and the next run was
 * begun only when they were whole.
 */
#ifndef CATALOG_H
#define CATALOG_H

#include "base/arena.h"
#include "os/io.h"
#include "store/sealed.h"

enum catalog_state { CATALOG_COUNTS, CATALOG_MERGED, CATALOG_UNFINISHED };

struct catalog_file {
    int32_t day;
    uint16_t months;
    struct sealed_name name;
    enum catalog_state state;
};

struct catalog {
    struct arena mem;
    struct catalog_file *file; /* by lane, then first event, then last, day, months */
    uint32_t count;
    uint32_t strange; /* names in the folders that mean nothing to us */
};

void catalog_init(struct catalog *c);
void catalog_release(struct catalog *c);

#define CATALOG_FILES_MAX 4194304u

/* What is in DATA/sealed, whose descriptor `dir` is; what was read before is forgotten. ERR_IO,
 * ERR_NOMEM, ERR_LIMIT. */
int catalog_read(struct catalog *c, int dir, struct err *e);

/* The number behind the last sealed event of a lane; 0 when none is. */
uint64_t catalog_next(const struct catalog *c, uint32_t lane);

/* The folder of a file, opened; -1 with errno. */
int catalog_folder(int dir, int32_t day, uint16_t months);

#endif
