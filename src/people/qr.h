/*
 * qr.h - a text as a QR code (ISO/IEC 18004), by libqrencode: error correction M, a quiet zone of
 * four modules.
 */
#ifndef QR_H
#define QR_H

#include "base/buf.h"

#define QR_TEXT_MAX 512u
#define QR_QUIET    4

/* One path in an SVG, dark on white, without a size of its own. ERR_LIMIT, ERR_NOMEM. */
int qr_svg(struct span text, struct buf *out, struct err *e);

/* Two rows of modules a line, in half blocks of Unicode; for a terminal that is light on dark, so
 * what is light is drawn. */
int qr_text(struct span text, struct buf *out, struct err *e);

#endif
