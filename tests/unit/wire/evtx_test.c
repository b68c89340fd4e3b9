/*
 * Goal: binary XML of every kind becomes the right fields; damage costs the damaged record only;
 * no input makes the reader read outside of the chunk or work without measure.
 * Method: chunks built by hand (evtx_build.h), one row each, with what is read from them written
 * as text: a line a record, name=value fields with '|' between, '!' first where it is damaged.
 * Every row is also cut at every byte, each of its bytes is replaced, and all of it lies against
 * an unmapped page. With CANH_SEEDS set to a folder the rows are written there, as the fuzzer's
 * corpus.
 */
#include "check.h"
#include "guard.h"
#include "evtx_build.h"

#include <stdlib.h>

#include "base/buf.h"
#include "wire/evtx.h"

#define DATA(s) (uint16_t)(sizeof(s) - 1), (s)

/* ---- the chunks ---- */

static void build_elements(struct build *b)
{
    record_begin(b);
    open_plain(b, "Event");
    open_plain(b, "System");
    leaf(b, "EventID", "4688");
    open_tag(b, "Version");
    close_empty(b);
    end_tag(b);
    open_plain(b, "EventData");
    leaf(b, "Data", "one");
    leaf(b, "Data", "two");
    leaf(b, "Binary", "00FF");
    end_tag(b);
    end_tag(b);
    record_end(b);
}

static void build_attributes(struct build *b)
{
    record_begin(b);
    open_with(b, "Event");
    attribute(b, "xmlns");
    text(b, "http://schemas");
    close_start(b);
    open_plain(b, "System");
    open_with(b, "Provider");
    attribute(b, "Name");
    text(b, "P");
    attribute(b, "Guid");
    text(b, "{1}");
    close_empty(b);
    open_with(b, "EventID");
    attribute(b, "Qualifiers");
    text(b, "16384");
    close_start(b);
    text(b, "7036");
    end_tag(b);
    end_tag(b);
    open_with(b, "EventData");
    attribute(b, "Name");
    text(b, "Kind");
    close_start(b);
    open_with(b, "Data");
    attribute(b, "Name");
    text(b, "Target User Name");
    close_start(b);
    text(b, "bob");
    end_tag(b);
    open_with(b, "ComplexData");
    attribute(b, "Name");
    text(b, "C");
    close_empty(b);
    end_tag(b);
    end_tag(b);
    record_end(b);
}

/* <Event><EventData><Data Name="v0">%0</Data>... */
static size_t build_data_template(struct build *b, unsigned count)
{
    size_t at = template_begin(b);

    open_plain(b, "Event");
    open_plain(b, "EventData");
    for (unsigned i = 0; i < count; i++) {
        char label[8] = { 'v', (char)('0' + i / 10), (char)('0' + i % 10), 0 };

        open_with(b, "Data");
        attribute(b, "Name");
        text(b, label);
        close_start(b);
        value(b, i);
        end_tag(b);
    }
    end_tag(b);
    end_tag(b);
    template_end(b, at);
    return at;
}

static void build_types(struct build *b)
{
    static const struct value v[] = {
        { 0x00, 0, "" },
        { 0x01, DATA("a\0b\0\0\0") },
        { 0x02, DATA("ansi") },
        { 0x03, DATA("\xff") },
        { 0x04, DATA("\xff") },
        { 0x05, DATA("\xfe\xff") },
        { 0x06, DATA("\x34\x12") },
        { 0x07, DATA("\xff\xff\xff\xff") },
        { 0x08, DATA("\xff\xff\xff\xff") },
        { 0x09, DATA("\xff\xff\xff\xff\xff\xff\xff\xff") },
        { 0x0a, DATA("\xff\xff\xff\xff\xff\xff\xff\xff") },
        { 0x0b, DATA("\0\0\xc0\x3f") },
        { 0x0c, DATA("\0\0\0\0\0\0\xf8\x3f") },
        { 0x0d, DATA("\1\0\0\0") },
        { 0x0e, DATA("\xde\xad") },
        { 0x0f, DATA("\x5f\x38\x70\x57\x2a\xc2\xe0\x43\xbf\x4c\x06\xf5\x69\x8f\xfb\xd9") },
        { 0x10, DATA("\xe7\3\0\0") },
        { 0x11, DATA("\0\0\0\0\0\0\0\0") },
        { 0x12, DATA("\xe9\x07\x0b\0\4\0\x1b\0\7\0\x28\0\x0a\0\xa5\0") },
        { 0x13, DATA("\1\1\0\0\0\0\0\5\x12\0\0\0") },
        { 0x14, DATA("\xe7\3\0\0") },
        { 0x15, DATA("\0\0\0\0\0\0\0\x80") },
    };

    record_begin(b);
    build_data_template(b, 22);
    values(b, v, COUNT_OF(v));
    record_end(b);
}

