/*
 * in_http.c - HTTP: what is sent to us as requests. Routes are in http_routes.c.
 *
 *   head ──▶ who is it, which route ──▶ body, in pieces ──inflate──▶ lines ──▶ route ──▶ intake
 *                                                                                │
 *   answer ◀── once everything is durable ◀──────────────────────────────────────┘
 *
 * A body is never collected: each line is taken in as it comes, so that an unfinished body of any
 * size costs no more than its last line. What was taken of a request that breaks is kept (it is
 * evidence), not acknowledged; it comes again and is marked, or, with a batch id, left out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "collect/http_own.h"

#define UNPACK_BYTES 65536u
#define UNPACKED_MAX ((uint64_t)1 << 30)
#define SLICE_BYTES  65536u
#define A_TURN_BYTES 4194304u /* unpacked, before others have their turn */
#define PACKED_PIECE 1024u    /* of a packed body at once: at most 1 MiB unpacked */

/* --- the tables ----------------------------------------------------------------------------- */

unsigned item_status(enum item i)
{
    static const unsigned status[] = {
#define X(name, status, text) status,
        ITEM_TABLE(X)
#undef X
    };

    return status[i];
}

const char *item_text(enum item i)
{
    static const char *const texts[] = {
#define X(name, status, text) text,
        ITEM_TABLE(X)
#undef X
    };

    return texts[i];
}

/* --- answering ------------------------------------------------------------------------------ */

void http_answer(struct http *h, unsigned status, const char *type, const char *fields,
                 struct span body)
{
    bool alive = h->keep_alive && !h->k->last && !h->k->c->draining;

    http_put_head(&h->k->out, status, type, body.n, alive, fields);
    if (!h->head_only)
        buf_add(&h->k->out, body);
}

static void answer_fault(struct http *h, unsigned status, const char *why)
{
    char body[256];
    int n = snprintf(
        body, sizeof(body), "{\"error\":{\"type\":\"%s\",\"reason\":\"%s\"},\"status\":%u}\n",
        status == 401 ? "security_exception" : "illegal_argument_exception", why, status);

    MUST(n > 0 && (size_t)n < sizeof(body));
    http_answer(h, status, "application/json",
                status == 401                    ? "WWW-Authenticate: Basic realm=\"canh\"\r\n"
                : status == 429 || status == 503 ? "Retry-After: 1\r\n"
                                                 : "",
                (struct span){ (const uint8_t *)body, (size_t)n });
}

static void drop_unpacker(struct http *h)
{
    if (h->z != NULL)
        (void)inflateEnd(h->z); /* Z_OK for a stream that was begun */
    free(h->z);
    h->z = NULL;
}

static void forget_line(struct http *h)
{
    struct collector *c = h->k->c;

    c->held -= h->line.cap;
    buf_release(&h->line);
}

static void undirty(struct http *h)
{
    struct conn **at = &h->k->c->batch_dirty;

    while (h->dirty && *at != NULL) {
        struct http *other = (*at)->state;

        if (other == h)
            *at = h->dirty_next;
        else
            at = &other->dirty_next;
        if (other == h)
            break;
    }
    h->dirty = false;
}

static void release_batch(struct http *h, bool whole)
{
    struct collector *c = h->k->c;

    if (!h->batch)
        return;
    undirty(h);
    batch_note(c->s.batches, h->id, c->s.lane, h->noted > h->skip ? h->noted : h->skip, whole,
               true);
    h->batch = false;
}

/* The request is over: ready for the next one. */
static void request_end(struct http *h)
{
    struct conn *k = h->k;
    bool alive = h->keep_alive && !k->last && !k->c->draining;

    drop_unpacker(h);
    forget_line(h);
    buf_release(&h->items);
    *h = (struct http){ .k = k };
    if (!k->certified)
        conn_is(k, source_by_address(k->c->senders, &k->peer), false);
    buf_init(&h->line, LIMIT_RECEIVED_BYTES);
    buf_init(&h->items, ITEMS_MAX);
    if (!alive)
        conn_end(k, true);
}

