/*
 * match.c - the fast evaluator.
 *
 *   class ──▶ views ──▶ partitions                     remembered by class
 *   for each indexed field that the event has:
 *       value ──▶ memo ──hit──▶ candidate rules         memo.h
 *                  └──miss─▶ fold, exact table, Vectorscan ──▶ candidates, into the memo
 *   keywords: the raw record ──▶ sieve ──▶ Vectorscan ──▶ candidates     keywords.h
 *   candidates ──▶ verify.c ──▶ hits
 *
 * Over the data sets of bench/ (3,755 rules, 2.2 KB an event) four values an event are looked up,
 * nine in ten of them are in the memo, one rule in two events is verified, and keywords are half of
 * the time.
 *
 * No allocation but the arenas of texts; nothing is shared between matchers but the ruleset.
 */
#include "sigma/match.h"

#include <stdlib.h>

#include "base/num.h"
#include "sigma/keywords.h"
#include "sigma/memo.h"
#include "sigma/raw_odd.h"
#include "sigma/verify.h"

#define PLANS_MAX 4096u

/* What to do with an event of one class. */
struct plan {
    uint32_t count;
    struct {
        const struct view *view;
        const struct partition *partition;
        bool keywords; /* some keyword rule belongs to this step */
    } step[TAXONOMY_VIEWS_MAX];
};

struct matcher {
    const struct ruleset *rs;
    const struct compiled *c;
    struct verify verify;
    struct memo *memo;
    struct plan **plans; /* by class id */
    struct plan odd;     /* of a class beyond the table */
    uint32_t *tried;     /* rule -> round in which it was last a candidate */
    uint32_t *fresh_of;  /* rule -> look-up in which it was last found */
    uint32_t round, lookup;
    uint32_t *fresh; /* rules found by the look-up at hand */
    uint32_t fresh_count;
    struct hit *hits;
    uint32_t hit_count;
    hs_scratch_t *scratch;
    const struct field_index *scanned; /* for the callbacks */
    struct span scanned_text;
    bool raw_values;   /* the scan of the raw record asks for them */
    bool raw_fragment; /* its sieve held something */
    bool only_asks;    /* are there candidates? They are not verified; */
    bool candidates;   /* there are */
};

static int make_scratch(struct matcher *m, struct err *e)
{
    for (uint32_t i = 0; i < m->c->field_count; i++) {
        const struct hs_database *db = m->c->fields[i]->db;

        if (db != NULL && hs_alloc_scratch(db, &m->scratch) != HS_SUCCESS)
            return err_set(e, ERR_NOMEM, 0, "no memory for Vectorscan's scratch space");
    }
    return ERR_OK;
}

int matcher_new(struct matcher **out, const struct ruleset *rs, struct err *e)
{
    struct matcher *m = calloc(1, sizeof(*m));
    uint32_t rules = rs->c->rule_count + 1;
    int rc = ERR_OK;

    *out = NULL;
    if (m == NULL)
        return err_set(e, ERR_NOMEM, 0, "no memory for a matcher");
    m->rs = rs;
    m->c = rs->c;
    m->plans = calloc(PLANS_MAX, sizeof(struct plan *));
    m->tried = calloc(rules, sizeof(*m->tried));
    m->fresh_of = calloc(rules, sizeof(*m->fresh_of));
    m->fresh = calloc(rules, sizeof(*m->fresh));
    m->hits = calloc(rules, sizeof(*m->hits));
    if (m->plans == NULL || m->tried == NULL || m->fresh_of == NULL || m->fresh == NULL ||
        m->hits == NULL)
        rc = err_set(e, ERR_NOMEM, 0, "no memory for a matcher");
    if (rc == ERR_OK)
        rc = memo_new(&m->memo, e);
    if (rc == ERR_OK)
        rc = make_scratch(m, e);
    if (rc == ERR_OK)
        rc = verify_init(&m->verify, rs, e);
    if (rc != ERR_OK)
        matcher_free(&m);
    *out = m;
    return rc;
}

