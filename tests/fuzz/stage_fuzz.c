/*
 * stage_fuzz.c - a saved state of live correlation made of any bytes is loaded or refused, and what
 * was loaded is judged to the end. The sums over the groups are put right, so that what lies behind
 * them is reached.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>

#include "../unit/sigma/correlate_both.h"
#include "desk/stage.h"

static const char yaml[] =
    "{title: t0, name: t0, correlation: {type: event_count, rules: [a], group-by: [user],"
    " timespan: 9m, generate: true, condition: {gte: 1}}}\n---\n"
    "{title: t1, correlation: {type: value_count, rules: [a], group-by: [user], timespan: 5m,"
    " condition: {gt: 6, field: n}}}\n---\n"
    "{title: t2, correlation: {type: value_median, rules: [a], timespan: 3m,"
    " condition: {lt: 5, field: n}}}\n---\n"
    "{title: t3, correlation: {type: temporal_ordered, rules: [t0, b], timespan: 4m}}";

static void ignore(void *arg, const struct correlate_result *r)
{
    (void)arg;
    (void)r;
}

/* The correlator's state begins with the plan's hash and ends with a sum. */
static void put_right(uint8_t *p, size_t n, uint64_t plan)
{
    uint64_t records, sum;

    if (n < 17 + 16)
        return;
    memcpy(&records, p + 9, sizeof(records));
    if (records > n - 17 - 16)
        return;
    p += 17 + records;
    n -= 17 + records;
    memcpy(p, &plan, sizeof(plan));
    sum = XXH3_64bits(p, n - 8);
    memcpy(p + n - 8, &sum, sizeof(sum));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stage_settings is = { .buffer_max = 1 << 20, .fn = ignore };
    struct correlate_both b;
    struct stage *s;
    uint8_t *copy = malloc(size + 1);
    struct err e;

    MUST(copy != NULL && correlate_both_init(&b, span_of(yaml)));
    memcpy(copy, data, size);
    put_right(copy, size, correlate_plan_hash(b.plan));
    is.plan = b.plan;
    MUST(stage_new(&s, &is, &e) == ERR_OK);
    if (stage_load(s, (struct span){ copy, size }, &e) == ERR_OK)
        MUST(stage_drain(s, &e) == ERR_OK);
    stage_free(&s);
    correlate_both_release(&b);
    free(copy);
    return 0;
}