/* Refuse the request; what follows of it is not read. */
static void refuse(struct http *h, enum ledger_counter why, unsigned status, const char *text)
{
    if (h->refused)
        return;
    h->refused = h->k->polite = true;
    h->keep_alive = false;
    intake_refuse(h->k->c->intake, h->k->row, why, 1);
    answer_fault(h, status, text);
    conn_end(h->k, true);
    conn_write(h->k);
}

/* --- who is it ------------------------------------------------------------------------------ */

/* The secret in an Authorization field, into `room`: Basic's password, else what is behind the
 * scheme's name; ApiKey's is base64 of id:key, as a whole or its key. */
static struct span secret_of(struct span v, uint8_t *room, size_t bytes)
{
    size_t scheme = span_find(v, ' ');
    struct span name = { v.p, scheme }, rest = span_trim(span_from(v, scheme)), text;
    size_t n = 0, colon;

    if (!span_eq_nocase(name, SPAN_LIT("Basic")) && !span_eq_nocase(name, SPAN_LIT("ApiKey")))
        return rest;
    if (rest.n > bytes || !http_base64(rest, room, &n))
        return rest;
    text = (struct span){ room, n };
    colon = span_find(text, ':');
    return colon < n ? span_from(text, colon + 1) : text;
}

/* Our own sender, which has no token: it says so with one of its texts, and is on this machine
 * (whose address nobody else can have). */
static bool is_ours(const struct conn *k, struct span authorization)
{
    const struct span word = SPAN_LIT("Tracer ");
    struct socket_address here;

    return span_starts(authorization, word) &&
           intake_is_tracer(k->c->intake, k->input, span_from(authorization, word.n)) &&
           (socket_is_loopback(&k->peer) ||
            (socket_local(k->fd, &here, NULL) == ERR_OK && socket_same_host(&here, &k->peer)));
}

static bool know_sender(struct http *h, const struct http_request *r)
{
    struct conn *k = h->k;
    struct collector *c = k->c;
    struct span v = http_field(r, "Authorization", NULL);
    uint8_t room[1024];

    if (is_ours(k, v))
        return true;
    if (v.p != NULL && senders_have_tokens(c->senders)) {
        struct source *s = source_by_token(c->senders, secret_of(v, room, sizeof(room)));

        if (s == NULL) {
            refuse(h, LEDGER_refused_auth, 401, "the token is not known");
            return false;
        }
        conn_is(k, s, true);
    } else if (!k->proven && !socket_is_loopback(&k->peer) && !c->s.set->http_open) {
        refuse(h, LEDGER_refused_auth, 401, "a token is needed");
        return false;
    }
    if (k->source->set != NULL && k->source->set->disabled) {
        refuse(h, LEDGER_refused_disabled, 403, "this source is disabled");
        return false;
    }
    return true;
}

/* --- routes --------------------------------------------------------------------------------- */

static bool path_is(struct span path, const char *want)
{
    struct span w = span_of(want);
    size_t i = 0, k = 0;

    while (k < w.n) {
        size_t from = i;

        if (w.p[k] != '*') {
            if (i == path.n || path.p[i++] != w.p[k++])
                return false;
            continue;
        }
        if (++k == w.n)
            return i < path.n;
        while (i < path.n && path.p[i] != '/')
            i++;
        if (i == from)
            return false;
    }
    return i == path.n;
}

static bool method_is(struct span method, const char *want)
{
    struct span w = span_of(want);

    while (w.n > 0) {
        size_t n = span_find(w, '|');

        if (span_eq((struct span){ w.p, n }, method))
            return true;
        w = span_from(w, n < w.n ? n + 1 : n);
    }
    return false;
}

static const struct route *find_route(const struct http_request *r, bool *path_known)
{
    struct span path = r->path;

    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    *path_known = false;
    for (size_t i = 0; i < http_route_count; i++) {
        if (!path_is(path, http_routes[i].path))
            continue;
        *path_known = true;
        if (method_is(r->method, http_routes[i].method))
            return &http_routes[i];
    }
    return NULL;
}

/* --- the body ------------------------------------------------------------------------------- */

enum item http_record(struct http *h, struct span record, bool json)
{
    struct conn *k = h->k;
    struct collector *c = k->c;
    struct intake_from from = conn_from(k);
    enum intake_result result;

