/*
 * ledger.c - see ledger.h.
 */
#include "collect/ledger.h"

#include <time.h>

#define LEDGER_MAGIC   0x48434c47u
#define LEDGER_VERSION 2u

#define PLACE_SPINS    1000u
#define PLACE_WAITS    400u /* of PLACE_WAIT_NS: 40 ms for a writer that stands, or is dead */
#define PLACE_WAIT_NS  50000

static const char other[] = "other";

const char *input_name(enum input i)
{
    static const char *const names[] = {
#define X(id, name, acked) name,
        INPUT_TABLE(X)
#undef X
    };

    MUST(i < INPUTS);
    return names[i];
}

#define NAME(name, help) #name,
#define HELP(name, help) help,

const char *ledger_counter_name(enum ledger_counter c)
{
    static const char *const names[] = { LEDGER_TABLE(NAME) };

    MUST(c < LEDGER_COUNTERS);
    return names[c];
}

const char *ledger_counter_help(enum ledger_counter c)
{
    static const char *const help[] = { LEDGER_TABLE(HELP) };

    MUST(c < LEDGER_COUNTERS);
    return help[c];
}

const char *board_counter_name(enum board_counter c)
{
    static const char *const names[] = { BOARD_TABLE(NAME) };

    MUST(c < BOARD_COUNTERS);
    return names[c];
}

const char *board_counter_help(enum board_counter c)
{
    static const char *const help[] = { BOARD_TABLE(HELP) };

    MUST(c < BOARD_COUNTERS);
    return help[c];
}

/* --- the collector's side ------------------------------------------------------------------ */

int ledger_begin(struct ledger *g, uint32_t lane, struct err *e)
{
    if (g->magic == 0) {
        g->version = LEDGER_VERSION;
        g->lane = lane;
        g->magic = LEDGER_MAGIC;
        return ERR_OK;
    }
    if (g->magic != LEDGER_MAGIC || g->version != LEDGER_VERSION || g->lane != lane)
        return err_set(e, ERR_CORRUPT, 0, "The counts handed over are not those of lane %u.", lane);
    /* An earlier collector may have died while it wrote its place. */
    atomic_store(&g->place_round, atomic_load(&g->place_round) & ~(uint64_t)1);
    return ERR_OK;
}

void ledger_forget_views(struct ledger *g)
{
    for (uint32_t i = 0; i < LEDGER_VIEWS; i++)
        atomic_store_explicit(&g->view_s[i], 0, memory_order_release);
}

static bool row_is(const struct ledger_row *r, enum input input, struct span name, bool proven)
{
    return r->input == input && r->authenticated == proven &&
           memcmp(r->name, name.p, name.n) == 0 && r->name[name.n] == 0;
}

static void row_set(struct ledger_row *r, enum input input, struct span name)
{
    r->input = (uint8_t)input;
    memset(r->name, 0, sizeof(r->name));
    memcpy(r->name, name.p, name.n);
}

/* The last rows are the inputs' "other". */
static uint32_t other_row(struct ledger *g, enum input input)
{
    uint32_t at = LEDGER_ROWS - INPUTS + (uint32_t)input;

    if (atomic_load_explicit(&g->row[at].state, memory_order_acquire) == 0) {
        row_set(&g->row[at], input, SPAN_LIT(other));
        atomic_store_explicit(&g->row[at].state, 1, memory_order_release);
    }
    return at;
}

uint32_t ledger_row(struct ledger *g, enum input input, struct span name, bool authenticated,
                    bool configured)
{
    uint32_t i = 0;

    MUST(input < INPUTS);
    name.n = name.n < LEDGER_NAME_MAX ? name.n : LEDGER_NAME_MAX - 1;
    for (; i < LEDGER_ROWS - INPUTS; i++) {
        struct ledger_row *r = &g->row[i];

        if (atomic_load_explicit(&r->state, memory_order_acquire) == 0)
            break;
        if (row_is(r, input, name, authenticated))
            return i;
    }
    if (i == LEDGER_ROWS - INPUTS)
        return other_row(g, input);
    row_set(&g->row[i], input, name);
    g->row[i].authenticated = authenticated;
    g->row[i].configured = configured;
    atomic_store_explicit(&g->row[i].state, 1, memory_order_release);
    return i;
}

