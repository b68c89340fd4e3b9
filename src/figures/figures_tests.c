/*
 * figures_tests.c - see figures_own.h: a text of several slots fits patterns or does not; which
 * values of a slot may have a say in it?
 *
 * A pattern that stands in a text over some of a value has of it a part that begins where the value
 * does or the pattern does, and ends where the value does or the pattern does. If there is no such
 * part of the pattern that is made of the value's bytes, with the rest of the pattern in what
 * stands around the value, then the pattern never stands over it, whatever the value is. So such a
 * value can be any of its kind, and whether the pattern stands in the text is told by the others.
 * Values that are empty or not plain always have a say; so has every value when in doubt.
 */
#include "base/ascii.h"
#include "figures/figures_own.h"

/* What stands before or behind a slot, within its field. */
struct around {
    struct span text;
    bool ends; /* the field ends there; else another slot follows */
    bool open; /* as bytes in code it may be anything */
};

static bool is_coded(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' || s.p[i] == '&' || s.p[i] == '<' || s.p[i] >= 0x80)
            return true;
    }
    return false;
}

/* Of literal `i`, what lies in the field. */
static struct span literal_in(const struct figures *f, const struct block_field *d, uint32_t i)
{
    struct span s = block_literal(f->at->block, f->shape, i);

    if (i == d->last)
        s.n = d->to;
    return i == d->first ? span_from(s, d->from) : s;
}

/* Does a code go on behind these bytes, which begin none? */
static bool cuts_code(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        size_t more;

        if (s.p[i] != '\\')
            continue;
        more = i + 1 < s.n && s.p[i + 1] == 'u' ? 5 : 1;
        if (s.n - i - 1 < more)
            return true;
        i += more;
    }
    return false;
}

bool figures_can_test(const struct figures *f, const struct block_field *d)
{
    const unsigned kind = d->kind & ~(unsigned)BLOCK_DASH;
    size_t bytes = 0;

    if (kind != BLOCK_JSON && kind != BLOCK_TEXT)
        return false;
    for (uint32_t i = d->first; i <= d->last; i++) {
        const struct span s = literal_in(f, d, i);

        if (kind == BLOCK_JSON && cuts_code(s))
            return false;
        bytes += s.n;
    }
    return bytes > 0;
}

bool figures_note_patterns(struct figures *f, struct known *k, uint32_t field, bool *grew)
{
    for (uint32_t i = 0; i < f->watch.patterns; i++) {
        const struct event_pattern *p = &f->watch.pattern[i];
        uint32_t at = 0;

        if (p->field != field)
            continue;
        while (at < k->patterns &&
               (k->pattern[at].field != field || k->pattern[at].kind != p->kind ||
                !span_eq(k->pattern[at].text, p->text)))
            at++;
        if (at < k->patterns)
            continue;
        if (k->patterns == k->pattern_room) {
            const uint32_t room = 2 * k->pattern_room + 8;
            struct event_pattern *more = arena_array(&f->mem, room, sizeof(*more));

            if (more == NULL) {
                k->never = true;
                return false;
            }
            if (k->patterns > 0)
                memcpy(more, k->pattern, k->patterns * sizeof(*more));
            k->pattern = more;
            k->pattern_room = room;
        }
        k->pattern[k->patterns++] = *p;
        *grew = true;
    }
    return true;
}

/* --- has a value a say? --------------------------------------------------------------------- */

static bool same(uint8_t a, uint8_t b)
{
    return ascii_lower(a) == ascii_lower(b);
}

/* May the first `n` bytes of the pattern stand before the value? */
static bool fits_before(const struct around *left, struct span pattern, size_t n)
{
    const struct span s = left->text;

    if (left->open)
        return true;
    for (size_t i = 0; i < n && i < s.n; i++) {
        if (!same(s.p[s.n - 1 - i], pattern.p[n - 1 - i]))
            return false;
    }
    return n <= s.n || !left->ends;
}

