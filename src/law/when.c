/*
 * when.c - predicates: read, checked, tried, put. YAML nests no deeper than its reader allows
 * (LIMIT_RULE_DEPTH), so the recursion here ends.
 */
#include "law/law_own.h"

#include "base/num.h"
#include "scan/put.h"

#define NUMBER_MAX 1000000000000000u

/* --- Reading -----------------------------------------------------------------------------------
 */

static struct law_when *when_new(struct law_read *rd, const struct yaml_node *n,
                                 enum when_kind kind)
{
    struct law_when *w = arena_alloc(rd->mem, sizeof(*w));

    if (w == NULL) {
        (void)law_fail(rd, n->line, ERR_NOMEM, "There is no memory for the law.");
        return NULL;
    }
    w->kind = kind;
    w->line = n->line;
    return w;
}

static int read_bound(struct law_read *rd, const struct yaml_node *n, struct law_when *w)
{
    uint64_t v;

    if (n->kind != YAML_SCALAR || !num_u64(n->text, NUMBER_MAX, &v))
        return law_fail(rd, n->line, ERR_SYNTAX, "A bound is a whole number.");
    if (span_eq(n->key, SPAN_LIT("min")))
        w->min = v;
    else if (span_eq(n->key, SPAN_LIT("max")))
        w->max = v;
    else if (span_eq(n->key, SPAN_LIT("below")) && v > 0)
        w->max = v - 1;
    else
        return law_fail(rd, n->line, ERR_SYNTAX, "A range has min, max or below (above 0).");
    return ERR_OK;
}

static int read_range(struct law_read *rd, const struct yaml_node *n, struct law_when *w)
{
    int rc = ERR_OK;

    w->kind = WHEN_NUMBER;
    w->max = NUMBER_MAX;
    for (const struct yaml_node *c = n->first; rc == ERR_OK && c != NULL; c = c->next)
        rc = read_bound(rd, c, w);
    if (rc == ERR_OK && (n->count == 0 || w->min > w->max || yaml_twice(n, rd->nodes) != NULL))
        rc = law_fail(rd, n->line, ERR_SYNTAX, "The range holds nothing, or says a bound twice.");
    return rc;
}

static int read_test(struct law_read *rd, const struct yaml_node *n, struct law_when *w)
{
    uint64_t v;

    w->input = (const char *)arena_span(rd->mem, n->key).p;
    if (w->input == NULL)
        return law_fail(rd, n->line, ERR_NOMEM, "There is no memory for the law.");
    if (n->kind == YAML_MAP)
        return read_range(rd, n, w);
    if (n->kind == YAML_SCALAR && yaml_is_bool(n, &w->flag)) {
        w->kind = WHEN_FLAG;
        return ERR_OK;
    }
    if (n->kind == YAML_SCALAR && num_u64(n->text, NUMBER_MAX, &v)) {
        w->kind = WHEN_NUMBER;
        w->min = w->max = v;
        return ERR_OK;
    }
    w->kind = WHEN_CODES;
    return law_read_texts(rd, n, true, &w->codes);
}

static int read_all(struct law_read *rd, const struct yaml_node *n, struct law_when **out);

static const char *const groups[] = {
    [WHEN_ALL] = "all", [WHEN_ANY] = "any", [WHEN_NONE] = "none"
};

static bool find_group(struct span key, enum when_kind *kind)
{
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        if (span_eq(key, span_of(groups[i]))) {
            *kind = (enum when_kind)i;
            return true;
        }
    }
    return false;
}

/* The list behind `any`, `all` or `none`. */
static int read_list(struct law_read *rd, const struct yaml_node *n, struct law_when *w)
{
    struct law_when **tail = &w->first;
    int rc = ERR_OK;

    if (n->kind != YAML_LIST || n->count == 0)
        return law_fail(rd, n->line, ERR_SYNTAX, "any, all and none take a list of predicates.");
    for (const struct yaml_node *c = n->first; rc == ERR_OK && c != NULL; c = c->next) {
        rc = read_all(rd, c, tail);
        tail = rc == ERR_OK ? &(*tail)->next : tail;
    }
    return rc;
}

/* A map: all of its entries. */
static int read_all(struct law_read *rd, const struct yaml_node *n, struct law_when **out)
{
    struct law_when *w = when_new(rd, n, WHEN_ALL), **tail;

    *out = w;
    if (w == NULL)
        return ERR_NOMEM;
    if (n->kind != YAML_MAP || n->count == 0 || yaml_twice(n, rd->nodes) != NULL)
        return law_fail(rd, n->line, ERR_SYNTAX,
                        "A predicate is a map of inputs and what they must be, each once.");
    tail = &w->first;
    for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
        int rc;

        *tail = when_new(rd, c, WHEN_ALL);
        if (*tail == NULL)
            return ERR_NOMEM;
        rc = find_group(c->key, &(*tail)->kind) ? read_list(rd, c, *tail) : read_test(rd, c, *tail);
        if (rc != ERR_OK)
            return rc;
        tail = &(*tail)->next;
    }
    if (n->count == 1) /* all of one is that one */
        *out = w->first;
    return ERR_OK;
}

int when_read(struct law_read *rd, const struct yaml_node *n, const struct law_when **out)
{
    struct law_when *w = NULL;
    int rc = read_all(rd, n, &w);

    *out = w;
    return rc;
}

/* --- Trying ------------------------------------------------------------------------------------
 */

