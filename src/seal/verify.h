/*
 * verify.h - is the store as it was written? Reads all of it and believes nothing:
 *
 *   - every byte of every sealed file is under a check that holds (store/sealed.h);
 *   - the events of each block, hashed again, are the leaves of its roots; its roots continue the
 *     tree of its stream, from the first file on, and the tree that the file says is that tree;
 *   - what the lanes hold goes on where the sealed files end, without a gap;
 *   - the ledger is sound (ledger/verdict.h), each tree has the roots that were signed, and none is
 *     shorter than it was; what is not there any more was recorded when it went;
 *   - the rules and settings that were signed are kept, and the rules in force are those that were
 *     signed last; so are the counts, by the hour;
 *   - the index of words leaves out no word of an event;
 *   - the tallies of files are those of their events, as far as that can be told: sources and
 * inputs always, other names where there is a tallier of the same reading (figures/tallier.h);
 *   - runs follow one another without a gap, and a run's files hold all of its events.
 *
 * Behind a fault a stream is taken up again where a file says what it is, so that one fault does
 * not hide another. What was done behind the last checkpoint that somebody else has seen, an
 * anchor, cannot be seen in the store alone: docs/ledger.md says what is promised.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include "figures/tallier.h"
#include "ledger/links.h"
#include "os/io.h"
#include "seal/signed.h"
#include "store/sealed.h"

/*    fault      what it means, and where: a path in the data folder, and a place in it */
#define VERIFY_FAULT_TABLE(X)                                                                      \
    X(NOLEDGER, "there is no ledger")                                                              \
    X(NAMES, "there are names in sealed/ that are none of ours")                                   \
    X(FILE, "a sealed file cannot be read: head, foot, directory or streams do not check")         \
    X(STORE, "a sealed file is of another store")                                                  \
    X(FOLDER, "a sealed file belongs into another folder")                                         \
    X(BYTES, "bytes of a sealed file are not under a hash that holds, from this one on")           \
    X(BLOCK, "a block cannot be read")                                                             \
    X(COUNT, "a block holds another number of events than its head says")                          \
    X(EVENT, "an event is not what its block's head says of all of them")                          \
    X(PLACE, "a block begins elsewhere in its stream than the events before it end")               \
    X(ROOTS, "the events of a block are not those that its roots were made of")                    \
    X(WORDS, "the index leaves out words of a block")                                              \
    X(TALLY, "the tallies of a file are not those of its events")                                  \
    X(TREE, "what a file says of its stream is not what its events and those before make")         \
    X(CLASSES, "a lane has more classes than there can be")                                        \
    X(GONE, "a file that retention took, and that is still there, is not what it took")            \
    X(RUN, "the files of a run do not hold all of its events")                                     \
    X(MISSING, "events are missing")                                                               \
    X(TWICE, "events are there twice")                                                             \
    X(SEGMENT, "a segment of a lane does not check as far as it once counted")                     \
    X(SOURCE, "an event is of a source that its lane does not name")                               \
    X(SIGNED, "events are not those that were signed")                                             \
    X(END, "events that were signed are missing at the end of a stream")                           \
    X(TEXT, "a text that a checkpoint signed is not there, or is another")                         \
    X(RULES, "the rules that are loaded are not those that were signed last")                      \
    X(RECORD, "the desk's record is not what was signed of it")                                    \
    X(ROW, "a row of the database is not as its last line in the record says")

enum verify_fault {
#define X(name, text) VERIFY_##name,
    VERIFY_FAULT_TABLE(X)
#undef X
};

struct verify_counts {
    uint64_t files, blocks, events; /* sealed, that were read */
    uint64_t lane_events;           /* not sealed yet */
    uint64_t checkpoints;           /* of the ledger */
    uint64_t not_signed;            /* events that came after the last */
    uint64_t faults;
    /* Of sealed files and lanes: read, and there are. What a server that runs adds, and has to be
     * read, is added to all; nothing is more than all. */
    uint64_t bytes, bytes_all, files_all;
    /* The last checkpoint: an anchor for the next time. Nothing when there is none. */
    uint64_t last;
    struct merkle_hash last_hash;
};

struct verify_from {
    const struct io *io;
    const char *data;        /* path of the data folder */
    uint8_t root[KEY_BYTES]; /* the public root key, kept elsewhere */
    const struct links_anchor *anchors;
    uint32_t anchor_count;
    /* A fault: its name in VERIFY_FAULT_TABLE, or the ledger's verdict (ledger/links.h); where, and
     * what, in a sentence. Names and places are those that tools/verify.py tells. */
    void (*fault)(void *arg, const char *name, const char *where, const char *what);
    /* The desk's record, whose head each checkpoint holds (db/record.h): laid against it by who
     * knows the database. NULL: it is not looked at. */
    int (*record)(void *arg, const struct signed_texts *heads, struct err *e);
    struct tallier *tallier; /* may be NULL */
    /* Now and then, a block or some frames apart, with how much has been done: false ends it. May
     * take its time; may be NULL. */
    bool (*go_on)(void *arg, const struct verify_counts *c);
    void *arg;
};

/* ERR_OK when it was looked at, whatever was found; ERR_MORE when it was ended; ERR_NOTFOUND,
 * ERR_IO, ERR_NOMEM. */
int verify_store(const struct verify_from *from, struct verify_counts *counts, struct err *e);

#endif
