/*
 * read.c - a YAML document to a rule: what every kind of document has, and detection rules.
 *
 * What the specification demands of a rule's structure is demanded here and refused with a line;
 * what it demands of its description (dates, tags, level, status) is a warning of check.c: a rule
 * with a wrong date still detects.
 *
 * A document is refused alone. The other documents of its file are read on, unless the YAML
 * itself is broken: then those before the break stand.
 */
#include "sigma/read.h"

#include <stdio.h>
#include <xxhash.h>

#include "base/limits.h"
#include "base/utf.h"
#include "sigma/condition.h"

#define SEARCHES_MAX   4096u
#define SENTENCE_BYTES 320u
#define SHORT_BYTES    60u

struct span read_short(struct span s)
{
    return s.n > 0 ? utf8_cut(s, SHORT_BYTES) : SPAN_LIT("");
}

static int read_no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the rules.");
}

/* --- results ------------------------------------------------------------------------------ */

static int reader_put(struct reader *r, enum loaded_kind kind, void *what, struct err *e)
{
    struct loaded *l = arena_alloc(r->mem, sizeof(*l));

    if (l == NULL || what == NULL)
        return read_no_memory(e);
    l->kind = kind;
    l->what = what;
    *r->tail = l;
    r->tail = &l->next;
    return ERR_OK;
}

/* A sentence to keep. Control characters, which a rule's text may have, are not for terminals. */
static struct span sentence_keep(struct arena *mem, const char *text)
{
    struct span s = arena_span(mem, span_of(text));

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < ' ' || s.p[i] == 0x7f)
            ((uint8_t *)(uintptr_t)s.p)[i] = ' ';
    }
    return s;
}

struct span read_sentence(struct arena *mem, const char *fmt, va_list args)
{
    char text[SENTENCE_BYTES];

    (void)vsnprintf(text, sizeof(text), fmt, args); /* a longer sentence is cut: allowed */
    return sentence_keep(mem, text);
}

static int reader_refuse(struct reader *r, const struct err *why, struct err *e)
{
    struct sigma_refusal *x = arena_alloc(r->mem, sizeof(*x));

    if (x == NULL)
        return read_no_memory(e);
    *x = (struct sigma_refusal){ .file = r->file, .title = r->title };
    x->line = why->at > 0 && why->at < UINT32_MAX ? (uint32_t)why->at : r->line;
    x->why = sentence_keep(r->mem, why->why);
    return reader_put(r, LOADED_REFUSAL, x, e);
}

void read_warn(struct reader *r, uint32_t line, const char *fmt, ...)
{
    struct sigma_warning *w = arena_alloc(r->mem, sizeof(*w));
    va_list args;

    if (w == NULL)
        return;
    *w = (struct sigma_warning){ .file = r->file, .title = r->title, .line = line };
    va_start(args, fmt);
    w->what = read_sentence(r->mem, fmt, args);
    va_end(args);
    (void)reader_put(r, LOADED_WARNING, w, NULL); /* the arena's failure is seen by the caller */
}

/* --- parts of documents ------------------------------------------------------------------- */

int read_no_twice(struct reader *r, const struct yaml_node *map, struct err *e)
{
    const struct yaml_node *twice = yaml_twice(map, r->scratch);

    if (twice == NULL)
        return ERR_OK;
    return err_set(e, ERR_SYNTAX, twice->line, "The key '%.*s' is given twice.",
                   SHORT_ARG(twice->key));
}

int read_texts(struct reader *r, const struct yaml_node *n, const char *what, struct span **out,
               uint32_t *count, struct err *e)
{
    uint32_t at = 0;

    *out = NULL;
    *count = 0;
    if (n == NULL || yaml_is_null(n))
        return ERR_OK;
    if (n->kind == YAML_MAP)
        return err_set(e, ERR_SYNTAX, n->line, "'%s' must be text or a list of texts, not a map.",
                       what);
    *out = arena_array(r->mem, n->kind == YAML_LIST ? n->count : 1, sizeof(struct span));
    if (*out == NULL)
        return read_no_memory(e);
    if (n->kind == YAML_SCALAR)
        (*out)[at++] = n->text;
    for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
        if (c->kind != YAML_SCALAR)
            return err_set(e, ERR_SYNTAX, c->line, "'%s' must hold texts only.", what);
        (*out)[at++] = c->text;
    }
    *count = at;
    return ERR_OK;
}

