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

#define END_ROUNDS 64u /* with the next start it goes on */

struct sealer_lane {
    const struct ledger *ledger; /* NULL: not yet */
    int dir;
    struct pack *pack; /* NULL: not begun */
    uint64_t retry_ms;
    uint64_t missing, contradicted; /* that was told */
    bool troubled, read;            /* all of it, once */
};

struct sealer {
    struct sealer_from from;
    struct sealer_lane lane[SEALER_LANES];
    uint64_t retain_ms, sign_ms; /* of the next time; 0: at once */
    struct sign *sign;           /* NULL: not yet */
    bool retain_troubled, sign_troubled;
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
    sign_free(&s->sign);
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

void sealer_tallier(struct sealer *s, struct tallier *t)
{
    s->from.tallier = t;
    for (uint32_t i = 0; i < SEALER_LANES; i++) {
        if (s->lane[i].pack != NULL)
            pack_tallier(s->lane[i].pack, t);
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
                              .months = (uint8_t)s->from.settings->retention,
                              .tallier = s->from.tallier };
    struct catalog c;
    char name[16];
    int rc;

    (void)snprintf(name, sizeof(name), "%02u", number);
    if (l->dir < 0)
        l->dir = openat(s->from.lanes_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->dir < 0)
        return err_set(e, ERR_IO, 0, "Lane %u cannot be opened: %s.", number, strerror(errno));
    from.lane_dir = l->dir;
    if (s->sign != NULL && sign_tips(s->sign)->lane[number].known) {
        from.base = &sign_tips(s->sign)->lane[number].base;
        from.tip = &sign_tips(s->sign)->lane[number].tip;
    }
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
    missing = pack_counts(l->pack).contradicted;
    if (missing != l->contradicted)
        tell(s,
             "What lane %u holds is not what was signed of it: it was changed, or damaged. canh "
             "verify says where.",
             number);
    l->contradicted = missing;
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
    if (rc == ERR_OK && n == 0 && end.segment != 0) {
        rc = pack_give_in(l->pack, e);
        l->read = true;
    }
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

/* --- The ledger ----------------------------------------------------------------------------- */

static int open_sign(struct sealer *s, const struct sealer_now *now, struct err *e)
{
    struct sign_from from = { .io = s->from.io,
                              .ledger_dir = s->from.ledger_dir,
                              .keys_dir = s->from.keys_dir,
                              .time_ns = now->time_ns };
    int rc;

    memcpy(from.store, s->from.store, sizeof(from.store));
    memcpy(from.boot, s->from.boot, sizeof(from.boot));
    rc = sign_open(&s->sign, &from, e);
    if (rc == ERR_OK && sign_tips_are_lost(s->sign))
        tell(s, "The trees behind the last checkpoint are lost, or were changed: all that is not "
                "sealed is read before anything is signed.");
    return rc;
}

/* May it be signed what the lanes have come to? */
static bool is_ready(const struct sealer *s)
{
    bool any = false;

    for (uint32_t i = 0; i < SEALER_LANES; i++) {
        const struct sealer_lane *l = &s->lane[i];

        if (l->ledger == NULL)
            continue;
        if (l->pack == NULL || pack_is_behind(l->pack) || (sign_tips_are_lost(s->sign) && !l->read))
            return false;
        any = true;
    }
    return any;
}

static int sign_lanes(struct sealer *s, struct err *e)
{
    struct tip tip = { 0 };
    int rc = ERR_OK;

    for (uint32_t i = 0; i < SEALER_LANES && rc == ERR_OK; i++) {
        if (s->lane[i].ledger == NULL)
            continue;
        rc = pack_tip(s->lane[i].pack, &tip, e);
        if (rc == ERR_OK)
            rc = sign_lane(s->sign, i, pack_base(s->lane[i].pack), &tip, e);
    }
    tip_release(&tip);
    return rc;
}

static int expect_lanes(struct sealer *s, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t i = 0; i < SEALER_LANES && rc == ERR_OK; i++) {
        if (s->lane[i].ledger != NULL)
            rc = pack_expect(s->lane[i].pack, &sign_tips(s->sign)->lane[i].tip, e);
    }
    return rc;
}

static void sign(struct sealer *s, const struct sealer_now *now)
{
    struct sign_also also = { .time_ns = now->time_ns, .clock_ns = now->clock_ns };
    struct err e;
    int rc;

    if (s->sign == NULL || !is_ready(s))
        return;
    rc = sign_lanes(s, &e);
    if (rc == ERR_OK && s->from.also != NULL)
        rc = s->from.also(s->from.arg, sign_last(s->sign), &also, &e);
    if (rc == ERR_OK)
        rc = sign_checkpoint(s->sign, &also, &e);
    if (rc == ERR_OK)
        rc = expect_lanes(s, &e);
    s->sign_ms = now->ms + (rc == ERR_OK ? SEALER_SIGN_MS : SEALER_RETRY_MS);
    if (rc != ERR_OK && !s->sign_troubled)
        tell(s, "What is stored cannot be signed: %s It is tried again.", e.why);
    if (rc == ERR_OK && s->sign_troubled)
        tell(s, "What is stored is signed again.");
    s->sign_troubled = rc != ERR_OK;
}

/* Before the lanes are: they go on from what was signed. */
static void begin_sign(struct sealer *s, const struct sealer_now *now)
{
    struct err e;

    if (s->sign != NULL || now->ms < s->sign_ms)
        return;
    if (open_sign(s, now, &e) == ERR_OK) {
        for (uint32_t i = 0; i < SEALER_LANES; i++)
            pack_free(&s->lane[i].pack); /* that began without knowing what was signed */
        return;
    }
    s->sign_ms = now->ms + SEALER_RETRY_MS;
    if (!s->sign_troubled)
        tell(s, "What is stored is not signed: %s", e.why);
    s->sign_troubled = true;
}

/* --- Retention ------------------------------------------------------------------------------ */

struct recording {
    struct sealer *s;
    int64_t time_ns;
};

static uint64_t on_gone(void *arg, uint32_t lane, uint16_t months)
{
    return sign_gone(((struct recording *)arg)->s->sign, lane, months);
}

static int on_record(void *arg, struct deletion *d, struct err *e)
{
    const struct recording *r = arg;

    d->time_ns = r->time_ns;
    return sign_deletion(r->s->sign, d, e);
}

static void retain(struct sealer *s, int64_t now_ns)
{
    struct recording recording = { s, now_ns };
    struct retain_counts done = { 0 };
    struct catalog c;
    struct err e;
    const struct retain_from from = { s->from.io, s->from.sealed_dir, &c,        sealed_day(now_ns),
                                      on_gone,    on_record,          &recording };
    int rc;

    catalog_init(&c);
    rc = catalog_read(&c, s->from.sealed_dir, &e);
    if (rc == ERR_OK)
        rc = retain_remove(&from, &done, &e);
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

bool sealer_round(struct sealer *s, const struct sealer_now *now)
{
    bool more = false;

    begin_sign(s, now);
    for (uint32_t i = 0; i < SEALER_LANES; i++)
        more |= turn_lane(s, i, now->ms);
    if (now->ms >= s->sign_ms)
        sign(s, now);
    if (!more && now->ms >= s->retain_ms && s->sign != NULL && sign_last(s->sign) != NULL) {
        s->retain_ms = now->ms + SEALER_RETAIN_MS;
        retain(s, now->time_ns);
    }
    return more;
}

void sealer_end(struct sealer *s, const struct sealer_now *now)
{
    bool more = true;

    for (uint32_t i = 0; i < END_ROUNDS && more; i++)
        more = sealer_round(s, now);
    sign(s, now);
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
