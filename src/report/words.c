/*
 * words.c - the fixed words of the layout.
 */
#include "report/words.h"

void words_number(const struct page *p, struct buf *to)
{
    buf_text(to, "Số: ");
    if (p->head.number.n > 0)
        buf_add(to, p->head.number);
    else
        buf_text(to, WORDS_ROOM);
    buf_byte(to, '/');
    buf_add(to, p->head.symbol);
}

void words_date(const struct page *p, struct buf *to)
{
    if (p->head.place.n > 0) {
        buf_add(to, p->head.place);
        buf_text(to, ", ");
    }
    if (p->head.date.n > 0)
        buf_add(to, p->head.date);
    else
        buf_text(to, "ngày" WORDS_ROOM "tháng" WORDS_ROOM "năm" WORDS_ROOM);
}

const char *words_box(bool on)
{
    return on ? "☒\u00a0" : "☐\u00a0";
}
