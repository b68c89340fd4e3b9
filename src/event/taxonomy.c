/*
 * taxonomy.c - loads the files, binds rows to name ids, and makes classes.
 *
 * Binding happens once all names are known: overlays are laid over the rows that they are for
 * (each pair becomes a row of its own, right before the row), and the field rules of each row
 * become an array from name id to source list, so that event_get() is one load per question.
 *
 * A class is the list of rows that apply to an event. There are far fewer classes than kinds of
 * discriminator values, so the table is keyed by the rows, not by the values; event.c remembers
 * values -> class per thread. The table is bounded; what does not fit any more is built in the
 * caller's scratch each time: slower, not wrong.
 */
#include "event/taxonomy_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "event/about.h"
#include "os/file.h"

#define TAXONOMY_BYTES_MAX ((size_t)64 * 1024 * 1024)

bool taxonomy_room(void **array, uint32_t count, uint32_t *cap, size_t each)
{
    uint32_t want = *cap == 0 ? 16 : *cap * 2;
    void *p;

    if (count < *cap)
        return true;
    p = realloc(*array, want * each);
    if (p == NULL)
        return false;
    *array = p;
    *cap = want;
    return true;
}

uint16_t taxonomy_list(struct taxonomy *t, uint32_t first, uint32_t count)
{
    if (t->list_count >= UINT16_MAX - 1 ||
        !taxonomy_room((void **)&t->lists, t->list_count, &t->list_cap, sizeof(*t->lists)))
        return 0;
    t->lists[t->list_count++] = (struct source_list){ first, count };
    return (uint16_t)t->list_count;
}

/* --- Life ----------------------------------------------------------------------------------- */

int taxonomy_new(struct taxonomy **out, struct err *e)
{
    struct taxonomy *t = calloc(1, sizeof(*t));

    *out = NULL;
    if (t == NULL)
        return err_set(e, ERR_NOMEM, 0, "no memory for the taxonomy");
    arena_init(&t->mem, TAXONOMY_BYTES_MAX);
    t->classes = calloc(1, sizeof(*t->classes));
    if (t->classes == NULL) {
        free(t);
        return err_set(e, ERR_NOMEM, 0, "no memory for the taxonomy");
    }
    arena_init(&t->classes->mem, TAXONOMY_BYTES_MAX);
    MUST(pthread_mutex_init(&t->classes->lock, NULL) == 0);
    *out = t;
    return ERR_OK;
}

void taxonomy_free(struct taxonomy **tp)
{
    struct taxonomy *t = *tp;

    *tp = NULL;
    if (t == NULL)
        return;
    arena_release(&t->classes->mem);
    MUST(pthread_mutex_destroy(&t->classes->lock) == 0);
    free(t->classes);
    arena_release(&t->mem);
    free(t->rows);
    free(t->overlays);
    free(t->sources);
    free(t->lists);
    free(t->computed);
    free(t->aliases);
    free(t->strip);
    free(t->time.id);
    free(t->host.id);
    free(t->disc_of_group);
    free(t);
}

int taxonomy_add(struct taxonomy *t, struct span file, struct span yaml, struct names *n,
                 struct err *e)
{
    int rc = taxonomy_read(t, file, yaml, n, e);

    t->print = XXH3_64bits_withSeed(yaml.p, yaml.n, t->print);
    t->names_end = n->count;
    return rc;
}

/* --- Files ---------------------------------------------------------------------------------- */

static bool is_yaml(struct span name)
{
    return name.p[0] != '.' &&
           (span_ends(name, SPAN_LIT(".yaml")) || span_ends(name, SPAN_LIT(".yml")));
}

static void on_fault(void *arg, const char *path, const char *why)
{
    struct err *e = arg;

    if (e->code == ERR_OK)
        (void)err_set(e, ERR_IO, 0, "%.140s: %s", path, why);
}