static int read_text(const struct yaml_node *root, const char *key, struct span *out, struct err *e)
{
    const struct yaml_node *n = yaml_get(root, key);

    if (n == NULL || yaml_is_null(n))
        return ERR_OK;
    if (n->kind != YAML_SCALAR)
        return err_set(e, ERR_SYNTAX, n->line, "'%s' must be one text.", key);
    *out = n->text;
    return ERR_OK;
}

const char *level_name(enum sigma_level level)
{
    static const char *const names[] = {
        [LEVEL_NONE] = "none", [LEVEL_INFORMATIONAL] = "informational",
        [LEVEL_LOW] = "low",   [LEVEL_MEDIUM] = "medium",
        [LEVEL_HIGH] = "high", [LEVEL_CRITICAL] = "critical",
    };

    return names[level];
}

static enum sigma_level level_of(struct span s)
{
    for (uint32_t i = LEVEL_INFORMATIONAL; i <= LEVEL_CRITICAL; i++) {
        if (span_eq_nocase(s, span_of(level_name((enum sigma_level)i))))
            return (enum sigma_level)i;
    }
    return LEVEL_NONE;
}

/* Some authors write one author per line; the first is kept as the text, joined by ", ". */
static int read_author(struct reader *r, const struct yaml_node *root, struct span *out,
                       struct err *e)
{
    const struct yaml_node *n = yaml_get(root, "author");
    struct span *names;
    uint32_t count;
    size_t room = 0, at = 0;
    uint8_t *p;
    int rc = read_texts(r, n, "author", &names, &count, e);

    if (rc != ERR_OK || count == 0)
        return rc;
    *out = names[0];
    if (count == 1)
        return ERR_OK;
    for (uint32_t i = 0; i < count; i++)
        room += names[i].n + 2;
    p = arena_bytes(r->mem, room);
    if (p == NULL)
        return read_no_memory(e);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            memcpy(p + at, ", ", 2);
            at += 2;
        }
        if (names[i].n > 0)
            memcpy(p + at, names[i].p, names[i].n);
        at += names[i].n;
    }
    *out = (struct span){ p, at };
    return ERR_OK;
}

static int read_head_lists(struct reader *r, const struct yaml_node *root, struct sigma_head *h,
                           struct err *e)
{
    const struct {
        const char *key;
        struct span **out;
        uint32_t *count;
    } lists[] = {
        { "tags", &h->tags, &h->tag_count },
        { "references", &h->references, &h->reference_count },
        { "falsepositives", &h->falsepositives, &h->falsepositive_count },
        { "fields", &h->fields, &h->field_count },
    };
    int rc = ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < COUNT_OF(lists); i++)
        rc = read_texts(r, yaml_get(root, lists[i].key), lists[i].key, lists[i].out, lists[i].count,
                        e);
    return rc;
}

int read_head(struct reader *r, const struct yaml_node *root, struct sigma_head *h, struct err *e)
{
    const struct {
        const char *key;
        struct span *out;
    } texts[] = {
        { "title", &h->title },
        { "id", &h->id },
        { "name", &h->name },
        { "status", &h->status },
        { "description", &h->description },
        { "date", &h->date },
        { "modified", &h->modified },
        { "license", &h->license },
    };
    struct span level = SPAN_NONE;
    int rc = ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < COUNT_OF(texts); i++)
        rc = read_text(root, texts[i].key, texts[i].out, e);
    if (rc == ERR_OK)
        rc = read_text(root, "level", &level, e);
    if (rc == ERR_OK)
        rc = read_author(r, root, &h->author, e);
    if (rc == ERR_OK)
        rc = read_head_lists(r, root, h, e);
    if (rc != ERR_OK)
        return rc;
    h->level = level_of(level);
    if (span_trim(h->title).n == 0)
        return err_set(e, ERR_SYNTAX, r->line, "The document has no title.");
    return ERR_OK;
}

int read_logsource(struct reader *r, const struct yaml_node *root, struct sigma_logsource *ls,
                   struct err *e)
{
    const struct yaml_node *map = yaml_get(root, "logsource");