    if (h->item_count++ < h->skip) {
        intake_refuse(c->intake, k->row, LEDGER_repeated, 1);
        return ITEM_STORED;
    }
    if (h->first_hash == 0) {
        h->first_hash = resend_hash(k->row, record);
        h->resend = !h->batch && hash_ring_take(c->resends, h->first_hash);
    }
    if (h->resend) {
        from.flags |= LANE_RESEND;
        ledger_add(c->s.ledger, k->row, LEDGER_resent, 1);
    }
    result = intake_record(c->intake, &from, record, json);
    if (h->batch && !h->dirty) {
        h->dirty = true;
        h->dirty_next = c->batch_dirty;
        c->batch_dirty = k;
    }
    return result == INTAKE_STORED      ? ITEM_STORED
           : result == INTAKE_NO_MEMORY ? ITEM_MEMORY
                                        : ITEM_MALFORMED;
}

void http_batches(struct collector *c)
{
    uint8_t record[BATCH_RECORD_BYTES];

    while (c->batch_dirty != NULL) {
        struct http *h = c->batch_dirty->state;

        c->batch_dirty = h->dirty_next;
        h->dirty = false;
        h->noted = h->item_count;
        batch_record(record, h->id, h->item_count, h->step == HTTP_WAIT);
        (void)lane_record(c->lane, LANE_BATCHES, (struct span){ record, sizeof(record) });
    }
}

static void line_done(struct http *h, struct span line)
{
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    if (line.n > 0)
        h->route->line(h, line);
}

/* A line that no memory may be held for: its end is waited for without it. */
static void line_over(struct http *h)
{
    h->pieces = true;
    forget_line(h);
}

static bool line_keep(struct http *h, struct span part)
{
    struct collector *c = h->k->c;
    size_t before = h->line.cap;

    if (h->line.n + part.n > LIMIT_RECEIVED_BYTES)
        return false;
    if (h->line.n + part.n > h->line.cap && h->line.n + part.n > 4096 &&
        c->held + part.n + h->line.cap > COLLECT_HELD_BYTES) {
        refuse(h, LEDGER_refused_busy, 429, "no memory for so large a record now");
        return false;
    }
    buf_add(&h->line, part);
    c->held += h->line.cap - before;
    return !buf_failed(&h->line);
}

static void take_lines(struct http *h, struct span in)
{
    while (in.n > 0 && !h->refused) {
        size_t n = span_find(in, '\n');
        struct span part = { in.p, n };

        if (n == in.n) {
            if (!h->pieces && !line_keep(h, part))
                line_over(h);
            return;
        }
        if (h->pieces) {
            h->pieces = false;
            h->route->line(h, SPAN_NONE); /* too long */
        } else if (h->line.n == 0) {
            line_done(h, part);
        } else if (line_keep(h, part)) {
            line_done(h, buf_span(&h->line));
            buf_clear(&h->line);
        } else if (!h->refused) {
            line_over(h);
            h->pieces = false;
            h->route->line(h, SPAN_NONE);
        }
        if (h->line.n == 0 && h->line.cap > 4096)
            forget_line(h);
        in = span_from(in, n + 1);
    }
}

static void take_whole(struct http *h, struct span in)
{
    if (!h->pieces && !line_keep(h, in) && !h->refused)
        line_over(h);
}

static void take_unpacked(struct http *h, struct span in)
{
    if (h->route->line != NULL)
        take_lines(h, in);
    else if (h->route->whole != NULL)
        take_whole(h, in);
}

static void take_zipped(struct http *h, struct span in)
{
    uint8_t room[UNPACK_BYTES];
    int rc = Z_OK;

    h->z->next_in = (Bytef *)(uintptr_t)in.p; /* zlib does not write to it */
    h->z->avail_in = (uInt)in.n;
    h->packed += in.n;
    while (!h->refused && (h->z->avail_in > 0 || rc == Z_OK)) {
        if (h->unpacked_all)
            (void)inflateReset(h->z); /* another member behind (RFC 1952, 2.2); Z_OK as above */
        h->z->next_out = room;
        h->z->avail_out = sizeof(room);
        rc = inflate(h->z, Z_NO_FLUSH);
        if (rc == Z_BUF_ERROR)
            return;
        if (rc != Z_OK && rc != Z_STREAM_END) {
            refuse(h, LEDGER_refused_syntax, 400, "the body is not what Content-Encoding says");
            return;
        }
        h->unpacked_all = rc == Z_STREAM_END;
        h->unpacked += sizeof(room) - h->z->avail_out;
        if (h->unpacked > UNPACKED_MAX || (h->unpacked > LIMIT_RECEIVED_BYTES &&
                                           h->unpacked / (h->packed + 1) > LIMIT_ARCHIVE_RATIO)) {
            refuse(h, LEDGER_refused_length, 413, "the body unpacks to more than is taken");
            return;
        }
        take_unpacked(h, (struct span){ room, sizeof(room) - h->z->avail_out });
    }
}

