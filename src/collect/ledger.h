/*
 * ledger.h - the counts of one collector, in memory that it shares with those who show them.
 *
 *   received = stored + joined + repeated + refused + dropped (by reason) + in flight, in wire
 * records stored   = matched
 *
 * One row for each pair of input and source. The memory belongs to the lane and outlives the
 * process: what a dead collector had received and not stored is counted as dropped (crash) by the
 * next one. Only the collector writes; each number is one aligned atomic word. Readers trust
 * nothing in it: counts of rows are clamped, texts are bounded.
 *
 * Sources that nobody configured are entered as they come, by address, up to LEDGER_ROWS; later
 * ones share the row "other" of their input.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdatomic.h>

#include "base/base.h"
#include "store/lane.h"

#define LEDGER_ROWS     2048u
#define LEDGER_NAME_MAX 64u
#define LEDGER_VIEWS    4096u /* later views of the taxonomy are not noted */

/*    input        name          acknowledged by the protocol */
#define INPUT_TABLE(X)                                                                             \
    X(SYSLOG_UDP, "syslog-udp", 0)                                                                 \
    X(SYSLOG_TCP, "syslog-tcp", 0)                                                                 \
    X(SYSLOG_TLS, "syslog-tls", 0)                                                                 \
    X(RELP, "relp", 1)                                                                             \
    X(HTTP, "http", 1)                                                                             \
    X(HTTPS, "https", 1)                                                                           \
    X(FILES, "files", 1)                                                                           \
    X(JOURNAL, "journal", 1)

enum input {
#define X(id, name, acked) INPUT_##id,
    INPUT_TABLE(X)
#undef X
        INPUTS
};
const char *input_name(enum input i);

/*    counter          help */
#define LEDGER_TABLE(X)                                                                            \
    X(received, "wire records read from senders")                                                  \
    X(stored, "of them, durable")                                                                  \
    X(matched, "of these, tried against all rules")                                                \
    X(bytes, "of the records received")                                                            \
    X(joined, "records that became part of an event of several")                                   \
    X(findings, "findings made")                                                                   \
    X(plain, "stored as text: of no known format")                                                 \
    X(unparsed, "stored as text: their reader refused them")                                       \
    X(unclassed, "stored, of a source that the taxonomy does not know")                            \
    X(untimed, "findings for which receipt time stands in")                                        \
    X(resent, "marked as likely sent before")                                                      \
    X(repeated, "not stored again: their batch was")                                               \
    X(tracers, "our own, counted nowhere else")                                                    \
    X(connections, "opened")                                                                       \
    X(refused_length, "refused: longer than a record may be")                                      \
    X(refused_syntax, "refused: not what the protocol says")                                       \
    X(refused_auth, "refused: no or a wrong token or certificate")                                 \
    X(refused_disabled, "refused: the source is disabled")                                         \
    X(refused_busy, "refused for now: answered 429 or not accepted")                               \
    X(refused_unsupported, "refused: an action that we do not have")                               \
    X(dropped_memory, "dropped: no memory")                                                        \
    X(dropped_crash, "dropped: read, not durable when a collector died; not acknowledged")         \
    X(dropped_disk, "dropped: the disk was full or failed; not acknowledged")                      \
    X(faults_begin, "connections ended: did not finish what they began in time")                   \
    X(faults_idle, "connections ended: silent")                                                    \
    X(faults_tls, "handshakes that failed")                                                        \
    X(faults_limit, "connections refused: too many")                                               \
    X(last_ms, "when it was last heard, ms since 1970")

enum ledger_counter {
#define X(name, help) LEDGER_##name,
    LEDGER_TABLE(X)
#undef X
        LEDGER_COUNTERS
};
const char *ledger_counter_name(enum ledger_counter c);
const char *ledger_counter_help(enum ledger_counter c);

/* What closes a received record: the rest is in flight. */
#define LEDGER_CLOSING(X)                                                                          \
    X(stored)                                                                                      \
    X(joined)                                                                                      \
    X(repeated)                                                                                    \
    X(refused_length)                                                                              \
    X(refused_syntax)                                                                              \
    X(refused_auth)                                                                                \
    X(refused_disabled)                                                                            \
    X(refused_busy)                                                                                \
    X(refused_unsupported)                                                                         \
    X(dropped_memory)                                                                              \
    X(dropped_crash)                                                                               \
    X(dropped_disk)