    if (map == NULL)
        return err_set(e, ERR_SYNTAX, r->line, "The document has no logsource.");
    if (map->kind != YAML_MAP)
        return err_set(e, ERR_SYNTAX, map->line,
                       "The logsource must be a map with product, category or service.");
    for (const struct yaml_node *n = map->first; n != NULL; n = n->next) {
        struct span *to = span_eq(n->key, SPAN_LIT("product"))    ? &ls->product
                          : span_eq(n->key, SPAN_LIT("category")) ? &ls->category
                          : span_eq(n->key, SPAN_LIT("service"))  ? &ls->service
                                                                  : NULL;

        if (to != NULL && n->kind != YAML_SCALAR)
            return err_set(e, ERR_SYNTAX, n->line, "'%.*s' of the logsource must be one text.",
                           SHORT_ARG(n->key));
        if (to != NULL && !yaml_is_null(n))
            *to = n->text;
        if (to == NULL && ls->custom.n == 0 && !span_eq(n->key, SPAN_LIT("definition")))
            ls->custom = n->key;
    }
    if (ls->product.n + ls->category.n + ls->service.n + ls->custom.n == 0)
        return err_set(e, ERR_SYNTAX, map->line,
                       "The logsource names neither product nor category nor service.");
    return read_no_twice(r, map, e);
}

/* --- searches ----------------------------------------------------------------------------- */

static struct sigma_scalar scalar_of(const struct yaml_node *n)
{
    struct sigma_scalar s = { .kind = SCALAR_TEXT, .text = n->text, .line = n->line };
    double number;
    bool yes;

    if (yaml_is_null(n))
        s.kind = SCALAR_NULL;
    else if (yaml_is_bool(n, &yes))
        s.kind = SCALAR_BOOL;
    else if (yaml_is_number(n, &number))
        s.kind = SCALAR_NUMBER;
    return s;
}

struct span read_field_name(struct reader *r, struct span s)
{
    uint8_t *p;
    size_t n = 0;

    if (span_find(s, ' ') == s.n)
        return s;
    p = arena_bytes(r->mem, s.n);
    for (size_t i = 0; p != NULL && i < s.n; i++) {
        if (s.p[i] != ' ')
            p[n++] = s.p[i];
    }
    return (struct span){ p, n };
}

static struct sigma_node *body_new(struct reader *r, enum sigma_node_kind kind, uint32_t children)
{
    struct sigma_node *n = arena_alloc(r->mem, sizeof(*n));

    if (n == NULL)
        return NULL;
    n->kind = (uint8_t)kind;
    n->at_least = 1;
    n->child_count = children;
    n->child = children > 0 ? arena_array(r->mem, children, sizeof(struct sigma_node *)) : NULL;
    return children > 0 && n->child == NULL ? NULL : n;
}

/* Scalars of an item: `first` and as many siblings as `count` says. */
static int read_scalars(struct reader *r, struct sigma_item *item, const struct yaml_node *first,
                        uint32_t count, struct err *e)
{
    if (count == 0)
        return err_set(e, ERR_SYNTAX, item->line, "'%.*s' has an empty list of values.",
                       SHORT_ARG(item->key));
    if (count > LIMIT_RULE_VALUES)
        return err_set(e, ERR_LIMIT, item->line, "'%.*s' has more than %d values.",
                       SHORT_ARG(item->key), LIMIT_RULE_VALUES);
    item->raw = arena_array(r->mem, count, sizeof(*item->raw));
    if (item->raw == NULL)
        return read_no_memory(e);
    for (const struct yaml_node *n = first; item->raw_count < count; n = n->next) {
        if (n->kind != YAML_SCALAR)
            return err_set(e, ERR_SYNTAX, n->line,
                           "'%.*s' has a list or map where a value should stand.",
                           SHORT_ARG(item->key));
        item->raw[item->raw_count++] = scalar_of(n);
    }
    return ERR_OK;
}

/* field|modifiers: value or list of values. */
static int read_item(struct reader *r, const struct yaml_node *n, struct sigma_node **out,
                     struct err *e)
{
    struct sigma_node *node = body_new(r, NODE_ITEM, 0);
    struct sigma_item *item = arena_alloc(r->mem, sizeof(*item));
    struct modifiers m;
    int rc;

