/*
 * reader.h - the reader in a loop: follows files and the journal, and passes their blocks to
 * collector 0 (pass.h).
 *
 *   inotify, times ──▶ follow ────────┐
 *   journal's descriptor ──▶ journal ─┴─▶ in turn, while the window is open ──▶ socket
 *
 * The window: what was sent and is not durable is at most PASS_WINDOW_BYTES, or one block that is
 * larger, and at most READER_FLIGHT_MAX blocks. A new peer is a collector that was started again:
 * everything goes on from the checkpoints that it sends. A peer that breaks the form is left. The
 * keeper gives a new one when it starts either role again, and to nobody else; so a reader that is
 * without a peer for READER_ALONE_MS says so, and its role ends to be given one.
 *
 * inotify tells early what a scan every ten seconds would find too, so its limits lose nothing.
 */
#ifndef READER_H
#define READER_H

#include "collect/follow.h"
#include "collect/journal_follow.h"
#include "os/loop.h"

#define READER_FLIGHT_MAX 512u
#define READER_ALONE_MS   10000u /* longer than the keeper takes to start a collector again */

struct reader;

typedef void reader_notice_fn(void *arg, const char *sentence);

/* Nothing is followed yet. */
int reader_new(struct reader **out, struct loop *loop, reader_notice_fn *notice, void *arg,
               struct err *e);
void reader_free(struct reader **r);

/* What is followed, now or from now on. `journal` is a setting that needs a restart. */
int reader_settings(struct reader *r, const struct settings *s, struct err *e);

/* The socket to a collector; owned from here on. */
void reader_peer(struct reader *r, int fd);

/* Call this, with the argument of the notices, whenever there was no peer for so long. */
void reader_when_alone(struct reader *r, unsigned ms, void (*alone)(void *arg));

struct reader_counts {
    uint64_t sent, durable; /* blocks */
    uint64_t peers, broken; /* collectors talked to; left because they broke the form */
};

const struct reader_counts *reader_counts(const struct reader *r);
const struct follow *reader_follow(const struct reader *r);

/* The folders and files that reading needs, for the sandbox: at most `max` of them, as texts that
 * the caller frees. Returns how many; ERR_LIMIT or ERR_NOMEM. */
int reader_sandbox(const struct settings *s, char **paths, uint32_t max, struct err *e);

#endif
