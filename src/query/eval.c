/*
 * eval.c - see eval.h.
 */
#include "query/eval.h"

#include <stdlib.h>

#include "base/addr.h"
#include "base/num.h"
#include "event/search_text.h"
#include "query/glob.h"

#define TEXT_MAX ((size_t)128 << 20) /* four times the largest record, and some */

struct query_eval {
    const struct query *query;
    struct arena mem;
    struct query_ids *leaf; /* by query_node.leaf */
};

/* --- making --------------------------------------------------------------------------------- */

/* Names are few hundred, and each query asks for a few. */
bool query_ids(struct query_ids *out, const struct names *names, struct span name,
               struct arena *mem)
{
    uint32_t group = names_find_group(names, name), *ids, count = 0;

    for (uint32_t id = 1; group != 0 && id < names->count; id++)
        count += names_group(names, id) == group;
    *out = (struct query_ids){ 0 };
    if (count == 0)
        return true;
    ids = arena_array(mem, count, sizeof(*ids));
    if (ids == NULL)
        return false;
    for (uint32_t id = 1; id < names->count; id++) {
        if (names_group(names, id) == group)
            ids[out->count++] = id;
    }
    out->ids = ids;
    return true;
}

static bool bind(struct query_eval *ev, const struct names *names, const struct query_node *n)
{
    if (n->kid == NULL && n->name.n > 0 && !query_ids(&ev->leaf[n->leaf], names, n->name, &ev->mem))
        return false;
    for (const struct query_node *kid = n->kid; kid != NULL; kid = kid->next) {
        if (!bind(ev, names, kid))
            return false;
    }
    return true;
}

int query_eval_new(struct query_eval **out, const struct query *q, const struct names *names,
                   struct err *e)
{
    struct query_eval *ev = calloc(1, sizeof(*ev));

    *out = ev;
    if (ev == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the query.");
    ev->query = q;
    arena_init(&ev->mem, (size_t)16 << 20);
    ev->leaf = arena_array(&ev->mem, q->leaf_count + 1, sizeof(*ev->leaf));
    if (ev->leaf != NULL && (q->top == NULL || bind(ev, names, q->top)))
        return ERR_OK;
    query_eval_free(out);
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the query.");
}

void query_eval_free(struct query_eval **pev)
{
    struct query_eval *ev = *pev;

    *pev = NULL;
    if (ev == NULL)
        return;
    arena_release(&ev->mem);
    free(ev);
}

/* --- the subject ---------------------------------------------------------------------------- */

void query_subject_init(struct query_subject *s)
{
    *s = (struct query_subject){ 0 };
    buf_init(&s->text, TEXT_MAX);
    buf_init(&s->scratch, TEXT_MAX);
}

void query_subject_release(struct query_subject *s)
{
    buf_release(&s->text);
    buf_release(&s->scratch);
}

void query_subject_take(struct query_subject *s, struct event *e, struct span source,
                        struct span input, int64_t receipt_ns)
{
    s->event = e;
    s->source = source;
    s->input = input;
    s->receipt_ns = receipt_ns;
    s->skew_ns = INT64_MAX;
    s->has_text = s->has_time = false;
    s->failed = false;
}

/* Made when it is first asked for, for all queries that ask. */
static struct span subject_text(struct query_subject *s)
{
    if (!s->has_text) {
        buf_clear(&s->text);
        search_text(s->event->rec, &s->text);
        s->has_text = true;
        s->failed |= buf_failed(&s->text);
    }
    return buf_span(&s->text);
}

int64_t query_time_believed(int64_t ns, int64_t receipt_ns, int64_t skew_ns)
{
    int64_t off;
    bool good = skew_ns == INT64_MAX || (!__builtin_sub_overflow(ns, receipt_ns, &off) &&
                                         off <= skew_ns && off >= -skew_ns);

    return good ? ns : receipt_ns;
}

int64_t query_subject_time(struct query_subject *s)
{
    if (!s->has_time)
        s->time_ns = event_time(s->event, &s->time_ns)
                         ? query_time_believed(s->time_ns, s->receipt_ns, s->skew_ns)
                         : s->receipt_ns;
    s->has_time = true;
    return s->time_ns;
}

static struct span fold(struct query_subject *s, struct span value)
{
    buf_clear(&s->scratch);
    search_fold_add(value, false, &s->scratch);
    s->failed |= buf_failed(&s->scratch);
    return buf_span(&s->scratch);
}

/* --- values --------------------------------------------------------------------------------- */

static bool in_net(const struct query_node *n, struct span value)
{
    uint8_t addr[16];

    return addr_parse(value, addr) && addr_in(addr, n->net, n->bits);
}

static bool in_range(const struct query_node *n, struct span value)
{
    int order;

    if (n->low.n > 0 &&
        (!num_cmp(value, n->low, &order) || order < 0 || (order == 0 && n->low_open)))
        return false;
    return n->high.n == 0 ||
           (num_cmp(value, n->high, &order) && (order < 0 || (order == 0 && !n->high_open)));
}

static bool value_holds(const struct query_node *n, struct query_subject *s, struct span value)
{
    if (value.p == NULL)
        return false;
    switch (n->op) {
    case QUERY_EXISTS:
        return true;
    case QUERY_RANGE:
        return in_range(n, value);
    case QUERY_NET:
        return in_net(n, value) || glob_like(n->glob, fold(s, value));
    default:
        MUST(n->op == QUERY_FIELD);
        return glob_like(n->glob, fold(s, value));
    }
}

static bool handle_holds(const struct query_node *n, struct query_subject *s, uint32_t handle)
{
    if (event_kind(s->event, handle) == REC_GROUP)
        return n->op == QUERY_EXISTS;
    if (n->op == QUERY_EXISTS)
        return event_handed(s->event, handle).p != NULL;
    return value_holds(n, s, event_text(s->event, handle));
}

/* --- who answers for a name ----------------------------------------------------------------- */

static bool server_answers(const struct query_node *n, struct query_subject *s)
{
    if (span_eq_nocase(n->name, SPAN_LIT("source")))
        return s->source.n > 0 && value_holds(n, s, s->source);
    if (span_eq_nocase(n->name, SPAN_LIT("input")))
        return s->input.n > 0 && value_holds(n, s, s->input);
    if (span_eq_nocase(n->name, SPAN_LIT("host"))) {
        struct span host = event_host(s->event);

        return host.n > 0 && value_holds(n, s, host);
    }
    return false;
}

static bool tags_answer(const struct query_node *n, struct query_subject *s, const struct view *v)
{
    const struct {
        const char *name;
        const struct tag_set *set;
    } dimension[] = { { "product", &v->product },
                      { "category", &v->category },
                      { "service", &v->service } };

    for (size_t i = 0; i < COUNT_OF(dimension); i++) {
        if (!span_eq_nocase(n->name, span_of(dimension[i].name)))
            continue;
        for (uint32_t k = 0; k < dimension[i].set->count; k++) {
            if (value_holds(n, s, dimension[i].set->value[k]))
                return true;
        }
    }
    return false;
}

static bool view_answers(const struct query_node *n, const struct query_ids *leaf,
                         struct query_subject *s, const struct view *v)
{
    struct event *e = s->event;