static int load_file(struct taxonomy *t, struct buf *room, const char *path, struct names *n,
                     struct err *e)
{
    int rc = file_read(path, TAXONOMY_FILE_BYTES, room, e);

    return rc == ERR_OK ? taxonomy_read(t, span_of(path), buf_span(room), n, e) : rc;
}

/* What findings say of every event (about.h), whether a row or rule asks for it or not. */
static int add_about(struct names *n, struct err *e)
{
    static const char *const about[] = {
#define X(name, kind, with) name,
        ABOUT_TABLE(X)
#undef X
    };

    for (size_t i = 0; i < COUNT_OF(about); i++) {
        if (names_add(n, span_of(about[i])) == 0)
            return err_set(e, ERR_NOMEM, 0, "no memory for the names of fields");
    }
    return ERR_OK;
}

int taxonomy_load(struct taxonomy **out, const char *dir, struct names *n, struct err *e)
{
    struct taxonomy *t = NULL;
    struct err fault = { 0 };
    struct file_walk walk = { is_yaml, on_fault, &fault };
    struct file_list files;
    struct buf room;
    int rc = taxonomy_new(&t, e);

    *out = NULL;
    files_init(&files);
    buf_init(&room, 2 * (size_t)TAXONOMY_FILE_BYTES);
    if (rc == ERR_OK)
        rc = files_add(&files, dir, &walk, e);
    if (rc == ERR_OK && fault.code != ERR_OK)
        rc = err_set(e, fault.code, 0, "%s", fault.why);
    if (rc == ERR_OK && files.count == 0)
        rc = err_set(e, ERR_NOTFOUND, 0, "%s: no *.yaml file of a taxonomy in it", dir);
    for (size_t i = 0; rc == ERR_OK && i < files.count; i++)
        rc = load_file(t, &room, files_path(&files, i), n, e);
    if (rc == ERR_OK)
        rc = add_about(n, e);
    files_release(&files);
    buf_release(&room);
    if (rc == ERR_OK) {
        *out = t;
        t = NULL;
    }
    taxonomy_free(&t);
    return rc;
}

/* --- Binding -------------------------------------------------------------------------------- */

static bool tags_meet(const struct tag_set *want, const struct tag_set *have)
{
    for (uint32_t i = 0; i < want->count; i++) {
        for (uint32_t k = 0; k < have->count; k++) {
            if (span_eq_nocase(want->value[i], have->value[k]))
                return true;
        }
    }
    return want->count == 0;
}

/* The overlay's sources of a name come after the row's own. 0 when there is no room. */
static uint16_t append_lists(struct taxonomy *t, uint16_t a, uint16_t b)
{
    struct source_list x = t->lists[a - 1], y = t->lists[b - 1];
    uint32_t first = t->source_count;

    for (uint32_t i = 0; i < x.count + y.count; i++) {
        struct source s = t->sources[i < x.count ? x.first + i : y.first + (i - x.count)];

        if (t->source_count == TAXONOMY_SOURCES_MAX ||
            !taxonomy_room((void **)&t->sources, t->source_count, &t->source_cap,
                           sizeof(*t->sources)))
            return 0;
        t->sources[t->source_count++] = s;
    }
    return taxonomy_list(t, first, x.count + y.count);
}

