/*
 * stream.h - the bytes of one input, whatever they are wrapped in.
 *
 *   a file, "-" (standard input), "journal:" or "journal:FOLDER" (systemd's journal)
 *     └─ gzip, zstd, xz, bzip2, lz4: transparent, also one within another
 *     └─ zip, tar, 7z: several members, each with a name of its own ("a.zip/b.json")
 *          └─ a compressed member is opened too, LIMIT_ARCHIVE_DEPTH containers deep
 *   UTF-16 text becomes UTF-8, and a byte order mark is dropped.
 *
 * What a thing is, is told by its bytes and never by its name. Bytes come in one direction and in
 * bounded memory. An archive that unpacks to more than LIMIT_ARCHIVE_RATIO times its size, beyond
 * its first 256 MiB, is given up as a bomb: what came out until then is good.
 *
 * One thread at a time.
 */
#ifndef STREAM_H
#define STREAM_H

#include "base/base.h"

#define STREAM_HEAD_BYTES 4096u

struct stream;

struct stream_member {
    struct span name; /* as shown; lives until the stream is closed */
    struct span head; /* its first bytes, at most STREAM_HEAD_BYTES; until the next call */
    int64_t time_ns;  /* when it was last written, 0 when unknown */
};

/* ERR_IO when it cannot be opened. `path` is kept, not copied. */
int stream_open(struct stream **out, const char *path, struct err *e);
void stream_close(struct stream **s);

/*
 * Go to the next member; what is left of the one before is skipped. 1 and *m, 0 when there are no
 * more. A negative code is a fault of one member (ERR_LIMIT: nested too deep; ERR_CORRUPT; ERR_IO):
 * call again for the next one.
 */
int stream_member(struct stream *s, struct stream_member *m, struct err *e);

/* Up to `room` bytes of the member, those of `head` first. 0 at its end; a negative code when it
 * cannot be read further. */
int64_t stream_read(struct stream *s, uint8_t *dst, size_t room, struct err *e);

/* Bytes taken from the disk so far, and how many there are (0 when that cannot be known). */
uint64_t stream_taken(const struct stream *s);
uint64_t stream_size(const struct stream *s);

#endif
