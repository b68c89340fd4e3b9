/*
 * xml.c - one Windows event as XML: what wevtutil, Event Viewer and forwarders write; and ePO's.
 *
 *   <Event xmlns="..."><System><Provider Name="P"/><EventID>4624</EventID></System>
 *     <EventData><Data Name="TargetUserName">bob</Data></EventData></Event>
 *
 * The fields have the names that evtx.h gives the same event, from a table of the same shape:
 * Provider_Name, EventID, TargetUserName. One pass over the tags with a stack of open elements; a
 * leaf's text is a slice, of kind XML when it holds an entity or a CDATA section. Prefixes of
 * namespaces are dropped. <X/> is an absent value, <X></X> an empty text.
 *
 * This is no XML processor: a "<!DOCTYPE" or any other declaration is refused, so that there are
 * no entities but the five of XML and the numbered ones, and nothing is ever looked up. Elements
 * deeper than LIMIT_DEPTH are skipped and flagged.
 *
 * <EPOEvent> (Trellix, McAfee ePO) is read by the same walk: it has no System and no EventData, so
 * that each leaf is a field of its own name, wherever it lies.
 */
#include "wire/line.h"
#include "wire/sniff.h"

#define TAG_BYTES_MAX 64u /* '<', a prefix and the names that are looked for */

enum place {
    PLACE_TOP,
    PLACE_EVENT,
    PLACE_SYSTEM,
    PLACE_EVENT_DATA,
    PLACE_USER_DATA, /* directly below <UserData>: the wrapper is no field */
    PLACE_USER,
    PLACE_RENDERING,
    PLACE_ERROR,
    PLACE_OTHER,
};

enum {
    RULE_CONTAINER = 1u << 0,  /* no field when it is empty */
    RULE_ATTRIBUTES = 1u << 1, /* its attributes are fields Element_Attribute */
    RULE_NAMED = 1u << 2,      /* its attribute Name is the field's name */
};

#define ANY                                                                                        \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define TAG(s)                                                                                     \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

struct rule {
    enum place in;
    struct span element; /* ANY: any other */
    enum place inside;
    unsigned flags;
    struct span prefix;
};

/* The first row that fits; the rows of evtx_plan.c. */
static const struct rule rules[] = {
    { PLACE_TOP, ANY, PLACE_EVENT, RULE_CONTAINER, ANY },
    { PLACE_EVENT, TAG("System"), PLACE_SYSTEM, RULE_CONTAINER, ANY },
    { PLACE_EVENT, TAG("EventData"), PLACE_EVENT_DATA, RULE_CONTAINER | RULE_ATTRIBUTES, ANY },
    { PLACE_EVENT, TAG("UserData"), PLACE_USER_DATA, RULE_CONTAINER, ANY },
    { PLACE_EVENT, TAG("RenderingInfo"), PLACE_RENDERING, RULE_CONTAINER | RULE_ATTRIBUTES, ANY },
    { PLACE_EVENT, TAG("ProcessingErrorData"), PLACE_ERROR, RULE_CONTAINER, ANY },
    { PLACE_EVENT, ANY, PLACE_OTHER, RULE_CONTAINER | RULE_ATTRIBUTES, ANY },
    { PLACE_SYSTEM, ANY, PLACE_SYSTEM, RULE_ATTRIBUTES, ANY },
    { PLACE_EVENT_DATA, ANY, PLACE_EVENT_DATA, RULE_NAMED, ANY },
    { PLACE_USER_DATA, ANY, PLACE_USER, RULE_CONTAINER, ANY },
    { PLACE_USER, ANY, PLACE_USER, 0, ANY },
    { PLACE_RENDERING, TAG("Message"), PLACE_RENDERING, 0, ANY },
    { PLACE_RENDERING, ANY, PLACE_RENDERING, RULE_ATTRIBUTES, TAG("RenderingInfo_") },
    { PLACE_ERROR, ANY, PLACE_ERROR, 0, TAG("ProcessingErrorData_") },
    { PLACE_OTHER, ANY, PLACE_OTHER, RULE_ATTRIBUTES, ANY },
};

struct frame {
    struct span tag;  /* as written, prefix and all: the end tag must be the same */
    struct span name; /* of the field */
    const struct rule *rule;
    size_t text;     /* where the content starts */
    bool children;   /* has elements inside */
    bool attributes; /* has given fields by attributes */
};