    if (node == NULL || item == NULL)
        return read_no_memory(e);
    item->key = n->key;
    item->line = n->line;
    rc = modifier_read(n->key, n->line, &item->field, &m, e);
    if (rc != ERR_OK)
        return rc;
    item->field = read_field_name(r, item->field);
    if (item->field.n == 0 && span_find(n->key, '|') == n->key.n)
        return err_set(e, ERR_SYNTAX, n->line, "A field has an empty name.");
    if (n->kind == YAML_MAP)
        return err_set(e, ERR_SYNTAX, n->line, "'%.*s' has a map where a value should stand.",
                       SHORT_ARG(n->key));
    rc = n->kind == YAML_LIST ? read_scalars(r, item, n->first, n->count, e)
                              : read_scalars(r, item, n, 1, e);
    if (rc == ERR_OK)
        rc = lower_item(r, item, &m, e);
    node->item = item;
    *out = node;
    return rc;
}

/* `count` scalars from `first` on: words to be found anywhere in the event. */
static int read_keywords(struct reader *r, const struct yaml_node *first, uint32_t count,
                         struct sigma_node **out, struct err *e)
{
    struct sigma_node *node = body_new(r, NODE_ITEM, 0);
    struct sigma_item *item = arena_alloc(r->mem, sizeof(*item));
    struct modifiers m;
    struct span field;
    int rc;

    if (node == NULL || item == NULL)
        return read_no_memory(e);
    item->line = first->line;
    item->key = SPAN_LIT("keywords");
    rc = modifier_read(SPAN_LIT(""), first->line, &field, &m, e);
    if (rc == ERR_OK)
        rc = read_scalars(r, item, first, count, e);
    if (rc == ERR_OK)
        rc = lower_item(r, item, &m, e);
    item->key = SPAN_NONE;
    node->item = item;
    *out = node;
    return rc;
}

static int read_body(struct reader *r, const struct yaml_node *n, uint32_t line,
                     struct sigma_node **out, struct err *e);

/* Items ANDed. */
static int read_body_map(struct reader *r, const struct yaml_node *map, struct sigma_node **out,
                         struct err *e)
{
    struct sigma_node *node;
    uint32_t at = 0;
    int rc = read_no_twice(r, map, e);

    if (rc != ERR_OK)
        return rc;
    if (map->count == 1)
        return read_item(r, map->first, out, e);
    node = body_new(r, NODE_AND, map->count);
    if (node == NULL)
        return read_no_memory(e);
    for (const struct yaml_node *c = map->first; rc == ERR_OK && c != NULL; c = c->next)
        rc = read_item(r, c, &node->child[at++], e);
    *out = node;
    return rc;
}

/* The children of a list ORed; a run of scalars is one keyword item. */
static int read_body_list(struct reader *r, const struct yaml_node *list, struct sigma_node **out,
                          struct err *e)
{
    struct sigma_node *node = body_new(r, NODE_OR, list->count);
    uint32_t at = 0;
    int rc = ERR_OK;

    if (node == NULL)
        return read_no_memory(e);
    for (const struct yaml_node *c = list->first; rc == ERR_OK && c != NULL;) {
        const struct yaml_node *first = c;
        uint32_t run = 0;

        if (c->kind != YAML_SCALAR) {
            rc = read_body(r, c, c->line, &node->child[at++], e);
            c = c->next;
            continue;
        }
        for (; c != NULL && c->kind == YAML_SCALAR; c = c->next)
            run++;
        rc = read_keywords(r, first, run, &node->child[at++], e);
    }
    node->child_count = at;
    *out = at == 1 ? node->child[0] : node;
    return rc;
}

/* Depth is bounded by yaml_tree.c. */
static int read_body(struct reader *r, const struct yaml_node *n, uint32_t line,
                     struct sigma_node **out, struct err *e)
{
    if (n->kind != YAML_SCALAR && n->count == 0)
        return err_set(e, ERR_SYNTAX, line, "The search '%.*s' is empty.", SHORT_ARG(n->key));
    if (n->kind == YAML_MAP)
        return read_body_map(r, n, out, e);
    if (n->kind == YAML_LIST)
        return read_body_list(r, n, out, e);
    if (yaml_is_null(n))
        return err_set(e, ERR_SYNTAX, line, "The search '%.*s' is empty.", SHORT_ARG(n->key));
    return read_keywords(r, n, 1, out, e);
}

