/*
 * sealer.c - see sealer.h.
 */
#include "seal/sealer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "seal/retain.h"

struct sealer_lane {
    const struct ledger *ledger; /* NULL: not yet */
    int dir;
    struct pack *pack; /* NULL: not begun */
    uint64_t retry_ms;
    uint64_t missing; /* that was told */
    bool troubled;
};

struct sealer {
    struct sealer_from from;
    struct sealer_lane lane[SEALER_LANES];
    uint64_t retain_ms; /* of the next look; 0: at once */
    bool retain_troubled;
};

static void tell(const struct sealer *s, const char *fmt, ...) CHECK_FORMAT(2, 3);

static void tell(const struct sealer *s, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    s->from.notice(s->from.arg, text);
}

int sealer_new(struct sealer **out, const struct sealer_from *from, struct err *e)
{
    struct sealer *s = calloc(1, sizeof(*s));

    *out = s;
    if (s == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the sealer.");
    s->from = *from;
    for (uint32_t i = 0; i < SEALER_LANES; i++)
        s->lane[i].dir = -1;
    return ERR_OK;
}

void sealer_free(struct sealer **out)
{
    struct sealer *s = *out;

    *out = NULL;
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < SEALER_LANES; i++) {
        pack_free(&s->lane[i].pack);
        if (s->lane[i].dir >= 0)
            (void)close(s->lane[i].dir); /* only read */
    }
    free(s);
}

int sealer_ledger(struct sealer *s, const struct ledger *g, uint32_t lane, struct err *e)
{
    if (lane >= SEALER_LANES)
        return err_set(e, ERR_LIMIT, 0, "Lane %u is one too many.", lane);
    s->lane[lane].ledger = g;
    return ERR_OK;
}

void sealer_settings(struct sealer *s, const struct settings *next)
{
    for (uint32_t i = 0; i < SEALER_LANES; i++) {
        if (s->lane[i].pack != NULL)
            pack_run_bytes(s->lane[i].pack, next->seal_bytes);
    }
}

/* --- A lane --------------------------------------------------------------------------------- */

static int open_lane(struct sealer *s, uint32_t number, struct err *e)
{
    struct sealer_lane *l = &s->lane[number];
    struct pack_from from = { .io = s->from.io,
                              .sealed_dir = s->from.sealed_dir,
                              .lane = number,
                              .run_bytes = s->from.settings->seal_bytes,
                              .months = (uint8_t)s->from.settings->retention };
    struct catalog c;
    char name[16];
    int rc;

    (void)snprintf(name, sizeof(name), "%02u", number);
    if (l->dir < 0)
        l->dir = openat(s->from.lanes_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->dir < 0)
        return err_set(e, ERR_IO, 0, "Lane %u cannot be opened: %s.", number, strerror(errno));
    from.lane_dir = l->dir;
    memcpy(from.store, s->from.store, sizeof(from.store));
    catalog_init(&c);
    rc = catalog_read(&c, s->from.sealed_dir, e);
    if (rc == ERR_OK)
        rc = pack_new(&l->pack, &from, &c, e);
    if (rc == ERR_OK && pack_counts(l->pack).leftover > 0)
        tell(s, "%llu files that a crash had left of lane %u were removed.",
             (unsigned long long)pack_counts(l->pack).leftover, number);
    catalog_release(&c);
    return rc;
}

static void tell_missing(struct sealer *s, uint32_t number)
{
    struct sealer_lane *l = &s->lane[number];
    uint64_t missing = pack_counts(l->pack).missing;

    if (missing != l->missing)
        tell(s,
             "%llu events of lane %u that were stored cannot be read any more: its segment %u is "
             "damaged, and is kept.",
             (unsigned long long)(missing - l->missing), number, pack_needs(l->pack));
    l->missing = missing;
}

/* The events read, or a negative code. */
static int64_t seal_lane(struct sealer *s, uint32_t number, struct err *e)
{
    struct sealer_lane *l = &s->lane[number];
    struct lane_place end = ledger_place(l->ledger);
    int64_t n = 0;
    int rc = l->pack == NULL ? open_lane(s, number, e) : ERR_OK;

    if (rc == ERR_OK)
        n = pack_turn(l->pack, &end, SEALER_TURN, e);
    if (rc == ERR_OK)
        tell_missing(s, number);
    return rc == ERR_OK ? n : rc;
}

/* True when there is more. */
static bool turn_lane(struct sealer *s, uint32_t number, uint64_t ms)
{
    struct sealer_lane *l = &s->lane[number];
    struct err e;
    int64_t n;

    if (l->ledger == NULL || ms < l->retry_ms)
        return false;
    n = seal_lane(s, number, &e);
    if (n < 0) {
        l->retry_ms = ms + SEALER_RETRY_MS;
        if (!l->troubled)
            tell(s, "Lane %u cannot be sealed: %s It is tried again.", number, e.why);
        l->troubled = true;
        return false;
    }
    if (l->troubled && n > 0) {
        tell(s, "Lane %u is sealed again.", number);
        l->troubled = false;
    }
    return n > 0;
}

/* --- Retention ------------------------------------------------------------------------------ */

static void retain(struct sealer *s, int64_t now_ns)
{
    struct retain_counts done = { 0 };
    struct catalog c;
    struct err e;
    int rc;

    catalog_init(&c);
    rc = catalog_read(&c, s->from.sealed_dir, &e);
    if (rc == ERR_OK)
        rc = retain_remove(s->from.io, s->from.sealed_dir, &c, sealed_day(now_ns), &done, &e);
    catalog_release(&c);
    if (done.files > 0)
        tell(s,
             "%llu sealed files of %llu bytes were removed: the time that they were kept is over.",
             (unsigned long long)done.files, (unsigned long long)done.bytes);
    if (rc != ERR_OK && !s->retain_troubled)
        tell(s, "What was kept long enough cannot be removed: %s", e.why);
    s->retain_troubled = rc != ERR_OK;
}

/* --- The whole ------------------------------------------------------------------------------ */

bool sealer_round(struct sealer *s, int64_t now_ns, uint64_t ms)
{
    bool more = false;

    for (uint32_t i = 0; i < SEALER_LANES; i++)
        more |= turn_lane(s, i, ms);
    if (!more && ms >= s->retain_ms) {
        s->retain_ms = ms + SEALER_RETAIN_MS;
        retain(s, now_ns);
    }
    return more;
}

uint32_t sealer_needs(const struct sealer *s, uint32_t lane)
{
    return lane < SEALER_LANES && s->lane[lane].pack != NULL ? pack_needs(s->lane[lane].pack) : 0;
}

bool sealer_is_stuck(const struct sealer *s)
{
    for (uint32_t i = 0; i < SEALER_LANES; i++) {
        if (s->lane[i].pack != NULL && pack_is_stuck(s->lane[i].pack))
            return true;
    }
    return false;
}