void matcher_free(struct matcher **pm)
{
    struct matcher *m = *pm;

    *pm = NULL;
    if (m == NULL)
        return;
    for (uint32_t i = 0; m->plans != NULL && i < PLANS_MAX; i++)
        free(m->plans[i]);
    verify_release(&m->verify);
    MUST(hs_free_scratch(m->scratch) == HS_SUCCESS);
    free(m->hits);
    free(m->fresh);
    free(m->fresh_of);
    free(m->tried);
    free(m->plans);
    memo_free(&m->memo);
    free(m);
}

/* The rules of the look-up at hand, each once. */
static void fresh_add(struct matcher *m, const struct rule_list *l)
{
    for (uint32_t i = 0; i < l->count; i++) {
        uint32_t r = l->rule[i];

        if (m->fresh_of[r] == m->lookup)
            continue;
        m->fresh_of[r] = m->lookup;
        m->fresh[m->fresh_count++] = r;
    }
}

static int on_literal(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                      void *arg)
{
    struct matcher *m = arg;
    const struct literal *l = &m->scanned->literals[id];

    (void)from; /* not asked for */
    (void)flags;
    fresh_add(m, &l->anywhere);
    if (to == l->text.n)
        fresh_add(m, &l->at_start);
    if (to == m->scanned_text.n)
        fresh_add(m, &l->at_end);
    return 0;
}

static int on_raw_literal(unsigned id, unsigned long long from, unsigned long long to,
                          unsigned flags, void *arg)
{
    struct matcher *m = arg;
    const struct literal *l = &m->scanned->literals[id];

    (void)from; /* not asked for */
    (void)flags;
    (void)to;
    if (l->sense == SENSE_RULES)
        fresh_add(m, &l->anywhere);
    else
        m->raw_values = true;
    return m->raw_values; /* stops the scan: all will be looked at again */
}

/* For the sieve: anything that must be looked into ends the scan. */
static int on_fragment(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                       void *arg)
{
    struct matcher *m = arg;

    (void)id; /* whichever it is */
    (void)from;
    (void)to;
    (void)flags;
    m->raw_fragment = true;
    return true;
}

static void scan(struct matcher *m, const struct field_index *fi, struct span text,
                 match_event_handler each)
{
    hs_error_t rc;

    m->scanned = fi;
    m->scanned_text = text;
    rc = hs_scan(fi->db, (const char *)text.p, (unsigned)text.n, 0, m->scratch, each, m);
    MUST(rc == HS_SUCCESS || rc == HS_SCAN_TERMINATED);
}

static void fresh_begin(struct matcher *m)
{
    m->fresh_count = 0;
    if (++m->lookup == 0) { /* after 2^32 look-ups: what is old must not look new */
        memset(m->fresh_of, 0, m->c->rule_count * sizeof(*m->fresh_of));
        m->lookup = 1;
    }
}

/* 4688 may be written 4688.0 or 04688: numbers are also looked up in their shortest form. */
static void look_number(struct matcher *m, const struct field_index *fi, struct span text)
{
    uint8_t shortest[32];
    struct span s = { shortest, 0 };
    const struct rule_list *l;
    double d;

    if (text.n == 0 || (text.p[0] > '9') || !num_double(text, &d))
        return;
    s.n = num_put_double(shortest, d);
    if (!span_eq(s, text) && (l = index_exact(fi, s)) != NULL)
        fresh_add(m, l);
}

/* So few literals that looking for one after the other is quicker than any machinery. */
static void look_few(struct matcher *m, const struct field_index *fi, struct span folded)
{
    for (uint32_t i = 0; i < fi->literal_count; i++) {
        const struct literal *l = &fi->literals[i];

        if (l->anywhere.count > 0 && memmem(folded.p, folded.n, l->text.p, l->text.n) != NULL)
            fresh_add(m, &l->anywhere);
        if (l->at_start.count > 0 && span_starts(folded, l->text))
            fresh_add(m, &l->at_start);
        if (l->at_end.count > 0 && span_ends(folded, l->text))
            fresh_add(m, &l->at_end);
    }
}

