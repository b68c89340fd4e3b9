/*
 * sums.c - see sums.h.
 */
#include "console/sums.h"

#include <stdlib.h>
#include <xxhash.h>

#define SLOTS (4 * LEDGER_ROWS) /* a power of two */

struct sums *sums_new(void)
{
    struct sums *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->slot = calloc(SLOTS, sizeof(*s->slot));
    if (s->slot == NULL)
        sums_free(&s);
    return s;
}

void sums_free(struct sums **s)
{
    if (*s != NULL)
        free((*s)->slot);
    free(*s);
    *s = NULL;
}

/* --- rows ----------------------------------------------------------------------------------- */

static struct sum_row *find(struct sums *s, enum input input, struct span name, uint32_t **slot)
{
    uint64_t at = XXH3_64bits_withSeed(name.p, name.n, input);

    for (;; at++) {
        *slot = &s->slot[at & (SLOTS - 1)];
        if (**slot == 0)
            return NULL;
        if (s->row[**slot - 1].input == input && span_eq(span_of(s->row[**slot - 1].name), name))
            return &s->row[**slot - 1];
    }
}

static struct sum_row *row_of(struct sums *s, const struct ledger_copy *c)
{
    uint32_t *slot;
    struct sum_row *r = find(s, c->input, span_of(c->name), &slot);

    if (r != NULL)
        return r;
    if (s->count == LEDGER_ROWS) {
        r = find(s, c->input, SPAN_LIT("other"), &slot);
        return r != NULL ? r : &s->row[LEDGER_ROWS - 1];
    }
    r = &s->row[s->count++];
    *slot = s->count;
    *r = (struct sum_row){ .input = c->input, .authenticated = true };
    memcpy(r->name, c->name, sizeof(r->name));
    return r;
}

static void count_add(uint64_t to[LEDGER_COUNTERS], const uint64_t from[LEDGER_COUNTERS])
{
    for (unsigned c = 0; c < LEDGER_COUNTERS; c++) {
        if (c != LEDGER_last_ms)
            to[c] += from[c];
        else if (from[c] > to[c])
            to[c] = from[c];
    }
}

static int by_input_and_name(const void *a, const void *b)
{
    const struct sum_row *x = a, *y = b;

    if (x->input != y->input)
        return x->input < y->input ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void add_lane(struct sums *s, const struct ledger *g)
{
    struct ledger_copy c;

    for (uint32_t i = 0; i < LEDGER_ROWS; i++) {
        struct sum_row *r;

        if (!ledger_copy(g, i, &c))
            continue;
        r = row_of(s, &c);
        r->authenticated = r->authenticated && c.authenticated;
        r->configured = r->configured || c.configured;
        count_add(r->count, c.count);
    }
}

void sums_read(struct sums *s, const struct ledgers *from)
{
    s->count = 0;
    memset(s->total, 0, sizeof(s->total));
    memset(s->slot, 0, SLOTS * sizeof(*s->slot));
    for (uint32_t lane = 0; lane < SUMS_LANES; lane++) {
        if (from->lane[lane] != NULL)
            add_lane(s, from->lane[lane]);
    }
    for (uint32_t i = 0; i < s->count; i++)
        count_add(s->total, s->row[i].count);
    qsort(s->row, s->count, sizeof(s->row[0]), by_input_and_name);
}

/* --- what they come to ---------------------------------------------------------------------- */

static uint64_t closed_of(const uint64_t count[LEDGER_COUNTERS])
{
    uint64_t closed = 0;

#define X(c) closed += count[LEDGER_##c];
    LEDGER_CLOSING(X)
#undef X
    return closed;
}

uint64_t sums_open(const uint64_t count[LEDGER_COUNTERS])
{
    uint64_t closed = closed_of(count);

    return count[LEDGER_received] > closed ? count[LEDGER_received] - closed : 0;
}

static uint64_t sum_named(const uint64_t count[LEDGER_COUNTERS], struct span head)
{
    uint64_t sum = 0;

    for (unsigned c = 0; c < LEDGER_COUNTERS; c++) {
        if (span_starts(span_of(ledger_counter_name((enum ledger_counter)c)), head))
            sum += count[c];
    }
    return sum;
}

uint64_t sums_refused(const uint64_t count[LEDGER_COUNTERS])
{
    return sum_named(count, SPAN_LIT("refused_"));
}

uint64_t sums_dropped(const uint64_t count[LEDGER_COUNTERS])
{
    return sum_named(count, SPAN_LIT("dropped_"));
}

/* --- balance -------------------------------------------------------------------------------- */

const char *balance_state_name(enum balance_state s)
{
    static const char *const names[] = {
#define X(id, name) name,
        BALANCE_STATE_TABLE(X)
#undef X
    };

    MUST(s < BALANCE_STATES);
    return names[s];
}

struct reading {
    uint64_t received, closed, unmatched;
};

static struct reading read_lane(const struct ledger *g)
{
    struct reading r = { 0 };
    struct ledger_copy c;

    for (uint32_t i = 0; i < LEDGER_ROWS; i++) {
        if (!ledger_copy(g, i, &c))
            continue;
        r.received += c.count[LEDGER_received];
        r.closed += closed_of(c.count);
        if (c.count[LEDGER_stored] > c.count[LEDGER_matched])
            r.unmatched += c.count[LEDGER_stored] - c.count[LEDGER_matched];
    }
    return r;
}

/* Sums are taken as numbers with a sign: a difference of two of them is small. */
static int64_t missing_of(const struct ledger *g, uint64_t *unmatched)
{
    struct reading one = read_lane(g);
    uint64_t in_flight = board_get(g, BOARD_in_flight);
    struct reading two = read_lane(g);
    int64_t least = (int64_t)(one.received - two.closed - in_flight);
    int64_t most = (int64_t)(two.received - one.closed - in_flight);

    *unmatched = one.unmatched < two.unmatched ? one.unmatched : two.unmatched;
    if (least > 0)
        return least;
    return most < 0 ? most : 0;
}

void balance_look(struct balance *b, const struct ledger *g, uint64_t ms)
{
    int64_t missing = missing_of(g, &b->unmatched);

    if (missing == 0 && b->unmatched == 0) {
        *b = (struct balance){ .state = BALANCE_GOOD };
        return;
    }
    b->missing = missing;
    if (b->off_since_ms == 0)
        b->off_since_ms = ms;
    b->state = ms - b->off_since_ms >= BALANCE_PATIENCE_MS ? BALANCE_DIFFERS : BALANCE_SETTLING;
}
