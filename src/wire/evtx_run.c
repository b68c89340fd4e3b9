/*
 * evtx_run.c - put the values of one record into its plan: the fields.
 *
 *   0c 01 id:4 definition:4 [definition, where it is used first]
 *   count:4 | size:2 type:1 0:1 | ... | value | value | ...
 *
 * The descriptors become an array of values once; each line of the plan then picks its value by
 * index and adds a field that points into the chunk. A value of type 0x21 is binary XML again
 * (that is how <EventData> hangs below <Event>): it runs inside the line that names it. Values of
 * templates that are open at the same time lie behind each other in one array: their descriptors
 * cannot overlap, so together they are no more than fit into a chunk.
 *
 * A few bytes can name the same large value or the same XML thousands of times, in several levels.
 * Therefore steps and value bytes are counted, for the record and for the chunk.
 */
#include "evtx_part.h"

struct run {
    struct evtx *x;
    struct rec *r;
    struct err *e;
    size_t steps, bytes; /* left */
    uint32_t values;     /* of x->values in use */
    uint32_t depth;
    int fault; /* the first one; ERR_OK while all is well */
    bool stop;
};

enum {
    TYPE_NULL = 0x00,
    TYPE_BOOL = 0x0d,
    TYPE_XML = 0x21,
    TYPE_ARRAY = 0x80,
};

struct type_row {
    uint8_t kind;
    uint8_t bytes; /* 0: any number */
};

static const struct type_row types[] = {
    [0x00] = { REC_NONE, 0 },     [0x01] = { REC_UTF16, 0 },  [0x02] = { REC_ANSI, 0 },
    [0x03] = { REC_I8, 1 },       [0x04] = { REC_U8, 1 },     [0x05] = { REC_I16, 2 },
    [0x06] = { REC_U16, 2 },      [0x07] = { REC_I32, 4 },    [0x08] = { REC_U32, 4 },
    [0x09] = { REC_I64, 8 },      [0x0a] = { REC_U64, 8 },    [0x0b] = { REC_F32, 4 },
    [0x0c] = { REC_F64, 8 },      [0x0d] = { REC_BOOL32, 4 }, [0x0e] = { REC_BINARY, 0 },
    [0x0f] = { REC_GUID, 16 },    [0x10] = { REC_HEX64, 8 },  [0x11] = { REC_FILETIME, 8 },
    [0x12] = { REC_SYSTIME, 16 }, [0x13] = { REC_SID, 0 },    [0x14] = { REC_HEX32, 4 },
    [0x15] = { REC_HEX64, 8 },
};

static const struct type_row binary_row = { REC_BINARY, 0 };

static const struct type_row *type_of(uint8_t type)
{
    type &= (uint8_t)~TYPE_ARRAY;
    return type < COUNT_OF(types) ? &types[type] : &binary_row;
}

static void run_fault(struct run *u, enum err_code code, size_t at, const char *why)
{
    if (u->fault == ERR_OK)
        u->fault = err_set(u->e, code, at, "%s", why);
    u->stop = u->stop || code == ERR_LIMIT || code == ERR_NOMEM;
}

static bool run_step(struct run *u)
{
    if (u->steps == 0)
        run_fault(u, ERR_LIMIT, 0, "the record repeats its values or templates without measure");
    else
        u->steps--;
    return !u->stop;
}

static bool run_bytes(struct run *u, size_t n)
{
    if (n > u->bytes) {
        u->r->flags |= REC_CUT_BYTES;
        return false;
    }
    u->bytes -= n;
    return true;
}

/* ---- values ---- */

/* A size that its type cannot have: the kind that shows it best. */
static enum rec_kind odd_kind(const struct type_row *row, struct evtx_value v)
{
    if (v.n == 0)
        return REC_NONE;
    if ((row->kind == REC_HEX32 || row->kind == REC_HEX64) && (v.n == 4 || v.n == 8))
        return v.n == 4 ? REC_HEX32 : REC_HEX64;
    if (v.type == TYPE_BOOL && v.n == 1)
        return v.p[0] != 0 ? REC_TRUE : REC_FALSE;
    return REC_BINARY;
}

