/*
 * bulk.h - Elasticsearch's _bulk: lines of an action and, for index and create, a document.
 *
 *   {"index":{"_index":"logs","_id":"7"}}\n      {"create":{}}\n   update and delete are refused
 *   {"@timestamp":"...","message":"..."}\n
 *
 * Pure. A body may be cut anywhere between lines, as it arrives.
 */
#ifndef BULK_H
#define BULK_H

#include "base/base.h"
#include "base/buf.h"

enum bulk_action { BULK_INDEX, BULK_CREATE, BULK_UPDATE, BULK_DELETE, BULK_ACTIONS };

struct bulk_line {
    enum bulk_action action;
    struct span index, id; /* as written, still escaped; empty when absent */
};

/* An action line, without its line end. ERR_SYNTAX when it is none: not one object of one action
 * and one object, an index or id given twice, not UTF-8 or over 512 bytes. An id may be a number.
 * Other keys (routing, pipeline, ...) are passed over. */
int bulk_action(struct span line, struct bulk_line *b, struct err *e);
const char *bulk_action_name(enum bulk_action a);

/* One item of the answer: {"create":{"_index":"x","_id":"..","status":201,...}}. `number` makes an
 * id where the sender gave none. `why` with statuses of 400 and more. The index is written as it
 * is in *b: the caller may set it to that of the request's path. */
void bulk_put_item(struct buf *out, const struct bulk_line *b, uint64_t number, unsigned status,
                   const char *why);

#endif