struct walk {
    struct span in;
    size_t at;
    struct rec *r;
    struct err *e;
    uint32_t depth; /* open elements; frames beyond LIMIT_DEPTH are not kept */
    struct frame frames[LIMIT_DEPTH];
};

/* --- small things -------------------------------------------------------------------------- */

static const struct rule *rule_of(enum place in, struct span element)
{
    size_t i = 0;

    while (rules[i].in != in || (rules[i].element.p != NULL && !span_eq(element, rules[i].element)))
        i++;
    MUST(i < COUNT_OF(rules));
    return &rules[i];
}

static bool is_name_byte(uint8_t c)
{
    return !ascii_is_blank(c) && c != '/' && c != '>' && c != '=' && c != '<' && c != '"' &&
           c != '\'';
}

static size_t name_end(struct span s, size_t at)
{
    while (at < s.n && is_name_byte(s.p[at]))
        at++;
    return at;
}

static size_t skip_blanks(struct span s, size_t at)
{
    while (at < s.n && ascii_is_blank(s.p[at]))
        at++;
    return at;
}

static struct span without_prefix(struct span name)
{
    size_t colon = span_find(name, ':');

    return colon < name.n ? span_from(name, colon + 1) : name;
}

/* Index behind `end` at or after `at`, or 0 when it is not there. */
static size_t behind(struct span s, size_t at, struct span end)
{
    const uint8_t *hit = at < s.n ? memmem(s.p + at, s.n - at, end.p, end.n) : NULL;

    return hit != NULL ? (size_t)(hit - s.p) + end.n : 0;
}

static int more(struct walk *w)
{
    return err_set(w->e, ERR_MORE, w->in.n, "the event is not finished");
}

/* a + "_" + b, or a + b, in scratch; SPAN_NONE when there is no memory. */
static struct span concat(struct walk *w, struct span a, struct span middle, struct span b)
{
    uint8_t *p = arena_bytes(&w->r->mem, a.n + middle.n + b.n);

    if (p == NULL)
        return SPAN_NONE;
    if (a.n > 0)
        memcpy(p, a.p, a.n);
    if (middle.n > 0)
        memcpy(p + a.n, middle.p, middle.n);
    if (b.n > 0)
        memcpy(p + a.n + middle.n, b.p, b.n);
    return (struct span){ p, a.n + middle.n + b.n };
}

static enum rec_kind text_kind(struct span s)
{
    return span_find(s, '&') < s.n || span_find(s, '<') < s.n ? REC_XML : REC_TEXT;
}

/* The value of an attribute Name as a field's name: decoded, without blanks. */
static struct span field_name(struct walk *w, struct span v)
{
    struct rec_field f = { .value = v.p, .value_bytes = (uint32_t)v.n, .kind = REC_XML };
    size_t n = 0;
    uint8_t *p;

    if (span_find(v, '&') == v.n && span_find(v, ' ') == v.n)
        return v;
    p = arena_bytes(&w->r->mem, rec_text_room(&f));
    if (p == NULL)
        return v;
    v.n = rec_text_put(&f, p);
    for (size_t i = 0; i < v.n; i++) {
        if (!ascii_is_blank(p[i]))
            p[n++] = p[i];
    }
    return (struct span){ p, n };
}

/* --- tags ---------------------------------------------------------------------------------- */

static void add_attribute(struct walk *w, struct frame *f, struct span name, struct span value)
{
    struct span field;

    if (span_starts(name, SPAN_LIT("xmlns")))
        return;
    name = without_prefix(name);
    if ((f->rule->flags & RULE_NAMED) != 0 && span_eq(name, SPAN_LIT("Name"))) {
        if (value.n > 0 && value.n <= LIMIT_NAME_BYTES)
            f->name = field_name(w, value);
        return;
    }
    f->attributes = true;
    if ((f->rule->flags & RULE_ATTRIBUTES) == 0 || value.n == 0 ||
        f->name.n + name.n + 1 > LIMIT_NAME_BYTES)
        return;
    field = concat(w, f->name, SPAN_LIT("_"), name);
    if (field.n > 0)
        (void)rec_add(w->r, REC_ROOT, field, text_kind(value), value); /* full: flagged */
}

