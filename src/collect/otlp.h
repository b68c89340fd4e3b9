/*
 * otlp.h - logs of OpenTelemetry (opentelemetry-proto 1.x, collector/logs/v1) out of a request's
 * body, protobuf or JSON, each as one line of JSON of ours:
 *
 *   {"otel":"log","time":"2026-03-01T10:00:00Z","observed":"...","severity":"ERROR",
 *    "severity_number":17,"event_name":"...","body":...,"attributes":{...},"trace_id":"hex",
 *    "span_id":"hex","flags":1,"scope":{"name":..,"version":..,"attributes":{...}},
 *    "resource":{...}}
 *
 * What a record did not say is left out; what it said is all there (bytes as base64 in JSON's
 * encoding and hex in protobuf's; counts of attributes that the sender dropped as "dropped").
 * Values nest OTLP_DEPTH deep; deeper, the body is refused. Pure.
 */
#ifndef OTLP_H
#define OTLP_H

#include "base/buf.h"

#define OTLP_DEPTH 16u

typedef void otlp_fn(void *arg, struct span line);

/* How many records it has, or ERR_SYNTAX. `fn` (NULL: only look) gets each; `line` is room. */
int64_t otlp_protobuf(struct span body, struct buf *line, otlp_fn *fn, void *arg);
int64_t otlp_json(struct span body, struct buf *line, otlp_fn *fn, void *arg);

#endif
