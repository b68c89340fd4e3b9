/*
 * loki.h - entries of Grafana Loki's push API out of a request's body, protobuf (already unpacked)
 * or JSON, each as one line of JSON of ours:
 *
 *   {"loki":"entry","time":"2026-03-01T10:00:00Z","line":"..." or {...},"labels":{...},
 *    "metadata":{...}}
 *
 * A line that is a JSON object stands as one, so that its fields have names. Labels that are not
 * written as Loki writes them stand as the text that they are. Pure.
 */
#ifndef LOKI_H
#define LOKI_H

#include "collect/otlp.h"

int64_t loki_protobuf(struct span body, struct buf *line, otlp_fn *fn, void *arg);
int64_t loki_json(struct span body, struct buf *line, otlp_fn *fn, void *arg);

#endif
