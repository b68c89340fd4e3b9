/*
 * qr.c - see qr.h.
 */
#include "people/qr.h"

#include <errno.h>
#include <qrencode.h>

static QRcode *encode(struct span text, struct err *e)
{
    char room[QR_TEXT_MAX + 1];
    QRcode *q;

    if (text.n > QR_TEXT_MAX || memchr(text.p, 0, text.n) != NULL) {
        (void)err_set(e, ERR_LIMIT, 0, "This is too long for a QR code.");
        return NULL;
    }
    memcpy(room, text.p, text.n);
    room[text.n] = '\0';
    q = QRcode_encodeString8bit(room, 0, QR_ECLEVEL_M);
    explicit_bzero(room, sizeof(room)); /* it may be a secret */
    if (q == NULL)
        (void)err_set(e, errno == ERANGE ? ERR_LIMIT : ERR_NOMEM, 0,
                      "A QR code cannot be made: %s.", strerror(errno));
    return q;
}

static bool is_dark(const QRcode *q, int row, int column)
{
    return row >= 0 && column >= 0 && row < q->width && column < q->width &&
           (q->data[row * q->width + column] & 1) != 0;
}

/* A run of dark modules is one rectangle. */
static void put_path(const QRcode *q, struct buf *out)
{
    for (int row = 0; row < q->width; row++) {
        for (int at = 0; at < q->width; at++) {
            int from = at;

            while (is_dark(q, row, at))
                at++;
            if (at > from)
                buf_fmt(out, "M%d %dh%dv1h-%dz", from + QR_QUIET, row + QR_QUIET, at - from,
                        at - from);
        }
    }
}

int qr_svg(struct span text, struct buf *out, struct err *e)
{
    QRcode *q = encode(text, e);
    int side;

    if (q == NULL)
        return e != NULL ? (int)e->code : ERR_LIMIT;
    side = q->width + 2 * QR_QUIET;
    buf_fmt(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
            side, side, side, side);
    put_path(q, out);
    buf_text(out, "\"/></svg>");
    QRcode_free(q);
    return ERR_OK;
}

int qr_text(struct span text, struct buf *out, struct err *e)
{
    static const char *const blocks[] = { "\u2588", "\u2580", "\u2584",
                                          " " }; /* dark: above 2, below 1 */
    QRcode *q = encode(text, e);

    if (q == NULL)
        return e != NULL ? (int)e->code : ERR_LIMIT;
    for (int row = -QR_QUIET; row < q->width + QR_QUIET; row += 2) {
        for (int at = -QR_QUIET; at < q->width + QR_QUIET; at++)
            buf_text(out, blocks[2 * is_dark(q, row, at) + is_dark(q, row + 1, at)]);
        buf_byte(out, '\n');
    }
    QRcode_free(q);
    return ERR_OK;
}