static bool lay_rules(struct taxonomy *t, struct row_body *b, const struct row_body *over)
{
    struct field_rule *rules =
        arena_array(&t->mem, b->rule_count + over->rule_count + 1, sizeof(*rules));
    uint32_t count = b->rule_count;

    if (rules == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        rules[i] = b->rules[i];
    for (uint32_t i = 0; i < over->rule_count; i++) {
        uint32_t k = 0;

        while (k < b->rule_count && rules[k].name != over->rules[i].name)
            k++;
        if (k == b->rule_count) {
            rules[count++] = over->rules[i];
            continue;
        }
        rules[k].list = append_lists(t, rules[k].list, over->rules[i].list);
        if (rules[k].list == 0)
            return false;
    }
    b->rules = rules;
    b->rule_count = count;
    return true;
}

/* A row as the overlay shows it. */
static bool lay_over(struct taxonomy *t, struct row *r, const struct overlay *o)
{
    r->extra = o->body.when;
    if (o->body.time.count > 0)
        r->body.time = o->body.time;
    if (o->body.host.count > 0)
        r->body.host = o->body.host;
    if (o->body.lacks.count > 0)
        r->body.lacks = o->body.lacks;
    return lay_rules(t, &r->body, &o->body);
}

static int bind_overlays(struct taxonomy *t, struct err *e)
{
    struct row *old = t->rows;
    uint32_t count = t->row_count;
    int rc = ERR_OK;

    t->rows = NULL;
    t->row_count = t->row_cap = 0;
    for (uint32_t i = 0; rc == ERR_OK && i < count; i++) {
        for (uint32_t k = 0; k <= t->overlay_count; k++) {
            const struct overlay *o = k < t->overlay_count ? &t->overlays[k] : NULL;
            struct row r = old[i];

            if (o != NULL && (!tags_meet(&o->body.product, &r.view.product) ||
                              !tags_meet(&o->body.category, &r.view.category) ||
                              !tags_meet(&o->body.service, &r.view.service)))
                continue;
            r.base = i;
            if ((o != NULL && !lay_over(t, &r, o)) || t->row_count >= TAXONOMY_ROWS_MAX * 2 ||
                !taxonomy_room((void **)&t->rows, t->row_count, &t->row_cap, sizeof(*t->rows))) {
                rc = err_set(e, ERR_LIMIT, 0, "too many rows and overlays, or no memory");
                break;
            }
            t->rows[t->row_count++] = r;
        }
    }
    free(old);
    return rc;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Sets view.map: names of the same fold group first, the exact ones over them. */
static bool bind_map(struct taxonomy *t, struct row *r, const struct names *n)
{
    uint16_t *map;

    if (r->body.rule_count == 0)
        return true;
    map = arena_array(&t->mem, n->count, sizeof(*map));
    if (map == NULL)
        return false;
    for (uint32_t i = 0; i < r->body.rule_count; i++) {
        for (uint32_t id = 1; id < n->count; id++) {
            if (n->group[id] == n->group[r->body.rules[i].name])
                map[id] = r->body.rules[i].list;
        }
    }
    for (uint32_t i = 0; i < r->body.rule_count; i++)
        map[r->body.rules[i].name] = r->body.rules[i].list;
    r->view.map = map;
    return true;
}

static bool bind_lacks(struct taxonomy *t, struct row *r, const struct names *n)
{
    uint32_t *ids, count = 0;

    if (r->body.lacks.count == 0)
        return true;
    ids = arena_array(&t->mem, n->count, sizeof(*ids));
    if (ids == NULL)
        return false;
    for (uint32_t id = 1; id < n->count; id++) {
        for (uint32_t i = 0; i < r->body.lacks.count; i++) {
            if (n->group[id] == n->group[r->body.lacks.id[i]]) {
                ids[count++] = id;
                break;
            }
        }
    }
    qsort(ids, count, sizeof(*ids), by_number);
    r->view.lacks = ids;
    r->view.lacks_count = count;
    return true;
}

/* Longest first, so that the first that fits is the most specific. */
static int by_length(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    return x->n == y->n ? span_cmp(*x, *y) : x->n > y->n ? -1 : 1;
}

static void bind_patterns(struct disc *d, const struct test *x, uint32_t codecs)
{
    for (uint32_t k = 0; k < x->count; k++) {
        for (uint32_t i = 0; i < d->pattern_count; i++) {
            if (d->pattern_kind[i] == x->kind[k] && span_eq_nocase(d->pattern[i], x->text[k]))
                d->pattern_codecs[i] |= codecs;
        }
    }
}

/* Tests ask the discriminator that stands for theirs, which learns in whose records it matters. */
static void bind_tests(struct taxonomy *t, struct test_all *all, const uint8_t *number)
{
    uint32_t codecs = all->codecs == 0 ? UINT32_MAX : all->codecs;

    for (uint32_t k = 0; k < all->count; k++) {
        struct test *x = &all->tests[k];

        x->disc = number[x->disc];
        t->disc[x->disc].codecs |= codecs;
        bind_patterns(&t->disc[x->disc], x, codecs);
    }
}

/* Two discriminators of one fold group (EventID, eventid) look at the same fields; both get the
 * stronger mode and the number of the first is what event.c reports, so they are merged here. */
static void bind_discs(struct taxonomy *t, const struct names *n)
{
    uint8_t number[TAXONOMY_DISC_MAX];

    for (uint32_t i = 0; i < t->disc_count; i++) {
        uint8_t *slot = &t->disc_of_group[n->group[t->disc[i].name]];

        if (*slot == 0) {
            *slot = (uint8_t)(i + 1);
        } else {
            struct disc *first = &t->disc[*slot - 1];

            /* Patterns of both would have to be joined; by value is always right. */
            first->mode = BY_VALUE;
        }
        number[i] = (uint8_t)(*slot - 1);
    }
    for (uint32_t i = 0; i < t->row_count; i++) {
        const struct condition *both[] = { &t->rows[i].body.when, &t->rows[i].extra };

        for (size_t c = 0; c < COUNT_OF(both); c++) {
            for (uint32_t a = 0; a < both[c]->count; a++)
                bind_tests(t, &both[c]->any[a], number);
        }
    }
}

int taxonomy_bind(struct taxonomy *t, const struct names *n, struct err *e)
{
    int rc;

    MUST(!t->bound && n->group != NULL);
    t->disc_of_group = calloc(n->group_count, 1);
    if (t->disc_of_group == NULL)
        return err_set(e, ERR_NOMEM, 0, "no memory for the taxonomy");
    rc = bind_overlays(t, e);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < t->row_count; i++) {
        t->rows[i].view.id = i;
        if (!bind_map(t, &t->rows[i], n) || !bind_lacks(t, &t->rows[i], n))
            return err_set(e, ERR_NOMEM, 0, "no memory for the taxonomy");
    }
    bind_discs(t, n);
    if (t->strip_count > 0)
        qsort(t->strip, t->strip_count, sizeof(*t->strip), by_length);
    t->bound = true;
    return ERR_OK;
}

/* --- Reading -------------------------------------------------------------------------------- */

uint64_t taxonomy_reading(const struct taxonomy *t, const struct names *n, const struct span *names,
                          uint32_t count)
{
    bool *matters = calloc(n->group_count, sizeof(*matters)); /* groups with one of the names */
    uint64_t hash = t->print;

    MUST(t->bound && t->names_end <= n->count);
    if (matters == NULL)
        return 0;
    for (uint32_t id = 1; id < t->names_end; id++)
        matters[names_group(n, id)] = true;
    for (uint32_t i = 0; i < count; i++)
        matters[names_find_group(n, names[i])] = true;
    for (uint32_t id = 1; id < n->count; id++) {
        if (matters[names_group(n, id)])
            hash = XXH3_64bits_withSeed(n->text[id].p, n->text[id].n, hash + n->text[id].n);
    }
    free(matters);
    return hash != 0 ? hash : 1;
}

/* --- Views ---------------------------------------------------------------------------------- */

uint32_t taxonomy_view_count(const struct taxonomy *t)
{
    return t->row_count;
}

const struct view *taxonomy_view(const struct taxonomy *t, uint32_t id)
{
    MUST(id < t->row_count);
    return &t->rows[id].view;
}

static bool set_has(const struct tag_set *set, struct span tag)
{
    if (tag.n == 0)
        return true;
    for (uint32_t i = 0; i < set->count; i++) {
        if (span_eq_nocase(set->value[i], tag))
            return true;
    }
    return false;
}

bool view_has_tags(const struct view *v, struct span product, struct span category,
                   struct span service)
{
    return set_has(&v->product, product) && set_has(&v->category, category) &&
           set_has(&v->service, service);
}

bool view_lacks(const struct view *v, uint32_t name)
{
    uint32_t low = 0, high = v->lacks_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (v->lacks[mid] == name)
            return true;
        if (v->lacks[mid] < name)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

bool taxonomy_computes(const struct taxonomy *t, uint32_t name)
{
    for (uint32_t i = 0; i < t->row_count; i++) {
        const uint16_t *map = t->rows[i].view.map;
        const struct source_list *list;

        if (map == NULL || map[name] == 0)
            continue;
        list = &t->lists[map[name] - 1];
        for (uint32_t k = 0; k < list->count; k++) {
            if (t->sources[list->first + k].name == 0)
                return true;
        }
    }
    return false;
}

/* --- Names of paths ------------------------------------------------------------------------- */

/* What is left of `path` behind the prefix, where '*' stands for one component; n == 0: no. */
static struct span strip_prefix(struct span path, struct span prefix)
{
    size_t i = 0;

    for (size_t k = 0; k < prefix.n; k++) {
        if (prefix.p[k] == '*' && (k == 0 || prefix.p[k - 1] == '.')) {
            i += span_find(span_from(path, i), '.');
        } else if (i < path.n && path.p[i] == prefix.p[k]) {
            i++;
        } else {
            return SPAN_NONE;
        }
    }
    return span_from(path, i);
}

/* How converters of Windows events to JSON write an attribute and an element's own text. */
static const struct {
    struct span from, to;
} joints[] = {
    { { (const uint8_t *)".#attributes.", 13 }, { (const uint8_t *)"_", 1 } },
    { { (const uint8_t *)"_attributes.", 12 }, { (const uint8_t *)"_", 1 } },
    { { (const uint8_t *)".@", 2 }, { (const uint8_t *)"_", 1 } },
    { { (const uint8_t *)".#text", 6 }, { (const uint8_t *)"", 0 } },
};

static struct span join_attributes(struct span s, uint8_t *room)
{
    for (size_t i = 0; i < COUNT_OF(joints); i++) {
        const uint8_t *at = memmem(s.p, s.n, joints[i].from.p, joints[i].from.n);
        size_t head, tail;

        if (at == NULL)
            continue;
        head = (size_t)(at - s.p);
        tail = s.n - head - joints[i].from.n;
        memcpy(room, s.p, head);
        memcpy(room + head, joints[i].to.p, joints[i].to.n);
        memcpy(room + head + joints[i].to.n, at + joints[i].from.n, tail);
        return (struct span){ room, head + joints[i].to.n + tail };
    }
    return s;
}

struct span taxonomy_short_name(const struct taxonomy *t, uint32_t codecs, struct span path,
                                uint8_t *room)
{
    for (uint32_t i = 0; i < t->alias_count; i++) {
        const struct alias *a = &t->aliases[i];

        if (span_eq(a->path, path) && (a->codecs == 0 || (a->codecs & codecs) != 0))
            return a->name;
    }
    for (uint32_t i = 0; i < t->strip_count; i++) {
        struct span rest = strip_prefix(path, t->strip[i]);

        if (rest.n > 0)
            return join_attributes(rest, room);
    }
    return SPAN_NONE;
}

/* --- Classes -------------------------------------------------------------------------------- */

#define STRIDE 32u

/* Whether `part`'s first and last byte may stand in their distance at one of STRIDE places; bit 5
 * is left out, so letters have no case here and some other bytes look alike. Without branches, so
 * that compilers do all places at once. */
static bool may_begin(const uint8_t *text, struct span part)
{
    uint8_t first = (uint8_t)(part.p[0] | 0x20), last = (uint8_t)(part.p[part.n - 1] | 0x20),
            any = 0;

    for (size_t i = 0; i < STRIDE; i++)
        any |= (uint8_t)(((text[i] | 0x20) == first) & ((text[i + part.n - 1] | 0x20) == last));
    return any != 0;
}

/* Does the part stand at one of the places in [from, to)? */
static bool stands_at(struct span text, struct span part, size_t from, size_t to)
{
    uint8_t first = part.p[0] | 0x20, last = part.p[part.n - 1] | 0x20;

    for (size_t i = from; i < to; i++) {
        if ((text.p[i] | 0x20) == first && (text.p[i + part.n - 1] | 0x20) == last &&
            span_eq_nocase((struct span){ text.p + i, part.n }, part))
            return true;
    }
    return false;
}

static bool contains_nocase(struct span text, struct span part)
{
    size_t places;

    if (part.n == 0 || part.n > text.n)
        return part.n == 0;
    places = text.n - part.n + 1;
    if (places < STRIDE)
        return stands_at(text, part, 0, places);
    for (size_t i = 0; i < places; i += STRIDE) {
        size_t from = i + STRIDE <= places ? i : places - STRIDE; /* the last ones, some again */

        if (may_begin(text.p + from, part) && stands_at(text, part, from, from + STRIDE))
            return true;
    }
    return false;
}

bool pattern_holds(enum test_kind kind, struct span pattern, struct span text)
{
    switch (kind) {
    case TEST_EQ:
        return span_eq_nocase(text, pattern);
    case TEST_STARTS:
        return text.n >= pattern.n && span_eq_nocase((struct span){ text.p, pattern.n }, pattern);
    case TEST_ENDS:
        return text.n >= pattern.n && span_eq_nocase(span_from(text, text.n - pattern.n), pattern);
    case TEST_CONTAINS:
        return contains_nocase(text, pattern);
    case TEST_EXISTS:
        return true;
    }
    return false;
}

static bool test_holds(const struct test *x, const struct disc_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (values[i].disc != x->disc)
            continue;
        for (uint32_t k = 0; k < x->count; k++) {
            if (x->kind[k] == TEST_EXISTS ||
                (!values[i].group &&
                 pattern_holds((enum test_kind)x->kind[k], x->text[k], values[i].text)))
                return !x->negate;
        }
    }
    return x->negate;
}

/* Who asks why a class is what it is. */
struct reasons {
    const struct taxonomy *t;
    taxonomy_reason_fn *fn;
    void *arg;
};

static void give_reason(const struct reasons *why, const struct test *x,
                        const struct disc_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (values[i].disc == x->disc)
            why->fn(why->arg, i, x);
    }
}

