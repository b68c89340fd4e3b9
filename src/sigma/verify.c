/*
 * verify.c - the condition, a program or a tree; the items; the tests, one function an operator.
 *
 * Three-valued logic has no place in Sigma: an absent field fails every test but null and
 * exists: false, and NOT turns whatever is below it.
 */
#include "sigma/verify.h"

#include <stdlib.h>

#include "base/addr.h"
#include "base/num.h"
#include "base/time.h"
#include "base/utf.h"
#include "event/fold.h"
#include "sigma/regex.h"

#define VERIFY_BYTES_MAX ((size_t)64 << 20)

int verify_init(struct verify *v, const struct ruleset *rs, struct err *e)
{
    *v = (struct verify){ .rs = rs };
    arena_init(&v->mem, VERIFY_BYTES_MAX);
    v->values = calloc(EVENT_HANDLES_MAX, sizeof(*v->values));
    v->items = calloc(rs->c->item_count + 1, sizeof(*v->items));
    v->found = pcre2_match_data_create(1, NULL);
    v->limits = pcre2_match_context_create(NULL);
    if (v->values == NULL || v->items == NULL || v->found == NULL || v->limits == NULL) {
        verify_release(v);
        return err_set(e, ERR_NOMEM, 0, "no memory for a matcher");
    }
    sigma_regex_limits(v->limits);
    return ERR_OK;
}

void verify_release(struct verify *v)
{
    free(v->values);
    free(v->items);
    pcre2_match_data_free(v->found);
    pcre2_match_context_free(v->limits);
    arena_release(&v->mem);
    *v = (struct verify){ 0 };
}

/* Forgets what is known of the items. */
static void new_stamp(struct verify *v)
{
    v->stamp++;
    if (v->stamp > UINT32_MAX >> 1) { /* no old answer may look like a new one */
        memset(v->items, 0, v->rs->c->item_count * sizeof(*v->items));
        v->stamp = 1;
    }
}

void verify_view(struct verify *v, const struct view *view)
{
    if (v->view == view)
        return;
    v->view = view;
    new_stamp(v);
}

void verify_begin(struct verify *v, struct event *e)
{
    v->event = e;
    v->view = NULL;
    new_stamp(v);
    v->round++;
    if (v->round == 0) { /* after 2^32 events: no stale text may look fresh */
        memset(v->values, 0, EVENT_HANDLES_MAX * sizeof(*v->values));
        v->raw.round = 0;
        v->round = 1;
    }
    if (v->mem.used_bytes > 0 || v->mem.failed)
        arena_reset(&v->mem);
}

static struct value_text *value_of(struct verify *v, uint32_t handle)
{
    struct value_text *t = handle == VERIFY_RAW ? &v->raw : &v->values[handle];

    if (t->round != v->round) {
        t->round = v->round;
        t->folded = false;
        t->searched = 0;
        t->grams = NULL;
        t->text = handle == VERIFY_RAW ? event_raw(v->event) : event_text(v->event, handle);
    }
    return t;
}

struct span verify_text(struct verify *v, uint32_t handle)
{
    return value_of(v, handle)->text;
}

struct span verify_fold(struct verify *v, uint32_t handle)
{
    struct value_text *t = value_of(v, handle);

    if (!t->folded) {
        uint8_t *p = t->text.p != NULL ? arena_bytes(&v->mem, fold_room(t->text.n)) : NULL;

        t->fold = p != NULL ? (struct span){ p, fold_put(t->text, p) } : SPAN_NONE;
        if (p != NULL)
            arena_shrink(&v->mem, fold_room(t->text.n) - t->fold.n);
        t->folded = true;
    }
    return t->fold;
}

bool verify_has_raw(const struct verify *v)
{
    return (v->event->rec->flags & REC_RAW_BINARY) == 0;
}

static inline bool same_bytes(const uint8_t *a, struct span b)
{
    return b.n == 0 || (a[0] == b.p[0] && a[b.n - 1] == b.p[b.n - 1] && memcmp(a, b.p, b.n) == 0);
}

