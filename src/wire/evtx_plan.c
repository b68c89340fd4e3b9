/*
 * evtx_plan.c - compile binary XML into a plan: the fields it makes, in order.
 *
 * One pass over the tokens with a stack of open elements. What an element means (a field, a mere
 * container, what its attributes are called) is a row of `rules`, chosen by the place it stands in
 * and its name. The text and the substitutions inside an element or attribute are gathered as
 * pieces; at its end one piece becomes an OP_TEXT or OP_VALUE, several become an OP_JOIN, and in
 * a container every substitution stands for itself, for there it is XML.
 *
 * Sizes that the XML gives for its elements are not used: tokens follow each other, and the only
 * bound that counts is the end of the bytes. Names are referred to by their offset in the chunk;
 * where a name is used first it lies right behind the reference and is skipped.
 *
 * Broken XML ends the plan and is remembered in it, so that records lose only what follows.
 */
#include "evtx_part.h"

#include "base/utf.h"

enum {
    RULE_CONTAINER = 1u << 0,  /* no field of its own, unless it has text */
    RULE_ATTRIBUTES = 1u << 1, /* its attributes are fields Element_Attribute */
    RULE_NAMED = 1u << 2,      /* its attribute Name is the field's name */
};

struct evtx_rule {
    enum evtx_place in;
    const char *element; /* NULL: any other */
    enum evtx_place inside;
    unsigned flags;
    const char *prefix;
};

/* The first row that fits. */
static const struct evtx_rule rules[] = {
    { PLACE_TOP, "Event", PLACE_EVENT, RULE_CONTAINER, "" },
    { PLACE_EVENT, "System", PLACE_SYSTEM, RULE_CONTAINER, "" },
    { PLACE_EVENT, "EventData", PLACE_EVENT_DATA, RULE_CONTAINER | RULE_ATTRIBUTES, "" },
    { PLACE_EVENT, "UserData", PLACE_USER_DATA, RULE_CONTAINER, "" },
    { PLACE_EVENT, "RenderingInfo", PLACE_RENDERING, RULE_CONTAINER | RULE_ATTRIBUTES, "" },
    { PLACE_EVENT, "ProcessingErrorData", PLACE_ERROR, RULE_CONTAINER, "" },
    { PLACE_EVENT, NULL, PLACE_OTHER, RULE_CONTAINER | RULE_ATTRIBUTES, "" },
    { PLACE_SYSTEM, NULL, PLACE_SYSTEM, RULE_ATTRIBUTES, "" },
    { PLACE_EVENT_DATA, NULL, PLACE_EVENT_DATA, RULE_NAMED, "" },
    { PLACE_USER_DATA, NULL, PLACE_USER, RULE_CONTAINER, "" },
    { PLACE_USER, NULL, PLACE_USER, 0, "" },
    { PLACE_RENDERING, "Message", PLACE_RENDERING, 0, "" },
    { PLACE_RENDERING, NULL, PLACE_RENDERING, RULE_ATTRIBUTES, "RenderingInfo_" },
    { PLACE_ERROR, NULL, PLACE_ERROR, 0, "ProcessingErrorData_" },
    { PLACE_OTHER, NULL, PLACE_OTHER, RULE_ATTRIBUTES, "" },
};

static const struct evtx_rule *rule_of(enum evtx_place in, struct span element)
{
    size_t i = 0;

    if (in == PLACE_TOP && !span_eq(element, SPAN_LIT("Event")))
        in = PLACE_EVENT;
    while (rules[i].in != in ||
           (rules[i].element != NULL && !span_eq(element, span_of(rules[i].element))))
        i++;
    MUST(i < COUNT_OF(rules));
    return &rules[i];
}

struct walk {
    struct evtx *x;
    struct evtx_plan *plan;
    size_t at, end;
    uint32_t depth; /* open elements: x->frames */
    uint32_t ops;
    bool opening; /* the start tag of the innermost element is not closed yet */
    bool in_attribute;
    bool done;
    struct span attribute;
    struct evtx_piece *first, *last; /* of the attribute */
};

static void walk_fault(struct walk *w, enum err_code code, const char *why)
{
    if (w->plan->why == NULL) {
        w->plan->code = code;
        w->plan->why = why;
        w->plan->why_at = (uint32_t)w->at;
    }
    w->done = true;
}

/* The next `bytes` of the XML, or NULL. */
static const uint8_t *walk_take(struct walk *w, size_t bytes)
{
    const uint8_t *p = w->x->chunk.p + w->at;

    if (bytes > w->end - w->at) {
        walk_fault(w, ERR_CORRUPT, "binary XML ends inside a token");
        return NULL;
    }
    w->at += bytes;
    return p;
}