/* How much a test that fails looks at: at nothing, where there is no value. */
static uint32_t reason_cost(const struct reasons *why, const struct test *x,
                            const struct disc_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (values[i].disc == x->disc)
            return why->t->disc[x->disc].mode == BY_TESTS ? 2 : 1;
    }
    return 0;
}

/* That all tests hold, or that one does not: the first of those that look at least. */
static void give_reasons(const struct reasons *why, const struct test_all *all,
                         const struct disc_value *values, uint32_t count)
{
    const struct test *least = NULL;
    uint32_t least_cost = 0;

    for (uint32_t k = 0; k < all->count; k++) {
        const struct test *x = &all->tests[k];
        const uint32_t cost = reason_cost(why, x, values, count);

        if (!test_holds(x, values, count) && (least == NULL || cost < least_cost)) {
            least = x;
            least_cost = cost;
        }
    }
    for (uint32_t k = 0; k < all->count; k++) {
        if (least == NULL || least == &all->tests[k])
            give_reason(why, &all->tests[k], values, count);
    }
}

static bool condition_holds(const struct condition *c, uint32_t codecs,
                            const struct disc_value *values, uint32_t count,
                            const struct reasons *why)
{
    for (uint32_t i = 0; i < c->count; i++) {
        const struct test_all *all = &c->any[i];
        uint32_t k = 0;

        if (all->codecs != 0 && (all->codecs & codecs) == 0)
            continue;
        if (why != NULL)
            give_reasons(why, all, values, count);
        while (k < all->count && test_holds(&all->tests[k], values, count))
            k++;
        if (k == all->count)
            return true;
    }
    return c->count == 0;
}

