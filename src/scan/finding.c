/*
 * finding.c - see finding.h.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "scan/finding.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/num.h"
#include "base/time.h"
#include "base/utf.h"
#include "event/about.h"
#include "scan/put.h"

#define NAME_SLOTS     4096u /* twice LIMIT_FIELDS: a free slot is always found */
#define EVENT_JSON_MAX ((size_t)1 << 30)

struct span time_text(int64_t ns, uint8_t *room)
{
    return (struct span){ room, time_put(room, ns) };
}

static void put_null_or_text(struct buf *out, struct span s)
{
    if (s.n == 0)
        buf_text(out, "null");
    else
        put_json_text(out, s);
}

void put_rule(struct buf *out, const struct sigma_head *rule)
{
    buf_text(out, "{\"id\":");
    put_null_or_text(out, rule->id);
    buf_text(out, ",\"title\":");
    put_json_text(out, rule->title);
    buf_fmt(out, ",\"level\":\"%s\",\"author\":", level_name(rule->level));
    put_null_or_text(out, rule->author);
    buf_text(out, ",\"tags\":[");
    for (uint32_t i = 0; i < rule->tag_count; i++) {
        if (i > 0)
            buf_byte(out, ',');
        put_json_text(out, rule->tags[i]);
    }
    buf_text(out, "]}");
}

/* --- Fields -------------------------------------------------------------------------------- */

/* A value cut at its limit. */
static struct span value_cut(struct span s, bool *cut)
{
    *cut = *cut || s.n > LIMIT_FINDING_VALUE_BYTES;
    return utf8_cut(s, LIMIT_FINDING_VALUE_BYTES);
}

static bool kind_is_number(uint16_t kind)
{
    return kind == REC_NUMBER || (kind >= REC_U8 && kind <= REC_F64);
}

static void put_value(struct buf *out, struct event *e, uint32_t handle, bool *cut)
{
    uint16_t kind = event_field(e, handle)->kind;
    struct span text = event_text(e, handle);
    double d;

    if (kind == REC_NONE || text.p == NULL)
        buf_text(out, "null");
    else if (kind == REC_TRUE || kind == REC_FALSE || kind == REC_BOOL32 ||
             (kind_is_number(kind) && num_double(text, &d) && text.p[0] != '+' &&
              text.p[0] != '.' && !(text.n > 1 && text.p[0] == '0' && text.p[1] != '.')))
        buf_add(out, text);
    else
        put_json_text(out, value_cut(text, cut));
}

/* The record's fields, those of one name chained in their order. */
struct field_names {
    struct span name[LIMIT_FIELDS];
    uint16_t next[LIMIT_FIELDS]; /* of the same name; 0 is the end */
    uint16_t last[LIMIT_FIELDS]; /* of the first: where the chain ends */
    bool later[LIMIT_FIELDS];    /* not the first of its name */
    uint16_t slot[NAME_SLOTS];   /* handle + 1 of the first; as many are used as are needed */
};

bool event_text_init(struct event_text *t)
{
    *t = (struct event_text){ .names = malloc(sizeof(struct field_names)) };
    buf_init(&t->json, EVENT_JSON_MAX);
    return t->names != NULL;
}

void event_text_release(struct event_text *t)
{
    buf_release(&t->json);
    free(t->names);
    t->names = NULL;
}

static void names_collect(struct field_names *f, struct event *e)
{
    uint64_t mask = 15;

    while (mask + 1 < 2 * (uint64_t)e->rec->count)
        mask = mask * 2 + 1;
    MUST(mask < NAME_SLOTS);
    memset(f->slot, 0, (mask + 1) * sizeof(*f->slot));
    for (uint32_t i = 0; i < e->rec->count; i++) {
        uint64_t at;

        f->next[i] = 0;
        f->last[i] = (uint16_t)i;
        f->later[i] = e->rec->fields[i].kind == REC_GROUP;
        if (f->later[i])
            continue;
        f->name[i] = event_name(e, i);
        at = XXH3_64bits(f->name[i].p, f->name[i].n);
        while (f->slot[at & mask] != 0 && !span_eq(f->name[f->slot[at & mask] - 1], f->name[i]))
            at++;
        if (f->slot[at & mask] != 0) {
            uint32_t first = f->slot[at & mask] - 1u;

            f->later[i] = true;
            f->next[f->last[first]] = (uint16_t)i;
            f->last[first] = (uint16_t)i;
        } else {
            f->slot[at & mask] = (uint16_t)(i + 1);
        }
    }
}

