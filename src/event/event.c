/*
 * event.c - lays names over a record, and answers for its fields.
 *
 * event_begin() is half of the hot path (the other half reads the bytes): per field it compares
 * one key with the expected one (path.h) and enters the field in the slot of its name. Nothing is
 * cleared between events: a slot counts only when its round is the event's. Everything that costs
 * more - decoding a text, computing a field, finding the time - waits until somebody asks.
 */
#include "event/event.h"

#include <stdlib.h>

#include "base/time.h"
#include "event/event_own.h"

#define EVENT_TEXT_BYTES_MAX ((size_t)LIMIT_RECORD_BYTES * 2)

int event_init(struct event *e, const struct taxonomy *t, const struct names *n, struct err *err)
{
    struct event_own *o = calloc(1, sizeof(*o));

    MUST(t->bound && n->group != NULL);
    *e = (struct event){ .names = n, .taxonomy = t, .own = o };
    if (o == NULL)
        return err_set(err, ERR_NOMEM, 0, "no memory for an event");
    arena_init(&o->mem, EVENT_TEXT_BYTES_MAX);
    e->slot = calloc(n->group_count, sizeof(*e->slot));
    e->chain = calloc(EVENT_HANDLES, sizeof(*e->chain));
    e->exact = calloc(EVENT_HANDLES, sizeof(*e->exact));
    o->last = calloc(n->group_count, sizeof(*o->last));
    o->memo = calloc(EVENT_MEMO, sizeof(*o->memo));
    o->computed_round = calloc(t->computed_count + 1, sizeof(*o->computed_round));
    o->computed_first = calloc(t->computed_count + 1, sizeof(*o->computed_first));
    if (!paths_init(&o->paths, t, n) || e->slot == NULL || e->chain == NULL || e->exact == NULL ||
        o->last == NULL || o->memo == NULL || o->computed_round == NULL ||
        o->computed_first == NULL) {
        event_release(e);
        return err_set(err, ERR_NOMEM, 0, "no memory for an event");
    }
    e->cls = &o->scratch.pub;
    return ERR_OK;
}

void event_release(struct event *e)
{
    struct event_own *o = e->own;

    if (o != NULL) {
        paths_release(&o->paths);
        arena_release(&o->mem);
        free(o->last);
        free(o->memo);
        free(o->computed_round);
        free(o->computed_first);
        free(o);
    }
    free(e->slot);
    free(e->chain);
    free(e->exact);
    *e = (struct event){ 0 };
}

void event_watch(struct event *e, struct event_watch *w)
{
    e->own->watch = w;
}

struct event_watch *event_watched(const struct event *e)
{
    return e->own->watch;
}

void event_saw_all(struct event *e)
{
    if (e->own->watch != NULL)
        e->own->watch->all = true;
}

void event_saw_text(struct event *e, struct span text)
{
    struct event_watch *w = e->own->watch;

    if (w == NULL)
        return;
    w->all |= w->patterns == EVENT_PATTERNS_MAX;
    if (!w->all)
        w->pattern[w->patterns++] = (struct event_pattern){ EVENT_NONE, EVENT_HOLDS, text };
}

void event_reference_time(struct event *e, int64_t ns)
{
    e->own->reference_ns = ns;
}

/* --- Naming --------------------------------------------------------------------------------- */

/* After 2^32 events the rounds start again: what is left of old ones must not look new. */
static void rounds_restart(struct event *e)
{
    struct event_own *o = e->own;

    memset(e->slot, 0, e->names->group_count * sizeof(*e->slot));
    memset(o->text, 0, sizeof(o->text));
    memset(o->computed_round, 0, (e->taxonomy->computed_count + 1) * sizeof(*o->computed_round));
    e->round = 1;
}