/* Attributes up to '>' or "/>"; w->at ends behind the '>'. *closed says that it was "/>". */
static int attributes_read(struct walk *w, struct frame *f, bool *closed)
{
    struct span s = w->in;

    for (;;) {
        size_t start = skip_blanks(s, w->at), end = name_end(s, start), close;

        if (start == s.n || end == s.n)
            return more(w);
        if (end == start) {
            *closed = s.p[start] == '/';
            start += *closed ? 1 : 0;
            if (start == s.n)
                return more(w);
            if (s.p[start] != '>')
                return err_set(w->e, ERR_SYNTAX, start, "'>' is expected at the end of a tag");
            w->at = start + 1;
            return ERR_OK;
        }
        w->at = skip_blanks(s, end);
        if (w->at == s.n)
            return more(w);
        if (s.p[w->at] != '=')
            return err_set(w->e, ERR_SYNTAX, w->at, "'=' is expected behind an attribute's name");
        w->at = skip_blanks(s, w->at + 1);
        if (w->at == s.n)
            return more(w);
        if (s.p[w->at] != '"' && s.p[w->at] != '\'')
            return err_set(w->e, ERR_SYNTAX, w->at, "an attribute's value needs quotes");
        close = line_find(s, w->at + 1, s.p[w->at]);
        if (close == s.n)
            return more(w);
        if (f != NULL)
            add_attribute(w, f, line_cut(s, start, end), line_cut(s, w->at + 1, close));
        w->at = close + 1;
    }
}

static bool is_blank(struct span s)
{
    return skip_blanks(s, 0) == s.n;
}

/* The innermost element has ended; its content is [f->text, end). */
static void close_element(struct walk *w, size_t end, bool empty_tag)
{
    struct frame *f = &w->frames[w->depth];
    struct span text = line_cut(w->in, f->text, empty_tag ? f->text : end);
    struct span name = f->name;
    bool container = (f->rule->flags & RULE_CONTAINER) != 0;

    if (f->children || (container && is_blank(text)) || (f->attributes && text.n == 0))
        return;
    if (f->rule->prefix.n > 0)
        name = concat(w, f->rule->prefix, SPAN_NONE, name);
    if (name.n > 0 && name.n <= LIMIT_NAME_BYTES)
        (void)rec_add(w->r, REC_ROOT, name, empty_tag ? REC_NONE : text_kind(text),
                      text); /* full: flagged */
}

/* "<name ...>" at w->at. */
static int open_tag(struct walk *w)
{
    size_t end = name_end(w->in, w->at + 1);
    struct frame *f = w->depth < LIMIT_DEPTH ? &w->frames[w->depth] : NULL;
    bool closed = false;
    int rc;

    if (end == w->in.n)
        return more(w);
    if (end == w->at + 1)
        return err_set(w->e, ERR_SYNTAX, w->at, "a tag without a name");
    if (f != NULL) {
        enum place in = w->depth > 0 ? f[-1].rule->inside : PLACE_TOP;

        *f = (struct frame){ .tag = line_cut(w->in, w->at + 1, end) };
        f->name = without_prefix(f->tag);
        f->rule = rule_of(in, f->name);
        if (w->depth > 0)
            f[-1].children = true;
    } else {
        w->r->flags |= REC_CUT_DEPTH;
    }
    w->at = end;
    rc = attributes_read(w, f, &closed);
    if (rc != ERR_OK)
        return rc;
    if (f != NULL)
        f->text = w->at;
    if (!closed)
        w->depth++;
    else if (f != NULL)
        close_element(w, w->at, true);
    return ERR_OK;
}

/* "</name>" at w->at. */
static int close_tag(struct walk *w)
{
    size_t start = w->at, end = name_end(w->in, start + 2);
    size_t close = skip_blanks(w->in, end);

    if (close == w->in.n)
        return more(w);
    if (w->in.p[close] != '>')
        return err_set(w->e, ERR_SYNTAX, close, "'>' is expected at the end of a tag");
    w->depth--;
    if (w->depth < LIMIT_DEPTH) {
        if (!span_eq(w->frames[w->depth].tag, line_cut(w->in, start + 2, end)))
            return err_set(w->e, ERR_SYNTAX, start, "the end tag is not that of the open element");
        close_element(w, start, false);
    }
    w->at = close + 1;
    return ERR_OK;
}