static void put_field(struct buf *out, struct event *e, const struct field_names *f, uint32_t i,
                      bool *cut)
{
    bool list = f->next[i] != 0;

    put_json_text(out, f->name[i].n > 0 ? f->name[i] : SPAN_LIT("?"));
    buf_text(out, list ? ":[" : ":");
    put_value(out, e, i, cut);
    for (uint32_t k = f->next[i]; k != 0; k = f->next[k]) {
        buf_byte(out, ',');
        put_value(out, e, k, cut);
    }
    if (list)
        buf_byte(out, ']');
}

static bool put_fields(struct buf *out, struct event *e, struct field_names *f)
{
    bool first = true, cut = false;

    names_collect(f, e);
    for (uint32_t i = 0; i < e->rec->count; i++) {
        if (f->later[i])
            continue;
        if (!first)
            buf_byte(out, ',');
        first = false;
        put_field(out, e, f, i, &cut);
    }
    return cut;
}

/* --- Normal names ---------------------------------------------------------------------------- */

#define NORMAL_VALUES_MAX 8u

static const char *const about_names[] = {
#define X(name, kind, with) name,
    ABOUT_TABLE(X)
#undef X
};

static bool is_about(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(about_names); i++) {
        if (span_eq(name, span_of(about_names[i])))
            return true;
    }
    return false;
}

/* Through the view, where the source itself has no such name for it. */
static uint32_t normal_of(struct event *e, const struct view *v, uint32_t name)
{
    uint32_t h = event_get(e, v, name);

    if (h == EVENT_NONE || event_kind(e, h) == REC_GROUP)
        return EVENT_NONE;
    return h < e->rec->count && is_about(event_name(e, h)) ? EVENT_NONE : h;
}

static void put_normal_values(struct buf *out, const struct sighting *s, uint32_t name, uint32_t h,
                              bool *cut)
{
    uint32_t more = event_more(s->event, s->view, name, h);
    bool list = more != EVENT_NONE;

    buf_text(out, list ? ":[" : ":");
    put_value(out, s->event, h, cut);
    for (uint32_t n = 1; more != EVENT_NONE && n < NORMAL_VALUES_MAX; n++) {
        buf_byte(out, ',');
        put_value(out, s->event, more, cut);
        more = event_more(s->event, s->view, name, more);
    }
    if (list)
        buf_byte(out, ']');
}

/* "normal":{...}, when there is any. */
static void put_normal(struct buf *out, const struct sighting *s)
{
    bool any = false, cut = false;

    for (size_t i = 0; i < COUNT_OF(about_names); i++) {
        struct span text = span_of(about_names[i]);
        uint32_t name = names_find(s->event->names, text), h;

        h = name == 0 ? EVENT_NONE : normal_of(s->event, s->view, name);
        if (h == EVENT_NONE || event_text(s->event, h).n == 0)
            continue;
        buf_text(out, any ? "," : "\"normal\":{");
        put_json_text(out, text);
        put_normal_values(out, s, name, h, &cut);
        any = true;
    }
    if (any)
        buf_text(out, "},");
}

/* --- Events -------------------------------------------------------------------------------- */

