/*
 * figures.c - see figures.h.
 */
#include "figures/figures.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/time.h"
#include "os/host.h"
#include "figures/figures_own.h"

#define KNOWN_BYTES   ((size_t)64 << 20) /* of shapes; beyond, new ones are looked at row by row */
#define BLOCK_BYTES   ((size_t)256 << 20)
#define ASKED_LEAST   32u /* events of a shape that are asked in one block, and */
#define ASKED_OF      8u  /*   one of so many beyond */
#define STRIKES       8u
#define KEY_BYTES_MAX ((size_t)64 << 20)

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the figures of a block.");
}

/* --- what is told --------------------------------------------------------------------------- */

static bool told_room(struct figures *f)
{
    const uint32_t names = f->from.name_count;

    if (f->told_count == f->told_room) {
        const size_t room = f->told_room == 0 ? 1024 : 2 * f->told_room;
        struct told *more = realloc(f->told, room * sizeof(*more));

        if (more == NULL)
            return false;
        f->told = more;
        f->told_room = room;
    }
    if (f->span_count + names > f->span_room) {
        const size_t room = 2 * (f->span_count + names) + 1024;
        struct span *more = realloc(f->span, room * sizeof(*more));

        if (more == NULL)
            return false;
        f->span = more;
        f->span_room = room;
    }
    return true;
}

static struct span value_at(const struct figures *f, const struct answer *a, uint32_t row)
{
    const struct block_distinct *d;

    if (a->slot == BLOCK_NONE)
        return a->text;
    d = &f->values[a->slot].is;
    return d->text[d->id != NULL ? d->id[row] : 0];
}

/* The values' numbers in the pool: false when some have none, or they are too many to compare. */
static bool pool_of(const struct figures *f, const struct figure_case *c, uint32_t row,
                    uint32_t pool[3])
{
    uint32_t n = 0;

    pool[0] = pool[1] = pool[2] = 0;
    for (uint32_t i = 0; i < f->from.name_count; i++) {
        const struct block_distinct *d;

        if (c->answer[i].slot == BLOCK_NONE)
            continue;
        d = &f->values[c->answer[i].slot].is;
        if (d->pool == NULL || n == 3)
            return false;
        pool[n++] = d->pool[d->id != NULL ? d->id[row] : 0];
    }
    return true;
}

static uint64_t text_hash(const struct figures *f, const struct figure_case *c, uint32_t row)
{
    uint64_t hash = c->like;

    for (uint32_t i = 0; i < f->from.name_count; i++) {
        const struct span v = value_at(f, &c->answer[i], row);

        hash = XXH3_64bits_withSeed(v.p, v.n, hash);
    }
    return hash;
}

static bool texts_same(const struct figures *f, const struct told *t, const struct figure_case *c,
                       uint32_t row)
{
    for (uint32_t i = 0; i < f->from.name_count; i++) {
        const struct span v = value_at(f, &c->answer[i], row), told = f->span[t->at + i];

        if ((v.p == NULL) != (told.p == NULL) || !span_eq(v, told))
            return false;
    }
    return true;
}

/* One that has the same answers, of whatever shape: told by numbers of the pool, or by the texts
 * where some have none. NULL: none has, and *place is where it is to be found. */
static struct told *told_find(struct figures *f, const struct figure_case *c, uint32_t row,
                              const struct told *as, uint32_t **place)
{
    *place = &f->told_place[as->hash % COUNT_OF(f->told_place)];
    for (uint32_t i = **place; i > 0; i = f->told[i - 1].next) {
        struct told *t = &f->told[i - 1];

        if (t->hash != as->hash || t->like != as->like || t->by_text != as->by_text)
            continue;
        if (t->by_text ? texts_same(f, t, c, row) : memcmp(t->pool, as->pool, sizeof(t->pool)) == 0)
            return t;
    }
    return NULL;
}

