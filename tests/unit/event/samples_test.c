/*
 * Goal: records of every source, as their senders write them, get Sigma's tags and names.
 * Method: the files tests/taxonomy/NAME.case, each record read as a scan reads it (scan/records.h),
 * with the taxonomy that ships laid over it:
 *
 *     === title
 *     the raw record, one or more lines (header lines of W3C and Zeek before it)
 *     ---
 *     view product/category/service     one line per view, all of them; '-' stands for no tag,
 *                                       several tags are joined by commas in the row's order
 *     Field: value                      one of its values, seen through the first view that has it
 *     category.Field: value             through the first view of that category (or service)
 *     Field:                            empty
 *     !Field                            absent, or null, in every view (or !category.Field)
 *     time 2026-03-01T10:00:00Z         nothing after it: no time can be read
 *     host name                         nothing after it: none is known
 *
 * Lines with '#' before the first case and among expectations are comments. A time without a year
 * is taken to be of 2026.
 */
#include "../check.h"

#include <glob.h>
#include <stdlib.h>

#include "base/time.h"
#include "event/event.h"
#include "scan/records.h"

#define FILE_BYTES_MAX (1u << 20)
#define FILES_MAX      256u
#define CASES_MAX      4096u
#define TAGS_BYTES     512u

struct sample {
    const char *file;
    uint32_t line; /* of the title */
    struct span title, raw, wants;
    uint32_t wants_line; /* of the first expectation */
};

struct bench {
    struct sample *samples;
    uint32_t count;
    uint8_t *texts[FILES_MAX];
    uint32_t text_count;
    struct names names;
    struct taxonomy *taxonomy;
    struct event event;
    struct records *records;
    struct rec rec, more; /* `more`: for a record that should not be there */
    uint32_t checks, faults;
};

/* A line of expectations while it is looked at. */
struct want {
    const struct sample *s;
    uint32_t line;
};

static void fault(struct bench *b, const struct want *w, const char *what, struct span got,
                  struct span want)
{
    b->faults++;
    printf("%s:%u: %.*s [%s/%s]: %s: got '%.*s', want '%.*s'\n", w->s->file, w->line,
           SPAN_ARG(w->s->title), codec_name((enum codec_id)b->rec.codec),
           codec_name((enum codec_id)b->rec.inner), what, SPAN_ARG(got), SPAN_ARG(want));
}

/* Cuts the first line off *rest. */
static struct span take_line(struct span *rest)
{
    size_t n = span_find(*rest, '\n');
    struct span line = { rest->p, n };

    *rest = span_from(*rest, n < rest->n ? n + 1 : n);
    return line;
}

/* --- Reading the files ---------------------------------------------------------------------- */

static void add_sample(struct bench *b, struct sample s)
{
    if (b->count == CASES_MAX)
        fail_msg("more than %u samples", CASES_MAX);
    b->samples[b->count++] = s;
}

/* From behind a title up to the next one; *line counts on. */
static void read_sample(struct bench *b, struct sample s, struct span *rest, uint32_t *line)
{
    bool wants = false;

    s.raw = (struct span){ rest->p, 0 };
    while (rest->n > 0 && !span_starts(*rest, SPAN_LIT("=== "))) {
        struct span one = take_line(rest);

        ++*line;
        if (!wants && span_eq(one, SPAN_LIT("---"))) {
            s.raw.n = (size_t)(one.p - s.raw.p);
            s.wants = (struct span){ rest->p, 0 };
            s.wants_line = *line + 1;
            wants = true;
        }
    }
    if (!wants)
        fail_msg("%s:%u: there is no line '---' behind the record", s.file, s.line);
    s.wants.n = (size_t)(rest->p - s.wants.p);
    add_sample(b, s);
}

static void read_file(struct bench *b, const char *path)
{
    FILE *in = fopen(path, "rb");
    uint8_t *text = malloc(FILE_BYTES_MAX);
    struct span rest;
    uint32_t line = 0;

    assert_non_null(in);
    assert_non_null(text);
    assert_true(b->text_count < FILES_MAX);
    b->texts[b->text_count++] = text;
    rest = (struct span){ text, fread(text, 1, FILE_BYTES_MAX, in) };
    assert_true(rest.n < FILE_BYTES_MAX);
    assert_int_equal(fclose(in), 0);
    while (rest.n > 0) {
        struct span one = take_line(&rest);

        line++;
        if (span_starts(one, SPAN_LIT("=== ")))
            read_sample(b, (struct sample){ path, line, .title = span_from(one, 4) }, &rest, &line);
        else if (one.n > 0 && one.p[0] != '#')
            fail_msg("%s:%u: a line '=== title' is expected", path, line);
    }
}

/* --- Fields --------------------------------------------------------------------------------- */

/* "category.Field": the view and the field; without such a view all of it is the field. */
static const struct view *named_view(const struct event *e, struct span *name)
{
    size_t dot = span_find(*name, '.');
    struct span tag = { name->p, dot };

    for (uint32_t i = 0; dot < name->n && dot > 0 && i < e->cls->view_count; i++) {
        const struct view *v = e->cls->views[i];

        if (view_has_tags(v, SPAN_NONE, tag, SPAN_NONE) ||
            view_has_tags(v, SPAN_NONE, SPAN_NONE, tag)) {
            *name = span_from(*name, dot + 1);
            return v;
        }
    }
    return NULL;
}

