/*
 * correlate_both.c - rules, records, feeding, comparing; and making input out of bytes.
 */
#include "correlate_both.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

#define LINES_MAX ((size_t)64 << 20)
#define HITS_MAX  400u

static const char rules_yaml[] =
    "{title: rule a, name: a, id: 00000000-0000-4000-8000-00000000000a, logsource: {product: t},"
    " detection: {s: {A: 1}, condition: s}}\n---\n"
    "{title: rule b, name: b, id: 00000000-0000-4000-8000-00000000000b, logsource: {product: t},"
    " detection: {s: {A: 2}, condition: s}}\n---\n"
    "{title: rule c, name: c, id: 00000000-0000-4000-8000-00000000000c, logsource: {product: t},"
    " detection: {s: {A: 3}, condition: s}}\n---\n"
    "{title: rule d, name: d, id: 00000000-0000-4000-8000-00000000000d, logsource: {product: t},"
    " detection: {s: {A: 4}, condition: s}}\n---\n";

bool correlate_both_init(struct correlate_both *b, struct span yaml)
{
    struct correlate_rules from;
    struct buf all;
    struct err e;

    b->plan = NULL;
    buf_init(&all, LINES_MAX);
    buf_text(&all, rules_yaml);
    buf_add(&all, yaml);
    MUST(rules_init(&b->rules, &e) == ERR_OK && names_init(&b->names, &e) == ERR_OK);
    MUST(rules_add_bytes(&b->rules, SPAN_LIT("text"), buf_span(&all), &e) == ERR_OK);
    MUST(rules_finish(&b->rules, &e) == ERR_OK);
    MUST(ruleset_names(&b->rules, &b->names, &e) == ERR_OK && names_freeze(&b->names));
    from = (struct correlate_rules){ b->rules.rules, b->rules.correlations, b->rules.rule_count,
                                     b->rules.correlation_count };
    MUST(correlate_plan_new(&b->plan, &from, &b->names, &e) == ERR_OK);
    buf_release(&all);
    for (uint32_t i = 0; i < b->rules.refusal_count; i++)
        printf("refused: %.*s\n%.*s\n", SPAN_ARG(b->rules.refusals[i].why), SPAN_ARG(yaml));
    return b->rules.refusal_count == 0;
}

void correlate_both_release(struct correlate_both *b)
{
    correlate_plan_free(&b->plan);
    names_release(&b->names);
    rules_release(&b->rules);
}

/* --- feeding the engine --------------------------------------------------------------------- */

struct hit_values {
    const struct correlate_both *b;
    const struct correlate_hit *hit;
};

static struct span hit_value(void *arg, uint32_t name)
{
    const struct hit_values *v = arg;
    struct span text = v->b->names.text[name];

    for (unsigned nocase = 0; nocase < 2; nocase++) {
        for (uint32_t i = 0; i < v->hit->field_count; i++) {
            const struct correlate_pair *f = &v->hit->field[i];
            bool same = nocase != 0 ? span_eq_nocase(f->name, text) : span_eq(f->name, text);

            if (same && f->value.p != NULL)
                return f->value;
        }
    }
    return SPAN_NONE;
}

struct sink {
    const struct correlate_both *b;
    struct buf *lines;
};

static void on_result(void *arg, const struct correlate_result *r)
{
    struct sink *s = arg;

    MUST(r->event_count <= 2 * CORRELATE_EVENTS_MAX);
    correlate_line(s->b->rules.correlations[r->correlation], r, s->lines);
}

static int by_key(const void *a, const void *b)
{
    return memcmp(correlate_key(*(const struct span *)a), correlate_key(*(const struct span *)b),
                  CORRELATE_KEY_BYTES);
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static void shuffle(uint32_t *order, uint32_t count, uint64_t seed)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count; seed != 0 && i > 1; i--) {
        uint32_t k = (uint32_t)(next_random(&seed) % i), t = order[i - 1];

        order[i - 1] = order[k];
        order[k] = t;
    }
}

/* Records of all hits that some correlation wants, sorted; returns how many. */
static uint32_t make_records(const struct correlate_both *b, const struct correlate_hit *hits,
                             uint32_t count, uint64_t seed, struct buf *bytes, struct span *records)
{
    uint32_t *order = calloc((size_t)count + 1, sizeof(*order)), n = 0;
    struct span rest;

    MUST(order != NULL);
    shuffle(order, count, seed);
    for (uint32_t i = 0; i < count; i++) {
        struct hit_values from = { b, &hits[order[i]] };
        const struct correlate_values v = { hit_value, &from };

        if (correlate_wanted(b->plan, from.hit->at.rule))
            correlate_put(b->plan, &from.hit->at, &v, bytes);
    }
    MUST(!buf_failed(bytes));
    rest = buf_span(bytes);
    while (correlate_next(&rest, &records[n]))
        n++;
    MUST(rest.n == 0);
    qsort(records, n, sizeof(*records), by_key);
    free(order);
    return n;
}