/* `times` rows as this one (by place in its shape). */
static int tell(struct figures *f, const struct figure_case *c, uint32_t row, int64_t time_ns,
                uint64_t times, struct err *e)
{
    struct told t = { .like = c->like, .time_ns = time_ns, .times = times }, *same;
    uint32_t *place = NULL;

    if (!f->tells_time) {
        t.by_text = !pool_of(f, c, row, t.pool);
        t.hash = t.by_text ? text_hash(f, c, row)
                           : XXH3_64bits_withSeed(t.pool, sizeof(t.pool), c->like);
        same = told_find(f, c, row, &t, &place);
        if (same != NULL) {
            same->times += times;
            return ERR_OK;
        }
        t.next = *place;
    }
    if (!told_room(f))
        return no_memory(e);
    t.at = f->span_count;
    for (uint32_t i = 0; i < f->from.name_count; i++)
        f->span[f->span_count++] = value_at(f, &c->answer[i], row);
    f->told[f->told_count++] = t;
    if (place != NULL)
        *place = (uint32_t)f->told_count;
    return ERR_OK;
}

static int tell_all(struct figures *f, figures_fn *fn, void *arg, struct err *e)
{
    int rc = ERR_OK;

    for (size_t i = 0; i < f->told_count && rc == ERR_OK; i++) {
        const struct told *t = &f->told[i];

        rc = fn(arg, &(struct figures_row){ t->name, f->span + t->at, t->time_ns, t->times }, e);
    }
    return rc;
}

/* --- times ---------------------------------------------------------------------------------- */

static bool in_range(const struct figures *f, int64_t ns)
{
    return ns >= f->from.from_ns && ns < f->from.to_ns;
}

static bool find_scale(struct figures *f, const struct known *k, uint32_t slot,
                       struct time_scale *s)
{
    const struct block *b = f->at->block;
    uint8_t room[BLOCK_NUMBER_TEXT];
    int64_t end[2], ns, at[2];

    s->ticks = block_time_ticks(b, f->shape, slot);
    if (s->ticks == 0 || !block_range(b, f->shape, slot, &end[0], &end[1]))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        struct span text = { room, block_number_text(b, f->shape, slot, end[i], room) };

        if (!figures_is_plain(text, k->kind[slot]) || !time_parse(text, 0, &ns) ||
            __builtin_mul_overflow(end[i], s->ticks, &at[i]) ||
            __builtin_sub_overflow(ns, at[i], &at[i]))
            return false;
    }
    s->offset = at[0];
    return at[0] == at[1] && !__builtin_add_overflow(end[0] * s->ticks, at[0], &s->least) &&
           !__builtin_add_overflow(end[1] * s->ticks, at[0], &s->greatest);
}

/* How the numbers of a column of times become times; NULL: not so, for certain. */
static const struct time_scale *time_scale(struct figures *f, const struct known *k, uint32_t slot)
{
    struct time_scale *s = &f->scale;

    if (s->shape != f->shape || s->slot != slot) {
        s->shape = f->shape;
        s->slot = slot;
        s->good = find_scale(f, k, slot, s);
    }
    return s->good ? s : NULL;
}

/* Are all rows of this case in the range, whichever of their two times counts? */
static bool all_in_range(struct figures *f, const struct known *k, const struct figure_case *c)
{
    const struct time_scale *s;

    if (!in_range(f, f->about.receipt_least) || !in_range(f, f->about.receipt_greatest))
        return false;
    if (c->time == TIME_RECEIPT)
        return true;
    s = time_scale(f, k, c->time_slot);
    return s != NULL && in_range(f, s->least) && in_range(f, s->greatest);
}

/* The text of one value of a column of times; SPAN_NONE: it cannot be read by itself. */
static int time_text_of(struct figures *f, const struct figure_case *c, uint32_t row,
                        uint8_t room[BLOCK_NUMBER_TEXT], struct span *text, struct err *e)
{
    struct block_distinct *d = &f->values[c->time_slot].is;
    int rc = ERR_OK;

    *text = SPAN_NONE;
    if (d->count == 0 && d->numbers == NULL) {
        int64_t least, greatest;
        const bool numbers = block_range(f->at->block, f->shape, c->time_slot, &least, &greatest);

        rc = block_distinct(f->at->block, f->shape, c->time_slot,
                            numbers ? 0 : block_shape(f->at->block, f->shape).rows, d, e);
    }
    if (rc != ERR_OK)
        return rc;
    if (d->numbers != NULL)
        *text = (struct span){ room, block_number_text(f->at->block, f->shape, c->time_slot,
                                                       d->numbers[row], room) };
    else if (d->count > 0)
        *text = d->text[d->id != NULL ? d->id[row] : 0];
    return ERR_OK;
}

