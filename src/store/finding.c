/*
 * finding.c - the record of a finding, put and read; see finding.h for the layout.
 */
#include "store/finding.h"

#include "sigma/rule.h"
#include "store/lane_form.h"

#define HEAD_BYTES 32u

static void text_put(struct buf *out, struct span text)
{
    uint8_t n[4];

    MUST(text.n <= UINT32_MAX);
    bytes_put_u32(n, (uint32_t)text.n);
    buf_add(out, (struct span){ n, sizeof(n) });
    buf_add(out, text);
}

void stored_finding_put(struct buf *out, const struct stored_finding *f)
{
    uint8_t head[HEAD_BYTES] = { 0 };

    bytes_put_u64(head, f->sequence);
    bytes_put_u64(head + 8, (uint64_t)f->time_ns);
    bytes_put_u64(head + 16, f->rule_hash);
    head[24] = f->level;
    head[25] = f->flags;
    bytes_put_u32(head + 28, f->source);
    buf_add(out, (struct span){ head, sizeof(head) });
    text_put(out, f->rule);
    text_put(out, f->title);
    text_put(out, f->host);
    text_put(out, f->source_name);
    text_put(out, f->json);
}

static bool text_read(struct span *rest, struct span *text)
{
    uint32_t n;

    if (rest->n < 4)
        return false;
    n = bytes_u32(rest->p);
    if (n > rest->n - 4)
        return false;
    *text = (struct span){ rest->p + 4, n };
    *rest = span_from(*rest, 4 + (size_t)n);
    return true;
}

bool stored_finding_read(struct span record, struct stored_finding *f)
{
    struct span rest;

    if (record.n < HEAD_BYTES)
        return false;
    *f = (struct stored_finding){ .sequence = bytes_u64(record.p),
                                  .time_ns = (int64_t)bytes_u64(record.p + 8),
                                  .rule_hash = bytes_u64(record.p + 16),
                                  .level = record.p[24],
                                  .flags = record.p[25],
                                  .source = bytes_u32(record.p + 28) };
    rest = span_from(record, HEAD_BYTES);
    return f->level <= LEVEL_CRITICAL && text_read(&rest, &f->rule) &&
           text_read(&rest, &f->title) && text_read(&rest, &f->host) &&
           text_read(&rest, &f->source_name) && text_read(&rest, &f->json) && rest.n == 0;
}
