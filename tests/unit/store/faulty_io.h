/*
 * faulty_io.h - a struct io over the real one that counts its calls and makes one of them, or all
 * from one on, fail; or has only so much room; or leaves out every sync.
 *
 *   struct faulty f;
 *   faulty_init(&f);
 *   f.fail_at = 17; f.error = EIO; f.for_ever = true;
 *   ... &f.io ...
 *
 * Calls are numbered from 1, in all threads together. FAULTY_SHORT in place of an errno: the first
 * write from that call on writes half of its bytes. Fields may be changed while nothing is under
 * way.
 */
#ifndef FAULTY_IO_H
#define FAULTY_IO_H

#include <pthread.h>

#include "os/io.h"

#define FAULTY_CALL_TABLE(X)                                                                       \
    X(OPEN)                                                                                        \
    X(WRITEV)                                                                                      \
    X(PREAD)                                                                                       \
    X(SYNC)                                                                                        \
    X(SYNC_DIR)                                                                                    \
    X(RENAME)                                                                                      \
    X(UNLINK)                                                                                      \
    X(ALLOCATE)                                                                                    \
    X(STATVFS)

enum faulty_call {
#define X(name) FAULTY_##name,
    FAULTY_CALL_TABLE(X)
#undef X
        FAULTY_CALLS
};

#define FAULTY_SHORT   (-1)
#define FAULTY_LOG_MAX 4096u

struct faulty {
    struct io io;     /* hand out this */
    unsigned kinds;   /* 1u << FAULTY_WRITEV | ...: which are counted and may fail; all at first */
    uint64_t fail_at; /* 0: none */
    bool for_ever;
    int error;
    bool no_sync;    /* syncs do nothing: what they say is a lie */
    uint64_t room;   /* bytes that may still be written; UINT64_MAX at first */
    bool room_opens; /* without room, no file is made either */

    uint64_t calls; /* of the kinds */
    uint64_t failed;
    uint64_t count[FAULTY_CALLS];
    uint8_t log[FAULTY_LOG_MAX]; /* enum faulty_call of the first calls */
    pthread_mutex_t lock;
};

void faulty_init(struct faulty *f);

#endif
