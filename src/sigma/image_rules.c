/*
 * image_rules.c - rules and correlations copied into the image, one function a struct.
 *
 * The copy is where texts are folded and names become ids, so that the matcher never folds a rule
 * nor looks a name up. Items that are equal in all that is shown and matched are copied once: rules
 * have many filters and selections in common, and the matcher tries an item once an event. The raw
 * scalars and the filters stay behind: only the oracle wants them.
 *
 * image_alloc() fails stickily: a NULL only stops the copying, the caller asks the image at the
 * end.
 */
#include "sigma/ruleset.h"

#include <stdlib.h>
#include <xxhash.h>

#include "event/fold.h"

static uint64_t mix(uint64_t hash, struct span s)
{
    return XXH3_64bits_withSeed(s.p, s.n, hash);
}

static uint64_t item_hash(const struct sigma_item *it)
{
    uint64_t h = mix(it->test_count, it->key);

    for (uint32_t i = 0; i < it->test_count; i++)
        h = mix(mix(h, it->tests[i].text), it->tests[i].shown);
    return h;
}

static bool same_test(const struct sigma_test *a, const struct sigma_test *b)
{
    if (a->op != b->op || a->ref_op != b->ref_op || a->cased != b->cased || a->re_i != b->re_i ||
        a->re_m != b->re_m || a->re_s != b->re_s || a->net_bits != b->net_bits ||
        memcmp(a->net, b->net, sizeof(a->net)) != 0 ||
        memcmp(&a->num, &b->num, sizeof(a->num)) != 0 || !span_eq(a->text, b->text) ||
        !span_eq(a->shown, b->shown) || a->token_count != b->token_count)
        return false;
    for (uint32_t i = 0; i < a->token_count; i++) {
        if (a->tokens[i].kind != b->tokens[i].kind ||
            !span_eq(a->tokens[i].text, b->tokens[i].text))
            return false;
    }
    return true;
}

static uint32_t group_of(const struct sigma_item *it, uint32_t test)
{
    return it->group != NULL ? it->group[test] : test;
}

static bool same_item(const struct sigma_item *a, const struct sigma_item *b)
{
    if (a->all != b->all || a->negate != b->negate || a->test_count != b->test_count ||
        !span_eq(a->field, b->field) || !span_eq(a->key, b->key))
        return false;
    for (uint32_t i = 0; i < a->test_count; i++) {
        if (group_of(a, i) != group_of(b, i) || !same_test(&a->tests[i], &b->tests[i]))
            return false;
    }
    return true;
}

/* The slot of an equal item, or the free one where this one belongs. */
static struct item_seen *seen_slot(const struct copier *c, const struct sigma_item *it,
                                   uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (c->slots - 1);

    while (c->seen[at].to != NULL && (c->seen[at].hash != hash || !same_item(c->seen[at].from, it)))
        at = (at + 1) & (c->slots - 1);
    return &c->seen[at];
}

static bool copier_grow(struct copier *c)
{
    struct copier big = *c;

    big.slots = c->slots == 0 ? 4096 : c->slots * 2;
    big.seen = calloc(big.slots, sizeof(*big.seen));
    if (big.seen == NULL)
        return false;
    for (uint32_t i = 0; i < c->slots; i++) {
        if (c->seen[i].to != NULL)
            *seen_slot(&big, c->seen[i].from, c->seen[i].hash) = c->seen[i];
    }
    free(c->seen);
    *c = big;
    return true;
}

void copier_release(struct copier *c)
{
    free(c->seen);
    *c = (struct copier){ 0 };
}

static struct span fold(struct image *im, struct span s)
{
    uint8_t *text = malloc(fold_room(s.n) + 1);
    struct span out = SPAN_NONE;

    if (text == NULL)
        im->failed = true;
    else
        out = image_span(im, (struct span){ text, fold_put(s, text) });
    free(text);
    return out;
}

static struct span *spans(struct image *im, const struct span *from, uint32_t count)
{
    struct span *to = image_array(im, count, sizeof(*to));

    for (uint32_t i = 0; i < count && to != NULL; i++)
        to[i] = image_span(im, from[i]);
    return to;
}

static void copy_head(struct image *im, struct sigma_head *h)
{
    struct span *text[] = { &h->title,  &h->id,   &h->name,     &h->status,  &h->description,
                            &h->author, &h->date, &h->modified, &h->license, &h->file };

    for (size_t i = 0; i < COUNT_OF(text); i++)
        *text[i] = image_span(im, *text[i]);
    h->tags = spans(im, h->tags, h->tag_count);
    h->references = spans(im, h->references, h->reference_count);
    h->falsepositives = spans(im, h->falsepositives, h->falsepositive_count);
    h->fields = spans(im, h->fields, h->field_count);
}

static void copy_logsource(struct image *im, struct sigma_logsource *l)
{
    l->product = image_span(im, l->product);
    l->category = image_span(im, l->category);
    l->service = image_span(im, l->service);
    l->custom = image_span(im, l->custom);
}

