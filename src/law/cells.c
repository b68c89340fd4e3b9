/*
 * cells.c - the tables of rows.h as data, and their words.
 */
#include "law/law_own.h"

#define WORD(id, word) word,
const char *const law_mark_words[] = { LAW_MARK_TABLE(WORD) NULL };
const char *const law_status_words[] = { LAW_STATUS_TABLE(WORD) NULL };
const char *const law_starts_words[] = { LAW_STARTS_TABLE(WORD) NULL };
const char *const law_stops_words[] = { LAW_STOPS_TABLE(WORD) NULL };
const char *const law_kind_words[] = { LAW_KIND_TABLE(WORD) NULL };
const char *const law_measure_words[] = { LAW_MEASURE_TABLE(WORD) NULL };
const char *const law_rule_words[] = { LAW_RULE_TABLE(WORD) NULL };
const char *const law_phase_words[] = { LAW_PHASE_TABLE(WORD) NULL };
const char *const law_role_words[] = { LAW_ROLE_TABLE(WORD) NULL };
#define X(id, code, from, to) code,
const char *const law_which_words[] = { LAW_PERIOD_TABLE(X) NULL };
#undef X

#define CELL(S, member, type, need, more)                                                          \
    { #member, LAW_CELL_##type, need, offsetof(S, member), more },

#define X(member, name, NAME, room)                                                                \
    static const struct law_cell name##_cell[] = { LAW_##NAME##_TABLE(CELL, struct law_##name) };
LAW_SECTION_TABLE(X)
#undef X
static const struct law_cell recipient_cell[] = { LAW_RECIPIENT_TABLE(CELL, struct law_recipient) };
static const struct law_cell days_cell[] = { LAW_DAYS_TABLE(CELL, struct law_days) };
static const struct law_cell task_cell[] = { LAW_TASK_TABLE(CELL, struct law_task) };

#define CELLS(list, name, named, room)                                                             \
    {                                                                                              \
        list, name##_cell, COUNT_OF(name##_cell), sizeof(struct law_##name),                       \
            offsetof(struct law_##name, line), named, room                                         \
    }

const struct law_cells law_section_cells[LAW_SECTIONS] = {
#define X(member, name, NAME, room) [LAW_SECTION_##NAME] = CELLS(#member, name, true, room),
    LAW_SECTION_TABLE(X)
#undef X
};
const struct law_cells law_recipient_cells = CELLS("recipients", recipient, true, 256);
const struct law_cells law_holiday_cells = CELLS("holidays", days, false, 1024);
const struct law_cells law_working_cells = CELLS("working", days, false, 1024);
const struct law_cells law_task_cells = CELLS("tasks", task, true, 64);

struct law_rows law_rows_of(const struct law_profile *p, enum law_section s)
{
    switch (s) {
#define X(member, name, NAME, room)                                                                \
    case LAW_SECTION_##NAME:                                                                       \
        return (struct law_rows){ p->member.row, p->member.count };
        LAW_SECTION_TABLE(X)
#undef X
    default:
        MUST(false);
    }
}

const void *law_row_find(const struct law_rows *rows, const struct law_cells *cells,
                         struct span code)
{
    for (uint32_t i = 0; cells->named && i < rows->count; i++) {
        const void *row = law_row_at(rows, cells, i);
        const char *name;

        memcpy(&name, (const uint8_t *)row + cells->cell[0].offset, sizeof(name));
        if (name != NULL && span_eq(span_of(name), code)) /* NULL: not read yet */
            return row;
    }
    return NULL;
}

#define X(member, name, NAME, room)                                                                \
    const struct law_##name *law_##name##_find(const struct law_profile *p, struct span code)      \
    {                                                                                              \
        struct law_rows rows = { p->member.row, p->member.count };                                 \
                                                                                                   \
        return law_row_find(&rows, &law_section_cells[LAW_SECTION_##NAME], code);                  \
    }
LAW_SECTION_TABLE(X)
#undef X

bool law_which_find(struct span code, enum law_which *which)
{
    for (size_t i = 0; i < LAW_PERIODS; i++) {
        if (span_eq(code, span_of(law_which_words[i]))) {
            *which = (enum law_which)i;
            return true;
        }
    }
    return false;
}
