/*
 * block_shape.c - which rows are alike: see block_write.h.
 *
 * A base is records with the same bytes between their values. Of a base's slots of text up to
 * BLOCK_TEXTS are cut (block_text.h); rows whose texts have the same literals are a shape. A text
 * that too few share stays whole, so the number of shapes follows the number of rows.
 */
#include <stdlib.h>

#include <xxhash.h>

#include "store/block_write.h"

bool block_array_room(struct block_array *a, size_t more, size_t each)
{
    size_t room = a->room;
    void *p;

    if (a->count + more <= room)
        return true;
    room = room * 2 > a->count + more ? room * 2 : a->count + more + 64;
    p = realloc(a->at, room * each);
    if (p == NULL)
        return false;
    a->at = p;
    a->room = room;
    return true;
}

/* --- Names ---------------------------------------------------------------------------------- */

/* The number of a name; BLOCK_NONE when there are too many. */
static uint32_t name_id(struct block_writer *w, struct span text, uint32_t parent)
{
    uint64_t hash = XXH3_64bits_withSeed(text.p, text.n, parent);
    uint32_t *head = &w->name_heads[block_place(w, hash, COUNT_OF(w->name_heads))];
    struct block_name_row *rows = w->names.at;

    for (uint32_t i = *head; i > 0; i = w->name_next[i - 1]) {
        if (rows[i - 1].hash == hash && rows[i - 1].parent == parent &&
            span_eq(rows[i - 1].text, text))
            return i - 1;
    }
    if (w->names.count >= BLOCK_NAMES_MAX || !block_array_room(&w->names, 1, sizeof(*rows)))
        return BLOCK_NONE;
    rows = w->names.at;
    rows[w->names.count] = (struct block_name_row){ arena_span(&w->kept, text), parent, hash };
    w->name_next[w->names.count] = *head;
    *head = (uint32_t)++w->names.count;
    return *head - 1;
}

/* The number of a field's name, with those above it. */
static uint32_t path_id(struct block_writer *w, uint32_t field)
{
    const struct rec *r = &w->split.rec;
    uint32_t path[LIMIT_DEPTH + 2], depth = 0, id = 0;

    for (uint32_t i = field; i < r->count && depth < COUNT_OF(path); i = r->fields[i].parent)
        path[depth++] = i;
    while (depth > 0) {
        id = name_id(w, r->fields[path[--depth]].name, id);
        if (id == BLOCK_NONE)
            return BLOCK_NONE;
        id++;
    }
    return id - 1;
}

/* --- Bases ---------------------------------------------------------------------------------- */

/* May a value of this kind stand where the base has that? */
static bool kinds_fit(const struct block_part *a, const struct block_part *b)
{
    return ((a->kind ^ b->kind) & ~(unsigned)BLOCK_DASH) == 0;
}

static bool base_is(const struct block_writer *w, const struct block_base *b)
{
    const struct block_split *s = &w->split;
    const struct block_name_row *names = w->names.at;

    if (b->part_count != s->part_count || b->slots != s->slot_count || b->fold != s->fold ||
        !span_eq(b->key, buf_span(&s->key)))
        return false;
    for (uint32_t i = 0; i < s->part_count; i++) {
        const struct block_part *p = &s->parts[i], *q = &b->parts[i].part;

        if (!kinds_fit(q, p) || q->first != p->first || q->from != p->from || q->last != p->last ||
            q->to != p->to ||
            (b->parts[i].name != BLOCK_NONE &&
             !span_eq(names[b->parts[i].name].text, s->rec.fields[p->field].name)))
            return false;
    }
    return true;
}

static bool base_fill(struct block_writer *w, struct block_base *b)
{
    const struct block_split *s = &w->split;

    *b = (struct block_base){ .slots = s->slot_count, .partial = s->partial, .fold = s->fold };
    b->key = arena_span(&w->kept, buf_span(&s->key));
    b->parts = arena_array(&w->kept, s->part_count > 0 ? s->part_count : 1, sizeof(*b->parts));
    if (b->key.p == NULL || b->parts == NULL)
        return false;
    for (uint32_t i = 0; i < s->part_count; i++) {
        uint32_t name = s->parts[i].kind < BLOCK_KINDS || (s->parts[i].kind & BLOCK_DASH) != 0
                            ? path_id(w, s->parts[i].field)
                            : BLOCK_NONE;

        b->parts[i] = (struct block_base_part){ name, s->parts[i] };
        b->partial |= name == BLOCK_NONE;
    }
    b->part_count = s->part_count;
    return !arena_failed(&w->kept);
}