/* EQ, STARTS, ENDS, CONTAINS on texts in the form in which they are to be compared. */
static inline bool text_holds(uint8_t op, struct span value, struct span text)
{
    if (value.p == NULL || text.n > value.n)
        return false;
    switch (op) {
    case SIGMA_EQ:
        return value.n == text.n && same_bytes(value.p, text);
    case SIGMA_STARTS:
        return same_bytes(value.p, text);
    case SIGMA_ENDS:
        return same_bytes(value.p + (value.n - text.n), text);
    default:
        return text.n == 0 || memmem(value.p, value.n, text.p, text.n) != NULL;
    }
}

/*
 * Filters look for dozens of texts in one long value (the context of a PowerShell command), and
 * nearly always in vain. After a few searches the value's runs of three bytes are entered in a
 * table of bits, and a text whose first, middle or last run is not there need not be looked for.
 */
#define GRAM_BITS     32768u
#define GRAM_SEARCHES 8u   /* before it is worth it */
#define GRAM_BYTES    512u /* of a value */

static uint32_t gram_of(const uint8_t *p)
{
    return ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16) * 0x9E3779B1u >> 17;
}

static uint64_t *grams_make(struct verify *v, struct span s)
{
    uint64_t *bits = arena_array(&v->mem, GRAM_BITS / 64, sizeof(*bits));

    for (size_t i = 0; i + 3 <= s.n && bits != NULL; i++)
        bits[gram_of(s.p + i) / 64] |= (uint64_t)1 << gram_of(s.p + i) % 64;
    return bits;
}

static bool grams_have(const uint64_t *bits, const uint8_t *p)
{
    return (bits[gram_of(p) / 64] >> gram_of(p) % 64 & 1) != 0;
}

/* CONTAINS without regard to case. */
static bool fold_contains(struct verify *v, uint32_t handle, struct span text)
{
    struct span value = verify_fold(v, handle);
    struct value_text *t = value_of(v, handle);

    if (value.n >= GRAM_BYTES && text.n >= 3) {
        if (t->grams == NULL && ++t->searched == GRAM_SEARCHES)
            t->grams = grams_make(v, value);
        if (t->grams != NULL &&
            (!grams_have(t->grams, text.p) || !grams_have(t->grams, text.p + (text.n - 3) / 2) ||
             !grams_have(t->grams, text.p + text.n - 3)))
            return false;
    }
    return text_holds(SIGMA_CONTAINS, value, text);
}

static bool test_text(struct verify *v, const struct sigma_test *t, uint32_t handle)
{
    if (t->op == SIGMA_CONTAINS && !t->cased)
        return fold_contains(v, handle, t->fold);
    return t->cased ? text_holds(t->op, verify_text(v, handle), t->text)
                    : text_holds(t->op, verify_fold(v, handle), t->fold);
}

/* One token at `at`; the bytes that it takes, or SIZE_MAX. */
static size_t token_takes(const struct sigma_test *t, const struct sigma_token *k,
                          struct span value, size_t at)
{
    struct span text = t->cased ? k->text : k->fold, rest = span_from(value, at);
    size_t used;

    if (k->kind == TOKEN_TEXT)
        return span_starts(rest, text) ? text.n : SIZE_MAX;
    if (rest.n == 0)
        return SIZE_MAX;
    (void)utf8_get(rest, &used); /* a malformed byte is one character */
    return used;
}

/* The least place from `at` on where token `k`, behind a '*', may stand; SIZE_MAX when none. */
static size_t token_find(const struct sigma_test *t, uint32_t k, struct span value, size_t at)
{
    struct span text, rest;
    const uint8_t *found;

    if (k == t->token_count || t->tokens[k].kind != TOKEN_TEXT || at > value.n)
        return at <= value.n ? at : SIZE_MAX;
    text = t->cased ? t->tokens[k].text : t->tokens[k].fold;
    rest = span_from(value, at);
    if (text.n == 0 || text.n > rest.n)
        return text.n == 0 ? at : SIZE_MAX;
    found = memmem(rest.p, rest.n, text.p, text.n);
    return found != NULL ? (size_t)(found - value.p) : SIZE_MAX;
}