/* UTF-16 to UTF-8 in the plans' memory; n == 0 and p == NULL when there is none. */
static struct span walk_utf8(struct walk *w, struct span utf16)
{
    size_t room = utf16_room(utf16.n), n;
    uint8_t *p = arena_bytes(&w->x->mem, room);

    if (p == NULL) {
        walk_fault(w, ERR_NOMEM, "no memory for the chunk's templates");
        return SPAN_NONE;
    }
    n = utf16_to_utf8(utf16, p);
    arena_shrink(&w->x->mem, room - n);
    return (struct span){ p, n };
}

/* ---- names ---- */

static struct span name_decode(struct walk *w, size_t at)
{
    struct evtx_name *slot = &w->x->names[(at * 0x9E3779B1u >> 16) % EVTX_NAME_SLOTS];
    struct span chunk = w->x->chunk;
    struct span text;
    size_t bytes;

    if (slot->at == at && at != 0)
        return slot->text;
    if (at < 8 || at > chunk.n || chunk.n - at < 8) {
        walk_fault(w, ERR_CORRUPT, "a name lies outside of the chunk");
        return SPAN_NONE;
    }
    bytes = (size_t)evtx_u16(chunk.p + at + 6) * 2;
    if (bytes > chunk.n - at - 8) {
        walk_fault(w, ERR_CORRUPT, "a name is longer than the chunk");
        return SPAN_NONE;
    }
    text = SPAN_LIT("unnamed");
    if (bytes > 0 && bytes <= LIMIT_NAME_BYTES)
        text = walk_utf8(w, (struct span){ chunk.p + at + 8, bytes });
    *slot = (struct evtx_name){ (uint32_t)at, (uint32_t)bytes, text };
    return text;
}

/* A reference to a name; the name itself follows where it is used first. */
static struct span walk_name(struct walk *w)
{
    const uint8_t *p = walk_take(w, 4);
    size_t at;
    struct span text;

    if (p == NULL)
        return SPAN_NONE;
    at = evtx_u32(p);
    text = name_decode(w, at);
    if (at == w->at && !w->done)
        (void)walk_take(w, 8 + (size_t)evtx_u16(w->x->chunk.p + at + 6) * 2 + 2);
    return text;
}

/* a + b in the plans' memory. */
static struct span walk_concat(struct walk *w, struct span a, struct span b)
{
    uint8_t *p;

    if (a.n == 0)
        return b;
    p = arena_bytes(&w->x->mem, a.n + b.n);
    if (p == NULL) {
        walk_fault(w, ERR_NOMEM, "no memory for the chunk's templates");
        return SPAN_NONE;
    }
    memcpy(p, a.p, a.n);
    if (b.n > 0)
        memcpy(p + a.n, b.p, b.n);
    return (struct span){ p, a.n + b.n };
}

static struct span attribute_name(struct walk *w, struct span element, struct span attribute)
{
    return walk_concat(w, walk_concat(w, element, SPAN_LIT("_")), attribute);
}

/* The value of an attribute Name as a field's name: without blanks. */
static struct span field_name(struct walk *w, struct span text)
{
    uint8_t *p;
    size_t n = 0;

    if (span_find(text, ' ') == text.n)
        return text;
    p = arena_bytes(&w->x->mem, text.n);
    if (p == NULL) {
        walk_fault(w, ERR_NOMEM, "no memory for the chunk's templates");
        return SPAN_NONE;
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != ' ')
            p[n++] = text.p[i];
    }
    return (struct span){ p, n };
}

/* ---- pieces and lines ---- */

static void add_piece(struct walk *w, struct span text, uint16_t value)
{
    struct evtx_frame *f = w->depth > 0 ? &w->x->frames[w->depth - 1] : NULL;
    struct evtx_piece **first = w->in_attribute ? &w->first : f != NULL ? &f->first : NULL;
    struct evtx_piece **last = w->in_attribute ? &w->last : f != NULL ? &f->last : NULL;
    struct evtx_piece *piece;

    if (w->done)
        return;
    if (first == NULL || last == NULL || (w->opening && !w->in_attribute)) {
        walk_fault(w, ERR_CORRUPT, "text outside of an element");
        return;
    }
    piece = arena_alloc(&w->x->mem, sizeof(*piece));
    if (piece == NULL) {
        walk_fault(w, ERR_NOMEM, "no memory for the chunk's templates");
        return;
    }
    piece->text = text;
    piece->value = value;
    if (*last != NULL)
        (*last)->next = piece;
    else
        *first = piece;
    *last = piece;
}