/* The time of a row. *good: it is known. */
static int row_time(struct figures *f, const struct known *k, const struct figure_case *c,
                    uint32_t row, int64_t *ns, bool *good, struct err *e)
{
    const uint32_t at = block_shape_rows(f->at->block, f->shape)[row];
    uint8_t room[BLOCK_NUMBER_TEXT];
    struct span text;
    const struct time_scale *scale;
    int64_t receipt;
    int rc = block_envelope(f->at->block, e);

    if (rc != ERR_OK)
        return rc;
    receipt = block_event(f->at->block, at).receipt_ns;
    *good = true;
    *ns = receipt;
    if (c->time == TIME_RECEIPT)
        return ERR_OK;
    scale = time_scale(f, k, c->time_slot);
    if (scale != NULL && f->values[c->time_slot].is.numbers != NULL &&
        !__builtin_mul_overflow(f->values[c->time_slot].is.numbers[row], scale->ticks, ns) &&
        !__builtin_add_overflow(*ns, scale->offset, ns)) {
        *ns = query_time_believed(*ns, receipt, f->from.skew_ns);
        return ERR_OK;
    }
    *ns = receipt;
    rc = time_text_of(f, c, row, room, &text, e);
    *good = rc == ERR_OK && figures_is_plain(text, k->kind[c->time_slot]) &&
            time_parse(text, receipt, ns);
    if (*good)
        *ns = query_time_believed(*ns, receipt, f->from.skew_ns);
    return rc;
}

/* The times of their own of all rows of a case. */
static void note_own(struct figures *f, int64_t least, int64_t greatest)
{
    f->own_least = f->has_own && f->own_least < least ? f->own_least : least;
    f->own_greatest = f->has_own && f->own_greatest > greatest ? f->own_greatest : greatest;
    f->has_own = true;
}

/* False: its rows have to be asked. */
static bool note_times(struct figures *f, const struct known *k, const struct figure_case *c)
{
    const struct time_scale *s;

    if (c->time == TIME_RECEIPT)
        return true;
    s = time_scale(f, k, c->time_slot);
    if (s != NULL)
        note_own(f, s->least, s->greatest);
    return s != NULL;
}

bool figures_times(const struct figures *f, int64_t *least, int64_t *greatest)
{
    *least = f->own_least;
    *greatest = f->own_greatest;
    return f->has_own;
}

/* --- cases ---------------------------------------------------------------------------------- */

static void put_value(struct buf *key, struct span v)
{
    const uint64_t n = v.n;

    buf_add(key, (struct span){ (const uint8_t *)&n, sizeof(n) });
    buf_add(key, v);
}

static void put_source(struct figures *f, uint32_t row)
{
    const uint32_t at = block_shape_rows(f->at->block, f->shape)[row];
    struct span source = SPAN_NONE, input = SPAN_NONE;

    (void)source_names_find(f->at->names, block_event(f->at->block, at).source, &source, &input);
    buf_byte(&f->key, source.p != NULL);
    put_value(&f->key, source);
    put_value(&f->key, input);
}

/* What rows of one id have in common. */
static bool make_key(struct figures *f, const struct known *k, uint32_t row)
{
    buf_clear(&f->key);
    for (uint32_t i = 0; i < k->used_count; i++) {
        const struct slot_values *v = &f->values[k->used[i]];
        const uint32_t id = v->is.id != NULL ? v->is.id[row] : 0;

        if (k->left_out[k->used[i]])
            continue;
        if (k->role[k->used[i]] != SLOT_KEY) {
            const bool odd = v->class != NULL && v->class[id] > 0;

            buf_byte(&f->key, odd);
            if (!odd)
                continue;
        }
        put_value(&f->key, v->is.text[id]);
    }
    if (f->by_source)
        put_source(f, row);
    return !buf_failed(&f->key);
}

static int fold_sources(struct figures *f, struct err *e)
{
    const uint32_t rows = block_shape(f->at->block, f->shape).rows;
    const uint32_t *at = block_shape_rows(f->at->block, f->shape);
    uint32_t *source = arena_array(&f->block, rows, sizeof(*source));
    int rc = block_envelope(f->at->block, e);

    if (source == NULL)
        return no_memory(e);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < rows; i++)
        source[i] = block_event(f->at->block, at[i]).source;
    figures_fold(f, source, NULL, UINT32_MAX);
    return ERR_OK;
}