/* Wildcards: go on greedily; on a mismatch let the last '*' take more. */
static bool like(const struct sigma_test *t, struct span value)
{
    uint32_t k = 0, star = UINT32_MAX;
    size_t at = 0, used;

    for (size_t star_at = 0;;) {
        if (k < t->token_count && t->tokens[k].kind == TOKEN_ANY) {
            star = k++;
            star_at = at = token_find(t, k, value, at);
            if (at == SIZE_MAX)
                return false;
            continue;
        }
        if (k == t->token_count && at == value.n)
            return true;
        used = k < t->token_count ? token_takes(t, &t->tokens[k], value, at) : SIZE_MAX;
        if (used != SIZE_MAX) {
            at += used;
            k++;
            continue;
        }
        if (star == UINT32_MAX || star_at >= value.n)
            return false;
        if (star + 1 == t->token_count)
            return true; /* a '*' at the end takes all */
        (void)utf8_get(span_from(value, star_at), &used);
        star_at = at = token_find(t, star + 1, value, star_at + used);
        if (at == SIZE_MAX)
            return false;
        k = star + 1;
    }
}

static bool test_like(struct verify *v, const struct sigma_test *t, uint32_t handle)
{
    struct span value = t->cased ? verify_text(v, handle) : verify_fold(v, handle);

    return value.p != NULL && like(t, value);
}

static bool test_re(struct verify *v, const struct sigma_test *t, uint32_t handle)
{
    struct span value = verify_text(v, handle);
    const pcre2_code *code;

    if (value.p == NULL)
        return false;
    code = ruleset_regex(v->rs, t->regex);
    return code != NULL && pcre2_match(code, value.p, value.n, 0, 0, v->found, v->limits) >= 0;
}

static bool test_cidr(struct verify *v, const struct sigma_test *t, uint32_t handle)
{
    struct span value = verify_text(v, handle);
    uint8_t addr[16];

    return value.p != NULL && addr_parse(value, addr) && addr_in(addr, t->net, t->net_bits);
}

static bool test_num(struct verify *v, const struct sigma_test *t, uint32_t handle)
{
    struct span value = verify_text(v, handle);
    int order;

    if (value.p == NULL)
        return false;
    return span_eq(value, t->text) || span_eq(value, t->shown) ||
           (num_cmp(value, t->text, &order) && order == 0);
}

static bool in_order(uint8_t op, int order)
{
    return op == SIGMA_LT    ? order < 0
           : op == SIGMA_LTE ? order <= 0
           : op == SIGMA_GT  ? order > 0
                             : order >= 0;
}

static bool test_order(struct verify *v, const struct sigma_test *t, uint32_t handle)
{
    struct span value = verify_text(v, handle);
    int order;

    return value.p != NULL && num_cmp(value, t->text, &order) && in_order(t->op, order);
}

/* Part of a time as it is written: no zone is applied. */
static int part_of(const struct time_parts *p, uint8_t op)
{
    const int part[] = { p->minute, p->hour, p->day, (int)time_week(p), p->month, p->year };

    return part[op - SIGMA_MINUTE];
}

static bool test_time(struct verify *v, const struct sigma_test *t, uint32_t handle)
{
    struct span value = verify_text(v, handle);
    struct time_parts p;

    if (value.p == NULL || !time_read(value, &p))
        return false;
    if (!p.has_year && (t->op == SIGMA_YEAR || t->op == SIGMA_WEEK))
        return false;
    return part_of(&p, t->op) == (int)t->num;
}

static bool is_text(uint8_t op)
{
    return op == SIGMA_EQ || op == SIGMA_CONTAINS || op == SIGMA_STARTS || op == SIGMA_ENDS;
}

/* The value of one field against the values of another. */
static bool ref_holds(struct verify *v, const struct sigma_test *t, uint32_t handle, uint32_t other)
{
    struct sigma_test as = { .op = t->ref_op,
                             .cased = t->cased,
                             .text = verify_text(v, other),
                             .fold = verify_fold(v, other) };

    if (as.text.p == NULL || (!as.cased && as.fold.p == NULL))
        return false;
    return is_text(t->ref_op) ? test_text(v, &as, handle) : test_order(v, &as, handle);
}

static bool test_fieldref(struct verify *v, const struct sigma_test *t, uint32_t handle)
{
    for (uint32_t o = event_get(v->event, v->view, t->ref_name); o != EVENT_NONE;
         o = event_more(v->event, v->view, t->ref_name, o)) {
        if (ref_holds(v, t, handle, o))
            return true;
    }
    return false;
}

typedef bool test_fn(struct verify *v, const struct sigma_test *t, uint32_t handle);