/* The rules that this text concerns, into m->fresh. */
static void look_up(struct matcher *m, const struct field_index *fi, struct span folded)
{
    const struct rule_list *l;

    fresh_begin(m);
    if (folded.p == NULL)
        return;
    if (fi->exact != NULL) {
        if ((l = index_exact(fi, folded)) != NULL)
            fresh_add(m, l);
        look_number(m, fi, folded);
    }
    if (fi->db != NULL)
        scan(m, fi, folded, on_literal);
    else
        look_few(m, fi, folded);
}

static void try_rules(struct matcher *m, const struct plan *plan, uint32_t step,
                      const uint32_t *rule, uint32_t count);

static void look_at(struct matcher *m, const struct plan *plan, uint32_t step,
                    const struct field_index *fi, uint32_t handle)
{
    const struct rec_field *f = event_field(m->verify.event, handle);
    const uint32_t *rules;
    uint32_t count;

    if (f->kind == REC_NONE)
        return;
    count = memo_get(m->memo, (fi->id + 1) * REC_KINDS + f->kind,
                     (struct span){ f->value, f->value_bytes }, &rules);
    if (count == MEMO_MISS) {
        look_up(m, fi, verify_fold(&m->verify, handle));
        memo_put(m->memo, m->fresh, m->fresh_count);
        rules = m->fresh;
        count = m->fresh_count;
    }
    if (count > 0)
        try_rules(m, plan, step, rules, count);
}

static bool carries(const struct partition *p, uint32_t logsource)
{
    return (p->logsources[logsource / 64] >> logsource % 64 & 1) != 0;
}

/* A rule belongs to the first view of the event that carries its logsource. */
static bool belongs(const struct matcher *m, const struct plan *plan, uint32_t step, uint32_t rule)
{
    if (!carries(plan->step[step].partition, m->c->logsource_of[rule]))
        return false; /* found by what partitions share */
    for (uint32_t i = 0; i < step; i++) {
        if (carries(plan->step[i].partition, m->c->logsource_of[rule]))
            return false;
    }
    return true;
}

static bool filter_unavailable(const struct matcher *m, const struct view *v, uint32_t rule)
{
    const struct name_list *l = &m->c->negated[rule];

    for (uint32_t i = 0; i < l->count && v->lacks_count > 0; i++) {
        if (view_lacks(v, l->name[i]))
            return true;
    }
    return false;
}

static void try_rules(struct matcher *m, const struct plan *plan, uint32_t step,
                      const uint32_t *rule, uint32_t count)
{
    const struct view *view = plan->step[step].view;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t r = rule[i];

        if (m->tried[r] == m->round || !belongs(m, plan, step, r))
            continue;
        if (m->only_asks) {
            m->candidates = true;
            return;
        }
        m->tried[r] = m->round;
        if (m->c->sure[r] != NO_ITEM)
            verify_known(&m->verify, m->c->sure[r]);
        if (verify_rule(&m->verify, r))
            m->hits[m->hit_count++] = (struct hit){ r, view, filter_unavailable(m, view, r) };
    }
}

/* Every value, and the folded record. */
static void look_keywords_closely(struct matcher *m, const struct plan *plan, uint32_t step)
{
    const struct keywords *kw = &plan->step[step].partition->keywords;
    const struct rec *r = m->verify.event->rec;

    for (uint32_t i = 0; i < r->count; i++) {
        if (!keywords_skips(kw, &r->fields[i]))
            look_at(m, plan, step, kw->values, i);
    }
    if (!verify_has_raw(&m->verify))
        return;
    look_up(m, kw->values, verify_fold(&m->verify, VERIFY_RAW));
    try_rules(m, plan, step, m->fresh, m->fresh_count);
}