static inline void enter(struct event *e, uint32_t group, uint32_t id, uint32_t handle)
{
    struct event_slot *s = &e->slot[group];
    uint16_t last;

    e->exact[handle] = id;
    e->chain[handle] = EVENT_CHAIN_END;
    if (s->round != e->round) {
        *s = (struct event_slot){ .round = e->round, .first = (uint16_t)handle };
        return;
    }
    last = e->chain[s->first] == EVENT_CHAIN_END ? s->first : e->own->last[group];
    e->chain[last] = (uint16_t)handle;
    e->own->last[group] = (uint16_t)handle;
    if (e->exact[s->first] != id)
        s->mixed = 1;
}

static void note_disc(struct event *e, uint32_t group, uint32_t handle)
{
    struct event_own *o = e->own;
    uint8_t disc = e->taxonomy->disc_of_group[group];
    uint32_t codecs = 1u << e->rec->codec | 1u << e->rec->inner;

    if (disc == 0 || (e->taxonomy->disc[disc - 1].codecs & codecs) == 0)
        return;
    if (o->hit_count == EVENT_HITS_MAX) {
        o->hits_cut = true;
        return;
    }
    o->hits[o->hit_count++] = (struct disc_hit){ (uint16_t)handle, (uint8_t)(disc - 1) };
}

/* What only few fields have: a second name, or a say in the class. */
static void enter_more(struct event *e, const struct path_node *n, uint32_t i)
{
    uint32_t second = EVENT_NONE;

    if ((n->flags & PATH_SECOND) != 0) {
        second = event_extra(e, &e->rec->fields[i], (uint16_t)i);
        if (second != EVENT_NONE)
            enter(e, n->group[1], n->id[1], second);
    }
    if ((n->flags & PATH_DISC) != 0) {
        note_disc(e, n->group[0], i);
        if (second != EVENT_NONE)
            note_disc(e, n->group[1], second);
    }
}

/* An array has its members for values, which follow it under its name, and not its own text; but
 * one without members (empty, or nested too deep to be read) is what it is. */
static bool is_its_members(const struct rec *r, uint32_t i)
{
    const struct rec_field *f = &r->fields[i];

    return f->kind == REC_GROUP && f->value_bytes > 0 && f->value[0] == '[' && i + 1 < r->count &&
           f[1].value > f->value && f[1].value < f->value + f->value_bytes;
}

static void name_fields(struct event *e, struct rec *r)
{
    struct event_own *o = e->own;
    struct path_node *nodes = o->paths.nodes;
    uint16_t root = paths_begin(&o->paths, r), at = root;

    for (uint32_t i = 0; i < r->count; i++) {
        const struct rec_field *f = &r->fields[i];
        uint16_t parent = f->parent == REC_ROOT ? root : o->node[f->parent];
        uint16_t guess = nodes[at].next[0];
        const struct path_node *n;

        at = path_node_is(&nodes[guess], parent, f->name) ? guess
                                                          : paths_find(&o->paths, r, i, parent, at);
        o->node[i] = at;
        n = &nodes[at];
        if (n->flags == 0 || is_its_members(r, i))
            continue;
        enter(e, n->group[0], n->id[0], i);
        if (n->flags != PATH_NAMED)
            enter_more(e, n, i);
    }
}

void event_begin(struct event *e, struct rec *r)
{
    struct event_own *o = e->own;

    e->rec = r;
    if (++e->round == 0)
        rounds_restart(e);
    if (o->mem.used_bytes > 0 || arena_failed(&o->mem))
        arena_reset(&o->mem);
    o->extra_count = 0;
    o->hit_count = 0;
    o->hits_cut = false;
    if (o->watch != NULL) {
        memset(o->watch->seen, 0, r->count);
        o->watch->patterns = 0;
        o->watch->all = false;
        o->watch->time = EVENT_NONE;
    }
    name_fields(e, r);
    event_classify(e);
}

/* --- Values --------------------------------------------------------------------------------- */

static uint32_t chain_next(const struct event *e, uint32_t handle)
{
    return e->chain[handle] == EVENT_CHAIN_END ? EVENT_NONE : e->chain[handle];
}