static void build_odd_sizes(struct build *b)
{
    static const struct value v[] = {
        { 0x08, DATA("\1\2") }, { 0x0d, DATA("\1") },   { 0x14, DATA("\1\0\0\0\0\0\0\0") },
        { 0x01, DATA("a\0b") }, { 0x08, DATA("") },     { 0x13, DATA("\1\2\3") },
        { 0x77, DATA("\1") },   { 0x01, DATA("\0\0") },
    };

    record_begin(b);
    build_data_template(b, 9); /* one more than there are values */
    values(b, v, COUNT_OF(v));
    record_end(b);
}

static void build_arrays(struct build *b)
{
    static const struct value v[] = {
        { 0x81, DATA("a\0\0\0b\0c\0\0\0") },
        { 0x81, DATA("x\0\0\0\0\0y\0") },
        { 0x82, DATA("p\0q\0") },
        { 0x86, DATA("\1\0\2\0\3") },
        { 0x94, DATA("\1\0\0\0\2\0\0\0") },
        { 0x81, DATA("") },
        { 0x93, DATA("\1\1\0\0\0\0\0\5\x12\0\0\0\1\1\0\0\0\0\0\5\x13\0\0\0") },
    };

    record_begin(b);
    build_data_template(b, 7);
    values(b, v, COUNT_OF(v));
    record_end(b);
}

static void build_nested(struct build *b)
{
    size_t outer, inner, at;

    record_begin(b);
    outer = template_begin(b);
    open_plain(b, "Event");
    open_plain(b, "System");
    leaf(b, "EventID", "1");
    end_tag(b);
    value(b, 0);
    end_tag(b);
    template_end(b, outer);
    at = xml_value_begin(b);
    put(b, 0x0001010f, 4);
    inner = template_begin(b);
    open_plain(b, "UserData");
    open_with(b, "Wrapper");
    attribute(b, "xmlns");
    text(b, "x");
    close_start(b);
    leaf_value(b, "Param", 0);
    open_plain(b, "Group");
    leaf(b, "Deep", "d");
    end_tag(b);
    open_tag(b, "Nil");
    close_empty(b);
    end_tag(b);
    end_tag(b);
    template_end(b, inner);
    values(b, &(struct value){ 0x06, DATA("\7\0") }, 1);
    put(b, 0, 1);
    xml_value_end(b, at);
    record_end(b);

    record_begin(b);
    template_again(b, outer);
    at = xml_value_begin(b);
    template_again(b, inner);
    values(b, &(struct value){ 0x06, DATA("\x08\0") }, 1);
    xml_value_end(b, at);
    record_end(b);

    record_begin(b);
    template_again(b, outer);
    at = xml_value_begin(b);
    open_bare(b, "EventData");
    close_start(b);
    open_bare(b, "Data");
    close_start(b);
    text(b, "bare");
    end_tag(b);
    end_tag(b);
    xml_value_end(b, at);
    record_end(b);

    record_begin(b);
    template_again(b, outer);
    values(b, &(struct value){ 0x00, DATA("") }, 1);
    record_end(b);
}

static void build_references(struct build *b)
{
    record_begin(b);
    open_plain(b, "Event");
    put(b, 0x0a, 1); /* <?pi data?> */
    name(b, "pi");
    put(b, 0x0b, 1);
    put_counted(b, "data");
    open_plain(b, "EventData");
    open_plain(b, "Data");
    text(b, "a ");
    put(b, 0x49, 1);
    name(b, "amp");
    text(b, " b ");
    put(b, 0x48, 1);
    put(b, 0x1EA1, 2);
    put(b, 0x47, 1);
    put_counted(b, "<cdata>");
    put(b, 0x49, 1);
    name(b, "other");
    end_tag(b);
    end_tag(b);
    end_tag(b);
    record_end(b);
}