static bool present(struct event *e, uint32_t handle)
{
    return handle != EVENT_NONE && event_field(e, handle)->kind != REC_NONE;
}

/* The first view that has the field, else NULL; an event without views is asked for own names. */
static const struct view *view_with(struct event *e, struct span name, uint32_t *handle)
{
    static const struct view bare;
    uint32_t count = e->cls->view_count;

    for (uint32_t i = 0; i < count || (count == 0 && i == 0); i++) {
        const struct view *v = count == 0 ? &bare : e->cls->views[i];

        *handle = event_get(e, v, names_find(e->names, name));
        if (present(e, *handle))
            return v;
    }
    return NULL;
}

static const struct view *find_field(struct event *e, struct span *name, uint32_t *handle)
{
    const struct view *v = named_view(e, name);

    if (v == NULL)
        return view_with(e, *name, handle);
    *handle = event_get(e, v, names_find(e->names, *name));
    return present(e, *handle) ? v : NULL;
}

static void check_field(struct bench *b, const struct want *w, struct span name, struct span value)
{
    struct event *e = &b->event;
    uint32_t h;
    const struct view *v = find_field(e, &name, &h);
    struct span first = SPAN_LIT("(absent)");

    if (v != NULL) {
        first = event_text(e, h);
        for (uint32_t at = h; at != EVENT_NONE;
             at = event_more(e, v, names_find(e->names, name), at)) {
            if (span_eq(event_text(e, at), value))
                return;
        }
    }
    fault(b, w, "field", first, value);
}

static void check_absent(struct bench *b, const struct want *w, struct span name)
{
    uint32_t h;

    if (find_field(&b->event, &name, &h) != NULL)
        fault(b, w, "field", event_text(&b->event, h), SPAN_LIT("(absent)"));
}

/* --- Views, time and host ------------------------------------------------------------------- */

static size_t put_tags(char *room, size_t at, const struct tag_set *set, char end)
{
    if (set->count == 0)
        at += (size_t)snprintf(room + at, TAGS_BYTES - at, "-");
    for (uint32_t i = 0; i < set->count; i++)
        at += (size_t)snprintf(room + at, TAGS_BYTES - at, "%s%.*s", i > 0 ? "," : "",
                               SPAN_ARG(set->value[i]));
    MUST(at < TAGS_BYTES - 1);
    room[at++] = end;
    return at;
}

static struct span tags_text(const struct view *v, char *room)
{
    size_t at = put_tags(room, 0, &v->product, '/');

    at = put_tags(room, at, &v->category, '/');
    at = put_tags(room, at, &v->service, '\0');
    return (struct span){ (const uint8_t *)room, at - 1 };
}

/* One line `view`: ticks off a view that has these tags. */
static void check_view(struct bench *b, const struct want *w, struct span tags, uint32_t *seen)
{
    char room[TAGS_BYTES];

    for (uint32_t i = 0; i < b->event.cls->view_count; i++) {
        if ((*seen & 1u << i) == 0 && span_eq(tags_text(b->event.cls->views[i], room), tags)) {
            *seen |= 1u << i;
            return;
        }
    }
    fault(b, w, "view", SPAN_LIT("(none)"), tags);
}

static void check_views_left(struct bench *b, const struct want *w, uint32_t seen)
{
    char room[TAGS_BYTES];

    for (uint32_t i = 0; i < b->event.cls->view_count; i++) {
        if ((seen & 1u << i) == 0)
            fault(b, w, "view", tags_text(b->event.cls->views[i], room), SPAN_LIT("(none)"));
    }
}

static void check_time(struct bench *b, const struct want *w, struct span want)
{
    uint8_t room[TIME_TEXT_MAX];
    struct span got = SPAN_LIT("");
    int64_t ns;

    if (event_time(&b->event, &ns))
        got = (struct span){ room, time_put(room, ns) };
    if (!span_eq(got, want))
        fault(b, w, "time", got, want);
}

static void check_host(struct bench *b, const struct want *w, struct span want)
{
    struct span got = event_host(&b->event);

    if (!span_eq(got, want))
        fault(b, w, "host", got, want);
}

/* --- The record ----------------------------------------------------------------------------- */

/* Reads it as a scan reads a file; the record must be all that there is. */
static bool read_record(struct bench *b, struct span raw, struct err *e)
{
    enum record_state state;
    struct cut cut;

    raw = span_trim(raw);
    records_begin(b->records, span_from(raw, cut_begin(&cut, raw)), &cut, false);
    if (records_next(b->records, &b->rec, &state, e) == 0) {
        err_set(e, ERR_SYNTAX, 0, "there is no record");
        return false;
    }
    if (state == RECORD_DAMAGED)
        return false;
    if (records_next(b->records, &b->more, &state, NULL) != 0) {
        err_set(e, ERR_SYNTAX, 0, "there is more than one record");
        return false;
    }
    return true;
}