/* Of a slot that has too many values the others' rows are not to suffer: a rule looks at it in few
 * of them, most likely. */
static void leave_out(struct known *k, uint32_t slot)
{
    k->left_out[slot] = true;
    k->strikes = 0;
    figures_forget(k); /* their keys have it */
}

/* The slot by which rows are most different; BLOCK_NONE: by none. */
static uint32_t widest(const struct figures *f, const struct known *k)
{
    uint32_t slot = BLOCK_NONE, most = 1;

    for (uint32_t i = 0; i < k->used_count; i++) {
        const uint32_t s = k->used[i];
        const uint32_t n = k->role[s] == SLOT_KEY ? f->values[s].is.count : f->values[s].classes;

        if (!k->left_out[s] && n > most) {
            most = n;
            slot = s;
        }
    }
    return slot;
}

/* Rows by what matters of them. *good: they can be told apart, or else *bad is the slot for which
 * they cannot. */
static int fold_rows(struct figures *f, const struct known *k, bool *good, uint32_t *bad,
                     struct err *e)
{
    int rc = ERR_OK;

    *good = true;
    f->ids = 1;
    f->first[0] = 0;
    memset(f->id, 0, f->rows * sizeof(*f->id));
    for (uint32_t i = 0; i < k->used_count && rc == ERR_OK && *good; i++) {
        const struct slot_values *v = &f->values[k->used[i]];

        *bad = k->used[i];
        if (k->left_out[*bad])
            continue;
        rc = figures_values(f, k, *bad, good, e);
        if (rc != ERR_OK || !*good)
            break;
        if (k->role[k->used[i]] == SLOT_KEY)
            figures_fold(f, v->is.id, NULL, v->is.count);
        else if (v->class != NULL)
            figures_fold(f, v->is.id, v->class, v->classes);
    }
    return rc == ERR_OK && *good && f->by_source ? fold_sources(f, e) : rc;
}

/* Too many different rows in a block, for the values of a slot. When so in several, *again without
 * it where nobody is told of values, else all is read. */
static void too_many(struct figures *f, struct known *k, uint32_t slot, bool *again)
{
    if (++k->strikes < STRIKES)
        return;
    *again = f->from.matters != NULL && slot != BLOCK_NONE;
    if (*again)
        leave_out(k, slot);
    else
        k->never = true;
}

/* The case of rows like this one (by number among f->rows), asked when it is new. *again: more
 * matters than was known. NULL in *out: there is no room. */
static int case_of(struct figures *f, struct known *k, uint32_t row, uint32_t *asked,
                   struct figure_case **out, bool *again, struct err *e)
{
    const uint32_t place = f->row[row];
    uint64_t hash;
    int rc;

    *again = false;
    *out = NULL;
    if (!make_key(f, k, place))
        return ERR_OK;
    hash = XXH3_64bits_withSeed(f->key.p, f->key.n, f->seed);
    *out = figures_case(k, buf_span(&f->key), hash);
    if (*out != NULL)
        return ERR_OK;
    if (++*asked > ASKED_LEAST + f->rows / ASKED_OF) {
        too_many(f, k, widest(f, k), again);
        return ERR_OK;
    }
    *out = figures_case_new(f, k, buf_span(&f->key), hash);
    if (*out == NULL)
        return ERR_OK;
    rc = figures_ask(f, k, block_shape_rows(f->at->block, f->shape)[place], *out, again, e);
    if (*again)
        figures_forget(k);
    return rc;
}