static void build_mixed(struct build *b)
{
    static const struct value v[] = {
        { 0x08, DATA("\5\0\0\0") },
        { 0x01, DATA("N\0a\0 \0m\0") },
        { 0x86, DATA("\1\0\2\0") },
    };
    size_t at;

    record_begin(b);
    at = template_begin(b);
    open_plain(b, "Event");
    open_plain(b, "EventData");
    open_with(b, "Data");
    attribute(b, "Name");
    value(b, 1);
    close_start(b);
    text(b, "pid ");
    value(b, 0);
    text(b, " of ");
    value(b, 2);
    value(b, 9);
    end_tag(b);
    open_with(b, "Data");
    attribute(b, "Name");
    optional(b, 9);
    close_start(b);
    optional(b, 9);
    end_tag(b);
    end_tag(b);
    open_plain(b, "System");
    open_with(b, "Correlation");
    attribute(b, "ActivityID");
    optional(b, 9);
    close_empty(b);
    open_with(b, "Execution");
    attribute(b, "ProcessID");
    optional(b, 0);
    close_empty(b);
    end_tag(b);
    end_tag(b);
    template_end(b, at);
    values(b, v, COUNT_OF(v));
    record_end(b);
}

static void build_rendering(struct build *b)
{
    record_begin(b);
    open_plain(b, "Event");
    open_with(b, "RenderingInfo");
    attribute(b, "Culture");
    text(b, "en-US");
    close_start(b);
    leaf(b, "Message", "hello");
    leaf(b, "Level", "Information");
    open_plain(b, "Keywords");
    leaf(b, "Keyword", "Audit Success");
    end_tag(b);
    end_tag(b);
    open_plain(b, "ProcessingErrorData");
    leaf(b, "ErrorCode", "15005");
    end_tag(b);
    leaf(b, "BinaryEventData", "AA");
    end_tag(b);
    record_end(b);
}

static void build_three(struct build *b)
{
    static const char *const ids[] = { "1", "2", "3" };

    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        record_begin(b);
        open_plain(b, "Event");
        open_plain(b, "System");
        leaf(b, "EventID", ids[i]);
        leaf(b, "Task", "0");
        end_tag(b);
        end_tag(b);
        record_end(b);
    }
}

/* Of three records, the second begins here. */
static size_t second(const struct build *b)
{
    return 512 + (b->n - 512) / 3;
}

static void build_bad_magic(struct build *b)
{
    build_three(b);
    b->p[second(b)] = 0;
}

static void build_bad_size(struct build *b)
{
    build_three(b);
    patch(b, second(b) + 4, 0xffffff, 4);
}

static void build_bad_token(struct build *b)
{
    size_t at;

    build_three(b);
    for (at = b->last; memcmp(b->p + at, "\x02\x05\x01", 3) != 0; at--)
        ;
    b->p[at + 1] = 0x1f; /* the text inside <Task> of the second */
}

static void build_bad_definition(struct build *b)
{
    record_begin(b);
    template_again(b, 0x10000);
    values(b, NULL, 0);
    record_end(b);
    record_begin(b);
    template_again(b, 512); /* its size field is the XML of the first record */
    values(b, NULL, 0);
    record_end(b);
    build_three(b);
}

static void build_bad_count(struct build *b)
{
    size_t at;

    record_begin(b);
    at = build_data_template(b, 2);
    put(b, 0xffffffff, 4);
    record_end(b);
    record_begin(b);
    template_again(b, at);
    put(b, 2, 4);
    put(b, 0x00060002, 4);
    put(b, 0x0001fff0, 4); /* a text of 65520 bytes */
    put(b, 9, 2);
    record_end(b);
}

static void build_bad_name(struct build *b)
{
    record_begin(b);
    open_plain(b, "Event");
    open_plain(b, "System");
    leaf(b, "EventID", "1");
    put(b, 0x01, 1);
    put(b, 0xffff, 2);
    put(b, 0, 4);
    put(b, 0xfffffff0, 4);
    record_end(b);
}

/* The header was written before the last record. */
static void build_stale_end(struct build *b)
{
    size_t n;

    build_three(b);
    n = b->n;
    b->n = b->last;
    chunk_end(b);
    b->n = n;
}

static void build_bad_header(struct build *b)
{
    build_three(b);
    chunk_end(b);
    patch(b, 0, 0, 8);
    patch(b, 48, 0, 4);
}