/* Strings may end in zeros, which are not part of them. */
static size_t string_bytes(struct evtx_value v, size_t each)
{
    size_t n = v.n;

    while (n >= each && v.p[n - 1] == 0 && v.p[n - each] == 0)
        n -= each;
    return n;
}

static struct rec_field value_field(struct evtx_value v)
{
    const struct type_row *row = type_of(v.type);
    struct rec_field f = { .value = v.p, .value_bytes = v.n, .kind = row->kind };

    if (row->bytes != 0 && v.n != row->bytes)
        f.kind = (uint16_t)odd_kind(row, v);
    else if (row->kind == REC_UTF16)
        f.value_bytes = (uint32_t)string_bytes(v, 2);
    else if (row->kind == REC_ANSI)
        f.value_bytes = (uint32_t)string_bytes(v, 1);
    if (f.kind == REC_NONE || f.kind == REC_TRUE || f.kind == REC_FALSE)
        f.value_bytes = 0;
    return f;
}

/* Bytes of the first member of an array. */
static size_t member_bytes(struct evtx_value v)
{
    const struct type_row *row = type_of(v.type);
    size_t n = 0;

    if (row->kind == REC_UTF16) {
        while (n + 2 <= v.n && (v.p[n] != 0 || v.p[n + 1] != 0))
            n += 2;
        return n + 2 <= v.n ? n + 2 : v.n;
    }
    if (row->kind == REC_ANSI) {
        while (n < v.n && v.p[n] != 0)
            n++;
        return n < v.n ? n + 1 : v.n;
    }
    if (row->kind == REC_SID)
        n = v.n >= 2 ? 8 + (size_t)v.p[1] * 4 : v.n;
    else
        n = row->bytes != 0 ? row->bytes : v.n;
    return n < v.n ? n : v.n;
}

/* Cut the first member off an array; a value that is none is its own only member. */
static struct evtx_value member_take(struct evtx_value *rest)
{
    struct evtx_value one = *rest;

    if ((rest->type & TYPE_ARRAY) != 0)
        one.n = (uint16_t)member_bytes(*rest);
    one.type = (uint8_t)(one.type & ~TYPE_ARRAY);
    rest->p += one.n;
    rest->n = (uint16_t)(rest->n - one.n);
    return one;
}

static void add_value(struct run *u, struct span name, struct evtx_value v, uint8_t flags)
{
    struct rec_field f = value_field(v);

    if (f.kind == REC_NONE && (flags & OP_DROP_NULL) != 0)
        return;
    if (!run_bytes(u, f.value_bytes))
        return;
    if (!rec_add(u->r, REC_ROOT, name, (enum rec_kind)f.kind,
                 (struct span){ f.value, f.value_bytes }))
        u->stop = true;
}

static void add_array(struct run *u, struct span name, struct evtx_value v, uint8_t flags)
{
    do {
        if (!run_step(u))
            return;
        add_value(u, name, member_take(&v), flags);
    } while (v.n > 0);
}

/* ---- lines of a plan ---- */

static void run_xml(struct run *u, struct evtx_plan where);

static void add_xml(struct run *u, const struct evtx_op *op, struct span name, struct evtx_value v)
{
    struct evtx_plan where = { .place = op->inside, .bare = true };

    if (u->depth == LIMIT_DEPTH) {
        u->r->flags |= REC_CUT_DEPTH;
        v.type = 0x0e;
        add_value(u, name, v, op->flags);
        return;
    }
    where.at = (uint32_t)(v.p - u->x->chunk.p);
    where.end = where.at + v.n;
    u->depth++;
    run_xml(u, where);
    u->depth--;
}

static struct evtx_value value_at(const struct run *u, uint32_t first, uint16_t index)
{
    struct evtx_value none = { .p = u->x->chunk.p };

    return index < u->values - first ? u->x->values[first + index] : none;
}

/* The name that is itself a value: its text without blanks. */
static struct span value_name(struct run *u, const struct evtx_op *op, struct evtx_value v)
{
    struct rec_field f = value_field(v);
    struct span text = SPAN_NONE;
    uint8_t *p;
    size_t n = 0;