/* The cases of all ids; NULL in *out: its rows are to be looked at one by one. */
static int find_cases(struct figures *f, struct known *k, struct figure_case ***out, struct err *e)
{
    uint32_t asked = 0;
    uint32_t bad = BLOCK_NONE;
    bool good, again;
    int rc;

    *out = NULL;
    do {
        struct figure_case **cases, *c = NULL;

        again = false;
        f->values = arena_array(&f->block, k->slots + 1u, sizeof(*f->values));
        if (f->values == NULL)
            return no_memory(e);
        rc = fold_rows(f, k, &good, &bad, e);
        if (rc == ERR_OK && !good && f->from.matters != NULL)
            too_many(f, k, bad, &again);
        if (again)
            continue;
        if (rc != ERR_OK || !good)
            return rc;
        cases = arena_array(&f->block, f->ids, sizeof(struct figure_case *));
        if (cases == NULL)
            return no_memory(e);
        for (uint32_t i = 0; i < f->ids && !again; i++) {
            rc = case_of(f, k, f->first[i], &asked, &c, &again, e);
            if (rc != ERR_OK || (c == NULL && !again) || k->never)
                return rc;
            cases[i] = c;
        }
        if (!again)
            *out = cases;
    } while (again);
    return ERR_OK;
}

/* --- rows ----------------------------------------------------------------------------------- */

/* Of the rows those that are to be told, each with its case in origin[]; the others are done with,
 * or left. */
static int choose_rows(struct figures *f, const struct known *k, struct figure_case *const *cases,
                       struct err *e)
{
    const uint32_t *at = block_shape_rows(f->at->block, f->shape);
    bool *whole = arena_array(&f->block, f->ids, sizeof(*whole)), good = true;
    uint32_t kept = 0;
    int rc = ERR_OK;

    if (whole == NULL)
        return no_memory(e);
    for (uint32_t i = 0; i < f->ids; i++)
        whole[i] = cases[i]->kind == CASE_IN && !f->tells_time &&
                   (!f->timed || all_in_range(f, k, cases[i])) &&
                   (!f->from.apart || note_times(f, k, cases[i]));
    for (uint32_t i = 0; i < f->rows && rc == ERR_OK; i++) {
        const struct figure_case *c = cases[f->id[i]];
        const uint32_t row = f->row[i], id = f->id[i];
        int64_t ns = 0;

        if (c->kind == CASE_ROWS)
            continue;
        if (c->kind == CASE_IN && !whole[id])
            rc = row_time(f, k, c, row, &ns, &good, e);
        if (rc != ERR_OK || !good)
            continue;
        f->at->left[at[row]] = false;
        if (c->kind == CASE_OUT || (!whole[id] && f->timed && !in_range(f, ns)))
            continue;
        if (f->tells_time)
            rc = tell(f, c, row, ns, 1, e);
        if (f->from.apart && !whole[id])
            note_own(f, ns, ns);
        f->row[kept] = row;
        f->id[kept] = f->origin[kept] = id;
        kept++;
    }
    f->rows = f->tells_time ? 0 : kept;
    return rc;
}

/* Rows with the same answers together. */
static int tell_rows(struct figures *f, const struct known *k, struct figure_case *const *cases,
                     struct err *e)
{
    uint32_t *times;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < k->used_count; i++) {
        const struct slot_values *v = &f->values[k->used[i]];

        if (k->answers[k->used[i]])
            figures_fold(f, v->is.id, NULL, v->is.count);
    }
    times = arena_array(&f->block, f->ids, sizeof(*times));
    if (times == NULL)
        return no_memory(e);
    for (uint32_t i = 0; i < f->rows; i++) {
        if (times[f->id[i]]++ == 0)
            f->first[f->id[i]] = i;
    }
    for (uint32_t i = 0; i < f->ids && rc == ERR_OK; i++) {
        const uint32_t row = f->first[i];

        if (times[i] > 0)
            rc = tell(f, cases[f->origin[row]], f->row[row], 0, times[i], e);
    }
    return rc;
}

/* --- apart ---------------------------------------------------------------------------------- */

/* Is this the same answer for a name? */
static bool answers_same(const struct answer *a, const struct answer *b)
{
    return a->slot == b->slot && (a->text.p == NULL) == (b->text.p == NULL) &&
           span_eq(a->text, b->text);
}

/* The cases' answers for a name, numbered; how many there are. A slot that has one value is a text.
 */