static void add_counts(struct correlate_counts *to, const struct correlate_counts *c)
{
    to->inputs += c->inputs;
    to->results += c->results;
    to->group_missing += c->group_missing;
    to->value_missing += c->value_missing;
    to->value_odd += c->value_odd;
    to->groups += c->groups;
    to->groups_evicted += c->groups_evicted;
}

/* Carry the state over into a new correlator. */
static void reload(struct correlator **c, const struct correlate_both *b, size_t bytes_max,
                   struct sink *sink)
{
    struct buf saved, again;
    struct err e;

    buf_init(&saved, LINES_MAX);
    buf_init(&again, LINES_MAX);
    correlator_save(*c, &saved);
    correlator_free(c);
    MUST(!buf_failed(&saved));
    MUST(correlator_new(c, b->plan, bytes_max, on_result, sink, &e) == ERR_OK);
    MUST(correlator_load(*c, buf_span(&saved), &e) == ERR_OK);
    correlator_save(*c, &again);
    MUST(span_eq(buf_span(&saved), buf_span(&again)));
    buf_release(&again);
    buf_release(&saved);
}

void correlate_both_engine(const struct correlate_both *b, const struct correlate_hit *hits,
                           uint32_t count, struct correlate_run *run, struct buf *lines)
{
    struct span *records = calloc((size_t)count + 1, sizeof(*records));
    struct sink sink = { b, lines };
    struct correlator *c;
    struct buf bytes;
    uint32_t n;
    struct err e;

    MUST(records != NULL);
    buf_init(&bytes, (size_t)1 << 30);
    n = make_records(b, hits, count, run->shuffle, &bytes, records);
    MUST(correlator_new(&c, b->plan, run->bytes_max, on_result, &sink, &e) == ERR_OK);
    for (uint32_t i = 0; i < n; i++) {
        MUST(correlator_feed(c, records[i], &e) == ERR_OK);
        if (!run->advance || i + 1 >= n ||
            correlate_time(records[i + 1]) == correlate_time(records[i]))
            continue;
        MUST(correlator_advance(c, correlate_time(records[i + 1]) - 1, &e) == ERR_OK);
        if (run->reload != 0 && i % run->reload == 0)
            reload(&c, b, run->bytes_max, &sink);
    }
    MUST(correlator_finish(c, &e) == ERR_OK);
    run->total = (struct correlate_counts){ 0 };
    for (uint32_t i = 0; i < b->rules.correlation_count; i++) {
        struct correlate_counts one = correlator_counts(c, i);

        add_counts(&run->total, &one);
    }
    run->bytes_end = correlator_bytes(c);
    correlator_free(&c);
    buf_release(&bytes);
    free(records);
}