uint32_t event_own_slow(const struct event *e, uint32_t name, uint32_t after)
{
    const struct event_slot *s = &e->slot[names_group(e->names, name)];
    bool exact = false;
    uint32_t h;

    if (s->round != e->round)
        return EVENT_NONE;
    if (s->mixed == 0)
        return after == EVENT_NONE ? s->first : chain_next(e, after);
    for (h = s->first; h != EVENT_NONE && !exact; h = chain_next(e, h))
        exact = e->exact[h] == name;
    h = after == EVENT_NONE ? s->first : chain_next(e, after);
    while (exact && h != EVENT_NONE && e->exact[h] != name)
        h = chain_next(e, h);
    return h;
}

/* The first alternative that is present, one that is not null before one that is. *own is the
 * name by which it was found, 0 when it was computed. */
static uint32_t mapped_pick(struct event *e, const struct view *v, uint32_t name, uint32_t *own)
{
    const struct source_list *list = &e->taxonomy->lists[v->map[name] - 1];
    uint32_t null = EVENT_NONE, null_name = 0;

    for (uint32_t i = 0; i <= list->count; i++) {
        const struct source s =
            i < list->count ? e->taxonomy->sources[list->first + i] : (struct source){ name, 0 };
        uint32_t h = s.name != 0 ? event_own_get(e, s.name) : event_compute(e, s.computed);

        if (h == EVENT_NONE)
            continue;
        *own = s.name;
        if (event_kind(e, h) != REC_NONE)
            return h;
        if (null == EVENT_NONE) {
            null = h;
            null_name = s.name;
        }
    }
    *own = null_name;
    return null;
}

uint32_t event_mapped_get(struct event *e, const struct view *v, uint32_t name)
{
    uint32_t own;

    return mapped_pick(e, v, name, &own);
}

uint32_t event_more(struct event *e, const struct view *v, uint32_t name, uint32_t handle)
{
    uint32_t own = name;

    MUST(handle < EVENT_HANDLES);
    if (v->map != NULL && v->map[name] != 0 && mapped_pick(e, v, name, &own) == EVENT_NONE)
        return EVENT_NONE;
    return own != 0 ? event_own_slow(e, own, handle) : chain_next(e, handle);
}

static const struct rec_field *field_of(const struct event *e, uint32_t handle)
{
    MUST(handle < LIMIT_FIELDS + e->own->extra_count);
    return handle < LIMIT_FIELDS ? &e->rec->fields[handle] : &e->own->extra[handle - LIMIT_FIELDS];
}

const struct rec_field *event_field(const struct event *e, uint32_t handle)
{
    const struct rec_field *f = field_of(e, handle);

    event_note(e, handle, EVENT_SEEN_ALL);
    return f;
}

uint16_t event_kind(const struct event *e, uint32_t handle)
{
    const struct rec_field *f = field_of(e, handle);

    event_note(e, handle, EVENT_SEEN_KIND);
    return f->kind;
}

static struct span text_of(struct event *e, uint32_t handle)
{
    const struct rec_field *f = field_of(e, handle);
    struct text_slot *t = &e->own->text[handle];

    if (f->kind == REC_TEXT)
        return f->value != NULL ? (struct span){ f->value, f->value_bytes } : SPAN_LIT("");
    if (f->kind == REC_NONE)
        return SPAN_NONE;
    if (t->round == e->round)
        return t->text;
    t->round = e->round;
    t->text = rec_text(f, &e->own->mem);
    if (t->text.p == NULL && !arena_failed(&e->own->mem))
        t->text = SPAN_LIT("");
    return t->text;
}

struct span event_text(struct event *e, uint32_t handle)
{
    event_note(e, handle, EVENT_SEEN_ALL);
    return text_of(e, handle);
}

struct span event_handed(struct event *e, uint32_t handle)
{
    event_note(e, handle, EVENT_SEEN_HANDED);
    return text_of(e, handle);
}

struct span event_name(struct event *e, uint32_t handle)
{
    uint8_t room[LIMIT_NAME_BYTES];
    uint16_t origin;