static void add_op(struct walk *w, struct evtx_op op)
{
    if (w->ops == EVTX_OPS_MAX) {
        walk_fault(w, ERR_LIMIT, "a template has too many fields");
        return;
    }
    w->x->ops[w->ops++] = op;
}

/* All pieces are text: join them now. */
static struct span join_text(struct walk *w, const struct evtx_piece *first)
{
    size_t n = 0, done = 0;
    uint8_t *p;

    if (first->next == NULL)
        return first->text;
    for (const struct evtx_piece *i = first; i != NULL; i = i->next)
        n += i->text.n;
    p = arena_bytes(&w->x->mem, n);
    if (p == NULL) {
        walk_fault(w, ERR_NOMEM, "no memory for the chunk's templates");
        return SPAN_NONE;
    }
    for (const struct evtx_piece *i = first; i != NULL; i = i->next) {
        if (i->text.n > 0)
            memcpy(p + done, i->text.p, i->text.n);
        done += i->text.n;
    }
    return (struct span){ p, n };
}

/* The shape of a value that is made of `first` and what follows. */
static void set_value(struct walk *w, struct evtx_op *op, const struct evtx_piece *first)
{
    bool has_value = false;

    for (const struct evtx_piece *i = first; i != NULL; i = i->next)
        has_value = has_value || i->value != EVTX_NO_VALUE;
    if (first == NULL) {
        op->kind = OP_EMPTY;
    } else if (!has_value) {
        op->kind = OP_TEXT;
        op->text = join_text(w, first);
    } else if (first->next == NULL) {
        op->kind = OP_VALUE;
        op->value = first->value;
    } else {
        op->kind = OP_JOIN;
        op->pieces = first;
    }
}

static void end_attribute(struct walk *w)
{
    struct evtx_frame *f = &w->x->frames[w->depth - 1];
    struct evtx_op op = { .name_value = EVTX_NO_VALUE, .flags = OP_DROP_NULL };

    w->in_attribute = false;
    f->attributes = true;
    if (w->done)
        return;
    op.inside = (uint8_t)f->rule->inside;
    set_value(w, &op, w->first);
    if ((f->rule->flags & RULE_NAMED) != 0 && span_eq(w->attribute, SPAN_LIT("Name"))) {
        if (op.kind == OP_TEXT && op.text.n > 0 && op.text.n <= LIMIT_NAME_BYTES)
            f->name = field_name(w, op.text);
        else if (op.kind == OP_VALUE)
            f->name_value = op.value;
    } else if ((f->rule->flags & RULE_ATTRIBUTES) != 0 &&
               !span_starts(w->attribute, SPAN_LIT("xmlns")) && op.kind != OP_EMPTY) {
        op.name = attribute_name(w, f->name, w->attribute);
        add_op(w, op);
    }
}

/* Text of a container that is not only the blanks between its elements. */
static bool is_blank(struct span text)
{
    return span_trim(text).n == 0;
}

static void end_container(struct walk *w, const struct evtx_frame *f)
{
    struct evtx_op op = { .name = f->name, .name_value = EVTX_NO_VALUE, .flags = OP_DROP_NULL };

    op.inside = (uint8_t)f->rule->inside;
    for (const struct evtx_piece *i = f->first; i != NULL; i = i->next) {
        op.kind = i->value == EVTX_NO_VALUE ? OP_TEXT : OP_VALUE;
        op.value = i->value;
        if (op.kind == OP_TEXT)
            op.text = i->text;
        if (op.kind == OP_VALUE || !is_blank(i->text))
            add_op(w, op);
    }
}

static void end_element(struct walk *w)
{
    struct evtx_frame *f;
    struct evtx_op op = { .kind = OP_EMPTY };

    if (w->depth == 0) {
        walk_fault(w, ERR_CORRUPT, "an element ends that was not begun");
        return;
    }
    f = &w->x->frames[--w->depth];
    w->opening = false;
    w->done = w->done || w->depth == 0;
    if ((f->rule->flags & RULE_CONTAINER) != 0) {
        end_container(w, f);
        return;
    }
    op.name = f->name;
    op.name_value = f->name_value;
    op.inside = (uint8_t)f->rule->inside;
    set_value(w, &op, f->first);
    if (op.kind == OP_EMPTY &&
        (f->children || (f->attributes && (f->rule->flags & RULE_ATTRIBUTES) != 0)))
        return;
    if (op.kind == OP_TEXT && f->children && is_blank(op.text))
        return;
    add_op(w, op);
}