static int by_text(const void *a, const void *b)
{
    return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

void correlate_sort_lines(struct buf *lines)
{
    struct span rest = buf_span(lines), *line;
    struct buf sorted;
    size_t n = 0;

    line = calloc(lines->n + 1, sizeof(*line));
    MUST(line != NULL);
    while (rest.n > 0) {
        size_t end = span_find(rest, '\n') + 1;

        line[n++] = (struct span){ rest.p, end };
        rest = span_from(rest, end);
    }
    qsort(line, n, sizeof(*line), by_text);
    buf_init(&sorted, LINES_MAX);
    for (size_t i = 0; i < n; i++)
        buf_add(&sorted, line[i]);
    free(line);
    buf_release(lines);
    *lines = sorted;
}

/* --- input out of bytes --------------------------------------------------------------------- */

uint32_t correlate_choose(struct span *from, uint32_t n)
{
    uint32_t v;

    if (from->n == 0)
        return 0;
    v = from->p[0];
    *from = span_from(*from, 1);
    if (n > 256 && from->n > 0) {
        v = v << 8 | from->p[0];
        *from = span_from(*from, 1);
    }
    return v % n;
}

static const char *const type_names[] = { "event_count",       "value_count",
                                          "value_sum",         "value_avg",
                                          "value_median",      "value_percentile",
                                          "temporal",          "temporal_ordered",
                                          "temporal_extended", "temporal_ordered_extended" };

static void put_ref(struct buf *yaml, uint32_t i, uint32_t how)
{
    if (i >= CORRELATE_RULES)
        buf_fmt(yaml, "k%u", i - CORRELATE_RULES);
    else if (how == 0)
        buf_fmt(yaml, "00000000-0000-4000-8000-00000000000%c", 'a' + (int)i);
    else
        buf_fmt(yaml, "%c", 'a' + (int)i);
}

static void put_bounds(struct span *from, struct buf *yaml)
{
    static const char *const bound[] = { "gte", "gt", "lt", "lte", "eq", "neq" };
    static const char *const number[] = { "2", "1", "3", "0", "4", "2.5", "-1" };
    uint32_t first = correlate_choose(from, 6);

    buf_fmt(yaml, "%s: %s", bound[first], number[correlate_choose(from, 7)]);
    if (first < 2 && correlate_choose(from, 3) == 1)
        buf_fmt(yaml, ", %s: %s", bound[2 + correlate_choose(from, 4)],
                number[correlate_choose(from, 7)]);
}

/* An expression in which every reference appears once, some of them negated. */
static void put_expr(struct span *from, struct buf *yaml, uint32_t refs)
{
    uint32_t open = 0;
    bool first = true;

    for (uint32_t i = 0; i < 32; i++) {
        if ((refs >> i & 1) == 0)
            continue;
        if (!first)
            buf_text(yaml, correlate_choose(from, 3) == 0 ? " or " : " and ");
        if (correlate_choose(from, 4) == 1)
            buf_text(yaml, "not ");
        if (correlate_choose(from, 4) == 1) {
            buf_byte(yaml, '(');
            open++;
        }
        put_ref(yaml, i, 1);
        first = false;
        if (open > 0 && correlate_choose(from, 2) == 1) {
            buf_byte(yaml, ')');
            open--;
        }
    }
    for (; open > 0; open--)
        buf_byte(yaml, ')');
}

static void put_group(struct span *from, struct buf *yaml)
{
    static const char *const groups[] = { "", "  group-by: [user]\n", "  group-by: [user, host]\n",
                                          "  group-by: [who]\n", "  group-by: [HOST, who]\n" };

    buf_text(yaml, groups[correlate_choose(from, 5)]);
    buf_text(yaml, "  aliases: { who: { a: user, 00000000-0000-4000-8000-00000000000B: src } }\n");
}

static uint32_t choose_refs(struct span *from, uint32_t known)
{
    uint32_t refs = correlate_choose(from, 256) & ((1u << known) - 1);

    return refs != 0 ? refs : 1;
}

static void make_correlation(struct span *from, struct buf *yaml, uint32_t index)
{
    static const char *const fields[] = { "n", "user", "[user, src]", "who" };
    uint32_t type = correlate_choose(from, COUNT_OF(type_names));
    uint32_t refs = choose_refs(from, CORRELATE_RULES + index), how = correlate_choose(from, 2);
    bool expr = type >= 8, temporal = type >= 6 && type < 8;

    buf_fmt(yaml, "title: k%u\nname: k%u\ncorrelation:\n  type: %s\n  rules:\n", index, index,
            type_names[type]);
    for (uint32_t i = 0; i < 32; i++) {
        if ((refs >> i & 1) == 0)
            continue;
        buf_text(yaml, "    - ");
        put_ref(yaml, i, expr ? 1 : how);
        buf_byte(yaml, '\n');
    }
    buf_fmt(yaml, "  timespan: %us\n  generate: %s\n", 1 + correlate_choose(from, 9),
            correlate_choose(from, 2) == 1 ? "true" : "false");
    put_group(from, yaml);
    if (expr) {
        buf_text(yaml, "  condition: ");
        put_expr(from, yaml, refs);
        buf_byte(yaml, '\n');
    } else if (!temporal || correlate_choose(from, 2) == 1) {
        buf_text(yaml, "  condition: { ");
        put_bounds(from, yaml);
        if (type == 1)
            buf_fmt(yaml, ", field: %s", fields[correlate_choose(from, 4)]);
        else if (!temporal && type != 0)
            buf_text(yaml, ", field: n");
        if (type == 5)
            buf_fmt(yaml, ", percentile: %u", correlate_choose(from, 101));
        buf_text(yaml, " }\n");
    }
    buf_text(yaml, "---\n");
}

void correlate_make_yaml(struct span *from, struct buf *yaml)
{
    uint32_t count = 1 + correlate_choose(from, 4);

    for (uint32_t i = 0; i < count; i++)
        make_correlation(from, yaml, i);
}

static void put_field(struct correlate_hit *h, struct span name, const char *value)
{
    if (value != NULL)
        h->field[h->field_count++] =
            (struct correlate_pair){ name, value[0] == '0' && value[1] == 0 ? SPAN_NONE
                                                                            : span_of(value) };
}

/* "0" stands for null, NULL for an absent field. */
static void make_fields(struct span *from, struct correlate_hit *h)
{
    static const char *const user[] = { "bob", "BOB", "alice", "Bob", "", "0", NULL, "\xC3\x89" };
    static const char *const host[] = { "x", "x", "y", NULL };
    static const char *const src[] = { "bob", "1.1.1.1", "\xC3\xA9", NULL };
    static const char *const n[] = { "1", "2.5", "-3", "10", "0.125", "x", "4", NULL, "1e3", "" };

    put_field(h, SPAN_LIT("user"), user[correlate_choose(from, COUNT_OF(user))]);
    put_field(h, SPAN_LIT("Host"), host[correlate_choose(from, COUNT_OF(host))]);
    put_field(h, SPAN_LIT("src"), src[correlate_choose(from, COUNT_OF(src))]);
    put_field(h, SPAN_LIT("n"), n[correlate_choose(from, COUNT_OF(n))]);
}

uint32_t correlate_make_hits(struct span *from, struct correlate_hit *hits, uint32_t max)
{
    static const int64_t steps[] = {
        0, TIME_SECOND, 1, TIME_SECOND - 1, 2 * TIME_SECOND, 3 * TIME_SECOND, 12 * TIME_SECOND, 0
    };
    int64_t time = 1000 * TIME_SECOND;
    uint32_t count = 0;

    for (uint32_t event = 1; from->n > 0 && count + CORRELATE_RULES <= max; event++) {
        uint32_t rules = correlate_choose(from, 16);
        struct correlate_hit h = { .at = { .order = (uint64_t)correlate_choose(from, 4) << 40 |
                                                    event } };

        time += steps[correlate_choose(from, COUNT_OF(steps))];
        h.at.time_ns = time;
        h.at.ref = h.at.order;
        make_fields(from, &h);
        for (h.at.rule = 0; h.at.rule < CORRELATE_RULES; h.at.rule++) {
            if (rules >> h.at.rule == 1 || (rules > 11 && (rules >> h.at.rule & 1) != 0))
                hits[count++] = h;
        }
    }
    if (count > 0)
        qsort(hits, count, sizeof(*hits), correlate_event_order);
    return count;
}

bool correlate_both_agree(struct span from, struct correlate_counts *total)
{
    struct correlate_hit *hits = calloc(HITS_MAX, sizeof(*hits));
    struct correlate_run plain = { 0 }, other = { .shuffle = 1 + from.n, .advance = true };
    struct buf yaml, fast, again, slow;
    struct correlate_both b;
    uint32_t count;
    bool same;

    MUST(hits != NULL);
    buf_init(&yaml, LINES_MAX);
    buf_init(&fast, LINES_MAX);
    buf_init(&again, LINES_MAX);
    buf_init(&slow, LINES_MAX);
    correlate_make_yaml(&from, &yaml);
    count = correlate_make_hits(&from, hits, HITS_MAX);
    same = correlate_both_init(&b, buf_span(&yaml));
    correlate_both_engine(&b, hits, count, &plain, &fast);
    correlate_both_engine(&b, hits, count, &other, &again);
    if (!span_eq(buf_span(&fast), buf_span(&again))) {
        printf("%.*s\nin order:\n%.*s\nshuffled:\n%.*s\n", SPAN_ARG(buf_span(&yaml)),
               SPAN_ARG(buf_span(&fast)), SPAN_ARG(buf_span(&again)));
        same = false;
    }
    correlate_oracle(&b.rules, hits, count, &slow);
    correlate_sort_lines(&fast);
    correlate_sort_lines(&slow);
    if (!span_eq(buf_span(&fast), buf_span(&slow))) {
        printf("%.*s\nengine:\n%.*s\noracle:\n%.*s\n", SPAN_ARG(buf_span(&yaml)),
               SPAN_ARG(buf_span(&fast)), SPAN_ARG(buf_span(&slow)));
        same = false;
    }
    if (total != NULL)
        add_counts(total, &plain.total);
    correlate_both_release(&b);
    buf_release(&slow);
    buf_release(&again);
    buf_release(&fast);
    buf_release(&yaml);
    free(hits);
    return same;
}
