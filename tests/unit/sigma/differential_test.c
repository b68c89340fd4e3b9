/*
 * Goal: the fast matcher finds what the slow oracle finds, rule for rule and view for view.
 * Method: rules and events made from a number (generate.h): what the readers take, the compiler
 * compiles, and the events nearly match; each is tried as JSON and in the form of another codec. A
 * difference is printed with the number, the rules and the event.
 *
 *   CANH_SEED=n   only that number
 *   CANH_LONG=1   thirty times as many
 */
#include "../check.h"

#include <stdlib.h>

#include "base/num.h"
#include "both.h"
#include "generate.h"
#include "recode.h"

#define SEEDS           200u
#define SEEDS_LONG      6000u
#define RULES_OF_SEED   60u
#define EVENTS_OF_SEED  120u
#define FAULTS_SHOWN    5u
#define YAML_BYTES_MAX  (4u << 20)
#define EVENT_BYTES_MAX (1u << 20)

struct run {
    struct generate g;
    struct both both;
    struct buf yaml, event, same; /* `same`: the event in another form */
    uint64_t seed;
    uint64_t events, hits, recoded_hits;
    uint32_t faults;
};

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    uint64_t n;

    return text != NULL && num_u64(span_of(text), UINT64_MAX, &n) ? n : otherwise;
}

static void run_fault(struct run *r, const struct buf *event)
{
    if (r->faults++ < FAULTS_SHOWN)
        printf("CANH_SEED=%llu, rules:\n%.*s\nevent: %.*s\n", (unsigned long long)r->seed,
               SPAN_ARG(buf_span(&r->yaml)), SPAN_ARG(buf_span(event)));
}

/* A generated rule that is refused or does not compile tests nothing: a fault of the generator or
 * of the reader, never silence. */
static void run_rules(struct run *r)
{
    buf_clear(&r->yaml);
    for (uint32_t i = 0; i < RULES_OF_SEED; i++)
        generate_rule(&r->g, &r->yaml);
    assert_false(buf_failed(&r->yaml));
    if (!both_init(&r->both, buf_span(&r->yaml), NULL, NULL))
        run_fault(r, &r->event);
    for (uint32_t i = 0; i < r->both.rules.refusal_count; i++) {
        const struct sigma_refusal *x = &r->both.rules.refusals[i];

        printf("%.*s (line %u) is refused: %.*s\n", SPAN_ARG(x->title), x->line, SPAN_ARG(x->why));
        run_fault(r, &r->event);
    }
}

static void run_event(struct run *r)
{
    struct both_hits h;

    generate_event(&r->g, &r->event);
    if (!both_json(&r->both, buf_span(&r->event)))
        fail_msg("no JSON: %.*s", SPAN_ARG(buf_span(&r->event)));
    if (!both_event(&r->both, &r->both.rec, &h))
        run_fault(r, &r->event);
    r->events++;
    r->hits += h.slow_count;
    recode(&r->g, &r->both.rec, &r->same);
    if (!both_event(&r->both, &r->both.rec, &h)) {
        printf("as of codec %s\n", codec_name((enum codec_id)r->both.rec.codec));
        run_fault(r, &r->event);
    }
    r->recoded_hits += h.slow_count;
}

static void run_begin(struct run *r, uint64_t seed)
{
    r->seed = seed;
    generate_init(&r->g, seed);
    run_rules(r);
}

static void run_init(struct run *r)
{
    *r = (struct run){ .faults = 0 };
    buf_init(&r->yaml, YAML_BYTES_MAX);
    buf_init(&r->event, EVENT_BYTES_MAX);
    buf_init(&r->same, EVENT_BYTES_MAX);
}

static void run_release(struct run *r)
{
    buf_release(&r->yaml);
    buf_release(&r->event);
    buf_release(&r->same);
}

static void matcher_and_oracle_agree_on_generated_rules(void **state)
{
    uint64_t one = number_of("CANH_SEED", 0);
    uint64_t last = one > 0 ? one : getenv("CANH_LONG") != NULL ? SEEDS_LONG : SEEDS;
    struct run r;

    (void)state;
    run_init(&r);
    for (uint64_t seed = one > 0 ? one : 1; seed <= last; seed++) {
        run_begin(&r, seed);
        for (uint32_t i = 0; i < EVENTS_OF_SEED; i++)
            run_event(&r);
        both_release(&r.both);
    }
    run_release(&r);
    printf("%llu events, %llu findings (%llu in other forms), %u differences\n",
           (unsigned long long)r.events, (unsigned long long)r.hits,
           (unsigned long long)r.recoded_hits, r.faults);
    assert_int_equal(r.faults, 0);
    /* Else the generator makes nothing that matches. */
    assert_true(r.hits > r.events && r.recoded_hits > r.events);
}

static bool asks_for_keywords(const struct sigma_node *n)
{
    if (n->kind == NODE_ITEM && n->item->field.n == 0)
        return true;
    for (uint32_t i = 0; i < n->child_count; i++) {
        if (asks_for_keywords(n->child[i]))
            return true;
    }
    return false;
}

/* Rules with keywords look into the raw text too, in which order shows. */
static bool ignores_order(const struct sigma_rule *rule)
{
    for (uint32_t i = 0; i < rule->search_count; i++) {
        if (asks_for_keywords(rule->searches[i].body))
            return false;
    }
    return true;
}

/* Which rules that ignore order does the matcher find? One byte a rule. */
static void found(struct run *r, const struct buf *event, uint8_t *is_hit)
{
    const struct hit *hits;
    uint32_t n;

    memset(is_hit, 0, r->both.rules.rule_count);
    assert_true(both_json(&r->both, buf_span(event)));
    event_begin(&r->both.event, &r->both.rec);
    n = match_event(r->both.matcher, &r->both.event, &hits);
    for (uint32_t i = 0; i < n; i++)
        is_hit[hits[i].rule] = ignores_order(r->both.rules.rules[hits[i].rule]);
}

static void the_order_of_fields_changes_nothing(void **state)
{
    static uint8_t a[RULES_OF_SEED * 2], b[RULES_OF_SEED * 2];
    struct run r;

    (void)state;
    run_init(&r);
    for (uint64_t seed = 1001; seed <= 1010; seed++) {
        run_begin(&r, seed);
        assert_true(r.both.rules.rule_count <= sizeof(a));
        for (uint32_t i = 0; i < EVENTS_OF_SEED; i++) {
            generate_shuffled(&r.g, &r.event, &r.same);
            found(&r, &r.event, a);
            found(&r, &r.same, b);
            if (memcmp(a, b, r.both.rules.rule_count) != 0) {
                printf("shuffled: %.*s\n", SPAN_ARG(buf_span(&r.same)));
                run_fault(&r, &r.event);
            }
        }
        both_release(&r.both);
    }
    run_release(&r);
    assert_int_equal(r.faults, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matcher_and_oracle_agree_on_generated_rules),
        cmocka_unit_test(the_order_of_fields_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
