/* Any text as a filter of `canh tail`, held against one event that has a bit of everything. */
#include "console/filter.h"
#include "scan/records.h"

static const char record[] =
    "{\"user\":\"Root\",\"port\":22,\"tag\":[\"x\",\"y\"],\"text\":\"a b\"}";

struct world {
    struct names names;
    struct taxonomy *taxonomy;
    struct event event;
    struct rec rec;
    struct records *records;
};

static void begin(struct world *w)
{
    static const char rows[] =
        "source: t\nproduct: any\nrows: [ { when: { user: { exists: true } } } ]\n";
    enum record_state state;

    MUST(names_init(&w->names, NULL) == ERR_OK && taxonomy_new(&w->taxonomy, NULL) == ERR_OK);
    MUST(taxonomy_add(w->taxonomy, SPAN_LIT("t"), span_of(rows), &w->names, NULL) == ERR_OK);
    MUST(names_freeze(&w->names) && taxonomy_bind(w->taxonomy, &w->names, NULL) == ERR_OK);
    MUST(event_init(&w->event, w->taxonomy, &w->names, NULL) == ERR_OK && rec_init(&w->rec));
    MUST(records_new(&w->records, NULL) == ERR_OK);
    records_one(w->records, span_of(record), &w->rec, &state, NULL);
    event_begin(&w->event, &w->rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w; /* made once */
    struct filter_about about = { &w.event, span_of(record), SPAN_LIT("s"), SPAN_LIT("relp") };
    struct span in = { data, size };
    struct filter *f;
    struct err e = { 0 };

    if (w.records == NULL)
        begin(&w);
    if (filter_read(&f, in, &w.names, &e) == ERR_OK) {
        (void)filter_holds(f, &about); /* either will do */
        filter_free(&f);
    } else {
        MUST(f == NULL && e.code != ERR_OK && e.at <= size && e.why[0] != 0);
    }
    return 0;
}