    for (uint32_t i = 0; i < leaf->count; i++) {
        for (uint32_t h = event_get(e, v, leaf->ids[i]); h != EVENT_NONE;
             h = event_more(e, v, leaf->ids[i], h)) {
            if (handle_holds(n, s, h))
                return true;
        }
    }
    return false;
}

static bool record_answers(const struct query_node *n, struct query_subject *s)
{
    for (uint32_t i = 0; i < s->event->rec->count; i++) {
        if (span_eq_nocase(event_name(s->event, i), n->name) && handle_holds(n, s, i))
            return true;
    }
    return false;
}

static bool field_holds(const struct query_node *n, const struct query_ids *leaf,
                        struct query_subject *s)
{
    const struct event_class *cls = s->event->cls;

    if (server_answers(n, s))
        return true;
    for (uint32_t i = 0; i < cls->view_count; i++) {
        if (tags_answer(n, s, cls->views[i]) || view_answers(n, leaf, s, cls->views[i]))
            return true;
    }
    return record_answers(n, s);
}

/* --- the tree ------------------------------------------------------------------------------- */

static bool node_holds(const struct query_eval *ev, const struct query_node *n,
                       struct query_subject *s)
{
    const struct query_node *kid = n->kid;

    switch (n->op) {
    case QUERY_AND:
        while (kid != NULL && node_holds(ev, kid, s))
            kid = kid->next;
        return kid == NULL;
    case QUERY_OR:
        while (kid != NULL && !node_holds(ev, kid, s))
            kid = kid->next;
        return kid != NULL;
    case QUERY_NOT:
        return !node_holds(ev, kid, s);
    case QUERY_TEXT:
        return glob_in(n->glob, subject_text(s));
    case QUERY_SINCE:
        return query_subject_time(s) >= n->ns;
    case QUERY_UNTIL:
        return query_subject_time(s) < n->ns;
    default:
        return field_holds(n, &ev->leaf[n->leaf], s);
    }
}

bool query_eval_holds(const struct query_eval *ev, struct query_subject *s)
{
    return ev->query->top == NULL || node_holds(ev, ev->query->top, s);
}

/* What is joined by `and` at the top is all in the range (query_range). */
static bool in_range_holds(const struct query_eval *ev, const struct query_node *n,
                           struct query_subject *s)
{
    const struct query_node *kid = n->kid;

    if (n->op == QUERY_SINCE || n->op == QUERY_UNTIL)
        return true;
    if (n->op != QUERY_AND)
        return node_holds(ev, n, s);
    while (kid != NULL && in_range_holds(ev, kid, s))
        kid = kid->next;
    return kid == NULL;
}

bool query_eval_holds_in_range(const struct query_eval *ev, struct query_subject *s)
{
    return ev->query->top == NULL || in_range_holds(ev, ev->query->top, s);
}
