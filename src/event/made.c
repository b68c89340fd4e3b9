/*
 * made.c - see made.h.
 */
#include "event/made.h"

#include "base/ascii.h"
#include "event/taxonomy_own.h"

/* Steps that give a part of what they are given, in either case. */
static bool gives_part(enum step_id id)
{
    switch (id) {
    case STEP_ID_key:
    case STEP_ID_pair:
    case STEP_ID_after:
    case STEP_ID_after_last:
    case STEP_ID_before:
    case STEP_ID_before_last:
    case STEP_ID_drop:
    case STEP_ID_lower:
    case STEP_ID_upper:
    case STEP_ID_basename:
    case STEP_ID_trim:
    case STEP_ID_unquote:
        return true;
    default:
        return false;
    }
}

/* Does it keep the letters on both sides of it apart, without any of its own? */
static bool keeps_apart(struct span s)
{
    size_t i = 0;

    while (i < s.n && !ascii_is_alpha(s.p[i]) && s.p[i] < 0x80)
        i++;
    return s.n > 0 && i == s.n;
}

static enum made computed_made(const struct computed *c)
{
    bool field = false; /* the part before was one */

    for (uint32_t i = 0; i < c->step_count; i++) {
        if (!gives_part(c->steps[i].id))
            return MADE_FREELY;
    }
    for (uint32_t i = 0; i < c->part_count; i++) {
        const bool is_field = c->parts[i].name != 0;

        if (is_field ? field : !keeps_apart(c->parts[i].literal))
            return MADE_FREELY;
        field = is_field;
    }
    return c->joins && !keeps_apart(c->join) ? MADE_FREELY : MADE_PARTS;
}

enum made made_by(const struct taxonomy *t, const struct view *v, uint32_t name)
{
    enum made most = MADE_NOT;
    const struct source_list *list;

    if (v->map == NULL || v->map[name] == 0)
        return MADE_NOT;
    list = &t->lists[v->map[name] - 1];
    for (uint32_t i = 0; i < list->count; i++) {
        const struct source *s = &t->sources[list->first + i];
        const enum made made = s->name != 0 ? MADE_NOT : computed_made(&t->computed[s->computed]);

        most = made > most ? made : most;
    }
    return most;
}

/* --- Where a view applies ------------------------------------------------------------------- */

static const struct test_all *choice_of(const struct taxonomy *t, const struct view *v,
                                        uint32_t choice)
{
    MUST(v->id < t->row_count && choice < t->rows[v->id].body.when.count);
    return &t->rows[v->id].body.when.any[choice];
}

uint32_t made_choices(const struct taxonomy *t, const struct view *v)
{
    MUST(v->id < t->row_count);
    return t->rows[v->id].body.when.count;
}

uint32_t made_tests(const struct taxonomy *t, const struct view *v, uint32_t choice)
{
    return choice_of(t, v, choice)->count;
}

uint32_t made_texts(const struct taxonomy *t, const struct view *v, uint32_t choice, uint32_t test)
{
    const struct test *x = &choice_of(t, v, choice)->tests[test];

    for (uint32_t i = 0; i < x->count; i++) {
        if (x->kind[i] == TEST_EXISTS)
            return 0;
    }
    return x->negate ? 0 : x->count;
}

struct made_text made_text(const struct taxonomy *t, const struct view *v, uint32_t choice,
                           uint32_t test, uint32_t i)
{
    const struct test *x = &choice_of(t, v, choice)->tests[test];

    MUST(i < x->count);
    return (struct made_text){ x->text[i], x->kind[i] == TEST_EQ || x->kind[i] == TEST_STARTS,
                               x->kind[i] == TEST_EQ || x->kind[i] == TEST_ENDS };
}
