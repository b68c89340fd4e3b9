/*
 * evtx_part.h - what the three parts of the EVTX reader share; nobody else includes it.
 *
 *   evtx.c       file header, chunk, finding the next whole record
 *   evtx_plan.c  binary XML -> plan (compile); plans of this chunk by their place
 *   evtx_run.c   plan + values of one record -> fields
 *
 * Offsets are relative to the chunk and checked against its bytes before each use. A plan belongs
 * to (offset, place in the document): where a template is used inside <EventData> its elements
 * mean something else than inside <UserData>.
 */
#ifndef EVTX_PART_H
#define EVTX_PART_H

#include "wire/evtx.h"

/* Limits of work and memory for one chunk. Honest chunks stay below a tenth of each. */
enum {
    EVTX_PLAN_BYTES_MAX = 1024 * 1024, /* binary XML compiled a chunk: 16 times its size */
    EVTX_PLAN_MEM_MAX = 16 * 1024 * 1024,
    EVTX_PLANS_MAX = 1536,      /* a chunk */
    EVTX_PLAN_SLOTS = 2048,     /* power of two above it */
    EVTX_OPS_MAX = 4096,        /* of one plan: twice LIMIT_FIELDS */
    EVTX_NAME_SLOTS = 256,      /* names decoded last, by offset */
    EVTX_VALUES_MAX = 16384,    /* descriptors of 4 bytes that fit into a chunk */
    EVTX_RECORD_STEPS = 32768,  /* plan lines and array members a record */
    EVTX_CHUNK_STEPS = 1 << 20, /* a chunk */
    EVTX_CHUNK_VALUE_BYTES = 4 << 20,
};

#define EVTX_NO_VALUE 0xFFFFu

/* Where in the document we are: decides what an element's name means. */
enum evtx_place {
    PLACE_TOP,
    PLACE_EVENT,
    PLACE_SYSTEM,
    PLACE_EVENT_DATA,
    PLACE_USER_DATA, /* directly below <UserData>: the wrapper is no field */
    PLACE_USER,      /* inside the wrapper */
    PLACE_RENDERING,
    PLACE_ERROR,
    PLACE_OTHER,
};

/* Text, or the value to put here. */
struct evtx_piece {
    const struct evtx_piece *next;
    struct span text;
    uint16_t value; /* EVTX_NO_VALUE: it is text */
};

enum evtx_op_kind {
    OP_EMPTY, /* the name alone */
    OP_TEXT,
    OP_VALUE,
    OP_JOIN, /* text and values mixed */
};

enum {
    OP_DROP_NULL = 1u << 0, /* an attribute or a container: no field without a value */
};

/* One line of a plan. */
struct evtx_op {
    struct span name;
    union {
        struct span text;                /* OP_TEXT */
        const struct evtx_piece *pieces; /* OP_JOIN */
    };
    uint16_t value;      /* OP_VALUE */
    uint16_t name_value; /* EVTX_NO_VALUE, or the value that is the name */
    uint8_t kind;        /* enum evtx_op_kind */
    uint8_t inside;      /* enum evtx_place of XML in the value */
    uint8_t flags;
};

struct evtx_plan {
    struct evtx_op *ops;
    uint32_t count;
    uint32_t at, end; /* where its XML lies */
    uint8_t place;
    bool bare;       /* elements without dependency id: XML that is a value */
    const char *why; /* not NULL: broken behind the last line, the lines before are good */
    uint32_t why_at;
    enum err_code code;
};

/* One substitution value of a template instance. */
struct evtx_value {
    const uint8_t *p;
    uint16_t n;
    uint8_t type;
};

struct evtx_name {
    uint32_t at; /* 0: free, for no name lies there */
    uint32_t bytes;
    struct span text;
};

struct evtx_frame {
    struct span element; /* its own name */
    struct span name;    /* the field's */
    const struct evtx_rule *rule;
    struct evtx_piece *first, *last;
    uint16_t name_value;
    bool attributes, children;
};

struct evtx {
    struct span chunk;
    size_t at, end; /* next record; end of the records */
    uint64_t id, filetime;
    uint32_t flags;
    uint32_t plan_count;
    size_t plan_bytes; /* compiled in this chunk */
    size_t steps, value_bytes;
    struct arena mem; /* plans, names */
    uint32_t crc[256];
    struct evtx_plan *plans[EVTX_PLAN_SLOTS];
    struct evtx_name names[EVTX_NAME_SLOTS];
    struct evtx_frame frames[LIMIT_DEPTH];
    struct evtx_op ops[EVTX_OPS_MAX];
    struct evtx_value values[EVTX_VALUES_MAX];
};

static inline uint16_t evtx_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t evtx_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t evtx_u64(const uint8_t *p)
{
    return (uint64_t)evtx_u32(p) | (uint64_t)evtx_u32(p + 4) << 32;
}

/* Forget the plans of the chunk before. */
void evtx_plan_reset(struct evtx *x);

/* The plan for the XML at [at, end) of the chunk. Never fails but for lack of memory or over the
 * chunk's limits (NULL, *e says which); a plan of broken XML has `why`. */
const struct evtx_plan *evtx_plan_get(struct evtx *x, struct evtx_plan key, struct err *e);

/* Fill *r from the binary XML at [at, end) of the chunk. ERR_OK or a negative code. */
int evtx_run(struct evtx *x, size_t at, size_t end, struct rec *r, struct err *e);

#endif