/* "application/x-protobuf", whatever parameters follow. */
static bool is_protobuf(const struct http_request *r)
{
    struct span v = http_field(r, "Content-Type", NULL);

    if (v.p == NULL)
        return false;
    v.n = span_find(v, ';');
    v = span_trim(v);
    return span_eq_nocase(v, SPAN_LIT("application/x-protobuf")) ||
           span_eq_nocase(v, SPAN_LIT("application/protobuf"));
}

static bool begin_unpacker(struct http *h, const struct http_request *r)
{
    struct span v = http_field(r, "Content-Encoding", NULL);

    h->protobuf = is_protobuf(r);
    if (h->protobuf && h->route->packs_itself && v.p != NULL &&
        span_eq_nocase(v, SPAN_LIT("snappy")))
        return true; /* as Loki's bodies are, said or not */

    if (v.p == NULL || span_eq_nocase(v, SPAN_LIT("identity")))
        return true;
    if (!span_eq_nocase(v, SPAN_LIT("gzip")) && !span_eq_nocase(v, SPAN_LIT("deflate"))) {
        refuse(h, LEDGER_refused_unsupported, 415, "only gzip and deflate are unpacked");
        return false;
    }
    h->z = calloc(1, sizeof(*h->z));
    if (h->z == NULL || inflateInit2(h->z, 15 + 32) != Z_OK) {
        free(h->z);
        h->z = NULL;
        refuse(h, LEDGER_refused_busy, 429, "no memory now");
        return false;
    }
    return true;
}

/* --- a request ------------------------------------------------------------------------------ */

static bool refuse_stalled(struct http *h)
{
    if (h->k->c->stalled)
        refuse(h, LEDGER_refused_busy, 503, "the disk is full or does not keep up");
    return h->k->c->stalled;
}

static bool claim_batch(struct http *h, const struct http_request *r)
{
    struct collector *c = h->k->c;
    struct span v = http_field(r, "Canh-Batch", NULL);

    if (v.p == NULL)
        return true;
    h->id = batch_id(v);
    switch (batch_claim(c->s.batches, h->id, c->s.lane,
                        (uint32_t)(loop_now_ns(c->s.loop) / 1000000000), &h->skip)) {
    case BATCH_BUSY:
        refuse(h, LEDGER_refused_busy, 429, "this batch is being received");
        return false;
    case BATCH_WHOLE:
        h->skip = UINT32_MAX; /* nothing of it is stored again */
        return true;
    case BATCH_MINE:
        h->batch = true;
        return true;
    }
    return true;
}

static void begin_request(struct http *h, const struct http_request *r)
{
    struct collector *c = h->k->c;
    bool path_known;

    h->keep_alive = r->keep_alive;
    h->head_only = span_eq(r->method, SPAN_LIT("HEAD"));
    h->begun_ms = loop_ms(c->s.loop);
    h->route = find_route(r, &path_known);
    if (h->route == NULL) {
        refuse(h, LEDGER_refused_unsupported, path_known ? 405 : 404,
               path_known ? "not with this method" : "there is nothing here");
        return;
    }
    if (h->route->body) {
        if (!know_sender(h, r) || !begin_unpacker(h, r))
            return;
        if (refuse_stalled(h))
            return;
        if (!claim_batch(h, r))
            return;
    }
    http_body_begin(&h->body, r);
    h->step = HTTP_BODY;
    if (r->expect_continue) {
        buf_text(&h->k->out, "HTTP/1.1 100 Continue\r\n\r\n");
        conn_write(h->k);
    }
}

