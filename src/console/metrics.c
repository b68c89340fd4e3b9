/*
 * metrics.c - see metrics.h.
 */
#include "console/metrics.h"

#include "base/num.h"
#include "base/utf.h"

/* The rows of BOARD_TABLE that only grow while a collector lives. */
static const enum board_counter growing[] = { BOARD_commits,      BOARD_commit_us,
                                              BOARD_kernel_drops, BOARD_kernel_received,
                                              BOARD_cpu_us,       BOARD_starts };

static void put_number(struct buf *out, uint64_t v)
{
    uint8_t digits[24];

    buf_add(out, (struct span){ digits, num_put_u64(digits, v) });
    buf_byte(out, '\n');
}

/* A byte that is no UTF-8, so that no two sources become one series: U+FFFD and the byte in hex;
 * U+FFFD itself is written in the same way. */
static void put_odd(struct buf *out, struct span s)
{
    buf_text(out, "\xef\xbf\xbd(");
    for (size_t i = 0; i < s.n; i++)
        buf_fmt(out, "%02x", s.p[i]);
    buf_byte(out, ')');
}

/* Of a label: backslash, quote and line feed are escaped. */
static void put_label(struct buf *out, struct span s)
{
    buf_byte(out, '"');
    while (s.n > 0) {
        uint8_t bytes[4];
        size_t n;
        uint32_t cp = utf8_get(s, &n);

        if (cp == UTF_BAD)
            put_odd(out, (struct span){ s.p, n });
        else if (cp == '\n')
            buf_text(out, "\\n");
        else if (cp == '"' || cp == '\\')
            buf_fmt(out, "\\%c", (int)cp);
        else
            buf_add(out, (struct span){ bytes, utf8_put(bytes, cp) });
        s = span_from(s, n);
    }
    buf_byte(out, '"');
}

static void put_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_fmt(out, "# HELP %s ", name);
    for (const char *p = help; *p != 0; p++) {
        if (*p == '\\' || *p == '\n')
            buf_text(out, *p == '\n' ? "\\n" : "\\\\");
        else
            buf_byte(out, (uint8_t)*p);
    }
    buf_fmt(out, "\n# TYPE %s %s\n", name, type);
}

/* --- of records ----------------------------------------------------------------------------- */

static void put_row_labels(struct buf *out, const char *name, const struct sum_row *r)
{
    buf_fmt(out, "%s{input=", name);
    put_label(out, span_of(input_name(r->input)));
    buf_text(out, ",source=");
    put_label(out, span_of(r->name));
    buf_text(out, "} ");
}

static void put_counter(struct buf *out, const struct sums *s, enum ledger_counter c)
{
    struct buf name;

    buf_init(&name, 256);
    buf_fmt(&name, "canh_records_%s_total%c", ledger_counter_name(c), 0);
    if (!buf_failed(&name)) {
        put_family(out, (const char *)name.p, "counter", ledger_counter_help(c));
        for (uint32_t i = 0; i < s->count; i++) {
            put_row_labels(out, (const char *)name.p, &s->row[i]);
            put_number(out, s->row[i].count[c]);
        }
    }
    buf_release(&name);
}

static void put_last(struct buf *out, const struct sums *s)
{
    static const char name[] = "canh_records_last_seconds";

    put_family(out, name, "gauge", "when it was last heard, seconds since 1970");
    for (uint32_t i = 0; i < s->count; i++) {
        put_row_labels(out, name, &s->row[i]);
        buf_fmt(out, "%llu.%03u\n", (unsigned long long)(s->row[i].count[LEDGER_last_ms] / 1000),
                (unsigned)(s->row[i].count[LEDGER_last_ms] % 1000));
    }
}

static void put_records(struct buf *out, const struct sums *s)
{
    static const char flight[] = "canh_records_in_flight";

    for (unsigned c = 0; c < LEDGER_COUNTERS; c++) {
        if (c != LEDGER_last_ms)
            put_counter(out, s, (enum ledger_counter)c);
    }
    put_last(out, s);
    put_family(out, flight, "gauge", "received and neither stored, refused nor dropped yet");
    for (uint32_t i = 0; i < s->count; i++) {
        put_row_labels(out, flight, &s->row[i]);
        put_number(out, sums_open(s->row[i].count));
    }
}