    MUST(handle < LIMIT_FIELDS + e->own->extra_count);
    if (handle >= LIMIT_FIELDS) {
        origin = e->own->origin[handle - LIMIT_FIELDS];
        if (origin == EVENT_CHAIN_END)
            return e->own->extra[handle - LIMIT_FIELDS].name;
        handle = origin;
    }
    if (e->rec->fields[handle].parent == REC_ROOT)
        return e->rec->fields[handle].name;
    return arena_span(&e->own->mem, path_text(e->rec, handle, room));
}

/* --- Time and host -------------------------------------------------------------------------- */

/* One that is no time has been looked at; one that is, is told apart. */
static void note_time(struct event *e, uint32_t handle, bool good)
{
    struct event_own *o = e->own;

    if (!good)
        event_note(e, handle, EVENT_SEEN_ALL);
    else if (o->watch != NULL)
        o->watch->time = handle < LIMIT_FIELDS ? handle : o->origin[handle - LIMIT_FIELDS];
    if (o->watch != NULL && o->watch->time == EVENT_CHAIN_END)
        o->watch->time = EVENT_NONE;
}

/* A row's own list is read through its view: a time may be joined from a date and a time of day. */
static bool time_of(struct event *e, const struct view *v, uint32_t name, int64_t *ns)
{
    uint32_t h = v != NULL ? event_get(e, v, name) : event_own_get(e, name);
    const struct rec_field *f;
    uint64_t ticks = 0;

    if (h == EVENT_NONE)
        return false;
    f = field_of(e, h);
    if (f->kind != REC_FILETIME || f->value_bytes != 8) {
        bool good = time_parse(text_of(e, h), e->own->reference_ns, ns);

        note_time(e, h, good);
        return good;
    }
    event_note(e, h, EVENT_SEEN_ALL);
    for (unsigned i = 0; i < 8; i++)
        ticks |= (uint64_t)f->value[i] << (8 * i);
    return time_from_filetime(ticks, ns);
}

bool event_time(struct event *e, int64_t *ns)
{
    const struct class_own *c = e->own->cls;

    for (uint32_t i = 0; i < c->pub.view_count; i++) {
        const struct ids *list = &e->taxonomy->rows[c->rows[i]].body.time;

        for (uint32_t k = 0; k < list->count; k++) {
            if (time_of(e, c->pub.views[i], list->id[k], ns))
                return true;
        }
    }
    for (uint32_t k = 0; k < e->taxonomy->time.count; k++) {
        if (time_of(e, NULL, e->taxonomy->time.id[k], ns))
            return true;
    }
    return false;
}

/* The handle of the first that is something, or EVENT_NONE. */
static uint32_t host_of(struct event *e, const struct view *v, const struct ids *list)
{
    for (uint32_t k = 0; k < list->count; k++) {
        uint32_t h = v != NULL ? event_get(e, v, list->id[k]) : event_own_get(e, list->id[k]);

        if (h != EVENT_NONE && event_kind(e, h) != REC_GROUP && event_handed(e, h).n > 0)
            return h;
    }
    return EVENT_NONE;
}

static uint32_t host_handle(struct event *e)
{
    const struct class_own *c = e->own->cls;
    bool own = false;

    for (uint32_t i = 0; i < c->pub.view_count; i++) {
        const struct ids *list = &e->taxonomy->rows[c->rows[i]].body.host;
        uint32_t h = host_of(e, c->pub.views[i], list);

        if (h != EVENT_NONE)
            return h;
        own |= list->count > 0;
    }
    return own ? EVENT_NONE : host_of(e, NULL, &e->taxonomy->host);
}

struct span event_host(struct event *e)
{
    uint32_t h = host_handle(e);

    return h == EVENT_NONE ? SPAN_LIT("") : event_text(e, h);
}

struct span event_host_handed(struct event *e)
{
    uint32_t h = host_handle(e);

    return h == EVENT_NONE ? SPAN_LIT("") : event_handed(e, h);
}