    if (v.type != TYPE_XML && v.n <= LIMIT_NAME_BYTES && run_bytes(u, v.n))
        text = rec_text(&f, &u->r->mem);
    p = text.n > 0 ? arena_bytes(&u->r->mem, text.n) : NULL;
    if (p == NULL)
        return op->name;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != ' ')
            p[n++] = text.p[i];
    }
    return n > 0 ? (struct span){ p, n } : op->name;
}

/* Append the text of one value of a join; members of an array with ", " between. */
static size_t join_value(struct run *u, struct evtx_value v, uint8_t *dst)
{
    size_t n = 0;

    do {
        struct rec_field f = value_field(member_take(&v));

        if (!run_step(u))
            return n;
        if (dst != NULL)
            n += rec_text_put(&f, dst + n);
        else
            n += rec_text_room(&f);
        if (v.n > 0 && dst != NULL)
            memcpy(dst + n, ", ", 2);
        n += v.n > 0 ? 2 : 0;
    } while (v.n > 0);
    return n;
}

static size_t join_pieces(struct run *u, const struct evtx_op *op, uint32_t first, uint8_t *dst)
{
    size_t n = 0;

    for (const struct evtx_piece *i = op->pieces; i != NULL && run_step(u); i = i->next) {
        struct evtx_value v = value_at(u, first, i->value);

        if (i->value != EVTX_NO_VALUE && v.type != TYPE_XML) {
            n += join_value(u, v, dst != NULL ? dst + n : NULL);
        } else if (i->value == EVTX_NO_VALUE) {
            if (dst != NULL && i->text.n > 0)
                memcpy(dst + n, i->text.p, i->text.n);
            n += i->text.n;
        }
    }
    return n;
}

static void add_join(struct run *u, const struct evtx_op *op, struct span name, uint32_t first)
{
    size_t room = join_pieces(u, op, first, NULL), n;
    uint8_t *p;

    if (u->stop || !run_bytes(u, room))
        return;
    p = arena_bytes(&u->r->mem, room);
    if (p == NULL) {
        u->r->flags |= REC_CUT_BYTES;
        return;
    }
    n = join_pieces(u, op, first, p);
    arena_shrink(&u->r->mem, room - n);
    if (!rec_add(u->r, REC_ROOT, name, REC_TEXT, (struct span){ p, n }))
        u->stop = true;
    for (const struct evtx_piece *i = op->pieces; i != NULL && !u->stop; i = i->next) {
        struct evtx_value v = value_at(u, first, i->value);

        if (i->value != EVTX_NO_VALUE && v.type == TYPE_XML)
            add_xml(u, op, name, v);
    }
}

static void add_line(struct run *u, const struct evtx_op *op, uint32_t first)
{
    struct span name = op->name;
    struct evtx_value v = { .p = u->x->chunk.p };

    if (op->name_value != EVTX_NO_VALUE)
        name = value_name(u, op, value_at(u, first, op->name_value));
    if (op->kind == OP_JOIN) {
        add_join(u, op, name, first);
        return;
    }
    if (op->kind == OP_TEXT) {
        if (run_bytes(u, op->text.n) && !rec_add(u->r, REC_ROOT, name, REC_TEXT, op->text))
            u->stop = true;
        return;
    }
    if (op->kind == OP_VALUE)
        v = value_at(u, first, op->value);
    if (v.type == TYPE_XML)
        add_xml(u, op, name, v);
    else if ((v.type & TYPE_ARRAY) != 0)
        add_array(u, name, v, op->flags);
    else
        add_value(u, name, v, op->flags);
}

static const struct evtx_plan *run_plan(struct run *u, struct evtx_plan where, uint32_t first)
{
    struct err e;
    const struct evtx_plan *plan = evtx_plan_get(u->x, where, &e);

    if (plan == NULL) {
        run_fault(u, e.code, e.at, e.why);
        return NULL;
    }
    for (uint32_t i = 0; i < plan->count && run_step(u); i++)
        add_line(u, &plan->ops[i], first);
    if (plan->why != NULL)
        run_fault(u, plan->code, plan->why_at, plan->why);
    return plan;
}

