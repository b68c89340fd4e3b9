/*
 * filter_read(): whatever the bytes, a filter or a place in the text with a sentence. A filter that
 * was read can be asked, and holds the opposite when it stands behind "not".
 */
#include "base/buf.h"
#include "query/filter.h"
#include "wire/codec.h"

/* One event for all inputs; nobody ends it. */
static struct event *one_event(struct names **names)
{
    static struct names n;
    static struct taxonomy *t;
    static struct event e;
    static struct rec r;
    static const char json[] =
        "{\"a\":1,\"b\":{\"c\":\"x y\",\"d\":[\"e\",2.5]},\"Image\":\"C:\\\\x\"}";

    *names = &n;
    if (r.fields != NULL)
        return &e;
    MUST(names_init(&n, NULL) == ERR_OK && taxonomy_new(&t, NULL) == ERR_OK);
    MUST(names_add(&n, SPAN_LIT("Image")) != 0 && names_add(&n, SPAN_LIT("image")) != 0);
    MUST(names_freeze(&n) && taxonomy_bind(t, &n, NULL) == ERR_OK && rec_init(&r));
    MUST(event_init(&e, t, &n, NULL) == ERR_OK);
    MUST(json_read(span_of(json), &r, NULL) > 0);
    event_begin(&e, &r);
    return &e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct names *names;
    struct buf scratch;
    struct filter_about about = { .event = one_event(&names),
                                  .raw = SPAN_LIT("Some raw text, 10.0.0.1"),
                                  .folded = SPAN_LIT("some raw text, 10.0.0.1"),
                                  .source = SPAN_LIT("fw-01"),
                                  .input = SPAN_LIT("relp"),
                                  .scratch = &scratch };
    struct filter *f, *opposite;
    struct err e = { 0 };
    struct buf text;
    bool yes;

    buf_init(&text, 1 << 20);
    buf_init(&scratch, 1 << 20);
    if (filter_read(&f, (struct span){ data, size }, names, &e) != ERR_OK) {
        MUST(f == NULL && e.at <= size && e.why[0] != 0);
        filter_caret((struct span){ data, size }, &e, &text);
        buf_release(&text);
        return 0;
    }
    yes = filter_holds(f, &about);
    MUST(!yes || filter_may_hold(f, about.folded));
    buf_text(&text, "not (");
    buf_add(&text, (struct span){ data, size });
    buf_text(&text, ")");
    if (filter_read(&opposite, buf_span(&text), names, NULL) == ERR_OK)
        MUST(filter_holds(opposite, &about) == !yes);
    filter_free(&opposite);
    filter_free(&f);
    buf_release(&scratch);
    buf_release(&text);
    return 0;
}