static uint32_t number_answers(struct figures *f, struct figure_case *const *cases, uint32_t count,
                               uint32_t name, struct answer *answer, bool *slots)
{
    uint32_t answers = 0;

    *slots = false;
    for (uint32_t i = 0; i < count; i++) {
        struct answer a = cases[i]->kind == CASE_IN ? cases[i]->answer[name]
                                                    : (struct answer){ SPAN_NONE, BLOCK_NONE };
        uint32_t at = answers > 16 ? answers - 16 : 0; /* to find all is not worth it */

        if (a.slot != BLOCK_NONE && f->values[a.slot].is.count == 1)
            a = (struct answer){ f->values[a.slot].is.text[0], BLOCK_NONE };
        while (at < answers && !answers_same(&a, &answer[at]))
            at++;
        if (at == answers)
            answer[answers++] = a;
        f->answer_id[i] = at;
        *slots |= a.slot != BLOCK_NONE;
    }
    return answers;
}

static int tell_one(struct figures *f, uint32_t name, const struct answer *a, uint32_t row,
                    uint64_t times, struct err *e)
{
    if (!told_room(f))
        return no_memory(e);
    f->told[f->told_count++] = (struct told){ .name = name, .at = f->span_count, .times = times };
    f->span[f->span_count++] = value_at(f, a, row);
    return ERR_OK;
}

/* Rows by their answer for a name. */
static void fold_answers(struct figures *f, const struct answer *answer, uint32_t answers)
{
    f->ids = answers;
    for (uint32_t i = 0; i < f->rows; i++)
        f->id[i] = f->answer_id[f->origin[i]];
    for (uint32_t i = 0; i < answers; i++) {
        const struct slot_values *v =
            answer[i].slot != BLOCK_NONE ? &f->values[answer[i].slot] : NULL;
        bool done = v == NULL;

        for (uint32_t k = 0; k < i && !done; k++)
            done = answer[k].slot == answer[i].slot;
        if (!done)
            figures_fold(f, v->is.id, NULL, v->is.count);
    }
}

/* Rows with the same answer for a name together; of cases of which none has a slot, by the number
 * of their rows alone. */
static int tell_name(struct figures *f, struct figure_case *const *cases, uint32_t count,
                     const uint32_t *rows_of, uint32_t name, struct answer *answer, uint32_t *times,
                     struct err *e)
{
    bool slots;
    const uint32_t answers = number_answers(f, cases, count, name, answer, &slots);
    int rc = ERR_OK;

    if (!slots) {
        memset(times, 0, answers * sizeof(*times));
        for (uint32_t i = 0; i < count; i++)
            times[f->answer_id[i]] += rows_of[i];
        for (uint32_t i = 0; i < answers && rc == ERR_OK; i++)
            rc = times[i] > 0 ? tell_one(f, name, &answer[i], 0, times[i], e) : ERR_OK;
        return rc;
    }
    fold_answers(f, answer, answers);
    memset(times, 0, f->ids * sizeof(*times));
    for (uint32_t i = 0; i < f->rows; i++) {
        if (times[f->id[i]]++ == 0)
            f->first[f->id[i]] = i;
    }
    for (uint32_t i = 0; i < f->ids && rc == ERR_OK; i++) {
        const uint32_t row = f->first[i];

        if (times[i] > 0)
            rc = tell_one(f, name, &answer[f->answer_id[f->origin[row]]], f->row[row], times[i], e);
    }
    return rc;
}

static int tell_apart(struct figures *f, struct figure_case *const *cases, struct err *e)
{
    const uint32_t count = f->ids, room = count > f->rows ? count : f->rows;
    struct answer *answer = arena_array(&f->block, count, sizeof(*answer));
    uint32_t *times = arena_array(&f->block, room + 1u, sizeof(*times));
    uint32_t *rows_of = arena_array(&f->block, count, sizeof(*rows_of));
    int rc = ERR_OK;

    f->answer_id = arena_array(&f->block, count, sizeof(*f->answer_id));
    if (answer == NULL || times == NULL || rows_of == NULL || f->answer_id == NULL)
        return no_memory(e);
    for (uint32_t i = 0; i < f->rows; i++)
        rows_of[f->origin[i]]++;
    for (uint32_t i = 0; i < f->from.name_count && rc == ERR_OK; i++) {
        if (!f->from.dropped[i])
            rc = tell_name(f, cases, count, rows_of, i, answer, times, e);
    }
    return rc;
}

/* --- a shape -------------------------------------------------------------------------------- */

