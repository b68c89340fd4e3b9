/*
 * entity.h - what an event of an alert is about: host, users, addresses, files, domains, sessions.
 *
 * Out of the event as `canh scan --format json` has it (scan/output_json.c), or the summary of a
 * correlation (desk/results.c). Names of fields are Sigma's taxonomy and docs/taxonomy-names.md.
 *
 * Left out is what everybody has: accounts of the system and of machines, loopback and multicast
 * addresses, files below Windows and Program
 * Files. An account without a domain is one of its host; a host
 * that is named without a domain has that of the host which names it.
 */
#ifndef ENTITY_H
#define ENTITY_H

#include "base/base.h"
#include "base/buf.h"

#define ENTITIES_MAX 32u /* of an event */

#define MINUTE_NS    INT64_C(60000000000)

/*    kind     gap that still links   many: more others on a day (0: never)   has a risk of its own
 */
#define ENTITY_TABLE(X)                                                                            \
    X(HOST, "host", 240 * MINUTE_NS, 20, true) /* others: users who came in */                     \
    X(USER, "user", 60 * MINUTE_NS, 12, true)  /* others: hosts; and so on */                      \
    X(ADDRESS, "address", 60 * MINUTE_NS, 12, true)                                                \
    X(HASH, "hash", 60 * MINUTE_NS, 12, true)                                                      \
    X(DOMAIN, "domain", 60 * MINUTE_NS, 12, true)                                                  \
    X(LOGON, "logon", 720 * MINUTE_NS, 0, false)                                                   \
    X(PROCESS, "process", 720 * MINUTE_NS, 0, false)                                               \
    X(RULE, "rule", 720 * MINUTE_NS, 0, false)   /* on this host: it goes on */                    \
    X(PEOPLE, "people", INT64_MAX / 4, 0, false) /* somebody said so */

enum entity_kind {
#define X(id, name, gap, common, risk) ENTITY_##id,
    ENTITY_TABLE(X)
#undef X
        ENTITY_KINDS
};

struct entity_row {
    const char *name;
    int64_t gap_ns;
    uint32_t common;
    bool risk;
};
extern const struct entity_row entity_rows[ENTITY_KINDS];
enum entity_kind entity_kind_of(struct span name); /* ENTITY_KINDS: none */

struct entity {
    enum entity_kind kind;
    bool tried;         /* a user who did not come in: no user of the host */
    uint32_t at, bytes; /* in `text` */
};

struct tactic {
    uint8_t tactic; /* 0: none */
    char technique[16];
};

#define TACTICS_MAX 16u

struct entities {
    struct buf text; /* keys: act/key.h */
    struct entity of[ENTITIES_MAX];
    uint32_t count;
    struct tactic tactic[TACTICS_MAX];
    uint32_t tactic_count;
};

void entities_init(struct entities *x);
void entities_release(struct entities *x);
struct span entities_key(const struct entities *x, uint32_t i);

/* All that `json` says, which may be anything; `host`: the alert's, or empty. What does not fit is
 * left out. */
void entities_read(struct entities *x, struct span host, struct span json);

#endif
