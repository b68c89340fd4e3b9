/* Bytes as bodies of OpenTelemetry and Loki, in both encodings: what is looked through first is
 * what is taken then. */
#include "collect/loki.h"

static void count_line(void *arg, struct span line)
{
    MUST(line.n > 0 && line.p[0] == '{' && line.p[line.n - 1] == '}');
    ++*(int64_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int64_t (*const readers[])(struct span, struct buf *, otlp_fn *,
                                      void *) = { otlp_json, otlp_protobuf, loki_json,
                                                  loki_protobuf };
    struct span body = { data + 1, size - 1 };
    int64_t count = 0, got;
    struct buf line;

    if (size < 1)
        return 0;
    buf_init(&line, 1 << 20);
    got = readers[data[0] % 4](body, &line, count_line, &count);
    MUST(got < 0 || buf_failed(&line) || got == count);
    MUST(readers[data[0] % 4](body, &line, NULL, NULL) == got);
    buf_release(&line);
    return 0;
}
