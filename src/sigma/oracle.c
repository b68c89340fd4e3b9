/*
 * oracle.c - conditions, filters and the logsource gate of the slow evaluator.
 *
 * A condition is evaluated while its words are read, every time anew: there is no tree. What a
 * left side has decided already is still read, but not asked of the event (`ask` is false). Each
 * search is asked at most once per rule and event.
 */
#include <stdlib.h>

#include "sigma/oracle_own.h"
#include "sigma/regex.h"

#define KEEP_BYTES_MAX  ((size_t)2 << 30)
#define EVENT_BYTES_MAX ((size_t)1 << 30)

int oracle_new(struct oracle **out, const struct names *names,
               const struct oracle_placeholder *placeholders, uint32_t count, struct err *e)
{
    struct oracle *o = calloc(1, sizeof(*o));

    *out = o;
    if (o == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the oracle.");
    o->names = names;
    o->placeholders = placeholders;
    o->placeholder_count = count;
    arena_init(&o->mem, KEEP_BYTES_MAX);
    arena_init(&o->event_mem, EVENT_BYTES_MAX);
    o->folded = calloc(EVENT_HANDLES_MAX + 1, sizeof(*o->folded));
    o->found = pcre2_match_data_create(1, NULL);
    o->limits = pcre2_match_context_create(NULL);
    if (o->folded == NULL || o->found == NULL || o->limits == NULL) {
        oracle_free(out);
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the oracle.");
    }
    sigma_regex_limits(o->limits);
    return ERR_OK;
}

void oracle_free(struct oracle **op)
{
    struct oracle *o = *op;

    *op = NULL;
    if (o == NULL)
        return;
    oracle_items_release(o);
    arena_release(&o->mem);
    arena_release(&o->event_mem);
    pcre2_match_data_free(o->found);
    pcre2_match_context_free(o->limits);
    free(o->folded);
    free(o->gate);
    free(o->hits);
    free(o);
}

/* --- searches --------------------------------------------------------------------------- */

/* The searches that a condition may name: the rule's own, or a filter's own. */
struct scope {
    struct oracle *o;
    const struct sigma_search *searches;
    uint32_t count;
    uint8_t *known; /* by search: 0 not asked, 1 false, 2 true */
};

/* The body of a search: items joined by AND (a map) and OR (a list). */
static bool body_holds(struct oracle *o, const struct sigma_node *n)
{
    bool is_and = n->kind == NODE_AND;

    if (n->kind == NODE_ITEM)
        return oracle_item_holds(o, n->item);
    MUST(n->kind == NODE_AND || n->kind == NODE_OR);
    for (uint32_t i = 0; i < n->child_count; i++) {
        if (body_holds(o, n->child[i]) != is_and)
            return !is_and;
    }
    return is_and;
}

static bool search_holds(struct scope *s, uint32_t i)
{
    if (s->known[i] == 0)
        s->known[i] = body_holds(s->o, s->searches[i].body) ? 2 : 1;
    return s->known[i] == 2;
}

/* --- the condition ---------------------------------------------------------------------- */

struct words {
    struct scope *scope;
    struct span rest, word; /* an empty word is the end */
};

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void next_word(struct words *w)
{
    struct span r = w->rest;
    size_t n = 0;

    while (r.n > 0 && blank(r.p[0]))
        r = span_from(r, 1);
    if (r.n > 0 && (r.p[0] == '(' || r.p[0] == ')'))
        n = 1;
    while (n < r.n && !blank(r.p[n]) && r.p[n] != '(' && r.p[n] != ')')
        n++;
    if (r.n > 0 && (r.p[0] == '(' || r.p[0] == ')'))
        n = 1;
    w->word = (struct span){ r.p, n };
    w->rest = (struct span){ r.p + n, r.n - n };
}

static bool word_is(const struct words *w, const char *what)
{
    return span_eq_nocase(w->word, span_of(what));
}

static bool star_fits(struct span pattern, struct span name)
{
    if (pattern.n == 0)
        return name.n == 0;
    if (pattern.p[0] == '*') {
        for (size_t i = 0; i <= name.n; i++) {
            if (star_fits(span_from(pattern, 1), (struct span){ name.p + i, name.n - i }))
                return true;
        }
        return false;
    }
    return name.n > 0 && name.p[0] == pattern.p[0] &&
           star_fits(span_from(pattern, 1), span_from(name, 1));
}

static bool is_meant(struct span pattern, struct span name)
{
    if (span_eq_nocase(pattern, SPAN_LIT("them")))
        return name.n == 0 || name.p[0] != '_';
    return star_fits(pattern, name);
}

/* "all of PATTERN" when count is 0, else "count of PATTERN". */
static bool count_of(struct scope *s, uint64_t count, struct span pattern)
{
    uint64_t meant = 0, held = 0;

    for (uint32_t i = 0; i < s->count; i++) {
        if (s->searches[i].of_filter || !is_meant(pattern, s->searches[i].name))
            continue;
        meant++;
        held += search_holds(s, i);
    }
    return held >= (count == 0 ? meant : count);
}

static bool search_named(struct scope *s, struct span name)
{
    uint32_t i = 0;

    while (i < s->count && (s->searches[i].of_filter || !span_eq(s->searches[i].name, name)))
        i++;
    MUST(i < s->count); /* the reader refuses conditions that name no search */
    return search_holds(s, i);
}

static bool read_or(struct words *w, bool ask);

/* A word with "of" behind it: how many. 0 is all. */
static uint64_t how_many(const struct words *w)
{
    uint64_t n = 0;

    if (word_is(w, "all"))
        return 0;
    if (word_is(w, "any"))
        return 1;
    for (size_t i = 0; i < w->word.n && n < UINT32_MAX; i++)
        n = n * 10 + (uint64_t)(w->word.p[i] - '0');
    return n;
}

static bool read_term(struct words *w, bool ask)
{
    struct words ahead = *w;
    struct span name = w->word;
    bool held;

    if (word_is(w, "(")) {
        next_word(w);
        held = read_or(w, ask);
        MUST(word_is(w, ")"));
        next_word(w);
        return held;
    }
    next_word(&ahead);
    if (word_is(&ahead, "of")) {
        uint64_t count = how_many(w);

        next_word(&ahead);
        held = ask && count_of(w->scope, count, ahead.word);
        *w = ahead;
        next_word(w);
        return held;
    }
    next_word(w);
    return ask && search_named(w->scope, name);
}

static bool read_not(struct words *w, bool ask)
{
    if (!word_is(w, "not"))
        return read_term(w, ask);
    next_word(w);
    return !read_not(w, ask);
}

static bool read_and(struct words *w, bool ask)
{
    bool held = read_not(w, ask);

    while (word_is(w, "and")) {
        next_word(w);
        held = read_not(w, ask && held) && held;
    }
    return held;
}

static bool read_or(struct words *w, bool ask)
{
    bool held = read_and(w, ask);

    while (word_is(w, "or")) {
        next_word(w);
        held = read_and(w, ask && !held) || held;
    }
    return held;
}

/* Any of the conditions. */
static bool condition_holds(struct scope *s, const struct span *text, uint32_t count)
{
    s->known = arena_bytes(&s->o->event_mem, s->count + 1);
    if (s->known == NULL)
        return false;
    memset(s->known, 0, s->count + 1);
    for (uint32_t i = 0; i < count; i++) {
        struct words w = { .scope = s, .rest = text[i] };
        bool held;

        next_word(&w);
        held = read_or(&w, true);
        MUST(w.word.n == 0);
        if (held)
            return true;
    }
    return false;
}

/* The rule's condition and, as written, that of every filter applied to it. */
static bool rule_holds(struct oracle *o, const struct sigma_rule *rule, const struct view *view)
{
    struct scope own = { .o = o, .searches = rule->searches, .count = rule->search_count };

    o->view = view;
    if (!condition_holds(&own, rule->condition_text, rule->condition_count))
        return false;
    for (uint32_t i = 0; i < rule->filter_count; i++) {
        const struct sigma_filter *f = rule->filters[i];
        struct scope its = { .o = o, .searches = f->searches, .count = f->search_count };

        if (!condition_holds(&its, &f->condition_text, 1))
            return false;
    }
    return true;
}

static void oracle_begin(struct oracle *o, struct event *e)
{
    arena_reset(&o->event_mem);
    o->event = e;
    o->round++;
}

bool oracle_match(struct oracle *o, const struct sigma_rule *rule, struct event *e,
                  const struct view *view)
{
    oracle_begin(o, e);
    return rule_holds(o, rule, view);
}

/* --- the gate --------------------------------------------------------------------------- */

static bool tag_is(const struct tag_set *tags, struct span wanted)
{
    if (wanted.n == 0)
        return true;
    for (uint32_t i = 0; i < tags->count; i++) {
        if (span_eq_nocase(tags->value[i], wanted))
            return true;
    }
    return false;
}

/* A custom logsource element is one that no view has. */
static bool carries(const struct view *v, const struct sigma_logsource *l)
{
    return l->custom.n == 0 && tag_is(&v->product, l->product) &&
           tag_is(&v->category, l->category) && tag_is(&v->service, l->service);
}

static void gate_begin(struct oracle *o, const struct sigma_rules *rules, uint32_t views)
{
    if (o->gate != NULL && o->gate_rules == rules->rule_count && o->gate_views >= views)
        return;
    free(o->gate);
    free(o->hits);
    o->gate_rules = rules->rule_count;
    o->gate_views = views;
    o->gate = calloc((size_t)views * o->gate_rules + 1, 1);
    o->hits = calloc(o->gate_rules + 1u, sizeof(*o->hits));
    MUST(o->gate != NULL && o->hits != NULL);
}

static bool gate_open(struct oracle *o, const struct view *v, const struct sigma_rule *rule,
                      uint32_t index)
{
    uint8_t *g = &o->gate[(size_t)v->id * o->gate_rules + index];

    if (*g == 0)
        *g = carries(v, &rule->logsource) ? 2 : 1;
    return *g == 2;
}

uint32_t oracle_event(struct oracle *o, const struct sigma_rules *rules, struct event *e,
                      const struct oracle_hit **hits)
{
    uint32_t count = 0;

    gate_begin(o, rules, taxonomy_view_count(e->taxonomy));
    oracle_begin(o, e);
    for (uint32_t r = 0; r < rules->rule_count; r++) {
        for (uint32_t i = 0; i < e->cls->view_count; i++) {
            const struct view *v = e->cls->views[i];

            if (!gate_open(o, v, rules->rules[r], r))
                continue;
            if (rule_holds(o, rules->rules[r], v))
                o->hits[count++] = (struct oracle_hit){ r, v };
            break; /* the first view that carries it, whatever came of it */
        }
    }
    *hits = o->hits;
    return count;
}
