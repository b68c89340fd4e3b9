/*
 * laid.c - set up, ask, take down.
 */
#include "laid.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/codec.h"

#define SHOWN_BYTES 8192u

static void need(bool good, const char *what, const struct err *e)
{
    if (good)
        return;
    printf("%s: %s\n", what, e != NULL ? e->why : "failed");
    (void)fflush(stdout);
    abort();
}

void laid_init(struct laid *l, const char *yaml, const char *asked)
{
    struct span rest = span_of(asked);
    struct err e = { 0 };
    int rc;

    *l = (struct laid){ 0 };
    need(names_init(&l->names, &e) == ERR_OK, "names", &e);
    need(taxonomy_new(&l->taxonomy, &e) == ERR_OK, "taxonomy", &e);
    rc = taxonomy_add(l->taxonomy, SPAN_LIT("test.yaml"), span_of(yaml), &l->names, &e);
    need(rc == ERR_OK, "taxonomy", &e);
    while (rest.n > 0) {
        size_t n = span_find(rest, ',');

        need(names_add(&l->names, (struct span){ rest.p, n }) != 0, "names", NULL);
        rest = span_from(rest, n < rest.n ? n + 1 : n);
    }
    need(names_freeze(&l->names) && rec_init(&l->rec), "names", NULL);
    need(taxonomy_bind(l->taxonomy, &l->names, &e) == ERR_OK &&
             event_init(&l->event, l->taxonomy, &l->names, &e) == ERR_OK,
         "event", &e);
}

void laid_release(struct laid *l)
{
    event_release(&l->event);
    rec_release(&l->rec);
    taxonomy_free(&l->taxonomy);
    names_release(&l->names);
}

void laid_span(struct laid *l, struct span json)
{
    struct err e = { 0 };

    rec_clear(&l->rec);
    need(json_read(json, &l->rec, &e) > 0, "json", &e);
    event_begin(&l->event, &l->rec);
}

void laid_json(struct laid *l, const char *json)
{
    laid_span(l, span_of(json));
}

void laid_again(struct laid *l)
{
    event_begin(&l->event, &l->rec);
}

uint32_t laid_id(const struct laid *l, const char *name)
{
    uint32_t id = names_find(&l->names, span_of(name));

    MUST(id != 0);
    return id;
}

const struct view *laid_view(const struct laid *l, uint32_t view)
{
    static const struct view bare;

    return view < l->event.cls->view_count ? l->event.cls->views[view] : &bare;
}

const char *laid_values(struct laid *l, uint32_t view, const char *name)
{
    static char shown[SHOWN_BYTES];
    const struct view *v = laid_view(l, view);
    uint32_t id = laid_id(l, name);
    size_t at = 0;

    shown[0] = '\0';
    for (uint32_t h = event_get(&l->event, v, id); h != EVENT_NONE;
         h = event_more(&l->event, v, id, h)) {
        struct span s = event_text(&l->event, h);

        if (s.p == NULL)
            s = SPAN_LIT("(null)");
        MUST(at + s.n + 2 < sizeof(shown));
        at += (size_t)snprintf(shown + at, sizeof(shown) - at, "%s%.*s", at > 0 ? "|" : "",
                               SPAN_ARG(s));
    }
    return event_get(&l->event, v, id) == EVENT_NONE ? "(none)" : shown;
}

const char *laid_views(struct laid *l)
{
    static char shown[SHOWN_BYTES];
    size_t at = 0;

    shown[0] = '\0';
    for (uint32_t i = 0; i < l->event.cls->view_count; i++) {
        const struct view *v = l->event.cls->views[i];
        struct span category = v->category.count > 0 ? v->category.value[0] : SPAN_LIT("-");

        at += (size_t)snprintf(shown + at, sizeof(shown) - at, "%s%.*s:%.*s", i > 0 ? " " : "",
                               SPAN_ARG(v->source), SPAN_ARG(category));
    }
    return shown;
}
