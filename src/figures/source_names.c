/*
 * source_names.c - see source_names.h.
 */
#include "figures/source_names.h"

#include <stdlib.h>

#include "collect/source.h"

struct source_names {
    struct {
        bool known;
        enum input input;
        char name[LEDGER_NAME_MAX];
    } row[LEDGER_ROWS];
};

struct source_names *source_names_new(void)
{
    return calloc(1, sizeof(struct source_names));
}

void source_names_free(struct source_names **s)
{
    free(*s);
    *s = NULL;
}

void source_names_clear(struct source_names *s)
{
    for (uint32_t i = 0; i < LEDGER_ROWS; i++)
        s->row[i].known = false;
}

static void put(struct source_names *s, uint32_t number, const struct source_record *r)
{
    if (number >= LEDGER_ROWS || r->name.n >= LEDGER_NAME_MAX)
        return;
    s->row[number].known = true;
    s->row[number].input = r->input;
    memcpy(s->row[number].name, r->name.p, r->name.n);
    s->row[number].name[r->name.n] = 0;
}

void source_names_take(struct source_names *s, struct lane_frame *sources)
{
    struct span record;
    struct source_record r;

    while (lane_next_record(sources, &record)) {
        if (source_record_read(record, &r))
            put(s, r.number, &r);
    }
}

void source_names_block(struct source_names *s, struct span records)
{
    struct lane_frame f = { .body = records }; /* of the same form */
    struct span record;
    struct source_record r;

    source_names_clear(s);
    for (uint32_t i = 0; lane_next_record(&f, &record); i++) {
        if (source_record_read(record, &r))
            put(s, i, &r);
    }
}

bool source_names_find(const struct source_names *s, uint32_t number, struct span *name,
                       struct span *input)
{
    if (number >= LEDGER_ROWS || !s->row[number].known)
        return false;
    *name = span_of(s->row[number].name);
    *input = span_of(input_name(s->row[number].input));
    return true;
}