static void end_body(struct http *h)
{
    struct conn *k = h->k;

    if (h->z != NULL && h->packed > 0 && !h->unpacked_all) {
        refuse(h, LEDGER_refused_syntax, 400, "the body is not what Content-Encoding says");
        return;
    }
    if (h->pieces && h->route->line != NULL)
        h->route->line(h, SPAN_NONE);
    else if (h->route->line != NULL && h->line.n > 0)
        line_done(h, buf_span(&h->line));
    else if (h->route->whole != NULL)
        h->route->whole(h, h->pieces ? SPAN_NONE : buf_span(&h->line));
    if (h->refused || k->dead)
        return;
    h->step = HTTP_WAIT;
    if (h->batch && !h->dirty) {
        h->dirty = true;
        h->dirty_next = k->c->batch_dirty;
        k->c->batch_dirty = k;
    }
    conn_stop(k, true);
    if (h->item_count > 0 || h->batch) {
        h->group = conn_wait(k);
        h->awaits = true;
        collector_put(k->c);
        return;
    }
    h->route->answer(h);
    conn_write(k);
}

static int64_t take_head(struct http *h, struct span in)
{
    struct http_request r;
    unsigned status = 400;
    struct err why;
    int64_t used = http_head(in, &r, &status, &why);

    if (used == ERR_MORE)
        return 0;
    if (used < 0) {
        refuse(h, used == ERR_LIMIT ? LEDGER_refused_length : LEDGER_refused_syntax, status,
               "the request is malformed");
        return 0;
    }
    begin_request(h, &r);
    return used;
}

/* A packed body comes in small pieces, for little of it may become much. What frames the pieces is
 * whole in 16 of them. */
static int64_t next_piece(struct http *h, struct span in, struct span *piece, struct err *why)
{
    int64_t used = ERR_MORE;

    for (size_t n = PACKED_PIECE; h->z != NULL && n <= 16 * PACKED_PIECE && used == ERR_MORE;
         n *= 16) {
        if (n < in.n)
            used = http_body_next(&h->body, (struct span){ in.p, n }, piece, why);
    }
    return used == ERR_MORE ? http_body_next(&h->body, in, piece, why) : used;
}

/* What was unpacked is made durable, and others have their turn, before more of it is. */
static bool yields(struct http *h)
{
    if (h->z == NULL || h->step != HTTP_BODY || h->unpacked - h->yielded_at < A_TURN_BYTES)
        return false;
    h->yielded_at = h->unpacked;
    h->yielded = true;
    conn_stop(h->k, true);
    (void)conn_wait(h->k);
    return true;
}

static int64_t take_body(struct http *h, struct span in)
{
    struct span piece;
    struct err why;
    int64_t used;

    if (http_body_done(&h->body)) {
        end_body(h);
        return 0;
    }
    if (refuse_stalled(h))
        return 0;
    used = next_piece(h, in, &piece, &why);
    if (used == ERR_MORE)
        return 0;
    if (used < 0) {
        refuse(h, LEDGER_refused_syntax, 400, "the body is malformed");
        return 0;
    }
    if (piece.n > 0 && h->z != NULL)
        take_zipped(h, piece);
    else if (piece.n > 0)
        take_unpacked(h, piece);
    if (!h->refused && http_body_done(&h->body))
        end_body(h);
    return used;
}

static size_t http_take(struct conn *k, struct span in, bool last)
{
    struct http *h = k->state;
    size_t at = 0;

    while (!k->ending && !h->refused && !yields(h)) {
        enum http_step step = h->step;
        int64_t used = 0;

        if (step == HTTP_HEAD && at < in.n)
            used = take_head(h, span_from(in, at));
        else if (step == HTTP_BODY)
            used = take_body(h, span_from(in, at));
        at += (size_t)used;
        if (used == 0 && h->step == step)
            break;
    }
    h->head_begun = h->step == HTTP_HEAD && at < in.n;
    if (h->refused || k->ending)
        return in.n;
    if (h->yielded)
        return at;
    if (last && h->step <= HTTP_BODY) {
        if (h->step == HTTP_BODY || at < in.n)
            intake_refuse(k->c->intake, k->row, LEDGER_refused_syntax, 1);
        conn_end(k, false);
        return in.n;
    }
    collector_put(k->c);
    return at;
}