static void build_no_header(struct build *b)
{
    build_three(b);
    memset(b->p, 0, 512);
}

static const struct evtx_case {
    const char *name;
    void (*build)(struct build *b);
    const char *want;
} cases[] = {
    { "elements", build_elements, "EventID=4688|Version|Data=one|Data=two|Binary=00FF\n" },
    { "attributes", build_attributes,
      "Provider_Name=P|Provider_Guid={1}|EventID_Qualifiers=16384|EventID=7036|EventData_Name=Kind|"
      "TargetUserName=bob|C\n" },
    { "a value of each type", build_types,
      "v00|v01=ab|v02=ansi|v03=-1|v04=255|v05=-2|v06=4660|v07=-1|v08=4294967295|v09=-1|"
      "v10=18446744073709551615|v11=1.5|v12=1.5|v13=true|v14=DEAD|"
      "v15={5770385f-c22a-43e0-bf4c-06f5698ffbd9}|v16=0x3e7|v17=1601-01-01T00:00:00.0000000Z|"
      "v18=2025-11-27T07:40:10.165Z|v19=S-1-5-18|v20=0x3e7|v21=0x8000000000000000\n" },
    { "sizes that a type cannot have", build_odd_sizes,
      "v00=0102|v01=true|v02=0x1|v03=a\xef\xbf\xbd|v04|v05=010203|v06=01|v07=|v08\n" },
    { "arrays", build_arrays,
      "v00=a|v00=bc|v01=x|v01=|v01=y|v02=p|v02=q|v03=1|v03=2|v03=03|v04=0x1|v04=0x2|v05=|"
      "v06=S-1-5-18|v06=S-1-5-19\n" },
    { "XML in a value", build_nested,
      "EventID=1|Param=7|Deep=d|Nil\nEventID=1|Param=8|Deep=d|Nil\nEventID=1|Data=bare\n"
      "EventID=1\n" },
    { "references and CDATA", build_references, "Data=a & b \xe1\xba\xa1<cdata>other\n" },
    { "text and values mixed", build_mixed, "Nam=pid 5 of 1, 2|Data|Execution_ProcessID=5\n" },
    { "rendering and errors", build_rendering,
      "RenderingInfo_Culture=en-US|Message=hello|RenderingInfo_Level=Information|"
      "RenderingInfo_Keyword=Audit Success|ProcessingErrorData_ErrorCode=15005|"
      "BinaryEventData=AA\n" },
    { "three records", build_three, "EventID=1|Task=0\nEventID=2|Task=0\nEventID=3|Task=0\n" },
    { "bad magic in the middle", build_bad_magic, "EventID=1|Task=0\n!\nEventID=3|Task=0\n" },
    { "bad size in the middle", build_bad_size,
      "EventID=1|Task=0\n!EventID=2|Task=0\nEventID=3|Task=0\n" },
    { "bad token in the middle", build_bad_token,
      "EventID=1|Task=0\n!EventID=2|Task\nEventID=3|Task=0\n" },
    { "bad template offsets", build_bad_definition,
      "!\n!\nEventID=1|Task=0\nEventID=2|Task=0\nEventID=3|Task=0\n" },
    { "bad value counts", build_bad_count, "!\n!v00=9|v01\n" },
    { "bad name offset", build_bad_name, "!EventID=1\n" },
    { "end of records is stale", build_stale_end,
      "EventID=1|Task=0\nEventID=2|Task=0\nEventID=3|Task=0\n" },
    { "bad header", build_bad_header, "EventID=1|Task=0\nEventID=2|Task=0\nEventID=3|Task=0\n" },
    { "header of zeros", build_no_header,
      "EventID=1|Task=0\nEventID=2|Task=0\nEventID=3|Task=0\n" },
};

static void build_case(struct build *b, const struct evtx_case *c)
{
    chunk_begin(b);
    c->build(b);
    if (c->build != build_stale_end && c->build != build_bad_header && c->build != build_no_header)
        chunk_end(b);
}

/* ---- reading them ---- */

struct fixture {
    struct evtx *x;
    struct rec r;
    struct build b;
    struct buf out, whole;
    struct guard guard;
};

