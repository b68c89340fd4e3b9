/*
 * cite.c - on what a sheet is based: from when to when, and in which words.
 *
 * Decree 30/2020: kind, number, date, who issued it, what it is about; laws by their name.
 */
#include "law/law_own.h"

#include "base/time.h"

/* Kinds with which titles begin; the rest of the title says what it is about. */
#define KIND_TABLE(X)                                                                              \
    X("Nghị quyết")                                                                                \
    X("Nghị định")                                                                                 \
    X("Thông tư")                                                                                  \
    X("Quyết định")                                                                                \
    X("Chỉ thị")                                                                                   \
    X("Công văn")

/* LAW_NO_DATE is no bound. */
static int32_t later(int32_t a, int32_t b)
{
    return a > b ? a : b; /* LAW_NO_DATE is the least */
}

static int32_t sooner(int32_t a, int32_t b)
{
    if (a == LAW_NO_DATE || b == LAW_NO_DATE)
        return later(a, b);
    return a < b ? a : b;
}

bool law_citation_days(const struct law_profile *p, const struct law_citation *c, int32_t *from,
                       int32_t *to)
{
    const struct law_base *b = law_base_find(p, span_of(c->law));

    MUST(b != NULL); /* as it was checked */
    *from = later(p->from, later(b->from, c->from));
    *to = sooner(p->to, sooner(b->to, c->to));
    return *to == LAW_NO_DATE || *from <= *to;
}

static void put_date(int32_t day, struct buf *out)
{
    struct time_parts t;

    if (day == LAW_NO_DATE)
        return;
    time_date(day, &t);
    buf_fmt(out, " ngày %02u tháng %s%u năm %d", t.day, t.month < 3 ? "0" : "", t.month, t.year);
}

static const char *kind_of(const char *title)
{
    static const char *const kinds[] = {
#define X(kind) kind,
        KIND_TABLE(X)
#undef X
    };

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (span_starts(span_of(title), span_of(kinds[i])))
            return kinds[i];
    }
    return NULL;
}

void law_put_cited(const struct law_base *b, struct buf *out)
{
    const char *kind = kind_of(b->title);

    if (kind == NULL) {
        buf_fmt(out, "Căn cứ %s số %s", b->title, b->number);
        return;
    }
    buf_fmt(out, "Căn cứ %s số %s", kind, b->number);
    put_date(b->date, out);
    buf_fmt(out, " của %s%s", b->issuer, b->title + strlen(kind));
}
