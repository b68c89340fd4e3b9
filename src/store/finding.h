/*
 * finding.h - one rule matched one event: the record that a collector puts into its lane and the
 * desk takes out. Unique by (rule id, rule hash, event id).
 *
 *   0  8  event: its sequence in this lane      24  1  level, enum sigma_level
 *   8  8  source time, ns                       25  1  flags
 *  16  8  rule hash                             26  2  0
 *  28  4  source number                         then the texts, each u32 bytes and the bytes:
 *                                               rule id, title, host, source name, json
 */
#ifndef STORE_FINDING_H
#define STORE_FINDING_H

#include "base/buf.h"

enum {
    FINDING_RECEIPT_TIME = 1u << 0,
    FINDING_TRACER = 1u << 1,
    FINDING_UNAUTHENTICATED = 1u << 2
};

struct stored_finding {
    uint64_t sequence, rule_hash;
    int64_t time_ns;
    uint32_t source;
    uint8_t level, flags;
    struct span rule, title, host, source_name;
    struct span json; /* the event and why, as `canh scan --format json` has them */
};

void stored_finding_put(struct buf *out, const struct stored_finding *f);
/* False when it is no whole record, or of no level. Spans point into it. */
bool stored_finding_read(struct span record, struct stored_finding *f);

#endif