/* The answer was put; more of it may have to follow. */
static void http_drained(struct conn *k)
{
    struct http *h = k->state;

    if (h->step == HTTP_ITEMS) {
        if (http_items_put(h, &k->out)) {
            conn_write(k);
            return;
        }
        h->step = HTTP_WAIT;
    }
    if (h->step != HTTP_WAIT || h->awaits)
        return;
    request_end(h);
    if (k->dead || k->ending)
        return;
    conn_stop(k, false);
    conn_go_on(k);
}

static void http_durable(struct conn *k)
{
    struct http *h = k->state;

    if (h->yielded && !k->dead) {
        h->yielded = false;
        conn_stop(k, false);
        conn_go_on(k);
        return;
    }
    if (!h->awaits)
        return;
    if (h->group > lane_durable(k->c->lane)) {
        (void)conn_wait(k);
        return;
    }
    release_batch(h, h->step == HTTP_WAIT);
    h->awaits = false;
    if (k->dead)
        return;
    h->route->answer(h);
    conn_write(k);
}

static void http_begin(struct conn *k)
{
    struct http *h = k->state;

    h->k = k;
    buf_init(&h->line, LIMIT_RECEIVED_BYTES);
    buf_init(&h->items, ITEMS_MAX);
}

static void http_end(struct conn *k)
{
    struct http *h = k->state;

    if (h->first_hash != 0 && !h->batch && h->skip == 0)
        hash_ring_add(k->c->resends, h->first_hash); /* it was never answered */
    if (h->batch && h->item_count > h->skip) {
        /* The collector ends (else http_linger() had it wait): what it took in may not be durable.
         * The claim stays, as after a kill; who comes after us knows from the lane. */
        undirty(h);
        h->batch = false;
    }
    release_batch(h, false);
    drop_unpacker(h);
    forget_line(h);
    buf_release(&h->items);
}

static bool http_linger(struct conn *k)
{
    struct http *h = k->state;

    if (!h->batch || h->item_count <= h->skip)
        return false;
    h->group = lane_group(k->c->lane) - (lane_filling(k->c->lane) == 0);
    h->awaits = true;
    return true;
}

static bool http_begun(const struct conn *k)
{
    const struct http *h = k->state;

    return h->head_begun || h->step == HTTP_BODY || k->out_at < k->out.n;
}

static void http_over(struct conn *k)
{
    struct http *h = k->state;

    h->keep_alive = false;
    k->polite = true;
    answer_fault(h, 429, "no memory for so large a request now");
    conn_end(k, true);
    conn_write(k);
}

const struct protocol protocol_http = {
    .state_bytes = sizeof(struct http),
    .begin = http_begin,
    .take = http_take,
    .durable = http_durable,
    .drained = http_drained,
    .linger = http_linger,
    .end = http_end,
    .begun = http_begun,
    .over = http_over,
};

/* --- _bulk's answer ------------------------------------------------------------------------- */

static void put_item(const struct http *h, size_t i, struct buf *out)
{
    uint8_t code = h->items.p[i];
    enum item item = (enum item)(code % ITEMS);
    struct bulk_line b = { .action = (enum bulk_action)(code / ITEMS), .index = SPAN_LIT("canh") };

    if (i > 0)
        buf_byte(out, ',');
    bulk_put_item(out, &b, 0, item_status(item), item_text(item));
}

/* All items of one kind are of one length: measured once each. */
size_t http_items_bytes(const struct http *h)
{
    size_t each[ITEMS * BULK_ACTIONS] = { 0 }, sum = 0;
    struct buf b;

    buf_init(&b, SLICE_BYTES);
    for (size_t i = 0; i < h->items.n; i++) {
        size_t *bytes = &each[h->items.p[i]];

        if (*bytes == 0) {
            buf_clear(&b);
            put_item(h, i, &b);
            *bytes = b.n - (i > 0);
        }
        sum += *bytes + (i > 0);
    }
    buf_release(&b);
    return sum;
}

bool http_items_put(struct http *h, struct buf *out)
{
    if (h->items_at > h->items.n)
        return false;
    while (h->items_at < h->items.n && out->n < SLICE_BYTES)
        put_item(h, h->items_at++, out);
    if (h->items_at == h->items.n) {
        buf_text(out, "]}");
        h->items_at++;
    }
    return true;
}
