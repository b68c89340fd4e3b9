/*
 * explain.c - see explain.h. A search or an item is evaluated by the real verifier, as the whole
 * condition of a rule that is otherwise the same, so that an explanation cannot tell a different
 * story from the matcher's.
 */
#include "sigma/explain.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/utf.h"
#include "sigma/verify.h"

#define ROWS_MAX      4096u
#define SHOWN_BYTES   240u /* of wanted and had */
#define EXPLAIN_BYTES ((size_t)64 << 20)

struct explain {
    const struct ruleset *rs;
    struct verify verify;
    struct arena mem; /* of one explanation */
    struct explain_row *rows;
    uint32_t count;
};

int explain_new(struct explain **out, const struct ruleset *rs, struct err *e)
{
    struct explain *x = calloc(1, sizeof(*x));
    int rc = ERR_OK;

    *out = NULL;
    if (x == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to explain a rule.");
    x->rs = rs;
    arena_init(&x->mem, EXPLAIN_BYTES);
    x->rows = calloc(ROWS_MAX, sizeof(*x->rows));
    if (x->rows == NULL)
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory to explain a rule.");
    if (rc == ERR_OK)
        rc = verify_init(&x->verify, rs, e);
    if (rc != ERR_OK)
        explain_free(&x);
    *out = x;
    return rc;
}

void explain_free(struct explain **px)
{
    struct explain *x = *px;

    *px = NULL;
    if (x == NULL)
        return;
    verify_release(&x->verify);
    arena_release(&x->mem);
    free(x->rows);
    free(x);
}

const struct view *explain_view(const struct explain *x, uint32_t rule, const struct event *e)
{
    const struct sigma_logsource *ls = &x->rs->c->rules[rule]->logsource;

    for (uint32_t i = 0; i < e->cls->view_count && ls->custom.n == 0; i++) {
        if (view_has_tags(e->cls->views[i], ls->product, ls->category, ls->service))
            return e->cls->views[i];
    }
    return NULL;
}

static bool node_alone(struct explain *x, const struct sigma_rule *rule, struct sigma_node *node,
                       const struct view *view)
{
    verify_view(&x->verify, view);
    return verify_node(&x->verify, rule, node);
}

/* A list of texts as one line, cut. */
struct line {
    struct buf text;
    bool any;
};

static void line_add(struct line *l, struct span s)
{
    if (l->text.n >= SHOWN_BYTES)
        return;
    if (l->any)
        buf_text(&l->text, " | ");
    l->any = true;
    if (s.p == NULL) {
        buf_text(&l->text, "null");
        return;
    }
    buf_add(&l->text, utf8_cut(s, SHOWN_BYTES));
    if (s.n > SHOWN_BYTES)
        buf_text(&l->text, "…");
}

static struct span line_end(struct explain *x, struct line *l)
{
    struct span s = l->any ? arena_span(&x->mem, buf_span(&l->text)) : SPAN_NONE;

    buf_release(&l->text);
    return s;
}

static struct span item_wanted(struct explain *x, const struct sigma_item *it)
{
    struct line l = { 0 };

    buf_init(&l.text, 4096);
    for (uint32_t i = 0; i < it->test_count; i++) {
        if (i == 0 || it->group[i] != it->group[i - 1])
            line_add(&l, it->tests[i].op == SIGMA_NULL_ ? SPAN_NONE : it->tests[i].shown);
    }
    return line_end(x, &l);
}

static struct span item_had(struct explain *x, const struct sigma_item *it, struct event *e,
                            const struct view *view)
{
    struct line l = { 0 };

    if (it->name == 0)
        return SPAN_LIT("(the whole record)");
    buf_init(&l.text, 4096);
    for (uint32_t h = event_get(e, view, it->name); h != EVENT_NONE;
         h = event_more(e, view, it->name, h))
        line_add(&l, event_text(e, h));
    return line_end(x, &l);
}

static void add_items(struct explain *x, const struct sigma_rule *rule, struct sigma_node *node,
                      struct event *e, const struct view *view)
{
    if (x->count == ROWS_MAX)
        return;
    if (node->kind == NODE_ITEM) {
        x->rows[x->count++] = (struct explain_row){ .holds = node_alone(x, rule, node, view),
                                                    .is_item = true,
                                                    .name = node->item->key,
                                                    .wanted = item_wanted(x, node->item),
                                                    .had = item_had(x, node->item, e, view) };
        return;
    }
    for (uint32_t i = 0; i < node->child_count; i++)
        add_items(x, rule, node->child[i], e, view);
}

bool explain_rule(struct explain *x, uint32_t rule, struct event *e, const struct view *view,
                  const struct explain_row **rows, uint32_t *count)
{
    const struct sigma_rule *r = x->rs->c->rules[rule];

    MUST(rule < x->rs->c->rule_count);
    arena_reset(&x->mem);
    x->count = 0;
    verify_begin(&x->verify, e);
    for (uint32_t i = 0; i < r->search_count && x->count < ROWS_MAX; i++) {
        struct sigma_node search = { .kind = NODE_SEARCH, .search = i };

        x->rows[x->count++] = (struct explain_row){ .holds = node_alone(x, r, &search, view),
                                                    .name = r->searches[i].name,
                                                    .of_filter = r->searches[i].of_filter };
        add_items(x, r, r->searches[i].body, e, view);
    }
    *rows = x->rows;
    *count = x->count;
    return node_alone(x, r, r->condition, view);
}
