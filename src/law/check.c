/*
 * check.c - what a profile refers to must be there, and what it says must be sure of its source.
 */
#include "law/law_own.h"

struct checking {
    const struct law *l;
    const struct law_profile *p;
    enum law_section section;
    uint32_t line; /* of the row */
    struct law_read rd;
};

#define WRONG(c, ...) law_fail(&(c)->rd, (c)->line, ERR_SYNTAX, __VA_ARGS__)

static int check_recipients(struct checking *c, const struct law_texts *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        if (law_recipient_find(c->l, span_of(t->value[i])) == NULL)
            return WRONG(c, "There is no recipient '%.40s'.", t->value[i]);
    }
    return ERR_OK;
}

/* Types and severities and clocks are about incidents, the rest about systems. */
static bool is_of_incidents(enum law_section s)
{
    return s == LAW_SECTION_SEVERITY || s == LAW_SECTION_CLOCK;
}

static int check_cell(struct checking *c, const struct law_cell *cell, const void *at)
{
    const char *code;
    const struct law_when *when;

    switch (cell->type) {
    case LAW_CELL_BASE:
        memcpy(&code, at, sizeof(code));
        return code == NULL || law_base_find(c->p, span_of(code)) != NULL
                   ? ERR_OK
                   : WRONG(c, "There is no legal base '%.40s'.", code);
    case LAW_CELL_FORM:
        memcpy(&code, at, sizeof(code));
        return code == NULL || law_form_find(c->p, span_of(code)) != NULL
                   ? ERR_OK
                   : WRONG(c, "There is no form '%.40s'.", code);
    case LAW_CELL_RECIPIENTS:
        return check_recipients(c, at);
    case LAW_CELL_WHEN:
        memcpy(&when, at, sizeof(when));
        return when == NULL ? ERR_OK : when_check(&c->rd, when, c->p, is_of_incidents(c->section));
    default:
        return ERR_OK;
    }
}

/* What is found or inferred was so in a document, at a place. */
static int check_source(struct checking *c, const struct law_cells *cells, const uint8_t *row)
{
    const char *law = NULL, *article = NULL;
    uint32_t mark = LAW_MARK_PROPOSAL;

    for (size_t i = 0; i < cells->count; i++) {
        const struct law_cell *cell = &cells->cell[i];

        if (strcmp(cell->name, "law") == 0)
            memcpy(&law, row + cell->offset, sizeof(law));
        else if (strcmp(cell->name, "article") == 0)
            memcpy(&article, row + cell->offset, sizeof(article));
        else if (strcmp(cell->name, "mark") == 0)
            memcpy(&mark, row + cell->offset, sizeof(mark));
    }
    if ((mark != LAW_MARK_FOUND && mark != LAW_MARK_INFERENCE) || (law != NULL && article != NULL))
        return ERR_OK;
    return WRONG(c, "What is found or inferred names its law and article.");
}

static int check_row(struct checking *c, const struct law_cells *cells, const uint8_t *row)
{
    int rc = c->section == LAW_SECTION_BASE ? ERR_OK : check_source(c, cells, row);

    for (size_t i = 0; rc == ERR_OK && i < cells->count; i++)
        rc = check_cell(c, &cells->cell[i], row + cells->cell[i].offset);
    return rc;
}

/* --- What only some rows have ------------------------------------------------------------------
 */

static bool is_level(uint32_t n)
{
    return n >= 1 && n <= LAW_LEVELS;
}

static int check_levels(struct checking *c)
{
    for (uint32_t i = 0; i < c->p->criteria.count; i++) {
        c->line = c->p->criteria.row[i].line;
        if (!is_level(c->p->criteria.row[i].level))
            return WRONG(c, "A level is 1 to %u.", LAW_LEVELS);
    }
    for (uint32_t i = 0; i < c->p->routes.count; i++) {
        const struct law_route *r = &c->p->routes.row[i];

        c->line = r->line;
        if (!is_level(r->first_level) || !is_level(r->last_level) || r->first_level > r->last_level)
            return WRONG(c, "first_level to last_level lie within 1 to %u.", LAW_LEVELS);
    }
    return ERR_OK;
}

/* Names that predicates have already. */
static int check_facts(struct checking *c)
{
    static const char *const taken[] = { "type", "severity", "level", "any", "all", "none" };

    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        const struct law_fact *fact = law_fact_find(c->p, span_of(taken[i]));
        const struct law_input *input = i < 3 ? NULL : law_input_find(c->p, span_of(taken[i]));

        if (fact == NULL && input == NULL)
            continue;
        c->line = fact != NULL ? fact->line : input->line;
        return WRONG(c, "The name '%s' has a meaning already.", taken[i]);
    }
    return ERR_OK;
}

static int check_inputs(struct checking *c)
{
    for (uint32_t i = 0; i < c->p->inputs.count; i++) {
        const struct law_input *input = &c->p->inputs.row[i];

        c->line = input->line;
        if ((input->kind == LAW_KIND_CHOICE) != (input->choices.count > 0))
            return WRONG(c, "A choice has choices, and nothing else has.");
    }
    return ERR_OK;
}

static int check_clocks(struct checking *c)
{
    for (uint32_t i = 0; i < c->p->clocks.count; i++) {
        const struct law_clock *k = &c->p->clocks.row[i];

        c->line = k->line;
        if (k->from != LAW_NO_DATE && k->to != LAW_NO_DATE && k->to < k->from)
            return WRONG(c, "The clock ends before it begins.");
    }
    return ERR_OK;
}

int law_check_profile(struct law *l, const struct law_profile *p, struct err *e)
{
    struct checking c = { .l = l, .p = p, .rd = { .file = p->file, .e = e } };
    int rc = check_facts(&c); /* names and inputs before what refers to them */

    if (rc == ERR_OK)
        rc = check_inputs(&c);
    for (int s = 0; s < LAW_SECTIONS; s++) {
        const struct law_cells *cells = &law_section_cells[s];
        struct law_rows rows = law_rows_of(p, (enum law_section)s);

        c.section = (enum law_section)s;
        for (uint32_t i = 0; rc == ERR_OK && i < rows.count; i++) {
            const uint8_t *row = law_row_at(&rows, cells, i);

            memcpy(&c.line, row + cells->line_offset, sizeof(c.line));
            rc = check_row(&c, cells, row);
        }
    }
    if (rc == ERR_OK)
        rc = check_levels(&c);
    return rc == ERR_OK ? check_clocks(&c) : rc;
}

/* What is not in force on any day is printed on none: a slip of who wrote it. */
int law_check_citations(struct law *l, const struct law_profile *p, struct err *e)
{
    struct checking c = { .l = l, .p = p, .rd = { .file = p->file, .e = e } };

    for (uint32_t i = 0; i < p->citations.count; i++) {
        const struct law_citation *t = &p->citations.row[i];
        const struct law_base *b = law_base_find(p, span_of(t->law));
        int32_t from, to;

        c.line = t->line;
        if (b->status == LAW_STATUS_PENDING)
            return WRONG(&c, "'%.40s' is not in force yet and cannot be cited.", b->id);
        if (!law_citation_days(p, t, &from, &to))
            return WRONG(&c, "'%.40s' is in force on no day on which it is cited.", b->id);
    }
    return ERR_OK;
}
