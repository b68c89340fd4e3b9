/*
 * whole.c - see whole.h.
 */
#include "console/whole.h"

#include "base/time.h"
#include "console/stat.h"
#include "desk/tracers.h"
#include "scan/put.h"

#define LOSS_MS 60000u

static unsigned bit(enum whole_gap g)
{
    return 1u << g;
}

/* What is said by the counts that the collectors share. */
static unsigned look_lanes(struct whole *c, const struct stat_from *s)
{
    unsigned gaps = 0, lanes = 0;
    uint64_t lost = 0;

    for (uint32_t i = 0; i < SUMS_LANES; i++) {
        const struct ledger *g = s->m.ledgers->lane[i];
        uint64_t beat;

        if (g == NULL)
            continue;
        lanes++;
        beat = board_get(g, BOARD_beat_ms);
        if (beat == 0 || (s->ms > beat && s->ms - beat > STAT_BEAT_MS))
            gaps |= bit(WHOLE_COLLECTORS);
        if (board_get(g, BOARD_disk_full) != 0)
            gaps |= bit(WHOLE_DISK);
        if (s->m.balance[i].state == BALANCE_DIFFERS)
            gaps |= bit(WHOLE_BALANCE);
        lost += board_get(g, BOARD_kernel_drops);
    }
    lost += sums_dropped(s->m.sums->total);
    if (lost > c->lost && c->looked)
        c->lost_ms = s->ms;
    c->lost = lost;
    if (c->lost_ms != 0 && s->ms - c->lost_ms < LOSS_MS)
        gaps |= bit(WHOLE_LOSS);
    return lanes > 0 ? gaps : gaps | bit(WHOLE_COLLECTORS);
}

/* 1 with a number in *n, 0, or a code. */
static int count(struct db *reader, enum db_statement which, uint64_t *n, int64_t *latest,
                 struct err *e)
{
    struct db_row *r = db_use(reader, which);
    int rc = db_next(reader, r, e);

    *n = rc == 1 ? db_get_u64(r, 0) : 0;
    if (latest != NULL)
        *latest = rc == 1 ? db_get_int(r, 1) : 0;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

/* Inputs through which our own events are sent, and none was seen of late. */
static int look_tracers(const struct stat_from *s, bool *missing, struct err *e)
{
    struct db_row *r = db_use(s->reader, DB_TRACER_ALL);
    unsigned seen = 0;
    int rc;

    while ((rc = db_next(s->reader, r, e)) == 1) {
        for (unsigned i = 0; i < INPUTS; i++) {
            if (span_eq(db_get_text(r, 0), span_of(input_name((enum input)i))) &&
                s->now_ns - db_get_int(r, 2) < (int64_t)TRACERS_MISSING_MS * 1000000)
                seen |= 1u << i;
        }
    }
    db_end(r);
    *missing = (s->tried & ~seen) != 0;
    return rc;
}

static int look_database(struct whole *c, const struct stat_from *s, unsigned *gaps, struct err *e)
{
    int64_t latest = 0;
    uint64_t counters;
    bool missing = true;
    int rc = count(s->reader, DB_LIVE_SILENT, &c->silent, NULL, e);

    if (rc == ERR_OK)
        rc = count(s->reader, DB_LIVE_BLIND, &c->blind, NULL, e);
    if (rc == ERR_OK)
        rc = count(s->reader, DB_LIVE_COUNTED, &counters, &latest, e);
    if (rc == ERR_OK)
        rc = look_tracers(s, &missing, e);
    *gaps |= (c->silent > 0 ? bit(WHOLE_SOURCES) : 0) | (missing ? bit(WHOLE_TRACERS) : 0);
    if (rc != ERR_OK || (s->now_ns - latest) / 1000000 > (int64_t)STAT_DESK_MS)
        *gaps |= bit(WHOLE_DESK);
    return rc;
}

int whole_look(struct whole *c, const struct stat_from *s, struct err *e)
{
    unsigned gaps = look_lanes(c, s);
    int rc = ERR_OK;

    if (s->reader == NULL)
        gaps |= bit(WHOLE_DESK);
    else
        rc = look_database(c, s, &gaps, e);
    c->gaps = gaps;
    c->looked = true;
    if (gaps != 0) {
        c->since_ns = 0;
        c->begun_ns = c->begun_ns != 0 ? c->begun_ns : s->now_ns;
    } else {
        c->begun_ns = 0;
        c->since_ns = c->since_ns != 0 ? c->since_ns : s->now_ns;
    }
    return rc;
}

static void put_time(struct buf *out, int64_t ns)
{
    uint8_t room[TIME_TEXT_MAX];

    if (ns == 0)
        buf_text(out, "null");
    else
        put_json_text(out, (struct span){ room, time_put(room, ns) });
}

void whole_json(struct buf *out, const struct whole *c)
{
    static const char *const names[] = {
#define X(id, name, what) name,
        WHOLE_TABLE(X)
#undef X
    };
    bool first = true;

    buf_text(out, "{\"since\":");
    put_time(out, c->since_ns);
    buf_text(out, ",\"broken\":");
    put_time(out, c->begun_ns);
    buf_text(out, ",\"gaps\":[");
    for (unsigned i = 0; i < WHOLE_GAPS; i++) {
        if ((c->gaps >> i & 1) == 0)
            continue;
        buf_fmt(out, "%s\"%s\"", first ? "" : ",", names[i]);
        first = false;
    }
    buf_fmt(out, "],\"silent\":%llu,\"blind\":%llu}", (unsigned long long)c->silent,
            (unsigned long long)c->blind);
}