static int fixture_open(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    MUST(f != NULL && rec_init(&f->r));
    f->x = evtx_new(0);
    MUST(f->x != NULL);
    buf_init(&f->out, 1u << 24);
    buf_init(&f->whole, 1u << 24);
    guard_init(&f->guard, EVTX_CHUNK_BYTES);
    *state = f;
    return 0;
}

static int fixture_close(void **state)
{
    struct fixture *f = *state;

    guard_release(&f->guard);
    buf_release(&f->out);
    buf_release(&f->whole);
    rec_release(&f->r);
    evtx_free(&f->x);
    free(f);
    return 0;
}

static void write_fields(struct buf *out, struct rec *r)
{
    for (uint32_t i = 0; i < r->count; i++) {
        const struct rec_field *field = &r->fields[i];

        MUST(field->parent == REC_ROOT && field->kind < REC_KINDS);
        if (i > 0)
            buf_byte(out, '|');
        buf_add(out, field->name);
        if (field->kind != REC_NONE) {
            buf_byte(out, '=');
            buf_add(out, rec_text(field, &r->mem));
        }
    }
    buf_byte(out, '\n');
}

/* All records as text; *whole_before counts the good ones that end at or before `cut`. */
static void read_chunk(struct fixture *f, struct span chunk)
{
    struct err e = { .code = ERR_OK };
    size_t records = 0;
    int64_t n;

    buf_clear(&f->out);
    (void)evtx_chunk(f->x, chunk, &e);
    while ((n = evtx_next(f->x, &f->r, &e)) != 0) {
        MUST(++records <= EVTX_CHUNK_BYTES / 8);
        MUST(n > 0 || (e.code == (enum err_code)n && e.why[0] != 0 && e.at <= chunk.n));
        MUST((n < 0) == ((f->r.flags & REC_DAMAGED) != 0));
        MUST(f->r.codec == CODEC_EVTX && (f->r.flags & REC_RAW_BINARY) != 0);
        MUST(f->r.raw.p >= chunk.p && f->r.raw.p + f->r.raw.n <= chunk.p + chunk.n);
        if (n < 0)
            buf_byte(&f->out, '!');
        write_fields(&f->out, &f->r);
    }
    MUST(evtx_next(f->x, &f->r, &e) == 0);
}

static void chunks_built_by_hand_are_read(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        build_case(&f->b, &cases[i]);
        read_chunk(f, guard_put(&f->guard, (struct span){ f->b.p, f->b.n }));
        check_span(cases[i].name, buf_span(&f->out), cases[i].want);
    }
}

/* Lines of the good records that end at or before `cut`. */
static size_t lines_before(const struct fixture *f, struct span lines, size_t cut)
{
    size_t at = 512, n = 0;

    while (at + 8 <= cut && f->b.p[at] == 0x2a) {
        uint32_t bytes = (uint32_t)(f->b.p[at + 4] | f->b.p[at + 5] << 8 | f->b.p[at + 6] << 16);

        if (bytes == 0 || at + bytes > cut)
            break;
        n += span_find(span_from(lines, n), '\n') + 1;
        at += bytes;
    }
    return n;
}

static void a_cut_chunk_keeps_the_records_before_the_cut(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        build_case(&f->b, &cases[i]);
        for (size_t cut = 0; cut < f->b.n; cut++) {
            struct span want = span_of(cases[i].want);

            want.n = lines_before(f, want, cut);
            read_chunk(f, guard_put(&f->guard, (struct span){ f->b.p, cut }));
            if (!span_starts(buf_span(&f->out), want))
                fail_msg("row '%s' cut at %zu: %.*s", cases[i].name, cut,
                         SPAN_ARG(buf_span(&f->out)));
        }
    }
}

static void any_byte_may_be_anything(void **state)
{
    static const uint8_t bytes[] = { 0x00, 0x01, 0x0c, 0x21, 0x41, 0x7f, 0xff };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        build_case(&f->b, &cases[i]);
        for (size_t at = 0; at < f->b.n; at++) {
            struct span chunk = guard_put(&f->guard, (struct span){ f->b.p, f->b.n });

            for (size_t k = 0; k < COUNT_OF(bytes); k++) {
                f->guard.map[f->guard.bytes - f->b.n + at] = bytes[k];
                read_chunk(f, chunk);
            }
        }
    }
}

/* ---- without measure ---- */