/* ---- template instances ---- */

/* Read the value descriptors at `at`; returns the offset behind the values, 0 at a fault. */
static size_t read_values(struct run *u, size_t at, size_t end)
{
    const uint8_t *p = u->x->chunk.p;
    struct evtx_value *v = &u->x->values[u->values];
    size_t count, from;

    if (end - at < 4 || evtx_u32(p + at) > (end - at - 4) / 4) {
        run_fault(u, ERR_CORRUPT, at, "more values than fit into the record");
        return 0;
    }
    count = evtx_u32(p + at);
    from = at + 4 + 4 * count;
    if (count > EVTX_VALUES_MAX - u->values) {
        run_fault(u, ERR_LIMIT, at, "too many values");
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t *d = p + at + 4 + 4 * i;

        v[i] = (struct evtx_value){ p + from, evtx_u16(d), d[2] };
        if (v[i].n > end - from) {
            run_fault(u, ERR_CORRUPT, at + 4 + 4 * i, "a value ends behind the record");
            v[i] = (struct evtx_value){ .p = p };
            from = end;
        }
        from += v[i].n;
    }
    u->values += (uint32_t)count;
    return from;
}

/* At the token; returns the offset behind the instance, 0 at a fault. */
static size_t run_instance(struct run *u, struct evtx_plan where)
{
    const uint8_t *p = u->x->chunk.p;
    size_t n = u->x->chunk.n, at = where.at + 10u, definition, bytes, after;
    uint32_t first = u->values;

    if (where.end - where.at < 10) {
        run_fault(u, ERR_CORRUPT, where.at, "a template ends early");
        return 0;
    }
    definition = evtx_u32(p + where.at + 6);
    if (definition > n || n - definition < 24) {
        run_fault(u, ERR_CORRUPT, where.at + 6, "a template lies outside of the chunk");
        return 0;
    }
    bytes = evtx_u32(p + definition + 20);
    if (bytes > n - definition - 24) {
        run_fault(u, ERR_CORRUPT, definition + 20, "a template is longer than the chunk");
        bytes = n - definition - 24;
    }
    if (definition == at)
        at += 24 + bytes;
    if (at > where.end) {
        run_fault(u, ERR_CORRUPT, definition + 20, "a template is longer than its record");
        return 0;
    }
    after = read_values(u, at, where.end);
    if (after != 0) {
        where.at = (uint32_t)definition + 24;
        where.end = where.at + (uint32_t)bytes;
        where.bare = false;
        (void)run_plan(u, where, first);
    }
    u->values = first;
    return after;
}

/* Fragments, one after another, until the end token or the end of the bytes. */
static void run_xml(struct run *u, struct evtx_plan where)
{
    const uint8_t *p = u->x->chunk.p;
    size_t at = where.at;

    while (at != 0 && at < where.end && p[at] != 0 && run_step(u)) {
        where.at = (uint32_t)at;
        if (p[at] == 0x0f) {
            at += where.end - at < 4 ? where.end - at : 4;
        } else if (p[at] == 0x0c) {
            at = run_instance(u, where);
        } else {
            const struct evtx_plan *plan = run_plan(u, where, u->values);

            at = plan != NULL && plan->why == NULL && plan->end > at ? plan->end : 0;
        }
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

int evtx_run(struct evtx *x, size_t at, size_t end, struct rec *r, struct err *e)
{
    struct run u = { .x = x, .r = r, .e = e, .fault = ERR_OK };
    struct evtx_plan where = { .at = (uint32_t)at, .end = (uint32_t)end, .place = PLACE_TOP };
    size_t steps = smaller(x->steps, EVTX_RECORD_STEPS);
    size_t bytes = smaller(x->value_bytes, LIMIT_EVENT_BYTES);

    MUST(at <= end && end <= x->chunk.n);
    u.steps = steps;
    u.bytes = bytes;
    run_xml(&u, where);
    x->steps -= steps - u.steps;
    x->value_bytes -= bytes - u.bytes;
    return u.fault;
}