static void copy_test(struct image *im, struct sigma_test *t, const struct names *n)
{
    const struct sigma_token *from = t->tokens;

    t->text = image_span(im, t->text);
    t->fold = fold(im, t->text);
    t->shown = image_span(im, t->shown);
    t->tokens = image_array(im, t->token_count, sizeof(*t->tokens));
    for (uint32_t i = 0; i < t->token_count && t->tokens != NULL; i++) {
        t->tokens[i].kind = from[i].kind;
        t->tokens[i].text = image_span(im, from[i].text);
        t->tokens[i].fold = fold(im, from[i].text);
    }
    if (t->op == SIGMA_FIELDREF)
        t->ref_name = names_find(n, t->text);
}

static struct sigma_item *copy_item(struct copier *c, const struct sigma_item *from)
{
    struct image *im = c->im;
    struct sigma_item *it = image_alloc(im, sizeof(*it));

    if (it == NULL)
        return NULL;
    *it = *from;
    it->id = c->item_count++;
    it->field = image_span(im, from->field);
    it->key = image_span(im, from->key);
    it->raw = NULL;
    it->raw_count = 0;
    it->name = from->field.n > 0 ? names_find(c->names, from->field) : 0;
    MUST((it->name != 0) == (from->field.n > 0));
    it->tests = image_array(im, it->test_count, sizeof(*it->tests));
    it->group = image_array(im, it->test_count, sizeof(*it->group));
    for (uint32_t i = 0; i < it->test_count && it->tests != NULL && it->group != NULL; i++) {
        it->tests[i] = from->tests[i];
        it->group[i] = group_of(from, i);
        copy_test(im, &it->tests[i], c->names);
    }
    return it;
}

static struct sigma_item *find_item(struct copier *c, const struct sigma_item *from)
{
    uint64_t hash = item_hash(from);
    struct item_seen *s;

    if (c->item_count >= c->slots / 2 && !copier_grow(c)) {
        c->im->failed = true;
        return NULL;
    }
    s = seen_slot(c, from, hash);
    if (s->to == NULL)
        *s = (struct item_seen){ hash, from, copy_item(c, from) };
    return s->to;
}

static struct sigma_node *copy_node(struct copier *c, const struct sigma_node *from)
{
    struct image *im = c->im;
    struct sigma_node *node = image_alloc(im, sizeof(*node));

    if (node == NULL)
        return NULL;
    *node = *from;
    if (from->kind == NODE_ITEM)
        node->item = find_item(c, from->item);
    node->child = image_array(im, from->child_count, sizeof(struct sigma_node *));
    for (uint32_t i = 0; i < from->child_count && node->child != NULL; i++)
        node->child[i] = copy_node(c, from->child[i]);
    return node;
}

struct sigma_rule *image_rule(struct copier *c, const struct sigma_rule *from)
{
    struct image *im = c->im;
    struct sigma_rule *r = image_alloc(im, sizeof(*r));

    if (r == NULL)
        return NULL;
    *r = *from;
    copy_head(im, &r->head);
    copy_logsource(im, &r->logsource);
    r->searches = image_array(im, r->search_count, sizeof(*r->searches));
    for (uint32_t i = 0; i < r->search_count && r->searches != NULL; i++) {
        r->searches[i] = from->searches[i];
        r->searches[i].name = image_span(im, from->searches[i].name);
        r->searches[i].body = copy_node(c, from->searches[i].body);
    }
    r->condition = copy_node(c, from->condition);
    r->condition_text = image_array(im, from->condition_count, sizeof(*r->condition_text));
    for (uint32_t i = 0; i < from->condition_count && r->condition_text != NULL; i++)
        r->condition_text[i] = image_span(im, from->condition_text[i]);
    r->filters = NULL;
    r->filter_count = 0;
    return r;
}

static struct correlation_expr *copy_expr(struct image *im, const struct correlation_expr *from)
{
    struct correlation_expr *x;

    if (from == NULL || (x = image_alloc(im, sizeof(*x))) == NULL)
        return NULL;
    *x = *from;
    x->child = image_array(im, from->child_count, sizeof(struct correlation_expr *));
    for (uint32_t i = 0; i < from->child_count && x->child != NULL; i++)
        x->child[i] = copy_expr(im, from->child[i]);
    return x;
}

struct sigma_correlation *image_correlation(struct image *im, const struct sigma_correlation *from)
{
    struct sigma_correlation *c = image_alloc(im, sizeof(*c));

    if (c == NULL)
        return NULL;
    *c = *from;
    copy_head(im, &c->head);
    c->refs = image_array(im, c->ref_count, sizeof(*c->refs));
    for (uint32_t i = 0; i < c->ref_count && c->refs != NULL; i++) {
        c->refs[i] = from->refs[i];
        c->refs[i].text = image_span(im, from->refs[i].text);
    }
    c->group_by = spans(im, from->group_by, from->group_count);
    c->value_fields = spans(im, from->value_fields, from->value_field_count);
    c->expr = copy_expr(im, from->expr);
    c->aliases = image_array(im, c->alias_count, sizeof(*c->aliases));
    for (uint32_t i = 0; i < c->alias_count && c->aliases != NULL; i++) {
        const struct correlation_alias *a = &from->aliases[i];

        c->aliases[i] = (struct correlation_alias){ .name = image_span(im, a->name),
                                                    .ref = spans(im, a->ref, a->count),
                                                    .field = spans(im, a->field, a->count),
                                                    .count = a->count };
    }
    return c;
}
