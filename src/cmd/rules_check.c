/*
 * rules_check.c - canh rules check: what loads, what is refused and why, what can never match.
 */
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/load.h"
#include "scan/put.h"
#include "sigma/blind.h"

#define TITLE_COLUMNS 400u

struct settings {
    struct load_options load;
    bool quiet;
};

static const struct option_row options[] = {
    READ_OPTIONS(struct settings, load),
    { "quiet", OPTION_FLAG, offsetof(struct settings, quiet), NULL, NULL, 0, 0,
      "refusals only, no warnings" },
};

static const struct command_line command = {
    options, COUNT_OF(options), "canh rules check [OPTIONS] [PATH...]",
    "Reads rules (default: those that ship) and says what is wrong with them.\n"
    "Exit code: 0 all load, 1 some are refused, 2 nothing could be read."
};

/* Rules with the names and the taxonomy that their warnings need. */
struct check {
    struct sigma_rules rules;
    struct names names;
    struct taxonomy *taxonomy;
    bool has_rules, has_names;
};

static int check_load(struct check *c, const struct load_options *o, struct err *e)
{
    const struct rules_from from = load_from(o);
    int rc = rules_load(&c->rules, &from, e);

    c->has_rules = rc == ERR_OK;
    if (rc == ERR_OK)
        rc = names_init(&c->names, e);
    c->has_names = c->has_rules && rc == ERR_OK;
    if (rc == ERR_OK)
        rc = taxonomy_load(&c->taxonomy, o->taxonomy, &c->names, e);
    return rc == ERR_OK ? ruleset_bind(&c->rules, c->taxonomy, &c->names, e) : rc;
}

static void check_release(struct check *c)
{
    if (c->taxonomy != NULL)
        taxonomy_free(&c->taxonomy);
    if (c->has_names)
        names_release(&c->names);
    if (c->has_rules)
        rules_release(&c->rules);
}

static void put_logsource(struct buf *out, const struct sigma_logsource *ls)
{
    const struct {
        const char *name;
        struct span value;
    } part[] = { { "product", ls->product },
                 { "category", ls->category },
                 { "service", ls->service },
                 { "", ls->custom } };
    bool first = true;

    for (size_t i = 0; i < COUNT_OF(part); i++) {
        if (part[i].value.n == 0)
            continue;
        buf_fmt(out, "%s%s%s%.*s", first ? "" : ", ", part[i].name, part[i].name[0] != 0 ? " " : "",
                SPAN_ARG(part[i].value));
        first = false;
    }
}

static void put_blind(const struct check *c, const struct sigma_rule *r, struct buf *out,
                      uint32_t *count)
{
    struct span field;
    enum blind_kind kind = rule_blind(r, c->taxonomy, &c->names, &field);

    if (kind == BLIND_NOT)
        return;
    ++*count;
    buf_fmt(out, "%.*s:%u: blind: ", SPAN_ARG(r->head.file), r->head.line);
    if (kind == BLIND_FIELD) {
        buf_fmt(out, "no source of its kind has the field '%.*s', so it can never match: ",
                SPAN_ARG(field));
    } else {
        buf_text(out, "no source in the taxonomy is ");
        put_logsource(out, &r->logsource);
        buf_text(out, ": ");
    }
    put_column(out, r->head.title, TITLE_COLUMNS, false);
    buf_byte(out, '\n');
}

static int show(const struct check *c, const struct settings *s)
{
    const struct sigma_rules *r = &c->rules;
    uint32_t loaded = r->rule_count + r->correlation_count + r->filter_count, blind = 0;
    struct buf out;
    int code;

    buf_init(&out, (size_t)256 << 20);
    for (uint32_t i = 0; i < r->refusal_count; i++)
        buf_fmt(&out, "%.*s:%u: refused: %.*s\n", SPAN_ARG(r->refusals[i].file),
                r->refusals[i].line, SPAN_ARG(r->refusals[i].why));
    for (uint32_t i = 0; i < r->warning_count && !s->quiet; i++)
        buf_fmt(&out, "%.*s:%u: warning: %.*s\n", SPAN_ARG(r->warnings[i].file),
                r->warnings[i].line, SPAN_ARG(r->warnings[i].what));
    for (uint32_t i = 0; i < r->rule_count && !s->quiet; i++)
        put_blind(c, r->rules[i], &out, &blind);
    buf_fmt(&out, "%u rules: %u loaded, %u refused", loaded + r->refusal_count, loaded,
            r->refusal_count);
    if (!s->quiet)
        buf_fmt(&out, "; %u blind, %u warnings", blind, r->warning_count);
    buf_byte(&out, '\n');
    code = command_show(&out);
    if (code == EXIT_RAN && r->refusal_count > 0)
        code = EXIT_FOUND;
    return code;
}

int rules_check(int argc, char **argv)
{
    struct settings s = { 0 };
    struct load_room room;
    struct check c = { 0 };
    struct err e;
    int operands, code;

    if (!command_options(&command, &s, argc, argv, &operands, &code))
        return code;
    load_operands(&s.load, argv, operands);
    if (load_defaults(&s.load, &room, &e) != ERR_OK || check_load(&c, &s.load, &e) != ERR_OK)
        code = command_fault(&e);
    else
        code = show(&c, &s);
    check_release(&c);
    return code;
}
