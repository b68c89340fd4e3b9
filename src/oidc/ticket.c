/*
 * ticket.c - see ticket.h.
 */
#include "oidc/ticket.h"

#include "base/bytes.h"

static const struct {
    unsigned asked, answered;
} kinds[] = {
#define X(id, asked, answered) { asked, answered },
    TICKET_TABLE(X)
#undef X
};

static unsigned texts_of(const struct ticket *t)
{
    return t->answers ? kinds[t->kind].answered : kinds[t->kind].asked;
}

bool ticket_put(const struct ticket *t, struct buf *out)
{
    uint8_t length[2];

    buf_byte(out, (uint8_t)t->kind);
    buf_byte(out, t->flag);
    for (unsigned i = 0; i < texts_of(t); i++) {
        if (t->text[i].n > TICKET_TEXT_MAX)
            return false;
        bytes_put_u16(length, (uint16_t)t->text[i].n);
        buf_add(out, (struct span){ length, sizeof(length) });
        buf_add(out, t->text[i]);
    }
    return !buf_failed(out);
}

bool ticket_read(struct span in, struct ticket *t)
{
    struct ticket got = { .answers = t->answers };

    if (in.n < 2 || in.p[0] >= TICKET_KINDS || in.p[1] > 1)
        return false;
    got.kind = (enum ticket_kind)in.p[0];
    got.flag = in.p[1] != 0;
    in = span_from(in, 2);
    for (unsigned i = 0; i < texts_of(&got); i++) {
        size_t n = in.n >= 2 ? bytes_u16(in.p) : SIZE_MAX;

        if (in.n < 2 || n > TICKET_TEXT_MAX || in.n - 2 < n)
            return false;
        got.text[i] = (struct span){ in.p + 2, n };
        in = span_from(in, 2 + n);
    }
    if (in.n > 0)
        return false;
    *t = got;
    return true;
}
