/*
 * http_routes.c - what HTTP senders may ask for: a table. Shippers that were written for
 * Elasticsearch work unchanged: they ask who we are, whether licences and templates are there, and
 * then send _bulk. A new way in is a row and its functions.
 */
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "collect/http_own.h"
#include "collect/loki.h"
#include "wire/json_walk.h"
#include "wire/protobuf.h"

#define PRODUCT "X-elastic-product: Elasticsearch\r\n"

static void answer_json(struct http *h, unsigned status, struct span body)
{
    http_answer(h, status, "application/json", PRODUCT, body);
}

/* --- who we are ----------------------------------------------------------------------------- */

static void answer_root(struct http *h)
{
    char body[512];
    int n = snprintf(body, sizeof(body),
                     "{\"name\":\"canh\",\"cluster_name\":\"canh\",\"cluster_uuid\":\"canh\","
                     "\"version\":{\"number\":\"%.32s\",\"build_flavor\":\"default\","
                     "\"build_type\":\"deb\",\"lucene_version\":\"9.7.0\","
                     "\"minimum_wire_compatibility_version\":\"7.17.0\","
                     "\"minimum_index_compatibility_version\":\"7.0.0\"},"
                     "\"tagline\":\"You Know, for Search\"}\n",
                     h->k->c->s.set->elastic_version);

    MUST(n > 0 && (size_t)n < sizeof(body));
    answer_json(h, 200, (struct span){ (const uint8_t *)body, (size_t)n });
}

static void answer_license(struct http *h)
{
    answer_json(h, 200,
                SPAN_LIT("{\"license\":{\"status\":\"active\",\"uid\":\"canh\",\"type\":\"basic\","
                         "\"mode\":\"basic\"}}\n"));
}

static void answer_health(struct http *h)
{
    answer_json(h, 200, SPAN_LIT("{\"cluster_name\":\"canh\",\"status\":\"green\"}\n"));
}

static void answer_empty(struct http *h)
{
    answer_json(h, 200, SPAN_LIT("{}\n"));
}

static void answer_acknowledged(struct http *h)
{
    answer_json(h, 200, SPAN_LIT("{\"acknowledged\":true}\n"));
}

/* --- _bulk ---------------------------------------------------------------------------------- */

static void bulk_item(struct http *h, enum item item)
{
    if (h->items.n == ITEMS_MAX) {
        h->bad++;
        return; /* the whole is answered 413 */
    }
    buf_byte(&h->items, (uint8_t)(h->action.action * ITEMS + item));
    h->bad += item != ITEM_STORED;
}

static void bulk_action_line(struct http *h, struct span line)
{
    struct err why;

    h->action = (struct bulk_line){ .action = BULK_INDEX };
    if (line.n == 0 || bulk_action(line, &h->action, &why) != ERR_OK) {
        intake_refuse(h->k->c->intake, h->k->row, LEDGER_refused_syntax, 1);
        h->item_count++;
        bulk_item(h, ITEM_MALFORMED);
        return;
    }
    if (h->action.action == BULK_DELETE) {
        intake_refuse(h->k->c->intake, h->k->row, LEDGER_refused_unsupported, 1);
        h->item_count++;
        bulk_item(h, ITEM_UNSUPPORTED);
        return;
    }
    h->document = true;
}

static void bulk_line(struct http *h, struct span line)
{
    if (!h->document) {
        bulk_action_line(h, line);
        return;
    }
    h->document = false;
    if (line.n == 0) {
        intake_refuse(h->k->c->intake, h->k->row, LEDGER_refused_length, 1);
        h->item_count++;
        bulk_item(h, ITEM_LENGTH);
    } else if (h->action.action == BULK_UPDATE) {
        intake_refuse(h->k->c->intake, h->k->row, LEDGER_refused_unsupported, 1);
        h->item_count++;
        bulk_item(h, ITEM_UNSUPPORTED);
    } else {
        bulk_item(h, http_record(h, line, true));
    }
}