uint32_t block_shape_base(struct block_writer *w)
{
    const struct block_split *s = &w->split;
    uint64_t hash = XXH3_64bits(s->key.p, s->key.n);
    uint32_t *head = &w->base_heads[block_place(w, hash, COUNT_OF(w->base_heads))];
    struct block_base *b;

    for (uint32_t i = *head; i > 0; i = b->next) {
        b = &block_bases(w)[i - 1];
        if (b->hash != hash || !base_is(w, b))
            continue;
        for (uint32_t k = 0; k < b->part_count; k++)
            b->parts[k].part.kind |= s->parts[k].kind & BLOCK_DASH;
        b->partial |= s->partial;
        return i - 1;
    }
    if (w->columns + s->slot_count > BLOCK_COLUMNS_MAX / 2 && s->part_count > 0)
        return BLOCK_NONE;
    if (!block_array_room(&w->bases, 1, sizeof(*b)))
        return BLOCK_NONE;
    b = &block_bases(w)[w->bases.count];
    if (!base_fill(w, b))
        return BLOCK_NONE;
    w->columns += b->slots;
    b->hash = hash;
    b->next = *head;
    *head = (uint32_t)++w->bases.count;
    return *head - 1;
}

/* --- Templates ------------------------------------------------------------------------------ */

#define TEXTS_LATE 4u

struct template
{
    uint64_t hash;
    struct span literals; /* in writer.mem, as `ways` */
    const uint8_t *ways;  /* cuts of them */
    uint32_t cuts, rows, next;
};

/* The cut of one row's text. */
struct text_cut {
    uint32_t first, template; /* in writer.text_cuts; + 1, 0: whole */
};

struct texts {
    uint32_t count;
    uint32_t slot[BLOCK_TEXTS];
    uint8_t of[LIMIT_FIELDS]; /* by slot: which text it is, BLOCK_TEXTS: none */
    struct block_array templates[BLOCK_TEXTS];
    struct text_cut *cuts; /* by row of the base, BLOCK_TEXTS each */
    uint32_t heads[BLOCK_TEXTS][256];
    uint32_t late[BLOCK_TEXTS][TEXTS_LATE]; /* templates, + 1; the last that was seen first */
    uint32_t made_heads[256];
};

static struct span slot_value(const struct block_writer *w, const struct block_row *r,
                              uint32_t slot)
{
    const struct block_cut *cells = w->cells.at;

    return block_cut_span(w, cells[r->cell + slot]);
}

/* Slots that hold texts, by up to 16 rows; times are none. */
static void choose_texts(const struct block_writer *w, const struct block_base *b,
                         const uint32_t *rows, uint32_t count, struct texts *t)
{
    uint32_t step = count / 16 + 1;
    uint8_t pattern[BLOCK_FORM_TEXT_MAX];
    size_t sizes[BLOCK_TEXTS];

    for (uint32_t slot = 0; slot < b->slots; slot++) {
        uint32_t texts = 0, seen = 0, at;
        size_t size = 0;
        struct block_form form;
        struct span v = slot_value(w, &block_rows(w)[rows[0]], slot);

        for (uint32_t i = 0; i < count; i += step, seen++) {
            struct span s = slot_value(w, &block_rows(w)[rows[i]], slot);

            texts += block_text_is(s);
            size += s.n;
        }
        if (texts * 2 <= seen || block_form_guess(&form, &v, 1, pattern))
            continue;
        for (at = t->count; at > 0 && sizes[at - 1] < size; at--) {
            if (at < BLOCK_TEXTS) {
                sizes[at] = sizes[at - 1];
                t->slot[at] = t->slot[at - 1];
            }
        }
        if (at < BLOCK_TEXTS) {
            sizes[at] = size;
            t->slot[at] = slot;
            t->count += t->count < BLOCK_TEXTS;
        }
    }
}

