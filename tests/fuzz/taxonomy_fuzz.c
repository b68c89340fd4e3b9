/*
 * A file of the taxonomy up to the first zero byte, a record in JSON behind it: the file is read or
 * refused with a sentence; what was read is laid over the record and asked for everything.
 */
#include "event/event.h"
#include "wire/codec.h"

static void ask_view(struct event *e, const struct view *v, uint32_t name)
{
    uint32_t count = 0;

    for (uint32_t h = event_get(e, v, name); h != EVENT_NONE; h = event_more(e, v, name, h)) {
        MUST(h < EVENT_HANDLES_MAX && ++count <= EVENT_HANDLES_MAX);
        (void)event_text(e, h);
        (void)event_name(e, h);
    }
    (void)view_lacks(v, name);
}

static void ask(struct event *e)
{
    static const struct view bare;
    int64_t ns;

    MUST(e->cls != NULL && e->cls->view_count <= TAXONOMY_VIEWS_MAX);
    for (uint32_t name = 0; name < e->names->count; name++) {
        ask_view(e, &bare, name);
        for (uint32_t i = 0; i < e->cls->view_count; i++)
            ask_view(e, e->cls->views[i], name);
    }
    (void)event_time(e, &ns);
    (void)event_host(e);
}

static void lay(struct taxonomy *t, struct names *n, struct span json)
{
    struct event e = { 0 };
    struct rec r;
    struct err why;

    MUST(names_freeze(n) && rec_init(&r));
    if (taxonomy_bind(t, n, &why) != ERR_OK) {
        MUST(why.why[0] != '\0');
    } else {
        MUST(event_init(&e, t, n, &why) == ERR_OK);
        (void)json_read(json, &r, NULL); /* what is read of a broken record is asked as well */
        for (int round = 0; round < 2; round++) {
            event_begin(&e, &r);
            ask(&e);
        }
        event_release(&e);
    }
    rec_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = { data, size }, yaml = { data, span_find(all, '\0') };
    struct err why = { 0 };
    struct taxonomy *t;
    struct names n;

    MUST(names_init(&n, &why) == ERR_OK && taxonomy_new(&t, &why) == ERR_OK);
    if (taxonomy_add(t, SPAN_LIT("fuzz.yaml"), yaml, &n, &why) == ERR_OK)
        lay(t, &n, span_from(all, yaml.n < size ? yaml.n + 1 : size));
    else
        MUST(why.code < 0 && why.why[0] != '\0');
    taxonomy_free(&t);
    names_release(&n);
    return 0;
}