/* The raw record, and the values that it does not answer for: see keywords.h. */
static void look_keywords(struct matcher *m, const struct plan *plan, uint32_t step)
{
    const struct keywords *kw = &plan->step[step].partition->keywords;
    const struct rec *r = m->verify.event->rec;
    struct span raw = event_raw(m->verify.event);
    struct raw_odd odd;

    if (kw->raw == NULL || raw.n == 0 || !verify_has_raw(&m->verify)) {
        look_keywords_closely(m, plan, step);
        return;
    }
    fresh_begin(m);
    odd = raw_odd_find(raw);
    m->raw_values = odd.letters;
    m->raw_fragment = kw->sieve == NULL;
    if (kw->sieve != NULL && !odd.letters)
        scan(m, kw->sieve, raw, on_fragment);
    if (m->raw_fragment && !odd.letters)
        scan(m, kw->raw, raw, on_raw_literal);
    if (m->raw_values) {
        look_keywords_closely(m, plan, step);
        return;
    }
    try_rules(m, plan, step, m->fresh, m->fresh_count);
    for (uint32_t i = 0; i < r->count; i++) {
        const struct rec_field *f = &r->fields[i];

        if (!keywords_skips(kw, f) && !keywords_covers(raw, odd.escapes, f))
            look_at(m, plan, step, kw->values, i);
    }
}

/* Are candidates of keywords told by which of their literals stand in the event at all? */
static bool tells_by_literals(const struct field_index *fi)
{
    if (fi->exact != NULL)
        return false;
    for (uint32_t i = 0; i < fi->literal_count; i++) {
        const struct literal *l = &fi->literals[i];

        if (l->at_start.count > 0 || l->at_end.count > 0)
            return false;
        for (size_t k = 0; k < l->text.n; k++) {
            if (l->text.p[k] >= 0x80)
                return false;
        }
    }
    return true;
}

/* The same with somebody watching, who is told which texts were looked for, and no more when that
 * gave no candidate. */
static void look_keywords_watched(struct matcher *m, const struct plan *plan, uint32_t step)
{
    const struct field_index *fi = plan->step[step].partition->keywords.values;
    struct event *e = m->verify.event;
    struct event_watch *watch = event_watched(e);

    if (tells_by_literals(fi)) {
        for (uint32_t i = 0; i < fi->literal_count; i++)
            event_saw_text(e, fi->literals[i].text);
        event_watch(e, NULL);
        m->candidates = false;
        m->only_asks = true;
        look_keywords(m, plan, step);
        m->only_asks = false;
        event_watch(e, watch);
        verify_begin(&m->verify, e); /* which texts were read was not seen */
        verify_view(&m->verify, plan->step[step].view);
        if (!m->candidates)
            return;
    }
    event_saw_all(e);
    look_keywords(m, plan, step);
}

static void run_step(struct matcher *m, const struct plan *plan, uint32_t step)
{
    const struct partition *p = plan->step[step].partition;
    const struct view *view = plan->step[step].view;
    struct event *e = m->verify.event;

    verify_view(&m->verify, view);
    for (uint32_t i = 0; i < p->field_count; i++) {
        const struct field_index *fi = &p->fields[i];
        uint32_t h = event_get(e, view, fi->name);

        if (h == EVENT_NONE)
            continue;
        if (fi->present.count > 0)
            try_rules(m, plan, step, fi->present.rule, fi->present.count);
        for (; h != EVENT_NONE; h = event_more(e, view, fi->name, h))
            look_at(m, plan, step, fi, h);
    }
    if (plan->step[step].keywords && event_watched(e) != NULL)
        look_keywords_watched(m, plan, step);
    else if (plan->step[step].keywords)
        look_keywords(m, plan, step);
    if (p->always.count > 0)
        try_rules(m, plan, step, p->always.rule, p->always.count);
}

