/*
 * http_own.h - a request on its way through in_http.c, as its routes see it. Private to
 * src/collect.
 */
#ifndef HTTP_OWN_H
#define HTTP_OWN_H

#include <zlib.h>

#include "collect/collect_own.h"
#include "wire/bulk.h"
#include "wire/http.h"

/*    result     status, what it says to a person */
#define ITEM_TABLE(X)                                                                              \
    X(STORED, 201, "")                                                                             \
    X(MALFORMED, 400, "not one JSON object")                                                       \
    X(UNSUPPORTED, 400, "only index and create are taken")                                         \
    X(DISABLED, 403, "this source is disabled")                                                    \
    X(LENGTH, 413, "longer than a record may be")                                                  \
    X(MEMORY, 429, "no memory now, try again")

enum item {
#define X(name, status, text) ITEM_##name,
    ITEM_TABLE(X)
#undef X
        ITEMS
};
unsigned item_status(enum item i);
const char *item_text(enum item i);

struct http;

struct route {
    const char *method; /* "GET|HEAD|..." */
    const char *path;   /* '*' stands for one or more path characters but '/', at
                           the end for anything */
    const char *help;
    bool body; /* records come with it: a sender must be known */
    void (*line)(struct http *h, struct span line);  /* each line of the body; NULL: not wanted */
    void (*whole)(struct http *h, struct span body); /* or the body as one, up to a record */
    void (*answer)(struct http *h);                  /* puts it into h->k->out */
    bool packs_itself;                               /* protobuf bodies are in snappy's blocks */
};
extern const struct route http_routes[];
extern const size_t http_route_count;

enum http_step { HTTP_HEAD, HTTP_BODY, HTTP_WAIT, HTTP_ITEMS };

#define ITEMS_MAX 1048576u /* of one request */

struct http {
    struct conn *k;
    const struct route *route;
    enum http_step step;
    bool head_begun, keep_alive, head_only, zipped, refused;
    uint32_t records; /* of a body that is taken as one and has many */
    bool undecodable; /* it is not what it says */
    bool pieces;      /* a line was too long: the rest of it is dropped */
    unsigned status;  /* to answer when it is not what the route says; 0 */
    char why[160];
    struct http_body body;
    z_stream *z;
    uint64_t unpacked, packed, yielded_at;
    bool protobuf;     /* the body's type says so */
    bool yielded;      /* the rest of the body is taken when others had their turn */
    bool unpacked_all; /* the packed body may end here: a member of it has */
    struct buf line;   /* the part of a line that has come */
    bool awaits;       /* the answer must wait ... */
    uint64_t group;    /* ... until this group is durable */
    uint64_t begun_ms;
    /* _bulk */
    bool document; /* the next line is one, for this action */
    struct bulk_line action;
    struct buf items; /* a byte each: action * ITEMS + item */
    uint32_t bad;     /* items that were not stored */
    size_t items_at;  /* answered so far */
    /* a batch with an id */
    bool batch;
    struct batch_id id;
    uint32_t skip;       /* items that are stored already */
    uint32_t item_count; /* seen, skipped ones too */
    uint32_t noted;      /* of them, told the lane */
    struct conn *dirty_next;
    bool dirty;
    uint64_t first_hash; /* of the first record, for resends */
    bool resend;
};

/* One record of the request, in its order. */
enum item http_record(struct http *h, struct span record, bool json);

/* An answer of one piece; `fields` as in http_put_head(). */
void http_answer(struct http *h, unsigned status, const char *type, const char *fields,
                 struct span body);

/* _bulk's answer leaves in parts: this much of it was put into `out`; false when it is complete. */
bool http_items_put(struct http *h, struct buf *out);
size_t http_items_bytes(const struct http *h);

#endif