/* Of the whole collector. */
#define BOARD_TABLE(X)                                                                             \
    X(segment, "durable up to: segment")                                                           \
    X(segment_bytes, "bytes of it")                                                                \
    X(sequence, "number of the next event there")                                                  \
    X(commits, "groups made durable")                                                              \
    X(commit_us, "spent waiting for the disk, us")                                                 \
    X(commit_max_us, "the longest of them, us")                                                    \
    X(in_flight, "records read, not durable yet")                                                  \
    X(connections, "open")                                                                         \
    X(generation, "of rules in force")                                                             \
    X(kernel_drops, "datagrams that the kernel dropped at our UDP sockets")                        \
    X(kernel_received, "datagrams that reached us")                                                \
    X(disk_full, "1: nothing can be written")                                                      \
    X(beat_ms, "monotonic ms of the last round of the loop")                                       \
    X(rss_bytes, "memory resident")                                                                \
    X(cpu_us, "processor time used")                                                               \
    X(starts, "times that this collector was started")                                             \
    X(regexes, "regular expressions of the rules in force")                                        \
    X(regexes_machine, "of them, machine code; the others came by a reload and are interpreted")   \
    X(distrust, "1: a write or sync failed; what lies behind the durable place is not believed")

enum board_counter {
#define X(name, help) BOARD_##name,
    BOARD_TABLE(X)
#undef X
        BOARD_COUNTERS
};
const char *board_counter_name(enum board_counter c);
const char *board_counter_help(enum board_counter c);

struct ledger_row {
    _Atomic uint32_t state; /* 0 free, 1 in use */
    uint8_t input;          /* enum input */
    uint8_t authenticated, configured;
    uint8_t months;             /* that its events are kept; 0: not said yet */
    char name[LEDGER_NAME_MAX]; /* ends with a zero byte */
    _Atomic uint64_t count[LEDGER_COUNTERS];
};

struct ledger {
    uint32_t magic, version, lane, zero;
    _Atomic uint64_t place_round; /* odd while segment, segment_bytes, sequence change */
    _Atomic uint64_t board[BOARD_COUNTERS];
    struct ledger_row row[LEDGER_ROWS];
    /* When an event of each view of the taxonomy last came, s since 1970; of BOARD_generation's. */
    _Atomic uint32_t view_s[LEDGER_VIEWS];
};

/* Fresh memory (zeroed) made ready, or an earlier collector's taken over as it is. */
int ledger_begin(struct ledger *g, uint32_t lane, struct err *e);

/* The row of this source; made when new. Never fails: "other" at the worst. */
uint32_t ledger_row(struct ledger *g, enum input input, struct span name, bool authenticated,
                    bool configured);

static inline void ledger_add(struct ledger *g, uint32_t row, enum ledger_counter c, uint64_t n)
{
    _Atomic uint64_t *at = &g->row[row].count[c];

    /* One writer: no need for a locked instruction. Readers see counts in the order in which they
     * were made, which is what lets them tell a difference from a moment. */
    atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) + n,
                          memory_order_release);
}

static inline void ledger_view(struct ledger *g, uint32_t view, uint32_t now_s)
{
    if (view < LEDGER_VIEWS &&
        atomic_load_explicit(&g->view_s[view], memory_order_relaxed) != now_s)
        atomic_store_explicit(&g->view_s[view], now_s, memory_order_relaxed);
}

/* Other rules: views have other numbers. Before BOARD_generation says so. */
void ledger_forget_views(struct ledger *g);

static inline void board_set(struct ledger *g, enum board_counter c, uint64_t v)
{
    atomic_store_explicit(&g->board[c], v, memory_order_release);
}

static inline uint64_t board_get(const struct ledger *g, enum board_counter c)
{
    return atomic_load_explicit(&g->board[c], memory_order_relaxed);
}

static inline void board_add(struct ledger *g, enum board_counter c, uint64_t n)
{
    board_set(g, c, board_get(g, c) + n);
}

/* received - LEDGER_CLOSING of a row: what is in flight, or was lost. */
uint64_t ledger_open(const struct ledger *g, uint32_t row);

/* What a dead collector left open, as dropped (crash). */
void ledger_crashed(struct ledger *g);

/* --- readers ------------------------------------------------------------------------------ */

void ledger_publish(struct ledger *g, struct lane_place p);
struct lane_place ledger_place(const struct ledger *g);
/* Has a collector of this lane told its place at all? {0} is then a lane without any segment. */
bool ledger_published(const struct ledger *g);

/* A row as a consistent copy of its own; false when it is not in use. */
struct ledger_copy {
    enum input input;
    bool authenticated, configured;
    char name[LEDGER_NAME_MAX];
    uint64_t count[LEDGER_COUNTERS];
};
bool ledger_copy(const struct ledger *g, uint32_t row, struct ledger_copy *to);

#endif