static void xml_too_deep_stays_one_value(void **state)
{
    struct fixture *f = *state;
    size_t definition, at[100], depth = 0;

    chunk_begin(&f->b);
    record_begin(&f->b);
    definition = build_data_template(&f->b, 1);
    at[depth++] = xml_value_begin(&f->b);
    while (depth < COUNT_OF(at)) {
        template_again(&f->b, definition);
        at[depth++] = xml_value_begin(&f->b);
    }
    while (depth > 0)
        xml_value_end(&f->b, at[--depth]);
    record_end(&f->b);
    chunk_end(&f->b);
    read_chunk(f, (struct span){ f->b.p, f->b.n });
    assert_int_equal(evtx_chunk(f->x, (struct span){ f->b.p, f->b.n }, NULL), ERR_OK);
    assert_true(evtx_next(f->x, &f->r, NULL) > 0);
    assert_true((f->r.flags & REC_CUT_DEPTH) != 0);
    assert_int_equal(f->r.count, 1);
    assert_int_equal(f->r.fields[0].kind, REC_BINARY);
}

/* A template that names its first value `count` times, and its records. */
static size_t fan_template(struct build *b, unsigned count)
{
    size_t at;

    chunk_begin(b);
    record_begin(b);
    at = template_begin(b);
    open_plain(b, "Event");
    for (unsigned i = 0; i < count; i++)
        value(b, 0);
    end_tag(b);
    template_end(b, at);
    return at;
}

static void xml_that_multiplies_is_given_up(void **state)
{
    struct fixture *f = *state;
    struct err e;
    size_t definition = fan_template(&f->b, 1000), at[20], depth = 0;

    at[depth++] = xml_value_begin(&f->b);
    while (depth < COUNT_OF(at)) {
        template_again(&f->b, definition);
        at[depth++] = xml_value_begin(&f->b);
    }
    while (depth > 0)
        xml_value_end(&f->b, at[--depth]);
    record_end(&f->b);
    chunk_end(&f->b);
    assert_int_equal(evtx_chunk(f->x, (struct span){ f->b.p, f->b.n }, &e), ERR_OK);
    assert_int_equal(evtx_next(f->x, &f->r, &e), ERR_LIMIT);
    assert_int_equal(e.at, 512);
    assert_int_equal(evtx_next(f->x, &f->r, &e), 0);
}

static void a_value_that_multiplies_is_cut(void **state)
{
    static char large[30000];
    struct fixture *f = *state;
    size_t bytes = 0;

    (void)fan_template(&f->b, 2000);
    memset(large, 'x', sizeof(large));
    values(&f->b, &(struct value){ 0x02, sizeof(large), large }, 1);
    record_end(&f->b);
    chunk_end(&f->b);
    assert_int_equal(evtx_chunk(f->x, (struct span){ f->b.p, f->b.n }, NULL), ERR_OK);
    assert_true(evtx_next(f->x, &f->r, NULL) > 0);
    assert_true((f->r.flags & REC_CUT_BYTES) != 0);
    for (uint32_t i = 0; i < f->r.count; i++)
        bytes += f->r.fields[i].value_bytes;
    assert_in_range(bytes, sizeof(large), LIMIT_EVENT_BYTES);
}

static void more_fields_than_fit_are_flagged(void **state)
{
    struct fixture *f = *state;

    (void)fan_template(&f->b, LIMIT_FIELDS + 1);
    values(&f->b, &(struct value){ 0x06, DATA("\1\0") }, 1);
    record_end(&f->b);
    chunk_end(&f->b);
    assert_int_equal(evtx_chunk(f->x, (struct span){ f->b.p, f->b.n }, NULL), ERR_OK);
    assert_true(evtx_next(f->x, &f->r, NULL) > 0);
    assert_int_equal(f->r.count, LIMIT_FIELDS);
    assert_true((f->r.flags & REC_CUT_FIELDS) != 0);
}

/* A definition at every byte, each reading to the end of the chunk: work must not be squared. */
static void overlapping_templates_are_given_up(void **state)
{
    struct fixture *f = *state;
    size_t limited = 0;
    int64_t n;

    chunk_begin(&f->b);
    while (f->b.n < 50000) {
        record_begin(&f->b);
        template_again(&f->b, 50048);
        values(&f->b, NULL, 0);
        record_end(&f->b);
        patch(&f->b, f->b.last + 34, 50048 + (f->b.last - 512) / 56 * 7, 4);
    }
    chunk_end(&f->b);
    f->b.n = 50048;
    while (f->b.n + 7 < 65536) /* as a size, and as tokens, these bytes are long */
        put(&f->b, 0x00000101010101ull * 0x01, 7);
    assert_int_equal(evtx_chunk(f->x, (struct span){ f->b.p, sizeof(f->b.p) }, NULL), ERR_OK);
    while ((n = evtx_next(f->x, &f->r, NULL)) != 0)
        limited += n < 0;
    assert_true(limited > 100);
}