static bool fits_behind(const struct around *right, struct span rest)
{
    const struct span s = right->text;

    if (right->open)
        return true;
    for (size_t i = 0; i < rest.n && i < s.n; i++) {
        if (!same(s.p[i], rest.p[i]))
            return false;
    }
    return rest.n <= s.n || !right->ends;
}

/* May the pattern stand over some of a value made of these bytes? */
static bool may_stand(const struct event_pattern *p, const bool set[256], const struct around *left,
                      const struct around *right)
{
    const struct span t = p->text;
    const bool first = p->kind == EVENT_STARTS || p->kind == EVENT_IS;

    for (size_t from = 0; from < t.n; from++) {
        if (!fits_before(left, t, from) ||
            (first && left->ends && !left->open && from != left->text.n))
            continue;
        for (size_t to = from; to < t.n; to++) {
            if (!set[t.p[to]] && !(ascii_is_alpha(t.p[to]) && set[t.p[to] ^ 0x20]))
                break;
            if (fits_behind(right, span_from(t, to + 1)))
                return true;
        }
    }
    return false;
}

static bool has_say(const struct figures *f, const struct known *k, uint32_t slot,
                    const bool set[256])
{
    const struct block_field d = block_field(f->at->block, f->shape, k->field[slot]);
    struct around left = { literal_in(f, &d, slot), slot == d.first, false };
    struct around right = { literal_in(f, &d, slot + 1), slot + 1 == d.last, false };

    left.open = is_coded(left.text);
    right.open = is_coded(right.text);
    for (uint32_t i = 0; i < k->patterns; i++) {
        const struct event_pattern *p = &k->pattern[i];

        if (p->field == k->field[slot] && may_stand(p, set, &left, &right))
            return true;
    }
    return false;
}

/* --- classes -------------------------------------------------------------------------------- */

static bool plain_set(const bool set[256])
{
    for (unsigned c = 0; c < 256; c++) {
        if (set[c] && (c < ' ' || c >= 0x80 || c == '\\' || c == '&' || c == '<'))
            return false;
    }
    return true;
}

static void set_of(struct span v, bool set[256])
{
    for (size_t i = 0; i < v.n; i++)
        set[v.p[i]] = true;
}

static bool value_has_say(const struct figures *f, const struct known *k, uint32_t slot,
                          struct span v)
{
    bool set[256] = { false };

    set_of(v, set);
    return v.n == 0 || !plain_set(set) || has_say(f, k, slot, set);
}

static bool classify(struct figures *f, const struct known *k, uint32_t slot)
{
    struct slot_values *v = &f->values[slot];
    uint32_t class = 1;

    v->class = arena_array(&f->block, v->is.count, sizeof(*v->class));
    for (uint32_t i = 0; i < v->is.count && v->class != NULL; i++) {
        if (value_has_say(f, k, slot, v->is.text[i]))
            v->class[i] = class ++;
    }
    v->classes = class;
    return v->class != NULL;
}

int figures_test_values(struct figures *f, const struct known *k, uint32_t slot, bool *good,
                        struct err *e)
{
    struct slot_values *v = &f->values[slot];
    bool set[256] = { false }, some = false;
    int rc;

    if (!k->answers[slot] && block_number_bytes(f->at->block, f->shape, slot, set) &&
        plain_set(set) && !has_say(f, k, slot, set))
        return ERR_OK;
    rc = block_distinct(f->at->block, f->shape, slot, block_shape(f->at->block, f->shape).rows,
                        &v->is, e);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < v->is.count; i++) {
        some |= v->is.text[i].n == 0;
        set_of(v->is.text[i], set);
    }
    *good = v->is.count > 0 && !set['\\']; /* a code may go on behind it */
    if (*good && (some || !plain_set(set) || has_say(f, k, slot, set)))
        *good = classify(f, k, slot);
    return ERR_OK;
}

/* --- the whole record ------------------------------------------------------------------------- */

/* What is looked for in values, as their texts are, and in the record, as it stands: plain values
 * between literals are the same in both. */