static void put_tags(struct buf *out, const struct view *v)
{
    const struct {
        const char *name;
        const struct tag_set *set;
    } dimension[] = { { "product", &v->product },
                      { "category", &v->category },
                      { "service", &v->service } };
    bool first = true;

    for (size_t i = 0; i < COUNT_OF(dimension); i++) {
        for (uint32_t k = 0; k < dimension[i].set->count; k++) {
            buf_fmt(out, first ? "\"%s:" : ",\"%s:", dimension[i].name);
            /* Tags come from the taxonomy's files, whose reader lets nothing pass that JSON would
             * have to escape... but nothing here depends on that. */
            for (size_t b = 0; b < dimension[i].set->value[k].n; b++) {
                uint8_t c = dimension[i].set->value[k].p[b];

                buf_byte(out, c < 0x20 || c == '"' || c == '\\' ? '_' : c);
            }
            buf_byte(out, '"');
            first = false;
        }
    }
}

static void put_flags(struct buf *out, uint32_t flags, bool cut)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } names[] = {
        { REC_CUT_FIELDS, "fields_cut" },
        { REC_CUT_DEPTH, "depth_cut" },
        { REC_CUT_BYTES, "bytes_cut" },
        { REC_DAMAGED, "damaged" },
    };
    bool first = true;

    if (cut)
        flags |= REC_CUT_BYTES;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if ((flags & names[i].flag) == 0)
            continue;
        buf_fmt(out, first ? ",\"flags\":[\"%s\"" : ",\"%s\"", names[i].name);
        first = false;
    }
    if (!first)
        buf_byte(out, ']');
}

/* The fields and flags: what is the same in all findings about the event. */
static void make_text(const struct sighting *s)
{
    struct event_text *t = s->text;
    bool cut;

    buf_clear(&t->json);
    buf_text(&t->json, "\"fields\":{");
    cut = put_fields(&t->json, s->event, t->names);
    buf_byte(&t->json, '}');
    put_flags(&t->json, s->event->rec->flags, cut);
    buf_byte(&t->json, '}');
    t->made = true;
}

void put_event(struct buf *out, const struct sighting *s, size_t *record_at)
{
    buf_text(out, "{\"time\":");
    put_null_or_text(out, s->time);
    buf_text(out, ",\"file\":");
    put_json_text(out, s->file);
    buf_text(out, ",\"record\":");
    *record_at = out->n;
    buf_text(out, ",\"host\":");
    put_null_or_text(out, s->host);
    buf_text(out, ",\"tags\":[");
    put_tags(out, s->view);
    buf_text(out, "],");
    put_normal(out, s);
    if (!s->text->made)
        make_text(s);
    buf_add(out, buf_span(&s->text->json));
    if (buf_failed(&s->text->json))
        out->failed = true;
}

void put_because(struct buf *out, const struct because *rows, uint32_t count)
{
    bool cut = false; /* the event says so */

    buf_byte(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i == 0 ? "{\"selection\":" : ",{\"selection\":");
        put_json_text(out, rows[i].selection);
        buf_text(out, ",\"field\":");
        put_null_or_text(out, rows[i].field);
        buf_text(out, ",\"value\":");
        if (rows[i].value.p == NULL)
            buf_text(out, "null");
        else
            put_json_text(out, value_cut(rows[i].value, &cut));
        buf_byte(out, '}');
    }
    buf_byte(out, ']');
}

void put_correlation(struct buf *out, const struct correlated *c)
{
    uint8_t room[TIME_TEXT_MAX], number[32];

    buf_fmt(out, "\"type\":\"%s\",\"time\":", c->type);
    put_json_text(out, time_text(c->time_ns, room));
    buf_text(out, ",\"group\":{");
    for (uint32_t i = 0; i < c->group_count; i++) {
        if (i > 0)
            buf_byte(out, ',');
        put_json_text(out, c->group_names[i]);
        buf_byte(out, ':');
        put_json_text(out, c->group_values[i]);
    }
    buf_text(out, "},\"value\":");
    buf_add(out, (struct span){ number, num_put_double(number, c->value) });
    buf_fmt(out, ",\"event_count\":%llu", (unsigned long long)c->event_total);
}