/* Is there a view of one of the row's products already? */
static bool product_seen(const struct class_own *c, const struct row *r)
{
    for (uint32_t i = 0; i < c->pub.view_count; i++) {
        if (tags_meet(&r->view.product, &c->pub.views[i]->product))
            return true;
    }
    return false;
}

/* The rows that apply, of those that are for the case that no other does (`otherwise`), or not. */
static void class_add(const struct taxonomy *t, uint32_t codecs, const struct disc_value *values,
                      uint32_t count, bool otherwise, const struct reasons *why,
                      struct class_own *c)
{
    uint32_t base = UINT32_MAX;

    for (uint32_t i = 0; i < t->row_count; i++) {
        const struct row *r = &t->rows[i];

        if (r->base == base || r->body.otherwise != otherwise ||
            !condition_holds(&r->body.when, codecs, values, count, why) ||
            !condition_holds(&r->extra, codecs, values, count, why) ||
            (otherwise && product_seen(c, r)))
            continue;
        base = r->base;
        if (c->pub.view_count == TAXONOMY_VIEWS_MAX) {
            c->dropped++;
            continue;
        }
        c->rows[c->pub.view_count] = i;
        c->pub.views[c->pub.view_count++] = &r->view;
    }
}

static void class_build(const struct taxonomy *t, uint32_t codecs, const struct disc_value *values,
                        uint32_t count, const struct reasons *why, struct class_own *c)
{
    *c = (struct class_own){ .pub.id = UINT32_MAX };
    class_add(t, codecs, values, count, false, why, c);
    class_add(t, codecs, values, count, true, why, c);
}