/* Operators that look at one value. EXISTS and NULL_ look at the field: field_test(). */
static test_fn *const test_fns[SIGMA_OPS] = {
    [SIGMA_EQ] = test_text,           [SIGMA_CONTAINS] = test_text, [SIGMA_STARTS] = test_text,
    [SIGMA_ENDS] = test_text,         [SIGMA_LIKE] = test_like,     [SIGMA_RE] = test_re,
    [SIGMA_CIDR] = test_cidr,         [SIGMA_NUM] = test_num,       [SIGMA_LT] = test_order,
    [SIGMA_LTE] = test_order,         [SIGMA_GT] = test_order,      [SIGMA_GTE] = test_order,
    [SIGMA_MINUTE] = test_time,       [SIGMA_HOUR] = test_time,     [SIGMA_DAY] = test_time,
    [SIGMA_WEEK] = test_time,         [SIGMA_MONTH] = test_time,    [SIGMA_YEAR] = test_time,
    [SIGMA_FIELDREF] = test_fieldref,
};

/* Keywords: some value, or the raw record. *at is the handle that held. */
static bool keyword_test(struct verify *v, const struct sigma_test *t, uint32_t *at)
{
    const struct rec *r = v->event->rec;

    event_saw_all(v->event);
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->fields[i].kind != REC_NONE && r->fields[i].kind != REC_GROUP &&
            test_fns[t->op] != NULL && test_fns[t->op](v, t, i)) {
            *at = i;
            return true;
        }
    }
    *at = VERIFY_RAW;
    return verify_has_raw(v) && test_fns[t->op] != NULL && test_fns[t->op](v, t, VERIFY_RAW);
}

static bool is_null(struct verify *v, uint32_t name, uint32_t *at)
{
    uint32_t h = event_get(v->event, v->view, name);

    *at = h;
    for (; h != EVENT_NONE; h = event_more(v->event, v->view, name, h)) {
        if (event_field(v->event, h)->kind == REC_NONE) {
            *at = h;
            return true;
        }
    }
    return *at == EVENT_NONE;
}

/* One test against the field; *at is the value that held, or EVENT_NONE. */
static bool field_test(struct verify *v, uint32_t name, const struct sigma_test *t, uint32_t *at)
{
    if (t->op == SIGMA_NULL_)
        return is_null(v, name, at);
    *at = event_get(v->event, v->view, name);
    if (t->op == SIGMA_EXISTS)
        return (*at != EVENT_NONE) == (t->num != 0);
    for (; *at != EVENT_NONE; *at = event_more(v->event, v->view, name, *at)) {
        if (test_fns[t->op](v, t, *at))
            return true;
    }
    return false;
}

static bool item_test(struct verify *v, const struct sigma_item *it, const struct sigma_test *t,
                      uint32_t *at)
{
    return it->name != 0 ? field_test(v, it->name, t, at) : keyword_test(v, t, at);
}

/* Every group has a test that holds. */
static bool item_all(struct verify *v, const struct sigma_item *it)
{
    uint32_t at;

    for (uint32_t i = 0; i < it->test_count;) {
        uint32_t g = it->group[i];
        bool held = false;

        for (; i < it->test_count && it->group[i] == g; i++)
            held = held || item_test(v, it, &it->tests[i], &at);
        if (!held)
            return false;
    }
    return true;
}

/* Does any test hold for this value? */
static bool value_any(struct verify *v, const struct sigma_item *it, uint32_t handle)
{
    struct span fold = SPAN_NONE;
    bool folded = false;

    for (uint32_t i = 0; i < it->test_count; i++) {
        const struct sigma_test *t = &it->tests[i];

        if (t->cased || !is_text(t->op)) {
            if (test_fns[t->op] != NULL && test_fns[t->op](v, t, handle))
                return true;
            continue;
        }
        if (!folded)
            fold = verify_fold(v, handle);
        folded = true;
        if (t->op == SIGMA_CONTAINS && fold.n >= GRAM_BYTES ? fold_contains(v, handle, t->fold)
                                                            : text_holds(t->op, fold, t->fold))
            return true;
    }
    return false;
}