/* Has a field a rule of this step, or do they all belong to earlier ones? */
static bool step_needs(const struct matcher *m, const struct plan *plan, uint32_t step,
                       const struct field_index *fi)
{
    const struct partition *p = plan->step[step].partition;

    for (uint32_t l = 0; fi != NULL && l < m->c->logsource_count; l++) {
        bool earlier = false;

        if ((fi->logsources[l / 64] >> l % 64 & 1) == 0 || !carries(p, l))
            continue;
        for (uint32_t i = 0; i < step && !earlier; i++)
            earlier = carries(plan->step[i].partition, l);
        if (!earlier)
            return true;
    }
    return false;
}

static void plan_make(const struct matcher *m, const struct event_class *cls, struct plan *plan)
{
    plan->count = 0;
    for (uint32_t i = 0; i < cls->view_count; i++) {
        uint32_t p = m->c->partition_of_view[cls->views[i]->id];

        if (p == NO_PARTITION)
            continue;
        plan->step[plan->count].view = cls->views[i];
        plan->step[plan->count].partition = &m->c->partitions[p];
        plan->step[plan->count].keywords =
            step_needs(m, plan, plan->count, m->c->partitions[p].keywords.values);
        plan->count++;
    }
}

static const struct plan *plan_of(struct matcher *m, const struct event_class *cls)
{
    if (cls->id < PLANS_MAX && m->plans[cls->id] != NULL)
        return m->plans[cls->id];
    if (cls->id < PLANS_MAX && (m->plans[cls->id] = calloc(1, sizeof(struct plan))) != NULL) {
        plan_make(m, cls, m->plans[cls->id]);
        return m->plans[cls->id];
    }
    plan_make(m, cls, &m->odd);
    return &m->odd;
}

/* Few: insertion does it. */
static void sort_hits(struct matcher *m)
{
    for (uint32_t i = 1; i < m->hit_count; i++) {
        struct hit h = m->hits[i];
        uint32_t k = i;

        for (; k > 0 && m->hits[k - 1].rule > h.rule; k--)
            m->hits[k] = m->hits[k - 1];
        m->hits[k] = h;
    }
}

uint32_t match_event(struct matcher *m, struct event *e, const struct hit **hits)
{
    const struct plan *plan = plan_of(m, e->cls);

    m->hit_count = 0;
    *hits = m->hits;
    if (plan->count == 0)
        return 0;
    if (++m->round == 0) {
        memset(m->tried, 0, m->c->rule_count * sizeof(*m->tried));
        m->round = 1;
    }
    verify_begin(&m->verify, e);
    for (uint32_t i = 0; i < plan->count; i++)
        run_step(m, plan, i);
    if (m->hit_count > 1)
        sort_hits(m);
    return m->hit_count;
}

uint32_t match_because(struct matcher *m, struct event *e, const struct hit *h,
                       struct because *rows, uint32_t max)
{
    if (m->verify.event != e)
        verify_begin(&m->verify, e);
    return verify_because(&m->verify, m->c->rules[h->rule], h->view, rows, max);
}

/* --- measuring ------------------------------------------------------------------------------ */

uint32_t matcher_tried(struct matcher *m, const struct event *e, uint32_t *rules, uint32_t max)
{
    uint32_t n = 0;

    if (plan_of(m, e->cls)->count == 0)
        return 0; /* it was no round */
    MUST(m->verify.event == e);
    for (uint32_t r = 0; r < m->c->rule_count && n < max; r++) {
        if (m->tried[r] == m->round)
            rules[n++] = r;
    }
    return n;
}

bool matcher_try(struct matcher *m, struct event *e, uint32_t rule)
{
    const struct plan *plan = plan_of(m, e->cls);
    uint32_t step = 0;

    while (step < plan->count && !carries(plan->step[step].partition, m->c->logsource_of[rule]))
        step++;
    MUST(step < plan->count);
    verify_begin(&m->verify, e);
    verify_view(&m->verify, plan->step[step].view);
    if (m->c->sure[rule] != NO_ITEM)
        verify_known(&m->verify, m->c->sure[rule]);
    return verify_rule(&m->verify, rule);
}
