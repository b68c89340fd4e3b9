/*
 * cell.c - see cell.h.
 */
#include "query/cell.h"

#include <math.h>

#include "base/num.h"

#define NUMBER_MOST 9.9e307 /* below NUM_BELOW */
#define ROOM        32u     /* of a number's text */

struct query_cell cell_number(double v)
{
    if (isnan(v))
        return cell_none();
    v = v > NUMBER_MOST ? NUMBER_MOST : v < -NUMBER_MOST ? -NUMBER_MOST : v;
    return (struct query_cell){ CELL_NUMBER, { .number = v } };
}

struct query_cell cell_worth(struct query_cell c)
{
    int64_t i;
    double d;

    if (c.kind != CELL_TEXT)
        return c;
    if (num_i64(c.text, &i))
        return cell_integer(i);
    return num_double(c.text, &d) ? cell_number(d) : cell_none();
}

double cell_double(struct query_cell number)
{
    MUST(number.kind == CELL_INTEGER || number.kind == CELL_NUMBER);
    return number.kind == CELL_INTEGER ? (double)number.integer : number.number;
}

/* The number's text, or SPAN_NONE when the cell is none. */
static struct span digits_of(const struct query_cell *c, uint8_t room[ROOM])
{
    double unused;

    switch (c->kind) {
    case CELL_TEXT:
        return num_double(c->text, &unused) ? c->text : SPAN_NONE;
    case CELL_NUMBER:
        return (struct span){ room, num_put_double(room, c->number) };
    case CELL_INTEGER:
    case CELL_TIME:
        return (struct span){ room, num_put_i64(room, c->integer) };
    default:
        return SPAN_NONE;
    }
}

/* 0 numbers, 1 texts, 2 none. */
static int rank_of(const struct query_cell *c, struct span digits)
{
    return digits.p != NULL ? 0 : c->kind == CELL_TEXT ? 1 : 2;
}

static int same_rank_cmp(const struct query_cell *a, struct span da, const struct query_cell *b,
                         struct span db)
{
    int order = 0;

    if (da.p != NULL && num_cmp(da, db, &order) && order != 0)
        return order;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->kind == CELL_TEXT ? span_cmp(a->text, b->text) : 0;
}

int cell_cmp(struct query_cell a, struct query_cell b, bool descending)
{
    uint8_t room_a[ROOM], room_b[ROOM];
    struct span da, db;
    int ra, rb, order;

    if (a.kind == CELL_INTEGER && b.kind == CELL_INTEGER) {
        order = (a.integer > b.integer) - (a.integer < b.integer);
        return descending ? -order : order;
    }
    da = digits_of(&a, room_a);
    db = digits_of(&b, room_b);
    ra = rank_of(&a, da);
    rb = rank_of(&b, db);
    if (ra == 2 || rb == 2)
        return ra - rb == 0 ? 0 : ra == 2 ? 1 : -1;
    order = ra != rb ? ra - rb : same_rank_cmp(&a, da, &b, db);
    return descending ? -order : order;
}

bool cell_same(struct query_cell a, struct query_cell b)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case CELL_NONE:
        return true;
    case CELL_TEXT:
        return span_eq(a.text, b.text);
    case CELL_NUMBER:
        return memcmp(&a.number, &b.number, sizeof(a.number)) == 0;
    default:
        return a.integer == b.integer;
    }
}

bool cell_keep(struct query_cell *c, struct arena *mem)
{
    if (c->kind != CELL_TEXT)
        return true;
    c->text = c->text.n > 0 ? arena_span(mem, c->text) : SPAN_LIT("");
    return c->text.p != NULL;
}