static bool value_holds(const struct law_when *w, struct span value)
{
    uint64_t v;

    switch (w->kind) {
    case WHEN_FLAG:
        return span_eq(value, w->flag ? SPAN_LIT("true") : SPAN_LIT("false"));
    case WHEN_NUMBER:
        return num_u64(value, UINT64_MAX, &v) && v >= w->min && v <= w->max;
    default:
        for (uint32_t i = 0; i < w->codes.count; i++) {
            if (span_eq(value, span_of(w->codes.value[i])))
                return true;
        }
        return false;
    }
}

bool when_holds(const struct law_when *w, const struct law_said *said, size_t count)
{
    if (w->kind <= WHEN_NONE) {
        for (const struct law_when *c = w->first; c != NULL; c = c->next) {
            if (when_holds(c, said, count) != (w->kind == WHEN_ALL))
                return w->kind == WHEN_ANY;
        }
        return w->kind != WHEN_ANY;
    }
    for (size_t i = 0; i < count; i++) {
        if (span_eq(said[i].name, span_of(w->input)) && value_holds(w, said[i].value))
            return true;
    }
    return false;
}

/* --- Checking ----------------------------------------------------------------------------------
 */

bool when_is_choice(const struct law_input *input, struct span code)
{
    for (uint32_t i = 0; i < input->choices.count; i++) {
        if (span_eq(code, span_of(input->choices.value[i])))
            return true;
    }
    return false;
}

/* What an incident has. */
static bool incident_kind(const struct law_profile *p, struct span name, enum law_kind *kind)
{
    if (span_eq(name, SPAN_LIT("type")) || span_eq(name, SPAN_LIT("severity")))
        *kind = LAW_KIND_CHOICE;
    else if (span_eq(name, SPAN_LIT("level")))
        *kind = LAW_KIND_NUMBER;
    else if (law_fact_find(p, name) != NULL)
        *kind = LAW_KIND_FLAG;
    else
        return false;
    return true;
}

static bool input_kind(const struct law_profile *p, struct span name, enum law_kind *kind)
{
    const struct law_input *input = law_input_find(p, name);

    if (input != NULL)
        *kind = (enum law_kind)input->kind;
    return input != NULL;
}

static bool has_code(const struct law_profile *p, bool incident, struct span name, struct span code)
{
    if (!incident)
        return when_is_choice(law_input_find(p, name), code);
    return span_eq(name, SPAN_LIT("type")) ? law_type_find(p, code) != NULL
                                           : law_severity_find(p, code) != NULL;
}

static int check_test(const struct law_read *rd, const struct law_when *w,
                      const struct law_profile *p, bool incident)
{
    static const enum law_kind wanted[] = {
        [WHEN_FLAG] = LAW_KIND_FLAG, [WHEN_NUMBER] = LAW_KIND_NUMBER, [WHEN_CODES] = LAW_KIND_CHOICE
    };
    struct span name = span_of(w->input);
    enum law_kind kind;

    if (incident ? !incident_kind(p, name, &kind) : !input_kind(p, name, &kind))
        return law_fail(rd, w->line, ERR_SYNTAX, "There is no input '%.40s'.", w->input);
    if (wanted[w->kind] != kind)
        return law_fail(rd, w->line, ERR_SYNTAX, "%.40s is a %s.", w->input, law_kind_words[kind]);
    for (uint32_t i = 0; i < w->codes.count; i++) {
        if (!has_code(p, incident, name, span_of(w->codes.value[i])))
            return law_fail(rd, w->line, ERR_SYNTAX, "%.40s: there is no '%.40s'.", w->input,
                            w->codes.value[i]);
    }
    return ERR_OK;
}

int when_check(const struct law_read *rd, const struct law_when *w, const struct law_profile *p,
               bool incident)
{
    int rc = ERR_OK;

    if (w->kind > WHEN_NONE)
        return check_test(rd, w, p, incident);
    for (const struct law_when *c = w->first; rc == ERR_OK && c != NULL; c = c->next)
        rc = when_check(rd, c, p, incident);
    return rc;
}

/* --- JSON --------------------------------------------------------------------------------------
 */

static void put_range(const struct law_when *w, struct buf *out)
{
    if (w->min == w->max) {
        buf_fmt(out, "%llu", (unsigned long long)w->min);
        return;
    }
    buf_fmt(out, "{\"min\":%llu", (unsigned long long)w->min);
    if (w->max != NUMBER_MAX)
        buf_fmt(out, ",\"max\":%llu", (unsigned long long)w->max);
    buf_byte(out, '}');
}

static void put_group(const struct law_when *w, struct buf *out)
{
    buf_fmt(out, "{\"%s\":[", groups[w->kind]);
    for (const struct law_when *c = w->first; c != NULL; c = c->next) {
        when_put(c, out);
        buf_text(out, c->next != NULL ? "," : "");
    }
    buf_text(out, "]}");
}

void when_put(const struct law_when *w, struct buf *out)
{
    if (w->kind <= WHEN_NONE) {
        put_group(w, out);
        return;
    }
    buf_byte(out, '{');
    put_json_text(out, span_of(w->input));
    buf_byte(out, ':');
    if (w->kind == WHEN_FLAG)
        buf_text(out, w->flag ? "true" : "false");
    else if (w->kind == WHEN_NUMBER)
        put_range(w, out);
    else
        law_put_texts(&w->codes, out);
    buf_byte(out, '}');
}