static bool item_any(struct verify *v, const struct sigma_item *it)
{
    uint32_t at;

    for (uint32_t h = it->name != 0 ? event_get(v->event, v->view, it->name) : EVENT_NONE;
         h != EVENT_NONE; h = event_more(v->event, v->view, it->name, h)) {
        if (value_any(v, it, h))
            return true;
    }
    for (uint32_t i = 0; i < it->test_count; i++) { /* what does not look at one value */
        bool other = it->name == 0 || test_fns[it->tests[i].op] == NULL;

        if (other && item_test(v, it, &it->tests[i], &at))
            return true;
    }
    return false;
}

static bool item_holds(struct verify *v, uint32_t id)
{
    const struct sigma_item *it;
    uint32_t *known = &v->items[id];
    bool held;

    if (*known >> 1 == v->stamp)
        return (*known & 1) != 0;
    it = v->rs->c->items[id];
    held = (it->all ? item_all(v, it) : item_any(v, it)) != it->negate;
    *known = v->stamp << 1 | (held ? 1 : 0);
    return held;
}

bool verify_node(struct verify *v, const struct sigma_rule *r, const struct sigma_node *n)
{
    uint32_t held = 0, need;

    switch ((enum sigma_node_kind)n->kind) {
    case NODE_ITEM:
        return item_holds(v, n->item->id);
    case NODE_SEARCH:
        return verify_node(v, r, r->searches[n->search].body);
    case NODE_NOT:
        return !verify_node(v, r, n->child[0]);
    case NODE_AND:
        for (uint32_t i = 0; i < n->child_count; i++) {
            if (!verify_node(v, r, n->child[i]))
                return false;
        }
        return true;
    case NODE_OR:
        break;
    }
    need = n->at_least > 1 ? n->at_least : 1;
    for (uint32_t i = 0; i < n->child_count && held < need; i++)
        held += verify_node(v, r, n->child[i]);
    return held >= need;
}

bool verify_rule(struct verify *v, uint32_t rule)
{
    const struct compiled *c = v->rs->c;
    const struct program *p = &c->programs[rule];
    uint32_t at = 0;

    if (p->count == 0)
        return verify_node(v, c->rules[rule], c->rules[rule]->condition);
    while (at < p->count) {
        const struct program_step *s = &p->steps[at];

        at = item_holds(v, s->item) ? s->if_true : s->if_false;
    }
    return at == PROGRAM_TRUE;
}

/* The rows being written. */
struct reasons {
    struct because *rows;
    uint32_t count, max;
    const struct sigma_rule *rule;
    struct span selection;
};

static void reasons_item(struct verify *v, struct reasons *w, const struct sigma_item *it)
{
    for (uint32_t i = 0; i < it->test_count && w->count < w->max; i++) {
        struct because *row = &w->rows[w->count];
        uint32_t at = EVENT_NONE;

        if (!item_test(v, it, &it->tests[i], &at))
            continue;
        row->selection = w->selection;
        row->field = it->name != 0 ? it->field : SPAN_LIT("keywords");
        row->value = at == EVENT_NONE   ? SPAN_NONE
                     : at == VERIFY_RAW ? it->tests[i].shown
                                        : verify_text(v, at);
        if (w->count == 0 || !span_eq(row->field, row[-1].field) ||
            !span_eq(row->value, row[-1].value) || !span_eq(row->selection, row[-1].selection))
            w->count++;
        if (!it->all)
            return; /* one reason is enough */
    }
}

static void reasons_node(struct verify *v, struct reasons *w, const struct sigma_node *n)
{
    if (n->kind == NODE_NOT || !verify_node(v, w->rule, n))
        return;
    if (n->kind == NODE_ITEM) {
        if (!n->item->negate)
            reasons_item(v, w, n->item);
        return;
    }
    if (n->kind == NODE_SEARCH) {
        w->selection = w->rule->searches[n->search].name;
        reasons_node(v, w, w->rule->searches[n->search].body);
        return;
    }
    for (uint32_t i = 0; i < n->child_count; i++)
        reasons_node(v, w, n->child[i]);
}

uint32_t verify_because(struct verify *v, const struct sigma_rule *r, const struct view *view,
                        struct because *rows, uint32_t max)
{
    struct reasons w = { .rows = rows, .max = max, .rule = r };

    verify_view(v, view);
    reasons_node(v, &w, r->condition);
    return w.count;
}