static void bulk_answer(struct http *h)
{
    char head[96];
    unsigned long long took = loop_ms(h->k->c->s.loop) - h->begun_ms;
    int n = snprintf(head, sizeof(head), "{\"took\":%llu,\"errors\":%s,\"items\":[", took,
                     h->bad > 0 ? "true" : "false");
    bool alive = h->keep_alive && !h->k->last && !h->k->c->draining;

    MUST(n > 0 && (size_t)n < sizeof(head));
    if (h->items.n == ITEMS_MAX && h->bad > 0) {
        answer_json(h, 413, SPAN_LIT("{\"error\":\"too many items in one request\"}\n"));
        return;
    }
    http_put_head(&h->k->out, 200, "application/json", (size_t)n + http_items_bytes(h) + 2, alive,
                  PRODUCT);
    buf_add(&h->k->out, (struct span){ (const uint8_t *)head, (size_t)n });
    h->step = HTTP_ITEMS;
}

/* --- lines and single documents ------------------------------------------------------------- */

static void ndjson_line(struct http *h, struct span line)
{
    enum item item = ITEM_LENGTH;

    if (line.n == 0) {
        intake_refuse(h->k->c->intake, h->k->row, LEDGER_refused_length, 1);
        h->item_count++;
    } else {
        item = http_record(h, line, true);
    }
    h->bad += item != ITEM_STORED;
}

static void text_line(struct http *h, struct span line)
{
    enum item item = ITEM_LENGTH;

    if (line.n == 0) {
        intake_refuse(h->k->c->intake, h->k->row, LEDGER_refused_length, 1);
        h->item_count++;
    } else {
        item = http_record(h, line, false);
    }
    h->bad += item != ITEM_STORED;
}

/* {"stored":N,"refused":N}: 200 also when lines were refused, or they would come again for ever. */
static void lines_answer(struct http *h)
{
    char body[128];
    int n = snprintf(body, sizeof(body), "{\"stored\":%u,\"refused\":%u,\"repeated\":%u}\n",
                     h->item_count - h->bad - (h->item_count < h->skip ? h->item_count : h->skip),
                     h->bad, h->item_count < h->skip ? h->item_count : h->skip);

    MUST(n > 0 && (size_t)n < sizeof(body));
    answer_json(h, 200, (struct span){ (const uint8_t *)body, (size_t)n });
}

static void document_whole(struct http *h, struct span body)
{
    enum item item = body.n > 0 ? http_record(h, span_trim(body), true) : ITEM_LENGTH;

    h->status = item_status(item);
    if (body.n == 0)
        intake_refuse(h->k->c->intake, h->k->row, LEDGER_refused_length, 1);
}

static void document_answer(struct http *h)
{
    if (h->status == 201)
        answer_json(h, 201, SPAN_LIT("{\"_index\":\"canh\",\"result\":\"created\"}\n"));
    else
        answer_json(h, h->status, SPAN_LIT("{\"error\":\"not stored\"}\n"));
}

/* --- Splunk's HTTP event collector ---------------------------------------------------------- */

static void hec_answer(struct http *h)
{
    if (h->bad == 0)
        answer_json(h, 200, SPAN_LIT("{\"text\":\"Success\",\"code\":0}\n"));
    else
        answer_json(h, 400, SPAN_LIT("{\"text\":\"Invalid data format\",\"code\":6}\n"));
}

static void hec_health(struct http *h)
{
    answer_json(h, 200, SPAN_LIT("{\"text\":\"HEC is healthy\",\"code\":17}\n"));
}

/* Several objects may stand on one line, as the collector's own clients write them. */
static void hec_line(struct http *h, struct span line)
{
    struct span value;

    while (json_value(&line, &value) == 1)
        ndjson_line(h, value);
    if (line.n > 0)
        ndjson_line(h, line); /* which is none, and is refused as such */
}