static int shape_figures(struct figures *f, uint32_t shape, struct err *e)
{
    const struct block_shape s = block_shape(f->at->block, shape);
    const uint32_t *at = block_shape_rows(f->at->block, shape);
    struct figure_case **cases;
    struct known *k = s.partial ? NULL : figures_known(f, shape);
    int rc;

    if (k == NULL || k->never)
        return ERR_OK;
    if (!figures_rows_room(f, s.rows))
        return no_memory(e);
    f->shape = shape;
    f->rows = 0;
    for (uint32_t i = 0; i < s.rows; i++) {
        if (f->at->left[at[i]])
            f->row[f->rows++] = i;
    }
    if (f->rows == 0)
        return ERR_OK;
    rc = find_cases(f, k, &cases, e);
    if (rc != ERR_OK || cases == NULL || k->never)
        return rc;
    rc = choose_rows(f, k, cases, e);
    if (rc != ERR_OK || f->rows == 0)
        return rc;
    return f->from.apart ? tell_apart(f, cases, e) : tell_rows(f, k, cases, e);
}

/* --- a block -------------------------------------------------------------------------------- */

int figures_block(struct figures *f, const struct figures_block *b, figures_fn *fn, void *arg,
                  struct err *e)
{
    int rc = ERR_OK;

    arena_reset(&f->block);
    f->at = b;
    f->name_hash = NULL;
    f->told_count = f->span_count = 0;
    f->has_own = false;
    memset(f->told_place, 0, sizeof(f->told_place));
    f->about = block_about(b->block);
    f->scale.shape = f->scale.slot = BLOCK_NONE;
    f->pool_is = arena_array(&f->block, block_pool(b->block) + 1u, sizeof(*f->pool_is));
    if (f->pool_is == NULL)
        return no_memory(e);
    for (uint32_t i = 0; i < block_shapes(b->block) && rc == ERR_OK; i++)
        rc = shape_figures(f, i, e);
    return rc == ERR_OK ? tell_all(f, fn, arg, e) : rc;
}

/* --- beginning and end ---------------------------------------------------------------------- */

static bool is_of_source(struct span name)
{
    return span_eq_nocase(name, SPAN_LIT("source")) || span_eq_nocase(name, SPAN_LIT("input"));
}

static bool asks_source(const struct query_node *n)
{
    if (n == NULL)
        return false;
    if (is_of_source(n->name))
        return true;
    for (const struct query_node *kid = n->kid; kid != NULL; kid = kid->next) {
        if (asks_source(kid))
            return true;
    }
    return false;
}

int figures_new(struct figures **out, const struct figures_from *from, struct err *e)
{
    struct figures *f = calloc(1, sizeof(*f));
    int rc;

    *out = f;
    if (f == NULL)
        return no_memory(e);
    f->from = *from;
    f->timed = from->from_ns > INT64_MIN || from->to_ns < INT64_MAX;
    f->by_source = from->query != NULL && asks_source(from->query->top);
    for (uint32_t i = 0; i < from->name_count; i++) {
        f->tells_time |= span_eq_nocase(from->name[i], SPAN_LIT("time"));
        f->by_source |= is_of_source(from->name[i]);
    }
    arena_init(&f->mem, KNOWN_BYTES);
    arena_init(&f->block, BLOCK_BYTES);
    buf_init(&f->raw, BLOCK_RAW_MAX * 8);
    buf_init(&f->key, KEY_BYTES_MAX);
    rc = host_random(&f->seed, sizeof(f->seed), e);
    if (rc == ERR_OK)
        rc = shown_new(&f->shown, from->taxonomy, from->names, from->skew_ns, e);
    if (rc == ERR_OK)
        shown_watch(f->shown, &f->watch);
    else
        figures_free(out);
    return rc;
}

size_t figures_bytes(const struct figures *f)
{
    return f->mem.used_bytes;
}

void figures_free(struct figures **out)
{
    struct figures *f = *out;

    *out = NULL;
    if (f == NULL)
        return;
    shown_free(&f->shown);
    arena_release(&f->mem);
    arena_release(&f->block);
    buf_release(&f->raw);
    buf_release(&f->key);
    free(f->place);
    free(f->told);
    free(f->span);
    free(f->row);
    free(f->id);
    free(f->first);
    free(f->origin);
    free(f->map);
    free(f->wide);
    free(f);
}
