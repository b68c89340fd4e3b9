/*
 * metrics_print.c - the metrics of made-up collectors on standard output, for exposition.py: with
 * names of sources that try to break the format, and the largest numbers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "console/metrics.h"

static struct ledger *made(uint32_t lane)
{
    struct ledger *g = calloc(1, sizeof(*g));
    struct err e;

    MUST(g != NULL && ledger_begin(g, lane, &e) == ERR_OK);
    return g;
}

static void fill(struct ledger *g, uint64_t n)
{
    static const char *const names[] = {
        "plain",
        "10.0.0.1",
        "quo\"te",
        "back\\slash",
        "line\nfeed",
        "m\xc3\xa1y-ch\xe1\xbb\xa7",
        "bad\xff",
        "bad\xfe",
        "bad\\xff",
        "bad\xef\xbf\xbd(ff)",
        "bad\xef\xbf\xbd",
        "} 1\nevil{a=\"b\"",
        "",
        "\r\t ",
        "cut\xc3",
    };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        uint32_t row = ledger_row(g, INPUT_RELP, span_of(names[i]), true, false);

        ledger_add(g, row, LEDGER_received, n + i);
        ledger_add(g, row, LEDGER_stored, n);
        ledger_add(g, row, LEDGER_last_ms, 1772359200123 + i);
    }
    ledger_add(g, ledger_row(g, INPUT_HTTP, SPAN_LIT("plain"), false, true), LEDGER_bytes,
               UINT64_MAX);
    board_set(g, BOARD_commits, 42);
    board_set(g, BOARD_commit_max_us, UINT64_MAX);
}

int main(void)
{
    struct ledger *g[2] = { made(0), made(3) };
    struct ledgers all = { 0 };
    struct balance balance[SUMS_LANES] = { [3] = { .missing = -7 } };
    const struct udp_socket udp[] = { { 514, 10, 20, "127.0.0.1:514" }, { 514, 0, 0, "[::]:514" } };
    struct sums *sums = sums_new();
    struct metrics_from m = { .ledgers = &all,
                              .sums = sums,
                              .balance = balance,
                              .udp = udp,
                              .udp_count = COUNT_OF(udp),
                              .generation = 9,
                              .connections = 2,
                              .watchers = 1,
                              .started_ns = INT64_C(1772359200000000000),
                              .cpu_us = 1500000,
                              .rss_bytes = 4096 };
    struct buf out;

    MUST(sums != NULL);
    all.lane[0] = g[0];
    all.lane[3] = g[1];
    fill(g[0], 1);
    fill(g[1], 1000000);
    sums_read(sums, &all);
    buf_init(&out, (size_t)16 << 20);
    metrics_put(&out, &m);
    MUST(!buf_failed(&out));
    MUST(fwrite(out.p, 1, out.n, stdout) == out.n);
    buf_release(&out);
    sums_free(&sums);
    free(g[0]);
    free(g[1]);
    return 0;
}