/* --- of collectors -------------------------------------------------------------------------- */

static const char *board_type(enum board_counter c)
{
    for (size_t i = 0; i < COUNT_OF(growing); i++) {
        if (growing[i] == c)
            return "counter";
    }
    return "gauge";
}

static void put_board(struct buf *out, const struct ledgers *l, enum board_counter c)
{
    struct buf name;

    buf_init(&name, 256);
    buf_fmt(&name, "canh_collector_%s%c", board_counter_name(c), 0);
    if (!buf_failed(&name)) {
        put_family(out, (const char *)name.p, board_type(c), board_counter_help(c));
        for (uint32_t i = 0; i < SUMS_LANES; i++) {
            if (l->lane[i] == NULL)
                continue;
            buf_fmt(out, "%s{lane=\"%u\"} ", (const char *)name.p, i);
            put_number(out, board_get(l->lane[i], c));
        }
    }
    buf_release(&name);
}

static void put_balance(struct buf *out, const struct metrics_from *m)
{
    put_family(out, "canh_balance_missing", "gauge",
               "records received that are neither closed nor in flight");
    for (uint32_t i = 0; i < SUMS_LANES; i++) {
        if (m->ledgers->lane[i] != NULL)
            buf_fmt(out, "canh_balance_missing{lane=\"%u\"} %lld\n", i,
                    (long long)m->balance[i].missing);
    }
}

static void put_udp(struct buf *out, const struct metrics_from *m)
{
    put_family(out, "canh_udp_drops", "counter", "datagrams dropped, as /proc/net/udp tells");
    for (uint32_t i = 0; i < m->udp_count; i++) {
        buf_text(out, "canh_udp_drops{address=");
        put_label(out, span_of(m->udp[i].address));
        buf_text(out, "} ");
        put_number(out, m->udp[i].drops);
    }
    put_family(out, "canh_udp_waiting_bytes", "gauge", "in the kernel's receive buffers");
    for (uint32_t i = 0; i < m->udp_count; i++) {
        buf_text(out, "canh_udp_waiting_bytes{address=");
        put_label(out, span_of(m->udp[i].address));
        buf_text(out, "} ");
        put_number(out, m->udp[i].waiting_bytes);
    }
}

static void put_one(struct buf *out, const char *name, const char *type, const char *help,
                    uint64_t v)
{
    put_family(out, name, type, help);
    buf_fmt(out, "%s ", name);
    put_number(out, v);
}

static void put_self(struct buf *out, const struct metrics_from *m)
{
    put_family(out, "canh_info", "gauge", "the program");
    buf_text(out, "canh_info{version=\"" CANH_VERSION "\"} 1\n");
    put_one(out, "canh_rules_generation", "gauge", "of rules that this role reads by",
            m->generation);
    put_one(out, "canh_console_connections", "gauge", "open", m->connections);
    put_one(out, "canh_console_watchers", "gauge", "who follow the events as they come",
            m->watchers);
    put_one(out, "canh_console_live", "gauge", "pages to which changes are told", m->live);
    put_one(out, "canh_console_csp_reports_total", "counter",
            "browsers said that a page tried what its policy forbids", m->csp_reports);
    put_one(out, "canh_console_papers_total", "counter", "documents that were made", m->papers);
    put_one(out, "canh_console_papers_failed_total", "counter",
            "documents that could not be made: their maker ended, was killed, or said why",
            m->papers_failed);
    put_family(out, "process_cpu_seconds_total", "counter", "processor time of this role");
    buf_fmt(out, "process_cpu_seconds_total %llu.%06u\n", (unsigned long long)(m->cpu_us / 1000000),
            (unsigned)(m->cpu_us % 1000000));
    put_one(out, "process_resident_memory_bytes", "gauge", "of this role", m->rss_bytes);
    put_one(out, "process_start_time_seconds", "gauge", "of this role, seconds since 1970",
            (uint64_t)(m->started_ns / 1000000000));
}

void metrics_put(struct buf *out, const struct metrics_from *m)
{
    put_records(out, m->sums);
    for (unsigned c = 0; c < BOARD_COUNTERS; c++)
        put_board(out, m->ledgers, (enum board_counter)c);
    put_balance(out, m);
    put_udp(out, m);
    put_self(out, m);
}