static bool class_same(const struct class_own *a, const struct class_own *b)
{
    return a->pub.view_count == b->pub.view_count && memcmp(a->rows, b->rows, sizeof(a->rows)) == 0;
}

const struct class_own *taxonomy_class(const struct taxonomy *t, uint32_t codecs,
                                       const struct disc_value *values, uint32_t count,
                                       struct class_own *scratch)
{
    struct class_table *table = t->classes;
    const struct class_own *found = scratch;
    uint32_t mask = (uint32_t)COUNT_OF(table->by_slot) - 1, at;

    class_build(t, codecs, values, count, NULL, scratch);
    at = (uint32_t)XXH3_64bits(scratch->rows, sizeof(scratch->rows)) & mask;
    MUST(pthread_mutex_lock(&table->lock) == 0);
    while (table->by_slot[at] != NULL && !class_same(table->by_slot[at], scratch))
        at = (at + 1) & mask;
    if (table->by_slot[at] != NULL) {
        found = table->by_slot[at];
    } else if (table->count < TAXONOMY_CLASSES_MAX) {
        struct class_own *made = arena_alloc(&table->mem, sizeof(*made));

        if (made != NULL) {
            *made = *scratch;
            made->pub.id = table->count++;
            table->by_slot[at] = made;
            found = made;
        }
    }
    MUST(pthread_mutex_unlock(&table->lock) == 0);
    return found;
}

void taxonomy_reasons(const struct taxonomy *t, uint32_t codecs, const struct disc_value *values,
                      uint32_t count, taxonomy_reason_fn *fn, void *arg)
{
    const struct reasons why = { t, fn, arg };
    struct class_own unused;

    class_build(t, codecs, values, count, &why, &unused);
}