/* --- Expectations --------------------------------------------------------------------------- */

/* "word rest", or the word alone. */
static bool is_word(struct span line, const char *word, struct span *rest)
{
    struct span w = span_of(word);

    if (!span_starts(line, w) || (line.n > w.n && line.p[w.n] != ' '))
        return false;
    *rest = span_trim(span_from(line, w.n));
    return true;
}

/* "Field: value" or "Field:"; the name ends at the first colon that a blank or nothing follows. */
static bool split_field(struct span line, struct span *name, struct span *value)
{
    for (size_t i = 1; i < line.n; i++) {
        if (line.p[i] == ':' && (i + 1 == line.n || line.p[i + 1] == ' ')) {
            *name = (struct span){ line.p, i };
            *value = span_from(line, i + 1 == line.n ? i + 1 : i + 2);
            return true;
        }
    }
    return false;
}

static void check_line(struct bench *b, const struct want *w, struct span line, uint32_t *seen)
{
    struct span rest, name;

    b->checks++;
    if (is_word(line, "view", &rest))
        check_view(b, w, rest, seen);
    else if (is_word(line, "time", &rest))
        check_time(b, w, rest);
    else if (is_word(line, "host", &rest))
        check_host(b, w, rest);
    else if (line.p[0] == '!')
        check_absent(b, w, span_from(line, 1));
    else if (split_field(line, &name, &rest))
        check_field(b, w, name, rest);
    else
        fault(b, w, "not understood", line, SPAN_LIT("an expectation"));
}

static void check_sample(struct bench *b, const struct sample *s)
{
    struct want w = { s, s->line };
    struct span rest = s->wants;
    struct err e = { 0 };
    uint32_t seen = 0, before = b->checks;

    if (!read_record(b, s->raw, &e)) {
        fault(b, &w, "record", span_of(e.why), SPAN_LIT("a record"));
        return;
    }
    event_begin(&b->event, &b->rec);
    for (w.line = s->wants_line; rest.n > 0; w.line++) {
        struct span line = take_line(&rest);

        if (line.n > 0 && line.p[0] != '#')
            check_line(b, &w, line, &seen);
    }
    w.line = s->line;
    check_views_left(b, &w, seen);
    if (b->checks == before)
        fault(b, &w, "case", SPAN_LIT("nothing"), SPAN_LIT("an expectation"));
}

/* Every name that is asked for, with what may be a category before it and without. */
static void add_names(struct bench *b, const struct sample *s)
{
    struct span rest = s->wants;

    while (rest.n > 0) {
        struct span line = take_line(&rest), name, value;
        size_t dot;

        if (line.n > 0 && line.p[0] == '!')
            name = span_from(line, 1);
        else if (!split_field(line, &name, &value))
            continue;
        dot = span_find(name, '.');
        assert_true(names_add(&b->names, name) != 0);
        if (dot < name.n)
            assert_true(names_add(&b->names, span_from(name, dot + 1)) != 0);
    }
}

static void lay_taxonomy(struct bench *b)
{
    struct err e = { 0 };
    int64_t reference;

    if (names_init(&b->names, &e) != ERR_OK ||
        taxonomy_load(&b->taxonomy, TAXONOMY_FOLDER, &b->names, &e) != ERR_OK)
        fail_msg("%s", e.why);
    for (uint32_t i = 0; i < b->count; i++)
        add_names(b, &b->samples[i]);
    assert_true(names_freeze(&b->names) && rec_init(&b->rec) && rec_init(&b->more));
    assert_int_equal(records_new(&b->records, &e), ERR_OK);
    if (taxonomy_bind(b->taxonomy, &b->names, &e) != ERR_OK ||
        event_init(&b->event, b->taxonomy, &b->names, &e) != ERR_OK)
        fail_msg("%s", e.why);
    assert_true(time_parse(SPAN_LIT("2026-12-31T00:00:00Z"), 0, &reference));
    event_reference_time(&b->event, reference);
}

static void bench_release(struct bench *b)
{
    event_release(&b->event);
    rec_release(&b->rec);
    rec_release(&b->more);
    records_free(&b->records);
    taxonomy_free(&b->taxonomy);
    names_release(&b->names);
    for (uint32_t i = 0; i < b->text_count; i++)
        free(b->texts[i]);
    free(b->samples);
}

static void samples_get_their_tags_and_names(void **state)
{
    struct bench b = { .samples = calloc(CASES_MAX, sizeof(*b.samples)) };
    glob_t files;

    (void)state;
    assert_non_null(b.samples);
    assert_int_equal(glob(SAMPLES_FOLDER "/*.case", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        read_file(&b, files.gl_pathv[i]);
    lay_taxonomy(&b);
    for (uint32_t i = 0; i < b.count; i++)
        check_sample(&b, &b.samples[i]);
    globfree(&files);
    printf("%u cases, %u expectations, %u faults\n", b.count, b.checks, b.faults);
    bench_release(&b);
    assert_int_equal(b.faults, 0);
    assert_true(b.count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(samples_get_their_tags_and_names) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