/* --- OpenTelemetry and Loki ----------------------------------------------------------------- */

static void one_of_many(void *arg, struct span line)
{
    struct http *h = arg;

    h->bad += http_record(h, line, true) != ITEM_STORED;
}

/* All of a body or nothing: it is looked through before anything of it is taken. */
typedef int64_t many_fn(struct span body, struct buf *line, otlp_fn *fn, void *arg);

static void no_body(struct http *h, bool too_long)
{
    h->undecodable = true;
    h->status = too_long ? 413 : 400;
    intake_refuse(h->k->c->intake, h->k->row,
                  too_long ? LEDGER_refused_length : LEDGER_refused_syntax, 1);
}

static void take_many(struct http *h, struct span body, many_fn *read)
{
    struct buf line;
    int64_t count;

    buf_init(&line, LIMIT_RECEIVED_BYTES * 2);
    count = read(body, &line, NULL, NULL);
    if (count < 0 || buf_failed(&line)) {
        no_body(h, false);
    } else {
        h->records = (uint32_t)count;
        (void)read(body, &line, one_of_many, h);
    }
    buf_release(&line);
}

static void otlp_whole(struct http *h, struct span body)
{
    if (h->pieces)
        no_body(h, true);
    else
        take_many(h, body, h->protobuf ? otlp_protobuf : otlp_json);
}

/* ExportLogsServiceResponse, in the encoding of the request; a Status where it cannot be decoded.
 */
static void otlp_answer(struct http *h)
{
    const char *type = h->protobuf ? "application/x-protobuf" : "application/json";
    uint8_t inner[64], outer[96];
    char text[128];
    size_t n = 0;

    if (h->undecodable) {
        http_answer(h, h->status, type, "",
                    h->protobuf ? SPAN_LIT("\x12\x0dnot decodable")
                                : SPAN_LIT("{\"message\":\"not decodable\"}\n"));
        return;
    }
    if (!h->protobuf) {
        n = h->bad == 0 ? (size_t)snprintf(text, sizeof(text), "{}\n")
                        : (size_t)snprintf(text, sizeof(text),
                                           "{\"partialSuccess\":{\"rejectedLogRecords\":\"%u\","
                                           "\"errorMessage\":\"not stored\"}}\n",
                                           h->bad);
        http_answer(h, 200, type, "", (struct span){ (const uint8_t *)text, n });
        return;
    }
    if (h->bad > 0) {
        size_t in = pb_put(inner, 1, PB_VARINT, h->bad);

        in += pb_put(inner + in, 2, PB_BYTES, 10);
        memcpy(inner + in, "not stored", 10);
        in += 10;
        n = pb_put(outer, 1, PB_BYTES, in);
        memcpy(outer + n, inner, in);
        n += in;
    }
    http_answer(h, 200, type, "", (struct span){ outer, n });
}

/* Snappy's block format: the length is told first, and is not believed beyond what is taken. */
static void loki_whole(struct http *h, struct span body)
{
    size_t n = 0;
    char *room;

    if (h->pieces) {
        no_body(h, true);
        return;
    }
    if (!h->protobuf) {
        take_many(h, body, loki_json);
        return;
    }
    if (snappy_uncompressed_length((const char *)body.p, body.n, &n) != SNAPPY_OK) {
        no_body(h, false);
        return;
    }
    room = n <= LIMIT_RECEIVED_BYTES ? malloc(n + 1) : NULL;
    if (room == NULL)
        no_body(h, true);
    else if (snappy_uncompress((const char *)body.p, body.n, room, &n) != SNAPPY_OK)
        no_body(h, false);
    else
        take_many(h, (struct span){ (const uint8_t *)room, n }, loki_protobuf);
    free(room);
}