static uint32_t template_id(struct block_writer *w, struct texts *t, uint32_t text, uint32_t cuts,
                            const uint8_t *ways)
{
    struct span key = buf_span(&w->scratch);
    uint64_t hash = XXH3_64bits(key.p, key.n);
    uint32_t *head = &t->heads[text][block_place(w, hash, COUNT_OF(t->heads[text]))];
    struct template *all = t->templates[text].at;

    for (uint32_t i = *head; i > 0; i = all[i - 1].next) {
        if (all[i - 1].hash == hash && span_eq(all[i - 1].literals, key))
            return i;
    }
    if (!block_array_room(&t->templates[text], 1, sizeof(*all)))
        return 0;
    all = t->templates[text].at;
    all[t->templates[text].count] = (struct template){
        .hash = hash,
        .literals = arena_span(&w->mem, key),
        .ways = arena_span(&w->mem, (struct span){ ways, cuts }).p,
        .cuts = cuts,
        .next = *head,
    };
    if (arena_failed(&w->mem))
        return 0;
    *head = (uint32_t)++t->templates[text].count;
    return *head;
}

/* As one of the templates that texts had of late: most are. 0: as none of them. */
static uint32_t template_expected(const struct texts *t, uint32_t text, struct span value,
                                  struct block_cut *cuts)
{
    const struct template *all = t->templates[text].at;

    for (uint32_t i = 0; i < TEXTS_LATE && t->late[text][i] > 0; i++) {
        const struct template *m = &all[t->late[text][i] - 1];

        if (block_text_like(value, m->literals, m->cuts, m->ways, cuts))
            return t->late[text][i];
    }
    return 0;
}

/* To the front of those of late. */
static void template_seen(struct texts *t, uint32_t text, uint32_t id)
{
    uint32_t *late = t->late[text], at = 0;

    while (at + 1 < TEXTS_LATE && late[at] != id)
        at++;
    for (; at > 0; at--)
        late[at] = late[at - 1];
    late[0] = id;
}

static uint32_t cut_anew(struct block_writer *w, struct texts *t, uint32_t text, struct span value,
                         struct block_cut *cuts)
{
    uint8_t ways[BLOCK_TEXT_CUTS];
    uint32_t count = block_text_cut(value, cuts, ways), at = 0;

    if (count > BLOCK_TEXT_CUTS)
        return 0;
    buf_clear(&w->scratch);
    for (uint32_t i = 0; i < count; i++) {
        block_put_text(&w->scratch, (struct span){ value.p + at, cuts[i].at - at });
        at = cuts[i].at + cuts[i].n;
    }
    block_put_text(&w->scratch, span_from(value, at));
    return buf_failed(&w->scratch) ? 0 : template_id(w, t, text, count, ways);
}

static struct text_cut cut_text(struct block_writer *w, struct texts *t, uint32_t text,
                                struct span value)
{
    struct text_cut out = { (uint32_t)w->text_cuts.count, 0 };
    struct block_cut *cuts;
    struct template *m;

    if (!block_array_room(&w->text_cuts, BLOCK_TEXT_CUTS + 1, sizeof(*cuts)))
        return out;
    cuts = (struct block_cut *)w->text_cuts.at + w->text_cuts.count;
    out.template = template_expected(t, text, value, cuts);
    if (out.template == 0)
        out.template = cut_anew(w, t, text, value, cuts);
    if (out.template == 0)
        return out;
    template_seen(t, text, out.template);
    m = (struct template *)t->templates[text].at + (out.template - 1);
    m->rows++;
    w->text_cuts.count += m->cuts;
    return out;
}

/* Rows that a template must have. */
static uint32_t template_least(uint32_t templates, uint32_t rows)
{
    return templates <= 8 + rows / 8 ? 1 : 4;
}

/* --- Shapes --------------------------------------------------------------------------------- */

