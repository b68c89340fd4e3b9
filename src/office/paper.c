/*
 * paper.c - see paper.h.
 */
#include "office/paper.h"

#define HEAD_BYTES 3u

static const struct {
    const char *name, *type;
} kinds[] = {
#define X(id, name, type) { name, type },
    PAPER_TABLE(X)
#undef X
};

const char *paper_name(enum paper_as as)
{
    MUST(as < PAPERS);
    return kinds[as].name;
}

const char *paper_type(enum paper_as as)
{
    MUST(as < PAPERS);
    return kinds[as].type;
}

static bool is_form(struct span name)
{
    for (size_t i = 0; i < name.n; i++) {
        const uint8_t c = name.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return name.n > 0 && name.n <= PAPER_FORM_MAX;
}

static bool is_good(const struct paper *p)
{
    return p->as < PAPERS && (p->size == PAPER_SIZE_SMALL || p->size == PAPER_SIZE) &&
           is_form(p->form) && p->values.n > 0 && p->values.n <= PAPER_VALUES_MAX;
}

bool paper_put(const struct paper *p, struct buf *out)
{
    uint8_t head[HEAD_BYTES];

    if (!is_good(p))
        return false;
    head[0] = (uint8_t)p->as;
    head[1] = p->size;
    head[2] = (uint8_t)p->form.n;
    buf_add(out, (struct span){ head, sizeof(head) });
    buf_add(out, p->form);
    buf_add(out, p->values);
    return !buf_failed(out);
}

bool paper_read(struct span in, struct paper *p)
{
    struct paper got;

    if (in.n < HEAD_BYTES || in.n - HEAD_BYTES < in.p[2])
        return false;
    got = (struct paper){ .as = (enum paper_as)in.p[0],
                          .size = in.p[1],
                          .form = { in.p + HEAD_BYTES, in.p[2] },
                          .values = span_from(in, HEAD_BYTES + in.p[2]) };
    if (!is_good(&got))
        return false;
    *p = got;
    return true;
}