/* ---- header, file ---- */

static void unused_chunks_are_told_from_damaged(void **state)
{
    struct fixture *f = *state;

    memset(f->b.p, 0, sizeof(f->b.p));
    assert_int_equal(evtx_chunk(f->x, (struct span){ f->b.p, 65536 }, NULL), ERR_NOTFOUND);
    assert_int_equal(evtx_next(f->x, &f->r, NULL), 0);
    f->b.p[100] = 1;
    assert_int_equal(evtx_chunk(f->x, (struct span){ f->b.p, 65536 }, NULL), ERR_CORRUPT);
    assert_int_equal(evtx_next(f->x, &f->r, NULL), 0);
    assert_int_equal(evtx_chunk(f->x, (struct span){ f->b.p, 511 }, NULL), ERR_CORRUPT);
    assert_int_equal(evtx_next(f->x, &f->r, NULL), 0);
}

static void file_headers_are_notes(void **state)
{
    static uint8_t head[4096] = "ElfFile";
    struct span file = { head, sizeof(head) };
    struct evtx_file h;
    struct err e;

    (void)state;
    head[24] = 9;
    head[38] = 3;
    head[36] = 1;
    head[41] = 0x10;
    head[42] = 2;
    assert_true(evtx_is(file));
    assert_false(evtx_is((struct span){ head, 7 }));
    assert_int_equal(evtx_header(file, &h, &e), ERR_CORRUPT); /* no checksum */
    assert_int_equal(e.at, 124);
    head[120] = 1; /* a dirty log's checksum is stale */
    assert_int_equal(evtx_header(file, &h, &e), ERR_OK);
    assert_true(h.dirty && !h.full && h.next_record == 9 && h.chunk_count == 2 && h.major == 3);
    head[38] = 4;
    assert_int_equal(evtx_header(file, &h, &e), ERR_CORRUPT);
    for (size_t n = 0; n < 128; n++)
        assert_int_equal(evtx_header((struct span){ head, n }, &h, &e), ERR_CORRUPT);
}

static void chunks_lie_behind_the_header(void **state)
{
    static const uint8_t bytes[4096 + 65536 + 10];
    struct span file = { bytes, sizeof(bytes) }, chunk;

    (void)state;
    chunk = evtx_chunk_at(file, 0);
    assert_true(chunk.p == file.p + 4096 && chunk.n == 65536);
    chunk = evtx_chunk_at(file, 1);
    assert_true(chunk.p == file.p + 4096 + 65536 && chunk.n == 10);
    assert_null(evtx_chunk_at(file, 2).p);
    assert_null(evtx_chunk_at(file, UINT64_MAX).p);
    file.n = 4096;
    assert_null(evtx_chunk_at(file, 0).p);
}

static void seeds_are_written(void **state)
{
    struct fixture *f = *state;
    const char *dir = getenv("CANH_SEEDS");

    for (size_t i = 0; dir != NULL && i < COUNT_OF(cases); i++) {
        char path[512];
        FILE *out;

        build_case(&f->b, &cases[i]);
        (void)snprintf(path, sizeof(path), "%s/%02zu", dir, i);
        out = fopen(path, "wb");
        assert_true(out != NULL && fwrite(f->b.p, f->b.n, 1, out) == 1 && fclose(out) == 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(chunks_built_by_hand_are_read),
        TEST(a_cut_chunk_keeps_the_records_before_the_cut),
        TEST(any_byte_may_be_anything),
        TEST(xml_too_deep_stays_one_value),
        TEST(xml_that_multiplies_is_given_up),
        TEST(a_value_that_multiplies_is_cut),
        TEST(more_fields_than_fit_are_flagged),
        TEST(overlapping_templates_are_given_up),
        TEST(unused_chunks_are_told_from_damaged),
        TEST(file_headers_are_notes),
        TEST(chunks_lie_behind_the_header),
        TEST(seeds_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