/* ---- tokens ---- */

#define TOKEN_MORE 0x40u /* of an element: it has attributes */

static void token_end(struct walk *w, uint8_t token)
{
    (void)token;
    if (w->depth > 0)
        walk_fault(w, ERR_CORRUPT, "binary XML ends inside an element");
    w->done = true;
}

static void token_open(struct walk *w, uint8_t token)
{
    size_t head = w->plan->bare ? 4 : 6; /* [dependency id], size */
    enum evtx_place in = (enum evtx_place)w->plan->place;
    struct evtx_frame *f;
    struct span name;

    if (w->depth > 0) {
        in = w->x->frames[w->depth - 1].rule->inside;
        w->x->frames[w->depth - 1].children = true;
    }
    if (w->opening || w->depth == LIMIT_DEPTH) {
        walk_fault(w, w->opening ? ERR_CORRUPT : ERR_LIMIT,
                   w->opening ? "an element begins inside a start tag"
                              : "elements nested too deep");
        return;
    }
    if (walk_take(w, head) == NULL)
        return;
    name = walk_name(w);
    if (w->done || ((token & TOKEN_MORE) != 0 && walk_take(w, 4) == NULL))
        return;
    f = &w->x->frames[w->depth++];
    *f = (struct evtx_frame){ .element = name, .name = name, .name_value = EVTX_NO_VALUE };
    f->rule = rule_of(in, name);
    f->name = walk_concat(w, span_of(f->rule->prefix), name);
    w->opening = true;
}

static void token_close_start(struct walk *w, uint8_t token)
{
    (void)token;
    if (!w->opening)
        walk_fault(w, ERR_CORRUPT, "a start tag closes that is not open");
    w->opening = false;
}

static void token_close_empty(struct walk *w, uint8_t token)
{
    token_close_start(w, token);
    if (w->plan->why == NULL)
        end_element(w);
}

static void token_end_element(struct walk *w, uint8_t token)
{
    (void)token;
    end_element(w);
}

static void token_attribute(struct walk *w, uint8_t token)
{
    (void)token;
    if (!w->opening) {
        walk_fault(w, ERR_CORRUPT, "an attribute outside of a start tag");
        return;
    }
    w->attribute = walk_name(w);
    w->first = w->last = NULL;
    w->in_attribute = true;
}

/* u16 characters, then as many of UTF-16. */
static bool walk_counted(struct walk *w, struct span *utf16)
{
    const uint8_t *p = walk_take(w, 2);
    size_t bytes;

    if (p == NULL)
        return false;
    bytes = (size_t)evtx_u16(p) * 2;
    p = walk_take(w, bytes);
    *utf16 = (struct span){ p, bytes };
    return p != NULL;
}

static void token_text(struct walk *w, uint8_t token)
{
    struct span utf16;
    const uint8_t *type = (token & 0x3fu) == 5 ? walk_take(w, 1) : NULL;

    if (type != NULL && *type != 1)
        walk_fault(w, ERR_CORRUPT, "text of a kind that cannot be");
    if (!w->done && walk_counted(w, &utf16))
        add_piece(w, walk_utf8(w, utf16), EVTX_NO_VALUE);
}

static void token_char(struct walk *w, uint8_t token)
{
    const uint8_t *p = walk_take(w, 2);
    uint8_t *text = p != NULL ? arena_bytes(&w->x->mem, 4) : NULL;

    (void)token;
    if (text != NULL)
        add_piece(w, (struct span){ text, utf8_put(text, evtx_u16(p)) }, EVTX_NO_VALUE);
    else
        walk_fault(w, ERR_NOMEM, "no memory for the chunk's templates");
}

static void token_entity(struct walk *w, uint8_t token)
{
    static const struct {
        const char *name, *text;
    } known[] = { { "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" }, { "apos", "'" } };
    struct span name = walk_name(w);

    (void)token;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (span_eq(name, span_of(known[i].name)))
            name = span_of(known[i].text);
    }
    add_piece(w, name, EVTX_NO_VALUE);
}

/* Processing instructions are skipped. */
static void token_pi_target(struct walk *w, uint8_t token)
{
    (void)token;
    (void)walk_name(w);
}

static void token_pi_data(struct walk *w, uint8_t token)
{
    struct span ignored;

    (void)token;
    (void)walk_counted(w, &ignored);
}