static uint64_t count_of(const struct ledger_row *r, enum ledger_counter c)
{
    return atomic_load_explicit(&r->count[c], memory_order_acquire);
}

uint64_t ledger_open(const struct ledger *g, uint32_t row)
{
    const struct ledger_row *r = &g->row[row];
    uint64_t closed = 0;

#define X(c) closed += count_of(r, LEDGER_##c);
    LEDGER_CLOSING(X)
#undef X
    return count_of(r, LEDGER_received) - closed;
}

void ledger_crashed(struct ledger *g)
{
    for (uint32_t i = 0; i < LEDGER_ROWS; i++) {
        uint64_t lost;

        if (atomic_load(&g->row[i].state) == 0)
            continue;
        lost = ledger_open(g, i);
        /* Stored may be ahead when the death came between two counters of one group. */
        if (lost <= UINT64_MAX / 2)
            ledger_add(g, i, LEDGER_dropped_crash, lost);
        else
            ledger_add(g, i, LEDGER_received, 0 - lost);
        atomic_store(&g->row[i].count[LEDGER_matched], count_of(&g->row[i], LEDGER_stored));
    }
    board_set(g, BOARD_connections, 0);
    board_set(g, BOARD_in_flight, 0);
}

/* --- readers ------------------------------------------------------------------------------ */

void ledger_publish(struct ledger *g, struct lane_place p)
{
    uint64_t round = atomic_load_explicit(&g->place_round, memory_order_relaxed);

    atomic_store_explicit(&g->place_round, round + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    board_set(g, BOARD_segment, p.segment);
    board_set(g, BOARD_segment_bytes, p.bytes);
    board_set(g, BOARD_sequence, p.sequence);
    atomic_store_explicit(&g->place_round, round + 2, memory_order_release);
}

/* A writer that lost its core in the middle gets it back. */
static void wait_a_little(void)
{
    const struct timespec t = { 0, PLACE_WAIT_NS };

    (void)nanosleep(&t, NULL); /* shorter when a signal comes */
}

struct lane_place ledger_place(const struct ledger *g)
{
    struct lane_place p = { 0 };

    /* A writer that died in the middle leaves an odd round: what it left is then taken as it is,
     * for a frame that is not whole does not check. */
    for (unsigned tries = 0; tries < PLACE_SPINS + PLACE_WAITS; tries++) {
        uint64_t round = atomic_load_explicit(&g->place_round, memory_order_acquire);

        p.segment = (uint32_t)atomic_load_explicit(&g->board[BOARD_segment], memory_order_relaxed);
        p.bytes = atomic_load_explicit(&g->board[BOARD_segment_bytes], memory_order_relaxed);
        p.sequence = atomic_load_explicit(&g->board[BOARD_sequence], memory_order_relaxed);
        atomic_thread_fence(memory_order_acquire);
        if ((round & 1) == 0 &&
            atomic_load_explicit(&g->place_round, memory_order_relaxed) == round)
            break;
        if (tries >= PLACE_SPINS)
            wait_a_little();
    }
    return p;
}

bool ledger_published(const struct ledger *g)
{
    return atomic_load_explicit(&g->place_round, memory_order_acquire) >= 2;
}

bool ledger_copy(const struct ledger *g, uint32_t row, struct ledger_copy *to)
{
    const struct ledger_row *r = &g->row[row];

    MUST(row < LEDGER_ROWS);
    if (atomic_load_explicit(&r->state, memory_order_acquire) != 1 || r->input >= INPUTS)
        return false;
    to->input = (enum input)r->input;
    to->authenticated = r->authenticated == 1;
    to->configured = r->configured == 1;
    memcpy(to->name, r->name, sizeof(to->name));
    to->name[LEDGER_NAME_MAX - 1] = 0;
    for (unsigned c = 0; c < LEDGER_COUNTERS; c++)
        to->count[c] = count_of(r, (enum ledger_counter)c);
    return true;
}
