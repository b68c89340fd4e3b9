/*
 * both.c - set up, compare, take down.
 */
#include "both.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "wire/codec.h"

const char both_placeholders[] = "Admins: [root, 'CORP\\adm*']\n"
                                 "Servers: [srv1, srv2]\n"
                                 "Nets: [10.0.0.0/8, '2001:db8::/32']\n"
                                 "Dotted: ['a.b+c']\n";

const char both_taxonomy[] = "source: test\n"
                             "product: test\n"
                             "rows:\n"
                             "  - category: mapped\n"
                             "    when: { kind: mapped }\n"
                             "    fields: { Image: Program, User: Account }\n"
                             "  - category: plain\n"
                             "    when: { kind: { not: mapped } }\n"
                             "  - category: short\n"
                             "    when: { kind: short }\n"
                             "    lacks: [Hash, Parent]\n";

static const struct span admins[] = { { (const uint8_t *)"root", 4 },
                                      { (const uint8_t *)"CORP\\adm*", 9 } };
static const struct span servers[] = { { (const uint8_t *)"srv1", 4 },
                                       { (const uint8_t *)"srv2", 4 } };
static const struct span nets[] = { { (const uint8_t *)"10.0.0.0/8", 10 },
                                    { (const uint8_t *)"2001:db8::/32", 13 } };
static const struct span dotted[] = { { (const uint8_t *)"a.b+c", 5 } };

static const struct oracle_placeholder placeholders[] = {
    { { (const uint8_t *)"Admins", 6 }, admins, 2 },
    { { (const uint8_t *)"Servers", 7 }, servers, 2 },
    { { (const uint8_t *)"Nets", 4 }, nets, 2 },
    { { (const uint8_t *)"Dotted", 6 }, dotted, 1 },
};

static void die(const char *what, const struct err *e)
{
    printf("%s: %s\n", what, e->why);
    (void)fflush(stdout);
    abort();
}

static void placeholders_give(struct both *b)
{
    char path[] = "/tmp/placeholders.XXXXXX";
    int fd = mkstemp(path);
    struct err e = { 0 };
    size_t n = strlen(both_placeholders);

    MUST(fd >= 0 && write(fd, both_placeholders, n) == (ssize_t)n && close(fd) == 0);
    if (rules_placeholders(&b->rules, path, &e) != ERR_OK)
        die("placeholders", &e);
    (void)unlink(path); /* what stays in /tmp harms nobody */
}

static void load_rules(struct both *b, struct span yaml, const char *rules)
{
    struct err e = { 0 };

    if (rules_init(&b->rules, &e) != ERR_OK)
        die("rules", &e);
    placeholders_give(b);
    if (yaml.n > 0 && rules_add_bytes(&b->rules, SPAN_LIT("text"), yaml, &e) != ERR_OK)
        die("rules", &e);
    if (rules != NULL && rules_add_path(&b->rules, rules, 1, &e) != ERR_OK)
        die(rules, &e);
    if (rules_finish(&b->rules, &e) != ERR_OK)
        die("rules", &e);
}

static int taxonomy_read(struct both *b, const char *dir, struct err *e)
{
    int rc;

    if (dir != NULL)
        return taxonomy_load(&b->taxonomy, dir, &b->names, e);
    rc = taxonomy_new(&b->taxonomy, e);
    return rc != ERR_OK ? rc
                        : taxonomy_add(b->taxonomy, SPAN_LIT("test.yaml"), span_of(both_taxonomy),
                                       &b->names, e);
}

/* Names, taxonomy, both evaluators over b->rules. */
static bool both_compile(struct both *b, const char *taxonomy, struct span more_taxonomy)
{
    struct err e = { 0 };

    if (names_init(&b->names, &e) != ERR_OK || ruleset_names(&b->rules, &b->names, &e) != ERR_OK ||
        taxonomy_read(b, taxonomy, &e) != ERR_OK ||
        (more_taxonomy.n > 0 &&
         taxonomy_add(b->taxonomy, SPAN_LIT("more.yaml"), more_taxonomy, &b->names, &e) != ERR_OK))
        die("names and taxonomy", &e);
    MUST(names_freeze(&b->names) && rec_init(&b->rec));
    if (taxonomy_bind(b->taxonomy, &b->names, &e) != ERR_OK ||
        event_init(&b->event, b->taxonomy, &b->names, &e) != ERR_OK ||
        oracle_new(&b->oracle, &b->names, placeholders, COUNT_OF(placeholders), &e) != ERR_OK)
        die("events and oracle", &e);
    if (ruleset_new(&b->fast, &b->rules, b->taxonomy, &b->names, 1, &e) == ERR_OK &&
        matcher_new(&b->matcher, b->fast, &e) == ERR_OK)
        return true;
    printf("the rules do not compile: %s\n", e.why);
    return false;
}

bool both_init(struct both *b, struct span yaml, const char *rules, const char *taxonomy)
{
    *b = (struct both){ 0 };
    load_rules(b, yaml, rules);
    return both_compile(b, taxonomy, SPAN_NONE);
}

bool both_init_ungated(struct both *b, const char *rules, const char *taxonomy)
{
    static const char everything[] = "source: everything\n"
                                     "product: everything\n"
                                     "rows: [ { when: { No.such: { not: x } } } ]\n";

    *b = (struct both){ 0 };
    load_rules(b, SPAN_NONE, rules);
    for (uint32_t i = 0; i < b->rules.rule_count; i++) {
        struct sigma_logsource *l = &b->rules.rules[i]->logsource;

        *l = (struct sigma_logsource){ .product = SPAN_LIT("everything") };
    }
    return both_compile(b, taxonomy, SPAN_LIT(everything));
}

void both_release(struct both *b)
{
    rec_release(&b->rec);
    event_release(&b->event);
    oracle_free(&b->oracle);
    matcher_free(&b->matcher);
    ruleset_free(&b->fast);
    taxonomy_free(&b->taxonomy);
    names_release(&b->names);
    rules_release(&b->rules);
}

static void difference(const struct both *b, const char *who, uint32_t rule, const struct view *v)
{
    const struct sigma_head *h = &b->rules.rules[rule]->head;

    printf("only the %s: %.*s (%.*s:%u) as %.*s %.*s\n", who, SPAN_ARG(h->title), SPAN_ARG(h->file),
           h->line, SPAN_ARG(v->source), SPAN_ARG(v->category.value[0]));
}

static bool compare(const struct both *b, const struct both_hits *h)
{
    uint32_t f = 0, s = 0, same = 0;

    while (f < h->fast_count || s < h->slow_count) {
        uint32_t fast = f < h->fast_count ? h->fast[f].rule : UINT32_MAX;
        uint32_t slow = s < h->slow_count ? h->slow[s].rule : UINT32_MAX;

        if (fast == slow && h->fast[f].view == h->slow[s].view) {
            same++;
            f++;
            s++;
            continue;
        }
        if (fast <= slow)
            difference(b, "matcher", fast, h->fast[f++].view);
        if (slow <= fast)
            difference(b, "oracle", slow, h->slow[s++].view);
    }
    return same == h->fast_count && same == h->slow_count;
}

bool both_event(struct both *b, struct rec *r, struct both_hits *out)
{
    event_begin(&b->event, r);
    out->slow_count = oracle_event(b->oracle, &b->rules, &b->event, &out->slow);
    out->fast_count = b->matcher != NULL ? match_event(b->matcher, &b->event, &out->fast) : 0;
    return compare(b, out);
}

bool both_json(struct both *b, struct span line)
{
    rec_clear(&b->rec);
    return json_read(line, &b->rec, NULL) > 0;
}