static void token_value(struct walk *w, uint8_t token)
{
    const uint8_t *p = walk_take(w, 3); /* index, type (the value's own counts) */

    (void)token;
    if (p != NULL)
        add_piece(w, SPAN_NONE, evtx_u16(p) == EVTX_NO_VALUE ? EVTX_NO_VALUE - 1 : evtx_u16(p));
}

static void token_fragment(struct walk *w, uint8_t token)
{
    (void)token;
    if (w->depth > 0)
        walk_fault(w, ERR_CORRUPT, "a fragment begins inside an element");
    else
        (void)walk_take(w, 3);
}

static const struct {
    void (*take)(struct walk *w, uint8_t token);
    bool is_content; /* may be part of an attribute's value */
} tokens[] = {
    [0x00] = { token_end, false },         [0x01] = { token_open, false },
    [0x02] = { token_close_start, false }, [0x03] = { token_close_empty, false },
    [0x04] = { token_end_element, false }, [0x05] = { token_text, true },
    [0x06] = { token_attribute, false },   [0x07] = { token_text, true },
    [0x08] = { token_char, true },         [0x09] = { token_entity, true },
    [0x0a] = { token_pi_target, false },   [0x0b] = { token_pi_data, false },
    [0x0d] = { token_value, true },        [0x0e] = { token_value, true },
    [0x0f] = { token_fragment, false },
};

static void walk_all(struct walk *w)
{
    while (!w->done) {
        const uint8_t *token;

        if (w->at == w->end && w->depth == 0)
            return;
        token = walk_take(w, 1);
        if (token == NULL)
            return;
        if ((*token & 0x3fu) >= COUNT_OF(tokens) || tokens[*token & 0x3fu].take == NULL) {
            w->at--;
            walk_fault(w, ERR_CORRUPT, "unknown token in the binary XML");
            return;
        }
        if (w->in_attribute && !tokens[*token & 0x3fu].is_content)
            end_attribute(w);
        if (!w->done)
            tokens[*token & 0x3fu].take(w, *token);
    }
}

/* What was begun when the XML broke off still counts: close it. */
static void walk_close(struct walk *w)
{
    if (w->in_attribute)
        w->in_attribute = false;
    if (w->plan->code == ERR_NOMEM)
        return;
    while (w->depth > 0)
        end_element(w);
}

/* ---- plans by place ---- */

void evtx_plan_reset(struct evtx *x)
{
    arena_reset(&x->mem);
    memset(x->plans, 0, sizeof(x->plans));
    memset(x->names, 0, sizeof(x->names));
    x->plan_count = 0;
    x->plan_bytes = 0;
}

static struct evtx_plan **plan_slot(struct evtx *x, const struct evtx_plan *key)
{
    uint32_t i = (key->at * 0x9E3779B1u >> 12) + key->place;

    for (;; i++) {
        struct evtx_plan **slot = &x->plans[i % EVTX_PLAN_SLOTS];

        if (*slot == NULL ||
            ((*slot)->at == key->at && (*slot)->place == key->place && (*slot)->bare == key->bare))
            return slot;
    }
}

static bool plan_compile(struct evtx *x, struct evtx_plan *plan)
{
    struct walk w = { .x = x, .plan = plan, .at = plan->at, .end = plan->end };

    walk_all(&w);
    plan->end = (uint32_t)w.at;
    x->plan_bytes += w.at - plan->at + 64;
    walk_close(&w);
    plan->count = w.ops;
    plan->ops = arena_array(&x->mem, w.ops + 1, sizeof(*plan->ops));
    if (plan->ops == NULL)
        return false;
    memcpy(plan->ops, x->ops, w.ops * sizeof(*plan->ops));
    return true;
}

const struct evtx_plan *evtx_plan_get(struct evtx *x, struct evtx_plan key, struct err *e)
{
    struct evtx_plan **slot = plan_slot(x, &key);
    struct evtx_plan *plan = *slot;

    MUST(key.at <= key.end && key.end <= x->chunk.n);
    if (plan != NULL)
        return plan;
    if (x->plan_count == EVTX_PLANS_MAX || x->plan_bytes > EVTX_PLAN_BYTES_MAX) {
        err_set(e, ERR_LIMIT, key.at, "the chunk has too many templates");
        return NULL;
    }
    plan = arena_alloc(&x->mem, sizeof(*plan));
    if (plan != NULL)
        *plan = key;
    if (plan == NULL || !plan_compile(x, plan)) {
        err_set(e, ERR_NOMEM, key.at, "no memory for the chunk's templates");
        return NULL;
    }
    x->plan_count++;
    *slot = plan;
    return plan;
}
