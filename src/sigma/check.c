/*
 * check.c - warnings: what loads, and is still likely not what its author meant.
 *
 * A wrong date or tag does not change what a rule detects, so it must not cost the detection;
 * neither must it go unseen. Everything here is one sentence and a line.
 */
#include "base/ascii.h"
#include "base/utf.h"
#include "sigma/read.h"

#define TITLE_CHARS_MAX       256u
#define DESCRIPTION_CHARS_MAX 65535u

static uint32_t line_of(const struct reader *r, const struct yaml_node *root, const char *key)
{
    const struct yaml_node *n = yaml_get(root, key);

    return n != NULL ? n->line : r->line;
}

static size_t count_chars(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xc0) != 0x80;
    return n;
}

/* `#` stands for a digit, `x` for a hex digit. */
static bool has_form(struct span s, const char *form)
{
    for (size_t i = 0; i < s.n && form[i] != 0; i++) {
        if (form[i] == '#'   ? !ascii_is_digit(s.p[i])
            : form[i] == 'x' ? ascii_hex(s.p[i]) < 0
                             : s.p[i] != (uint8_t)form[i])
            return false;
    }
    return s.n == strlen(form);
}

/* namespace.name: lower case, digits, `_`, `-`, and dots in the name. */
static bool is_tag(struct span s)
{
    size_t dot = span_find(s, '.');

    if (dot == 0 || dot + 1 >= s.n)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];

        if (!ascii_is_digit(c) && !(c >= 'a' && c <= 'z') && c != '_' && c != '-' && c != '.')
            return false;
    }
    return true;
}

static bool is_one_of(struct span s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_eq(s, span_of(words[i])))
            return true;
    }
    return false;
}

static void check_words(struct reader *r, const struct yaml_node *root, const struct sigma_head *h)
{
    static const char *const statuses[] = { "stable", "test", "experimental", "deprecated",
                                            "unsupported" };
    const struct yaml_node *level = yaml_get(root, "level");
    const struct yaml_node *taxonomy = yaml_get(root, "taxonomy");

    if (h->status.n > 0 && !is_one_of(h->status, statuses, COUNT_OF(statuses)))
        read_warn(r, line_of(r, root, "status"), "There is no status '%.*s'.",
                  SHORT_ARG(h->status));
    if (level != NULL && h->level == LEVEL_NONE && !yaml_is_null(level))
        read_warn(r, level->line, "There is no level '%.*s'; the rule counts as having none.",
                  SHORT_ARG(level->text));
    if (taxonomy != NULL && !span_eq(taxonomy->text, SPAN_LIT("sigma")))
        read_warn(r, taxonomy->line,
                  "The taxonomy '%.*s' is not translated; fields are taken as Sigma's.",
                  SHORT_ARG(taxonomy->text));
}

void check_head(struct reader *r, const struct yaml_node *root, const struct sigma_head *h)
{
    const char *uuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (count_chars(h->title) > TITLE_CHARS_MAX)
        read_warn(r, line_of(r, root, "title"), "The title is longer than %u characters.",
                  TITLE_CHARS_MAX);
    if (count_chars(h->description) > DESCRIPTION_CHARS_MAX)
        read_warn(r, line_of(r, root, "description"),
                  "The description is longer than %u characters.", DESCRIPTION_CHARS_MAX);
    if (h->id.n > 0 && !has_form(h->id, uuid))
        read_warn(r, line_of(r, root, "id"), "The id '%.*s' is no UUID.", SHORT_ARG(h->id));
    if (h->date.n > 0 && !has_form(h->date, "####-##-##"))
        read_warn(r, line_of(r, root, "date"), "The date '%.*s' is not written YYYY-MM-DD.",
                  SHORT_ARG(h->date));
    if (h->modified.n > 0 && !has_form(h->modified, "####-##-##"))
        read_warn(r, line_of(r, root, "modified"), "The date '%.*s' is not written YYYY-MM-DD.",
                  SHORT_ARG(h->modified));
    for (uint32_t i = 0; i < h->tag_count; i++) {
        if (!is_tag(h->tags[i]))
            read_warn(r, line_of(r, root, "tags"),
                      "The tag '%.*s' is not written namespace.name in lower case.",
                      SHORT_ARG(h->tags[i]));
    }
    check_words(r, root, h);
}

static void mark_used(const struct sigma_node *n, bool *used)
{
    if (n->kind == NODE_SEARCH)
        used[n->search] = true;
    for (uint32_t i = 0; i < n->child_count; i++)
        mark_used(n->child[i], used);
}

static void check_items(struct reader *r, const struct sigma_node *n)
{
    if (n->kind == NODE_ITEM && n->item->all && n->item->raw_count == 1)
        read_warn(r, n->item->line, "'%.*s' has 'all' and one value only.",
                  SHORT_ARG(n->item->key));
    for (uint32_t i = 0; i < n->child_count; i++)
        check_items(r, n->child[i]);
}

static void check_searches(struct reader *r, const struct sigma_search *searches, uint32_t count,
                           const struct sigma_node *condition)
{
    bool *used = arena_array(r->scratch, count, sizeof(*used));

    if (used == NULL)
        return;
    mark_used(condition, used);
    for (uint32_t i = 0; i < count; i++) {
        if (!used[i])
            read_warn(r, searches[i].line, "The condition does not use the search '%.*s'.",
                      SHORT_ARG(searches[i].name));
        check_items(r, searches[i].body);
    }
}

void check_rule(struct reader *r, const struct sigma_rule *rule)
{
    check_searches(r, rule->searches, rule->search_count, rule->condition);
}

static bool has_not(const struct sigma_node *n)
{
    for (uint32_t i = 0; i < n->child_count; i++) {
        if (has_not(n->child[i]))
            return true;
    }
    return n->kind == NODE_NOT;
}

void check_filter(struct reader *r, const struct sigma_filter *f)
{
    check_searches(r, f->searches, f->search_count, f->condition);
    if (!has_not(f->condition))
        read_warn(r, r->line,
                  "The filter's condition has no 'not', so it keeps only what its searches match: "
                  "it is probably inverted.");
}

void check_correlation(struct reader *r, const struct yaml_node *map,
                       const struct sigma_correlation *c)
{
    static const char *const keys[] = { "type",      "rules",   "group-by", "timespan",
                                        "condition", "aliases", "generate" };
    bool counts = c->type == CORRELATION_EVENT_COUNT || c->type == CORRELATION_TEMPORAL ||
                  c->type == CORRELATION_TEMPORAL_ORDERED;

    for (const struct yaml_node *n = map->first; n != NULL; n = n->next) {
        if (!is_one_of(n->key, keys, COUNT_OF(keys)))
            read_warn(r, n->line, "A correlation has no '%.*s'; it is not read.",
                      SHORT_ARG(n->key));
    }
    if (counts && c->value_field_count > 0)
        read_warn(r, map->line, "This type of correlation counts no values; 'field' is not used.");
    if (c->type == CORRELATION_VALUE_PERCENTILE && c->percentile < 0)
        read_warn(r, map->line, "The condition gives no percentile; the median (50) is taken.");
    if (c->type != CORRELATION_VALUE_PERCENTILE && c->percentile >= 0)
        read_warn(r, map->line, "This type of correlation has no percentile; it is not used.");
}
