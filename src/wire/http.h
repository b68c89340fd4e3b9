/*
 * http.h - HTTP/1.1 requests (RFC 9110, 9112), read strictly: what two readers could understand
 * differently is refused (request smuggling), and nothing is guessed.
 *
 * Refused: bare CR or LF, obs-fold, blanks before a colon, control or non-ASCII bytes in names,
 * NUL anywhere, both Content-Length and Transfer-Encoding, two Content-Lengths (even equal), a
 * Content-Length that is not only digits, Transfer-Encoding other than exactly "chunked", chunked
 * in HTTP/1.0, two Hosts or none in 1.1, a target that is not origin-form or "*", an absolute or
 * authority form, a version other than 1.0 and 1.1, chunk sizes with signs, blanks or over 16
 * digits, chunk extensions over 256 bytes, trailers that are framing fields, heads over the limits.
 * Also refused: "*" without OPTIONS, CONNECT, bytes in a target that RFC 3986 does not have (a '%'
 * without two hex digits is one), a Content-Length with leading zeros, a Host that is no host and
 * port, an Expect other than 100-continue (417), an empty line before the request.
 *
 * Pure: a body is not collected but handed out in pieces as it comes. A fault is found at the same
 * byte however the bytes were cut into reads, and as early as its line allows.
 */
#ifndef HTTP_H
#define HTTP_H

#include "base/base.h"
#include "base/buf.h"

#define HTTP_HEAD_MAX    16384u
#define HTTP_FIELDS_MAX  64u
#define HTTP_TARGET_MAX  4096u
#define HTTP_TRAILER_MAX 4096u /* bytes of all trailers of a body */

struct http_field {
    struct span name, value; /* value without blanks at the ends */
};

struct http_request {
    struct span method, target; /* as sent */
    struct span path, query;    /* of the target, still percent-encoded; query without '?' */
    bool version_1_0;
    struct http_field fields[HTTP_FIELDS_MAX];
    uint32_t field_count;
    bool chunked;
    uint64_t content_length; /* 0 without one */
    bool has_length, keep_alive;
    bool expect_continue;
};

/* The head of a request. Bytes consumed (> 0), ERR_MORE, ERR_SYNTAX or ERR_LIMIT, with the status
 * to answer in *status (400, 413, 414, 431, 501, 505, ...). Spans point into `in`. */
int64_t http_head(struct span in, struct http_request *r, unsigned *status, struct err *e);

/* The value of a field, without regard to the case of its name; SPAN_NONE when it is absent. Given
 * several times: the first, and *many (may be NULL) is true. */
struct span http_field(const struct http_request *r, const char *name, bool *many);

/* A body of either framing, in pieces. With only `chunked` and `left` set it is at its start. */
struct http_body {
    bool chunked;
    uint8_t state;
    uint64_t left; /* of the body, or of the chunk */
    uint32_t trailer_bytes;
};
void http_body_begin(struct http_body *b, const struct http_request *r);
bool http_body_done(const struct http_body *b);

/* Take what stands at the front of `in`: bytes consumed (> 0) with *piece set (may be empty: only
 * framing was consumed), ERR_MORE, or ERR_SYNTAX / ERR_LIMIT (answer 400 to both). Not when it
 * is done (MUST). Bytes that were not consumed (an unfinished size line or trailer) come again. */
int64_t http_body_next(struct http_body *b, struct span in, struct span *piece, struct err *e);

/* Percent-decoded into `dst` (in.n bytes); false on a malformed escape or a NUL. */
bool http_decode(struct span in, uint8_t *dst, size_t *n);
/* The value of `name` in a query, still encoded; SPAN_NONE when absent. */
struct span http_query(struct span query, const char *name);

/* Base64 (RFC 4648, padded) into dst (in.n bytes): for Basic authorization. */
bool http_base64(struct span in, uint8_t *dst, size_t *n);

/* Status line and head of an answer with these further fields ("Name: value\r\n"...; may be "").
 * `body_bytes` SIZE_MAX: the body is chunked. `type` may be NULL. A status of 1xx gets nothing but
 * `fields`; 204 and 304 get no length. */
void http_put_head(struct buf *out, unsigned status, const char *type, size_t body_bytes,
                   bool keep_alive, const char *fields);
const char *http_reason(unsigned status);

/* --- for clients of our own server (commands, the tracer) ---------------------------------- */

struct http_answer {
    unsigned status;
    bool chunked, has_length;
    uint64_t content_length;
};
int64_t http_answer_head(struct span in, struct http_answer *a, struct err *e);

#endif