/* The shape of these texts; of whole ones where there would be too many columns. */
static uint32_t made_id(struct block_writer *w, uint32_t base, struct texts *t,
                        const uint32_t *text)
{
    static const uint32_t whole[BLOCK_TEXTS];
    uint64_t hash = XXH3_64bits(text, BLOCK_TEXTS * sizeof(*text));
    uint32_t *head = &t->made_heads[block_place(w, hash, COUNT_OF(t->made_heads))];
    struct block_made *m;

    for (uint32_t i = *head; i > 0; i = m->next) {
        m = &block_mades(w)[i - 1];
        if (memcmp(m->text, text, sizeof(m->text)) == 0) {
            m->rows++;
            return i;
        }
    }
    if (!block_array_room(&w->made, 1, sizeof(*m)))
        return 0;
    m = &block_mades(w)[w->made.count];
    *m = (struct block_made){ .base = base, .rows = 1, .next = *head };
    memcpy(m->text, text, sizeof(m->text));
    m->slots = block_bases(w)[base].slots;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct template *all = t->templates[i].at;

        m->slot[i] = t->slot[i];
        if (text[i] == 0)
            continue;
        m->literals[i] = all[text[i] - 1].literals;
        m->cuts[i] = all[text[i] - 1].cuts;
        m->slots += m->cuts[i] - 1;
    }
    if (w->columns + m->slots > BLOCK_COLUMNS_MAX && memcmp(text, whole, sizeof(whole)) != 0)
        return made_id(w, base, t, whole);
    w->columns += m->slots;
    *head = (uint32_t)++w->made.count;
    return *head;
}

void block_shape_literals(struct span key, uint32_t slots, uint32_t *sizes)
{
    for (uint32_t i = 0; i <= slots; i++)
        sizes[i] = (uint32_t)block_take_text(&key).n;
}

/* Which text of the shape slot `slot` of the base is, cut; BLOCK_TEXTS: none. */
static uint32_t text_of(const struct block_made *m, uint32_t slot)
{
    uint32_t i = 0;

    while (i < BLOCK_TEXTS && (m->text[i] == 0 || m->slot[i] != slot))
        i++;
    return i;
}

/* The key of the shape, and where the base's literals begin in it. */
static bool made_key(struct block_writer *w, struct block_made *m, struct block_cut *places)
{
    const struct block_base *b = &block_bases(w)[m->base];
    struct span key = b->key;
    struct buf *out = &w->stream, *open = &w->scratch; /* a literal that may grow */
    uint32_t slot = 0;

    buf_clear(out);
    buf_clear(open);
    for (uint32_t i = 0; i <= b->slots; i++) {
        uint32_t text = i < b->slots ? text_of(m, i) : BLOCK_TEXTS;

        places[i] = (struct block_cut){ slot, (uint32_t)open->n };
        buf_add(open, block_take_text(&key));
        if (i == b->slots)
            break;
        if (text == BLOCK_TEXTS) {
            block_put_text(out, buf_span(open));
            buf_clear(open);
            slot++;
            continue;
        }
        struct span literals = m->literals[text];

        for (uint32_t k = 0; k < m->cuts[text]; k++, slot++) {
            buf_add(open, block_take_text(&literals));
            block_put_text(out, buf_span(open));
            buf_clear(open);
        }
        buf_add(open, block_take_text(&literals));
    }
    block_put_text(out, buf_span(open));
    m->key = arena_span(&w->mem, buf_span(out));
    MUST(slot == m->slots || buf_failed(out) || buf_failed(open));
    return !buf_failed(out) && !buf_failed(open) && !arena_failed(&w->mem);
}

static bool made_fields(struct block_writer *w, struct block_made *m)
{
    const struct block_base *b = &block_bases(w)[m->base];
    struct block_cut *places = arena_array(&w->mem, b->slots + 1, sizeof(*places));

    m->fields = arena_array(&w->mem, b->part_count + 1, sizeof(*m->fields));
    m->cells = arena_room(&w->mem, (size_t)m->slots * m->rows + 1, sizeof(*m->cells));
    if (places == NULL || m->fields == NULL || m->cells == NULL || !made_key(w, m, places))
        return false;
    for (uint32_t i = 0; i < b->part_count; i++) {
        const struct block_part *p = &b->parts[i].part;

        m->fields[i] = (struct block_field){
            .name = b->parts[i].name,
            .kind = p->kind,
            .first = places[p->first].at,
            .from = places[p->first].n + p->from,
            .last = places[p->last].at,
            .to = places[p->last].n + p->to,
        };
    }
    return true;
}

/* The cells of a row. */
static void made_row(struct block_writer *w, struct block_made *m, const struct block_row *r,
                     const struct texts *t, const struct text_cut *cuts)
{
    const struct block_cut *cells = (struct block_cut *)w->cells.at + r->cell;
    const struct block_cut *text_cuts = w->text_cuts.at;
    uint32_t slots = block_bases(w)[m->base].slots, slot = 0, row = m->filled++;

    for (uint32_t i = 0; i < slots; i++) {
        uint32_t text = t->of[i];

        if (text == BLOCK_TEXTS || m->text[text] == 0) {
            m->cells[(size_t)slot++ * m->rows + row] = cells[i];
            continue;
        }
        for (uint32_t k = 0; k < m->cuts[text]; k++) {
            struct block_cut c = text_cuts[cuts[text].first + k];

            m->cells[(size_t)slot++ * m->rows + row] =
                (struct block_cut){ cells[i].at + c.at, c.n };
        }
    }
}