/* Every key of `map` that is not `skip` or "condition" is a search. */
int read_searches(struct reader *r, const struct yaml_node *map, struct span skip,
                  struct sigma_search **out, uint32_t *count, struct err *e)
{
    uint32_t at = 0;
    int rc = read_no_twice(r, map, e);

    if (rc != ERR_OK)
        return rc;
    if (map->count > SEARCHES_MAX)
        return err_set(e, ERR_LIMIT, map->line, "There are more than %u searches.", SEARCHES_MAX);
    *out = arena_array(r->mem, map->count, sizeof(**out));
    if (*out == NULL)
        return read_no_memory(e);
    for (const struct yaml_node *n = map->first; rc == ERR_OK && n != NULL; n = n->next) {
        if (span_eq(n->key, SPAN_LIT("condition")) || (skip.n > 0 && span_eq(n->key, skip)))
            continue;
        (*out)[at].name = n->key;
        (*out)[at].line = n->line;
        rc = read_body(r, n, n->line, &(*out)[at].body, e);
        at++;
    }
    *count = at;
    if (rc == ERR_OK && at == 0)
        return err_set(e, ERR_SYNTAX, map->line, "There is a condition but no search.");
    return rc;
}

/* --- detection rules ---------------------------------------------------------------------- */

static int read_conditions(struct reader *r, const struct yaml_node *n, struct sigma_rule *rule,
                           struct err *e)
{
    struct condition_names names = { rule->searches, rule->search_count, "search", false };
    const struct yaml_node *c = n->kind == YAML_LIST ? n->first : n;
    struct sigma_node *any;
    int rc = read_texts(r, n, "condition", &rule->condition_text, &rule->condition_count, e);

    if (rc != ERR_OK)
        return rc;
    if (rule->condition_count == 0)
        return err_set(e, ERR_SYNTAX, n->line, "The condition is empty.");
    any = body_new(r, NODE_OR, rule->condition_count);
    if (any == NULL)
        return read_no_memory(e);
    for (uint32_t i = 0; rc == ERR_OK && i < rule->condition_count; i++, c = c->next)
        rc = condition_read(rule->condition_text[i], c->line, &names, r->mem, &any->child[i], e);
    rule->condition = rule->condition_count == 1 ? any->child[0] : any;
    return rc;
}

static int read_rule(struct reader *r, const struct yaml_node *root, struct sigma_head *h,
                     struct sigma_rule **out, struct err *e)
{
    const struct yaml_node *detection = yaml_get(root, "detection"), *condition;
    struct sigma_rule *rule = arena_alloc(r->mem, sizeof(*rule));
    int rc;

    if (rule == NULL)
        return read_no_memory(e);
    rule->head = *h;
    rule->emit = true;
    rc = read_logsource(r, root, &rule->logsource, e);
    if (rc != ERR_OK)
        return rc;
    if (detection->kind != YAML_MAP)
        return err_set(e, ERR_SYNTAX, detection->line, "The detection must be a map of searches.");
    if (yaml_get(detection, "timeframe") != NULL)
        return err_set(e, ERR_UNSUPPORTED, yaml_get(detection, "timeframe")->line,
                       "'timeframe' is obsolete: version 1 of Sigma had it for aggregation; write "
                       "a correlation document instead.");
    condition = yaml_get(detection, "condition");
    if (condition == NULL)
        return err_set(e, ERR_SYNTAX, detection->line, "The detection has no condition.");
    rc = read_searches(r, detection, SPAN_NONE, &rule->searches, &rule->search_count, e);
    if (rc == ERR_OK)
        rc = read_conditions(r, condition, rule, e);
    if (rc != ERR_OK)
        return rc;
    check_rule(r, rule);
    *out = rule;
    return ERR_OK;
}

/* --- documents ---------------------------------------------------------------------------- */

static int document_kind(struct reader *r, const struct yaml_node *root, enum loaded_kind *kind,
                         struct err *e)
{
    bool rule = yaml_get(root, "detection") != NULL;
    bool correlation = yaml_get(root, "correlation") != NULL;
    bool filter = yaml_get(root, "filter") != NULL;