bool figures_can_test_whole(const struct figures *f)
{
    const struct block_shape s = block_shape(f->at->block, f->shape);
    size_t bytes = (size_t)s.slots * BLOCK_NUMBER_TEXT;

    for (uint32_t i = 0; i < s.fields; i++) {
        const struct block_field d = block_field(f->at->block, f->shape, i);
        const unsigned kind = d.kind & ~(unsigned)BLOCK_DASH;

        if (kind == BLOCK_XML || kind == BLOCK_QUOTED || kind == BLOCK_HEX)
            return false;
        for (uint32_t k = d.first; k <= d.last; k++) {
            if (kind == BLOCK_JSON && cuts_code(literal_in(f, &d, k)))
                return false;
        }
    }
    for (uint32_t i = 0; i <= s.slots; i++)
        bytes += block_literal(f->at->block, f->shape, i).n;
    return bytes <= LIMIT_EVENT_BYTES;
}

static bool whole_has_say(const struct figures *f, const struct known *k, uint32_t slot,
                          const bool set[256])
{
    struct around left = { block_literal(f->at->block, f->shape, slot), slot == 0, false };
    struct around right = { block_literal(f->at->block, f->shape, slot + 1), slot + 1 == k->slots,
                            false };

    left.open = is_coded(left.text);
    right.open = is_coded(right.text);
    for (uint32_t i = 0; i < k->patterns; i++) {
        if (k->pattern[i].field == EVENT_NONE && may_stand(&k->pattern[i], set, &left, &right))
            return true;
    }
    return false;
}

static bool is_bare(uint8_t kind)
{
    const unsigned is = kind & ~(unsigned)BLOCK_DASH;

    return is == BLOCK_BARE || is == BLOCK_NUMBER;
}

static bool value_has_whole_say(const struct figures *f, const struct known *k, uint32_t slot,
                                struct span v)
{
    bool set[256] = { false };

    set_of(v, set);
    return v.n == 0 || !plain_set(set) ||
           (is_bare(k->kind[slot]) && !figures_is_plain(v, k->kind[slot])) ||
           whole_has_say(f, k, slot, set);
}

/* None makes a record longer than is looked into, where figures_can_test_whole(). */
static bool all_short(const struct block_distinct *d)
{
    for (uint32_t i = 0; i < d->count; i++) {
        if (d->text[i].n > BLOCK_NUMBER_TEXT)
            return false;
    }
    return true;
}

int figures_whole_values(struct figures *f, const struct known *k, uint32_t slot, bool *good,
                         struct err *e)
{
    struct slot_values *v = &f->values[slot];
    bool set[256] = { false }, some = false;
    int rc = ERR_OK;

    if (k->role[slot] == SLOT_KEY) {
        *good = all_short(&v->is);
        return ERR_OK;
    }
    if (block_number_bytes(f->at->block, f->shape, slot, set) && plain_set(set) &&
        !whole_has_say(f, k, slot, set) &&
        (!is_bare(k->kind[slot]) || figures_numbers_plain(f, slot, k->kind[slot])))
        return ERR_OK;
    if (v->is.count == 0)
        rc = block_distinct(f->at->block, f->shape, slot, block_shape(f->at->block, f->shape).rows,
                            &v->is, e);
    if (rc != ERR_OK)
        return rc;
    memset(set, 0, sizeof(set));
    for (uint32_t i = 0; i < v->is.count; i++) {
        some |= v->is.text[i].n == 0 ||
                (is_bare(k->kind[slot]) && !figures_is_plain(v->is.text[i], k->kind[slot]));
        set_of(v->is.text[i], set);
    }
    *good = v->is.count > 0 && !set['\\'] && all_short(&v->is); /* a code may go on behind it */
    if (!*good || (!some && plain_set(set) && !whole_has_say(f, k, slot, set)))
        return ERR_OK;
    if (v->class == NULL) {
        v->class = arena_array(&f->block, v->is.count, sizeof(*v->class));
        v->classes = 1;
    }
    *good = v->class != NULL;
    for (uint32_t i = 0; i < v->is.count && *good; i++) {
        if (v->class[i] == 0 && value_has_whole_say(f, k, slot, v->is.text[i]))
            v->class[i] = v->classes++;
    }
    return ERR_OK;
}