/* What stands at the '<' at w->at. */
static int markup(struct walk *w)
{
    struct span s = w->in;
    size_t next;

    if (w->at + 1 == s.n)
        return more(w);
    if (s.p[w->at + 1] == '/')
        return close_tag(w);
    if (s.p[w->at + 1] != '!' && s.p[w->at + 1] != '?')
        return open_tag(w);
    if (line_has(s, w->at, SPAN_LIT("<![CDATA[")))
        next = behind(s, w->at + 9, SPAN_LIT("]]>"));
    else if (line_has(s, w->at, SPAN_LIT("<!--")))
        next = behind(s, w->at + 4, SPAN_LIT("-->"));
    else if (s.p[w->at + 1] == '?')
        next = behind(s, w->at + 2, SPAN_LIT("?>"));
    else if (s.n - w->at < 9)
        return more(w);
    else
        return err_set(w->e, ERR_SYNTAX, w->at, "declarations (DOCTYPE, ENTITY) are not read");
    if (next == 0)
        return more(w);
    w->at = next;
    return ERR_OK;
}

int64_t xml_read(struct span in, struct rec *r, struct err *e)
{
    struct line_mark mark = line_mark(r);
    size_t lead = xml_lead(in);
    struct walk w = { .in = in, .at = lead, .r = r, .e = e };
    int rc = ERR_OK;

    if (lead == in.n)
        return err_set(e, ERR_MORE, lead, "no event");
    if (!xml_is(span_from(in, lead))) {
        if (in.p[lead] == '<' && span_find(span_from(in, lead), '>') == in.n - lead)
            return err_set(e, ERR_MORE, in.n, "the first tag is not finished");
        return err_set(e, ERR_SYNTAX, lead, "\"<Event\" or \"<EPOEvent\" is expected");
    }
    do {
        rc = markup(&w);
        if (rc == ERR_OK && w.depth > 0) {
            w.at = line_find(in, w.at, '<');
            if (w.at == in.n)
                rc = more(&w);
        }
    } while (rc == ERR_OK && w.depth > 0);
    if (rc == ERR_MORE && in.n > LIMIT_RECORD_BYTES)
        rc = err_set(e, ERR_LIMIT, in.n, "an event of more than %d bytes", LIMIT_RECORD_BYTES);
    if (rc != ERR_OK) {
        line_undo(r, mark);
        return rc;
    }
    (void)line_claim(r, CODEC_XML, line_cut(in, lead, w.at));
    return (int64_t)w.at;
}

/* --- recognising --------------------------------------------------------------------------- */

/* End of the tag name at the '<' at `at` when it is `name` but for a prefix, else 0. */
static size_t tag_is(struct span s, size_t at, struct span name)
{
    size_t end;

    if (!line_at(s, at, '<'))
        return 0;
    s = line_cut(s, 0, s.n - at < TAG_BYTES_MAX ? s.n : at + TAG_BYTES_MAX);
    end = name_end(s, at + 1);
    return span_eq(without_prefix(line_cut(s, at + 1, end)), name) ? end : 0;
}

/* Does something begin at `at` that carries nothing? */
static bool is_lead(struct span in, size_t at)
{
    return line_has(in, at, SPAN_LIT("<?")) || line_has(in, at, SPAN_LIT("<!--")) ||
           line_has(in, at, SPAN_LIT("</Events")) || tag_is(in, at, SPAN_LIT("Events")) > 0;
}

/* Index behind it, or `at` when it does not end here. */
static size_t lead_end(struct span in, size_t at)
{
    size_t next;

    if (line_has(in, at, SPAN_LIT("<!--")))
        next = behind(in, at + 4, SPAN_LIT("-->"));
    else
        next = behind(in, at, line_has(in, at, SPAN_LIT("<?")) ? SPAN_LIT("?>") : SPAN_LIT(">"));
    return next > 0 ? next : at;
}

size_t xml_lead(struct span in)
{
    size_t at = line_bom(in);

    for (;;) {
        size_t next = skip_blanks(in, at);

        if (is_lead(in, next))
            next = lead_end(in, next);
        if (next == at)
            return at;
        at = next;
    }
}

bool xml_is(struct span line)
{
    struct span head = line_cut(line, 0, line.n < SNIFF_BYTES ? line.n : SNIFF_BYTES);
    size_t at = xml_lead(head);

    if (at == line.n)
        return span_find(line, '<') < line.n; /* "<?xml ...?>" or "<Events>" on its own line */
    if (head.n < line.n && (is_lead(head, at) || head.n - at < TAG_BYTES_MAX))
        return true; /* a long comment: what stands behind it is for the codec to see */
    return tag_is(line, at, SPAN_LIT("Event")) > 0 || tag_is(line, at, SPAN_LIT("EPOEvent")) > 0;
}