    if (root->kind != YAML_MAP)
        return err_set(e, ERR_SYNTAX, root->line,
                       "This is no Sigma document: it is not a map of keys.");
    if (yaml_get(root, "action") != NULL)
        return err_set(e, ERR_UNSUPPORTED, yaml_get(root, "action")->line,
                       "'action' is obsolete: version 1 of Sigma had it for collections of rules; "
                       "write each rule whole.");
    if (rule + correlation + filter == 0)
        return err_set(e, ERR_SYNTAX, r->line,
                       "This is no Sigma document: it has neither detection nor correlation nor "
                       "filter.");
    if (rule + correlation + filter > 1)
        return err_set(e, ERR_SYNTAX, r->line,
                       "A document is a rule, a correlation or a filter; this is several.");
    *kind = rule ? LOADED_RULE : correlation ? LOADED_CORRELATION : LOADED_FILTER;
    return ERR_OK;
}

/* One kind of document each: read it and put it among the results. */
static int read_kind(struct reader *r, const struct yaml_node *root, enum loaded_kind kind,
                     struct sigma_head *h, struct err *e)
{
    struct sigma_rule *rule = NULL;
    struct sigma_correlation *correlation = NULL;
    struct sigma_filter *filter = NULL;
    int rc;

    switch (kind) {
    case LOADED_RULE:
        rc = read_rule(r, root, h, &rule, e);
        return rc == ERR_OK ? reader_put(r, kind, rule, e) : rc;
    case LOADED_CORRELATION:
        rc = read_correlation(r, root, h, &correlation, e);
        return rc == ERR_OK ? reader_put(r, kind, correlation, e) : rc;
    default:
        rc = read_filter(r, root, h, &filter, e);
        return rc == ERR_OK ? reader_put(r, kind, filter, e) : rc;
    }
}

static int read_document(struct reader *r, const struct yaml_document *d, struct err *e)
{
    const struct yaml_node *root = d->root, *title = yaml_get(root, "title");
    struct sigma_head h = { .file = r->file, .line = r->line };
    enum loaded_kind kind = LOADED_RULE;
    int rc;

    if (title != NULL && title->kind == YAML_SCALAR)
        r->title = title->text;
    rc = document_kind(r, root, &kind, e);
    if (rc == ERR_OK)
        rc = read_no_twice(r, root, e);
    if (rc == ERR_OK)
        rc = read_head(r, root, &h, e);
    if (rc != ERR_OK)
        return rc;
    h.hash = XXH3_64bits(d->bytes.p, d->bytes.n);
    rc = read_kind(r, root, kind, &h, e);
    if (rc == ERR_OK)
        check_head(r, root, &h);
    return rc;
}

static void reader_begin(struct reader *r, uint32_t line)
{
    r->title = SPAN_NONE;
    r->line = line;
    r->tests = NULL;
    r->groups = NULL;
    r->test_count = r->test_cap = 0;
    r->rule_tests = 0;
    r->rule_bytes = 0;
}

int read_file(struct reader *r, struct span file, struct span yaml, struct err *e)
{
    struct yaml_document *documents;
    struct err why = { 0 };
    uint32_t seen = 0;
    int broken, rc = ERR_OK;

    arena_reset(r->scratch);
    r->file = file;
    broken = yaml_read(yaml, r->scratch, r->mem, &documents, &why);
    for (struct yaml_document *d = documents; rc == ERR_OK && d != NULL; d = d->next) {
        struct err fault = { 0 };
        int got;

        if (d->root == NULL || yaml_is_null(d->root))
            continue;
        seen++;
        reader_begin(r, d->root->line);
        got = read_document(r, d, &fault);
        if (got != ERR_OK)
            rc = reader_refuse(r, &fault, e);
    }
    if (rc == ERR_OK && broken == ERR_OK && seen == 0)
        broken = err_set(&why, ERR_SYNTAX, 1, "The file holds no document.");
    reader_begin(r, 1);
    if (rc == ERR_OK && broken != ERR_OK)
        rc = reader_refuse(r, &why, e);
    if (arena_failed(r->mem))
        rc = read_no_memory(e);
    return rc;
}
