/*
 * data.h - real data for tests: the archives of ../shared/data, unpacked once below the build
 * folder.
 *
 * The data is not part of the repository. Where it is absent a test must say so and skip:
 *
 *     char dir[DATA_PATH];
 *     if (!data_unpack("sigma-regression.tar.xz", dir))
 *         skip();                   // data_unpack() has printed why
 *
 * The environment variable CANH_DATA names another folder with the same archives. Several tests
 * may unpack at the same time; each sees a whole folder or none.
 */
#ifndef DATA_H
#define DATA_H

#include "base/buf.h"

#define DATA_PATH 1024u

/* Unpack `archive` (its name in the data folder, any format of libarchive) unless that was done
 * before, and give the folder. False, with a line on stdout, when there is no such archive. */
bool data_unpack(const char *archive, char dir[DATA_PATH]);

/* Give each file in `archive` to `use`, whole in memory and in the archive's order: for data that
 * is too big to lie unpacked. The same answer as data_unpack(). */
typedef void data_use(void *own, const char *name, struct span bytes);
bool data_read(const char *archive, data_use *use, void *own);

struct data_list {
    char **paths; /* sorted */
    size_t count;
};

/* All files below `dir` whose name ends in `suffix`. */
void data_list(const char *dir, const char *suffix, struct data_list *out);
/* The archives of a folder in the data folder, as data_unpack() and data_read() name them. False,
 * with a line on stdout, when there is no such folder. */
bool data_archives(const char *folder, const char *suffix, struct data_list *out);

void data_list_release(struct data_list *l);

/* The whole file into `b`, which is cleared first; false (printed) when it cannot be read. */
bool data_load(const char *path, struct buf *b);

#endif