static void settle_row(const struct texts *t, const struct text_cut *cuts, const uint32_t *least,
                       uint32_t *text)
{
    memset(text, 0, BLOCK_TEXTS * sizeof(*text));
    for (uint32_t i = 0; i < t->count; i++) {
        const struct template *all = t->templates[i].at;
        uint32_t id = cuts[i].template;

        text[i] = id > 0 && all[id - 1].rows >= least[i] ? id : 0;
    }
}

/* The shapes of one base. */
static bool base_texts(struct block_writer *w, uint32_t base, const uint32_t *rows, uint32_t count,
                       struct texts *t)
{
    struct block_base *b = &block_bases(w)[base];
    uint32_t least[BLOCK_TEXTS] = { 0 }, text[BLOCK_TEXTS];
    size_t made = w->made.count;

    t->count = 0;
    memset(t->heads, 0, sizeof(t->heads));
    memset(t->late, 0, sizeof(t->late));
    memset(t->made_heads, 0, sizeof(t->made_heads));
    w->text_cuts.count = 0;
    for (unsigned i = 0; i < BLOCK_TEXTS; i++)
        t->templates[i].count = 0;
    if (!w->whole && b->slots < LIMIT_FIELDS)
        choose_texts(w, b, rows, count, t);
    memset(t->of, BLOCK_TEXTS, sizeof(t->of));
    for (uint32_t i = 0; i < t->count; i++)
        t->of[t->slot[i]] = (uint8_t)i;
    t->cuts = arena_room(&w->mem, (size_t)count * BLOCK_TEXTS, sizeof(*t->cuts));
    if (t->cuts == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < t->count; k++)
            t->cuts[(size_t)i * BLOCK_TEXTS + k] =
                cut_text(w, t, k, slot_value(w, &block_rows(w)[rows[i]], t->slot[k]));
    }
    for (uint32_t i = 0; i < t->count; i++)
        least[i] = template_least((uint32_t)t->templates[i].count, count);
    for (uint32_t i = 0; i < count; i++) {
        settle_row(t, &t->cuts[(size_t)i * BLOCK_TEXTS], least, text);
        block_rows(w)[rows[i]].shape = made_id(w, base, t, text) - 1;
        if (block_rows(w)[rows[i]].shape == UINT32_MAX)
            return false;
    }
    for (size_t i = made; i < w->made.count; i++) {
        if (!made_fields(w, &block_mades(w)[i]))
            return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct block_row *r = &block_rows(w)[rows[i]];

        made_row(w, &block_mades(w)[r->shape], r, t, &t->cuts[(size_t)i * BLOCK_TEXTS]);
    }
    return true;
}

bool block_shape_texts(struct block_writer *w)
{
    uint32_t rows = (uint32_t)w->rows.count, at = 0;
    uint32_t *starts = arena_array(&w->mem, w->bases.count + 1, sizeof(*starts));
    struct texts *t = arena_alloc(&w->mem, sizeof(*t));
    bool ok = true;

    w->columns = 0;
    w->order = arena_array(&w->mem, rows + 1u, sizeof(*w->order));
    if (starts == NULL || t == NULL || w->order == NULL)
        return false;
    for (uint32_t i = 0; i < rows; i++)
        starts[block_rows(w)[i].base + 1]++;
    for (size_t i = 0; i < w->bases.count; i++)
        starts[i + 1] += starts[i];
    for (uint32_t i = 0; i < rows; i++)
        w->order[starts[block_rows(w)[i].base]++] = i; /* starts are ends now */
    for (uint32_t i = 0; i < w->bases.count && ok; i++) {
        if (starts[i] > at)
            ok = base_texts(w, i, w->order + at, starts[i] - at, t);
        at = starts[i];
    }
    for (unsigned i = 0; i < BLOCK_TEXTS; i++)
        free(t->templates[i].at);
    return ok;
}