static void loki_answer(struct http *h)
{
    if (h->undecodable)
        http_answer(h, h->status, "text/plain", "", SPAN_LIT("not decodable\n"));
    else if (h->bad > 0)
        http_answer(h, 400, "text/plain", "", SPAN_LIT("not all entries were stored\n"));
    else
        http_answer(h, 204, "text/plain", "", SPAN_LIT(""));
}

static void loki_ready(struct http *h)
{
    http_answer(h, 200, "text/plain", "", SPAN_LIT("ready\n"));
}

#define READS  "GET|HEAD"
#define WRITES "POST|PUT"

const struct route http_routes[] = {
    { READS, "/", "who we are", false, NULL, NULL, answer_root, false },
    { READS, "/_license", "Elastic's licence", false, NULL, NULL, answer_license, false },
    { READS, "/_xpack", "Elastic's features", false, NULL, NULL, answer_license, false },
    { READS, "/_cluster/health", "Vector", false, NULL, NULL, answer_health, false },
    { READS, "/_cat/health", "rsyslog's omelasticsearch", false, NULL, NULL, answer_health, false },
    { READS, "/_nodes*", "Beats", false, NULL, NULL, answer_empty, false },
    { "GET|HEAD|PUT|POST", "/_ilm/*", "Beats' set-up", false, NULL, NULL, answer_acknowledged,
      false },
    { "GET|HEAD|PUT|POST", "/_index_template/*", "Beats' set-up", false, NULL, NULL,
      answer_acknowledged, false },
    { "GET|HEAD|PUT|POST", "/_component_template/*", "Beats' set-up", false, NULL, NULL,
      answer_acknowledged, false },
    { "GET|HEAD|PUT|POST", "/_template/*", "Beats' set-up", false, NULL, NULL, answer_acknowledged,
      false },
    { "GET|HEAD|PUT|POST", "/_ingest/*", "Beats' set-up", false, NULL, NULL, answer_acknowledged,
      false },
    { "GET|HEAD|PUT|POST", "/_data_stream/*", "Beats' set-up", false, NULL, NULL,
      answer_acknowledged, false },
    { WRITES, "/_bulk", "Elasticsearch's bulk API", true, bulk_line, NULL, bulk_answer, false },
    { WRITES, "/*/_bulk", "the same, into an index", true, bulk_line, NULL, bulk_answer, false },
    { WRITES, "/*/_doc", "one document", true, NULL, document_whole, document_answer, false },
    { WRITES, "/*/_doc/*", "one document", true, NULL, document_whole, document_answer, false },
    { WRITES, "/*/_create/*", "one document", true, NULL, document_whole, document_answer, false },
    { WRITES, "/events", "lines of JSON; Canh-Batch: ID makes them stored once", true, ndjson_line,
      NULL, lines_answer, false },
    { WRITES, "/lines", "lines of text of any format", true, text_line, NULL, lines_answer, false },
    { WRITES, "/services/collector", "Splunk's HEC, objects one after the other", true, hec_line,
      NULL, hec_answer, false },
    { WRITES, "/services/collector/event", "the same", true, hec_line, NULL, hec_answer, false },
    { WRITES, "/services/collector/event/1.0", "the same", true, hec_line, NULL, hec_answer,
      false },
    { WRITES, "/services/collector/raw", "Splunk's HEC, lines", true, text_line, NULL, hec_answer,
      false },
    { READS, "/services/collector/health", "Splunk's HEC", false, NULL, NULL, hec_health, false },
    { READS, "/services/collector/health/1.0", "Splunk's HEC", false, NULL, NULL, hec_health,
      false },
    { WRITES, "/v1/logs", "OTLP/HTTP, protobuf and JSON", true, NULL, otlp_whole, otlp_answer,
      false },
    { WRITES, "/loki/api/v1/push", "Loki's push API, protobuf and JSON", true, NULL, loki_whole,
      loki_answer, true },
    { READS, "/ready", "Loki", false, NULL, NULL, loki_ready, false },
};

const size_t http_route_count = COUNT_OF(http_routes);
